"""Cities as a network, measured: the shipped region against formulas, and regions that lack what a measure needs."""

import numpy as np
import pandas as pd
import pytest

from megaregion.economy import interlocking_network
from megaregion.errors import NoDataError
from megaregion.region.schema import conform
from megaregion.study import result_cache
from megaregion.study.indicators.economy_network import DRAWS, MEASURES
from megaregion.study.regions import example
from megaregion.study.run import run
from support.tiny_region import tiny_region

SHANGHAI, HANGZHOU, SUZHOU, XUZHOU = "310000", "330100", "320500", "320300"


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """Keep nothing on disk."""
    monkeypatch.setenv(result_cache.SETTING, "off")


@pytest.fixture(scope="module")
def yrd():
    return example("yrd")


def only(region, *firms):
    sites = region.table("firm_sites")
    return region.with_tables({"firm_sites": sites[sites["firm_id"].isin(firms)]})


def test_fosun_links_zhangjiang_and_hangzhou_by_two_sites(yrd):
    """Headquarters 5 and research 3 in Shanghai, research 2 in Hangzhou and in Suzhou: 5 x 2 each, 2 x 2 between."""
    found = run(only(yrd, "fosun"), measures=["firm_links", "firm_connectivity"])
    links, cities = found["firm_links"], found["firm_connectivity"]
    assert links.at(from_id=SHANGHAI, to_id=HANGZHOU) == links.at(from_id=HANGZHOU, to_id=SHANGHAI) == 10
    assert links.at(from_id=SUZHOU, to_id=HANGZHOU) == 4
    assert cities.at(city_id=SHANGHAI) == 20
    assert cities.at(city_id=HANGZHOU) == 14
    assert np.isnan(cities.at(city_id=XUZHOU))
    # the one site that nobody has checked decides
    assert links.provenance["status"] == "unverified"
    # one firm in three cities has one arrangement only
    assert "links_cannot_be_told" in {notice.code for notice in links.notices}
    assert links.provenance["settings"]["least_p"] == 1


def test_links_of_all_listed_firms(yrd):
    result = run(yrd, measures=["firm_links"])["firm_links"]
    table = result.table
    cities = len(yrd.table("cities"))
    assert len(table) == cities * (cities - 1)
    network = interlocking_network(yrd.table("firm_sites"))
    for row in network.links.itertuples():
        assert result.at(from_id=row.from_id, to_id=row.to_id) == row.value
    known = table.dropna(subset=["value"])
    assert len(known) == len(network.table) * (len(network.table) - 1)
    assert known["value"].sum() == network.table["connectivity"].sum()
    settings = result.provenance["settings"]
    assert (settings["draws"], settings["null"]) == (DRAWS, "degree")
    assert "no sample" in settings["listed"]
    assert "并非企业抽样" in settings["listed_zh"]
    assert ["the listed firms stand for themselves only" in each["en"] for each in result.provenance["assumptions"]]
    again = run(yrd, measures=["firm_links"])["firm_links"]
    pd.testing.assert_frame_equal(table, again.table)


def test_one_centre_or_many_by_size(yrd):
    for name, measured in (("polycentricity_people", "population"), ("polycentricity_gdp", "gdp")):
        found = run(yrd, measures=[name, measured])
        row, sizes = found[name].table.iloc[0], found[measured].table["value"].to_numpy()
        assert row["value"] == pytest.approx(1 - sizes.std() / (sizes.sum() * np.sqrt(len(sizes) - 1) / len(sizes)))
        assert row["primacy"] == pytest.approx(sizes.max() / sizes.sum())
        slope = np.polyfit(np.log(np.arange(1, len(sizes) + 1)), np.log(np.sort(sizes)[::-1]), 1)[0]
        assert row["slope"] == pytest.approx(slope)
        assert row["cities"] == len(sizes) == 41


@pytest.mark.parametrize("year", [2012, 2019])
def test_one_centre_or_many_by_trains(yrd, year):
    found = run(yrd, measures=["polycentricity_trains", "train_symmetry", "direct_trains"], parameters={"year": year})
    trains = found["direct_trains"].table.pivot_table(index="from_id", columns="to_id", values="value", aggfunc="first")
    flow = trains.fillna(0.0).to_numpy()
    n, arriving = len(flow), flow.sum(axis=0)
    density = (flow > 0).sum() / (n * (n - 1))
    row = found["polycentricity_trains"].table.iloc[0]
    assert row["density"] == pytest.approx(density)
    even = 1 - arriving.std() / (arriving.sum() * np.sqrt(n - 1) / n)
    assert row["value"] == pytest.approx(even * density)
    assert row["green"] == pytest.approx((1 - arriving.std() / (arriving.max() / 2)) * density)
    assert row["year"] == year
    symmetry = found["train_symmetry"].table.iloc[0]
    both = np.triu(flow + flow.T, 1)
    share = np.divide(np.triu(flow, 1), both, out=np.full_like(both, 0.5), where=both > 0)
    logs = [part * np.log2(np.where(part > 0, part, 1)) for part in (share, 1 - share)]
    assert symmetry["value"] == pytest.approx((both * -sum(logs)).sum() / both.sum())
    assert symmetry["pairs"] == (both > 0).sum()
    assert symmetry["one_way"] == ((both > 0) & ((share == 0) | (share == 1))).sum()


NONE = {
    "firm_links": ("firm_sites", "names sites in 0 cities", "0 个城市的站点"),
    "firm_connectivity": ("firm_sites", "names sites in 0 cities", "0 个城市的站点"),
    "polycentricity_people": ("city_facts", "population_census", "population_census"),
    "polycentricity_gdp": ("city_facts", "gdp", "gdp"),
    "polycentricity_trains": ("feeds", "no timetable", "没有时刻表"),
    "train_symmetry": ("feeds", "no timetable", "没有时刻表"),
}


@pytest.mark.parametrize("name", sorted(NONE))
def test_what_is_missing_is_named(yrd, name):
    table, english, chinese = NONE[name]
    with pytest.raises(NoDataError) as problem:
        run(yrd.with_tables({table: yrd.table(table).iloc[:0]}), measures=[name])
    assert english in problem.value.what[0]
    assert chinese in problem.value.what[1]
    assert "megaregion import" in problem.value.needs[0]


@pytest.mark.parametrize("name", ["polycentricity_trains", "train_symmetry"])
def test_trains_within_one_city_make_no_network(name):
    calls = [("a1", 36_000, 36_000), ("a2", 37_800, 37_800)]
    stops = {f"a{place}": {"city_id": "a", "lon": 120.0 + 0.1 * place, "lat": 31.0} for place in (1, 2)}
    cities = [{"city_id": each, "name": each, "lon": lon, "lat": 31.0} for each, lon in (("a", 120.0), ("b", 125.0))]
    region = tiny_region({"t": calls}, stops=stops).with_tables({"cities": conform("cities", pd.DataFrame(cities))})
    with pytest.raises(NoDataError) as problem:
        run(region, measures=[name])
    assert "no direct train between two of its cities in 2019" in problem.value.what[0]
    assert "没有城市间直达列车" in problem.value.what[1]


def test_too_few_sizes_are_named(yrd):
    facts = yrd.table("city_facts")
    few = facts[(facts["indicator"] == "gdp") & facts["city_id"].isin([SHANGHAI, HANGZHOU])]
    with pytest.raises(NoDataError, match="2 cities have GDP; a line of rank and size takes at least 3"):
        run(yrd.with_tables({"city_facts": conform("city_facts", few)}), measures=["polycentricity_gdp"])


def test_sites_outside_the_region_do_not_count(yrd):
    sites = yrd.table("firm_sites")
    elsewhere = sites.iloc[:1].assign(city_id="110000", service_value=5.0)
    more = yrd.with_tables({"firm_sites": pd.concat([sites, elsewhere])})
    one, other = (run(each, measures=["firm_connectivity"])["firm_connectivity"] for each in (yrd, more))
    pd.testing.assert_frame_equal(one.table, other.table)


def test_every_measure_answers_the_question_whether_the_cities_work_as_one():
    assert {each.question for each in MEASURES} == {"one"}
