"""Travel times between zones, without and with a project, and how many people gain how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.places import Places
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import travel_time_matrix
from megaregion.notices import Notices
from megaregion.region.points import Points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megaregion.region.model import Region

    F64 = NDArray[np.float64]

ACCESS = StraightLine(speed_m_s=25.0 / 3.6, detour=1.3, fixed_s=600)
"""Way between a door and a station, and from door to door without a ride: the rule of `CityAccess`."""

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
        (n_zones, n_zones) float64, seconds: median over the departure window of the time from centre to centre, on
        timetabled services or straight by road, whichever is less; 0 = the zone itself.
    provenance
        What the numbers rest on.
    notices
        What was found on the way.
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
        lived = self.zones["people"].to_numpy(np.float64)
        weight = np.where(self.across, lived[:, None] * lived[None, :], 0.0)
        rows = []
        for minutes in GAINS_MIN:
            gains = self.gain_s >= minutes * 60
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


def zone_places(timetable: Timetable, zones: pd.DataFrame, *, max_access_s: int = MAX_ACCESS_S) -> Places:
    """
    Put zones on a timetable: each with all stops within a time of its centre, of whatever city, by `ACCESS`.

    Parameters
    ----------
    timetable
        Gives the stops.
    zones
        zone_id, lon, lat.
    max_access_s
        Longest way to a stop, s.
    """
    stops = timetable.stop_table
    placed = np.flatnonzero(stops["lon"].notna().to_numpy())
    points = Points.from_table(stops.iloc[placed].rename(columns={"stop_id": "id"}))
    centres = Points.from_table(zones.rename(columns={"zone_id": "id"}))
    reach = ACCESS.reach(ACCESS.place(centres), ACCESS.place(points), max_access_s)
    return Places(
        centres.ids,
        reach.offset.astype(np.int32),
        placed[reach.destination].astype(np.int32),
        reach.time_s,
        f"stops within {max_access_s / 60:g} min of the centre of a zone: {ACCESS.rule}",
        f"区域中心 {max_access_s / 60:g} 分钟内的车站：{ACCESS.rule_zh}",
    )


def zone_gains(
    before: tuple[Region, int | None], after: tuple[Region, int | None], *, window: tuple[str, str] = ("06:00", "22:00")
) -> ZoneGains:
    """
    Measure what changes between the zones of two regions, or of one region in two timetable years.

    Parameters
    ----------
    before, after
        Regions with the same zones, each with the timetable year; None = its only one.
    window
        Clock times between which one leaves.

    Raises
    ------
    InputError
        If there are no zones, or those of the two differ.
    """
    zones = before[0].table("zones").reset_index(drop=True)
    if zones.empty:
        msg = f"region {before[0].name!r} has no zones; bring them with `megaregion import table zones FILE`."
        raise InputError(msg)
    others = after[0].table("zones")["zone_id"].tolist()
    if others != zones["zone_id"].tolist():
        msg = f"the two sides have {len(zones)} and {len(others)} zones, or other ones; compare the same zones."
        raise InputError(msg)
    times = [zone_times_s(region, zones, year=year, window=window) for region, year in (before, after)]
    return ZoneGains(
        zones=zones,
        before_s=times[0],
        after_s=times[1],
        provenance={
            "feeds": tuple(tuple(region.table("feeds")["feed_id"]) for region, _ in (before, after)),
            "years": (before[1], after[1]),
            "window": window,
            "statistic": "p50",
            "access": ACCESS.rule,
            "access_zh": ACCESS.rule_zh,
            "max_access_s": MAX_ACCESS_S,
        },
    )


def zone_times_s(
    region: Region, zones: pd.DataFrame, *, year: int | None, window: tuple[str, str] = ("06:00", "22:00")
) -> F64:
    """
    Compute the median time between zones, from centre to centre.

    Returns
    -------
    (n_zones, n_zones) float64, seconds; the way by road (`ACCESS`) where no service is quicker at the median.
    """
    timetable = Timetable.from_region(region, year=year)
    places = zone_places(timetable, zones)
    served = travel_time_matrix(timetable, places, places, window=window, percentiles=(50,)).median_s
    times: F64 = np.minimum(served.astype(np.float64), road_times_s(zones))
    return times


def road_times_s(zones: pd.DataFrame) -> F64:
    """(n_zones, n_zones) float64, seconds from centre to centre by road, by `ACCESS`; 0 = the zone itself."""
    placed = ACCESS.place(Points.from_table(zones.rename(columns={"zone_id": "id"})))
    reach = ACCESS.reach(placed, placed, np.iinfo(np.int32).max)
    times: F64 = reach.time_s.reshape(len(zones), len(zones)).astype(np.float64)
    np.fill_diagonal(times, 0.0)
    return times
