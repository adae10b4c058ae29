"""Two results of one measure side by side: then and now, or base and scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.study.measures import Measure
    from megaregion.study.run import Result

SAME_S = 60.0
"""Times up to a minute apart count as the same: timetables are written in minutes."""

SAME_SHARE = 1e-9
"""Other values count as the same unless they differ by more than sums in another order do."""

RESULT_VERDICTS = (
    *("better", "worse", "more", "less", "same"),
    *("newly reachable", "no longer reachable", "unreachable", "no data"),
)


@dataclass(frozen=True, slots=True)
class ResultComparison:
    """
    Differences between two results of one measure.

    Attributes
    ----------
    table
        The measure's keys, before, after and difference (after - before) in its unit, ratio (after over before),
        verdict: better or worse where the measure knows what is better, else more or less; same; for times newly
        reachable, no longer reachable, unreachable (of direct trains: by one); no data where one of the two is not
        known.
    measure
        What was measured.
    provenance
        What each side rests on.
    """

    table: pd.DataFrame
    measure: Measure
    provenance: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by verdict, those that occur."""
        found = self.table["verdict"].value_counts()
        return {verdict: int(found[verdict]) for verdict in RESULT_VERDICTS if verdict in found.index}


def compare_results(before: Result, after: Result) -> ResultComparison:
    """
    Compare two results row by row.

    Raises
    ------
    InputError
        If they are not of one measure, of the same parameters but the year, of the same cities and of one program; what
        differs is named.
    """
    measure = before.measure
    if measure.name != after.measure.name:
        _refuse(f"one is of measure {measure.name!r}, the other of {after.measure.name!r}")
    for name in measure.parameters:
        one, other = before.parameters.get(name.name), after.parameters.get(name.name)
        if name.kind != "year" and one != other:
            _refuse(f"parameter {name.name!r} is {one!r} in one and {other!r} in the other")
    if before.provenance.get("software") != after.provenance.get("software"):
        _refuse("they were computed by two versions of megaregion; compute both again")
    keys = list(measure.keys)
    table = _values(before, keys).rename(columns={"value": "before"})
    later = _values(after, keys).rename(columns={"value": "after"})
    if keys:
        one, other = (set(map(tuple, frame[keys].to_numpy())) for frame in (table, later))
        if one != other:
            examples = ", ".join("-".join(key) for key in sorted(one ^ other)[:3])
            what = {"city": "cities", "zone": "zones"}.get(measure.shape, "pairs of cities")
            _refuse(
                f"their {what} differ: {len(one - other)} only in the first, {len(other - one)} only in the second, "
                f"such as {examples}"
            )
        table = table.merge(later, on=keys, validate="one_to_one")
    else:
        table = table.assign(after=later["after"].to_numpy())
    return ResultComparison(
        table=_judged(table, measure),
        measure=measure,
        provenance={
            "measure": measure.name,
            "unit": measure.unit,
            "before": dict(before.provenance) | {"parameters": dict(before.parameters)},
            "after": dict(after.provenance) | {"parameters": dict(after.parameters)},
        },
    )


def _values(result: Result, keys: list[str]) -> pd.DataFrame:
    return result.table[[*keys, "value"]].reset_index(drop=True)


def _judged(table: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    before, after = table["before"].to_numpy(np.float64), table["after"].to_numpy(np.float64)
    # where a measure does not know what is better, there is only more or less
    words = {"more": ("better", "worse"), "less": ("worse", "better")}.get(measure.better, ("more", "less"))
    tolerance = SAME_S if measure.unit == "s" else SAME_SHARE * np.maximum(np.abs(before), np.abs(after))
    difference, verdict = judged(before, after, tolerance=tolerance, words=words)
    ratio = np.full(len(table), np.nan)
    np.divide(after, before, out=ratio, where=np.isfinite(difference) & (before != 0))
    return table.assign(difference=difference, ratio=ratio, verdict=pd.Series(verdict, index=table.index, dtype="str"))


def judged(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    *,
    tolerance: float | NDArray[np.float64],
    words: tuple[str, str],
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """
    Compare values one by one: the one rule for all that is set side by side.

    Parameters
    ----------
    before, after
        (n,) float64; inf = unreachable, nan = not known.
    tolerance
        By how much two may differ and still count as the same.
    words
        What it is called to grow, and to shrink.

    Returns
    -------
    (n,) difference, nan where a side is not finite; (n,) verdict.

    Examples
    --------
    >>> judged(np.array([9.0, np.inf]), np.array([5.0, 7.0]), tolerance=1, words=("slower", "faster"))[1].tolist()
    ['faster', 'newly reachable']
    """
    difference = np.full(len(before), np.nan)
    np.subtract(after, before, out=difference, where=np.isfinite(before) & np.isfinite(after))
    verdict = np.select(
        [
            np.isnan(before) | np.isnan(after),
            np.isinf(before) & np.isinf(after),
            np.isinf(before),
            np.isinf(after),
            # what is infinite was told above
            np.abs(np.nan_to_num(difference)) <= np.where(np.isfinite(difference), tolerance, 0.0),
            difference > 0,
        ],
        ["no data", "unreachable", "newly reachable", "no longer reachable", "same", words[0]],
        default=words[1],
    )
    return difference, verdict


def _refuse(why: str) -> None:
    msg = f"the two results cannot be compared: {why}."
    raise InputError(msg)
