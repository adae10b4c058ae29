"""Status of results: that of the worst input, and no better than modelled where a measure assumes anything."""

import itertools

import pandas as pd
import pytest

from megaregion.region.model import Region
from megaregion.study import result_cache
from megaregion.study.assumption import Assumption
from megaregion.study.input_years import input_years
from megaregion.study.measures import Figures, Measure, Words, measures
from megaregion.study.run import run
from megaregion.study.status import STATUSES, worst_status


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep results of a test to itself."""
    monkeypatch.setenv(result_cache.SETTING, str(tmp_path / "cache"))


def paper(output="confirmed", people="confirmed"):
    """One city: 600 CNY in 2021, 3 people in 2020."""
    facts = pd.DataFrame(
        [
            ("a", "gdp", 2021, "first release", 600.0, "CNY", output),
            ("a", "population_census", 2020, "final tabulation", 3.0, "person", people),
        ],
        columns=["city_id", "indicator", "year", "vintage", "value", "unit", "status"],
    )
    cities = pd.DataFrame([("a", "甲", 120.0, 30.0)], columns=["city_id", "name", "lon", "lat"])
    return Region("paper").with_table("cities", cities).with_table("city_facts", facts)


@pytest.mark.parametrize(
    ("sides", "status"),
    [
        (("confirmed", "confirmed"), "modelled"),
        (("confirmed", "unverified"), "unverified"),
        (("illustrative", "unverified"), "illustrative"),
    ],
)
def test_people_of_another_year_make_a_figure_modelled_unless_its_inputs_are_worse(sides, status):
    """600 CNY over 3 people are 200 CNY each, of a census a year older than the output."""
    result = run(paper(*sides), measures="gdp_per_person")["gdp_per_person"]
    assert result.at(city_id="a") == 200
    assert result.provenance["status"] == status
    assert result.table["status"].tolist() == [status]
    assert result.provenance["assumptions"] == [
        {"en": "people are those of a census of another year: 2020", "zh": "人口取自另一年份的普查：2020"}
    ]


def test_what_is_read_off_its_data_assumes_nothing():
    result = run(paper(), measures="gdp")["gdp"]
    assert (result.provenance["status"], result.provenance["assumptions"]) == ("confirmed", [])


def test_no_assumption_makes_a_status_better():
    """The order holds for any statuses: more inputs, or an assumption, never improve one."""
    assert STATUSES == ("confirmed", "modelled", "unverified", "illustrative")
    for held in itertools.product(("confirmed", "unverified", "illustrative", None), repeat=2):
        alone, assumed = worst_status(held), worst_status(held, modelled=True)
        assert STATUSES.index(assumed) == max(STATUSES.index(alone), STATUSES.index("modelled"))
    assert worst_status([], modelled=True) is None


@pytest.mark.parametrize("name", ["typical_time", "fastest_journey", "time_to_all", "gdp_within", "people_within"])
def test_measures_of_journeys_say_what_they_assume(name):
    settings = {"origins": "10 min", "origins_zh": "10 分钟", "walks": "3.6 km/h", "typical_departures": False}
    told = measures()[name].assumed({"by": "median"}, settings)
    assert Words("ways between centre and station: 10 min", "市中心与车站之间的路程：10 分钟") in told
    # no train of this timetable is known by the hour only
    assert not [words for words in told if words.en.startswith("trains known by the hour")]
    assert len({words.en for words in told}) == len(told)


def test_direct_trains_assume_nothing_about_journeys():
    assert measures()["fastest_train"].assumes == ()
    assert measures()["cities_within"].assumed({"by": "train"}, {"origins": "10 min"}) == ()
    assert all(words.en and words.zh for each in measures().values() for words in (a.words for a in each.assumes))


def test_an_assumption_of_a_measure_of_ones_own_reaches_the_result(monkeypatch):
    """A declaration is all that it takes."""
    guess = Assumption(words=Words("rents follow output", "租金随产出变动"))
    own = Measure(
        name="rent",
        title=Words("Rent", "租金"),
        unit="CNY",
        shape="value",
        formula=Words("a tenth of output", "产出的十分之一"),
        inputs=("city_facts",),
        needs=Words("output", "产出"),
        function=lambda region: Figures(
            table=pd.DataFrame({"value": [60.0]}), basis={"city_facts": region.table("city_facts")}
        ),
        assumes=(guess,),
    )
    monkeypatch.setattr("megaregion.study.run.measure", lambda _: own)
    result = run(paper(), measures="rent")["rent"]
    assert (result.value, result.provenance["status"]) == (60, "modelled")
    assert result.provenance["assumptions"][0]["zh"] == "租金随产出变动"
    assert "rents follow output" in result._repr_html_()


def test_years_of_inputs_are_told_apart():
    land = [
        {"table": "cities", "published": 2014},
        {"table": "cities", "published": 2011},
        {"table": "cities"},
        {"table": "reference_facts", "year": 2008, "published": 2009},
    ]
    assert input_years(land) == Words(
        "cities: published 2011-2014; area compared with: 2008", "各市：2011-2014 年发布；比较对象：2008"
    )
    share = [{"table": name, "year": 2021} for name in ("city_facts", "reference_facts")]
    assert input_years(share).en == "2021"
    assert input_years([{"table": "cities"}]) == Words("", "")
