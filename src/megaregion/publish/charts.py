"""
Drawing charts as SVG: marks, text and colours.

Text stays text, so that it can be searched, copied and read aloud. A chart is a title, a description and marks; the
same input gives the same drawing. Colours: cividis for amounts, red to blue around zero for differences, hatching where
there are no data.
"""

from __future__ import annotations

import math
import unicodedata
import zlib
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FONTS = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','Helvetica Neue',Arial,sans-serif"
INK, MUTED, RULE, PAPER = "#1f2933", "#5b6770", "#d5dbe0", "#fbfaf7"
ACCENT, WARNING, LAND, WATER, SHORE = "#0b6e6e", "#b4540a", "#f4f1ea", "#cfe3ee", "#b7c4cc"
THEN, NOW, BOTH = "#2166ac", "#b2182b", "#7b4f9d"
"""Colours of the first year, the last year, and what is in both."""

WIDTH = 660.0
"""Width of a chart, px: the text width of an A4 page at 96 px an inch."""

CIVIDIS = (
    *("#00204d", "#00336f", "#39486b", "#575c6d", "#707173"),
    *("#8a8779", "#a69d75", "#c4b56c", "#e4cf5b", "#ffea46"),
)
RDBU = (
    *("#67001f", "#b2182b", "#d6604d", "#f4a582", "#fddbc7", "#f7f7f7"),
    *("#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"),
)

SMALLEST = 7.0
"""Size of the smallest text, px: 5 pt in print."""

_WIDE_EM, _NARROW_EM = 1.0, 0.56
"""Width of a Chinese and, on average, of a Latin character."""


def ramp(colours: Sequence[str], at: float) -> str:
    """
    Give the colour at a place from 0 to 1 along a palette.

    Examples
    --------
    >>> ramp(("#000000", "#ffffff"), 0.5)
    '#808080'
    """
    place = min(max(at, 0.0), 1.0) * (len(colours) - 1)
    low = min(int(place), len(colours) - 2)
    part = place - low
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours[low : low + 2]]
    return "#" + "".join(f"{math.floor(a + (b - a) * part + 0.5):02x}" for a, b in zip(*ends, strict=True))


def ink_on(colour: str) -> str:
    """Text colour that can be read on a colour: white on dark, ink on light."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "#ffffff" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < 0.3 else INK


def text_width(text: str, size: float) -> float:
    """Width of a text, px, near enough to leave room for it."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return size * (_WIDE_EM * wide + _NARROW_EM * (len(text) - wide))


def short(value: float) -> str:
    """
    Write a coordinate with a tenth of a pixel at most.

    Examples
    --------
    >>> short(2.0), short(2.04), short(-0.01)
    ('2', '2', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text in {"-0", ""} else text


@dataclass(slots=True)
class Drawing:
    """
    Marks on a sheet, drawn in order.

    Attributes
    ----------
    width, height
        Of the sheet, px.
    marks
        SVG elements.
    """

    width: float
    height: float
    marks: list[str] = field(default_factory=list)
    hatched: bool = False

    def rect(self, x: float, y: float, width: float, height: float, fill: str, **more: object) -> None:
        """Draw a filled box."""
        box = f'x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{short(height)}"'
        self.marks.append(f'<rect {box} fill="{fill}"{_attributes(more)}/>')

    def line(self, ends: tuple[float, float, float, float], stroke: str = RULE, **more: object) -> None:
        """Draw a line x1, y1, x2, y2."""
        places = " ".join(f'{name}="{short(at)}"' for name, at in zip(("x1", "y1", "x2", "y2"), ends, strict=True))
        self.marks.append(f'<line {places} stroke="{stroke}"{_attributes(more)}/>')

    def circle(self, x: float, y: float, radius: float, fill: str, **more: object) -> None:
        """Draw a disc."""
        self.marks.append(
            f'<circle cx="{short(x)}" cy="{short(y)}" r="{short(radius)}" fill="{fill}"{_attributes(more)}/>'
        )

    def path(self, d: str, fill: str = "none", **more: object) -> None:
        """Draw a path."""
        if d:
            self.marks.append(f'<path d="{d}" fill="{fill}"{_attributes(more)}/>')

    def text(  # noqa: PLR0913 - what a text looks like
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 10,
        anchor: str = "start",
        fill: str = INK,
        weight: int = 400,
        halo: bool = False,
        turn: float = 0,
    ) -> None:
        """Write text whose baseline starts (or ends, or has its middle) at a place; a halo keeps it off the map."""
        place = f'x="{short(x)}" y="{short(y)}" font-size="{short(size)}" text-anchor="{anchor}"'
        place += f' font-weight="{weight}"' if weight != 400 else ""
        place += f' transform="rotate({short(turn)} {short(x)} {short(y)})"' if turn else ""
        written = escape(text, quote=False)
        if halo:
            # the halo is the same text below, which readers aloud pass over
            edge = f'stroke="{PAPER}" stroke-width="3.2" stroke-linejoin="round"'
            self.marks.append(f'<text aria-hidden="true" {place} fill="{PAPER}" {edge}>{written}</text>')
        self.marks.append(f'<text {place} fill="{fill}">{written}</text>')

    def hatch(self, x: float, y: float, width: float, height: float) -> None:
        """Fill a box with the sign of no data."""
        self.hatched = True
        self.rect(x, y, width, height, "url(#no-data)")

    def inset(self, part: Drawing, x: float, y: float) -> None:
        """Place another drawing on this one, cut to its size."""
        self.hatched |= part.hatched
        size = f'width="{short(part.width)}" height="{short(part.height)}"'
        view = f'viewBox="0 0 {short(part.width)} {short(part.height)}"'
        marks = "".join(part.marks)
        self.marks.append(f'<svg x="{short(x)}" y="{short(y)}" {size} {view} overflow="hidden">{marks}</svg>')

    def svg(self, title: str, description: str) -> str:
        """Give the sheet as one element with its title and description, for readers aloud."""
        # ids are those of the whole page, so each drawing has its own
        hatching = f"no-data-{zlib.crc32((title + description).encode()):08x}"
        marks = "".join(self.marks).replace("url(#no-data)", f"url(#{hatching})")
        pattern = (
            f'<defs><pattern id="{hatching}" width="5" height="5" patternUnits="userSpaceOnUse">'
            f'<rect width="5" height="5" fill="{PAPER}"/><path d="M-1 6L6 -1M-1 1L1 -1M4 6L6 4" stroke="#9aa5ae" '
            'stroke-width="0.8"/></pattern></defs>'
        )
        size = f"{short(self.width)} {short(self.height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{short(self.width)}" '
            f'height="{short(self.height)}" role="img" aria-label="{escape(title)}" font-family="{FONTS}">'
            f"<title>{escape(title, quote=False)}</title><desc>{escape(description, quote=False)}</desc>"
            f"{pattern if self.hatched else ''}{marks}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Classes:
    """
    Classes of values and their colours.

    Attributes
    ----------
    breaks
        Upper bounds of all classes but the last, ascending; a bound belongs to the class below it.
    colours
        One for each class.
    labels
        What the legend says, one for each class.
    """

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]

    def colour(self, value: float) -> str:
        """Colour of a value."""
        return self.colours[sum(value > each for each in self.breaks)]


def legend(
    drawing: Drawing,
    x: float,
    y: float,
    entries: Sequence[tuple[str, str]],
    *,
    title: str = "",
    size: float = 9.5,
) -> float:
    """
    Draw a key in one line: colour ("hatch" = no data, "dot" = unreachable) and text; smaller where it is long.

    Returns
    -------
    Where it ends, px.
    """
    gap, parts = 12.0, len(entries) + bool(title)
    em = text_width(title, 1) + sum(text_width(label, 1) for _, label in entries)
    if x + em * size + 18 * len(entries) + gap * parts > drawing.width:
        gap = 8.0
        size = max((drawing.width - x - 18 * len(entries) - gap * parts) / em, SMALLEST)
    if title:
        drawing.text(x, y + 9, title, size=size, weight=700)
        x += text_width(title, size) + gap
    for colour, label in entries:
        if colour == "hatch":
            drawing.hatch(x, y, 14, 11)
        elif colour == "dot":
            drawing.rect(x, y, 14, 11, "#eceff1")
            drawing.circle(x + 7, y + 5.5, 1.3, MUTED)
        else:
            drawing.rect(x, y, 14, 11, colour)
        drawing.text(x + 18, y + 9, label, size=size)
        x += 18 + text_width(label, size) + gap
    return x


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """
    Round values that span a range.

    Examples
    --------
    >>> nice_ticks(0, 9.4)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / wanted
    size = 10 ** math.floor(math.log10(raw))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= raw * 0.999)
    first = math.floor(low / step)
    return [float(step * at) for at in range(first, math.ceil(high / step - 1e-9) + 1)]


def _attributes(more: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
