"""How people walk in a region, the same for all that is asked of it, and the timetable that stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.walks import TransferRules
    from megaregion.region.model import Region

WALK_SPEED_KMH = 3.6
MAX_WALK_MIN = 20.0


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
        from megaregion.mobility.ground import StraightLine  # noqa: PLC0415

        return None if isinstance(self.ground, StraightLine) else self.ground

    def timetable(self, region: Region, **choice: Any) -> Timetable:
        """Build a timetable with these walks; `choice` as for `Timetable.from_region`."""
        from megaregion.mobility import Timetable  # noqa: PLC0415

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
    Say how people walk in a region: on its streets where it has any.

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
    from megaregion.mobility import TransferRules  # noqa: PLC0415 - the command line names walks without reading any
    from megaregion.mobility.ground import ground_of  # noqa: PLC0415

    longest_s, speed_m_s = round(max_min * 60), speed_kmh / KMH_PER_M_S
    usual = TransferRules()
    rules = TransferRules(
        change_time_s=None if change_time_min is None else round(change_time_min * 60),
        walk_speed_m_s=speed_m_s,
        walk_time_s=min(usual.walk_time_s, longest_s),
        walk_distance_m=min(usual.walk_distance_m, longest_s * speed_m_s / usual.detour),
    )
    return Walking(ground_of(region, speed_m_s=speed_m_s, on_streets=on_streets), longest_s, rules)
