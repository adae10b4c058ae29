"""A scenario: ordered, typed, switchable edits of a region; all are resolved, then all are applied."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from megaregion.errors import InputError, ScenarioError
from megaregion.notices import Notice, Notices
from megaregion.region.edit import edit_class, edit_values, make_edit
from megaregion.region.fingerprint import content_hash
from megaregion.region.markup import shown_frame
from megaregion.region.schema import suggest
from megaregion.region.toml_text import toml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from megaregion.region.edit import Edit, Ref, Resolution
    from megaregion.region.model import Region

UNSAVED = "unsaved"
"""Version of a region that no store has numbered."""

SUGGEST_UP_TO = 20_000
"""Longest column that is searched for a similar id; above it the search is slower than the answer is worth."""

_KNOWN_KEYS = ("name", "comment", "base_version", "base_hash", "edits")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One edit in its place in a scenario.

    Attributes
    ----------
    edit
        The change.
    on
        Whether it counts; an edit that is off keeps its number.
    comment
        For people; does not change the scenario's id.
    """

    edit: Edit
    on: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """
    What a scenario makes of a region.

    Attributes
    ----------
    region
        The changed region; the baseline itself where no edit is on.
    notices
        Warnings and information, each with the number of its edit.
    touched
        How many of what each edit changed, by edit number.
    """

    region: Region
    notices: Notices = field(default_factory=Notices)
    touched: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A named list of edits. Edits are numbered from 1, here as in messages.

    Every edit kind is a method: `Scenario("metro-2026").change_speed(route_ids=["metro:1"], factor=1.25)`. Each method
    returns a new scenario and takes the edit's fields, and `on` and `comment`.

    Attributes
    ----------
    name
        Name for people and files; does not change the id.
    entries
        The edits in order.
    comment
        For people.
    base_version, base_hash
        Region that the scenario was made for; blank = any. See `based_on`.
    """

    name: str
    entries: tuple[Entry, ...] = ()
    comment: str = ""
    base_version: str = ""
    base_hash: str = ""

    def __getattr__(self, kind: str) -> Callable[..., Scenario]:
        if kind.startswith("_"):
            msg = f"a scenario has no attribute {kind!r}"
            raise AttributeError(msg)
        found = edit_class(kind)

        def add(*, on: bool = True, comment: str = "", **values: Any) -> Scenario:
            return self.with_edit(make_edit(kind, values), on=on, comment=comment)

        add.__name__, add.__doc__ = kind, found.__doc__
        return add

    @property
    def id(self) -> str:
        """SHA-256 (64 hexadecimal digits) of the edits that are on; names and comments do not count."""
        content = [{"kind": entry.edit.kind, **edit_values(entry.edit, defaults=True)} for _, entry in self._enabled()]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def with_edit(self, edit: Edit, *, on: bool = True, comment: str = "") -> Scenario:
        """Add one more edit at the end of a new scenario."""
        # built again from plain values, so that equal changes have equal ids
        same = make_edit(edit.kind, edit_values(edit, defaults=True))
        return replace(self, entries=(*self.entries, Entry(same, on=on, comment=comment)))

    def without(self, number: int) -> Scenario:
        """Leave one edit out of a new scenario; numbers count from 1."""
        place = self._place(number)
        return replace(self, entries=self.entries[:place] + self.entries[place + 1 :])

    def switched(self, number: int, *, on: bool) -> Scenario:
        """Switch one edit on or off in a new scenario; numbers count from 1."""
        place = self._place(number)
        changed = replace(self.entries[place], on=on)
        return replace(self, entries=(*self.entries[:place], changed, *self.entries[place + 1 :]))

    def undo(self) -> Scenario:
        """Leave the last edit out of a new scenario."""
        return self.without(len(self.entries))

    def based_on(self, region: Region) -> Scenario:
        """Tie a new scenario to this region as it is now; `apply` refuses any other contents."""
        return replace(self, base_version=region.version, base_hash=content_hash(region))

    def rebase(self, region: Region) -> Scenario:
        """
        Resolve all edits anew on another region and base the scenario on it.

        Raises
        ------
        ScenarioError
            If an edit cannot be made there.
        """
        moved = self.based_on(region)
        moved.apply(region)
        return moved

    def apply(self, region: Region) -> ScenarioResult:
        """
        Make the edits that are on, in order, on a copy of a region.

        All edits are resolved first and all problems are reported together; only then is anything applied.

        Raises
        ------
        ScenarioError
            If the scenario was made for other contents, an edit refers to what is not there, two edits conflict, or an
            edit finds its values wrong for this region.
        """
        self._check_base(region)
        notices = Notices()
        resolutions: dict[int, Resolution] = {}
        late: set[int] = set()
        ledger = _Ledger(region)
        for number, entry in self._enabled():
            resolution = resolutions[number] = entry.edit.resolve(region)
            place = self._label(number)
            problems = ledger.enter(number, place, resolution)
            notices.extend(problems)
            if ledger.needs_earlier(resolution, number):
                late.add(number)
            elif not len(problems):
                notices.extend(_at(place, resolution.notices))
        notices.raise_errors(f"scenario {self.name!r}", error=ScenarioError)
        touched: dict[int, Mapping[str, int]] = {}
        steps = [(0, region)]
        for number, entry in self._enabled():
            place = self._label(number)
            found = self._lost(place, resolutions[number].needs, steps)
            if number in late and not len(found):
                # what it needs did not exist before the edits above were applied
                found.extend(_at(place, entry.edit.resolve(region).notices))
            notices.extend(found)
            if found.of("error"):
                continue
            change = entry.edit.apply(region)
            region = change.region
            steps.append((number, region))
            touched[number] = dict(change.touched)
            notices.extend(_at(place, change.notices))
            if not any(change.touched.values()):
                counts = " and ".join(f"0 {noun}" for noun in change.touched) or "nothing"
                notices.add("edit_touched_nothing", f"{_short(number, entry)} affected {counts}.", file=place)
        notices.raise_errors(f"scenario {self.name!r}", error=ScenarioError)
        return ScenarioResult(region, notices, touched)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, each edit tagged with its kind; what is at its default is left out."""
        head = {key: getattr(self, key) for key in _KNOWN_KEYS[:-1]}
        edits = [
            {"kind": each.edit.kind}
            | ({} if each.on else {"on": False})
            | ({"comment": each.comment} if each.comment else {})
            | edit_values(each.edit)
            for each in self.entries
        ]
        return {key: value for key, value in head.items() if value} | {"edits": edits}

    def to_toml(self) -> str:
        """Text of a scenario file."""
        return toml_text(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Scenario:
        """
        Build a scenario from plain values, as `to_dict` returns them.

        Raises
        ------
        ScenarioError
            If an edit is of no known kind or has wrong values; all such edits are reported together.
        """
        unknown = [key for key in document if key not in _KNOWN_KEYS]
        if unknown:
            msg = (
                f"scenario: no field {unknown[0]!r}; the fields are {', '.join(_KNOWN_KEYS)}."
                f"{suggest(unknown[0], _KNOWN_KEYS)}"
            )
            raise ScenarioError(msg)
        head = {key: document.get(key, "") for key in _KNOWN_KEYS[:-1]}
        for key, value in head.items():
            if not isinstance(value, str):
                msg = f"scenario: field {key!r} is {value!r}; expected text."
                raise ScenarioError(msg)
        scenario = cls(**head)
        edits = document.get("edits", [])
        if not isinstance(edits, list | tuple):
            msg = f"scenario {scenario.name!r}: field 'edits' is {edits!r}; expected a list, in TOML [[edits]]."
            raise ScenarioError(msg)
        notices = Notices()
        for number, values in enumerate(edits, start=1):
            try:
                scenario = _with_values(scenario, values)
            except InputError as problem:
                for line in str(problem).splitlines():
                    notices.add("invalid_edit", line, file=f"scenario {scenario.name!r} edit {number}")
        notices.raise_errors(f"scenario {scenario.name!r}", error=ScenarioError)
        return scenario

    @classmethod
    def from_toml(cls, text: str) -> Scenario:
        """
        Read the text of a scenario file.

        Raises
        ------
        ScenarioError
            If it is not TOML, or as `from_dict`.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            msg = f"scenario: this is not TOML: {problem}. Text stands in quotes; each edit is a section [[edits]]."
            raise ScenarioError(msg) from problem
        return cls.from_dict(document)

    def table(self) -> pd.DataFrame:
        """List the edits as a frame: number, kind, on, comment, and the edit's own fields as JSON text."""
        rows = [
            (number, each.edit.kind, each.on, each.comment, json.dumps(edit_values(each.edit), ensure_ascii=False))
            for number, each in enumerate(self.entries, start=1)
        ]
        return pd.DataFrame(rows, columns=["number", "kind", "on", "comment", "fields"])

    def _repr_html_(self) -> str:
        frame = self.table().assign(on=["on" if each.on else "off" for each in self.entries])
        return shown_frame(f"Scenario {self.name}", {"id": self.id[:12], "comment": self.comment}, frame)

    def _lost(self, place: str, needs: tuple[Ref, ...], steps: list[tuple[int, Region]]) -> Notices:
        """Report what an edit needs and the region no longer has, with the edit that took it where one did."""
        notices = Notices()
        for ref in needs:
            if ref.exists(steps[-1][1]):
                continue
            there = [ref.exists(region) for _, region in steps]
            taken = [steps[after][0] for after in range(1, len(steps)) if there[after - 1] and not there[after]]
            if taken:
                other = _short(taken[-1], self.entries[taken[-1] - 1])
                message = f"needs '{ref.value}' of table {ref.table}, which {other} removes or closes."
                _add(notices, "edit_conflict", message, place, ref)
            else:
                notices.extend(_missing(place, [ref], steps[-1][1]))
        return notices

    def _enabled(self) -> Iterator[tuple[int, Entry]]:
        return ((number, entry) for number, entry in enumerate(self.entries, start=1) if entry.on)

    def _place(self, number: int) -> int:
        if not 1 <= number <= len(self.entries):
            accepted = f"1 to {len(self.entries)}" if self.entries else "none, because it is empty"
            msg = f"scenario {self.name!r} has no edit {number}; its edits are {accepted}."
            raise InputError(msg)
        return number - 1

    def _label(self, number: int) -> str:
        return f"scenario {self.name!r} {_short(number, self.entries[number - 1])}"

    def _check_base(self, region: Region) -> None:
        if not self.base_hash and not self.base_version:
            return
        if self.base_hash:
            now = content_hash(region)
            same, expected, found = self.base_hash == now, f" (content {self.base_hash})", f" (content {now})"
        else:
            same, expected, found = self.base_version == region.version, "", ""
        if not same:
            msg = (
                f"scenario {self.name!r} was made for version {self.base_version or UNSAVED}{expected} of a region; "
                f"region {region.name!r} is version {region.version}{found}. "
                "Open the version it was made for, or resolve it anew on this one with rebase."
            )
            raise ScenarioError(msg)


class _Ledger:
    """What will be there after each edit, as far as edits declare it."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._born: dict[Ref, tuple[int, str]] = {}
        self._gone: dict[Ref, tuple[int, str]] = {}

    def enter(self, number: int, place: str, resolution: Resolution) -> Notices:
        """Check one edit against those before it and note what it adds and removes."""
        problems = Notices()
        for ref in resolution.needs:
            if ref in self._gone:
                other = self._gone[ref][1]
                message = f"needs '{ref.value}' of table {ref.table}, which {other} removes or closes."
                _add(problems, "edit_conflict", message, place, ref)
            elif ref not in self._born:
                problems.extend(_missing(place, [ref], self._region))
        for ref in resolution.adds:
            if not ref.is_key:
                continue
            if ref in self._born:
                message = f"adds '{ref.value}' to table {ref.table}, which {self._born[ref][1]} adds too."
                _add(problems, "edit_conflict", message, place, ref)
            elif ref not in self._gone and ref.exists(self._region):
                message = f"adds '{ref.value}' to table {ref.table}, which has it already."
                _add(problems, "edit_key_exists", message, place, ref)
        short = place[place.index(" edit ") + 1 :]
        for ref in resolution.removes:
            self._born.pop(ref, None)
            self._gone[ref] = (number, short)
        for ref in resolution.adds:
            self._gone.pop(ref, None)
            self._born.setdefault(ref, (number, short))
        return problems

    def needs_earlier(self, resolution: Resolution, number: int) -> bool:
        """Whether the edit needs what an earlier one adds."""
        return any(ref in self._born and self._born[ref][0] < number for ref in resolution.needs)


def _with_values(scenario: Scenario, values: Any) -> Scenario:
    kind = values.get("kind") if hasattr(values, "get") else None
    if not isinstance(kind, str):
        msg = f"{values!r} has no kind; write one, as kind = 'change_speed'."
        raise ScenarioError(msg)
    own = {key: value for key, value in values.items() if key not in {"kind", "on", "comment"}}
    on, comment = values.get("on", True), values.get("comment", "")
    if not isinstance(on, bool) or not isinstance(comment, str):
        msg = f"edit {kind!r}: 'on' is {on!r} and 'comment' is {comment!r}; expected true or false, and text."
        raise ScenarioError(msg)
    return scenario.with_edit(make_edit(kind, own), on=on, comment=comment)


def _missing(place: str, needs: tuple[Ref, ...] | list[Ref], region: Region) -> Notices:
    notices = Notices()
    for ref in needs:
        if ref.exists(region):
            continue
        known = region.table(ref.table)[ref.field].dropna().unique().tolist()
        hint = suggest(ref.value, known) if len(known) <= SUGGEST_UP_TO else ""
        message = f"needs '{ref.value}', which field '{ref.field}' of table {ref.table} does not have.{hint}"
        _add(notices, "unknown_edit_reference", message, place, ref)
    return notices


def _add(notices: Notices, code: str, message: str, place: str, ref: Ref) -> None:
    notices.add(code, message, file=place, field=f"{ref.table}.{ref.field}", value=ref.value)


def _at(place: str, notices: Notices) -> Notices:
    placed = Notices()
    for notice in notices:
        where = f"{place}, {notice.file}" if notice.file else place
        placed.extend([Notice(**({key: getattr(notice, key) for key in notice.__slots__} | {"file": where}))])
    placed.counts = notices.counts.copy()  # also of those that were not kept
    return placed


def _short(number: int, entry: Entry) -> str:
    return f"edit {number} {entry.edit.kind!r}"
