"""What the travel commands refuse before they compute anything, and the words in which they do."""

import json

import pytest

from megaregion.cli import travel_times
from megaregion.cli.app import run
from megaregion.cli.output import Output
from megaregion.notices import Notices

DOORS = "id,lon,lat\na,121.32,31.19\nb,120.6,31.3\n"


def refused(capsys, *arguments):
    assert run([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err


@pytest.fixture
def doors(tmp_path):
    path = tmp_path / "doors.csv"
    path.write_text(DOORS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--between", "foo"), "--between is 'foo'; expected cities, cities-without-access or stations"),
        (("--to", "doors.csv"), "--to is given without --from"),
        (("--seed", "3"), "--seed is 3, but nothing is drawn; give --draws as well"),
        (("--max-time", "inf"), "--max-time is 'inf'; expected less than or equal to 2880."),
        (("--max-time", "nan"), "--max-time is 'nan'; expected"),
        (("--max-walk", "2000"), "--max-walk is '2000'; expected less than or equal to 1440."),
        (("--max-walk", "an hour"), "--max-walk is 'an hour'; expected a valid number"),
        (("--walk-speed", "nan"), "--walk-speed is 'nan'; expected"),
        (("--max-rides", "17"), "--max-rides is '17'; expected less than or equal to 16."),
        (("--percentiles", "0,50"), "--percentiles is '0,50'; expected numbers above 0 and up to 100"),
        (("--headways", "quick"), "--headways is 'quick'; expected typical or half_headway."),
        (("-o", "o.xls"), "ends in '.xls'"),
        (("-o", "/no/such/folder/o.csv"), "there is no folder '/no/such/folder'. Make it"),
    ],
)
def test_options_that_make_no_sense(capsys, options, words):
    assert words in refused(capsys, "travel-times", *options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--decay", "power", "--decay-value", "nan"), "--decay-value is nan; expected a number above 0"),
        (("--decay", "linear", "--decay-value", "-3"), "--decay-value is -3; expected a number above 0"),
        (("--percentile", "nan"), "--percentile is nan; expected a number above 0 and up to 100"),
        (("--percentile", "101"), "--percentile is 101; expected a number above 0 and up to 100"),
    ],
)
def test_decays_and_percentiles_are_refused_as_they_were_written(capsys, options, words):
    assert words in refused(capsys, "access", *options)


@pytest.mark.parametrize("cutoffs", ["nan", "60,inf", "0", "-5", "3000"])
def test_cutoffs_are_refused_as_they_were_written(capsys, cutoffs):
    words = f"--cutoffs is '{cutoffs}'; expected minutes with commas between, above 0 and up to 2880"
    assert words in refused(capsys, "isochrone", "上海虹桥站", "--cutoffs", cutoffs)
    assert words in refused(capsys, "access", "--cutoffs", cutoffs)


@pytest.mark.parametrize("cell", ["1e9", "nan", "inf"])
def test_cells_have_a_bound(capsys, cell):
    assert f"--cell is '{cell}'; expected less than or equal to 100000." in refused(
        capsys, "isochrone", "上海虹桥站", "--cell", cell
    )


def test_places_and_points_are_not_mixed(capsys, doors):
    told = refused(capsys, "travel-times", "--between", "stations", "--from", doors)
    assert "--between stations goes with places of the region, --from and --to with points of files" in told


@pytest.mark.parametrize("command", ["travel-times", "access"])
def test_a_file_that_is_read_is_not_written_over(capsys, doors, command):
    assert "is also what is read; it would be lost" in refused(capsys, command, "--from", doors, "-o", doors)
    assert doors.read_text(encoding="utf-8") == DOORS


@pytest.mark.parametrize(
    "command",
    [("travel-times",), ("access",), ("measure",), ("compare", "2012", "2019"), ("isochrone", "上海虹桥站")],
)
def test_no_folder_is_made_and_none_of_a_region_written_to(capsys, tmp_path, command):
    ending = "gpkg" if command[0] == "isochrone" else "parquet"
    missing = tmp_path / "missing" / f"o.{ending}"
    assert f"there is no folder '{missing.parent}'" in refused(capsys, *command, "-o", missing)
    assert not missing.parent.exists()
    region = tmp_path / "town.region"
    (region / "deep").mkdir(parents=True)
    (region / "megaregion.json").write_text("{}", encoding="utf-8")
    told = refused(capsys, *command, "-o", region / "deep" / f"o.{ending}")
    assert f"lies in the region folder '{region}', where only megaregion keeps files" in told
    (tmp_path / f"d.{ending}").mkdir()
    assert "is a folder; expected the name of a file" in refused(capsys, *command, "-o", tmp_path / f"d.{ending}")


def test_a_refused_backend_leaves_nothing_behind(capsys, doors, tmp_path):
    told = refused(
        capsys, "travel-times", "--from", doors, "-o", tmp_path / "od.parquet", "--backend", "spark", "--window",
        "08:00-08:10",
    )  # fmt: skip
    assert "backend is 'spark'; expected threads" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["doors.csv"]


def test_more_pairs_than_are_printed_go_to_a_file(capsys, doors, monkeypatch, tmp_path):
    monkeypatch.setattr(travel_times, "MAX_PRINTED", 3)
    question = ("travel-times", "--from", doors, "--window", "08:00-08:10")
    told = refused(capsys, *question)
    assert "2 origins and 2 destinations make 4 rows; up to 3 are printed. Use -o FILE" in told
    assert run([*map(str, question), "-o", str(tmp_path / "od.csv"), "-q"]) == 0


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "doors.csv: there is no point; expected at least one row below the header"),
        ("a,121.32,31.19,1\nb,120.6,31.3,many\n", "line 3: field 'jobs' is 'many'; expected a number of 0 or more"),
        ("a,121.32,31.19,1\nb,120.6,31.3,-5\n", "line 3: field 'jobs' is '-5'; expected a number of 0 or more"),
        ("a,121.32,31.19,inf\n", "line 2: field 'jobs' is 'inf'; expected a number of 0 or more"),
    ],
)
def test_points_and_amounts_that_cannot_be_used(capsys, tmp_path, rows, words):
    path = tmp_path / "doors.csv"
    path.write_text(f"id,lon,lat,jobs\n{rows}", encoding="utf-8")
    assert words in refused(capsys, "access", "--from", path, "--opportunities", "jobs", "--window", "08:00-08:10")


def test_other_names_and_encodings_of_points(capsys, tmp_path):
    path = tmp_path / "doors.csv"
    path.write_bytes("门,lon,lat\n东,121.32,31.19\n".encode("gb18030"))
    question = ("travel-times", "--from", str(path), "--window", "08:00-08:10", "-q")
    assert "pass --encoding gb18030" in refused(capsys, *question)
    assert "name it with --id-field" in refused(capsys, *question, "--encoding", "gb18030")
    assert run([*question, "--encoding", "gb18030", "--id-field", "门"]) == 0
    # whoever is there already is there from the start of the window
    assert "东,东,0.0,0.0,0.0,0.0,0,28800.0,inf" in capsys.readouterr().out


def test_blank_amounts_hide_sums_or_count_as_nothing(capsys, tmp_path):
    path = tmp_path / "doors.csv"
    path.write_text("id,lon,lat,jobs\na,121.32,31.19,10\nb,121.321,31.19,\n", encoding="utf-8")
    question = ("access", "--from", str(path), "--opportunities", "jobs", "--cutoffs", "30", "--window", "08:00-08:10")
    assert run([*question]) == 0
    told = capsys.readouterr().err
    assert "jobs: 1 of 2 places have no figure, 'b' the first. Sums of 2 of 2 origins are not known." in told
    assert "or say --missing 0" in told
    assert run([*question, "--missing", "0", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["jobs_within_1800s"] for row in rows] == [10, 10]
    assert "--missing is 'none'; expected unknown or 0" in refused(capsys, *question, "--missing", "none")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({"type": "FeatureCollection", "features": []}, "no.geojson: holds no feature; expected at least one point"),
        ({"type": "FeatureCollection"}, "no.geojson: "),
    ],
)
def test_shapes_without_a_feature(capsys, tmp_path, text, words):
    path = tmp_path / "no.geojson"
    path.write_text(json.dumps(text), encoding="utf-8")
    assert words in refused(capsys, "travel-times", "--from", path)


def test_many_stops_off_the_streets_are_one_line_and_nothing_is_said_twice(capsys):
    notices = Notices()
    for number in range(1_181):
        notices.add("point_off_streets", f"point '{number}' lies far.", value=number)
    notices.add("place_without_stop", "city 1 has no station.", value=1)
    for lang, words in (("en", "1,181 points or stops lie off the streets"), ("zh", "1,181 个点或车站离道路太远")):
        out = Output(lang=lang)
        out.notices(notices)
        out.notices(notices)
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 2
        assert words in "".join(lines)
    assert "处理：为该地点添加车站或补充车站坐标" in "".join(lines)
    assert "fix:" not in "".join(lines)
    notices = Notices()
    for number in range(5):
        notices.add("place_without_stop", f"city {number} has no station.", value=number)
    assert "……另有 2 条 [place_without_stop]" in notices.render(lang="zh", shown_per_code=3)


def test_a_file_for_a_folder_and_a_folder_for_a_file(capsys, tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text('name = "s"\n', encoding="utf-8")
    assert "is a folder; expected the path of a scenario file" in refused(capsys, "scenario", "list", tmp_path)
    assert "is a folder; expected a file of points" in refused(capsys, "travel-times", "--from", tmp_path)
    assert run(["scenario", "apply", str(scenario), "--to", str(tmp_path)]) == 4
    assert f"--to {tmp_path} exists already and is not empty" in capsys.readouterr().err
    assert run(["scenario", "check", str(scenario), "--region", str(scenario)]) == 4
    assert "is a file; expected the folder of a region" in capsys.readouterr().err
    assert "number is 'x'; expected a valid integer" in refused(capsys, "scenario", "off", scenario, "x")


def test_a_change_time_below_0_is_told_once(capsys, tmp_path):
    told = refused(capsys, "import", "network", tmp_path, "--region", tmp_path, "--change-time", "-5")
    assert told.count("-5") == 1
    assert "--change-time is '-5'; expected greater than or equal to 0." in told
