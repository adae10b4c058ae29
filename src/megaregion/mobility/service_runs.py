"""Runs: each trip as often as it leaves, on the service day and on the days before and after that matter to it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.service_days import active_services

if TYPE_CHECKING:
    from megaregion.mobility.trip_hops import TripHops
    from megaregion.notices import Notices
    from megaregion.region.model import Region

DAY_S = 86_400

LONGEST_TRAVEL_DAYS = 14
"""Longest travel time that may be asked for, days."""


def check_limit(max_travel_time_s: int) -> None:
    """
    Refuse a longest travel time that no journey needs.

    Raises
    ------
    InputError
        If it is not above 0 or is above `LONGEST_TRAVEL_DAYS`.
    """
    if not 0 < max_travel_time_s <= LONGEST_TRAVEL_DAYS * DAY_S:
        msg = (
            f"max_travel_time_s is {max_travel_time_s!r}; "
            f"expected seconds above 0 and up to {LONGEST_TRAVEL_DAYS} days."
        )
        raise InputError(msg)


def service_runs(
    region: Region,
    feeds: pd.DataFrame,
    trips: pd.DataFrame,
    hops: TripHops,
    departures: pd.DataFrame,
    *,
    day: dt.date,
    max_travel_time_s: int,
    notices: Notices,
) -> pd.DataFrame:
    """
    List every run of a trip that matters to journeys of a service day.

    Parameters
    ----------
    region
        Holds calendar, calendar_dates and frequencies.
    feeds, trips
        Rows of the timetables chosen; trips in the order of their positions.
    hops
        Hops of these trips.
    departures
        Departures of the trips that table `frequencies` repeats, as `frequency_draws.repeat` gives them.
    day
        Service day; its midnight is second 0.
    max_travel_time_s
        How long after the end of the day one may still be under way.
    notices
        Days that a timetable does not cover are added.

    Returns
    -------
    DataFrame
        One row a run, by trip and time: `trip` (position), `day` (0 = the service day), `shift_s` (what is added to the
        times of its stop times), `wait_s`, `typical`, and `interval`, `open_s`, `tick`, `headway_s`, `span_s` as
        `frequency_draws.Intervals` has them; `interval` is -1 for a run to the timetable.
    """
    calendar, exceptions = region.table("calendar"), region.table("calendar_dates")
    reference = ZoneInfo(str(feeds["time_zone"].iloc[0]))
    begin, last = hops.ends()
    base = _departures_of_a_day(region, trips, begin, last, departures)
    trip = base["trip"].to_numpy()
    # wherever in its interval a drawn departure falls, its run is among these
    slack = base["headway_s"].to_numpy()
    ends = last[trip] + base["shift_s"].to_numpy() + slack
    # a day more at both ends: noon to noon is not always 24 h, and other zones begin their days earlier or later
    before = int(ends.max(initial=0)) // DAY_S + 1
    after = (DAY_S + max_travel_time_s) // DAY_S + 1
    zones = dict(zip(feeds["feed_id"].astype(str), feeds["time_zone"].map(ZoneInfo), strict=True))
    spans = _feed_spans(calendar, exceptions)
    runs = []
    for k in range(-before, after + 1):
        other = day + dt.timedelta(days=k)
        for feed_id, zone in zones.items():
            first, final = spans.get(feed_id, ("", ""))
            # beyond the ends of a timetable its days are unknown, not empty: the day asked for stands for them
            used = other if first <= other.isoformat() <= final else day
            services = active_services(calendar, exceptions, used)
            running = (trips["service_id"].isin(services) & (trips["feed_id"] == feed_id)).to_numpy()
            midnight = _midnight(other, zone) - _midnight(day, reference)
            shift = base["shift_s"].to_numpy() + midnight
            needed = running[trip] & (last[trip] + shift + slack >= 0)
            needed &= begin[trip] + shift - slack - base["wait_s"].to_numpy() < DAY_S + max_travel_time_s
            if used != other and k > 0 and needed.any():
                notices.add(
                    "service_day_repeated",
                    f"timetable {feed_id} ends on {final}; for {other} the services of {day} are used.",
                    value=other.isoformat(),
                )
            runs.append(base.assign(shift_s=shift, open_s=base["open_s"] + midnight, day=k)[needed])
    table: pd.DataFrame = pd.concat(runs, ignore_index=True)
    return table.sort_values(["trip", "shift_s"], kind="stable", ignore_index=True)


def _departures_of_a_day(
    region: Region,
    trips: pd.DataFrame,
    begin: np.ndarray[tuple[int], np.dtype[np.int64]],
    last: np.ndarray[tuple[int], np.dtype[np.int64]],
    departures: pd.DataFrame,
) -> pd.DataFrame:
    """Each departure of each trip on a day on which it runs; times count from the midnight of that day."""
    # a trip of table frequencies runs as that table says, even if all its intervals are empty
    repeated = trips["trip_id"].isin(region.table("frequencies")["trip_id"]).to_numpy()
    scheduled = np.flatnonzero((last >= 0) & ~repeated)
    own = begin[departures["trip"].to_numpy()]
    departures = departures.assign(shift_s=departures["departs_s"] - own, open_s=departures["open_s"] - own)
    plain = {"interval": -1, "shift_s": 0, "open_s": 0, "tick": 0, "headway_s": 0, "span_s": 0, "wait_s": 0}
    base = pd.concat(
        [pd.DataFrame({"trip": scheduled, "typical": False} | plain), departures.drop(columns="departs_s")],
        ignore_index=True,
    )
    moving: pd.DataFrame = base[last[base["trip"].to_numpy()] >= 0].reset_index(drop=True)
    return moving


def _feed_spans(calendar: pd.DataFrame, exceptions: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """First and last date that the calendar of each timetable knows."""
    dates = pd.concat(
        [
            calendar[["feed_id", "start_date"]].rename(columns={"start_date": "date"}),
            calendar[["feed_id", "end_date"]].rename(columns={"end_date": "date"}),
            exceptions[["feed_id", "date"]],
        ]
    )
    ends = dates.groupby("feed_id")["date"].agg(["min", "max"])
    return {str(feed): (str(row["min"]), str(row["max"])) for feed, row in ends.iterrows()}


def _midnight(day: dt.date, zone: ZoneInfo) -> int:
    """Noon minus 12 h of a day, as seconds of universal time: what GTFS counts from, also when the clocks change."""
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=zone)
    return int(noon.timestamp()) - 12 * 3_600
