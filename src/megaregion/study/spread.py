"""Over what one goes on from a stop to all land around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable
    from megaregion.study.walking import Walking

WALK_CELL_M = 200.0
ROAD_CELL_M = 1_000.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Over what one goes on from a stop to all land, how long at most, and in cells of what size."""

    ground: Ground
    max_time_s: int
    cell_m: float


def spread_of(timetables: Sequence[Timetable], walks: Walking, kind: str = "", max_min: float | None = None) -> Spread:
    """
    Choose what one goes on: the walks, or the road where all is rail, for such stations lie too far apart to walk from.

    Parameters
    ----------
    timetables
        Of all years that are compared.
    walks
        How people walk.
    kind
        walk, road, or "" = by the timetables.
    max_min
        Longest way by road, min; None = the usual.
    """
    from megaregion.study.road_access import MAX_ROAD_S, ROAD  # noqa: PLC0415 - help names cells without numpy

    all_rail = all(bool(timetable.stop_table["is_rail"].all()) for timetable in timetables)
    if kind == "walk" or (not kind and not all_rail):
        return Spread(walks.ground, walks.max_time_s, WALK_CELL_M)
    return Spread(ROAD, MAX_ROAD_S if max_min is None else round(60 * max_min), ROAD_CELL_M)
