"""Gravity: published cases, plain dense regressions beside the absorbed ones, and what must hold of any flows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from megaregion.economy import borders, fit_gravity, furness
from megaregion.economy.deterrence import terms_of
from megaregion.errors import ConvergenceError, InputError

STOPPED_EARLY = 1e-3
"""The published deviance is of a fit stopped one step before its optimum, and leaves observed minus fitted out."""
SAME = 1e-7
"""Relative: two exact routes to one optimum differ by rounding."""


@pytest.fixture(scope="module")
def austria(shared_data):
    rows = pd.read_csv(shared_data / "economy" / "austria_migration.csv")
    rows = rows.rename(columns={"Origin": "from_id", "Destination": "to_id", "Data": "flow", "Dij": "cost"})
    rows.loc[rows["from_id"] == rows["to_id"], "flow"] = np.nan
    return rows


def made_flows(n=8, seed=1, zeros=0.2):
    """Random flows between places on a plane."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (n, 2))
    cost = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 5
    mean = np.exp(rng.normal(3, 1, n)[:, None] + rng.normal(0, 0.5, n) - 0.03 * cost)
    flows = rng.poisson(mean) * (rng.uniform(size=(n, n)) > zeros)
    return flows.astype(float), cost


def dense(flow, columns):
    """Fit by weighted least squares on all columns, dummies included: estimates, bread, scores, deviance."""
    fitted = (flow + flow.mean()) / 2
    predictor = np.log(fitted)
    for _ in range(12):
        working = predictor + (flow - fitted) / fitted
        information = columns.T @ (fitted[:, None] * columns)
        estimates = np.linalg.pinv(information) @ (columns.T @ (fitted * working))
        predictor = columns @ estimates
        fitted = np.exp(predictor)
    bread = np.linalg.pinv(columns.T @ (fitted[:, None] * columns))
    ratio = np.where(flow > 0, flow / fitted, 1.0)
    deviance = 2 * np.sum(flow * np.log(ratio) - flow + fitted)
    return estimates, bread, (flow - fitted)[:, None] * columns, deviance


def spread_of(bread, scores, labels):
    """Covariance clustered by labels, without a factor, from all pairs of observations that share one."""
    together = (np.array(labels)[:, None] == np.array(labels)).astype(float)
    return bread @ scores.T @ together @ scores @ bread


def dummies(labels):
    return pd.get_dummies(pd.Series(labels)).to_numpy(float)


def test_austrian_migration(austria):
    fit = fit_gravity(austria, austria["cost"], constraint="doubly", deterrence="exponential")
    assert fit.beta == pytest.approx(-0.00791533, abs=5e-9)
    assert fit.deviance == pytest.approx(9360.482093, abs=STOPPED_EARLY)
    assert fit.n_pairs == 72
    # statsmodels 0.15.0, GLM with dummies, tol 1e-14
    assert fit.deviance == pytest.approx(9360.482486420708, rel=1e-12)
    totals = fit.table.groupby("from_id")[["flow", "fitted"]].sum()
    np.testing.assert_allclose(totals["fitted"], totals["flow"], rtol=1e-12)
    totals = fit.table.groupby("to_id")[["flow", "fitted"]].sum()
    np.testing.assert_allclose(totals["fitted"], totals["flow"], rtol=1e-12)
    assert 0.8 < fit.cpc < 1
    assert 0.9 < fit.pseudo_r2 < 1


def test_the_published_deviance_is_of_five_steps(austria):
    """Five weighted regressions, and the deviance without its second part, give the figure to its last digit."""
    rows = austria.dropna(subset="flow")
    flow = rows["flow"].to_numpy(float)
    columns = np.column_stack([rows["cost"], dummies(rows["from_id"]), dummies(rows["to_id"])[:, 1:]])
    fitted = (flow + flow.mean()) / 2
    predictor = np.log(fitted)
    for _ in range(5):
        weighted = columns.T * fitted
        estimates = np.linalg.solve(weighted @ columns, weighted @ (predictor + (flow - fitted) / fitted))
        predictor = columns @ estimates
        fitted = np.exp(predictor)
    assert 2 * np.sum(flow * np.log(flow / fitted)) == pytest.approx(9360.482093, abs=1e-6)
    assert estimates[0] == pytest.approx(-0.00791533, abs=5e-9)


@pytest.mark.parametrize(
    ("cluster", "n", "error"),
    [
        (None, 72, 0.0006992700260471509),
        ("pair", 36, 0.0009377202964425352),
        ("origin", 9, 0.0007608383826225383),
        ("origin_destination", 9, 0.001116318645728299),
    ],
)
def test_standard_errors_of_another_program(austria, cluster, n, error):
    """Statsmodels 0.15.0, GLM with dummies, HC0 and clusters without correction; ours have the factor n / (n - 1)."""
    fit = fit_gravity(austria, austria["cost"], cluster=cluster)
    assert fit.coefficients.loc["cost", "se"] == pytest.approx(error * np.sqrt(n / (n - 1)), rel=1e-6)
    assert ("gravity_few_clusters" in {each.code for each in fit.notices}) == (n == 9)


@pytest.mark.parametrize("deterrence", ["exponential", "power", "tanner"])
@pytest.mark.parametrize("constraint", ["doubly", "production", "attraction", "unconstrained"])
def test_absorbed_effects_are_those_of_dummies(constraint, deterrence):
    flows, cost = made_flows(12)
    n = len(flows)
    mass = np.arange(1.0, n + 1)
    keep = ~np.eye(n, dtype=bool)
    origin, destination = (each[keep] for each in np.indices((n, n)))
    terms = terms_of(deterrence, cost[keep])
    columns = [*terms.values()]
    effects = {"origin": origin, "destination": destination}
    sides = {"doubly": ("origin", "destination"), "production": ("origin",), "attraction": ("destination",)}
    sides = sides.get(constraint, ())
    columns += [np.log(mass)[level] for side, level in effects.items() if side not in sides]
    blocks = [dummies(effects[side]) for side in sides] or [np.ones((len(origin), 1))]
    pair = [f"{min(a, b)}-{max(a, b)}" for a, b in zip(origin, destination, strict=True)]
    wanted, bread, scores, deviance = dense(flows[keep], np.column_stack([*columns, *blocks]))
    masses = {} if constraint == "doubly" else {"mass": mass}
    clusters = {None: range(len(pair)), "pair": pair, "origin": origin, "destination": destination}
    covariances = {}
    for cluster, labels in clusters.items():
        fit = fit_gravity(flows, cost, constraint=constraint, deterrence=deterrence, cluster=cluster, **masses)
        k = len(fit.coefficients)
        covariances[cluster] = spread_of(bread, scores, labels)[:k, :k]
        groups = len(set(labels))
        np.testing.assert_allclose(fit.covariance, covariances[cluster] * groups / (groups - 1), rtol=1e-5)
    np.testing.assert_allclose(fit.coefficients["estimate"], wanted[:k], rtol=SAME)
    assert fit.deviance == pytest.approx(deviance, rel=SAME)
    both = fit_gravity(
        flows, cost, constraint=constraint, deterrence=deterrence, cluster="origin_destination", **masses
    )
    sum_of_both = covariances["origin"] + covariances["destination"]
    apart = sum_of_both - covariances[None]
    two_ways = apart if np.linalg.eigvalsh(apart).min() > 0 else sum_of_both
    np.testing.assert_allclose(both.covariance, two_ways * n / (n - 1), rtol=1e-5)


def test_groups_of_pairs_and_a_border_have_effects_of_their_own():
    flows, cost = made_flows(9, seed=3, zeros=0.0)
    labels = np.array(list("AAABBBCCC"))
    keep = ~np.eye(9, dtype=bool)
    origin, destination = (each[keep] for each in np.indices((9, 9)))
    both = np.array([["".join(sorted(one + other)) for other in labels] for one in labels])
    blocks = [dummies(origin), dummies(destination)]
    across = borders(labels)
    wanted, bread, scores, _ = dense(flows[keep], np.column_stack([np.log(cost[keep]), across[keep], *blocks]))
    fit = fit_gravity(flows, cost, deterrence="power", covariates={"border": across})
    np.testing.assert_allclose(fit.coefficients["estimate"], wanted[:2], rtol=SAME)
    np.testing.assert_allclose(fit.covariance, spread_of(bread, scores, range(72))[:2, :2] * 72 / 71, rtol=1e-5)
    reach = fit.coefficients["ci_high"] - fit.coefficients["estimate"]
    np.testing.assert_allclose(reach, 1.959963984540054 * fit.coefficients["se"])
    wanted, _, _, deviance = dense(flows[keep], np.column_stack([np.log(cost[keep]), *blocks, dummies(both[keep])]))
    fit = fit_gravity(flows, cost, deterrence="power", groups=both)
    assert fit.beta == pytest.approx(wanted[0], rel=SAME)
    assert fit.deviance == pytest.approx(deviance, rel=SAME)
    assert list(fit.effects) == ["origin", "destination", "group"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(6)), st.floats(1e-3, 1e3), st.floats(0.01, 100))
def test_order_and_units_do_not_matter(seed, order, unit, pace):
    flows, cost = made_flows(6, seed=seed, zeros=0.0)
    flows += 1
    one = fit_gravity(flows, cost)
    other = fit_gravity(unit * flows[np.ix_(order, order)], pace * cost[np.ix_(order, order)])
    assert other.beta * pace == pytest.approx(one.beta, rel=1e-6, abs=1e-9)
    assert other.deviance == pytest.approx(one.deviance * unit, rel=1e-6)
    assert other.residual < 1e-9


def test_rows_tables_and_labels_in_any_order_say_the_same():
    flows, cost = made_flows(5, zeros=0.0)
    ids = [f"00{index}" for index in range(5)]
    table, costs = (pd.DataFrame(each, index=ids, columns=ids) for each in (flows, cost))
    one = fit_gravity(table, costs.loc[ids[::-1], ids[::-1]])
    rows = pd.DataFrame({"from_id": np.repeat(ids, 5), "to_id": np.tile(ids, 5), "flow": flows.reshape(-1)})
    rows = rows.assign(cost=cost.reshape(-1)).sample(frac=1, random_state=1)
    other = fit_gravity(rows, rows["cost"])
    assert other.beta == pytest.approx(one.beta, rel=1e-10)
    pd.testing.assert_frame_equal(one.table, other.table)


def test_flows_without_error_give_what_made_them():
    """With deterrence cost^-1.5 exactly, the fit is perfect and its errors are 0."""
    _, cost = made_flows(6)
    flows = np.outer(np.arange(1.0, 7), np.arange(2.0, 8)) * cost**-1.5
    fit = fit_gravity(flows, cost, deterrence="power")
    assert fit.beta == pytest.approx(-1.5, rel=1e-9)
    assert fit.deviance == pytest.approx(0, abs=1e-9)
    own = fit_gravity(flows, cost, deterrence=np.log)
    assert own.beta == pytest.approx(-1.5, rel=1e-9)
    assert own.deterrence == "own"
    steps = fit_gravity(flows, cost, deterrence=lambda c: {"near": c < 40, "log": np.log(c)})
    assert steps.coefficients.loc["near", "estimate"] == pytest.approx(0, abs=1e-9)


def test_pairs_that_a_term_sets_apart_are_left_out_and_said():
    """No flow goes between A and B: a term for these pairs would run to minus infinity."""
    flows, cost = made_flows(8, zeros=0.0)
    flows += 1
    closed = np.zeros((8, 8))
    closed[:3, 5:] = closed[5:, :3] = 1
    flows[closed == 1] = 0
    fit = fit_gravity(flows, cost, covariates={"closed": closed})
    codes = [each.code for each in fit.notices]
    assert codes == ["gravity_separated", "gravity_term_without_estimate"]
    assert fit.n_pairs == 56 - 18
    rest = fit_gravity(np.where(closed == 1, np.nan, flows), cost)
    assert fit.beta == pytest.approx(rest.beta, rel=SAME)
    assert list(fit.coefficients.index) == ["cost"]


def test_a_place_without_flows_is_left_out_and_said():
    flows, cost = made_flows(6, zeros=0.0)
    flows += 1
    flows[2] = 0
    fit = fit_gravity(flows, cost)
    (notice,) = fit.notices
    assert notice.code == "gravity_zero_margin"
    assert "'2'" in notice.message
    assert fit.n_pairs == 25
    assert np.isfinite(fit.coefficients.to_numpy()).all()


def test_other_costs_move_flows_or_make_them():
    flows, cost = made_flows(7, zeros=0.0)
    flows += 1
    fit = fit_gravity(flows, cost)
    for keep in ("totals", "effects"):
        same = fit.predict(cost, keep=keep)
        np.testing.assert_allclose(same["predicted"], same["fitted"], rtol=1e-9)
    faster = np.where(np.indices(cost.shape).sum(axis=0) == 1, cost / 2, cost)
    kept = fit.predict(faster, keep="totals").merge(fit.table)
    for side in ("from_id", "to_id"):
        totals = kept.groupby(side)[["predicted", "fitted"]].sum()
        np.testing.assert_allclose(totals["predicted"], totals["fitted"], rtol=1e-9)
    more = fit.predict(faster, keep="effects").set_index(["from_id", "to_id"])
    grown = more["predicted"] / more["fitted"]
    assert grown["0", "1"] == pytest.approx(np.exp(-fit.beta * cost[0, 1] / 2))
    assert (grown.drop([("0", "1"), ("1", "0")]) == 1).all()
    closed = cost.copy()
    closed[0, 1] = np.inf
    assert fit.predict(closed).set_index(["from_id", "to_id"]).loc[("0", "1"), "predicted"] == 0
    single = fit_gravity(flows, cost, constraint="production")
    np.testing.assert_allclose(
        single.predict(faster).groupby(single.table["from_id"])["predicted"].sum(),
        single.table.groupby("from_id")["flow"].sum(),
    )
    closed[0] = np.inf
    with pytest.raises(InputError, match="origin '0' loses all of its pairs"):
        single.predict(closed)


def test_totals_are_met_by_hand():
    """Rows 1:1 and 1:1 over columns 30 and 10: three quarters to the first."""
    found = furness([[1, 1], [1, 1]], [20, 20], [30, 10])
    np.testing.assert_allclose(found.flows, [[15, 5], [15, 5]])
    with pytest.raises(InputError, match="add up to 40, of destinations to 41"):
        furness([[1, 1], [1, 1]], [20, 20], [30, 11])
    with pytest.raises(InputError, match="origin 1 has a total above 0 and no pair"):
        furness([[1, 1], [0, 0]], [20, 20], [30, 10])
    with pytest.raises(ConvergenceError, match="residual"):
        furness([[1, 0], [1, 1]], [20, 20], [10, 30])


FLOWS, COST = made_flows(5, zeros=0.0)


def changed(table, value, at=(0, 1)):
    table = table.copy()
    table[at] = value
    return table


@pytest.mark.parametrize(
    ("flows", "cost", "options", "said"),
    [
        (FLOWS, changed(COST, np.nan), {}, "'0' to '1': the cost is not known; expected the cost of every pair"),
        (FLOWS, changed(COST, -3), {}, "'0' to '1': the cost is -3; expected a cost of at least 0"),
        (FLOWS, changed(COST, 0), {"deterrence": "power"}, "'0' to '1': the cost is 0; expected a cost above 0"),
        (FLOWS + 1, changed(COST, np.inf), {}, "expected no flow where the cost is infinite"),
        (changed(FLOWS, -1), COST, {}, "'0' to '1': the flow is -1; expected a number of at least 0"),
        (changed(FLOWS, np.inf), COST, {}, "'0' to '1': the flow is inf; expected a number of at least 0"),
        (np.diag(np.arange(1.0, 6)), COST, {}, "all 20 flows that count are 0"),
        (FLOWS, COST[:4], {}, r"cost has shape \(4, 5\); expected \(5, 5\)"),
        (FLOWS, COST, {"constraint": "double"}, "constraint is 'double'; expected doubly, production"),
        (FLOWS, COST, {"deterrence": "exponental"}, "Did you mean 'exponential'"),
        (FLOWS, COST, {"deterrence": lambda c: c[:3]}, r"expected a function of cost that gives \(20,\) finite"),
        (FLOWS, COST, {"mass": np.ones(5)}, "doubly constrained: fixed effects take it in"),
        (FLOWS, COST, {"mass": [1, 0, 1, 1, 1], "constraint": "production"}, "mass of destination '1' is 0"),
        (FLOWS, COST, {"mass": np.ones(4), "constraint": "production"}, r"shape \(4,\); expected \(5,\)"),
        (FLOWS, COST, {"covariates": {"cost": COST}}, "covariate 'cost' has the name of another term"),
        (FLOWS, COST, {"covariates": {"x": changed(COST, np.nan)}}, "covariate 'x' is not a finite number for 1 pairs"),
        (FLOWS, COST, {"covariates": {"x": COST * 2 + 1}}, "term 'x' is made up by the effects"),
        (FLOWS, np.ones((5, 5)), {}, "term 'cost' is made up by the effects"),
        (FLOWS[:3, :3], COST[:3, :3], {}, "6 pairs cannot tell 6 coefficients"),
        (FLOWS, COST, {"cluster": "pairs"}, "cluster is 'pairs'; expected origin, destination"),
        (FLOWS[0], COST, {}, "flows have 1 dimensions"),
    ],
)
def test_bad_input_is_named(flows, cost, options, said):
    with pytest.raises(InputError, match=said):
        fit_gravity(flows, cost, **options)


def test_ids_that_do_not_meet_and_pairs_that_stand_twice():
    ids = ["0012", "13", "14", "15", "16"]
    table = pd.DataFrame(FLOWS, index=ids, columns=ids)
    other = ["12", *ids[1:]]
    with pytest.raises(InputError, match=r"cost lacks origins of the flows: '0012'.*'0012' is not '12'"):
        fit_gravity(table, pd.DataFrame(COST, index=other, columns=other))
    rows = pd.DataFrame({"from_id": ["a", "b", "a"], "to_id": ["b", "a", "b"], "flow": [1, 2, 3]})
    with pytest.raises(InputError, match="the pair 'a' to 'b' stands in row 1 and again in row 3"):
        fit_gravity(rows, [1, 1, 1])


def separated_by_program(flow, columns):
    """Zeros that some direction of the columns lowers alone: the largest such set, by linear programmes."""
    apart = np.zeros(len(flow), dtype=bool)
    while True:
        free = (flow == 0) & ~apart
        # z <= 0 on zeros, z = 0 where something flows; lower z as far as -1 where it can be
        held = columns[flow > 0]
        found = linprog(
            columns[free].sum(axis=0),
            A_ub=np.vstack([columns[free], -columns[free]]),
            b_ub=np.concatenate([np.zeros(free.sum()), np.ones(free.sum())]),
            A_eq=held,
            b_eq=np.zeros(len(held)),
            bounds=(None, None),
        )
        lowered = np.zeros(len(flow), dtype=bool)
        lowered[free] = columns[free] @ found.x < -1e-6
        if not lowered.any():
            return apart
        apart |= lowered


@pytest.mark.parametrize("seed", range(12))
def test_what_is_set_apart_is_what_a_linear_programme_finds(seed):
    """Few flows, many zeros, terms of 0 and 1: most of these worlds have pairs that some term sets apart."""
    rng = np.random.default_rng(seed)
    n = 7
    flows = rng.poisson(0.7, (n, n)).astype(float)
    cost = rng.uniform(1, 5, (n, n))
    terms = {name: (rng.uniform(size=(n, n)) < 0.15).astype(float) for name in ("a", "b")}
    keep = ~np.eye(n, dtype=bool)
    origin, destination = (each[keep] for each in np.indices((n, n)))
    columns = np.column_stack(
        [cost[keep], *(each[keep] for each in terms.values()), dummies(origin), dummies(destination)]
    )
    wanted = separated_by_program(flows[keep], columns)
    fit = fit_gravity(flows, cost, covariates=terms)
    assert fit.n_pairs == n * (n - 1) - wanted.sum()
    rest = flows.copy()
    rest[keep] = np.where(wanted, np.nan, flows[keep])
    kept = [name for name in terms if name in fit.coefficients.index]
    again = fit_gravity(rest, cost, covariates={name: terms[name] for name in kept})
    np.testing.assert_allclose(again.coefficients["estimate"], fit.coefficients["estimate"], rtol=1e-5)


def test_few_pairs_of_many_places_and_three_dimensions_of_effects():
    """A tenth of the pairs is known: crossings of levels are sparse, and the fit is that of dummies."""
    rng = np.random.default_rng(3)
    n, pairs = 40, 330
    rows = pd.DataFrame({"from_id": rng.integers(0, n, 2 * pairs), "to_id": rng.integers(0, n, 2 * pairs)})
    rows = rows[rows["from_id"] != rows["to_id"]].drop_duplicates().head(pairs)
    cost = rng.uniform(1, 20, len(rows))
    group = rng.integers(0, 4, len(rows))
    rows["flow"] = rng.poisson(np.exp(2 + 0.3 * group - 0.1 * cost)) + (np.arange(len(rows)) % 3 == 0)
    fit = fit_gravity(rows, cost, groups=group, cluster=group)
    blocks = [dummies(rows["from_id"]), dummies(rows["to_id"]), dummies(group)]
    wanted, bread, scores, deviance = dense(rows["flow"].to_numpy(float), np.column_stack([cost, *blocks]))
    assert fit.beta == pytest.approx(wanted[0], rel=SAME)
    assert fit.deviance == pytest.approx(deviance, rel=SAME)
    assert fit.covariance[0, 0] == pytest.approx(spread_of(bread, scores, group)[0, 0] * 4 / 3, rel=1e-5)
