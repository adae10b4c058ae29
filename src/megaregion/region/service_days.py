"""Service days: which services run on a date, and how many trips run on each date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import MAX_PER_CODE, Notices
from megaregion.region.schema import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Fields of table `calendar`, in the order of `datetime.date.weekday`."""

_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def active_services(calendar: pd.DataFrame, calendar_dates: pd.DataFrame, date: str | dt.date) -> set[str]:
    """
    Services that run on one date.

    Parameters
    ----------
    calendar, calendar_dates
        Tables of a region; either may be empty.
    date
        Service day, YYYY-MM-DD.

    Returns
    -------
    set of str
        Values of `service_id`. A removed day wins over the week pattern; an added day needs no row in `calendar`.

    Examples
    --------
    >>> week = {day: [day not in ("saturday", "sunday")] for day in WEEKDAYS}
    >>> calendar = pd.DataFrame({"service_id": ["f:work"], "start_date": "2019-10-01", "end_date": "2019-10-31"} | week)
    >>> changed = pd.DataFrame({"service_id": ["f:work"], "date": ["2019-10-12"], "exception": ["added"]})
    >>> active_services(calendar, changed, "2019-10-11"), active_services(calendar, changed, "2019-10-13")
    ({'f:work'}, set())
    >>> active_services(calendar, changed, "2019-10-12")  # a Saturday worked in exchange for a holiday
    {'f:work'}
    """
    day = read_date(date)
    text = day.isoformat()
    weekly = calendar[
        calendar[WEEKDAYS[day.weekday()]].fillna(value=False).astype(bool)
        & (calendar["start_date"] <= text)
        & (calendar["end_date"] >= text)
    ]["service_id"]
    changed = calendar_dates[calendar_dates["date"] == text]
    added = changed.loc[changed["exception"] == "added", "service_id"]
    removed = changed.loc[changed["exception"] == "removed", "service_id"]
    return (set(weekly) | set(added)) - set(removed)


def days_of_services(calendar: pd.DataFrame, calendar_dates: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
    """
    Days on which each service runs.

    Parameters
    ----------
    calendar, calendar_dates
        Tables of a region; either may be empty.

    Returns
    -------
    dict
        By `service_id`, (n_days,) int64, days since 1970-01-01, ascending; empty for a service that never runs.
    """
    days: dict[str, np.ndarray[Any, Any]] = {}
    if len(calendar):
        week = calendar[list(WEEKDAYS)].fillna(value=False).to_numpy(dtype=bool)
        first, last = _day_numbers(calendar["start_date"]), _day_numbers(calendar["end_date"])
        for row, service_id in enumerate(calendar["service_id"]):
            span = np.arange(first[row], last[row] + 1, dtype="int64")
            days[service_id] = span[week[row][(span + _EPOCH_WEEKDAY) % 7]]
    if len(calendar_dates):
        number = pd.Series(_day_numbers(calendar_dates["date"]), index=calendar_dates.index)
        # additions first, so that a day named twice is not run, as in active_services
        for exception, change in (("added", np.union1d), ("removed", np.setdiff1d)):
            chosen = calendar_dates["exception"] == exception
            for key, changed in number[chosen].groupby(calendar_dates.loc[chosen, "service_id"]):
                before = days.get(str(key), np.empty(0, dtype="int64"))
                days[str(key)] = change(before, changed.to_numpy())
    return days


def departures_of(frequencies: pd.DataFrame) -> pd.Series:
    """
    Count the departures that table `frequencies` gives to each of its trips on a day on which the trip runs.

    Returns
    -------
    (n_trips,) int64 by trip_id; 0 where all intervals of a trip are empty.

    Examples
    --------
    >>> rows = pd.DataFrame({"trip_id": ["a", "a"], "start_s": [0, 3600], "end_s": [3600, 7200]})
    >>> departures_of(rows.assign(headway_s=[1800, 3600])).to_dict()
    {'a': 3}
    """
    length = (frequencies["end_s"] - frequencies["start_s"]).clip(lower=0)
    departures = -(-length // frequencies["headway_s"])  # rounded up: there is none at the end of the interval
    counts: pd.Series = departures.groupby(frequencies["trip_id"]).sum().astype("int64")
    return counts


def check_intervals(
    frequencies: pd.DataFrame, *, file: str = "frequencies", lines: np.ndarray[Any, Any] | None = None
) -> Notices:
    """
    Report rows of table `frequencies` whose interval ends at or before its start: they give no departures.

    Parameters
    ----------
    frequencies
        Rows of the table.
    file
        File that they came from, for the notices.
    lines
        (n_rows,) int, 1-based line of each row in that file; without it rows are counted from 1.
    """
    notices = Notices()
    where = np.arange(1, len(frequencies) + 1) if lines is None else lines
    start, end = (frequencies[name].to_numpy("float64", na_value=np.nan) for name in ("start_s", "end_s"))
    empty = np.flatnonzero(end <= start)
    for row in empty[:MAX_PER_CODE]:
        notices.add(
            "empty_frequency",
            f"trip '{frequencies['trip_id'].iloc[row]}': field 'end_s' is {end[row]:.0f} and 'start_s' is "
            f"{start[row]:.0f}; expected end_s above start_s. The row gives no departures.",
            file=file,
            line=int(where[row]),
            field="end_s",
            value=f"{end[row]:.0f}",
        )
    notices.counts["empty_frequency"] += max(len(empty) - MAX_PER_CODE, 0)
    return notices


def trips_per_date(
    trips: pd.DataFrame,
    calendar: pd.DataFrame,
    calendar_dates: pd.DataFrame,
    frequencies: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Count the trips of each feed on each date on which any runs.

    Parameters
    ----------
    trips, calendar, calendar_dates
        Tables of a region.
    frequencies
        Table of a region; a trip listed there counts once for each of its departures.

    Returns
    -------
    DataFrame
        Columns `feed_id` (str), `date` (str, YYYY-MM-DD) and `trips` (int64, above 0), sorted by feed and date.
    """
    runs = pd.Series(1, index=pd.Index(trips["trip_id"]), dtype="int64")
    if frequencies is not None and len(frequencies):
        repeated = departures_of(frequencies)
        repeated = repeated[repeated.index.isin(runs.index)]
        runs.loc[repeated.index] = repeated
    services = (
        pd.DataFrame(
            {"feed_id": trips["feed_id"].array, "service_id": trips["service_id"].array, "trips": runs.to_numpy()}
        )
        .groupby(["feed_id", "service_id"], sort=True)["trips"]
        .sum()
    )
    days = days_of_services(calendar, calendar_dates)
    frames = []
    for row in services.reset_index().itertuples(index=False):
        running = days.get(str(row.service_id))
        if running is not None and len(running) and row.trips:
            frames.append(pd.DataFrame({"feed_id": row.feed_id, "day": running, "trips": row.trips}))
    if not frames:
        empty = {"feed_id": pd.Series(dtype="str"), "date": pd.Series(dtype="str"), "trips": pd.Series(dtype="int64")}
        return pd.DataFrame(empty)
    table = pd.concat(frames, ignore_index=True).groupby(["feed_id", "day"], sort=True)["trips"].sum().reset_index()
    dates = table["day"].to_numpy().astype("datetime64[D]").astype(str)
    return pd.DataFrame(
        {
            "feed_id": table["feed_id"].astype("str"),
            "date": pd.Series(dates, dtype="str"),
            "trips": table["trips"].astype("int64"),
        }
    )


def service_dates(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    `trips_per_date` of the tables of a region or of a reading.

    Parameters
    ----------
    tables
        Holds `trips`, and `calendar`, `calendar_dates` and `frequencies` where there are any.
    """
    calendar, calendar_dates, frequencies = (
        tables[name] if name in tables else schema(name).empty()
        for name in ("calendar", "calendar_dates", "frequencies")
    )
    return trips_per_date(tables["trips"], calendar, calendar_dates, frequencies)


def _day_numbers(dates: pd.Series) -> np.ndarray[Any, Any]:
    return dates.to_numpy(dtype="datetime64[D]").astype("int64")


def read_date(date: str | dt.date) -> dt.date:
    """
    Read a service day as users write it.

    Raises
    ------
    InputError
        If it is not a date.
    """
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except (TypeError, ValueError) as problem:
        msg = f"date is {date!r}; expected a date as YYYY-MM-DD, for example '2019-10-15'."
        raise InputError(msg) from problem
