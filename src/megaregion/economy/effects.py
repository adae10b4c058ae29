"""
Fixed effects of pairs, absorbed: no column of dummies is ever made.

A dimension gives each pair a level: its origin, its destination, a group. Regressing on all levels at once means
solving normal equations whose blocks are sums of weights over pairs of levels. The first dimension is eliminated
exactly, the others are found by conjugate gradients, so memory stays proportional to the number of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

MAX_ROUNDS = 2_000
"""Rounds of conjugate gradients; gravity needs some tens."""
ROUNDING = 1e-13
"""Error of a coefficient, in units of the column, below which rounding is all there is to solve for."""


@dataclass(frozen=True, slots=True)
class _Crossing:
    """
    Table of levels by levels, and the cell of it that each pair falls into.

    Attributes
    ----------
    first, second
        The two dimensions.
    shape
        Their sizes.
    key
        Cells that hold pairs, row by row.
    spot
        Which of `key` each pair falls into; None = the pairs are the cells, in this order.
    starts
        Where in `key` each row starts.
    """

    first: int
    second: int
    shape: tuple[int, int]
    key: NDArray[np.int64]
    spot: NDArray[np.intp] | None
    starts: NDArray[np.int64]

    def table(self, weights: F64) -> Any:
        """Give (n_first, n_second) sums of weights: an array if most cells hold pairs, else a sparse one."""
        data = weights if self.spot is None else np.bincount(self.spot, weights, len(self.key))
        if 2 * len(self.key) > self.shape[0] * self.shape[1]:
            full = np.zeros(self.shape)
            full.reshape(-1)[self.key] = data
            return full
        return sparse.csr_matrix((data, self.key % self.shape[1], self.starts), shape=self.shape)


@dataclass(frozen=True, slots=True)
class Effects:
    """
    Levels of pairs in one to three dimensions.

    Attributes
    ----------
    levels
        (n_pairs,) int32 each: the level of a pair, 0 to size - 1.
    sizes
        Levels of each dimension.
    """

    levels: tuple[I32, ...]
    sizes: tuple[int, ...]
    _crossings: tuple[_Crossing, ...]

    @classmethod
    def of(cls, levels: Sequence[I32], sizes: Sequence[int]) -> Effects:
        """Prepare dimensions; the first should be the one with most levels."""
        crossings = [
            _crossing(first, second, levels, sizes) for second in range(1, len(levels)) for first in range(second)
        ]
        return cls(tuple(levels), tuple(sizes), tuple(crossings))

    def sums(self, values: F64) -> list[F64]:
        """Sum values of pairs over each level of each dimension."""
        both = zip(self.levels, self.sizes, strict=True)
        return [np.asarray(np.bincount(level, values, size), dtype=np.float64) for level, size in both]

    def spread(self, coefficients: F64) -> F64:
        """Give each pair the sum of the coefficients of its levels; all dimensions one after the other."""
        total, start = np.zeros(len(self.levels[0])), 0
        for level, size in zip(self.levels, self.sizes, strict=True):
            total += coefficients[start : start + size][level]
            start += size
        return total

    def absorb(self, weights: F64, columns: Sequence[F64], start: F64 | None = None, *, tolerance: float) -> F64:
        """
        Regress columns on all levels by weighted least squares.

        Parameters
        ----------
        weights
            (n_pairs,) weights above 0.
        columns
            (n_pairs,) each.
        start
            (sum of sizes, n_columns) coefficients to begin from.
        tolerance
            Residual of the normal equations over their right side, at which a column is done.

        Returns
        -------
        (sum of sizes, n_columns) float64: coefficients of all levels; `spread` makes fitted values of them.
        """
        right = np.column_stack([np.concatenate(self.sums(weights * column)) for column in columns])
        return self.solve(weights, right, start, tolerance=tolerance)

    def solve(self, weights: F64, right: F64, start: F64 | None = None, *, tolerance: float) -> F64:
        """Solve the normal equations of all levels for right sides, (sum of sizes, n_columns); see `absorb`."""
        heavy = self.sums(weights)
        n = self.sizes[0]
        if len(self.sizes) == 1:
            result: F64 = right / heavy[0][:, None]
            return result
        tables = {(c.first, c.second): c.table(weights) for c in self._crossings}
        ends = np.cumsum([0, *self.sizes[1:]])
        part = {each: slice(ends[each - 1], ends[each]) for each in range(1, len(self.sizes))}
        diagonal, first_inverse = np.concatenate(heavy[1:]), 1.0 / heavy[0][:, None]

        def lift(v: F64) -> F64:
            total: F64 = first_inverse * sum(tables[0, each] @ v[rows] for each, rows in part.items())
            return total

        def drop(u: F64) -> F64:
            return np.vstack([tables[0, each].T @ u for each in part])

        def apply(v: F64) -> F64:
            image = diagonal[:, None] * v - drop(lift(v))
            for (first, second), table in tables.items():
                if first > 0:
                    image[part[first]] += table @ v[part[second]]
                    image[part[second]] += table.T @ v[part[first]]
            return image

        reduced = right[n:] - drop(first_inverse * right[:n])
        others = _gradients(apply, reduced, diagonal, None if start is None else start[n:], tolerance)
        return np.vstack([first_inverse * right[:n] - lift(others), others])


def _crossing(first: int, second: int, levels: Sequence[I32], sizes: Sequence[int]) -> _Crossing:
    shape = (sizes[first], sizes[second])
    key = levels[first].astype(np.int64) * shape[1] + levels[second]
    spot: NDArray[np.intp] | None = None
    if len(key) > 1 and not (np.diff(key) > 0).all():
        key, spot = np.unique(key, return_inverse=True)
    starts = np.searchsorted(key, np.arange(shape[0] + 1) * shape[1])
    return _Crossing(first, second, shape, key, spot, starts)


def _gradients(apply: Any, right: F64, diagonal: F64, start: F64 | None, tolerance: float) -> F64:
    """Solve a positive semidefinite consistent system for several right sides at once, diagonally preconditioned."""
    inverse = 1.0 / diagonal[:, None]
    x = np.zeros_like(right) if start is None else start.copy()
    residual = right - apply(x) if start is not None else right.copy()
    done = np.maximum(tolerance * np.sqrt((right * inverse * right).sum(axis=0)), ROUNDING * np.sqrt(diagonal.sum()))
    z = inverse * residual
    direction, power = z, (residual * z).sum(axis=0)
    for _ in range(MAX_ROUNDS):
        left = np.sqrt(np.maximum(power, 0.0))
        if (left <= done).all():
            break
        image = apply(direction)
        curve = (direction * image).sum(axis=0)
        # a column that is done stands still
        step = np.where((curve > 0) & (left > done), power / np.where(curve > 0, curve, 1.0), 0.0)
        x = x + step * direction
        residual = residual - step * image
        z = inverse * residual
        before, power = power, (residual * z).sum(axis=0)
        direction = z + np.where(before > 0, power / np.where(before > 0, before, 1.0), 0.0) * direction
    return x
