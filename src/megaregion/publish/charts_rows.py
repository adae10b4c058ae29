"""Charts of one row a place: ranked bars, then and now as dumbbells and slopes, and curves over a range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from megaregion.publish.charts import (
    ACCENT,
    INK,
    MUTED,
    NOW,
    RULE,
    THEN,
    WIDTH,
    Drawing,
    legend,
    nice_ticks,
    short,
    text_width,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROW, _TOP, _SIZE = 13.4, 34.0, 9.5


@dataclass(frozen=True, slots=True)
class Row:
    """
    A place and its values.

    Attributes
    ----------
    label
        Its name.
    now
        Value of the last year; nan or inf = none.
    then
        Value of the first year; nan or inf = none.
    """

    label: str
    now: float
    then: float = math.nan


@dataclass(frozen=True, slots=True)
class Axis:
    """
    What a chart's values are.

    Attributes
    ----------
    title
        Measure and unit.
    write
        How a value is written.
    names
        What then and now are called, as years.
    """

    title: str
    write: Callable[[float], str]
    names: tuple[str, str] = ("", "")


def ranked_bars(rows: Sequence[Row], axis: Axis, *, title: str, description: str) -> str:
    """
    Draw bars in the order given, the value at the end of each, and a tick where the first year stood.

    Parameters
    ----------
    rows
        Places with values; one without is named and left blank.
    axis, title, description
        What is shown.
    """
    left = max((text_width(row.label, _SIZE) for row in rows), default=0) + 34
    known = [value for row in rows for value in (row.now, row.then) if math.isfinite(value)]
    room = max((text_width(axis.write(value), _SIZE) for value in known), default=0) + 10
    ticks = nice_ticks(0, max(known, default=1) or 1)
    drawing = Drawing(WIDTH, _TOP + _ROW * len(rows) + 22)
    scale = _scale(ticks, left, WIDTH - room)
    _grid(drawing, ticks, scale, axis)
    if axis.names[0]:
        drawing.line((left, 8, left, 19), THEN, stroke_width=2)
        end = left + 6 + text_width(axis.names[0], _SIZE) + 14
        drawing.text(left + 6, 17, axis.names[0], size=_SIZE)
        legend(drawing, end, 8, [(ACCENT, axis.names[1])])
    for at, row in enumerate(rows):
        y = _TOP + _ROW * at
        drawing.text(18, y + 10, str(at + 1), size=8.5, anchor="end", fill=MUTED)
        drawing.text(left - 6, y + 10, row.label, size=_SIZE, anchor="end")
        if math.isfinite(row.now):
            drawing.rect(left, y + 2, max(scale(row.now) - left, 0.5), _ROW - 4, ACCENT)
        if math.isfinite(row.then):
            drawing.line((scale(row.then), y + 1, scale(row.then), y + _ROW - 1), THEN, stroke_width=2)
        if math.isfinite(row.now):
            end = max(scale(value) for value in (row.now, row.then) if math.isfinite(value))
            drawing.text(end + 5, y + 10, axis.write(row.now), size=_SIZE)
    return drawing.svg(title, description)


def dumbbells(rows: Sequence[Row], axis: Axis, *, title: str, description: str) -> str:
    """
    Draw two discs a row, then and now, joined by a line.

    Parameters
    ----------
    rows
        Places in the order shown.
    axis, title, description
        What is shown; `names` of the axis are the two years.
    """
    left = max((text_width(row.label, _SIZE) for row in rows), default=0) + 12
    known = [value for row in rows for value in (row.now, row.then) if math.isfinite(value)]
    ticks = nice_ticks(min(known, default=0), max(known, default=1), 8)
    drawing = Drawing(WIDTH, _TOP + _ROW * len(rows) + 22)
    scale = _scale(ticks, left + 38, WIDTH - 44)
    legend(drawing, left, 8, [(THEN, axis.names[0]), (NOW, axis.names[1])])
    _grid(drawing, ticks, scale, axis)
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + _ROW / 2
        drawing.text(left - 6, y + 3.5, row.label, size=_SIZE, anchor="end")
        ends = [(value, colour) for value, colour in ((row.then, THEN), (row.now, NOW)) if math.isfinite(value)]
        if len(ends) == 2:
            drawing.line((scale(row.then), y, scale(row.now), y), "#9aa5ae", stroke_width=1.6)
        for value, colour in ends:
            drawing.circle(scale(value), y, 3.8, colour)
        for at, (value, _) in enumerate(sorted(ends)):
            first = at == 0 and len(ends) == 2
            place = scale(value) + (-8 if first else 8)
            drawing.text(place, y + 3.5, axis.write(value), size=8.5, anchor="end" if first else "start")
    return drawing.svg(title, description)


def slopes(rows: Sequence[Row], axis: Axis, *, title: str, description: str, marked: int = 3) -> str:
    """
    Draw ranks then and now as lines from left to right; the largest rises and falls are coloured.

    Parameters
    ----------
    rows
        Places with their ranks, 1 = first; one without a rank in either year is left out.
    axis, title, description
        What is shown; `names` of the axis are the two years.
    marked
        How many rises, and how many falls, are coloured.
    """
    rows = [row for row in rows if math.isfinite(row.now) and math.isfinite(row.then)]
    step = 12.4
    ranks = [rank for row in rows for rank in (row.now, row.then)]
    drawing = Drawing(WIDTH, 40 + step * (max(ranks, default=0)))
    left, right = 220.0, 440.0
    drawing.text(left - 8, 14, axis.names[0], size=10.5, anchor="end", weight=700)
    drawing.text(right + 8, 14, axis.names[1], size=10.5, weight=700)
    by_rise = sorted(rows, key=lambda row: (row.then - row.now, -row.now))
    falls = [row for row in by_rise[:marked] if row.now > row.then]
    rises = [row for row in by_rise[::-1][:marked] if row.now < row.then]
    for row in sorted(rows, key=lambda row: row in falls or row in rises):
        colour = NOW if row in falls else THEN if row in rises else "#9aa5ae"
        ys = [24 + step * rank for rank in (row.then, row.now)]
        drawing.line((left, ys[0], right, ys[1]), colour, stroke_width=2 if colour != "#9aa5ae" else 1)
        fill, weight = (colour, 700) if colour != "#9aa5ae" else (INK, 400)
        for x, y in ((left, ys[0]), (right, ys[1])):
            drawing.circle(x, y, 2.6, colour)
        drawing.text(left - 8, ys[0] + 3.4, f"{row.label}  {axis.write(row.then)}", anchor="end", fill=fill, size=_SIZE)
        change = f" ({row.then - row.now:+.0f})".replace("-", "−") if row.then != row.now else ""
        drawing.text(
            right + 8, ys[1] + 3.4, f"{axis.write(row.now)}  {row.label}{change}", fill=fill, weight=weight, size=_SIZE
        )
    return drawing.svg(title, description)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line over a range: its name, its colour and its points."""

    name: str
    colour: str
    points: tuple[tuple[float, float], ...]


def curves(
    found: Sequence[Curve],
    axis: Axis,
    *,
    across: Sequence[tuple[float, str]],
    title: str,
    description: str,
) -> str:
    """
    Draw curves of values from 0 up.

    Parameters
    ----------
    found
        Curves, drawn in order.
    axis
        Of the values.
    across
        Ticks of the other axis: place and text, the last one its end.
    title, description
        What is shown.
    """
    left, right, top, bottom = 52.0, WIDTH - 16, 26.0, 186.0
    drawing = Drawing(WIDTH, bottom + 24)
    ticks = nice_ticks(0, max((y for curve in found for _, y in curve.points), default=1))
    up = _scale(ticks, bottom, top)
    along = _scale([across[0][0], across[-1][0]], left, right)
    for tick in ticks:
        drawing.line((left, up(tick), right, up(tick)))
        drawing.text(left - 6, up(tick) + 3.5, axis.write(tick), size=_SIZE, anchor="end", fill=MUTED)
    for place, text in across:
        drawing.line((along(place), bottom, along(place), bottom + 4), MUTED)
        drawing.text(along(place), bottom + 16, text, size=_SIZE, anchor="middle", fill=MUTED)
    drawing.text(left, 13, axis.title, size=_SIZE, fill=MUTED)
    width = sum(30 + text_width(curve.name, _SIZE) for curve in found)
    legend(drawing, right - width, 4, [(curve.colour, curve.name) for curve in found])
    for curve in found:
        d = "M" + "L".join(f"{short(along(x))} {short(up(y))}" for x, y in curve.points)
        drawing.path(d, stroke=curve.colour, stroke_width=2.2, stroke_linejoin="round")
    return drawing.svg(title, description)


def _scale(ticks: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, span = ticks[0], (ticks[-1] - ticks[0]) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _grid(drawing: Drawing, ticks: Sequence[float], scale: Callable[[float], float], axis: Axis) -> None:
    bottom = drawing.height - 18
    for tick in ticks:
        drawing.line((scale(tick), _TOP - 6, scale(tick), bottom), RULE)
        drawing.text(scale(tick), bottom + 13, axis.write(tick), size=8.5, anchor="middle", fill=MUTED)
    drawing.text(WIDTH, 17, axis.title, size=_SIZE, anchor="end", fill=MUTED)
