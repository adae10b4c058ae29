"""The command import network: a folder of feeds and streets as r5r and OpenTripPlanner take it."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.bringing import DryRun, Licence, Url, begin, digest, existing
from megaregion.cli.options import Folder, Json, Lang, Quiet, bring


@bring.command("network")
def import_network(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Folder of GTFS zips, one .osm.pbf and perhaps a .tif of heights.")
    ],
    region: Folder = "",
    year: Annotated[
        int | None, typer.Option("--year", min=1800, max=2100, help="Year that the feeds stand for; that of each.")
    ] = None,
    change_time_s: Annotated[
        int, typer.Option("--change-time", min=0, max=7200, help="Change time at a stop, s.")
    ] = 120,
    elevation: Annotated[bool, typer.Option(help="Let slopes change walking times.")] = True,
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring a folder as r5r, r5py and OpenTripPlanner take it: all GTFS feeds, the streets and the heights in it."""
    from megaregion.sources.feed_doubts import doubts
    from megaregion.sources.gtfs_checks import namespace_collisions
    from megaregion.sources.network_folder import look_into, read_network_folder

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    found = look_into(existing(folder))
    old = task.held()
    reading = read_network_folder(found, year=year, change_time_s=change_time_s, elevation=elevation, region=old)
    reading.notices.extend(namespace_collisions(reading, old))
    reading.notices.extend(doubts(reading, old))
    task.commit(reading, "import network", found.path, {path.name: digest(path) for path in found.files})
