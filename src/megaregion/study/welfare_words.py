"""How a change of welfare is told: shares with their sign, channels, what drives the band, and what it rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from megaregion.study.assumption import Assumption
from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region
    from megaregion.study.welfare import Welfare

LEAST_DRIVER = 0.05
"""Share of variance from which an input is named: below it a hundred draws tell little."""

MOST_DRAWS = 0.95
"""Share of draws that must be solved, and have one equilibrium, for a result to be called valid."""

OUTCOMES = {
    "residents": Words("people", "人口"),
    "wage": Words("wages", "工资"),
    "rent": Words("rents", "房租"),
    "real_income": Words("real income", "实际收入"),
    "jobs": Words("jobs", "就业"),
}
"""What is told of each city."""

CHANNELS = {
    "commuting": Words("commuting", "通勤"),
    "business": Words("business travel", "商务出行"),
    "goods": Words("goods", "货物"),
}
"""Ways that time takes into the economy."""

PARAMETERS = {
    "commuting_time_elasticity": Words("cost of commuting = time to the power", "通勤成本 = 时间的幂次"),
    "commuting_growth_per_min": Words("growth of the cost of commuting a minute", "通勤成本每分钟增长率"),
    "business_time_elasticity": Words(
        "cost of trade = time of business travel to the power", "贸易成本 = 商务出行时间的幂次"
    ),
    "goods_pass_through": Words("share of a change of time that goods meet", "出行时间变化传导至货运的比例"),
}
"""What the parameters of the channels are."""

INPUTS = {
    "location_elasticity": Words("how alike places are to people (location elasticity)", "地点选择弹性"),
    "trade_elasticity": Words("trade elasticity", "贸易弹性"),
    "agglomeration": Words("agglomeration", "集聚弹性"),
    "amenity_spillover": Words("amenity spillover", "宜居外溢"),
    "goods_share": Words("share of spending on goods", "商品支出份额"),
    "housing_supply": Words("housing supply elasticity", "住房供给弹性"),
    "distance_elasticity": Words("trade cost against distance", "贸易成本的距离弹性"),
    "commuting_time_elasticity": Words("commuting cost against time", "通勤成本的时间弹性"),
    "commuting_growth_per_min": Words("commuting cost a minute", "通勤成本每分钟增长率"),
    "business_time_elasticity": Words("trade cost against business travel", "贸易成本的商务出行弹性"),
    "goods_pass_through": Words("pass-through to goods", "对货运的传导"),
    "timetable_percentile": Words("moment of departure", "出发时刻"),
    "measurement": Words("errors of the figures", "数据误差"),
    "interactions": Words("inputs together", "各输入的交互"),
}
"""Inputs that make up the width of a band."""

ASSUMES = (
    Assumption(
        words=Words("people stand for jobs, which are not counted by city", "以人口代替各市就业人数（未有统计）"),
        setting="jobs_assumed",
    ),
    Assumption(words=Words("output a worker stands for wages", "以劳均产出代替工资"), setting="wages_assumed"),
    Assumption(
        words=Words(
            "who does not take the train goes by road, 1.3 times the straight line at",
            "不乘列车者走公路，1.3 倍直线距离",
        ),
        setting="road",
    ),
    Assumption(
        words=Words(
            "commuting and trade between cities are what the model makes of costs, not what was counted",
            "城市间通勤与贸易由模型据成本推算，并非统计所得",
        )
    ),
    Assumption(
        words=Words(
            "the cities trade and exchange workers among themselves alone", "各市仅彼此贸易与通勤，不计区域以外"
        )
    ),
    Assumption(words=Words("a city is one point, its centre", "城市以其中心一点代表")),
)
"""What every result takes for granted."""


def percent(value: float) -> Words:
    """
    Write a change with its sign, two figures at least.

    Examples
    --------
    >>> percent(0.00794).en, percent(-0.0004).zh, percent(1.2e-05).en, percent(0.0).en
    ('+0.79 %', '-0.040%', '+0.0012 %', '0 %')
    """
    if math.isnan(value):
        return Words("–", "–")
    change = 100 * value
    if abs(change) < 1e-9:
        return Words("0 %", "0%")
    decimals = min(max(1 - math.floor(math.log10(abs(change))), 1 if abs(change) >= 10 else 2), 8)
    text = f"{change:+.{decimals}f}"
    return Words(f"{text} %", f"{text}%")


def banded(value: float, low: float, high: float) -> Words:
    """
    Write a change and its band.

    Examples
    --------
    >>> banded(0.0079, 0.0012, 0.0277).en
    '+0.79 % (+0.12 to +2.77)'
    """
    if math.isnan(value):
        return Words("–", "–")
    middle, ends = percent(value), [percent(each).en.removesuffix(" %") for each in (low, high)]
    return Words(f"{middle.en} ({ends[0]} to {ends[1]})", f"{middle.zh}（{ends[0]} 至 {ends[1]}）")


def certificate_lines(found: Welfare, region: Region) -> list[Words]:
    """
    Say what a result rests on: whether there is one answer, it was found, and elasticities are not stretched.

    Parameters
    ----------
    found
        The result.
    region
        Names the cities.
    """
    about = found.certificate
    draws, solved, unique = about["draws"], about["solved"], about["unique"]
    lines = [
        Words(
            f"converged: {solved} of {draws} draws, markets and labour off by {about['largest_residual']:.0e} at most",
            f"收敛：{draws} 次抽样中 {solved} 次，市场与劳动力偏差至多 {about['largest_residual']:.0e}",
        ),
        Words(
            f"unique: proven for {100 * unique:.0f} % of draws; at medians the spectral radius of elasticities is "
            f"{about['spectral_radius']:.4g} (up to 1: one equilibrium at most)",
            f"唯一性：{unique:.0%} 的抽样可证明；取中位数时弹性谱半径为 {about['spectral_radius']:.4g}"
            "（不超过 1 即至多一个均衡）",
        ),
    ]
    if about["equilibria_at_medians"] > 1:
        count = about["equilibria_at_medians"]
        lines.append(Words(f"{count} equilibria were found at medians", f"取中位数时找到 {count} 个均衡"))
    pairs = about["extrapolating"]
    if pairs:
        names = {lang: dict(zip(*_names(region, lang), strict=True)) for lang in ("en", "zh")}
        first = {lang: [names[lang].get(city, city) for city in pairs[0]] for lang in names}
        lines.append(
            Words(
                f"extrapolating: {len(pairs)} pairs become nearer than any two cities were, first "
                f"{' to '.join(first['en'])}",
                f"外推：{len(pairs)} 对城市变得比以往任何两市都近，首对为{'至'.join(first['zh'])}",
            )
        )
    else:
        lines.append(
            Words(
                "extrapolating: no pair becomes nearer than any two cities were",
                "外推：没有城市对变得比以往任何两市都近",
            )
        )
    return [*lines, _judged(about)]


def _judged(certificate: Mapping[str, Any]) -> Words:
    """Say in one line how far a certificate carries."""
    if certificate["valid"]:
        return Words("valid in full", "完全有效")
    shares = (certificate["unique"], certificate["converged"])
    if certificate["unique_at_medians"] and min(shares) >= MOST_DRAWS:
        return Words("valid with the reservations above", "有效，但须注意以上保留")
    return Words(
        "not certified: one equilibrium of perhaps several, the one continued from the data",
        "未获证明：可能存在多个均衡，此为由数据延续的一个",
    )


DRAWS_FOR_SHARES = 500
"""Fewer draws tell shares of variance to ten points and worse."""


def named_drivers(found: Welfare) -> list[tuple[Words, float]]:
    """Give the inputs that make up most of the band's width, widest first, with their share of its variance."""
    rows = found.drivers[found.drivers["share"] >= LEAST_DRIVER].to_dict("records")
    return [(INPUTS.get(row["input"], Words(row["input"], row["input"])), float(row["share"])) for row in rows]


def driver_words(found: Welfare) -> Words | None:
    """
    Say what makes the band wide; None where nothing stands out.

    Of few draws the shares of variance are too rough to be printed: only their order is.
    """
    rough = found.certificate["draws"] < DRAWS_FOR_SHARES
    named = [(words, share) for words, share in named_drivers(found) if not (rough and words == INPUTS["interactions"])]
    if not named:
        return None
    if rough:
        listed = Words(", ".join(words.en for words, _ in named), "、".join(words.zh for words, _ in named))
        return Words(
            f"the band is wide because of, most first: {listed.en} (shares take {DRAWS_FOR_SHARES} draws or more)",
            f"区间宽度的来源，由大到小：{listed.zh}（给出占比至少需要 {DRAWS_FOR_SHARES} 次抽样）",
        )
    english = ", ".join(f"{words.en} {100 * share:.0f} %" for words, share in named)
    chinese = "、".join(f"{words.zh} {100 * share:.0f}%" for words, share in named)
    return Words(f"the band is wide because of: {english} of its variance", f"区间宽度的来源（方差占比）：{chinese}")


def _names(region: Region, lang: str) -> tuple[list[str], list[str]]:
    cities = region.table("cities")
    names = cities["name"] if lang == "zh" else cities["name_en"].fillna(cities["name"])
    return cities["city_id"].tolist(), names.tolist()
