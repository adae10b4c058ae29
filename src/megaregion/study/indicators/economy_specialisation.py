"""Who does what: location quotients, specialisation, pairs that complement each other, economic complexity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import complementarity, complexity, krugman_specialisation, location_quotient, profile_cosine
from megaregion.errors import InputError, NoDataError
from megaregion.study.assumption import Assumption
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.sectors import THREE, region_sectors

if TYPE_CHECKING:
    from megaregion.region.model import Region
    from megaregion.study.sectors import Sectors

DRAWS = 999
SEED = 20_211
"""Of the random tables: the same data give the same figures."""

LEAST_SECTORS = 10
"""Fewer sectors order places by one of them, and say nothing of complexity."""


def quotient(region: Region, sector: str, *, year: int | None) -> Figures:
    """Location quotient of one of the three sectors in each city, against all cities that are known."""
    sectors = region_sectors(region, year, three=True)
    return _by_city(region, sectors, location_quotient(sectors.table)[sector], share=_shares(sectors)[sector])


def specialisation(region: Region, *, year: int | None) -> Figures:
    """
    Krugman's index of each city against all others that are known, together.

    Returns
    -------
    Figures
        city_id; value, 0 to 2; largest_quotient; of_sectors, how many there are; year.

    Raises
    ------
    NoDataError
        If fewer than two cities have sectors.
    """
    sectors = region_sectors(region, year)
    quotients = location_quotient(sectors.table)
    return _by_city(
        region,
        sectors,
        krugman_specialisation(sectors.table),
        largest_quotient=quotients.max(axis=1),
        of_sectors=pd.Series(float(len(quotients.columns)), index=quotients.index),
    )


def pairs(region: Region, *, year: int | None) -> Figures:
    """
    Krugman's index of every pair of cities, beside what dealing out sectors at random brings about.

    Returns
    -------
    Figures
        from_id, to_id; value, 0 to 2; expected, z, p_adjusted (over all pairs); cosine of the location quotients.

    Raises
    ------
    NoDataError
        If fewer than three cities have sectors.
    """
    sectors = region_sectors(region, year)
    if len(sectors.table) < 3:
        raise _too_few(len(sectors.table), "cities", "个城市", 3)
    found = complementarity(sectors.table, rng=np.random.default_rng(SEED), draws=DRAWS)
    one = found.table[["from_id", "to_id", "value", "expected", "z", "p_adjusted"]]
    cosine = profile_cosine(sectors.table).to_numpy()
    one = one.assign(cosine=cosine[np.triu_indices(len(cosine), 1)])
    both = pd.concat([one, one.rename(columns={"from_id": "to_id", "to_id": "from_id"})])
    cities = np.sort(region.table("cities")["city_id"].to_numpy(object))
    every = pd.DataFrame({"from_id": np.repeat(cities, len(cities)), "to_id": np.tile(cities, len(cities))})
    every = every[every["from_id"] != every["to_id"]].astype("str")
    table = every.merge(both, on=["from_id", "to_id"], how="left")
    told = {verdict.replace(" ", "_"): n for verdict, n in found.counts.items()}
    return Figures(
        table=table,
        basis=sectors.basis,
        settings=_settings(sectors) | {"null": found.null, "draws": DRAWS, "seed": SEED, "pairs": len(one)} | told,
        notices=sectors.notices,
    )


def city_complexity(region: Region, *, year: int | None) -> Figures:
    """
    Economic complexity of each city that is known.

    Returns
    -------
    Figures
        city_id; value, standard deviations from the mean; diversity, sectors it is specialised in; year.

    Raises
    ------
    NoDataError
        If there are too few sectors, or their table does not identify the index.
    """
    sectors = region_sectors(region, year)
    if len(sectors.table.columns) < LEAST_SECTORS:
        raise _too_few(len(sectors.table.columns), "sectors", "个部门", LEAST_SECTORS)
    try:
        found = complexity(sectors.table)
    except InputError as problem:
        msg = f"the sectors of these cities do not identify their complexity: {problem}"
        raise NoDataError(
            msg,
            f"这些城市的部门数据无法确定经济复杂度：{problem}",
            needs=("Bring finer sectors, or of more cities.", "请导入更细的部门或更多城市的数据。"),
        ) from problem
    sectors.notices.extend(found.notices)
    return _by_city(region, sectors, found.eci, diversity=found.diversity.astype("float64"))


def _too_few(held: int, what: str, what_zh: str, least: int) -> NoDataError:
    return NoDataError(
        f"the region has {held} {what} with figures; this takes at least {least}.",
        f"区域有数据的仅 {held} {what_zh}；至少需要 {least}。",
        needs=(
            "Bring a finer table: megaregion import table sector_facts FILE.",
            "请导入更细的部门表：megaregion import table sector_facts FILE。",
        ),
    )


def _shares(sectors: Sectors) -> pd.DataFrame:
    return sectors.table.div(sectors.table.sum(axis=1), axis=0)


def _settings(sectors: Sectors) -> dict[str, Any]:
    return {
        "year": sectors.year,
        "cities": len(sectors.table),
        "cities_left_out": len(sectors.missing),
        "unit": sectors.unit,
        "from_shares": ", ".join(sectors.from_shares) or None,
        "from_shares_zh": "、".join(sectors.from_shares_zh) or None,
    }


def _by_city(region: Region, sectors: Sectors, values: pd.Series, **more: pd.Series) -> Figures:
    """One row for each city of the region; one without sectors is not known."""
    table = region.table("cities")[["city_id"]].sort_values("city_id", ignore_index=True)
    columns = {name: column.reindex(table["city_id"]).to_numpy(np.float64) for name, column in more.items()}
    table = table.assign(value=values.reindex(table["city_id"]).to_numpy(np.float64), **columns)
    table = table.assign(year=np.nan if sectors.year is None else sectors.year)
    return Figures(table=table, basis=sectors.basis, settings=_settings(sectors), notices=sectors.notices)


_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("year; the newest that most cities have by default", "年份；默认为多数城市具备数据的最近一年"),
)
_YEAR_OF = {"year": Column(Words("year", "年份"))}
SECTOR_ZH = dict(zip(THREE, ("第一产业", "第二产业", "第三产业"), strict=True))
_NEEDS = Words("output by sector of two or more cities", "两个以上城市的分部门产出")
_FINER = Words(
    "jobs, firms or output by at least ten sectors (table sector_facts)",
    "至少十个部门的就业、企业或产出（sector_facts 表）",
)
_ASSUMES = (
    Assumption(
        words=Words(
            "sectors of these cities are published shares times GDP", "下列城市的部门产出为公布占比乘以生产总值"
        ),
        setting="from_shares",
    ),
)


def _measure(name: str, title: Words, formula: Words, **more: Any) -> Measure:
    given: dict[str, Any] = {
        "unit": "index",
        "shape": "city",
        "inputs": ("cities", "city_facts", "sector_facts"),
        "needs": _NEEDS,
        "parameters": (_YEAR,),
        "question": "complement",
        "by_year": False,
        "assumes": _ASSUMES,
    }
    return Measure(name=name, title=title, formula=formula, **(given | more))


MEASURES = (
    _measure(
        "specialisation",
        Words("Specialisation (Krugman)", "专业化指数（克鲁格曼）"),
        Words(
            "sum over sectors of how far the share of the city differs from that of all other known cities together: "
            "0 = the same, 2 = no sector in common",
            "各部门占比与其余有数据城市合计占比之差的绝对值之和：0 为相同，2 为毫无重合",
        ),
        function=specialisation,
        columns={
            "largest_quotient": Column(Words("largest location quotient", "最大区位商"), "index"),
            "of_sectors": Column(Words("sectors", "部门数")),
        }
        | _YEAR_OF,
    ),
    *(
        _measure(
            f"quotient_{sector}",
            Words(f"Location quotient, {sector} sector", f"{SECTOR_ZH[sector]}区位商"),
            Words(
                f"share of the {sector} sector in the city's output over its share in that of all known cities",
                f"{SECTOR_ZH[sector]}占该市产出的比重，除以其占全部有数据城市产出的比重",
            ),
            function=partial(quotient, sector=sector),
            inputs=("cities", "city_facts"),
            columns={"share": Column(Words("share of the city's output", "占该市产出比重"), "share")} | _YEAR_OF,
        )
        for sector in THREE
    ),
    _measure(
        "complementary_pairs",
        Words("Complementarity of pairs", "城市间产业互补"),
        Words(
            "sum over sectors of how far the shares of two cities differ (Krugman), beside what dealing out the "
            "sectors' location quotients at random brings about; p over all pairs by the maximum of |z| (Westfall and "
            "Young)",
            "两市各部门占比之差的绝对值之和（克鲁格曼），并与随机分配区位商的结果比较；"
            "p 值按 |z| 最大值对全部城市对校正（Westfall-Young）",
        ),
        shape="pair",
        function=pairs,
        columns={
            "expected": Column(Words("by chance", "随机期望"), "index"),
            "z": Column(Words("standard deviations from chance", "偏离随机的标准差数"), "index"),
            "p_adjusted": Column(Words("p, over all pairs", "校正后 p 值"), "index"),
            "cosine": Column(Words("cosine of location quotients", "区位商余弦"), "index"),
        },
    ),
    _measure(
        "economic_complexity",
        Words("Economic complexity", "经济复杂度"),
        Words(
            "second eigenvector of cities by the sectors that they are specialised in (location quotient of at least "
            "1), in standard deviations; goes up with diversity",
            "按专业化部门（区位商不小于 1）计算的城市矩阵第二特征向量，以标准差计，与多样性同向",
        ),
        needs=_FINER,
        function=city_complexity,
        columns={"diversity": Column(Words("sectors specialised in", "专业化部门数"))} | _YEAR_OF,
        better="more",
    ),
)
