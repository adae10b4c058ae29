"""A snapshot: the numbered file that says which objects are the tables of one version."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import megaregion
from megaregion.errors import DamageError, FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.parquet import Encoded

FORMAT = 1
"""Format of regions that this version writes; it reads this one and all before."""

SNAPSHOT_NAME = re.compile(r"(\d{8})\.json")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One table of a snapshot.

    Attributes
    ----------
    sha256
        Hash of the object file, also its name.
    bytes, rows
        Size of the file and number of rows.
    content, schema
        Hash of names, types and values, and of names and types alone.
    """

    sha256: str
    bytes: int
    rows: int
    content: str
    schema: str

    @classmethod
    def of(cls, encoded: Encoded) -> Entry:
        """Describe a frame that is about to be stored."""
        return cls(
            sha256=encoded.sha256,
            bytes=len(encoded.data),
            rows=encoded.rows,
            content=encoded.content,
            schema=encoded.schema,
        )

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Entry:
        """Read an entry, with hashes that are safe to use as file names."""
        entry = cls(**row)
        if not all(_HASH.fullmatch(value) for value in (entry.sha256, entry.content, entry.schema)):
            msg = f"{entry.sha256!r} is no SHA-256"
            raise ValueError(msg)
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One version of a region: `time` is UTC, `sources` say where the data came from, `software` what wrote it."""

    number: int
    parent: int
    name: str
    time: str
    author: str
    message: str
    tables: Mapping[str, Entry]
    sources: tuple[Mapping[str, Any], ...]
    software: Mapping[str, str]

    @property
    def content(self) -> str:
        """Hash of the tables' names and contents: equal for equal data, whoever stored them and when."""
        listed = sorted((name, entry.content) for name, entry in self.tables.items())
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def is_table_name(name: object) -> bool:
    """Whether a table may bear this name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def file_name(number: int) -> str:
    """Name of the file of a snapshot."""
    return f"{number:08d}.json"


def dump(snapshot: Snapshot) -> bytes:
    """Write a snapshot as JSON with a checksum of its own."""
    return seal({"format": FORMAT, **asdict(snapshot)})


def load(data: bytes, *, where: str, number: int) -> Snapshot:
    """
    Read a snapshot.

    Raises
    ------
    FormatError
        If a newer megaregion wrote it.
    DamageError
        If it was edited or damaged.
    """
    contents = unseal(data, where=where)
    try:
        tables = {name: Entry.read(row) for name, row in contents.pop("tables").items()}
        contents["sources"] = tuple(contents["sources"])
        found = Snapshot(tables=tables, **contents)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        msg = f"{where}: not a snapshot that megaregion wrote: {problem}. Restore the file from a backup."
        raise DamageError(msg) from problem
    odd = [name for name in tables if not is_table_name(name)]
    if odd or found.number != number:
        what = f"table {odd[0]!r}" if odd else f"number {found.number}"
        msg = f"{where}: not the snapshot of version {number}: found {what}. Restore the file from a backup."
        raise DamageError(msg)
    return found


def seal(contents: Mapping[str, Any]) -> bytes:
    """
    Write JSON that carries a checksum of itself.

    Raises
    ------
    TypeError
        If something in it is no JSON.
    """
    # as it will be read back: the order of keys that are not text would differ otherwise
    plain = json.loads(json.dumps(contents))
    return (json.dumps({**plain, "checksum": _checksum(plain)}, ensure_ascii=False, indent=1) + "\n").encode()


def unseal(data: bytes, *, where: str) -> dict[str, Any]:
    """
    Read what `seal` wrote, without format and checksum.

    Raises
    ------
    FormatError
        If a newer megaregion wrote it.
    DamageError
        If it was edited or damaged.
    """
    try:
        contents = json.loads(data)
        written = contents.pop("format")
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        msg = f"{where}: not a file that megaregion wrote ({len(data):,} bytes): {problem}. Restore it from a backup."
        raise DamageError(msg) from problem
    if not isinstance(written, int) or written > FORMAT:
        software = contents.get("software")
        version = software.get("megaregion", "of a later date") if isinstance(software, dict) else "of a later date"
        msg = (
            f"{where}: written by megaregion {version} as format {written}; "
            f"this is megaregion {megaregion.__version__}, which reads up to format {FORMAT}. Upgrade megaregion."
        )
        raise FormatError(msg)
    checksum = contents.pop("checksum", None)
    if checksum != _checksum({"format": written, **contents}):
        msg = f"{where}: the checksum does not fit: the file was edited or damaged. Restore it from a backup."
        raise DamageError(msg)
    return dict(contents)


def _checksum(contents: Mapping[str, Any]) -> str:
    text = json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
