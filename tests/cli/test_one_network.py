"""One place and one window give one travel time, whichever command is asked."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from megaregion.cli.app import run
from megaregion.region.store import Store
from megaregion.sources.osm import read_osm
from support.osm_files import DEGREE_M, street_grid
from support.tiny_region import tiny_region

START_S = 8 * 3600
WINDOW = ("--window", "08:00-08:01")
OUTLINE_S = 20
"""What an outline between nodes 10 m apart may be wrong by, at 1 m/s with corners."""


def at(x_m, y_m):
    return {"lon": x_m / DEGREE_M, "lat": y_m / DEGREE_M}


STOPS = {
    "A": at(300, 0) | {"city_id": "1"},
    "B": at(1300, 0),
    # 400 m on streets from B, 283 m straight: 368 s with the detour, and another bus is caught
    "C": at(1500, 200),
    "D": at(2800, 200) | {"city_id": "2"},
}
HERE, THERE = at(100, 100), at(2900, 400)


def buses():
    minutes = range(0, 120, 10)
    one = {f"b{m}": [("A", *[START_S + 60 * m] * 2), ("B", *[START_S + 60 * m + 120] * 2)] for m in minutes}
    # after 368 s and 60 s of change at C the bus 440 s after arrival is caught, after 400 s and 60 s the next one
    late = [START_S + 60 * m + 120 + 440 for m in minutes]
    two = {f"c{second}": [("C", second, second), ("D", second + 180, second + 180)] for second in late}
    return one | two


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Give a region with streets, two bus lines and two cities, and a file with a point at either end."""
    path = tmp_path_factory.mktemp("town")
    streets = read_osm(street_grid(path / "town.osm.pbf", 31, 6)).tables
    cities = pd.DataFrame(
        [
            {"city_id": "1", "name": "West", "name_en": "West"} | at(300, 100),
            {"city_id": "2", "name": "East", "name_en": "East"} | at(2800, 100),
        ]
    )
    region = tiny_region(buses(), stops=STOPS, kind="gtfs").with_tables({**streets, "cities": cities})
    store = Store.create(path / "town.region", name="town")
    store.commit(lambda _: region, message="import", sources=[{"file": "town", "licence": "CC0"}])
    points = pd.DataFrame([{"id": "here", "n": 1} | HERE, {"id": "there", "n": 1} | THERE])
    points.to_csv(path / "points.csv", index=False)
    return path


def ask_json(capsys, town, command, *arguments):
    code = run([command, *map(str, arguments), "--region", str(town / "town.region"), "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return json.loads(printed.out)


def written(point):
    return f"{point['lon']:.9f},{point['lat']:.9f}"


def by_matrix(capsys, town, *ways):
    """Seconds of who leaves at eight: the first arrival, and the longest travel time of the minute."""
    rows = ask_json(
        capsys, town, "travel-times", "--from", town / "points.csv", *WINDOW, "--percentiles", 100, *ways
    )["rows"]  # fmt: skip
    row = next(row for row in rows if (row["from_id"], row["to_id"]) == ("here", "there"))
    if row["fastest_s"] == "inf":
        return None
    assert row["travel_time_p100_s"] == row["first_arrival_s"] - START_S
    return row["travel_time_p100_s"]


def by_journey(capsys, town, *ways):
    found = ask_json(capsys, town, "journey", written(HERE), written(THERE), "--at", "08:00", *ways)["journeys"]
    return min((each["travel_time_s"] for each in found), default=None)


@pytest.mark.parametrize(
    ("ways", "seconds"),
    [
        # the bus at 8:10, ready at C at 8:19:40, the bus at 8:29:20, then 300 s from D
        ((), 1760 + 180 + 300),
        # 368 s between B and C: the bus at 8:19:20 is caught
        (("--no-streets",), None),
        (("--no-streets", "--walk-speed", "5"), None),
        (("--walk-speed", "5"), None),
        (("--max-walk", "8"), 1760 + 180 + 300),
    ],
)
def test_four_commands_give_one_travel_time(capsys, town, tmp_path, ways, seconds):
    time_s = by_matrix(capsys, town, *ways)
    assert seconds is None or time_s == pytest.approx(seconds, abs=2)
    assert by_journey(capsys, town, *ways) == time_s
    # half a second to either side, for minutes are no whole seconds
    cutoffs = [(time_s + 0.5) / 60, (time_s - 0.5) / 60]
    rows = ask_json(
        capsys, town, "access", "--from", town / "points.csv", "--opportunities", "n", *WINDOW, "--percentile", 100,
        "--cutoffs", ",".join(map(str, cutoffs)), *ways,
    )["rows"]  # fmt: skip
    here = next(row for row in rows if row["from_id"] == "here")
    assert sorted(value for name, value in here.items() if name != "from_id") == [1, 2]
    file = tmp_path / "land.gpkg"
    extent = (THERE["lon"] - 1e-3, THERE["lat"] - 1e-3, THERE["lon"] + 1e-3, THERE["lat"] + 1e-3)
    ask_json(
        capsys, town, "isochrone", written(HERE), *WINDOW, "--percentiles", 100, "--cell", 10, "-o", file,
        "--cutoffs", f"{(time_s - OUTLINE_S) / 60},{(time_s + OUTLINE_S) / 60}",
        "--extent", ",".join(map(str, extent)), *ways,
    )  # fmt: skip
    land = gpd.read_file(file).sort_values("cutoff_s")
    assert land.covers(shapely.Point(THERE["lon"], THERE["lat"])).tolist() == [False, True]


def test_the_ways_differ_so_that_agreement_says_something(capsys, town):
    times = [by_matrix(capsys, town, *ways) for ways in ((), ("--no-streets",), ("--walk-speed", "5"))]
    assert len(set(times)) == 3


def test_cities_too_take_the_streets_between_stops(capsys, town):
    rows = ask_json(capsys, town, "travel-times", *WINDOW, "--percentiles", "50,100")["rows"]
    row = next(row for row in rows if (row["from_id"], row["to_id"]) == ("1", "2"))
    found = ask_json(capsys, town, "journey", "West", "East", "--at", "08:00")["journeys"]
    assert min(each["travel_time_s"] for each in found) == row["travel_time_p100_s"]
    compared = ask_json(capsys, town, "compare", "base", "base", "--year", "2019", *WINDOW)["rows"]
    pair = next(pair for pair in compared if (pair["from_id"], pair["to_id"]) == ("1", "2"))
    assert pair["before_s"] == pair["after_s"] == row["travel_time_p50_s"]


def test_no_walk_at_all(capsys, town):
    """Doors reach no stop, and the two buses have no walk between them."""
    assert by_matrix(capsys, town, "--max-walk", 0) is None
    assert by_journey(capsys, town, "--max-walk", 0) is None
    stations = ask_json(capsys, town, "travel-times", "--between", "stations", *WINDOW, "--max-walk", 0)["rows"]
    reached = {(row["from_id"], row["to_id"]) for row in stations if row["fastest_s"] != "inf"}
    assert reached == {("A", "B"), ("C", "D"), *((stop, stop) for stop in "ABCD")}
    for ways in ((), ("--no-streets",)):
        alone = ask_json(capsys, town, "journey", "A", "D", "--at", "08:00", "--max-walk", 0, *ways)
        assert alone["journeys"] == []
        assert ask_json(capsys, town, "journey", "A", "D", "--at", "08:00", *ways)["journeys"]


def test_from_door_to_door_without_a_ride(capsys, town):
    near = at(200, 100)
    code = run(
        ["journey", written(HERE), written(near), "--at", "08:00", "--region", str(town / "town.region")]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert code == 0
    assert "on foot  2 min" in printed.out
    assert "no cities" not in printed.err


def test_a_point_without_a_stop_is_told_once(capsys, town):
    code = run(
        ["journey", "0.5,0.5", written(THERE), "--at", "08:00", "--region", str(town / "town.region")]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert code == 0
    assert "no journey from 0.5,0.5" in printed.out
    assert printed.err.count("point 0.5,0.5 has no stop within 20 min") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("travel-times", "--max-time", "0"), "--max-time"),
        (("travel-times", "--max-time", "-5"), "--max-time"),
        (("journey", "200,10", "A"), "lies at lon 200.0, lat 10.0; expected degrees"),
        (("journey", "A", "D", "--max-walk", "-1"), "--max-walk"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys, town, arguments, words):
    assert run([*arguments, "--region", str(town / "town.region")]) == 2
    assert words in capsys.readouterr().err
