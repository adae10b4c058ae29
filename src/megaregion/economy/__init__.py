"""Flows, markets and what follows from them: gravity, market access, equilibria. Names load on first use."""
from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion.economy.calibration import Calibrated as Calibrated
    from megaregion.economy.calibration import calibrate as calibrate
    from megaregion.economy.distributions import Distribution as Distribution
    from megaregion.economy.distributions import read_parameters as read_parameters
    from megaregion.economy.economy_data import EconomyData as EconomyData
    from megaregion.economy.hat_algebra import Counterfactual as Counterfactual
    from megaregion.economy.hat_algebra import Solver as Solver
    from megaregion.economy.hat_algebra import counterfactual as counterfactual
    from megaregion.economy.spatial_model import SpatialModel as SpatialModel
    from megaregion.economy.time_costs import TimeCosts as TimeCosts
    from megaregion.economy.uncertainty import Bands as Bands
    from megaregion.economy.uncertainty import Certificate as Certificate
    from megaregion.economy.uncertainty import Project as Project
    from megaregion.economy.uncertainty import welfare_bands as welfare_bands
    from megaregion.economy.uniqueness import Uniqueness as Uniqueness
    from megaregion.economy.uniqueness import check_uniqueness as check_uniqueness

_FACE = {
    "Bands": "uncertainty",
    "Calibrated": "calibration",
    "Certificate": "uncertainty",
    "Counterfactual": "hat_algebra",
    "Distribution": "distributions",
    "EconomyData": "economy_data",
    "Project": "uncertainty",
    "Solver": "hat_algebra",
    "SpatialModel": "spatial_model",
    "TimeCosts": "time_costs",
    "Uniqueness": "uniqueness",
    "calibrate": "calibration",
    "check_uniqueness": "uniqueness",
    "counterfactual": "hat_algebra",
    "read_parameters": "distributions",
    "welfare_bands": "uncertainty",
}

__all__ = sorted(_FACE)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        msg = f"module 'megaregion.economy' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"megaregion.economy.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
