"""
Points that journeys begin and end at, from a file: a table with longitude and latitude, or shapes.

Tables are read as r5r and r5py users write them: columns id, lon and lat in any order, and whatever else is known of
the points, such as people and jobs. Polygons stand for a point inside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.points import Points
from megaregion.region.schema import Field, suggest
from megaregion.sources.cells import read_cells
from megaregion.sources.coordinates import transform_to_wgs84
from megaregion.sources.delimited import read_delimited
from megaregion.sources.point_shapes import SHAPES, read_point_shapes
from megaregion.sources.tables import check_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

_NAMES = {
    "id": ("id", "point_id", "stop_id", "cell_id", "hex_id", "h3_address", "geoid"),
    "lon": ("lon", "longitude", "lng", "long", "x", "stop_lon"),
    "lat": ("lat", "latitude", "y", "stop_lat"),
}
_OTHER_DELIMITERS = ";\t|"
_DELIMITERS = {".csv": ",", ".txt": ",", ".tsv": "\t", ".tab": "\t"}
_PARQUET = (".parquet", ".pq", ".geoparquet")


@dataclass(frozen=True, slots=True)
class PointReading:
    """
    Points of a file, and what else it says about them.

    Attributes
    ----------
    points
        The points, in the order of the file.
    columns
        One row a point: `id`, and the other columns of the file; numbers where every cell is one, else text.
    shapes
        (n_points,) shapes in degrees where the file has polygons, for maps; else None.
    lines
        (n_points,) line of each point in its file, or number of its feature, from 1.
    notices
        Warnings about the data.
    """

    points: Points
    columns: pd.DataFrame
    lines: NDArray[np.int64]
    shapes: NDArray[np.object_] | None = None
    notices: Notices = field(default_factory=Notices)


def read_points(
    path: Path | str,
    *,
    crs: str | None = None,
    id_field: str | None = None,
    layer: str | None = None,
    encoding: str = "utf-8",
) -> PointReading:
    """
    Read points, or polygons by a point inside each.

    Parameters
    ----------
    path
        A table ending in .csv, .tsv, .txt or .parquet with columns for id (id, point_id, ...), longitude (lon,
        longitude, x, ...) and latitude (lat, latitude, y, ...), whatever the case of their letters; or shapes ending
        in .geojson, .json, .gpkg, .shp or .parquet (GeoParquet) with a field for the id.
    crs
        System of the coordinates, over what the file declares: gcj02, bd09, wgs84, or a code such as EPSG:4547. Tables
        and GeoJSON are WGS84 where nothing is given.
    id_field
        Column that holds the id.
    layer
        Layer of a file that holds several.
    encoding
        Encoding of text.

    Raises
    ------
    InputError
        With all errors found in the file: columns that are missing, coordinates that are no degrees or look swapped,
        ids that stand twice.
    """
    path = Path(path)
    if path.is_dir():
        msg = f"{path} is a folder; expected a file of points, such as points.csv in it."
        raise InputError(msg)
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    ending = path.suffix.casefold()
    notices = Notices()
    shapes: NDArray[np.object_] | None = None
    if ending in SHAPES or (ending in _PARQUET and _is_geo(path)):
        read = read_point_shapes(path, crs=crs, layer=layer, notices=notices)
        frame, lon, lat, shapes = read.fields, read.lon, read.lat, read.shapes
        lines = np.arange(1, len(frame) + 1)
        ids = _ids(frame, _column(frame, "id", id_field, path.name, notices))
    elif ending in _DELIMITERS or ending in _PARQUET:
        frame, lines = _read_table(path, ending, encoding, notices)
        found = {name: _column(frame, name, id_field, path.name, notices) for name in _NAMES}
        notices.raise_errors(f"{path.name} could not be read as points")
        lon, lat = (_numbers(frame[found[name]], name, path.name, lines, notices) for name in ("lon", "lat"))
        if crs is not None:
            lon, lat = transform_to_wgs84(crs, lon, lat)
        _check_degrees(lon, lat, path.name, lines, crs, notices)
        ids = _ids(frame, found["id"])
        frame = frame.drop(columns=[found["lon"], found["lat"]])
    else:
        accepted = ", ".join([*_DELIMITERS, *SHAPES, *_PARQUET[:1]])
        msg = f"{path.name}: points cannot be read from a file ending in '{ending}'; expected {accepted}."
        raise InputError(msg)
    _check_ids(ids, path.name, lines, notices)
    notices.extend(check_points(pd.DataFrame({"lon": lon, "lat": lat}), file=path.name, lines=lines))
    notices.raise_errors(f"{path.name} could not be read as points")
    if not len(ids):
        msg = f"{path.name}: there is no point; expected at least one row below the header."
        raise InputError(msg)
    own = _column(frame, "id", id_field, path.name, Notices())
    columns = pd.DataFrame({"id": pd.Series(ids, dtype="str")})
    columns = columns.assign(**{str(name): _typed(frame[name]) for name in frame if name not in {own, "id"}})
    return PointReading(Points(tuple(ids), lon, lat), columns, lines, shapes, notices)


def _is_geo(path: Path) -> bool:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return b"geo" in (pq.read_schema(path).metadata or {})
    except pa.ArrowInvalid as problem:
        msg = f"{path.name}: is no Parquet file, or damaged ({problem}). Write it again."
        raise InputError(msg) from problem


def _read_table(path: Path, ending: str, encoding: str, notices: Notices) -> tuple[pd.DataFrame, I64]:
    if ending in _PARQUET:
        frame = pd.read_parquet(path)
        return frame, np.arange(1, len(frame) + 1)
    expected = [names[0] for names in _NAMES.values()]
    text = read_delimited(
        path, file=path.name, notices=notices, encoding=encoding, delimiter=_DELIMITERS[ending], expected=expected
    )
    labels = [str(label) for label in text.frame]
    if len(labels) == 1 and any(mark in labels[0] for mark in _OTHER_DELIMITERS):
        mark = next(mark for mark in _OTHER_DELIMITERS if mark in labels[0])
        written = {"\t": "tabs"}.get(mark, f"'{mark}'")
        msg = (
            f"{path.name} line 1: no column 'id', 'lon' or 'lat'; found {labels[0]!r}, which looks like several "
            f"columns separated by {written}. Save it again with commas between cells and points as decimal signs."
        )
        raise InputError(msg)
    notices.raise_errors(f"{path.name} could not be read as points")
    return text.frame, text.lines


def _column(frame: pd.DataFrame, name: str, id_field: str | None, file: str, notices: Notices) -> str:
    """Find the column that holds the id, the longitude or the latitude; "" where there is none, which is reported."""
    labels = [str(label) for label in frame]
    if name == "id" and id_field is not None:
        if id_field in labels:
            return id_field
        message = f"there is no column {id_field!r}; found {', '.join(labels)}.{suggest(id_field, labels)}"
        notices.add("missing_column", message, file=file, line=1, field=id_field)
        return ""
    folded = {label.casefold(): label for label in reversed(labels)}
    chosen = next((folded[option] for option in _NAMES[name] if option in folded), "")
    if not chosen:
        found = ", ".join(labels) or "none"
        message = f"no column '{name}'; found {found}; expected one of {', '.join(_NAMES[name])}."
        fix = "name it with --id-field" if name == "id" else "add the column or rename the one that holds it"
        notices.add("missing_column", message, file=file, line=1, field=name, fix=fix)
    return chosen


def _ids(frame: pd.DataFrame, column: str) -> list[str]:
    if not column:
        return []
    values = frame[column]
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        # drawing programs write whole numbers with a fraction
        values = values.astype("Int64")
    return values.astype("str").fillna("").str.strip().tolist()


def _numbers(cells: pd.Series, name: str, file: str, lines: I64, notices: Notices) -> F64:
    expected = Field(
        name=name,
        type="number",
        unit="",
        required=True,
        key=False,
        minimum=-np.inf,
        maximum=np.inf,
        choices=(),
        refers_to="",
        description="",
    )
    text = cells.astype("str").fillna("")
    values, wrong = read_cells(expected, text, file=file, lines=lines, notices=notices)
    for row in np.flatnonzero(values.isna().to_numpy() & ~wrong):
        message = f"field '{cells.name}' is blank; expected a number."
        notices.add("missing_value", message, file=file, line=int(lines[row]), field=str(cells.name))
    return values.to_numpy(np.float64)


def _check_degrees(lon: F64, lat: F64, file: str, lines: I64, crs: str | None, notices: Notices) -> None:
    for row in np.flatnonzero((np.abs(lon) > 180) | (np.abs(lat) > 90)):
        found = f"longitude {lon[row]:g} and latitude {lat[row]:g}"
        if abs(lat[row]) <= 180 and abs(lon[row]) <= 90:
            message = f"{found}: latitudes lie between -90 and 90; the columns look swapped."
            fix = "exchange the names of the two columns"
        elif crs is None:
            message = f"{found} are no degrees; expected -180 to 180 and -90 to 90 (WGS84)."
            fix = "pass --crs with the code of the projection, such as EPSG:4547"
        else:
            message = f"{found} after conversion from {crs}; expected -180 to 180 and -90 to 90."
            fix = "pass --crs with the system that the coordinates are really in"
        notices.add("out_of_range", message, file=file, line=int(lines[row]), field="lat", value=lat[row], fix=fix)


def _check_ids(ids: Sequence[str], file: str, lines: I64, notices: Notices) -> None:
    first: dict[str, int] = {}
    for key, line in zip(ids, lines.tolist(), strict=False):
        if not key:
            notices.add("missing_value", "the id is blank; expected a key.", file=file, line=line, field="id")
        elif key in first:
            message = f"id '{key}' stands on line {first[key]} and again on line {line}; expected each point once."
            notices.add("duplicate_key", message, file=file, line=line, field="id", value=key)
        first.setdefault(key, line)


def _typed(column: pd.Series) -> Any:
    """Numbers where every cell that is not blank is one, else text."""
    if not pd.api.types.is_string_dtype(column):
        return column.to_numpy()
    filled = column.fillna("").str.strip()
    numbers = pd.to_numeric(filled.mask(filled == ""), errors="coerce")
    if len(filled) and numbers.notna().any() and (numbers.notna() | (filled == "")).all():
        return numbers.to_numpy(np.float64)
    return column.to_numpy()
