"""Whether a spatial economy has one equilibrium, told from its elasticities before anything is solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.spatial_model import SpatialModel

    F64 = NDArray[np.float64]

ROUNDING = 1e-9
"""The bound is a spectral radius of 1, which prices that are free up to scale always reach: rounding aside."""

SINGULAR = 1e-9
"""A system whose determinant is smaller decides nothing about wages and people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniqueness:
    """
    What the elasticities say about equilibria, whatever the geography.

    Attributes
    ----------
    unique
        One equilibrium at most, proven. False: not proven; there are geographies with several, or nobody has shown it.
    spectral_radius
        Largest eigenvalue of the matrix of absolute elasticities; up to 1 is unique.
    ratio
        |gamma2 / gamma1| of Allen and Arkolakis where people live where they work; up to 1 is unique. None otherwise.
    rule
        The rule in words, with the figure.
    """

    unique: bool
    spectral_radius: float
    ratio: float | None
    rule: str


def check_uniqueness(model: SpatialModel) -> Uniqueness:
    """
    Tell from the elasticities whether there is one equilibrium at most.

    The equations are prod_h' x_ih'^gamma_hh' = sum_j K_ijh prod_h' x_jh'^beta_hh'. If the spectral radius of
    |beta gamma^-1| is at most 1, there is one solution at most up to scale, for any positive kernels, symmetric or not.
    Without commuting this is |gamma2 / gamma1| <= 1 of Allen and Arkolakis, and with varieties and land in fixed supply
    sigma (1 - alpha) >= 1 of Redding and Rossi-Hansberg.

    Parameters
    ----------
    model
        Its elasticities.

    Raises
    ------
    InputError
        If the elasticities leave wages and people undetermined (gamma1 = 0).

    References
    ----------
    Allen and Arkolakis 2014, Quarterly Journal of Economics 129(3), theorem 2; Allen, Arkolakis and Li 2024,
    "On the equilibrium properties of spatial models", American Economic Review: Insights 6(4), theorem 1.

    Examples
    --------
    >>> from megaregion.economy.spatial_model import SpatialModel
    >>> round(check_uniqueness(SpatialModel.allen_arkolakis(alpha=0.1, beta=-0.3, sigma=5)).ratio, 6)
    0.142857
    """
    if model.mobility == "fixed":
        return Uniqueness(
            unique=True, spectral_radius=1.0, ratio=None, rule="nobody moves: goods are gross substitutes"
        )
    own, others = _with_commuting(model) if model.mobility == "commuting" else _without_commuting(model)
    if abs(np.linalg.det(own)) < SINGULAR:
        msg = (
            f"{model}: these elasticities leave wages and people undetermined (gamma1 = 0). Change agglomeration, "
            "amenity_spillover or location_elasticity a little."
        )
        raise InputError(msg)
    elasticities = np.linalg.solve(own.T, others.T).T
    radius = float(np.abs(np.linalg.eigvals(np.abs(elasticities))).max())
    unique = radius <= 1 + ROUNDING
    ratio = None
    shown = f"spectral radius {radius:.4g}"
    if model.mobility == "free":
        # one eigenvalue is 1, as wages are free up to scale
        ratio = float(abs(np.trace(elasticities) - 1))
        if unique == (ratio <= 1 + ROUNDING):
            shown = f"|gamma2/gamma1| = {ratio:.6g}"
    verdict = "one equilibrium at most" if unique else "more than one equilibrium cannot be excluded"
    return Uniqueness(
        unique=unique, spectral_radius=radius, ratio=ratio, rule=f"{shown}, {verdict} ({'<=' if unique else '>'} 1)"
    )


def _without_commuting(model: SpatialModel) -> tuple[F64, F64]:
    """Exponents of wages and people on both sides; prices are put in by equal utility."""
    theta, a = model.trade_elasticity, model.agglomeration
    wage, people = np.eye(2)
    price = wage - model.crowding / (1 - model.rent_exponent) * people
    own = np.array([-theta * price, (1 + theta) * wage + (1 - a * theta) * people])
    others = np.array([a * theta * people - theta * wage, wage + people + theta * price])
    return own, others


def _with_commuting(model: SpatialModel) -> tuple[F64, F64]:
    """Exponents of wages, jobs, prices, residents and their income on both sides."""
    theta, a, epsilon = model.trade_elasticity, model.agglomeration, model.location_elasticity
    wage, jobs, price, residents, income = np.eye(5)
    worth = epsilon * (
        model.amenity_spillover * residents - (1 - model.rent_exponent) * price - model.rent_exponent * income
    )
    own = np.array(
        [
            -theta * price,
            (1 + theta) * wage + (1 - a * theta) * jobs,
            jobs - epsilon * wage,
            residents - worth,
            income - worth,
        ]
    )
    others = np.array(
        [a * theta * jobs - theta * wage, income + theta * price, worth, epsilon * wage, (1 + epsilon) * wage]
    )
    return own, others
