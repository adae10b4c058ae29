"""Where points lie on a street network: the nearest edge of a network that is large enough, and how far along it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from megaregion.mobility.street_search import CLOSED
from megaregion.notices import Notices
from megaregion.region.sphere import EARTH_RADIUS_M, great_circle_m

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.points import Points

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    F64 = NDArray[np.float64]

MAX_SNAP_M = 1600.0
"""Farthest that a point may lie from the street it is placed on, m; as in R5 (`LINK_RADIUS_METERS`)."""

MIN_MAINLAND_NODES = 40
"""Nodes that reach each other, from which on they are no island; as in R5 (`MIN_SUBGRAPH_SIZE`)."""

JUNCTION_M = 5.0
"""A point on a one-way street that is so near to a junction stands at it, m; as in R5 (`SNAP_RADIUS_MM`)."""

_MAX_LAT = 89.9  # the poles lie at infinity
_SHARE_BITS = 30
_WHOLE = 1 << _SHARE_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """
    Courses of edges.

    Attributes
    ----------
    offset
        (n_edges + 1,) int64, where the vertices of each edge stand.
    lon, lat
        (n_vertices,) float64, degrees.
    mainland
        (n_edges,) bool, whether points may be placed on an edge.
    """

    offset: I64
    lon: F64
    lat: F64
    mainland: NDArray[np.bool_]

    @classmethod
    def of(cls, nodes: pd.DataFrame, edges: pd.DataFrame, first: I32, last: I32, mainland: NDArray[np.bool_]) -> Shapes:
        """Read the courses of table `street_edges`; an edge without one is straight."""
        lon, lat = nodes["lon"].to_numpy(np.float64), nodes["lat"].to_numpy(np.float64)
        course = edges["geometry"].to_numpy(dtype=object)
        lines = shapely.from_wkb(np.where(edges["geometry"].isna().to_numpy(), np.array(None, dtype=object), course))
        blank = np.flatnonzero(shapely.is_missing(lines) | shapely.is_empty(lines))
        if len(blank):
            ends = np.stack([np.column_stack([lon[end], lat[end]])[blank] for end in (first, last)], axis=1)
            lines[blank] = shapely.linestrings(ends)
        vertices, edge = shapely.get_coordinates(lines, return_index=True)
        offset = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=len(lines)))]).astype(np.int64)
        return cls(offset, vertices[:, 0].copy(), vertices[:, 1].copy(), mainland)

    def lines(self, edges: I64) -> NDArray[np.object_]:
        """Courses of some edges on the plane of Mercator's projection."""
        count = np.diff(self.offset)[edges]
        start = np.concatenate([[0], np.cumsum(count)[:-1]])
        vertex = np.repeat(self.offset[edges] - start, count) + np.arange(count.sum())
        plane = _on_plane(self.lon[vertex], self.lat[vertex])
        return np.asarray(shapely.linestrings(plane, indices=np.repeat(np.arange(len(edges)), count)))


@dataclass(frozen=True, slots=True, eq=False)
class OnStreets:
    """
    Points on a street network.

    Attributes
    ----------
    edge
        (n_points,) int32, edge that each point is placed on; -1 = off the streets.
    share
        (n_points,) int32, how far along its edge, in 2^-30 of it.
    along, against
        (n_points,) int32, ms from the first node of the edge and from its last node; `CLOSED` where not allowed.
    leave, arrive
        Ms from the point to the first and the last node, and from these to the point; two of (n_points,) int32 each.
    off_ms
        (n_points,) int32, ms between the point and the street.
    spot
        (n_points,) int64, where the point itself is; equal for points at the same position.
    lon, lat, distance_m
        (n_points,) float64, where on the street the point is placed, degrees, and how far away that is, m.
    notices
        Points off the streets.
    """

    edge: I32
    share: I32
    along: I32
    against: I32
    leave: tuple[I32, I32]
    arrive: tuple[I32, I32]
    off_ms: I32
    spot: I64
    lon: F64
    lat: F64
    distance_m: F64
    notices: Notices = field(default_factory=Notices)

    def __len__(self) -> int:
        return len(self.edge)

    def __getitem__(self, part: slice) -> OnStreets:
        """Give some of the points, one after the other."""
        return OnStreets(
            self.edge[part],
            self.share[part],
            self.along[part],
            self.against[part],
            (self.leave[0][part], self.leave[1][part]),
            (self.arrive[0][part], self.arrive[1][part]),
            self.off_ms[part],
            self.spot[part],
            self.lon[part],
            self.lat[part],
            self.distance_m[part],
            self.notices,
        )

    def as_origins(self, *, backwards: bool) -> tuple[I32, I32, I32, I32, I32, I32, I32, I64]:
        """Points that a search starts at, as the kernel takes them."""
        way = self.arrive if backwards else self.leave
        return self.edge, self.share, self.along, self.against, way[0], way[1], self.off_ms, self.spot

    def as_targets(
        self, edge_nodes: tuple[I32, I32], n_nodes: int, *, backwards: bool
    ) -> tuple[I32, I32, I32, I32, I32, I32, I32, I32, I32, I64]:
        """Points that a search finds, by node and by edge, as the kernel takes them."""
        way = self.leave if backwards else self.arrive
        placed = np.flatnonzero(self.edge >= 0).astype(np.int32)
        node = np.concatenate([end[self.edge[placed]] for end in edge_nodes])
        ms = np.concatenate([each[placed] for each in way])
        point = np.concatenate([placed, placed])
        keep = ms != CLOSED
        node, ms, point = node[keep], ms[keep] + self.off_ms[point[keep]], point[keep]
        order = np.lexsort((point, node))
        by_edge = np.argsort(self.edge[placed], kind="stable")
        return (
            _offset(node, n_nodes),
            point[order],
            ms[order].astype(np.int32),
            _offset(self.edge[placed], len(edge_nodes[0])),
            placed[by_edge],
            self.share,
            self.along,
            self.against,
            self.off_ms,
            self.spot,
        )


def find_mainland(n_nodes: int, edge_nodes: tuple[I32, I32], edge_ms: tuple[I32, I32]) -> NDArray[np.bool_]:
    """
    Find the edges that points may be placed on.

    An edge counts if both of its nodes belong to `MIN_MAINLAND_NODES` nodes or more that all reach each other, or to
    the largest such piece where none is that large.
    """
    (first, last), (along, against) = edge_nodes, edge_ms
    begin = np.concatenate([first[along != CLOSED], last[against != CLOSED]])
    end = np.concatenate([last[along != CLOSED], first[against != CLOSED]])
    graph = coo_array((np.ones(len(begin), np.int8), (begin, end)), shape=(n_nodes, n_nodes)).tocsr()
    _, piece = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(piece)
    used = np.zeros(len(size), dtype=bool)
    used[piece[first]] = used[piece[last]] = True
    large = used & (size >= min(MIN_MAINLAND_NODES, size[used].max()))
    return np.asarray(large[piece[first]] & large[piece[last]])


def place_points(points: Points, shapes: Shapes, edge_ms: tuple[I32, I32], off_street_m_s: float) -> OnStreets:
    """
    Place points on the nearest edge; of several equally near, on the first.

    Parameters
    ----------
    points
        Points to place.
    shapes, edge_ms
        The network.
    off_street_m_s
        Speed between a point and the street, m/s.
    """
    mainland = np.flatnonzero(shapes.mainland)
    lines = shapes.lines(mainland)
    spots = shapely.points(_on_plane(points.lon, points.lat))
    spot, line = shapely.STRtree(lines).query_nearest(spots, all_matches=True)
    order = np.lexsort((line, spot))
    spot, line = spot[order], line[order]
    line = line[np.flatnonzero(np.diff(spot, prepend=-1))]
    located = shapely.line_locate_point(lines[line], spots, normalized=True)
    where = shapely.line_interpolate_point(lines[line], located, normalized=True)
    lon, lat = _off_plane(shapely.get_coordinates(where))
    distance = great_circle_m(points.lon, points.lat, lon, lat)
    notices = Notices()
    off = ~(distance <= MAX_SNAP_M)
    for at in np.flatnonzero(off).tolist():
        message = (
            f"point '{points.ids[at]}' lies {distance[at]:.0f} m from the nearest street; at most {MAX_SNAP_M:.0f} m "
            "are accepted, so it reaches nothing."
        )
        notices.add("point_off_streets", message, field="id", value=points.ids[at])
    edge = np.where(off, -1, mainland[line]).astype(np.int32)
    ms = [each[mainland[line]].astype(np.int64) for each in edge_ms]
    is_open = [each != CLOSED for each in ms]
    # else a point a step behind the junction would have to drive round the block
    length = shapely.length(lines[line]) * np.cos(np.radians(lat))
    near = (np.minimum(located, 1 - located) * length <= JUNCTION_M) & ~(is_open[0] & is_open[1])
    located = np.where(near, np.rint(located), located)
    share = np.rint(located * _WHOLE).astype(np.int64)
    along = np.where(is_open[0], _part(ms[0], share), CLOSED)
    against = np.where(is_open[1], _part(ms[1], _WHOLE - share), CLOSED)
    # whoever stands at a junction may leave it by any street, also where the edge is one-way
    at_first, at_last = (np.where(share == end, 0, CLOSED) for end in (0, _WHOLE))
    leave = (np.where(is_open[1], ms[1] - against, at_first), np.where(is_open[0], ms[0] - along, at_last))
    arrive = (np.where(is_open[0], along, at_first), np.where(is_open[1], against, at_last))
    return OnStreets(
        edge=edge,
        share=share.astype(np.int32),
        along=along.astype(np.int32),
        against=against.astype(np.int32),
        leave=(leave[0].astype(np.int32), leave[1].astype(np.int32)),
        arrive=(arrive[0].astype(np.int32), arrive[1].astype(np.int32)),
        off_ms=np.where(off, 0, np.rint(distance / off_street_m_s * 1000)).astype(np.int32),
        spot=_spots(points),
        lon=lon,
        lat=lat,
        distance_m=distance,
        notices=notices,
    )


def _on_plane(lon: F64, lat: F64) -> F64:
    """
    Put degrees on the plane of Mercator's projection, (n, 2).

    It stretches all directions alike, so what is nearest on it is nearest on the ground.
    """
    north = np.radians(np.clip(lat, -_MAX_LAT, _MAX_LAT))
    return EARTH_RADIUS_M * np.column_stack([np.radians(lon), np.arcsinh(np.tan(north))])


def _off_plane(plane: F64) -> tuple[F64, F64]:
    """Turn positions on the plane back into degrees."""
    return np.degrees(plane[:, 0] / EARTH_RADIUS_M), np.degrees(np.arctan(np.sinh(plane[:, 1] / EARTH_RADIUS_M)))


def _spots(points: Points) -> I64:
    """Give each position a number, the same within 1e-7 degree, about a centimetre."""
    east, north = (np.rint(axis * 1e7).astype(np.int64) for axis in (points.lon, points.lat))
    return np.asarray((east << 32) + north, dtype=np.int64)


def _part(ms: I64, share: I64) -> I64:
    """Take a share of times, rounded; larger shares never give less."""
    return (ms * share + _WHOLE // 2) >> _SHARE_BITS


def _offset(sorted_or_not: I32, n: int) -> I32:
    return np.concatenate([[0], np.cumsum(np.bincount(sorted_or_not, minlength=n))]).astype(np.int32)
