"""Results kept in a region folder, each under a key that names everything it was computed from."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from megaregion.errors import ConflictError, DamageError, InputError
from megaregion.region import durable, objects, parquet, snapshot
from megaregion.region.snapshot import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from megaregion.region.store import Store

_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")


def result_key(
    *, region: str, scenario: str, measure: str, parameters: Mapping[str, Any], software: Mapping[str, str]
) -> str:
    """
    Key of a result: SHA-256 of everything it was computed from.

    Parameters
    ----------
    region
        Content of the region, `Store.content_id`.
    scenario, measure
        Id of the scenario and name of the measure.
    parameters, software
        Options of the measure and versions of the programs; their order does not matter.

    Examples
    --------
    >>> parts = dict(region="ab", scenario="", measure="travel_time", software={"megaregion": "0.1.0"})
    >>> result_key(parameters={"a": 1, "b": 2}, **parts) == result_key(parameters={"b": 2, "a": 1}, **parts)
    True
    """
    parts = {"region": region, "scenario": scenario, "measure": measure, "parameters": parameters, "software": software}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def put(store: Store, key: str, frame: pd.DataFrame) -> None:
    """
    Keep a result.

    Parameters
    ----------
    store
        Region folder.
    key
        Names everything that the result was computed from, see `result_key`.
    frame
        Rows numbered from 0, columns as in a table of a region.

    Raises
    ------
    ConflictError
        If an intact result with other contents lies under the key: the key does not name all inputs.
    InputError
        If key or frame cannot be stored.
    StorageError
        If the disk refuses.
    """
    file = _file(store, key)
    encoded = parquet.encode(frame, what=f"result {key}", geometry=["geometry"])
    with ExitStack() as stack:
        with durable.explained("lock", store.path):
            stack.enter_context(store.writing())
        known = entry(store, key)
        if known is not None and known.content != encoded.content:
            msg = (
                f"{file}: another result ({known.rows} rows) lies under this key; found one of {encoded.rows} rows. "
                "The same inputs must give the same result: name all of them in the key."
            )
            raise ConflictError(msg)
        objects.put(store, encoded, what=f"result {key}")
        if known == Entry.of(encoded):
            return
        data = snapshot.seal({"format": snapshot.FORMAT, "key": key, "object": asdict(Entry.of(encoded))})
        with durable.written(store.disk, store.path / "tmp", data) as temporary:
            durable.publish_over(store.disk, temporary, file, size=len(data))


def get(store: Store, key: str) -> pd.DataFrame | None:
    """
    Give the result kept under a key, verified, or None.

    Raises
    ------
    DamageError
        If it is missing or damaged.
    """
    known = entry(store, key)
    if known is None:
        return None
    data = objects.get(store, known, what=f"result {key}")
    return parquet.decode(data, where=str(objects.file_of(store, known.sha256)))


def entry(store: Store, key: str) -> Entry | None:
    """
    Where a result lies, or None.

    Raises
    ------
    DamageError
        If its pointer was edited or damaged.
    """
    file = _file(store, key)
    try:
        with durable.explained("read", file):
            data = store.disk.read(file)
    except FileNotFoundError:
        return None
    contents = snapshot.unseal(data, where=str(file))
    try:
        return Entry.read(contents["object"])
    except (KeyError, TypeError, ValueError) as problem:
        msg = f"{file}: not a result that megaregion wrote: {problem}. Remove the file and compute the result again."
        raise DamageError(msg) from problem


def keys(store: Store) -> list[str]:
    """Keys of all results, sorted."""
    folder = store.path / "results"
    try:
        with durable.explained("read", folder):
            names = store.disk.names(folder)
    except FileNotFoundError:
        return []
    return [name.removesuffix(".json") for name in names if name.endswith(".json")]


def _file(store: Store, key: str) -> Path:
    if not _KEY.fullmatch(key):
        msg = f"result key {key!r}: expected 8 to 128 letters, digits, - or _. Use result_key()."
        raise InputError(msg)
    return store.path / "results" / f"{key}.json"
