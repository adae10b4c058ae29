"""What new metro links between cities add up to, and what a claimed length is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.study.claim_rule import CONFIRMED, UNDECIDED, Band, agreed
from megaregion.study.metro_feed import STATES, is_new_link, metro_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region

CLAIM_KM = 380.0
"""Length that is claimed for the new metro between Shanghai, Suzhou, Wuxi and Changzhou, km."""

CLAIM_TOLERANCE = 0.05
"""A sum this near to a claim bears it out: the lengths of plans are rounded and revised by as much."""

MAX_SELECTED_LINKS = 20
"""Links whose selections are counted: a million sums."""


def link_kilometres(region: Region) -> pd.DataFrame:
    """
    Add up the lengths of the new links.

    Returns
    -------
    DataFrame
        role, link, state, lines, km (of those with a length), confirmed_km (of those whose length has a source),
        without_length (lines), in the order of states.
    """
    lines = metro_lines(region)
    links = lines[is_new_link(lines)]
    links = links.assign(
        confirmed=links["length"].where(links["length_status"] == "confirmed", 0.0),
        unknown=links["length"].isna(),
        order=links["state"].map(STATES.index),
    )
    sums = links.groupby(["role", "order", "state", "link"], as_index=False).agg(
        lines=("line_id", "size"),
        km=("length", "sum"),
        confirmed_km=("confirmed", "sum"),
        without_length=("unknown", "sum"),
    )
    return sums[["role", "link", "state", "lines", "km", "confirmed_km", "without_length"]]


@dataclass(frozen=True, slots=True)
class ClaimTest:
    """
    A claimed length against the links that are known.

    Attributes
    ----------
    claim_km
        What is claimed.
    readings
        One row for each way to read the claim: links (which roles), states (which states), km, confirmed_km,
        without_length, ratio (sum over claim), verdict: confirmed, contradicted, or not decidable where links of
        unknown length could make the difference.
    selections, fitting
        How many selections of links between cities of known length there are, and how many of them come within the
        tolerance: a claim that names no lines can mean any.
    verdict
        confirmed or contradicted if all readings are, and no other selection fits or, with links of unknown length,
        could fit; else not decidable, for the claim does not say which it means.
    """

    claim_km: float
    readings: pd.DataFrame = field(repr=False)
    selections: int
    fitting: int
    verdict: str


def claim_verdict(region: Region, claim_km: float = CLAIM_KM, *, tolerance: float = CLAIM_TOLERANCE) -> ClaimTest:
    """
    Test a claimed length of new links: a claim is tested, never data.

    Parameters
    ----------
    region
        Holds metro_lines and metro_facts.
    claim_km
        Claimed length, km.
    tolerance
        Share of the claim by which a sum may differ from it.

    Raises
    ------
    InputError
        If the claim or the tolerance is not above 0.
    """
    for name, value in (("claim_km", claim_km), ("tolerance", tolerance)):
        if not value > 0:  # also catches NaN
            msg = f"claim: {name} is {value!r}; expected a number above 0."
            raise InputError(msg)
    band = Band.of(claim_km, tolerance=tolerance * claim_km)
    sums = link_kilometres(region)
    readings = []
    for roles in (("between_cities",), ("between_cities", "within_city")):
        for n_states in range(1, len(STATES) + 1):
            part = sums[sums["role"].isin(roles) & sums["state"].isin(STATES[:n_states])]
            km, unknown = float(part["km"].sum()), int(part["without_length"].sum())
            verdict = band.verdict(km, np.inf if unknown else km)
            readings.append(
                {
                    "links": " + ".join(roles),
                    "states": " + ".join(STATES[:n_states]),
                    "km": km,
                    "confirmed_km": float(part["confirmed_km"].sum()),
                    "without_length": unknown,
                    "ratio": km / claim_km,
                    "verdict": verdict,
                }
            )
    table = pd.DataFrame(readings)
    selected = selection_kilometres(region)
    fitting = sum(band.verdict(km, km) == CONFIRMED for km in selected.tolist())
    unknown = int(sums.loc[sums["role"] == "between_cities", "without_length"].sum())
    of_selections = [CONFIRMED] if fitting else [UNDECIDED] if unknown else []
    return ClaimTest(claim_km, table, len(selected), fitting, agreed([*table["verdict"], *of_selections]))


def selection_kilometres(region: Region) -> NDArray[np.float64]:
    """
    Add up every selection of one or more links between cities of known length: a claim that names none can mean any.

    Returns
    -------
    (2 ** n_links - 1,) float64, km.

    Raises
    ------
    InputError
        If there are more links than whose selections can be counted.
    """
    lines = metro_lines(region)
    chosen = lines[is_new_link(lines) & (lines["role"] == "between_cities") & lines["length"].notna()]
    if len(chosen) > MAX_SELECTED_LINKS:
        msg = (
            f"{len(chosen)} links between cities have a length; selections are counted up to {MAX_SELECTED_LINKS}. "
            "Join some of them to one line."
        )
        raise InputError(msg)
    sums = np.zeros(1)
    for length in chosen["length"]:
        sums = np.r_[sums, sums + length]
    return sums[1:]
