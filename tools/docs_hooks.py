"""
What mkdocs does beyond its own: `make docs` builds the site with it.

Pages about Python are printed from docstrings, the first page is the README, and the navigation takes the pages as they
are: one that is not there is left out, one that is not listed comes last.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

from docs_site import api_pages, markdown_text

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
FROM_THE_ROOT = {"README.md": "index.md", "README.zh.md": "zh.md", "CHANGELOG.md": "changelog.md"}
"""Pages that lie beside `docs/` in the repository."""

_searched: list[dict[str, str]] = []


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make anchors as GitHub makes them."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = markdown_text.slug
    _searched.clear()
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages and files that are made here, then fit the navigation to what there is."""
    made = dict(api_pages.pages())
    for name, page in FROM_THE_ROOT.items():
        if (ROOT / name).is_file():
            made[page] = from_the_root((ROOT / name).read_text(encoding="utf-8"))
    made["LICENSE.txt"] = (ROOT / "LICENSE").read_text(encoding="utf-8")
    made["CITATION.cff.txt"] = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    there = [file.src_uri for file in files.documentation_pages()]
    config.nav = fitted(config.nav or [], there)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make the text fit for Python-Markdown, and know which pages are in Chinese."""
    del config, files
    if page.file.src_uri == "zh.md":
        page.meta["lang"] = "zh"
    return markdown_text.for_site(to_the_root(markdown))


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Keep the text for the search, and let wide tables scroll."""
    del config, files
    reader = _Sections()
    reader.feed(html)
    title = re.sub(r"<[^>]*>", "", str(page.title))
    _searched.extend(
        {"url": page.url + (f"#{anchor}" if anchor else ""), "page": title, "section": section, "text": text}
        for anchor, section, text in reader.sections()
    )
    return html.replace("<table>", '<div class="table" tabindex="0"><table>').replace("</table>", "</table></div>")


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write the texts that are searched, as a script: a page opened from disk may load nothing else."""
    rows = json.dumps(_searched, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    Path(config.site_dir, "search.js").write_text(f"window.MEGAREGION_DOCS={rows};\n", encoding="utf-8")


def from_the_root(text: str) -> str:
    """Turn links of a page beside `docs/` into links of the site."""
    text = text.replace("](docs/adr/)", "](adr/0001-storage.md)").replace("](docs/", "](")
    for name, page in FROM_THE_ROOT.items():
        text = re.sub(rf"\]\({re.escape(name)}(?=[#)])", f"]({page}", text)
    return text.replace("](LICENSE)", "](LICENSE.txt)").replace("](CITATION.cff)", "](CITATION.cff.txt)")


def to_the_root(text: str) -> str:
    """Turn links of a page in `docs/` to what lies beside that folder into links of the site."""
    for name, page in {**FROM_THE_ROOT, "LICENSE": "LICENSE.txt"}.items():
        text = re.sub(rf"]\(((?:\.\./)*)\.\./{re.escape(name)}(?=[#)])", rf"](\1{page}", text)
    return text


def fitted(nav: list[Any], there: list[str]) -> list[Any]:
    """
    Fit the navigation to the pages that there are.

    A folder stands for all its pages. What is not there is left out, and so is a branch without pages; pages that
    nobody lists come last, under "More".
    """
    listed: set[str] = set()

    def fit(entry: Any) -> Any:
        if isinstance(entry, str):
            listed.add(entry)
            return entry if entry in there else None
        [(title, below)] = entry.items()
        if isinstance(below, str) and below.endswith("/"):
            below = sorted(page for page in there if page.startswith(below))
        if isinstance(below, str):
            listed.add(below)
            return entry if below in there else None
        kept = [found for found in map(fit, below) if found]
        return {title: kept} if kept else None

    kept = [found for found in map(fit, nav) if found]
    more = sorted(set(there) - listed)
    return [*kept, {"More": more}] if more else kept


class _Sections(HTMLParser):
    """Takes the text of a page apart by its headings, and by the rows of a table that have an anchor of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[tuple[str, list[str], list[str]]] = [("", [], [])]
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        anchor = dict(attrs).get("id") or ""
        if tag in {"h1", "h2", "h3"} or (tag == "a" and anchor):
            self._found.append((anchor, [], []))
            self._in_heading = True
        elif tag in {"p", "li", "tr", "td", "th", "pre", "br"}:
            self._found[-1][2].append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"h1", "h2", "h3", "td"}:
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        self._found[-1][1 if self._in_heading else 2].append(data)

    def sections(self) -> list[tuple[str, str, str]]:
        """Anchor, heading and text of each section that has any."""
        joined = [(anchor, "".join(heading), " ".join("".join(text).split())) for anchor, heading, text in self._found]
        return [row for row in joined if row[1] or row[2]]
