"""Values in the units that people write: read into the unit of a measure, and written in English and Chinese."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from megaregion import clock
from megaregion.errors import InputError
from megaregion.region.schema import suggest
from megaregion.study.measures import UNITS, Words

_ONE = {"cities": "city", "people": "person", "trains": "train", "trains a day": "train a day", "sites": "site"}
_ZH = {"sites": "处", "crafts": "项"}
"""Units of claims that no measure has yet."""

_PLAIN = 1_000
"""From here on an index is written in full, below it with three figures."""

_MANY = {
    "CNY": ((1e12, "trillion CNY", 1e12, "万亿元"), (1e9, "bn CNY", 1e8, "亿元")),
    "person": ((1e6, "million people", 1e8, "亿人"), (1e6, "million people", 1e4, "万人")),
}
"""Large amounts: divisor and unit in English, in Chinese; the first that a value reaches holds."""


_VINTAGES_ZH = {
    "first release": "初步公布数",
    "final verification": "最终核实数",
    "final tabulation": "最终汇总数",
    "not stated": "未注明版本",
    "publication not stated": "未注明版本",
    "communique": "公报",
    "revised": "修订数",
    "revised series": "修订序列",
    "members": "成员",
    "assumed": "假定值",
    "census": "普查数",
    "census as recalled": "普查数（凭记忆）",
    "rounded": "取整",
    "the ten figures add up to the confirmed total of the city": "十个数之和与已核实的全市总数相符",
    "as compared with in 2013": "2013年用作对比的数",
    "that of 2021 less the increase": "由2021年数减去增量",
    "GDP less the other two": "生产总值减去另外两项",
    "total of the city less the other six": "全市总数减去其余六项",
    "total of the city less the other five": "全市总数减去其余五项",
    "sum of its eight counties and districts": "八个县区之和",
    "five largest provinces less three of them": "五省合计减去其中三省",
    "lines in operation": "运营线路",
    "under construction": "在建",
    "first phase": "一期",
    "start of works": "开工时",
    "forecast": "预测",
    "the ends are not named": "未注明起讫点",
    "expected at Huaqiao": "花桥站预计",
    "whole line with the Huaqiao branch": "全线（含花桥支线）",
    "high-speed line from its opening on 26 October": "10月26日开通的高速线",
    "existing line before that": "此前的既有线",
}
_VINTAGES_WITH_ZH = {
    "yearbook ": "{}年年鉴",
    "revision of ": "{}年修订",
    "rounded to ": "取整至{}",
    "good to ": "精确至{}",
    "restated to 2020 territory": "按2020年区划调整{}",
}
"""Publications of figures, whole and by their first words."""


@dataclass(frozen=True, slots=True)
class WrittenUnit:
    """
    A unit as people write it.

    Attributes
    ----------
    unit
        Unit of measures that it converts to, one of `study.measures.UNITS`.
    factor
        What one of it is in that unit.
    zh
        What it is called in Chinese; blank = the same.
    """

    unit: str
    factor: float = 1.0
    zh: str = ""


WRITTEN = {
    "min": WrittenUnit("s", 60.0, "分钟"),
    "h": WrittenUnit("s", 3600.0, "小时"),
    "%": WrittenUnit("share", 0.01, "个百分点"),
    "m": WrittenUnit("km", 0.001, "米"),
    "people": WrittenUnit("person"),
    "million people": WrittenUnit("person", 1e6),
    "万人": WrittenUnit("person", 1e4),
    "亿元": WrittenUnit("CNY", 1e8),
    "万亿元": WrittenUnit("CNY", 1e12),
    "bn CNY": WrittenUnit("CNY", 1e9),
    "trillion CNY": WrittenUnit("CNY", 1e12),
}
"""Units beside those of measures, which are written as they are."""


def written_unit(text: str) -> WrittenUnit:
    """
    Give what a unit converts to.

    Raises
    ------
    InputError
        If it is not known.

    Examples
    --------
    >>> written_unit("min"), written_unit("km")
    (WrittenUnit(unit='s', factor=60.0, zh='分钟'), WrittenUnit(unit='km', factor=1.0, zh=''))
    """
    if text in WRITTEN:
        return WRITTEN[text]
    if text in UNITS:
        return WrittenUnit(text)
    known = [*WRITTEN, *UNITS]
    msg = f"unit is {text!r}; expected one of {', '.join(known)}.{suggest(text, known)}"
    raise InputError(msg)


def quantity(value: float, unit: str) -> Words:
    """
    Write a value in the unit of a measure as people say it.

    Parameters
    ----------
    value
        nan = not known, inf = unreachable.
    unit
        One of `study.measures.UNITS`, or any other word.

    Examples
    --------
    >>> quantity(2700, "s").en, quantity(12720, "s").zh, quantity(0.2421, "share").en, quantity(27.68e12, "CNY").zh
    ('45 min', '3小时32分', '24.2 %', '27.68万亿元')
    >>> quantity(0.88512, "index").en, quantity(12345.6, "index").en
    ('0.885', '12,346')
    """
    if math.isnan(value):
        return Words("not known", "无数据")
    if math.isinf(value):
        return Words("none", "无") if unit != "s" else Words("not reachable", "不可达")
    if unit == "s":
        return Words(clock.duration(value), clock.duration(value, "zh"))
    if unit == "share":
        return Words(f"{_short(100 * value)} %", f"{_short(100 * value)}%")
    if unit == "index":
        written = f"{value:,.0f}" if abs(value) >= _PLAIN else f"{value:.3g}"
        return Words(written, written)
    return Words(_amount(value, unit, "en"), _amount(value, unit, "zh"))


def _amount(value: float, unit: str, lang: str) -> str:
    for large, en, large_zh, zh in _MANY.get(unit, ()):
        by, name = (large, en) if lang == "en" else (large_zh, zh)
        if abs(value) >= by:
            return f"{value / by:,.2f}{_gap(name)}{name}"
    en, zh = UNITS.get(unit, (unit, _ZH.get(unit, unit)))
    name = zh if lang == "zh" else _ONE.get(en, en) if value == 1 else en
    return f"{_short(value)}{_gap(name)}{name}"


def change(before: float, after: float, unit: str) -> Words:
    """
    Write a change with its sign: the difference of the two values as `quantity` writes them, so that it adds up.

    Parameters
    ----------
    before, after
        In the unit; where one is not known or not reachable the change is blank.
    unit
        One of `study.measures.UNITS`.

    Examples
    --------
    >>> change(13171, 9990, "s").en, quantity(13171, "s").en, quantity(9990, "s").en
    ('-54 min', '3 h 40', '2 h 46')
    >>> change(0.2404, 0.2416, "share").en, change(60, 60, "s").en
    ('+0.2 percentage points', '0 min')
    """
    if not (math.isfinite(before) and math.isfinite(after)):
        return Words("", "")
    by = _as_written(after, unit) - _as_written(before, unit)
    sign = "-" if by < 0 else "+" if by > 0 else ""
    words = difference(100 * abs(by), "%") if unit == "share" else quantity(abs(by), unit)
    return Words(sign + words.en, sign + words.zh)


def _as_written(value: float, unit: str) -> float:
    """Round a value to what `quantity` writes."""
    if unit == "s":
        return value if abs(value) < 60 else 60 * round(value / 60)
    if unit == "share":
        return round(100 * value, 1) / 100
    if unit == "index":
        return float(round(value)) if abs(value) >= _PLAIN else float(f"{value:.3g}")
    for large, *_ in _MANY.get(unit, ()):
        if abs(value) >= large:
            return round(value / large, 2) * large
    return round(value, 1)


def difference(value: float, unit: str) -> Words:
    """
    Write how far two values are apart, in the unit that people wrote.

    Examples
    --------
    >>> difference(2.5, "min").en, difference(0.5, "%").zh, difference(6, "cities").en
    ('2.5 min', '0.5个百分点', '6 cities')
    """
    # four digits, and never an exponent
    amount = f"{float(f'{value:.4g}'):,.10f}".rstrip("0").rstrip(".")
    if unit == "%":
        return Words(f"{amount} percentage points", f"{amount}{WRITTEN[unit].zh}")
    if unit in WRITTEN and WRITTEN[unit].zh:
        return Words(f"{amount} {unit}", f"{amount}{WRITTEN[unit].zh}")
    written = WRITTEN.get(unit, WrittenUnit(unit))
    return quantity(value * written.factor, written.unit)


def vintage(text: str) -> Words:
    """
    Write what publication a figure is of; words that are not known stay as the data have them.

    Examples
    --------
    >>> vintage("first release, rounded to 1e8").zh, vintage("yearbook 2022").zh
    ('初步公布数，取整至1e8', '2022年年鉴')
    """
    return Words(text, "；".join("，".join(map(_vintage_zh, whole.split(", "))) for whole in text.split("; ")))


def _vintage_zh(part: str) -> str:
    if part in _VINTAGES_ZH:
        return _VINTAGES_ZH[part]
    for start, of_rest in _VINTAGES_WITH_ZH.items():
        if part.startswith(start):
            rest = part.removeprefix(start)
            return of_rest.format(rest.replace(" persons", "人"))
    plan = re.fullmatch(r"(\d{4}) plan", part)
    return f"{plan[1]}年规划" if plan else part


def _gap(unit: str) -> str:
    """Space before a unit: none before Chinese."""
    return " " if unit.isascii() or unit == "km²" else ""


def _short(value: float) -> str:
    text = f"{value:,.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
