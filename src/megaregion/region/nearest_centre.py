"""
Areas around city centres where no official boundaries are at hand: every place belongs to the nearest centre.

Such cells are not administrative boundaries; tables carry them as `kind = nearest_centre` and maps label them so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from megaregion.errors import InputError
from megaregion.region import schema as schemas

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

REACH_M = 90_000.0
"""Farthest a cell reaches from its centre. Where a region ends there is no next centre, so a cell would run on to the
edge of the map; about half the distance between neighbouring prefecture seats in the plains, rounded up."""

_MIN_APART_M = 1.0
"""Two centres closer than this are the same point and have no border between them."""

_STRAIGHT_M = 200_000.0
"""Longest line between two corners of a cell; drawn straight in degrees it is off by less than 400 m."""

_ROUND_DEGREES = 1e-4
"""About 10 m: far below what a nearest-centre border means, and it keeps the shapes small."""


def land_of(base_map: pd.DataFrame) -> BaseGeometry:
    """Union of the `land` features of table `base_map`, WGS84; empty if there are none."""
    shapes = base_map.loc[base_map["layer"] == "land", "geometry"]
    return shapely.union_all(shapely.from_wkb(shapes.to_numpy(dtype=object)))


def nearest_centre_cells(cities: pd.DataFrame, land: BaseGeometry, *, reach_m: float = REACH_M) -> pd.DataFrame:
    """
    Cut land into the cells of the nearest city centre.

    Distances are measured in an azimuthal equidistant projection about the middle of the centres (wrong by less than
    0.3 % between any two places of a region 1,000 km across).

    Parameters
    ----------
    cities
        Table `cities`: city_id, lon, lat in WGS84 degrees.
    land
        Polygon or multipolygon in WGS84 degrees; cells are clipped to it.
    reach_m
        Farthest that a cell reaches from its centre, metres.

    Returns
    -------
    Table `boundaries`, one row a city whose cell holds land, in the order of `cities`, kind `nearest_centre`.

    Raises
    ------
    InputError
        If two centres are the same point, there are fewer than two, or `reach_m` is not above 0.
    """
    if not reach_m > 0:
        msg = (
            f"nearest-centre cells: reach_m is {reach_m!r}; expected a number of metres above 0, such as {REACH_M:.0f}."
        )
        raise InputError(msg)
    if len(cities) < 2:
        msg = f"nearest-centre cells: table 'cities' has {len(cities)} rows; expected at least two centres."
        raise InputError(msg)
    lon, lat = cities["lon"].to_numpy(dtype="float64"), cities["lat"].to_numpy(dtype="float64")
    plane = pyproj.CRS.from_proj4(f"+proj=aeqd +lat_0={lat.mean():.6f} +lon_0={lon.mean():.6f} +datum=WGS84 +units=m")
    forward = pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    points = np.column_stack(forward.transform(lon, lat))
    _refuse_same_place(cities, points)
    land_m = shapely.make_valid(shapely.transform(land, _moved(forward)))
    centres = shapely.points(points)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=land_m, ordered=True))
    discs = shapely.buffer(centres, reach_m, quad_segs=16)
    # a straight border is bent in degrees: 5 km off in the midst of one of 750 km
    areas = shapely.segmentize(shapely.intersection(shapely.intersection(cells, discs), land_m), _STRAIGHT_M)
    back = pyproj.Transformer.from_crs(plane, "EPSG:4326", always_xy=True)
    shapes = [_polygons(shapely.set_precision(shapely.transform(area, _moved(back)), _ROUND_DEGREES)) for area in areas]
    rows = [
        {"city_id": city, "kind": "nearest_centre", "geometry": shapely.to_wkb(shape)}
        for city, shape in zip(cities["city_id"], shapes, strict=True)
        if not shape.is_empty
    ]
    return schemas.conform("boundaries", pd.DataFrame(rows, columns=["city_id", "kind", "geometry"]))


def _refuse_same_place(cities: pd.DataFrame, points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    tree = shapely.STRtree(shapely.points(points))
    left, right = tree.query(shapely.points(points), predicate="dwithin", distance=_MIN_APART_M)
    for i, j in zip(left, right, strict=True):
        if i < j:
            first, second = cities["city_id"].iloc[[i, j]]
            msg = (
                f"table 'cities': the centres of {first!r} and {second!r} are the same point "
                f"({cities['lon'].iloc[i]}, {cities['lat'].iloc[i]}); expected one point a city. Correct one of them."
            )
            raise InputError(msg)


def _moved(transformer: pyproj.Transformer):  # type: ignore[no-untyped-def]  # noqa: ANN202
    def move(
        xy: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return move


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Areas of a shape; the points and lines where a cell only touches land are left out."""
    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]
    return areas[0] if len(areas) == 1 else shapely.multipolygons(areas)
