"""Changes between single trips or routes that the data rule, where they differ from walks and change times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.mobility.connection_scan import CAN_ALIGHT, CAN_BOARD
from megaregion.region.sphere import great_circle_m
from megaregion.region.transfer_rules import NARROWING_FIELDS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    Exceptions = tuple[I32, I32, NDArray[np.bool_]]

_KINDS = ("recommended", "guaranteed", "minimum_time", "forbidden")
_CELLS = 4_000_000  # pairs looked at together


def of_some_trips(transfers: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """
    Read the rules of single trips and routes, least specific first.

    The order is that of the GTFS reference: two trips; a trip and a route; a trip; two routes; a route. Within a rank a
    rule for a platform wins over one for its station, then a forbidden change over others, then a later row over an
    earlier one.

    Parameters
    ----------
    transfers
        Table `transfers`.
    stops
        Stops in the order of their positions: stop_id, parent_stop_id.

    Returns
    -------
    DataFrame
        One row a rule and pair of stops: `here`, `there` (positions), from_trip_id, to_trip_id, from_route_id,
        to_route_id ("" = all), kind, min_transfer_time_s (-1 = not given).
    """
    named = transfers[list(NARROWING_FIELDS)].fillna("").astype("str") != ""
    rows = transfers[named.any(axis=1).to_numpy(bool) & transfers["kind"].isin(_KINDS).to_numpy(bool)]
    table = rows[["from_stop_id", "to_stop_id", *NARROWING_FIELDS, "kind", "min_transfer_time_s"]].assign(
        row=np.arange(len(rows))
    )
    table = table.assign(**{name: table[name].fillna("").astype("str") for name in NARROWING_FIELDS})
    # a trip that is named goes before the route that it belongs to
    for side in ("from", "to"):
        by_trip = table[f"{side}_trip_id"] != ""
        table[f"{side}_route_id"] = table[f"{side}_route_id"].where(~by_trip, "")
    position = pd.DataFrame({"stop": stops["stop_id"].astype("str"), "position": np.arange(len(stops))})
    parents = position.assign(stop=stops["parent_stop_id"].fillna("").astype("str"))
    members = pd.concat([position.assign(own=1), parents[parents["stop"] != ""].assign(own=0)], ignore_index=True)
    for end, name in (("from_stop_id", "here"), ("to_stop_id", "there")):
        called = members.rename(columns={"stop": end, "position": name, "own": f"own_{name}"})
        table = table.astype({end: "str"}).merge(called, on=end)
    trips = (table[["from_trip_id", "to_trip_id"]] != "").sum(axis=1)
    routes = (table[["from_route_id", "to_route_id"]] != "").sum(axis=1)
    # 2 trips: 6; trip and route: 4; trip: 3; 2 routes: 2; route: 1
    table["rank"] = 3 * trips + routes
    table["own"] = table["own_here"] + table["own_there"]
    table["min_transfer_time_s"] = table["min_transfer_time_s"].astype("Int64").fillna(-1).astype("int64")
    table["last"] = table["kind"] == "forbidden"
    table = table.sort_values(["rank", "own", "last", "row"], kind="stable", ignore_index=True)
    return table[["here", "there", *NARROWING_FIELDS, "kind", "min_transfer_time_s"]]


def find_exceptions(timetable: Timetable) -> Exceptions:
    """
    Find the changes for which a rule of some trips or routes says otherwise than walks and change times.

    For a pair of connections (alight from the first, board the second) the most specific rule holds. `forbidden`:
    never. `guaranteed`: the departing vehicle waits, so the change succeeds whenever it is to leave no earlier than the
    other one arrives. `minimum_time`: with that much time. `recommended`, or no time given: with the time of the walk;
    where there is none, with the change time and the straight line. These are transfer times: the slack of the rules
    comes on top, but not where a vehicle waits. A change is only ever made to a connection that leaves after the first
    leaves and arrives after the first arrives, so that changes without time never turn in a circle.

    Parameters
    ----------
    timetable
        Its connections, walks, rules, and the runs that one goes on with in the same coach, in no time.

    Returns
    -------
    Connections left, connections boarded (int32) and whether that is possible (bool), by pair.
    """
    found = [np.empty((0, 3), np.int64)]
    rules = timetable.pair_rules
    if rules is not None and len(rules):
        ends = _Ends.of(timetable)
        for _, group in rules.groupby(["here", "there"], sort=True):
            found.append(ends.differing(int(group["here"].iloc[0]), int(group["there"].iloc[0]), group))
    pairs = np.concatenate(found)
    joined = _joined(timetable)
    # whoever stays in the coach changes nowhere, whatever the rules for changing are
    n = timetable.n_connections
    pairs = pairs[~np.isin(pairs[:, 0] * n + pairs[:, 1], joined @ [n, 1])]
    generic = _generic(timetable, joined)
    pairs = np.concatenate([pairs, np.column_stack([joined, np.ones(len(joined), np.int64)])[~generic]])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32), pairs[:, 2].astype(bool)


@dataclass(frozen=True, slots=True)
class _Ends:
    """Connections by the stop where one alights and by the stop where one boards."""

    timetable: Timetable
    arriving: tuple[I64, I64]
    departing: tuple[I64, I64]
    trip: I64
    route: I64
    trips: pd.Index
    routes: pd.Index

    @classmethod
    def of(cls, timetable: Timetable) -> _Ends:
        t = timetable
        trip, trips = pd.factorize(t.trip_table["trip_id"])
        route, routes = pd.factorize(t.trip_table["route_id"])
        arriving = _by_stop(t.arrival_stop, t.flags & CAN_ALIGHT > 0, len(t.stops))
        departing = _by_stop(t.departure_stop, t.flags & CAN_BOARD > 0, len(t.stops))
        return cls(t, arriving, departing, trip[t.run], route[t.run], pd.Index(trips), pd.Index(routes))

    def differing(self, here: int, there: int, rules: pd.DataFrame) -> I64:
        """Pairs at two stops that rules, least specific first, decide otherwise than the walk: (n, 3)."""
        t = self.timetable
        left, boarded = (
            order[offset[stop] : offset[stop + 1]]
            for (offset, order), stop in ((self.arriving, here), (self.departing, there))
        )
        matches = [
            (self._match(left, rule, "from"), self._match(boarded, rule, "to"), rule)
            for rule in rules.to_dict("records")
        ]
        left_any = np.logical_or.reduce([m[0] for m in matches]) if len(left) else np.empty(0, bool)
        boarded_any = np.logical_or.reduce([m[1] for m in matches]) if len(boarded) else np.empty(0, bool)
        boarded = boarded[boarded_any]
        rows = np.flatnonzero(left_any)
        walk_s = _walk(t, here, there)
        found = [np.empty((0, 3), np.int64)]
        step = max(1, _CELLS // max(len(boarded), 1))
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            some = left[part]
            time = t.departure_s[boarded][None, :].astype(np.int64) - t.arrival_s[some][:, None]
            ahead = (t.departure_s[boarded][None, :] > t.departure_s[some][:, None]) & (
                t.arrival_s[boarded][None, :] > t.arrival_s[some][:, None]
            )
            plain = time >= walk_s if walk_s is not None else np.zeros(time.shape, bool)
            allowed = plain.copy()
            for of_left, of_boarded, rule in matches:
                cells = np.ix_(of_left[part], of_boarded[boarded_any])
                least = self._least_time(here, there, rule)
                allowed[cells] = (time[cells] >= least) & ahead[cells] if least is not None else False
            i, j = np.nonzero(allowed != plain)
            found.append(np.column_stack([some[i], boarded[j], allowed[i, j]]).astype(np.int64))
        return np.concatenate(found)

    def _match(self, connections: I64, rule: Mapping[Hashable, Any], side: str) -> NDArray[np.bool_]:
        matching = np.ones(len(connections), bool)
        for what, ids, of in (("trip", self.trips, self.trip), ("route", self.routes, self.route)):
            named = rule[f"{side}_{what}_id"]
            if named:
                code = ids.get_indexer(pd.Index([named]))[0]
                matching &= (of[connections] == code) if code >= 0 else np.zeros(len(connections), bool)
        return matching

    def _least_time(self, here: int, there: int, rule: Mapping[Hashable, Any]) -> int | None:
        """Seconds that a rule asks for, None = no change."""
        kind, seconds = rule["kind"], int(rule["min_transfer_time_s"])
        if kind == "forbidden":
            return None
        if kind == "guaranteed":
            return 0
        if kind == "minimum_time" and seconds >= 0:
            return int(self.timetable.rules.ready_s(seconds))
        return _way(self.timetable, here, there)


def _way(timetable: Timetable, here: int, there: int) -> int:
    """Time of a change for which a rule gives none: that of the walk, else change time and straight line."""
    walk = _walk(timetable, here, there)
    if walk is not None:
        return walk
    stops, rules = timetable.stop_table, timetable.rules
    change = rules.change_time_s if rules.change_time_s is not None else int(stops["change_time_s"].iloc[there])
    lon, lat = stops["lon"].to_numpy(np.float64), stops["lat"].to_numpy(np.float64)
    distance = float(great_circle_m(lon[here], lat[here], lon[there], lat[there]))
    walk_s = 0.0 if np.isnan(distance) else distance * rules.detour / rules.walk_speed_m_s
    return int(rules.ready_s(max(change, 1) + walk_s))


def _walk(timetable: Timetable, here: int, there: int) -> int | None:
    """Time of the walk between two stops, None = there is none."""
    stops, seconds = timetable.walks.of(here)
    at = np.flatnonzero(stops == there)
    return int(seconds[at[0]]) if len(at) else None


def _generic(timetable: Timetable, pairs: I64) -> NDArray[np.bool_]:
    """Whether walks and change times allow each pair of connections."""
    t = timetable
    walks = [_walk(t, int(t.arrival_stop[a]), int(t.departure_stop[b])) for a, b in pairs]
    return np.array(
        [
            walk is not None
            and bool(t.flags[a] & CAN_ALIGHT and t.flags[b] & CAN_BOARD)
            and t.departure_s[b] >= t.arrival_s[a] + walk
            for (a, b), walk in zip(pairs, walks, strict=True)
        ],
        bool,
    )


def _joined(timetable: Timetable) -> I64:
    """Last connection of each run left and first of the run gone on with, (n, 2); one that ends in no time is left."""
    t = timetable
    first, last = np.full(len(t.trip_table), -1, np.int64), np.full(len(t.trip_table), -1, np.int64)
    order = np.arange(t.n_connections)
    first[t.run[::-1]] = order[::-1]
    last[t.run] = order
    pairs = np.column_stack([last[t.branches[:, 0]], first[t.branches[:, 1]]])
    pairs = pairs[(pairs >= 0).all(axis=1)]
    ahead = (t.departure_s[pairs[:, 0]] < t.departure_s[pairs[:, 1]]) & (
        t.arrival_s[pairs[:, 0]] < t.arrival_s[pairs[:, 1]]
    )
    return pairs[ahead]


def _by_stop(stop: I32, usable: NDArray[np.bool_], n_stops: int) -> tuple[I64, I64]:
    """Usable connections grouped by stop: offsets (n_stops + 1,) and connections."""
    some = np.flatnonzero(usable)
    order = some[np.argsort(stop[some], kind="stable")]
    return np.concatenate([[0], np.cumsum(np.bincount(stop[some], minlength=n_stops))]), order
