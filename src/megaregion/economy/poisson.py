"""
Poisson pseudo-maximum likelihood with fixed effects absorbed.

Newton's method on coefficients and fixed effects together (iteratively reweighted least squares), halving a step that
makes the fit worse. Zeros are data as any other.

References
----------
Santos Silva and Tenreyro (2006), The log of gravity, Review of Economics and Statistics 88(4).
Correia, Guimarães and Zylkin (2020), Fast Poisson estimation with high-dimensional fixed effects, Stata Journal 20(1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy.effects import Effects

    F64 = NDArray[np.float64]

MAX_STEPS = 200
"""Newton steps; a regular fit takes 5 to 10, one with separated pairs some 30."""
SETTLED = 1e-12
"""Change of deviance, relative, at which the fit stands: Newton's error is then far below."""
SOLVED = 1e-11
"""Residual of the normal equations of fixed effects at the end."""
GONE = -0.5
"""Newton step of a linear predictor that only a pair on its way to minus infinity makes near the end: such go by -1."""
NEAR = 1e-6
"""Change of deviance, relative, from which on a fit is near its end: all other steps are far smaller than `GONE`."""


@dataclass(frozen=True, slots=True)
class PoissonFit:
    """
    A fit.

    Attributes
    ----------
    coefficients
        (k,) of the columns.
    effects
        Coefficients of all levels of fixed effects, one dimension after the other.
    fitted
        (n,) expected values.
    within
        (k, n) columns with fixed effects taken out, weighted by `fitted`.
    information
        (k, k) of the coefficients: within x fitted x within'.
    deviance
        Of the fit.
    separated
        (n,) bool: zeros that the fit drives to 0, with coefficients running to infinity.
    steps
        Newton steps taken.
    change
        Last relative change of the deviance.
    """

    coefficients: F64
    effects: F64
    fitted: F64
    within: F64
    information: F64
    deviance: float
    separated: NDArray[np.bool_]
    steps: int
    change: float

    @property
    def converged(self) -> bool:
        """Whether the deviance stands still."""
        return self.change <= SETTLED


def poisson_deviance(observed: F64, fitted: F64) -> float:
    """Twice the gap in log-likelihood to a perfect fit; an observed 0 counts as its fitted value."""
    ratio = np.divide(observed, fitted, out=np.ones_like(fitted), where=observed > 0)
    return float(2.0 * (xlogy(observed, ratio) - (observed - fitted)).sum())


def fit_poisson(observed: F64, columns: F64, effects: Effects, offset: F64 | None = None) -> PoissonFit:
    """
    Fit log-expected values by columns and fixed effects.

    Parameters
    ----------
    observed
        (n,) at least 0; every level of the fixed effects has a positive one.
    columns
        (k, n), none of which the fixed effects and the others make up; k may be 0.
    effects
        Levels of the observations.
    offset
        (n,) added to the linear predictor; 0 by default.
    """
    base = np.zeros_like(observed) if offset is None else offset
    total = float(observed.sum())
    logged = np.log(observed, out=np.zeros_like(observed), where=observed > 0)
    fitted = (observed + observed.mean()) / 2
    # the first step comes from the data themselves, from outside the model
    working = np.log(fitted) - base + (observed - fitted) / fitted
    predictor, coefficients, levels = base, np.zeros(len(columns)), np.zeros(sum(effects.sizes))
    deviance, change, gone = np.inf, np.inf, np.zeros(len(observed), dtype=bool)
    absorbed: F64 | None = None
    taken = 0
    while taken < MAX_STEPS and change > SETTLED:
        taken += 1
        found, absorbed, within = _regress(
            effects, fitted, working, columns, absorbed, min(1e-2, 0.03 * np.sqrt(change))
        )
        information = (within * fitted) @ within.T
        gain = _gain(information, within, fitted * working)
        direction = found - absorbed @ gain
        step = effects.spread(direction) + gain @ columns
        # once weights have shrunk to nothing such a pair stands still, so that the last step does not tell
        gone |= (step < GONE) & (change < NEAR)
        size = 1.0
        while True:
            after = predictor + size * step
            with np.errstate(over="ignore"):
                # below the least exponent a pair is as good as gone
                trial = np.exp(np.maximum(after, -700.0))
            loss = 2 * float(observed @ (logged - after) + trial.sum() - total)
            if loss <= deviance + SETTLED * _weight(deviance, total) or size < 1e-6:
                break
            size /= 2
        change = abs(deviance - loss) / _weight(loss, total) if np.isfinite(deviance) else np.inf
        predictor, fitted, deviance = after, trial, loss
        coefficients, levels = coefficients + size * gain, levels + size * direction
        working = (observed - fitted) / fitted
    found, absorbed, within = _regress(effects, fitted, working, columns, absorbed, SOLVED)
    information = (within * fitted) @ within.T
    separated = (observed == 0) & gone
    if change <= SETTLED and not separated.any():
        # steps before were as exact as their progress asked for; totals are met by this one
        gain = _gain(information, within, fitted * working)
        coefficients, levels = coefficients + gain, levels + found - absorbed @ gain
        fitted = np.exp(base + effects.spread(levels) + coefficients @ columns)
    return PoissonFit(
        coefficients=coefficients,
        effects=levels,
        fitted=fitted,
        within=within,
        information=information,
        deviance=poisson_deviance(observed, fitted),
        separated=separated,
        steps=taken,
        change=change,
    )


def _gain(information: F64, within: F64, weighted: F64) -> F64:
    return np.asarray(np.linalg.lstsq(information, within @ weighted, rcond=None)[0]) if len(within) else np.zeros(0)


def _weight(deviance: float, total: float) -> float:
    """Give what a change of deviance is compared with: of a perfect fit, where it is 0, the observations."""
    return abs(deviance) + 1e-3 * total


def absorbed_columns(columns: F64, effects: Effects) -> list[int]:
    """Find columns that the fixed effects, or columns before them, make up: what is left of them is nothing."""
    centred = columns - columns.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1)
    flat = spread <= 1e-12 * np.abs(columns).max(axis=1, initial=0.0)
    scaled = centred / np.where(flat, 1.0, spread)[:, None]
    n = columns.shape[1]
    _, _, within = _regress(effects, np.ones(n), np.zeros(n), scaled, None, SOLVED)
    kept: list[F64] = []
    lost = []
    for index, column in enumerate(within):
        rest = column.copy()
        for other in kept:
            rest -= (rest @ other) * other
        size = float(np.sqrt(rest @ rest))
        # what is left is rounding
        if flat[index] or size <= 1e-7 * np.sqrt(n):
            lost.append(index)
        else:
            kept.append(rest / size)
    return lost


def _regress(
    effects: Effects, weights: F64, working: F64, columns: F64, start: F64 | None, tolerance: float
) -> tuple[F64, F64, F64]:
    """Take fixed effects out: their coefficients for the working response and each column, and what is left."""
    if start is not None:
        start = np.column_stack([np.zeros(len(start)), start])
    solved = effects.absorb(weights, [working, *columns], start, tolerance=max(tolerance, SOLVED))
    within = np.array([column - effects.spread(solved[:, index + 1]) for index, column in enumerate(columns)])
    return solved[:, 0], solved[:, 1:], within.reshape(columns.shape)
