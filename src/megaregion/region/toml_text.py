"""Plain values as TOML text; the standard library reads TOML but does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(document: Mapping[str, Any]) -> str:
    """
    Write a document of plain values; a list of tables becomes `[[name]]` sections, a table inside one stays inline.

    Examples
    --------
    >>> print(toml_text({"name": "metro", "edits": [{"kind": "close_stop", "stop_ids": ["m:1"]}]}), end="")
    name = "metro"
    <BLANKLINE>
    [[edits]]
    kind = "close_stop"
    stop_ids = ["m:1"]
    """
    sections = {key: value for key, value in document.items() if _is_tables(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if key not in sections]
    for key, tables in sections.items():
        for table in tables:
            lines += ["", f"[[{_key(key)}]]"]
            lines += [f"{_key(name)} = {_value(value)}" for name, value in table.items()]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    msg = f"{type(value).__name__} cannot be written as TOML; plain are text, numbers, true, false, lists, tables"
    raise TypeError(msg)


def _text(value: str) -> str:
    # a JSON string is a TOML basic string, but for the one control character that JSON leaves bare
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
