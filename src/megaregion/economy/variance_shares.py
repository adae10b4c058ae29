"""Which input drives a band: shares of variance from the draws themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

METHOD = (
    "first-order Sobol indices from the draws: of an elasticity, variance of a cubic in its rank, bias-corrected; of a "
    "group of errors drawn in sets, variance between sets, bias-corrected"
)
DEGREE = 3


def variance_shares(outcomes: F64, shares: Mapping[str, F64], sets: Mapping[str, I64]) -> pd.DataFrame:
    """
    Tell how much of the variance of each outcome each input explains by itself.

    Parameters
    ----------
    outcomes
        (draws, k).
    shares
        By input, (draws,) the share of its distribution below what was drawn, 0 to 1.
    sets
        By group of inputs, (draws,) which of a number of sets of errors was used.

    Returns
    -------
    DataFrame
        One row an input and one for what they explain together only ("interactions"), one column an outcome; estimates
        may fall a little below 0. NaN where an outcome does not vary.

    References
    ----------
    Sobol 1993, "Sensitivity estimates for nonlinear mathematical models"; Lewandowski, Cooke and Tebbens 2007,
    "Sample-based estimation of correlation ratio with polynomial approximation", ACM TOMACS 18(1).

    Examples
    --------
    >>> u = (np.arange(1000) + 0.5) / 1000
    >>> v = np.random.default_rng(0).permutation(u)
    >>> variance_shares((2 * u + v)[:, None], {"u": u, "v": v}, {})[0].abs().round(1).tolist()
    [0.8, 0.2, 0.0]
    """
    draws = len(outcomes)
    centred = outcomes - outcomes.mean(axis=0)
    total = (centred**2).sum(axis=0)
    total = np.where(total > draws * (1e-12 * np.abs(outcomes).max(axis=0)) ** 2, total, np.nan)
    rows: dict[str, F64] = {}
    for name, share in shares.items():
        basis, _ = np.linalg.qr(np.vander(2 * share - 1, DEGREE + 1, increasing=True))
        explained = ((basis[:, 1:].T @ centred) ** 2).sum(axis=0)
        rows[name] = _corrected(explained, total, DEGREE, draws)
    for name, which in sets.items():
        count = np.bincount(which)
        sums = np.zeros((len(count), outcomes.shape[1]))
        np.add.at(sums, which, centred)
        used = count > 0
        explained = (sums[used] ** 2 / count[used, None]).sum(axis=0)
        rows[name] = _corrected(explained, total, int(used.sum()) - 1, draws)
    found = pd.DataFrame(rows, index=range(outcomes.shape[1])).T
    found.loc["interactions"] = 1 - found.sum(axis=0, min_count=1)
    return found


def _corrected(explained: F64, total: F64, degrees: int, draws: int) -> F64:
    """Share explained beyond what as many degrees of freedom explain of noise."""
    noise = (total - explained) / max(draws - 1 - degrees, 1)
    corrected: F64 = (explained - degrees * noise) / total
    return corrected
