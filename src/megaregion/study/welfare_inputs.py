"""What a region gives to the spatial equilibrium: figures of its cities, ways between them before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.economy.uncertainty import OF_COSTS, Project
from megaregion.errors import InputError, NoDataError
from megaregion.notices import Notices
from megaregion.region.schema import suggest
from megaregion.region.sphere import great_circle_m
from megaregion.region.units import KMH_PER_M_S
from megaregion.sources.tables import read_table
from megaregion.study.indicators.shares import latest
from megaregion.study.measures import Words
from megaregion.study.shared_travel import shared_travel, timetable_year

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from megaregion.region.model import Region

    F64 = NDArray[np.float64]

PEOPLE, JOBS, OUTPUT = "population_census", "employment", "gdp"

COMMUTING = tuple(name for name, of in OF_COSTS.items() if of.startswith("commuting"))
"""Parameters of the cost of commuting: one of them is taken."""

DETOUR = 1.3
"""Way by road over the straight line, as of ways to stations."""


@dataclass(frozen=True, slots=True)
class CityEconomy:
    """
    Figures of the cities that have all of them.

    Attributes
    ----------
    table
        city_id, name, name_en, lon, lat, land_area_km2, residents, employment, wage (CNY a year); in order of ids.
    years
        Years of the figures: "wages", "jobs", "people".
    jobs, wages
        What they are, in words.
    jobs_known
        Whether jobs were counted; otherwise people stand for them.
    basis
        Rows of the region that the figures rest on, by table.
    notices
        Cities that are left out, and for want of what.
    """

    table: pd.DataFrame
    years: Mapping[str, int]
    jobs: Words
    wages: Words
    jobs_known: bool
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)


def city_economy(region: Region, *, wages: str = OUTPUT) -> CityEconomy:
    """
    Gather people, jobs and wages of the cities.

    Jobs are indicator `employment` where every city with people has it, otherwise people stand for them. Figures are of
    the newest year that most cities have, people of the nearest census; the last vintage counts.

    Parameters
    ----------
    region
        Holds cities and their figures.
    wages
        "gdp": output a worker; or an indicator of `city_facts` that is a wage.

    Raises
    ------
    NoDataError
        If fewer than two cities have all figures.
    InputError
        If there is no such indicator, its units differ between cities, or a figure is 0.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable").set_index("city_id")
    facts = region.table("city_facts")
    facts = facts[facts["city_id"].isin(cities.index)]
    notices = Notices()
    known = sorted(set(facts["indicator"]))
    if wages not in {OUTPUT, *known}:
        msg = f"wages are {wages!r}; expected gdp (output a worker) or an indicator of city_facts: {', '.join(known)}."
        raise InputError(msg + suggest(wages, known))
    paid, year = _figures(facts, wages, None)
    people, census = _figures(facts, PEOPLE, year)
    jobs, jobs_year = _figures(facts, JOBS, year)
    jobs_known = len(people) > 0 and set(people.index) <= set(jobs.index)
    if not jobs_known:
        jobs, jobs_year = people, census
    found = cities[["name", "name_en", "lon", "lat", "land_area_km2"]].assign(
        residents=people["value"].reindex(cities.index),
        employment=jobs["value"].reindex(cities.index),
        wage=paid["value"].reindex(cities.index),
    )
    checked = [("wage", wages, year), ("residents", PEOPLE, census)]
    _refuse_zeros(found, checked + ([("employment", JOBS, jobs_year)] if jobs_known else []), notices)
    _name_left_out(
        found, {"wage": f"{wages} {year}", "residents": f"{PEOPLE} {census}", "land_area_km2": "land area"}, notices
    )
    if wages == OUTPUT:
        found["wage"] /= found["employment"]
    table = found.dropna(subset=["residents", "employment", "wage", "land_area_km2"])
    if len(table) < 2:
        raise _too_few(region, len(table), wages)
    names = {"city_facts": paid, "city_facts (people)": people} | ({"city_facts (jobs)": jobs} if jobs_known else {})
    return CityEconomy(
        table=table.reset_index(),
        years={"wages": year, "jobs": jobs_year, "people": census},
        jobs=Words(f"employment of {jobs_year}", f"{jobs_year} 年就业人数")
        if jobs_known
        else Words(f"as many as people of {census}", f"以 {census} 年人口代替"),
        wages=Words(f"GDP of {year} a worker", f"{year} 年劳均生产总值")
        if wages == OUTPUT
        else Words(f"{wages} of {year}", f"{year} 年 {wages}"),
        jobs_known=jobs_known,
        basis={name: rows[rows.index.isin(table.index)].reset_index() for name, rows in names.items()},
        notices=notices,
    )


@dataclass(frozen=True, slots=True)
class TrainTimes:
    """
    Travel by timetable between the cities of an economy.

    Attributes
    ----------
    before_s, after_s
        (k, n, n) from centre to centre at k percentiles of departures, s; inf = no way, and on the diagonal.
    percentiles
        (k,) which, per cent.
    notices
        What was found on the way: cities without a station.
    """

    before_s: F64 = field(repr=False)
    after_s: F64 = field(repr=False)
    percentiles: tuple[float, ...]
    notices: Notices = field(repr=False)


def train_times(
    economy: CityEconomy, before: tuple[Region, int | None], after: tuple[Region, int | None]
) -> TrainTimes:
    """
    Give travel times by timetable before and after.

    Parameters
    ----------
    economy
        Names the cities.
    before, after
        Regions, each with its timetable year; None = the newest.

    Raises
    ------
    NoDataError
        If there is no such timetable.
    InputError
        If a side has not all of the cities.
    """
    ids = economy.table["city_id"].tolist()
    served: list[F64] = []
    notices = Notices()
    for region, year in (before, after):
        travel = shared_travel(region, year=timetable_year(region, year))
        at = {city: position for position, city in enumerate(travel.times.origin_ids)}
        lost = [city for city in ids if city not in at]
        if lost:
            msg = f"region {region.name!r} has no city {', '.join(lost[:3])}; expected the same cities on both sides."
            raise InputError(msg)
        chosen = np.array([at[city] for city in ids])
        times = travel.times.travel_time_s[:, chosen[:, None], chosen].astype(np.float64)
        times[:, np.eye(len(ids), dtype=bool)] = np.inf
        served.append(times)
        notices.extend(notice for notice in travel.notices if notice not in set(notices))
    percentiles = tuple(float(each) for each in travel.times.percentiles)
    return TrainTimes(served[0], served[1], percentiles, notices)


def project_by_road(economy: CityEconomy, trains: TrainTimes, road_kmh: float) -> Project:
    """
    Put figures and ways together: by train or by road, whichever is less.

    Parameters
    ----------
    economy
        Figures of cities.
    trains
        Travel by timetable between them.
    road_kmh
        Speed by road, on `DETOUR` times the straight line; within a city half of what crosses a circle of its land.
    """
    table = economy.table
    road_m = road_distances_m(table)
    road_s = road_m / (road_kmh / KMH_PER_M_S)
    return Project(
        ids=tuple(table["city_id"]),
        employment=table["employment"].to_numpy(np.float64),
        wages=table["wage"].to_numpy(np.float64),
        residents=table["residents"].to_numpy(np.float64),
        distance_m=road_m,
        before_s=np.minimum(trains.before_s, road_s),
        after_s=np.minimum(trains.after_s, road_s),
        percentiles=trains.percentiles,
    )


def road_distances_m(cities: pd.DataFrame) -> F64:
    """
    Ways by road between centres, m; on the diagonal half of what crosses a circle of the city's land.

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [120.0, 120.0], "lat": [31.0, 32.0], "land_area_km2": [np.pi, np.pi * 100]})
    >>> road_distances_m(two).round(-2).tolist()
    [[500.0, 144600.0], [144600.0, 5000.0]]
    """
    lon, lat = cities["lon"].to_numpy(np.float64), cities["lat"].to_numpy(np.float64)
    distance: F64 = DETOUR * great_circle_m(lon[:, None], lat[:, None], lon[None], lat[None])
    np.fill_diagonal(distance, 500 * np.sqrt(cities["land_area_km2"].to_numpy(np.float64) / np.pi))
    return distance


def parameter_rows(region: Region, given: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Give the rows of table `parameters`, with those given in the place of rows of the same name.

    Raises
    ------
    NoDataError
        If there are none.
    """
    rows = region.table("parameters")
    if given is not None:
        names = set(given["parameter"])
        # the cost of commuting follows time in one of two ways
        replaced = names | (set(COMMUTING) if names & set(COMMUTING) else set())
        rows = pd.concat([rows[~rows["parameter"].isin(replaced)], given], ignore_index=True)
    if rows.empty:
        msg = f"region {region.name!r} has no parameters: elasticities as distributions, with their sources."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 没有 parameters 表：以分布表示的弹性及其来源。",
            needs=(
                "Bring them: megaregion import table parameters FILE; the example yrd holds a set to begin with.",
                "请导入：megaregion import table parameters FILE；示例 yrd 含一套可供起步的参数。",
            ),
        )
    return rows


def read_parameter_file(path: str) -> pd.DataFrame:
    """
    Read a file of rows like those of table `parameters`.

    Raises
    ------
    InputError
        If it cannot be read or used, with the line.
    """
    reading = read_table(path, "parameters")
    reading.notices.raise_errors(path)
    return reading.tables["parameters"]


def _figures(facts: pd.DataFrame, indicator: str, near: int | None) -> tuple[pd.DataFrame, int]:
    """Rows of an indicator by city, of the year that most cities have: the newest, or that nearest to another."""
    facts = facts[facts["indicator"] == indicator]
    counts = facts.groupby("year")["city_id"].nunique()
    if counts.empty:
        return facts.set_index("city_id"), 0
    full = sorted(int(each) for each in counts.index[counts == counts.max()])
    year = full[-1] if near is None else min(full, key=lambda each: (abs(each - near), each))
    rows = latest(facts[facts["year"] == year], ["city_id"])
    units = sorted(set(rows["unit"].dropna()))
    if len(units) > 1:
        first = rows.drop_duplicates("unit")
        listed = ", ".join(f"{row.unit} for {row.city_id}" for row in first.itertuples())
        msg = (
            f"city_facts: {indicator} of {year} is in {len(units)} units ({listed}); expected one currency and price "
            "year for all cities. Convert them and import the table again."
        )
        raise InputError(msg)
    return rows.set_index("city_id"), year


def _refuse_zeros(table: pd.DataFrame, checked: Sequence[tuple[str, str, int]], notices: Notices) -> None:
    """Refuse figures of 0; `checked` names columns, with the indicator and year that each is of."""
    for column, indicator, year in checked:
        for city, row in table[table[column] <= 0].to_dict("index").items():
            found = f"{indicator} of {row['name_en'] or row['name']} ({city}) in {year} is {row[column]:g}"
            notices.add(
                "economy_figure_not_above_zero",
                f"city_facts: {found}; expected a number above 0.",
                field=indicator,
                value=city,
                fix="correct the row, or take it out: a city without the figure is left out and named",
                message_zh=f"city_facts：{row['name']}（{city}）{year} 年的 {indicator} 为 {row[column]:g}；应大于 0。",
            )
    notices.raise_errors("the cities of the region")


def _name_left_out(table: pd.DataFrame, lacking: Mapping[str, str], notices: Notices) -> None:
    """Name each city that lacks figures, and which; `lacking` says what columns are."""
    for city, row in table.to_dict("index").items():
        missing = [what for column, what in lacking.items() if row[column] != row[column]]
        if missing:
            message = f"{row['name_en'] or row['name']} ({city}) is left out: no {', no '.join(missing)}."
            zh = f"{row['name']}（{city}）未计入：缺少 {'、'.join(missing)}。"
            notices.add("welfare_city_left_out", message, field=missing[0], value=city, message_zh=zh)


def _too_few(region: Region, held: int, wages: str) -> NoDataError:
    total = len(region.table("cities"))
    what = f"{wages}, {PEOPLE} and land area"
    msg = f"{held} of {total} cities of region {region.name!r} have {what}; an economy takes two or more."
    return NoDataError(
        msg,
        f"区域 {region.name!r} 的 {total} 个城市中，{held} 个同时有 {wages}、{PEOPLE} 与土地面积；至少需要两个。",
        needs=(
            "Bring them: megaregion import table city_facts FILE; the land area stands in table cities.",
            "请导入：megaregion import table city_facts FILE；土地面积在 cities 表中。",
        ),
    )
