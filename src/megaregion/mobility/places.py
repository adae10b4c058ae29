"""Where journeys begin and end: stations with what is near them, and cities with all their stations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import NEVER
from megaregion.mobility.station_paths import station_doors
from megaregion.notices import Notices
from megaregion.region.sphere import arc_m, great_circle_m, unit_vectors_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import Walks
    from megaregion.region.index import Index
    from megaregion.region.points import Points

    I32 = NDArray[np.int32]


PRINCIPAL_WITHIN_M = 20_000.0
"""Stations this near to a city's centre serve the city itself rather than a town in its area."""


OUTSIDE_KM = 100.0
"""A point this far from every stop lies outside the region rather than in a corner of it."""


_STATION_RULE = (
    "from the platform, or by walks of the timetable, which are changes: with the change time of the stop",
    "自站台出发，或按时刻表中的步行与换乘（计入该站换乘时间）",
)
"""A place that is a station; a point at the same position goes over the ground instead, without any change time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityAccess:
    """
    Time between the centre of a city and its stations.

    Attributes
    ----------
    fixed_s
        Time that does not depend on distance: to the street, in the station, s.
    speed_m_s
        Speed in the city, door to door, m/s.
    detour
        Way over straight line, dimensionless.
    """

    fixed_s: int = 600
    speed_m_s: float = 25.0 / 3.6
    detour: float = 1.3

    def __post_init__(self) -> None:
        if not (self.fixed_s >= 0 and self.speed_m_s > 0 and self.detour > 0):
            msg = f"city access is {self}; expected fixed_s of 0 or more, and speed_m_s and detour above 0."
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Places:
    """
    Origins or destinations: each a set of stops with the time to or from them.

    Attributes
    ----------
    ids
        One id a place.
    offset
        (n_places + 1,) int32.
    stop, access_s
        (n_accesses,) int32: stop and seconds between it and the place, the same in both directions.
    rule, rule_zh
        How the stops and times were chosen, in words of both languages, for the provenance of results.
    notices
        Places without any stop.
    stops
        Index of the stops that `stop` counts; places belong to its timetable.
    positions, ground, placed, max_time_s
        The points themselves, what lies between them and the stops, the points found on it, and the longest way over
        it, s; None where places are stops.
    """

    ids: tuple[str, ...]
    offset: I32 = field(repr=False)
    stop: I32 = field(repr=False)
    access_s: I32 = field(repr=False)
    rule: str
    rule_zh: str = ""
    notices: Notices = field(default_factory=Notices, repr=False)
    stops: Index | None = field(default=None, repr=False)
    positions: Points | None = field(default=None, repr=False)
    ground: Ground | None = field(default=None, repr=False)
    placed: Any = field(default=None, repr=False)
    max_time_s: int | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> Places:
        """Give some of the places, one after the other."""
        first, last, _ = part.indices(len(self))
        used = slice(int(self.offset[first]), int(self.offset[last]))
        return replace(
            self,
            ids=self.ids[first:last],
            offset=(self.offset[first : last + 1] - self.offset[first]).astype(np.int32),
            stop=self.stop[used],
            access_s=self.access_s[used],
            positions=None if self.positions is None else self.positions.take(np.arange(first, last)),
            placed=None if self.placed is None else self.placed[first:last],
        )

    def of(self, place: int) -> tuple[I32, I32]:
        """Give stops and access times of one place."""
        part = slice(self.offset[place], self.offset[place + 1])
        return self.stop[part], self.access_s[part]

    @classmethod
    def stations(cls, timetable: Timetable, stop_ids: Iterable[str] | None = None, *, arriving: bool = False) -> Places:
        """
        Stations, or stops: each with what can be walked to (or, arriving, from) in its timetable.

        Parameters
        ----------
        timetable
            Gives the stops and the walks between them.
        stop_ids
            Stops, or parent stations; all stops by default.
        arriving
            The places are destinations: walks lead to them.
        """
        walks = timetable.walks.reversed() if arriving else timetable.walks
        ids = tuple(timetable.stops) if stop_ids is None else tuple(stop_ids)
        _unique(ids)
        parents = timetable.stop_table["parent_stop_id"]
        members = [
            np.flatnonzero((parents == stop_id).to_numpy())
            if stop_id not in timetable.stops and (parents == stop_id).any()
            else [timetable.stops.position(stop_id)]
            for stop_id in ids
        ]
        rule = _STATION_RULE
        return cls._pack(ids, [_with_walks(walks, stops) for stops in members], rule, timetable.stops)

    @classmethod
    def group(cls, timetable: Timetable, place_id: str, stop_ids: Sequence[str], *, arriving: bool = False) -> Places:
        """Make one place of several stops, each at 0 s, with what can be walked to (or from) from any of them."""
        walks = timetable.walks.reversed() if arriving else timetable.walks
        members = [timetable.stops.position(stop_id) for stop_id in stop_ids]
        rule = _STATION_RULE
        return cls._pack((place_id,), [_with_walks(walks, members)], rule, timetable.stops)

    @classmethod
    def cities(
        cls,
        timetable: Timetable,
        cities: pd.DataFrame,
        access: CityAccess | None = None,
        *,
        centre: bool = True,
    ) -> Places:
        """
        Cities: the best of all stations of the city at every moment, with the way between centre and station.

        Parameters
        ----------
        timetable
            Its stops carry the `city_id`.
        cities
            city_id, lon, lat of the centre (WGS84).
        access
            Times between centre and station.
        centre
            Whether that way counts; without it a city is all its stations at no cost.
        """
        access = access or CityAccess()
        _unique(tuple(cities["city_id"]))
        stops = timetable.stop_table
        notices = Notices()
        parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        for row in cities.itertuples():
            members = np.flatnonzero((stops["city_id"] == row.city_id).to_numpy())
            if centre:
                lon, lat = stops["lon"].to_numpy()[members], stops["lat"].to_numpy()[members]
                distance = great_circle_m(lon, lat, np.array(row.lon, float), np.array(row.lat, float))
                members, distance = members[np.isfinite(distance)], distance[np.isfinite(distance)]
                # whole minutes, rounded up: a finer figure would pretend to know the way
                minutes = np.ceil((access.fixed_s + distance * access.detour / access.speed_m_s) / 60)
                seconds = minutes * 60
            else:
                seconds = np.zeros(len(members))
            if not len(members):
                name = getattr(row, "name", None)
                named = f"{name} ({row.city_id})" if isinstance(name, str) and name else str(row.city_id)
                message = f"city {named} has no station in the timetable of {timetable.year}."
                named_zh = named.replace(" (", "（").replace(")", "）")
                chinese = f"{timetable.year} 年的时刻表中没有城市{named_zh}的车站。"
                notices.add("place_without_stop", message, value=row.city_id, message_zh=chinese)
            parts.append((members, seconds))
        fixed_min, speed_kmh = access.fixed_s / 60, access.speed_m_s * 3.6
        english = f"{fixed_min:g} min + {access.detour:g} x straight line at {speed_kmh:g} km/h, rounded up to minutes"
        chinese = f"{fixed_min:g}分钟 + {access.detour:g} × 直线距离 ÷ {speed_kmh:g}公里/小时，进位到分钟"
        rule = (
            f"best station pair at every moment; between centre and station {english}",
            f"每一时刻取最优车站对；市中心与车站之间：{chinese}",
        )
        if not centre:
            rule = ("any station of the city, no access time", "城市任一车站，不计进出站时间")
        return cls._pack(tuple(cities["city_id"]), parts, rule, timetable.stops, notices)

    @classmethod
    def points(
        cls, timetable: Timetable, points: Points, ground: Ground, *, max_time_s: int, arriving: bool = False
    ) -> Places:
        """
        Points, such as doors or cells of a grid: each with the stops within some time over the ground.

        Parameters
        ----------
        timetable
            Gives the stops; those without a position are left out.
        points
            The points, with their ids.
        ground
            Streets, or straight lines.
        max_time_s
            Longest way between a point and a stop, s.
        arriving
            The places are destinations: ways lead to them.
        """
        doors = timetable.walks.doors or station_doors(timetable.stop_table)
        placed, at_doors = ground.place(points), ground.place(doors.places)
        reach = ground.reach(at_doors, placed, max_time_s) if arriving else ground.reach(placed, at_doors, max_time_s)
        one, other = np.repeat(np.arange(len(reach.offset) - 1), np.diff(reach.offset)), reach.destination
        place, point = (one, other) if arriving else (other, one)
        # a door may lead to many stops, and a stop have many doors: of these the quickest
        by_place = np.argsort(doors.place, kind="stable")
        first, last = (np.searchsorted(doors.place[by_place], place, side=side) for side in ("left", "right"))
        way = np.repeat(np.arange(len(place)), last - first)
        door = by_place[np.arange(len(way)) - np.repeat(np.cumsum(last - first) - last, last - first)]
        seconds = reach.time_s[way] + (doors.from_stop_s if arriving else doors.to_stop_s)[door]
        table = pd.DataFrame({"point": point[way], "stop": doors.stop[door], "seconds": seconds})
        near = table[table["seconds"] <= max_time_s]
        table = near.groupby(["point", "stop"])["seconds"].min().reset_index()
        counts = np.bincount(table["point"], minlength=len(points))
        offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        notices = Notices()
        notices.extend(placed.notices)
        if not timetable.notices.counts["point_off_streets"]:
            # else the walks between stops have told which of these lie off the streets
            notices.extend(at_doors.notices)
        _tell_lonely(points, doors.places, np.flatnonzero(np.diff(offset) == 0), max_time_s, notices)
        return cls(
            points.ids,
            offset,
            table["stop"].to_numpy(np.int32),
            table["seconds"].to_numpy(np.int32),
            f"stops within {max_time_s / 60:g} min: {ground.rule}",
            f"{max_time_s / 60:g} 分钟内的车站：{ground.rule_zh}",
            notices,
            timetable.stops,
            points,
            ground,
            placed,
            max_time_s,
        )

    @classmethod
    def _pack(
        cls,
        ids: tuple[str, ...],
        parts: Sequence[tuple[NDArray[np.integer], NDArray[np.generic]]],
        rule: tuple[str, str],
        stops: Index,
        notices: Notices | None = None,
    ) -> Places:
        offset = np.concatenate([[0], np.cumsum([len(stops) for stops, _ in parts])]).astype(np.int32)
        stop = np.concatenate([np.empty(0, np.int32), *(stops for stops, _ in parts)]).astype(np.int32)
        seconds = np.concatenate([np.empty(0, np.int32), *(times for _, times in parts)]).astype(np.int32)
        return cls(ids, offset, stop, seconds, *rule, notices or Notices(), stops)

    def access_matrix(self, n_stops: int, places: Sequence[int], lanes: int) -> I32:
        """(n_stops, lanes) int32: seconds between each stop and each of the listed places, `NEVER` where none."""
        seconds = np.full((n_stops, lanes), NEVER, np.int32)
        for lane, place in enumerate(places):
            stops, times = self.of(place)
            seconds[stops, lane] = times
        return seconds


def same_places(places: Places, others: Places) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """
    Find places that stand among other places, too: those with the same id and, of points, at the same position.

    Returns
    -------
    Their positions among the places and among the others.
    """
    if (places.positions is None) != (others.positions is None):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    there = pd.Index(others.ids).get_indexer(pd.Index(places.ids))
    here = np.flatnonzero(there >= 0)
    there = there[here]
    if places.positions is not None and others.positions is not None:
        one, other = places.positions, others.positions
        same = (one.lon[here] == other.lon[there]) & (one.lat[here] == other.lat[there])
        here, there = here[same], there[same]
    return here, there


def _unique(ids: tuple[str, ...]) -> None:
    """Refuse a place that is listed twice: results are told apart by id."""
    twice = pd.Index(ids)[pd.Index(ids).duplicated()]
    if len(twice):
        msg = f"place {twice[0]!r} is listed twice; list each place once."
        raise InputError(msg)


def _tell_lonely(points: Points, doors: Points, rows: NDArray[np.intp], max_time_s: int, notices: Notices) -> None:
    """Say which points reach no stop, and how far the nearest one is."""
    if not len(doors) or not len(rows):
        return
    tree = KDTree(unit_vectors_m(doors.lon, doors.lat))
    chord, nearest = tree.query(unit_vectors_m(points.lon[rows], points.lat[rows]))
    for row, kilometres, door in zip(rows, arc_m(chord) / 1000, nearest, strict=True):
        message = (
            f"point {points.ids[row]} has no stop within {max_time_s / 60:g} min; the nearest, {doors.ids[door]}, is "
            f"{kilometres:.1f} km away."
        )
        outside = kilometres > OUTSIDE_KM
        fix = "it lies outside the region, or its longitude and latitude are swapped" if outside else ""
        notices.add("place_without_stop", message, value=points.ids[row], fix=fix)


def on_foot(origins: Places, destinations: Places, max_time_s: int) -> I32:
    """
    Find the time from place to place without any ride.

    Between points it is that over the ground. Between stops it is one walk of the timetable: to a stop that is itself
    the destination, or from one that is itself the origin.

    Returns
    -------
    (n_origins, n_destinations) int32 seconds, `NEVER` where there is no way within `max_time_s`.
    """
    times: I32 = np.full((len(origins), len(destinations)), NEVER, np.int32)
    if origins.ground is not None and origins.ground == destinations.ground:
        reach = origins.ground.reach(origins.placed, destinations.placed, max_time_s)
        times[np.repeat(np.arange(len(origins)), np.diff(reach.offset)), reach.destination] = reach.time_s
        return times
    swapped = len(origins) < len(destinations)
    few, many = (origins, destinations) if swapped else (destinations, origins)
    n_stops = int(max(few.stop.max(initial=0), many.stop.max(initial=0))) + 1
    has_stops = np.diff(many.offset) > 0
    begins = many.offset[:-1][has_stops]
    for row in range(len(few)):
        if not len(begins):
            break
        other = few.access_matrix(n_stops, [row], 1)[many.stop, 0]
        total = np.where((many.access_s == 0) | (other == 0), many.access_s + other, NEVER)
        if swapped:
            times[row, has_stops] = np.minimum.reduceat(total, begins)
        else:
            times[has_stops, row] = np.minimum.reduceat(total, begins)
    times[times > max_time_s] = NEVER
    return times


def principal_stations(
    stops: pd.DataFrame, cities: pd.DataFrame, *, within_m: float = PRINCIPAL_WITHIN_M
) -> pd.Series[str]:
    """
    Say for which city each stop is a principal station: one near the centre, or the nearest if there is none so near.

    City areas are wide: without this rule the quickest train "from Hangzhou to Shanghai" runs between two suburbs.

    Parameters
    ----------
    stops
        stop_id, lon, lat, city_id; WGS84 degrees.
    cities
        city_id, lon, lat of the centre.
    within_m
        Straight-line distance from the centre, m.

    Returns
    -------
    Series of str on the index of `stops`: the city's id, "" = not a principal station.
    """
    centre = cities.set_index("city_id").reindex(stops["city_id"])
    distance = pd.Series(
        great_circle_m(
            stops["lon"].to_numpy(float),
            stops["lat"].to_numpy(float),
            centre["lon"].to_numpy(float),
            centre["lat"].to_numpy(float),
        ),
        index=stops.index,
    )
    nearest = distance.groupby(stops["city_id"]).transform("min")
    principal = (distance <= within_m) | (distance == nearest)
    return stops["city_id"].where(principal, "").fillna("").astype("str")


def _with_walks(walks: Walks, stops: NDArray[np.integer] | list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List stops of a station at 0 s and what is walked to from them, each at its least time."""
    best: dict[int, int] = {}
    for stop in stops:
        part = slice(walks.offset[stop], walks.offset[stop + 1])
        for there, seconds in zip(walks.stop[part], walks.transfer_time_s[part], strict=True):
            best[int(there)] = min(best.get(int(there), NEVER), int(seconds))
    best |= {int(stop): 0 for stop in stops}
    return np.array(list(best), np.int64), np.array(list(best.values()), np.int64)
