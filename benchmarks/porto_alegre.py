"""
Porto Alegre from door to door: two feeds and a street extract, all hexagons to all, one hour, five percentiles.

Targets: the network in under 60 s, the matrix on two cores in under 20 s and under 2 GB. Arrivals are checked on
samples against scipy's Dijkstra on the time-expanded graph, percentiles against range RAPTOR second by second. The npm
package minotor answers random pairs of stops of the larger feed in the same run. The sample feeds hold the buses of the
early afternoon only (12:00 to 17:00), so that is when the window lies.
"""

from __future__ import annotations

import math
import resource
import time
from pathlib import Path

import numpy as np

from benchmarks.minotor_peer import compare_with_minotor
from benchmarks.time_expanded import TimeExpandedGraph
from megaregion.mobility import Places, StreetNetwork, Timetable, profile, travel_time_matrix
from megaregion.mobility.connection_scan import NEVER
from megaregion.mobility.places import on_foot
from megaregion.sources.points import read_points

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "gtfs-samples" / "r5r-porto-alegre"
FEEDS = [DATA / "poa_eptc.zip", DATA / "poa_trensurb.zip"]
DATE = "2019-05-13"
WINDOW = ("14:00", "15:00")
PERCENTILES = (5, 25, 50, 75, 95)
WALK_S = 1_200
LIMIT_S = 2 * 3_600
CORES = 2
SAMPLED_ORIGINS = 8
SAMPLED_PAIRS = 40
MOMENTS = ("14:00", "14:23", "14:59")


def main() -> None:
    if not DATA.is_dir():
        print("Porto Alegre: skipped, the feeds and streets in ../shared/data are not at hand")
        return
    start = time.perf_counter()
    streets = StreetNetwork.from_pbf(DATA / "poa_osm.pbf")
    street_s = time.perf_counter() - start
    timetable = Timetable.from_gtfs(FEEDS, date=DATE, max_travel_time_s=LIMIT_S, streets=streets)
    built = time.perf_counter() - start
    points = read_points(DATA / "poa_hexgrid.csv").points
    n_stops = len(timetable.stops)
    print(
        f"Porto Alegre, network built in {built:.1f} s (streets {street_s:.1f} s): {streets.n_nodes:,} junctions, "
        f"{n_stops:,} stops, {timetable.n_connections:,} connections on {timetable.date}, "
        f"{len(timetable.walks.stop) - n_stops:,} walks between stops on streets"
    )
    asked = {"streets": streets, "max_walk_time_s": WALK_S, "percentiles": PERCENTILES}
    few = points.take(np.arange(8))
    start = time.perf_counter()
    travel_time_matrix(timetable, few, few, window=WINDOW, workers=1, **asked)
    print(
        f"first call, 8 x 8 (compiles on a fresh machine, loads the cache later): {time.perf_counter() - start:.1f} s"
    )
    start, used = time.perf_counter(), time.process_time()
    matrix = travel_time_matrix(timetable, points, points, window=WINDOW, workers=CORES, **asked)
    wall, processor = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(
        f"all {len(points):,} x {len(points):,} hexagons, every second of {WINDOW[0]}-{WINDOW[1]}, percentiles "
        f"{', '.join(map(str, PERCENTILES))}, walking on streets up to {WALK_S // 60} min at each end: {wall:.1f} s "
        f"wall on {CORES} threads, {processor:.1f} s of processor time, peak memory {peak:.2f} GiB; "
        f"{np.isfinite(matrix.percentile_s(50)).mean():.1%} of the pairs have a finite median"
    )
    leaving = Places.points(timetable, points, streets, max_time_s=WALK_S)
    reaching = Places.points(timetable, points, streets, max_time_s=WALK_S, arriving=True)
    _arrivals(timetable, leaving, reaching, asked)
    _percentiles(timetable, leaving, reaching, matrix)
    compare_with_minotor(Timetable.from_gtfs(FEEDS[0], date=DATE, max_travel_time_s=2 * LIMIT_S), hours=(12, 17))


def _arrivals(timetable: Timetable, leaving: Places, reaching: Places, asked: dict[str, object]) -> None:
    graph = TimeExpandedGraph(timetable)
    rng = np.random.default_rng(2)
    cells = differing = 0
    spent = 0.0
    served = np.diff(reaching.offset) > 0
    begins = reaching.offset[:-1][served]
    for row in rng.choice(np.flatnonzero(np.diff(leaving.offset) > 0), SAMPLED_ORIGINS, replace=False):
        origin = leaving[row : row + 1]
        walk = on_foot(origin, reaching, WALK_S)[0].astype(float)
        for moment in MOMENTS:
            ready = int(moment[:2]) * 3_600 + int(moment[3:]) * 60
            start = time.perf_counter()
            at_stops = graph.arrivals(origin, ready, LIMIT_S)
            spent += time.perf_counter() - start
            theirs = np.where(walk < NEVER, ready + walk, np.inf)
            riding = np.minimum.reduceat(at_stops[reaching.stop] + reaching.access_s, begins)
            theirs[served] = np.minimum(theirs[served], riding)
            theirs[theirs > ready + LIMIT_S] = np.inf
            window = (moment, f"{moment[:2]}:{int(moment[3:]) + 1:02d}" if moment[3:] != "59" else WINDOW[1])
            ours = travel_time_matrix(timetable, origin, reaching, window=window, **asked).first_arrival_s[0]
            other = np.arange(len(reaching)) != row
            differing += int((ours[other] != theirs[other]).sum())
            cells += int(other.sum())
    each = spent / (SAMPLED_ORIGINS * len(MOMENTS))
    print(
        f"checked against scipy's Dijkstra, time-expanded graph of {graph.matrix.shape[0]:,} nodes and "
        f"{graph.matrix.nnz:,} arcs ({each * 1e3:.0f} ms an origin and moment): arrivals that differ: {differing} of "
        f"{cells:,}"
    )


def _percentiles(timetable: Timetable, leaving: Places, reaching: Places, matrix: object) -> None:
    start, end = (int(text[:2]) * 3_600 for text in WINDOW)
    every = np.arange(start, end)
    ranks = [math.ceil(share * len(every) / 100) - 1 for share in PERCENTILES]
    rng = np.random.default_rng(4)
    differing = 0
    for _ in range(SAMPLED_PAIRS):
        a, b = rng.choice(len(leaving), 2, replace=False)
        # journeys that leave after the window count for who misses the last one within
        found = profile(timetable, leaving[a : a + 1], reaching[b : b + 1], (WINDOW[0], "19:00"))
        arrival = np.full(len(every), np.inf)
        for depart, arrive in zip(found.depart_s, found.arrive_s, strict=True):
            arrival[every <= depart] = np.minimum(arrival[every <= depart], arrive)
        times = np.minimum(arrival - every, found.walk_only_s)
        times[times > LIMIT_S] = np.inf
        differing += int((np.sort(times)[ranks] != matrix.travel_time_s[:, a, b]).sum())
    print(
        f"percentiles against range RAPTOR, second by second, {SAMPLED_PAIRS} random pairs: {differing} of "
        f"{SAMPLED_PAIRS * len(ranks)} differ"
    )


if __name__ == "__main__":
    main()
