"""Journeys that a person can read, from the same labels as the travel-time matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError, MegaregionError
from megaregion.mobility.connection_scan import CAN_ALIGHT, LANES, NEVER, first_slot, scan_rides, scan_targets
from megaregion.mobility.places import Places
from megaregion.mobility.timetable import DAY_S
from megaregion.mobility.travel_time import MAX_RIDES, connection_arrays, departure_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]

FIRST_RIDES = 6
"""Rides scanned for at first; doubled until the earliest arrival of all is among the journeys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """
    One part of a journey.

    Attributes
    ----------
    kind
        access (from the place to the first station), ride, change (within a station), walk (between stations), egress.
    from_stop, to_stop
        Stop ids; empty at the end of the journey that is the place itself.
    departure_s, arrival_s
        Seconds of the service day.
    number, service_class, headsign, trip_id
        Of a ride.
    typical
        The ride's clock minute is not known: the timetable says how many depart in that hour.
    calls
        Stops in between where the ride calls: (stop id, arrival, departure).
    """

    kind: Literal["access", "ride", "change", "walk", "egress"]
    from_stop: str
    to_stop: str
    departure_s: int
    arrival_s: int
    number: str = ""
    service_class: str = ""
    headsign: str = ""
    trip_id: str = ""
    typical: bool = False
    calls: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """
    One way to get there, with at most as many rides as it has and no faster one with fewer.

    Attributes
    ----------
    origin, destination
        Place ids.
    asked_s
        When the traveller is ready to leave (or, for an arrival query, leaves).
    departure_s, arrival_s
        When the traveller has to leave and when they are there.
    rides
        Number of rides.
    legs
        In order of travel.
    names
        Names of the stops of the legs, by stop id.
    """

    origin: str
    destination: str
    asked_s: int
    departure_s: int
    arrival_s: int
    rides: int
    legs: tuple[Leg, ...]
    names: dict[str, str] = field(repr=False)

    @property
    def travel_time_s(self) -> int:
        """Seconds from being ready to leave until arrival, as the matrix counts them."""
        return self.arrival_s - self.asked_s

    @property
    def table(self) -> pd.DataFrame:
        """One row a leg: kind, from, to, departure, arrival, minutes, number, calls."""
        rows = [
            {
                "kind": leg.kind,
                "from": self.names.get(leg.from_stop, self.origin),
                "to": self.names.get(leg.to_stop, self.destination),
                "departure": clock.show(leg.departure_s),
                "arrival": clock.show(leg.arrival_s),
                "duration_s": leg.arrival_s - leg.departure_s,
                "number": leg.number,
                "typical": leg.typical,
                "calls": len(leg.calls),
            }
            for leg in self.legs
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: times in seconds and as clock times."""
        return {
            "origin": self.origin,
            "destination": self.destination,
            "departure": clock.show(self.departure_s),
            "arrival": clock.show(self.arrival_s),
            "departure_s": self.departure_s,
            "arrival_s": self.arrival_s,
            "duration_s": self.arrival_s - self.departure_s,
            "travel_time_s": self.travel_time_s,
            "rides": self.rides,
            "legs": [
                {
                    "kind": leg.kind,
                    "from_stop_id": leg.from_stop,
                    "from": self.names.get(leg.from_stop, self.origin),
                    "to_stop_id": leg.to_stop,
                    "to": self.names.get(leg.to_stop, self.destination),
                    "departure": clock.show(leg.departure_s),
                    "arrival": clock.show(leg.arrival_s),
                    "duration_s": leg.arrival_s - leg.departure_s,
                    "number": leg.number,
                    "class": leg.service_class,
                    "typical": leg.typical,
                    "calls": [
                        {
                            "stop_id": stop,
                            "name": self.names[stop],
                            "arrival": clock.show(at),
                            "departure": clock.show(on),
                        }
                        for stop, at, on in leg.calls
                    ],
                }
                for leg in self.legs
            ],
        }


def journeys(
    timetable: Timetable,
    origin: Places | str,
    destination: Places | str,
    *,
    depart: str | int | None = None,
    arrive_by: str | int | None = None,
    max_changes: int | None = None,
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
    max_changes
        Cap on changes of vehicle; None = as many as it takes.

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
    search = _Search(timetable, start, goal)
    if start.ids == goal.ids:
        return []
    if depart is not None:
        ready = _seconds(depart, "departure time")
        if not 0 <= ready < DAY_S:
            msg = f"departure time is {depart!r}; expected 00:00 to 23:59; ask for another date."
            raise InputError(msg)
        return search.leaving(ready, max_changes)
    deadline = _seconds(arrive_by, "arrival time")
    if not 0 <= deadline <= DAY_S + timetable.max_travel_time_s:
        longest = clock.duration(timetable.max_travel_time_s)
        msg = f"arrival time is {arrive_by!r}; expected 00:00 or later, and at most {longest} after the service day."
        raise InputError(msg)
    return search.arriving(deadline, max_changes)


class _Search:
    """Labels towards one destination, and the journeys read off them."""

    def __init__(self, timetable: Timetable, origin: Places, destination: Places) -> None:
        self.timetable = timetable
        self.origin, self.destination = origin, destination
        self.stops, self.access = origin.of(0)
        self.egress = destination.access_matrix(len(timetable.stops), [0], 1)[:, 0]
        self.arrival = np.empty((0, 0), np.int32)

    def leaving(self, ready: int, max_changes: int | None) -> list[Journey]:
        """Journeys of who is ready to leave at a second."""
        # no later connection can be part of a journey that takes no longer than the longest
        span = self.timetable.span(ready, ready + self.timetable.max_travel_time_s)
        slots = [
            self._slot(int(stop), ready + int(access)) for stop, access in zip(self.stops, self.access, strict=True)
        ]
        self._scan(span, slots, max_changes)
        found = []
        earliest = ready + self.timetable.max_travel_time_s + 1
        for rides in range(self.arrival.shape[1]):
            best = min((int(self.arrival[slot, rides]) for slot in slots), default=NEVER)
            if best < earliest:
                earliest = best
                found.append(self._journey(ready, slots, rides, best))
        on_foot = self._on_foot(ready)
        if on_foot is None:
            return found
        return [on_foot, *(journey for journey in found if journey.arrival_s < on_foot.arrival_s)]

    def arriving(self, deadline: int, max_changes: int | None) -> list[Journey]:
        """Journeys that leave as late as possible and are there by a second."""
        first = max(0, deadline - self.timetable.max_travel_time_s)
        span = self.timetable.span(first, deadline + 1)
        _, leave, slots = departure_events(self.timetable, self.origin, (first, max(deadline, first + 1)))
        self._scan(span, slots.tolist(), max_changes)
        found: list[Journey] = []
        latest = -1
        for rides in range(self.arrival.shape[1]):
            early_enough = np.flatnonzero(self.arrival[slots, rides] <= deadline)
            if len(early_enough) and leave[early_enough[0]] > latest:
                latest = int(leave[early_enough[0]])
                best = int(self.arrival[slots[early_enough[0]], rides])
                reached = [self._slot(int(s), latest + int(a)) for s, a in zip(self.stops, self.access, strict=True)]
                found.append(self._journey(latest, reached, rides, min(best, self._best(reached, rides))))
        on_foot = self._on_foot(deadline)
        if on_foot is None:
            return found
        walked = self._on_foot(deadline - on_foot.travel_time_s)
        if walked is None:
            return found
        return [walked, *(journey for journey in found if journey.departure_s > walked.departure_s)]

    def _best(self, slots: list[int], rides: int) -> int:
        return min(int(self.arrival[slot, rides]) for slot in slots)

    def _scan(self, span: tuple[int, int], slots: list[int], max_changes: int | None) -> None:
        """Fill the labels by number of rides, with as many as the earliest arrival of all takes."""
        timetable = self.timetable
        n_trips, n_slots = len(timetable.trip_table), len(timetable.slot_departure_s)
        connections = connection_arrays(timetable)
        rides = FIRST_RIDES if max_changes is None else max_changes + 1
        if not 0 < rides <= MAX_RIDES:
            msg = f"max_changes is {max_changes!r}; expected a whole number from 0 to {MAX_RIDES - 1}, or None."
            raise InputError(msg)
        uncapped = np.empty((n_slots, LANES), np.int32)
        if max_changes is None:
            egress = np.repeat(self.egress[:, None], LANES, axis=1)
            work = np.empty((n_trips, LANES), np.int32)
            scan_targets(connections, timetable.transfers, span, egress, work, uncapped)
        while True:
            self.arrival = np.empty((n_slots, rides), np.int32)
            work = np.empty((n_trips, rides), np.int32)
            scan_rides(connections, timetable.transfers, span, self.egress, work, self.arrival)
            if max_changes is not None or not np.any(self.arrival[slots, -1] > uncapped[slots, 0]):
                return
            if rides > n_trips:
                msg = "the scans with and without a cap on rides disagree; please report this timetable."
                raise MegaregionError(msg)
            rides *= 2

    def _slot(self, stop: int, ready: int) -> int:
        """First slot of a stop at or after a second; its sentinel if there is none."""
        offset = self.timetable.slot_offset
        return int(first_slot(self.timetable.slot_departure_s, int(offset[stop]), int(offset[stop + 1]) - 1, ready))

    def _journey(self, ready: int, slots: list[int], rides: int, arrival: int) -> Journey:
        """Follow the labels from the origin to the destination."""
        t = self.timetable
        chosen = []
        for number, slot in enumerate(slots):
            if self.arrival[slot, rides] == arrival:
                last = self._last_equal(slot, rides)
                chosen.append(
                    (int(t.slot_departure_s[last]) - int(self.access[number]), -int(self.access[number]), last, number)
                )
        leave, _, slot, number = max(chosen)
        first_stop = t.stops[int(self.stops[number])]
        legs = []
        if self.access[number] > 0:
            legs.append(
                Leg(
                    kind="access",
                    from_stop="",
                    to_stop=first_stop,
                    departure_s=leave,
                    arrival_s=leave + int(self.access[number]),
                )
            )
        while True:
            connection = int(t.slot_connection[slot])
            ride, end, after = self._ride(connection, rides, arrival)
            legs.append(ride)
            at = int(t.arrival_stop[end])
            now = int(t.arrival_s[end])
            if after is None:
                if self.egress[at] > 0:
                    legs.append(
                        Leg(
                            kind="egress",
                            from_stop=t.stops[at],
                            to_stop="",
                            departure_s=now,
                            arrival_s=now + int(self.egress[at]),
                        )
                    )
                break
            slot, there, seconds = after
            kind: Literal["change", "walk"] = "change" if there == at else "walk"
            legs.append(
                Leg(kind=kind, from_stop=t.stops[at], to_stop=t.stops[there], departure_s=now, arrival_s=now + seconds)
            )
            rides -= 1
            while rides and self.arrival[slot, rides - 1] == arrival:
                rides -= 1
            slot = self._last_equal(slot, rides)
        return self._complete(ready, leave, arrival, legs)

    def _last_equal(self, slot: int, rides: int) -> int:
        """Last slot of the stop from which the arrival is still the same: the departure that is taken."""
        arrival = self.arrival[slot, rides]
        while self.arrival[slot + 1, rides] == arrival and self.timetable.slot_connection[slot + 1] >= 0:
            slot += 1
        return slot

    def _ride(self, connection: int, rides: int, arrival: int) -> tuple[Leg, int, tuple[int, int, int] | None]:
        """
        Ride from a connection to where the label says to alight.

        Returns the leg, its last connection, and (slot, stop, seconds) of the change that follows, or None at the end.
        """
        t = self.timetable
        offset, order = t.trip_connections
        trip = int(t.trip[connection])
        hops = order[offset[trip] : offset[trip + 1]]
        hops = hops[t.hop[hops] >= t.hop[connection]]
        options: list[tuple[int, int, int, int, int]] = []
        end, after = -1, None
        for number, hop in enumerate(hops):
            if not t.flags[hop] & CAN_ALIGHT:
                continue
            at, now = int(t.arrival_stop[hop]), int(t.arrival_s[hop])
            if now + int(self.egress[at]) == arrival:
                end = number
                break
            if rides:
                for there, seconds in zip(*t.walks.of(at), strict=True):
                    slot = self._slot(int(there), now + int(seconds))
                    if self.arrival[slot, rides - 1] == arrival:
                        walked = 0 if there == at else int(seconds)
                        options.append((walked, number, slot, int(there), int(seconds)))
        if end < 0:
            _, end, slot, there, seconds = min(options)
            after = (slot, there, seconds)
        row = t.trip_table.iloc[trip]
        first, last = int(hops[0]), int(hops[end])
        calls = tuple(
            (t.stops[int(t.arrival_stop[a])], int(t.arrival_s[a]), int(t.departure_s[b]))
            for a, b in pairwise(hops[: end + 1])
        )
        leg = Leg(
            kind="ride",
            from_stop=t.stops[int(t.departure_stop[first])],
            to_stop=t.stops[int(t.arrival_stop[last])],
            departure_s=int(t.departure_s[first]),
            arrival_s=int(t.arrival_s[last]),
            number=_text(row["number"]) or _text(row["route_name"]),
            service_class=_text(row["class"]),
            headsign=_text(row["headsign"]),
            trip_id=str(row["trip_id"]),
            typical=bool(row["typical"]),
            calls=calls,
        )
        return leg, last, after

    def _on_foot(self, ready: int) -> Journey | None:
        """Give the walk without any ride, if there is one."""
        total = np.where(
            (self.access == 0) | (self.egress[self.stops] == 0),
            self.access.astype(np.int64) + self.egress[self.stops],
            NEVER,
        )
        seconds = int(total.min(initial=NEVER))
        if seconds > self.timetable.max_travel_time_s:
            return None
        leg = Leg(kind="walk", from_stop="", to_stop="", departure_s=ready, arrival_s=ready + seconds)
        return self._complete(ready, ready, ready + seconds, [leg])

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
            rides=sum(leg.kind == "ride" for leg in legs),
            legs=tuple(legs),
            names=names,
        )


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
