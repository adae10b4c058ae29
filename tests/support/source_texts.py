"""Texts that stand in the source: what errors and findings say, with values as numbered fields."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import megaregion

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(megaregion.__file__).parent

_OWN_MISTAKES = {"AttributeError", "KeyError", "TypeError", "ValueError", "FileNotFoundError", "Exit"}
"""What no user meets, or of which the text is not ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """One text of an error or a finding: where it stands and its template."""

    place: str
    template: str


def numbered(text: str) -> str:
    """Number the fields of a text that is formatted later: `{before:g}` is {0}."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return _braced(text)
    names = [name for _, name, _, _ in parts if name is not None]
    fields = iter(range(len(names)))
    return "".join(_braced(each) + (f"{{{next(fields)}}}" if name is not None else "") for each, name, _, _ in parts)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def templates(node: ast.expr) -> list[str]:
    """Every text that an expression may give."""
    if isinstance(node, ast.Constant):
        return [_braced(node.value)] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        fields = iter(range(len(node.values)))
        literal = [_braced(str(each.value)) if isinstance(each, ast.Constant) else None for each in node.values]
        return ["".join(f"{{{next(fields)}}}" if each is None else each for each in literal)]
    if isinstance(node, ast.IfExp):
        return templates(node.body) + templates(node.orelse)
    return []


def all_texts() -> set[str]:
    """Every text of the source, also those that are formatted later."""
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr | ast.Constant):
                found.update(templates(node))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(numbered(node.value))
    return found


def said() -> Iterator[Said]:
    """Texts of errors that are raised and of findings that are added, each once a file."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        whole = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found = {
            (node.lineno, each)
            for function in whole
            for node, argument in _said_in(function)
            for each in _resolved(argument, function)
        }
        for line, template in sorted(found):
            if template.strip("{}0123456789 :."):
                yield Said(f"{path.relative_to(SOURCE)} line {line}", template)


def _said_in(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            name = ast.unparse(node.exc.func).rpartition(".")[2]
            if name not in _OWN_MISTAKES:
                yield node, node.exc.args[1 if name == "RefusedError" else 0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "add" and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                yield node, node.args[1]
            yield from ((node, keyword.value) for keyword in node.keywords if keyword.arg == "fix")


def _resolved(argument: ast.expr, function: ast.FunctionDef) -> list[str]:
    if not isinstance(argument, ast.Name):
        return templates(argument)
    return [
        text
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == argument.id for target in node.targets)
        for text in templates(node.value)
    ]
