"""Ways through stations: from platform to platform, and between platforms and the street."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.chains import shortest_chains
from megaregion.region.points import Points
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    F64 = NDArray[np.float64]
    Bool = NDArray[np.bool_]

_CLIMBED = ("stairs", "escalator")
_GATES = ("fare_gate", "exit_gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayRules:
    """
    How long ways through stations take where the data do not say, and what a wheelchair passes.

    A way takes its written time; else its length at walking speed, or the same for `step_m` a step where that is more;
    else, by its mode, `elevator_s`, nothing (gates), or the straight line between its ends; else `unknown_s`.

    Attributes
    ----------
    step_m
        Level metres that take as long as a step of stairs, m.
    elevator_s
        Waiting for an elevator and riding it, s.
    unknown_s
        A way of which nothing is known, s.
    max_slope
        Steepest way that a wheelchair takes, rise over run.
    min_width_m
        Narrowest way that a wheelchair takes, m.

    References
    ----------
    Steps and elevators: OpenTripPlanner 2, `PathwayEdge` and `elevatorBoardTime`. Slope: GTFS reference, field
    `max_slope` of pathways.txt. Width: 2010 ADA Standards for Accessible Design, 403.5.1 (36 in).
    """

    step_m: float = 0.4
    elevator_s: float = 90.0
    unknown_s: float = 30.0
    max_slope: float = 0.083
    min_width_m: float = 0.915

    def __post_init__(self) -> None:
        for name in ("step_m", "elevator_s", "unknown_s", "max_slope", "min_width_m"):
            if not 0 <= getattr(self, name) < np.inf:  # also catches NaN
                msg = f"pathway rule '{name}' is {getattr(self, name)!r}; expected a number of 0 or more."
                raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Doors:
    """
    Where stops meet the street, by stop.

    Attributes
    ----------
    stop
        (n_doors,) int32, position of the stop, ascending; a stop may have many doors, or none.
    place
        (n_doors,) int32, position in `places`; several stops may share an entrance.
    to_stop_s, from_stop_s
        (n_doors,) float64, whole seconds from the street to the stop and back out, rounded up; inf = not in this
        direction.
    places
        The entrances and stops, each once.
    """

    stop: I32
    place: I32
    to_stop_s: F64
    from_stop_s: F64
    places: Points

    @property
    def lon(self) -> F64:
        """(n_doors,) float64, degrees."""
        return self.places.lon[self.place]

    @property
    def lat(self) -> F64:
        """(n_doors,) float64, degrees."""
        return self.places.lat[self.place]


@dataclass(frozen=True, slots=True)
class StationPaths:
    """
    Ways through stations as a graph.

    Attributes
    ----------
    nodes
        Ids of the places that ways join; a boarding area stands for its platform.
    begin, end, time_s
        (n_ways,) int64 nodes and float64 seconds, each direction for itself; what a wheelchair does not pass is left
        out if one is asked for.
    joined
        (n_nodes,) bool, a chain of ways of any kind links the node with an entrance.
    door
        (n_nodes,) bool, entrance with a position that may be used.
    lon, lat
        (n_nodes,) float64, degrees, nan where not known.
    closed
        Ids of the stops that a wheelchair cannot reach from the street, if one is asked for.
    wheelchair
        Whether the ways are those of a wheelchair.
    """

    nodes: pd.Index = field(repr=False)
    begin: I64 = field(repr=False)
    end: I64 = field(repr=False)
    time_s: F64 = field(repr=False)
    joined: Bool = field(repr=False)
    door: Bool = field(repr=False)
    lon: F64 = field(repr=False)
    lat: F64 = field(repr=False)
    closed: frozenset[str] = field(repr=False)
    wheelchair: bool = False

    @classmethod
    def from_region(
        cls,
        region: Region,
        *,
        walk_speed_m_s: float = 1.3,
        rules: PathwayRules | None = None,
        wheelchair: bool = False,
    ) -> StationPaths:
        """
        Read tables `stops` and `pathways` of a region.

        Parameters
        ----------
        region
            Its pathways may be empty.
        walk_speed_m_s
            Walking speed, m/s.
        rules
            What holds where the data do not say.
        wheelchair
            Leave out stairs, escalators, steep and narrow ways, and entrances that wheelchairs cannot pass; what is
            not known counts as passable.
        """
        ways, stops = region.table("pathways"), region.table("stops")
        return cls.from_tables(stops, ways, walk_speed_m_s=walk_speed_m_s, rules=rules, wheelchair=wheelchair)

    @classmethod
    def from_tables(
        cls,
        stops: pd.DataFrame,
        pathways: pd.DataFrame,
        *,
        walk_speed_m_s: float = 1.3,
        rules: PathwayRules | None = None,
        wheelchair: bool = False,
    ) -> StationPaths:
        """Read the two tables, as `from_region` does."""
        rules = rules or PathwayRules()
        by_id = stops.set_index("stop_id")
        areas = stops[stops["kind"] == "boarding_area"].set_index("stop_id")["parent_stop_id"].dropna()
        # a station as a whole is no place that a way could lead to
        known = by_id.index[(by_id["kind"].fillna("stop") != "station").to_numpy(bool)]
        pathways = pathways[pathways["from_stop_id"].isin(known) & pathways["to_stop_id"].isin(known)]
        ends = [pathways[name].replace(areas.to_dict()) for name in ("from_stop_id", "to_stop_id")]
        nodes = pd.Index(pd.concat(ends, ignore_index=True).unique()).astype("str")
        places = by_id.reindex(nodes)
        lon, lat = (places[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
        begin, end = (nodes.get_indexer(pd.Index(side)).astype(np.int64) for side in ends)
        both = pathways["both_ways"].fillna(value=False).to_numpy(bool)
        time_s = _times(pathways, great_circle_m(lon[begin], lat[begin], lon[end], lat[end]), walk_speed_m_s, rules)
        entrance = (places["kind"] == "entrance").to_numpy(bool)
        door = entrance & np.isfinite(lon) & np.isfinite(lat)
        joined = _joined(begin, end, both, door)
        closed: frozenset[str] = frozenset()
        if wheelchair:
            passable = _passable(pathways, rules)
            begin, end, both, time_s = begin[passable], end[passable], both[passable], time_s[passable]
            shut = _is_false(by_id["wheelchair"])
            closed = frozenset(by_id.index[shut])
            door &= ~_is_false(places["wheelchair"])
        return cls(
            nodes=nodes,
            begin=np.concatenate([begin, end[both]]),
            end=np.concatenate([end, begin[both]]),
            time_s=np.concatenate([time_s, time_s[both]]),
            joined=joined,
            door=door,
            lon=lon,
            lat=lat,
            closed=closed,
            wheelchair=wheelchair,
        )

    def between(self, stop_ids: pd.Series) -> tuple[I64, I64, I64]:
        """
        Find the shortest ways from stop to stop.

        Parameters
        ----------
        stop_ids
            Ids of the stops, in the order of their positions.

        Returns
        -------
        Positions left and reached and whole seconds, rounded up, int64, for each pair of stops that ways link.
        """
        node, position = self._of(stop_ids)
        one, other, seconds = self._chains(self.begin, self.end, node)
        called = np.full(len(self.nodes), -1, np.int64)
        called[node] = position
        kept = called[other] >= 0
        return called[one[kept]], called[other[kept]], whole_s(seconds[kept])

    def touches(self, stop_ids: pd.Series) -> Bool:
        """Tell which stops ways lead to or from; (n_stops,) bool."""
        return stop_ids.isin(self.nodes).to_numpy(bool)

    def _of(self, stop_ids: pd.Series) -> tuple[I64, I64]:
        node = self.nodes.get_indexer(pd.Index(stop_ids))
        position = np.flatnonzero(node >= 0)
        return node[position].astype(np.int64), position

    def _chains(self, begin: I64, end: I64, node: I64) -> tuple[I64, I64, F64]:
        sources = np.zeros(len(self.nodes), bool)
        sources[node] = True
        return shortest_chains(begin, end, self.time_s, len(self.nodes), sources=sources)

    def to_doors(self, stop_ids: pd.Series) -> pd.DataFrame:
        """Find the entrances of stops: stop (position), node, to_stop_s, from_stop_s (inf = not in this direction)."""
        node, position = self._of(stop_ids)
        called = np.full(len(self.nodes), -1, np.int64)
        called[node] = position
        found = []
        for name, begin, end in (("from_stop_s", self.begin, self.end), ("to_stop_s", self.end, self.begin)):
            one, door, seconds = self._chains(begin, end, node)
            kept = self.door[door]
            way = pd.DataFrame({"stop": called[one[kept]], "node": door[kept], name: whole_s(seconds[kept])})
            found.append(way.set_index(["stop", "node"]))
        joined = found[0].join(found[1], how="outer").reset_index().sort_values(["stop", "node"], ignore_index=True)
        return joined.astype({"from_stop_s": "float64", "to_stop_s": "float64"}).fillna(np.inf)


def whole_s(seconds: NDArray[np.floating]) -> I64:
    """Round seconds up; a millionth of a second is the noise of reckoning with fractions and adds none."""
    return np.ceil(np.round(np.asarray(seconds, np.float64), 6)).astype(np.int64)


def station_doors(stops: pd.DataFrame, paths: StationPaths | None = None) -> Doors:
    """
    Find the points where stops meet the street.

    A stop that pathways link with entrances has these, with the time of the way there. Any other stop meets the street
    where it stands, in no time: pathways do not say how else. With the ways of a wheelchair, a stop whose entrances
    none can be reached from, and one that says it cannot be reached, has no door.

    Parameters
    ----------
    stops
        One row a stop in the order of their positions: stop_id, lon, lat; those without a position have no door of
        their own.
    paths
        Ways through stations; none by default.

    Returns
    -------
    Doors
        By stop.
    """
    ids = stops["stop_id"].astype("str")
    lon, lat = (stops[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
    own = np.isfinite(lon) & np.isfinite(lat)
    if paths is None or not len(paths.nodes):
        position = np.flatnonzero(own if paths is None else own & ~ids.isin(paths.closed).to_numpy(bool))
        nothing = np.zeros(len(position))
        places = Points(tuple(ids.iloc[position]), lon[position], lat[position])
        return Doors(position.astype(np.int32), np.arange(len(position), dtype=np.int32), nothing, nothing, places)
    node = paths.nodes.get_indexer(pd.Index(ids))
    inside = (node >= 0) & paths.joined[np.maximum(node, 0)]
    open_ = ~ids.isin(paths.closed).to_numpy(bool)
    ways = paths.to_doors(ids)
    ways = ways[(inside & open_)[ways["stop"].to_numpy()]]
    position = np.flatnonzero(own & ~inside & open_)
    entrances = np.unique(ways["node"].to_numpy())
    places = Points(
        (*paths.nodes[entrances], *ids.iloc[position]),
        np.concatenate([paths.lon[entrances], lon[position]]),
        np.concatenate([paths.lat[entrances], lat[position]]),
    )
    stop = np.concatenate([ways["stop"].to_numpy(), position])
    place = np.concatenate(
        [np.searchsorted(entrances, ways["node"].to_numpy()), len(entrances) + np.arange(len(position))]
    )
    times = [np.concatenate([ways[name].to_numpy(), np.zeros(len(position))]) for name in ("to_stop_s", "from_stop_s")]
    order = np.lexsort((place, stop))
    return Doors(stop[order].astype(np.int32), place[order].astype(np.int32), times[0][order], times[1][order], places)


def _times(ways: pd.DataFrame, straight_m: F64, walk_speed_m_s: float, rules: PathwayRules) -> F64:
    """Seconds of each way, (n_ways,)."""
    written, length, steps = (
        ways[name].to_numpy(np.float64, na_value=np.nan) for name in ("traversal_time_s", "length_m", "stair_count")
    )
    mode = ways["mode"].to_numpy(object)
    level_m = np.fmax(length, np.abs(steps) * rules.step_m)
    default_m = np.where(np.isin(mode, _GATES), 0.0, straight_m)
    default = np.where(np.isnan(default_m), rules.unknown_s, default_m / walk_speed_m_s)
    default = np.where(mode == "elevator", rules.elevator_s, default)
    walked = np.where(np.isnan(level_m), default, level_m / walk_speed_m_s)
    return np.where(np.isnan(written), walked, written)


def _passable(ways: pd.DataFrame, rules: PathwayRules) -> Bool:
    """Tell which ways a wheelchair takes, (n_ways,) bool; what is not known is no hindrance."""
    steps, slope, width = (
        ways[name].to_numpy(np.float64, na_value=np.nan) for name in ("stair_count", "max_slope", "min_width_m")
    )
    mode = ways["mode"].to_numpy(object)
    stepped = np.isin(mode, _CLIMBED) | ((np.nan_to_num(steps) != 0) & (mode != "elevator"))
    # comparisons with nan are false
    passable: Bool = ~(stepped | (np.abs(slope) > rules.max_slope) | (width < rules.min_width_m))
    return passable


def _joined(begin: I64, end: I64, both: Bool, door: Bool) -> Bool:
    """Tell which nodes an entrance can be reached from or that can be reached from one, (n_nodes,) bool."""
    one, other = np.concatenate([begin, end[both]]), np.concatenate([end, begin[both]])
    nothing = np.zeros(len(one))
    found = door.copy()
    for left, right in ((one, other), (other, one)):
        _, reached, _ = shortest_chains(left, right, nothing, len(door), sources=door)
        found[reached] = True
    return found


def _is_false(column: pd.Series) -> Bool:
    """Tell where a nullable boolean says no."""
    return (~column.astype("boolean").fillna(value=True)).to_numpy(bool)
