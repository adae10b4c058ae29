"""What the region is of the whole country: output, people, land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words

if TYPE_CHECKING:
    from megaregion.region.model import Region

_AREA = Parameter(
    name="area",
    kind="text",
    default="CHN",
    about=Words("area compared with: an area_id of table reference_facts", "比较对象：reference_facts 表中的 area_id"),
)
_VINTAGE = Parameter(
    name="vintage",
    kind="text",
    default=None,
    about=Words(
        "publication of the area's figure; the first release by default, for most cities' figures are that",
        "比较对象数据的发布版本；默认为初步公布数，因各市数据多为初步公布数",
    ),
)


def fact_share(region: Region, indicator: str, *, year: int | None, area: str, vintage: str | None) -> Figures:
    """
    Add up a figure over all cities and divide it by that of an area.

    Returns
    -------
    Figures
        One row: value (share), region_total and area_total (in the unit of the facts), cities, year, vintage.

    Raises
    ------
    NoDataError
        If a city or the area has no such figure of one year.
    """
    facts, whole = region.table("city_facts"), region.table("reference_facts")
    facts = facts[(facts["indicator"] == indicator) & facts["city_id"].isin(region.table("cities")["city_id"])]
    whole = whole[(whole["indicator"] == indicator) & (whole["area_id"] == area)]
    counts = facts.groupby("year")["city_id"].nunique()
    complete = [int(each) for each in counts.index[counts == len(region.table("cities"))]]
    usable = [each for each in complete if (whole["year"] == each).any()]
    if year is None and usable:
        year = max(usable)
    if year is None or year not in usable:
        held = counts.get(year, 0) if year is not None else 0
        msg = (
            f"{indicator} of {year if year is not None else 'one year'}: {held} of {len(region.table('cities'))} "
            f"cities have it, and area {area!r} has {int((whole['year'] == year).sum())} figures; "
            f"complete: {', '.join(map(str, usable)) or 'no year'}."
        )
        raise NoDataError(
            msg,
            f"{indicator}（{f'{year} 年' if year is not None else '任一年份'}）："
            f"{len(region.table('cities'))} 个城市中 {held} 个有数据，"
            f"{area!r} 有 {int((whole['year'] == year).sum())} 个数据；"
            f"数据齐全的年份：{', '.join(map(str, usable)) or '无'}。",
            needs=(
                (
                    f"Bring {indicator} of every city: megaregion import table city_facts FILE, and that of {area}: "
                    "megaregion import table reference_facts FILE."
                ),
                (
                    f"请导入各市的 {indicator}：megaregion import table city_facts FILE，以及 {area} 的数据："
                    "megaregion import table reference_facts FILE。"
                ),
            ),
        )
    rows = latest(facts[facts["year"] == year], ["city_id"])
    of_year = whole[whole["year"] == year]
    wanted = "first release" if vintage is None else vintage
    chosen = of_year[of_year["vintage"].fillna("") == wanted]
    if chosen.empty and vintage is None:
        chosen = of_year
    if chosen.empty:
        held_vintages = ", ".join(of_year["vintage"].fillna("''").tolist())
        msg = f"{indicator} of {area} of {year} has no vintage {vintage!r}; it has {held_vintages}."
        raise NoDataError(
            msg,
            f"{area} {year} 年的 {indicator} 没有版本 {vintage!r}；已有：{held_vintages}。",
            needs=("Choose one of these.", "请选用其中之一。"),
        )
    chosen = chosen.head(1)
    total, of_area = float(rows["value"].sum()), float(chosen["value"].iloc[0])
    table = pd.DataFrame(
        {
            "value": [total / of_area],
            "region_total": [total],
            "area_total": [of_area],
            "cities": [len(rows)],
            "year": [year],
            "vintage": [chosen["vintage"].iloc[0]],
        }
    ).astype({"vintage": "str"})
    return Figures(
        table=table, basis={"city_facts": rows, "reference_facts": chosen}, settings={"year": year, "area": area}
    )


def latest(facts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Give one figure for each key: the last vintage by name, as all measures take it."""
    ordered = facts.sort_values("vintage", kind="stable", na_position="first")
    return ordered.drop_duplicates(keys, keep="last").sort_values(keys, ignore_index=True)


def gdp_share(region: Region, *, year: int | None, area: str, vintage: str | None) -> Figures:
    """Share of the region in the output of an area."""
    return fact_share(region, "gdp", year=year, area=area, vintage=vintage)


def population_share(region: Region, *, year: int | None, area: str) -> Figures:
    """Share of the region in the people of an area."""
    return fact_share(region, "population_census", year=year, area=area, vintage=None)


def land_share(region: Region, *, area: str) -> Figures:
    """
    Share of the region in the land of an area.

    Raises
    ------
    NoDataError
        If a city or the area has no land area.
    """
    cities, whole = region.table("cities"), region.table("reference_facts")
    whole = whole[(whole["indicator"] == "land_area") & (whole["area_id"] == area)].sort_values("year").tail(1)
    blank = int(cities["land_area_km2"].isna().sum())
    if cities.empty or blank or whole.empty:
        msg = f"{blank} of {len(cities)} cities have no land area, and area {area!r} has {len(whole)}."
        raise NoDataError(
            msg,
            f"{len(cities)} 个城市中 {blank} 个没有土地面积；{area!r} 有 {len(whole)} 个数据。",
            needs=(
                (
                    f"Fill land_area_km2 of table cities, and bring land_area of {area}: "
                    "megaregion import table reference_facts FILE."
                ),
                (
                    f"请补全 cities 表的 land_area_km2，并导入 {area} 的 land_area："
                    "megaregion import table reference_facts FILE。"
                ),
            ),
        )
    total, of_area = float(cities["land_area_km2"].sum()), float(whole["value"].iloc[0])
    table = pd.DataFrame(
        {
            "value": [total / of_area],
            "region_total": [total],
            "area_total": [of_area],
            "cities": [len(cities)],
            "area_year": [int(whole["year"].iloc[0])],
        }
    )
    return Figures(table=table, basis={"cities": cities, "reference_facts": whole}, settings={"area": area})


_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("year; the newest that all figures are known of by default", "年份；默认为数据齐全的最近一年"),
)


def _columns(unit: str) -> dict[str, Column]:
    return {
        "region_total": Column(Words("all cities", "各市合计"), unit),
        "area_total": Column(Words("area compared with", "比较对象"), unit),
        "cities": Column(Words("cities", "城市数")),
    }


_YEAR_OF = {"year": Column(Words("year", "年份"))}
_VINTAGE_OF = {"vintage": Column(Words("publication", "发布版本"))}

MEASURES = (
    Measure(
        name="gdp_share",
        title=Words("Share of the national GDP", "占全国生产总值的比重"),
        unit="share",
        shape="value",
        formula=Words(
            "GDP of all cities at current prices, added up, over that of the area in the same year",
            "各市现价生产总值之和，除以比较对象同年生产总值",
        ),
        inputs=("cities", "city_facts", "reference_facts"),
        needs=Words("GDP of every city and of the area in one year", "同一年各市及比较对象的生产总值"),
        function=gdp_share,
        parameters=(_YEAR, _AREA, _VINTAGE),
        columns=_columns("CNY") | _YEAR_OF | _VINTAGE_OF,
        question="weight",
        by_year=True,
    ),
    Measure(
        name="population_share",
        title=Words("Share of the national population", "占全国人口的比重"),
        unit="share",
        shape="value",
        formula=Words(
            "census population of all cities, added up, over that of the area in the same census",
            "各市普查人口之和，除以比较对象同次普查人口",
        ),
        inputs=("cities", "city_facts", "reference_facts"),
        needs=Words("census population of every city and of the area", "各市及比较对象的普查人口"),
        function=population_share,
        parameters=(_YEAR, _AREA),
        columns=_columns("person") | _YEAR_OF | _VINTAGE_OF,
        question="weight",
        by_year=True,
    ),
    Measure(
        name="land_share",
        title=Words("Share of the national land", "占全国土地面积的比重"),
        unit="share",
        shape="value",
        formula=Words(
            "land area of all cities, added up, over that of the area", "各市土地面积之和，除以比较对象土地面积"
        ),
        inputs=("cities", "reference_facts"),
        needs=Words("land area of every city and of the area", "各市及比较对象的土地面积"),
        function=land_share,
        parameters=(_AREA,),
        # the land of cities is of the years of their sources
        columns=_columns("km2") | {"area_year": Column(Words("area compared with, year", "比较对象年份"))},
        question="weight",
    ),
)
