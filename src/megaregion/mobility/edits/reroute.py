"""The edit that leads trips another way between two of their stops."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.edits.new_station import NewStation, append_rows, new_stations, positions, stop_key
from megaregion.mobility.edits.plausible_speed import report_speed
from megaregion.mobility.edits.trip_selection import Calls, TripSelection, check_not_negative, check_positive, stops_at
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.schema import conform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region


@edit_kind("reroute")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reroute(TripSelection):
    """
    Lead the selected trips another way between two of their stops.

    A trip that calls at the one and later at the other gets the stops of `via` in place of those between. It keeps its
    times up to the first of the two; everything from the second on moves by the time gained or lost. Distances along
    the trip are blank from the first on. A trip that does not call at both is left alone.

    Attributes
    ----------
    from_stop_id, to_stop_id
        Stops or stations where the new way begins and ends.
    via
        Stops on the new way: keys of stops, or new stations with name, lon and lat. Blank = without a stop.
    hop_times_s
        Run time of each hop of the new way, seconds, above 0: one more than stops in `via`.
    dwell_s
        Time standing at each stop of `via`, seconds.
    both_directions
        Whether trips that run from the second to the first are led back the same way.
    """

    from_stop_id: str
    to_stop_id: str
    hop_times_s: tuple[int, ...]
    via: tuple[str | NewStation, ...] = ()
    dwell_s: int = 0
    both_directions: bool = True
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        self.check_selection()
        check_not_negative(self.kind, "dwell_s", self.dwell_s, "seconds")
        for value in self.hop_times_s:
            check_positive(self.kind, "hop_times_s", value, "")
        wanted = len(self.via) + 1
        if len(self.hop_times_s) != wanted:
            msg = (
                f"edit 'reroute': field 'hop_times_s' has {len(self.hop_times_s)} numbers; expected {wanted}, "
                "one more than stops in 'via'."
            )
            raise InputError(msg)
        for one, other in pairwise([self.from_stop_id, *map(stop_key, self.via), self.to_stop_id]):
            if one == other:
                msg = f"edit 'reroute': the new way has {one!r} twice in a row; leave one out."
                raise InputError(msg)

    def resolve(self, region: Region) -> Resolution:
        """Need the selection and the stops given by key; add the new stations."""
        named = dict.fromkeys(
            [self.from_stop_id, self.to_stop_id, *(each for each in self.via if isinstance(each, str))]
        )
        notices = Notices()
        way = [self.from_stop_id, *self.via, self.to_stop_id]
        points = positions(region, way)
        for ends, seconds in zip(pairwise(map(stop_key, way)), self.hop_times_s, strict=True):
            report_speed(notices, "the new way", ends, points, seconds, field="hop_times_s")
        return Resolution(
            needs=(*self.selection_needs(region), *(Ref("stops", each) for each in named)),
            adds=tuple(Ref("stops", each.key) for each in new_stations(self.via)),
            notices=notices,
        )

    def apply(self, region: Region) -> Change:
        """Replace the calls between the two stops, one direction after the other."""
        stations = new_stations(self.via)
        trip_ids = self.selected_ids(region)
        ends = (stops_at(region, self.from_stop_id), stops_at(region, self.to_stop_id))
        via = [stop_key(each) for each in self.via]
        times = (self.hop_times_s, self.dwell_s)
        stop_times, there = _lead(region.table("stop_times"), trip_ids, (ends[0], via, ends[1]), times)
        back: set[str] = set()
        if self.both_directions:
            remaining = trip_ids[~trip_ids.isin(there)]
            times = (self.hop_times_s[::-1], self.dwell_s)
            stop_times, back = _lead(stop_times, remaining, (ends[1], via[::-1], ends[0]), times)
        touched = {"trips": len(there) + len(back), "stations": len(stations) if there or back else 0}
        if not touched["trips"]:
            return Change(region=region, touched=touched)
        tables = {"stop_times": stop_times}
        if stations:
            tables["stops"] = append_rows(region, "stops", [each.row() for each in stations])
        return Change(region=region.with_tables(tables), touched=touched)


def _lead(
    stop_times: pd.DataFrame,
    trip_ids: pd.Series[str],
    way: tuple[list[str], list[str], list[str]],
    times: tuple[tuple[int, ...], int],
) -> tuple[pd.DataFrame, set[str]]:
    """
    Lead trips another way.

    Parameters
    ----------
    stop_times, trip_ids
        Table, and the trips selected.
    way
        Stops where it begins (any of these), stops on it, and stops where it ends.
    times
        Run times, seconds, and dwell time, seconds.

    Returns
    -------
    Table `stop_times`, and the ids of the trips that are led.
    """
    calls = Calls(stop_times, trip_ids)
    stop, position = calls.column("stop_id"), np.arange(len(calls.rows))
    begins, via, ends = way
    begin = calls.first_call(np.isin(stop, begins))
    end = calls.first_call(np.isin(stop, ends) & (position > begin[calls.trip]) & (begin[calls.trip] >= 0))
    led = np.flatnonzero(end >= 0)
    if not len(led):
        return stop_times, set()
    arrival, departure = _clock(*times)
    n_via = len(via)
    affected = (end >= 0)[calls.trip]
    first, last = begin[calls.trip], end[calls.trip]
    dropped = affected & (position > first) & (position < last)
    after = affected & (position >= last)
    gain = arrival[-1] - (calls.arrival_s[end] - calls.departure_s[begin])
    shift = np.where(after, gain[calls.trip], 0)
    place = position - np.flatnonzero(calls.first)[calls.trip] + np.where(after, n_via - (last - first - 1), 0)

    changed = stop_times.copy()
    for name in ("arrival_s", "departure_s"):
        values = changed[name].to_numpy(np.int64).copy()
        values[calls.rows] += shift
        changed[name] = values
    sequence = changed["stop_sequence"].to_numpy(np.int64).copy()
    sequence[calls.rows[affected]] = place[affected] + 1
    distance = changed["distance_m"].to_numpy(np.float64).copy()
    distance[calls.rows[affected & (position > first)]] = np.nan
    changed = changed.assign(stop_sequence=sequence, distance_m=distance)

    trip_of = calls.column("trip_id")[begin[led]]
    leaves = calls.departure_s[begin[led]]
    new = pd.DataFrame(
        {
            "trip_id": np.repeat(trip_of, n_via),
            "stop_sequence": (place[begin[led]][:, None] + 2 + np.arange(n_via)).ravel(),
            "stop_id": np.tile(np.array(via, dtype=object), len(led)),
            "arrival_s": (leaves[:, None] + arrival[:-1]).ravel(),
            "departure_s": (leaves[:, None] + departure[:-1]).ravel(),
        }
    )
    kept = np.ones(len(stop_times), dtype=bool)
    kept[calls.rows[dropped]] = False
    # new calls stand behind the row of the call where the new way begins
    order = np.concatenate([np.flatnonzero(kept), np.repeat(calls.rows[begin[led]], n_via)])
    joined = pd.concat([changed[kept], conform("stop_times", new)], ignore_index=True) if n_via else changed[kept]
    return joined.iloc[np.argsort(order, kind="stable")].reset_index(drop=True), set(trip_of)


def _clock(hop_times_s: tuple[int, ...], dwell_s: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n_hops,) int64 each: arrival and departure at the end of each hop, seconds after the way begins."""
    arrival = np.cumsum(hop_times_s) + dwell_s * np.arange(len(hop_times_s))
    return arrival, arrival + dwell_s
