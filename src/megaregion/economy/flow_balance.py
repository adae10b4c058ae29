"""Flows of a given pattern that add up to given totals on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megaregion.economy.anderson import solve_fixed_point
from megaregion.economy.kernels import column_sums, row_sums
from megaregion.errors import ConvergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.kernels import Kernel

    F64 = NDArray[np.float64]

MAX_ITERATIONS = 3_000
"""Evaluations; steep kernels (e^-27 between neighbours) take some 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFactors:
    """
    Factors of rows and columns that make a kernel add up.

    Attributes
    ----------
    row, column
        (n,) factors: flow_ij = row_i K_ij column_j.
    residual
        Largest deviation of a column total, log units; totals of rows are met exactly.
    iterations
        Evaluations of the kernel.
    """

    row: F64
    column: F64
    residual: float
    iterations: int


def balance(
    kernel: Kernel, rows: F64, columns: F64, *, ids: tuple[str, ...], what: str, tolerance: float = 1e-12
) -> FlowFactors:
    """
    Find r, c such that r_i K_ij c_j adds up to `rows` and `columns`: the doubly constrained gravity model.

    Iterative proportional fitting (Sinkhorn), in the log of the column factors with Anderson acceleration.

    Parameters
    ----------
    kernel
        (n, n), 0 or more; no empty row or column.
    rows, columns
        (n,) totals above 0; those of columns are brought to the sum of those of rows.
    ids, what
        Places, and what flows, for the message of an error.
    tolerance
        Largest deviation accepted, log units.

    Raises
    ------
    ConvergenceError
        If totals cannot be met with the zeros that the kernel has, naming the place that is furthest off.
    """
    # sums that differ by rounding could not be met at all
    wanted = np.log(columns * (rows.sum() / columns.sum()))

    def step(log_column: F64) -> tuple[F64, F64]:
        with np.errstate(all="ignore"):
            reached = np.log(column_sums(kernel, rows / row_sums(kernel, np.exp(log_column))))
        image = wanted - reached
        return image - image.mean(), (log_column + reached) - wanted

    # the plain guess for a kernel that is flat; its level does not matter
    found = solve_fixed_point(step, wanted - wanted.mean(), tolerance=tolerance, max_iterations=MAX_ITERATIONS)
    if not found.converged:
        worst = int(np.abs(found.residuals).argmax()) if len(found.residuals) == len(ids) else 0
        msg = (
            f"{what}: no flows add up to the totals after {found.iterations} iterations; residual "
            f"{found.residual:.2g}, accepted {tolerance:.2g}, furthest off at {ids[worst]}. Where flows are 0 between "
            "most places, give a cost matrix or smoothing, so that each place can meet its total."
        )
        raise ConvergenceError(msg)
    column = np.exp(found.x)
    return FlowFactors(
        row=rows / row_sums(kernel, column), column=column, residual=found.residual, iterations=found.iterations
    )
