"""Which station shows a region."""

import numpy as np
import pandas as pd
import pytest
from tests.support.tiny_region import tiny_region

import megaregion as mr
from megaregion.study.regions import isochrone_station


def timetables(region, *years):
    return [mr.mobility.Timetable.from_region(region, year=year) for year in years]


@pytest.fixture
def towns():
    """Two cities: the larger with two stations near its centre, of which B has most departures, and one far away."""
    hop = [("B", 0, 0), ("C", 600, 600)]
    trips = {f"{number}": [(stop, 28_800 + a, 28_800 + d) for stop, a, d in hop] for number in range(3)}
    trips["far"] = [("A", 30_000, 30_000), ("D", 30_600, 30_600), ("E", 32_000, 32_000)]
    places = {"A": (120.0, 30.0), "B": (120.01, 30.0), "C": (121.0, 30.0), "D": (120.6, 30.0), "E": (121.0, 30.01)}
    city = {"A": "big", "B": "big", "C": "small", "D": "big", "E": "small"}
    stops = {name: {"lon": lon, "lat": lat, "city_id": city[name]} for name, (lon, lat) in places.items()}
    cities = pd.DataFrame({"city_id": ["small", "big"], "name": ["Small", "Big"], "lon": [121.0, 120.0], "lat": 30.0})
    facts = pd.DataFrame(
        {
            "city_id": ["big", "small"],
            "indicator": "population_census",
            "year": 2020,
            "vintage": "",
            "value": [9e6, 1e6],
            "unit": "person",
        }
    )
    return tiny_region(trips, stops=stops).with_tables({"cities": cities, "city_facts": facts})


def test_the_shipped_region_names_hongqiao():
    region = mr.open("yrd")
    assert isochrone_station(region, timetables(region, 2012, 2019)) == "rail:上海虹桥"


def test_elsewhere_it_is_the_busiest_principal_station_of_the_largest_city(towns):
    assert isochrone_station(towns, timetables(towns, 2019)) == "B"


def test_a_city_without_a_station_is_passed_over(towns):
    stops = towns.table("stops")
    moved = towns.with_table("stops", stops.assign(city_id=stops["city_id"].where(stops["city_id"] != "big", "")))
    assert isochrone_station(moved, timetables(moved, 2019)) in {"C", "E"}


def test_where_nobody_was_counted_or_no_stop_has_a_place_there_is_none(towns):
    uncounted = towns.with_table("city_facts", towns.table("city_facts").iloc[:0])
    assert isochrone_station(uncounted, timetables(uncounted, 2019)) is None
    nowhere = towns.with_table("stops", towns.table("stops").assign(lon=np.nan, lat=np.nan))
    assert isochrone_station(nowhere, timetables(nowhere, 2019)) is None
