"""A station that an edit brings with it, and rows appended to tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.schema import conform
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from megaregion.notices import Notices
    from megaregion.region.model import Region

FAR_M = 500_000.0
"""No project reaches as far from every station that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStation:
    """
    A station that a line brings with it.

    Attributes
    ----------
    name
        Name in the local language.
    lon, lat
        Position, degrees, WGS84.
    city_id
        City that it belongs to.
    stop_id
        Key; blank = "new:" and the name.
    name_en
        Name in English.
    change_time_s
        Change time, seconds; blank = that of the timetable.
    wheelchair
        Whether vehicles can be boarded in a wheelchair here; blank = not known.
    """

    name: str
    lon: float
    lat: float
    city_id: str = ""
    stop_id: str = ""
    name_en: str = ""
    change_time_s: int | None = None
    wheelchair: bool | None = None

    def __post_init__(self) -> None:
        check_position(f"station {self.name!r}", self.lon, self.lat)

    @property
    def key(self) -> str:
        """Its key in table `stops`."""
        return self.stop_id or f"new:{self.name}"

    def row(self) -> dict[str, Any]:
        """Fields of its row in table `stops`."""
        row = {"stop_id": self.key, "name": self.name, "lon": self.lon, "lat": self.lat, "kind": "station"}
        optional = {name: getattr(self, name) for name in ("name_en", "city_id", "change_time_s", "wheelchair")}
        return row | {name: value for name, value in optional.items() if value not in {"", None}}


def check_position(what: str, lon: float, lat: float) -> None:
    """
    Refuse a position that lies nowhere on earth.

    Raises
    ------
    InputError
        If longitude or latitude is no number of degrees.
    """
    for field, value, limit in (("lon", lon, 180), ("lat", lat, 90)):
        if not abs(value) <= limit:  # also catches NaN
            msg = f"{what}: field {field!r} is {value!r}; expected degrees from -{limit} to {limit}."
            raise InputError(msg)


def stop_key(stop: str | NewStation) -> str:
    """Key in table `stops` of a stop that is there or comes with the edit."""
    return stop if isinstance(stop, str) else stop.key


def new_stations(stops: Iterable[str | NewStation]) -> list[NewStation]:
    """List the stations among some stops that come with the edit, each once."""
    return list(dict.fromkeys(each for each in stops if isinstance(each, NewStation)))


def report_far(region: Region, stops: Iterable[str | NewStation], notices: Notices) -> None:
    """Report new stations that lie far from all stops of a region."""
    lon, lat = (region.table("stops")[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
    for each in new_stations(stops):
        apart_m = great_circle_m(lon, lat, each.lon, each.lat)
        if np.isfinite(apart_m).any() and np.nanmin(apart_m) > FAR_M:
            message = (
                f"station '{each.key}' at {each.lon:g}, {each.lat:g} lies {np.nanmin(apart_m) / 1000:,.0f} km from the "
                "nearest stop of the region."
            )
            notices.add("station_far_away", message, field="stops", value=each.key)


def positions(region: Region, stops: Iterable[str | NewStation]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of stops, degrees, by key; NaN where not known, and stops that are not there left out."""
    wanted = [*stops]
    table = region.table("stops")
    table = table[table["stop_id"].isin([each for each in wanted if isinstance(each, str)])]
    known = {str(key): (lon, lat) for key, lon, lat in zip(table["stop_id"], table["lon"], table["lat"], strict=True)}
    return known | {each.key: (each.lon, each.lat) for each in new_stations(wanted)}


def append_rows(region: Region, name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Append rows at the end of a table of a region."""
    old, new = region.table(name), conform(name, pd.DataFrame(rows))
    return pd.concat([old, new], ignore_index=True) if len(old) else new
