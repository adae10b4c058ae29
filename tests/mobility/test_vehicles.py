"""Vehicles: trips in between which one stays seated, by blocks and by rules."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from support.brute_force import arrivals_by_rides, hops_by_vehicle
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)


def calls(*rows):
    return [(stop, seconds(at), seconds(at)) for stop, at in rows]


def with_blocks(region, **blocks):
    trips = region.table("trips")
    return region.with_table("trips", trips.assign(block_id=trips["trip_id"].map(blocks)))


def with_rules(region, *rules):
    """Rules as (from trip, to trip, kind); stops as the trips have them."""
    times = region.table("stop_times")
    ends = times.groupby("trip_id")["stop_id"].agg(["first", "last"])
    rows = [
        {
            "transfer_id": f"r{number}",
            "from_stop_id": ends.loc[left, "last"],
            "to_stop_id": ends.loc[then, "first"],
            "kind": kind,
            "from_trip_id": left,
            "to_trip_id": then,
        }
        for number, (left, then, kind) in enumerate(rules)
    ]
    return region.with_table("transfers", pd.DataFrame(rows))


def built(region, **options):
    return Timetable.from_region(region, rules=PLAIN, date="2019-10-10", **options)


def arrives(timetable, start, end, leave="12:00", rides=None):
    found = travel_time_matrix(
        timetable, [start], [end], window=(leave, f"{leave[:3]}{int(leave[3:]) + 1:02d}"), max_rides=rides
    )
    return found.first_arrival_s[0, 0]


# the example of the GTFS reference, with no time at C to change, and a bus that leaves C later
EXAMPLE = {
    "a": calls(("A", "12:00"), ("B", "12:05"), ("C", "12:15")),
    "b": calls(("C", "12:15"), ("D", "12:22"), ("E", "12:30")),
    "bus": calls(("C", "12:40"), ("E", "12:55")),
}


def of_today(timetable, trip_id):
    table = timetable.trip_table
    return int(np.flatnonzero((table["trip_id"] == trip_id) & (table["day"] == 0))[0])


def test_one_stays_seated_between_two_trips_of_a_block():
    apart, linked = built(tiny_region(EXAMPLE)), built(with_blocks(tiny_region(EXAMPLE), a="1", b="1"))
    assert arrives(apart, "A", "E") == seconds("12:55")
    assert arrives(linked, "A", "E") == seconds("12:30")
    # it is one ride
    assert arrives(linked, "A", "E", rides=1) == seconds("12:30")
    of_a, of_b = (linked.run == of_today(linked, trip) for trip in "ab")
    assert set(linked.trip[of_a]) == set(linked.trip[of_b])
    assert linked.hop[of_a].tolist() == [0, 1]
    assert linked.hop[of_b].tolist() == [2, 3]
    assert len(linked.exceptions[0]) == 0


def test_a_rule_parts_two_trips_of_a_block():
    region = with_rules(with_blocks(tiny_region(EXAMPLE), a="1", b="1"), ("a", "b", "no_in_seat"))
    assert arrives(built(region), "A", "E") == seconds("12:55")


def test_a_rule_links_two_trips_without_a_block_and_without_a_common_stop():
    trips = EXAMPLE | {"b": calls(("F", "12:15"), ("D", "12:22"), ("E", "12:30"))}
    assert arrives(built(tiny_region(trips)), "A", "E") == seconds("12:55")
    timetable = built(with_rules(tiny_region(trips), ("a", "b", "in_seat")))
    assert arrives(timetable, "A", "E", rides=1) == seconds("12:30")
    # a block alone does not: the vehicle runs empty from C to F
    assert arrives(built(with_blocks(tiny_region(trips), a="1", b="1")), "A", "E") == seconds("12:55")


@pytest.mark.parametrize(("east", "linked"), [(0.0015, True), (0.0025, False)], ids=["145 m", "241 m"])
def test_the_ends_of_two_trips_of_a_block_may_lie_across_the_road(east, linked):
    trips = EXAMPLE | {"b": calls(("F", "12:15"), ("E", "12:30"))}
    stops = {"C": {"lon": 120.0, "lat": 30.0}, "F": {"lon": 120.0 + east, "lat": 30.0}}
    timetable = built(with_blocks(tiny_region(trips, stops=stops), a="1", b="1"))
    assert arrives(timetable, "A", "E") == seconds("12:30" if linked else "12:55")


def test_a_rule_given_twice_is_no_coach_that_parts():
    timetable = built(with_rules(tiny_region(EXAMPLE), ("a", "b", "in_seat"), ("a", "b", "in_seat")))
    assert arrives(timetable, "A", "E", rides=1) == seconds("12:30")
    assert len(timetable.branches) == 0


def test_a_rule_wins_over_a_block():
    """Block 1 says that a goes on as b, the rule that it goes on as c."""
    trips = EXAMPLE | {"c": calls(("C", "12:20"), ("G", "12:30"))}
    region = with_blocks(tiny_region(trips, change_time_s=600), a="1", b="1")
    timetable = built(with_rules(region, ("a", "c", "in_seat")))
    assert arrives(timetable, "A", "G") == seconds("12:30")
    assert arrives(timetable, "A", "E") == seconds("12:55")


def test_trips_of_a_block_on_other_days_are_not_linked():
    """Trip b runs at the weekend; 10 October 2019 is a Thursday."""
    region = with_blocks(tiny_region(EXAMPLE), a="1", b="1")
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), False) | {
        "service_id": "weekend",
        "feed_id": "t",
        "saturday": True,
        "sunday": True,
        "start_date": "2019-10-01",
        "end_date": "2019-10-31",
    }
    trips = region.table("trips")
    region = region.with_tables(
        {
            "calendar": pd.concat([region.table("calendar"), pd.DataFrame([week])], ignore_index=True),
            "trips": trips.assign(service_id=trips["service_id"].where(trips["trip_id"] != "b", "weekend")),
        }
    )
    assert arrives(built(region), "A", "E") == seconds("12:55")
    saturday = Timetable.from_region(region, rules=PLAIN, date="2019-10-12")
    assert arrives(saturday, "A", "E") == seconds("12:30")


def test_a_rule_goes_on_to_the_next_service_day():
    trips = {"late": calls(("A", "23:00"), ("C", "24:10")), "early": calls(("C", "0:10"), ("E", "0:30"))}
    region = with_rules(tiny_region(trips), ("late", "early", "in_seat"))
    assert arrives(built(tiny_region(trips)), "A", "E", "23:00") == seconds("48:30")
    assert arrives(built(region), "A", "E", "23:00", rides=1) == seconds("24:30")


@pytest.mark.parametrize("rides", [None, 2])
def test_a_train_that_parts_and_one_that_joins(rides):
    """Train a goes on as b and, with its other coaches, as c; d joins it in c. Whoever changes has to take an hour."""
    trips = EXAMPLE | {
        "c": calls(("C", "12:15"), ("G", "12:40")),
        "d": calls(("H", "12:00"), ("C", "12:14")),
    }
    rules = [("a", "b", "in_seat"), ("a", "c", "in_seat"), ("d", "c", "in_seat")]
    timetable = built(with_rules(tiny_region(trips, change_time_s=3600), *rules))
    assert arrives(timetable, "A", "E", rides=rides) == seconds("12:30")
    assert arrives(timetable, "A", "G", rides=rides) == seconds("12:40")
    assert arrives(timetable, "H", "G", rides=rides) == seconds("12:40")
    # no coach of d goes on to E: a change, and the next train is that of tomorrow
    assert arrives(timetable, "H", "E", rides=rides) == seconds("36:30")
    left, boarded, allowed = timetable.exceptions
    runs = timetable.trip_table["trip_id"]
    pairs = set(zip(runs.iloc[timetable.run[left]], runs.iloc[timetable.run[boarded]], strict=True))
    assert allowed.all()
    # one of the two that join c shares its vehicle, and a shares it with one of two
    assert pairs == {("a", "c")}


def test_overlapping_trips_of_a_block_are_reported():
    trips = EXAMPLE | {"b": calls(("C", "12:10"), ("E", "12:30"))}
    timetable = built(with_blocks(tiny_region(trips), a="1", b="1"))
    notice = next(n for n in timetable.notices if n.code == "block_trips_overlap")
    assert notice.message.startswith("1 trips of a block leave before the trip of the same block before them arrives")
    assert arrives(timetable, "A", "E") == seconds("12:55")


def test_a_rule_that_links_nothing_is_reported():
    region = with_rules(tiny_region(EXAMPLE, dates=("2019-10-10", "2019-10-10")), ("bus", "a", "in_seat"))
    timetable = built(region, max_travel_time_s=3600)
    notice = next(n for n in timetable.notices if n.code == "in_seat_rule_unused")
    assert notice.message.startswith("1 of 1 rules 'in_seat' of table transfers link no two trips")


def test_runs_at_a_headway_are_not_linked():
    trips = EXAMPLE | {"b": calls(("C", "0:00"), ("E", "0:15"))}
    region = tiny_region(trips, frequencies=[("b", seconds("12:15"), seconds("12:16"), 600, True)])
    timetable = built(with_blocks(region, a="1", b="1"))
    assert arrives(timetable, "A", "E") == seconds("12:55")


STOPS = st.lists(st.sampled_from("ABCD"), min_size=2, max_size=3)
TRIPS = st.lists(
    st.tuples(STOPS, st.integers(0, 20), st.integers(0, 3), st.sampled_from(["", "1", "2"])), min_size=1, max_size=6
)


@given(TRIPS, st.integers(1, 4))
def test_a_vehicle_is_one_long_trip(drawn, change):
    """Against brute force: the trips of a block, strung together where they meet, are trips of their own."""
    shape = {
        f"t{n}": [(stop, 60 * (start + k * hop), 60 * (start + k * hop)) for k, stop in enumerate(stops)]
        for n, (stops, start, hop, _) in enumerate(drawn)
    }
    blocks = {f"t{n}": block or None for n, (*_, block) in enumerate(drawn)}
    region = with_blocks(tiny_region(shape, change_time_s=60 * change, dates=("2019-10-10", "2019-10-10")), **blocks)
    timetable = Timetable.from_region(region, rules=PLAIN, date="2019-10-10", max_travel_time_s=3600)
    assert sorted(np.diff(timetable.departure_s).clip(max=0)) == [0] * (timetable.n_connections - 1)
    for hops in hops_by_vehicle(timetable):
        assert (np.diff(hops) > 0).all()
        assert (np.diff(timetable.hop[hops]) == 1).all()
        assert (timetable.departure_s[hops[1:]] >= timetable.arrival_s[hops[:-1]]).all()
    today = dict(shape)
    runs = []
    for block in ("1", "2"):
        members = sorted(
            (trip for trip in today if blocks[trip] == block), key=lambda t: (today[t][0][1], today[t][-1][1], t)
        )
        for trip in members:
            rows = [[*call, True, True] for call in today.pop(trip)]
            before = runs[-1] if runs and runs[-1][0] == block else None
            if before and before[1][-1][0] == rows[0][0] and before[1][-1][1] <= rows[0][2]:
                before[1].extend(rows)
            else:
                runs.append((block, rows))
    runs += [("", [[*call, True, True] for call in rows]) for rows in today.values()]
    walks = {stop: [(stop, 60 * change)] for stop in "ABCD"}
    names = list(timetable.stops)
    # the day before and the day after are not in the brute force
    result = travel_time_matrix(timetable, window=("00:00", "00:01"), percentiles=(50,))
    for i, start in enumerate(names):
        for j, end in enumerate(names):
            if i != j:
                found = arrivals_by_rides([rows for _, rows in runs], walks, {start: 0}, {end: 0}, 0, 8)[-1]
                assert result.first_arrival_s[i, j] == (found if found <= 3600 else math.inf), (start, end)
