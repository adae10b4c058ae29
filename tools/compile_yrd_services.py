"""
Compile the service patterns of the shipped YRD region from a national timetable that the user has.

    python tools/compile_yrd_services.py TIMETABLE STATIONS --year 2019

The timetable itself is not redistributed: what is written are aggregates, by the rules in `service_patterns.py`,
without train codes and without clock minutes. Rows of other years in the folder are kept. `pattern_check.csv` compares,
for every ordered pair of cities, direct trains a day and the fastest direct time of the timetable with those of the
patterns.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from megaregion.mobility.direct_train import direct_trains
from megaregion.mobility.places import principal_stations
from megaregion.region.service_days import WEEKDAYS
from megaregion.sources.rail_timetable import rail_routes, read_rail_timetable
from service_patterns import MINUTE_S, Pattern, aggregate, trains_within

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "src" / "megaregion" / "examples" / "yrd"
STATION_NAMES = HERE / "yrd_station_names.csv"
RENAMED = HERE / "yrd_renamed_stations.csv"
STATION_SOURCE = "osm-stations-2026"

TRAINS_TOLERANCE = 0.02
"""Share by which the direct trains of a pair may differ."""

MERGE_TOLERANCE = 0.01
"""Share that counting a lone train with others may change, for principal and outer stations apart."""

FASTEST_TOLERANCE_S = 60
"""Seconds by which the fastest direct time of a pair may differ."""

PERIODS = {2012: ("2012-07-01", "2012-08-31"), 2019: ("2019-10-01", "2019-10-31")}
"""Months that the contents of the collected timetables date from; another year's are taken to hold all year."""

RULES = ("any", "principal")
"""Which stations of a city count in `pattern_check.csv`."""

OUTER = " outer"


def main(arguments: list[str] | None = None) -> int:
    """Compile one year and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("timetable", type=Path, help="national timetable, one row a call")
    parser.add_argument("stations", type=Path, help="stations of the region's cities: station, lon, lat, adcode")
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder of the shipped tables")
    parser.add_argument("--tolerance", type=float, default=MERGE_TOLERANCE, help="of direct trains, as a share")
    parser.add_argument("--spare", type=int, default=0, help="of direct trains, in trains")
    parser.add_argument("--main-trains", type=int, default=10, help="trains that make a station pair a main one")
    options = parser.parse_args(arguments)

    source = read_rail_timetable(options.timetable, year=options.year, stations=options.stations).tables
    today = with_todays_stations(source, options.stations, options.year)
    trains = trains_within(today["stop_times"], with_outer_cities(today), today["trips"])
    patterns = aggregate(trains, tolerance=options.tolerance, spare=options.spare, main_trains=options.main_trains)
    tables = pattern_tables(patterns, today["stops"], options.year)
    cities = pd.read_csv(FOLDER / "cities.csv", dtype={"city_id": "str"})
    check = pd.concat([compare(source, tables, options.year, rule, cities) for rule in RULES])
    check = with_notes(check, today, options.year)
    options.into.mkdir(parents=True, exist_ok=True)
    written = {name: merge(options.into / f"{name}.csv", frame, options.year) for name, frame in tables.items()}
    written["stops"] = keep_used(options.into / "stops.csv", written["stop_times"])
    merge(options.into / "pattern_check.csv", check, options.year)
    print(summary(patterns, check, options.into, [*tables, "pattern_check"]))
    return 0


def with_todays_stations(source: dict[str, pd.DataFrame], stations: Path, year: int) -> dict[str, pd.DataFrame]:
    """
    Tables in which stations that were renamed since bear the name under which the station file knows their place.

    Without it the trains of such a station would be missing from its city.
    """
    renamed = pd.read_csv(RENAMED)
    renamed = renamed[renamed["year"] == year]
    ids = ("rail:" + renamed.set_index("name")["today"]).rename(lambda name: f"rail:{name}").to_dict()
    known = pd.read_csv(stations, dtype="str").set_index("station")
    stops = source["stops"].copy()
    for row, new in stops["stop_id"].map(ids).dropna().items():
        place = known.loc[new.removeprefix("rail:")]
        stops.loc[row, ["stop_id", "name", "city_id"]] = [new, place.name, place["adcode"]]
        stops.loc[row, ["lon", "lat"]] = [float(place["lon"]), float(place["lat"])]
    times = source["stop_times"]
    return source | {"stops": stops, "stop_times": times.assign(stop_id=times["stop_id"].replace(ids))}


def with_notes(check: pd.DataFrame, today: dict[str, pd.DataFrame], year: int) -> pd.DataFrame:
    """Say for each pair of a city with a renamed station why it is not what the station file alone gives."""
    renamed = pd.read_csv(RENAMED)
    renamed = renamed[renamed["year"] == year]
    city = today["stops"].set_index("stop_id")["city_id"]
    notes = {
        city[f"rail:{row.today}"]: f"{row.name} (now {row.today}) counted" for row in renamed.itertuples(index=False)
    }
    note = [
        notes.get(here) or notes.get(there) or "" for here, there in zip(check["from_id"], check["to_id"], strict=True)
    ]
    return check.assign(note=note)


def with_outer_cities(source: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Give the stops of the timetable, those far from the centre of their city under a city of their own.

    So a train that calls at a city's principal stations is never counted with one that only calls in its outskirts.
    """
    stops = source["stops"]
    stops = stops[stops["stop_id"].isin(source["stop_times"]["stop_id"])]
    cities = pd.read_csv(FOLDER / "cities.csv", dtype={"city_id": "str"})
    principal = principal_stations(stops, cities) == stops["city_id"]
    return stops.assign(city_id=stops["city_id"].where(stops["city_id"].isna() | principal, stops["city_id"] + OUTER))


def pattern_tables(patterns: list[Pattern], stations: pd.DataFrame, year: int) -> dict[str, pd.DataFrame]:
    """Tables of one year's patterns; their order and ids say nothing of the timetable's."""
    feed_id = f"rail-{year}"
    first, last = PERIODS.get(year, (f"{year}-01-01", f"{year}-12-31"))
    ordered = sorted(
        patterns, key=lambda pattern: (pattern.kind, pattern.stops, pattern.arrival, sorted(pattern.hours.items()))
    )
    ids = [f"{feed_id}:p{number:04d}" for number in range(1, len(ordered) + 1)]
    places = stations.set_index("stop_id")
    stop_times = pd.DataFrame(
        [
            (trip_id, n, stop_id, arrival * MINUTE_S, departure * MINUTE_S)
            for trip_id, pattern in zip(ids, ordered, strict=True)
            for n, ((stop_id, _), arrival, departure) in enumerate(
                zip(pattern.stops, pattern.arrival, pattern.departure, strict=True), start=1
            )
        ],
        columns=["trip_id", "stop_sequence", "stop_id", "arrival_s", "departure_s"],
    )
    frequencies = pd.DataFrame(
        [
            # rounded up: with 3600 // n a part of the hour would be left for one departure more
            (trip_id, hour * 3600, (hour + 1) * 3600, -(-3600 // count), "no")
            for trip_id, pattern in zip(ids, ordered, strict=True)
            for hour, count in sorted(pattern.hours.items())
        ],
        columns=["trip_id", "start_s", "end_s", "headway_s", "exact_times"],
    )
    trips = pd.DataFrame(
        {
            "trip_id": ids,
            "feed_id": feed_id,
            "route_id": [f"{feed_id}:{pattern.kind}" for pattern in ordered],
            "service_id": f"{feed_id}:daily",
            "headsign": [str(places["name"][pattern.stops[-1][0]]) for pattern in ordered],
        }
    )
    names = pd.read_csv(STATION_NAMES, dtype="str").set_index("name")["name_en"]
    used = places.loc[sorted(stop_times["stop_id"].unique())].reset_index()
    stops = pd.DataFrame(
        {
            "stop_id": used["stop_id"],
            "name": used["name"],
            "name_en": used["name"].map(names),
            "lon": used["lon"].round(6),
            "lat": used["lat"].round(6),
            "city_id": used["city_id"],
            "kind": "station",
            "source_id": STATION_SOURCE,
        }
    )
    if stops["name_en"].isna().any():
        print(
            f"no English name in {STATION_NAMES.name}: {', '.join(stops.loc[stops['name_en'].isna(), 'name'])}",
            file=sys.stderr,
        )
    feeds = pd.DataFrame(
        {
            "feed_id": [feed_id],
            "kind": "patterns",
            "name": f"Aggregated rail services {year}",
            "year": year,
            "time_zone": "Asia/Shanghai",
            "first_date": first,
            "last_date": last,
            "change_time_s": 900,
            "source_id": feed_id,
            "status": "confirmed",
        }
    )
    calendar = pd.DataFrame(
        {
            "service_id": [f"{feed_id}:daily"],
            "feed_id": feed_id,
            **dict.fromkeys(WEEKDAYS, "yes"),
            "start_date": first,
            "end_date": last,
        }
    )
    routes = rail_routes(sorted({pattern.kind for pattern in ordered}), feed_id)
    return {
        "feeds": feeds,
        "stops": stops,
        "routes": routes,
        "trips": trips,
        "stop_times": stop_times,
        "frequencies": frequencies,
        "calendar": calendar,
    }


def compare(
    source: dict[str, pd.DataFrame], shipped: dict[str, pd.DataFrame], year: int, rule: str, cities: pd.DataFrame
) -> pd.DataFrame:
    """One row for each ordered city pair that has a direct train in the timetable or in the patterns."""
    key = ["from_id", "to_id"]
    stops = source["stops"]
    stops = stops[stops["stop_id"].isin(source["stop_times"]["stop_id"])]
    shipped_stops = shipped["stops"]
    if rule == "principal":
        stops = stops.assign(city_id=principal_stations(stops, cities))
        shipped_stops = shipped_stops.assign(city_id=principal_stations(shipped_stops, cities))
    theirs = direct_trains(source["stop_times"], stops).set_index(key)
    ours = direct_trains(shipped["stop_times"], shipped_stops, frequencies=shipped["frequencies"]).set_index(key)
    columns = ["trains", "fastest_s"]
    both = (
        theirs[columns]
        .add_prefix("source_")
        .join(ours[columns].add_prefix("shipped_"), how="outer")
        .fillna(0)
        .astype(int)
    )
    inside = (
        ((both["shipped_trains"] - both["source_trains"]).abs() <= TRAINS_TOLERANCE * both["source_trains"])
        & ((both["shipped_fastest_s"] - both["source_fastest_s"]).abs() <= FASTEST_TOLERANCE_S)
        & (both["shipped_trains"] > 0)
    )
    within = inside.map({True: "inside", False: "outside"}).to_numpy()
    check = both.reset_index().assign(year=year, stations=rule, within=within)
    return check[["year", "stations", *key, *both.columns, "within"]].sort_values(key)


def merge(path: Path, frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """Write a table in place of the rows that this year had in it."""
    new = frame.astype("str")
    new = new.mask(frame.isna(), "")
    if path.exists():
        old = pd.read_csv(path, dtype="str", keep_default_na=False)
        if path.stem == "stops":
            old = old[~old["stop_id"].isin(new["stop_id"])]
        elif path.stem == "pattern_check":
            old = old[old["year"] != str(year)]
        else:
            of_feed = old.iloc[:, 0]  # feed_id itself, or an id that starts with it
            old = old[(of_feed != f"rail-{year}") & ~of_feed.str.startswith(f"rail-{year}:")]
        new = pd.concat([old, new], ignore_index=True)
    keys = {
        "stop_times": ["trip_id"],
        "pattern_check": ["year", "stations", "from_id", "to_id"],
        "frequencies": ["trip_id"],
    }
    new = new.sort_values(keys.get(path.stem, [str(new.columns[0])]), kind="stable")
    new.to_csv(path, index=False, lineterminator="\n")
    return new


def keep_used(path: Path, stop_times: pd.DataFrame) -> pd.DataFrame:
    """Drop the stations that no pattern of any year calls at."""
    stops = pd.read_csv(path, dtype="str", keep_default_na=False)
    used = stops[stops["stop_id"].isin(stop_times["stop_id"])]
    used.to_csv(path, index=False, lineterminator="\n")
    return used


def summary(patterns: list[Pattern], check: pd.DataFrame, folder: Path, names: list[str]) -> str:
    """Say what was made."""
    sizes = [len(pattern.trains) for pattern in patterns]
    total = sum((folder / f"{name}.csv").stat().st_size for name in names)
    return (
        f"{sum(sizes)} trains -> {len(sizes)} patterns, {sizes.count(1)} of them of one train\n"
        + "".join(
            f"{len(part)} city pairs by {rule} stations, {(part['within'] == 'outside').sum()} outside\n"
            for rule, part in check.groupby("stations")
        )
        + f"tables of all years: {total / 1000:.0f} kB"
    )


if __name__ == "__main__":
    sys.exit(main())
