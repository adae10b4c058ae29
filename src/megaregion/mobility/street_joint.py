"""Streets that are added to a network: where they join it, a street that is there is cut in two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from megaregion.errors import InputError
from megaregion.region.schema import conform
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Path = Sequence[tuple[float, float]]

JOIN_M = 20.0
"""Farthest that the end of a new street may lie from the street it joins, m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStreet:
    """
    What a new street is like.

    Attributes
    ----------
    key
        Its nodes and edges get the keys `key:number`.
    highway
        Class of street, as the highway tag of OpenStreetMap.
    walk, drive
        Open to pedestrians, to cars; both ways.
    drive_speed_m_s
        Speed of cars, m/s; needed where it is open to them.
    """

    key: str = "new"
    highway: str = "footway"
    walk: bool = True
    drive: bool = False
    drive_speed_m_s: float | None = None

    def __post_init__(self) -> None:
        if not (self.walk or self.drive):
            msg = f"street {self.key!r} is open to nobody; expected walk or drive."
            raise InputError(msg)
        if self.drive and not (self.drive_speed_m_s or 0) > 0:
            msg = (
                f"street {self.key!r}: drive_speed_m_s is {self.drive_speed_m_s!r}; expected m/s above 0, such as 8.3."
            )
            raise InputError(msg)


def add_streets(
    nodes: pd.DataFrame, edges: pd.DataFrame, paths: Sequence[Path], street: NewStreet, *, join_m: float = JOIN_M
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Add streets to tables `street_nodes` and `street_edges`.

    Both ends of a path join the nearest node within `join_m` from which a street leads on that is open to the same
    modes, else the nearest such street there, which is cut in two; an end that is near nothing stays loose. A street
    for walking and driving joins what is open to both before what is open to one. In between a path joins nothing, so
    that bridges pass over; give several paths for junctions on the way. Paths join those that stand before them.

    Parameters
    ----------
    nodes, edges
        The network; it is not changed.
    paths
        Positions (lon, lat) in order, degrees, two or more for each path.
    street
        What they are like.
    join_m
        Farthest that an end may lie from what it joins, m.

    Raises
    ------
    InputError
        If a path has fewer than two positions, or no path joins the network.
    """
    loose = len(paths) > 0
    for number, path in enumerate(paths, start=1):
        if len(path) < 2:
            msg = f"street {street.key!r}: path {number} has {len(path)} positions; expected two or more."
            raise InputError(msg)
        ends = []
        for lon, lat in (path[0], path[-1]):
            nodes, edges, node, joins = _joint(nodes, edges, lon, lat, street, join_m)
            ends.append(node)
            loose &= not joins
        course = np.array([_position(nodes, ends[0]), *path[1:-1], _position(nodes, ends[1])])
        steps = great_circle_m(course[:-1, 0], course[:-1, 1], course[1:, 0], course[1:, 1])
        row = {
            "edge_id": _free_key(street.key, edges["edge_id"]),
            "from_node_id": ends[0],
            "to_node_id": ends[1],
            "highway": street.highway,
            "length_m": float(steps.sum()),
            "walk_forward": street.walk,
            "walk_backward": street.walk,
            "drive_forward": street.drive,
            "drive_backward": street.drive,
            "drive_speed_m_s": street.drive_speed_m_s if street.drive else np.nan,
            "geometry": shapely.to_wkb(shapely.LineString(course)),
        }
        edges = _append("street_edges", edges, [row])
    if loose:
        msg = (
            f"street {street.key!r}: no end of its {len(paths)} paths lies within {join_m:g} m of a street that is "
            "open to the same modes; move an end or raise join_m."
        )
        raise InputError(msg)
    return nodes, edges


def _joint(
    nodes: pd.DataFrame, edges: pd.DataFrame, lon: float, lat: float, street: NewStreet, join_m: float
) -> tuple[pd.DataFrame, pd.DataFrame, str, bool]:
    """Find the node that the end of a street joins, cutting a street for it if need be; or make a loose end."""
    key = _free_key(street.key, nodes["node_id"])
    for rows in _open_edges(edges, street):
        ends = edges.iloc[rows]
        on = nodes[nodes["node_id"].isin(pd.concat([ends["from_node_id"], ends["to_node_id"]]))]
        metres = great_circle_m(on["lon"].to_numpy(), on["lat"].to_numpy(), lon, lat)
        if len(metres) and metres.min() <= join_m:
            return nodes, edges, str(on["node_id"].iloc[int(metres.argmin())]), True
        row, share, where, off = _nearest_edge(nodes, edges, rows, lon, lat)
        if off <= join_m:
            return (*_cut(nodes, edges, row, share, {"node_id": key, "lon": where[0], "lat": where[1]}), key, True)
    return _append("street_nodes", nodes, [{"node_id": key, "lon": lon, "lat": lat}]), edges, key, False


def _open_edges(edges: pd.DataFrame, street: NewStreet) -> list[NDArray[np.intp]]:
    """Rows of edges open to all modes of a street, and, if it has two, to either: only what one goes on is joined."""
    walks = edges["walk_forward"].fillna(value=True) | edges["walk_backward"].fillna(value=True)
    drives = edges["drive_forward"].fillna(value=False) | edges["drive_backward"].fillna(value=False)
    own = [each.to_numpy(dtype=bool) for each, asked in ((walks, street.walk), (drives, street.drive)) if asked]
    if len(own) == 1:
        return [np.flatnonzero(own[0])]
    return [np.flatnonzero(own[0] & own[1]), np.flatnonzero(own[0] | own[1])]


def _cut(
    nodes: pd.DataFrame, edges: pd.DataFrame, row: int, share: float, new: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut an edge in two at a new node, a share of its length along."""
    key = new["node_id"]
    edge = {str(name): value for name, value in edges.iloc[row].to_dict().items()}
    line = _lines(nodes, edges.iloc[[row]])[0]
    halves = []
    for half, (begin, end) in enumerate(((0.0, share), (share, 1.0)), start=1):
        part = edge | {"edge_id": f"{edge['edge_id']}/{half}", ("to_node_id", "from_node_id")[half - 1]: key}
        part |= {name: edge[name] * (end - begin) for name in ("length_m", "climb_m", "descent_m")}
        halves.append(part | {"geometry": shapely.to_wkb(substring(line, begin, end, normalized=True))})
    kept = edges.drop(index=edges.index[row]).reset_index(drop=True)
    return _append("street_nodes", nodes, [new]), _append("street_edges", kept, halves)


def _nearest_edge(
    nodes: pd.DataFrame, edges: pd.DataFrame, rows: NDArray[np.intp], lon: float, lat: float
) -> tuple[int, float, tuple[float, float], float]:
    """Find the nearest of some edges: its row, how far along, the position there, and how far off in metres."""
    if not len(rows):
        return -1, 0.0, (lon, lat), np.inf
    # degrees of longitude are shorter: stretch them so that near is near
    shrink = np.array([np.cos(np.radians(lat)), 1.0])
    lines = shapely.transform(_lines(nodes, edges.iloc[rows]), lambda degrees: degrees * shrink)
    point = shapely.Point(np.array([lon, lat]) * shrink)
    nearest = int(shapely.distance(lines, point).argmin())
    share = float(shapely.line_locate_point(lines[nearest], point, normalized=True))
    x, y = shapely.get_coordinates(shapely.line_interpolate_point(lines[nearest], share, normalized=True))[0] / shrink
    return int(rows[nearest]), share, (float(x), float(y)), float(great_circle_m(lon, lat, x, y))


def _lines(nodes: pd.DataFrame, edges: pd.DataFrame) -> NDArray[np.object_]:
    """Courses of edges, degrees; straight where the table has none."""
    blank, course = edges["geometry"].isna().to_numpy(), edges["geometry"].to_numpy(dtype=object)
    lines = shapely.from_wkb(np.where(blank, np.array(None, dtype=object), course))
    place = nodes.set_index("node_id")[["lon", "lat"]]
    for at in np.flatnonzero(shapely.is_missing(lines)).tolist():
        lines[at] = shapely.LineString(place.loc[edges[["from_node_id", "to_node_id"]].iloc[at].tolist()].to_numpy())
    return np.asarray(lines)


def _position(nodes: pd.DataFrame, key: str) -> tuple[float, float]:
    row = nodes.loc[nodes["node_id"] == key, ["lon", "lat"]].iloc[0]
    return float(row["lon"]), float(row["lat"])


def _free_key(stem: str, taken: pd.Series) -> str:
    known = set(taken)
    number = 1
    while f"{stem}:{number}" in known:
        number += 1
    return f"{stem}:{number}"


def _append(name: str, table: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    new = conform(name, pd.DataFrame(rows))
    return pd.concat([conform(name, table), new], ignore_index=True) if len(table) else new
