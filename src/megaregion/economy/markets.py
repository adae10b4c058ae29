"""How near markets are: sums of what can be sold to or bought from, and the fixed point in which markets compete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.anderson import LARGEST_STEP, RIDGE, solve_fixed_point
from megaregion.economy.economy_data import check_connected, pair_figures
from megaregion.economy.kernels import column_sums, fill_by_blocks, row_sums
from megaregion.errors import ConvergenceError, InputError
from megaregion.notices import Notices
from megaregion.region.markup import shown_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.kernels import Kernel

    F64 = NDArray[np.float64]

DECAYS = ("power", "exponential")
FIXED_POINTS = ("output", "people")
MAX_ITERATIONS = 2_000
"""Evaluations where there are too many places for Newton steps; some 20 are usual."""
MAX_NEAR = 100
"""Evaluations before Newton steps."""
NEWTON_PLACES = 2_000
"""Most places for which a matrix of them is solved where all else fails: 2,000 take about a second a step."""
POLISHED_PLACES = 300
"""Most places for which it is solved anyway: residuals say little of places that are hardly tied to others."""
NEWTON_STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketAccess:
    """
    Access of places to markets and to suppliers.

    Attributes
    ----------
    ids
        Places.
    market, supplier
        (n,) access to where goods are sold (along rows of costs) and to where they come from (along columns); in units
        of mass times cost^-theta, or of its root in a fixed point. Where costs are the same both ways they are equal.
    own
        (n,) share of `market` that is the place itself, before it is left out; NaN = own costs were not looked at.
    theta, decay, fixed_point
        As asked for; "" = a plain sum.
    residual, iterations
        Of the fixed point: what its equations are off by, log units, and evaluations.
    notices
        Places without access.
    """

    ids: tuple[str, ...]
    market: F64 = field(repr=False)
    supplier: F64 = field(repr=False)
    own: F64 = field(repr=False)
    theta: float
    decay: str
    fixed_point: str
    residual: float
    iterations: int
    notices: Notices = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """market_access, supplier_access and own_share (share of market access that is the place) by place_id."""
        columns = {"market_access": self.market, "supplier_access": self.supplier, "own_share": self.own}
        return pd.DataFrame(columns, index=pd.Index(self.ids, name="place_id", dtype="str"))

    def _repr_html_(self) -> str:
        about = {"theta": f"{self.theta:g}", "decay": self.decay, "fixed point": self.fixed_point or "none"}
        return shown_frame("Market access", about, self.table.reset_index())


def market_access(
    cost: Any,
    mass: Any,
    *,
    theta: float,
    fixed_point: str | None = None,
    decay: str = "power",
    own: bool = True,
    tolerance: float = 1e-11,
) -> MarketAccess:
    """
    Sum what each place can reach, nearer counting more: sum_j cost_ij^-theta mass_j (Hansen).

    Parameters
    ----------
    cost
        (n, n) from rows to columns, above 0, own cost on the diagonal (which may be anything if `own` is false and
        there is no fixed point); inf = not reachable. A frame with ids as labels, in any order, or an array.
    mass
        (n,) output, people or jobs, 0 or more; a series is matched by id.
    theta
        Elasticity of the decay, above 0: trade elasticity times that of cost, or 1 for economic potential. With decay
        "exponential" a rate a unit of cost.
    fixed_point
        None = the plain sum, in which a place is worth the same to all whoever else sells there. "output": mass is
        output, and each market counts by how many can supply it, market_i = sum_j K_ij Y_j / supplier_j (Redding and
        Venables; the price index). "people": mass is people who move until they are equally well off,
        market_i = sum_j K_ij N_j supplier_j^-((1 + theta) / theta) (Donaldson and Hornbeck). The level is such that the
        mass-weighted mean logs of market and supplier access are the same.
    decay
        "power" = cost^-theta, "exponential" = exp(-theta cost).
    own
        Whether a place counts as its own market; if not, its term is left out of the sums, which makes access
        independent of what it measures itself. A fixed point is solved with it all the same.
    tolerance
        Residual of the fixed point, log units.

    Raises
    ------
    InputError
        If figures cannot be meant; in a fixed point also if a place is not tied to the others.
    ConvergenceError
        If the fixed point was not found.

    References
    ----------
    Hansen (1959), How accessibility shapes land use, Journal of the American Institute of Planners 25(2).
    Redding and Venables (2004), Economic geography and international inequality, Journal of International Economics 62.
    Donaldson and Hornbeck (2016), Railroads and American economic growth, Quarterly Journal of Economics 131(2).

    Examples
    --------
    >>> found = market_access([[1, 2], [2, 1]], [30, 10], theta=1)
    >>> found.market.tolist(), found.own.round(3).tolist()
    ([35.0, 25.0], [0.857, 0.4])
    """
    _check_choices(theta, fixed_point, decay)
    notices = Notices()
    inner = own or fixed_point is not None
    ids, costs, masses = _read(cost, mass, own=inner, notices=notices)
    notices.raise_errors("market access")
    kernel, level = _kernel(costs, theta, decay, ids, own=inner, scaled=fixed_point is not None)
    outward, inward, root, residual, iterations = masses, masses, 1.0, 0.0, 0
    if fixed_point is not None:
        # what has no mass buys and sells nothing: it only measures
        there = masses > 0
        traded = kernel if there.all() else kernel[np.ix_(there, there)]
        names = tuple(name for name, some in zip(ids, there, strict=True) if some)
        check_connected(traded > 0, names, notices)
        notices.raise_errors("market access")
        share = 1 / theta if fixed_point == "people" else 0.0
        found = _solve(traded, masses[there], share, names, tolerance)
        outward, inward, root = np.zeros(len(ids)), np.zeros(len(ids)), 2 + share
        outward[there] = masses[there] * np.exp(-(1 + share) * found.supplier)
        inward[there] = masses[there] * np.exp(-share * found.supplier - found.market)
        residual, iterations = found.residual, found.iterations
    inside = np.diagonal(kernel).astype(np.float64)
    np.fill_diagonal(kernel, 0.0)
    market, supplier = row_sums(kernel, outward), column_sums(kernel, inward)
    whole = market + inside * outward
    _note_cut_off(market, ids, notices)
    if own:
        market, supplier = whole, supplier + inside * inward
    # a factor common to all pairs is shared by both sides
    scale = np.exp(-level / root)
    known = (whole > 0) if inner else np.zeros(len(ids), dtype=bool)
    return MarketAccess(
        ids=ids,
        market=market * scale,
        supplier=supplier * scale,
        own=np.divide(inside * outward, whole, out=np.full(len(ids), np.nan), where=known),
        theta=float(theta),
        decay=decay,
        fixed_point=fixed_point or "",
        residual=residual,
        iterations=iterations,
        notices=notices,
    )


def economic_potential(cost: Any, mass: Any, *, own: bool = True) -> MarketAccess:
    """
    Give the economic potential of places: mass over cost, summed over all places.

    Parameters
    ----------
    cost, mass, own
        As for `market_access`; distance or travel time, and output as a rule.

    References
    ----------
    Harris (1954), The market as a factor in the localization of industry, Annals of the AAG 44(4).

    Examples
    --------
    >>> economic_potential([[1, 2], [2, 1]], [30, 10], own=False).market.tolist()
    [5.0, 15.0]
    """
    return market_access(cost, mass, theta=1.0, own=own)


@dataclass(frozen=True, slots=True)
class _Solved:
    """Log access to markets and to suppliers, with what the equations are off by."""

    market: F64
    supplier: F64
    residual: float
    iterations: int


def _solve(kernel: Kernel, mass: F64, share: float, ids: tuple[str, ...], tolerance: float) -> _Solved:
    """
    Solve market = K (mass supplier^-(1 + share)), supplier = K' (mass supplier^-share / market), in logs.

    Anderson acceleration of half steps on both sides at once: with costs that are the same both ways the sides stay
    equal all the time, so that groups of places far from each other cannot drift apart. Where they differ, Newton steps
    on one side draw such groups together, as long as matrices are small.
    """
    weight = mass / mass.sum()

    def sell(log_supplier: F64) -> F64:
        with np.errstate(all="ignore"):
            return np.log(row_sums(kernel, mass * np.exp(-(1 + share) * log_supplier)))

    def buy(log_supplier: F64, log_market: F64) -> F64:
        with np.errstate(all="ignore"):
            return np.log(column_sums(kernel, mass * np.exp(-share * log_supplier - log_market)))

    def sides(log_supplier: F64) -> tuple[F64, F64]:
        log_market = sell(log_supplier)
        return log_market, buy(log_supplier, log_market)

    def step(both: F64) -> tuple[F64, F64]:
        market, supplier = np.split(both, 2)
        residuals = np.concatenate([sell(supplier) - market, buy(supplier, market) - supplier])
        market, supplier = np.split(both + residuals / 2, 2)
        # the level is free: both sides are held at the same
        shift = float(weight @ (market - supplier)) / (2 + share)
        return np.concatenate([market - (1 + share) * shift, supplier + shift]), residuals

    start = np.log(np.concatenate([row_sums(kernel, mass), column_sums(kernel, mass)])) / (2 + share)
    # one side put into the other fails by up to thrice as much as both
    found = solve_fixed_point(
        step, start, tolerance=tolerance / 4, max_iterations=MAX_NEAR if len(mass) <= NEWTON_PLACES else MAX_ITERATIONS
    )
    supplier, iterations = found.x[len(mass) :], found.iterations
    newton = len(mass) <= (POLISHED_PLACES if found.converged else NEWTON_PLACES)
    for _ in range(NEWTON_STEPS if newton else 0):
        market, image = sides(supplier)
        bought = (kernel.T * (mass * np.exp(-share * supplier - market))) / np.exp(image)[:, None]
        sold = (kernel * (mass * np.exp(-(1 + share) * supplier))) / np.exp(market)[:, None]
        slope = (1 + RIDGE) * np.eye(len(mass)) + share * bought - (1 + share) * bought @ sold
        # the level is free: it is held where it is
        move = np.linalg.solve(slope + weight, image - supplier)
        supplier = supplier + np.clip(move, -LARGEST_STEP, LARGEST_STEP)
        iterations += 1
        if np.abs(move).max() <= tolerance:
            break
    market, image = sides(supplier)
    residuals = np.abs(image - supplier)
    if not residuals.max() <= tolerance:  # also catches NaN
        msg = (
            f"market access: no fixed point after {iterations} iterations; residual {residuals.max():.2g}, accepted "
            f"{tolerance:.2g}, furthest off at {ids[int(residuals.argmax())]}. Costs over too many orders of "
            "magnitude? Lower theta."
        )
        raise ConvergenceError(msg)
    shift = float(weight @ (market - supplier)) / (2 + share)
    return _Solved(market - (1 + share) * shift, supplier + shift, float(residuals.max()), iterations)


def _check_choices(theta: float, fixed_point: str | None, decay: str) -> None:
    if not 0 < theta < np.inf:  # also catches NaN
        msg = (
            f"theta is {theta!r}; expected a finite number above 0: how steeply the worth of a market falls with cost."
        )
        raise InputError(msg)
    if decay not in DECAYS:
        msg = f"decay is {decay!r}; expected {' or '.join(DECAYS)}."
        raise InputError(msg)
    if fixed_point is not None and fixed_point not in FIXED_POINTS:
        msg = f"fixed_point is {fixed_point!r}; expected {' or '.join(FIXED_POINTS)} (what mass is), or None."
        raise InputError(msg)
    if fixed_point == "people" and decay == "exponential":
        msg = (
            "fixed_point 'people' has theta as the trade elasticity, which an exponential decay does not give; "
            "expected decay 'power', or fixed_point 'output'."
        )
        raise InputError(msg)


def _read(cost: Any, mass: Any, *, own: bool, notices: Notices) -> tuple[tuple[str, ...], NDArray[Any], F64]:
    """Bring costs and masses into one order, and note what cannot be meant."""
    named = next((each.index for each in (cost, mass) if isinstance(each, pd.DataFrame | pd.Series)), range(len(cost)))
    ids = tuple(map(str, named))
    if len(set(ids)) < len(ids):
        msg = f"market access: {len(ids)} places, {len(set(ids))} different ids; expected all different."
        raise InputError(msg)
    costs = pair_figures(cost, ids, "cost")
    masses = mass
    if isinstance(mass, pd.Series):
        masses = mass.set_axis(mass.index.astype("str")).reindex(list(ids))
    masses = np.asarray(masses, dtype=np.float64)
    if masses.shape != (len(ids),):
        msg = f"mass has shape {masses.shape}; expected one figure for each of {len(ids)} places."
        raise InputError(msg)
    for at in np.flatnonzero(~((masses >= 0) & (masses < np.inf))):  # also catches NaN
        message = f"mass of {ids[at]} is {masses[at]:g}; expected a finite number of at least 0."
        notices.add("market_mass_wrong", message, field="mass", value=ids[at])
    if not (masses > 0).any():
        notices.add("market_mass_wrong", "mass is 0 in all places; expected some above 0.", field="mass")
    wrong = ~(costs > 0)  # also catches NaN
    if not own:
        np.fill_diagonal(wrong, val=False)
    for at, to in np.argwhere(wrong):
        message = f"cost from {ids[at]} to {ids[to]} is {costs[at, to]:g}; expected a number above 0, inf = never."
        notices.add("economy_cost_not_above_zero", message, field="cost", value=ids[at])
    return ids, costs, masses


def _kernel(
    costs: NDArray[Any], theta: float, decay: str, ids: tuple[str, ...], *, own: bool, scaled: bool
) -> tuple[Kernel, float]:
    """Decay of each pair, times exp(level): the nearest counts 1 if scaled. Refuse a place that decay cuts off."""

    def exponent(block: NDArray[Any]) -> NDArray[Any]:
        return theta * (np.log(block) if decay == "power" else block)

    outside = np.isfinite(costs) & ~np.eye(len(ids), dtype=bool)
    counted = np.isfinite(costs) if own else outside
    # a sum in double precision needs no common factor, and is then the same to the last digit whatever others cost
    plain = not scaled and costs.dtype == np.float64
    level = 0.0 if plain or not counted.any() else float(exponent(costs[counted].min()))
    with np.errstate(all="ignore"):
        kernel = fill_by_blocks(
            costs.shape, costs.dtype, lambda rows: np.where(counted[rows], np.exp(level - exponent(costs[rows])), 0.0)
        )
    lost = counted.any(axis=1) & ~(kernel > 0).any(axis=1)
    if lost.any():
        at = int(np.flatnonzero(lost)[0])
        msg = (
            f"market access of {ids[at]} is too small for a number: its nearest market costs "
            f"{costs[at][counted[at]].min():g}, and theta {theta:g} is a unit of cost. Is cost in s and theta in min?"
        )
        raise InputError(msg)
    return kernel, level


def _note_cut_off(outside: F64, ids: tuple[str, ...], notices: Notices) -> None:
    """Name places that reach no market but themselves."""
    for at in np.flatnonzero(outside == 0) if len(ids) > 1 else ():
        message = f"{ids[at]} reaches no other market: all costs from there are infinite, or nothing is there."
        notices.add("market_place_cut_off", message, field="cost", value=ids[at])
