"""A timetable for one service day: tables of a region as flat integer arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import CAN_BOARD
from megaregion.mobility.service_runs import DAY_S
from megaregion.mobility.walks import TransferRules, Walks
from megaregion.notices import Notices

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from megaregion.mobility.frequency_draws import Frequencies
    from megaregion.mobility.ground import Ground
    from megaregion.mobility.run_layout import RunLayout
    from megaregion.mobility.trip_patterns import TripPatterns
    from megaregion.region.index import Index
    from megaregion.region.model import Region

    I32 = NDArray[np.int32]

__all__ = ["DAY_S", "DEFAULT_MAX_TRAVEL_TIME_S", "Timetable"]

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
        One row a trip that runs, in index order: trip_id, number, class, route_id, route_name, mode, headsign,
        feed_id, day (0 = the service day, -1 = the day before ...), shift_s (what is added to the times of its
        stop_times), wait_s (how long before it leaves one has to be at the stop; 0 but for `half_headway`),
        typical (its clock minute is not known).
    departure_stop, arrival_stop, departure_s, arrival_s
        (n_connections,) int32 in order of departure. `departure_s` is when one has to be ready at the stop: when the
        vehicle leaves, less `wait_s`.
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
    frequencies
        How lines at a headway are boarded.
    branches
        (n, 2) int32, runs left and gone on with in the same coach although they share no vehicle.
    pair_rules
        Transfer rules of single trips and routes, as `of_some_trips` reads them; None = none.
    layout
        What the connections were laid out from; None = nothing can be drawn.
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
    frequencies: Frequencies = "typical"
    branches: I32 = field(default_factory=lambda: np.empty((0, 2), np.int32), repr=False)
    pair_rules: pd.DataFrame | None = field(default=None, repr=False)
    layout: RunLayout | None = field(default=None, repr=False)

    @classmethod
    def from_region(  # noqa: PLR0913 - a timetable is asked for in many ways
        cls,
        region: Region,
        *,
        date: str | dt.date | None = None,
        year: int | None = None,
        feeds: Sequence[str] | None = None,
        rules: TransferRules | None = None,
        max_travel_time_s: int = DEFAULT_MAX_TRAVEL_TIME_S,
        streets: Ground | None = None,
        wheelchair: bool = False,
        bicycle: bool = False,
        frequencies: Frequencies = "typical",
    ) -> Timetable:
        """
        Build the timetable of one service day from the tables of a region.

        Parameters
        ----------
        region
            Holds feeds, stops, routes, trips, stop_times and calendar or calendar_dates.
        date
            Service day, YYYY-MM-DD; without it, the busiest of the days on which most of the chosen timetables run.
        year, feeds
            Which timetables: those that stand for a year, or those with these ids. One of them is needed if the region
            holds timetables of several years.
        rules
            Change times and walks; those of the data, and the defaults of `TransferRules`.
        max_travel_time_s
            Longest travel time to look for, s.
        streets
            What people walk on between stops; without it, straight lines.
        wheelchair
            Only trips that take a wheelchair, boarded and left at stops that a wheelchair can use. What is not known
            counts as no and is reported; a platform of which nothing is said is as its station.
        bicycle
            Only trips that take a bicycle; not known counts as no and is reported.
        frequencies
            Lines at a headway without exact times: `typical` puts each vehicle in the middle of its share of the
            interval, `half_headway` lets everyone wait half the headway at each boarding (see
            `frequency_draws.repeat`). For departures by lot build `typical` and use `draw`.

        Raises
        ------
        InputError
            If there is no such timetable, or nothing runs on the date; the first, last and busiest day are named.
        """
        from megaregion.mobility.timetable_build import Wishes, build_parts  # noqa: PLC0415 - it imports many

        wishes = Wishes(
            rules=rules or TransferRules(),
            max_travel_time_s=max_travel_time_s,
            streets=streets,
            wheelchair=wheelchair,
            bicycle=bicycle,
            frequencies=frequencies,
        )
        return cls(**build_parts(region, wishes, date=date, year=year, feeds=feeds))

    @classmethod
    def from_gtfs(  # noqa: PLR0913
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        date: str | dt.date | None = None,
        rules: TransferRules | None = None,
        max_travel_time_s: int = DEFAULT_MAX_TRAVEL_TIME_S,
        change_time_s: int = 120,
        streets: Ground | None = None,
        wheelchair: bool = False,
        bicycle: bool = False,
        frequencies: Frequencies = "typical",
    ) -> Timetable:
        """
        Build the timetable of one service day straight from GTFS feeds.

        Parameters
        ----------
        path
            Folder or zip of a feed, a folder of such zips, or several of these.
        change_time_s
            Change time at stops that state none, s.
        date, rules, max_travel_time_s, streets, wheelchair, bicycle, frequencies
            As for `from_region`.
        """
        from megaregion.mobility.gtfs_feeds import read_feeds  # noqa: PLC0415

        region, notices = read_feeds(path, change_time_s=change_time_s)
        timetable = cls.from_region(
            region,
            date=date,
            feeds=list(region.table("feeds")["feed_id"]),
            rules=rules,
            max_travel_time_s=max_travel_time_s,
            streets=streets,
            wheelchair=wheelchair,
            bicycle=bicycle,
            frequencies=frequencies,
        )
        timetable.notices.extend(notices)
        return timetable

    @classmethod
    def from_arrays(  # noqa: PLR0913
        cls,
        trip_offset: ArrayLike,
        stop: ArrayLike,
        arrival_s: ArrayLike,
        departure_s: ArrayLike,
        *,
        lon: ArrayLike,
        lat: ArrayLike,
        footpaths: tuple[ArrayLike, ArrayLike, ArrayLike] = ((), (), ()),
        change_time_s: int = 60,
        vehicle: ArrayLike | None = None,
        max_travel_time_s: int = DEFAULT_MAX_TRAVEL_TIME_S,
    ) -> Timetable:
        """
        Build a timetable of one day from flat arrays, for generated networks.

        Stops are called s0, s1, ... and trips t0, t1, ...; nothing runs on the days before and after.

        Parameters
        ----------
        trip_offset
            (n_trips + 1,) first call of each trip; the last number is that of all calls.
        stop, arrival_s, departure_s
            (n_calls,) calls of the trips in order of travel: position of the stop, seconds of the day.
        lon, lat
            (n_stops,) degrees; nan = not known.
        footpaths
            Stops left, stops reached and seconds from alighting to boarding, each (n_footpaths,); as they are, so
            they should be closed metrically.
        change_time_s
            Change time at every stop, s.
        vehicle
            (n_trips,) trips of the same number share a vehicle, in the order in which they are listed; by default
            each has its own.
        max_travel_time_s
            Longest travel time to look for, s.

        Raises
        ------
        InputError
            If the arrays do not fit each other, a trip goes back in time, or the longest travel time cannot be used.

        Examples
        --------
        >>> trip = [0, 3]  # one trip with three calls
        >>> timetable = Timetable.from_arrays(trip, [0, 1, 2], [0, 60, 130], [0, 70, 130], lon=[0, 0, 0], lat=[0, 1, 2])
        >>> timetable.departure_s.tolist(), timetable.arrival_s.tolist()
        ([0, 70], [60, 130])
        """
        from megaregion.mobility.flat_timetable import flat_parts  # noqa: PLC0415

        calls = (np.asarray(stop), np.asarray(arrival_s), np.asarray(departure_s))
        return cls(
            **flat_parts(
                np.asarray(trip_offset),
                calls,
                (np.asarray(lon, np.float64), np.asarray(lat, np.float64)),
                footpaths,
                change_time_s=change_time_s,
                vehicle=None if vehicle is None else np.asarray(vehicle),
                max_travel_time_s=max_travel_time_s,
            )
        )

    def draw(self, number: int, seed: int) -> Timetable:
        """
        Draw the departures of lines at a headway: one timetable that the headways allow, out of many.

        Each interval of each such trip begins after a wait drawn from the whole seconds below its headway, and leaves
        every headway from then on. What is drawn hangs on the seed, the number, the trip and the start of the interval
        alone, so a scenario that does not touch a line leaves its departures as they are. Lines with exact times and to
        the timetable stay as they are; without any other the timetable itself is given back.

        Parameters
        ----------
        number
            Which draw, from 0.
        seed
            Which series of draws.

        Raises
        ------
        InputError
            If the number is below 0, or the timetable was built with another choice than `typical`.
        """
        if number < 0:
            msg = f"number of the draw is {number!r}; expected 0 or more."
            raise InputError(msg)
        if self.frequencies != "typical":
            msg = (
                f"a timetable with frequencies={self.frequencies!r} has nothing to draw: its waits are fixed. "
                "Build it with frequencies='typical'."
            )
            raise InputError(msg)
        if self.layout is None or self.layout.intervals is None:
            return self
        return replace(self, **self.layout.connections(number, seed))

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return len(self.departure_s)

    @cached_property
    def last_departure_s(self) -> int | None:
        """Last departure of a trip of the service day itself that one may board, s; None = there is none."""
        today = (self.trip_table["day"].to_numpy() == 0)[self.run] & (self.flags & CAN_BOARD > 0)
        return int(self.departure_s[today].max()) if today.any() else None

    @cached_property
    def exceptions(self) -> tuple[I32, I32, NDArray[np.bool_]]:
        """
        Changes that a rule of some trips or routes decides otherwise than walks and change times.

        Connections left, connections boarded (int32) and whether that is possible (bool); each pair once.
        """
        from megaregion.mobility.trip_transfers import find_exceptions  # noqa: PLC0415 - few timetables have any

        rules = self.pair_rules
        if not len(self.branches) and (rules is None or not len(rules)):
            return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, bool)
        return find_exceptions(self)

    @cached_property
    def patterns(self) -> TripPatterns:
        """Trips grouped into patterns, as RAPTOR goes along them."""
        from megaregion.mobility.trip_patterns import TripPatterns  # noqa: PLC0415 - only where RAPTOR is asked

        return TripPatterns.from_timetable(self)
