"""
Kernels: the earliest arrival at a target from every departure of a timetable, and what is read off these labels.

The profile connection scan (Dibbelt, Pajor, Strasser and Wagner 2018, "Connection Scan Algorithm", section 4) walks
through the connections of a horizon, latest departure first. Here its profiles are laid out flat: each departure of
each stop has a *slot*, slots of a stop stand in order of time, and `arrival[slot]` is the earliest arrival at the
target for whoever stands at that stop, ready to board, just before that departure. Which slot an alighting passenger
reaches does not depend on the target, so it is found once for the timetable (`find_transfers`) and a scan only takes
minima.
Several targets, or several numbers of rides, are scanned side by side in lanes.

All times are int32 seconds; `NEVER` stands for an arrival that does not happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    U8 = NDArray[np.uint8]
    F32 = NDArray[np.float32]

NEVER = 1 << 30
"""Arrival time of what does not arrive; no sum of two times overflows int32."""

LANES = 8
"""Targets scanned side by side: eight int32 labels fill half a cache line and one vector register."""

CAN_BOARD = 1
CAN_ALIGHT = 2


@njit(cache=True, nogil=True)
def first_slot(departure_s: I32, begin: int, end: int, ready_s: int) -> int:
    """First slot among begin .. end-1 (ascending) that departs at or after `ready_s`; `end` if none does."""
    while begin < end:
        middle = (begin + end) >> 1
        if departure_s[middle] >= ready_s:
            end = middle
        else:
            begin = middle + 1
    return begin


@njit(cache=True, nogil=True)
def find_transfers(
    arrivals: tuple[I32, I32, U8],
    walks: tuple[I32, I32, I32],
    slots: tuple[I32, I32],
    out: tuple[I64, I32],
) -> int:
    """
    Find the slots that whoever alights from each connection can reach.

    Parameters
    ----------
    arrivals
        arrival_stop, arrival_s, flags, each (n_connections,).
    walks
        Offsets (n_stops + 1,), stops and times of what is reached between two rides from each stop; the stop itself
        stands among them with its change time. Times are 1 s or more.
    slots
        Slot offset of each stop (n_stops + 1,) and departure of each slot; the last slot of a stop is a sentinel.
    out
        Filled: offsets (n_connections + 1,) and slots. With no room for the slots only the offsets are filled.

    Returns
    -------
    Number of transfers.
    """
    arrival_stop, arrival_s, flags = arrivals
    walk_offset, walk_stop, walk_s = walks
    slot_offset, slot_departure_s = slots
    offset, transfer_slot = out
    fill = transfer_slot.shape[0] > 0
    n = 0
    for c in range(arrival_stop.shape[0]):
        offset[c] = n
        if not flags[c] & CAN_ALIGHT:
            continue
        at = arrival_stop[c]
        for w in range(walk_offset[at], walk_offset[at + 1]):
            there = walk_stop[w]
            end = slot_offset[there + 1] - 1
            slot = first_slot(slot_departure_s, slot_offset[there], end, arrival_s[c] + walk_s[w])
            if slot < end:
                if fill:
                    transfer_slot[n] = slot
                n += 1
    offset[arrival_stop.shape[0]] = n
    return n


@njit(cache=True, nogil=True)
def scan_targets(
    connections: tuple[I32, I32, I32, I32, U8],
    transfers: tuple[I64, I32],
    span: tuple[int, int],
    egress_s: I32,
    trip_arrival: I32,
    arrival: I32,
) -> None:
    """
    Scan the connections of a span once, latest first, towards `LANES` targets.

    Parameters
    ----------
    connections
        arrival_stop, arrival_s, trip, slot, flags; each (n_connections,), in order of departure.
    transfers
        As `find_transfers` fills them.
    span
        First connection and the one after the last.
    egress_s
        (n_stops, LANES) time from alighting at a stop to each target, `NEVER` where that is not possible.
    trip_arrival
        (n_trips, LANES) to work with.
    arrival
        (n_slots, LANES), filled: earliest arrival at each target for whoever is ready at each slot.
    """
    arrival_stop, arrival_s, trip, slot, flags = connections
    transfer_offset, transfer_slot = transfers
    begin, end = span
    trip_arrival[:] = NEVER
    arrival[:] = NEVER
    for c in range(end - 1, begin - 1, -1):
        riding = trip_arrival[trip[c]]
        if flags[c] & CAN_ALIGHT:
            egress = egress_s[arrival_stop[c]]
            now = arrival_s[c]
            for q in range(LANES):
                riding[q] = min(riding[q], now + egress[q])
            for t in range(transfer_offset[c], transfer_offset[c + 1]):
                changing = arrival[transfer_slot[t]]
                for q in range(LANES):
                    riding[q] = min(riding[q], changing[q])
        here = arrival[slot[c]]
        later = arrival[slot[c] + 1]
        if flags[c] & CAN_BOARD:
            for q in range(LANES):
                here[q] = min(later[q], riding[q])
        else:
            for q in range(LANES):
                here[q] = later[q]


@njit(cache=True, nogil=True)
def scan_rides(
    connections: tuple[I32, I32, I32, I32, U8],
    transfers: tuple[I64, I32],
    span: tuple[int, int],
    egress_s: I32,
    trip_arrival: I32,
    arrival: I32,
) -> None:
    """
    Scan the connections once, latest first, towards one target with 1, 2, ... n_rides rides at most.

    As `scan_targets`, but `egress_s` is (n_stops,), and lane k of `trip_arrival` (n_trips, n_rides) and of `arrival`
    (n_slots, n_rides) belongs to at most k + 1 rides: whoever changes has one ride less left.
    """
    arrival_stop, arrival_s, trip, slot, flags = connections
    transfer_offset, transfer_slot = transfers
    begin, end = span
    n_rides = arrival.shape[1]
    trip_arrival[:] = NEVER
    arrival[:] = NEVER
    for c in range(end - 1, begin - 1, -1):
        riding = trip_arrival[trip[c]]
        if flags[c] & CAN_ALIGHT:
            there = arrival_s[c] + egress_s[arrival_stop[c]]
            for k in range(n_rides):
                riding[k] = min(riding[k], there)
            for t in range(transfer_offset[c], transfer_offset[c + 1]):
                changing = arrival[transfer_slot[t]]
                for k in range(1, n_rides):
                    riding[k] = min(riding[k], changing[k - 1])
        here = arrival[slot[c]]
        later = arrival[slot[c] + 1]
        board = flags[c] & CAN_BOARD
        for k in range(n_rides):
            here[k] = min(later[k], riding[k]) if board else later[k]


@njit(cache=True, nogil=True)
def _quantile(low: I32, length: I32, n: int, bracket: tuple[int, int], wanted: int) -> int:
    """Smallest x in the bracket for which `wanted` departures or more take at most x seconds."""
    below, above = bracket
    while below < above:
        x = (below + above) >> 1
        reached = 0
        for j in range(n):
            reached += max(0, min(x - low[j] + 1, length[j]))
        if reached >= wanted:
            above = x
        else:
            below = x + 1
    return below


@njit(cache=True, nogil=True)
def _segments(
    labels: tuple[I32, int],
    events: tuple[I32, I32],
    span: tuple[int, int],
    window: tuple[int, int, int],
    walk: int,
    out: tuple[I32, I32],
) -> tuple[int, int, int, int]:
    """
    Cut a departure window into spans of seconds that share an arrival, for one origin and one target.

    Fills the least travel time and the length of each span; between its ends the time falls by 1 s a second. Returns
    the number of spans, of departures quicker than walking, the arrival of who leaves at the start of the window and
    that of the last useful departure.
    """
    arrival, lane = labels
    leave_s, slot = events
    start, end, limit = window
    low, length = out
    best = NEVER  # earliest arrival of whoever leaves after the departure at hand
    until = end - 1  # last departure second that `best` holds for
    n = 0
    useful = 0
    late = NEVER
    for e in range(span[0], span[1]):
        there = arrival[slot[e], lane]
        leave = leave_s[e]
        if there >= best or there - leave > limit:
            continue
        if leave < end:
            if best < NEVER and until > leave and best - until <= limit:
                low[n] = best - until
                length[n] = min(until - leave, limit - low[n] + 1)
                n += 1
            until = leave
            if there - leave < walk:
                useful += 1
                if late == NEVER:
                    late = there
        best = there
    if best < NEVER and until >= start and best - until <= limit:
        low[n] = best - until
        length[n] = min(until - start + 1, limit - low[n] + 1)
        n += 1
    return n, useful, best if best - start <= limit else NEVER, late


@njit(cache=True, nogil=True)
def summarise_departures(
    arrival: I32,
    first_lane: int,
    events: tuple[I32, I32, I32],
    walk_only_s: I32,
    window: tuple[int, int, int],
    ranks: I32,
    out: tuple[F32, F32, I32, F32, F32],
) -> None:
    """
    Read travel times over a departure window off the labels of some targets, exactly and without sampling.

    Whoever leaves at second t arrives with the first departure worth taking at or after t; between two such departures
    the travel time falls by one second a second. So the number of departure seconds that take at most x is a sum of
    clipped lengths, and a percentile is found by bisection over x.

    Parameters
    ----------
    arrival, first_lane
        Labels of a scan; target q has lane first_lane + q.
    events
        Offsets (n_origins + 1,), times of leaving the origin and slots then reached. Within an origin latest first;
        those that leave at or after the end of the window stand for whoever leaves after the last departure.
    walk_only_s
        (n_targets, n_origins) time without any ride, `NEVER` where there is none: the ceiling of all travel times.
    window
        First departure second, the second after the last, and the longest travel time that counts, s.
    ranks
        (n_percentiles,) ascending; reported is the travel time that this many departure seconds do not exceed.
    out
        Filled: percentiles (n_targets, n_percentiles, n_origins), then fastest, departures, first_arrival and
        last_arrival (n_targets, n_origins); float32 seconds, inf = unreachable; arrivals in seconds of the service day.
    """
    offset, leave_s, slot = events
    percentile_s, fastest_s, departures, first_arrival_s, last_arrival_s = out
    longest = 1
    for o in range(offset.shape[0] - 1):
        longest = max(longest, offset[o + 1] - offset[o] + 1)
    low = np.empty(longest, np.int32)
    length = np.empty(longest, np.int32)
    for o in range(offset.shape[0] - 1):
        # all targets of an origin before the next origin: its labels stay in the cache
        for q in range(walk_only_s.shape[0]):
            walk = walk_only_s[q, o]
            span = (offset[o], offset[o + 1])
            n, useful, early, late = _segments(
                (arrival, first_lane + q), (leave_s, slot), span, window, walk, (low, length)
            )
            covered = 0
            fastest = walk
            slowest = 0
            for j in range(n):
                covered += length[j]
                fastest = min(fastest, low[j])
                slowest = max(slowest, low[j] + length[j] - 1)
            if walk < NEVER:
                early = min(early, window[0] + walk)
            fastest_s[q, o] = np.inf if fastest >= NEVER else fastest
            departures[q, o] = useful
            first_arrival_s[q, o] = np.inf if early >= NEVER else early
            last_arrival_s[q, o] = np.inf if late >= NEVER else late
            below = min(fastest, slowest)
            for p in range(ranks.shape[0]):
                value = walk
                if covered >= ranks[p]:
                    below = _quantile(low, length, n, (below, slowest), ranks[p])
                    value = min(walk, below)
                percentile_s[q, p, o] = np.inf if value >= NEVER else value
