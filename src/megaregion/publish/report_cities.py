"""The part of a report about what the cities are: shares of the nation, profiles, and any further measure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from megaregion.publish.charts import CIVIDIS, Classes, nice_ticks, ramp
from megaregion.publish.charts_matrix import heat_map
from megaregion.publish.charts_rows import Axis, Row, ranked_bars
from megaregion.publish.report_access import draw_choropleth
from megaregion.publish.report_findings import pair_matrix
from megaregion.publish.report_times import classes_of
from megaregion.study.city_travel import city_figure
from megaregion.study.input_years import input_years
from megaregion.study.measures import measures
from megaregion.study.status import status_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer
    from megaregion.study.run import Result

SHARES = ("gdp_share", "population_share", "land_share")


def write_weight(writer: Writer, findings: Findings) -> None:
    """Write the shares of the nation and the profile of each city, as far as there are figures."""
    shares = [result for name in SHARES if (result := findings.facts.get(name)) is not None]
    if shares:
        writer.part(writer.say("Shares of the nation", "占全国的比重"), "weight-shares")
        _shares(writer, shares)
    if not findings.cities.empty:
        writer.part(writer.say("Profile of the cities", "城市概况"), "weight-profile")
        _profile(writer, findings)
        result = findings.facts.get("gdp_per_person")
        if result is not None and findings.layers is not None and findings.layers.cells:
            year = result.provenance["settings"]["year"]
            title = f"{writer.of(result.measure.title)}{writer.say(', CNY, ', '，元，')}{year}{writer.say('', '年')}"
            draw_choropleth(writer, findings, result, title)


def _shares(writer: Writer, shares: list[Result]) -> None:
    rows = []
    for result in shares:
        row, columns = result.table.iloc[0], result.measure.columns
        years = writer.of(input_years(result.provenance["inputs"]))
        totals = [writer.value(float(row[name]), columns[name].unit) for name in ("region_total", "area_total")]
        rows.append(
            (writer.of(result.measure.title), years, *totals, writer.share(result.value), writer.grounds(result))
        )
    writer.table(
        (
            writer.say("What", "项目"),
            writer.say("Data of", "数据年份"),
            writer.say("Cities together", "各市合计"),
            writer.say("Nation", "全国"),
            writer.say("Share", "占比"),
            writer.say("Source", "来源"),
        ),
        rows,
        writer.say(
            "What the cities together are of the nation, for the newest year in which every city and the nation are "
            "known.",
            "各市合计占全国的比重，取各市与全国数据齐全的最近一年。",
        ),
        right=(2, 3, 4),
    )


def _profile(writer: Writer, findings: Findings) -> None:
    region = findings.region
    facts = region.table("city_facts")
    census = sorted(int(year) for year in facts.loc[facts["indicator"] == "population_census", "year"].unique())
    people = {year: city_figure(region, "population_census", year).to_dict() for year in (census[:1] + census[-1:])}
    output, per_person = findings.facts.get("gdp"), findings.facts.get("gdp_per_person")
    head = [writer.say("City", "城市"), writer.say("Province", "省份")]
    columns: list[dict[str, str]] = []
    years = list(people)
    for year in years:
        head.append(writer.say(f"People {year}", f"{year}年人口"))
        columns.append({str(city): writer.big(value) for city, value in people[year].items()})
    if len(years) == 2:
        head.append(writer.say("Change", "变化"))
        first, last = people[years[0]], people[years[1]]
        columns.append(
            {
                str(city): writer.signed(100 * (last[city] / value - 1)) + writer.say(" %", "%")
                for city, value in first.items()
                if city in last and value
            }
        )
    for result in (output, per_person):
        if result is None:
            continue
        year = result.provenance["settings"]["year"]
        head.append(f"{writer.of(result.measure.title)} {year}")
        table = result.table
        columns.append(
            {
                city: writer.value(value, result.measure.unit).removeprefix("CNY ").removesuffix("元")
                for city, value in zip(table["city_id"], table["value"].tolist(), strict=True)
                if not math.isnan(value)
            }
        )
    land = findings.cities.set_index("city_id")["land_area_km2"].dropna()
    if len(land):
        head.append(writer.say("Land, km²", "土地，平方公里"))
        columns.append({str(city): writer.number(float(value)) for city, value in land.items()})
    if not columns:
        writer.paragraph(
            writer.say(
                f"{len(findings.cities)} cities; no figures of them are held: megaregion import table city_facts FILE.",
                f"{len(findings.cities)}个城市，尚无其统计数据：megaregion import table city_facts FILE。",
            )
        )
        return
    provinces = "province" if writer.lang == "zh" else "province_en"
    rows = [
        (
            writer.city(row),
            "–" if row[provinces] is None or row[provinces] != row[provinces] else str(row[provinces]),
            *(column.get(row["city_id"], "–") for column in columns),
        )
        for row in findings.rows
    ]
    money = any(result is not None for result in (output, per_person))
    unit = writer.say(" Money in CNY at current prices.", "金额为现价人民币元。") if money else ""
    census_rows = facts[facts["indicator"] == "population_census"]["source_id"].dropna().unique().tolist()
    areas = findings.cities["source_id"].dropna().unique().tolist()
    writer.table(
        head,
        rows,
        writer.say(
            f"The cities in the order of their codes; – = not known.{unit}", f"各市按代码排列；– 表示未知。{unit}"
        ),
        source=writer.cite(*_sources_of(output, per_person), *sorted(census_rows), *sorted(areas)),
        right=range(2, len(head)),
        narrow=True,
    )


def _sources_of(*results: Result | None) -> list[str]:
    found = [entry.get("source_id") for each in results if each is not None for entry in each.provenance["inputs"]]
    return [str(each) for each in dict.fromkeys(found) if each]


def _how_far_known(writer: Writer, findings: Findings, result: Result) -> list[Markup | str]:
    """Give the status of a single value, what stands beside it, and where claims of its question are tested."""
    status = status_words(result.provenance.get("status"))
    said: list[Markup | str] = [writer.say(f" Status: {status.en}.", f"核实状态：{status.zh}。")]
    row = result.table.to_dict("records")[0]
    if without := row.get("without_length"):
        lines = int(row["lines"])
        said.append(
            writer.say(
                f" {without} of the {lines} lines have no known length and count 0: the sum is a lower bound.",
                f"{lines}条线路中有{without}条长度未知，按 0 计，合计为下限。",
            )
        )
    of_question = {name for name, each in measures().items() if each.question == result.measure.question}
    if findings.evidence is not None and any(claim.measure in of_question for claim in findings.evidence.claims):
        link = Markup('<a href="#evidence-explained">{}</a>').format(writer.say("Explanations", "逐条说明"))
        said += [writer.say(" What is claimed of it is tested under ", "有关说法的检验见“"), link]
        said.append(writer.say(".", "”。"))
    return said


def write_further(writer: Writer, findings: Findings, name: str) -> None:
    """Show a measure that no other part speaks of, by its shape alone."""
    result = findings.result(name)
    if result is None:
        return
    measure = result.measure
    title = writer.of(measure.title)
    if measure.shape == "value":
        writer.paragraph(
            writer.say(
                f"{title}: {writer.value(result.value, measure.unit)} ",
                f"{title}：{writer.value(result.value, measure.unit)} ",
            ),
            writer.cite_results(result),
            writer.say(f" ({measure.formula.en}).", f"（{measure.formula.zh}）。"),
            *_how_far_known(writer, findings, result),
        )
    elif measure.shape == "city":
        values = result.table.set_index("city_id")["value"].to_dict()
        rows = [Row(writer.city(row), values.get(row["city_id"], math.nan)) for row in findings.rows]
        rows.sort(key=lambda row: (-np.nan_to_num(row.now, nan=-np.inf, posinf=-np.inf), row.label))
        axis = Axis(title=title, write=lambda value: writer.value(value, measure.unit))
        svg = ranked_bars(rows, axis, title=title, description=writer.of(measure.formula))
        writer.figure(svg, f"{title}{writer.say(': ', '：')}{writer.of(measure.formula)}", writer.own(result))
    else:
        matrix = pair_matrix(result, findings.cities["city_id"].tolist())
        svg = heat_map(
            [writer.city(row) for row in findings.rows],
            matrix,
            classes_of(matrix) if measure.unit == "s" else _amounts(writer, matrix, measure.unit),
            title=title,
            description=writer.of(measure.formula),
            key=title,
            words=(writer.say("not reachable", "不可达"), writer.say("no data", "无数据")),
            write=lambda value: writer.value(value, measure.unit),
        )
        writer.figure(svg, f"{title}{writer.say(': ', '：')}{writer.of(measure.formula)}", writer.own(result))


def _amounts(writer: Writer, values: NDArray[np.float64], unit: str) -> Classes:
    """Classes of amounts at round values; light is more."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    breaks = [each for each in nice_ticks(low, high, 6) if low < each < high] or [high]
    written = [writer.value(each, unit) for each in breaks]
    labels = (f"≤ {written[0]}", *(f"–{each}" for each in written[1:]), f"> {written[-1]}")
    colours = tuple(ramp(CIVIDIS, at / len(breaks)) for at in range(len(breaks) + 1))
    return Classes(tuple(breaks), colours, labels)
