"""Commands that bring streets into a region folder: import osm."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.bringing import DryRun, File, Licence, Url, begin, existing
from megaregion.cli.options import Folder, Json, Lang, Quiet, bring


@bring.command("osm")
def import_osm(
    file: File,
    region: Folder = "",
    mode: Annotated[
        str, typer.Option("--mode", help="Streets to bring: walk, drive or both with a comma.")
    ] = "walk,drive",
    elevation: Annotated[str, typer.Option("--elevation", help="GeoTIFF of heights in metres, for slopes.")] = "",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring the streets of an OpenStreetMap extract (.osm.pbf), in place of those that are there."""
    from megaregion.sources.osm import read_osm

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    path = existing(file)
    modes = tuple(part.strip() for part in mode.split(",") if part.strip())
    reading = read_osm(
        path,
        modes=modes,
        elevation=existing(elevation) if elevation else None,
        region=task.held(),
    )
    task.commit(reading, "import osm", path)
