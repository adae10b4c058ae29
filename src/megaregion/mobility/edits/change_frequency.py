"""The edit that changes how often trips run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.edits.headways import (
    cut_intervals,
    every,
    replace_scheduled,
    report_lost_through_runs,
    respace_scheduled,
    times_as_many,
)
from megaregion.mobility.edits.trip_selection import TripSelection, check_positive
from megaregion.notices import Notices
from megaregion.region.edit import Change, Resolution, edit_kind

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.model import Region


@edit_kind("change_frequency")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFrequency(TripSelection):
    """
    Change how often the selected trips run.

    Trips that table `frequencies` repeats get a new headway between `start` and `end`; an interval that only partly
    lies there is cut. Scheduled trips are taken together by timetable, set of days and list of stops:

    - With `factor` there are so many times the departures, spread over the old ones in proportion: 2 puts one in the
      middle between every two, 0.5 keeps every other. A new trip runs like the one before it.
    - With `headway_s` and `exact_times` they leave just so far apart from `start` until `end`, each like the old trip
      whose departure is nearest, so that slow and fast hours stay what they are.
    - With `headway_s` alone one trip repeated at the headway stands for all: the one of median total time.

    Scheduled trips that leave their first stop before `start`, or at or after `end`, stay.

    Attributes
    ----------
    factor
        New departures an hour over old, dimensionless, above 0: 2 doubles the service and halves the headway.
    headway_s
        New seconds between two departures, above 0. Give this or `factor`.
    exact_times
        With `headway_s`: scheduled trips stay scheduled trips. Repeated ones stay as exact as they are.
    start, end
        Clock times from and until which it holds, "06:00"; no changed departure at or after `end`. Blank = as long as
        each trip runs today; needed to give scheduled trips a headway.
    """

    factor: float | None = None
    headway_s: int | None = None
    exact_times: bool = False
    start: str = ""
    end: str = ""
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
        if self.exact_times and self.factor is not None:
            msg = "edit 'change_frequency': exact_times goes with headway_s; with factor trips stay scheduled anyway."
            raise InputError(msg)
        self.check_selection()
        start, end = self._span()
        if not start < end:
            msg = f"edit 'change_frequency': start is {self.start!r} and end is {self.end!r}; expected end after start."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, trips, numbers and timetables named."""
        return Resolution(needs=self.selection_needs(region))

    def apply(self, region: Region) -> Change:
        """Set the headways and change scheduled trips."""
        span = self._span()
        chosen = self.selected_ids(region)
        frequencies = region.table("frequencies")
        repeated = frequencies["trip_id"].isin(chosen)
        scheduled = chosen[~chosen.isin(frequencies["trip_id"])]
        old = frequencies["headway_s"].to_numpy(np.int64)
        new = self._headways(old)
        within = repeated & (frequencies["start_s"] < span[1]) & (frequencies["end_s"] > span[0]) & (new != old)
        n_trips = int(frequencies.loc[within, "trip_id"].nunique())
        changed = region
        if within.any():
            cut = cut_intervals(frequencies, np.asarray(within), new, span)
            changed = region.with_table("frequencies", cut)
        notices = Notices()
        if len(scheduled):
            changed, n_scheduled = self._reschedule(changed, scheduled, span, notices, len(chosen))
            n_trips += n_scheduled
            report_lost_through_runs(region, changed, notices)
        return Change(region=changed, touched={"trips": n_trips}, notices=notices)

    def _reschedule(
        self, region: Region, trip_ids: pd.Series[str], span: tuple[float, float], notices: Notices, n_chosen: int
    ) -> tuple[Region, int]:
        """Change scheduled trips; returns the changed region and how many trips it concerns."""
        if self.factor is not None:
            return respace_scheduled(region, trip_ids, times_as_many(self.factor), span)
        headway_s = self.headway_s or 0
        if not (self.start and self.end):
            notices.add(
                "scheduled_trips_kept",
                f"{len(trip_ids)} of {n_chosen} selected trips run to a timetable and stay as they are.",
            )
            return region, 0
        if self.exact_times:
            return respace_scheduled(region, trip_ids, every(headway_s, span), span)
        return replace_scheduled(region, trip_ids, headway_s, span)

    def _headways(self, old: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.factor is None:
            return np.full(len(old), self.headway_s, dtype=np.int64)
        return np.maximum(np.rint(old / self.factor), 1).astype(np.int64)

    def _span(self) -> tuple[float, float]:
        start = clock.parse(self.start, what="edit 'change_frequency': field 'start'") if self.start else 0
        end = clock.parse(self.end, what="edit 'change_frequency': field 'end'") if self.end else float("inf")
        return start, end
