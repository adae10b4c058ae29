"""Trips by pattern: nothing is lost, nobody overtakes, and no more patterns than needed where nobody does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.trip_patterns import TripPatterns
from megaregion.mobility.walks import TransferRules
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
ONE_DAY = ("2019-10-01", "2019-10-01")


def timetable_of(calls, **options):
    region = tiny_region(calls, dates=ONE_DAY, **options)
    return Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3_600)


def first_day(timetable):
    """Patterns of the timetable less the trips of the days around it."""
    patterns = timetable.patterns
    return [
        sorted(
            timetable.trip_table["trip_id"].iloc[trip]
            for trip in patterns.trip[patterns.trip_offset[p] : patterns.trip_offset[p + 1]]
            if timetable.trip_table["day"].iloc[trip] == 0
        )
        for p in range(len(patterns))
    ]


def test_trips_of_the_same_stops_share_a_pattern_until_one_overtakes():
    """Trip 2 follows trip 1; trip 3 leaves after both and is there first; trip 4 goes another way."""
    timetable = timetable_of(
        {
            "1": [("A", 0, 3_600), ("B", 4_200, 4_260), ("C", 4_860, 4_860)],
            "2": [("A", 0, 3_900), ("B", 4_500, 4_560), ("C", 5_160, 5_160)],
            "3": [("A", 0, 4_000), ("B", 4_100, 4_110), ("C", 4_300, 4_300)],
            "4": [("A", 0, 3_600), ("C", 4_200, 4_200)],
        }
    )
    groups = {tuple(trips) for trips in first_day(timetable) if trips}
    assert groups == {("1", "2"), ("3",), ("4",)}


def test_where_one_may_board_is_part_of_the_pattern():
    """Nobody alights from trip 2 at B."""
    calls = {str(n): [("A", 0, 3_600 * n), ("B", 3_600 * n + 60, 3_600 * n + 60)] for n in (1, 2)}
    timetable = timetable_of(calls, flags={("2", 1): (True, False)})
    assert {tuple(trips) for trips in first_day(timetable) if trips} == {("1",), ("2",)}


def test_departures_are_those_that_can_be_boarded():
    calls = {
        "1": [("A", 0, seconds("8:00")), ("B", seconds("8:10"), seconds("8:11")), ("C", seconds("8:20"), 0)],
        "2": [("A", 0, seconds("9:00")), ("B", seconds("9:10"), seconds("9:11")), ("C", seconds("9:20"), 0)],
    }
    calls = {trip: [*rows[:2], (rows[2][0], rows[2][1], rows[2][1])] for trip, rows in calls.items()}
    timetable = timetable_of(calls, flags={("1", 1): (False, True)})
    at = timetable.stops.position
    today = [s for s in timetable.patterns.departures(at("B")).tolist() if 0 <= s < 86_400]
    assert today == [seconds("9:11")]
    assert timetable.patterns.departures(at("C")).tolist() == []


HOPS = st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 90), st.integers(0, 30)), min_size=2, max_size=5)


@given(trips=st.lists(st.tuples(st.integers(0, 600), HOPS, st.lists(st.integers(0, 400), max_size=3)), max_size=5))
def test_patterns_hold_every_connection_in_order(trips):
    calls = {"x": [("A", 0, 0), ("B", 60, 60)]}
    for number, (start, hops, later) in enumerate(trips):
        for repeat, delay in enumerate([0, *later]):
            at, rows = start + delay, []
            for stop, run, dwell in hops:
                at += run // (1 + repeat)
                rows.append((stop, at, at + dwell))
                at += dwell
            calls[f"{number}-{repeat}"] = rows
    timetable = timetable_of(calls)
    patterns = TripPatterns.from_timetable(timetable)
    found = []
    for p in range(len(patterns)):
        hops = slice(patterns.hop_offset[p], patterns.hop_offset[p + 1])
        n_hops = hops.stop - hops.start
        trips_of = patterns.trip[patterns.trip_offset[p] : patterns.trip_offset[p + 1]]
        rows = slice(patterns.time_offset[p], patterns.time_offset[p + 1])
        departure = patterns.departure_s[rows].reshape(len(trips_of), n_hops)
        arrival = patterns.arrival_s[rows].reshape(len(trips_of), n_hops)
        assert (np.diff(departure, axis=0) >= 0).all()
        assert (np.diff(arrival, axis=0) >= 0).all()
        for t, trip in enumerate(trips_of):
            ends = zip(patterns.departure_stop[hops], patterns.arrival_stop[hops], patterns.flags[hops], strict=True)
            found += [
                (int(trip), h, *map(int, end), int(departure[t, h]), int(arrival[t, h])) for h, end in enumerate(ends)
            ]
    t = timetable
    columns = (t.trip, t.hop, t.departure_stop, t.arrival_stop, t.flags, t.departure_s, t.arrival_s)
    first = {}
    for trip, hop in zip(t.trip.tolist(), t.hop.tolist(), strict=True):
        first[trip] = min(hop, first.get(trip, hop))
    held = [tuple(map(int, row)) for row in zip(*columns, strict=True)]
    # trips that run before midnight lack their first hops
    assert sorted(found) == sorted((row[0], row[1] - first[row[0]], *row[2:]) for row in held)
    boardable = {
        (int(stop), p, h - int(patterns.hop_offset[p]))
        for p in range(len(patterns))
        for h, stop in enumerate(patterns.departure_stop)
        if patterns.hop_offset[p] <= h < patterns.hop_offset[p + 1] and patterns.flags[h] & CAN_BOARD
    }
    stop_of = np.repeat(np.arange(len(t.stops)), np.diff(patterns.boarding_offset))
    listed = set(zip(stop_of.tolist(), patterns.boarding_pattern.tolist(), patterns.boarding_hop.tolist(), strict=True))
    assert listed == boardable
    assert patterns.flags.max() <= CAN_BOARD | CAN_ALIGHT
