import geopandas as gpd
import numpy as np
import pytest
import shapely

from megaregion.errors import InputError
from megaregion.sources.points import read_points

SQUARE = shapely.box(121.0, 31.0, 122.0, 32.0)


@pytest.fixture
def table(tmp_path):
    def write(text, name="points.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


@pytest.fixture
def drawing(tmp_path):
    def write(shapes, name="places.geojson", crs="EPSG:4326", **fields):
        path = tmp_path / name
        frame = gpd.GeoDataFrame(fields or {"id": list(map(str, range(len(shapes))))}, geometry=shapes, crs=crs)
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        else:
            placed = frame if crs else frame.set_crs("EPSG:32651")
            placed.to_file(path)
            if crs is None:
                path.with_suffix(".prj").unlink()
        return path

    return write


@pytest.mark.parametrize(
    "header", ["id,lon,lat", "ID,Longitude,LATITUDE", "point_id,x,y", "stop_id,stop_lon,stop_lat", " id , lng , lat "]
)
def test_columns_are_found_by_any_usual_name(table, header):
    read = read_points(table(f"{header}\n0012,121.5,31.2\nNA,120,30\n"))
    assert read.points.ids == ("0012", "NA")
    assert (read.points.lon.tolist(), read.points.lat.tolist()) == ([121.5, 120.0], [31.2, 30.0])
    assert list(read.columns) == ["id"]
    assert read.shapes is None
    assert not len(read.notices)


def test_other_columns_come_along_as_numbers_or_text(table):
    read = read_points(table("lat,people,id,name,lon,jobs,code\n31,12,a,Hall,121,,007\n32,1.5,b,5,120,3,x\n"))
    assert list(read.columns) == ["id", "people", "name", "jobs", "code"]
    assert read.columns["people"].tolist() == [12, 1.5]
    assert read.columns["name"].tolist() == ["Hall", "5"]
    assert np.isnan(read.columns["jobs"].iloc[0])
    assert read.columns["code"].tolist() == ["007", "x"]


def test_all_faults_of_a_table_are_told_with_their_lines(table):
    text = "id,lon,lat\na,121.5,31.2\nb,31.2,121.5\na,120,30\nc,1e6,31\nd,east,31\n,120,31\ne,120,\n"
    with pytest.raises(InputError, match=r"points\.csv could not be read as points: 6 problems") as raised:
        read_points(table(text))
    for found in (
        "line 3: longitude 31.2 and latitude 121.5: latitudes lie between -90 and 90; the columns look swapped.",
        "line 4: id 'a' stands on line 2 and again on line 4",
        "line 5: longitude 1e+06 and latitude 31 are no degrees",
        "pass --crs with the code of the projection",
        "line 6: field 'lon' is 'east'; expected a number",
        "line 7: the id is blank",
        "line 8: field 'lat' is blank",
    ):
        assert found in str(raised.value)


def test_a_missing_column_says_what_was_found_and_what_is_accepted(table):
    with pytest.raises(InputError, match=r"no column 'lat'; found id, lon, lattitude; expected one of lat, latitude"):
        read_points(table("id,lon,lattitude\na,1,2\n"))
    for text in ("id;lon;lat\na;1;2\n", "id;lon;lat\na;1,5;2,5\n"):
        with pytest.raises(InputError, match=r"looks like several columns separated by ';'\. Save it again"):
            read_points(table(text))
    with pytest.raises(InputError, match=r"no column 'id'.*name it with --id-field"):
        read_points(table("key,lon,lat\na,1,2\n"))
    assert read_points(table("key,lon,lat\na,120,30\n"), id_field="key").points.ids == ("a",)
    with pytest.raises(InputError, match=r"there is no column 'kee'; found key, lon, lat. Did you mean 'key'"):
        read_points(table("key,lon,lat\na,1,2\n"), id_field="kee")


def test_files_that_hold_no_points_are_refused(table, tmp_path):
    with pytest.raises(InputError, match=r"there is no such file. Check the path"):
        read_points(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"cannot be read from a file ending in '.docx'; expected .csv"):
        read_points(table("x", "points.docx"))
    with pytest.raises(InputError, match="file is empty; expected a header line with id, lon, lat"):
        read_points(table(""))
    with pytest.raises(InputError, match="is no Parquet file, or damaged"):
        read_points(table("x", "points.parquet"))
    with pytest.raises(InputError, match="pass --encoding gb18030"):
        read_points(table("id,lon,lat,名\n东,1,2,江\n", encoding="gb18030"))
    assert read_points(table("id,lon,lat\n东,120,30\n", encoding="gb18030"), encoding="gb18030").points.ids == ("东",)
    with pytest.raises(InputError, match=r"points.csv: there is no point; expected at least one row below the header"):
        read_points(table("id,lon,lat\n"))


def test_a_point_at_zero_is_doubted(table):
    assert "point_near_origin" in read_points(table("id,lon,lat\na,0,0\n")).notices.counts


def test_projected_tables_are_converted(table):
    """The middle meridian and the equator of a zone lie at 500,000 m east and 0 m north."""
    points = read_points(table("id,x,y\na,500000,0\n"), crs="EPSG:32651").points
    assert (points.lon[0], points.lat[0]) == pytest.approx((123, 0), abs=1e-9)


@pytest.mark.parametrize("name", ["places.geojson", "places.gpkg", "places.shp", "places.parquet"])
def test_shapes_come_as_points_with_their_fields(drawing, name):
    path = drawing([shapely.Point(121, 31), shapely.Point(120, 30)], name, id=["a", "b"], jobs=[3, 4])
    read = read_points(path)
    assert read.points.ids == ("a", "b")
    assert read.points.lon.tolist() == [121.0, 120.0]
    assert read.columns["jobs"].tolist() == [3, 4]
    assert read.shapes is None


def test_polygons_stand_for_a_point_inside_even_if_their_middle_is_outside(drawing):
    horseshoe = SQUARE.difference(shapely.box(121.2, 31.2, 121.8, 32.0))
    read = read_points(drawing([horseshoe]))
    assert shapely.contains_xy(horseshoe, read.points.lon[0], read.points.lat[0])
    assert not shapely.contains(horseshoe, horseshoe.centroid)
    assert read.shapes[0].equals(horseshoe)


def test_shapes_in_metres_are_converted(drawing):
    plane = gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs("EPSG:32651")
    read = read_points(drawing(list(plane), "places.gpkg", "EPSG:32651"))
    assert shapely.contains_xy(SQUARE, read.points.lon[0], read.points.lat[0])
    assert read.shapes[0].equals_exact(SQUARE, 1e-6)


def test_without_a_system_shapes_are_refused_and_say_how(drawing):
    path = drawing([shapely.Point(500000, 0)], "places.shp", None)
    with pytest.raises(InputError, match=r"shapes have no coordinate system.*pass --crs"):
        read_points(path)
    assert read_points(path, crs="EPSG:32651").points.lon[0] == pytest.approx(123)
    with pytest.raises(InputError, match="--crs is 'EPSG:99999', which is not known"):
        read_points(path, crs="EPSG:99999")


def test_metres_said_to_be_degrees_are_refused(drawing):
    with pytest.raises(InputError, match="the file says that they are degrees"):
        read_points(drawing([shapely.Point(500000, 4000)], "places.gpkg"))


def test_other_shapes_and_ids_that_stand_twice_are_told_together(drawing):
    line = shapely.LineString([(0, 50), (1, 51)])
    with pytest.raises(InputError, match="2 problems") as raised:
        read_points(drawing([shapely.Point(10, 50), line, shapely.Point(11, 50)], "p.gpkg", id=["a", "b", "a"]))
    assert "feature 2 is a LineString; expected Point, Polygon or MultiPolygon." in str(raised.value)
    assert "id 'a' stands on line 1 and again on line 3" in str(raised.value)


def test_whole_numbers_that_a_program_made_fractions_are_ids(drawing):
    assert read_points(drawing([SQUARE], id=[12.0])).points.ids == ("12",)


def test_the_points_of_r5r_are_read_as_they_are(shared_data):
    folder = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    cells = read_points(folder / "poa_hexgrid.csv")
    assert len(cells.points) == 1227
    assert list(cells.columns) == ["id", "population", "schools", "jobs", "healthcare"]
    assert read_points(folder / "poa_points_of_interest.csv").points.ids[0] == "public_market"
