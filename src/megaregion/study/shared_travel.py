"""Travel between the cities of a region, computed once for all measures that read it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from megaregion.errors import NoDataError
from megaregion.region.fingerprint import content_hash
from megaregion.study.city_travel import CityTravel, city_travel, timetable_years
from megaregion.study.walking import walking

if TYPE_CHECKING:
    from megaregion.region.model import Region

KEPT = 6
"""Results that are kept in memory: those of two years and a scenario, for two questions."""

_travels: OrderedDict[tuple[object, ...], CityTravel] = OrderedDict()
_turn = Lock()


def timetable_year(region: Region, year: int | None) -> int:
    """
    Give the timetable year that is meant: the one asked for, or the newest.

    Raises
    ------
    NoDataError
        If the region has no timetable of that year, or none at all.
    """
    years = timetable_years(region)
    if year is None and years:
        return years[-1]
    if year in years:
        return int(year)
    asked = "" if year is None else f" of {year}"
    held = f"those of {', '.join(map(str, years))}" if years else "none"
    msg = f"region {region.name!r} has no timetable{asked}; it has {held}."
    rail, gtfs = f"megaregion import rail-timetable FILE --year {year or 'YYYY'}", "megaregion import gtfs FILE"
    raise NoDataError(msg, needs=(f"Bring one: {rail}, or {gtfs}.", f"请导入时刻表：{rail}，或 {gtfs}。"))


def shared_travel(
    region: Region,
    *,
    year: int | None = None,
    window: tuple[str, str] = ("06:00", "22:00"),
    max_rides: int | None = None,
) -> CityTravel:
    """
    Compute travel between the cities, or give what was computed for the same before.

    Parameters
    ----------
    region
        Holds cities and timetables.
    year
        Timetable year; the newest by default.
    window, max_rides
        As for `city_travel`.

    Raises
    ------
    NoDataError
        If there is no such timetable, or the region has no cities.
    """
    chosen = timetable_year(region, year)
    if region.table("cities").empty:
        msg = f"region {region.name!r} has no cities."
        raise NoDataError(
            msg,
            needs=(
                "Bring them: megaregion import table cities FILE.",
                "请导入城市：megaregion import table cities FILE。",
            ),
        )
    key = (content_hash(region), chosen, window, max_rides)
    with _turn:
        if key not in _travels:
            walks = walking(region)
            _travels[key] = city_travel(
                region, year=chosen, window=window, rules=walks.rules, streets=walks.streets, max_rides=max_rides
            )
            while len(_travels) > KEPT:
                _travels.popitem(last=False)
        _travels.move_to_end(key)
        return _travels[key]
