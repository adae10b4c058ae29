"""What lies between the cities of a region: hours by train or road, and the kilometres of road."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError, NoDataError
from megaregion.region.units import KMH_PER_M_S
from megaregion.study.assumption import Assumption, journeys
from megaregion.study.indicators.shares import latest
from megaregion.study.measures import Words
from megaregion.study.shared_travel import shared_travel
from megaregion.study.welfare_inputs import DETOUR, road_distances_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.notices import Notices
    from megaregion.region.model import Region

    F64 = NDArray[np.float64]

ROAD_KMH = 60.0
"""Speed by road between centres unless said otherwise, as in `study.welfare`."""

ROAD = Assumption(words=Words("by road where that is faster than the train", "公路比列车更快时走公路"), setting="road")
ASSUMES = (*journeys(), ROAD)
"""What hours between cities take for granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityHours:
    """
    Travel times between cities.

    Attributes
    ----------
    ids
        Cities.
    hours
        (n, n) median journey from centre to centre over the departure window, or by road if that is less; on the
        diagonal within the city by road. inf = no way, NaN = a city without land area to itself.
    settings
        Timetable year and rules, speed by road.
    basis
        Feeds of the timetable.
    notices
        What was found in it.
    """

    ids: tuple[str, ...]
    hours: F64 = field(repr=False)
    settings: Mapping[str, Any]
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)


def city_hours(region: Region, *, year: int | None = None, road_kmh: float = ROAD_KMH) -> CityHours:
    """
    Give the hours from each city to each.

    Parameters
    ----------
    region
        Holds cities and a timetable.
    year
        Timetable year; the newest by default.
    road_kmh
        Speed by road; 0 = by public transport alone, also within a city, which then has no time.

    Raises
    ------
    NoDataError
        If there is no such timetable, or the region has no cities.
    InputError
        If the speed is below 0.
    """
    if not 0 <= road_kmh < np.inf:  # also catches NaN
        msg = f"speed by road is {road_kmh!r} km/h; expected 0 (no roads) or more, such as 60."
        raise InputError(msg)
    travel = shared_travel(region, year=year)
    times = travel.times
    hours = times.median_s.astype(np.float64) / 3600
    np.fill_diagonal(hours, np.inf)
    if road_kmh > 0:
        cities = region.table("cities").set_index("city_id").loc[list(times.origin_ids)].reset_index()
        road = road_distances_m(cities) / (road_kmh / KMH_PER_M_S) / 3600
        # a city without land area has no way within itself, which is not known rather than long
        hours = np.minimum(hours, road)
    names = ("year", "date", "window", "max_rides", "origins", "origins_zh", "walks", "walks_zh", "typical_departures")
    feeds = region.table("feeds")
    road_words = {
        "road": f"{road_kmh:g} km/h on {DETOUR:g} times the straight line, within a city half of what crosses a circle "
        "of its land",
        "road_zh": f"{road_kmh:g} 公里/小时，{DETOUR:g} 倍直线距离，市内为其土地等面积圆直径之半",
    }
    return CityHours(
        ids=tuple(map(str, times.origin_ids)),
        hours=hours,
        settings={name: times.provenance.get(name) for name in names} | (road_words if road_kmh > 0 else {}),
        basis={"feeds": feeds[feeds["feed_id"].isin(travel.timetable.feed_ids)]},
        notices=travel.notices,
    )


def city_mass(region: Region, indicator: str, year: int) -> tuple[pd.Series, pd.DataFrame, int]:
    """
    Give a figure of each city, of the year nearest to another among those that most cities have.

    Returns
    -------
    Series by city_id of those that have it, the rows that it rests on, its year.

    Raises
    ------
    NoDataError
        If fewer than two cities have it.
    """
    facts = region.table("city_facts")
    facts = facts[(facts["indicator"] == indicator) & facts["city_id"].isin(region.table("cities")["city_id"])]
    counts = facts.groupby("year")["city_id"].nunique()
    full = [int(each) for each in counts.index[counts == counts.max()]] if len(counts) else []
    if not full or counts.max() < 2:
        held = int(counts.max()) if len(counts) else 0
        msg = f"{held} cities of region {region.name!r} have {indicator}; a market takes two or more."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 中有 {indicator} 的城市为 {held} 个；市场至少需要两个。",
            needs=(
                f"Bring {indicator}: megaregion import table city_facts FILE.",
                f"请导入 {indicator}：megaregion import table city_facts FILE。",
            ),
        )
    chosen = min(full, key=lambda each: (abs(each - year), -each))
    rows = latest(facts[facts["year"] == chosen], ["city_id"])
    return rows.set_index("city_id")["value"].astype(np.float64), rows, chosen
