"""How unequal places are: Theil's index taken apart by groups, and Gini's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Theil:
    """
    Theil's T, taken apart; total = between + within.

    Attributes
    ----------
    total
        0 = all equal; ln(people / people with income) where some have nothing and the others the same.
    between
        Of groups, each as if all in it had its mean; nan without groups.
    within
        Of places in their groups, each group by its share of income; nan without groups.
    table
        One row a group: weight (share of people), share (of income), mean, theil (within it), part (of `within`).
    """

    total: float
    between: float
    within: float
    table: pd.DataFrame = field(repr=False)

    @property
    def between_share(self) -> float:
        """Part of the total that lies between groups; nan where all are equal."""
        return self.between / self.total if self.total > 0 else float("nan")


def theil(values: Any, groups: Any = None, *, weights: Any = None) -> Theil:
    """
    Measure inequality with Theil's T, and how much of it lies between groups.

    Parameters
    ----------
    values
        (n,) income a person of each place, at least 0, any unit; a series is named in messages.
    groups
        (n,) label of each place, its province say.
    weights
        (n,) people of each place, above 0; without them each place counts the same.

    Raises
    ------
    InputError
        If a value is missing or negative, a weight is not above 0, or all values are 0.

    References
    ----------
    Theil (1967), Economics and Information Theory. Shorrocks (1980), The class of additively decomposable inequality
    measures, Econometrica 48(3).

    Examples
    --------
    >>> found = theil([0, 0, 0, 10, 10, 10], ["a", "a", "a", "b", "b", "b"])
    >>> round(found.total, 6), round(found.between, 6), found.within
    (0.693147, 0.693147, 0.0)
    """
    value, weight = _read(values, weights)
    relative = value / (weight @ value)
    total = float(weight @ _times_log(relative))
    if groups is None:
        return Theil(total, float("nan"), float("nan"), pd.DataFrame())
    labels = np.asarray(groups, dtype=object)
    if labels.shape != value.shape or pd.isna(labels).any():
        msg = f"groups have shape {labels.shape} or a blank; expected a label for each of {len(value)} places."
        raise InputError(msg)
    codes, names = pd.factorize(labels.astype(str), sort=True)
    people = np.bincount(codes, weight)
    share = np.bincount(codes, weight * relative)
    mean = share / people
    inside = np.zeros(len(names))
    for group in np.flatnonzero(share > 0):
        of = codes == group
        inside[group] = (weight[of] / people[group]) @ _times_log(relative[of] / mean[group])
    part = share * inside
    table = pd.DataFrame(
        {"weight": people, "share": share, "mean": mean * (weight @ value), "theil": inside, "part": part},
        index=pd.Index(names, name="group"),
    )
    return Theil(total, float(people @ _times_log(mean)), float(part.sum()), table)


def gini(values: Any, *, weights: Any = None) -> float:
    """
    Measure inequality with Gini's index: half the mean difference of two people drawn at random, over the mean.

    Parameters
    ----------
    values
        (n,) income a person of each place, at least 0, any unit.
    weights
        (n,) people of each place, above 0; without them each place counts the same.

    Returns
    -------
    0 = all equal; towards 1 = one has all. No correction for few places.

    Raises
    ------
    InputError
        As `theil`.

    Examples
    --------
    >>> round(gini([0, 0, 0, 10, 10, 10]), 6), gini([1, 2, 3, 4])
    (0.5, 0.25)
    """
    value, weight = _read(values, weights)
    order = np.argsort(value, kind="stable")
    value, weight = value[order], weight[order]
    # the area under the curve of Lorenz, by trapezes
    income = np.cumsum(weight * value)
    below = np.concatenate([[0.0], income[:-1]])
    return float(max(0.0, 1.0 - weight @ (income + below) / income[-1]))


def names_of(values: Any) -> list[str]:
    """
    Name places in messages: the labels of a series, or their positions.

    Parameters
    ----------
    values
        One value a place.
    """
    return [str(name) for name in (values.index if isinstance(values, pd.Series) else range(np.size(values)))]


def _times_log(share: F64) -> F64:
    """Give x ln x; 0 ln 0 is 0."""
    return np.asarray(share * np.log(np.where(share > 0, share, 1.0)))


def _read(values: Any, weights: Any) -> tuple[F64, F64]:
    """Check values and weights; weights add up to 1."""
    names = names_of(values)
    value = np.asarray(values, dtype=np.float64)
    weight = np.ones_like(value) if weights is None else np.asarray(weights, dtype=np.float64)
    if value.ndim != 1 or not len(value) or weight.shape != value.shape:
        msg = f"values have shape {value.shape} and weights {weight.shape}; expected one value and one weight a place."
        raise InputError(msg)
    notices = Notices()
    for row in np.flatnonzero(~np.isfinite(value) | (value < 0)):
        message = f"the value of place {names[row]!r} is {value[row]:g}; expected a number of at least 0."
        notices.add("inequality_value_wrong", message, value=value[row])
    for row in np.flatnonzero(~np.isfinite(weight) | (weight <= 0)):
        message = f"the weight of place {names[row]!r} is {weight[row]:g}; expected a number above 0."
        notices.add("inequality_value_wrong", message, value=weight[row])
    notices.raise_errors("inequality")
    if not value.any():
        msg = "all values are 0, so nothing is shared out. Give values of which one at least is above 0."
        raise InputError(msg)
    return value, weight / weight.sum()
