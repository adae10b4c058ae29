"""Grids of cells, squares or hexagons, with a point in the middle of each and its outline for maps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from megaregion.errors import InputError, LimitError
from megaregion.extras import how_to_install
from megaregion.region.points import Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

MAX_CELLS = 5_000_000
"""Cells of one grid; above it the grid is refused before it fills the memory."""

_EDGE_POINTS = 25  # sides of the bounds bend on the plane


@dataclass(frozen=True, slots=True)
class Grid:
    """
    Cells of a grid.

    Attributes
    ----------
    points
        The middle of each cell; its id is that of the cell.
    shapes
        (n_cells,) polygons in degrees, WGS84.
    """

    points: Points
    shapes: NDArray[np.object_] = field(repr=False)


def square_grid(
    bounds: tuple[float, float, float, float], size_m: float, *, within: BaseGeometry | None = None
) -> Grid:
    """
    Lay squares of equal area over a box of degrees.

    Squares stand on Lambert's azimuthal equal-area projection about the middle of the box; their ids are
    `r<row>c<column>`, counted from the south-west.

    Parameters
    ----------
    bounds
        West, south, east and north, degrees.
    size_m
        Side of a cell, m.
    within
        Keep only cells whose middle lies in this polygon, degrees; by default all whose middle lies in the box.

    Raises
    ------
    InputError
        If the box is empty or the size not above 0.
    LimitError
        If there would be more than `MAX_CELLS` cells.

    Examples
    --------
    >>> grid = square_grid((121.0, 31.0, 121.1, 31.1), 2500)
    >>> len(grid.points), grid.points.ids[0]
    (16, 'r0c0')
    """
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        msg = f"bounds are {bounds}; expected west < east and south < north in degrees."
        raise InputError(msg)
    if not 0 < size_m < np.inf:
        msg = f"size_m is {size_m!r}; expected metres above 0, such as 500."
        raise InputError(msg)
    middle = f"+lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f}"
    plane = pyproj.CRS.from_proj4(f"+proj=laea {middle} +datum=WGS84 +units=m")
    forward = pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    left, bottom, right, top = forward.transform_bounds(west, south, east, north, densify_pts=_EDGE_POINTS)
    columns, rows = (max(round((far - near) / size_m), 1) for near, far in ((left, right), (bottom, top)))
    if columns * rows > MAX_CELLS:
        msg = f"{columns} x {rows} cells of {size_m:g} m; at most {MAX_CELLS} are accepted. Take larger cells."
        raise LimitError(msg)
    row, column = (each.ravel() for each in np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"))
    x, y = left + column * size_m, bottom + row * size_m
    back = pyproj.Transformer.from_crs(plane, "EPSG:4326", always_xy=True)
    lon, lat = back.transform(x + size_m / 2, y + size_m / 2)
    if within is None:
        keep = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    else:
        shapely.prepare(within)
        keep = shapely.contains_xy(within, lon, lat)
    corners = np.stack([np.stack([x + dx * size_m, y + dy * size_m], -1)[keep] for dx, dy in _CORNERS], axis=1)
    degrees = np.stack(back.transform(corners[..., 0], corners[..., 1]), axis=-1)
    ids = tuple(f"r{r}c{c}" for r, c in zip(row[keep].tolist(), column[keep].tolist(), strict=True))
    return Grid(Points(ids, lon[keep], lat[keep]), np.asarray(shapely.polygons(degrees)))


_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))


def h3_grid(polygon: BaseGeometry, resolution: int) -> Grid:
    """
    Cover a polygon with the hexagons of H3 whose middle lies in it.

    Parameters
    ----------
    polygon
        Polygon or multipolygon, degrees.
    resolution
        0 to 15; the hexagons of 8 are 0.7 km2 large on average, those of 9 a seventh of that.

    Raises
    ------
    InputError
        If the library h3 is not installed, the resolution is out of range or no hexagon has its middle in the polygon.
    LimitError
        If there would be more than `MAX_CELLS` cells.
    """
    h3 = _h3()
    if not (isinstance(resolution, int) and 0 <= resolution <= 15):
        msg = f"resolution is {resolution!r}; expected a whole number from 0 to 15."
        raise InputError(msg)
    area_m2 = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(polygon)[0])
    expected = area_m2 / h3.average_hexagon_area(resolution, unit="m^2")
    if expected > MAX_CELLS:
        msg = f"about {expected:.0f} hexagons of resolution {resolution}; at most {MAX_CELLS} are accepted."
        raise LimitError(msg)
    ids = sorted(h3.geo_to_cells(polygon, resolution))
    if not ids:
        msg = f"no hexagon of resolution {resolution} has its middle in the polygon; take a higher resolution."
        raise InputError(msg)
    return h3_cells(ids)


def h3_cells(ids: Sequence[str]) -> Grid:
    """
    Give the hexagons of H3 by their ids, as for points of a file whose ids are hexagons.

    Raises
    ------
    InputError
        If the library h3 is not installed or an id is no hexagon.
    """
    h3 = _h3()
    wrong = [each for each in ids if not h3.is_valid_cell(each)]
    if wrong:
        msg = f"{len(wrong)} of {len(ids)} ids are no cells of H3, the first is {wrong[0]!r}; expected ids of hexagons."
        raise InputError(msg)
    centres = np.array([h3.cell_to_latlng(each) for each in ids]).reshape(-1, 2)
    shapes = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(each)]) for each in ids]
    return Grid(Points(tuple(ids), centres[:, 1], centres[:, 0]), np.array(shapes, dtype=object))


def _h3() -> Any:
    try:
        import h3  # noqa: PLC0415 - an extra
    except ImportError as problem:
        msg = f"hexagons need the library h3, which is not installed. {how_to_install('grids')}, or take square_grid."
        raise InputError(msg) from problem
    return h3
