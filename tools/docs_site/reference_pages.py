"""
Pages of reference that are printed from the program and kept in the repository.

`python tools/make_reference.py` writes all of them again.
"""

from __future__ import annotations

import csv
import importlib
import pkgutil
import re
import shlex
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import megaregion.cli
from docs_site.markdown_text import FENCE
from megaregion.cli.options import app
from megaregion.region.schema_page import schema_page

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCS = ROOT / "docs"
EXAMPLES = HERE / "cli_examples.txt"
GLOSSARY = HERE / "glossary.csv"
SEVERITIES = {"error": "error 错误", "warning": "warning 警告", "info": "info 说明"}

_CLI = """\
# Commands

Every command with its arguments and options, printed from the program; `megaregion COMMAND --help` says the same. The
examples are run by a test, but for `report` and `serve`, which have tests of their own. What is printed to stdout is
data, talk goes to stderr. Exit codes: 0 ok, 1 failed, 2 bad input, 3 somebody else changed the region first, 4 the
disk, 130 interrupted.

"""

_NOTICES = """\
# Notice codes · 提示代码

What the program may find in data, in a scenario or in a result: the code that stands in `[brackets]` at the end of a
message. `megaregion explain CODE` prints the same. An *error* stops an import and changes nothing; a *warning* goes
with the result; *info* is what a reader should know.

数据、方案或结果中可能出现的提示；代码在信息末尾的方括号里，`megaregion explain CODE --lang zh` 给出同样的说明。

"""

_GLOSSARY = """\
# Glossary · 术语表

The words of the field as they are used here, in the program and on these pages; one line each.
本项目界面与文档所用的术语，每条一行。

| term | 术语 | meaning | 含义 |
| --- | --- | --- | --- |
"""


def pages() -> dict[str, str]:
    """Write all pages: Markdown by file name in `docs/`."""
    return {
        "cli.md": cli_page(),
        "glossary.md": glossary_page(),
        "notices.md": notices_page(),
        "table-reference.md": schema_page(),
    }


@cache
def commands() -> dict[str, Any]:
    """Give all commands by what one types, such as "import gtfs"; groups are not among them."""
    for module in pkgutil.iter_modules(megaregion.cli.__path__):
        importlib.import_module(f"megaregion.cli.{module.name}")
    found: dict[str, Any] = {}

    def walk(group: Any, before: str) -> None:
        for name, command in group.commands.items():
            if command.hidden:
                continue
            if hasattr(command, "commands"):
                walk(command, f"{before}{name} ")
            else:
                found[before + name] = command

    walk(typer.main.get_command(app), "")
    return dict(sorted(found.items()))


def example_lines() -> list[str]:
    """Read the examples that are run one after the other, in a folder with the sample files."""
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def examples() -> dict[str, list[str]]:
    """Give the examples of each command; where none is listed, those of the pages written by hand."""
    listed = _by_command(example_lines())
    on_pages = _by_command(list(_lines_of_pages()))
    return {name: listed.get(name) or on_pages.get(name, [])[:1] for name in commands()}


def _by_command(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        for length in (2, 1):
            name = " ".join(words[:length])
            if name in commands():
                text = re.sub(r"\s+#.*$", "", line)
                if text not in found[name]:
                    found[name].append(text)
                break
    return dict(found)


def _lines_of_pages() -> Iterator[str]:
    """Lines in blocks of code that call the program, on pages that are not printed."""
    printed = {"cli.md", "glossary.md", "notices.md", "table-reference.md"}
    for page in sorted(DOCS.rglob("*.md")):
        if page.name in printed:
            continue
        inside = False
        for line in page.read_text(encoding="utf-8").splitlines():
            if FENCE.match(line):
                inside = not inside
            elif inside and line.removeprefix("$ ").startswith("megaregion ") and not line.endswith("\\"):
                yield line.removeprefix("$ ")


def cli_page() -> str:
    """Print the reference of all commands."""
    shown = examples()
    listing = "\n".join(
        f"| [`{name}`](#{_anchor(name)}) | {_cell(command.help)} |" for name, command in commands().items()
    )
    parts = [_CLI, "| command | what it does |\n| --- | --- |\n", listing, "\n\n"]
    for name, command in commands().items():
        parts.append(_command(name, command, shown[name]))
    return "".join(parts).rstrip() + "\n"


def _anchor(name: str) -> str:
    return f"megaregion-{name.replace(' ', '-')}"


def _command(name: str, command: Any, shown: list[str]) -> str:
    context = _context(command, name)
    about = " ".join((command.help or "").split())
    lines = [f"## megaregion {name}", "", about, ""]
    if shown:
        lines += ["```sh", *shown, "```", ""]
    lines += ["| argument or option | default | meaning |", "| --- | --- | --- |"]
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        usage, meaning = parameter.get_help_record(context)
        default, meaning = _default(parameter, meaning)
        lines.append(f"| `{_bare(usage)}` | {default} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n\n"


def _context(command: Any, name: str) -> Any:
    return command.context_class(command, info_name=f"megaregion {name}") if command.context_class else None


def _bare(usage: str) -> str:
    """Take the type out of an argument and turn <int range> into INT."""
    usage = re.sub(r"^([A-Z\[][^ ]*) <[^>]*>+$", r"\1", usage)
    words = {"str": "TEXT", "int": "INT", "float": "NUMBER", "int range": "INT", "float range": "NUMBER"}
    return re.sub(r"<([^>]*)>", lambda found: words.get(found[1], found[1].upper()), usage).replace("|", "\\|")


def _default(parameter: Any, meaning: str) -> tuple[str, str]:
    """Split what stands in brackets behind the help from the help: default, needed, and the range."""
    found = re.search(r"\s*\[([^\]]*)\]$", meaning)
    if not found:
        return "", meaning
    bare, rest, default = meaning[: found.start()], [], ""
    for part in found[1].split("; "):
        if part.startswith("default: "):
            default = f"`{part.removeprefix('default: ')}`"
        elif part == "required":
            default = "needed"
        else:
            rest.append(part.replace("<=x<=", " to ").replace("x>=", "at least "))
    if not rest and not default and parameter.required:
        default = "needed"
    return default, bare + (f" ({'; '.join(rest)})" if rest else "")


def notices_page() -> str:
    """Print all codes with what they mean and what to do, in both languages."""
    parts = [_NOTICES]
    for listing in sorted((ROOT / "src" / "megaregion").glob("*/notices.csv")):
        parts.append(f"## {listing.parent.name}\n\n| code | severity | meaning · 含义 | what to do · 办法 |\n")
        parts.append("| --- | --- | --- | --- |\n")
        with listing.open(encoding="utf-8", newline="") as lines:
            rows = sorted(csv.DictReader(lines), key=lambda row: row["code"])
        for row in rows:
            meaning = f"{_cell(row['summary_en'])}<br>{_cell(row['summary_zh'])}"
            fix = f"{_cell(row['fix_en'])}<br>{_cell(row['fix_zh'])}"
            code = f'<a id="{row["code"]}"></a>`{row["code"]}`'
            parts.append(f"| {code} | {SEVERITIES[row['severity']]} | {meaning} | {fix} |\n")
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def glossary() -> list[dict[str, str]]:
    """Read the terms, in the order of the English ones."""
    with GLOSSARY.open(encoding="utf-8", newline="") as lines:
        return sorted(csv.DictReader(lines), key=lambda row: row["en"].lower())


def glossary_page() -> str:
    """Print all terms."""
    rows = (
        f'| <a id="{row["key"]}"></a>**{_cell(row["en"])}** | {_cell(row["zh"])} | {_cell(row["meaning_en"])} '
        f"| {_cell(row['meaning_zh'])} |"
        for row in glossary()
    )
    return _GLOSSARY + "\n".join(rows) + "\n"


def _cell(text: str | None) -> str:
    """Fit a text into a cell of a table: what looks like a tag or a wall between cells does not count as one."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")
