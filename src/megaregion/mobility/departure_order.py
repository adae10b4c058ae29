"""Kernels: the hops of many runs, each run shifted in time, laid out in order of departure by counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]
    U8 = NDArray[np.uint8]


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
    runs: tuple[I32, I64, I64, I64],
    after: tuple[I64, I32],
    hops: tuple[I32, I32, I32, I32, U8],
    begins: I64,
    out: tuple[I32, I32, I32, I32, I32, I32, U8],
) -> None:
    """
    Place the departures in order, earliest first.

    Departures of the same second stand in the order of `runs`, those of one run in order of travel.

    Parameters
    ----------
    runs
        As for `count_departures`.
    after
        What arrivals are shifted by, s, and the hops that the vehicle has behind it when the run begins; (n_runs,).
    hops
        departure_stop, arrival_stop, departure_s, arrival_s and flags of each hop; (n_hops,).
    begins
        As `count_departures` fills it; used up.
    out
        Filled: run, place in order of travel, departure_stop, arrival_stop, departure_s, arrival_s and flags of each
        departure.
    """
    number, first, end, shift_s = runs
    arrival_shift_s, behind = after
    departure_stop, arrival_stop, departure_s, arrival_s, flags = hops
    run, place, departs_at, arrives_at, departs_s, arrives_s, may = out
    n_seconds = begins.shape[0] - 1
    for r in range(first.shape[0]):
        for h in range(first[r], end[r]):
            second = departure_s[h] + shift_s[r]
            if 0 <= second < n_seconds:
                at = begins[second]
                begins[second] = at + 1
                run[at] = number[r]
                place[at] = behind[r] + (h - first[r])
                departs_at[at] = departure_stop[h]
                arrives_at[at] = arrival_stop[h]
                departs_s[at] = second
                arrives_s[at] = arrival_s[h] + arrival_shift_s[r]
                may[at] = flags[h]
