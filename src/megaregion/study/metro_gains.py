"""What new metro links change from door to door: travel times between zones without and with them."""

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
from megaregion.region.schema import conform
from megaregion.study.metro_feed import AS_HELD, BESIDE, FEED_ID, STATES, Variation, metro_base, metro_scenario

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario

    F64 = NDArray[np.float64]

ACCESS = StraightLine(speed_m_s=25.0 / 3.6, detour=1.3, fixed_s=600)
"""Way between a door and a station, and from door to door without a ride: the rule of `CityAccess`."""

MAX_ACCESS_S = 5_400
"""Longest way between a zone's centre and a station, s."""

GAINS_MIN = (5, 10, 20, 30, 60)
"""Gains that people are counted by, minutes."""

BAND = (
    Variation(run_time_factor=1.2, headway_factor=1.5),
    AS_HELD,
    Variation(run_time_factor=0.8, headway_factor=0.5),
)
"""Assumed figures at their worst, as held and at their best: run time 20 %, headway 50 %."""


@dataclass(frozen=True, slots=True)
class LinkGains:
    """
    What new links change between zones, from door to door.

    Attributes
    ----------
    zones
        Table `zones` in the order of the matrices.
    before_s, after_s
        (n_zones, n_zones) float64, seconds: median over the departure window of the time from centre to centre, on
        timetabled services or straight by road, whichever is less; 0 = the zone itself.
    states
        Which links were added.
    provenance
        What the numbers rest on.
    notices
        What was found while applying the scenario.
    """

    zones: pd.DataFrame = field(repr=False)
    before_s: F64 = field(repr=False)
    after_s: F64 = field(repr=False)
    states: tuple[str, ...]
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


def stations_as_zones(region: Region) -> pd.DataFrame:
    """
    Give the metro stations as zones of one person each: who starts at a station's door and not in a town's centre.

    Examples
    --------
    >>> from megaregion.study.regions import example
    >>> stations_as_zones(example("yrd"))["zone_id"].iloc[0]
    'metro:花桥'
    """
    stations = region.table("metro_stations")
    stations = stations[stations["station_id"].str.startswith("metro:")]
    names = {"station_id": "zone_id", "source_id": "position_source_id", "status": "position_status"}
    zones = stations.drop(columns="rail_stop_id").rename(columns=names)
    zones = zones.assign(people=1, people_source_id="metro-assumed", people_status="illustrative")
    return conform("zones", zones.assign(year=int(region.table("metro_lines")["as_of"].max()[:4])))


def zone_times_s(
    region: Region, zones: pd.DataFrame, *, year: int, window: tuple[str, str] = ("06:00", "22:00")
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


def link_gains(
    region: Region,
    scenario: Scenario | None = None,
    *,
    states: Collection[str] = STATES,
    variation: Variation = AS_HELD,
    window: tuple[str, str] = ("06:00", "22:00"),
    beside: str = BESIDE,
) -> LinkGains:
    """
    Measure what new links change from door to door between zones.

    Parameters
    ----------
    region
        Holds zones, the metro tables and the rail timetable that `metro_base` stands beside.
    scenario
        Edits of what `metro_base` gives; by default the links of the states named.
    states
        Which links: operating (opened since the base), under_construction, planned.
    variation
        Of assumed figures, on both sides.
    window
        Clock times between which one leaves.
    beside
        Timetable of the railways that the metro stands beside.

    Raises
    ------
    InputError
        If a table or that timetable is missing, or a state is not known.
    """
    zones = region.table("zones")
    if zones.empty:
        msg = f"region {region.name!r} has no zones; bring them with `megaregion import table zones FILE`."
        raise InputError(msg)
    base = metro_base(region, beside=beside, variation=variation)
    result = (scenario or metro_scenario(region, states=states, variation=variation)).apply(base)
    feeds = base.table("feeds")
    year = int(feeds[feeds["feed_id"] == FEED_ID]["year"].iloc[0])
    before = zone_times_s(base, zones, year=year, window=window)
    after = before if result.region is base else zone_times_s(result.region, zones, year=year, window=window)
    chosen = tuple(state for state in STATES if state in set(states)) if scenario is None else ()
    return LinkGains(
        zones=zones.reset_index(drop=True),
        before_s=before,
        after_s=after,
        states=chosen,
        provenance={
            "feeds": tuple(feeds[feeds["year"] == year]["feed_id"]),
            "year": year,
            "window": window,
            "statistic": "p50",
            "access": ACCESS.rule,
            "access_zh": ACCESS.rule_zh,
            "max_access_s": MAX_ACCESS_S,
            "run_time_factor": variation.run_time_factor,
            "headway_factor": variation.headway_factor,
        },
        notices=result.notices,
    )


def gain_bands(
    region: Region,
    *,
    states: Collection[str] = STATES,
    band: Sequence[Variation] = BAND,
    window: tuple[str, str] = ("06:00", "22:00"),
) -> pd.DataFrame:
    """
    Measure people by gain with assumed figures at their worst, as held and at their best.

    Returns
    -------
    DataFrame
        run_time_factor, headway_factor, mean_gain_s, and for each of `GAINS_MIN` people_<n>min and share_<n>min (of
        person pairs).
    """
    rows = []
    for variation in band:
        gains = link_gains(region, states=states, variation=variation, window=window)
        people, shares = (gains.people[name].tolist() for name in ("people", "person_pair_share"))
        rows.append(
            {
                "run_time_factor": variation.run_time_factor,
                "headway_factor": variation.headway_factor,
                "mean_gain_s": gains.mean_gain_s,
                **{f"people_{minutes}min": count for minutes, count in zip(GAINS_MIN, people, strict=True)},
                **{f"share_{minutes}min": share for minutes, share in zip(GAINS_MIN, shares, strict=True)},
            }
        )
    return pd.DataFrame(rows)
