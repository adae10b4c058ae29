"""A region on paper with scheduled trains, a repeated metro and a bus, for edits worked by hand."""

from __future__ import annotations

import pandas as pd

from megaregion.region.model import Region


def calls_of(trip, *rows):
    """Rows of stop_times from (stop, arrival, departure, metres)."""
    return [
        {"trip_id": trip, "stop_sequence": 10 * (place + 1), "stop_id": f"rail:{stop}"}
        | {"arrival_s": arrival, "departure_s": departure, "distance_m": metres}
        for place, (stop, arrival, departure, metres) in enumerate(rows)
    ]


def trip_row(trip, route, number, service="y:all"):
    return {"trip_id": trip, "feed_id": "y", "route_id": route, "service_id": service, "number": number}


def paper():
    """
    Build a region on paper.

    Three scheduled trains A-B-C of class G, a repeated metro C-B-A, and a bus A-D that nothing else meets.
    Scheduled G1 leaves at 08:00, runs 600 s, stands 60 s, runs 1200 s; G2 at 09:00 is 100 s slower on its first run;
    G3 at 12:00 is 300 s slower there.
    """
    stops = [
        {"stop_id": f"rail:{name}", "name": name, "lon": 120.0 + place / 10, "lat": 30.0, "city_id": name}
        for place, name in enumerate("ABCD")
    ]
    trains = []
    for number, leaves, more in (("G1", 28_800, 0), ("G2", 32_400, 100), ("G3", 43_200, 300)):
        trains += calls_of(
            f"y:{number}",
            ("A", leaves, leaves, 0.0),
            ("B", leaves + 600 + more, leaves + 660 + more, 40_000.0),
            ("C", leaves + 1_860 + more, leaves + 1_860 + more, 110_000.0),
        )
    metro = calls_of("y:M", ("C", 0, 0, 0.0), ("B", 300, 330, 5_000.0), ("A", 630, 630, 9_000.0))
    bus = calls_of("y:bus", ("A", 25_000, 25_000, 0.0), ("D", 26_000, 26_000, 8_000.0))
    week = dict.fromkeys(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], True)
    dates = {"first_date": "2019-10-01", "last_date": "2019-10-31"}
    tables = {
        "feeds": [
            {"feed_id": "y", "kind": "rail_timetable", "year": 2019, "time_zone": "Asia/Shanghai", "change_time_s": 900}
            | dates
        ],
        "stops": stops,
        "routes": [
            {"route_id": "y:R", "feed_id": "y", "mode": 2, "class": "G"},
            {"route_id": "y:M", "feed_id": "y", "mode": 1, "class": "metro"},
            {"route_id": "y:bus", "feed_id": "y", "mode": 3},
        ],
        "trips": [
            *(trip_row(f"y:{number}", "y:R", number) for number in ("G1", "G2", "G3")),
            trip_row("y:M", "y:M", "M1"),
            trip_row("y:bus", "y:bus", "B1", "y:bus"),
        ],
        "stop_times": trains + metro + bus,
        "frequencies": [{"trip_id": "y:M", "start_s": 21_600, "end_s": 36_000, "headway_s": 600, "exact_times": True}],
        "calendar": [
            {"service_id": each, "feed_id": "y", "start_date": "2019-10-01", "end_date": "2019-10-31"} | week
            for each in ("y:all", "y:bus")
        ],
    }
    region = Region("paper").with_tables({name: pd.DataFrame(rows) for name, rows in tables.items()})
    assert len(region.check()) == 0
    return region


def with_streets(region):
    """Add a street of 963 m eastwards from A."""
    nodes = pd.DataFrame({"node_id": ["n:1", "n:2"], "lon": [120.0, 120.01], "lat": [30.0, 30.0]})
    edge = {"edge_id": "e:1", "from_node_id": "n:1", "to_node_id": "n:2", "length_m": 963.0}
    return region.with_tables({"street_nodes": nodes, "street_edges": pd.DataFrame([edge])})


def times(region, trip):
    """(stop, arrival, departure) along a trip."""
    calls = region.table("stop_times")
    calls = calls[calls["trip_id"] == trip].sort_values("stop_sequence")
    return [
        (stop.removeprefix("rail:"), arrival, departure)
        for stop, arrival, departure in zip(calls["stop_id"], calls["arrival_s"], calls["departure_s"], strict=True)
    ]


def intervals(region, trip):
    rows = region.table("frequencies")
    rows = rows[rows["trip_id"] == trip]
    return list(zip(rows["start_s"], rows["end_s"], rows["headway_s"], strict=True))


def metro_line(**more):
    values = {
        "name": "L1",
        "feed_ids": ["y"],
        "mode": 1,
        "stops": ["rail:A", {"name": "新站", "lon": 120.05, "lat": 30.0, "city_id": "A"}, "rail:C"],
        "hop_times_s": [300, 400],
        "dwell_s": 30,
        "headway_s": 600,
        "start": "06:00",
        "end": "22:00",
    }
    return {key: value for key, value in (values | more).items() if value is not None}
