"""Connections of a timetable, or of a part of its day, laid out for the scans: forward, or turned round in time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from megaregion.mobility.connection_scan import (
    CAN_ALIGHT,
    CAN_BOARD,
    HAS_EXTRA_SLOT,
    NEVER,
    SCANS,
    find_transfers,
    first_slot,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import Walks

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ScanLayout:
    """
    Connections in order of departure and the slots of their stops.

    In reverse, times have a minus and the two ends of everything change places: a connection departs from where it
    arrives, and one walks from where one walks to.

    Attributes
    ----------
    connection
        (n_connections,) int32: number of each connection in the timetable.
    arrival_stop, arrival_s, trip, slot, extra_slot
        (n_connections,) int32. `trip` counts the trips of this layout; `extra_slot` is -1 where there is none.
    flags
        (n_connections,) uint8: CAN_BOARD, CAN_ALIGHT, HAS_EXTRA_SLOT.
    slot_offset
        (n_stops + 1,) int32: first slot of each stop; the last slot of a stop is a sentinel that never departs.
    slot_departure_s
        (n_slots,) int32: departure at each slot of a stop, `NEVER` at a sentinel; then one for each extra slot.
    slot_connection
        (n_slots,) int32: connection of this layout at each slot, -1 at a sentinel.
    transfer_offset, transfer_slot
        (n_connections + 1,) int64 and int32: slots that whoever alights from each connection can reach.
    n_trips
        Number of trips.
    """

    connection: I32
    arrival_stop: I32
    arrival_s: I32
    trip: I32
    slot: I32
    extra_slot: I32
    flags: NDArray[np.uint8]
    slot_offset: I32
    slot_departure_s: I32
    slot_connection: I32
    transfer_offset: I64
    transfer_slot: I32
    n_trips: int

    @property
    def n_slots(self) -> int:
        """Number of slots, sentinels and extra ones among them."""
        return len(self.slot_departure_s)

    def scan(self, egress_s: I32, n_rides: int | None, marked: NDArray[np.bool_] | None = None) -> I32:
        """
        Find the earliest arrival at some targets for whoever is ready at each slot.

        Parameters
        ----------
        egress_s
            (n_stops, n_targets) int32 with `LANES` targets or one: seconds from alighting to the target, `NEVER` where
            that is not possible.
        n_rides
            Cap on rides; None = none.
        marked
            (n_connections,) bool, connections to mark; None = labels are plain.

        Returns
        -------
        (n_slots, n_layers * n_targets) int32: layer k = at most k + 1 rides; one layer without a cap. With marks twice
        the arrival, plus 1 where no way without a marked connection is as early.
        """
        layers, targets = n_rides or 1, egress_s.shape[1]
        arrival = np.empty((self.n_slots, layers * targets), np.int32)
        trips = np.empty((self.n_trips, layers * targets), np.int32)
        arrival_s = self.arrival_s
        if marked is not None:
            arrival_s = 2 * arrival_s + marked.astype(np.int32)
            egress_s = np.where(egress_s < NEVER, 2 * egress_s, NEVER).astype(np.int32)
        connections = (self.arrival_stop, arrival_s, self.trip, self.slot, self.flags, self.extra_slot)
        transfers = (self.transfer_offset, self.transfer_slot)
        has_extra = int(self.n_slots > self.slot_offset[-1])
        kernel = SCANS[targets, int(n_rides is not None), has_extra, int(marked is not None)]
        kernel(connections, transfers, np.ascontiguousarray(egress_s), trips, arrival)
        return arrival

    def first_slot(self, stop: int, ready_s: int) -> int:
        """Find the first slot of a stop at or after a second; its sentinel if there is none."""
        offset = self.slot_offset
        return int(first_slot(self.slot_departure_s, int(offset[stop]), int(offset[stop + 1]) - 1, ready_s))

    def stop_of(self, slot: int) -> int:
        """Find the stop of a slot that belongs to one."""
        return int(np.searchsorted(self.slot_offset, slot, side="right")) - 1


def lay_out(timetable: Timetable, start_s: int, end_s: int, *, in_reverse: bool = False) -> ScanLayout:
    """
    Lay out the connections that run within a span.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    start_s, end_s
        First departure that matters and the last arrival, s of the service day.
    in_reverse
        Turn the timetable round in time: departures are minus the arrivals.
    """
    t = timetable
    used = np.flatnonzero((t.departure_s >= start_s) & (t.arrival_s <= end_s)).astype(np.int32)
    flags = (t.flags[used] & (CAN_BOARD | CAN_ALIGHT)).astype(np.uint8)
    walks = t.walks
    departure_stop, arrival_stop = t.departure_stop[used], t.arrival_stop[used]
    departure_s, arrival_s, hop = t.departure_s[used], t.arrival_s[used], t.hop[used]
    if in_reverse:
        departure_stop, arrival_stop, walks = arrival_stop, departure_stop, walks.reversed()
        departure_s, arrival_s, hop = -arrival_s, -departure_s, -hop
        flags = (CAN_BOARD * (flags & CAN_ALIGHT > 0) | CAN_ALIGHT * (flags & CAN_BOARD > 0)).astype(np.uint8)
        # hops of no duration keep their order along the trip
        order = np.lexsort((hop, departure_s))
        used, flags, departure_stop, arrival_stop = (
            used[order],
            flags[order],
            departure_stop[order],
            arrival_stop[order],
        )
        departure_s, arrival_s = departure_s[order], arrival_s[order]
    trips, trip = np.unique(t.trip[used], return_inverse=True)
    n = len(used)
    counts = np.bincount(departure_stop, minlength=len(t.stops))
    slot_offset = np.concatenate([[0], np.cumsum(counts + 1)]).astype(np.int32)
    order = np.argsort(departure_stop, kind="stable")
    slot = np.empty(n, np.int32)
    slot[order] = np.arange(n) + departure_stop[order]
    slot_departure_s = np.full(int(slot_offset[-1]), NEVER, np.int32)
    slot_departure_s[slot] = departure_s
    slot_connection = np.full(int(slot_offset[-1]), -1, np.int32)
    slot_connection[slot] = np.arange(n, dtype=np.int32)
    arrivals = (arrival_stop, arrival_s, flags)
    transfer_offset, transfer_slot = _transfers(arrivals, walks, (slot_offset, slot_departure_s))
    layout = ScanLayout(
        connection=used,
        arrival_stop=arrival_stop,
        arrival_s=arrival_s,
        trip=trip.astype(np.int32),
        slot=slot,
        extra_slot=np.full(n, -1, np.int32),
        flags=flags,
        slot_offset=slot_offset,
        slot_departure_s=slot_departure_s,
        slot_connection=slot_connection,
        transfer_offset=transfer_offset,
        transfer_slot=transfer_slot,
        n_trips=len(trips),
    )
    alighting, boarding, allowed = t.exceptions
    if not len(alighting):
        return layout
    position = np.full(t.n_connections, -1, np.int32)
    position[used] = np.arange(n, dtype=np.int32)
    pairs = (position[boarding], position[alighting]) if in_reverse else (position[alighting], position[boarding])
    within = (pairs[0] >= 0) & (pairs[1] >= 0)
    if not within.any():
        return layout
    return _with_exceptions(layout, pairs[0][within], pairs[1][within], allowed[within])


def _transfers(arrivals: tuple[I32, I32, NDArray[np.uint8]], walks: Walks, slots: tuple[I32, I32]) -> tuple[I64, I32]:
    table = (walks.offset, walks.stop, walks.time_s)
    offset = np.empty(len(arrivals[0]) + 1, np.int64)
    n = find_transfers(arrivals, table, slots, (offset, np.empty(0, np.int32)))
    reached = np.empty(n, np.int32)
    if n:
        find_transfers(arrivals, table, slots, (offset, reached))
    return offset, reached


def _with_exceptions(layout: ScanLayout, left: I32, boarded: I32, allowed: NDArray[np.bool_]) -> ScanLayout:
    """
    Let single connections be boarded, or not, against what walks and change times say.

    A slot stands for a departure and all later ones of its stop. So a pair that is allowed gets an extra slot of the
    one connection that is boarded; where one is forbidden, the departures before it are reached by extra slots, and
    the later ones by the slot after it.
    """
    extra_slot = layout.extra_slot.copy()
    departures = list[int]()
    connections = list[int]()

    def extra(connection: int) -> int:
        if extra_slot[connection] < 0:
            extra_slot[connection] = layout.n_slots + len(connections)
            connections.append(connection)
            departures.append(int(layout.slot_departure_s[layout.slot[connection]]))
        return int(extra_slot[connection])

    order = np.lexsort((boarded, left))
    bounds = np.flatnonzero(np.r_[True, np.diff(left[order]) != 0, True])
    parts, counts, begin = [], np.diff(layout.transfer_offset), 0
    for first, last in pairwise(bounds):
        rows = order[first:last]
        c = int(left[rows[0]])
        forbidden = {int(layout.slot[b]) for b in boarded[rows[~allowed[rows]]]}
        own = slice(int(layout.transfer_offset[c]), int(layout.transfer_offset[c + 1]))
        slots: list[int] = []
        for slot in layout.transfer_slot[own].tolist():
            sentinel = int(layout.slot_offset[layout.stop_of(slot) + 1]) - 1
            of_stop = [s for s in forbidden if slot <= s < sentinel]
            after = max(of_stop, default=slot - 1) + 1
            slots += [extra(int(layout.slot_connection[s])) for s in range(slot, after) if s not in forbidden]
            if after < sentinel:
                slots.append(after)
        slots += [extra(int(b)) for b in boarded[rows[allowed[rows]]]]
        parts += [layout.transfer_slot[begin : own.start], np.array(slots, np.int32)]
        counts[c] = len(slots)
        begin = own.stop
    flags = layout.flags.copy()
    flags[extra_slot >= 0] |= HAS_EXTRA_SLOT
    return ScanLayout(
        connection=layout.connection,
        arrival_stop=layout.arrival_stop,
        arrival_s=layout.arrival_s,
        trip=layout.trip,
        slot=layout.slot,
        extra_slot=extra_slot,
        flags=flags,
        slot_offset=layout.slot_offset,
        slot_departure_s=np.r_[layout.slot_departure_s, departures].astype(np.int32),
        slot_connection=np.r_[layout.slot_connection, connections].astype(np.int32),
        transfer_offset=np.concatenate([[0], np.cumsum(counts)]),
        transfer_slot=np.concatenate([*parts, layout.transfer_slot[begin:]]),
        n_trips=layout.n_trips,
    )
