"""Tables that are read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Origin = TypeVar("Origin")


class LazyTables(Mapping[str, "pd.DataFrame"], Generic[Origin]):
    """
    Read-only tables by name, each read at its first access and kept.

    Parameters
    ----------
    origins
        Where each table lies, by table name.
    home
        What the tables belong to; a store recognises its own by it.
    load
        Reads one table, given its name and where it lies.
    """

    def __init__(
        self, origins: Mapping[str, Origin], home: object, load: Callable[[str, Origin], pd.DataFrame]
    ) -> None:
        self._origins = dict(origins)
        self._load = load
        self._frames: dict[str, pd.DataFrame] = {}
        self.home = home

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = self._load(name, self._origins[name])
        # a view of the reader's own: changing it does not change the region
        return self._frames[name].copy(deep=False)

    def __contains__(self, name: object) -> bool:
        return name in self._origins

    def __iter__(self) -> Iterator[str]:
        return iter(self._origins)

    def __len__(self) -> int:
        return len(self._origins)

    def origin(self, name: str) -> Origin:
        """Where a table lies."""
        return self._origins[name]


class Overlay(Mapping[str, "pd.DataFrame"]):
    """Read-only tables of which some are replaced; the others stay unread until they are asked for."""

    base: Mapping[str, pd.DataFrame]
    replaced: dict[str, pd.DataFrame]

    def __init__(self, base: Mapping[str, pd.DataFrame], replaced: Mapping[str, pd.DataFrame]) -> None:
        self.base = base
        self.replaced = dict(replaced)
        if isinstance(base, Overlay):
            # one layer at most, however many edits follow each other
            self.base = base.base
            self.replaced = {**base.replaced, **replaced}

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.replaced[name].copy(deep=False) if name in self.replaced else self.base[name]

    def __contains__(self, name: object) -> bool:
        return name in self.replaced or name in self.base

    def __iter__(self) -> Iterator[str]:
        yield from self.base
        yield from (name for name in self.replaced if name not in self.base)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def unread(tables: Mapping[str, pd.DataFrame], name: str) -> LazyTables[Any] | None:
    """Lazy tables that still hold the named table as it was, or None if it was replaced or never lay anywhere."""
    if isinstance(tables, Overlay):
        return None if name in tables.replaced else unread(tables.base, name)
    return tables if isinstance(tables, LazyTables) else None
