"""Shortest chains of walks, found piece by piece of what hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I64 = NDArray[np.int64]
    F64 = NDArray[np.float64]

_BATCH = 512
"""Nodes that are searched together: a search writes a table of nodes x nodes."""


def least(begin: I64, end: I64, cost: NDArray[Any], n: int) -> tuple[I64, I64, NDArray[Any]]:
    """
    Keep the least cost of each pair.

    Parameters
    ----------
    begin, end
        (n_pairs,) int64, below `n`.
    cost
        (n_pairs,) numbers.
    n
        Number of nodes.

    Returns
    -------
    The same three, each pair once, in order of begin and end.

    Examples
    --------
    >>> [part.tolist() for part in least(np.array([1, 0, 1]), np.array([0, 1, 0]), np.array([5, 7, 4]), 2)]
    [[0, 1], [1, 0], [7, 4]]
    """
    key = begin * n + end
    order = np.lexsort((cost, key))
    order = order[np.r_[True, np.diff(key[order]) != 0][: len(order)]]
    return begin[order], end[order], cost[order]


def shortest_chains(
    begin: I64, end: I64, cost: F64, n: int, *, sources: NDArray[np.bool_] | None = None, largest: int | None = None
) -> tuple[I64, I64, F64]:
    """
    Find the shortest chain of links between any two nodes that one leads to the other.

    Parameters
    ----------
    begin, end
        (n_links,) int64, nodes below `n`.
    cost
        (n_links,) float64, 0 or more.
    n
        Number of nodes.
    sources
        (n,) bool, nodes that chains begin at; all by default.
    largest
        Nodes of a connected piece that is searched; the links of a larger piece come back as they are.

    Returns
    -------
    Begin, end and cost of each pair of different nodes, in order.

    Examples
    --------
    >>> chains = shortest_chains(np.array([0, 1]), np.array([1, 2]), np.array([2.0, 3.0]), 3)
    >>> [part.tolist() for part in chains]
    [[0, 0, 1], [1, 2, 2], [2.0, 5.0, 3.0]]
    """
    begin, end, cost = least(begin, end, cost, n)
    if not len(begin):
        return begin, end, cost
    graph = coo_array((np.ones(len(begin)), (begin, end)), shape=(n, n))
    n_pieces, piece = connected_components(graph, directed=False)
    used = np.unique(np.concatenate([begin, end]))
    size = np.bincount(piece[used], minlength=n_pieces)
    kept = np.zeros(n_pieces, bool) if largest is None else size > largest
    found = [(begin[kept[piece[begin]]], end[kept[piece[begin]]], cost[kept[piece[begin]]])]
    batch = np.cumsum(np.where(kept, 0, size)) // _BATCH
    nodes = used[~kept[piece[used]]]
    nodes = nodes[np.argsort(batch[piece[nodes]], kind="stable")]
    links = np.flatnonzero(~kept[piece[begin]])
    links = links[np.argsort(batch[piece[begin[links]]], kind="stable")]
    place = np.zeros(n, np.int64)
    for some, of_batch in _runs(nodes, batch[piece[nodes]]):
        place[some] = np.arange(len(some))
        low, high = np.searchsorted(batch[piece[begin[links]]], [of_batch, of_batch + 1])
        rows = links[low:high]
        part = coo_array((cost[rows], (place[begin[rows]], place[end[rows]])), shape=(len(some), len(some))).tocsr()
        start = np.arange(len(some)) if sources is None else np.flatnonzero(sources[some])
        if not len(start):
            continue
        table = dijkstra(part, indices=start)
        row, column = np.nonzero(np.isfinite(table))
        other = start[row] != column
        row, column = row[other], column[other]
        found.append((some[start[row]], some[column], table[row, column]))
    one, two, least_cost = (np.concatenate([each[k] for each in found]) for k in range(3))
    order = np.lexsort((two, one))
    if sources is not None:
        order = order[sources[one[order]]]
    return one[order], two[order], least_cost[order]


def _runs(nodes: I64, batch: I64) -> list[tuple[I64, int]]:
    """Split nodes where their batch, which ascends, changes."""
    cuts = np.flatnonzero(np.diff(batch)) + 1
    return [(part, int(batch[at])) for part, at in zip(np.split(nodes, cuts), np.r_[0, cuts], strict=True) if len(part)]
