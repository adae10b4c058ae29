"""Commands that write something to look at: atlas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output, split_window
from megaregion.cli.travel import WHOLE_DAY
from megaregion.study.walking import walking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from megaregion.cli.output import Output
    from megaregion.mobility.timetable import Timetable
    from megaregion.publish.atlas_states import AtlasStudy
    from megaregion.publish.atlas_stations import StationTimes
    from megaregion.study.evidence import Evidence

HEADLINE = ("330100", "310000")
"""The pair that the shipped example's atlas opens with: Hangzhou to Shanghai, the article's first claim."""


@app.command()
def atlas(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder to write.")] = "atlas",
    region: Region = "",
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="NAME_OR_FILE",
            help="Scenario to show: one that ships, or a TOML file; may be repeated. Those that ship by default.",
        ),
    ] = None,
    no_scenario: Annotated[bool, typer.Option("--no-scenario", help="Show years only.")] = False,
    window: Annotated[
        str, typer.Option("--window", help="Departure window of isochrones, e.g. 06:00-22:00.")
    ] = WHOLE_DAY,
    isochrone_from: Annotated[
        str,
        typer.Option("--isochrone-from", metavar="STATION", help="Where isochrones begin; the main station if blank."),
    ] = "",
    isochrones: Annotated[
        bool, typer.Option("--isochrones/--no-isochrones", help="With isochrones of any point.")
    ] = True,
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
    if scenario and no_scenario:
        msg = "give one of --scenario and --no-scenario, not both."
        raise InputError(msg)
    station = isochrone_from if isochrones else None
    page = make_atlas(
        open_region(region),
        Path(folder),
        out,
        window=window,
        station=station,
        scenarios=[] if no_scenario else scenario or None,
    )
    if out.json:
        out.data({"atlas": str(page)})


def make_atlas(
    region: Any,
    folder: Path,
    out: Output,
    *,
    window: str = WHOLE_DAY,
    station: str | None = "",
    scenarios: Sequence[str] | None = None,
) -> Path:
    """
    Compute the measures of a region in every year and scenario and write its atlas.

    Parameters
    ----------
    region, folder, out, window
        As the command.
    station
        Where isochrones begin: "" = at that of the example, or the main station of the largest city; None = without
        isochrones.
    scenarios
        Names or files; None = those that ship with the region.
    """
    from megaregion.publish.atlas import write_atlas
    from megaregion.publish.atlas_folder import check_folder

    # before the long work, not after it
    check_folder(folder, overwrite=True)
    study, more = atlas_parts(region, out, window=window, station=station, scenarios=scenarios)
    page = write_atlas(region, study, folder, overwrite=True, **more)
    out.say(out.words(f"atlas: {page} (open it in a browser)", f"地图集：{page}（用浏览器打开）"))
    return page


def atlas_parts(
    region: Any,
    out: Output,
    *,
    window: str = WHOLE_DAY,
    station: str | None = "",
    scenarios: Sequence[str] | None = None,
) -> tuple[AtlasStudy, dict[str, Any]]:
    """
    Compute what the atlas of a region shows.

    Parameters
    ----------
    region, out, window, station, scenarios
        As `make_atlas`.

    Returns
    -------
    States with their results, and the other arguments of `write_atlas` and `build_files`.
    """
    from megaregion.publish.atlas_states import gather_study
    from megaregion.study.regions import titles

    walks = walking(region)
    start: dict[int, Timetable] = {}
    if station is not None:
        from megaregion.study.city_travel import timetable_years

        start = {year: walks.timetable(region, year=year) for year in timetable_years(region)}
    # a station that is none is said before the long work
    stop_id = _station(region, start, station) if station is not None and start else None
    split_window(window)
    with out.progress(out.words("measures", "各项指标")) as progress:
        study = gather_study(region, scenarios=_scenarios(region, scenarios), progress=progress)
    _notices(study, out)
    with out.progress(out.words("journeys between stations", "站间行程")) as progress:
        times = _station_times(region, study, start, window) if stop_id else None
        if times is not None:
            times = replace(times, figures={**times.figures, "start": stop_id})
        progress(1, 1)
    headline = HEADLINE if set(HEADLINE) <= set(region.table("cities")["city_id"]) else None
    more = {"title": titles(region), "headline": headline, "isochrones": times, "evidence": _evidence(region)}
    return study, more


def _evidence(region: Any) -> Evidence | None:
    """Test the claims that come with a region; None where none do."""
    from megaregion.errors import InputError
    from megaregion.study.evidence import claims_text, evidence

    try:
        claims_text(region)
    except InputError:
        return None
    return evidence(region)


def _scenarios(region: Any, names: Sequence[str] | None) -> list[Any]:
    """Read scenarios: those asked for, or those that ship with the region."""
    from megaregion.region.scenario_file import ScenarioFile
    from megaregion.study.regions import example_scenario, examples, scenario_names

    shipped = scenario_names(region.name) if region.name in examples() else ()
    asked = shipped if names is None else names
    return [example_scenario(name) if name in shipped else ScenarioFile.read(name).scenario for name in asked]


def _notices(study: AtlasStudy, out: Output) -> None:
    """Print every finding once, though many measures rest on the same timetable."""
    from megaregion.notices import Notices

    found = {(notice.code, notice.message): notice for result in study.results.values() for notice in result.notices}
    out.notices(Notices(found.values()))


def _station_times(region: Any, study: AtlasStudy, known: dict[int, Timetable], window: str) -> StationTimes | None:
    """Gather the journeys between stations of every state with a timetable."""
    from megaregion.publish.atlas_stations import TimetableState, build_station_times
    from megaregion.study.spread import spread_of

    walks = walking(region)
    timetables = {
        state.id: known[state.year] if state.kind == "year" else walks.timetable(state.region, year=state.year)
        for state in study.states
        if state.timetable
    }
    # by what railways alone would need: a metro beside them does not change how far one goes on from a station
    spread = spread_of(list(known.values()), walks)
    states = [
        TimetableState(
            key=key,
            title=(study.state(key).label.en, study.state(key).label.zh),
            year=study.state(key).year,
            timetable=timetable,
        )
        for key, timetable in timetables.items()
    ]
    return build_station_times(
        region, states, ground=spread.ground, max_time_s=spread.max_time_s, window=split_window(window)
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
