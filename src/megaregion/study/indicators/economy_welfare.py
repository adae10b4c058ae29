"""Who gains from faster travel: what two timetables, or a scenario, change for welfare, people, wages and rents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.city_travel import timetable_years
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.shared_travel import timetable_year
from megaregion.study.welfare import DRAWS, Welfare, WelfareOptions, welfare_change
from megaregion.study.welfare_words import ASSUMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from megaregion.region.model import Region


_UNTOLD = ("mobility", "seed", "draws", "level")
"""Settings that are the same for all measures, or told as parameters."""


def _between_years(region: Region, since: int | None, year: int | None, **asked: Any) -> Welfare:
    """Solve for what changed from one timetable year to a later one."""
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
    return welfare_change((region, then), (region, now), options=_options(**asked))


def _by_scenario(before: Region, region: Region, year: int | None, **asked: Any) -> Welfare:
    """Solve for what a scenario changes."""
    return welfare_change((before, year), (region, year), options=_options(**asked))


def _options(*, draws: float, road_kmh: float) -> WelfareOptions:
    return WelfareOptions(draws=int(draws), road_kmh=float(road_kmh))


def _overall(found: Welfare) -> Figures:
    """One row: value at the median of draws, its band, the same at median elasticities, and the certificate."""
    certificate = found.certificate
    row = {
        "value": found.band[1],
        "lowest": found.band[0],
        "highest": found.band[2],
        "central": found.central,
        "unique": float(certificate["unique"]),
        "converged": float(certificate["converged"]),
        "extrapolating": float(len(certificate["extrapolating"])),
        "slow_road": float(found.roads["welfare"].iloc[0]),
        "fast_road": float(found.roads["welfare"].iloc[-1]),
    }
    return _figures(found, pd.DataFrame([row]))


def _of_cities(found: Welfare, outcome: str) -> Figures:
    table = found.table[["city_id"]].assign(
        value=found.table[outcome],
        lowest=found.table[f"{outcome}_low"],
        highest=found.table[f"{outcome}_high"],
    )
    return _figures(found, table)


def _figures(found: Welfare, table: pd.DataFrame) -> Figures:
    settings = {name: value for name, value in found.settings.items() if name not in _UNTOLD}
    return Figures(table=table, basis=found.basis, settings=settings, notices=found.notices)


def _functions(outcome: str) -> tuple[Callable[..., Figures], Callable[..., Figures]]:
    """Give the functions of an outcome, of two years and of a scenario; blank = welfare overall."""

    def of_years(region: Region, *, since: int | None, year: int | None, **asked: Any) -> Figures:
        found = _between_years(region, since, year, **asked)
        return _of_cities(found, outcome) if outcome else _overall(found)

    def of_scenario(before: Region, region: Region, *, year: int | None, **asked: Any) -> Figures:
        found = _by_scenario(before, region, year, **asked)
        return _of_cities(found, outcome) if outcome else _overall(found)

    return of_years, of_scenario


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
_DRAWS = Parameter(
    name="draws",
    kind="number",
    default=DRAWS,
    about=Words("draws of what is not known; 1,000 for print", "对未知量抽样的次数；正式发表宜取 1,000"),
)
_ROAD = Parameter(
    name="road_kmh",
    kind="number",
    default=60,
    about=Words("speed by road, km/h: travel takes train or road", "公路速度，公里/小时：出行取列车与公路中较快者"),
)
_BAND = {
    "lowest": Column(Words("5 % of draws lie below", "5% 的抽样低于"), "share"),
    "highest": Column(Words("5 % of draws lie above", "5% 的抽样高于"), "share"),
}
_CERTIFICATE = {
    "central": Column(Words("at median elasticities", "取弹性中位数时"), "share"),
    "unique": Column(Words("draws with one equilibrium, proven", "可证明均衡唯一的抽样"), "share"),
    "converged": Column(Words("draws that were solved", "求解成功的抽样"), "share"),
    "extrapolating": Column(Words("pairs nearer than any two were before", "比以往任何两市都近的城市对")),
    "slow_road": Column(Words("with roads at 45 km/h", "公路 45 公里/小时"), "share"),
    "fast_road": Column(Words("with roads at 80 km/h", "公路 80 公里/小时"), "share"),
}
_TABLES = ("cities", "city_facts", "parameters", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar")
_MODEL = Words(
    "; counterfactual of a spatial equilibrium with commuting and trade, median over draws of elasticities, departures "
    "and errors, each calibrated anew",
    "；由含通勤与贸易的空间均衡模型反事实求解，对弹性、出发时刻与误差抽样并逐次重新校准，取中位数",
)

_OUTCOMES = (
    (
        "welfare",
        "",
        Words("Welfare", "福利"),
        Words("expected utility of a resident, all cities together", "全体居民的期望效用"),
    ),
    (
        "people",
        "residents",
        Words("People", "人口"),
        Words("people who would live in the city", "愿意居住在该市的人口"),
    ),
    (
        "wage",
        "wage",
        Words("Wages", "工资"),
        Words("wage in the city, total output of all cities kept", "该市工资（各市总产出不变）"),
    ),
    ("rent", "rent", Words("Rents", "房租"), Words("rent in the city, total output kept", "该市房租（总产出不变）")),
    (
        "real_income",
        "real_income",
        Words("Real income", "实际收入"),
        Words(
            "income of a resident over prices of goods and rents, without what a choice of work places is worth",
            "居民收入相对物价与房租（不含就业地选择的价值）",
        ),
    ),
)


def _measures() -> tuple[Measure, ...]:
    """Declare each outcome twice: of two timetable years, and of a scenario."""
    found = []
    for scenario in (False, True):
        for name, outcome, title, what in _OUTCOMES:
            of = (
                Words("with the scenario over without it, less 1", "有情景与无情景之比减 1")
                if scenario
                else Words("of the later timetable over the earlier one, less 1", "后一时刻表与前一时刻表之比减 1")
            )
            by = Words(" by the scenario", "（情景带来）") if scenario else Words("", "")
            found.append(
                Measure(
                    name=f"{name}_by_scenario" if scenario else f"{name}_gain",
                    title=Words(f"{title.en}, change{by.en}", f"{title.zh}变化{by.zh}"),
                    unit="share",
                    shape="city" if outcome else "value",
                    formula=Words(f"{what.en}, {of.en}{_MODEL.en}", f"{what.zh}，{of.zh}{_MODEL.zh}"),
                    inputs=_TABLES,
                    needs=Words(
                        "GDP and people of cities, table parameters, and timetables of two years or a scenario",
                        "各市生产总值与人口、parameters 表，以及两个年份的时刻表或一个情景",
                    ),
                    function=_functions(outcome)[scenario],
                    parameters=(*(() if scenario else (_SINCE,)), _YEAR, _DRAWS, _ROAD),
                    columns=_BAND if outcome else _BAND | _CERTIFICATE,
                    question="gains",
                    palette="diverging",
                    better="more" if not outcome else "",
                    by_year=True,
                    change=scenario,
                    assumes=ASSUMES,
                )
            )
    return tuple(found)


MEASURES = _measures()
