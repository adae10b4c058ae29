"""What measures take for granted and no data say: a result that rests on it is modelled, however good its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """
    One assumption of a measure.

    Attributes
    ----------
    words
        What is assumed.
    setting
        Setting of the result that says what was taken: told behind the words, and where it is none or no, nothing was
        assumed. Blank = it always holds.
    only
        Values of parameters with which it holds, by name; empty = any.
    """

    words: Words
    setting: str = ""
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def told(self, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> Words | None:
        """
        Say what was assumed; None where nothing was.

        Examples
        --------
        >>> walks = Assumption(words=Words("walks", "步行"), setting="walks", only={"by": ("median",)})
        >>> walks.told({"by": "median"}, {"walks": "at 3.6 km/h", "walks_zh": "3.6 公里/小时"})
        Words(en='walks: at 3.6 km/h', zh='步行：3.6 公里/小时')
        >>> walks.told({"by": "train"}, {"walks": "at 3.6 km/h"}), walks.told({"by": "median"}, {})
        (None, None)
        """
        if any(parameters.get(name) not in values for name, values in self.only.items()):
            return None
        if not self.setting:
            return self.words
        taken = settings.get(self.setting)
        if taken is None or taken is False:
            return None
        if taken is True:
            return self.words
        taken_zh = settings.get(f"{self.setting}_zh", taken)
        return Words(f"{self.words.en}: {taken}", f"{self.words.zh}：{taken_zh}")


def journeys(only: Mapping[str, tuple[Any, ...]] | None = None) -> tuple[Assumption, ...]:
    """
    Give what every journey from centre to centre assumes.

    Parameters
    ----------
    only
        Values of parameters with which journeys count at all.
    """
    chosen = only or {}
    return (
        Assumption(
            words=Words("a city is one point, its centre", "城市以其中心一点代表"),
            only=chosen,
        ),
        Assumption(
            words=Words("ways between centre and station", "市中心与车站之间的路程"), setting="origins", only=chosen
        ),
        Assumption(words=Words("changes and walks", "换乘与步行"), setting="walks", only=chosen),
        Assumption(
            words=Words(
                "trains known by the hour only leave evenly spread over it", "仅知每小时开行数的列车在该小时内均匀发车"
            ),
            setting="typical_departures",
            only=chosen,
        ),
    )
