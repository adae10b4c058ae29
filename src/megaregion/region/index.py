"""Text ids to int32 indexes and back: the only place that translates between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Index:
    """
    Immutable two-way map between text ids and positions 0 .. n-1.

    Parameters
    ----------
    ids
        Unique ids in the order of their positions.
    what
        What the ids name, for messages: "stop", "trip", ...
    """

    __slots__ = ("_positions", "what")

    def __init__(self, ids: Iterable[str], what: str) -> None:
        self._positions = pd.Index(list(ids), dtype="str")
        self.what = what
        if not self._positions.is_unique:
            twice = self._positions[self._positions.duplicated()][0]
            msg = f"{what} id {twice!r} stands twice; ids must be unique."
            raise InputError(msg)

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions.tolist())

    def __contains__(self, key: object) -> bool:
        return key in self._positions

    def __getitem__(self, position: int) -> str:
        return str(self._positions[position])

    def ids(self, positions: NDArray[np.int32] | None = None) -> pd.Index[str]:
        """Ids at the given positions, or all."""
        return self._positions if positions is None else self._positions[positions]

    def positions(self, ids: Iterable[str]) -> NDArray[np.int32]:
        """
        Positions of many ids.

        Returns
        -------
        (n,) int32.

        Raises
        ------
        InputError
            If an id is not known; the closest one is suggested.
        """
        wanted = pd.Index(ids if isinstance(ids, pd.Index | pd.Series) else list(ids), dtype="str")
        found = self._positions.get_indexer(wanted)
        if (found < 0).any():
            unknown = str(wanted[found < 0][0])
            hint = suggest(unknown, self._positions.tolist())
            msg = f"{self.what} {unknown!r} is not among the {len(self)} known.{hint}"
            raise InputError(msg)
        return found.astype(np.int32)

    def position(self, key: str) -> int:
        """Position of one id."""
        return int(self.positions([key])[0])
