"""Where journeys begin and end: stations that serve a city itself, and doors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from megaregion.errors import InputError
from megaregion.mobility import matrix_sweep
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.journey_search import journeys
from megaregion.mobility.pareto import profile
from megaregion.mobility.places import Places, principal_stations
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


def test_points_with_the_same_id_are_one_place_only_where_they_stand_at_one():
    """Homes 1, 2 ... and schools 1, 2 ... are no same places."""
    timetable, doors = on_the_equator()
    homes = Points(("1", "2"), doors.lon[:2], doors.lat[:2])
    schools = Points(("1", "3"), doors.lon[2:].repeat(2), np.zeros(2))
    options = {"streets": GROUND, "window": ("08:00", "09:00")}
    times = travel_time_matrix(timetable, homes, schools, **options)
    assert times.fastest_s[0].tolist() == [1000, 1000]
    start = Places.points(timetable, homes, GROUND, max_time_s=1200)[0:1]
    goal = Places.points(timetable, schools, GROUND, max_time_s=1200, arriving=True)[0:1]
    assert journeys(timetable, start, goal, depart="08:00")[-1].travel_time_s == 1500
    assert len(profile(timetable, start, goal, ("08:00", "09:00")).table) == 2
    assert travel_time_matrix(timetable, homes, homes, **options).fastest_s[0, 0] == 0


def test_equal_straight_lines_are_one_ground():
    timetable, _ = on_the_equator()
    near = Points(("a", "b"), np.array([0.0, 50.0]) * METRE, np.zeros(2))
    ends = [
        Places.points(timetable, near, StraightLine(), max_time_s=1200, arriving=arriving) for arriving in (False, True)
    ]
    assert travel_time_matrix(timetable, *ends, window=("08:00", "09:00")).fastest_s[0, 1] == 65
    assert len(journeys(timetable, ends[0][0:1], ends[1][1:2], depart="08:00")) == 1


def test_no_time_to_walk_is_no_walk():
    timetable, doors = on_the_equator()
    start = Places.points(timetable, doors, GROUND, max_time_s=0)[0:1]
    goal = Places.points(timetable, doors, GROUND, max_time_s=0, arriving=True)[1:2]
    assert journeys(timetable, start, goal, depart="08:00") == []
    assert np.isinf(profile(timetable, start, goal).walk_only_s)


def test_slack_of_a_change_does_not_count_on_the_way_to_the_first_ride():
    """C is 100 s on foot from A; 60 s of slack when boarding and 30 s when alighting, a factor of 2 on changes."""
    rules = TransferRules(
        city_links=False, walk_distance_m=0, boarding_slack_s=60, alighting_slack_s=30, change_time_factor=2.0
    )
    trips = {"one": [("A", seconds("8:10"), seconds("8:10")), ("B", seconds("8:20"), seconds("8:20"))]}
    region = tiny_region(trips | {"far": [("C", 0, 0), ("D", 60, 60)]}, walks=[("C", "A", 100)])
    timetable = Timetable.from_region(region, rules=rules)
    result = travel_time_matrix(timetable, ["C"], ["B", "A"], window=("08:00", "08:30"))
    assert result.fastest_s[0].tolist() == [100 + 60 + 600 + 30, 100]
    assert timetable.walks.time_s.max() == 290


def test_places_of_another_timetable_are_refused():
    timetable, doors = on_the_equator()
    other = Timetable.from_region(tiny_region({"x": [("Q", 0, 0), ("R", 60, 60)]}))
    places = Places.points(timetable, doors, GROUND, max_time_s=1200)
    with pytest.raises(InputError, match="the origins were found on a timetable with other stops"):
        travel_time_matrix(other, places, ["Q"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_travel_time_s": 0}, "max_travel_time_s is 0; expected a whole number from 1 to"),
        ({"percentiles": 50}, "percentiles are 50; expected a list"),
        ({"percentiles": "50"}, "percentiles are '50'; expected a list"),
        ({"seed": "x"}, "seed is 'x'; expected a whole number"),
        ({"draws": 1000, "max_rides": 16}, "Ask for fewer draws"),
    ],
)
def test_options_that_cannot_be_are_refused(change, words, monkeypatch):
    monkeypatch.setattr(matrix_sweep, "MAX_LABEL_BYTES", 1000)
    timetable, doors = on_the_equator()
    with pytest.raises(InputError, match=words):
        travel_time_matrix(timetable, doors, doors, **change)


def test_columns_tell_all_digits_of_a_percentile():
    timetable, doors = on_the_equator()
    columns = travel_time_matrix(timetable, doors, doors, percentiles=(5, 99.99999, 100)).table.columns
    assert [name for name in columns if "_p" in name] == [
        "travel_time_p05_s",
        "travel_time_p99.99999_s",
        "travel_time_p100_s",
    ]
