"""One centre or many: cases worked by hand and what must hold of any flows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from megaregion.economy import flow_symmetry, functional_polycentricity, rank_size, self_containment
from megaregion.errors import InputError

FLOWS = arrays(np.float64, (5, 5), elements=st.integers(0, 50).map(float))


@settings(max_examples=60, deadline=None)
@given(FLOWS, st.permutations(range(5)), st.floats(0.1, 100))
def test_order_and_unit_do_not_matter(flows, order, scale):
    for bound in ("one_centre", "two_nodes"):
        one = functional_polycentricity(flows, bound=bound)
        other = functional_polycentricity(scale * flows[np.ix_(order, order)], bound=bound)
        assert other.value == pytest.approx(one.value, abs=1e-9)
        assert 0 <= one.value <= 1
    one, other = flow_symmetry(flows).value, flow_symmetry(scale * flows[np.ix_(order, order)]).value
    assert other == pytest.approx(one, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(FLOWS)
def test_symmetric_flows_are_symmetric(flows):
    both = flows + flows.T
    found = flow_symmetry(both)
    if both[~np.eye(5, dtype=bool)].any():
        assert found.value == pytest.approx(1)
        np.testing.assert_allclose(found.nodes["symmetry"].dropna(), 0, atol=1e-12)
    else:
        assert np.isnan(found.value)


@pytest.mark.parametrize("n", [2, 3, 10, 41])
def test_one_centre_is_not_polycentric(n):
    star = np.zeros((n, n))
    star[1:, 0] = np.arange(1, n)
    assert functional_polycentricity(star).value == 0
    everywhere = functional_polycentricity(np.ones((n, n)))
    assert everywhere.value == pytest.approx(1)
    assert rank_size(np.ones(max(n, 3))).balance == pytest.approx(1)


def test_greens_bound_worked_by_hand():
    """Inflows 4, 2, 0: sd = sqrt(8/3), its highest 2 between 0 and 4; 3 of 6 pairs have flows."""
    flows = [[0, 2, 0], [1, 0, 0], [3, 0, 0]]
    found = functional_polycentricity(flows, bound="two_nodes")
    assert found.value == pytest.approx((1 - np.sqrt(8 / 3) / 2) * 0.5)
    # all 6 into one of three places: sd = sqrt((16 + 4 + 4) / 3)
    assert functional_polycentricity(flows).value == pytest.approx((1 - np.sqrt(8 / 3) / np.sqrt(8)) * 0.5)


def test_one_way_links_and_a_mixed_one():
    """1 there and 3 back: entropy of 1/4 and 3/4 = 0.811278."""
    found = flow_symmetry([[0, 1, 0], [3, 0, 4], [0, 0, 0]], ["a", "b", "c"])
    assert found.links["symmetry"].tolist() == pytest.approx([0.8112781244591328, 0])
    assert found.value == pytest.approx(0.8112781244591328 / 2)
    assert found.nodes["symmetry"].tolist() == pytest.approx([0.5, -6 / 8, 1])


def test_zipf_and_its_errors():
    sizes = 1000 / np.arange(1, 21)
    found = rank_size(sizes)
    assert (found.slope, found.slope_se) == pytest.approx((-1, 0), abs=1e-6)
    assert found.pareto_se == pytest.approx(found.pareto * np.sqrt(2 / 20))
    assert found.primacy == pytest.approx(1 / (1 / np.arange(1, 21)).sum())
    assert rank_size(sizes, top=4).places == 4
    assert rank_size(sizes[::-1]) == found


def test_the_slope_is_that_of_numpy():
    sizes = np.random.default_rng(3).pareto(1.2, 30) + 1
    ordered, rank = np.sort(sizes)[::-1], np.arange(1, 31)
    found = rank_size(sizes)
    line, spread = np.polyfit(np.log(rank), np.log(ordered), 1, cov=True)
    assert (found.slope, found.slope_se) == pytest.approx((line[0], np.sqrt(spread[0, 0])))
    assert found.pareto == pytest.approx(-np.polyfit(np.log(ordered), np.log(rank - 0.5), 1)[0])


def test_self_containment_by_hand():
    found = self_containment([[8, 2, 0], [2, 8, 0], [0, 0, 0]])
    assert found["of_residents"].tolist() == pytest.approx([0.8, 0.8, np.nan], nan_ok=True)
    assert found["of_jobs"].tolist() == pytest.approx([0.8, 0.8, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rank_size([3, 0, 2]), "1 of 3 sizes are missing or not above 0, the first at place 2: 0"),
        (lambda: rank_size([3, 2]), "2 sizes; a line of rank and size takes at least 3"),
        (lambda: functional_polycentricity(np.ones((2, 3))), r"shape \(2, 3\); expected a square matrix"),
        (lambda: flow_symmetry([[0, -1], [1, 0]]), "1 flows are missing or negative, the first from 0 to 1: -1"),
        (lambda: functional_polycentricity(np.ones((2, 2)), bound="max"), "bound is 'max'; expected one_centre"),
    ],
    ids=["size", "few", "shape", "negative", "bound"],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(InputError, match=message):
        call()
