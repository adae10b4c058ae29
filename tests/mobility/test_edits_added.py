"""Edits of departures, stations and streets, and all that a new line may say, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError, LimitError, ScenarioError
from megaregion.region.scenario import Scenario
from support.paper_region import intervals, metro_line, paper, times, with_streets
from support.tiny_region import tiny_region


@pytest.fixture
def region():
    return paper()


def one(kind, **values):
    return Scenario.from_dict({"name": "s", "edits": [{"kind": kind} | values]})


# selection


def test_single_trips_and_directions_are_selected(region):
    changed = one("remove_line", trip_ids=["y:G2"]).apply(region).region
    assert changed.table("trips")["number"].tolist() == ["G1", "G3", "M1", "B1"]
    trips = region.table("trips")
    ways = region.with_table("trips", trips.assign(direction=[0, 1, 0, None, None]))
    assert one("remove_line", directions=[1]).apply(ways).touched == {1: {"routes": 0, "trips": 1}}
    with pytest.raises(ScenarioError, match=r"needs 'y:G9', which field 'trip_id' of table trips .* Did you mean 'y:G"):
        one("retime", trip_ids=["y:G9"], shift_s=60).apply(region)
    with pytest.raises(InputError, match="field 'directions' has 2; expected 0 or 1"):
        one("retime", directions=[2], shift_s=60)


def test_what_refers_to_a_removed_trip_goes_with_it(region):
    rule = {"from_stop_id": "rail:C", "to_stop_id": "rail:C", "kind": "guaranteed"}
    rules = pd.DataFrame([rule | {"transfer_id": "t1", "from_trip_id": "y:G1"}, rule | {"transfer_id": "t2"}])
    ruled = region.with_table("transfers", rules)
    for edit in (
        {"kind": "remove_line", "trip_ids": ["y:G1"]},
        {"kind": "close_stop", "stop_ids": ["rail:A", "rail:B"]},
        {"kind": "change_frequency", "route_ids": ["y:R"], "headway_s": 900, "start": "07:00", "end": "20:00"},
    ):
        changed = Scenario.from_dict({"name": "s", "edits": [edit]}).apply(ruled).region
        assert changed.check().of("error") == []
        assert changed.table("transfers")["transfer_id"].tolist() == ["t2"]


def test_a_footpath_leaves_rules_of_single_trips_alone(region):
    rule = {"transfer_id": "t", "from_stop_id": "rail:A", "to_stop_id": "rail:B", "kind": "forbidden"}
    ruled = region.with_table("transfers", pd.DataFrame([rule | {"to_trip_id": "y:G1"}]))
    path = {"from_stop_id": "rail:A", "to_stop_id": "rail:B", "time_s": 5_000}
    changed = one("add_footpath", **path).apply(ruled).region
    assert changed.table("transfers")["transfer_id"].tolist() == [
        "t",
        "footpath:rail:A>rail:B",
        "footpath:rail:B>rail:A",
    ]


# retime


def test_retime_moves_whole_trips_and_intervals(region):
    result = one("retime", feed_ids=["y"], shift_s=-600).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_200, 28_200), ("B", 28_800, 28_860), ("C", 30_060, 30_060)]
    assert times(result.region, "y:M") == times(region, "y:M")
    assert intervals(result.region, "y:M") == [(21_000, 35_400, 600)]
    assert result.touched == {1: {"trips": 5}}


def test_retime_to_a_first_departure_moves_all_alike(region):
    result = one("retime", route_ids=["y:R"], first_departure="07:30").apply(region)
    leaves = [times(result.region, trip)[0][2] for trip in ("y:G1", "y:G2", "y:G3")]
    assert leaves == [27_000, 30_600, 41_400]
    metro = one("retime", route_ids=["y:M"], first_departure="05:30").apply(region).region
    assert intervals(metro, "y:M") == [(19_800, 34_200, 600)]


def test_retime_to_clock_times_gives_one_to_each_trip_in_order(region):
    result = one("retime", route_ids=["y:R"], departures=["11:00", "08:00", "08:30"]).apply(region)
    assert [times(result.region, trip)[0][2] for trip in ("y:G1", "y:G2", "y:G3")] == [28_800, 30_600, 39_600]
    assert result.touched == {1: {"trips": 2}}
    # run times stay
    assert times(result.region, "y:G3")[-1][1] - 39_600 == times(region, "y:G3")[-1][1] - 43_200


def test_retime_between_two_stops_waits_at_their_ends(region):
    # leaves B 30 s later: the stop there takes 90 s, C is the end
    result = one("retime", between=["rail:C", "rail:B"], trip_numbers=["G1"], shift_s=30).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_800, 28_800), ("B", 29_400, 29_490), ("C", 30_690, 30_690)]
    # A to B 40 s later: 20 s of the 60 at B are left; the metro comes from the other side and leaves C later
    result = one("retime", between=["rail:A", "rail:B"], trip_numbers=["G1"], shift_s=40).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_840, 28_840), ("B", 29_440, 29_460), ("C", 30_660, 30_660)]
    result = one("retime", between=["rail:C", "rail:B"], trip_numbers=["M1"], shift_s=20).apply(region)
    assert intervals(result.region, "y:M") == [(21_620, 36_020, 600)]
    assert times(result.region, "y:M") == [("C", 0, 0), ("B", 300, 310), ("A", 610, 610)]
    # a departure asked for on the way
    result = one("retime", between=["rail:B", "rail:C"], trip_numbers=["G1"], first_departure="08:12").apply(region)
    assert times(result.region, "y:G1")[1] == ("B", 29_400, 29_520)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            {"between": ["rail:A", "rail:B"], "trip_numbers": ["G1"], "shift_s": 61},
            r"edit 1 'retime': trip 'y:G1' would leave 'rail:B' at 08:11, before it arrives at 08:11:01.*move by less",
        ),
        ({"trip_numbers": ["G1"], "shift_s": -28_801}, r"would arrive at 'rail:A' before midnight"),
        ({"trip_numbers": ["M1"], "shift_s": -21_601}, r"an interval of a repeated trip would begin before midnight"),
        ({"route_ids": ["y:R"], "departures": ["08:00"]}, r"'departures' has 1 times for 3 trips; expected one each"),
        ({"route_ids": ["y:M"], "departures": ["08:00"]}, r"1 of the selected trips are repeated.*give shift_s"),
    ],
)
def test_retime_says_what_cannot_be(region, edit, message):
    with pytest.raises(ScenarioError, match=message):
        one("retime", **edit).apply(region)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"route_ids": ["r"]}, "expected one of the three"),
        ({"route_ids": ["r"], "shift_s": 1, "departures": ["08:00"]}, "expected one of the three"),
        ({"route_ids": ["r"], "first_departure": "8h"}, "field 'first_departure' is '8h'; expected a clock time"),
        ({"shift_s": 1}, "no trips are selected"),
        ({"shift_s": 1, "between": ["a", "a"]}, "expected two different stops"),
        ({"route_ids": ["r"], "shift_s": 1.5}, "'shift_s' is 1.5; expected a whole number"),
    ],
)
def test_retime_says_what_is_wrong(edit, message):
    with pytest.raises(InputError, match=message):
        one("retime", **edit)


def test_a_shift_of_nothing_is_said(region):
    result = one("retime", feed_ids=["y"], shift_s=0).apply(region)
    assert result.region is region
    assert [notice.message for notice in result.notices] == ["edit 1 'retime' affected 0 trips."]


@settings(max_examples=25, deadline=None)
@given(shift=st.integers(-20_000, 20_000), order=st.permutations(range(14)))
def test_retime_there_and_back_is_nothing(shift, order):
    base = paper()
    base = base.with_table("stop_times", base.table("stop_times").iloc[list(order)])
    there_and_back = Scenario("s").retime(feed_ids=["y"], shift_s=shift).retime(feed_ids=["y"], shift_s=-shift)
    changed = there_and_back.apply(base).region
    for name in ("stop_times", "frequencies"):
        pd.testing.assert_frame_equal(changed.table(name), base.table(name))


# add_station


def infill(**more):
    station = {"name": "E", "lon": 120.025, "lat": 30.0, "city_id": "A"}
    return {"station": station, "between": ["rail:A", "rail:B"], "dwell_s": 40} | more


def test_a_station_on_the_way_splits_the_run_by_distance(region):
    result = one("add_station", **infill()).apply(region)
    # a quarter of the way from A to B: 600 s are 150 and 450, 700 s are 175 and 525; the metro runs 300 s from B to A
    assert times(result.region, "y:G1") == [
        ("A", 28_800, 28_800),
        ("new:E", 28_950, 28_990),
        ("B", 29_440, 29_500),
        ("C", 30_700, 30_700),
    ]
    assert times(result.region, "y:G2")[1] == ("new:E", 32_575, 32_615)
    assert times(result.region, "y:M") == [("C", 0, 0), ("B", 300, 330), ("new:E", 555, 595), ("A", 670, 670)]
    assert times(result.region, "y:bus") == times(region, "y:bus")
    calls = result.region.table("stop_times").query("trip_id == 'y:G1'")
    assert calls["stop_sequence"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(calls["distance_m"], [0, 10_000, 40_000, 110_000], rtol=1e-6)
    assert result.touched == {1: {"trips": 4, "stations": 1}}
    assert result.region.check().of("error") == []
    (notice,) = result.notices
    assert (notice.code, notice.message) == ("figures_not_confirmed", "station 'new:E' is illustrative.")


def test_a_station_with_run_times_of_its_own_on_some_trips(region):
    result = one("add_station", **infill(run_times_s=[200, 500], trip_numbers=["G1", "M1"])).apply(region)
    assert times(result.region, "y:G1")[1:3] == [("new:E", 29_000, 29_040), ("B", 29_540, 29_600)]
    # back it is 500 s and 200 s
    assert times(result.region, "y:M")[2:] == [("new:E", 830, 870), ("A", 1_070, 1_070)]
    assert times(result.region, "y:G2") == times(region, "y:G2")


def test_trips_may_call_at_a_stop_that_is_there(region):
    result = one("add_station", **infill(station="rail:D", status="confirmed")).apply(region)
    assert result.touched == {1: {"trips": 4, "stations": 0}}
    # D lies beyond B: 300 km to it and 200 km back to B share the 600 s
    assert times(result.region, "y:G1")[1] == ("D", 29_160, 29_200)
    assert len(result.notices) == 0


def test_a_station_alone_serves_later_edits(region):
    station = {"name": "E", "lon": 120.5, "lat": 30.0}
    scenario = (
        Scenario("s")
        .add_station(station=station, status="unverified")
        .add_line(**metro_line(stops=["rail:A", "new:E"], hop_times_s=[1_800]))
    )
    result = scenario.apply(region)
    assert result.touched[1] == {"stations": 1}
    assert times(result.region, "y:L1:0") == [("A", 0, 0), ("new:E", 1_800, 1_800)]
    with pytest.raises(
        ScenarioError, match=r"edit 2 'add_station': adds 'new:E' .* which edit 1 'add_station' adds too"
    ):
        Scenario("s").add_station(station=station).add_station(station=station).apply(region)


def test_a_station_between_stops_that_do_not_follow_each_other_touches_nothing(region):
    result = one("add_station", **infill(between=["rail:A", "rail:C"])).apply(region)
    assert result.region is region
    assert result.notices.counts["edit_touched_nothing"] == 1


def test_a_station_calls_at_platforms_of_the_stations_named(region):
    stops = region.table("stops")
    platform = stops.assign(parent_stop_id=stops["parent_stop_id"].mask(stops["stop_id"] == "rail:B", "rail:D"))
    changed = one("add_station", **infill(between=["rail:A", "rail:D"])).apply(region.with_table("stops", platform))
    assert times(changed.region, "y:G1")[1][0] == "new:E"


def test_a_station_without_positions_asks_for_run_times(region):
    blank = region.with_table("stops", region.table("stops").assign(lon=np.nan))
    with pytest.raises(
        ScenarioError, match=r"edit 1 'add_station': 'new:E', 'rail:A' or the stop after it has no posi"
    ):
        one("add_station", **infill()).apply(blank)
    assert one("add_station", **infill(run_times_s=[200, 400])).apply(blank).touched[1]["trips"] == 4


def test_a_station_says_that_minutes_are_not_seconds(region):
    result = one("add_station", **infill(run_times_s=[3, 7])).apply(region)
    assert result.notices.counts["implausible_speed"] == 2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"between": None}, "field 'between' is missing; it says between which two stops"),
        ({"between": ["rail:A", "rail:A"]}, "expected three different stops"),
        ({"station": "rail:A"}, "expected three different stops"),
        ({"run_times_s": [0, 5]}, "'run_times_s' is 0; expected a number above 0"),
        ({"run_times_s": [5]}, "expected a list of 2: a whole number, a whole number"),
        ({"dwell_s": -1}, "'dwell_s' is -1; expected a number of seconds, 0 or more"),
    ],
)
def test_add_station_says_what_is_wrong(more, message):
    values = {key: value for key, value in infill(**more).items() if value is not None}
    with pytest.raises(InputError, match=message):
        one("add_station", **values)


# add_street


def edges_of(region):
    table = region.table("street_edges")
    return {row.edge_id: (row.from_node_id, row.to_node_id, round(row.length_m)) for row in table.itertuples()}


def test_a_street_joins_nodes_near_its_ends_and_those_named_on_the_way(region):
    base = with_streets(region)
    # the first point is 9.6 m from n:1, the second 500 m north of it; the last is 500 m south of n:2 and stays loose
    points = [{"lon": 120.0001, "lat": 30.0}, {"lon": 120.0, "lat": 30.0045}, "n:2", {"lon": 120.01, "lat": 29.9955}]
    result = one("add_street", name="bridge", points=points).apply(base)
    # 0.0045 degrees of latitude are 500.4 m: that much north, then 962.9 m east and as much south, 500.4 + 1085.2
    assert edges_of(result.region) == {
        "e:1": ("n:1", "n:2", 963),
        "new:bridge:1": ("n:1", "n:2", 1_586),
        "new:bridge:2": ("n:2", "new:bridge:1", 500),
    }
    added = result.region.table("street_edges").iloc[1:]
    assert added["walk_forward"].tolist() == added["walk_backward"].tolist() == [True, True]
    assert added["drive_forward"].tolist() == [False, False]
    assert result.touched == {1: {"street_edges": 2, "street_nodes": 1}}
    assert result.region.check().of("error") == []
    assert [notice.code for notice in result.notices] == ["figures_not_confirmed"]


def test_a_street_that_ends_at_another_cuts_it(region):
    points = [{"lon": 120.0025, "lat": 30.0001}, {"lon": 120.0025, "lat": 30.0045}]
    result = one("add_street", name="lane", points=points, status="confirmed").apply(with_streets(region))
    found = edges_of(result.region)
    # a quarter of the way along the street of 963 m
    assert found["e:1/1"] == ("n:1", "new:lane:1", 241)
    assert found["e:1/2"] == ("new:lane:1", "n:2", 722)
    assert found["new:lane:1"][:2] == ("new:lane:1", "new:lane:2")
    assert "e:1" not in found
    assert result.touched == {1: {"street_edges": 1, "street_nodes": 2}}
    assert result.region.check().of("error") == []


def test_a_street_for_cars_one_way(region):
    base = with_streets(region)
    points = ["n:1", {"lon": 120.0, "lat": 30.01}]
    street = {"name": "ramp", "points": points, "walk": False, "drive": True, "one_way": True, "drive_speed_kmh": 36}
    with pytest.raises(ScenarioError, match=r"'new:ramp': no end .* of a street that is open to the same modes"):
        one("add_street", **street).apply(base)
    edges = base.table("street_edges").assign(drive_forward=True, drive_speed_m_s=10.0)
    base = base.with_table("street_edges", edges)
    edge = one("add_street", **street).apply(base).region.table("street_edges").iloc[1]
    assert (edge["drive_forward"], edge["drive_backward"], edge["walk_forward"]) == (True, False, False)
    assert edge["drive_speed_m_s"] == pytest.approx(10)
    # a hundredth of a degree of latitude on the sphere of mean radius
    assert edge["length_m"] == pytest.approx(6_371_008.8 * np.radians(0.01))


def test_a_street_that_joins_nothing_is_refused(region):
    street = {"name": "island", "points": [{"lon": 121, "lat": 30}, {"lon": 121.01, "lat": 30}]}
    with pytest.raises(ScenarioError, match=r"edit 1 'add_street': street 'new:island': no end .* within 20 m"):
        one("add_street", **street).apply(with_streets(region))
    with pytest.raises(ScenarioError, match=r"region 'paper' has no street network.*megaregion import osm"):
        one("add_street", **street).apply(region)
    # both points join one node: there is nothing to add
    point = {"name": "dot", "points": ["n:1", {"lon": 120.00001, "lat": 30}]}
    assert one("add_street", **point).apply(with_streets(region)).notices.counts["edit_touched_nothing"] == 1


def test_a_street_may_join_one_that_an_earlier_edit_adds(region):
    base = with_streets(region)
    scenario = (
        Scenario("s")
        .add_street(name="a", points=["n:1", {"lon": 120.0, "lat": 30.01}], status="confirmed")
        .add_street(name="b", points=["new:a:1", {"lon": 120.0, "lat": 30.02}], status="confirmed")
    )
    result = scenario.apply(base)
    assert [ends[:2] for ends in edges_of(result.region).values()] == [
        ("n:1", "n:2"),
        ("n:1", "new:a:1"),
        ("new:a:1", "new:b:1"),
    ]
    assert len(result.notices) == 0
    with pytest.raises(ScenarioError, match=r"edit 1 'add_street': needs 'n:9', which field 'node_id'"):
        one("add_street", name="c", points=["n:9", "n:1"]).apply(base)
    twice = Scenario("s").add_street(name="a", points=["n:1", "n:2"]).add_street(name="a", points=["n:2", "n:1"])
    with pytest.raises(ScenarioError, match=r"edit 2 'add_street': adds 'new:a:1' .* which edit 1 'add_street' adds"):
        twice.apply(base)


@pytest.mark.parametrize(
    ("street", "message"),
    [
        ({"points": ["a"]}, "'points' has 1; expected two or more"),
        ({"points": ["a", "a"]}, "one point twice in a row"),
        ({"points": ["a", {"lon": 31, "lat": 121}]}, "'lat' is 121.0; expected degrees"),
        ({"points": ["a", {"lon": 31}]}, "'lat' is missing"),
        ({"join_m": -1}, "'join_m' is -1.0; expected a number of metres, 0 or more"),
        ({"walk": False}, "open to nobody"),
        ({"drive": True}, "drive = true and drive_speed_kmh go together"),
        ({"name": ""}, "'name' is blank"),
    ],
)
def test_add_street_says_what_is_wrong(street, message):
    with pytest.raises(InputError, match=message):
        one("add_street", **{"name": "s", "points": ["a", "b"]} | street)


# add_line to the letter


def test_a_line_with_peaks_other_times_back_and_dwell_for_each_stop(region):
    stops = ["rail:A", "rail:B", "rail:D", "rail:C"]
    spans = [
        {"headway_s": 300, "start": "07:00", "end": "09:00"},
        {"headway_s": 900, "start": "09:00", "end": "17:00"},
    ]
    line = metro_line(
        stops=stops,
        dwell_s=[20, 40],
        hop_times_s=[300, 400, 500],
        hop_times_back_s=[550, 450, 350],
        headways=spans,
        **dict.fromkeys(["headway_s", "start", "end"]),
    )
    changed = one("add_line", **line).apply(region).region
    assert times(changed, "y:L1:0") == [("A", 0, 0), ("B", 300, 320), ("D", 720, 760), ("C", 1_260, 1_260)]
    assert times(changed, "y:L1:1") == [("C", 0, 0), ("D", 550, 590), ("B", 1_040, 1_060), ("A", 1_410, 1_410)]
    assert intervals(changed, "y:L1:0") == [(25_200, 32_400, 300), (32_400, 61_200, 900)]
    assert changed.check().of("error") == []


def test_a_line_to_a_timetable_of_each_call(region):
    line = {
        "name": "T",
        "feed_ids": ["y"],
        "mode": 2,
        "stops": ["rail:A", "rail:B", "rail:C"],
        "timetable": [["07:00", "07:10-07:12", "07:30"], ["08:00", "", "08:20"], ["", "08:00", "08:15"]],
        "timetable_back": [["23:50", "24:00", "24:10"]],
        "hop_distances_m": [9_000, 8_000],
    }
    result = one("add_line", **line).apply(region)
    changed = result.region
    trips = changed.table("trips").query("route_id == 'y:T'")
    assert trips["trip_id"].tolist() == ["y:T:0:25200", "y:T:0:28800", "y:T:0:28800:2", "y:T:1:85800"]
    assert trips["headsign"].tolist() == ["C", "C", "C", "A"]
    assert times(changed, "y:T:0:25200") == [("A", 25_200, 25_200), ("B", 25_800, 25_920), ("C", 27_000, 27_000)]
    assert times(changed, "y:T:0:28800") == [("A", 28_800, 28_800), ("C", 30_000, 30_000)]
    assert times(changed, "y:T:1:85800")[-1] == ("A", 87_000, 87_000)
    metres = changed.table("stop_times").query("trip_id == 'y:T:0:28800:2'")["distance_m"]
    assert metres.tolist() == [0.0, 8_000.0]
    assert changed.check().of("error") == []
    assert result.touched == {1: {"routes": 1, "trips": 4, "stations": 0}}
    # what was added can be removed without a trace
    gone = Scenario("s").add_line(**line).remove_line(route_ids=["y:T"]).apply(region).region
    for name in ("trips", "stop_times", "calendar"):
        pd.testing.assert_frame_equal(gone.table(name), region.table(name))


def test_a_timetable_says_that_minutes_are_not_seconds(region):
    line = {"name": "T", "feed_ids": ["y"], "mode": 2, "stops": ["rail:A", "rail:B"], "both_directions": False}
    result = one("add_line", **line, timetable=[["07:00", "07:00:25"], ["08:00", "08:10"]]).apply(region)
    assert result.notices.counts["implausible_speed"] == 1


@pytest.mark.parametrize(
    ("days", "calendar", "dates"),
    [
        ({"weekdays": ["saturday", "sunday"]}, ("2019-10-01", "2019-10-31", False, True), []),
        ({"first_date": "2019-10-05"}, ("2019-10-05", "2019-10-31", True, True), []),
        ({"dates": ["2019-10-12", "2019-10-13"]}, None, ["2019-10-12", "2019-10-13"]),
    ],
)
def test_a_line_runs_on_its_days(region, days, calendar, dates):
    changed = one("add_line", **metro_line(**days)).apply(region).region
    rows = changed.table("calendar").query("service_id == 'y:L1'")
    found = rows[["start_date", "end_date", "monday", "sunday"]].to_numpy().tolist()
    assert found == ([list(calendar)] if calendar else [])
    assert changed.table("calendar_dates")["date"].tolist() == dates
    assert changed.check().of("error") == []


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ({"dates": ["2019-11-01"]}, r"runs on 2019-11-01; timetable y goes from 2019-10-01 to 2019-10-31.*choose days"),
        ({"last_date": "2020-01-01"}, r"runs on 2020-01-01; timetable y goes from"),
        (
            {"weekdays": ["sunday"], "first_date": "2019-10-07", "last_date": "2019-10-12"},
            r"line 'L1' runs on no day from 2019-10-07 to 2019-10-12",
        ),
    ],
)
def test_days_that_the_timetable_does_not_cover_are_refused(region, days, message):
    with pytest.raises(ScenarioError, match=message):
        one("add_line", **metro_line(**days)).apply(region)


TIMETABLE = {"dwell_s": None, "hop_times_s": None, "headway_s": None, "start": None, "end": None}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"dwell_s": None}, "'dwell_s' is missing; expected seconds"),
        ({"dwell_s": [1, 2]}, "'dwell_s' has 2 numbers; expected 1, one for each stop on the way"),
        ({"hop_times_back_s": [1]}, "'hop_times_back_s' has 1 numbers; expected 2"),
        ({"hop_times_back_s": [1, 2], "both_directions": False}, "hop_times_back_s goes with hop_times_s and both"),
        ({"departures": ["07:00"]}, "Found 2 of them"),
        (
            {
                "headway_s": None,
                "headways": [
                    {"headway_s": 300, "start": "07:00", "end": "09:01"},
                    {"headway_s": 900, "start": "09:00", "end": "17:00"},
                ],
            },
            "'headways' has 07:00-09:01 and 09:00-17:00, which overlap",
        ),
        ({"dates": ["2019-10-01"], "weekdays": ["monday"]}, "give either dates, or weekdays"),
        ({"dates": ["20191001"]}, "date '20191001' is not written as YYYY-MM-DD"),
        ({"dates": ["soon"]}, "expected a date as YYYY-MM-DD"),
        ({"first_date": "2019-10-09", "last_date": "2019-10-01"}, "exchange them"),
        ({"weekdays": ["someday"]}, "expected a list, each item one of monday"),
        ({"timetable": [["07:00", "07:05", "07:10"]], "headway_s": None}, "'dwell_s' does not go with a timetable"),
        (TIMETABLE | {"timetable": [["07:00", "", "07:10"]]}, "give timetable_back, or both_directions = false"),
        (
            TIMETABLE | {"both_directions": False, "timetable": [["07:00", "07:10"]]},
            "row 1 of field 'timetable' has 2 times; expected 3, one a stop",
        ),
        (
            TIMETABLE | {"both_directions": False, "timetable": [["07:00", "06:50", ""]]},
            "'06:50' is not after the time before it; times after midnight pass 24:00",
        ),
        (
            TIMETABLE | {"both_directions": False, "timetable": [["07:00", "", ""]]},
            "calls at fewer than two stops",
        ),
        (
            TIMETABLE | {"both_directions": False, "timetable": [["07:00", "", "07:10"]] * 2},
            "two trips that leave one stop at one time",
        ),
        (
            TIMETABLE | {"both_directions": False, "timetable": [["07:00", "7h", "07:10"]]},
            "a time is '7h'; expected a clock time",
        ),
    ],
)
def test_add_line_says_what_else_is_wrong(more, message):
    with pytest.raises(InputError, match=message):
        one("add_line", **metro_line(**more))


def test_a_line_says_whom_it_takes(region):
    station = {"name": "N", "lon": 120.05, "lat": 30.0, "wheelchair": False}
    line = metro_line(stops=["rail:A", station, "rail:C"], wheelchair=True, bicycle=False)
    changed = one("add_line", **line).apply(region).region
    assert changed.table("trips").query("route_id == 'y:L1'")[["wheelchair", "bicycle"]].to_numpy().tolist() == [
        [True, False],
        [True, False],
    ]
    assert changed.table("stops")["wheelchair"].tolist() == [pd.NA, pd.NA, pd.NA, pd.NA, False]


# implausible


def test_a_factor_written_as_a_percentage_is_said(region):
    result = one("change_speed", route_ids=["y:R"], factor=125).apply(region)
    (notice,) = result.notices
    assert notice.code == "implausible_speed"
    # 9.6 km in 5 s; each of three trips has two such runs
    assert notice.message.startswith("6 runs become faster than 500 km/h; the fastest, of trip 'y:G1'")
    assert notice.fix == "write 1.25 for a quarter faster, not 125"


def test_a_footpath_faster_than_a_runner_and_a_way_slower_than_walking_are_said(region):
    path = {"from_stop_id": "rail:A", "to_stop_id": "rail:B"}
    result = one("add_footpath", **path, time_s=10).apply(region)
    assert "the footpath takes 10 s from 'rail:A' to 'rail:B', 9.6 km" in next(iter(result.notices)).message
    assert len(one("add_footpath", **path, time_s=7_200).apply(region).notices) == 0
    result = one("reroute", **path, route_ids=["y:R"], hop_times_s=[36_000]).apply(region)
    assert result.notices.counts["implausible_speed"] == 1


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"factor": 1e9}, "factor is 1e+09, which makes 1,000,000,000 departures of one line in a day"),
        (
            {"headway_s": 1, "exact_times": True, "start": "06:00", "end": "22:00"},
            "headway_s is 1, which makes 57,600 departures of one line in a day",
        ),
    ],
)
def test_more_departures_than_a_line_can_have_are_refused_before_they_are_made(fields, found):
    trips = {
        f"t{hour}": [("A", hour * 3600, hour * 3600), ("B", hour * 3600 + 900, hour * 3600 + 900)] for hour in (8, 9)
    }
    with pytest.raises(LimitError) as caught:
        Scenario("s").change_frequency(route_ids=["r"], **fields).apply(tiny_region(trips))
    assert found in str(caught.value)
    assert "expected up to 20,000. Choose a smaller factor or a longer headway." in str(caught.value)


@pytest.mark.parametrize(("lon", "lat", "told"), [(120.5, 31.0, 0), (100.0, 31.0, 1), (31.0, 60.0, 1)])
def test_a_new_station_in_another_country_is_doubted(lon, lat, told):
    trips = {"t": [("A", 8 * 3600, 8 * 3600), ("B", 9 * 3600, 9 * 3600)]}
    region = tiny_region(trips, stops={"A": {"lon": 121.0, "lat": 31.0}, "B": {"lon": 121.3, "lat": 31.0}})
    station = {"name": "new", "lon": lon, "lat": lat}
    line = one(
        "add_line", name="L", feed_ids=["t"], mode=1, stops=["A", station], hop_times_s=[86_000], headway_s=600,
        start="06:00", end="07:00",
    )  # fmt: skip
    assert line.apply(region).notices.counts["station_far_away"] == told
