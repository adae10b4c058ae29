"""Upkeep of a region folder: look for damage, and remove what no version needs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from megaregion.errors import ConflictError, DamageError, InputError, StorageError
from megaregion.notices import Notices
from megaregion.region import durable, objects, parquet, results

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.region.snapshot import Entry
    from megaregion.region.store import Store

MIN_AGE_S = 86_400.0
"""Age below which gc spares a file, seconds: a writer may be about to refer to it."""

WAIT_S = 30.0
"""Seconds that gc waits for a moment in which nobody writes."""

_COLUMNS = ["action", "kind", "path", "bytes", "age_s", "why"]


Kind = Literal["snapshot", "result", "object", "temporary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file that gc removes or spares."""

    action: Literal["remove", "keep"]
    kind: Kind
    path: str
    bytes: int
    age_s: float
    why: str


def check(store: Store, *, deep: bool = False) -> Notices:
    """
    Look for damage in all versions and results.

    Parameters
    ----------
    store
        Region folder.
    deep
        Read every object and verify hash, rows and contents; otherwise only its presence and size are checked.

    Returns
    -------
    Notices
        Errors for damaged versions, a warning for each damaged result, information about leftovers.

    Raises
    ------
    FormatError
        If a newer megaregion wrote one of the versions.
    """
    notices = Notices()
    users: dict[str, tuple[Entry, list[str]]] = {}
    for number in store.versions():
        file = _relative(store, store.snapshot_file(number))
        try:
            found = store.snapshot(number)
        except DamageError as problem:
            notices.add("store_snapshot_damaged", str(problem), file=file)
            continue
        for name, entry in found.tables.items():
            users.setdefault(entry.sha256, (entry, []))[1].append(f"table {name!r} of version {number}")
    for key in results.keys(store):
        try:
            kept = results.entry(store, key)
        except (DamageError, InputError) as problem:
            notices.add("store_result_damaged", str(problem), file=f"results/{key}.json")
            continue
        if kept is not None:
            users.setdefault(kept.sha256, (kept, []))[1].append(f"result {key}")
    for entry, names in users.values():
        _check_object(store, entry, names, notices, deep=deep)
    for path, kind in _loose(store, set(users)):
        code = "store_leftover" if kind == "temporary" else "store_unreferenced"
        notices.add(code, "no version and no result refers to it.", file=_relative(store, path))
    return notices


def _check_object(store: Store, entry: Entry, names: list[str], notices: Notices, *, deep: bool) -> None:
    file = objects.file_of(store, entry.sha256)
    what = f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
    # a result can be computed again, a version cannot
    of_version = any(name.startswith("table") for name in names)
    code = "store_object_damaged" if of_version else "store_result_damaged"
    place = _relative(store, file)
    try:
        with durable.explained("read", file):
            size = store.disk.state(file).size
        if size != entry.bytes:
            notices.add(code, f"{what}: found {size:,} bytes, expected {entry.bytes:,}.", file=place)
        elif deep:
            data = objects.get(store, entry, what=what)
            found = parquet.identity(data, where=place)
            if found != (entry.rows, entry.content, entry.schema):
                notices.add(
                    code,
                    f"{what}: found {found[0]:,} rows or contents other than the {entry.rows:,} listed.",
                    file=place,
                )
    except FileNotFoundError:
        notices.add("store_object_missing" if of_version else code, f"{what}: the file is missing.", file=place)
    except StorageError as problem:
        notices.add(code, str(problem), file=place)


def gc(
    store: Store,
    *,
    dry_run: bool = True,
    keep_versions: int | None = None,
    min_age_s: float = MIN_AGE_S,
    keep_results: bool = True,
) -> pd.DataFrame:
    """
    Remove what no version and no result needs, or list it.

    Parameters
    ----------
    store
        Region folder.
    dry_run
        Only list what would go.
    keep_versions
        Newest versions to keep; all by default. A version that somebody reads is kept.
    min_age_s
        Files younger than this are spared, seconds.
    keep_results
        Keep all results; otherwise those older than `min_age_s` go.

    Returns
    -------
    pandas.DataFrame
        One row a file: action (remove, keep), kind (snapshot, result, object, temporary), path in the folder, bytes,
        age_s, why.

    Raises
    ------
    ConflictError
        If writers never pause.
    DamageError
        If a version or a result cannot be read: what it needs is unknown, so nothing is removed.
    InputError
        If `keep_versions` is below 1.
    """
    if keep_versions is not None and keep_versions < 1:
        msg = (
            f"keep_versions is {keep_versions}; expected at least 1, or None for all. The newest version always stays."
        )
        raise InputError(msg)
    with ExitStack() as stack:
        with durable.explained("lock", store.path):
            if dry_run:
                # others may write meanwhile, but not remove
                stack.enter_context(store.writing())
                held = True
            else:
                held = stack.enter_context(store.alone(within_s=WAIT_S))
            if not held:
                msg = (
                    f"{store.path}: others wrote to the region for {WAIT_S:g} s; nothing was removed. Try again later."
                )
                raise ConflictError(msg)
        with durable.explained("read", store.path):
            items = _plan(store, stack, keep_versions, min_age_s, keep_results=keep_results)
        if not dry_run:
            _remove(store, items)
    return pd.DataFrame([asdict(item) for item in items], columns=_COLUMNS)


def _plan(
    store: Store, stack: ExitStack, keep_versions: int | None, min_age_s: float, *, keep_results: bool
) -> list[Item]:
    """List what goes; versions that go stay locked against readers until the stack is closed."""
    now = time.time()
    items: list[Item] = []
    needed: set[str] = set()

    def judge(kind: Kind, path: Path, why: str, *, held: str = "", ages: bool = True) -> bool:
        try:
            state = store.disk.state(path)
        except FileNotFoundError:
            # a temporary file whose writer has finished
            return False
        young = ages and now - state.changed_s < min_age_s
        keep = held or (f"younger than {min_age_s:g} s" if young else "")
        action: Literal["remove", "keep"] = "keep" if keep else "remove"
        items.append(
            Item(
                action=action,
                kind=kind,
                path=_relative(store, path),
                bytes=state.size,
                age_s=round(now - state.changed_s, 1),
                why=keep or why,
            )
        )
        return action == "remove"

    numbers = store.versions()
    surplus = set() if keep_versions is None else set(numbers[:-keep_versions])
    for number in numbers:
        file = store.snapshot_file(number)
        goes = number in surplus and judge(
            "snapshot",
            file,
            f"older than the newest {keep_versions}",
            held="" if _unread(store, file, stack) else "somebody reads this version",
            ages=False,
        )
        if not goes:
            needed |= {entry.sha256 for entry in store.snapshot(number).tables.values()}
    for key in results.keys(store):
        file = store.path / "results" / f"{key}.json"
        entry = results.entry(store, key)
        goes = not keep_results and judge("result", file, "results are dropped")
        if entry is not None and not goes:
            needed.add(entry.sha256)
    for path, kind in _loose(store, needed):
        why = "left by an interrupted write" if kind == "temporary" else "no version and no result refers to it"
        judge(kind, path, why)
    return items


def _unread(store: Store, file: Path, stack: ExitStack) -> bool:
    descriptor = store.disk.open_to_lock(file, create=False)
    stack.callback(durable.release, store.disk, descriptor)
    return durable.try_lock(store.disk, descriptor)


def _remove(store: Store, items: list[Item]) -> None:
    order = ("snapshot", "result", "object", "temporary")
    for kind in order:
        folders: set[Path] = set()
        for item in items:
            if item.kind == kind and item.action == "remove":
                path = store.path / item.path
                with durable.explained("remove", path):
                    store.disk.remove(path)
                folders.add(path.parent)
        # what refers to an object must be gone for good before the object goes
        for folder in sorted(folders):
            with durable.explained("remove", folder):
                store.disk.sync_folder(folder)


def _loose(store: Store, needed: set[str]) -> list[tuple[Path, Literal["object", "temporary"]]]:
    """Objects that are not among those needed, and temporary files."""
    found: list[tuple[Path, Literal["object", "temporary"]]] = []
    for folder in (store.path / "objects" / part for part in _names(store, store.path / "objects")):
        found += [(folder / name, "object") for name in _names(store, folder) if name.partition(".")[0] not in needed]
    temporary = store.path / "tmp"
    found += [
        (temporary / name, "temporary") for name in _names(store, temporary) if name.startswith(durable.TEMPORARY)
    ]
    return found


def _names(store: Store, folder: Path) -> list[str]:
    try:
        with durable.explained("read", folder):
            return store.disk.names(folder)
    except FileNotFoundError:
        return []


def _relative(store: Store, path: Path) -> str:
    return path.relative_to(store.path).as_posix()
