"""Inversion: which productivity, amenity and flows make the observed economy an equilibrium."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.equilibrium import Shares
from megaregion.economy.flow_balance import balance
from megaregion.economy.kernels import Flows, fill_by_blocks
from megaregion.economy.uniqueness import Uniqueness, check_uniqueness
from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.economy_data import EconomyData
    from megaregion.economy.kernels import Kernel
    from megaregion.economy.spatial_model import SpatialModel

    F64 = NDArray[np.float64]

PRECISIONS = ("float64", "float32")


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """
    An economy that is in equilibrium as observed; counterfactuals start from it.

    Attributes
    ----------
    model, ids
        Elasticities, and the n places.
    wages, employment, residents
        (n,) as observed, in the units given.
    shares
        Who buys from whom and who works where.
    productivity, amenity, work_amenity
        (n,) what the observed figures imply, geometric mean 1: of goods; of living there, floor space included; of
        working there. NaN where the model has no such choice.
    uniqueness
        What the elasticities say about equilibria.
    residual, iterations
        Largest deviation of the flows from totals, log units, and evaluations that took.
    smoothing
        Share of fitted flows that was mixed into observed commuting and trade.
    notices
        Flows that were smoothed or stay 0, and what else was found.
    """

    model: SpatialModel
    ids: tuple[str, ...] = field(repr=False)
    wages: F64 = field(repr=False)
    employment: F64 = field(repr=False)
    residents: F64 = field(repr=False)
    shares: Shares = field(repr=False)
    productivity: F64 = field(repr=False)
    amenity: F64 = field(repr=False)
    work_amenity: F64 = field(repr=False)
    uniqueness: Uniqueness
    residual: float
    iterations: int
    smoothing: float
    notices: Notices = field(default_factory=Notices, repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row a place: figures, what they imply, own share of spending, share of residents who work at home."""
        stay = np.ones(len(self.ids))
        if self.shares.commuting is not None:
            stay = self.shares.commuting.diagonal() / self.shares.commuting.row_sums(stay)
        columns = {
            "wage": self.wages,
            "employment": self.employment,
            "residents": self.residents,
            "productivity": self.productivity,
            "amenity": self.amenity,
            "work_amenity": self.work_amenity,
            "own_trade_share": self.shares.trade.diagonal(),
            "share_working_at_home": stay,
        }
        return pd.DataFrame(columns, index=pd.Index(self.ids, name="place_id"))


def calibrate(
    model: SpatialModel,
    data: EconomyData,
    *,
    smoothing: float | None = None,
    tolerance: float = 1e-12,
    precision: str = "float64",
) -> Calibrated:
    """
    Find flows, productivity and amenities that make the observed figures an equilibrium.

    Trade meets output of each place and spending of its residents, commuting meets jobs and residents; both are the
    doubly constrained gravity model with cost^-theta and cost^-epsilon. Observed flows take the place of a cost.

    Parameters
    ----------
    model
        Elasticities, and who may move.
    data
        Figures by place, and costs or flows.
    smoothing
        Share of fitted flows mixed into observed ones, 0 to 1: pairs at 0 stay at 0 whatever is built between them.
        None: for commuting what the counts themselves suggest (Fienberg and Holland), for trade shares 0.
    tolerance
        Largest deviation from totals, log units.
    precision
        "float64", or "float32" to keep flows in half the memory; sums are in double precision either way.

    Raises
    ------
    InputError
        If flows or costs of commuting do not go with the model.
    ConvergenceError
        If totals cannot be met, naming the place.

    References
    ----------
    Redding and Rossi-Hansberg 2017, Annual Review of Economics 9 (inversion); Fienberg and Holland 1973,
    "Simultaneous estimation of multinomial cell probabilities", Journal of the American Statistical Association 68
    (pseudo-Bayes).

    Examples
    --------
    >>> from megaregion.economy.economy_data import EconomyData
    >>> from megaregion.economy.spatial_model import SpatialModel
    >>> data = EconomyData(employment=[2, 1], wages=[1.5, 1], trade_cost=[[1, 1.2], [1.3, 1]], ids=["a", "b"])
    >>> calibrate(SpatialModel.armington(trade_elasticity=4), data).table["own_trade_share"].round(3).tolist()
    [0.842, 0.526]
    """
    _check(model, data, smoothing, precision)
    uniqueness = check_uniqueness(model)
    notices = Notices()
    employment = data.employment / data.employment.sum()
    residents = data.residents / data.residents.sum() if model.mobility == "commuting" else employment
    log_wages = np.log(data.wages)
    commuting: Flows | None = None
    works, mixed = None, 0.0
    spending = data.wages * employment
    if model.mobility == "commuting":
        pattern, log_row, mixed = _commuting_pattern(model, data, smoothing, notices, precision)
        works = balance(pattern, residents, employment, ids=data.ids, what="commuting", tolerance=tolerance)
        leave = (np.log(works.row) - log_row) / model.location_elasticity
        commuting = Flows(pattern, works.row, works.column)
        spending = commuting.row_sums(data.wages)
    pattern, log_row, mixed_trade = _trade_pattern(model, data, smoothing, notices, precision)
    output = data.wages * employment
    sold = balance(pattern, output, spending, ids=data.ids, what="trade", tolerance=tolerance)
    trade = Flows(pattern, sold.row, sold.column / spending)
    unknown = np.full(len(employment), np.nan)
    productivity, amenity, work_amenity = unknown, unknown, unknown
    if data.trade_cost is not None:
        # column factors are spending over P^-theta
        log_price = (np.log(sold.column) - np.log(spending)) / model.trade_elasticity
        supply = (np.log(sold.row) - log_row) / model.trade_elasticity
        productivity = _mean_one(supply + log_wages - model.agglomeration * np.log(employment))
        kept = 1 - model.rent_exponent
        if model.mobility == "free":
            amenity = _mean_one(model.crowding * np.log(employment) - kept * (log_wages - log_price))
        if works is not None and data.commuting_flows is None:
            # of row factors, prices, rents and spillovers explain one part, the place itself the other
            explained = (
                model.amenity_spillover * np.log(residents) - kept * log_price - model.rent_exponent * np.log(spending)
            )
            amenity = _mean_one(leave - explained)
            work_amenity = _mean_one(np.log(works.column) / model.location_elasticity - log_wages)
    return Calibrated(
        model=model,
        ids=data.ids,
        wages=data.wages,
        employment=data.employment,
        residents=data.residents if works is not None else data.employment,
        shares=Shares(trade=trade, commuting=commuting),
        productivity=productivity,
        amenity=amenity,
        work_amenity=work_amenity,
        uniqueness=uniqueness,
        residual=max(sold.residual, works.residual if works else 0.0),
        iterations=sold.iterations + (works.iterations if works else 0),
        smoothing=max(mixed, mixed_trade),
        notices=notices,
    )


def _check(model: SpatialModel, data: EconomyData, smoothing: float | None, precision: str) -> None:
    commutes = data.commuting_cost is not None or data.commuting_flows is not None
    if model.mobility == "commuting" and not commutes:
        msg = "the model has commuting, the data have none: give commuting_cost or commuting_flows, or another model."
        raise InputError(msg)
    if model.mobility != "commuting" and commutes:
        msg = (
            f"the data have commuting, the model has none (mobility is {model.mobility!r}): leave it out, or take "
            "SpatialModel.monte_redding_rossi_hansberg."
        )
        raise InputError(msg)
    if smoothing is not None and not 0 <= smoothing < 1:
        msg = f"smoothing is {smoothing!r}; expected a share of 0 or more, below 1."
        raise InputError(msg)
    if precision not in PRECISIONS:
        msg = f"precision is {precision!r}; expected one of {', '.join(PRECISIONS)}."
        raise InputError(msg)


def _commuting_pattern(
    model: SpatialModel, data: EconomyData, smoothing: float | None, notices: Notices, precision: str
) -> tuple[Kernel, F64, float]:
    """Pattern of commuting, log of what its rows were divided by, and the share of fitted flows in it."""
    n = len(data.ids)
    level = np.zeros(n)
    if data.commuting_cost is not None:
        pattern, level = _powers(data.commuting_cost, -model.location_elasticity, precision)
    if data.commuting_flows is None:
        return pattern, level, 0.0
    counts = data.commuting_flows.astype(np.float64)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    if data.commuting_cost is None:
        fitted = np.outer(rows, columns) / counts.sum()
    else:
        fit = balance(pattern, rows, columns, ids=data.ids, what="fitted commuting")
        fitted = Flows(pattern, fit.row, fit.column).dense()
    share = pseudo_bayes_weight(counts, fitted) if smoothing is None else smoothing
    mixed = _mixed(counts, fitted, share, "commuting", notices)
    return mixed.astype(precision, copy=False), np.zeros(n), share


def _trade_pattern(
    model: SpatialModel, data: EconomyData, smoothing: float | None, notices: Notices, precision: str
) -> tuple[Kernel, F64, float]:
    """Pattern of trade, log of what its rows were divided by, and the share of fitted flows in it."""
    if data.trade_shares is None:
        return *_powers(data.trade_cost, -model.trade_elasticity, precision), 0.0
    shares = data.trade_shares.astype(np.float64)
    flows = shares * (data.wages * data.employment)
    fitted = np.outer(flows.sum(axis=1), flows.sum(axis=0)) / flows.sum()
    share = smoothing or 0.0
    mixed = _mixed(flows, fitted, share, "trade", notices)
    return mixed.astype(precision, copy=False), np.zeros(len(flows)), share


def _mixed(observed: F64, fitted: F64, share: float, what: str, notices: Notices) -> F64:
    zeros = int((observed == 0).sum())
    if not zeros:
        return observed
    held = f"{what}: {zeros:,} of {observed.size:,} pairs have no flow ({zeros / observed.size:.1%})"
    if share > 0:
        message = f"{held}; fitted flows make up {share:.4g} of what is used."
        notices.add("economy_zero_flows_smoothed", message, field=what, value=f"{share:.6g}")
    else:
        notices.add("economy_zero_flows_kept", f"{held}; they stay at 0.", field=what)
    mixed: F64 = (1 - share) * observed + share * fitted
    return mixed


def pseudo_bayes_weight(counts: F64, fitted: F64) -> float:
    """
    Tell how much of fitted flows belongs into counted ones: k / (N + k), k = (N^2 - sum x^2) / sum (x - fitted)^2.

    The more the counts scatter around the fit beyond what chance makes, the less.

    References
    ----------
    Fienberg and Holland 1973, Journal of the American Statistical Association 68.

    Examples
    --------
    >>> pseudo_bayes_weight(np.array([[4.0, 0.0], [0.0, 4.0]]), np.full((2, 2), 2.0))
    0.2
    """
    total = float(counts.sum())
    scatter = float(((counts - fitted) ** 2).sum())
    if scatter == 0:
        return 0.0
    weight = (total**2 - float((counts**2).sum())) / scatter
    return weight / (total + weight)


def _powers(cost: NDArray[Any], exponent: float, precision: str) -> tuple[Kernel, F64]:
    """cost^exponent over the largest of each row, and the log of the latter, so that nothing underflows by row."""
    level = np.empty(len(cost))

    def block(rows: slice) -> F64:
        logs = exponent * np.log(cost[rows].astype(np.float64))
        level[rows] = logs.max(axis=1)
        return np.exp(logs - level[rows, None])

    return fill_by_blocks(cost.shape, precision, block), level


def _mean_one(logs: F64) -> F64:
    figures: F64 = np.exp(logs - logs.mean())
    return figures
