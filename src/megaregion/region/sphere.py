"""Distances between places on a sphere of the Earth's mean radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the IUGG, (2a + b) / 3 of WGS84."""


def great_circle_m(lon: ArrayLike, lat: ArrayLike, other_lon: ArrayLike, other_lat: ArrayLike) -> F64:
    """
    Find great-circle distances by the haversine formula.

    Parameters
    ----------
    lon, lat, other_lon, other_lat
        Degrees; they broadcast like numpy arrays.

    Returns
    -------
    Metres, float64 of the broadcast shape; NaN where a coordinate is NaN.

    Examples
    --------
    >>> round(float(great_circle_m(0.0, 0.0, 1.0, 0.0)))
    111195
    """
    east, north, other_east, other_north = (
        np.radians(np.asarray(angle, dtype=np.float64)) for angle in (lon, lat, other_lon, other_lat)
    )
    square = np.sin((other_north - north) / 2) ** 2
    square = square + np.cos(north) * np.cos(other_north) * np.sin((other_east - east) / 2) ** 2
    return arc_m(2 * EARTH_RADIUS_M * np.sqrt(square))


def unit_vectors_m(lon: ArrayLike, lat: ArrayLike) -> F64:
    """
    Place points in space, for searches by straight distance: unit vectors times the radius.

    Parameters
    ----------
    lon, lat
        (n_points,) degrees.

    Returns
    -------
    (n_points, 3) float64, metres from the middle of the Earth.
    """
    east, north = (np.radians(np.asarray(angle, dtype=np.float64)) for angle in (lon, lat))
    vectors = np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    return np.asarray(vectors * EARTH_RADIUS_M, dtype=np.float64)


def arc_m(chord_m: ArrayLike) -> F64:
    """Distance over ground, m, of points that are `chord_m` metres apart in a straight line through the Earth."""
    half = np.asarray(chord_m, dtype=np.float64) / (2 * EARTH_RADIUS_M)
    # rounding may put opposite points a little more than a diameter apart
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(half, 1.0)), dtype=np.float64)
