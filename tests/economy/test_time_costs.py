"""From travel times to costs: levels and changes agree, and each channel takes its own share."""

import numpy as np
import pytest

from megaregion.economy import TimeCosts
from megaregion.errors import InputError

BEFORE = np.array([[600.0, 7200.0], [5400.0, 900.0]])
AFTER = np.array([[600.0, 3600.0], [5400.0, 900.0]])


@pytest.mark.parametrize("costs", [TimeCosts(commuting=0.47), TimeCosts(commuting_per_min=0.02)], ids=["power", "rate"])
@pytest.mark.parametrize("return_trip", [True, False])
def test_changes_are_ratios_of_levels(costs, return_trip):
    costs = TimeCosts(commuting=costs.commuting, commuting_per_min=costs.commuting_per_min, return_trip=return_trip)
    hat = costs.changes(BEFORE, AFTER)[1]
    np.testing.assert_allclose(hat, costs.commuting_cost(AFTER) / costs.commuting_cost(BEFORE), rtol=1e-12)


def test_a_fast_train_leaves_goods_alone_unless_asked():
    assert (TimeCosts(commuting=0.47).changes(BEFORE, AFTER)[0] == 1).all()
    goods = TimeCosts(commuting=0.47, goods_pass_through=0.3).changes(BEFORE, AFTER)[0]
    assert goods[0, 1] == pytest.approx(0.5 ** (0.33 * 0.3))
    assert goods[1, 0] == 1


def test_business_travellers_come_back():
    """7200 there and 5400 back become 3600 and 5400: 12600 become 9000 either way."""
    goods = TimeCosts(commuting=0.47, business=0.1).changes(BEFORE, AFTER)[0]
    assert goods[0, 1] == goods[1, 0] == pytest.approx((9000 / 12600) ** 0.1)
    single = TimeCosts(commuting=0.47, business=0.1, return_trip=False).changes(BEFORE, AFTER)[0]
    assert single[0, 1] == pytest.approx(0.5**0.1)


def test_what_is_unreachable_both_times_does_not_change():
    cut = BEFORE.copy()
    cut[0, 1] = np.inf
    for costs in (TimeCosts(commuting=0.5, return_trip=False), TimeCosts(commuting_per_min=0.02, return_trip=False)):
        goods, ways = costs.changes(cut, cut)
        assert (goods == 1).all()
        assert (ways == 1).all()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (TimeCosts, "'commuting' and 'commuting_per_min': neither given; expected exactly one"),
        (lambda: TimeCosts(commuting=1, commuting_per_min=1), "both given"),
        (lambda: TimeCosts(commuting=-1), "'commuting' is -1; expected a finite number of 0 or more"),
        (
            lambda: TimeCosts(commuting=1, goods_pass_through=30),
            "is 30; expected a share of 0 to 1",
        ),
        (
            lambda: TimeCosts(commuting=1).changes([[1, np.inf], [1, 1]], [[1, 1], [1, 1]]),
            r"2 pairs are reached only afterwards|1 pairs are reached only afterwards \(first: place 0 to 1\)",
        ),
        (lambda: TimeCosts(commuting=1).changes([[0, 1], [1, 0]], [[5, 1], [1, 0]]), "is 0 s before and 5 s after"),
        (
            lambda: TimeCosts(commuting=1).commuting_cost([[0, 1], [1, 1]]),
            "from place 0 to 0 is 0, which makes",
        ),
        (lambda: TimeCosts(commuting=1).commuting_cost([[1, np.nan], [1, 1]]), "from place 0 to 1 is nan; expected 0"),
        (lambda: TimeCosts(commuting=1).trade_cost([1, 2]), r"distance_m has shape \(2,\); expected as many rows"),
        (lambda: TimeCosts(commuting=1).changes(np.ones((2, 2)), np.ones((3, 3))), r"\(2, 2\) and after_s \(3, 3\)"),
    ],
    ids=["none", "both", "negative", "share", "new", "zero", "inner", "missing", "shape", "shapes"],
)
def test_times_and_elasticities_that_make_no_sense_are_refused(act, message):
    with pytest.raises(InputError, match=message):
        act()
