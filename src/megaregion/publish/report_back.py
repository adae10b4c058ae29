"""The back of a report: methods, sources, what is missing, limits, terms and the list of its data."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from megaregion.chinese import in_chinese
from megaregion.notices import catalogue
from megaregion.publish.plain import text_or_none
from megaregion.publish.report_text import linked
from megaregion.study.citation import citation
from megaregion.study.measures import UNITS
from megaregion.study.quantity import vintage as vintage_words
from megaregion.study.status import status_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer
    from megaregion.study.run import Result

SECTORS = (("primary", "第一产业"), ("secondary", "第二产业"), ("tertiary", "第三产业"))
"""Sectors of output in English, as tables name them, and in Chinese."""

FOUND = 12
"""Findings that are told; all of them come with the results."""

LATER = (
    (
        "an index line since a base year, with sub-indices",
        "以基年为100的综合指数及分项指数",
        "measures of all domains",
        "各领域指标",
    ),
    (
        "flows between cities, their top links and symmetry",
        "城市间流量、主要联系与对称性",
        "trips or searches between cities",
        "城市间出行或搜索数据",
    ),
    (
        "rank-size slopes of size and of flow (polycentricity)",
        "规模与流量的位序—规模斜率（多中心性）",
        "the economy domain; flows",
        "经济领域模块；流量数据",
    ),
    (
        "coupling coordination by city and year",
        "耦合协调度（城市×年份）",
        "the economy domain; indicators by city and year",
        "经济领域模块；分城市分年指标",
    ),
    (
        "Theil index between and within provinces, convergence",
        "省际与省内泰尔指数、收敛性",
        "output of every city in two or more years",
        "两年以上各市生产总值",
    ),
    (
        "self-containment and commuting zones",
        "职住自足度与通勤区",
        "commuters between cities or districts",
        "城市或区县间通勤数据",
    ),
    ("border effects between provinces", "省界效应", "flows between cities", "城市间流量"),
    ("supply chains, lakes and greenways, culture", "供应链、湖泊与绿道、文化", "the later domains", "后续领域模块"),
)
"""What a report of the field is expected to contain and the data at hand do not allow."""


_INDICATORS = (
    ("gdp", ("GDP", "生产总值")),
    *((f"gdp_{name}", (f"GDP, {name} sector", f"{zh}增加值")) for name, zh in SECTORS),
    *((f"share_{name}", (f"share of the {name} sector", f"{zh}占比")) for name, zh in SECTORS),
    ("population_census", ("census population", "普查人口")),
    ("population_year_end", ("residents at the end of the year", "年末常住人口")),
    ("wage_urban_non_private", ("wages, urban units that are not private", "城镇非私营单位平均工资")),
)
"""What figures of cities are called; any other by its name."""


def write_methods(writer: Writer, findings: Findings) -> None:
    """Write the formula of each measure that was computed."""
    seen: dict[str, Result] = {}
    for result in findings.results:
        seen[result.measure.name] = result
    entries = []
    for name in sorted(seen, key=findings_order(findings).index):
        measure = seen[name].measure
        unit = writer.say(*UNITS[measure.unit])
        parameters = ", ".join(f"{key} = {value}" for key, value in seen[name].parameters.items() if value is not None)
        text = Markup("{}{} <span class='fine'>{}</span>").format(
            writer.say(_sentence(measure.formula.en), measure.formula.zh),
            writer.say(".", "。"),
            writer.say(
                f"Unit: {unit}. Measure {name}"
                + (f" ({parameters})" if parameters else "")
                + f"; tables {', '.join(measure.inputs)}.",
                f"单位：{unit}。指标 {name}"
                + (f"（{parameters}）" if parameters else "")
                + f"；数据表 {', '.join(measure.inputs)}。",
            )
            + _assumed(writer, seen[name]),
        )
        entries.append((writer.of(measure.title), text))
    writer.entries(entries, kind="methods")
    writer.paragraph(
        writer.say(
            "Each result is kept under a key of the region's contents, the scenario, the measure, its parameters and "
            "the "
            "program; another input gives another key, so that nothing stale is shown as fresh.",
            "每个结果以区域内容、方案、指标、参数与程序共同生成的键保存；任一输入不同则键不同，因此不会把旧结果当作新结果。",
        )
    )


def _assumed(writer: Writer, result: Result) -> str:
    """Say how far a result can be relied on, and what it assumes."""
    status = status_words(result.provenance["status"])
    said = writer.say(f" Status: {status.en}.", f"状态：{status.zh}。")
    if assumptions := result.provenance["assumptions"]:
        told = writer.say("; ", "；").join(words[writer.lang] for words in assumptions)
        said += writer.say(f" Assumed: {told}.", f"假设：{told}。")
    return said


def _sentence(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:] if text[1:2].islower() else text


def findings_order(findings: Findings) -> list[str]:
    """Names of all measures computed, each once, in the order of the registry."""
    names = [result.measure.name for result in findings.results]
    return list(dict.fromkeys(names))


def write_vintages(writer: Writer, findings: Findings) -> None:
    """Write which figures of what year and vintage the report rests on, and the timetables."""
    groups: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for result in findings.results:
        for entry in result.provenance["inputs"]:
            key = tuple(str(entry.get(name) or "–") for name in ("table", "year", "vintage", "status"))
            group = groups.setdefault((key[0], key[1], key[2], key[3]), {"sources": {}, "measures": set()})
            group["sources"][entry.get("source_id")] = entry["rows"]
            group["measures"].add(writer.of(result.measure.title))
    rows = []
    for (table, year, vintage, status), group in sorted(groups.items()):
        used = sorted(group["measures"])
        more = writer.say(f" and {len(used) - 3} more", f"等{len(used)}项") if len(used) > 3 else ""
        rows.append(
            (
                table,
                year,
                writer.of(vintage_words(vintage)),
                writer.of(status_words(None if status == "–" else status)),
                writer.number(float(sum(group["sources"].values()))),
                writer.say(", ", "、").join(used[:3]) + more,
                writer.cite(*sorted(each for each in group["sources"] if each)) or "–",
            )
        )
    if rows:
        writer.table(
            (
                writer.say("Table", "数据表"),
                writer.say("Year", "年份"),
                writer.say("Vintage", "版本"),
                writer.say("Status", "核实程度"),
                writer.say("Rows", "行数"),
                writer.say("Used for", "用于"),
                writer.say("Source", "来源"),
            ),
            rows,
            writer.say(
                "What the figures rest on. A vintage names the publication; a revised figure is another row.",
                "数据依据。“版本”指发布版本；修订后的数据另成一行。",
            ),
            right=(4,),
            narrow=True,
        )
    feeds = findings.region.table("feeds")
    if len(feeds):
        trips = findings.region.table("trips")["feed_id"].value_counts().to_dict()
        _feeds(writer, feeds.to_dict("records"), trips)


def _feeds(writer: Writer, feeds: Sequence[Mapping[Any, Any]], trips: Mapping[Any, int]) -> None:
    kinds = {
        "patterns": ("aggregated services", "汇总开行模式"),
        "rail_timetable": ("rail timetable", "铁路时刻表"),
        "gtfs": ("GTFS", "GTFS"),
    }
    rows = [
        (
            text_or_none(row["name"]) or str(row["feed_id"]),
            str(row["year"]),
            writer.say(*kinds.get(str(row["kind"]), (str(row["kind"]),) * 2)),
            f"{row['first_date']} – {row['last_date']}",
            writer.number(float(trips.get(row["feed_id"], 0))),
            writer.of(status_words(text_or_none(row["status"]))),
            writer.cite(text_or_none(row["source_id"])) or "–",
        )
        for row in feeds
    ]
    writer.table(
        (
            writer.say("Timetable", "时刻表"),
            writer.say("Year", "年份"),
            writer.say("Kind", "类型"),
            writer.say("Days", "有效日期"),
            writer.say("Trips", "车次"),
            writer.say("Status", "核实程度"),
            writer.say("Source", "来源"),
        ),
        rows,
        writer.say("Timetables.", "时刻表。"),
        right=(4,),
        narrow=True,
    )


def write_sources(writer: Writer) -> None:
    """Write the numbered list of all sources cited."""
    entries = []
    for number, source_id in enumerate(writer.cited, start=1):
        row = writer.sources[source_id]
        url = linked(text_or_none(row.get("url")))
        licence = text_or_none(row.get("licence"))
        if licence and writer.lang == "zh":
            licence = in_chinese(licence)
        retrieved = text_or_none(row.get("retrieved"))
        tail = [
            each
            for each in (licence, writer.say(f"retrieved {retrieved}", f"获取于 {retrieved}") if retrieved else None)
            if each
        ]
        text = Markup("{}. {} <span class='fine'>{}</span>").format(
            citation(row, year="year").of(writer.lang), url, "; ".join(tail)
        )
        entries.append((Markup('<span id="source-{0}">[{0}]</span>').format(number), text))
    if entries:
        writer.entries(entries, kind="sources")
    else:
        writer.paragraph(writer.say("No sources are listed in this region.", "本区域未登记来源。"))


def write_missing(writer: Writer, findings: Findings) -> None:
    """Write what is blank, why, and what would bring it."""
    # one row for all that lack the same
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in findings.missing:
        key = str(each.year or "–"), writer.of(each.why), writer.of(each.needs)
        groups.setdefault(key, []).append(writer.of(each.what))
    rows = [(writer.say(", ", "、").join(names), year, why, needs) for (year, why, needs), names in groups.items()]
    if rows:
        writer.table(
            (
                writer.say("What", "内容"),
                writer.say("Year", "年份"),
                writer.say("What was found", "原因"),
                writer.say("What would bring it", "如何补充"),
            ),
            rows,
            writer.say("What could not be computed.", "未能计算的内容。"),
            narrow=True,
        )
    else:
        writer.paragraph(
            writer.say("All measures that the registry holds could be computed.", "登记的全部指标均已计算。")
        )
    _coverage(writer, findings)
    if findings.about is not None and "not_held" in findings.about:
        held = findings.about["not_held"]
        writer.paragraph(writer.say(held["en"], held["zh"]).replace("`", ""))
    _findings(writer, findings)


def _coverage(writer: Writer, findings: Findings) -> None:
    facts, cities = findings.region.table("city_facts"), findings.cities["city_id"]
    facts = facts[facts["city_id"].isin(cities)]
    if facts.empty:
        return
    names = dict(_INDICATORS)
    rows = []
    for (indicator, year), group in facts.groupby(["indicator", "year"], sort=True):
        held = group["city_id"].nunique()
        rows.append(
            (
                writer.say(*names.get(str(indicator), (str(indicator),) * 2)),
                str(year),
                f"{held} / {len(cities)}",
                writer.share(1 - held / len(cities), 0),
                writer.share(float((group["status"] == "confirmed").mean()), 0),
                writer.cite(*sorted(group["source_id"].dropna().unique().tolist())),
            )
        )
    writer.table(
        (
            writer.say("Figure", "指标"),
            writer.say("Year", "年份"),
            writer.say("Cities", "城市"),
            writer.say("Missing", "缺失"),
            writer.say("Confirmed", "已核实"),
            writer.say("Source", "来源"),
        ),
        rows,
        writer.say("How far the figures of cities are held.", "城市数据的齐备程度。"),
        right=(2, 3, 4),
    )


def _findings(writer: Writer, findings: Findings) -> None:
    """Tell what was found while computing, each finding once."""
    said: dict[tuple[str, str], None] = {}
    for result in findings.results:
        for notice in result.notices:
            said[notice.code, notice.message] = None
    for code, message in findings.reach.found if findings.reach is not None else ():
        said[code, message] = None
    if said:
        writer.paragraph(writer.say("Found while computing:", "计算中发现："))
        writer.entries([(code, _told(writer, code, text)) for code, text in list(said)[:FOUND]], kind="fine")


def _told(writer: Writer, code: str, message: str) -> str:
    """Message of a finding; in Chinese, what findings of its kind mean stands before it."""
    return writer.say(message, f"{catalogue()[code].summary_zh}（{message}）")


def write_limits(writer: Writer, findings: Findings) -> None:
    """Write what the report does not show, as far as it applies to these data."""
    said = []
    feeds = findings.region.table("feeds")
    if (feeds["kind"] == "patterns").any():
        said.append(
            writer.say(
                "Rail services are aggregated: departures a clock hour and median run times, without the minute. "
                "Waiting "
                "and changes are typical values, not those of a day; single trains are told only where a source "
                "names them.",
                "铁路服务为汇总数据：每小时开行数与运行时间中位数，不含具体分钟。候车与换乘为典型值而非某日实况；只有来源点名的单趟列车才单独列出。",
            )
        )
    if len(findings.cities):
        said.append(
            writer.say(
                "A city is one point, its centre; who lives elsewhere in it has another way to the station. Access "
                "is a rule, "
                "not a map of streets, unless the region holds one.",
                "城市以其中心一点代表；住在市内他处者到站路程不同。若区域不含道路网，进出站按规则估算。",
            )
        )
    if findings.then is not None:
        said.append(
            writer.say(
                f"Then and now compare the timetables of {findings.then} and {findings.now}; what came before or "
                "after is "
                "not seen, and neither are fares, seats, delays and the choice of mode.",
                f"前后对比仅为{findings.then}年与{findings.now}年时刻表；此前此后的变化、票价、运能、晚点与方式选择均未计入。",
            )
        )
    said.append(
        writer.say(
            "Reach counts what could be reached, not who travels: it is a potential. No causes are claimed.",
            "可达性衡量可能到达的机会，而非实际出行；本报告不作因果推断。",
        )
    )
    if findings.project is not None:
        said.append(
            writer.say(
                "A scenario changes services only; people, jobs and output stay where they are. Bands vary assumed "
                "figures "
                "together and are no confidence intervals.",
                "方案只改变交通服务，人口、岗位与产出不变。区间由假定数据同向变动得到，并非置信区间。",
            )
        )
    for text in said:
        writer.paragraph(text)
    writer.table(
        (writer.say("Not in this report", "本报告未含"), writer.say("Needs", "所需")),
        [(writer.say(en, zh), writer.say(needs_en, needs_zh)) for en, zh, needs_en, needs_zh in LATER],
        writer.say(
            "What reports of this kind also contain, and what it takes.", "同类报告通常还包含的内容及其所需条件。"
        ),
    )


def write_terms(writer: Writer) -> None:
    """Explain the terms that the report uses, in the order of their names."""
    text = "".join(_words(block) for block in writer.blocks).casefold()
    content = files("megaregion.publish").joinpath("report_terms.csv").read_text(encoding="utf-8")
    name, meaning = ("zh", "meaning_zh") if writer.lang == "zh" else ("en", "meaning_en")
    rows = [row for row in csv.DictReader(io.StringIO(content)) if _stem(row[name]) in text]
    writer.entries([(row[name], row[meaning].replace("`", "") + writer.say(".", "。")) for row in rows], kind="terms")


def _stem(term: str) -> str:
    """Part of a term that stands in running text: without brackets."""
    return term.partition("（")[0].partition(" (")[0].casefold()


def _words(block: Any) -> str:
    """All text of a block."""
    parts = [str(getattr(block, name, "")) for name in ("text", "caption", "title")]
    for row in getattr(block, "rows", ()):
        parts += [str(cell) for cell in row]
    for entry in getattr(block, "entries", ()):
        parts += [str(cell) for cell in entry]
    return " ".join(parts)
