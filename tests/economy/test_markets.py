"""Market access: cases by hand, limits, plain loops, and what must hold of any costs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from megaregion.economy import economic_potential, market_access
from megaregion.errors import ConvergenceError, InputError

CLOSE = 1e-9
"""Relative: the fixed point is solved to 1e-11 in logs."""


def made(n=7, seed=1, *, symmetric=True):
    """Costs between places on a plane, and their masses."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (n, 2))
    cost = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 5
    if not symmetric:
        cost *= rng.uniform(0.7, 1.4, (n, n))
    return cost, rng.lognormal(3, 1, n)


def test_three_places_by_hand():
    cost = [[1, 2, 4], [2, 1, 2], [4, 5, 1]]
    found = market_access(cost, [8, 4, 16], theta=1)
    assert found.market.tolist() == [8 + 2 + 4, 4 + 4 + 8, 2 + 0.8 + 16]
    assert found.supplier.tolist() == [8 + 2 + 4, 4 + 4 + 3.2, 2 + 2 + 16]
    np.testing.assert_allclose(found.own, [8 / 14, 4 / 16, 16 / 18.8])
    alone = market_access(cost, [8, 4, 16], theta=1, own=False)
    assert alone.market.tolist() == [6, 12, 2.8]
    assert np.isnan(alone.own).all()
    squared = market_access(cost, [8, 4, 16], theta=2, own=False)
    np.testing.assert_allclose(squared.market, [1 + 1, 2 + 4, 0.5 + 0.16])
    slow = market_access(cost, [8, 4, 16], theta=0.5, own=False, decay="exponential")
    np.testing.assert_allclose(slow.market[0], 4 * np.exp(-1) + 16 * np.exp(-2))


def test_two_equal_places_in_a_fixed_point_by_hand():
    """With K = [[1, k], [k, 1]] and masses 1: access^2 = 1 + k, and access^(2 + 1/theta) = 1 + k among people."""
    cost = [[1, 2], [2, 1]]
    for theta in (1.0, 4.0, 8.0):
        k = 2**-theta
        found = market_access(cost, [1, 1], theta=theta, fixed_point="output")
        np.testing.assert_allclose(found.market, np.sqrt(1 + k), rtol=CLOSE)
        np.testing.assert_allclose(found.supplier, np.sqrt(1 + k), rtol=CLOSE)
        np.testing.assert_allclose(found.own, 1 / (1 + k), rtol=CLOSE)
        people = market_access(cost, [1, 1], theta=theta, fixed_point="people")
        np.testing.assert_allclose(people.market, (1 + k) ** (1 / (2 + 1 / theta)), rtol=CLOSE)
        without = market_access(cost, [1, 1], theta=theta, fixed_point="output", own=False)
        np.testing.assert_allclose(without.market, k / np.sqrt(1 + k), rtol=CLOSE)


def test_limits():
    cost, mass = made()
    np.testing.assert_allclose(market_access(cost, mass, theta=1e-9).market, mass.sum(), rtol=1e-6)
    steep = market_access(cost, mass, theta=200.0)
    np.testing.assert_allclose(steep.own, 1, atol=1e-9)
    # where decay is all, a place is its own market: access^2 is its output times K
    lonely = market_access(cost, mass, theta=200.0, fixed_point="output")
    np.testing.assert_allclose(np.log(lonely.market * lonely.supplier), np.log(mass) - 200 * np.log(np.diag(cost)))
    flat = market_access(np.ones((7, 7)), mass, theta=3, fixed_point="output")
    np.testing.assert_allclose(flat.market, np.sqrt(mass.sum()), rtol=CLOSE)


@pytest.mark.parametrize("theta", [1.0, 4.0, 8.0])
def test_the_sum_is_that_of_a_plain_loop(theta):
    cost, mass = made(symmetric=False)
    found = market_access(cost, mass, theta=theta)
    for i in range(len(mass)):
        assert found.market[i] == pytest.approx(sum(mass[j] * cost[i, j] ** -theta for j in range(len(mass))))
        assert found.supplier[i] == pytest.approx(sum(mass[j] * cost[j, i] ** -theta for j in range(len(mass))))


@pytest.mark.parametrize(("fixed_point", "theta"), [("output", 1.5), ("output", 6.0), ("people", 1.5), ("people", 6.0)])
def test_a_slow_damped_loop_finds_the_same_fixed_point(fixed_point, theta):
    """With symmetric costs there is one access: x_i = sum_j K_ij M_j x_j^-p, p = 1 or (1 + theta) / theta."""
    cost, mass = made()
    power = 1.0 if fixed_point == "output" else (1 + theta) / theta
    access = np.ones(7)
    for _ in range(4000):
        new = [sum(cost[i, j] ** -theta * mass[j] * access[j] ** -power for j in range(7)) for i in range(7)]
        access = np.exp(0.8 * np.log(access) + 0.2 * np.log(new))
    found = market_access(cost, mass, theta=theta, fixed_point=fixed_point)
    np.testing.assert_allclose(found.market, access, rtol=1e-6)
    np.testing.assert_allclose(found.supplier, access, rtol=1e-6)
    assert found.residual < 1e-11


@pytest.mark.parametrize("fixed_point", ["output", "people"])
def test_both_equations_hold_where_costs_differ_by_direction(fixed_point):
    cost, mass = made(40, symmetric=False)
    theta = 4.0
    share = 0 if fixed_point == "output" else 1 / theta
    found = market_access(cost, mass, theta=theta, fixed_point=fixed_point)
    kernel = cost**-theta
    np.testing.assert_allclose(found.market, kernel @ (mass * found.supplier ** -(1 + share)), rtol=CLOSE)
    np.testing.assert_allclose(found.supplier, kernel.T @ (mass * found.supplier**-share / found.market), rtol=CLOSE)
    weighted = mass @ np.log(found.market), mass @ np.log(found.supplier)
    assert weighted[0] == pytest.approx(weighted[1])
    # output of a place is all sold: the balancing factors of the doubly constrained model
    if fixed_point == "output":
        sales = (mass / found.market)[:, None] * kernel * (mass / found.supplier)
        np.testing.assert_allclose(sales.sum(axis=0), mass, rtol=CLOSE)
        np.testing.assert_allclose(sales.sum(axis=1), mass, rtol=CLOSE)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(6)), st.floats(0.01, 100), st.floats(0.5, 8))
@example(0, [0, 1, 2, 3, 5, 4], 1.0, 8.0)
def test_order_and_units_do_not_matter(seed, order, unit, theta):
    cost, mass = made(6, seed)
    shuffled = np.ix_(order, order)
    for fixed_point, root in ((None, 1.0), ("output", 2.0), ("people", 2 + 1 / theta)):
        one = market_access(cost, mass, theta=theta, fixed_point=fixed_point)
        other = market_access(unit * cost[shuffled], mass[order], theta=theta, fixed_point=fixed_point)
        # equations met to 1e-11 leave a steep fixed point known to 1e-6
        np.testing.assert_allclose(other.market, one.market[order] * unit ** (-theta / root), rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 5), st.integers(0, 5))
def test_a_faster_way_is_never_worse_in_the_plain_sum(seed, at, to):
    cost, mass = made(6, seed)
    faster = cost.copy()
    faster[at, to] /= 2
    one, other = (market_access(each, mass, theta=2).market for each in (cost, faster))
    assert other[at] > one[at]
    np.testing.assert_allclose(np.delete(other, at), np.delete(one, at), rtol=1e-12)


def test_potential_is_the_sum_with_theta_one():
    cost, mass = made()
    np.testing.assert_array_equal(economic_potential(cost, mass).market, market_access(cost, mass, theta=1).market)


def test_places_are_matched_by_id_and_single_precision_is_kept():
    cost, mass = made()
    ids = [f"00{index}" for index in range(7)]
    table = pd.DataFrame(cost, index=ids, columns=ids)
    found = market_access(table, pd.Series(mass, index=ids)[::-1], theta=2, fixed_point="output")
    assert found.ids == tuple(ids)
    plain = market_access(cost, mass, theta=2, fixed_point="output")
    np.testing.assert_array_equal(found.market, plain.market)
    single = market_access(cost.astype(np.float32), mass, theta=2, fixed_point="output")
    np.testing.assert_allclose(single.market, plain.market, rtol=1e-5)
    assert list(found.table.columns) == ["market_access", "supplier_access", "own_share"]


def test_a_place_that_is_cut_off_is_named():
    cost, mass = made(5)
    cost[3, :3] = cost[3, 4] = np.inf
    found = market_access(pd.DataFrame(cost, index=list("abcde"), columns=list("abcde")), mass, theta=1, own=False)
    (notice,) = found.notices
    assert notice.code == "market_place_cut_off"
    assert notice.value == "d"
    assert found.market[3] == 0
    assert np.isfinite(found.table[["market_access", "supplier_access"]].to_numpy()).all()
    cost[:3, 3] = cost[4, 3] = np.inf
    with pytest.raises(InputError, match="d does not trade both ways with most places") as problem:
        market_access(
            pd.DataFrame(cost, index=list("abcde"), columns=list("abcde")), mass, theta=1, fixed_point="output"
        )
    assert "economy_place_disconnected" in str(problem.value)


def test_a_place_without_mass_only_measures():
    cost, mass = made(6)
    mass[2] = 0
    for fixed_point in (None, "output", "people"):
        found = market_access(cost, mass, theta=3, fixed_point=fixed_point)
        keep = np.arange(6) != 2
        rest = market_access(cost[np.ix_(keep, keep)], mass[keep], theta=3, fixed_point=fixed_point)
        np.testing.assert_allclose(found.market[keep], rest.market, rtol=CLOSE)
        assert found.market[2] > 0
        assert found.own[2] == 0


def changed(table, value, at=(0, 1)):
    table = table.copy()
    table[at] = value
    return table


COST, MASS = made(4)


@pytest.mark.parametrize(
    ("cost", "mass", "options", "said"),
    [
        (changed(COST, np.nan), MASS, {}, "cost from 0 to 1 is nan; expected a number above 0"),
        (changed(COST, 0, (2, 2)), MASS, {}, "cost from 2 to 2 is 0; expected a number above 0"),
        (changed(COST, 0, (2, 2)), MASS, {"own": False, "fixed_point": "output"}, "cost from 2 to 2 is 0"),
        (changed(COST, -1), MASS, {}, "cost from 0 to 1 is -1"),
        (COST, changed(MASS, -1, 1), {}, "mass of 1 is -1; expected a finite number of at least 0"),
        (COST, changed(MASS, np.nan, 1), {}, "mass of 1 is nan"),
        (COST, 0 * MASS, {}, "mass is 0 in all places"),
        (COST, MASS[:3], {}, r"mass has shape \(3,\); expected one figure for each of 4 places"),
        (COST[:3], MASS, {}, r"cost has shape \(3, 4\); expected 3 x 3"),
        (COST, MASS, {"theta": 0}, "theta is 0; expected a finite number above 0"),
        (COST, MASS, {"theta": np.nan}, "theta is nan"),
        (COST, MASS, {"decay": "linear"}, "decay is 'linear'; expected power or exponential"),
        (COST, MASS, {"fixed_point": "yes"}, "fixed_point is 'yes'; expected output or people"),
        (COST, MASS, {"fixed_point": "people", "decay": "exponential"}, "theta as the trade elasticity"),
        (changed(COST, 9e4, 3), MASS, {"decay": "exponential", "own": False}, "Is cost in s and theta in min"),
    ],
)
def test_bad_input_is_named(cost, mass, options, said):
    with pytest.raises(InputError, match=said):
        market_access(cost, mass, **({"theta": 1.0} | options))


def test_a_fixed_point_that_is_not_reached_says_how_far_it_got(monkeypatch):
    monkeypatch.setattr("megaregion.economy.markets.NEWTON_PLACES", 0)
    monkeypatch.setattr("megaregion.economy.markets.MAX_ITERATIONS", 2)
    with pytest.raises(ConvergenceError, match=r"after 2 iterations; residual .*, accepted 1e-11, furthest off at"):
        market_access(*made(40, symmetric=False), theta=2, fixed_point="output")


def test_groups_far_from_each_other_are_tied_all_the_same():
    """Two groups of places, between which next to nothing flows: what does flow still balances, both ways."""
    cost, mass = made(12, symmetric=False)
    cost[:6, 6:] *= 40
    cost[6:, :6] *= 60
    found = market_access(cost, mass, theta=4, fixed_point="output")
    kernel = cost**-4
    sales = (mass / found.market)[:, None] * kernel * (mass / found.supplier)
    between = sales[:6, 6:].sum(), sales[6:, :6].sum()
    assert 0 < between[0] < 1e-4 * mass.sum()
    # what one group sells to the other it buys from it, or totals could not be met
    assert between[0] == pytest.approx(between[1], rel=1e-4)


def test_costs_that_are_the_same_both_ways_take_few_steps():
    found = market_access(*made(350), theta=4, fixed_point="output", tolerance=1e-9)
    np.testing.assert_allclose(found.market, found.supplier, rtol=1e-7)
    assert found.iterations <= 30
