"""Times of a GTFS feed: read them, fill the blank ones, and place them on the clock."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLANK = -1
"""Second that stands for a blank time inside the reader; never in a table."""

INVALID = -2
"""Second that stands for a time that cannot be read; it has been reported."""

_TIME = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)
_NEARLY = re.compile(r"(\d{1,3})\D{1,2}([0-5]?\d)(?:\D{1,2}([0-5]?\d))?")
_UNPUNCTUATED = re.compile(r"(\d{1,2})([0-5]\d)")


def read_times(values: pd.Series) -> NDArray[np.int64]:
    """
    Read times as H:MM:SS or HH:MM:SS; hours may pass 24.

    Parameters
    ----------
    values
        Texts, blank where no time is given.

    Returns
    -------
    (n,) int64
        Seconds since noon minus 12 h of the service day, `BLANK` or `INVALID`.

    Examples
    --------
    >>> read_times(pd.Series(["7:05:00", "25:10:00", "", "24:99:00"])).tolist()
    [25500, 90600, -1, -2]
    """
    codes, texts = pd.factorize(values)
    seconds = np.fromiter((_seconds(text) for text in texts), dtype=np.int64, count=len(texts))
    return np.where(codes < 0, BLANK, seconds[codes]) if len(seconds) else np.full(len(values), BLANK, dtype=np.int64)


def suggest_time(text: str) -> str:
    """
    Advice for a time that cannot be read, or nothing if it is not clear what was meant.

    Examples
    --------
    >>> suggest_time("7.30"), suggest_time("24:99:00")
    ('write 7:30:00', 'minutes and seconds run from 00 to 59; past midnight hours go on as 25:10:00')
    """
    text = text.strip().replace("：", ":").replace("．", ".")
    near = _NEARLY.fullmatch(text)
    plain = _UNPUNCTUATED.fullmatch(text)
    if near:
        hour, minute, second = (int(part or 0) for part in near.groups())
        return f"write {hour}:{minute:02d}:{second:02d}"
    if plain:
        return f"write {int(plain[1])}:{plain[2]}:00"
    if re.fullmatch(r"\d{1,3}:\d\d:\d\d", text):
        return "minutes and seconds run from 00 to 59; past midnight hours go on as 25:10:00"
    return ""


def fill_times(
    trip: NDArray[np.int64],
    arrival_s: NDArray[np.int64],
    departure_s: NDArray[np.int64],
    measures: tuple[NDArray[np.float64], ...] = (),
) -> NDArray[np.bool_]:
    """
    Fill blank times in place between the timed stops before and after them.

    Parameters
    ----------
    trip
        (n,) int64, number of the trip of each call; calls of a trip stand together, in order.
    arrival_s, departure_s
        (n,) int64, seconds or `BLANK`. A call with one of the two takes it for both. Calls before the first or
        after the last timed one stay blank.
    measures
        Positions along the trip, each (n,) float64, best first, nan where unknown. A gap uses the first measure
        that is known at all of its calls, never decreases in it and grows over it; without one, calls are spaced
        evenly.

    Returns
    -------
    (n,) bool
        Calls that were filled between two others.
    """
    one = (arrival_s == BLANK) ^ (departure_s == BLANK)
    np.copyto(arrival_s, departure_s, where=one & (arrival_s == BLANK))
    np.copyto(departure_s, arrival_s, where=one & (departure_s == BLANK))
    n = len(trip)
    blank = arrival_s == BLANK
    here = np.arange(n)
    before = np.maximum.accumulate(np.where(blank, -1, here))
    after = np.minimum.accumulate(np.where(blank, n, here)[::-1])[::-1]
    filled: NDArray[np.bool_] = blank & (before >= 0) & (after < n)
    filled[filled] = (trip[before[filled]] == trip[filled]) & (trip[after[filled]] == trip[filled])
    rows, low, high = here[filled], before[filled], after[filled]
    share = (rows - low) / (high - low)
    for measure in reversed(measures):
        usable = _usable(measure, before, blank)[high]
        span = measure[high] - measure[low]
        share = np.where(usable, (measure[rows] - measure[low]) / np.where(usable, span, 1.0), share)
    start, end = departure_s[low], arrival_s[high]
    between = start + np.rint((end - start) * share).astype(np.int64)
    arrival_s[rows] = between
    departure_s[rows] = between
    return filled


def _usable(measure: NDArray[np.float64], before: NDArray[np.int64], blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,) bool: at a timed call, whether the measure serves the gap that ends there."""
    n = len(measure)
    step = np.diff(measure, prepend=np.nan)
    bad = np.concatenate([[0], np.cumsum(~(step >= 0))])  # also counts nan; bad[i + 1] counts steps up to i
    usable = np.zeros(n, dtype=bool)
    ends = np.flatnonzero(~blank)
    ends = ends[ends > 0]
    starts = before[ends - 1]
    ends, starts = ends[starts >= 0], starts[starts >= 0]
    usable[ends] = (bad[ends + 1] == bad[starts + 1]) & (measure[ends] > measure[starts])
    return usable


def service_instant(date: str | dt.date, time_s: int, time_zone: str) -> dt.datetime:
    """
    Moment at which a time of a service day falls on the clock.

    Times are counted from noon minus 12 hours, which is midnight except on the days when the clock is changed.

    Parameters
    ----------
    date
        Service day.
    time_s
        Seconds since noon minus 12 h of that day; may pass 86400.
    time_zone
        IANA name.

    References
    ----------
    General Transit Feed Specification, field type Time: "The time is measured from noon minus 12h of the service
    day (effectively midnight except for days on which daylight savings time changes occur)".

    Examples
    --------
    >>> service_instant("2024-03-31", 3 * 3600 + 1800, "Europe/Berlin").isoformat()  # summer time starts
    '2024-03-31T03:30:00+02:00'
    >>> service_instant("2024-03-31", 1 * 3600 + 1800, "Europe/Berlin").isoformat()
    '2024-03-31T00:30:00+01:00'
    """
    day = dt.date.fromisoformat(date) if isinstance(date, str) else date
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(time_zone)).astimezone(dt.UTC)
    return (noon + dt.timedelta(seconds=time_s - 43_200)).astimezone(ZoneInfo(time_zone))


def _seconds(text: Any) -> int:
    text = str(text).strip()
    if not text:
        return BLANK
    match = _TIME.fullmatch(text)
    if match is None:
        return INVALID
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
