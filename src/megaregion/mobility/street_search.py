"""
Kernel: everything that is reached on streets within a time, from many origins one after the other.

Dijkstra's algorithm (1959), stopped at a time, with a binary heap. Times are int32 milliseconds, so that sums are exact
and a result depends neither on the order of edges nor on the machine. A key of the heap is time * 2^32 + node: equal
times leave the heap in the order of nodes. Working memory is reset only where a search has been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]

CLOSED = 2**31 - 1
"""Time of what cannot be passed, ms."""


@njit(cache=True, nogil=True)
def _push(heap: I64, n: int, key: Any) -> None:
    """Put a key into a heap of n keys."""
    at = n
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key


@njit(cache=True, nogil=True)
def _pop(heap: I64, n: int) -> Any:
    """Take the least key out of a heap of n keys; n - 1 are left."""
    least = heap[0]
    key = heap[n - 1]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n - 1:
            break
        if child + 1 < n - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return least


@njit(cache=True, nogil=True)
def _meet(found: tuple[I32, I32], n: int, target: int, time: int) -> int:
    """Note that a target is reached at a time; return how many are reached so far."""
    best, reached = found
    if time < best[target]:
        if best[target] == CLOSED:
            reached[n] = target
            n += 1
        best[target] = time
    return n


@njit(cache=True, nogil=True)
def _go_along(
    o: int,
    origins: tuple[I32, I32, I32, I32, I32, I32, I32, I64],
    targets: tuple[I32, I32, I32, I32, I32, I32, I32, I32, I32, I64],
    limit: int,
    backwards: int,
    found: tuple[I32, I32],
) -> int:
    """Find the targets on the edge of origin o by the way along it; return how many are reached."""
    edge, share, along, against, _, _, off, spot = origins
    _, _, _, edge_offset, edge_target, there, there_along, there_against, there_off, there_spot = targets
    n = 0
    for t in range(edge_offset[edge[o]], edge_offset[edge[o] + 1]):
        d = edge_target[t]
        if there_spot[d] == spot[o]:
            # nobody walks to the street and back to get to where they are
            n = _meet(found, n, d, 0)
            continue
        # backwards the way leads from the target to the origin
        ahead = share[o] - there[d] if backwards else there[d] - share[o]
        here = off[o] + there_off[d]
        if ahead >= 0 and along[o] != CLOSED and here + abs(there_along[d] - along[o]) <= limit:
            n = _meet(found, n, d, here + abs(there_along[d] - along[o]))
        if ahead <= 0 and against[o] != CLOSED and here + abs(there_against[d] - against[o]) <= limit:
            n = _meet(found, n, d, here + abs(there_against[d] - against[o]))
    return n


@njit(cache=True, nogil=True)
def _visit(node: int, when: Any, n: int, n_heap: int, work: tuple[I32, I32, I64]) -> int:
    """Put a node that is reached earlier than before into the heap; return how many nodes were visited."""
    time, visited, heap = work
    if time[node] == CLOSED:
        visited[n] = node
        n += 1
    time[node] = when
    _push(heap, n_heap, (np.int64(when) << 32) | node)
    return n


@njit(cache=True, nogil=True)
def _spread(
    graph: tuple[I32, I32, I32],
    targets: tuple[I32, I32, I32, I32, I32, I32, I32, I32, I32, I64],
    limit: int,
    counts: tuple[int, int, int],
    work: tuple[I32, I32, I64],
    found: tuple[I32, I32],
) -> int:
    """Search from the nodes in the heap; `counts` are nodes visited, keys in the heap and targets reached so far."""
    offset, head, arc_ms = graph
    node_offset, node_target, node_ms = targets[0], targets[1], targets[2]
    n_visited, n_heap, n_reached = counts
    time, visited, heap = work
    while n_heap > 0:
        key = _pop(heap, n_heap)
        n_heap -= 1
        node = key & 0xFFFFFFFF
        now = key >> 32
        if now > time[node]:
            continue
        for t in range(node_offset[node], node_offset[node + 1]):
            if now + node_ms[t] <= limit:
                n_reached = _meet(found, n_reached, node_target[t], now + node_ms[t])
        for a in range(offset[node], offset[node + 1]):
            later = now + arc_ms[a]
            if later <= limit and later < time[head[a]]:
                n_visited = _visit(head[a], later, n_visited, n_heap, work)
                n_heap += 1
    for v in range(n_visited):
        time[visited[v]] = CLOSED
    return n_reached


@njit(cache=True, nogil=True)
def search_streets(
    graph: tuple[I32, I32, I32],
    edge_nodes: tuple[I32, I32],
    origins: tuple[I32, I32, I32, I32, I32, I32, I32, I64],
    targets: tuple[I32, I32, I32, I32, I32, I32, I32, I32, I32, I64],
    span: tuple[int, int, int, int],
    out: tuple[I64, I32, I32],
) -> int:
    """
    Find what is reached from each origin of a span.

    Origins and targets stand on edges, at a share of them, and off them by a time. Where both are on one edge, the way
    along it counts too.

    Parameters
    ----------
    graph
        Offsets (n_nodes + 1,), nodes and times of the ways out of each node, ms; none is `CLOSED`.
    edge_nodes
        First and last node of each edge.
    origins
        For each origin: edge (-1 = off the streets), share of it in 2^-30, time from its first node along it and from
        its last node against it, times to these two nodes, time off the streets (ms, `CLOSED` where not possible), and
        a number for its position.
    targets
        Offsets by node (n_nodes + 1,), targets there and their times from the node, ms; offsets by edge (n_edges + 1,)
        and targets there; for each target share, time along and against its edge, time off the streets, and position.
    span
        First origin, the one after the last, the time limit in ms, and 1 if searching backwards (each way of `graph`
        leads from where it ends to where it starts, and so do the times of origins and targets), else 0.
    out
        Filled: offsets (n_origins + 1,), targets and times in ms of the pairs, targets ascending for each origin.

    Returns
    -------
    Origin at which the room for pairs ended; the end of the span if all are done.
    """
    edge, to_first, to_last, off = origins[0], origins[4], origins[5], origins[6]
    begin, end, limit, backwards = span
    out_offset, out_target, out_ms = out
    n_nodes, n_targets = graph[0].shape[0] - 1, targets[5].shape[0]
    heap = np.empty(max(graph[1].shape[0] + 2, n_targets), np.int64)
    work = (np.full(n_nodes, CLOSED, np.int32), np.empty(n_nodes, np.int32), heap)
    best, reached = np.full(n_targets, CLOSED, np.int32), np.empty(n_targets, np.int32)
    pairs = 0
    out_offset[begin] = 0
    for o in range(begin, end):
        if pairs + n_targets > out_target.shape[0]:
            return o
        out_offset[o + 1] = pairs
        if edge[o] < 0:
            continue
        n_reached = _go_along(o, origins, targets, limit, backwards, (best, reached))
        n_visited = n_heap = 0
        for side in range(2):
            node = edge_nodes[side][edge[o]]
            start = to_first[o] if side == 0 else to_last[o]
            # `CLOSED` is beyond any limit
            when = np.int64(off[o]) + start
            if when <= limit and when < work[0][node]:
                n_visited = _visit(node, when, n_visited, n_heap, work)
                n_heap += 1
        n_reached = _spread(graph, targets, limit, (n_visited, n_heap, n_reached), work, (best, reached))
        # the heap, empty by now, puts the targets in order
        for r in range(n_reached):
            _push(heap, r, reached[r])
        for r in range(n_reached):
            d = _pop(heap, n_reached - r)
            out_target[pairs] = d
            out_ms[pairs] = best[d]
            best[d] = CLOSED
            pairs += 1
        out_offset[o + 1] = pairs
    return end
