"""Timetables, travel times and journeys. Names load on first use: numba takes a while."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion.mobility.direct_train import direct_trains as direct_trains
    from megaregion.mobility.journey import Journey as Journey
    from megaregion.mobility.journey import Leg as Leg
    from megaregion.mobility.journey import journeys as journeys
    from megaregion.mobility.opportunities import accessibility as accessibility
    from megaregion.mobility.places import CityAccess as CityAccess
    from megaregion.mobility.places import Places as Places
    from megaregion.mobility.timetable import Timetable as Timetable
    from megaregion.mobility.travel_time import TravelTimes as TravelTimes
    from megaregion.mobility.travel_time import travel_time_matrix as travel_time_matrix
    from megaregion.mobility.walks import TransferRules as TransferRules

_FACE = {
    "CityAccess": "places",
    "Journey": "journey",
    "Leg": "journey",
    "Places": "places",
    "Timetable": "timetable",
    "TransferRules": "walks",
    "TravelTimes": "travel_time",
    "accessibility": "opportunities",
    "direct_trains": "direct_train",
    "journeys": "journey",
    "travel_time_matrix": "travel_time",
}

__all__ = sorted(_FACE)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        msg = f"module 'megaregion.mobility' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"megaregion.mobility.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
