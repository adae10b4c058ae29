"""Notebooks: what shows itself is escaped and short, and the atlas in a frame has everything inside."""

import html
import re

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.publish.notebook import single_page
from megaregion.region.markup import ROWS, shown, shown_frame
from megaregion.study.compare import compare

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--ignore-gpu-blocklist", "--use-angle=swiftshader"]


def cells(text):
    return [html.unescape(each) for each in re.findall("<td>(.*?)</td>", text)]


def test_what_is_shown_is_escaped_and_cut():
    frame = pd.DataFrame({"a": [f"<{n}>" for n in range(25)], "b": np.linspace(0, 1, 25)})
    text = shown_frame("<t>", {"x": "<y>", "none": None}, frame)
    assert cells(text)[0] == "<0>"
    assert len(cells(text)) == 2 * ROWS
    assert "and 15 more" in text
    assert "<0>" not in text
    assert "&lt;t&gt;" in text
    assert "none" not in text


@pytest.mark.parametrize(
    ("value", "written"),
    [(np.nan, ""), (None, ""), (np.inf, "inf"), (12345.6, "12,346"), (2700, "2700"), (0.25, "0.25"), (12345, "12,345")],
)
def test_cells_are_written_short(value, written):
    assert cells(shown("t", {}, ["a"], [[value]])) == [written]


def test_objects_show_what_they_are():
    region = mr.open("yrd")
    shown_region = dict(zip(*[iter(cells(region._repr_html_()))] * 2, strict=True))
    assert shown_region["cities"] == "41"
    results = mr.run(region, measures=["gdp_share", "fastest_train"])
    assert "占全国生产总值的比重" in results["gdp_share"]._repr_html_()
    assert "1,630 more" in results["fastest_train"]._repr_html_()
    assert {"gdp_share", "fastest_train"} <= set(cells(results._repr_html_()))
    scenario = mr.Scenario("s").close_stop(stop_ids=["rail:无锡"]).close_stop(stop_ids=["rail:苏州"], on=False)
    assert [each for each in cells(scenario._repr_html_()) if each in {"on", "off"}] == ["on", "off"]
    assert "confirmed" in cells(mr.evidence(region)._repr_html_())


def test_times_and_their_comparison_show_themselves():
    from megaregion.study.shared_travel import shared_travel  # noqa: PLC0415

    times = [shared_travel(mr.open("yrd"), year=year).times for year in (2012, 2019)]
    assert "41 x 41" in times[0]._repr_html_()
    comparison = compare(*times)
    assert f"faster: {comparison.counts['faster']}" in comparison._repr_html_().replace(",", "")


def test_the_page_of_a_frame_refers_to_nothing_outside():
    files = {
        "index.html": b'<html><head><meta charset="utf-8"><link rel="stylesheet" href="atlas.css">\n'
        b'<script defer src="data.js"></script>\n<script defer src="atlas.js"></script>\n</head><body></body></html>',
        "atlas.css": b"a{}",
        "data.js": b"window.D=1;",
        "atlas.js": b'document.write("</script>");',
    }
    page = single_page(files)
    assert "src=" not in page
    assert "<link" not in page
    assert page.index("window.D") < page.index("document.write")
    assert page.count("</script>") == 2


@pytest.mark.browser
def test_the_atlas_runs_in_a_frame(tmp_path):
    """Opened from disk inside another page: the map is there, its state is behind the #, and nothing complains."""
    sync_api = pytest.importorskip("playwright.sync_api")
    page_file = tmp_path / "notebook.html"
    page_file.write_text(f"<!doctype html><body>{mr.explore(mr.open('yrd'))._repr_html_()}</body>", encoding="utf-8")
    said = []
    with sync_api.sync_playwright() as play:
        try:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        except sync_api.Error as problem:
            pytest.skip(f"chromium cannot start: {problem}")
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda problem: said.append(str(problem)))
        page.goto(page_file.as_uri())
        frame = page.frames[1]
        frame.wait_for_function("location.hash.includes('state=2019')", timeout=60_000)
        assert frame.locator("canvas").count() >= 1
        assert "Shanghai" in frame.locator("body").inner_text()
        browser.close()
    assert said == []
