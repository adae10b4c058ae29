"""
Aggregate the trains of a region into service patterns that keep what city pairs can see of them.

Trains are grouped by kind of train and order of cities; a lone train is counted with the group of most alike cities
as long as no pair's number of direct trains changes beyond a tolerance. A pattern calls, in each city, at the stations
that most trains of its group call at, and takes the median run and stand of its group; groups of fewer than `ENOUGH`
trains take stations and medians from all trains of their kind. Departures are counted per clock hour.

The fastest direct time of every city pair is kept, and that of the main stations of two cities: no pattern is faster
than the fastest train, and for each pair one pattern is as fast as it. Medians are changed by the least that does this.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

ENOUGH = 3
"""Trains from which a median says little about any one of them."""

MINUTE_S = 60
SMALL_CHANGE_MIN = 2
"""A large group whose medians need less change than this is not split into faster and slower trains."""

KIND = {"G": "G", "D": "D", "C": "D", "Z": "Z", "T": "T", "K": "K"}
"""Class of a pattern by class of train; any other is `ordinary`."""

Pair = tuple[str, str]
Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Train:
    """One train within the region: calls as (station, city, arrival, departure) in minutes, and its kind."""

    kind: str
    calls: tuple[tuple[str, str, int, int], ...]

    @property
    def visits(self) -> list[tuple[str, list[int]]]:
        """Cities in order, each with the positions of the calls there."""
        found: list[tuple[str, list[int]]] = []
        for n, (_, city, _, _) in enumerate(self.calls):
            if found and found[-1][0] == city:
                found[-1][1].append(n)
            else:
                found.append((city, [n]))
        return found

    @property
    def cities(self) -> tuple[str, ...]:
        """Cities in order."""
        return tuple(city for city, _ in self.visits)

    def rides(self) -> dict[Pair, tuple[int, int, int]]:
        """Shortest ride of each city pair: minutes, position of boarding, position of alighting."""
        best: dict[Pair, tuple[int, int, int]] = {}
        for i, (_, origin, _, departure) in enumerate(self.calls):
            for j in range(i + 1, len(self.calls)):
                _, destination, arrival, _ = self.calls[j]
                ride = (arrival - departure, i, j)
                if origin != destination and ride < best.get((origin, destination), (10**9, 0, 0)):
                    best[origin, destination] = ride
        return best

    def station_rides(self) -> dict[Pair, tuple[int, int, int]]:
        """Shortest ride of each pair of stations of two cities, as `rides`."""
        best: dict[Pair, tuple[int, int, int]] = {}
        for i, (origin, city, _, departure) in enumerate(self.calls):
            for j in range(i + 1, len(self.calls)):
                destination, other, arrival, _ = self.calls[j]
                ride = (arrival - departure, i, j)
                if city != other and ride < best.get((origin, destination), (10**9, 0, 0)):
                    best[origin, destination] = ride
        return best


@dataclass(slots=True)
class Pattern:
    """
    A stop list with times in minutes after the first departure, and departures by clock hour.

    `needed` are the positions of boarding and alighting for the pairs whose fastest train it stands for, `changed_min`
    the minutes in all by which runs and stands differ from their medians.
    """

    kind: str
    trains: list[int]
    stops: list[tuple[str, str]]
    needed: dict[Pair, tuple[int, int]] = field(default_factory=dict)
    arrival: list[int] = field(default_factory=list)
    departure: list[int] = field(default_factory=list)
    changed_min: float = 0.0
    hours: dict[int, int] = field(default_factory=dict)


def trains_within(stop_times: pd.DataFrame, stops: pd.DataFrame, trips: pd.DataFrame) -> list[Train]:
    """Trains that call in at least two cities, cut to their calls in these; a train that comes back keeps its time."""
    calls = stop_times.merge(stops[["stop_id", "city_id"]], on="stop_id").merge(
        trips[["trip_id", "route_id"]], on="trip_id"
    )
    calls = calls[calls["city_id"].notna()].sort_values(["trip_id", "stop_sequence"])
    calls = calls[calls.groupby("trip_id")["city_id"].transform("nunique") > 1]
    return [
        Train(
            KIND.get(rows["route_id"].iloc[0].rpartition(":")[2], "ordinary"),
            tuple(
                zip(
                    rows["stop_id"],
                    rows["city_id"],
                    rows["arrival_s"] // MINUTE_S,
                    rows["departure_s"] // MINUTE_S,
                    strict=True,
                )
            ),
        )
        for _, rows in calls.groupby("trip_id", sort=True)
    ]


def aggregate(
    trains: Sequence[Train], *, tolerance: float = 0.02, spare: int = 0, main_trains: int = 10
) -> list[Pattern]:
    """
    Find the patterns of all trains.

    Parameters
    ----------
    trains
        Trains of one timetable.
    tolerance
        Share by which the number of direct trains of a city pair may change when a lone train is counted with a
        pattern of like cities; 0 = none is.
    spare
        Trains by which it may change in any case.
    main_trains
        Direct trains from which the busiest pair of stations of two cities keeps its fastest time too.
    """
    rides = [train.rides() for train in trains]
    station_rides = [train.station_rides() for train in trains]
    fastest: dict[Pair, int] = {}
    for train_rides in (*rides, *station_rides):
        for pair, ride in train_rides.items():
            fastest[pair] = min(ride[0], fastest.get(pair, ride[0]))
    main = _main_station_pairs(trains, station_rides, main_trains)
    kept_rides = [
        of_cities | {pair: ride for pair, ride in of_stations.items() if pair in main}
        for of_cities, of_stations in zip(rides, station_rides, strict=True)
    ]
    groups: dict[Key, list[int]] = defaultdict(list)
    for n, train in enumerate(trains):
        groups[train.kind, train.cities].append(n)
    carried = _carriers(kept_rides, fastest, {n: len(members) for members in groups.values() for n in members})
    guests = _merge_lone(groups, rides, set(carried), tolerance, spare)
    known = _Known(trains)

    patterns: list[Pattern] = []
    for key, members in groups.items():
        whole = _fit(trains, members, {n: carried[n] for n in members if n in carried}, kept_rides, fastest, known)
        as_one = whole is not None and whole.changed_min <= SMALL_CHANGE_MIN
        for k, part in enumerate([members] if as_one else _parts(members, carried, trains)):
            pairs = {n: carried[n] for n in part if n in carried}
            also = guests.get(key, []) if k == 0 else []
            joint = _fit(trains, part, pairs, kept_rides, fastest, known)
            if joint is not None:
                patterns.append(_count_hours(joint, trains, [*part, *also]))
                continue
            for n, its in pairs.items():
                alone = _fit(trains, [n], {n: its}, kept_rides, fastest, known)
                alone = alone or _fit(trains, [n], {n: its}, kept_rides, fastest, known, own_stops=True)
                if alone is None:
                    msg = f"train {n} cannot stand for the pairs that it is the fastest of; this is a fault of the tool"
                    raise RuntimeError(msg)
                patterns.append(_count_hours(alone, trains, [n, *also]))
                also = []
            if rest := [n for n in part if n not in pairs]:
                typical = _fit(trains, rest, {}, kept_rides, fastest, known)
                if typical is None:
                    msg = f"trains {rest} have no times; this is a fault of the tool"
                    raise RuntimeError(msg)
                patterns.append(_count_hours(typical, trains, [*rest, *also]))
    return patterns


def _main_station_pairs(
    trains: Sequence[Train], station_rides: Sequence[dict[Pair, tuple[int, int, int]]], main_trains: int
) -> set[Pair]:
    """For each pair of cities the pair of their stations that has the most trains, if these are enough."""
    city = {station: city for train in trains for station, city, _, _ in train.calls}
    count = Counter(pair for train_rides in station_rides for pair in train_rides)
    busiest: dict[Pair, Pair] = {}
    for pair in sorted(count, key=lambda pair: (-count[pair], pair)):
        busiest.setdefault((city[pair[0]], city[pair[1]]), pair)
    return {pair for pair in busiest.values() if count[pair] >= main_trains}


def _merge_lone(
    groups: dict[Key, list[int]],
    rides: Sequence[dict[Pair, tuple[int, int, int]]],
    kept: set[int],
    tolerance: float,
    spare: int,
) -> dict[Key, list[int]]:
    """
    Count lone trains with the group of the most alike cities, as long as no pair's count leaves its tolerance.

    Groups of lone trains that were merged are removed; the trains that each group takes in are returned by group.
    """
    count = Counter(pair for train_rides in rides for pair in train_rides)
    limit = {pair: max(spare, int(tolerance * n)) for pair, n in count.items()}
    change: Counter[Pair] = Counter()
    seen = {key: set(rides[members[0]]) for key, members in groups.items()}
    guests: dict[Key, list[int]] = defaultdict(list)
    lone = [key for key, members in groups.items() if len(members) == 1 and members[0] not in kept]
    for key in sorted(lone, key=lambda key: (len(key[1]), key)):
        if key in guests:
            continue
        best: tuple[tuple[int, int, Key], set[Pair], set[Pair]] | None = None
        for other, members in groups.items():
            if other == key or other[0] != key[0]:
                continue
            more, fewer = seen[other] - seen[key], seen[key] - seen[other]
            rank = (len(more) + len(fewer), -len(members) - len(guests.get(other, ())), other)
            if (best is None or rank < best[0]) and (
                all(abs(change[pair] + 1) <= limit[pair] for pair in more)
                and all(abs(change[pair] - 1) <= limit[pair] for pair in fewer)
            ):
                best = (rank, more, fewer)
        if best is not None:
            change.update(best[1])
            change.subtract(best[2])
            guests[best[0][2]] += groups.pop(key)
    return guests


def _count_hours(pattern: Pattern, trains: Sequence[Train], members: list[int]) -> Pattern:
    """Count the departures of the trains from their first city by clock hour."""
    for n in members:
        last_there = trains[n].visits[0][1][-1]
        hour = trains[n].calls[last_there][3] // 60 % 24
        pattern.hours[hour] = pattern.hours.get(hour, 0) + 1
    pattern.trains = members
    return pattern


def _carriers(
    rides: Sequence[dict[Pair, tuple[int, int, int]]], fastest: dict[Pair, int], group_size: dict[int, int]
) -> dict[int, list[Pair]]:
    """Choose few trains, of large groups first, that between them are as fast as the fastest on every pair."""
    able: dict[int, set[Pair]] = defaultdict(set)
    for n, train_rides in enumerate(rides):
        able[n] = {pair for pair, (minutes, _, _) in train_rides.items() if minutes == fastest[pair]}
    left = {pair for train_rides in rides for pair in train_rides}
    chosen: dict[int, list[Pair]] = {}
    while left:
        best = max(
            able, key=lambda n: (len(able[n] & left) * (1.5 if group_size[n] >= ENOUGH else 1.0), group_size[n], -n)
        )
        chosen[best] = sorted(able.pop(best) & left)
        left -= set(chosen[best])
    return chosen


def _parts(members: list[int], carried: dict[int, list[Pair]], trains: Sequence[Train]) -> list[list[int]]:
    """Split a large group into its fast third, which holds the trains that are the fastest of a pair, and the rest."""
    fast = [n for n in members if n in carried]
    if not fast or len(members) <= ENOUGH:
        return [members]
    by_time = sorted(members, key=lambda n: (n not in carried, trains[n].calls[-1][2] - trains[n].calls[0][3]))
    size = max(len(fast), 2, len(members) // 3)
    return [part for part in (by_time[size:], by_time[:size]) if part]


class _Known:
    """What all trains of a kind do: minutes between two stations and at a station, and where they call in a city."""

    def __init__(self, trains: Sequence[Train]) -> None:
        self.runs: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self.stands: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.calls: dict[tuple[str, str, str, str], list[list[tuple[str, int]]]] = defaultdict(list)
        for train in trains:
            for i, (station, city, _, departure) in enumerate(train.calls):
                between: set[str] = set()
                for there, other, arrival, _ in train.calls[i + 1 :]:
                    if not between - {city, other}:
                        self.runs[train.kind, station, there].append(arrival - departure)
                    between.add(other)
            for station, _, arrival, departure in train.calls[1:-1]:
                self.stands[train.kind, station].append(departure - arrival)
            for visit, (_, positions) in enumerate(train.visits):
                start = train.calls[positions[0]][2]
                self.calls[train.kind, *around(train.cities, visit)].append(
                    [(train.calls[k][0], train.calls[k][2] - start) for k in positions]
                )


def _fit(
    trains: Sequence[Train],
    members: list[int],
    pairs: dict[int, list[Pair]],
    rides: Sequence[dict[Pair, tuple[int, int, int]]],
    fastest: dict[Pair, int],
    known: _Known,
    *,
    own_stops: bool = False,
) -> Pattern | None:
    """Build the pattern of some trains of one group; None if it cannot stand for all pairs at once."""
    kind, order = trains[members[0]].kind, trains[members[0]].cities
    needed_at = {
        (n, pair): tuple((trains[n].calls[k][0], _visit_of(trains[n], k)) for k in rides[n][pair][1:])
        for n, its in pairs.items()
        for pair in its
    }
    stops = _stop_list(
        trains,
        members,
        order,
        {place for places in needed_at.values() for place in places},
        None if own_stops else known,
    )
    position = {stop: n for n, stop in enumerate(stops)}
    needed = {pair: (position[places[0]], position[places[1]]) for (_, pair), places in needed_at.items()}
    listed = [(station, order[visit]) for station, visit in stops]
    runs, stands = _typical(trains, members, stops, known)
    solved = _times(listed, runs, stands, needed, fastest)
    if solved is None:
        return None
    return Pattern(kind, members, listed, needed, *solved)


def _visit_of(train: Train, position: int) -> int:
    return next(n for n, (_, positions) in enumerate(train.visits) if position in positions)


def around(order: tuple[str, ...], visit: int) -> tuple[str, str, str]:
    """City of a visit with the city before and after it, blank at the ends."""
    return order[visit - 1] if visit else "", order[visit], order[visit + 1] if visit + 1 < len(order) else ""


def _stop_list(
    trains: Sequence[Train],
    members: list[int],
    order: tuple[str, ...],
    wanted: set[tuple[str, int]],
    known: _Known | None,
) -> list[tuple[str, int]]:
    """
    Stations of each visit that half of the trains call at (the commonest at least) or that are wanted, in order.

    A group of fewer than `ENOUGH` trains calls where it is wanted, or else where all trains of its kind do that come
    from and go to the same cities; without `known` it calls where its own trains do.
    """
    stops: list[tuple[str, int]] = []
    for visit in range(len(order)):
        own = []
        for n in members:
            positions = trains[n].visits[visit][1]
            start = trains[n].calls[positions[0]][2]
            own.append([(trains[n].calls[k][0], trains[n].calls[k][2] - start) for k in positions])
        lists = own
        if known is not None and len(own) < ENOUGH:
            lists = known.calls[trains[members[0]].kind, *around(order, visit)]
        times: dict[str, list[float]] = defaultdict(list)
        for calls in lists:
            for rank, (station, minutes) in enumerate(calls):
                times[station].append(minutes + rank / 100)
        limit = min(max(len(found) for found in times.values()), len(lists) / 2)
        kept = {station for station, found in times.items() if len(found) >= limit}
        here = {station for station, at in wanted if at == visit}
        kept = here if here and len(own) < ENOUGH else kept | here
        stops += [(station, visit) for station in sorted(kept, key=lambda s: (float(np.median(times[s])), s))]
    return stops


def _typical(
    trains: Sequence[Train], members: list[int], stops: list[tuple[str, int]], known: _Known
) -> tuple[list[float], list[float]]:
    """Median run before each stop and stand at it, in minutes; NaN where no train says."""
    places = [
        {(trains[n].calls[k][0], v): k for v, (_, ks) in enumerate(trains[n].visits) for k in ks} for n in members
    ]
    runs, stands = [0.0], [0.0]
    for before, here in pairwise(stops):
        own = [
            trains[n].calls[at[here]][2] - trains[n].calls[at[before]][3]
            for n, at in zip(members, places, strict=True)
            if before in at and here in at
        ]
        pooled = known.runs.get((trains[members[0]].kind, before[0], here[0]), [])
        runs.append(_median(own, pooled))
        own = [
            trains[n].calls[at[here]][3] - trains[n].calls[at[here]][2]
            for n, at in zip(members, places, strict=True)
            if here in at
        ]
        stands.append(_median(own, known.stands.get((trains[members[0]].kind, here[0]), [])))
    return runs, stands


def _median(own: list[int], pooled: list[int]) -> float:
    chosen = own if len(own) >= ENOUGH or len(pooled) <= len(own) else pooled
    return float(np.median(chosen)) if chosen else float("nan")


def _times(
    stops: list[tuple[str, str]],
    runs: list[float],
    stands: list[float],
    needed: dict[Pair, tuple[int, int]],
    fastest: dict[Pair, int],
) -> tuple[list[int], list[int], float] | None:
    """
    Find whole minutes nearest to the typical ones (least absolute change) that keep the fastest times.

    Variables are arrival and departure at each stop and the change of each run and stand. Constraints are differences
    of two times, so that the vertices are whole numbers.
    """
    n = len(stops)
    steps = [(2 * i - 1, 2 * i, runs[i], 1.0) for i in range(1, n)] + [
        (2 * i, 2 * i + 1, stands[i], 0.0) for i in range(1, n)
    ]
    rows: list[tuple[dict[int, float], float]] = []
    cost = np.zeros(2 * n + len(steps))
    for k, (start, end, typical, least) in enumerate(steps):
        change = 2 * n + k
        rows.append(({start: 1.0, end: -1.0}, -least))
        if not np.isnan(typical):
            rounded = float(np.floor(typical + 0.5))
            cost[change] = 1.0
            rows.append(({end: 1.0, start: -1.0, change: -1.0}, rounded))
            rows.append(({end: -1.0, start: 1.0, change: -1.0}, -rounded))
    for i, (station, origin) in enumerate(stops):
        for j in range(i + 1, n):
            there, other = stops[j]
            if origin != other:
                least_min = max(fastest[origin, other], fastest.get((station, there), 0))
                rows.append(({2 * i + 1: 1.0, 2 * j: -1.0}, -float(least_min)))
    for pair, (i, j) in needed.items():
        rows.append(({2 * j: 1.0, 2 * i + 1: -1.0}, float(fastest[pair])))
    entries = [(r, c, v) for r, (terms, _) in enumerate(rows) for c, v in terms.items()]
    r, c, v = zip(*entries, strict=True)
    bounds = [(0.0, 0.0)] * 2 + [(0.0, None)] * (len(cost) - 2)
    solution = linprog(
        cost + 1e-6 * (np.arange(len(cost)) == 2 * n - 2),
        A_ub=coo_matrix((v, (r, c)), shape=(len(rows), len(cost))).tocsr(),
        b_ub=np.array([limit for _, limit in rows]),
        bounds=bounds,
        method="highs",
    )
    if solution.status != 0:
        return None
    times = np.rint(solution.x[: 2 * n]).astype(int)
    arrival, departure = times[0::2].tolist(), times[1::2].tolist()
    departure[-1] = arrival[-1]
    return arrival, departure, float(solution.x[2 * n :].sum())
