"""What the cities of a region do by sector: from table `sector_facts`, or the three sectors of their figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.economy.sector_rows import NO_YEAR, sector_tables
from megaregion.errors import NoDataError
from megaregion.notices import Notices
from megaregion.study.indicators.shares import latest
from megaregion.study.left_out import cities_left_out, listed_cities, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region

THREE = ("primary", "secondary", "tertiary")
"""Sectors that table `city_facts` knows, as `gdp_primary` or `share_primary`."""

FINER = "sector_facts"
"""Table of finer sectors, which is taken where it has rows."""


@dataclass(frozen=True, slots=True)
class Sectors:
    """
    Sectors of the cities that are known.

    Attributes
    ----------
    table
        Cities (ids, in order) by sectors, at least 0, one unit.
    year
        Year of the values; None where the rows name none.
    unit
        Unit of the values.
    from_shares, from_shares_zh
        Names of cities whose values are a share times GDP, in English and Chinese.
    basis
        Rows of the region that the values rest on, by table.
    missing
        Cities of the region without sectors.
    notices
        What was found: cities that are missing, values from shares.
    """

    table: pd.DataFrame
    year: int | None
    unit: str
    from_shares: tuple[str, ...]
    from_shares_zh: tuple[str, ...]
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    missing: tuple[str, ...]
    notices: Notices = field(repr=False)


def region_sectors(region: Region, year: int | None, *, three: bool = False, absent_is_zero: bool = False) -> Sectors:
    """
    Give the sectors of the cities of a region in one year.

    Parameters
    ----------
    region
        Holds rows in `sector_facts`, or `gdp_*` or `share_*` in `city_facts`.
    year
        Year; None = the newest that most cities have.
    three
        Whether only the three sectors of `city_facts` will do.
    absent_is_zero
        Whether a city without a row of a finer sector has none of it; otherwise that is an error.

    Raises
    ------
    NoDataError
        If fewer than two cities have sectors of the year.
    InputError
        If the rows of `sector_facts` contradict each other.
    """
    cities = region.table("cities")["city_id"].tolist()
    finer = region.table(FINER)
    finer = finer[finer["city_id"].isin(cities)]
    if len(finer) and not three:
        found = _finer(finer, year, absent_is_zero=absent_is_zero)
    else:
        found = _three(region, cities, year)
    if found is None or len(found[0]) < 2:
        raise _no_sectors(region, year)
    table, taken, unit, shares, basis = found
    missing = tuple(sorted(set(cities) - set(table.index)))
    notices = Notices()
    what = ("sectors", "分部门数据") if taken is None else (f"sectors of {taken}", f" {taken} 年分部门数据")
    cities_left_out(region, missing, what, notices)
    if shares:
        message = f"sectors of {len(shares)} cities are a share times GDP: {listed_cities(region, shares, 'en')}."
        zh = f"{len(shares)} 个城市的部门产出由占比乘以生产总值得出：{listed_cities(region, shares, 'zh')}。"
        notices.add("values_from_shares", message, value=len(shares), message_zh=zh)
    english, chinese = (tuple(names_of(region, shares, lang)) for lang in ("en", "zh"))
    return Sectors(table, taken, unit, english, chinese, basis, missing, notices)


_Found = tuple[pd.DataFrame, int | None, str, tuple[str, ...], dict[str, pd.DataFrame]]


def _finer(rows: pd.DataFrame, year: int | None, *, absent_is_zero: bool) -> _Found | None:
    tables = sector_tables(rows, absent_is_zero=absent_is_zero)
    sizes = {each: len(table) for each, table in tables.items()}
    chosen = year if year is not None else max(each for each, n in sizes.items() if n == max(sizes.values()))
    if chosen not in tables:
        return None
    used = rows if chosen == NO_YEAR else rows[(rows["year"] == chosen).to_numpy(bool, na_value=False)]
    unit = rows["unit"].dropna().iloc[0] if rows["unit"].notna().any() else ""
    return tables[chosen], chosen or None, str(unit), (), {FINER: used}


def _three(region: Region, cities: list[str], year: int | None) -> _Found | None:
    facts = region.table("city_facts")
    facts = facts[facts["city_id"].isin(cities)]
    values, shares = (_whole(facts, kind) for kind in ("gdp", "share"))
    counts = pd.concat([values, shares])[["city_id", "year"]].drop_duplicates().groupby("year").size()
    if year is None and len(counts):
        year = int(counts.index[counts == counts.max()].max())
    if year is None or year not in counts.index:
        return None
    values, shares = (each[each["year"] == year] for each in (values, shares))
    # a city has either form; where it has both, its values count
    shares = shares[~shares["city_id"].isin(values["city_id"])]
    gdp = latest(facts[(facts["indicator"] == "gdp") & (facts["year"] == year)], ["city_id"])
    gdp = gdp[gdp["city_id"].isin(shares["city_id"])]
    shares = shares[shares["city_id"].isin(gdp["city_id"])]
    table = _pivot(values)
    if len(shares):
        parts = _pivot(shares)
        # shares are rounded to a tenth: as parts of their sum they add up to GDP
        scaled = parts.div(parts.sum(axis=1), axis=0).mul(gdp.set_index("city_id")["value"], axis=0)
        table = pd.concat([table, scaled]) if len(table) else scaled
    basis = {"city_facts": values, "city_facts (shares)": shares, "city_facts (GDP)": gdp}
    held = {name: rows for name, rows in basis.items() if len(rows)}
    return table.sort_index()[list(THREE)], year, "CNY", tuple(sorted(set(shares["city_id"]))), held


def _whole(facts: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows of cities and years of which all three sectors are known."""
    rows = facts[facts["indicator"].isin([f"{kind}_{sector}" for sector in THREE])]
    rows = latest(rows, ["city_id", "year", "indicator"])
    held = rows.groupby(["city_id", "year"])["indicator"].transform("size")
    return rows[(held == len(THREE)).to_numpy()]


def _pivot(rows: pd.DataFrame) -> pd.DataFrame:
    sectors = rows["indicator"].str.partition("_")[2]
    table = rows.assign(sector=sectors).pivot_table(index="city_id", columns="sector", values="value", aggfunc="first")
    return table.astype(np.float64)


def _no_sectors(region: Region, year: int | None) -> NoDataError:
    when, when_zh = ("", "") if year is None else (f" of {year}", f" {year} 年的")
    msg = f"fewer than two cities of region {region.name!r} have sectors{when}."
    return NoDataError(
        msg,
        f"区域 {region.name!r} 中有{when_zh}分部门数据的城市不足两个。",
        needs=(
            (
                "Bring them: megaregion import table sector_facts FILE, or gdp_primary, gdp_secondary and "
                "gdp_tertiary: megaregion import table city_facts FILE."
            ),
            (
                "请导入：megaregion import table sector_facts FILE，或 gdp_primary、gdp_secondary、gdp_tertiary："
                "megaregion import table city_facts FILE。"
            ),
        ),
    )
