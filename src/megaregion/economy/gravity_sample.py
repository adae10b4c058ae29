"""The sample of a gravity model: which pairs count, what explains them, and which fixed effects take in what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.deterrence import Deterrence, takes_log, terms_of
from megaregion.economy.effects import Effects
from megaregion.economy.pairs import NAMED, Pairs
from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.notices import Notices

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

CONSTRAINTS = {
    "doubly": ("origin", "destination"),
    "production": ("origin",),
    "attraction": ("destination",),
    "unconstrained": (),
}
"""Which places have fixed effects: their totals are then those observed (Wilson 1971)."""

_SIDES_ZH = {"origin": "起点", "destination": "终点", "group": "分组", "constant": "组"}


@dataclass(frozen=True, slots=True)
class Sample:
    """
    Pairs that count, with their columns and levels.

    Attributes
    ----------
    pairs
        Of which flow and cost are known and a flow is possible.
    cost
        (n,) of each.
    columns
        (k, n) what explains flows.
    names
        Of the columns.
    levels
        Level of each pair by dimension: origin, destination, group.
    labels
        What the levels stand for.
    """

    pairs: Pairs
    cost: F64
    columns: F64
    names: tuple[str, ...]
    levels: Mapping[str, I32]
    labels: Mapping[str, tuple[str, ...]]

    def take(self, chosen: NDArray[np.bool_]) -> Sample:
        """Keep some pairs."""
        levels = {name: level[chosen] for name, level in self.levels.items()}
        parts = (self.pairs.take(chosen), self.cost[chosen], self.columns[:, chosen])
        return Sample(*parts, self.names, levels, self.labels)

    def effects(self) -> tuple[Effects, list[NDArray[np.int64]]]:
        """Give the fixed effects of levels that occur, and which level each coefficient is of."""
        compact, held = [], []
        for level in self.levels.values():
            found, code = np.unique(level, return_inverse=True)
            held.append(found.astype(np.int64))
            compact.append(code.astype(np.int32))
        return Effects.of(compact, [len(each) for each in held]), held


def chosen_pairs(pairs: Pairs, cost: F64, deterrence: Deterrence, *, own: bool, notices: Notices) -> NDArray[np.bool_]:
    """
    Say which pairs count, and report those that cannot be meant.

    A flow that is not known leaves its pair out, as does a cost of infinity without a flow.
    """
    flow = pairs.flow
    counted = ~np.isnan(flow)
    if not own:
        counted &= ~pairs.own
    unreachable = counted & np.isposinf(cost) & ~(flow > 0)
    wrong = {
        "gravity_wrong_flow": (counted & ~(np.isfinite(flow) & (flow >= 0)), "flow", flow, "a number of at least 0"),
        "gravity_missing_cost": (counted & np.isnan(cost), "cost", cost, "the cost of every pair whose flow is known"),
        "gravity_wrong_cost": (counted & (cost < 0), "cost", cost, "a cost of at least 0"),
        "gravity_flow_unreachable": (
            counted & np.isposinf(cost) & (flow > 0),
            "flow",
            flow,
            "no flow where the cost is infinite",
        ),
    }
    if takes_log(deterrence):
        which = counted & (cost == 0)
        wrong["gravity_zero_cost"] = (which, "cost", cost, "a cost above 0, since its logarithm is taken")
    for code, (which, field, values, expected) in wrong.items():
        for row in np.flatnonzero(which)[:1000]:
            found = "not known" if np.isnan(values[row]) else f"{values[row]:g}"
            message = f"{pairs.name(int(row))}: the {field} is {found}; expected {expected}."
            notices.add(code, message, field=field, value=values[row])
    if unreachable.any():
        message = (
            f"{int(unreachable.sum()):,} pairs without a flow have an infinite cost and are left out: "
            f"{pairs.names(unreachable)}."
        )
        notices.add("gravity_unreachable_pairs", message, field="cost")
    return counted & ~unreachable


def explain(
    pairs: Pairs,
    cost: F64,
    deterrence: Deterrence,
    constraint: str,
    mass: Any,
    covariates: Mapping[str, Any],
    chosen: NDArray[np.bool_],
) -> dict[str, F64]:
    """
    Give the columns of the pairs that count: terms of deterrence, masses of places without effects, covariates.

    Raises
    ------
    InputError
        If a column is not known everywhere, or two have one name.
    """
    found = terms_of(deterrence, cost[chosen])
    for side, values in _masses(pairs, constraint, mass).items():
        found[f"log_{side}_mass"] = values[chosen]
    for name, given in covariates.items():
        if name in found:
            msg = f"covariate {name!r} has the name of another term; the model has {', '.join(found)}. Rename it."
            raise InputError(msg)
        values = pairs.column(given, f"covariate {name!r}")[chosen].astype(np.float64)
        blank = ~np.isfinite(values)
        if blank.any():
            msg = (
                f"covariate {name!r} is not a finite number for {int(blank.sum()):,} pairs whose flow is known: "
                f"{pairs.take(chosen).names(blank)}. Fill it in, or leave the pairs out by a flow that is not known."
            )
            raise InputError(msg)
        found[name] = values
    return found


def levels_of(pairs: Pairs, constraint: str, groups: Any) -> tuple[dict[str, I32], dict[str, tuple[str, ...]]]:
    """Give the level of each pair by dimension, and what levels stand for; one level for all if nothing has effects."""
    sides = {
        "origin": (pairs.origin, pairs.origin_ids),
        "destination": (pairs.destination, pairs.destination_ids),
    }
    levels = {side: sides[side][0] for side in CONSTRAINTS[constraint]}
    labels = {side: sides[side][1] for side in CONSTRAINTS[constraint]}
    if groups is not None:
        code, found = pd.factorize(pd.Series(pairs.column(groups, "groups")).astype("str"), sort=True)
        levels["group"], labels["group"] = code.astype(np.int32), tuple(map(str, found))
    if not levels:
        levels["constant"], labels["constant"] = np.zeros(len(pairs), dtype=np.int32), ("all",)
    return levels, labels


def without_empty(sample: Sample, notices: Notices) -> Sample:
    """
    Leave out places and groups without any flow: their fitted flows are 0, whatever explains the others.

    Raises
    ------
    InputError
        If nothing is left.
    """
    while True:
        flow = sample.pairs.flow
        if not (flow > 0).any():
            msg = (
                f"all {len(flow):,} flows that count are 0; expected some above 0. Pairs of a place with itself do not "
                "count unless `own` is true."
            )
            raise InputError(msg)
        kept = np.ones(len(flow), dtype=bool)
        for side, level in sample.levels.items():
            size = len(sample.labels[side])
            total = np.bincount(level, flow, size)
            empty = (total == 0) & (np.bincount(level, minlength=size) > 0)
            if empty.any():
                kept &= ~empty[level]
                names = [sample.labels[side][index] for index in np.flatnonzero(empty)]
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                message = (
                    f"{len(names)} {side}{'s' * (len(names) > 1)} without any flow: "
                    f"{', '.join(map(repr, names[:NAMED]))}{more}. The fit gives them none; they are left out."
                )
                listed = "、".join(names[:NAMED])
                zh = f"{len(names)} 个{_SIDES_ZH[side]}没有任何流量：{listed}。拟合流量亦为零，未计入。"
                notices.add("gravity_zero_margin", message, field=side, value=", ".join(names[:NAMED]), message_zh=zh)
        if kept.all():
            return sample
        sample = sample.take(kept)


def cluster_labels(pairs: Pairs, cluster: Any) -> list[NDArray[np.int64]]:
    """
    Give the labels of clusters, one or two sets.

    Raises
    ------
    InputError
        If the word is not known.
    """
    if cluster is None:
        return []
    if isinstance(cluster, str):
        origin, destination = pairs.origin.astype(np.int64), pairs.destination.astype(np.int64)
        if cluster == "pair":
            _, code = np.unique(
                np.array([*pairs.origin_ids, *pairs.destination_ids], dtype=object), return_inverse=True
            )
            first, second = code[: len(pairs.origin_ids)][origin], code[len(pairs.origin_ids) :][destination]
            key = np.minimum(first, second) * len(code) + np.maximum(first, second)
            return [np.unique(key, return_inverse=True)[1]]
        named = {"origin": [origin], "destination": [destination], "origin_destination": [origin, destination]}
        if cluster not in named:
            msg = f"cluster is {cluster!r}; expected {', '.join(named)}, pair, or labels in the form of the flows."
            raise InputError(msg)
        return named[cluster]
    labels = pd.Series(pairs.column(cluster, "cluster")).astype("str")
    return [pd.factorize(labels, sort=True)[0].astype(np.int64)]


def _masses(pairs: Pairs, constraint: str, mass: Any) -> dict[str, F64]:
    """Logarithms of masses, by pair, of the sides that have no fixed effects."""
    if mass is None:
        return {}
    free = [side for side in ("origin", "destination") if side not in CONSTRAINTS[constraint]]
    if not free:
        msg = "mass is given, but the model is doubly constrained: fixed effects take it in. Leave it out."
        raise InputError(msg)
    both = mass if isinstance(mass, tuple) else (mass, mass)
    places = {
        "origin": (both[0], pairs.origin_ids, pairs.origin),
        "destination": (both[-1], pairs.destination_ids, pairs.destination),
    }
    found = {}
    for side in free:
        given, ids, position = places[side]
        if isinstance(given, pd.Series) and not isinstance(given.index, pd.RangeIndex):
            given = given.set_axis(given.index.astype("str")).reindex(list(ids))
        values = np.asarray(given, dtype=np.float64)
        if values.shape != (len(ids),):
            msg = f"mass of {side}s has shape {values.shape}; expected ({len(ids)},), one for each of them."
            raise InputError(msg)
        wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(wrong):
            index = int(wrong[0])
            msg = (
                f"mass of {side} {ids[index]!r} is {values[index]:g}; expected a number above 0, since its logarithm "
                f"is taken ({len(wrong)} such places)."
            )
            raise InputError(msg)
        found[side] = np.log(values)[position]
    return found
