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
    Question(id="everywhere", words=Words("How long to everywhere?", "到各地要多久？")),
    Question(id="reach", words=Words("Who can be reached in time?", "一定时间内能到达谁？")),
    Question(id="metro", words=Words("What would the new metro change?", "新地铁会改变什么？")),
    Question(id="weight", words=Words("How much of the country is it?", "占全国多大比重？")),
)


def questions() -> tuple[Question, ...]:
    """Questions that a measure answers, in their order."""
    return tuple(each for each in QUESTIONS if each.measures)
