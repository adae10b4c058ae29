"""Doubts about feeds that are read well: positions that look swapped, and one feed given twice."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from megaregion.notices import Notices
from megaregion.region.sphere import arc_m, unit_vectors_m

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.sources.reading import Reading

FAR_KM = 500.0
"""Nothing of one region lies as far from all the rest of it."""

SAME = 0.9
"""Two feeds that share more of their trips and stops than this are one feed, perhaps of two dates."""


def doubts(reading: Reading, region: Region) -> Notices:
    """
    List what makes feeds doubtful beside the region that they go into, and beside each other.

    Parameters
    ----------
    reading
        One feed or more about to be merged, and perhaps the streets that come with them.
    region
        Region that they go into.
    """
    notices = Notices()
    _tell_swapped(reading, region, notices)
    _tell_twice(reading, notices)
    return notices


def _tell_swapped(reading: Reading, region: Region, notices: Notices) -> None:
    """Say that stops lie far from cities, streets and other stops, but would not with lon and lat exchanged."""
    stops = reading.tables.get("stops")
    if stops is None:
        return
    others = region.table("stops")
    around = [region.table("cities"), others[~others["stop_id"].isin(stops["stop_id"])], region.table("street_nodes")]
    around += [reading.tables[name] for name in ("street_nodes", "cities") if name in reading.tables]
    anchors = np.concatenate([_positions(table) for table in around])
    where = _positions(stops)
    # a latitude above 90 is refused by the reader
    if not len(anchors) or not len(where) or np.abs(where[:, 0]).max() > 90:
        return
    tree = KDTree(unit_vectors_m(anchors[:, 0], anchors[:, 1]))
    far_km, swapped_km = (
        float(arc_m(tree.query(unit_vectors_m(lon, lat))[0]).min()) / 1000
        for lon, lat in ((where[:, 0], where[:, 1]), (where[:, 1], where[:, 0]))
    )
    if far_km > FAR_KM >= swapped_km:
        message = (
            f"all {len(where):,} stops lie {far_km:,.0f} km or more from everything else in the region; with longitude "
            f"and latitude exchanged the nearest lies {swapped_km:,.1f} km away."
        )
        notices.add("gtfs_positions_swapped", message, file="stops.txt", field="stop_lon")


def _tell_twice(reading: Reading, notices: Notices) -> None:
    """Say that two feeds of one reading share their trips and stops."""
    keys = {name: f"{name[:-1]}_id" for name in ("trips", "stops")}
    if any(name not in reading.tables for name in keys):
        return
    ids = {name: reading.tables[name][key].str.partition(":") for name, key in keys.items()}
    held = {name: dict(parts[2].groupby(parts[0]).agg(frozenset)) for name, parts in ids.items()}
    for one, other in combinations(sorted(set(held["trips"]) & set(held["stops"])), 2):
        shares = [
            len(held[name][one] & held[name][other]) / min(len(held[name][one]), len(held[name][other]))
            for name in keys
        ]
        if min(shares) > SAME:
            message = (
                f"feeds '{one}' and '{other}' share {shares[0]:.0%} of their trips and {shares[1]:.0%} of their stops: "
                "every departure would count twice."
            )
            notices.add("feed_given_twice", message, value=other)


def _positions(table: pd.DataFrame) -> NDArray[np.float64]:
    """(n, 2) longitudes and latitudes that are known."""
    where = table[["lon", "lat"]].to_numpy(np.float64, na_value=np.nan)
    known: NDArray[np.float64] = where[np.isfinite(where).all(axis=1)]
    return known
