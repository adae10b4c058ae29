"""Which trips an edit is about, and their calls with times that can be moved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.edit import Ref

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class TripSelection:
    """
    The fields of an edit that say which trips it is about.

    Edits of trips build on it, so that all select alike. All conditions that are given must hold, any of the values of
    one will do, and at least one must be given.

    Attributes
    ----------
    route_ids
        Routes; each must exist.
    trip_ids
        Trips; each must exist.
    trip_numbers
        Numbers that passengers know, such as train codes; each must exist. One of a train that bears two will do.
    feed_ids
        Timetables; each must exist.
    classes
        Classes of service, as table `routes` has them.
    modes
        Modes, as GTFS route_type: 1 metro, 2 rail, 3 bus.
    directions
        Directions of travel, 0 or 1, as table `trips` has them.
    """

    route_ids: tuple[str, ...] = ()
    trip_ids: tuple[str, ...] = ()
    trip_numbers: tuple[str, ...] = ()
    feed_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    directions: tuple[int, ...] = ()
    kind: ClassVar[str]

    def conditions(self) -> dict[str, tuple[str, ...] | tuple[int, ...]]:
        """Conditions that are given, by field."""
        given = {each.name: getattr(self, each.name) for each in fields(TripSelection)}
        return {name: values for name, values in given.items() if values}

    def check_selection(self) -> None:
        """
        Refuse an edit that selects nothing in particular.

        Raises
        ------
        InputError
            If none of the conditions is given, or a direction is neither 0 nor 1.
        """
        if not self.conditions():
            names = ", ".join(each.name for each in fields(TripSelection))
            msg = (
                f"edit {self.kind!r}: no trips are selected; give at least one of {names}. "
                "For all trips of a timetable write feed_ids = [...]."
            )
            raise InputError(msg)
        wrong = [each for each in self.directions if each not in {0, 1}]
        if wrong:
            msg = f"edit {self.kind!r}: field 'directions' has {wrong[0]!r}; expected 0 or 1, as table trips has them."
            raise InputError(msg)

    def selection_needs(self, region: Region) -> tuple[Ref, ...]:
        """Routes, trips, numbers and timetables that must be there."""
        found = self._numbers(region)
        return (
            *(Ref("routes", each) for each in self.route_ids),
            *(Ref("trips", each) for each in self.trip_ids),
            *(Ref("trips", number, "number") for each in self.trip_numbers for number in found[each] or [each]),
            *(Ref("feeds", each) for each in self.feed_ids),
        )

    def select(self, region: Region) -> pd.Series[bool]:
        """
        Find the trips.

        Returns
        -------
        (n_trips,) bool, one a row of table `trips`.
        """
        trips = region.table("trips")
        routes = region.table("routes").set_index("route_id")
        chosen = pd.Series(data=True, index=trips.index)
        if self.route_ids:
            chosen &= trips["route_id"].isin(self.route_ids)
        if self.trip_ids:
            chosen &= trips["trip_id"].isin(self.trip_ids)
        if self.trip_numbers:
            chosen &= trips["number"].isin([number for found in self._numbers(region).values() for number in found])
        if self.feed_ids:
            chosen &= trips["feed_id"].isin(self.feed_ids)
        if self.classes:
            chosen &= trips["route_id"].isin(routes.index[routes["class"].isin(self.classes)])
        if self.modes:
            chosen &= trips["route_id"].isin(routes.index[routes["mode"].isin(self.modes)])
        if self.directions:
            chosen &= trips["direction"].isin(self.directions).astype(bool)
        return chosen

    def selected_ids(self, region: Region) -> pd.Series[str]:
        """Ids of the trips, in the order of table `trips`."""
        return region.table("trips").loc[self.select(region), "trip_id"]

    def _numbers(self, region: Region) -> dict[str, list[str]]:
        """Numbers as table `trips` has them, for each number given: a train that bears two has them as G7662/G7663."""
        trips = region.table("trips")
        if self.feed_ids:
            trips = trips[trips["feed_id"].isin(self.feed_ids)]
        known = trips["number"].dropna().unique().tolist()
        joined = [(number, number.split("/")) for number in known if "/" in number]
        plain = set(known)
        return {
            each: [*([each] if each in plain else []), *(number for number, codes in joined if each in codes)]
            for each in self.trip_numbers
        }


def check_positive(kind: str, field: str, value: float, hint: str) -> None:
    """
    Refuse a number that is not above 0.

    Raises
    ------
    InputError
        If it is 0, negative or not a number.
    """
    if not value > 0:  # also catches NaN
        msg = f"edit {kind!r}: field {field!r} is {value!r}; expected a number above 0. {hint}"
        raise InputError(msg)


def check_not_negative(kind: str, field: str, value: float, unit: str) -> None:
    """
    Refuse a number below 0.

    Raises
    ------
    InputError
        If it is negative or not a number.
    """
    if not value >= 0:
        msg = f"edit {kind!r}: field {field!r} is {value!r}; expected a number of {unit}, 0 or more."
        raise InputError(msg)


def stops_at(region: Region, stop_id: str) -> list[str]:
    """List a stop and, of a station, its platforms: trips of some timetables call at those."""
    stops = region.table("stops")
    return [stop_id, *stops.loc[stops["parent_stop_id"] == stop_id, "stop_id"]]


class Calls:
    """
    Calls of some trips in travelling order, whose times can be moved and written back.

    Parameters
    ----------
    stop_times
        Table `stop_times`.
    trip_ids
        Trips wanted.

    Attributes
    ----------
    rows
        (n_calls,) int64, position of each call in the table.
    trip
        (n_calls,) int64, number of the call's trip, counting from 0 in travelling order.
    first, last
        (n_calls,) bool, the call begins or ends its trip.
    arrival_s, departure_s
        (n_calls,) int64, seconds.
    """

    def __init__(self, stop_times: pd.DataFrame, trip_ids: pd.Series[str]) -> None:
        self._table = stop_times
        rows = np.flatnonzero(stop_times["trip_id"].isin(trip_ids))
        part = stop_times.iloc[rows]
        trip, _ = pd.factorize(part["trip_id"])
        order = np.lexsort((part["stop_sequence"].to_numpy(), trip))
        self.rows = rows[order]
        self.trip = trip[order]
        same = self.trip[1:] == self.trip[:-1]
        self.first = np.append(True, ~same)[: len(rows)]
        self.last = np.append(~same, True)[: len(rows)]
        self.arrival_s = stop_times["arrival_s"].to_numpy(np.int64)[self.rows]
        self.departure_s = stop_times["departure_s"].to_numpy(np.int64)[self.rows]
        self.n_trips = int(trip.max()) + 1 if len(trip) else 0

    def column(self, name: str) -> NDArray[Any]:
        """(n_calls,) values of one column of the table."""
        return self._table[name].to_numpy()[self.rows]

    def first_call(self, at: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(n_trips,) int64, position of each trip's first call among those marked; -1 where none is."""
        found = np.full(self.n_trips, -1, dtype=np.int64)
        marked = np.flatnonzero(at)[::-1]
        found[self.trip[marked]] = marked
        return found

    def retimed(
        self, run_change_s: NDArray[np.int64], dwell_change_s: NDArray[np.int64]
    ) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
        """
        Change run and dwell times; each trip keeps its first departure and everything later on it moves along.

        Parameters
        ----------
        run_change_s
            (n_calls,) int64, seconds added to the run that ends at this call; what stands at a first call is ignored.
        dwell_change_s
            (n_calls,) int64, seconds added to the dwell at this call; what stands at a first call is ignored.

        Returns
        -------
        Table `stop_times`, and (n_trips,) bool: the trip has changed.
        """
        run = np.where(self.first, 0, run_change_s)
        dwell = np.where(self.first, 0, dwell_change_s)
        departure_shift = self.along(run + dwell)
        arrival_shift = departure_shift - dwell
        changed = np.zeros(self.n_trips, dtype=bool)
        changed[self.trip[(arrival_shift != 0) | (departure_shift != 0)]] = True
        return self.written(self.arrival_s + arrival_shift, self.departure_s + departure_shift), changed

    def along(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n_calls,) int64, sums along each trip up to and with each call; what stands at a first call is left out."""
        total = np.cumsum(np.where(self.first, 0, values))
        # what earlier trips have accumulated is taken off at each trip's first call
        along: NDArray[np.int64] = total - total[self.first][self.trip]
        return along

    def written(self, arrival_s: NDArray[np.int64], departure_s: NDArray[np.int64]) -> pd.DataFrame:
        """Table `stop_times` with (n_calls,) new times."""
        arrival = self._table["arrival_s"].to_numpy(np.int64).copy()
        departure = self._table["departure_s"].to_numpy(np.int64).copy()
        arrival[self.rows] = arrival_s
        departure[self.rows] = departure_s
        return self._table.assign(arrival_s=arrival, departure_s=departure)
