"""What every reader returns: tables and what was found about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from megaregion.notices import Notices
from megaregion.region import schema as schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Result of reading one source; it holds no errors, those were raised.

    Attributes
    ----------
    tables
        Conformed frames by table name.
    notices
        Warnings and information about the data.
    """

    tables: Mapping[str, pd.DataFrame]
    notices: Notices = field(default_factory=Notices)

    def into(self, region: Region, *, replace_feeds: bool = True) -> Region:
        """
        Merge the tables into a region.

        Rows with the same key are replaced; with `replace_feeds`, rows of the same `feed_id` (and the stop times
        and frequencies of its trips) go first, so that importing a feed again leaves nothing of the old one. Stops of
        its namespace that it no longer has go too, unless something that stays refers to them; the stations of the
        namespace `rail` belong to all rail timetables and stay. A street network replaces the one that was there:
        pieces of the same street are cut differently in another extract.
        """
        merged: dict[str, pd.DataFrame] = {}
        feeds = set(self.tables["feeds"]["feed_id"]) if replace_feeds and "feeds" in self.tables else set()
        old_trips = region.table("trips").query("feed_id in @feeds")["trip_id"] if feeds else pd.Series([], dtype="str")
        for name in dict.fromkeys([*self.tables, *(_OF_A_FEED if feeds else ())]):
            new = self.tables.get(name, schemas.schema(name).empty())
            if name in _NETWORK and set(self.tables) >= _NETWORK:
                merged[name] = new
                continue
            old = region.table(name)
            if feeds and "feed_id" in old.columns:
                old = old[~old["feed_id"].isin(feeds)]
            elif feeds and name in {"stop_times", "frequencies"}:
                old = old[~old["trip_id"].isin(old_trips)]
            key = list(schemas.schema(name).key)
            frames = [frame for frame in (old, new) if len(frame)]
            joined = pd.concat(frames, ignore_index=True) if frames else new
            merged[name] = joined.drop_duplicates(key, keep="last", ignore_index=True) if key else joined
        if "stops" in self.tables:
            tables = {name: merged.get(name, region.table(name)) for name in ("stops", *_NAMING_STOPS)}
            gone = _left_over(tables, set(self.tables["stops"]["stop_id"]), feeds - {SHARED_NAMESPACE})
            merged["stops"] = merged["stops"][~gone].reset_index(drop=True)
        return region.with_tables(merged)


SHARED_NAMESPACE = "rail"
"""Stops are `rail:<station name>`, shared by the rail timetables of all years."""

_NETWORK = {"street_nodes", "street_edges"}

_OF_A_FEED = (
    *("routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies", "transfers"),
    "pathways",
)
_NAMING_STOPS = ("stop_times", "transfers", "pathways")


def _left_over(tables: Mapping[str, pd.DataFrame], new: set[str], feeds: set[str]) -> pd.Series:
    """Find stops of these feeds that are not among the new ones and that nothing refers to; (n_stops,) bool."""
    stops = tables["stops"]
    ends = [tables[name][column] for name in ("transfers", "pathways") for column in ("from_stop_id", "to_stop_id")]
    used = new.union(tables["stop_times"]["stop_id"], *ends)
    gone = stops["stop_id"].str.partition(":")[0].isin(feeds) & ~stops["stop_id"].isin(used)
    while True:
        # a station stays as long as one of its platforms does
        needed = gone & stops["stop_id"].isin(stops.loc[~gone, "parent_stop_id"].dropna())
        if not needed.any():
            return gone
        gone &= ~needed
