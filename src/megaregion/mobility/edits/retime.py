"""The edit that moves departures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.edits.trip_selection import Calls, TripSelection, stops_at
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region

    I64 = NDArray[np.int64]

SHOWN_TRIPS = 5
"""Trips that a message names; the others are counted."""


@edit_kind("retime")
@dataclass(frozen=True, slots=True, kw_only=True)
class Retime(TripSelection):
    """
    Move the selected trips in time; run times stay as they are.

    Of trips that table `frequencies` repeats the intervals move. Between two stops, a trip waits longer or shorter at
    the first and at the second of them; one that could not, because it would leave before it arrives, is an error.

    Attributes
    ----------
    shift_s
        Seconds later; below 0 = earlier.
    first_departure
        Clock time at which the first of the selected trips leaves, instead of `shift_s`; all move by the same time.
    departures
        Clock times, one for each selected trip in order of departure, instead of the two above. Not for repeated
        trips.
    between
        Two stops or stations; only the part of a trip between its first calls at the two moves, in either direction,
        and departures are those from the first of the two. A trip that does not call at both is left alone. Blank =
        the whole trip.
    """

    shift_s: int | None = None
    first_departure: str = ""
    departures: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if (self.shift_s is not None) + bool(self.first_departure) + bool(self.departures) != 1:
            msg = (
                f"edit 'retime': shift_s is {self.shift_s!r}, first_departure is {self.first_departure!r} and "
                f"departures is {list(self.departures)!r}; expected one of the three."
            )
            raise InputError(msg)
        self._times()
        if self.between is None:
            self.check_selection()
        elif self.between[0] == self.between[1]:
            msg = f"edit 'retime': field 'between' is {self.between!r}; expected two different stops."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need what is selected, and the stops named."""
        return Resolution(needs=(*self.selection_needs(region), *(Ref("stops", each) for each in self.between or ())))

    def apply(self, region: Region) -> Change:
        """Move the times of calls, and the intervals of repeated trips."""
        calls = Calls(region.table("stop_times"), self.selected_ids(region))
        begin, end = self._part(calls, region)
        found = np.flatnonzero(begin >= 0)
        if not len(found):
            return Change(region=region, touched={"trips": 0})
        first = np.flatnonzero(calls.first)
        trip_ids = calls.column("trip_id")[first]
        frequencies = region.table("frequencies")
        starts = frequencies.groupby("trip_id")["start_s"].min().reindex(trip_ids)
        repeated = starts.notna().to_numpy()
        relative = np.where(repeated, starts.fillna(0).to_numpy() - calls.departure_s[first], 0).astype(np.int64)
        notices = Notices()
        shift = np.zeros(calls.n_trips, dtype=np.int64)
        shift[found] = self._shifts(calls.departure_s[begin[found]] + relative[found], repeated[found], notices)
        if notices.of("error"):
            return Change(region=region, touched={"trips": 0}, notices=notices)
        arrival, departure = self._moved(calls, begin, end, shift)
        # repeated trips count from their first departure: what that moves by goes to their intervals
        ahead = np.where(repeated, departure[first] - calls.departure_s[first], 0)
        arrival, departure = arrival - ahead[calls.trip], departure - ahead[calls.trip]
        self._report_clashes(calls, arrival, departure, notices)
        later = frequencies["trip_id"].map(dict(zip(trip_ids, ahead, strict=True))).fillna(0).astype("int64")
        if (frequencies["start_s"] + later < 0).any():
            notices.add("retime_impossible", "an interval of a repeated trip would begin before midnight.")
        if notices.of("error"):
            return Change(region=region, touched={"trips": 0}, notices=notices)
        tables = {"stop_times": calls.written(arrival, departure)}
        if later.any():
            tables["frequencies"] = frequencies.assign(
                start_s=frequencies["start_s"] + later, end_s=frequencies["end_s"] + later
            )
        touched = {"trips": int((shift != 0).sum())}
        return Change(region=region.with_tables(tables) if touched["trips"] else region, touched=touched)

    def _times(self) -> tuple[int, list[int]]:
        """First departure and all departures as seconds."""
        what = "edit 'retime': field"
        first = clock.parse(self.first_departure, what=f"{what} 'first_departure'") if self.first_departure else 0
        return first, [clock.parse(each, what=f"{what} 'departures'") for each in self.departures]

    def _part(self, calls: Calls, region: Region) -> tuple[I64, I64]:
        """(n_trips,) int64 each: positions of the calls where the part of a trip that moves begins and ends, or -1."""
        if self.between is None:
            return np.flatnonzero(calls.first), np.flatnonzero(calls.last)
        stop = calls.column("stop_id")
        one, other = (calls.first_call(np.isin(stop, stops_at(region, each))) for each in self.between)
        both = (one >= 0) & (other >= 0)
        return np.where(both, np.minimum(one, other), -1), np.where(both, np.maximum(one, other), -1)

    def _shifts(self, leaves_s: I64, repeated: NDArray[np.bool_], notices: Notices) -> I64:
        """(n_trips,) int64, seconds later, of trips that leave at the times given."""
        first, times = self._times()
        if self.shift_s is not None:
            return np.full(len(leaves_s), self.shift_s, dtype=np.int64)
        if self.first_departure:
            return np.full(len(leaves_s), first - leaves_s.min(), dtype=np.int64)
        if repeated.any():
            message = f"{int(repeated.sum())} of the selected trips are repeated at a headway and have no departures."
            notices.add("retime_impossible", message, field="departures", fix="give shift_s or first_departure")
        elif len(times) != len(leaves_s):
            message = f"field 'departures' has {len(times)} times for {len(leaves_s)} trips; expected one each."
            notices.add("retime_impossible", message, field="departures", value=len(times))
        else:
            order = np.argsort(leaves_s, kind="stable")
            shift = np.empty(len(leaves_s), dtype=np.int64)
            shift[order] = np.sort(np.array(times, dtype=np.int64)) - leaves_s[order]
            return shift
        return np.zeros(len(leaves_s), dtype=np.int64)

    def _moved(self, calls: Calls, begin: I64, end: I64, shift: I64) -> tuple[I64, I64]:
        """(n_calls,) int64 each: arrivals and departures; the dwell at the ends of a part takes up the difference."""
        position = np.arange(len(calls.rows))
        first, last = begin[calls.trip], end[calls.trip]
        arrives = (position > first) & (position <= last) | (position == first) & calls.first
        leaves = (position >= first) & (position < last) | (position == last) & calls.last
        by = shift[calls.trip]
        return calls.arrival_s + np.where(arrives, by, 0), calls.departure_s + np.where(leaves, by, 0)

    def _report_clashes(self, calls: Calls, arrival: I64, departure: I64, notices: Notices) -> None:
        stop, trip = calls.column("stop_id"), calls.column("trip_id")
        for wrong, what in (
            (departure < arrival, "would leave '{stop}' at {departure}, before it arrives at {arrival}"),
            (arrival < 0, "would arrive at '{stop}' before midnight of its service day, at {arrival}"),
        ):
            found = np.flatnonzero(wrong)
            for at in found[:SHOWN_TRIPS]:
                text = what.format(stop=stop[at], arrival=clock.show(arrival[at]), departure=clock.show(departure[at]))
                notices.add("retime_impossible", f"trip '{trip[at]}' {text}.", field="shift_s", value=trip[at])
            notices.counts["retime_impossible"] += max(len(found) - SHOWN_TRIPS, 0)
