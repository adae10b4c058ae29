"""Service at a headway: intervals of table `frequencies`, and other departures for scheduled trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import LimitError
from megaregion.mobility.edits.new_station import append_rows
from megaregion.region.removal import without
from megaregion.region.schema import conform

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megaregion.notices import Notices
    from megaregion.region.model import Region

    I64 = NDArray[np.int64]
    Respace = Callable[[I64], tuple[I64, I64]]

MAX_DEPARTURES = 20_000
"""Departures of the trips of one line and day: one every four seconds."""

MAX_NEW_TRIPS = 200_000
"""Trips that one edit makes: more than any city runs in a day."""

_ROUNDING = 1e-9
"""Places in a row of trips are fractions of whole numbers: 1/3 * 3 may come out a little below 1."""


def cut_intervals(
    frequencies: pd.DataFrame,
    chosen: NDArray[np.bool_],
    headway_s: NDArray[np.int64],
    span: tuple[float, float],
) -> pd.DataFrame:
    """
    Give chosen intervals a new headway within a span of the day; what sticks out keeps its old one.

    Parameters
    ----------
    frequencies
        Table `frequencies`.
    chosen
        (n_rows,) bool, intervals that overlap the span.
    headway_s
        (n_rows,) int64, new headway, seconds.
    span
        First second and the second after the last.

    Returns
    -------
    Table `frequencies`; the pieces of an interval stand in its place. A piece after the span begins with the first
    departure that the old interval had there.
    """
    start, end, old = (frequencies[name].to_numpy(np.int64) for name in ("start_s", "end_s", "headway_s"))
    begin = np.maximum(start, span[0]).astype(np.int64)
    stop = np.minimum(end, span[1]).astype(np.int64)
    after = start - (start - stop) // old * old
    pieces = [
        (~chosen, frequencies),
        (chosen & (start < begin), frequencies.assign(end_s=begin)),
        (chosen, frequencies.assign(start_s=begin, end_s=stop, headway_s=headway_s)),
        (chosen & (stop < end) & (after < end), frequencies.assign(start_s=after)),
    ]
    position = np.concatenate([np.flatnonzero(which) for which, _ in pieces])
    joined = pd.concat([frame[which] for which, frame in pieces if which.any()], ignore_index=True)
    ordered: pd.DataFrame = joined.iloc[np.argsort(position, kind="stable")]
    return ordered.reset_index(drop=True)


def replace_scheduled(
    region: Region, trip_ids: pd.Series[str], headway_s: int, span: tuple[float, float]
) -> tuple[Region, int]:
    """
    Replace scheduled trips by one repeated trip for each timetable, set of days and list of stops.

    Parameters
    ----------
    region
        Region.
    trip_ids
        Scheduled trips to consider; those that leave their first stop outside the span stay.
    headway_s
        Seconds between two departures.
    span
        First departure, and the second from which there is none.

    Returns
    -------
    The changed region, and how many scheduled trips were replaced.
    """
    ranked = _alike(region, trip_ids, span)
    if ranked.empty:
        return region, 0
    ranked = ranked.sort_values(["group", "total_s", "trip_id"], kind="stable")
    groups = ranked.groupby("group")
    # of an even number the faster of the middle two, so that a real trip stands for the group
    middle = groups.cumcount() == (groups["trip_id"].transform("size") - 1) // 2
    kept = ranked[middle].set_index("trip_id")["departure_s"].sort_index()
    changed = region.with_tables(without(region, "trips", set(ranked["trip_id"]) - set(kept.index)))
    stop_times = changed.table("stop_times")
    first_s = stop_times["trip_id"].map(kept).fillna(0).astype("int64")
    relative = stop_times.assign(
        # a trip may arrive at its first stop before it leaves; relative times begin at 0
        arrival_s=(stop_times["arrival_s"] - first_s).where(first_s == 0, lambda value: value.clip(lower=0)),
        departure_s=stop_times["departure_s"] - first_s,
    )
    interval = {"start_s": int(span[0]), "end_s": int(span[1]), "headway_s": headway_s, "exact_times": False}
    frequencies = append_rows(changed, "frequencies", [{"trip_id": trip} | interval for trip in kept.index])
    return changed.with_tables({"stop_times": relative, "frequencies": frequencies}), len(ranked)


def every(headway_s: int, span: tuple[float, float]) -> Respace:
    """
    Departures at just these times: from the start of the span, a headway apart, none at its end.

    Each runs like the old trip whose departure is nearest, the earlier of two.

    Examples
    --------
    >>> times, like = every(900, (25_200, 27_900))(np.array([25_300, 27_000]))
    >>> times.tolist(), like.tolist()
    ([25200, 26100, 27000], [0, 0, 1])
    """

    def departures(old: I64) -> tuple[I64, I64]:
        _check_departures((span[1] - span[0]) / headway_s, f"headway_s is {headway_s}")
        times = np.arange(int(span[0]), int(span[1]), headway_s, dtype=np.int64)
        return times, np.argmin(np.abs(times[:, None] - old), axis=1)

    return departures


def times_as_many(factor: float) -> Respace:
    """
    More or fewer departures, spread over the old ones in proportion; the first stays.

    Each runs like the old trip before it, or the old trip itself.

    Examples
    --------
    >>> times, like = times_as_many(2)(np.array([0, 600, 1000]))
    >>> times.tolist(), like.tolist()
    ([0, 300, 600, 800, 1000], [0, 0, 1, 1, 2])
    >>> times_as_many(0.5)(np.array([0, 600, 1000]))[0].tolist()
    [0, 1000]
    """

    def departures(old: I64) -> tuple[I64, I64]:
        _check_departures((len(old) - 1) * factor, f"factor is {factor:g}")
        # a rounding error must not lose the last one
        place = np.arange(int(np.floor((len(old) - 1) * factor + _ROUNDING)) + 1) / factor
        times = np.rint(np.interp(place, np.arange(len(old)), old)).astype(np.int64)
        return times, np.minimum(np.floor(place + _ROUNDING), len(old) - 1).astype(np.int64)

    return departures


def _check_departures(n: float, found: str) -> None:
    """Refuse more departures of a line than a street could carry, before they are made."""
    if n > MAX_DEPARTURES:
        msg = (
            f"edit 'change_frequency': {found}, which makes {n:,.0f} departures of one line in a day; expected up to "
            f"{MAX_DEPARTURES:,}. Choose a smaller factor or a longer headway."
        )
        raise LimitError(msg)


def respace_scheduled(
    region: Region, trip_ids: pd.Series[str], respace: Respace, span: tuple[float, float]
) -> tuple[Region, int]:
    """
    Give scheduled trips other departures, for each timetable, set of days and list of stops.

    Parameters
    ----------
    region
        Region.
    trip_ids
        Scheduled trips to consider; those that leave their first stop outside the span stay.
    respace
        Gives the new departures and which old trip each runs like, from (n_old,) departures, seconds, ascending.
    span
        First departure, and the second from which there is none.

    Returns
    -------
    The changed region, and how many trips were added or removed. A trip whose departure is among the new ones stays as
    it is; all others belong to no block.
    """
    ranked = _alike(region, trip_ids, span).sort_values(["group", "departure_s", "trip_id"], kind="stable")
    taken = set(region.table("trips")["trip_id"])
    dropped: set[str] = set()
    rows: list[tuple[str, str, int]] = []
    for _, group in ranked.groupby("group"):
        ids, old = group["trip_id"].to_numpy(), group["departure_s"].to_numpy(np.int64)
        gone = dict(zip(ids, old, strict=True))
        times, like = respace(old)
        for leaves, trip in zip(times.tolist(), ids[like], strict=True):
            if gone.get(trip) == leaves:
                del gone[trip]
                continue
            key = f"{trip}@{leaves}"
            while key in taken:
                key += "+"
            taken.add(key)
            if len(rows) == MAX_NEW_TRIPS:
                msg = (
                    f"edit 'change_frequency': more than {MAX_NEW_TRIPS:,} new trips; choose a smaller factor, a "
                    "longer headway or fewer routes."
                )
                raise LimitError(msg)
            rows.append((trip, key, leaves - int(old[np.flatnonzero(ids == trip)[0]])))
        dropped |= set(gone)
    if not rows and not dropped:
        return region, 0
    trips, stop_times = region.table("trips"), region.table("stop_times")
    new = pd.DataFrame(rows, columns=["trip_id", "new", "shift_s"])
    more = {}
    for name, frame in (("trips", trips), ("stop_times", stop_times)):
        copied = new.merge(frame, on="trip_id", how="left").drop(columns="trip_id").rename(columns={"new": "trip_id"})
        for field in ("arrival_s", "departure_s"):
            if field in copied:
                copied[field] += copied["shift_s"]
        # a vehicle goes on as one other: copies in the block would take that trip from the one that goes on as it
        copied = conform(name, copied.drop(columns=["shift_s", "block_id"], errors="ignore").astype({"trip_id": "str"}))
        more[name] = pd.concat([frame, copied], ignore_index=True) if len(copied) else frame
    changed = region.with_tables(more)
    changed = changed.with_tables(without(changed, "trips", dropped))
    return changed, len(rows) + len(dropped)


def report_lost_through_runs(before: Region, after: Region, notices: Notices) -> None:
    """
    Report trips that one could stay seated from, or come seated to, and that no longer run to a timetable.

    Parameters
    ----------
    before, after
        Region before and after trips were given other departures.
    notices
        Where it is reported.
    """
    trips, transfers = before.table("trips"), before.table("transfers")
    is_kept = trips["trip_id"].isin(after.table("trips")["trip_id"])
    repeated = [each.table("frequencies")["trip_id"] for each in (before, after)]
    gone = (~is_kept | trips["trip_id"].isin(repeated[1])) & ~trips["trip_id"].isin(repeated[0])
    block = trips["block_id"].fillna("").astype("str")
    in_block = (block != "") & trips.assign(block_id=block).duplicated(["feed_id", "block_id"], keep=False)
    rules = transfers[(transfers["kind"] == "in_seat").to_numpy(bool)]
    ruled = trips["trip_id"].isin(pd.concat([rules["from_trip_id"], rules["to_trip_id"]]))
    lost = trips.loc[gone & (in_block | ruled), "trip_id"]
    if len(lost):
        one = str(lost.iloc[0])
        notices.add(
            "through_run_lost",
            f"{len(lost)} trips that share a block or a rule 'in_seat' with others, such as '{one}', get other "
            "departures; nobody stays seated between those that take their place and other trips.",
            field="block_id",
            value=one,
        )


def _alike(region: Region, trip_ids: pd.Series[str], span: tuple[float, float]) -> pd.DataFrame:
    """Trips that leave in the span: trip_id, departure_s, total_s, and group, equal for those that are alike."""
    stop_times = region.table("stop_times")
    calls = stop_times[stop_times["trip_id"].isin(trip_ids)].sort_values(["trip_id", "stop_sequence"], kind="stable")
    each = calls.groupby("trip_id", sort=True)
    shape = pd.DataFrame(
        {
            "stops": each["stop_id"].agg(tuple),
            "departure_s": each["departure_s"].first(),
            "total_s": each["arrival_s"].last() - each["departure_s"].first(),
        }
    )
    shape = shape[(shape["departure_s"] >= span[0]) & (shape["departure_s"] < span[1])]
    shape = shape.join(region.table("trips").set_index("trip_id")[["feed_id", "service_id"]])
    shape = shape.assign(stops=pd.factorize(shape["stops"])[0])
    group = shape.groupby(["feed_id", "service_id", "stops"], dropna=False).ngroup()
    return shape.assign(group=group).reset_index()[["trip_id", "departure_s", "total_s", "group"]]
