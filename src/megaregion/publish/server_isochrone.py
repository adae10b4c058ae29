"""What the page asks about a point: the land that is reached from it, in one state or in two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from megaregion import clock
from megaregion.errors import InputError, LimitError
from megaregion.publish.server_errors import notices_of
from megaregion.publish.server_query import read_number
from megaregion.region.points import Points
from megaregion.study.content_key import question_key
from megaregion.study.reached_land import DEFINITION, PERCENTILE, WINDOW, reached_land

if TYPE_CHECKING:
    from megaregion.mobility.isochrone import Isochrones
    from megaregion.publish.server_query import Query
    from megaregion.publish.server_region import Served, State

MAX_CUTOFF_MIN = 240
MAX_CUTOFFS = 8
MAX_WINDOW_H = 24

DECIMALS = 5
"""Of coordinates: about a metre."""


def isochrone(served: Served, query: Query) -> dict[str, Any]:
    """
    Outline what is reached from a point, as GeoJSON; against another state also what was gained, lost and kept.

    Raises
    ------
    InputError
        If a parameter cannot be used, or the point lies outside the region.
    """
    lon = query.number("lon", least=-180, most=180)
    lat = query.number("lat", least=-90, most=90)
    cutoffs = _cutoffs(query.text("cutoffs", "30,60,90") or "")
    percentile = query.number("percentile", least=1, most=100, default=PERCENTILE)
    window = _window(query.text("window", "-".join(WINDOW)) or "")
    year, scenario, against = query.text("year"), query.text("scenario"), query.text("against")
    query.finish()
    state = served.state(year, scenario)
    before = _before(served, state, against) if against else None
    origin = Points(("origin",), np.array([lon]), np.array([lat]))
    asked: dict[str, Any] = {
        "cutoffs_s": [60 * minutes for minutes in cutoffs],
        "percentiles": (percentile,),
        "window": window,
    }

    def outlines(of: State) -> Isochrones:
        ways = served.ways(of)
        return reached_land(of.region, ways.timetable, origin, ways.spread, **asked)

    after = outlines(state)
    parts = {"after": after}
    if before is not None:
        earlier = outlines(before)
        parts |= {
            "before": earlier,
            "kept": after.intersection(earlier),
            "gained": after.difference(earlier),
            "lost": earlier.difference(after),
        }
    ground = served.ways(state).spread.ground
    told = {"region": served.region.name, "version": served.region.version}
    return {
        "type": "FeatureCollection",
        "features": [feature for part, found in parts.items() for feature in _features(part, found)],
        "cities": [row for part in ("after", "before") if part in parts for row in _cities(served, part, parts[part])],
        "origin": {"lon": lon, "lat": lat},
        "state": state.about(),
        "before": before.about() if before else None,
        "definition": {"en": DEFINITION[0], "zh": DEFINITION[1]},
        "ground": {"en": ground.rule, "zh": ground.rule_zh},
        "provenance": {**told, **after.provenance},
        "provenance_before": {**told, **parts["before"].provenance} if before else None,
        "notices": notices_of(after),
        "key": question_key(
            content=served.content,
            state=_key(state),
            against=_key(before) if before else None,
            stands_on=against == "base",
            lon=lon,
            lat=lat,
            **asked,
        ),
    }


def _before(served: Served, state: State, against: str) -> State:
    """Give what a state is compared with: a year, or what a scenario stands on."""
    if against != "base":
        return served.state(against)
    if state.offered is None:
        msg = "against is 'base', but no scenario is named; give scenario=NAME, or a year such as against=2012."
        raise InputError(msg)
    return served.base(state.offered)


def _features(part: str, found: Isochrones) -> list[dict[str, Any]]:
    features = []
    for row in found.table.itertuples():
        drawn = shapely.set_precision(row.geometry, 10.0**-DECIMALS) if not row.geometry.is_empty else row.geometry
        about = {
            "part": part,
            "cutoff_s": row.cutoff_s,
            "percentile": row.percentile,
            "area_km2": round(row.area_km2, 3),
        }
        features.append({"type": "Feature", "geometry": _multi(drawn), "properties": about})
    return features


def _cities(served: Served, part: str, found: Isochrones) -> list[dict[str, Any]]:
    cities = served.region.table("cities").sort_values("city_id")
    centres = shapely.points(cities["lon"].to_numpy(float), cities["lat"].to_numpy(float))
    return [
        {
            "part": part,
            "cutoff_s": row.cutoff_s,
            "city_ids": cities["city_id"][shapely.covers(row.geometry, centres)].tolist(),
        }
        for row in found.table.itertuples()
    ]


def _cutoffs(text: str) -> list[float]:
    parts = text.split(",")
    if len(parts) > MAX_CUTOFFS:
        msg = f"cutoffs has {len(parts)} times; expected up to {MAX_CUTOFFS}."
        raise LimitError(msg)
    return sorted({read_number("cutoffs", part.strip(), 1, MAX_CUTOFF_MIN) for part in parts})


def _window(text: str) -> tuple[str, str]:
    start, dash, end = text.partition("-")
    if not dash:
        msg = f"window is {text!r}; expected two clock times with a dash, as in 07:00-10:00."
        raise InputError(msg)
    length = clock.parse(end, what="window") - clock.parse(start, what="window")
    if not 0 < length <= MAX_WINDOW_H * 3600:
        msg = f"window is {text!r}; expected one that ends after it begins, up to {MAX_WINDOW_H} hours long."
        raise InputError(msg)
    return start.strip(), end.strip()


def _multi(shape: shapely.Geometry) -> dict[str, Any]:
    """GeoJSON of areas, always as a MultiPolygon."""
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    document: dict[str, Any] = json.loads(shapely.to_geojson(shapely.MultiPolygon(polygons)))
    return document


def _key(state: State) -> Any:
    if state.offered is None:
        return state.year
    shipped = state.offered.shipped
    return [shipped.scenario.id, shipped.stands_on, shipped.year]
