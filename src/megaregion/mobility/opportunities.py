"""What can be reached from each place within a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def accessibility(
    travel_time_s: NDArray[np.floating], opportunities: NDArray[np.floating], *, cutoff_s: float
) -> NDArray[np.float64]:
    """
    Sum the opportunities that can be reached within a cut-off, those at the origin itself among them.

    Parameters
    ----------
    travel_time_s
        (n_origins, n_destinations), seconds, inf = unreachable.
    opportunities
        (n_destinations,), people, jobs or money; NaN = not known, and then every sum that would hold it is not known.
    cutoff_s
        Longest travel time that counts, s.

    Returns
    -------
    (n_origins,) float64 in the unit of the opportunities.

    Examples
    --------
    >>> times = np.array([[0.0, 3000.0], [3000.0, 0.0]])
    >>> accessibility(times, np.array([10.0, 5.0]), cutoff_s=3600).tolist()
    [15.0, 15.0]
    >>> accessibility(times, np.array([10.0, 5.0]), cutoff_s=1800).tolist()
    [10.0, 5.0]
    """
    if travel_time_s.shape[1] != len(opportunities):
        msg = f"{travel_time_s.shape[1]} destinations but {len(opportunities)} opportunities; expected one for each."
        raise InputError(msg)
    if not cutoff_s >= 0:
        msg = f"cutoff_s is {cutoff_s!r}; expected seconds of 0 or more."
        raise InputError(msg)
    return np.asarray(np.where(travel_time_s <= cutoff_s, opportunities, 0.0).sum(axis=1, dtype=np.float64))
