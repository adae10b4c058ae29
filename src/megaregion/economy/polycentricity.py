"""One centre or many: by sizes, by flows between them, and how balanced and self-contained the flows are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

Bound = Literal["one_centre", "two_nodes"]

ROUNDING = 1e-12
"""Shares below it come from rounding."""

LEAST_SIZES = 3
"""A line through two places fits always and has no error."""


@dataclass(frozen=True, slots=True)
class RankSize:
    """
    How sizes fall with rank.

    Attributes
    ----------
    slope, slope_se
        Of ln size on ln rank: 0 = all the same, -1 = Zipf; the flatter, the more polycentric (Burger and Meijers). The
        error is that of least squares, which is too small, for ranks are sorted.
    pareto, pareto_se
        Exponent by ln(rank - 1/2) on ln size, with the error pareto sqrt(2/n) that holds for ranks (Gabaix and
        Ibragimov); inf where all sizes are the same.
    primacy
        Share of the largest in the sum.
    first_to_second
        Largest over second largest.
    balance
        1 - sd of sizes over its highest possible (one has all): 1 = all the same, 0 = one centre.
    places
        How many places were counted.
    """

    slope: float
    slope_se: float
    pareto: float
    pareto_se: float
    primacy: float
    first_to_second: float
    balance: float
    places: int


@dataclass(frozen=True, slots=True)
class FunctionalPolycentricity:
    """
    How evenly flows reach the places of a network.

    Attributes
    ----------
    value
        (1 - sd / sd_max) density: 0 = one centre or no flows, 1 = all are linked and receive the same.
    sd, sd_max
        Standard deviation of what flows in from others, and its highest.
    density
        Ordered pairs with a flow over all.
    bound
        How sd_max was taken.
    """

    value: float
    sd: float
    sd_max: float
    density: float
    bound: Bound


@dataclass(frozen=True, slots=True)
class FlowSymmetry:
    """
    How balanced flows are in both directions.

    Attributes
    ----------
    value
        Mean of the links' symmetry, weighted by flow: 1 = as much there as back, 0 = all one-way; nan without flows.
    nodes
        One row a place: inflow, outflow, symmetry (-1 = only out, 0 = balanced, 1 = only in; nan = no flows).
    links
        One row a pair with flows, each once: from_id, to_id, forth, back, symmetry (entropy of the two shares).
    """

    value: float
    nodes: pd.DataFrame = field(repr=False)
    links: pd.DataFrame = field(repr=False)


def rank_size(sizes: Any, *, top: int | None = None) -> RankSize:
    """
    Measure morphological polycentricity by sizes.

    Parameters
    ----------
    sizes
        (n,) above 0, any unit: people, jobs, output.
    top
        Only so many of the largest; all by default. Say which: the slope depends on it.

    Raises
    ------
    InputError
        If a size is missing or not above 0, or there are fewer than three.

    References
    ----------
    Meijers and Burger (2010), Spatial structure and productivity in US metropolitan areas, Environment and Planning A
    42(6). Gabaix and Ibragimov (2011), Rank-1/2, Journal of Business and Economic Statistics 29(1).

    Examples
    --------
    >>> found = rank_size([60, 30, 20, 15])
    >>> round(found.slope, 9), found.primacy, found.first_to_second
    (-1.0, 0.48, 2.0)
    """
    size = np.asarray(sizes, dtype=np.float64).ravel()
    wrong = np.flatnonzero(~(np.isfinite(size) & (size > 0)))
    if len(wrong):
        msg = (
            f"{len(wrong)} of {len(size)} sizes are missing or not above 0, the first at place {wrong[0] + 1}: "
            f"{size[wrong[0]]:g}. Leave these places out."
        )
        raise InputError(msg)
    size = np.sort(size)[::-1][:top]
    n = len(size)
    if n < LEAST_SIZES:
        msg = f"{n} sizes; a line of rank and size takes at least {LEAST_SIZES}."
        raise InputError(msg)
    rank = np.arange(1, n + 1, dtype=np.float64)
    slope, slope_se = _line(np.log(rank), np.log(size))
    pareto = -_line(np.log(size), np.log(rank - 0.5))[0] if size[0] > size[-1] else float("inf")
    return RankSize(
        slope,
        slope_se,
        pareto,
        pareto * float(np.sqrt(2 / n)),
        float(size[0] / size.sum()),
        float(size[0] / size[1]),
        _balance(size, size.sum(), n),
        n,
    )


def _line(x: F64, y: F64) -> tuple[float, float]:
    """Slope of least squares and its standard error."""
    spread = x - x.mean()
    slope = float(spread @ y / (spread @ spread))
    left = y - y.mean() - slope * spread
    return slope, float(np.sqrt(left @ left / (len(x) - 2) / (spread @ spread)))


def _balance(values: F64, highest: float, n: int) -> float:
    """Compute 1 - sd / sd of n values of which one is `highest` and the others 0."""
    return float(1 - values.std() / (highest * np.sqrt(n - 1) / n))


def functional_polycentricity(flows: Any, *, bound: Bound = "one_centre") -> FunctionalPolycentricity:
    """
    Measure how evenly a network's flows come in, times how complete it is.

    Parameters
    ----------
    flows
        (n, n) from rows to columns, at least 0, any unit; what stays in a place is left out.
    bound
        Highest standard deviation that is divided by: "one_centre", where one place receives all that comes in, so
        that a star has 0; "two_nodes", of 0 and the largest inflow, as Green takes it, by which a star has more than 0,
        the more the more places it has.

    Raises
    ------
    InputError
        If flows are no square matrix of at least two places, or one is missing or negative.

    References
    ----------
    Green (2007), Functional polycentricity: a formal definition in terms of social network analysis, Urban Studies
    44(11); standard deviations are of the population.

    Examples
    --------
    >>> functional_polycentricity(1 - np.eye(3)).value, functional_polycentricity([[0, 0], [5, 0]]).value
    (1.0, 0.0)
    """
    if bound not in get_args(Bound):
        msg = f"bound is {bound!r}; expected {' or '.join(get_args(Bound))}."
        raise InputError(msg)
    flow = _read_flows(flows)
    n = len(flow)
    np.fill_diagonal(flow, 0.0)
    inflow = flow.sum(axis=0)
    density = float(np.count_nonzero(flow) / (n * (n - 1)))
    sd = float(inflow.std())
    sd_max = float(inflow.max() / 2 if bound == "two_nodes" else inflow.sum() * np.sqrt(n - 1) / n)
    even = 1 - sd / sd_max if sd_max > 0 else 0.0
    # a star is exactly 0, whatever is rounded
    return FunctionalPolycentricity(even * density if even > ROUNDING else 0.0, sd, sd_max, density, bound)


def flow_symmetry(flows: Any, ids: Sequence[str] | None = None) -> FlowSymmetry:
    """
    Say how balanced flows are, by place and by pair.

    Parameters
    ----------
    flows
        (n, n) from rows to columns, at least 0, any unit.
    ids
        Names of the places; numbers from 0 by default.

    Raises
    ------
    InputError
        If flows cannot be read, as in `functional_polycentricity`.

    References
    ----------
    Limtanakool, Dijst and Schwanen (2007), A theoretical framework and methodology for characterising national urban
    systems, Urban Studies 44(11).

    Examples
    --------
    >>> flow_symmetry([[0, 3], [3, 0]]).value, flow_symmetry([[0, 3], [0, 0]]).nodes["symmetry"].tolist()
    (1.0, [-1.0, 1.0])
    """
    flow = _read_flows(flows)
    np.fill_diagonal(flow, 0.0)
    names = np.array([str(each) for each in (range(len(flow)) if ids is None else ids)], dtype=object)
    inflow, outflow = flow.sum(axis=0), flow.sum(axis=1)
    both = inflow + outflow
    node = np.divide(inflow - outflow, both, out=np.full(len(flow), np.nan), where=both > 0)
    first, second = np.triu_indices(len(flow), 1)
    forth, back = flow[first, second], flow[second, first]
    kept = forth + back > 0
    first, second, forth, back = first[kept], second[kept], forth[kept], back[kept]
    share = forth / (forth + back)
    symmetry = -(_x_log2(share) + _x_log2(1 - share))
    links = pd.DataFrame(
        {"from_id": names[first], "to_id": names[second], "forth": forth, "back": back, "symmetry": symmetry}
    )
    nodes = pd.DataFrame({"inflow": inflow, "outflow": outflow, "symmetry": node}, index=pd.Index(names, name="id"))
    value = float(np.average(symmetry, weights=forth + back)) if len(links) else float("nan")
    return FlowSymmetry(value, nodes, links)


def self_containment(flows: Any) -> pd.DataFrame:
    """
    Say what share of flows stays within each place.

    Parameters
    ----------
    flows
        (n, n) from homes (rows) to jobs (columns) with those who stay on the diagonal, at least 0.

    Returns
    -------
    of_residents (stay / all that set out), of_jobs (stay / all that arrive); nan where there is nobody.

    Raises
    ------
    InputError
        If flows cannot be read, as in `functional_polycentricity`.

    Examples
    --------
    >>> self_containment([[8, 2], [0, 10]])["of_residents"].tolist()
    [0.8, 1.0]
    """
    flow = _read_flows(flows)
    stay, empty = np.diag(flow), np.full(len(flow), np.nan)
    sums = {"of_residents": flow.sum(axis=1), "of_jobs": flow.sum(axis=0)}
    return pd.DataFrame({name: np.divide(stay, all_, out=empty.copy(), where=all_ > 0) for name, all_ in sums.items()})


def _x_log2(share: F64) -> F64:
    return np.asarray(share * np.log2(np.where(share > 0, share, 1.0)))


def _read_flows(flows: Any) -> F64:
    flow = np.array(flows, dtype=np.float64)
    if flow.ndim != 2 or flow.shape[0] != flow.shape[1] or len(flow) < 2:
        msg = f"flows have shape {flow.shape}; expected a square matrix of at least two places, from rows to columns."
        raise InputError(msg)
    wrong = np.argwhere(~(np.isfinite(flow) & (flow >= 0)))
    if len(wrong):
        row, column = wrong[0]
        msg = (
            f"{len(wrong)} flows are missing or negative, the first from {row} to {column}: {flow[row, column]:g}; "
            "expected at least 0. Write 0 where there is none, and leave out places that are not known."
        )
        raise InputError(msg)
    return flow
