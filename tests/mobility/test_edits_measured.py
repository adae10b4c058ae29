"""What edits do to travel times: nothing where they should not, and never a longer time for more trains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from megaregion.region.model import Region
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
    ],
)
def test_an_edit_to_a_line_no_measured_pair_uses_changes_no_bit(edit):
    region = paper()
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
