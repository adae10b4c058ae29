"""A hash of what a region holds, whatever folder, file format or version number it came with."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from megaregion.region.model import Region


def content_hash(region: Region) -> str:
    """
    Hash all rows of all tables, in their order.

    Tables without rows and the name of the region do not count.

    Returns
    -------
    SHA-256 as 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in sorted(region.tables):
        frame = region.tables[name]
        if frame.empty:
            continue
        columns = sorted(map(str, frame.columns))
        digest.update(json.dumps([name, len(frame), columns], ensure_ascii=False).encode())
        for column in columns:
            digest.update(pd.util.hash_pandas_object(frame[column], index=False).to_numpy().tobytes())
    return digest.hexdigest()
