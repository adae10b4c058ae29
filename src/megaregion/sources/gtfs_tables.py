"""The smaller tables of a GTFS feed: stops, routes, trips, calendars and frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.region.service_days import WEEKDAYS
from megaregion.sources.gtfs_checks import check_frequencies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from megaregion.sources.gtfs_files import GtfsFile

    Shift = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]

_KINDS = {"": "stop", "0": "stop", "1": "station", "2": "entrance", "3": "node", "4": "boarding_area"}
_PLACED = {"stop", "station", "entrance"}  # kinds that GTFS wants a position of
_ACCESS = {"": None, "0": None, "1": True, "2": False}  # wheelchairs and bicycles
_LEVELS = 2  # a boarding area belongs to a platform, a platform to a station
_NEAR_DEGREES = 1e-5  # about a metre


def namespaced(feed_id: str, ids: pd.Series) -> pd.Series:
    """Keys as `feed:id`, missing where blank."""
    return (feed_id + ":" + ids).where(ids != "")


def read_stops(files: Mapping[str, GtfsFile], feed_id: str, *, shift: Shift | None = None) -> pd.DataFrame:
    """
    Table `stops`, sorted by id, with the ids of the feed in column `raw_id`.

    Parameters
    ----------
    files
        Files of the feed.
    feed_id
        Namespace of the ids.
    shift
        Function that turns longitudes and latitudes of the feed into WGS84; they are WGS84 by default.
    """
    file = keyed_rows(files["stops.txt"], "stop_id")
    raw = file.text("stop_id")
    kind = np.array(file.choice("location_type", _KINDS), dtype=object)
    lon, lat = _positions(file, kind)
    if shift is not None:
        lon, lat = shift(lon, lat)
    file.refers_to("parent_station", pd.Index(raw), "stops.txt", parent_column="stop_id", blank=True)
    name = file.text("stop_name")
    return pd.DataFrame(
        {
            "raw_id": raw,
            "stop_id": namespaced(feed_id, raw),
            "name": name.where(name != "", raw),
            "name_en": _translated(files, raw, name),
            "lon": lon,
            "lat": lat,
            "parent_stop_id": namespaced(feed_id, file.text("parent_station")),
            "kind": pd.Series(kind, dtype="str"),
            "wheelchair": _wheelchair(file),
        }
    )


def _wheelchair(file: GtfsFile) -> pd.Series:
    """Whether each place is open to wheelchairs; what says nothing takes after its parent, as GTFS wants it."""
    own = pd.Series(file.choice("wheelchair_boarding", _ACCESS), dtype="boolean")
    parent = pd.Index(file.text("stop_id")).get_indexer(pd.Index(file.text("parent_station")))
    for _ in range(_LEVELS):
        inherited = own.take(np.maximum(parent, 0)).reset_index(drop=True)
        own = own.where(own.notna() | (parent < 0), inherited)
    return own


def read_routes(file: GtfsFile, feed_id: str) -> pd.DataFrame:
    """Table `routes`, sorted by id, with the ids of the feed in column `raw_id`."""
    file = keyed_rows(file, "route_id")
    raw = file.text("route_id")
    return pd.DataFrame(
        {
            "raw_id": raw,
            "route_id": namespaced(feed_id, raw),
            "feed_id": feed_id,
            "short_name": _or_missing(file.text("route_short_name")),
            "long_name": _or_missing(file.text("route_long_name")),
            "mode": file.integer("route_type", maximum=1702),
        }
    )


def read_trips(file: GtfsFile, feed_id: str, *, routes: pd.Index, services: pd.Index) -> pd.DataFrame:
    """
    Table `trips`, sorted by id, with the ids of the feed in columns `raw_id` and `raw_route_id`.

    Parameters
    ----------
    file
        Rows of trips.txt.
    feed_id
        Namespace of the ids.
    routes, services
        Ids of routes.txt and of both calendar files.
    """
    file = keyed_rows(file, "trip_id")
    file.refers_to("route_id", routes, "routes.txt")
    file.refers_to("service_id", services, "calendar.txt and calendar_dates.txt")
    raw = file.text("trip_id")
    directions = file.choice("direction_id", {"": None, "0": 0, "1": 1})
    return pd.DataFrame(
        {
            "raw_id": raw,
            "raw_route_id": file.text("route_id"),
            "trip_id": namespaced(feed_id, raw),
            "feed_id": feed_id,
            "route_id": namespaced(feed_id, file.text("route_id")),
            "service_id": namespaced(feed_id, file.text("service_id")),
            "number": _or_missing(file.text("trip_short_name")),
            "headsign": _or_missing(file.text("trip_headsign")),
            "direction": pd.Series(directions, dtype="Int64"),
            "block_id": namespaced(feed_id, file.text("block_id")),
            "wheelchair": pd.Series(file.choice("wheelchair_accessible", _ACCESS), dtype="boolean"),
            "bicycle": pd.Series(file.choice("bikes_allowed", _ACCESS), dtype="boolean"),
        }
    )


def read_calendar(file: GtfsFile, feed_id: str) -> pd.DataFrame:
    """Table `calendar`, sorted by service."""
    file = keyed_rows(file, "service_id")
    columns: dict[str, Any] = {"service_id": namespaced(feed_id, file.text("service_id")), "feed_id": feed_id}
    for day in WEEKDAYS:
        columns[day] = pd.Series(file.choice(day, {"0": False, "1": True}), dtype="boolean")
    columns |= {column: file.date(column) for column in ("start_date", "end_date")}
    return pd.DataFrame(columns)


def read_calendar_dates(file: GtfsFile, feed_id: str) -> pd.DataFrame:
    """Table `calendar_dates`, sorted by service and date."""
    file = keyed_rows(file, "service_id", "date")
    return pd.DataFrame(
        {
            "service_id": namespaced(feed_id, file.text("service_id")),
            "date": file.date("date"),
            "feed_id": feed_id,
            "exception": pd.Series(file.choice("exception_type", {"1": "added", "2": "removed"}), dtype="str"),
        }
    )


def read_frequencies(file: GtfsFile, feed_id: str, trips: pd.Index) -> pd.DataFrame:
    """Table `frequencies`, sorted by trip and start, with the trip of the feed in column `raw_trip_id`."""
    file = sort_rows(file, "trip_id", "start_time")
    file.refers_to("trip_id", trips, "trips.txt")
    times = {}
    for column in ("start_time", "end_time"):
        file.report(
            "missing_value",
            (file.text(column) == "").to_numpy(dtype=bool),
            column,
            f"field '{column}' is blank; expected H:MM:SS.",
        )
        times[column] = file.time(column)
    check_frequencies(file, times["start_time"], times["end_time"])
    table = pd.DataFrame(
        {
            "raw_trip_id": file.text("trip_id"),
            "trip_id": namespaced(feed_id, file.text("trip_id")),
            "start_s": times["start_time"],
            "end_s": times["end_time"],
            "headway_s": file.integer("headway_secs", minimum=1),
            "exact_times": pd.Series(file.choice("exact_times", {"": False, "0": False, "1": True}), dtype="boolean"),
        }
    )
    return table.sort_values(["raw_trip_id", "start_s"], kind="stable", ignore_index=True)


def sort_rows(file: GtfsFile, *columns: str) -> GtfsFile:
    """Rows in the order of these columns."""
    keys = pd.DataFrame({column: file.text(column) for column in columns})
    # lines settle ties, so that the first row of a repeated key stays first
    order = keys.assign(_line=file.lines).sort_values([*columns, "_line"], kind="stable").index.to_numpy()
    return file.take(order)


def keyed_rows(file: GtfsFile, *columns: str, optional: tuple[str, ...] = ()) -> GtfsFile:
    """Rows whose key can be used, sorted by it; the others have been reported."""
    file = sort_rows(file, *columns, *optional)
    return file.take(np.flatnonzero(file.key(*columns, optional=optional)))


def _or_missing(cells: pd.Series) -> pd.Series:
    return cells.where(cells != "")


def _positions(file: GtfsFile, kind: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes as the feed gives them; those that cannot be right are reported."""
    lon, lat = file.number("stop_lon"), file.number("stop_lat")
    swapped = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    outside = (np.abs(lat) > 90) | (np.abs(lon) > 180)

    def off(row: int) -> str:
        hint = " The columns look swapped." if swapped[row] else ""
        return f"position is lon {lon[row]:g}, lat {lat[row]:g}; expected lon -180..180 and lat -90..90.{hint}"

    file.report("gtfs_invalid_position", outside, "stop_lat", off)
    near = (np.hypot(lon, lat) < _NEAR_DEGREES) | (90 - np.abs(lat) < _NEAR_DEGREES)
    file.report("gtfs_implausible_position", near & ~outside, "stop_lat", "stop lies at 0 N 0 E or at a pole.")
    absent = np.isnan(lon) | np.isnan(lat)
    raw = file.text("stop_id")
    file.report(
        "gtfs_stop_without_position",
        absent & np.isin(kind, list(_PLACED)),
        "stop_lat",
        lambda row: f"stop '{raw.iloc[row]}' has no position; expected stop_lat and stop_lon.",
    )
    return np.where(absent, np.nan, lon), np.where(absent, np.nan, lat)


def _translated(files: Mapping[str, GtfsFile], raw: pd.Series, name: pd.Series) -> pd.Series:
    """English stop names of translations.txt, by the stop's id or by its name."""
    names = pd.Series(np.nan, index=raw.index, dtype="str")
    file = files.get("translations.txt")
    if file is None:
        return names
    wanted = (
        (file.text("table_name") == "stops")
        & (file.text("field_name") == "stop_name")
        & (file.text("language").str.lower().str.split("-").str[0] == "en")
        & (file.text("translation") != "")
    )
    for column, cells in (("field_value", name), ("record_id", raw)):
        known = pd.DataFrame({"key": file.text(column), "translation": file.text("translation")})[wanted]
        known = known[known["key"] != ""].sort_values(["key", "translation"]).drop_duplicates("key")
        found = cells.map(known.set_index("key")["translation"])
        names = found.where(found.notna(), names)
    return names.astype("str")
