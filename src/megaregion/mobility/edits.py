"""Edits of transport; importing this module registers their kinds."""

from __future__ import annotations

from megaregion.mobility.add_line_edit import AddLine
from megaregion.mobility.add_station_edit import AddStation
from megaregion.mobility.add_street_edit import AddStreet, Position
from megaregion.mobility.frequency_edit import ChangeFrequency
from megaregion.mobility.line_service import HeadwaySpan
from megaregion.mobility.new_station import NewStation
from megaregion.mobility.remove_line_edit import RemoveLine
from megaregion.mobility.reroute_edit import Reroute
from megaregion.mobility.retime_edit import Retime
from megaregion.mobility.stop_edits import AddFootpath, CloseStop
from megaregion.mobility.trip_edits import ChangeDwell, ChangeSpeed

__all__ = [
    "AddFootpath",
    "AddLine",
    "AddStation",
    "AddStreet",
    "ChangeDwell",
    "ChangeFrequency",
    "ChangeSpeed",
    "CloseStop",
    "HeadwaySpan",
    "NewStation",
    "Position",
    "RemoveLine",
    "Reroute",
    "Retime",
]
