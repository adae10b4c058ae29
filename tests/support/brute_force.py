"""An oracle for journeys: round after round over whole trips, nothing shared with the kernels."""

from __future__ import annotations

import math

import numpy as np


def arrivals_by_rides(runs, walks, access, egress, leave, max_rides):
    """
    Earliest arrival with at most 1, 2, ... max_rides rides.

    `runs` lists trips as calls (stop, arrival, departure, may_board, may_alight); `walks` maps a stop to
    (stop, seconds), itself among them; `access` and `egress` map stops to seconds.
    """
    ready = {stop: leave + seconds for stop, seconds in access.items()}
    best = math.inf
    found = []
    for _ in range(max_rides):
        alighted = {}
        for calls in runs:
            on_board = False
            for stop, arrival, departure, may_board, may_alight in calls:
                if on_board and may_alight:
                    alighted[stop] = min(alighted.get(stop, math.inf), arrival)
                if may_board and ready.get(stop, math.inf) <= departure:
                    on_board = True
        for stop, arrival in alighted.items():
            best = min(best, arrival + egress.get(stop, math.inf))
        found.append(best)
        for stop, arrival in alighted.items():
            for there, seconds in walks.get(stop, []):
                ready[there] = min(ready.get(there, math.inf), arrival + seconds)
    return found


def hops_by_vehicle(timetable):
    """Connections of each vehicle in order of travel, vehicle after vehicle; none of those that share another's."""
    order = np.lexsort((timetable.hop, timetable.trip))
    counts = np.bincount(timetable.trip, minlength=len(timetable.trip_table))
    return np.split(order, np.cumsum(counts)[:-1])
