"""
Run what pages show, and put what it prints into them.

A block "console run" holds commands after `$ ` and what each prints to stdout; "console run talk" shows what goes to
stderr as well. A block "python run" is run, and what it prints stands in the block "text printed" after it. The blocks
of a page share one folder, which holds the files of `sample_files.py`, and one set of Python names.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs_site.sample_files import write_sample_files
from megaregion.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = re.compile(r"```(console run(?: talk)?|python run|text printed)\n(.*?)```", flags=re.DOTALL)
PROGRESS = re.compile(r"^.*: \d+/\d+, \d+ s left *$")
"""Work that takes long says how far it is: not the same on every machine."""


def pages(docs: Path) -> list[Path]:
    """Give the pages that have something to run."""
    return [page for page in sorted(docs.rglob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]


def played(text: str, folder: Path) -> str:
    """
    Run all blocks of a page in a folder and give the page with what they print.

    Raises
    ------
    ValueError
        If a command fails, or is none that pages may show.
    """
    write_sample_files(folder)
    names: dict[str, Any] = {}
    printed = ""

    def replay(found: re.Match[str]) -> str:
        nonlocal printed
        kind, body = found[1], found[2]
        if kind == "python run":
            printed = _python(body, names)
            return found[0]
        if kind == "text printed":
            return f"```{kind}\n{printed}```"
        return f"```{kind}\n{_console(body, talk=kind.endswith('talk'))}```"

    with _working_in(folder):
        return BLOCK.sub(replay, text)


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before, cache = Path.cwd(), os.environ.get("MEGAREGION_CACHE")
    os.chdir(folder)
    # results of earlier runs must not answer
    os.environ["MEGAREGION_CACHE"] = "off"
    try:
        yield
    finally:
        os.chdir(before)
        if cache is None:
            del os.environ["MEGAREGION_CACHE"]
        else:
            os.environ["MEGAREGION_CACHE"] = cache


def _python(body: str, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        exec(body, names)  # noqa: S102 - our own pages
    return out.getvalue()


def _console(body: str, *, talk: bool) -> str:
    """Run the commands of a block; a command that goes on ends its line with a backslash."""
    joined = body.replace("\\\n", "\\\0")
    out: list[str] = []
    for line in joined.splitlines():
        if not line.startswith("$ "):
            continue
        out.append(line.replace("\\\0", "\\\n"))
        text = _printed_by(line.removeprefix("$ ").replace("\\\0", " "), talk=talk)
        out += [row.rstrip() for row in text.splitlines()]
    return "\n".join(out) + "\n"


def _printed_by(command: str, *, talk: bool) -> str:
    first, *filters = (part.strip() for part in command.split(" | "))
    text = _first(first, talk=talk)
    for part in filters:
        name, count = _cut(part)
        lines = text.splitlines()
        text = "\n".join(lines[:count] if name == "head" else lines[-count:])
    return text


def _first(command: str, *, talk: bool) -> str:
    words = shlex.split(command)
    match words:
        case ["megaregion", *arguments]:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out if talk else io.StringIO()) as err:
                code = run(arguments)
            if code:
                msg = f"`{command}` ended with {code}: {err.getvalue()}"
                raise ValueError(msg)
            return "\n".join(row for row in out.getvalue().splitlines() if not PROGRESS.match(row))
        case ["cat", file]:
            return Path(file).read_text(encoding="utf-8")
        case ["head", count, file]:
            return "\n".join(Path(file).read_text(encoding="utf-8").splitlines()[: int(count.removeprefix("-"))])
        case ["ls", folder]:
            return "\n".join(sorted(entry.name for entry in Path(folder).iterdir()))
        case _:
            msg = f"`{command}` cannot be run here: megaregion, cat, head -N and ls can."
            raise ValueError(msg)


def _cut(part: str) -> tuple[str, int]:
    found = re.fullmatch(r"(head|tail) -(\d+)", part)
    if not found:
        msg = f"`| {part}` cannot be run here: head -N and tail -N can."
        raise ValueError(msg)
    return found[1], int(found[2])
