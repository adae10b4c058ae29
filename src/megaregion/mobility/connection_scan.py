"""
Kernels: the earliest arrival at a target from every departure of a timetable, and what is read off these labels.

The profile connection scan (Dibbelt, Pajor, Strasser and Wagner 2018, "Connection Scan Algorithm", section 4) walks
through the connections of a horizon, latest departure first. Here its profiles are laid out flat: each departure of
each stop has a *slot*, slots of a stop stand in order of time, and `arrival[slot]` is the earliest arrival at the
target for whoever stands at that stop, ready to board, just before that departure. Which slot an alighting passenger
reaches does not depend on the target, so it is found once for the timetable (`find_transfers`) and a scan only takes
minima.
Several targets are scanned side by side in lanes; with a cap on rides there is a layer of labels for each number.

A timetable turned round in time (`scan_layout`) gives the labels of one origin instead of one target: time runs
backwards, arrivals become departures, and a label is the latest moment to leave, with a minus.

All times are int32 seconds; `NEVER` stands for an arrival that does not happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

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
HAS_EXTRA_SLOT = 4
"""Somebody may board just this connection, by a rule of its own: its label is kept apart from its stop's."""


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


def _scan_kernel(lanes: int, capped: int, extra: int, marked: int) -> Callable[..., None]:  # noqa: C901 - one loop
    """Make the scan for a number of targets and what else is known when compiling: asking in the loop takes longer."""

    @njit(cache=True, nogil=True)
    def scan(  # noqa: C901, PLR0912
        connections: tuple[I32, I32, I32, I32, U8, I32],
        transfers: tuple[I64, I32],
        egress_s: I32,
        trip_arrival: I32,
        arrival: I32,
    ) -> None:
        arrival_stop, arrival_s, trip, slot, flags, extra_slot = connections
        transfer_offset, transfer_slot = transfers
        # labels of a slot are one row, layer after layer: rows are vectors to the compiler, tables are not
        width = arrival.shape[1] if capped else lanes
        trip_arrival[:] = NEVER
        arrival[:] = NEVER
        for c in range(arrival_stop.shape[0] - 1, -1, -1):
            riding = trip_arrival[trip[c]]
            if flags[c] & CAN_ALIGHT:
                egress = egress_s[arrival_stop[c]]
                now = arrival_s[c]
                for k in range(0, width, lanes):
                    for q in range(lanes):
                        riding[k + q] = min(riding[k + q], now + egress[q])
                for t in range(transfer_offset[c], transfer_offset[c + 1]):
                    changing = arrival[transfer_slot[t]]
                    for k in range(capped * lanes, width, lanes):
                        for q in range(lanes):
                            riding[k + q] = min(riding[k + q], changing[k - capped * lanes + q])
            if marked and arrival_s[c] & 1:
                # whoever rides here, be it only through, owes it to this connection
                for k in range(width):
                    riding[k] |= 1
            here = arrival[slot[c]]
            later = arrival[slot[c] + 1]
            if flags[c] & CAN_BOARD:
                for k in range(0, width, lanes):
                    for q in range(lanes):
                        here[k + q] = min(later[k + q], riding[k + q])
                # where no connection has one, asking for it in this loop would take half as long again
                if extra and flags[c] & HAS_EXTRA_SLOT:
                    arrival[extra_slot[c]] = riding
            else:
                for k in range(0, width, lanes):
                    for q in range(lanes):
                        here[k + q] = later[k + q]

    return scan


SCANS = {
    (lanes, capped, extra, marked): _scan_kernel(lanes, capped, extra, marked)
    for lanes in (1, LANES)
    for capped in (0, 1)
    for extra in (0, 1)
    for marked in (0, 1)
}
"""
Scan connections once, latest first, towards 1 or `LANES` targets.

By the number of targets; 0 = as many rides as it takes, with one layer of labels, or 1 = layer k is for at most k + 1
rides: whoever changes has one ride less left; whether any connection has an extra slot; and whether arrivals are
marked: then all times are doubled, the last bit of an arrival marks its connection, and a label is marked if no way
without a marked connection is as early.

Parameters
----------
connections
    arrival_stop, arrival_s, trip, slot, flags, extra_slot; each (n_connections,), in order of departure.
transfers
    As `find_transfers` fills them.
egress_s
    (n_stops, n_targets) time from alighting at a stop to each target, `NEVER` where that is not possible.
trip_arrival
    (n_trips, n_layers * n_targets) to work with.
arrival
    (n_slots, n_layers * n_targets), filled: earliest arrival at each target for whoever is ready at each slot, layer
    after layer.
"""


@njit(cache=True, nogil=True)
def list_events(
    slots: tuple[I32, I32],
    accesses: tuple[I32, I32, I32],
    window: tuple[int, int, int],
    offset: I64,
    keys: I64,
) -> int:
    """
    List when one may leave places, or arrive there, with the slots that go with it.

    Parameters
    ----------
    slots
        Slot offset of each stop (n_stops + 1,) and departure of each slot, as a layout has them.
    accesses
        Offsets (n_places + 1,), stops and seconds between them and the places.
    window
        First departure second, the second after the last, and whether the layout is in reverse. Forward only the
        departures that are taken from within the window, and of each stop the first one after it, are listed.
    offset, keys
        Filled: offsets (n_places + 1,) and keys (n_events,), ascending for each place: (seconds << 32) + slot. Seconds
        are those of arriving or, forward, minus those of leaving. With no room for keys only the offsets are filled.

    Returns
    -------
    Number of events.
    """
    slot_offset, slot_departure_s = slots
    place_offset, stop, access_s = accesses
    start, end, in_reverse = window
    fill = keys.shape[0] > 0
    n = 0
    for p in range(place_offset.shape[0] - 1):
        offset[p] = n
        for a in range(place_offset[p], place_offset[p + 1]):
            first = slot_offset[stop[a]]
            last = slot_offset[stop[a] + 1] - 1
            if not in_reverse:
                first = first_slot(slot_departure_s, first, last, start + access_s[a])
                last = min(first_slot(slot_departure_s, first, last, end + access_s[a]) + 1, last)
            if fill:
                for slot in range(first, last):
                    keys[n + slot - first] = (np.int64(access_s[a] - slot_departure_s[slot]) << 32) + slot
            n += max(last - first, 0)
        if fill:
            keys[offset[p] : n].sort()
    offset[place_offset.shape[0] - 1] = n
    return n


@njit(cache=True, nogil=True)
def find_marked(
    labels: tuple[I32, int],
    slots: tuple[I32, I32],
    accesses: tuple[I32, I32, I32],
    window: tuple[int, int, int],
    marked: U8,
) -> None:
    """
    Find the places with a marked label at any of their events.

    Parameters
    ----------
    labels
        Labels (n_slots, n_lanes) of a scan with marks, and the lane of the first target.
    slots, accesses, window
        As for `list_events`.
    marked
        (n_targets, n_places) set to 1 where there is one; else left as it is.
    """
    arrival, first_lane = labels
    slot_offset, slot_departure_s = slots
    place_offset, stop, access_s = accesses
    start, end, in_reverse = window
    seen = np.empty(LANES, np.int32)
    for p in range(place_offset.shape[0] - 1):
        seen[:] = 0
        for a in range(place_offset[p], place_offset[p + 1]):
            first = slot_offset[stop[a]]
            last = slot_offset[stop[a] + 1] - 1
            if not in_reverse:
                first = first_slot(slot_departure_s, first, last, start + access_s[a])
                last = min(first_slot(slot_departure_s, first, last, end + access_s[a]) + 1, last)
            for slot in range(first, last):
                row = arrival[slot]
                for q in range(LANES):
                    seen[q] |= row[first_lane + q]
        for q in range(marked.shape[0]):
            if seen[q] & 1:
                marked[q, p] = 1


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
def _steps_of_origin(
    labels: tuple[I32, int],
    events: tuple[I32, I32],
    span: tuple[int, int],
    window: tuple[int, int, int],
    walk: int,
    out: tuple[I32, I32, int],
) -> tuple[int, int, int, int]:
    """
    Cut a departure window into spans of seconds that share an arrival, for one origin and the target of the labels.

    Adds the least travel time and the length of each span; between its ends the time falls by 1 s a second. Returns
    the number of spans, of departures quicker than walking, the arrival of who leaves at the start of the window and
    that of the last useful departure.
    """
    arrival, lane = labels
    leave_s, slot = events
    start, end, limit = window
    low, length, n = out
    best = NEVER  # earliest arrival of whoever leaves after the departure at hand
    until = end - 1  # last departure second that `best` holds for
    there = best
    useful = 0
    late = NEVER
    for e in range(span[0], span[1]):
        there = min(there, arrival[slot[e], lane])
        leave = leave_s[e]
        # of departures at the same second the one that arrives first counts
        if there >= best or there - leave > limit or (e + 1 < span[1] and leave_s[e + 1] == leave):
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
def _steps_of_destination(
    labels: tuple[I32, int],
    events: tuple[I32, I32],
    span: tuple[int, int],
    window: tuple[int, int, int],
    walk: int,
    out: tuple[I32, I32, int],
) -> tuple[int, int, int, int]:
    """
    As `_steps_of_origin`, of labels of a scan in reverse: -label is the latest moment to leave the origin.

    Events are arrivals at the destination, earliest first.
    """
    arrival, lane = labels
    there_s, slot = events
    start, end, limit = window
    low, length, n = out
    latest = start - 1  # who leaves by then is there already
    leave = latest
    useful = 0
    early = NEVER
    late = NEVER
    for e in range(span[0], span[1]):
        leave = max(leave, -arrival[slot[e], lane])
        there = there_s[e]
        # of arrivals at the same second the one that is left for last counts
        if leave <= latest or (e + 1 < span[1] and there_s[e + 1] == there):
            continue
        until = min(leave, end - 1)
        if there - until <= limit:
            low[n] = there - until
            length[n] = min(until - latest, limit - low[n] + 1)
            n += 1
            if latest < start and there - start <= limit:
                early = there
        if leave >= end:
            break
        if there - leave <= limit and there - leave < walk:
            useful += 1
            late = there
        latest = leave
    return n, useful, early, late


@njit(cache=True, nogil=True)
def summarise_departures(
    labels: tuple[I32, int, int],
    events: tuple[I64, I32, I32],
    walk_only_s: I32,
    asked: U8,
    window: tuple[int, int, int],
    ranks: I64,
    out: tuple[F32, ...],
) -> None:
    """
    Read travel times over a departure window off the labels of some targets, exactly and without sampling.

    Whoever leaves at second t arrives with the first departure worth taking at or after t; between two such departures
    the travel time falls by one second a second. So the number of departure seconds that take at most x is a sum of
    clipped lengths, and a percentile is found by bisection over x. Several timetables, drawn at random, count as one
    long window.

    Parameters
    ----------
    labels
        Labels (n_slots, n_lanes) of a scan, the lane of the first target, and whether the scan ran in reverse: then
        the targets are origins and what is read are destinations.
    events
        Offsets (n_timetables * n_places + 1,), times at the place and slots. Forward: times of leaving, latest first,
        those at or after the end of the window stand for whoever leaves after the last departure. In reverse: times of
        arriving, earliest first.
    walk_only_s
        (n_targets, n_places) time without any ride, `NEVER` where there is none: the ceiling of all travel times.
    asked
        (n_targets, n_places) 0 where nothing is to be filled, else 1.
    window
        First departure second, the second after the last, and the longest travel time that counts, s.
    ranks
        (n_percentiles,) ascending; reported is the travel time that this many departure seconds do not exceed.
    out
        Filled: percentiles (n_targets, n_percentiles, n_places), then fastest, departures, first_arrival and
        last_arrival (n_targets, n_places); float32 seconds, inf = unreachable; arrivals in seconds of the service day.
        The last three are means over the timetables.
    """
    arrival, first_lane, in_reverse = labels
    offset, event_s, slot = events
    percentile_s, fastest_s, departures, first_arrival_s, last_arrival_s = out
    n_places = walk_only_s.shape[1]
    n_timetables = (offset.shape[0] - 1) // n_places
    longest = 1
    for o in range(n_places):
        steps = 0
        for d in range(n_timetables):
            steps += offset[d * n_places + o + 1] - offset[d * n_places + o] + 1
        longest = max(longest, steps)
    low = np.empty(longest, np.int32)
    length = np.empty(longest, np.int32)
    for o in range(n_places):
        # all targets of a place before the next place: its labels stay in the cache
        for q in range(walk_only_s.shape[0]):
            if not asked[q, o]:
                continue
            walk = walk_only_s[q, o]
            n = 0
            total_useful = 0
            total_early = 0.0
            total_late = 0.0
            for d in range(n_timetables):
                at = d * n_places + o
                span = (offset[at], offset[at + 1])
                if in_reverse:
                    n, useful, early, late = _steps_of_destination(
                        (arrival, first_lane + q), (event_s, slot), span, window, walk, (low, length, n)
                    )
                else:
                    n, useful, early, late = _steps_of_origin(
                        (arrival, first_lane + q), (event_s, slot), span, window, walk, (low, length, n)
                    )
                if walk < NEVER:
                    early = min(early, window[0] + walk)
                total_useful += useful
                total_early += np.inf if early >= NEVER else early
                total_late += np.inf if late >= NEVER else late
            covered = 0
            fastest = walk
            slowest = 0
            for j in range(n):
                covered += length[j]
                fastest = min(fastest, low[j])
                slowest = max(slowest, low[j] + length[j] - 1)
            fastest_s[q, o] = np.inf if fastest >= NEVER else fastest
            departures[q, o] = total_useful / n_timetables
            first_arrival_s[q, o] = total_early / n_timetables
            last_arrival_s[q, o] = total_late / n_timetables
            below = min(fastest, slowest)
            for p in range(ranks.shape[0]):
                value = walk
                if covered >= ranks[p]:
                    below = _quantile(low, length, n, (below, slowest), ranks[p])
                    value = min(walk, below)
                percentile_s[q, p, o] = np.inf if value >= NEVER else value
