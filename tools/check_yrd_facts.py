"""
Check the facts of the shipped Yangtze River Delta region and print how many are confirmed.

    python tools/check_yrd_facts.py [SHARED]

SHARED is a folder with check data that is not part of the repository: `cities/yrd_city_facts_2005_2021.csv` (GDP,
shares of the three sectors) and `rail/matang_cityinfo.csv` (census of 2010 on the territory of 2010). Without it only
the tables themselves are checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from megaregion.region import schema as schemas

FOLDER = Path(__file__).resolve().parents[1] / "src" / "megaregion" / "examples" / "yrd"

TABLES = ("cities", "city_facts", "reference_facts", "firm_sites", "sources")

FILES = {"sources": ("sources", "sources_economy")}
"""Files of a table that lies in several; the sources of railways and metro lines are checked with these."""

SECTORS = ("primary", "secondary", "tertiary")

GDP_TOLERANCE = 0.005
"""Publications of one year's figure are rounded and lightly revised; beyond this they are another vintage."""

EXPLAINED = {
    ("330200", 2012): 0.01,
    ("330300", 2012): 0.01,
    ("330600", 2012): 0.01,
    ("330800", 2012): 0.01,
    ("330900", 2012): 0.12,
    ("330400", 2019): 0.01,
}
"""Tolerance of city-years held in another vintage than that of the check data (docs/yrd-data.md).

Ningbo, Wenzhou, Shaoxing: the first release, before the revision after the economic census of 2013. Quzhou and
Zhoushan: series revised by 2022 and by 2020, for Zhoushan far below the figures published before. Jiaxing: a revision,
where the check data hold the first release.
"""

CENSUS_TOLERANCE = 0.002
"""The communique and the final tabulation of the census of 2010 differ by up to 0.05 %; the check data are rounded."""

SHARE_TOLERANCE_POINTS = 0.065
"""The check data round shares of Anhui to a tenth, and one of the three up or down so that they add up to 100."""

REDRAWN = {"340100", "340200", "340400", "340500", "340700", "340800", "341500"}
"""Cities of Anhui whose territory of today is not that of the census of 2010 (Chaohu split up in 2011; 2015-16)."""


def read(name: str) -> pd.DataFrame:
    """Read one table of the shipped region, conformed to its schema."""
    raw = [
        pd.read_csv(FOLDER / f"{file}.csv", dtype="str", keep_default_na=False, na_values=[""])
        for file in FILES.get(name, (name,))
    ]
    return schemas.conform(name, pd.concat(raw, ignore_index=True))


def gdp_differences(shared: Path) -> pd.DataFrame:
    """Difference of every city and year to the check figure, with the tolerance; those without one are left out."""
    check = pd.read_csv(shared / "cities" / "yrd_city_facts_2005_2021.csv", dtype={"adcode": "str"})
    facts = read("city_facts").query("indicator == 'gdp'")
    both = facts.merge(check, left_on=["city_id", "year"], right_on=["adcode", "year"])
    both["difference"] = both["value"] / (both["gdp_100m_cny"] * 1e8) - 1
    pairs = zip(both["city_id"], both["year"], strict=True)
    both["tolerance"] = [EXPLAINED.get(pair, GDP_TOLERANCE) for pair in pairs]
    # the check data hold one vintage only: where several are held, the nearest is the one to compare
    nearest = both.assign(distance=both["difference"].abs()).sort_values("distance")
    one_each = nearest.drop_duplicates(["city_id", "year"]).sort_values(["year", "city_id"])
    return one_each[["city_id", "year", "vintage", "value", "difference", "tolerance"]]


def sectors() -> pd.DataFrame:
    """Value added of every city and year that holds all three sectors, with their sum, CNY."""
    facts = read("city_facts")
    names = {f"gdp_{sector}": sector for sector in SECTORS}
    rows = facts[facts["indicator"].isin(list(names))]
    wide = rows.pivot_table(index=["city_id", "year"], columns="indicator", values="value", aggfunc="mean")
    wide = wide.rename(columns=names).dropna()
    return wide.assign(total=wide[list(SECTORS)].sum(axis=1)).reset_index()


def sector_shares() -> pd.DataFrame:
    """Share of each sector, %: computed from the three values added, or as held; a row a city, year and sector."""
    wide = sectors()
    keys = ["city_id", "year"]
    computed = [wide[keys].assign(sector=sector, share=100 * wide[sector] / wide["total"]) for sector in SECTORS]
    facts = read("city_facts")
    held = [
        facts[facts["indicator"] == f"share_{sector}"][[*keys, "value"]]
        .rename(columns={"value": "share"})
        .assign(sector=sector)
        for sector in SECTORS
    ]
    return pd.concat([*computed, *held], ignore_index=True)


def share_differences(shared: Path) -> pd.DataFrame:
    """Difference of the share of each sector to the check figure, percentage points; a row a city, year and sector."""
    check = pd.read_csv(shared / "cities" / "yrd_city_facts_2005_2021.csv", dtype={"adcode": "str"})
    names = {f"share_{sector}_pct": sector for sector in SECTORS}
    long = check.rename(columns={**names, "adcode": "city_id"}).melt(
        ["city_id", "year"], list(SECTORS), "sector", "check"
    )
    both = sector_shares().merge(long.dropna(), on=["city_id", "year", "sector"])
    return both.assign(difference=both["share"] - both["check"], tolerance=SHARE_TOLERANCE_POINTS)


def census_differences(shared: Path) -> pd.DataFrame:
    """Rows of the census of 2010 of cities that were not redrawn, with the relative difference to the check figure."""
    check = pd.read_csv(shared / "rail" / "matang_cityinfo.csv")
    # the check data write 亳州 with a look-alike
    check["cityname_chn"] = check["cityname_chn"].replace("毫州市", "亳州市")
    facts = read("city_facts").query("indicator == 'population_census' and year == 2010")
    named = facts[~facts["city_id"].isin(REDRAWN)].merge(read("cities")[["city_id", "name"]], on="city_id")
    both = named.merge(check, left_on="name", right_on="cityname_chn")
    both["difference"] = both["value"] / (both["cpop2010"] * 1e4) - 1
    return both.assign(tolerance=CENSUS_TOLERANCE)[["city_id", "name", "vintage", "value", "difference", "tolerance"]]


def coverage() -> pd.DataFrame:
    """Count cities by indicator and year: confirmed, unverified (and not also confirmed) and blank."""
    facts = read("city_facts")
    cities = len(read("cities"))
    rows = []
    for (indicator, year), group in facts.groupby(["indicator", "year"]):
        confirmed = set(group.loc[group["status"] == "confirmed", "city_id"])
        unverified = set(group["city_id"]) - confirmed
        blank = cities - len(confirmed) - len(unverified)
        rows.append((indicator, year, len(confirmed), len(unverified), blank))
    areas = read("cities")["land_area_km2"].notna().sum()
    rows.append(("land_area_km2 (cities)", "", areas, 0, cities - areas))
    return pd.DataFrame(rows, columns=["indicator", "year", "confirmed", "unverified", "blank"])


def main(arguments: list[str]) -> int:
    """Print findings, coverage and differences; exit 1 if anything is wrong."""
    tables = {name: read(name) for name in TABLES}
    notices = schemas.check_references(tables)
    for name, frame in tables.items():
        notices.extend(schemas.check_frame(name, frame, file=f"{name}.csv"))
    say = sys.stdout.write
    say(f"{notices.render()}\n" if len(notices) else "tables: no findings\n")
    say(f"{coverage().to_string(index=False)}\n")
    wrong = len(notices)
    if arguments:
        shared = Path(arguments[0])
        for what, frame in (
            ("gdp", gdp_differences(shared)),
            ("census 2010", census_differences(shared)),
            ("shares of sectors", share_differences(shared)),
        ):
            far = frame[frame["difference"].abs() > frame["tolerance"]]
            say(f"{what}: {len(frame)} compared, {len(far)} further off than is explained\n")
            say(f"{far.to_string(index=False)}\n" if len(far) else "")
            wrong += len(far)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
