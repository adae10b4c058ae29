"""Commands that write something to look at: atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, Workers, app, open_region, output, split_window
from megaregion.study.walking import walking

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.cli.output import Output
    from megaregion.mobility.timetable import Timetable
    from megaregion.publish.atlas_data import YearResult
    from megaregion.publish.atlas_reach import Reach
    from megaregion.study.walking import Walking

HEADLINE = ("330100", "310000")
"""The pair that the shipped example's atlas opens with: Hangzhou to Shanghai, the article's first claim."""


@app.command()
def atlas(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder to write.")] = "atlas",
    region: Region = "",
    window: Annotated[str, typer.Option("--window", help="Departure window, e.g. 06:00-22:00.")] = "06:00-22:00",
    isochrone_from: Annotated[
        str,
        typer.Option(
            "--isochrone-from", metavar="STATION", help="Station whose reach is shown; the main one if blank."
        ),
    ] = "",
    isochrones: Annotated[
        bool, typer.Option("--isochrones/--no-isochrones", help="With the reach of a station as a layer.")
    ] = True,
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write the atlas of a region: a folder that opens in a browser, without a server or the internet."""
    from pathlib import Path

    from megaregion.errors import InputError

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if isochrone_from and not isochrones:
        msg = "give one of --isochrone-from and --no-isochrones, not both."
        raise InputError(msg)
    station = isochrone_from if isochrones else None
    page = make_atlas(open_region(region), Path(folder), out, window=window, station=station, workers=workers)
    if out.json:
        out.data({"atlas": str(page)})


def make_atlas(
    region: Any,
    folder: Path,
    out: Output,
    *,
    window: str = "06:00-22:00",
    station: str | None = "",
    workers: int | None = None,
) -> Path:
    """
    Compute the travel times of every timetable year of a region and write its atlas.

    Parameters
    ----------
    region, folder, out, window, workers
        As the command.
    station
        Whose reach is shown: "" = that of the example, or the main station of the largest city; None = no such layer.
    """
    from megaregion.publish.atlas import write_atlas
    from megaregion.publish.atlas_folder import check_folder

    # before the long work, not after it
    check_folder(folder, overwrite=True)
    results, more = atlas_parts(region, out, window=window, station=station, workers=workers)
    page = write_atlas(region, results, folder, overwrite=True, **more)
    out.say(out.words(f"atlas: {page} (open it in a browser)", f"地图集：{page}（用浏览器打开）"))
    return page


def atlas_parts(
    region: Any,
    out: Output,
    *,
    window: str = "06:00-22:00",
    station: str | None = "",
    workers: int | None = None,
) -> tuple[dict[int, YearResult], dict[str, Any]]:
    """
    Compute what the atlas of a region shows.

    Parameters
    ----------
    region, out, window, station, workers
        As `make_atlas`.

    Returns
    -------
    Results by year and the other arguments of `write_atlas` and `build_files`.
    """
    from megaregion.publish.atlas_data import YearResult
    from megaregion.study.city_travel import city_travel, timetable_years
    from megaregion.study.regions import titles

    years = timetable_years(region)
    walks = walking(region)
    timetables = {} if station is None else {year: walks.timetable(region, year=year) for year in years}
    stop_id = _station(region, timetables, station) if station is not None and years else None
    results = {}
    for year in years:
        with out.progress(out.words(f"travel times {year}", f"{year} 年旅行时间")) as progress:
            travel = city_travel(
                region,
                year=year,
                window=split_window(window),
                rules=walks.rules,
                streets=walks.streets,
                workers=workers,
                progress=progress,
            )
        out.notices(travel.notices)
        results[year] = YearResult(times=travel.times, direct=travel.direct)
    reach = _reach(timetables, walks, stop_id, split_window(window), out) if stop_id else None
    headline = HEADLINE if set(HEADLINE) <= set(region.table("cities")["city_id"]) else None
    return results, {"title": titles(region), "headline": headline, "reach": reach}


def _reach(
    timetables: dict[int, Timetable], walks: Walking, stop_id: str, window: tuple[str, str], out: Output
) -> Reach:
    """Outline what is reached from a station in each year."""
    from megaregion.mobility import isochrones
    from megaregion.publish.atlas_reach import CUTOFFS_MIN, Reach
    from megaregion.study.spread import spread_of

    spread = spread_of(list(timetables.values()), walks)
    by_year = {}
    for year, timetable in timetables.items():
        with out.progress(out.words(f"reach of {stop_id} {year}", f"{year} 年 {stop_id} 可达范围")) as progress:
            by_year[year] = isochrones(
                timetable,
                [stop_id],
                cutoffs_s=[60 * minutes for minutes in CUTOFFS_MIN],
                streets=spread.ground,
                max_walk_time_s=spread.max_time_s,
                cell_m=spread.cell_m,
                window=window,
                progress=progress,
            )
        out.notices(by_year[year].notices)
    last = timetables[max(timetables)].stop_table.set_index("stop_id", drop=False)
    return Reach(
        station={str(name): value for name, value in last.loc[stop_id].items()},
        by_year=by_year,
        ground=(spread.ground.rule, spread.ground.rule_zh),
    )


def _station(region: Any, timetables: dict[int, Timetable], text: str) -> str | None:
    """Find a station that all timetables have; None where none was asked for and there is none."""
    from megaregion.errors import InputError
    from megaregion.study.ends import find_place
    from megaregion.study.regions import isochrone_station

    if not text:
        return isochrone_station(region, list(timetables.values()))
    found = {
        year: find_place(region, timetable, text, access=False, arriving=False)
        for year, timetable in timetables.items()
    }
    stop_id = str(found[max(found)].ids[0])
    if any(place.ids != (stop_id,) or stop_id not in timetables[year].stops for year, place in found.items()):
        msg = f"--isochrone-from is {text!r}; expected a station (上海虹桥站) or a stop id (rail:上海虹桥)."
        raise InputError(msg)
    return stop_id
