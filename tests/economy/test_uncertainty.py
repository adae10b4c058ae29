"""Bands: nothing drawn is a point, one thing drawn drives all, and the certificate says what it rests on."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from megaregion.economy import (
    Distribution,
    EconomyData,
    Project,
    SpatialModel,
    TimeCosts,
    calibrate,
    counterfactual,
    read_parameters,
    welfare_bands,
)
from megaregion.economy.distributions import draw_evenly
from megaregion.economy.variance_shares import variance_shares
from megaregion.errors import InputError

FIXED = {
    "trade_elasticity": Distribution("fixed", 4.0),
    "location_elasticity": Distribution("fixed", 4.6),
    "commuting_time_elasticity": Distribution("fixed", 0.47),
    "goods_share": Distribution("fixed", 0.7),
    "agglomeration": Distribution("fixed", 0.05),
    "business_time_elasticity": Distribution("fixed", 0.05),
}


def project(n=6, factors=(1.0,), **changed):
    rng = np.random.default_rng(2)
    before = rng.uniform(1800, 7200, (n, n))
    after = before.copy()
    # faster from one place, but nothing nearer than the nearest two were
    after[0, 1:] = np.maximum(0.8 * after[0, 1:], before[~np.eye(n, dtype=bool)].min())
    np.fill_diagonal(before, 1500)
    np.fill_diagonal(after, 1500)
    fields = {
        "ids": tuple("abcdef"[:n]),
        "employment": np.exp(rng.normal(0, 1, n)),
        "wages": np.exp(rng.normal(0, 0.2, n)),
        "residents": np.exp(rng.normal(0, 1, n)),
        "distance_m": before * 20,
        "before_s": np.stack([before * factor for factor in factors]),
        "after_s": np.stack([after * factor**0.5 for factor in factors]),
        "percentiles": tuple(np.linspace(5, 95, len(factors))) if len(factors) > 1 else (50.0,),
    }
    return Project(**(fields | changed))


def test_nothing_drawn_is_the_one_counterfactual():
    asked = project()
    bands = welfare_bands(asked, FIXED, draws=20)
    costs = TimeCosts(commuting=0.47, business=0.05)
    model = SpatialModel.monte_redding_rossi_hansberg(
        sigma=5, goods_share=0.7, location_elasticity=4.6, agglomeration=0.05
    )
    data = EconomyData(
        employment=asked.employment,
        wages=asked.wages,
        residents=asked.residents,
        trade_cost=costs.trade_cost(asked.distance_m),
        commuting_cost=costs.commuting_cost(asked.before_s[0]),
    )
    goods, ways = costs.changes(asked.before_s[0], asked.after_s[0])
    found = counterfactual(calibrate(model, data), cost_hat=goods, commuting_hat=ways)
    assert bands.welfare == pytest.approx([found.welfare] * 3)
    np.testing.assert_allclose(bands.table["rent_hat_low"], found.table["rent_hat"])
    np.testing.assert_allclose(bands.table["rent_hat_high"], found.table["rent_hat"])
    assert bands.certificate.valid
    assert not len(bands.notices)


def test_what_alone_is_drawn_explains_all():
    bands = welfare_bands(project(), FIXED | {"location_elasticity": Distribution("uniform", 3, 7)}, draws=60)
    low, middle, high = bands.welfare
    assert low < middle < high
    assert bands.drivers.loc["location_elasticity", ("welfare", "")] == pytest.approx(1, abs=0.01)
    assert (bands.drivers.loc["location_elasticity"] > 0.9).all()
    assert bands.draws["location_elasticity"].between(3, 7).all()


def test_errors_and_departures_make_bands_too():
    parameters = FIXED | {
        "wage_error": Distribution("fixed", 0.05),
        "timetable_percentile": Distribution("uniform", 5, 95),
    }
    bands = welfare_bands(project(factors=(1.0, 1.3, 2.0)), parameters, draws=200)
    assert list(bands.drivers.index) == ["timetable_percentile", "measurement", "interactions"]
    assert bands.drivers.loc["measurement", ("wage_hat", "b")] > 0.005
    assert bands.drivers.loc["timetable_percentile", ("welfare", "")] > 0.5
    assert "Sobol" in bands.method


def test_the_same_draws_each_time_and_others_if_asked():
    parameters = FIXED | {"goods_share": Distribution("uniform", 0.65, 0.8)}
    first, again = (welfare_bands(project(), parameters, draws=20) for _ in range(2))
    other = welfare_bands(project(), parameters, draws=20, rng=np.random.default_rng(9))
    assert first.welfare == again.welfare != other.welfare


def test_draws_outside_the_unique_range_and_without_an_answer_are_counted():
    """At 0.25 love of variety is whole: a fifth above is beyond what is proven."""
    parameters = FIXED | {"agglomeration": Distribution("uniform", 0.0, 0.25)}
    bands = welfare_bands(project(), parameters, draws=40)
    assert 0 < bands.certificate.unique < 1
    assert not bands.certificate.valid
    assert "draws lie outside the unique range" in bands.notices.render()
    lost = welfare_bands(project(), FIXED | {"goods_share": Distribution("uniform", 0.6, 1.2)}, draws=40)
    assert lost.certificate.solved == pytest.approx(40 * 2 / 3, abs=1)
    assert "draws have no equilibrium found" in lost.notices.render()
    assert lost.certificate.failures[0][0].startswith("SpatialModel")


def test_a_project_beyond_experience_is_said_to_be():
    shrunk = project()
    after = shrunk.before_s.copy()
    after[0, 0, 1] = 100.0
    bands = welfare_bands(project(after_s=after), FIXED, draws=20)
    assert bands.certificate.extrapolating == (("a", "b"),)
    assert "1 pairs (first: a to b) become nearer in time than any two places were" in bands.notices.render()


def test_percentiles_between_those_given_lie_on_a_line():
    asked = project(factors=(1.0, 3.0), percentiles=(10.0, 90.0))
    np.testing.assert_allclose(asked.at(50)[0], 2 * asked.before_s[0])
    for percentile, row in ((0, 0), (10, 0), (90, 1), (100, 1)):
        np.testing.assert_array_equal(asked.at(percentile)[0], asked.before_s[row])


@pytest.mark.parametrize(
    ("changed", "settings", "message"),
    [
        ({"velocity": Distribution("fixed", 1)}, {}, "no parameter 'velocity'; the parameters are trade_elasticity, "),
        ({}, {"draws": 5}, "draws is 5; expected 20 or more"),
        ({}, {"level": 90}, "level is 90; expected a share of draws"),
        ({"timetable_percentile": Distribution("uniform", 5, 95)}, {}, "travel times are given at percentile 50 only"),
        (
            {"wage_error": Distribution("uniform", 0, 1)},
            {},
            "wage_error is uniform; expected fixed, as it is the spread",
        ),
        ({"goods_share": Distribution("uniform", 2, 3)}, {}, "'goods_share' is 2.5; expected a share above 0"),
    ],
    ids=["unknown", "draws", "level", "percentile", "spread", "impossible"],
)
def test_what_cannot_be_drawn_is_refused(changed, settings, message):
    with pytest.raises(InputError, match=message):
        welfare_bands(project(), FIXED | changed, **({"draws": 20} | settings))


def test_what_the_model_lacks_is_said():
    with pytest.raises(InputError, match="parameters lack trade_elasticity and location_elasticity"):
        welfare_bands(project(), {"commuting_time_elasticity": Distribution("fixed", 0.5)}, draws=20)
    with pytest.raises(InputError, match=r"before_s has shape \(1, 2, 2\); expected \(1, 6, 6\), perc"):
        project(before_s=np.ones((2, 2)))


def test_minutes_given_as_seconds_are_noticed():
    given = project()
    bands = welfare_bands(project(before_s=given.before_s / 60, after_s=given.after_s / 60), FIXED, draws=20)
    assert "distances over times before are 4.32e+03 km/h in the middle: are these m and s?" in bands.notices.render()


def test_figures_of_a_project_go_by_their_labels():
    given = project()
    turned = project(wages=pd.Series(given.wages, index=list(given.ids)).iloc[::-1])
    np.testing.assert_array_equal(turned.wages, given.wages)
    with pytest.raises(InputError, match="wages of c is nan; expected a finite number above 0"):
        project(wages=pd.Series(given.wages, index=list(given.ids)).drop("c"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("beta", 1, 2), "parameter x: distribution is 'beta'; expected one of fixed, uniform, normal, lognormal"),
        (("uniform", 2, 1), "parameter x: distribution uniform: b is 1.0; expected a finite number above a, 2"),
        (("lognormal", -1, 1), "distribution lognormal: a is -1.0; expected a number above 0"),
        (("fixed", np.nan, np.nan), "distribution fixed: a is nan"),
    ],
    ids=["kind", "ends", "sign", "blank"],
)
def test_rows_that_are_no_distribution_are_refused(row, message):
    table = pd.DataFrame([("x", *row)], columns=["parameter", "distribution", "a", "b"])
    with pytest.raises(InputError, match=message):
        read_parameters(table)


@pytest.mark.parametrize("kind", ["uniform", "normal", "lognormal"])
def test_draws_are_even_and_lie_where_the_table_says(kind):
    values, shares = draw_evenly({"x": Distribution(kind, 2, 8)}, 1000, np.random.default_rng(0))
    assert sorted(np.floor(shares["x"] * 1000)) == list(range(1000))
    outside = np.mean((values["x"] < 2) | (values["x"] > 8))
    assert outside == pytest.approx(0 if kind == "uniform" else 0.1, abs=0.002)


def test_shares_of_variance_of_a_sum_are_those_of_its_parts():
    """Var(3u) : Var(v) : Var(sets) = 9 : 1 : 12 Var(sets); a product of two adds what neither explains alone."""
    rng = np.random.default_rng(4)
    u, v = (rng.permutation(4000) + 0.5) / 4000, (rng.permutation(4000) + 0.5) / 4000
    which = rng.permutation(np.arange(4000) % 50)
    shift = rng.normal(0, 0.5, 50)
    sums = 3 * u + v + shift[which]
    product = (u - 0.5) * (v - 0.5)
    found = variance_shares(np.column_stack([sums, product]), {"u": u, "v": v}, {"sets": which})
    total = 10 / 12 + shift.var()
    assert found[0].to_dict() == pytest.approx(
        {"u": 9 / 12 / total, "v": 1 / 12 / total, "sets": shift.var() / total, "interactions": 0}, abs=0.02
    )
    assert found.loc["interactions", 1] == pytest.approx(1, abs=0.03)


def test_the_shipped_parameters_are_distributions_with_a_citation_and_a_status():
    table = pd.read_csv(files("megaregion") / "examples" / "yrd" / "parameters.csv")
    parameters = read_parameters(table)
    assert {"trade_elasticity", "location_elasticity", "commuting_time_elasticity"} <= set(parameters)
    assert table["citation"].str.len().min() > 5
    assert set(table["status"]) <= {"confirmed", "unverified", "illustrative"}
    # what nobody has measured says so
    assert set(table.loc[table["citation"].str.startswith("Chosen"), "status"]) == {"illustrative"}
    bands = welfare_bands(project(factors=(1.0, 1.2, 1.5)), parameters, draws=40)
    assert bands.certificate.converged == 1
