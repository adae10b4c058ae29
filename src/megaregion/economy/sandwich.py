"""Covariance of coefficients that holds whatever the variance of flows: robust, and clustered one or two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]


def sandwich(scores: F64, information: F64, clusters: Sequence[NDArray[np.integer]] = ()) -> F64:
    """
    Covariance from scores and information.

    Parameters
    ----------
    scores
        (k, n) score of each coefficient by observation.
    information
        (k, k).
    clusters
        None: observations are independent, factor n / (n - 1). One (n,) labels from 0: those of a cluster are not,
        factor G / (G - 1) for G clusters. Two: neither those of one nor of the other are; the factor is that of the
        smaller number of clusters.

    Returns
    -------
    (k, k) float64. Where two ways with what they share taken out would give a negative variance, it stays in: errors
    are then too large rather than 0.

    References
    ----------
    Cameron, Gelbach and Miller (2011), Robust inference with multiway clustering, JBES 29(2).
    Davezies, D'Haultfœuille and Guyonvarch (2021), Empirical process results for exchangeable arrays, Annals of
    Statistics 49(2): the sum of both ways as a conservative estimate.
    """
    bread = np.linalg.pinv(information, hermitian=True)
    if not clusters:
        n = scores.shape[1]
        return _symmetric(bread @ (scores @ scores.T) @ bread * n / max(n - 1, 1))
    counts = [len(np.unique(labels)) for labels in clusters]
    meat = sum((_meat(scores, labels) for labels in clusters), np.zeros_like(information))
    if len(clusters) == 2:
        first, second = clusters
        both = np.unique(first.astype(np.int64) * (int(second.max()) + 1) + second, return_inverse=True)[1]
        apart = meat - _meat(scores, both)
        if np.linalg.eigvalsh(apart).min() > 0:
            meat = apart
    fewest = min(counts)
    return _symmetric(bread @ meat @ bread * fewest / max(fewest - 1, 1))


def _meat(scores: F64, labels: NDArray[np.integer]) -> F64:
    sums = np.array([np.bincount(labels, row) for row in scores]).reshape(len(scores), -1)
    return np.asarray(sums @ sums.T, dtype=np.float64)


def _symmetric(matrix: F64) -> F64:
    return np.asarray((matrix + matrix.T) / 2, dtype=np.float64)
