"""An index made of indicators over years: base year = 100, sub-indices, weights named, a band over weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from megaregion.economy.coupling import check_weights
from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

Mean = Literal["geometric", "arithmetic"]

BASE = 100.0
"""Of the base year, as official indices have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """
    One indicator of an index.

    Attributes
    ----------
    name
        Its column.
    group
        Sub-index that it belongs to.
    better
        "more" or "less": which of them counts as growth of the index.
    """

    name: str
    group: str
    better: Literal["more", "less"] = "more"


@dataclass(frozen=True, slots=True)
class CompositeIndex:
    """
    An index by year.

    Attributes
    ----------
    table
        One row a year: index, low and high (5th and 95th percentile over weights of the sub-indices; nan without
        draws), and each sub-index by name; base year = 100, nan where an indicator is missing.
    relatives
        One row a year, one column an indicator: base year = 100, above it is better.
    weights
        Of the sub-indices, with sum 1.
    missing
        Year and indicators that lack: those years have no index.
    choices, choices_zh
        base, mean, weights, normalisation: in words, to be printed beside every figure.
    """

    table: pd.DataFrame = field(repr=False)
    relatives: pd.DataFrame = field(repr=False)
    weights: pd.Series
    missing: dict[int, tuple[str, ...]]
    choices: dict[str, str]
    choices_zh: dict[str, str]


def build_index(
    values: pd.DataFrame,
    indicators: tuple[Indicator, ...],
    *,
    base: int,
    weights: Mapping[str, float] | None = None,
    mean: Mean = "geometric",
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
) -> CompositeIndex:
    """
    Compute a composite index: each indicator over its base year, sub-indices with equal weights, then their mean.

    Parameters
    ----------
    values
        Years as index, indicators as columns, above 0; nan = not known.
    indicators
        What the columns are.
    base
        Year that is 100.
    weights
        Of the sub-indices by name, with sum 1; equal by default.
    mean
        "geometric" (a year's change does not depend on which year is the base) or "arithmetic".
    rng
        If given, weights of the sub-indices are drawn evenly from all that add up to 1 (Dirichlet), for the band.
    draws
        How many weights are drawn.

    Raises
    ------
    InputError
        If the base year is incomplete, a value is not above 0, or weights do not fit or do not add up to 1.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators.

    Examples
    --------
    >>> values = pd.DataFrame({"minutes": [100.0, 50.0], "links": [10.0, 20.0]}, index=[2012, 2019])
    >>> parts = (Indicator(name="minutes", group="time", better="less"), Indicator(name="links", group="supply"))
    >>> build_index(values, parts, base=2012).table["index"].round(9).tolist()
    [100.0, 200.0]
    """
    if mean not in get_args(Mean):
        msg = f"mean is {mean!r}; expected {' or '.join(get_args(Mean))}."
        raise InputError(msg)
    held = _checked(values, indicators, base)
    groups = list(dict.fromkeys(each.group for each in indicators))
    weight, told = _group_weights(groups, weights)
    signs = np.array([1.0 if each.better == "more" else -1.0 for each in indicators])
    relatives = (held / held.loc[base]) ** signs * BASE
    parts = pd.DataFrame(
        {
            group: _mean(
                relatives[[each.name for each in indicators if each.group == group]].to_numpy(np.float64), None, mean
            )
            for group in groups
        },
        index=held.index,
    )
    matrix = parts.to_numpy(np.float64)
    low = high = np.full(len(parts), np.nan)
    if rng is not None:
        drawn = rng.dirichlet(np.ones(len(groups)), size=draws)
        of_weights = np.column_stack([_mean(matrix, each, mean) for each in drawn])
        low, high = np.percentile(of_weights, (5, 95), axis=1)
    table = pd.DataFrame({"index": _mean(matrix, weight, mean), "low": low, "high": high}, index=held.index)
    blank = held.isna().to_numpy()
    missing = {
        int(year): tuple(str(name) for name in held.columns[row])
        for year, row in zip(held.index.tolist(), blank, strict=True)
        if row.any()
    }
    choices = {
        "base": f"{base} = 100",
        "mean": mean,
        "weights": told[0],
        "normalisation": "over the base year; where less is better, the base year over the value",
    }
    choices_zh = {
        "base": f"{base} 年 = 100",
        "mean": "几何平均" if mean == "geometric" else "算术平均",
        "weights": told[1],
        "normalisation": "除以基期值；逆向指标为基期值除以该值",
    }
    whole = pd.concat([table, parts], axis=1)
    return CompositeIndex(whole, relatives, pd.Series(weight, groups), missing, choices, choices_zh)


def _mean(values: F64, weights: F64 | None, how: Mean) -> F64:
    """Mean of each row; nan where one of its values is."""
    given = np.full(values.shape[1], 1 / values.shape[1]) if weights is None else weights
    # as ratios, so that the base year is 100 to the last digit
    return np.asarray(BASE * np.exp(np.log(values / BASE) @ given) if how == "geometric" else values @ given)


def _checked(values: pd.DataFrame, indicators: tuple[Indicator, ...], base: int) -> pd.DataFrame:
    names = [each.name for each in indicators]
    absent = [name for name in names if name not in values.columns]
    if absent or not names:
        held_columns = ", ".join(map(str, values.columns))
        msg = f"values lack the indicators {', '.join(absent) or '(none is given)'}; columns: {held_columns}."
        raise InputError(msg)
    held = values[names].astype(np.float64).sort_index()
    if base not in held.index or held.loc[base].isna().any():
        blank = ", ".join(held.columns[held.loc[base].isna().to_numpy()]) if base in held.index else "every indicator"
        complete = ", ".join(str(year) for year in held.index[held.notna().all(axis=1).to_numpy()]) or "no year"
        msg = f"base year {base} lacks {blank}; an index needs all of them in its base. Complete: {complete}."
        raise InputError(msg)
    wrong = np.argwhere((held.to_numpy() <= 0) | np.isinf(held.to_numpy()))
    if len(wrong):
        row, column = wrong[0]
        msg = (
            f"indicator {names[column]!r} of {held.index[row]} is {held.iloc[row, column]:g}; expected a number above "
            "0, for it is divided by its base year. Leave the indicator out, or take its complement."
        )
        raise InputError(msg)
    return held


def _group_weights(groups: list[str], weights: Mapping[str, float] | None) -> tuple[F64, tuple[str, str]]:
    if weights is None:
        return np.full(len(groups), 1 / len(groups)), ("equal", "等权")
    if set(weights) != set(groups):
        msg = f"weights are of {', '.join(weights)}; the sub-indices are {', '.join(groups)}. Give one for each."
        raise InputError(msg)
    given: Any = np.array([weights[group] for group in groups], dtype=np.float64)
    listed = ", ".join(f"{group} {weights[group]:g}" for group in groups)
    told = (f"given ({listed})", f"给定（{listed}）")
    return check_weights(given, len(groups), "weights of the sub-indices"), told
