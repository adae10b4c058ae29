"""Which timetables of a region are meant, and which of their service days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.region.service_days import active_services, read_date, trips_per_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from megaregion.notices import Notices
    from megaregion.region.model import Region


def choose_feeds(
    region: Region, date: str | dt.date | None, year: int | None, feeds: Sequence[str] | None
) -> pd.DataFrame:
    """
    Choose the timetables that stand for a year, that have these ids, or that cover a date.

    Returns
    -------
    Rows of table `feeds`, one or more.

    Raises
    ------
    InputError
        If there is none, or if they are of several years and it is not said which.
    """
    table = region.table("feeds")
    if table.empty:
        msg = (
            f"region {region.name!r} holds no timetable. "
            "Bring one with `megaregion import rail-timetable` or `megaregion import gtfs`."
        )
        raise InputError(msg)
    if year is None and feeds is None and date is not None:
        day = read_date(date).isoformat()
        years = table[(table["first_date"] <= day) & (table["last_date"] >= day)]["year"].unique()
        year = int(years[0]) if len(years) == 1 else None
    held = ", ".join(f"{row.feed_id} ({row.year})" for row in table.itertuples())
    chosen = table
    if feeds is not None:
        missing = sorted(set(feeds) - set(table["feed_id"]))
        if missing:
            msg = f"region {region.name!r} has no timetable {missing[0]!r}; it has {held}."
            raise InputError(msg)
        chosen = chosen[chosen["feed_id"].isin(list(feeds))]
    if year is not None:
        chosen = chosen[chosen["year"] == year]
        if chosen.empty:
            msg = f"region {region.name!r} has no timetable of {year}; it has {held}."
            raise InputError(msg)
    elif feeds is None and len(chosen["year"].unique()) > 1:
        msg = f"region {region.name!r} has timetables of several years: {held}. Say which with `year` (--year)."
        raise InputError(msg)
    return chosen.reset_index(drop=True)


def choose_day(
    region: Region, feeds: pd.DataFrame, trips: pd.DataFrame, date: str | dt.date | None, notices: Notices
) -> dt.date:
    """
    Choose the service day: the one asked for, else the busiest of those on which most of the timetables run.

    Parameters
    ----------
    region
        Holds calendar, calendar_dates and frequencies.
    feeds, trips
        Rows of the timetables chosen.
    date
        YYYY-MM-DD, or None.
    notices
        Timetables without service on the day are added.

    Raises
    ------
    InputError
        If nothing runs on the date; the first, the last and the best day are named.
    """
    asked = None if date is None else read_date(date)
    calendar, exceptions = region.table("calendar"), region.table("calendar_dates")
    if asked is not None:
        services = active_services(calendar, exceptions, asked)
        if set(trips.loc[trips["service_id"].isin(services), "feed_id"]) >= set(feeds["feed_id"]):
            return asked
    counts = trips_per_date(trips, calendar, exceptions, region.table("frequencies"))
    days = counts.groupby("date")["trips"].agg(["size", "sum"])
    names = ", ".join(feeds["feed_id"])
    if days.empty:
        msg = f"no trip of timetable {names} runs on any date; calendar and calendar_dates name no service of it."
        raise InputError(msg)
    together = int(days["size"].max())
    common = days.loc[days["size"] == together, "sum"]
    most, busiest = int(common.max()), str(common.idxmax())  # the first of equals
    day = dt.date.fromisoformat(busiest) if asked is None else asked
    if day.isoformat() not in days.index:
        of_all = f" on which {together} of {len(feeds)} timetables run" if len(feeds) > 1 else ""
        msg = (
            f"nothing runs on {day} in timetable {names}: its service days go from {counts['date'].min()} to "
            f"{counts['date'].max()}, the busiest{of_all} is {busiest} with {most} trips. Ask for one of them."
        )
        raise InputError(msg)
    running = set(counts.loc[counts["date"] == day.isoformat(), "feed_id"])
    for feed_id in feeds["feed_id"]:
        own = counts[counts["feed_id"] == feed_id]
        if feed_id not in running and len(own):
            notices.add(
                "feed_without_service",
                f"timetable {feed_id} has no service on {day}: its service days go from {own['date'].min()} to "
                f"{own['date'].max()}. On {busiest}, {together} of {len(feeds)} timetables run.",
                value=day.isoformat(),
                fix=f"ask for {busiest}" if busiest != day.isoformat() else "",
            )
    return day
