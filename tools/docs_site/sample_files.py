"""
Three cities on paper, as files: what the examples of the documentation read.

The cities, their figures, trains and streets are made up. They lie in the open sea, so that nobody takes them for real.
"""

from __future__ import annotations

import csv
import json
import zipfile
from typing import TYPE_CHECKING, Any

import osmium

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CITIES = {"a": ("甲城", "Alpha", 124.0, 30.0), "b": ("乙城", "Beta", 124.5, 30.0), "c": ("丙城", "Gamma", 124.25, 30.4)}
"""Key: name, English name, longitude and latitude of the centre."""

PEOPLE = {"a": 3_000_000, "b": 2_000_000, "c": 1_000_000}
HALF_SIDE_DEG = 0.15
GRID = 12
STEP_DEG = 0.001
METRO = [("north", 0.004, 0.009), ("centre", 0.004, 0.005), ("south", 0.004, 0.001)]
"""Stops of the metro: name, and how far east and north of the corner of the town, degrees."""


def write_sample_files(folder: Path) -> None:
    """Write all sample files into a folder."""
    _csv(
        folder / "cities.csv",
        ("city_id", "name", "name_en", "lon", "lat", "status"),
        [(key, *row, "illustrative") for key, row in CITIES.items()],
    )
    _csv(
        folder / "facts.csv",
        ("city_id", "indicator", "year", "value", "unit", "status"),
        [(key, "population_census", 2020, people, "person", "illustrative") for key, people in PEOPLE.items()],
    )
    _outlines(folder / "outlines.geojson")
    _trains(folder)
    _metro(folder / "metro.zip")
    _streets(folder / "town.osm.pbf")
    _csv(
        folder / "blocks.csv",
        ("id", "lon", "lat", "people", "jobs"),
        [
            (f"block-{x}{y}", 124.0 + x * STEP_DEG, 30.0 + y * STEP_DEG, 100 + 10 * x, 50 * y)
            for x in (1, 5, 9)
            for y in (1, 5, 9)
        ],
    )
    network = folder / "r5r-folder"
    network.mkdir()
    _metro(network / "metro.zip")
    _streets(network / "town.osm.pbf")


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerows([header, *rows])


def _outlines(path: Path) -> None:
    """Write a square around each centre."""
    features = []
    for key, (name, _, lon, lat) in CITIES.items():
        corners = [(lon + x * HALF_SIDE_DEG, lat + y * HALF_SIDE_DEG) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        ring = [*corners, corners[0]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"city_id": key, "name": name}, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _trains(folder: Path) -> None:
    """Write an express every hour from A over C to B and back, 25 minutes a hop."""
    stations = [(f"{name}站", lon, lat, name) for name, _, lon, lat in CITIES.values()]
    _csv(folder / "stations.csv", ("station", "lon", "lat", "city"), stations)
    there = [f"{CITIES[key][0]}站" for key in "acb"]
    rows: list[tuple[object, ...]] = []
    for hour in range(6, 22):
        for number, calls in ((f"G{2 * hour + 1}", there), (f"G{2 * hour}", there[::-1])):
            times = (("----", f"{hour:02}:00"), (f"{hour:02}:25", f"{hour:02}:27"), (f"{hour:02}:52", "----"))
            rows += [
                (number, place, station, *pair, 1)
                for place, (station, pair) in enumerate(zip(calls, times, strict=True), 1)
            ]
    _csv(folder / "timetable.csv", ("train", "seq", "station", "arr", "dep", "day"), rows)


def _metro(path: Path) -> None:
    """Write a metro with three stops and a train every ten minutes, in both directions."""
    stops = [(name, name.title(), 124.0 + x, 30.0 + y) for name, x, y in METRO]
    trips, calls = [], []
    for minute in range(6 * 60, 23 * 60, 10):
        for direction, order in enumerate((METRO, METRO[::-1])):
            trip = f"{direction}-{minute}"
            trips.append(("1", "daily", trip, direction))
            for place, (name, *_) in enumerate(order):
                clock = f"{(minute + 2 * place) // 60:02}:{(minute + 2 * place) % 60:02}:00"
                calls.append((trip, clock, clock, name, place))
    files: dict[str, tuple[str, Sequence[Sequence[Any]]]] = {
        "agency.txt": (
            "agency_id,agency_name,agency_url,agency_timezone",
            [("m", "Metro", "https://example.org", "Asia/Shanghai")],
        ),
        "stops.txt": ("stop_id,stop_name,stop_lon,stop_lat", stops),
        "routes.txt": ("route_id,agency_id,route_short_name,route_type", [("1", "m", "1", 1)]),
        "trips.txt": ("route_id,service_id,trip_id,direction_id", trips),
        "stop_times.txt": ("trip_id,arrival_time,departure_time,stop_id,stop_sequence", calls),
        "calendar.txt": (
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            [("daily", *[1] * 7, "20240101", "20241231")],
        ),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, (header, rows) in files.items():
            archive.writestr(name, "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def _streets(path: Path) -> None:
    """Write a grid of streets, about 100 m apart."""
    with osmium.SimpleWriter(str(path)) as writer:
        for y in range(GRID):
            for x in range(GRID):
                location = (124.0 + x * STEP_DEG, 30.0 + y * STEP_DEG)
                writer.add_node(osmium.osm.mutable.Node(id=1 + x + GRID * y, location=location))
        rows = [[1 + x + GRID * y for x in range(GRID)] for y in range(GRID)]
        columns = [list(column) for column in zip(*rows, strict=True)]
        for number, members in enumerate(rows + columns, 1):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=members, tags={"highway": "residential"}))
