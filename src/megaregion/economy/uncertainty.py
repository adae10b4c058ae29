"""Bands: what is not known of elasticities, timetables and figures, carried through calibration and counterfactual."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.calibration import calibrate
from megaregion.economy.distributions import Distribution, draw_evenly
from megaregion.economy.economy_data import EconomyData, pair_figures, place_figures
from megaregion.economy.hat_algebra import Solver, counterfactual
from megaregion.economy.spatial_model import SpatialModel
from megaregion.economy.time_costs import TimeCosts
from megaregion.economy.uniqueness import check_uniqueness
from megaregion.economy.variance_shares import METHOD, variance_shares
from megaregion.errors import ConvergenceError, InputError
from megaregion.notices import Notices
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

OF_MODEL = {
    name: name
    for name in (
        "trade_elasticity",
        "agglomeration",
        "amenity_spillover",
        "goods_share",
        "housing_supply",
        "location_elasticity",
    )
}
OF_COSTS = {
    "commuting_time_elasticity": "commuting",
    "commuting_growth_per_min": "commuting_per_min",
    "business_time_elasticity": "business",
    "distance_elasticity": "goods",
    "goods_pass_through": "goods_pass_through",
}
ERRORS = {"wage_error": "wages", "employment_error": "employment", "residents_error": "residents"}
PERCENTILE = "timetable_percentile"
KNOWN = (*OF_MODEL, *OF_COSTS, *ERRORS, PERCENTILE)

ERROR_SETS = 50
"""Sets of measurement errors that draws share: enough for a band, few enough to see what varies between them."""

LEAST_SPEED_M_S, MOST_SPEED_M_S = 0.5, 200.0
"""Median speed between places that is believed, from a walk with long waits to a fast train."""

OUTCOMES = ("wage_hat", "employment_hat", "residents_hat", "rent_hat", "real_income_hat")


@dataclass(frozen=True, kw_only=True)
class Project:
    """
    What is asked of an economy: figures by place, distances of goods, and travel times before and after.

    Series and frames are put into the order of `ids` by their labels; plain arrays stand in that order.

    Attributes
    ----------
    ids
        The n places.
    employment, wages, residents
        (n,) as observed; each above 0.
    distance_m
        (n, n) effective distance of goods, m, inner distances on the diagonal.
    before_s, after_s
        (k, n, n) travel times of people at k percentiles of departures, s, inner times on the diagonal; or (n, n).
    percentiles
        (k,) which, per cent, ascending.
    """

    ids: tuple[str, ...]
    employment: F64 = field(repr=False)
    wages: F64 = field(repr=False)
    residents: F64 = field(repr=False)
    distance_m: F64 = field(repr=False)
    before_s: F64 = field(repr=False)
    after_s: F64 = field(repr=False)
    percentiles: tuple[float, ...] = (50.0,)

    def __post_init__(self) -> None:
        """Bring everything to arrays of the shapes that are said above."""
        n, k = len(self.ids), len(self.percentiles)
        notices = Notices()
        for name in ERRORS.values():
            object.__setattr__(self, name, place_figures(getattr(self, name), self.ids, name, notices))
        notices.raise_errors("the project")
        object.__setattr__(self, "distance_m", pair_figures(self.distance_m, self.ids, "distance_m"))
        for name in ("before_s", "after_s"):
            figures = np.asarray(getattr(self, name), dtype=np.float64)
            figures = figures[None] if figures.ndim == 2 else figures
            if figures.shape != (k, n, n):
                msg = (
                    f"Project: {name} has shape {figures.shape}; expected {(k, n, n)}, percentiles by places by places."
                )
                raise InputError(msg)
            object.__setattr__(self, name, figures)
        if list(self.percentiles) != sorted(set(self.percentiles)):
            msg = f"Project: percentiles are {self.percentiles}; expected different ones, ascending."
            raise InputError(msg)

    def at(self, percentile: float) -> tuple[F64, F64]:
        """Travel times before and after at a percentile, between those given by a straight line, s."""
        low = int(np.clip(np.searchsorted(self.percentiles, percentile) - 1, 0, max(len(self.percentiles) - 2, 0)))
        high = min(low + 1, len(self.percentiles) - 1)
        if high == low:
            return self.before_s[0], self.after_s[0]
        share = (percentile - self.percentiles[low]) / (self.percentiles[high] - self.percentiles[low])
        share = float(np.clip(share, 0, 1))
        before, after = (
            (1 - share) * times[low] + share * times[high] if 0 < share < 1 else times[high if share else low]
            for times in (self.before_s, self.after_s)
        )
        return before, after


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """
    What a band rests on.

    Attributes
    ----------
    draws, solved
        Draws made, and those with an equilibrium; others are left out of the band.
    unique
        Share of draws whose elasticities prove one equilibrium; others follow the one of the data.
    converged
        Share of draws that were solved.
    largest_residual
        Over all solved draws, log units.
    extrapolating
        Pairs of places, from and to, whose time afterwards is shorter than any between two places before: elasticities
        are used beyond what they were measured on.
    failures
        Messages of draws that were not solved, with how often each kind came.
    """

    draws: int
    solved: int
    unique: float
    converged: float
    largest_residual: float
    extrapolating: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, int], ...]

    @property
    def valid(self) -> bool:
        """Whether all draws were solved, all have one equilibrium and no elasticity is stretched."""
        return self.unique == 1 and self.converged == 1 and not self.extrapolating


@dataclass(frozen=True, kw_only=True)
class Bands:
    """
    What a project does, with what is not known of it.

    Attributes
    ----------
    welfare
        (low, median, high) of expected utility over before.
    level
        Share of draws within low and high.
    table
        One row a place: low, median and high of changes of wages, jobs, residents, rents and real income.
    drivers
        One row an input: share of variance of welfare and, by place, of each outcome that it explains by itself.
    method
        How drivers were found.
    draws
        (solved draws, parameters and welfare): what was drawn.
    certificate
        Unique? converged? extrapolating?
    notices
        The same in words.
    """

    welfare: tuple[float, float, float]
    level: float
    table: pd.DataFrame = field(repr=False)
    drivers: pd.DataFrame = field(repr=False)
    method: str = field(repr=False)
    draws: pd.DataFrame = field(repr=False)
    certificate: Certificate
    notices: Notices = field(repr=False)


def welfare_bands(
    project: Project,
    parameters: Mapping[str, Distribution],
    *,
    model: SpatialModel | None = None,
    costs: TimeCosts | None = None,
    draws: int = 1_000,
    level: float = 0.9,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bands:
    """
    Solve for a project again and again, each time with other elasticities, departures and errors, calibrated anew.

    Parameters
    ----------
    project
        Figures and travel times.
    parameters
        What is drawn, by name: elasticities of the model (`trade_elasticity`, `location_elasticity`, ...), of costs
        (`commuting_time_elasticity`, `business_time_elasticity`, `distance_elasticity`, `goods_pass_through`),
        `timetable_percentile`, and `wage_error`, `employment_error`, `residents_error`: standard deviations of logs.
    model, costs
        Values of what is not drawn; None: those of `parameters` at their medians, with commuting.
    draws
        How many; a Latin hypercube.
    level
        Share of draws that a band holds.
    rng
        Where they come from; None: the same each time.
    progress
        Called with the number of draws done and their total.

    Raises
    ------
    InputError
        If a parameter is not known, or none of the draws can be solved.

    References
    ----------
    Dingel and Tintelnot 2020, "Spatial economics for granular settings", NBER working paper 27287 (why observed shares
    must not be taken as exact).
    """
    _check(project, parameters, draws, level)
    rng = rng or np.random.default_rng(0)
    model, costs = at_medians(parameters, model=model, costs=costs)
    values, shares = draw_evenly(parameters, draws, rng)
    sets, errors = _errors(project, parameters, draws, rng)
    runs = _Runs(project, model, costs)
    for at in range(draws):
        drawn = {name: float(column[at]) for name, column in values.items()}
        runs.add(drawn, {name: of_sets[sets[at]] for name, of_sets in errors.items()})
        if progress is not None:
            progress(at + 1, draws)
    if not runs.outcomes:
        msg = f"none of {draws} draws could be solved; the first said: {runs.failed[0]}"
        raise InputError(msg)
    solved = np.array(runs.solved)
    outcomes = np.array(runs.outcomes)
    low, high = (1 - level) / 2, (1 + level) / 2
    bands = np.quantile(outcomes, [low, 0.5, high], axis=0)
    drivers = variance_shares(
        outcomes,
        {name: share[solved] for name, share in shares.items() if name not in ERRORS},
        {"measurement": sets[solved]} if errors else {},
    )
    drivers.columns = pd.MultiIndex.from_tuples(
        [("welfare", ""), *((name, place) for name in OUTCOMES for place in project.ids)], names=["outcome", "place_id"]
    )
    certificate = runs.certificate(draws)
    drawn_table = pd.DataFrame({name: column[solved] for name, column in values.items()})
    drawn_table["welfare"] = outcomes[:, 0]
    return Bands(
        welfare=(float(bands[0, 0]), float(bands[1, 0]), float(bands[2, 0])),
        level=level,
        table=_table(bands[:, 1:], project.ids),
        drivers=drivers,
        method=METHOD,
        draws=drawn_table,
        certificate=certificate,
        notices=_notices(certificate, project),
    )


def at_medians(
    parameters: Mapping[str, Distribution], *, model: SpatialModel | None = None, costs: TimeCosts | None = None
) -> tuple[SpatialModel, TimeCosts]:
    """
    Put the medians of parameters into a model and costs: the draw in the middle of all.

    Parameters
    ----------
    parameters
        As for `welfare_bands`.
    model, costs
        Values of what is not among them; None: a model with commuting.

    Raises
    ------
    InputError
        If no model is given and parameters lack what one needs.

    Examples
    --------
    >>> drawn = {"trade_elasticity": Distribution("lognormal", 2, 8), "location_elasticity": Distribution("fixed", 5)}
    >>> model, costs = at_medians(drawn, costs=TimeCosts(commuting=0.5))
    >>> round(model.trade_elasticity, 6), model.location_elasticity, costs.commuting
    (4.0, 5.0, 0.5)
    """
    middle = {name: float(distribution.quantile(0.5)) for name, distribution in parameters.items()}
    model = replace(model or _model(middle), **_named(middle, OF_MODEL))
    return model, replace(costs or _costs(middle), **_named(middle, OF_COSTS))


class _Runs:
    """Solved draws, one after the other."""

    def __init__(self, project: Project, model: SpatialModel, costs: TimeCosts) -> None:
        self.project, self.model, self.costs = project, model, costs
        self.outcomes: list[F64] = []
        self.solved: list[int] = []
        self.failed: list[str] = []
        self.unique = 0
        self.tried = 0
        self.residual = 0.0
        # searching for more equilibria in each draw would cost tenfold; the certificate counts who might need it
        self.solver = Solver(starts=0)

    def add(self, drawn: dict[str, float], errors: dict[str, F64]) -> None:
        """Calibrate and solve one draw."""
        project, number = self.project, self.tried
        self.tried += 1
        try:
            model = replace(self.model, **_named(drawn, OF_MODEL))
            costs = replace(self.costs, **_named(drawn, OF_COSTS))
            before, after = project.at(drawn.get(PERCENTILE, 50.0))
            data = EconomyData(
                ids=project.ids,
                **{name: getattr(project, name) * errors.get(name, 1.0) for name in ERRORS.values()},
                trade_cost=costs.trade_cost(project.distance_m),
                commuting_cost=costs.commuting_cost(before) if model.mobility == "commuting" else None,
            )
            self.unique += check_uniqueness(model).unique
            goods, ways = costs.changes(before, after)
            found = counterfactual(
                calibrate(model, data),
                cost_hat=goods,
                commuting_hat=ways if model.mobility == "commuting" else None,
                solver=self.solver,
            )
        except (InputError, ConvergenceError) as problem:
            self.failed.append(str(problem))
            return
        self.solved.append(number)
        self.residual = max(self.residual, found.residual)
        self.outcomes.append(np.concatenate([[found.welfare], found.table[list(OUTCOMES)].to_numpy().T.ravel()]))

    def certificate(self, draws: int) -> Certificate:
        """Tell what the band rests on."""
        project = self.project
        between = ~np.eye(len(project.ids), dtype=bool)
        shortest = min(float(times[between].min()) for times in project.before_s)
        shorter = ((project.after_s < shortest) & (project.after_s < project.before_s)).any(axis=0) & between
        kinds: dict[str, int] = {}
        for message in self.failed:
            kind = message.partition(":")[0]
            kinds[kind] = kinds.get(kind, 0) + 1
        return Certificate(
            draws=draws,
            solved=len(self.solved),
            unique=self.unique / draws,
            converged=len(self.solved) / draws,
            largest_residual=self.residual,
            extrapolating=tuple((project.ids[at], project.ids[to]) for at, to in np.argwhere(shorter)),
            failures=tuple(kinds.items()),
        )


def _check(project: Project, parameters: Mapping[str, Distribution], draws: int, level: float) -> None:
    unknown = [name for name in parameters if name not in KNOWN]
    if unknown:
        named = ", ".join(map(repr, unknown))
        msg = f"no parameter {named}; the parameters are {', '.join(KNOWN)}.{suggest(unknown[0], KNOWN)}"
        raise InputError(msg)
    spreads = [name for name in ERRORS if name in parameters and parameters[name].kind != "fixed"]
    if spreads:
        msg = f"{spreads[0]} is {parameters[spreads[0]].kind}; expected fixed, as it is the spread of errors itself."
        raise InputError(msg)
    if draws < 20:
        msg = f"draws is {draws!r}; expected 20 or more, 1,000 for a band."
        raise InputError(msg)
    if not 0 < level < 1:
        msg = f"level is {level!r}; expected a share of draws above 0, below 1, such as 0.9."
        raise InputError(msg)
    if PERCENTILE in parameters and len(project.percentiles) == 1 and parameters[PERCENTILE].kind != "fixed":
        only = f"{project.percentiles[0]:g}"
        msg = f"{PERCENTILE} is drawn, but travel times are given at percentile {only} only; give those of more."
        raise InputError(msg)


def _named(drawn: Mapping[str, float], known: Mapping[str, str]) -> dict[str, Any]:
    return {known[name]: value for name, value in drawn.items() if name in known}


def _model(middle: Mapping[str, float]) -> SpatialModel:
    given = _named(middle, OF_MODEL)
    needed = [name for name in ("trade_elasticity", "location_elasticity") if name not in given]
    if needed:
        msg = f"parameters lack {' and '.join(needed)}: give them, or a model."
        raise InputError(msg)
    return SpatialModel(mobility="commuting", **given)


def _costs(middle: Mapping[str, float]) -> TimeCosts:
    return TimeCosts(**_named(middle, OF_COSTS))


def _errors(
    project: Project, parameters: Mapping[str, Distribution], draws: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], dict[str, F64]]:
    """Which set of measurement errors each draw uses, and the sets: (sets, n) factors by figure."""
    # each set is used several times, or what varies between sets could not be told
    sets = rng.permutation(np.arange(draws) % min(ERROR_SETS, draws // 4))
    errors = {}
    for name, figure in ERRORS.items():
        spread = float(parameters[name].quantile(0.5)) if name in parameters else 0.0
        if spread:
            errors[figure] = np.exp(rng.normal(0, spread, (ERROR_SETS, len(project.ids))))
    return sets, errors


def _table(bands: F64, ids: tuple[str, ...]) -> pd.DataFrame:
    by_outcome = bands.reshape(3, len(OUTCOMES), len(ids))
    columns = {
        f"{name}_{part}": by_outcome[row, at]
        for at, name in enumerate(OUTCOMES)
        for row, part in enumerate(("low", "median", "high"))
    }
    return pd.DataFrame(columns, index=pd.Index(ids, name="place_id"))


def _notices(certificate: Certificate, project: Project) -> Notices:
    notices = Notices()
    between = ~np.eye(len(project.ids), dtype=bool) & (project.before_s[0] > 0)
    speed = float(np.median(project.distance_m[between] / project.before_s[0][between]))
    if not LEAST_SPEED_M_S <= speed <= MOST_SPEED_M_S:
        message = f"distances over times before are {3.6 * speed:.3g} km/h in the middle: are these m and s?"
        notices.add("economy_implausible_speed", message, value=f"{speed:.6g}")
    if certificate.unique < 1:
        message = f"{1 - certificate.unique:.1%} of {certificate.draws} draws lie outside the unique range."
        notices.add("economy_equilibrium_not_certified", message, value=certificate.unique)
    if certificate.converged < 1:
        message = f"{certificate.draws - certificate.solved} of {certificate.draws} draws have no equilibrium found."
        notices.add("economy_draws_not_solved", message, value=certificate.converged)
    if certificate.extrapolating:
        at, to = certificate.extrapolating[0]
        count = len(certificate.extrapolating)
        message = f"{count} pairs (first: {at} to {to}) become nearer in time than any two places were."
        notices.add("economy_extrapolates", message, value=len(certificate.extrapolating))
    return notices
