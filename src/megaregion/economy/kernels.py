"""Products of large kernels and vectors; kernels may be kept in single precision, sums never are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    Kernel = NDArray[np.floating[Any]]

BLOCK_CELLS = 1 << 19
"""Cells of a kernel that are worked on at once: 4 MB in double precision, about what a processor keeps at hand."""


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
