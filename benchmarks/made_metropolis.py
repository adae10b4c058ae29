"""A metropolis that exists nowhere, of any size and the same each time: metro lines, rings and a grid of buses."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.walks import Walks
from megaregion.region.index import Index

SIDE_M = 27_000.0
RADIALS, RADIAL_STATIONS = 14, 34
RINGS, RING_STATIONS = 4, 69
CROSSINGS = 68
SEGMENT = 34
WALKING_PAIRS = 12_000
FIRST_S, LAST_S = 5 * 3_600, 24 * 3_600
METRO_M_S, BUS_M_S, WALK_M_S = 36 / 3.6, 16 / 3.6, 1.0


def build_metropolis(seed: int = 3) -> Timetable:
    """Make the timetable: 10,000 stops, some two million connections of one day, 24,000 walks between stops."""
    rng = np.random.default_rng(seed)
    xy, lines = _lines(rng)
    return _timetable(xy, _walks(xy, rng), _trips(xy, lines, rng))


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


def _trips(xy: np.ndarray, lines: list[tuple[np.ndarray, bool]], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Run each line both ways at a headway of its own, slower in the peaks: connections in order of departure."""
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("departure_stop", "arrival_stop", "departure_s", "arrival_s", "trip", "hop")
    }
    n_trips = 0
    for stops, metro in lines:
        headway = int(rng.integers(3, 6) if metro else rng.integers(8, 22)) * 60
        for way in (stops, stops[::-1]):
            start = np.arange(FIRST_S + int(rng.integers(headway)), LAST_S, headway)
            peak = np.isin(start // 3_600, (7, 8, 17, 18))
            length = np.linalg.norm(np.diff(xy[way], axis=0), axis=1)
            run = length / (METRO_M_S if metro else BUS_M_S)
            seconds = np.ceil(run * np.where(peak, 1.0 if metro else 1.3, 1.0)[:, None]).astype(np.int64)
            dwell = 25 if metro else 15
            end = start[:, None] + np.cumsum(seconds + dwell, axis=1) - dwell
            n_hops = len(length)
            parts["departure_stop"].append(np.tile(way[:-1], len(start)))
            parts["arrival_stop"].append(np.tile(way[1:], len(start)))
            parts["departure_s"].append((end - seconds).ravel())
            parts["arrival_s"].append(end.ravel())
            parts["trip"].append(np.repeat(n_trips + np.arange(len(start)), n_hops))
            parts["hop"].append(np.tile(np.arange(n_hops), len(start)))
            n_trips += len(start)
    joined = {name: np.concatenate(part) for name, part in parts.items()}
    order = np.lexsort((joined["trip"], joined["hop"], joined["departure_s"]))
    return {name: values[order].astype(np.int32) for name, values in joined.items()}


def _walks(xy: np.ndarray, rng: np.random.Generator) -> Walks:
    """Walk between the stops that lie nearest to each other, both ways; change times of one to three minutes."""
    pairs = KDTree(xy).query_pairs(400.0, output_type="ndarray")
    length = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    nearest = np.argsort(length, kind="stable")[:WALKING_PAIRS]
    pairs, length = pairs[nearest], length[nearest]
    n = len(xy)
    change = rng.integers(1, 4, n) * 60
    here = np.r_[np.arange(n), pairs[:, 0], pairs[:, 1]]
    there = np.r_[np.arange(n), pairs[:, 1], pairs[:, 0]]
    seconds = np.r_[np.zeros(n), length, length] / WALK_M_S + change[there]
    order = np.lexsort((there, here != there, here))
    offset = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=n))])
    return Walks(offset.astype(np.int32), there[order].astype(np.int32), np.ceil(seconds[order]).astype(np.int32))


def _timetable(xy: np.ndarray, walks: Walks, connections: dict[str, np.ndarray]) -> Timetable:
    ids = [f"s{number:05d}" for number in range(len(xy))]
    n_trips = int(connections["trip"].max()) + 1
    return Timetable(
        date="2030-01-01",
        time_zone="UTC",
        feed_ids=("metropolis",),
        year=2030,
        max_travel_time_s=4 * 3_600,
        stops=Index(ids, "stop"),
        stop_table=pd.DataFrame(
            {"stop_id": ids, "name": ids, "parent_stop_id": "", "change_time_s": walks.time_s[walks.offset[:-1]]}
        ).astype({"parent_stop_id": "str"}),
        trip_table=pd.DataFrame({"trip_id": [f"t{number}" for number in range(n_trips)], "typical": False}),
        run=connections["trip"],
        flags=np.full(len(connections["trip"]), CAN_BOARD | CAN_ALIGHT, np.uint8),
        walks=walks,
        **connections,
    )
