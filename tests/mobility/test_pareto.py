"""Profiles and earliest arrivals against what was worked by hand, brute force, and the travel-time matrix."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility import pareto
from megaregion.mobility.connection_scan import NEVER
from megaregion.mobility.pareto import earliest_arrivals, profile
from megaregion.mobility.places import Places, on_foot
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.walks import TransferRules
from support.brute_force import arrivals_by_rides
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
ONE_DAY = ("2019-10-01", "2019-10-01")
STOPS = ("A", "B", "C", "D", "E")


def line(*calls):
    return [(stop, seconds(time), seconds(time)) for stop, time in calls]


def place(timetable, name, **seconds_to):
    """A door: so many seconds to each of the stops."""
    stops = np.array([timetable.stops.position(stop) for stop in seconds_to], np.int32)
    offset = np.array([0, len(stops)], np.int32)
    return Places((name,), offset, stops, np.array(list(seconds_to.values()), np.int32), "by hand")


def points(result):
    return [(row.depart, row.arrive, row.rides) for row in result.table.itertuples()]


def two_trains():
    """A->B 60 min at 5:00 and 5:30, B->C 60 min at 6:15 and 6:45, change 2 min."""
    region = tiny_region(
        {
            "1": line(("A", "5:00"), ("B", "6:00")),
            "2": line(("A", "5:30"), ("B", "6:30")),
            "3": line(("B", "6:15"), ("C", "7:15")),
            "4": line(("B", "6:45"), ("C", "7:45")),
        },
        change_time_s=120,
    )
    return Timetable.from_region(region, rules=PLAIN)


def test_a_profile_worked_by_hand():
    timetable = two_trains()
    result = profile(timetable, "A", "C", window=("05:00", "06:00"))
    assert points(result) == [("05:00", "07:15", 2), ("05:30", "07:45", 2)]
    assert result.table["duration_s"].tolist() == [135 * 60, 135 * 60]
    assert math.isinf(result.walk_only_s)
    assert result.provenance["max_rides"] is None
    assert points(profile(timetable, "A", "C", window=("05:01", "06:00"))) == [("05:30", "07:45", 2)]


def test_arrivals_worked_by_hand():
    timetable = two_trains()
    arrival = earliest_arrivals(timetable, "A", "05:01")
    a, b, c = (timetable.stops.position(stop) for stop in "ABC")
    assert arrival[:, a].tolist() == [seconds("5:01")] * 3
    assert arrival[:, b].tolist() == [math.inf, seconds("6:30"), seconds("6:30")]
    assert arrival[:, c].tolist() == [math.inf, math.inf, seconds("7:45")]
    assert earliest_arrivals(timetable, "A", seconds("5:01"), max_rides=1).shape == (2, 3)


def test_fewer_rides_are_worth_a_later_arrival():
    """The change at B is 20 min quicker than the direct train of the same minute; a train before them is beaten."""
    region = tiny_region(
        {
            "fast": line(("A", "8:00"), ("B", "8:20")),
            "on": line(("B", "8:30"), ("C", "8:50")),
            "slow": line(("A", "8:00"), ("C", "9:10")),
            "beaten": line(("A", "7:50"), ("C", "9:10")),
        }
    )
    result = profile(Timetable.from_region(region, rules=PLAIN), "A", "C")
    assert points(result) == [("08:00", "09:10", 1), ("08:00", "08:50", 2)]
    direct = profile(Timetable.from_region(region, rules=PLAIN), "A", "C", max_rides=1)
    assert points(direct) == [("08:00", "09:10", 1)]
    assert direct.provenance["max_rides"] == 1


def test_walks_at_both_ends_to_the_second():
    """Trip B 0:01, C 0:03, D 0:05; 30 s to B, 20 s from D: leave 0:00:30, arrive 0:05:20; later is too late."""
    region = tiny_region({"R1": line(("B", "0:01"), ("C", "0:03"), ("D", "0:05"))}, dates=ONE_DAY)
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
    home, work = place(timetable, "home", B=30), place(timetable, "work", D=20)
    assert points(profile(timetable, home, work, ("00:00", "00:01"))) == [("00:00:30", "00:05:20", 1)]
    assert len(profile(timetable, home, work, ("00:00:31", "00:01"))) == 0
    assert earliest_arrivals(timetable, home, 30)[-1].tolist() == [60, 180, 300]
    assert np.isinf(earliest_arrivals(timetable, home, 31)[-1, 1:]).all()


@pytest.mark.parametrize(("leaves", "found"), [("0:03:59", []), ("0:04:00", [("00:01:30", "00:05:20", 2)])])
def test_a_footpath_and_a_change_to_the_second(leaves, found):
    """R1 B 0:02 -> C 0:03, 30 s footpath C->D and 30 s slack; R2 leaves D at 0:03:59 (missed) or 0:04:00."""
    region = tiny_region(
        {"R1": line(("B", "0:02"), ("C", "0:03")), "R2": line(("D", leaves), ("E", "0:05"))},
        walks=[("C", "D", 60)],
        dates=ONE_DAY,
    )
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
    home, work = place(timetable, "home", B=30), place(timetable, "work", E=20)
    assert points(profile(timetable, home, work, ("00:01", "00:02"))) == found


def test_trips_that_overtake():
    """Stops 0..50, 30 s a hop; the early train loses 20 min on the way, and waiting for the next is quicker."""
    names = [f"{i:02d}" for i in range(51)]

    def train(start, slow):
        at = seconds(start)
        calls = []
        for i, name in enumerate(names):
            calls.append((name, at, at))
            at += 600 if slow and i in {20, 21} else 30
        return calls

    region = tiny_region({"A": train("7:10", slow=True), "B": train("7:20", slow=False)}, dates=ONE_DAY)
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert earliest_arrivals(timetable, "10", "07:00")[-1, timetable.stops.position("42")] == seconds("7:41")
    assert points(profile(timetable, "10", "42", ("07:00", "08:00"))) == [("07:25", "07:41", 1)]


def test_many_more_rides_than_there_is_room_for_at_first():
    """A ring of 40 shuttles, one after the other: 40 rides, and labels that grow while searching."""
    calls = {f"t{i:02d}": [(f"s{i:02d}", 600 * i, 600 * i), (f"s{i + 1:02d}", 600 * i + 300, 0)] for i in range(40)}
    calls = {name: [first, (stop, at, at)] for name, (first, (stop, at, _)) in calls.items()}
    timetable = Timetable.from_region(tiny_region(calls, dates=ONE_DAY), rules=PLAIN)
    result = profile(timetable, "s00", "s40", ("00:00", "01:00"))
    assert result.rides.tolist() == [40]
    assert result.arrive_s.tolist() == [600 * 39 + 300]
    arrival = earliest_arrivals(timetable, "s00", 0)
    assert arrival.shape == (41, 41)
    assert arrival[40, timetable.stops.position("s40")] == 600 * 39 + 300
    assert len(profile(timetable, "s00", "s40", ("00:00", "01:00"), max_rides=16)) == 0


def test_walking_beats_the_bus_that_is_slower():
    region = tiny_region({"bus": line(("A", "8:00"), ("B", "8:10"))}, walks=[("A", "B", 300)])
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = profile(timetable, "A", "B")
    assert (len(result), result.walk_only_s) == (0, 300)


def test_a_later_departure_after_the_window_beats_one_within():
    region = tiny_region({"slow": line(("A", "8:50"), ("B", "9:50")), "fast": line(("A", "9:05"), ("B", "9:40"))})
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert len(profile(timetable, "A", "B", ("08:00", "09:00"))) == 0
    assert points(profile(timetable, "A", "B", ("08:00", "09:10"))) == [("09:05", "09:40", 1)]


def test_staying_seated_is_one_ride():
    """One vehicle arrives at one platform and departs from another, with its passengers in it."""
    region = tiny_region({"in": line(("A", "8:00"), ("B", "8:10")), "out": line(("C", "8:11"), ("D", "8:20"))})
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert len(profile(timetable, "A", "D")) == 0
    order = np.argsort(np.argsort(timetable.departure_s, kind="stable")).astype(np.int32)
    seated = replace(timetable, trip=np.zeros_like(timetable.trip), hop=order)
    assert points(profile(seated, "A", "D")) == [("08:00", "08:20", 1)]


TRIPS = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.lists(st.tuples(st.sampled_from(STOPS), st.integers(0, 120), st.integers(0, 30)), min_size=2, max_size=5),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
)
WALKS = st.lists(
    st.tuples(st.sampled_from(STOPS), st.sampled_from(STOPS), st.integers(1, 200)).filter(lambda w: w[0] != w[1]),
    max_size=4,
    unique_by=lambda w: w[:2],
)
FLAGS = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 4)), st.tuples(st.booleans(), st.booleans()), max_size=4
)


@given(
    trips=TRIPS,
    walks=WALKS,
    change=st.integers(1, 40),
    flags=FLAGS,
    access=st.dictionaries(st.sampled_from(STOPS), st.integers(0, 90), min_size=1),
    egress=st.dictionaries(st.sampled_from(STOPS), st.integers(0, 90), min_size=1),
)
def test_random_timetables_agree_with_brute_force(trips, walks, change, flags, access, egress):
    """Every departure of a window, one ride to nine; doors and stations; trips that repeat, overtake and come again."""
    calls, named = {}, {}
    for number, (start, hops, repeats) in enumerate(trips):
        for repeat in range(repeats):
            at, listed = start + 40 * repeat, []
            for sequence, (stop, run, dwell) in enumerate(hops):
                # each repetition is faster than the one before: trips of one pattern overtake
                at += run // (1 + repeat)
                listed.append((stop, at, at + dwell))
                at += dwell
                if (number, sequence) in flags:
                    named[f"t{number}-{repeat}", sequence] = flags[number, sequence]
            calls[f"t{number}-{repeat}"] = listed
    region = tiny_region(
        calls, walks=walks, change_time_s=change, flags=named, stops={stop: {} for stop in STOPS}, dates=ONE_DAY
    )
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=600)
    runs = [
        [(*call, *named.get((trip, i), (True, True))) for i, call in enumerate(listed)]
        for trip, listed in calls.items()
    ]
    reach = {}
    for stop in timetable.stops:
        to, time = timetable.walks.of(timetable.stops.position(stop))
        reach[stop] = [(timetable.stops[int(t)], int(s)) for t, s in zip(to, time, strict=True)]
    access = {stop: time for stop, time in access.items() if stop in reach}
    egress = {stop: time for stop, time in egress.items() if stop in reach}
    _profile_is_right(timetable, runs, reach, access, egress)
    first, last = timetable.stops[0], timetable.stops[len(timetable.stops) - 1]
    _arrivals_are_right(timetable, runs, reach, access)
    from_station = dict(reach[first]) | {first: 0}
    to_station = {stop: dict(to)[last] for stop, to in reach.items() if last in dict(to)} | {last: 0}
    if first != last:
        _profile_is_right(timetable, runs, reach, from_station, to_station, (first, last))


def _profile_is_right(timetable, runs, reach, access, egress, stations=None):
    """Compare with the set of all journeys that brute force finds, less those that another beats."""
    start, end, limit, rides = 60, 240, timetable.max_travel_time_s, 5
    on_foot = min(
        (a + egress[s] for s, a in access.items() if s in egress and (a == 0 or egress[s] == 0)), default=math.inf
    )
    leaves = {
        departure - a for calls in runs for stop, _, departure, *_ in calls for s, a in access.items() if s == stop
    }
    found = [
        (leave, arrival, k)
        for leave in sorted(leave for leave in leaves if leave >= start)
        for k, arrival in enumerate(arrivals_by_rides(runs, reach, access, egress, leave, rides), start=1)
        if arrival - leave <= limit and arrival - leave < on_foot
    ]
    best = {
        (d, a, k)
        for d, a, k in found
        if d < end and not any(o != (d, a, k) and o[0] >= d and o[1] <= a and o[2] <= k for o in found)
    }
    here = stations[0] if stations else place(timetable, "here", **access)
    there = stations[1] if stations else place(timetable, "there", **egress)
    capped = profile(timetable, here, there, ("00:01", "00:04"), max_rides=rides)
    free = profile(timetable, here, there, ("00:01", "00:04"))
    assert set(zip(capped.depart_s, capped.arrive_s, capped.rides, strict=True)) == best
    assert _scanned(timetable, here, there, ("00:01", "00:04"), rides) == best
    assert {p for p in zip(free.depart_s, free.arrive_s, free.rides, strict=True) if p[2] <= rides} == best
    assert capped.walk_only_s == on_foot


def _scanned(timetable, here, there, window, cap):
    """What the connection scan finds, whether or not the timetable has rules for single trips."""
    here, there = pareto._one(here, timetable, arriving=False), pareto._one(there, timetable, arriving=True)
    limit = timetable.max_travel_time_s
    egress_s = np.full(len(timetable.stops), NEVER, np.int32)
    stops, seconds_from = pareto._quickest(there, timetable.rules.alighting_slack_s)
    egress_s[stops] = seconds_from
    goal = (egress_s, int(on_foot(here, there, limit)[0, 0]), limit)
    access = pareto._quickest(here, timetable.rules.boarding_slack_s)
    found = pareto._from_connections(timetable, access, goal, pareto._window(window), cap)
    return set(zip(*(values.tolist() for values in found), strict=True))


def _arrivals_are_right(timetable, runs, reach, access):
    leave = 90
    arrival = earliest_arrivals(timetable, place(timetable, "here", **access), leave, max_rides=4)
    quickest = pareto._quickest(place(timetable, "here", **access))
    span = (leave, leave + timetable.max_travel_time_s)
    for cap in (4, None):
        by_rounds = pareto._arrivals_from_rounds(timetable, quickest, span, cap)[-1]
        scanned = pareto._arrivals_from_connections(timetable, quickest, span, cap)[-1]
        riding = scanned < by_rounds.clip(max=leave + timetable.max_travel_time_s + 1)
        assert not riding.any()
        at_first = np.isin(np.arange(len(scanned)), quickest[0])
        found = by_rounds <= leave + timetable.max_travel_time_s
        assert (scanned == by_rounds)[found & ~at_first].all()
    for position, stop in enumerate(timetable.stops):
        egress = {s: dict(to)[stop] for s, to in reach.items() if stop in dict(to)} | {stop: 0}
        on_foot = min(
            (leave + a + egress[s] for s, a in access.items() if s in egress and (a == 0 or s == stop)),
            default=math.inf,
        )
        wanted = [min(on_foot, a) for a in arrivals_by_rides(runs, reach, access, egress, leave, 4)]
        wanted = [a if a <= leave + timetable.max_travel_time_s else math.inf for a in [on_foot, *wanted]]
        assert arrival[:, position].tolist() == wanted


def with_rule(kind, **fields):
    """A->B by bus 1, then bus 2 soon after and bus 3 later to C; one rule for the change from bus 1 to bus 2."""
    region = tiny_region(
        {
            "1": line(("A", "8:00"), ("B", "8:10")),
            "2": line(("B", "8:12"), ("C", "8:20")),
            "3": line(("B", "8:40"), ("C", "8:48")),
        },
        change_time_s=60,
    )
    rule = {"transfer_id": "r", "from_stop_id": "B", "to_stop_id": "B", "kind": kind} | fields
    rule |= {"from_trip_id": "1", "to_trip_id": "2"}
    return Timetable.from_region(region.with_tables({"transfers": pd.DataFrame([rule])}), rules=PLAIN)


@pytest.mark.parametrize(
    ("timetable", "arrival"),
    [
        (with_rule("forbidden"), "08:48"),
        (with_rule("minimum_time", min_transfer_time_s=600), "08:48"),
        (with_rule("minimum_time", min_transfer_time_s=90), "08:20"),
    ],
)
def test_rules_of_single_trips_are_kept(timetable, arrival):
    assert (len(timetable.exceptions[0]) > 0) == (arrival == "08:48")
    assert points(profile(timetable, "A", "C", ("07:00", "09:00"))) == [("08:00", arrival, 2)]
    assert points(profile(timetable, "A", "C", ("07:00", "09:00"), max_rides=2)) == [("08:00", arrival, 2)]
    assert len(profile(timetable, "A", "C", ("07:00", "09:00"), max_rides=1)) == 0
    found = earliest_arrivals(timetable, "A", "08:00")
    assert found[:, timetable.stops.position("C")].tolist() == [math.inf, math.inf, seconds(arrival)]
    assert earliest_arrivals(timetable, "A", "08:00", max_rides=1).shape == (2, 3)


def test_slack_to_the_second():
    """A minute in the station before the first ride, half a minute after the last; a walk alone has neither."""
    trips = {"bus": line(("A", "8:00"), ("B", "8:10")), "other": line(("C", "9:00"), ("A", "9:10"))}
    region = tiny_region(trips, walks=[("B", "A", 100), ("B", "C", 200)])
    rules = TransferRules(city_links=False, walk_distance_m=0, boarding_slack_s=60, alighting_slack_s=30)
    timetable = Timetable.from_region(region, rules=rules)
    assert points(profile(timetable, "A", "B", ("07:00", "08:00"))) == [("07:59", "08:10:30", 1)]
    assert points(profile(timetable, "A", "C", ("07:00", "08:00"))) == [("07:59", "08:13:50", 1)]
    a, b, c = (timetable.stops.position(stop) for stop in "ABC")
    found = earliest_arrivals(timetable, "A", "07:59")[-1, [a, b, c]]
    assert found.tolist() == [seconds("7:59"), seconds("8:10:30"), seconds("8:13:50")]
    assert np.isinf(earliest_arrivals(timetable, "A", seconds("7:59:01"), max_rides=1)[0, b])
    assert earliest_arrivals(timetable, "B", "08:00")[-1, a] == seconds("8:01:40")


def test_an_unusable_window_is_refused():
    with pytest.raises(
        InputError, match=r"departure window is 08:00 to 07:00; expected two clock times, .* 06:00-22:00"
    ):
        profile(two_trains(), "A", "C", ("08:00", "07:00"))


def test_an_unusable_time_is_refused():
    with pytest.raises(InputError, match=r"departure time is '25:00'; expected 00:00 to 23:59; ask for another date"):
        earliest_arrivals(two_trains(), "A", "25:00")


@pytest.mark.parametrize("max_rides", [0, -1, 17, 1.5, float("nan"), "2"])
def test_an_unusable_cap_is_refused(max_rides):
    with pytest.raises(InputError, match=r"max_rides is .*; expected a whole number from 1 to 16, or None for no cap"):
        profile(two_trains(), "A", "C", max_rides=max_rides)


def test_several_places_are_refused():
    timetable = two_trains()
    with pytest.raises(InputError, match=r"a profile begins and ends at one place; 3 were given. Ask for each"):
        profile(timetable, Places.stations(timetable), "C")


def test_an_unknown_stop_is_refused():
    with pytest.raises(InputError, match="Z"):
        profile(two_trains(), "A", "Z")
