"""Which places complement each other, and whether more than chance would have it: pairs against a random null."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from megaregion.economy.sector_table import read_sector_table
from megaregion.economy.specialisation import krugman_distances
from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from megaregion.economy.sector_table import SectorTable

    F64 = NDArray[np.float64]

SIGNIFICANT = 0.05
"""Adjusted p-value up to which a pair is said to differ from chance."""

_TRADES = 5
"""Trades a place between two draws of the degree-preserving null; Strona and others (2014) found this enough."""


@dataclass(frozen=True, slots=True)
class Complementarity:
    """
    How far the profiles of any two places differ, beside what chance brings about.

    Attributes
    ----------
    table
        One row a pair (each once): from_id, to_id, value, expected (mean under the null), z, p_value (of the pair
        alone, two-sided), p_adjusted (over all pairs), verdict: complementary, alike or as chance.
    null
        What is random: "permutation" or "degree".
    draws
        Random tables.
    correction
        How many pairs being tested at once is allowed for.
    """

    table: pd.DataFrame = field(repr=False)
    null: str
    draws: int
    correction: str

    @property
    def counts(self) -> dict[str, int]:
        """Pairs by verdict."""
        found = self.table["verdict"].value_counts()
        return {verdict: int(found.get(verdict, 0)) for verdict in ("complementary", "alike", "as chance")}


def complementarity(
    table: ArrayLike | pd.DataFrame,
    *,
    rng: np.random.Generator,
    null: Literal["permutation", "degree"] = "permutation",
    draws: int = 999,
) -> Complementarity:
    """
    Test for each pair of places whether their profiles differ more, or less, than chance would have it.

    The p-values of all pairs are adjusted together (single-step maximum of |z|, Westfall and Young): with 820 pairs, 41
    would stand out at 5 % by chance alone.

    Parameters
    ----------
    table
        (n_places, n_sectors) array, or frame with places as index and sectors as columns; at least three places.
    rng
        Where random tables come from.
    null
        "permutation": each sector's location quotients are dealt out to the places at random, and the statistic is
        Krugman's index. "degree": who is specialised in what (location quotient of at least 1) is exchanged so that
        every place keeps how many sectors it has and every sector how many places, and the statistic is the number of
        sectors that one of the two has and the other has not.
    draws
        Random tables, at least 99.

    Raises
    ------
    InputError
        If the table cannot be meant, or there are fewer than three places.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing, Wiley. Strona and others (2014), A fast and unbiased
    procedure to randomize ecological binary matrices with fixed row and column totals, Nature Communications 5.

    Examples
    --------
    >>> found = complementarity([[9, 1], [8, 2], [1, 9], [2, 8]], rng=np.random.default_rng(1), draws=99)
    >>> found.table["value"].round(1).tolist(), found.counts["complementary"]
    ([0.2, 1.6, 1.4, 1.4, 1.2, 0.2], 0)
    """
    read = read_sector_table(table, least_places=3)
    if null not in {"permutation", "degree"} or draws < 99:
        msg = f"null is {null!r} and draws is {draws}; expected permutation or degree, and at least 99 draws."
        raise InputError(msg)
    first, second = np.triu_indices(len(read.places), 1)
    if null == "permutation":
        observed = krugman_distances(read.shares)[first, second]
        random = (krugman_distances(each)[first, second] for each in _dealt(read, rng, draws))
    else:
        held = read.specialised
        observed = _apart(held)[first, second]
        random = (_apart(each)[first, second] for each in _exchanged(held, rng, draws))
    drawn = np.array(list(random))
    expected, spread = drawn.mean(axis=0), drawn.std(axis=0, ddof=1)
    if null == "permutation":
        # chance treats all pairs alike: their draws are of one distribution
        expected, spread = np.full_like(expected, drawn.mean()), np.full_like(spread, drawn.std())
    scale = np.where(spread > 0, spread, 1.0)
    z, z_drawn = (observed - expected) / scale, np.abs(drawn - expected) / scale
    # sums in another order differ in the last figures
    z_least = np.abs(z) - 1e-9
    extreme = (z_drawn >= z_least).sum(axis=0)
    largest = np.sort(z_drawn.max(axis=1))
    beyond = draws - np.searchsorted(largest, z_least, side="left")
    adjusted = (1 + beyond) / (draws + 1)
    p_value = (1 + extreme) / (draws + 1)
    verdict = np.where(adjusted > SIGNIFICANT, "as chance", np.where(z > 0, "complementary", "alike"))
    places = np.array(read.places, dtype=object)
    frame = pd.DataFrame(
        {
            "from_id": places[first],
            "to_id": places[second],
            "value": observed,
            "expected": expected,
            "z": z,
            "p_value": p_value,
            "p_adjusted": adjusted,
            "verdict": verdict,
        }
    ).astype({"from_id": "str", "to_id": "str", "verdict": "str"})
    correction = f"single-step maximum of |z| over {len(first)} pairs (Westfall and Young 1993)"
    return Complementarity(frame, null, draws, correction)


def _dealt(read: SectorTable, rng: np.random.Generator, draws: int) -> Iterator[F64]:
    """Shares of random places: the quotients of each sector dealt out anew, weighted by the sector's size."""
    whole = read.amounts.sum(axis=0) / read.amounts.sum()
    for _ in range(draws):
        dealt = rng.permuted(read.quotients, axis=0) * whole
        total = dealt.sum(axis=1, keepdims=True)
        # a place may be dealt nothing at all where many quotients are 0: then it is as the whole
        yield np.where(total > 0, dealt / np.where(total > 0, total, 1.0), whole)


def _apart(held: NDArray[np.bool_]) -> F64:
    """Count sectors that one of two places has and the other has not."""
    made = held.astype(np.float64)
    size = made.sum(axis=1)
    return np.asarray(size[:, None] + size[None, :] - 2 * made @ made.T)


def _exchanged(held: NDArray[np.bool_], rng: np.random.Generator, draws: int) -> Iterator[NDArray[np.bool_]]:
    """Random tables with the same totals of rows and columns, by trades between two places (curveball)."""
    now, n = held.copy(), len(held)
    for _ in range(draws):
        for _ in range(_TRADES * n):
            a, b = rng.choice(n, 2, replace=False)
            differ = np.flatnonzero(now[a] != now[b])
            of_a = int(now[a, differ].sum())
            if 0 < of_a < len(differ):
                rng.shuffle(differ)
                now[a, differ[:of_a]], now[a, differ[of_a:]] = True, False
                now[b, differ[:of_a]], now[b, differ[of_a:]] = False, True
        yield now.copy()
