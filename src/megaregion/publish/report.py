"""The in-depth report of a region: one page that holds everything, as HTML or, printed, as PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from megaregion import __version__
from megaregion.errors import InputError
from megaregion.publish.plain import encode
from megaregion.publish.report_access import write_access
from megaregion.publish.report_appendix import appendix_data, appendix_files
from megaregion.publish.report_back import (
    write_limits,
    write_methods,
    write_missing,
    write_sources,
    write_terms,
    write_vintages,
)
from megaregion.publish.report_change import write_change
from megaregion.publish.report_cities import write_further, write_weight
from megaregion.publish.report_findings import Findings, gather
from megaregion.publish.report_front import cover_map, write_cards, write_lead
from megaregion.publish.report_network import TOLD, write_network
from megaregion.publish.report_summary import write_then_and_now
from megaregion.publish.report_text import Heading, Writer
from megaregion.publish.report_times import write_times
from megaregion.publish.report_verdicts import write_verdicts
from megaregion.publish.report_welfare import write_welfare
from megaregion.region import durable
from megaregion.study.measures import measures
from megaregion.study.questions import questions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from megaregion.region.model import Region
    from megaregion.study.questions import Question

LANGUAGES = ("en", "zh")

SHOWN = {
    "everywhere": ("fastest_train", "slowest_train", "direct_trains", "typical_time", "fastest_journey", "time_to_all"),
    "reach": ("gdp_within", "people_within", "cities_within", "time_for_cities"),
    "metro": (),
    "gains": ("welfare_gain", "people_gain", "wage_gain", "rent_gain", "real_income_gain"),
    "one": TOLD,
    "weight": ("gdp", "population", "gdp_per_person", "gdp_share", "population_share", "land_share", "city_count"),
}
"""Measures that the parts written for a question speak of; any other measure is shown by its shape."""

_PARTS: dict[str, Callable[[Writer, Findings], None]] = {
    "everywhere": write_times,
    "reach": write_access,
    "metro": write_change,
    "gains": write_welfare,
    "one": write_network,
    "weight": write_weight,
}


@dataclass(frozen=True, slots=True)
class Report:
    """
    A report, ready to be written.

    Attributes
    ----------
    html
        The page: everything is in it, nothing is loaded.
    lang
        Language of its text.
    title
        Its title.
    data
        All figures, plain values: what the page holds for machines.
    attachments
        Files that go with a PDF: contents by name.
    """

    html: str = field(repr=False)
    lang: str
    title: str
    data: dict[str, Any] = field(repr=False)
    attachments: dict[str, bytes] = field(repr=False)


def build_report(
    region: Region,
    *,
    lang: str = "en",
    scenario: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """
    Compute a region and write its report; the same region gives the same report, byte by byte.

    Parameters
    ----------
    region
        Region to report on.
    lang
        "en" or "zh".
    scenario
        Name of a scenario that ships, as "metro-2026", or path of a scenario file; None = none.
    progress
        Called with the number of parts done and their total.

    Raises
    ------
    InputError
        If there is no such language or scenario, or the scenario cannot be applied. What the region lacks is no error:
        the report says it.
    """
    if lang not in LANGUAGES:
        msg = f"report: language is {lang!r}; expected {' or '.join(LANGUAGES)}."
        raise InputError(msg)
    return render_report(gather(region, scenario=scenario, progress=progress), lang=lang)


def render_report(findings: Findings, *, lang: str) -> Report:
    """
    Put findings into words and charts.

    Parameters
    ----------
    findings
        What `report_findings.gather` computed.
    lang
        "en" or "zh".
    """
    sources = {
        str(row["source_id"]): {str(name): value for name, value in row.items()}
        for row in findings.region.table("sources").to_dict("records")
    }
    writer = Writer(lang, sources)
    writer.section(writer.say("Summary", "摘要"), "summary")
    write_lead(writer, findings)
    write_cards(writer, findings)
    write_then_and_now(writer, findings)
    open_questions = [question for question in questions() if not _write_question(writer, findings, question)]
    if open_questions:
        _write_open(writer, findings, open_questions)
    if findings.evidence is not None:
        writer.section(writer.say("Is the story true?", "这些说法成立吗？"), "evidence")
        write_verdicts(writer, findings.evidence)
    data = appendix_data(findings)
    attachments = appendix_files(findings, data)
    _write_back(writer, findings, attachments)
    title = writer.say(
        f"How well do the cities of {_the(findings.title.en)} work as one?", f"{findings.title.zh}各市协同得如何？"
    )
    cover = cover_map(writer, findings)
    html = _template().render(
        lang="zh-Hans" if lang == "zh" else "en",
        title=title,
        cover=Markup(cover) if cover else None,  # noqa: S704 - drawn by charts, escaped
        facts=_front_facts(writer, findings),
        words=_words(writer),
        blocks=writer.blocks,
        contents=[block for block in writer.blocks if isinstance(block, Heading)],
        css=Markup(files("megaregion.publish").joinpath("templates", "report.css").read_text(encoding="utf-8")),  # noqa: S704
        data=Markup(encode(data)),  # noqa: S704 - encode leaves no mark-up
        region=writer.of(findings.title),
        description=_description(writer, findings),
    )
    return Report(html=html, lang=lang, title=title, data=data, attachments=attachments)


def write_report(report: Report, path: Path, *, overwrite: bool = False) -> Path:
    """
    Write a report as .html or .pdf, all or nothing.

    Parameters
    ----------
    report
        What `build_report` made.
    path
        File to write; its ending says which.
    overwrite
        Replace a file that is there already.

    Raises
    ------
    InputError
        If the ending is another, the file exists, or WeasyPrint or a Chinese font is missing for a PDF.
    StorageError
        If the disk refuses.
    """
    check_target(path, overwrite=overwrite)
    if path.suffix.lower() == ".pdf":
        from megaregion.publish.report_pdf import pdf_of  # noqa: PLC0415 - an extra

        content = pdf_of(report)
    else:
        content = report.html.encode("utf-8")
    disk = durable.Disk()
    target = path.absolute()
    with durable.written(disk, target.parent, content) as made:
        durable.publish_over(disk, made, target, size=len(content))
    return path


def check_target(path: Path, *, overwrite: bool) -> None:
    """
    Refuse a target before the long work.

    Raises
    ------
    InputError
        As `write_report`.
    """
    if path.suffix.lower() not in {".html", ".pdf"}:
        msg = f"{path}: a report is written as .html or .pdf; give a name with one of these endings."
        raise InputError(msg)
    if path.is_dir():
        msg = f"{path} is a folder; give the name of a file."
        raise InputError(msg)
    if path.exists() and not overwrite:
        msg = f"{path} exists; give another name, or --overwrite to replace it."
        raise InputError(msg)
    if path.suffix.lower() == ".pdf":
        from megaregion.publish.report_pdf import check_printer  # noqa: PLC0415 - an extra

        check_printer()


def _write_question(writer: Writer, findings: Findings, question: Question) -> bool:
    """
    Write the section of a question: figures of one value, the parts made for it, then any further measure by its shape.

    Returns
    -------
    Whether there was anything to write; if not, no section is left.
    """
    before = len(writer.blocks)
    writer.section(writer.of(question.words), f"question-{question.id}")
    further = [each for each in question.measures if each.name not in SHOWN.get(question.id, ()) and not each.asks]
    for measure in further:
        if measure.shape == "value":
            write_further(writer, findings, measure.name)
    if question.id in _PARTS:
        _PARTS[question.id](writer, findings)
    for measure in further:
        if measure.shape != "value":
            write_further(writer, findings, measure.name)
    if len(writer.blocks) > before + 1:
        return True
    writer.take_back()
    return False


def _write_open(writer: Writer, findings: Findings, open_questions: Sequence[Question]) -> None:
    """Say which questions the region cannot answer yet, and what would bring the data."""
    writer.section(writer.say("What cannot be answered yet", "尚不能回答的问题"), "open-questions")
    entries = []
    for question in open_questions:
        titles = {measure.title for measure in question.measures}
        needs = dict.fromkeys(writer.of(each.needs) for each in findings.missing if each.what in titles)
        entries.append(
            (writer.of(question.words), writer.say(" ", "").join(needs) or writer.say("No data.", "无数据。"))
        )
    writer.entries(entries)


def _write_back(writer: Writer, findings: Findings, attachments: Mapping[str, bytes]) -> None:
    writer.appendices()
    writer.section(writer.say("Methods", "方法"), "methods")
    write_methods(writer, findings)
    writer.section(writer.say("Data vintages", "数据版本"), "vintages")
    write_vintages(writer, findings)
    writer.section(writer.say("Missing data", "缺失数据"), "missing")
    write_missing(writer, findings)
    writer.section(writer.say("Limits", "局限"), "limits")
    write_limits(writer, findings)
    writer.section(writer.say("Terms", "术语"), "terms")
    write_terms(writer)
    writer.section(writer.say("Data of this report", "本报告的数据"), "data")
    _write_data(writer, attachments)
    writer.section(writer.say("Sources", "来源"), "sources")
    write_sources(writer)


def _write_data(writer: Writer, attachments: Mapping[str, bytes]) -> None:
    writer.paragraph(
        writer.say(
            "All figures behind this report are in it for machines: in the web page as JSON in the element with id "
            "report-data, in the PDF as attached files (report.json, and one CSV for each measure and year).",
            "本报告的全部数值均以机器可读形式附上：网页版为 id 为 report-data 的 JSON 元素，PDF "
            "版为附件（report.json，及每个指标每年一个 CSV 文件）。",
        )
    )
    rows = [
        (title, writer.say(", ", "、").join(names), writer.number(float(count)))
        for title, (names, count) in _files(writer, attachments).items()
    ]
    if rows:
        writer.table(
            (writer.say("Table", "数据表"), writer.say("Files", "文件"), writer.say("Rows", "行数")),
            rows,
            writer.say("Attached tables.", "附表。"),
            right=(2,),
            narrow=True,
        )


def _files(writer: Writer, attachments: Mapping[str, bytes]) -> dict[str, tuple[list[str], int]]:
    """Names and rows of the attached files by what they hold."""
    found: dict[str, tuple[list[str], int]] = {}
    for name, content in attachments.items():
        stem = name.removesuffix(".csv").removeprefix("scenario_").rstrip("0123456789").rstrip("_")
        title = (
            writer.of(measures()[stem].title)
            if stem in measures()
            else writer.say("Gains between zones", "分区间缩短时间")
        )
        if name.endswith(".csv"):
            found.setdefault(title, ([], content.count(b"\n") - 1))[0].append(name)
    return found


def _front_facts(writer: Writer, findings: Findings) -> list[tuple[str, str]]:
    region = findings.region
    content = next((result.provenance["content"] for result in findings.results), "")
    software = next((result.provenance["software"] for result in findings.results), __version__)
    feeds = region.table("feeds")
    dates = [
        f"{row['first_date']} – {row['last_date']}" for row in feeds.sort_values(["year", "feed_id"]).to_dict("records")
    ]
    retrieved = sorted(str(each) for each in region.table("sources")["retrieved"].dropna() if str(each))
    figures = sorted({int(each) for each in region.table("city_facts")["year"].dropna()})
    facts = [
        (writer.say("Region", "区域"), f"{writer.of(findings.title)} ({region.name})"),
        (writer.say("Version", "版本"), f"{region.version}{f', {content[:12]}' if content else ''}"),
    ]
    if len(findings.cities):
        facts.append((writer.say("Cities", "城市"), str(len(findings.cities))))
    if dates:
        more = writer.say(f" and {len(dates) - 3} more", f"等{len(dates)}个") if len(dates) > 3 else ""
        facts.append((writer.say("Timetables", "时刻表"), writer.say("; ", "；").join(dates[:3]) + more))
    if figures:
        span = "–".join(map(str, dict.fromkeys((figures[0], figures[-1]))))
        facts.append((writer.say("Figures of cities", "各市数据年份"), span))
    if retrieved:
        facts.append((writer.say("Sources last read", "来源最近获取"), retrieved[-1]))
    if findings.project is not None:
        project = findings.project.scenario
        facts.append((writer.say("Scenario", "方案"), f"{project.name} ({project.id[:12]})"))
    version, _, program = str(software).partition(" ")
    facts.append((writer.say("Software", "软件"), f"megaregion {version}{f' ({program[:12]})' if program else ''}"))
    return facts


def _description(writer: Writer, findings: Findings) -> str:
    if findings.about is not None:
        about = findings.about["description"]
        return writer.say(about["en"], about["zh"])
    return ""


def _words(writer: Writer) -> dict[str, str]:
    return {
        "kind": writer.say("In-depth report", "深度报告"),
        "contents": writer.say("Contents", "目录"),
        "figure": writer.say("Figure", "图"),
        "table": writer.say("Table", "表"),
        "source": writer.say("Source:", "来源："),
        "appendix": writer.say("Appendix", "附录"),
        "status": writer.say(
            "Every figure is computed from the data listed in the appendix. Numbers in brackets name the sources.",
            "全部数值均由附录所列数据计算得出；方括号内数字为来源编号。",
        ),
        "illustrative": writer.say("Figures marked illustrative are assumed.", "标为“示意”的数据为假定值。"),
    }


def _the(name: str) -> str:
    """Name of a region in a sentence."""
    return f"the {name}" if name.rsplit(" ", maxsplit=1)[-1] in {"Delta", "Region", "Area", "Coast"} else name


def _template() -> Any:
    folder = files("megaregion.publish").joinpath("templates")
    environment = Environment(
        loader=FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
