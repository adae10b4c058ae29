"""Parameters of a request: each is taken once, and what nobody takes is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from megaregion.errors import InputError
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LENGTH = 500
"""Most characters of a value."""


class Query:
    """
    The parameters of one request.

    Parameters
    ----------
    text
        What stands behind the question mark.

    Examples
    --------
    >>> query = Query("year=2019&lang=zh")
    >>> query.text("year"), query.choice("lang", ("en", "zh"))
    ('2019', 'zh')
    >>> query.finish()
    """

    def __init__(self, text: bytes | str) -> None:
        raw = text.decode("ascii", "replace") if isinstance(text, bytes) else text
        try:
            pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as problem:
            msg = f"the parameters cannot be read: {problem}. Write them as UTF-8, percent-encoded, up to 50."
            raise InputError(msg) from problem
        self._given: dict[str, str] = {}
        self._asked: list[str] = []
        for name, value in pairs:
            if name in self._given:
                msg = f"parameter {name[:80]!r} is given twice; give it once."
                raise InputError(msg)
            if len(value) > MAX_LENGTH or any(ord(letter) < 32 for letter in value):
                most = f"up to {MAX_LENGTH}, without line feeds"
                msg = f"parameter {name[:80]!r} has {len(value):,} characters; expected {most}."
                raise InputError(msg)
            self._given[name] = value

    def text(self, name: str, default: str | None = None) -> str | None:
        """Take a text; blank counts as not given."""
        self._asked.append(name)
        return self._given.pop(name, "").strip() or default

    def needed(self, name: str, example: str) -> str:
        """
        Take a text that must be given.

        Raises
        ------
        InputError
            If it is not.
        """
        found = self.text(name)
        if found is None:
            msg = f"parameter {name!r} is missing; give it, as {name}={example}."
            raise InputError(msg)
        return found

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """
        Take one of some texts; the first by default.

        Raises
        ------
        InputError
            If it is none of them.
        """
        found = self.text(name, choices[0])
        if found not in choices:
            msg = f"{name} is {found!r}; expected {' or '.join(choices)}."
            raise InputError(msg)
        return str(found)

    def number(self, name: str, *, least: float, most: float, default: float | None = None) -> float:
        """
        Take a number; without a default it must be given.

        Raises
        ------
        InputError
            If it is none, or out of range.
        """
        found = self.text(name)
        if found is None and default is not None:
            return default
        return read_number(
            name, found if found is not None else self.needed(name, f"{(least + most) / 2:g}"), least, most
        )

    def whole(self, name: str, *, least: int, most: int, default: int) -> int:
        """
        Take a whole number.

        Raises
        ------
        InputError
            If it is none, or out of range.
        """
        found = self.number(name, least=least, most=most, default=default)
        if found != int(found):
            msg = f"{name} is {found:g}; expected a whole number."
            raise InputError(msg)
        return int(found)

    def rest(self) -> dict[str, Any]:
        """Take all that is left."""
        left, self._given = self._given, {}
        return dict(left)

    def finish(self) -> None:
        """
        Refuse what nobody took.

        Raises
        ------
        InputError
            If there is any such parameter.
        """
        for name in self._given:
            accepted = ", ".join(self._asked)
            msg = f"no parameter {name[:80]!r} here; there are {accepted or 'none'}.{suggest(name[:80], self._asked)}"
            raise InputError(msg)


def read_number(name: str, text: Any, least: float, most: float) -> float:
    """
    Read a number within a range.

    Raises
    ------
    InputError
        If it is none, or out of range.
    """
    try:
        number = float(str(text))
    except ValueError:
        number = math.nan
    if isinstance(text, bool) or not least <= number <= most:
        msg = f"{name} is {text!r}; expected a number from {least:g} to {most:g}."
        raise InputError(msg)
    return number
