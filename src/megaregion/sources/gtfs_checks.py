"""Checks of a GTFS feed beyond single cells: speeds, repeated trips, trips nobody can ride, ids of two feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.notices import Notices
from megaregion.region.units import KMH_PER_M_S
from megaregion.sources.gtfs_calls import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.sources.gtfs_calls import Calls
    from megaregion.sources.gtfs_files import GtfsFile
    from megaregion.sources.reading import Reading

MODES: Mapping[int, tuple[str, float]] = {
    0: ("tram", 100),
    1: ("metro", 150),
    2: ("rail", 500),
    3: ("bus", 150),
    4: ("ferry", 80),
    5: ("cable tram", 30),
    6: ("aerial lift", 50),
    7: ("funicular", 50),
    11: ("trolleybus", 150),
    12: ("monorail", 150),
}
"""Name of each mode and the speed in km/h above which a hop is reported, those of MobilityData's gtfs-validator."""

OTHER_MODE = ("this mode", 200.0)
"""The same for a mode that is not listed."""

_EXTENDED = {1: 2, 2: 3, 4: 1, 5: 1, 6: 1, 7: 3, 8: 11, 9: 0, 10: 4, 12: 4, 13: 6, 14: 7}
_AIR = 11
_MINUTE_S = 60
_NAMED = 5  # examples in one sentence


def speed_limit(mode: int) -> tuple[str, float]:
    """
    Name of a mode and the highest plausible speed between two stops, km/h.

    Extended modes (100 to 1702) count as the basic mode of their group; aircraft have no limit.

    Examples
    --------
    >>> speed_limit(2), speed_limit(101), speed_limit(1700)
    (('rail', 500), ('rail', 500), ('this mode', 200.0))
    """
    group = mode // 100
    if group == _AIR:
        return "air", np.inf
    return MODES.get(_EXTENDED.get(group, mode), OTHER_MODE)


def check_speeds(calls: Calls, modes: NDArray[np.int64]) -> None:
    """
    Report hops between timed calls that are faster than vehicles of the mode, once for each pair of stops and time.

    Times in whole minutes may each be off by half a minute, so such a hop is judged by a minute more.

    Parameters
    ----------
    calls
        Calls of the feed.
    modes
        (n_trips,) int64, mode of each trip, -1 where not known.
    """
    later, earlier = calls.timed_hops()
    known = np.isfinite(calls.straight_m)
    length = np.cumsum(np.where(known, calls.straight_m, 0.0))
    gaps = np.cumsum(~known)
    metres = np.where(gaps[later] == gaps[earlier], length[later] - length[earlier], 0.0)
    left, reached = calls.departure_s[earlier], calls.arrival_s[later]
    seconds = reached - left
    whole = (left % _MINUTE_S == 0) & (reached % _MINUTE_S == 0)
    mode = modes[calls.trip[later]]
    limits = {int(number): speed_limit(int(number))[1] for number in np.unique(mode)}
    limit = np.array([limits[number] for number in mode.tolist()], dtype=np.float64)
    allowed = limit / KMH_PER_M_S * (seconds + np.where(whole, _MINUTE_S, 0))
    fast = np.flatnonzero((seconds >= 0) & (metres > allowed))
    hops = pd.DataFrame(
        {
            "start": earlier[fast],
            "row": later[fast],
            "from_stop": calls.stop[earlier[fast]],
            "to_stop": calls.stop[later[fast]],
            "seconds": seconds[fast],
            "mode": mode[fast],
            "metres": metres[fast],
        }
    )
    kind = ["from_stop", "to_stop", "seconds", "mode"]
    hops["trips"] = hops.groupby(kind)["row"].transform("size")
    hops = hops.iloc[np.argsort(calls.file.lines[hops["row"]], kind="stable")].drop_duplicates(kind)
    for hop in hops.itertuples(index=False):
        _report_fast(calls, hop)


def _report_fast(calls: Calls, hop: Any) -> None:
    file, row = calls.file, int(hop.row)
    stops, (word, limit) = file.text("stop_id"), speed_limit(int(hop.mode))
    km = hop.metres / 1_000
    speed = f"{km / hop.seconds * 3_600:,.0f} km/h" if hop.seconds else "no time at all"
    more = f" (and {hop.trips - 1:,} more)" if hop.trips > 1 else ""
    file.notices.add(
        "fast_travel_between_consecutive_stops",
        f"trip '{file.text('trip_id').iloc[row]}'{more} runs {km:.1f} km from stop '{stops.iloc[hop.start]}' "
        f"to '{stops.iloc[row]}' in {hop.seconds} s, {speed}; at most {limit:g} km/h is plausible for {word}.",
        file=file.name,
        line=int(file.lines[row]),
        field="arrival_time",
        value=file.text("arrival_time").iloc[row],
    )


def check_frequencies(file: GtfsFile, start_s: NDArray[np.int64], end_s: NDArray[np.int64]) -> None:
    """
    Report intervals that end before they start, and intervals of a trip that overlap.

    Parameters
    ----------
    file
        Rows of frequencies.txt.
    start_s, end_s
        (n_rows,) int64, seconds; negative where not readable.
    """
    empty = (end_s <= start_s) & (start_s >= 0) & (end_s >= 0)
    file.report(
        "gtfs_invalid_frequency",
        empty,
        "end_time",
        lambda row: (
            f"trip '{file.text('trip_id').iloc[row]}' is repeated from {clock(start_s[row])} to {clock(end_s[row])}; "
            "expected an end after the start."
        ),
    )
    trip = pd.factorize(file.text("trip_id"), sort=True)[0]
    order = np.lexsort((file.lines, start_s, trip))
    order = order[((start_s >= 0) & (end_s > start_s))[order]]
    overlap = (trip[order[1:]] == trip[order[:-1]]) & (start_s[order[1:]] < end_s[order[:-1]])
    before = dict(zip(order[1:][overlap].tolist(), order[:-1][overlap].tolist(), strict=True))
    rows = np.zeros(len(file), dtype=bool)
    rows[order[1:][overlap]] = True

    def overlaps(row: int) -> str:
        last = before[row]
        other = f"the interval {clock(int(start_s[last]))} to {clock(int(end_s[last]))} on line {file.lines[last]}"
        return (
            f"trip '{file.text('trip_id').iloc[row]}': the interval {clock(start_s[row])} to {clock(end_s[row])} "
            f"overlaps {other}; expected intervals that do not overlap."
        )

    file.report("overlapping_frequency", rows, "start_time", overlaps)


def check_usable(file: GtfsFile, n_calls: NDArray[np.int64], n_days: NDArray[np.int64]) -> None:
    """
    Report trips that nobody can ride.

    Parameters
    ----------
    file
        Rows of trips.txt.
    n_calls, n_days
        (n_rows,) int64, calls of each trip and days on which it runs.
    """
    calls = {0: "no calls", 1: "one call"}

    def why(row: int) -> str:
        reasons = [f"has {calls[int(n_calls[row])]}; expected at least two"] if n_calls[row] < 2 else []
        reasons += [f"runs on no date by service '{file.text('service_id').iloc[row]}'"] if n_days[row] == 0 else []
        return f"trip '{file.text('trip_id').iloc[row]}' {' and '.join(reasons)}."

    file.report("unusable_trip", (n_calls < 2) | (n_days == 0), "trip_id", why)


def namespace_collisions(reading: Reading, region: Region) -> Notices:
    """
    List ids of a feed that other feeds of a region use too; they are kept apart as `feed:id`.

    Parameters
    ----------
    reading
        Feed about to be merged.
    region
        Region that it goes into.
    """
    notices = Notices()
    for table, key in (("stops", "stop_id"), ("routes", "route_id"), ("trips", "trip_id")):
        if table not in reading.tables or table not in region:
            continue
        new = _split(reading.tables[table][key])
        old = _split(region.table(table)[key])
        old = old[~old["feed"].isin(new["feed"])]
        shared = new[new["id"].isin(old["id"])]["id"].drop_duplicates().sort_values().tolist()
        if not shared:
            continue
        feeds = ", ".join(sorted(old[old["id"].isin(shared)]["feed"].unique()))
        shown = ", ".join(shared[:_NAMED]) + (" ..." if len(shared) > _NAMED else "")
        feed = ", ".join(sorted(new["feed"].unique()))
        notices.add(
            "namespace_collision",
            f"{len(shared):,} values of {key} are used by feed '{feed}' and by {feeds}: {shown}.",
            file=table,
            field=key,
            value=shared[0],
        )
    return notices


def _split(ids: pd.Series) -> pd.DataFrame:
    parts = ids.str.partition(":")
    return pd.DataFrame({"feed": parts[0], "id": parts[2]})
