"""Points that journeys begin and end at: doors, cells of a grid, polygons by a point inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Points:
    """
    Points with ids.

    Attributes
    ----------
    ids
        One id a point, each once.
    lon, lat
        (n_points,) float64, degrees, WGS84; none missing.
    """

    ids: tuple[str, ...]
    lon: F64 = field(repr=False)
    lat: F64 = field(repr=False)

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.lon) == len(self.lat):
            msg = f"{len(self.ids)} ids, {len(self.lon)} longitudes and {len(self.lat)} latitudes; expected one each."
            raise InputError(msg)
        index = pd.Index(self.ids)
        if index.has_duplicates:
            msg = f"point {index[index.duplicated()][0]!r} is listed twice; list each point once."
            raise InputError(msg)
        wrong = np.flatnonzero(~((np.abs(self.lon) <= 180) & (np.abs(self.lat) <= 90)))  # also catches NaN
        if len(wrong):
            at = int(wrong[0])
            msg = (
                f"point {self.ids[at]!r} lies at lon {self.lon[at]}, lat {self.lat[at]}; expected degrees, longitude "
                "-180 to 180 and latitude -90 to 90 (WGS84)."
            )
            raise InputError(msg)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.integer]) -> Points:
        """Give some of the points, in the order asked for."""
        return Points(tuple(self.ids[row] for row in rows), self.lon[rows], self.lat[rows])

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Points:
        """
        Make points of a table with columns id, lon and lat.

        Examples
        --------
        >>> Points.from_table(pd.DataFrame({"id": ["a"], "lon": [121.3], "lat": [31.2]})).ids
        ('a',)
        """
        missing = [name for name in ("id", "lon", "lat") if name not in table]
        if missing:
            msg = (
                f"points have no column {missing[0]!r}; they have {', '.join(map(str, table))}; expected id, lon, lat."
            )
            raise InputError(msg)
        lon, lat = (table[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
        return cls(tuple(table["id"].astype("str")), lon, lat)
