"""Calibration: totals are met, what is wrong with the data is said by name, flows at zero are smoothed."""

import numpy as np
import pandas as pd
import pytest

from megaregion.economy import EconomyData, SpatialModel, calibrate, counterfactual
from megaregion.economy.calibration import pseudo_bayes_weight
from megaregion.economy.flow_balance import balance
from megaregion.errors import ConvergenceError, InputError

TRADE = SpatialModel.redding_rossi_hansberg(sigma=5, goods_share=0.7)
COMMUTING = SpatialModel.monte_redding_rossi_hansberg(
    sigma=5, goods_share=0.7, location_elasticity=4, agglomeration=0.05
)


def cost(n, seed=0):
    return np.exp(np.random.default_rng(seed).uniform(0, 1.5, (n, n)) * (1 - np.eye(n)))


def data(**changed):
    fields = {
        "employment": [4, 2, 1],
        "wages": [2, 1.5, 1],
        "trade_cost": cost(3),
        "ids": ["310000", "320500", "330100"],
    }
    return EconomyData(**(fields | changed))


def test_flows_add_up_to_what_was_observed():
    given = data(residents=[3, 2, 2], commuting_cost=cost(3, 1))
    found = calibrate(COMMUTING, given)
    ways, goods = found.shares.commuting.dense(), found.shares.trade.dense()
    np.testing.assert_allclose(ways.sum(axis=0), given.employment / 7, rtol=1e-11)
    np.testing.assert_allclose(ways.sum(axis=1), given.residents / 7, rtol=1e-11)
    np.testing.assert_allclose(goods.sum(axis=0), 1, rtol=1e-11)
    spending = ways @ given.wages
    np.testing.assert_allclose(goods @ spending, given.wages * given.employment / 7, rtol=1e-11)
    assert found.residual < 1e-12


def test_two_places_by_hand():
    """Two like places, cost 2 between them, theta 1: a half more at home than abroad... own share is 2 / 3."""
    like = EconomyData(employment=[1, 1], wages=[1, 1], trade_cost=[[1, 2], [2, 1]])
    found = calibrate(SpatialModel.armington(trade_elasticity=1), like)
    np.testing.assert_allclose(found.shares.trade.dense(), [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], rtol=1e-12)
    assert found.productivity.tolist() == pytest.approx([1, 1])
    assert list(found.table.columns) == [
        "wage",
        "employment",
        "residents",
        "productivity",
        "amenity",
        "work_amenity",
        "own_trade_share",
        "share_working_at_home",
    ]


def test_output_in_place_of_wages():
    by_output = calibrate(TRADE, data(wages=None, gdp=[8, 3, 1]))
    np.testing.assert_allclose(by_output.productivity, calibrate(TRADE, data()).productivity)


def test_frames_are_put_into_order_by_their_labels():
    ids = ["310000", "320500", "330100"]
    frame = pd.DataFrame(cost(3), index=ids, columns=ids)
    turned = data(employment=pd.Series([4, 2, 1], index=ids), trade_cost=frame.iloc[::-1, [1, 2, 0]], ids=None)
    np.testing.assert_array_equal(turned.trade_cost, cost(3))
    with pytest.raises(InputError, match="trade_cost: no row or column for 330100"):
        data(trade_cost=frame.iloc[:2])


def test_steep_commuting_over_a_large_region_is_balanced():
    """exp(-0.07 min) over 600 km: the kernel falls to 1e-27, where the plain loop takes hundreds of rounds."""
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 600, (80, 2))
    far = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    found = balance(
        np.exp(-0.07 * far), np.exp(rng.normal(0, 1, 80)), np.exp(rng.normal(0, 1, 80)), ids=("x",) * 80, what="test"
    )
    assert found.residual < 1e-12
    assert found.iterations < 1000


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"employment": [4, 0, 1]}, r"employment of 320500 is 0; expected a finite number above 0"),
        ({"wages": [2, 1.5, np.nan]}, r"wages of 330100 is nan; expected a finite number above 0"),
        ({"wages": pd.Series({"310000": 2.0, "320500": 1.5})}, r"wages of 330100 is nan"),
        ({"residents": [1, -2, 1]}, r"residents of 320500 is -2"),
        ({"wages": [2, 1]}, r"wages has shape \(2,\); expected one figure for each of 3 places"),
        ({"gdp": [1, 1, 1]}, "fields 'wages' and 'gdp': both of them given; expected exactly one"),
        ({"trade_cost": None}, "fields 'trade_cost' and 'trade_shares': neither of them given"),
        ({"trade_cost": cost(3) * 0}, r"trade_cost from 310000 to 310000 is 0; expected a number above 0"),
        ({"trade_cost": cost(2)}, r"trade_cost has shape \(2, 2\); expected 3 x 3"),
        (
            {"trade_cost": [[1, 2, np.inf], [2, 1, np.inf], [np.inf, np.inf, 1]]},
            "330100 does not trade both ways with most places",
        ),
        (
            {"commuting_cost": [[1, 2, np.inf], [2, 1, np.inf], [3, 3, np.inf]]},
            "commuting_cost: 330100 is at infinite cost from or to every place, itself among them",
        ),
        (
            {"trade_cost": None, "trade_shares": [[0.5, 0.2, 0.3], [0.4, 0.5, 0.3], [0.1, 0.2, 0.4]]},
            r"trade_shares of spending in 320500 add up to 0.9 over where goods come from; expected 1",
        ),
        ({"commuting_flows": [[1, 1, 1], [1, 1, 1], [0, 0, 0]]}, "nobody lives in 330100, or nobody works there"),
        ({"commuting_flows": [[1, -1, 1], [1, 1, 1], [1, 0, 0]]}, "commuting_flows from 310000 to 320500 is -1"),
        ({"ids": ["a", "b", "a"]}, "3 places, 2 different ids"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_data_that_cannot_be_used_are_refused_by_name(changed, message):
    with pytest.raises(InputError, match=message):
        data(**changed)


def test_all_problems_are_told_at_once():
    with pytest.raises(InputError, match="2 problems") as problem:
        data(employment=[4, 0, 1], wages=[2, 1.5, np.nan])
    assert [notice.value for notice in problem.value.notices] == ["320500", "330100"]


def test_model_and_data_must_both_know_of_commuting():
    with pytest.raises(InputError, match="the model has commuting, the data have none"):
        calibrate(COMMUTING, data())
    with pytest.raises(InputError, match="the data have commuting, the model has none"):
        calibrate(TRADE, data(commuting_cost=cost(3)))


@pytest.mark.parametrize("wrong", [{"smoothing": 1.0}, {"precision": "float16"}], ids=["smoothing", "precision"])
def test_settings_that_do_not_exist_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is"):
        calibrate(TRADE, data(), **wrong)


def test_zeros_that_leave_no_way_to_meet_the_totals_name_a_place():
    """Two work at home only, but more live than work there."""
    flows = [[5, 0, 0], [0, 5, 1], [0, 1, 5]]
    given = data(residents=[1, 4, 2], commuting_flows=flows)
    with pytest.raises(
        ConvergenceError, match=r"commuting: no flows add up to the totals after .* furthest off at 310000"
    ):
        calibrate(COMMUTING, given, smoothing=0)


def test_a_new_line_creates_commuters_only_where_flows_were_smoothed():
    flows = np.array([[50, 8, 0], [9, 40, 3], [0, 4, 30]])
    given = data(
        residents=flows.sum(axis=1), employment=flows.sum(axis=0), commuting_flows=flows, commuting_cost=cost(3)
    )
    line = np.ones((3, 3))
    line[0, 2] = 0.7
    kept = calibrate(COMMUTING, given, smoothing=0)
    assert "commuting: 2 of 9 pairs have no flow (22.2%); they stay at 0" in kept.notices.render()
    assert counterfactual(kept, commuting_hat=line).as_baseline().shares.commuting.dense()[0, 2] == 0
    smooth = calibrate(COMMUTING, given)
    assert 0 < smooth.smoothing < 0.5
    assert "economy_zero_flows_smoothed" in smooth.notices.render()
    before = smooth.shares.commuting.dense()[0, 2]
    after = counterfactual(smooth, commuting_hat=line).as_baseline().shares.commuting.dense()[0, 2]
    assert 0 < before < after / 2


def test_counts_that_scatter_little_are_smoothed_more():
    fitted = np.full((3, 3), 100.0)
    near = fitted + np.random.default_rng(0).normal(0, 10, (3, 3))
    far = fitted + np.random.default_rng(0).normal(0, 60, (3, 3))
    assert pseudo_bayes_weight(near, fitted) > 5 * pseudo_bayes_weight(far, fitted)
    assert pseudo_bayes_weight(fitted, fitted) == 0
