"""Travel between the cities of a region, computed once for all measures that read it."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING

from megaregion.errors import NoDataError
from megaregion.region.fingerprint import content_hash
from megaregion.study.city_travel import CityTravel, city_travel, timetable_years
from megaregion.study.reached_land import WINDOW
from megaregion.study.walking import walking

if TYPE_CHECKING:
    from megaregion.region.model import Region

KEPT = 6
"""Results that are kept in memory: those of two years and a scenario, for two questions."""

_travels: OrderedDict[tuple[object, ...], Future[CityTravel]] = OrderedDict()
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
    asked, asked_zh = ("", "") if year is None else (f" of {year}", f" {year} 年的")
    listed = ", ".join(map(str, years))
    msg = f"region {region.name!r} has no timetable{asked}; it has {f'those of {listed}' if years else 'none'}."
    held_zh = f"；已有 {listed}" if years else ""
    rail, gtfs = f"megaregion import rail-timetable FILE --year {year or 'YYYY'}", "megaregion import gtfs FILE"
    raise NoDataError(
        msg,
        f"区域 {region.name!r} 没有{asked_zh}时刻表{held_zh}。",
        needs=(f"Bring one: {rail}, or {gtfs}.", f"请导入时刻表：{rail}，或 {gtfs}。"),
    )


def check_cities(region: Region) -> None:
    """
    Refuse a region without cities.

    Raises
    ------
    NoDataError
        If it has none.
    """
    if not region.table("cities").empty:
        return
    msg = f"region {region.name!r} has no cities."
    raise NoDataError(
        msg,
        f"区域 {region.name!r} 没有城市。",
        needs=(
            "Bring them: megaregion import table cities FILE.",
            "请导入城市：megaregion import table cities FILE。",
        ),
    )


def shared_travel(
    region: Region,
    *,
    year: int | None = None,
    window: tuple[str, str] = WINDOW,
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
    check_cities(region)
    key = (content_hash(region), chosen, window, max_rides)
    with _turn:
        travel = _travels.get(key)
        first = travel is None
        if travel is None:
            travel = _travels[key] = Future()
        _travels.move_to_end(key)
        while len(_travels) > KEPT:
            _travels.popitem(last=False)
    # outside the turn: who asks for something else does not wait for this
    if first:
        try:
            walks = walking(region)
            travel.set_result(
                city_travel(
                    region, year=chosen, window=window, rules=walks.rules, streets=walks.streets, max_rides=max_rides
                )
            )
        except BaseException as problem:
            with _turn:
                _travels.pop(key, None)
            travel.set_exception(problem)
            raise
    return travel.result()
