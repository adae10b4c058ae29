"""Travel times between places over a departure window: fastest, percentiles, departures, first and last arrival."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from megaregion import clock
from megaregion.errors import InputError, LimitError
from megaregion.mobility.connection_scan import CAN_BOARD, LANES
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.matrix_sweep import Question, Sweep, check_size
from megaregion.mobility.places import Places, same_places
from megaregion.mobility.timetable import DAY_S
from megaregion.notices import Notices
from megaregion.region.markup import shown_frame
from megaregion.region.points import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.matrix_sweep import Base
    from megaregion.mobility.timetable import Timetable

    I32 = NDArray[np.int32]
    F32 = NDArray[np.float32]

MAX_RIDES = 16
"""Largest number of rides that a cap may allow; without a cap there is none."""

MAX_DRAWS = 1_000
"""Largest number of timetables drawn: each is scanned and held in memory."""

DEFAULT_MAX_WALK_TIME_S = 1_200
"""Longest walk to a stop, from a stop, or all the way, s."""

MAX_FIGURES = 3_000_000_000
"""Figures of a matrix in memory: 12 GB."""

_BLOCK = 4 * LANES


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """
    Travel times from origins to destinations.

    Attributes
    ----------
    origin_ids, destination_ids
        Places, n_o and n_d of them.
    percentiles
        Percentiles asked for, in per cent, ascending.
    travel_time_s
        (n_percentiles, n_o, n_d) float32, seconds from leaving to arriving, waiting included; inf = unreachable.
    fastest_s
        (n_o, n_d) float32, least travel time within the window; inf = unreachable.
    departures
        (n_o, n_d) int32, departures worth waiting for within the window; of drawn timetables the mean, rounded.
    first_arrival_s, last_arrival_s
        (n_o, n_d) float32, arrival of who leaves at the start of the window, and of the last departure worth taking in
        it; seconds of the service day, inf = none. From a place to itself: the start of the window, and none.
    window_s
        First departure second and the second after the last.
    provenance
        What the numbers rest on.
    notices
        Points off the streets, places without a stop, and what else was found.
    """

    origin_ids: tuple[str, ...]
    destination_ids: tuple[str, ...]
    percentiles: tuple[float, ...]
    travel_time_s: F32 = field(repr=False)
    fastest_s: F32 = field(repr=False)
    departures: I32 = field(repr=False)
    first_arrival_s: F32 = field(repr=False)
    last_arrival_s: F32 = field(repr=False)
    window_s: tuple[int, int]
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)

    @property
    def median_s(self) -> F32:
        """(n_o, n_d) float32, median travel time."""
        return self.percentile_s(50)

    def percentile_s(self, percentile: float) -> F32:
        """(n_o, n_d) float32, one of the percentiles asked for."""
        if percentile not in self.percentiles:
            held = ", ".join(f"{p:g}" for p in self.percentiles)
            msg = f"percentile {percentile:g} was not computed; the result holds {held}."
            raise InputError(msg)
        values: F32 = self.travel_time_s[self.percentiles.index(percentile)]
        return values

    def _repr_html_(self) -> str:
        about = {"window": "-".join(self.provenance.get("window", ())), "date": self.provenance.get("date")}
        size = f"{len(self.origin_ids)} x {len(self.destination_ids)}"
        return shown_frame("Travel times, s", {"pairs": size, **about}, self.table)

    @property
    def table(self) -> pd.DataFrame:
        """One row a pair: from_id, to_id, fastest_s, travel_time_p05_s ..., departures, first and last arrival."""
        n_o, n_d = self.fastest_s.shape
        columns: dict[str, Any] = {
            "from_id": np.repeat(np.array(self.origin_ids, dtype=object), n_d),
            "to_id": np.tile(np.array(self.destination_ids, dtype=object), n_o),
            "fastest_s": self.fastest_s.ravel(),
        }
        for percentile, values in zip(self.percentiles, self.travel_time_s, strict=True):
            columns[f"travel_time_{percentile_name(percentile)}_s"] = values.ravel()
        columns |= {
            "departures": self.departures.ravel(),
            "first_arrival_s": self.first_arrival_s.ravel(),
            "last_arrival_s": self.last_arrival_s.ravel(),
        }
        return pd.DataFrame(columns).astype({"from_id": "str", "to_id": "str"})


class MatrixOptions(TypedDict, total=False):
    """
    What is asked of a matrix, and its defaults.

    Attributes
    ----------
    streets
        What lies between points and stops: streets, or straight lines; `StraightLine()` by default.
    max_walk_time_s
        Longest way over it to a stop, from a stop, or all the way, s (1,200).
    max_travel_time_s
        What takes longer is unreachable, s; as the timetable says.
    window
        Clock times between which one leaves: from the first, up to but without the second (06:00 to 22:00).
    percentiles
        In per cent, above 0 and up to 100 (5, 50, 95).
    max_rides
        Cap on rides; None = as many as it takes. The cap is named in the provenance.
    draws
        How many times the departures of lines that only have a headway are drawn at random; 0 = not at all.
    seed
        Of these draws; the same seed gives the same result.
    """

    streets: Ground | None
    max_walk_time_s: int
    max_travel_time_s: int | None
    window: tuple[str, str]
    percentiles: Sequence[float]
    max_rides: int | None
    draws: int
    seed: int


def travel_time_matrix(
    timetable: Timetable,
    origins: Places | Points | Iterable[str] | None = None,
    destinations: Places | Points | Iterable[str] | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[MatrixOptions],
) -> TravelTimes:
    """
    Compute travel times between all pairs, for every second of a departure window, exactly.

    The x-th percentile is the least travel time that x per cent of the departure seconds of the window do not exceed:
    numpy's "inverted_cdf" over all of them. It counts the wait from the moment of leaving.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origins, destinations
        Places, points, or ids of stops; all stops by default.
    workers
        Threads; the processor's cores by default. The result does not depend on it.
    progress
        Called with places done and in all.
    **options
        See `MatrixOptions`.

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        If the window, a percentile, the cap or a stop cannot be used.

    References
    ----------
    Dibbelt, Pajor, Strasser and Wagner 2018, "Connection Scan Algorithm", section 4.
    """
    return plan(timetable, ask(timetable, origins, destinations, options), by_origin=None).all(workers, progress)


def plan_matrix(
    timetable: Timetable,
    origins: Places | Points | Iterable[str] | None = None,
    destinations: Places | Points | Iterable[str] | None = None,
    **options: Unpack[MatrixOptions],
) -> MatrixPlan:
    """
    Prepare a matrix that is computed in blocks of origins, for those too large for memory.

    Parameters are those of `travel_time_matrix`. The blocks put together are the matrix, bit for bit.
    """
    return plan(timetable, ask(timetable, origins, destinations, options), by_origin=True)


@dataclass(frozen=True, slots=True)
class MatrixPlan:
    """
    A matrix that is ready to be computed.

    Attributes
    ----------
    sweep
        The scans.
    provenance
        What the numbers rest on.
    notices
        Points off the streets, places without a stop, and what else was found.
    """

    sweep: Sweep = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(repr=False)

    @property
    def n_origins(self) -> int:
        """Number of origins."""
        return len(self.sweep.targets if self.sweep.in_reverse else self.sweep.others)

    @property
    def n_destinations(self) -> int:
        """Number of destinations."""
        return len(self.sweep.others if self.sweep.in_reverse else self.sweep.targets)

    def block(self, origins: range) -> TravelTimes:
        """Compute the rows of some origins."""
        return self._result(self.sweep.rows(origins), self.sweep.targets.ids[origins.start : origins.stop])

    def all(
        self,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        base: Base | None = None,
    ) -> TravelTimes:
        """Compute the whole matrix on some threads."""
        n, done = len(self.sweep.targets), 0
        figures = n * len(self.sweep.others) * (len(self.sweep.question.percentiles) + 4)
        if figures > MAX_FIGURES:
            msg = (
                f"{self.n_origins:,} origins and {self.n_destinations:,} destinations make {figures:,} figures; up to "
                f"{MAX_FIGURES:,} are held in memory. Write a file with write_travel_times (-o FILE), which goes block "
                "by block, or ask for fewer places."
            )
            raise LimitError(msg)
        blocks = [range(first, min(first + _BLOCK, n)) for first in range(0, n, _BLOCK)]
        rows = tuple(np.empty((n, *values.shape[1:]), np.float32) for values in self.sweep.rows(range(0)))

        def run(block: range) -> int:
            for whole, part in zip(rows, self.sweep.rows(block, base), strict=True):
                whole[block.start : block.stop] = part
            return len(block)

        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            for count in pool.map(run, blocks):
                done += count
                if progress is not None:
                    progress(done, n)
        return self._result(rows, self.sweep.targets.ids)

    def _result(self, rows: tuple[F32, ...], targets: tuple[str, ...]) -> TravelTimes:
        others = self.sweep.others.ids
        percentiles, *tables = rows
        if self.sweep.in_reverse:
            percentiles = percentiles.transpose(1, 0, 2)
            origins, destinations = targets, others
        else:
            percentiles = percentiles.transpose(1, 2, 0)
            tables = [values.T for values in tables]
            origins, destinations = others, targets
        fastest_s, departures, first_arrival_s, last_arrival_s = map(np.ascontiguousarray, tables)
        return TravelTimes(
            origin_ids=origins,
            destination_ids=destinations,
            percentiles=self.sweep.question.percentiles,
            travel_time_s=np.ascontiguousarray(percentiles),
            fastest_s=fastest_s,
            departures=np.rint(departures).astype(np.int32),
            first_arrival_s=first_arrival_s,
            last_arrival_s=last_arrival_s,
            window_s=self.sweep.question.window_s,
            provenance=self.provenance,
            notices=self.notices,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to a timetable: what is asked, the places found on it, and what the answer will rest on."""

    question: Question
    origins: Places
    destinations: Places
    provenance: Mapping[str, Any]
    notices: Notices


def ask(
    timetable: Timetable,
    origins: Places | Points | Iterable[str] | None,
    destinations: Places | Points | Iterable[str] | None,
    options: MatrixOptions,
) -> Asked:
    """Check the options of a matrix and find its places on a timetable; raises `InputError`."""
    unknown = set(options) - set(MatrixOptions.__annotations__)
    if unknown:
        known = ", ".join(MatrixOptions.__annotations__)
        msg = f"a travel-time matrix has no option {min(unknown)!r}; expected {known}."
        raise InputError(msg)
    ground = options.get("streets") or StraightLine()
    max_walk = _whole("max_walk_time_s", options.get("max_walk_time_s", DEFAULT_MAX_WALK_TIME_S), 0, DAY_S)
    limit = options.get("max_travel_time_s")
    limit = timetable.max_travel_time_s if limit is None else limit
    limit = _whole("max_travel_time_s", limit, 1, timetable.max_travel_time_s)
    max_rides = options.get("max_rides")
    if max_rides is not None:
        max_rides = _whole("max_rides", max_rides, 1, MAX_RIDES, "; None for no cap")
    draws = _whole("draws", options.get("draws", 0), 0, MAX_DRAWS)
    start, end = _window(options.get("window", ("06:00", "22:00")))
    shares = _percentiles(options.get("percentiles", (5, 50, 95)))
    leaving = _places(timetable, origins, ground, max_walk, arriving=False)
    reaching = _places(timetable, destinations, ground, max_walk, arriving=True)
    seconds = (end - start) * max(draws, 1)
    notices = Notices()
    notices.extend(timetable.notices)
    notices.extend(_quiet_feeds(timetable, (start, end)))
    notices.extend(leaving.notices)
    if len(same_places(leaving, reaching)[0]) < len(reaching):
        # what is said of places as origins holds for them as destinations
        notices.extend(reaching.notices)
    own_change = timetable.rules.change_time_s
    stops = timetable.stop_table["change_time_s"]
    return Asked(
        Question(
            window_s=(start, end),
            limit_s=limit,
            percentiles=shares,
            ranks=np.array([math.ceil(Fraction(str(share)) * seconds / 100) for share in shares], np.int64),
            max_rides=max_rides,
            max_walk_s=max_walk,
            draws=draws,
            seed=_whole("seed", options.get("seed", 0), 0, 2**63 - 1),
        ),
        leaving,
        reaching,
        {
            "feeds": timetable.feed_ids,
            "date": timetable.date,
            "year": timetable.year,
            "time_zone": timetable.time_zone,
            "window": (clock.show(start), clock.show(end)),
            "percentiles": shares,
            "max_rides": max_rides,
            "max_travel_time_s": limit,
            "max_walk_time_s": max_walk,
            "origins": leaving.rule,
            "origins_zh": leaving.rule_zh,
            "destinations": reaching.rule,
            "change_time_s": sorted({int(s) for s in stops}) if own_change is None else [own_change],
            "transfer_rules": asdict(timetable.rules),
            "walks": timetable.walks.rule,
            "walks_zh": timetable.walks.rule_zh,
            "typical_departures": bool(timetable.trip_table["typical"].any()) and not draws,
            "frequencies": "drawn" if draws else timetable.frequencies,
            "draws": draws,
            "seed": options.get("seed", 0) if draws else None,
        },
        notices,
    )


def plan(timetable: Timetable, asked: Asked, *, by_origin: bool | None) -> MatrixPlan:
    """Prepare a matrix by origin, by destination, or (None) from the side with fewer places; see `plan_matrix`."""
    question = asked.question
    check_size(timetable, question)
    in_reverse = len(asked.origins) < len(asked.destinations) if by_origin is None else by_origin
    timetables = [timetable.draw(number, question.seed) for number in range(question.draws)] or [timetable]
    sweep = Sweep.prepare(timetables, asked.origins, asked.destinations, question, in_reverse=in_reverse)
    return MatrixPlan(sweep, asked.provenance, asked.notices)


def _quiet_feeds(timetable: Timetable, window: tuple[int, int]) -> Notices:
    """Timetables of which nothing leaves within the window, with their first and last departure."""
    notices = Notices()
    leaves = timetable.departure_s[timetable.flags & CAN_BOARD > 0]
    feed = timetable.trip_table["feed_id"].to_numpy()[timetable.run[timetable.flags & CAN_BOARD > 0]]
    for feed_id in timetable.feed_ids:
        own = leaves[(feed == feed_id) & (leaves < DAY_S)]
        if len(own) and not ((own >= window[0]) & (own < window[1])).any():
            first, last, start, end = (clock.show(int(s)) for s in (own.min(), own.max(), *window))
            message = (
                f"nothing of timetable {feed_id} leaves between {start} and {end} on {timetable.date}; its departures "
                f"go from {first} to {last}."
            )
            notices.add("window_without_departures", message, value=feed_id)
    return notices


def _places(
    timetable: Timetable,
    places: Places | Points | Iterable[str] | None,
    ground: Ground,
    max_walk_s: int,
    *,
    arriving: bool,
) -> Places:
    if isinstance(places, str):
        what = "destinations" if arriving else "origins"
        msg = f"{what} is the text {places!r}; expected places or a list of stop ids, as in [{places!r}]."
        raise InputError(msg)
    if isinstance(places, Places):
        if places.stops is not None and places.stops is not timetable.stops and [*places.stops] != [*timetable.stops]:
            what = "destinations" if arriving else "origins"
            msg = f"the {what} were found on a timetable with other stops; find them on this one."
            raise InputError(msg)
        return places
    if isinstance(places, Points):
        return Places.points(timetable, places, ground, max_time_s=max_walk_s, arriving=arriving)
    return Places.stations(timetable, places, arriving=arriving)


def _whole(name: str, value: Any, least: int, most: int, more: str = "") -> int:
    if not (isinstance(value, int | np.integer) and least <= value <= most):
        msg = f"{name} is {value!r}; expected a whole number from {least} to {most}{more}."
        raise InputError(msg)
    return int(value)


def _window(window: tuple[str, str]) -> tuple[int, int]:
    start, end = (clock.parse(text, what="departure window") for text in window)
    if not start < end:
        msg = f"departure window {window[0]} to {window[1]} is empty; it must end after it starts, as in 06:00-22:00."
        raise InputError(msg)
    if end > DAY_S:
        msg = f"departure window ends at {window[1]}; expected 24:00 or earlier; ask for another date."
        raise InputError(msg)
    return start, end


def percentile_name(percentile: float) -> str:
    """
    Name a percentile in columns, with all its digits.

    Examples
    --------
    >>> [percentile_name(p) for p in (5, 50, 99.99999)]
    ['p05', 'p50', 'p99.99999']
    """
    return f"p{percentile:02d}" if isinstance(percentile, int) else f"p{percentile!r}"


def _percentiles(percentiles: Sequence[float]) -> tuple[float, ...]:
    if isinstance(percentiles, str | bytes) or not isinstance(percentiles, Iterable):
        msg = f"percentiles are {percentiles!r}; expected a list of numbers, as in [5, 50, 95]."
        raise InputError(msg)
    shares = tuple(sorted({int(p) if float(p).is_integer() else float(p) for p in percentiles}))
    if not shares or not all(0 < share <= 100 for share in shares):
        given = list(percentiles)
        msg = f"percentiles are {given!r}; expected one or more numbers above 0 and up to 100, for example 5, 50, 95."
        raise InputError(msg)
    return shares
