"""How far the cities are from each other by public transport: trains, journeys, and what is within reach."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.assumption import Assumption, journeys
from megaregion.study.city_travel import accessibility_table, city_figure
from megaregion.study.indicators.shares import latest
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.shared_travel import check_cities, shared_travel, timetable_year

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.study.city_travel import CityTravel

_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("timetable year; the newest by default", "时刻表年份；默认为最新"),
)
_HUB = Parameter(
    name="hub",
    kind="city",
    default=None,
    about=Words("city that is set out from; the most populous by default", "出发城市；默认为人口最多者"),
)
_BY = Parameter(
    name="by",
    kind="text",
    default="train",
    about=Words(
        "which time counts: train (fastest direct train), fastest or median (journeys from centre to centre)",
        "计时方式：train（最快直达列车）、fastest 或 median（市中心到市中心的行程）",
    ),
    choices=("train", "fastest", "median"),
)
_REACHED = {"cities_reached": Column(Words("cities reached", "可达城市数"))}
_WITHIN = {"cities": Column(Words("cities within", "阈值内城市数"))}
_YEAR_OF = Column(Words("year", "年份"))
_HUB_OF = Column(Words("from", "出发城市"))
_NUMBER_OF = Column(Words("train", "车次"))
_NEEDS = Words("cities, stations and a timetable", "城市、车站与时刻表")
_BY_JOURNEY = {"by": ("fastest", "median")}
_WHOLE_CITY = Assumption(
    words=Words("a city counts whole or not at all, with all that it has", "一城或全部计入，或完全不计")
)
_TABLES = ("cities", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar")


def _pairs(
    region: Region, travel: CityTravel, values: NDArray[Any], *, direct: bool = False, **more: NDArray[Any]
) -> Figures:
    """One row for each ordered pair of different cities."""
    ids = np.asarray(travel.times.origin_ids, dtype=object)
    n = len(ids)
    other = ~np.eye(n, dtype=bool).ravel()
    columns = {"from_id": np.repeat(ids, n), "to_id": np.tile(ids, n), "value": values.astype(np.float64).ravel()}
    columns |= {name: array.ravel() for name, array in more.items()}
    table = pd.DataFrame({name: array[other] for name, array in columns.items()}).astype(
        {"from_id": "str", "to_id": "str"}
    )
    settings = _settings(travel, direct=direct)
    return Figures(table=table, basis=_basis(region, travel), settings=settings, notices=travel.notices)


def _basis(region: Region, travel: CityTravel) -> dict[str, pd.DataFrame]:
    feeds = region.table("feeds")
    return {"feeds": feeds[feeds["feed_id"].isin(travel.timetable.feed_ids)]}


def _settings(travel: CityTravel, *, direct: bool = False) -> dict[str, Any]:
    """Say how journeys are computed; direct trains are read off the timetable of the day."""
    names: tuple[str, ...] = ("year", "date")
    if not direct:
        names += ("window", "max_rides", "origins", "origins_zh", "walks", "walks_zh", "typical_departures")
    return {name: travel.times.provenance.get(name) for name in names}


def fastest_train(region: Region, *, year: int | None) -> Figures:
    """Fastest direct train of the day between principal stations, s; inf = none."""
    travel = shared_travel(region, year=year)
    return _pairs(region, travel, travel.fastest_train_s(), direct=True)


def slowest_train(region: Region, *, year: int | None) -> Figures:
    """Slowest direct train of the day between principal stations, s; inf = none."""
    travel = shared_travel(region, year=year)
    return _pairs(region, travel, travel.slowest_train_s(), direct=True)


def direct_trains(region: Region, *, year: int | None) -> Figures:
    """Direct trains a day between principal stations."""
    travel = shared_travel(region, year=year)
    return _pairs(region, travel, travel.trains(), direct=True)


def typical_time(region: Region, *, year: int | None) -> Figures:
    """Median journey from centre to centre over the departure window, s; inf = unreachable."""
    travel = shared_travel(region, year=year)
    times = travel.times
    low, high = (times.percentile_s(percentile).astype(np.float64) for percentile in (5, 95))
    return _pairs(region, travel, times.median_s, p5_s=low, p95_s=high)


def fastest_journey(region: Region, *, year: int | None) -> Figures:
    """Fastest journey from centre to centre within the departure window, s; inf = unreachable."""
    travel = shared_travel(region, year=year)
    return _pairs(region, travel, travel.times.fastest_s)


def _of_cities(region: Region, travel: CityTravel, statistic: str, column: str, count: tuple[str, str]) -> Figures:
    """Give one column of the ranking as values; `count` = a column that counts cities, and what it is called here."""
    ranked = accessibility_table(region, travel, statistic=statistic).sort_values("city_id", ignore_index=True)
    of, name = count
    table = ranked[["city_id"]].assign(value=ranked[column].astype(np.float64), **{name: ranked[of]})
    settings = _settings(travel, direct=statistic == "train")
    return Figures(table=table, basis=_basis(region, travel), settings=settings, notices=travel.notices)


def _within(region: Region, year: int | None, by: str, minutes: float, of: tuple[str, str, str]) -> Figures:
    """
    Sum of an indicator of the cities within a time, and how many cities these are.

    `of` = the indicator, its column of the ranking with {} for the minutes, and the column for the year it is of.
    """
    indicator, column, year_column = of
    travel = shared_travel(region, year=year)
    cutoff = f"{minutes:g}min"
    figures = _of_cities(region, travel, by, column.format(cutoff), (f"cities_{cutoff}", "cities"))
    rows = _figures_of_cities(region, indicator, travel.year)
    if rows.empty:
        msg = f"region {region.name!r} has no {indicator} of cities."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 没有各市的 {indicator}。",
            needs=(
                f"Bring {indicator}: megaregion import table city_facts FILE.",
                f"请导入 {indicator}：megaregion import table city_facts FILE。",
            ),
        )
    taken = int(rows["year"].iloc[0])
    return Figures(
        table=figures.table.assign(**{year_column: taken}),
        basis={**figures.basis, "city_facts": rows},
        settings={**figures.settings, year_column: taken},
        notices=figures.notices,
    )


def _figures_of_cities(region: Region, indicator: str, year: int) -> pd.DataFrame:
    """Rows of table `city_facts` that `city_figure` takes: one for each city of the region that has one."""
    taken = city_figure(region, indicator, year).name
    facts = region.table("city_facts")
    facts = facts[(facts["indicator"] == indicator) & (facts["year"] == taken)]
    return latest(facts[facts["city_id"].isin(region.table("cities")["city_id"])], ["city_id"])


def time_to_all(region: Region, *, year: int | None) -> Figures:
    """Median over all other cities of the median journey, s; inf = fewer than half can be reached."""
    return _of_cities(region, shared_travel(region, year=year), "median", "median_to_all_s", ("cities_reached",) * 2)


def gdp_within(region: Region, *, year: int | None, minutes: float, by: str) -> Figures:
    """Output of the cities within a time, the city itself among them, CNY."""
    return _within(region, year, by, minutes, ("gdp", "gdp_{}_cny", "gdp_year"))


def people_within(region: Region, *, year: int | None, minutes: float, by: str) -> Figures:
    """People of the cities within a time, the city itself among them."""
    return _within(region, year, by, minutes, ("population_census", "people_{}", "census"))


def _times_from(
    region: Region, year: int | None, hub: str | None, by: str
) -> tuple[CityTravel, str, NDArray[np.float64], dict[str, pd.DataFrame]]:
    """Give travel, the city set out from, (n_cities,) times from it, s, that to itself 0, and what they rest on."""
    travel = shared_travel(region, year=year)
    basis = _basis(region, travel)
    if hub is None:
        people = _figures_of_cities(region, "population_census", travel.year)
        hub = travel.times.origin_ids[0]
        if len(people):
            # which city it is rests on the people of all
            hub, basis["city_facts"] = str(people["city_id"].iloc[int(people["value"].argmax())]), people
    times: NDArray[Any] = travel.fastest_train_s()
    if by != "train":
        times = travel.times.fastest_s if by == "fastest" else travel.times.median_s
    row = times[travel.times.origin_ids.index(hub)].astype(np.float64)
    row[travel.times.origin_ids.index(hub)] = 0.0
    return travel, hub, row, basis


def cities_within(region: Region, *, year: int | None, hub: str | None, hours: float, by: str) -> Figures:
    """Count the cities within a time of one city, that city among them."""
    travel, hub, times, basis = _times_from(region, year, hub, by)
    table = pd.DataFrame({"value": [float((times <= hours * 3600).sum())], "hours": hours, "hub": hub})
    return Figures(table=table, basis=basis, settings=_settings(travel, direct=by == "train"), notices=travel.notices)


def time_for_cities(region: Region, *, year: int | None, hub: str | None, cities: float, by: str) -> Figures:
    """Shortest time within which so many cities lie, the city itself among them, s; inf = there are not as many."""
    travel, hub, times, basis = _times_from(region, year, hub, by)
    ordered = np.sort(times[np.isfinite(times)])
    # a part of a city is not reached before the whole of it
    last = max(math.ceil(cities), 1)
    within = float(ordered[last - 1]) if last <= len(ordered) else np.inf
    table = pd.DataFrame({"value": [within], "cities": cities, "hub": hub, "reachable": len(ordered)})
    return Figures(table=table, basis=basis, settings=_settings(travel, direct=by == "train"), notices=travel.notices)


def city_count(region: Region) -> Figures:
    """
    Count the cities of the region.

    Raises
    ------
    NoDataError
        If it has none yet.
    """
    check_cities(region)
    cities = region.table("cities")
    return Figures(table=pd.DataFrame({"value": [float(len(cities))]}), basis={"cities": cities})


def train_runs(region: Region, *, number: str, first: str | None, last: str | None, year: int | None) -> Figures:
    """
    Count the trains of a number, and where given those that run from one station to another.

    Raises
    ------
    NoDataError
        If the timetable of that year does not hold all trains by their numbers, and none is known by this one.
    """
    chosen = timetable_year(region, year)
    known = region.table("known_rides")
    known = known[(known["year"] == chosen) & (known["number"] == number) & known["whole_run"].astype(bool)]
    feeds = region.table("feeds")
    trips = region.table("trips")
    trips = trips[trips["feed_id"].isin(feeds.loc[feeds["year"] == chosen, "feed_id"])]
    runs = trips[trips["number"].fillna("") == number]
    if known.empty and runs.empty and (trips["number"].fillna("") == "").any():
        msg = f"the timetable of {chosen} does not hold all trains by their numbers, and none is known as {number}."
        raise NoDataError(
            msg,
            f"{chosen} 年的时刻表并非都有车次，也没有已知的 {number} 次列车。",
            needs=(
                f"Bring a timetable with train numbers: megaregion import rail-timetable FILE --year {chosen}.",
                f"请导入含车次的时刻表：megaregion import rail-timetable FILE --year {chosen}。",
            ),
        )
    calls = region.table("stop_times")
    calls = calls[calls["trip_id"].isin(runs["trip_id"])].sort_values(["trip_id", "stop_sequence"])
    names = region.table("stops").set_index("stop_id")["name"]
    ends = calls.groupby("trip_id")["stop_id"].agg(["first", "last"])
    ends = ends.assign(first=ends["first"].map(names), last=ends["last"].map(names))
    found = pd.concat(
        [
            pd.DataFrame({"first": ends["first"], "last": ends["last"]}),
            known.rename(columns={"from_stop": "first", "to_stop": "last"})[["first", "last"]],
        ]
    ).drop_duplicates()
    if first is not None:
        found = found[found["first"] == first]
    if last is not None:
        found = found[found["last"] == last]
    table = pd.DataFrame({"value": [float(len(found))], "number": number, "first": first, "last": last, "year": chosen})
    basis = {"known_rides": known} if len(known) else {}
    if len(runs) or known.empty:
        basis["feeds"] = feeds[feeds["feed_id"].isin(trips["feed_id"])]
    return Figures(table=table, basis=basis, settings={"year": chosen})


def train_time(region: Region, *, origin: str, destination: str, statistic: str, year: int | None) -> Figures:
    """
    Ride of the fastest or slowest direct train of the day between named stations, s; inf = no direct train.

    Raises
    ------
    NoDataError
        If the timetable of that year calls at none of the stations of an end.
    """
    travel = shared_travel(region, year=year)
    names = region.table("stops").set_index("stop_id")["name"]
    rides = travel.station_rides(region)
    rides = rides.assign(origin=rides["from_id"].map(names), destination=rides["to_id"].map(names))
    single = region.table("known_rides")
    single = single[single["year"] == travel.year].rename(columns={"from_stop": "origin", "to_stop": "destination"})
    ride_s = (single["arrival_s"] - single["departure_s"]).astype("int64")
    columns = ["origin", "destination", "fastest_s", "slowest_s", "number"]
    rides = pd.concat(
        [
            rides.assign(number="")[columns],
            single.assign(fastest_s=ride_s, slowest_s=ride_s)[columns],
        ],
        ignore_index=True,
    )
    served = {*rides["origin"], *rides["destination"]}
    for text in (origin, destination):
        if served.isdisjoint(text.split()):
            msg = f"no train of the timetable of {travel.year} calls at {text!r}."
            raise NoDataError(
                msg,
                f"{travel.year} 年的时刻表中没有列车停靠 {text!r}。",
                needs=(
                    "Give names of stations of table stops, with blanks between.",
                    "请给出 stops 表中的车站名称，以空格分隔。",
                ),
            )
    rides = rides[rides["origin"].isin(origin.split()) & rides["destination"].isin(destination.split())]
    ordered = rides.sort_values(f"{statistic}_s", kind="stable", ascending=statistic == "fastest").head(1)
    table = ordered.assign(value=ordered[f"{statistic}_s"].astype(np.float64), year=travel.year)
    if table.empty:
        table = pd.DataFrame(
            {"origin": [""], "destination": [""], "number": [""], "value": [np.inf], "year": [travel.year]}
        )
    basis = _basis(region, travel)
    if (table["number"] != "").all():
        basis["known_rides"] = single[single["number"].isin(table["number"])]
    return Figures(
        table=table[["origin", "destination", "number", "value", "year"]].astype(
            {"origin": "str", "destination": "str", "number": "str"}
        ),
        basis=basis,
        settings={"year": travel.year, "origin": origin, "destination": destination},
    )


def _pair_measure(name: str, title: Words, formula: Words, function: Any, **more: Any) -> Measure:
    return Measure(
        name=name,
        title=title,
        shape="pair",
        formula=formula,
        inputs=_TABLES,
        needs=_NEEDS,
        function=function,
        parameters=(_YEAR,),
        question="everywhere",
        by_year=True,
        **{"unit": "s", "better": "less", **more},
    )


def _minutes(default: float) -> Parameter:
    return Parameter(
        name="minutes",
        kind="number",
        default=default,
        about=Words("cut-off, minutes", "时间阈值，分钟"),
        choices=(60, 90, 120),
    )


MEASURES = (
    _pair_measure(
        "fastest_train",
        Words("Fastest direct train", "最快直达列车"),
        Words(
            "shortest ride of a direct train of the day between the cities' principal stations",
            "当日两市主要车站间直达列车的最短乘车时间",
        ),
        fastest_train,
        direct=True,
    ),
    _pair_measure(
        "slowest_train",
        Words("Slowest direct train", "最慢直达列车"),
        Words(
            "longest ride of a direct train of the day between the cities' principal stations",
            "当日两市主要车站间直达列车的最长乘车时间",
        ),
        slowest_train,
        direct=True,
    ),
    _pair_measure(
        "direct_trains",
        Words("Direct trains a day", "每日直达列车"),
        Words(
            "direct trains of the day between the cities' principal stations; a sum over several cities counts a train "
            "once for each of them that it reaches",
            "当日两市主要车站间的直达列车数；对多个城市求和时，一列车每到达一城计一次",
        ),
        direct_trains,
        unit="trains/day",
        better="more",
    ),
    _pair_measure(
        "typical_time",
        Words("Typical journey", "典型行程"),
        Words(
            "median over all departure times of the window of the journey from centre to centre, with waiting, access, "
            "changes and egress",
            "时段内各出发时刻市中心到市中心行程时间的中位数，含候车、进出站与换乘",
        ),
        typical_time,
        assumes=journeys(),
        columns={
            "p5_s": Column(Words("5th percentile", "第 5 百分位"), "s"),
            "p95_s": Column(Words("95th percentile", "第 95 百分位"), "s"),
        },
    ),
    _pair_measure(
        "fastest_journey",
        Words("Fastest journey", "最快行程"),
        Words(
            "shortest journey of the window from centre to centre, with access, changes and egress",
            "时段内市中心到市中心的最短行程，含进出站与换乘",
        ),
        fastest_journey,
        assumes=journeys(),
    ),
    Measure(
        name="time_to_all",
        title=Words("Median time to all other cities", "到其他各市的中位时间"),
        unit="s",
        shape="city",
        formula=Words("median over all other cities of the typical journey to them", "到其他各市典型行程时间的中位数"),
        inputs=_TABLES,
        needs=_NEEDS,
        function=time_to_all,
        parameters=(_YEAR,),
        columns=_REACHED,
        question="everywhere",
        better="less",
        by_year=True,
        assumes=journeys(),
    ),
    Measure(
        name="gdp_within",
        title=Words("GDP within reach", "可达范围内的生产总值"),
        unit="CNY",
        shape="city",
        formula=Words(
            "GDP of the cities within the cut-off, the city itself among them, of the year nearest to the timetable of "
            "those that most cities have",
            "阈值内各市（含本市）生产总值之和，取数据最全的年份中与时刻表最近者",
        ),
        inputs=(*_TABLES, "city_facts"),
        needs=Words("a timetable and GDP of cities", "时刻表与各市生产总值"),
        function=gdp_within,
        parameters=(_YEAR, _minutes(90), _BY),
        columns=_WITHIN | {"gdp_year": Column(Words("GDP of", "生产总值年份"))},
        question="reach",
        better="more",
        by_year=True,
        assumes=(
            _WHOLE_CITY,
            Assumption(words=Words("GDP is that of one year for all", "各市生产总值取同一年份"), setting="gdp_year"),
            *journeys(_BY_JOURNEY),
        ),
    ),
    Measure(
        name="people_within",
        title=Words("People within reach", "可达范围内的人口"),
        unit="person",
        shape="city",
        formula=Words(
            "people of the cities within the cut-off, the city itself among them, by the census nearest to the "
            "timetable of those that most cities have",
            "阈值内各市（含本市）普查人口之和，取数据最全的普查中与时刻表最近者",
        ),
        inputs=(*_TABLES, "city_facts"),
        needs=Words("a timetable and census population of cities", "时刻表与各市普查人口"),
        function=people_within,
        parameters=(_YEAR, _minutes(90), _BY),
        columns=_WITHIN | {"census": Column(Words("census", "普查年份"))},
        question="reach",
        better="more",
        by_year=True,
        assumes=(
            _WHOLE_CITY,
            Assumption(words=Words("people are those of one census", "人口取同一次普查"), setting="census"),
            *journeys(_BY_JOURNEY),
        ),
    ),
    Measure(
        name="cities_within",
        title=Words("Cities within a time of one city", "一城若干小时内的城市数"),
        unit="cities",
        shape="value",
        formula=Words(
            "cities whose time from the hub is at most so many hours, the hub among them",
            "距中心城市不超过若干小时的城市数（含该城市）",
        ),
        inputs=_TABLES,
        needs=_NEEDS,
        function=cities_within,
        parameters=(
            _YEAR,
            _HUB,
            Parameter(name="hours", kind="number", default=2, about=Words("cut-off, hours", "时间阈值，小时")),
            _BY,
        ),
        columns={"hours": Column(Words("hours", "小时")), "hub": _HUB_OF},
        question="reach",
        better="more",
        by_year=True,
        assumes=journeys(_BY_JOURNEY),
    ),
    Measure(
        name="time_for_cities",
        title=Words("Time within which so many cities lie", "覆盖若干城市所需时间"),
        unit="s",
        shape="value",
        formula=Words(
            "shortest time from the hub within which so many cities lie, the hub among them",
            "从中心城市出发覆盖若干城市（含该城市）的最短时间",
        ),
        inputs=_TABLES,
        needs=_NEEDS,
        function=time_for_cities,
        parameters=(
            _YEAR,
            _HUB,
            Parameter(name="cities", kind="number", default=35, about=Words("number of cities", "城市数")),
            _BY,
        ),
        columns={
            "cities": Column(Words("cities", "城市数")),
            "hub": _HUB_OF,
            "reachable": Column(Words("cities that can be reached at all", "可达城市总数")),
        },
        question="reach",
        better="less",
        by_year=True,
        assumes=journeys(_BY_JOURNEY),
    ),
    Measure(
        name="train_time",
        title=Words("Fastest or slowest train between stations", "指定车站间最快或最慢列车"),
        unit="s",
        shape="value",
        formula=Words(
            "shortest or longest ride of a direct train of the day from any of the first stations to any of the "
            "others; aggregated services blur single trains, so rides in table known_rides count as well",
            "当日从任一起点站到任一终点站直达列车的最短或最长乘车时间；"
            "汇总的开行模式会模糊单趟列车，故也计入 known_rides 表",
        ),
        inputs=_TABLES,
        needs=_NEEDS,
        function=train_time,
        parameters=(
            Parameter(
                name="origin",
                kind="text",
                default=None,
                required=True,
                about=Words("names of stations, with blanks between", "车站名称，以空格分隔"),
            ),
            Parameter(
                name="destination",
                kind="text",
                default=None,
                required=True,
                about=Words("names of stations, with blanks between", "车站名称，以空格分隔"),
            ),
            Parameter(
                name="statistic",
                kind="text",
                default="fastest",
                about=Words("fastest or slowest", "最快或最慢"),
                choices=("fastest", "slowest"),
            ),
            _YEAR,
        ),
        columns={
            "origin": Column(Words("from", "起点")),
            "destination": Column(Words("to", "终点")),
            "number": _NUMBER_OF,
            "year": _YEAR_OF,
        },
        better="less",
    ),
    Measure(
        name="city_count",
        title=Words("Cities of the region", "区域城市数"),
        unit="cities",
        shape="value",
        formula=Words("rows of table cities", "cities 表的行数"),
        inputs=("cities",),
        needs=Words("cities", "城市"),
        function=city_count,
        question="weight",
    ),
    Measure(
        name="train_runs",
        title=Words("Trains of a number between two stations", "某车次是否开行"),
        unit="trains",
        shape="value",
        formula=Words(
            "trains of that number whose first and last calls are these stations",
            "以这两站为首末站的该车次列车数",
        ),
        inputs=("feeds", "trips", "stop_times", "stops", "known_rides"),
        needs=Words("a timetable with train numbers", "含车次的时刻表"),
        function=train_runs,
        parameters=(
            Parameter(name="number", kind="text", default=None, required=True, about=Words("train number", "车次")),
            Parameter(
                name="first",
                kind="text",
                default=None,
                about=Words("first station; any by default", "始发站；默认不限"),
            ),
            Parameter(
                name="last", kind="text", default=None, about=Words("last station; any by default", "终到站；默认不限")
            ),
            _YEAR,
        ),
        columns={
            "number": _NUMBER_OF,
            "first": Column(Words("first station", "始发站")),
            "last": Column(Words("last station", "终到站")),
            "year": _YEAR_OF,
        },
    ),
)
