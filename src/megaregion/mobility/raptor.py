"""
Kernels: earliest arrivals by number of rides, for one departure or for all of a window.

RAPTOR (Delling, Pajor and Werneck 2015, "Round-Based Public Transit Routing", Transportation Science 49) works in
rounds: round k finds what is reached with k rides, by going along each pattern of trips that serves a stop reached
better in the round before. Range RAPTOR (section 4.2 there) asks this for each departure of a window, latest first, and
keeps the labels in between: what leaves earlier is only followed where it arrives earlier.

Between two rides lies one walk, as in the connection scan: whoever alights at stop s at time a is ready to board at
stop t from a + walk(s, t), where the walk from s to s is its change time. So each stop has two labels a round, when one
has alighted there and when one is ready to board.

All times are int32 seconds; `NEVER` stands for what does not happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD, NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    U8 = NDArray[np.uint8]
    Patterns = tuple[I32, I32, I32, U8, I32, I32, I32, I32]
    Rows = tuple[I32, I32, I32]
    Network = tuple[Patterns, Rows, Rows]

_NONE = np.int32(NEVER)


@njit(cache=True, nogil=True)
def split_overtaking(start: I32, group_offset: I32, n_hops: I32, departure_s: I32, arrival_s: I32, chain: I32) -> None:
    """
    Split trips of the same stops into chains in which no trip overtakes another.

    Each trip, in the order given, joins the first chain of its group whose last trip is nowhere later.

    Parameters
    ----------
    start
        (n_trips,) first row of each trip in the times; trips of a group stand together, earliest first.
    group_offset, n_hops
        (n_groups + 1,) first trip and (n_groups,) hops of each trip of a group.
    departure_s, arrival_s
        (n_rows,) times of the hops of each trip.
    chain
        (n_trips,), filled: number of the chain within the group, from 0.
    """
    last = np.empty(start.shape[0], np.int32)
    for g in range(n_hops.shape[0]):
        n_chains = 0
        for t in range(group_offset[g], group_offset[g + 1]):
            c = 0
            while c < n_chains:
                before = start[last[c]]
                fits = True
                for h in range(n_hops[g]):
                    if (
                        departure_s[before + h] > departure_s[start[t] + h]
                        or arrival_s[before + h] > arrival_s[start[t] + h]
                    ):
                        fits = False
                        break
                if fits:
                    break
                c += 1
            last[c] = t
            chain[t] = c
            n_chains = max(n_chains, c + 1)


@njit(cache=True, nogil=True)
def _improve(labels: I32, k: int, stop: int, value: int) -> None:
    """Lower the label of a stop for k rides at most, and for as many more as it is better for."""
    while k < labels.shape[0] and labels[k, stop] > value:
        labels[k, stop] = value
        k += 1


@njit(cache=True, nogil=True)
def _queue_patterns(boarding: Rows, marked: I32, n_marked: int, first_hop: I32, queue: I32) -> int:
    """List the patterns that serve a marked stop, and the first hop of each that can be boarded at one."""
    offset, pattern, hop = boarding
    n = 0
    for m in range(n_marked):
        stop = marked[m]
        for b in range(offset[stop], offset[stop + 1]):
            p = pattern[b]
            if first_hop[p] == _NONE:
                queue[n] = p
                n += 1
            first_hop[p] = min(first_hop[p], hop[b])
    return n


@njit(cache=True, nogil=True)
def _first_trip(departure_s: I32, first: int, stride: int, n_trips: int, ready_s: int) -> int:
    """First trip, at one hop of a pattern, that departs at or after `ready_s`; `n_trips` if none does."""
    begin, end = 0, n_trips
    while begin < end:
        middle = (begin + end) >> 1
        if departure_s[first + middle * stride] >= ready_s:
            end = middle
        else:
            begin = middle + 1
    return begin


@njit(cache=True, nogil=True)
def _ride(
    patterns: Patterns,
    k: int,
    queue: tuple[I32, int, I32],
    labels: tuple[I32, I32, I32],
    goal: tuple[I32, int],
    reached: tuple[I32, U8],
) -> int:
    """Go along the queued patterns with the k-th ride; lists the stops where one alights earlier, returns how many."""
    hop_offset, departure_stop, arrival_stop, flags, trip_offset, time_offset, departure_s, arrival_s = patterns
    ready, alight, there = labels
    egress_s, latest = goal
    stops, is_reached = reached
    waiting, n_queued, first_hop = queue
    n = 0
    for i in range(n_queued):
        p = waiting[i]
        begin = hop_offset[p]
        n_hops = hop_offset[p + 1] - begin
        n_trips = trip_offset[p + 1] - trip_offset[p]
        base = time_offset[p]
        trip = n_trips
        for h in range(first_hop[p], n_hops):
            hop = begin + h
            at = base + trip * n_hops + h
            if flags[hop] & CAN_BOARD:
                now = ready[k - 1, departure_stop[hop]]
                # an earlier trip of the pattern is nowhere later: it replaces the one at hand
                if now < NEVER and trip > 0 and (trip == n_trips or now <= departure_s[at - n_hops]):
                    trip = _first_trip(departure_s, base + h, n_hops, trip, now)
                    at = base + trip * n_hops + h
            if trip < n_trips and flags[hop] & CAN_ALIGHT:
                now = arrival_s[at]
                stop = arrival_stop[hop]
                if now < alight[k, stop] and now <= latest and now < there[k, 0]:
                    _improve(alight, k, stop, now)
                    _improve(there, k, 0, now + egress_s[stop])
                    if not is_reached[stop]:
                        is_reached[stop] = 1
                        stops[n] = stop
                        n += 1
        first_hop[p] = _NONE
    return n


@njit(cache=True, nogil=True)
def _walk(
    walks: Rows, k: int, labels: tuple[I32, I32, I32], reached: tuple[I32, U8], n_reached: int, marked: tuple[I32, U8]
) -> int:
    """Walk from where one has alighted; lists the stops where one is ready to board earlier, returns how many."""
    offset, walk_stop, walk_s = walks
    ready, alight, there = labels
    stops, is_reached = reached
    boarding, is_marked = marked
    n = 0
    for i in range(n_reached):
        stop = stops[i]
        is_reached[stop] = 0
        for w in range(offset[stop], offset[stop + 1]):
            now = alight[k, stop] + walk_s[w]
            to = walk_stop[w]
            if now < ready[k, to] and now < there[k, 0]:
                _improve(ready, k, to, now)
                if not is_marked[to]:
                    is_marked[to] = 1
                    boarding[n] = to
                    n += 1
    for m in range(n):
        is_marked[boarding[m]] = 0
    return n


@njit(cache=True, nogil=True)
def _rounds(
    network: Network,
    labels: tuple[I32, I32, I32],
    goal: tuple[I32, int],
    work: tuple[I32, U8, I32, U8, I32, I32],
    n_marked: int,
) -> tuple[int, bool]:
    """Run rounds from the marked stops. Returns the last round that reached anything, and whether more could follow."""
    patterns, boarding, walks = network
    marked, is_marked, reached, is_reached, first_hop, waiting = work
    last = 0
    for k in range(1, labels[0].shape[0]):
        if n_marked == 0:
            return last, False
        n_queued = _queue_patterns(boarding, marked, n_marked, first_hop, waiting)
        n_reached = _ride(patterns, k, (waiting, n_queued, first_hop), labels, goal, (reached, is_reached))
        if n_reached:
            last = k
        n_marked = _walk(walks, k, labels, (reached, is_reached), n_reached, (marked, is_marked))
    return last, n_marked > 0


@njit(cache=True, nogil=True)
def _workspace(n_stops: int, n_patterns: int) -> tuple[I32, U8, I32, U8, I32, I32]:
    """Make lists of stops and patterns, and marks, to work with."""
    return (
        np.empty(n_stops, np.int32),
        np.zeros(n_stops, np.uint8),
        np.empty(n_stops, np.int32),
        np.zeros(n_stops, np.uint8),
        np.full(n_patterns, _NONE, np.int32),
        np.empty(n_patterns, np.int32),
    )


@njit(cache=True, nogil=True)
def _leave(access: tuple[I32, I32], leave_s: int, ready: I32, marked: I32) -> int:
    """Set when one is ready at the first stops; lists those stops, returns how many."""
    stop, access_s = access
    n = 0
    for a in range(stop.shape[0]):
        now = leave_s + access_s[a]
        if now < ready[0, stop[a]]:
            if ready[0, stop[a]] == NEVER:
                marked[n] = stop[a]
                n += 1
            _improve(ready, 0, stop[a], now)
    return n


@njit(cache=True, nogil=True)
def scan_departure(
    network: Network,
    access: tuple[I32, I32],
    leave: tuple[int, int],
    labels: tuple[I32, I32],
) -> tuple[int, bool]:
    """
    Find the earliest arrivals everywhere of who leaves at one moment, by number of rides (RAPTOR).

    Parameters
    ----------
    network
        Three tuples. Patterns: hop_offset, departure_stop, arrival_stop, flags, trip_offset, time_offset, departure_s,
        arrival_s, as in `TripPatterns`. Where each stop can be boarded: offset (n_stops + 1,), pattern, hop within the
        pattern. Walks: offset (n_stops + 1,), stop, seconds.
    access
        First stops, and seconds to them.
    leave
        When one leaves, and the last second at which an alighting still counts.
    labels
        ready and alight, (n_rides + 1, n_stops); filled: when one is ready to board, and has alighted, after at most
        k rides.

    Returns
    -------
    Number of rides that reach anything, and whether more rides than there are rows could improve a label.
    """
    ready, alight = labels
    n_stops = ready.shape[1]
    ready[:] = NEVER
    alight[:] = NEVER
    there = np.full((ready.shape[0], 1), _NONE, np.int32)
    egress_s = np.full(n_stops, _NONE, np.int32)
    work = _workspace(n_stops, network[0][0].shape[0] - 1)
    n_marked = _leave(access, leave[0], ready, work[0])
    return _rounds(network, (ready, alight, there), (egress_s, leave[1]), work, n_marked)


@njit(cache=True, nogil=True)
def scan_window(
    network: Network,
    access: tuple[I32, I32],
    events: tuple[I32, I32],
    goal: tuple[I32, int, int],
    window: tuple[int, int],
    labels: tuple[I32, I32],
    points: tuple[I32, I32, I32],
) -> tuple[int, bool]:
    """
    Find the journeys to one goal over a window that no other beats (range RAPTOR).

    No other leaves as late or later, arrives as early or earlier and takes as many rides or fewer; journeys that leave
    after the window count among the others, but are not reported.

    Parameters
    ----------
    network, access
        As for `scan_departure`.
    events
        When one leaves for a departure at one of the first stops, latest first, and the position of that stop in
        `access`.
    goal
        (n_stops,) seconds from alighting at each stop to the goal, `NEVER` where that is not possible; the time there
        without any ride; the longest travel time.
    window
        First departure second and the second after the last.
    labels
        ready and alight, (n_rides + 1, n_stops), to work with.
    points
        Filled: departure, arrival, rides; room for each event with each number of rides.

    Returns
    -------
    Number of points, and whether more rides than there are rows could improve a label.
    """
    ready, alight = labels
    stop, access_s = access
    leave_s, at = events
    egress_s, walk_only_s, limit = goal
    end = window[1]
    depart, arrive, rides = points
    ready[:] = NEVER
    alight[:] = NEVER
    n_rides = ready.shape[0] - 1
    there = np.full((n_rides + 1, 1), _NONE, np.int32)
    before = np.empty(n_rides + 1, np.int32)
    work = _workspace(ready.shape[1], network[0][0].shape[0] - 1)
    marked = work[0]
    n_marked = _leave(access, end, ready, marked)
    all_labels = (ready, alight, there)
    _, more = _rounds(network, all_labels, (egress_s, end + limit), work, n_marked)
    n = 0
    e = 0
    while e < leave_s.shape[0] and leave_s[e] >= window[0]:
        leave = leave_s[e]
        before[:] = there[:, 0]
        n_marked = 0
        while e < leave_s.shape[0] and leave_s[e] == leave:
            first = stop[at[e]]
            # two ways to one stop: the quicker one has its departures as well
            if leave + access_s[at[e]] < ready[0, first]:
                _improve(ready, 0, first, leave + access_s[at[e]])
                marked[n_marked] = first
                n_marked += 1
            e += 1
        _, again = _rounds(network, all_labels, (egress_s, leave + limit), work, n_marked)
        more = more or again
        for k in range(1, n_rides + 1):
            quick = there[k, 0] - leave < walk_only_s and there[k, 0] - leave <= limit
            if quick and there[k, 0] < before[k] and there[k, 0] < there[k - 1, 0]:
                depart[n] = leave
                arrive[n] = there[k, 0]
                rides[n] = k
                n += 1
    return n, more
