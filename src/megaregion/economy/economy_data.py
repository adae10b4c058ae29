"""What a spatial economy is calibrated to: figures by place, and costs or flows between places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

SUBJECT = "the economy to calibrate"
"""What the message of an error begins with."""

SHARES_OFF = 1e-6
"""Shares may add up to 1 within that: seven digits, as files hold them."""


@dataclass(frozen=True, kw_only=True)
class EconomyData:
    """
    Observed figures by place, and what lies between places; rows are where things come from, columns where they go.

    Series and frames are put into the order of `ids` by their labels; plain arrays stand in that order.

    Attributes
    ----------
    employment
        (n,) people who work in each place, above 0.
    wages
        (n,) wage in each place, above 0, in money of one currency and year; or give `gdp`.
    gdp
        (n,) output of each place; its wage is output a worker.
    residents
        (n,) people who live in each place, in any unit: their shares count. None: as many as work there.
    trade_cost
        (n, n) what goods from i cost in j over what they cost in i, above 0; inf = never sold there. Its level does
        not matter.
    trade_shares
        (n, n) share of spending in j on goods of i, columns adding up to 1, instead of `trade_cost`.
    commuting_cost
        (n, n) by how much living in i and working in j is worth less, above 0; inf = nobody does.
    commuting_flows
        (n, n) people who live in i and work in j, as counted; with `commuting_cost` zeros are smoothed towards it.
    ids
        (n,) names of the places; None: the index of `employment`.

    Examples
    --------
    >>> data = EconomyData(employment=[2, 1], wages=[1.5, 1], trade_cost=[[1, 1.2], [1.3, 1]], ids=["a", "b"])
    >>> data.ids, data.residents.tolist()
    (('a', 'b'), [2.0, 1.0])
    """

    employment: Any
    wages: Any = None
    gdp: Any = None
    residents: Any = None
    trade_cost: Any = field(default=None, repr=False)
    trade_shares: Any = field(default=None, repr=False)
    commuting_cost: Any = field(default=None, repr=False)
    commuting_flows: Any = field(default=None, repr=False)
    ids: Any = None

    def __post_init__(self) -> None:
        """Bring everything into one order, look at all of it, and raise once."""
        ids = _ids(self.ids, self.employment)
        object.__setattr__(self, "ids", ids)
        self._one_of("wages", "gdp")
        self._one_of("trade_cost", "trade_shares")
        notices = Notices()
        for name in ("employment", "wages", "gdp", "residents"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, place_figures(getattr(self, name), ids, name, notices))
        for name in ("trade_cost", "commuting_cost", "trade_shares", "commuting_flows"):
            if getattr(self, name) is not None:
                figures = pair_figures(getattr(self, name), ids, name)
                (check_costs if name.endswith("cost") else _check_flows)(figures, ids, name, notices)
                object.__setattr__(self, name, figures)
        notices.raise_errors(SUBJECT)
        check_connected(
            self.trade_shares > 0 if self.trade_cost is None else np.isfinite(self.trade_cost), ids, notices
        )
        notices.raise_errors(SUBJECT)
        if self.wages is None:
            object.__setattr__(self, "wages", self.gdp / self.employment)
        if self.residents is None:
            object.__setattr__(self, "residents", self.employment)

    def _one_of(self, one: str, other: str) -> None:
        if (getattr(self, one) is None) == (getattr(self, other) is None):
            found = "neither" if getattr(self, one) is None else "both"
            msg = f"EconomyData: fields '{one}' and '{other}': {found} of them given; expected exactly one."
            raise InputError(msg)


def _ids(ids: Any, employment: Any) -> tuple[str, ...]:
    if ids is None:
        ids = employment.index if isinstance(employment, pd.Series) else range(len(employment))
    names = tuple(str(place) for place in ids)
    if len(set(names)) < len(names) or len(names) < 2:
        msg = f"EconomyData: {len(names)} places, {len(set(names))} different ids; expected 2 or more, all different."
        raise InputError(msg)
    return names


def place_figures(values: Any, ids: tuple[str, ...], name: str, notices: Notices) -> F64:
    """(n,) float64 in the order of `ids`; what is missing, 0 or less is noted."""
    if isinstance(values, pd.Series):
        values = values.set_axis(values.index.astype(str)).reindex(list(ids))
    figures = np.asarray(values, dtype=np.float64)
    if figures.shape != (len(ids),):
        msg = f"{name} has shape {figures.shape}; expected one figure for each of {len(ids)} places."
        raise InputError(msg)
    for at in np.flatnonzero(~((figures > 0) & (figures < np.inf))):  # also catches NaN
        message = f"{name} of {ids[at]} is {figures[at]:g}; expected a finite number above 0."
        notices.add("economy_figure_not_above_zero", message, field=name, value=ids[at])
    return figures


def pair_figures(values: Any, ids: tuple[str, ...], name: str) -> F64:
    """(n, n) floats in the order of `ids`, from rows to columns; double precision unless given in single."""
    if isinstance(values, pd.DataFrame):
        frame = values.set_axis(values.index.astype(str), axis=0).set_axis(values.columns.astype(str), axis=1)
        lacking = sorted({*ids} - {*frame.index}) + sorted({*ids} - {*frame.columns})
        if lacking:
            msg = f"{name}: no row or column for {', '.join(lacking[:5])}; expected one for each of {len(ids)} places."
            raise InputError(msg)
        values = frame.loc[list(ids), list(ids)].to_numpy()
    figures = np.asarray(values)
    if figures.dtype != np.float32:
        figures = figures.astype(np.float64, copy=False)
    if figures.shape != (len(ids), len(ids)):
        msg = f"{name} has shape {figures.shape}; expected {len(ids)} x {len(ids)}, from each place to each."
        raise InputError(msg)
    return figures


def check_costs(cost: F64, ids: tuple[str, ...], name: str, notices: Notices) -> None:
    """Note costs that are missing, 0 or less, and places that cannot be left, reached or stayed in at any cost."""
    for at, to in np.argwhere(~(cost > 0)):  # also catches NaN
        message = f"{name} from {ids[at]} to {ids[to]} is {cost[at, to]:g}; expected a number above 0, inf = never."
        notices.add("economy_cost_not_above_zero", message, field=name, value=ids[at])
    for at in np.flatnonzero(np.isinf(cost).all(axis=1) | np.isinf(cost).all(axis=0)):
        message = f"{name}: {ids[at]} is at infinite cost from or to every place, itself among them."
        notices.add("economy_place_disconnected", message, field=name, value=ids[at])


def check_connected(linked: NDArray[np.bool_], ids: tuple[str, ...], notices: Notices) -> None:
    """Note places that do not trade with the largest group, directly or through others: prices there have no level."""
    if linked.all():
        return
    count, group = connected_components(csr_array(linked), directed=True, connection="strong")
    if count == 1:
        return
    largest = np.bincount(group).argmax()
    for at in np.flatnonzero(group != largest):
        message = (
            f"{ids[at]} does not trade both ways with most places (infinite cost, or no flow): its prices are not tied "
            "to theirs."
        )
        notices.add("economy_place_disconnected", message, field="trade", value=ids[at])


def _check_flows(flows: F64, ids: tuple[str, ...], name: str, notices: Notices) -> None:
    for at, to in np.argwhere(~((flows >= 0) & (flows < np.inf))):
        message = f"{name} from {ids[at]} to {ids[to]} is {flows[at, to]:g}; expected a finite number of 0 or more."
        notices.add("economy_flow_negative", message, field=name, value=ids[at])
    if name == "trade_shares":
        total = flows.sum(axis=0)
        for at in np.flatnonzero(~(np.abs(total - 1) <= SHARES_OFF)):
            message = (
                f"{name} of spending in {ids[at]} add up to {total[at]:.6g} over where goods come from; expected 1."
            )
            notices.add("economy_shares_do_not_sum", message, field=name, value=ids[at])
    else:
        for at in np.flatnonzero((flows.sum(axis=1) == 0) | (flows.sum(axis=0) == 0)):
            message = f"{name}: nobody lives in {ids[at]}, or nobody works there."
            notices.add("economy_place_disconnected", message, field=name, value=ids[at])
