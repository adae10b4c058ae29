"""Charts of values that are not known exactly: one row a place, its value and its band around zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from megaregion.publish.charts import ACCENT, INK, MUTED, RULE, WARNING, WIDTH, Drawing, nice_ticks, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.publish.charts_rows import Axis

_ROW, _TOP, _SIZE = 13.4, 34.0, 9.5


@dataclass(frozen=True, slots=True)
class BandRow:
    """
    A place, its value and its band; nan = not known.

    Attributes
    ----------
    label
        Its name.
    value, low, high
        Median, and ends of the band.
    """

    label: str
    value: float
    low: float
    high: float


def bands(rows: Sequence[BandRow], axis: Axis, *, title: str, description: str) -> str:
    """
    Draw a disc at each value and a line over its band; a band on both sides of zero is pale.

    Parameters
    ----------
    rows
        Places in the order shown; one without a value is named and left blank.
    axis, title, description
        What is shown.
    """
    left = max((text_width(row.label, _SIZE) for row in rows), default=0) + 12
    room = max((text_width(axis.write(row.value), _SIZE) for row in rows if math.isfinite(row.value)), default=0) + 8
    known = [each for row in rows for each in (row.low, row.value, row.high) if math.isfinite(each)]
    ticks = nice_ticks(min(known, default=0.0), max(known, default=1.0), 8)
    start, end = left, WIDTH - room - 8
    span = (ticks[-1] - ticks[0]) or 1.0
    drawing = Drawing(WIDTH, _TOP + _ROW * len(rows) + 22)

    def along(value: float) -> float:
        return start + (value - ticks[0]) / span * (end - start)

    bottom = drawing.height - 18
    for tick in ticks:
        drawing.line((along(tick), _TOP - 6, along(tick), bottom), INK if tick == 0 else RULE)
        drawing.text(along(tick), bottom + 13, axis.write(tick), size=8.5, anchor="middle", fill=MUTED)
    drawing.text(WIDTH, 17, axis.title, size=_SIZE, anchor="end", fill=MUTED)
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + _ROW / 2
        drawing.text(left - 6, y + 3.5, row.label, size=_SIZE, anchor="end")
        if not math.isfinite(row.value):
            continue
        colour = ACCENT if row.value >= 0 else WARNING
        pale = {"opacity": 0.4} if row.low < 0 < row.high else {}
        drawing.line((along(row.low), y, along(row.high), y), colour, stroke_width=3, **pale)
        drawing.circle(along(row.value), y, 3.4, colour)
        drawing.text(WIDTH, y + 3.5, axis.write(row.value), size=_SIZE, anchor="end")
    return drawing.svg(title, description)
