"""What edits do to travel times: nothing where they should not, and never a longer time for more trains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.mobility import StreetNetwork, Timetable, TransferRules, travel_time_matrix
from megaregion.region.fingerprint import content_hash
from megaregion.region.model import Region
from megaregion.region.points import Points
from megaregion.region.scenario import Scenario

MEASURED = ("x:A", "x:B", "x:C")
DATE = "2019-10-08"


def paper():
    """Build two lines on paper: A-B-C every hour from 07:00 to 20:00, and A-D at noon that no measured pair uses."""
    dates = {"first_date": "2019-10-01", "last_date": "2019-10-31"}
    week = dict.fromkeys(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], True)
    trips, calls = [], []
    for hour in range(7, 20):
        trips.append({"trip_id": f"y:{hour}", "route_id": "y:R", "number": f"G{hour}"})
        for place, (stop, arrival, departure) in enumerate((("A", 0, 0), ("B", 600, 660), ("C", 1_860, 1_860))):
            calls.append((f"y:{hour}", place, f"x:{stop}", hour * 3_600 + arrival, hour * 3_600 + departure))
    trips.append({"trip_id": "y:bus", "route_id": "y:bus", "number": "B1"})
    calls += [("y:bus", 0, "x:A", 43_200, 43_200), ("y:bus", 1, "x:D", 44_000, 44_000)]
    stops = [{"stop_id": f"x:{name}", "name": name, "lon": 120.0 + i, "lat": 30.0} for i, name in enumerate("ABCD")]
    feed = {"feed_id": "y", "kind": "gtfs", "year": 2019, "time_zone": "Asia/Shanghai", "change_time_s": 120}
    return Region("paper").with_tables(
        {
            "feeds": pd.DataFrame([feed | dates]),
            "stops": pd.DataFrame(stops),
            "routes": pd.DataFrame({"route_id": ["y:R", "y:bus"], "feed_id": "y", "mode": [2, 3]}),
            "trips": pd.DataFrame(trips).assign(feed_id="y", service_id="y:all"),
            "stop_times": pd.DataFrame(
                calls, columns=["trip_id", "stop_sequence", "stop_id", "arrival_s", "departure_s"]
            ),
            "calendar": pd.DataFrame(
                [{"service_id": "y:all", "feed_id": "y", "start_date": "2019-10-01", "end_date": "2019-10-31"} | week]
            ),
        }
    )


def measure(region, places=MEASURED):
    timetable = Timetable.from_region(region, date=DATE, year=2019, rules=TransferRules(walk_distance_m=0))
    return travel_time_matrix(timetable, list(places), list(places), percentiles=(5, 50, 95), workers=1)


def assert_bit_equal(one, other):
    for name in ("travel_time_s", "fastest_s", "departures", "first_arrival_s", "last_arrival_s"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "change_speed", "route_ids": ["y:bus"], "factor": 3},
        {"kind": "remove_line", "route_ids": ["y:bus"], "drop_stations": True},
        {"kind": "close_stop", "stop_ids": ["x:D"]},
        {"kind": "change_frequency", "route_ids": ["y:bus"], "headway_s": 300, "start": "06:00", "end": "22:00"},
        {"kind": "change_dwell", "route_ids": ["y:bus"], "dwell_s": 1},
        {"kind": "retime", "trip_ids": ["y:bus"], "shift_s": -3_600},
        {"kind": "reroute", "route_ids": ["y:bus"], "from_stop_id": "x:A", "to_stop_id": "x:D", "hop_times_s": [9_000]},
        {"kind": "add_station", "station": {"name": "N", "lon": 121.5, "lat": 30.0}, "between": ["x:A", "x:D"]},
        {"kind": "add_station", "station": {"name": "N", "lon": 121.5, "lat": 30.0}},
        {
            "kind": "add_line",
            "name": "L",
            "feed_ids": ["y"],
            "mode": 3,
            "stops": ["x:D", {"name": "N", "lon": 124.0, "lat": 30.0}],
            "hop_times_s": [3_600],
            "departures": ["07:00"],
        },
    ],
    ids=lambda edit: edit["kind"],
)
def test_an_edit_to_a_line_no_measured_pair_uses_changes_no_bit(edit):
    region = paper()
    if edit["kind"] == "change_dwell":
        # a stop on the way of the bus, which no train serves
        calls = region.table("stop_times")
        more = pd.DataFrame([{"trip_id": "y:bus", "stop_sequence": 2, "stop_id": "x:E", "arrival_s": 45_000}])
        more = more.assign(departure_s=45_000)
        stops = pd.concat([region.table("stops"), pd.DataFrame([{"stop_id": "x:E", "name": "E"}])])
        region = region.with_tables({"stop_times": pd.concat([calls, more]), "stops": stops})
    result = Scenario.from_dict({"name": "s", "edits": [edit]}).apply(region)
    assert any(result.touched[1].values())
    assert_bit_equal(measure(result.region), measure(region))


def test_closing_a_stop_changes_no_bit_between_the_others():
    region = paper()
    closed = Scenario("s").close_stop(stop_ids=["x:B"]).apply(region).region
    assert_bit_equal(measure(closed, ("x:A", "x:C")), measure(region, ("x:A", "x:C")))


def test_a_faster_line_is_faster_by_its_run_time():
    region = paper()
    faster = Scenario("s").change_speed(route_ids=["y:R"], factor=2).apply(region).region
    # 600 and 1200 s of running are halved, 60 s of dwell stay
    np.testing.assert_array_equal(measure(region).fastest_s[0], [0, 600, 1_860])
    np.testing.assert_array_equal(measure(faster).fastest_s[0], [0, 300, 960])


def test_an_added_line_runs_both_ways_with_its_run_time():
    line = {"name": "L", "feed_ids": ["y"], "mode": 1, "dwell_s": 30, "hop_times_s": [200, 250]}
    span = {"headway_s": 600, "start": "06:00", "end": "22:00", "exact_times": True}
    station = {"name": "N", "lon": 121.5, "lat": 30.0}
    added = Scenario("s").add_line(stops=["x:C", station, "x:A"], **line, **span).apply(paper()).region
    times = measure(added, ("x:A", "new:N", "x:C"))
    np.testing.assert_array_equal(times.fastest_s, [[0, 250, 480], [250, 0, 200], [480, 200, 0]])
    # before, nothing ran towards A
    assert np.isinf(measure(paper(), ("x:A", "x:C")).fastest_s[1, 0])


@settings(max_examples=15, deadline=None)
@given(
    stops=st.lists(st.sampled_from(["x:A", "x:B", "x:C", "x:D"]), min_size=2, max_size=4, unique=True),
    hop_s=st.integers(60, 4_000),
    headway_s=st.integers(300, 7_200),
    exact=st.booleans(),
)
def test_more_trains_never_make_a_time_longer(stops, hop_s, headway_s, exact):
    region = paper()
    line = {"name": "L", "feed_ids": ["y"], "mode": 1, "dwell_s": 30, "hop_times_s": [hop_s] * (len(stops) - 1)}
    span = {"headway_s": headway_s, "start": "06:00", "end": "22:00", "exact_times": exact}
    added = Scenario("s").add_line(stops=stops, **line, **span).apply(region).region
    before, after = measure(region), measure(added)
    assert (after.travel_time_s <= before.travel_time_s).all()
    assert (after.fastest_s <= before.fastest_s).all()


@settings(max_examples=10, deadline=None)
@given(factor=st.integers(2, 4), leaves=st.lists(st.integers(300, 1_300), min_size=1, max_size=3, unique=True))
def test_more_departures_of_a_line_never_make_a_time_longer(factor, leaves):
    region = paper()
    rows = [[f"{each // 60:02d}:{each % 60:02d}", "", f"{each // 60 + 1:02d}:{each % 60:02d}"] for each in leaves]
    line = {"name": "L", "feed_ids": ["y"], "mode": 2, "stops": ["x:B", "x:D", "x:C"], "both_directions": False}
    more = Scenario("s").change_frequency(route_ids=["y:R"], factor=factor).add_line(**line, timetable=rows)
    before, after = measure(region), measure(more.apply(region).region)
    assert (after.travel_time_s <= before.travel_time_s).all()
    assert (after.fastest_s <= before.fastest_s).all()
    # every hour becomes every half hour or less, so that waits are shorter
    assert (after.travel_time_s < before.travel_time_s).any()


EDITS = [
    {"kind": "change_speed", "route_ids": ["y:R"], "factor": 1.5},
    {"kind": "change_dwell", "route_ids": ["y:R"], "dwell_s": 20},
    {"kind": "retime", "route_ids": ["y:R"], "shift_s": 90},
    {"kind": "change_frequency", "route_ids": ["y:R"], "factor": 2},
    {"kind": "remove_line", "trip_ids": ["y:12"]},
    {"kind": "add_station", "station": {"name": "N", "lon": 120.5, "lat": 30.0}, "between": ["x:A", "x:B"]},
    {"kind": "add_footpath", "from_stop_id": "x:A", "to_stop_id": "x:C", "time_s": 50_000},
]


@settings(max_examples=12, deadline=None)
@given(
    edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=4, unique_by=repr),
    extra=st.sampled_from(EDITS),
    place=st.integers(0, 4),
)
def test_an_edit_that_is_off_or_undone_was_never_there(edits, extra, place):
    region = paper()
    plain = Scenario.from_dict({"name": "s", "edits": edits})
    with_off = [*edits[:place], extra | {"on": False}, *edits[place:]]
    off = Scenario.from_dict({"name": "s", "edits": with_off})
    undone = Scenario.from_dict({"name": "s", "edits": [*edits, extra]}).undo()
    assert plain.id == off.id == undone.id
    results = [each.apply(region).region for each in (plain, off, undone)]
    assert len({content_hash(each) for each in results}) == 1
    assert_bit_equal(measure(results[0]), measure(results[1]))
    nothing = Scenario.from_dict({"name": "s", "edits": [each | {"on": False} for each in edits]}).apply(region)
    assert nothing.region is region


def test_an_empty_scenario_measures_what_the_baseline_measures():
    # built twice from the same tables, so that this is not one object compared with itself
    assert_bit_equal(measure(Scenario("s").apply(paper()).region), measure(paper()))


def test_a_footbridge_shortens_the_walk_by_what_it_is_shorter():
    # three sides of a rectangle of 0.01 by 0.0045 degrees; the bridge is the fourth
    nodes = pd.DataFrame(
        {"node_id": list("abcd"), "lon": [120, 120.01, 120.01, 120], "lat": [30, 30, 30.0045, 30.0045]}
    )
    lengths = [964.0, 500.0, 964.0]
    edges = pd.DataFrame({"edge_id": ["1", "2", "3"], "from_node_id": list("abc"), "to_node_id": list("bcd")})
    streets = {"street_nodes": nodes, "street_edges": edges.assign(length_m=lengths)}
    region = paper().with_tables(streets)
    bridge = Scenario("s").add_street(name="bridge", points=["a", "d"]).apply(region).region
    ends = Points(ids=("a", "d"), lon=np.array([120.0, 120.0]), lat=np.array([30.0, 30.0045]))
    seconds = []
    for each in (region, bridge):
        network = StreetNetwork.from_region(each)
        placed = network.place(ends)
        reach = network.reach(placed, placed, 7_200)
        row = slice(reach.offset[0], reach.offset[1])
        seconds.append(dict(zip(reach.destination[row].tolist(), reach.time_s[row].tolist(), strict=True))[1])
    # 2428 m round and 500.4 m across, at the same speed; whole seconds
    assert seconds[1] == pytest.approx(seconds[0] * 500.4 / 2_428, abs=1)
