"""
Longitude and latitude as Chinese map services give them, turned into WGS84 and back.

Maps published in China show places in GCJ-02 (Amap, Tencent), some hundred metres off WGS84, or in BD-09 (Baidu),
which shifts GCJ-02 once more. The tables of a region hold WGS84 only, so that distances to anything else are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Degrees = NDArray[np.float64]
    _Formula = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]
    Transform = Callable[[ArrayLike, ArrayLike], tuple[Degrees, Degrees]]

CHINA_LON = (72.004, 137.8347)
"""Longitudes between which the public algorithm shifts, degrees."""

CHINA_LAT = (0.8293, 55.8271)
"""Latitudes between which the public algorithm shifts, degrees."""

_KRASOVSKY_AXIS_M = 6_378_245.0
_KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_TURNS = np.pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
_MAX_STEPS = 30
_STEP_DEGREES = 1e-9  # a tenth of a millimetre, well under what the shift itself is good for


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Shift WGS84 to GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape; NaN stays NaN. Points outside the box of China are returned as they are.

    Returns
    -------
    tuple of float64 arrays
        Longitude and latitude in degrees.

    References
    ----------
    The transformation has never been published by the survey authority. This is the public algorithm known from the
    open-source project "eviltransform" and its many ports, with Krasovsky's ellipsoid of 1940.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(121.380739, 31.113054)
    >>> round(float(lon), 3), round(float(lat), 3)
    (121.385, 31.111)
    """
    return _inside_china(_gcj02, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Undo the shift from WGS84 to GCJ-02.

    Subtracting the shift taken at the shifted point, as is often done, is off by up to some metres. Here the point is
    sought whose shift leads to the given one, by fixed-point iteration; the shift varies by less than a hundredth of
    the distance, so each step gains two digits.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape; NaN stays NaN. Points outside the box of China are returned as they are.

    Returns
    -------
    tuple of float64 arrays
        Longitude and latitude in degrees; shifting them forward gives the input to within a millimetre.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(121.385373, 31.111152)
    >>> round(float(lon), 3), round(float(lat), 3)
    (121.381, 31.113)
    """
    return _inside_china(_undo(_gcj02), lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Shift GCJ-02 to Baidu's BD-09.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape; NaN stays NaN. Points outside the box of China are returned as they are.

    References
    ----------
    The public algorithm of the same open-source ports: polar coordinates, two small waves, and a constant offset.
    """
    return _inside_china(_bd09, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Undo the shift from GCJ-02 to BD-09, by the same iteration as `gcj02_to_wgs84`."""
    return _inside_china(_undo(_bd09), lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS84 to BD-09, by way of GCJ-02."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Undo the shift from WGS84 to BD-09, by way of GCJ-02."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(crs: str) -> Transform | None:
    """
    Find the function that turns coordinates of a named Chinese system into WGS84.

    Parameters
    ----------
    crs
        "gcj02" or "bd09" in any usual spelling ("GCJ-02", "BD 09"), or the name of WGS84; None for any other.

    Raises
    ------
    InputError
        If the name is none of these and no EPSG code or other text that pyproj may know.
    """
    plain = "".join(letter for letter in crs.casefold() if letter.isalnum())
    if plain in _TO_WGS84:
        return _TO_WGS84[plain]
    if ":" in crs or "[" in crs or "=" in crs or plain.startswith("epsg") or plain.isdigit():
        return None
    msg = f"--crs is {crs!r}; expected wgs84, gcj02, bd09 or a code such as EPSG:4547.{suggest(plain, list(_TO_WGS84))}"
    raise InputError(msg)


def transform_to_wgs84(crs: str, x: ArrayLike, y: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Turn coordinates of any named system into WGS84.

    Parameters
    ----------
    crs
        A Chinese system as in `to_wgs84`, or anything that pyproj knows, such as "EPSG:4547".
    x, y
        Longitude and latitude in degrees, or easting and northing in the unit of the system, in this order whatever
        the order of axes in its definition.

    Returns
    -------
    tuple of float64 arrays
        Longitude and latitude in degrees; inf where the projection has no such point.

    Raises
    ------
    InputError
        If the system is not known.
    """
    transform = to_wgs84(crs)
    if transform is not None:
        return transform(x, y)
    from pyproj import Transformer  # noqa: PLC0415 - loads a database, and few need it
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        projection = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError as problem:
        msg = f"--crs is {crs!r}, which is not known ({problem}); expected a code such as EPSG:4547."
        raise InputError(msg) from problem
    lon, lat = projection.transform(*_degrees(x, y))
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _inside_china(transform: _Formula, lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Apply a formula to the points inside the box of China and leave the others as they are."""
    lon, lat = _degrees(lon, lat)
    inside = (lon >= CHINA_LON[0]) & (lon <= CHINA_LON[1]) & (lat >= CHINA_LAT[0]) & (lat <= CHINA_LAT[1])
    new_lon, new_lat = lon.copy(), lat.copy()
    new_lon[inside], new_lat[inside] = transform(lon[inside], lat[inside])
    return new_lon, new_lat


def _gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    shift_lon, shift_lat = _shift(lon, lat)
    return lon + shift_lon, lat + shift_lat


def _bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURNS)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURNS)
    return radius * np.cos(angle) + _BAIDU_LON, radius * np.sin(angle) + _BAIDU_LAT


def _shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift from WGS84 to GCJ-02 at a WGS84 point, degrees."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = 0.2 * np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + root + wave
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + root / 2.0 + wave
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    flat = 1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _KRASOVSKY_AXIS_M * (1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED) / (flat * np.sqrt(flat))
    parallel_m = _KRASOVSKY_AXIS_M / np.sqrt(flat) * np.cos(phi)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _undo(forward: _Formula) -> _Formula:
    """Inverse of a formula: seek the points that it takes to the given ones."""

    def inverse(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
        found_lon, found_lat = lon, lat
        for _ in range(_MAX_STEPS):
            image_lon, image_lat = forward(found_lon, found_lat)
            miss_lon, miss_lat = lon - image_lon, lat - image_lat
            found_lon, found_lat = found_lon + miss_lon, found_lat + miss_lat
            if np.all((np.abs(miss_lon) <= _STEP_DEGREES) & (np.abs(miss_lat) <= _STEP_DEGREES)):
                break
        return found_lon, found_lat

    return inverse


_TO_WGS84: dict[str, Transform] = {
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
    "bd09ll": bd09_to_wgs84,
    "wgs84": _degrees,
    "epsg4326": _degrees,
    "4326": _degrees,
    "ogccrs84": _degrees,
    "crs84": _degrees,
}
