"""Commands that bring data into a region folder: import gtfs, rail-timetable, table, boundaries."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Folder, Json, Lang, Quiet, bring, current, needed, output

if TYPE_CHECKING:
    from megaregion.sources.reading import Reading

File = Annotated[str, typer.Argument(metavar="FILE", help="File to read.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of text, e.g. gb18030.")]
Licence = Annotated[str, typer.Option("--licence", help="Licence of the data, for the log.")]
Url = Annotated[str, typer.Option("--url", help="Where the data came from, for the log.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check only; change nothing.")]


@bring.command("gtfs")
def import_gtfs(
    file: File,
    region: Folder = "",
    feed_id: Annotated[str, typer.Option("--feed", help="Key of the feed; the file's name by default.")] = "",
    year: Annotated[
        int | None, typer.Option("--year", min=1800, max=2100, help="Year it stands for; that of its busiest day.")
    ] = None,
    change_time_s: Annotated[int, typer.Option("--change-time", help="Change time at a stop, seconds.")] = 120,
    encoding: Encoding = "utf-8",
    licence: Licence = "",
    url: Url = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Bring a GTFS feed: a zip or a folder."""
    from megaregion.region.store import Store
    from megaregion.sources.gtfs import read_gtfs
    from megaregion.sources.gtfs_checks import namespace_collisions
    from megaregion.sources.network_folder import feed_key

    _set(as_json, quiet, lang)
    path = _existing(file)
    reading = read_gtfs(
        path, feed_id=feed_id or feed_key(path), year=year, change_time_s=change_time_s, encoding=encoding
    )
    reading.notices.extend(namespace_collisions(reading, Store.open(needed(region)).read()))
    _commit(region, reading, f"import gtfs {path.name}", _source(path, licence, url), dry_run=dry_run)


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
    change_time_s: Annotated[int, typer.Option("--change-time", help="Change time at a station, seconds.")] = 900,
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

    _set(as_json, quiet, lang)
    if coordinates not in {"wgs84", "gcj02"}:
        msg = f"--coordinates is {coordinates!r}; expected wgs84 or gcj02."
        raise InputError(msg)
    path = _existing(file)
    reading = read_rail_timetable(
        path,
        year=year,
        stations=_existing(stations) if stations else None,
        city_of=_existing(city_of) if city_of else None,
        coordinates=coordinates,  # type: ignore[arg-type]
        feed_id=feed_id or None,
        change_time_s=change_time_s,
        encoding=encoding,
    )
    _commit(region, reading, f"import rail-timetable {path.name}", _source(path, licence, url), dry_run=dry_run)


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
    from megaregion.region.store import Store
    from megaregion.sources.tables import read_table

    _set(as_json, quiet, lang)
    path = _existing(file)
    reading = read_table(
        path,
        name,
        encoding=encoding,
        sheet=sheet or None,
        delimiter=delimiter or None,
        crs=crs or None,
        region=Store.open(needed(region)).read(),
    )
    _commit(region, reading, f"import table {name} {path.name}", _source(path, licence, url), dry_run=dry_run)


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
    from megaregion.region.store import Store
    from megaregion.sources.boundaries import read_boundaries

    _set(as_json, quiet, lang)
    path = _existing(file)
    reading = read_boundaries(
        path,
        crs=crs or None,
        id_field=id_field or None,
        region=Store.open(needed(region)).read(),
        layer=layer or None,
        encoding=encoding or None,
    )
    _commit(region, reading, f"import boundaries {path.name}", _source(path, licence, url), dry_run=dry_run)


def _set(as_json: bool, quiet: bool, lang: str) -> None:
    output(as_json=as_json, quiet=quiet, lang=lang)


def _existing(file: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from pathlib import Path

    from megaregion.errors import InputError

    path = Path(file)
    if not path.exists():
        msg = f"{file}: no such file or folder; check the path."
        raise InputError(msg)
    return path


def _source(path: Any, licence: str, url: str) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return {"file": path.name, "sha256": digest, "licence": licence, "url": url}


def _commit(region: str, reading: Reading, message: str, source: dict[str, Any], *, dry_run: bool) -> None:
    from megaregion.region.store import Store
    from megaregion.study.regions import import_reading

    out = current()
    store = Store.open(needed(region))
    rows = {name: len(frame) for name, frame in reading.tables.items() if len(frame)}
    out.notices(reading.notices, shown_per_code=5)
    version, counts = None, dict(reading.notices.counts)
    if not dry_run:
        version, found = import_reading(store, reading, message=message, source=source)
        out.notices(found)
        counts |= found.counts
    if out.json:
        out.data({"version": version, "rows": rows, "notices": counts})
        return
    listed = ", ".join(f"{count} {name}" for name, count in rows.items()) or "no rows"
    out.say(
        out.words(
            f"read {listed}; " + ("nothing was changed (dry run)" if dry_run else f"now version {version}"),
            f"读取 {listed}；" + ("未作更改（试运行）" if dry_run else f"当前版本 {version}"),
        )
    )
