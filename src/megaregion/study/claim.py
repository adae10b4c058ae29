"""A claim: what somebody says, the measure that would test it, and what it would take to bear it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from megaregion.study.claim_rule import Band
from megaregion.study.quantity import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.study.measures import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSource:
    """
    Who claims it.

    Attributes
    ----------
    who
        Title of the article, name of the speaker.
    date
        When; "unknown" where that is not known.
    url
        Where it can be read; blank = nowhere.
    """

    who: Words
    date: str = "unknown"
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """
    How far a value may be from what is claimed and still bear it out.

    Attributes
    ----------
    absolute
        In the unit of the claim.
    share
        Of the claimed value; one of the two is 0.
    reason
        Why as much.
    """

    absolute: float = 0.0
    share: float = 0.0
    reason: Words | None = None

    def around(self, claimed: float) -> float:
        """Give what a value may differ by, in the unit of the claim."""
        return max(self.absolute, self.share * abs(claimed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """
    Another way to read a claim, or a figure to set beside it.

    Attributes
    ----------
    id
        Name that notes call it by.
    label
        What is different.
    measure, parameters, at
        What is computed, as in `Claim`.
    compare
        Whether it is a reading of the claim, with a verdict of its own; else it is only told.
    """

    id: str
    label: Words
    measure: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    compare: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    A claim and its test.

    Attributes
    ----------
    id
        Its key.
    statement
        What is claimed.
    source
        Who claims it.
    measure
        Name of the measure that tests it; one that no domain brings yet leaves the claim undecided.
    value, unit
        What is claimed, in a unit as people write it.
    parameters
        Of the measure.
    at
        Key columns of the row that the claim is about, where the measure has a value for each city or pair.
    relation
        "equals", "at least" or "at most".
    tolerance
        How far the value may be off.
    decide
        "main": the measure and its parameters decide; "all": the readings among the variants decide with it, and where
        they do not agree the claim does not say which it means.
    needs
        What data it needs.
    domain
        Part of the program that will bring the measure, where none has it yet.
    note
        What a reader should know, with placeholders such as `{value}` and `{variant.fastest}` for computed values.
    variants
        Other readings.
    """

    id: str
    statement: Words
    source: ClaimSource
    measure: str
    value: float
    unit: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    relation: str = "equals"
    tolerance: Tolerance = field(default_factory=Tolerance)
    decide: Literal["main", "all"] = "main"
    needs: Words | None = None
    domain: Words | None = None
    note: Words | None = None
    variants: tuple[Variant, ...] = ()

    @property
    def factor(self) -> float:
        """What one of its unit is in the unit of the measure."""
        return WRITTEN[self.unit].factor if self.unit in WRITTEN else 1.0

    @property
    def measure_unit(self) -> str:
        """Unit of the measure; its own where none is known."""
        return WRITTEN[self.unit].unit if self.unit in WRITTEN else self.unit

    @property
    def band(self) -> Band:
        """Values that bear it out, in the unit of the measure."""
        around = self.tolerance.around(self.value)
        return Band.of(self.value * self.factor, relation=self.relation, tolerance=around * self.factor)
