"""The own estimate of the page about gravity, again from the data where they are at hand."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from megaregion.economy import fit_gravity
from megaregion.study.city_costs import city_hours
from megaregion.study.city_gravity import GravityOptions, city_gravity
from megaregion.study.city_markets import TIME_ELASTICITY
from megaregion.study.regions import example
from megaregion.study.welfare_inputs import road_distances_m

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gravity.md").read_text(encoding="utf-8")
WRITTEN = 0.006
"""The page gives two digits after the point."""

SAMPLES = {
    "hours by train, or by road if faster": ({"cost": "time"}, {}),
    "km by road": ({"cost": "distance"}, {}),
    "hours by train alone, 40 cities": ({"cost": "train"}, {}),
    "hours, roads at 40 km/h": ({"cost": "time", "road_kmh": 40.0}, {}),
    "hours, roads at 80 km/h": ({"cost": "time", "road_kmh": 80.0}, {}),
    "km, inward shares instead": ({"cost": "distance"}, {"direction": "in"}),
    "km, Spring Festival rush, 10 to 22 January": ({"cost": "distance"}, {"first": "20200110", "last": "20200122"}),
    "km, lockdown, 3 to 9 February": ({"cost": "distance"}, {"first": "20200203", "last": "20200209"}),
    "km, after it, 16 to 31 March": ({"cost": "distance"}, {"first": "20200316", "last": "20200331"}),
}


@pytest.fixture(scope="module")
def yrd():
    return example("yrd")


@pytest.fixture(scope="module")
def shares(shared_data, yrd):
    ids = set(yrd.table("cities")["city_id"])
    rows = pd.read_csv(
        shared_data / "flows" / "baidu_od_yrd_2020-01-01_2020-03-31.csv.gz",
        dtype={"date": str, "home_adcode": str, "other_adcode": str},
    )
    return rows[rows["home_adcode"].isin(ids) & rows["other_adcode"].isin(ids)]


def flows_of(shares, *, first="20200102", last="20200109", direction="out"):
    """Mean share of a day by ordered pair; a day on which a pair is not listed counts as 0."""
    chosen = shares[shares["date"].between(first, last) & (shares["direction"] == direction)]
    total = chosen.groupby(["home_adcode", "other_adcode"])["share_pct"].sum() / chosen["date"].nunique()
    home, other = ("from_id", "to_id") if direction == "out" else ("to_id", "from_id")
    return total.rename("flow").rename_axis([home, other]).reset_index()


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_figures_of_the_page_are_those_of_the_data(yrd, shares, sample):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {sample} |"))
    said = [float(each) for each in re.findall(r"-?\d+\.\d+", row)]
    options, days = SAMPLES[sample]
    found = city_gravity(
        yrd, flows_of(shares, **days), options=GravityOptions(year=2019, missing_is_zero=True, **options)
    )
    log_cost = found.fit.coefficients.loc["log_cost"]
    measured = [log_cost["estimate"], log_cost["se"], *found.border][: len(said)]
    assert measured == pytest.approx(said, abs=WRITTEN)
    explained = re.search(r"(\d+) %", row)
    assert explained is None or 100 * found.fit.pseudo_r2 == pytest.approx(float(explained[1]), abs=0.51)


def test_what_the_page_says_of_the_sample(yrd, shares):
    flows = flows_of(shares)
    cities = yrd.table("cities")
    assert len(cities) == 41
    absent = 41 * 40 - len(flows)
    assert f"{absent} pairs are not among the destinations" in " ".join(PAGE.split())
    listed = flows.groupby("from_id")["flow"].sum()
    assert f"({listed.min():.0f} to {listed.max():.0f} % goes to" in " ".join(PAGE.split())
    known = city_gravity(yrd, flows, options=GravityOptions(year=2019))
    assert known.fit.beta == pytest.approx(-1.65, abs=WRITTEN)
    main = city_gravity(yrd, flows, options=GravityOptions(year=2019, missing_is_zero=True))
    assert -main.fit.beta == pytest.approx(TIME_ELASTICITY, abs=WRITTEN)
    assert main.fit.clusters == (41, 41)


def test_kilometres_and_hours_together(yrd, shares):
    cities = yrd.table("cities").set_index("city_id").sort_index()
    ids = list(cities.index)
    table = (
        flows_of(shares).pivot_table(index="from_id", columns="to_id", values="flow").reindex(index=ids, columns=ids)
    )
    hours = city_hours(yrd, year=2019, road_kmh=0).hours
    reached = np.isfinite(hours)
    fit = fit_gravity(
        table.fillna(0.0).where(reached),
        road_distances_m(cities.reset_index()),
        deterrence="power",
        covariates={
            "border": cities["province"].to_numpy()[:, None] != cities["province"].to_numpy(),
            "log_hours": np.log(np.where(reached, hours, 1.0)),
        },
        cluster="origin_destination",
    )
    text = re.search(r"elasticity is (-[\d.]+) \(([\d.]+)\) of\s+kilometres and (-[\d.]+) \(([\d.]+)\)", PAGE)
    rows = fit.coefficients.loc[["log_cost", "log_hours"], ["estimate", "se"]].to_numpy().ravel()
    assert rows.tolist() == pytest.approx([float(each) for each in text.groups()], abs=WRITTEN)
