"""A matrix anew after something was added: bit for bit what a full run gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility import matrix_sweep
from megaregion.mobility.matrix_rerun import rerun_matrix
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import travel_time_matrix
from megaregion.mobility.walks import TransferRules
from megaregion.region.schema import conform
from support.tiny_region import tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
STOPS = "ABCDEF"
CALLS = st.lists(st.tuples(st.sampled_from(STOPS), st.integers(0, 60), st.integers(0, 20)), min_size=2, max_size=4)
TRIPS = st.lists(st.tuples(st.integers(0, 300), CALLS), min_size=1, max_size=5)
WALKS = st.lists(st.tuples(st.sampled_from(STOPS), st.sampled_from(STOPS), st.integers(1, 60)), max_size=3)
OPTIONS = {"window": ("00:01", "00:04"), "percentiles": (10, 50, 90)}
VALUES = ("travel_time_s", "fastest_s", "departures", "first_arrival_s", "last_arrival_s")


def timetable_of(trips, walks=(), stops=STOPS):
    calls = {}
    for name, (start, hops) in trips.items():
        at, listed = start, []
        for stop, run, dwell in hops:
            listed.append((stop, at + run, at + run + dwell))
            at += run + dwell
        calls[name] = listed
    region = tiny_region(
        calls, walks=walks, change_time_s=20, stops={stop: {} for stop in stops}, dates=("2019-10-01", "2019-10-01")
    )
    return Timetable.from_region(region, rules=PLAIN, max_travel_time_s=1200)


def assert_same(one, other):
    for name in VALUES:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


@settings(max_examples=120, deadline=None)
@given(old=TRIPS, new=TRIPS, walks=WALKS, more_walks=WALKS, capped=st.booleans(), fewer=st.booleans())
def test_random_additions_give_what_a_full_run_gives(old, new, walks, more_walks, capped, fewer):
    base_trips = {f"t{number}": trip for number, trip in enumerate(old)}
    base = timetable_of(base_trips, walks)
    after = timetable_of(base_trips | {f"n{number}": trip for number, trip in enumerate(new)}, [*walks, *more_walks])
    served = [stop for stop in base.stops if stop in after.stops]
    ends = (served[:1] if fewer else served, served)
    options = OPTIONS | {"max_rides": 2 if capped else None}
    before = travel_time_matrix(base, *ends, **options)
    assert_same(rerun_matrix(before, base, after, *ends, **options), travel_time_matrix(after, *ends, **options))


@pytest.fixture
def two_lines():
    """A to B and, far from them, E to F; the second timetable has another train from E to F."""
    trips = {"ab": (0, [("A", 100, 0), ("B", 60, 0)]), "ef": (0, [("E", 100, 0), ("F", 60, 0)])}
    return timetable_of(trips), timetable_of(trips | {"more": (30, [("E", 100, 0), ("F", 60, 0)])})


def test_pairs_out_of_reach_of_what_was_added_are_not_read_again(two_lines, monkeypatch):
    base, after = two_lines
    stops = ["A", "B", "E", "F"]
    before = travel_time_matrix(base, stops, stops, **OPTIONS)
    read = []
    inner = matrix_sweep.Sweep._mark

    def mark(self, arrival, asked):
        inner(self, arrival, asked)
        read.extend(zip(*np.nonzero(asked), strict=True))

    monkeypatch.setattr(matrix_sweep.Sweep, "_mark", mark)
    again = rerun_matrix(before, base, after, stops, stops, **OPTIONS)
    assert read == [(stops.index("F"), stops.index("E"))]
    assert again.departures[2, 3] == before.departures[2, 3] + 1


def test_what_is_no_addition_is_computed_afresh(two_lines):
    base, after = two_lines
    before = travel_time_matrix(after, **OPTIONS)
    assert_same(rerun_matrix(before, after, base, **OPTIONS), travel_time_matrix(base, **OPTIONS))


def test_a_base_of_another_question_is_refused(two_lines):
    base, after = two_lines
    before = travel_time_matrix(base, **OPTIONS)
    with pytest.raises(InputError, match="its origin_ids are not those asked for"):
        rerun_matrix(before, base, after, ["A"], ["B"], **OPTIONS)
    with pytest.raises(InputError, match="max_rides is None there and 2 here"):
        rerun_matrix(before, base, after, **OPTIONS, max_rides=2)


def through_running(*, blocks=(), rules=(), closed=(), trips=("x", "y")):
    """X runs from A to B, y on from B to C 1 min later: too early to change, but not to stay seated; z is slow."""
    calls = {
        "x": [("A", 21_600, 21_600), ("B", 22_200, 22_200)],
        "y": [("B", 22_260, 22_260), ("C", 23_000, 23_000)],
        "z": [("A", 22_200, 22_200), ("B", 30_000, 30_000), ("C", 40_000, 40_000)],
    }
    region = tiny_region(
        {name: calls[name] for name in ("z", *trips)},
        change_time_s=300,
        flags=dict.fromkeys(closed, (True, False)),
        dates=("2019-10-01", "2019-10-01"),
    )
    trip_table = region.table("trips")
    region = region.with_table(
        "trips", trip_table.assign(block_id=["b" if t in blocks else None for t in trip_table["trip_id"]])
    )
    if rules:
        rows = [
            {
                "transfer_id": str(n),
                "from_stop_id": "B",
                "to_stop_id": "B",
                "kind": kind,
                "from_trip_id": a,
                "to_trip_id": b,
            }
            for n, (kind, a, b) in enumerate(rules)
        ]
        region = region.with_table("transfers", conform("transfers", pd.DataFrame(rows)))
    return Timetable.from_region(region, rules=PLAIN)


@pytest.mark.parametrize("ends", [(["A"], ["C", "B"]), (["A", "B"], ["C"])])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"blocks": "xy", "trips": ("y",)}, {"blocks": "xy"}),
        ({"blocks": "xy", "trips": ("x",)}, {"blocks": "xy"}),
        ({}, {"blocks": "xy"}),
        ({}, {"rules": [("guaranteed", "x", "y")]}),
        ({"blocks": "xy", "closed": [("y", 1)]}, {"blocks": "xy"}),
    ],
)
def test_what_becomes_possible_between_old_trips_is_found(before, after, ends):
    base, new = through_running(**before), through_running(**after)
    options = {"window": ("05:50", "06:10"), "percentiles": (1, 100)}
    found = rerun_matrix(travel_time_matrix(base, *ends, **options), base, new, *ends, **options)
    fresh = travel_time_matrix(new, *ends, **options)
    assert_same(found, fresh)
    assert fresh.fastest_s[0, ends[1].index("C")] == 1400
