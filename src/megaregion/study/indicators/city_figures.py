"""What the cities are: people, output, output a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import NoDataError
from megaregion.study.assumption import Assumption
from megaregion.study.indicators.shares import latest
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.status import worst_status

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.region.model import Region

_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("year; the newest that most cities have by default", "年份；默认为多数城市具备数据的最近一年"),
)


def _facts(region: Region, indicator: str, year: int | None) -> tuple[pd.DataFrame, int]:
    facts = region.table("city_facts")
    facts = facts[(facts["indicator"] == indicator) & facts["city_id"].isin(region.table("cities")["city_id"])]
    counts = facts.groupby("year")["city_id"].nunique()
    if year is None and len(counts):
        year = int(counts.index[counts == counts.max()].max())
    if year is None or year not in counts.index:
        held = ", ".join(map(str, counts.index))
        msg = f"no city has {indicator} of {year if year is not None else 'any year'}; known: {held or 'none'}."
        raise NoDataError(
            msg,
            f"没有城市有 {year if year is not None else '任何一'} 年的 {indicator}；已有：{held or '无'}。",
            needs=(
                f"Bring {indicator}: megaregion import table city_facts FILE.",
                f"请导入 {indicator}：megaregion import table city_facts FILE。",
            ),
        )
    return latest(facts[facts["year"] == year], ["city_id"]), year


def _by_city(region: Region, rows: pd.DataFrame, year: int) -> Figures:
    """One row for each city of the region; one without the figure is not known."""
    table = region.table("cities")[["city_id"]].sort_values("city_id", ignore_index=True)
    known = rows.set_index("city_id")
    table = table.assign(
        value=known["value"].reindex(table["city_id"]).to_numpy(np.float64),
        status=known["status"].reindex(table["city_id"]).astype("str").to_numpy(),
        year=year,
    )
    return Figures(table=table, basis={"city_facts": rows}, settings={"year": year})


def gdp(region: Region, *, year: int | None) -> Figures:
    """Output of each city at current prices, CNY."""
    return _by_city(region, *_facts(region, "gdp", year))


def population(region: Region, *, year: int | None) -> Figures:
    """People of each city by census."""
    return _by_city(region, *_facts(region, "population_census", year))


def gdp_per_person(region: Region, *, year: int | None) -> Figures:
    """Output of a year over the people of the census nearest to it, of each city."""
    output, chosen = _facts(region, "gdp", year)
    facts = region.table("city_facts")
    censuses = [int(each) for each in facts.loc[facts["indicator"] == "population_census", "year"].unique()]
    nearest = min(censuses, key=lambda each: (abs(each - chosen), each)) if censuses else None
    people, counted = _facts(region, "population_census", nearest)
    merged = output.merge(people[["city_id", "value", "status"]], on="city_id", suffixes=("", "_people"))
    merged = merged.assign(
        value=merged["value"] / merged["value_people"],
        status=[
            str(worst_status((each if isinstance(each, str) else None for each in sides), modelled=counted != chosen))
            for sides in zip(merged["status"], merged["status_people"], strict=True)
        ],
    )
    figures = _by_city(region, merged, chosen)
    return Figures(
        table=figures.table.assign(census=counted),
        basis={"city_facts": output, "city_facts (census)": people},
        settings={"year": chosen, "census": counted if counted != chosen else None},
    )


_COLUMNS = {"status": Column(Words("status", "状态")), "year": Column(Words("year", "年份"))}

MEASURES = (
    Measure(
        name="gdp",
        title=Words("GDP", "地区生产总值"),
        unit="CNY",
        shape="city",
        formula=Words("GDP of the city at current prices, as published", "各市公布的现价地区生产总值"),
        inputs=("cities", "city_facts"),
        needs=Words("GDP of cities", "各市生产总值"),
        function=gdp,
        parameters=(_YEAR,),
        columns=_COLUMNS,
        question="weight",
        better="more",
        by_year=True,
    ),
    Measure(
        name="population",
        title=Words("Population (census)", "常住人口（普查）"),
        unit="person",
        shape="city",
        formula=Words("residents counted by the census", "人口普查常住人口"),
        inputs=("cities", "city_facts"),
        needs=Words("census population of cities", "各市普查人口"),
        function=population,
        parameters=(_YEAR,),
        columns=_COLUMNS,
        question="weight",
        by_year=True,
    ),
    Measure(
        name="gdp_per_person",
        title=Words("GDP per person", "人均生产总值"),
        unit="CNY/person",
        shape="city",
        formula=Words(
            "GDP of the year over the residents of the nearest census", "当年生产总值除以最近一次普查的常住人口"
        ),
        inputs=("cities", "city_facts"),
        needs=Words("GDP and census population of cities", "各市生产总值与普查人口"),
        function=gdp_per_person,
        parameters=(_YEAR,),
        columns=_COLUMNS | {"census": Column(Words("census", "普查年份"))},
        question="weight",
        better="more",
        by_year=True,
        assumes=(
            Assumption(
                words=Words("people are those of a census of another year", "人口取自另一年份的普查"),
                setting="census",
            ),
        ),
    ),
)
