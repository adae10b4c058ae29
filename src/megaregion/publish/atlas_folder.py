"""The folder of an atlas on disk: whether it may be replaced, and how it is replaced without losing what was there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from megaregion.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASSETS = ("index.html", "atlas.js", "atlas.css", "THIRD_PARTY.txt")

DATA = "data.js"

MARKER = "data/provenance.json"
"""A folder that holds this file, written by us, is an atlas; the file lists what belongs to it."""

KIND = "megaregion atlas"

LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that file managers leave in any folder they show; no reason to keep it."""

NAMED = 5
"""Files that a refusal names; more are counted."""


def check_folder(folder: str | Path, *, overwrite: bool) -> Path:
    """
    Check that an atlas may be written to a folder; nothing is changed.

    Parameters
    ----------
    folder, overwrite
        As `write_atlas`.

    Returns
    -------
    The folder, without `..` at its end.

    Raises
    ------
    InputError
        If it is the working directory or holds it, or the root of a disk; if it is there and not an atlas, or one with
        files that are not its own, or one and `overwrite` is false.
    StorageError
        If it cannot be read.
    """
    target = Path(folder)
    with _disk(target):
        target = _check_place(target)
        aside = _aside(target)
        if os.path.lexists(aside):
            _check_replaceable(aside)
        interrupted = not os.path.lexists(target) and is_atlas(aside)
        if os.path.lexists(target):
            _check_replaceable(target)
        if not overwrite and (interrupted or is_atlas(target)):
            msg = (
                f"atlas folder '{target}' holds an atlas already; pass overwrite=True to replace it, or choose another."
            )
            raise InputError(msg)
    return target


def recover(target: Path) -> None:
    """Finish what a killed run left: put the old atlas back if there is no new one, else delete it."""
    aside = _aside(target)
    with _disk(target):
        if not os.path.lexists(aside):
            return
        if is_atlas(aside) and not os.path.lexists(target):
            os.replace(aside, target)  # noqa: PTH105
        else:
            _delete(aside)


def replace_folder(target: Path, contents: Mapping[str, bytes], *, overwrite: bool) -> None:
    """
    Write the files of an atlas, in the place of an older one if there is one; `write_atlas` says what is promised.

    Parameters
    ----------
    target
        Folder that `check_folder` gave.
    contents
        Contents of the files by path in the folder.
    overwrite
        As `write_atlas`; computing took its time, so the folder is checked again.
    """
    with _disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-new-", dir=target.parent) as workplace:
            fresh = Path(workplace) / target.name
            for name, content in contents.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            check_folder(target, overwrite=overwrite)
            _swap(fresh, target)


def is_atlas(folder: Path) -> bool:
    """Tell whether a folder was written by `write_atlas`."""
    return _read_marker(folder) is not None


def _read_marker(folder: Path) -> dict[str, Any] | None:
    try:
        known = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("kind") == KIND else None


def _check_place(target: Path) -> Path:
    whole = target.name in {"", ".."}
    place = target.resolve() if whole else target.parent.resolve() / target.name
    here = Path.cwd().resolve()
    if os.path.ismount(place):
        what = "is the root of a disk"
    elif place == here:
        what = "is the working directory"
    elif place in here.parents:
        what = "holds the working directory"
    else:
        return place if whole else target
    msg = (
        f"atlas folder '{target}' {what}; expected a folder that can be moved into place as a whole. "
        "Give the name of a folder inside it, for example 'atlas', or work from another folder; nothing was changed."
    )
    raise InputError(msg)


def _check_replaceable(folder: Path) -> None:
    """Refuse a folder that holds anything but an atlas; an empty one will do."""
    if folder.is_dir() and not folder.is_symlink():
        if not _others(folder, own=frozenset()):
            return
        strangers = _strangers(folder)
        if strangers is not None and not strangers:
            return
        if strangers:
            more = f" and {len(strangers) - NAMED} more" if len(strangers) > NAMED else ""
            msg = (
                f"atlas folder '{folder}' holds what is not the atlas's own: {', '.join(strangers[:NAMED])}{more}; "
                "a new atlas would delete it. Move it elsewhere or choose another folder; nothing was changed."
            )
            raise InputError(msg)
    msg = (
        f"atlas folder '{folder}' exists and is not an atlas; expected a new name, an empty folder or an atlas. "
        "Choose another folder; nothing was changed."
    )
    raise InputError(msg)


def _strangers(folder: Path) -> list[str] | None:
    """List what an atlas folder holds besides the atlas; None if it is no atlas."""
    known = _read_marker(folder)
    if known is None:
        return None
    listed = known.get("files")
    entries = listed if isinstance(listed, list) else []
    own = {*ASSETS, DATA, MARKER, *(str(entry.get("path")) for entry in entries if isinstance(entry, dict))}
    return _others(folder, own=frozenset(own))


def _others(folder: Path, *, own: frozenset[str]) -> list[str]:
    """List what is neither among `own` nor leads to one of them, as paths in the folder; of a folder, only its name."""
    leading = {".", *(str(parent) for name in own for parent in PurePosixPath(name).parents)}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_folder = path.is_dir() and not path.is_symlink()
        expected = name in leading if is_folder else name in own or path.name in LITTER
        if not expected and str(PurePosixPath(name).parent) in leading:
            found.append(f"{name}/" if is_folder else name)
    return found


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}-old")


def _swap(fresh: Path, target: Path) -> None:
    """Rename the old atlas aside and the new one to the target; whatever stops this, put the old one back."""
    aside = _aside(target)
    if not os.path.lexists(target):
        os.replace(fresh, target)  # noqa: PTH105
        return
    os.replace(target, aside)  # noqa: PTH105
    try:
        os.replace(fresh, target)  # noqa: PTH105
    except BaseException as problem:
        try:
            os.replace(aside, target)  # noqa: PTH105
        except OSError as second:
            msg = (
                f"atlas folder '{target}': {problem}; then the old atlas could not be put back: {second}. "
                f"It is whole in '{aside}'; rename that to '{target.name}', or write the atlas again."
            )
            raise StorageError(msg) from problem
        raise
    with suppress(OSError):  # the new atlas stands; the next run deletes what is left of the old one
        _delete(aside)


def _delete(folder: Path) -> None:
    # the marker goes last, so that a folder half deleted still says what it was
    for path in sorted(folder.rglob("*")):
        if path != folder / MARKER and not path.is_dir():
            path.unlink()
    shutil.rmtree(folder)


@contextmanager
def _disk(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        msg = f"atlas folder '{target}': {problem.strerror or problem}; free some space or choose another folder."
        raise StorageError(msg) from problem
