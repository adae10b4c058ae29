"""Two results side by side: then and now, or base and scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.markup import shown_frame
from megaregion.study.compare_results import SAME_S, ResultComparison, compare_results, judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.mobility.travel_time import TravelTimes
    from megaregion.study.run import Result

__all__ = ["SAME_S", "VERDICTS", "Comparison", "compare", "judge"]

VERDICTS = ("faster", "slower", "same", "newly reachable", "no longer reachable", "unreachable")


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Differences between two travel-time results.

    Attributes
    ----------
    table
        One row a pair: from_id, to_id, before_s, after_s, difference_s (after - before), verdict.
    statistic
        Which travel time: "fastest" or a percentile such as "p50".
    provenance
        What each side rests on.
    """

    table: pd.DataFrame
    statistic: str
    provenance: Mapping[str, Any]

    def _repr_html_(self) -> str:
        return shown_frame("Comparison", {"of": self.statistic, **self.counts}, self.table)

    @property
    def counts(self) -> dict[str, int]:
        """Pairs by verdict."""
        found = self.table["verdict"].value_counts()
        return {verdict: int(found.get(verdict, 0)) for verdict in VERDICTS}


@overload
def compare(before: TravelTimes, after: TravelTimes, *, statistic: str = "p50") -> Comparison: ...
@overload
def compare(before: Result, after: Result) -> ResultComparison: ...
def compare(before: Any, after: Any, *, statistic: str = "p50") -> Comparison | ResultComparison:
    """
    Compare two travel-time results pair by pair, or two results of one measure row by row.

    Parameters
    ----------
    before, after
        Travel times over the same places and departure window, with the same cap on changes and rules of transfer; or
        two results of `run`, of one measure, the same parameters but the year, and the same cities.
    statistic
        For travel times: "fastest", or a percentile as "p50".

    Raises
    ------
    InputError
        If the two do not answer the same question; what differs is named.

    Examples
    --------
    >>> import megaregion as mr
    >>> sides = [mr.run(mr.open("yrd"), measures="fastest_train", parameters={"year": year}) for year in (2012, 2019)]
    >>> there = mr.compare(*(side["fastest_train"] for side in sides)).table
    >>> there[(there["from_id"] == "330100") & (there["to_id"] == "310000")][["before", "after", "verdict"]].values
    array([[2940.0, 2700.0, 'better']], dtype=object)
    """
    if all(hasattr(side, "measure") for side in (before, after)):
        return compare_results(before, after)
    for side in (before, after):
        if not hasattr(side, "travel_time_s"):
            msg = (
                f"a {type(side).__name__} cannot be compared; give two results of `mobility.travel_time_matrix`, "
                "or two of `run` for one measure."
            )
            raise InputError(msg)
    for what in ("origin_ids", "destination_ids", "window_s"):
        if getattr(before, what) != getattr(after, what):
            msg = (
                f"the two results cannot be compared: their {what} differ. "
                "Compute both for the same places and departure window."
            )
            raise InputError(msg)
    for what in ("max_rides", "origins", "destinations", "max_travel_time_s", "transfer_rules"):
        if before.provenance.get(what) != after.provenance.get(what):
            msg = (
                f"the two results cannot be compared: {what} is {before.provenance.get(what)!r} in one and "
                f"{after.provenance.get(what)!r} in the other."
            )
            raise InputError(msg)
    table = before.table[["from_id", "to_id"]].copy()
    table["before_s"] = _statistic(before, statistic).ravel().astype(np.float64)
    table["after_s"] = _statistic(after, statistic).ravel().astype(np.float64)
    return Comparison(
        table=judge(table[table["from_id"] != table["to_id"]].reset_index(drop=True)),
        statistic=statistic,
        provenance={"before": dict(before.provenance), "after": dict(after.provenance)},
    )


def judge(pairs: pd.DataFrame) -> pd.DataFrame:
    """
    Add difference_s and verdict to pairs with before_s and after_s (s, inf = unreachable).

    Examples
    --------
    >>> pairs = pd.DataFrame({"before_s": [3600.0, 3600.0, np.inf], "after_s": [2700.0, 3630.0, 600.0]})
    >>> judge(pairs)["verdict"].tolist()
    ['faster', 'same', 'newly reachable']
    """
    before, after = pairs["before_s"].to_numpy(float), pairs["after_s"].to_numpy(float)
    difference, verdict = judged(before, after, tolerance=SAME_S, words=("slower", "faster"))
    return pairs.assign(difference_s=difference, verdict=pd.Series(verdict, index=pairs.index, dtype="str"))


def _statistic(times: TravelTimes, statistic: str) -> NDArray[np.float32]:
    if statistic == "fastest":
        return times.fastest_s
    try:
        return times.percentile_s(float(statistic.removeprefix("p")))
    except ValueError as problem:
        msg = f"statistic is {statistic!r}; expected 'fastest' or a percentile such as 'p50'."
        raise InputError(msg) from problem
