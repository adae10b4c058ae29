"""Whether what is near is alike: Moran's I with weights from distances or travel times, tested by permutation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.inequality import names_of
from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

_AT_ONCE = 4_000_000
"""Numbers held at once while permuting: 32 MB."""


@dataclass(frozen=True, slots=True)
class MoransI:
    """
    Moran's I and its test.

    Attributes
    ----------
    i
        Above `expected` = near places are alike, below = they alternate.
    expected
        -1 / (n - 1): what chance brings about.
    sd
        Standard deviation over the permutations.
    z
        (i - expected) / sd.
    p_value
        Two-sided, by permutation: (1 + draws at least as far from `expected`) / (draws + 1).
    draws
        Permutations.
    places
        How many count.
    permuted
        (draws,) the index of each permutation.
    """

    i: float
    expected: float
    sd: float
    z: float
    p_value: float
    draws: int
    places: int
    permuted: F64 = field(repr=False)


def morans_i(values: Any, weights: Any, *, rng: np.random.Generator, draws: int = 999) -> MoransI:
    """
    Measure whether near places have like values, and test it by giving the values to places at random.

    Parameters
    ----------
    values
        (n,) any unit; a series is named in messages.
    weights
        (n, n) at least 0, 0 = not near: `nearest_weights` or `decay_weights`. The diagonal does not count. They need
        not be symmetric, and are taken as they are: rows that add up to 1 give each place the same say.
    rng
        Where permutations come from.
    draws
        Permutations, at least 99.

    Raises
    ------
    InputError
        If a value is missing, all are the same, a weight is negative or not finite, or a place has no weight to and
        from any other; each is named.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes, Pion.

    Examples
    --------
    >>> line = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> found = morans_i([1, 2, 3, 4], line, rng=np.random.default_rng(1))
    >>> round(found.i, 4), round(found.expected, 4)
    (0.3333, -0.3333)
    """
    names = names_of(values)
    value, weight = np.asarray(values, dtype=np.float64), np.array(weights, dtype=np.float64)
    n = len(value)
    if value.ndim != 1 or weight.shape != (n, n) or n < 3:
        msg = f"values have shape {value.shape} and weights {weight.shape}; expected n of them, at least 3, and n x n."
        raise InputError(msg)
    if draws < 99:
        msg = f"draws is {draws}; expected at least 99 permutations."
        raise InputError(msg)
    np.fill_diagonal(weight, 0.0)
    _check(names, value, weight)
    centred = value - value.mean()
    if not (np.abs(centred) > 1e-12 * np.abs(value).max()).any():
        msg = f"all {n} values are {value[0]:g}, so none can be like its neighbours more than others."
        raise InputError(msg)
    scale = n / float(weight.sum() * (centred @ centred))
    found = scale * float(centred @ weight @ centred)
    permuted = np.empty(draws)
    block = max(1, _AT_ONCE // n)
    for start in range(0, draws, block):
        shuffled = rng.permuted(np.tile(centred, (min(block, draws - start), 1)), axis=1)
        permuted[start : start + len(shuffled)] = scale * np.einsum("ij,ij->i", shuffled @ weight, shuffled)
    expected = -1 / (n - 1)
    sd = float(permuted.std(ddof=1))
    # sums in another order differ in the last figures
    extreme = int((np.abs(permuted - expected) >= abs(found - expected) - 1e-12).sum())
    z = (found - expected) / sd if sd > 0 else 0.0
    return MoransI(found, expected, sd, z, (1 + extreme) / (draws + 1), draws, n, permuted)


def nearest_weights(cost: Any, k: int) -> F64:
    """
    Give each place the k nearest others as neighbours; rows add up to 1.

    Parameters
    ----------
    cost
        (n, n) distances or travel times from row to column, at least 0; inf = cannot be reached; the labels of a frame
        are named in messages. Ties share a place in
        full: a row may then have more than k.
    k
        Neighbours of a place, from 1 to n - 1.

    Returns
    -------
    (n, n) float64.

    Raises
    ------
    InputError
        If costs are negative or missing, k cannot be meant, or a place reaches no other.

    Examples
    --------
    >>> nearest_weights([[0, 1, 3], [1, 0, 2], [3, 2, 0]], 1).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    costs, names = _costs(cost)
    n = len(costs)
    if not 1 <= k <= n - 1:
        msg = f"k is {k}; expected a number of neighbours from 1 to {n - 1}."
        raise InputError(msg)
    last = np.partition(costs, k - 1, axis=1)[:, [k - 1]]
    return _by_row((np.isfinite(costs) & (costs <= last)).astype(np.float64), names)


def decay_weights(cost: Any, *, power: float = 1.0, limit: float = np.inf) -> F64:
    """
    Weigh each other place by its cost to the power of minus one, or another; rows add up to 1.

    Parameters
    ----------
    cost
        (n, n) distances or travel times from row to column, above 0 between places; inf = cannot be reached: no weight.
    power
        How fast weights fall; 0 = all within `limit` weigh the same.
    limit
        Cost above which a place has no weight, in its unit.

    Returns
    -------
    (n, n) float64.

    Raises
    ------
    InputError
        If costs are not above 0 or missing, `power` is negative, or a place has no neighbour within the limit.

    Examples
    --------
    >>> decay_weights([[0, 1, 3], [1, 0, 2], [3, 2, 0]], limit=2).round(2).tolist()
    [[0.0, 1.0, 0.0], [0.67, 0.0, 0.33], [0.0, 1.0, 0.0]]
    """
    costs, names = _costs(cost)
    if not power >= 0:
        msg = f"power is {power!r}; expected at least 0."
        raise InputError(msg)
    if power > 0 and (costs == 0).any():
        row, column = np.argwhere(costs == 0)[0]
        msg = f"the cost from place {names[row]!r} to place {names[column]!r} is 0; expected one above 0."
        raise InputError(msg)
    near = np.isfinite(costs) & (costs <= limit)
    return _by_row(np.where(near, np.where(near, costs, 1.0) ** -power, 0.0), names)


def _costs(cost: Any) -> tuple[F64, list[str]]:
    """Check costs, and name places; a place is no neighbour of itself."""
    names = [str(name) for name in (cost.index if isinstance(cost, pd.DataFrame) else range(len(cost)))]
    costs = np.array(cost, dtype=np.float64)
    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or len(costs) < 2:
        msg = f"costs have shape {costs.shape}; expected places by places, two or more."
        raise InputError(msg)
    np.fill_diagonal(costs, np.inf)
    if (np.isnan(costs) | (costs < 0)).any():
        row, column = np.argwhere(np.isnan(costs) | (costs < 0))[0]
        found = costs[row, column]
        msg = (
            f"the cost from place {names[row]!r} to place {names[column]!r} is {found:g}; expected at least 0, or inf."
        )
        raise InputError(msg)
    return costs, names


def _by_row(weights: F64, names: list[str]) -> F64:
    total = weights.sum(axis=1, keepdims=True)
    if (total == 0).any():
        alone = [names[row] for row in np.flatnonzero(total[:, 0] == 0)]
        listed = ", ".join(map(repr, alone[:5])) + (f" and {len(alone) - 5} more" if len(alone) > 5 else "")
        msg = f"these places have no neighbour: {listed}. Raise the limit or leave them out."
        raise InputError(msg)
    return np.asarray(weights / total)


def _check(names: list[str], value: F64, weight: F64) -> None:
    notices = Notices()
    for row in np.flatnonzero(~np.isfinite(value)):
        message = f"the value of place {names[row]!r} is {value[row]:g}; expected a number."
        notices.add("moran_value_wrong", message, value=value[row])
    wrong = ~np.isfinite(weight) | (weight < 0)
    for row, column in np.argwhere(wrong):
        message = (
            f"the weight of place {names[column]!r} for place {names[row]!r} is {weight[row, column]:g}; expected a "
            "number of at least 0."
        )
        notices.add("moran_value_wrong", message, value=weight[row, column])
    held = np.where(wrong, 1.0, weight)
    for row in np.flatnonzero(held.sum(axis=1) + held.sum(axis=0) == 0):
        message = f"place {names[row]!r} has no neighbour."
        notices.add("moran_no_neighbour", message, value=names[row])
    notices.raise_errors("Moran's I")
