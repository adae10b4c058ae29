"""Timetables from flat arrays agree with those from tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from support.tiny_region import tiny_region

NAMES = ["s0", "s1", "s2", "s3"]
TRIPS = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 600), st.integers(0, 200)),
    min_size=1,
    max_size=6,
)


def flat(trips, **options):
    """Trips as (stops, start, seconds a hop), each stop left as one arrives."""
    offset = np.cumsum([0, *(len(stops) for stops, *_ in trips)])
    stop = [s for stops, *_ in trips for s in stops]
    time = [start + n * hop for stops, start, hop in trips for n in range(len(stops))]
    zeros = np.zeros(4)
    return Timetable.from_arrays(offset, stop, time, time, **({"lon": zeros, "lat": zeros} | options))


@settings(max_examples=40)
@given(TRIPS)
def test_arrays_and_tables_give_the_same_connections(trips):
    shape = {
        f"t{n}": [(NAMES[s], start + k * hop, start + k * hop) for k, s in enumerate(stops)]
        for n, (stops, start, hop) in enumerate(trips)
    }
    region = tiny_region(shape, dates=("2019-10-10", "2019-10-10"), stops={name: {} for name in NAMES})
    rules = TransferRules(city_links=False, walk_distance_m=0, change_time_s=90)
    of_tables = Timetable.from_region(region, rules=rules, max_travel_time_s=3600, feeds=["t"])
    of_arrays = flat(trips, change_time_s=90, max_travel_time_s=3600)
    for name in ("departure_s", "arrival_s", "hop", "flags"):
        today = of_tables.departure_s < 86_400
        assert getattr(of_tables, name)[today].tolist() == getattr(of_arrays, name).tolist()
    for name in ("departure_stop", "arrival_stop"):
        stops = of_tables.stops.ids(getattr(of_tables, name)[today]).tolist()
        assert stops == [NAMES[s] for s in getattr(of_arrays, name)]


def test_footpaths_and_vehicles_by_hand():
    """From 0 to 1 by t0, on foot to 2 in 200 s, on by t1; t2 and t3 are one vehicle, left and boarded in no time."""
    trips = [([0, 1], 0, 100), ([2, 3], 300, 50), ([0, 2], 10, 90), ([2, 1], 100, 70)]
    paths = ([1], [2], [200])
    timetable = flat(trips, footpaths=paths, vehicle=[0, 1, 2, 2], change_time_s=500)
    assert timetable.walks.of(1)[0].tolist() == [1, 2]
    assert timetable.walks.of(1)[1].tolist() == [500, 200]
    result = travel_time_matrix(timetable, ["s0"], ["s3", "s1"], window=("00:00", "00:01"))
    assert result.first_arrival_s[0].tolist() == [350, 100]
    assert timetable.trip[timetable.run == 2] == timetable.trip[timetable.run == 3]
    assert timetable.hop[timetable.run == 3].tolist() == [1]
    apart = flat(trips, change_time_s=500)
    later = [travel_time_matrix(t, ["s0"], ["s1"], window=("00:00:01", "00:00:11")) for t in (timetable, apart)]
    assert later[0].first_arrival_s[0, 0] == 170
    assert np.isinf(later[1].first_arrival_s[0, 0])


WRONG = [
    ({"stop": [0, 1]}, "there are 2 calls, 3 arrivals and 3 departures; expected one of each"),
    ({"trip_offset": [0, 2]}, "trip_offset does not rise from 0 to 3, the number of calls"),
    ({"stop": [0, 1, 9]}, "stops of calls go from 0 to 9; expected positions from 0 to 2"),
    (
        {"arrival_s": [0, 60, 50]},
        "call 2 goes back in time: arrival 50, departure 130, departure of the call before 70",
    ),
    ({"footpaths": ([0], [1, 2], [5])}, "footpaths have 1 beginnings, 2 ends and 1 times; expected as many each"),
    ({"max_travel_time_s": 0}, "max_travel_time_s is 0; expected seconds above 0 and up to 14 days"),
    ({"footpaths": ([0], [7], [5])}, "stops of footpaths go from 0 to 7; expected positions from 0 to 2"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_arrays_that_do_not_fit_are_refused(change, message):
    right = {"trip_offset": [0, 3], "stop": [0, 1, 2], "arrival_s": [0, 60, 130], "departure_s": [0, 70, 130]}
    arrays = right | {"lon": [0, 0, 0], "lat": [0, 1, 2]}
    assert Timetable.from_arrays(**arrays).n_connections == 2
    with pytest.raises(InputError, match=message):
        Timetable.from_arrays(**(arrays | change))


def test_a_vehicle_is_not_in_two_places():
    with pytest.raises(
        InputError, match="trip 1 of vehicle 0 leaves at 50, before trip 0 of the same vehicle arrives at 100"
    ):
        flat([([0, 1], 0, 100), ([1, 2], 50, 100)], vehicle=[0, 0])
