"""Pairs of places with what flows between them: tables of origins by destinations, or one row a pair, made one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

COLUMNS = ("from_id", "to_id", "flow")
"""Columns of flows with one row a pair."""
NAMED = 5
"""Pairs or places that a message names."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """
    Ordered pairs, by origin and then by destination.

    Attributes
    ----------
    origin_ids, destination_ids
        Places.
    origin, destination
        (n,) int32 positions in them.
    flow
        (n,) float64; NaN = not known.
    wide
        Whether they were given as a table of origins by destinations.
    order
        (n,) where each pair stood in what was given, row by row.
    """

    origin_ids: tuple[str, ...]
    destination_ids: tuple[str, ...]
    origin: I32
    destination: I32
    flow: F64
    wide: bool
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.flow)

    @property
    def own(self) -> NDArray[np.bool_]:
        """(n,) whether a pair is a place and itself."""
        position = {place: index for index, place in enumerate(self.destination_ids)}
        same = np.array([position.get(place, -1) for place in self.origin_ids], dtype=np.int64)
        return np.asarray(same[self.origin] == self.destination)

    def take(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Keep some pairs; the places stay."""
        parts = (self.origin[chosen], self.destination[chosen], self.flow[chosen])
        return Pairs(self.origin_ids, self.destination_ids, *parts, self.wide, self.order[chosen])

    def name(self, index: int) -> str:
        """Write a pair as `from to to`."""
        return f"{self.origin_ids[self.origin[index]]!r} to {self.destination_ids[self.destination[index]]!r}"

    def names(self, which: NDArray[np.bool_]) -> str:
        """Write the first few of some pairs."""
        rows = np.flatnonzero(which)
        more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
        return ", ".join(self.name(int(row)) for row in rows[:NAMED]) + more

    def column(self, values: Any, name: str) -> NDArray[Any]:
        """
        Bring values that were given in the form of the flows into the order of the pairs.

        A labelled table is laid out by its labels, whatever their order.

        Raises
        ------
        InputError
            If the shape is another, or labels are missing.
        """
        shape = (len(self.origin_ids), len(self.destination_ids)) if self.wide else (len(self),)
        if self.wide and isinstance(values, pd.DataFrame):
            values = self._laid_out(values, name)
        array = np.asarray(values)
        if array.shape != shape:
            expected = "origins by destinations, as the flows" if self.wide else "one value for each row of the flows"
            msg = f"{name} has shape {array.shape}; expected {shape}: {expected}."
            raise InputError(msg)
        return np.asarray(array.reshape(-1)[self.order])

    def _laid_out(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        unlabelled = isinstance(table.index, pd.RangeIndex) and isinstance(table.columns, pd.RangeIndex)
        if unlabelled:
            return table
        table = table.set_axis(table.index.astype("str"), axis=0).set_axis(table.columns.astype("str"), axis=1)
        for axis, ids, what in ((table.index, self.origin_ids, "origins"), (table.columns, self.destination_ids, "")):
            missing = [place for place in ids if place not in axis]
            if missing:
                msg = (
                    f"{name} lacks {what or 'destinations'} of the flows: {_few(missing)}; it has {_few(list(axis))}. "
                    "Give both the same ids, as text: '0012' is not '12'."
                )
                raise InputError(msg)
        return table.loc[list(self.origin_ids), list(self.destination_ids)]


def read_pairs(flows: Any) -> Pairs:
    """
    Read flows.

    Parameters
    ----------
    flows
        (n_o, n_d) array or frame with ids as labels, or a frame with one row a pair: from_id, to_id, flow. A flow that
        is not known is NaN; one that is known to be none is 0.

    Raises
    ------
    InputError
        If a pair stands twice, or flows are no table.
    """
    if isinstance(flows, pd.DataFrame) and set(COLUMNS) <= set(map(str, flows.columns)):
        return _from_rows(flows)
    table = np.asarray(flows, dtype=np.float64)
    if table.ndim != 2:
        msg = (
            f"flows have {table.ndim} dimensions; expected a table of origins by destinations, or a frame with "
            f"{', '.join(COLUMNS)}."
        )
        raise InputError(msg)
    n_o, n_d = table.shape
    named = isinstance(flows, pd.DataFrame)
    origin_ids = tuple(map(str, flows.index if named else range(n_o)))
    destination_ids = tuple(map(str, flows.columns if named else range(n_d)))
    for places, what in ((origin_ids, "origins"), (destination_ids, "destinations")):
        twice = pd.Index(places)[pd.Index(places).duplicated()].tolist()
        if twice:
            msg = f"flows have {what} twice: {_few(twice)}; expected each once. Add their flows up or rename one."
            raise InputError(msg)
    origin = np.repeat(np.arange(n_o, dtype=np.int32), n_d)
    destination = np.tile(np.arange(n_d, dtype=np.int32), n_o)
    order = np.arange(n_o * n_d)
    return Pairs(origin_ids, destination_ids, origin, destination, table.reshape(-1), wide=True, order=order)


def _from_rows(rows: pd.DataFrame) -> Pairs:
    codes, ids = [], []
    for name in COLUMNS[:2]:
        # ids by their text, so that the result does not hang on the order of the rows
        code, found = pd.factorize(rows[name].astype("str"), sort=True)
        codes.append(code.astype(np.int32))
        ids.append(tuple(map(str, found)))
    key = codes[0].astype(np.int64) * len(ids[1]) + codes[1]
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(key[order]) == 0)
    if len(same):
        notices = Notices()
        for index in same:
            first, again = (int(order[index + step]) for step in (0, 1))
            names = f"{ids[0][codes[0][first]]!r} to {ids[1][codes[1][first]]!r}"
            notices.add(
                "duplicate_key",
                f"the pair {names} stands in row {first + 1} and again in row {again + 1}; expected each pair once.",
            )
        notices.raise_errors("flows")
    flow = rows["flow"].to_numpy(np.float64)
    return Pairs(ids[0], ids[1], codes[0][order], codes[1][order], flow[order], wide=False, order=order)


def _few(names: list[str]) -> str:
    return ", ".join(map(repr, names[:NAMED])) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
