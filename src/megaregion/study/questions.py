"""The questions that the atlas and the report ask, in their order; each measure names the one it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from megaregion.study.measures import Words, measures

if TYPE_CHECKING:
    from megaregion.study.measures import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    A question of a reader.

    Attributes
    ----------
    id
        Its key in addresses and declarations.
    words
        The question itself.
    """

    id: str
    words: Words

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Measures that answer it."""
        return tuple(each for each in measures().values() if each.question == self.id)


QUESTIONS = (
    Question(id="everywhere", words=Words("How long to everywhere?", "城市间的时空距离有多远？")),
    Question(id="reach", words=Words("Who can be reached in time?", "规定时间内可达多少城市与人口？")),
    Question(id="gains", words=Words("Who gains from faster trains?", "列车提速使谁受益？")),
    Question(id="metro", words=Words("What would the new metro change?", "新建地铁将带来哪些变化？")),
    Question(id="weight", words=Words("How much of the country is it?", "在全国占多大比重？")),
    Question(id="complement", words=Words("Do the cities complement each other?", "各市产业是否互补？")),
    Question(id="equal", words=Words("Are the cities growing more equal?", "各市差距是否在缩小？")),
    Question(id="one", words=Words("Do the cities work as one?", "各市是否融为一体？")),
)


def questions() -> tuple[Question, ...]:
    """Questions that a measure answers, in their order."""
    return tuple(each for each in QUESTIONS if each.measures)
