"""The command atlas and the reach of a station."""

import gzip
import json

import numpy as np
import pytest

import megaregion as mr
from megaregion.cli.app import run
from megaregion.mobility import CityAccess
from megaregion.mobility.ground import StraightLine
from megaregion.region.points import Points

MAX_GZIP = 150_000
"""The layer is loaded when it is switched on; more than this a phone would feel."""


CELL_S = 200
"""Time to cross a cell of 1 km by the rule of the access: what an outline between nodes may be wrong by."""


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def data_of(folder):
    return json.loads((folder / "data.js").read_text(encoding="ascii").partition(" = ")[2].rstrip(";\n"))


def assert_cities_inside_are_reached(data):
    """Cities inside the outlines are those whose centre is reached in time, seconds asked for centre by centre."""
    region = mr.open("yrd")
    city = CityAccess()
    road = StraightLine(speed_m_s=city.speed_m_s, detour=city.detour, fixed_s=city.fixed_s)
    centres = Points(
        tuple(each["id"] for each in data["cities"]),
        np.array([each["lon"] for each in data["cities"]]),
        np.array([each["lat"] for each in data["cities"]]),
    )
    for year in (2012, 2019):
        timetable = mr.mobility.Timetable.from_region(region, year=year)
        hongqiao = mr.mobility.Places.stations(timetable, ["rail:上海虹桥"])
        times = mr.mobility.travel_time_matrix(
            timetable, hongqiao, centres, streets=road, max_walk_time_s=3600, window=("06:00", "22:00")
        ).median_s[0]
        for cutoff, one in zip(data["reach"]["cutoffs_s"], data["reach"]["parts"][str(year)], strict=True):
            inside = np.isin(np.arange(len(times)), one["cities"])
            clear = np.abs(times - cutoff) > CELL_S
            assert clear.sum() >= len(times) - 2
            assert (inside == (times <= cutoff))[clear].all()


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
    assert_cities_inside_are_reached(data_of(folder))
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
        (("--isochrone-from", "杭州"), ("--isochrone-from is '杭州'", "expected a station (上海虹桥站) or a stop id")),
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
