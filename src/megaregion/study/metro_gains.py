"""What new metro links change from door to door: travel times between zones without and with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from megaregion.notices import Notices
from megaregion.region.schema import conform
from megaregion.study.metro_feed import AS_HELD, BESIDE, FEED_ID, STATES, Variation, metro_base, metro_scenario
from megaregion.study.reached_land import WINDOW
from megaregion.study.zone_travel import GAINS_MIN, ZoneGains, zone_gains

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario

BAND = (
    Variation(run_time_factor=1.2, headway_factor=1.5),
    AS_HELD,
    Variation(run_time_factor=0.8, headway_factor=0.5),
)
"""Assumed figures at their worst, as held and at their best: run time 20 %, headway 50 %."""


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


def link_gains(
    region: Region,
    scenario: Scenario | None = None,
    *,
    states: Collection[str] = STATES,
    variation: Variation = AS_HELD,
    window: tuple[str, str] = WINDOW,
    beside: str = BESIDE,
) -> ZoneGains:
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
    base = metro_base(region, beside=beside, variation=variation)
    result = (scenario or metro_scenario(region, states=states, variation=variation)).apply(base)
    feeds = base.table("feeds")
    year = int(feeds[feeds["feed_id"] == FEED_ID]["year"].iloc[0])
    gains = zone_gains((base, year), (result.region, year), window=window)
    factors = {"run_time_factor": variation.run_time_factor, "headway_factor": variation.headway_factor}
    added = {"states": tuple(state for state in STATES if state in set(states)) if scenario is None else ()}
    notices = Notices([*result.notices, *gains.notices])
    return replace(gains, provenance={**gains.provenance, **added, **factors}, notices=notices)


def gain_bands(
    region: Region,
    *,
    states: Collection[str] = STATES,
    band: Sequence[Variation] = BAND,
    window: tuple[str, str] = WINDOW,
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
