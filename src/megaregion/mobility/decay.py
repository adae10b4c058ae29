"""How the worth of an opportunity falls with the time that it takes to get there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import expit

from megaregion.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]


class Decay(Protocol):
    """
    Weight of an opportunity by travel time: 1 at no time, never rising, 0 where unreachable.

    Any object with `label` and `weight` will do; the classes of this module are those of the field.
    """

    @property
    def label(self) -> str:
        """What columns of a result are named by: letters, digits, underscores and points."""
        ...

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s (inf = unreachable), of the same shape."""
        ...


@dataclass(frozen=True, slots=True)
class Cumulative:
    """
    Count what is reached within a cut-off: 1 up to it, 0 beyond.

    R5 and r5r call this "step"; they count times below the cut-off in whole seconds, here the cut-off itself counts.

    Attributes
    ----------
    cutoff_s
        Longest travel time that counts, s.

    Examples
    --------
    >>> Cumulative(1800).weight([0, 1800, 1801]).tolist()
    [1.0, 1.0, 0.0]
    """

    cutoff_s: float

    def __post_init__(self) -> None:
        ok = 0 <= self.cutoff_s < math.inf
        _check("Cumulative", "cutoff_s", self.cutoff_s, "a finite number of seconds, 0 or more", ok=ok)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        return f"within_{_digits(self.cutoff_s)}s"

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        return (np.asarray(time_s) <= self.cutoff_s).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Exponential:
    """
    Halve the weight with every half-life: 0.5 ^ (t / half_life_s).

    R5 and r5r call this "exponential", their cut-off being the half-life; "fixed_exponential" gives the rate instead.
    They drop what takes over two hours; nothing is dropped here.

    Attributes
    ----------
    half_life_s
        Travel time at which an opportunity counts half, s.

    Examples
    --------
    >>> Exponential(1200).weight([0, 1200, 2400, np.inf]).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """

    half_life_s: float

    def __post_init__(self) -> None:
        ok = 0 < self.half_life_s < math.inf
        _check("Exponential", "half_life_s", self.half_life_s, "a finite number of seconds above 0", ok=ok)

    @classmethod
    def from_rate(cls, rate_per_s: float) -> Exponential:
        """
        Take the rate b of exp(-b t), t in seconds; a rate for minutes is 60 times as large.

        Examples
        --------
        >>> round(Exponential.from_rate(0.001).half_life_s, 3)
        693.147
        """
        _check("Exponential.from_rate", "rate_per_s", rate_per_s, "a number above 0", ok=0 < rate_per_s < math.inf)
        return cls(math.log(2) / rate_per_s)

    @classmethod
    def from_mean(cls, mean_s: float) -> Exponential:
        """Take the mean of an exponential distribution of travel times, 1 / rate, s."""
        _check(
            "Exponential.from_mean", "mean_s", mean_s, "a finite number of seconds above 0", ok=0 < mean_s < math.inf
        )
        return cls(math.log(2) * mean_s)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        return f"half_life_{_digits(self.half_life_s)}s"

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        return np.asarray(np.exp2(-np.asarray(time_s, dtype=np.float64) / self.half_life_s))


@dataclass(frozen=True, slots=True)
class Logistic:
    """
    Let the weight fall along a logistic curve: g(0) / g(t) with g(t) = 1 + exp(pi (t - median_s) / (sd_s sqrt 3)).

    Attributes
    ----------
    median_s
        Inflection point: about half of all people would travel that long, s.
    sd_s
        Standard deviation of the time that people would travel, s; near 0 the curve is a step.

    References
    ----------
    Bauer and Groneberg 2016, "Measuring spatial accessibility of health care providers", PLOS ONE 11(7) e0159148,
    equation 9; the "logistic" of R5 and r5r.

    Examples
    --------
    >>> Logistic(1800, 600).weight([0, 1800, 3600, np.inf]).round(3).tolist()
    [1.0, 0.502, 0.004, 0.0]
    """

    median_s: float
    sd_s: float

    def __post_init__(self) -> None:
        _check(
            "Logistic",
            "median_s",
            self.median_s,
            "a finite number of seconds, 0 or more",
            ok=0 <= self.median_s < math.inf,
        )
        _check("Logistic", "sd_s", self.sd_s, "a finite number of seconds above 0", ok=0 < self.sd_s < math.inf)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        return f"logistic_{_digits(self.median_s)}s_sd_{_digits(self.sd_s)}s"

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        steep = math.pi / (self.sd_s * math.sqrt(3))
        # 1 / g(t) is the logistic function itself, which does not overflow
        return np.asarray(
            expit(steep * (self.median_s - np.asarray(time_s, dtype=np.float64))) / expit(steep * self.median_s)
        )


@dataclass(frozen=True, slots=True)
class Power:
    """
    Let the weight fall with a power of time: (t / unit_s) ^ -exponent, and 1 up to one unit.

    Attributes
    ----------
    exponent
        Dimensionless, above 0.
    unit_s
        Time that counts in full, s; a minute by default, as where travel costs are minutes.

    Examples
    --------
    >>> Power(2).weight([0, 60, 600, np.inf]).round(4).tolist()
    [1.0, 1.0, 0.01, 0.0]
    """

    exponent: float
    unit_s: float = 60.0

    def __post_init__(self) -> None:
        _check("Power", "exponent", self.exponent, "a number above 0", ok=0 < self.exponent < math.inf)
        _check("Power", "unit_s", self.unit_s, "a finite number of seconds above 0", ok=0 < self.unit_s < math.inf)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        return f"power_{_digits(self.exponent)}_{_digits(self.unit_s)}s"

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        units = np.maximum(np.asarray(time_s, dtype=np.float64) / self.unit_s, 1.0)
        return np.asarray(units**-self.exponent)


@dataclass(frozen=True, slots=True)
class Linear:
    """
    Let the weight fall from 1 at cutoff_s - width_s / 2 to 0 at cutoff_s + width_s / 2 on a straight line.

    The "linear" of R5 and r5r. A line that falls from 0 on, 1 - t / T, is `Linear(T / 2, T)`.

    Attributes
    ----------
    cutoff_s
        Time at which an opportunity counts half, s.
    width_s
        How long the fall takes, s; at most twice the cut-off.

    Examples
    --------
    >>> Linear(1800, 600).weight([1500, 1800, 2100, np.inf]).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """

    cutoff_s: float
    width_s: float

    def __post_init__(self) -> None:
        _check(
            "Linear", "cutoff_s", self.cutoff_s, "a finite number of seconds above 0", ok=0 < self.cutoff_s < math.inf
        )
        ok = 0 < self.width_s <= 2 * self.cutoff_s
        accepted = f"seconds above 0 and up to twice the cut-off, {2 * self.cutoff_s:g}"
        _check("Linear", "width_s", self.width_s, accepted, ok=ok)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        return f"linear_{_digits(self.cutoff_s)}s_width_{_digits(self.width_s)}s"

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        end = self.cutoff_s + self.width_s / 2
        return np.clip((end - np.asarray(time_s, dtype=np.float64)) / self.width_s, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Stepped:
    """
    Give each zone of travel time a weight of its own, as the enhanced catchment method does.

    Attributes
    ----------
    cutoffs_s
        End of each zone, s, ascending; beyond the last the weight is 0.
    weights
        Weight of each zone, from 1 down to 0, never rising.

    References
    ----------
    Luo and Qi 2009, "An enhanced two-step floating catchment area (E2SFCA) method", Health & Place 15.

    Examples
    --------
    >>> Stepped((600, 1200), (1.0, 0.5)).weight([600, 601, 1201]).tolist()
    [1.0, 0.5, 0.0]
    """

    cutoffs_s: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cutoffs_s", tuple(self.cutoffs_s))
        object.__setattr__(self, "weights", tuple(self.weights))
        ends, falls = np.array(self.cutoffs_s, float), np.array(self.weights, float)
        ok = len(ends) > 0 and bool((np.diff(ends, prepend=-1e-9) > 0).all()) and ends[-1] < math.inf
        accepted = "one or more finite numbers of seconds, 0 or more, ascending"
        _check("Stepped", "cutoffs_s", self.cutoffs_s, accepted, ok=ok)
        ok = len(falls) == len(ends) and bool(((falls >= 0) & (falls <= 1)).all() and (np.diff(falls) <= 0).all())
        accepted = f"{len(ends)} numbers from 1 down to 0, one for each cut-off"
        _check("Stepped", "weights", self.weights, accepted, ok=ok)

    @property
    def label(self) -> str:
        """What columns of a result are named by."""
        zones = zip(self.cutoffs_s, self.weights, strict=True)
        return "stepped_" + "_".join(f"{_digits(end)}s_{_digits(weight)}" for end, weight in zones)

    def weight(self, time_s: ArrayLike) -> F64:
        """Weights of travel times, s."""
        zone = np.searchsorted(np.array(self.cutoffs_s, float), np.asarray(time_s, dtype=np.float64), side="left")
        return np.array([*self.weights, 0.0])[zone]


def as_decays(decay: Decay | Sequence[Decay]) -> tuple[Decay, ...]:
    """
    List the decays asked for, one or several.

    Raises
    ------
    InputError
        If there is none, one is none, or two are the same.
    """
    decays: tuple[Decay, ...] = tuple(decay) if isinstance(decay, Sequence) else (decay,)
    wrong = [each for each in decays if not (hasattr(each, "weight") and hasattr(each, "label"))]
    if wrong or not decays:
        found = repr(wrong[0]) if wrong else "empty"
        msg = f"decay is {found}; expected Cumulative(cutoff_s), Exponential(half_life_s), ... or a list of these."
        raise InputError(msg)
    labels = [each.label for each in decays]
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        msg = f"decay {twice[0]!r} is given twice; list each once."
        raise InputError(msg)
    return decays


def _digits(value: float) -> str:
    """Write a number with all its digits and no power of ten: columns of two decays differ if these do."""
    return np.format_float_positional(value, trim="-")


def _check(kind: str, name: str, value: object, accepted: str, *, ok: bool) -> None:
    if not ok:
        msg = f"decay {kind}: field {name!r} is {value!r}; expected {accepted}."
        raise InputError(msg)
