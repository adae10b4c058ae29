"""Service at a headway: cutting intervals of table `frequencies`, and repeated trips in place of scheduled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.region.schema import conform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region


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
) -> tuple[dict[str, pd.DataFrame], int]:
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
    Tables `trips`, `stop_times` and `frequencies`, and how many scheduled trips were replaced; no tables if none was.
    """
    trips, stop_times = region.table("trips"), region.table("stop_times")
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
    if shape.empty:
        return {}, 0
    shape = shape.join(trips.set_index("trip_id")[["feed_id", "service_id"]]).assign(
        stops=pd.factorize(shape["stops"])[0]
    )
    alike = ["feed_id", "service_id", "stops"]
    ranked = shape.reset_index().sort_values([*alike, "total_s", "trip_id"], kind="stable")
    groups = ranked.groupby(alike, dropna=False)
    # of an even number the faster of the middle two, so that a real trip stands for the group
    middle = groups.cumcount() == (groups["trip_id"].transform("size") - 1) // 2
    kept = ranked.loc[middle, "trip_id"].tolist()
    dropped = shape.index.difference(kept)
    first_s = stop_times["trip_id"].map(shape.loc[kept, "departure_s"]).fillna(0).astype("int64")
    relative = stop_times.assign(
        # a trip may arrive at its first stop before it leaves; relative times begin at 0
        arrival_s=(stop_times["arrival_s"] - first_s).where(first_s == 0, lambda value: value.clip(lower=0)),
        departure_s=stop_times["departure_s"] - first_s,
    )
    added = conform(
        "frequencies",
        pd.DataFrame(
            {
                "trip_id": kept,
                "start_s": int(span[0]),
                "end_s": int(span[1]),
                "headway_s": headway_s,
                "exact_times": False,
            }
        ),
    )
    old = region.table("frequencies")
    return {
        "trips": trips[~trips["trip_id"].isin(dropped)],
        "stop_times": relative[~stop_times["trip_id"].isin(dropped)],
        "frequencies": pd.concat([old, added], ignore_index=True) if len(old) else added,
    }, len(shape)
