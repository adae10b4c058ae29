"""Edits of whole lines: add one, remove some."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.new_station import NewStation, append_rows, new_stations, stop_key
from megaregion.mobility.trip_selection import (
    check_not_negative,
    check_positive,
    check_selection,
    select_trips,
    selection_needs,
)
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.service_days import WEEKDAYS
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from megaregion.region.model import Region

KMH_IN_M_S = 3.6

PLAUSIBLE_KMH = (4.0, 500.0)
"""Speeds outside are reported: a line is faster than walking; MobilityData's gtfs-validator allows rail 500."""


@edit_kind("add_line")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddLine:
    """
    Add a line: its new stations, a route, trips with their calls, and the days on which it runs.

    It runs every day of each timetable that it joins, either at a headway (one repeated trip a direction) or at
    given departures (one trip each).

    Attributes
    ----------
    name
        Name that passengers know.
    feed_ids
        Timetables that it joins; it gets a route in each.
    mode
        Mode as GTFS route_type: 1 metro, 2 rail, 3 bus.
    stops
        Stops in order: keys of stops, or new stations with name, lon and lat. The same line may call twice at a stop.
    dwell_s
        Time standing at each stop on the way, seconds.
    hop_times_s
        Run time from each stop to the next, seconds, above 0.
    speed_kmh
        Running speed between stops, km/h, instead of `hop_times_s`.
    hop_distances_m
        Length from each stop to the next, metres; blank = the straight line between positions, which a notice says.
    headway_s, start, end
        Seconds between two departures, from clock time `start`, none at or after `end`.
    departures
        Clock times of departure from the first stop, instead of the three above.
    departures_back
        Clock times of departure from the last stop; blank = the same as `departures`.
    both_directions
        Whether it runs back as well, with the same run times.
    exact_times
        With a headway: departures are at just these times, not anywhere within their share of the interval.
    line_id
        Key of the line, to which the timetable's is put in front; blank = the name.
    service_class
        Class of service for table `routes`.
    status
        How far the figures have been checked; anything but "confirmed" is said in a notice.
    """

    name: str
    feed_ids: tuple[str, ...]
    mode: int
    stops: tuple[str | NewStation, ...]
    dwell_s: int
    hop_times_s: tuple[int, ...] = ()
    speed_kmh: float | None = None
    hop_distances_m: tuple[float, ...] = ()
    headway_s: int | None = None
    start: str = ""
    end: str = ""
    departures: tuple[str, ...] = ()
    departures_back: tuple[str, ...] = ()
    both_directions: bool = True
    exact_times: bool = False
    line_id: str = ""
    service_class: str = ""
    status: Literal["confirmed", "unverified", "illustrative"] = "illustrative"
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        for field in ("name", "feed_ids"):
            if not getattr(self, field):
                self._refuse(f"field {field!r} is blank; expected at least one.")
        if len(self.stops) < 2:
            self._refuse(f"field 'stops' has {len(self.stops)}; expected two or more.")
        for one, other in pairwise(map(stop_key, self.stops)):
            if one == other:
                self._refuse(f"field 'stops' has {one!r} twice in a row; leave one out.")
        check_not_negative(self.kind, "dwell_s", self.dwell_s, "seconds")
        self._check_hops()
        self._check_departures()

    def resolve(self, region: Region) -> Resolution:
        """Need the timetables and the stops given by key; add a route in each timetable, and the new stations."""
        notices = Notices()
        if self.speed_kmh is not None and not self.hop_distances_m:
            self._resolve_positions(region, notices)
        self._check_speeds(region, notices)
        if self.status != "confirmed":
            notices.add(
                "line_not_confirmed", f"line {self.name!r} is {self.status}.", field="status", value=self.status
            )
        return Resolution(
            needs=(
                *(Ref("feeds", each) for each in self.feed_ids),
                *(Ref("stops", each) for each in dict.fromkeys(self.stops) if isinstance(each, str)),
            ),
            adds=(
                *(Ref("stops", each.key) for each in new_stations(self.stops)),
                *(Ref("routes", self._id(feed)) for feed in self.feed_ids),
                *(Ref("calendar", self._id(feed)) for feed in self.feed_ids),
                *(
                    Ref("trips", trip_id)
                    for feed in self.feed_ids
                    for direction in self._directions()
                    for trip_id, _ in self._trips(feed, direction)
                ),
                Ref("trips", self.name, "number"),
            ),
            notices=notices,
        )

    def apply(self, region: Region) -> Change:
        """Append the line's rows to the tables."""
        new: dict[str, list[dict[str, Any]]] = {name: [] for name in _LINE_TABLES}
        new["stops"] = [each.row() for each in new_stations(self.stops)]
        hops = self._hops(region)
        feeds = region.table("feeds").set_index("feed_id")
        for feed in self.feed_ids:
            line = self._id(feed)
            shared = {"feed_id": feed, "service_id": line}
            route = {"route_id": line, "feed_id": feed, "short_name": self.name, "mode": self.mode}
            new["routes"].append(route | ({"class": self.service_class} if self.service_class else {}))
            first_date, last_date = feeds.loc[feed, ["first_date", "last_date"]]
            new["calendar"].append(
                shared | dict.fromkeys(WEEKDAYS, True) | {"start_date": first_date, "end_date": last_date}
            )
            for direction in self._directions():
                self._add_direction(new, shared | {"route_id": line, "direction": direction}, hops)
        tables = {name: append_rows(region, name, rows) for name, rows in new.items() if rows}
        touched = {"routes": len(new["routes"]), "trips": len(new["trips"]), "stations": len(new["stops"])}
        return Change(region=region.with_tables(tables), touched=touched, notices=self._check_days(region))

    def _check_days(self, region: Region) -> Notices:
        """Refuse a line whose days would mix with those of other trips that have no row in table `calendar`."""
        notices = Notices()
        ids = [self._id(feed) for feed in self.feed_ids]
        for name in ("calendar_dates", "trips"):
            for taken in sorted(set(region.table(name)["service_id"]).intersection(ids)):
                message = f"adds service '{taken}', which table {name} has already."
                fix = "give the line another line_id"
                notices.add("edit_key_exists", message, field=f"{name}.service_id", value=taken, fix=fix)
        return notices

    def _directions(self) -> tuple[int, ...]:
        return (0, 1) if self.both_directions else (0,)

    def _trips(self, feed: str, direction: int) -> list[tuple[str, int]]:
        """Key of each trip of a direction, and seconds that its calls are moved by."""
        base = f"{self._id(feed)}:{direction}"
        if self.headway_s is not None:
            return [(base, 0)]
        times = map(clock.parse, (direction and self.departures_back) or self.departures)
        return [(f"{base}:{leaves}", leaves) for leaves in times]

    def _add_direction(
        self, new: dict[str, list[dict[str, Any]]], shared: dict[str, Any], hops: Sequence[tuple[int, float | None]]
    ) -> None:
        back = shared["direction"] == 1
        stops = [*map(stop_key, self.stops)][:: -1 if back else 1]
        calls = _calls(stops, list(hops)[:: -1 if back else 1], self.dwell_s)
        end = self.stops[0] if back else self.stops[-1]
        headsign = end.name if isinstance(end, NewStation) else end.partition(":")[2] or end
        trip = shared | {"number": self.name, "headsign": headsign}
        for trip_id, leaves in self._trips(shared["feed_id"], shared["direction"]):
            new["trips"].append({"trip_id": trip_id} | trip)
            new["stop_times"] += [
                {"trip_id": trip_id}
                | call
                | {"arrival_s": call["arrival_s"] + leaves, "departure_s": call["departure_s"] + leaves}
                for call in calls
            ]
            if self.headway_s is not None:
                new["frequencies"].append(
                    {
                        "trip_id": trip_id,
                        "start_s": clock.parse(self.start),
                        "end_s": clock.parse(self.end),
                        "headway_s": self.headway_s,
                        "exact_times": self.exact_times,
                    }
                )

    def _hops(self, region: Region) -> list[tuple[int, float | None]]:
        """Run time, seconds, and length, metres, from each stop to the next."""
        distances: list[float] = list(self.hop_distances_m)
        if self.speed_kmh is None:
            return [
                (seconds, distances[place] if distances else None) for place, seconds in enumerate(self.hop_times_s)
            ]
        if not distances:
            points = self._positions(region)
            lon, lat = np.array([points[stop_key(each)] for each in self.stops]).T
            distances = great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).tolist()
        return [(max(round(each / self.speed_kmh * KMH_IN_M_S), 1), each) for each in distances]

    def _positions(self, region: Region) -> dict[str, tuple[float, float]]:
        stops = region.table("stops")
        stops = stops[stops["stop_id"].isin([each for each in self.stops if isinstance(each, str)])]
        known = {
            str(key): (lon, lat) for key, lon, lat in zip(stops["stop_id"], stops["lon"], stops["lat"], strict=True)
        }
        return known | {each.key: (each.lon, each.lat) for each in new_stations(self.stops)}

    def _resolve_positions(self, region: Region, notices: Notices) -> None:
        for key, (lon, lat) in self._positions(region).items():
            if pd.isna(lon) or pd.isna(lat):
                message = f"stop '{key}' has no position, so its distance from the next is not known."
                notices.add("stop_without_position", message, field="stops", value=key)
        notices.add(
            "straight_line_distance",
            f"line {self.name!r}: run times follow from {self.speed_kmh:g} km/h over straight lines between stops.",
            field="hop_distances_m",
        )

    def _check_speeds(self, region: Region, notices: Notices) -> None:
        """Report hops that are not done in the time given: minutes written as seconds, or the reverse."""
        points = self._positions(region)
        for (one, other), seconds in zip(pairwise(map(stop_key, self.stops)), self.hop_times_s, strict=False):
            ends = np.array([points.get(each, (np.nan, np.nan)) for each in (one, other)]).T
            metres = float(great_circle_m(ends[0, :1], ends[1, :1], ends[0, 1:], ends[1, 1:])[0])
            kmh = metres / seconds * KMH_IN_M_S
            if kmh and not np.isnan(kmh) and not PLAUSIBLE_KMH[0] <= kmh <= PLAUSIBLE_KMH[1]:
                notices.add(
                    "implausible_speed",
                    f"line {self.name!r} takes {seconds} s from '{one}' to '{other}', {metres / 1_000:.1f} km in a "
                    f"straight line: {kmh:.1f} km/h; expected {PLAUSIBLE_KMH[0]:g} to {PLAUSIBLE_KMH[1]:g} km/h.",
                    field="hop_times_s",
                    value=seconds,
                )

    def _check_hops(self) -> None:
        wanted = len(self.stops) - 1
        if bool(self.hop_times_s) == (self.speed_kmh is not None):
            self._refuse("give either hop_times_s, or speed_kmh.")
        for field, values in (("hop_times_s", self.hop_times_s), ("hop_distances_m", self.hop_distances_m)):
            if values and len(values) != wanted:
                self._refuse(
                    f"field {field!r} has {len(values)} numbers; expected {wanted}, one from each stop to the next."
                )
            for value in values:
                check_positive(self.kind, field, value, "")
        if self.speed_kmh is not None:
            check_positive(self.kind, "speed_kmh", self.speed_kmh, "Write 80 for 80 km/h.")

    def _check_departures(self) -> None:
        if bool(self.departures) == (self.headway_s is not None):
            self._refuse("give either headway_s with start and end, or departures.")
        for field in ("departures", "departures_back"):
            seconds = [clock.parse(each, what=f"edit 'add_line': field {field!r}") for each in getattr(self, field)]
            if len(set(seconds)) < len(seconds):
                self._refuse(f"field {field!r} has one time twice; leave one out.")
        if self.headway_s is None:
            return
        check_positive(self.kind, "headway_s", self.headway_s, "Write 600 for every ten minutes.")
        start = clock.parse(self.start, what="edit 'add_line': field 'start'")
        if not start < clock.parse(self.end, what="edit 'add_line': field 'end'"):
            self._refuse(f"start is {self.start!r} and end is {self.end!r}; expected end after start.")

    def _refuse(self, problem: str) -> None:
        msg = f"edit 'add_line' {self.name!r}: {problem}"
        raise InputError(msg)

    def _id(self, feed: str) -> str:
        return f"{feed}:{self.line_id or self.name}"


@edit_kind("remove_line")
@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveLine:
    """
    Remove the selected trips, and the routes and sets of days that no trip uses any more.

    Attributes
    ----------
    route_ids, trip_numbers, feed_ids, classes, modes
        Trips: all conditions that are given must hold, any of the values of one will do.
    drop_stations
        Also remove the stops at which no trip calls any more, with their transfers.
    """

    route_ids: tuple[str, ...] = ()
    trip_numbers: tuple[str, ...] = ()
    feed_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    drop_stations: bool = False
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_selection(self.kind, self)

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers and timetables named; later edits can no longer use what goes."""
        trips, gone = region.table("trips"), select_trips(region, self)
        routes, numbers = _only_in(trips["route_id"], gone), _only_in(trips["number"], gone)
        named = () if self.trip_numbers or self.feed_ids or self.classes or self.modes else self.route_ids
        removes = [
            *(Ref("routes", each) for each in dict.fromkeys([*routes, *named])),
            *(Ref("calendar", each) for each in _only_in(trips["service_id"], gone)),
            *(Ref("trips", each) for each in trips.loc[gone, "trip_id"]),
            *(Ref("trips", each, "number") for each in numbers),
            *(Ref("stops", each) for each in self._orphans(region, trips.loc[gone, "trip_id"])),
        ]
        return Resolution(needs=selection_needs(region, self), removes=tuple(removes))

    def apply(self, region: Region) -> Change:
        """Drop the rows."""
        trips = region.table("trips")
        gone = select_trips(region, self)
        touched = {"routes": 0, "trips": int(gone.sum())}
        if not gone.any():
            return Change(region=region, touched=touched)
        routes, services = _only_in(trips["route_id"], gone), _only_in(trips["service_id"], gone)
        trip_ids = trips.loc[gone, "trip_id"]
        orphans = self._orphans(region, trip_ids)
        drops: list[tuple[str, str, Collection[str]]] = [
            ("trips", "trip_id", set(trip_ids)),
            ("stop_times", "trip_id", set(trip_ids)),
            ("frequencies", "trip_id", set(trip_ids)),
            ("routes", "route_id", routes),
            ("calendar", "service_id", services),
            ("calendar_dates", "service_id", services),
            ("stops", "stop_id", orphans),
            ("transfers", "from_stop_id", orphans),
            ("transfers", "to_stop_id", orphans),
        ]
        tables: dict[str, pd.DataFrame] = {}
        for name, field, values in drops:
            frame = tables.get(name, region.table(name))
            dropped = frame[field].isin(values)
            if dropped.any():
                tables[name] = frame[~dropped]
        touched |= {"routes": len(routes)} | ({"stations": len(orphans)} if self.drop_stations else {})
        return Change(region=region.with_tables(tables), touched=touched)

    def _orphans(self, region: Region, trip_ids: pd.Series[str]) -> list[str]:
        if not self.drop_stations:
            return []
        stop_times = region.table("stop_times")
        orphans = _only_in(stop_times["stop_id"], stop_times["trip_id"].isin(trip_ids))
        stops = region.table("stops")
        # a station stays as long as one of its platforms does
        needed = set(stops.loc[~stops["stop_id"].isin(orphans), "parent_stop_id"].dropna())
        return [each for each in orphans if each not in needed]


_LINE_TABLES = ("stops", "routes", "calendar", "trips", "stop_times", "frequencies")


def _calls(stops: Sequence[str], hops: Sequence[tuple[int, float | None]], dwell_s: int) -> list[dict[str, Any]]:
    """Rows of `stop_times`, relative to the departure at the first stop."""
    last = len(stops) - 1
    arrivals = [0, *accumulate((run for run, _ in hops), lambda before, run: before + run)]
    arrivals = [seconds + dwell_s * max(place - 1, 0) for place, seconds in enumerate(arrivals)]
    calls = [
        {
            "stop_sequence": place + 1,
            "stop_id": stop,
            "arrival_s": arrivals[place],
            "departure_s": arrivals[place] + (dwell_s if 0 < place < last else 0),
        }
        for place, stop in enumerate(stops)
    ]
    if all(length is not None for _, length in hops):
        along = [0.0, *accumulate(length or 0.0 for _, length in hops)]
        calls = [call | {"distance_m": metres} for call, metres in zip(calls, along, strict=True)]
    return calls


def _only_in(values: pd.Series[str], chosen: pd.Series[bool]) -> list[str]:
    """Values that stand in chosen rows and in no others, in order."""
    codes, each = pd.factorize(values)
    elsewhere = np.isin(np.arange(len(each)), codes[~chosen.to_numpy()])
    found = np.unique(codes[chosen.to_numpy() & (codes >= 0)])
    return [str(value) for value in each[found[~elsewhere[found]]]]
