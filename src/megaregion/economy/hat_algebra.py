"""Counterfactuals: what changes of costs, productivity or amenity do to wages, people, rents and welfare."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.anderson import FixedPoint, solve_fixed_point
from megaregion.economy.economy_data import check_connected, check_costs, pair_figures, place_figures
from megaregion.economy.equilibrium import HatSystem, Outcome, Places, Shares
from megaregion.errors import ConvergenceError, InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.calibration import Calibrated
    from megaregion.economy.uniqueness import Uniqueness

    F64 = NDArray[np.float64]

SAME_EQUILIBRIUM = 1e-4
"""Two ends of the search are one equilibrium if no wage or employment differs by more, log units."""

FIRST_PART, LEAST_PART = 0.25, 1 / 64
"""Parts in which a change is made where several equilibria may exist; halved while the data's own is not found."""

START_SPREAD = 1.0
"""Standard deviation of random starts about the data, log units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """
    How an equilibrium is searched for.

    Attributes
    ----------
    tolerance
        Largest residual of markets and of labour, log units.
    max_iterations
        Evaluations at most, for each search.
    memory
        Steps that Anderson acceleration remembers; 0 is the plain loop.
    memory_outside
        The same where one equilibrium is not proven: the map spreads in many directions there.
    starts
        Random starts where one equilibrium is not proven.
    """

    tolerance: float = 1e-9
    max_iterations: int = 1_000
    memory: int = 10
    memory_outside: int = 80
    starts: int = 8


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """
    An economy after a change; output as a sum of money is kept, so wages are relative to it.

    Attributes
    ----------
    ids
        The n places.
    welfare
        Expected utility over before; if nobody moves, the geometric mean over residents.
    wages, employment, population
        (n,) after the change, in the units of the data; the last is by where people live.
    market_residual, labour_residual
        What clearing of goods and of labour is off by at most, log units.
    iterations
        Evaluations, all searches together.
    unique
        Whether there is one equilibrium only, proven.
    equilibria
        How many were found: 1 if unique; otherwise by random starts, that continued from the data among them.
    uniqueness
        The rule behind `unique`.
    table
        One row a place: levels after, and changes (column_hat = after over before).
    notices
        What was found on the way.
    """

    ids: tuple[str, ...] = field(repr=False)
    welfare: float
    wages: F64 = field(repr=False)
    employment: F64 = field(repr=False)
    population: F64 = field(repr=False)
    market_residual: float
    labour_residual: float
    iterations: int
    unique: bool
    equilibria: int
    uniqueness: Uniqueness = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)
    _after: _After = field(repr=False)

    @property
    def residual(self) -> float:
        """Largest residual of goods and labour, log units."""
        return max(self.market_residual, self.labour_residual)

    def as_baseline(self) -> Calibrated:
        """Take this equilibrium as the one that further counterfactuals start from."""
        return self._after.calibrated()


@dataclass(frozen=True, kw_only=True)
class _After:
    """What a further counterfactual needs."""

    base: Calibrated
    system: HatSystem
    outcome: Outcome

    def calibrated(self) -> Calibrated:
        base, found, shares = self.base, self.outcome, self.system.shares
        supply = np.exp(self.system.supply(found.wages, found.employment))
        trade = shares.trade.scaled(supply, 1 / shares.trade.column_sums(supply))
        commuting = shares.commuting
        if commuting is not None:
            offers = np.exp(base.model.location_elasticity * found.wages)
            people = self.system.places.residents * np.exp(found.residents)
            commuting = commuting.scaled(people / commuting.row_sums(offers), offers)
        places = self.system.places
        return replace(
            base,
            wages=base.wages * np.exp(found.wages),
            employment=base.employment * np.exp(found.employment),
            residents=base.residents * np.exp(found.residents),
            shares=Shares(trade=trade, commuting=commuting),
            productivity=base.productivity * np.exp(places.productivity),
            amenity=base.amenity * np.exp(places.amenity),
        )


def counterfactual(
    calibrated: Calibrated,
    *,
    cost_hat: Any = None,
    commuting_hat: Any = None,
    productivity_hat: Any = None,
    amenity_hat: Any = None,
    solver: Solver | None = None,
    rng: np.random.Generator | None = None,
) -> Counterfactual:
    """
    Solve for the economy after a change, in exact hat algebra.

    Where the elasticities prove one equilibrium, it is solved for at once. Where they do not, the change is made in
    steps, so that the equilibrium continued from the data is followed; others are searched for from random starts, and
    a notice says how many were found.

    Parameters
    ----------
    calibrated
        The economy before.
    cost_hat
        (n, n) cost of goods from i in j, after over before, above 0; inf = sold no more. A number is the same for all;
        None = no change.
    commuting_hat
        (n, n) cost of living in i and working in j, after over before. This is the change of the cost, not of the time:
        `TimeCosts` makes one from the other.
    productivity_hat, amenity_hat
        (n,) productivity of a place, and worth of living there at given prices, after over before.
    solver
        Tolerance, memory and number of starts.
    rng
        Where random starts come from; None: the same each time.

    Raises
    ------
    InputError
        If a change is missing, 0 or negative, cuts a place off, or does not go with the model.
    ConvergenceError
        If the residual stays above the tolerance, with the place that is furthest off.

    References
    ----------
    Dekle, Eaton and Kortum 2007, American Economic Review 97(2); Monte, Redding and Rossi-Hansberg 2018, American
    Economic Review 108(12), section II.

    Examples
    --------
    >>> from megaregion.economy.calibration import calibrate
    >>> from megaregion.economy.economy_data import EconomyData
    >>> from megaregion.economy.spatial_model import SpatialModel
    >>> data = EconomyData(employment=[2, 1], wages=[1.5, 1], trade_cost=[[1, 1.2], [1.3, 1]], ids=["a", "b"])
    >>> model = SpatialModel.redding_rossi_hansberg(sigma=5, goods_share=0.7)
    >>> found = counterfactual(calibrate(model, data), cost_hat=0.9)
    >>> round(found.welfare, 6), found.unique  # 0.9 ** -0.7
    (1.07654, True)
    """
    solver = solver or Solver()
    ids, model = calibrated.ids, calibrated.model
    if commuting_hat is not None and calibrated.shares.commuting is None:
        msg = (
            f"commuting_hat is given, but nobody commutes in the model (mobility is {model.mobility!r}): leave it out."
        )
        raise InputError(msg)
    notices = Notices(calibrated.notices)
    hats = {
        name: _pairs(hat, ids, name, notices)
        for name, hat in (("cost_hat", cost_hat), ("commuting_hat", commuting_hat))
    }
    given = {
        name: np.ones(len(ids)) if hat is None else place_figures(hat, ids, name, notices)
        for name, hat in (("productivity_hat", productivity_hat), ("amenity_hat", amenity_hat))
    }
    notices.raise_errors("the change to solve for")
    places = Places(
        wages=calibrated.wages,
        employment=calibrated.employment / calibrated.employment.sum(),
        residents=calibrated.residents / calibrated.residents.sum(),
        productivity=np.log(given["productivity_hat"]),
        amenity=np.log(given["amenity_hat"]),
    )
    certified = calibrated.uniqueness.unique
    change = _Change(calibrated, hats, places, notices)
    found, system, iterations = (_at_once if certified else _followed)(change, solver)
    x = found.x
    ends = [x]
    if not certified:
        more, used = _other_equilibria(system, x, solver, rng or np.random.default_rng(0))
        ends += more
        iterations += used
        message = (
            f"{calibrated.uniqueness.rule}: {solver.starts} random starts and the data led to {len(ends)} "
            f"equilibri{'um' if len(ends) == 1 else 'a'}; the one continued from the data is given."
        )
        notices.add("economy_equilibrium_not_certified", message, value=len(ends))
    goods, labour = np.abs(found.residuals.reshape(2, -1)).max(axis=1)
    outcome = system.outcome(x)
    return Counterfactual(
        ids=ids,
        welfare=float(np.exp(outcome.welfare)),
        wages=calibrated.wages * np.exp(outcome.wages),
        employment=calibrated.employment * np.exp(outcome.employment),
        population=calibrated.residents * np.exp(outcome.residents),
        market_residual=float(goods),
        labour_residual=float(labour),
        iterations=iterations,
        unique=certified,
        equilibria=len(ends),
        uniqueness=calibrated.uniqueness,
        table=_table(calibrated, outcome),
        notices=notices,
        _after=_After(base=calibrated, system=system, outcome=outcome),
    )


def _pairs(hat: Any, ids: tuple[str, ...], name: str, notices: Notices) -> NDArray[Any] | None:
    """(n, n) changes of cost, checked; None = no change."""
    if hat is None:
        return None
    if np.ndim(hat) == 0:
        if not 0 < float(hat) < np.inf:  # also catches NaN
            msg = f"{name} is {hat!r}; expected a finite number above 0, or a matrix of them."
            raise InputError(msg)
        return np.broadcast_to(np.float64(hat), (len(ids), len(ids)))
    figures = pair_figures(hat, ids, name)
    check_costs(figures, ids, name, notices)
    return figures


@dataclass(frozen=True)
class _Change:
    """What is to change, of which parts can be made."""

    base: Calibrated
    hats: dict[str, NDArray[Any] | None]
    places: Places
    notices: Notices

    def system(self, part: float) -> HatSystem:
        """Equations with a part of the change made."""
        trade, commuting = self.base.shares.trade, self.base.shares.commuting
        model, places = self.base.model, self.places
        goods, ways = self.hats["cost_hat"], self.hats["commuting_hat"]
        if goods is not None:
            trade = trade.changed(goods, -model.trade_elasticity * part)
            check_connected(trade.kernel > 0, self.base.ids, self.notices)
            self.notices.raise_errors("the change to solve for")
        if commuting is not None and ways is not None:
            commuting = commuting.changed(ways, -model.location_elasticity * part)
        places = replace(places, productivity=part * places.productivity, amenity=part * places.amenity)
        return HatSystem(model, self.base.shares, Shares(trade=trade, commuting=commuting), places)


def _at_once(change: _Change, solver: Solver) -> tuple[FixedPoint, HatSystem, int]:
    system = change.system(1.0)
    found = _search(system, np.zeros(2 * len(change.base.ids)), solver, solver.memory)
    if not found.converged:
        raise ConvergenceError(_not_found(found, change.base.ids, solver))
    return found, system, found.iterations


def _followed(change: _Change, solver: Solver) -> tuple[FixedPoint, HatSystem, int]:
    """Make the change in parts, each from where the last ended."""
    x, made, part, iterations = np.zeros(2 * len(change.base.ids)), 0.0, FIRST_PART, 0
    while True:
        system = change.system(min(made + part, 1.0))
        found = _search(system, x, solver, solver.memory_outside)
        iterations += found.iterations
        if found.converged:
            x, made = found.x, min(made + part, 1.0)
            if made == 1:
                return found, system, iterations
        elif part <= LEAST_PART:
            msg = (
                f"{_not_found(found, change.base.ids, solver)} {change.base.uniqueness.rule}; the equilibrium of the "
                f"data could be followed to {made:.0%} of the change, where it may end."
            )
            raise ConvergenceError(msg)
        else:
            part /= 2


def _search(system: HatSystem, x: F64, solver: Solver, memory: int) -> FixedPoint:
    return solve_fixed_point(
        system.evaluate, x, tolerance=solver.tolerance, max_iterations=solver.max_iterations, memory=memory
    )


def _not_found(found: FixedPoint, ids: tuple[str, ...], solver: Solver) -> str:
    """Message: how far the search came, and where it is furthest off."""
    where = "at the start"
    if len(found.residuals) > 1:
        worst = int(np.abs(found.residuals).argmax())
        where = f"in the market for {'goods' if worst < len(ids) else 'labour'} of {ids[worst % len(ids)]}"
    return (
        f"no equilibrium after {found.iterations} iterations: residual {found.residual:.3g} {where}, accepted "
        f"{solver.tolerance:.3g}. Look at the change there, raise max_iterations, or lower agglomeration."
    )


def _other_equilibria(system: HatSystem, x: F64, solver: Solver, rng: np.random.Generator) -> tuple[list[F64], int]:
    """Equilibria that random starts lead to, apart from x and each other, and the evaluations that took."""
    known, used = [x], 0
    draws = rng.normal(0.0, START_SPREAD, (-(-solver.starts // 2), len(x)))
    # each start and its mirror: what crowds into one place in the one leaves it in the other
    for start in np.concatenate([draws, -draws])[: solver.starts]:
        found = _search(system, start, solver, solver.memory_outside)
        used += found.iterations
        if found.converged and all(np.abs(found.x - other).max() > SAME_EQUILIBRIUM for other in known):
            known.append(found.x)
    return known[1:], used


def _table(calibrated: Calibrated, found: Outcome) -> pd.DataFrame:
    model = calibrated.model
    housing = model.housing_supply
    rent = (found.residents + found.income + housing * found.goods_price) / (1 + housing)
    real = found.income - model.goods_share * found.goods_price - (1 - model.goods_share) * rent
    logs = {
        "wage_hat": found.wages,
        "employment_hat": found.employment,
        "residents_hat": found.residents,
        "income_hat": found.income,
        "goods_price_hat": found.goods_price,
        "rent_hat": rent,
        "real_income_hat": real,
        "welfare_hat": found.worth,
    }
    columns = {
        "wage": calibrated.wages * np.exp(found.wages),
        "employment": calibrated.employment * np.exp(found.employment),
        "residents": calibrated.residents * np.exp(found.residents),
    } | {name: np.exp(values) for name, values in logs.items()}
    return pd.DataFrame(columns, index=pd.Index(calibrated.ids, name="place_id"))
