"""What can be reached between two rides without riding: change times, transfer rules and walks between stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path
from scipy.spatial import KDTree

from megaregion.errors import InputError
from megaregion.region.sphere import great_circle_m, unit_vectors_m

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    I32 = NDArray[np.int32]

MAX_RULE_S = 86_400
"""Longest time that a transfer rule may give, s."""

_SECONDS = ("walk_time_s", "boarding_slack_s", "alighting_slack_s", "min_change_time_s", "additional_change_time_s")

MAX_CLOSED_COMPONENT = 600
"""Stops of one connected piece of the walking graph that is closed metrically; a larger piece is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRules:
    """
    How passengers get from one ride to the next where the data do not say, and how much time they keep in hand.

    The *transfer time* between two stops is what the data or the rules below give: the change time of a stop for
    another ride there, a written time of table `transfers`, the way through a station, or a walk and the change time
    of the stop reached. From it follows when passengers are ready to board, rounded up to seconds and 1 or more:

    `alighting_slack_s + max(min_change_time_s, change_time_factor * transfer time + additional_change_time_s) +
    boarding_slack_s`

    A guaranteed transfer is the exception: its vehicle waits, so nothing is added to the way (see `build_walks`).
    On the way to the first ride and from the last only the slack of boarding and of alighting counts.

    Attributes
    ----------
    change_time_s
        Change time at every stop, s; None = that of the stop, else of its timetable.
    city_links
        Link the rail stations of one city with each other, by the city's streets and metro.
    city_link_distance_m
        Longest straight line of such a link, m.
    city_speed_m_s
        Speed on such a link, door to door, m/s; the change time comes on top.
    walk_distance_m
        Longest straight-line walk between stops of other timetables, m; 0 = none.
    walk_speed_m_s
        Walking speed, m/s.
    detour
        Way over straight line, dimensionless.
    walk_time_s
        Longest walk on streets between stops, s, where streets are given; 0 = none.
    boarding_slack_s, alighting_slack_s
        Time kept before each boarding and lost at each alighting, s.
    min_change_time_s
        Shortest time that a change takes without the slack, s.
    change_time_factor
        What transfer times are multiplied by, dimensionless, above 0; 1.5 = half as long again.
    additional_change_time_s
        Added to each transfer time after the factor, s.

    Examples
    --------
    >>> rules = TransferRules(boarding_slack_s=20, alighting_slack_s=10, change_time_factor=1.5)
    >>> rules.ready_s([0, 45, 120]).tolist()
    [30, 98, 210]
    """

    change_time_s: int | None = None
    city_links: bool = True
    city_link_distance_m: float = 30_000.0
    city_speed_m_s: float = 25.0 / 3.6
    walk_distance_m: float = 500.0
    walk_speed_m_s: float = 1.3
    detour: float = 1.3
    walk_time_s: int = 600
    boarding_slack_s: int = 0
    alighting_slack_s: int = 0
    min_change_time_s: int = 0
    change_time_factor: float = 1.0
    additional_change_time_s: int = 0

    def __post_init__(self) -> None:
        for name in ("city_speed_m_s", "walk_speed_m_s", "detour", "change_time_factor"):
            if not 0 < getattr(self, name) < np.inf:  # also catches NaN
                msg = f"transfer rule '{name}' is {getattr(self, name)!r}; expected a number above 0."
                raise InputError(msg)
        for name in ("change_time_s", *_SECONDS):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= MAX_RULE_S:
                msg = (
                    f"transfer rule '{name}' is {value!r}; expected seconds of 0 or more, at most {MAX_RULE_S} (a day)."
                )
                raise InputError(msg)

    def ready_s(self, transfer_time_s: ArrayLike) -> NDArray[np.int64]:
        """
        Find how long after alighting passengers are ready to board.

        Parameters
        ----------
        transfer_time_s
            Transfer times, s, of any shape.

        Returns
        -------
        int64 of the same shape, seconds, rounded up, 1 or more.
        """
        change = whole_s(np.asarray(transfer_time_s, np.float64) * self.change_time_factor)
        change = np.maximum(change + self.additional_change_time_s, self.min_change_time_s)
        return np.maximum(change + self.alighting_slack_s + self.boarding_slack_s, 1)


def whole_s(seconds: ArrayLike) -> NDArray[np.int64]:
    """Round seconds up; a millionth of a second is the noise of reckoning with fractions and adds none."""
    return np.ceil(np.round(np.asarray(seconds, np.float64), 6)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Walks:
    """
    Stops reached between two rides.

    Attributes
    ----------
    offset
        (n_stops + 1,) int32.
    stop, time_s
        (n_walks,) int32: stop reached and seconds from alighting to being ready to board, 1 or more. The first walk of
        each stop leads to the stop itself and is its change time.
    """

    offset: I32
    stop: I32
    time_s: I32

    def of(self, stop: int) -> tuple[I32, I32]:
        """Give stops and times reached from one stop, itself first."""
        part = slice(self.offset[stop], self.offset[stop + 1])
        return self.stop[part], self.time_s[part]

    def reversed(self) -> Walks:
        """Turn the walks round: those that lead *to* each stop, `stop` holds where they begin."""
        n = len(self.offset) - 1
        begin = np.repeat(np.arange(n, dtype=np.int32), np.diff(self.offset))
        order = np.lexsort((begin != self.stop, self.stop))
        offset = np.concatenate([[0], np.cumsum(np.bincount(self.stop, minlength=n))]).astype(np.int32)
        return Walks(offset, begin[order], self.time_s[order])


def build_walks(stops: pd.DataFrame, transfers: pd.DataFrame, rules: TransferRules) -> Walks:
    """
    Build all walks of a timetable.

    Later rules win over earlier ones: straight-line walks, links within a city, platforms of one station, table
    `transfers`. What is closed metrically (links, platforms and transfers, piece by piece) is closed after rounding
    to seconds, so that no chain of walks is shorter than the walk itself.

    Parameters
    ----------
    stops
        One row a stop, in the order of their indexes: stop_id, lon, lat, city_id, parent_stop_id, change_time_s (none
        blank) and is_rail (served by a timetable whose stations a city links).
    transfers
        Rows of table `transfers`; those of other stops are passed over.
    rules
        What holds where the data do not say.
    """
    n = len(stops)
    change = np.maximum(stops["change_time_s"].to_numpy(np.int64), 1)
    if rules.change_time_s is not None:
        change[:] = max(rules.change_time_s, 1)
    table = _platform_pairs(transfers, stops)
    own = table[
        (table["here"] == table["there"]) & table["min_transfer_time_s"].notna() & (table["kind"] != "forbidden")
    ]
    change[own["here"].to_numpy()] = np.maximum(own["min_transfer_time_s"].to_numpy(np.int64), 1)
    links = _city_links(stops, change, rules) if rules.city_links else {}
    links |= _platforms(stops, change)
    lon, lat = stops["lon"].to_numpy(), stops["lat"].to_numpy()
    forbidden: set[tuple[int, int]] = set()
    for i, j, kind, seconds in zip(*(table[name].tolist() for name in table.columns), strict=True):
        if kind == "forbidden":
            forbidden.add((i, j))
            links.pop((i, j), None)
        elif i != j and not pd.isna(seconds):
            links[i, j] = max(int(seconds), 1)
        elif i != j and (i, j) not in links:
            distance = great_circle_m(lon[i], lat[i], lon[j], lat[j])
            walk = 0.0 if np.isnan(distance) else float(distance) * rules.detour / rules.walk_speed_m_s
            links[i, j] = int(np.ceil(change[j] + walk))
    links = _close(links, n)
    if rules.walk_distance_m > 0:
        links = _straight_walks(stops, change, rules) | links
    links |= {(i, i): int(change[i]) for i in range(n)}
    for pair in forbidden:
        links.pop(pair, None)
    return _pack(links, n)


def _platform_pairs(transfers: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """
    Read table `transfers` as pairs of stops that are called at: here, there, kind, min_transfer_time_s.

    A rule for a station holds for each of its platforms; a rule for a platform comes after it and wins.
    """
    called = pd.DataFrame({"stop": stops["stop_id"], "position": np.arange(len(stops))})
    parents = called.assign(stop=stops["parent_stop_id"])[stops["parent_stop_id"].fillna("").to_numpy() != ""]
    members = pd.concat([parents, called], ignore_index=True).astype({"stop": "str"})
    table = transfers[["from_stop_id", "to_stop_id", "kind", "min_transfer_time_s"]].astype(
        {"from_stop_id": "str", "to_stop_id": "str"}
    )
    for end, name in (("from_stop_id", "here"), ("to_stop_id", "there")):
        table = table.merge(members.rename(columns={"stop": end, "position": name}), on=end)
    of_platforms = table["from_stop_id"].isin(called["stop"]) & table["to_stop_id"].isin(called["stop"])
    order = np.argsort(of_platforms.to_numpy(), kind="stable")
    return table.iloc[order][["here", "there", "kind", "min_transfer_time_s"]]


def _city_links(stops: pd.DataFrame, change: NDArray[np.int64], rules: TransferRules) -> dict[tuple[int, int], int]:
    links: dict[tuple[int, int], int] = {}
    lon, lat = stops["lon"].to_numpy(), stops["lat"].to_numpy()
    eligible = stops["is_rail"].to_numpy(bool) & np.isfinite(lon) & (stops["city_id"].fillna("") != "").to_numpy(bool)
    rows = pd.Series(np.flatnonzero(eligible))
    for _, group in rows.groupby(stops["city_id"].to_numpy()[eligible]):
        members = group.to_numpy()
        if len(members) < 2:
            continue
        distance = great_circle_m(lon[members, None], lat[members, None], lon[members], lat[members])
        for i, j in zip(*np.nonzero(distance <= rules.city_link_distance_m), strict=True):
            if i != j:
                seconds = change[members[j]] + distance[i, j] * rules.detour / rules.city_speed_m_s
                links[int(members[i]), int(members[j])] = int(np.ceil(seconds))
    return links


def _platforms(stops: pd.DataFrame, change: NDArray[np.int64]) -> dict[tuple[int, int], int]:
    """Platforms of one parent station, at the change time of the platform reached."""
    station = stops["parent_stop_id"].where(stops["parent_stop_id"].fillna("") != "", stops["stop_id"])
    links: dict[tuple[int, int], int] = {}
    for _, group in pd.Series(np.arange(len(stops))).groupby(station.to_numpy()):
        members = group.tolist()
        links |= {(i, j): int(change[j]) for i in members for j in members if i != j}
    return links


def _straight_walks(stops: pd.DataFrame, change: NDArray[np.int64], rules: TransferRules) -> dict[tuple[int, int], int]:
    lon, lat = stops["lon"].to_numpy(), stops["lat"].to_numpy()
    rows = np.flatnonzero(~stops["is_rail"].to_numpy(bool) & np.isfinite(lon))
    if len(rows) < 2:
        return {}
    points = unit_vectors_m(lon[rows], lat[rows])
    pairs = KDTree(points).query_pairs(rules.walk_distance_m, output_type="ndarray")
    i, j = np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]]
    distance = np.linalg.norm(points[i] - points[j], axis=1)
    seconds = np.ceil(change[rows[j]] + distance * rules.detour / rules.walk_speed_m_s).astype(np.int64)
    return dict(zip(zip(rows[i].tolist(), rows[j].tolist(), strict=True), seconds.tolist(), strict=True))


def _close(links: dict[tuple[int, int], int], n: int) -> dict[tuple[int, int], int]:
    """Shortest chains of links instead of links, for each connected piece that is not too large."""
    if not links:
        return links
    pairs = np.array(list(links), dtype=np.int64)
    graph = csr_array((np.array(list(links.values()), dtype=np.float64), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, piece = connected_components(graph, directed=False)
    closed = dict(links)
    rows = pd.Series(np.unique(pairs))
    for _, group in rows.groupby(piece[rows.to_numpy()]):
        members = group.to_numpy()
        if len(members) > MAX_CLOSED_COMPONENT:
            continue
        seconds = shortest_path(graph[members][:, members], method="D")
        for i, j in zip(*np.nonzero(np.isfinite(seconds)), strict=True):
            if i != j:
                closed[int(members[i]), int(members[j])] = int(seconds[i, j])
    return closed


def _pack(links: dict[tuple[int, int], int], n: int) -> Walks:
    pairs = np.array(list(links), dtype=np.int32).reshape(-1, 2)
    seconds = np.array(list(links.values()), dtype=np.int32)
    order = np.lexsort((pairs[:, 1], pairs[:, 0] != pairs[:, 1], pairs[:, 0]))
    offset = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 0], minlength=n))]).astype(np.int32)
    return Walks(offset, np.ascontiguousarray(pairs[order, 1]), seconds[order])
