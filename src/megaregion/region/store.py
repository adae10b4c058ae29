"""The region folder: content-addressed Parquet, numbered snapshots, and commits that are all or nothing."""

from __future__ import annotations

import secrets
import sys
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

import megaregion
from megaregion.errors import ConflictError, DamageError, InputError, StorageError
from megaregion.region import durable, objects, parquet, results, schema, snapshot, upkeep
from megaregion.region.lazy import LazyTables, unread
from megaregion.region.model import Region
from megaregion.region.snapshot import Entry, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from megaregion.notices import Notices
    from megaregion.region.durable import Disk

META = "megaregion.json"

RETRIES = 20
"""Times that a change is made again after another writer came first."""

PATIENCE_S = 2.0
"""Seconds for which a new writer lets one go first that was beaten before."""


class Version(int):
    """
    Number of a version.

    Attributes
    ----------
    changed
        Names of the tables that differ from the version before; empty if nothing was written.
    """

    changed: tuple[str, ...]

    def __new__(cls, number: int, changed: Iterable[str] = ()) -> Self:
        """Make a number that remembers what changed."""
        version = super().__new__(cls, number)
        version.changed = tuple(changed)
        return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """
    A region folder.

    Attributes
    ----------
    path
        The folder.
    name
        Name given at its creation.
    id
        Random text given at its creation.
    disk
        Calls to the file system; drills pass one that fails.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store.create(folder + "/delta", name="delta")
    ...     cities = pd.DataFrame({"city_id": ["0012"], "name": ["NA"], "lon": [120.1], "lat": [30.2]})
    ...     version = store.commit(lambda region: region.with_table("cities", cities), message="one city")
    ...     store.read(version).table("cities")["city_id"].tolist()
    ['0012']
    """

    path: Path
    name: str
    id: str
    disk: Disk = field(default_factory=durable.Disk, repr=False, compare=False)

    @classmethod
    def create(cls, path: str | Path, *, name: str, overwrite: bool = False, disk: Disk | None = None) -> Store:
        """
        Make a region folder, empty and at version 0.

        Parameters
        ----------
        path
            Folder to make; an empty one may exist.
        name
            Name of the region.
        overwrite
            Start afresh where a region exists: it gets a new version without tables, and its old versions stay.
        disk
            Calls to the file system.

        Raises
        ------
        StorageError
            If the folder holds something else, or a region and `overwrite` is no.
        """
        folder, disk = Path(path), disk or durable.Disk()
        with durable.explained("write", folder):
            disk.make_folder(folder)
            found = disk.names(folder)
        if META in found and overwrite:
            store = cls.open(folder, disk=disk)
            store.commit(lambda _: Region(name), message="started afresh")
            return store
        if META in found:
            msg = f"{folder}: holds a region already. Open it, give another folder, or say that it may be overwritten."
            raise StorageError(msg)
        # an interrupted creation leaves folders, and nothing else
        strange = [entry for entry in found if entry not in {"objects", "snapshots", "tmp"}]
        if strange:
            msg = f"{folder}: holds {strange[0]!r} and no region; expected an empty folder. Give another folder."
            raise StorageError(msg)
        meta = {
            "format": snapshot.FORMAT,
            "id": secrets.token_hex(16),
            "name": name,
            "created_by": f"megaregion {megaregion.__version__}",
            "software": _software(),
            "created": _now(),
        }
        with durable.explained("write", folder):
            for part in ("objects", "snapshots"):
                disk.make_folder(folder / part)
        with durable.written(disk, folder / "tmp", snapshot.seal(meta)) as temporary:
            if not durable.publish_new(disk, temporary, folder / META, lock=folder / "tmp" / "turn"):
                msg = f"{folder}: somebody else made a region here in this moment. Open it."
                raise ConflictError(msg)
        with durable.explained("confirm", folder):
            disk.sync_folder(folder.parent)
        return cls.open(folder, disk=disk)

    @classmethod
    def open(cls, path: str | Path, *, disk: Disk | None = None) -> Store:
        """
        Open a region folder.

        Raises
        ------
        StorageError
            If there is no region at that path.
        FormatError
            If a newer megaregion wrote it.
        DamageError
            If its `megaregion.json` was edited or damaged.
        """
        folder, disk = Path(path), disk or durable.Disk()
        if folder.is_file():
            msg = f"{folder} is a file; expected the folder of a region."
            raise StorageError(msg)
        try:
            with durable.explained("read", folder / META):
                data = disk.read(folder / META)
        except FileNotFoundError as problem:
            msg = f"{folder}: no region here: found no {META}. Give the folder of a region, or make one with `new`."
            raise StorageError(msg) from problem
        meta = snapshot.unseal(data, where=str(folder / META))
        return cls(path=folder, name=str(meta.get("name", folder.name)), id=str(meta.get("id", "")), disk=disk)

    def versions(self) -> list[int]:
        """Numbers of all versions, ascending; a region that was never committed to has none."""
        try:
            with durable.explained("read", self.path / "snapshots"):
                names = self.disk.names(self.path / "snapshots")
        except FileNotFoundError:
            return []
        return [int(match[1]) for name in names if (match := snapshot.SNAPSHOT_NAME.fullmatch(name))]

    @property
    def head(self) -> int:
        """Number of the newest version, 0 if there is none."""
        return max(self.versions(), default=0)

    def snapshot(self, version: int) -> Snapshot:
        """
        Describe one version.

        Raises
        ------
        InputError
            If there is no such version.
        DamageError
            If it was edited or damaged.
        """
        file = self.snapshot_file(version)
        try:
            with durable.explained("read", file):
                data = self.disk.read(file)
        except FileNotFoundError as problem:
            raise InputError(self._no_version(version)) from problem
        return snapshot.load(data, where=str(file), number=version)

    def read(self, version: int | None = None) -> Region:
        """
        One version of the region, the newest by default.

        Tables are read, and their hash verified, when they are first asked for. While the region is in use, in this
        or another process, `gc` leaves its version alone.

        Raises
        ------
        InputError
            If there is no such version.
        StorageError
            If it cannot be read; a damaged or missing table is reported when it is asked for.
        """
        number = self.head if version is None else int(version)
        if number == 0:
            return Region(self.name, LazyTables({}, self.path, self._load), "0")
        try:
            with durable.explained("read", self.snapshot_file(number)):
                pin = durable.pin(self.disk, self.snapshot_file(number))
        except FileNotFoundError as problem:
            if version is None and self.head != number:
                # newer versions came, and gc removed this one, since its number was read
                return self.read()
            raise InputError(self._no_version(number)) from problem
        try:
            found = self.snapshot(number)
        except BaseException:
            durable.release(self.disk, pin)
            raise

        def load(name: str, entry: Entry) -> pd.DataFrame:
            return self._load(name, entry, of=f" of version {number}")

        tables = LazyTables(found.tables, self.path, load)
        weakref.finalize(tables, durable.release, self.disk, pin)
        return Region(found.name, tables, str(number))

    def content_id(self, version: int | None = None) -> str:
        """SHA-256 of the tables of a version: equal for equal data, whoever stored them and when."""
        number = self.head if version is None else int(version)
        if number == 0:
            return _empty(self.name).content
        return self.snapshot(number).content

    def commit(
        self,
        change: Callable[[Region], Region],
        *,
        message: str,
        author: str = "",
        sources: Iterable[Mapping[str, Any]] = (),
        retries: int = RETRIES,
    ) -> Version:
        """
        Make a new version, all or nothing.

        Parameters
        ----------
        change
            Makes the new region from the newest one; it is called again if another writer came first.
        message, author
            What was done, and by whom, for the log.
        sources
            Where the data came from: url, licence, retrieved, sha256 and the like.
        retries
            Times that the change is made again.

        Returns
        -------
        Version
            Number of the new version; of the newest one, with nothing in `changed`, if the change changed nothing.

        Raises
        ------
        ConflictError
            If other writers came first every time.
        InputError
            If a table cannot be stored.
        StorageError
            If the disk refuses; the region is unchanged.
        """
        listed = tuple(dict(source) for source in sources)
        for attempt in range(retries + 1):
            with ExitStack() as turn:
                with durable.explained("write", self.path):
                    self._take_turn(turn, beaten=attempt > 0)
                base = self.read()
                version = self._attempt(base, change(base), message, author, listed)
            if version is not None:
                return version
        msg = (
            f"{self.path}: other writers committed first {retries + 1} times; the newest version is {self.head}. "
            "Nothing of this change was stored. Try again when they are done, or with more retries."
        )
        raise ConflictError(msg)

    def log(self) -> pd.DataFrame:
        """All versions, newest first: version, parent, time (UTC), author, message, changed, tables, rows, sources."""
        rows: list[dict[str, Any]] = []
        before: Mapping[str, Entry] = {}
        for number in self.versions():
            found = self.snapshot(number)
            row = {
                "version": number,
                "parent": found.parent,
                "time": found.time,
                "author": found.author,
                "message": found.message,
                "changed": ", ".join(_changed(before, found.tables)),
                "tables": len(found.tables),
                "rows": sum(entry.rows for entry in found.tables.values()),
                "sources": len(found.sources),
            }
            rows.insert(0, row)
            before = found.tables
        columns = ["version", "parent", "time", "author", "message", "changed", "tables", "rows", "sources"]
        return pd.DataFrame(rows, columns=columns)

    def check(self, *, deep: bool = False) -> Notices:
        """Look for damage: see `upkeep.check`."""
        return upkeep.check(self, deep=deep)

    def gc(
        self,
        *,
        dry_run: bool = True,
        keep_versions: int | None = None,
        min_age_s: float = upkeep.MIN_AGE_S,
        keep_results: bool = True,
    ) -> pd.DataFrame:
        """Remove what no version needs, or list it: see `upkeep.gc`."""
        return upkeep.gc(
            self, dry_run=dry_run, keep_versions=keep_versions, min_age_s=min_age_s, keep_results=keep_results
        )

    def put_result(self, key: str, frame: pd.DataFrame) -> None:
        """Keep a result under a key that names all its inputs: see `results.put`."""
        results.put(self, key, frame)

    def get_result(self, key: str) -> pd.DataFrame | None:
        """Give the result kept under a key, or None: see `results.get`."""
        return results.get(self, key)

    def snapshot_file(self, version: int) -> Path:
        """Where the description of a version lies."""
        return self.path / "snapshots" / snapshot.file_name(version)

    def writing(self) -> AbstractContextManager[None]:
        """Lock that writers share; `gc` waits until none holds it."""
        return durable.locked(self.disk, self.path / META, exclusive=False)

    def alone(self, *, within_s: float) -> AbstractContextManager[bool]:
        """Lock that no writer shares; yields whether it was free within the time given."""
        return durable.locked_soon(self.disk, self.path / META, within_s=within_s)

    def _load(self, name: str, entry: Entry, of: str = "") -> pd.DataFrame:
        data = objects.get(self, entry, what=f"table {name!r}{of}")
        frame = parquet.decode(data, where=str(objects.file_of(self, entry.sha256)))
        known = schema.schemas().get(name)
        # a table of an older format may lack a field that is blank by default
        return schema.conform(name, frame) if known and set(known.required) <= set(frame.columns) else frame

    def _attempt(
        self, base: Region, new: Region, message: str, author: str, sources: tuple[Mapping[str, Any], ...]
    ) -> Version | None:
        """Store a changed region as the version after its base; None if another writer came first."""
        parent = int(base.version)
        before = self.snapshot(parent).tables if parent else {}
        with ExitStack() as stack:
            with durable.explained("write", self.path):
                stack.enter_context(self.writing())
            entries: dict[str, Entry] = {}
            made: dict[str, parquet.Encoded] = {}
            for name in new.tables:
                entries[name] = self._entry(name, new, before.get(name), made)
            changed = _changed(before, entries)
            if not changed and new.name == base.name:
                return Version(parent)
            written = Snapshot(
                number=parent + 1,
                parent=parent,
                name=new.name,
                time=_now(),
                author=author,
                message=message,
                tables=entries,
                sources=sources,
                software=_software(),
            )
            try:
                data = snapshot.dump(written)
            except (TypeError, ValueError) as problem:
                msg = f"{self.path}: message, author or sources are no JSON: {problem}. Give text and numbers."
                raise InputError(msg) from problem
            target = self.snapshot_file(written.number)
            with durable.written(self.disk, self.path / "tmp", data) as temporary:
                with durable.explained("write", target.parent):
                    self.disk.make_folder(target.parent)
                if not durable.publish_new(self.disk, temporary, target, lock=self.path / "tmp" / "name"):
                    return None
            for name, entry in entries.items():
                if not objects.has(self, entry) and name in made:
                    objects.put(self, made[name], what=f"table {name!r}")
                elif not objects.has(self, entry):
                    objects.get(self, entry, what=f"table {name!r} of version {written.number}")
        return Version(written.number, changed)

    def _entry(self, name: str, new: Region, before: Entry | None, made: dict[str, parquet.Encoded]) -> Entry:
        """Entry of one table of a new version; the table is stored if it was not."""
        if not snapshot.is_table_name(name):
            msg = f"table {name!r}: expected small letters, digits and underscores after a first letter. Rename it."
            raise InputError(msg)
        lazy = unread(new.tables, name)
        if lazy is not None and lazy.home == self.path:
            kept: Entry = lazy.origin(name)
            if objects.has(self, kept):
                return kept
        known = schema.schemas().get(name)
        frame = schema.conform(name, new.tables[name]) if known else new.tables[name]
        shapes = [field.name for field in known.fields if field.type == "geometry"] if known else ["geometry"]
        encoded = parquet.encode(frame, what=f"table {name!r}", geometry=shapes)
        if before is not None and (encoded.content, encoded.schema) == (before.content, before.schema):
            # another version of the Parquet writer gives other bytes for the same data
            try:
                objects.get(self, before, what=f"table {name!r}")
            except DamageError:
                pass  # it is stored again, which mends it
            else:
                return before
        objects.put(self, encoded, what=f"table {name!r}")
        made[name] = encoded
        return Entry.of(encoded)

    def _take_turn(self, stack: ExitStack, *, beaten: bool) -> None:
        """Let those who were beaten once go one after the other, ahead of newcomers, so that each comes through."""
        file = self.path / "tmp" / "turn"
        self.disk.make_folder(file.parent)
        if beaten:
            stack.enter_context(durable.locked(self.disk, file, exclusive=True, create=True))
        else:
            durable.wait_while_locked(self.disk, file, within_s=PATIENCE_S)

    def _no_version(self, version: int) -> str:
        numbers = self.versions()
        known = f"the versions are {numbers[0]} to {numbers[-1]}" if numbers else "nothing was committed yet"
        return f"{self.path}: no version {version}; {known} (see the log)."


def _changed(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _empty(name: str) -> Snapshot:
    return Snapshot(number=0, parent=0, name=name, time="", author="", message="", tables={}, sources=(), software={})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _software() -> dict[str, str]:
    names = ("pandas", "pyarrow", "numpy")
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"megaregion": megaregion.__version__, "python": python, **{name: version_of(name) for name in names}}
