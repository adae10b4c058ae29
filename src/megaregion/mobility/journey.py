"""A journey that a person can read, leg by leg."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from megaregion import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """
    One part of a journey.

    Attributes
    ----------
    kind
        access (from the place to the first station), ride, change (within a station), walk (between stations), wait
        (for the next ride, once ready to board), egress.
    from_stop, to_stop
        Stop ids; empty at the end of the journey that is the place itself.
    departure_s, arrival_s
        Seconds of the service day.
    number, service_class, headsign, trip_id
        Of a ride.
    typical
        The ride's clock minute is not known: the timetable says how many depart in that hour.
    stay_seated
        The vehicle of the ride before goes on as this one: no change.
    calls
        Stops in between where the ride calls: (stop id, arrival, departure).
    """

    kind: Literal["access", "ride", "change", "walk", "wait", "egress"]
    from_stop: str
    to_stop: str
    departure_s: int
    arrival_s: int
    number: str = ""
    service_class: str = ""
    headsign: str = ""
    trip_id: str = ""
    typical: bool = False
    stay_seated: bool = False
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
    def time_s(self) -> dict[str, int]:
        """
        Seconds by kind of leg, and `before`: the wait at the origin until one has to leave.

        They add up to `travel_time_s`; time on board of a vehicle that stands between two of its trips counts as ride.
        """
        spent = {"before": self.departure_s - self.asked_s}
        at = self.departure_s
        for leg in self.legs:
            spent[leg.kind] = spent.get(leg.kind, 0) + leg.arrival_s - at
            at = leg.arrival_s
        return spent

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
            "time_s": self.time_s,
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
                    "stay_seated": leg.stay_seated,
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
