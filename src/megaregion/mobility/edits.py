"""Edits of transport; importing this module registers their kinds."""

from __future__ import annotations

from megaregion.mobility.line_edits import AddLine, RemoveLine
from megaregion.mobility.new_station import NewStation
from megaregion.mobility.reroute_edit import Reroute
from megaregion.mobility.stop_edits import AddFootpath, CloseStop
from megaregion.mobility.trip_edits import ChangeDwell, ChangeFrequency, ChangeSpeed

__all__ = [
    "AddFootpath",
    "AddLine",
    "ChangeDwell",
    "ChangeFrequency",
    "ChangeSpeed",
    "CloseStop",
    "NewStation",
    "RemoveLine",
    "Reroute",
]
