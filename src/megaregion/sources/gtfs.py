"""
GTFS: a timetable feed as a folder or a zip, read whole.

What is read, what is filled in and what is left out is told in `docs/gtfs.md`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import conform, schema, suggest
from megaregion.region.service_days import days_of_services, service_dates
from megaregion.sources.container import open_container
from megaregion.sources.coordinates import to_wgs84
from megaregion.sources.gtfs_calls import distance_m, read_calls
from megaregion.sources.gtfs_checks import check_speeds, check_usable
from megaregion.sources.gtfs_files import REQUIRED_COLUMNS, SERVICE_FILES, read_files
from megaregion.sources.gtfs_pathways import read_pathways
from megaregion.sources.gtfs_tables import (
    read_calendar,
    read_calendar_dates,
    read_frequencies,
    read_routes,
    read_stops,
    read_trips,
)
from megaregion.sources.gtfs_transfers import read_transfers
from megaregion.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.sources.gtfs_calls import Calls
    from megaregion.sources.gtfs_files import GtfsFile

    CityOf = Callable[[NDArray[np.float64], NDArray[np.float64]], Sequence[str | None]]

_WHOLE_LINE = r"[(（]\s*全线\s*[)）]"
_RAIL = r"2|1[0-9][0-9]"  # route types of railways
_BOARDING = {"": True, "0": True, "1": False, "2": True, "3": True}
_ARRANGED = ("2", "3")
_NAMED = 3  # examples in one sentence
_OPTIONAL = ("frequencies", "transfers", "pathways")


def read_gtfs(
    path: Path | str | bytes,
    *,
    feed_id: str,
    year: int | None = None,
    change_time_s: int = 120,
    encoding: str = "utf-8",
    crs: str = "WGS84",
    city_of: CityOf | None = None,
) -> Reading:
    """
    Read a GTFS feed into the tables of a region.

    Parameters
    ----------
    path
        Folder, zip, or the bytes of a zip.
    feed_id
        Key of the feed; all ids become `feed_id:id`, so that several feeds never collide.
    year
        Year that the timetable stands for; by default that of the day with the most trips.
    change_time_s
        Change time at stops that state none of their own, seconds.
    encoding
        Encoding of the text files; GTFS demands UTF-8.
    crs
        WGS84 as GTFS demands, or GCJ-02 or BD-09 for a feed made from a Chinese map; those are converted.
    city_of
        Function of longitudes and latitudes (n,) in degrees that returns the city of each, None for none; without
        it `city_id` is left blank.

    Returns
    -------
    Reading
        Tables feeds, stops, routes, trips, stop_times, calendar, calendar_dates, frequencies, transfers and pathways,
        each sorted by its key.

    Raises
    ------
    InputError
        If the feed has errors; all of them are reported together.
    LimitError
        If the zip is unsafe or too large.
    """
    if not re.fullmatch(r"[^\s:]+", feed_id):
        msg = f"feed_id is {feed_id!r}; expected a short key without spaces and colons, such as 'metro2019'."
        raise InputError(msg)
    longest = schema("feeds").field("change_time_s").maximum
    if not 0 <= change_time_s <= longest:
        msg = f"change_time_s is {change_time_s!r}; expected seconds from 0 to {longest:g}, such as 120."
        raise InputError(msg)
    shift = to_wgs84(crs)
    if shift is None:
        msg = f"crs is {crs!r}; expected WGS84, GCJ-02 or BD-09, for GTFS gives positions in degrees."
        raise InputError(msg)
    notices = Notices()
    source = open_container(path, name=feed_id if isinstance(path, bytes) else "", allowed=tuple(REQUIRED_COLUMNS))
    what = f"cannot read the GTFS feed {source.name}"
    files = read_files(source, encoding, notices)
    zone = _time_zone(files, notices)
    files = _without_whole_lines(files, notices)
    tables, calls = _tables(files, feed_id, read_stops(files, feed_id, shift=shift))
    notices.raise_errors(what)
    _check_trips(files["trips.txt"], tables, calls)
    running = service_dates(tables)
    if running.empty:
        notices.add("gtfs_no_service", f"no trip of feed '{feed_id}' runs on any date.", file=source.name)
        notices.raise_errors(what)
    if city_of is not None:
        found = city_of(tables["stops"]["lon"].to_numpy(), tables["stops"]["lat"].to_numpy())
        tables["stops"]["city_id"] = pd.Series([city or None for city in found], dtype="str")
    feed = {"feed_id": feed_id, "kind": "gtfs", "name": _feed_name(files), "year": year, "time_zone": zone}
    feed |= {"first_date": running["date"].min(), "last_date": running["date"].max(), "change_time_s": change_time_s}
    if year is None:
        feed["year"] = _busiest_year(running, source.name, notices)
    tables["feeds"] = pd.DataFrame([feed])
    return Reading({name: _conform(name, table) for name, table in sorted(tables.items())}, notices)


def _busiest_year(running: pd.DataFrame, file: str, notices: Notices) -> int:
    """Year of the day with the most trips; a choice between years is reported."""
    year = int(running["date"].iloc[int(running["trips"].argmax())][:4])
    first_date, last_date = str(running["date"].min()), str(running["date"].max())
    if first_date[:4] != last_date[:4]:
        notices.add(
            "gtfs_year_assumed",
            f"service runs from {first_date} to {last_date}; taken as {year}, the year of the busiest day.",
            file=file,
            value=year,
        )
    return year


def _tables(files: Mapping[str, GtfsFile], feed_id: str, stops: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], Calls]:
    """All tables but `feeds`, with the ids of the feed in extra columns, and the calls."""
    tables = {
        name: read(files[f"{name}.txt"], feed_id) if f"{name}.txt" in files else schema(name).empty()
        for name, read in (("calendar", read_calendar), ("calendar_dates", read_calendar_dates))
    }
    tables |= {"stops": stops, "routes": read_routes(files["routes.txt"], feed_id)}
    services = [file.text("service_id") for name, file in sorted(files.items()) if name in SERVICE_FILES]
    tables["trips"] = read_trips(
        files["trips.txt"],
        feed_id,
        routes=pd.Index(tables["routes"]["raw_id"]),
        services=pd.Index(pd.concat(services).unique()),
    )
    trip_ids, stop_ids = pd.Index(tables["trips"]["raw_id"]), pd.Index(stops["raw_id"])
    frequencies, transfers, pathways = (files.get(f"{name}.txt") for name in _OPTIONAL)
    tables["frequencies"] = (
        schema("frequencies").empty() if frequencies is None else read_frequencies(frequencies, feed_id, trip_ids)
    )
    calls = read_calls(files["stop_times.txt"], trip_ids, stop_ids, stops["lon"].to_numpy(), stops["lat"].to_numpy())
    tables["transfers"] = (
        schema("transfers").empty()
        if transfers is None
        else read_transfers(
            transfers,
            feed_id,
            stops=stops,
            trips=tables["trips"],
            routes=pd.Index(tables["routes"]["raw_id"]),
            calls=calls,
        )
    )
    tables["pathways"] = (
        schema("pathways").empty()
        if pathways is None
        else read_pathways(pathways, feed_id, stops=stops, stops_file=files["stops.txt"])
    )
    tables["stop_times"] = _stop_times(calls, tables["trips"], stops, tables["frequencies"])
    return tables, calls


def _stop_times(calls: Calls, trips: pd.DataFrame, stops: pd.DataFrame, frequencies: pd.DataFrame) -> pd.DataFrame:
    """Table `stop_times`; trips in table `frequencies` are counted from their first departure."""
    arrival_s, departure_s = calls.arrival_s, calls.departure_s
    repeated = trips["trip_id"].isin(frequencies["trip_id"]).to_numpy(dtype=bool)[calls.trip]
    start = np.maximum.accumulate(np.where(calls.first, np.arange(len(calls.trip)), 0))
    offset = np.where(repeated, departure_s[start], 0)
    boarding = {name: calls.file.text(f"{name}_type") for name in ("pickup", "drop_off")}
    arranged = boarding["pickup"].isin(_ARRANGED) | boarding["drop_off"].isin(_ARRANGED)
    if arranged.any():
        calls.file.notices.add(
            "gtfs_arranged_boarding",
            f"{int(arranged.sum()):,} calls where passengers must phone or ask the driver were taken as possible.",
            file=calls.file.name,
        )
    return pd.DataFrame(
        {
            "trip_id": trips["trip_id"].take(calls.trip).reset_index(drop=True),
            "stop_sequence": calls.sequence,
            "stop_id": stops["stop_id"].take(calls.stop).reset_index(drop=True),
            # only the first arrival can lie before the first departure
            "arrival_s": np.maximum(arrival_s - offset, 0),
            "departure_s": departure_s - offset,
            **{name: calls.file.choice(f"{name}_type", _BOARDING) for name in boarding},
            "distance_m": distance_m(calls),
        }
    )


def _check_trips(file: GtfsFile, tables: Mapping[str, pd.DataFrame], calls: Calls) -> None:
    """Report hops that are too fast and trips that nobody can ride."""
    trips = tables["trips"]
    mode = tables["routes"].set_index("raw_id")["mode"]
    check_speeds(calls, trips["raw_route_id"].map(mode).to_numpy(dtype=np.int64))
    days = days_of_services(tables["calendar"], tables["calendar_dates"])
    n_days = trips["service_id"].map({service: len(running) for service, running in days.items()})
    # rows of the file may stand in any order, those of the table are sorted
    place = pd.Index(trips["raw_id"]).get_indexer(pd.Index(file.text("trip_id")))
    n_calls = np.bincount(calls.trip, minlength=len(trips))
    check_usable(file, n_calls[place], n_days.fillna(0).to_numpy(dtype=np.int64)[place])


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(files: Mapping[str, GtfsFile], notices: Notices) -> str:
    """IANA name of the one time zone of the feed; anything else is reported."""
    agency, stops = files["agency.txt"], files["stops.txt"]
    zones = agency.text("agency_timezone")
    known = _known_zones()
    expected = "expected an IANA name such as Asia/Shanghai."
    for file, column in ((agency, "agency_timezone"), (stops, "stop_timezone")):
        cells = file.text(column)
        unknown = ~cells.isin(known) & (cells != "")
        file.report(
            "gtfs_unknown_time_zone",
            unknown.to_numpy(dtype=bool),
            column,
            f"field '{column}' is '{{value}}'; {expected}",
            lambda value: suggest(value, sorted(known)).strip(),
        )
    if not len(agency):
        notices.add(
            "gtfs_missing_time_zone",
            f"file has no agency, so the time zone is missing; {expected}",
            file=agency.name,
            field="agency_timezone",
        )
        return ""
    agency.report(
        "gtfs_missing_time_zone",
        (zones == "").to_numpy(dtype=bool),
        "agency_timezone",
        f"field 'agency_timezone' is blank; {expected}",
    )
    first = str(zones.iloc[0])
    agency.report(
        "inconsistent_agency_timezone",
        ((zones != first) & (zones != "") & (first != "")).to_numpy(dtype=bool),
        "agency_timezone",
        f"field 'agency_timezone' is '{{value}}', but '{first}' on line {agency.lines[0]}; "
        "expected one time zone for all agencies of a feed.",
    )
    elsewhere = stops.text("stop_timezone")
    elsewhere = elsewhere[(elsewhere != "") & (elsewhere != first)]
    if len(elsewhere):
        notices.add(
            "gtfs_stop_time_zone",
            f"{len(elsewhere):,} stops lie in {', '.join(sorted(elsewhere.unique()))}; all times are read in {first}.",
            file=stops.name,
            field="stop_timezone",
        )
    return first


def _without_whole_lines(files: dict[str, GtfsFile], notices: Notices) -> dict[str, GtfsFile]:
    """
    Leave out the rail trips that list the stations of a whole line.

    The feed of the project chinese-railway-gtfs keeps each line as a trip named `杭深线 (全线)`, which no train runs.
    """
    routes, trips = files["routes.txt"], files["trips.txt"]
    line_routes = _matches(routes, ("route_id", "route_short_name", "route_long_name"))
    rail = routes.text("route_type").str.fullmatch(_RAIL).to_numpy(dtype=bool)
    ids = routes.text("route_id")
    pseudo = _matches(trips, ("trip_id", "trip_short_name")) & trips.text("route_id").isin(ids[rail]).to_numpy()
    pseudo |= trips.text("route_id").isin(ids[line_routes & rail]).to_numpy()
    if not pseudo.any():
        return files
    gone = trips.text("trip_id")[pseudo]
    names = trips.text("trip_short_name").where(trips.text("trip_short_name") != "", trips.text("trip_id"))[pseudo]
    shown = ", ".join(sorted(names)[:_NAMED])
    notices.add(
        "gtfs_whole_line_trip",
        f"{len(gone):,} of {len(trips):,} trips stand for a whole line ({shown}) and were left out.",
        file=trips.name,
        field="trip_short_name",
    )
    kept = files | {"trips.txt": trips.take(np.flatnonzero(~pseudo))}
    for name in ("stop_times.txt", "frequencies.txt"):
        if name in files:
            of_line = files[name].text("trip_id").isin(gone).to_numpy()
            kept[name] = files[name].take(np.flatnonzero(~of_line))
    if "transfers.txt" in files:
        rules = files["transfers.txt"]
        named = rules.text("from_trip_id").isin(gone) | rules.text("to_trip_id").isin(gone)
        kept["transfers.txt"] = rules.take(np.flatnonzero(~named.to_numpy(dtype=bool)))
    # a route that only such trips run on goes with them
    served = ids.isin(kept["trips.txt"].text("route_id")).to_numpy()
    emptied = ids.isin(trips.text("route_id")[pseudo]).to_numpy() & ~served
    kept["routes.txt"] = routes.take(np.flatnonzero(~emptied))
    return kept


def _matches(file: GtfsFile, columns: tuple[str, ...]) -> NDArray[np.bool_]:
    found = np.zeros(len(file), dtype=bool)
    for column in columns:
        found |= file.text(column).str.contains(_WHOLE_LINE, regex=True).to_numpy(dtype=bool)
    return found


def _feed_name(files: Mapping[str, GtfsFile]) -> str | None:
    """Name of the publisher, or of the first agency."""
    for name, column in (("feed_info.txt", "feed_publisher_name"), ("agency.txt", "agency_name")):
        if name in files:
            given = sorted(set(files[name].text(column)) - {""})
            if given:
                return str(given[0])
    return None


def _conform(name: str, table: pd.DataFrame) -> pd.DataFrame:
    columns = [field.name for field in schema(name).fields if field.name in table.columns]
    return conform(name, table[columns])
