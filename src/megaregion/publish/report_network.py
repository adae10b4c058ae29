"""The part of a report about whether the cities work as one: the index, one centre or many, links by firms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from megaregion.economy.complementary_pairs import SIGNIFICANT
from megaregion.publish.charts_rows import Axis, Row, ranked_bars
from megaregion.study.integration import GROUPS
from megaregion.study.quantity import quantity
from megaregion.study.reading import HIGHEST, LOWEST
from megaregion.study.status import status_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer
    from megaregion.study.run import Result

TOLD = (
    "integration_index",
    "polycentricity_people",
    "polycentricity_gdp",
    "polycentricity_trains",
    "train_symmetry",
    "firm_connectivity",
    "firm_links",
)
"""Measures that this part speaks of."""

LINKS = 12
"""Links that are listed, strongest first; the data of the report hold all."""


def write_network(writer: Writer, findings: Findings) -> None:
    """Write what is known of the index, of centres and of firms; what is not known leaves no heading."""
    index = {
        year: found for year in findings.years if (found := findings.result("integration_index", year)) is not None
    }
    if index:
        writer.part(writer.say("Integration index", "一体化指数"), "one-index")
        _write_index(writer, index)
    rows = _centres(writer, findings)
    if rows:
        writer.part(writer.say("One centre or many", "单中心还是多中心"), "one-centres")
        _write_centres(writer, findings, rows)
    cities, links = findings.result("firm_connectivity"), findings.result("firm_links")
    if cities is not None and links is not None:
        writer.part(writer.say("Links by firms", "企业联系"), "one-firms")
        _write_firms(writer, findings, cities, links)


def _write_index(writer: Writer, index: Mapping[int, Result]) -> None:
    last = index[max(index)]
    row, settings = last.table.iloc[0], last.provenance["settings"]
    chosen = {
        name: settings[name] if writer.lang == "en" else settings[f"{name}_zh"] for name in ("base", "weights", "mean")
    }
    year, value, low, high = (f"{row[name]:.0f}" for name in ("year", "value", LOWEST, HIGHEST))
    status = status_words(last.provenance.get("status"))
    writer.paragraph(
        writer.say(
            f"{year} stands at {value} ({chosen['base']}); with other weights of its parts it lies between {low} and "
            f"{high} (5 % and 95 % of weights drawn evenly). Weights {chosen['weights']}, {chosen['mean']} mean. It "
            "measures what its indicators measure, trains, journeys and the gap of incomes, and no more: "
            f"{settings['figures']}. ",
            f"{year} 年为 {value}（{chosen['base']}）；若改变分指数权重，则在 {low} 至 {high} 之间"
            f"（均匀抽取权重的 5% 与 95%）。权重：{chosen['weights']}，{chosen['mean']}。"
            f"指数仅反映其指标所衡量的列车、行程与收入差距：{settings['figures_zh']}。",
        ),
        writer.cite_results(*index.values()),
        writer.say(f" Status: {status.en}.", f"核实状态：{status.zh}。"),
        kind="key",
    )
    names = ("value", LOWEST, HIGHEST, *GROUPS)
    writer.table(
        (
            writer.say("Year", "年份"),
            writer.say("Index", "指数"),
            "5 %",
            "95 %",
            *(writer.of(title) for title in GROUPS.values()),
        ),
        [
            (str(year), *(writer.number(float(found.table.iloc[0][name]), 1) for name in names))
            for year, found in sorted(index.items())
        ],
        writer.of(last.measure.title) + writer.say(": ", "：") + writer.of(last.measure.formula),
        source=writer.own(*index.values()),
        right=range(1, 1 + len(names)),
    )


def _centres(writer: Writer, findings: Findings) -> list[tuple[str, ...]]:
    """One row a measure and year: what, year, value, what stands beside it."""
    rows: list[tuple[str, ...]] = []
    for name in TOLD[1:5]:
        by_year = (
            [findings.facts.get(name)]
            if name in findings.facts
            else [findings.result(name, each) for each in findings.years]
        )
        for found in by_year:
            if found is None:
                continue
            row = found.table.iloc[0].to_dict()
            beside = writer.say("; ", "；").join(
                f"{writer.of(column.title)} {writer.of(quantity(float(row[key]), column.unit))}"
                for key, column in found.measure.columns.items()
                if key != "year" and column.unit and not math.isnan(float(row[key]))
            )
            value = writer.of(quantity(found.value, found.measure.unit))
            rows.append((writer.of(found.measure.title), str(int(row["year"])), value, beside))
    return rows


def _write_centres(writer: Writer, findings: Findings, rows: list[tuple[str, ...]]) -> None:
    results = [each for each in findings.results if each.measure.name in TOLD[1:5]]
    writer.table(
        (
            writer.say("Measure", "指标"),
            writer.say("Year", "年份"),
            writer.say("Value", "值"),
            writer.say("Beside it", "另见"),
        ),
        rows,
        writer.say(
            "0 = all in one city, 1 = the same in all; by trains also how complete the network is. Trains run both "
            "ways, so their symmetry says little of dominance.",
            "0 为集中于一市，1 为各市相同；按列车计时另含网络完整度。列车往返开行，其对称度难以反映主从关系。",
        ),
        source=writer.own(*results),
        right=(2,),
    )


def _write_firms(writer: Writer, findings: Findings, cities: Result, links: Result) -> None:
    settings, names = links.provenance["settings"], findings.names(writer)
    least = f"{settings['least_p']:.2g}"
    chance = writer.say(
        f" So few firms cannot tell any link from chance: the least p that these sizes can have is {least}.",
        f"企业过少，任何联系都无法与随机区分：此规模下 p 值最小为 {least}。",
    )
    tells = settings["least_p"] <= SIGNIFICANT
    writer.paragraph(
        writer.say(f"{settings['listed']}.", f"{settings['listed_zh']}。"), "" if tells else chance, kind="key"
    )
    values = cities.table.dropna(subset=["value"]).set_index("city_id")["value"]
    rows = [Row(names[str(city)], float(value)) for city, value in values.sort_values(ascending=False).items()]
    title = writer.of(cities.measure.title)
    svg = ranked_bars(
        rows, Axis(title=title, write=writer.number), title=title, description=writer.of(cities.measure.formula)
    )
    writer.figure(svg, f"{title}{writer.say(': ', '：')}{writer.of(cities.measure.formula)}", writer.own(cities))
    table = links.table
    pairs = table[(table["from_id"] < table["to_id"]) & (table["value"] > 0)]
    pairs = pairs.sort_values("value", ascending=False, kind="stable").head(LINKS)
    writer.table(
        (
            writer.say("Cities", "城市"),
            writer.say("Strength", "强度"),
            writer.say("Firms", "共有企业"),
            writer.say("By chance", "随机期望"),
            writer.say("p, all pairs", "p（全部城市对）"),
        ),
        [
            (
                f"{names[row['from_id']]} – {names[row['to_id']]}",
                writer.number(row["value"]),
                writer.number(row["firms"]),
                writer.number(row["expected"], 1),
                f"{row['p_adjusted']:.2g}",
            )
            for row in pairs.to_dict("records")
        ],
        writer.say(
            f"Strongest links, beside {settings['draws']} random networks in which every firm and city keeps its size.",
            f"最强的联系，与 {settings['draws']} 个保持企业和城市规模不变的随机网络比较。",
        ),
        source=writer.own(links),
        right=range(1, 5),
    )
