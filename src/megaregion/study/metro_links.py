"""What new metro links between cities add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.study.metro_feed import STATES, is_new_link, metro_lines

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.model import Region

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
