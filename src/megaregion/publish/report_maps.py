"""What the maps of a report draw: base map, city areas and lines of the last timetable, as shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import shapely

from megaregion.publish.line_map import build_line_map, located_stations

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.region.model import Region


@dataclass(frozen=True, slots=True)
class MapSheets:
    """
    Layers of a report's maps.

    Attributes
    ----------
    base
        Features of the base map: layer (land, water, river, border) and geometry.
    cells
        Area of each city that has one: position of the city in the order of ids, kind, geometry.
    lines
        One row a segment of the last timetable: x1, y1, x2, y2 (degrees), fast (whether high-speed), trains (a day).
    """

    base: list[dict[str, Any]] = field(repr=False)
    cells: list[dict[str, Any]] = field(repr=False)
    lines: pd.DataFrame = field(repr=False)


def build_sheets(region: Region, year: int | None) -> MapSheets:
    """
    Gather the layers of a region.

    Parameters
    ----------
    region
        May hold cities, boundaries, a base map and a timetable.
    year
        Year of the timetable whose lines are drawn; None = no lines.
    """
    base = region.table("base_map").sort_values("feature_id")
    ids = region.table("cities")["city_id"].sort_values(kind="stable").tolist()
    areas = region.table("boundaries")
    areas = areas[areas["city_id"].isin(ids)].sort_values("city_id")
    return MapSheets(
        base=[
            {"layer": layer, "geometry": shape}
            for layer, shape in zip(base["layer"], shapely.from_wkb(base["geometry"].to_numpy(object)), strict=True)
        ],
        cells=[
            {"city": ids.index(city), "kind": kind, "geometry": shape}
            for city, kind, shape in zip(
                areas["city_id"], areas["kind"], shapely.from_wkb(areas["geometry"].to_numpy(object)), strict=True
            )
        ],
        lines=_lines(region, year),
    )


def _lines(region: Region, year: int | None) -> pd.DataFrame:
    feeds = region.table("feeds")
    segments = build_line_map(region, feeds.loc[feeds["year"] == year, "feed_id"].tolist()).segments
    places = located_stations(region).drop_duplicates("stop_id").set_index("stop_id")
    known = segments[segments["from_id"].isin(places.index) & segments["to_id"].isin(places.index)]
    columns = {
        name: known[end].map(places[axis]).to_numpy("float64")
        for name, end, axis in (
            ("x1", "from_id", "lon"),
            ("y1", "from_id", "lat"),
            ("x2", "to_id", "lon"),
            ("y2", "to_id", "lat"),
        )
    }
    return known.assign(**columns, fast=known["group"] == "high_speed")[[*columns, "fast", "trains"]].reset_index(
        drop=True
    )
