import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.sources.coordinates import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

METRES_A_DEGREE = 111_320.0
ROUNDING_DEGREES = 0.51e-6
"""The station file gives six decimals."""

ROUND_TRIP_M = 0.001
"""Well under the tenth of a metre that is promised."""

SIMPLE_INVERSE_M = 3.0
"""The station file was made with the inverse in one step, which is this far off in the delta."""

inside_lon, inside_lat = st.floats(73.0, 137.0), st.floats(1.5, 55.0)


@pytest.fixture(scope="module")
def stations(shared_data) -> pd.DataFrame:
    path = shared_data / "metro" / "yrd_metro_line_stations_2026-08.csv.gz"
    if not path.is_file():
        pytest.skip("the list of metro stations is not at hand")
    return pd.read_csv(path)


def distance_m(lon, lat, other_lon, other_lat):
    east = (np.asarray(lon) - other_lon) * np.cos(np.radians(other_lat))
    return np.hypot(east, np.asarray(lat) - other_lat) * METRES_A_DEGREE


def test_a_point_worked_by_hand():
    # at 105 E 35 N every sine is 0, so that the shift is 300 m east and 100 m south on Krasovsky's ellipsoid
    lon, lat = wgs84_to_gcj02(105.0, 35.0)
    flat = 1 - 0.00669342162296594323 * np.sin(np.radians(35)) ** 2
    east_m = np.radians(lon - 105) * 6_378_245 / np.sqrt(flat) * np.cos(np.radians(35))
    north_m = np.radians(lat - 35) * 6_378_245 * (1 - 0.00669342162296594323) / flat**1.5
    assert (float(east_m), float(north_m)) == pytest.approx((300, -100), abs=1e-6)


@given(inside_lon, inside_lat)
@pytest.mark.parametrize(
    ("there", "back"),
    [(wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02), (wgs84_to_bd09, bd09_to_wgs84)],
)
def test_there_and_back(there, back, lon, lat):
    shifted = there(lon, lat)
    assert 1 < distance_m(*shifted, lon, lat) < 2_500
    assert distance_m(*back(*shifted), lon, lat) < ROUND_TRIP_M


def test_stations_of_which_both_systems_are_known(stations):
    gcj, wgs = stations[["lng_gcj02", "lat_gcj02"]].to_numpy().T, stations[["lng_wgs84", "lat_wgs84"]].to_numpy().T
    assert distance_m(*gcj02_to_wgs84(*gcj), *wgs).max() < SIMPLE_INVERSE_M
    in_one_step = 2 * gcj - np.array(wgs84_to_gcj02(*gcj))
    assert np.abs(in_one_step - wgs).max() < ROUNDING_DEGREES


def test_outside_china_and_missing_points_are_left_alone():
    lon, lat = np.array([2.35, 139.7, np.nan, 121.5]), np.array([48.85, 35.7, 31.2, np.nan])
    for shift in (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02, wgs84_to_bd09, bd09_to_wgs84):
        got = shift(lon, lat)
        np.testing.assert_array_equal(got[0], lon)
        np.testing.assert_array_equal(got[1], lat)


def test_arrays_keep_their_shape_and_are_not_changed():
    lon, lat = np.full((2, 3), 121.5), np.full((2, 3), 31.2)
    got = gcj02_to_wgs84(lon, lat)
    assert got[0].shape == got[1].shape == (2, 3)
    assert (lon == 121.5).all()
    assert got[0][1, 2] == gcj02_to_wgs84(121.5, 31.2)[0]


def test_names_of_systems():
    assert to_wgs84("GCJ-02") is gcj02_to_wgs84
    assert to_wgs84("bd 09") is bd09_to_wgs84
    assert to_wgs84("EPSG:4547") is None
    same = to_wgs84("wgs84")
    assert same is not None
    assert float(same(121.5, 31.2)[0]) == 121.5
    with pytest.raises(InputError, match=r"--crs is 'gcj03'; expected wgs84, gcj02, bd09 or .* Did you mean 'gcj02'\?"):
        to_wgs84("gcj03")
