"""Points from files of shapes: points as they are, polygons by a point inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError
from megaregion.region.schema import suggest
from megaregion.sources.coordinates import to_wgs84

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.notices import Notices

SHAPES = (".geojson", ".json", ".gpkg", ".shp")
"""Endings of files of shapes; GeoParquet ends in .parquet like any other."""

_POINTS, _AREAS = {"Point"}, {"Polygon", "MultiPolygon"}


@dataclass(frozen=True, slots=True)
class PointShapes:
    """
    Points of a file of shapes.

    Attributes
    ----------
    fields
        What the file says of them.
    lon, lat
        (n_points,) float64, degrees, WGS84; NaN where a shape cannot be used, which is reported.
    shapes
        (n_points,) polygons in degrees; None where the file holds points.
    """

    fields: pd.DataFrame
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    shapes: NDArray[np.object_] | None


def read_point_shapes(path: Path, *, crs: str | None, layer: str | None, notices: Notices) -> PointShapes:
    """
    Read points or polygons.

    Parameters
    ----------
    path
        A file ending in one of `SHAPES`, or GeoParquet.
    crs
        System of the coordinates, over what the file declares.
    layer
        Layer of a file that holds several.
    notices
        Collection that findings are added to.

    Raises
    ------
    InputError
        If the file cannot be opened, holds no shapes, or the layer or the system is not known.
    """
    import shapely  # noqa: PLC0415

    frame = _read(path, layer)
    if not len(frame):
        msg = f"{path.name}: holds no feature; expected at least one point or polygon."
        raise InputError(msg)
    drawn = shapely.force_2d(frame.geometry.to_numpy())
    kinds = np.array([None if shape is None else shape.geom_type for shape in drawn], dtype=object)
    usable = np.array([kind in _POINTS | _AREAS for kind in kinds]) & ~shapely.is_empty(drawn)
    for at in np.flatnonzero(~usable).tolist():
        if kinds[at] is None or shapely.is_empty(drawn[at]):
            notices.add("shape_empty", f"feature {at + 1} has no shape; expected a point or a polygon.", file=path.name)
        else:
            message = f"feature {at + 1} is a {kinds[at]}; expected Point, Polygon or MultiPolygon."
            notices.add("shape_not_a_place", message, file=path.name, value=kinds[at])
    lon, lat = np.full(len(drawn), np.nan), np.full(len(drawn), np.nan)
    placed = _in_wgs84(frame, drawn, usable, crs, path.name, notices)
    fields = frame.drop(columns=frame.geometry.name)
    if placed is None:
        return PointShapes(fields, lon, lat, None)
    areas = usable & np.isin(kinds, list(_AREAS))
    inside = np.where(areas, shapely.point_on_surface(placed), placed)
    lon[usable], lat[usable] = shapely.get_x(inside[usable]), shapely.get_y(inside[usable])
    for at in np.flatnonzero(usable & ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))).tolist():
        message = f"feature {at + 1} lies at {lon[at]:g} {lat[at]:g}, which are no degrees."
        notices.add("shape_outside_crs", message, file=path.name, value=f"{lon[at]:g} {lat[at]:g}")
    return PointShapes(fields, lon, lat, placed if areas.any() else None)


def _read(path: Path, layer: str | None) -> Any:
    import geopandas  # noqa: PLC0415 - slow to import
    import pyarrow as pa  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415

    try:
        if path.suffix.casefold() not in SHAPES:
            return geopandas.read_parquet(path)
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if layer is None and len(layers) > 1:
            msg = f"{path.name}: has {len(layers)} layers: {', '.join(layers)}. Name one with --layer."
            raise InputError(msg)
        if layer is not None and layer not in layers:
            msg = f"{path.name}: there is no layer {layer!r}; it has {', '.join(layers)}.{suggest(layer, layers)}"
            raise InputError(msg)
        shapes = geopandas.read_file(path, layer=layer, engine="pyogrio")
    except (pyogrio.errors.DataSourceError, pa.ArrowInvalid, ValueError) as problem:
        msg = f"{path.name}: cannot be read as shapes ({problem}). Export it again as GeoJSON or GeoPackage."
        raise InputError(msg) from problem
    if not isinstance(shapes, geopandas.GeoDataFrame):
        msg = f"{path.name}: holds fields but no shapes; expected points or polygons."
        raise InputError(msg)
    return shapes


def _in_wgs84(
    frame: Any,
    drawn: NDArray[np.object_],
    usable: NDArray[np.bool_],
    crs: str | None,
    file: str,
    notices: Notices,
) -> NDArray[np.object_] | None:
    """Bring shapes to degrees of WGS84; None where their system is not known, which is reported."""
    import geopandas  # noqa: PLC0415
    import shapely  # noqa: PLC0415
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    chinese = to_wgs84(crs) if crs else None
    if chinese is not None:
        return np.asarray(shapely.transform(drawn, chinese, interleaved=False))
    if not crs and frame.crs is None:
        message = "shapes have no coordinate system; expected one, to know where they lie."
        notices.add("shape_without_crs", message, file=file)
        return None
    try:
        series = geopandas.GeoSeries(drawn, crs=crs or frame.crs)
    except CRSError as problem:
        msg = f"--crs is {crs!r}, which is not known ({problem}); expected a code such as EPSG:4547."
        raise InputError(msg) from problem
    if series.crs.is_geographic and usable.any():
        left, bottom, right, top = shapely.total_bounds(drawn[usable])
        if max(abs(left), abs(right)) > 180 or max(abs(bottom), abs(top)) > 90:
            message = (
                f"coordinates reach from {left:.6g} {bottom:.6g} to {right:.6g} {top:.6g}; the file says that they are "
                f"degrees ({series.crs.name})."
            )
            notices.add("shape_outside_crs", message, file=file)
            return None
    return np.asarray(series.to_crs("EPSG:4326").to_numpy())
