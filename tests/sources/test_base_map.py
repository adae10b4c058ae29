import json

import pytest
import shapely

from megaregion.errors import InputError
from megaregion.sources.base_map import read_base_map


def write(folder, *features):
    file = folder / "base.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return file


def feature(geometry=None, **properties):
    shape = geometry or {"type": "Point", "coordinates": [120, 31]}
    return {"type": "Feature", "properties": {"feature_id": "a", "layer": "land"} | properties, "geometry": shape}


def test_features_become_rows(tmp_path):
    frame = read_base_map(write(tmp_path, feature(name="太湖", layer="water"))).tables["base_map"]
    assert frame[["feature_id", "layer", "name"]].iloc[0].tolist() == ["a", "water", "太湖"]
    assert shapely.from_wkb(frame["geometry"].iloc[0]).equals(shapely.Point(120, 31))


def test_an_unknown_layer_is_reported_with_what_is_accepted(tmp_path):
    with pytest.raises(InputError, match=r"base.geojson line 1: field 'layer' is 'sea'; expected one of land, water"):
        read_base_map(write(tmp_path, feature(layer="sea")))


def test_two_features_with_one_key_are_reported(tmp_path):
    with pytest.raises(InputError, match="stands on line 1 and again on line 2"):
        read_base_map(write(tmp_path, feature(), feature()))


def test_a_feature_without_a_shape_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"feature 1: field 'geometry' is blank; expected a shape"):
        read_base_map(write(tmp_path, feature() | {"geometry": None}))


@pytest.mark.parametrize(
    ("text", "found"), [('{"type": "Feature"}', "is 'Feature'"), ("[]", "is 'list'"), ("<html>", "not a GeoJSON")]
)
def test_another_kind_of_file_is_refused(tmp_path, text, found):
    file = tmp_path / "base.geojson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=found):
        read_base_map(file)
