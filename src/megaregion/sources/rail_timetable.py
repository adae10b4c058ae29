"""National rail timetables: one row a call (train, sequence, station, arrival, departure, day, km) to tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.notices import Notices
from megaregion.region.schema import conform
from megaregion.region.service_days import WEEKDAYS
from megaregion.sources.rail_calls import read_calls
from megaregion.sources.rail_clock import check_speed_by_position, checked_distance, elapsed_times
from megaregion.sources.rail_trains import (
    drop_single_calls,
    drop_stale,
    fill_clocks,
    first_of_run,
    join_repeated,
    split_runs,
)
from megaregion.sources.reading import SHARED_NAMESPACE, Reading
from megaregion.sources.stations import Coordinates, read_city_of, read_stations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_SPEED_KMH = 360.0
"""Above the 350 km/h of the fastest trains in service; whole minutes make short hops look a little faster."""

ORDINARY = "ordinary"
"""Class of trains whose code has no letter."""

CLASS_NAMES = {
    "G": "高速动车组",
    "D": "动车组",
    "C": "城际动车组",
    "Z": "直达特快",
    "T": "特快",
    "K": "快速",
    "Y": "旅游",
    "L": "临客",
    "S": "市郊",
    ORDINARY: "普通",
}

_MODE_RAIL = 2


def read_rail_timetable(  # noqa: PLR0913 - one keyword for each thing a timetable file does not say of itself
    path: Path | str,
    *,
    year: int,
    stations: Path | str | pd.DataFrame | None = None,
    feed_id: str | None = None,
    change_time_s: int = 900,
    time_zone: str = "Asia/Shanghai",
    dates: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    coordinates: Coordinates = "wgs84",
    city_of: Mapping[str, str] | Path | str | pd.DataFrame | None = None,
    max_speed_kmh: float = MAX_SPEED_KMH,
) -> Reading:
    """
    Read a national rail timetable.

    Parameters
    ----------
    path
        CSV (also `.gz`) with columns train, seq, station, arr, dep and, where known, day (1-based) or
        elapsed_min_at_arrival, km, same_as, stale. `rail_calls.COLUMN_NAMES` lists the other names accepted.
    year
        Year that the timetable stands for.
    stations
        Station file or frame with positions and, where known, cities; see `stations.read_stations`.
    feed_id
        Key of the timetable, `rail-<year>` by default.
    change_time_s
        Change time at every station.
    time_zone
        IANA time zone of the clock times.
    dates
        First and last service day as YYYY-MM-DD; the whole year by default. Every train runs daily.
    encoding
        Encoding of the timetable, station and city files.
    coordinates
        What the station file's positions are: "wgs84" or "gcj02".
    city_of
        City of each station where the station file does not name one: a mapping, or a file or frame with columns
        station and city.
    max_speed_kmh
        Speed above which a hop is reported.

    Returns
    -------
    Tables feeds, stops, routes (one a train class), trips, stop_times and calendar, and the findings.

    Raises
    ------
    InputError
        If a file, column, time, number or position cannot be read.

    References
    ----------
    The defects of collected timetables and the rule for each: `docs/rail-timetable.md`.
    """
    notices = Notices()
    feed_id = feed_id or f"rail-{year}"
    file, calls = read_calls(path, encoding=encoding, notices=notices)
    calls = drop_stale(calls, file, notices)
    calls = split_runs(calls, file, notices)
    calls = join_repeated(calls, file, notices)
    calls = fill_clocks(calls, file, notices)
    calls = drop_single_calls(calls, file, notices)
    arrival_s, departure_s = elapsed_times(calls, file, notices)
    distance_m = checked_distance(calls, arrival_s, departure_s, file, notices, max_speed_kmh=max_speed_kmh)

    known = (
        None
        if stations is None
        else read_stations(stations, coordinates=coordinates, encoding=encoding, notices=notices)
    )
    cities = None if city_of is None else read_city_of(city_of, encoding=encoding, notices=notices)
    stops = _stops(calls, known, cities, file, notices)
    place = stops.set_index("name").loc[calls["station"], ["lon", "lat"]]
    check_speed_by_position(
        calls,
        place["lon"].to_numpy(),
        place["lat"].to_numpy(),
        arrival_s,
        departure_s,
        file,
        notices,
        max_speed_kmh=max_speed_kmh,
    )
    notices.raise_errors(f"reading {file}")

    trips = _trips(calls, feed_id)
    first = first_of_run(calls)
    run = np.cumsum(first) - 1
    stop_times = pd.DataFrame(
        {
            "trip_id": trips["trip_id"].to_numpy(dtype=object)[run],
            "stop_sequence": calls["seq"].to_numpy(),
            "stop_id": f"{SHARED_NAMESPACE}:" + calls["station"],
            "arrival_s": arrival_s.astype(np.int64),
            "departure_s": departure_s.astype(np.int64),
            "distance_m": distance_m,
        }
    )
    first_date, last_date = dates or (f"{year}-01-01", f"{year}-12-31")
    feeds = pd.DataFrame(
        {
            "feed_id": [feed_id],
            "kind": ["rail_timetable"],
            "name": [f"Rail timetable {year}"],
            "year": [year],
            "time_zone": [time_zone],
            "first_date": [first_date],
            "last_date": [last_date],
            "change_time_s": [change_time_s],
            "status": ["unverified"],
        }
    )
    calendar = pd.DataFrame(
        {
            "service_id": [_service_id(feed_id)],
            "feed_id": [feed_id],
            **{day: [True] for day in WEEKDAYS},
            "start_date": [first_date],
            "end_date": [last_date],
        }
    )
    tables = {
        "feeds": feeds,
        "stops": stops,
        "routes": rail_routes(trips["route_id"].str.removeprefix(f"{feed_id}:").unique().tolist(), feed_id),
        "trips": trips,
        "stop_times": stop_times,
        "calendar": calendar,
    }
    return Reading({name: conform(name, frame) for name, frame in tables.items()}, notices)


def train_class(codes: pd.Series) -> pd.Series:
    """
    Class of each train: the letter that its code starts with, or `ordinary`.

    Examples
    --------
    >>> import pandas as pd
    >>> train_class(pd.Series(["G7568/G7565", "1461"])).tolist()
    ['G', 'ordinary']
    """
    letter = codes.str.extract(r"^([A-Za-z]+)", expand=False).str.upper()
    return letter.fillna(ORDINARY)


def rail_routes(classes: list[str], feed_id: str) -> pd.DataFrame:
    """Rows of table `routes`, one a train class."""
    return pd.DataFrame(
        {
            "route_id": [f"{feed_id}:{name}" for name in classes],
            "feed_id": feed_id,
            "short_name": classes,
            "long_name": [CLASS_NAMES.get(name, "") for name in classes],
            "mode": _MODE_RAIL,
            "class": classes,
        }
    )


def _service_id(feed_id: str) -> str:
    return f"{feed_id}:daily"


def _trips(calls: pd.DataFrame, feed_id: str) -> pd.DataFrame:
    """One row a run; a second run of a code has `#2` after it."""
    first = first_of_run(calls)
    starts = calls[first]
    again = starts["run"].map(lambda run: f"#{run + 1}" if run else "")
    return pd.DataFrame(
        {
            "trip_id": f"{feed_id}:" + starts["train"] + again,
            "feed_id": feed_id,
            "route_id": f"{feed_id}:" + train_class(starts["train"]),
            "service_id": _service_id(feed_id),
            "number": starts["number"],
            "headsign": calls["station"][np.r_[first[1:], True]].to_numpy(),
        }
    ).reset_index(drop=True)


def _stops(
    calls: pd.DataFrame, stations: pd.DataFrame | None, cities: pd.Series | None, file: str, notices: Notices
) -> pd.DataFrame:
    """Build one row for each station called at, in order of appearance; what is not known of it is blank."""
    names = calls.drop_duplicates("station")[["station", "line"]].reset_index(drop=True)
    stops = pd.DataFrame(
        {"stop_id": f"{SHARED_NAMESPACE}:" + names["station"], "name": names["station"], "kind": "station"},
    )
    if stations is None:
        stops = stops.assign(name_en="", lon=np.nan, lat=np.nan, city_id="")
    else:
        found = stations.reindex(names["station"]).reset_index(drop=True)
        listed = names["station"].isin(stations.index)
        for row in np.flatnonzero(found["lon"].isna()):
            name = names["station"].iloc[row]
            calls_there = int((calls["station"] == name).sum())
            code, why = (
                ("rail_station_without_position", "has no position in the station file")
                if listed.iloc[row]
                else ("rail_station_unknown", "is not in the station file")
            )
            message = f"station {name} ({calls_there} calls) {why}; kept without a position."
            notices.add(code, message, file=file, line=int(names["line"].iloc[row]), field="station", value=name)
        stops = stops.assign(**{column: found[column] for column in ("name_en", "lon", "lat", "city_id")})
    city = stops["city_id"].fillna("")
    if cities is not None:
        city = city.where(city != "", names["station"].map(cities).fillna(""))
    return stops.assign(city_id=city.where(city != ""), name_en=stops["name_en"].where(stops["name_en"] != ""))
