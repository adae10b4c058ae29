"""Coordination of economy and travel: against its formula on four cities, and what cannot be told."""

import numpy as np
import pytest

import megaregion as mr
from megaregion.errors import InputError, NoDataError
from megaregion.study import result_cache
from megaregion.study.indicators.economy_coordination import MEASURES
from support.two_timetables import facts, world


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """Keep nothing on disk."""
    monkeypatch.setenv(result_cache.SETTING, "off")


def asked(region, **parameters):
    return mr.run(region, measures=["coordination"], parameters=parameters)["coordination"]


def systems(year):
    """GDP a person, and minus the time to all others, of cities that have both."""
    found = mr.run(world(), measures=["gdp_per_person", "time_to_all"], parameters={"year": year})
    columns = [found[name].table.set_index("city_id")["value"] for name in ("gdp_per_person", "time_to_all")]
    held = columns[0].dropna().index
    return held, np.column_stack([columns[0][held], -columns[1][held]])


def test_it_is_the_formula_over_both_years():
    (first, before), (last, after) = systems(2012), systems(2019)
    both = np.vstack([before, after])
    scaled = (both - both.min(axis=0)) / (both.max(axis=0) - both.min(axis=0))
    mean = scaled.mean(axis=1)
    coupling = np.divide(np.sqrt(scaled.prod(axis=1)), mean, out=np.zeros_like(mean), where=mean > 0)
    known = np.sqrt(coupling * mean)
    for year, cities, degrees in ((2012, first, known[: len(first)]), (2019, last, known[len(first) :])):
        result = asked(world(), year=year)
        assert [result.at(city_id=city) for city in cities] == pytest.approx(degrees.tolist())
        assert set(result.table["year"]) == {year}
    row = asked(world()).table.dropna()
    assert (row["lowest"] <= row["value"]).all()
    assert (row["value"] <= row["highest"]).all()


def test_a_city_without_a_figure_is_not_known_and_named():
    """D has no GDP of 2019, and one of 2012."""
    result = asked(world(), year=2019)
    assert np.isnan(result.at(city_id="d"))
    assert np.isfinite(asked(world(), year=2012).at(city_id="d"))
    assert "1 of 4 cities have no GDP a person and journeys of 2019: D." in result.notices.render()


def test_every_result_names_variant_weights_and_normalisation():
    result = asked(world(), variant="wang", weights="0.6,0.4", normalisation="z")
    settings = result.provenance["settings"]
    assert (settings["variant"], settings["weights"]) == ("wang", "given (0.6, 0.4)")
    assert settings["normalisation"].startswith("standard scores of 7 observations")
    assert settings["normalisation_zh"].startswith("7 个观测的标准分")
    told = [each["en"] for each in result.provenance["assumptions"]]
    assert "weights of the systems: given (0.6, 0.4)" in told
    assert "coordination_not_comparable" in {notice.code for notice in result.notices}
    others = [asked(world(), **other).at(city_id="a") for other in ({}, {"variant": "fan"}, {"weights": "entropy"})]
    assert len({result.at(city_id="a"), *others}) == 4


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "half"}, "weights is 'half'; expected equal, entropy, or numbers"),
        ({"weights": "0.5,0.6"}, "weights add up to 1.1; expected 1"),
        ({"weights": "0.5,0.3,0.2"}, "expected 2 numbers of at least 0"),
        ({"variant": "liu"}, "parameter 'variant' is 'liu'; expected standard, wang, fan"),
        ({"normalisation": "none"}, "parameter 'normalisation' is 'none'; expected minmax, z"),
    ],
    ids=["word", "sum", "three", "variant", "normalisation"],
)
def test_what_cannot_be_meant(parameters, message):
    with pytest.raises(InputError, match=message):
        asked(world(), **parameters)


def test_missing_incomes_are_named():
    nothing = world().with_tables({"city_facts": facts().iloc[:0]})
    with pytest.raises(NoDataError, match="no city has gdp of 2019"):
        asked(nothing)
    one = world().with_tables({"city_facts": facts()[lambda rows: rows["city_id"] == "a"]})
    with pytest.raises(NoDataError, match="1 cities of region 'tiny' have GDP a person and journeys of 2019"):
        asked(one)
    early = world().with_tables({"city_facts": facts()[lambda rows: rows["year"] != 2012]})
    assert np.isfinite(asked(early, year=2019).at(city_id="a"))


def test_the_measure_answers_whether_cities_work_as_one():
    assert [each.question for each in MEASURES] == ["one"]
