"""Journeys of a window that no other beats: leaving later, arriving earlier, with fewer rides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.connection_scan import NEVER
from megaregion.mobility.places import Places, on_foot, same_places
from megaregion.mobility.raptor import scan_departure, scan_window
from megaregion.mobility.scan_layout import lay_out
from megaregion.mobility.timetable import DAY_S
from megaregion.mobility.travel_time import MAX_RIDES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import Walks

    I32 = NDArray[np.int32]
    F32 = NDArray[np.float32]

FIRST_ROWS = 16
"""Rides that there is room for at first where no cap is given; doubled until no further ride improves anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    Journeys from one place to another over a departure window, those that no other beats.

    A journey is beaten by another one that leaves as late or later, arrives as early or earlier and takes as many rides
    or fewer, also if that one leaves after the window; and by walking all the way.

    Attributes
    ----------
    origin, destination
        Place ids.
    depart_s, arrive_s
        (n_journeys,) int32, seconds of the service day: when one has to leave the origin, and is there.
    rides
        (n_journeys,) int32.
    walk_only_s
        Time without any ride, s, the ceiling of all travel times; inf = too far.
    window_s
        First departure second and the second after the last.
    provenance
        What the numbers rest on.
    """

    origin: str
    destination: str
    depart_s: I32 = field(repr=False)
    arrive_s: I32 = field(repr=False)
    rides: I32 = field(repr=False)
    walk_only_s: float
    window_s: tuple[int, int]
    provenance: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.depart_s)

    @property
    def table(self) -> pd.DataFrame:
        """One row a journey, in order of departure: depart, arrive (clock times), rides, duration_s and the seconds."""
        return pd.DataFrame(
            {
                "depart": [clock.show(second) for second in self.depart_s.tolist()],
                "arrive": [clock.show(second) for second in self.arrive_s.tolist()],
                "rides": self.rides,
                "duration_s": self.arrive_s - self.depart_s,
                "depart_s": self.depart_s,
                "arrive_s": self.arrive_s,
            }
        ).astype({"depart": "str", "arrive": "str"})


def profile(
    timetable: Timetable,
    origin: Places | str,
    destination: Places | str,
    window: tuple[str, str] = ("06:00", "22:00"),
    *,
    max_rides: int | None = None,
) -> Profile:
    """
    Find all journeys of a departure window worth choosing between: by departure, arrival and number of rides.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origin, destination
        A stop id, or one place.
    window
        Clock times between which one leaves: from the first, up to but without the second.
    max_rides
        Cap on the rides; None = as many as it takes. The cap is named in the provenance.

    Returns
    -------
    Profile

    Raises
    ------
    InputError
        If the window, the cap or a stop cannot be used.

    References
    ----------
    Delling, Pajor and Werneck 2015, "Round-Based Public Transit Routing", Transportation Science 49, section 4.2.

    Examples
    --------
    >>> from megaregion.mobility import Timetable
    >>> calls = [28_800, 30_000, 32_400, 33_000]  # two trips from s0 to s1, at 8:00 and 9:00
    >>> timetable = Timetable.from_arrays([0, 2, 4], [0, 1, 0, 1], calls, calls, lon=[0, 0], lat=[0, 1])
    >>> profile(timetable, "s0", "s1").table[["depart", "arrive", "rides"]].to_numpy().tolist()
    [['08:00', '08:20', 1], ['09:00', '09:10', 1]]
    """
    start, end = _window(window)
    cap = _cap(max_rides)
    leaving = _one(origin, timetable, arriving=False)
    reaching = _one(destination, timetable, arriving=True)
    limit = timetable.max_travel_time_s
    longest = limit if leaving.max_time_s is None else min(leaving.max_time_s, limit)
    walk_only_s = int(on_foot(leaving, reaching, longest)[0, 0])
    found = (np.empty(0, np.int32),) * 3
    if not len(same_places(leaving, reaching)[0]):
        access = _quickest(leaving, timetable.rules.boarding_slack_s)
        egress_s = np.full(len(timetable.stops), NEVER, np.int32)
        stops, seconds = _quickest(reaching, timetable.rules.alighting_slack_s)
        egress_s[stops] = seconds
        # RAPTOR takes the first trip of a pattern; a rule for single trips may want a later one
        search = _from_connections if len(timetable.exceptions[0]) else _from_rounds
        found = search(timetable, access, (egress_s, walk_only_s, limit), (start, end), cap)
    depart_s, arrive_s, rides = found
    order = np.lexsort((rides, depart_s))
    return Profile(
        origin=leaving.ids[0],
        destination=reaching.ids[0],
        depart_s=depart_s[order],
        arrive_s=arrive_s[order],
        rides=rides[order],
        walk_only_s=float("inf") if walk_only_s >= NEVER else float(walk_only_s),
        window_s=(start, end),
        provenance={
            "feeds": timetable.feed_ids,
            "date": timetable.date,
            "year": timetable.year,
            "time_zone": timetable.time_zone,
            "window": window,
            "max_rides": max_rides,
            "max_travel_time_s": limit,
            "origin": leaving.rule,
            "origin_zh": leaving.rule_zh,
            "destination": reaching.rule,
            "destination_zh": reaching.rule_zh,
            "transfer_rules": asdict(timetable.rules),
            "typical_departures": bool(timetable.trip_table["typical"].any()),
        },
    )


def earliest_arrivals(
    timetable: Timetable, origin: Places | str, depart: str | int, *, max_rides: int | None = None
) -> F32:
    """
    Find when who leaves at one moment is at each stop at the earliest, by number of rides.

    One is at a stop as soon as one alights there or has walked there from where one alights, as in
    `travel_time_matrix`.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origin
        A stop id, or one place.
    depart
        Clock time ("08:00") or seconds of the service day.
    max_rides
        Cap on the rides; None = as many as improve any arrival.

    Returns
    -------
    (n_rides + 1, n_stops) float32, seconds of the service day, inf = unreachable; row k is for at most k rides, row 0
    for walking only, and the last row holds the earliest arrivals of all.

    Raises
    ------
    InputError
        If the time, the cap or the stop cannot be used.

    Examples
    --------
    >>> from megaregion.mobility import Timetable
    >>> timetable = Timetable.from_arrays([0, 2], [0, 1], [28_800, 30_000], [28_800, 30_000], lon=[0, 0], lat=[0, 1])
    >>> earliest_arrivals(timetable, "s0", "07:45").tolist()  # without a ride, and with one
    [[27900.0, inf], [27900.0, 30000.0]]
    """
    leave = int(depart) if isinstance(depart, int) else clock.parse(str(depart), what="departure time")
    if not 0 <= leave < DAY_S:
        msg = f"departure time is {depart!r}; expected 00:00 to 23:59; ask for another date."
        raise InputError(msg)
    cap = _cap(max_rides)
    place = _one(origin, timetable, arriving=False)
    last = leave + timetable.max_travel_time_s
    search = _arrivals_from_connections if len(timetable.exceptions[0]) else _arrivals_from_rounds
    alighted = search(timetable, _quickest(place, timetable.rules.boarding_slack_s), (leave, last), cap)
    arrival = _walked_on(timetable.walks, alighted) + timetable.rules.alighting_slack_s
    for here, seconds in zip(*_quickest(place), strict=True):
        arrival[:, here] = np.minimum(arrival[:, here], leave + seconds)
        if seconds == 0:
            there, walk_s = timetable.walks.of(int(here))
            arrival[:, there] = np.minimum(arrival[:, there], leave + walk_s)
    return np.where(arrival > last, np.float32(np.inf), arrival).astype(np.float32)


def _arrivals_from_rounds(timetable: Timetable, access: tuple[I32, I32], span: tuple[int, int], cap: int | None) -> I32:
    """(n_rides + 1, n_stops) when one alights at each stop at the earliest, by RAPTOR."""
    network = _network(timetable)
    rows = (cap or FIRST_ROWS) + 1
    while True:
        ready, alight = np.empty((2, rows, len(timetable.stops)), np.int32)
        rides, more = scan_departure(network, access, span, (ready, alight))
        if cap is not None or not more:
            return alight[: (cap or rides) + 1]
        rows *= 2


def _arrivals_from_connections(
    timetable: Timetable, access: tuple[I32, I32], span: tuple[int, int], cap: int | None
) -> I32:
    """Give the same from the labels of a connection scan in reverse, which knows rules for single trips."""
    layout = lay_out(timetable, *span, in_reverse=True)
    n_stops = len(timetable.stops)
    leave_s = np.full((n_stops, 1), NEVER, np.int32)
    leave_s[access[0], 0] = access[1]
    first, n_slots = layout.slot_offset[:-1], int(layout.slot_offset[-1])

    def alighted(rides: int | None) -> I32:
        # slots stand latest arrival first: the last one that can still be reached by who leaves now is the earliest
        labels = layout.scan(leave_s, rides)[:n_slots]
        reached = np.where(labels <= -span[0], np.arange(n_slots)[:, None], -1)
        slot = np.maximum.reduceat(reached, first, axis=0).T
        found = np.where(slot >= 0, -layout.slot_departure_s[slot], NEVER).astype(np.int32)
        return np.concatenate([np.full((1, n_stops), NEVER, np.int32), found])

    if cap is not None:
        return alighted(cap)
    uncapped, rides = alighted(None)[-1], FIRST_ROWS
    while True:
        found = alighted(rides)
        if np.array_equal(found[-1], uncapped):
            return found[: 1 + int(np.argmax((found == uncapped).all(axis=1)))]
        rides *= 2


def _walked_on(walks: Walks, alighted: I32) -> NDArray[np.int64]:
    """(n_rides + 1, n_stops) arrivals with one walk after the last ride where that is quicker."""
    begin = np.repeat(np.arange(len(walks.offset) - 1), np.diff(walks.offset))
    other = begin != walks.stop
    arrival = alighted.astype(np.int64)
    for row, values in zip(arrival, alighted.astype(np.int64), strict=True):
        np.minimum.at(row, walks.stop[other], values[begin[other]] + walks.transfer_time_s[other])
    return arrival


def _from_rounds(
    timetable: Timetable, access: tuple[I32, I32], goal: tuple[I32, int, int], window: tuple[int, int], cap: int | None
) -> tuple[I32, I32, I32]:
    """Run range RAPTOR, with as many rides as it takes where there is no cap."""
    network = _network(timetable)
    events = _events(timetable, access, window)
    rows = (cap or FIRST_ROWS) + 1
    n_departures = len(np.unique(events[0]))
    while True:
        ready, alight = np.empty((2, rows, len(timetable.stops)), np.int32)
        depart_s, arrive_s, rides = np.empty((3, n_departures * (rows - 1)), np.int32)
        n, more = scan_window(
            network,
            access,
            events,
            goal,
            window,
            (ready, alight),
            (depart_s, arrive_s, rides),
        )
        if cap is not None or not more:
            return depart_s[:n].copy(), arrive_s[:n].copy(), rides[:n].copy()
        rows *= 2


def _from_connections(
    timetable: Timetable, access: tuple[I32, I32], goal: tuple[I32, int, int], window: tuple[int, int], cap: int | None
) -> tuple[I32, I32, I32]:
    """Read the same off the labels of the profile connection scan, which knows rules for single trips."""
    egress_s, walk_only_s, limit = goal
    layout = lay_out(timetable, window[0], window[1] + limit)
    leaves, slots = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for stop, seconds in zip(*access, strict=True):
        slot = np.arange(layout.first_slot(int(stop), window[0] + int(seconds)), layout.slot_offset[stop + 1] - 1)
        leaves.append(layout.slot_departure_s[slot].astype(np.int64) - seconds)
        slots.append(slot)
    leave_s, slot = np.concatenate(leaves), np.concatenate(slots)
    order = np.argsort(-leave_s, kind="stable")
    leave_s, slot = leave_s[order], slot[order]
    if not len(slot):
        return (np.empty(0, np.int32),) * 3
    target = np.ascontiguousarray(egress_s[:, None])
    uncapped = layout.scan(target, None)[slot, -1] if cap is None else None
    rides = cap or FIRST_ROWS
    while True:
        labels = layout.scan(target, rides)[slot]
        if uncapped is None or np.array_equal(labels[:, -1], uncapped):
            break
        rides *= 2
    first = np.flatnonzero(np.r_[True, np.diff(leave_s) != 0])
    leave_s = leave_s[first]
    best = np.minimum.accumulate(np.minimum.reduceat(labels, first, axis=0), axis=0)
    later = np.concatenate([np.full((1, rides), NEVER), best[:-1]])
    fewer = np.concatenate([np.full((len(best), 1), NEVER), best[:, :-1]], axis=1)
    duration = best - leave_s[:, None]
    kept = (best < later) & (best < fewer) & (duration <= limit) & (duration < walk_only_s)
    row, ride = np.nonzero(kept & (leave_s < window[1])[:, None])
    return leave_s[row].astype(np.int32), best[row, ride].astype(np.int32), (ride + 1).astype(np.int32)


def _network(timetable: Timetable) -> tuple[Any, Any, Any]:
    """Patterns, boardings and walks, as the kernels take them."""
    patterns, walks = timetable.patterns, timetable.walks
    return patterns.arrays, patterns.boarding, (walks.offset, walks.stop, walks.time_s)


def _events(timetable: Timetable, access: tuple[I32, I32], window: tuple[int, int]) -> tuple[I32, I32]:
    """When one may leave within a window for a departure of a first stop, latest first, and the row of that stop."""
    leaves, rows = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for row, (stop, seconds) in enumerate(zip(*access, strict=True)):
        leave = timetable.patterns.departures(int(stop)) - seconds
        leave = leave[(leave >= window[0]) & (leave < window[1])]
        leaves.append(leave)
        rows.append(np.full(len(leave), row, np.int32))
    leave_s, row_of = np.concatenate(leaves), np.concatenate(rows)
    order = np.argsort(-leave_s, kind="stable")
    return leave_s[order].astype(np.int32), row_of[order]


def _quickest(place: Places, slack_s: int = 0) -> tuple[I32, I32]:
    """List the stops of the one place, each once, and the least time between it and the rides there."""
    stop, seconds = place.of(0)
    order = np.lexsort((seconds, stop))
    stops, first = np.unique(stop[order], return_index=True)
    return stops.astype(np.int32), (seconds[order][first] + slack_s).astype(np.int32)


def _one(place: Places | str, timetable: Timetable, *, arriving: bool) -> Places:
    if not isinstance(place, Places):
        return Places.stations(timetable, [place], arriving=arriving)
    if len(place) != 1:
        msg = f"a profile begins and ends at one place; {len(place)} were given. Ask for each of them by itself."
        raise InputError(msg)
    return place


def _cap(max_rides: int | None) -> int | None:
    if max_rides is None:
        return None
    if not (isinstance(max_rides, int | np.integer) and 1 <= max_rides <= MAX_RIDES):
        msg = f"max_rides is {max_rides!r}; expected a whole number from 1 to {MAX_RIDES}, or None for no cap."
        raise InputError(msg)
    return int(max_rides)


def _window(window: tuple[str, str]) -> tuple[int, int]:
    start, end = (clock.parse(text, what="departure window") for text in window)
    if not start < end <= DAY_S:
        msg = (
            f"departure window is {window[0]} to {window[1]}; expected two clock times, the second after the first and "
            "24:00 at the latest, as in 06:00-22:00."
        )
        raise InputError(msg)
    return start, end
