"""Edits of how trips run: speed, dwell and frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.headways import cut_intervals, replace_scheduled
from megaregion.mobility.trip_selection import (
    Calls,
    check_not_negative,
    check_positive,
    check_selection,
    selected_ids,
    selection_needs,
)
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.model import Region


@edit_kind("change_speed")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSpeed:
    """
    Change the running speed of the selected trips; dwell times are kept.

    A trip keeps its departure at its first stop; run times are rounded to the second, hop by hop.

    Attributes
    ----------
    factor
        New speed over old speed, dimensionless, above 0: 1.25 is a quarter faster.
    between
        Two stops; only the part of a trip between its first calls at the two changes, in either direction. A trip
        that does not call at both is left alone. Blank = the whole trip.
    route_ids, trip_numbers, feed_ids, classes, modes
        Trips: all conditions that are given must hold, any of the values of one will do.
    """

    factor: float
    between: tuple[str, str] | None = None
    route_ids: tuple[str, ...] = ()
    trip_numbers: tuple[str, ...] = ()
    feed_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_positive(self.kind, "factor", self.factor, "Write 1.25 for a quarter faster, 0.8 for a fifth slower.")
        if self.between is None:
            check_selection(self.kind, self)
        elif self.between[0] == self.between[1]:
            msg = f"edit 'change_speed': field 'between' is {self.between!r}; expected two different stops."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers, timetables and stops named."""
        return Resolution(needs=(*selection_needs(region, self), *(Ref("stops", each) for each in self.between or ())))

    def apply(self, region: Region) -> Change:
        """Shorten or lengthen the runs."""
        calls = Calls(region.table("stop_times"), selected_ids(region, self))
        previous = np.concatenate(([0], calls.departure_s[:-1]))[: len(calls.rows)]
        run = np.where(calls.first, 0, calls.arrival_s - previous)
        # half a second is rounded to the even second, as numpy and IEEE 754 do
        new_run = np.rint(run / self.factor).astype(np.int64)
        change = np.where(self._within(calls), new_run - run, 0)
        stop_times, changed = calls.retimed(change, np.zeros_like(change))
        if not changed.any():
            return Change(region=region, touched={"trips": 0})
        return Change(region=region.with_table("stop_times", stop_times), touched={"trips": int(changed.sum())})

    def _within(self, calls: Calls) -> NDArray[np.bool_]:
        """(n_calls,) bool: the run that ends at this call lies between the two stops."""
        if self.between is None:
            return np.ones(len(calls.rows), dtype=bool)
        stop = calls.column("stop_id")
        one, other = (calls.first_call(stop == each) for each in self.between)
        begin, end = np.minimum(one, other)[calls.trip], np.maximum(one, other)[calls.trip]
        position = np.arange(len(calls.rows))
        return (begin >= 0) & (position > begin) & (position <= end)


@edit_kind("change_dwell")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDwell:
    """
    Set how long the selected trips stand at stops on their way; run times are kept.

    A trip keeps its departure at its first stop; its first and last calls have no dwell.

    Attributes
    ----------
    dwell_s
        New dwell time, seconds, 0 or more.
    stop_ids
        Stops at which it changes; blank = all.
    route_ids, trip_numbers, feed_ids, classes, modes
        Trips: all conditions that are given must hold, any of the values of one will do.
    """

    dwell_s: int
    stop_ids: tuple[str, ...] = ()
    route_ids: tuple[str, ...] = ()
    trip_numbers: tuple[str, ...] = ()
    feed_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_not_negative(self.kind, "dwell_s", self.dwell_s, "seconds")
        if not self.stop_ids:
            check_selection(self.kind, self)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers, timetables and stops named."""
        return Resolution(needs=(*selection_needs(region, self), *(Ref("stops", each) for each in self.stop_ids)))

    def apply(self, region: Region) -> Change:
        """Lengthen or shorten the dwells."""
        calls = Calls(region.table("stop_times"), selected_ids(region, self))
        here = ~calls.first & ~calls.last
        if self.stop_ids:
            here &= np.isin(calls.column("stop_id").astype(object), self.stop_ids)
        change = np.where(here, self.dwell_s - (calls.departure_s - calls.arrival_s), 0)
        stop_times, changed = calls.retimed(np.zeros_like(change), change)
        if not changed.any():
            return Change(region=region, touched={"trips": 0})
        return Change(region=region.with_table("stop_times", stop_times), touched={"trips": int(changed.sum())})


@edit_kind("change_frequency")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFrequency:
    """
    Change how often the selected trips run.

    Trips that table `frequencies` repeats get a new headway between `start` and `end`; an interval that only partly
    lies there is cut. With `headway_s`, scheduled trips that leave their first stop between `start` and `end` are
    replaced by one trip a stop pattern, timetable and set of days, repeated at the headway: the trip of median total
    time stands for the others. Scheduled trips that leave before or after stay. With `factor`, scheduled trips stay
    as they are and a notice says so.

    Attributes
    ----------
    factor
        New departures an hour over old, dimensionless, above 0: 2 doubles the service and halves the headway.
    headway_s
        New seconds between two departures, above 0. Give this or `factor`.
    start, end
        Clock times from and until which it holds, "06:00"; no changed departure at or after `end`. Blank = as long as
        each trip runs today; needed to replace scheduled trips.
    route_ids, trip_numbers, feed_ids, classes, modes
        Trips: all conditions that are given must hold, any of the values of one will do.
    """

    factor: float | None = None
    headway_s: int | None = None
    start: str = ""
    end: str = ""
    route_ids: tuple[str, ...] = ()
    trip_numbers: tuple[str, ...] = ()
    feed_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if (self.factor is None) == (self.headway_s is None):
            msg = (
                f"edit 'change_frequency': factor is {self.factor!r} and headway_s is {self.headway_s!r}; "
                "expected one of the two."
            )
            raise InputError(msg)
        if self.factor is not None:
            check_positive(self.kind, "factor", self.factor, "Write 2 for twice as many departures.")
        if self.headway_s is not None:
            check_positive(self.kind, "headway_s", self.headway_s, "Write 600 for every ten minutes.")
        check_selection(self.kind, self)
        start, end = self._span()
        if not start < end:
            msg = f"edit 'change_frequency': start is {self.start!r} and end is {self.end!r}; expected end after start."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers and timetables named; say which scheduled trips cannot change."""
        notices = Notices()
        chosen = selected_ids(region, self)
        scheduled = int((~chosen.isin(region.table("frequencies")["trip_id"])).sum())
        if scheduled and not self._replaces():
            notices.add(
                "scheduled_trips_kept",
                f"{scheduled} of {len(chosen)} selected trips run to a timetable and stay as they are.",
            )
        return Resolution(needs=selection_needs(region, self), notices=notices)

    def apply(self, region: Region) -> Change:
        """Set the headways and replace scheduled trips."""
        start, end = self._span()
        chosen = selected_ids(region, self)
        frequencies = region.table("frequencies")
        repeated = frequencies["trip_id"].isin(chosen)
        factor, headway_s = self.factor, self.headway_s
        old = frequencies["headway_s"]
        new = (
            np.maximum(np.rint(old / factor), 1).astype(np.int64) if factor is not None else old * 0 + (headway_s or 0)
        )
        within = repeated & (frequencies["start_s"] < end) & (frequencies["end_s"] > start) & (new != old)
        touched = {"trips": int(frequencies.loc[within, "trip_id"].nunique())}
        tables: dict[str, pd.DataFrame] = {}
        if within.any():
            tables["frequencies"] = cut_intervals(frequencies, np.asarray(within), np.asarray(new), (start, end))
        scheduled = chosen[~chosen.isin(frequencies["trip_id"])]
        if self._replaces() and len(scheduled):
            changed = region.with_tables(tables)
            replaced, n_replaced = replace_scheduled(changed, scheduled, headway_s or 0, (start, end))
            tables |= replaced
            touched["trips"] += n_replaced
        return Change(region=region.with_tables(tables) if tables else region, touched=touched)

    def _replaces(self) -> bool:
        return self.headway_s is not None and bool(self.start) and bool(self.end)

    def _span(self) -> tuple[float, float]:
        start = clock.parse(self.start, what="edit 'change_frequency': field 'start'") if self.start else 0
        end = clock.parse(self.end, what="edit 'change_frequency': field 'end'") if self.end else float("inf")
        return start, end
