"""What can be reached between two rides without riding: change times, transfer rules and walks between stops."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.ground import WALK_SPEED_M_S, StraightLine
from megaregion.mobility.station_paths import StationPaths, station_doors, whole_s
from megaregion.mobility.walk_links import (
    Links,
    guaranteed_links,
    link_by_rule,
    link_cities,
    link_on_ground,
    link_platforms,
    link_straight,
    pairs_of,
    rules_of_pairs,
)
from megaregion.notices import Notices

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.station_paths import Doors

    I32 = NDArray[np.int32]

MAX_RULE_S = 86_400
"""Longest time that a transfer rule may give, s."""

_SECONDS = ("walk_time_s", "boarding_slack_s", "alighting_slack_s", "min_change_time_s", "additional_change_time_s")

_SLACK = {
    "boarding_slack_s": 0,
    "alighting_slack_s": 0,
    "min_change_time_s": 0,
    "change_time_factor": 1.0,
    "additional_change_time_s": 0,
}
_SLACK_ZH = {
    "boarding_slack_s": "上车余量（秒）",
    "alighting_slack_s": "下车余量（秒）",
    "min_change_time_s": "最短换乘时间（秒）",
    "change_time_factor": "换乘时间系数",
    "additional_change_time_s": "附加换乘时间（秒）",
}


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
    walk_speed_m_s: float = WALK_SPEED_M_S
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
        each stop leads to the stop itself and is its change time, unless changing there is forbidden.
    transfer_time_s
        (n_walks,) int32: the same without what `TransferRules` adds for a change: what counts on the way to the first
        ride and from the last.
    doors
        Where the stops meet the street; None where that was not asked for.
    rule, rule_zh
        How the times were found, in words, for the provenance of results.
    notices
        What was found while walks were looked for, such as stops off the streets.
    """

    offset: I32
    stop: I32
    time_s: I32
    transfer_time_s: I32
    doors: Doors | None = field(default=None, repr=False)
    rule: str = ""
    rule_zh: str = ""
    notices: Notices = field(default_factory=Notices, repr=False)

    def of(self, stop: int) -> tuple[I32, I32]:
        """Give stops and times reached from one stop, itself first if one may change there."""
        part = slice(self.offset[stop], self.offset[stop + 1])
        return self.stop[part], self.time_s[part]

    def reversed(self) -> Walks:
        """Turn the walks round: those that lead *to* each stop, `stop` holds where they begin."""
        n = len(self.offset) - 1
        begin = np.repeat(np.arange(n, dtype=np.int32), np.diff(self.offset))
        order = np.lexsort((begin != self.stop, self.stop))
        offset = np.concatenate([[0], np.cumsum(np.bincount(self.stop, minlength=n))]).astype(np.int32)
        return replace(
            self,
            offset=offset,
            stop=begin[order],
            time_s=self.time_s[order],
            transfer_time_s=self.transfer_time_s[order],
        )


def build_walks(
    stops: pd.DataFrame,
    transfers: pd.DataFrame,
    rules: TransferRules,
    *,
    pathways: StationPaths | None = None,
    ground: Ground | None = None,
    max_walk_time_s: int | None = None,
) -> Walks:
    """
    Build all walks of a timetable.

    Later rules win over earlier ones: walks on streets or in straight lines, links within a city, platforms of one
    station, table `transfers`. What is closed metrically (links, platforms and transfers, piece by piece) is closed
    after rounding to seconds, so that no chain of walks is shorter than the walk itself; the slack of `rules` comes on
    top of the closed times and leaves that so.

    *Platforms* that pathways join take the shortest way, but no less than the change time of the platform reached; two
    that both have pathways and no way between them are not linked. Where pathways are not given it is the change time.

    *Streets*: with a ground, walks begin and end at the doors of stops, are bounded by time and rounded up, and the
    change time of the stop reached comes on top; rail stations have them too. Without one, straight lines are walked,
    up to `walk_distance_m` and not from or to rail stations.

    *Transfers*: of the rows for a pair of stops that with most stops named outright holds, then a forbidden one, then
    the last. A row that gives no time leaves the time of the other rules; where there is none it takes the change time
    and the straight line. Guaranteed transfers take their written time, else the way alone, without change time and
    slack: the vehicle waits.

    Parameters
    ----------
    stops
        One row a stop, in the order of their indexes: stop_id, lon, lat, city_id, parent_stop_id, change_time_s (none
        blank) and is_rail (served by a timetable whose stations a city links).
    transfers
        Rows of table `transfers`; those of other stops, of single trips and routes, and about staying seated are
        passed over.
    rules
        What holds where the data do not say.
    pathways
        Ways through stations; none by default.
    ground
        What is walked on; straight lines by default.
    max_walk_time_s
        Longest walk on the ground from stop to stop, s; that of `rules` by default.
    """
    n = len(stops)
    change = np.maximum(stops["change_time_s"].to_numpy(np.int64), 1)
    if rules.change_time_s is not None:
        change[:] = max(rules.change_time_s, 1)
    table = rules_of_pairs(transfers, stops)
    kept_by_all = ~table["kind"].isin(["forbidden", "guaranteed"])
    own = table[(table["here"] == table["there"]) & (table["time_s"] >= 0) & kept_by_all]
    change[own["here"].to_numpy()] = np.maximum(own["time_s"].to_numpy(), 1)
    links = link_platforms(stops, change, pathways)
    if rules.city_links:
        links = links.over(link_cities(stops, change, rules))
    links = link_by_rule(table, links, stops, change, rules).closed(n)
    doors, notices = station_doors(stops, pathways), Notices()
    limit = rules.walk_time_s if max_walk_time_s is None else max_walk_time_s
    if ground is None:
        links = links.over(link_straight(doors, stops, change, rules))
    else:
        walked, notices = link_on_ground(doors, ground, change, limit)
        links = links.over(walked)
    links = Links(np.arange(n), np.arange(n), change).over(links)
    plain = links
    links = Links(links.begin, links.end, rules.ready_s(links.time_s))
    links = guaranteed_links(table, stops, rules, pathways).over(links)
    links = links.without(pairs_of(table[table["kind"] == "forbidden"]))
    order = np.lexsort((links.end, links.begin != links.end, links.begin))
    rule, rule_zh = _words(rules, ground, pathways, limit)
    return Walks(
        np.concatenate([[0], np.cumsum(np.bincount(links.begin, minlength=n))]).astype(np.int32),
        links.end[order].astype(np.int32),
        links.time_s[order].astype(np.int32),
        _transfer_times_s(links, plain, n)[order].astype(np.int32),
        doors=doors,
        rule=rule,
        rule_zh=rule_zh,
        notices=notices,
    )


def _transfer_times_s(links: Links, plain: Links, n: int) -> NDArray[np.int64]:
    """(n_links,) seconds of each link without slack; a link of its own kind has none."""
    keys = plain.begin.astype(np.int64) * n + plain.end
    order = np.argsort(keys, kind="stable")
    own = links.begin.astype(np.int64) * n + links.end
    place = np.searchsorted(keys[order], own)
    place = order[np.minimum(place, len(order) - 1)] if len(order) else place
    known = keys[place] == own if len(order) else np.zeros(len(own), bool)
    times: NDArray[np.int64] = np.where(known, np.minimum(plain.time_s[place], links.time_s), links.time_s)
    return times


def _words(rules: TransferRules, ground: Ground | None, pathways: StationPaths | None, limit: int) -> tuple[str, str]:
    """How the times of walks were found, in English and Chinese."""
    en, zh = ["change times as the data give them"], ["换乘时间按数据"]
    if rules.change_time_s is not None:
        en, zh = [f"change time {rules.change_time_s} s"], [f"换乘时间 {rules.change_time_s} 秒"]
    if pathways is not None and len(pathways.nodes):
        en.append("ways through stations for wheelchairs" if pathways.wheelchair else "ways through stations")
        zh.append("站内轮椅通道" if pathways.wheelchair else "站内通道")
    if ground is not None:
        en.append(f"walks of up to {limit / 60:g} min between stops: {ground.rule}")
        zh.append(f"站间步行不超过{limit / 60:g}分钟：{ground.rule_zh}")
    elif rules.walk_distance_m > 0:
        straight = StraightLine(speed_m_s=rules.walk_speed_m_s, detour=rules.detour)
        en.append(f"walks of up to {rules.walk_distance_m:g} m between stops: {straight.rule}")
        zh.append(f"站间步行不超过{rules.walk_distance_m:g}米：{straight.rule_zh}")
    slack = {name: getattr(rules, name) for name in _SLACK if getattr(rules, name) != _SLACK[name]}
    if slack:
        en.append(", ".join(f"{name.replace('_s', '').replace('_', ' ')} {value:g}" for name, value in slack.items()))
        zh.append("，".join(f"{_SLACK_ZH[name]} {value:g}" for name, value in slack.items()))
    return "; ".join(en), "；".join(zh)
