"""Travel times of all pairs as a long table, computed block by block, in our columns or in those of r5r and r5py."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pyarrow as pa

from megaregion.errors import InputError
from megaregion.mobility.connection_scan import LANES
from megaregion.mobility.travel_time import percentile_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.travel_time import MatrixPlan, TravelTimes
    from megaregion.study.blocks import Blocks

Columns = Literal["si", "r5r", "r5py"]

_PAIRS_AT_ONCE = 1 << 20
_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class OdTask:
    """
    A block of origins as rows of a long table.

    Attributes
    ----------
    plan
        What computes the travel times.
    columns
        "si" for seconds and all figures, "r5r" or "r5py" for the columns of these packages.
    max_trip_min
        For the columns of r5r and r5py: pairs that take longer count as not reached, minutes.
    """

    plan: MatrixPlan
    columns: Columns = "si"
    max_trip_min: int | None = None

    def __post_init__(self) -> None:
        check_columns(self.columns, self.max_trip_min)

    def __call__(self, rows: range) -> pa.Table:
        """Compute the rows of a range of origins."""
        return od_table(self.plan.block(rows), self.columns, max_trip_min=self.max_trip_min)


def check_columns(columns: str, max_trip_min: int | None = None) -> None:
    """Refuse columns that nobody has; raises `InputError`."""
    if columns not in get_args(Columns):
        msg = f"columns are {columns!r}; expected {', '.join(get_args(Columns))}."
        raise InputError(msg)
    if max_trip_min is not None and (columns == "si" or max_trip_min < 1):
        msg = (
            f"max_trip_min is {max_trip_min} with columns {columns!r}; expected 1 or more, and columns r5r or r5py: "
            "in our own columns nothing is cut off."
        )
        raise InputError(msg)


def block_size(plan: MatrixPlan, blocks: Blocks) -> int:
    """Origins of a block: what the user asked for, else about a million pairs or a fair share, whichever is less."""
    if blocks.size is not None:
        return blocks.size
    n_destinations = len(plan.block(range(0)).destination_ids)
    fair = min(_PAIRS_AT_ONCE // max(n_destinations, 1), blocks.size_for(plan.n_origins))
    return max(1, math.ceil(fair / LANES)) * LANES


def od_table(times: TravelTimes, columns: Columns = "si", *, max_trip_min: int | None = None) -> pa.Table:
    """
    Lay travel times out as one row a pair, origin by origin.

    Parameters
    ----------
    times
        Travel times.
    columns
        "si": from_id, to_id, fastest_s, travel_time_p05_s ..., departures, first_arrival_s, last_arrival_s; seconds,
        inf = unreachable, every pair a row. "r5r": from_id, to_id, travel_time_p05 ...; whole minutes rounded down,
        blank = above the limit, and no row where the first percentile is. "r5py": from_id, to_id, travel_time (if only
        the median was asked for) or travel_time_p5 ...; whole minutes rounded down, blank = not reached, every pair a
        row.
    max_trip_min
        For r5r and r5py: pairs that take longer count as not reached, minutes; None = no limit.

    Raises
    ------
    InputError
        If there are no such columns.
    """
    check_columns(columns, max_trip_min)
    n_o, n_d = times.fastest_s.shape
    data: dict[str, Any] = {
        "from_id": _ids(np.repeat(np.arange(n_o, dtype=np.int32), n_d), times.origin_ids),
        "to_id": _ids(np.tile(np.arange(n_d, dtype=np.int32), n_o), times.destination_ids),
    }
    if columns == "si":
        data["fastest_s"] = times.fastest_s.ravel()
        for percentile, values in zip(times.percentiles, times.travel_time_s, strict=True):
            data[f"travel_time_{percentile_name(percentile)}_s"] = values.ravel()
        data["departures"] = times.departures.ravel()
        data["first_arrival_s"] = times.first_arrival_s.ravel()
        data["last_arrival_s"] = times.last_arrival_s.ravel()
        return pa.table(data)
    limit_s = float(np.finfo(np.float32).max) if max_trip_min is None else float(max_trip_min * _MINUTE_S)
    for percentile, values in zip(times.percentiles, times.travel_time_s, strict=True):
        short = f"p{percentile:g}" if percentile == int(percentile) else percentile_name(percentile)
        name = f"travel_time_{percentile_name(percentile) if columns == 'r5r' else short}"
        data[name] = _minutes(values.ravel(), limit_s)
    table = pa.table(data)
    if columns == "r5py":
        return table.rename_columns({"travel_time_p50": "travel_time"}) if times.percentiles == (50,) else table
    return table.filter(table.column(2).is_valid())


def _ids(code: NDArray[np.int32], ids: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(code), pa.array(ids, pa.string()))


def _minutes(seconds: NDArray[np.float32], limit_s: float) -> pa.Array:
    """Whole minutes, rounded down as R5 does; blank above the limit."""
    gone = ~(seconds <= limit_s)
    return pa.array((np.where(gone, 0, seconds) // _MINUTE_S).astype(np.int32), mask=gone)
