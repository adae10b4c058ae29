"""The reach of a region's main station in every timetable year, kept between runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.publish.atlas_reach import CUTOFFS_MIN, PlainReach, Reach, build_reach
from megaregion.publish.plain import plain
from megaregion.region.fingerprint import content_hash
from megaregion.region.results import result_key
from megaregion.study import result_cache
from megaregion.study.city_travel import timetable_years
from megaregion.study.content_key import program_id
from megaregion.study.ends import start_of
from megaregion.study.reached_land import WINDOW, reached_land
from megaregion.study.regions import isochrone_station
from megaregion.study.spread import spread_of
from megaregion.study.walking import walking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region


TRACK_MODES = (0, 1, 2, *range(100, 118), *range(400, 406), *range(900, 907))
"""GTFS route types of trams, metros and trains, plain and extended."""


@dataclass(frozen=True, slots=True)
class StationReach:
    """
    What is reached from the main station.

    Attributes
    ----------
    figures
        Station, cut-offs, and area, cities and people by part, as key `reach` of the atlas.
    shapes
        GeoJSON geometries by part ("2019", "gained", "lost") and cut-off.
    city_ids
        What the positions of cities in `figures` stand for.
    years
        Timetable years, ascending.
    found
        What was found on the way: code and message of each finding.
    """

    figures: dict[str, Any]
    shapes: dict[str, list[dict[str, Any] | None]]
    city_ids: list[str]
    years: list[int]
    found: list[list[str]]


def station_reach(region: Region, window: tuple[str, str] = WINDOW) -> StationReach | None:
    """
    Outline what is reached from the main station in each timetable year.

    Parameters
    ----------
    region
        Holds timetables of one or more years.
    window
        Clock times between which one leaves.

    Returns
    -------
    None where there is no timetable, or no station with a place that all of them call at.

    Raises
    ------
    InputError
        If a timetable cannot be built.
    """
    store = result_cache.store_of(region)
    key = result_key(
        region=content_hash(region),
        scenario="",
        measure="report:station-reach",
        parameters={"window": list(window), "cutoffs": list(CUTOFFS_MIN)},
        software={"megaregion": program_id()},
    )
    before = result_cache.kept(store, key)
    if before is not None:
        return StationReach(**before[1])
    found = _computed(region, window)
    if found is not None:
        about = json.loads(json.dumps(plain(asdict(found)), ensure_ascii=False))
        result_cache.keep(store, key, pd.DataFrame({"cutoff_min": list(CUTOFFS_MIN)}), about)
        return StationReach(**about)
    return None


def reach_words(figures: Mapping[str, Any]) -> tuple[str, str]:
    """Say in English and Chinese what stands behind the areas: start, percentile, window, and water."""
    about = figures["by_year"][max(figures["by_year"])]
    window = "–".join(about["window"])
    water = (
        ("without sea and lakes", "不计海域与湖泊") if figures["on_land"] else ("water counts as land", "水面计入陆地")
    )
    return (
        f"from door to door, beginning where the station lies; median of all departures {window}; {water[0]}",
        f"门到门，自车站所在位置起；{window} 各时刻出发的中位数；{water[1]}",
    )


def _computed(region: Region, window: tuple[str, str]) -> StationReach | None:
    years = timetable_years(region)
    walks = walking(region)
    timetables = {year: walks.timetable(region, year=year) for year in years}
    stop_id = _station(region, list(timetables.values())) if years else None
    if stop_id is None:
        return None
    spread = spread_of(list(timetables.values()), walks)
    by_year = {
        year: reached_land(
            region,
            timetable,
            start_of(region, timetable, stop_id),
            spread,
            cutoffs_s=[60 * minutes for minutes in CUTOFFS_MIN],
            window=window,
        )
        for year, timetable in timetables.items()
    }
    last = timetables[years[-1]].stop_table.set_index("stop_id", drop=False)
    station = {str(name): value for name, value in last.loc[stop_id].items()}
    cities = _cities(region)
    reach = Reach(station=station, by_year=by_year, ground=(spread.ground.rule, spread.ground.rule_zh))
    outlines: PlainReach = build_reach(reach, cities)
    said = dict.fromkeys((notice.code, notice.message) for each in by_year.values() for notice in each.notices)
    city_ids = [str(city["id"]) for city in cities]
    return StationReach(outlines.figures, outlines.shapes, city_ids, years, [list(each) for each in said])


def _station(region: Region, timetables: Sequence[Timetable]) -> str | None:
    """Give the station of the atlas; where no census names a largest city, the busiest, of trains if there are any."""
    if not region.table("cities").empty:
        named = isochrone_station(region, timetables)
        if named is not None:
            return named
    last = timetables[-1]
    shared = set.intersection(*(set(each.stops.ids()) for each in timetables))
    stops = last.stop_table
    usable = (stops["stop_id"].isin(shared) & stops["lon"].notna() & stops["lat"].notna()).to_numpy()
    departures = np.bincount(last.departure_stop, minlength=len(stops))
    on_tracks = usable & stops["stop_id"].isin(_track_stops(region)).to_numpy() & (departures > 0)
    usable = on_tracks if on_tracks.any() else usable
    if not (usable & (departures > 0)).any():
        return None
    return str(stops["stop_id"].iloc[int(np.argmax(np.where(usable, departures, -1)))])


def _track_stops(region: Region) -> set[str]:
    """Find the stops that trams, metros or trains call at."""
    routes, trips, calls = (region.table(name) for name in ("routes", "trips", "stop_times"))
    mine = trips["route_id"].isin(routes.loc[routes["mode"].isin(TRACK_MODES), "route_id"])
    return set(calls.loc[calls["trip_id"].isin(trips.loc[mine, "trip_id"]), "stop_id"])


def _cities(region: Region) -> list[dict[str, Any]]:
    facts = region.table("city_facts")
    census = facts[facts["indicator"] == "population_census"].sort_values(["year", "vintage"], kind="stable")
    people = census.drop_duplicates("city_id", keep="last").set_index("city_id")["value"].to_dict()
    return [
        {
            "id": row["city_id"],
            "lon": float(row["lon"]),
            "lat": float(row["lat"]),
            "population": round(float(people[row["city_id"]])) if row["city_id"] in people else None,
        }
        for row in region.table("cities").sort_values("city_id", kind="stable").to_dict("records")
    ]
