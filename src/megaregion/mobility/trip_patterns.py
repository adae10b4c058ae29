"""Trips grouped into patterns: the same hops, in an order in which no trip overtakes another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from megaregion.mobility.connection_scan import CAN_BOARD
from megaregion.mobility.raptor import split_overtaking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]
    U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TripPatterns:
    """
    Trips of a timetable by pattern: those of one pattern make the same hops, with the same boarding rules.

    A hop has a stop of departure and one of arrival: a vehicle whose passengers stay seated may depart from another
    stop than the one it arrived at. Within a pattern trips stand earliest first, at every hop.

    Attributes
    ----------
    hop_offset
        (n_patterns + 1,) int32: first hop of each pattern.
    departure_stop, arrival_stop
        (n_hops,) int32.
    flags
        (n_hops,) uint8: CAN_BOARD, CAN_ALIGHT.
    trip_offset
        (n_patterns + 1,) int32: first trip of each pattern.
    time_offset
        (n_patterns + 1,) int32: first of the times of each pattern; hop h of its trip t stands t x hops + h after it.
    departure_s, arrival_s
        (n_connections,) int32, seconds of the service day.
    trip
        (n_trips,) int32: value of `Timetable.trip` for each trip.
    boarding_offset, boarding_pattern, boarding_hop
        (n_stops + 1,) and twice (n_boardings,) int32: patterns that can be boarded at each stop, and at which hop.
    """

    hop_offset: I32 = field(repr=False)
    departure_stop: I32 = field(repr=False)
    arrival_stop: I32 = field(repr=False)
    flags: U8 = field(repr=False)
    trip_offset: I32 = field(repr=False)
    time_offset: I32 = field(repr=False)
    departure_s: I32 = field(repr=False)
    arrival_s: I32 = field(repr=False)
    trip: I32 = field(repr=False)
    boarding_offset: I32 = field(repr=False)
    boarding_pattern: I32 = field(repr=False)
    boarding_hop: I32 = field(repr=False)

    def __len__(self) -> int:
        return len(self.hop_offset) - 1

    @classmethod
    def from_timetable(cls, timetable: Timetable) -> TripPatterns:
        """Group the trips of a timetable; trips that share a vehicle are one trip."""
        order = np.lexsort((timetable.hop, timetable.trip))
        trip = timetable.trip[order]
        start = np.flatnonzero(np.r_[True, trip[1:] != trip[:-1]][: len(trip)]).astype(np.int32)
        n_hops = np.diff(np.r_[start, len(trip)])
        departure_s = np.ascontiguousarray(timetable.departure_s[order], np.int32)
        arrival_s = np.ascontiguousarray(timetable.arrival_s[order], np.int32)
        hops = np.stack(
            [timetable.departure_stop[order], timetable.arrival_stop[order], timetable.flags[order]], axis=1
        ).astype(np.int32)
        group = _groups(hops, start, n_hops)
        end = start + n_hops - 1
        by_group = np.lexsort((arrival_s[end], departure_s[start], group))
        start, n_hops, group = start[by_group], n_hops[by_group], group[by_group]
        group_offset = np.concatenate([[0], np.cumsum(np.bincount(group))]).astype(np.int32)
        chain = np.empty(len(start), np.int32)
        hops_of_group = n_hops[group_offset[:-1]].astype(np.int32)
        split_overtaking(start, group_offset, hops_of_group, departure_s, arrival_s, chain)
        by_chain = np.lexsort((np.arange(len(start)), chain, group))
        start, n_hops, group, chain = start[by_chain], n_hops[by_chain], group[by_chain], chain[by_chain]
        first = np.flatnonzero(np.r_[True, (group[1:] != group[:-1]) | (chain[1:] != chain[:-1])][: len(start)])
        time_of_trip = np.concatenate([[0], np.cumsum(n_hops)])
        rows = np.repeat(start - time_of_trip[:-1], n_hops) + np.arange(time_of_trip[-1])
        hop_offset = np.concatenate([[0], np.cumsum(n_hops[first])]).astype(np.int32)
        of_pattern = np.repeat(start[first] - hop_offset[:-1], n_hops[first]) + np.arange(hop_offset[-1])
        departure_stop, arrival_stop, flags = np.ascontiguousarray(hops[of_pattern].T)
        boarding = _boarding(departure_stop, flags, hop_offset, len(timetable.stops))
        return cls(
            hop_offset,
            departure_stop,
            arrival_stop,
            flags.astype(np.uint8),
            np.r_[first, len(start)].astype(np.int32),
            np.r_[time_of_trip[:-1][first], time_of_trip[-1]].astype(np.int32),
            departure_s[rows],
            arrival_s[rows],
            trip[start].astype(np.int32),
            *boarding,
        )

    @property
    def arrays(self) -> tuple[I32, I32, I32, U8, I32, I32, I32, I32]:
        """Arrays in the order that the kernels take them."""
        return (
            self.hop_offset,
            self.departure_stop,
            self.arrival_stop,
            self.flags,
            self.trip_offset,
            self.time_offset,
            self.departure_s,
            self.arrival_s,
        )

    @property
    def boarding(self) -> tuple[I32, I32, I32]:
        """Where each stop can be boarded, as the kernels take it."""
        return self.boarding_offset, self.boarding_pattern, self.boarding_hop

    def departures(self, stop: int) -> I32:
        """Give the departures at which one may board at a stop, in seconds, each once, ascending."""
        found = [np.empty(0, np.int32)]
        for at in range(self.boarding_offset[stop], self.boarding_offset[stop + 1]):
            pattern = self.boarding_pattern[at]
            n_hops = self.hop_offset[pattern + 1] - self.hop_offset[pattern]
            begin, end = self.time_offset[pattern], self.time_offset[pattern + 1]
            found.append(self.departure_s[begin + self.boarding_hop[at] : end : n_hops])
        return np.unique(np.concatenate(found))


def _groups(hops: I32, start: I32, n_hops: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n_trips,) number of the sequence of hops that each trip makes."""
    numbers: dict[bytes, int] = {}
    found = [
        numbers.setdefault(hops[begin : begin + count].tobytes(), len(numbers))
        for begin, count in zip(start.tolist(), n_hops.tolist(), strict=True)
    ]
    return np.array(found, np.int64)


def _boarding(departure_stop: I32, flags: I32, hop_offset: I32, n_stops: int) -> tuple[I32, I32, I32]:
    """Offsets of the stops, and pattern and hop of each place where a stop can be boarded."""
    n_hops = np.diff(hop_offset)
    pattern = np.repeat(np.arange(len(n_hops), dtype=np.int32), n_hops)
    hop = np.arange(len(pattern), dtype=np.int32) - hop_offset[:-1][pattern]
    rows = np.flatnonzero(flags & CAN_BOARD)
    rows = rows[np.argsort(departure_stop[rows], kind="stable")]
    counts = np.bincount(departure_stop[rows], minlength=n_stops)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), pattern[rows], hop[rows].astype(np.int32)
