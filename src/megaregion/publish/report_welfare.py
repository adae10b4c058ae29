"""The part of a report about who gains from faster trains: welfare, people, wages and rents, with what it rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from megaregion.publish.charts_bands import BandRow, bands
from megaregion.publish.charts_rows import Axis
from megaregion.study.metro_feed import metro_base
from megaregion.study.status import status_words
from megaregion.study.welfare import Welfare, welfare_change
from megaregion.study.welfare_words import (
    CHANNELS,
    OUTCOMES,
    PARAMETERS,
    banded,
    certificate_lines,
    driver_words,
    percent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markupsafe import Markup

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer
    from megaregion.study.measures import Words

COLUMNS = ("residents", "wage", "rent", "real_income")
"""Outcomes that are told of each city."""


def write_welfare(writer: Writer, findings: Findings) -> None:
    """Write what the newest timetable changed since the first, and what a scenario would change."""
    result = findings.result("welfare_gain")
    if result is not None and findings.then is not None and findings.now is not None:
        region = findings.region
        found = welfare_change((region, findings.then), (region, findings.now))
        what = writer.say(
            f"The timetable of {findings.now} in place of that of {findings.then}, all else as it was",
            f"以 {findings.now} 年时刻表替换 {findings.then} 年时刻表，其他不变",
        )
        _write(writer, findings, found, what, f"gains-{findings.then}-{findings.now}")
    project = findings.project
    if result is not None and project is not None and project.year is not None:
        base = metro_base(findings.region) if project.stands_on == "metro" else findings.region
        changed = project.scenario.apply(base).region
        found = welfare_change((base, project.year), (changed, project.year))
        name = project.scenario.name
        what = writer.say(f"Scenario {name} against what is there without it", f"方案 {name} 与没有该方案相比")
        _write(writer, findings, found, what, "gains-scenario")


def _write(writer: Writer, findings: Findings, found: Welfare, what: str, anchor: str) -> None:
    low, middle, high = found.band
    whole, central = banded(middle, low, high), percent(found.central)
    settings, status = found.settings, status_words(found.status)
    writer.part(what, anchor)
    writer.paragraph(
        writer.say(
            f"{what}, is worth {whole.en} to a resident of the {settings['cities']} cities, in expected utility; "
            f"{central.en} with every elasticity at its median. The band holds 90 % of {settings['draws']} draws of "
            "elasticities, moments of departure and errors of the figures, each calibrated anew. ",
            f"{what}，对 {settings['cities']} 个城市的居民而言相当于期望效用变化 {whole.zh}；各弹性取中位数时为 "
            f"{central.zh}。区间含 {settings['draws']} 次抽样的 90%，涉及弹性、出发时刻与数据误差，逐次重新校准。",
        ),
        _sources(writer, found),
        writer.say(f" Status: {status.en}.", f"核实状态：{status.zh}。"),
        kind="key",
    )
    _write_cities(writer, findings, found, what)
    _write_parts(writer, found)
    writer.entries(
        [
            (writer.say("What it rests on", "结果的依据"), _joined(writer, certificate_lines(found, findings.region))),
            (writer.say("What it takes for granted", "结果的假设"), _joined(writer, found.assumptions)),
        ]
    )


def _write_cities(writer: Writer, findings: Findings, found: Welfare, what: str) -> None:
    values = found.table.set_index("city_id").to_dict("index")
    cities = sorted(findings.rows, key=lambda row: (-_known(values[row["city_id"]]["residents"]), writer.city(row)))
    rows = [
        BandRow(writer.city(row), *(float(values[row["city_id"]][f"residents{end}"]) for end in ("", "_low", "_high")))
        for row in cities
    ]
    title = writer.say("People by city, change", "各市人口变化")
    description = writer.say(
        f"{what}: change of the people who would live in each city, and 90 % of draws; total people are kept.",
        f"{what}：愿意居住在各市的人口变化及 90% 的抽样；总人口不变。",
    )
    axis = Axis(title=title, write=lambda value: writer.of(percent(value)))
    writer.figure(bands(rows, axis, title=title, description=description), description, _own(writer, found))
    writer.table(
        (writer.say("City", "城市"), *(_headed(writer.of(OUTCOMES[name])) for name in COLUMNS)),
        [
            (
                writer.city(row),
                *(
                    writer.of(banded(*(values[row["city_id"]][f"{name}{end}"] for end in ("", "_low", "_high"))))
                    for name in COLUMNS
                ),
            )
            for row in cities
        ],
        writer.say(
            "Change by city, median and 90 % of draws; wages and rents at a total output that is kept; – = left out "
            "for want of figures.",
            "各市变化：中位数与 90% 的抽样；工资与房租按总产出不变计；– 表示因缺少数据未计入。",
        ),
        source=_own(writer, found),
        right=range(1, 1 + len(COLUMNS)),
        narrow=True,
    )


def _write_parts(writer: Writer, found: Welfare) -> None:
    rows = []
    for row in found.channels.to_dict("records"):
        ends = "–".join(f"{row[name]:.3g}" for name in ("elasticity_low", "elasticity_high"))
        fixed = row["elasticity_low"] == row["elasticity_high"]
        worth = float(row["welfare"])
        rows.append(
            (
                writer.of(CHANNELS[row["channel"]]),
                writer.of(PARAMETERS[row["parameter"]]),
                f"{row['elasticity']:.3g}" if fixed else f"{row['elasticity']:.3g} ({ends})",
                writer.of(percent(worth)),
            )
        )
    writer.table(
        (
            writer.say("Channel", "途径"),
            writer.say("How", "机制"),
            writer.say("Elasticity", "弹性"),
            writer.say("Welfare alone", "单独的福利变化"),
        ),
        rows,
        writer.say(
            "Ways that time takes into the economy, each alone, with every elasticity at its median.",
            "时间影响经济的途径，逐一计算，各弹性取中位数。",
        ),
        right=(2, 3),
    )
    roads = writer.say(", ", "，").join(
        f"{row['road_kmh']:g} {writer.say('km/h', '公里/小时')} {writer.of(percent(float(row['welfare'])))}"
        for row in found.roads.to_dict("records")
    )
    drivers = driver_words(found)
    writer.paragraph(
        writer.say(
            f"What a train is worth depends on the road that it replaces; by the speed of roads: {roads}.",
            f"列车的价值取决于其所替代的公路；按公路速度：{roads}。",
        ),
        writer.say(f" {drivers.en[:1].upper()}{drivers.en[1:]}.", f"{drivers.zh}。") if drivers is not None else "",
    )


def _sources(writer: Writer, found: Welfare) -> Markup:
    ids = [str(each) for rows in found.basis.values() if "source_id" in rows for each in rows["source_id"].dropna()]
    return writer.cite(*dict.fromkeys(ids))


def _own(writer: Writer, found: Welfare) -> Markup | str:
    return writer.computed_from(_sources(writer, found)) + writer.status(found.status)


def _joined(writer: Writer, lines: Iterable[Words]) -> str:
    return writer.say("; ", "；").join(writer.of(words) for words in lines) + writer.say(".", "。")


def _known(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _headed(text: str) -> str:
    return text[:1].upper() + text[1:]
