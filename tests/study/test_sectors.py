"""Sectors of the cities of a region, and the measures of who does what and of how unequal cities are."""

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError, NoDataError
from megaregion.study.sectors import THREE, region_sectors

SECTORS = ("specialisation", "quotient_primary", "quotient_secondary", "quotient_tertiary", "complementary_pairs")
UNEQUAL = ("theil", "gini", "sigma_convergence", "beta_convergence", "morans_i")


@pytest.fixture(scope="module")
def region():
    return mr.open("yrd")


@pytest.fixture(scope="module")
def found(region):
    return mr.run(region, measures=[*SECTORS, *UNEQUAL])


def facts_of(region, indicator, year):
    facts = region.table("city_facts")
    rows = facts[(facts["indicator"] == indicator) & (facts["year"] == year)]
    return rows.drop_duplicates("city_id", keep="last").set_index("city_id")["value"].astype(float)


def finer(region, *given):
    rows = pd.DataFrame(given, columns=["city_id", "sector", "value", "year", "unit"])
    return region.with_table("sector_facts", rows)


def test_three_sectors_add_up_to_gdp(region):
    sectors = region_sectors(region, 2021, three=True)
    gdp = facts_of(region, "gdp", 2021)
    assert sectors.year == 2021
    assert sectors.unit == "CNY"
    assert list(sectors.table.columns) == list(THREE)
    # values of sectors and of GDP are of several releases
    assert (sectors.table.sum(axis=1) / gdp[sectors.table.index]).to_numpy() == pytest.approx(1, abs=0.02)
    assert sorted([*sectors.table.index, *sectors.missing]) == sorted(region.table("cities")["city_id"])
    assert {"values_from_shares", "cities_left_out"} <= {each.code for each in sectors.notices}


def test_the_newest_year_that_most_cities_have_is_taken(region):
    assert region_sectors(region, None).year == 2021


def test_quotients_and_krugman_are_what_shares_say(region, found):
    table = region_sectors(region, 2021, three=True).table
    share = table.div(table.sum(axis=1), axis=0)
    whole = table.sum() / table.sum().sum()
    by_city = found["quotient_secondary"].table.set_index("city_id")
    for city in table.index:
        assert by_city.loc[city, "value"] == pytest.approx(share.loc[city, "secondary"] / whole["secondary"])
        others = table.drop(index=city).sum()
        away = (share.loc[city] - others / others.sum()).abs().sum()
        assert found["specialisation"].at(city_id=city) == pytest.approx(away)
    assert by_city["value"].isna().sum() == len(region.table("cities")) - len(table)


def test_pairs_are_the_same_from_both_ends(region, found):
    wide = found["complementary_pairs"].table.set_index(["from_id", "to_id"])["value"].unstack()  # noqa: PD010 - blanks stay
    assert len(wide) == len(region.table("cities"))
    np.testing.assert_array_equal(wide.to_numpy(), wide.to_numpy().T)
    table = region_sectors(region, 2021).table
    share = table.div(table.sum(axis=1), axis=0)
    a, b = share.index[:2]
    assert wide.loc[a, b] == pytest.approx((share.loc[a] - share.loc[b]).abs().sum())


def test_inequality_is_what_gdp_and_people_say(region, found):
    gdp, people = facts_of(region, "gdp", 2021), facts_of(region, "population_census", 2020)
    income = gdp / people
    mean = gdp.sum() / people.sum()
    weight = people / people.sum()
    theil = found["theil"].table.iloc[0]
    assert theil["value"] == pytest.approx(float((weight * income / mean * np.log(income / mean)).sum()), rel=1e-6)
    assert theil["between"] + theil["within"] == pytest.approx(theil["value"])
    apart = np.abs(income.to_numpy()[:, None] - income.to_numpy()[None, :])
    both = weight.to_numpy()[:, None] * weight.to_numpy()[None, :]
    assert found["gini"].value == pytest.approx(float((apart * both).sum() / (2 * mean)), rel=1e-6)


def test_convergence_is_of_cities_known_in_both_years(region, found):
    now = facts_of(region, "gdp", 2021) / facts_of(region, "population_census", 2020)
    then = facts_of(region, "gdp", 2012) / facts_of(region, "population_census", 2010)
    both = now.dropna().index.intersection(then.dropna().index)
    beta = found["beta_convergence"].table.iloc[0]
    assert beta["cities"] == len(both) < len(region.table("cities"))
    growth = np.log(now[both] / then[both]) / (2021 - 2012)
    assert beta["value"] == pytest.approx(np.polyfit(np.log(then[both]), growth, 1)[0], rel=1e-6)
    sigma = found["sigma_convergence"].table.iloc[0]
    spread = [float(np.std(np.log(each[both]), ddof=1)) for each in (then, now)]
    assert sigma["value"] == pytest.approx(spread[1] - spread[0], rel=0.02)


def test_finer_sectors_are_taken_where_they_are(region):
    cities = region.table("cities")["city_id"].tolist()[:3]
    given = [
        (city, sector, 1.0 + (a * b) % 5, 2020, "jobs")
        for a, city in enumerate(cities)
        for b, sector in enumerate("pqr")
    ]
    held = region_sectors(finer(region, *given), None)
    assert (held.year, held.unit, list(held.table.columns)) == (2020, "jobs", ["p", "q", "r"])
    with pytest.raises(InputError, match="column 'unit' has CNY, jobs"):
        region_sectors(finer(region, *given, (cities[0], "s", 1.0, 2020, "CNY")), None)


def test_what_is_missing_is_said_with_what_would_bring_it(region):
    with pytest.raises(NoDataError, match="fewer than two cities of region 'yrd' have sectors of 1999"):
        mr.run(region, measures=["specialisation"], parameters={"year": 1999})
    with pytest.raises(NoDataError, match="3 sectors with figures; this takes at least 10"):
        mr.run(region, measures=["economic_complexity"])
