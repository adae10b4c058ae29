import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from megaregion.errors import InputError, LimitError
from megaregion.region import grid as grids
from megaregion.region.grid import h3_cells, h3_grid, square_grid
from megaregion.sources.points import read_points

BOX = (121.0, 31.0, 121.2, 31.1)


def test_squares_have_the_area_asked_for_and_do_not_overlap():
    grid = square_grid(BOX, 1000)
    plane = gpd.GeoSeries(grid.shapes, crs="EPSG:4326").to_crs("+proj=laea +lat_0=31.05 +lon_0=121.1 +datum=WGS84")
    assert np.allclose(plane.area, 1e6, rtol=1e-6)
    assert shapely.union_all(plane.to_numpy()).area == pytest.approx(len(grid.points) * 1e6, rel=1e-6)
    # 19.1 by 11.1 km
    assert len(grid.points) == 19 * 11
    inside = shapely.contains_xy(grid.shapes, grid.points.lon, grid.points.lat)
    assert inside.all()
    assert grid.points.ids[:2] == ("r0c0", "r0c1")


def test_only_cells_with_their_middle_in_the_polygon_are_kept():
    triangle = shapely.Polygon([(121.0, 31.0), (121.2, 31.0), (121.0, 31.1)])
    grid = square_grid(BOX, 500, within=triangle)
    whole = square_grid(BOX, 500)
    assert len(grid.points) / len(whole.points) == pytest.approx(0.5, abs=0.03)
    assert set(grid.points.ids) < set(whole.points.ids)


def test_grids_that_make_no_sense_are_refused(monkeypatch):
    with pytest.raises(InputError, match="expected west < east and south < north"):
        square_grid((122, 31, 121, 32), 500)
    with pytest.raises(InputError, match="size_m is 0; expected metres above 0"):
        square_grid(BOX, 0)
    monkeypatch.setattr(grids, "MAX_CELLS", 100)
    with pytest.raises(LimitError, match=r"19 x 11 cells of 1000 m; at most 100 are accepted. Take larger cells"):
        square_grid(BOX, 1000)


def test_hexagons_cover_a_polygon():
    pytest.importorskip("h3", reason="the extra 'grids' is not installed")
    box = shapely.box(*BOX)
    grid = h3_grid(box, 8)
    assert list(grid.points.ids) == sorted(grid.points.ids)
    assert shapely.contains_xy(box, grid.points.lon, grid.points.lat).all()
    assert shapely.contains_xy(grid.shapes, grid.points.lon, grid.points.lat).all()
    cover = shapely.union_all(grid.shapes)
    assert cover.intersection(box).area / box.area == pytest.approx(1, abs=0.05)
    with pytest.raises(InputError, match="resolution is 16; expected a whole number from 0 to 15"):
        h3_grid(box, 16)
    with pytest.raises(InputError, match="no hexagon of resolution 1 has its middle in the polygon"):
        h3_grid(box, 1)
    with pytest.raises(InputError, match="1 of 2 ids are no cells of H3, the first is 'r0c0'"):
        h3_cells([grid.points.ids[0], "r0c0"])


def test_without_h3_hexagons_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(InputError, match=r"pip install 'megaregion\[grids\]' .*, or take square_grid"):
        h3_grid(shapely.box(*BOX), 8)


def test_ids_of_a_file_become_shapes(shared_data):
    pytest.importorskip("h3", reason="the extra 'grids' is not installed")
    read = read_points(shared_data / "gtfs-samples/r5r-porto-alegre/poa_hexgrid.csv")
    grid = h3_cells(read.points.ids)
    assert shapely.contains_xy(grid.shapes, read.points.lon, read.points.lat).all()
