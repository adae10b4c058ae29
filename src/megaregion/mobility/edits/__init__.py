"""Edits of transport; importing this module registers their kinds."""

from __future__ import annotations

from megaregion.mobility.edits.add_line import AddLine
from megaregion.mobility.edits.add_station import AddStation
from megaregion.mobility.edits.add_street import AddStreet, Position
from megaregion.mobility.edits.change_frequency import ChangeFrequency
from megaregion.mobility.edits.line_service import HeadwaySpan
from megaregion.mobility.edits.new_station import NewStation
from megaregion.mobility.edits.remove_line import RemoveLine
from megaregion.mobility.edits.reroute import Reroute
from megaregion.mobility.edits.retime import Retime
from megaregion.mobility.edits.stop_edits import AddFootpath, CloseStop
from megaregion.mobility.edits.trip_edits import ChangeDwell, ChangeSpeed

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
