"""
The national rail timetable of 2019: import, all pairs over a day, and a peer on the same questions.

The peer is scipy's Dijkstra on the time-expanded graph of the same timetable (its nodes are departures and vehicles
in motion). It answers one origin at one moment; ours answers one target for all moments. Both are timed in this run,
on the same input, and their arrivals must agree.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.time_expanded import TimeExpandedGraph, plain_places
from megaregion.mobility import Places, Timetable, travel_time_matrix
from megaregion.mobility.scan_layout import lay_out
from megaregion.region.model import Region
from megaregion.sources.rail_timetable import read_rail_timetable

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "rail"
WINDOW = ("06:00", "22:00")
ORIGINS = ("rail:上海虹桥", "rail:合肥南", "rail:乌鲁木齐", "rail:哈尔滨", "rail:昆明南")
MOMENTS = ("07:00", "12:30", "18:45")


def main() -> None:
    if not DATA.is_dir():
        print("national rail: skipped, the timetables in ../shared/data are not at hand")
        return
    start = time.perf_counter()
    reading = read_rail_timetable(
        DATA / "timetable_2019-10.csv.gz",
        year=2019,
        stations=DATA / "stations_wgs84_2026.csv",
        city_of=DATA / "station_city_2019.csv",
    )
    sizes = ", ".join(f"{len(reading.tables[name]):,} {name}" for name in ("trips", "stop_times", "stops"))
    print(f"import of the 2019-10 timetable: {time.perf_counter() - start:.1f} s, {sizes}")
    start = time.perf_counter()
    timetable = Timetable.from_region(reading.into(Region("national")), year=2019)
    n_transfers = len(lay_out(timetable, 0, int(timetable.arrival_s.max())).transfer_slot)
    print(
        f"service day: {time.perf_counter() - start:.1f} s, {len(timetable.stops):,} stations, "
        f"{timetable.n_connections:,} connections, {n_transfers:,} transfers, change time 15 min, "
        f"{len(timetable.walks.stop) - len(timetable.stops):,} links within cities"
    )
    stops = list(timetable.stops)
    start = time.perf_counter()
    travel_time_matrix(timetable, stops[:8], stops[:8], window=WINDOW)
    print(f"first call (compiles on a fresh machine, loads the cache later): {time.perf_counter() - start:.1f} s")
    wall, processor = [], []
    for _ in range(3):
        start, used = time.perf_counter(), time.process_time()
        result = travel_time_matrix(timetable, window=WINDOW, percentiles=(5, 50, 95))
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(
        f"all {len(stops):,} x {len(stops):,} pairs, every second of {WINDOW[0]}-{WINDOW[1]}, median and 5/95 "
        f"percentiles: {statistics.median(wall):.1f} s wall (median of 3: {', '.join(f'{s:.1f}' for s in wall)}), "
        f"{statistics.median(processor):.1f} s of processor time, peak memory {peak:.2f} GiB; "
        f"{np.isfinite(result.percentile_s(50)).mean():.1%} of the pairs have a finite median"
    )
    _peer(timetable)


def _peer(timetable: Timetable) -> None:
    graph = TimeExpandedGraph(timetable)
    n_stops = len(timetable.stops)
    theirs_s, cells, differing = [], 0, 0
    for moment in MOMENTS:
        hours, minutes = map(int, moment.split(":"))
        ready = hours * 3_600 + minutes * 60
        window = (moment, f"{hours:02d}:{minutes + 1:02d}")
        for origin in ORIGINS:
            place = Places.stations(timetable, [origin])
            start = time.perf_counter()
            arrival = graph.arrivals(place, ready, timetable.max_travel_time_s)
            theirs_s.append(time.perf_counter() - start)
            ours = travel_time_matrix(timetable, place, plain_places(timetable), window=window).first_arrival_s[0]
            # the peer rides at least once: the origin and the stations it walks to are not its question
            asked = np.ones(n_stops, dtype=bool)
            asked[place.stop] = False
            differing += int((ours[asked] != arrival[asked]).sum())
            cells += int(asked.sum())
    destinations = Places.stations(timetable, list(timetable.stops)[:256], arriving=True)
    used = time.process_time()
    travel_time_matrix(timetable, None, destinations, window=WINDOW, workers=1)
    ours_each = (time.process_time() - used) / len(destinations)
    theirs = statistics.median(theirs_s)
    nodes, arcs = graph.matrix.shape[0], graph.matrix.nnz
    print(
        f"peer, scipy {sys.modules['scipy'].__version__} Dijkstra, time-expanded graph of {nodes:,} nodes and {arcs:,} "
        f"arcs: one origin at one moment {theirs * 1e3:.0f} ms; ours, one target at all 57,600 moments "
        f"with percentiles {ours_each * 1e3:.1f} ms of one thread; ratio {theirs / ours_each:.0f} : 1 for a question "
        f"57,600 times as large; arrivals that differ: {differing} of {cells:,}"
    )


if __name__ == "__main__":
    main()
