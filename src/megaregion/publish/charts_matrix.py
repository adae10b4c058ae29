"""The heat map of a matrix: one box a pair, origin down, destination across."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from megaregion.publish.charts import INK, MUTED, WIDTH, Classes, Drawing, ink_on, legend, short, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MANY = 22
"""Above so many places there is no room for figures in the boxes."""

TURN_DEG = 65
"""Names across stand so steep that lines of them are as far apart as those of a paragraph."""


def heat_map(  # noqa: PLR0913 - a matrix, its names and how it is read
    labels: Sequence[str],
    values: NDArray[np.float64],
    classes: Classes,
    *,
    title: str,
    description: str,
    key: str,
    words: tuple[str, str],
    write: Callable[[float], str],
    width: float = WIDTH,
) -> str:
    """
    Draw a matrix as boxes of class colours.

    Parameters
    ----------
    labels
        (n,) names in the order drawn.
    values
        (n, n) float64; nan = no data (hatched), inf = unreachable (a dot); the diagonal is left blank.
    classes
        Colours.
    title, description
        What is shown.
    key
        Heading of the legend, with the unit.
    words
        What the legend calls unreachable and no data.
    write
        How a figure is written, where there is room for it.
    width
        Of names and boxes, px.
    """
    n = len(labels)
    longest = max((text_width(label, 9.5) for label in labels), default=0)
    across, up = math.cos(math.radians(TURN_DEG)), math.sin(math.radians(TURN_DEG))
    # names across lean to the right, so that the last one needs room there
    lean = min(longest * across, 70.0)
    side = min((width - longest - 8 - lean) / max(n, 1), 46.0)
    size = min(9.5, side * 0.8)
    # a line takes a third more than its letters
    across_size = min(size, side * up / 1.35)
    left, top = longest * size / 9.5 + 8, longest * across_size / 9.5 * up + 12
    drawing = Drawing(WIDTH, top + side * n + 44)
    boxes: dict[str, list[str]] = {}
    for row in range(n):
        y = top + side * row
        drawing.text(left - 5, y + side / 2 + size * 0.36, labels[row], size=size, anchor="end")
        drawing.text(left + side * (row + 0.68), top - 5, labels[row], size=across_size, turn=-TURN_DEG)
        for column in range(n):
            x = left + side * column
            value = float(values[row, column])
            if row == column:
                continue
            if np.isnan(value):
                drawing.hatch(x + 0.3, y + 0.3, side - 0.6, side - 0.6)
                continue
            colour = "#eceff1" if np.isinf(value) else classes.colour(value)
            box = f"M{short(x + 0.3)} {short(y + 0.3)}h{short(side - 0.6)}v{short(side - 0.6)}h{short(0.6 - side)}z"
            boxes.setdefault(colour, []).append(box)
            if np.isinf(value):
                boxes.setdefault("dot", []).append(f"M{short(x + side / 2 - 1)} {short(y + side / 2 - 1)}h2v2h-2z")
    for colour in sorted(boxes, key=lambda each: each == "dot"):
        drawing.path("".join(boxes[colour]), MUTED if colour == "dot" else colour)
    if n <= MANY:
        _figures(drawing, values, classes, (left, top, side), write)
    entries = list(zip(classes.colours, classes.labels, strict=True))
    y = top + side * n + 12
    drawing.text(0, y + 9, key, size=9.5, weight=700, fill=INK)
    extra = [("dot", words[0])] if np.isinf(values).any() else []
    off = ~np.eye(n, dtype=bool)
    extra += [("hatch", words[1])] if np.isnan(values[off]).any() else []
    legend(drawing, 0, y + 16, [*entries, *extra])
    return drawing.svg(title, description)


def _figures(
    drawing: Drawing,
    values: NDArray[np.float64],
    classes: Classes,
    grid: tuple[float, float, float],
    write: Callable[[float], str],
) -> None:
    left, top, side = grid
    size = min(10.0, side * 0.36)
    for (row, column), value in np.ndenumerate(values):
        if row == column or not np.isfinite(value):
            continue
        place = (left + side * (column + 0.5), top + side * (row + 0.5) + size * 0.36)
        drawing.text(*place, write(float(value)), size=size, anchor="middle", fill=ink_on(classes.colour(value)))
