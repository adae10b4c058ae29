"""The edit that removes trips, and what nothing uses any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from megaregion.mobility.edits.trip_selection import TripSelection
from megaregion.region.edit import Change, Ref, Resolution, edit_kind
from megaregion.region.removal import without

if TYPE_CHECKING:
    from megaregion.region.model import Region


@edit_kind("remove_line")
@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveLine(TripSelection):
    """
    Remove the selected trips, and the routes and sets of days that no trip uses any more.

    Single trips are removed by `trip_ids` or `trip_numbers`. Rows of other tables that refer to what goes, such as
    rules of table `transfers`, go with it.

    Attributes
    ----------
    drop_stations
        Also remove the stops at which no trip calls any more.
    """

    drop_stations: bool = False
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        self.check_selection()

    def resolve(self, region: Region) -> Resolution:
        """Need the routes, numbers and timetables named; later edits can no longer use what goes."""
        trips, gone = region.table("trips"), self.select(region)
        routes, numbers = _only_in(trips["route_id"], gone), _only_in(trips["number"], gone)
        # a route without trips goes too, unless other conditions keep part of it
        named = self.route_ids if set(self.conditions()) == {"route_ids"} else ()
        removes = [
            *(Ref("routes", each) for each in dict.fromkeys([*routes, *named])),
            *(Ref("calendar", each) for each in _only_in(trips["service_id"], gone)),
            *(Ref("trips", each) for each in trips.loc[gone, "trip_id"]),
            *(Ref("trips", each, "number") for each in numbers),
            *(Ref("stops", each) for each in self._orphans(region, trips.loc[gone, "trip_id"])),
        ]
        return Resolution(needs=self.selection_needs(region), removes=tuple(removes))

    def apply(self, region: Region) -> Change:
        """Drop the rows."""
        trips = region.table("trips")
        gone = self.select(region)
        touched = {"routes": 0, "trips": int(gone.sum())}
        if not gone.any():
            return Change(region=region, touched=touched)
        routes, services = _only_in(trips["route_id"], gone), _only_in(trips["service_id"], gone)
        trip_ids = trips.loc[gone, "trip_id"]
        orphans = self._orphans(region, trip_ids)
        changed = region.with_tables(without(region, "trips", set(trip_ids)))
        changed = changed.with_tables(without(changed, "routes", routes))
        for name in ("calendar", "calendar_dates"):
            frame = changed.table(name)
            dropped = frame["service_id"].isin(services)
            if dropped.any():
                changed = changed.with_table(name, frame[~dropped])
        if orphans:
            changed = changed.with_tables(without(changed, "stops", orphans))
        touched |= {"routes": len(routes)} | ({"stations": len(orphans)} if self.drop_stations else {})
        return Change(region=changed, touched=touched)

    def _orphans(self, region: Region, trip_ids: pd.Series[str]) -> list[str]:
        if not self.drop_stations:
            return []
        stop_times = region.table("stop_times")
        orphans = _only_in(stop_times["stop_id"], stop_times["trip_id"].isin(trip_ids))
        stops = region.table("stops")
        # a station stays as long as one of its platforms does
        needed = set(stops.loc[~stops["stop_id"].isin(orphans), "parent_stop_id"].dropna())
        return [each for each in orphans if each not in needed]


def _only_in(values: pd.Series[str], chosen: pd.Series[bool]) -> list[str]:
    """Values that stand in chosen rows and in no others, in order."""
    codes, each = pd.factorize(values)
    elsewhere = np.isin(np.arange(len(each)), codes[~chosen.to_numpy()])
    found = np.unique(codes[chosen.to_numpy() & (codes >= 0)])
    return [str(value) for value in each[found[~elsewhere[found]]]]
