"""The edit that adds a street or a footpath to the street network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from scipy.spatial import KDTree

from megaregion.errors import InputError
from megaregion.mobility.new_station import append_rows
from megaregion.mobility.plausible_speed import KMH_IN_M_S
from megaregion.mobility.trip_selection import check_not_negative, check_positive
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.sphere import great_circle_m, unit_vectors_m

if TYPE_CHECKING:
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
        for field, value, limit in (("lon", self.lon, 180), ("lat", self.lat, 90)):
            if not abs(value) <= limit:
                msg = f"point of a street: field {field!r} is {value!r}; expected degrees from -{limit} to {limit}."
                raise InputError(msg)


@edit_kind("add_street")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddStreet:
    """
    Add a street or a footpath to the street network of a region, table `street_edges`.

    It runs straight from each of its points to the next. Where a point lies close to a node of the network it joins it
    there. The region needs a street network; `megaregion import osm` brings one.

    Attributes
    ----------
    name
        Name for people; the new nodes and edges get the keys `new:` + name + `:` + number.
    points
        Points in order, two or more: keys of table `street_nodes`, or positions with lon and lat.
    join_m
        A position joins the nearest node if that is at most so many metres away.
    lengths_m
        Length from each point to the next, metres, above 0; blank = the straight line.
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
    join_m: float = 20.0
    lengths_m: tuple[float, ...] = ()
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
        if self.lengths_m and len(self.lengths_m) != len(self.points) - 1:
            self._refuse(
                f"field 'lengths_m' has {len(self.lengths_m)} numbers; expected {len(self.points) - 1}, one from each "
                "point to the next."
            )
        for value in self.lengths_m:
            check_positive(self.kind, "lengths_m", value, "")
        check_not_negative(self.kind, "join_m", self.join_m, "metres")
        if not (self.walk or self.drive):
            self._refuse("it is open to nobody; write walk = true or drive = true.")
        if self.drive != (self.drive_speed_kmh is not None):
            self._refuse("drive = true and drive_speed_kmh go together.")
        if self.drive_speed_kmh is not None:
            check_positive(self.kind, "drive_speed_kmh", self.drive_speed_kmh, "Write 50 for 50 km/h.")

    def resolve(self, region: Region) -> Resolution:
        """Need the nodes given by key; add those that join nothing, and the edges."""
        notices = Notices()
        if region.table("street_edges").empty:
            message = f"region {region.name!r} has no street network that street {self.name!r} could join."
            notices.add("no_street_network", message, field="points")
        nodes = self._nodes(region)
        if self.status != "confirmed":
            notices.add(
                "figures_not_confirmed", f"street {self.name!r} is {self.status}.", field="status", value=self.status
            )
        return Resolution(
            needs=tuple(Ref("street_nodes", each) for each in dict.fromkeys(self.points) if isinstance(each, str)),
            adds=(
                *(Ref("street_nodes", key) for key, new in nodes if new),
                *(Ref("street_edges", f"{self._key}:{number}") for number in range(1, len(nodes))),
            ),
            notices=notices,
        )

    def apply(self, region: Region) -> Change:
        """Append nodes and edges."""
        nodes = self._nodes(region)
        known = region.table("street_nodes").set_index("node_id")[["lon", "lat"]]
        place = {
            key: (each.lon, each.lat) if new and isinstance(each, Position) else tuple(known.loc[key])
            for (key, new), each in zip(nodes, self.points, strict=True)
        }
        edges = []
        for number, ((one, _), (other, _)) in enumerate(pairwise(nodes), start=1):
            if one == other:
                continue
            straight = float(great_circle_m(*place[one], *place[other]))
            edge = {
                "edge_id": f"{self._key}:{number}",
                "from_node_id": one,
                "to_node_id": other,
                "highway": self.highway,
                "length_m": self.lengths_m[number - 1] if self.lengths_m else straight,
                "walk_forward": self.walk,
                "walk_backward": self.walk,
                "drive_forward": self.drive,
                "drive_backward": self.drive and not self.one_way,
            }
            speed = {} if self.drive_speed_kmh is None else {"drive_speed_m_s": self.drive_speed_kmh / KMH_IN_M_S}
            edges.append(edge | speed)
        new = [
            {"node_id": key, "lon": each.lon, "lat": each.lat}
            for (key, is_new), each in zip(nodes, self.points, strict=True)
            if is_new and isinstance(each, Position)
        ]
        touched = {"street_edges": len(edges), "street_nodes": len(new) if edges else 0}
        if not edges:
            return Change(region=region, touched=touched)
        notices = Notices()
        if len(new) == len(nodes):
            notices.add(
                "street_not_joined",
                f"street {self.name!r}: no node of the network lies within {self.join_m:g} m of any of its points.",
                field="points",
            )
        tables = {"street_edges": append_rows(region, "street_edges", edges)}
        if new:
            tables["street_nodes"] = append_rows(region, "street_nodes", new)
        return Change(region=region.with_tables(tables), touched=touched, notices=notices)

    def _nodes(self, region: Region) -> list[tuple[str, bool]]:
        """Key of the node at each point, and whether it is new."""
        table = region.table("street_nodes")
        asked = [place for place, each in enumerate(self.points) if isinstance(each, Position)]
        joined: dict[int, str] = {}
        if asked and len(table):
            where = np.array([(each.lon, each.lat) for each in self.points if isinstance(each, Position)])
            tree = KDTree(unit_vectors_m(table["lon"], table["lat"]))
            metres, nearest = tree.query(unit_vectors_m(where[:, 0], where[:, 1]))
            joined = {
                place: str(table["node_id"].iloc[row])
                for place, off, row in zip(asked, metres, nearest, strict=True)
                if off <= self.join_m
            }
        return [
            (each, False)
            if isinstance(each, str)
            else (joined[place], False)
            if place in joined
            else (f"{self._key}:{place + 1}", True)
            for place, each in enumerate(self.points)
        ]

    @property
    def _key(self) -> str:
        return f"new:{self.name}"

    def _refuse(self, problem: str) -> None:
        msg = f"edit 'add_street' {self.name!r}: {problem}"
        raise InputError(msg)
