"""The network that commands ask: what people walk on, how far and how fast, and the timetable that stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import TransferRules
    from megaregion.region.model import Region

WALK_SPEED_KMH = 3.6
MAX_WALK_MIN = 20.0

MaxWalk = Annotated[
    float, typer.Option("--max-walk", min=0, max=1440, help="Longest walk of a kind, min; 0 = no walks at all.")
]
WalkSpeed = Annotated[float, typer.Option("--walk-speed", min=0.1, max=30, help="Walking speed, km/h.")]
Streets = Annotated[
    bool,
    typer.Option("--streets/--no-streets", help="Walk on the region's streets where it has any, or in straight lines."),
]


@dataclass(frozen=True, slots=True)
class Walking:
    """
    How people walk in a region: the same between doors and stops, from stop to stop, and from door to door.

    Attributes
    ----------
    ground
        Streets, or straight lines.
    max_time_s
        Longest walk between a door and a stop, or from door to door, s.
    rules
        Change times and walks between stops.
    """

    ground: Ground
    max_time_s: int
    rules: TransferRules

    @property
    def streets(self) -> Ground | None:
        """What is walked on between stops; None = straight lines, by the rules."""
        from megaregion.mobility.ground import StraightLine

        return None if isinstance(self.ground, StraightLine) else self.ground

    def timetable(self, region: Region, **choice: Any) -> Timetable:
        """Build a timetable with these walks; `choice` as for `Timetable.from_region`."""
        from megaregion.mobility import Timetable

        return Timetable.from_region(region, rules=self.rules, streets=self.streets, **choice)


def walking(
    region: Region,
    *,
    speed_kmh: float = WALK_SPEED_KMH,
    max_min: float = MAX_WALK_MIN,
    on_streets: bool = True,
    change_time_min: float | None = None,
) -> Walking:
    """
    Give what the options about walks say.

    Parameters
    ----------
    region
        May hold streets.
    speed_kmh
        Walking speed, km/h.
    max_min
        Longest walk, min; walks between stops are no longer either, however long the rules would let them be.
    on_streets
        Take the streets of the region if there are any.
    change_time_min
        Change time at every stop, min; None = as in the data.
    """
    from megaregion.mobility import TransferRules
    from megaregion.mobility.ground import ground_of

    longest_s, speed_m_s = round(max_min * 60), speed_kmh / 3.6
    usual = TransferRules()
    rules = TransferRules(
        change_time_s=None if change_time_min is None else round(change_time_min * 60),
        walk_speed_m_s=speed_m_s,
        walk_time_s=min(usual.walk_time_s, longest_s),
        walk_distance_m=min(usual.walk_distance_m, longest_s * speed_m_s / usual.detour),
    )
    return Walking(ground_of(region, speed_m_s=speed_m_s, on_streets=on_streets), longest_s, rules)
