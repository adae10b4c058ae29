import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.mobility.isochrone import Isochrones
from megaregion.mobility.travel_time import TravelTimes
from megaregion.publish.atlas_data import YearResult
from megaregion.publish.atlas_reach import Reach
from megaregion.region.model import Region

# id, names, province, lon, lat, people: illustrative, on a made-up coast
CITIES = [
    ("330100", "杭州市", "Hangzhou", "浙江省", "Zhejiang", 120.2, 30.3, 11_936_010),
    ("310000", "上海市", "Shanghai", "上海市", "Shanghai", 121.4, 31.2, 24_870_895),
    ("320100", "南京市", "Nanjing", "江苏省", "Jiangsu", 118.8, 32.0, 9_314_685),
    ("320500", "苏州市", "Suzhou", "江苏省", "Jiangsu", 120.6, 31.3, 12_748_262),
    ("341300", "宿州市", "Suzhou", "安徽省", "Anhui", 117.0, 33.6, 5_324_476),
    ("330900", "舟山市", "Zhoushan", "浙江省", "Zhejiang", 122.2, 30.0, None),
]
IDS = tuple(sorted(row[0] for row in CITIES))


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
                        shapely.box(114, 27, 121.9, 36),
                        shapely.Point(120.2, 31.2).buffer(0.3),
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
def results() -> dict[int, YearResult]:
    """Travel times in proportion to distance, faster in 2019; made up."""
    return {2012: year_result(1.2, 75, reach_north=False), 2019: year_result(1.0, 163, reach_north=True)}


def year_result(slow: float, trains: int, *, reach_north: bool) -> YearResult:
    order = {row[0]: row for row in CITIES}
    ids = tuple(reversed(IDS))
    lon = np.array([order[city][5] for city in ids])
    lat = np.array([order[city][6] for city in ids])
    fastest = np.hypot(lon[:, None] - lon, lat[:, None] - lat).astype("float32") * 2400 * slow + 600
    away = [ids.index("330900")] + ([] if reach_north else [ids.index("341300")])
    fastest[away, :] = np.inf
    fastest[:, away] = np.inf
    np.fill_diagonal(fastest, 0)
    spread = np.stack([fastest, fastest + 3600, fastest + 7200]).astype("float32")
    times = TravelTimes(
        origin_ids=ids,
        destination_ids=ids,
        percentiles=(5.0, 50.0, 95.0),
        travel_time_s=spread,
        fastest_s=fastest,
        departures=np.where(np.isfinite(fastest), 20, 0).astype("int32"),
        first_arrival_s=fastest,
        last_arrival_s=fastest,
        window_s=(6 * 3600, 22 * 3600),
        provenance={"change_time_s": [900], "feeds": ("made up",), "window": ("06:00", "22:00")},
    )
    direct = [
        ("330100", "310000", trains, 45 * 60 * slow, 60 * 60 * slow),
        ("310000", "330100", trains - 1, 46 * 60 * slow, 61 * 60 * slow),
        ("310000", "320100", 100, 67 * 60 * slow, 90 * 60 * slow),
        ("320100", "310000", 100, 68 * 60 * slow, 91 * 60 * slow),
    ]
    if reach_north:
        direct.append(("320100", "341300", 12, 80 * 60, 85 * 60))
    return YearResult(times, pd.DataFrame(direct, columns=["from_id", "to_id", "trains", "fastest_s", "median_s"]))


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
    """Isochrones of boxes; areas are not used."""
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
    return Isochrones(table, 1000.0, {**PROVENANCE, **about})


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
    return Reach(station=station, by_year=by_year, ground=("10 min + a straight line", "10 分钟 + 直线"))
