"""
Isochrones of the atlas page against those of the engine: the same points, timetables, percentiles and cut-offs.

The page's own code runs in Node on what the atlas holds of the shipped region; the engine is `mobility.isochrones` on a
grid of 1 km and, for part of the points, of 400 m. Printed are areas and shares: land in both over land in either.
"""

from __future__ import annotations

import gzip
import json
import time
from itertools import product

import numpy as np
import shapely
from tests.support.page_code import agreement, ask_page, at_hand

import megaregion as mr
from megaregion.mobility import isochrones
from megaregion.publish.atlas_stations import TimetableState, build_station_times
from megaregion.region.points import Points
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from megaregion.study.walking import walking

YEARS = (2012, 2019)
PERCENTILES = (5, 50, 95)
CUTOFFS_MIN = (60, 90, 120, 180)
WINDOW = ("06:00", "22:00")


def sample(region: mr.Region, every: int) -> list[tuple[str, float, float]]:
    """Take some city centres, and as many places around stations."""
    rng = np.random.default_rng(1)
    cities = region.table("cities").sort_values("city_id").iloc[::every]
    stops = region.table("stops").sort_values("stop_id")
    near = stops.iloc[rng.choice(len(stops), len(cities), replace=False)]
    away = rng.normal(0, 0.05, (len(near), 2))
    found = [(str(row.city_id), float(row.lon), float(row.lat)) for row in cities.itertuples()]
    for row, (east, north) in zip(near.itertuples(), away, strict=True):
        found.append((f"near {row.stop_id}", round(float(row.lon + east), 4), round(float(row.lat + north), 4)))
    return found


def compare(every: int = 2, cell_m: float = 1000.0) -> dict[tuple[int, int, int], list[tuple[float, float, float]]]:
    """Areas by year, percentile and cut-off, one tuple a point."""
    region = mr.open("yrd")
    walks = walking(region)
    timetables = {year: walks.timetable(region, year=year) for year in YEARS}
    states = [
        TimetableState(key=str(year), title=(str(year), str(year)), year=year, timetable=timetable)
        for year, timetable in timetables.items()
    ]
    start = time.perf_counter()
    found = build_station_times(region, states, ground=ROAD, max_time_s=MAX_ROAD_S, window=WINDOW)
    if found is None:
        msg = "the shipped region has no station times"
        raise RuntimeError(msg)
    print(
        f"{found.figures['stations']} stations, {sum(state['journeys'] for state in found.figures['states']):,} "
        f"journeys, {len(gzip.compress(found.script)) / 1000:.0f} kB gzip, {time.perf_counter() - start:.1f} s"
    )
    points = sample(region, every)
    asked = [
        {"lon": lon, "lat": lat, "state": str(year), "percentile": percentile, "cutoffs_min": CUTOFFS_MIN}
        for year, (_, lon, lat), percentile in product(YEARS, points, PERCENTILES)
    ]
    answers = ask_page(found.figures, found.script, asked)
    times = sorted(answer["ms"] for answer in answers)
    print(f"page: a point with {len(CUTOFFS_MIN)} cut-offs {times[len(times) // 2]:.1f} ms (median), in Node")
    areas: dict[tuple[int, int, int], list[tuple[float, float, float]]] = {}
    outlines = iter(answers)
    engine_s = 0.0
    for year, (name, lon, lat) in product(YEARS, points):
        start = time.perf_counter()
        exact = isochrones(
            timetables[year],
            Points((name,), np.array([lon]), np.array([lat])),
            cutoffs_s=[60 * minutes for minutes in CUTOFFS_MIN],
            percentiles=PERCENTILES,
            streets=ROAD,
            max_walk_time_s=MAX_ROAD_S,
            cell_m=cell_m,
            window=WINDOW,
        ).table
        engine_s += time.perf_counter() - start
        for percentile in PERCENTILES:
            for minutes, shape in zip(CUTOFFS_MIN, next(outlines)["outlines"], strict=True):
                row = exact[(exact["percentile"] == percentile) & (exact["cutoff_s"] == 60 * minutes)]
                pair = agreement(shapely.from_geojson(json.dumps(shape)), row.geometry.iloc[0])
                areas.setdefault((year, percentile, minutes), []).append(pair)
    print(f"engine: a point with all percentiles and cut-offs {1000 * engine_s / len(points) / len(YEARS):.0f} ms")
    return areas


def main() -> None:
    if not at_hand():
        print("atlas isochrones: skipped, Node or web/node_modules (npm ci) are not at hand")
        return
    for every, cell_m in ((4, 1000.0), (8, 400.0)):
        areas = compare(every, cell_m)
        n = len(next(iter(areas.values())))
        print(
            f"{n} points; engine in cells of {cell_m:g} m; area of the page over that of the engine; both over either"
        )
        for key, values in areas.items():
            ours, exact, both = np.array(values).T
            share, whole = both / (ours + exact - both), both.sum() / (ours + exact - both).sum()
            print(
                f"{key[0]} p{key[1]:<2} {key[2]:3} min: {ours.sum() / exact.sum():.3f}; all together "
                f"{whole:.3f}, median {np.median(share):.3f}, least {share.min():.3f}"
            )


if __name__ == "__main__":
    main()
