"""pathways.txt of a GTFS feed: the ways through stations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from megaregion.sources.gtfs_tables import keyed_rows, namespaced

if TYPE_CHECKING:
    from collections.abc import Callable

    from megaregion.sources.gtfs_files import GtfsFile

_MODES = {
    "1": "walkway",
    "2": "stairs",
    "3": "moving_sidewalk",
    "4": "escalator",
    "5": "elevator",
    "6": "fare_gate",
    "7": "exit_gate",
}
_ENDS = ("from_stop_id", "to_stop_id")
_BOARDED = ("stop", "boarding_area")


def read_pathways(file: GtfsFile, feed_id: str, *, stops: pd.DataFrame, stops_file: GtfsFile) -> pd.DataFrame:
    """
    Table `pathways`, sorted by id.

    Parameters
    ----------
    file
        Rows of pathways.txt.
    feed_id
        Namespace of the ids.
    stops
        Table `stops`, with the ids of the feed in column `raw_id`.
    stops_file
        Rows of stops.txt, for the lines of places that no pathway leads out of.
    """
    file = keyed_rows(file, "pathway_id")
    for column in _ENDS:
        file.refers_to(column, pd.Index(stops["raw_id"]), "stops.txt", parent_column="stop_id")
    length, width = file.number("length", minimum=0), file.number("min_width", minimum=0)
    table = pd.DataFrame(
        {
            "pathway_id": namespaced(feed_id, file.text("pathway_id")),
            "feed_id": feed_id,
            "from_stop_id": namespaced(feed_id, file.text("from_stop_id")),
            "to_stop_id": namespaced(feed_id, file.text("to_stop_id")),
            "mode": pd.Series(file.choice("pathway_mode", _MODES), dtype="str"),
            "both_ways": pd.Series(file.choice("is_bidirectional", {"0": False, "1": True}), dtype="boolean"),
            "length_m": length,
            "traversal_time_s": file.integer("traversal_time", blank=True),
            "stair_count": file.integer("stair_count", minimum=-(2**31), blank=True),
            "max_slope": file.number("max_slope"),
            "min_width_m": width,
        }
    )
    _check_ends(file, stops)
    file.report(
        "bidirectional_exit_gate",
        ((file.text("pathway_mode") == "7") & (file.text("is_bidirectional") == "1")).to_numpy(dtype=bool),
        "is_bidirectional",
        "an exit gate can be walked in both directions; expected 0.",
    )
    _check_reachable(file, stops, stops_file)
    return table


def _check_ends(file: GtfsFile, stops: pd.DataFrame) -> None:
    """Report ways that end at a station as a whole, or at a platform whose boarding areas are listed."""
    stop_ids = pd.Index(stops["raw_id"])
    kinds = stops["kind"].to_numpy(dtype=object)
    areas = stops.loc[stops["kind"] == "boarding_area", "parent_stop_id"]
    divided = stops["stop_id"].isin(areas).to_numpy(dtype=bool)
    for column in _ENDS:
        cells = file.text(column)
        place = stop_ids.get_indexer(pd.Index(cells))
        at = np.maximum(place, 0)

        def named(row: int, column: str = column, cells: pd.Series = cells) -> str:
            return f"field '{column}' is '{cells.iloc[row]}'"

        file.report(
            "pathway_to_wrong_location_type",
            (place >= 0) & (kinds[at] == "station"),
            column,
            partial(_sentence, named, ", a station; expected a platform, entrance, node or boarding area."),
        )
        file.report(
            "pathway_to_platform_with_boarding_areas",
            (place >= 0) & divided[at],
            column,
            partial(_sentence, named, ", a platform with boarding areas; expected one of these."),
        )


def _sentence(named: Callable[[int], str], rest: str, row: int) -> str:
    return named(row) + rest


def _check_reachable(file: GtfsFile, stops: pd.DataFrame, stops_file: GtfsFile) -> None:
    """Report platforms that no chain of ways links with an entrance, in stations that have ways."""
    ids = pd.Index(stops["raw_id"])
    ends: list[Any] = [ids.get_indexer(pd.Index(file.text(column))) for column in _ENDS]
    good = (ends[0] >= 0) & (ends[1] >= 0)
    one, other = ends[0][good], ends[1][good]
    n = len(stops)
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(n, n))
    _, piece = connected_components(graph, directed=False)
    kinds = stops["kind"].to_numpy(dtype=object)
    used = np.zeros(n, dtype=bool)
    used[np.r_[one, other]] = True
    open_pieces = np.unique(piece[used & (kinds == "entrance")])
    locked = used & np.isin(kinds, _BOARDED) & ~np.isin(piece, open_pieces)
    # rows of the file may stand in any order, those of the table are sorted
    place = ids.get_indexer(pd.Index(stops_file.text("stop_id")))
    cells = stops_file.text("stop_id")
    stops_file.report(
        "pathway_unreachable_location",
        (place >= 0) & locked[np.maximum(place, 0)],
        "stop_id",
        lambda row: f"no chain of {file.name} links stop '{cells.iloc[row]}' with an entrance.",
    )
