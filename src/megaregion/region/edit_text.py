"""Edits in words: fields written as key=value, and what each field of a kind means."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from megaregion.errors import InputError
from megaregion.region.edit import RESERVED, accepted_words, edit_class, plain_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEADING = re.compile(r"^Attributes\n-+\n(.*?)(?=\n\n\S|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNote:
    """
    What one field of a kind of edit is.

    Attributes
    ----------
    name
        Field; of a table within a field, as "stops.lon".
    accepted
        What may stand in it, in words.
    default
        Its value where it is not given, as JSON; blank = it must be given.
    meaning
        What it says, with its unit.
    """

    name: str
    accepted: str
    default: str
    meaning: str


def field_notes(kind: str) -> list[FieldNote]:
    """
    List the fields of a kind of edit, those that must be given first.

    Raises
    ------
    UnknownKindError
        If there is no such kind.

    Examples
    --------
    >>> [note.name for note in field_notes("close_stop")], field_notes("close_stop")[0].accepted
    (['stop_ids'], 'a list, each item text')
    """
    notes = [*_notes(edit_class(kind), "")]
    needed = {note.name for note in notes if not note.default}
    # fields of a table stand behind the field that holds it
    return sorted(notes, key=lambda note: note.name.partition(".")[0] not in needed)


def summary(kind: str) -> str:
    """First sentence about a kind of edit."""
    text = inspect.getdoc(edit_class(kind)) or ""
    return " ".join(text.partition("\n\n")[0].split())


def read_words(kind: str, words: Iterable[str]) -> dict[str, Any]:
    """
    Read fields as they are written on a command line.

    Parameters
    ----------
    kind
        Kind of edit, whose fields say of what type a value is.
    words
        Each "field=value". Items of a list have commas between them, or the field is given several times; what has
        tables or lists within is JSON. The words `on` and `comment` are accepted too.

    Returns
    -------
    Plain values by field, as `make_edit` takes them.

    Raises
    ------
    InputError
        If a word has no "=", JSON cannot be read, or a field that takes one value is given twice.

    Examples
    --------
    >>> read_words("change_speed", ["route_ids=metro:1,metro:2", "factor=1.25"])
    {'route_ids': ['metro:1', 'metro:2'], 'factor': 1.25}
    """
    hints = get_type_hints(edit_class(kind)) | {"on": bool, "comment": str}
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            msg = f"edit {kind!r}: {word!r} is no field; expected field=value, as in factor=1.25 or stop_ids=a,b."
            raise InputError(msg)
        name = name.strip()
        value = _value(text, hints.get(name, str), f"edit {kind!r}: field {name!r}")
        if name in values and isinstance(value, list) and isinstance(values[name], list):
            value = values[name] + value
        elif name in values:
            msg = f"edit {kind!r}: field {name!r} is given twice and takes one value; leave one out."
            raise InputError(msg)
        values[name] = value
    return values


def _value(text: str, hint: Any, where: str) -> Any:
    options = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    options = tuple(option for option in options if option is not NoneType)
    lists = [option for option in options if get_origin(option) is tuple]
    if (lists or any(is_dataclass(option) for option in options)) and text.lstrip().startswith(("[", "{")):
        found = _json(text, where)
        # a list of one table may be given without its brackets
        return [found] if lists and isinstance(found, dict) else found
    if lists and (len(options) == 1 or "," in text):
        items = [each.strip() for each in text.split(",")] if text.strip() else []
        inner = [each for each in get_args(lists[0]) if each is not Ellipsis]
        return [_value(each, inner[min(place, len(inner) - 1)], where) for place, each in enumerate(items)]
    return _scalar(text, options)


def _scalar(text: str, options: tuple[Any, ...]) -> Any:
    """Read one value; what is not of the type wanted stays text, which the edit then refuses with its own words."""
    if bool in options and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for number in (int, float):
        if number in options:
            try:
                return number(text)
            except ValueError:
                continue
    return text


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        msg = (
            f"{where}: this is not JSON: {problem}. Write lists and tables as in "
            '["rail:A", {"name": "N", "lon": 120.5, "lat": 30.2}], in single quotes for the shell.'
        )
        raise InputError(msg) from problem


def _notes(made: Any, before: str) -> Iterator[FieldNote]:
    hints, meanings = get_type_hints(made), _meanings(made)
    for each in fields(made):
        default = "" if each.default is MISSING else json.dumps(plain_value(each.default), ensure_ascii=False)
        yield FieldNote(
            name=f"{before}{each.name}",
            accepted=accepted_words(hints[each.name]),
            default=default,
            meaning=meanings.get(each.name, ""),
        )
        for table in _tables(hints[each.name]):
            yield from _notes(table, f"{before}{each.name}.")


def _tables(hint: Any) -> Iterator[Any]:
    """Classes of the tables that may stand in a field."""
    if is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _tables(inner)


def _meanings(made: type[Any]) -> dict[str, str]:
    """Meaning of each field, from the section Attributes of its class and of those that it builds on."""
    found: dict[str, str] = {}
    for each in reversed(made.__mro__):
        section = _HEADING.search(inspect.cleandoc(each.__dict__.get("__doc__") or ""))
        names: list[str] = []
        for line in section[1].splitlines() if section else []:
            if line.startswith(" "):
                found |= {name: f"{found.get(name, '')} {line.strip()}".strip() for name in names}
            else:
                names = [name.strip() for name in line.split(",")]
                found |= dict.fromkeys(names, "")
    return {name: text for name, text in found.items() if name not in RESERVED}
