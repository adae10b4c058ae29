"""The integration index: against measures of the registry put together by hand, on three cities and two timetables."""

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError, NoDataError
from megaregion.region.schema import conform
from megaregion.study import result_cache
from megaregion.study.integration import PARTS, IndexPart, integration
from megaregion.study.measures import Words
from support.two_timetables import PEOPLE, facts, two_years, world


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """Keep nothing on disk."""
    monkeypatch.setenv(result_cache.SETTING, "off")


def of_year(year):
    """Give the five indicators, from the tables that measures give."""
    results = mr.run(world(), measures=["typical_time", "direct_trains", "gdp_per_person"], parameters={"year": year})
    times, trains = (results[name].table["value"].to_numpy() for name in ("typical_time", "direct_trains"))
    income = results["gdp_per_person"].table.set_index("city_id")["value"][list("abc")].to_numpy()
    people = np.array(PEOPLE[2010 if year == 2012 else 2020][:3])
    mean = np.average(income, weights=people)
    theil = np.average(income / mean * np.log(income / mean), weights=people)
    return np.array([np.median(times), (trains > 0).mean(), trains.sum(), (times <= 7200).mean(), theil])


def test_it_is_the_index_put_together_by_hand():
    found = integration(world())
    before, after = of_year(2012), of_year(2019)
    np.testing.assert_allclose(found.figures.loc[2012], before)
    np.testing.assert_allclose(found.figures.loc[2019], after)
    relative = 100 * (after / before) ** [-1, 1, 1, 1, -1]
    travel = relative[:3].prod() ** (1 / 3)
    row = found.index.table.loc[2019]
    assert row[["travel", "access", "economy"]].tolist() == pytest.approx([travel, relative[3], relative[4]])
    assert row["index"] == pytest.approx((travel * relative[3] * relative[4]) ** (1 / 3))
    assert row["low"] < row["index"] < row["high"]
    assert found.index.table.loc[2012, "index"] == 100
    # of the trains: two directions, six pairs each, 17 an old day and 34 a new one
    assert found.figures["direct_trains"].tolist() == [204, 408]


def test_what_is_not_known_in_both_years_counts_in_none():
    """D has no GDP of 2019: its GDP of 2012 does not count either, and that is said."""
    found = integration(world())
    assert found.rows["theil_income"] == 3
    assert "1 of 4 cities have no GDP per person of every year: D." in found.notices.render()
    assert "丁市" in found.notices.render(lang="zh")


def test_the_base_does_not_change_what_a_year_grew():
    one, other = integration(world()), integration(world(), base=2019)
    assert other.index.table.loc[2012, "index"] == pytest.approx(1e4 / one.index.table.loc[2019, "index"])
    assert other.index.choices["base"] == "2019 = 100"


def test_the_measure_gives_the_same_and_names_its_choices():
    result = mr.run(
        world(),
        measures=["integration_index"],
        parameters={"weights": "travel=0.5,access=0.2,economy=0.3", "mean": "arithmetic"},
    )["integration_index"]
    found = integration(world(), weights="travel=0.5,access=0.2,economy=0.3", mean="arithmetic")
    row = found.index.table.loc[2019]
    assert result.value == pytest.approx(row["index"])
    assert row["index"] == pytest.approx(0.5 * row["travel"] + 0.2 * row["access"] + 0.3 * row["economy"])
    settings = result.provenance["settings"]
    assert settings["weights"] == "given (travel 0.5, access 0.2, economy 0.3)"
    assert settings["weights_zh"] == "给定（travel 0.5, access 0.2, economy 0.3）"
    assert (settings["mean"], settings["base"]) == ("arithmetic", "2012 = 100")
    assert "direct trains of all pairs 204 trains a day and 408 trains a day" in settings["figures"]
    assert {
        "en": "weights of the sub-indices: " + settings["weights"],
        "zh": "分指数权重：" + settings["weights_zh"],
    } in [dict(each) for each in result.provenance["assumptions"]]
    first = mr.run(world(), measures=["integration_index"], parameters={"year": 2012})["integration_index"]
    assert first.value == 100


def test_a_revised_figure_is_a_row_more_and_both_vintages_are_told():
    first = facts("first release")
    revised = first[(first["indicator"] == "gdp") & (first["year"] == 2012)].assign(vintage="yearbook 2014")
    revised["value"] = [800.0, 200.0, 100.0, 50.0]
    region = world().with_tables({"city_facts": conform("city_facts", pd.concat([first, revised]))})
    before, after = integration(world()), integration(region)
    assert after.figures.loc[2012, "theil_income"] > before.figures.loc[2012, "theil_income"]
    assert after.figures.loc[2019, "theil_income"] == before.figures.loc[2019, "theil_income"]
    used = mr.run(region, measures=["integration_index"])["integration_index"].provenance["inputs"]
    told = {(entry["table"], entry["year"], entry["vintage"]) for entry in used if entry["table"] == "city_facts"}
    assert told == {("city_facts", 2012, "yearbook 2014"), ("city_facts", 2019, "first release")}


def test_an_index_of_ones_own():
    parts = (
        IndexPart(name="output", title=Words("output", "产出"), measure="gdp", how="sum", group="size"),
        IndexPart(
            name="far",
            title=Words("reach", "可达"),
            measure="cities_within",
            group="reach",
            parameters={"hub": "a", "hours": 0.75},
        ),
    )
    found = integration(world(), parts)
    # the three cities with GDP of both years; in 45 min a reaches itself, then b as well
    assert found.figures["output"].tolist() == [1_000, 1_900]
    assert found.figures["far"].tolist() == [1, 2]
    assert found.index.table.loc[2019, "index"] == pytest.approx(100 * np.sqrt(1.9 * 2))
    by_census = (
        IndexPart(name="people", title=Words("people", "人口"), measure="population", how="sum", group="size"),
    )
    assert integration(world(), by_census, years=(2010, 2020)).index.table["index"].tolist() == pytest.approx(
        [100, 100]
    )


def part(**changed):
    return IndexPart(
        **({"name": "x", "title": Words("x", "某"), "measure": "gdp", "group": "g", "how": "sum"} | changed)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: integration(world(), weights="travel"), "weights is 'travel'; expected equal, or one for each"),
        (lambda: integration(world(), weights="travel=1,travel=0"), "expected equal, or one for each"),
        (
            lambda: integration(world(), weights="travel=0.5,access=0.2,economy=0.2"),
            "weights of the sub-indices add up to 0.9; expected 1",
        ),
        (lambda: integration(world(), weights="travel=1"), "the sub-indices are travel, access, economy"),
        (lambda: integration(world(), [part(measure="land_share")]), "'x': measure 'land_share' has no value for each"),
        (lambda: integration(world(), [part(measure="gpd")]), "no measure 'gpd'"),
        (lambda: integration(world(), [part()], years=(2012, 2019), base=2015), "base is 2015; expected one of the y"),
    ],
    ids=["text", "twice", "sum", "one", "no-years", "unknown", "base"],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "english", "chinese"),
    [
        (lambda: integration(world(years=1)), "one year for an index, 2019; an index", "仅有 2019 一年可用于指数"),
        (
            lambda: integration(world(), base=2015),
            "no timetable of 2015; it has those of 2012, 2019",
            "没有 2015 年的时刻表",
        ),
        (
            lambda: integration(world().with_tables({"city_facts": facts().iloc[:0]})),
            "base year 2012 lacks theil_income; an index over years takes two",
            "基期 2012 年缺少 theil_income",
        ),
    ],
    ids=["one-year", "base", "incomes"],
)
def test_missing_data_are_named(call, english, chinese):
    with pytest.raises(NoDataError) as problem:
        call()
    assert english in str(problem.value)
    assert chinese in problem.value.what[1]
    assert all("megaregion import" in need for need in problem.value.needs)


def test_a_year_without_incomes_has_no_index_and_keeps_its_other_figures():
    region = world().with_tables(
        {"city_facts": facts()[lambda rows: (rows["year"] != 2019) | (rows["indicator"] != "gdp")]}
    )
    found = integration(region)
    assert found.index.missing == {2019: ("theil_income",)}
    assert np.isnan(found.index.table.loc[2019, "index"])
    assert found.index.table.loc[2019, "travel"] > 100
    assert "2019 lacks theil_income and has no index" in found.notices.render()
    with pytest.raises(NoDataError, match="2019 lacks theil_income for an index"):
        mr.run(region, measures=["integration_index"])


def test_a_share_of_0_is_no_base():
    """Where no pair lies within two hours there is nothing to divide by."""
    slow = two_years()
    calls = slow["stop_times"]
    old = calls["trip_id"].str.startswith("old")
    late = calls["stop_sequence"] * 7200
    slow["stop_times"] = calls.assign(
        arrival_s=calls["arrival_s"] + late.where(old, 0), departure_s=calls["departure_s"] + late.where(old, 0)
    )
    region = world().with_tables(slow)
    with pytest.raises(NoDataError, match=r"base year 2012 lacks pairs_within_2h \(0\)"):
        integration(region)
    assert integration(region, base=2019).index.missing == {2012: ("pairs_within_2h",)}


def test_the_shipped_index_is_made_of_measures_by_year():
    known = {each.name for each in PARTS}
    assert len(known) == len(PARTS)
    assert {each.group for each in PARTS} == {"travel", "access", "economy"}
