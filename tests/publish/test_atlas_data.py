import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError, NoDataError
from megaregion.publish.atlas_data import build_atlas_data, cluster_order
from megaregion.publish.atlas_measures import place_values
from megaregion.publish.atlas_states import AtlasStudy
from megaregion.publish.plain import encode, plain, plain_matrix
from megaregion.region.model import Region
from support.made_atlas import study_of


@pytest.fixture(scope="module")
def data(region: Region, study: AtlasStudy) -> dict[str, Any]:
    return build_atlas_data(region, study, title=("Test region", "测试区"))


def values(data: dict[str, Any], state: str, measure: str, variant: str = "") -> list[Any]:
    held = next(one for one in data["measures"] if one["name"] == measure)["values"][variant]
    found: list[Any] = held[held[state]["same"]]["values"] if "same" in held[state] else held[state]["values"]
    return found


def entry(data: dict[str, Any], state: str, measure: str, origin: str, destination: str) -> object:
    ids = [city["id"] for city in data["cities"]]
    return values(data, state, measure)[ids.index(origin) * len(ids) + ids.index(destination)]


def test_entries_stand_where_their_cities_do(data: dict[str, Any], study: AtlasStudy) -> None:
    assert entry(data, "2019", "fastest_train", "330100", "310000") == 2700
    assert entry(data, "2012", "fastest_train", "310000", "330100") == round(46 * 60 * 1.2)
    assert entry(data, "2019", "direct_trains", "330100", "310000") == 163
    assert entry(data, "2019", "direct_trains", "330100", "341300") == 0
    known = study.results["typical_time", "", "2019"].at(from_id="320500", to_id="320100")
    assert entry(data, "2019", "typical_time", "320500", "320100") == round(known)
    ids = [city["id"] for city in data["cities"]]
    assert values(data, "2019", "people_within", "90")[ids.index("310000")] == 37_306_300


def test_a_state_that_equals_one_before_it_only_names_it(data: dict[str, Any]) -> None:
    held = next(one for one in data["measures"] if one["name"] == "fastest_train")["values"][""]
    assert held["plan-base"]["same"] == "2019"
    assert "values" not in held["plan-base"]
    assert held["plan-base"]["key"] == "key of fastest_train 1.0"


def test_states_say_what_they_are_compared_with(data: dict[str, Any]) -> None:
    known = {state["id"]: state for state in data["states"]}
    assert [(each, one["kind"], one["before"]) for each, one in known.items()] == [
        ("2012", "year", None),
        ("2019", "year", "2012"),
        ("plan-base", "base", None),
        ("plan", "scenario", "plan-base"),
    ]
    assert known["plan"]["label"] == {"en": "plan", "zh": "规划"}
    assert known["2012"]["feeds"][0]["last_date"] == "2012-08-31"


def test_questions_hold_their_measures_and_open_with_the_scenario(data: dict[str, Any]) -> None:
    asked = {question["id"]: question for question in data["questions"]}
    assert asked["everywhere"]["measures"] == ["fastest_train", "direct_trains", "typical_time"]
    assert asked["weight"]["words"]["zh"] == "在全国占多大比重？"
    # all that the plan changes, and only that
    assert asked["metro"]["opens"] == {"state": "plan", "compare": "difference"}
    assert asked["metro"]["measures"] == ["fastest_train", "typical_time", "people_within"]


def test_every_value_says_what_it_rests_on(data: dict[str, Any]) -> None:
    for measure in data["measures"]:
        assert measure["formula"]["en"]
        assert measure["formula"]["zh"]
        for held in measure["values"].values():
            for about in held.values():
                assert about["key"]
                assert about["inputs"] == [{"table": "feeds", "source_id": "made-up", "status": "confirmed", "rows": 1}]
    people = next(one for one in data["measures"] if one["name"] == "population")
    ids = [city["id"] for city in data["cities"]]
    assert people["values"][""]["2019"]["flags"] == {"unverified": [ids.index("320500")]}
    assert people["draw"] == "circles"
    reached = next(one for one in data["measures"] if one["name"] == "people_within")
    assert (reached["draw"], reached["default"], reached["choice"]["values"]) == ("city", "90", [60, 90, 120])
    hub = next(one for one in data["measures"] if one["name"] == "cities_within")
    assert hub["values"][""]["2019"]["details"] == {"hours": 2.0, "hub": "310000"}


def test_what_is_missing_says_what_would_bring_it(region: Region, study: AtlasStudy) -> None:
    problem = NoDataError("none.", "无。", needs=("Bring it.", "请导入。"))
    data = build_atlas_data(region, replace(study, missing={"gdp_share": problem}))
    absent = next(one for one in data["measures"] if one["name"] == "gdp_share")
    assert absent["values"] == {}
    assert (absent["needs"]["en"], absent["needs"]["zh"]) == ("Bring it.", "请导入。")
    assert "gdp_share" in next(one for one in data["questions"] if one["id"] == "weight")["measures"]


def test_none_unreachable_and_unknown_are_three_things(region: Region, study: AtlasStudy, data: dict[str, Any]) -> None:
    assert entry(data, "2019", "typical_time", "330100", "330900") == "inf"
    assert entry(data, "2019", "fastest_train", "330100", "341300") == "inf"
    assert entry(data, "2019", "typical_time", "330100", "330100") is None
    more = region.with_table(
        "cities",
        pd.concat(
            [region.table("cities"), pd.DataFrame({"city_id": ["999999"], "name": ["新"], "lon": [119], "lat": [31]})]
        ),
    )
    grown = build_atlas_data(more, study)
    assert entry(grown, "2019", "typical_time", "330100", "999999") is None
    assert entry(grown, "2019", "direct_trains", "999999", "330100") is None
    assert entry(grown, "2019", "direct_trains", "330100", "310000") == 163


def test_population_is_that_of_the_latest_census(data: dict[str, Any]) -> None:
    people = {city["id"]: (city["population"], city["population_year"]) for city in data["cities"]}
    assert people["310000"] == (24_870_895, 2020)
    assert people["330900"] == (None, None)


def test_headline_is_the_busiest_pair_unless_given(region: Region, study: AtlasStudy, data: dict[str, Any]) -> None:
    ids = [city["id"] for city in data["cities"]]
    assert [ids[at] for at in data["headline"]] == ["330100", "310000"]
    given = build_atlas_data(region, study, headline=("320100", "341300"))
    assert [ids[at] for at in given["headline"]] == ["320100", "341300"]


def test_order_holds_every_city_once_and_neighbours_together(data: dict[str, Any]) -> None:
    assert sorted(data["order"]) == list(range(6))
    place = np.array([0.0, 10.0, 1.0, 11.0, 2.0, 50.0])
    order = cluster_order(np.abs(place[:, None] - place))
    assert order in ([0, 2, 4, 1, 3, 5], [4, 2, 0, 1, 3, 5])


def test_order_of_few_or_unreachable_cities() -> None:
    assert cluster_order(np.zeros((0, 0))) == []
    assert cluster_order(np.zeros((2, 2))) == [0, 1]
    assert sorted(cluster_order(np.full((4, 4), np.inf))) == [0, 1, 2, 3]
    assert sorted(cluster_order(np.full((4, 4), np.nan))) == [0, 1, 2, 3]


def test_one_year_has_no_change_of_lines(region: Region) -> None:
    data = build_atlas_data(region, study_of(region, 2019))
    assert [state["id"] for state in data["states"]] == ["2019"]
    assert data["states"][0]["line_change"] == []


def test_lines_and_their_change_join_stations(data: dict[str, Any]) -> None:
    name = [station[0] for station in data["stations"]]
    changed = data["states"][1]["line_change"]
    change = {frozenset((name[a], name[b])): (before, after) for a, b, _, before, after in changed}
    assert change[frozenset(("上海", "苏州"))] == (100, 224)
    assert change[frozenset(("南京", "宿州"))] == (0, 24)
    assert all(station[4] is not None for station in data["stations"])
    assert {line[2] for line in data["states"][1]["lines"]} == {1}


def test_credit_goes_to_what_is_drawn(data: dict[str, Any]) -> None:
    # the yearbook gave names and areas, which the map does not draw
    assert data["drawn_from"] == ["gazetteer", "made-up"]


def test_the_same_region_gives_the_same_bytes(region: Region, study: AtlasStudy) -> None:
    shuffled = region.with_tables({name: frame.sample(frac=1, random_state=3) for name, frame in region.tables.items()})
    once, again = (encode(build_atlas_data(one, study)) for one in (region, shuffled))
    assert once == again


def test_json_is_safe_inside_a_script_and_small(data: dict[str, Any]) -> None:
    text = encode(data)
    assert text.isascii()
    assert "<" not in text
    assert json.loads(text)["sources"]["made-up"]["title"] == "Made up for tests </script><b>"
    assert len(text) < 40_000


def test_plain_values() -> None:
    assert plain({"a": (np.float32(1.5), np.int32(2), {3}), "b": np.inf, "c": np.nan}) == {
        "a": [1.5, 2, [3]],
        "b": "inf",
        "c": None,
    }
    assert plain_matrix(np.array([[np.nan, np.inf], [12.34, 2700.4]])) == [None, "inf", 12.3, 2700]


def test_values_of_places_that_are_no_cities_are_left_out(study: AtlasStudy) -> None:
    found = place_values(study.results["typical_time", "", "2019"], ["310000", "nowhere"])
    assert found.shape == (2, 2)
    assert np.isnan(found).all()
    people = place_values(study.results["population", "", "2019"], ["nowhere", "310000"])
    assert np.isnan(people[0])
    assert people[1] == 24_870_895


def test_what_cannot_be_shown_is_refused(region: Region, study: AtlasStudy) -> None:
    empty = region.with_table("cities", region.table("cities").iloc[:0])
    with pytest.raises(InputError, match=r"table 'cities' has no rows.*megaregion import table cities"):
        build_atlas_data(empty, study)
    with pytest.raises(InputError, match=r"headline city '1' is not in table 'cities'; give a city_id"):
        build_atlas_data(region, study, headline=("330100", "1"))


def test_detailed_outlines_are_thinned_and_still_fit_together(region: Region, study: AtlasStudy) -> None:
    wave = np.linspace(30, 32, 20_000)
    border = np.column_stack([120 + 0.1 * np.sin(wave * 40), wave])
    west = shapely.Polygon([(119, 30), *border, (119, 32)])
    east = shapely.Polygon([(121, 32), *border[::-1], (121, 30)])
    outlines = pd.DataFrame(
        {"city_id": ["330100", "310000"], "kind": "official", "geometry": shapely.to_wkb([west, east])}
    )
    data = build_atlas_data(region.with_table("boundaries", outlines), study)
    shapes = shapely.from_geojson([json.dumps(cell["geometry"]) for cell in data["cells"]])
    assert shapely.get_num_coordinates(shapes).sum() < 5_000
    assert shapely.coverage_is_valid(shapes)
    assert {cell["kind"] for cell in data["cells"]} == {"official"}


def test_real_boundaries_make_a_small_page(region: Region, study: AtlasStudy, shared_data: Path) -> None:
    file = json.loads((shared_data / "cities" / "yrd_city_boundaries.geojson").read_text(encoding="utf-8"))
    ids = [str(feature["properties"]["adcode"]) for feature in file["features"]]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in file["features"]])
    outlines = pd.DataFrame({"city_id": ids, "kind": "user", "geometry": shapely.to_wkb(shapes)})
    data = build_atlas_data(region.with_table("boundaries", outlines), study)
    assert len(data["cells"]) == 6
    assert len(encode(data)) < 300_000
