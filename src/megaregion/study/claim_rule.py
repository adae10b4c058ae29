"""When a computed value bears out a claim: one rule for all claims."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

CONFIRMED, CONTRADICTED, UNDECIDED = VERDICTS = ("confirmed", "contradicted", "not decidable")

RELATIONS = ("equals", "at least", "at most")

ROUNDING = 1e-9
"""Share by which binary fractions may miss the edge of a tolerance."""


@dataclass(frozen=True, slots=True)
class Band:
    """
    Values that bear out a claim.

    Attributes
    ----------
    low, high
        The least and the greatest of them, both included; infinite where there is none.
    """

    low: float
    high: float

    @classmethod
    def of(cls, claimed: float, *, relation: str = "equals", tolerance: float = 0.0) -> Band:
        """
        Give the band of a claim.

        Parameters
        ----------
        claimed
            What is claimed.
        relation
            "equals", "at least" or "at most".
        tolerance
            What a value may differ by, in the unit of the claim.
        """
        return cls(
            -math.inf if relation == "at most" else claimed - tolerance,
            math.inf if relation == "at least" else claimed + tolerance,
        )

    def verdict(self, lowest: float, highest: float) -> Literal["confirmed", "contradicted", "not decidable"]:
        """
        Judge a value that lies between two bounds; both are the same where it is known.

        Examples
        --------
        >>> band = Band.of(380, tolerance=19)
        >>> band.verdict(395, 395), band.verdict(412, math.inf), band.verdict(250, math.inf)
        ('confirmed', 'contradicted', 'not decidable')
        """
        if math.isnan(lowest) or math.isnan(highest):
            return "not decidable"
        low, high = (edge - sign * ROUNDING * abs(edge) if math.isfinite(edge) else edge for edge, sign in self._edges)
        if low <= lowest and highest <= high:
            return "confirmed"
        return "contradicted" if highest < low or lowest > high else "not decidable"

    @property
    def _edges(self) -> tuple[tuple[float, int], tuple[float, int]]:
        return (self.low, 1), (self.high, -1)


def agreed(verdicts: Collection[str]) -> str:
    """
    Give the verdict of a claim that can be read in several ways: theirs where they agree, else it cannot be decided.

    Examples
    --------
    >>> agreed(["contradicted", "contradicted"]), agreed(["contradicted", "confirmed"])
    ('contradicted', 'not decidable')
    """
    different = set(verdicts)
    return different.pop() if len(different) == 1 else UNDECIDED
