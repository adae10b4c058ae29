"""A scenario file that is changed piece by piece: what people wrote in it, comments and all, stays."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megaregion.errors import ConflictError, InputError
from megaregion.region import durable
from megaregion.region.edit import RESERVED, make_edit
from megaregion.region.scenario import Scenario
from megaregion.region.toml_text import toml_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.durable import Disk
    from megaregion.region.model import Region

_EDIT = re.compile(r"\s*\[\[\s*(edits|\"edits\"|'edits')\s*\]\]\s*(#.*)?")
_SETTING = r"(\s*{key}\s*=\s*)(true|false|\"[^\"\\]*\"|'[^']*')(\s*(?:#.*)?)"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """
    A scenario and the text of its file. Each change returns a new one; `save` writes it.

    Attributes
    ----------
    path
        The file.
    text
        Its text.
    scenario
        What it says.
    found
        Bytes that were read; None for a new file.
    """

    path: Path
    text: str
    scenario: Scenario
    found: bytes | None = None

    @classmethod
    def new(cls, path: str | Path, name: str, *, comment: str = "") -> ScenarioFile:
        """Begin a file without edits; nothing is written yet."""
        scenario = Scenario(name, comment=comment)
        head = {key: value for key, value in scenario.to_dict().items() if key != "edits"}
        return cls(Path(path), toml_text(head), scenario)

    @classmethod
    def read(cls, path: str | Path) -> ScenarioFile:
        """
        Read a scenario file.

        Raises
        ------
        InputError
            If there is no such file, it is not UTF-8, or not a scenario; all wrong edits are reported together.
        """
        file = Path(path)
        if file.is_dir():
            msg = f"{file} is a folder; expected the path of a scenario file (TOML)."
            raise InputError(msg)
        try:
            with durable.explained("read", file):
                found = file.read_bytes()
        except FileNotFoundError as problem:
            msg = f"{file}: no such scenario file; `megaregion scenario new {file.name}` makes one."
            raise InputError(msg) from problem
        try:
            text = found.removeprefix(_BOM).decode("utf-8")
        except UnicodeDecodeError as problem:
            line = problem.object[: problem.start].count(b"\n") + 1
            msg = f"{file} line {line}: byte {problem.start} is not UTF-8; save the scenario file as UTF-8."
            raise InputError(msg) from problem
        try:
            scenario = Scenario.from_toml(text)
        except InputError as problem:
            msg = f"{file}: {problem}"
            raise type(problem)(msg, problem.notices) from problem
        return cls(file, text, scenario, found)

    def with_edit(self, kind: str, values: Mapping[str, Any]) -> ScenarioFile:
        """
        Add one more edit at the end.

        Parameters
        ----------
        kind
            Kind of edit.
        values
            Its fields, and `on` and `comment`.

        Raises
        ------
        InputError
            If the kind, a field or a value is not accepted.
        """
        own = {key: value for key, value in values.items() if key not in RESERVED}
        on, comment = values.get("on", True), values.get("comment", "")
        if not isinstance(on, bool):
            msg = f"edit {kind!r}: field 'on' is {on!r}; expected true or false."
            raise InputError(msg)
        wanted = self.scenario.with_edit(make_edit(kind, own), on=on, comment=comment)
        block = toml_text({"edits": [wanted.to_dict()["edits"][-1]]}).rstrip("\n")
        return self._changed([*self._lines(), *(line + self._end for line in ("", *block.split("\n")))], wanted)

    def switched(self, number: int, *, on: bool) -> ScenarioFile:
        """
        Switch one edit on or off; numbers count from 1.

        Raises
        ------
        InputError
            If there is no such edit.
        """
        wanted = self.scenario.switched(number, on=on)
        if wanted == self.scenario:
            return self
        lines = self._lines()
        headers = [*self._headers(lines), len(lines)]
        _set(lines, (headers[number - 1] + 1, headers[number]), f"on = {'true' if on else 'false'}{self._end}")
        return self._changed(lines, wanted)

    def undone(self) -> tuple[ScenarioFile, str]:
        """
        Leave the last edit out.

        Returns
        -------
        The file without it, and the text that was taken out, with the comments in it.

        Raises
        ------
        InputError
            If there is no edit.
        """
        wanted = self.scenario.undo()
        lines = self._lines()
        begin = self._headers(lines)[-1]
        kept = lines[:begin]
        while kept and not kept[-1].strip():
            kept.pop()
        return self._changed(kept, wanted), "\n".join(lines[begin:]) + "\n"

    def based_on(self, region: Region) -> ScenarioFile:
        """
        Resolve all edits on a region and tie the scenario to it as it is now.

        Raises
        ------
        ScenarioError
            If an edit cannot be made there.
        """
        wanted = self.scenario.rebase(region)
        lines = self._lines()
        for key in ("base_hash", "base_version"):
            end = next(iter(self._headers(lines)), len(lines))
            value = json.dumps(getattr(wanted, key), ensure_ascii=False)
            _set(lines, (0, end), f"{key} = {value}{self._end}")
        return self._changed(lines, wanted)

    def save(self, *, disk: Disk | None = None) -> None:
        """
        Write the file, all or nothing.

        Parameters
        ----------
        disk
            Calls to the file system; drills pass one that fails.

        Raises
        ------
        ConflictError
            If somebody else wrote it since it was read.
        StorageError
            If the disk refuses; the file is as it was.
        """
        disk = disk or durable.Disk()
        # a link stays a link
        target = self.path.resolve()
        data = (_BOM if (self.found or b"").startswith(_BOM) else b"") + self.text.encode()
        with durable.written(disk, target.parent, data) as temporary:
            with durable.explained("write", target):
                now = target.read_bytes() if target.exists() else None
            if now != self.found:
                was = "is there already" if self.found is None else "was changed by somebody else in this moment"
                msg = f"{self.path}: the file {was}; nothing was written. Look at it and try again."
                raise ConflictError(msg)
            durable.publish_over(disk, temporary, target, size=len(data))

    @property
    def _end(self) -> str:
        """What stands before the line feed of each line."""
        return "\r" if "\r\n" in self.text else ""

    def _lines(self) -> list[str]:
        # only line feeds part lines: other separators may stand in texts; a carriage return stays with its line
        lines = self.text.split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        return lines

    def _headers(self, lines: list[str]) -> list[int]:
        """Line of each `[[edits]]`; such a line within a text of several lines is none."""
        found = [place for place, line in enumerate(lines) if _EDIT.fullmatch(line) and _complete(lines[:place])]
        if len(found) != len(self.scenario.entries):
            raise InputError(self._refusal())
        return found

    def _refusal(self) -> str:
        return (
            f"{self.path}: cannot be changed without touching what stands in it; nothing was written. "
            "Write each edit as a section [[edits]] with its fields below, or change the file by hand."
        )

    def _changed(self, lines: list[str], wanted: Scenario) -> ScenarioFile:
        text = "\n".join(lines) + "\n"
        try:
            reads = Scenario.from_toml(text)
        except InputError:
            reads = None
        if reads != wanted:
            raise InputError(self._refusal())
        return replace(self, text=text, scenario=wanted)


def _complete(lines: list[str]) -> bool:
    try:
        tomllib.loads("".join(f"{line}\n" for line in lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _set(lines: list[str], within: tuple[int, int], setting: str) -> None:
    """Put `key = value` where the key stands among some lines, the comment behind it kept; else before them."""
    key, _, value = setting.rstrip().partition(" = ")
    for place in range(*within):
        found = re.fullmatch(_SETTING.format(key=key), lines[place])
        if found and _complete(lines[:place]):
            lines[place] = f"{found[1]}{value}{found[3]}"
            return
    lines.insert(within[0], setting)
