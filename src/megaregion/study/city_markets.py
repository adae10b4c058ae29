"""How near the markets of a region are to each of its cities, in one timetable year and from one to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import market_access
from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.study.city_costs import ROAD_KMH, CityHours, city_hours, city_mass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region

TIME_ELASTICITY = 1.65
"""How steeply movements between cities of the delta fall with hours: own estimate, see docs/gravity.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketOptions:
    """
    What counts as a market, and how much.

    Attributes
    ----------
    theta
        How steeply a market falls with hours.
    own
        Whether a city is its own market too.
    fixed_point
        None, "output" or "people", as in `economy.market_access`.
    mass
        What markets have: an indicator of table `city_facts`.
    road_kmh
        Speed by road where that is quicker than the train; 0 = trains only.
    """

    theta: float = TIME_ELASTICITY
    own: bool = False
    fixed_point: str | None = None
    mass: str = "gdp"
    road_kmh: float = ROAD_KMH

    @property
    def inner(self) -> bool:
        """Whether hours within a city matter."""
        return self.own or self.fixed_point is not None

    def plain(self) -> dict[str, Any]:
        """Give the choices as settings of a result."""
        return {
            "theta": self.theta,
            "own": "with" if self.own else "without",
            "fixed_point": self.fixed_point or "none",
            "mass": self.mass,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMarkets:
    """
    Market access of cities.

    Attributes
    ----------
    table
        One row a city: city_id, market_access (as if all lay one hour away, in the unit of the mass; of a fixed point
        its root), supplier_access (from others to here), own_share; of a change also before and change, a share. NaN =
        left out.
    mass_year
        Year of the figures.
    settings
        Choices, timetable years and rules.
    basis
        Rows of the region that it rests on, by table.
    notices
        Cities that are left out or cut off.
    """

    table: pd.DataFrame
    mass_year: int
    settings: Mapping[str, Any]
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)


def city_markets(region: Region, *, year: int | None = None, options: MarketOptions | None = None) -> CityMarkets:
    """
    Give market access in one timetable year, the newest by default; figures are of the year nearest to it.

    Raises
    ------
    NoDataError
        If there is no such timetable, or fewer than two cities have the figure.
    InputError
        If hours within cities matter and there are no roads.
    """
    chosen = options or MarketOptions()
    found = city_hours(region, year=year, road_kmh=chosen.road_kmh)
    mass, rows, of = city_mass(region, chosen.mass, found.settings["year"])
    table, notices = _solved(region, found, mass, chosen)
    return CityMarkets(
        table=table,
        mass_year=of,
        settings=dict(found.settings) | chosen.plain() | {"mass_year": of},
        basis=dict(found.basis) | {"city_facts": rows},
        notices=notices,
    )


def market_change(
    before: tuple[Region, int], after: tuple[Region, int], *, options: MarketOptions | None = None
) -> CityMarkets:
    """
    Give market access after a change and what it was before; figures are the same on both sides, only travel changes.

    Parameters
    ----------
    before, after
        Regions, each with its timetable year.
    options
        As for `city_markets`.
    """
    chosen = options or MarketOptions()
    then, now = (city_hours(region, year=year, road_kmh=chosen.road_kmh) for region, year in (before, after))
    mass, rows, of = city_mass(after[0], chosen.mass, after[1])
    first, notices = _solved(before[0], then, mass, chosen)
    table, told = _solved(after[0], now, mass, chosen)
    notices.extend(notice for notice in told if notice not in set(notices))
    was = first.set_index("city_id")["market_access"].reindex(table["city_id"]).to_numpy(np.float64)
    change = table["market_access"] / np.where(was > 0, was, np.nan) - 1
    feeds = pd.concat([then.basis["feeds"], now.basis["feeds"]]).drop_duplicates("feed_id", ignore_index=True)
    return CityMarkets(
        table=table.assign(before=was, change=change),
        mass_year=of,
        settings=dict(now.settings) | chosen.plain() | {"since": before[1], "year": after[1], "mass_year": of},
        basis={"feeds": feeds, "city_facts": rows},
        notices=notices,
    )


def _solved(region: Region, found: CityHours, mass: pd.Series, options: MarketOptions) -> tuple[pd.DataFrame, Notices]:
    """Market access of the cities that can have it; those that cannot are named."""
    ids = list(found.ids)
    held = mass.reindex(ids)
    if options.inner and "road" not in found.settings:
        msg = "without roads (speed 0) a city has no time to itself: leave it out as its own market, or give a speed."
        raise InputError(msg)
    known = held.notna().to_numpy() & (np.isfinite(np.diag(found.hours)) | (not options.inner))
    notices = Notices(found.notices)
    names = region.table("cities").set_index("city_id")
    for at in np.flatnonzero(~known):
        row = names.loc[ids[at]]
        lacks, zh = (options.mass, options.mass) if np.isnan(held.iloc[at]) else ("land area", "土地面积")
        message = f"{row['name_en'] or row['name']} ({ids[at]}) is left out: no {lacks}."
        message_zh = f"{row['name']}（{ids[at]}）未计入：缺少{zh}。"
        notices.add("welfare_city_left_out", message, field=lacks, value=ids[at], message_zh=message_zh)
    kept = [city for city, some in zip(ids, known, strict=True) if some]
    hours = pd.DataFrame(found.hours[np.ix_(known, known)], index=kept, columns=kept)
    access = market_access(hours, held.loc[kept], theta=options.theta, own=options.own, fixed_point=options.fixed_point)
    notices.extend(access.notices)
    every = pd.Index(sorted(ids), name="city_id", dtype="str")
    table = access.table.reindex(every)
    if not options.own:
        # it is no part of the sum
        table["own_share"] = np.where(table["market_access"].notna(), 0.0, np.nan)
    return table.reset_index(), notices
