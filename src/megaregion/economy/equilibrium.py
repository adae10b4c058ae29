"""Equilibrium of a spatial economy in changes: which wages and people follow from changed costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.kernels import Flows
    from megaregion.economy.spatial_model import SpatialModel

    F64 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shares:
    """
    Who buys from whom and who works where: observed, or with changed costs in them.

    Attributes
    ----------
    trade
        (n, n) share of spending in j on goods of i.
    commuting
        (n, n) share of all workers who live in i and work in j; None: all work where they live.
    """

    trade: Flows
    commuting: Flows | None


@dataclass(frozen=True, kw_only=True)
class Places:
    """
    What each place had, and what changes there by itself.

    Attributes
    ----------
    wages, employment, residents
        (n,) baseline; the last two in shares of their totals.
    productivity, amenity
        (n,) given changes, logs.
    """

    wages: F64
    employment: F64
    residents: F64
    productivity: F64
    amenity: F64


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What wages and employment imply; (n,) logs of changes unless said otherwise.

    Attributes
    ----------
    wages, employment
        As given.
    goods_price, income, residents
        Price index of goods; income of a resident; people by where they live.
    demand
        Spending that meets a unit of supply of a place.
    pull
        Workers who come, at wages that have not changed; 0 where nobody commutes.
    worth
        Utility of a place for its mean resident; the same everywhere at an equilibrium, unless nobody moves.
    welfare
        Log of the change of expected utility, a number; if nobody moves the mean of logs over residents.
    """

    wages: F64
    employment: F64
    goods_price: F64
    income: F64
    residents: F64
    demand: F64
    pull: F64
    worth: F64
    welfare: float


class HatSystem:
    """
    The equations in exact hat algebra; unknown are the logs of changes of wages and employment, one after the other.

    A commuting flow stays lambda_ni K_ni r_n c_i, with r of the home and c of the work place, so that vectors are
    iterated on and never a matrix. An evaluation costs five products of a kernel and a vector, two without commuting;
    with these, wages and labour follow from two linear equations a place.

    References
    ----------
    Dekle, Eaton and Kortum 2007, "Unbalanced trade", American Economic Review 97(2) (exact hat algebra).
    """

    def __init__(self, model: SpatialModel, base: Shares, changed: Shares, places: Places) -> None:
        self.model = model
        self.shares = changed
        self.places = places
        n = len(places.wages)
        one = np.ones(n)
        self._output = places.wages * places.employment
        self._bought = base.trade.column_sums(one)
        self._reach, self._paid, self._drawn = places.residents, self._output, one
        if base.commuting is not None:
            self._reach, self._paid = base.commuting.row_sums(np.column_stack([one, places.wages])).T
            self._drawn = base.commuting.column_sums(places.residents / self._reach)
        self._spending = self._paid * places.residents / self._reach
        self._met = base.trade.row_sums(self._spending / self._bought)

    def evaluate(self, x: F64) -> tuple[F64, F64]:
        """
        Where unknowns lead, and by how much the equations fail: markets of goods, then labour, log units.

        Labour is supply against demand of workers, or where nobody commutes the gap of utility between places.
        """
        with np.errstate(all="ignore"):  # a step too far is seen as not finite and taken back
            found = self.outcome(x)
            model = self.model
            theta, a = model.trade_elasticity, model.agglomeration
            supply = self.supply(found.wages, found.employment)
            goods = found.wages + found.employment - supply - found.demand
            cleared = found.demand + theta * self.places.productivity
            if model.mobility == "commuting":
                wages = (cleared - (1 - a * theta) * found.pull) / (
                    1 + theta + (1 - a * theta) * model.location_elasticity
                )
                employment = found.pull + model.location_elasticity * wages
                labour = found.employment - found.pull - model.location_elasticity * found.wages
            elif model.mobility == "free":
                q, kept = model.crowding, 1 - model.rent_exponent
                lived = kept * found.goods_price - self.places.amenity
                determinant = q * (1 + theta) + kept * (1 - a * theta)
                wages = (q * cleared + (1 - a * theta) * lived) / determinant
                employment = (kept * cleared - (1 + theta) * lived) / determinant
                labour = found.worth - found.welfare
            else:
                wages, employment = cleared / (1 + theta), found.employment
                labour = np.zeros_like(wages)
            return self._normalised(wages, employment), np.concatenate([goods, labour])

    def outcome(self, x: F64) -> Outcome:
        """Tell what changes of wages and employment imply."""
        model, places = self.model, self.places
        wages, employment = np.split(x, 2)
        bought = self.shares.trade.column_sums(np.exp(self.supply(wages, employment)))
        price = -np.log(bought / self._bought) / model.trade_elasticity
        lived = places.amenity - (1 - model.rent_exponent) * price
        if self.shares.commuting is None:
            residents, income, pull = employment, wages, np.zeros_like(wages)
            worth = lived + (1 - model.rent_exponent) * wages - model.crowding * residents
            welfare = float((places.residents * worth).sum() / places.residents.sum())
        else:
            offers = np.exp(model.location_elasticity * wages)
            paid = np.column_stack([offers, offers * np.exp(wages) * places.wages])
            reach, pay = self.shares.commuting.row_sums(paid).T
            income = np.log(pay / reach) - np.log(self._paid / self._reach)
            choice = np.log(reach / self._reach) / model.location_elasticity
            worth = lived - model.rent_exponent * income + choice
            level = _level(worth / model.crowding, places.residents)
            residents = worth / model.crowding - level
            welfare = model.crowding * level
            worth = np.full_like(worth, welfare)
            leaving = places.residents * np.exp(residents) / reach
            pull = np.log(self.shares.commuting.column_sums(leaving) / self._drawn)
        spending = self._spending * np.exp(residents + income)
        demand = np.log(self.shares.trade.row_sums(spending / bought) / self._met)
        return Outcome(
            wages=wages,
            employment=employment,
            goods_price=price,
            income=income,
            residents=residents,
            demand=demand,
            pull=pull,
            worth=worth,
            welfare=welfare,
        )

    def supply(self, wages: F64, employment: F64) -> F64:
        """How far goods of a place are sold at given demand: cheap ones further, and more varieties, logs."""
        model = self.model
        better = model.agglomeration * employment + self.places.productivity
        return model.trade_elasticity * (better - wages)

    def _normalised(self, wages: F64, employment: F64) -> F64:
        """Keep the number of workers, and output as a sum of money: prices are free up to scale."""
        employment = employment - _level(employment, self.places.employment)
        wages = wages - _level(wages + employment, self._output)
        return np.concatenate([wages, employment])


def _level(logs: F64, weights: F64) -> float:
    """Log of the weighted mean of what the logs are of."""
    return float(np.log((weights * np.exp(logs)).sum() / weights.sum()))
