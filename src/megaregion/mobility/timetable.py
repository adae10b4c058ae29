"""A timetable for one service day: tables of a region as flat integer arrays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD, NEVER, find_transfers
from megaregion.mobility.walks import TransferRules, Walks, build_walks
from megaregion.notices import Notices
from megaregion.region.index import Index
from megaregion.region.service_days import active_services, read_date, trips_per_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.mobility.trip_patterns import TripPatterns
    from megaregion.region.model import Region

    I32 = NDArray[np.int32]

DAY_S = 86_400

DEFAULT_MAX_TRAVEL_TIME_S = 48 * 3_600
"""Travel times above two days count as unreachable: the slowest useful rail journeys of China take less."""


@dataclass(frozen=True)
class Timetable:
    """
    All connections (non-stop hops of a trip) from midnight of a service day until nobody is under way any more.

    Times are int32 seconds since noon minus 12 h of the service day in `time_zone`; trips of earlier days that are
    still running and of later days that are still needed are among them.

    Attributes
    ----------
    date, time_zone, feed_ids, year
        What the timetable is of.
    max_travel_time_s
        Longest travel time that is found; what takes longer is unreachable.
    stops
        Index of the stops that are called at.
    stop_table
        One row a stop, in index order: stop_id, name, name_en, lon, lat, city_id, parent_stop_id, change_time_s,
        is_rail.
    trip_table
        One row a trip that runs, in index order: trip_id, number, class, mode, feed_id, day (0 = the service day,
        -1 = the day before ...), shift_s (what is added to the times of its stop_times),
        typical (its clock minute is not known).
    departure_stop, arrival_stop, departure_s, arrival_s
        (n_connections,) int32 in order of departure.
    run
        (n_connections,) int32, row of `trip_table`.
    trip, hop
        (n_connections,) int32, vehicle of each connection and place in order of travel of that vehicle. Trips in
        between which one may stay seated share a vehicle.
    flags
        (n_connections,) uint8: CAN_BOARD, CAN_ALIGHT.
    walks
        What is reached between two rides.
    notices
        What was found while building.
    """

    date: str
    time_zone: str
    feed_ids: tuple[str, ...]
    year: int | None
    max_travel_time_s: int
    stops: Index
    stop_table: pd.DataFrame = field(repr=False)
    trip_table: pd.DataFrame = field(repr=False)
    departure_stop: I32 = field(repr=False)
    arrival_stop: I32 = field(repr=False)
    departure_s: I32 = field(repr=False)
    arrival_s: I32 = field(repr=False)
    run: I32 = field(repr=False)
    trip: I32 = field(repr=False)
    hop: I32 = field(repr=False)
    flags: NDArray[np.uint8] = field(repr=False)
    walks: Walks = field(repr=False)
    rules: TransferRules = field(default_factory=TransferRules)
    notices: Notices = field(default_factory=Notices, repr=False)

    @classmethod
    def from_region(
        cls,
        region: Region,
        *,
        date: str | dt.date | None = None,
        year: int | None = None,
        feeds: Sequence[str] | None = None,
        rules: TransferRules | None = None,
        max_travel_time_s: int = DEFAULT_MAX_TRAVEL_TIME_S,
    ) -> Timetable:
        """
        Build the timetable of one service day from the tables of a region.

        Parameters
        ----------
        region
            Holds feeds, stops, routes, trips, stop_times and calendar or calendar_dates.
        date
            Service day, YYYY-MM-DD; without it, the busiest day of the chosen timetables.
        year, feeds
            Which timetables: those that stand for a year, or those with these ids. One of them is needed if the region
            holds timetables of several years.
        rules
            Change times and walks; those of the data, and the defaults of `TransferRules`.
        max_travel_time_s
            Longest travel time to look for, s.

        Raises
        ------
        InputError
            If there is no such timetable, or nothing runs on the date; the first, last and busiest day are named.
        """
        return _Builder(region, rules or TransferRules(), max_travel_time_s).build(date, year, feeds)

    @classmethod
    def from_gtfs(
        cls,
        path: str | Path,
        *,
        date: str | dt.date | None = None,
        rules: TransferRules | None = None,
        max_travel_time_s: int = DEFAULT_MAX_TRAVEL_TIME_S,
        change_time_s: int = 120,
    ) -> Timetable:
        """
        Build the timetable of one service day straight from a GTFS feed.

        Parameters
        ----------
        path
            Folder or zip.
        date, rules, max_travel_time_s
            As for `from_region`.
        change_time_s
            Change time at stops that state none, s.
        """
        from pathlib import Path  # noqa: PLC0415

        from megaregion.region.model import Region  # noqa: PLC0415
        from megaregion.sources.gtfs import read_gtfs  # noqa: PLC0415

        reading = read_gtfs(Path(path), feed_id="gtfs", change_time_s=change_time_s)
        region = reading.into(Region(Path(path).stem))
        return cls.from_region(region, date=date, rules=rules, max_travel_time_s=max_travel_time_s)

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return len(self.departure_s)

    @cached_property
    def slot_offset(self) -> I32:
        """(n_stops + 1,) int32: first slot of each stop; the last slot of a stop is a sentinel that never departs."""
        departures = np.bincount(self.departure_stop, minlength=len(self.stops))
        return np.concatenate([[0], np.cumsum(departures + 1)]).astype(np.int32)

    @cached_property
    def slot(self) -> I32:
        """(n_connections,) int32: slot of each connection."""
        order = np.argsort(self.departure_stop, kind="stable")
        slots = np.empty(self.n_connections, np.int32)
        slots[order] = np.arange(self.n_connections) + self.departure_stop[order]
        return slots

    @cached_property
    def slot_departure_s(self) -> I32:
        """(n_slots,) int32: departure at each slot, `NEVER` at a sentinel."""
        departures = np.full(int(self.slot_offset[-1]), NEVER, np.int32)
        departures[self.slot] = self.departure_s
        return departures

    @cached_property
    def slot_connection(self) -> I32:
        """(n_slots,) int32: connection at each slot, -1 at a sentinel."""
        connections = np.full(int(self.slot_offset[-1]), -1, np.int32)
        connections[self.slot] = np.arange(self.n_connections, dtype=np.int32)
        return connections

    @cached_property
    def transfers(self) -> tuple[NDArray[np.int64], I32]:
        """Offsets (n_connections + 1,) and slots that whoever alights from each connection can reach."""
        arrivals = (self.arrival_stop, self.arrival_s, self.flags)
        walks = (self.walks.offset, self.walks.stop, self.walks.time_s)
        slots = (self.slot_offset, self.slot_departure_s)
        offset = np.empty(self.n_connections + 1, np.int64)
        n = find_transfers(arrivals, walks, slots, (offset, np.empty(0, np.int32)))
        reached = np.empty(n, np.int32)
        if n:
            find_transfers(arrivals, walks, slots, (offset, reached))
        return offset, reached

    @cached_property
    def trip_connections(self) -> tuple[I32, I32]:
        """Offsets (n_trips + 1,) and connections of each trip, in order of travel."""
        order = np.lexsort((self.hop, self.trip)).astype(np.int32)
        counts = np.bincount(self.trip, minlength=len(self.trip_table))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), order

    @cached_property
    def patterns(self) -> TripPatterns:
        """Trips grouped into patterns, as RAPTOR goes along them."""
        from megaregion.mobility.trip_patterns import TripPatterns  # noqa: PLC0415 - only where RAPTOR is asked

        return TripPatterns.from_timetable(self)

    def span(self, start_s: int, end_s: int) -> tuple[int, int]:
        """First connection that departs at or after `start_s` and the first that departs at or after `end_s`."""
        begin, end = np.searchsorted(self.departure_s, [start_s, end_s])
        return int(begin), int(end)


class _Builder:
    """Steps from the tables of a region to the arrays of a timetable."""

    def __init__(self, region: Region, rules: TransferRules, max_travel_time_s: int) -> None:
        if not 0 < max_travel_time_s <= 14 * DAY_S:
            msg = f"max_travel_time_s is {max_travel_time_s!r}; expected seconds above 0 and up to 14 days."
            raise InputError(msg)
        self.region = region
        self.rules = rules
        self.max_travel_time_s = int(max_travel_time_s)
        self.notices = Notices()

    def build(self, date: str | dt.date | None, year: int | None, feeds: Sequence[str] | None) -> Timetable:
        if year is None and feeds is None and date is not None:
            year = self._year_of(date)
        chosen = self._choose_feeds(year, feeds)
        trips = self.region.table("trips")
        trips = trips[trips["feed_id"].isin(chosen["feed_id"])]
        day = self._choose_date(chosen, trips, date)
        reference = ZoneInfo(str(chosen["time_zone"].iloc[0]))
        hops, stop_ids, trips = self._hops(trips)
        runs = self._runs(chosen, trips, hops, day, reference)
        stops = self._stop_table(stop_ids, hops, trips, chosen)
        transfers = self.region.table("transfers")
        years = chosen["year"].unique()
        return Timetable(
            date=day.isoformat(),
            time_zone=str(chosen["time_zone"].iloc[0]),
            feed_ids=tuple(chosen["feed_id"]),
            year=int(years[0]) if len(years) == 1 else None,
            max_travel_time_s=self.max_travel_time_s,
            stops=Index(stop_ids, "stop"),
            stop_table=stops,
            walks=build_walks(stops, transfers, self.rules),
            rules=self.rules,
            notices=self.notices,
            **self._connections(hops, runs, trips),
        )

    def _choose_feeds(self, year: int | None, feeds: Sequence[str] | None) -> pd.DataFrame:
        table = self.region.table("feeds")
        if table.empty:
            msg = (
                f"region {self.region.name!r} holds no timetable. "
                "Bring one with `megaregion import rail-timetable` or `megaregion import gtfs`."
            )
            raise InputError(msg)
        held = ", ".join(f"{row.feed_id} ({row.year})" for row in table.itertuples())
        chosen = table
        if feeds is not None:
            missing = sorted(set(feeds) - set(table["feed_id"]))
            if missing:
                msg = f"region {self.region.name!r} has no timetable {missing[0]!r}; it has {held}."
                raise InputError(msg)
            chosen = chosen[chosen["feed_id"].isin(list(feeds))]
        if year is not None:
            chosen = chosen[chosen["year"] == year]
            if chosen.empty:
                msg = f"region {self.region.name!r} has no timetable of {year}; it has {held}."
                raise InputError(msg)
        elif feeds is None and len(chosen["year"].unique()) > 1:
            msg = f"region {self.region.name!r} has timetables of several years: {held}. Say which with `year`."
            raise InputError(msg)
        return chosen.reset_index(drop=True)

    def _year_of(self, date: str | dt.date) -> int | None:
        """Year of the timetables that cover a date, if they are of one year."""
        day = read_date(date).isoformat()
        table = self.region.table("feeds")
        years = table[(table["first_date"] <= day) & (table["last_date"] >= day)]["year"].unique()
        return int(years[0]) if len(years) == 1 else None

    def _choose_date(self, feeds: pd.DataFrame, trips: pd.DataFrame, date: str | dt.date | None) -> dt.date:
        calendar, exceptions = self.region.table("calendar"), self.region.table("calendar_dates")
        if date is not None:
            day = read_date(date)
            if trips["service_id"].isin(active_services(calendar, exceptions, day)).any():
                return day
        counts = trips_per_date(trips, calendar, exceptions, self.region.table("frequencies"))
        total = counts.groupby("date")["trips"].sum()
        names = ", ".join(feeds["feed_id"])
        if total.empty:
            msg = f"no trip of timetable {names} runs on any date; calendar and calendar_dates name no service of it."
            raise InputError(msg)
        if date is None:
            return dt.date.fromisoformat(str(total.idxmax()))
        msg = (
            f"nothing runs on {day} in timetable {names}: its service days go from {total.index.min()} to "
            f"{total.index.max()}, the busiest is {total.idxmax()} with {total.max()} trips. Ask for one of them."
        )
        raise InputError(msg)

    def _hops(self, trips: pd.DataFrame) -> tuple[dict[str, NDArray[Any]], list[str], pd.DataFrame]:
        """Hops of each trip as its stop times give them: arrays by name, stop ids in index order, trips with hops."""
        times = self.region.table("stop_times")
        trips = trips.reset_index(drop=True)
        at = pd.Index(trips["trip_id"]).get_indexer(times["trip_id"])
        times = times[at >= 0].assign(trip=at[at >= 0]).sort_values(["trip", "stop_sequence"], kind="stable")
        position, stop_ids = pd.factorize(times["stop_id"], sort=True)
        trip = times["trip"].to_numpy()
        first = np.flatnonzero(trip[1:] == trip[:-1])
        departure, arrival = times["departure_s"].to_numpy(), times["arrival_s"].to_numpy()
        backwards = np.flatnonzero(
            (departure < arrival) | np.r_[False, (trip[1:] == trip[:-1]) & (arrival[1:] < departure[:-1])]
        )
        if len(backwards):
            row = times.iloc[backwards[0]]
            msg = (
                f"stop_times: trip {row['trip_id']!r} goes back in time at stop {row['stop_id']!r} "
                f"(stop_sequence {row['stop_sequence']}): arrival {row['arrival_s']}, departure {row['departure_s']}. "
                f"{len(backwards)} such stops; correct them and import the timetable again."
            )
            raise InputError(msg)
        pickup = times["pickup"].fillna(value=True).to_numpy(bool)
        drop_off = times["drop_off"].fillna(value=True).to_numpy(bool)
        hops: dict[str, NDArray[Any]] = {
            "trip": trip[first],
            "departure_stop": position[first],
            "arrival_stop": position[first + 1],
            "departure_s": departure[first],
            "arrival_s": arrival[first + 1],
            "flags": (CAN_BOARD * pickup[first] | CAN_ALIGHT * drop_off[first + 1]).astype(np.uint8),
        }
        begins = np.r_[True, np.diff(hops["trip"]) != 0] if len(first) else np.empty(0, bool)
        hops["begin"] = np.flatnonzero(begins)
        hops["hop"] = np.arange(len(first)) - np.repeat(hops["begin"], np.diff(np.r_[hops["begin"], len(first)]))
        return hops, [str(stop) for stop in stop_ids], trips

    def _runs(
        self, feeds: pd.DataFrame, trips: pd.DataFrame, hops: dict[str, NDArray[Any]], day: dt.date, reference: ZoneInfo
    ) -> pd.DataFrame:
        """Every run of a trip that matters: trip (position), shift_s, typical."""
        calendar, exceptions = self.region.table("calendar"), self.region.table("calendar_dates")
        frequencies = self.region.table("frequencies")
        frequencies = frequencies[frequencies["trip_id"].isin(trips["trip_id"])]
        departures = _repeat(frequencies, trips)
        begin, last = _trip_ends(hops, len(trips))
        # a trip of table frequencies runs as that table says, even if all its intervals are empty
        repeated = trips["trip_id"].isin(frequencies["trip_id"]).to_numpy()
        scheduled = np.flatnonzero((last >= 0) & ~repeated)
        departures["shift_s"] -= begin[departures["trip"].to_numpy()]
        base = pd.concat([pd.DataFrame({"trip": scheduled, "shift_s": 0, "typical": False}), departures])
        base = base[last[base["trip"].to_numpy()] >= 0]
        ends = last[base["trip"].to_numpy()] + base["shift_s"].to_numpy()
        # a day more at both ends: noon to noon is not always 24 h, and other zones begin their days earlier or later
        before = int(ends.max(initial=0)) // DAY_S + 1
        after = (DAY_S + self.max_travel_time_s) // DAY_S + 1
        zones = dict(zip(feeds["feed_id"].astype(str), feeds["time_zone"].map(ZoneInfo), strict=True))
        spans = self._feed_spans(calendar, exceptions)
        runs = []
        horizon = DAY_S + self.max_travel_time_s
        for k in range(-before, after + 1):
            other = day + dt.timedelta(days=k)
            for feed_id, zone in zones.items():
                first, final = spans.get(feed_id, ("", ""))
                # beyond the ends of a timetable its days are unknown, not empty: the day asked for stands for them
                used = other if first <= other.isoformat() <= final else day
                services = active_services(calendar, exceptions, used)
                running = (trips["service_id"].isin(services) & (trips["feed_id"] == feed_id)).to_numpy()
                shift = base["shift_s"] + _midnight(other, zone) - _midnight(day, reference)
                trip = base["trip"].to_numpy()
                needed = running[trip] & (last[trip] + shift >= 0) & (begin[trip] + shift < horizon)
                if used != other and k > 0 and needed.any():
                    self.notices.add(
                        "service_day_repeated",
                        f"timetable {feed_id} ends on {final}; for {other} the services of {day} are used.",
                        value=other.isoformat(),
                    )
                runs.append(base.assign(shift_s=shift, day=k)[needed])
        table: pd.DataFrame = pd.concat(runs, ignore_index=True)
        return table.sort_values(["trip", "shift_s"], kind="stable", ignore_index=True)

    def _feed_spans(self, calendar: pd.DataFrame, exceptions: pd.DataFrame) -> dict[str, tuple[str, str]]:
        """First and last date that the calendar of each timetable knows."""
        dates = pd.concat(
            [
                calendar[["feed_id", "start_date"]].rename(columns={"start_date": "date"}),
                calendar[["feed_id", "end_date"]].rename(columns={"end_date": "date"}),
                exceptions[["feed_id", "date"]],
            ]
        )
        ends = dates.groupby("feed_id")["date"].agg(["min", "max"])
        return {str(feed): (str(row["min"]), str(row["max"])) for feed, row in ends.iterrows()}

    def _stop_table(
        self, stop_ids: list[str], hops: dict[str, NDArray[Any]], trips: pd.DataFrame, feeds: pd.DataFrame
    ) -> pd.DataFrame:
        columns = ["stop_id", "name", "name_en", "lon", "lat", "city_id", "parent_stop_id", "change_time_s"]
        stops = self.region.table("stops")[columns].set_index("stop_id").reindex(stop_ids).reset_index()
        by_feed = feeds.set_index("feed_id")
        feed = trips["feed_id"].to_numpy()[hops["trip"]]
        calls = pd.DataFrame(
            {
                "stop": np.r_[hops["departure_stop"], hops["arrival_stop"]],
                "change_time_s": np.tile(by_feed["change_time_s"].reindex(feed).to_numpy(), 2),
                "is_rail": np.tile((by_feed["kind"] != "gtfs").reindex(feed).to_numpy(), 2),
            }
        ).groupby("stop")
        default = calls["change_time_s"].max().reindex(range(len(stops)), fill_value=0)
        stops["change_time_s"] = stops["change_time_s"].astype("Int64").fillna(default.astype("Int64")).astype("int64")
        stops["is_rail"] = calls["is_rail"].any().reindex(range(len(stops)), fill_value=False).astype(bool)
        return stops

    def _connections(self, hops: dict[str, NDArray[Any]], runs: pd.DataFrame, trips: pd.DataFrame) -> dict[str, Any]:
        """Repeat the hops of each trip for each of its runs, within the horizon, in order of departure."""
        n_hops = np.bincount(hops["trip"], minlength=len(trips))
        first = np.zeros(len(trips), np.int64)
        first[hops["trip"][hops["begin"]]] = hops["begin"]
        trip = runs["trip"].to_numpy()
        count = n_hops[trip]
        run = np.repeat(np.arange(len(runs)), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        row = first[trip][run] + within
        shift = runs["shift_s"].to_numpy()[run]
        departure = hops["departure_s"][row] + shift
        keep = (departure >= 0) & (departure < DAY_S + self.max_travel_time_s)
        run, row, shift, departure = run[keep], row[keep], shift[keep], departure[keep]
        # a trip's own zero-second hops keep their order: they depart at the same second, hop by hop
        order = np.lexsort((run, hops["hop"][row], departure))
        run, row, shift = run[order], row[order], shift[order]
        used, run = np.unique(run, return_inverse=True)
        table = runs.iloc[used].reset_index(drop=True)
        routes = self.region.table("routes").set_index("route_id")
        named = trips.iloc[table["trip"].to_numpy()].reset_index(drop=True)
        table = pd.DataFrame(
            {
                "trip_id": named["trip_id"],
                "number": named["number"],
                "class": routes["class"].reindex(named["route_id"]).to_numpy(),
                "route_name": routes["short_name"].reindex(named["route_id"]).to_numpy(),
                "mode": routes["mode"].reindex(named["route_id"]).to_numpy(),
                "headsign": named["headsign"],
                "feed_id": named["feed_id"],
                "day": table["day"].astype("int64"),
                "shift_s": table["shift_s"].astype("int64"),
                "typical": table["typical"].astype(bool),
            }
        )
        return {
            "trip_table": table,
            "departure_stop": hops["departure_stop"][row].astype(np.int32),
            "arrival_stop": hops["arrival_stop"][row].astype(np.int32),
            "departure_s": (hops["departure_s"][row] + shift).astype(np.int32),
            "arrival_s": (hops["arrival_s"][row] + shift).astype(np.int32),
            "run": run.astype(np.int32),
            "trip": run.astype(np.int32),
            "hop": hops["hop"][row].astype(np.int32),
            "flags": hops["flags"][row],
        }


def _trip_ends(hops: dict[str, NDArray[Any]], n_trips: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First departure and last arrival of each trip as its stop times give them; -1 for a trip without a hop."""
    begin = np.zeros(n_trips, np.int64)
    last = np.full(n_trips, -1, np.int64)
    trip = hops["trip"]
    begin[trip[hops["begin"]]] = hops["departure_s"][hops["begin"]]
    np.maximum.at(last, trip, hops["arrival_s"])
    return begin, last


def _repeat(frequencies: pd.DataFrame, trips: pd.DataFrame) -> pd.DataFrame:
    """First departures of the trips that table `frequencies` repeats: trip, shift_s (the departure itself), typical."""
    span = (frequencies["end_s"] - frequencies["start_s"]).clip(lower=0).to_numpy()
    headway = frequencies["headway_s"].to_numpy()
    count = -(-span // headway)
    row = np.repeat(np.arange(len(frequencies)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    exact = frequencies["exact_times"].fillna(value=False).to_numpy(bool)
    # a typical departure stands in the middle of its share of the interval, an exact one at its beginning
    share = np.minimum(headway[row], span[row] - within * headway[row])
    middle = np.where(exact[row], 0, share // 2)
    position = pd.Index(trips["trip_id"]).get_indexer(frequencies["trip_id"])
    return pd.DataFrame(
        {
            "trip": position[row],
            "shift_s": frequencies["start_s"].to_numpy()[row] + middle + within * headway[row],
            "typical": ~exact[row],
        }
    )


def _midnight(day: dt.date, zone: ZoneInfo) -> int:
    """Noon minus 12 h of a day, as seconds of universal time: what GTFS counts from, also when the clocks change."""
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=zone)
    return int(noon.timestamp()) - 12 * 3_600
