"""Direct trains: worked by hand, against counting one by one, and against the real timetables."""

from collections import defaultdict
from pathlib import Path
from statistics import median

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.mobility.direct_train import direct_trains
from megaregion.sources.rail_timetable import read_rail_timetable

STOPS = pd.DataFrame({"stop_id": ["a1", "a2", "b", "c", "z"], "city_id": ["A", "A", "B", "C", None]})


def calls(**trips: list[tuple[str, int, int]]) -> pd.DataFrame:
    rows = [(trip, n, *call) for trip, rows in trips.items() for n, call in enumerate(rows)]
    return pd.DataFrame(rows, columns=["trip_id", "stop_sequence", "stop_id", "arrival_s", "departure_s"])


def test_worked_by_hand() -> None:
    timetable = calls(
        one=[("a1", 0, 0), ("a2", 10, 12), ("z", 15, 16), ("b", 30, 31), ("c", 50, 50)],
        two=[("a2", 0, 0), ("b", 17, 17)],
    )
    found = direct_trains(timetable, STOPS).set_index(["from_id", "to_id"])
    # train one leaves A last from a2: 30 - 12 s to B, 50 - 12 s to C
    assert found.loc[("A", "B")].tolist() == [2, 17, 17.5, 18, "two"]
    assert found.loc[("A", "C")].tolist() == [1, 38, 38.0, 38, "one"]
    assert found.loc[("B", "C")].tolist() == [1, 19, 19.0, 19, "one"]
    assert len(found) == 3


def test_station_pairs_count_each_stop_and_the_stops_of_no_city() -> None:
    timetable = calls(one=[("a1", 0, 0), ("a2", 10, 12), ("z", 15, 16)])
    found = direct_trains(timetable, STOPS, by="station").set_index(["from_id", "to_id"])["fastest_s"]
    assert found.to_dict() == {("a1", "a2"): 10, ("a1", "z"): 15, ("a2", "z"): 3}
    children = STOPS.assign(parent_stop_id=["A", "A", None, None, None])
    found = direct_trains(timetable, children, by="station").set_index(["from_id", "to_id"])["fastest_s"]
    assert found.to_dict() == {("A", "z"): 3}


def test_a_repeated_trip_counts_as_many_trains_as_it_departs() -> None:
    timetable = calls(slow=[("a1", 0, 0), ("b", 40, 40)], fast=[("a1", 0, 0), ("b", 20, 20)])
    frequencies = pd.DataFrame(
        {"trip_id": ["slow", "slow"], "start_s": [0, 7200], "end_s": [3600, 10800], "headway_s": [515, 3600]}
    )
    trips = pd.DataFrame({"trip_id": ["fast", "slow"], "number": ["G1", None]})
    found = direct_trains(timetable, STOPS, trips, frequencies=frequencies).iloc[0]
    # 7 departures at 0, 515 ... 3090 s and one more at 7200 s
    assert found[["trains", "fastest_s", "median_s", "fastest_number"]].tolist() == [9, 20, 40.0, "G1"]
    nobody_knows = direct_trains(timetable[timetable["trip_id"] == "slow"], STOPS, trips, frequencies=frequencies)
    assert nobody_knows["fastest_number"].tolist() == ["slow"]


def test_no_ride_where_boarding_or_alighting_is_not_allowed() -> None:
    timetable = calls(one=[("a1", 0, 0), ("b", 30, 31), ("c", 50, 50)])
    closed = timetable.assign(pickup=[True, False, None], drop_off=[None, True, True])
    found = direct_trains(closed, STOPS)[["from_id", "to_id"]]
    assert found.to_numpy().tolist() == [["A", "B"], ["A", "C"]]


def test_no_trains() -> None:
    nothing = direct_trains(calls(one=[("a1", 0, 0)]), STOPS)
    assert len(nothing) == 0
    assert nothing["trains"].dtype == "int64"


rides = st.lists(st.tuples(st.sampled_from(STOPS["stop_id"].tolist()), st.integers(1, 9)), min_size=1, max_size=7)


@given(timetable=st.lists(st.tuples(rides, st.integers(1, 5)), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_agrees_with_counting_train_by_train(timetable: list[tuple[list[tuple[str, int]], int]]) -> None:
    trips, counts = {}, {}
    for n, (stations, departures) in enumerate(timetable):
        now, rows = 0, []
        for stop, step in stations:
            rows.append((stop, now + step, now + step + 1))
            now += step + 1
        trips[f"t{n}"], counts[f"t{n}"] = rows, departures
    frequencies = pd.DataFrame(
        [{"trip_id": t, "start_s": 0, "end_s": 100, "headway_s": -(-100 // n)} for t, n in counts.items()]
    )
    found = direct_trains(calls(**trips), STOPS, frequencies=frequencies)

    city = STOPS.set_index("stop_id")["city_id"].to_dict()
    times = defaultdict(list)
    for trip, rows in trips.items():
        best: dict[tuple[str, str], int] = {}
        for i, (origin, _, departure) in enumerate(rows):
            for destination, arrival, _ in rows[i + 1 :]:
                pair = (city[origin], city[destination])
                if None in pair or pair[0] != pair[0] or pair[1] != pair[1] or pair[0] == pair[1]:
                    continue
                best[pair] = min(best.get(pair, 10**9), arrival - departure)
        for pair, time_s in best.items():
            times[pair] += [time_s] * counts[trip]
    expected = {pair: (len(t), min(t), median(t)) for pair, t in times.items()}
    assert {(r.from_id, r.to_id): (r.trains, r.fastest_s, r.median_s) for r in found.itertuples()} == expected


YEARS = {2012: ("timetable_2012.csv.gz", 999), 2019: ("timetable_2019-10.csv.gz", 1_128)}


@pytest.mark.national
@pytest.mark.parametrize("year", YEARS)
def test_every_city_pair_of_the_checked_table(shared_data: Path, year: int) -> None:
    folder = shared_data / "rail"
    name, pairs = YEARS[year]
    cities = pd.read_csv(folder / "yrd_stations_city.csv", dtype="str").drop_duplicates("adcode")
    tables = read_rail_timetable(folder / name, year=year, stations=folder / "yrd_stations_city.csv").tables
    found = direct_trains(tables["stop_times"], tables["stops"], tables["trips"])
    assert len(found) == pairs

    english = cities.set_index("adcode")["city_en"]
    found = found.assign(origin=found["from_id"].map(english), destination=found["to_id"].map(english))
    found = found.set_index(["origin", "destination"])
    checked = pd.read_csv(folder / "check_yrd_direct_trains_2012_vs_2019.csv").set_index(["from", "to"])
    checked = checked[checked[f"trains_{year}"] > 0].loc[found.index]
    assert (found["fastest_s"] == 60 * checked[f"fastest_min_{year}"]).all()
    more = checked[f"trains_{year}"] - found["trains"]
    differs = more[(more != 0) | (found["median_s"] != 60 * checked[f"median_min_{year}"])]
    if year == 2012:
        assert differs.empty
        return
    # the checked table counts G7662 once and G7663, the other code of that train, again
    route = {"Wenzhou", "Taizhou (Zhejiang)", "Ningbo", "Hangzhou", "Huzhou", "Wuxi", "Changzhou", "Nanjing", "Hefei"}
    assert len(differs) == 64
    assert (differs == 1).all()
    assert {city for pair in differs.index for city in pair} <= route


@pytest.mark.national
def test_the_known_fastest_trains(shared_data: Path) -> None:
    folder = shared_data / "rail"

    def minutes(year: int, origin: str, destination: str, by: str) -> float:
        tables = read_rail_timetable(
            folder / YEARS[year][0], year=year, stations=folder / "yrd_stations_city.csv"
        ).tables
        found = direct_trains(tables["stop_times"], tables["stops"], by=by).set_index(["from_id", "to_id"])  # type: ignore[arg-type]
        return float(found.loc[(origin, destination), "fastest_s"]) / 60

    assert minutes(2019, "rail:杭州东", "rail:上海虹桥", "station") == 45
    # Hangzhou East was being rebuilt in 2012
    assert minutes(2012, "rail:杭州", "rail:上海虹桥", "station") == 49
    assert (minutes(2012, "320100", "330100", "city"), minutes(2019, "320100", "330100", "city")) == (128, 58)
