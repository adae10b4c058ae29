"""Ways on streets: what is reached on foot or by car within a time, along the edges of a street network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.ground import WALK_SPEED_M_S, Reach
from megaregion.mobility.street_places import (
    MAX_SNAP_M,
    OnStreets,
    Shapes,
    find_mainland,
    place_points,
)
from megaregion.mobility.street_search import CLOSED, search_streets
from megaregion.mobility.street_times import edge_times_ms
from megaregion.notices import Notices
from megaregion.sources.osm import MODES, read_osm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.region.points import Points

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    F64 = NDArray[np.float64]

    Arcs = tuple[I32, I32, I32]

Mode = Literal["walk", "drive"]

MAX_TIME_S = 7 * 24 * 3600
"""Longest time that can be asked for; sums of milliseconds stay within int32."""

_PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StreetNetwork:
    """
    Streets for one mode; plain arrays, so that it can be sent to other processes.

    Attributes
    ----------
    mode
        "walk" or "drive".
    rule, rule_zh
        How times are found, in words.
    edge_nodes
        First and last node of each edge, two of (n_edges,) int32.
    edge_ms
        Time along each edge and against it, two of (n_edges,) int32, ms; `CLOSED` where not allowed.
    off_street_m_s
        Speed between a point and the nearest street, m/s.
    arcs, arcs_back
        Ways out of each node and into it: offsets (n_nodes + 1,), nodes and ms, int32.
    shapes
        Courses of the edges, and which of them points may be placed on.
    notices
        What was found while an extract was read.
    """

    mode: Mode
    rule: str
    rule_zh: str
    edge_nodes: tuple[I32, I32] = field(repr=False)
    edge_ms: tuple[I32, I32] = field(repr=False)
    off_street_m_s: float
    arcs: Arcs = field(repr=False)
    arcs_back: Arcs = field(repr=False)
    shapes: Shapes = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)

    @property
    def n_nodes(self) -> int:
        """How many junctions and dead ends there are."""
        return len(self.arcs[0]) - 1

    @property
    def n_edges(self) -> int:
        """How many pieces of street there are."""
        return len(self.edge_ms[0])

    @classmethod
    def from_pbf(
        cls,
        path: Path | str,
        mode: Mode = "walk",
        *,
        speed_m_s: float | None = None,
        elevation: Path | str | None = None,
        congestion: Mapping[str, float] | None = None,
        road_speeds: pd.DataFrame | None = None,
    ) -> StreetNetwork:
        """
        Read an OpenStreetMap extract.

        Parameters
        ----------
        path
            A file ending in .osm.pbf.
        mode, speed_m_s, congestion, road_speeds
            As for `from_tables`.
        elevation
            Raster of heights, m: walking times then follow Tobler's hiking function.

        Raises
        ------
        InputError
            If the file cannot be read as streets or an option makes no sense.
        """
        _check_mode(mode)
        reading = read_osm(path, modes=(mode,), elevation=elevation)
        network = cls.from_tables(
            reading.tables["street_nodes"],
            reading.tables["street_edges"],
            mode,
            speed_m_s=speed_m_s,
            congestion=congestion,
            road_speeds=road_speeds,
        )
        return replace(network, notices=reading.notices)

    @classmethod
    def from_region(
        cls,
        region: Region,
        mode: Mode = "walk",
        *,
        speed_m_s: float | None = None,
        congestion: Mapping[str, float] | None = None,
        road_speeds: pd.DataFrame | None = None,
    ) -> StreetNetwork:
        """
        Take the streets that `megaregion import osm` brought into a region; see `from_tables`.

        Raises
        ------
        InputError
            If the region has no streets open to the mode.
        """
        edges = region.table("street_edges")
        if edges.empty:
            msg = (
                f"region {region.name!r} has no streets. Bring them with `megaregion import osm FILE.osm.pbf --region "
                "DIR`, or go without for straight lines."
            )
            raise InputError(msg)
        return cls.from_tables(
            region.table("street_nodes"),
            edges,
            mode,
            speed_m_s=speed_m_s,
            congestion=congestion,
            road_speeds=road_speeds,
        )

    @classmethod
    def from_tables(
        cls,
        nodes: pd.DataFrame,
        edges: pd.DataFrame,
        mode: Mode = "walk",
        *,
        speed_m_s: float | None = None,
        congestion: Mapping[str, float] | None = None,
        road_speeds: pd.DataFrame | None = None,
    ) -> StreetNetwork:
        """
        Build a network of tables `street_nodes` and `street_edges`.

        Parameters
        ----------
        nodes, edges
            Tables as their schemas have them.
        mode
            "walk" or "drive".
        speed_m_s
            Walking speed on the flat, m/s; 1.0 by default (3.6 km/h, as r5r and r5py).
        congestion
            Speed of cars over the speed of the street, by class of street ("primary": 0.8); 1 for classes not listed,
            "*" stands for all of these.
        road_speeds
            Speeds of single ways, as `read_road_speeds` gives them; they win over `congestion`.

        Raises
        ------
        InputError
            If no street is open to the mode or an option makes no sense.
        """
        _check_mode(mode)
        open_to = _yes(edges[f"{mode}_forward"], mode) | _yes(edges[f"{mode}_backward"], mode)
        if mode == "drive":
            open_to &= edges["drive_speed_m_s"].notna().to_numpy()
        if not open_to.any():
            other = "walk" if mode == "drive" else "drive"
            msg = (
                f"{len(edges)} street edges, none open to mode {mode!r}; import the extract with --mode {mode},{other}."
            )
            raise InputError(msg)
        edges = edges[open_to].reset_index(drop=True)
        along, against, words = edge_times_ms(
            edges, mode, speed_m_s=speed_m_s, congestion=congestion, road_speeds=road_speeds
        )
        index = pd.Index(nodes["node_id"])
        first, last = (index.get_indexer(edges[name]).astype(np.int32) for name in ("from_node_id", "to_node_id"))
        if (first < 0).any() or (last < 0).any():
            row = int(np.flatnonzero((first < 0) | (last < 0))[0])
            msg = (
                f"table 'street_edges' row {row + 1}: edge {edges['edge_id'].iloc[row]!r} starts or ends at a node "
                "that table 'street_nodes' does not have; add the node."
            )
            raise InputError(msg)
        n = len(nodes)
        shapes = Shapes.of(nodes, edges, first, last, find_mainland(n, (first, last), (along, against)))
        off_street = speed_m_s or WALK_SPEED_M_S
        km_h = f"{off_street * 3.6:g}"
        return cls(
            mode=mode,
            rule=f"{words[0]}; to the nearest street in a straight line at {km_h} km/h, up to {MAX_SNAP_M:g} m",
            rule_zh=f"{words[1]}；到最近道路按直线、{km_h}公里/小时，最远{MAX_SNAP_M:g}米",
            edge_nodes=(first, last),
            edge_ms=(along, against),
            off_street_m_s=off_street,
            arcs=_arcs(n, (first, last), (last, first), (along, against)),
            arcs_back=_arcs(n, (last, first), (first, last), (along, against)),
            shapes=shapes,
        )

    def place(self, points: Points) -> OnStreets:
        """
        Find points on the nearest street.

        A point is placed on the nearest edge of a network that is large enough (`MIN_MAINLAND_NODES`), up to
        `MAX_SNAP_M` away; points that are farther off are listed in `.notices` of the result and reach nothing.
        """
        return place_points(points, self.shapes, self.edge_ms, self.off_street_m_s)

    def reach(self, origins: OnStreets, destinations: OnStreets, max_time_s: int) -> Reach:
        """
        Find what is reached from each origin within a time.

        Always from the first to the second: ways from doors to stops are `reach(doors, stops, ...)`, ways from stops
        to doors `reach(stops, doors, ...)`. The search runs from the side that has fewer points; results are equal.

        Parameters
        ----------
        origins, destinations
            Points as `place` gives them.
        max_time_s
            Longest time, s, 0 to `MAX_TIME_S`.

        Raises
        ------
        InputError
            If the time is out of range.
        """
        if not 0 <= max_time_s <= MAX_TIME_S:
            msg = f"max_time_s is {max_time_s!r}; expected whole seconds from 0 to {MAX_TIME_S} (a week)."
            raise InputError(msg)
        backwards = len(destinations) < len(origins)
        starts, ends = (destinations, origins) if backwards else (origins, destinations)
        arcs = self.arcs_back if backwards else self.arcs
        targets = ends.as_targets(self.edge_nodes, self.n_nodes, backwards=backwards)
        room = max(_PAIRS_AT_ONCE, len(ends))
        target, ms = np.empty(room, np.int32), np.empty(room, np.int32)
        offset = np.zeros(len(starts) + 1, np.int64)
        parts: list[tuple[I32, I32]] = []
        counts = [np.zeros(1, np.int64)]
        begin = 0
        while begin < len(starts):
            span = (begin, len(starts), int(max_time_s) * 1000, int(backwards))
            end = search_streets(
                arcs, self.edge_nodes, starts.as_origins(backwards=backwards), targets, span, (offset, target, ms)
            )
            pairs = int(offset[end])
            parts.append((target[:pairs].copy(), ms[:pairs].copy()))
            counts.append(np.diff(offset[begin : end + 1]))
            begin = end
        if not parts:
            return Reach(np.zeros(len(origins) + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
        there = np.concatenate([part[0] for part in parts])
        time_s = -(-np.concatenate([part[1] for part in parts]) // 1000)
        offset = np.cumsum(np.concatenate(counts))
        if backwards:
            return _turned(offset, there, time_s, len(origins))
        return Reach(offset, there, time_s.astype(np.int32))


def _check_mode(mode: str) -> None:
    if mode not in MODES:
        msg = f"mode is {mode!r}; expected walk or drive."
        raise InputError(msg)


def _yes(column: pd.Series, mode: str) -> NDArray[np.bool_]:
    """Read permissions; blank is open to pedestrians and closed to cars."""
    return column.fillna(mode == "walk").to_numpy(dtype=bool)


def _arcs(n: int, begin: tuple[I32, I32], end: tuple[I32, I32], ms: tuple[I32, I32]) -> Arcs:
    """Ways out of each node, in order of node, of where they lead, and of time."""
    tail, head, time = np.concatenate(begin), np.concatenate(end), np.concatenate(ms)
    keep = time != CLOSED
    tail, head, time = tail[keep], head[keep], time[keep]
    order = np.lexsort((time, head, tail))
    offset = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))]).astype(np.int32)
    return offset, np.ascontiguousarray(head[order]), np.ascontiguousarray(time[order])


def _turned(offset: I64, there: I32, time_s: I32, n: int) -> Reach:
    """Turn pairs by destination into pairs by origin."""
    destination = np.repeat(np.arange(len(offset) - 1, dtype=np.int32), np.diff(offset))
    order = np.argsort(there, kind="stable")
    by_origin = np.concatenate([[0], np.cumsum(np.bincount(there, minlength=n))])
    return Reach(by_origin, destination[order], time_s[order].astype(np.int32))
