"""The edit that adds a station, on its own or on a line that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.edits.new_station import NewStation, append_rows, positions, report_far, stop_key
from megaregion.mobility.edits.plausible_speed import report_speed
from megaregion.mobility.edits.trip_selection import Calls, TripSelection, check_not_negative, check_positive, stops_at
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.schema import conform
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region


@edit_kind("add_station")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddStation(TripSelection):
    """
    Add a station, or have trips call at one on their way between two stops.

    With `between`, trips that call at the two one right after the other, in either direction, call at the station on
    their way: all such trips, or of those only the selected. What follows on a trip moves by the time lost. A trip
    that calls in between already is left alone. Without `between` the station is only there, for later edits.

    Attributes
    ----------
    station
        The station: a new one with name, lon and lat, or, with `between`, the key of a stop.
    between
        Two stops or stations that follow each other on the line.
    run_times_s
        Run time from the first of the two to the station and from there to the second, seconds, above 0; the other way
        round for trips back. Blank = the run time there is, split by the straight lines to the two.
    dwell_s
        Time standing at the station, seconds.
    status
        How far the figures have been checked; anything but "confirmed" is said in a notice.
    """

    station: str | NewStation
    between: tuple[str, str] | None = None
    run_times_s: tuple[int, int] | None = None
    dwell_s: int = 0
    status: Literal["confirmed", "unverified", "illustrative"] = "illustrative"
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_not_negative(self.kind, "dwell_s", self.dwell_s, "seconds")
        for value in self.run_times_s or ():
            check_positive(self.kind, "run_times_s", value, "")
        if self.between is not None:
            if len({*self.between, stop_key(self.station)}) < 3:
                msg = (
                    f"edit 'add_station': 'between' is {list(self.between)!r} and the station is "
                    f"{stop_key(self.station)!r}; expected three different stops."
                )
                raise InputError(msg)
            if self.conditions():
                self.check_selection()
        elif self.conditions() or self.run_times_s or self.dwell_s or isinstance(self.station, str):
            msg = (
                "edit 'add_station': field 'between' is missing; it says between which two stops trips call at the "
                "station. Without it, give a new station with name, lon and lat, and nothing of trips."
            )
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the two stops and what is selected; add the station."""
        notices = Notices()
        key = stop_key(self.station)
        needed = [*(self.between or ()), *([key] if isinstance(self.station, str) else [])]
        if self.between is not None and self.run_times_s is not None:
            points = positions(region, [*self.between, self.station])
            for ends, seconds in zip(((self.between[0], key), (key, self.between[1])), self.run_times_s, strict=True):
                report_speed(notices, "a trip", ends, points, seconds, field="run_times_s")
        report_far(region, [self.station], notices)
        if self.status != "confirmed":
            notices.add(
                "figures_not_confirmed", f"station '{key}' is {self.status}.", field="status", value=self.status
            )
        return Resolution(
            needs=(*self.selection_needs(region), *(Ref("stops", each) for each in needed)),
            adds=() if isinstance(self.station, str) else (Ref("stops", key),),
            notices=notices,
        )

    def apply(self, region: Region) -> Change:
        """Append the station and put the calls in."""
        tables: dict[str, pd.DataFrame] = {}
        if isinstance(self.station, NewStation):
            tables["stops"] = append_rows(region, "stops", [self.station.row()])
        if self.between is None:
            return Change(region=region.with_tables(tables), touched={"stations": 1})
        notices = Notices()
        n_trips = self._put_calls(region, tables, notices)
        is_new = n_trips > 0 and isinstance(self.station, NewStation)
        touched = {"trips": n_trips, "stations": int(is_new)}
        return Change(region=region.with_tables(tables) if n_trips else region, touched=touched, notices=notices)

    def _put_calls(self, region: Region, tables: dict[str, pd.DataFrame], notices: Notices) -> int:
        """Put table `stop_times` with the new calls among the tables; returns how many trips call."""
        stop_times = region.table("stop_times")
        calls = Calls(stop_times, self.selected_ids(region))
        here, onward = self._where(calls, region)
        if not len(here):
            return 0
        run = calls.arrival_s[here + 1] - calls.departure_s[here]
        share = self._share(calls, here, region)
        if self.run_times_s is None:
            unknown = np.isnan(share)
            if unknown.any():
                stop = calls.column("stop_id")[here[unknown][0]]
                message = f"'{stop_key(self.station)}', '{stop}' or the stop after it has no position to split by."
                notices.add("stop_without_position", message, field="run_times_s", fix="give run_times_s")
                return 0
            # half a second is rounded to the even second, as numpy and IEEE 754 do
            before = np.rint(run * share).astype(np.int64)
            after = run - before
        else:
            there, back = self.run_times_s
            before, after = np.where(onward, there, back), np.where(onward, back, there)
            share = np.where(np.isnan(share), before / (before + after), share)
        gain = np.zeros(len(calls.rows), dtype=np.int64)
        gain[here + 1] = before + self.dwell_s + after - run
        shift = calls.along(gain)
        put = np.zeros(len(calls.rows), dtype=np.int64)
        put[here + 1] = 1
        place = np.arange(len(calls.rows)) - np.flatnonzero(calls.first)[calls.trip] + calls.along(put)
        metres = calls.column("distance_m").astype(np.float64)
        arrives = calls.departure_s[here] + shift[here] + before
        new = pd.DataFrame(
            {
                "trip_id": calls.column("trip_id")[here],
                "stop_sequence": place[here] + 2,
                "stop_id": stop_key(self.station),
                "arrival_s": arrives,
                "departure_s": arrives + self.dwell_s,
                "distance_m": metres[here] + share * (metres[here + 1] - metres[here]),
            }
        )
        affected = np.isin(calls.trip, calls.trip[here])
        sequence = stop_times["stop_sequence"].to_numpy(np.int64).copy()
        sequence[calls.rows[affected]] = place[affected] + 1
        moved = calls.written(calls.arrival_s + shift, calls.departure_s + shift).assign(stop_sequence=sequence)
        # a new call stands behind the row of the call before it
        order = np.concatenate([np.arange(len(moved)), calls.rows[here]])
        joined = pd.concat([moved, conform("stop_times", new)], ignore_index=True)
        tables["stop_times"] = joined.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
        return len(np.unique(calls.trip[here]))

    def _where(self, calls: Calls, region: Region) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Positions of calls that the station comes behind, and whether from the first of the two to the second."""
        stop = calls.column("stop_id")
        one, other = (np.isin(stop, stops_at(region, each)) for each in self.between or ())
        follows = ~calls.last[:-1]
        onward = one[:-1] & other[1:] & follows
        here = np.flatnonzero(onward | (other[:-1] & one[1:] & follows))
        return here, onward[here]

    def _share(self, calls: Calls, here: NDArray[np.int64], region: Region) -> NDArray[np.float64]:
        """(n_new,) float64, straight line to the station over that to it and on; NaN where a position is not known."""
        stop = calls.column("stop_id")
        points = positions(region, [*dict.fromkeys(stop[here]), *dict.fromkeys(stop[here + 1]), self.station])
        lon, lat = np.array(points[stop_key(self.station)])
        ends = [np.array([points[each] for each in stop[place]]).T for place in (here, here + 1)]
        (before, after) = (great_circle_m(each[0], each[1], lon, lat) for each in ends)
        total = before + after
        share: NDArray[np.float64] = np.where(total > 0, before / np.where(total > 0, total, 1), 0.5)
        return np.where(np.isnan(total), np.nan, share)
