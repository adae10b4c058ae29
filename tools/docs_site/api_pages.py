"""
Pages about the public face, printed from its docstrings.

The source is read, not imported, so that nothing is compiled. A face is the package itself or a package of it that
stands in its face, such as `megaregion.mobility`; its names are those that it imports for type checkers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import griffe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
LONG_SIGNATURE = 100
"""Characters above which each parameter stands in its own line."""

TITLES = {"other parameters": "Other parameters", "yields": "Yields", "warns": "Warns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A package whose names are public: its path, its one-line description, and its members by name."""

    path: str
    about: str
    members: dict[str, griffe.Object]

    @property
    def page(self) -> str:
        """Path of its page in the documentation."""
        return f"api/{self.path}.md"


def faces() -> list[Face]:
    """Read the package and all faces of it, the package first."""
    # griffe reports the lazy import of __getattr__ and the like; the tests compare names with what can be imported
    package = griffe.load(
        "megaregion", search_paths=[ROOT / "src"], docstring_parser=griffe.Parser.numpy, resolve_aliases=True
    )
    found = [_face(package)]
    found += [_face(package[name]) for name in sorted(package.imports) if name in package.modules]
    return found


def pages() -> dict[str, str]:
    """Write a page for each face: Markdown by path."""
    return {face.page: _page(face) for face in faces()}


def _imported(module: Any) -> list[str]:
    """Names that a face imports for type checkers; those under `if TYPE_CHECKING` come from the package itself."""
    wanted = {
        name
        for name, member in module.members.items()
        if member.is_alias and member.target_path.startswith("megaregion.") and not name.startswith("_")
    }
    return sorted(wanted, key=str.lower)


def _face(module: Any) -> Face:
    members = {name: module[name].final_target for name in _imported(module)}
    members = {name: member for name, member in members.items() if not member.is_module}
    return Face(path=module.path, about=_text(module), members=members)


def _text(member: Any) -> str:
    """First section of a docstring: the text before the first heading."""
    if not member.docstring:
        return ""
    parsed = member.docstring.parsed
    return str(parsed[0].value).strip() if parsed and parsed[0].kind.value == "text" else ""


def _page(face: Face) -> str:
    short = "mr" if face.path == "megaregion" else f"mr.{face.path.removeprefix('megaregion.')}"
    how = "import megaregion as mr" if face.path == "megaregion" else f"from {face.path} import ..."
    rows = [f"| [`{name}`](#{name}) | {_first_line(_text(member))} |" for name, member in face.members.items()]
    lines = [
        f"# {face.path}",
        "",
        face.about,
        "",
        f"`{how}`; printed from the docstrings. Here `{short}.` stands before each name.",
        "",
        "| name | what it is |",
        "| --- | --- |",
        *rows,
        "",
    ]
    for name, member in face.members.items():
        lines += [f"## {name} {{#{name}}}", "", *_entry(name, member), ""]
    return "\n".join(lines)


def _first_line(text: str) -> str:
    return text.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def _entry(name: str, member: Any) -> Iterator[str]:
    if member.is_attribute:
        yield f"`{name} = {member.value}`"
        yield ""
        yield from _docstring(member)
        return
    if member.is_class:
        bases = [str(base) for base in member.bases]
        if not any(base.endswith(("Error", "Exception")) for base in bases):
            yield from _signature(name, member.parameters, None)
        elif bases:
            yield f"An error; a kind of `{bases[0]}`."
            yield ""
    else:
        yield from _signature(name, member.parameters, member.returns)
    yield from _docstring(member)
    if member.is_function:
        yield from _options(member)
    if member.is_class:
        for method_name, method in _methods(member):
            yield f"### {name}.{method_name} {{#{name}.{method_name}}}"
            yield ""
            if method.is_function:
                yield from _signature(method_name, method.parameters, method.returns)
            yield from _docstring(method)
    yield f"Source: `{_source(member)}`"


def _options(member: Any) -> Iterator[str]:
    """List what `**options` may hold, where a class says so."""
    for parameter in member.parameters:
        named = re.fullmatch(r"Unpack\[(\w+)]", str(parameter.annotation or ""))
        if not named:
            continue
        options = member.module[named[1]]
        options = options.final_target if options.is_alias else options
        yield f"**`{parameter.name}`: {_text(options)}**"
        yield ""
        for section in options.docstring.parsed[1:]:
            if section.kind.value == "attributes":
                yield from _listed("", section.value)
                yield ""


def _source(member: Any) -> str:
    return Path(member.filepath).resolve().relative_to(ROOT).as_posix()


def _methods(member: Any) -> Iterator[tuple[str, Any]]:
    """Public methods and properties with a docstring, in the order of the source."""
    for name, found in member.members.items():
        if name.startswith("_") or found.is_alias or not found.docstring:
            continue
        if found.is_function or "property" in found.labels:
            yield name, found


def _signature(name: str, parameters: Iterable[Any], returns: Any) -> Iterator[str]:
    listed: list[str] = []
    keyword_only = False
    for parameter in parameters:
        if parameter.name in {"self", "cls"}:
            continue
        kind = parameter.kind.value
        if kind == "keyword-only" and not keyword_only:
            listed.append("*")
        keyword_only = keyword_only or kind in {"keyword-only", "variadic positional"}
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        text = stars + parameter.name
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and not stars:
            text += f" = {parameter.default}" if parameter.annotation is not None else f"={parameter.default}"
        listed.append(text)
    end = f") -> {returns}" if returns is not None else ")"
    one_line = f"{name}({', '.join(listed)}{end}"
    yield "```python"
    if len(one_line) <= LONG_SIGNATURE:
        yield one_line
    else:
        yield f"{name}("
        yield from (f"    {text}," for text in listed)
        yield end
    yield "```"
    yield ""


def _docstring(member: Any) -> Iterator[str]:
    if not member.docstring:
        return
    for section in member.docstring.parsed:
        kind = section.kind.value
        if kind == "text":
            yield _links(str(section.value))
        elif kind == "examples":
            yield from _examples(section.value)
        elif kind == "admonition":
            yield f"**{section.title or section.value.kind.capitalize()}**"
            yield ""
            yield _links(str(section.value.contents))
        else:
            yield from _listed(TITLES.get(kind, kind.capitalize()), section.value)
        yield ""


def _examples(pieces: Iterable[tuple[Any, str]]) -> Iterator[str]:
    yield "**Example**"
    yield ""
    for kind, text in pieces:
        yield f"```pycon\n{text}\n```" if kind.value == "examples" else text
        yield ""


def _listed(title: str, items: Iterable[Any]) -> Iterator[str]:
    """Parameters, attributes, what is returned or raised: one item each."""
    if title:
        yield f"**{title}**"
        yield ""
    for item in items:
        name = getattr(item, "name", "") or ""
        annotation = getattr(item, "annotation", None)
        head = " ".join(
            part for part in (f"`{name}`" if name else "", f"(`{annotation}`)" if annotation and name else "") if part
        )
        if not head and annotation:
            head = f"`{annotation}`"
        about = _links(str(item.description)).strip().replace("\n\n", "\n\n    ")
        yield f"- {head}{': ' if head and about else ''}{about}"


def _links(text: str) -> str:
    """Take apart what Markdown would read as something else: a formula's stars stay stars."""
    return re.sub(r"(?<=\S) \* (?=\S)", " \\* ", text)
