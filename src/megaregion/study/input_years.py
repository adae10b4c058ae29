"""What years figures are of: one for each kind of input, for a share of two figures may rest on two years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TABLES = {
    "cities": Words("cities", "各市"),
    "city_facts": Words("figures of cities", "各市数据"),
    "reference_facts": Words("area compared with", "比较对象"),
    "feeds": Words("timetable", "时刻表"),
    "known_rides": Words("single trains", "单趟列车"),
    "firm_sites": Words("sites of firms", "企业站点"),
    "city_flows": Words("flows between cities", "城市间流量"),
    "metro_lines": Words("metro lines", "地铁线路"),
    "metro_facts": Words("metro figures", "地铁数据"),
}
"""What tables are called beside years; any other by its name."""


def input_years(inputs: Iterable[Mapping[str, Any]]) -> Words:
    """
    Say of what years inputs are; of those without a year, when their sources were published.

    Parameters
    ----------
    inputs
        Entries of `provenance["inputs"]`.

    Returns
    -------
    The years alone where all inputs are of the same ones; blank where none is known.

    Examples
    --------
    >>> land = [{"table": "cities", "published": 2014}, {"table": "reference_facts", "year": 2008, "published": 2009}]
    >>> input_years(land).en, input_years(land[1:]).en, input_years(land[:1]).zh
    ('cities: published 2014; area compared with: 2008', '2008', '2014 年发布')
    """
    found: dict[str, dict[str, set[int]]] = {}
    for entry in inputs:
        for kind in ("year", "published"):
            if entry.get(kind) is not None:
                found.setdefault(str(entry["table"]), {}).setdefault(kind, set()).add(int(entry[kind]))
                break
    told = {table: _told(years) for table, years in found.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    names = {table: _TABLES.get(table, Words(table, table)) for table in told}
    return Words(
        "; ".join(f"{names[table].en}: {years.en}" for table, years in told.items()),
        "；".join(f"{names[table].zh}：{years.zh}" for table, years in told.items()),
    )


def _told(years: Mapping[str, set[int]]) -> Words:
    dated, published = (_span(years.get(kind, set())) for kind in ("year", "published"))
    en = [dated] * bool(dated) + [f"published {published}"] * bool(published)
    zh = [dated] * bool(dated) + [f"{published} 年发布"] * bool(published)
    return Words(", ".join(en), "，".join(zh))


def _span(years: set[int]) -> str:
    if len(years) < 2:
        return "".join(map(str, years))
    return f"{min(years)}-{max(years)}"
