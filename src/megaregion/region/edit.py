"""
One change to a region: what an edit must offer, the registry of kinds, and edits from plain values.

An edit is a frozen keyword-only dataclass registered under a name:

    @edit_kind("add_wetland")
    @dataclass(frozen=True, slots=True, kw_only=True)
    class AddWetland: ...

Each package of megaregion may have a module or package `edits`; it is imported when kinds are first looked up. Packages
of others name theirs in the entry-point group `megaregion.edits`. `docs/extending.md` adds a kind from start to end.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from megaregion.errors import InputError, ScenarioError
from megaregion.notices import Notices
from megaregion.region.schema import schema, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from megaregion.region.model import Region

ENTRY_POINTS = "megaregion.edits"
"""Entry-point group in which other packages name the modules that register their kinds."""

RESERVED = ("kind", "on", "comment")
"""Names that stand beside an edit's own fields in a scenario file."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """
    One thing of a region, named by a value in a field of a table.

    Attributes
    ----------
    table
        Table, e.g. "trips".
    value
        What stands in the field, e.g. "G7512".
    field
        Field of the table; by default its key.
    """

    table: str
    value: str
    field: str = ""

    def __post_init__(self) -> None:
        if not self.field:
            object.__setattr__(self, "field", schema(self.table).key[0])

    @property
    def is_key(self) -> bool:
        """Whether the field alone identifies a row, so that it cannot be added twice."""
        return (self.field,) == schema(self.table).key

    def exists(self, region: Region) -> bool:
        """Whether the region has it."""
        return bool((region.table(self.table)[self.field] == self.value).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """
    What an edit would meet in a region, found without changing anything.

    Attributes
    ----------
    needs
        Things that must be there when the edit is applied; the scenario reports those that are not.
    adds
        Things that the edit creates; later edits may need them.
    removes
        Things that later edits can no longer use.
    notices
        What else is wrong, or worth saying. An error stops the scenario.
    """

    needs: tuple[Ref, ...] = ()
    adds: tuple[Ref, ...] = ()
    removes: tuple[Ref, ...] = ()
    notices: Notices = field(default_factory=Notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What an edit did.

    Attributes
    ----------
    region
        The changed region; the one given is untouched.
    touched
        How many of what were changed, by noun: {"trips": 12}. All zero = nothing changed, which is reported.
    notices
        What a reader should know about the result.
    """

    region: Region
    touched: Mapping[str, int]
    notices: Notices = field(default_factory=Notices)


class Edit(Protocol):
    """One change to a region; a frozen keyword-only dataclass whose fields are plain values."""

    kind: ClassVar[str]

    def resolve(self, region: Region) -> Resolution:
        """Look up what the edit refers to. Ids that the region lacks belong in `needs` and raise nothing here."""
        ...

    def apply(self, region: Region) -> Change:
        """Make the change on a copy. All that `resolve` needs is there."""
        ...


EditClass = TypeVar("EditClass", bound=type[Any])

_KINDS: dict[str, type[Any]] = {}


class UnknownKindError(ScenarioError, AttributeError):
    """No edit kind has that name; also an AttributeError, because kinds are methods of a scenario."""


def edit_kind(kind: str) -> Callable[[EditClass], EditClass]:
    """
    Register a class of edits under a name.

    Raises
    ------
    ValueError
        If another class has that name, or a field has a name that scenario files reserve.
    """

    def register(edit_class: EditClass) -> EditClass:
        known = _KINDS.get(kind)
        if known is not None and (known.__module__, known.__qualname__) != (
            edit_class.__module__,
            edit_class.__qualname__,
        ):
            msg = f"edit kind {kind!r} is defined by {known.__module__} and by {edit_class.__module__}"
            raise ValueError(msg)
        taken = [each.name for each in fields(edit_class) if each.name in RESERVED]
        if taken:
            msg = f"edit kind {kind!r}: a field cannot be called {taken[0]!r}; reserved are {', '.join(RESERVED)}"
            raise ValueError(msg)
        edit_class.kind = kind
        _KINDS[kind] = edit_class
        return edit_class

    return register


def edit_kinds() -> Mapping[str, type[Edit]]:
    """All kinds of edits by name, of all packages, sorted."""
    _discover()
    return dict(sorted(_KINDS.items()))


def edit_class(kind: str) -> type[Edit]:
    """
    Class of one kind.

    Raises
    ------
    UnknownKindError
        If there is none; the message lists the kinds and suggests the closest.
    """
    kinds = edit_kinds()
    if kind not in kinds:
        msg = f"no edit kind {kind!r}; the kinds are {', '.join(kinds)}.{suggest(kind, list(kinds))}"
        raise UnknownKindError(msg)
    return kinds[kind]


def make_edit(kind: str, values: Mapping[str, Any]) -> Edit:
    """
    Build an edit from plain values: text, numbers, lists and tables, as a TOML or JSON file has them.

    Values are brought to the types of the fields (a list becomes a tuple, 2 becomes 2.0), so that one change has one
    form however it was written.

    Raises
    ------
    InputError
        If the kind, a field or a value is not accepted.

    Examples
    --------
    >>> make_edit("change_speed", {"route_ids": ["metro:1"], "factor": 2}).factor
    2.0
    """
    found = edit_class(kind)
    edit: Edit = _build(found, values, f"edit {kind!r}")
    return edit


def edit_values(edit: Edit, *, defaults: bool = False) -> dict[str, Any]:
    """Plain values of an edit's fields; those at their default only with `defaults`."""
    return _values(edit, defaults=defaults)


@cache
def _discover() -> None:
    for package in sorted(files("megaregion").iterdir(), key=lambda entry: entry.name):
        if package.is_dir() and (package.joinpath("edits.py").is_file() or package.joinpath("edits").is_dir()):
            import_module(f"megaregion.{package.name}.edits")
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        entry.load()


class _MisfitError(Exception):
    """A value is not of the type that a field has; the text says what is accepted."""


def _build(made: type[Any], values: Mapping[str, Any], where: str) -> Any:
    known = {each.name: each for each in fields(made)}
    names = ", ".join(known)
    wrong = [
        f"{where}: no field {name!r}; the fields are {names}.{suggest(name, list(known))}"
        for name in values
        if name not in known
    ]
    required = _required(made)
    missing = [repr(name) for name in required if name not in values]
    if missing:
        which = f"fields {', '.join(missing)} are" if len(missing) > 1 else f"field {missing[0]} is"
        wrong.append(f"{where}: {which} missing; the required fields are {', '.join(required)}.")
    hints = get_type_hints(made)
    fitted: dict[str, Any] = {}
    for name in [each for each in known if each in values]:
        try:
            fitted[name] = _fit(values[name], hints[name], f"{where}: field {name!r}")
        except _MisfitError as problem:
            wrong.append(f"{where}: field {name!r} is {values[name]!r}; expected {problem}.")
        except InputError as problem:
            # of a table in the field, with words of its own
            wrong.append(str(problem))
    if wrong:
        raise InputError("\n".join(wrong))
    return made(**fitted)


def _fit(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _fit_union(value, arguments, where, hint)
    if origin is tuple:
        return _fit_tuple(value, arguments, where, hint)
    if is_dataclass(hint) and isinstance(hint, type):
        if isinstance(value, hint):
            value = _values(value, defaults=True)
        if isinstance(value, Mapping):
            return _build(hint, value, where)
    plain = _fit_plain(value, hint, origin, arguments)
    if plain is MISSING:
        raise _MisfitError(accepted_words(hint))
    return plain


def _fit_plain(value: Any, hint: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if origin is Literal:
        return value if value in arguments else MISSING
    if hint is int:
        return int(value) if number and isinstance(value, numbers.Integral) else MISSING
    if hint is float:
        return float(value) if number and math.isfinite(value) else MISSING
    # str() also turns the text types of numpy into plain text
    return str(value) if hint is str and isinstance(value, str) else value if type(value) is hint else MISSING


def _fit_union(value: Any, options: tuple[Any, ...], where: str, hint: Any) -> Any:
    for option in options:
        # a table can only be meant as the one option that has fields, so its own problems are told
        if isinstance(value, Mapping) and is_dataclass(option):
            return _fit(value, option, where)
    for option in options:
        try:
            return _fit(value, option, where)
        except _MisfitError:
            continue
    raise _MisfitError(accepted_words(hint))


def _fit_tuple(value: Any, arguments: tuple[Any, ...], where: str, hint: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise _MisfitError(accepted_words(hint))
    if arguments[-1] is Ellipsis:
        each: Iterable[Any] = (arguments[0],) * len(value)
    elif len(arguments) == len(value):
        each = arguments
    else:
        raise _MisfitError(accepted_words(hint))
    try:
        return tuple(_fit(item, one, where) for item, one in zip(value, each, strict=True))
    except _MisfitError as problem:
        raise _MisfitError(accepted_words(hint)) from problem


def accepted_words(hint: Any) -> str:
    """Say what may stand in a field of a type, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return " or ".join(accepted_words(option) for option in arguments if option is not NoneType)
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"a list, each item {accepted_words(arguments[0])}"
    if origin is tuple:
        return f"a list of {len(arguments)}: {', '.join(map(accepted_words, arguments))}"
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if is_dataclass(hint):
        return f"a table with {', '.join(_required(hint))}"
    return {str: "text", int: "a whole number", float: "a finite number", bool: "true or false"}.get(hint, str(hint))


def _required(made: Any) -> list[str]:
    return [each.name for each in fields(made) if each.default is MISSING and each.default_factory is MISSING]


def _values(value: Any, *, defaults: bool) -> dict[str, Any]:
    plain = {}
    for each in fields(value):
        content = getattr(value, each.name)
        if content is None or (content == each.default and not defaults):
            continue
        plain[each.name] = plain_value(content, defaults=defaults)
    return plain


def plain_value(value: Any, *, defaults: bool = False) -> Any:
    """Value of a field as plain text, numbers, lists and tables."""
    if is_dataclass(value):
        return _values(value, defaults=defaults)
    if isinstance(value, tuple):
        return [plain_value(item, defaults=defaults) for item in value]
    return value
