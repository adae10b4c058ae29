"""Printing a report as PDF with WeasyPrint, its data attached."""

from __future__ import annotations

import base64
import gc
import re
import shutil
import subprocess
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from megaregion.publish.report import Report

HOW = (
    "Install the extra: pip install 'megaregion[report]'; it needs the Pango library of the system "
    "(Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango). "
    "Or write .html and print it in a browser."
)

_TAG = re.compile(r"<(/?)svg\b(?:[^>]*[^/>])?>")
"""Beginning or end of a chart; one that is empty is neither."""

_TITLE, _WORDS = re.compile(r"<title[^>]*>([^<]*)<"), re.compile(r"<desc[^>]*>([^<]*)<")

FONTS = "apt-get install fonts-noto-cjk"


def check_printer() -> None:
    """
    Say what is missing before the long work.

    Raises
    ------
    InputError
        If WeasyPrint, a library that it needs, or a Chinese font is missing.
    """
    _weasyprint()
    if not has_chinese_font():
        msg = (
            "a PDF needs a Chinese font, such as Noto Sans CJK, and the system names none (fc-list :lang=zh is empty). "
            f"Install one (Debian and Ubuntu: {FONTS}), or write .html."
        )
        raise InputError(msg)


@cache
def has_chinese_font() -> bool:
    """Whether the system has a font with Chinese; without `fc-list` it is taken to have one."""
    program = shutil.which("fc-list")
    if program is None:
        return True
    done = subprocess.run([program, ":lang=zh", "family"], capture_output=True, text=True, check=False)  # noqa: S603
    return bool(done.stdout.strip())


def pdf_of(report: Report) -> bytes:
    """
    Print a report; its data are attached as files.

    Raises
    ------
    InputError
        As `check_printer`.
    """
    check_printer()
    weasyprint = _weasyprint()
    attachments = [
        weasyprint.Attachment(string=content, name=name, description=name, relationship="Data")
        for name, content in sorted(report.attachments.items())
    ]
    # the figures for machines go with the file, not into the page
    text = with_pictures(report.html.partition('<script type="application/json"')[0])
    # nothing is loaded: a report holds everything that it shows
    page = weasyprint.HTML(string=text, url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=("data",)))
    with _uncollected():
        printed: bytes = page.write_pdf(attachments=attachments, pdf_tags=True)
    return printed


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make no search for cycles: laying out makes millions of objects that all stay, and looks through them again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def with_pictures(html: str) -> str:
    """
    Put pictures in the place of charts: their thousands of shapes need no style of the page.

    Readers aloud get the words of a chart. A chart may hold others, as maps side by side.

    Examples
    --------
    >>> with_pictures("<p><svg><title>Map</title><svg/><svg><g/></svg></svg>")[:28]
    '<p><img alt="Map" src="data:'
    """
    parts, at, start, depth = [], 0, 0, 0
    for tag in _TAG.finditer(html):
        if tag.group(1):
            depth -= 1
            if depth == 0:
                parts += [html[at:start], _picture(html[start : tag.end()])]
                at = tag.end()
        else:
            start = tag.start() if depth == 0 else start
            depth += 1
    return "".join([*parts, html[at:]])


def _picture(chart: str) -> str:
    told = [found.group(1) for one in (_TITLE, _WORDS) if (found := one.search(chart))]
    drawn = base64.b64encode(chart.encode("utf-8")).decode("ascii")
    words = ". ".join(told).replace('"', "&quot;")
    return f'<img alt="{words}" src="data:image/svg+xml;base64,{drawn}">'


def _weasyprint() -> Any:
    if find_spec("weasyprint") is None:
        msg = f"a PDF needs WeasyPrint, which is not installed. {HOW}"
        raise InputError(msg)
    try:
        import weasyprint  # noqa: PLC0415 - an extra
    except OSError as problem:  # a library of the system
        msg = f"WeasyPrint cannot start: {str(problem).splitlines()[0]}. {HOW}"
        raise InputError(msg) from problem
    return weasyprint
