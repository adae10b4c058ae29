"""Hops of trips: table `stop_times` as flat arrays, trip after trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TripHops:
    """
    Non-stop hops of trips, in order of travel; those of a trip stand together, trips in the order of their positions.

    Attributes
    ----------
    offset
        (n_trips + 1,) int64: first hop of each trip; a trip with one stop or none has no hop.
    departure_stop, arrival_stop, departure_s, arrival_s
        (n_hops,) int32: stop positions and seconds as the trip's stop times give them.
    flags
        (n_hops,) uint8: CAN_BOARD, CAN_ALIGHT.
    """

    offset: I64
    departure_stop: I32
    arrival_stop: I32
    departure_s: I32
    arrival_s: I32
    flags: NDArray[np.uint8]

    @classmethod
    def of_calls(cls, trip: NDArray[Any], n_trips: int, calls: dict[str, NDArray[Any]]) -> TripHops:
        """
        Join the calls of trips to hops.

        Parameters
        ----------
        trip
            (n_calls,) position of the trip of each call, ascending.
        n_trips
            Number of trips.
        calls
            (n_calls,) arrays `stop`, `arrival_s`, `departure_s`, `pickup` and `drop_off`, in order of travel.
        """
        begin = np.flatnonzero(trip[1:] == trip[:-1])
        flags = CAN_BOARD * calls["pickup"][begin] | CAN_ALIGHT * calls["drop_off"][begin + 1]
        counts = np.bincount(trip[begin], minlength=n_trips) if len(begin) else np.zeros(n_trips, np.int64)
        return cls(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            calls["stop"][begin].astype(np.int32),
            calls["stop"][begin + 1].astype(np.int32),
            calls["departure_s"][begin].astype(np.int32),
            calls["arrival_s"][begin + 1].astype(np.int32),
            flags.astype(np.uint8),
        )

    @property
    def count(self) -> I64:
        """(n_trips,) int64, hops of each trip."""
        return np.diff(self.offset)

    def ends(self) -> tuple[I64, I64]:
        """First departure (0 without a hop) and last arrival (-1 without one) of each trip; (n_trips,) int64."""
        some = self.count > 0
        begin = np.zeros(len(some), np.int64)
        end = np.full(len(some), -1, np.int64)
        begin[some] = self.departure_s[self.offset[:-1][some]]
        end[some] = self.arrival_s[self.offset[1:][some] - 1]
        return begin, end

    def terminals(self) -> tuple[I32, I32]:
        """First and last stop of each trip, -1 without a hop; (n_trips,) int32."""
        some = self.count > 0
        first, last = np.full(len(some), -1, np.int32), np.full(len(some), -1, np.int32)
        first[some] = self.departure_stop[self.offset[:-1][some]]
        last[some] = self.arrival_stop[self.offset[1:][some] - 1]
        return first, last


def read_hops(stop_times: pd.DataFrame, trip_ids: pd.Series) -> tuple[TripHops, list[str]]:
    """
    Read the hops of some trips.

    Parameters
    ----------
    stop_times
        Table of a region, rows in any order.
    trip_ids
        Trips in the order of their positions; calls of others are passed over.

    Returns
    -------
    Hops, and the ids of the stops that are called at in the order of their positions.

    Raises
    ------
    InputError
        If a trip goes back in time.
    """
    at = pd.Index(trip_ids).get_indexer(stop_times["trip_id"])
    sequence = stop_times["stop_sequence"].to_numpy(np.int64)
    rows = np.lexsort((sequence, at))
    rows = rows[np.searchsorted(at[rows], 0) :]
    trip = at[rows]
    times = stop_times.iloc[rows]
    stop, stop_ids = pd.factorize(times["stop_id"], sort=True)
    departure, arrival = times["departure_s"].to_numpy(np.int64), times["arrival_s"].to_numpy(np.int64)
    backwards = np.flatnonzero(
        (departure < arrival) | np.r_[False, (trip[1:] == trip[:-1]) & (arrival[1:] < departure[:-1])][: len(trip)]
    )
    if len(backwards):
        row = times.iloc[backwards[0]]
        msg = (
            f"stop_times: trip {row['trip_id']!r} goes back in time at stop {row['stop_id']!r} "
            f"(stop_sequence {row['stop_sequence']}): arrival {row['arrival_s']}, departure {row['departure_s']}. "
            f"{len(backwards)} such stops; correct them and import the timetable again."
        )
        raise InputError(msg)
    calls = {"stop": stop, "arrival_s": arrival, "departure_s": departure} | {
        name: times[name].fillna(value=True).to_numpy(bool) for name in ("pickup", "drop_off")
    }
    return TripHops.of_calls(trip, len(trip_ids), calls), [str(stop_id) for stop_id in stop_ids]
