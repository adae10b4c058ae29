"""Markdown as GitHub reads it, made fit for the site: anchors, the words behind a fence, lists after a paragraph."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`\n]*)$")
"""First or last line of a block of code."""

LIST_ITEM = re.compile(r"^(?:[-*+]|\d+[.)]) ")


def slug(text: str, separator: str = "-") -> str:
    """
    Give the anchor of a heading, as GitHub does.

    Examples
    --------
    >>> slug("`city_facts`: what is known (2021)")
    'city_facts-what-is-known-2021'
    >>> slug("从门到门")
    '从门到门'
    """
    bare = re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", text)
    return re.sub(r"[^\w\- ]", "", bare.strip().lower()).replace(" ", separator)


def lines_outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines, with their numbers from 1, that stand in no block of code."""
    ticks = ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if not ticks and fence:
            ticks = fence["ticks"]
        elif ticks and fence and fence["ticks"] == ticks and not fence["info"].strip():
            ticks = ""
        elif not ticks:
            yield number, line


def anchors(text: str) -> set[str]:
    """Give all anchors of a page: its headings, counted where they repeat, and `id="..."` written out."""
    found: dict[str, int] = {}
    named: set[str] = set()
    for _, line in lines_outside_code(text):
        named |= set(re.findall(r'\bid="([^"]+)"', line))
        heading = re.match(r"#{1,6} (.*?)(?: *\{#([^}]+)})?$", line)
        if heading:
            own = heading[2] or slug(heading[1])
            count = found.get(own, 0)
            found[own] = count + 1
            named.add(f"{own}-{count}" if count else own)
    return named


def for_site(text: str) -> str:
    """
    Change what Python-Markdown reads in another way than GitHub.

    Only the first word behind a fence is the language; a list that follows a paragraph without a blank line is a list.
    """
    inside = {number for number, _ in lines_outside_code(text)}
    out: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if number not in inside:
            words = fence["info"].split() if fence else []
            out.append(f"{fence['indent']}{fence['ticks']}{words[0]}" if fence and words else line)
            continue
        before = out[-1] if out else ""
        if LIST_ITEM.match(line) and before.strip() and not LIST_ITEM.match(before) and not before.startswith(" "):
            out.append("")
        out.append(_deeper(line))
    return "\n".join(out) + "\n"


def _deeper(line: str) -> str:
    """Indent items and paragraphs within an item by four, as Python-Markdown wants it, where GitHub takes two."""
    nested = re.match(r"^ {2,3}(?=[-*+] |\d+[.)] )", line)
    return f"    {line[nested.end() :]}" if nested else line
