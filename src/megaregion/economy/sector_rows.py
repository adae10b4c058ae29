"""Rows of values by city, sector and year, made into one table of places by sectors a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOLE = {"share": 1.0, "%": 100.0}
"""What the sectors of a place add up to, by unit of shares."""

ROUNDED = 0.005
"""How far shares may miss their sum, of the whole: some sectors, each rounded to a tenth of a per cent."""

NO_YEAR = 0
"""Year of a table whose rows name none."""


def sector_tables(rows: pd.DataFrame, *, absent_is_zero: bool = False) -> Mapping[int, pd.DataFrame]:
    """
    Lay out rows as one table of places by sectors for each year.

    Parameters
    ----------
    rows
        city_id, sector, value, and where known year, unit and price_year, as table `sector_facts`.
    absent_is_zero
        Whether a city without a row of a sector has none of it; otherwise that is an error.

    Returns
    -------
    Tables by year, oldest first, with the same sectors each; `NO_YEAR` where rows name none.

    Raises
    ------
    InputError
        With all that is wrong: units, prices or years that are mixed, a sector that other years do not have, a city
        without a row of a sector, two rows of one, shares that do not add up.

    Examples
    --------
    >>> rows = [("a", "x", 1.0), ("a", "y", 3.0), ("b", "x", 2.0), ("b", "y", 2.0)]
    >>> tables = sector_tables(pd.DataFrame(rows, columns=["city_id", "sector", "value"]))
    >>> tables[NO_YEAR].loc["a"].tolist()
    [1.0, 3.0]
    """
    if rows.empty:
        msg = "the table of sectors has no rows; expected one for each city and sector."
        raise InputError(msg)
    notices = Notices()
    unit = _one(rows, "unit", notices)
    _one(rows, "price_year", notices)
    years = _column(rows, "year").fillna(NO_YEAR).astype("int64")
    if 0 < (years == NO_YEAR).sum() < len(years):
        message = f"{int((years == NO_YEAR).sum())} rows have no year and others have one; expected a year in all."
        notices.add("sector_years_differ", message, field="year")
    _check_years(rows, years, notices)
    found = {}
    for year in sorted(set(years.tolist())):
        of_year = rows[(years == year).to_numpy()]
        twice = of_year[of_year.duplicated(["city_id", "sector"])]
        for city, sector in zip(twice["city_id"], twice["sector"], strict=True):
            message = f"city {city!r} has two rows of sector {sector!r}{_of(year)}; expected one."
            notices.add("duplicate_key", message, field="sector", value=sector)
        table = of_year.drop_duplicates(["city_id", "sector"]).pivot_table(
            index="city_id", columns="sector", values="value", aggfunc="first", dropna=False, sort=True
        )
        table = table.fillna(0.0) if absent_is_zero else table
        for row, column in np.argwhere(table.isna().to_numpy()):
            message = (
                f"city {table.index[int(row)]!r} has no value of sector {table.columns[int(column)]!r}{_of(year)}."
            )
            notices.add("sector_value_missing", message, field="sector", value=table.columns[int(column)])
        _check_sums(table, unit, year, notices)
        found[year] = table
    notices.raise_errors("table of sectors")
    return found


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(pd.NA, index=rows.index, dtype="object")


def _one(rows: pd.DataFrame, name: str, notices: Notices) -> str:
    """Give the one value of a column, blank = none."""
    held = _column(rows, name).astype("object")
    found = sorted({str(value) if pd.notna(value) else "" for value in held})
    if len(found) > 1:
        listed = ", ".join(each or "blank" for each in found[:5])
        message = f"column '{name}' has {listed}; expected one for the whole table."
        notices.add("sector_units_mixed", message, field=name, value=listed)
    return found[0]


def _check_years(rows: pd.DataFrame, years: pd.Series, notices: Notices) -> None:
    """Report sectors that some years have and others have not: they are other classifications."""
    whole = sorted(set(rows["sector"]))
    for year, sectors in rows["sector"].groupby(years.to_numpy(), sort=True):
        missing = sorted(set(whole) - set(sectors))
        if missing:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            message = f"year {year} has no sector {', '.join(map(repr, missing[:5]))}{more}, which other years have."
            notices.add("sector_years_differ", message, field="sector", value=missing[0])


def _check_sums(table: pd.DataFrame, unit: str, year: int, notices: Notices) -> None:
    if unit not in WHOLE:
        return
    total = table.sum(axis=1) / WHOLE[unit]
    for city, found in total[(total - 1).abs() > ROUNDED].items():
        message = f"shares of city {city!r}{_of(year)} add up to {found * WHOLE[unit]:g}; expected {WHOLE[unit]:g}."
        notices.add("sector_shares_do_not_sum", message, field="value", value=found)


def _of(year: int) -> str:
    return "" if year == NO_YEAR else f" in {year}"
