"""The report: its numbers are those of the results, it loads nothing, and it never fails for want of data."""

import base64
import csv
import json
import re
import zlib
from contextlib import suppress
from html.parser import HTMLParser
from importlib.resources import files
from io import StringIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError
from megaregion.publish import report_pdf
from megaregion.publish.plain import encode
from megaregion.publish.report import build_report, check_target, render_report, write_report
from megaregion.publish.report_findings import gather
from megaregion.publish.report_text import Writer
from megaregion.study.questions import questions
from support.tiny_region import tiny_region

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Elements of a page: that they are closed in order, their ids, links, headings, and what they would load."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.loads, self.tags = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        self.loads += [values[name] for name in ("src", "srcset", "data", "poster", "xlink:href") if name in values]
        self.loads += [values["href"] for _ in "x" if tag in {"link", "use", "image"} and "href" in values]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def streams(pdf):
    """All streams of a PDF, decompressed."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(found[1])


def data_of(html):
    return json.loads(re.search(r'id="report-data">(.*?)</script>', html, re.DOTALL)[1])


@pytest.fixture(scope="module")
def found():
    return gather(mr.open("yrd"))


@pytest.fixture(scope="module", params=["en", "zh"])
def report(found, request):
    return render_report(found, lang=request.param)


def test_the_page_holds_together_and_loads_nothing(report):
    page = Page(report.html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert page.loads == []
    inner = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)
    assert {link.partition(":")[0] for link in page.links if not link.startswith("#")} <= {"http", "https"}
    assert "url(" not in re.sub(r"url\(#", "", report.html.partition("<body>")[0])
    scripts = [values for tag, values in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "report-data"}]


def test_headings_pictures_and_tables_can_be_read_aloud(report):
    page = Page(report.html)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    pictures = [values for tag, values in page.tags if tag == "svg" and "role" in values]
    assert len(pictures) > 8
    assert all(values["aria-label"] for values in pictures)
    assert report.html.count("<desc>") == len(pictures)
    assert all(values.get("scope") == "col" for tag, values in page.tags if tag == "th")
    assert dict(page.tags)["html"]["lang"] == {"en": "en", "zh": "zh-Hans"}[report.lang]


def test_the_same_region_gives_the_same_bytes(found, report):
    assert render_report(found, lang=report.lang).html == report.html


def test_every_figure_and_table_is_numbered_in_order_and_every_source_cited_is_listed(report):
    for kind in ("figure", "table"):
        numbers = [int(number) for number in re.findall(rf'id="{kind}-(\d+)"', report.html)]
        assert numbers == list(range(1, len(numbers) + 1))
    cited = {int(number) for number in re.findall(r'href="#source-(\d+)"', report.html)}
    listed = {int(number) for number in re.findall(r'id="source-(\d+)"', report.html)}
    assert cited <= listed
    assert listed == set(range(1, len(listed) + 1))


def test_headline_figures_are_those_of_the_measures(found, report):
    """Hangzhou to Shanghai and the median of all pairs, from the results themselves."""
    times = [found.by_year[year]["typical_time"].table["value"] for year in (2012, 2019)]
    writer = Writer(report.lang, {})
    summary = report.html.partition('id="summary"')[2].partition("<h2")[0]
    for value in (49 * 60.0, 45 * 60.0, *(float(np.median(each)) for each in times)):
        assert writer.time(value) in summary
    share = found.facts["gdp_share"].value
    assert writer.share(share) in summary
    verdicts = found.evidence.counts
    assert str(verdicts["not decidable"]) in summary


def test_how_far_figures_are_known_stands_beside_them(found, report):
    writer = Writer(report.lang, {})
    facts = found.region.table("city_facts")["year"]
    front = report.html.partition('id="summary"')[0]
    assert f"{facts.min()}–{facts.max()}" in front
    # the day of a look at a source is not that of its figures
    assert "Data as of" not in report.html
    assert "数据截至" not in report.html
    metro = report.html.partition('id="question-metro"')[2].partition("<h2")[0]
    row = found.facts["new_metro_km"].table.iloc[0]
    unknown, lines = int(row["without_length"]), int(row["lines"])
    assert unknown > 0
    assert writer.say(f"{unknown} of the {lines} lines have no known length", f"{lines}条线路中有{unknown}条") in metro
    assert writer.say("Status: ", "核实状态：") in metro
    assert 'href="#evidence-explained"' in metro
    # what rests on assumptions is not shown as confirmed
    assert writer.say(", modelled", "，模型估算") in report.html.partition('id="question-everywhere"')[2]
    assert writer.say("Assumed: a city is one point", "假设：城市以其中心一点代表") in report.html


def test_a_pdf_shows_every_chart_whole(report):
    """A map side by side with another is one picture: none of its parts is left between the lines."""
    page = report.html.partition("<script")[0]
    printed = report_pdf.with_pictures(page)
    charts = page.count('role="img"')
    assert charts > 10
    assert page.count("<svg") > charts
    assert "<svg" not in printed
    assert printed.count('<img alt="') == charts
    drawn = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', printed)
    for one in drawn:
        ET.fromstring(base64.b64decode(one))  # noqa: S314 - made by the report


def test_all_questions_and_appendices_are_there(report):
    page = Page(report.html)
    answered = [question.id for question in questions() if f"question-{question.id}" in page.ids]
    assert {"everywhere", "reach", "weight"} <= set(answered)
    assert {"methods", "vintages", "missing", "limits", "terms", "data", "sources", "evidence"} <= set(page.ids)


def test_the_data_for_machines_are_the_results(found, report):
    data = data_of(report.html)
    assert data["region"]["name"] == "yrd"
    mine = next(
        each for each in data["results"] if each["measure"] == "fastest_train" and each["timetable_year"] == 2019
    )
    table = pd.DataFrame(mine["rows"], columns=mine["columns"])
    row = table[(table["from_id"] == "330100") & (table["to_id"] == "310000")]
    assert row["value"].tolist() == [2700]
    assert mine["unit"] == "s"
    assert {each["source_id"] for each in mine["inputs"]} <= {each["source_id"] for each in data["sources"]}
    assert "inf" in table["value"].tolist()
    assert data["evidence"]["counts"] == found.evidence.counts
    csv = report.attachments["fastest_train_2019.csv"].decode("utf-8-sig").splitlines()
    assert csv[0].startswith("from_id,to_id,value")
    assert len(csv) == 1 + len(table)


def test_a_report_with_a_scenario_names_base_difference_and_bands():
    made = build_report(mr.open("yrd"), scenario="metro-2026")
    text = made.html.partition('id="question-metro"')[2].partition("<h2")[0]
    mean = data_of(made.html)["scenario"]["zones"]["mean_gain_s"]
    assert mean["worst"] < mean["held"] < mean["best"]
    assert f"−{mean['held'] / 60:.1f}" in text
    assert f"−{mean['worst'] / 60:.1f} to −{mean['best'] / 60:.1f}" in text
    assert "illustrative" in text
    assert Page(made.html).open == []


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "region",
    [
        mr.Region("nothing"),
        tiny_region({"A": [("x", 28800, 28800), ("y", 30000, 30060), ("z", 31000, 31000)]}),
        mr.Region("paper").with_table(
            "cities", pd.DataFrame([{"city_id": "1", "name": "纸<城>", "lon": 120.0, "lat": 30.0}])
        ),
    ],
    ids=["nothing", "a timetable without places", "one city"],
)
def test_a_region_with_almost_nothing_says_what_is_missing(region, lang):
    made = build_report(region, lang=lang)
    assert Page(made.html).open == []
    missing = data_of(made.html)["missing"]
    assert missing
    assert all(each["needs"][lang] for each in missing)
    assert "megaregion import" in made.html
    assert "<城>" not in made.html.partition("<body>")[2]


def test_stations_alone_give_the_reach_of_the_busiest():
    """Without cities and census, two trains from a to b and on to c: the reach of a is land and nothing else."""
    stops = {name: {"lon": -51.2 + at / 10, "lat": -30.0} for at, name in enumerate("abc")}
    trips = {
        f"t{n}": [("a", 25200 + 600 * n, 25200 + 600 * n), ("b", 26000 + 600 * n, 26000 + 600 * n)] for n in range(80)
    }
    trips["last"] = [("b", 30000, 30000), ("c", 31000, 31000)]
    made = build_report(tiny_region(trips, stops=stops))
    data = data_of(made.html)
    assert data["reach"]["station"]["id"] == "a"
    areas = [each["area_km2"] for each in data["reach"]["parts"]["2019"]]
    assert 0 < areas[0] <= areas[-1]
    text = made.html.partition('id="question-reach"')[2].partition("<h2")[0]
    assert "census" not in text


def test_text_of_the_data_cannot_leave_its_element():
    hostile = "</script><script>alert(1)</script>"
    assert "</script" not in encode({"name": hostile})
    region = mr.Region("<b>x").with_table(
        "cities", pd.DataFrame([{"city_id": "1", "name": hostile, "lon": 1.0, "lat": 1.0}])
    )
    made = build_report(region)
    assert made.html.count("<script") == 1
    assert "<b>x" not in made.html
    assert data_of(made.html)["cities"][0]["name"] == hostile


@pytest.mark.parametrize(
    ("name", "message"),
    [("report.docx", "one of these endings"), ("there.html", "--overwrite"), ("folder.html", "is a folder")],
)
def test_a_target_that_cannot_be_is_refused_before_the_work(tmp_path, name, message):
    (tmp_path / "there.html").write_text("mine")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(InputError, match=message):
        check_target(tmp_path / name, overwrite=False)
    assert (tmp_path / "there.html").read_text() == "mine"


def test_an_unknown_language_or_scenario_is_refused():
    with pytest.raises(InputError, match="expected en or zh"):
        build_report(mr.Region("r"), lang="fr")
    with pytest.raises(InputError, match="no such scenario file"):
        build_report(mr.Region("r"), scenario="metro-2062")


def test_without_weasyprint_or_a_font_a_pdf_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(report_pdf, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"megaregion\[report\]"):
        check_target(tmp_path / "r.pdf", overwrite=False)
    monkeypatch.undo()
    monkeypatch.setattr(report_pdf, "_weasyprint", lambda: None)
    monkeypatch.setattr(report_pdf, "has_chinese_font", lambda: False)
    with pytest.raises(InputError, match="fonts-noto-cjk"):
        check_target(tmp_path / "r.pdf", overwrite=False)


@pytest.fixture(scope="module")
def printer():
    pytest.importorskip("weasyprint", reason="PDF needs the extra report", exc_type=Exception)
    if not report_pdf.has_chinese_font():
        pytest.skip("PDF needs a Chinese font: apt-get install fonts-noto-cjk")


@pytest.mark.usefixtures("printer")
def test_a_pdf_has_its_data_attached(tmp_path):
    city = pd.DataFrame([{"city_id": "1", "name": "纸城", "lon": 120.0, "lat": 30.0}])
    made = build_report(mr.Region("paper").with_table("cities", city), lang="zh")
    path = write_report(made, tmp_path / "new" / "r.pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert set(made.attachments.values()) <= set(streams(content))
    assert set(made.attachments) == {"report.json", "city_count.csv"}
    with pytest.raises(InputError, match="--overwrite"):
        write_report(made, path)
    assert list(path.parent.iterdir()) == [path]


def test_terms_are_those_of_the_glossary():
    """The list that ships with the report is a part of the one that the documentation is made of."""
    root = Path(__file__).resolve().parents[2]
    mine = list(csv.DictReader(StringIO(files("megaregion.publish").joinpath("report_terms.csv").read_text("utf-8"))))
    glossary = (root / "tools" / "docs_site" / "glossary.csv").read_text("utf-8")
    known = {row["key"]: row for row in csv.DictReader(StringIO(glossary))}
    assert len(mine) > 20
    assert [row for row in mine if row != known.get(row["key"])] == []
