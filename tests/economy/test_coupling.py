"""Coupling coordination: a case by hand, figures that another program prints, and what must hold of any systems."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy, norm

from megaregion.economy import coupling_coordination, entropy_weights
from megaregion.economy.coupling import CLASSES, SUM_TOLERANCE
from megaregion.errors import InputError

SYSTEMS = arrays(np.float64, (6, 3), elements=st.floats(0, 1, width=16))

GUANGZHOU = [
    (0.8179733, 0.3246648, 0.6590316, 0.1308531),
    (0.3020233, 0.1318888, 0.4046987, 0.5173794),
    (0.9209903, 0.3353516, 0.6921477, 0.3141320),
    (0.9604095, 0.3914758, 0.7099999, 0.4316421),
]
"""Four systems of four parts of Guangzhou, from the vignette of the R package `coupling` 0.1 (Lyu)."""

PRINTED = {
    "standard": ([0.8051958, 0.8914577, 0.8999423, 0.9346128], [0.6237105, 0.5497290, 0.7134825, 0.7632959]),
    "wang": ([0.4722274, 0.6211236, 0.5375842, 0.5861986], [0.4776480, 0.4588675, 0.5514412, 0.6045044]),
    "fan": ([0.4593785, 0.7164548, 0.4915051, 0.5399620], [0.4711049, 0.4928249, 0.5272784, 0.5801746]),
}
"""C and D that it prints of them, to seven digits."""

SEVEN_DIGITS = 2e-7
"""Inputs and outputs are printed with seven digits."""


def test_three_systems_by_hand():
    """C = cube root of 0.048 over 0.4, T = 0.4, D = sqrt(C T) = root of the cube root."""
    found = coupling_coordination([0.6, 0.4, 0.2])
    row = found.table.iloc[0]
    assert row["coupling"] == pytest.approx(0.908560, abs=5e-7)
    assert row["development"] == pytest.approx(0.4)
    assert row["coordination"] == pytest.approx(0.048 ** (1 / 6))
    assert (row["class_en"], row["class_zh"]) == ("primary coordination", "初级协调")
    assert found.choices == {
        "variant": "standard",
        "weights": "equal",
        "normalisation": "none",
        "thresholds": "ten classes of 0.1",
    }


@pytest.mark.parametrize("variant", ["standard", "wang", "fan"])
def test_figures_that_another_program_prints(variant):
    found = coupling_coordination(GUANGZHOU, variant=variant).table
    coupling, coordination = PRINTED[variant]
    np.testing.assert_allclose(found["coupling"], coupling, atol=SEVEN_DIGITS)
    np.testing.assert_allclose(found["coordination"], coordination, atol=SEVEN_DIGITS)


@settings(max_examples=60, deadline=None)
@given(SYSTEMS, st.permutations(range(3)), st.sampled_from(["standard", "wang", "fan"]))
def test_order_of_systems_does_not_matter_and_all_lies_within_0_and_1(u, order, variant):
    one = coupling_coordination(u, variant=variant).table
    other = coupling_coordination(u[:, order], variant=variant).table
    numbers = ["coupling", "development", "coordination"]
    np.testing.assert_allclose(one[numbers], other[numbers], atol=1e-12)
    assert one[numbers].to_numpy().min() >= 0
    assert one[numbers].to_numpy().max() <= 1 + 1e-12


@pytest.mark.parametrize("variant", ["standard", "wang", "fan"])
@pytest.mark.parametrize("level", [0.05, 0.5, 1.0])
def test_equal_systems_are_fully_coupled(variant, level):
    row = coupling_coordination([level] * 4, variant=variant).table.iloc[0]
    assert row["coupling"] == pytest.approx(1)
    assert row["coordination"] == pytest.approx(np.sqrt(level))


def test_forty_small_systems_do_not_vanish():
    """The product of forty numbers of 1e-9 is below the smallest float."""
    assert coupling_coordination(np.full((1, 40), 1e-9)).table["coupling"].iloc[0] == pytest.approx(1)


def test_entropy_weights_are_those_of_scipy():
    u = np.random.default_rng(4).random((9, 3)) + 0.1
    spare = 1 - np.array([entropy(column) / np.log(9) for column in u.T])
    np.testing.assert_allclose(entropy_weights(pd.DataFrame(u)), spare / spare.sum())


def test_a_system_without_differences_has_no_entropy_weight():
    u = pd.DataFrame({"same": [0.4, 0.4, 0.4], "differs": [0.1, 0.5, 0.9]})
    found = coupling_coordination(u, weights="entropy")
    assert found.weights.tolist() == pytest.approx([0, 1])
    np.testing.assert_allclose(found.table["development"], u["differs"])


def test_normalisations():
    raw = pd.DataFrame({"gdp": [10.0, 30.0, 20.0], "green": [1.0, 4.0, 3.0]}, index=["a", "b", "c"])
    scaled = coupling_coordination(raw, normalisation="minmax")
    assert scaled.table["development"].tolist() == pytest.approx([0, 1, (1 / 2 + 2 / 3) / 2])
    assert scaled.choices["normalisation"] == "min-max over the 3 observations"
    windowed = coupling_coordination(raw, normalisation="minmax", window=[(0, 0), (40, 5)])
    assert windowed.table["development"].tolist() == pytest.approx([(0.25 + 0.2) / 2, (0.75 + 0.8) / 2, 0.55])
    assert "given window" in windowed.choices["normalisation"]
    z = (raw - raw.mean()) / raw.std(ddof=0)
    by_z = coupling_coordination(raw, normalisation="z").table["development"]
    np.testing.assert_allclose(by_z, norm.cdf(z).mean(axis=1))


def test_a_band_holds_all_that_weights_can_do():
    """Of two systems D^2 / C is even between the two over even weights."""
    u = np.array([[0.2, 0.8], [0.5, 0.5]])
    found = coupling_coordination(u, rng=np.random.default_rng(6), draws=20_000).table
    even = np.sqrt(found["coupling"] * (0.2 + 0.6 * np.array([0.05, 0.05])))
    assert found["low"].iloc[0] == pytest.approx(even.iloc[0], abs=0.005)
    assert found["high"].iloc[0] == pytest.approx(np.sqrt(found["coupling"].iloc[0] * (0.2 + 0.6 * 0.95)), abs=0.005)
    assert found["low"].iloc[1] == pytest.approx(found["high"].iloc[1]) == pytest.approx(np.sqrt(0.5))
    again = coupling_coordination(u, rng=np.random.default_rng(6), draws=20_000).table
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.parametrize(("degree", "place"), [(0.0, 0), (0.3, 3), (0.5, 5), (0.999, 9), (1.0, 9)])
def test_a_class_holds_its_lower_threshold(degree, place):
    row = coupling_coordination([degree**2] * 2).table.iloc[0]
    assert (row["class_en"], row["class_zh"]) == CLASSES[place]


def test_every_output_names_its_choices():
    found = coupling_coordination([[0.2, 0.4], [0.6, 0.5]], variant="wang", weights=[0.7, 0.3], normalisation="minmax")
    told = found.notices.render()
    assert all(word in told for word in ("wang", "given (0.7, 0.3)", "min-max over the 2 observations"))
    told = found.notices.render(lang="zh")
    assert all(word in told for word in ("wang", "给定（0.7, 0.3）", "对 2 个观测作极差标准化", "不可比"))
    assert found.choices.keys() == found.choices_zh.keys()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coupling_coordination([0.5]), "u has 1 systems and 1 observations; coupling takes at least two"),
        (
            lambda: coupling_coordination(pd.DataFrame({"gdp": [0.2, 3.0], "green": [0.1, 0.2]}, index=["a", "b"])),
            "1 values that cannot be used, the first is 3 of observation 'b', system 'gdp'; expected 0 to 1. Normalise",
        ),
        (lambda: coupling_coordination([[0.2, np.nan]]), "the first is nan of observation 0, system 1; expected a fin"),
        (
            lambda: coupling_coordination([[0.2, 0.4], [0.2, 0.5]], normalisation="minmax"),
            "system 0 has no range to normalise over",
        ),
        (lambda: coupling_coordination([[0.2, 0.4]], weights="entropy"), "entropy weights of 1 observation"),
        (lambda: coupling_coordination([[0.2, 0.4]] * 3, weights="entropy"), "the same in every system"),
        (lambda: coupling_coordination([0.2, 0.4], weights=[0.5, 0.6]), "weights add up to 1.1; expected 1. Divide"),
        (lambda: coupling_coordination([0.2, 0.4], weights=[-0.5, 1.5]), "expected 2 numbers of at least 0"),
        (lambda: coupling_coordination([0.2, 0.4], weights=[1.0]), "expected 2 numbers of at least 0"),
        (lambda: coupling_coordination([0.2, 0.4], weights="even"), "weights is 'even'; expected equal, entropy or 2"),
        (lambda: coupling_coordination([0.2, 0.4], variant="liu"), "variant is 'liu'.*expected standard, wang, fan"),
    ],
    ids=[
        "one",
        "outside",
        "missing",
        "constant",
        "entropy-one",
        "entropy-same",
        "sum",
        "negative",
        "few",
        "word",
        "variant",
    ],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_weights_written_with_few_digits_are_taken():
    found = coupling_coordination([0.2, 0.4, 0.6], weights=[0.3333333, 0.3333333, 0.3333333])
    assert found.weights.sum() == pytest.approx(1, abs=1e-15)
    assert SUM_TOLERANCE >= 3e-7
