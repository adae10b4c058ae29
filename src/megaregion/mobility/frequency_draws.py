"""
Departures of headway-based lines: in the middle of their share, after half a headway, or drawn by lot.

A row of table `frequencies` without exact times says how many vehicles leave in an interval, not when. Conway, Byrd and
van der Linden (2017), "Evidence-based transit and land use sketch planning using interactive accessibility methods on
combined schedule and headway-based networks", draw such timetables at random and evaluate each.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    I64 = NDArray[np.int64]

Frequencies = Literal["typical", "half_headway"]
"""How headway-based lines are boarded where departures are not drawn."""

BOARDING_GRID_S = 60
"""Longest time between two departures that stand for a wait of half a headway, s."""

_HASH_BYTES = 8


def repeat(frequencies: pd.DataFrame, trip_ids: pd.Series, how: Frequencies = "typical") -> pd.DataFrame:
    """
    List the departures that table `frequencies` gives to trips.

    With exact times they are at the start of an interval and every headway after it. Without, `typical` puts each in
    the middle of its share of the interval. `half_headway` lets whoever comes to a stop wait half the headway: vehicles
    leave every `BOARDING_GRID_S` seconds, or every headway if that is shorter, in the middle of their shares, and one
    has to be there half the headway less half that step before. The wait is then half the headway on average over the
    second of coming, and never more than half a step off.

    Parameters
    ----------
    frequencies
        Rows of the table; those of other trips are passed over.
    trip_ids
        Trips in the order of their positions.
    how
        For intervals without exact times.

    Returns
    -------
    DataFrame
        One row a departure: `trip` (position), `departs_s` (from the first stop), `wait_s` (how long before one has to
        be at the stop), `typical` (the minute is not known), `interval` (row of `frequencies`; -1 with exact times and
        where nothing is drawn), `open_s` (start of the interval), `tick` (0, 1, ... within it), `headway_s`, `span_s`
        (length of the interval).

    Raises
    ------
    InputError
        If `how` is neither.
    """
    if how not in get_args(Frequencies):
        accepted = " or ".join(repr(word) for word in get_args(Frequencies))
        msg = f"frequencies is {how!r}; expected {accepted}. For random departures build 'typical' and use `draw`."
        raise InputError(msg)
    position = pd.Index(trip_ids).get_indexer(frequencies["trip_id"])
    frequencies, position = frequencies[position >= 0], position[position >= 0]
    start = frequencies["start_s"].to_numpy(np.int64)
    span = np.maximum(frequencies["end_s"].to_numpy(np.int64) - start, 0)
    headway = frequencies["headway_s"].to_numpy(np.int64)
    exact = frequencies["exact_times"].fillna(value=False).to_numpy(bool)
    step = headway.copy()
    if how == "half_headway":
        step[~exact] = np.minimum(headway, BOARDING_GRID_S)[~exact]
    count = -(-span // step)
    row = np.repeat(np.arange(len(frequencies)), count)
    tick = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = np.minimum(step[row], span[row] - tick * step[row])
    middle = np.where(exact[row], 0, share // 2)
    drawn = ~exact[row] & (how == "typical")
    return pd.DataFrame(
        {
            "trip": position[row],
            "departs_s": start[row] + middle + tick * step[row],
            "wait_s": (headway[row] - step[row]) // 2,
            "typical": ~exact[row],
            "interval": np.where(drawn, row, -1),
            "open_s": start[row],
            "tick": tick,
            "headway_s": np.where(drawn, headway[row], 0),
            "span_s": np.where(drawn, span[row], 0),
        }
    )


def draw_offsets(
    trip_ids: Iterable[str], starts_s: Iterable[int], headways_s: Iterable[int], *, number: int, seed: int
) -> I64:
    """
    Draw how long after the start of each interval its first vehicle leaves.

    What is drawn depends on the seed, the number of the draw, the trip and the start of the interval alone, never on
    what other lines there are: it is the hash of these four, read as a share of the headway. So one line's departures
    stay as they are when another line changes, and move in proportion when its own headway does.

    Parameters
    ----------
    trip_ids, starts_s, headways_s
        Of each interval: trip, start in seconds of the service day and headway in s.
    number, seed
        Which draw, of which series.

    Returns
    -------
    (n_intervals,) int64, whole seconds from 0 to below the headway, each as likely as the others.

    Examples
    --------
    >>> draw_offsets(["t:1", "t:2"], [18000, 18000], [600, 600], number=0, seed=1).tolist()
    [236, 370]
    """
    common = blake2b(f"{seed}\n{number}\n".encode(), digest_size=_HASH_BYTES)
    offsets = []
    for trip_id, start_s, headway_s in zip(trip_ids, starts_s, headways_s, strict=True):
        own = common.copy()
        own.update(f"{start_s}\n{trip_id}".encode())
        share = int.from_bytes(own.digest(), "big")
        # the headway's part of 2^64: no second is favoured by more than 2^-64
        offsets.append(share * int(headway_s) >> 8 * _HASH_BYTES)
    return np.array(offsets, np.int64)
