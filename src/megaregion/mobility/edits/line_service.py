"""When the trips of a new line run: headways, departures, or the time of each call."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.edits.trip_selection import check_positive

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell = tuple[int, int] | None
"""Arrival and departure at one stop, seconds; None where a trip does not call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadwaySpan:
    """
    One part of the day with its own headway.

    Attributes
    ----------
    headway_s
        Seconds between two departures, above 0.
    start, end
        Clock time of the first departure, and from which there is none.
    """

    headway_s: int
    start: str
    end: str

    def __post_init__(self) -> None:
        check_positive("add_line", "headway_s", self.headway_s, "Write 600 for every ten minutes.")
        start, end = self.seconds
        if not start < end:
            msg = f"edit 'add_line': start is {self.start!r} and end is {self.end!r}; expected end after start."
            raise InputError(msg)

    @property
    def seconds(self) -> tuple[int, int]:
        """Start and end, seconds."""
        return (
            clock.parse(self.start, what="edit 'add_line': field 'start'"),
            clock.parse(self.end, what="edit 'add_line': field 'end'"),
        )

    def row(self, trip_id: str, *, exact_times: bool) -> dict[str, Any]:
        """Fields of its row in table `frequencies`."""
        start, end = self.seconds
        headway = {"headway_s": self.headway_s, "exact_times": exact_times}
        return {"trip_id": trip_id, "start_s": start, "end_s": end} | headway


def overlap(spans: Sequence[HeadwaySpan]) -> tuple[HeadwaySpan, HeadwaySpan] | None:
    """First two spans that share a time of day, if any do."""
    ordered = sorted(spans, key=lambda span: span.seconds)
    return next(((one, other) for one, other in pairwise(ordered) if one.seconds[1] > other.seconds[0]), None)


def read_row(row: Sequence[str], n_stops: int, where: str) -> tuple[Cell, ...]:
    """
    Read one trip of a timetable.

    Parameters
    ----------
    row
        One text a stop: "07:12" arrives and leaves then, "07:12-07:14" stands from the one to the other, "" passes.
    n_stops
        Stops of the line.
    where
        Start of a message about it.

    Raises
    ------
    InputError
        If there are too few or too many texts, fewer than two calls, or times go backwards.

    Examples
    --------
    >>> read_row(["07:00", "", "07:12-07:14", "07:20"], 4, "row 1")
    ((25200, 25200), None, (25920, 26040), (26400, 26400))
    """
    if len(row) != n_stops:
        msg = f"{where} has {len(row)} times; expected {n_stops}, one a stop, '' where the trip does not call."
        raise InputError(msg)
    cells: list[Cell] = []
    last = -1
    for text in row:
        if not text.strip():
            cells.append(None)
            continue
        arrives, dash, leaves = text.partition("-")
        arrival = clock.parse(arrives, what=f"{where}: a time")
        departure = clock.parse(leaves, what=f"{where}: a time") if dash else arrival
        if arrival <= last or departure < arrival:
            msg = f"{where}: {text!r} is not after the time before it; times after midnight pass 24:00, as 24:10."
            raise InputError(msg)
        last = departure
        cells.append((arrival, departure))
    if len(cells) - cells.count(None) < 2:
        msg = f"{where} calls at fewer than two stops; expected two or more times."
        raise InputError(msg)
    return tuple(cells)


def timetable_calls(stops: Sequence[str], cells: Sequence[Cell], along: Sequence[float] | None) -> list[dict[str, Any]]:
    """Rows of `stop_times` of a trip whose times are given; `along` is the way to each stop, metres."""
    begin = next(place for place, cell in enumerate(cells) if cell is not None)
    return [
        {"stop_sequence": place + 1, "stop_id": stop, "arrival_s": cell[0], "departure_s": cell[1]}
        | ({"distance_m": along[place] - along[begin]} if along is not None else {})
        for place, (stop, cell) in enumerate(zip(stops, cells, strict=True))
        if cell is not None
    ]


def hop_calls(
    stops: Sequence[str], run_s: Sequence[int], dwell_s: Sequence[int], along: Sequence[float] | None
) -> list[dict[str, Any]]:
    """
    Rows of `stop_times` of a trip that takes given times, relative to the departure at the first stop.

    Parameters
    ----------
    stops
        Keys of stops, in order of travel.
    run_s
        Run time from each to the next, seconds.
    dwell_s
        Time standing at each stop on the way, seconds: two fewer than stops.
    along
        The way to each stop, metres, if known.
    """
    stand = [0, *dwell_s, 0]
    leaves = [*accumulate((run + dwell for run, dwell in zip(run_s, stand[1:], strict=True)), initial=0)]
    return [
        {
            "stop_sequence": place + 1,
            "stop_id": stop,
            "arrival_s": leaves[place] - stand[place],
            "departure_s": leaves[place],
        }
        | ({"distance_m": along[place]} if along is not None else {})
        for place, stop in enumerate(stops)
    ]
