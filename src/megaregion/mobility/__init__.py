"""Timetables, travel times and journeys. Names load on first use: numba takes a while."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion.mobility.catchment import two_step_floating_catchment as two_step_floating_catchment
    from megaregion.mobility.decay import Cumulative as Cumulative
    from megaregion.mobility.decay import Exponential as Exponential
    from megaregion.mobility.decay import Linear as Linear
    from megaregion.mobility.decay import Logistic as Logistic
    from megaregion.mobility.decay import Power as Power
    from megaregion.mobility.decay import Stepped as Stepped
    from megaregion.mobility.direct_train import direct_trains as direct_trains
    from megaregion.mobility.equity import by_group as by_group
    from megaregion.mobility.equity import concentration_index as concentration_index
    from megaregion.mobility.equity import gini as gini
    from megaregion.mobility.equity import palma as palma
    from megaregion.mobility.equity import weighted_median as weighted_median
    from megaregion.mobility.ground import StraightLine as StraightLine
    from megaregion.mobility.isochrone import Isochrones as Isochrones
    from megaregion.mobility.isochrone import isochrones as isochrones
    from megaregion.mobility.journey import Journey as Journey
    from megaregion.mobility.journey import Leg as Leg
    from megaregion.mobility.journey_search import journeys as journeys
    from megaregion.mobility.matrix_rerun import rerun_matrix as rerun_matrix
    from megaregion.mobility.opportunities import accessibility as accessibility
    from megaregion.mobility.opportunities import nearest as nearest
    from megaregion.mobility.opportunities import time_to_reach as time_to_reach
    from megaregion.mobility.pareto import Profile as Profile
    from megaregion.mobility.pareto import earliest_arrivals as earliest_arrivals
    from megaregion.mobility.pareto import profile as profile
    from megaregion.mobility.places import CityAccess as CityAccess
    from megaregion.mobility.places import Places as Places
    from megaregion.mobility.station_paths import PathwayRules as PathwayRules
    from megaregion.mobility.station_paths import StationPaths as StationPaths
    from megaregion.mobility.station_paths import station_doors as station_doors
    from megaregion.mobility.streets import StreetNetwork as StreetNetwork
    from megaregion.mobility.timetable import Timetable as Timetable
    from megaregion.mobility.travel_time import TravelTimes as TravelTimes
    from megaregion.mobility.travel_time import plan_matrix as plan_matrix
    from megaregion.mobility.travel_time import travel_time_matrix as travel_time_matrix
    from megaregion.mobility.walks import TransferRules as TransferRules

_FACE = {
    "CityAccess": "places",
    "Cumulative": "decay",
    "Exponential": "decay",
    "Isochrones": "isochrone",
    "Journey": "journey",
    "Leg": "journey",
    "Linear": "decay",
    "Logistic": "decay",
    "PathwayRules": "station_paths",
    "Places": "places",
    "Power": "decay",
    "Profile": "pareto",
    "StationPaths": "station_paths",
    "Stepped": "decay",
    "StraightLine": "ground",
    "StreetNetwork": "streets",
    "Timetable": "timetable",
    "TransferRules": "walks",
    "TravelTimes": "travel_time",
    "accessibility": "opportunities",
    "by_group": "equity",
    "concentration_index": "equity",
    "direct_trains": "direct_train",
    "earliest_arrivals": "pareto",
    "gini": "equity",
    "isochrones": "isochrone",
    "journeys": "journey_search",
    "nearest": "opportunities",
    "palma": "equity",
    "plan_matrix": "travel_time",
    "profile": "pareto",
    "rerun_matrix": "matrix_rerun",
    "station_doors": "station_paths",
    "time_to_reach": "opportunities",
    "travel_time_matrix": "travel_time",
    "two_step_floating_catchment": "catchment",
    "weighted_median": "equity",
}

__all__ = sorted(_FACE)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        msg = f"module 'megaregion.mobility' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"megaregion.mobility.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
