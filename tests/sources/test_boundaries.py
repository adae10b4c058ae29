import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.sources import boundaries
from megaregion.sources.boundaries import read_boundaries
from megaregion.sources.coordinates import gcj02_to_wgs84

SQUARE = shapely.box(121.0, 31.0, 122.0, 32.0)
BOW_TIE = shapely.Polygon([(121, 31), (122, 32), (122, 31), (121, 32)])
# a whisker of 0.0001 by 0.0001 degree crosses itself at the corner of a square of one degree
WHISKER = shapely.Polygon(
    [(121, 31), (122, 31), (122, 32), (121.0001, 32), (121, 31.9999), (121.0001, 31.9999), (121, 32)]
)


@pytest.fixture
def region():
    cities = {"city_id": ["310000", "320500"], "name": ["上海市", "苏州市"], "name_en": ["Shanghai", "Suzhou"]}
    return Region("delta").with_table("cities", pd.DataFrame(cities | {"lon": [121.47, 120.6], "lat": [31.23, 31.3]}))


@pytest.fixture
def write(tmp_path):
    def write(shapes, file="cities.geojson", crs="EPSG:4326", **fields):
        path = tmp_path / file
        fields = fields or {"city_id": [str(number) for number in range(len(shapes))]}
        gpd.GeoDataFrame(fields, geometry=list(shapes), crs=crs).to_file(path)
        return path

    return write


def shapes_of(reading):
    return shapely.from_wkb(reading.tables["boundaries"]["geometry"].to_numpy())


def test_outlines_come_as_they_are(write):
    for name in ("cities.geojson", "cities.gpkg", "cities.shp"):
        got = read_boundaries(write([SQUARE], name, city_id=["0012"]))
        table = got.tables["boundaries"]
        assert table[["city_id", "kind"]].to_numpy().tolist() == [["0012", "user"]]
        assert shapes_of(got)[0].equals(SQUARE)
        assert not len(got.notices)


def test_keys_and_names_are_looked_up_in_the_region(write, region):
    west = shapely.box(120.0, 31.0, 121.0, 32.0)
    for labels in (["310000", "320500"], [310000.0, 320500.0], ["上海", "苏州市"], ["shanghai", "Suzhou"]):
        got = read_boundaries(write([SQUARE, west], town=labels), id_field="town", region=region)
        assert got.tables["boundaries"]["city_id"].tolist() == ["310000", "320500"]
        assert not len(got.notices)
    with pytest.raises(InputError) as raised:
        read_boundaries(write([SQUARE, west, west], adcode=["310001", "320500", "320500"]), region=region)
    text = str(raised.value)
    assert "cities.geojson: feature 1: field 'adcode' is '310001': no city '310001' in region 'delta'." in text
    assert "features 2 and 3 are both of city '320500'; expected one for each city." in text
    with pytest.raises(InputError, match="feature 1: field 'city_id' is blank"):
        read_boundaries(write([SQUARE, west], city_id=[None, "1"]))


def test_the_field_of_the_keys_must_be_there(write):
    path = write([SQUARE], code=["1"])
    with pytest.raises(InputError, match=r"found code, expected one of city_id, adcode, .*--id-field"):
        read_boundaries(path)
    with pytest.raises(InputError, match=r"there is no field 'cod'; it has code. Did you mean 'code'\?"):
        read_boundaries(path, id_field="cod")


def test_a_centre_outside_its_boundary_is_told(write, region):
    got = read_boundaries(write([shapely.box(10, 10, 11, 11)], name=["上海"]), region=region)
    assert [note.code for note in got.notices] == ["centre_outside_boundary"]
    assert "the centre of city '310000' at 121.47000 31.23000 lies outside" in got.notices.render()


def test_no_coordinate_system(write):
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        path = write([SQUARE], "cities.shp", crs=None)
    with pytest.raises(InputError, match=r"cities.shp: shapes have no coordinate system; .* fix: pass --crs"):
        read_boundaries(path)
    assert shapes_of(read_boundaries(path, crs="wgs84"))[0].equals(SQUARE)
    with pytest.raises(InputError, match="--crs is 'EPSG:1', which is not known"):
        read_boundaries(path, crs="EPSG:1")


def test_metres_declared_as_degrees(write):
    metres = shapely.box(500_000, 3_500_000, 510_000, 3_510_000)
    path = write([metres])
    with pytest.raises(
        InputError, match=r"x from 500000 to 510000 and y .*system is EPSG:4326; expected degrees.*--crs"
    ):
        read_boundaries(path)
    got = shapes_of(read_boundaries(path, crs="EPSG:32651"))[0]
    want = gpd.GeoSeries([metres], crs="EPSG:32651").to_crs("EPSG:4326")[0]
    assert got.equals_exact(want, 1e-9)
    with pytest.raises(InputError, match="EPSG:32651; expected metres, and these look like degrees"):
        read_boundaries(write([SQUARE]), crs="EPSG:32651")


def test_projected_shapes_are_brought_to_degrees(write):
    projected = gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs("EPSG:32651")[0]
    got = shapes_of(read_boundaries(write([projected], "cities.gpkg", crs="EPSG:32651")))[0]
    assert got.equals_exact(SQUARE, 1e-7)


def test_chinese_map_coordinates(write):
    got = shapes_of(read_boundaries(write([SQUARE]), crs="gcj02"))[0]
    lon, lat = np.array(SQUARE.exterior.coords).T
    want = shapely.Polygon(np.column_stack(gcj02_to_wgs84(lon, lat)))
    assert got.equals_exact(want, 1e-12)


def test_repairs_are_told_with_the_change_of_area(write):
    got = read_boundaries(write([WHISKER]))
    assert [note.code for note in got.notices] == ["shape_repaired"]
    assert "feature 1 (0) is not valid: Self-intersection" in got.notices.render()
    assert "changes its area by 0.000%" in got.notices.render()
    assert shapes_of(got)[0].is_valid
    assert shapes_of(got)[0].area == pytest.approx(1, abs=1e-7)
    with pytest.raises(InputError, match=r"changes its area by 100.000%, and at most 0.1% is accepted"):
        read_boundaries(write([BOW_TIE]))


@given(st.floats(0.005, 1.0).filter(lambda depth: abs(2 * depth**2 / (1 + depth**2) - 0.001) > 1e-9))
def test_a_repair_is_accepted_up_to_a_thousandth_of_the_area(depth):
    # two triangles that meet at the origin, of areas 1/2 and depth^2 / 2; in the drawing the smaller counts negative
    shape = shapely.Polygon([(-1, -0.5), (depth, 0.5 * depth), (depth, -0.5 * depth), (-1, 0.5)])
    notices = Notices()
    repaired = boundaries._repair(shape, "feature 1", "x", "f", notices)
    assert repaired.is_valid
    assert repaired.area == pytest.approx((1 + depth**2) / 2)
    too_much = 2 * depth**2 / (1 + depth**2) > 0.001
    assert [note.severity for note in notices] == ["error" if too_much else "warning"]


def test_shapes_that_are_no_areas(write):
    path = write([SQUARE, shapely.Point(121, 31), None, shapely.Polygon()])
    with pytest.raises(InputError) as raised:
        read_boundaries(path)
    codes = [note.code for note in raised.value.notices]
    assert codes == ["shape_not_an_area", "shape_empty", "shape_empty"]
    assert "feature 2 (1) is a Point; expected Polygon or MultiPolygon." in str(raised.value)


def test_the_antimeridian(write):
    got = read_boundaries(write([shapely.box(179, 10, 182, 11)]))
    assert [note.code for note in got.notices] == ["shape_cut_at_antimeridian"]
    want = shapely.union(shapely.box(179, 10, 180, 11), shapely.box(-180, 10, -178, 11))
    assert shapes_of(got)[0].equals(want)
    with pytest.raises(
        InputError, match=r"spans 358 degrees of longitude; expected less than 180.*cut the shape in two"
    ):
        read_boundaries(write([shapely.box(-179, 10, 179, 11)]))


def test_heights_are_dropped(write):
    got = read_boundaries(write([shapely.force_3d(SQUARE, 5.0)]))
    assert not shapes_of(got)[0].has_z


def test_files_that_are_no_shapes(tmp_path, write):
    with pytest.raises(InputError, match="there is no such file"):
        read_boundaries(tmp_path / "no.geojson")
    (tmp_path / "a.kml").write_text("x")
    with pytest.raises(InputError, match=r"cannot be read from '.kml'; expected a file ending in .geojson"):
        read_boundaries(tmp_path / "a.kml")
    for nothing in ("", " \n"):
        (tmp_path / "a.geojson").write_text(nothing)
        with pytest.raises(InputError, match=r"^a.geojson: file is empty; expected a polygon for each city"):
            read_boundaries(tmp_path / "a.geojson")
    (tmp_path / "a.geojson").write_text("{")
    with pytest.raises(InputError, match=r"a.geojson: cannot be read as shapes"):
        read_boundaries(tmp_path / "a.geojson")
    path = write([SQUARE], "a.gpkg")
    gpd.GeoDataFrame({"city_id": ["1"]}, geometry=[SQUARE], crs="EPSG:4326").to_file(path, layer="second")
    with pytest.raises(InputError, match=r"a.gpkg: has 2 layers: a, second. Name one with --layer"):
        read_boundaries(path)
    assert len(read_boundaries(path, layer="second").tables["boundaries"]) == 1
    with pytest.raises(InputError, match=r"there is no layer 'secund'; .* Did you mean 'second'"):
        read_boundaries(path, layer="secund")


def test_all_faults_of_a_file_are_told_at_once(write, region):
    off = shapely.box(121, 89.5, 122, 90.5)
    path = write(
        [shapely.Point(121, 31), BOW_TIE, off, SQUARE, SQUARE, shapely.box(-179, 10, 179, 11)],
        name=["上海", "苏州", "x", "上海", None, "y"],
    )
    with pytest.raises(InputError) as raised:
        read_boundaries(path, region=region)
    assert sorted(note.code for note in raised.value.notices if note.severity == "error") == [
        "boundary_without_city",
        "boundary_without_city",
        "duplicate_key",
        "missing_value",
        "shape_beyond_repair",
        "shape_not_an_area",
        "shape_outside_crs",
        "shape_over_antimeridian",
    ]
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        path = write([SQUARE, BOW_TIE], "cities.shp", crs=None, code=["1", "2"])
    with pytest.raises(InputError) as raised:
        read_boundaries(path)
    codes = [note.code for note in raised.value.notices]
    assert codes == ["missing_column", "shape_without_crs", "shape_beyond_repair"]
    metres = [shapely.box(5e5, 3.5e6, 5.1e5, 3.51e6), shapely.transform(BOW_TIE, lambda points: points * 1e5), None]
    with pytest.raises(InputError) as raised:
        read_boundaries(write(metres))
    codes = [note.code for note in raised.value.notices]
    assert codes == ["shape_empty", "shape_outside_crs", "shape_beyond_repair"]


def test_a_slip_of_one_degree_is_no_reason_for_another_system(write):
    slip = shapely.Polygon([(121, 89), (122, 89), (122, 91), (121, 90)])
    with pytest.raises(InputError) as raised:
        read_boundaries(write([SQUARE, slip]))
    text = str(raised.value)
    assert "feature 2 (1) has a point at 122 91; expected longitudes from -180 to 360" in text
    assert "correct the point" in text
    assert "--crs" not in text
    # all points outside, or one that is metres: another system
    with pytest.raises(InputError, match="--crs"):
        read_boundaries(write([shapely.box(400, 100, 401, 101)]))
    with pytest.raises(InputError, match="--crs"):
        read_boundaries(write([SQUARE, shapely.box(121, 31, 1001, 32)]))


def test_outlines_of_the_delta(shared_data):
    path = shared_data / "cities" / "yrd_city_boundaries.geojson"
    if not path.is_file():
        pytest.skip("the outlines of the delta are not at hand")
    got = read_boundaries(path, crs="gcj02")
    assert len(got.tables["boundaries"]) == 41
    assert not got.notices.of("error")
    raw = json.loads(path.read_text())["features"]
    assert got.tables["boundaries"]["city_id"].tolist() == [feature["properties"]["adcode"] for feature in raw]
    drawn = np.array([shapely.from_geojson(json.dumps(feature["geometry"])).centroid.coords[0] for feature in raw])
    moved = np.array([shape.centroid.coords[0] for shape in shapes_of(got)])
    shift_m = np.hypot((drawn - moved)[:, 0] * np.cos(np.radians(31)), (drawn - moved)[:, 1]) * 111_320
    assert (shift_m > 300).all()
    assert (shift_m < 800).all()
