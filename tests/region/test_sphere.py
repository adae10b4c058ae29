"""Distances on the sphere: known arcs, opposite points, an ellipsoid as oracle."""

import ast
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

import megaregion
from megaregion.region.sphere import EARTH_RADIUS_M, arc_m, great_circle_m, unit_vectors_m

FLATTENING = 0.006
"""Great circles and WGS84 geodesics differ by up to 0.56 %."""

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
POINTS = st.tuples(LON, LAT)


def test_a_degree_of_the_equator_and_a_quarter_meridian():
    quarter = np.pi / 2 * EARTH_RADIUS_M
    found = great_circle_m(np.array([0.0, 10.0]), np.array([0.0, 0.0]), np.array([1.0, 10.0]), np.array([0.0, 90.0]))
    np.testing.assert_allclose(found, [quarter / 90, quarter])


def test_it_broadcasts_and_keeps_unknown_places_unknown():
    lon, lat = np.array([0.0, 1.0, np.nan]), np.zeros(3)
    found = great_circle_m(lon[:, None], lat[:, None], lon, lat)
    assert found.shape == (3, 3)
    assert found[0, 1] == found[1, 0] > 0
    assert np.isnan(found[2]).all()


@given(POINTS)
def test_opposite_points_are_half_a_circle_apart(point):
    lon, lat = point
    # without a bound, rounding takes the arcsine of a little more than 1 at some of these points
    assert great_circle_m(lon, lat, lon + 180, -lat) == pytest.approx(np.pi * EARTH_RADIUS_M)


def test_the_bound_is_needed():
    lat = np.linspace(-90, 90, 10_001)
    assert not np.isnan(great_circle_m(0.0, lat, 180.0, -lat)).any()


@given(POINTS, POINTS)
def test_chords_give_the_same_distance(one, other):
    points = unit_vectors_m([one[0], other[0]], [one[1], other[1]])
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), EARTH_RADIUS_M)
    found = arc_m(np.linalg.norm(points[0] - points[1]))
    # near opposite points the chord changes with the square of the distance: a few hundred metres are lost
    assert found == pytest.approx(float(great_circle_m(*one, *other)), rel=1e-4, abs=0.01)


@given(st.lists(st.tuples(POINTS, POINTS), min_size=1, max_size=20))
def test_it_agrees_with_the_ellipsoid(pairs):
    (lon, lat), (other_lon, other_lat) = np.array(pairs).transpose(1, 2, 0)
    exact = pyproj.Geod(ellps="WGS84").inv(lon, lat, other_lon, other_lat)[2]
    np.testing.assert_allclose(great_circle_m(lon, lat, other_lon, other_lat), exact, rtol=FLATTENING, atol=0.01)


def test_the_radius_is_written_once():
    found = [
        path.name
        for path in sorted(Path(megaregion.__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == EARTH_RADIUS_M
    ]
    assert found == ["sphere.py"]
