import sys

import numpy as np
import pytest

from megaregion.errors import InputError, LimitError
from megaregion.mobility.streets import StreetNetwork
from megaregion.sources import elevation
from megaregion.sources.elevation import sample_elevation, tobler_effort
from megaregion.sources.osm import read_osm
from support.osm_files import DEGREE_M, street_grid, write_pbf

rasterio = pytest.importorskip("rasterio", reason="the extra 'elevation' is not installed")


@pytest.fixture
def slope(tmp_path):
    """A plane that climbs a metre in ten to the east; cells of 20 m, west of 0 E without data."""
    path = tmp_path / "slope.tif"
    size = 20 / DEGREE_M
    left, top = -40 * size, 100 * size
    columns, rows = 140, 140
    middle_m = (left + (np.arange(columns) + 0.5) * size) * DEGREE_M
    height = np.broadcast_to((0.1 * middle_m).astype(np.float32), (rows, columns)).copy()
    height[:, middle_m < -100] = -999
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(size, 0, left, 0, -size, top),
        nodata=-999,
    ) as raster:
        raster.write(height, 1)
    return path


def test_heights_between_cells_lie_on_the_plane(slope):
    lon = np.array([0.0, 33.0, 1234.5, -200.0, 9000.0]) / DEGREE_M
    height = sample_elevation(slope, lon, np.zeros(5))
    assert height[:3] == pytest.approx([0, 3.3, 123.45], abs=1e-3)
    assert np.isnan(height[3:]).all()


def test_walks_uphill_take_what_tobler_says(tmp_path, slope):
    """A street of 1 km at 10 %: 6 exp(-3.5 * 0.15) km/h up and 6 exp(-3.5 * 0.05) down, which is that of the flat."""
    nodes = {1: (0.0, 0.0), 2: (1000 / DEGREE_M, 0.0), 3: (1000 / DEGREE_M, 200 / DEGREE_M)}
    street = {"highway": "residential"}
    path = write_pbf(tmp_path / "hill.osm.pbf", nodes, [(10, [1, 2], street), (20, [2, 3], street)])
    hill, level = read_osm(path, elevation=slope).tables["street_edges"].itertuples()
    assert hill.climb_m == pytest.approx(100, abs=0.1)
    assert hill.descent_m == pytest.approx(0, abs=0.1)
    assert hill.effort_forward == pytest.approx(np.exp(0.35), abs=1e-3)
    assert hill.effort_backward == pytest.approx(1.0, abs=1e-3)
    assert level.effort_forward == pytest.approx(1.0, abs=1e-3)
    network = StreetNetwork.from_pbf(path, elevation=slope)
    assert network.edge_ms[0][0] == pytest.approx(1000_000 * np.exp(0.35), rel=1e-3)
    assert network.edge_ms[1][0] == pytest.approx(1000_000, rel=1e-3)


def test_a_bridge_over_a_valley_is_level(tmp_path, slope):
    """Along a street that bends up the slope and back the ground rises; a bridge between the same ends does not."""
    nodes = {1: (0.0, 0.0), 2: (500 / DEGREE_M, 300 / DEGREE_M), 3: (0.0, 600 / DEGREE_M)}
    found = {}
    for bridge in ("yes", "no"):
        ways = [(10, [1, 2, 3], {"highway": "residential", "bridge": bridge})]
        path = write_pbf(tmp_path / "b.osm.pbf", nodes, ways)
        found[bridge] = read_osm(path, elevation=slope).tables["street_edges"].iloc[0]
    assert found["yes"]["climb_m"] == pytest.approx(0, abs=0.01)
    assert found["yes"]["effort_forward"] == pytest.approx(1, abs=1e-3)
    assert found["no"]["climb_m"] == pytest.approx(50, abs=0.1)


def test_streets_beyond_the_raster_are_flat_and_counted(tmp_path, slope):
    nodes = {1: (-0.02, 0.0), 2: (-0.01, 0.0), 3: (0.0, 0.0)}
    street = {"highway": "residential"}
    path = write_pbf(tmp_path / "b.osm.pbf", nodes, [(10, [1, 2], street), (20, [2, 3], street)])
    reading = read_osm(path, elevation=slope)
    assert "2 of 2 edges lie wholly or in part where the raster has no height" in reading.notices.render()
    beyond = reading.tables["street_edges"].iloc[0]
    assert beyond["effort_forward"] == 1
    assert np.isnan(beyond["climb_m"])


def test_the_hiking_function_is_fastest_a_little_downhill():
    slopes = np.linspace(-0.5, 0.5, 1001)
    effort = tobler_effort(slopes)
    assert slopes[effort.argmin()] == pytest.approx(-0.05, abs=1e-3)
    # 5.04 km/h on the flat and 6 km/h at best
    assert 5.0366 / effort.min() == pytest.approx(6.0, abs=1e-3)


def test_rasters_that_cannot_be_used_are_refused(tmp_path, slope, monkeypatch):
    town = street_grid(tmp_path / "town.osm.pbf", 3, 3)
    with pytest.raises(InputError, match=r"there is no such file\. Check the path"):
        read_osm(town, elevation=tmp_path / "none.tif")
    text = tmp_path / "text.tif"
    text.write_text("not a raster")
    with pytest.raises(InputError, match=r"text.tif: cannot be read as a raster .* Give a GeoTIFF with heights"):
        read_osm(town, elevation=text)
    monkeypatch.setattr(elevation, "MAX_RASTER_BYTES", 100)
    with pytest.raises(LimitError, match=r"slope.tif: .* GiB decoded; at most .* are accepted. Cut the raster"):
        read_osm(town, elevation=slope)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    told = r"pip install 'megaregion\[elevation\]' \(from a clone: pip install -e '.\[elevation\]'\), or go without .*"
    with pytest.raises(InputError, match=told + "import network --no-elevation"):
        read_osm(town, elevation=slope)


def test_porto_alegre_has_hills(shared_data):
    folder = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    tables = read_osm(folder / "poa_osm.pbf", modes=("walk",), elevation=folder / "poa_elevation.tif").tables
    effort = tables["street_edges"]["effort_forward"]
    assert 1.02 < np.average(effort, weights=tables["street_edges"]["length_m"]) < 1.2
    assert tables["street_nodes"]["elevation_m"].max() > 100
