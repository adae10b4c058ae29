"""How far the economy of each city and its travel to the others develop together: the coupling coordination degree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from megaregion.economy import coupling_coordination
from megaregion.economy.coupling import Normalisation, Variant
from megaregion.errors import InputError, NoDataError
from megaregion.notices import Notices
from megaregion.study.assumption import Assumption, journeys
from megaregion.study.city_travel import timetable_years
from megaregion.study.integration import SEED, agreed, evidence_of
from megaregion.study.left_out import cities_left_out
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words, measure
from megaregion.study.reading import HIGHEST, LOWEST
from megaregion.study.shared_travel import timetable_year

if TYPE_CHECKING:
    from megaregion.region.model import Region

SYSTEMS = {"economy": ("gdp_per_person", 1.0), "travel": ("time_to_all", -1.0)}
"""Measure of each system, and -1 where less of it is better."""


def read_shares(text: str) -> Any:
    """
    Read weights of systems: "equal", "entropy", or numbers in their order.

    Raises
    ------
    InputError
        If they cannot be read.

    Examples
    --------
    >>> read_shares("entropy"), read_shares("0.6, 0.4")
    ('entropy', [0.6, 0.4])
    """
    if text in {"equal", "entropy"}:
        return text
    try:
        return [float(each) for each in text.replace("，", ",").split(",")]
    except ValueError as problem:
        msg = f"weights is {text!r}; expected equal, entropy, or numbers with commas, as 0.6,0.4."
        raise InputError(msg) from problem


def coordination(
    region: Region, *, year: int | None, variant: Variant, weights: str, normalisation: Normalisation
) -> Figures:
    """
    Coupling coordination degree of GDP a person and the median time to all other cities.

    Values of all timetable years are normalised together, so that years can be compared.

    Returns
    -------
    Figures
        city_id; value; coupling; development; lowest and highest over weights; year.
    """
    chosen = timetable_year(region, year)
    given = read_shares(weights)
    found = {each: _systems(region, each) for each in timetable_years(region)}
    held = found[chosen]
    if isinstance(held, NoDataError):
        raise held
    known = {each: figures for each, figures in found.items() if not isinstance(figures, NoDataError)}
    frames = {each: _frame(figures) for each, figures in known.items()}
    observed = pd.concat(frames, names=["year"])
    if len(frames[chosen]) < 2 or observed.nunique().min() < 2:
        raise _too_few(region, len(frames[chosen]), chosen)
    result = coupling_coordination(
        observed, variant=variant, weights=given, normalisation=normalisation, rng=np.random.default_rng(SEED)
    )
    rows = result.table[result.table.index.get_level_values("year") == chosen].droplevel("year")
    cities = region.table("cities")[["city_id"]].sort_values("city_id", ignore_index=True)
    names = {
        "coordination": "value",
        "coupling": "coupling",
        "development": "development",
        "low": LOWEST,
        "high": HIGHEST,
    }
    rows = rows[list(names)].rename(columns=names).reindex(cities["city_id"])
    table = cities.assign(**{name: rows[name].to_numpy(np.float64) for name in names.values()}, year=chosen)
    basis, notices = evidence_of([each for figures in known.values() for each in figures.values()])
    notices = Notices([*notices, *result.notices])
    missing = sorted(set(cities["city_id"]) - set(frames[chosen].index))
    what = (f"GDP a person and journeys of {chosen}", f" {chosen} 年的人均生产总值与行程")
    cities_left_out(region, missing, what, notices)
    settings = agreed([each for figures in known.values() for each in figures.values()]) | {"year": chosen}
    settings |= result.choices | {f"{name}_zh": words for name, words in result.choices_zh.items()}
    return Figures(table=table, basis=basis, settings=settings, notices=notices)


def _systems(region: Region, year: int) -> dict[str, Figures] | NoDataError:
    try:
        return {name: measure(of).function(region, year=year) for name, (of, _) in SYSTEMS.items()}
    except NoDataError as problem:
        return problem


def _frame(figures: dict[str, Figures]) -> pd.DataFrame:
    """Cities by systems, more is better, of those whose figures are all known."""
    columns = {name: each.table.set_index("city_id")["value"] * SYSTEMS[name][1] for name, each in figures.items()}
    return pd.DataFrame(columns).replace([np.inf, -np.inf], np.nan).dropna()


def _too_few(region: Region, held: int, year: int) -> NoDataError:
    msg = f"{held} cities of region {region.name!r} have GDP a person and journeys of {year}, or none differ."
    return NoDataError(
        msg,
        f"区域 {region.name!r} 中同时有 {year} 年人均生产总值与行程的城市仅 {held} 个，或数值均相同。",
        needs=(
            "Bring timetables, GDP and census people: megaregion import table city_facts FILE.",
            "请导入时刻表、生产总值与普查人口：megaregion import table city_facts FILE。",
        ),
    )


def _choice(name: str, default: str, choices: tuple[str, ...], about: Words) -> Parameter:
    return Parameter(name=name, kind="text", default=default, choices=choices, about=about)


MEASURES = (
    Measure(
        name="coordination",
        title=Words("Coordination of economy and travel", "经济与交通耦合协调度"),
        unit="index",
        shape="city",
        formula=Words(
            "D = sqrt(C T) of two systems, GDP a person at current prices and the median time to all other cities "
            "(less is better), normalised over all cities and timetable years; C by the variant, T their weighted mean",
            "两个系统的 D = sqrt(C T)：现价人均生产总值与到其他各市时间的中位数（逆向），"
            "对全部城市与时刻表年份统一标准化；C 依所选变体，T 为加权均值",
        ),
        inputs=("cities", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar", "city_facts"),
        needs=Words("timetables, GDP and census people of the cities", "时刻表、各市生产总值与普查人口"),
        function=coordination,
        parameters=(
            Parameter(
                name="year",
                kind="year",
                default=None,
                about=Words("timetable year; the newest by default", "时刻表年份；默认为最新"),
            ),
            _choice("variant", "standard", get_args(Variant), Words("formula of C", "耦合度 C 的公式")),
            Parameter(
                name="weights",
                kind="text",
                default="equal",
                about=Words(
                    "equal, entropy, or of economy and travel as 0.6,0.4",
                    "equal、entropy，或经济与交通的权重，如 0.6,0.4",
                ),
            ),
            _choice(
                "normalisation",
                "minmax",
                ("minmax", "z"),
                Words("how systems are brought to 0 to 1", "各系统标准化至 0 到 1 的方法"),
            ),
        ),
        columns={
            "coupling": Column(Words("C coupling", "耦合度 C"), "index"),
            "development": Column(Words("T development", "综合评价 T"), "index"),
            LOWEST: Column(Words("5 % over weights", "权重抽样 5% 分位"), "index"),
            HIGHEST: Column(Words("95 % over weights", "权重抽样 95% 分位"), "index"),
            "year": Column(Words("year", "年份")),
        },
        question="one",
        better="more",
        by_year=True,
        assumes=(
            *journeys(),
            Assumption(words=Words("variant of the coupling degree", "耦合度变体"), setting="variant"),
            Assumption(words=Words("weights of the systems", "系统权重"), setting="weights"),
            Assumption(words=Words("normalisation", "标准化"), setting="normalisation"),
        ),
    ),
)
