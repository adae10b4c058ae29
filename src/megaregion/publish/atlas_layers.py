"""What the atlas map draws: base map, city cells, stations and lines, as plain lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from megaregion.publish import line_map
from megaregion.publish.plain import short_number, text_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.publish.atlas_states import AtlasState
    from megaregion.region.model import Region

SHEET_MARGIN_DEG = 1.0
"""Lines and base map reach this far beyond the outermost city centres."""

COORDINATE_DECIMALS = 4
"""About 10 m: finer than any zoom of the atlas shows."""

MANY_POINTS = 30_000
"""City outlines with more points than this are simplified together, keeping shared borders shared."""

SIMPLIFY_DEG = 0.004
"""Tolerance of that simplification, about 400 m."""


GROUPS = {"high_speed": 1, "metro": 2}
"""Numbers of the groups of lines on the page; all others are 0."""


@dataclass(frozen=True, slots=True)
class MapLayers:
    """
    Layers of the map.

    Attributes
    ----------
    stations
        name, name_en, lon, lat, position of the city or None: a list a station.
    station_ids
        Ids of the stations, in their order.
    station_calls
        Trains a day that call there in the last timetable year, both directions; in their order.
    lines
        By state: from station, to station, group (0 other trains, 1 high-speed, 2 metro), trains a day.
    line_change
        By state that is compared with another: from station, to station, group, trains a day before and after.
    cells
        Outline of each city that has one: position of the city, kind, GeoJSON geometry.
    base
        Features of the base map: layer, names, source, GeoJSON geometry.
    source_ids
        Sources of all that is drawn, for the credit line.
    """

    stations: list[list[Any]]
    station_ids: list[str]
    station_calls: list[int]
    lines: dict[str, list[list[Any]]]
    line_change: dict[str, list[list[Any]]]
    cells: list[dict[str, Any]]
    base: list[dict[str, Any]]
    source_ids: list[str]


def build_layers(region: Region, states: Sequence[AtlasState]) -> MapLayers:
    """
    Gather the layers of the map; cities count in the order of their ids.

    Parameters
    ----------
    region
        Region with cities, and where at hand boundaries and base_map.
    states
        Those with a timetable: regions with stops, trips and stop_times.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable")
    ids = cities["city_id"].tolist()
    maps = {state.id: line_map.build_line_map(state.region, _feeds_of(state)) for state in states}
    shown = _stations_on_sheet([state.region for state in states], cities, list(maps.values()))
    at = {stop: position for position, stop in enumerate(shown["stop_id"].tolist())}
    # lines end at the first station beyond the region; a region whose stations name no city shows all on the sheet
    inside = set(shown.loc[shown["city_id"].isin(ids), "stop_id"]) or set(at)
    change = {
        state.id: _plain_lines(
            line_map.compare_lines(maps[state.before], maps[state.id]), at, inside, ("before", "after")
        )
        for state in states
        if state.before in maps
    }
    return MapLayers(
        stations=_plain_stations(shown, ids),
        station_ids=[str(stop) for stop in shown["stop_id"].tolist()],
        station_calls=_station_calls(states, shown),
        lines={state: _plain_lines(found.segments, at, inside, ("trains",)) for state, found in maps.items()},
        line_change=change,
        cells=_cells(region, ids),
        base=_base(region, cities),
        source_ids=_source_ids(region, cities, shown),
    )


def _station_calls(states: Sequence[AtlasState], shown: pd.DataFrame) -> list[int]:
    years = [state for state in states if state.kind == "year"]
    if not years:
        return [0] * len(shown)
    calls = line_map.daily_calls(years[-1].region, _feeds_of(years[-1]))
    return [round(float(calls.get(stop, 0.0))) for stop in shown["stop_id"].tolist()]


def _feeds_of(state: AtlasState) -> list[str]:
    feeds = state.region.table("feeds")
    return [str(feed) for feed in feeds.loc[feeds["year"] == state.year, "feed_id"].tolist()]


def plain_shape(shape: Any) -> dict[str, Any]:
    """GeoJSON geometry of a shape with rounded coordinates and repeated points dropped."""
    rounded = shapely.transform(shape, lambda points: np.round(points, COORDINATE_DECIMALS))
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(shapely.remove_repeated_points(rounded)))
    return geometry


def _sheet(cities: pd.DataFrame) -> tuple[float, float, float, float]:
    return (
        float(cities["lon"].min()) - SHEET_MARGIN_DEG,
        float(cities["lat"].min()) - SHEET_MARGIN_DEG,
        float(cities["lon"].max()) + SHEET_MARGIN_DEG,
        float(cities["lat"].max()) + SHEET_MARGIN_DEG,
    )


def _source_ids(region: Region, cities: pd.DataFrame, stations: pd.DataFrame) -> list[str]:
    drawn = (stations, region.table("boundaries"), region.table("base_map"))
    found = {str(source) for frame in drawn for source in frame["source_id"].dropna() if source}
    # the source of a city is that of its name and land area; that of its centre stands in brackets in the note
    notes = " ".join(cities["centre_note"].dropna().unique().tolist())
    return sorted(
        found | {source for source in region.table("sources")["source_id"].tolist() if f"({source})" in notes}
    )


def _stations_on_sheet(
    regions: Sequence[Region], cities: pd.DataFrame, maps: Sequence[line_map.LineMap]
) -> pd.DataFrame:
    west, south, east, north = _sheet(cities)
    stops = pd.concat([line_map.located_stations(region) for region in regions]).drop_duplicates("stop_id")
    used = {stop for year in maps for column in ("from_id", "to_id") for stop in year.segments[column].tolist()}
    on_sheet = stops["lon"].between(west, east) & stops["lat"].between(south, north)
    return stops[on_sheet & stops["stop_id"].isin(used)].sort_values("stop_id")


def _plain_stations(stations: pd.DataFrame, city_ids: Sequence[str]) -> list[list[Any]]:
    city_at = {city: position for position, city in enumerate(city_ids)}
    return [
        [
            row["name"],
            text_or_none(row["name_en"]),
            round(float(row["lon"]), COORDINATE_DECIMALS),
            round(float(row["lat"]), COORDINATE_DECIMALS),
            city_at.get(row["city_id"]),
        ]
        for row in stations.to_dict("records")
    ]


def _plain_lines(
    segments: pd.DataFrame, at: dict[str, int], inside: set[str], columns: tuple[str, ...]
) -> list[list[Any]]:
    return [
        [
            at[row["from_id"]],
            at[row["to_id"]],
            GROUPS.get(row["group"], 0),
            *(short_number(float(row[column])) for column in columns),
        ]
        for row in segments.to_dict("records")
        if row["from_id"] in at and row["to_id"] in at and not inside.isdisjoint((row["from_id"], row["to_id"]))
    ]


def _cells(region: Region, ids: Sequence[str]) -> list[dict[str, Any]]:
    boundaries = region.table("boundaries")
    boundaries = boundaries[boundaries["city_id"].isin(ids)].sort_values("city_id")
    if boundaries.empty:
        return []
    shapes = shapely.from_wkb(boundaries["geometry"].to_numpy())
    if int(shapely.get_num_coordinates(shapes).sum()) > MANY_POINTS:
        shapes = shapely.coverage_simplify(shapes, SIMPLIFY_DEG)
    return [
        {"city": ids.index(row["city_id"]), "kind": row["kind"], "geometry": plain_shape(shape)}
        for row, shape in zip(boundaries.to_dict("records"), shapes, strict=True)
    ]


def _base(region: Region, cities: pd.DataFrame) -> list[dict[str, Any]]:
    features = region.table("base_map").sort_values("feature_id")
    west, south, east, north = _sheet(cities)
    # the sheet is wider than it is looked at, so that panning does not show where the land was cut
    frame = shapely.box(west - 4, south - 3, east + 4, north + 3)
    found = []
    for row in features.to_dict("records"):
        shape = shapely.intersection(shapely.make_valid(shapely.from_wkb(row["geometry"])), frame)
        if shape.is_empty:
            continue
        found.append(
            {
                "layer": row["layer"],
                "name": text_or_none(row["name"]),
                "name_en": text_or_none(row["name_en"]),
                "source_id": text_or_none(row["source_id"]),
                "geometry": plain_shape(shape),
            }
        )
    return found
