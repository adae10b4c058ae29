"""Edits of stops: close one, link two by a footpath."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.edits.new_station import positions
from megaregion.mobility.edits.plausible_speed import ON_FOOT_KMH, report_speed
from megaregion.mobility.edits.trip_selection import Calls, check_not_negative
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.removal import without
from megaregion.region.schema import conform
from megaregion.region.transfer_rules import NARROWING_FIELDS

if TYPE_CHECKING:
    from megaregion.region.model import Region


@edit_kind("close_stop")
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStop:
    """
    Close stops: trips pass without calling, platforms of a closed station included.

    All other calls keep their times: a trip still takes its time through the closed stop. A trip whose first stop is
    closed begins at its next one. A trip left with one stop is dropped, which a notice says. The stops themselves
    and the walks at them stay.

    Attributes
    ----------
    stop_ids
        Stops or stations.
    """

    stop_ids: tuple[str, ...]
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if not self.stop_ids:
            msg = "edit 'close_stop': field 'stop_ids' is blank; expected at least one key of table stops."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the stops; later edits can no longer call there, nor use trips left with one stop."""
        closed = dict.fromkeys([*self.stop_ids, *self._closed(region)])
        stop_times = region.table("stop_times")
        _, unusable = _left(stop_times, stop_times["stop_id"].isin(closed))
        return Resolution(
            needs=tuple(Ref("stops", each) for each in self.stop_ids),
            removes=(*(Ref("stops", each) for each in closed), *(Ref("trips", str(each)) for each in unusable)),
        )

    def apply(self, region: Region) -> Change:
        """Drop the calls."""
        stop_times, trips = region.table("stop_times"), region.table("trips")
        frequencies = region.table("frequencies")
        dropped_call = stop_times["stop_id"].isin(self._closed(region))
        affected, unusable = _left(stop_times, dropped_call)
        if affected.empty:
            return Change(region=region, touched={"trips": 0})
        kept = stop_times[~dropped_call]
        tables = {"stop_times": _begin_anew(stop_times, kept[~kept["trip_id"].isin(unusable)], affected)}
        repeated = frequencies["trip_id"].isin(affected)
        if repeated.any():
            tables |= _shift_intervals(stop_times, tables["stop_times"], frequencies)
        notices = Notices()
        changed = region.with_tables(tables)
        if len(unusable):
            known = ", ".join(trips.loc[trips["trip_id"].isin(unusable), "number"].fillna("").unique()[:5])
            message = f"{len(unusable)} trips have fewer than two stops left and are dropped: {known}."
            notices.add("trip_left_with_one_stop", message, field="stop_ids", value=", ".join(self.stop_ids))
            changed = changed.with_tables(without(changed, "trips", set(unusable)))
        touched = {"trips": len(affected), "calls": int(dropped_call.sum())}
        return Change(region=changed, touched=touched, notices=notices)

    def _closed(self, region: Region) -> list[str]:
        stops = region.table("stops")
        inside = stops["stop_id"].isin(self.stop_ids) | stops["parent_stop_id"].isin(self.stop_ids)
        return stops.loc[inside, "stop_id"].tolist()


@edit_kind("add_footpath")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddFootpath:
    """
    Link two stops by a footpath.

    Rules of table `transfers` for the same two stops are replaced, but for those of single trips and routes.

    Attributes
    ----------
    from_stop_id, to_stop_id
        The two stops.
    time_s
        From alighting to boarding, walk and change together, seconds, 0 or more.
    both_ways
        Whether it can be walked back as well.
    """

    from_stop_id: str
    to_stop_id: str
    time_s: int
    both_ways: bool = True
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_not_negative(self.kind, "time_s", self.time_s, "seconds")
        if self.from_stop_id == self.to_stop_id:
            msg = f"edit 'add_footpath': both stops are {self.from_stop_id!r}; expected two different stops."
            raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need both stops."""
        notices = Notices()
        ends = (self.from_stop_id, self.to_stop_id)
        points = positions(region, ends)
        report_speed(notices, "the footpath", ends, points, self.time_s, field="time_s", accepted_kmh=ON_FOOT_KMH)
        return Resolution(needs=(Ref("stops", ends[0]), Ref("stops", ends[1])), notices=notices)

    def apply(self, region: Region) -> Change:
        """Replace the rules of each direction by one."""
        pairs = [(self.from_stop_id, self.to_stop_id)]
        pairs += [(self.to_stop_id, self.from_stop_id)] if self.both_ways else []
        transfers = region.table("transfers")
        added = 0
        for one, other in pairs:
            old = (transfers["from_stop_id"] == one) & (transfers["to_stop_id"] == other)
            for name in NARROWING_FIELDS:
                old &= transfers[name].fillna("") == ""
            rules = transfers[old]
            if (
                len(rules)
                and (rules["kind"] == "minimum_time").all()
                and (rules["min_transfer_time_s"] == self.time_s).all()
            ):
                continue
            row = {
                "transfer_id": f"footpath:{one}>{other}",
                "from_stop_id": one,
                "to_stop_id": other,
                "kind": "minimum_time",
                "min_transfer_time_s": self.time_s,
            }
            new = conform("transfers", pd.DataFrame([row]))
            kept = transfers[~old]
            transfers = pd.concat([kept, new], ignore_index=True) if len(kept) else new
            added += 1
        if not added:
            return Change(region=region, touched={"footpaths": 0})
        return Change(region=region.with_table("transfers", transfers), touched={"footpaths": added})


def _left(stop_times: pd.DataFrame, dropped: pd.Series[bool]) -> tuple[pd.Series[str], pd.Index[str]]:
    """Trips that lose a call, and those of them that have fewer than two left."""
    affected = stop_times.loc[dropped, "trip_id"].drop_duplicates()
    calls = stop_times.loc[~dropped, "trip_id"].value_counts().reindex(affected, fill_value=0)
    return affected, calls.index[calls < 2]


def _begin_anew(before: pd.DataFrame, kept: pd.DataFrame, trip_ids: pd.Series[str]) -> pd.DataFrame:
    """Count distances of trips that lost their first stop from their new one."""
    calls = Calls(kept, trip_ids)
    lost = Calls(before, trip_ids)
    first = pd.Series(calls.column("stop_sequence")[calls.first], index=calls.column("trip_id")[calls.first])
    was = pd.Series(lost.column("stop_sequence")[lost.first], index=lost.column("trip_id")[lost.first])
    late = first.index[first != was.reindex(first.index)]
    begin = pd.Series(calls.column("distance_m")[calls.first], index=calls.column("trip_id")[calls.first])
    # distances of a trip that does not state its new first one stay: nothing to count from
    off = kept["trip_id"].map(begin[begin.index.isin(late)]).astype("float64").fillna(0.0)
    return kept.assign(distance_m=np.where(off == 0, kept["distance_m"], kept["distance_m"] - off))


def _shift_intervals(before: pd.DataFrame, kept: pd.DataFrame, frequencies: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Keep times of repeated trips relative to the first departure where the first stop is lost."""
    calls, lost = Calls(kept, frequencies["trip_id"]), Calls(before, frequencies["trip_id"])
    now = pd.Series(calls.departure_s[calls.first], index=calls.column("trip_id")[calls.first])
    was = pd.Series(lost.departure_s[lost.first], index=lost.column("trip_id")[lost.first])
    later = now - was.reindex(now.index)
    later = later[later > 0]
    call_shift = kept["trip_id"].map(later).astype("float64").fillna(0).astype("int64")
    interval_shift = frequencies["trip_id"].map(later).astype("float64").fillna(0).astype("int64")
    # a trip may arrive at its new first stop before it leaves; relative times begin at 0
    arrival = (kept["arrival_s"] - call_shift).where(call_shift == 0, lambda value: value.clip(lower=0))
    return {
        "stop_times": kept.assign(arrival_s=arrival, departure_s=kept["departure_s"] - call_shift),
        "frequencies": frequencies.assign(
            start_s=frequencies["start_s"] + interval_shift, end_s=frequencies["end_s"] + interval_shift
        ),
    }
