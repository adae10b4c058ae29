import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.mobility.isochrone import Isochrones
from megaregion.publish.atlas_reach import Reach
from megaregion.publish.atlas_states import AtlasStudy
from megaregion.region.model import Region
from megaregion.study.reached_land import LEFT_OUT
from support.made_atlas import CITIES, study_of

MADE_SHORE = shapely.box(114, 27, 121.9, 36)
MADE_LAKE = shapely.Point(120.2, 31.2).buffer(0.3)
MADE_LAND = MADE_SHORE.difference(MADE_LAKE)


@pytest.fixture(scope="session")
def region() -> Region:
    """Six cities with illustrative trains; Zhoushan has no station, 宿州 is reached in 2019 only."""
    tables = {
        "cities": pd.DataFrame(
            [(*row[:7], "a square (gazetteer)", "yearbook", "illustrative") for row in CITIES],
            columns=[
                *("city_id", "name", "name_en", "province", "province_en", "lon", "lat"),
                *("centre_note", "source_id", "status"),
            ],
        ),
        "city_facts": pd.DataFrame(
            [
                (row[0], "population_census", year, "", float(row[7]) - shift, "person")
                for row in CITIES
                if row[7]
                for year, shift in ((2010, 1e6), (2020, 0.0))
            ],
            columns=["city_id", "indicator", "year", "vintage", "value", "unit"],
        ),
        "sources": pd.DataFrame(
            {
                "source_id": ["made-up", "gazetteer", "yearbook"],
                "title": ["Made up for tests </script><b>", "Gazetteer", "Yearbook"],
                "licence": "none needed",
            }
        ),
        "feeds": pd.DataFrame(
            {
                "feed_id": ["rail-2012", "rail-2019"],
                "kind": "patterns",
                "name": ["时刻表 2012", "时刻表 2019"],
                "year": [2012, 2019],
                "time_zone": "Asia/Shanghai",
                "first_date": ["2012-07-01", "2019-10-01"],
                "last_date": ["2012-08-31", "2019-10-31"],
                "change_time_s": 900,
                "source_id": "made-up",
                "status": "illustrative",
            }
        ),
        "stops": pd.DataFrame(
            [(f"rail:{row[1]}", row[1].removesuffix("市"), row[5], row[6], row[0]) for row in CITIES[:5]],
            columns=["stop_id", "name", "lon", "lat", "city_id"],
        ),
        "base_map": pd.DataFrame(
            {
                "feature_id": ["land", "lake", "river"],
                "layer": ["land", "water", "river"],
                "name": [None, "太湖", "长江"],
                "name_en": [None, "Lake Tai", "Yangtze"],
                "geometry": shapely.to_wkb(
                    [
                        MADE_SHORE,
                        MADE_LAKE,
                        shapely.LineString([(115, 30), (118.7, 32.1), (121.9, 31.6)]),
                    ]
                ),
                "source_id": "made-up",
            }
        ),
        "boundaries": pd.DataFrame(
            [
                (row[0], "nearest_centre", shapely.to_wkb(shapely.Point(row[5], row[6]).buffer(0.45, quad_segs=4)))
                for row in CITIES
            ],
            columns=["city_id", "kind", "geometry"],
        ),
    }
    region = Region("test").with_tables(tables)
    return region.with_tables(_trains({2012: (40, 0), 2019: (90, 12)}))


def _trains(years: dict[int, tuple[int, int]]) -> dict[str, pd.DataFrame]:
    """Aggregated services: Hangzhou - Shanghai - Suzhou - Nanjing and back, some straight through, and 宿州."""
    line = ["rail:杭州市", "rail:上海市", "rail:苏州市", "rail:南京市"]
    parts: dict[str, list[tuple[object, ...]]] = {name: [] for name in ("trips", "stop_times", "frequencies")}
    for year, (often, north) in years.items():
        patterns = [("all", line, often), ("through", [line[1], line[3]], often // 4)]
        if north:
            patterns.append(("north", [line[3], "rail:宿州市"], north))
        for name, stops, trains in patterns:
            for way, calls in (("out", stops), ("back", stops[::-1])):
                trip = f"rail-{year}:{name}-{way}"
                parts["trips"].append((trip, f"rail-{year}", f"rail-{year}:G", f"rail-{year}:daily"))
                for at, stop in enumerate(calls):
                    parts["stop_times"].append((trip, at + 1, stop, at * 2700, at * 2700 + (120 if at else 0)))
                parts["frequencies"].append((trip, 6 * 3600, 6 * 3600 + trains * 600, 600))
    feeds = [f"rail-{year}" for year in years]
    columns = {
        "trips": ["trip_id", "feed_id", "route_id", "service_id"],
        "stop_times": ["trip_id", "stop_sequence", "stop_id", "arrival_s", "departure_s"],
        "frequencies": ["trip_id", "start_s", "end_s", "headway_s"],
    }
    tables = {name: pd.DataFrame(rows, columns=columns[name]) for name, rows in parts.items()}
    tables["routes"] = pd.DataFrame(
        {"route_id": [f"{feed}:G" for feed in feeds], "feed_id": feeds, "mode": 2, "class": "G"}
    )
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), True)
    tables["calendar"] = pd.DataFrame(
        {
            "service_id": [f"{feed}:daily" for feed in feeds],
            "feed_id": feeds,
            **week,
            "start_date": [f"{year}-01-01" for year in years],
            "end_date": [f"{year}-12-31" for year in years],
        }
    )
    return tables


@pytest.fixture(scope="session")
def study(region: Region) -> AtlasStudy:
    """Times in proportion to distance, faster in 2019, and a plan that is faster still; made up."""
    return study_of(region, 2012, 2019)


PROVENANCE = {
    "date": "2019-10-01",
    "window": ("06:00", "22:00"),
    "max_walk_time_s": 3600,
    "cell_m": 1000.0,
    "cells": 4321,
    "typical_departures": True,
    "change_time_s": [900],
}

# west, south, east, north by year and cut-off: Shanghai in 60 min, Suzhou in 90, Hangzhou in 120 from 2019 on
REACHED = {
    2012: {
        60: [(121.0, 31.0, 122.5, 31.4)],
        90: [(120.55, 31.0, 122.5, 31.4)],
        120: [(120.55, 31.0, 122.5, 31.4), (121.0, 32.0, 121.3, 32.2)],
    },
    2019: {
        60: [(121.0, 31.0, 122.5, 31.4)],
        90: [(120.55, 31.0, 122.5, 31.5)],
        120: [(120.05, 30.1, 122.5, 31.5)],
    },
}


def made_isochrones(by_cutoff: dict[int, list[tuple[float, float, float, float]]], **about: object) -> Isochrones:
    """Isochrones of boxes, on the land of the made-up base map."""
    shapes = [shapely.multipolygons([shapely.box(*box) for box in boxes]) for boxes in by_cutoff.values()]
    table = gpd.GeoDataFrame(
        {
            "origin_id": "rail:上海虹桥",
            "percentile": 50.0,
            "cutoff_s": [60.0 * minutes for minutes in by_cutoff],
            "area_km2": np.nan,
        },
        geometry=shapes,
        crs="EPSG:4326",
    )
    return Isochrones(table, 1000.0, {**PROVENANCE, **about}).on_land(MADE_LAND).about(water=LEFT_OUT)


@pytest.fixture(scope="session")
def reach() -> Reach:
    """Boxes that are reached from a station; made up."""
    station = {
        "stop_id": "rail:上海虹桥",
        "name": "上海虹桥",
        "name_en": "Shanghai Hongqiao",
        "lon": 121.3162,
        "lat": 31.196,
    }
    by_year = {year: made_isochrones(boxes, year=year) for year, boxes in REACHED.items()}
    return Reach(station=station, by_year=by_year, ground=("10 min + a straight line", "10分钟 + 直线"))
