"""What places do in each sector: a table of places by sectors, checked and labelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

ROUNDING = 1e-12
"""What sums in another order differ by, relative."""


@dataclass(frozen=True, slots=True)
class SectorTable:
    """
    Places by sectors.

    Attributes
    ----------
    places, sectors
        Labels.
    amounts
        (n_places, n_sectors) float64, any one unit, at least 0; no row and no column is all 0.
    """

    places: tuple[str, ...]
    sectors: tuple[str, ...]
    amounts: F64 = field(repr=False)

    @property
    def shares(self) -> F64:
        """(n_places, n_sectors) share of each sector in its place; rows add up to 1."""
        return np.asarray(self.amounts / self.amounts.sum(axis=1, keepdims=True))

    @property
    def specialised(self) -> NDArray[np.bool_]:
        """(n_places, n_sectors) whether the share of a sector is at least that of all places together."""
        return reaches(self.quotients, 1.0)

    @property
    def quotients(self) -> F64:
        """(n_places, n_sectors) share of a sector in its place over its share in all places together."""
        whole = self.amounts.sum(axis=0) / self.amounts.sum()
        return np.asarray(self.shares / whole)

    def frame(self, values: NDArray[Any]) -> pd.DataFrame:
        """Label values in the shape of the table."""
        return pd.DataFrame(values, index=pd.Index(self.places, name="place"), columns=list(self.sectors))

    def pairs(self, values: NDArray[Any]) -> pd.DataFrame:
        """Label values of places by places."""
        return pd.DataFrame(values, index=pd.Index(self.places, name="place"), columns=list(self.places))


def reaches(quotients: F64, threshold: float) -> NDArray[np.bool_]:
    """
    Tell which quotients reach a threshold, whatever binary fractions leave of those that just do.

    Parameters
    ----------
    quotients
        Any shape.
    threshold
        Least quotient.
    """
    return np.asarray(quotients >= threshold * (1.0 - ROUNDING))


def read_sector_table(table: Any, *, least_places: int = 2) -> SectorTable:
    """
    Read a table of places by sectors.

    Parameters
    ----------
    table
        (n_places, n_sectors) array, or frame with places as index and sectors as columns; output, jobs, firms or
        exports, in one unit.
    least_places
        Fewer are refused.

    Raises
    ------
    InputError
        If it is no such table, a value is missing, negative or infinite, or a place or a sector has nothing at all;
        each is named.
    """
    array = np.asarray(table, dtype=np.float64)
    if array.ndim != 2:
        msg = f"the table of sectors has {array.ndim} dimensions; expected places by sectors."
        raise InputError(msg)
    places, sectors = (tuple(map(str, range(size))) for size in array.shape)
    if isinstance(table, pd.DataFrame):
        places, sectors = (tuple(map(str, labels)) for labels in (table.index, table.columns))
    if len(places) < least_places or len(sectors) < 2:
        msg = (
            f"the table of sectors has {len(places)} places and {len(sectors)} sectors; expected at least "
            f"{least_places} places and 2 sectors: specialisation compares."
        )
        raise InputError(msg)
    notices = Notices()
    for labels, what in ((places, "place"), (sectors, "sector")):
        for twice in pd.Index(labels)[pd.Index(labels).duplicated()].unique():
            notices.add("duplicate_key", f"{what} {twice!r} stands twice; expected each once.", value=twice)
    wrong = ~np.isfinite(array) | (array < 0)
    for row, column in np.argwhere(wrong):
        message = (
            f"sector {sectors[column]!r} of place {places[row]!r} is {array[row, column]:g}; expected a number of at "
            "least 0."
        )
        notices.add("sector_value_wrong", message, field=sectors[column], value=array[row, column])
    # what is wrong was said, and adds nothing to what is there
    held = np.where(wrong, 1.0, array)
    for row in np.flatnonzero(held.sum(axis=1) == 0):
        message = f"place {places[row]!r} has nothing in any sector, so it has no shares."
        notices.add("sector_place_empty", message, value=places[row])
    for column in np.flatnonzero(held.sum(axis=0) == 0):
        message = f"sector {sectors[column]!r} has nothing in any place, so no place has a share of it."
        notices.add("sector_empty", message, value=sectors[column])
    notices.raise_errors("table of sectors")
    return SectorTable(places, sectors, array)
