import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.region.nearest_centre import nearest_centre_cells

GEODESIC = pyproj.Geod(ellps="WGS84")


def cities(*points):
    return pd.DataFrame(
        {"city_id": [f"c{n}" for n in range(len(points))], "lon": [p[0] for p in points], "lat": [p[1] for p in points]}
    )


def shapes_of(cells):
    return dict(zip(cells["city_id"], shapely.from_wkb(cells["geometry"].to_numpy(dtype=object)), strict=True))


def test_two_cities_are_parted_half_way():
    land = shapely.box(119.5, 29.5, 121.5, 30.5)
    cells = nearest_centre_cells(cities((120.0, 30.0), (121.0, 30.0)), land, reach_m=500_000)
    shapes = shapes_of(cells)
    assert cells["kind"].tolist() == ["nearest_centre", "nearest_centre"]
    assert shapes["c0"].bounds[2] == pytest.approx(120.5, abs=0.002)
    assert shapes["c1"].bounds[0] == pytest.approx(120.5, abs=0.002)
    assert shapes["c0"].area + shapes["c1"].area == pytest.approx(land.area, rel=1e-4)


def test_water_is_cut_off_and_a_city_without_land_has_no_cell():
    land = shapely.box(119.9, 29.9, 120.2, 30.1)
    cells = nearest_centre_cells(cities((120.0, 30.0), (121.0, 30.0)), land)
    assert cells["city_id"].tolist() == ["c0"]
    assert (
        shapes_of(cells)["c0"].equals_exact(shapely.normalize(land), 0.001)
        or shapes_of(cells)["c0"].symmetric_difference(land).area < 1e-6
    )


def test_a_cell_ends_at_its_reach():
    cells = nearest_centre_cells(cities((120.0, 30.0), (121.0, 30.0)), shapely.box(110, 20, 130, 40), reach_m=20_000)
    west = shapes_of(cells)["c0"].bounds[0]
    assert GEODESIC.line_length([120.0, west], [30.0, 30.0]) == pytest.approx(20_000, rel=0.005)


@given(
    points=st.lists(
        st.tuples(st.integers(1170, 1220), st.integers(280, 345)).map(lambda p: (p[0] / 10, p[1] / 10)),
        min_size=2,
        max_size=12,
        unique=True,
    ),
    place=st.tuples(st.floats(117, 122), st.floats(28, 34.5)),
)
@settings(deadline=None, max_examples=60)
@example(points=[(117.0, 32.7), (118.7, 31.8)], place=(118.5, 33.0))
def test_a_place_lies_in_the_cell_of_its_nearest_centre(points, place):
    centres = cities(*points)
    shapes = shapes_of(nearest_centre_cells(centres, shapely.box(116, 27, 123, 36), reach_m=2_000_000))
    lon, lat = np.full(len(points), place[0]), np.full(len(points), place[1])
    distance = GEODESIC.inv(lon, lat, centres["lon"].to_numpy(), centres["lat"].to_numpy())[2]
    nearest, second = np.sort(distance)[:2]
    if second - nearest < 0.02 * second + 1_000:  # both distances within the projection's 0.3 %, and bent borders
        return
    inside = [city for city, shape in shapes.items() if shape.contains(shapely.Point(place))]
    assert inside == [f"c{int(np.argmin(distance))}"]


def test_two_centres_at_one_point_are_refused():
    with pytest.raises(InputError, match=r"centres of 'c0' and 'c2' are the same point .*expected one point a city"):
        nearest_centre_cells(cities((120, 30), (121, 30), (120, 30)), shapely.box(119, 29, 122, 31))


def test_one_city_and_a_bad_reach_are_refused():
    with pytest.raises(InputError, match="has 1 rows; expected at least two"):
        nearest_centre_cells(cities((120, 30)), shapely.box(119, 29, 122, 31))
    with pytest.raises(InputError, match="reach_m is 0; expected a number of metres above 0"):
        nearest_centre_cells(cities((120, 30), (121, 30)), shapely.box(119, 29, 122, 31), reach_m=0)
