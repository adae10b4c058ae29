"""Fixed points of maps in logs, with Anderson acceleration."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

RIDGE = 1e-12
"""Tikhonov term of the least squares, relative to the square of each difference; they grow parallel."""

TINY = float(np.finfo(np.float64).tiny)
"""Least size that is divided by."""

LARGEST_STEP = 2.0
"""Most that any unknown moves in one step, log units: a factor of 7.4."""

RESTART_GROWTH = 10.0
"""The history is dropped when the residual is that many times the best so far: it described another place."""


class Step(Protocol):
    """One evaluation of the map: where it leads, and by how much the equations fail at `x`."""

    def __call__(self, x: F64, /) -> tuple[F64, F64]:
        """Give the image of x, of its shape, and the residuals at x, log units."""
        ...


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """
    Where the search ended.

    Attributes
    ----------
    x
        The point at which `residuals` were measured.
    residuals
        What the equations are off by at `x`, log units.
    iterations
        Evaluations of the map.
    converged
        Whether no residual is above the tolerance.
    """

    x: F64
    residuals: F64
    iterations: int
    converged: bool

    @property
    def residual(self) -> float:
        """Largest residual, log units."""
        return float(np.abs(self.residuals).max())


def solve_fixed_point(
    step: Step, start: F64, *, tolerance: float, max_iterations: int = 1_000, memory: int = 10
) -> FixedPoint:
    """
    Find x with step(x) = x by Anderson acceleration of type II.

    It stops on the residuals that `step` measures, never on how far a step went. Least squares over the last steps are
    damped a little; no unknown moves by more than two log units at once; the history is dropped when the residual grows
    tenfold over the least it had, and a point at which the map is not finite is left half-way back.

    Parameters
    ----------
    step
        The map and its residuals.
    start
        (n,) where to begin.
    tolerance
        Largest residual accepted, log units.
    max_iterations
        Evaluations of the map at most.
    memory
        Steps remembered, 8 to 10 as a rule; 0 is the plain loop.

    References
    ----------
    Walker and Ni 2011, "Anderson acceleration for fixed-point iterations", SIAM Journal on Numerical Analysis 49(4);
    Fang and Saad 2009, "Two classes of multisecant methods", Numerical Linear Algebra with Applications 16(3).

    Examples
    --------
    >>> found = solve_fixed_point(lambda x: (np.cos(x), np.cos(x) - x), np.zeros(1), tolerance=1e-12)
    >>> found.converged, round(float(found.x[0]), 6)
    (True, 0.739085)
    """
    x = start.astype(np.float64)
    good = FixedPoint(x, np.full(1, np.inf), 0, converged=False)
    moves: deque[F64] = deque(maxlen=memory or 1)
    changes: deque[F64] = deque(maxlen=memory or 1)
    last: tuple[F64, F64] | None = None
    least = np.inf  # since the history was dropped
    for iteration in range(1, max_iterations + 1):
        image, residuals = step(x)
        if not (np.isfinite(image).all() and np.isfinite(residuals).all()):
            moves.clear()
            changes.clear()
            if last is None:
                return FixedPoint(x, np.full(1, np.inf), iteration, converged=False)
            x = last[0] + (x - last[0]) / 2
            continue
        size = np.abs(residuals).max()
        if size < good.residual:
            good = FixedPoint(x, residuals, iteration, converged=bool(size <= tolerance))
        if good.converged:
            return good
        gap = image - x
        if size > RESTART_GROWTH * least:
            moves.clear()
            changes.clear()
            least = size
        elif last is not None and memory:
            moves.append(x - last[0])
            changes.append(gap - last[1])
        least = min(least, size)
        last = (x, gap)
        move = gap - _correction(moves, changes, gap)
        x = x + np.clip(move, -LARGEST_STEP, LARGEST_STEP)
    return FixedPoint(good.x, good.residuals, max_iterations, converged=False)


def _correction(moves: deque[F64], changes: deque[F64], gap: F64) -> F64:
    """Tell what the remembered steps take off the plain step."""
    if not changes:
        return np.zeros_like(gap)
    change = np.array(changes)
    # later differences are far smaller than earlier ones: each counts by its direction
    size = np.maximum(np.sqrt(np.einsum("ij,ij->i", change, change)), TINY)
    change /= size[:, None]
    square = change @ change.T
    square.flat[:: len(square) + 1] += RIDGE
    weight = np.linalg.solve(square, change @ gap)
    correction: F64 = (weight / size) @ np.array(moves) + weight @ change
    return correction
