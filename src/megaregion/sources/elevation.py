"""Heights from a raster, and what slopes do to the time of a walk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError, LimitError
from megaregion.extras import how_to_install

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

MAX_RASTER_BYTES = 2**30
"""Decoded size of the part of a raster that is read; above it the raster is refused before it is read."""

_CELLS_AROUND = 2


def tobler_effort(slope: F64) -> F64:
    """
    Find how much longer a walk takes than on the flat, by Tobler's hiking function.

    Parameters
    ----------
    slope
        Rise over run, dimensionless, positive uphill; NaN = not known.

    Returns
    -------
    Time over time on the flat, dimensionless; 1 where the slope is not known.

    References
    ----------
    Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA technical report 93-1: walking
    speed is 6 exp(-3.5 |slope + 0.05|) km/h, 5.04 km/h on the flat and fastest on a slope of -5 %.

    Examples
    --------
    >>> tobler_effort(np.array([0.0, 0.1, -0.05, np.nan])).round(3).tolist()
    [1.0, 1.419, 0.839, 1.0]
    """
    effort = np.exp(3.5 * (np.abs(np.asarray(slope, dtype=np.float64) + 0.05) - 0.05))
    return np.where(np.isnan(effort), 1.0, effort)


def sample_elevation(path: Path | str, lon: F64, lat: F64) -> F64:
    """
    Read heights at points, interpolated between the four cells around each.

    Parameters
    ----------
    path
        A raster with heights in metres in its first band, such as a GeoTIFF.
    lon, lat
        (n_points,) degrees, WGS84.

    Returns
    -------
    (n_points,) float64, metres; NaN outside the raster and where one of the four cells holds no data.

    Raises
    ------
    InputError
        If rasterio is not installed, the file is not a raster or has no coordinate system.
    LimitError
        If the part that is needed would fill more than 1 GiB.
    """
    path = Path(path)
    try:
        import rasterio  # noqa: PLC0415 - an extra
        from rasterio.errors import RasterioError, RasterioIOError  # noqa: PLC0415
        from rasterio.windows import Window  # noqa: PLC0415
    except ImportError as problem:
        msg = (
            f"{path.name}: heights are read with rasterio, which is not installed. {how_to_install('elevation')}, or "
            "go without heights: `import network --no-elevation`, `import osm` without --elevation."
        )
        raise InputError(msg) from problem
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    try:
        with rasterio.open(path) as raster:
            column, row = _cells(path.name, raster, lon, lat)
            inside = (column > -0.5) & (row > -0.5) & (column < raster.width - 0.5) & (row < raster.height - 0.5)
            if not inside.any():
                return np.full(len(lon), np.nan)
            left = max(int(column[inside].min()) - _CELLS_AROUND, 0)
            top = max(int(row[inside].min()) - _CELLS_AROUND, 0)
            right = min(int(column[inside].max()) + _CELLS_AROUND + 1, raster.width)
            bottom = min(int(row[inside].max()) + _CELLS_AROUND + 1, raster.height)
            needed = (right - left) * (bottom - top) * 8
            if needed > MAX_RASTER_BYTES:
                msg = (
                    f"{path.name}: {needed / 2**30:.2f} GiB decoded; at most {MAX_RASTER_BYTES / 2**30:g} GiB are "
                    "accepted. Cut the raster to the streets, or make its cells larger."
                )
                raise LimitError(msg)
            band = raster.read(1, window=Window(left, top, right - left, bottom - top), masked=True)
            height = np.ma.filled(band.astype(np.float64), np.nan)
    except (RasterioError, RasterioIOError) as problem:
        msg = f"{path.name}: cannot be read as a raster ({problem}). Give a GeoTIFF with heights in metres."
        raise InputError(msg) from problem
    sampled = _between(height, column - left, row - top)
    return np.where(inside, sampled, np.nan)


def _cells(name: str, raster: Any, lon: F64, lat: F64) -> tuple[F64, F64]:
    """Column and row of points, where whole numbers are the middles of cells."""
    from pyproj import Transformer  # noqa: PLC0415

    if raster.crs is None:
        msg = f"{name}: the raster has no coordinate system. Save it again with one, such as EPSG:4326."
        raise InputError(msg)
    project = Transformer.from_crs("EPSG:4326", raster.crs.to_wkt(), always_xy=True)
    x, y = (np.asarray(axis) for axis in project.transform(lon, lat))
    back = ~raster.transform
    return back.a * x + back.b * y + back.c - 0.5, back.d * x + back.e * y + back.f - 0.5


def _between(height: F64, column: F64, row: F64) -> F64:
    """Interpolate between four cells; points in the outer half of the outer cells take the height of these."""
    column = np.clip(column, 0, height.shape[1] - 1)
    row = np.clip(row, 0, height.shape[0] - 1)
    left = np.minimum(column.astype(np.int64), max(height.shape[1] - 2, 0))
    top = np.minimum(row.astype(np.int64), max(height.shape[0] - 2, 0))
    right, bottom = np.minimum(left + 1, height.shape[1] - 1), np.minimum(top + 1, height.shape[0] - 1)
    x, y = column - left, row - top
    above = height[top, left] * (1 - x) + height[top, right] * x
    below = height[bottom, left] * (1 - x) + height[bottom, right] * x
    return np.asarray(above * (1 - y) + below * y, dtype=np.float64)
