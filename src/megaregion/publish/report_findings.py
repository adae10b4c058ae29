"""What a report rests on: measures of all years, the reach of a station, a scenario, verdicts, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from megaregion.errors import InputError, NoDataError
from megaregion.publish.report_maps import MapSheets, build_sheets
from megaregion.publish.report_project import Project, measure_project
from megaregion.publish.report_reach import StationReach, station_reach
from megaregion.study.city_travel import timetable_years
from megaregion.study.evidence import evidence
from megaregion.study.measures import Words, measures
from megaregion.study.regions import about_example, examples, titles
from megaregion.study.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.publish.report_text import Writer
    from megaregion.region.model import Region
    from megaregion.study.evidence import Evidence
    from megaregion.study.run import Result

HUB_HOURS = (1, 2, 3)
"""Circles around the main city, hours."""


@dataclass(frozen=True, slots=True)
class Missing:
    """
    What could not be computed.

    Attributes
    ----------
    what
        Title of the measure or the part.
    year
        Year that it was asked for; None = any.
    why
        What was found.
    needs
        What would bring it.
    """

    what: Words
    year: int | None
    why: Words
    needs: Words


@dataclass(frozen=True, slots=True)
class Hub:
    """
    Cities within some hours of the main city by direct train, by year and hours.

    Attributes
    ----------
    city_id
        The city.
    within
        Results of `cities_within`, by year and hours.
    """

    city_id: str
    within: Mapping[tuple[int, int], Result]


@dataclass(frozen=True, slots=True)
class Findings:
    """
    All that a report shows, before it is put into words.

    Attributes
    ----------
    region
        Region reported on.
    title
        Its name.
    about
        What an example says of itself: description and not_held; None for other regions.
    cities
        Table `cities` in the order of their ids.
    years
        Timetable years, ascending.
    by_year
        Results by timetable year and name of the measure.
    facts
        Results of measures that rest on no timetable, with their default year, by name.
    layers
        What maps draw; None where the region has neither cities nor a base map nor lines.
    reach
        What is reached from the main station; None = there is none.
    project
        What a scenario changes; None = none was asked for.
    hub
        Cities within some hours of the main city; None = not known.
    evidence
        Verdicts about claims; None = there are no claims.
    missing
        What could not be computed, and what would bring it.
    """

    region: Region
    title: Words
    about: Mapping[str, Any] | None
    cities: pd.DataFrame
    years: tuple[int, ...]
    by_year: Mapping[int, Mapping[str, Result]]
    facts: Mapping[str, Result]
    layers: MapSheets | None = field(repr=False)
    reach: StationReach | None = field(repr=False)
    project: Project | None
    hub: Hub | None
    evidence: Evidence | None
    missing: tuple[Missing, ...]

    @property
    def then(self) -> int | None:
        """First timetable year; None where there is only one."""
        return self.years[0] if len(self.years) > 1 else None

    @property
    def now(self) -> int | None:
        """Last timetable year."""
        return self.years[-1] if self.years else None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of the cities, in order."""
        return [{str(name): value for name, value in row.items()} for row in self.cities.to_dict("records")]

    def names(self, writer: Writer) -> dict[str, str]:
        """Names of the cities by id."""
        return {str(row["city_id"]): writer.city(row) for row in self.rows}

    def result(self, name: str, year: int | None = None) -> Result | None:
        """Give a result of a timetable year (the last by default), or of no timetable; None = there is none."""
        if name in self.facts:
            return self.facts[name]
        chosen = self.now if year is None else year
        return self.by_year.get(chosen, {}).get(name) if chosen is not None else None

    @property
    def results(self) -> list[Result]:
        """All results."""
        return [*(each for year in self.years for each in self.by_year[year].values()), *self.facts.values()]


def gather(
    region: Region, *, scenario: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Findings:
    """
    Compute all that a report of a region shows; what cannot be computed is listed and does not stop the rest.

    Parameters
    ----------
    region
        Region to report on.
    scenario
        Name of a scenario that ships or path of a scenario file; None = none.
    progress
        Called with the number of parts done and their total.

    Raises
    ------
    InputError
        If there is no such scenario or it cannot be applied.
    """
    steps = _Steps(progress, 5 + len(timetable_years(region)))
    missing: list[Missing] = []
    # what a scenario changes has a part of its own
    asked = {name: each for name, each in measures().items() if not each.asks and not each.change}
    timetable = [name for name, each in asked.items() if "feeds" in each.inputs]
    others = [name for name, each in asked.items() if "feeds" not in each.inputs]
    years = []
    by_year = {}
    for year in timetable_years(region):
        found = _all(region, timetable, year, missing)
        steps.done()
        if found:
            years.append(year)
            by_year[year] = found
    if not timetable_years(region):
        _all(region, timetable, None, missing)
    facts = _all(region, others, None, missing)
    steps.done()
    layers = _layers(region, max(timetable_years(region), default=None), missing)
    steps.done()
    reach = _reach(region, missing)
    steps.done()
    project = measure_project(region, scenario, timetable) if scenario is not None else None
    steps.done()
    evidence = _evidence(region, missing)
    steps.done()
    return Findings(
        region=region,
        title=Words(*titles(region)),
        about=about_example(region.name) if region.name in examples() else None,
        cities=region.table("cities").sort_values("city_id", kind="stable", ignore_index=True),
        years=tuple(years),
        by_year=by_year,
        facts=facts,
        layers=layers,
        reach=reach,
        project=project,
        hub=_hub(region, years),
        evidence=evidence,
        missing=_without_repeats(missing),
    )


def pair_matrix(result: Result, city_ids: Sequence[str]) -> NDArray[np.float64]:
    """(n, n) float64 of a measure of pairs in the order of the cities; nan where there is no row."""
    table = result.table
    matrix = table.pivot_table(index="from_id", columns="to_id", values="value", dropna=False, aggfunc="first")
    return matrix.reindex(index=list(city_ids), columns=list(city_ids)).to_numpy("float64")


@dataclass(slots=True)
class _Steps:
    report: Callable[[int, int], None] | None
    total: int
    at: int = 0

    def done(self) -> None:
        self.at += 1
        if self.report is not None:
            self.report(self.at, self.total)


def _all(region: Region, names: Sequence[str], year: int | None, missing: list[Missing]) -> dict[str, Result]:
    """Results of measures: all at once, or where one of them cannot be asked at all, each on its own."""
    try:
        results = run(region, parameters={} if year is None else {"year": year})
    except InputError:
        return _one_by_one(region, names, year, missing)
    for name in names:
        if name in results.missing:
            problem = results.missing[name]
            missing.append(Missing(measures()[name].title, year, Words(*problem.what), Words(*problem.needs)))
    return {name: results[name] for name in names if name in results.found}


def _one_by_one(region: Region, names: Sequence[str], year: int | None, missing: list[Missing]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for name in names:
        measure = measures()[name]
        asked = {"year": year} if year is not None and any(each.name == "year" for each in measure.parameters) else {}
        try:
            found[name] = run(region, measures=[name], parameters=asked)[name]
        except NoDataError as problem:
            missing.append(Missing(measure.title, year, Words(*problem.what), Words(*problem.needs)))
        except InputError as problem:
            missing.append(Missing(measure.title, year, _told(problem), measure.needs))
    return found


def _hub(region: Region, years: Sequence[int]) -> Hub | None:
    within: dict[tuple[int, int], Result] = {}
    for year in years:
        for hours in HUB_HOURS:
            try:
                asked = {"year": year, "hours": hours}
                within[year, hours] = run(region, measures=["cities_within"], parameters=asked)["cities_within"]
            except InputError:
                # why there is none was told with the measure itself
                return None
    return Hub(str(next(iter(within.values())).table["hub"].iloc[0]), within) if within else None


def _layers(region: Region, year: int | None, missing: list[Missing]) -> MapSheets | None:
    if region.table("cities").empty:
        needs = (
            "Bring cities: megaregion import table cities FILE.",
            "请导入城市：megaregion import table cities FILE。",
        )
        missing.append(
            Missing(
                Words("Figures of cities", "城市指标"),
                None,
                Words("table 'cities' has no rows.", "cities 表没有数据。"),
                Words(*needs),
            )
        )
    try:
        return build_sheets(region, year)
    except InputError as problem:
        missing.append(Missing(Words("Maps", "地图"), None, _told(problem), Words("See the message.", "见说明。")))
        return None


def _reach(region: Region, missing: list[Missing]) -> StationReach | None:
    what = Words("Reach of the main station", "主要车站的可达范围")
    needs = Words(
        "Stations with coordinates that are called at in every timetable year: megaregion import gtfs FILE, or "
        "megaregion import rail-timetable FILE.",
        "各时刻表年份都停靠且有坐标的车站：megaregion import gtfs FILE，或 megaregion import rail-timetable FILE。",
    )
    try:
        found = station_reach(region)
    except InputError as problem:
        missing.append(Missing(what, None, _told(problem), needs))
        return None
    if found is None:
        why = Words(
            "no station with a place is called at in every timetable year.", "没有在各年时刻表中均停靠且有坐标的车站。"
        )
        missing.append(Missing(what, None, why, needs))
    return found


def _evidence(region: Region, missing: list[Missing]) -> Evidence | None:
    what = Words("Verdicts about claims", "说法的检验")
    needs = Words(
        "A claims file: `megaregion evidence --template` prints one.", "说法文件：megaregion evidence --template。"
    )
    try:
        found = evidence(region)
    except InputError as problem:
        missing.append(Missing(what, None, _told(problem), needs))
        return None
    return found if found.claims else None


def _told(problem: InputError) -> Words:
    """Say an error; one about missing data is told in both languages."""
    return Words(*problem.what) if isinstance(problem, NoDataError) else Words(str(problem), str(problem))


def _without_repeats(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    return tuple({(each.what, each.year, each.why): each for each in missing}.values())
