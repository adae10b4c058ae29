"""Search for journeys, with the same labels as the travel-time matrix."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError, MegaregionError
from megaregion.mobility.connection_scan import CAN_ALIGHT, NEVER, list_events
from megaregion.mobility.journey import Journey, Leg
from megaregion.mobility.places import Places, on_foot, same_places
from megaregion.mobility.scan_layout import lay_out
from megaregion.mobility.timetable import DAY_S
from megaregion.mobility.travel_time import MAX_RIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]

FIRST_RIDES = 6
"""Rides scanned for at first; doubled until the earliest arrival of all is among the journeys."""


def journeys(
    timetable: Timetable,
    origin: Places | str,
    destination: Places | str,
    *,
    depart: str | int | None = None,
    arrive_by: str | int | None = None,
    max_rides: int | None = None,
) -> list[Journey]:
    """
    Find the journeys worth choosing between: each arrives earlier than all with fewer rides.

    The first of the list has the fewest rides, the last arrives first, and its travel time is that of
    `travel_time_matrix` for that departure. Among equal arrivals the journey that leaves last is taken, then the change
    with the least walking, then the first one on the way.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origin, destination
        A stop id, or one place.
    depart
        Clock time ("08:00") or seconds from which the traveller is ready to leave.
    arrive_by
        Instead: the clock time by which they must be there; then the journeys leave as late as possible, but not
        before 00:00 of the service day.
    max_rides
        Cap on rides; None = as many as it takes.

    Returns
    -------
    list of Journey
        Empty if the destination cannot be reached within the timetable's longest travel time.

    Raises
    ------
    InputError
        If not just one of `depart` and `arrive_by` is given, or a stop is not known.
    """
    if (depart is None) == (arrive_by is None):
        msg = "give one of `depart` and `arrive_by`: the time to leave after, or the time to be there."
        raise InputError(msg)
    start = _one(origin, timetable, arriving=False)
    goal = _one(destination, timetable, arriving=True)
    search = _Search(timetable, start, goal, max_rides)
    if len(same_places(start, goal)[0]):
        return []
    if depart is not None:
        ready = _seconds(depart, "departure time")
        if not 0 <= ready < DAY_S:
            msg = f"departure time is {depart!r}; expected 00:00 to 23:59; ask for another date."
            raise InputError(msg)
        return search.leaving(ready)
    deadline = _seconds(arrive_by, "arrival time")
    if not 0 <= deadline <= DAY_S + timetable.max_travel_time_s:
        longest = clock.duration(timetable.max_travel_time_s)
        msg = f"arrival time is {arrive_by!r}; expected 00:00 or later, and at most {longest} after the service day."
        raise InputError(msg)
    return search.arriving(deadline)


class _Search:
    """Labels towards one destination, and the journeys read off them."""

    def __init__(self, timetable: Timetable, origin: Places, destination: Places, max_rides: int | None) -> None:
        if max_rides is not None and not (isinstance(max_rides, int | np.integer) and 0 < max_rides <= MAX_RIDES):
            msg = f"max_rides is {max_rides!r}; expected a whole number from 1 to {MAX_RIDES}, or None for no cap."
            raise InputError(msg)
        self.timetable = timetable
        self.origin, self.destination = origin, destination
        self.max_rides = max_rides
        self.stops, access = origin.of(0)
        self.access = access + timetable.rules.boarding_slack_s
        egress = destination.access_matrix(len(timetable.stops), [0], 1)
        self.egress = np.where(egress < NEVER, egress + timetable.rules.alighting_slack_s, NEVER).astype(np.int32)
        self.arrival = np.empty((0, 0), np.int32)
        self.layout = lay_out(timetable, 0, 0)

    def leaving(self, ready: int) -> list[Journey]:
        """Journeys of who is ready to leave at a second."""
        # no later connection can be part of a journey that takes no longer than the longest
        self.layout = lay_out(self.timetable, ready, ready + self.timetable.max_travel_time_s)
        slots = self._slots(ready)
        self._scan(slots)
        found = []
        earliest = ready + self.timetable.max_travel_time_s + 1
        for rides in range(self.arrival.shape[1]):
            best = self._best(slots, rides)
            if best < earliest:
                earliest = best
                found.append(self._journey(ready, slots, rides, best))
        on_foot = self._on_foot(ready)
        if on_foot is None:
            return found
        return [on_foot, *(journey for journey in found if journey.arrival_s < on_foot.arrival_s)]

    def arriving(self, deadline: int) -> list[Journey]:
        """Journeys that leave as late as possible and are there by a second."""
        first = max(0, deadline - self.timetable.max_travel_time_s)
        self.layout = lay_out(self.timetable, first, deadline)
        leave, slots = self._departures(first)
        self._scan(slots.tolist())
        found: list[Journey] = []
        latest = -1
        for rides in range(self.arrival.shape[1]):
            early_enough = np.flatnonzero(self.arrival[slots, rides] <= deadline)
            if len(early_enough) and leave[early_enough[0]] > latest:
                latest = int(leave[early_enough[0]])
                best = int(self.arrival[slots[early_enough[0]], rides])
                reached = self._slots(latest)
                found.append(self._journey(latest, reached, rides, min(best, self._best(reached, rides))))
        on_foot = self._on_foot(deadline)
        if on_foot is None:
            return found
        walked = self._on_foot(deadline - on_foot.travel_time_s)
        if walked is None:
            return found
        return [walked, *(journey for journey in found if journey.departure_s > walked.departure_s)]

    def _slots(self, ready: int) -> list[int]:
        """First slot that is reached at each stop of the origin."""
        return [
            self.layout.first_slot(int(stop), ready + int(access))
            for stop, access in zip(self.stops, self.access, strict=True)
        ]

    def _departures(self, first: int) -> tuple[NDArray[np.int64], I32]:
        """When one may leave the origin, not before a second, and the slots then reached; latest first."""
        offset = np.array([0, len(self.stops)], np.int32)
        accesses = (offset, self.stops, self.access.astype(np.int32))
        slots = (self.layout.slot_offset, self.layout.slot_departure_s)
        window = (first, DAY_S + self.timetable.max_travel_time_s, 0)
        count = np.empty(2, np.int64)
        keys = np.empty(list_events(slots, accesses, window, count, np.empty(0, np.int64)), np.int64)
        list_events(slots, accesses, window, count, keys)
        return -(keys >> 32), (keys & 0xFFFFFFFF).astype(np.int32)

    def _best(self, slots: list[int], rides: int) -> int:
        return min((int(self.arrival[slot, rides]) for slot in slots), default=NEVER)

    def _scan(self, slots: list[int]) -> None:
        """Fill the labels by number of rides, with as many as the earliest arrival of all takes."""
        rides = self.max_rides or FIRST_RIDES
        uncapped = self.layout.scan(self.egress, None)[:, 0] if self.max_rides is None else None
        while True:
            self.arrival = self.layout.scan(self.egress, rides)
            if uncapped is None or not np.any(self.arrival[slots, -1] > uncapped[slots]):
                return
            if rides > self.layout.n_trips:
                msg = "the scans with and without a cap on rides disagree; please report this timetable."
                raise MegaregionError(msg)
            rides *= 2

    def _journey(self, ready: int, slots: list[int], rides: int, arrival: int) -> Journey:
        """Follow the labels from the origin to the destination."""
        t, layout = self.timetable, self.layout
        chosen = []
        for number, slot in enumerate(slots):
            if self.arrival[slot, rides] == arrival:
                last = self._last_equal(slot, rides)
                leave = int(layout.slot_departure_s[last]) - int(self.access[number])
                chosen.append((leave, -int(self.access[number]), last, number))
        leave, _, slot, number = max(chosen)
        legs = []
        if self.access[number] > 0:
            station = t.stops[int(self.stops[number])]
            legs.append(_leg("access", "", station, leave, leave + int(self.access[number])))
        while True:
            rides_on, end, after = self._ride(int(layout.slot_connection[slot]), rides, arrival)
            legs += rides_on
            at = int(layout.arrival_stop[end])
            now = int(layout.arrival_s[end])
            if after is None:
                if self.egress[at, 0] > 0:
                    legs.append(_leg("egress", t.stops[at], "", now, now + int(self.egress[at, 0])))
                break
            slot, there, seconds = after
            kind: Literal["change", "walk"] = "change" if there == at else "walk"
            legs.append(_leg(kind, t.stops[at], t.stops[there], now, now + seconds))
            rides -= 1
            while rides and self.arrival[slot, rides - 1] == arrival:
                rides -= 1
            slot = self._last_equal(slot, rides)
        return self._complete(ready, leave, arrival, legs)

    def _last_equal(self, slot: int, rides: int) -> int:
        """Last slot of the stop from which the arrival is still the same: the departure that is taken."""
        if slot >= self.layout.slot_offset[-1]:
            return slot  # an extra slot stands for its one departure
        arrival = self.arrival[slot, rides]
        while self.arrival[slot + 1, rides] == arrival and self.layout.slot_connection[slot + 1] >= 0:
            slot += 1
        return slot

    def _ride(self, connection: int, rides: int, arrival: int) -> tuple[list[Leg], int, tuple[int, int, int] | None]:
        """
        Ride from a connection to where the label says to alight.

        Returns the legs, one for each trip of the vehicle, the last connection, and (slot, stop, seconds) of the
        change that follows, or None at the end.
        """
        layout = self.layout
        hops = np.flatnonzero(layout.trip == layout.trip[connection])
        hop = self.timetable.hop[layout.connection[hops]]
        order = np.argsort(hop)
        hops = hops[order][hop[order] >= self.timetable.hop[layout.connection[connection]]]
        options: list[tuple[int, int, int, int, int]] = []
        end, after = -1, None
        for number, row in enumerate(hops):
            if not layout.flags[row] & CAN_ALIGHT:
                continue
            at, now = int(layout.arrival_stop[row]), int(layout.arrival_s[row])
            if now + int(self.egress[at, 0]) == arrival:
                end = number
                break
            if rides:
                for slot in layout.transfer_slot[layout.transfer_offset[row] : layout.transfer_offset[row + 1]]:
                    if self.arrival[slot, rides - 1] == arrival:
                        there, seconds = self._walk(at, now, int(slot))
                        options.append((0 if there == at else seconds, number, int(slot), there, seconds))
        if end < 0:
            _, end, slot, there, seconds = min(options)
            after = (slot, there, seconds)
        return self._legs(layout.connection[hops[: end + 1]]), int(hops[end]), after

    def _walk(self, at: int, now: int, slot: int) -> tuple[int, int]:
        """Stop to which a slot belongs and the seconds it takes to be ready there."""
        t, layout = self.timetable, self.layout
        extra = slot >= layout.slot_offset[-1]
        boarded = layout.connection[layout.slot_connection[slot]]
        there = int(t.departure_stop[boarded]) if extra else layout.stop_of(slot)
        stops, seconds = t.walks.of(at)
        walked = int(seconds[stops == there].min(initial=NEVER))
        # a connection with a rule of its own may leave before the change time is over
        return there, min(walked, int(layout.slot_departure_s[slot]) - now) if extra else walked

    def _legs(self, connections: I32) -> list[Leg]:
        """Legs of a ride: passengers may stay seated while one trip of a vehicle becomes the next."""
        t = self.timetable
        bounds = np.flatnonzero(np.r_[True, np.diff(t.run[connections]) != 0, True])
        legs = []
        for first, last in pairwise(bounds.tolist()):
            hops = connections[first:last]
            row = t.trip_table.iloc[int(t.run[hops[0]])]
            # a line of which one waits half the headway leaves that much after one has to be there
            wait = int(row["wait_s"])
            legs.append(
                Leg(
                    kind="ride",
                    from_stop=t.stops[int(t.departure_stop[hops[0]])],
                    to_stop=t.stops[int(t.arrival_stop[hops[-1]])],
                    departure_s=int(t.departure_s[hops[0]]) + wait,
                    arrival_s=int(t.arrival_s[hops[-1]]),
                    number=_text(row["number"]) or _text(row["route_name"]),
                    service_class=_text(row["class"]),
                    headsign=_text(row["headsign"]),
                    trip_id=str(row["trip_id"]),
                    typical=bool(row["typical"]),
                    stay_seated=bool(first > 0),
                    calls=tuple(
                        (t.stops[int(t.arrival_stop[a])], int(t.arrival_s[a]), int(t.departure_s[b]) + wait)
                        for a, b in pairwise(hops)
                    ),
                )
            )
        return legs

    def _on_foot(self, ready: int) -> Journey | None:
        """Give the walk without any ride, if there is one."""
        longest = self.timetable.max_travel_time_s
        if self.origin.max_time_s is not None:
            longest = min(longest, self.origin.max_time_s)
        seconds = int(on_foot(self.origin, self.destination, longest)[0, 0])
        if seconds >= NEVER:
            return None
        return self._complete(ready, ready, ready + seconds, [_leg("walk", "", "", ready, ready + seconds)])

    def _complete(self, ready: int, leave: int, arrival: int, legs: list[Leg]) -> Journey:
        used = (
            {leg.from_stop for leg in legs}
            | {leg.to_stop for leg in legs}
            | {stop for leg in legs for stop, _, _ in leg.calls}
        )
        used.discard("")
        rows = self.timetable.stop_table.iloc[self.timetable.stops.positions(sorted(used))]
        names = dict(zip(rows["stop_id"], rows["name"], strict=True))
        return Journey(
            origin=self.origin.ids[0],
            destination=self.destination.ids[0],
            asked_s=ready,
            departure_s=leave,
            arrival_s=arrival,
            rides=sum(leg.kind == "ride" and not leg.stay_seated for leg in legs),
            legs=_with_waits(leave, legs),
            names=names,
        )


def _with_waits(leave: int, legs: list[Leg]) -> tuple[Leg, ...]:
    """Put a wait before each ride that leaves later than one is there; whoever stays seated does not wait."""
    whole: list[Leg] = []
    at = leave
    for leg in legs:
        if leg.departure_s > at and not leg.stay_seated:
            whole.append(_leg("wait", leg.from_stop, leg.from_stop, at, leg.departure_s))
        whole.append(leg)
        at = leg.arrival_s
    return tuple(whole)


def _leg(
    kind: Literal["access", "change", "walk", "wait", "egress"],
    from_stop: str,
    to_stop: str,
    departure_s: int,
    arrival_s: int,
) -> Leg:
    return Leg(kind=kind, from_stop=from_stop, to_stop=to_stop, departure_s=departure_s, arrival_s=arrival_s)


def _one(place: Places | str, timetable: Timetable, *, arriving: bool) -> Places:
    if not isinstance(place, Places):
        return Places.stations(timetable, [place], arriving=arriving)
    if len(place) != 1:
        msg = f"a journey begins and ends at one place; {len(place)} were given."
        raise InputError(msg)
    return place


def _seconds(time: str | int | None, what: str) -> int:
    return int(time) if isinstance(time, int) else clock.parse(str(time), what=what)


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
