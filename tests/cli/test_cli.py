"""The command line as its user meets it: answers, messages, exit codes."""

import json

import pandas as pd
import pytest

import megaregion as mr
from megaregion.cli.app import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The shipped example as a region folder."""
    path = tmp_path_factory.mktemp("cli") / "yrd.region"
    mr.demo("yrd", path)
    return path


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def ask_json(capsys, *arguments):
    code, out, _ = ask(capsys, *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_a_journey_a_person_can_read(capsys):
    code, out, err = ask(capsys, "journey", "杭州", "上海", "--at", "08:00", "--year", "2019")
    assert code == 0
    assert "杭州 → 上海" in out
    assert "上海虹桥" in out
    # the shipped services have no clock minute, and say so
    assert "typical time" in err


def test_a_journey_in_chinese_by_station(capsys):
    code, out, _ = ask(capsys, "journey", "杭州东", "上海虹桥", "--at", "08:00", "--year", "2019", "--lang", "zh")
    assert code == 0
    assert "换乘 0 次" in out


def test_a_journey_as_json_agrees_with_the_matrix(capsys):
    found = ask_json(capsys, "journey", "320100", "330100", "--at", "09:00", "--year", "2019")
    timetable = mr.mobility.Timetable.from_region(mr.open("yrd"), year=2019)
    cities = mr.open("yrd").table("cities")
    places = mr.mobility.Places.cities(timetable, cities)
    times = mr.mobility.travel_time_matrix(timetable, places, places, window=("09:00", "09:01"))
    i, j = times.origin_ids.index("320100"), times.destination_ids.index("330100")
    assert min(journey["arrival_s"] for journey in found["journeys"]) == times.first_arrival_s[i, j]


def test_arrive_by(capsys):
    found = ask_json(capsys, "journey", "苏州市", "上海", "--by", "12:00", "--year", "2019")
    assert found["journeys"]
    assert all(journey["arrival_s"] <= 12 * 3600 for journey in found["journeys"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("journey", "杭州", "上海湾", "--year", "2019"), "no city, station or stop '上海湾'"),
        (("journey", "Taizhou", "上海", "--year", "2019"), "city 'Taizhou' is ambiguous"),
        (
            ("journey", "杭州", "上海", "--year", "2015"),
            "has no timetable of 2015; it has rail-2012 (2012), rail-2019 (2019)",
        ),
        (("journey", "杭州", "上海", "--at", "8h"), "departure time is '8h'; expected a clock time such as 08:00"),
        (("journey", "杭州", "上海", "--at", "08:00", "--by", "09:00"), "give one of"),
        (("measure", "--window", "06:00"), "--window is '06:00'"),
        (("measure", "--time", "mean"), "expected train, fastest or median"),
        (("travel-times", "--percentiles", "a,b"), "--percentiles is 'a,b'"),
        (("travel-times", "--between", "towns"), "expected cities, cities-without-access or stations"),
        (("compare", "2012", "missing.toml"), "no such scenario file"),
        (("import", "gtfs", "missing.zip", "--region", "x"), "missing.zip: no such file"),
        (("travel-times", "--change-time", "nan"), "--change-time"),
        (("travel-times", "--change-time", "-1"), "--change-time"),
        (("log",), "give --region DIR"),
        (("explain", "missing_valu"), "Did you mean 'missing_value'?"),
        (("jurney", "a", "b"), "jurney"),
        (("journey", "a"), "TO"),
        (("measure", "--lang", "fr"), "--lang is 'fr'; expected en or zh"),
    ],
)
def test_bad_input_is_exit_code_2_and_says_what_to_do(capsys, arguments, words):
    code, _, err = ask(capsys, *arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_a_bad_question_as_json(capsys):
    code, out, _ = ask(capsys, "measure", "--time", "mean", "--json")
    assert code == 2
    answer = json.loads(out)
    assert answer["ok"] is False
    assert answer["status"] == 2


def test_no_region_is_exit_code_4(capsys, tmp_path):
    code, _, err = ask(capsys, "measure", "--region", tmp_path / "nothing")
    assert code == 4
    assert "no region here" in err


def test_measure_ranks_cities(capsys):
    found = ask_json(capsys, "measure", "--year", "2019")
    assert len(found["rows"]) == 41
    first = found["rows"][0]
    assert first["cities_60min"] <= first["cities_90min"] <= first["cities_120min"]
    assert first["people_60min"] <= first["people_90min"]
    output = [row["gdp_120min_cny"] for row in found["rows"] if row["gdp_120min_cny"] is not None]
    assert output == sorted(output, reverse=True)


def test_compare_then_and_now(capsys):
    found = ask_json(capsys, "compare", "2012", "2019", "--time", "train")
    assert len(found["rows"]) == 41 * 40
    pair = next(row for row in found["rows"] if (row["from_id"], row["to_id"]) == ("330100", "310000"))
    assert (pair["before_s"], pair["after_s"], pair["verdict"]) == (49 * 60, 45 * 60, "faster")
    assert sum(found["counts"].values()) == 1640


def test_a_scenario_is_compared_with_the_base(capsys, tmp_path):
    file = tmp_path / "slow.toml"
    scenario = mr.Scenario("slower").change_speed(factor=0.5, classes=["G"])
    file.write_text(scenario.to_toml(), encoding="utf-8")
    found = ask_json(capsys, "compare", "base", file, "--year", "2019", "--time", "train")
    assert found["counts"]["slower"] > 100
    assert found["counts"]["faster"] == 0


def test_travel_times_go_to_a_file_with_its_manifest(capsys, tmp_path):
    file = tmp_path / "times.parquet"
    code, out, _ = ask(capsys, "travel-times", "--year", "2019", "--max-rides", "1", "-o", file)
    assert (code, out) == (0, "")
    assert len(pd.read_parquet(file)) == 41 * 41
    manifest = json.loads((tmp_path / "times.parquet.manifest.json").read_text(encoding="utf-8"))
    assert manifest["about"]["max_rides"] == 1
    code, _, err = ask(capsys, "travel-times", "--year", "2019", "-o", tmp_path / "times.xls")
    assert code == 2
    assert "expected .csv, .parquet or .omx" in err


def test_a_region_folder_is_made_checked_and_listed(capsys, folder):
    code, out, _ = ask(capsys, "check", "--region", folder, "--deep")
    assert code == 0
    assert "error" not in out
    log = ask_json(capsys, "log", "--region", folder)
    assert [row["message"] for row in log["rows"]] == ["example yrd"]
    mr.demo("yrd", folder)
    assert len(ask_json(capsys, "log", "--region", folder)["rows"]) == 1
    code, _, err = ask(capsys, "gc", "--region", folder)
    assert code == 0
    assert "nothing was deleted" in err


def test_a_damaged_region_is_exit_code_4(capsys, tmp_path):
    mr.demo("yrd", tmp_path / "r")
    victim = max((tmp_path / "r" / "objects").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[60] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(data)
    code, out, _ = ask(capsys, "check", "--region", tmp_path / "r", "--deep")
    assert code == 4
    assert victim.stem[:12] in out


def test_a_table_is_imported_or_nothing_is(capsys, tmp_path):
    region = tmp_path / "r"
    assert ask(capsys, "new", region, "--name", "mine")[0] == 0
    good = tmp_path / "cities.csv"
    good.write_text("city_id,name,lon,lat\n0012,甲,120.5,30.5\nNA,乙,121.5,31.5\n", encoding="utf-8")
    assert ask(capsys, "import", "table", "cities", good, "--region", region)[0] == 0
    assert mr.open(region).table("cities")["city_id"].tolist() == ["0012", "NA"]
    bad = tmp_path / "bad.csv"
    bad.write_text("city_id,name,lon,lat\n1,丙,30.5,120.5\n", encoding="utf-8")
    code, _, err = ask(capsys, "import", "table", "cities", bad, "--region", region)
    assert code == 2
    assert "bad.csv line 2" in err
    assert len(mr.open(region).table("cities")) == 2
    code, _, err = ask(capsys, "import", "table", "citys", good, "--region", region)
    assert code == 2
    assert "Did you mean 'cities'?" in err


def test_explain_and_doctor(capsys):
    code, out, _ = ask(capsys, "explain", "[missing_value]", "--lang", "zh")
    assert code == 0
    assert "必填字段为空" in out
    assert ask_json(capsys, "doctor")["rows"]["cities"] == 41


def test_an_atlas_folder_that_cannot_be_replaced_is_refused_before_the_long_work(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = ask(capsys, "atlas", ".")
    assert code == 2
    assert "'.' is the working directory" in err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr("megaregion.study.city_travel.city_travel", lambda *_, **__: pytest.fail("computed in vain"))
    code, _, err = ask(capsys, "atlas", "mine")
    assert code == 2
    assert "exists and is not an atlas" in err


def test_unreachable_and_no_data_are_two_things_in_json(capsys):
    found = ask_json(capsys, "compare", "2012", "2019", "--time", "train")
    opened = [row for row in found["rows"] if row["verdict"] == "newly reachable"]
    assert opened
    # no direct train before, one after; the difference is not a number
    assert {(row["before_s"], row["difference_s"]) for row in opened} == {("inf", None)}
    assert all(row["after_s"] < 86400 for row in opened)


def test_a_folder_that_only_bears_the_name_of_an_example_is_passed_by(capsys, tmp_path, monkeypatch):
    (tmp_path / "yrd").mkdir()
    monkeypatch.chdir(tmp_path)
    assert ask(capsys, "measure", "--top", "1")[0] == 0
    assert len(mr.open("yrd").table("cities")) == 41
    mr.new("yrd", name="yrd")
    # commands without --region stay with the example; the folder of that name is opened by name
    assert ask_json(capsys, "doctor")["rows"]["cities"] == 41
    assert mr.open("yrd").table("cities").empty


def test_a_scenario_file_that_cannot_be_read_is_named(capsys, tmp_path):
    file = tmp_path / "gbk.toml"
    file.write_bytes('name = "x"\ncomment = "更快"\n'.encode("gb18030"))
    code, _, err = ask(capsys, "compare", "base", file)
    assert code == 2
    assert "gbk.toml line 2: byte" in err
    file.write_text("edits = 3\n", encoding="utf-8")
    code, _, err = ask(capsys, "compare", "base", file)
    assert code == 2
    assert "gbk.toml:" in err


def test_pairs_that_become_reachable_lead_the_comparison(capsys, tmp_path):
    scenario = mr.Scenario("ferry").add_line(
        name="ferry",
        feed_ids=["rail-2019"],
        mode=4,
        stops=[
            "rail:宁波",
            {"name": "舟山港", "lon": 122.1, "lat": 30.0, "city_id": "330900"},
        ],
        hop_times_s=[5400],
        dwell_s=60,
        headway_s=3600,
        start="06:00",
        end="20:00",
    )
    file = tmp_path / "ferry.toml"
    file.write_text(scenario.to_toml(), encoding="utf-8")
    code, out, err = ask(capsys, "compare", "base", file, "--top", "5", "--year", "2019")
    assert code == 0
    assert out.count("newly reachable") == 5
    assert "typical time" in err


def test_a_second_timetable_of_the_same_year_is_said(capsys, tmp_path):
    assert ask(capsys, "new", tmp_path / "r")[0] == 0
    table = tmp_path / "t.csv"
    table.write_text("train,seq,station,arr,dep,day\nG1,1,甲,,08:00,1\nG1,2,乙,09:00,,1\n", encoding="utf-8")
    bring = ("import", "rail-timetable", table, "--year", "2019", "--region", tmp_path / "r")
    assert "feeds_of_one_year" not in ask(capsys, *bring)[2]
    assert "feeds_of_one_year" in ask(capsys, *bring, "--feed", "other")[2]


def test_the_same_place_needs_no_journey(capsys):
    assert "same place" in ask(capsys, "journey", "杭州", "杭州市")[1]


def test_an_interruption_is_said(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("megaregion.study.city_travel.city_travel", interrupted)
    code, _, err = ask(capsys, "measure")
    assert code == 130
    assert "interrupted" in err


def test_a_date_says_which_timetable(capsys):
    found = ask_json(capsys, "journey", "杭州", "上海", "--date", "2012-08-01")
    assert found["year"] == 2012
