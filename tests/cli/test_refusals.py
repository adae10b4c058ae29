"""What the travel commands refuse before they compute anything, and the words in which they do."""

import json

import pytest

from megaregion.cli import travel_times
from megaregion.cli.app import run

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
