"""
Compile the base map of the shipped region from Natural Earth 1:10m.

    python tools/compile_base_map.py LAND LAKES RIVERS [OUT]

LAND is `land-10m.json` of the npm package world-atlas (TopoJSON); LAKES and RIVERS are GeoJSON of Natural Earth's
`ne_10m_lakes` and `ne_10m_rivers_lake_centerlines`, whole or cut to the extent. Natural Earth is in the public domain.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import Polygon, mapping, shape

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

EXTENT = shapely.box(114.0, 26.5, 124.0, 36.0)
"""The four provinces with a margin."""

DIGITS = 3
"""Decimals of a degree kept, about 100 m; the land of world-atlas is itself rounded to about 300 m."""

SIMPLIFY_DEGREES = 0.002
"""About 200 m, below a pixel at the scales that 1:10m shapes are good for."""

MIN_LAKE_DEGREES2 = 0.002
"""About 20 km2; smaller lakes are specks at these scales."""

LAKE_EXTENT = shapely.box(116.2, 27.0, 124.0, 36.0)
"""Unnamed lakes are drawn here only: those farther west belong to the plains of Hubei and Jiangxi."""

OUT = Path(__file__).resolve().parents[1] / "src" / "megaregion" / "examples" / "yrd" / "base_map.geojson"
SOURCE = "natural-earth-10m"

LAKES = {
    "Tai Hu": ("太湖", "Lake Tai"),
    "Hongze Hu": ("洪泽湖", "Lake Hongze"),
    "Gaoyou Hu": ("高邮湖", "Lake Gaoyou"),
    "Chao Hu": ("巢湖", "Lake Chao"),
    "Poyang Hu": ("鄱阳湖", "Lake Poyang"),
    "Shijiu Hu": ("石臼湖", "Lake Shijiu"),
    "Weishan Hu": ("微山湖", "Lake Weishan"),
    "Luoma Hu": ("骆马湖", "Lake Luoma"),
    "Ge Hu": ("滆湖", "Lake Ge"),
    "Daguan Hu": ("大官湖", "Lake Daguan"),
    "Long Hu": ("龙湖", "Lake Long"),
    "Po Hu": ("泊湖", "Lake Po"),
    "Xinanjiang Shuiku": ("新安江水库", "Xin'anjiang Reservoir"),
}
"""Natural Earth's name: local and English name. Lakes that Natural Earth leaves unnamed stay unnamed."""

RIVERS = {
    "Yangtze": ("长江", "Yangtze"),
    "Huai": ("淮河", "Huai"),
    "Hudi": ("淮河", "Huai"),  # Natural Earth's name for the Huai below Zhengyangguan and its way to the Yangtze
    "Ying": ("颍河", "Ying"),
    "Fuchun": ("富春江", "Fuchun (Qiantang)"),
    "Ou": ("瓯江", "Ou"),
    "Yi": ("沂河", "Yi"),
}
"""Rivers drawn; those that only touch the corners of the extent are left out."""

CHONGMING, CHONGMING_POINT = ("崇明岛", "Chongming Island"), shapely.Point(121.6, 31.62)
"""The island in the mouth of the Yangtze; Natural Earth does not name land."""

UNNAMED_RIVER_BOX = shapely.box(117.9, 31.0, 121.7, 31.6)
"""Natural Earth has two unnamed rivers here: the outflows of lakes Tai and Chao."""


def main(arguments: list[str]) -> int:
    """Write the base map and print its size."""
    if len(arguments) not in {3, 4}:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    land, lakes, rivers = (Path(argument) for argument in arguments[:3])
    out = Path(arguments[3]) if len(arguments) == 4 else OUT
    features = [*_land(land), *_lakes(lakes), *_rivers(rivers)]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    out.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    sys.stdout.write(f"{out.name}: {len(features)} features, {out.stat().st_size / 1000:.0f} kB\n")
    return 0


def _land(file: Path) -> list[dict[str, Any]]:
    whole = shapely.intersection(shapely.union_all(_topojson_polygons(file, "land")), EXTENT)
    parts = sorted(shapely.get_parts(whole), key=shapely.area, reverse=True)
    return [
        _feature(f"land-{number}", "land", CHONGMING if part.contains(CHONGMING_POINT) else ("", ""), part)
        for number, part in enumerate(parts, start=1)
    ]


def _lakes(file: Path) -> list[dict[str, Any]]:
    chosen = []
    for properties, lake in _geojson(file):
        visible = shapely.intersection(lake, EXTENT)
        large = visible.area >= MIN_LAKE_DEGREES2 and LAKE_EXTENT.contains(visible)
        if large or properties["name"] in LAKES:
            chosen.append((LAKES.get(properties["name"] or "", ("", "")), visible))
    chosen.sort(key=lambda item: -item[1].area)
    return [_feature(f"lake-{n}", "water", names, lake) for n, (names, lake) in enumerate(chosen, start=1)]


def _rivers(file: Path) -> list[dict[str, Any]]:
    by_name: dict[tuple[str, str], list[BaseGeometry]] = {}
    for properties, river in _geojson(file):
        name = properties["name"] or ""
        if name in RIVERS or (not name and UNNAMED_RIVER_BOX.contains(river)):
            by_name.setdefault(RIVERS.get(name, ("", "")), []).append(shapely.intersection(river, EXTENT))
    return [
        _feature(f"river-{n}", "river", names, shapely.line_merge(shapely.union_all(lines)))
        for n, (names, lines) in enumerate(by_name.items(), start=1)
    ]


def _feature(feature_id: str, layer: str, names: tuple[str, str], geometry: BaseGeometry) -> dict[str, Any]:
    simple = shapely.simplify(geometry, SIMPLIFY_DEGREES)
    rounded = shapely.set_precision(simple, 10**-DIGITS)
    properties = {"feature_id": feature_id, "layer": layer, "source_id": SOURCE}
    properties |= {"name": names[0], "name_en": names[1]} if names[0] else {}
    return {"type": "Feature", "properties": properties, "geometry": _tidy(mapping(rounded))}


def _tidy(geometry: dict[str, Any]) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        return round(value, DIGITS) if isinstance(value, float) else [rounded(item) for item in value]

    return {"type": geometry["type"], "coordinates": rounded(geometry["coordinates"])}


def _geojson(file: Path) -> list[tuple[dict[str, Any], BaseGeometry]]:
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    return [(feature["properties"], shapely.make_valid(shape(feature["geometry"]))) for feature in features]


def _topojson_polygons(file: Path, name: str) -> list[BaseGeometry]:
    """Polygons of one object of a quantised TopoJSON file that touch the extent."""
    topology = json.loads(file.read_text(encoding="utf-8"))
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        arcs.append(points)

    def ring(ids: list[int]) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for number in ids:
            # a negative number is the complement of an arc that is walked backwards (TopoJSON 2.1.4)
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc[1:] if points else arc
        return points

    found = []
    for geometry in topology["objects"][name]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for shell, *holes in polygons:
            outline = ring(shell)
            if shapely.box(*shapely.total_bounds(shapely.points(outline))).intersects(EXTENT):
                found.append(shapely.make_valid(Polygon(outline, [ring(hole) for hole in holes])))
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
