"""How evenly accessibility is spread over people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

RICHEST_SHARE = 0.1
POOREST_SHARE = 0.4
"""Shares of people that Palma's ratio compares."""


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """
    Measure inequality: half the mean difference between two people, as a share of the mean.

    Parameters
    ----------
    values
        (n,) accessibility of each place, 0 or more; NaN = not known.
    weights
        (n,) people of each place; one each by default.

    Returns
    -------
    0 = all have the same, towards 1 = one has all; NaN where a value is not known or all are 0.

    Raises
    ------
    InputError
        If sizes differ, a value is negative or infinite, or there are no people.

    References
    ----------
    Gini 1912; Lerman and Yitzhaki 1989, "Improving the accuracy of estimates of Gini coefficients", Journal of
    Econometrics 42, for the weights.

    Examples
    --------
    >>> gini([1.0, 3.0]), gini([0.0, 1.0], [3, 1])
    (0.25, 0.75)
    """
    return concentration_index(values, weights, rank_by=values)


def concentration_index(values: ArrayLike, weights: ArrayLike | None = None, *, rank_by: ArrayLike) -> float:
    """
    Measure whether the well-off have more: 2 cov(value, rank) / mean, rank being the share of people who rank lower.

    Parameters
    ----------
    values, weights
        As for `gini`.
    rank_by
        (n,) what people are ranked by, such as income; people of equal rank share the middle one.

    Returns
    -------
    -1 to 1: above 0 = those who rank high have more. Ranked by the value itself it is the Gini coefficient.

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer 1997, "Socioeconomic inequalities in health", Journal of Econometrics 77.

    Examples
    --------
    >>> concentration_index([1.0, 3.0], rank_by=[2.0, 1.0])
    -0.25
    """
    value, people = _checked(values, weights, positive=True)
    order_by = _ranked(rank_by, len(value))[people > 0]
    value, people = value[people > 0], people[people > 0]
    mean = np.average(value, weights=people)
    if np.isnan(mean) or np.isnan(order_by).any() or mean == 0:
        return float("nan")
    _, group = np.unique(order_by, return_inverse=True)
    share = np.bincount(group, weights=people) / people.sum()
    rank = (np.cumsum(share) - share / 2)[group]
    return float(2 * np.average(value * (rank - 0.5), weights=people) / mean)


def palma(values: ArrayLike, weights: ArrayLike | None = None, *, rank_by: ArrayLike | None = None) -> float:
    """
    Compare the share of the top tenth of people with that of the bottom four tenths.

    Parameters
    ----------
    values, weights
        As for `gini`.
    rank_by
        (n,) what people are ranked by, such as income; the value itself by default. A place that straddles a bound
        counts with the people on either side of it.

    Returns
    -------
    0.25 if all have the same; four times it is the ratio of the averages, which transport studies quote. inf where the
    bottom has nothing, NaN where a value is not known or all are 0.

    References
    ----------
    Palma 2011, "Homogeneous middles vs. heterogeneous tails", Development and Change 42.

    Examples
    --------
    >>> palma([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 8.0])
    2.0
    """
    value, people = _checked(values, weights, positive=True)
    order_by = value if rank_by is None else _ranked(rank_by, len(value))
    order_by, value, people = order_by[people > 0], value[people > 0], people[people > 0]
    if np.isnan(value).any() or np.isnan(order_by).any() or not value.any():
        return float("nan")
    levels, group = np.unique(order_by, return_inverse=True)
    # people of equal rank are alike: which of them stand on which side of a bound must not depend on their order
    have = np.bincount(group, weights=people * value, minlength=len(levels))
    count = np.bincount(group, weights=people, minlength=len(levels))
    upto, total = np.r_[0.0, np.cumsum(count)], np.r_[0.0, np.cumsum(have)]
    poorest = np.interp(POOREST_SHARE * upto[-1], upto, total)
    richest = total[-1] - np.interp((1 - RICHEST_SHARE) * upto[-1], upto, total)
    if poorest <= 0:
        return float("inf") if richest > 0 else float("nan")
    return float(richest / poorest)


def by_group(
    values: ArrayLike, weights: ArrayLike | None, groups: ArrayLike | pd.Series, *, threshold: float | None = None
) -> pd.DataFrame:
    """
    Summarise a measure for each group of places, weighted by people.

    Parameters
    ----------
    values
        (n,) accessibility or travel time of each place; inf = unreachable, NaN = not known.
    weights
        (n,) people of each place; None = one each.
    groups
        (n,) group of each place; a place without a group is left out.
    threshold
        Below it a value is too low; adds a column.

    Returns
    -------
    DataFrame
        By group in order of their names: weight, mean, median (the least value that half of the people do not exceed),
        and share_below, the share of people whose value is below the threshold. NaN where a value is not known.

    Examples
    --------
    >>> by_group([1.0, 2.0, 9.0], [3, 1, 1], ["a", "a", "b"], threshold=2.0).reset_index()
      group  weight  mean  median  share_below
    0     a     4.0  1.25     1.0         0.75
    1     b     1.0  9.00     9.0         0.00
    """
    value, people = _checked(values, weights, positive=False)
    group = pd.Series(np.asarray(groups, dtype=object))
    if len(group) != len(value):
        msg = f"{len(value)} values but {len(group)} groups; expected one for each."
        raise InputError(msg)
    rows: list[dict[str, Any]] = []
    for name, members in group.groupby(group, sort=True).groups.items():
        mine = members.to_numpy()
        mine = mine[people[mine] > 0]
        row: dict[str, Any] = {"group": name, "weight": people[mine].sum()}
        known = len(mine) > 0 and not np.isnan(value[mine]).any()
        row["mean"] = np.average(value[mine], weights=people[mine]) if known else np.nan
        row["median"] = weighted_median(value[mine], people[mine]) if known else np.nan
        if threshold is not None:
            below = value[mine] < threshold
            row["share_below"] = np.average(below, weights=people[mine]) if known else np.nan
        rows.append(row)
    columns = ["group", "weight", "mean", "median", *([] if threshold is None else ["share_below"])]
    return pd.DataFrame(rows, columns=columns).set_index("group")


def weighted_median(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """
    Find the least value that half of the people or more do not exceed.

    Examples
    --------
    >>> weighted_median([1.0, 2.0, 9.0], [1, 1, 3])
    9.0
    """
    value, people = _checked(values, weights, positive=False)
    value, people = value[people > 0], people[people > 0]
    if np.isnan(value).any():
        return float("nan")
    order = np.argsort(value, kind="stable")
    upto = np.cumsum(people[order])
    return float(value[order][np.searchsorted(upto, upto[-1] / 2)])


def _checked(values: ArrayLike, weights: ArrayLike | None, *, positive: bool) -> tuple[F64, F64]:
    """Values and people of the same length; `positive` also asks for values that a share can be taken of."""
    value = np.asarray(values, dtype=np.float64)
    people = np.ones(len(value)) if weights is None else np.asarray(weights, dtype=np.float64)
    if value.shape != people.shape or value.ndim != 1:
        msg = f"values have shape {value.shape} and weights {people.shape}; expected one weight for each value."
        raise InputError(msg)
    wrong = np.flatnonzero(~((people >= 0) & (people < np.inf)))  # also catches NaN
    if len(wrong):
        msg = (
            f"weight {wrong[0]} is {people[wrong[0]]}; expected people, a number of 0 or more. Leave out places whose "
            "people are not known."
        )
        raise InputError(msg)
    if not people.sum() > 0:
        msg = f"the weights of {len(people)} places add up to 0; expected at least one place with people."
        raise InputError(msg)
    wrong = np.flatnonzero((value < 0) | np.isinf(value)) if positive else np.empty(0, np.int64)
    if len(wrong):
        msg = (
            f"value {wrong[0]} is {value[wrong[0]]}; expected accessibility, a number of 0 or more. Travel times, "
            "which may be infinite, go into by_group."
        )
        raise InputError(msg)
    return value, people


def _ranked(rank_by: ArrayLike, n: int) -> F64:
    ranked = np.asarray(rank_by, dtype=np.float64)
    if ranked.shape != (n,):
        msg = f"{n} values but rank_by has shape {ranked.shape}; expected one for each."
        raise InputError(msg)
    return ranked
