"""Journeys of a window that no other beats: leaving later, arriving earlier, with fewer rides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.connection_scan import NEVER
from megaregion.mobility.places import Places
from megaregion.mobility.raptor import scan_departure, scan_window
from megaregion.mobility.timetable import DAY_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

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
    """
    start, end = _window(window)
    cap = _cap(max_rides)
    leaving = _one(origin, timetable, arriving=False)
    reaching = _one(destination, timetable, arriving=True)
    limit = timetable.max_travel_time_s
    access = _quickest(leaving)
    egress_s = np.full(len(timetable.stops), NEVER, np.int32)
    stops, seconds = _quickest(reaching)
    egress_s[stops] = seconds
    walk_only_s = _walk_only(access, egress_s, limit)
    found = (np.empty(0, np.int32),) * 3
    if leaving.ids != reaching.ids:
        found = _search(timetable, access, (egress_s, walk_only_s, limit), (start, end), cap)
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
            "destination": reaching.rule,
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
    """
    leave = int(depart) if isinstance(depart, int) else clock.parse(str(depart), what="departure time")
    if not 0 <= leave < DAY_S:
        msg = f"departure time is {depart!r}; expected 00:00 to 23:59; ask for another date."
        raise InputError(msg)
    cap = _cap(max_rides)
    place = _one(origin, timetable, arriving=False)
    stop, access_s = _quickest(place)
    last = leave + timetable.max_travel_time_s
    network = _network(timetable)
    rows = (cap or FIRST_ROWS) + 1
    while True:
        ready, alight = np.empty((2, rows, len(timetable.stops)), np.int32)
        rides, more = scan_departure(
            network,
            (stop, access_s),
            (leave, last),
            (ready, alight),
        )
        if cap is not None or not more:
            break
        rows *= 2
    arrival = np.minimum(ready, alight)[: (cap or rides) + 1]
    for here, seconds in zip(stop, access_s, strict=True):
        if seconds == 0:
            there, walk_s = timetable.walks.of(int(here))
            arrival[:, there] = np.minimum(arrival[:, there], leave + walk_s)
    return np.where(arrival > last, np.float32(np.inf), arrival).astype(np.float32)


def _search(
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


def _quickest(place: Places) -> tuple[I32, I32]:
    """List the stops of the one place, each once, and the least time to each."""
    stop, seconds = place.of(0)
    order = np.lexsort((seconds, stop))
    stops, first = np.unique(stop[order], return_index=True)
    return stops.astype(np.int32), np.ascontiguousarray(seconds[order][first], np.int32)


def _walk_only(access: tuple[I32, I32], egress_s: I32, limit_s: int) -> int:
    """Least time to the goal without any ride, `NEVER` where none is within the limit."""
    stop, access_s = access
    # one walk only: to a stop that is itself the destination, or from one that is itself the origin
    one = (access_s == 0) | (egress_s[stop] == 0)
    least = int((access_s + egress_s[stop])[one].min(initial=NEVER))
    return NEVER if least > limit_s else least


def _one(place: Places | str, timetable: Timetable, *, arriving: bool) -> Places:
    if not isinstance(place, Places):
        return Places.stations(timetable, [place], arriving=arriving)
    if len(place) != 1:
        msg = f"a profile begins and ends at one place; {len(place)} were given. Ask for each of them by itself."
        raise InputError(msg)
    return place


def _cap(max_rides: int | None) -> int | None:
    if max_rides is not None and not max_rides >= 1:
        msg = f"max_rides is {max_rides!r}; expected a whole number of 1 or more, or None for no cap."
        raise InputError(msg)
    return None if max_rides is None else int(max_rides)


def _window(window: tuple[str, str]) -> tuple[int, int]:
    start, end = (clock.parse(text, what="departure window") for text in window)
    if not start < end <= DAY_S:
        msg = (
            f"departure window is {window[0]} to {window[1]}; expected two clock times, the second after the first and "
            "24:00 at the latest, as in 06:00-22:00."
        )
        raise InputError(msg)
    return start, end
