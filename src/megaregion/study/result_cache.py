"""
Results kept between runs, in the region folder or, for a region that lies in none, in the user's cache.

`MEGAREGION_CACHE` names another folder for the latter; `off` keeps nothing there.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from megaregion.errors import MegaregionError
from megaregion.region import results
from megaregion.region.lazy import LazyTables, Overlay
from megaregion.region.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region

SETTING = "MEGAREGION_CACHE"

MOST_KEPT = 4_000
"""Results in the user's cache from which on old ones go: those of older programs are never asked for again."""

TIDIED_EACH = 200
"""Above that, old ones are looked for each time as many came: it reads every one, seconds where there are thousands."""

SPARED_S = 86_400.0
"""Results younger than this stay, s."""


def store_of(region: Region) -> Store | None:
    """Folder that results of a region are kept in; None = nowhere."""
    tables = region.tables.base if isinstance(region.tables, Overlay) else region.tables
    with suppress(MegaregionError):
        if isinstance(tables, LazyTables) and isinstance(tables.home, Path):
            return Store.open(tables.home)
        folder = user_cache()
        if folder is not None:
            return Store.open(folder) if (folder / "megaregion.json").exists() else _create(folder)
    return None


def user_cache() -> Path | None:
    """Folder of the results of regions that lie in no folder, by the custom of the system; None = switched off."""
    named = os.environ.get(SETTING, "")
    if named == "off":
        return None
    if named:
        return Path(named)
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "megaregion" / "results"


def kept(store: Store | None, key: str) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Table and description kept under a key, or None; what is damaged or cannot be read counts as not kept."""
    if store is None:
        return None
    with suppress(MegaregionError, KeyError, IndexError, json.JSONDecodeError):
        about = results.get(store, _about(key))
        table = results.get(store, key)
        if about is not None and table is not None:
            return table, json.loads(about["json"].iloc[0])
    return None


def keep(store: Store | None, key: str, table: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Keep a table and its description; a folder that cannot be written keeps nothing, and the result stands."""
    if store is None:
        return
    text = json.dumps(about, ensure_ascii=False)
    with suppress(MegaregionError):
        results.put(store, _about(key), pd.DataFrame({"json": pd.Series([text], dtype="str")}))
        results.put(store, key, table)
        # a result and its description come together, so that one of two counts is met
        many = len(results.keys(store)) - MOST_KEPT if store.path == user_cache() else 0
        if many > 0 and many % TIDIED_EACH in {1, 2}:
            store.gc(dry_run=False, keep_results=False, min_age_s=SPARED_S)


def _create(folder: Path) -> Store | None:
    with suppress(MegaregionError, OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Store.create(folder, name="results")
    return None


def _about(key: str) -> str:
    return f"{key}-about"
