"""Figures that were published and are held as such in table `reference_facts`, to be set beside computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
)
