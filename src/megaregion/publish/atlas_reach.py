"""
The reach of a station: land, cities and people within some times, by timetable year, and outlines to draw.

Figures are those of the outlines before they are simplified, the same as `megaregion isochrone` prints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from megaregion.errors import InputError
from megaregion.publish.atlas_layers import COORDINATE_DECIMALS
from megaregion.publish.plain import plain, text_or_none
from megaregion.study.reached_land import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.mobility.isochrone import Isochrones

REACH_FILE = "data/reach.js"
"""Outlines, as `window.MEGAREGION_REACH = {...}`: a script, because a page opened from disk may load nothing else."""

REACH_TABLE = "data/reach.csv"

CUTOFFS_MIN = (60, 90, 120)
"""Cut-offs of the layer, min: the circles that plans speak of."""

MEDIAN = 50.0

SIMPLIFY_CELLS = 0.2
"""Tolerance to which outlines are simplified for the page, in cells: far below what a cell leaves open."""

_DEGREE_M = 111_320.0

_FINE_DEG = 1e-5
"""Where outlines are cut with one another, corners closer than about 1 m are one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What is reached from one station.

    Attributes
    ----------
    station
        stop_id, name, name_en, lon, lat.
    by_year
        Isochrones by timetable year, as `reached_land` gives them: one start, percentile 50 and the same cut-offs in
        all years.
    ground
        How one goes on from a station, in English and in Chinese.
    """

    station: Mapping[str, Any]
    by_year: Mapping[int, Isochrones] = field(repr=False)
    ground: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlainReach:
    """
    The layer as the page takes it.

    Attributes
    ----------
    figures
        Key `reach` of `data.js`.
    shapes
        Contents of `REACH_FILE`: by part (a year, "gained", "lost") one GeoJSON geometry a cut-off, None = nothing.
    rows
        `REACH_TABLE` with its heading.
    """

    figures: dict[str, Any]
    shapes: dict[str, list[dict[str, Any] | None]] = field(repr=False)
    rows: list[list[str]] = field(repr=False)


def build_reach(reach: Reach, cities: Sequence[Mapping[str, Any]]) -> PlainReach:
    """
    Count what lies within outlines and make them ready to be drawn.

    Parameters
    ----------
    reach
        Outlines by year.
    cities
        As in `data.js`: id, lon, lat and population (None = not known) in the order in which the page counts them.

    Raises
    ------
    InputError
        If the years differ in origin, percentile or cut-offs, or lack the median.
    """
    years = sorted(reach.by_year)
    cutoffs = _check(reach, years)
    tables = {year: _median(reach.by_year[year]) for year in years}
    simplified_m = SIMPLIFY_CELLS * max(found.cell_m for found in reach.by_year.values())
    tolerance = simplified_m / _DEGREE_M
    dry = {year: list(tables[year].geometry.array) for year in years}
    centres = shapely.points(np.array([(city["lon"], city["lat"]) for city in cities], dtype=float).reshape(-1, 2))
    inside = {year: [np.flatnonzero(shapely.covers(shape, centres)).tolist() for shape in dry[year]] for year in years}
    figures: dict[str, list[dict[str, Any]]] = {
        str(year): [
            _figures(area, inside[year][at], cities) for at, area in enumerate(tables[year]["area_km2"].tolist())
        ]
        for year in years
    }
    shapes = {
        str(year): [_plain(shapely.coverage_simplify([shape], tolerance)[0]) for shape in dry[year]] for year in years
    }
    if len(years) > 1:
        first, last = years[0], years[-1]
        changes = reach.by_year[last].changes(reach.by_year[first])
        changes = changes[changes["percentile"] == MEDIAN]
        gained, lost = figures.setdefault("gained", []), figures.setdefault("lost", [])
        drawn: dict[str, list[dict[str, Any] | None]] = {name: [] for name in (str(first), str(last), "gained", "lost")}
        for at in range(len(cutoffs)):
            then, now = dry[first][at], dry[last][at]
            kept = shapely.intersection(then, now, grid_size=_FINE_DEG)
            new, gone = (shapely.difference(*pair, grid_size=_FINE_DEG) for pair in ((now, then), (then, now)))
            there = [set(inside[year][at]) for year in (first, last)]
            more, less = (float(changes[name].iloc[at]) for name in ("gained_km2", "lost_km2"))
            gained.append(_figures(more, sorted(there[1] - there[0]), cities))
            lost.append(_figures(less, sorted(there[0] - there[1]), cities))
            # together, so that what was gained ends where what there was begins
            simple = shapely.coverage_simplify([_polygons(part) for part in (kept, new, gone)], tolerance)
            parts = (_both(simple[0], simple[2]), _both(simple[0], simple[1]), simple[1], simple[2])
            for name, part in zip(drawn, parts, strict=True):
                drawn[name].append(_plain(part))
        shapes |= drawn
    return PlainReach(
        figures={
            "file": REACH_FILE,
            "station": _station(reach.station),
            "cutoffs_s": cutoffs,
            "parts": figures,
            "bounds": _bounds([dry[year][-1] for year in years]),
            "on_land": all(found.provenance.get("water") == LEFT_OUT for found in reach.by_year.values()),
            "simplified_m": round(simplified_m),
            "ground": {"en": reach.ground[0], "zh": reach.ground[1]},
            "by_year": {str(year): _about(reach.by_year[year]) for year in years},
        },
        shapes=shapes,
        rows=_rows(figures, cutoffs, cities),
    )


def _check(reach: Reach, years: Sequence[int]) -> list[float]:
    tables = {year: _median(reach.by_year[year]) for year in years}
    found = {year: (sorted(set(table["origin_id"])), table["cutoff_s"].tolist()) for year, table in tables.items()}
    if not found or any(len(origins) != 1 or not cutoffs for origins, cutoffs in found.values()):
        msg = (
            f"isochrones of the atlas: {found}; expected one origin with percentile 50 in every year. "
            "Compute them from one station with percentiles=(50,)."
        )
        raise InputError(msg)
    if any(each != found[years[0]] for each in found.values()):
        msg = (
            f"isochrones of the atlas differ from year to year: {found}. Compute them from the same station and for "
            "the same cut-offs."
        )
        raise InputError(msg)
    return [float(cutoff) for cutoff in found[years[0]][1]]


def _median(found: Isochrones) -> Any:
    return found.table[found.table["percentile"] == MEDIAN]


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the areas of what a set operation gives; outlines that touch come as lines."""
    parts = [each for part in shapely.get_parts(shape) for each in shapely.get_parts(part)]
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _both(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    return _polygons(shapely.union(one, other, grid_size=10.0**-COORDINATE_DECIMALS))


def _plain(shape: shapely.Geometry) -> dict[str, Any] | None:
    """GeoJSON with rounded coordinates; parts that rounding leaves without area are dropped."""
    rounded = shapely.set_precision(shape, 10.0**-COORDINATE_DECIMALS)
    polygons = [
        [
            [[round(x, COORDINATE_DECIMALS), round(y, COORDINATE_DECIMALS)] for x, y in ring.coords]
            for ring in _rings(part)
        ]
        for part in shapely.get_parts(rounded)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return {"type": "MultiPolygon", "coordinates": polygons} if polygons else None


def _rings(polygon: Any) -> list[Any]:
    return [polygon.exterior, *polygon.interiors]


def _bounds(shapes: Sequence[shapely.Geometry]) -> list[float] | None:
    """West, south, east and north of the widest outlines, degrees; None = nothing is reached."""
    if all(shape.is_empty for shape in shapes):
        return None
    return [round(float(value), COORDINATE_DECIMALS) for value in shapely.total_bounds(shapes)]


def _figures(area: float, inside: list[int], cities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    people = [cities[at]["population"] for at in inside]
    # what holds an unknown amount is not known
    known = None if any(one is None for one in people) else sum(people)
    return {"area_km2": round(area, 1), "cities": inside, "people": known}


def _station(station: Mapping[str, Any]) -> dict[str, Any]:
    name = text_or_none(station["name"]) or str(station["stop_id"])
    return {
        "id": str(station["stop_id"]),
        "name": name,
        "name_en": text_or_none(station["name_en"]) or name,
        "lon": round(float(station["lon"]), COORDINATE_DECIMALS),
        "lat": round(float(station["lat"]), COORDINATE_DECIMALS),
    }


def _about(found: Isochrones) -> dict[str, Any]:
    names = ("date", "window", "max_walk_time_s", "cell_m", "cells", "typical_departures", "change_time_s")
    return {name: plain(found.provenance.get(name)) for name in names}


def _rows(
    figures: Mapping[str, list[dict[str, Any]]], cutoffs: Sequence[float], cities: Sequence[Mapping[str, Any]]
) -> list[list[str]]:
    rows = [["part", "cutoff_min", "area_km2", "people", "city_ids"]]
    for part, values in figures.items():
        for cutoff, one in zip(cutoffs, values, strict=True):
            people = "" if one["people"] is None else str(one["people"])
            inside = ";".join(str(cities[at]["id"]) for at in one["cities"])
            rows.append([part, f"{cutoff / 60:g}", f"{one['area_km2']:.1f}", people, inside])
    return rows
