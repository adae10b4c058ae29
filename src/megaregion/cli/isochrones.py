"""The command isochrone: the land that is reached from a place within some times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion import clock
from megaregion.cli.access import minutes_of
from megaregion.cli.options import (
    Json,
    Lang,
    Quiet,
    Region,
    Streets,
    WalkSpeed,
    Workers,
    app,
    output,
    split_window,
)
from megaregion.cli.sides import Against, said, two_sides
from megaregion.cli.travel import Date, MaxRides, Scenario, Year, choose_year, no_minutes, numbers
from megaregion.study.reached_land import LEFT_OUT, PERCENTILE, WINDOW, reached_land
from megaregion.study.spread import ROAD_CELL_M, WALK_CELL_M, spread_of
from megaregion.study.walking import MAX_WALK_MIN, WALK_SPEED_KMH, walking

if TYPE_CHECKING:
    import geopandas as gpd

    from megaregion.cli.output import Output
    from megaregion.mobility.isochrone import Isochrones


@app.command()
def isochrone(
    origin: Annotated[
        str, typer.Argument(metavar="FROM", help="City, station, stop id, or LON,LAT (-- before one below 0).")
    ],
    region: Region = "",
    year: Year = None,
    date: Date = None,
    window: Annotated[
        str, typer.Option("--window", help=f"Departure window, e.g. 08:00-09:00; {'-'.join(WINDOW)} if blank.")
    ] = "",
    at: Annotated[str, typer.Option("--at", help="Leave at this minute, instead of a window.")] = "",
    cutoffs: Annotated[str, typer.Option("--cutoffs", help="Travel times, min, with commas between.")] = "30,60,90",
    percentiles: Annotated[
        str, typer.Option("--percentiles", help="Comma-separated, in per cent.")
    ] = f"{PERCENTILE:g}",
    ground: Annotated[
        str,
        typer.Option("--ground", help="walk (on streets if any) or road (25 km/h); road where all is rail."),
    ] = "",
    max_walk: Annotated[
        float | None,
        typer.Option(
            "--max-walk",
            min=0,
            max=1440,
            help="Longest way to a stop, min: 20; road 60. 0 = no walks.",
        ),
    ] = None,
    walk_speed: WalkSpeed = WALK_SPEED_KMH,
    streets: Streets = True,
    cell: Annotated[
        float | None,
        typer.Option("--cell", min=10, max=100_000, help=f"Cells, m: {WALK_CELL_M:g}; road {ROAD_CELL_M:g}."),
    ] = None,
    extent: Annotated[str, typer.Option("--extent", help="Stay within W,S,E,N, degrees.")] = "",
    max_rides: MaxRides = None,
    scenario: Scenario = "",
    against: Against = "",
    file: Annotated[str, typer.Option("-o", "--output", help="Write outlines: .gpkg, .geojson or .parquet.")] = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Outline the land that is reached from a place within some times, for any percentile of a departure window."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import write_geometries
    from megaregion.region.geometry_file import check_geometry_suffix

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if file:
        check_geometry_suffix(Path(file))
    wishes = {
        "cutoffs_s": [60 * minutes for minutes in minutes_of(cutoffs)],
        "percentiles": numbers(percentiles),
        "window": _window(window, at),
        "extent": _extent(extent) if extent else None,
        "max_rides": max_rides,
        "workers": workers,
    }
    if ground not in {"", "walk", "road"}:
        msg = f"--ground is {ground!r}; expected walk or road."
        raise InputError(msg)
    ways = _Ways(ground, max_walk, cell, {"speed_kmh": walk_speed, "on_streets": streets})
    before, after = two_sides(against, scenario, region, (year, date), out)
    found, year_of = _found(after.region, (after.year, after.date), origin, ways, wishes, out)
    about = {"command": "isochrone", "region": after.region.name, "scenario": scenario, **found.provenance}
    table, changes = found.table, None
    if before is not None:
        earlier, _ = _found(before.region, (before.year, before.date), origin, ways, wishes, out)
        table, changes = _both(found, earlier), found.changes(earlier)
        about |= {"before": {"what": before.name, **earlier.provenance}, "after": {"what": after.name}}
    if about["typical_departures"]:
        out.say(no_minutes(out))
    if file:
        path = write_geometries(table, Path(file), about)
        out.say(out.words(f"outlines: {path}", f"等时圈：{path}"))
    rows = found.table.drop(columns="geometry") if changes is None else changes
    if out.json:
        out.data({"year": year_of, "provenance": about, "rows": rows.to_dict("records")})
        return
    printed = rows[["percentile"]].assign(percentile=rows["percentile"].map("p{:g}".format))
    printed[out.words("within", "时限")] = [clock.duration(each, out.lang) for each in rows["cutoff_s"]]
    for area, names in _AREAS.items():
        if area in rows:
            printed[out.words(f"{names[0]} km²", f"{names[1]}（平方公里）")] = rows[area].map("{:,.1f}".format)
    out.text(_said(origin, about, out))
    if before is not None:
        out.text(said(before, after, out))
    out.table(printed.rename(columns={"percentile": out.words("percentile", "分位")}), right=list(printed.columns[1:]))


_AREAS = {
    "area_km2": ("area", "面积"),
    "before_km2": ("before", "此前"),
    "after_km2": ("after", "此后"),
    "gained_km2": ("gained", "新增"),
    "lost_km2": ("lost", "减少"),
}


def _said(origin: str, about: dict[str, Any], out: Output) -> str:
    """Say in one line what the areas are of: start, timetable, window, ground, cells, and whether sea counts."""
    lon, lat = about["start"][0]
    start = f"{origin} ({lon:.4f}, {lat:.4f})"
    window = "-".join(about["window"])
    dry = about["water"] == LEFT_OUT
    return out.words(
        f"from {start}, timetable of {about['date']}, departures {window}; cells of {about['cell_m']:g} m; "
        f"{about['destinations']}; {'without sea and lakes' if dry else 'no base map: water counts as land'}",
        f"自{start}出发，{about['date']} 时刻表，出发时段 {window}；网格{about['cell_m']:g}米；{about['ground_zh']}，"
        f"至多{about['max_walk_time_s'] / 60:g}分钟；{'不计海域与湖泊' if dry else '无底图，水面计入陆地'}",
    )


@dataclass(frozen=True, slots=True)
class _Ways:
    """What is said of ways and cells, the same of both sides of a comparison."""

    kind: str
    max_min: float | None
    cell_m: float | None
    walks: dict[str, Any]


def _found(
    region: Any,
    when: tuple[int | None, str | None],
    origin: str,
    ways: _Ways,
    wishes: dict[str, Any],
    out: Output,
) -> tuple[Isochrones, int | None]:
    """Isochrones of one side, and the year of its timetable."""
    from megaregion.study.ends import start_of

    year, date = when
    # by road, the longest way is not that of a walk
    max_walk_min = MAX_WALK_MIN if ways.max_min is None or ways.kind == "road" else ways.max_min
    walks = walking(region, max_min=max_walk_min, **ways.walks)
    timetable = walks.timetable(region, year=choose_year(region, year, date), date=date)
    spread = spread_of([timetable], walks, ways.kind, ways.max_min)
    with out.progress(out.words("travel times", "旅行时间")) as progress:
        found = reached_land(
            region,
            timetable,
            start_of(region, timetable, origin),
            spread,
            cell_m=ways.cell_m,
            progress=progress,
            **wishes,
        )
    out.notices(found.notices)
    return found, timetable.year


def _both(after: Isochrones, before: Isochrones) -> gpd.GeoDataFrame:
    """Outlines of both sides and of what was gained and lost, told apart by a column."""
    import pandas as pd

    parts = {"after": after, "before": before, "gained": after.difference(before), "lost": before.difference(after)}
    table: gpd.GeoDataFrame = pd.concat([each.table.assign(part=name) for name, each in parts.items()])
    return table


def _window(window: str, at: str) -> tuple[str, str]:
    from megaregion.errors import InputError

    if window and at:
        msg = "give one of --window (leave within it) and --at (leave at that minute), not both."
        raise InputError(msg)
    if not at:
        return split_window(window) if window else WINDOW
    hours, minutes = divmod(clock.parse(at, what="--at") // 60 + 1, 60)
    return at, f"{hours}:{minutes:02d}"


def _extent(text: str) -> tuple[float, float, float, float]:
    from megaregion.errors import InputError

    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as problem:
        msg = f"--extent is {text!r}; expected west, south, east and north in degrees, as in 120.8,30.7,122.0,31.9."
        raise InputError(msg) from problem
    return west, south, east, north
