"""How well the cities of a region work as one: an index over years, made of measures of the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion.economy import Indicator, build_index, theil
from megaregion.errors import InputError, NoDataError
from megaregion.notices import Notices
from megaregion.study.city_travel import timetable_years
from megaregion.study.left_out import cities_left_out
from megaregion.study.measures import Words, measure
from megaregion.study.quantity import quantity
from megaregion.study.shared_travel import timetable_year

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.economy import CompositeIndex
    from megaregion.economy.composite_index import Mean
    from megaregion.region.model import Region
    from megaregion.study.measures import Figures

SEED = 20_211
"""Of the drawn weights: the same data give the same band."""

_PEOPLE = "city_facts (census)"
"""What measures of a figure a person call the people that they divide by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """
    One indicator of an index: a measure of a year, and how its rows become one figure.

    Attributes
    ----------
    name
        What it is called in tables.
    title
        What people call it.
    measure
        Name of a measure that has a value for each year.
    group
        Sub-index that it belongs to.
    how
        "value" (of a measure with one), "median" or "sum" of its rows, "share_above" or "share_within" (rows above, or
        at most, `limit`, over all), "theil" (Theil's T between people, as if all in a city had its value).
    limit
        In the unit of the measure.
    better
        "more" or "less": which of them counts as growth of the index.
    parameters
        Of the measure, beside the year.
    """

    name: str
    title: Words
    measure: str
    group: str
    how: Literal["value", "median", "sum", "share_above", "share_within", "theil"] = "value"
    limit: float = 0.0
    better: Literal["more", "less"] = "more"
    parameters: Mapping[str, Any] = field(default_factory=dict)


PARTS = (
    IndexPart(
        name="median_journey_s",
        title=Words("median journey of a pair of cities", "城市对行程时间中位数"),
        measure="typical_time",
        how="median",
        group="travel",
        better="less",
    ),
    IndexPart(
        name="direct_pairs",
        title=Words("share of pairs with a direct train", "有直达列车的城市对占比"),
        measure="direct_trains",
        how="share_above",
        group="travel",
    ),
    IndexPart(
        name="direct_trains",
        title=Words("direct trains of all pairs", "各城市对直达列车合计"),
        measure="direct_trains",
        how="sum",
        group="travel",
    ),
    IndexPart(
        name="pairs_within_2h",
        title=Words("share of pairs within 2 h", "2 小时内可达的城市对占比"),
        measure="typical_time",
        how="share_within",
        limit=7_200.0,
        group="access",
    ),
    IndexPart(
        name="theil_income",
        title=Words("Theil's T of GDP a person", "人均生产总值泰尔指数"),
        measure="gdp_per_person",
        how="theil",
        group="economy",
        better="less",
    ),
)
"""The index that ships."""

GROUPS = {
    "travel": Words("travel", "交通联系"),
    "access": Words("access", "可达性"),
    "economy": Words("economic gap", "经济差距"),
}
"""What its sub-indices are called."""


@dataclass(frozen=True, slots=True)
class Integration:
    """
    The index and what it is made of.

    Attributes
    ----------
    index
        By year.
    figures
        Years by indicators, in the units of their measures or as shares.
    rows
        How many cities or pairs each indicator counts: those known in all years.
    settings
        What the measures chose on the way, where it is the same in all of them.
    basis
        Rows of the region that the values rest on, by table, with their vintages.
    notices
        What was found.
    """

    index: CompositeIndex
    figures: pd.DataFrame = field(repr=False)
    rows: Mapping[str, int]
    settings: Mapping[str, Any] = field(repr=False)
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)


def read_weights(text: str) -> dict[str, float] | None:
    """
    Read weights of the sub-indices; None = equal.

    Raises
    ------
    InputError
        If they cannot be read.

    Examples
    --------
    >>> read_weights("travel=0.5, access=0.3, economy=0.2"), read_weights("equal")
    ({'travel': 0.5, 'access': 0.3, 'economy': 0.2}, None)
    """
    if text.strip() == "equal":
        return None
    found: dict[str, float] = {}
    for part in text.replace("，", ",").split(","):
        name, _, number = part.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not name.strip() or np.isnan(value) or name.strip() in found:
            msg = f"weights is {text!r}; expected equal, or one for each as in travel=0.5,access=0.3,economy=0.2."
            raise InputError(msg)
        found[name.strip()] = value
    return found


def integration(
    region: Region,
    parts: Sequence[IndexPart] = PARTS,
    *,
    years: Sequence[int] | None = None,
    base: int | None = None,
    weights: str = "equal",
    mean: Mean = "geometric",
) -> Integration:
    """
    Compute an index of a region over years, of rows that are known in all of them.

    Parameters
    ----------
    region
        Holds what the measures need, of two or more years.
    parts
        What the index is made of; the one that ships needs timetables, GDP and census population of the cities.
    years
        Years that are compared; those of the timetables by default.
    base
        Year that is 100; the first by default.
    weights
        "equal", or of the sub-indices, as "travel=0.5,access=0.3,economy=0.2".
    mean
        As in `economy.build_index`.

    Raises
    ------
    NoDataError
        If there are fewer than two years, or the base year lacks an indicator.
    InputError
        If the weights, a measure or its parameters cannot be meant.
    """
    given = read_weights(weights)
    held = _years(region, years, base)
    base = held[0] if base is None else base
    indicators = tuple(Indicator(name=each.name, group=each.group, better=each.better) for each in parts)
    # refuse weights and means before journeys are searched for
    build_index(
        pd.DataFrame(1.0, index=[base], columns=[each.name for each in parts]),
        indicators,
        base=base,
        weights=given,
        mean=mean,
    )
    asked = {(each.measure, tuple(each.parameters.items())): each for each in parts}
    found = {key: _by_year(region, each, held) for key, each in asked.items()}
    every = [each for of_years in found.values() for each in of_years.values() if each is not None]
    basis, notices = evidence_of(every)
    columns: dict[str, dict[int, float]] = {}
    rows: dict[str, int] = {}
    for each in parts:
        of_years = found[each.measure, tuple(each.parameters.items())]
        columns[each.name], known = _figures(each, of_years)
        rows[each.name] = len(known)
        if measure(each.measure).shape == "city":
            missing = sorted(set(region.table("cities")["city_id"]) - set(known))
            title = measure(each.measure).title
            of_all = (f"{title.en} of every year", f"各年齐全的“{title.zh}”数据")
            cities_left_out(region, missing, of_all, notices)
    figures = pd.DataFrame(columns, index=held)
    # an index divides by its base, and of 0 has no logarithm
    values = figures.where(figures > 0)
    lacks = {
        year: [_lacked(each.name, columns[each.name][year]) for each in parts if not columns[each.name][year] > 0]
        for year in held
    }
    if lacks[base]:
        msg = f"base year {base} lacks {', '.join(lacks[base])}"
        raise _lacking(msg, f"基期 {base} 年缺少 {'、'.join(lacks[base])}")
    index = build_index(values, indicators, base=base, weights=given, mean=mean, rng=np.random.default_rng(SEED))
    for year in index.missing:
        message = f"{year} lacks {', '.join(lacks[year])} and has no index."
        zh = f"{year} 年缺少 {'、'.join(lacks[year])}，无指数。"
        notices.add("index_year_incomplete", message, value=year, message_zh=zh)
    return Integration(index, figures, rows, agreed(every), basis, notices)


def _years(region: Region, years: Sequence[int] | None, base: int | None) -> list[int]:
    held = timetable_years(region) if years is None else sorted(set(years))
    if years is None and base is not None:
        timetable_year(region, base)
    if len(held) < 2:
        if years is None:
            timetable_year(region, None)
        listed = ", ".join(map(str, held))
        msg = f"region {region.name!r} has one year for an index, {listed}"
        raise _lacking(msg, f"区域 {region.name!r} 仅有 {listed} 一年可用于指数")
    if base is not None and base not in held:
        msg = f"base is {base}; expected one of the years {', '.join(map(str, held))}."
        raise InputError(msg)
    return held


def _lacked(name: str, value: float) -> str:
    return f"{name} (0)" if value == 0 else name


def _lacking(what: str, what_zh: str) -> NoDataError:
    return NoDataError(
        f"{what}; an index over years takes two of them, with timetables, GDP and census people of the cities.",
        f"{what_zh}；指数需要两个年份的时刻表，以及各市生产总值与普查人口。",
        needs=(
            "Bring them: megaregion import rail-timetable FILE --year YYYY, megaregion import table city_facts FILE.",
            "请导入：megaregion import rail-timetable FILE --year YYYY，megaregion import table city_facts FILE。",
        ),
    )


def _by_year(region: Region, part: IndexPart, years: Sequence[int]) -> dict[int, Figures | None]:
    """Figures of a measure in each year, None where the region has no data of it."""
    chosen = measure(part.measure)
    if not chosen.by_year or chosen.change:
        msg = f"part {part.name!r}: measure {part.measure!r} has no value for each year; take one that has."
        raise InputError(msg)
    found: dict[int, Figures | None] = {}
    for year in years:
        try:
            found[year] = chosen.function(region, **chosen.read({**part.parameters, "year": year}, region))
        except NoDataError:
            found[year] = None
    return found


def evidence_of(found: Sequence[Figures]) -> tuple[dict[str, pd.DataFrame], Notices]:
    """Rows and findings of several figures, each once."""
    names = dict.fromkeys(name for figures in found for name in figures.basis)
    basis = {
        name: pd.concat([figures.basis[name] for figures in found if name in figures.basis]).drop_duplicates()
        for name in names
    }
    told = {(notice.code, notice.message): notice for figures in found for notice in figures.notices}
    return basis, Notices(told.values())


def shown_figure(part: IndexPart, value: float) -> Words:
    """
    Write a figure of an indicator with its unit.

    Examples
    --------
    >>> shown_figure(PARTS[0], 34559.0).en, shown_figure(PARTS[3], 0.0323).zh
    ('9 h 36', '3.2%')
    """
    unit = {"share_above": "share", "share_within": "share", "theil": "index"}.get(part.how, measure(part.measure).unit)
    return quantity(value, unit)


def agreed(found: Sequence[Figures]) -> dict[str, Any]:
    """Keep the settings that no two figures have differently."""
    said: dict[str, list[Any]] = {}
    for figures in found:
        for name, value in figures.settings.items():
            said.setdefault(name, []).append(value)
    return {name: values[0] for name, values in said.items() if all(each == values[0] for each in values)}


def _figures(part: IndexPart, of_years: Mapping[int, Figures | None]) -> tuple[dict[int, float], pd.Index]:
    """One figure a year, of the rows that are known in all years with data; nan = not known."""
    keys = list(measure(part.measure).keys)
    tables = {
        year: figures.table.dropna(subset=["value"]).set_index(keys) if keys else figures.table.dropna(subset=["value"])
        for year, figures in of_years.items()
        if figures is not None
    }
    known = pd.Index([])
    for place, table in enumerate(tables.values()):
        known = table.index if place == 0 else known.intersection(table.index)
    found = dict.fromkeys(of_years, float("nan"))
    for year, table in tables.items():
        figures = of_years[year]
        if len(known) and figures is not None:
            found[year] = _one(part, table.loc[known, "value"], figures)
    return found, known


def _one(part: IndexPart, values: pd.Series, figures: Figures) -> float:
    number = values.to_numpy(np.float64)
    if part.how in {"share_above", "share_within"}:
        return float((number > part.limit if part.how == "share_above" else number <= part.limit).mean())
    if part.how == "theil":
        people = figures.basis[_PEOPLE].set_index("city_id")["value"] if _PEOPLE in figures.basis else None
        weights = None if people is None else people.reindex(values.index)
        # one city alone has no gap
        return theil(values, weights=weights).total if len(values) > 1 else float("nan")
    found = float(np.median(number) if part.how == "median" else number.sum())
    return found if np.isfinite(found) else float("nan")
