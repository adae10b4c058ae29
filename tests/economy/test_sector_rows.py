"""Rows of sectors as one table a year: what is laid out, and all that is refused, told at once."""

import pandas as pd
import pytest

from megaregion.economy.sector_rows import NO_YEAR, sector_tables
from megaregion.errors import InputError

COLUMNS = ["city_id", "sector", "value", "year", "unit", "price_year"]


def rows(*given):
    return pd.DataFrame(given, columns=COLUMNS)


def row(city, sector, value, year=2021, unit="CNY", price_year=2021):
    return (city, sector, value, year, unit, price_year)


def test_rows_become_a_table_a_year():
    found = sector_tables(
        rows(
            *(
                row(city, sector, 1.0 + at, year)
                for year in (2012, 2021)
                for city in "ba"
                for at, sector in enumerate("yx")
            )
        )
    )
    assert list(found) == [2012, 2021]
    assert found[2021].loc[["a", "b"], ["x", "y"]].to_numpy().tolist() == [[2.0, 1.0], [2.0, 1.0]]


def test_a_sector_that_a_city_lacks_is_nothing_only_where_that_is_said():
    given = rows(row("a", "x", 1.0), row("a", "y", 3.0), row("b", "x", 2.0))
    with pytest.raises(InputError, match="city 'b' has no value of sector 'y' in 2021"):
        sector_tables(given)
    assert sector_tables(given, absent_is_zero=True)[2021].loc["b", "y"] == 0


def test_rows_without_a_year_are_one_table():
    given = rows(row("a", "x", 1.0, None), row("b", "x", 2.0, None))
    assert list(sector_tables(given)) == [NO_YEAR]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([row("a", "x", 1.0, unit="CNY"), row("b", "x", 2.0, unit="USD")], "column 'unit' has CNY, USD; expected one"),
        ([row("a", "x", 1.0, unit="CNY"), row("b", "x", 2.0, unit=None)], "column 'unit' has blank, CNY"),
        ([row("a", "x", 1.0), row("b", "x", 2.0, price_year=2015)], "column 'price_year' has 2015, 2021"),
        ([row("a", "x", 1.0, 2012), row("a", "y", 1.0, 2021)], "year 2012 has no sector 'y', which other years have"),
        ([row("a", "x", 1.0), row("b", "x", 2.0, None)], "1 rows have no year and others have one"),
        ([row("a", "x", 1.0), row("a", "x", 2.0)], "city 'a' has two rows of sector 'x' in 2021"),
        ([row("a", "x", 60.0, unit="%"), row("a", "y", 30.0, unit="%")], "shares of city 'a' in 2021 add up to 90"),
        ([row("a", "x", 0.7, unit="share"), row("a", "y", 0.4, unit="share")], r"add up to 1\.1; expected 1"),
        ([], "the table of sectors has no rows"),
    ],
)
def test_what_does_not_fit_together_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        sector_tables(rows(*given))


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as told:
        sector_tables(rows(row("a", "x", 1.0, unit="USD"), row("a", "y", 1.0, 2012), row("a", "y", 1.0, 2012)))
    assert all(each in str(told.value) for each in ("'unit'", "year 2012", "two rows"))


def test_shares_that_are_rounded_add_up():
    assert len(sector_tables(rows(row("a", "x", 33.3, unit="%"), row("a", "y", 66.6, unit="%")))) == 1
