"""The way by road between a door and a station, where stations lie too far apart to walk to."""

from __future__ import annotations

from megaregion.mobility.ground import StraightLine
from megaregion.mobility.places import CityAccess

_CITY = CityAccess()

ROAD = StraightLine(speed_m_s=_CITY.speed_m_s, detour=_CITY.detour, fixed_s=_CITY.fixed_s)
"""Way between a door and a station, and from door to door without a ride: the rule of `CityAccess`."""

MAX_ROAD_S = 3_600
"""Longest such way between a place and a station, s."""
