"""Gravity models of flows between places: estimated by Poisson pseudo-maximum likelihood, and used to produce flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import erfc, ndtri

from megaregion.economy.deterrence import Deterrence, check_kind, terms_of
from megaregion.economy.gravity_sample import (
    CONSTRAINTS,
    Sample,
    chosen_pairs,
    cluster_labels,
    explain,
    levels_of,
    without_empty,
)
from megaregion.economy.pairs import read_pairs
from megaregion.economy.poisson import absorbed_columns, fit_poisson, poisson_deviance
from megaregion.economy.sandwich import sandwich
from megaregion.errors import ConvergenceError, InputError
from megaregion.notices import Notices
from megaregion.region.markup import shown_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from megaregion.economy.poisson import PoissonFit

    F64 = NDArray[np.float64]

FEW_CLUSTERS = 20
"""Fewer clusters give standard errors that are too small (Cameron, Gelbach and Miller 2008)."""


@dataclass(frozen=True, slots=True)
class GravityFit:
    """
    A fitted gravity model.

    Attributes
    ----------
    constraint, deterrence
        What was fitted; "own" = a function.
    coefficients
        One row a term, `term` as index: estimate, se, z, p_value, ci_low and ci_high (95 %). Terms are those of
        deterrence (cost, log_cost), log_origin_mass and log_destination_mass, and the covariates.
    covariance
        (k, k) of the estimates.
    standard_errors
        What they hold under: "robust", or the clusters.
    clusters
        How many there are, one number for each way; empty = robust.
    effects
        Fixed effects by dimension (origin, destination, group, constant), in logs, indexed by id. All but the first
        have mean 0; the first carries the level.
    deviance, null_deviance
        Of the fit, and of one with the same flow for all pairs.
    srmse
        Standardised root mean square error: over the mean flow.
    cpc
        Common part of commuters (Sørensen): 1 = flows agree, 0 = nothing in common.
    n_pairs
        Pairs that counted.
    iterations
        Newton steps.
    residual
        Largest relative error of a total that the model reproduces.
    notices
        What was left out and why.
    """

    constraint: str
    deterrence: str
    coefficients: pd.DataFrame
    covariance: F64 = field(repr=False)
    standard_errors: str
    clusters: tuple[int, ...]
    effects: Mapping[str, pd.Series] = field(repr=False)
    deviance: float
    null_deviance: float
    srmse: float
    cpc: float
    n_pairs: int
    iterations: int
    residual: float
    notices: Notices = field(repr=False)
    _sample: Sample = field(repr=False)
    _fitted: F64 = field(repr=False)
    _function: Deterrence = field(repr=False)

    @property
    def beta(self) -> float:
        """Coefficient of the first term of deterrence: per unit of cost (exponential), or an elasticity (power)."""
        return float(self.coefficients["estimate"].iloc[0])

    @property
    def pseudo_r2(self) -> float:
        """Share of the null deviance that the model explains."""
        return 1.0 - self.deviance / self.null_deviance if self.null_deviance > 0 else 1.0

    @property
    def table(self) -> pd.DataFrame:
        """One row a pair that counted: from_id, to_id, flow, cost, fitted."""
        pairs = self._sample.pairs
        ids = {
            "from_id": np.array(pairs.origin_ids, dtype=object)[pairs.origin],
            "to_id": np.array(pairs.destination_ids, dtype=object)[pairs.destination],
        }
        frame = pd.DataFrame({**ids, "flow": pairs.flow, "cost": self._sample.cost, "fitted": self._fitted})
        return frame.astype({"from_id": "str", "to_id": "str"})

    def _repr_html_(self) -> str:
        about = {"deviance": f"{self.deviance:,.6g}", "pairs": f"{self.n_pairs:,}", "errors": self.standard_errors}
        return shown_frame(f"Gravity, {self.constraint}, {self.deterrence}", about, self.coefficients.reset_index())

    def predict(self, cost: ArrayLike | pd.DataFrame, *, keep: Literal["totals", "effects"] = "totals") -> pd.DataFrame:
        """
        Give the flows of other costs.

        Parameters
        ----------
        cost
            In the form that costs had in the fit; +inf = no flow any more.
        keep
            "totals" = places with fixed effects keep their totals, which moves flows from pair to pair; "effects" =
            the fixed effects stay, so that cheaper travel makes more flows.

        Returns
        -------
        DataFrame
            from_id, to_id, fitted, predicted; pairs that counted in the fit. Covariates and masses stay as they were.

        Raises
        ------
        InputError
            If a cost is negative or not known, or a place loses all of its pairs while it should keep its total.
        ConvergenceError
            If no flows with these totals exist.
        """
        if keep not in {"totals", "effects"}:
            msg = f"keep is {keep!r}; expected totals or effects."
            raise InputError(msg)
        sample = self._sample
        whole = read_pairs_like(sample, cost)
        if (np.isnan(whole) | (whole < 0)).any():
            wrong = np.isnan(whole) | (whole < 0)
            msg = f"cost is not known or below 0 for {sample.pairs.names(wrong)}; expected at least 0, or +inf."
            raise InputError(msg)
        open_pairs = np.isfinite(whole)
        estimates = self.coefficients["estimate"]
        before, after = (terms_of(self._function, each) for each in (sample.cost[open_pairs], whole[open_pairs]))
        change = sum(
            (estimates[name] * (after[name] - before[name]) for name in after if name in estimates), np.zeros(1)
        )
        predicted = np.zeros(len(whole))
        predicted[open_pairs] = self._fitted[open_pairs] * np.exp(change)
        if keep == "totals" and self.constraint != "unconstrained":
            predicted[open_pairs] = self._balanced(sample.take(open_pairs), predicted[open_pairs])
        table = self.table[["from_id", "to_id", "fitted"]]
        return table.assign(predicted=predicted)

    def _balanced(self, sample: Sample, flows: F64) -> F64:
        """Scale flows so that places with effects keep the totals of the fit."""
        from megaregion.economy.balancing import furness  # noqa: PLC0415 - only where totals are kept

        sides = CONSTRAINTS[self.constraint]
        pairs = sample.pairs
        totals = {
            side: np.bincount(self._sample.levels[side], self._fitted, len(sample.labels[side])) for side in sides
        }
        if len(sides) == 2:
            kernel = np.zeros((len(pairs.origin_ids), len(pairs.destination_ids)))
            kernel[pairs.origin, pairs.destination] = flows
            scale = totals["origin"].sum() / totals["destination"].sum()
            balanced = furness(kernel, totals["origin"], totals["destination"] * scale).flows
            return np.asarray(balanced[pairs.origin, pairs.destination], dtype=np.float64)
        (side,) = sides
        held = np.bincount(sample.levels[side], flows, len(sample.labels[side]))
        lost = np.flatnonzero((held == 0) & (totals[side] > 0))
        if len(lost):
            msg = f"{side} {sample.labels[side][lost[0]]!r} loses all of its pairs and cannot keep its total."
            raise InputError(msg)
        ratio = np.divide(totals[side], held, out=np.zeros_like(held), where=held > 0)
        return np.asarray(flows * ratio[sample.levels[side]], dtype=np.float64)


def read_pairs_like(sample: Sample, values: Any) -> F64:
    """Bring values in the form of the fit into the order of the pairs that counted."""
    return np.asarray(sample.pairs.column(values, "cost"), dtype=np.float64)


def fit_gravity(  # noqa: PLR0913 - one keyword for each choice of the model
    flows: Any,
    cost: Any,
    *,
    constraint: str = "doubly",
    deterrence: Deterrence = "exponential",
    mass: Any = None,
    covariates: Mapping[str, Any] | None = None,
    groups: Any = None,
    cluster: Any = None,
    own: bool = False,
) -> GravityFit:
    """
    Estimate a gravity model by Poisson pseudo-maximum likelihood, zeros included.

    Flows are expected to be exp(effects + coefficients x terms). With effects of origins and destinations this is the
    doubly constrained model of entropy maximisation: fitted flows have the totals of those observed.

    Parameters
    ----------
    flows
        (n_o, n_d) table of origins by destinations, labelled with ids or not, or a frame with one row a pair: from_id,
        to_id, flow. A blank flow (NaN) is not known and leaves its pair out; 0 is no flow. Any unit: scaling all flows
        changes the level only. Shares of an origin's total do as well where origins have effects.
    cost
        In the form of the flows, any unit: the coefficient is per unit. +inf = not reachable; such a pair is left out
        and may have no flow.
    constraint
        "doubly", "production" (effects of origins), "attraction" (of destinations) or "unconstrained" (a constant).
    deterrence
        "exponential", "power", "tanner" (both), or a function of cost that gives one term of log-deterrence or a
        mapping of several; each gets a coefficient.
    mass
        (n,) or a pair of such, origins' and destinations', above 0: its logarithm explains places without effects.
    covariates
        Further terms by name, in the form of the flows: `borders` gives one.
    groups
        Labels of pairs, in the form of the flows, each of which has an effect as well: pairs of provinces, say.
    cluster
        None = robust standard errors. "pair" (both directions of a pair), "origin", "destination", or labels in the
        form of the flows = clustered; "origin_destination" = clustered both ways.
    own
        Whether pairs of a place with itself count.

    Raises
    ------
    InputError
        If flows or costs cannot be meant, a term is made up by effects or other terms, or there are too few pairs.
    ConvergenceError
        If the fit does not settle.

    References
    ----------
    Wilson (1971), A family of spatial interaction models, Environment and Planning 3.
    Santos Silva and Tenreyro (2006), The log of gravity, Review of Economics and Statistics 88(4).

    Examples
    --------
    >>> flows = [[0, 60, 30], [50, 0, 45], [35, 40, 0]]
    >>> fit = fit_gravity(flows, [[0, 20, 50], [20, 0, 35], [50, 35, 0]], constraint="production")
    >>> round(fit.beta, 4), fit.n_pairs
    (-0.0179, 6)
    """
    if constraint not in CONSTRAINTS:
        msg = f"constraint is {constraint!r}; expected {', '.join(CONSTRAINTS)}."
        raise InputError(msg)
    check_kind(deterrence)
    notices = Notices()
    pairs = read_pairs(flows)
    costs = pairs.column(cost, "cost").astype(np.float64)
    chosen = chosen_pairs(pairs, costs, deterrence, own=own, notices=notices)
    notices.raise_errors("gravity model")
    terms = explain(pairs, costs, deterrence, constraint, mass, covariates or {}, chosen)
    levels, labels = levels_of(pairs, constraint, groups)
    held = {side: level[chosen] for side, level in levels.items()}
    columns = np.array(list(terms.values())).reshape(len(terms), -1)
    sample = Sample(pairs.take(chosen), costs[chosen], columns, tuple(terms), held, labels)
    sample = without_empty(sample, notices)
    _check_terms(sample)
    sample, fit, scale = _fit(sample, notices)
    clusters = cluster_labels(sample.pairs, cluster)
    counts = tuple(len(np.unique(each)) for each in clusters)
    if counts and min(counts) < FEW_CLUSTERS:
        message = f"standard errors rest on {min(counts)} clusters; with fewer than {FEW_CLUSTERS} they are too small."
        notices.add("gravity_few_clusters", message, value=min(counts))
    flow = sample.pairs.flow
    scores = fit.within * (flow - fit.fitted)
    covariance = sandwich(scores, fit.information, clusters) / np.outer(scale, scale)
    ways = "robust"
    if clusters:
        ways = f"clustered by {cluster.replace('_', ' and ') if isinstance(cluster, str) else 'labels'}"
    return GravityFit(
        constraint=constraint,
        deterrence=deterrence if isinstance(deterrence, str) else "own",
        coefficients=_coefficients(sample.names, fit.coefficients / scale, covariance),
        covariance=covariance,
        standard_errors=ways,
        clusters=counts,
        effects=_effects(sample, fit),
        deviance=fit.deviance,
        null_deviance=poisson_deviance(flow, np.full_like(flow, flow.mean())),
        srmse=float(np.sqrt(np.mean((flow - fit.fitted) ** 2)) / flow.mean()),
        cpc=float(2 * np.minimum(flow, fit.fitted).sum() / (flow.sum() + fit.fitted.sum())),
        n_pairs=len(flow),
        iterations=fit.steps,
        residual=_residual(sample, fit),
        notices=notices,
        _sample=sample,
        _fitted=fit.fitted,
        _function=deterrence,
    )


def borders(labels: Any, to: Any = None) -> F64:
    """
    Mark pairs whose places lie in different provinces, or whatever labels say.

    Parameters
    ----------
    labels
        (n_o,) label of each origin.
    to
        (n_d,) of each destination; those of the origins by default.

    Returns
    -------
    (n_o, n_d) float64: 1 = across a border, 0 = within.

    Examples
    --------
    >>> borders(["Jiangsu", "Jiangsu", "Anhui"])[0].tolist()
    [0.0, 0.0, 1.0]
    """
    first = np.asarray(labels, dtype=object)
    second = first if to is None else np.asarray(to, dtype=object)
    return np.asarray(first[:, None] != second[None, :], dtype=np.float64)


def _fit(sample: Sample, notices: Notices) -> tuple[Sample, PoissonFit, F64]:
    """Fit, leaving out zeros that drive coefficients to infinity; columns are scaled to spread 1 for the solver."""
    while True:
        scale = sample.columns.std(axis=1)
        effects, _ = sample.effects()
        fit = fit_poisson(sample.pairs.flow, sample.columns / scale[:, None], effects)
        if not fit.separated.any():
            break
        message = (
            f"{int(fit.separated.sum()):,} pairs without a flow are told apart from all others by the terms of the "
            f"model (separation) and are left out: {sample.pairs.names(fit.separated)}."
        )
        notices.add("gravity_separated", message, value=int(fit.separated.sum()))
        sample = without_empty(sample.take(~fit.separated), notices)
        effects, _ = sample.effects()
        lost = absorbed_columns(sample.columns, effects)
        if 0 in lost:
            msg = (
                f"term {sample.names[0]!r} has no estimate: once pairs without a flow that it tells apart are left "
                "out, fixed effects make it up. Use a constraint with fewer effects, or more pairs with flows."
            )
            raise InputError(msg)
        for index in lost:
            message = f"term {sample.names[index]!r} only tells pairs without a flow apart: it has no estimate."
            notices.add("gravity_term_without_estimate", message, field=sample.names[index])
        kept = [index for index in range(len(sample.names)) if index not in lost]
        names = tuple(sample.names[index] for index in kept)
        sample = Sample(sample.pairs, sample.cost, sample.columns[kept], names, sample.levels, sample.labels)
        _check_count(sample)
    if not fit.converged:
        msg = (
            f"the gravity model did not settle: after {fit.steps} steps the deviance still changes by "
            f"{fit.change:.1e} of itself. Costs or flows over too many orders of magnitude? Try deterrence='power'."
        )
        raise ConvergenceError(msg)
    return sample, fit, scale


def _check_count(sample: Sample) -> None:
    """Refuse fewer pairs than there is to be told apart: they would fit perfectly, whatever flows are."""
    effects, _ = sample.effects()
    unknown = len(sample.names) + sum(effects.sizes) - (len(effects.sizes) - 1)
    if len(sample.pairs) <= unknown:
        msg = (
            f"{len(sample.pairs)} pairs cannot tell {unknown} coefficients and fixed effects apart; expected more "
            "pairs than that. Use a simpler constraint or fewer terms."
        )
        raise InputError(msg)


def _check_terms(sample: Sample) -> None:
    _check_count(sample)
    effects, _ = sample.effects()
    lost = absorbed_columns(sample.columns, effects)
    if lost:
        names = ", ".join(repr(sample.names[index]) for index in lost)
        effects_of = " and ".join(sample.levels)
        msg = (
            f"term {names} is made up by the effects of {effects_of} or by other terms, so that it has no estimate of "
            "its own. Leave it out, or use a constraint with fewer effects."
        )
        raise InputError(msg)


def _coefficients(names: tuple[str, ...], estimates: F64, covariance: F64) -> pd.DataFrame:
    errors = np.sqrt(np.diag(covariance))
    z = np.divide(estimates, errors, out=np.full_like(estimates, np.inf), where=errors > 0)
    reach = float(ndtri(0.975)) * errors
    return pd.DataFrame(
        {
            "estimate": estimates,
            "se": errors,
            "z": z,
            "p_value": erfc(np.abs(z) / np.sqrt(2)),
            "ci_low": estimates - reach,
            "ci_high": estimates + reach,
        },
        index=pd.Index(names, name="term", dtype="str"),
    )


def _effects(sample: Sample, fit: PoissonFit) -> dict[str, pd.Series]:
    effects, held = sample.effects()
    found, start, level = {}, 0, 0.0
    for side, size, which in zip(sample.levels, effects.sizes, held, strict=True):
        values = fit.effects[start : start + size]
        if start:
            level += float(values.mean())
            values = values - values.mean()
        ids = pd.Index([sample.labels[side][index] for index in which], name=f"{side}_id", dtype="str")
        found[side] = pd.Series(values, index=ids, name="effect")
        start += size
    first = next(iter(found))
    found[first] = found[first] + level
    return found


def _residual(sample: Sample, fit: PoissonFit) -> float:
    effects, _ = sample.effects()
    observed, fitted = (np.concatenate(effects.sums(each)) for each in (sample.pairs.flow, fit.fitted))
    return float(np.abs(fitted / observed - 1).max())
