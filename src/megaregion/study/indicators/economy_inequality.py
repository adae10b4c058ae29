"""How unequal the cities are and whether they come closer: Theil, Gini, sigma and beta convergence, Moran's I."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import beta_convergence, morans_i, nearest_weights, sigma_convergence
from megaregion.economy.convergence import LEAST_PLACES
from megaregion.economy.inequality import gini, theil
from megaregion.errors import NoDataError
from megaregion.notices import Notices
from megaregion.region.sphere import great_circle_m
from megaregion.study.assumption import Assumption
from megaregion.study.indicators.city_figures import gdp_per_person
from megaregion.study.left_out import cities_left_out
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.shared_travel import shared_travel

if TYPE_CHECKING:
    from megaregion.region.model import Region

DRAWS = 999
SEED = 20_211
"""Of the permutations: the same data give the same figures."""

HALF = 0.5
"""Share of the cities that a first year has to be known of to be taken by itself."""


@dataclass(frozen=True, slots=True)
class _Incomes:
    """GDP a person now and then: values, people, provinces by city, of those that have all."""

    now: pd.Series
    people: pd.Series
    province: pd.Series
    year: int
    census: int
    then: pd.Series
    then_people: pd.Series
    since: int | None
    then_census: int | None
    basis: dict[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)

    @property
    def both(self) -> pd.Index:
        """Cities that are known in both years."""
        return self.now.index.intersection(self.then.index)

    @property
    def settings(self) -> dict[str, Any]:
        """What was chosen."""
        censuses = sorted({each for each in (self.census, self.then_census) if each is not None})
        assumed = [each for each in censuses if each not in {self.year, self.since}]
        return {
            "year": self.year,
            "since": self.since,
            "cities": len(self.now),
            "cities_in_both": len(self.both) if self.since is not None else None,
            "census": ", ".join(map(str, assumed)) or None,
        }


def _incomes(region: Region, year: int | None, since: int | None, *, needs_both: bool = False) -> _Incomes:
    """GDP a person of a year, and of the first year before it that half of the cities have, or of the one asked for."""
    cities = region.table("cities").set_index("city_id")
    now = gdp_per_person(region, year=year)
    year = int(now.settings["year"])
    first = since if since is not None else _first_year(region, year)
    basis, notices = dict(now.basis), Notices()
    value, people, census = _known(now)
    if value.empty:
        raise _too_few(0, year, None)
    missing = sorted(set(cities.index) - set(value.index))
    cities_left_out(region, missing, (f"GDP a person of {year}", f" {year} 年人均生产总值"), notices)
    then, then_people, then_census = value.iloc[:0], people.iloc[:0], None
    if first is not None and first < year:
        before = gdp_per_person(region, year=first)
        then, then_people, then_census = _known(before)
        basis |= {f"{name} (then)": rows for name, rows in before.basis.items()}
        lost = sorted(set(value.index) - set(then.index))
        cities_left_out(region, lost, (f"GDP a person of {first}", f" {first} 年人均生产总值"), notices)
    elif needs_both or since is not None:
        raise _too_few(len(value), year, first)
    else:
        first = None
    province = cities["province"].fillna("").reindex(value.index)
    held = (value, people, province, year, census, then, then_people, first, then_census)
    return _Incomes(*held, basis=basis, notices=notices)


def _known(figures: Figures) -> tuple[pd.Series, pd.Series, int]:
    """GDP a person, the people it is divided by, and their census."""
    table = figures.table.dropna(subset=["value"]).set_index("city_id")
    people = figures.basis["city_facts (census)"].set_index("city_id")["value"].reindex(table.index)
    return table["value"], people, int(figures.table["census"].iloc[0])


def _first_year(region: Region, year: int) -> int | None:
    facts = region.table("city_facts")
    facts = facts[(facts["indicator"] == "gdp") & facts["city_id"].isin(region.table("cities")["city_id"])]
    counts = facts[facts["year"] < year].groupby("year")["city_id"].nunique()
    enough = counts.index[counts >= HALF * len(region.table("cities"))]
    return int(enough.min()) if len(enough) else None


def _too_few(held: int, year: int, since: int | None) -> NoDataError:
    span, span_zh = (f"{year}", f"{year} 年") if since is None else (f"{since} and {year}", f"{since} 与 {year} 年")
    msg = f"{held} cities have GDP a person of {span}, and this takes at least {LEAST_PLACES} with an earlier year."
    return NoDataError(
        msg,
        f"有{span_zh}人均生产总值的城市仅 {held} 个；至少需要 {LEAST_PLACES} 个，并需要更早年份的数据。",
        needs=(
            "Bring GDP of cities of two years and their people: megaregion import table city_facts FILE.",
            "请导入两个年份的各市生产总值与人口：megaregion import table city_facts FILE。",
        ),
    )


def theil_index(region: Region, *, year: int | None, since: int | None) -> Figures:
    """
    Theil's T of GDP a person between people, as if all in a city had its mean, and its part between provinces.

    Returns
    -------
    Figures
        One row: value; between and within provinces; between_share; cities; and of the cities known in both years
        alone, `then` and `now`, with their parts between provinces.

    Raises
    ------
    NoDataError
        If no city has GDP a person.
    """
    held = _incomes(region, year, since)
    found = theil(held.now, held.province, weights=held.people)
    row = {
        "value": found.total,
        "between": found.between,
        "within": found.within,
        "between_share": found.between_share,
        "then": np.nan,
        "now": np.nan,
        "then_between_share": np.nan,
        "now_between_share": np.nan,
    }
    both = held.both
    if len(both) > 1:
        before = theil(held.then[both], held.province[both], weights=held.then_people[both])
        after = theil(held.now[both], held.province[both], weights=held.people[both])
        row |= {"then": before.total, "now": after.total}
        row |= {"then_between_share": before.between_share, "now_between_share": after.between_share}
    return _one(held, row)


def gini_index(region: Region, *, year: int | None, since: int | None) -> Figures:
    """
    Gini's index of GDP a person between people, as if all in a city had its mean.

    Returns
    -------
    Figures
        One row: value; cities; and of the cities known in both years alone, then and now.

    Raises
    ------
    NoDataError
        If no city has GDP a person.
    """
    held = _incomes(region, year, since)
    both = held.both
    row = {"value": gini(held.now, weights=held.people), "then": np.nan, "now": np.nan}
    if len(both) > 1:
        row |= {
            "then": gini(held.then[both], weights=held.then_people[both]),
            "now": gini(held.now[both], weights=held.people[both]),
        }
    return _one(held, row)


def sigma(region: Region, *, year: int | None, since: int | None) -> Figures:
    """
    Change of the standard deviation of log GDP a person, of the cities known in both years.

    Returns
    -------
    Figures
        One row: value, below 0 = closer; then, now; p_value (Pitman and Morgan).

    Raises
    ------
    NoDataError
        If fewer than four cities are known in both years.
    """
    held = _both(region, year, since)
    found = sigma_convergence(pd.DataFrame({"then": held.then[held.both], "now": held.now[held.both]}))
    spread = found.table["sd_log"]
    row = {"value": found.change, "then": spread["then"], "now": spread["now"], "p_value": found.p_value}
    return _one(held, row)


def beta(region: Region, *, year: int | None, since: int | None) -> Figures:
    """
    Slope of growth a year on log initial GDP a person, of the cities known in both years.

    Returns
    -------
    Figures
        One row: value, below 0 = poor cities grow faster; se (HC3), p_value, ci_low and ci_high; half_life in years;
        r2.

    Raises
    ------
    NoDataError
        If fewer than four cities are known in both years.
    """
    held = _both(region, year, since)
    years = float(held.year - held.since) if held.since is not None else np.nan
    found = beta_convergence(held.then[held.both], held.now[held.both], years)
    row = {
        "value": found.beta,
        "se": found.se_robust,
        "p_value": found.p_value,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "half_life": found.half_life,
        "r2": found.r2,
    }
    return _one(held, row)


def autocorrelation(region: Region, *, year: int | None, neighbours: float, by: str) -> Figures:
    """
    Moran's I of log GDP a person, with the nearest cities as neighbours.

    Returns
    -------
    Figures
        One row: value; expected by chance; z; p_value, two-sided by permutation; cities.

    Raises
    ------
    NoDataError
        If there are too few cities for so many neighbours, or no timetable where travel times count.
    """
    figures = gdp_per_person(region, year=year)
    value, _, census = _known(figures)
    chosen, k = int(figures.settings["year"]), int(neighbours)
    if len(value) < max(LEAST_PLACES, k + 2) or np.ptp(value.to_numpy()) == 0:
        raise _too_few(len(value), chosen, None)
    notices = Notices()
    missing = sorted(set(region.table("cities")["city_id"]) - set(value.index))
    cities_left_out(region, missing, (f"GDP a person of {chosen}", f" {chosen} 年人均生产总值"), notices)
    cost = _cost(region, value.index, by)
    np.fill_diagonal(cost, np.inf)
    reached = np.isfinite(cost).any(axis=1)
    alone = value.index[~reached].tolist()
    cities_left_out(region, alone, ("journey to another city", "通往其他城市的行程"), notices)
    value = value[reached]
    if len(value) < k + 2:
        raise _too_few(len(value), chosen, None)
    weights = nearest_weights(cost[np.ix_(reached, reached)], k)
    found = morans_i(np.log(value), weights, rng=np.random.default_rng(SEED), draws=DRAWS)
    row = {"value": found.i, "expected": found.expected, "z": found.z, "p_value": found.p_value}
    table = pd.DataFrame([row | {"cities": float(found.places), "year": chosen}])
    settings = {
        "year": chosen,
        "census": census if census != chosen else None,
        "neighbours": k,
        "by": by,
        "draws": DRAWS,
        "seed": SEED,
    }
    return Figures(table=table, basis=figures.basis, settings=settings, notices=notices)


def _cost(region: Region, ids: pd.Index, by: str) -> Any:
    """Distances between centres, m, or median travel times, s."""
    if by == "distance":
        cities = region.table("cities").set_index("city_id").loc[ids]
        lon, lat = (cities[axis].to_numpy(np.float64) for axis in ("lon", "lat"))
        return great_circle_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    times = shared_travel(region).times
    order = pd.Index(times.origin_ids).get_indexer(ids)
    return times.median_s.astype(np.float64)[np.ix_(order, order)]


def _both(region: Region, year: int | None, since: int | None) -> _Incomes:
    held = _incomes(region, year, since, needs_both=True)
    if len(held.both) < LEAST_PLACES or np.ptp(held.then[held.both].to_numpy()) == 0:
        raise _too_few(len(held.both), held.year, held.since)
    return held


def _one(held: _Incomes, row: dict[str, Any]) -> Figures:
    cities = len(held.both) if "p_value" in row else len(held.now)
    since = np.nan if held.since is None else held.since
    table = pd.DataFrame([row | {"cities": float(cities), "year": held.year, "since": since}])
    return Figures(table=table, basis=held.basis, settings=held.settings, notices=held.notices)


_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("year; the newest that most cities have by default", "年份；默认为多数城市具备数据的最近一年"),
)
_SINCE = Parameter(
    name="since",
    kind="year",
    default=None,
    about=Words(
        "year compared with; the earliest that half of the cities have by default",
        "对比年份；默认为半数以上城市具备数据的最早一年",
    ),
)
_NEIGHBOURS = Parameter(
    name="neighbours", kind="number", default=5, about=Words("nearest cities that count", "计入的最近城市数")
)
_BY = Parameter(
    name="by",
    kind="text",
    default="distance",
    about=Words("what is near: distance, or time (median journey)", "邻近标准：distance（距离）或 time（行程中位数）"),
    choices=("distance", "time"),
)
_ASSUMES = (
    Assumption(words=Words("people are those of censuses of other years", "人口取自其他年份的普查"), setting="census"),
    Assumption(
        words=Words(
            "each city is of one territory, though some were redrawn between the years",
            "各市辖区范围视为不变，尽管部分城市其间有区划调整",
        ),
        setting="since",
    ),
)
_P = Column(Words("p", "p 值"), "index")
_THEN, _NOW = (
    Column(Words("then, of cities known in both years", "期初（两年均有数据的城市）"), "index"),
    Column(Words("now, of cities known in both years", "期末（两年均有数据的城市）"), "index"),
)
_COLUMNS = {
    "cities": Column(Words("cities", "城市数")),
    "year": Column(Words("year", "年份")),
}
_SPAN = _COLUMNS | {"since": Column(Words("since", "起始年份"))}
_NOMINAL = Words(
    "; at current prices, so that differences of price levels between cities count as well",
    "；按现价计算，城市间价格差异一并计入",
)


def _measure(name: str, title: Words, formula: Words, **more: Any) -> Measure:
    given: dict[str, Any] = {
        "unit": "index",
        "shape": "value",
        "inputs": ("cities", "city_facts"),
        "needs": Words("GDP of cities in two years and census population", "两个年份的各市生产总值与普查人口"),
        "parameters": (_YEAR, _SINCE),
        "question": "equal",
        "better": "less",
        "by_year": False,
        "assumes": _ASSUMES,
    }
    words = Words(formula.en + _NOMINAL.en, formula.zh + _NOMINAL.zh)
    return Measure(name=name, title=title, formula=words, **(given | more))


MEASURES = (
    _measure(
        "theil",
        Words("Inequality of GDP per person (Theil)", "人均生产总值差异（泰尔指数）"),
        Words(
            "Theil's T of GDP per person, weighted by people, split into a part between provinces and one within them",
            "以人口加权的人均生产总值泰尔 T 指数，分解为省际与省内两部分",
        ),
        function=theil_index,
        columns={
            "between": Column(Words("between provinces", "省际"), "index"),
            "within": Column(Words("within provinces", "省内"), "index"),
            "between_share": Column(Words("share between provinces", "省际占比"), "share"),
            "then": _THEN,
            "now": _NOW,
            "then_between_share": Column(Words("then, share between provinces", "期初省际占比"), "share"),
            "now_between_share": Column(Words("now, share between provinces", "期末省际占比"), "share"),
        }
        | _SPAN,
    ),
    _measure(
        "gini",
        Words("Inequality of GDP per person (Gini)", "人均生产总值差异（基尼系数）"),
        Words(
            "Gini's index of GDP per person, weighted by people, as if all in a city had its mean",
            "以人口加权的人均生产总值基尼系数，市内视为相同",
        ),
        function=gini_index,
        columns={"then": _THEN, "now": _NOW} | _SPAN,
    ),
    _measure(
        "sigma_convergence",
        Words("Sigma convergence", "σ 收敛"),
        Words(
            "standard deviation of log GDP per person of the later year less that of the earlier one, of cities "
            "known in both, each counted once; below 0 = closer; tested after Pitman and Morgan",
            "两年均有数据的城市人均生产总值对数标准差之差（后减前，各市等权）；小于 0 为差距缩小；Pitman-Morgan 检验",
        ),
        function=sigma,
        columns={"then": _THEN, "now": _NOW, "p_value": _P} | _SPAN,
    ),
    _measure(
        "beta_convergence",
        Words("Beta convergence", "β 收敛"),
        Words(
            "slope of yearly growth of GDP per person on its initial logarithm, nothing else held; below 0 = poorer "
            "cities grow faster; standard error HC3",
            "人均生产总值年均增长对期初对数值回归的斜率（无条件）；小于 0 为较低者增长更快；标准误为 HC3",
        ),
        function=beta,
        columns={
            "se": Column(Words("standard error", "标准误"), "index"),
            "p_value": _P,
            "ci_low": Column(Words("95 % from", "95% 下限"), "index"),
            "ci_high": Column(Words("95 % to", "95% 上限"), "index"),
            "half_life": Column(Words("half-life, years", "半衰期（年）"), "index"),
            "r2": Column(Words("R²", "R²"), "index"),
        }
        | _SPAN,
    ),
    _measure(
        "morans_i",
        Words("Neighbours alike (Moran's I)", "空间自相关（莫兰指数）"),
        Words(
            "Moran's I of log GDP per person with the nearest cities as neighbours, each row of weights adding up to "
            "1; p by permutation, two-sided",
            "以最近城市为邻居（权重按行标准化）的人均生产总值对数莫兰指数；双侧置换检验",
        ),
        function=autocorrelation,
        parameters=(_YEAR, _NEIGHBOURS, _BY),
        better="",
        columns={
            "expected": Column(Words("by chance", "随机期望"), "index"),
            "z": Column(Words("z", "z 值"), "index"),
            "p_value": _P,
            "cities": _COLUMNS["cities"],
            "year": _COLUMNS["year"],
        },
        assumes=(
            *_ASSUMES,
            Assumption(words=Words("a city is one point, its centre", "城市以其中心一点代表")),
        ),
    ),
)
