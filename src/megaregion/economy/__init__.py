"""Flows, markets and what follows from them: gravity, market access, equilibria. Names load on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion.economy.balancing import Balanced as Balanced
    from megaregion.economy.balancing import furness as furness
    from megaregion.economy.calibration import Calibrated as Calibrated
    from megaregion.economy.calibration import calibrate as calibrate
    from megaregion.economy.city_network import Interlocking as Interlocking
    from megaregion.economy.city_network import LinkSignificance as LinkSignificance
    from megaregion.economy.city_network import centralities as centralities
    from megaregion.economy.city_network import interlocking_network as interlocking_network
    from megaregion.economy.city_network import link_significance as link_significance
    from megaregion.economy.city_network import random_sites as random_sites
    from megaregion.economy.complementary_pairs import Complementarity as Complementarity
    from megaregion.economy.complementary_pairs import complementarity as complementarity
    from megaregion.economy.composite_index import CompositeIndex as CompositeIndex
    from megaregion.economy.composite_index import Indicator as Indicator
    from megaregion.economy.composite_index import build_index as build_index
    from megaregion.economy.convergence import BetaConvergence as BetaConvergence
    from megaregion.economy.convergence import SigmaConvergence as SigmaConvergence
    from megaregion.economy.convergence import beta_convergence as beta_convergence
    from megaregion.economy.convergence import sigma_convergence as sigma_convergence
    from megaregion.economy.coupling import CouplingCoordination as CouplingCoordination
    from megaregion.economy.coupling import coupling_coordination as coupling_coordination
    from megaregion.economy.coupling import entropy_weights as entropy_weights
    from megaregion.economy.distributions import Distribution as Distribution
    from megaregion.economy.distributions import read_parameters as read_parameters
    from megaregion.economy.economic_complexity import Complexity as Complexity
    from megaregion.economy.economic_complexity import complexity as complexity
    from megaregion.economy.economy_data import EconomyData as EconomyData
    from megaregion.economy.functional_urban_area import FunctionalUrbanAreas as FunctionalUrbanAreas
    from megaregion.economy.functional_urban_area import city_zones as city_zones
    from megaregion.economy.functional_urban_area import functional_urban_areas as functional_urban_areas
    from megaregion.economy.functional_urban_area import urban_centres as urban_centres
    from megaregion.economy.gravity import GravityFit as GravityFit
    from megaregion.economy.gravity import borders as borders
    from megaregion.economy.gravity import fit_gravity as fit_gravity
    from megaregion.economy.hat_algebra import Counterfactual as Counterfactual
    from megaregion.economy.hat_algebra import Solver as Solver
    from megaregion.economy.hat_algebra import counterfactual as counterfactual
    from megaregion.economy.inequality import Theil as Theil
    from megaregion.economy.inequality import gini as gini
    from megaregion.economy.inequality import theil as theil
    from megaregion.economy.markets import MarketAccess as MarketAccess
    from megaregion.economy.markets import economic_potential as economic_potential
    from megaregion.economy.markets import market_access as market_access
    from megaregion.economy.polycentricity import FlowSymmetry as FlowSymmetry
    from megaregion.economy.polycentricity import FunctionalPolycentricity as FunctionalPolycentricity
    from megaregion.economy.polycentricity import RankSize as RankSize
    from megaregion.economy.polycentricity import flow_symmetry as flow_symmetry
    from megaregion.economy.polycentricity import functional_polycentricity as functional_polycentricity
    from megaregion.economy.polycentricity import rank_size as rank_size
    from megaregion.economy.polycentricity import self_containment as self_containment
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
    "CompositeIndex": "composite_index",
    "Counterfactual": "hat_algebra",
    "CouplingCoordination": "coupling",
    "Distribution": "distributions",
    "EconomyData": "economy_data",
    "FlowSymmetry": "polycentricity",
    "FunctionalPolycentricity": "polycentricity",
    "FunctionalUrbanAreas": "functional_urban_area",
    "GravityFit": "gravity",
    "Indicator": "composite_index",
    "Interlocking": "city_network",
    "LinkSignificance": "city_network",
    "MarketAccess": "markets",
    "MoransI": "spatial_autocorrelation",
    "Project": "uncertainty",
    "RankSize": "polycentricity",
    "SigmaConvergence": "convergence",
    "Solver": "hat_algebra",
    "SpatialModel": "spatial_model",
    "Theil": "inequality",
    "TimeCosts": "time_costs",
    "Uniqueness": "uniqueness",
    "beta_convergence": "convergence",
    "borders": "gravity",
    "build_index": "composite_index",
    "calibrate": "calibration",
    "centralities": "city_network",
    "check_uniqueness": "uniqueness",
    "city_zones": "functional_urban_area",
    "complementarity": "complementary_pairs",
    "complexity": "economic_complexity",
    "counterfactual": "hat_algebra",
    "coupling_coordination": "coupling",
    "decay_weights": "spatial_autocorrelation",
    "economic_potential": "markets",
    "ellison_glaeser": "specialisation",
    "entropy_weights": "coupling",
    "fit_gravity": "gravity",
    "flow_symmetry": "polycentricity",
    "functional_polycentricity": "polycentricity",
    "functional_urban_areas": "functional_urban_area",
    "furness": "balancing",
    "gini": "inequality",
    "interlocking_network": "city_network",
    "krugman_index": "specialisation",
    "krugman_specialisation": "specialisation",
    "link_significance": "city_network",
    "location_quotient": "specialisation",
    "market_access": "markets",
    "morans_i": "spatial_autocorrelation",
    "nearest_weights": "spatial_autocorrelation",
    "profile_cosine": "specialisation",
    "random_sites": "city_network",
    "rank_size": "polycentricity",
    "read_parameters": "distributions",
    "self_containment": "polycentricity",
    "sigma_convergence": "convergence",
    "theil": "inequality",
    "urban_centres": "functional_urban_area",
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
