"""How a report writes numbers, names and sources, in English and Chinese, and what its pages are made of."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from megaregion import clock
from megaregion.publish.plain import text_or_none
from megaregion.study.quantity import quantity
from megaregion.study.status import status_words, worst_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from megaregion.study.measures import Words
    from megaregion.study.run import Result

MINUS = "−"

_SCALES = {
    "en": ((1e12, "tn"), (1e9, "bn"), (1e6, "m")),
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
}
"""Steps in which large numbers are written, with three figures or more."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `kind` is "text", "lead", "note" or "key"."""

    text: Markup | str
    kind: str = "text"
    block: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Heading:
    """Heading of a section (level 2) or a part of one (level 3), with its anchor and number."""

    text: str
    level: int
    anchor: str
    number: str
    block: str = "heading"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its number, caption and source."""

    svg: Markup
    number: int
    caption: Markup | str
    source: Markup | str
    block: str = "figure"


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table with its number, caption and source.

    Attributes
    ----------
    head
        Heading of each column.
    rows
        Cells; text or markup.
    right
        Positions of columns of numbers.
    narrow
        Set in a smaller size.
    """

    head: Sequence[Markup | str]
    rows: Sequence[Sequence[Markup | str]]
    number: int
    caption: Markup | str
    source: Markup | str = ""
    right: frozenset[int] = frozenset()
    narrow: bool = False
    block: str = "table"


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure and what it was; `mood` says whether the change is "good", "bad" or neither."""

    title: str
    value: str
    then: str = ""
    change: str = ""
    mood: str = ""
    source: Markup | str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline figures side by side."""

    cards: Sequence[Card]
    block: str = "cards"


@dataclass(frozen=True, slots=True)
class Entries:
    """A list of terms and what they mean; a term may have an anchor."""

    entries: Sequence[tuple[Markup | str, Markup | str]]
    kind: str = "terms"
    block: str = "entries"


Block = Paragraph | Heading | Figure | Table | Cards | Entries


@dataclass(slots=True)
class Writer:
    """
    Writes a report in one language; numbers its sections, figures, tables and sources as they come.

    Attributes
    ----------
    lang
        "en" or "zh".
    sources
        Rows of table `sources` by id.
    cited
        Ids of the sources cited so far, in the order of their numbers.
    blocks
        What was written.
    """

    lang: str
    sources: Mapping[str, Mapping[str, Any]]
    cited: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    _section: int = 0
    _part: int = 0
    _figures: int = 0
    _tables: int = 0
    _appendix: bool = False

    def say(self, english: str, chinese: str) -> str:
        """Choose the text in the report's language."""
        return chinese if self.lang == "zh" else english

    def of(self, words: Words) -> str:
        """Text of a declaration in the report's language."""
        return words.of(self.lang)

    def section(self, title: str, anchor: str) -> None:
        """Begin a section."""
        self._section, self._part = self._section + 1, 0
        number = chr(64 + self._section) if self._appendix else str(self._section)
        self.blocks.append(Heading(title, 2, anchor, number))

    def take_back(self) -> None:
        """Take back a section that has nothing but its heading."""
        self.blocks.pop()
        self._section -= 1

    def appendices(self) -> None:
        """Count what follows as appendices, by letter."""
        self._appendix, self._section = True, 0

    def part(self, title: str, anchor: str) -> None:
        """Begin a part of a section."""
        self._part += 1
        above = chr(64 + self._section) if self._appendix else str(self._section)
        self.blocks.append(Heading(title, 3, anchor, f"{above}.{self._part}"))

    def paragraph(self, *parts: Markup | str, kind: str = "text") -> None:
        """Write running text of parts; plain text is escaped."""
        self.blocks.append(Paragraph(Markup().join(parts), kind))

    def figure(self, svg: str, caption: str, source: Markup | str) -> None:
        """Place a chart."""
        self._figures += 1
        self.blocks.append(Figure(Markup(svg), self._figures, caption, source))  # noqa: S704 - drawn by charts, escaped

    def table(
        self,
        head: Sequence[Markup | str],
        rows: Sequence[Sequence[Markup | str]],
        caption: str,
        *,
        source: Markup | str = "",
        right: Iterable[int] = (),
        narrow: bool = False,
    ) -> None:
        """Place a table."""
        self._tables += 1
        self.blocks.append(Table(head, rows, self._tables, caption, source, frozenset(right), narrow))

    def entries(self, entries: Sequence[tuple[Markup | str, Markup | str]], *, kind: str = "terms") -> None:
        """Place a list of terms."""
        self.blocks.append(Entries(entries, kind))

    def cite(self, *source_ids: str | None) -> Markup:
        """
        Numbers of sources in brackets, linked to the list; a source gets its number when it is first cited.

        Sources that the region does not list are left out.
        """
        numbers = set()
        for source_id in source_ids:
            if source_id is None or source_id not in self.sources:
                continue
            if source_id not in self.cited:
                self.cited.append(source_id)
            numbers.add(self.cited.index(source_id) + 1)
        if not numbers:
            return Markup()
        spans = Markup(", ").join(_span(first, last) for first, last in _runs(sorted(numbers)))
        return Markup("[{}]").format(spans)

    def cite_results(self, *results: Result | None) -> Markup:
        """Cite what results rest on."""
        return self.cite(
            *(entry.get("source_id") for each in results if each is not None for entry in each.provenance["inputs"])
        )

    def grounds(self, *results: Result | None) -> Markup | str:
        """Cite what results rest on; where they are not confirmed, say how far they can be relied on."""
        return self._with_doubt(self.cite_results(*results), *results)

    def own(self, *results: Result | None) -> Markup | str:
        """Source line of what was computed from results; how far they can be relied on where they are not confirmed."""
        return self.computed_from(self.cite_results(*results), *results)

    def standing(self, *results: Result | None) -> str:
        """How far results can be relied on: the status of the worst."""
        known = (each.provenance["status"] for each in results if each is not None)
        return self.of(status_words(worst_status(each for each in known if each is not None)))

    def _with_doubt(self, text: Markup | str, *results: Result | None) -> Markup | str:
        status = self.standing(*results)
        doubtful = any(results) and status != self.of(status_words("confirmed"))
        return Markup(self.say(", ", "，")).join([text, status]) if doubtful else text  # noqa: S704 - our own words

    def computed_from(self, cited: Markup, *results: Result | None) -> Markup | str:
        """Source line of what was computed from sources that are cited; how far results can be relied on, as `own`."""
        text: Markup | str = self.say("own computation", "自行计算")
        if cited:
            text = Markup(self.say("own computation from {}", "据{}计算")).format(cited)  # noqa: S704 - our own words
        return self._with_doubt(text, *results)

    def city(self, row: Mapping[str, Any]) -> str:
        """Name of a city: short in Chinese, English where there is one in English."""
        local = str(row["name"])
        if self.lang == "zh":
            return local.removesuffix("市") if len(local) > 2 else local
        return text_or_none(row["name_en"]) or local

    def time(self, seconds: float) -> str:
        """
        Write a duration, rounded to the minute.

        Examples
        --------
        >>> Writer("en", {}).time(4980), Writer("zh", {}).time(4980), Writer("en", {}).time(2700)
        ('1 h 23', '1小时23分', '45 min')
        """
        if math.isnan(seconds):
            return "–"
        if math.isinf(seconds):
            return self.say("none", "无")
        return clock.duration(seconds, self.lang)

    def hours(self, seconds: float) -> str:
        """
        Write a duration in hours with one decimal, for charts.

        Examples
        --------
        >>> Writer("en", {}).hours(5400)
        '1.5 h'
        """
        return f"{seconds / 3600:.1f} h" if self.lang == "en" else f"{seconds / 3600:.1f}小时"

    def minutes_change(self, seconds: float) -> str:
        """
        Write a difference in minutes with its sign.

        Examples
        --------
        >>> Writer("en", {}).minutes_change(-240), Writer("zh", {}).minutes_change(600)
        ('−4 min', '+10分钟')
        >>> Writer("en", {}).minutes_change(-7500)
        '−2 h 05'
        """
        if abs(seconds) >= 100 * 60:
            return ("+" if seconds > 0 else MINUS) + self.time(abs(seconds))
        return f"{self.signed(seconds / 60, 0)}{self.say(' min', '分钟')}"

    def signed(self, value: float, decimals: int = 1) -> str:
        """
        Write a number with its sign; 0 has none.

        Examples
        --------
        >>> Writer("en", {}).signed(-1234.5), Writer("en", {}).signed(0.01)
        ('−1,234.5', '0.0')
        """
        text = f"{value:+,.{decimals}f}"
        return text[1:] if not re.search("[1-9]", text) else text.replace("-", MINUS)

    def share(self, value: float, decimals: int = 1) -> str:
        """
        Write a share as per cent.

        Examples
        --------
        >>> Writer("en", {}).share(0.2412), Writer("zh", {}).share(0.2412)
        ('24.1 %', '24.1%')
        """
        return f"{100 * value:.{decimals}f}{self.say(' %', '%')}"

    def status(self, status: str | None) -> str:
        """Write in brackets how far a figure can be relied on."""
        words = self.of(status_words(status))
        return self.say(f" ({words})", f"（{words}）")

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number with separators; a dash where there is none."""
        return "–" if math.isnan(value) else f"{value:,.{decimals}f}"

    def big(self, value: float) -> str:
        """
        Write a large number as people say it.

        Examples
        --------
        >>> Writer("en", {}).big(24_870_895), Writer("zh", {}).big(24_870_895), Writer("zh", {}).big(3.798e12)
        ('24.9 m', '2,487万', '3.80万亿')
        """
        if math.isnan(value):
            return "–"
        for at, word in _SCALES[self.lang]:
            # what rounds up to the next step is written in it
            if abs(value) >= at * 0.99995:
                return f"{value / at:,.{_decimals(value, at)}f}{self.say(' ', '')}{word}"
        return f"{value:,.0f}"

    def value(self, value: float, unit: str) -> str:
        """
        Write a value of a measure with its unit.

        Examples
        --------
        >>> Writer("en", {}).value(1.5e12, "CNY"), Writer("zh", {}).value(0.037, "share")
        ('CNY 1.50 tn', '3.7%')
        """
        if math.isnan(value):
            return "–"
        money = self.big(value) if unit == "CNY" else f"{value:,.0f}"
        written = {
            "s": lambda: self.time(value),
            "share": lambda: self.share(value),
            "CNY": lambda: self.say(f"CNY {money}", f"{money}元"),
            "CNY/person": lambda: self.say(f"CNY {money}", f"{money}元"),
            "person": lambda: self.say(self.big(value), f"{self.big(value)}人"),
            "km": lambda: f"{value:,.0f}{self.say(' km', '公里')}",
            "km2": lambda: f"{value:,.0f}{self.say(' km²', '平方公里')}",
            "index": lambda: quantity(value, unit).of(self.lang),
        }
        return written[unit]() if unit in written else self.number(value, 0 if value == round(value) else 1)

    def change(self, before: float, after: float, unit: str) -> str:
        """
        Write a change with its sign and unit: the difference of the two values as they are written, so that it adds up.

        A dash stands where a side is missing.

        Examples
        --------
        >>> Writer("en", {}).change(13171, 9990, "s"), Writer("en", {}).value(13171, "s"), Writer("en", {}).time(9990)
        ('−54 min', '3 h 40', '2 h 46')
        """
        if not (math.isfinite(before) and math.isfinite(after)):
            return "–"
        difference = self.written(after, unit) - self.written(before, unit)
        if unit == "s":
            return self.minutes_change(difference)
        if unit == "share":
            return f"{self.signed(100 * difference)}{self.say(' points', '个百分点')}"
        # less than a unit of the last figure is what binary fractions leave
        small = math.isclose(difference, 0, abs_tol=1e-9 * max(abs(before), abs(after), 1))
        sign = "" if small else "+" if difference > 0 else MINUS
        return sign + self.value(0.0 if small else abs(difference), unit)

    def written(self, value: float, unit: str) -> float:
        """
        Round a finite value to what `value` writes of it.

        Examples
        --------
        >>> Writer("en", {}).written(2725, "s"), Writer("en", {}).written(1.23456e12, "CNY")
        (2700, 1230000000000.0)
        """
        if unit == "s":
            return 60 * round(value / 60)
        if unit == "share":
            return round(100 * value, 1) / 100
        if unit in {"CNY", "person"}:
            for at, _ in _SCALES[self.lang]:
                if abs(value) >= at * 0.99995:
                    return round(value / at, _decimals(value, at)) * at
            return round(value)
        return round(value, 0 if unit in {"CNY/person", "km", "km2"} else 1)


def _decimals(value: float, at: float) -> int:
    """Decimals of a large number in its step: three figures in all."""
    return 2 if abs(value) < 9.995 * at else 1 if abs(value) < 99.95 * at else 0


def _span(first: int, last: int) -> Markup:
    link = Markup('<a class="cite" href="#source-{0}">{0}</a>')
    if first == last:
        return link.format(first)
    return Markup("{}{}{}").format(link.format(first), ", " if last == first + 1 else "–", link.format(last))


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Give runs of numbers that follow each other: first and last."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def linked(url: str | None) -> Markup | str:
    """Link to an address of the web; any other address stays text."""
    if url is None:
        return ""
    if re.match(r"https?://", url):
        return Markup('<a href="{0}">{0}</a>').format(url)
    return escape(url)
