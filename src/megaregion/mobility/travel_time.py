"""Travel times between places over a departure window: fastest, percentiles, departures, first and last arrival."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.connection_scan import LANES, NEVER, scan_rides, scan_targets, summarise_departures
from megaregion.mobility.places import Places
from megaregion.mobility.timetable import DAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]
    F32 = NDArray[np.float32]

MAX_RIDES = 16
"""Largest number of rides that a cap may allow; without a cap there is none."""

_BLOCK = 4 * LANES


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """
    Travel times from origins to destinations.

    Attributes
    ----------
    origin_ids, destination_ids
        Places, n_o and n_d of them.
    percentiles
        Percentiles asked for, in per cent, ascending.
    travel_time_s
        (n_percentiles, n_o, n_d) float32, seconds from leaving to arriving, waiting included; inf = unreachable.
    fastest_s
        (n_o, n_d) float32, least travel time within the window; inf = unreachable.
    departures
        (n_o, n_d) int32, departures worth waiting for within the window.
    first_arrival_s, last_arrival_s
        (n_o, n_d) float32, arrival of who leaves at the start of the window, and of the last departure worth taking in
        it; seconds of the service day, inf = none.
    window_s
        First departure second and the second after the last.
    provenance
        What the numbers rest on.
    """

    origin_ids: tuple[str, ...]
    destination_ids: tuple[str, ...]
    percentiles: tuple[float, ...]
    travel_time_s: F32 = field(repr=False)
    fastest_s: F32 = field(repr=False)
    departures: I32 = field(repr=False)
    first_arrival_s: F32 = field(repr=False)
    last_arrival_s: F32 = field(repr=False)
    window_s: tuple[int, int]
    provenance: Mapping[str, Any] = field(repr=False)

    @property
    def median_s(self) -> F32:
        """(n_o, n_d) float32, median travel time."""
        return self.percentile_s(50)

    def percentile_s(self, percentile: float) -> F32:
        """(n_o, n_d) float32, one of the percentiles asked for."""
        if percentile not in self.percentiles:
            held = ", ".join(f"{p:g}" for p in self.percentiles)
            msg = f"percentile {percentile:g} was not computed; the result holds {held}."
            raise InputError(msg)
        values: F32 = self.travel_time_s[self.percentiles.index(percentile)]
        return values

    @property
    def table(self) -> pd.DataFrame:
        """One row a pair: from_id, to_id, fastest_s, travel_time_p05_s ..., departures, first and last arrival."""
        n_o, n_d = self.fastest_s.shape
        columns: dict[str, Any] = {
            "from_id": np.repeat(np.array(self.origin_ids, dtype=object), n_d),
            "to_id": np.tile(np.array(self.destination_ids, dtype=object), n_o),
            "fastest_s": self.fastest_s.ravel(),
        }
        for percentile, values in zip(self.percentiles, self.travel_time_s, strict=True):
            columns[f"travel_time_p{percentile:02g}_s"] = values.ravel()
        columns |= {
            "departures": self.departures.ravel(),
            "first_arrival_s": self.first_arrival_s.ravel(),
            "last_arrival_s": self.last_arrival_s.ravel(),
        }
        return pd.DataFrame(columns).astype({"from_id": "str", "to_id": "str"})


def travel_time_matrix(
    timetable: Timetable,
    origins: Places | Iterable[str] | None = None,
    destinations: Places | Iterable[str] | None = None,
    *,
    window: tuple[str, str] = ("06:00", "22:00"),
    percentiles: Sequence[float] = (5, 50, 95),
    max_changes: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TravelTimes:
    """
    Compute travel times between all pairs, for every second of a departure window, exactly.

    The x-th percentile is the least travel time that x per cent of the departure seconds of the window do not exceed:
    numpy's "inverted_cdf" over all of them. It counts the wait from the moment of leaving.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origins, destinations
        Places, or ids of stops; all stops by default.
    window
        Clock times between which one leaves: from the first, up to but without the second.
    percentiles
        In per cent, above 0 and up to 100.
    max_changes
        Cap on the changes of vehicle; None = as many as it takes. The cap is named in the provenance.
    workers
        Threads; the processor's cores by default. The result does not depend on it.
    progress
        Called with destinations done and in all.

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        If the window, a percentile, the cap or a stop cannot be used.

    References
    ----------
    Dibbelt, Pajor, Strasser and Wagner 2018, "Connection Scan Algorithm", section 4.
    """
    start, end = _window(window)
    shares = _percentiles(percentiles)
    if max_changes is not None and not 0 <= max_changes < MAX_RIDES:
        msg = f"max_changes is {max_changes!r}; expected a whole number from 0 to {MAX_RIDES - 1}, or None for no cap."
        raise InputError(msg)
    for what, places in (("origins", origins), ("destinations", destinations)):
        if isinstance(places, str):
            msg = f"{what} is the text {places!r}; expected places or a list of stop ids, as in [{places!r}]."
            raise InputError(msg)
    leaving = origins if isinstance(origins, Places) else Places.stations(timetable, origins)
    reaching = (
        destinations if isinstance(destinations, Places) else Places.stations(timetable, destinations, arriving=True)
    )
    events = departure_events(timetable, leaving, (start, end))
    ranks = np.array([math.ceil(Fraction(str(share)) * (end - start) / 100) for share in shares], np.int32)
    n_o, n_d = len(leaving), len(reaching)
    limit = timetable.max_travel_time_s
    # destination-major while computing, so that each destination writes rows of its own
    results = (
        np.empty((n_d, len(shares), n_o), np.float32),
        np.empty((n_d, n_o), np.float32),
        np.empty((n_d, n_o), np.int32),
        np.empty((n_d, n_o), np.float32),
        np.empty((n_d, n_o), np.float32),
    )
    scan = _Scan(timetable, (start, end), max_changes)
    done = 0

    def run(block: range) -> int:
        for first in range(block.start, block.stop, scan.targets):
            places = range(first, min(first + scan.targets, block.stop))
            arrival, egress, lane = scan.labels(reaching, places)
            walk_only = np.array([_walk_only(leaving, egress[:, q], limit) for q in range(len(places))])
            part = slice(places.start, places.stop)
            percentile_s, fastest_s, departures, first_s, last_s = results
            out = (percentile_s[part], fastest_s[part], departures[part], first_s[part], last_s[part])
            summarise_departures(arrival, lane, events, walk_only, (start, end, limit), ranks, out)
        return len(block)

    blocks = [range(first, min(first + _BLOCK, n_d)) for first in range(0, n_d, _BLOCK)]
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        for count in pool.map(run, blocks):
            done += count
            if progress is not None:
                progress(done, n_d)
    _same_place_is_zero(leaving, reaching, results)
    return TravelTimes(
        origin_ids=leaving.ids,
        destination_ids=reaching.ids,
        percentiles=shares,
        travel_time_s=np.ascontiguousarray(results[0].transpose(1, 2, 0)),
        fastest_s=np.ascontiguousarray(results[1].T),
        departures=np.ascontiguousarray(results[2].T),
        first_arrival_s=np.ascontiguousarray(results[3].T),
        last_arrival_s=np.ascontiguousarray(results[4].T),
        window_s=(start, end),
        provenance={
            "feeds": timetable.feed_ids,
            "date": timetable.date,
            "year": timetable.year,
            "time_zone": timetable.time_zone,
            "window": window,
            "percentiles": shares,
            "max_changes": max_changes,
            "max_travel_time_s": timetable.max_travel_time_s,
            "origins": leaving.rule,
            "origins_zh": leaving.rule_zh,
            "destinations": reaching.rule,
            "change_time_s": sorted({int(seconds) for seconds in timetable.stop_table["change_time_s"]})
            if timetable.rules.change_time_s is None
            else [timetable.rules.change_time_s],
            "transfer_rules": asdict(timetable.rules),
            "typical_departures": bool(timetable.trip_table["typical"].any()),
        },
    )


class _Scan:
    """Labels of one or several destinations; the working memory of each call is its own."""

    def __init__(self, timetable: Timetable, window: tuple[int, int], max_changes: int | None) -> None:
        self.timetable = timetable
        self.rides = None if max_changes is None else max_changes + 1
        self.targets = LANES if self.rides is None else 1
        self.span = timetable.span(window[0], window[1] + timetable.max_travel_time_s)
        self.connections = connection_arrays(timetable)
        self.transfers = timetable.transfers

    def labels(self, destinations: Places, places: range) -> tuple[I32, I32, int]:
        """Arrival labels, egress times (n_stops, n) and the lane of the first of the listed destinations."""
        n_trips, n_slots = len(self.timetable.trip_table), len(self.timetable.slot_departure_s)
        lanes = self.rides or LANES
        arrival = np.empty((n_slots, lanes), np.int32)
        trips = np.empty((n_trips, lanes), np.int32)
        egress = destinations.access_matrix(len(self.timetable.stops), places, self.targets)
        if self.rides is None:
            scan_targets(self.connections, self.transfers, self.span, egress, trips, arrival)
            return arrival, egress, 0
        scan_rides(self.connections, self.transfers, self.span, np.ascontiguousarray(egress[:, 0]), trips, arrival)
        return arrival, egress, self.rides - 1


def connection_arrays(timetable: Timetable) -> tuple[I32, I32, I32, I32, NDArray[np.uint8]]:
    """Arrays of a timetable in the order that the scans take them."""
    return timetable.arrival_stop, timetable.arrival_s, timetable.trip, timetable.slot, timetable.flags


def departure_events(timetable: Timetable, origins: Places, window: tuple[int, int]) -> tuple[I32, I32, I32]:
    """
    List when one may leave each origin, and the slot then reached, as `summarise_departures` takes it.

    Of each stop: its departures within the window and the first one after it; of each origin: latest first.
    """
    start, end = window
    slot_offset, departure_s = timetable.slot_offset, timetable.slot_departure_s
    offsets, leaves, slots = [0], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for place in range(len(origins)):
        leave_parts, slot_parts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for stop, access in zip(*origins.of(place), strict=True):
            first, last = int(slot_offset[stop]), int(slot_offset[stop + 1]) - 1
            leave = departure_s[first:last].astype(np.int64) - int(access)
            begin, after = np.searchsorted(leave, [start, end])
            stop_at = min(int(after) + 1, last - first)
            leave_parts.append(leave[begin:stop_at])
            slot_parts.append(np.arange(first + begin, first + stop_at))
        leave, slot = np.concatenate(leave_parts), np.concatenate(slot_parts)
        order = np.lexsort((slot, -leave))
        leaves.append(leave[order])
        slots.append(slot[order])
        offsets.append(offsets[-1] + len(leave))
    return (
        np.array(offsets, np.int32),
        np.concatenate(leaves).astype(np.int32),
        np.concatenate(slots).astype(np.int32),
    )


def _walk_only(origins: Places, egress_s: I32, limit_s: int) -> I32:
    """(n_origins,) least time to the destination without any ride, `NEVER` where none is within the limit."""
    egress = egress_s[origins.stop]
    # one walk only: to a stop that is itself the destination, or from one that is itself the origin
    total = np.where((origins.access_s == 0) | (egress == 0), origins.access_s + egress, NEVER)
    walk = np.full(len(origins), NEVER, np.int32)
    has_stops = np.diff(origins.offset) > 0
    if has_stops.any():
        walk[has_stops] = np.minimum.reduceat(total, origins.offset[:-1][has_stops])
    return np.where(walk > limit_s, NEVER, walk).astype(np.int32)


def _same_place_is_zero(origins: Places, destinations: Places, results: tuple[NDArray[Any], ...]) -> None:
    """Whoever is there already needs no time and no departure."""
    percentile_s, fastest_s, departures, first_arrival_s, last_arrival_s = results
    position = {place: index for index, place in enumerate(origins.ids)}
    for row, place in enumerate(destinations.ids):
        column = position.get(place)
        if column is not None:
            percentile_s[row, :, column] = 0
            fastest_s[row, column] = 0
            departures[row, column] = 0
            first_arrival_s[row, column] = np.inf
            last_arrival_s[row, column] = np.inf


def _window(window: tuple[str, str]) -> tuple[int, int]:
    start, end = (clock.parse(text, what="departure window") for text in window)
    if not start < end:
        msg = f"departure window {window[0]} to {window[1]} is empty; it must end after it starts, as in 06:00-22:00."
        raise InputError(msg)
    if end > DAY_S:
        msg = f"departure window ends at {window[1]}; expected 24:00 or earlier; ask for another date."
        raise InputError(msg)
    return start, end


def _percentiles(percentiles: Sequence[float]) -> tuple[float, ...]:
    shares = tuple(sorted({int(p) if float(p).is_integer() else float(p) for p in percentiles}))
    if not shares or not all(0 < share <= 100 for share in shares):
        given = list(percentiles)
        msg = f"percentiles are {given!r}; expected one or more numbers above 0 and up to 100, for example 5, 50, 95."
        raise InputError(msg)
    return shares
