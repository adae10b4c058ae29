"""
All layers of the atlas in one GeoPackage, with styles that QGIS opens them in.

Written from what the page shows, so that both say the same. Measures of cities are columns, one for each choice and
state; table `measures` says what each column is and rests on. Matrices between cities are in the CSV files.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from megaregion.publish.atlas_gpkg_style import STYLE_TABLE, graduated_areas, graduated_lines, graduated_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

GPKG_FILE = "data/atlas.gpkg"

AREAS, CENTRES, STATIONS = "city_areas", "city_centres", "stations"

_DATE = "2000-01-01T00:00:00.000Z"
"""Written as the date of last change, so that the same atlas gives the same bytes."""

_GROUPS = {0: "other", 1: "high_speed", 2: "metro"}
_CRS = "EPSG:4326"
_ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class _Column:
    """One measure of cities under one choice in one state."""

    name: str
    of_cities: list[float | None]
    about: dict[str, str | None]


def build_geopackage(data: Mapping[str, Any]) -> bytes:
    """
    Write cities with all their measures, stations and lines.

    Parameters
    ----------
    data
        What the page shows: `build_atlas_data`.

    Returns
    -------
    Contents of a GeoPackage (WGS84) with the layers `city_areas` (where there are outlines), `city_centres`,
    `stations`, `lines_<state>`, the tables `measures` and `about`, and `layer_styles`. An unreachable value is NULL
    as one that is not known is; the CSV files tell them apart. The same data give the same bytes with the same GDAL
    and SQLite.
    """
    columns = list(_columns(data))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "atlas.gpkg")
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
        try:
            for name, frame in _layers(data, columns).items():
                pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        with closing(sqlite3.connect(path)) as store, store:
            _write_styles(store, data, columns)
        return path.read_bytes()


def _layers(data: Mapping[str, Any], columns: Sequence[_Column]) -> dict[str, pd.DataFrame]:
    cities = data["cities"]
    facts = pd.DataFrame(
        {
            "city_id": [city["id"] for city in cities],
            **{name: [city[name] for city in cities] for name in ("name", "name_en", "province", "province_en")},
            **{column.name: pd.array(column.of_cities, dtype="Float64") for column in columns},
        }
    )
    centres = shapely.points([[city["lon"], city["lat"]] for city in cities])
    layers: dict[str, pd.DataFrame] = {}
    if data["cells"]:
        at = [cell["city"] for cell in data["cells"]]
        shapes = [_multi(cell["geometry"]) for cell in data["cells"]]
        kinds = [cell["kind"] for cell in data["cells"]]
        areas = facts.iloc[at].reset_index(drop=True)
        areas.insert(1, "outline", kinds)
        layers[AREAS] = gpd.GeoDataFrame(areas, geometry=shapes, crs=_CRS)
    layers[CENTRES] = gpd.GeoDataFrame(facts, geometry=centres, crs=_CRS)
    stations = data["stations"]
    if stations:
        where = shapely.points([[lon, lat] for _, _, lon, lat, _ in stations])
        frame = pd.DataFrame(
            {
                "name": [station[0] for station in stations],
                "name_en": [station[1] for station in stations],
                "city_id": [None if station[4] is None else cities[station[4]]["id"] for station in stations],
            }
        )
        layers[STATIONS] = gpd.GeoDataFrame(frame, geometry=where, crs=_CRS)
    for state in data["states"]:
        if state["lines"]:
            layers[_lines_of(state)] = _lines(state["lines"], stations)
    layers["measures"] = pd.DataFrame([column.about for column in columns], columns=_ABOUT)
    layers["about"] = pd.DataFrame(
        [
            ("title", data["title"]["en"]),
            ("title_zh", data["title"]["zh"]),
            ("region", data["region"]["name"]),
            ("version", data["region"]["version"]),
            ("software", data.get("software")),
            ("illustrative", "yes" if data["illustrative"] else "no"),
            ("unknown", "NULL = no data, or not reachable; the CSV files of the atlas tell them apart"),
        ],
        columns=["key", "value"],
    )
    return layers


_ABOUT = [
    *("column", "measure", "title_en", "title_zh", "unit", "choice", "state", "state_en", "state_zh"),
    *("formula_en", "formula_zh", "status", "assumptions_en", "assumptions_zh", "sources"),
]


def _columns(data: Mapping[str, Any]) -> Iterator[_Column]:
    """Give every measure of cities, under every choice, in every state."""
    states = {state["id"]: state for state in data["states"]}
    for measure in data["measures"]:
        if measure["shape"] != "city":
            continue
        for choice, held in measure["values"].items():
            for state, found in held.items():
                values = held[found["same"]]["values"] if "same" in found else found["values"]
                name = _safe("_".join(part for part in (measure["name"], choice, state) if part not in {"", _ALWAYS}))
                label = states[state]["label"] if state in states else {"en": None, "zh": None}
                assumed = found.get("assumptions", ())
                sources = {entry.get("source_id") for entry in found["inputs"]}
                titles = [data["sources"].get(source, {}).get("title") or source for source in sorted(sources - {None})]
                yield _Column(
                    name,
                    [float(value) if isinstance(value, (int, float)) else None for value in values],
                    {
                        "column": name,
                        "measure": measure["name"],
                        "title_en": measure["title"]["en"],
                        "title_zh": measure["title"]["zh"],
                        "unit": measure["unit"],
                        "choice": choice or None,
                        "state": state,
                        "state_en": label["en"],
                        "state_zh": label["zh"],
                        "formula_en": measure["formula"]["en"],
                        "formula_zh": measure["formula"]["zh"],
                        "status": found["status"],
                        "assumptions_en": "; ".join(words["en"] for words in assumed) or None,
                        "assumptions_zh": "；".join(words["zh"] for words in assumed) or None,
                        "sources": "; ".join(titles),
                    },
                )


def _lines(lines: Sequence[Sequence[Any]], stations: Sequence[Sequence[Any]]) -> gpd.GeoDataFrame:
    ends = [[stations[at][2:4] for at in line[:2]] for line in lines]
    frame = pd.DataFrame(
        {
            "from_name": [stations[line[0]][0] for line in lines],
            "to_name": [stations[line[1]][0] for line in lines],
            "kind": [_GROUPS[line[2]] for line in lines],
            "trains": [float(line[3]) for line in lines],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.linestrings(ends), crs=_CRS)


def _write_styles(store: sqlite3.Connection, data: Mapping[str, Any], columns: Sequence[_Column]) -> None:
    """
    Add the table in which QGIS looks for styles, one a column.

    A layer opens with the first column that most cities have: QGIS leaves out what has no value.
    """
    store.execute(STYLE_TABLE)
    store.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (_DATE,),
    )

    def add(layer: str, name: str, qml: str, *, default: bool) -> None:
        store.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', ?, '', '', ?)",
            (layer, name, qml, default, _DATE),
        )

    layers: list[tuple[str, Callable[[str, Sequence[float], bool], str]]] = [(CENTRES, graduated_points)]
    if data["cells"]:
        layers.insert(0, (AREAS, graduated_areas))
    numbers = [[value for value in column.of_cities if value is not None] for column in columns]
    most = max(map(len, numbers), default=0)
    first = next((column for column, known in zip(columns, numbers, strict=True) if len(known) == most), None)
    for column, known in zip(columns, numbers, strict=True):
        if known:
            for layer, style in layers:
                # as on the page, dark is well connected: near in time, or much of a thing
                qml = style(column.name, known, column.about["unit"] == "s")
                add(layer, column.name, qml, default=column is first)
    for state in data["states"]:
        if state["lines"]:
            trains = graduated_lines("trains", [float(line[3]) for line in state["lines"]])
            add(_lines_of(state), "trains", trains, default=True)


def _lines_of(state: Mapping[str, Any]) -> str:
    return f"lines_{_safe(state['id'])}"


def _safe(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()


def _multi(geometry: Mapping[str, Any]) -> shapely.MultiPolygon:
    shape = shapely.geometry.shape(geometry)
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
