"""Direct trains between cities or stations: how many a day, the fastest and the median."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from megaregion.region.service_days import departures_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I64 = NDArray[np.int64]

_COLUMNS = {
    "from_id": "str",
    "to_id": "str",
    "trains": "int64",
    "fastest_s": "int64",
    "median_s": "float64",
    "slowest_s": "int64",
    "fastest_number": "str",
}


def direct_trains(
    stop_times: pd.DataFrame,
    stops: pd.DataFrame,
    trips: pd.DataFrame | None = None,
    *,
    frequencies: pd.DataFrame | None = None,
    by: Literal["city", "station"] = "city",
) -> pd.DataFrame:
    """
    Count the direct trains of a day between every ordered pair of cities, or of stations, that has one.

    A train counts once for a pair, with its shortest ride from any station of the one to any later station of the
    other. A ride within a city is no pair. Where boarding or alighting is not allowed there is no ride.

    Parameters
    ----------
    stop_times
        Table `stop_times` of the trips that run.
    stops
        Table `stops`; stops without city_id are left out if `by` is "city".
    trips
        Table `trips`, for the numbers of the fastest trains; without it these are trip ids.
    frequencies
        Table `frequencies`; a trip in it counts as many trains as it has departures.
    by
        Pairs of what: "city" (stops.city_id) or "station" (the parent station, or the stop itself).

    Returns
    -------
    One row a pair, sorted: from_id, to_id, trains (a day), fastest_s, median_s and slowest_s (seconds, from departure
    to arrival), fastest_number (the earliest listed of the fastest).

    Examples
    --------
    >>> import pandas as pd
    >>> stops = pd.DataFrame({"stop_id": ["x", "y"], "city_id": ["A", "B"]})
    >>> calls = pd.DataFrame({"trip_id": "t", "stop_sequence": [1, 2], "stop_id": ["x", "y"]})
    >>> calls = calls.assign(arrival_s=[0, 60], departure_s=[0, 60])
    >>> direct_trains(calls, stops)[["from_id", "to_id", "trains", "fastest_s", "fastest_number"]].to_dict("records")
    [{'from_id': 'A', 'to_id': 'B', 'trains': 1, 'fastest_s': 60, 'fastest_number': 't'}]
    """
    place, ids = _places(stops, by)
    trip, trip_ids = pd.factorize(stop_times["trip_id"])
    at = place[pd.Index(stops["stop_id"]).get_indexer(pd.Index(stop_times["stop_id"]))]
    order = np.lexsort((stop_times["stop_sequence"].to_numpy(), trip))
    order = order[at[order] >= 0]
    rides = _rides(
        trip[order].astype(np.int64),
        at[order],
        stop_times["arrival_s"].to_numpy()[order],
        stop_times["departure_s"].to_numpy()[order],
        _allowed(stop_times, "pickup")[order],
        _allowed(stop_times, "drop_off")[order],
    )
    if rides.empty:
        return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in _COLUMNS.items()})

    weight = np.ones(len(trip_ids), dtype=np.int64)
    if frequencies is not None and len(frequencies):
        departures = departures_of(frequencies).reindex(trip_ids)
        weight = departures.fillna(1).to_numpy(dtype=np.int64)
    rides = rides.assign(weight=weight[rides["trip"]]).query("weight > 0")
    # the median train is found in rides sorted by time within each pair
    rides = rides.sort_values(["origin", "destination", "time_s", "trip"], ignore_index=True)
    pairs = rides.groupby(["origin", "destination"], sort=False)
    fastest = pairs.head(1)
    numbers = pd.Series(trip_ids) if trips is None else trips.set_index("trip_id")["number"].reindex(trip_ids)
    result = pd.DataFrame(
        {
            "from_id": ids[fastest["origin"]],
            "to_id": ids[fastest["destination"]],
            "trains": pairs["weight"].sum().to_numpy(),
            "fastest_s": fastest["time_s"].to_numpy(),
            "median_s": _weighted_medians(rides),
            "slowest_s": pairs["time_s"].last().to_numpy(),
            "fastest_number": numbers.fillna(pd.Series(trip_ids, index=numbers.index)).to_numpy(dtype=object)[
                fastest["trip"]
            ],
        }
    ).astype(_COLUMNS)
    return result.sort_values(["from_id", "to_id"], ignore_index=True)


def _places(stops: pd.DataFrame, by: Literal["city", "station"]) -> tuple[I64, NDArray[np.object_]]:
    """Place number of each stop, -1 = none, and the place ids; a last -1 stands for stops that are not in the table."""
    if by == "city":
        key = stops["city_id"]
    elif "parent_stop_id" in stops.columns:
        key = stops["parent_stop_id"].where(stops["parent_stop_id"].fillna("") != "", stops["stop_id"])
    else:
        key = stops["stop_id"]
    place, ids = pd.factorize(key.where(key != ""))
    return np.r_[place, -1].astype(np.int64), np.asarray(ids, dtype=object)


def _allowed(stop_times: pd.DataFrame, field: str) -> NDArray[np.bool_]:
    if field not in stop_times.columns:
        return np.ones(len(stop_times), dtype=bool)
    return stop_times[field].fillna(value=True).to_numpy(dtype=bool)


def _rides(
    trip: I64, place: I64, arrival: I64, departure: I64, pickup: NDArray[np.bool_], drop_off: NDArray[np.bool_]
) -> pd.DataFrame:
    """Shortest ride of each trip between each pair of places: trip, origin, destination, time_s."""
    found: list[pd.DataFrame] = []
    ahead = 1
    rows = np.arange(len(trip))
    # the k-th pass joins each call with the k-th call after it
    while len(rows := rows[rows + ahead < len(trip)]) and len(rows := rows[trip[rows] == trip[rows + ahead]]):
        later = rows + ahead
        ride = (place[rows] != place[later]) & pickup[rows] & drop_off[later]
        found.append(
            pd.DataFrame(
                {
                    "trip": trip[rows][ride],
                    "origin": place[rows][ride],
                    "destination": place[later][ride],
                    "time_s": (arrival[later] - departure[rows])[ride],
                }
            )
        )
        ahead += 1
    if not found:
        return pd.DataFrame({"trip": [], "origin": [], "destination": [], "time_s": []}, dtype=np.int64)
    rides = pd.concat(found, ignore_index=True)
    return rides.groupby(["trip", "origin", "destination"], sort=False)["time_s"].min().reset_index()


def _weighted_medians(rides: pd.DataFrame) -> NDArray[np.float64]:
    """Median of each pair's trains, a trip counted `weight` times; rides are sorted by pair and time."""
    weight = rides["weight"].to_numpy()
    new = np.r_[True, (np.diff(rides["origin"]) != 0) | (np.diff(rides["destination"]) != 0)]
    start = np.flatnonzero(new)
    upto = np.cumsum(weight)
    before = np.r_[0, upto][start]
    total = np.add.reduceat(weight, start)
    time_s = rides["time_s"].to_numpy()
    # trains before + (n - 1) // 2 and before + n // 2, counted from 0, are the one or two in the middle
    low = time_s[np.searchsorted(upto, before + (total - 1) // 2, side="right")]
    high = time_s[np.searchsorted(upto, before + total // 2, side="right")]
    middle: NDArray[np.float64] = (low + high) / 2
    return middle
