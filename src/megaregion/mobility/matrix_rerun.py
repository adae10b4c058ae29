"""A matrix anew after something was added: what the first run found bounds what the second can find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.extension import added_connections
from megaregion.mobility.matrix_sweep import Base
from megaregion.mobility.travel_time import ask, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Unpack

    from numpy.typing import NDArray

    from megaregion.mobility.places import Places
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.travel_time import Asked, MatrixOptions, MatrixPlan, TravelTimes
    from megaregion.region.points import Points

    F32 = NDArray[np.float32]
    I64 = NDArray[np.int64]


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
    Compute a matrix anew for a timetable that only adds to another: lines, trips, stops.

    Then what was found before bounds what can be found now: a scan marks the labels that only what was added makes
    earlier, and only pairs with such a label are read again. In any other case - other walks between old stops, other
    rules for old trips, draws - all is computed afresh. The result is that of `travel_time_matrix`, bit for bit.

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
    asked = ask(timetable, origins, destinations, options)
    former = ask(base_timetable, origins, destinations, options)
    _check_same_question(base, former)
    again = plan(timetable, asked, by_origin=None)
    known = {stop: position for position, stop in enumerate(base_timetable.stops)}
    stop = np.array([known.get(each, -1) for each in timetable.stops], np.int64)
    added = None if asked.question.draws else added_connections(base_timetable, timetable)
    if added is None:
        return again.all(workers, progress)
    moved = [
        _moved(before, after, stop)
        for before, after in ((former.origins, asked.origins), (former.destinations, asked.destinations))
    ]
    targets, others = moved if again.sweep.in_reverse else moved[::-1]
    marks = tuple(added[layout.connection] for layout in again.sweep.layouts)
    return again.all(workers, progress, Base(_rows_of(base, again), marks, targets, others))


def _links(begin: NDArray[np.integer], end: NDArray[np.integer], time_s: NDArray[np.integer]) -> I64:
    """Put links into one number each, ascending."""
    # room for a million places, eight million stops and twelve days
    return np.sort((begin.astype(np.int64) << 43) | (end.astype(np.int64) << 20) | time_s.astype(np.int64))


def _moved(before: Places, places: Places, stop: I64) -> NDArray[np.bool_]:
    """
    (n_places,) bool: whether a place is linked with its stops otherwise than before.

    That is with an old stop in another time, or no longer, or with a new one in no time, which then is the place.
    """
    old = stop[places.stop] >= 0
    place = np.repeat(np.arange(len(places)), np.diff(places.offset))
    was = np.repeat(np.arange(len(before)), np.diff(before.offset))
    here = _links(place[old], stop[places.stop[old]], places.access_s[old])
    there = _links(was, before.stop, before.access_s)
    moved = np.zeros(len(places), bool)
    moved[place[~old & (places.access_s == 0)]] = True
    moved[np.setxor1d(here, there, assume_unique=True) >> 43] = True
    return moved


def _rows_of(times: TravelTimes, plan: MatrixPlan) -> tuple[F32, ...]:
    """Rows as the sweep of a plan gives them, target by target."""
    tables = (times.fastest_s, times.departures.astype(np.float32), times.first_arrival_s, times.last_arrival_s)
    if plan.sweep.in_reverse:
        return (times.travel_time_s.transpose(1, 0, 2), *tables)
    return (times.travel_time_s.transpose(2, 0, 1), *(values.T for values in tables))


def _check_same_question(times: TravelTimes, asked: Asked) -> None:
    for name, places in (("origin_ids", asked.origins), ("destination_ids", asked.destinations)):
        if getattr(times, name) != places.ids:
            msg = f"the base cannot be used: its {name} are not those asked for; compute it for the same places."
            raise InputError(msg)
    for name, value in asked.provenance.items():
        if times.provenance.get(name) != value:
            was = times.provenance.get(name)
            msg = f"the base cannot be used: {name} is {was!r} there and {value!r} here; use the same options."
            raise InputError(msg)
