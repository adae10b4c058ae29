"""Edits of how trips run: speed and dwell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.edits.plausible_speed import PLAUSIBLE_KMH
from megaregion.mobility.edits.trip_selection import Calls, TripSelection, check_not_negative, check_positive, stops_at
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.sphere import great_circle_m
from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region

    I64 = NDArray[np.int64]


FAST_SHARE = 0.1
"""Share of the changed runs from which on it is reported that they become faster than trains are."""


@edit_kind("change_speed")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSpeed(TripSelection):
    """
    Change the running speed of the selected trips; dwell times are kept.

    A trip keeps its departure at its first stop; run times are rounded to the second, hop by hop.

    Attributes
    ----------
    factor
        New speed over old speed, dimensionless, above 0: 1.25 is a quarter faster.
    between
        Two stops or stations; only the part of a trip between its first calls at the two changes, in either direction.
        A trip that does not call at both is left alone. Blank = the whole trip.
    """

    factor: float
    between: tuple[str, str] | None = None
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_positive(self.kind, "factor", self.factor, "Write 1.25 for a quarter faster, 0.8 for a fifth slower.")
        if self.between is None:
            self.check_selection()
        elif self.between[0] == self.between[1]:
            msg = f"edit 'change_speed': field 'between' is {self.between!r}; expected two different stops."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers, timetables and stops named."""
        return Resolution(needs=(*self.selection_needs(region), *(Ref("stops", each) for each in self.between or ())))

    def apply(self, region: Region) -> Change:
        """Shorten or lengthen the runs."""
        calls = Calls(region.table("stop_times"), self.selected_ids(region))
        previous = np.concatenate(([0], calls.departure_s[:-1]))[: len(calls.rows)]
        run = np.where(calls.first, 0, calls.arrival_s - previous)
        # half a second is rounded to the even second, as numpy and IEEE 754 do
        new_run = np.rint(run / self.factor).astype(np.int64)
        change = np.where(self._within(calls, region), new_run - run, 0)
        stop_times, changed = calls.retimed(change, np.zeros_like(change))
        if not changed.any():
            return Change(region=region, touched={"trips": 0})
        notices = Notices()
        self._report_fast(calls, region, (run, run + change), notices)
        changed_region = region.with_table("stop_times", stop_times)
        return Change(region=changed_region, touched={"trips": int(changed.sum())}, notices=notices)

    def _report_fast(self, calls: Calls, region: Region, run: tuple[I64, I64], notices: Notices) -> None:
        """Report runs that become faster than trains are: a factor written as a percentage, say."""
        stops = region.table("stops").set_index("stop_id")[["lon", "lat"]]
        lon, lat = stops.reindex(calls.column("stop_id")).to_numpy(np.float64).T
        metres = np.append(0.0, great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:]))[: len(lon)]
        metres = np.where(calls.first | np.isnan(metres), 0, metres)
        # what was too fast before is a defect of the data, not of the edit
        old, new = (metres / np.maximum(seconds, 1) * KMH_PER_M_S for seconds in run)
        found = np.flatnonzero((new > PLAUSIBLE_KMH[1]) & (old <= PLAUSIBLE_KMH[1]))
        # minutes of timetables are rounded, so single short runs look faster than they are
        if len(found) < FAST_SHARE * np.count_nonzero(run[0] != run[1]) or not len(found):
            return
        worst = found[np.argmax(new[found])]
        message = (
            f"{len(found)} runs become faster than {PLAUSIBLE_KMH[1]:g} km/h; the fastest, of trip "
            f"'{calls.column('trip_id')[worst]}' to '{calls.column('stop_id')[worst]}', {new[worst]:.0f} km/h."
        )
        fix = "write 1.25 for a quarter faster, not 125"
        notices.add("implausible_speed", message, field="factor", value=self.factor, fix=fix)

    def _within(self, calls: Calls, region: Region) -> NDArray[np.bool_]:
        """(n_calls,) bool: the run that ends at this call lies between the two stops."""
        if self.between is None:
            return np.ones(len(calls.rows), dtype=bool)
        stop = calls.column("stop_id")
        one, other = (calls.first_call(np.isin(stop, stops_at(region, each))) for each in self.between)
        begin, end = np.minimum(one, other)[calls.trip], np.maximum(one, other)[calls.trip]
        position = np.arange(len(calls.rows))
        return (begin >= 0) & (position > begin) & (position <= end)


@edit_kind("change_dwell")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDwell(TripSelection):
    """
    Set how long the selected trips stand at stops on their way; run times are kept.

    A trip keeps its departure at its first stop; its first and last calls have no dwell.

    Attributes
    ----------
    dwell_s
        New dwell time, seconds, 0 or more.
    stop_ids
        Stops or stations at which it changes; blank = all.
    """

    dwell_s: int
    stop_ids: tuple[str, ...] = ()
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_not_negative(self.kind, "dwell_s", self.dwell_s, "seconds")
        if not self.stop_ids:
            self.check_selection()

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers, timetables and stops named."""
        return Resolution(needs=(*self.selection_needs(region), *(Ref("stops", each) for each in self.stop_ids)))

    def apply(self, region: Region) -> Change:
        """Lengthen or shorten the dwells."""
        calls = Calls(region.table("stop_times"), self.selected_ids(region))
        here = ~calls.first & ~calls.last
        if self.stop_ids:
            stops = [stop for each in self.stop_ids for stop in stops_at(region, each)]
            here &= np.isin(calls.column("stop_id").astype(object), stops)
        change = np.where(here, self.dwell_s - (calls.departure_s - calls.arrival_s), 0)
        stop_times, changed = calls.retimed(np.zeros_like(change), change)
        if not changed.any():
            return Change(region=region, touched={"trips": 0})
        return Change(region=region.with_table("stop_times", stop_times), touched={"trips": int(changed.sum())})
