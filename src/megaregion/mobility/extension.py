"""Whether one timetable only adds to another: then nothing takes longer, and what was found bounds what will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import Walks

    I64 = NDArray[np.int64]

_SAME = ("date", "time_zone", "max_travel_time_s", "rules", "frequencies")
_RUN = ("trip_id", "day", "shift_s", "wait_s")


def is_extension(base: Timetable, other: Timetable) -> bool:
    """
    Find whether all that one timetable offers is in another, unchanged.

    Then every journey of the first is a journey of the second: each arrival time found in the first is an upper bound
    in the second. Of places it says nothing; their ways to and from stops have to be compared by whoever uses them.

    Parameters
    ----------
    base, other
        Timetables of one service day, built in the same way.

    Returns
    -------
    True if every run of `base` is in `other` (the same trip, day and times) with the same connections, each of which
    may be boarded and left as before, one stays seated between the same runs, no walk or change is longer, and no rule
    of single trips or routes takes away a change. False if something is not so.
    """
    return _extended(base, other) is not None


def added_connections(base: Timetable, other: Timetable) -> NDArray[np.bool_] | None:
    """
    Find what one timetable adds to another, if all that it adds is runs.

    Parameters
    ----------
    base, other
        As for `is_extension`.

    Returns
    -------
    (n_connections of `other`,) bool, connections of runs that `base` has not; None if `other` is no extension, or if
    something new becomes possible without such a connection: other walks between old stops, boarding or alighting where
    nobody could, changes between old connections, staying seated from one to the other.
    """
    found = _extended(base, other)
    if found is None:
        return None
    matched, stop = found
    added = np.ones(other.n_connections, bool)
    added[matched] = False
    same = (
        np.array_equal(base.flags, other.flags[matched])
        and _same_walks(base.walks, other.walks, stop)
        and _same_changes(base, other, matched, added)
        and _same_seats(base, other, matched)
    )
    return added if same else None


def _extended(base: Timetable, other: Timetable) -> tuple[I64, I64] | None:
    """Match connections and stops of `base` with those of `other`: positions there; None if it is no extension."""
    if any(getattr(base, name) != getattr(other, name) for name in _SAME):
        return None
    stop = _positions(base.stops, other.stops)
    keys = [list(zip(*(each.trip_table[name].tolist() for name in _RUN), strict=True)) for each in (base, other)]
    run = _positions(*keys)
    if (stop < 0).any() or (run < 0).any():
        return None
    matched = _match(base, other, run, stop)
    if matched is None:
        return None
    kept = (
        _keeps_seats(base, other, matched)
        and _keeps_walks(base.walks, other.walks, stop)
        and _keeps_changes(base, other, matched)
    )
    return (matched, stop) if kept else None


def _same_walks(base: Walks, other: Walks, stop: I64) -> bool:
    """Whether walks between the stops of the first are those of the first."""
    n = len(other.offset) - 1
    old = np.zeros(n, bool)
    old[stop] = True
    begin = np.repeat(np.arange(n, dtype=np.int64), np.diff(other.offset))
    between = old[begin] & old[other.stop]
    here = np.sort((begin[between] * n + other.stop[between]) << 20 | other.time_s[between])
    was = np.repeat(stop, np.diff(base.offset)) * n + stop[base.stop]
    return np.array_equal(here, np.sort(was << 20 | base.time_s))


def _same_changes(base: Timetable, other: Timetable, matched: I64, added: NDArray[np.bool_]) -> bool:
    """Whether rules of single trips and routes say the same of changes between connections of the first."""
    n = other.n_connections
    left, boarded, allowed = base.exceptions
    left_other, boarded_other, allowed_other = other.exceptions
    old = ~added[left_other] & ~added[boarded_other]
    here = (left_other[old].astype(np.int64) * n + boarded_other[old]) * 2 + allowed_other[old]
    return np.array_equal(np.sort(here), np.sort((matched[left] * n + matched[boarded]) * 2 + allowed))


def _same_seats(base: Timetable, other: Timetable, matched: I64) -> bool:
    """Whether connections of the first that follow each other in one vehicle did so before."""
    order = np.lexsort((other.hop[matched], other.trip[matched]))
    one, after = order[:-1], order[1:]
    together = (other.trip[matched][one] == other.trip[matched][after]) & (
        other.hop[matched][one] + 1 == other.hop[matched][after]
    )
    return bool((base.trip[one] == base.trip[after])[together].all())


def _positions(wanted: Iterable[Hashable], known: Iterable[Hashable]) -> I64:
    """(n_wanted,) int64, where each key stands among the known ones, -1 = nowhere."""
    place = {key: number for number, key in enumerate(known)}
    return np.array([place.get(key, -1) for key in wanted], dtype=np.int64)


def _match(base: Timetable, other: Timetable, run: I64, stop: I64) -> I64 | None:
    """(n_connections,) int64, the connection of `other` that each of `base` is; None if one is not there."""
    run_of = run[base.run]
    order, order_other = (
        np.lexsort((each.hop, runs)) for each, runs in ((base, run_of), (other, other.run.astype(np.int64)))
    )
    used = np.isin(other.run[order_other], run)
    order_other = order_other[used]
    if len(order) != len(order_other) or not np.array_equal(run_of[order], other.run[order_other]):
        return None
    same = (
        np.array_equal(stop[base.departure_stop[order]], other.departure_stop[order_other])
        and np.array_equal(stop[base.arrival_stop[order]], other.arrival_stop[order_other])
        and np.array_equal(base.departure_s[order], other.departure_s[order_other])
        and np.array_equal(base.arrival_s[order], other.arrival_s[order_other])
        and not (base.flags[order] & ~other.flags[order_other]).any()
    )
    if not same:
        return None
    matched = np.empty(len(order), dtype=np.int64)
    matched[order] = order_other
    return matched


def _keeps_seats(base: Timetable, other: Timetable, matched: I64) -> bool:
    """Whether connections of one vehicle still share one, in the same order."""
    order = np.lexsort((base.hop, base.trip))
    same = base.trip[order][1:] == base.trip[order][:-1]
    vehicle, hop = other.trip[matched][order], other.hop[matched][order]
    return bool(((vehicle[1:] == vehicle[:-1]) & (hop[1:] > hop[:-1]))[same].all())


def _keeps_walks(base: Walks, other: Walks, stop: I64) -> bool:
    """Whether each walk is still there and no longer."""
    n = len(other.offset) - 1
    key, key_other = (
        np.repeat(begins, np.diff(walks.offset)) * n + ends
        for walks, begins, ends in (
            (base, stop, stop[base.stop]),
            (other, np.arange(n, dtype=np.int64), other.stop.astype(np.int64)),
        )
    )
    order = np.argsort(key_other, kind="stable")
    place = np.searchsorted(key_other[order], key)
    if len(key) and not len(order):
        return False
    place = order[np.minimum(place, len(order) - 1)] if len(key) else place
    return bool(((key_other[place] == key) & (other.time_s[place] <= base.time_s)).all())


def _keeps_changes(base: Timetable, other: Timetable, matched: I64) -> bool:
    """Whether rules of single trips and routes still allow what they allowed, and forbid nothing more."""
    n = other.n_connections
    left, boarded, allowed = base.exceptions
    left_other, boarded_other, allowed_other = other.exceptions
    key = matched[left] * n + matched[boarded]
    key_other = left_other.astype(np.int64) * n + boarded_other
    old = np.isin(left_other, matched) & np.isin(boarded_other, matched)
    lost = np.isin(key[allowed], key_other[allowed_other], invert=True)
    taken = np.isin(key_other[old & ~allowed_other], key[~allowed], invert=True)
    return not lost.any() and not taken.any()
