"""
Journeys between stations as text that compresses well: what a timetable shares with an earlier one is not said again.

Whole numbers are written as printable characters, not as base64, which would hide what repeats from gzip. Departures
stand by origin and arrivals by destination, for there they repeat: every line leaves an origin at the same minutes
whatever the destination. The page reads them with `web/src/station_pack.ts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    I64 = NDArray[np.int64]
    Bools = NDArray[np.bool_]

ALPHABET = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"\\<')
"""A character a number, from 0; the last one says: add its place and read on. None needs an escape in JSON."""


@dataclass(frozen=True, slots=True)
class Journeys:
    """
    Journeys between stations that no other beats, by origin, destination and departure.

    Attributes
    ----------
    count
        (n_stations, n_stations) int64, journeys of each ordered pair.
    depart_min, duration_min
        (n_journeys,) int64: minute of the service day, rounded down, and minutes to the arrival, which is rounded up.
    """

    count: I64
    depart_min: I64
    duration_min: I64

    @property
    def pair(self) -> I64:
        """(n_journeys,) int64, position of each journey's pair in `count`, flat."""
        return np.repeat(np.arange(self.count.size), self.count.ravel())


def pack_states(states: Mapping[str, Journeys], first_min: int) -> dict[str, dict[str, str | None]]:
    """
    Write the journeys of timetables over the same stations, each as what differs from an earlier one.

    Parameters
    ----------
    states
        By name, in order.
    first_min
        Minute of the service day from which departures count.

    Returns
    -------
    For each name: `base`, the earlier timetable that most pairs are the same in, or None; `count`, by pair 0
    where it is as in the base (without one: no journeys), else the journeys and 1; and of the pairs that differ
    `gap_min`, minutes between departures, the first from `first_min` on; `first_min`, minutes that each pair's first
    journey takes; and `arrival_gap_min`, minutes between arrivals less 1, of all further journeys, by destination.
    """
    packed: dict[str, dict[str, str | None]] = {}
    names = list(states)
    for at, name in enumerate(names):
        shared = {earlier: same_pairs(states[earlier], states[name]) for earlier in names[:at]}
        used = {one: int((same & (states[name].count.ravel() > 0)).sum()) for one, same in shared.items()}
        base = max(used, key=lambda one: used[one]) if any(used.values()) else None
        same = shared[base] if base is not None else states[name].count.ravel() == 0
        packed[name] = {"base": base, **_pack(states[name], same, first_min)}
    return packed


def same_pairs(one: Journeys, other: Journeys) -> Bools:
    """(n_pairs,) bool: whether both have the same journeys."""
    same: Bools = one.count.ravel() == other.count.ravel()
    mine, theirs = (journeys.pair for journeys in (one, other))
    kept, held = same[mine], same[theirs]
    differs = (one.depart_min[kept] != other.depart_min[held]) | (one.duration_min[kept] != other.duration_min[held])
    same[mine[kept][differs]] = False
    return same


def _pack(journeys: Journeys, same: Bools, first_min: int) -> dict[str, str]:
    pair = journeys.pair
    said = ~same[pair]
    pair, depart = pair[said], journeys.depart_min[said]
    arrive = depart + journeys.duration_min[said]
    begins = np.r_[True, pair[1:] != pair[:-1]] if len(pair) else np.empty(0, bool)
    gap = np.diff(depart, prepend=0)
    gap[begins] = depart[begins] - first_min
    # of two journeys of a pair the later one also arrives later, by a minute or more
    later = (np.diff(arrive, prepend=0) - 1)[~begins]
    n = len(journeys.count)
    origin, destination = np.divmod(pair[~begins], n)
    by_destination = np.lexsort((origin, destination))
    return {
        "count": encode_numbers(np.where(same, 0, journeys.count.ravel() + 1)),
        "gap_min": encode_numbers(gap),
        "first_min": encode_numbers((arrive - depart)[begins]),
        "arrival_gap_min": encode_numbers(later[by_destination]),
    }


def encode_numbers(values: I64) -> str:
    """
    Write whole numbers of 0 or more as characters of `ALPHABET`.

    Examples
    --------
    >>> encode_numbers(np.array([0, 1, 91]))
    '!#~#'
    """
    most = len(ALPHABET) - 1
    carries = values // most
    ends = np.cumsum(carries + 1) - 1
    out = np.full(int(ends[-1]) + 1 if len(ends) else 0, most, np.int64)
    out[ends] = values % most
    return np.frombuffer(ALPHABET.encode("ascii"), np.uint8)[out].tobytes().decode("ascii")
