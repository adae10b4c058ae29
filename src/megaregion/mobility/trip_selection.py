"""Which trips an edit is about, and their calls with times that can be moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.edit import Ref

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region

CONDITIONS = ("route_ids", "trip_numbers", "feed_ids", "classes", "modes")
"""Fields of an edit that select trips: all that are given must hold, any of the values of one will do."""


class SelectsTrips(Protocol):
    """An edit with the fields that select trips."""

    @property
    def route_ids(self) -> tuple[str, ...]:
        """Routes, each must exist."""

    @property
    def trip_numbers(self) -> tuple[str, ...]:
        """Numbers that passengers know, such as train codes; each must exist. One of a train that bears two will do."""

    @property
    def feed_ids(self) -> tuple[str, ...]:
        """Timetables, each must exist."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of service, as table `routes` has them."""

    @property
    def modes(self) -> tuple[int, ...]:
        """Modes, as GTFS route_type."""


def check_selection(kind: str, edit: SelectsTrips) -> None:
    """
    Refuse an edit that selects nothing in particular.

    Raises
    ------
    InputError
        If none of the conditions is given.
    """
    if not any(getattr(edit, name) for name in CONDITIONS):
        msg = (
            f"edit {kind!r}: no trips are selected; give at least one of {', '.join(CONDITIONS)}. "
            "For all trips of a timetable write feed_ids = [...]."
        )
        raise InputError(msg)


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


def selection_needs(region: Region, edit: SelectsTrips) -> tuple[Ref, ...]:
    """Routes, numbers and timetables that must be there."""
    found = _numbers(region, edit)
    return (
        *(Ref("routes", each) for each in edit.route_ids),
        *(Ref("trips", number, "number") for each in edit.trip_numbers for number in found[each] or [each]),
        *(Ref("feeds", each) for each in edit.feed_ids),
    )


def select_trips(region: Region, edit: SelectsTrips) -> pd.Series[bool]:
    """
    Find the trips that an edit is about.

    Returns
    -------
    (n_trips,) bool, one a row of table `trips`.
    """
    trips = region.table("trips")
    routes = region.table("routes").set_index("route_id")
    chosen = pd.Series(data=True, index=trips.index)
    if edit.route_ids:
        chosen &= trips["route_id"].isin(edit.route_ids)
    if edit.trip_numbers:
        chosen &= trips["number"].isin([number for found in _numbers(region, edit).values() for number in found])
    if edit.feed_ids:
        chosen &= trips["feed_id"].isin(edit.feed_ids)
    if edit.classes:
        chosen &= trips["route_id"].isin(routes.index[routes["class"].isin(edit.classes)])
    if edit.modes:
        chosen &= trips["route_id"].isin(routes.index[routes["mode"].isin(edit.modes)])
    return chosen


def selected_ids(region: Region, edit: SelectsTrips) -> pd.Series[str]:
    """Ids of the trips that an edit is about."""
    return region.table("trips").loc[select_trips(region, edit), "trip_id"]


def _numbers(region: Region, edit: SelectsTrips) -> dict[str, list[str]]:
    """Numbers as table `trips` has them, for each number of an edit: a train that bears two has them as G7662/G7663."""
    trips = region.table("trips")
    if edit.feed_ids:
        trips = trips[trips["feed_id"].isin(edit.feed_ids)]
    known = trips["number"].dropna().unique().tolist()
    joined = [(number, number.split("/")) for number in known if "/" in number]
    plain = set(known)
    return {
        each: [*([each] if each in plain else []), *(number for number, codes in joined if each in codes)]
        for each in edit.trip_numbers
    }


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
        total = np.cumsum(run + dwell)
        # what earlier trips have accumulated is taken off at each trip's first call
        departure_shift = total - total[self.first][self.trip]
        arrival_shift = departure_shift - dwell
        arrival = self._table["arrival_s"].to_numpy(np.int64).copy()
        departure = self._table["departure_s"].to_numpy(np.int64).copy()
        arrival[self.rows] += arrival_shift
        departure[self.rows] += departure_shift
        changed = np.zeros(self.n_trips, dtype=bool)
        changed[self.trip[(arrival_shift != 0) | (departure_shift != 0)]] = True
        return self._table.assign(arrival_s=arrival, departure_s=departure), changed
