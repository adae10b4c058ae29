"""An independent peer for small questions: scipy's Dijkstra on the time-expanded graph of a timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from megaregion.mobility import Places

if TYPE_CHECKING:
    from megaregion.mobility import Timetable


def plain_places(timetable: Timetable) -> Places:
    """Every station without the walks around it: what the peer's sinks are."""
    n = len(timetable.stops)
    return Places(
        tuple(timetable.stops),
        np.arange(n + 1, dtype=np.int32),
        np.arange(n, dtype=np.int32),
        np.zeros(n, np.int32),
        "none",
    )


class TimeExpandedGraph:
    """
    Time-expanded graph, made from the connections and walks alone; weights are seconds.

    Nodes are departures (who stands at the stop, ready to board), vehicles (who is on board), and one sink a station.
    """

    def __init__(self, timetable: Timetable) -> None:
        n, n_stops = timetable.n_connections, len(timetable.stops)
        departure, arrival = timetable.departure_s.astype(np.int64), timetable.arrival_s.astype(np.int64)
        self.at_stop = np.lexsort((departure, timetable.departure_stop))
        self.bounds = np.searchsorted(timetable.departure_stop[self.at_stop], np.arange(n_stops + 1))
        self.departure_s = departure
        vehicle, self.sinks = n + np.arange(n), 2 * n + np.arange(n_stops)
        here, following = self.at_stop[:-1], self.at_stop[1:]
        wait = timetable.departure_stop[here] == timetable.departure_stop[following]
        along = np.lexsort((timetable.hop, timetable.trip))
        stay = timetable.trip[along[:-1]] == timetable.trip[along[1:]]
        off, on = along[:-1][stay], along[1:][stay]
        arcs = [
            (here[wait], following[wait], departure[following[wait]] - departure[here[wait]]),
            (np.arange(n), vehicle, np.zeros(n, np.int64)),
            (vehicle[off], vehicle[on], departure[on] - departure[off]),
            (vehicle, self.sinks[timetable.arrival_stop], arrival - departure),
        ]
        alighting = np.argsort(timetable.arrival_stop, kind="stable")
        ends = np.searchsorted(timetable.arrival_stop[alighting], np.arange(n_stops + 1))
        for stop in range(n_stops):
            arriving = alighting[ends[stop] : ends[stop + 1]]
            for there, seconds in zip(*timetable.walks.of(stop), strict=True):
                boarded = self.first(int(there), arrival[arriving] + int(seconds))
                found = boarded >= 0
                off, on = arriving[found], boarded[found]
                arcs.append((vehicle[off], on, departure[on] - departure[off]))
        rows, columns, weights = (np.concatenate(part) for part in zip(*arcs, strict=True))
        size = 2 * n + n_stops
        # an arc of weight 0 would be no arc in a sparse graph: each gets a part of a second that rounding removes
        self.matrix = csr_array((weights + 1e-6, (rows, columns)), shape=(size, size))

    def first(self, stop: int, ready_s: np.ndarray) -> np.ndarray:
        """First departure of a stop at or after each second; -1 = none."""
        departures = self.at_stop[self.bounds[stop] : self.bounds[stop + 1]]
        place = np.searchsorted(self.departure_s[departures], ready_s)
        return np.append(departures, -1)[place]

    def arrivals(self, place: Places, ready_s: int, limit_s: int) -> np.ndarray:
        """Earliest arrival at every station for who is ready at the origin at a second; inf = unreachable."""
        best = np.full(len(self.sinks), np.inf)
        for stop, access in zip(*place.of(0), strict=True):
            (start,) = self.first(int(stop), np.array([ready_s + int(access)]))
            if start >= 0:
                distance = dijkstra(self.matrix, indices=start, limit=float(limit_s))
                best = np.minimum(best, np.round(distance[self.sinks]) + self.departure_s[start])
        best[best > ready_s + limit_s] = np.inf
        return best
