"""
Findings about data: what, how bad, where, and what to do.

A reader collects notices and raises once, so that a user sees all problems of a file together.
The catalogue of codes lies in `notices.csv` of each package, one row a code; `megaregion explain CODE` prints it.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from megaregion.chinese import in_chinese
from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

Severity = Literal["error", "warning", "info"]

SEVERITIES_ZH: dict[Severity, str] = {"error": "错误", "warning": "警告", "info": "信息"}
"""Severities in Chinese."""

MAX_PER_CODE = 1_000
"""Notices kept for each code; the rest are counted only."""

SHOWN_PER_CODE = 5
"""Notices of each code printed on a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCode:
    """One row of the catalogue: what a code means, in both languages."""

    code: str
    severity: Severity
    summary_en: str
    summary_zh: str
    fix_en: str
    fix_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """
    One finding.

    Attributes
    ----------
    code
        A code of the catalogue.
    message
        What was found and what is accepted, as one sentence.
    file, line, field, value
        Where it was found; `line` is 1-based and counts the header. Empty where it does not apply.
    fix
        What to do; empty means the catalogue's general advice.
    message_zh
        The message in Chinese; empty means that of `messages.csv`.
    """

    code: str
    message: str
    file: str = ""
    line: int | None = None
    field: str = ""
    value: str = ""
    fix: str = ""
    message_zh: str = ""

    @property
    def severity(self) -> Severity:
        """Severity that the catalogue gives to this code."""
        return catalogue()[self.code].severity

    def render(self, lang: str = "en") -> str:
        """Print as `file line 12: message   fix: ...   [code]`."""
        if lang == "zh":
            return self._render_zh()
        place = self.file if self.line is None else f"{self.file} line {self.line}".strip()
        fix = self.fix or catalogue()[self.code].fix_en
        return f"{place}: {self.message}   fix: {fix}   [{self.code}]".removeprefix(": ")

    def _render_zh(self) -> str:
        place = in_chinese(self.file) if self.line is None else f"{self.file} 第{self.line}行".strip()
        special = in_chinese(self.fix)
        # advice that has no Chinese gives way to the general one
        fix = special if special != self.fix else catalogue()[self.code].fix_zh
        return f"{place}：{self.in_chinese()}   处理：{fix}   [{self.code}]".removeprefix("：")

    def in_chinese(self) -> str:
        """Say the message in Chinese; where that is not known, what the catalogue says, with the English behind it."""
        said = self.message_zh or in_chinese(self.message)
        return said if said != self.message else f"{catalogue()[self.code].summary_zh}（{self.message}）"


class Notices:
    """A growing collection of notices; keeps the first `MAX_PER_CODE` of each code and counts all."""

    def __init__(self, notices: Iterable[Notice] = ()) -> None:
        self._kept: list[Notice] = []
        self.counts: Counter[str] = Counter()
        self.extend(notices)

    def __iter__(self) -> Iterator[Notice]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Forget all findings: a change that is made again finds them again."""
        self._kept.clear()
        self.counts.clear()

    def add(
        self,
        code: str,
        message: str,
        *,
        file: str = "",
        line: int | None = None,
        field: str = "",
        value: object = "",
        fix: str = "",
        message_zh: str = "",
    ) -> None:
        """Add one finding; `code` must be in the catalogue."""
        found = Notice(
            code=code,
            message=message,
            file=file,
            line=line,
            field=field,
            value=str(value),
            fix=fix,
            message_zh=message_zh,
        )
        self.extend([found])

    def extend(self, notices: Iterable[Notice]) -> None:
        """Add several findings, with the counts of another collection where one is given."""
        known = catalogue()
        before = Counter(self.counts)
        for notice in notices:
            if notice.code not in known:
                msg = f"notice code {notice.code!r} is in no notices.csv"
                raise KeyError(msg)
            self.counts[notice.code] += 1
            if self.counts[notice.code] <= MAX_PER_CODE:
                self._kept.append(notice)
        if isinstance(notices, Notices):
            self.counts = before + notices.counts

    def of(self, severity: Severity) -> list[Notice]:
        """Notices of one severity, in the order found."""
        return [notice for notice in self._kept if notice.severity == severity]

    def render(self, *, lang: str = "en", shown_per_code: int = SHOWN_PER_CODE) -> str:
        """Text for a terminal: the first few of each code, then how many more there are."""
        lines: list[str] = []
        shown: Counter[str] = Counter()
        for notice in self._kept:
            shown[notice.code] += 1
            if shown[notice.code] <= shown_per_code:
                lines.append(notice.render(lang))
        lines += [
            f"……另有 {count - shown_per_code} 条 [{code}]"
            if lang == "zh"
            else f"... and {count - shown_per_code} more of [{code}]"
            for code, count in self.counts.items()
            if count > shown_per_code
        ]
        return "\n".join(lines)

    def table(self) -> pd.DataFrame:
        """Notices as a frame: severity, code, message, file, line, field, value, fix, message_zh."""
        import pandas as pd  # noqa: PLC0415

        rows = [
            {"severity": notice.severity, **asdict(notice), "message_zh": notice.in_chinese()} for notice in self._kept
        ]
        frame = pd.DataFrame(rows, columns=["severity", *(field.name for field in fields(Notice))])
        return frame.astype({"line": "Int64"})

    def raise_errors(self, what: str, *, error: type[InputError] = InputError) -> None:
        """
        Raise one error that carries all errors found so far.

        Parameters
        ----------
        what
            What was being read or done, the start of the message.
        error
            What to raise.

        Raises
        ------
        InputError
            If any notice is of severity error.
        """
        errors = Notices(self.of("error"))
        if not len(errors):
            return
        errors.counts = Counter(
            {code: count for code, count in self.counts.items() if catalogue()[code].severity == "error"}
        )
        total = errors.counts.total()
        noun = "problem" if total == 1 else "problems"
        msg = f"{what}: {total} {noun}; nothing was changed.\n{errors.render()}"
        raise error(msg, self)


@cache
def catalogue() -> dict[str, NoticeCode]:
    """Read all codes from the `notices.csv` of each package of megaregion."""
    known: dict[str, NoticeCode] = {}
    for package in sorted(files("megaregion").iterdir(), key=lambda entry: entry.name):
        if not package.is_dir():
            continue
        listing = package / "notices.csv"
        if not listing.is_file():
            continue
        with listing.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                code = NoticeCode(**row)  # type: ignore[arg-type]
                if code.code in known:
                    msg = f"notice code {code.code!r} is defined twice"
                    raise ValueError(msg)
                known[code.code] = code
    return known
