"""How near markets are: output within reach of each city, what faster travel adds to it, and what borders take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from megaregion.chinese import in_chinese
from megaregion.errors import InputError, NoDataError
from megaregion.study.assumption import Assumption
from megaregion.study.city_costs import ASSUMES, ROAD_KMH
from megaregion.study.city_gravity import FLOWS, TRAINS, GravityOptions, city_gravity
from megaregion.study.city_markets import TIME_ELASTICITY, CityMarkets, MarketOptions, city_markets, market_change
from megaregion.study.city_travel import timetable_years
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.shared_travel import timetable_year

if TYPE_CHECKING:
    from megaregion.region.model import Region


def market_access(region: Region, *, year: int | None, theta: float, own: str, road_kmh: float) -> Figures:
    """
    Output of all cities, each counting by (hours)^-theta: as if so much lay one hour away.

    Raises
    ------
    NoDataError
        If fewer than two cities have GDP, or there is no such timetable.
    """
    options = MarketOptions(theta=theta, own=own == "with", road_kmh=road_kmh)
    return _figures(city_markets(region, year=year, options=options), _LEVEL)


def economic_potential(region: Region, *, year: int | None, own: str, road_kmh: float) -> Figures:
    """Output of all cities over the hours to get there (Harris)."""
    options = MarketOptions(theta=1.0, own=own == "with", road_kmh=road_kmh)
    return _figures(city_markets(region, year=year, options=options), _LEVEL)


def market_access_gain(region: Region, *, since: int | None, year: int | None, **asked: Any) -> Figures:
    """
    Change of market access from one timetable year to a later one, output unchanged.

    Raises
    ------
    NoDataError
        If there is no earlier timetable, or fewer than two cities have GDP.
    """
    now = timetable_year(region, year)
    then = min(timetable_years(region)) if since is None else timetable_year(region, since)
    if then >= now:
        msg = f"region {region.name!r} has no timetable before {now}: a change takes two."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 没有 {now} 年以前的时刻表：比较需要两个年份。",
            needs=(
                "Bring an earlier one: megaregion import rail-timetable FILE --year YYYY, or import gtfs FILE.",
                "请导入更早的时刻表：megaregion import rail-timetable FILE --year YYYY，或 import gtfs FILE。",
            ),
        )
    return _figures(market_change((region, then), (region, now), options=_options(**asked)), _SIDES_OF)


def market_access_by_scenario(before: Region, region: Region, *, year: int | None, **asked: Any) -> Figures:
    """Change of market access that a scenario makes, output unchanged."""
    sides = ((each, timetable_year(each, year)) for each in (before, region))
    return _figures(market_change(*sides, options=_options(**asked)), _SIDES_OF)


def _options(*, theta: float, own: str, fixed_point: str, road_kmh: float) -> MarketOptions:
    point = None if fixed_point == "none" else fixed_point
    return MarketOptions(theta=theta, own=own == "with", fixed_point=point, road_kmh=road_kmh)


_LEVEL = {"value": "market_access", "inward": "supplier_access", "own_share": "own_share"}
_SIDES_OF = {"value": "change", "before": "before", "after": "market_access"}
"""Columns of a measure, and what they are called in the table of cities."""


def _figures(found: CityMarkets, columns: dict[str, str]) -> Figures:
    table = found.table[["city_id"]].assign(**{name: found.table[of] for name, of in columns.items()})
    return Figures(
        table=table.assign(gdp_year=found.mass_year), basis=found.basis, settings=found.settings, notices=found.notices
    )


def border_effect(region: Region, *, year: int | None, flows: str) -> Figures:
    """
    Flows across a border of provinces over those within one, between cities otherwise alike; direct trains by default.

    Raises
    ------
    NoDataError
        If the region has no timetable, or its provinces and flows do not tell.
    """
    chosen = timetable_year(region, year)
    try:
        found = city_gravity(region, flows, options=GravityOptions(cost="distance", year=chosen))
    except InputError as problem:
        reason = str(problem).splitlines()[-1]
        msg = f"{flows} of {chosen} do not tell what borders of provinces do: {reason}"
        raise NoDataError(
            msg,
            f"{chosen} 年的 {flows} 不足以识别省界的作用：{in_chinese(reason)}",
            needs=(
                (
                    "Bring more: provinces stand in table cities; megaregion import rail-timetable FILE --year YYYY, "
                    "or megaregion import table city_flows FILE."
                ),
                (
                    "请补充：省份在 cities 表中；megaregion import rail-timetable FILE --year YYYY，或 "
                    "megaregion import table city_flows FILE。"
                ),
            ),
        ) from problem
    if found.border is None:
        msg = f"region {region.name!r}: none of {flows} goes across a border of provinces in {chosen}."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 在 {chosen} 年没有跨省的 {flows}。",
            needs=(
                (
                    "Bring some that do: megaregion import rail-timetable FILE --year YYYY, or megaregion import table "
                    "city_flows FILE."
                ),
                (
                    "请导入跨省流量：megaregion import rail-timetable FILE --year YYYY，或 "
                    "megaregion import table city_flows FILE。"
                ),
            ),
        )
    value, lowest, highest = found.border
    distance = found.fit.coefficients.loc["log_cost"]
    row = {
        "value": value,
        "lowest": lowest,
        "highest": highest,
        "distance": distance["estimate"],
        "distance_se": distance["se"],
        "explained": found.fit.pseudo_r2,
        "pairs": found.fit.n_pairs,
        "year": chosen,
    }
    feeds = region.table("feeds")
    return Figures(
        table=pd.DataFrame([row]),
        basis=dict(found.basis) | {"feeds": feeds[feeds["year"] == chosen]},
        settings=dict(found.settings) | {"year": chosen},
        notices=found.notices,
    )


_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("timetable year; the newest by default", "时刻表年份；默认为最新"),
)
_SINCE = Parameter(
    name="since",
    kind="year",
    default=None,
    about=Words("timetable year compared with; the first by default", "对比的时刻表年份；默认为最早"),
)
_THETA = Parameter(
    name="theta",
    kind="number",
    default=TIME_ELASTICITY,
    about=Words(
        "how steeply a market falls with hours; as movements in the delta by default (own estimate)",
        "市场随小时数衰减的弹性；默认取长三角人口流动的自行估计值",
    ),
)


def _own(default: Literal["with", "without"]) -> Parameter:
    return Parameter(
        name="own",
        kind="text",
        default=default,
        about=Words("with or without the city itself as a market", "是否将本市计为市场：with 计入，without 不计"),
        choices=("with", "without"),
    )


_FIXED = Parameter(
    name="fixed_point",
    kind="text",
    default="none",
    about=Words(
        "none = the plain sum; output = markets count by how many can supply them (Redding and Venables)",
        "none 为简单求和；output 为考虑供给竞争的不动点（Redding 与 Venables）",
    ),
    choices=("none", "output"),
)
_ROAD = Parameter(
    name="road_kmh",
    kind="number",
    default=ROAD_KMH,
    about=Words(
        "speed by road, km/h: travel takes train or road; 0 = trains only",
        "公路速度，公里/小时：出行取列车与公路中较快者；0 为仅列车",
    ),
)
_FLOWS = Parameter(
    name="flows",
    kind="text",
    default=TRAINS,
    about=Words(
        "what flows: trains (direct trains a day), or a kind of table city_flows",
        "流量：trains 为每日直达列车，或 city_flows 表中的一种",
    ),
)
_THETA_TAKEN = Assumption(
    words=Words("markets fall with hours to the power", "市场随小时数的幂衰减，指数"), setting="theta"
)
_TABLES = ("cities", "city_facts", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar")
_NEEDS = Words("GDP of cities, stations and a timetable", "各市生产总值、车站与时刻表")
_TWO = Words("GDP of cities and timetables of two years, or a scenario", "各市生产总值，以及两个年份的时刻表或一个情景")
_HOURS = Words(
    "median journey by train from centre to centre, or by road if faster",
    "市中心到市中心列车行程时间中位数，公路更快时取公路",
)


_LEVEL_COLUMNS = {
    "inward": Column(Words("from others to here", "由他市到本市"), "CNY"),
    "own_share": Column(Words("of which the city itself", "其中本市占比"), "share"),
    "gdp_year": Column(Words("GDP of", "生产总值年份")),
}
_SIDES = {
    "before": Column(Words("before", "此前")),
    "after": Column(Words("after", "此后")),
    "gdp_year": Column(Words("GDP of", "生产总值年份")),
}


def _gain(name: str, title: Words, formula: Words, *, scenario: bool) -> Measure:
    return Measure(
        name=name,
        title=title,
        unit="share",
        shape="city",
        formula=formula,
        inputs=_TABLES,
        needs=_TWO,
        function=market_access_by_scenario if scenario else market_access_gain,
        parameters=(*(() if scenario else (_SINCE,)), _YEAR, _THETA, _own("without"), _FIXED, _ROAD),
        columns=_SIDES,
        question="gains",
        better="more",
        palette="diverging",
        by_year=True,
        change=scenario,
        assumes=(*ASSUMES, _THETA_TAKEN),
    )


MEASURES = (
    Measure(
        name="market_access",
        title=Words("Market access", "市场可达性"),
        unit="CNY",
        shape="city",
        formula=Words(
            f"GDP of all other cities, added up, each times hours to the power -theta, as if all lay one hour away; "
            f"hours: {_HOURS.en}",
            f"其他各市生产总值乘以小时数的 -theta 次方后求和，折合为一小时距离处的市场；小时数：{_HOURS.zh}",
        ),
        inputs=_TABLES,
        needs=_NEEDS,
        function=market_access,
        parameters=(_YEAR, _THETA, _own("without"), _ROAD),
        columns=_LEVEL_COLUMNS,
        question="reach",
        better="more",
        by_year=True,
        assumes=(*ASSUMES, _THETA_TAKEN),
    ),
    Measure(
        name="economic_potential",
        title=Words("Economic potential", "经济潜力"),
        unit="CNY",
        shape="city",
        formula=Words(
            "GDP of all cities over the hours to get there, added up, the city itself included, as if all lay one hour "
            f"away (Harris 1954); hours: {_HOURS.en}",
            "各市生产总值除以到达所需小时数后求和，含本市，折合为一小时距离处的市场（Harris 1954）；"
            f"小时数：{_HOURS.zh}",
        ),
        inputs=_TABLES,
        needs=_NEEDS,
        function=economic_potential,
        parameters=(_YEAR, _own("with"), _ROAD),
        columns=_LEVEL_COLUMNS,
        question="reach",
        better="more",
        by_year=True,
        assumes=ASSUMES,
    ),
    _gain(
        "market_access_gain",
        Words("Market access, change", "市场可达性变化"),
        Words(
            "market access with the later timetable over that with the earlier one, less 1; the same GDP in both",
            "后一时刻表与前一时刻表的市场可达性之比减 1；两者生产总值相同",
        ),
        scenario=False,
    ),
    _gain(
        "market_access_by_scenario",
        Words("Market access, change by the scenario", "市场可达性变化（情景带来）"),
        Words(
            "market access with the scenario over that without it, less 1; the same GDP in both",
            "有情景与无情景的市场可达性之比减 1；两者生产总值相同",
        ),
        scenario=True,
    ),
    Measure(
        name="border_effect",
        title=Words("Flows across a provincial border, of those within", "跨省流量相当于省内的比例"),
        unit="share",
        shape="value",
        formula=Words(
            "what flows between two cities of different provinces (direct trains a day by default), over what flows "
            "between two of one province, at the same distance and the same totals of cities: exp of a border term in "
            "a doubly constrained gravity model (PPML), errors clustered by both cities",
            "在距离与两市总量相同时，跨省城市对与省内城市对流量之比（默认为每日直达列车）："
            "双约束引力模型（PPML）省界项的指数，标准误按两端城市聚类",
        ),
        inputs=("cities", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar", FLOWS),
        needs=Words("provinces of cities, stations and a timetable", "各市所属省份、车站与时刻表"),
        function=border_effect,
        parameters=(_YEAR, _FLOWS),
        columns={
            "lowest": Column(Words("95 % interval, from", "95% 区间下限"), "share"),
            "highest": Column(Words("to", "上限"), "share"),
            "distance": Column(Words("distance elasticity", "距离弹性"), "index"),
            "distance_se": Column(Words("its standard error", "其标准误"), "index"),
            "explained": Column(Words("deviance explained", "偏差解释比例"), "share"),
            "pairs": Column(Words("pairs of cities", "城市对数")),
            "year": Column(Words("year", "年份")),
        },
        question="one",
        better="more",
        by_year=True,
        assumes=(
            Assumption(
                words=Words(
                    "flows between pairs fall with a power of distance, and a border takes the same share everywhere",
                    "城市对之间的流量随距离的幂衰减，且省界的作用处处相同",
                )
            ),
        ),
    ),
)
