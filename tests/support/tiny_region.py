"""Regions that fit on a sheet of paper."""

from __future__ import annotations

import pandas as pd

from megaregion.region.model import Region


def seconds(text):
    """Clock time 'H:MM' or 'H:MM:SS' in seconds."""
    parts = [int(part) for part in text.split(":")]
    return sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def tiny_region(
    trips,
    *,
    stops=None,
    change_time_s=60,
    walks=(),
    frequencies=(),
    kind="rail_timetable",
    dates=("2019-10-01", "2019-10-31"),
    flags=None,
):
    """
    Region with one timetable, "t" of 2019.

    `trips` maps a trip id to calls (stop, arrival_s, departure_s); `stops` maps a stop to its fields; `walks` lists
    (from, to, seconds); `frequencies` lists (trip, start_s, end_s, headway_s, exact); `flags` maps (trip, sequence) to
    (pickup, drop_off).
    """
    names = sorted({stop for calls in trips.values() for stop, _, _ in calls} | set(stops or {}))
    flags = flags or {}
    stop_rows = [{"stop_id": name, "name": name} | (stops or {}).get(name, {}) for name in names]
    time_rows = [
        {
            "trip_id": trip,
            "stop_sequence": sequence,
            "stop_id": stop,
            "arrival_s": arrival,
            "departure_s": departure,
            "pickup": flags.get((trip, sequence), (True, True))[0],
            "drop_off": flags.get((trip, sequence), (True, True))[1],
        }
        for trip, calls in trips.items()
        for sequence, (stop, arrival, departure) in enumerate(calls)
    ]
    feed = {
        "feed_id": "t",
        "kind": kind,
        "year": 2019,
        "time_zone": "Asia/Shanghai",
        "first_date": dates[0],
        "last_date": dates[1],
        "change_time_s": change_time_s,
    }
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), True)
    tables = {
        "feeds": pd.DataFrame([feed]),
        "stops": pd.DataFrame(stop_rows),
        "routes": pd.DataFrame([{"route_id": "r", "feed_id": "t", "mode": 2, "class": "G", "short_name": "R"}]),
        "trips": pd.DataFrame(
            [
                {"trip_id": trip, "feed_id": "t", "route_id": "r", "service_id": "daily", "number": trip}
                for trip in trips
            ]
        ),
        "stop_times": pd.DataFrame(time_rows),
        "calendar": pd.DataFrame(
            [{"service_id": "daily", "feed_id": "t", "start_date": dates[0], "end_date": dates[1]} | week]
        ),
    }
    if walks:
        tables["transfers"] = pd.DataFrame(
            [
                {
                    "transfer_id": f"w{number}",
                    "from_stop_id": a,
                    "to_stop_id": b,
                    "kind": "minimum_time",
                    "min_transfer_time_s": time,
                }
                for number, (a, b, time) in enumerate(walks)
            ]
        )
    if frequencies:
        tables["frequencies"] = pd.DataFrame(
            frequencies, columns=["trip_id", "start_s", "end_s", "headway_s", "exact_times"]
        )
    return Region("tiny").with_tables(tables)
