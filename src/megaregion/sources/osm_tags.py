"""
What the tags of a street say: who may use it, in which direction, and how fast cars go.

Defaults of each class of street stand in `highway_classes.csv`. They are those of the routing engine R5 (Conveyal):
permissions of its `USTraversalPermissionLabeler`, speeds of its `SpeedConfig` in miles an hour, which hold where a way
has no speed limit. The order in which tags win over each other follows "Computing access restrictions" of the
OpenStreetMap wiki: the more special tag wins.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from collections.abc import Mapping

KM_H = 1 / KMH_PER_M_S
MPH = 1.609344 / KMH_PER_M_S
KNOT = 1.852 / KMH_PER_M_S

_SPEED = re.compile(r"(\d+(?:\.\d+)?) ?(km/h|kmh|kph|kmph|mph|knots)?")
_UNITS = {"": KM_H, "km/h": KM_H, "kmh": KM_H, "kph": KM_H, "kmph": KM_H, "mph": MPH, "knots": KNOT}

_OPEN = {
    *("yes", "true", "1", "permissive", "designated", "official", "public", "unknown"),
    *("destination", "customers", "customer", "residents", "resident"),
}
_CLOSED = {
    *("no", "false", "0", "private", "restricted", "prohibited", "license", "permit", "emergency", "military"),
    *("use_sidepath", "dismount", "agricultural", "forestry", "delivery", "bus", "psv"),
}
_SIDEWALK = {"yes", "both", "left", "right"}
_FORWARD = {"yes", "true", "1"}
_BACKWARD = {"-1", "reverse"}
_TWO_WAY = {"no", "false", "0", "reversible", "alternating"}
_ROUNDABOUTS = {"roundabout", "circular"}


@dataclass(frozen=True, slots=True)
class HighwayClass:
    """Defaults of one class of street: open to pedestrians, open to cars, and their speed where no limit is known."""

    walk: bool
    drive: bool
    speed_m_s: float | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may use a way, along it (forward) and against it (backward)."""

    walk_forward: bool
    walk_backward: bool
    drive_forward: bool
    drive_backward: bool

    @property
    def walk(self) -> bool:
        """Open to pedestrians in any direction."""
        return self.walk_forward or self.walk_backward

    @property
    def drive(self) -> bool:
        """Open to cars in any direction."""
        return self.drive_forward or self.drive_backward


@cache
def highway_classes() -> Mapping[str, HighwayClass]:
    """
    Defaults by class of street.

    Examples
    --------
    >>> highway_classes()["footway"]
    HighwayClass(walk=True, drive=False, speed_m_s=None)
    """
    with (files("megaregion.sources") / "highway_classes.csv").open(encoding="utf-8") as lines:
        return {
            row["highway"]: HighwayClass(
                row["walk"] == "yes",
                row["drive"] == "yes",
                float(row["speed_mph"]) * MPH if row["speed_mph"] else None,
            )
            for row in csv.DictReader(lines)
        }


def highway_of(tags: Mapping[str, str]) -> str:
    """Class of a way, the first where several are given; platforms without a class are platforms; "" = no street."""
    highway = tags.get("highway", "").partition(";")[0].strip().casefold()
    if not highway and "platform" in {tags.get("public_transport"), tags.get("railway")}:
        return "platform"
    return highway


def permissions(highway: str, tags: Mapping[str, str]) -> Permissions:
    """
    Find who may use a way.

    Parameters
    ----------
    highway
        Class of the way, one of `highway_classes`.
    tags
        All tags of the way.

    Examples
    --------
    >>> permissions("residential", {"oneway": "-1"})
    Permissions(walk_forward=True, walk_backward=True, drive_forward=False, drive_backward=True)
    >>> permissions("footway", {"access": "private"}).walk
    False
    """
    default = highway_classes()[highway]
    exists = default.walk or default.drive
    sidewalks = {tags.get(key) for key in ("sidewalk", "sidewalk:left", "sidewalk:right", "sidewalk:both")}
    walk = default.walk and tags.get("motorroad") != "yes"
    walk = _allowed(tags.get("access"), default=walk or bool(sidewalks & _SIDEWALK))
    walk = _allowed(tags.get("foot"), default=walk) and exists
    drive = default.drive
    for key in ("access", "vehicle", "motor_vehicle", "motorcar"):
        # a way that cars do not use by its class is opened to them by name only
        if key != "access" or default.drive:
            drive = _allowed(tags.get(key), default=drive)
    drive = drive and exists and highway not in {"steps", "corridor", "platform", "elevator"}
    walk_ways = _directions(tags, ("oneway:foot",), (True, True))
    implied = (True, False) if highway == "motorway" or tags.get("junction") in _ROUNDABOUTS else (True, True)
    drive_ways = _directions(tags, ("oneway", "oneway:vehicle", "oneway:motor_vehicle", "oneway:motorcar"), implied)
    return Permissions(
        walk_forward=walk and walk_ways[0] and tags.get("foot:forward") != "no",
        walk_backward=walk and walk_ways[1] and tags.get("foot:backward") != "no",
        drive_forward=drive and drive_ways[0],
        drive_backward=drive and drive_ways[1],
    )


def parse_speed(text: str) -> float | None:
    """
    Read a speed limit in m/s; of several, the lowest. None if it is no number above 0 in a known unit.

    Examples
    --------
    >>> parse_speed("36"), parse_speed("50; 18"), parse_speed("RU:urban"), parse_speed("-20")
    (10.0, 5.0, None, None)
    >>> round(parse_speed("50 mph") * 3.6, 1)
    80.5
    """
    found = []
    for part in re.split(r"[;|]", text):
        match = _SPEED.fullmatch(part.strip().casefold())
        if match is None:
            return None
        found.append(float(match[1]) * _UNITS[match[2] or ""])
    return min(found) if min(found) > 0 else None


def drive_speed(highway: str, tags: Mapping[str, str]) -> tuple[float | None, str]:
    """
    Find the speed of cars on a way.

    Returns
    -------
    Speed in m/s, None where the class has none; and the value of a speed limit that could not be read, or "".
    """
    default = highway_classes()[highway].speed_m_s or (highway_classes()["road"].speed_m_s)
    unread = ""
    for key in ("maxspeed:motorcar", "maxspeed", "maxspeed:forward", "maxspeed:backward"):
        if key in tags:
            speed = parse_speed(tags[key])
            if speed is not None:
                return speed, ""
            unread = unread or tags[key]
    return default, unread


def _allowed(value: str | None, *, default: bool) -> bool:
    value = (value or "").partition(";")[0].strip().casefold()
    return True if value in _OPEN else False if value in _CLOSED else default


def _directions(tags: Mapping[str, str], keys: tuple[str, ...], default: tuple[bool, bool]) -> tuple[bool, bool]:
    found = default
    for key in keys:
        value = tags.get(key, "").strip().casefold()
        if value in _FORWARD:
            found = (True, False)
        elif value in _BACKWARD:
            found = (False, True)
        elif value in _TWO_WAY:
            found = (True, True)
    return found
