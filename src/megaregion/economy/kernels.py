"""Flows between places as a large kernel between two vectors; kernels may be in single precision, sums never are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    Kernel = NDArray[np.floating[Any]]

BLOCK_CELLS = 1 << 19
"""Cells of a kernel that are worked on at once: 4 MB in double precision, about what a processor keeps at hand."""


@dataclass(frozen=True, slots=True)
class Flows:
    """
    Flows row_i K_ij column_j: what changes at both ends changes two vectors, never the matrix.

    Attributes
    ----------
    kernel
        (n, n) float64 or float32.
    row, column
        (n,) factors.
    """

    kernel: Kernel
    row: F64
    column: F64

    def row_sums(self, weights: F64) -> F64:
        """Sum flows times weights over where they go: (n,), or (n, k) for k columns of weights."""
        if weights.ndim == 2:
            return self.row[:, None] * row_sums(self.kernel, self.column[:, None] * weights)
        return self.row * row_sums(self.kernel, self.column * weights)

    def column_sums(self, weights: F64) -> F64:
        """Sum weights times flows over where they come from: (n,)."""
        return self.column * column_sums(self.kernel, self.row * weights)

    def scaled(self, row: F64, column: F64) -> Flows:
        """Multiply by two more vectors."""
        return Flows(self.kernel, self.row * row, self.column * column)

    def changed(self, hat: NDArray[Any], exponent: float) -> Flows:
        """Multiply by hat^exponent, pair by pair."""
        kernel = fill_by_blocks(
            self.kernel.shape, self.kernel.dtype, lambda rows: self.kernel[rows] * np.exp(exponent * np.log(hat[rows]))
        )
        return Flows(kernel, self.row, self.column)

    def diagonal(self) -> F64:
        """(n,) flows of places to themselves."""
        return self.row * np.diagonal(self.kernel) * self.column

    def dense(self) -> Kernel:
        """(n, n) all flows, in the precision of the kernel."""
        return fill_by_blocks(
            self.kernel.shape, self.kernel.dtype, lambda rows: self.row[rows, None] * self.kernel[rows] * self.column
        )


def row_sums(kernel: Kernel, weights: F64) -> F64:
    """Sum K_ij weights_j over j: (n,) float64; weights may have columns, (n, k)."""
    if kernel.dtype == np.float64:
        product: F64 = kernel @ weights
        return product
    return np.concatenate([kernel[rows].astype(np.float64) @ weights for rows in row_blocks(kernel)])


def column_sums(kernel: Kernel, weights: F64) -> F64:
    """Sum weights_i K_ij over i: (n,) float64."""
    if kernel.dtype == np.float64:
        product: F64 = weights @ kernel
        return product
    total = np.zeros(kernel.shape[1])
    for rows in row_blocks(kernel):
        total += weights[rows] @ kernel[rows].astype(np.float64)
    return total


def row_blocks(kernel: NDArray[Any]) -> list[slice]:
    """Rows in blocks of about `BLOCK_CELLS` cells."""
    rows = max(1, BLOCK_CELLS // max(1, kernel.shape[1]))
    return [slice(start, start + rows) for start in range(0, len(kernel), rows)]


def fill_by_blocks(shape: tuple[int, int], dtype: Any, block: Callable[[slice], NDArray[Any]]) -> Kernel:
    """Make a kernel block by block, so that no temporary is as large as it."""
    kernel: Kernel = np.empty(shape, dtype=dtype)
    for rows in row_blocks(kernel):
        kernel[rows] = block(rows)
    return kernel
