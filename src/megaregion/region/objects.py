"""Objects of a region folder: files that are named by the hash of their bytes and never change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from megaregion.errors import DamageError
from megaregion.region import durable, parquet

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.region.snapshot import Entry
    from megaregion.region.store import Store

_ADVICE = "Restore the file from a backup, import the data again, or read an older version (see the log)."


def file_of(store: Store, sha256: str) -> Path:
    """Where an object lies."""
    return store.path / "objects" / sha256[:2] / f"{sha256}.parquet"


def has(store: Store, entry: Entry) -> bool:
    """Whether an object lies there and has its size; its bytes are not read."""
    file = file_of(store, entry.sha256)
    try:
        with durable.explained("read", file):
            return store.disk.state(file).size == entry.bytes
    except FileNotFoundError:
        return False


def put(store: Store, encoded: parquet.Encoded, *, what: str) -> None:
    """
    Store an object durably and verified, unless an intact one lies there.

    Raises
    ------
    DamageError
        If what was written does not read back as it was.
    StorageError
        If the disk refuses.
    """
    target = file_of(store, encoded.sha256)
    try:
        with durable.explained("read", target):
            if hashlib.sha256(store.disk.read(target)).hexdigest() == encoded.sha256:
                # gc spares what is young
                store.disk.touch(target)
                return
    except FileNotFoundError:
        pass
    with durable.written(store.disk, store.path / "tmp", encoded.data) as temporary:
        with durable.explained("verify", temporary):
            back = store.disk.read(temporary)
        same = hashlib.sha256(back).hexdigest() == encoded.sha256
        if not same or parquet.identity(back, where=what) != (encoded.rows, encoded.content, encoded.schema):
            msg = f"{target}: {what} did not read back as it was written. Check the disk; nothing was changed."
            raise DamageError(msg)
        durable.publish_over(store.disk, temporary, target, size=len(encoded.data))


def get(store: Store, entry: Entry, *, what: str) -> bytes:
    """
    Bytes of an object, verified.

    Raises
    ------
    DamageError
        If it is missing, or not what was written.
    """
    file = file_of(store, entry.sha256)
    try:
        with durable.explained("read", file):
            data = store.disk.read(file)
    except FileNotFoundError as problem:
        msg = f"{file}: {what} is missing from the region folder. {_ADVICE}"
        raise DamageError(msg) from problem
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        msg = (
            f"{file}: {what} is damaged: {len(data):,} bytes with SHA-256 {found[:12]}..., "
            f"expected {entry.bytes:,} bytes with {entry.sha256[:12]}... {_ADVICE}"
        )
        raise DamageError(msg)
    return data
