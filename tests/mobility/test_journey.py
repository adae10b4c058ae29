"""Journeys: what they say, and that they never disagree with the matrix."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility.journey_search import journeys
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import travel_time_matrix
from megaregion.mobility.walks import TransferRules
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)


def call(stop, arrival, departure=None):
    return stop, seconds(arrival), seconds(departure or arrival)


def network():
    """A slow direct train, a faster way with a change at M, and the fastest with a walk from M to N."""
    return tiny_region(
        {
            "slow": [call("A", "8:10"), call("M", "9:00", "9:05"), call("Z", "12:00")],
            "fast1": [call("A", "8:20"), call("L", "8:40", "8:42"), call("M", "9:10")],
            "fast2": [call("M", "9:30"), call("Z", "11:00")],
            "express": [call("N", "9:40"), call("Z", "10:15"), call("Y", "11:00")],
            "late": [call("A", "8:25"), call("M", "9:14")],
        },
        change_time_s=900,
        walks=[("M", "N", 1200)],
    )


def test_journeys_to_choose_between():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    found = journeys(timetable, "A", "Z", depart="08:00")
    assert [(j.rides, j.arrival_s) for j in found] == [(1, seconds("12:00")), (2, seconds("10:15"))]
    quick = found[-1]
    assert [leg.kind for leg in quick.legs] == ["ride", "walk", "wait", "ride"]
    # both 8:20 and 8:25 catch the express: the later one is taken
    assert (quick.legs[0].number, quick.departure_s) == ("late", seconds("8:25"))
    assert quick.legs[1].arrival_s - quick.legs[1].departure_s == 1200
    assert quick.travel_time_s == seconds("10:15") - seconds("8:00")
    assert quick.to_dict()["legs"][3]["from"] == "N"
    assert quick.table["departure"].tolist() == ["08:25", "09:14", "09:34", "09:40"]
    minutes = {kind: spent // 60 for kind, spent in quick.time_s.items()}
    assert minutes == {"before": 25, "ride": 49 + 35, "walk": 20, "wait": 6}


def test_a_ride_lists_where_it_calls():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    direct = journeys(timetable, "A", "Z", depart="08:00", max_rides=1)
    assert [leg.calls for j in direct for leg in j.legs] == [(("M", seconds("9:00"), seconds("9:05")),)]


def test_arrive_by_leaves_as_late_as_possible():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    found = journeys(timetable, "A", "Z", arrive_by="11:30")
    assert [(j.rides, j.departure_s, j.arrival_s) for j in found] == [(2, seconds("8:25"), seconds("10:15"))]
    slow = journeys(timetable, "A", "Z", arrive_by="12:00")[0]
    assert (slow.departure_s, slow.arrival_s) == (
        seconds("8:10"),
        seconds("12:00"),
    )
    assert journeys(timetable, "A", "Z", arrive_by="08:30") == []


def test_arrive_by_lists_the_walk_only_where_no_ride_leaves_later():
    """Rides leave at 8:00 and, with a change, at 9:30; walking takes an hour: one may leave at 9:00 on foot."""
    region = tiny_region(
        {
            "slow": [call("A", "8:00"), call("Z", "9:50")],
            "one": [call("A", "9:30"), call("M", "9:35")],
            "two": [call("M", "9:45"), call("Z", "9:55")],
        },
        change_time_s=300,
        walks=[("A", "Z", 3600)],
    )
    timetable = Timetable.from_region(region, rules=PLAIN)
    found = journeys(timetable, "A", "Z", arrive_by="10:00")
    assert [(j.rides, j.departure_s) for j in found] == [(0, seconds("9:00")), (2, seconds("9:30"))]


def test_times_outside_the_service_day_are_refused():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    with pytest.raises(InputError, match="expected 00:00 to 23:59; ask for another date"):
        journeys(timetable, "A", "Z", depart="24:30")
    with pytest.raises(InputError, match="at most 48 h after the service day"):
        journeys(timetable, "A", "Z", arrive_by="73:00")


def test_nothing_is_found_where_nothing_runs():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    assert journeys(timetable, "Z", "A", depart="08:00") == []


def test_one_time_is_asked_for():
    timetable = Timetable.from_region(network(), rules=PLAIN)
    for times in ({}, {"depart": "08:00", "arrive_by": "09:00"}):
        with pytest.raises(InputError, match="give one of `depart` and `arrive_by`"):
            journeys(timetable, "A", "Z", **times)
    with pytest.raises(InputError, match="departure time is '8h'"):
        journeys(timetable, "A", "Z", depart="8h")


STOPS = "ABCDEF"
CALLS = st.lists(st.tuples(st.sampled_from(STOPS), st.integers(1, 60), st.integers(0, 20)), min_size=2, max_size=4)
TRIPS = st.lists(st.tuples(st.integers(0, 400), CALLS), min_size=1, max_size=9)
WALKS = st.lists(st.tuples(st.sampled_from(STOPS), st.sampled_from(STOPS), st.integers(1, 60)), max_size=4)


@settings(max_examples=100, deadline=None)
@given(trips=TRIPS, walks=WALKS, ready=st.integers(0, 300))
def test_the_fastest_journey_is_the_matrix_and_can_be_travelled(trips, walks, ready):
    calls = {}
    for number, (start, hops) in enumerate(trips):
        at, listed = start, []
        for stop, run, dwell in hops:
            listed.append((stop, at + run, at + run + dwell))
            at += run + dwell
        calls[f"t{number}"] = listed
    region = tiny_region(
        calls, walks=walks, change_time_s=10, stops={s: {} for s in STOPS}, dates=("2019-10-01", "2019-10-01")
    )
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=1500)
    minute = ready // 60
    window = (f"00:{minute:02d}", f"00:{minute + 1:02d}")
    result = travel_time_matrix(timetable, window=window)
    for i, origin in enumerate(result.origin_ids):
        for j, target in enumerate(result.destination_ids):
            if i == j:
                continue
            found = journeys(timetable, origin, target, depart=minute * 60)
            earliest = min((journey.arrival_s for journey in found), default=float("inf"))
            assert earliest == result.first_arrival_s[i, j]
            for journey in found:
                legs = journey.legs
                assert journey.departure_s == legs[0].departure_s >= minute * 60
                assert journey.arrival_s == legs[-1].arrival_s
                for before, after in pairwise(legs):
                    assert before.to_stop == after.from_stop
                    assert before.arrival_s == after.departure_s
                assert sum(journey.time_s.values()) == journey.travel_time_s
                for leg in legs:
                    if leg.kind == "ride":
                        listed = calls[leg.trip_id]
                        assert (leg.from_stop, leg.departure_s) in [(stop, on) for stop, _, on in listed]
                        assert (leg.to_stop, leg.arrival_s) in [(stop, at) for stop, at, _ in listed]
            rides = [journey.rides for journey in found]
            arrivals = [journey.arrival_s for journey in found]
            assert rides == sorted(set(rides))
            assert arrivals == sorted(set(arrivals), reverse=True)
            if found:
                deadline = int(earliest) + 60
                latest = journeys(timetable, origin, target, arrive_by=deadline)
                assert all(journey.arrival_s <= deadline for journey in latest)
                leave = max(journey.departure_s for journey in latest)
                # leaving then is early enough, and a second later is not
                for second, early_enough in ((leave, True), (leave + 1, False)):
                    again = journeys(timetable, origin, target, depart=second)
                    assert (min((j.arrival_s for j in again), default=float("inf")) <= deadline) == early_enough


def test_half_a_headway_is_waited_at_the_stop():
    """Every 20 min, 10 min on the way: one has to be there 9:30 before a vehicle that leaves every minute."""
    region = tiny_region(
        {"line": [("A", 0, 0), ("M", 300, 330), ("B", 600, 600)]},
        frequencies=[("line", 6 * 3600, 22 * 3600, 1200, False)],
    )
    timetable = Timetable.from_region(region, rules=PLAIN, frequencies="half_headway")
    found = journeys(timetable, "A", "B", depart="08:00")[0]
    assert [leg.kind for leg in found.legs] == ["wait", "ride"]
    ride = found.legs[-1]
    assert ride.arrival_s - ride.departure_s == 600
    assert found.time_s["wait"] + found.time_s["before"] == pytest.approx(600, abs=30)
    assert [on - at for _, at, on in ride.calls] == [30]
