"""How far systems develop together: the coupling coordination degree, with all its choices named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtr

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

Variant = Literal["standard", "wang", "fan"]
Normalisation = Literal["none", "minmax", "z"]

SUM_TOLERANCE = 1e-6
"""How far given weights may be from 1: they are written with a few digits."""

THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
CLASSES = (
    ("extreme imbalance", "极度失调"),
    ("severe imbalance", "严重失调"),
    ("moderate imbalance", "中度失调"),
    ("slight imbalance", "轻度失调"),
    ("near imbalance", "濒临失调"),
    ("bare coordination", "勉强协调"),
    ("primary coordination", "初级协调"),
    ("intermediate coordination", "中级协调"),
    ("good coordination", "良好协调"),
    ("excellent coordination", "优质协调"),
)
"""The ten classes of D that Chinese papers use, from `THRESHOLDS` in order; a class holds its lower threshold."""


@dataclass(frozen=True, slots=True)
class CouplingCoordination:
    """
    Coupling, development and their combination.

    Attributes
    ----------
    table
        One row an observation: coupling (C), development (T), coordination (D), class_en, class_zh, and, where weights
        were drawn, low and high (5th and 95th percentile of D).
    weights
        By system, with sum 1.
    choices, choices_zh
        variant, weights, normalisation, thresholds: in words, to be printed beside every figure.
    notices
        What was found; always that D of other choices is not comparable.
    """

    table: pd.DataFrame = field(repr=False)
    weights: pd.Series
    choices: dict[str, str]
    choices_zh: dict[str, str]
    notices: Notices = field(repr=False)


def coupling_coordination(
    u: Any,
    *,
    variant: Variant = "standard",
    weights: Literal["equal", "entropy"] | Sequence[float] = "equal",
    normalisation: Normalisation = "none",
    window: Any = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
) -> CouplingCoordination:
    """
    Compute the coupling coordination degree D = sqrt(C T), with T = sum w_i U_i.

    Parameters
    ----------
    u
        (n_systems,) or (n_observations, n_systems): how far each system has developed; a frame is named in messages.
        From 0 to 1 after normalisation.
    variant
        C, the coupling. "standard": geometric over arithmetic mean. "wang": sqrt((1 - mean |U_i - U_j| over pairs)
        (prod U_i / max U)^(1/(n-1))). "fan": 1 - 2 sd of U.
    weights
        "equal", "entropy" (by how far the observations differ in a system) or a number for each system, with sum 1.
    normalisation
        "none", "minmax" (over `window`) or "z" (standard scores through the normal distribution function).
    window
        (2, n_systems) lowest and highest of each system; those of the observations by default, in which case D
        changes when an observation is added.
    rng
        If given, D is computed with weights drawn evenly from all that add up to 1 (Dirichlet), and its band given.
    draws
        How many weights are drawn.

    Raises
    ------
    InputError
        If a value is missing or outside 0 to 1, a system does not vary where it has to, weights do not add up to 1, or
        a choice is unknown.

    References
    ----------
    Wang, Kong, Ren and Zhi (2021), Research on misuses and modification of coupling coordination degree model in
    China, Journal of Natural Resources 36(3). Fan, Ke and Cao (2024), Modification and improvement of coupling
    coordination degree model, Statistics and Decision 40(22), as documented by the R package `coupling`.

    Examples
    --------
    >>> found = coupling_coordination([0.6, 0.4, 0.2]).table.iloc[0]
    >>> [round(float(found[name]), 6) for name in ("coupling", "development", "coordination")]
    [0.90856, 0.4, 0.602847]
    """
    if variant not in get_args(Variant) or normalisation not in get_args(Normalisation):
        msg = (
            f"variant is {variant!r} and normalisation {normalisation!r}; expected {', '.join(get_args(Variant))} and "
            f"{', '.join(get_args(Normalisation))}."
        )
        raise InputError(msg)
    raw = _frame(u)
    values, told = _normalised(raw, normalisation, window)
    matrix = values.to_numpy(np.float64)
    weight, weight_words = _weights(values, weights)
    coupling = coupling_degree(matrix, variant)
    development = matrix @ weight
    degree = np.sqrt(coupling * development)
    place = np.clip(np.searchsorted(THRESHOLDS, degree, side="right") - 1, 0, len(CLASSES) - 1)
    table = pd.DataFrame(
        {
            "coupling": coupling,
            "development": development,
            "coordination": degree,
            "class_en": [CLASSES[each][0] for each in place],
            "class_zh": [CLASSES[each][1] for each in place],
        },
        index=values.index,
    )
    if rng is not None:
        drawn = rng.dirichlet(np.ones(len(weight)), size=draws)
        of_weights = np.sqrt(coupling[:, None] * (matrix @ drawn.T))
        table["low"], table["high"] = np.percentile(of_weights, (5, 95), axis=1)
    pairs = (
        (variant, variant),
        weight_words,
        told,
        ("ten classes of 0.1", "每 0.1 一级，共十级"),
    )
    names = ("variant", "weights", "normalisation", "thresholds")
    choices, choices_zh = (dict(zip(names, each, strict=True)) for each in zip(*pairs, strict=True))
    notices = Notices()
    listed = f"variant {variant}, weights {choices['weights']}, normalisation {choices['normalisation']}"
    listed_zh = f"变体 {variant}，权重 {choices_zh['weights']}，标准化 {choices_zh['normalisation']}"
    notices.add(
        "coordination_not_comparable",
        f"D is of {listed}; with other choices it is another number, and not comparable.",
        message_zh=f"D 的口径：{listed_zh}；其他口径的 D 与之不可比。",
    )
    weight_of = pd.Series(weight, index=values.columns, name="weight")
    return CouplingCoordination(table, weight_of, choices, choices_zh, notices)


def coupling_degree(u: F64, variant: Variant) -> F64:
    """
    Compute C of each row.

    Parameters
    ----------
    u
        (n_observations, n_systems), 0 to 1.
    variant
        As in `coupling_coordination`. Where all systems are 0, C is 0 ("fan": 1).
    """
    n = u.shape[1]
    if variant == "fan":
        return np.asarray(np.clip(1 - 2 * u.std(axis=1), 0.0, 1.0))
    highest = u.max(axis=1, keepdims=True)
    # relative to the largest, so that a product of many small numbers does not vanish
    relative = np.divide(u, highest, out=np.zeros_like(u), where=highest > 0)
    product = relative.prod(axis=1)
    if variant == "standard":
        mean = relative.mean(axis=1)
        return np.asarray(np.divide(product ** (1 / n), mean, out=np.zeros_like(mean), where=mean > 0))
    first, second = np.triu_indices(n, 1)
    apart = np.abs(u[:, first] - u[:, second]).mean(axis=1)
    return np.asarray(np.sqrt((1 - apart) * product ** (1 / (n - 1))))


def entropy_weights(values: pd.DataFrame) -> F64:
    """
    Weight systems by how far observations differ in them (information entropy).

    Raises
    ------
    InputError
        If there are fewer than two observations, or no system tells them apart.
    """
    matrix = values.to_numpy(np.float64)
    if len(matrix) < 2:
        msg = f"entropy weights of {len(matrix)} observation; they take at least two. Give weights, or say equal."
        raise InputError(msg)
    total = matrix.sum(axis=0)
    part = np.divide(matrix, total, out=np.full_like(matrix, 1 / len(matrix)), where=total > 0)
    logs = np.log(np.where(part > 0, part, 1.0))
    spare = 1 + (part * logs).sum(axis=0) / np.log(len(matrix))
    if not spare.sum() > 1e-12:
        msg = "entropy weights: the observations are the same in every system. Give weights, or say equal."
        raise InputError(msg)
    return np.asarray(spare / spare.sum())


def _frame(u: Any) -> pd.DataFrame:
    frame = u if isinstance(u, pd.DataFrame) else pd.DataFrame(np.atleast_2d(np.asarray(u, dtype=np.float64)))
    if frame.shape[1] < 2 or frame.empty:
        msg = f"u has {frame.shape[1]} systems and {len(frame)} observations; coupling takes at least two systems."
        raise InputError(msg)
    return frame.astype(np.float64)


def _normalised(raw: pd.DataFrame, how: Normalisation, window: Any) -> tuple[pd.DataFrame, tuple[str, str]]:
    """Give values from 0 to 1, and say how in English and Chinese."""
    _refuse(raw, ~np.isfinite(raw.to_numpy()), "a finite number. Leave the observation out or bring its figure")
    if how == "z":
        spread = raw.std(ddof=0)
        _refuse_constant(raw, (spread > 0).to_numpy())
        return pd.DataFrame(ndtr((raw - raw.mean()) / spread), index=raw.index, columns=raw.columns), (
            f"standard scores of {len(raw)} observations through the normal distribution function",
            f"{len(raw)} 个观测的标准分，经正态分布函数",
        )
    if how == "minmax":
        low, high = (raw.min().to_numpy(), raw.max().to_numpy()) if window is None else np.asarray(window, np.float64)
        _refuse_constant(raw, high > low)
        raw = (raw - low) / (high - low)
        told = (
            (f"min-max over the {len(raw)} observations", f"对 {len(raw)} 个观测作极差标准化")
            if window is None
            else ("min-max over a given window", "按给定区间作极差标准化")
        )
    else:
        told = ("none", "无")
    outside = (raw.to_numpy() < 0) | (raw.to_numpy() > 1)
    _refuse(raw, outside, "0 to 1. Normalise (minmax or z), or widen the window")
    return raw, told


def _refuse(frame: pd.DataFrame, wrong: NDArray[np.bool_], expected: str) -> None:
    if not wrong.any():
        return
    row, column = (int(each[0]) for each in np.nonzero(wrong))
    of, system, found = frame.index.tolist()[row], frame.columns.tolist()[column], frame.to_numpy()[row, column]
    msg = (
        f"u has {int(wrong.sum())} values that cannot be used, the first is {found:g} of observation {of!r}, system "
        f"{system!r}; expected {expected}."
    )
    raise InputError(msg)


def _refuse_constant(frame: pd.DataFrame, varies: Any) -> None:
    constant = [str(name) for name, good in zip(frame.columns, varies, strict=True) if not good]
    if constant:
        msg = f"system {', '.join(constant)} has no range to normalise over; give a window, or leave the system out."
        raise InputError(msg)


def _weights(values: pd.DataFrame, weights: Any) -> tuple[F64, tuple[str, str]]:
    n = values.shape[1]
    if isinstance(weights, str):
        if weights == "equal":
            return np.full(n, 1 / n), ("equal", "等权")
        if weights == "entropy":
            return entropy_weights(values), ("entropy", "熵权")
        msg = f"weights is {weights!r}; expected equal, entropy or {n} numbers."
        raise InputError(msg)
    given = np.asarray(weights, dtype=np.float64)
    checked = check_weights(given, n, "weights")
    listed = ", ".join(f"{each:g}" for each in given)
    return checked, (f"given ({listed})", f"给定（{listed}）")


def check_weights(weights: F64, n: int, what: str) -> F64:
    """
    Refuse weights that do not add up to 1.

    Parameters
    ----------
    weights
        (n,) at least 0.
    n
        How many there should be.
    what
        What messages call them.

    Raises
    ------
    InputError
        If there is another number of them, one is negative or no number, or the sum is not 1.
    """
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        msg = f"{what}: {weights.tolist()}; expected {n} numbers of at least 0."
        raise InputError(msg)
    total = float(weights.sum())
    if abs(total - 1) > SUM_TOLERANCE:
        msg = f"{what} add up to {total:g}; expected 1. Divide each by {total:g}, or correct them."
        raise InputError(msg)
    return np.asarray(weights / total)
