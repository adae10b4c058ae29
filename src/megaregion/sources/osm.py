"""
Streets from an OpenStreetMap extract (`.osm.pbf`), for pedestrians and for cars.

Ways become edges between junctions: a node that only passes a way on is no junction and stays in the shape of its edge.
Left out: ferries, turn restrictions, barriers such as gates, and areas that are mapped as relations. An area mapped as
a closed way is walked along its edge.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import conform
from megaregion.region.sphere import great_circle_m
from megaregion.sources.osm_blocks import check_blocks
from megaregion.sources.osm_slopes import add_slopes
from megaregion.sources.osm_tags import drive_speed, highway_classes, highway_of, permissions
from megaregion.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from megaregion.region.model import Region

    I64 = NDArray[np.int64]

Mode = Literal["walk", "drive"]

MODES: tuple[Mode, ...] = ("walk", "drive")

MAX_MISSING_SHARE = 0.05
"""Share of ways that may refer to nodes the extract does not hold; above it the extract is refused."""

_SAMPLE = 5
_UNITS_PER_DEGREE = 1e7


def read_osm(
    path: Path | str,
    *,
    modes: Collection[str] = MODES,
    elevation: Path | str | None = None,
    region: Region | None = None,
) -> Reading:
    """
    Read the streets of an extract into tables `street_nodes` and `street_edges`.

    Parameters
    ----------
    path
        A file ending in .osm.pbf.
    modes
        "walk", "drive" or both: streets open to none of them are left out.
    elevation
        Raster with heights in metres; with it, edges know what slopes do to walking times.
    region
        Region that the streets are meant for; with it, stops and cities outside the extract are counted.

    Raises
    ------
    InputError
        If the file is not an extract, not whole, holds no street, or misses the nodes of too many ways.
    LimitError
        If a block of the file declares more than the format allows.
    """
    path = Path(path)
    unknown = set(modes) - set(MODES)
    if unknown or not modes:
        msg = f"--mode is {', '.join(map(repr, modes)) or 'none'}; expected walk, drive or both."
        raise InputError(msg)
    check_blocks(path)
    notices = Notices()
    ways = _read_ways(path, modes)
    _report_tags(ways, path.name, notices)
    if not len(ways.way_id):
        message = f"holds no street open to {' or '.join(sorted(modes))}; expected ways with the tag highway."
        notices.add("osm_without_streets", message, file=path.name)
    _refuse_history(ways, path.name, notices)
    notices.raise_errors(f"{path.name} could not be read as streets")
    course = _course(ways, path.name, notices)
    notices.raise_errors(f"{path.name} could not be read as streets")
    nodes, edges = _network(ways, course)
    if elevation is not None:
        nodes, edges = add_slopes(nodes, edges, np.asarray(ways.level)[course.way], course.lines, elevation, notices)
    _report_islands(nodes, edges, modes, path.name, notices)
    if region is not None:
        _report_outside(nodes, region, path.name, notices)
    tables = {"street_nodes": conform("street_nodes", nodes), "street_edges": conform("street_edges", edges)}
    return Reading(tables, notices)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Ways in the order of the file; the nodes of way w are `offset[w]` to `offset[w + 1]`."""

    way_id: array[int] = field(default_factory=lambda: array("q"))
    offset: array[int] = field(default_factory=lambda: array("q", [0]))
    node: array[int] = field(default_factory=lambda: array("q"))
    lon: array[float] = field(default_factory=lambda: array("d"))
    lat: array[float] = field(default_factory=lambda: array("d"))
    highway: list[str] = field(default_factory=list)
    access: list[tuple[bool, bool, bool, bool]] = field(default_factory=list)
    speed: array[float] = field(default_factory=lambda: array("d"))
    level: list[bool] = field(default_factory=list)
    """Bridges and tunnels, under which the ground says nothing."""
    unknown: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)


def _read_ways(path: Path, modes: Collection[str]) -> _Ways:
    import osmium  # noqa: PLC0415 - slow to import

    ways = _Ways()
    streets = osmium.filter.KeyFilter("highway", "public_transport", "railway")
    kinds = osmium.osm.NODE | osmium.osm.WAY
    try:
        reader = (
            osmium.FileProcessor(osmium.io.File(str(path), "pbf"), kinds)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(streets)
        )
        for way in reader:
            _add_way(ways, way, modes)
    except (RuntimeError, ValueError) as problem:
        msg = (
            f"{path.name}: damaged: it could not be unpacked ({problem}). Download the file again and compare its MD5 "
            "with the one that the server states."
        )
        raise InputError(msg) from problem
    return ways


def _add_way(ways: _Ways, way: Any, modes: Collection[str]) -> None:
    tags = {tag.k: tag.v for tag in way.tags}
    highway = highway_of(tags)
    if highway not in highway_classes():
        if highway:
            ways.unknown[highway] += 1
        return
    allowed = permissions(highway, tags)
    walk, drive = allowed.walk and "walk" in modes, allowed.drive and "drive" in modes
    if not (walk or drive) or len(way.nodes) < 2:
        return
    speed, unread = drive_speed(highway, tags) if drive else (None, "")
    if unread:
        ways.unread[unread] += 1
    for node in way.nodes:
        where = node.location
        known = where.valid()
        ways.node.append(node.ref)
        ways.lon.append(where.x / _UNITS_PER_DEGREE if known else np.nan)
        ways.lat.append(where.y / _UNITS_PER_DEGREE if known else np.nan)
    ways.offset.append(len(ways.node))
    ways.way_id.append(way.id)
    ways.highway.append(highway)
    ways.access.append(
        (
            walk and allowed.walk_forward,
            walk and allowed.walk_backward,
            drive and allowed.drive_forward,
            drive and allowed.drive_backward,
        )
    )
    ways.speed.append(np.nan if speed is None else speed)
    ways.level.append(any(tags.get(key, "no") != "no" for key in ("bridge", "tunnel")))


@dataclass(frozen=True, slots=True)
class _Course:
    """Edges as runs of positions along the ways: edge e holds positions `first[e]` to `last[e]`, both included."""

    node: I64
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    first: I64
    last: I64
    way: I64
    number: I64

    @property
    def lines(self) -> NDArray[np.object_]:
        """(n_edges,) lines in degrees."""
        import shapely  # noqa: PLC0415

        count = self.last - self.first + 1
        position = np.repeat(self.first - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
        edge = np.repeat(np.arange(len(count)), count)
        return np.asarray(shapely.linestrings(np.column_stack([self.lon, self.lat])[position], indices=edge))


def _course(ways: _Ways, file: str, notices: Notices) -> _Course:
    """Cut ways into edges at junctions and where nodes are missing."""
    way_of = np.repeat(np.arange(len(ways.way_id)), np.diff(np.asarray(ways.offset)))
    node, lon, lat = (np.asarray(column) for column in (ways.node, ways.lon, ways.lat))
    missing = np.isnan(lon)
    _report_missing(ways, np.unique(way_of[missing]), file, notices)
    # a node that stands twice in a row is one node
    again = np.concatenate([[False], (node[1:] == node[:-1]) & (way_of[1:] == way_of[:-1])])
    gap = np.cumsum(missing)
    keep = ~missing & ~again
    node, lon, lat, way_of, gap = (column[keep] for column in (node, lon, lat, way_of, gap))
    joined = (way_of[1:] == way_of[:-1]) & (gap[1:] == gap[:-1])
    starts, ends = np.concatenate([[True], ~joined]), np.concatenate([~joined, [True]])
    _, place = np.unique(node, return_inverse=True)
    passes = np.bincount(place) if len(place) else np.empty(0, np.int64)
    cut = starts | ends | (passes[place] > 1)
    # an edge begins at every cut that is not the end of its run
    first = np.flatnonzero(cut & ~ends)
    last = np.flatnonzero(cut & ~starts)
    way = way_of[first]
    begins = np.concatenate([[True], way[1:] != way[:-1]]) if len(way) else np.empty(0, bool)
    number = np.arange(len(way)) - np.repeat(
        np.flatnonzero(begins), np.diff(np.append(np.flatnonzero(begins), len(way)))
    )
    return _Course(node, lon, lat, first, last, way, number)


def _network(ways: _Ways, course: _Course) -> tuple[pd.DataFrame, pd.DataFrame]:
    import shapely  # noqa: PLC0415

    step = great_circle_m(course.lon[:-1], course.lat[:-1], course.lon[1:], course.lat[1:])
    along = np.concatenate([[0.0], np.cumsum(step)])
    way = course.way
    way_id = pd.Series(np.asarray(ways.way_id)[way]).astype("str")
    access = np.asarray(ways.access, dtype=bool)[way]
    junctions, where = np.unique(
        np.concatenate([course.node[course.first], course.node[course.last]]), return_index=True
    )
    position = np.concatenate([course.first, course.last])[where]
    nodes = pd.DataFrame({"node_id": _node_ids(junctions), "lon": course.lon[position], "lat": course.lat[position]})
    edges = pd.DataFrame(
        {
            "edge_id": "osm:" + way_id + ":" + pd.Series(course.number).astype("str"),
            "from_node_id": _node_ids(course.node[course.first]),
            "to_node_id": _node_ids(course.node[course.last]),
            "way_id": way_id,
            "highway": pd.Series(ways.highway, dtype="str").iloc[way].to_numpy(),
            "length_m": (along[course.last] - along[course.first]).round(3),
            "walk_forward": access[:, 0],
            "walk_backward": access[:, 1],
            "drive_forward": access[:, 2],
            "drive_backward": access[:, 3],
            "drive_speed_m_s": np.asarray(ways.speed)[way].round(3),
            "geometry": pd.Series(shapely.to_wkb(course.lines), dtype="object"),
        }
    )
    return nodes, edges


def _node_ids(node: I64) -> pd.Series:
    return "osm:" + pd.Series(node).astype("str")


def _report_tags(ways: _Ways, file: str, notices: Notices) -> None:
    for value, count in sorted(ways.unknown.items()):
        noun = "way has" if count == 1 else "ways have"
        message = f"{count} {noun} highway={value}, which is not known; left out."
        notices.add("osm_unknown_highway", message, file=file, field="highway", value=value)
    for value, count in sorted(ways.unread.items()):
        noun = "way has" if count == 1 else "ways have"
        message = f"{count} {noun} maxspeed={value}, which is no speed above 0; the speed of their class was taken."
        notices.add("osm_speed_not_read", message, file=file, field="maxspeed", value=value)


def _refuse_history(ways: _Ways, file: str, notices: Notices) -> None:
    ids, count = np.unique(np.asarray(ways.way_id), return_counts=True)
    again = ids[count > 1]
    if len(again):
        message = f"{len(again)} ways stand in the file several times, such as {again[0]}; expected each way once."
        notices.add("osm_history", message, file=file, value=again[0])


def _report_missing(ways: _Ways, short: I64, file: str, notices: Notices) -> None:
    if not len(short):
        return
    total = len(ways.way_id)
    sample = ", ".join(str(ways.way_id[way]) for way in short[:_SAMPLE].tolist())
    found = (
        f"{len(short)} of {total} ways ({len(short) / total:.1%}) refer to nodes that the file lacks, such as {sample}"
    )
    if len(short) > MAX_MISSING_SHARE * total:
        message = f"{found}; at most {MAX_MISSING_SHARE:.0%} are accepted."
        notices.add("osm_too_many_missing_nodes", message, file=file, value=len(short))
    else:
        notices.add("osm_missing_nodes", f"{found}; these ways end there.", file=file, value=len(short))


def _report_islands(
    nodes: pd.DataFrame, edges: pd.DataFrame, modes: Collection[str], file: str, notices: Notices
) -> None:
    """Count the pieces of each network that are not connected to the largest one."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    index = pd.Index(nodes["node_id"])
    words = {"walk": "walking", "drive": "driving"}
    for mode in (mode for mode in MODES if mode in modes):
        part = edges[edges[f"{mode}_forward"] | edges[f"{mode}_backward"]]
        begin, end = (index.get_indexer(part[name]) for name in ("from_node_id", "to_node_id"))
        shape = (len(nodes), len(nodes))
        _, piece = connected_components(coo_array((np.ones(len(part)), (begin, end)), shape=shape), directed=False)
        size = np.bincount(piece[begin], minlength=1)
        apart = size[piece[begin]] < size.max()
        if not apart.any():
            continue
        pieces = int((np.bincount(piece[begin[apart]]) > 0).sum())
        sample = ", ".join(part.loc[apart, "way_id"].drop_duplicates().head(_SAMPLE))
        message = (
            f"{int(apart.sum())} of {len(part)} edges of the {words[mode]} network lie on {pieces} islands, such as "
            f"ways {sample}."
        )
        notices.add("osm_islands", message, file=file, value=pieces)


def _report_outside(nodes: pd.DataFrame, region: Region, file: str, notices: Notices) -> None:
    box = [float(nodes[axis].agg(end)) for axis in ("lon", "lat") for end in ("min", "max")]
    for table in ("stops", "cities"):
        points = region.table(table)[["lon", "lat"]].dropna()
        inside = points["lon"].between(box[0], box[1]) & points["lat"].between(box[2], box[3])
        if len(points) and not inside.all():
            message = (
                f"{int((~inside).sum())} of {len(points)} {table} of region '{region.name}' lie outside the extract, "
                f"which reaches from {box[0]:.4f} {box[2]:.4f} to {box[1]:.4f} {box[3]:.4f}."
            )
            notices.add("osm_outside_region", message, file=file, field=table, value=int((~inside).sum()))
