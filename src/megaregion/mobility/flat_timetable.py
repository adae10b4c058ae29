"""Timetables from flat arrays: generated networks, without the tables of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.run_layout import RunLayout
from megaregion.mobility.service_runs import DAY_S, check_limit
from megaregion.mobility.trip_hops import TripHops
from megaregion.mobility.vehicles import Vehicles
from megaregion.mobility.walks import TransferRules, Walks
from megaregion.region.index import Index

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

DATE = "2000-01-01"
"""Day that timetables without a date are of."""


def flat_parts(
    trip_offset: NDArray[Any],
    calls: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    positions: tuple[NDArray[np.float64], NDArray[np.float64]],
    footpaths: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    change_time_s: int,
    vehicle: NDArray[Any] | None,
    max_travel_time_s: int,
) -> dict[str, Any]:
    """
    Build the fields of a `Timetable` from flat arrays.

    Parameters
    ----------
    trip_offset, calls, positions, footpaths, change_time_s, vehicle, max_travel_time_s
        As for `Timetable.from_arrays`; `calls` are stop, arrival_s, departure_s and `positions` lon, lat.

    Raises
    ------
    InputError
        If the arrays do not fit each other, a trip goes back in time, or the longest travel time cannot be used.
    """
    check_limit(max_travel_time_s)
    stop, arrival_s, departure_s = calls
    n_stops, n_trips = len(positions[0]), len(trip_offset) - 1
    _check(trip_offset, calls, n_stops)
    trip = np.repeat(np.arange(n_trips), np.diff(trip_offset))
    on = np.ones(len(stop), bool)
    arrays = {"stop": stop, "arrival_s": arrival_s, "departure_s": departure_s, "pickup": on, "drop_off": on}
    hops = TripHops.of_calls(trip, n_trips, arrays)
    runs = np.flatnonzero(hops.count)
    layout = RunLayout.of(
        hops,
        _trip_table(runs),
        runs,
        _vehicles(runs, hops, vehicle),
        DAY_S + max_travel_time_s,
    )
    rules = TransferRules(change_time_s=change_time_s, city_links=False, walk_distance_m=0)
    return {
        "date": DATE,
        "time_zone": "UTC",
        "feed_ids": ("arrays",),
        "year": None,
        "max_travel_time_s": max_travel_time_s,
        "stops": Index([f"s{i}" for i in range(n_stops)], "stop"),
        "stop_table": _stop_table(positions, change_time_s),
        "walks": _walks(footpaths, n_stops, change_time_s),
        "rules": rules,
        **layout.connections(),
    }


def _check(trip_offset: NDArray[Any], calls: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], n_stops: int) -> None:
    stop, arrival_s, departure_s = calls
    n = len(stop)
    if len(arrival_s) != n or len(departure_s) != n:
        msg = f"there are {n} calls, {len(arrival_s)} arrivals and {len(departure_s)} departures; expected one of each."
        raise InputError(msg)
    if not len(trip_offset) or trip_offset[0] != 0 or trip_offset[-1] != n or (np.diff(trip_offset) < 0).any():
        msg = (
            f"trip_offset does not rise from 0 to {n}, the number of calls; give the first call of each trip, then {n}."
        )
        raise InputError(msg)
    if n and not (stop.min() >= 0 and stop.max() < n_stops):
        msg = f"stops of calls go from {stop.min()} to {stop.max()}; expected positions from 0 to {n_stops - 1}."
        raise InputError(msg)
    begins = np.zeros(n, bool)
    begins[trip_offset[:-1][np.diff(trip_offset) > 0]] = True
    back = (departure_s < arrival_s) | np.r_[False, ~begins[1:] & (arrival_s[1:] < departure_s[:-1])][:n]
    if back.any():
        call = int(np.flatnonzero(back)[0])
        msg = (
            f"call {call} goes back in time: arrival {arrival_s[call]}, departure {departure_s[call]}, departure of "
            f"the call before {departure_s[call - 1] if call else 'none'}; {int(back.sum())} such calls. "
            "Expected times that never fall along a trip."
        )
        raise InputError(msg)


def _trip_table(runs: NDArray[np.int64]) -> pd.DataFrame:
    names = pd.Series(pd.array([f"t{i}" for i in runs.tolist()], dtype="str"))
    blank = pd.Series(pd.NA, index=names.index, dtype="str")
    return pd.DataFrame(
        {
            "trip_id": names,
            "number": names,
            "class": blank,
            "route_id": blank,
            "route_name": blank,
            "mode": pd.Series(3, index=names.index, dtype="Int64"),
            "headsign": blank,
            "feed_id": "arrays",
            "day": 0,
            "shift_s": 0,
            "wait_s": 0,
            "typical": False,
        }
    )


def _stop_table(positions: tuple[NDArray[np.float64], NDArray[np.float64]], change_time_s: int) -> pd.DataFrame:
    lon, lat = positions
    names = pd.Series(pd.array([f"s{i}" for i in range(len(lon))], dtype="str"))
    blank = pd.Series(pd.NA, index=names.index, dtype="str")
    return pd.DataFrame(
        {
            "stop_id": names,
            "name": names,
            "name_en": blank,
            "lon": lon,
            "lat": lat,
            "city_id": blank,
            "parent_stop_id": blank,
            "change_time_s": change_time_s,
            "is_rail": False,
        }
    )


def _vehicles(runs: NDArray[np.int64], hops: TripHops, vehicle: NDArray[Any] | None) -> Vehicles:
    n = len(runs)
    none = np.empty((0, 2), np.int32)
    if vehicle is None:
        return Vehicles(np.arange(n, dtype=np.int32), np.zeros(n, np.int32), none)
    number = np.unique(vehicle[runs], return_inverse=True)[1]
    order = np.argsort(number, kind="stable")
    behind = np.cumsum(hops.count[runs][order]) - hops.count[runs][order]
    first = np.searchsorted(number[order], number[order])
    hop_offset = np.empty(n, np.int32)
    hop_offset[order] = behind - behind[first]
    begin, end = hops.ends()
    together = number[order][1:] == number[order][:-1]
    early = together & (begin[runs[order[1:]]] < end[runs[order[:-1]]])
    if early.any():
        at = int(np.flatnonzero(early)[0])
        before, after = runs[order[at]], runs[order[at + 1]]
        msg = (
            f"trip {after} of vehicle {vehicle[after]} leaves at {begin[after]}, before trip {before} of the same "
            f"vehicle arrives at {end[before]}; list the trips of a vehicle in order of travel."
        )
        raise InputError(msg)
    return Vehicles(number.astype(np.int32), hop_offset, none)


def _walks(footpaths: tuple[ArrayLike, ArrayLike, ArrayLike], n_stops: int, change_time_s: int) -> Walks:
    here, there, seconds = (np.asarray(part, np.int64) for part in footpaths)
    if not len(here) == len(there) == len(seconds):
        msg = (
            f"footpaths have {len(here)} beginnings, {len(there)} ends and {len(seconds)} times; expected as many each."
        )
        raise InputError(msg)
    ends = np.r_[here, there]
    if len(ends) and not (ends.min() >= 0 and ends.max() < n_stops):
        msg = f"stops of footpaths go from {ends.min()} to {ends.max()}; expected positions from 0 to {n_stops - 1}."
        raise InputError(msg)
    away = here != there
    each = np.arange(n_stops)
    here, there = np.r_[each, here[away]], np.r_[each, there[away]]
    seconds = np.maximum(np.r_[np.full(n_stops, change_time_s), seconds[away]], 1)
    order = np.lexsort((there, here != there, here))
    offset = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=n_stops))]).astype(np.int32)
    times = seconds[order].astype(np.int32)
    return Walks(offset, there[order].astype(np.int32), times, times)
