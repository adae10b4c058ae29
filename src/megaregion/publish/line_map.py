"""
Lines of a map from a timetable: which neighbouring stations trains run between, and how many a day.

A timetable knows calls, not tracks. A train that skips stations would draw a straight line across the map, so each
such hop is led over the shorter hops of the same class of train where these explain it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.region.service_days import days_of_services, departures_of
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from megaregion.region.model import Region

HIGH_SPEED_CLASSES = ("G", "C", "D")
"""Classes of service drawn as high-speed; all others are drawn as other trains."""

METRO_MODE = 1
"""GTFS route type of underground railways: a group of its own."""

RAIL_MODES = (METRO_MODE, 2, *range(100, 118))
"""GTFS route types that are railways, underground ones among them."""

DETOUR = 1.2
"""Longest path of shorter hops that still explains a hop, over the straight distance: lines bend, they seldom loop."""

LONG_HOP_M = 100_000.0
LONG_DETOUR = 1.35
"""As `DETOUR`, for hops above `LONG_HOP_M`: a train that goes so far without a stop has no line of its own."""

OTHER_TRACK_DETOUR = 1.1
"""As `DETOUR`, over segments of the other class group: a fast train on the old line beside it."""

SAME_CORRIDOR = 1.06
"""As `DETOUR`, for two years on one map: tighter, so that old trains are not led over a new line elsewhere."""

Segment = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class LineMap:
    """
    Segments between neighbouring stations.

    Attributes
    ----------
    stations
        One row a station: stop_id, name, name_en, lon, lat, city_id, source_id.
    segments
        One row an unordered pair of stations and class group: from_id, to_id (from_id < to_id), group
        ("high_speed" or "other"), trains (both directions together, a day).
    """

    stations: pd.DataFrame
    segments: pd.DataFrame


def daily_trains(region: Region, feed_ids: Iterable[str]) -> pd.Series:
    """
    Departures a day of each rail trip, averaged over the days of its timetable.

    A trip in table `frequencies` counts its departures; a trip that runs on five days of seven counts 5/7 of them.

    Returns
    -------
    (n_trips,) float64 by trip_id, trains a day.
    """
    wanted = set(feed_ids)
    routes = region.table("routes")
    rail = set(routes.loc[routes["mode"].isin(RAIL_MODES), "route_id"])
    trips = region.table("trips")
    trips = trips[trips["feed_id"].isin(wanted) & trips["route_id"].isin(rail)]
    repeated = departures_of(region.table("frequencies"))
    share = _share_of_days(region, wanted)
    return pd.Series(
        trips["trip_id"].map(repeated).fillna(1.0).to_numpy(dtype="float64")
        * trips["service_id"].map(share).fillna(0.0).to_numpy(dtype="float64"),
        index=pd.Index(trips["trip_id"], name="trip_id"),
        name="trains",
    )


def read_hops(region: Region, feed_ids: Iterable[str]) -> pd.DataFrame:
    """
    Count the trains between consecutive calling stations.

    Platforms count as their parent station; a call at a station without a position is passed over.

    Returns
    -------
    from_id, to_id (from_id < to_id), group, trains: one row an unordered pair and class group, trains a day.
    """
    trains = daily_trains(region, feed_ids)
    calls = _calls(region, trains)
    same_trip = calls["trip_id"].eq(calls["trip_id"].shift(-1)) & calls["station"].ne(calls["station"].shift(-1))
    here, there = calls["station"][same_trip], calls["station"].shift(-1)[same_trip]
    trip = calls["trip_id"][same_trip]
    hops = pd.DataFrame(
        {
            "from_id": here.where(here < there, there),
            "to_id": there.where(here < there, here),
            "group": trip.map(_class_groups(region)),
            "trains": trip.map(trains).astype("float64"),
        }
    )
    return hops.groupby(["from_id", "to_id", "group"], sort=True)["trains"].sum().reset_index()


def daily_calls(region: Region, feed_ids: Iterable[str]) -> pd.Series:
    """
    Count the trains a day that call at each station, both directions together.

    Returns
    -------
    (n_stations,) float64 by station id; platforms count as their parent station.
    """
    trains = daily_trains(region, feed_ids)
    calls = _calls(region, trains)
    counted: pd.Series = calls["trip_id"].map(trains).astype("float64").groupby(calls["station"]).sum()
    return counted


def _calls(region: Region, trains: pd.Series) -> pd.DataFrame:
    """List the calls of some trips at stations with a position, in order: trip_id, station."""
    stops = region.table("stops").set_index("stop_id")
    parent = stops.loc[stops["parent_stop_id"].fillna("") != "", "parent_stop_id"].to_dict()
    located = stops.index[stops["lon"].notna() & stops["lat"].notna()]
    calls = region.table("stop_times")
    calls = calls[calls["trip_id"].isin(trains.index)].sort_values(["trip_id", "stop_sequence"], kind="stable")
    station = [parent.get(stop, stop) for stop in calls["stop_id"].tolist()]
    calls = pd.DataFrame({"trip_id": calls["trip_id"].array, "station": pd.array(station, dtype="str")})
    return calls[calls["station"].isin(located)].reset_index(drop=True)


def build_line_map(region: Region, feed_ids: Iterable[str], *, detour: float = DETOUR) -> LineMap:
    """
    Lay the trains of one timetable year on segments between neighbouring stations.

    Parameters
    ----------
    region
        Region with tables stops, routes, trips, stop_times and frequencies.
    feed_ids
        Timetables of the year.
    detour
        Longest path of shorter hops that explains a hop, over its straight distance.
    """
    hops = read_hops(region, feed_ids)
    stations = located_stations(region)
    used = stations[stations["stop_id"].isin({*hops["from_id"], *hops["to_id"]})].reset_index(drop=True)
    return LineMap(used, lay_hops(hops, used, detour=detour))


def lay_hops(
    hops: pd.DataFrame, stations: pd.DataFrame, *, detour: float = DETOUR, track: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Lead skip-stop hops over shorter ones.

    Hops are taken from short to long. One that a path of kept segments of its class group explains (no longer than
    `detour` times the straight distance) adds its trains to that path; failing that, a path over segments of any
    group within `OTHER_TRACK_DETOUR`; any other becomes a segment itself.

    Parameters
    ----------
    hops
        from_id, to_id, group, trains.
    stations
        stop_id, lon, lat of every station of the hops.
    detour
        Longest path over straight distance.
    track
        More pairs (from_id, to_id, group) that trains may be led over; they carry no trains of their own.

    Returns
    -------
    from_id, to_id, group, trains: trains on each segment, in the order of the ids.
    """
    places = zip(stations["lon"].tolist(), stations["lat"].tolist(), strict=True)
    place: dict[str, tuple[float, float]] = dict(zip(stations["stop_id"].tolist(), places, strict=True))
    load = dict(zip(_keys(hops), hops["trains"].tolist(), strict=True))
    laid = _lay(load, {*load, *(() if track is None else _keys(track))}, place, detour)
    parts = sorted((*segment, trains) for segment, trains in laid.items() if trains > 0)
    return pd.DataFrame(parts, columns=["from_id", "to_id", "group", "trains"]).astype(
        {"from_id": "str", "to_id": "str", "group": "str", "trains": "float64"}
    )


def located_stations(region: Region) -> pd.DataFrame:
    """List the stops that have a position: stop_id, name, name_en, lon, lat, city_id, source_id."""
    stops = region.table("stops")
    columns = ["stop_id", "name", "name_en", "lon", "lat", "city_id", "source_id"]
    return stops.loc[stops["lon"].notna() & stops["lat"].notna(), columns].reset_index(drop=True)


def compare_lines(before: LineMap, after: LineMap) -> pd.DataFrame:
    """
    Trains a day of two years on common segments.

    A station opened between two others splits a segment; the trains of each year are led over the segments of both
    within `SAME_CORRIDOR`, so that such a split does not show as a line closed and two opened.

    Returns
    -------
    from_id, to_id, group, before, after: trains a day, 0 where a year has none.
    """
    stations = pd.concat([before.stations, after.stations]).drop_duplicates("stop_id")
    track = pd.concat([before.segments, after.segments])
    laid = [
        lay_hops(year.segments, stations, detour=SAME_CORRIDOR, track=track).rename(columns={"trains": column})
        for year, column in ((before, "before"), (after, "after"))
    ]
    joined = laid[0].merge(laid[1], on=["from_id", "to_id", "group"], how="outer", sort=True)
    return joined.fillna({"before": 0.0, "after": 0.0})


def _keys(segments: pd.DataFrame) -> list[Segment]:
    return list(zip(segments["from_id"].tolist(), segments["to_id"].tolist(), segments["group"].tolist(), strict=True))


def _lay(
    load: Mapping[Segment, float],
    segments: Iterable[Segment],
    place: Mapping[str, tuple[float, float]],
    detour: float,
) -> dict[Segment, float]:
    ordered = sorted(segments)
    ends = np.array([(*place[a], *place[b]) for a, b, _ in ordered], dtype="float64").reshape(-1, 4)
    lengths = great_circle_m(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3])
    own: dict[str, dict[str, dict[str, float]]] = {}
    every: dict[str, dict[str, float]] = {}
    carried: dict[Segment, float] = {}
    for position in np.argsort(lengths, kind="stable"):
        a, b, group = ordered[position]
        length = float(lengths[position])
        near = own.setdefault(group, {})
        longest = length * (max(detour, LONG_DETOUR) if length > LONG_HOP_M and detour >= DETOUR else detour)
        path = (
            shortest_path(near, a, b, limit=longest)
            or shortest_path(every, a, b, limit=length * min(detour, OTHER_TRACK_DETOUR))
            or (a, b)
        )
        for left, right in pairwise(path):
            pair = (left, right) if left < right else (right, left)
            if (*pair, group) not in carried:
                step = every[left][right] if right in every.get(left, {}) else length
                for graph in (near, every):
                    graph.setdefault(left, {})[right] = step
                    graph.setdefault(right, {})[left] = step
            carried[*pair, group] = carried.get((*pair, group), 0.0) + load.get((a, b, group), 0.0)
    return carried


def shortest_path(
    near: Mapping[str, Mapping[str, float]], start: str, goal: str, *, limit: float
) -> Sequence[str] | None:
    """
    Shortest path by Dijkstra's algorithm, or None if it is longer than `limit`.

    Parameters
    ----------
    near
        Neighbours of each node with the length of the edge.
    start, goal
        Nodes.
    limit
        Longest path that counts, in the unit of the edges.
    """
    came: dict[str, str] = {}
    best = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        length, node = heapq.heappop(queue)
        if node == goal:
            path = [goal]
            while path[-1] != start:
                path.append(came[path[-1]])
            return path[::-1]
        if length > best[node]:
            continue
        for other, step in near.get(node, {}).items():
            reached = length + step
            if reached <= limit and reached < best.get(other, np.inf):
                best[other] = reached
                came[other] = node
                heapq.heappush(queue, (reached, other))
    return None


def _class_groups(region: Region) -> pd.Series:
    trips = region.table("trips")
    routes = region.table("routes").set_index("route_id")
    label = trips["route_id"].map(routes["class"]).astype("str").fillna("")
    label = label.where(label != "", trips["number"].fillna(""))
    group = np.where(label.str.slice(0, 1).isin(HIGH_SPEED_CLASSES), "high_speed", "other")
    group = np.where(trips["route_id"].map(routes["mode"]).eq(METRO_MODE), "metro", group)
    return pd.Series(group, index=pd.Index(trips["trip_id"]), dtype="str")


def _share_of_days(region: Region, feed_ids: set[str]) -> dict[str, float]:
    feeds = region.table("feeds")
    calendar, dates = region.table("calendar"), region.table("calendar_dates")
    share: dict[str, float] = {}
    for feed in feeds[feeds["feed_id"].isin(feed_ids)].to_dict("records"):
        first, last = np.array([feed["first_date"], feed["last_date"]], dtype="datetime64[D]").astype("int64")
        week = calendar[calendar["feed_id"] == feed["feed_id"]]
        exceptions = dates[dates["feed_id"] == feed["feed_id"]]
        for service, days in days_of_services(week, exceptions).items():
            share[service] = float(((days >= first) & (days <= last)).sum() / (last - first + 1))
    return share
