"""What travel times cost commuters, business travellers and goods: the way from a timetable to an economy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCosts:
    """
    How costs of commuting and trade follow travel time, as elasticities of the cost and not of the flow.

    A fast train carries people. Its time enters commuting, and trade through business travel; what it does to goods is
    a pass-through of its own, 0 unless said otherwise. Both levels and changes of costs come from here, so that a
    calibration and its counterfactual cannot use different elasticities.

    Attributes
    ----------
    commuting
        Elasticity of the cost of commuting to its time; that of flows is -epsilon times as large. Or None, and:
    commuting_per_min
        Growth of the log of that cost a minute: exp(0.07 t) of flows at epsilon 4.6 is 0.07 / 4.6 here.
    business
        Elasticity of trade costs to the time of business travel: meetings, service and trust.
    goods
        Elasticity of trade costs to the effective distance of goods (0.33 in Redding and Rossi-Hansberg 2017).
    goods_pass_through
        Share of a change of time on the passenger network that goods meet too: 0, up to 0.3 to see how much it matters.
    return_trip
        Whether commuters and business travellers come back: times of both directions are averaged.

    Examples
    --------
    >>> rail = TimeCosts(commuting=0.47, business=0.1)
    >>> goods, ways = rail.changes([[600, 7200], [7200, 600]], [[600, 3600], [3600, 600]])
    >>> goods.round(3).tolist(), ways.round(3).tolist()
    ([[1.0, 0.933], [0.933, 1.0]], [[1.0, 0.722], [0.722, 1.0]])
    """

    commuting: float | None = None
    commuting_per_min: float | None = None
    business: float = 0.0
    goods: float = 0.33
    goods_pass_through: float = 0.0
    return_trip: bool = True

    def __post_init__(self) -> None:
        """Refuse what no cost does."""
        if (self.commuting is None) == (self.commuting_per_min is None):
            found = "neither" if self.commuting is None else "both"
            msg = f"TimeCosts: fields 'commuting' and 'commuting_per_min': {found} given; expected exactly one."
            raise InputError(msg)
        for name in ("commuting", "commuting_per_min", "business", "goods", "goods_pass_through"):
            value = getattr(self, name)
            most = 1 if name == "goods_pass_through" else math.inf
            if value is not None and not (0 <= value <= most and value < math.inf):  # also catches NaN
                accepted = "a share of 0 to 1" if most == 1 else "a finite number of 0 or more"
                msg = f"TimeCosts: field '{name}' is {value!r}; expected {accepted}."
                raise InputError(msg)

    def commuting_cost(self, time_s: ArrayLike) -> F64:
        """
        Cost of commuting from travel times.

        Parameters
        ----------
        time_s
            (n, n) s, from homes to work places, inner times on the diagonal; inf = nobody commutes.
        """
        time = self._people(_times(time_s, "time_s"))
        if self.commuting is not None:
            return _positive(time, "time_s") ** self.commuting
        return np.exp((self.commuting_per_min or 0.0) * time / 60)

    def trade_cost(self, distance_m: ArrayLike) -> F64:
        """
        Cost of trade from effective distances.

        Parameters
        ----------
        distance_m
            (n, n) m or s, from where goods are made to where they are bought, inner distances on the diagonal; inf =
            never sold there. The unit does not matter.
        """
        return _positive(_times(distance_m, "distance_m"), "distance_m") ** self.goods

    def changes(self, before_s: ArrayLike, after_s: ArrayLike) -> tuple[F64, F64]:
        """
        Give changes of costs of trade and of commuting, after over before.

        Parameters
        ----------
        before_s, after_s
            (n, n) travel times of people, s; inf = unreachable, before or both times.

        Returns
        -------
        cost_hat, commuting_hat
            (n, n) each, for `counterfactual`.

        Raises
        ------
        InputError
            If a pair was unreachable before and is not any more: that has no ratio.
        """
        before, after = _times(before_s, "before_s"), _times(after_s, "after_s")
        if before.shape != after.shape:
            msg = f"before_s has shape {before.shape} and after_s {after.shape}; expected the same places in both."
            raise InputError(msg)
        pairs = _ratio(before, after)
        people = pairs if not self.return_trip else _ratio(self._people(before), self._people(after))
        goods = people**self.business * pairs ** (self.goods * self.goods_pass_through)
        if self.commuting is not None:
            return goods, people**self.commuting
        with np.errstate(invalid="ignore"):
            saved = self._people(after) - self._people(before)
        saved[np.isnan(saved)] = 0.0  # unreachable before and after
        return goods, np.exp((self.commuting_per_min or 0.0) * saved / 60)

    def _people(self, time: F64) -> F64:
        return (time + time.T) / 2 if self.return_trip else time


def _times(values: Any, name: str) -> F64:
    times = np.asarray(values, dtype=np.float64)
    if times.ndim != 2 or times.shape[0] != times.shape[1]:
        msg = f"{name} has shape {times.shape}; expected as many rows as columns, from each place to each."
        raise InputError(msg)
    wrong = np.argwhere(~(times >= 0))  # also catches NaN
    if len(wrong):
        at, to = wrong[0]
        msg = f"{name} from place {at} to {to} is {times[at, to]:g}; expected 0 or more, inf = unreachable."
        raise InputError(msg)
    return times


def _positive(times: F64, name: str) -> F64:
    wrong = np.argwhere(times == 0)
    if len(wrong):
        at, to = wrong[0]
        msg = (
            f"{name} from place {at} to {to} is 0, which makes that pair infinitely near; give the inner travel time "
            "of a place on the diagonal, such as half of what crossing it takes."
        )
        raise InputError(msg)
    return times


def _ratio(before: F64, after: F64) -> F64:
    """After over before; 1 where nothing changed, also at 0 and where there is no way."""
    new = np.argwhere(np.isinf(before) & np.isfinite(after))
    if len(new):
        at, to = new[0]
        msg = (
            f"{len(new)} pairs are reached only afterwards (first: place {at} to {to}): a change from unreachable has "
            "no ratio. Give the time before by any other mode, such as a road."
        )
        raise InputError(msg)
    wrong = np.argwhere((before == 0) != (after == 0))
    if len(wrong):
        at, to = wrong[0]
        found = f"{before[at, to]:g} s before and {after[at, to]:g} s after"
        msg = f"time from place {at} to {to} is {found}; 0 has no ratio."
        raise InputError(msg)
    with np.errstate(invalid="ignore"):
        ratio: F64 = after / before
    ratio[before == after] = 1.0
    return ratio
