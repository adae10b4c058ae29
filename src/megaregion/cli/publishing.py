"""Commands that write something to look at: atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, Workers, app, open_region, output, split_window

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.cli.output import Output

HEADLINE = ("330100", "310000")
"""The pair that the shipped example's atlas opens with: Hangzhou to Shanghai, the article's first claim."""


@app.command()
def atlas(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder to write.")] = "atlas",
    region: Region = "",
    window: Annotated[str, typer.Option("--window", help="Departure window, e.g. 06:00-22:00.")] = "06:00-22:00",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write the atlas of a region: a folder that opens in a browser, without a server or the internet."""
    from pathlib import Path

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    page = make_atlas(open_region(region), Path(folder), out, window=window, workers=workers)
    if out.json:
        out.data({"atlas": str(page)})


def make_atlas(
    region: Any, folder: Path, out: Output, *, window: str = "06:00-22:00", workers: int | None = None
) -> Path:
    """Compute the travel times of every timetable year of a region and write its atlas."""
    from megaregion.publish.atlas import write_atlas
    from megaregion.publish.atlas_data import YearResult
    from megaregion.publish.atlas_folder import check_folder
    from megaregion.study.city_travel import city_travel, timetable_years
    from megaregion.study.regions import titles

    # before the long work, not after it
    check_folder(folder, overwrite=True)
    results = {}
    for year in timetable_years(region):
        with out.progress(out.words(f"travel times {year}", f"{year} 年旅行时间")) as progress:
            travel = city_travel(region, year=year, window=split_window(window), workers=workers, progress=progress)
        out.notices(travel.notices)
        results[year] = YearResult(times=travel.times, direct=travel.direct)
    headline = HEADLINE if set(HEADLINE) <= set(region.table("cities")["city_id"]) else None
    page = write_atlas(region, results, folder, overwrite=True, title=titles(region), headline=headline)
    out.say(out.words(f"atlas: {page} (open it in a browser)", f"地图集：{page}（用浏览器打开）"))
    return page
