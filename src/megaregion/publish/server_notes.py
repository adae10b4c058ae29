"""
Notes that readers pin to places.

They lie in `notes.json` of the region folder, beside its versions and not in them: a remark changes no figure, so it
must not make what was computed look old. The file is replaced as a whole under a lock, so that it is always the one
before or the one after, whoever writes.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from megaregion.errors import DamageError, InputError, LimitError
from megaregion.publish.server_errors import MissingError
from megaregion.region import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "notes.json"
FORMAT = 1
MAX_NOTES = 5_000
LENGTHS = {"text": 2_000, "author": 80, "view": 1_000}
"""Most characters of each text."""

COLUMNS = ("id", "lon", "lat", "text", "author", "view", "created")


class Notes:
    """
    The notes of a region.

    Parameters
    ----------
    folder
        Region folder; None = they live in memory and are lost with it.
    disk
        Calls to the file system; drills pass one that fails.
    """

    def __init__(self, folder: Path | None, *, disk: durable.Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or durable.Disk()
        self._memory: list[dict[str, Any]] = []
        self._turn = Lock()

    def listed(self) -> list[dict[str, Any]]:
        """All notes, oldest first: id, lon, lat, text, author, view, created (UTC)."""
        if self._folder is None:
            return [dict(note) for note in self._memory]
        file = self._folder / FILE
        try:
            with durable.explained("read", file):
                data = self._disk.read(file)
        except FileNotFoundError:
            return []
        try:
            document = json.loads(data)
            notes = [{name: note[name] for name in COLUMNS} for note in document["notes"]]
        except (ValueError, KeyError, TypeError) as problem:
            msg = f"{file}: these are no notes that megaregion wrote: {problem}. Move the file away to begin anew."
            raise DamageError(msg) from problem
        return notes

    def add(self, given: Any) -> dict[str, Any]:
        """
        Keep one more note.

        Parameters
        ----------
        given
            lon and lat (degrees), text; author and view if wanted.

        Returns
        -------
        The note as it was kept.

        Raises
        ------
        InputError
            If it is none.
        LimitError
            If it is too long, or there are too many.
        StorageError
            If the disk refuses.
        """
        note = _read(given)
        with self._alone():
            notes = self.listed()
            if len(notes) >= MAX_NOTES:
                msg = f"there are {len(notes):,} notes already; expected fewer than {MAX_NOTES:,}. Delete old ones."
                raise LimitError(msg)
            self._write([*notes, note])
        return note

    def remove(self, note_id: str) -> None:
        """
        Delete a note.

        Raises
        ------
        MissingError
            If there is none of that id.
        StorageError
            If the disk refuses.
        """
        with self._alone():
            notes = self.listed()
            kept = [note for note in notes if note["id"] != note_id]
            if len(kept) == len(notes):
                msg = f"no note {note_id!r}; /api/notes lists them."
                raise MissingError(msg)
            self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads out, and other processes where there is a folder."""
        with self._turn, ExitStack() as stack:
            if self._folder is not None:
                with durable.explained("write", self._folder):
                    self._disk.make_folder(self._folder / "tmp")
                    lock = durable.locked(self._disk, self._folder / "tmp" / "notes", exclusive=True, create=True)
                    stack.enter_context(lock)
            yield

    def _write(self, notes: list[dict[str, Any]]) -> None:
        if self._folder is None:
            self._memory = notes
            return
        document = {"format": FORMAT, "notes": notes}
        data = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
        with durable.written(self._disk, self._folder / "tmp", data) as temporary:
            durable.publish_over(self._disk, temporary, self._folder / FILE, size=len(data))


def _read(given: Any) -> dict[str, Any]:
    """Check what was sent and make a note of it."""
    if not isinstance(given, Mapping):
        msg = f"a note is {type(given).__name__}; expected an object with lon, lat and text."
        raise InputError(msg)
    known = {"lon", "lat", *LENGTHS}
    for name in given:
        if name not in known:
            msg = f"note: no field {name!r}; the fields are {', '.join(sorted(known))}."
            raise InputError(msg)
    note: dict[str, Any] = {"id": secrets.token_hex(8)}
    for name, limit in (("lon", 180), ("lat", 90)):
        value = given.get(name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or abs(value) > limit:  # type: ignore[arg-type]
            msg = f"note: {name} is {value!r}; expected degrees from -{limit} to {limit}."
            raise InputError(msg)
        note[name] = float(value)  # type: ignore[arg-type]
    for name, limit in LENGTHS.items():
        text = given.get(name, "")
        if not isinstance(text, str) or any(ord(letter) < 32 and letter not in "\n\t" for letter in text):
            msg = f"note: {name} is {text!r}; expected text without control characters."
            raise InputError(msg)
        if len(text) > limit:
            msg = f"note: {name} has {len(text):,} characters; expected up to {limit:,}."
            raise LimitError(msg)
        note[name] = text
    if not note["text"].strip():
        msg = "note: text is blank; write what there is to say."
        raise InputError(msg)
    note["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    return note
