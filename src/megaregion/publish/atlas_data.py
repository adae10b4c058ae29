"""
What the atlas page shows, as one plain dictionary: the contract between Python and `web/src/contract.ts`.

Times are whole seconds. In a matrix `null` means no data and `"inf"` means not reachable; a matrix is row-major,
origin by destination, in the order of `cities`. The contract is described in `docs/atlas.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from megaregion.errors import InputError
from megaregion.publish.atlas_layers import COORDINATE_DECIMALS, build_layers
from megaregion.publish.plain import plain, plain_matrix, text_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.region.model import Region

FORMAT = 1
"""Version of the contract; the page refuses another."""


class CityTimes(Protocol):
    """Travel times between cities in one timetable year, as `mobility.travel_time` computes them."""

    @property
    def origin_ids(self) -> tuple[str, ...]:
        """City ids of the rows."""
        ...

    @property
    def destination_ids(self) -> tuple[str, ...]:
        """City ids of the columns."""
        ...

    @property
    def percentiles(self) -> tuple[float, ...]:
        """Percentiles of `travel_time_s`."""
        ...

    @property
    def travel_time_s(self) -> NDArray[np.float32]:
        """(n_percentiles, n_origins, n_destinations) float32, seconds, inf = unreachable, nan = no data."""
        ...

    @property
    def fastest_s(self) -> NDArray[np.float32]:
        """(n_origins, n_destinations) float32, seconds: fastest journey, changes allowed."""
        ...

    @property
    def departures(self) -> NDArray[np.int32]:
        """(n_origins, n_destinations) int32: useful departures in the window."""
        ...

    @property
    def window_s(self) -> tuple[int, int]:
        """First departure second that counts and the second after the last, seconds of the service day."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Rule, feeds, sources and whatever else says how the numbers came about."""
        ...


@dataclass(frozen=True, slots=True)
class YearResult:
    """
    What the atlas shows of one timetable year.

    Attributes
    ----------
    times
        Travel times between the cities of the region.
    direct
        Direct trains by ordered city pair: from_id, to_id, trains (a day), fastest_s, median_s (s, in the train).
        A pair without a row has no direct train.
    """

    times: CityTimes
    direct: pd.DataFrame


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """Name, unit and meaning of one matrix, for the page and for the CSV twin."""

    name: str
    unit: str
    meaning: str


MATRICES = (
    MatrixSpec(
        "fastest_train", "s", "fastest direct train of the day between principal stations; inf = no direct train"
    ),
    MatrixSpec(
        "typical",
        "s",
        "median journey over the departure window with waiting, access and changes; inf = not reachable",
    ),
    MatrixSpec("trains", "trains/day", "direct trains a day; 0 = none"),
    MatrixSpec("median_train", "s", "median direct train of the day, station to station; inf = no direct train"),
    MatrixSpec(
        "fastest_journey",
        "s",
        "fastest journey of the departure window with access and changes; inf = not reachable",
    ),
    MatrixSpec("departures", "departures", "useful departures in the departure window; 0 = not reachable"),
)


def build_atlas_data(
    region: Region,
    years: Mapping[int, YearResult],
    *,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """
    Gather what the atlas page shows.

    Parameters
    ----------
    region
        Region with cities, feeds, stops, trips, stop_times, and where at hand city_facts, base_map, boundaries.
    years
        Results by timetable year, one or more; `difference` compares the last with the first.
    title
        Name of the region in English and in the local language; the region's short name by default.
    headline
        Origin and destination city id of the figure shown before anything is selected; the pair with most direct
        trains in the last year by default.

    Returns
    -------
    Plain dictionaries, lists, text, numbers and None, ready for JSON.

    Raises
    ------
    InputError
        If the region has no cities, there is no year, a result names none of the cities or lacks the median.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable").reset_index(drop=True)
    ids = cities["city_id"].tolist()
    _check(region, ids, years, headline)
    ordered_years = sorted(years)
    matrices = {year: read_matrices(ids, years[year]) for year in ordered_years}
    layers = build_layers(region, ordered_years)
    english, local = title or (region.name, region.name)
    return {
        "format": FORMAT,
        "title": {"en": english, "zh": local},
        "region": {"name": region.name, "version": region.version},
        "illustrative": _illustrative(region),
        "headline": [ids.index(city) for city in headline] if headline else _busiest(matrices[ordered_years[-1]]),
        "cities": _cities(region, cities),
        "order": cluster_order(matrices[ordered_years[-1]]["typical"]),
        "years": ordered_years,
        "by_year": {
            str(year): {
                "feeds": _feeds(region, year),
                "window_s": [int(value) for value in years[year].times.window_s],
                "matrices": {name: plain_matrix(matrix) for name, matrix in matrices[year].items()},
                "lines": layers.lines[year],
                "provenance": plain(years[year].times.provenance),
            }
            for year in ordered_years
        },
        "line_change": layers.line_change,
        "stations": layers.stations,
        "cells": layers.cells,
        "base": layers.base,
        "drawn_from": layers.source_ids,
        "sources": _sources(region),
    }


def read_matrices(ids: Sequence[str], result: YearResult) -> dict[str, NDArray[np.float64]]:
    """
    Bring the matrices of one year into the order of the cities.

    Returns
    -------
    (n_cities, n_cities) float64 by name of `MATRICES` and `p5`, `p95` ... for other percentiles; nan = no data (and
    on the diagonal); without a journey or a direct train a time is inf and a count 0.
    """
    times = result.times
    median = times.percentiles.index(50)
    typical = _placed(ids, times, times.travel_time_s[median])
    found = {
        "typical": typical,
        "fastest_journey": _placed(ids, times, times.fastest_s),
        "departures": _placed(ids, times, times.departures),
    }
    for position, percentile in enumerate(times.percentiles):
        if percentile != 50:
            found[f"p{percentile:g}"] = _placed(ids, times, times.travel_time_s[position])
    known = set(times.origin_ids), set(times.destination_ids)
    row_known = np.array([city in known[0] for city in ids])
    column_known = np.array([city in known[1] for city in ids])
    at = {city: position for position, city in enumerate(ids)}
    for name, column, empty in (
        ("trains", "trains", 0.0),
        ("fastest_train", "fastest_s", np.inf),
        ("median_train", "median_s", np.inf),
    ):
        matrix = np.where(row_known[:, None] & column_known[None, :], empty, np.nan)
        for origin, destination, value in zip(
            result.direct["from_id"], result.direct["to_id"], result.direct[column], strict=True
        ):
            if origin in at and destination in at:
                matrix[at[origin], at[destination]] = value
        np.fill_diagonal(matrix, np.nan)
        found[name] = matrix
    return found


def cluster_order(time_s: NDArray[np.float64]) -> list[int]:
    """
    Order of the cities in which near ones stand together: average linkage with optimal leaf order.

    Parameters
    ----------
    time_s
        (n, n) float64, seconds, inf = unreachable, nan = no data; both count as half as far again as the furthest.

    Returns
    -------
    (n,) positions; of the two directions the one that starts with the smaller position.

    References
    ----------
    Bar-Joseph, Gifford and Jaakkola (2001), Bioinformatics 17, S22-S29.
    """
    n = len(time_s)
    if n < 3:
        return list(range(n))
    finite = time_s[np.isfinite(time_s)]
    far = 1.5 * float(finite.max()) if finite.size else 1.0
    filled = np.where(np.isfinite(time_s), time_s, far)
    distance = (filled + filled.T) / 2
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(distance, checks=False)
    tree = hierarchy.linkage(condensed, method="average", optimal_ordering=True)
    order = [int(leaf) for leaf in hierarchy.leaves_list(tree)]
    return order if order[0] < order[-1] else order[::-1]


def _check(
    region: Region, ids: Sequence[str], years: Mapping[int, YearResult], headline: tuple[str, str] | None
) -> None:
    if not ids:
        msg = (
            f"atlas of region {region.name!r}: table 'cities' has no rows; expected at least one city. "
            "Import cities first: megaregion import table cities FILE."
        )
        raise InputError(msg)
    if not years:
        msg = f"atlas of region {region.name!r}: no timetable year was given; expected one or more."
        raise InputError(msg)
    for year, result in years.items():
        times = result.times
        if 50 not in times.percentiles:
            msg = (
                f"atlas of region {region.name!r}, year {year}: the percentiles are {list(times.percentiles)}; "
                "expected 50 among them. Compute travel times with percentiles=(5, 50, 95)."
            )
            raise InputError(msg)
        if not set(ids) & set(times.origin_ids) & set(times.destination_ids):
            msg = (
                f"atlas of region {region.name!r}, year {year}: the results are between "
                f"{', '.join(times.origin_ids[:3]) or 'nothing'} ..., none of which is a city of the region "
                f"({', '.join(ids[:3])} ...). Compute travel times between the cities of this region."
            )
            raise InputError(msg)
        wanted = {"from_id", "to_id", "trains", "fastest_s", "median_s"}
        if missing := sorted(wanted - set(result.direct.columns)):
            msg = (
                f"atlas of region {region.name!r}, year {year}: the table of direct trains has no column "
                f"{missing[0]!r}; expected {', '.join(sorted(wanted))}."
            )
            raise InputError(msg)
    for city in headline or ():
        if city not in ids:
            msg = f"atlas of region {region.name!r}: headline city {city!r} is not in table 'cities'; give a city_id."
            raise InputError(msg)


def _placed(ids: Sequence[str], times: CityTimes, values: NDArray[Any]) -> NDArray[np.float64]:
    rows = {city: position for position, city in enumerate(times.origin_ids)}
    columns = {city: position for position, city in enumerate(times.destination_ids)}
    matrix = np.full((len(ids), len(ids)), np.nan)
    here = [position for position, city in enumerate(ids) if city in rows]
    there = [position for position, city in enumerate(ids) if city in columns]
    source = np.asarray(values, dtype="float64")
    matrix[np.ix_(here, there)] = source[np.ix_([rows[ids[i]] for i in here], [columns[ids[i]] for i in there])]
    np.fill_diagonal(matrix, np.nan)
    return matrix


def _busiest(matrices: Mapping[str, NDArray[np.float64]]) -> list[int]:
    trains = np.nan_to_num(matrices["trains"], nan=-1.0)
    row, column = np.unravel_index(int(trains.argmax()), trains.shape)
    return [int(row), int(column)]


def _cities(region: Region, cities: pd.DataFrame) -> list[dict[str, Any]]:
    facts = region.table("city_facts")
    census = facts[facts["indicator"] == "population_census"].sort_values(["year", "vintage"], kind="stable")
    latest = census.drop_duplicates("city_id", keep="last").set_index("city_id")
    rows = []
    for city in cities.to_dict("records"):
        counted = city["city_id"] in latest.index
        rows.append(
            {
                "id": city["city_id"],
                "name": city["name"],
                "name_en": text_or_none(city["name_en"]) or city["name"],
                "province": text_or_none(city["province"]),
                "province_en": text_or_none(city["province_en"]),
                "lon": round(float(city["lon"]), COORDINATE_DECIMALS),
                "lat": round(float(city["lat"]), COORDINATE_DECIMALS),
                "population": round(float(latest.loc[city["city_id"], "value"])) if counted else None,
                "population_year": int(latest.loc[city["city_id"], "year"]) if counted else None,
            }
        )
    return rows


def _feeds(region: Region, year: int) -> list[dict[str, Any]]:
    feeds = region.table("feeds")
    feeds = feeds[feeds["year"] == year].sort_values("feed_id")
    names = ("feed_id", "name", "kind", "first_date", "last_date", "source_id", "status")
    return [{name: text_or_none(row[name]) for name in names} for row in feeds.to_dict("records")]


def _sources(region: Region) -> dict[str, Any]:
    names = ("title", "publisher", "year", "url", "licence")
    return {
        row["source_id"]: {name: text_or_none(row[name]) for name in names}
        for row in region.table("sources").sort_values("source_id").to_dict("records")
    }


def _illustrative(region: Region) -> bool:
    return any((region.table(name)["status"] == "illustrative").any() for name in ("cities", "city_facts", "feeds"))
