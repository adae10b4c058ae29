"""A matrix anew after something was added: what the first run found bounds what the second can find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import LANES, NEVER, find_earlier
from megaregion.mobility.extension import is_extension
from megaregion.mobility.travel_time import plan_either_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Unpack

    from numpy.typing import NDArray

    from megaregion.mobility.matrix_sweep import Rows, Sweep
    from megaregion.mobility.places import Places
    from megaregion.mobility.scan_layout import ScanLayout
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.travel_time import MatrixOptions, MatrixPlan, TravelTimes
    from megaregion.region.points import Points

    F32 = NDArray[np.float32]
    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    U8 = NDArray[np.uint8]


def rerun_matrix(
    base: TravelTimes,
    base_timetable: Timetable,
    timetable: Timetable,
    origins: Points | Iterable[str] | None = None,
    destinations: Points | Iterable[str] | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[MatrixOptions],
) -> TravelTimes:
    """
    Compute a matrix anew for a timetable that may only add to another: lines, trips, stops, footpaths.

    Then what was found before bounds what can be found now, and only pairs for which some label got earlier are read
    again. In any other case, and with draws, all is computed afresh. The result is that of `travel_time_matrix` either
    way, bit for bit.

    Parameters
    ----------
    base
        Result of `travel_time_matrix(base_timetable, origins, destinations, **options)`.
    base_timetable, timetable
        Timetables without and with what was added.
    origins, destinations, workers, progress, **options
        As for `travel_time_matrix`, and as `base` was computed with.

    Raises
    ------
    InputError
        As `travel_time_matrix`, or if `base` answers another question.
    """
    plan = plan_either_way(timetable, origins, destinations, options, by_origin=None)
    if plan.sweep.question.draws or not is_extension(base_timetable, timetable):
        return plan.all(workers, progress)
    former = plan_either_way(base_timetable, origins, destinations, options, by_origin=None)
    _check_same_question(base, former)
    return plan.all(
        workers,
        progress,
        FormerRun.compare(former.sweep, _rows_of(base, former), plan.sweep, (base_timetable, timetable)),
    )


@dataclass(frozen=True, slots=True)
class FormerRun:
    """
    Travel times of a timetable, and how the slots of one that only adds to it stand for its own.

    Attributes
    ----------
    sweep
        The scans of the first run.
    values
        Its rows, target by target.
    slot
        (n_slots,) int64: slot of the first run that one who is ready at each slot of the second reaches, -1 = none.
    moved
        (n_others,) bool: places whose ways to or from stops are not those of the first run.
    """

    sweep: Sweep
    values: Rows
    slot: I64
    moved: NDArray[np.bool_]

    @classmethod
    def compare(cls, former: Sweep, values: Rows, sweep: Sweep, timetables: tuple[Timetable, Timetable]) -> FormerRun:
        """
        Match a run with a former one.

        Parameters
        ----------
        former, values
            Scans of the first timetable, and the rows they gave.
        sweep
            Scans of the second.
        timetables
            The first and the second; the second only adds to the first, see `extension.is_extension`.
        """
        before, after = timetables
        known = {stop: position for position, stop in enumerate(before.stops)}
        stop = np.array([known.get(each, -1) for each in after.stops], np.int64)
        slot = _matching_slots(former.layouts[0], sweep.layouts[0], stop)
        return cls(former, values, slot, _moved(former.others, sweep.others, stop))

    def rows(self, targets: range) -> Rows:
        """Rows of the first run, copied."""
        return tuple(values[targets.start : targets.stop].copy() for values in self.values)

    def asked(self, targets: range, walked: I32) -> U8:
        """Pairs whose ways between places and stops, or without a ride, are not those of the first run."""
        anew: U8 = (self.moved | (walked != self.sweep.walk_only_s(targets))).astype(np.uint8)
        return anew

    def mark(self, sweep: Sweep, targets: range, arrival: I32, asked: U8) -> None:
        """Set to 1 where labels are earlier than those of the first run."""
        before = self.sweep.labels(targets)
        bound = np.full_like(arrival, NEVER)
        bound[self.slot >= 0] = before[self.slot[self.slot >= 0]]
        layout, places = sweep.layouts[0], sweep.others
        accesses = (places.offset, places.stop, (places.access_s + sweep.slacks_s[1]).astype(np.int32))
        window = (*sweep.question.window_s, int(sweep.in_reverse))
        labels = (arrival, bound, arrival.shape[1] - LANES)
        earlier = np.ascontiguousarray(asked)
        find_earlier(labels, (layout.slot_offset, layout.slot_departure_s), accesses, window, earlier)
        asked[:] = earlier


def _matching_slots(former: ScanLayout, layout: ScanLayout, stop: I64) -> I64:
    """
    Find the first slot of the former layout at or after each slot, at the same stop; -1 where the stop is new.

    Its label is what the first run knows for whoever is ready then. Of slots at the same second only the first one is
    matched exactly; the others are not better, so a change shows at the first one.
    """
    found = np.full(layout.n_slots, -1, np.int64)
    for here, there in enumerate(stop.tolist()):
        if there >= 0:
            first, last = int(layout.slot_offset[here]), int(layout.slot_offset[here + 1])
            begin, end = int(former.slot_offset[there]), int(former.slot_offset[there + 1])
            departures = former.slot_departure_s[begin : end - 1]
            found[first:last] = begin + np.searchsorted(departures, layout.slot_departure_s[first:last])
    return found


def _moved(former: Places, places: Places, stop: I64) -> NDArray[np.bool_]:
    """(n_places,) bool: whether a place reaches a stop that was there before in another time, or no longer."""
    old = stop[places.stop] >= 0
    place = np.repeat(np.arange(len(places)), np.diff(places.offset))
    was = np.repeat(np.arange(len(former)), np.diff(former.offset))
    here = np.column_stack([place[old], stop[places.stop[old]], places.access_s[old]])
    there = np.column_stack([was, former.stop, former.access_s])
    rows, counts = np.unique(
        np.concatenate([np.unique(here, axis=0), np.unique(there, axis=0)]), axis=0, return_counts=True
    )
    moved = np.zeros(len(places), bool)
    moved[rows[counts == 1, 0].astype(np.int64)] = True
    return moved


def _rows_of(times: TravelTimes, plan: MatrixPlan) -> tuple[F32, ...]:
    """Rows as the sweep of a plan gives them, target by target."""
    tables = (times.fastest_s, times.departures.astype(np.float32), times.first_arrival_s, times.last_arrival_s)
    if plan.sweep.in_reverse:
        return (times.travel_time_s.transpose(1, 0, 2), *tables)
    return (times.travel_time_s.transpose(2, 0, 1), *(values.T for values in tables))


def _check_same_question(times: TravelTimes, plan: MatrixPlan) -> None:
    sweep = plan.sweep
    origins, destinations = (sweep.targets, sweep.others) if sweep.in_reverse else (sweep.others, sweep.targets)
    asked = {"origin_ids": origins.ids, "destination_ids": destinations.ids}
    for name, ids in asked.items():
        if getattr(times, name) != ids:
            msg = f"the base cannot be used: its {name} are not those asked for; compute it for the same places."
            raise InputError(msg)
    for name, value in plan.provenance.items():
        if times.provenance.get(name) != value:
            was = times.provenance.get(name)
            msg = f"the base cannot be used: {name} is {was!r} there and {value!r} here; use the same options."
            raise InputError(msg)
