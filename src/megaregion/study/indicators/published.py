"""Figures that were published and are held as such in table `reference_facts`, to be set beside computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words

if TYPE_CHECKING:
    from megaregion.region.model import Region


def published_figure(region: Region, *, indicator: str, unit: str, of: str, vintage: str | None) -> Figures:
    """
    Look up the newest published figure.

    Returns
    -------
    Figures
        One row: value in the unit, year, vintage.

    Raises
    ------
    NoDataError
        If table `reference_facts` does not hold it.
    """
    facts = region.table("reference_facts")
    facts = facts[(facts["indicator"] == indicator) & (facts["unit"] == unit)]
    chosen = facts[facts["area_id"] == of]
    if vintage is not None:
        chosen = chosen[chosen["vintage"].fillna("") == vintage]
    if chosen.empty:
        held = ", ".join(sorted(set(facts["area_id"]))) or "none"
        held_zh, vintage_zh = held if len(facts) else "无", f"，版本 {vintage!r}" if vintage is not None else ""
        of_vintage = f" of vintage {vintage!r}" if vintage is not None else ""
        msg = f"table reference_facts holds no {indicator} in {unit} of {of!r}{of_vintage}; it holds those of {held}."
        raise NoDataError(
            msg,
            f"reference_facts 表中没有 {of!r} 的 {indicator}（单位 {unit}）{vintage_zh}；已有：{held_zh}。",
            needs=(
                "Bring it with its source: megaregion import table reference_facts FILE.",
                "请连同来源导入：megaregion import table reference_facts FILE。",
            ),
        )
    chosen = chosen.sort_values(["year", "vintage"], kind="stable", na_position="first").tail(1)
    table = chosen[["value", "year", "vintage"]].assign(vintage=chosen["vintage"].fillna("")).astype({"vintage": "str"})
    return Figures(table=table, basis={"reference_facts": chosen}, settings={"of": of})


def published_cities(region: Region, *, of: str, vintage: str | None) -> Figures:
    """How many cities a published list has."""
    return published_figure(region, indicator="cities", unit="cities", of=of, vintage=vintage)


def published_time(region: Region, *, of: str, vintage: str | None) -> Figures:
    """Fastest train that was published for a line, s."""
    return published_figure(region, indicator="fastest_train", unit="s", of=of, vintage=vintage)


def published_share(region: Region, *, indicator: str, of: str, whole: str, year: int | None) -> Figures:
    """
    Give the share of areas in a larger one, by figures that were published of both in one year.

    Returns
    -------
    Figures
        One row: value, part and total in the unit of the figures, unit, year.

    Raises
    ------
    NoDataError
        If table `reference_facts` does not hold them, of one year and unit.
    """
    facts = region.table("reference_facts")
    facts = facts[facts["indicator"] == indicator]
    areas = [each.strip() for each in of.split(";")]
    found: dict[tuple[int, str], pd.DataFrame] = {}
    for held_in in facts[["year", "unit"]].drop_duplicates().to_dict("records"):
        rows = facts[(facts["year"] == held_in["year"]) & (facts["unit"] == held_in["unit"])]
        newest = rows.sort_values("vintage", kind="stable", na_position="first").drop_duplicates("area_id", keep="last")
        if {*areas, whole} <= set(newest["area_id"]) and year in {None, held_in["year"]}:
            found[int(held_in["year"]), str(held_in["unit"])] = newest.set_index("area_id")
    if not found:
        held = ", ".join(f"{row.area_id} of {row.year}" for row in facts.itertuples()) or "none"
        held_zh = "、".join(f"{row.area_id}（{row.year}）" for row in facts.itertuples()) or "无"
        of_year, of_year_zh = ("", "") if year is None else (f" of {year}", f" {year} 年的")
        msg = f"table reference_facts holds no {indicator}{of_year} of both {of!r} and {whole!r}; it holds: {held}."
        raise NoDataError(
            msg,
            f"reference_facts 表中没有 {of!r} 与 {whole!r} 两者{of_year_zh} {indicator}；已有：{held_zh}。",
            needs=(
                "Bring them with their source: megaregion import table reference_facts FILE.",
                "请连同来源导入：megaregion import table reference_facts FILE。",
            ),
        )
    (chosen, unit), rows = max(found.items())
    values = rows["value"]
    part, total = float(values[areas].sum()), float(values[whole])
    row = {"value": part / total, "part": part, "total": total, "of_unit": unit, "year": chosen}
    basis = rows.loc[[*areas, whole]].reset_index()
    return Figures(table=pd.DataFrame([row]), basis={"reference_facts": basis}, settings={"of": of, "area": whole})


_OF = Parameter(
    name="of",
    kind="text",
    default=None,
    required=True,
    about=Words("what it is of: an area_id of table reference_facts", "所属对象：reference_facts 表中的 area_id"),
)
_VINTAGE = Parameter(
    name="vintage",
    kind="text",
    default=None,
    about=Words("which of several figures; the newest by default", "多个数据中的哪一个；默认为最新"),
)
_AREAS = Parameter(
    name="of",
    kind="text",
    default=None,
    required=True,
    about=Words(
        "areas whose figures are added up: each an area_id of table reference_facts, with ; between",
        "相加的区域：reference_facts 表中的 area_id，以 ; 分隔",
    ),
)
_INDICATOR = Parameter(
    name="indicator",
    kind="text",
    default=None,
    required=True,
    about=Words("what is counted: an indicator of table reference_facts", "指标：reference_facts 表中的 indicator"),
)
_WHOLE = Parameter(name="whole", kind="text", default="CHN", about=Words("area that is the whole", "作为整体的区域"))
_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("year; the newest that both are known of by default", "年份；默认为两者均有数据的最近一年"),
)
_COLUMNS = {"year": Column(Words("year", "年份")), "vintage": Column(Words("publication", "发布版本"))}
_NEEDS = Words("the published figure, in table reference_facts", "已公布的数据，存于 reference_facts 表")

MEASURES = (
    Measure(
        name="published_cities",
        title=Words("Cities of a published list", "已公布名单的城市数"),
        unit="cities",
        shape="value",
        formula=Words("as published", "按公布数"),
        inputs=("reference_facts",),
        needs=_NEEDS,
        function=published_cities,
        parameters=(_OF, _VINTAGE),
        columns=_COLUMNS,
    ),
    Measure(
        name="published_time",
        title=Words("Fastest train as published", "已公布的最快列车"),
        unit="s",
        shape="value",
        formula=Words("as published", "按公布数"),
        inputs=("reference_facts",),
        needs=_NEEDS,
        function=published_time,
        parameters=(_OF, _VINTAGE),
        columns=_COLUMNS,
        better="less",
    ),
    Measure(
        name="published_share",
        title=Words("Share by published figures", "按已公布数据的占比"),
        unit="share",
        shape="value",
        formula=Words(
            "published figures of the areas, added up, over that of the whole in the same year",
            "各区域已公布数据之和，除以整体同年数据",
        ),
        inputs=("reference_facts",),
        needs=_NEEDS,
        function=published_share,
        parameters=(_INDICATOR, _AREAS, _WHOLE, _YEAR),
        columns={
            "part": Column(Words("areas", "所述区域")),
            "total": Column(Words("whole", "整体")),
            "of_unit": Column(Words("unit of the figures", "数据单位")),
            "year": Column(Words("year", "年份")),
        },
        by_year=True,
    ),
)
