"""Commands that bring streets into a region folder: import osm."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.imports import DryRun, File, Licence, Url, _commit, _existing, _set, _source
from megaregion.cli.options import Folder, Json, Lang, Quiet, bring, needed


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
    from megaregion.region.store import Store
    from megaregion.sources.osm import read_osm

    _set(as_json, quiet, lang)
    path = _existing(file)
    modes = tuple(part.strip() for part in mode.split(",") if part.strip())
    reading = read_osm(
        path,
        modes=modes,
        elevation=_existing(elevation) if elevation else None,
        region=Store.open(needed(region)).read(),
    )
    _commit(region, reading, f"import osm {path.name}", _source(path, licence, url), dry_run=dry_run)
