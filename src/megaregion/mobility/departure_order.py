"""Kernels: the hops of many runs, each run shifted in time, laid out in order of departure by counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def count_departures(runs: tuple[I32, I64, I64, I64], departure_s: I32, begins: I64) -> int:
    """
    Count the departures before each second.

    Parameters
    ----------
    runs
        Number, first hop, one after the last hop and shift in s of each run; each (n_runs,).
    departure_s
        (n_hops,) seconds before the shift.
    begins
        (n_seconds + 1,), filled: number of departures before each second; those outside are left out.

    Returns
    -------
    Number of departures within.
    """
    _, first, end, shift_s = runs
    begins[:] = 0
    n_seconds = begins.shape[0] - 1
    for r in range(first.shape[0]):
        for hop in range(first[r], end[r]):
            second = departure_s[hop] + shift_s[r]
            if 0 <= second < n_seconds:
                begins[second + 1] += 1
    for second in range(n_seconds):
        begins[second + 1] += begins[second]
    return int(begins[n_seconds])


@njit(cache=True, nogil=True)
def place_departures(
    runs: tuple[I32, I64, I64, I64], departure_s: I32, begins: I64, run: I32, row: I32, hop: I32
) -> None:
    """
    Fill run, row (hop in the list of all hops) and hop (place in its run) of each departure, earliest first.

    Departures of the same second stand in the order of `runs`, those of one run in order of travel. `begins` is as
    `count_departures` fills it, and is used up.
    """
    number, first, end, shift_s = runs
    n_seconds = begins.shape[0] - 1
    for r in range(first.shape[0]):
        for h in range(first[r], end[r]):
            second = departure_s[h] + shift_s[r]
            if 0 <= second < n_seconds:
                at = begins[second]
                begins[second] = at + 1
                run[at] = number[r]
                row[at] = h
                hop[at] = h - first[r]
