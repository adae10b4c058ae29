"""The edit that adds a street or a footpath to the street network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

from megaregion.errors import InputError
from megaregion.mobility.edits.new_station import check_position
from megaregion.mobility.edits.trip_selection import check_not_negative, check_positive
from megaregion.mobility.street_joint import JOIN_M, NewStreet, add_streets
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.region.model import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """
    A point of a new street.

    Attributes
    ----------
    lon, lat
        Degrees, WGS84.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        check_position("point of a street", self.lon, self.lat)


@edit_kind("add_street")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddStreet:
    """
    Add a street or a footpath to the street network of a region, tables `street_nodes` and `street_edges`.

    Both ends join the nearest node of streets open to the same modes, or else the nearest such street, which is cut
    in two there. On the way it joins the nodes that are named among its points and nothing else: a bridge passes over.
    The region needs a street network; `megaregion import osm` brings one.

    Attributes
    ----------
    name
        Name for people; the new nodes and edges get the keys `new:` + name + `:` + number.
    points
        Its course in order, two or more: positions with lon and lat, or keys of table `street_nodes`, where it joins.
    join_m
        Farthest that an end may lie from what it joins, metres; an end farther off stays loose.
    highway
        Class of street, as the highway tag of OpenStreetMap.
    walk, drive
        Whether it is open to pedestrians and to cars.
    one_way
        Whether cars may only drive from the first point to the last; pedestrians walk both ways.
    drive_speed_kmh
        Speed of cars, km/h; needed where it is open to them.
    status
        How far it has been checked; anything but "confirmed" is said in a notice.
    """

    name: str
    points: tuple[str | Position, ...]
    join_m: float = JOIN_M
    highway: str = "footway"
    walk: bool = True
    drive: bool = False
    one_way: bool = False
    drive_speed_kmh: float | None = None
    status: Literal["confirmed", "unverified", "illustrative"] = "illustrative"
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if not self.name:
            self._refuse("field 'name' is blank; its nodes and edges are named after it.")
        if len(self.points) < 2:
            self._refuse(f"field 'points' has {len(self.points)}; expected two or more.")
        if any(one == other for one, other in pairwise(self.points)):
            self._refuse("field 'points' has one point twice in a row; leave one out.")
        check_not_negative(self.kind, "join_m", self.join_m, "metres")
        if not (self.walk or self.drive):
            self._refuse("it is open to nobody; write walk = true or drive = true.")
        if self.drive != (self.drive_speed_kmh is not None):
            self._refuse("drive = true and drive_speed_kmh go together.")
        if self.drive_speed_kmh is not None:
            check_positive(self.kind, "drive_speed_kmh", self.drive_speed_kmh, "Write 50 for 50 km/h.")

    def resolve(self, region: Region) -> Resolution:
        """Need the nodes given by key; add the edges, and nodes where an end is given by its position."""
        notices = Notices()
        if region.table("street_edges").empty:
            message = f"region {region.name!r} has no street network that street {self.name!r} could join."
            notices.add("no_street_network", message, field="points")
        if self.status != "confirmed":
            notices.add(
                "figures_not_confirmed", f"street {self.name!r} is {self.status}.", field="status", value=self.status
            )
        open_ends = sum(isinstance(self.points[place], Position) for place in (0, -1))
        return Resolution(
            needs=tuple(Ref("street_nodes", each) for each in dict.fromkeys(self.points) if isinstance(each, str)),
            adds=(
                *(Ref("street_nodes", f"{self._key}:{number}") for number in range(1, open_ends + 1)),
                *(Ref("street_edges", f"{self._key}:{number}") for number in range(1, self._n_pieces + 1)),
            ),
            notices=notices,
        )

    def apply(self, region: Region) -> Change:
        """Append the edges, and cut the streets that they join."""
        nodes, edges = region.table("street_nodes"), region.table("street_edges")
        speed = None if self.drive_speed_kmh is None else self.drive_speed_kmh / KMH_PER_M_S
        street = NewStreet(key=self._key, highway=self.highway, walk=self.walk, drive=self.drive, drive_speed_m_s=speed)
        try:
            more_nodes, more_edges = add_streets(nodes, edges, self._paths(nodes), street, join_m=self.join_m)
        except InputError as problem:
            notices = Notices()
            notices.add("street_not_joined", str(problem), field="points")
            return Change(region=region, touched={"street_edges": 0}, notices=notices)
        new = more_edges["edge_id"].str.startswith(f"{self._key}:") & ~more_edges["edge_id"].isin(edges["edge_id"])
        # an end that joins where the other does leads nowhere
        nowhere = new & (more_edges["from_node_id"] == more_edges["to_node_id"])
        n_new = int((new & ~nowhere).sum())
        if not n_new:
            return Change(region=region, touched={"street_edges": 0})
        if self.one_way:
            more_edges["drive_backward"] = more_edges["drive_backward"].mask(new, other=False)
        tables = {"street_nodes": more_nodes, "street_edges": more_edges[~nowhere]}
        touched = {"street_edges": n_new, "street_nodes": len(more_nodes) - len(nodes)}
        return Change(region=region.with_tables(tables), touched=touched)

    @property
    def _n_pieces(self) -> int:
        return 1 + sum(isinstance(each, str) for each in self.points[1:-1])

    def _paths(self, nodes: pd.DataFrame) -> list[list[tuple[float, float]]]:
        """Positions of each piece: a node named on the way ends one and begins the next."""
        columns = (nodes[name].tolist() for name in ("node_id", "lon", "lat"))
        known = {key: (lon, lat) for key, lon, lat in zip(*columns, strict=True) if key in self.points}
        paths: list[list[tuple[float, float]]] = [[]]
        for place, each in enumerate(self.points):
            here = (each.lon, each.lat) if isinstance(each, Position) else known[each]
            paths[-1].append(here)
            if isinstance(each, str) and 0 < place < len(self.points) - 1:
                paths.append([here])
        return paths

    @property
    def _key(self) -> str:
        return f"new:{self.name}"

    def _refuse(self, problem: str) -> None:
        msg = f"edit 'add_street' {self.name!r}: {problem}"
        raise InputError(msg)
