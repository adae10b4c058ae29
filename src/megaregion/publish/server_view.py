"""A view: rows with what they rest on, written as JSON, as CSV or as a page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from megaregion.publish.plain import plain
from megaregion.publish.server_answer import CSV, HTML, JSON, Answer
from megaregion.publish.server_errors import to_json
from megaregion.publish.server_pages import view_page
from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

FORMATS = ("", ".json", ".csv")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    Rows to show.

    Attributes
    ----------
    title, about
        What it is.
    columns
        Names of the columns in order.
    rows
        Plain values by column: None = missing, "inf" = unreachable.
    total
        How many rows there are on all pages.
    facts
        What the rows rest on: beside them in JSON, below them on the page.
    units
        Units by column, which a page writes for people.
    heads
        What columns are called on a page, by column; of others the page knows the words or gives their names.
    links
        Address behind the cells of a column, with {} for the value.
    before, next
        Offset of the page before, and of the next; None = there is none.
    lasting
        Whether the same address gives the same as long as the server runs.
    """

    title: Words
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    total: int
    about: Words = field(default_factory=lambda: Words("", ""))
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    units: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, Words] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None
    next: int | None = None
    lasting: bool = True

    @classmethod
    def of(cls, frame: pd.DataFrame, title: Words, **more: Any) -> View:
        """Make a view of a frame."""
        columns = [str(name) for name in frame.columns]
        rows = [plain(row) for row in frame.set_axis(columns, axis="columns").to_dict("records")]
        return cls(title=title, columns=columns, rows=rows, total=more.pop("total", len(rows)), **more)

    def answer(self, kind: str, *, path: str, query: str, lang: str) -> Answer:
        """
        Write it.

        Parameters
        ----------
        kind
            ".json", ".csv" or "" = a page.
        path, query
            Its address without that ending, and the query without `lang`.
        lang
            Language of a page.
        """
        asked = f"?{query}" if query else ""
        home = quote(path)
        if kind == ".json":
            return Answer(self.json(), JSON)
        if kind == ".csv":
            manifest = f'<{home}.json{asked}>; rel="describedby"; type="application/json"'
            name = path.strip("/").replace("/", "-")
            disposition = f"inline; filename*=UTF-8''{quote(name)}.csv"
            return Answer(self.csv(), CSV, headers={"Link": manifest, "Content-Disposition": disposition})
        twins = f'<{home}.json{asked}>; rel="alternate"; type="application/json"'
        return Answer(view_page(self, lang=lang, path=home, query=query), HTML, headers={"Link": twins})

    def json(self) -> bytes:
        """Title, what the rows rest on, columns and rows."""
        head = {
            "title": {"en": self.title.en, "zh": self.title.zh},
            "about": {"en": self.about.en, "zh": self.about.zh},
        }
        body = {"columns": list(self.columns), "total": self.total, "before": self.before, "next": self.next}
        return to_json({**head, **self.facts, **body, "rows": self.rows})

    def csv(self) -> bytes:
        """Rows for a spreadsheet: a blank cell = missing, inf = unreachable."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([csv_cell(name) for name in self.columns])
        writer.writerows([csv_cell(row.get(name)) for name in self.columns] for row in self.rows)
        # the mark lets spreadsheet programs show Chinese names
        return text.getvalue().encode("utf-8-sig")


def csv_cell(value: Any) -> str:
    """
    Write a value into a cell, so that no spreadsheet takes text for a formula.

    Examples
    --------
    >>> [csv_cell(value) for value in ("=1+1", -1.5, "inf", None, True)]
    ["'=1+1", '-1.5', 'inf', '', 'true']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and text != "-inf" else text
