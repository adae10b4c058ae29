"""Outlines of travel-time surfaces: cones whose isochrones are circles, nesting, gaps."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from megaregion.errors import InputError, LimitError
from megaregion.mobility.contour import Grid, area_km2, contours

SAME_AREA = 1e-9
"""Relative: shapes pass through two projections and an overlay."""


SLIVERS = 1e-8
"""Square degrees, about 100 m2 of 48 km2: edges that are straight on the plane bend by millimetres in degrees."""


def cone(cell_m, *, limit_s=np.inf, size_m=15_000, shift=(0.0, 0.0)):
    """Walk at 1 m/s from near the middle of a grid, up to a limit."""
    grid = Grid.covering(121.0, 31.0, cell_m, (-size_m, -size_m, size_m, size_m))
    x, y = np.meshgrid(grid.x_m, grid.y_m)
    time_s = np.hypot(x - shift[0] * cell_m, y - shift[1] * cell_m)
    return np.where(time_s <= limit_s, time_s, np.inf), grid


@pytest.mark.parametrize(
    ("cells", "error"),
    # chords of a circle lie inside it: the outline is too small by a share that falls with the square of the radius
    [(20, 0.0005), (10, 0.002), (3, 0.02)],
)
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.31, -0.44)])
def test_the_isochrone_of_a_cone_is_a_circle(cells, error, shift):
    time_s, grid = cone(500, shift=shift)
    (outline,) = contours(time_s, grid, [cells * 500])
    circle = np.pi * (cells * 0.5) ** 2
    assert circle * (1 - error) <= area_km2(outline) <= circle


def test_a_limit_of_walking_is_a_circle_on_average():
    """Where the way ends between two nodes the outline runs half-way: right on average, not at each place."""
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(40):
        time_s, grid = cone(250, limit_s=1_250, size_m=3_000, shift=rng.uniform(-0.5, 0.5, 2))
        (outline,) = contours(time_s, grid, [2_000])
        errors.append(area_km2(outline) / (np.pi * 1.25**2) - 1)
    assert abs(np.mean(errors)) < 0.01
    assert np.abs(errors).max() < 0.08


def test_an_unreached_neighbour_does_not_pull_the_outline():
    """A cut-off that ends before the limit gives the same outline as if there were no limit."""
    free, grid = cone(500)
    limited, _ = cone(500, limit_s=5_000)
    for cutoff in (2_000, 4_000, 4_400):
        whole, cut = contours(free, grid, [cutoff])[0], contours(limited, grid, [cutoff])[0]
        assert whole.symmetric_difference(cut).area <= SAME_AREA * whole.area


def test_the_outline_reaches_half_way_into_a_gap():
    """Two nodes of four in a row are reached in no time: the outline ends in the middle of the third step."""
    grid = Grid.covering(121.0, 31.0, 1_000, (0, 0, 4_000, 4_000))
    time_s = np.full(grid.shape, np.inf)
    time_s[:, :2] = 0.0
    (outline,) = contours(time_s, grid, [600])
    east, _ = grid.to_plane(*np.array(outline.geoms[0].exterior.coords).T)
    assert east.max() == pytest.approx(1_500, abs=0.01)
    assert area_km2(outline) == pytest.approx(1.5 * 4, rel=1e-4)


def test_a_hole_and_an_island_stay_apart():
    time_s, grid = cone(250, size_m=5_000)
    time_s = np.where(time_s < 1_000, 9_000.0, time_s)
    time_s[2, 2] = 0.0
    (outline,) = contours(time_s, grid, [3_000])
    assert len(outline.geoms) == 2
    assert sorted(len(part.interiors) for part in outline.geoms) == [0, 1]
    assert all(part.exterior.is_ccw for part in outline.geoms)


SURFACES = arrays(np.float64, (7, 9), elements=st.one_of(st.integers(0, 40).map(lambda k: 100.0 * k), st.just(np.inf)))


@given(SURFACES, st.lists(st.integers(1, 4_500), min_size=2, max_size=4, unique=True))
def test_isochrones_are_nested_and_valid(time_s, cutoffs):
    grid = Grid(121.0, 31.0, 1_000.0, -4, -3, 9, 7)
    outlines = contours(time_s, grid, sorted(cutoffs))
    for outline in outlines:
        assert outline.is_valid
    for inner, outer in pairwise(outlines):
        assert shapely.difference(inner, outer).area < SLIVERS


@given(SURFACES, st.integers(0, 45).map(lambda k: 100 * k + 50))
def test_reached_nodes_lie_inside_and_others_outside(time_s, cutoff):
    grid = Grid(121.0, 31.0, 1_000.0, -4, -3, 9, 7)
    (outline,) = contours(time_s, grid, [cutoff])
    x, y = np.meshgrid(grid.x_m, grid.y_m)
    nodes = shapely.points(*grid.to_degrees(x.ravel(), y.ravel()))
    inside = shapely.distance(nodes, outline) < 1e-9 if len(outline.geoms) else np.zeros(len(nodes), bool)
    assert (inside == (time_s.ravel() <= cutoff)).all()


def test_areas_are_those_of_the_plane():
    """The plane is equal-area: what the ellipsoid measures after the way back is what the plane measured."""
    grid = Grid.covering(121.0, 31.0, 1_000, (-200_000, -200_000, 200_000, 200_000))
    ring = shapely.box(100_000, 150_000, 110_000, 160_000).segmentize(500)
    lon, lat = grid.to_degrees(*np.array(ring.exterior.coords).T)
    assert area_km2(shapely.Polygon(np.column_stack([lon, lat]))) == pytest.approx(100, rel=1e-6)


def test_discs_by_brute_force():
    rng = np.random.default_rng(5)
    grid = Grid.covering(121.0, 31.0, 100, (-2_000, -1_000, 1_500, 2_500))
    x, y, radius = rng.uniform(-3_000, 3_000, 20), rng.uniform(-3_000, 3_000, 20), rng.uniform(0, 900, 20)
    at_x, at_y = np.meshgrid(grid.x_m, grid.y_m)
    wanted = (np.hypot(at_x[..., np.newaxis] - x, at_y[..., np.newaxis] - y) <= radius).any(axis=-1)
    assert (grid.discs(x, y, radius) == wanted).all()


@given(arrays(np.float64, (7, 9), elements=st.sampled_from([0.0, 600.0, 1200.0, np.inf])))
def test_nodes_with_the_very_cutoff_collapse_quietly(time_s):
    """Times and cut-offs are whole seconds: outlines then run through nodes, along edges and back."""
    grid = Grid(121.0, 31.0, 1_000.0, -4, -3, 9, 7)
    for outline in contours(time_s, grid, [600, 1200]):
        assert outline.is_valid
        assert all(area_km2(part) > 0 for part in outline.geoms)


def test_nothing_reached_is_an_empty_shape():
    grid = Grid.covering(121.0, 31.0, 1_000, (0, 0, 3_000, 3_000))
    (outline,) = contours(np.full(grid.shape, np.inf), grid, [600])
    assert outline.is_empty
    assert area_km2(outline) == 0


def test_a_grid_that_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="cell_m is 0; expected metres above 0"):
        Grid.covering(121.0, 31.0, 0, (0, 0, 1, 1))
    with pytest.raises(LimitError, match=r"has 1,000,002,000,001 nodes; expected up to 4,000,000. Choose larger cells"):
        Grid.covering(121.0, 31.0, 1, (0, 0, 1e6, 1e6))
    with pytest.raises(InputError, match=r"shape \(2, 2\); expected that of the grid, \(4, 4\)"):
        contours(np.zeros((2, 2)), Grid.covering(121.0, 31.0, 1_000, (0, 0, 3_000, 3_000)), [600])
