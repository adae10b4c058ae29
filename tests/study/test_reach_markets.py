"""Market access of cities: a line of three cities on paper, the delta beside plain loops, and what is said of gaps."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.support.tiny_region import tiny_region

from megaregion.economy import borders, fit_gravity
from megaregion.errors import InputError, NoDataError
from megaregion.region.schema import conform
from megaregion.study import result_cache
from megaregion.study.city_costs import city_hours
from megaregion.study.indicators.reach_markets import market_access_by_scenario
from megaregion.study.regions import example
from megaregion.study.run import run
from megaregion.study.shared_travel import shared_travel
from megaregion.study.welfare_inputs import road_distances_m

GDP = {"a": 600.0, "b": 300.0, "c": 200.0}


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """Keep nothing on disk."""
    monkeypatch.setenv(result_cache.SETTING, "off")


def made(minutes=30, *, gdp=None, land=5000.0):
    """Trains each half hour from a to b and back, so many minutes; c has no station."""
    trips = {}
    for start in range(5 * 60, 22 * 60, 30):
        for name, line in (("up", "ab"), ("down", "ba")):
            clock = [60 * (start + leg * minutes) for leg in range(2)]
            trips[f"{name}{start}"] = [(f"{stop}1", at, at) for stop, at in zip(line, clock, strict=True)]
    places = {"a": 120.0, "b": 121.0, "c": 122.0}
    stops = {f"{city}1": {"city_id": city, "lon": places[city], "lat": 31.0} for city in "ab"}
    cities = [
        {"city_id": city, "name": city, "name_en": city.upper(), "lon": lon, "lat": 31.0, "land_area_km2": land}
        for city, lon in places.items()
    ]
    facts = [
        {"city_id": city, "indicator": "gdp", "year": 2019, "value": value, "unit": "CNY", "status": "confirmed"}
        for city, value in (GDP if gdp is None else gdp).items()
    ]
    return tiny_region(trips, stops=stops).with_tables(
        {
            "cities": conform("cities", pd.DataFrame(cities)),
            "city_facts": conform("city_facts", pd.DataFrame(facts)),
        }
    )


@cache
def yrd():
    return example("yrd")


def asked(region, name, **parameters):
    return run(region, measures=[name], parameters=parameters)[name]


def test_hours_are_by_train_or_by_road_whichever_is_less():
    region = made()
    found = city_hours(region, road_kmh=60)
    road = road_distances_m(region.table("cities")) / 60_000
    train = shared_travel(region).times.median_s / 3600
    at = found.ids.index("a"), found.ids.index("b")
    assert found.hours[at] == pytest.approx(min(road[0, 1], train[at]))
    assert found.hours[0, 2] == pytest.approx(road[0, 2])
    # half of what crosses a circle of 5,000 km2, at 60 km/h
    assert found.hours[0, 0] == pytest.approx(np.sqrt(5000 / np.pi) / 2 / 60)
    alone = city_hours(region, road_kmh=0)
    assert alone.hours[at] == pytest.approx(train[at])
    assert np.isinf(alone.hours[0, 2])
    with pytest.raises(InputError, match="speed by road is -1 km/h"):
        city_hours(region, road_kmh=-1)


def test_access_is_output_as_if_it_lay_an_hour_away():
    region = made()
    hours = pd.DataFrame(city_hours(region).hours, index=list("abc"), columns=list("abc"))
    found = asked(region, "market_access", theta=2)
    wanted = GDP["b"] / hours.loc["a", "b"] ** 2 + GDP["c"] / hours.loc["a", "c"] ** 2
    assert found.at(city_id="a") == pytest.approx(wanted)
    within = asked(region, "market_access", theta=2, own="with")
    assert within.at(city_id="a") == pytest.approx(wanted + GDP["a"] / hours.loc["a", "a"] ** 2)
    row = within.table.set_index("city_id").loc["a"]
    assert row["own_share"] == pytest.approx(1 - wanted / row["value"])
    potential = asked(region, "economic_potential")
    assert potential.at(city_id="c") == pytest.approx(sum(GDP[city] / hours.loc["c", city] for city in "abc"))


def test_faster_trains_bring_markets_nearer():
    slow, fast = made(30), made(15)
    asked_for = {"year": 2019, "theta": 2.0, "own": "without", "fixed_point": "none", "road_kmh": 60.0}
    found = market_access_by_scenario(slow, fast, **asked_for).table.set_index("city_id")
    before, after = (asked(region, "market_access", theta=2) for region in (slow, fast))
    for city in "abc":
        assert found.loc[city, "value"] == pytest.approx(after.at(city_id=city) / before.at(city_id=city) - 1)
    assert found.loc["a", "value"] > 0.1
    assert found.loc["c", "value"] == 0


def test_gains_of_the_delta_are_those_of_a_plain_loop():
    region = yrd()
    found = asked(region, "market_access_gain", theta=1.5)
    gdp = region.table("city_facts").query("indicator == 'gdp' and year == 2021")
    gdp = gdp.sort_values("vintage", na_position="first").drop_duplicates("city_id", keep="last")
    gdp = gdp.set_index("city_id")["value"]
    sides = []
    for year in (2012, 2019):
        hours = city_hours(region, year=year)
        sides.append(
            {
                one: sum(gdp[other] * hours.hours[i, j] ** -1.5 for j, other in enumerate(hours.ids) if j != i)
                for i, one in enumerate(hours.ids)
            }
        )
    for city in ("310000", "330700", "330900"):
        assert found.at(city_id=city) == pytest.approx(sides[1][city] / sides[0][city] - 1)
    # Jinhua and Quzhou got their fast line in between
    assert found.table["value"].min() >= -0.05
    assert found.at(city_id="330700") > 0.5
    competed = asked(region, "market_access_gain", fixed_point="output").table["value"]
    assert competed.notna().all()
    assert competed.min() < 0 < competed.max()


def test_a_city_that_lacks_figures_is_named_and_not_filled():
    region = made(gdp={"a": 600.0, "b": 300.0})
    found = asked(region, "market_access")
    assert np.isnan(found.at(city_id="c"))
    assert [each.value for each in found.notices if each.code == "welfare_city_left_out"] == ["c"]
    no_land = asked(made(land=None), "market_access", own="without")
    assert no_land.table["value"].notna().all()
    with pytest.raises(NoDataError, match="1 cities of region 'tiny' have gdp; a market takes two or more"):
        asked(made(gdp={"a": 1.0}), "market_access")
    with pytest.raises(InputError, match=r"without roads .* a city has no time to itself"):
        asked(region, "economic_potential", road_kmh=0)
    with pytest.raises(NoDataError, match="no timetable before 2019"):
        asked(region, "market_access_gain")
    cut_off = asked(made(), "market_access", road_kmh=0)
    assert [each.value for each in cut_off.notices if each.code == "market_place_cut_off"] == ["c"]
    assert cut_off.at(city_id="c") == 0


def test_borders_take_trains_from_pairs_in_the_delta():
    found = asked(yrd(), "border_effect", year=2019)
    travel = shared_travel(yrd(), year=2019)
    cities = yrd().table("cities").set_index("city_id").loc[list(travel.times.origin_ids)].reset_index()
    fit = fit_gravity(
        travel.trains(),
        road_distances_m(cities),
        deterrence="power",
        covariates={"border": borders(cities["province"])},
        cluster="origin_destination",
    )
    row = found.table.iloc[0]
    assert np.log(row["value"]) == pytest.approx(fit.coefficients.loc["border", "estimate"], rel=1e-6)
    assert row["lowest"] < row["value"] < row["highest"] < 1
    assert row["distance"] < 0


def test_what_tells_nothing_of_borders_is_said():
    with pytest.raises(NoDataError, match="trains of 2019 do not tell what borders of provinces do"):
        asked(made(), "border_effect")


def test_flows_of_ones_own_tell_what_a_border_takes():
    """Made with distance^-1.5 and a third across borders, rounded to nothing: both come back."""
    region = yrd()
    cities = region.table("cities").sort_values("city_id", ignore_index=True)
    ids = cities["city_id"].to_numpy(object)
    across = borders(cities["province"])
    size = np.linspace(1, 9, len(ids))
    value = np.outer(size, size[::-1]) * road_distances_m(cities) ** -1.5 * np.where(across, 1 / 3, 1)
    one, other = np.indices(value.shape)
    rows = pd.DataFrame({"from_id": ids[one.ravel()], "to_id": ids[other.ravel()], "value": value.ravel()})
    rows = rows.assign(kind="commuters", year=2018, unit="person/day", status="illustrative")
    held = region.with_tables({"city_flows": conform("city_flows", rows)})
    found = asked(held, "border_effect", flows="commuters")
    row = found.table.iloc[0]
    assert row["value"] == pytest.approx(1 / 3, rel=1e-6)
    assert row["distance"] == pytest.approx(-1.5, rel=1e-6)
    assert found.provenance["status"] == "illustrative"
    assert found.provenance["settings"]["flows_year"] == 2018
    with pytest.raises(NoDataError, match="region 'yrd' has no flows 'parcels'; it has trains, commuters"):
        asked(held, "border_effect", flows="parcels")
