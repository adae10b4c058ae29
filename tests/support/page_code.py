"""The page's own code, run in Node: outlines of points, and how far they agree with those of the engine."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import shapely

from megaregion.mobility.contour import area_km2

WEB = Path(__file__).resolve().parents[2] / "web"


def at_hand() -> bool:
    """Whether Node and the page's tools are there."""
    return shutil.which("node") is not None and (WEB / "node_modules" / "rolldown").is_dir()


def ask_page(
    figures: dict[str, Any], script: bytes, asked: list[dict[str, Any]], base: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """
    Outlines by the page's code: one dict a question, with outlines (GeoJSON, one a cut-off) and ms.

    Also `land_km2`, by cut-off on the land of the base map, and with a state `before` the areas kept, gained and lost.
    """
    text = script.decode("ascii")
    data = {"figures": figures, "base": base, "script": json.loads(text[text.index("{") : text.rindex("}") + 1])}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "data.json")
        path.write_text(json.dumps(data), encoding="ascii")
        command = ["node", "scripts/outlines.mjs", str(path)]
        done = subprocess.run(command, cwd=WEB, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def agreement(ours: shapely.Geometry, exact: shapely.Geometry) -> tuple[float, float, float]:
    """Area of the page's outline, of the engine's, and of what is in both, km2."""
    both = [part for part in shapely.get_parts(shapely.intersection(ours, exact)) if part.geom_type == "Polygon"]
    return area_km2(ours), area_km2(exact), area_km2(shapely.MultiPolygon(both))
