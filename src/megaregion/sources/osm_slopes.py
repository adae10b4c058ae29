"""Slopes along streets: what an edge climbs and descends, and how much longer a walk along it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from megaregion.region.sphere import great_circle_m
from megaregion.sources.elevation import sample_elevation, tobler_effort

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.notices import Notices

STEP_M = 25.0
"""Longest stretch over which a street counts as one slope, about the cell of the heights that are free worldwide."""

_EFFORT_LIMITS = (0.1, 100.0)  # beyond, the heights are wrong


def add_slopes(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    level: NDArray[np.bool_],
    lines: NDArray[np.object_],
    elevation: Path | str,
    notices: Notices,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Add heights to nodes, and climb, descent and effort to edges.

    Bridges and tunnels slope evenly from end to end. Where no height is known an edge counts as flat.

    Parameters
    ----------
    nodes, edges
        Tables `street_nodes` and `street_edges`.
    level
        (n_edges,) whether an edge is on a bridge or in a tunnel.
    lines
        (n_edges,) courses, degrees.
    elevation
        Raster of heights, m.
    notices
        Collection that findings are added to.
    """
    import shapely  # noqa: PLC0415

    coordinates, edge = shapely.get_coordinates(lines, return_index=True)
    ends = np.zeros(len(edge), dtype=bool)
    ends[np.flatnonzero(np.diff(edge, prepend=-1))] = True
    ends[np.flatnonzero(np.diff(edge, append=len(lines)))] = True
    keep = ends | ~level[edge]
    lon, lat, edge = coordinates[keep, 0], coordinates[keep, 1], edge[keep]
    lon, lat, edge = _in_steps(lon, lat, edge, level)
    height = sample_elevation(elevation, lon, lat)
    within = edge[1:] == edge[:-1]
    rise = np.diff(height)[within]
    run = great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:])[within]
    of = edge[1:][within]
    slope = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    n = len(edges)
    total = np.bincount(of, run, minlength=n)

    def effort(sign: float) -> NDArray[np.float64]:
        time = np.bincount(of, run * tobler_effort(sign * slope), minlength=n)
        share = np.divide(time, total, out=np.ones(n), where=total > 0)
        return np.asarray(np.clip(share, *_EFFORT_LIMITS).round(4), dtype=np.float64)

    known = np.bincount(of, np.isnan(rise), minlength=n) == 0
    climbed, descended = (np.bincount(of, np.maximum(way_up, 0.0), minlength=n) for way_up in (rise, -rise))
    edges = edges.assign(
        climb_m=np.where(known, climbed.round(2), np.nan),
        descent_m=np.where(known, descended.round(2), np.nan),
        effort_forward=effort(1.0),
        effort_backward=effort(-1.0),
    )
    nodes = nodes.assign(elevation_m=sample_elevation(elevation, nodes["lon"].to_numpy(), nodes["lat"].to_numpy()))
    if not known.all():
        message = (
            f"{int((~known).sum())} of {n} edges lie wholly or in part where the raster has no height; they count as "
            "flat there."
        )
        notices.add("osm_without_elevation", message, file=Path(elevation).name, value=int((~known).sum()))
    return nodes, edges


def _in_steps(
    lon: NDArray[np.float64], lat: NDArray[np.float64], edge: NDArray[np.int64], level: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Put points between those that are farther apart than a step, but on no bridge and in no tunnel."""
    run = great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    same = (edge[1:] == edge[:-1]) & ~level[edge[1:]]
    count = np.append(np.where(same, np.maximum(np.ceil(run / STEP_M), 1), 1).astype(np.int64), 1)
    start = np.repeat(np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    share = (np.arange(count.sum()) - start) / np.repeat(count, count)

    def between(values: NDArray[np.float64]) -> NDArray[np.float64]:
        step = np.append(np.diff(values), 0.0)
        return np.asarray(np.repeat(values, count) + share * np.repeat(step, count), dtype=np.float64)

    return between(lon), between(lat), np.repeat(edge, count)
