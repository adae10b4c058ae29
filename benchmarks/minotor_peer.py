"""
The npm package minotor (a RAPTOR router in TypeScript) on the same connections, walks and change times as ours.

minotor drops stop times without a clock time, knows one change time for all, walks in chains, looks for the first trip
of a route as if none overtook another, and boards at the last of several calls at a stop. So it is given our timetable
instead of the feed: all times filled in, our patterns as its routes, trips that call twice at a stop left out on both
sides, walks closed so that no chain is shorter than the walk itself. A change time is added to each arrival, for it has
none at one stop; what is compared is when one is ready to board at the destination.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from megaregion import clock
from megaregion.mobility import Places, Timetable, earliest_arrivals
from megaregion.mobility.walks import Walks

PEERS = Path(__file__).resolve().parent / "peers"
CHANGE_S = 120


def compare_with_minotor(
    timetable: Timetable, *, hours: tuple[int, int], n_queries: int = 300, walk_s: int = 150, seed: int = 5
) -> None:
    """
    Ask both for earliest arrivals between random pairs of stops and print times, ratio and disagreements.

    Parameters
    ----------
    timetable
        Any timetable; walks of up to `walk_s` between its stops are kept, and closed.
    hours
        Departures are drawn from the first to the second hour of the day.
    n_queries, walk_s, seed
        How many pairs, the longest walk before closing in s, and what draws the pairs.
    """
    if shutil.which("node") is None or not (PEERS / "node_modules" / "minotor").is_dir():
        print("minotor: skipped; it needs Node and `npm ci` in benchmarks/peers")
        return
    aligned, left_out = _aligned(timetable, walk_s)
    rng = np.random.default_rng(seed)
    served = np.unique(aligned.departure_stop)
    pairs = [rng.choice(served, 2, replace=False) for _ in range(n_queries)]
    leaves = rng.integers(hours[0] * 3_600, hours[1] * 3_600, n_queries)
    queries = [
        {"from": aligned.stops[int(a)], "to": aligned.stops[int(b)], "departure_s": int(leave)}
        for (a, b), leave in zip(pairs, leaves, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        feed, asked = Path(folder, "feed.zip"), Path(folder, "queries.json")
        _write_feed(aligned, feed)
        asked.write_text(json.dumps(queries))
        command = ["node", "--max-old-space-size=8192", str(PEERS / "minotor.mjs"), str(feed), aligned.date, str(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PEERS)
    theirs = json.loads(done.stdout)
    ours, spent = _ours(aligned, queries)
    arrival = np.array([np.inf if a is None else a for a in theirs["arrival_s"]], float)
    arrival[arrival > leaves + aligned.max_travel_time_s] = np.inf
    differing = np.flatnonzero(ours != arrival)
    their_ms, our_ms = statistics.median(theirs["query_ms"]), statistics.median(spent) * 1e3
    version = json.loads((PEERS / "node_modules" / "minotor" / "package.json").read_text())["version"]
    print(
        f"peer, minotor {version} (TypeScript RAPTOR on Node): {n_queries} random pairs, {len(aligned.stops):,} stops, "
        f"{aligned.n_connections:,} connections ({left_out} trips that call twice at a stop left out): one pair "
        f"{their_ms:.1f} ms (median); ours, to all stops at once, {our_ms:.2f} ms; ratio {their_ms / our_ms:.0f} : 1; "
        f"it reads its feed in {theirs['parse_s']:.1f} s; {np.isfinite(ours).sum()} reachable, "
        f"arrivals that differ: {len(differing)} of {n_queries}"
    )
    for at in differing[:5]:
        query = queries[at]
        print(
            f"  {query['from']} -> {query['to']} leaving {clock.show(query['departure_s'])}: "
            f"ours {ours[at]:.0f}, minotor {arrival[at]:.0f}"
        )


def _aligned(timetable: Timetable, walk_s: int) -> tuple[Timetable, int]:
    """Leave out trips that call twice at a stop, and keep one change time and closed walks."""
    order = np.lexsort((timetable.hop, timetable.trip))
    trip = timetable.trip[order]
    begins = np.r_[True, trip[1:] != trip[:-1]]
    calls = pd.DataFrame(
        {
            "trip": np.r_[trip, trip[begins]],
            "stop": np.r_[timetable.arrival_stop[order], timetable.departure_stop[order][begins]],
        }
    )
    twice = calls[calls.duplicated()]["trip"].unique()
    keep = ~np.isin(timetable.trip, twice)
    n = len(timetable.stops)
    walks = timetable.walks
    here = np.repeat(np.arange(n), np.diff(walks.offset))
    change = np.zeros(n, np.int64)
    own = here == walks.stop
    change[here[own]] = walks.time_s[own]
    seconds = walks.time_s - change[walks.stop]
    near = ~own & (seconds <= walk_s)
    graph = csr_array((np.maximum(seconds[near], 1).astype(float), (here[near], walks.stop[near])), shape=(n, n))
    # short walks only: closed, they make small pieces
    closed = shortest_path(graph, method="D") if near.any() else np.full((n, n), np.inf)
    np.fill_diagonal(closed, 0)
    start, to = np.nonzero(np.isfinite(closed))
    first = np.lexsort((to, start != to, start))
    start, to = start[first], to[first]
    offset = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=n))]).astype(np.int32)
    packed = Walks(offset, to.astype(np.int32), (closed[start, to] + CHANGE_S).astype(np.int32))
    columns = ("departure_stop", "arrival_stop", "departure_s", "arrival_s", "run", "trip", "hop", "flags")
    kept = {name: np.ascontiguousarray(getattr(timetable, name)[keep]) for name in columns}
    return replace(timetable, walks=packed, **kept), len(twice)


def _write_feed(timetable: Timetable, path: Path) -> None:
    """Write a feed of one day: each pattern a route, arrivals later by the change time, walks as minimum times."""
    patterns = timetable.patterns
    stops = timetable.stop_table
    n_hops = np.diff(patterns.hop_offset)
    trips, times = [], []
    for pattern in range(len(patterns)):
        hops = slice(patterns.hop_offset[pattern], patterns.hop_offset[pattern + 1])
        calls = np.r_[patterns.departure_stop[hops], patterns.arrival_stop[hops][-1:]]
        flags = patterns.flags[hops]
        pickup = np.r_[np.where(flags & 1, 0, 1), 1]
        drop_off = np.r_[1, np.where(flags & 2, 0, 1)]
        for number in range(patterns.trip_offset[pattern], patterns.trip_offset[pattern + 1]):
            at = patterns.time_offset[pattern] + (number - patterns.trip_offset[pattern]) * n_hops[pattern]
            departure = patterns.departure_s[at : at + n_hops[pattern]]
            arrival = patterns.arrival_s[at : at + n_hops[pattern]] + CHANGE_S
            trips.append((f"p{pattern}", "day", f"t{number}"))
            times.append(
                pd.DataFrame(
                    {
                        "trip_id": f"t{number}",
                        "arrival_time": np.r_[departure[:1], arrival],
                        "departure_time": np.r_[departure, arrival[-1:]],
                        "stop_id": calls,
                        "stop_sequence": np.arange(1, len(calls) + 1),
                        "pickup_type": pickup,
                        "drop_off_type": drop_off,
                    }
                )
            )
    stop_times = pd.concat(times, ignore_index=True)
    # a call where nobody may board or alight would be dropped, and counts for nothing
    stop_times = stop_times[(stop_times["pickup_type"] == 0) | (stop_times["drop_off_type"] == 0)]
    stop_times["stop_id"] = np.array(list(timetable.stops), dtype=object)[stop_times["stop_id"]]
    for name in ("arrival_time", "departure_time"):
        seconds = stop_times[name].to_numpy()
        stop_times[name] = [f"{s // 3_600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds.tolist()]
    walks = timetable.walks
    here = np.repeat(np.arange(len(stops)), np.diff(walks.offset))
    other = here != walks.stop
    ids = np.array(list(timetable.stops), dtype=object)
    day = timetable.date.replace("-", "")
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1)
    tables = {
        "agency": pd.DataFrame(
            [{"agency_id": "a", "agency_name": "a", "agency_url": "https://example.org", "agency_timezone": "UTC"}]
        ),
        "stops": pd.DataFrame(
            {
                "stop_id": ids,
                "stop_name": ids,
                "stop_lat": stops["lat"].fillna(0.0).to_numpy(),
                "stop_lon": stops["lon"].fillna(0.0).to_numpy(),
                "location_type": 0,
            }
        ),
        "routes": pd.DataFrame(
            {"route_id": [f"p{p}" for p in range(len(patterns))], "route_short_name": "p", "route_type": 3}
        ),
        "trips": pd.DataFrame(trips, columns=["route_id", "service_id", "trip_id"]),
        "stop_times": stop_times,
        "calendar": pd.DataFrame([{"service_id": "day", **week, "start_date": day, "end_date": day}]),
        "transfers": pd.DataFrame(
            {
                "from_stop_id": ids[here[other]],
                "to_stop_id": ids[walks.stop[other]],
                "transfer_type": 2,
                "min_transfer_time": walks.time_s[other] - CHANGE_S,
            }
        ),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(f"{name}.txt", table.to_csv(index=False))


def _ours(timetable: Timetable, queries: list[dict[str, object]]) -> tuple[np.ndarray, list[float]]:
    """When one is ready to board at the destination of each query, and the seconds that each took."""
    arrivals, spent = [], []
    walks = timetable.walks
    back = walks.reversed()
    for query in [queries[0], *queries]:
        stop = timetable.stops.position(str(query["from"]))
        near, seconds = walks.of(stop)
        offset = np.array([0, len(near)], np.int32)
        place = Places((str(query["from"]),), offset, near, (seconds - CHANGE_S).astype(np.int32), "as in the peer")
        start = time.perf_counter()
        arrival = earliest_arrivals(timetable, place, int(str(query["departure_s"])))[-1]
        spent.append(time.perf_counter() - start)
        # one alights at the destination and is ready a change time later, or walks there in time
        reached, way = back.of(timetable.stops.position(str(query["to"])))
        arrivals.append((arrival[reached] + way).min())
    return np.array(arrivals[1:]), spent[1:]
