"""The command counterfactual: what it prints, writes and refuses."""

import json

import pandas as pd
import pytest

from megaregion.cli.app import run


@pytest.fixture(autouse=True, scope="module")
def kept(tmp_path_factory):
    """Keep results from one test to the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEGAREGION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def ask(capsys, *arguments):
    code = run(["counterfactual", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


YEARS = ("yrd", "--from", 2012, "--to", 2019, "--draws", 20)


def test_who_gains_is_printed_in_both_languages(capsys):
    code, english, talk = ask(capsys, *YEARS, "--top", 3)
    assert code == 0
    for words in (
        "before: 2012; after: 2019",
        "welfare of a resident: +",
        "90 % of draws",
        "... and 38 more cities: --top 0, -o FILE",
        "business travel",
        "by the speed of roads that trains are better than: 45 km/h +",
        "converged: 20 of 20 draws",
        "status: illustrative",
        "assumed: people stand for jobs, which are not counted by city",
    ):
        assert words in english
    assert "has no station in the timetable of 2012" in talk
    code, chinese, _ = ask(capsys, *YEARS, "--top", 3, "--lang", "zh")
    assert code == 0
    for words in ("此前：2012；此后：2019", "居民福利：+", "商务出行", "状态：示意", "假设：以劳均产出代替工资"):
        assert words in chinese


def test_json_and_files_hold_all_cities_and_the_certificate(capsys, tmp_path):
    code, out, _ = ask(capsys, *YEARS, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["welfare"]["low"] < told["welfare"]["median"] < told["welfare"]["high"]
    assert told["certificate"]["converged"] == 1
    assert [row["channel"] for row in told["channels"]] == ["commuting", "business", "goods"]
    assert len(told["rows"]) == 41
    code, _, _ = ask(capsys, *YEARS, "-o", tmp_path / "who.csv")
    assert code == 0
    written = pd.read_csv(tmp_path / "who.csv", dtype={"city_id": "str"})
    assert written["residents"].tolist() == pytest.approx([row["residents"] for row in told["rows"]])
    assert written.loc[written["name_en"] == "Quzhou", "residents"].item() > 0
    manifest = json.loads((tmp_path / "who.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["about"]["settings"]["since"] == 2012


def test_years_default_to_the_first_and_the_newest(capsys):
    _, named, _ = ask(capsys, *YEARS, "--top", 1)
    code, default, _ = ask(capsys, "--draws", 20, "--top", 1)
    assert code == 0
    assert default == named


def test_draws_of_another_seed_are_others(capsys):
    _, one, _ = ask(capsys, *YEARS, "--top", 1)
    code, other, _ = ask(capsys, *YEARS, "--top", 1, "--seed", 1)
    assert code == 0
    assert other != one


def test_rows_of_a_file_take_the_place_of_parameters(capsys, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("parameter,distribution,a,b,citation,status\ncommuting_time_elasticity,fixed,0,,none,\n", "utf-8")
    code, out, _ = ask(capsys, *YEARS, "--parameters", file, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["channels"][0]["welfare"] == 0
    file.write_text("parameter,distribution,a,b,citation,status\ntrade_elasticity,uniform,8,3,none,\n", "utf-8")
    code, _, talk = ask(capsys, *YEARS, "--parameters", file)
    assert code == 2
    assert "parameter trade_elasticity: distribution uniform: b is 3.0; expected a finite number above a, 8" in talk


@pytest.mark.parametrize(
    ("arguments", "said", "zh"),
    [
        (("--from", 2013), "no timetable of 2013; it has those of 2012, 2019", "没有 2013 年的时刻表"),
        (("--scenario", "nope"), "no such scenario file; expected a year, 'base', the path", "nope"),
        (("--scenario", "metro-2026", "--from", 2012), "--scenario and --from or --to are both given", "同时给出了"),
        (("--scenario", "metro-2026", "--year", 2012), "metro-2026 stands on the timetable of 2019", "metro-2026"),
        (("--year", 2019), "give --from and --to", "请给出 --from 与 --to"),
        (("--draws", 5), "draws is 5; expected 20 or more", "应不少于 20"),
        (("--preset", "nomads"), "preset 'nomads' of who moves: expected one of fixed, free, commuting", "谁可迁移"),
        (("--road-speed", 0), "speed by road is 0.0 km/h; expected a number above 0", "公路速度为"),
        (("--wages", "pay"), "expected gdp (output a worker) or an indicator of city_facts", "劳均产出"),
        (("--parameters", "nowhere.csv"), "nowhere.csv: there is no such file", "nowhere.csv"),
        (("-o", "who.txt"), "ends in '.txt'; expected .csv or .parquet", "who.txt"),
    ],
    ids=["year", "scenario", "both", "its year", "year alone", "draws", "preset", "road", "wages", "file", "output"],
)
def test_what_cannot_be_meant_is_refused_with_what_is_accepted(capsys, arguments, said, zh):
    code, _, talk = ask(capsys, "yrd", *arguments)
    assert code == 2
    assert said in talk
    code, _, talk = ask(capsys, "yrd", *arguments, "--lang", "zh")
    assert code == 2
    assert zh in talk
