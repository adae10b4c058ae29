"""Stations: where they lie, and the city that each belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from megaregion.region.sphere import arc_m, unit_vectors_m
from megaregion.sources.rail_calls import find_column, read_any_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.notices import Notices

    F64 = NDArray[np.float64]

Coordinates = Literal["wgs84", "gcj02"]

COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("station", "station_name", "name", "sname", "站名", "车站"),
    "name_en": ("name_en", "pinyin"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "city_id": ("city_id", "adcode", "city", "city_zh", "cname", "city_name", "城市"),
}
"""Names under which each column of a station file is accepted; the first is the one we write."""

DEFAULT_DISTANCE_KM = 60.0
"""A station farther than this from every city centre is outside the region."""


def read_stations(
    source: Path | str | pd.DataFrame,
    *,
    coordinates: Coordinates = "wgs84",
    encoding: str = "utf-8",
    notices: Notices,
) -> pd.DataFrame:
    """
    Read a station file.

    Parameters
    ----------
    source
        CSV file (`.gz` too), or a frame, with the columns of `COLUMN_NAMES`; name_en and city_id may be absent.
    coordinates
        "wgs84", or "gcj02" as Chinese web maps give them; the latter are converted.
    encoding
        Encoding of the text.
    notices
        Collection that findings are added to.

    Returns
    -------
    Frame indexed by station name: name_en (str), lon, lat (float64, degrees WGS84, NaN = not known), city_id (str).

    Raises
    ------
    InputError
        If a column is missing or a position cannot be one.
    """
    file, frame, lines = _as_text(source, encoding, notices, expected=("station", "lon", "lat"))
    columns = {name: column for name, names in COLUMN_NAMES.items() if (column := find_column(frame, names))}
    for name in ("name", "lon", "lat"):
        if name not in columns:
            message = (
                f"column '{COLUMN_NAMES[name][0]}' is missing; found {', '.join(map(str, frame.columns))}. "
                f"Accepted names: {', '.join(COLUMN_NAMES[name])}."
            )
            notices.add("station_missing_column", message, file=file, line=1, field=COLUMN_NAMES[name][0])
    notices.raise_errors(f"reading {file}")

    lon = _degrees(frame[columns["lon"]], 180.0, columns["lon"], file, lines, notices)
    lat = _degrees(frame[columns["lat"]], 90.0, columns["lat"], file, lines, notices)
    notices.raise_errors(f"reading {file}")
    half = np.isnan(lon) | np.isnan(lat)
    lon[half], lat[half] = np.nan, np.nan
    if coordinates == "gcj02":
        from megaregion.sources.coordinates import gcj02_to_wgs84  # noqa: PLC0415 - only where a file asks for it

        lon, lat = gcj02_to_wgs84(lon, lat)

    def text(name: str) -> pd.Series:
        return frame[columns[name]].str.strip() if name in columns else pd.Series("", index=frame.index, dtype="str")

    stations = pd.DataFrame(
        {
            "name": text("name"),
            "name_en": text("name_en"),
            "lon": lon,
            "lat": lat,
            "city_id": text("city_id"),
            "line": lines,
        }
    )
    _report_twice(stations, file, notices)
    return stations.drop_duplicates("name").set_index("name").drop(columns="line")


def read_city_of(
    source: Mapping[str, str] | Path | str | pd.DataFrame, *, encoding: str = "utf-8", notices: Notices
) -> pd.Series:
    """
    Read which city each station belongs to: a mapping, or a file or frame with columns station and city.

    Returns
    -------
    Series of str (the city's id or name), indexed by station name.

    Raises
    ------
    InputError
        If a column is missing.
    """
    if isinstance(source, Mapping):
        return pd.Series(dict(source), dtype="str")
    file, frame, _ = _as_text(source, encoding, notices, expected=("station", "city"))
    columns = {name: find_column(frame, COLUMN_NAMES[name]) for name in ("name", "city_id")}
    for name, column in columns.items():
        if column is None:
            message = (
                f"column '{name}' is missing; found {', '.join(map(str, frame.columns))}. "
                f"Accepted names: {', '.join(COLUMN_NAMES[name])}."
            )
            notices.add("station_missing_column", message, file=file, line=1, field=name)
    notices.raise_errors(f"reading {file}")
    pairs = frame.drop_duplicates(str(columns["name"]))
    return pairs.set_index(str(columns["name"]))[str(columns["city_id"])].str.strip()


def assign_cities(
    stops: pd.DataFrame,
    cities: pd.DataFrame,
    boundaries: pd.DataFrame | None = None,
    *,
    max_distance_km: float = DEFAULT_DISTANCE_KM,
    known: pd.DataFrame | None = None,
) -> tuple[pd.Series, pd.Series]:
    """
    Find the city that each stop belongs to.

    The rules, first that applies: the stop's city_id is a city of the region; the stop lies in an official outline of
    a city, or one that the user gave; its city_id is the name of one city (with or without 市); the region knew its
    city before; no city is named and it lies in the cell of the nearest centre, or the nearest centre lies within
    `max_distance_km`. A stop outside an official outline is not put into that city for being near. A stop of no city
    keeps the text it has, so that it still changes within its own city.

    Parameters
    ----------
    stops
        Rows of table `stops`.
    cities
        Table `cities`.
    boundaries
        Table `boundaries`, or None.
    max_distance_km
        Great-circle distance from a city centre beyond which a stop is outside the region.
    known
        Table `stops` as the region had it before: a stop that is read again without its city keeps the one it had.

    Returns
    -------
    city_id
        str, on the index of `stops`; "" = outside, with no text of its own.
    how
        str: given, boundary, name, known, nearest or outside.
    """
    text = stops["city_id"].fillna("").astype("str").to_numpy(dtype=object, copy=True)
    ids = cities["city_id"].to_numpy(dtype=object)
    lon, lat = stops["lon"].to_numpy(dtype=float), stops["lat"].to_numpy(dtype=float)
    found = np.full(len(stops), -1)
    how = np.full(len(stops), "outside", dtype=object)

    def settle(positions: NDArray[np.int64], rule: str) -> None:
        new = (found < 0) & (positions >= 0)
        found[new], how[new] = positions[new], rule

    settle(pd.Index(ids).get_indexer(pd.Index(text)), "given")
    cells = None if boundaries is None else boundaries["kind"] == "nearest_centre"
    outlines = None if boundaries is None or cells is None else boundaries[~cells]
    if outlines is not None and len(outlines):
        settle(_containing(lon, lat, outlines, ids), "boundary")
    names = cities["name"].str.removesuffix("市")
    unique = ~names.duplicated(keep=False).to_numpy()
    by_name = pd.Index(names[unique].to_numpy(dtype=object)).get_indexer(pd.Index([t.removesuffix("市") for t in text]))
    settle(np.where(by_name >= 0, np.flatnonzero(unique)[by_name], -1) if unique.any() else by_name, "name")
    if known is not None and len(known):
        before = known.drop_duplicates("stop_id").set_index("stop_id")["city_id"].reindex(stops["stop_id"])
        settle(pd.Index(ids).get_indexer(pd.Index(before.fillna("").to_numpy(dtype=object))), "known")
    if boundaries is not None and cells is not None and cells.any():
        settle(np.where(text == "", _containing(lon, lat, boundaries[cells], ids), -1), "boundary")
    nearest = _nearest(lon, lat, cities, max_distance_km)
    if outlines is not None and len(outlines):
        believed = np.isin(ids, outlines["city_id"].to_numpy(dtype=object))
        nearest = np.where(believed[nearest] & (nearest >= 0), -1, nearest)
    settle(np.where(text == "", nearest, -1), "nearest")
    city = np.where(found >= 0, ids[found] if len(ids) else "", text)
    return pd.Series(city, index=stops.index, dtype="str"), pd.Series(how, index=stops.index, dtype="str")


def _containing(lon: F64, lat: F64, boundaries: pd.DataFrame, ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position in `ids` of the outline that each point lies in, -1 = none; the first where outlines overlap."""
    import shapely  # noqa: PLC0415 - loads geometry only where there are outlines

    outlines = shapely.from_wkb(boundaries["geometry"].to_numpy(dtype=object))
    known = np.flatnonzero(~np.isnan(lon) & ~np.isnan(lat))
    point, outline = shapely.STRtree(outlines).query(shapely.points(lon[known], lat[known]), predicate="intersects")
    position = np.full(len(lon), len(ids))
    city = pd.Index(ids).get_indexer(pd.Index(boundaries["city_id"]))[outline]
    inside = city >= 0
    np.minimum.at(position, known[point[inside]], city[inside])
    return np.where(position == len(ids), -1, position)


def _nearest(lon: F64, lat: F64, cities: pd.DataFrame, max_distance_km: float) -> NDArray[np.int64]:
    """Position of the nearest city centre within the limit, -1 = none."""
    from scipy.spatial import KDTree  # noqa: PLC0415 - loads scipy only here

    position = np.full(len(lon), -1)
    known = np.flatnonzero(~np.isnan(lon) & ~np.isnan(lat))
    if not len(known) or not len(cities):
        return position
    centres = unit_vectors_m(cities["lon"].to_numpy(dtype=float), cities["lat"].to_numpy(dtype=float))
    chord, nearest = KDTree(centres).query(unit_vectors_m(lon[known], lat[known]))
    position[known] = np.where(arc_m(chord) <= max_distance_km * 1000, nearest, -1)
    return position


def _as_text(
    source: Path | str | pd.DataFrame, encoding: str, notices: Notices, *, expected: tuple[str, ...]
) -> tuple[str, pd.DataFrame, NDArray[np.int64]]:
    """File name, cells as text and lines; a frame's rows are counted from 1."""
    if isinstance(source, pd.DataFrame):
        return "stations", source.astype("str").fillna(""), np.arange(1, len(source) + 1)
    read = read_any_text(Path(source), encoding=encoding, notices=notices, expected=expected)
    notices.raise_errors(f"reading {read.file}")
    return read.file, read.frame, read.lines


def _degrees(
    cells: pd.Series, limit: float, column: str, file: str, lines: NDArray[np.int64], notices: Notices
) -> NDArray[np.float64]:
    text = cells.str.strip()
    values = pd.to_numeric(text.where(text != ""), errors="coerce").to_numpy(dtype=float, copy=True)
    bad = (text != "").to_numpy() & ~(np.abs(values) <= limit)
    for row in np.flatnonzero(bad):
        swapped = " The columns lon and lat look swapped." if limit == 90.0 and 90 < abs(values[row]) <= 180 else ""
        message = f"field '{column}' is '{text.iloc[row]}'; expected degrees from -{limit:g} to {limit:g}.{swapped}"
        notices.add(
            "station_position_invalid", message, file=file, line=int(lines[row]), field=column, value=text.iloc[row]
        )
    return values


def _report_twice(stations: pd.DataFrame, file: str, notices: Notices) -> None:
    first = stations.groupby("name")[["lon", "lat", "line"]].transform("first")
    moved = (first["lon"] != stations["lon"]) | (first["lat"] != stations["lat"])
    differs = stations.duplicated("name") & moved & stations["lon"].notna()
    for row in np.flatnonzero(differs):
        name, line = stations["name"].iloc[row], int(stations["line"].iloc[row])
        message = (
            f"station {name} stands on line {int(first['line'].iloc[row])} and with another position on line {line}."
        )
        notices.add("station_twice", message, file=file, line=line, field="station", value=name)
