"""Supply that people compete for: floating catchment areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.decay import as_decays
from megaregion.mobility.opportunities import Reached, amounts_at

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megaregion.mobility.decay import Decay
    from megaregion.mobility.travel_time import TravelTimes


def two_step_floating_catchment(
    travel_times: TravelTimes | NDArray[np.floating],
    supply: ArrayLike | pd.Series,
    demand: ArrayLike | pd.Series,
    *,
    decay: Decay,
    balanced: bool = False,
    percentile: float = 50,
) -> pd.Series:
    """
    Share the supply of each destination among the people who can reach it, and add up the shares at each origin.

    First the ratio of each destination, R_j = S_j / sum_i D_i w_ij; then the accessibility of each origin,
    A_i = sum_j R_j w_ij. With `Cumulative` these are the catchments of Luo and Wang, with `Stepped` or another decay
    the enhanced ones. Balanced, the weights of each origin add up to 1 in the first step and those of each destination
    in the second, so that nobody demands twice and nothing is supplied twice.

    Parameters
    ----------
    travel_times, percentile
        As for `accessibility`.
    supply
        (n_destinations,) beds, doctors, seats; or a Series by id of destination.
    demand
        (n_origins,) people; or a Series by id of origin.
    decay
        One decay.
    balanced
        Whether weights are balanced.

    Returns
    -------
    Series
        Supply for one unit of demand, by origin; NaN where an origin reaches supply that nobody demands.

    Raises
    ------
    InputError
        If sizes or ids do not fit, or an amount is negative or not known.

    References
    ----------
    Luo and Wang 2003, "Measures of spatial accessibility to health care in a GIS environment", Environment and Planning
    B 30; Luo and Qi 2009, Health & Place 15; balanced: Paez, Higgins and Vivona 2019, "Demand and level of service
    inflation in floating catchment area (FCA) methods", PLOS ONE 14(6).

    Examples
    --------
    >>> from megaregion.mobility import Cumulative
    >>> times = np.array([[0.0, 1200.0], [1200.0, 0.0]])
    >>> two_step_floating_catchment(times, [10.0, 2.0], [100.0, 100.0], decay=Cumulative(600)).tolist()
    [0.1, 0.02]
    """
    reach = Reached.of(travel_times, percentile)
    n_o, n_d = reach.time_s.shape
    origin_ids = None if reach.destination_ids is None else tuple(reach.origin_index)
    offered = _amounts(amounts_at(reach.destination_ids, supply, len_expected=n_d, what="supply"), "supply")
    wanted = _amounts(amounts_at(origin_ids, demand, len_expected=n_o, what="demand", place="origin"), "demand")
    decays = as_decays(decay)
    if len(decays) != 1:
        msg = f"{len(decays)} decays are given; expected one for a floating catchment."
        raise InputError(msg)
    of_origin, of_destination = np.ones(n_o), np.ones(n_d)
    if balanced:
        of_destination = np.zeros(n_d)
        for rows, time_s in reach.blocks():
            weight = decays[0].weight(time_s)
            of_origin[rows] = weight.sum(axis=1)
            of_destination += weight.sum(axis=0)
    total = np.zeros(n_d)
    for rows, time_s in reach.blocks():
        each = np.divide(wanted[rows], of_origin[rows], out=np.zeros(rows.stop - rows.start), where=of_origin[rows] > 0)
        total += (decays[0].weight(time_s) * each[:, np.newaxis]).sum(axis=0)
    served = total > 0
    ratio = np.divide(offered, total * of_destination, out=np.zeros(n_d), where=served)
    access = np.empty(n_o)
    for rows, time_s in reach.blocks():
        weight = decays[0].weight(time_s)
        access[rows] = (weight * ratio).sum(axis=1)
        access[rows][(weight[:, ~served & (offered > 0)] > 0).any(axis=1)] = np.nan
    return pd.Series(access, index=reach.origin_index, name="supply_per_demand")


def _amounts(frame: pd.DataFrame, what: str) -> NDArray[np.float64]:
    if frame.shape[1] != 1:
        msg = f"{what} has {frame.shape[1]} columns; expected one."
        raise InputError(msg)
    values: NDArray[np.float64] = frame.iloc[:, 0].to_numpy(np.float64)
    wrong = np.flatnonzero(~(values >= 0))
    if len(wrong):
        msg = f"{what} of {frame.index[wrong[0]]} is {values[wrong[0]]}; expected a number of 0 or more for each place."
        raise InputError(msg)
    return values
