"""
What the atlas page shows, as one plain dictionary: the contract between Python and `web/src/contract.ts`.

Values are whole seconds or in the unit of their measure; `null` means no data and `"inf"` not reachable. A matrix is
row-major, origin by destination, in the order of `cities`. The contract is described in `docs/atlas.md`.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from megaregion.chinese import in_chinese
from megaregion.errors import InputError
from megaregion.publish.atlas_layers import COORDINATE_DECIMALS, build_layers
from megaregion.publish.atlas_measures import place_values, plain_measures, plain_questions
from megaregion.publish.plain import text_or_none
from megaregion.study.parameter_names import NAMES_ZH
from megaregion.study.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.publish.atlas_layers import MapLayers
    from megaregion.publish.atlas_states import AtlasState, AtlasStudy
    from megaregion.region.model import Region

CHECKED = (
    *("cities", "city_facts", "reference_facts", "feeds", "known_rides"),
    *("metro_lines", "metro_stations", "metro_facts"),
)
"""Tables whose rows say how far they have been checked."""

FORMAT = 2
"""Version of the contract; the page refuses another."""

TYPICAL = "typical_time"
TRAINS = "direct_trains"
"""Measures that put the matrix in order and choose the pair that is shown first."""


def build_atlas_data(
    region: Region,
    study: AtlasStudy,
    *,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """
    Gather what the atlas page shows.

    Parameters
    ----------
    region
        Region with cities, and where at hand city_facts, base_map, boundaries and timetables.
    study
        States and the results of measures in them, as `gather_study` computes them.
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
        If the region has no cities, or a city of the headline is none of them.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable").reset_index(drop=True)
    ids = cities["city_id"].tolist()
    _check(region, ids, headline)
    timed = [state for state in study.states if state.timetable]
    layers = build_layers(region, timed)
    zones = zone_places(region, cities)
    shown = plain_measures(study, ids, [zone["id"] for zone in zones])
    english, local = title or (region.name, region.name)
    return {
        "format": FORMAT,
        "title": {"en": english, "zh": local},
        "region": {"name": region.name, "version": region.version},
        "software": _software(study),
        "illustrative": _illustrative(region),
        "headline": [ids.index(city) for city in headline] if headline else _busiest(study, ids),
        "cities": _cities(region, cities),
        "zones": zones,
        "order": cluster_order(_last_matrix(study, TYPICAL, ids)),
        "states": [_state(state, layers) for state in study.states],
        "questions": plain_questions(study, shown),
        "measures": shown,
        "stations": layers.stations,
        "station_ids": layers.station_ids,
        "station_calls": layers.station_calls,
        "cells": layers.cells,
        "base": layers.base,
        "drawn_from": layers.source_ids,
        "names_zh": NAMES_ZH,
        "sources": _sources([region, *(state.region for state in study.states)]),
    }


def zone_places(region: Region, cities: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the zones as the page gives cities, in the order of the region; `city` is the position of theirs."""
    at = {city: position for position, city in enumerate(cities["city_id"].tolist())}
    return [
        {
            "id": zone["zone_id"],
            "name": zone["name"],
            "name_en": text_or_none(zone["name_en"]) or zone["name"],
            "province": None,
            "province_en": None,
            "lon": round(float(zone["lon"]), COORDINATE_DECIMALS),
            "lat": round(float(zone["lat"]), COORDINATE_DECIMALS),
            "population": int(zone["people"]),
            "population_year": int(zone["year"]),
            "city": at.get(zone["city_id"]),
        }
        for zone in region.table("zones").to_dict("records")
    ]


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


def _check(region: Region, ids: Sequence[str], headline: tuple[str, str] | None) -> None:
    if not ids:
        msg = (
            f"atlas of region {region.name!r}: table 'cities' has no rows; expected at least one city. "
            "Import cities first: megaregion import table cities FILE."
        )
        raise InputError(msg)
    for city in headline or ():
        if city not in ids:
            msg = f"atlas of region {region.name!r}: headline city {city!r} is not in table 'cities'; give a city_id."
            raise InputError(msg)


def _last_matrix(study: AtlasStudy, measure: str, ids: Sequence[str]) -> NDArray[np.float64]:
    """(n, n) values of the last year that has them; all nan where none has."""
    for state in reversed(study.timetables):
        if (measure, "", state.id) in study.results:
            return place_values(study.results[measure, "", state.id], ids)
    return np.full((len(ids), len(ids)), np.nan)


def _busiest(study: AtlasStudy, ids: Sequence[str]) -> list[int]:
    if len(ids) < 2:
        return [0, 0]
    trains = np.nan_to_num(_last_matrix(study, TRAINS, ids), nan=-1.0)
    np.fill_diagonal(trains, -2.0)
    row, column = np.unravel_index(int(trains.argmax()), trains.shape)
    return [int(row), int(column)]


def _state(state: AtlasState, layers: MapLayers) -> dict[str, Any]:
    return {
        "id": state.id,
        "kind": state.kind,
        "label": {"en": state.label.en, "zh": state.label.zh},
        "year": state.year,
        "before": state.before,
        "timetable": state.timetable,
        "comment": state.comment,
        "feeds": _feeds(state.region, state.year) if state.timetable else [],
        "lines": layers.lines.get(state.id, []),
        "line_change": layers.line_change.get(state.id, []),
    }


def _software(study: AtlasStudy) -> str | None:
    return next((str(result.provenance.get("software")) for result in study.results.values()), None)


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


def _sources(regions: Sequence[Region]) -> dict[str, Any]:
    """Give sources by id, each with the best status of the rows that name it; one only recalled has no better."""
    best: dict[str, str] = {}
    for region, name in product(regions, CHECKED):
        rows = region.table(name)[["source_id", "status"]].drop_duplicates().dropna()
        for source, status in rows.to_numpy().tolist():
            best[source] = min(best.get(source, STATUSES[-1]), status, key=STATUSES.index)
    names = ("title", "title_zh", "publisher", "year", "reprinted_by", "url", "licence")
    found = {
        row["source_id"]: {name: text_or_none(row[name]) for name in names}
        | {f"{name}_zh": in_chinese(text_or_none(row[name]) or "") or None for name in ("publisher", "reprinted_by")}
        | {"status": best.get(row["source_id"])}
        for region in regions
        for row in region.table("sources").to_dict("records")
    }
    return dict(sorted(found.items()))


def _illustrative(region: Region) -> bool:
    return any((region.table(name)["status"] == "illustrative").any() for name in ("cities", "city_facts", "feeds"))
