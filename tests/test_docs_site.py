"""The site builds without the network and without a warning, opens from disk, and finds what one looks for."""

import json
import logging
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))

from docs_hooks import fitted, from_the_root, to_the_root  # noqa: E402

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
COUNTED = ("li", "table", "tr", "pre", "h1", "h2", "h3", "img")


class Tags(HTMLParser):
    """Tags of a page, and what it loads."""

    def __init__(self, html):
        super().__init__()
        self.count = dict.fromkeys(COUNTED, 0)
        self.loaded, self.linked, self.ids = [], [], set()
        self._in_main = "<main" not in html
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "main":
            self._in_main = True
        if tag in self.count and self._in_main:
            self.count[tag] += 1
        if tag in {"script", "img", "iframe"} and attributes.get("src"):
            self.loaded.append(attributes["src"])
        if tag == "link":
            self.loaded.append(attributes["href"])
        if tag == "a" and attributes.get("href"):
            self.linked.append(attributes["href"])
        if attributes.get("id"):
            self.ids.add(attributes["id"])

    def handle_endtag(self, tag):
        if tag == "main":
            self._in_main = False


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in said if record.levelno >= logging.WARNING] == []
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {file.relative_to(site).as_posix(): Tags(file.read_text("utf-8")) for file in site.rglob("*.html")}


def test_every_page_is_built_and_in_the_navigation(site, pages):
    sources = {page.relative_to(DOCS).with_suffix(".html").as_posix() for page in DOCS.rglob("*.md")}
    assert sources <= set(pages)
    start = (site / "index.html").read_text("utf-8").partition('<nav class="pages"')[2].partition("</nav>")[0]
    listed = set(re.findall(r'href="([^"]+)"', start))
    assert {page for page in pages if page != "404.html"} <= listed


def test_nothing_comes_from_elsewhere(site, pages):
    for name, page in pages.items():
        assert [source for source in page.loaded if urlsplit(source).scheme not in {"", "data"}] == [], name
    for asset in (*site.glob("*.css"), site / "site.js"):
        assert not re.search(r"url\(|@import|https?://", asset.read_text("utf-8")), asset.name


def test_every_link_of_the_site_leads_to_a_page_and_a_place(site, pages):
    for name, page in pages.items():
        here = (site / name).parent
        for target in [*page.linked, *page.loaded]:
            split = urlsplit(target)
            if split.scheme:
                continue
            file = (here / unquote(split.path)).resolve() if split.path else site / name
            assert file.is_file(), (name, target)
            if split.fragment and file.suffix == ".html":
                ids = pages[file.relative_to(site.resolve()).as_posix()].ids
                assert unquote(split.fragment) in ids, (name, target)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_page_reads_as_on_github(page, pages):
    """As many items, tables, rows, headings and blocks of code as a CommonMark reader finds."""
    shown = pages[page.relative_to(DOCS).with_suffix(".html").as_posix()].count
    wanted = Tags(MarkdownIt("commonmark").enable("table").render(page.read_text("utf-8"))).count
    assert shown == wanted


def texts(site):
    script = (site / "search.js").read_text("utf-8")
    return json.loads(script.removeprefix("window.MEGAREGION_DOCS=").removesuffix(";\n"))


def test_all_text_can_be_found(site):
    rows = texts(site)
    assert "<" not in (site / "search.js").read_text("utf-8")
    found = {}
    for row in rows:
        page = row["url"].partition("#")[0]
        found[page] = f"{found.get(page, '')} {row['text']}"
    assert "known for every second of the day" in found["travel-times.html"]
    assert "发车间隔" in found["glossary.html"]
    assert any(row["url"] == "api/megaregion.mobility.html#travel_time_matrix" for row in rows)
    assert any(row["section"] == "megaregion journey" for row in rows)


def test_the_navigation_takes_pages_as_they_are():
    nav = [{"Start": "index.md"}, {"Soon": ["report.md", "gone.md"]}, {"None": ["gone.md"]}, {"All": "adr/"}]
    there = ["index.md", "report.md", "adr/2.md", "adr/1.md", "unlisted.md"]
    assert fitted(nav, there) == [
        {"Start": "index.md"},
        {"Soon": ["report.md"]},
        {"All": ["adr/1.md", "adr/2.md"]},
        {"More": ["unlisted.md"]},
    ]


def test_links_between_the_repository_and_the_site():
    assert from_the_root("[a](docs/gtfs.md#x) [b](README.zh.md)") == "[a](gtfs.md#x) [b](zh.md)"
    assert from_the_root("[c](LICENSE)") == "[c](LICENSE.txt)"
    assert to_the_root("[a](../../README.md#x) [b](../CHANGELOG.md)") == "[a](../index.md#x) [b](changelog.md)"


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)")
def test_search_from_disk_finds_english_and_chinese(site):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        trouble, asked = [], []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "questions" / "index.html").as_uri())
        for query, wanted in (
            ("travel_time_matrix", "megaregion.mobility"),
            ("boarding slack", "slack"),
            ("发车间隔", "术语表"),
            ("两步移动搜索", "术语表"),
            ("地铁运行时间是多少", "地铁"),
        ):
            page.fill("#query", query)
            page.wait_for_function("document.querySelector('#results a')")
            assert wanted in page.inner_text("#results"), query
        page.fill("#query", "gtfs_invalid_time")
        page.wait_for_function("document.querySelector('#results a b')?.textContent.includes('› gtfs_invalid_time')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/notices.html#gtfs_invalid_time")
        page.keyboard.press("/")
        page.keyboard.type("qqqqzz")
        page.wait_for_function("document.getElementById('results').innerText.includes('nothing found')")
        page.keyboard.press("Escape")
        assert page.is_hidden("#results")
        browser.close()
    assert trouble == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
