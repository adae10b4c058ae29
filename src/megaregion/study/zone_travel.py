"""Travel times between zones, without and with a project, and how many people gain how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import travel_time_matrix
from megaregion.notices import Notice, Notices
from megaregion.region.points import Points
from megaregion.study.reached_land import WINDOW
from megaregion.study.road_access import ROAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from megaregion.region.model import Region

    F64 = NDArray[np.float64]

Statistic = Literal["median", "fastest"]

MAX_ACCESS_S = 5_400
"""Longest way between a zone's centre and a station, s."""

GAINS_MIN = (5, 10, 20, 30, 60)
"""Gains that people are counted by, minutes."""


@dataclass(frozen=True, slots=True)
class ZoneGains:
    """
    What a project changes between zones, from door to door.

    Attributes
    ----------
    zones
        Table `zones` in the order of the matrices.
    before_s, after_s
        (n_zones, n_zones) float64, seconds: median over the departure window of the time from centre to centre, or the
        least within it, on timetabled services or straight by road, whichever is less; 0 = the zone itself.
    provenance
        What the numbers rest on.
    notices
        What was found on the way, told once for both sides.
    """

    zones: pd.DataFrame = field(repr=False)
    before_s: F64 = field(repr=False)
    after_s: F64 = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)

    @property
    def gain_s(self) -> F64:
        """(n_zones, n_zones) float64, seconds saved."""
        return self.before_s - self.after_s

    @property
    def across(self) -> NDArray[np.bool_]:
        """(n_zones, n_zones) bool: pairs of zones of two cities."""
        city = self.zones["city_id"].to_numpy()
        found: NDArray[np.bool_] = city[:, None] != city[None, :]
        return found

    @property
    def pairs(self) -> pd.DataFrame:
        """
        One row an ordered pair of zones of two cities, largest gain first.

        Columns: from_id, to_id, from, to, from_en, to_en, before_s, after_s, gain_s, people (who live at both ends).
        """
        here, there = np.nonzero(self.across)
        zones, people = self.zones, self.zones["people"].to_numpy()
        columns: dict[str, Any] = {}
        for end, rows in (("from", here), ("to", there)):
            columns[f"{end}_id"] = zones["zone_id"].to_numpy()[rows]
            columns[end] = zones["name"].to_numpy()[rows]
            columns[f"{end}_en"] = zones["name_en"].to_numpy()[rows]
        columns |= {"before_s": self.before_s[here, there], "after_s": self.after_s[here, there]}
        table = pd.DataFrame(columns | {"gain_s": self.gain_s[here, there], "people": people[here] + people[there]})
        return table.sort_values(["gain_s", "people"], ascending=False, kind="stable", ignore_index=True)

    @property
    def people(self) -> pd.DataFrame:
        """
        People by gain, one row for each of `GAINS_MIN`.

        Columns: minutes; zones and people that gain as much to at least one zone of another city; people_any, to any
        other zone; pairs of zones of two cities that gain as much, and their person_pair_share: the chance that two
        people drawn one from each of two cities gain it.
        """
        return self._people_by(self.gain_s)

    @property
    def losers(self) -> pd.DataFrame:
        """People by loss, one row for each of `GAINS_MIN`: as `people`, of those for whom it takes longer."""
        return self._people_by(-self.gain_s)

    def _people_by(self, saved_s: F64) -> pd.DataFrame:
        lived = self.zones["people"].to_numpy(np.float64)
        weight = np.where(self.across, lived[:, None] * lived[None, :], 0.0)
        rows = []
        for minutes in GAINS_MIN:
            gains = saved_s >= minutes * 60
            zones = (gains & self.across).any(axis=1)
            rows.append(
                {
                    "minutes": minutes,
                    "zones": int(zones.sum()),
                    "people": int(lived[zones].sum()),
                    "people_any": int(lived[gains.any(axis=1)].sum()),
                    "pairs": int((gains & self.across).sum()),
                    "person_pair_share": float(weight[gains].sum() / weight.sum()),
                }
            )
        return pd.DataFrame(rows)

    @property
    def cities(self) -> pd.DataFrame:
        """
        Means by ordered pair of cities, weighted by people at one end times people at the other.

        Columns: from_id, to_id, before_s, after_s, gain_s, largest_gain_s.
        """
        lived = self.zones["people"].to_numpy(np.float64)
        weight = lived[:, None] * lived[None, :]
        city = self.zones["city_id"].to_numpy()
        rows = []
        for one in dict.fromkeys(city):
            for other in dict.fromkeys(city):
                block = (city == one)[:, None] & (city == other)[None, :]
                if one == other or not block.any():
                    continue
                means = [
                    float(np.average(times[block], weights=weight[block])) for times in (self.before_s, self.after_s)
                ]
                rows.append((one, other, *means, means[0] - means[1], float(self.gain_s[block].max())))
        return pd.DataFrame(rows, columns=["from_id", "to_id", "before_s", "after_s", "gain_s", "largest_gain_s"])

    @property
    def mean_gain_s(self) -> float:
        """Mean gain over pairs of zones of two cities, weighted by people at both ends multiplied, seconds."""
        lived = self.zones["people"].to_numpy(np.float64)
        weight = np.where(self.across, lived[:, None] * lived[None, :], 0.0)
        return float(np.average(self.gain_s, weights=weight))


def zone_gains(
    before: tuple[Region, int | None],
    after: tuple[Region, int | None],
    *,
    window: tuple[str, str] = WINDOW,
    statistic: Statistic = "median",
    max_rides: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ZoneGains:
    """
    Measure what changes between the zones of two regions, or of one region in two timetable years.

    Each zone has all stops within `MAX_ACCESS_S` of its centre, of whatever city, by road (`ROAD`).

    Parameters
    ----------
    before, after
        Regions with the same zones, each with the timetable year; None = its only one.
    window
        Clock times between which one leaves.
    statistic
        Which travel time over the window: median or fastest.
    max_rides, workers, progress
        As for `travel_time_matrix`.

    Raises
    ------
    InputError
        If there are no zones, those of the two differ, or there is no such statistic.
    """
    if statistic not in {"median", "fastest"}:
        msg = f"travel time between zones is {statistic!r}; expected median or fastest."
        raise InputError(msg)
    zones = before[0].table("zones").reset_index(drop=True)
    if zones.empty:
        msg = f"region {before[0].name!r} has no zones; bring them with `megaregion import table zones FILE`."
        raise InputError(msg)
    others = after[0].table("zones")["zone_id"].tolist()
    if others != zones["zone_id"].tolist():
        msg = f"the two sides have {len(zones)} and {len(others)} zones, or other ones; compare the same zones."
        raise InputError(msg)
    points, road_s = _centres(zones), road_times_s(zones)
    times: list[F64] = []
    notices: list[Notice] = []
    for region, year in (before, after):
        served = travel_time_matrix(
            Timetable.from_region(region, year=year),
            points,
            points,
            streets=ROAD,
            max_walk_time_s=MAX_ACCESS_S,
            window=window,
            percentiles=(50,),
            max_rides=max_rides,
            workers=workers,
            progress=progress,
        )
        seconds = served.median_s if statistic == "median" else served.fastest_s
        times.append(np.minimum(seconds.astype(np.float64), road_s))
        notices += served.notices
    return ZoneGains(
        zones=zones,
        before_s=times[0],
        after_s=times[1],
        provenance={
            "feeds": tuple(tuple(region.table("feeds")["feed_id"]) for region, _ in (before, after)),
            "years": (before[1], after[1]),
            "window": window,
            "statistic": {"median": "p50"}.get(statistic, statistic),
            "max_rides": max_rides,
            "access": ROAD.rule,
            "access_zh": ROAD.rule_zh,
            "max_access_s": MAX_ACCESS_S,
        },
        notices=Notices(dict.fromkeys(notices)),
    )


def road_times_s(zones: pd.DataFrame) -> F64:
    """(n_zones, n_zones) float64, seconds from centre to centre by road, by `ROAD`; 0 = the zone itself."""
    placed = ROAD.place(_centres(zones))
    reach = ROAD.reach(placed, placed, np.iinfo(np.int32).max)
    times: F64 = reach.time_s.reshape(len(zones), len(zones)).astype(np.float64)
    np.fill_diagonal(times, 0.0)
    return times


def _centres(zones: pd.DataFrame) -> Points:
    return Points.from_table(zones.rename(columns={"zone_id": "id"}))
