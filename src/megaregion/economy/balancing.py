"""Flows of a given pattern that add up to given totals of origins and destinations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from megaregion.economy.flow_balance import balance
from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """
    Flows that add up.

    Attributes
    ----------
    flows
        (n, n): origin factor times kernel times destination factor.
    origin_factors, destination_factors
        (n,) balancing factors; 0 where the total is 0.
    residual
        Largest deviation of a total of destinations, log units; totals of origins are met exactly.
    iterations
        Evaluations of the kernel.
    """

    flows: F64 = field(repr=False)
    origin_factors: F64 = field(repr=False)
    destination_factors: F64 = field(repr=False)
    residual: float
    iterations: int


def furness(kernel: ArrayLike, origins: ArrayLike, destinations: ArrayLike, *, tolerance: float = 1e-12) -> Balanced:
    """
    Scale rows and columns of a kernel until flows add up to both totals: the doubly constrained gravity model.

    Parameters
    ----------
    kernel
        (n, m) pattern of flows, 0 or more.
    origins, destinations
        (n,) and (m,) totals, 0 or more, of the same sum; a place with total 0 has no flows.
    tolerance
        Largest deviation accepted, log units.

    Raises
    ------
    InputError
        If shapes or sums do not fit, or a total above 0 has no pair.
    ConvergenceError
        If the zeros of the kernel leave no way to meet the totals.

    References
    ----------
    Furness 1965, "Time function iteration", Traffic Engineering and Control 7(7).

    Examples
    --------
    >>> furness([[2, 1], [1, 2]], [30, 60], [45, 45]).flows.round(2).tolist()
    [[21.58, 8.42], [23.42, 36.58]]
    """
    pattern, rows, columns = (np.asarray(values, dtype=np.float64) for values in (kernel, origins, destinations))
    if pattern.shape != (*rows.shape, *columns.shape):
        msg = f"kernel has shape {pattern.shape}; expected {rows.shape + columns.shape}, one pair for each two totals."
        raise InputError(msg)
    if not np.isclose(rows.sum(), columns.sum(), rtol=1e-9):
        msg = f"totals of origins add up to {rows.sum():g}, of destinations to {columns.sum():g}; expected the same."
        raise InputError(msg)
    leave, reach = rows > 0, columns > 0
    used = pattern[np.ix_(leave, reach)]
    for name, empty in (("origin", used.sum(axis=1) == 0), ("destination", used.sum(axis=0) == 0)):
        if empty.any():
            at = int(np.flatnonzero(leave if name == "origin" else reach)[np.flatnonzero(empty)[0]])
            msg = f"{name} {at} has a total above 0 and no pair in the kernel; give it one or a total of 0."
            raise InputError(msg)
    labels = tuple(map(str, np.flatnonzero(reach)))
    found = balance(used, rows[leave], columns[reach], ids=labels, what="flows", tolerance=tolerance)
    origin, destination = np.zeros(len(rows)), np.zeros(len(columns))
    origin[leave], destination[reach] = found.row, found.column
    return Balanced(
        flows=origin[:, None] * pattern * destination,
        origin_factors=origin,
        destination_factors=destination,
        residual=found.residual,
        iterations=found.iterations,
    )
