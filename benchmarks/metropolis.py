"""
A made metropolis of 10,000 stops and two million connections: one query, and a whole day.

Targets: one departure to all stops under 10 ms, a profile of the day under 200 ms a target, one thread. The peer is
scipy's Dijkstra on the time-expanded graph of the same timetable; arrivals must agree, with it and among our own two
searches (range RAPTOR and the connection scan).
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from benchmarks.made_metropolis import build_metropolis
from benchmarks.time_expanded import TimeExpandedGraph, plain_places
from megaregion.mobility import Places, Timetable, earliest_arrivals, profile, travel_time_matrix

WINDOW = ("06:00", "22:00")
QUERIES = 100
PAIRS = 20
TARGETS = 64
PEER_QUERIES = 4


def main() -> None:
    start = time.perf_counter()
    timetable = build_metropolis()
    n_stops = len(timetable.stops)
    print(
        f"metropolis: made in {time.perf_counter() - start:.1f} s, {n_stops:,} stops, {timetable.n_connections:,} "
        f"connections, {len(timetable.walks.stop) - n_stops:,} walks between stops, change time 1 min"
    )
    start = time.perf_counter()
    patterns = timetable.patterns
    print(
        f"trips by pattern: {time.perf_counter() - start:.1f} s, {len(patterns.trip):,} trips, "
        f"{len(patterns):,} patterns"
    )
    rng = np.random.default_rng(1)
    stops = np.array(timetable.stops)
    asked = [(str(stop), int(rng.integers(6, 20)) * 3_600) for stop in rng.choice(stops, QUERIES)]
    earliest_arrivals(timetable, *asked[0])
    spent = [_seconds(earliest_arrivals, timetable, *query) for query in asked]
    print(
        f"one departure to all stops, by number of rides, no cap (RAPTOR): median "
        f"{statistics.median(spent) * 1e3:.1f} ms, slowest of {QUERIES} {max(spent) * 1e3:.1f} ms, one thread"
    )
    _whole_day(timetable, rng)
    _peer(timetable, asked[:PEER_QUERIES], statistics.median(spent))


def _whole_day(timetable: Timetable, rng: np.random.Generator) -> None:
    stops = np.array(timetable.stops)
    pairs = [tuple(map(str, rng.choice(stops, 2, replace=False))) for _ in range(PAIRS)]
    profile(timetable, *pairs[0], WINDOW)
    spent = [_seconds(profile, timetable, *pair, WINDOW) for pair in pairs]
    print(
        f"one pair, {WINDOW[0]}-{WINDOW[1]}, all journeys by departure, arrival and rides (range RAPTOR): median "
        f"{statistics.median(spent) * 1e3:.0f} ms, slowest of {PAIRS} {max(spent) * 1e3:.0f} ms, one thread"
    )
    targets = [str(stop) for stop in rng.choice(stops, TARGETS, replace=False)]
    travel_time_matrix(timetable, targets[:2], targets[:8], window=WINDOW, workers=1)
    used = time.process_time()
    matrix = travel_time_matrix(timetable, None, targets, window=WINDOW, workers=1)
    each = (time.process_time() - used) / TARGETS
    print(
        f"all stops to one target, every second of {WINDOW[0]}-{WINDOW[1]} with percentiles (connection scan, eight "
        f"targets side by side): {each * 1e3:.0f} ms a target, {each * 8e3:.0f} ms a scan of eight, one thread"
    )
    cells = differing = 0
    for origin, target in zip(stops[:: len(stops) // PAIRS], targets, strict=False):
        # what leaves after the window counts too, with more rides or not: the matrix asks for arrivals only
        found = profile(timetable, str(origin), target, (WINDOW[0], "24:00"))
        order = np.lexsort((found.arrive_s, -found.depart_s))
        depart, arrive = found.depart_s[order], found.arrive_s[order]
        earlier = arrive < np.r_[1 << 30, np.minimum.accumulate(arrive)[:-1]]
        end = found.window_s[0] + 16 * 3_600
        within = depart < end
        row, column = matrix.origin_ids.index(str(origin)), matrix.destination_ids.index(target)
        # who leaves in the last second of the window waits for what departs after it
        least = np.where(within, arrive - depart, arrive - end + 1).min(initial=1 << 30)
        fastest = min(int(least), found.walk_only_s)
        differing += int((earlier & within).sum() != matrix.departures[row, column])
        differing += int(fastest != matrix.fastest_s[row, column])
        cells += 2
    print(f"the two searches, departures worth taking and fastest times: {differing} of {cells} differ")


def _peer(timetable: Timetable, asked: list[tuple[str, int]], ours_s: float) -> None:
    start = time.perf_counter()
    graph = TimeExpandedGraph(timetable)
    built = time.perf_counter() - start
    plain = plain_places(timetable)
    theirs_s, cells, differing = [], 0, 0
    for stop, leave in asked:
        place = Places.stations(timetable, [stop])
        start = time.perf_counter()
        theirs = graph.arrivals(place, leave, timetable.max_travel_time_s)
        theirs_s.append(time.perf_counter() - start)
        window = (f"{leave // 3_600:02d}:00", f"{leave // 3_600:02d}:01")
        scanned = travel_time_matrix(timetable, place, plain, window=window).first_arrival_s[0]
        rode = np.ones(len(scanned), dtype=bool)
        rode[place.stop] = False
        differing += int((scanned[rode] != theirs[rode]).sum())
        # the peer ends where one alights: the last walk is added to both before they are compared
        walks = timetable.walks
        begin = np.repeat(np.arange(len(scanned)), np.diff(walks.offset))
        other = begin != walks.stop
        with_walk = theirs.copy()
        np.minimum.at(with_walk, walks.stop[other], theirs[begin[other]] + walks.time_s[other])
        with_walk[with_walk > leave + timetable.max_travel_time_s] = np.inf
        ours = earliest_arrivals(timetable, stop, leave)[-1]
        differing += int((ours[rode] != with_walk[rode]).sum())
        cells += 2 * int(rode.sum())
    theirs_each = statistics.median(theirs_s)
    print(
        f"peer, scipy {sys.modules['scipy'].__version__} Dijkstra, time-expanded graph of "
        f"{graph.matrix.shape[0]:,} nodes and {graph.matrix.nnz:,} arcs (built in {built:.0f} s): one departure to all "
        f"{theirs_each * 1e3:.0f} ms; ratio {theirs_each / ours_s:.0f} : 1; "
        f"arrivals that differ (RAPTOR, connection scan): {differing} of {cells:,}"
    )


def _seconds(function: object, *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
