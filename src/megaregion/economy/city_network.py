"""Cities linked by firms with sites in several: the interlocking network, and which links size does not explain."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from megaregion.economy.complementary_pairs import SIGNIFICANT
from megaregion.errors import InputError
from megaregion.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NO_SAMPLE = (
    "the network is that of the firms in the table, no sample of all firms: it says how these link cities, no more",
    "本网络仅由表中所列企业构成，并非企业抽样：它说明这些企业如何联系各市，不代表各市之间的全部联系",
)
"""What every output says of sites that somebody listed, in English and Chinese."""

ROUNDING = 1e-9
"""Standard deviations that come from rounding."""

_LEAST_DRAWS = 99
_ERRORS = 2.0
"""Standard errors of the difference of two z that are taken for the same."""

_TRADES = 5
"""Trades for each row between two draws; Strona and others find mixing at this order."""


@dataclass(frozen=True, slots=True)
class Interlocking:
    """
    A network of cities.

    Attributes
    ----------
    table
        One row a city: city_id, firms, connectivity (gross: sum of its links), share (of the best connected city),
        degree, closeness, betweenness, eigenvector.
    links
        One row a pair that has a firm in common, each pair once: from_id, to_id, value (sum over firms of the product
        of service values), firms.
    firms
        Firms of the table; those in one city only link nothing.
    notices
        What was found; always that the firms are no sample.
    held
        (cities, firms) whether a firm has a site in a city, in the order of `table` and `firm_ids`.
    firm_ids
        Firms in the order of `held`.
    """

    table: pd.DataFrame = field(repr=False)
    links: pd.DataFrame = field(repr=False)
    firms: int
    notices: Notices = field(repr=False)
    held: Flags = field(repr=False)
    firm_ids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkSignificance:
    """
    Links beside those of random networks in which every firm keeps its number of cities, and every city its firms.

    Attributes
    ----------
    table
        One row a pair of cities, each once: from_id, to_id, firms (in common), expected, z, p_value, p_adjusted,
        verdict ("more", "fewer", "as chance"; by p_adjusted at 0.05).
    draws
        Random networks.
    least_p
        Smallest p_adjusted that a network with these sizes can have: where it is above 0.05 nothing can be significant.
    """

    table: pd.DataFrame = field(repr=False)
    draws: int
    least_p: float

    @property
    def can_tell(self) -> bool:
        """Whether any link could be significant, however the firms were spread."""
        return self.least_p <= SIGNIFICANT


def interlocking_network(sites: pd.DataFrame) -> Interlocking:
    """
    Link cities by the firms that have sites in both.

    A firm with several sites in a city counts with the highest of their service values. Links of a city with itself
    are left out.

    Parameters
    ----------
    sites
        firm_id, city_id, service_value (0 to 5; 0 = no site); one row a site.

    Raises
    ------
    InputError
        If a column or a value is missing, a service value is negative, or fewer than two cities have sites.

    References
    ----------
    Taylor (2001), Specification of the world city network, Geographical Analysis 33(2): r_ab = sum_j v_aj v_bj.

    Examples
    --------
    >>> rows = [("f", "a", 2), ("f", "b", 3), ("g", "a", 1), ("g", "b", 5), ("g", "c", 1)]
    >>> found = interlocking_network(pd.DataFrame(rows, columns=["firm_id", "city_id", "service_value"]))
    >>> found.links["value"].tolist(), found.table["connectivity"].tolist()
    ([11.0, 1.0, 5.0], [12.0, 16.0, 6.0])
    """
    service = _service_values(sites)
    cities, firms = service.index.tolist(), service.columns.tolist()
    value = service.to_numpy(np.float64)
    held = value > 0
    strength = value @ value.T
    np.fill_diagonal(strength, 0.0)
    gross = strength.sum(axis=1)
    table = pd.DataFrame({"city_id": cities, "firms": held.sum(axis=1), "connectivity": gross})
    table["share"] = gross / gross.max() if gross.max() > 0 else np.nan
    table = pd.concat([table, centralities(strength)], axis=1).astype({"city_id": "str"})
    first, second = np.nonzero(np.triu(strength, 1))
    common = held.astype(np.int64) @ held.T
    names = np.array(cities, dtype=object)
    links = pd.DataFrame(
        {
            "from_id": names[first],
            "to_id": names[second],
            "value": strength[first, second],
            "firms": common[first, second],
        }
    ).astype({"from_id": "str", "to_id": "str"})
    notices = Notices()
    notices.add(
        "firms_no_sample", f"{len(firms)} firms: {NO_SAMPLE[0]}.", message_zh=f"{len(firms)} 家企业：{NO_SAMPLE[1]}。"
    )
    alone = [firm for firm, count in zip(firms, held.sum(axis=0), strict=True) if count < 2]
    if alone:
        message = f"{len(alone)} firms have sites in one city only and link nothing: {', '.join(alone[:6])}."
        zh = f"{len(alone)} 家企业仅在一个城市设点，不构成联系：{'、'.join(alone[:6])}。"
        notices.add("firm_in_one_city", message, value=len(alone), message_zh=zh)
    return Interlocking(table, links, len(firms), notices, held, tuple(firms))


def _service_values(sites: pd.DataFrame) -> pd.DataFrame:
    """Highest service value by city and firm, both in order of their ids; 0 = no site."""
    wanted = ("firm_id", "city_id", "service_value")
    absent = [name for name in wanted if name not in sites.columns]
    if absent:
        msg = f"sites lack the columns {', '.join(absent)}; expected firm_id, city_id and service_value."
        raise InputError(msg)
    value = pd.to_numeric(sites["service_value"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    ids = sites[["firm_id", "city_id"]]
    wrong = np.flatnonzero(~((value >= 0) & np.isfinite(value)) | ids.isna().any(axis=1).to_numpy())
    if len(wrong):
        row = sites.iloc[wrong[0]]
        msg = (
            f"{len(wrong)} sites cannot be used, the first is row {wrong[0] + 1}: firm {row['firm_id']!r}, city "
            f"{row['city_id']!r}, service_value {row['service_value']}; expected two ids and a number from 0 to 5. "
            "Correct the row or leave it out."
        )
        raise InputError(msg)
    frame = pd.DataFrame({"firm": ids["firm_id"].astype(str), "city": ids["city_id"].astype(str), "value": value})
    frame = frame[frame["value"] > 0]
    if frame["city"].nunique() < 2:
        msg = (
            f"{frame['city'].nunique()} cities have sites of {frame['firm'].nunique()} firms; a network takes at least "
            "two. Add the firms' sites in other cities."
        )
        raise InputError(msg)
    return frame.pivot_table(index="city", columns="firm", values="value", aggfunc="max", fill_value=0.0)


def centralities(strength: F64) -> pd.DataFrame:
    """
    Say how central each node of an undirected network is.

    Parameters
    ----------
    strength
        (n, n) symmetric, at least 0; 0 = no link.

    Returns
    -------
    degree (links), closeness and betweenness (on steps, each link one), eigenvector (on strengths, largest = 1); nodes
    that are not connected have closeness by their component (Wasserman and Faust) and eigenvector 0 outside the
    component with the largest eigenvalue.

    References
    ----------
    Brandes (2001), A faster algorithm for betweenness centrality, Journal of Mathematical Sociology 25(2).
    """
    linked = strength > 0
    n = len(linked)
    closeness, betweenness = np.zeros(n), np.zeros(n)
    neighbours = [np.flatnonzero(row).tolist() for row in linked]
    for source in range(n):
        steps, paths = np.full(n, -1), np.zeros(n)
        steps[source], paths[source] = 0, 1.0
        before: list[list[int]] = [[] for _ in range(n)]
        order, queue = [], deque([source])
        while queue:
            node = queue.popleft()
            order.append(node)
            for other in neighbours[node]:
                if steps[other] < 0:
                    steps[other] = steps[node] + 1
                    queue.append(other)
                if steps[other] == steps[node] + 1:
                    paths[other] += paths[node]
                    before[other].append(node)
        reached = len(order) - 1
        if reached:
            closeness[source] = reached**2 / (steps[order].sum() * (n - 1))
        load = np.zeros(n)
        for node in reversed(order):
            for earlier in before[node]:
                load[earlier] += paths[earlier] / paths[node] * (1 + load[node])
            if node != source:
                betweenness[node] += load[node]
    # each pair was met from both ends
    scale = (n - 1) * (n - 2)
    return pd.DataFrame(
        {
            "degree": linked.sum(axis=1),
            "closeness": closeness,
            "betweenness": betweenness / scale if scale else betweenness,
            "eigenvector": _leading(strength),
        }
    )


def _leading(strength: F64) -> F64:
    """Leading eigenvector part by part: one of the whole is not determined where two parts have the same eigenvalue."""
    found, largest = np.zeros(len(strength)), 0.0
    count, part = connected_components(strength > 0, directed=False)
    for each in range(count):
        members = np.flatnonzero(part == each)
        values, vectors = np.linalg.eigh(strength[np.ix_(members, members)])
        if values[-1] > largest * (1 + ROUNDING):
            found[:], largest = 0.0, values[-1]
        if largest > 0 and values[-1] >= largest * (1 - ROUNDING):
            vector = np.abs(vectors[:, -1])
            found[members] = vector / vector.max()
    return found


def random_sites(held: Flags, *, rng: np.random.Generator, draws: int) -> Iterator[Flags]:
    """
    Draw random networks in which every city keeps its number of firms, and every firm its number of cities.

    Parameters
    ----------
    held
        (cities, firms) whether a firm has a site in a city.
    rng
        Where they come from; each is drawn with the same probability.
    draws
        How many.

    References
    ----------
    Strona and others (2014), A fast and unbiased procedure to randomize ecological binary matrices with fixed row and
    column totals, Nature Communications 5. Carstens (2015), Proof of uniform sampling of binary matrices with fixed row
    sums and column sums for the fast Curveball algorithm, Physical Review E 91.
    """
    now, n = held.copy(), len(held)
    trades = _TRADES * n
    for _ in range(draws):
        ones = rng.integers(n, size=trades)
        others = (ones + rng.integers(1, n, size=trades)) % n
        for a, b in zip(ones.tolist(), others.tolist(), strict=True):
            differ = np.flatnonzero(now[a] != now[b])
            of_a = int(now[a, differ].sum())
            if 0 < of_a < len(differ):
                rng.shuffle(differ)
                now[a, differ[:of_a]], now[a, differ[of_a:]] = True, False
                now[b, differ[:of_a]], now[b, differ[of_a:]] = False, True
        yield now.copy()


def link_significance(network: Interlocking, *, rng: np.random.Generator, draws: int = 999) -> LinkSignificance:
    """
    Test which pairs of cities have more firms in common than the sizes of firms and cities bring about.

    Links of an interlocking network follow to a large part from how many cities a firm is in and how many firms a city
    has. p_adjusted holds over all pairs together.

    Parameters
    ----------
    network
        From `interlocking_network`.
    rng
        Where random networks come from.
    draws
        Random networks, at least 99.

    Raises
    ------
    InputError
        If there are fewer draws.

    References
    ----------
    Neal (2012), Structural determinism in the interlocking world city network, Geographical Analysis 44(2). Neal
    (2014), The backbone of bipartite projections, Social Networks 39. Westfall and Young (1993), Resampling-Based
    Multiple Testing, Wiley: single-step maximum of |z|.
    """
    if draws < _LEAST_DRAWS:
        msg = f"draws is {draws}; expected at least {_LEAST_DRAWS}."
        raise InputError(msg)
    first, second = np.triu_indices(len(network.held), 1)
    drawn = np.array([_common(each)[first, second] for each in random_sites(network.held, rng=rng, draws=draws)])
    observed = _common(network.held)[first, second]
    expected, spread = drawn.mean(axis=0), drawn.std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    # of a pair that is the same in every network nothing can be told
    z = np.where(spread > 0, (observed - expected) / scale, 0.0)
    z_drawn = np.abs(drawn - expected) / scale
    largest = np.sort(z_drawn.max(axis=1))
    adjusted = _share_as_large(largest, np.abs(z))
    # the network at hand is one of those with its sizes
    least = float(_share_as_large(largest, np.maximum(largest[-1:], np.abs(z).max()))[0])
    names = network.table["city_id"].to_numpy(object)
    table = pd.DataFrame(
        {
            "from_id": names[first],
            "to_id": names[second],
            "firms": observed.astype(np.int64),
            "expected": expected,
            "z": z,
            "p_value": (1 + (z_drawn >= np.abs(z) - ROUNDING).sum(axis=0)) / (draws + 1),
            "p_adjusted": adjusted,
            "verdict": np.where(adjusted > SIGNIFICANT, "as chance", np.where(z > 0, "more", "fewer")),
        }
    ).astype({"from_id": "str", "to_id": "str", "verdict": "str"})
    return LinkSignificance(table, draws, least)


def _share_as_large(largest: F64, z: F64) -> F64:
    """
    Share of networks whose largest |z|, in ascending order, is as large as z.

    Pairs that are equally far out differ by the error of their drawn mean and deviation: they count as ties.
    """
    error = np.sqrt((2 + z**2) / len(largest))
    smaller = np.searchsorted(largest, z - _ERRORS * error - ROUNDING, side="left")
    return np.asarray((1 + len(largest) - smaller) / (len(largest) + 1))


def _common(held: Flags) -> F64:
    counts = held.astype(np.float64)
    return np.asarray(counts @ counts.T)
