"""Steps from the tables of a region to the arrays of a timetable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from megaregion.mobility.feed_choice import choose_day, choose_feeds
from megaregion.mobility.frequency_draws import repeat
from megaregion.mobility.run_layout import HeadwayIntervals, RunLayout
from megaregion.mobility.service_runs import DAY_S, check_limit, service_runs
from megaregion.mobility.station_paths import StationPaths
from megaregion.mobility.trip_hops import TripHops, read_hops
from megaregion.mobility.trip_transfers import of_some_trips
from megaregion.mobility.vehicles import link_runs
from megaregion.mobility.walks import build_walks
from megaregion.notices import Notices
from megaregion.region.index import Index

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.frequency_draws import Frequencies
    from megaregion.mobility.ground import Ground
    from megaregion.mobility.walks import TransferRules
    from megaregion.region.model import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """
    What a timetable is to hold beside its trips.

    Attributes
    ----------
    rules, max_travel_time_s, streets, wheelchair, bicycle, frequencies
        As for `Timetable.from_region`.
    """

    rules: TransferRules
    max_travel_time_s: int
    streets: Ground | None = None
    wheelchair: bool = False
    bicycle: bool = False
    frequencies: Frequencies = "typical"

    def __post_init__(self) -> None:
        check_limit(self.max_travel_time_s)


def build_parts(
    region: Region,
    wishes: Wishes,
    *,
    date: str | dt.date | None,
    year: int | None,
    feeds: Sequence[str] | None,
) -> dict[str, Any]:
    """
    Build the fields of a `Timetable` from the tables of a region.

    Raises
    ------
    InputError
        As `Timetable.from_region`.
    """
    notices = Notices()
    chosen = choose_feeds(region, date, year, feeds)
    trips = region.table("trips")
    trips = trips[trips["feed_id"].isin(chosen["feed_id"])]
    day = choose_day(region, chosen, trips, date, notices)
    trips = _carried(trips, wishes, notices).reset_index(drop=True)
    hops, stop_ids = read_hops(region.table("stop_times"), trips["trip_id"])
    stops = _stop_table(region, stop_ids, hops, trips, chosen)
    pathways = _pathways(region, wishes)
    if wishes.wheelchair:
        closed = pathways.closed if pathways is not None else frozenset()
        hops = _without_steps(region, hops, stops, closed, notices)
    frequencies = region.table("frequencies")
    frequencies = frequencies[frequencies["trip_id"].isin(trips["trip_id"])].reset_index(drop=True)
    departures = repeat(frequencies, trips["trip_id"], wishes.frequencies)
    runs = service_runs(
        region,
        chosen,
        trips,
        hops,
        departures,
        day=day,
        max_travel_time_s=wishes.max_travel_time_s,
        notices=notices,
    )
    runs["repeated"] = trips["trip_id"].isin(frequencies["trip_id"]).to_numpy()[runs["trip"].to_numpy()]
    transfers = region.table("transfers")
    layout = RunLayout.of(
        hops,
        _trip_table(region, trips, runs),
        runs["trip"].to_numpy(),
        link_runs(runs, trips, hops, stops, transfers, notices),
        DAY_S + wishes.max_travel_time_s,
        _intervals(frequencies, runs),
    )
    walks = build_walks(stops, transfers, wishes.rules, pathways=pathways, ground=wishes.streets)
    notices.extend(walks.notices)
    years = chosen["year"].unique()
    return {
        "date": day.isoformat(),
        "time_zone": str(chosen["time_zone"].iloc[0]),
        "feed_ids": tuple(chosen["feed_id"]),
        "year": int(years[0]) if len(years) == 1 else None,
        "max_travel_time_s": int(wishes.max_travel_time_s),
        "stops": Index(stop_ids, "stop"),
        "stop_table": stops,
        "walks": walks,
        "rules": wishes.rules,
        "notices": notices,
        "frequencies": wishes.frequencies,
        "layout": layout if layout.intervals is not None else None,
        "pair_rules": of_some_trips(transfers, stops),
        **layout.connections(),
    }


def _carried(trips: pd.DataFrame, wishes: Wishes, notices: Notices) -> pd.DataFrame:
    """Trips that take a wheelchair or a bicycle, where that is asked for; not known counts as no."""
    for field, asked, what, code in (
        ("wheelchair", wishes.wheelchair, "wheelchairs", "wheelchair_not_known"),
        ("bicycle", wishes.bicycle, "bicycles", "bicycle_not_known"),
    ):
        if not asked:
            continue
        flag = trips[field]
        unknown, yes = int(flag.isna().sum()), flag.fillna(value=False).astype(bool)
        if unknown:
            notices.add(
                code,
                f"of {len(trips):,} trips {int(yes.sum()):,} take {what}, {len(trips) - unknown - int(yes.sum()):,} do "
                f"not, and of {unknown:,} it is not known; these are left out.",
                field=field,
            )
        if not yes.any():
            msg = (
                f"none of {len(trips):,} trips is known to take {what}: field '{field}' of table trips is 'no' for "
                f"{len(trips) - unknown:,} and blank for {unknown:,}. Fill it in, or leave out {field}=True."
            )
            raise InputError(msg)
        trips = trips[yes.to_numpy()]
    return trips


def _without_steps(
    region: Region, hops: TripHops, stops: pd.DataFrame, closed: frozenset[str], notices: Notices
) -> TripHops:
    """Let nobody board or alight at stops that a wheelchair cannot use; a blank is that of the station, else a no."""
    known = region.table("stops").set_index("stop_id")["wheelchair"]
    flag = known.reindex(stops["stop_id"]).array
    station = known.reindex(stops["parent_stop_id"].fillna("")).array
    own = pd.Series(flag).fillna(pd.Series(station))
    own[stops["stop_id"].isin(closed).to_numpy()] = False
    unknown, yes = int(own.isna().sum()), own.fillna(value=False).to_numpy(bool)
    if unknown:
        notices.add(
            "wheelchair_not_known",
            f"of {len(stops):,} stops {int(yes.sum()):,} can be used in a wheelchair, "
            f"{len(stops) - unknown - int(yes.sum()):,} cannot, and of {unknown:,} it is not known; at these nobody "
            "boards or alights.",
            field="wheelchair",
        )
    usable = CAN_BOARD * yes[hops.departure_stop] | CAN_ALIGHT * yes[hops.arrival_stop]
    return TripHops(
        hops.offset,
        hops.departure_stop,
        hops.arrival_stop,
        hops.departure_s,
        hops.arrival_s,
        (hops.flags & usable).astype(np.uint8),
    )


def _stop_table(
    region: Region, stop_ids: list[str], hops: TripHops, trips: pd.DataFrame, feeds: pd.DataFrame
) -> pd.DataFrame:
    columns = ["stop_id", "name", "name_en", "lon", "lat", "city_id", "parent_stop_id", "change_time_s"]
    stops = region.table("stops")[columns].set_index("stop_id").reindex(stop_ids).reset_index()
    by_feed = feeds.set_index("feed_id").reindex(trips["feed_id"])
    trip = np.repeat(np.arange(len(trips)), hops.count)
    change, rail = np.zeros(len(stops), np.int64), np.zeros(len(stops), bool)
    for called in (hops.departure_stop, hops.arrival_stop):
        np.maximum.at(change, called, by_feed["change_time_s"].to_numpy(np.int64)[trip])
        np.logical_or.at(rail, called, (by_feed["kind"] != "gtfs").to_numpy(bool)[trip])
    own = stops["change_time_s"].astype("Int64").fillna(pd.Series(change, dtype="Int64"))
    stops["change_time_s"] = own.astype("int64")
    stops["is_rail"] = rail
    return stops


def _trip_table(region: Region, trips: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    routes = region.table("routes").set_index("route_id").reindex(trips["route_id"])
    # one row a trip first: a trip runs on several days
    named = pd.DataFrame(
        {
            "trip_id": trips["trip_id"].array,
            "number": trips["number"].array,
            "class": routes["class"].array,
            "route_id": trips["route_id"].array,
            "route_name": routes["short_name"].array,
            "mode": routes["mode"].array,
            "headsign": trips["headsign"].array,
            "feed_id": trips["feed_id"].array,
        }
    )
    table = named.iloc[runs["trip"].to_numpy()].reset_index(drop=True)
    for name in ("day", "shift_s", "wait_s"):
        table[name] = runs[name].to_numpy(np.int64)
    table["typical"] = runs["typical"].to_numpy(bool)
    return table


def _intervals(frequencies: pd.DataFrame, runs: pd.DataFrame) -> HeadwayIntervals | None:
    drawn = np.flatnonzero(runs["interval"].to_numpy() >= 0)
    if not len(drawn):
        return None
    start = frequencies["start_s"].to_numpy(np.int64)
    columns: list[NDArray[np.int64]] = [runs[name].to_numpy(np.int64)[drawn] for name in ("interval", "open_s", "tick")]
    return HeadwayIntervals(
        tuple(frequencies["trip_id"].astype("str")),
        start,
        frequencies["headway_s"].to_numpy(np.int64),
        frequencies["end_s"].to_numpy(np.int64) - start,
        drawn,
        *columns,
    )


def _pathways(region: Region, wishes: Wishes) -> StationPaths | None:
    if region.table("pathways").empty:
        return None
    speed = wishes.rules.walk_speed_m_s
    return StationPaths.from_region(region, walk_speed_m_s=speed, wheelchair=wishes.wheelchair)
