"""A metropolis that exists nowhere, of any size and the same each time: metro lines, rings and a grid of buses."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from megaregion.mobility import Timetable

SIDE_M = 27_000.0
RADIALS, RADIAL_STATIONS = 14, 34
RINGS, RING_STATIONS = 4, 69
CROSSINGS = 68
SEGMENT = 34
WALKING_PAIRS = 12_000
FIRST_S, LAST_S = 5 * 3_600, 24 * 3_600
CHANGE_S = 60
M_PER_DEGREE = 111_195.0
METRO_M_S, BUS_M_S, WALK_M_S = 36 / 3.6, 16 / 3.6, 1.0


def build_metropolis(seed: int = 3) -> Timetable:
    """Make the timetable: 10,000 stops, some two million connections of one day, 24,000 walks between stops."""
    rng = np.random.default_rng(seed)
    xy, lines = _lines(rng)
    lon, lat = xy.T / M_PER_DEGREE
    return Timetable.from_arrays(
        *_trips(xy, lines, rng),
        lon=lon,
        lat=lat,
        footpaths=_walks(xy),
        change_time_s=CHANGE_S,
        max_travel_time_s=4 * 3_600,
    )


def _lines(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[np.ndarray, bool]]]:
    """Give positions of the stops in m, and the stops of each line with whether it is a metro line."""
    positions: list[np.ndarray] = []
    lines: list[tuple[np.ndarray, bool]] = []

    def add(points: np.ndarray) -> np.ndarray:
        first = sum(len(part) for part in positions)
        positions.append(points)
        return first + np.arange(len(points))

    middle = SIDE_M / 2
    radius = np.linspace(600, middle, RADIAL_STATIONS)
    angles = np.arange(RADIALS) * 2 * np.pi / RADIALS
    lines += [(add(middle + radius[:, None] * [np.cos(angle), np.sin(angle)]), True) for angle in angles]
    for size in np.linspace(0.2, 0.8, RINGS) * middle:
        angle = np.arange(RING_STATIONS) * 2 * np.pi / RING_STATIONS
        ring = add(middle + size * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        lines.append((np.r_[ring, ring[0]], True))
    along = (np.arange(CROSSINGS) + 0.5) * SIDE_M / CROSSINGS
    for across in along:
        for turned in (False, True):
            street = np.stack([along, np.full(CROSSINGS, across)], axis=1)
            # each crossing has a pole a direction, some metres off the middle of it
            street += rng.normal(0, 25, street.shape)
            stops = add(street[:, ::-1] if turned else street)
            lines += [(stops[first : first + SEGMENT + 1], False) for first in range(0, CROSSINGS - 1, SEGMENT)]
    return np.concatenate(positions), lines


def _trips(xy: np.ndarray, lines: list[tuple[np.ndarray, bool]], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Run each line both ways at a headway of its own, slower in the peaks: offsets of trips, and their calls."""
    n_calls, stop, arrival, departure = [], [], [], []
    for stops, metro in lines:
        headway = int(rng.integers(3, 6) if metro else rng.integers(8, 22)) * 60
        for way in (stops, stops[::-1]):
            start = np.arange(FIRST_S + int(rng.integers(headway)), LAST_S, headway)[:, None]
            peak = np.isin(start // 3_600, (7, 8, 17, 18))
            length = np.linalg.norm(np.diff(xy[way], axis=0), axis=1)
            run = length / (METRO_M_S if metro else BUS_M_S)
            seconds = np.ceil(run * np.where(peak, 1.0 if metro else 1.3, 1.0)).astype(np.int64)
            dwell = 25 if metro else 15
            reached = start + np.cumsum(seconds + dwell, axis=1) - dwell
            n_calls.append(np.full(len(start), len(way)))
            stop.append(np.tile(way, len(start)))
            arrival.append(np.concatenate([start, reached], axis=1).ravel())
            departure.append(np.concatenate([start, reached[:, :-1] + dwell, reached[:, -1:]], axis=1).ravel())
    offset = np.concatenate([[0], np.cumsum(np.concatenate(n_calls))])
    return offset, np.concatenate(stop), np.concatenate(arrival), np.concatenate(departure)


def _walks(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walk between the stops that lie nearest to each other, both ways: stops left, stops reached, seconds."""
    pairs = KDTree(xy).query_pairs(400.0, output_type="ndarray")
    length = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    nearest = np.argsort(length, kind="stable")[:WALKING_PAIRS]
    here, there = pairs[nearest].T
    seconds = np.ceil(length[nearest] / WALK_M_S).astype(np.int64) + CHANGE_S
    return np.r_[here, there], np.r_[there, here], np.r_[seconds, seconds]
