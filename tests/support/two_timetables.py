"""Four cities on a line of trains, with a slow timetable of 2012 and a fast one of 2019."""

from functools import cache

import pandas as pd

from megaregion.region.schema import conform
from support.tiny_region import tiny_region

PLACES = (("a", "甲市", "A", 120.0), ("b", "乙市", "B", 121.0), ("c", "丙市", "C", 122.0), ("d", "丁市", "D", 123.0))
GDP = {2012: (600.0, 300.0, 100.0, 50.0), 2019: (900.0, 700.0, 300.0, None)}
PEOPLE = {2010: (40.0, 30.0, 30.0, 10.0), 2020: (50.0, 30.0, 20.0, 10.0)}


def facts(vintage="first release"):
    rows = [
        {
            "city_id": city,
            "indicator": name,
            "year": year,
            "value": value,
            "unit": unit,
            "vintage": vintage,
            "status": "confirmed",
        }
        for name, unit, figures in (("gdp", "CNY", GDP), ("population_census", "person", PEOPLE))
        for year, values in figures.items()
        for city, value in zip("abcd", values, strict=True)
        if value is not None
    ]
    return conform("city_facts", pd.DataFrame(rows))


def timetable(minutes, every):
    """Region with a line a - b - c - d and back, so many minutes between two stations, a train every so often."""
    trips = {}
    for start in range(5 * 60, 22 * 60, every):
        for name, line in (("up", "abcd"), ("down", "dcba")):
            times = [60 * (start + leg * minutes) for leg in range(4)]
            trips[f"{name}{start}"] = [(f"{stop}1", at, at) for stop, at in zip(line, times, strict=True)]
    stops = {f"{city}1": {"city_id": city, "lon": lon, "lat": 31.0} for city, _, _, lon in PLACES}
    return tiny_region(trips, stops=stops)


def two_years():
    """Tables of both timetables: 60 min a leg and a train an hour in 2012, 40 min and two an hour in 2019."""
    new, old = timetable(40, 30), timetable(60, 60)
    ids = ("feed_id", "route_id", "trip_id", "service_id")
    tables = {}
    for name in ("feeds", "routes", "trips", "stop_times", "calendar"):
        before = old.table(name).copy()
        for each in ids:
            if each in before:
                before[each] = "old-" + before[each]
        if name == "feeds":
            before["year"] = 2012
        tables[name] = conform(name, pd.concat([before, new.table(name)], ignore_index=True))
    return tables | {"stops": new.table("stops")}


@cache
def world(*, years=2, vintage="first release"):
    """Give four cities, the last without GDP of 2019."""
    cities = pd.DataFrame(
        [{"city_id": city, "name": zh, "name_en": en, "lon": lon, "lat": 31.0} for city, zh, en, lon in PLACES]
    )
    tables = two_years() if years == 2 else {}
    return timetable(40, 30).with_tables(tables | {"cities": conform("cities", cities), "city_facts": facts(vintage)})
