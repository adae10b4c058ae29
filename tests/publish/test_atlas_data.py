import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError
from megaregion.publish.atlas_data import YearResult, build_atlas_data, cluster_order, read_matrices
from megaregion.publish.plain import encode, plain, plain_matrix
from megaregion.region.model import Region


@pytest.fixture(scope="module")
def data(region: Region, results: dict[int, YearResult]) -> dict[str, Any]:
    return build_atlas_data(region, results, title=("Test region", "测试区"))


def entry(data: dict[str, Any], year: int, matrix: str, origin: str, destination: str) -> object:
    ids = [city["id"] for city in data["cities"]]
    return data["by_year"][str(year)]["matrices"][matrix][ids.index(origin) * len(ids) + ids.index(destination)]


def test_entries_stand_where_their_cities_do(data: dict[str, Any], results: dict[int, YearResult]) -> None:
    assert entry(data, 2019, "fastest_train", "330100", "310000") == 2700
    assert entry(data, 2012, "fastest_train", "310000", "330100") == round(46 * 60 * 1.2)
    assert entry(data, 2019, "trains", "330100", "310000") == 163
    assert entry(data, 2019, "trains", "330100", "341300") == 0
    times = results[2019].times
    row, column = times.origin_ids.index("320500"), times.destination_ids.index("320100")
    assert entry(data, 2019, "typical", "320500", "320100") == round(float(times.travel_time_s[1, row, column]))
    assert entry(data, 2019, "p95", "320500", "320100") == round(float(times.travel_time_s[2, row, column]))


def test_none_unreachable_and_unknown_are_three_things(
    region: Region, results: dict[int, YearResult], data: dict[str, Any]
) -> None:
    assert entry(data, 2019, "typical", "330100", "330900") == "inf"
    assert entry(data, 2019, "fastest_train", "330100", "341300") == "inf"
    assert entry(data, 2019, "typical", "330100", "330100") is None
    more = region.with_table(
        "cities",
        pd.concat(
            [region.table("cities"), pd.DataFrame({"city_id": ["999999"], "name": ["新"], "lon": [119], "lat": [31]})]
        ),
    )
    grown = build_atlas_data(more, results)
    assert entry(grown, 2019, "typical", "330100", "999999") is None
    assert entry(grown, 2019, "trains", "999999", "330100") is None
    assert entry(grown, 2019, "trains", "330100", "310000") == 163


def test_population_is_that_of_the_latest_census(data: dict[str, Any]) -> None:
    people = {city["id"]: (city["population"], city["population_year"]) for city in data["cities"]}
    assert people["310000"] == (24_870_895, 2020)
    assert people["330900"] == (None, None)


def test_headline_is_the_busiest_pair_unless_given(
    region: Region, results: dict[int, YearResult], data: dict[str, Any]
) -> None:
    ids = [city["id"] for city in data["cities"]]
    assert [ids[at] for at in data["headline"]] == ["330100", "310000"]
    given = build_atlas_data(region, results, headline=("320100", "341300"))
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


def test_one_year_has_no_change_of_lines(region: Region, results: dict[int, YearResult]) -> None:
    data = build_atlas_data(region, {2019: results[2019]})
    assert data["years"] == [2019]
    assert data["line_change"] == []


def test_lines_and_their_change_join_stations(data: dict[str, Any]) -> None:
    name = [station[0] for station in data["stations"]]
    change = {frozenset((name[a], name[b])): (before, after) for a, b, _, before, after in data["line_change"]}
    assert change[frozenset(("上海", "苏州"))] == (100, 224)
    assert change[frozenset(("南京", "宿州"))] == (0, 24)
    assert all(station[4] is not None for station in data["stations"])


def test_credit_goes_to_what_is_drawn(data: dict[str, Any]) -> None:
    # the yearbook gave names and areas, which the map does not draw
    assert data["drawn_from"] == ["gazetteer", "made-up"]


def test_the_same_region_gives_the_same_bytes(region: Region, results: dict[int, YearResult]) -> None:
    shuffled = region.with_tables({name: frame.sample(frac=1, random_state=3) for name, frame in region.tables.items()})
    once, again = (encode(build_atlas_data(one, results)) for one in (region, shuffled))
    assert once == again


def test_json_is_safe_inside_a_script_and_small(data: dict[str, Any]) -> None:
    text = encode(data)
    assert text.isascii()
    assert "<" not in text
    assert json.loads(text)["sources"]["made-up"]["title"] == "Made up for tests </script><b>"
    assert len(text) < 20_000


def test_plain_values() -> None:
    assert plain({"a": (np.float32(1.5), np.int32(2), {3}), "b": np.inf, "c": np.nan}) == {
        "a": [1.5, 2, [3]],
        "b": "inf",
        "c": None,
    }
    assert plain_matrix(np.array([[np.nan, np.inf], [12.34, 2700.4]])) == [None, "inf", 12.3, 2700]


def test_matrices_refuse_nothing_they_can_place(results: dict[int, YearResult]) -> None:
    found = read_matrices(["310000", "nowhere"], results[2019])
    assert np.isnan(found["typical"]).all()
    assert found["trains"].shape == (2, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cities": True}, ["table 'cities' has no rows", "megaregion import table cities"]),
        ({"years": True}, ["no timetable year"]),
        ({"percentiles": (5.0, 95.0)}, ["year 2019", "[5.0, 95.0]", "expected 50", "percentiles=(5, 50, 95)"]),
        ({"origin_ids": ("a", "b", "c", "d", "e", "f")}, ["year 2019", "a, b, c", "310000"]),
        ({"direct": True}, ["year 2019", "no column 'median_s'"]),
        ({"headline": ("330100", "1")}, ["headline city '1'", "city_id"]),
    ],
)
def test_what_cannot_be_shown_is_refused(
    region: Region, results: dict[int, YearResult], change: dict[str, Any], words: list[str]
) -> None:
    year = results[2019]
    given = {"percentiles", "origin_ids"} & set(change)
    if given:
        year = YearResult(dataclasses.replace(year.times, **{name: change[name] for name in given}), year.direct)
    if "direct" in change:
        year = YearResult(year.times, year.direct.drop(columns="median_s"))
    if "cities" in change:
        region = region.with_table("cities", region.table("cities").iloc[:0])
    with pytest.raises(InputError) as caught:
        build_atlas_data(region, {} if "years" in change else {2019: year}, headline=change.get("headline"))
    for word in words:
        assert word in str(caught.value)


def test_detailed_outlines_are_thinned_and_still_fit_together(region: Region, results: dict[int, YearResult]) -> None:
    wave = np.linspace(30, 32, 20_000)
    border = np.column_stack([120 + 0.1 * np.sin(wave * 40), wave])
    west = shapely.Polygon([(119, 30), *border, (119, 32)])
    east = shapely.Polygon([(121, 32), *border[::-1], (121, 30)])
    outlines = pd.DataFrame(
        {"city_id": ["330100", "310000"], "kind": "official", "geometry": shapely.to_wkb([west, east])}
    )
    data = build_atlas_data(region.with_table("boundaries", outlines), results)
    shapes = shapely.from_geojson([json.dumps(cell["geometry"]) for cell in data["cells"]])
    assert shapely.get_num_coordinates(shapes).sum() < 5_000
    assert shapely.coverage_is_valid(shapes)
    assert {cell["kind"] for cell in data["cells"]} == {"official"}


def test_real_boundaries_make_a_small_page(region: Region, results: dict[int, YearResult], shared_data: Path) -> None:
    file = json.loads((shared_data / "cities" / "yrd_city_boundaries.geojson").read_text(encoding="utf-8"))
    ids = [str(feature["properties"]["adcode"]) for feature in file["features"]]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in file["features"]])
    outlines = pd.DataFrame({"city_id": ids, "kind": "user", "geometry": shapely.to_wkb(shapes)})
    data = build_atlas_data(region.with_table("boundaries", outlines), results)
    assert len(data["cells"]) == 6
    assert len(encode(data)) < 300_000
