"""Calls of a GTFS feed: stop_times.txt put in order, its blank times filled, its times and speeds checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.region.sphere import great_circle_m
from megaregion.sources.gtfs_times import BLANK, INVALID, fill_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.sources.gtfs_files import GtfsFile

UNITS_M = {"metres": 1.0, "kilometres": 1_000.0, "miles": 1_609.344, "feet": 0.3048}
"""Units met in `shape_dist_traveled`, which GTFS leaves open, in metres."""

DETOURS = (0.98, 1.55)
"""Length along the line over straight lines from stop to stop that is believed; narrow enough for one unit to fit."""

_DAY_S = 86_400
_UNUSED_GAP_S = 3_600  # a stand at a first stop from midnight on is believed up to an hour


@dataclass(frozen=True, slots=True)
class Calls:
    """
    Calls of all sound trips; those of a trip stand together in order.

    Attributes
    ----------
    file
        Rows of stop_times.txt in this order.
    trip, stop
        (n,) int64, positions in the lists of trips and stops.
    sequence
        (n,) int64, stop_sequence.
    arrival_s, departure_s
        (n,) int64, seconds since noon minus 12 h.
    timed
        (n,) bool, the time was given and not filled.
    straight_m
        (n,) float64, straight line from the call before, 0 at the first, nan where a position is unknown.
    shape_dist
        (n,) float64, shape_dist_traveled in its own unit, nan where not given.
    """

    file: GtfsFile
    trip: NDArray[np.int64]
    stop: NDArray[np.int64]
    sequence: NDArray[np.int64]
    arrival_s: NDArray[np.int64]
    departure_s: NDArray[np.int64]
    timed: NDArray[np.bool_]
    straight_m: NDArray[np.float64]
    shape_dist: NDArray[np.float64]

    @property
    def first(self) -> NDArray[np.bool_]:
        """(n,) bool, first call of its trip."""
        return _first(self.trip)

    def timed_hops(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions of each timed call and of the timed call before it in the same trip: (later, earlier)."""
        timed = np.flatnonzero(self.timed)
        same = self.trip[timed[1:]] == self.trip[timed[:-1]]
        return timed[1:][same], timed[:-1][same]


def read_calls(
    file: GtfsFile, trip_ids: pd.Index, stop_ids: pd.Index, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> Calls:
    """
    Read stop_times.txt; trips with a call that cannot be read are reported and left out.

    Parameters
    ----------
    file
        Rows in any order.
    trip_ids, stop_ids
        Ids of trips.txt and stops.txt; a position is a place in these lists.
    lon, lat
        (n_stops,) float64, degrees, nan where unknown.
    """
    trip = trip_ids.get_indexer(pd.Index(file.text("trip_id"))).astype(np.int64)
    stop = stop_ids.get_indexer(pd.Index(file.text("stop_id"))).astype(np.int64)
    good = file.refers_to("trip_id", trip_ids, "trips.txt") & file.refers_to("stop_id", stop_ids, "stops.txt")
    order_number = file.integer("stop_sequence")
    arrival_s, departure_s = file.time("arrival_time"), file.time("departure_time")
    shape = file.number("shape_dist_traveled", minimum=0)
    good &= order_number.notna().to_numpy() & (arrival_s != INVALID) & (departure_s != INVALID)
    sequence = order_number.fillna(-1).to_numpy(dtype=np.int64)
    good &= ~np.isin(trip, trip[~good])

    order = np.lexsort((file.lines, sequence, trip))
    order = order[good[order]]
    again = np.concatenate([[False], (np.diff(trip[order]) == 0) & (np.diff(sequence[order]) == 0)])[: len(order)]
    _report_twice(file, order, again)
    order = order[~again]
    order = order[~_without_edge(file, order, trip, (arrival_s == BLANK) & (departure_s == BLANK))]

    trip, stop, sequence, shape = trip[order], stop[order], sequence[order], shape[order]
    arrival_s, departure_s = arrival_s[order], departure_s[order]
    file = file.take(order)
    _replace_unused(file, trip, arrival_s, departure_s)
    first = _first(trip)
    before = np.roll(stop, 1)
    straight = np.where(first, 0.0, great_circle_m(lon[before], lat[before], lon[stop], lat[stop]))
    along = np.where(np.isnan(straight), np.nan, np.nancumsum(straight))
    timed = ~fill_times(trip, arrival_s, departure_s, (shape, along))
    calls = Calls(file, trip, stop, sequence, arrival_s, departure_s, timed, straight, shape)
    _report_filled(calls)
    _check_order(calls)
    return calls


def distance_m(calls: Calls) -> NDArray[np.float64]:
    """
    Distance of each call from the first of its trip, from shape_dist_traveled.

    GTFS leaves the unit open. The unit is the one with which lines are about as long as, and not shorter than,
    straight lines between their stops.

    Returns
    -------
    (n,) float64
        Metres; nan where not given or where no unit fits.
    """
    given = calls.shape_dist
    if np.isnan(given).all():
        return given
    along = np.where(calls.first, np.nan, np.diff(given, prepend=np.nan))
    both = np.isfinite(along) & np.isfinite(calls.straight_m) & ~calls.first
    straight = calls.straight_m[both].sum()
    ratio = along[both].sum() / straight if straight > 0 else np.nan
    fitting = [unit for unit, metres in UNITS_M.items() if DETOURS[0] <= ratio * metres <= DETOURS[1]]
    found = (
        f"unit of shape_dist_traveled: {fitting[0]}, with which lines are "
        f"{ratio * UNITS_M[fitting[0]]:.2f} times as long as straight lines between their stops."
        if fitting
        else "no unit of shape_dist_traveled makes lines as long as straight lines between their stops; left blank."
    )
    calls.file.notices.add("gtfs_distance_unit", found, file=calls.file.name, field="shape_dist_traveled")
    if not fitting:
        return np.full(len(given), np.nan)
    start = given[np.maximum.accumulate(np.where(calls.first, np.arange(len(given)), 0))]
    distance = (given - start) * UNITS_M[fitting[0]]
    return np.where(distance >= 0, distance, np.nan)


def clock(time_s: int) -> str:
    """Write seconds as H:MM:SS."""
    return f"{time_s // 3600}:{time_s // 60 % 60:02d}:{time_s % 60:02d}"


def _first(trip: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate([[True], np.diff(trip) != 0])[: len(trip)]


def _last(trip: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate([np.diff(trip) != 0, [True]])[-len(trip) :] if len(trip) else np.empty(0, dtype=bool)


def _report_twice(file: GtfsFile, order: NDArray[np.int64], again: NDArray[np.bool_]) -> None:
    places = dict(zip(order[again].tolist(), order[np.flatnonzero(again) - 1].tolist(), strict=True))
    rows = np.zeros(len(file), dtype=bool)
    rows[order[again]] = True

    def twice(row: int) -> str:
        trip, number = file.text("trip_id").iloc[row], file.text("stop_sequence").iloc[row]
        lines = f"line {file.lines[places[row]]} and again on line {file.lines[row]}"
        return f"key trip_id + stop_sequence '{trip}, {number}' stands on {lines}."

    file.report("duplicate_key", rows, "stop_sequence", twice)


def _without_edge(
    file: GtfsFile, order: NDArray[np.int64], trip: NDArray[np.int64], blank: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(n,) bool over `order`: calls of trips whose first or last call has no time; those are reported."""
    ordered = trip[order]
    edge = _first(ordered) | _last(ordered)
    rows = np.zeros(len(file), dtype=bool)
    rows[order[edge & blank[order]]] = True

    def untimed(row: int) -> str:
        which = f"trip '{file.text('trip_id').iloc[row]}' has no time at stop '{file.text('stop_id').iloc[row]}'"
        return f"{which}, its first or last call; expected H:MM:SS there."

    file.report("missing_trip_edge", rows, "arrival_time", untimed)
    return np.isin(ordered, trip[rows])


def _replace_unused(
    file: GtfsFile, trip: NDArray[np.int64], arrival_s: NDArray[np.int64], departure_s: NDArray[np.int64]
) -> None:
    """Replace the midnight that some writers put where a trip has no arrival or no departure."""
    both = (arrival_s >= 0) & (departure_s >= 0)
    start = _first(trip) & both & (arrival_s % _DAY_S == 0) & (departure_s - arrival_s > _UNUSED_GAP_S)
    end = _last(trip) & both & (departure_s % _DAY_S == 0) & (departure_s < arrival_s)
    arrival_s[start] = departure_s[start]
    departure_s[end] = arrival_s[end]
    for rows, column in ((start, "arrival_time"), (end, "departure_time")):
        if rows.any():
            row = int(np.flatnonzero(rows)[0])
            file.notices.add(
                "gtfs_unused_time_at_trip_end",
                f"{int(rows.sum()):,} trips, first '{file.text('trip_id').iloc[row]}', have the {column} "
                f"{file.text(column).iloc[row]} at an end, where it is not used.",
                file=file.name,
                line=int(file.lines[row]),
                field=column,
                value=file.text(column).iloc[row],
            )


def _report_filled(calls: Calls) -> None:
    count = int((~calls.timed).sum())
    if count:
        calls.file.notices.add(
            "gtfs_times_filled",
            f"{count:,} of {len(calls.trip):,} calls ({count / len(calls.trip):.0%}) have no time; "
            "it was filled in between the timed calls of their trip, by distance where that is known.",
            file=calls.file.name,
            field="arrival_time",
        )


def _check_order(calls: Calls) -> None:
    """Report times that run backwards (a filled time cannot)."""
    file, arrival_s, departure_s = calls.file, calls.arrival_s, calls.departure_s

    def of_trip(row: int) -> str:
        return f"trip '{file.text('trip_id').iloc[row]}' at stop '{file.text('stop_id').iloc[row]}'"

    file.report(
        "stop_time_with_departure_before_arrival_time",
        departure_s < arrival_s,
        "departure_time",
        lambda row: (
            f"{of_trip(row)} arrives {clock(arrival_s[row])} and departs {clock(departure_s[row])}; "
            "expected a departure at or after the arrival."
        ),
    )
    later, earlier = calls.timed_hops()
    backwards = np.flatnonzero(arrival_s[later] < departure_s[earlier])
    before = dict(zip(later[backwards].tolist(), earlier[backwards].tolist(), strict=True))
    rows = np.zeros(len(file), dtype=bool)
    rows[later[backwards]] = True

    def too_early(row: int) -> str:
        last = before[row]
        left = (
            f"{clock(int(departure_s[last]))} from stop '{file.text('stop_id').iloc[last]}' on line {file.lines[last]}"
        )
        return f"{of_trip(row)} arrives {clock(arrival_s[row])}, before it departs {left}; expected times that grow."

    file.report("stop_time_with_arrival_before_previous_departure_time", rows, "arrival_time", too_early)
