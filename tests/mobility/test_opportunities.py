"""Sums of opportunities, the nearest, the time to reach so many, and catchments."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from megaregion.errors import InputError
from megaregion.mobility import (
    Cumulative,
    Exponential,
    Linear,
    Logistic,
    Power,
    Stepped,
    TravelTimes,
    accessibility,
    nearest,
    time_to_reach,
    two_step_floating_catchment,
)
from megaregion.mobility import opportunities as module

INF = np.inf
DECAYS = [
    Cumulative(1800),
    Exponential(1200),
    Logistic(1800, 600),
    Power(1.5),
    Linear(1800, 1200),
    Stepped((600, 1800), (1.0, 0.4)),
]
TIMES = np.array([[0.0, 600.0, 2400.0], [600.0, 0.0, INF]])


def travel_times(seconds, origins, destinations):
    """A result of the matrix with two percentiles: the given times, and twice as long."""
    seconds = np.asarray(seconds, np.float32)
    rest = dict.fromkeys(("fastest_s", "departures", "first_arrival_s", "last_arrival_s"), seconds)
    both = np.stack([seconds, 2 * seconds])
    return TravelTimes(
        origin_ids=tuple(origins),
        destination_ids=tuple(destinations),
        percentiles=(50, 95),
        travel_time_s=both,
        window_s=(0, 1),
        provenance={},
        **rest,
    )


# decays


@pytest.mark.parametrize("decay", DECAYS)
def test_every_decay_starts_at_one_never_rises_and_ends_at_zero(decay):
    time_s = np.concatenate([np.linspace(0, 20_000, 4_001), [INF]])
    weight = decay.weight(time_s)
    assert weight[0] == 1
    assert weight[-1] == 0
    assert (np.diff(weight) <= 1e-15).all()
    assert ((weight >= 0) & (weight <= 1)).all()


def test_the_logistic_is_that_of_r5():
    """g(0) / g(t) of Bauer and Groneberg's equation 9 as R5 writes it, with plain exponentials."""

    def g(t, median, sd):
        return 1 + math.exp((t - median) * math.pi / (sd * math.sqrt(3)))

    for t in (0, 60, 1800, 5400):
        wanted = g(0, 1800, 600) / g(t, 1800, 600)
        assert Logistic(1800, 600).weight(t) == pytest.approx(wanted, rel=1e-12)


def test_a_steep_logistic_is_a_step_and_does_not_overflow():
    assert Logistic(1800, 0.5).weight([0, 1790, 1810, 1e9]).tolist() == pytest.approx([1, 1, 0, 0], abs=1e-12)


def test_an_exponential_by_rate_by_mean_and_by_half_life():
    t = np.array([0.0, 700.0, 5000.0])
    assert Exponential.from_rate(1 / 900).weight(t) == pytest.approx(np.exp(-t / 900))
    assert Exponential.from_mean(900).weight(t) == pytest.approx(np.exp(-t / 900))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Cumulative(-1), "decay Cumulative: field 'cutoff_s' is -1; expected a finite number of seconds, 0 or"),
        (lambda: Cumulative(INF), "'cutoff_s' is inf; expected a finite number of seconds, 0 or more"),
        (lambda: Cumulative(math.nan), "field 'cutoff_s' is nan"),
        (
            lambda: Exponential(0),
            "decay Exponential: field 'half_life_s' is 0; expected a finite number of seconds above 0",
        ),
        (lambda: Exponential.from_rate(-0.1), "field 'rate_per_s' is -0.1"),
        (lambda: Logistic(1800, 0), "decay Logistic: field 'sd_s' is 0"),
        (lambda: Power(INF), "decay Power: field 'exponent' is inf"),
        (lambda: Linear(600, 1300), "'width_s' is 1300; expected seconds above 0 and up to twice the cut-off, 1200"),
        (lambda: Stepped((600, 600), (1, 0.5)), "field 'cutoffs_s' is (600, 600); expected"),
        (lambda: Stepped((600, INF), (1, 0.5)), "is (600, inf); expected one or more finite numbers of seconds"),
        (lambda: Stepped((600, 900), (0.5, 1)), "expected 2 numbers from 1 down to 0, one for each cut-off"),
    ],
)
def test_a_decay_that_makes_no_sense_is_refused(make, words):
    with pytest.raises(InputError) as caught:
        make()
    assert words in str(caught.value)


def test_labels_have_all_digits():
    assert Cumulative(1_234_567).label == "within_1234567s"
    assert Cumulative(1800.0).label == "within_1800s"
    assert Stepped((600, 1e7), (1, 0.25)).label == "stepped_600s_1_10000000s_0.25"
    near = Exponential(1_000_000), Exponential(1_000_001)
    assert [each.label for each in near] == ["half_life_1000000s", "half_life_1000001s"]


# sums


def test_sums_by_hand():
    table = accessibility(TIMES, np.array([1.0, 10.0, 100.0]), decay=[Cumulative(600), Exponential(600)])
    assert table["opportunities_within_600s"].tolist() == [11, 11]
    assert table["opportunities_half_life_600s"].tolist() == [1 + 5 + 100 / 16, 0.5 + 10]


def test_labels_go_by_id_not_by_place():
    times = travel_times(TIMES, ["a", "b"], ["x", "y", "z"])
    figures = pd.DataFrame({"people": [100, 10, 1, 7], "jobs": [3.0, 2.0, 1.0, 7.0]}, index=["z", "y", "x", "other"])
    table = accessibility(times, figures, decay=Cumulative(600))
    assert table.index.tolist() == ["a", "b"]
    assert table.index.name == "from_id"
    assert table["people_within_600s"].tolist() == [11, 11]
    assert table["jobs_within_600s"].tolist() == [3, 3]
    slow = accessibility(times, figures["people"], decay=Cumulative(600), percentile=95)
    assert slow["people_within_600s"].tolist() == [1, 10]


def test_what_is_not_known_is_not_known_in_the_sums_that_hold_it():
    table = accessibility(TIMES, np.array([1.0, 10.0, np.nan]), decay=[Cumulative(600), Cumulative(2400)])
    assert table["opportunities_within_600s"].tolist() == [11, 11]
    assert table["opportunities_within_2400s"].fillna(-1).tolist() == [-1, 11]


@given(
    arrays(np.float64, (5, 7), elements=st.one_of(st.floats(0, 9_000), st.just(INF))),
    arrays(np.float64, 7, elements=st.floats(0, 1e6)),
    st.sampled_from(DECAYS),
)
def test_sums_are_those_of_the_definition(times, amounts, decay):
    found = accessibility(times, amounts, decay=decay).iloc[:, 0]
    for i in range(5):
        wanted = sum(amounts[j] * float(decay.weight(times[i, j])) for j in range(7) if times[i, j] < INF)
        assert found[i] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_blocks_do_not_change_the_sums(monkeypatch):
    rng = np.random.default_rng(3)
    times, amounts = rng.uniform(0, 5000, (50, 40)), rng.uniform(0, 9, 40)
    whole = accessibility(times, amounts, decay=DECAYS)
    shared = two_step_floating_catchment(times, amounts, rng.uniform(1, 9, 50), decay=DECAYS[1])
    monkeypatch.setattr(module, "CELLS_AT_A_TIME", 90)
    pd.testing.assert_frame_equal(accessibility(times, amounts, decay=DECAYS), whole, check_exact=True)
    rng = np.random.default_rng(3)
    rng.uniform(0, 5000, (50, 40)), rng.uniform(0, 9, 40)
    again = two_step_floating_catchment(times, amounts, rng.uniform(1, 9, 50), decay=DECAYS[1])
    assert again.to_numpy() == pytest.approx(shared.to_numpy(), rel=1e-12)


@pytest.mark.parametrize(
    ("times", "amounts", "words"),
    [
        (TIMES, [1.0, 2.0], "3 destinations but 2 opportunities; expected one for each"),
        (TIMES[0], [1.0, 2.0, 3.0], "float64 of shape (3,); expected a result of travel_time_matrix"),
        (np.array([[0.0, -1.0]]), [1.0, 2.0], "travel time from origin 0 to destination 1 is -1.0; expected seconds"),
        (np.array([[0.0, np.nan]]), [1.0, 2.0], "destination 1 is nan"),
        (TIMES, [1.0, INF, 2.0], "opportunities 'opportunities' hold an infinite amount"),
        (TIMES, pd.Series(["a", "b", "c"], name="jobs"), "opportunities hold what is no number"),
        (travel_times(TIMES, "ab", "xyz"), pd.Series([1.0], ["x"]), "no row for 2 of 3 destinations, 'y' the first"),
        (travel_times(TIMES, "ab", "xyz"), pd.Series([1.0, 2.0], ["x", "x"]), "list destination 'x' twice"),
    ],
)
def test_what_does_not_fit_is_said(times, amounts, words):
    with pytest.raises(InputError) as caught:
        accessibility(times, amounts, decay=Cumulative(600))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("decay", "words"),
    [
        ([], "decay is empty; expected Cumulative(cutoff_s)"),
        ([3600], "decay is 3600; expected"),
        ([Cumulative(60), Cumulative(60)], "decay 'within_60s' is given twice"),
    ],
)
def test_decays_that_are_none_are_refused(decay, words):
    with pytest.raises(InputError) as caught:
        accessibility(TIMES, [1.0, 1.0, 1.0], decay=decay)
    assert words in str(caught.value)


# the nearest, and the time to reach so many


def test_the_second_nearest_by_hand():
    times = travel_times(TIMES, "ab", "xyz")
    found = nearest(times, 2)
    assert found["travel_time_s"].tolist() == [600, 600]
    assert found["to_id"].tolist() == ["y", "x"]
    third = nearest(times, 3)
    assert third["travel_time_s"].tolist() == [2400, INF]
    assert third["to_id"].isna().tolist() == [False, True]


def test_only_destinations_with_something_count_and_the_unknown_may_be_nearer():
    found = nearest(TIMES, opportunities=[0.0, 3.0, 1.0])
    assert found["to_id"].tolist() == [1, 1]
    doubtful = nearest(TIMES, opportunities=[np.nan, 3.0, 1.0])
    assert doubtful["travel_time_s"].isna().tolist() == [True, False]
    assert nearest(TIMES, opportunities=[0.0, 0.0, 0.0])["travel_time_s"].tolist() == [INF, INF]


@given(arrays(np.float64, (4, 6), elements=st.one_of(st.floats(0, 9_000), st.just(INF))), st.integers(1, 6))
def test_the_nearest_is_that_of_a_sorted_row(times, k):
    assert nearest(times, k)["travel_time_s"].tolist() == np.sort(times, axis=1)[:, k - 1].tolist()


@given(
    arrays(np.float64, (4, 6), elements=st.one_of(st.floats(0, 9_000), st.just(INF))),
    arrays(np.float64, 6, elements=st.integers(0, 5).map(float)),
    st.integers(1, 20),
)
def test_the_time_to_reach_so_many_is_the_least_cutoff_that_does(times, amounts, n):
    found = time_to_reach(times, amounts, n)["opportunities"]
    for i in range(4):
        cutoffs = [t for t in times[i] if t < INF and amounts[(times[i] <= t)].sum() >= n]
        assert found[i] == min(cutoffs, default=INF)


def test_an_unknown_amount_hides_the_time_to_reach_so_many():
    found = time_to_reach(TIMES, [5.0, np.nan, 5.0], 6)["opportunities"]
    assert found.isna().tolist() == [True, True]
    assert time_to_reach(TIMES, [5.0, np.nan, 5.0], 5)["opportunities"].fillna(-1).tolist() == [0, -1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nearest(TIMES, 0), "k is 0; expected a whole number of 1 or more"),
        (lambda: nearest(TIMES, 1.5), "k is 1.5"),
        (lambda: time_to_reach(TIMES, [1.0, 1.0, 1.0], 0), "n is 0; expected how many"),
        (lambda: time_to_reach(TIMES, [1.0, -1.0, 1.0], 1), "opportunities hold -1; expected 0 or more"),
        (
            lambda: nearest(TIMES, opportunities=pd.DataFrame({"a": [1.0, 1, 1], "b": [1.0, 1, 1]})),
            "2 kinds of opportunity are given (a, b); expected one",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value)


# catchments


def test_two_step_catchments_by_hand():
    """Two villages of 100 share a surgery of 4 doctors, the second alone has one of 1: 2 and 3 per hundred."""
    times = np.array([[600.0, 2400.0], [600.0, 300.0]])
    found = two_step_floating_catchment(times, [4.0, 1.0], [100.0, 100.0], decay=Cumulative(900))
    assert found.tolist() == pytest.approx([0.02, 0.03])


def test_the_enhanced_catchment_by_hand():
    times = np.array([[300.0], [900.0]])
    found = two_step_floating_catchment(times, [3.0], [100.0, 100.0], decay=Stepped((600, 1200), (1.0, 0.5)))
    assert found.tolist() == pytest.approx([3 / 150, 3 / 150 / 2])


def test_supply_without_demand_is_no_number():
    times = np.array([[0.0, INF], [INF, 0.0]])
    found = two_step_floating_catchment(times, [1.0, 1.0], [10.0, 0.0], decay=Cumulative(900))
    assert found.fillna(-1).tolist() == [0.1, -1]


MATRICES = arrays(np.float64, (5, 4), elements=st.floats(0, 4_000))


@given(
    MATRICES,
    arrays(np.float64, 4, elements=st.floats(0, 50)),
    arrays(np.float64, 5, elements=st.floats(1, 500)),
    st.sampled_from([decay for decay in DECAYS if not isinstance(decay, Cumulative | Linear | Stepped)]),
)
def test_catchments_hand_out_all_supply(times, supply, demand, decay):
    """Weighted by people, accessibility adds up to the supply; balanced, its plain sum is that of the ratios."""
    found = two_step_floating_catchment(times, supply, demand, decay=decay)
    assert (found * demand).sum() == pytest.approx(supply.sum(), rel=1e-9, abs=1e-9)
    weight = decay.weight(times)
    shares = weight / weight.sum(axis=1, keepdims=True)
    ratio = supply / (demand[:, np.newaxis] * shares).sum(axis=0)
    balanced = two_step_floating_catchment(times, supply, demand, decay=decay, balanced=True)
    assert balanced.to_numpy() == pytest.approx((weight / weight.sum(axis=0)) @ ratio, rel=1e-9, abs=1e-9)
    assert balanced.sum() == pytest.approx(ratio.sum(), rel=1e-9, abs=1e-9)


def test_catchments_go_by_id():
    times = travel_times([[600.0, 2400.0], [600.0, 300.0]], ["p", "q"], ["s", "t"])
    supply, demand = pd.Series({"t": 1.0, "s": 4.0}), pd.Series({"q": 100.0, "p": 100.0})
    found = two_step_floating_catchment(times, supply, demand, decay=Cumulative(900))
    assert found.to_dict() == pytest.approx({"p": 0.02, "q": 0.03})


@pytest.mark.parametrize(
    ("supply", "demand", "words"),
    [
        ([1.0, -1.0], [1.0, 1.0], "supply of 1 is -1.0; expected a number of 0 or more"),
        ([1.0, 1.0], [1.0, np.nan], "demand of 1 is nan"),
        ([1.0, 1.0], [1.0], "2 origins but 1 demand; expected one for each"),
    ],
)
def test_amounts_that_cannot_be_shared_are_said(supply, demand, words):
    with pytest.raises(InputError) as caught:
        two_step_floating_catchment(np.zeros((2, 2)), supply, demand, decay=Cumulative(900))
    assert words in str(caught.value)
