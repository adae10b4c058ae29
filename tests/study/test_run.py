import math
import pickle

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError, NoDataError
from megaregion.region.store import Store
from megaregion.study import result_cache
from megaregion.study.measures import UNITS, Figures, Measure, Words, measure, measures
from megaregion.study.questions import QUESTIONS, questions
from megaregion.study.regions import example
from megaregion.study.run import run


@pytest.fixture(scope="module")
def yrd():
    return example("yrd")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep results of a test to itself."""
    monkeypatch.setenv(result_cache.SETTING, str(tmp_path / "cache"))


def paper(gdp=(60.0, 40.0), whole=400.0):
    """Two cities on paper and the country around them."""
    cities = pd.DataFrame(
        {
            "city_id": ["a", "b"],
            "name": ["甲", "乙"],
            "lon": [0.0, 1.0],
            "lat": [0.0, 0.0],
            "land_area_km2": [30.0, 10.0],
        }
    )
    facts = pd.DataFrame({"city_id": ["a", "b"], "indicator": "gdp", "year": 2021, "value": gdp, "unit": "CNY"})
    country = pd.DataFrame(
        {
            "area_id": ["CHN", "CHN"],
            "indicator": ["gdp", "land_area"],
            "year": [2021, 2008],
            "value": [whole, 800.0],
            "unit": ["CNY", "km2"],
        }
    )
    return mr.Region("paper").with_tables({"cities": cities, "city_facts": facts, "reference_facts": country})


def test_every_declaration_is_whole():
    for each in measures().values():
        assert each.unit in UNITS
        assert all(words.en and words.zh for words in (each.title, each.formula, each.needs))
        for column in each.columns.values():
            assert column.title.en
            assert column.title.zh
            assert column.unit in {"", *UNITS}
        assert each.question in {"", *(question.id for question in QUESTIONS)}
        # what is of the year that most cities have figures of takes a year, and is not shown year by year
        assert "year" in {parameter.name for parameter in each.parameters} or not each.by_year
    assert [question.id for question in questions()] == [q.id for q in QUESTIONS if q.measures]


def test_shares_worked_by_hand():
    results = run(paper(), measures=["gdp_share", "land_share"])
    assert results["gdp_share"].value == pytest.approx(0.25)
    assert results["land_share"].value == pytest.approx(0.05)
    assert results["gdp_share"].provenance["status"] == "unverified"


def test_what_is_missing_is_said_with_what_would_bring_it():
    results = run(paper())
    assert set(results) == {"city_count", "gdp", "gdp_share", "land_share"}
    assert "fastest_train" in results.missing
    with pytest.raises(NoDataError, match=r"no timetable; it has none\. Bring one: megaregion import"):
        run(paper(), measures=["fastest_train"])
    with pytest.raises(NoDataError, match="has no timetable of 2010; it has those of 2012, 2019"):
        run(example("yrd"), measures=["fastest_train"], parameters={"year": 2010})
    with pytest.raises(NoDataError):
        results["fastest_train"]


def test_a_table_has_its_keys_and_each_pair_once(yrd):
    results = run(yrd)
    # without a scenario there is nothing that it changes; three sectors are too few for complexity
    changes = {name for name, each in measures().items() if each.change}
    assert set(results.missing) == {*changes, "economic_complexity"}
    cities = set(yrd.table("cities")["city_id"])
    for result in results.values():
        table, keys = result.table, list(result.measure.keys)
        assert list(table.columns[: len(keys)]) == keys or not keys
        assert table["value"].dtype == np.float64
        assert set(table.columns) == {*keys, "value", *result.measure.columns}
        if keys:
            assert not table.duplicated(keys).any()
            assert set(table[keys[0]]) == cities
        else:
            assert len(table) == 1


def test_known_figures_of_the_delta(yrd):
    trains = run(yrd, measures=["fastest_train"], parameters={"year": 2019})["fastest_train"]
    assert trains.at(from_id="330100", to_id="310000") == 45 * 60
    asked = {"origin": "杭州 杭州东 杭州南", "destination": "上海 上海虹桥 上海南", "year": 2012}
    assert run(yrd, measures="train_time", parameters=asked)["train_time"].value == 49 * 60
    slowest = run(yrd, measures="train_time", parameters={**asked, "statistic": "slowest"})["train_time"]
    assert slowest.value == (3 * 60 + 32) * 60
    assert slowest.table["number"].tolist() == ["K752/K753"]
    asked = {"number": "G7568", "first": "温州南", "last": "南京南", "year": 2019}
    assert run(yrd, measures="train_runs", parameters=asked)["train_runs"].value == 1
    assert run(yrd, measures="train_runs", parameters=asked | {"last": "上海"})["train_runs"].value == 0


@pytest.mark.parametrize(
    ("name", "column", "years"),
    [("gdp_within", "gdp_year", {2012: 2021, 2019: 2021}), ("people_within", "census", {2012: 2010, 2019: 2020})],
)
def test_what_is_within_reach_says_of_which_year_it_is(yrd, name, column, years):
    """GDP of every city of the delta is known of 2021 alone, and two censuses are."""
    facts = yrd.table("city_facts")
    for year, taken in years.items():
        result = run(yrd, measures=[name], parameters={"year": year})[name]
        assert result.provenance["settings"][column] == result.table[column].unique().item()
        inputs = [entry for entry in result.provenance["inputs"] if entry["table"] == "city_facts"]
        assert {entry["year"] for entry in inputs} == set(result.table[column]) == {taken}
        # each city counts once, with the figure that was taken
        indicator = {"gdp_within": "gdp", "people_within": "population_census"}[name]
        held = facts[(facts["indicator"] == indicator) & (facts["year"] == taken)]
        assert sum(entry["rows"] for entry in inputs) == held["city_id"].nunique()


@pytest.mark.parametrize("name", ["gdp_within", "people_within"])
def test_what_is_within_reach_counts_the_cities_within_the_cut_off(yrd, name):
    trains = run(yrd, measures=["fastest_train"], parameters={"year": 2019})["fastest_train"].table
    for minutes in (60, 120):
        found = run(yrd, measures=[name], parameters={"year": 2019, "minutes": minutes})[name].table
        near = trains[trains["value"] <= minutes * 60].groupby("from_id").size()
        # and the city itself
        expected = found["city_id"].map(near).fillna(0) + 1
        assert found["cities"].tolist() == expected.tolist()
        assert "cities_reached" not in found


def test_no_direct_train_is_not_a_station_that_is_not_known(yrd):
    def asked(origin, destination):
        parameters = {"origin": origin, "destination": destination, "year": 2019}
        return run(yrd, measures="train_time", parameters=parameters)["train_time"]

    direct = run(yrd, measures="fastest_train", parameters={"year": 2019})["fastest_train"].table
    assert asked("杭州东", "上海虹桥").value == 45 * 60
    # some pair of cities has no direct train, so no pair of their stations has
    pair = direct[np.isinf(direct["value"]) & ~direct["from_id"].eq("330900") & ~direct["to_id"].eq("330900")].iloc[0]
    stops = yrd.table("stops")
    calls = set(yrd.table("stop_times")["stop_id"])
    known = stops[stops["stop_id"].isin(calls) & stops["stop_id"].str.len().gt(0)]
    ends = [known.loc[known["city_id"] == pair[end], "name"].iloc[0] for end in ("from_id", "to_id")]
    with pytest.raises(NoDataError, match="no train of the timetable of 2019 calls at 'Atlantis'") as caught:
        asked("Atlantis", "上海虹桥")
    assert caught.value.what[1] == "2019 年的时刻表中没有列车停靠 'Atlantis'。"
    assert asked(*ends).value == math.inf


def test_a_number_is_missing_only_where_all_trains_have_one(yrd):
    trips = yrd.table("trips")
    numbered = yrd.with_table("trips", trips.assign(number=[f"X{row}" for row in range(len(trips))]))
    some = yrd.with_table("trips", trips.assign(number=["X1", *trips["number"].iloc[1:]]))

    def runs(region, number):
        return run(region, measures="train_runs", parameters={"number": number, "year": 2019})["train_runs"]

    assert runs(numbered, "Y1").value == 0
    assert runs(numbered, f"X{len(trips) - 1}").value == 1
    with pytest.raises(NoDataError, match="does not hold all trains by their numbers, and none is known as Y1"):
        runs(some, "Y1")
    # one that is known singly and stands in the timetable as well is one train, and rests on both
    ride = yrd.table("known_rides").iloc[0]
    calls = numbered.table("stop_times")
    last = calls[calls["trip_id"] == trips["trip_id"].iloc[-1]].sort_values("stop_sequence")
    names = numbered.table("stops").set_index("stop_id")["name"]
    rides = (
        yrd.table("known_rides")
        .iloc[[0]]
        .assign(
            number=f"X{len(trips) - 1}",
            from_stop=names[last["stop_id"].iloc[0]],
            to_stop=names[last["stop_id"].iloc[-1]],
        )
    )
    both = runs(numbered.with_table("known_rides", rides), f"X{len(trips) - 1}")
    assert ride["year"] == 2019
    assert both.value == 1
    assert {entry["table"] for entry in both.provenance["inputs"]} == {"known_rides", "feeds"}


def test_new_metro_rests_on_states_as_well_as_lengths(yrd):
    """Which lines are new is as well known as their states: one that has not been checked counts."""
    result = run(yrd, measures="new_metro_km")["new_metro_km"]
    lines = yrd.table("metro_lines").set_index("line_id")["status"]
    inputs = [entry for entry in result.provenance["inputs"] if entry["table"] == "metro_lines"]
    assert sum(entry["rows"] for entry in inputs) == result.table["lines"].iloc[0]
    assert {entry["status"] for entry in inputs} == {"confirmed", "unverified"} <= set(lines)
    assert result.provenance["status"] == "unverified"


def test_the_hub_by_default_rests_on_the_people_of_all(yrd):
    def tables(**asked):
        result = run(yrd, measures="cities_within", parameters={"year": 2019, **asked})["cities_within"]
        return {entry["table"] for entry in result.provenance["inputs"]}

    assert tables() == {"feeds", "city_facts"}
    assert tables(hub="上海") == {"feeds"}


def test_a_part_of_a_city_is_reached_with_the_whole_of_it(yrd):
    def time_s(cities):
        asked = {"year": 2019, "cities": cities}
        return run(yrd, measures="time_for_cities", parameters=asked)["time_for_cities"].value

    assert time_s(1) == 0
    assert time_s(8) < time_s(8.5) == time_s(9)
    assert time_s(42) == math.inf


def test_one_value_has_one_key_however_it_is_written(yrd):
    keys = {
        run(yrd, measures="cities_within", parameters={"year": year, "hours": hours})["cities_within"].provenance["key"]
        for year, hours in ((2019, 2), ("2019", 2.0), (2019.0, "2"))
    }
    assert len(keys) == 1


def test_what_is_missing_goes_from_process_to_process():
    problem = NoDataError("None.", "无。", needs=("Bring it.", "请导入。"))
    there = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own bytes
    assert (str(there), there.what, there.needs) == ("None. Bring it.", ("None.", "无。"), ("Bring it.", "请导入。"))


def test_single_rides_are_those_of_the_timetables(yrd, shared_data):
    files = {2012: "timetable_2012.csv.gz", 2019: "timetable_2019-10.csv.gz"}
    for ride in yrd.table("known_rides").itertuples():
        source = pd.read_csv(shared_data / "rail" / files[ride.year])
        calls = source[source["train"] == ride.number].sort_values("seq")
        first, last = (calls[calls["station"] == stop].iloc[0] for stop in (ride.from_stop, ride.to_stop))
        clock = [pd.to_timedelta(f"{text}:00").total_seconds() for text in (first["dep"], last["arr"])]
        assert clock == [ride.departure_s, ride.arrival_s]
        ends = (calls["station"].iloc[0], calls["station"].iloc[-1]) == (ride.from_stop, ride.to_stop)
        assert ends == ride.whole_run


def test_a_repeat_is_read_and_a_change_is_not(tmp_path):
    store = Store.create(tmp_path / "paper", name="paper")
    store.commit(lambda _: mr.Region("paper", paper().tables), message="first")
    calls = []
    original = measure("gdp_share").function

    def counted(region, **parameters):
        calls.append(parameters)
        return original(region, **parameters)

    object.__setattr__(measure("gdp_share"), "function", counted)
    try:
        first = run(mr.open(tmp_path / "paper"), measures=["gdp_share"])["gdp_share"]
        again = run(mr.open(tmp_path / "paper"), measures=["gdp_share"])["gdp_share"]
        assert len(calls) == 1
        pd.testing.assert_frame_equal(first.table, again.table)
        assert first.provenance == again.provenance
        run(mr.open(tmp_path / "paper"), measures=["gdp_share"], parameters={"year": 2021})
        assert len(calls) == 2
        store.commit(lambda _: mr.Region("paper", paper(whole=500.0).tables), message="revised")
        assert run(mr.open(tmp_path / "paper"), measures=["gdp_share"])["gdp_share"].value == pytest.approx(0.2)
        assert len(calls) == 3
    finally:
        object.__setattr__(measure("gdp_share"), "function", original)


def test_a_damaged_or_closed_cache_costs_time_only(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    first = run(paper(), measures=["gdp_share"])["gdp_share"]
    for file in (folder / "objects").rglob("*.parquet"):
        file.chmod(0o644)
        file.write_bytes(b"damaged")
    assert run(paper(), measures=["gdp_share"])["gdp_share"].value == first.value
    monkeypatch.setenv(result_cache.SETTING, "off")
    assert result_cache.store_of(paper()) is None
    assert run(paper(), measures=["gdp_share"])["gdp_share"].value == first.value


@pytest.mark.parametrize(
    ("names", "parameters", "message"),
    [
        (["gdp_shar"], {}, r"no measure 'gdp_shar'; `megaregion measures` lists them\. Did you mean 'gdp_share'\?"),
        (["gdp_share"], {"yaer": 2021}, "no measure asked for has a parameter 'yaer'"),
        (["gdp_share"], {"year": "soon"}, "measure 'gdp_share': parameter 'year' is 'soon'; expected a year"),
        (["gdp_share"], {"year": True}, "parameter 'year' is True"),
        (["gdp_share"], {"area": 7}, "parameter 'area' is 7; expected text"),
        (["cities_within"], {"hours": float("inf")}, "parameter 'hours' is inf; expected a number"),
        (["cities_within"], {"by": "air"}, "parameter 'by' is 'air'; expected train, fastest, median"),
        (["cities_within"], {"hub": "Atlantis"}, "no city 'Atlantis'"),
        (["train_runs"], {}, "cannot be asked without parameter 'number'"),
    ],
)
def test_what_cannot_be_asked_is_said(yrd, names, parameters, message):
    with pytest.raises(InputError, match=message):
        run(yrd, measures=names, parameters=parameters)


def test_rows_are_named_by_their_keys(yrd):
    result = run(yrd, measures=["gdp"])["gdp"]
    with pytest.raises(InputError, match=r"has a value for each city; use `\.table`"):
        _ = result.value
    with pytest.raises(InputError, match="a row is named by city_id; found from_id"):
        result.at(from_id="310000")
    with pytest.raises(InputError, match="has no row with"):
        result.at(city_id="nowhere")


def test_a_scenario_is_measured_on_what_it_changes(yrd):
    base = run(yrd, measures=["direct_trains"])["direct_trains"]
    routes = sorted(yrd.table("routes").loc[yrd.table("routes")["feed_id"] == "rail-2019", "route_id"])
    fewer = mr.Scenario("fewer").remove_line(route_ids=tuple(routes[:1]))
    changed = run(yrd, fewer, measures=["direct_trains"])["direct_trains"]
    assert changed.provenance["scenario"] == "fewer"
    assert changed.provenance["content"] != base.provenance["content"]
    assert changed.table["value"].sum() < base.table["value"].sum()


def test_a_measure_of_ones_own_needs_one_declaration():
    def area(region):
        cities = region.table("cities")
        return Figures(table=cities[["city_id"]].assign(value=cities["land_area_km2"]), basis={"cities": cities})

    words = Words("Land", "土地")
    own = Measure(
        name="land",
        title=words,
        unit="km2",
        shape="city",
        formula=words,
        inputs=("cities",),
        needs=words,
        function=area,
    )
    assert own.keys == ("city_id",)
    assert own.function(paper()).table["value"].tolist() == [30.0, 10.0]
