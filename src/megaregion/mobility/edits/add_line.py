"""The edit that adds a line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.edits.line_service import HeadwaySpan, hop_calls, overlap, read_row, timetable_calls
from megaregion.mobility.edits.new_station import NewStation, append_rows, new_stations, positions, report_far, stop_key
from megaregion.mobility.edits.plausible_speed import report_speed
from megaregion.mobility.edits.trip_selection import check_not_negative, check_positive
from megaregion.notices import Notices
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.service_days import WEEKDAYS, read_date
from megaregion.region.sphere import great_circle_m
from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from megaregion.region.model import Region

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Hops = tuple[tuple[int, ...], tuple[float, ...] | None]
"""Run times, seconds, and lengths, metres, from each stop to the next."""


@edit_kind("add_line")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddLine:
    """
    Add a line: its new stations, a route, trips with their calls, and the days on which it runs.

    It runs at a headway, or in several parts of the day at one each (one repeated trip a direction), at given
    departures, or to a timetable with the time of each call (one trip each).

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
        Time standing at the stops on the way, seconds: one number for all, or one for each stop but the first and the
        last, in order of `stops`. Not with a timetable.
    hop_times_s
        Run time from each stop to the next, seconds, above 0.
    hop_times_back_s
        Run times of the way back, in the order of travel; blank = the same as there.
    speed_kmh
        Running speed between stops, km/h, instead of `hop_times_s`.
    hop_distances_m
        Length from each stop to the next, metres; blank = the straight line between positions, which a notice says.
    headway_s, start, end
        Seconds between two departures, from clock time `start`, none at or after `end`.
    headways
        Instead of the three above, several parts of the day: each a table with headway_s, start and end.
    departures
        Clock times of departure from the first stop, instead of a headway.
    departures_back
        Clock times of departure from the last stop; blank = the same as `departures`.
    timetable
        Instead of run times and departures: one list a trip, one text a stop. "07:12" arrives and leaves then,
        "07:12-07:14" stands from the one to the other, "" passes without calling.
    timetable_back
        The same for the way back, in the order of travel.
    both_directions
        Whether it runs back as well.
    exact_times
        With a headway: departures are at just these times, not anywhere within their share of the interval.
    weekdays
        Days of the week on which it runs; blank = every day.
    first_date, last_date
        First and last day, YYYY-MM-DD, within those of the timetable; blank = those of the timetable.
    dates
        Single days, YYYY-MM-DD, instead of the three above.
    line_id
        Key of the line, to which the timetable's is put in front; blank = the name.
    service_class
        Class of service for table `routes`.
    wheelchair, bicycle
        Whether its vehicles take a wheelchair, and a bicycle; blank = not known.
    status
        How far the figures have been checked; anything but "confirmed" is said in a notice.
    """

    name: str
    feed_ids: tuple[str, ...]
    mode: int
    stops: tuple[str | NewStation, ...]
    dwell_s: int | tuple[int, ...] | None = None
    hop_times_s: tuple[int, ...] = ()
    hop_times_back_s: tuple[int, ...] = ()
    speed_kmh: float | None = None
    hop_distances_m: tuple[float, ...] = ()
    headway_s: int | None = None
    start: str = ""
    end: str = ""
    headways: tuple[HeadwaySpan, ...] = ()
    departures: tuple[str, ...] = ()
    departures_back: tuple[str, ...] = ()
    timetable: tuple[tuple[str, ...], ...] = ()
    timetable_back: tuple[tuple[str, ...], ...] = ()
    both_directions: bool = True
    exact_times: bool = False
    weekdays: tuple[Weekday, ...] = ()
    first_date: str = ""
    last_date: str = ""
    dates: tuple[str, ...] = ()
    line_id: str = ""
    service_class: str = ""
    wheelchair: bool | None = None
    bicycle: bool | None = None
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
        self._check_service()
        if self.timetable:
            self._check_timetable()
        else:
            self._check_hops()
            self._check_dwell()
        self._check_dates()

    def resolve(self, region: Region) -> Resolution:
        """Need the timetables and the stops given by key; add a route in each timetable, and the new stations."""
        notices = Notices()
        if self.speed_kmh is not None and not self.hop_distances_m:
            self._resolve_positions(region, notices)
        report_far(region, self.stops, notices)
        self._report_speeds(region, notices)
        self._resolve_days(region, notices)
        if self.status != "confirmed":
            notices.add(
                "figures_not_confirmed", f"line {self.name!r} is {self.status}.", field="status", value=self.status
            )
        lines = [self._id(feed) for feed in self.feed_ids]
        return Resolution(
            needs=(
                *(Ref("feeds", each) for each in self.feed_ids),
                *(Ref("stops", each) for each in dict.fromkeys(self.stops) if isinstance(each, str)),
            ),
            adds=(
                *(Ref("stops", each.key) for each in new_stations(self.stops)),
                *(Ref("routes", line) for line in lines),
                *(Ref("calendar", line) for line in lines),
                *(
                    Ref("trips", f"{line}:{key}")
                    for line in lines
                    for direction in self._directions()
                    for key in self._trip_keys(direction)
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
        for feed in self.feed_ids:
            line = self._id(feed)
            shared: dict[str, Any] = {"feed_id": feed, "service_id": line}
            route = {"route_id": line, "feed_id": feed, "short_name": self.name, "mode": self.mode}
            new["routes"].append(route | ({"class": self.service_class} if self.service_class else {}))
            first, last = self._span(region, feed)
            days = [each in self.weekdays or not self.weekdays for each in WEEKDAYS]
            week = dict(zip(WEEKDAYS, days, strict=True))
            if self.dates:
                new["calendar_dates"] += [shared | {"date": each, "exception": "added"} for each in self.dates]
            else:
                new["calendar"].append(shared | week | {"start_date": first, "end_date": last})
            taken = {"wheelchair": self.wheelchair, "bicycle": self.bicycle}
            shared |= {"route_id": line} | {name: value for name, value in taken.items() if value is not None}
            for direction in self._directions():
                self._add_direction(new, shared | {"direction": direction}, hops)
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

    def _rows(self, direction: int) -> tuple[tuple[str, ...], ...]:
        return self.timetable_back if direction else self.timetable

    def _spans(self) -> tuple[HeadwaySpan, ...]:
        if self.headway_s is not None:
            return (HeadwaySpan(headway_s=self.headway_s, start=self.start, end=self.end),)
        return self.headways

    def _trip_keys(self, direction: int) -> dict[str, int]:
        """Key of each trip of a direction within its line, and seconds that its calls are moved by."""
        if self._spans():
            return {f"{direction}": 0}
        if not self.timetable:
            times = map(clock.parse, (direction and self.departures_back) or self.departures)
            return {f"{direction}:{leaves}": leaves for leaves in times}
        keys = {}
        for row in self._rows(direction):
            cells = read_row(row, len(self.stops), "")
            begin, leaves = next((place, cell[1]) for place, cell in enumerate(cells) if cell is not None)
            # trips that begin on the way may leave at the same second as one from the first stop
            keys[f"{direction}:{leaves}" + (f":{begin + 1}" if begin else "")] = 0
        return keys

    def _add_direction(self, new: dict[str, list[dict[str, Any]]], shared: dict[str, Any], hops: Hops) -> None:
        back = shared["direction"] == 1
        turn = slice(None, None, -1 if back else 1)
        stops = [stop_key(each) for each in self.stops][turn]
        run_s, lengths = hops
        along = None if lengths is None else [0.0, *accumulate(lengths[turn])]
        keys = self._trip_keys(shared["direction"])
        if self.timetable:
            rows = [read_row(row, len(stops), "") for row in self._rows(shared["direction"])]
            calls = [timetable_calls(stops, cells, along) for cells in rows]
        else:
            run = self.hop_times_back_s if back and self.hop_times_back_s else run_s[turn]
            calls = [hop_calls(stops, run, self._dwells()[turn], along)] * len(keys)
        for (key, leaves), trip_calls in zip(keys.items(), calls, strict=True):
            trip_id = f"{shared['route_id']}:{key}"
            last = self.stops[turn][trip_calls[-1]["stop_sequence"] - 1]
            headsign = last.name if isinstance(last, NewStation) else last.partition(":")[2] or last
            new["trips"].append({"trip_id": trip_id, "number": self.name, "headsign": headsign} | shared)
            new["stop_times"] += [
                {"trip_id": trip_id}
                | call
                | {"arrival_s": call["arrival_s"] + leaves, "departure_s": call["departure_s"] + leaves}
                for call in trip_calls
            ]
            new["frequencies"] += [each.row(trip_id, exact_times=self.exact_times) for each in self._spans()]

    def _dwells(self) -> tuple[int, ...]:
        return self.dwell_s if isinstance(self.dwell_s, tuple) else (self.dwell_s or 0,) * (len(self.stops) - 2)

    def _hops(self, region: Region) -> Hops:
        distances = self.hop_distances_m
        if self.speed_kmh is None:
            return self.hop_times_s, distances or None
        if not distances:
            points = positions(region, self.stops)
            lon, lat = np.array([points[stop_key(each)] for each in self.stops]).T
            distances = tuple(great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).tolist())
        return tuple(max(round(each / self.speed_kmh * KMH_PER_M_S), 1) for each in distances), distances

    def _resolve_positions(self, region: Region, notices: Notices) -> None:
        for key, (lon, lat) in positions(region, self.stops).items():
            if pd.isna(lon) or pd.isna(lat):
                message = f"stop '{key}' has no position, so its distance from the next is not known."
                notices.add("stop_without_position", message, field="stops", value=key)
        notices.add(
            "straight_line_distance",
            f"line {self.name!r}: run times follow from {self.speed_kmh:g} km/h over straight lines between stops.",
            field="hop_distances_m",
        )

    def _report_speeds(self, region: Region, notices: Notices) -> None:
        points = positions(region, self.stops)
        stops = [stop_key(each) for each in self.stops]
        runs = [("hop_times_s", stops, self.hop_times_s), ("hop_times_back_s", stops[::-1], self.hop_times_back_s)]
        found = {
            (field, ends): seconds
            for field, ways, times in runs
            for ends, seconds in zip(pairwise(ways), times, strict=False)
        }
        for field, ways, rows in (
            ("timetable", stops, self.timetable),
            ("timetable_back", stops[::-1], self.timetable_back),
        ):
            for row in rows:
                cells = zip(ways, read_row(row, len(stops), ""), strict=True)
                for (one, before), (other, after) in pairwise([(stop, cell) for stop, cell in cells if cell]):
                    # of many trips the fastest over a hop stands for all
                    seconds = after[0] - before[1]
                    found[field, (one, other)] = min(seconds, found.get((field, (one, other)), seconds))
        for (field, ends), seconds in found.items():
            report_speed(notices, f"line {self.name!r}", ends, points, seconds, field=field)

    def _span(self, region: Region, feed: str) -> tuple[str, str]:
        """First and last day on which it may run in a timetable."""
        known = region.table("feeds").set_index("feed_id").loc[feed]
        return self.first_date or str(known["first_date"]), self.last_date or str(known["last_date"])

    def _resolve_days(self, region: Region, notices: Notices) -> None:
        """Refuse days that a timetable does not cover: to it they are unknown, not free of trains."""
        feeds = region.table("feeds")
        for row in feeds[feeds["feed_id"].isin(self.feed_ids)].itertuples():
            begin, final = str(row.first_date), str(row.last_date)
            given = [each for each in (self.first_date, self.last_date, *self.dates) if each]
            outside = [each for each in given if not begin <= each <= final]
            span = pd.date_range(*self._span(region, str(row.feed_id)))
            runs = not self.weekdays or any(WEEKDAYS[day.weekday()] in self.weekdays for day in span[:7])
            if outside:
                message = (
                    f"line {self.name!r} runs on {outside[0]}; timetable {row.feed_id} goes from {begin} to {final}."
                )
            elif not runs:
                message = f"line {self.name!r} runs on no day from {span[0]:%Y-%m-%d} to {span[-1]:%Y-%m-%d}."
            else:
                continue
            notices.add("line_days_outside_timetable", message, field="weekdays" if not outside else "dates")

    def _check_hops(self) -> None:
        wanted = len(self.stops) - 1
        if bool(self.hop_times_s) == (self.speed_kmh is not None):
            self._refuse("give either hop_times_s, or speed_kmh.")
        if self.hop_times_back_s and not (self.hop_times_s and self.both_directions):
            self._refuse("hop_times_back_s goes with hop_times_s and both_directions = true.")
        for field in ("hop_times_s", "hop_times_back_s", "hop_distances_m"):
            values = getattr(self, field)
            if values and len(values) != wanted:
                self._refuse(
                    f"field {field!r} has {len(values)} numbers; expected {wanted}, one from each stop to the next."
                )
            for value in values:
                check_positive(self.kind, field, value, "")
        if self.speed_kmh is not None:
            check_positive(self.kind, "speed_kmh", self.speed_kmh, "Write 80 for 80 km/h.")

    def _check_dwell(self) -> None:
        wanted = len(self.stops) - 2
        if self.dwell_s is None and wanted:
            self._refuse("field 'dwell_s' is missing; expected seconds, one number for all stops on the way or a list.")
        if isinstance(self.dwell_s, tuple) and len(self.dwell_s) != wanted:
            self._refuse(
                f"field 'dwell_s' has {len(self.dwell_s)} numbers; expected {wanted}, one for each stop on the way."
            )
        for value in self.dwell_s if isinstance(self.dwell_s, tuple) else (self.dwell_s or 0,):
            check_not_negative(self.kind, "dwell_s", value, "seconds")

    def _check_service(self) -> None:
        ways = [self.headway_s is not None, bool(self.headways), bool(self.departures), bool(self.timetable)]
        if sum(ways) != 1:
            self._refuse(
                "give one of: headway_s with start and end; headways; departures; timetable. "
                f"Found {sum(ways) or 'none'} of them."
            )
        for field in ("departures", "departures_back"):
            seconds = [clock.parse(each, what=f"edit 'add_line': field {field!r}") for each in getattr(self, field)]
            if len(set(seconds)) < len(seconds):
                self._refuse(f"field {field!r} has one time twice; leave one out.")
        shared = overlap(self._spans())
        if shared is not None:
            one, other = shared
            self._refuse(
                f"field 'headways' has {one.start}-{one.end} and {other.start}-{other.end}, which overlap; "
                "end the one where the other starts."
            )

    def _check_timetable(self) -> None:
        given = [name for name in _NOT_WITH_TIMETABLE if getattr(self, name) not in {None, ()}]
        if given:
            self._refuse(
                f"field {given[0]!r} does not go with a timetable, which has the time of each call; leave it out."
            )
        if self.both_directions != bool(self.timetable_back):
            self._refuse("with a timetable give timetable_back, or both_directions = false.")
        wanted = len(self.stops) - 1
        if self.hop_distances_m and len(self.hop_distances_m) != wanted:
            self._refuse(f"field 'hop_distances_m' has {len(self.hop_distances_m)} numbers; expected {wanted}.")
        for direction, field in enumerate(("timetable", "timetable_back")):
            rows = self._rows(direction)
            for number, row in enumerate(rows, start=1):
                read_row(row, len(self.stops), f"edit 'add_line' {self.name!r}: row {number} of field {field!r}")
            if len(self._trip_keys(direction)) < len(rows):
                self._refuse(f"field {field!r} has two trips that leave one stop at one time; leave one out.")

    def _check_dates(self) -> None:
        if self.dates and (self.weekdays or self.first_date or self.last_date):
            self._refuse("give either dates, or weekdays with first_date and last_date.")
        for text in (*self.dates, self.first_date, self.last_date):
            if text and read_date(text).isoformat() != text:
                self._refuse(f"date {text!r} is not written as YYYY-MM-DD.")
        if self.first_date and self.last_date and self.first_date > self.last_date:
            self._refuse(f"first_date is {self.first_date!r} and last_date is {self.last_date!r}; exchange them.")

    def _refuse(self, problem: str) -> None:
        msg = f"edit 'add_line' {self.name!r}: {problem}"
        raise InputError(msg)

    def _id(self, feed: str) -> str:
        return f"{feed}:{self.line_id or self.name}"


_LINE_TABLES = ("stops", "routes", "calendar", "calendar_dates", "trips", "stop_times", "frequencies")

_NOT_WITH_TIMETABLE = ("dwell_s", "hop_times_s", "hop_times_back_s", "speed_kmh")
