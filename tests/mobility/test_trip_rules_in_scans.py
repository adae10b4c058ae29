"""Rules for single pairs of trips, through the scans and the journeys; the oracle tries all pairs of connections."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from megaregion.mobility.journey_search import journeys
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import plan_matrix, travel_time_matrix
from megaregion.mobility.walks import TransferRules
from support.tiny_region import tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
STOPS = "ABCDE"
CALLS = st.lists(st.tuples(st.sampled_from(STOPS), st.integers(1, 60), st.integers(0, 20)), min_size=2, max_size=4)
TRIPS = st.lists(st.tuples(st.integers(0, 200), CALLS), min_size=2, max_size=7)
WALKS = st.lists(st.tuples(st.sampled_from(STOPS), st.sampled_from(STOPS), st.integers(1, 60)), max_size=3)


def timetable_of(trips, walks=(), change=30):
    calls = {}
    for number, (start, hops) in enumerate(trips):
        at, listed = start, []
        for stop, run, dwell in hops:
            listed.append((stop, at + run, at + run + dwell))
            at += run + dwell
        calls[f"t{number}"] = listed
    region = tiny_region(
        calls,
        walks=walks,
        change_time_s=change,
        stops={stop: {} for stop in STOPS},
        dates=("2019-10-01", "2019-10-01"),
    )
    return Timetable.from_region(region, rules=PLAIN, max_travel_time_s=1200)


def may_change(t, rules, one, other):
    if (one, other) in rules:
        return rules[one, other]
    stops, seconds = t.walks.of(int(t.arrival_stop[one]))
    walk = seconds[stops == t.departure_stop[other]]
    return bool(len(walk)) and t.arrival_s[one] + walk[0] <= t.departure_s[other]


def steps_of(t, rules):
    """Connections that each connection can be followed by: on the same vehicle, and by a change."""
    n = range(t.n_connections)
    stay = [[b for b in n if t.trip[b] == t.trip[c] and t.hop[b] == t.hop[c] + 1] for c in n]
    change = [
        [b for b in n if t.flags[c] & CAN_ALIGHT and t.flags[b] & CAN_BOARD and may_change(t, rules, c, b)] for c in n
    ]
    return stay, change


def earliest(t, steps, origin, target, leave, max_rides):
    """Earliest arrival: walk through all states (connection, rides) that can be reached."""
    stay, change = steps
    access = dict(zip(*(each.tolist() for each in t.walks.of(origin)), strict=True)) | {origin: 0}
    egress = dict(zip(*(each.tolist() for each in t.walks.reversed().of(target)), strict=True)) | {target: 0}
    waiting = [
        (c, 1)
        for c in range(t.n_connections)
        if t.flags[c] & CAN_BOARD and leave + access.get(int(t.departure_stop[c]), math.inf) <= t.departure_s[c]
    ]
    seen = set(waiting)
    best = leave + access.get(target, math.inf)
    while waiting:
        c, rides = waiting.pop()
        if t.flags[c] & CAN_ALIGHT:
            best = min(best, int(t.arrival_s[c]) + egress.get(int(t.arrival_stop[c]), math.inf))
        after = [(b, rides) for b in stay[c]] + ([(b, rides + 1) for b in change[c]] if rides < max_rides else [])
        waiting += [state for state in after if state not in seen]
        seen.update(after)
    return best - leave if best - leave <= t.max_travel_time_s else math.inf


@settings(max_examples=100, deadline=None)
@given(
    trips=TRIPS,
    walks=WALKS,
    picks=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999), st.booleans()), max_size=8),
    leave=st.integers(0, 120),
    capped=st.booleans(),
)
def test_random_rules_agree_with_all_pairs_of_connections(trips, walks, picks, leave, capped):
    t = timetable_of(trips, walks)
    n = t.n_connections
    rules = {
        (one % n, other % n): allowed
        for one, other, allowed in picks
        if t.departure_s[other % n] >= t.arrival_s[one % n] and t.trip[one % n] != t.trip[other % n]
    }
    pairs = np.array(list(rules), np.int32).reshape(-1, 2)
    t.__dict__["exceptions"] = (pairs[:, 0], pairs[:, 1], np.array(list(rules.values()), bool))
    max_rides = 2 if capped else None
    options = {"window": (clock(leave), clock(leave + 1)), "percentiles": (50,), "max_rides": max_rides}
    result = travel_time_matrix(t, **options)
    steps = steps_of(t, rules)
    wanted = [
        [earliest(t, steps, o, d, leave, max_rides or t.n_connections) for d in range(len(t.stops))]
        for o in range(len(t.stops))
    ]
    np.fill_diagonal(found := np.array(wanted), 0)
    assert result.median_s.tolist() == found.tolist()
    plan = plan_matrix(t, **options)
    assert plan.block(range(plan.n_origins)).median_s.tolist() == found.tolist()
    for origin in range(len(t.stops) if len(t.stops) > 1 else 0):
        target = (origin + 1) % len(t.stops)
        ways = journeys(t, t.stops[origin], t.stops[target], depart=leave, max_rides=max_rides)
        assert (ways[-1].travel_time_s if ways else math.inf) == wanted[origin][target]
        for way in ways:
            assert_holds_together(way)


def assert_holds_together(way):
    """Legs follow each other in time and place."""
    for before, after in zip(way.legs[:-1], way.legs[1:], strict=True):
        assert before.to_stop == after.from_stop
        assert before.arrival_s <= after.departure_s


def clock(second):
    return f"00:{second // 60:02d}:{second % 60:02d}"


def connection(t, trip, hop=0):
    run = t.trip_table.index[t.trip_table["trip_id"] == trip][0]
    return int(np.flatnonzero(t.run == run)[hop])


@pytest.fixture
def hub():
    """t0 arrives at B at 1:40; t1 leaves it at 1:50, t2 at 2:00, t3 at 3:20; change time 30 s."""
    runs = [(0, [("A", 0, 0), ("B", 100, 0)])]
    runs += [(start, [("B", 0, 0), ("C", 60, 0)]) for start in (110, 120, 200)]
    return timetable_of(runs)


def arrival(t):
    return int(journeys(t, "A", "C", depart=0)[-1].arrival_s)


def test_a_connection_that_waits_is_caught_without_the_change_time(hub):
    assert arrival(hub) == 260
    pair = np.array([connection(hub, "t0")], np.int32), np.array([connection(hub, "t2")], np.int32)
    hub.__dict__["exceptions"] = (*pair, np.array([True]))
    way = journeys(hub, "A", "C", depart=0)[-1]
    assert way.arrival_s == 180
    change = next(leg for leg in way.legs if leg.kind == "change")
    assert (change.departure_s, change.arrival_s) == (100, 120)


def test_what_waits_lets_nobody_catch_the_next_one_too_early():
    """The connection that waits leaves before the change time is over; the one after it is still too early."""
    runs = [(0, [("A", 0, 0), ("B", 100, 0)]), (110, [("B", 0, 0), ("D", 300, 0)]), (115, [("B", 0, 0), ("C", 60, 0)])]
    t = timetable_of([*runs, (200, [("B", 0, 0), ("C", 60, 0)])])
    pair = np.array([connection(t, "t0")], np.int32), np.array([connection(t, "t1")], np.int32)
    t.__dict__["exceptions"] = (*pair, np.array([True]))
    assert arrival(t) == 260


def test_a_forbidden_change_leaves_the_others():
    runs = [(0, [("A", 0, 0), ("B", 100, 0)])]
    t = timetable_of([*runs, *((start, [("B", 0, 0), ("C", 60, 0)]) for start in (140, 150, 200))])
    assert arrival(t) == 200
    left, first, second = (connection(t, trip) for trip in ("t0", "t1", "t2"))
    t.__dict__["exceptions"] = (np.array([left], np.int32), np.array([first], np.int32), np.array([False]))
    assert arrival(t) == 210
    t.__dict__["exceptions"] = (
        np.array([left] * 2, np.int32),
        np.array([second, first], np.int32),
        np.array([False] * 2),
    )
    assert arrival(t) == 260
