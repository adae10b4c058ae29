"""
Streets of Porto Alegre: reading the extract, placing points, and walks of 20 minutes from every hexagon to every stop.

The peer is scipy's Dijkstra, stopped at the same time, on the same graph with the same times. It knows nodes only, so
both are asked from node to node: the nodes that the hexagons and the stops are nearest to. Times must agree.
"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from megaregion.mobility.streets import StreetNetwork
from megaregion.region.points import Points
from megaregion.sources.points import read_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megaregion.mobility.street_places import OnStreets

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "gtfs-samples" / "r5r-porto-alegre"
MAX_TIME_S = 1200
REPEATS = 3


def main() -> None:
    if not DATA.is_dir():
        print("streets: skipped, the data of Porto Alegre in ../shared/data are not at hand")
        return
    start = time.perf_counter()
    network = StreetNetwork.from_pbf(DATA / "poa_osm.pbf")
    seconds = time.perf_counter() - start
    print(f"streets of Porto Alegre: {seconds:.1f} s, {network.n_nodes:,} nodes, {network.n_edges:,} edges")
    with zipfile.ZipFile(DATA / "poa_eptc.zip") as feed:
        table = pd.read_csv(io.BytesIO(feed.read("stops.txt")), dtype={"stop_id": "str"})
    stops = Points.from_table(table.rename(columns={"stop_id": "id", "stop_lon": "lon", "stop_lat": "lat"}))
    start = time.perf_counter()
    here, there = network.place(read_points(DATA / "poa_hexgrid.csv").points), network.place(stops)
    placed = [int((each.edge >= 0).sum()) for each in (here, there)]
    print(
        f"placing {len(here):,} hexagons and {len(there):,} stops: {time.perf_counter() - start:.2f} s, {placed} placed"
    )
    start = time.perf_counter()
    network.reach(here, there, 1)
    print(f"first call (compiles on a fresh machine, loads the cache later): {time.perf_counter() - start:.1f} s")
    ours, reach = best(lambda: network.reach(here, there, MAX_TIME_S))
    print(f"{MAX_TIME_S // 60} min from each hexagon to all stops: {ours:.3f} s, {len(reach.destination):,} pairs")
    compare(network, *(nearest_nodes(network, each) for each in (here, there)))


def compare(network: StreetNetwork, origins: NDArray[np.int64], targets: NDArray[np.int64]) -> None:
    """Ask both programs from node to node and print times, ratio and agreement."""
    offset, head, ms = network.arcs
    graph = csr_array((ms.astype(np.float64), head, offset), shape=(network.n_nodes, network.n_nodes))
    where = network.shapes
    position = np.zeros((network.n_nodes, 2))
    for end, vertex in zip(network.edge_nodes, (where.offset[:-1], where.offset[1:] - 1), strict=True):
        position[end] = np.column_stack([where.lon[vertex], where.lat[vertex]])
    starts, ends = (network.place(Points(tuple(map(str, nodes)), *position[nodes].T)) for nodes in (origins, targets))
    ours, reach = best(lambda: network.reach(starts, ends, MAX_TIME_S))
    peer, found = best(lambda: dijkstra(graph, indices=origins, limit=MAX_TIME_S * 1000)[:, targets])
    mine = np.full(found.shape, np.inf)
    mine[np.repeat(np.arange(len(origins)), np.diff(reach.offset)), reach.destination] = reach.time_s
    theirs = np.ceil(found / 1000)
    agree = int((mine == theirs).sum())
    print(
        f"{len(origins):,} x {len(targets):,} nodes: {ours:.3f} s, scipy {peer:.3f} s, ratio {peer / ours:.1f}; "
        f"{agree:,} of {mine.size:,} pairs agree, {int(np.isfinite(mine).sum()):,} reached"
    )


def nearest_nodes(network: StreetNetwork, placed: OnStreets) -> NDArray[np.int64]:
    """Give the nodes at the nearer end of the edges that points are placed on, each once."""
    on = np.flatnonzero(placed.edge >= 0)
    ends = np.stack([end[placed.edge[on]] for end in network.edge_nodes])
    return np.unique(np.where(placed.share[on] < 1 << 29, ends[0], ends[1])).astype(np.int64)


def best(work: Callable[[], NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    """Give the shortest of several runs in seconds of processor time, and the result."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return min(seconds), result


if __name__ == "__main__":
    main()
