"""The command atlas and the reach of a station."""

import gzip
import json

import pytest

from megaregion.cli.app import run

MAX_GZIP = 150_000
"""The layer is loaded when it is switched on; more than this a phone would feel."""


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def data_of(folder):
    return json.loads((folder / "data.js").read_text(encoding="ascii").partition(" = ")[2].rstrip(";\n"))


def test_the_atlas_of_the_delta_shows_hongqiao(capsys, tmp_path):
    folder = tmp_path / "atlas"
    code, out, _ = ask(capsys, "atlas", folder, "--json")
    assert code == 0
    assert json.loads(out)["atlas"].endswith("index.html")
    found = data_of(folder)["reach"]
    assert found["station"]["id"] == "rail:上海虹桥"
    assert found["cutoffs_s"] == [3600, 5400, 7200]
    assert set(found["parts"]) == {"2012", "2019", "gained", "lost"}
    assert found["by_year"]["2019"]["window"] == ["06:00", "22:00"]
    assert found["by_year"]["2019"]["typical_departures"] is True
    # longer cut-offs reach more, and so do the trains of 2019 within two hours
    for year in ("2012", "2019"):
        areas = [one["area_km2"] for one in found["parts"][year]]
        assert areas == sorted(areas)
    assert found["parts"]["2019"][2]["area_km2"] > found["parts"]["2012"][2]["area_km2"]
    assert len(gzip.compress((folder / "data" / "reach.js").read_bytes())) < MAX_GZIP


def test_another_station_may_be_shown_or_none(capsys, tmp_path):
    assert ask(capsys, "atlas", tmp_path / "a", "--isochrone-from", "南京南站")[0] == 0
    assert data_of(tmp_path / "a")["reach"]["station"]["name"] == "南京南"
    assert ask(capsys, "atlas", tmp_path / "b", "--no-isochrones")[0] == 0
    assert data_of(tmp_path / "b")["reach"] is None
    assert not (tmp_path / "b" / "data" / "reach.js").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--isochrone-from", "杭州"), ("--isochrone-from is '杭州'", "expected a station, such as 上海虹桥站")),
        (("--isochrone-from", "上海红桥站"), ("no city, station or stop '上海红桥站'", "上海虹桥", "Give a city")),
        # opened in 2013
        (("--isochrone-from", "杭州东站"), ("'杭州东站' in the timetable of 2012",)),
        (("--isochrone-from", "上海虹桥站", "--no-isochrones"), ("give one of", "not both")),
    ],
)
def test_a_station_that_is_none_is_refused_before_the_long_work(capsys, tmp_path, options, words):
    code, _, err = ask(capsys, "atlas", tmp_path / "atlas", *options)
    assert code != 0
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []
