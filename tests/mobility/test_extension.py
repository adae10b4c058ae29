"""What counts as only adding to a timetable, and that it is what makes no travel time longer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from megaregion.mobility.extension import is_extension
from megaregion.region.scenario import Scenario
from support.paper_region import metro_line, paper
from support.tiny_region import tiny_region

DATE = "2019-10-08"


def timetable(region, **more):
    return Timetable.from_region(region, date=DATE, year=2019, **more)


@pytest.fixture(scope="module")
def base():
    return paper()


ADDS = [
    {"kind": "add_line", **metro_line()},
    {
        "kind": "add_line",
        **metro_line(
            name="L2", headway_s=None, start=None, end=None, departures=["07:00"], stops=["rail:A", "rail:D", "rail:C"]
        ),
    },
    {"kind": "add_line", **metro_line(name="L3", dates=[DATE], stops=["rail:C", "rail:B", "rail:D"])},
    {"kind": "add_footpath", "from_stop_id": "rail:A", "to_stop_id": "rail:D", "time_s": 400},
    {"kind": "add_station", "station": {"name": "N", "lon": 120.01, "lat": 30.3}},
    {"kind": "change_frequency", "route_ids": ["y:R"], "factor": 2},
    # every 300 s instead of every 600, to the second: all old departures are among the new ones
    {"kind": "change_frequency", "route_ids": ["y:M"], "factor": 2},
]

CHANGES = [
    {"kind": "change_speed", "route_ids": ["y:R"], "factor": 1.1},
    {"kind": "change_dwell", "stop_ids": ["rail:B"], "dwell_s": 0},
    {"kind": "remove_line", "trip_ids": ["y:G3"]},
    {"kind": "retime", "route_ids": ["y:bus"], "shift_s": 60},
    {"kind": "close_stop", "stop_ids": ["rail:B"]},
    {"kind": "change_frequency", "route_ids": ["y:M"], "factor": 1.5},
    {"kind": "add_station", "station": {"name": "M", "lon": 120.05, "lat": 30}, "between": ["rail:A", "rail:B"]},
]


def apply(region, *edits):
    return Scenario.from_dict({"name": "s", "edits": list(edits)}).apply(region).region


@pytest.mark.parametrize("edit", ADDS, ids=lambda edit: edit["kind"])
def test_what_is_added_extends(base, edit):
    before, after = timetable(base), timetable(apply(base, edit))
    assert is_extension(before, after)
    # and the other way round something is missing, but for a station at which nothing calls
    assert is_extension(after, before) == (edit["kind"] == "add_station")


@pytest.mark.parametrize("edit", CHANGES, ids=lambda edit: edit["kind"])
def test_what_is_changed_does_not_extend(base, edit):
    assert not is_extension(timetable(base), timetable(apply(base, edit)))


def test_a_timetable_extends_itself_and_no_other_day_or_rule(base):
    one = timetable(base)
    assert is_extension(one, timetable(base))
    assert not is_extension(one, Timetable.from_region(base, date="2019-10-09", year=2019))
    assert not is_extension(one, timetable(base, rules=TransferRules(change_time_s=1)))
    assert not is_extension(one, timetable(base, max_travel_time_s=3_600))


def test_a_line_that_lengthens_a_change_does_not_extend(base):
    # where timetables meet at a stop that states no change time, the longest holds
    slow = base.table("feeds").assign(feed_id="z", change_time_s=1_800)
    two = base.with_table("feeds", pd.concat([base.table("feeds"), slow], ignore_index=True))
    for feed, extends in (("y", True), ("z", False)):
        more = apply(two, {"kind": "add_line", **metro_line(feed_ids=[feed])})
        assert is_extension(timetable(two), timetable(more)) == extends


def test_a_shorter_walk_extends_and_a_longer_one_does_not(base):
    walk = {"kind": "add_footpath", "from_stop_id": "rail:A", "to_stop_id": "rail:D"}
    short, long = (timetable(apply(base, walk | {"time_s": seconds})) for seconds in (300, 400))
    assert is_extension(long, short)
    assert not is_extension(short, long)


def test_boarding_taken_away_is_seen(base):
    before = timetable(base)
    for bit, extends in ((1, False), (2, False), (0, True)):
        flags = before.flags.copy()
        flags[3] &= ~np.uint8(bit)
        assert is_extension(before, replace(before, flags=flags)) == extends
        assert is_extension(replace(before, flags=flags), before)


def test_a_seat_taken_away_is_seen():
    trips = {"t1": [("A", 0, 25_200), ("B", 25_800, 25_800)], "t2": [("B", 25_900, 25_900), ("C", 26_500, 26_500)]}
    region = tiny_region(trips, stops={name: {} for name in "ABC"})
    table = region.table("trips")
    seated = timetable(region.with_table("trips", table.assign(block_id="b")))
    parted = timetable(region)
    assert len(set(seated.trip.tolist())) < len(set(parted.trip.tolist()))
    assert is_extension(parted, seated)
    assert not is_extension(seated, parted)


def test_a_change_forbidden_for_one_trip_is_seen():
    trips = {"t1": [("A", 0, 25_200), ("B", 25_800, 25_800)], "t2": [("B", 25_900, 25_900), ("C", 26_500, 26_500)]}
    region = tiny_region(trips, stops={name: {} for name in "ABC"})
    rule = {"transfer_id": "r", "from_stop_id": "B", "to_stop_id": "B", "from_trip_id": "t1", "to_trip_id": "t2"}
    free = timetable(region)
    kinds = {
        kind: timetable(region.with_table("transfers", pd.DataFrame([rule | {"kind": kind}])))
        for kind in ("forbidden", "guaranteed")
    }
    assert not is_extension(free, kinds["forbidden"])
    assert is_extension(kinds["forbidden"], free)
    assert is_extension(
        kinds["forbidden"], timetable(region.with_table("transfers", pd.DataFrame([rule | {"kind": "forbidden"}])))
    )
    assert is_extension(free, kinds["guaranteed"])


NOT_ALONE = [edit for edit in [*ADDS, *CHANGES] if edit["kind"] != "close_stop"]
"""Edits that can stand together in one scenario, in any order."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.sampled_from(NOT_ALONE), min_size=1, max_size=3, unique_by=repr))
def test_an_extension_makes_no_travel_time_longer(base, edits):
    before, after = timetable(base), timetable(apply(base, *edits))
    places = ["rail:A", "rail:B", "rail:C", "rail:D"]
    one, other = (travel_time_matrix(each, places, places, workers=1) for each in (before, after))
    if is_extension(before, after):
        assert (other.fastest_s <= one.fastest_s).all()
        assert (other.travel_time_s <= one.travel_time_s).all()
    else:
        # what only adds is always found to
        assert any(edit not in ADDS for edit in edits)
