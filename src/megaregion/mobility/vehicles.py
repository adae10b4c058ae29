"""Vehicles: runs in between which one may stay seated, by the blocks of table `trips` and the rules of `transfers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.mobility.trip_hops import TripHops
    from megaregion.notices import Notices

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]

BLOCK_DISTANCE_M = 200.0
"""Longest straight line from where a trip of a block ends to where the next begins, m; a longer one is run empty."""


@dataclass(frozen=True, slots=True)
class Vehicles:
    """
    Which runs one vehicle makes after each other.

    Attributes
    ----------
    vehicle
        (n_runs,) int32: the vehicle of each run, named by its first run.
    hop_offset
        (n_runs,) int32: hops that the vehicle has behind it when the run begins.
    branches
        (n_branches, 2) int32: runs left and gone on with where coaches part or join, beyond the one pair that shares
        the vehicle.
    """

    vehicle: I32
    hop_offset: I32
    branches: I32


def link_runs(
    runs: pd.DataFrame,
    trips: pd.DataFrame,
    hops: TripHops,
    stops: pd.DataFrame,
    transfers: pd.DataFrame,
    notices: Notices,
) -> Vehicles:
    """
    Link the runs in between which one may stay seated.

    A trip of a block goes on as the next trip of that block on the same service day if that one leaves no earlier than
    it arrives, from the same stop, the same station or at most `BLOCK_DISTANCE_M` away. Rules `in_seat` say which trip
    goes on as which and win over blocks: on the same service day, else on the next; `no_in_seat` parts two trips of a
    block. Runs of table `frequencies` are not linked, for it does not say which vehicle makes which.

    Parameters
    ----------
    runs
        Trip (position), day, shift_s and repeated (of table `frequencies`) of each run.
    trips
        trip_id, feed_id and block_id, in the order of their positions.
    hops
        Hops of these trips.
    stops
        Stops in the order of their positions: stop_id, lon, lat, parent_stop_id.
    transfers
        Table `transfers`.
    notices
        Rules that link nothing and blocks whose trips overlap are added.
    """
    n = len(runs)
    begin, end = hops.ends()
    trip, shift = runs["trip"].to_numpy(), runs["shift_s"].to_numpy()
    starts, stands = begin[trip] + shift, end[trip] + shift
    # going on only ever leads to a run further down in this order, so that no vehicle turns in a circle
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), stands, starts))] = np.arange(n)
    plain = ~runs["repeated"].to_numpy(bool)
    said, parted = _rules(transfers, trips["trip_id"])
    linked = _said_links(runs, plain, starts, stands, said)
    unused = len(said) - len(np.unique(linked[:, 2]))
    if unused:
        notices.add(
            "in_seat_rule_unused",
            f"{unused} of {len(said)} rules 'in_seat' of table transfers link no two trips: they do not both run, or "
            "the second leaves before the first arrives.",
            field="kind",
            value="in_seat",
        )
    blocks, overlaps = _block_links(runs, trips, plain, starts, stands)
    if overlaps:
        notices.add(
            "block_trips_overlap",
            f"{overlaps} trips of a block leave before the trip of the same block before them arrives; nobody stays "
            "seated between them.",
            field="block_id",
        )
    left, onward = trip[blocks[:, 0]], trip[blocks[:, 1]]
    keep = _close(hops, stops, left, onward) & ~np.isin(left * len(trips) + onward, parted @ [len(trips), 1])
    keep &= ~np.isin(blocks[:, 0], linked[:, 0]) & ~np.isin(blocks[:, 1], linked[:, 1])
    links = np.concatenate([linked[:, :2], blocks[keep]])
    return _chain(links[rank[links[:, 0]] < rank[links[:, 1]]], rank, hops.count[trip])


def _rules(transfers: pd.DataFrame, trip_ids: pd.Series) -> tuple[I64, I64]:
    """Read rules of kinds in_seat and no_in_seat as pairs of trip positions; (n, 2) each, those of other trips left."""
    index = pd.Index(trip_ids)
    found = []
    for kind in ("in_seat", "no_in_seat"):
        # a rule given twice would be a coach that parts
        rows = transfers[(transfers["kind"] == kind).to_numpy(bool)].drop_duplicates(["from_trip_id", "to_trip_id"])
        pairs = np.column_stack([index.get_indexer(rows[name]) for name in ("from_trip_id", "to_trip_id")])
        found.append(pairs[(pairs >= 0).all(axis=1)].astype(np.int64).reshape(-1, 2))
    return found[0], found[1]


def _said_links(runs: pd.DataFrame, plain: NDArray[np.bool_], starts: I64, stands: I64, rules: I64) -> I64:
    """List runs linked by rules: left, gone on with, number of the rule."""
    if not len(rules):
        return np.empty((0, 3), np.int64)
    some = np.flatnonzero(plain)
    table = pd.DataFrame({"trip": runs["trip"].to_numpy()[some], "day": runs["day"].to_numpy()[some], "run": some})
    left = pd.DataFrame({"trip": rules[:, 0], "onward": rules[:, 1], "rule": np.arange(len(rules))}).merge(
        table, "inner"
    )
    found = []
    for later in (0, 1):
        onward = table.rename(columns={"trip": "onward", "run": "next"}).assign(day=table["day"] - later)
        both = left.merge(onward, on=["onward", "day"])
        fits = stands[both["run"].to_numpy()] <= starts[both["next"].to_numpy()]
        found.append(both[fits].assign(later=later))
    links = pd.concat(found, ignore_index=True).sort_values(["rule", "run", "later"], kind="stable")
    links = links.drop_duplicates(["rule", "run"])
    array: I64 = links[["run", "next", "rule"]].to_numpy(np.int64)
    return array


def _block_links(
    runs: pd.DataFrame, trips: pd.DataFrame, plain: NDArray[np.bool_], starts: I64, stands: I64
) -> tuple[I64, int]:
    """Successive runs of a block on a service day, (n, 2), and how many leave too early for that on the day itself."""
    block = trips["block_id"].fillna("").astype("str")
    if not (block != "").any():
        return np.empty((0, 2), np.int64), 0
    code = pd.factorize(trips["feed_id"].astype("str") + "\n" + block)[0]
    code[(block == "").to_numpy()] = -1
    trip, day = runs["trip"].to_numpy(), runs["day"].to_numpy()
    rows = np.flatnonzero((code[trip] >= 0) & plain)
    rows = rows[np.lexsort((stands[rows], starts[rows], code[trip[rows]], day[rows]))]
    left, onward = rows[:-1], rows[1:]
    together = (code[trip[left]] == code[trip[onward]]) & (day[left] == day[onward])
    late = together & (stands[left] > starts[onward])
    return np.column_stack([left, onward])[together & ~late], int((late & (day[left] == 0)).sum())


def _close(hops: TripHops, stops: pd.DataFrame, left: I64, onward: I64) -> NDArray[np.bool_]:
    """Whether trips end where others begin: the same stop or station, or a short way off."""
    first, last = hops.terminals()
    here, there = last[left], first[onward]
    parent = stops["parent_stop_id"].fillna("").to_numpy()
    station = pd.factorize(np.where(parent != "", parent, stops["stop_id"].to_numpy()))[0]
    lon, lat = stops["lon"].to_numpy(np.float64), stops["lat"].to_numpy(np.float64)
    near = great_circle_m(lon[here], lat[here], lon[there], lat[there]) <= BLOCK_DISTANCE_M
    found: NDArray[np.bool_] = near | (station[here] == station[there])
    return found


def _chain(links: I64, rank: I64, n_hops: I64) -> Vehicles:
    """Join runs by links; the first link that leaves a run and the first that joins one are taken."""
    n = len(rank)
    onward = np.full(n, -1, np.int64)
    taken = np.zeros(n, bool)
    branches = []
    for left, then in links.tolist():
        if onward[left] < 0 and not taken[then]:
            onward[left] = then
            taken[then] = True
        else:
            branches.append((left, then))
    vehicle, hop_offset = np.arange(n), np.zeros(n, np.int64)
    # earlier runs first, so that the run before has its final place when it is looked up
    for run in np.flatnonzero(onward >= 0)[np.argsort(rank[onward >= 0], kind="stable")].tolist():
        then = onward[run]
        vehicle[then], hop_offset[then] = vehicle[run], hop_offset[run] + n_hops[run]
    return Vehicles(vehicle.astype(np.int32), hop_offset.astype(np.int32), np.array(branches, np.int32).reshape(-1, 2))
