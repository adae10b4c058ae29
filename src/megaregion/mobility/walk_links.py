"""Links between stops that need no ride: platforms, stations of a city, walks, and rules of table `transfers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from megaregion.mobility.chains import least, shortest_chains
from megaregion.mobility.station_paths import Doors, StationPaths, whole_s
from megaregion.region.sphere import great_circle_m, unit_vectors_m
from megaregion.region.transfer_rules import NARROWING_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.walks import TransferRules
    from megaregion.notices import Notices

    I64 = NDArray[np.int64]
    F64 = NDArray[np.float64]

MAX_CLOSED_COMPONENT = 600
"""Stops of one connected piece of the walking graph that is closed metrically; a larger piece is left as it is."""

_SEATED = ("in_seat", "no_in_seat")


@dataclass(frozen=True, slots=True)
class Links:
    """
    Pairs of stops, each once, and their times.

    Attributes
    ----------
    begin, end, time_s
        (n_links,) int64, positions of the stops left and reached, and seconds.
    """

    begin: I64
    end: I64
    time_s: I64

    @classmethod
    def of(cls, begin: NDArray[Any], end: NDArray[Any], time_s: NDArray[Any]) -> Links:
        """Make links of any whole numbers."""
        return cls(begin.astype(np.int64), end.astype(np.int64), time_s.astype(np.int64))

    def __len__(self) -> int:
        return len(self.begin)

    def where(self, rows: NDArray[np.bool_]) -> Links:
        """Give some of the links."""
        return Links(self.begin[rows], self.end[rows], self.time_s[rows])

    def has(self, other: Links) -> NDArray[np.bool_]:
        """Tell which of the other links' pairs are among these; (n_other,) bool."""
        n = int(max(self.end.max(initial=0), other.end.max(initial=0))) + 1
        return np.isin(other.begin * n + other.end, self.begin * n + self.end)

    def over(self, weaker: Links) -> Links:
        """Join with links that give way where both have the same pair."""
        rest = weaker.where(~self.has(weaker))
        return Links(*(np.concatenate(pair) for pair in zip(_parts(self), _parts(rest), strict=True)))

    def without(self, pairs: Links) -> Links:
        """Leave out some pairs."""
        return self.where(~pairs.has(self))

    def closed(self, n: int) -> Links:
        """Put shortest chains in the place of links, for each connected piece that is not too large."""
        chains = shortest_chains(self.begin, self.end, self.time_s.astype(np.float64), n, largest=MAX_CLOSED_COMPONENT)
        return Links.of(*chains)


def _parts(links: Links) -> tuple[I64, I64, I64]:
    return links.begin, links.end, links.time_s


def rules_of_pairs(transfers: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """
    Find the rule of table `transfers` for each pair of stops that are called at.

    A rule for a station holds for each of its platforms. Of several that which names most of the two stops outright
    holds; among equals a forbidden one, then the last.

    Parameters
    ----------
    transfers
        Table `transfers`; rows of single trips and routes and about staying seated are passed over.
    stops
        Stops in the order of their positions: stop_id, parent_stop_id.

    Returns
    -------
    DataFrame
        One row a pair: `here`, `there` (positions), `kind`, `time_s` (as the rule that holds gives it, else the next
        that gives one; -1 = none), `said` (whether the rule that holds gives it).
    """
    general = ~transfers["kind"].isin(_SEATED).to_numpy(bool)
    for name in NARROWING_FIELDS:
        if name in transfers:
            general &= (transfers[name].fillna("") == "").to_numpy(bool)
    position = pd.DataFrame({"stop": stops["stop_id"].astype("str"), "at": np.arange(len(stops)), "own": 1})
    parents = position.assign(stop=stops["parent_stop_id"].fillna("").astype("str"), own=0)
    members = pd.concat([parents[(parents["stop"] != "").to_numpy(bool)], position], ignore_index=True)
    table = transfers.loc[general, ["from_stop_id", "to_stop_id", "kind", "min_transfer_time_s"]]
    table = table.astype({"from_stop_id": "str", "to_stop_id": "str"}).assign(row=np.arange(len(table)))
    for column, end in (("from_stop_id", "here"), ("to_stop_id", "there")):
        table = table.merge(members.rename(columns={"stop": column, "at": end, "own": f"own_{end}"}), on=column)
    table["own"] = table["own_here"] + table["own_there"]
    table["last"] = table["kind"] == "forbidden"
    table = table.sort_values(["here", "there", "own", "last", "row"], kind="stable", ignore_index=True)
    time_s = table["min_transfer_time_s"].astype("Int64").where(~table["last"])
    pair = table.groupby(["here", "there"], sort=False)
    table["said"] = time_s.notna()
    # a rule without a time leaves the time of a weaker one as it is
    table["time_s"] = time_s.groupby([table["here"], table["there"]], sort=False).ffill().fillna(-1).astype("int64")
    return table.loc[pair.cumcount(ascending=False) == 0, ["here", "there", "kind", "time_s", "said"]].reset_index(
        drop=True
    )


def link_platforms(stops: pd.DataFrame, change_s: I64, pathways: StationPaths | None) -> Links:
    """
    Link the platforms of each station.

    The time is the change time of the platform reached, or that of the shortest way through the station if it is
    longer. Platforms that both have pathways and no way between them are not linked.

    Parameters
    ----------
    stops
        Stops in the order of their positions: stop_id, parent_stop_id.
    change_s
        (n_stops,) int64, change times, s.
    pathways
        Ways through stations.
    """
    station = stops["parent_stop_id"].where(stops["parent_stop_id"].fillna("") != "", stops["stop_id"])
    code = pd.factorize(station)[0]
    order = np.argsort(code, kind="stable")
    size = np.bincount(code)[code[order]]
    first = np.searchsorted(code[order], code[order])
    begin = np.repeat(order, size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    end = order[np.repeat(first, size) + within]
    links = Links.of(begin, end, change_s[end]).where(begin != end)
    if pathways is None:
        return links
    touched = pathways.touches(stops["stop_id"].astype("str"))
    links = links.where(~(touched[links.begin] & touched[links.end]))
    one, other, way_s = pathways.between(stops["stop_id"].astype("str"))
    return Links.of(one, other, np.maximum(way_s, change_s[other])).over(links)


def link_cities(stops: pd.DataFrame, change_s: I64, rules: TransferRules) -> Links:
    """Link the rail stations of each city by the city's streets and metro; arguments as for `link_platforms`."""
    lon, lat = (stops[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
    eligible = stops["is_rail"].to_numpy(bool) & np.isfinite(lon) & (stops["city_id"].fillna("") != "").to_numpy(bool)
    rows = pd.Series(np.flatnonzero(eligible), dtype="int64")
    found = [(np.empty(0, np.int64),) * 3]
    for _, group in rows.groupby(stops["city_id"].to_numpy()[eligible]):
        members = group.to_numpy()
        if len(members) < 2:
            continue
        distance = great_circle_m(lon[members, None], lat[members, None], lon[members], lat[members])
        i, j = np.nonzero((distance <= rules.city_link_distance_m) & ~np.eye(len(members), dtype=bool))
        seconds = change_s[members[j]] + distance[i, j] * rules.detour / rules.city_speed_m_s
        found.append((members[i], members[j], np.ceil(seconds).astype(np.int64)))
    return Links.of(*(np.concatenate([each[k] for each in found]) for k in range(3)))


def link_by_rule(table: pd.DataFrame, links: Links, stops: pd.DataFrame, change_s: I64, rules: TransferRules) -> Links:
    """
    Apply the rules of table `transfers`, other than guaranteed ones, to links.

    Parameters
    ----------
    table
        As `rules_of_pairs` gives it.
    links
        What is linked already.
    stops, change_s, rules
        As for `link_platforms`.
    """
    pairs = pairs_of(table)
    written = ~table["kind"].isin(["forbidden", "guaranteed"]).to_numpy(bool) & (pairs.begin != pairs.end)
    given = pairs.time_s >= 0
    timed = pairs.where(written & given)
    untimed = pairs.where(written & ~given)
    walk_s = _straight_s(stops, untimed.begin, untimed.end, rules)
    untimed = Links.of(untimed.begin, untimed.end, np.ceil(change_s[untimed.end] + walk_s))
    links = links.without(pairs.where((table["kind"] == "forbidden").to_numpy(bool)))
    return Links(timed.begin, timed.end, np.maximum(timed.time_s, 1)).over(links).over(untimed)


def guaranteed_links(
    table: pd.DataFrame, stops: pd.DataFrame, rules: TransferRules, pathways: StationPaths | None
) -> Links:
    """Link what is guaranteed, by its written time, else by the way alone; arguments as for `link_by_rule`."""
    pairs = pairs_of(table)
    pairs = Links(pairs.begin, pairs.end, np.where(table["said"].to_numpy(bool), pairs.time_s, -1))
    pairs = pairs.where((table["kind"] == "guaranteed").to_numpy(bool))
    way_s = np.ceil(_straight_s(stops, pairs.begin, pairs.end, rules))
    way = Links.of(pairs.begin, pairs.end, way_s)
    if pathways is not None and len(pairs):
        known = Links.of(*pathways.between(stops["stop_id"].astype("str")))
        way = known.where(pairs.has(known)).over(way)
    written = pairs.where(pairs.time_s >= 0).over(way)
    return Links(written.begin, written.end, np.maximum(written.time_s, 1))


def pairs_of(table: pd.DataFrame) -> Links:
    """Read the rows that `rules_of_pairs` gives as links."""
    return Links.of(*(table[name].to_numpy() for name in ("here", "there", "time_s")))


def link_straight(doors: Doors, stops: pd.DataFrame, change_s: I64, rules: TransferRules) -> Links:
    """Link stops other than rail stations in straight lines from door to door; arguments as for `link_platforms`."""
    rail = stops["is_rail"].to_numpy(bool)
    usable = ~rail[doors.stop]
    if rules.walk_distance_m <= 0 or usable.sum() < 2:
        return Links.of(*(np.empty(0, np.int64),) * 3)
    xyz_m = unit_vectors_m(doors.places.lon, doors.places.lat)
    pairs = KDTree(xyz_m).query_pairs(rules.walk_distance_m, output_type="ndarray")
    one, other = np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]]
    distance = np.linalg.norm(xyz_m[one] - xyz_m[other], axis=1)
    return _through_doors(doors, usable, (one, other, distance * rules.detour / rules.walk_speed_m_s), change_s)


def link_on_ground(doors: Doors, ground: Ground, change_s: I64, max_time_s: int) -> tuple[Links, Notices]:
    """
    Link stops by walks on the ground from door to door.

    Parameters
    ----------
    doors
        Where stops meet the street.
    ground
        What is walked on.
    change_s
        (n_stops,) int64, change times, s.
    max_time_s
        Longest walk from stop to stop, without the change time, s.

    Returns
    -------
    Links, and what was found when the doors were placed on the ground.
    """
    placed = ground.place(doors.places)
    reach = ground.reach(placed, placed, max_time_s)
    one = np.repeat(np.arange(len(doors.places)), np.diff(reach.offset))
    usable = np.ones(len(doors.stop), bool)
    ways = (one, reach.destination.astype(np.int64), reach.time_s.astype(np.float64))
    return _through_doors(doors, usable, ways, change_s, max_time_s), placed.notices


def _through_doors(
    doors: Doors,
    usable: NDArray[np.bool_],
    ways: tuple[I64, I64, F64],
    change_s: I64,
    max_time_s: float = np.inf,
) -> Links:
    """
    Turn ways between places into links between the stops whose doors they are.

    Parameters
    ----------
    doors, usable
        Doors, and (n_doors,) which of them are walked from and to.
    ways
        Places left and reached, int64, and float64 seconds.
    change_s
        (n_stops,) int64, s.
    max_time_s
        Longest walk from stop to stop, s.
    """
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(doors.place[rows], kind="stable")]
    count = np.bincount(doors.place[rows], minlength=len(doors.places))
    first = np.cumsum(count) - count
    # stops that share an entrance are reached through it without a step in the street
    shared = np.flatnonzero(count > 1)
    one, other = np.concatenate([ways[0], shared]), np.concatenate([ways[1], shared])
    street_s = np.concatenate([ways[2], np.zeros(len(shared))])
    pairs = count[one] * count[other]
    way = np.repeat(np.arange(len(one)), pairs)
    within = np.arange(pairs.sum()) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    left = rows[first[one[way]] + within // count[other[way]]]
    entered = rows[first[other[way]] + within % count[other[way]]]
    seconds = doors.from_stop_s[left] + street_s[way] + doors.to_stop_s[entered]
    begin, end = doors.stop[left].astype(np.int64), doors.stop[entered].astype(np.int64)
    kept = (seconds <= max_time_s) & np.isfinite(seconds) & (begin != end)
    begin, end, seconds = least(begin[kept], end[kept], seconds[kept], len(change_s))
    return Links.of(begin, end, change_s[end] + whole_s(seconds))


def _straight_s(stops: pd.DataFrame, begin: I64, end: I64, rules: TransferRules) -> F64:
    """Seconds of straight walks, (n_pairs,); nothing where a position is not known."""
    lon, lat = (stops[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
    distance = great_circle_m(lon[begin], lat[begin], lon[end], lat[end])
    return np.nan_to_num(distance * rules.detour / rules.walk_speed_m_s)
