"""
Outlines of cities from GeoJSON, GeoPackage or Shapefile.

What a drawing program exports is often not what it says: no coordinate system, metres declared as degrees, Chinese map
coordinates in a format that is WGS84 by definition, rings that cross themselves. Each is reported with its feature,
counted from 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import conform, suggest
from megaregion.sources.coordinates import to_wgs84
from megaregion.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from megaregion.region.model import Region

MAX_AREA_CHANGE = 0.001
"""Share of its area that a repair may change; above it the outline is refused."""

NO_DEGREES = 1000.0
"""Coordinate above which a file said to be in degrees holds metres; a slip of the pen stays below."""

_ENDINGS = (".geojson", ".json", ".gpkg", ".shp")
_ID_FIELDS = ("city_id", "adcode", "name", "name_zh", "name_en")


def read_boundaries(
    path: Path | str,
    *,
    crs: str | None = None,
    id_field: str | None = None,
    region: Region | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> Reading:
    """
    Read outlines of cities into table `boundaries`, kind "user".

    Parameters
    ----------
    path
        A file ending in .geojson, .json, .gpkg or .shp.
    crs
        System of the coordinates, over what the file declares: gcj02, bd09, wgs84, or a code such as EPSG:4547.
        GeoJSON without a declaration is WGS84 (RFC 7946, section 4).
    id_field
        Field with the key or name of the city; by default the first of city_id, adcode, name, name_zh, name_en.
    region
        Region whose cities the outlines belong to; with it, keys and names are looked up there. Without it the field
        is the key as it stands.
    layer
        Layer of a GeoPackage; by default the only one.
    encoding
        Encoding of the fields of a Shapefile that does not state it.

    Raises
    ------
    InputError
        With all errors found in the file; only a file that cannot be opened, a layer or a `crs` that does not
        exist end the reading at once.
    """
    path = Path(path)
    notices = Notices()
    what = f"{path.name} could not be read as boundaries"
    shapes = _read(path, layer, encoding)
    if not len(shapes):
        notices.add("table_without_rows", "there is no feature; expected at least one.", file=path.name)
    field = _choose_field(path.name, [str(name) for name in shapes.columns if name != "geometry"], id_field, notices)
    labels = [_label(value) for value in shapes[field]] if field else [""] * len(shapes)
    places = [f"feature {number}" + f" ({label})" * bool(label) for number, label in enumerate(labels, start=1)]
    # each check passes over what an earlier one refused, so that one reading finds all that can be found
    areas = _check_kinds(shapes, places, labels, path.name, notices)
    shapes, placed = _in_wgs84(shapes, areas, places, crs, path.name, notices)
    outlines = _mend(shapes, areas, placed, places, labels, path.name, notices)
    city_ids = _match(labels, field, region, path.name, notices) if field else []
    notices.raise_errors(what)
    if region is not None:
        _check_centres(city_ids, outlines, region, path.name, notices)
    frame = pd.DataFrame({"city_id": city_ids, "kind": "user"}, index=range(len(city_ids)))
    frame["geometry"] = pd.Series([outline.wkb for outline in outlines], dtype="object")
    return Reading({"boundaries": conform("boundaries", frame)}, notices)


def _read(path: Path, layer: str | None, encoding: str | None) -> GeoDataFrame:
    import geopandas  # noqa: PLC0415 - slow to import
    import pyogrio  # noqa: PLC0415

    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    if path.suffix.casefold() not in _ENDINGS:
        accepted = ", ".join(_ENDINGS)
        msg = f"{path.name}: outlines cannot be read from '{path.suffix}'; expected a file ending in {accepted}."
        raise InputError(msg)
    with path.open("rb") as file:
        if not file.read(1024).strip():
            msg = f"{path.name}: file is empty; expected a polygon for each city. Export it again."
            raise InputError(msg)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if layer is None and len(layers) > 1:
            msg = f"{path.name}: has {len(layers)} layers: {', '.join(layers)}. Name one with --layer."
            raise InputError(msg)
        if layer is not None and layer not in layers:
            msg = f"{path.name}: there is no layer {layer!r}; it has {', '.join(layers)}.{suggest(layer, layers)}"
            raise InputError(msg)
        shapes = geopandas.read_file(path, layer=layer, encoding=encoding, engine="pyogrio")
    except pyogrio.errors.DataSourceError as problem:
        msg = f"{path.name}: cannot be read as shapes ({problem}). Export it again as GeoJSON or GeoPackage."
        raise InputError(msg) from problem
    except UnicodeDecodeError as problem:
        msg = f"{path.name}: fields are not in the stated encoding ({problem}). Pass --encoding gb18030 if they are."
        raise InputError(msg) from problem
    if not isinstance(shapes, geopandas.GeoDataFrame):
        msg = f"{path.name}: holds fields but no shapes; expected polygons."
        raise InputError(msg)
    return shapes


def _choose_field(file: str, fields: Sequence[str], id_field: str | None, notices: Notices) -> str:
    """Choose the field with the key or name of the city; "" where there is none, which is reported."""
    found = ", ".join(fields) or "no fields"
    if id_field is not None and id_field not in fields:
        message = f"there is no field {id_field!r}; it has {found}.{suggest(id_field, fields)}"
        fix = "name a field of the file with --id-field"
        notices.add("missing_column", message, file=file, field=id_field, fix=fix)
        return ""
    chosen = id_field or next((name for name in _ID_FIELDS if name in fields), "")
    if not chosen:
        message = (
            f"no field says which city a shape belongs to; found {found}, expected one of {', '.join(_ID_FIELDS)}."
        )
        notices.add("missing_column", message, file=file, fix="name the field with --id-field")
    return chosen


def _label(value: Any) -> str:
    """Key or name as text; a number without the fraction that a drawing program gave it."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _check_kinds(
    shapes: GeoDataFrame, places: Sequence[str], labels: Sequence[str], file: str, notices: Notices
) -> NDArray[np.bool_]:
    """(n_features,) bool: the feature is a polygon; others are reported."""
    areas = np.ones(len(shapes), dtype=bool)
    for at, shape in enumerate(shapes.geometry):
        if shape is None or shape.is_empty:
            areas[at] = False
            notices.add("shape_empty", f"{places[at]} has no shape; expected a polygon.", file=file, value=labels[at])
        elif shape.geom_type not in {"Polygon", "MultiPolygon"}:
            areas[at] = False
            message = f"{places[at]} is a {shape.geom_type}; expected Polygon or MultiPolygon."
            notices.add("shape_not_an_area", message, file=file, value=shape.geom_type)
    return areas


def _in_wgs84(
    shapes: GeoDataFrame, areas: NDArray[np.bool_], places: Sequence[str], crs: str | None, file: str, notices: Notices
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """
    Bring shapes to degrees of WGS84.

    Returns
    -------
    (n_features,) shapes without heights, and (n_features,) bool: it is in degrees of WGS84. What does not fit the
    declared system is reported and left as it is.
    """
    import shapely  # noqa: PLC0415
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    chinese = to_wgs84(crs) if crs else None
    drawn = shapely.force_2d(shapes.geometry.to_numpy())
    shapes = shapes.set_geometry(drawn, crs=shapes.crs)
    nowhere = np.zeros(len(shapes), dtype=bool)
    known = shapes.crs is not None and (shapes.crs.is_geographic or shapes.crs.is_projected)
    if chinese is not None and not known:
        shapes = shapes.set_crs("EPSG:4326", allow_override=True)
    elif crs and chinese is None:
        try:
            shapes = shapes.set_crs(crs, allow_override=True)
        except CRSError as problem:
            msg = f"--crs is {crs!r}, which is not known ({problem}); expected a code such as EPSG:4547."
            raise InputError(msg) from problem
    elif not known:
        notices.add(
            "shape_without_crs", "shapes have no coordinate system; expected one, to know where they lie.", file=file
        )
        return drawn, nowhere
    placed = _check_extent(shapes, areas, places, file, notices)
    moved = shapes[placed]
    if ":".join(shapes.crs.to_authority() or ()) not in {"EPSG:4326", "OGC:CRS84"}:
        moved = moved.to_crs("EPSG:4326")
    drawn[placed] = moved.geometry.to_numpy()
    if chinese is not None:
        drawn[placed] = shapely.transform(drawn[placed], chinese, interleaved=False)
    return drawn, placed


def _check_extent(
    shapes: GeoDataFrame, areas: NDArray[np.bool_], places: Sequence[str], file: str, notices: Notices
) -> NDArray[np.bool_]:
    """(n_features,) bool: a polygon whose coordinates fit the system of the shapes; others are reported."""
    import shapely  # noqa: PLC0415

    points, feature = shapely.get_coordinates(shapes.geometry.to_numpy()[areas], return_index=True)
    if not len(points):
        return areas
    x, y = points.T
    degrees = (x >= -180) & (x <= 360) & (y >= -90) & (y <= 90)  # also catches NaN
    name = ":".join(shapes.crs.to_authority() or (shapes.crs.name,))
    metres = not degrees.any() or np.abs(points[np.isfinite(points)]).max() > NO_DEGREES
    if (shapes.crs.is_geographic and metres) or (not shapes.crs.is_geographic and degrees.all()):
        found = f"x from {x.min():.6g} to {x.max():.6g} and y from {y.min():.6g} to {y.max():.6g}"
        unit = "degrees" if shapes.crs.is_geographic else "metres, and these look like degrees"
        message = f"coordinates run over {found}, but their system is {name}; expected {unit}."
        notices.add("shape_outside_crs", message, file=file, value=name)
        return np.zeros(len(shapes), dtype=bool)
    placed = areas.copy()
    if not shapes.crs.is_geographic:
        return placed
    for at, first in zip(*np.unique(feature[~degrees], return_index=True), strict=True):
        row = np.flatnonzero(areas)[at]
        placed[row] = False
        lon, lat = points[~degrees][first]
        message = (
            f"{places[row]} has a point at {lon:.6g} {lat:.6g}; expected longitudes from -180 to 360 and latitudes "
            "from -90 to 90."
        )
        fix = "correct the point; the other points are within range"
        notices.add("shape_outside_crs", message, file=file, value=f"{lon:.6g} {lat:.6g}", fix=fix)
    return placed


def _mend(
    shapes: NDArray[np.object_],
    areas: NDArray[np.bool_],
    placed: NDArray[np.bool_],
    places: Sequence[str],
    labels: Sequence[str],
    file: str,
    notices: Notices,
) -> list[Any]:
    """Make polygons valid and keep them within 180 degrees; repairs are reported with the change of area."""
    outlines = []
    for at in np.flatnonzero(areas).tolist():
        shape, place, label = shapes[at], places[at], labels[at]
        left, _, right, _ = shape.bounds
        if placed[at] and right - left > 180:
            message = f"{place} spans {right - left:.6g} degrees of longitude; expected less than 180."
            notices.add("shape_over_antimeridian", message, file=file, value=label)
        outline = shape if shape.is_valid else _repair(shape, place, label, file, notices)
        if placed[at] and outline.bounds and outline.bounds[2] > 180:
            outline = _cut(outline)
            message = f"{place} reaches {right:.6g} degrees east; expected at most 180. It was cut there."
            notices.add("shape_cut_at_antimeridian", message, file=file, value=label)
        outlines.append(outline)
    return outlines


def _repair(shape: Any, place: str, label: str, file: str, notices: Notices) -> Any:
    import shapely  # noqa: PLC0415

    reason = shapely.is_valid_reason(shape)
    repaired = _areas(shapely.make_valid(shape))
    # the change is a share of the larger of both, so that a bow tie, whose halves cancel, does not pass
    larger = max(repaired.area, shape.area)
    change = abs(repaired.area - shape.area) / larger if larger > 0 else 1.0
    message = f"{place} is not valid: {reason}; the repair changes its area by {change:.3%}"
    if change > MAX_AREA_CHANGE or repaired.is_empty:
        message += f", and at most {MAX_AREA_CHANGE:.1%} is accepted."
        notices.add("shape_beyond_repair", message, file=file, value=label)
    else:
        notices.add("shape_repaired", f"{message}.", file=file, value=label)
    return repaired


def _cut(outline: Any) -> Any:
    """Cut at 180 degrees east; what lies beyond moves to the west."""
    import shapely  # noqa: PLC0415

    west = shapely.intersection(outline, shapely.box(-180, -90, 180, 90))
    beyond = shapely.intersection(outline, shapely.box(180, -90, 540, 90))
    moved = shapely.transform(beyond, lambda points: points - np.array([360.0, 0.0]))
    return _areas(shapely.union(west, moved))


def _areas(shape: Any) -> Any:
    """Keep the polygons of a shape; lines and points that a repair left over have no area."""
    import shapely  # noqa: PLC0415

    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _match(labels: Sequence[str], field: str, region: Region | None, file: str, notices: Notices) -> list[str]:
    """Key of the city of every feature, "" where there is none."""
    city_ids: list[str] = []
    first: dict[str, int] = {}
    for number, label in enumerate(labels, start=1):
        city_id = label
        place = f"feature {number}: field '{field}'"
        if not label:
            message = f"{place} is blank; expected the key or name of a city."
            notices.add("missing_value", message, file=file, field=field)
        elif region is not None:
            try:
                city_id = str(region.city(label)["city_id"])
            except InputError as problem:
                city_id = ""
                message = f"{place} is '{label}': {problem}"
                notices.add("boundary_without_city", message, file=file, field=field, value=label)
        if city_id and city_id in first:
            message = (
                f"features {first[city_id]} and {number} are both of city '{city_id}'; expected one for each city."
            )
            fix = "join the shapes of a city into one MultiPolygon"
            notices.add("duplicate_key", message, file=file, field=field, value=label, fix=fix)
        first.setdefault(city_id, number)
        city_ids.append(city_id)
    return city_ids


def _check_centres(
    city_ids: Sequence[str], outlines: Sequence[Any], region: Region, file: str, notices: Notices
) -> None:
    import shapely  # noqa: PLC0415

    cities = region.table("cities")
    centres = {city.city_id: (city.lon, city.lat) for city in cities[["city_id", "lon", "lat"]].itertuples()}
    for number, (city_id, outline) in enumerate(zip(city_ids, outlines, strict=True), start=1):
        if city_id not in centres:
            continue
        lon, lat = centres[city_id]
        if not shapely.intersects_xy(outline, lon, lat):
            message = (
                f"feature {number}: the centre of city '{city_id}' at {lon:.5f} {lat:.5f} lies outside its boundary."
            )
            notices.add("centre_outside_boundary", message, file=file, value=city_id)
