"""Scans over many places, and the travel times read off their labels block by block."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import LANES, NEVER, find_marked, list_events, summarise_departures
from megaregion.mobility.places import Places, on_foot, same_places
from megaregion.mobility.scan_layout import ScanLayout, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    F32 = NDArray[np.float32]
    Rows = tuple[F32, ...]
    Events = tuple[I64, I32, I32]

MAX_LABEL_BYTES = 8 << 30
"""Labels of a worker; what is beyond it would drive the machine into its swap."""

MAX_EVENTS = 32_000_000
"""Events held at the same time; each takes 8 bytes, and 8 more while they are sorted."""


@dataclass(frozen=True, slots=True)
class Question:
    """
    What is asked of a timetable.

    Attributes
    ----------
    window_s
        First departure second and the second after the last.
    limit_s
        Longest travel time that counts, s.
    percentiles
        In per cent, ascending.
    ranks
        (n_percentiles,) int64: how many departure seconds of the window, or of all drawn windows, stand for each.
    max_rides
        Cap on rides; None = none.
    max_walk_s
        Longest walk without any ride, s.
    draws, seed
        Timetables drawn, and the seed of that; 0 = the timetable as it is.
    """

    window_s: tuple[int, int]
    limit_s: int
    percentiles: tuple[float, ...]
    ranks: I64
    max_rides: int | None
    max_walk_s: int
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Base:
    """
    Travel times without what a timetable adds to another; see `matrix_rerun`.

    Attributes
    ----------
    rows
        Of all targets, as `Sweep.rows` gives them.
    added
        (n_connections,) bool, by layout: connections that were added.
    moved_targets, moved_others
        (n_targets,) and (n_others,) bool: places whose ways to or from stops are not what they were.
    """

    rows: Rows
    added: tuple[NDArray[np.bool_], ...]
    moved_targets: NDArray[np.bool_]
    moved_others: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    Scans towards places, or from places: these are *targets*; the places at the other end are *others*.

    Attributes
    ----------
    question
        What is asked.
    targets, others
        Destinations and origins; the other way round in reverse.
    layouts
        One for each timetable that was drawn.
    parts
        Others whose events are held in memory at the same time.
    events
        As `summarise_departures` takes them, if one part is all; slots count on from layout to layout.
    slacks_s
        Seconds between the scanned rides and the way to a target, and between them and the way to the others.
    in_reverse
        The targets are origins.
    """

    question: Question
    targets: Places
    others: Places
    layouts: tuple[ScanLayout, ...]
    parts: tuple[slice, ...]
    events: Events | None
    slacks_s: tuple[int, int]
    in_reverse: bool

    @classmethod
    def prepare(
        cls,
        timetables: Sequence[Timetable],
        origins: Places,
        destinations: Places,
        question: Question,
        *,
        in_reverse: bool,
    ) -> Sweep:
        """Lay the timetables out and list the events of the places that are read."""
        start, end = question.window_s
        layouts = tuple(lay_out(t, start, end + question.limit_s, in_reverse=in_reverse) for t in timetables)
        slacks = (timetables[0].rules.boarding_slack_s, timetables[0].rules.alighting_slack_s)
        near, far = slacks if in_reverse else slacks[::-1]
        targets, others = (origins, destinations) if in_reverse else (destinations, origins)
        parts = _parts(layouts, others)
        events = None
        if len(parts) == 1:
            events = _events(layouts, question, others, far, in_reverse=in_reverse)
        return cls(question, targets, others, layouts, parts, events, (near, far), in_reverse)

    def rows(self, targets: range, base: Base | None = None) -> Rows:
        """
        Travel times of some targets: (n, n_percentiles, n_others) and four times (n, n_others).

        With the rows of a timetable to which these only add, only those pairs are read anew that may have changed.
        """
        n, n_others, shares = len(targets), len(self.others), len(self.question.ranks)
        walked = self._walk_only_s(targets)
        if base is None:
            out: Rows = tuple(np.empty((n, *more, n_others), np.float32) for more in ((shares,), (), (), (), ()))
            asked = np.ones((n, n_others), np.uint8)
        else:
            out = tuple(values[targets.start : targets.stop].copy() for values in base.rows)
            asked = (base.moved_targets[targets.start : targets.stop, None] | base.moved_others).astype(np.uint8)
        # labels of all targets are kept where the others are read part by part
        group = LANES if self.events is not None else max(n, 1)
        for begin in range(0, n, group):
            blocks = [slice(first, min(first + LANES, n)) for first in range(begin, min(begin + group, n), LANES)]
            labels = [self._labels(targets[block], base) for block in blocks]
            if base is not None:
                for block, arrival in zip(blocks, labels, strict=True):
                    self._mark(arrival, asked[block])
                    np.right_shift(arrival, 1, out=arrival)
            for part in self.parts:
                events = self.events or self._events(part)
                for block, arrival in zip(blocks, labels, strict=True):
                    self._read(
                        arrival, events, (walked[block, part], asked[block, part]), [v[block, ..., part] for v in out]
                    )
        _same_place_is_zero(self.others, self.targets[targets.start : targets.stop], out, self.question.window_s[0])
        return out

    def _read(self, arrival: I32, events: Events, pairs: tuple[I32, NDArray[np.uint8]], out: Sequence[F32]) -> None:
        # strided parts of arrays would be types of their own to the compiler
        own = [np.ascontiguousarray(values) for values in out]
        walked, asked = map(np.ascontiguousarray, pairs)
        # the last layer of labels is that of the cap
        labels = (arrival, arrival.shape[1] - LANES, int(self.in_reverse))
        window = (*self.question.window_s, self.question.limit_s)
        summarise_departures(labels, events, walked, asked, window, self.question.ranks, tuple(own))
        for values, computed in zip(out, own, strict=True):
            if values is not computed:
                values[...] = computed

    def _events(self, part: slice) -> Events:
        slack = self.slacks_s[1]
        return _events(self.layouts, self.question, self.others[part], slack, in_reverse=self.in_reverse)

    def _labels(self, targets: range, base: Base | None) -> I32:
        """(n_slots, n_layers * LANES) labels of some targets, layout after layout; marked where there is a base."""
        egress = self.targets.access_matrix(len(self.layouts[0].slot_offset) - 1, targets, LANES)
        egress[egress < NEVER] += self.slacks_s[0]
        marks = base.added if base is not None else (None,) * len(self.layouts)
        labels = [
            layout.scan(egress, self.question.max_rides, marked)
            for layout, marked in zip(self.layouts, marks, strict=True)
        ]
        return labels[0] if len(labels) == 1 else np.concatenate(labels)

    def _mark(self, arrival: I32, asked: NDArray[np.uint8]) -> None:
        """Ask for the pairs with a marked label."""
        layout, places = self.layouts[0], self.others
        slots = (layout.slot_offset, layout.slot_departure_s)
        accesses = (places.offset, places.stop, (places.access_s + self.slacks_s[1]).astype(np.int32))
        window = (*self.question.window_s, int(self.in_reverse))
        find_marked((arrival, arrival.shape[1] - LANES), slots, accesses, window, asked)

    def _walk_only_s(self, targets: range) -> I32:
        """(n_targets, n_others) time without any ride, `NEVER` where there is none within the limits."""
        here = self.targets[targets.start : targets.stop]
        limit = min(self.question.max_walk_s, self.question.limit_s) if here.ground else self.question.limit_s
        if self.in_reverse:
            return on_foot(here, self.others, limit)
        return np.ascontiguousarray(on_foot(self.others, here, limit).T)


def _events(
    layouts: Sequence[ScanLayout], question: Question, places: Places, slack_s: int, *, in_reverse: bool
) -> Events:
    """
    List when one may leave each place, or arrive there, and the slot that goes with it, layout by layout.

    Forward, of each stop: its departures within the window and the first one after it; latest first. In reverse:
    arrivals, earliest first.
    """
    access = (places.access_s + slack_s).astype(np.int32)
    parts, first_slot, first_event = [], 0, 0
    for layout in layouts:
        slots = (layout.slot_offset, layout.slot_departure_s)
        accesses = (places.offset, places.stop, access)
        window = (*question.window_s, int(in_reverse))
        offset = np.empty(len(places) + 1, np.int64)
        n = list_events(slots, accesses, window, offset, np.empty(0, np.int64))
        keys = np.empty(n, np.int64)
        list_events(slots, accesses, window, offset, keys)
        time_s = (keys >> 32).astype(np.int32)
        parts.append((offset[:-1] + first_event, time_s if in_reverse else -time_s, (keys & 0xFFFFFFFF) + first_slot))
        first_slot += layout.n_slots
        first_event += n
    offsets, times, slots = zip(*parts, strict=True)
    return (
        np.r_[np.concatenate(offsets), first_event],
        np.concatenate(times).astype(np.int32),
        np.concatenate(slots).astype(np.int32),
    )


def check_size(timetable: Timetable, question: Question) -> None:
    """Refuse labels that would not fit into memory, before any are made; raises `InputError`."""
    draws = question.draws or 1
    needed = draws * timetable.n_connections * 4 * LANES * (question.max_rides or 1)
    if needed > MAX_LABEL_BYTES:
        msg = (
            f"{draws} draws of {timetable.n_connections:,} connections with max_rides {question.max_rides} need up to "
            f"{needed / 2**30:.1f} GiB of labels for each worker; at most {MAX_LABEL_BYTES / 2**30:g} are made. Ask "
            "for fewer draws, a lower max_rides or none."
        )
        raise InputError(msg)


def _parts(layouts: Sequence[ScanLayout], places: Places) -> tuple[slice, ...]:
    """Cut places into parts with no more events than fit, each of one place at least."""
    per_stop = sum(np.diff(layout.slot_offset) for layout in layouts)
    events = np.concatenate([[0], np.cumsum(np.asarray(per_stop, np.int64)[places.stop])])[places.offset]
    bounds = [0]
    while bounds[-1] < len(places):
        fits = int(np.searchsorted(events, events[bounds[-1]] + MAX_EVENTS, side="right")) - 1
        bounds.append(min(max(fits, bounds[-1] + 1), len(places)))
    return tuple(slice(first, last) for first, last in pairwise(bounds)) or (slice(0, 0),)


def _same_place_is_zero(others: Places, targets: Places, out: Rows, start_s: int) -> None:
    """Whoever is there already needs no time and no departure, and is there from the start of the window."""
    percentile_s, fastest_s, departures, first_arrival_s, last_arrival_s = out
    rows, columns = same_places(targets, others)
    percentile_s[rows, :, columns] = 0
    fastest_s[rows, columns] = 0
    departures[rows, columns] = 0
    first_arrival_s[rows, columns] = start_s
    last_arrival_s[rows, columns] = np.inf
