"""Cities linked by firms: by hand, against all networks of the same sizes, and against networkx."""

from collections import Counter
from itertools import combinations, product

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from megaregion.economy import centralities, interlocking_network, link_significance, random_sites
from megaregion.errors import InputError

COLUMNS = ["firm_id", "city_id", "service_value"]


def sites(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_network_worked_by_hand():
    """Firm f: a 2, b 3. Firm g: a 1, b 5, c 1, so ab = 6 + 5, ac = 1, bc = 5."""
    rows = [("f", "a", 2), ("f", "b", 3), ("g", "a", 1), ("g", "b", 5), ("g", "c", 1)]
    found = interlocking_network(sites(*rows))
    assert found.links.to_numpy().tolist() == [["a", "b", 11.0, 2], ["a", "c", 1.0, 1], ["b", "c", 5.0, 1]]
    assert found.table["connectivity"].tolist() == [12, 16, 6]
    assert found.table["share"].tolist() == [0.75, 1, 0.375]
    assert [notice.code for notice in found.notices] == ["firms_no_sample"]
    assert "no sample" in found.notices.render()
    assert "并非企业抽样" in found.notices.render(lang="zh")


def test_a_firm_counts_once_a_city_with_its_highest_value():
    twice = interlocking_network(sites(("f", "a", 3), ("f", "a", 5), ("f", "b", 2)))
    assert twice.links["value"].tolist() == [10]


def test_a_firm_in_one_city_links_nothing_and_is_named():
    found = interlocking_network(sites(("f", "a", 3), ("f", "b", 5), ("alone", "c", 2)))
    assert found.table["connectivity"].tolist() == [15, 15, 0]
    assert "alone" in found.notices.render()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("f", "a", -1), ("f", "b", 2)], r"1 sites cannot be used, the first is row 1: .*-1; expected two ids"),
        ([("f", "a", 1), ("f", None, 2)], "the first is row 2"),
        ([("f", "a", float("nan")), ("f", "b", 2)], "the first is row 1"),
        ([("f", "a", 1), ("g", "a", 2)], "1 cities have sites of 2 firms; a network takes at least two"),
    ],
)
def test_sites_that_cannot_be_used(rows, message):
    with pytest.raises(InputError, match=message):
        interlocking_network(sites(*rows))


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="lack the columns service_value"):
        interlocking_network(sites(("f", "a", 1)).drop(columns="service_value"))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("fghi"), st.sampled_from("abcde"), st.integers(1, 5)), min_size=4), st.randoms()
)
def test_order_of_rows_and_names_of_firms_do_not_matter(rows, random):
    frame = sites(*rows)
    if frame["city_id"].nunique() < 2:
        return
    shuffled = rows.copy()
    random.shuffle(shuffled)
    renamed = sites(*shuffled).assign(firm_id=lambda table: "z" + table["firm_id"])
    one, other = interlocking_network(frame), interlocking_network(renamed)
    pd.testing.assert_frame_equal(one.links, other.links)
    pd.testing.assert_frame_equal(one.table, other.table)


def all_matrices(held):
    """Every 0-1 matrix with the margins of `held`, column by column."""
    cities = range(len(held))
    columns = [
        [np.isin(cities, chosen) for chosen in combinations(cities, count)] for count in held.sum(axis=0).tolist()
    ]
    for each in product(*columns):
        matrix = np.column_stack(each)
        if (matrix.sum(axis=1) == held.sum(axis=1)).all():
            yield matrix


@pytest.mark.parametrize(
    "held",
    [
        [[1, 1, 0], [1, 0, 1], [0, 1, 0]],
        [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]],
        [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]],
    ],
    ids=["3x3", "4x4", "3x4"],
)
def test_random_networks_are_all_those_of_the_same_sizes_equally_often(held):
    held = np.array(held, dtype=bool)
    known = [each.tobytes() for each in all_matrices(held)]
    draws = 60 * len(known)
    counts = Counter(each.tobytes() for each in random_sites(held, rng=np.random.default_rng(5), draws=draws))
    assert set(counts) == set(known)
    assert chisquare([counts[each] for each in known]).pvalue > 0.001


def test_p_values_are_those_of_all_networks():
    held = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]], dtype=bool)
    rows = [(f"f{firm}", f"c{city}", 1) for city, firm in np.argwhere(held)]
    found = link_significance(interlocking_network(sites(*rows)), rng=np.random.default_rng(2), draws=2_000)
    common = np.array([(each.astype(int) @ each.T)[np.triu_indices(4, 1)] for each in all_matrices(held)])
    np.testing.assert_allclose(found.table["expected"], common.mean(axis=0), atol=0.05)
    observed = (held.astype(int) @ held.T)[np.triu_indices(4, 1)]
    far = np.abs(common - common.mean(axis=0)) >= np.abs(observed - common.mean(axis=0)) - 1e-9
    np.testing.assert_allclose(found.table["p_value"], far.mean(axis=0), atol=0.04)


def test_p_values_over_all_pairs_are_those_of_all_networks():
    """Six firms in two of four cities, three in a and b, three in c and d: of 1,860 networks 60 are as far apart."""
    held = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]], dtype=bool)
    common = np.array([(each.astype(int) @ each.T)[np.triu_indices(4, 1)] for each in all_matrices(held)])
    assert (len(common), int((common.max(axis=1) == 3).sum())) == (1_860, 60)
    rows = [(f"f{firm}", f"c{city}", 1) for city, firm in np.argwhere(held)]
    found = link_significance(interlocking_network(sites(*rows)), rng=np.random.default_rng(4), draws=2_000)
    assert found.least_p == pytest.approx(60 / 1_860, abs=0.01)
    table = found.table.set_index(["from_id", "to_id"])
    for pair in (("c0", "c1"), ("c2", "c3")):
        assert table.loc[pair, "p_adjusted"] == pytest.approx(60 / 1_860, abs=0.01)
        assert table.loc[pair, "verdict"] == "more"
    assert (table["p_adjusted"] >= table["p_value"]).all()


def test_a_network_with_one_arrangement_can_tell_nothing():
    """Both firms are in both cities: no other network has these sizes."""
    rows = [("f", "a", 1), ("f", "b", 1), ("g", "a", 1), ("g", "b", 1)]
    found = link_significance(interlocking_network(sites(*rows)), rng=np.random.default_rng(1), draws=99)
    assert found.least_p == 1
    assert not found.can_tell
    assert set(found.table["verdict"]) == {"as chance"}


def test_two_groups_of_firms_are_more_than_chance():
    rows = [(f"f{firm}", city, 1) for firm in range(24) for city in ("abc" if firm < 12 else "def")]
    found = link_significance(interlocking_network(sites(*rows)), rng=np.random.default_rng(1), draws=399)
    assert found.can_tell
    verdict = found.table.set_index(["from_id", "to_id"])["verdict"]
    assert verdict["a", "b"] == verdict["e", "f"] == "more"
    assert verdict["a", "d"] == "fewer"


def test_too_few_draws_are_refused():
    network = interlocking_network(sites(("f", "a", 1), ("f", "b", 1)))
    with pytest.raises(InputError, match="draws is 50; expected at least 99"):
        link_significance(network, rng=np.random.default_rng(1), draws=50)


@pytest.mark.parametrize("seed", range(6))
def test_centralities_are_those_of_networkx(seed):
    """Sparse graphs come apart, so that closeness is by component."""
    rng = np.random.default_rng(seed)
    strength = np.triu(rng.integers(1, 9, (9, 9)) * (rng.random((9, 9)) < (0.15 + 0.1 * seed)), 1).astype(float)
    strength += strength.T
    graph = nx.from_numpy_array(strength)
    found = centralities(strength)
    assert found["degree"].tolist() == [graph.degree(node) for node in graph]
    np.testing.assert_allclose(found["closeness"], list(nx.closeness_centrality(graph).values()))
    np.testing.assert_allclose(found["betweenness"], list(nx.betweenness_centrality(graph).values()))
    parts = [list(each) for each in nx.connected_components(graph) if len(each) > 1]
    largest = max(parts, key=lambda part: np.linalg.eigvalsh(strength[np.ix_(part, part)])[-1])
    vector = nx.eigenvector_centrality_numpy(graph.subgraph(largest), weight="weight")
    known = np.array([vector.get(node, 0.0) for node in graph])
    np.testing.assert_allclose(found["eigenvector"], known / known.max(), atol=1e-9)


def test_links_are_the_projection_of_networkx():
    rng = np.random.default_rng(8)
    service = rng.integers(0, 6, (7, 12)) * (rng.random((7, 12)) < 0.5)
    rows = [(f"f{firm:02}", f"c{city}", service[city, firm]) for city, firm in np.argwhere(service > 0)]
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        (f"c{city}", f"f{firm:02}", service[city, firm]) for city, firm in np.argwhere(service)
    )

    def strength(both, one, other):
        return sum(
            both[one][firm]["weight"] * both[other][firm]["weight"] for firm in set(both[one]) & set(both[other])
        )

    cities = [f"c{city}" for city in range(7)]
    known = nx.bipartite.generic_weighted_projected_graph(graph, cities, strength)
    found = interlocking_network(sites(*rows))
    links = {(row.from_id, row.to_id): row.value for row in found.links.itertuples()}
    assert links == {tuple(sorted(pair)): value for *pair, value in known.edges(data="weight")}
    connectivity = dict(zip(found.table["city_id"], found.table["connectivity"], strict=True))
    assert connectivity == dict(known.degree(weight="weight"))


def test_centralities_of_a_star():
    star = np.zeros((5, 5))
    star[0, 1:] = star[1:, 0] = 2.0
    found = centralities(star)
    assert found["degree"].tolist() == [4, 1, 1, 1, 1]
    assert found["betweenness"].tolist() == [1, 0, 0, 0, 0]
    np.testing.assert_allclose(found["closeness"], [1, 4 / 7, 4 / 7, 4 / 7, 4 / 7])
    np.testing.assert_allclose(found["eigenvector"], [1, 0.5, 0.5, 0.5, 0.5])


def test_two_parts_alike_have_the_same_eigenvector():
    """Of the whole any mixture of both would be one; each part counts by itself."""
    part = np.array([[0, 3, 0], [3, 0, 3], [0, 3, 0.0]])
    apart = np.zeros((7, 7))
    apart[:3, :3] = apart[3:6, 3:6] = part
    known = [np.sqrt(0.5), 1, np.sqrt(0.5)]
    np.testing.assert_allclose(centralities(apart)["eigenvector"], [*known, *known, 0])
    apart[3:6, 3:6] *= 0.9
    np.testing.assert_allclose(centralities(apart)["eigenvector"], [*known, 0, 0, 0, 0])
