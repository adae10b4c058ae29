"""Cities as a network: links by firms, one centre or many, symmetry of trains, an index of integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import (
    flow_symmetry,
    functional_polycentricity,
    interlocking_network,
    link_significance,
    rank_size,
)
from megaregion.economy.city_network import NO_SAMPLE
from megaregion.economy.polycentricity import LEAST_SIZES
from megaregion.errors import NoDataError
from megaregion.notices import Notices
from megaregion.study.assumption import Assumption, journeys
from megaregion.study.indicators.city_figures import gdp, population
from megaregion.study.integration import GROUPS, PARTS, integration, shown_figure
from megaregion.study.left_out import cities_left_out
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.reading import HIGHEST, LOWEST
from megaregion.study.shared_travel import shared_travel, timetable_year

if TYPE_CHECKING:
    from collections.abc import Callable

    from megaregion.economy import Interlocking
    from megaregion.region.model import Region
    from megaregion.study.city_travel import CityTravel

DRAWS = 999
SEED = 20_211
"""Of the random networks: the same data give the same figures."""


def _firms(region: Region) -> tuple[Interlocking, pd.DataFrame]:
    sites = region.table("firm_sites")
    sites = sites[sites["city_id"].isin(region.table("cities")["city_id"])]
    if sites["city_id"].nunique() < 2:
        msg = f"table firm_sites names sites in {sites['city_id'].nunique()} cities of region {region.name!r}."
        raise NoDataError(
            msg,
            f"firm_sites 表仅列出区域 {region.name!r} 中 {sites['city_id'].nunique()} 个城市的站点。",
            needs=(
                "Bring sites of firms in two or more cities: megaregion import table firm_sites FILE.",
                "请导入企业在两个以上城市的站点：megaregion import table firm_sites FILE。",
            ),
        )
    return interlocking_network(sites), sites


def firm_connectivity(region: Region) -> Figures:
    """
    How strongly firms with several sites link each city; a city without a listed site is not known.

    Returns
    -------
    Figures
        city_id; value; of_highest, over that of the best connected city; firms; betweenness.
    """
    network, sites = _firms(region)
    table = region.table("cities")[["city_id"]].sort_values("city_id", ignore_index=True)
    held = network.table.set_index("city_id").reindex(table["city_id"])
    held = held.rename(columns={"share": "of_highest"})
    columns = {name: held[name].to_numpy(np.float64) for name in ("of_highest", "firms", "betweenness")}
    table = table.assign(value=held["connectivity"].to_numpy(np.float64), **columns)
    return Figures(table=table, basis={"firm_sites": sites}, settings=_listed(network), notices=network.notices)


def firm_links(region: Region) -> Figures:
    """
    How strongly firms link each pair of cities, beside random networks with the same sizes.

    Returns
    -------
    Figures
        from_id, to_id; value; firms in common; expected, z, p_adjusted of firms in common.
    """
    network, sites = _firms(region)
    found = link_significance(network, rng=np.random.default_rng(SEED), draws=DRAWS)
    one = found.table.merge(network.links[["from_id", "to_id", "value"]], on=["from_id", "to_id"], how="left")
    # both cities are listed, and no listed firm links them
    one = one.assign(value=one["value"].fillna(0.0), firms=one["firms"].astype(np.float64))
    one = one[["from_id", "to_id", "value", "firms", "expected", "z", "p_adjusted"]]
    both = pd.concat([one, one.rename(columns={"from_id": "to_id", "to_id": "from_id"})])
    cities = np.sort(region.table("cities")["city_id"].to_numpy(object))
    every = pd.DataFrame({"from_id": np.repeat(cities, len(cities)), "to_id": np.tile(cities, len(cities))})
    every = every[every["from_id"] != every["to_id"]].astype("str")
    notices = Notices(network.notices)
    if not found.can_tell:
        message = f"the smallest p that {network.firms} firms with these sizes can have is {found.least_p:.2g}."
        zh = f"以 {network.firms} 家企业的规模，p 值最小只能为 {found.least_p:.2g}。"
        notices.add("links_cannot_be_told", message, value=f"{found.least_p:.2g}", message_zh=zh)
    settings = _listed(network) | {"null": "degree", "draws": DRAWS, "seed": SEED, "least_p": found.least_p}
    return Figures(
        table=every.merge(both, on=["from_id", "to_id"], how="left"),
        basis={"firm_sites": sites},
        settings=settings,
        notices=notices,
    )


def _listed(network: Interlocking) -> dict[str, Any]:
    words = (f"{network.firms} firms; {NO_SAMPLE[0]}", f"{network.firms} 家企业；{NO_SAMPLE[1]}")
    return {"firms": network.firms, "cities": len(network.table), "listed": words[0], "listed_zh": words[1]}


def _of_sizes(region: Region, figures: Figures, what: tuple[str, str]) -> Figures:
    table = figures.table
    held = table[(table["value"] > 0).to_numpy(bool, na_value=False)]
    if len(held) < LEAST_SIZES:
        msg = f"{len(held)} cities have {what[0]}; a line of rank and size takes at least {LEAST_SIZES}."
        raise NoDataError(
            msg,
            f"仅 {len(held)} 个城市有{what[1]}；位序—规模分析至少需要 {LEAST_SIZES} 个。",
            needs=(
                "Bring more: megaregion import table city_facts FILE.",
                "请导入更多：megaregion import table city_facts FILE。",
            ),
        )
    year = int(figures.settings["year"])
    notices = Notices()
    left = sorted(set(table["city_id"]) - set(held["city_id"]))
    cities_left_out(region, left, (f"{what[0]} of {year}", f" {year} 年{what[1]}"), notices)
    found = rank_size(held["value"])
    row = {
        "value": found.balance,
        "slope": found.slope,
        "slope_se": found.slope_se,
        "primacy": found.primacy,
        "cities": found.places,
        "year": year,
    }
    settings = {"year": year, "cities": found.places, "pareto": found.pareto, "pareto_se": found.pareto_se}
    return Figures(table=pd.DataFrame([row]), basis=figures.basis, settings=settings, notices=notices)


def polycentricity_people(region: Region, *, year: int | None) -> Figures:
    """How evenly people are spread over the cities, by census."""
    return _of_sizes(region, population(region, year=year), ("census population", "普查人口"))


def polycentricity_gdp(region: Region, *, year: int | None) -> Figures:
    """How evenly output is spread over the cities."""
    return _of_sizes(region, gdp(region, year=year), ("GDP", "生产总值"))


def _trains(region: Region, year: int | None) -> tuple[CityTravel, dict[str, Any]]:
    travel = shared_travel(region, year=year)
    if not travel.trains().any():
        msg = f"region {region.name!r} has no direct train between two of its cities in {travel.year}."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 在 {travel.year} 年没有城市间直达列车。",
            needs=(
                "Bring a timetable: megaregion import rail-timetable FILE --year YYYY.",
                "请导入时刻表：megaregion import rail-timetable FILE --year YYYY。",
            ),
        )
    feeds = region.table("feeds")
    told = {
        "basis": {"feeds": feeds[feeds["feed_id"].isin(travel.timetable.feed_ids)]},
        "settings": {name: travel.times.provenance.get(name) for name in ("year", "date")},
        "notices": travel.notices,
    }
    return travel, told


def polycentricity_trains(region: Region, *, year: int | None) -> Figures:
    """How evenly direct trains reach the cities, times how many pairs they link."""
    travel, told = _trains(region, year)
    found = functional_polycentricity(travel.trains())
    green = functional_polycentricity(travel.trains(), bound="two_nodes")
    arriving = flow_symmetry(travel.trains()).nodes["inflow"]
    served = arriving[arriving > 0]
    row = {
        "value": found.value,
        "evenness": found.value / found.density,
        "green": green.value,
        "density": found.density,
        "slope": rank_size(served).slope if len(served) >= LEAST_SIZES else np.nan,
        "year": travel.year,
    }
    return Figures(table=pd.DataFrame([row]), **told)


def train_symmetry(region: Region, *, year: int | None) -> Figures:
    """How balanced direct trains are in both directions."""
    travel, told = _trains(region, year)
    found = flow_symmetry(travel.trains(), travel.times.origin_ids)
    one_way = int(((found.links["forth"] == 0) | (found.links["back"] == 0)).sum())
    row = {
        "value": found.value,
        "pairs": len(found.links),
        "one_way": one_way,
        "largest_imbalance": float(found.nodes["symmetry"].abs().max()),
        "year": travel.year,
    }
    return Figures(table=pd.DataFrame([row]), **told)


def integration_index(region: Region, *, year: int | None, base: int | None, weights: str, mean: Any) -> Figures:
    """
    Index of integration of a timetable year against the base year.

    Returns
    -------
    Figures
        One row: value, base year = 100; lowest and highest over weights; travel, access, economy; year; base.
    """
    chosen = timetable_year(region, year)
    found = integration(region, base=base, weights=weights, mean=mean)
    row = found.index.table.loc[chosen]
    if np.isnan(row["index"]):
        msg = f"{chosen} lacks {', '.join(found.index.missing[chosen])} for an index."
        raise NoDataError(
            msg,
            f"{chosen} 年缺少指数所需的 {'、'.join(found.index.missing[chosen])}。",
            needs=(
                "Bring GDP and census people: megaregion import table city_facts FILE.",
                "请导入生产总值与普查人口：megaregion import table city_facts FILE。",
            ),
        )
    first = int(found.index.choices["base"].split()[0])
    table = pd.DataFrame(
        [
            {"value": row["index"]}
            | {LOWEST: row["low"], HIGHEST: row["high"]}
            | {name: row[name] for name in GROUPS}
            | {"year": chosen, "base": first}
        ]
    )
    settings: dict[str, Any] = {**found.settings, "year": chosen, "seed": SEED, **found.index.choices}
    settings["cities_with_income"] = found.rows["theil_income"]
    settings |= {f"{name}_zh": words for name, words in found.index.choices_zh.items()}
    sides = [[shown_figure(each, float(found.figures[each.name][side])) for side in (first, chosen)] for each in PARTS]
    told = [
        Words(f"{each.title.en} {before.en} and {after.en}", f"{each.title.zh} {before.zh} 与 {after.zh}")
        for each, (before, after) in zip(PARTS, sides, strict=True)
    ]
    settings |= {"figures": "; ".join(each.en for each in told), "figures_zh": "；".join(each.zh for each in told)}
    return Figures(table=table, basis=found.basis, settings=settings, notices=found.notices)


def _years(about: Words) -> Parameter:
    return Parameter(name="year", kind="year", default=None, about=about)


_FACT_YEAR = _years(
    Words("year; the newest that most cities have by default", "年份；默认为多数城市具备数据的最近一年")
)
_TIMETABLE_YEAR = _years(Words("timetable year; the newest by default", "时刻表年份；默认为最新"))
_YEAR_OF = {"year": Column(Words("year", "年份"))}
_TIMETABLES = ("cities", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar")
_SITES = Words("sites of firms in two or more cities (table firm_sites)", "企业在两个以上城市的站点（firm_sites 表）")
_LISTED = (
    Assumption(words=Words("the listed firms stand for themselves only", "所列企业仅代表自身"), setting="listed"),
)
_SIZE_COLUMNS = {
    "slope": Column(Words("slope of ln size on ln rank", "位序—规模斜率"), "index"),
    "slope_se": Column(Words("its standard error", "斜率标准误"), "index"),
    "primacy": Column(Words("share of the largest", "首位城市占比"), "share"),
    "cities": Column(Words("cities", "城市数")),
} | _YEAR_OF


def _of_size(name: str, what: Words, function: Callable[..., Figures]) -> Measure:
    return Measure(
        name=name,
        title=Words(f"Polycentricity by {what.en}", f"多中心度（{what.zh}）"),
        unit="index",
        shape="value",
        formula=Words(
            f"1 minus the standard deviation of the cities' {what.en} over its highest possible: 0 = all in one city, "
            "1 = the same everywhere",
            f"1 减去各市{what.zh}标准差与其最大可能值之比：0 为集中于一市，1 为各市相同",
        ),
        inputs=("cities", "city_facts"),
        needs=Words(f"{what.en} of three or more cities", f"三个以上城市的{what.zh}"),
        function=function,
        parameters=(_FACT_YEAR,),
        columns=_SIZE_COLUMNS,
        question="one",
        by_year=True,
    )


MEASURES = (
    Measure(
        name="firm_connectivity",
        title=Words("Network connectivity (listed firms)", "网络连通度（所列企业）"),
        unit="index",
        shape="city",
        formula=Words(
            "sum over other cities and firms of the product of the firm's service values in both; of the listed firms, "
            "which are no sample",
            "对其他城市与企业求和：企业在两市服务值之积；仅限所列企业，并非抽样",
        ),
        inputs=("cities", "firm_sites"),
        needs=_SITES,
        function=firm_connectivity,
        columns={
            "of_highest": Column(Words("of the best connected", "相对最高值"), "share"),
            "firms": Column(Words("listed firms", "所列企业数")),
            "betweenness": Column(Words("betweenness", "中介中心度"), "share"),
        },
        question="one",
        assumes=_LISTED,
    ),
    Measure(
        name="firm_links",
        title=Words("Links of firms (listed firms)", "企业联系强度（所列企业）"),
        unit="index",
        shape="pair",
        formula=Words(
            "sum over listed firms, which are no sample, of the product of service values in both cities; firms in "
            "common beside random networks in which every firm and city keeps its size; p over all pairs",
            "所列企业（并非抽样）在两市服务值之积的和；共有企业数与保持企业和城市规模不变的随机网络比较；"
            "p 值对全部城市对校正",
        ),
        inputs=("cities", "firm_sites"),
        needs=_SITES,
        function=firm_links,
        columns={
            "firms": Column(Words("firms in common", "共有企业数")),
            "expected": Column(Words("by chance", "随机期望")),
            "z": Column(Words("standard deviations from chance", "偏离随机的标准差数"), "index"),
            "p_adjusted": Column(Words("p, over all pairs", "校正后 p 值"), "index"),
        },
        question="one",
        assumes=_LISTED,
    ),
    _of_size("polycentricity_people", Words("census population", "普查人口"), polycentricity_people),
    _of_size("polycentricity_gdp", Words("GDP", "生产总值"), polycentricity_gdp),
    Measure(
        name="polycentricity_trains",
        title=Words("Functional polycentricity (direct trains)", "功能多中心度（直达列车）"),
        unit="index",
        shape="value",
        formula=Words(
            "(1 - standard deviation of trains that arrive over that if all arrived in one city) times the share of "
            "pairs with a direct train: 0 = one centre; by Green's own bound beside it",
            "（1 - 到达列车数标准差与全部到达一市时之比）乘以有直达列车的城市对占比：0 为单中心；"
            "另附 Green 原界限的结果",
        ),
        inputs=_TIMETABLES,
        needs=Words("cities, stations and a timetable", "城市、车站与时刻表"),
        function=polycentricity_trains,
        parameters=(_TIMETABLE_YEAR,),
        columns={
            "evenness": Column(Words("evenness", "均匀度"), "share"),
            "green": Column(Words("by Green's bound", "Green 原界限"), "index"),
            "density": Column(Words("pairs with a direct train", "有直达列车的城市对"), "share"),
            "slope": Column(Words("slope of ln trains that arrive on ln rank", "到达列车的位序—规模斜率"), "index"),
        }
        | _YEAR_OF,
        question="one",
        by_year=True,
    ),
    Measure(
        name="train_symmetry",
        title=Words("Symmetry of direct trains", "直达列车对称度"),
        unit="index",
        shape="value",
        formula=Words(
            "mean over pairs of the entropy of both directions' shares, weighted by trains: 1 = as many there as back",
            "各城市对往返列车占比的熵，按列车数加权平均：1 为往返相等",
        ),
        inputs=_TIMETABLES,
        needs=Words("cities, stations and a timetable", "城市、车站与时刻表"),
        function=train_symmetry,
        parameters=(_TIMETABLE_YEAR,),
        columns={
            "pairs": Column(Words("pairs with a train", "有列车的城市对")),
            "one_way": Column(Words("of them one way only", "其中仅单向")),
            "largest_imbalance": Column(Words("largest imbalance of a city", "城市最大不平衡"), "share"),
        }
        | _YEAR_OF,
        question="one",
        by_year=True,
    ),
    Measure(
        name="integration_index",
        title=Words("Integration index", "一体化指数"),
        unit="index",
        shape="value",
        formula=Words(
            "base year = 100; mean of travel (median journey, pairs with a direct train, trains), access (pairs within "
            "2 h) and economic gap (Theil of GDP a person), each over its base year",
            "基期为 100；交通联系（行程中位数、直达城市对、列车数）、可达性（2 小时内城市对）"
            "与经济差距（人均生产总值泰尔指数）各自相对基期的均值",
        ),
        inputs=(*_TIMETABLES, "city_facts"),
        needs=Words(
            "timetables of two years, GDP and census people of the cities", "两个年份的时刻表、各市生产总值与普查人口"
        ),
        function=integration_index,
        parameters=(
            _TIMETABLE_YEAR,
            Parameter(
                name="base",
                kind="year",
                default=None,
                about=Words("year that is 100; the first timetable year by default", "基期；默认为最早的时刻表年份"),
            ),
            Parameter(
                name="weights",
                kind="text",
                default="equal",
                about=Words(
                    "equal, or of the sub-indices as travel=0.5,access=0.3,economy=0.2",
                    "equal，或各分指数权重，如 travel=0.5,access=0.3,economy=0.2",
                ),
            ),
            Parameter(
                name="mean",
                kind="text",
                default="geometric",
                about=Words("how they are joined", "合成方法"),
                choices=("geometric", "arithmetic"),
            ),
        ),
        columns={
            LOWEST: Column(Words("5 % over weights", "权重抽样 5% 分位"), "index"),
            HIGHEST: Column(Words("95 % over weights", "权重抽样 95% 分位"), "index"),
        }
        | {name: Column(title, "index") for name, title in GROUPS.items()}
        | {"base": Column(Words("base year", "基期"))}
        | _YEAR_OF,
        question="one",
        better="more",
        by_year=True,
        assumes=(
            *journeys(),
            Assumption(words=Words("weights of the sub-indices", "分指数权重"), setting="weights"),
        ),
    ),
)
