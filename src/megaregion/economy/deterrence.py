"""How flows fall with cost: the terms of log-deterrence whose coefficients a gravity model estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

Deterrence = str | Callable[[Any], Any]
"""A name of `KINDS`, or a function of cost that gives one term, or a mapping of several by name."""

KINDS = {
    "exponential": ("cost",),
    "power": ("log_cost",),
    "tanner": ("log_cost", "cost"),
}
"""Terms of each kind: exp(b cost), cost^b, and cost^a exp(b cost) (Tanner 1961)."""

OWN = "deterrence"
"""Name of the term of a function that gives one."""


def terms_of(deterrence: Deterrence, cost: F64) -> dict[str, F64]:
    """
    Give the terms of log-deterrence at each cost.

    Parameters
    ----------
    deterrence
        What is estimated. A function gets the costs, (n,), and gives the term whose coefficient is estimated, (n,), or
        a mapping of several such terms.
    cost
        (n,) finite, at least 0; above 0 where its logarithm is taken.

    Raises
    ------
    InputError
        If there is no such kind, or a function gives something else.

    Examples
    --------
    >>> terms_of("tanner", np.array([1.0, 2.0]))["cost"].tolist()
    [1.0, 2.0]
    """
    if callable(deterrence):
        given = deterrence(cost)
        found = dict(given) if isinstance(given, Mapping) else {OWN: given}
        for name, term in found.items():
            values = np.asarray(term, dtype=np.float64)
            if values.shape != cost.shape or not np.isfinite(values).all():
                msg = (
                    f"deterrence: term {name!r} has shape {values.shape} or values that are not finite; expected a "
                    f"function of cost that gives {cost.shape} finite numbers, or a mapping of such by name."
                )
                raise InputError(msg)
            found[name] = values
        return found
    check_kind(deterrence)
    with np.errstate(divide="ignore"):
        known = {"cost": cost, "log_cost": np.log(cost)}
    return {name: known[name] for name in KINDS[deterrence]}


def check_kind(deterrence: Deterrence) -> None:
    """Refuse a name that is no kind of deterrence; raises `InputError`."""
    if not callable(deterrence) and deterrence not in KINDS:
        accepted = ", ".join(KINDS)
        msg = f"deterrence is {deterrence!r}; expected {accepted} or a function.{suggest(str(deterrence), list(KINDS))}"
        raise InputError(msg)


def takes_log(deterrence: Deterrence) -> bool:
    """Whether a cost of 0 has no deterrence, because its logarithm is taken."""
    return not callable(deterrence) and "log_cost" in KINDS[deterrence]
