"""Transfer rules of single trips and routes: pairs of connections that they allow or forbid, against enumeration."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0, walk_speed_m_s=1.3)
DAY = ("2019-10-10", "2019-10-10")
IDS = ("from_trip_id", "to_trip_id", "from_route_id", "to_route_id")


def calls(*rows):
    return [(stop, seconds(at), seconds(at)) for stop, at in rows]


TRIPS = {
    "x1": calls(("A", "8:00"), ("M", "8:20")),
    "y1": calls(("M", "8:20"), ("B", "8:40")),
    "y2": calls(("M", "8:24"), ("B", "8:44")),
    "y3": calls(("M", "8:40"), ("B", "9:00")),
}


def ruled(region, rules, routes=None):
    """Rules with their blanks filled, and trips on routes of their own."""
    rows = [
        {"transfer_id": f"r{n}"} | dict.fromkeys(IDS) | {"min_transfer_time_s": None} | r for n, r in enumerate(rules)
    ]
    trips = region.table("trips")
    of_trip = trips["trip_id"].map(lambda trip: (routes or {}).get(trip, "r"))
    names = sorted(set(of_trip))
    return region.with_tables(
        {
            "transfers": pd.DataFrame(rows).astype({"min_transfer_time_s": "Int64"})
            if rows
            else region.table("transfers"),
            "trips": trips.assign(route_id=of_trip),
            "routes": pd.DataFrame([{"route_id": r, "feed_id": "t", "mode": 2, "short_name": r} for r in names]),
        }
    )


def built(rules, trips=TRIPS, routes=None, transfer_rules=PLAIN, **options):
    region = ruled(tiny_region(trips, change_time_s=300, dates=DAY, **options), rules, routes)
    return Timetable.from_region(region, rules=transfer_rules, max_travel_time_s=6 * 3600)


def named(timetable):
    """Pairs of trips and what is said of them."""
    trips = timetable.trip_table["trip_id"].to_numpy()[timetable.run]
    day = timetable.trip_table["day"].to_numpy()[timetable.run]
    found = zip(*timetable.exceptions, strict=True)
    return {(trips[a], trips[b]): bool(ok) for a, b, ok in found if day[a] == day[b] == 0}


def rule(kind, seconds_=None, at=("M", "M"), **ids):
    return {"from_stop_id": at[0], "to_stop_id": at[1], "kind": kind, "min_transfer_time_s": seconds_} | ids


def arrives(timetable, start="A", end="B"):
    return travel_time_matrix(timetable, [start], [end], window=("08:00", "08:01")).first_arrival_s[0, 0]


def test_without_rules_there_are_no_exceptions():
    timetable = built([])
    assert [len(part) for part in timetable.exceptions] == [0, 0, 0]
    assert arrives(timetable) == seconds("9:00")  # five minutes to change: neither 8:20 nor 8:24


CASES = [
    ([rule("guaranteed", from_trip_id="x1", to_trip_id="y1")], {("x1", "y1"): True}, "8:40"),
    ([rule("minimum_time", 240, from_trip_id="x1")], {("x1", "y2"): True}, "8:44"),
    ([rule("minimum_time", 241, from_trip_id="x1")], {}, "9:00"),
    ([rule("minimum_time", 1300, from_trip_id="x1")], {("x1", "y3"): False}, None),
    ([rule("forbidden", from_trip_id="x1", to_trip_id="y3")], {("x1", "y3"): False}, None),
    ([rule("forbidden", from_trip_id="x1", to_trip_id="y2")], {}, "9:00"),
    ([rule("recommended", from_trip_id="x1")], {}, "9:00"),
    ([rule("guaranteed", from_route_id="rx")], {("x1", "y1"): True, ("x1", "y2"): True}, "8:40"),
    ([rule("guaranteed", to_route_id="ry2")], {("x1", "y2"): True}, "8:44"),
    ([rule("guaranteed", from_route_id="rx", to_route_id="ry3")], {}, "9:00"),
]


@pytest.mark.parametrize(("rules", "expected", "arrival"), CASES)
def test_one_rule(rules, expected, arrival):
    timetable = built(rules, routes={"x1": "rx", "y1": "ry1", "y2": "ry2", "y3": "ry3"})
    assert named(timetable) == expected
    if arrival:
        assert arrives(timetable) == seconds(arrival)
    else:
        assert arrives(timetable) > 86_400


RANKS = [
    rule("forbidden", from_trip_id="x1", to_trip_id="y2"),
    rule("guaranteed", from_trip_id="x1", to_route_id="ry"),
    rule("forbidden", from_trip_id="x1"),
    rule("guaranteed", from_route_id="rx", to_route_id="ry"),
    rule("forbidden", from_route_id="rx"),
]


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("turned", [False, True])
def test_the_most_specific_rule_holds(first, turned):
    """Each rank of the GTFS reference says the opposite of the next, in whatever order they are written."""
    rules = RANKS[first:][::-1] if turned else RANKS[first:]
    timetable = built(rules, routes={"x1": "rx", "y1": "ry", "y2": "ry", "y3": "ry"})
    expected = [
        {("x1", "y1"): True},
        {("x1", "y1"): True, ("x1", "y2"): True},
        {("x1", "y3"): False},
        {("x1", "y1"): True, ("x1", "y2"): True},
        {("x1", "y3"): False},
    ]
    assert named(timetable) == expected[first]


def test_a_trip_goes_before_the_route_that_it_is_written_with():
    """A rule with a trip and its route is one with a trip: two trips are more."""
    rules = [
        rule("forbidden", from_trip_id="x1", from_route_id="rx", to_route_id="ry"),
        rule("guaranteed", from_trip_id="x1", to_trip_id="y1"),
    ]
    timetable = built(rules, routes={"x1": "rx", "y1": "ry", "y2": "ry", "y3": "ry"})
    assert named(timetable) == {("x1", "y1"): True, ("x1", "y3"): False}


def test_a_rule_for_a_station_holds_for_its_platforms_unless_they_have_one():
    trips = {
        "x1": calls(("A", "8:00"), ("M1", "8:20")),
        "y1": calls(("M1", "8:20"), ("B", "8:40")),
        "y2": calls(("M2", "8:21"), ("B", "8:41")),
    }
    stops = {"M": {}, "M1": {"parent_stop_id": "M"}, "M2": {"parent_stop_id": "M"}}
    rules = [rule("guaranteed", from_route_id="r"), rule("forbidden", at=("M1", "M1"), from_route_id="r")]
    assert named(built(rules[:1], trips, stops=stops)) == {("x1", "y1"): True, ("x1", "y2"): True}
    assert named(built(rules, trips, stops=stops)) == {("x1", "y2"): True}


def test_a_change_is_recommended_although_it_is_forbidden_to_others():
    """Nobody changes from M to N, but from x1 to N: 289 m x 1.3 at 1.3 m/s is 289 s, and 300 s to change."""
    trips = {"x1": calls(("A", "8:00"), ("M", "8:20"))} | {
        f"y{minute}": calls(("N", f"8:{minute}"), ("B", "9:30")) for minute in (29, 30)
    }
    stops = {"M": {"lon": 120.0, "lat": 30.0}, "N": {"lon": 120.003, "lat": 30.0}}
    rules = [rule("forbidden", at=("M", "N")), rule("recommended", at=("M", "N"), from_trip_id="x1")]
    assert named(built(rules[:1], trips, stops=stops)) == {}
    assert named(built(rules, trips, stops=stops)) == {("x1", "y30"): True}


def test_slack_comes_on_top_of_a_written_time_but_no_vehicle_waits_for_it():
    slack = TransferRules(city_links=False, walk_distance_m=0, boarding_slack_s=60, change_time_factor=2)
    timed = [rule("minimum_time", 90, from_trip_id="x1")]
    assert named(built(timed, transfer_rules=slack)) == {("x1", "y2"): True}  # 2 x 90 + 60 = 240 s
    longer = [rule("minimum_time", 91, from_trip_id="x1")]
    assert named(built(longer, transfer_rules=slack)) == {}
    assert named(built([rule("guaranteed", from_trip_id="x1", to_trip_id="y1")], transfer_rules=slack)) == {
        ("x1", "y1"): True
    }


def test_no_change_without_time_leads_back():
    """Two trips that arrive and leave in the same second: each may be changed to from a trip before, not in a ring."""
    trips = {"p": calls(("M", "8:00"), ("M2", "8:00")), "q": calls(("M2", "8:00"), ("M", "8:00"))}
    rules = [rule("guaranteed", at=at, from_route_id="r") for at in (("M", "M"), ("M2", "M2"))]
    assert named(built(rules, trips)) == {}


def test_draws_have_exceptions_of_their_own():
    trips = {"x1": calls(("A", "8:00"), ("M", "8:20")), "y": calls(("M", "0:00"), ("B", "0:20"))}
    line = [("y", seconds("8:00"), seconds("9:00"), 600, False)]
    timetable = built([rule("guaranteed", from_trip_id="x1", to_trip_id="y")], trips, frequencies=line)
    for number in range(5):
        drawn = timetable.draw(number, seed=3)
        of_x = np.flatnonzero(drawn.trip_table["trip_id"].to_numpy()[drawn.run] == "x1")
        arrival = drawn.arrival_s[of_x[0]]
        lines = drawn.departure_s[drawn.departure_stop == drawn.stops.position("M")]
        waits = lines[(lines >= arrival) & (lines < arrival + 300)]
        assert sorted(drawn.departure_s[drawn.exceptions[1]]) == sorted(waits)


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "from_stop_id": st.sampled_from(["M", "M1", "M2"]),
            "to_stop_id": st.sampled_from(["M", "M1", "M2"]),
            "kind": st.sampled_from(["recommended", "guaranteed", "minimum_time", "forbidden"]),
            "min_transfer_time_s": st.sampled_from([None, 0, 60, 400]),
            "from_trip_id": st.sampled_from([None, "t0", "t1"]),
            "to_trip_id": st.sampled_from([None, "t1", "t2"]),
            "from_route_id": st.sampled_from([None, "even", "odd"]),
            "to_route_id": st.sampled_from([None, "even", "odd"]),
        }
    ),
    max_size=5,
)
SHAPES = st.lists(
    st.tuples(st.permutations(["M1", "M2", "Z"]), st.integers(0, 12), st.integers(0, 4)), min_size=2, max_size=4
)


@settings(max_examples=60)
@given(SHAPES, RULES)
def test_exceptions_are_what_enumeration_finds(shapes, rules):
    trips = {
        f"t{n}": [(stop, 3600 + 60 * (start + k * hop), 3600 + 60 * (start + k * hop)) for k, stop in enumerate(stops)]
        for n, (stops, start, hop) in enumerate(shapes)
    }
    routes = {trip: "odd" if n % 2 else "even" for n, trip in enumerate(trips)}
    stops = {"M": {}, "M1": {"parent_stop_id": "M"}, "M2": {"parent_stop_id": "M"}}
    special = [r for r in rules if any(r[name] for name in IDS)]
    timetable = built(special, trips, routes, stops=stops)
    t = timetable
    trip_of = t.trip_table["trip_id"].to_numpy()[t.run]
    expected = {}
    for a, b in itertools.product(range(t.n_connections), repeat=2):
        if not (t.flags[a] & CAN_ALIGHT and t.flags[b] & CAN_BOARD):
            continue
        here, there = (t.stops[int(stop)] for stop in (t.arrival_stop[a], t.departure_stop[b]))
        plain = dict(zip(*(part.tolist() for part in t.walks.of(t.stops.position(here))), strict=True))
        walk = plain.get(t.stops.position(there))
        time = int(t.departure_s[b]) - int(t.arrival_s[a])
        usual = walk is not None and time >= walk
        best = None
        for row, r in enumerate(special):
            at = [r["from_stop_id"], r["to_stop_id"]]
            if not (at[0] in (here, "M" if here != "Z" else "") and at[1] in (there, "M" if there != "Z" else "")):
                continue
            of_trip = [r["from_trip_id"], r["to_trip_id"]]
            of_route = [
                None if trip else route
                for trip, route in zip(of_trip, [r["from_route_id"], r["to_route_id"]], strict=True)
            ]
            fits = all(
                (trip is None or trip == trip_of[c]) and (route is None or route == routes[trip_of[c]])
                for trip, route, c in zip(of_trip, of_route, (a, b), strict=True)
            )
            if not fits:
                continue
            n_trips, n_routes = (sum(each is not None for each in part) for part in (of_trip, of_route))
            ranks = [(2, 0), (1, 1), (1, 0), (0, 2), (0, 1)]
            specificity = -ranks.index((n_trips, n_routes))
            own = (at[0] != "M") + (at[1] != "M")
            key = (specificity, own, r["kind"] == "forbidden", row)
            best = max(best, (key, r), key=lambda each: each[0]) if best else (key, r)
        if best is None:
            continue
        r = best[1]
        if r["kind"] == "forbidden":
            said = False
        else:
            least = 0 if r["kind"] == "guaranteed" else walk
            if r["kind"] == "minimum_time" and r["min_transfer_time_s"] is not None:
                least = max(r["min_transfer_time_s"], 1)
            ahead = t.departure_s[b] > t.departure_s[a] and t.arrival_s[b] > t.arrival_s[a]
            said = time >= least and bool(ahead)
        if said != usual:
            expected[a, b] = said
    found = {(int(a), int(b)): bool(ok) for a, b, ok in zip(*t.exceptions, strict=True)}
    assert found == expected
