"""Times of trains in seconds since the first service day, from clock times and days; kilometres and speeds checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.region.sphere import great_circle_m
from megaregion.sources.rail_calls import DAY_S
from megaregion.sources.rail_trains import LONGEST_STAND_S, first_of_run

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.notices import Notices

    F64 = NDArray[np.float64]

_SHORTEST_RUN_S = 60
"""A run of 0 minutes is one of under a minute: clock times are whole minutes."""


def elapsed_times(calls: pd.DataFrame, file: str, notices: Notices) -> tuple[F64, F64]:
    """
    Find the times of each call in seconds since midnight of the train's first day.

    Arrivals stand at their day (or elapsed minutes) and clock time. Where those run backwards or name another clock
    time, or are not given, the clock is followed forward from call to call for that whole train. A departure after the
    next arrival is taken as that arrival.

    Parameters
    ----------
    calls
        Rows with complete clock times, each run together.

    Returns
    -------
    arrival_s, departure_s
        (n_rows,) float64.
    """
    first = first_of_run(calls)
    last = np.r_[first[1:], True]
    run = np.cumsum(first) - 1
    arrival_clock = calls["arrival_clock_s"].to_numpy()
    stand = (calls["departure_clock_s"].to_numpy() - arrival_clock) % DAY_S
    for row in np.flatnonzero((stand > LONGEST_STAND_S) & ~first & ~last):
        call = calls.iloc[row]
        message = (
            f"train {call['train']} stands {stand[row] / 3600:.1f} h at {call['station']}; expected at most "
            f"{LONGEST_STAND_S // 3600} h. Its departure is taken as its arrival."
        )
        notices.add("rail_long_stand", message, file=file, line=int(call["line"]), field="dep")
    stand[stand > LONGEST_STAND_S] = 0.0

    departure_clock = arrival_clock + stand
    step = np.where(first, 0.0, (arrival_clock - np.r_[0.0, departure_clock[:-1]]) % DAY_S)
    followed = _sum_within(step + np.r_[0.0, stand[:-1]] * ~first, first) + arrival_clock[first][run]

    given = _given_arrival(calls, arrival_clock, first, run, file, notices)
    known = ~np.isnan(given)
    backwards = known & ~first & (given < np.r_[0.0, given[:-1]])
    contradicts = backwards | (known & ((given - arrival_clock) % DAY_S != 0))
    doubted = np.bincount(run, contradicts, minlength=run[-1] + 1 if len(run) else 0) > 0
    for row in np.flatnonzero(contradicts):
        call = calls.iloc[row]
        found = (
            f"day {call['day']:g}" if np.isfinite(call["day"]) else f"{call['elapsed_s'] / 60:g} min after the start"
        )
        message = (
            f"train {call['train']} at {call['station']}: {found} and clock time {_hhmm(arrival_clock[row])} "
            f"contradict {'the call before' if backwards[row] else 'each other'}; the clock is followed."
        )
        field = "day" if np.isfinite(call["day"]) else "elapsed"
        notices.add("rail_clock_contradiction", message, file=file, line=int(call["line"]), field=field, value=found)

    use_given = known & ~doubted[run]
    arrival = np.where(use_given & _all_of_run(known, run), given, followed)
    departure = _cut_departures(calls, arrival, arrival + stand, first, file, notices)
    hop = np.where(first, 0.0, arrival - np.r_[0.0, departure[:-1]])
    for row in np.flatnonzero(hop > DAY_S):
        call = calls.iloc[row]
        message = f"train {call['train']} runs {hop[row] / 3600:.1f} h without a stop before {call['station']}."
        notices.add("rail_long_hop", message, file=file, line=int(call["line"]), field="day")
    return arrival, departure


def checked_distance(
    calls: pd.DataFrame, arrival_s: F64, departure_s: F64, file: str, notices: Notices, *, max_speed_kmh: float
) -> F64:
    """
    Kilometres as metres from the first call; blank for a train whose kilometres decrease or ask for too high a speed.

    Returns
    -------
    (n_rows,) float64, metres, NaN = not known.
    """
    first = first_of_run(calls)
    run = np.cumsum(first) - 1
    km = calls["km"].to_numpy()
    hop_km = np.where(first, np.nan, km - np.r_[np.nan, km[:-1]])
    hop_s = np.maximum(arrival_s - np.r_[0.0, departure_s[:-1]], _SHORTEST_RUN_S)
    speed_kmh = hop_km / (hop_s / 3600)
    decreasing, equal, fast = hop_km < 0, hop_km == 0, speed_kmh > max_speed_kmh
    stations = calls["station"].to_numpy()
    for code, rows, text in (
        ("rail_km_decreasing", decreasing, "km fall from {before:g} to {km:g}; expected them to grow"),
        ("rail_km_equal", equal, "km stay at {km:g}; expected them to grow"),
        (
            "rail_speed_by_km",
            fast,
            "{hop:g} km in {minutes:g} min are {speed:.0f} km/h; expected at most {limit:g} km/h",
        ),
    ):
        for row in np.flatnonzero(rows):
            words = text.format(
                before=km[row - 1],
                km=km[row],
                hop=hop_km[row],
                minutes=hop_s[row] / 60,
                speed=speed_kmh[row],
                limit=max_speed_kmh,
            )
            message = f"train {calls['train'].iloc[row]} from {stations[row - 1]} to {stations[row]}: {words}."
            notices.add(code, message, file=file, line=int(calls["line"].iloc[row]), field="km", value=f"{km[row]:g}")
    doubted = np.bincount(run, decreasing | fast, minlength=run[-1] + 1 if len(run) else 0) > 0
    return np.where(doubted[run], np.nan, (km - km[first][run]) * 1000)


def check_speed_by_position(
    calls: pd.DataFrame,
    lon: F64,
    lat: F64,
    arrival_s: F64,
    departure_s: F64,
    file: str,
    notices: Notices,
    *,
    max_speed_kmh: float,
) -> None:
    """Report hops whose great-circle distance alone asks for more than `max_speed_kmh`; nothing is changed."""
    first = first_of_run(calls)
    hop_km = great_circle_m(np.r_[np.nan, lon[:-1]], np.r_[np.nan, lat[:-1]], lon, lat) / 1000
    hop_s = np.maximum(arrival_s - np.r_[0.0, departure_s[:-1]], _SHORTEST_RUN_S)
    speed_kmh = hop_km / (hop_s / 3600)
    for row in np.flatnonzero(~first & (speed_kmh > max_speed_kmh)):
        before, here = calls.iloc[row - 1], calls.iloc[row]
        message = (
            f"train {here['train']} from {before['station']} to {here['station']}: {hop_km[row]:.0f} km as the crow "
            f"flies in {hop_s[row] / 60:g} min are {speed_kmh[row]:.0f} km/h; expected at most {max_speed_kmh:g} km/h."
        )
        notices.add(
            "rail_speed_by_position", message, file=file, line=int(here["line"]), field="arr", value=here["station"]
        )


def _given_arrival(
    calls: pd.DataFrame,
    arrival_clock: F64,
    first: NDArray[np.bool_],
    run: NDArray[np.int64],
    file: str,
    notices: Notices,
) -> F64:
    """Arrivals by elapsed minutes, else by day counted from the run's own first day; NaN where neither is given."""
    day = calls["day"].to_numpy()
    for row in np.flatnonzero(first & (day == 0)):
        call = calls.iloc[row]
        message = f"train {call['train']} starts on day 0; expected 1. Its days are counted from its first."
        notices.add("rail_day_zero", message, file=file, line=int(call["line"]), field="day", value="0")
    elapsed = calls["elapsed_s"].to_numpy()
    by_elapsed = elapsed - elapsed[first][run] + arrival_clock[first][run]
    by_day = (day - day[first][run]) * DAY_S + arrival_clock
    given: F64 = np.where(np.isnan(by_elapsed), by_day, by_elapsed)
    return given


def _cut_departures(
    calls: pd.DataFrame, arrival: F64, departure: F64, first: NDArray[np.bool_], file: str, notices: Notices
) -> F64:
    """Departures no later than the next arrival of the run."""
    next_arrival = np.where(np.r_[first[1:], True], np.inf, np.r_[arrival[1:], np.inf])
    for row in np.flatnonzero(departure > next_arrival):
        call = calls.iloc[row]
        message = (
            f"train {call['train']} leaves {call['station']} at {_hhmm(departure[row] % DAY_S)}, after its arrival at "
            f"{calls['station'].iloc[row + 1]} at {_hhmm(next_arrival[row] % DAY_S)}; it is taken to leave then."
        )
        notices.add("rail_clock_contradiction", message, file=file, line=int(call["line"]), field="dep")
    cut: F64 = np.minimum(departure, next_arrival)
    return cut


def _sum_within(steps: F64, first: NDArray[np.bool_]) -> F64:
    """Sum up, starting again at each first row."""
    total: F64 = np.cumsum(steps)
    before = (total - steps)[first]
    within: F64 = total - before[np.cumsum(first) - 1]
    return within


def _all_of_run(flags: NDArray[np.bool_], run: NDArray[np.int64]) -> NDArray[np.bool_]:
    missing = np.bincount(run, ~flags, minlength=run[-1] + 1 if len(run) else 0)
    return np.asarray(missing[run] == 0)


def _hhmm(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
