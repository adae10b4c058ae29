"""Elasticities as distributions: read from a table, drawn evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import ndtri

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

Kind = Literal["fixed", "uniform", "normal", "lognormal"]
KINDS: tuple[Kind, ...] = ("fixed", "uniform", "normal", "lognormal")

TAIL = float(ndtri(0.95))
"""Standard deviations from the median to the value that 5 % of draws lie above."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """
    What is known of a parameter.

    Attributes
    ----------
    kind
        "fixed", "uniform", "normal" or "lognormal".
    a, b
        Its value; its ends; or the values that 5 % of draws lie below and above.

    Examples
    --------
    >>> Distribution("lognormal", 2, 8).quantile([0.05, 0.5, 0.95]).round(6).tolist()
    [2.0, 4.0, 8.0]
    """

    kind: Kind
    a: float
    b: float = float("nan")

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        if self.kind not in KINDS:
            msg = f"distribution is {self.kind!r}; expected one of {', '.join(KINDS)}."
            raise InputError(msg)
        if not np.isfinite(self.a):
            msg = f"distribution {self.kind}: a is {self.a!r}; expected a finite number."
            raise InputError(msg)
        if self.kind != "fixed" and not self.a < self.b < np.inf:
            msg = f"distribution {self.kind}: b is {self.b!r}; expected a finite number above a, {self.a:g}."
            raise InputError(msg)
        if self.kind == "lognormal" and self.a <= 0:
            msg = f"distribution lognormal: a is {self.a!r}; expected a number above 0, as all its draws are."
            raise InputError(msg)

    def quantile(self, share: ArrayLike) -> F64:
        """Values that given shares of draws lie below, shares between 0 and 1."""
        share = np.asarray(share, dtype=np.float64)
        if self.kind == "fixed":
            return np.full(share.shape, self.a)
        if self.kind == "uniform":
            return self.a + share * (self.b - self.a)
        a, b = (self.a, self.b) if self.kind == "normal" else (np.log(self.a), np.log(self.b))
        values = (a + b) / 2 + (b - a) / 2 * ndtri(share) / TAIL
        return np.asarray(values if self.kind == "normal" else np.exp(values))


def read_parameters(table: pd.DataFrame) -> dict[str, Distribution]:
    """
    Read table `parameters` of a region: parameter, distribution, a, b.

    Raises
    ------
    InputError
        If a row is no distribution, with its parameter.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"parameter": ["goods_share"], "distribution": ["uniform"], "a": [0.7], "b": [0.75]})
    >>> read_parameters(rows)
    {'goods_share': Distribution(kind='uniform', a=0.7, b=0.75)}
    """
    found: dict[str, Distribution] = {}
    for row in table.to_dict("records"):
        try:
            kind: Any = str(row["distribution"])
            found[str(row["parameter"])] = Distribution(kind, float(row["a"]), float(row.get("b", np.nan)))
        except InputError as problem:
            msg = f"parameter {row['parameter']}: {problem}"
            raise InputError(msg) from None
    return found


def draw_evenly(
    parameters: Mapping[str, Distribution], draws: int, rng: np.random.Generator
) -> tuple[dict[str, F64], dict[str, F64]]:
    """
    Draw a Latin hypercube: each parameter has one draw in each of `draws` equal shares of its distribution.

    Returns
    -------
    values, shares
        (draws,) by parameter: what was drawn, and the share of the distribution below it. Fixed ones are left out of
        the latter.

    References
    ----------
    McKay, Beckman and Conover 1979, "A comparison of three methods for selecting values of input variables",
    Technometrics 21(2).
    """
    values, shares = {}, {}
    for name, distribution in parameters.items():
        share = (rng.permutation(draws) + rng.uniform(1e-9, 1, draws)) / draws
        values[name] = distribution.quantile(share)
        if distribution.kind != "fixed":
            shares[name] = share
    return values, shares
