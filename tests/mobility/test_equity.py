"""Inequality of accessibility: by hand, by the definitions, and what must not change it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from megaregion.errors import InputError
from megaregion.mobility import by_group, concentration_index, gini, palma, weighted_median

VALUES = arrays(np.float64, 8, elements=st.floats(0, 1e6).map(lambda x: round(x, 3)))
PEOPLE = arrays(np.float64, 8, elements=st.integers(0, 50).map(float))


def gini_by_pairs(values, people):
    """The definition: mean difference between two people over twice the mean."""
    difference = np.abs(values[:, np.newaxis] - values) * people[:, np.newaxis] * people
    return difference.sum() / (2 * people.sum() ** 2 * np.average(values, weights=people))


def test_gini_by_hand():
    assert gini([1, 1, 1]) == pytest.approx(0, abs=1e-15)
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)
    # people 1, 1, 2 with 1, 2, 3: differences 1, 2, 2, 1, 1 (each twice) over 16 pairs, mean 2.25
    assert gini([1, 2, 3], [1, 1, 2]) == pytest.approx(14 / 16 / 4.5)


@given(VALUES, PEOPLE)
def test_gini_is_the_mean_difference_of_all_pairs(values, people):
    assume(people.sum() > 0)
    assume((values * people).sum() > 0)
    assert gini(values, people) == pytest.approx(gini_by_pairs(values, people), rel=1e-9, abs=1e-9)


@given(VALUES, PEOPLE, st.integers(2, 4), st.floats(0.1, 10))
def test_scale_replication_and_order_do_not_matter(values, people, times, factor):
    assume(people.sum() > 0)
    assume((values * people).sum() > 0)
    income = np.arange(8.0) % 3
    order = np.arange(8)[::-1]
    for measure in (
        gini,
        palma,
        lambda v, w: concentration_index(v, w, rank_by=np.resize(income, len(v))),
        lambda v, w: palma(v, w, rank_by=np.resize(income, len(v))),
    ):
        found = measure(values, people)
        assert measure(values * factor, people * 3) == pytest.approx(found, rel=1e-9, abs=1e-12)
        if measure in (gini, palma):
            again = np.tile(values, times), np.tile(people, times)
            assert measure(*again) == pytest.approx(found, rel=1e-9, abs=1e-12)
            assert measure(values[order], people[order]) == pytest.approx(found, rel=1e-9, abs=1e-12)


@given(VALUES, arrays(np.int64, 8, elements=st.integers(0, 6)))
def test_a_weight_is_so_many_people(values, people):
    assume(people.sum() > 0)
    assume((values * people).sum() > 0)
    each = np.repeat(values, people)
    assert gini(values, people) == pytest.approx(gini(each), rel=1e-9, abs=1e-12)
    assert weighted_median(values, people) == np.quantile(each, 0.5, method="inverted_cdf")
    assert palma(np.tile(values, 10), np.tile(people, 10)) == pytest.approx(
        palma(np.tile(each, 10)), rel=1e-9, abs=1e-12
    )


@given(VALUES.filter(lambda values: values.sum() > 0))
def test_palma_of_ten_times_as_many_is_the_ratio_of_sums(values):
    each = np.sort(np.tile(values, 10))
    bottom, top = each[: 4 * len(values)].sum(), each[-len(values) :].sum()
    if bottom > 0:
        assert palma(values) == pytest.approx(top / bottom, rel=1e-9)
    else:
        assert palma(values) == np.inf


def test_concentration_by_hand():
    # ranked by income the poor half has 3, the rich half 1: 2 x mean(value x (rank - 1/2)) / 2
    assert concentration_index([3, 1], rank_by=[10, 20]) == pytest.approx(-0.25)
    assert concentration_index([3, 1], rank_by=[10, 10]) == pytest.approx(0)
    assert palma([4, 2, 2, 2, 2, 2, 2, 2, 2, 8], rank_by=range(10)) == pytest.approx(0.8)


def test_what_is_not_known_stays_so_unless_nobody_lives_there():
    assert np.isnan(gini([1.0, np.nan]))
    assert np.isnan(palma([1.0, np.nan]))
    assert gini([1.0, np.nan, 3.0], [1, 0, 1]) == 0.25
    assert np.isnan(gini([0.0, 0.0]))


def test_groups_by_hand():
    found = by_group([600.0, 1200.0, np.inf, 900.0, np.nan], [1, 2, 1, 4, 0], ["a", "a", "b", "b", "c"], threshold=1000)
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["a"].tolist() == [3, 1000, 1200, pytest.approx(1 / 3)]
    assert found.loc["b"].tolist() == [5, np.inf, 900, 0.8]
    assert found.loc["c"].isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: gini([1.0, 2.0], [1.0]),
            "values have shape (2,) and weights (1,); expected one weight",
        ),
        (lambda: gini([1.0, 2.0], [1.0, np.nan]), "weight 1 is nan; expected people"),
        (lambda: gini([1.0, 2.0], [0.0, 0.0]), "weights of 2 places add up to 0"),
        (lambda: gini([1.0, -2.0]), "value 1 is -2.0; expected accessibility"),
        (lambda: palma([1.0, np.inf]), "which may be infinite, go into by_group"),
        (lambda: palma([1.0, 2.0], rank_by=[1.0]), "2 values but rank_by has shape (1,)"),
        (lambda: by_group([1.0, 2.0], None, ["a"]), "2 values but 1 groups"),
    ],
)
def test_what_cannot_be_measured_is_said(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value)
