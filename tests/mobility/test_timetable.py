"""Timetables: days and time zones, walks that are closed, and a real GTFS feed against brute force."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility import Places, Timetable, TransferRules, travel_time_matrix
from megaregion.mobility.walks import build_walks
from support.brute_force import arrivals_by_rides, hops_by_vehicle
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0, walk_speed_m_s=1.3)
BRISK = TransferRules(walk_speed_m_s=1.3)


def shifted(region, **changes):
    """The same region with other fields in its timetable."""
    return region.with_table("feeds", region.table("feeds").assign(**changes))


@pytest.mark.parametrize(
    ("date", "hours"), [("2019-10-25", 24), ("2019-10-26", 25), ("2019-03-30", 23)], ids=["plain", "autumn", "spring"]
)
def test_the_next_day_begins_when_the_clocks_say_so(date, hours):
    """Berlin puts its clocks back on 27 October 2019 and forward on 31 March: noon to noon is 25 and 23 hours."""
    region = tiny_region(
        {"early": [("A", seconds("5:00"), seconds("5:00")), ("B", seconds("6:00"), seconds("6:00"))]},
        dates=("2019-03-01", "2019-12-31"),
    )
    timetable = Timetable.from_region(shifted(region, time_zone="Europe/Berlin"), date=date, rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["B"], window=("06:00", "06:01"))
    assert result.first_arrival_s[0, 0] == hours * 3600 + seconds("6:00")


def renamed(region, name):
    """A table of a second region, under keys of its own."""
    frame = region.table(name)
    if "feed_id" in frame.columns:
        frame = frame.assign(feed_id="u")
    for column in ("service_id", "route_id"):
        if column in frame.columns:
            frame = frame.assign(**{column: "u" + frame[column]})
    return frame


def test_feeds_of_two_time_zones_share_one_clock():
    """Tokyo is an hour ahead of Shanghai: 10:00 there is 9:00 here."""
    here = tiny_region({"1": [("A", seconds("8:00"), seconds("8:00")), ("B", seconds("8:30"), seconds("8:30"))]})
    there = tiny_region({"2": [("B", seconds("10:00"), seconds("10:00")), ("C", seconds("11:00"), seconds("11:00"))]})
    tables = {}
    for name in here.tables:
        frame = renamed(there, name)
        if name == "feeds":
            frame = frame.assign(time_zone="Asia/Tokyo")
        joined = pd.concat([here.table(name), frame], ignore_index=True)
        tables[name] = joined.drop_duplicates("stop_id", ignore_index=True) if name == "stops" else joined
    timetable = Timetable.from_region(here.with_tables(tables), rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["C"], window=("08:00", "08:01"))
    assert result.first_arrival_s[0, 0] == seconds("10:00")


def test_the_night_before_in_a_zone_three_hours_behind():
    """A train of Los Angeles at 22:00 the evening before leaves at 1:00 New York time."""
    local = tiny_region({"ny": [("X", seconds("12:00"), seconds("12:00")), ("Y", seconds("13:00"), seconds("13:00"))]})
    far = tiny_region({"la": [("L", seconds("22:00"), seconds("22:00")), ("M", seconds("23:00"), seconds("23:00"))]})
    tables = {name: pd.concat([local.table(name), renamed(far, name)], ignore_index=True) for name in local.tables}
    zones = {"t": "America/New_York", "u": "America/Los_Angeles"}
    feeds = tables["feeds"].assign(time_zone=tables["feeds"]["feed_id"].map(zones))
    region = local.with_tables(tables | {"feeds": feeds})
    timetable = Timetable.from_region(region, feeds=["t", "u"], rules=PLAIN, date="2019-10-10")
    result = travel_time_matrix(timetable, ["L"], ["M"], window=("00:30", "01:00"))
    assert result.first_arrival_s[0, 0] == seconds("2:00")


def test_the_last_train_of_the_short_night_is_there():
    """On 10 March 2019 New York's clocks go forward: the 23:10 of the day before still runs at the start of the day."""
    region = tiny_region(
        {"late": [("A", seconds("23:10"), seconds("23:10")), ("B", seconds("23:50"), seconds("23:50"))]},
        dates=("2019-03-01", "2019-03-31"),
    )
    timetable = Timetable.from_region(shifted(region, time_zone="America/New_York"), date="2019-03-10", rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["B"], window=("00:00", "00:11"))
    # noon minus 12 h of that day is an hour before its midnight
    assert result.first_arrival_s[0, 0] == seconds("0:50")


def test_a_rule_between_stations_holds_for_their_platforms():
    region = tiny_region(
        {"1": [("A", 3600, 3600), ("P1", 4000, 4000)], "2": [("Q1", 5000, 5000), ("Z", 6000, 6000)]},
        stops={"P1": {"parent_stop_id": "P"}, "Q1": {"parent_stop_id": "Q"}, "P": {}, "Q": {}},
        walks=[("P", "Q", 600)],
    )
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["Z"], window=("01:00", "01:01"))
    assert result.first_arrival_s[0, 0] == 6000


def test_a_recommended_change_takes_the_change_time_where_one_boards():
    """289 m x 1.3 at 1.3 m/s is 289 s; the stop reached takes 900 s to change, whatever the order of the rules."""
    stops = stops_at([(0, 0), (0.003, 0)], is_rail=False)
    rules = [
        {"from_stop_id": "s0", "to_stop_id": "s1", "kind": "recommended", "min_transfer_time_s": pd.NA},
        {"from_stop_id": "s1", "to_stop_id": "s1", "kind": "minimum_time", "min_transfer_time_s": 900},
    ]
    for order in (rules, rules[::-1]):
        walks = build_walks(stops, pd.DataFrame(order), PLAIN)
        assert walks.of(0)[1].tolist() == [300, pytest.approx(1189, abs=1)]


def test_typical_departures_stay_within_their_interval():
    shape = {"p": [("A", 0, 0), ("B", 60, 60)]}
    for end, headway, leaves in ((1800, 3600, 900), (600, 7200, 300), (5400, 3600, 1800)):
        region = tiny_region(shape, frequencies=[("p", 0, end, headway, False)], dates=("2019-10-01", "2019-10-01"))
        timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
        assert timetable.departure_s.min() == leaves
        assert timetable.departure_s[timetable.departure_s < end].max() < end


def test_a_trip_whose_intervals_are_empty_does_not_run():
    shape = {"p": [("A", 0, 0), ("B", 60, 60)], "q": [("A", 7200, 7200), ("B", 7260, 7260)]}
    region = tiny_region(shape, frequencies=[("p", 3600, 3600, 600, True)])
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert set(timetable.trip_table["trip_id"]) == {"q"}


def test_a_trip_back_in_time_is_refused():
    region = tiny_region({"1": [("A", 3600, 3600), ("B", 3000, 3000)]})
    with pytest.raises(InputError, match="trip '1' goes back in time at stop 'B' \\(stop_sequence 1\\)"):
        Timetable.from_region(region)


def test_which_timetable_has_to_be_said():
    region = tiny_region({"1": [("A", 0, 0), ("B", 60, 60)]})
    two = pd.concat([region.table("feeds"), region.table("feeds").assign(feed_id="u", year=2012)], ignore_index=True)
    with pytest.raises(InputError, match=r"several years: t \(2019\), u \(2012\)\. Say which with `year`"):
        Timetable.from_region(region.with_table("feeds", two))
    with pytest.raises(InputError, match="has no timetable 'v'; it has t \\(2019\\)"):
        Timetable.from_region(region, feeds=["v"])
    with pytest.raises(InputError, match="holds no timetable"):
        Timetable.from_region(region.with_table("feeds", two.head(0)))


def stops_at(positions, **fields):
    n = len(positions)
    frame = pd.DataFrame(
        {
            "stop_id": [f"s{i}" for i in range(n)],
            "lon": [120 + x for x, _ in positions],
            "lat": [30 + y for _, y in positions],
            "city_id": "c",
            "parent_stop_id": None,
            "change_time_s": 300,
            "is_rail": True,
        }
    )
    return frame.assign(**fields)


def none_of(table):
    return pd.DataFrame({name: pd.Series(dtype="object") for name in table})


NO_TRANSFERS = none_of(["from_stop_id", "to_stop_id", "kind", "min_transfer_time_s"])


def test_a_link_within_a_city_by_hand():
    """0.1 degree of longitude at 30 N is 9,630 m: x 1.3 at 25 km/h is 1,802.7 s, and 300 s to change."""
    walks = build_walks(stops_at([(0, 0), (0.1, 0)]), NO_TRANSFERS, BRISK)
    assert [part.tolist() for part in walks.of(0)] == [[0, 1], [300, 2103]]


def test_a_forbidden_change_is_not_made():
    table = pd.DataFrame(
        [{"from_stop_id": "s0", "to_stop_id": "s1", "kind": "forbidden", "min_transfer_time_s": pd.NA}]
    )
    walks = build_walks(stops_at([(0, 0), (0.1, 0)]), table, BRISK)
    assert walks.of(0)[0].tolist() == [0]
    assert walks.of(1)[0].tolist() == [1, 0]


@given(
    st.lists(st.tuples(st.floats(0, 0.4), st.floats(0, 0.4)), min_size=2, max_size=7),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 900)), max_size=5),
)
def test_walks_are_closed_after_rounding(positions, rules):
    """No chain of two walks is shorter than the walk itself."""
    n = len(positions)
    table = pd.DataFrame(
        [
            {"from_stop_id": f"s{a}", "to_stop_id": f"s{b}", "kind": "minimum_time", "min_transfer_time_s": time}
            for a, b, time in rules
            if a < n and b < n and a != b
        ]
    )
    walks = build_walks(stops_at(positions), table if len(table) else NO_TRANSFERS, BRISK)
    time = np.full((n, n), math.inf)
    for i in range(n):
        time[i, walks.of(i)[0]] = walks.of(i)[1]
    for i, j, k in itertools.permutations(range(n), 3):
        assert time[i, k] <= time[i, j] + time[j, k]


def test_straight_walks_between_stops_of_a_metro():
    """0.003 degrees of longitude at 30 N are 289 m: within 500 m; x 1.3 at 1.3 m/s is 289 s, and 300 s to change."""
    near = stops_at([(0, 0), (0.003, 0), (0.01, 0)], is_rail=False)
    walks = build_walks(near, NO_TRANSFERS, BRISK)
    assert walks.of(0)[0].tolist() == [0, 1]
    assert walks.of(0)[1].tolist() == [300, pytest.approx(589, abs=1)]


def test_a_real_feed_agrees_with_brute_force(shared_data):
    """Caltrain: every departure second of three minutes, a sample of pairs, with the walks that the feed allows."""
    timetable = Timetable.from_gtfs(shared_data / "gtfs-samples" / "otp" / "caltrain_gtfs.zip")
    runs = []
    for hops in hops_by_vehicle(timetable):
        stops = [timetable.stops[int(timetable.departure_stop[c])] for c in hops]
        calls = [
            [stop, -1 if n == 0 else int(timetable.arrival_s[hops[n - 1]]), int(timetable.departure_s[c]), True, True]
            for n, (stop, c) in enumerate(zip(stops, hops, strict=True))
        ]
        end, last = timetable.stops[int(timetable.arrival_stop[hops[-1]])], int(timetable.arrival_s[hops[-1]])
        calls.append([end, last, -1, False, True])
        runs.append(calls)
    walks = {}
    for stop in timetable.stops:
        to, time = timetable.walks.of(timetable.stops.position(stop))
        walks[stop] = [(timetable.stops[int(t)], int(s)) for t, s in zip(to, time, strict=True)]
    sample = list(timetable.stops)[::9]
    for start in ("07:40", "16:05"):
        minutes = int(start[3:])
        window = (start, f"{start[:3]}{minutes + 3:02d}")
        result = travel_time_matrix(timetable, sample, sample, window=window, percentiles=(50,))
        ready = seconds(start)
        for i, origin in enumerate(sample):
            access = dict(walks[origin]) | {origin: 0}
            for j, target in enumerate(sample):
                if i == j:
                    continue
                egress = {stop: dict(to)[target] for stop, to in walks.items() if target in dict(to)} | {target: 0}
                on_foot = dict(walks[origin]).get(target, math.inf)
                arrival = min(ready + on_foot, arrivals_by_rides(runs, walks, access, egress, ready, 6)[-1])
                if arrival - ready > timetable.max_travel_time_s:
                    arrival = math.inf
                assert result.first_arrival_s[i, j] == arrival, (origin, target)


def test_a_parent_station_stands_for_its_platforms():
    region = tiny_region(
        {"1": [("P1", 3600, 3600), ("Z", 4000, 4000)], "2": [("P2", 3700, 3700), ("Z", 3900, 3900)]},
        stops={"P1": {"parent_stop_id": "P"}, "P2": {"parent_stop_id": "P"}, "P": {}},
    )
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = travel_time_matrix(timetable, Places.stations(timetable, ["P"]), ["Z"], window=("01:00", "01:01"))
    assert result.first_arrival_s[0, 0] == 3900
