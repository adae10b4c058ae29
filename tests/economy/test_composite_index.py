"""An index over years: by hand, against logarithms, and what must hold whatever the units and the base."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from megaregion.economy import Indicator, build_index
from megaregion.errors import InputError

PARTS = (
    Indicator(name="minutes", group="time", better="less"),
    Indicator(name="trains", group="supply"),
    Indicator(name="links", group="supply"),
)
VALUES = pd.DataFrame(
    {"minutes": [100.0, 80.0, 50.0], "trains": [10.0, 20.0, 40.0], "links": [4.0, 5.0, 16.0]}, index=[2010, 2015, 2020]
)
ANY = arrays(np.float64, (3, 3), elements=st.floats(0.01, 1e6))


def test_an_index_worked_by_hand():
    """2020: time 200; supply geometric mean of 400 and 400; index the root of 200 x 400."""
    found = build_index(VALUES, PARTS, base=2010)
    assert found.table.loc[2010, ["index", "time", "supply"]].tolist() == pytest.approx([100, 100, 100])
    assert found.table.loc[2020, ["index", "time", "supply"]].tolist() == pytest.approx([np.sqrt(80_000), 200, 400])
    assert found.relatives.loc[2015].tolist() == pytest.approx([125, 200, 125])
    assert found.weights.to_dict() == {"time": 0.5, "supply": 0.5}
    assert found.choices["base"] == "2010 = 100"
    arithmetic = build_index(VALUES, PARTS, base=2010, mean="arithmetic", weights={"time": 0.25, "supply": 0.75})
    assert arithmetic.table.loc[2020, "index"] == pytest.approx(0.25 * 200 + 0.75 * 400)
    assert arithmetic.choices["weights"] == "given (time 0.25, supply 0.75)"


@settings(max_examples=60, deadline=None)
@given(ANY, arrays(np.float64, 3, elements=st.floats(1e-3, 1e3)))
def test_units_do_not_matter_and_a_year_grows_the_same_from_every_base(values, scale):
    frame = pd.DataFrame(values, index=VALUES.index, columns=VALUES.columns)
    one = build_index(frame, PARTS, base=2010).table["index"]
    np.testing.assert_allclose(build_index(frame * scale, PARTS, base=2010).table["index"], one, rtol=1e-9)
    other = build_index(frame, PARTS, base=2015).table["index"]
    np.testing.assert_allclose(other / other[2010], one / one[2010], rtol=1e-9)
    # mean of logarithms, with the weight of a sub-index shared among its indicators
    logs = np.log(values / values[0]) * [-1, 1, 1] @ [0.5, 0.25, 0.25]
    np.testing.assert_allclose(np.log(one / 100), logs, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(ANY)
def test_a_band_lies_within_the_sub_indices(values):
    frame = pd.DataFrame(values, index=VALUES.index, columns=VALUES.columns)
    table = build_index(frame, PARTS, base=2010, rng=np.random.default_rng(3), draws=200).table
    parts = table[["time", "supply"]]
    assert (table["low"] >= parts.min(axis=1) * (1 - 1e-9)).all()
    assert (table["high"] <= parts.max(axis=1) * (1 + 1e-9)).all()
    assert table.loc[2010, ["low", "high"]].tolist() == pytest.approx([100, 100])


def test_the_band_of_two_sub_indices_is_even_between_their_logarithms():
    table = build_index(VALUES, PARTS, base=2010, rng=np.random.default_rng(5), draws=40_000).table
    assert table.loc[2020, "low"] == pytest.approx(200 * 2**0.05, rel=0.01)
    assert table.loc[2020, "high"] == pytest.approx(200 * 2**0.95, rel=0.01)


def test_a_year_that_lacks_an_indicator_has_no_index_and_is_named():
    values = VALUES.copy()
    values.loc[2015, "links"] = np.nan
    found = build_index(values, PARTS, base=2010, rng=np.random.default_rng(1), draws=50)
    assert found.missing == {2015: ("links",)}
    assert np.isnan(found.table.loc[2015, ["index", "low", "high", "supply"]].to_numpy(float)).all()
    assert found.table.loc[2015, "time"] == pytest.approx(125)
    assert found.table.loc[2020, "index"] == pytest.approx(np.sqrt(80_000))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_index(VALUES, PARTS, base=2011), "base year 2011 lacks every indicator.*Complete: 2010, 2015"),
        (
            lambda: build_index(VALUES.drop(columns="links"), PARTS, base=2010),
            "lack the indicators links; columns: minutes, trains",
        ),
        (lambda: build_index(VALUES, (), base=2010), "none is given"),
        (lambda: build_index(VALUES * -1, PARTS, base=2010), "'minutes' of 2010 is -100; expected a number above 0"),
        (
            lambda: build_index(VALUES, PARTS, base=2010, weights={"time": 0.5, "supply": 0.6}),
            "sub-indices add up to 1.1; expected 1",
        ),
        (lambda: build_index(VALUES, PARTS, base=2010, weights={"time": 1.0}), "the sub-indices are time, supply"),
        (lambda: build_index(VALUES, PARTS, base=2010, mean="harmonic"), "mean is 'harmonic'; expected geometric or"),
    ],
    ids=["base", "column", "none", "negative", "sum", "group", "mean"],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_base_that_is_incomplete_says_what_lacks():
    values = VALUES.copy()
    values.loc[2010, "links"] = np.nan
    with pytest.raises(InputError, match=r"base year 2010 lacks links; .* Complete: 2015, 2020"):
        build_index(values, PARTS, base=2010)
