"""Printing a report as PDF with WeasyPrint, its data attached."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from megaregion.errors import InputError

if TYPE_CHECKING:
    from megaregion.publish.report import Report

HOW = (
    "Install the extra: pip install 'megaregion[report]'; it needs the Pango library of the system "
    "(Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango). "
    "Or write .html and print it in a browser."
)

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
    page = weasyprint.HTML(string=report.html.partition('<script type="application/json"')[0], url_fetcher=_refuse)
    printed: bytes = page.write_pdf(attachments=attachments, pdf_tags=True)
    return printed


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    """Load nothing: a report holds everything that it shows."""
    msg = f"a report loads nothing, and asked for {url}"
    raise ValueError(msg)


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
