"""Where journeys begin and end: stations that serve a city itself, and doors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from megaregion.errors import InputError
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.places import principal_stations
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import plan_matrix, travel_time_matrix
from megaregion.mobility.walks import TransferRules
from megaregion.region.points import Points
from megaregion.region.sphere import EARTH_RADIUS_M
from support.tiny_region import seconds, tiny_region


def test_principal_stations_are_near_the_centre_or_the_nearest():
    """0.1 degree of longitude at 30 N is 9.6 km."""
    cities = pd.DataFrame({"city_id": ["a", "b"], "lon": [120.0, 130.0], "lat": [30.0, 30.0]})
    stops = pd.DataFrame(
        {
            "stop_id": ["a-near", "a-second", "a-far", "b-far", "b-farther", "outside", "unplaced"],
            "lon": [120.05, 120.2, 120.4, 130.5, 130.6, 125.0, float("nan")],
            "lat": [30.0] * 7,
            "city_id": ["a", "a", "a", "b", "b", "elsewhere", "a"],
        }
    )
    assert principal_stations(stops, cities).tolist() == ["a", "a", "", "b", "", "", ""]


GROUND = StraightLine(speed_m_s=1.0, detour=1.0)
METRE = 180 / (np.pi * EARTH_RADIUS_M)


def on_the_equator():
    """Trains from A (0 m) at 8:10 and 8:40, 10 min to B (50 km east); doors 100 m and 300 m away."""
    trips = {
        trip: [("A", start, start), ("B", start + 600, start + 600)]
        for trip, start in (("one", seconds("8:10")), ("two", seconds("8:40")))
    }
    stops = {"A": {"lon": 0.0, "lat": 0.0}, "B": {"lon": 50_000 * METRE, "lat": 0.0}}
    region = tiny_region(trips, stops=stops, change_time_s=60)
    doors = Points(("home", "far", "work"), np.array([-100.0, -2000.0, 50_300.0]) * METRE, np.zeros(3))
    return Timetable.from_region(region, rules=TransferRules(city_links=False)), doors


def test_from_door_to_door_by_hand():
    timetable, doors = on_the_equator()
    options = {"streets": GROUND, "max_walk_time_s": 1200, "max_travel_time_s": 7200, "percentiles": (100,)}
    options |= {"window": ("08:00", "09:00")}
    result = travel_time_matrix(timetable, doors, doors, **options)
    # 100 s to the train of 8:10, 10 min on it, 300 s from it; who leaves after 8:38:20 does not arrive
    assert result.first_arrival_s[0, 2] == seconds("8:25")
    assert result.last_arrival_s[0, 2] == seconds("8:55")
    assert result.fastest_s[0, 2] == 1000
    assert result.departures[0, 2] == 2
    assert np.isinf(result.travel_time_s[0, 0, 2])
    # the one that is 2 km away reaches no stop, but its neighbour 1.9 km on, if one may walk so far
    assert np.isinf(result.fastest_s[1]).tolist() == [True, False, True]
    longer = travel_time_matrix(timetable, doors, doors, **options | {"max_walk_time_s": 2100})
    assert longer.fastest_s[1, 0] == 1900
    assert longer.provenance["max_walk_time_s"] == 2100
    said = result.notices.render()
    assert "point far has no stop within 20 min; the nearest, A, is 2.0 km away." in said


def test_a_point_outside_the_region_is_told_apart():
    timetable, doors = on_the_equator()
    swapped = Points(("home", "swapped"), np.array([0.0, 0.0]), np.array([0.0, 40.0]))
    result = travel_time_matrix(timetable, swapped, doors, streets=GROUND, window=("08:00", "09:00"))
    assert "longitude and latitude are swapped" in result.notices.render()


def test_walking_is_the_floor_of_all_travel_times():
    timetable, _ = on_the_equator()
    near = Points(("a", "b"), np.array([0.0, 700.0]) * METRE, np.zeros(2))
    result = travel_time_matrix(timetable, near, near, streets=GROUND, window=("08:00", "09:00"), percentiles=(5, 95))
    assert result.travel_time_s[:, 0, 1].tolist() == [700, 700]
    assert result.departures[0, 1] == 0


def test_slack_counts_at_both_ends():
    timetable, doors = on_the_equator()
    slack = TransferRules(city_links=False, boarding_slack_s=60, alighting_slack_s=30)
    later = replace(timetable, rules=slack)
    result = travel_time_matrix(later, doors, doors, streets=GROUND, window=("08:00", "09:00"))
    assert result.fastest_s[0, 2] == 1090
    back = plan_matrix(later, doors, doors, streets=GROUND, window=("08:00", "09:00")).block(range(3))
    assert back.fastest_s.tolist() == result.fastest_s.tolist()


def test_a_window_in_which_nothing_leaves_is_said():
    timetable, doors = on_the_equator()
    result = travel_time_matrix(timetable, doors, doors, streets=GROUND, window=("09:00", "10:00"))
    assert "nothing of timetable t leaves between 09:00 and 10:00" in result.notices.render()
    assert "from 08:10 to 08:40" in result.notices.render()


def test_points_that_are_none_are_refused():
    with pytest.raises(InputError, match=r"point 'x' lies at lon 200\.0"):
        Points(("x",), np.array([200.0]), np.array([0.0]))
    with pytest.raises(InputError, match="point 'x' is listed twice"):
        Points(("x", "x"), np.zeros(2), np.zeros(2))
    with pytest.raises(InputError, match="no column 'lon'; they have id, x, lat"):
        Points.from_table(pd.DataFrame({"id": ["a"], "x": [1.0], "lat": [1.0]}))


def test_straight_lines_reach_by_time():
    ground = StraightLine(speed_m_s=2.0, detour=1.5, fixed_s=10)
    points = Points(("a", "b", "c"), np.array([0.0, 400.0, 401.0]) * METRE, np.zeros(3))
    placed = ground.place(points)
    reach = ground.reach(placed, placed, 310)
    assert reach.offset.tolist() == [0, 2, 5, 7]
    assert reach.time_s.tolist() == [10, 310, 310, 10, 11, 11, 10]
    assert ground.reach(placed, placed, 9).offset.tolist() == [0, 0, 0, 0]
