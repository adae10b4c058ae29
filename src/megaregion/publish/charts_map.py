"""Small maps: base map, city areas, lines, outlines, marks and names, on one sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from megaregion.publish.charts import INK, LAND, MUTED, SHORE, WATER, WIDTH, Drawing, short, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

SIMPLIFY_PX = 0.35
"""Outlines are simplified to a third of a pixel: finer than print shows."""

_EARTH_KM_PER_DEG = 111.32


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Where places lie on the sheet: equirectangular, true to scale in the middle.

    Attributes
    ----------
    west, north
        Upper left corner, degrees.
    scale
        px a degree of latitude.
    squeeze
        Length of a degree of longitude over one of latitude.
    width, height
        Of the sheet, px.
    """

    west: float
    north: float
    scale: float
    squeeze: float
    width: float
    height: float

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        *,
        width: float = WIDTH,
        highest: float = 640.0,
        within: tuple[float, float] | None = None,
    ) -> Frame:
        """
        Fit west, south, east and north on a sheet of a width, and of a height up to the highest.

        `within` is west and east of what is known: the sheet does not look beyond them if it can help it.

        Examples
        --------
        >>> Frame.around((0.0, 0.0, 2.0, 1.0), width=200.0).height
        100.0
        """
        west, south, east, north = bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        scale = min(width / ((east - west) * squeeze), highest / (north - south))
        height = round((north - south) * scale)
        spare = width / scale / squeeze - (east - west)
        left = west - spare / 2
        if within is not None:
            left = max(min(left, within[1] - (east - west) - spare), min(within[0], west))
        return cls(left, north, scale, squeeze, width, float(height))

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Place of a point on the sheet, px."""
        return (lon - self.west) * self.squeeze * self.scale, (self.north - lat) * self.scale

    def box(self) -> Any:
        """Sheet as a shape, degrees, a little wider than it is."""
        far = 6 / self.scale
        east = self.west + self.width / self.scale / self.squeeze
        return shapely.box(self.west - far, self.north - self.height / self.scale - far, east + far, self.north + far)

    def outline(self, shape: Any) -> str:
        """Path of a polygon, a line or several, simplified to what can be seen; "" = nothing on the sheet."""
        seen = shapely.intersection(shapely.make_valid(shape), self.box())
        seen = shapely.simplify(seen, SIMPLIFY_PX / self.scale)
        return "".join(self._part(part) for part in _flat(seen))

    def _part(self, part: Any) -> str:
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        end = "z" if part.geom_type == "Polygon" else ""
        return "".join(self._line(ring.coords) + end for ring in rings)

    def _line(self, points: Iterable[Sequence[float]]) -> str:
        return "M" + "L".join(" ".join(map(short, self.at(*point[:2]))) for point in points)


@dataclass(frozen=True, slots=True)
class Name:
    """
    A name on the map.

    Attributes
    ----------
    text
        What is written.
    lon, lat
        The place that it names.
    weight
        Which of two that touch stays: the larger.
    note
        A figure below it.
    """

    text: str
    lon: float
    lat: float
    weight: float = 0.0
    note: str = ""


def place_outline(frame: Frame, geometry: Mapping[str, Any]) -> str:
    """Path of a GeoJSON geometry."""
    return frame.outline(shapely.geometry.shape(geometry))


def draw_base(drawing: Drawing, frame: Frame, base: Sequence[Mapping[str, Any]]) -> None:
    """Fill the sheet with sea and land; without a base map it is plain land."""
    land = [each for each in base if each["layer"] == "land"]
    drawing.rect(0, 0, frame.width, frame.height, WATER if land else LAND)
    for each in land:
        drawing.path(frame.outline(_shape(each)), LAND, stroke=SHORE, stroke_width=0.6)


def draw_water(drawing: Drawing, frame: Frame, base: Sequence[Mapping[str, Any]]) -> None:
    """Draw lakes, rivers and borders, which stay visible above areas."""
    for each in base:
        if each["layer"] == "water":
            drawing.path(frame.outline(_shape(each)), WATER, stroke=SHORE, stroke_width=0.5)
        elif each["layer"] == "river":
            drawing.path(frame.outline(_shape(each)), stroke="#b4d0dd", stroke_width=1.1)
        elif each["layer"] == "border":
            drawing.path(frame.outline(_shape(each)), stroke=MUTED, stroke_width=0.5, stroke_dasharray="3 2")


def draw_cells(
    drawing: Drawing, frame: Frame, cells: Sequence[Mapping[str, Any]], colour: Callable[[int], str | None]
) -> None:
    """Fill city areas; `colour` gives that of a city's position, None = no data."""
    for cell in cells:
        fill = colour(int(cell["city"]))
        drawing.hatched |= fill is None
        outline = frame.outline(_shape(cell))
        drawing.path(outline, fill or "url(#no-data)", stroke="#ffffff", stroke_width=0.8)


def draw_names(drawing: Drawing, frame: Frame, names: Sequence[Name], *, size: float = 10.0) -> None:
    """Write names beside their marks, the weightiest first; one that would lie on another is left out."""
    taken: list[tuple[float, float, float, float]] = []
    for name in sorted(names, key=lambda each: (-each.weight, each.text)):
        x, y = frame.at(name.lon, name.lat)
        wide = max(text_width(name.text, size), text_width(name.note, size - 1)) + 2
        high = size * (2.1 if name.note else 1.1)
        for left, top in ((x + 5, y - size * 0.6), (x - 5 - wide, y - size * 0.6), (x - wide / 2, y - high - 5)):
            box = (left, top, left + wide, top + high)
            inside = left > 2 and box[2] < frame.width - 2 and top > 2 and box[3] < frame.height - 2
            if inside and not any(_touch(box, other) for other in taken):
                taken.append(box)
                drawing.text(left, top + size * 0.9, name.text, size=size, halo=True)
                if name.note:
                    drawing.text(left, top + size * 1.95, name.note, size=size - 1, halo=True)
                break


def draw_scale(drawing: Drawing, frame: Frame) -> None:
    """Draw a bar of a round length in the lower left corner."""
    px_per_km = frame.scale / _EARTH_KM_PER_DEG
    longest = 110 / px_per_km
    power = 10.0 ** math.floor(math.log10(longest))
    km = max(each * power for each in (1, 2, 5) if each * power <= longest)
    x, y = 12.0, frame.height - 12
    drawing.line((x, y, x + km * px_per_km, y), INK, stroke_width=2)
    drawing.text(x, y - 5, f"{km:g} km", size=9, halo=True)


def line_width(trains: float, most: float) -> float:
    """Width of a line, px, by the root of its trains a day."""
    return 0.5 + 3.5 * math.sqrt(max(trains, 0) / most) if most else 0.5


def _shape(each: Mapping[str, Any]) -> Any:
    geometry = each["geometry"]
    return shapely.geometry.shape(geometry) if isinstance(geometry, dict) else geometry


def _flat(shape: Any) -> list[Any]:
    if shape.is_empty:
        return []
    parts = [part for each in shapely.get_parts(shape) for part in shapely.get_parts(each)]
    return [part for part in parts if part.geom_type in {"Polygon", "LineString"}]


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
