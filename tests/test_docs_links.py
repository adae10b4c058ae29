"""Links of the pages lead somewhere: files and headings that are there, on GitHub as on the site."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))

from docs_site.markdown_text import anchors, for_site, lines_outside_code, slug  # noqa: E402

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"!?\[[^]\[]*]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def links(text):
    """Targets of all links outside code, those that run over the end of a line as well."""
    prose = "\n".join(line for _, line in lines_outside_code(text))
    return LINK.findall(re.sub(r"`[^`\n]*`", "", prose))


def broken(page, text):
    found = []
    for target in links(text):
        if target.startswith(ELSEWHERE):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        there = file.exists() and file.is_relative_to(ROOT)
        if there and anchor:
            there = file.suffix == ".md" and anchor in anchors(file.read_text(encoding="utf-8"))
        if not there:
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_broken_links_are_seen():
    page = DOCS / "made-up.md"
    text = (
        "[a](tables.md#no-such-heading) [b](gone.md) [c](../../x) [d](atlas.md) `[e](gone.md)` [over\nlines](none.md)\n"
    )
    assert broken(page, text) == ["tables.md#no-such-heading", "gone.md", "../../x", "none.md"]
    assert broken(page, "```\n[a](gone.md)\n```\n") == []


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What is on the page", "what-is-on-the-page"),
        ("`from_id`, `to_id`: ids", "from_id-to_id-ids"),
        ("Notice codes · 提示代码", "notice-codes--提示代码"),
        ("[Linked](x.md) heading", "linked-heading"),
    ],
)
def test_anchors_are_those_of_github(heading, anchor):
    assert slug(heading) == anchor


def test_headings_that_repeat_are_counted():
    assert anchors('# A\n## B\n## B\n<a id="c"></a>\n## D {#own}\n') == {"a", "b", "b-1", "c", "own"}


def test_text_is_made_fit_for_the_site():
    text = "A list:\n- one\n  - in it\n- two\n\n```csv file=x.csv\n- not a list\n```\n"
    assert for_site(text) == "A list:\n\n- one\n    - in it\n- two\n\n```csv\n- not a list\n```\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_name_no_folder_of_one_machine(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?:/work/|/home/|/Users/|/tmp/|[A-Z]:\\)\S*", text) == []
