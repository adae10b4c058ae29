"""Whether places come closer: the spread of their incomes year by year, and whether poor ones grow faster."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from megaregion.economy.inequality import names_of
from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

LEAST_PLACES = 4
"""Fewer leave no degree of freedom for a slope with a robust error."""


@dataclass(frozen=True, slots=True)
class SigmaConvergence:
    """
    Spread of incomes over the years.

    Attributes
    ----------
    table
        One row a year: sd_log (standard deviation of log income, sigma), cv (coefficient of variation of income).
    change
        sd_log of the last year less that of the first: below 0 = places came closer.
    t, p_value
        Test of Pitman and Morgan that sigma is the same in both years, of the same places; two-sided.
    places
        How many count.
    """

    table: pd.DataFrame = field(repr=False)
    change: float
    t: float
    p_value: float
    places: int


@dataclass(frozen=True, slots=True)
class BetaConvergence:
    """
    Growth a year regressed on the log of initial income, nothing else held (unconditional).

    Attributes
    ----------
    beta
        Slope: below 0 = poor places grow faster. Growth a year for one unit of log income.
    se, se_robust
        Standard error under equal variances, and robust to unequal ones (HC3).
    t, p_value, ci_low, ci_high
        By the robust error and Student's t with n - 2 degrees of freedom; two-sided, 95 %.
    intercept
        Growth a year at log income 0, in the unit given.
    speed
        Share of the gap that closes in a year; nan where the slope says that no speed brings it about.
    half_life
        Years until half of the gap is closed; inf where it does not close.
    r2
        Share of the variance of growth that is explained.
    years, places
        Length of the period and how many places count.
    """

    beta: float
    se: float
    se_robust: float
    t: float
    p_value: float
    ci_low: float
    ci_high: float
    intercept: float
    speed: float
    half_life: float
    r2: float
    years: float
    places: int


def sigma_convergence(incomes: Any) -> SigmaConvergence:
    """
    Measure the spread of incomes in each year, and whether it fell from the first to the last.

    Each place counts once, however many people it has. A price level that all places share cancels out.

    Parameters
    ----------
    incomes
        (n_places, n_years) income a person, above 0, or frame with places as index and years as columns in order.

    Raises
    ------
    InputError
        If there are fewer than two years or four places, or an income is missing or not above 0.

    References
    ----------
    Barro and Sala-i-Martin (1992), Convergence, Journal of Political Economy 100(2). Pitman (1939) and Morgan (1939),
    Biometrika 31, for the test.

    Examples
    --------
    >>> found = sigma_convergence([[1, 2], [2, 3], [4, 5], [8, 9]])
    >>> found.table["sd_log"].round(3).tolist(), round(found.change, 3)
    ([0.895, 0.651], -0.244)
    """
    frame = incomes if isinstance(incomes, pd.DataFrame) else pd.DataFrame(np.asarray(incomes, dtype=np.float64))
    if frame.shape[1] < 2:
        msg = f"incomes are of {frame.shape[1]} years; expected two or more."
        raise InputError(msg)
    levels = np.column_stack([_income(frame[year]) for year in frame.columns])
    logs = np.log(levels)
    sigma = logs.std(axis=0, ddof=1)
    table = pd.DataFrame(
        {"sd_log": sigma, "cv": levels.std(axis=0, ddof=1) / levels.mean(axis=0)},
        index=pd.Index(frame.columns, name="year"),
    )
    # the spread is the same if sums and differences are not correlated
    both, gap = logs[:, -1] + logs[:, 0], logs[:, -1] - logs[:, 0]
    n, t, p_value = len(logs), 0.0, 1.0
    if both.std() > 0 and gap.std() > 1e-12:
        r = float(np.clip(np.corrcoef(both, gap)[0, 1], -1.0, 1.0))
        t = math.copysign(math.inf, r) if abs(r) == 1 else r * math.sqrt((n - 2) / (1 - r * r))
        p_value = float(2 * stats.t.sf(abs(t), n - 2))
    return SigmaConvergence(table, float(sigma[-1] - sigma[0]), t, p_value, n)


def beta_convergence(first: Any, last: Any, years: float) -> BetaConvergence:
    """
    Regress growth a year on the log of initial income.

    An error in initial income alone makes the slope more negative: a finding rests on how well both ends are measured.

    Parameters
    ----------
    first, last
        (n,) income a person at both ends, above 0, in one order; units may differ, for they change the intercept only.
    years
        Length of the period, years.

    Raises
    ------
    InputError
        If an income is missing or not above 0, there are fewer than four places, all begin alike, or the period is
        not above 0.

    References
    ----------
    Barro and Sala-i-Martin (1992), Convergence, Journal of Political Economy 100(2). MacKinnon and White (1985),
    Journal of Econometrics 29, for HC3.

    Examples
    --------
    >>> found = beta_convergence([1, 2, 4, 8], [2, 3, 5, 9], 10)
    >>> round(found.beta, 4), round(found.half_life, 1)
    (-0.0275, 21.5)
    """
    if not (years > 0 and math.isfinite(years)):
        msg = f"the period is {years!r} years; expected a number above 0."
        raise InputError(msg)
    start, end = _income(first), _income(last)
    if len(start) != len(end):
        msg = f"incomes are of {len(start)} places at first and {len(end)} at last; expected the same places."
        raise InputError(msg)
    x, y = np.log(start), np.log(end / start) / years
    spread = x - x.mean()
    squares = float(spread @ spread)
    if squares < 1e-12:
        msg = "all places begin with the same income, so growth cannot be regressed on it."
        raise InputError(msg)
    n, beta = len(x), float(spread @ y / squares)
    intercept = float(y.mean() - beta * x.mean())
    residual = y - intercept - beta * x
    leverage = 1 / n + spread**2 / squares
    se = math.sqrt(float(residual @ residual) / (n - 2) / squares)
    # a place that alone decides the slope has no residual
    pulled = np.divide(residual, 1 - leverage, out=np.zeros(n), where=leverage < 1 - 1e-12)
    robust = math.sqrt(float((spread * pulled) @ (spread * pulled))) / squares
    t = beta / robust if robust > 0 else math.copysign(math.inf, beta)
    width = float(stats.t.ppf(0.975, n - 2)) * robust
    left = 1 + beta * years
    speed = -math.log(left) / years if left > 0 else math.nan
    half_life = math.inf if speed <= 0 else math.log(2) / speed
    total = float(((y - y.mean()) ** 2).sum())
    r2 = 1 - float(residual @ residual) / total if total > 0 else math.nan
    p_value = float(2 * stats.t.sf(abs(t), n - 2))
    bounds = (beta - width, beta + width)
    return BetaConvergence(
        beta, se, robust, t, p_value, *bounds, intercept, speed, half_life, r2, years=float(years), places=n
    )


def _income(values: Any) -> F64:
    names = names_of(values)
    income = np.asarray(values, dtype=np.float64)
    notices = Notices()
    for row in np.flatnonzero(~np.isfinite(income) | (income <= 0)):
        message = f"the income of place {names[row]!r} is {income[row]:g}; expected a number above 0."
        notices.add("inequality_value_wrong", message, value=income[row])
    notices.raise_errors("convergence")
    if len(income) < LEAST_PLACES:
        msg = f"incomes are of {len(income)} places; expected at least {LEAST_PLACES}."
        raise InputError(msg)
    return income
