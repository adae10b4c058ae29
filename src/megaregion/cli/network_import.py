"""The command import network: a folder of feeds and streets as r5r and OpenTripPlanner take it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.imports import DryRun, Licence, Url, _commit, _existing, _set
from megaregion.cli.options import Folder, Json, Lang, Quiet, bring, needed

if TYPE_CHECKING:
    from megaregion.sources.network_folder import NetworkFolder


@bring.command("network")
def import_network(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Folder of GTFS zips, one .osm.pbf and perhaps a .tif of heights.")
    ],
    region: Folder = "",
    year: Annotated[
        int | None, typer.Option("--year", min=1800, max=2100, help="Year that the feeds stand for; that of each.")
    ] = None,
    change_time_s: Annotated[int, typer.Option("--change-time", help="Change time at a stop, seconds.")] = 120,
    elevation: Annotated[bool, typer.Option(help="Let slopes change walking times.")] = True,
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring a folder as r5r, r5py and OpenTripPlanner take it: all GTFS feeds, the streets and the heights in it."""
    from megaregion.region.store import Store
    from megaregion.sources.gtfs_checks import namespace_collisions
    from megaregion.sources.network_folder import look_into, read_network_folder

    _set(as_json, quiet, lang)
    found = look_into(_existing(folder))
    old = Store.open(needed(region)).read()
    reading = read_network_folder(found, year=year, change_time_s=change_time_s, elevation=elevation, region=old)
    reading.notices.extend(namespace_collisions(reading, old))
    _commit(region, reading, f"import network {found.path.name}", _source(found, licence, url), dry_run=dry_run)


def _source(found: NetworkFolder, licence: str, url: str) -> dict[str, Any]:
    """Where the data came from: each file with its hash; that of the folder is made of them."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in found.files}
    whole = hashlib.sha256("\n".join(f"{name} {digest}" for name, digest in files.items()).encode()).hexdigest()
    return {"file": found.path.name, "sha256": whole, "licence": licence, "url": url, "files": files}
