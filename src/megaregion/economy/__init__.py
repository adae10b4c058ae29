"""Flows, markets and what follows from them: gravity, market access, equilibria. Names load on first use."""
from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion.economy.balancing import Balanced as Balanced
    from megaregion.economy.balancing import furness as furness
    from megaregion.economy.calibration import Calibrated as Calibrated
    from megaregion.economy.calibration import calibrate as calibrate
    from megaregion.economy.complementary_pairs import Complementarity as Complementarity
    from megaregion.economy.complementary_pairs import complementarity as complementarity
    from megaregion.economy.convergence import BetaConvergence as BetaConvergence
    from megaregion.economy.convergence import SigmaConvergence as SigmaConvergence
    from megaregion.economy.convergence import beta_convergence as beta_convergence
    from megaregion.economy.convergence import sigma_convergence as sigma_convergence
    from megaregion.economy.distributions import Distribution as Distribution
    from megaregion.economy.distributions import read_parameters as read_parameters
    from megaregion.economy.economic_complexity import Complexity as Complexity
    from megaregion.economy.economic_complexity import complexity as complexity
    from megaregion.economy.economy_data import EconomyData as EconomyData
    from megaregion.economy.gravity import GravityFit as GravityFit
    from megaregion.economy.gravity import borders as borders
    from megaregion.economy.gravity import fit_gravity as fit_gravity
    from megaregion.economy.hat_algebra import Counterfactual as Counterfactual
    from megaregion.economy.hat_algebra import Solver as Solver
    from megaregion.economy.hat_algebra import counterfactual as counterfactual
    from megaregion.economy.inequality import Theil as Theil
    from megaregion.economy.inequality import gini as gini
    from megaregion.economy.inequality import theil as theil
    from megaregion.economy.spatial_autocorrelation import MoransI as MoransI
    from megaregion.economy.spatial_autocorrelation import decay_weights as decay_weights
    from megaregion.economy.spatial_autocorrelation import morans_i as morans_i
    from megaregion.economy.spatial_autocorrelation import nearest_weights as nearest_weights
    from megaregion.economy.spatial_model import SpatialModel as SpatialModel
    from megaregion.economy.specialisation import ellison_glaeser as ellison_glaeser
    from megaregion.economy.specialisation import krugman_index as krugman_index
    from megaregion.economy.specialisation import krugman_specialisation as krugman_specialisation
    from megaregion.economy.specialisation import location_quotient as location_quotient
    from megaregion.economy.specialisation import profile_cosine as profile_cosine
    from megaregion.economy.time_costs import TimeCosts as TimeCosts
    from megaregion.economy.uncertainty import Bands as Bands
    from megaregion.economy.uncertainty import Certificate as Certificate
    from megaregion.economy.uncertainty import Project as Project
    from megaregion.economy.uncertainty import welfare_bands as welfare_bands
    from megaregion.economy.uniqueness import Uniqueness as Uniqueness
    from megaregion.economy.uniqueness import check_uniqueness as check_uniqueness

_FACE = {
    "Balanced": "balancing",
    "Bands": "uncertainty",
    "BetaConvergence": "convergence",
    "Calibrated": "calibration",
    "Certificate": "uncertainty",
    "Complementarity": "complementary_pairs",
    "Complexity": "economic_complexity",
    "Counterfactual": "hat_algebra",
    "Distribution": "distributions",
    "EconomyData": "economy_data",
    "GravityFit": "gravity",
    "MoransI": "spatial_autocorrelation",
    "Project": "uncertainty",
    "SigmaConvergence": "convergence",
    "Solver": "hat_algebra",
    "SpatialModel": "spatial_model",
    "Theil": "inequality",
    "TimeCosts": "time_costs",
    "Uniqueness": "uniqueness",
    "beta_convergence": "convergence",
    "borders": "gravity",
    "calibrate": "calibration",
    "check_uniqueness": "uniqueness",
    "complementarity": "complementary_pairs",
    "complexity": "economic_complexity",
    "counterfactual": "hat_algebra",
    "decay_weights": "spatial_autocorrelation",
    "ellison_glaeser": "specialisation",
    "fit_gravity": "gravity",
    "furness": "balancing",
    "gini": "inequality",
    "krugman_index": "specialisation",
    "krugman_specialisation": "specialisation",
    "location_quotient": "specialisation",
    "morans_i": "spatial_autocorrelation",
    "nearest_weights": "spatial_autocorrelation",
    "profile_cosine": "specialisation",
    "read_parameters": "distributions",
    "sigma_convergence": "convergence",
    "theil": "inequality",
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
