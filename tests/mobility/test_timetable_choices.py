"""What a timetable is built of: several feeds, a day that suits them, wheelchairs, bicycles, streets."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from megaregion.errors import InputError
from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from megaregion.mobility.ground import StraightLine
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
RAIL = {
    "fast": [("A", 3600, 3600), ("B", 4000, 4100), ("C", 4500, 4500)],
    "slow": [("A", 3700, 3700), ("B", 4300, 4400), ("C", 5500, 5500)],
}


def flagged(region, table, key, field, flags):
    frame = region.table(table)
    values = pd.array([flags.get(name) for name in frame[key]], dtype="boolean")
    return region.with_table(table, frame.assign(**{field: values}))


def arrival(timetable, start, end):
    return travel_time_matrix(timetable, [start], [end], window=("01:00", "01:01")).first_arrival_s[0, 0]


def codes(timetable):
    return [notice.code for notice in timetable.notices if notice.code != "service_day_repeated"]


EVERYWHERE = {"A": True, "B": True, "C": True}


def accessible(trip_flags, stop_flags, **options):
    region = flagged(tiny_region(RAIL, **options), "trips", "trip_id", "wheelchair", trip_flags)
    return flagged(region, "stops", "stop_id", "wheelchair", stop_flags)


def test_a_wheelchair_takes_the_trips_and_stops_that_are_known_to_take_it():
    region = accessible({"fast": False, "slow": True}, EVERYWHERE)
    assert arrival(Timetable.from_region(region, rules=PLAIN), "A", "C") == 4500
    timetable = Timetable.from_region(region, rules=PLAIN, wheelchair=True)
    assert set(timetable.trip_table["trip_id"]) == {"slow"}
    assert arrival(timetable, "A", "C") == 5500
    assert codes(timetable) == []


def test_what_is_not_known_counts_as_no_and_is_reported():
    region = accessible({"slow": True}, {"A": True, "B": False})
    timetable = Timetable.from_region(region, rules=PLAIN, wheelchair=True)
    trips, stops = (n.message for n in timetable.notices if n.code == "wheelchair_not_known")
    assert trips.startswith("of 2 trips 1 take wheelchairs, 0 do not, and of 1 it is not known")
    assert stops.startswith("of 3 stops 1 can be used in a wheelchair, 1 cannot, and of 1 it is not known")
    # the train passes through B and C, but nobody gets out
    assert np.isinf(arrival(timetable, "A", "B"))
    assert np.isinf(arrival(timetable, "A", "C"))


def test_a_platform_is_as_its_station_unless_it_says_otherwise():
    stops = {name: {"parent_stop_id": "S"} for name in "BC"} | {"S": {}}
    region = accessible({"fast": True}, {"A": True, "S": True, "C": False}, stops=stops)
    timetable = Timetable.from_region(region, rules=PLAIN, wheelchair=True)
    assert arrival(timetable, "A", "B") == 4000
    boards_or_alights = timetable.flags[timetable.arrival_stop == timetable.stops.position("C")] & 2
    assert not boards_or_alights.any()


def test_bicycles_ask_for_trips_only():
    region = flagged(tiny_region(RAIL), "trips", "trip_id", "bicycle", {"slow": True})
    timetable = Timetable.from_region(region, rules=PLAIN, bicycle=True)
    assert arrival(timetable, "A", "C") == 5500
    assert codes(timetable) == ["bicycle_not_known"]


def test_a_timetable_that_takes_no_wheelchair_is_refused():
    region = flagged(tiny_region(RAIL), "trips", "trip_id", "wheelchair", {"fast": False})
    with pytest.raises(
        InputError,
        match="none of 2 trips is known to take wheelchairs: field 'wheelchair' of table trips is 'no' for 1 and blank "
        r"for 1\. Fill it in, or leave out wheelchair=True",
    ):
        Timetable.from_region(region, wheelchair=True)


def test_streets_say_how_long_it_takes_between_stops():
    """289 m at 2 m/s without detour are 145 s, and 60 s to change."""
    trips = {"1": [("A", 3600, 3600), ("M", 4000, 4000)], "2": [("N", 4205, 4205), ("Z", 5000, 5000)]}
    stops = {"A": {"lon": 119.0, "lat": 30.0}, "Z": {"lon": 121.0, "lat": 30.0}}
    stops |= {"M": {"lon": 120.0, "lat": 30.0}, "N": {"lon": 120.003, "lat": 30.0}}
    region = tiny_region(trips, stops=stops, kind="gtfs", dates=("2019-10-10", "2019-10-10"))
    rules = TransferRules(walk_speed_m_s=0.5)
    assert np.isinf(arrival(Timetable.from_region(region, rules=rules, max_travel_time_s=7200), "A", "Z"))
    streets = StraightLine(speed_m_s=2.0, detour=1.0)
    timetable = Timetable.from_region(region, rules=rules, max_travel_time_s=7200, streets=streets)
    assert arrival(timetable, "A", "Z") == 5000
    assert streets.rule in timetable.walks.rule


def second_feed(region, first, last):
    """The region with a feed 'u' of the same trips, on other days."""
    tables = {}
    for name in region.tables:
        frame = region.table(name)
        if name == "stops" or not len(frame):
            continue
        new = frame.assign(
            **{c: "u" + frame[c].astype("str") for c in ("trip_id", "route_id", "service_id") if c in frame}
        )
        if "feed_id" in frame:
            new = new.assign(feed_id="u")
        days = {"first_date": first, "last_date": last, "start_date": first, "end_date": last}
        new = new.assign(**{c: day for c, day in days.items() if c in new})
        tables[name] = pd.concat([frame, new], ignore_index=True)
    return region.with_tables(tables)


def test_a_feed_without_service_on_the_day_is_named_with_the_best_day():
    region = second_feed(tiny_region(RAIL, dates=("2019-10-01", "2019-10-20")), "2019-10-15", "2019-10-31")
    timetable = Timetable.from_region(region, date="2019-10-10", rules=PLAIN)
    notice = next(n for n in timetable.notices if n.code == "feed_without_service")
    assert notice.message == (
        "timetable u has no service on 2019-10-10: its service days go from 2019-10-15 to 2019-10-31. "
        "On 2019-10-15, 2 of 2 timetables run."
    )
    assert notice.fix == "ask for 2019-10-15"
    with pytest.raises(
        InputError,
        match=r"nothing runs on 2019-12-01 in timetable t, u: its service days go from 2019-10-01 to 2019-10-31, the "
        r"busiest on which 2 of 2 timetables run is 2019-10-15 with 4 trips\. Ask for one of them",
    ):
        Timetable.from_region(region, feeds=["t", "u"], date="2019-12-01")


def test_without_a_date_it_is_a_day_on_which_all_run():
    """Feed t has twice its trips before feed u begins; they still meet on the 15th."""
    region = second_feed(tiny_region(RAIL, dates=("2019-10-01", "2019-10-20")), "2019-10-15", "2019-10-31")
    early = region.table("calendar").iloc[[0]].assign(service_id="early", end_date="2019-10-05")
    more = region.table("trips").iloc[[0] * 9]
    more = more.assign(trip_id=[f"m{n}" for n in range(9)], service_id="early")
    times = [region.table("stop_times").query("trip_id == 'fast'").assign(trip_id=trip) for trip in more["trip_id"]]
    region = region.with_tables(
        {
            "calendar": pd.concat([region.table("calendar"), early], ignore_index=True),
            "trips": pd.concat([region.table("trips"), more], ignore_index=True),
            "stop_times": pd.concat([region.table("stop_times"), *times], ignore_index=True),
        }
    )
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert timetable.date == "2019-10-15"
    assert codes(timetable) == []


def test_the_last_departure_is_that_of_the_day_itself():
    trips = RAIL | {"night": [("A", seconds("24:30"), seconds("24:30")), ("C", seconds("25:00"), seconds("25:00"))]}
    timetable = Timetable.from_region(tiny_region(trips), rules=PLAIN)
    assert timetable.last_departure_s == seconds("24:30")
    assert timetable.departure_s.max() > timetable.last_departure_s
    closed = tiny_region({"fast": RAIL["fast"]}, flags={("fast", n): (False, True) for n in range(3)})
    assert Timetable.from_region(closed, rules=PLAIN).last_departure_s is None


def zipped(path, day, stop_time="08:00:00"):
    files = {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\na,A,https://a.example,Asia/Shanghai\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n1,Eins,30,120\n2,Zwei,30.5,120\n",
        "routes.txt": "route_id,agency_id,route_short_name,route_type\nr,a,R,3\n",
        "trips.txt": "route_id,service_id,trip_id\nr,s,t\n",
        "stop_times.txt": (
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            f"t,{stop_time},{stop_time},1,1\nt,09:00:00,09:00:00,2,2\n"
        ),
        "calendar_dates.txt": f"service_id,date,exception_type\ns,{day},1\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_a_folder_of_feeds_is_read_whole(tmp_path):
    zipped(tmp_path / "north.zip", "20191010")
    zipped(tmp_path / "south.zip", "20191010", "08:30:00")
    with zipfile.ZipFile(tmp_path / "fares.zip", "w") as archive:
        archive.writestr("fares.csv", "a,b\n")
    timetable = Timetable.from_gtfs(tmp_path)
    assert timetable.feed_ids == ("north", "south")
    assert list(timetable.stops) == ["north:1", "north:2", "south:1", "south:2"]
    notice = next(n for n in timetable.notices if n.code == "file_is_no_feed")
    assert notice.message == "fares.zip (a zip without stops and trips: fares.csv) is passed over."
    both = Timetable.from_gtfs([tmp_path / "south.zip", tmp_path / "north.zip"])
    assert both.departure_s.tolist() == timetable.departure_s.tolist()
    alone = Timetable.from_gtfs(tmp_path / "north.zip")
    assert list(alone.stops) == ["north:1", "north:2"]


def test_feeds_of_different_years_run_on_the_day_they_have(tmp_path):
    zipped(tmp_path / "north.zip", "20191010")
    zipped(tmp_path / "south.zip", "20201010")
    timetable = Timetable.from_gtfs(tmp_path, date="2020-10-10")
    assert set(timetable.trip_table["feed_id"]) == {"south"}
    assert "feed_without_service" in codes(timetable)


def test_feeds_of_one_name_or_none_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    zipped(tmp_path / "a" / "north.zip", "20191010")
    zipped(tmp_path / "north.zip", "20191010")
    with pytest.raises(InputError, match="would both be the feed 'north'; expected names that differ"):
        Timetable.from_gtfs([tmp_path / "north.zip", tmp_path / "a" / "north.zip"])
    with pytest.raises(InputError, match="no GTFS feed is given; expected a folder, a zip, or a list of them"):
        Timetable.from_gtfs([])


def test_both_feeds_of_porto_alegre(shared_data):
    """Bus and rail share 26 days of 2019 and more; the fares in the same folder are no feed."""
    folder = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    timetable = Timetable.from_gtfs(folder, date="2019-05-13")
    assert timetable.feed_ids == ("poa_eptc", "poa_trensurb")
    assert set(timetable.trip_table["feed_id"]) == {"poa_eptc", "poa_trensurb"}
    assert "feed_without_service" not in codes(timetable)
    august = Timetable.from_gtfs(folder, date="2019-08-12")
    notice = next(n for n in august.notices if n.code == "feed_without_service")
    assert notice.message.startswith("timetable poa_eptc has no service on 2019-08-12")
