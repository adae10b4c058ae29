"""Commands that bring data into a region folder: import gtfs, rail-timetable, table, boundaries."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.bringing import DryRun, Encoding, File, Licence, Url, begin, existing
from megaregion.cli.options import Folder, Json, Lang, Quiet, bring


@bring.command("gtfs")
def import_gtfs(
    file: File,
    region: Folder = "",
    feed_id: Annotated[str, typer.Option("--feed", help="Key of the feed; the file's name by default.")] = "",
    year: Annotated[
        int | None, typer.Option("--year", min=1800, max=2100, help="Year it stands for; that of its busiest day.")
    ] = None,
    change_time_s: Annotated[
        int, typer.Option("--change-time", min=0, max=7200, help="Change time at a stop, s.")
    ] = 120,
    encoding: Encoding = "utf-8",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring a GTFS feed: a zip or a folder."""
    from megaregion.sources.feed_doubts import doubts
    from megaregion.sources.gtfs import read_gtfs
    from megaregion.sources.gtfs_checks import namespace_collisions
    from megaregion.sources.network_folder import feed_key

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    path = existing(file)
    reading = read_gtfs(
        path, feed_id=feed_id or feed_key(path), year=year, change_time_s=change_time_s, encoding=encoding
    )
    reading.notices.extend(namespace_collisions(reading, task.held()))
    reading.notices.extend(doubts(reading, task.held()))
    task.commit(reading, "import gtfs", path)


@bring.command("rail-timetable")
def import_rail_timetable(
    file: File,
    year: Annotated[int, typer.Option("--year", min=1800, max=2100, help="Year that the timetable stands for.")],
    stations: Annotated[
        str, typer.Option("--stations", help="Station file: station, lon, lat and, if known, city.")
    ] = "",
    city_of: Annotated[str, typer.Option("--city-of", help="File with columns station, city.")] = "",
    coordinates: Annotated[
        str, typer.Option("--coordinates", help="wgs84, or gcj02 as Chinese web maps use.")
    ] = "wgs84",
    region: Folder = "",
    feed_id: Annotated[str, typer.Option("--feed", help="Key of the timetable; rail-YEAR by default.")] = "",
    change_time_s: Annotated[
        int, typer.Option("--change-time", min=0, max=7200, help="Change time at a station, s.")
    ] = 900,
    encoding: Encoding = "utf-8",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring a national rail timetable: train, seq, station, arr, dep, day or elapsed minutes, km."""
    from megaregion.errors import InputError
    from megaregion.sources.rail_timetable import read_rail_timetable

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    if coordinates not in {"wgs84", "gcj02"}:
        msg = f"--coordinates is {coordinates!r}; expected wgs84 or gcj02."
        raise InputError(msg)
    path = existing(file)
    reading = read_rail_timetable(
        path,
        year=year,
        stations=existing(stations) if stations else None,
        city_of=existing(city_of) if city_of else None,
        coordinates=coordinates,  # type: ignore[arg-type]
        feed_id=feed_id or None,
        change_time_s=change_time_s,
        encoding=encoding,
    )
    task.commit(reading, "import rail-timetable", path)


@bring.command("table")
def import_table(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Table to fill, e.g. cities.")],
    file: File,
    region: Folder = "",
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of an Excel file.")] = "",
    delimiter: Annotated[str, typer.Option("--delimiter", help="What stands between cells; by the suffix.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="Coordinate system of lon and lat, e.g. gcj02.")] = "",
    encoding: Encoding = "utf-8",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring one table: CSV, TSV, Excel or Parquet."""
    from megaregion.sources.tables import read_table

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    path = existing(file)
    reading = read_table(
        path,
        name,
        encoding=encoding,
        sheet=sheet or None,
        delimiter=delimiter or None,
        crs=crs or None,
        region=task.held(),
    )
    task.commit(reading, f"import table {name}", path)


@bring.command("boundaries")
def import_boundaries(
    file: File,
    region: Folder = "",
    crs: Annotated[str, typer.Option("--crs", help="Coordinate system, e.g. EPSG:4490, or gcj02.")] = "",
    id_field: Annotated[str, typer.Option("--id-field", help="Field that holds the city's id or name.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of a file that holds several.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding of a shapefile's text.")] = "",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring the outlines of the cities, in place of the cells of the nearest centre."""
    from megaregion.sources.boundaries import read_boundaries

    task = begin(region, licence, url, dry_run=dry_run, as_json=as_json, quiet=quiet, lang=lang)
    path = existing(file)
    reading = read_boundaries(
        path,
        crs=crs or None,
        id_field=id_field or None,
        region=task.held(),
        layer=layer or None,
        encoding=encoding or None,
    )
    task.commit(reading, "import boundaries", path)
