"""What commands print: data to stdout, talk to stderr, in Chinese or English, as text or JSON."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from megaregion.notices import Notices

PROGRESS_AFTER_S = 2.0
"""Work that takes longer shows how far it is."""

_IN_ONE_LINE = {
    "point_off_streets": (
        "{n:,} points or stops lie off the streets and reach nothing on foot, such as {first}; outside the extract?",
        "{n:,} 个点或车站离道路太远，无法步行到达，例如 {first}；可能在提取范围之外。",
    ),
}
"""What many notices of one code are said as."""


@dataclass(slots=True)
class Output:
    """How this run prints; set from the options of the command."""

    json: bool = False
    quiet: bool = False
    lang: str = "en"
    told: set[str] = field(default_factory=set, repr=False)

    def words(self, english: str, chinese: str) -> str:
        """Choose the text in the language of this run."""
        return chinese if self.lang == "zh" else english

    def say(self, text: str) -> None:
        """Talk: to stderr, unless quiet."""
        if not self.quiet:
            print(text, file=sys.stderr)  # noqa: T201

    def data(self, value: Any) -> None:
        """Print one JSON document to stdout: missing is null, unreachable is "inf"."""
        from megaregion.publish.plain import plain

        print(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False))  # noqa: T201

    def text(self, text: str) -> None:
        """Print text that is the answer itself to stdout."""
        print(text)  # noqa: T201

    def table(self, frame: pd.DataFrame, *, title: str = "", right: Sequence[str] = ()) -> None:
        """Print a frame: as JSON rows, or as a table whose columns stand under each other."""
        if self.json:
            self.data({"rows": frame.to_dict("records")})
            return
        from rich.console import Console
        from rich.table import Table

        # wide enough for every column where the output is not a terminal, so that nothing is cut in a file
        console = Console(width=None if sys.stdout.isatty() else 400, highlight=False)
        table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
        for column in frame.columns:
            table.add_column(str(column), justify="right" if column in right else "left", no_wrap=True)
        for row in frame.itertuples(index=False):
            table.add_row(*("" if value is None or value != value else str(value) for value in row))  # noqa: PLR0124
        console.print(table)

    def notices(self, notices: Notices, *, shown_per_code: int = 3) -> None:
        """Print findings to stderr, each line once a run; what is said of many points off the streets, as one line."""
        from megaregion.notices import Notices

        counts = notices.counts
        many = {code for code in _IN_ONE_LINE if counts[code] > shown_per_code}
        others = Notices(notice for notice in notices if notice.code not in many)
        others.counts.update({code: n - others.counts[code] for code, n in counts.items() if code not in many})
        lines = others.render(lang=self.lang, shown_per_code=shown_per_code).splitlines()
        for code in sorted(many):
            first = next(notice for notice in notices if notice.code == code)
            english, chinese = _IN_ONE_LINE[code]
            lines.append(f"{self.words(english, chinese).format(n=counts[code], first=first.value)}   [{code}]")
        new = [line for line in lines if line not in self.told]
        self.told.update(new)
        if new:
            self.say("\n".join(new))

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far a piece of work is once it takes long; a line for each tenth where there is no terminal."""
        start = time.monotonic()
        shown = -1

        def report(done: int, total: int) -> None:
            nonlocal shown
            spent = time.monotonic() - start
            tenth = 10 * done // max(total, 1)
            if self.quiet or spent < PROGRESS_AFTER_S or tenth == shown:
                return
            shown = tenth
            left = spent / max(done, 1) * (total - done)
            end = "\r" if sys.stderr.isatty() and done < total else "\n"
            print(f"{what}: {done}/{total}, {left:.0f} s left ", end=end, file=sys.stderr, flush=True)  # noqa: T201

        yield report
