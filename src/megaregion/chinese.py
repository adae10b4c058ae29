"""
Chinese of what is said in English: errors, findings and their advice, with the same values.

Messages are written in English where they arise; `messages.csv` of each package pairs each with its Chinese, values
numbered as {0}, {1}. A message is recognised by its fixed words, so that every error has both languages wherever it was
raised, and a value that is itself a message is said in Chinese as well.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING

from megaregion.errors import NoDataError

if TYPE_CHECKING:
    from megaregion.errors import MegaregionError

_KEPT = 4_096
"""Messages remembered: thousands of findings of one file differ in few values."""


@dataclass(frozen=True, slots=True)
class _Message:
    """One pair: the English as a pattern, its longest run of fixed words, how many letters are fixed, the Chinese."""

    pattern: re.Pattern[str]
    anchor: str
    fixed: int
    fields: tuple[str, ...]
    zh: str


def in_chinese(text: str) -> str:
    """
    Say a message in Chinese; what is not known stays as it is.

    Examples
    --------
    >>> in_chinese("field 'lon' is '12O.5'; expected a number.")
    '字段“lon”为“12O.5”；应为数字。'
    >>> in_chinese("上海虹桥")
    '上海虹桥'
    """
    if not text or (not text.isascii() and not re.search("[A-Za-z]{2}", text)):
        return text
    return _in_chinese(text)


def told(problem: MegaregionError, lang: str) -> str:
    """Say an error in English or Chinese, with the findings behind it."""
    from megaregion.notices import Notices  # noqa: PLC0415

    text = str(problem)
    if lang != "zh":
        return text
    if isinstance(problem, NoDataError):
        return f"{problem.what[1]}{problem.needs[1]}"
    notices = getattr(problem, "notices", ())
    errors = Notices(each for each in notices if each.severity == "error")
    head, _, rest = text.partition("\n")
    # the lines below are the findings, which know what else there is to say of them in Chinese
    if len(errors) and rest.startswith(errors.render().partition("\n")[0]):
        if isinstance(notices, Notices):
            errors.counts.update({code: n - errors.counts[code] for code, n in notices.counts.items()})
        return f"{in_chinese(head)}\n{errors.render(lang='zh')}"
    return in_chinese(text)


@lru_cache(maxsize=_KEPT)
def _in_chinese(text: str) -> str:
    for message in messages():
        found = message.pattern.fullmatch(text) if message.anchor in text else None
        if found is not None:
            values = dict(zip(message.fields, found.groups(), strict=True))
            said = [in_chinese(values.get(str(at), "")) for at in range(1 + max(map(int, message.fields), default=-1))]
            return message.zh.format(*said)
    if "\n" in text:
        return "\n".join(in_chinese(line) for line in text.split("\n"))
    return text


@cache
def messages() -> tuple[_Message, ...]:
    """All pairs, those with most fixed words first: they say most exactly what was meant."""
    root = files("megaregion")
    packages = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
    listings = [place / "messages.csv" for place in (root, *packages)]
    found: dict[str, _Message] = {}
    for listing in listings:
        if not listing.is_file():
            continue
        with listing.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["en"] in found:
                    msg = f"message {row['en']!r} is listed twice"
                    raise ValueError(msg)
                found[row["en"]] = _message(row["en"], row["zh"])
    return tuple(sorted(found.values(), key=lambda each: each.fixed, reverse=True))


def _message(english: str, chinese: str) -> _Message:
    """Make a pattern of a message; what follows a full stop at once is one more sentence or nothing."""
    pattern, fixed, names = "", [""], []
    for literal, name, _, _ in Formatter().parse(english):
        pattern += re.escape(literal)
        fixed.append(literal)
        if name is not None:
            names.append(name)
            pattern += r"(|\s.*)" if literal.endswith((".", "?")) else "(.*?)"
    return _Message(re.compile(pattern, re.DOTALL), max(fixed, key=len), len("".join(fixed)), tuple(names), chinese)
