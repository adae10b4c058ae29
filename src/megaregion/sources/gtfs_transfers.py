"""transfers.txt of a GTFS feed: rules between stops, routes and trips, and trips that one stays seated in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.region.transfer_rules import NARROWING_FIELDS
from megaregion.sources.gtfs_files import GtfsFile
from megaregion.sources.gtfs_tables import keyed_rows, namespaced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.sources.gtfs_calls import Calls

_KINDS = {
    "": "recommended",
    "0": "recommended",
    "1": "guaranteed",
    "2": "minimum_time",
    "3": "forbidden",
    "4": "in_seat",
    "5": "no_in_seat",
}
_LINKED = ("4", "5")
_CHANGED_AT = ("stop", "station")  # kinds of places that rules may name
_SIDES = ("from", "to")


def read_transfers(
    file: GtfsFile, feed_id: str, *, stops: pd.DataFrame, trips: pd.DataFrame, routes: pd.Index, calls: Calls
) -> pd.DataFrame:
    """
    Table `transfers`, sorted by stops, trips and routes.

    A rule about staying seated that names no stops gets those where the one trip ends and the other begins.

    Parameters
    ----------
    file
        Rows of transfers.txt.
    feed_id
        Namespace of the ids.
    stops, trips
        Tables, with the ids of the feed in columns `raw_id` and `raw_route_id`.
    routes
        Ids of routes.txt.
    calls
        Calls of the trips.
    """
    linked = file.text("transfer_type").isin(_LINKED).to_numpy(dtype=bool)
    file = _fill_ends(file, linked, stops, trips, calls)
    for side in _SIDES if linked.any() else ():
        column = f"{side}_trip_id"
        blank = (file.text(column) == "").to_numpy(dtype=bool)
        file.report(
            "missing_value", linked & blank, column, f"field '{column}' is blank; transfer_type 4 and 5 join two trips."
        )
    file = keyed_rows(file, "from_stop_id", "to_stop_id", optional=NARROWING_FIELDS)
    for side in _SIDES:
        file.refers_to(f"{side}_stop_id", pd.Index(stops["raw_id"]), "stops.txt", parent_column="stop_id")
        file.refers_to(f"{side}_trip_id", pd.Index(trips["raw_id"]), "trips.txt", parent_column="trip_id", blank=True)
        file.refers_to(f"{side}_route_id", routes, "routes.txt", parent_column="route_id", blank=True)
    other = {side: _check_side(file, side, stops, trips, calls) for side in _SIDES}
    columns = {
        "transfer_id": feed_id + ":" + _keys(file),
        "feed_id": feed_id,
        "from_stop_id": namespaced(feed_id, file.text("from_stop_id")),
        "to_stop_id": namespaced(feed_id, file.text("to_stop_id")),
        "kind": pd.Series(file.choice("transfer_type", _KINDS), dtype="str"),
        "min_transfer_time_s": file.integer("min_transfer_time", blank=True),
    }
    columns |= {f"{side}_trip_id": namespaced(feed_id, file.text(f"{side}_trip_id")) for side in _SIDES}
    for side in _SIDES:
        # GTFS lets the trip take precedence over a route that it does not run on
        route = file.text(f"{side}_route_id").where(~other[side], "")
        columns[f"{side}_route_id"] = namespaced(feed_id, route)
    return pd.DataFrame(columns)


def _keys(file: GtfsFile) -> pd.Series:
    """Two stops, and what narrows the rule down: `A>B`, `A>B trip T1>T2 route >R`."""
    keys: pd.Series = file.text("from_stop_id") + ">" + file.text("to_stop_id")
    for what in ("trip", "route"):
        one, other = file.text(f"from_{what}_id"), file.text(f"to_{what}_id")
        keys = keys.where((one == "") & (other == ""), keys + f" {what} " + one + ">" + other)
    return keys


def _ends(calls: Calls, n_trips: int) -> dict[str, NDArray[np.int64]]:
    """Stop where each trip ends (what one leaves) and begins (what one goes on with); -1 without calls."""
    ends = {side: np.full(n_trips, -1, dtype=np.int64) for side in _SIDES}
    last = np.r_[calls.first[1:], True][: len(calls.trip)]
    ends["from"][calls.trip[last]] = calls.stop[last]
    ends["to"][calls.trip[calls.first]] = calls.stop[calls.first]
    return ends


def _fill_ends(
    file: GtfsFile, linked: NDArray[np.bool_], stops: pd.DataFrame, trips: pd.DataFrame, calls: Calls
) -> GtfsFile:
    """Give rules about staying seated the stops that they leave blank."""
    if not linked.any():
        return file
    frame = file.frame.copy()
    for side, ends in _ends(calls, len(trips)).items():
        column = f"{side}_stop_id"
        trip = pd.Index(trips["raw_id"]).get_indexer(pd.Index(file.text(f"{side}_trip_id")))
        end = np.where(trip >= 0, ends[np.maximum(trip, 0)], -1) if len(ends) else np.full(len(file), -1)
        blank = linked & (file.text(column) == "").to_numpy(dtype=bool) & (end >= 0)
        frame.loc[blank, column] = stops["raw_id"].to_numpy()[end[blank]]
    return GtfsFile(file.name, frame, file.lines, file.notices)


def _check_side(file: GtfsFile, side: str, stops: pd.DataFrame, trips: pd.DataFrame, calls: Calls) -> NDArray[np.bool_]:
    """
    Report rules whose trip, route and stop do not fit each other.

    Returns
    -------
    (n_rows,) bool
        Rows whose trip runs on another route than the one named.
    """
    stop_column, trip_column, route_column = (f"{side}_{what}_id" for what in ("stop", "trip", "route"))
    cells = {name: file.text(name) for name in (stop_column, trip_column, route_column)}
    trip = pd.Index(trips["raw_id"]).get_indexer(pd.Index(cells[trip_column]))
    stop = pd.Index(stops["raw_id"]).get_indexer(pd.Index(cells[stop_column]))
    kinds = stops["kind"].to_numpy(dtype=object)
    linked = file.text("transfer_type").isin(_LINKED).to_numpy(dtype=bool)
    kind = np.where(stop >= 0, kinds[np.maximum(stop, 0)], "stop")
    file.report(
        "transfer_with_invalid_stop_location_type",
        (linked & (kind != "stop")) | ~np.isin(kind, _CHANGED_AT),
        stop_column,
        lambda row: (
            f"field '{stop_column}' is '{cells[stop_column].iloc[row]}', a place of kind {kind[row]}; "
            f"expected a stop{'' if linked[row] else ' or station'}."
        ),
    )
    run_on = np.where(trip >= 0, trips["raw_route_id"].to_numpy(dtype=object)[np.maximum(trip, 0)], "")
    named = cells[route_column].to_numpy(dtype=object)
    other: NDArray[np.bool_] = (trip >= 0) & (named != "") & (named != run_on)
    file.report(
        "transfer_with_invalid_trip_and_route",
        other,
        route_column,
        lambda row: (
            f"trip '{cells[trip_column].iloc[row]}' runs on route '{run_on[row]}', but field '{route_column}' is "
            f"'{named[row]}'; the trip counts."
        ),
    )
    _check_stops_of_trips(file, side, trip, stop, stops, calls)
    return other


def _check_stops_of_trips(
    file: GtfsFile,
    side: str,
    trip: NDArray[np.int64],
    stop: NDArray[np.int64],
    stops: pd.DataFrame,
    calls: Calls,
) -> None:
    """Report trips that do not call at the stop of their rule, and seats kept elsewhere than where trips meet."""
    n_stops = len(stops)
    parent = pd.Index(stops["stop_id"]).get_indexer(pd.Index(stops["parent_stop_id"]))
    # a call at a platform is a call at its station
    at_station = parent[calls.stop] >= 0
    called = np.unique(
        np.r_[calls.trip * n_stops + calls.stop, (calls.trip * n_stops + parent[calls.stop])[at_station]]
    )
    known = (trip >= 0) & (stop >= 0)
    absent = known & ~np.isin(trip * n_stops + stop, called)
    trips_named, stops_named = file.text(f"{side}_trip_id"), file.text(f"{side}_stop_id")
    file.report(
        "transfer_with_invalid_trip_and_stop",
        absent,
        f"{side}_stop_id",
        lambda row: f"trip '{trips_named.iloc[row]}' does not call at stop '{stops_named.iloc[row]}'.",
    )
    ends = _ends(calls, int(max(calls.trip.max(initial=-1), trip.max(initial=-1))) + 1)[side]
    end = np.where(trip >= 0, ends[np.maximum(trip, 0)] if len(ends) else -1, -1)
    seated = (file.text("transfer_type") == "4").to_numpy(dtype=bool)
    word = "ends" if side == "from" else "begins"
    file.report(
        "transfer_with_suspicious_mid_trip_in_seat",
        seated & known & ~absent & (end != stop),
        f"{side}_stop_id",
        lambda row: (
            f"trip '{trips_named.iloc[row]}' {word} at stop '{stops['raw_id'].iloc[end[row]]}', "
            f"not at '{stops_named.iloc[row]}' where passengers stay seated."
        ),
    )
