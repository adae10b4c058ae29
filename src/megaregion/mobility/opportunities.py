"""What can be reached from each place: sums of opportunities, the nearest of them, the time to reach so many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.decay import as_decays
from megaregion.mobility.travel_time import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from megaregion.mobility.decay import Decay

    F64 = NDArray[np.float64]

CELLS_AT_A_TIME = 2_000_000
"""Travel times that are weighted in one go: 16 MB for each array at work."""


def accessibility(
    travel_times: TravelTimes | NDArray[np.floating],
    opportunities: ArrayLike | pd.Series | pd.DataFrame,
    *,
    decay: Decay | Sequence[Decay],
    percentile: float = 50,
) -> pd.DataFrame:
    """
    Sum the opportunities that can be reached, weighted by the time it takes; those at the origin are among them.

    Parameters
    ----------
    travel_times
        A result of `travel_time_matrix`, or (n_origins, n_destinations) seconds, inf = unreachable.
    opportunities
        People, jobs or money at each destination: (n_destinations,), or a Series or a frame with several columns. Where
        the travel times know their destinations, a Series or a frame goes by its index of ids. NaN = not known, and
        then every sum that would hold it is not known.
    decay
        `Cumulative(cutoff_s)`, `Exponential(half_life_s)`, `Logistic(median_s, sd_s)`, `Power(exponent)`,
        `Linear(cutoff_s, width_s)`, `Stepped(cutoffs_s, weights)`, or several of these.
    percentile
        Which of the computed percentiles of travel time counts; not used with plain seconds.

    Returns
    -------
    DataFrame
        One row an origin, by its id; one column for each kind of opportunity and decay, `<opportunity>_<decay>`, in the
        unit of the opportunities.

    Raises
    ------
    InputError
        If sizes or ids do not fit, a travel time is negative or NaN, or an opportunity is infinite.

    References
    ----------
    Hansen 1959, "How accessibility shapes land use", Journal of the American Institute of Planners 25.

    Examples
    --------
    >>> from megaregion.mobility import Cumulative
    >>> times = np.array([[0.0, 3000.0], [3000.0, 0.0]])
    >>> jobs = pd.Series([10.0, 5.0], name="jobs")
    >>> accessibility(times, jobs, decay=[Cumulative(1800), Cumulative(3600)])
       jobs_within_1800s  jobs_within_3600s
    0               10.0               15.0
    1                5.0               15.0
    """
    reach = Reached.of(travel_times, percentile)
    amounts = amounts_at(reach.destination_ids, opportunities, len_expected=reach.time_s.shape[1])
    values, names = amounts.to_numpy(np.float64), [str(column) for column in amounts]
    known, unknown = np.nan_to_num(values), np.isnan(values)
    columns: dict[str, F64] = {}
    for each in as_decays(decay):
        sums = np.empty((len(reach.time_s), len(names)))
        for rows, time_s in reach.blocks():
            weight = each.weight(time_s)
            for column in range(len(names)):
                total = (weight * known[:, column]).sum(axis=1)
                if unknown[:, column].any():
                    total[(weight[:, unknown[:, column]] > 0).any(axis=1)] = np.nan
                sums[rows, column] = total
        columns |= {f"{name}_{each.label}": sums[:, column] for column, name in enumerate(names)}
    return pd.DataFrame(columns, index=reach.origin_index)


def nearest(
    travel_times: TravelTimes | NDArray[np.floating],
    k: int = 1,
    *,
    opportunities: ArrayLike | pd.Series | None = None,
    percentile: float = 50,
) -> pd.DataFrame:
    """
    Find the k-th nearest opportunity and the travel time to it; a destination at the origin itself is the nearest.

    Parameters
    ----------
    travel_times, percentile
        As for `accessibility`.
    k
        1 = the nearest.
    opportunities
        Only destinations with more than 0 count; all of them by default.

    Returns
    -------
    DataFrame
        One row an origin: travel_time_s (inf = fewer than k can be reached, NaN = not known because an unknown
        destination is as near) and to_id, the destination or its position (missing where there is none). Of equally
        near ones the first in order of the destinations.

    Examples
    --------
    >>> nearest(np.array([[600.0, 900.0, np.inf]]), k=2)
       travel_time_s  to_id
    0          900.0      1
    """
    reach = Reached.of(travel_times, percentile)
    n_d = reach.time_s.shape[1]
    if not (isinstance(k, int | np.integer) and k >= 1):
        msg = f"k is {k!r}; expected a whole number of 1 or more: 1 is the nearest."
        raise InputError(msg)
    amount = np.ones(n_d)
    if opportunities is not None:
        amount = _one_column(amounts_at(reach.destination_ids, opportunities, len_expected=n_d))
    there, unknown = np.flatnonzero(amount > 0), np.flatnonzero(np.isnan(amount))
    seconds = np.full(len(reach.time_s), np.inf)
    position = np.full(len(reach.time_s), -1)
    for rows, time_s in reach.blocks():
        if len(there) >= k:
            order = np.argsort(time_s[:, there], axis=1, kind="stable")[:, k - 1]
            position[rows] = there[order]
            seconds[rows] = np.take_along_axis(time_s, position[rows][:, np.newaxis], axis=1)[:, 0]
        if len(unknown):
            first = time_s[:, unknown].min(axis=1)
            hidden = np.isfinite(first) & (first <= seconds[rows])
            seconds[rows] = np.where(hidden, np.nan, seconds[rows])
    position[~np.isfinite(seconds)] = -1
    found = pd.DataFrame({"travel_time_s": seconds}, index=reach.origin_index)
    if reach.destination_ids is None:
        return found.assign(to_id=pd.Series(position, dtype="Int64").mask(position < 0))
    ids = [*reach.destination_ids, None]
    return found.assign(to_id=pd.Series([ids[at] for at in position], index=found.index, dtype="str"))


def time_to_reach(
    travel_times: TravelTimes | NDArray[np.floating],
    opportunities: ArrayLike | pd.Series | pd.DataFrame,
    n: float,
    *,
    percentile: float = 50,
) -> pd.DataFrame:
    """
    Find the least time within which n opportunities or more are reached.

    Parameters
    ----------
    travel_times, opportunities, percentile
        As for `accessibility`; opportunities of 0 or more.
    n
        How many are wanted, above 0.

    Returns
    -------
    DataFrame
        One row an origin, one column for each kind of opportunity, s; inf = never, NaN = not known because an unknown
        amount lies as near.

    Examples
    --------
    >>> time_to_reach(np.array([[0.0, 600.0, 900.0]]), pd.Series([1.0, 1.0, 5.0], name="jobs"), 3)
        jobs
    0  900.0
    """
    reach = Reached.of(travel_times, percentile)
    amounts = amounts_at(reach.destination_ids, opportunities, len_expected=reach.time_s.shape[1])
    values = amounts.to_numpy(np.float64)
    if not 0 < n < np.inf:
        msg = f"n is {n!r}; expected how many opportunities are wanted, above 0."
        raise InputError(msg)
    if (values < 0).any():
        msg = f"opportunities hold {np.nanmin(values):g}; expected 0 or more for a time to reach so many."
        raise InputError(msg)
    known, unknown = np.nan_to_num(values), np.isnan(values)
    seconds = np.full((len(reach.time_s), values.shape[1]), np.inf)
    for rows, time_s in reach.blocks():
        order = np.argsort(time_s, axis=1, kind="stable")
        ascending = np.take_along_axis(time_s, order, axis=1)
        for column in range(values.shape[1]):
            enough = (np.cumsum(known[order, column], axis=1) >= n) & np.isfinite(ascending)
            found = np.where(enough.any(axis=1), ascending[np.arange(len(order)), enough.argmax(axis=1)], np.inf)
            if unknown[:, column].any():
                first = time_s[:, unknown[:, column]].min(axis=1)
                found = np.where(np.isfinite(first) & (first <= found), np.nan, found)
            seconds[rows, column] = found
    return pd.DataFrame(seconds, columns=[str(column) for column in amounts], index=reach.origin_index)


@dataclass(frozen=True, slots=True)
class Reached:
    """
    Travel times of one percentile with the ids of both ends, where they are known.

    Attributes
    ----------
    time_s
        (n_origins, n_destinations) seconds, inf = unreachable.
    origin_index
        Index of results.
    destination_ids
        Ids of the destinations, or None.
    """

    time_s: NDArray[np.floating] = field(repr=False)
    origin_index: pd.Index[Any]
    destination_ids: tuple[str, ...] | None

    @classmethod
    def of(cls, travel_times: TravelTimes | NDArray[np.floating], percentile: float) -> Reached:
        """
        Take a result of `travel_time_matrix` or a plain array.

        Raises
        ------
        InputError
            If it is neither, or a time is negative or NaN.
        """
        if isinstance(travel_times, TravelTimes):
            time_s: NDArray[np.floating] = travel_times.percentile_s(percentile)
            index: pd.Index[Any] = pd.Index(list(travel_times.origin_ids), dtype="str", name="from_id")
            return cls(time_s, index, travel_times.destination_ids)
        time_s = np.asarray(travel_times)
        if time_s.ndim != 2 or time_s.dtype.kind not in "fiu":
            msg = (
                f"travel times are {time_s.dtype} of shape {time_s.shape}; expected a result of travel_time_matrix, or "
                "seconds of shape (n_origins, n_destinations)."
            )
            raise InputError(msg)
        return cls(time_s, pd.RangeIndex(len(time_s)), None)

    def blocks(self) -> Iterator[tuple[slice, F64]]:
        """Give the times of a few origins after the other, as float64."""
        step = max(1, CELLS_AT_A_TIME // max(self.time_s.shape[1], 1))
        for first in range(0, len(self.time_s), step):
            rows = slice(first, min(first + step, len(self.time_s)))
            time_s = self.time_s[rows].astype(np.float64)
            wrong = np.argwhere(~(time_s >= 0))  # also catches NaN
            if len(wrong):
                i, j = wrong[0]
                msg = (
                    f"travel time from origin {self.origin_index[first + i]} to destination {self._destination(j)} is "
                    f"{time_s[i, j]}; expected seconds of 0 or more, inf = unreachable."
                )
                raise InputError(msg)
            yield rows, time_s

    def _destination(self, position: int) -> str:
        return str(position) if self.destination_ids is None else self.destination_ids[position]


def amounts_at(
    ids: tuple[str, ...] | None,
    amounts: ArrayLike | pd.Series | pd.DataFrame,
    *,
    len_expected: int,
    what: str = "opportunities",
    place: str = "destination",
) -> pd.DataFrame:
    """
    Put amounts in the order of places.

    Parameters
    ----------
    ids
        Places, or None: amounts are then in their order already.
    amounts
        (n_places,), a Series or a frame.
    len_expected
        Number of places.
    what, place
        What is given and where it lies, for messages; the first is also the name of an unnamed column.

    Raises
    ------
    InputError
        If a place has no amount, or an amount is infinite or no number.
    """
    if isinstance(amounts, pd.Series):
        amounts = amounts.to_frame(what if amounts.name is None else amounts.name)
    if isinstance(amounts, pd.DataFrame):
        frame = _by_id(ids, amounts, what, place) if ids is not None else amounts
    else:
        values = np.asarray(amounts)
        if values.ndim != 1:
            msg = f"{what} have shape {values.shape}; expected one for each {place}, or a frame with several columns."
            raise InputError(msg)
        frame = pd.DataFrame({what: values})
    if len(frame) != len_expected:
        msg = f"{len_expected} {place}s but {len(frame)} {what}; expected one for each."
        raise InputError(msg)
    try:
        frame = frame.astype(np.float64)
    except (TypeError, ValueError) as problem:
        msg = f"{what} hold what is no number ({problem}); give the columns with numbers only."
        raise InputError(msg) from problem
    if np.isinf(frame.to_numpy()).any():
        column = str(frame.columns[np.isinf(frame.to_numpy()).any(axis=0)][0])
        msg = f"{what} {column!r} hold an infinite amount; expected a number, or NaN where it is not known."
        raise InputError(msg)
    return frame


def _by_id(ids: tuple[str, ...], frame: pd.DataFrame, what: str, place: str) -> pd.DataFrame:
    index = frame.index.astype("str")
    if index.has_duplicates:
        msg = f"{what} list {place} {index[index.duplicated()][0]!r} twice; list each once."
        raise InputError(msg)
    missing = pd.Index(list(ids), dtype="str").difference(index, sort=False)
    if len(missing):
        msg = (
            f"{what} have no row for {len(missing)} of {len(ids)} {place}s, {missing[0]!r} the first; their index "
            f"begins with {', '.join(map(repr, index[:3]))}. Index them by the ids of the {place}s; give 0 where there "
            "is nothing, NaN where it is not known."
        )
        raise InputError(msg)
    return frame.set_axis(index).loc[list(ids)]


def _one_column(frame: pd.DataFrame) -> F64:
    if frame.shape[1] != 1:
        msg = f"{frame.shape[1]} kinds of opportunity are given ({', '.join(map(str, frame))}); expected one."
        raise InputError(msg)
    values: F64 = frame.iloc[:, 0].to_numpy(np.float64)
    return values
