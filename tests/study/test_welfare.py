"""Who gains from faster trains: four cities on paper, three on a line and one without a station."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.economy import EconomyData, SpatialModel, TimeCosts, calibrate, counterfactual
from megaregion.errors import InputError, NoDataError
from megaregion.region.scenario import Scenario
from megaregion.region.schema import conform
from megaregion.study import result_cache, welfare
from megaregion.study.indicators.economy_welfare import MEASURES
from megaregion.study.run import run
from megaregion.study.shared_travel import shared_travel
from megaregion.study.welfare import DRAWS, WelfareOptions, welfare_change
from megaregion.study.welfare_inputs import city_economy, road_distances_m
from megaregion.study.welfare_words import DRAWS_FOR_SHARES, banded, certificate_lines, driver_words, named_drivers
from support.tiny_region import tiny_region

FEW = WelfareOptions(draws=20)
ELASTICITIES = {
    "trade_elasticity": 4.0,
    "location_elasticity": 4.6,
    "commuting_time_elasticity": 0.47,
    "goods_share": 0.7,
    "agglomeration": 0.05,
    "business_time_elasticity": 0.05,
    "goods_pass_through": 0.1,
}
PLACES = (("a", "甲", "A", 120.0), ("b", "乙", "B", 121.0), ("c", "丙", "C", 122.0), ("d", "丁", "D", 123.0))
MINUTES = 60


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """Keep nothing on disk but where that is what is tested."""
    monkeypatch.setenv(result_cache.SETTING, "off")


def facts(**figures):
    rows = [
        {"city_id": city, "indicator": name, "year": year, "value": value, "unit": unit, "status": "confirmed"}
        for (name, year, unit), values in {
            ("gdp", 2019, "CNY"): figures.get("gdp", (600.0, 300.0, 200.0, 50.0)),
            ("population_census", 2020, "person"): figures.get("people", (40.0, 30.0, 20.0, 10.0)),
        }.items()
        for city, value in zip("abcd", values, strict=True)
        if value is not None
    ]
    return conform("city_facts", pd.DataFrame(rows + figures.get("more", [])))


def parameters(**changed):
    values = ELASTICITIES | changed
    rows = [
        {
            "parameter": name,
            "distribution": "uniform" if isinstance(each, tuple) else "fixed",
            "a": each[0] if isinstance(each, tuple) else each,
            "b": each[1] if isinstance(each, tuple) else None,
            "citation": "paper",
            "status": "confirmed",
        }
        for name, each in values.items()
        if each is not None
    ]
    return conform(
        "parameters", pd.DataFrame(rows, columns=["parameter", "distribution", "a", "b", "citation", "status"])
    )


@cache
def world(minutes=50):
    """Give the world with its usual figures, the same each time."""
    return made(minutes)


def made(minutes, *, figures=None, drawn=None, order=(0, 1, 2, 3)):
    """A train each half hour from a to b to c and back, so many minutes from one to the next; d has no station."""
    trips = {}
    for start in range(5 * 60, 22 * 60, 30):
        for name, line in (("up", "abc"), ("down", "cba")):
            calls = [
                (f"{stop}1", 60 * (start + leg * minutes), 60 * (start + leg * minutes))
                for leg, stop in enumerate(line)
            ]
            trips[f"{name}{start}"] = calls
    stops = {f"{city}1": {"city_id": city, "lon": lon, "lat": 31.0} for city, _, _, lon in PLACES[:3]}
    cities = pd.DataFrame(
        [
            {"city_id": city, "name": name, "name_en": english, "lon": lon, "lat": 31.0, "land_area_km2": 5000.0}
            for city, name, english, lon in (PLACES[at] for at in order)
        ]
    )
    return tiny_region(trips, stops=stops).with_tables(
        {
            "cities": conform("cities", cities),
            "city_facts": facts() if figures is None else figures,
            "parameters": parameters() if drawn is None else drawn,
        }
    )


def solve(slow, fast, **options):
    return welfare_change((slow, 2019), (fast, 2019), options=WelfareOptions(**({"draws": 20} | options)))


def changes(found):
    return found.table.drop(columns="city_id").to_numpy()


def test_it_is_the_counterfactual_put_together_by_hand():
    slow, fast = world(50), world(25)
    found = solve(slow, fast)
    names = list("abcd")
    cities = slow.table("cities")
    road = road_distances_m(cities)
    times = []
    for region in (slow, fast):
        train = shared_travel(region).times.median_s.astype(float)
        np.fill_diagonal(train, np.inf)
        times.append(np.minimum(train, road / (60 / 3.6)))
    people = np.array([40.0, 30.0, 20.0, 10.0])
    costs = TimeCosts(commuting=0.47, business=0.05, goods_pass_through=0.1)
    model = SpatialModel(
        mobility="commuting", trade_elasticity=4, location_elasticity=4.6, goods_share=0.7, agglomeration=0.05
    )
    data = EconomyData(
        ids=names,
        employment=people,
        gdp=[600, 300, 200, 50],
        trade_cost=costs.trade_cost(road),
        commuting_cost=costs.commuting_cost(times[0]),
    )
    goods, ways = costs.changes(*times)
    expected = counterfactual(calibrate(model, data), cost_hat=goods, commuting_hat=ways)
    assert found.central == pytest.approx(expected.welfare - 1, abs=1e-12)
    assert found.central > 0.01
    # nothing is drawn: all draws are the one
    assert found.band == pytest.approx([found.central] * 3, abs=1e-9)
    residents = found.table.set_index("city_id")["residents"]
    assert residents.to_numpy() == pytest.approx(expected.table["residents_hat"] - 1, abs=1e-8)
    # who is not on the line loses people to those who are
    assert residents["d"] < 0 < residents["b"]


def test_no_change_is_exactly_zero():
    region = made(50, drawn=parameters(location_elasticity=(3.0, 6.0), wage_error=0.05))
    found = solve(region, region)
    assert found.band == (0.0, 0.0, 0.0)
    assert found.central == 0.0
    assert not changes(found).any()
    assert "welfare_nothing_changes" in found.notices.counts


def test_a_scenario_that_touches_no_way_between_cities_is_zero():
    region = world()
    empty = run(region, Scenario(name="nothing"), measures=["welfare_by_scenario"], parameters={"draws": 20})
    assert empty["welfare_by_scenario"].value == 0.0
    assert "welfare_nothing_changes" in empty["welfare_by_scenario"].notices.counts


def test_a_scenario_is_its_two_regions():
    text = '[[edits]]\nkind = "change_speed"\nroute_ids = ["r"]\nfactor = 2.0\n'
    scenario = Scenario.from_toml(f'name = "faster"\n{text}')
    region = world()
    names = ["welfare_by_scenario", "people_by_scenario"]
    results = run(region, scenario, measures=names, parameters={"draws": 20})
    found = solve(region, scenario.apply(region).region)
    assert results["welfare_by_scenario"].value == found.band[1] > 0
    assert results["people_by_scenario"].at(city_id="a") == found.table.set_index("city_id")["residents"]["a"]
    assert results["people_by_scenario"].provenance["status"] == "unverified"  # the feed has no status


def test_the_order_of_the_cities_does_not_matter():
    drawn = parameters(location_elasticity=(3.0, 6.0), wage_error=0.05, residents_error=0.02)
    one = solve(made(50, drawn=drawn), world(25))
    other = solve(made(50, drawn=drawn, order=(2, 0, 3, 1)), made(25, order=(2, 0, 3, 1)))
    assert one.table.equals(other.table)
    assert one.band == other.band


def test_there_and_back_is_no_gain():
    there, back = solve(world(50), world(25)), solve(world(25), world(50))
    assert back.central < 0 < there.central


def test_a_city_without_a_station_is_named_and_goes_by_road():
    found = solve(world(50), world(25))
    (notice,) = {each.message: each for each in found.notices if each.code == "place_without_stop"}.values()
    assert "(d)" in notice.message
    assert np.isfinite(changes(found)).all()


def test_a_city_without_figures_is_named_and_left_out():
    figures = facts(people=(40.0, 30.0, 20.0, None))
    found = solve(made(50, figures=figures), world(25))
    (notice,) = (each for each in found.notices if each.code == "welfare_city_left_out")
    assert notice.message == "D (d) is left out: no population_census 2020."
    assert notice.in_chinese() == "丁（d）未计入：缺少 population_census 2020。"
    rows = found.table.set_index("city_id")
    assert rows.loc["d"].isna().all()
    assert rows.loc["a"].notna().all()
    # what is left out is as if it were not there
    assert found.settings["cities"] == 3


def test_wages_that_few_cities_have_leave_the_others_out():
    wages = [
        {"city_id": city, "indicator": "pay", "year": 2019, "value": value, "unit": "CNY/year", "status": "confirmed"}
        for city, value in (("a", 9.0), ("b", 8.0))
    ]
    region = made(50, figures=facts(more=wages))
    economy = city_economy(region, wages="pay")
    assert economy.table["wage"].tolist() == [9.0, 8.0]
    assert economy.notices.counts["welfare_city_left_out"] == 2
    with pytest.raises(InputError, match=r"wages are 'pays'; expected gdp .* Did you mean 'pay'\?"):
        city_economy(region, wages="pays")


def test_counted_jobs_take_the_place_of_people():
    jobs = [
        {"city_id": city, "indicator": "employment", "year": 2019, "value": value, "unit": "person"}
        for city, value in zip("abcd", (30.0, 15.0, 10.0, 5.0), strict=True)
    ]
    economy = city_economy(made(50, figures=facts(more=jobs)))
    assert economy.jobs_known
    assert economy.table["wage"].tolist() == [20.0, 20.0, 20.0, 10.0]
    found = solve(made(50, figures=facts(more=jobs)), world(25))
    assert "people stand for jobs" not in " ".join(words.en for words in found.assumptions)
    assert "people stand for jobs" in solve(world(50), world(25)).assumptions[0].en


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (facts(gdp=(600.0, 0.0, 200.0, 50.0)), r"gdp of B \(b\) in 2019 is 0; expected a number above 0.*take it out"),
        (
            facts(people=(40.0, 30.0, 0.0, 10.0)),
            r"population_census of C \(c\) in 2020 is 0; expected a number above 0",
        ),
        (
            facts().assign(unit=["CNY", "CNY", "USD", "CNY", *["person"] * 4]),
            r"gdp of 2019 is in 2 units \(CNY for a, USD for c\); expected one currency",
        ),
    ],
    ids=["gdp", "people", "units"],
)
def test_figures_that_cannot_be_used_are_refused_by_name(figures, said):
    with pytest.raises(InputError, match=said):
        solve(made(50, figures=figures), world(25))


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (parameters(location_elasticity=None), "table parameters lacks location_elasticity; a model with mobility"),
        (parameters(commuting_time_elasticity=None), "lacks commuting_time_elasticity"),
        (parameters(elasticity=3.0), "no parameter 'elasticity'; the parameters are trade_elasticity"),
        (parameters(goods_share=1.5), "field 'goods_share' is 1.5; expected a share above 0, up to 1"),
    ],
    ids=["no taste", "no commuting", "unknown", "share"],
)
def test_parameters_that_cannot_be_used_are_named(drawn, said):
    with pytest.raises(InputError, match=said):
        solve(made(50, drawn=drawn), world(25))


def test_what_is_missing_is_said_with_what_would_bring_it():
    none = made(50, drawn=parameters(**dict.fromkeys(ELASTICITIES)))
    with pytest.raises(NoDataError, match=r"no parameters: .* megaregion import table parameters FILE"):
        solve(none, none)
    figures = facts(people=(40.0, None, None, None))
    with pytest.raises(NoDataError, match=r"1 of 4 cities .* takes two or more\. Bring them"):
        solve(made(50, figures=figures), made(50, figures=figures))
    with pytest.raises(NoDataError, match=r"no timetable before 2019: a change takes two\. Bring an earlier one"):
        run(world(), measures=["welfare_gain"])


def test_elasticities_outside_the_unique_range_are_told():
    drawn = parameters(agglomeration=0.6)
    found = solve(made(50, drawn=drawn), world(25))
    assert "economy_equilibrium_not_certified" in found.notices.counts
    about = found.certificate
    assert (about["unique"], about["unique_at_medians"], about["valid"]) == (0.0, False, False)
    assert about["spectral_radius"] > 1
    told = [words.en for words in certificate_lines(found, world())]
    assert "unique: proven for 0 % of draws" in told[1]
    assert told[-1].startswith("not certified: one equilibrium of perhaps several")


def test_times_shorter_than_any_before_are_told():
    found = solve(world(50), world(5))
    assert ("a", "b") in {tuple(pair) for pair in found.certificate["extrapolating"]}
    assert not found.certificate["valid"]
    assert certificate_lines(found, world())[-1].en == "valid with the reservations above"
    assert any("A to B" in words.en for words in certificate_lines(found, world()))
    assert any("甲至乙" in words.zh for words in certificate_lines(found, world()))


def test_given_rows_replace_those_of_the_region_by_name():
    given = parameters(**dict.fromkeys(ELASTICITIES), commuting_growth_per_min=0.01)
    sides = ((world(50), 2019), (world(25), 2019))
    found = welfare_change(*sides, parameters=given, options=FEW)
    names = found.basis["parameters"]["parameter"].tolist()
    assert "commuting_growth_per_min" in names
    assert "commuting_time_elasticity" not in names
    assert "trade_elasticity" in names
    assert found.channels["parameter"].tolist()[0] == "commuting_growth_per_min"


def test_channels_and_roads_say_what_the_result_is_made_of():
    found = solve(world(50), world(25))
    worth = found.channels.set_index("channel")["welfare"]
    assert (worth > 0).all()
    assert worth["commuting"] + worth["business"] + worth["goods"] == pytest.approx(found.central, rel=0.05)
    # the slower the road, the more a train is worth
    assert found.roads["road_kmh"].tolist() == [45.0, 60.0, 80.0]
    assert found.roads["welfare"].is_monotonic_decreasing
    still = solve(world(50), world(25), mobility="fixed")
    assert np.isnan(still.channels["welfare"][0])
    assert not still.table["residents"].any()
    assert 0 < still.central < found.central


def test_the_widest_driver_is_what_was_drawn():
    drawn = parameters(location_elasticity=(3.0, 6.0))
    found = solve(made(50, drawn=drawn), world(25), draws=40)
    assert named_drivers(found)[0][0].zh == "地点选择弹性"
    # of few draws only the order is told
    assert found.certificate["draws"] < DRAWS_FOR_SHARES
    assert "%" not in driver_words(found).en
    many = replace(found, certificate={**found.certificate, "draws": DRAWS_FOR_SHARES})
    assert "地点选择弹性" in driver_words(many).zh
    assert f"{100 * named_drivers(found)[0][1]:.0f} %" in driver_words(many).en
    assert found.band[0] < found.central < found.band[2]
    assert banded(*(found.band[at] for at in (1, 0, 2))).en.startswith("+")


def test_a_result_is_kept_by_content(monkeypatch, tmp_path):
    monkeypatch.setenv(result_cache.SETTING, str(tmp_path / "cache"))
    slow, fast = world(50), world(25)
    welfare._results.clear()
    first = solve(slow, fast)
    welfare._results.clear()

    def never(*_, **__):
        msg = "computed again"
        raise AssertionError(msg)

    monkeypatch.setattr(welfare, "welfare_bands", never)
    again = solve(world(50), world(25))
    assert again.table.equals(first.table)
    assert again.band == first.band
    assert again.certificate == first.certificate
    assert [each.code for each in again.notices] == [each.code for each in first.notices]
    with pytest.raises(AssertionError, match="computed again"):
        solve(slow, world(29))


def test_the_measures_of_two_years_say_what_they_rest_on():
    names = [each.name for each in MEASURES if not each.change]
    results = run(mr.open("yrd"), measures=names, parameters={"draws": 20})
    overall = results["welfare_gain"]
    row = overall.table.iloc[0]
    assert row["lowest"] < overall.value < row["highest"]
    assert overall.provenance["status"] == "illustrative"
    assert overall.provenance["settings"]["since"] == 2012
    assert {entry["table"] for entry in overall.provenance["inputs"]} >= {"feeds", "parameters", "city_facts"}
    for name in names[1:]:
        table = results[name].table
        assert table["city_id"].is_monotonic_increasing
        assert len(table) == 41
        assert ((table["lowest"] <= table["value"]) & (table["value"] <= table["highest"])).all()
    # people move, none is added
    people = results["people_gain"].table.set_index("city_id")["value"]
    assert people.min() < 0 < people.max()


def test_the_default_is_quick_enough_for_every_run():
    assert DRAWS <= 150
