"""Equilibria and counterfactuals: cases worked by hand, properties, and the equations in levels as an oracle."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.economy import EconomyData, Solver, SpatialModel, calibrate, counterfactual
from megaregion.errors import ConvergenceError, InputError
from support.plain_equilibrium import PlainEconomy

CLOSE = Solver(tolerance=1e-11)
"""As near as double precision gets: what is compared is the economics, not the stopping."""

MODELS = {
    "allen_arkolakis": SpatialModel.allen_arkolakis(alpha=0.1, beta=-0.3, sigma=5),
    "redding_rossi_hansberg": SpatialModel.redding_rossi_hansberg(sigma=5, goods_share=0.7),
    "tastes": SpatialModel(
        trade_elasticity=4, agglomeration=0.05, amenity_spillover=-0.1, goods_share=0.7, location_elasticity=3
    ),
    "monte": SpatialModel.monte_redding_rossi_hansberg(
        sigma=5, goods_share=0.7, location_elasticity=4.6, agglomeration=0.05
    ),
    "elastic_housing": SpatialModel.monte_redding_rossi_hansberg(
        sigma=5, goods_share=0.7, location_elasticity=4.6, agglomeration=0.02, housing_supply=0.38
    ),
    "armington": SpatialModel.armington(trade_elasticity=4),
}
MOBILE = ["allen_arkolakis", "redding_rossi_hansberg", "tastes", "monte", "elastic_housing"]


def made_data(model, n, seed, **changed):
    """Random places with costs that differ by direction."""
    rng = np.random.default_rng(seed)
    fields = {
        "employment": np.exp(rng.normal(0, 1, n)),
        "wages": np.exp(rng.normal(0, 0.3, n)),
        "trade_cost": np.exp(rng.uniform(0, 1, (n, n))),
    }
    if model.mobility == "commuting":
        fields["residents"] = fields["employment"] * np.exp(rng.normal(0, 0.2, n))
        fields["commuting_cost"] = np.exp(rng.uniform(0, 1.5, (n, n)) * (1 - np.eye(n)))
    return EconomyData(**(fields | changed))


def made_change(model, n, seed):
    rng = np.random.default_rng(seed)
    change = {"cost_hat": np.exp(rng.uniform(-0.2, 0.05, (n, n)))}
    if model.mobility == "commuting":
        change["commuting_hat"] = np.exp(rng.uniform(-0.3, 0.1, (n, n)))
    return change


@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_change_is_exactly_none(name):
    found = counterfactual(calibrate(MODELS[name], made_data(MODELS[name], 9, 1)))
    assert found.welfare == 1.0
    assert found.iterations == 1
    assert (found.table.filter(like="_hat") == 1.0).all(axis=None)


def test_all_costs_of_goods_a_tenth_lower():
    model = MODELS["monte"]
    found = counterfactual(calibrate(model, made_data(model, 12, 2)), cost_hat=0.9)
    assert found.welfare == pytest.approx(1.07654017910807, abs=1e-14)
    assert np.abs(found.table["residents_hat"] - 1).max() < 1e-14
    assert np.abs(found.table["employment_hat"] - 1).max() < 1e-14


def test_all_costs_of_commuting_a_tenth_lower():
    model = MODELS["monte"]
    found = counterfactual(calibrate(model, made_data(model, 12, 2)), commuting_hat=0.9)
    assert found.welfare == pytest.approx(1 / 0.9, abs=1e-14)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(sorted(MODELS)))
def test_a_change_at_once_is_its_root_twice(seed, name):
    model = MODELS[name]
    change = made_change(model, 6, seed + 1)
    before = calibrate(model, made_data(model, 6, seed))
    once = counterfactual(before, **change, solver=CLOSE)
    root = {field: np.sqrt(hat) for field, hat in change.items()}
    half = counterfactual(before, **root, solver=CLOSE)
    twice = counterfactual(half.as_baseline(), **root, solver=CLOSE)
    assert half.welfare * twice.welfare == pytest.approx(once.welfare, rel=1e-9)
    columns = ["wage", "employment", "residents"]
    np.testing.assert_allclose(twice.table[columns], once.table[columns], rtol=1e-8)


def test_fixed_labour_gains_follow_from_the_own_share():
    """Arkolakis, Costinot and Rodriguez-Clare 2012: whatever the change of costs abroad."""
    model = MODELS["armington"]
    rng = np.random.default_rng(5)
    before = calibrate(model, made_data(model, 6, 5))
    found = counterfactual(before, cost_hat=np.exp(rng.uniform(-0.4, 0.2, (6, 6)) * (1 - np.eye(6))), solver=CLOSE)
    own = found.as_baseline().table["own_trade_share"] / before.table["own_trade_share"]
    np.testing.assert_allclose(found.table["welfare_hat"], own ** (-1 / 4), rtol=1e-11)


def plain(model, seed, n=6):
    rng = np.random.default_rng(seed)
    productivity, amenity, work, land = np.exp(rng.normal(0, 0.3, (4, n)))
    commutes = model.mobility == "commuting"
    economy = PlainEconomy(
        theta=model.trade_elasticity,
        trade_cost=np.exp(rng.uniform(0, 1, (n, n)) * (1 - np.eye(n))),
        productivity=productivity,
        amenity=amenity,
        land=land,
        a=model.agglomeration,
        b=model.amenity_spillover,
        alpha=model.goods_share,
        delta=model.housing_supply,
        epsilon=model.location_elasticity,
        commuting_cost=np.exp(rng.uniform(0, 1.5, (n, n)) * (1 - np.eye(n))) if commutes else None,
        work_amenity=work if commutes else None,
    )
    return economy, np.exp(rng.uniform(-0.3, 0.1, (2, n, n)))


@pytest.mark.parametrize("name", MOBILE)
def test_the_plain_loop_on_levels_comes_to_the_same(name):
    """The oracle knows what is given and solves both worlds; ours sees the first world only as data."""
    model = MODELS[name]
    economy, (goods, ways) = plain(model, 11)
    wages, jobs, residents, utility = economy.solve()
    data = EconomyData(
        employment=jobs,
        wages=wages,
        residents=residents,
        trade_cost=economy.trade_cost,
        commuting_cost=economy.commuting_cost,
    )
    before = calibrate(model, data)
    commuting_hat = ways if model.mobility == "commuting" else None
    found = counterfactual(before, cost_hat=goods, commuting_hat=commuting_hat, solver=Solver(tolerance=1e-10))
    economy.trade_cost = economy.trade_cost * goods
    if commuting_hat is not None:
        economy.commuting_cost = economy.commuting_cost * ways
    new_wages, new_jobs, new_residents, new_utility = economy.solve()
    assert found.welfare == pytest.approx(new_utility / utility, rel=1e-6)
    np.testing.assert_allclose(found.wages, new_wages, rtol=1e-6)
    np.testing.assert_allclose(found.employment, new_jobs, rtol=1e-6)
    np.testing.assert_allclose(found.population, new_residents, rtol=1e-6)
    # what was inverted is what the oracle was given, up to scale
    lived = economy.amenity * economy.land**model.rent_exponent
    for ours, given_ in ((before.productivity, economy.productivity), (before.amenity, lived)):
        ratio = np.log(ours / given_)
        np.testing.assert_allclose(ratio, ratio.mean(), atol=1e-8)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(sorted(MODELS)))
def test_the_order_of_places_does_not_matter(seed, name):
    model, n = MODELS[name], 6
    order = np.random.default_rng(seed).permutation(n)
    data, change = made_data(model, n, seed), made_change(model, n, seed + 1)
    swapped = {field: getattr(data, field)[order] for field in ("employment", "wages", "residents")} | {
        field: getattr(data, field)[np.ix_(order, order)]
        for field in ("trade_cost", "commuting_cost")
        if getattr(data, field) is not None
    }
    found = counterfactual(calibrate(model, data), **change, solver=CLOSE)
    other = counterfactual(
        calibrate(model, EconomyData(**swapped)),
        **{field: hat[np.ix_(order, order)] for field, hat in change.items()},
        solver=CLOSE,
    )
    assert other.welfare == pytest.approx(found.welfare, rel=1e-8)
    np.testing.assert_allclose(other.table.filter(like="_hat"), found.table.filter(like="_hat").iloc[order], rtol=1e-7)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    name=st.sampled_from(sorted(MODELS)),
    scales=st.tuples(*[st.floats(0.01, 100) for _ in range(4)]),
)
def test_units_of_money_people_and_cost_do_not_matter(seed, name, scales):
    model, n = MODELS[name], 5
    data, change = made_data(model, n, seed), made_change(model, n, seed + 1)
    money, people, goods, ways = scales
    scaled = {
        "wages": data.wages * money,
        "employment": data.employment * people,
        "residents": data.residents * people**2,
        "trade_cost": data.trade_cost * goods,
        "commuting_cost": None if data.commuting_cost is None else data.commuting_cost * ways,
    }
    found = counterfactual(calibrate(model, data), **change, solver=CLOSE)
    other = counterfactual(calibrate(model, EconomyData(**scaled)), **change, solver=CLOSE)
    assert other.welfare == pytest.approx(found.welfare, rel=1e-8)
    np.testing.assert_allclose(other.table.filter(like="_hat"), found.table.filter(like="_hat"), rtol=1e-7)


def test_goods_go_from_rows_to_columns():
    """Only goods of a become cheaper in c: c buys cheaper, a sells more, b loses a customer of its own."""
    model = SpatialModel.armington(trade_elasticity=4)
    data = EconomyData(employment=[1, 1, 1], wages=[1, 1, 1], trade_cost=1.5 - 0.5 * np.eye(3), ids=["a", "b", "c"])
    hat = np.ones((3, 3))
    hat[0, 2] = 0.8
    welfare = counterfactual(calibrate(model, data), cost_hat=hat).table[["wage_hat", "goods_price_hat", "welfare_hat"]]
    assert welfare["wage_hat"].idxmax() == "a"
    assert welfare["goods_price_hat"].idxmin() == "c"
    assert welfare.loc["b", "welfare_hat"] < 1 < welfare.loc["c", "welfare_hat"]


def test_people_commute_from_rows_to_columns():
    """Only the way from home in a to work in c becomes easier: jobs go to c, homes to a."""
    model = MODELS["monte"]
    data = EconomyData(
        employment=[1, 1, 1],
        wages=[1, 1, 1],
        trade_cost=1.5 - 0.5 * np.eye(3),
        commuting_cost=1.5 - 0.5 * np.eye(3),
        ids=["a", "b", "c"],
    )
    hat = np.ones((3, 3))
    hat[0, 2] = 0.8
    table = counterfactual(calibrate(model, data), commuting_hat=hat).table
    assert table["employment_hat"].idxmax() == "c"
    assert table["residents_hat"].idxmax() == "a"
    assert table["rent_hat"].idxmax() == "a"


def test_both_residuals_are_below_what_was_asked():
    model = MODELS["monte"]
    found = counterfactual(
        calibrate(model, made_data(model, 41, 7)), **made_change(model, 41, 8), solver=Solver(tolerance=1e-10)
    )
    assert 0 < found.market_residual <= 1e-10
    assert 0 < found.labour_residual <= 1e-10
    assert found.residual == max(found.market_residual, found.labour_residual)
    assert found.iterations < 60
    assert found.unique
    assert found.equilibria == 1
    assert found.employment.sum() == pytest.approx(made_data(model, 41, 7).employment.sum())


def test_flows_in_single_precision_give_nearly_the_same():
    model = MODELS["monte"]
    data, change = made_data(model, 30, 9), made_change(model, 30, 10)
    double = counterfactual(calibrate(model, data), **change, solver=Solver(tolerance=1e-10))
    before = calibrate(model, data, precision="float32")
    assert before.shares.trade.kernel.dtype == before.shares.commuting.kernel.dtype == np.float32
    single = counterfactual(before, **change, solver=Solver(tolerance=1e-10))
    # sums are in double precision, so the residual is not limited by the kernels
    assert single.residual <= 1e-10
    assert single.welfare == pytest.approx(double.welfare, rel=1e-6)
    np.testing.assert_allclose(single.population, double.population, rtol=1e-5)


def test_productivity_and_amenity_draw_people():
    model = MODELS["redding_rossi_hansberg"]
    before = calibrate(model, made_data(model, 5, 12))
    hat = np.ones(5)
    hat[3] = 1.1
    for found in (counterfactual(before, productivity_hat=hat), counterfactual(before, amenity_hat=hat)):
        assert found.table["residents_hat"].idxmax() == "3"
        assert found.welfare > 1


def test_two_like_cities_have_three_equilibria_where_land_is_plenty():
    """Helpman: with sigma (1 - alpha) < 1 and high costs people may be even or crowd into either city."""
    model = SpatialModel.redding_rossi_hansberg(sigma=5, goods_share=0.85)
    data = EconomyData(employment=[1, 1], wages=[1, 1], trade_cost=[[1, 2], [2, 1]], ids=["a", "b"])
    found = counterfactual(calibrate(model, data), cost_hat=[[1, 0.99], [0.99, 1]])
    assert not found.unique
    assert found.equilibria == 3
    # the one continued from the data is even
    assert found.population.tolist() == pytest.approx([1, 1])
    text = found.notices.render()
    assert "economy_equilibrium_not_certified" in text
    assert "8 random starts and the data led to 3 equilibria; the one continued from the data is given" in text
    assert "多" in found.notices.render(lang="zh") or "均衡" in found.notices.render(lang="zh")


def test_random_starts_are_the_same_each_time_unless_asked_otherwise():
    model = SpatialModel.redding_rossi_hansberg(sigma=5, goods_share=0.85)
    before = calibrate(model, made_data(model, 4, 21))
    counts = [counterfactual(before, cost_hat=0.95).iterations for _ in range(2)]
    counts.append(counterfactual(before, cost_hat=0.95, rng=np.random.default_rng(5)).iterations)
    assert counts[0] == counts[1] != counts[2]


def test_a_search_that_ends_early_names_the_place_and_gives_no_result():
    model = MODELS["monte"]
    before = calibrate(model, made_data(model, 6, 13, ids=list("abcdef")))
    change = np.ones((6, 6))
    change[4] = 0.5
    said = r"after 2 iterations: residual [\d.e-]+ in the market for (goods|labour) of [a-f], accepted 1e-09"
    with pytest.raises(ConvergenceError, match=said):
        counterfactual(before, cost_hat=change, solver=Solver(max_iterations=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost_hat": 0}, r"cost_hat is 0; expected a finite number above 0"),
        ({"cost_hat": np.ones((2, 2))}, r"cost_hat has shape \(2, 2\); expected 4 x 4"),
        ({"cost_hat": np.full((4, 4), math.nan)}, r"cost_hat from a to a is nan; expected a number above 0"),
        ({"commuting_hat": 0.9}, r"commuting_hat is given, but nobody commutes in the model \(mobility is 'free'\)"),
        ({"productivity_hat": [1, 1, 0, 1]}, r"productivity_hat of c is 0; expected a finite number above 0"),
        ({"amenity_hat": [1, 1, 1]}, r"amenity_hat has shape \(3,\); expected one figure for each of 4 places"),
    ],
    ids=["zero", "shape", "missing", "commuting", "productivity", "amenity"],
)
def test_changes_that_cannot_be_used_are_refused(change, message):
    model = MODELS["allen_arkolakis"]
    before = calibrate(model, made_data(model, 4, 14, ids=list("abcd")))
    with pytest.raises(InputError, match=message):
        counterfactual(before, **change)


def test_a_change_that_cuts_a_city_off_is_refused_by_name():
    model = MODELS["allen_arkolakis"]
    before = calibrate(model, made_data(model, 4, 15, ids=list("abcd")))
    cut = np.ones((4, 4))
    cut[2, [0, 1, 3]] = np.inf
    with pytest.raises(InputError, match="c does not trade both ways with most places"):
        counterfactual(before, cost_hat=cut)
