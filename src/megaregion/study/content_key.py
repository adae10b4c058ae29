"""A key that names a question by all it rests on, so that what was computed for it is never taken for another."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion import __version__
from megaregion.notices import Notices

if TYPE_CHECKING:
    from hashlib import _Hash


def question_key(**parts: Any) -> str:
    """
    Key of a question: SHA-256 of everything that is named, and of the program itself.

    Parameters
    ----------
    parts
        Numbers, text, arrays, tables, dataclasses, mappings (in any order), sequences and sets of these, to any depth:
        what holds the same gives the same key. Notices do not count; anything else counts by its pickled bytes.

    Returns
    -------
    64 hexadecimal digits.

    Examples
    --------
    >>> question_key(window=(0, 60), rides=None) == question_key(rides=None, window=(0, 60))
    True
    >>> question_key(seconds=np.arange(3)) == question_key(seconds=np.arange(3.0))
    False
    """
    digest = hashlib.sha256()
    _add(digest, {"megaregion": program_id(), **parts})
    return digest.hexdigest()


@cache
def program_id() -> str:
    """Version of megaregion and a hash of its source: another program may answer otherwise."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    # tables of the program are part of it; those of an example are data, and count as such
    tables = (file for file in root.rglob("*.csv") if root / "examples" not in file.parents)
    for file in sorted((*root.rglob("*.py"), *tables)):
        _mark(digest, file.relative_to(root).as_posix())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"{__version__} {digest.hexdigest()}"


def _add(digest: _Hash, value: Any) -> None:
    """Feed a value and what kind it is, so that two values never run into each other."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.ndarray | pd.DataFrame | pd.Series | pd.Index):
        _add_column(digest, value)
    elif is_dataclass(value) and not isinstance(value, type):
        _mark(digest, "object", type(value).__qualname__)
        for field in fields(value):
            _mark(digest, field.name)
            _add(digest, getattr(value, field.name, None))
    elif isinstance(value, Mapping):
        _mark(digest, "mapping", str(len(value)))
        for key in sorted(value, key=str):
            _mark(digest, str(key))
            _add(digest, value[key])
    elif isinstance(value, AbstractSet):
        _mark(digest, "set", *sorted(map(str, value)))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        _mark(digest, "sequence", str(len(value)))
        for item in value:
            _add(digest, item)
    elif value is None or isinstance(value, str | int | float):
        _mark(digest, type(value).__name__, str(value))
    # findings say how the answer came about and do not change it
    elif not isinstance(value, Notices):
        _mark(digest, type(value).__qualname__)
        digest.update(pickle.dumps(value, protocol=5))


def _add_column(digest: _Hash, value: Any) -> None:
    """Feed an array, a column or a table."""
    if isinstance(value, pd.DataFrame):
        _mark(digest, "table", str(len(value)), *map(str, value.columns))
        for column in value.columns:
            _add_column(digest, value[column])
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        _mark(digest, "array", value.dtype.str, str(value.shape))
        digest.update(value.tobytes())
    elif isinstance(value, np.ndarray):
        _mark(digest, "objects", str(value.shape))
        _add(digest, value.ravel().tolist())
    else:
        _mark(digest, "column", str(value.dtype), str(len(value)))
        digest.update(pd.util.hash_pandas_object(value, index=False).to_numpy().tobytes())


def _mark(digest: _Hash, *words: str) -> None:
    for word in words:
        data = word.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
