"""Who does what: location quotients, Krugman's index, profiles that are alike, and concentration beyond plants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.sector_table import read_sector_table
from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

_PLANTS = 1.0 - 1e-12
"""A Herfindahl index from here up is that of one plant, which leaves nothing to tell apart."""


def location_quotient(table: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """
    Divide the share of each sector in a place by its share in all places together.

    Parameters
    ----------
    table
        (n_places, n_sectors) array, or frame with places as index and sectors as columns; any one unit.

    Returns
    -------
    DataFrame, places by sectors, dimensionless: 1 = as everywhere, 2 = twice the share.

    Raises
    ------
    InputError
        If a value is missing or negative, or a place or sector has nothing at all.

    References
    ----------
    Balassa (1965), Trade liberalisation and "revealed" comparative advantage, Manchester School 33.

    Examples
    --------
    >>> location_quotient([[30, 10], [10, 30]]).to_numpy().tolist()
    [[1.5, 0.5], [0.5, 1.5]]
    """
    read = read_sector_table(table)
    return read.frame(read.quotients)


def krugman_index(table: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """
    Add up how far the shares of the sectors differ between any two places.

    Parameters
    ----------
    table
        As `location_quotient`.

    Returns
    -------
    DataFrame, places by places: 0 = the same shares, 2 = no sector in common.

    Raises
    ------
    InputError
        As `location_quotient`.

    References
    ----------
    Krugman (1991), Geography and Trade, MIT Press, p. 76.

    Examples
    --------
    >>> krugman_index([[30, 10], [10, 30]]).to_numpy().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    read = read_sector_table(table)
    return read.pairs(krugman_distances(read.shares))


def krugman_specialisation(table: ArrayLike | pd.DataFrame) -> pd.Series:
    """
    Add up how far the shares of the sectors in a place differ from those in all other places together.

    Parameters
    ----------
    table
        As `location_quotient`.

    Returns
    -------
    Series by place: 0 = as the rest, 2 = no sector in common with the rest.

    Raises
    ------
    InputError
        As `location_quotient`.

    Examples
    --------
    >>> krugman_specialisation([[30, 10], [10, 30], [20, 20]]).round(2).tolist()
    [0.75, 0.75, 0.0]
    """
    read = read_sector_table(table)
    rest = read.amounts.sum(axis=0) - read.amounts
    rest /= rest.sum(axis=1, keepdims=True)
    index = pd.Index(read.places, name="place")
    return pd.Series(np.abs(read.shares - rest).sum(axis=1), index=index, name="krugman")


def profile_cosine(table: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """
    Give the cosine between the location quotients of any two places.

    Parameters
    ----------
    table
        As `location_quotient`.

    Returns
    -------
    DataFrame, places by places: 1 = profiles in the same proportions, 0 = no sector in common.

    Raises
    ------
    InputError
        As `location_quotient`.

    Examples
    --------
    >>> profile_cosine([[30, 10], [10, 30]]).round(2).to_numpy().tolist()
    [[1.0, 0.6], [0.6, 1.0]]
    """
    read = read_sector_table(table)
    unit = read.quotients / np.linalg.norm(read.quotients, axis=1, keepdims=True)
    return read.pairs(np.clip(unit @ unit.T, 0.0, 1.0))


def krugman_distances(shares: F64) -> F64:
    """
    Add up absolute differences of shares for all pairs of rows.

    Parameters
    ----------
    shares
        (n, m) rows that add up to 1.

    Returns
    -------
    (n, n) float64.
    """
    found = np.zeros((len(shares), len(shares)))
    for sector in shares.T:
        found += np.abs(sector[:, None] - sector[None, :])
    return found


def ellison_glaeser(table: ArrayLike | pd.DataFrame, plant_herfindahl: Any = None) -> pd.DataFrame:
    """
    Measure how far a sector is concentrated in places beyond what a few large plants bring about.

    Parameters
    ----------
    table
        (n_places, n_sectors) jobs, as `location_quotient`.
    plant_herfindahl
        (n_sectors,) sum of squared shares of plants in the jobs of the sector, above 0 and below 1; a series is laid
        out by its labels.

    Returns
    -------
    DataFrame by sector: raw (G, sum of squared differences of shares), plant_herfindahl, gamma: 0 = as if plants were
    thrown at random, above 0.05 = highly concentrated.

    Raises
    ------
    InputError
        If the plants are not given: without them the index is not identified. Or as `location_quotient`.

    References
    ----------
    Ellison and Glaeser (1997), Geographic concentration in U.S. manufacturing industries, Journal of Political
    Economy 105(5).

    Examples
    --------
    >>> ellison_glaeser([[30, 10], [10, 30]], [0.01, 0.05])["gamma"].round(3).tolist()
    [0.242, 0.211]
    """
    read = read_sector_table(table)
    if plant_herfindahl is None:
        msg = (
            "the index of Ellison and Glaeser is not identified without the Herfindahl index of plants: a sector in "
            "one place may be one plant. Give plant_herfindahl, one value a sector, or use the location quotient."
        )
        raise InputError(msg)
    if isinstance(plant_herfindahl, pd.Series):
        plant_herfindahl = plant_herfindahl.rename(index=str).reindex(list(read.sectors))
    plants = np.asarray(plant_herfindahl, dtype=np.float64)
    if plants.shape != (len(read.sectors),) or not ((plants > 0) & (plants < _PLANTS)).all():
        msg = (
            f"plant_herfindahl is {plants.tolist()}; expected {len(read.sectors)} values above 0 and below 1, one for "
            "each sector."
        )
        raise InputError(msg)
    whole = read.amounts.sum(axis=1) / read.amounts.sum()
    spread = 1.0 - float((whole**2).sum())
    if spread <= 1e-12:
        msg = "all jobs are in one place, so no concentration can be told. Give a table with jobs in several places."
        raise InputError(msg)
    raw = ((read.amounts / read.amounts.sum(axis=0) - whole[:, None]) ** 2).sum(axis=0)
    gamma = (raw - spread * plants) / (spread * (1.0 - plants))
    index = pd.Index(read.sectors, name="sector")
    return pd.DataFrame({"raw": raw, "plant_herfindahl": plants, "gamma": gamma}, index=index)
