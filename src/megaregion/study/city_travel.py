"""Travel between the cities of a region in one timetable year, with and without the way to the station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.decay import Cumulative
from megaregion.mobility.direct_train import direct_trains
from megaregion.mobility.opportunities import accessibility
from megaregion.mobility.places import CityAccess, Places, principal_stations
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import TravelTimes, travel_time_matrix
from megaregion.notices import Notices
from megaregion.study.reached_land import WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.walks import TransferRules
    from megaregion.region.model import Region

CUTOFFS_MIN = (60, 90, 120)
"""Cut-offs of the accessibility table, minutes: the circles that plans speak of."""


@dataclass(frozen=True, slots=True)
class CityTravel:
    """
    What one timetable year offers between the cities of a region.

    Attributes
    ----------
    year
        Timetable year.
    timetable
        The service day it was computed for.
    times
        From centre to centre: best station pair at every moment, access and egress, waiting and changes.
    direct
        Direct trains a day by ordered city pair, between the cities' principal stations: from_id, to_id, trains,
        fastest_s, median_s, slowest_s.
    notices
        What was found: days repeated, cities without a station.
    """

    year: int
    timetable: Timetable
    times: TravelTimes
    direct: pd.DataFrame
    notices: Notices

    def fastest_train_s(self) -> NDArray[np.float64]:
        """(n, n) seconds of the fastest direct train of the day by city pair; inf = none, 0 = the city itself."""
        return self._direct_matrix("fastest_s", np.inf)

    def slowest_train_s(self) -> NDArray[np.float64]:
        """(n, n) seconds of the slowest direct train of the day by city pair; inf = none, 0 = the city itself."""
        return self._direct_matrix("slowest_s", np.inf)

    def trains(self) -> NDArray[np.float64]:
        """(n, n) direct trains a day by city pair."""
        return self._direct_matrix("trains", 0.0)

    def station_rides(self, region: Region) -> pd.DataFrame:
        """Direct trains a day by ordered pair of stations of the region it was computed from, as `direct_trains`."""
        return _direct(region, self.timetable, None)

    def _direct_matrix(self, column: str, empty: float) -> NDArray[np.float64]:
        position = {city: index for index, city in enumerate(self.times.origin_ids)}
        matrix = np.full((len(position), len(position)), empty)
        known = self.direct[self.direct["from_id"].isin(position) & self.direct["to_id"].isin(position)]
        matrix[known["from_id"].map(position), known["to_id"].map(position)] = known[column]
        np.fill_diagonal(matrix, 0.0)
        return matrix


def city_travel(  # noqa: PLR0913 - one keyword for each choice that a result names
    region: Region,
    *,
    year: int | None = None,
    date: str | None = None,
    window: tuple[str, str] = WINDOW,
    percentiles: Sequence[float] = (5, 50, 95),
    rules: TransferRules | None = None,
    streets: Ground | None = None,
    access: CityAccess | None = None,
    max_rides: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CityTravel:
    """
    Compute travel times and direct trains between the cities of a region.

    Parameters
    ----------
    region
        Holds cities and a timetable of that year.
    year, date, rules, streets
        As for `Timetable.from_region`.
    window, percentiles, max_rides, workers, progress
        As for `travel_time_matrix`.
    access
        Times between the centre of a city and its stations.

    Raises
    ------
    InputError
        If the region has no cities or no such timetable.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable")
    if cities.empty:
        msg = f"region {region.name!r} has no cities. Bring them with `megaregion import table cities FILE`."
        raise InputError(msg)
    timetable = Timetable.from_region(region, year=year, date=date, rules=rules, streets=streets)
    centres = Places.cities(timetable, cities, access)
    times = travel_time_matrix(
        timetable,
        centres,
        centres,
        window=window,
        percentiles=percentiles,
        max_rides=max_rides,
        workers=workers,
        progress=progress,
    )
    if timetable.year is None:
        msg = f"the timetables of {timetable.date} stand for several years; say which with `year` (--year)."
        raise InputError(msg)
    return CityTravel(
        year=timetable.year,
        timetable=timetable,
        times=times,
        direct=_direct(region, timetable, cities),
        notices=Notices([*timetable.notices, *centres.notices]),
    )


def timetable_years(region: Region) -> list[int]:
    """Years of which the region holds a timetable, ascending."""
    return sorted({int(year) for year in region.table("feeds")["year"]})


def accessibility_table(region: Region, travel: CityTravel, *, statistic: str = "train") -> pd.DataFrame:
    """
    Rank the cities by what can be reached from them.

    Parameters
    ----------
    region
        Gives names, people and output of the cities: the figures nearest to the timetable year.
    travel
        Result of `city_travel`.
    statistic
        Which travel time the cut-offs apply to: "train" (fastest direct train, station to station), "fastest" or
        "median" (journeys from centre to centre within the departure window).

    Returns
    -------
    DataFrame
        city_id, name, name_en; median_to_all_s (s, from centre to centre, median over all other cities of the median
        journey; inf = fewer than half can be reached), cities_reached (other cities, whatever time it takes);
        cities_<n>min, people_<n>min and gdp_<n>min_cny for each cut-off, the city itself included; sorted by output
        within the longest cut-off. NaN = not known.
    """
    kinds = {"train": travel.fastest_train_s(), "fastest": travel.times.fastest_s, "median": travel.times.median_s}
    if statistic not in kinds:
        msg = f"statistic is {statistic!r}; expected one of {', '.join(kinds)}."
        raise InputError(msg)
    times = np.asarray(kinds[statistic], dtype=np.float64)
    cities = region.table("cities").set_index("city_id").loc[list(travel.times.origin_ids)].reset_index()
    others = travel.times.median_s.astype(np.float64)[~np.eye(len(cities), dtype=bool)].reshape(len(cities), -1)
    table = cities[["city_id", "name", "name_en"]].assign(
        median_to_all_s=np.median(others, axis=1) if others.size else np.nan,
        cities_reached=np.isfinite(others).sum(axis=1),
    )
    people = city_figure(region, "population_census", travel.year).reindex(cities["city_id"]).to_numpy()
    output = city_figure(region, "gdp", travel.year).reindex(cities["city_id"]).to_numpy()
    decays = {cutoff: Cumulative(cutoff * 60) for cutoff in CUTOFFS_MIN}
    figures = pd.DataFrame({"people": people, "gdp": output})
    reached = accessibility(times, figures, decay=list(decays.values()))
    for cutoff, decay in decays.items():
        table[f"cities_{cutoff}min"] = (times <= decay.cutoff_s).sum(axis=1)
        table[f"people_{cutoff}min"] = reached[f"people_{decay.label}"]
        table[f"gdp_{cutoff}min_cny"] = reached[f"gdp_{decay.label}"]
    return table.sort_values(
        [f"gdp_{CUTOFFS_MIN[-1]}min_cny", "median_to_all_s"], ascending=[False, True], ignore_index=True
    )


def city_figure(region: Region, indicator: str, year: int) -> pd.Series:
    """
    Give one figure of each city, of one year for all: the nearest of those that most cities have; last vintage.

    Returns
    -------
    Series of float64 indexed by city_id; its name is the year taken. Empty if the region has no such figures.
    """
    facts = region.table("city_facts")
    facts = facts[facts["indicator"] == indicator]
    if facts.empty:
        return pd.Series(dtype="float64", name=year)
    years = facts.groupby("year")["city_id"].nunique()
    full = years[years == years.max()].index.to_numpy()
    nearest = int(full[np.argmin(np.abs(full - year))])
    chosen = facts[facts["year"] == nearest].sort_values("vintage", kind="stable", na_position="first")
    return chosen.drop_duplicates("city_id", keep="last").set_index("city_id")["value"].rename(nearest)


def _direct(region: Region, timetable: Timetable, cities: pd.DataFrame | None) -> pd.DataFrame:
    """Direct trains between cities, or stations without any, over the trips of the timetable's feeds that run."""
    runs = timetable.trip_table
    running = runs.loc[runs["day"] == 0, "trip_id"].unique()
    times = region.table("stop_times")
    trips = region.table("trips")
    frequencies = region.table("frequencies")
    stops = region.table("stops")
    # only stations that are called at can be the nearest to a centre
    stops = stops[stops["stop_id"].isin(timetable.stops.ids())]
    if cities is not None:
        stops = stops.assign(city_id=principal_stations(stops, cities))
    return direct_trains(
        times[times["trip_id"].isin(running)],
        stops,
        trips[trips["trip_id"].isin(running)],
        frequencies=frequencies[frequencies["trip_id"].isin(running)],
        by="station" if cities is None else "city",
    )
