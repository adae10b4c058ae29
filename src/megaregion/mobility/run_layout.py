"""Runs of a timetable and their hops, from which the connections follow once it is said when each run leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.mobility.departure_order import count_departures, place_departures
from megaregion.mobility.frequency_draws import draw_offsets

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.mobility.trip_hops import TripHops
    from megaregion.mobility.vehicles import Vehicles

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeadwayIntervals:
    """
    Which runs are drawn, and from what.

    Attributes
    ----------
    trip_ids
        Trip of each interval.
    start_s, headway_s, span_s
        (n_intervals,) int64: start in seconds of the service day, headway and length, s.
    run, interval, open_s, tick
        (n_drawn,) int64: run, its interval, the shift with which it would leave at the start of the interval, and how
        many headways later it leaves.
    """

    trip_ids: tuple[str, ...]
    start_s: I64
    headway_s: I64
    span_s: I64
    run: I64
    interval: I64
    open_s: I64
    tick: I64

    def draw(self, shift_s: I64, number: int, seed: int) -> tuple[I64, NDArray[np.bool_]]:
        """Draw the shifts of the runs, and which of them leave before the end of their interval; (n_runs,) each."""
        offset = draw_offsets(self.trip_ids, self.start_s.tolist(), self.headway_s.tolist(), number=number, seed=seed)
        after = offset[self.interval] + self.tick * self.headway_s[self.interval]
        drawn, kept = shift_s.copy(), np.ones(len(shift_s), bool)
        drawn[self.run] = self.open_s + after
        kept[self.run] = after < self.span_s[self.interval]
        return drawn, kept


@dataclass(frozen=True, slots=True)
class RunLayout:
    """
    Every run that may matter.

    Attributes
    ----------
    hops
        Hops of the trips.
    table
        One row a run: the fields of `Timetable.trip_table`.
    trip, vehicle, hop_offset
        (n_runs,) int32: position of the trip, and as `Vehicles` has them.
    branches
        (n_branches, 2) int32, as `Vehicles` has them.
    horizon_s
        Connections leave from second 0 to before this one.
    intervals
        What is drawn; None = nothing.
    """

    hops: TripHops
    table: pd.DataFrame
    trip: I32
    vehicle: I32
    hop_offset: I32
    branches: I32
    horizon_s: int
    intervals: HeadwayIntervals | None = None

    @classmethod
    def of(
        cls,
        hops: TripHops,
        table: pd.DataFrame,
        trip: I64,
        vehicles: Vehicles,
        horizon_s: int,
        intervals: HeadwayIntervals | None = None,
    ) -> RunLayout:
        """Join runs and their vehicles."""
        parts = (vehicles.vehicle, vehicles.hop_offset, vehicles.branches)
        return cls(hops, table, trip.astype(np.int32), *parts, horizon_s, intervals)

    def connections(self, number: int | None = None, seed: int = 0) -> dict[str, Any]:
        """
        Lay out the connections in order of departure.

        Parameters
        ----------
        number, seed
            Draw of the headway-based runs; None = each where `table` says.

        Returns
        -------
        dict
            The arrays and the `trip_table` of a `Timetable`, with `branches` between rows of that table.
        """
        shift, wait = self.table["shift_s"].to_numpy(np.int64), self.table["wait_s"].to_numpy(np.int64)
        kept = np.ones(len(shift), bool)
        if number is not None and self.intervals is not None:
            shift, kept = self.intervals.draw(shift, number, seed)
        # trips of a vehicle one after the other, so that hops without duration keep their order
        order = np.argsort(self.hop_offset, kind="stable")
        order = order[kept[order]]
        first = self.hops.offset[self.trip[order]]
        end = self.hops.offset[self.trip[order] + 1]
        runs = (order.astype(np.int32), first, end, (shift - wait)[order])
        begins = np.empty(self.horizon_s + 1, np.int64)
        n = count_departures(runs, self.hops.departure_s, begins)
        run, hop, departure_stop, arrival_stop, departure_s, arrival_s = (np.empty(n, np.int32) for _ in range(6))
        flags = np.empty(n, np.uint8)
        hops = self.hops
        place_departures(
            runs,
            (shift[order], self.hop_offset[order]),
            (hops.departure_stop, hops.arrival_stop, hops.departure_s, hops.arrival_s, hops.flags),
            begins,
            (run, hop, departure_stop, arrival_stop, departure_s, arrival_s, flags),
        )
        used = np.zeros(len(shift), bool)
        used[run] = True
        rows = np.flatnonzero(used)
        table = self.table.iloc[rows].reset_index(drop=True)
        table["shift_s"] = shift[rows]
        # numbers without gaps, whichever runs are cut off at the ends of the day
        position = (np.cumsum(used) - 1).astype(np.int32)
        vehicle = np.unique(self.vehicle[rows], return_inverse=True)[1].astype(np.int32)
        run = position[run]
        return {
            "trip_table": table,
            "departure_stop": departure_stop,
            "arrival_stop": arrival_stop,
            "departure_s": departure_s,
            "arrival_s": arrival_s,
            "run": run,
            "trip": vehicle[run],
            "hop": hop,
            "flags": flags,
            "branches": position[self.branches[used[self.branches].all(axis=1)]].reshape(-1, 2),
        }
