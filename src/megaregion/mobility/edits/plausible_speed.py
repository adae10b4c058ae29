"""Speeds that give away a wrong unit: minutes written as seconds, or the reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from megaregion.region.sphere import great_circle_m
from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.notices import Notices

PLAUSIBLE_KMH = (4.0, 500.0)
"""Speeds outside are reported: a line is faster than walking; MobilityData's gtfs-validator allows rail 500."""

ON_FOOT_KMH = (0.0, 15.0)
"""Of walks, only those faster than a runner are reported: a change takes time without way."""


def report_speed(
    notices: Notices,
    what: str,
    ends: tuple[str, str],
    points: Mapping[str, tuple[float, float]],
    seconds: int,
    *,
    field: str,
    accepted_kmh: tuple[float, float] = PLAUSIBLE_KMH,
) -> None:
    """
    Report a time that does not fit the straight line between two stops; nothing where a position is not known.

    Parameters
    ----------
    notices
        Where it is reported.
    what
        What moves, the start of the message.
    ends
        The two stops.
    points
        Longitude and latitude of stops, degrees.
    seconds
        Time from the one to the other, 0 or more.
    field
        Field that holds the time.
    accepted_kmh
        Slowest and fastest speed that is not reported, km/h.
    """
    unknown = (float("nan"), float("nan"))
    (lon, lat), (other_lon, other_lat) = (points.get(each, unknown) for each in ends)
    metres = float(great_circle_m(lon, lat, other_lon, other_lat))
    if not metres > 0:  # also catches NaN
        return
    kmh = metres / seconds * KMH_PER_M_S if seconds else float("inf")
    if accepted_kmh[0] <= kmh <= accepted_kmh[1]:
        return
    notices.add(
        "implausible_speed",
        f"{what} takes {seconds} s from '{ends[0]}' to '{ends[1]}', {metres / 1_000:.1f} km in a straight line: "
        f"{kmh:.1f} km/h; expected {accepted_kmh[0]:g} to {accepted_kmh[1]:g} km/h.",
        field=field,
        value=seconds,
    )
