"""Economic complexity: what places can do, told from which sectors they are specialised in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from megaregion.economy.sector_table import reaches, read_sector_table
from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

DENSE_UP_TO = 1_500
"""Places or sectors, whichever are fewer, up to which all of the matrix is decomposed; above, three vectors only."""

SAME_EIGENVALUE = 1e-9
"""Eigenvalues closer than this have no vectors of their own: any mixture of the two would do."""

NO_SIGN = 1e-9
"""A correlation with diversity below this says nothing of the sign."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """
    Complexity of places and sectors, and how sectors are related.

    Attributes
    ----------
    eci
        By place: mean 0, standard deviation 1. Sign: goes up with diversity.
    pci
        By sector: mean 0, standard deviation 1. Before scaling, ECI is the mean PCI of what a place is specialised in.
    rca
        Places by sectors: location quotient; as given where that is all that was given.
    specialised
        Places by sectors: whether rca reaches the threshold.
    diversity
        By place: sectors that it is specialised in.
    ubiquity
        By sector: places that are specialised in it.
    proximity
        Sectors by sectors: the smaller of the two shares of places with one that have the other as well.
    density
        Places by sectors: share of proximity to a sector that a place already has, 0 to 1; a sector counts as near to
        itself with 1.
    eigenvalues
        Second and third of the matrix: the first is 1; near together = the index hangs on small changes.
    notices
        What was found.
    """

    eci: pd.Series = field(repr=False)
    pci: pd.Series = field(repr=False)
    rca: pd.DataFrame = field(repr=False)
    specialised: pd.DataFrame = field(repr=False)
    diversity: pd.Series = field(repr=False)
    ubiquity: pd.Series = field(repr=False)
    proximity: pd.DataFrame = field(repr=False)
    density: pd.DataFrame = field(repr=False)
    eigenvalues: tuple[float, float]
    notices: Notices = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row a place, the most complex first: eci, diversity, mean_ubiquity of what it is specialised in."""
        held = self.specialised.to_numpy()
        mean = held @ self.ubiquity.to_numpy() / self.diversity.to_numpy()
        table = pd.DataFrame({"eci": self.eci, "diversity": self.diversity, "mean_ubiquity": mean})
        return table.sort_values("eci", ascending=False, kind="stable")


def complexity(matrix: ArrayLike | pd.DataFrame, *, threshold: float = 1.0, binary: bool = False) -> Complexity:
    """
    Compute the economic complexity of places and sectors.

    Parameters
    ----------
    matrix
        (n_places, n_sectors) array, or frame with places as index and sectors as columns: exports, jobs or output
        in one unit.
    threshold
        Location quotient from which a place is specialised, above 0.
    binary
        Whether the matrix says already who is specialised in what, as 0 and 1.

    Raises
    ------
    InputError
        If a value is missing or negative; a place or sector has nothing, or nothing that reaches the threshold; places
        fall apart into groups without a sector in common, or are specialised in the same; each is named.

    References
    ----------
    Hidalgo and Hausmann (2009), The building blocks of economic complexity, PNAS 106(26). Hidalgo, Klinger, Barabási
    and Hausmann (2007), The product space conditions the development of nations, Science 317: proximity, density.
    Mealy, Farmer and Teytelboym (2019), Interpreting economic complexity, Science Advances 5(1).

    Examples
    --------
    >>> found = complexity([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]], binary=True)
    >>> found.table.index.tolist(), found.pci.idxmax(), found.eci.round(2).tolist()
    (['0', '1', '2', '3'], '3', [1.34, 0.45, -0.45, -1.34])
    """
    read = read_sector_table(matrix)
    if binary and not np.isin(read.amounts, (0.0, 1.0)).all():
        msg = "the matrix is said to be binary and has other values than 0 and 1; leave binary out."
        raise InputError(msg)
    if not (threshold > 0 and np.isfinite(threshold)):
        msg = f"threshold is {threshold!r}; expected a location quotient above 0, as 1."
        raise InputError(msg)
    rca = read.amounts if binary else read.quotients
    held = rca > 0 if binary else reaches(rca, threshold)
    _check_held(read.places, read.sectors, held, threshold)
    _check_connected(read.places, held)
    notices = Notices()
    made = held.astype(np.float64)
    diversity, ubiquity = made.sum(axis=1), made.sum(axis=0)
    # similar to the matrix of the paper, and symmetric: its eigenvectors are found directly and have no imaginary part
    scaled = made / np.sqrt(diversity)[:, None] / np.sqrt(ubiquity)
    values, vector = _second_vector(scaled if len(read.places) <= len(read.sectors) else scaled.T)
    if len(read.places) <= len(read.sectors):
        of_places = vector / np.sqrt(diversity)
        of_sectors = (made.T @ of_places) / ubiquity
    else:
        of_sectors = vector / np.sqrt(ubiquity)
        of_places = (made @ of_sectors) / diversity
    sign = _sign(of_places, diversity, notices)
    places, sectors = pd.Index(read.places, name="place"), pd.Index(read.sectors, name="sector")
    near = (made.T @ made) / np.maximum.outer(ubiquity, ubiquity)
    return Complexity(
        eci=pd.Series(_scores(sign * of_places), index=places, name="eci"),
        pci=pd.Series(_scores(sign * of_sectors), index=sectors, name="pci"),
        rca=read.frame(rca),
        specialised=read.frame(held),
        diversity=pd.Series(diversity.astype(np.int64), index=places, name="diversity"),
        ubiquity=pd.Series(ubiquity.astype(np.int64), index=sectors, name="ubiquity"),
        proximity=pd.DataFrame(near, index=sectors, columns=list(read.sectors)),
        density=read.frame(made @ near / near.sum(axis=0)),
        eigenvalues=values,
        notices=notices,
    )


def _check_held(places: tuple[str, ...], sectors: tuple[str, ...], held: NDArray[np.bool_], threshold: float) -> None:
    notices = Notices()
    for row in np.flatnonzero(~held.any(axis=1)):
        message = f"place {places[row]!r} is specialised in nothing: no location quotient reaches {threshold:g}."
        notices.add("complexity_not_specialised", message, value=places[row])
    for column in np.flatnonzero(~held.any(axis=0)):
        message = f"nobody is specialised in sector {sectors[column]!r}: no location quotient reaches {threshold:g}."
        notices.add("complexity_not_specialised", message, value=sectors[column])
    notices.raise_errors("economic complexity")


def _check_connected(places: tuple[str, ...], held: NDArray[np.bool_]) -> None:
    """Refuse places without a sector in common: the second eigenvalue would be 1, and tell the groups apart only."""
    n, m = held.shape
    row, column = np.nonzero(held)
    graph = csr_array((np.ones(len(row)), (row, column + n)), shape=(n + m, n + m))
    count, group = connected_components(graph, directed=False)
    if count == 1:
        return
    sizes = np.bincount(group[:n], minlength=count)
    notices = Notices()
    for small in np.flatnonzero(np.arange(count) != sizes.argmax()):
        members = [places[at] for at in np.flatnonzero(group[:n] == small)]
        more = f" and {len(members) - 5} more" if len(members) > 5 else ""
        message = (
            f"{', '.join(map(repr, members[:5]))}{more}: no sector that they are specialised in is one of the other "
            "places (the second eigenvalue is 1)."
        )
        notices.add("complexity_disconnected", message, value=len(members))
    notices.raise_errors("economic complexity")


def _second_vector(scaled: F64) -> tuple[tuple[float, float], F64]:
    """Give the second and third eigenvalue of `scaled @ scaled.T`, and the vector of the second."""
    n = len(scaled)
    if n <= DENSE_UP_TO:
        some = (max(0, n - 3), n - 1)
        values, vectors = eigh(scaled @ scaled.T, subset_by_index=some)
    else:
        sparse = csr_array(scaled)
        # begins at the same vector each time, so that the same data give the same figures
        values, vectors = eigsh(sparse @ sparse.T, k=3, v0=np.linspace(1.0, 2.0, n), tol=1e-12)
        order = np.argsort(values)
        values, vectors = values[order], vectors[:, order]
    second, third = float(values[-2]), float(values[-3]) if n > 2 else 0.0
    if second < SAME_EIGENVALUE:
        msg = "all places are specialised in the same sectors, so none is more complex. Give a table that differs."
        raise InputError(msg)
    if n > 2 and second - third < SAME_EIGENVALUE:
        msg = (
            f"the second and third eigenvalue are the same ({second:.6g}), so the index is not identified: two ways of "
            "ordering the places do equally well. Give a table with more sectors, or other years."
        )
        raise InputError(msg)
    return (second, third), np.asarray(vectors[:, -2])


def _sign(of_places: F64, diversity: F64, notices: Notices) -> float:
    """Sign with which the index goes up with diversity."""
    if diversity.std() > 0 and of_places.std() > 0:
        correlation = float(np.corrcoef(of_places, diversity)[0, 1])
        if abs(correlation) > NO_SIGN:
            return 1.0 if correlation > 0 else -1.0
    notices.add(
        "complexity_sign_arbitrary",
        "the index does not go with diversity, so its sign is arbitrary: the first place that is not 0 is above 0.",
    )
    first = of_places[np.abs(of_places) > NO_SIGN * np.abs(of_places).max()][0]
    return 1.0 if first > 0 else -1.0


def _scores(values: F64) -> F64:
    return np.asarray((values - values.mean()) / values.std())
