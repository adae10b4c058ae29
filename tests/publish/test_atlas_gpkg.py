"""The GeoPackage of the atlas: what is in it, read by GDAL and SQLite, and that it is the same each time."""

import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from itertools import pairwise

import numpy as np
import pyogrio
import pytest

from megaregion.publish.atlas_gpkg import build_geopackage
from megaregion.publish.atlas_gpkg_style import class_bounds, graduated_areas, graduated_lines

SQUARE = {"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 31], [120, 30]]]}


def words(text):
    return {"en": text, "zh": f"{text}（中）"}


def province(name):
    return {"province": name, "province_en": name}


def made(**change):
    """What the page shows of two cities; made up."""
    held = {
        "": {
            "2012": {"values": [60, "inf"], "status": "confirmed", "inputs": [{"source_id": "s"}]},
            "2019": {"same": "2012", "status": "unverified", "inputs": [{"source_id": "gone"}, {}]},
        }
    }
    people = {"60": {"always": {"values": [5e6, None], "status": "confirmed", "inputs": []}}}
    measure = {"title": words("Time"), "formula": words("f"), "shape": "city", "unit": "s", "name": "time_to_all"}
    return {
        "title": {"en": "Test", "zh": "测试"},
        "region": {"name": "test", "version": "1"},
        "software": "megaregion 0.1.0",
        "illustrative": True,
        "cities": [
            {
                "id": "1",
                "name": "甲市",
                "name_en": "Alpha",
                "province": "东",
                "province_en": "E",
                "lon": 120,
                "lat": 30,
            },
            {
                "id": "2",
                "name": "乙市",
                "name_en": "Beta",
                "province": None,
                "province_en": None,
                "lon": 121,
                "lat": 31,
            },
        ],
        "cells": [{"city": 1, "kind": "nearest_centre", "geometry": SQUARE}],
        "stations": [["甲南", "Alpha South", 120.1, 30.1, 0], ["外", None, 122.0, 32.0, None]],
        "states": [
            {"id": "2012", "label": words("2012"), "lines": [[0, 1, 1, 12.5]]},
            {"id": "2019", "label": words("2019"), "lines": []},
            {"id": "new-line", "label": words("new"), "lines": [[0, 1, 2, 100], [1, 0, 0, 4]]},
        ],
        "measures": [
            {**measure, "values": held},
            {**measure, "name": "people_within", "unit": "person", "values": people},
            {**measure, "name": "pairs", "shape": "pair", "values": {"": {"2012": {"values": [1]}}}},
        ],
        "sources": {"s": {"title": "A yearbook"}},
        **change,
    }


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("gpkg") / "atlas.gpkg"
    target.write_bytes(build_geopackage(made()))
    return target


def test_layers(path):
    assert {name for name, _ in pyogrio.list_layers(path)} == {
        *("city_areas", "city_centres", "stations", "lines_2012", "lines_new_line"),
        *("measures", "about", "layer_styles"),
    }
    assert pyogrio.read_info(path, layer="city_areas")["crs"] == "EPSG:4326"


def test_cities_with_their_measures(path):
    centres = pyogrio.read_dataframe(path, layer="city_centres").set_index("city_id")
    assert centres.loc["1", "name"] == "甲市"
    assert centres["time_to_all_2012"].tolist()[0] == 60
    # neither unreachable nor unknown is a number
    assert np.isnan(centres.loc["2", "time_to_all_2012"])
    assert np.isnan(centres.loc["2", "people_within_60"])
    assert centres["time_to_all_2019"].tolist()[0] == 60
    assert (centres.geometry.x.tolist(), centres.geometry.y.tolist()) == ([120, 121], [30, 31])
    areas = pyogrio.read_dataframe(path, layer="city_areas")
    assert areas["city_id"].tolist() == ["2"]
    assert areas["outline"].tolist() == ["nearest_centre"]
    assert areas.geometry.iloc[0].area == 1.0


def test_stations_and_lines(path):
    stations = pyogrio.read_dataframe(path, layer="stations")
    assert stations["city_id"].tolist()[0] == "1"
    assert stations["city_id"].isna().tolist() == [False, True]
    lines = pyogrio.read_dataframe(path, layer="lines_new_line")
    assert lines["kind"].tolist() == ["metro", "other"]
    assert lines["trains"].tolist() == [100, 4]
    assert list(lines.geometry.iloc[0].coords) == [(120.1, 30.1), (122.0, 32.0)]


def test_every_column_says_what_it_is(path):
    table = pyogrio.read_dataframe(path, layer="measures").set_index("column")
    assert list(table.index) == ["time_to_all_2012", "time_to_all_2019", "people_within_60"]
    assert table.loc["time_to_all_2012", "sources"] == "A yearbook"
    assert table.loc["time_to_all_2019", "sources"] == "gone"
    assert table.loc["time_to_all_2019", "status"] == "unverified"
    assert table.loc["people_within_60", "choice"] == "60"
    about = pyogrio.read_dataframe(path, layer="about").set_index("key")["value"]
    assert about["illustrative"] == "yes"
    assert about["version"] == "1"


def test_styles(path):
    with closing(sqlite3.connect(path)) as store:
        rows = store.execute(
            "SELECT f_table_name, styleName, useAsDefault, f_geometry_column, styleQML FROM layer_styles"
        ).fetchall()
        geometry = dict(store.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = {(layer, style): default for layer, style, default, *_ in rows}
    # one default a layer, none for a column without a number
    assert found == {
        ("city_areas", "time_to_all_2012"): 1,
        ("city_centres", "time_to_all_2012"): 1,
        ("city_areas", "time_to_all_2019"): 0,
        ("city_centres", "time_to_all_2019"): 0,
        ("city_areas", "people_within_60"): 0,
        ("city_centres", "people_within_60"): 0,
        ("lines_2012", "trains"): 1,
        ("lines_new_line", "trains"): 1,
    }
    for layer, style, _, column, qml in rows:
        assert geometry[layer] == column
        renderer = ET.fromstring(qml).find("renderer-v2")  # noqa: S314 - our own text
        assert renderer.get("attr") == f'"{style}"'
        symbols = {symbol.get("name") for symbol in renderer.find("symbols")}
        assert {each.get("symbol") for each in renderer.find("ranges")} == symbols


def test_dark_is_near_and_dark_is_many():
    def colours(dark_is_low):
        found = ET.fromstring(graduated_areas("x", [1.0, 2.0, 3.0, 4.0, 5.0], dark_is_low))  # noqa: S314
        return [option.get("value") for option in found.iter("Option") if option.get("name") == "color"]

    assert colours(dark_is_low=True)[0] == "0,32,81,255"
    assert colours(dark_is_low=False) == colours(dark_is_low=True)[::-1]
    widths = [
        float(option.get("value"))
        for option in ET.fromstring(graduated_lines("trains", list(range(100)))).iter("Option")  # noqa: S314
        if option.get("name") == "line_width"
    ]
    assert len(widths) == 5
    assert widths == sorted(widths)


def test_a_layer_opens_with_what_most_cities_have(tmp_path):
    """A city without a value is not drawn at all by QGIS."""
    data = made()
    held = data["measures"][0]["values"][""]
    assumed = [{"en": "by rule", "zh": "按规则"}, {"en": "at a pace", "zh": "按步速"}]
    held["2019"] = {"values": [60, 90], "status": "modelled", "inputs": [], "assumptions": assumed}
    target = tmp_path / "full.gpkg"
    target.write_bytes(build_geopackage(data))
    with closing(sqlite3.connect(target)) as store:
        rows = store.execute("SELECT f_table_name, styleName FROM layer_styles WHERE useAsDefault").fetchall()
    assert dict(rows)["city_areas"] == dict(rows)["city_centres"] == "time_to_all_2019"
    told = pyogrio.read_dataframe(target, layer="measures").set_index("column").loc["time_to_all_2019"]
    assert (told["status"], told["assumptions_en"], told["assumptions_zh"]) == (
        "modelled",
        "by rule; at a pace",
        "按规则；按步速",
    )


def test_classes_hold_all_values():
    rng = np.random.default_rng(3)
    for values in (rng.normal(size=41), rng.integers(0, 3, 41).astype(float), np.zeros(4)):
        bounds = class_bounds(values.tolist())
        assert bounds[0][0] == values.min()
        assert bounds[-1][1] == values.max()
        assert all(before[1] == after[0] for before, after in pairwise(bounds))


def test_same_bytes_and_other_bytes():
    assert build_geopackage(made()) == build_geopackage(made())
    assert build_geopackage(made()) != build_geopackage(made(illustrative=False))


def test_a_region_without_outlines_stations_or_measures(tmp_path):
    states = [{"id": "2019", "label": words("2019"), "lines": []}]
    target = tmp_path / "bare.gpkg"
    target.write_bytes(build_geopackage(made(cells=[], stations=[], measures=[], states=states)))
    assert {name for name, _ in pyogrio.list_layers(target)} == {"city_centres", "measures", "about", "layer_styles"}
