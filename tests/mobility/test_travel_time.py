"""Travel times against what was worked by hand, and against brute force."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility.places import CityAccess, Places
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import plan_matrix, travel_time_matrix
from megaregion.mobility.walks import TransferRules
from support.brute_force import arrivals_by_rides
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)


def line(*calls):
    return [(stop, seconds(time), seconds(time)) for stop, time in calls]


def test_a_profile_worked_by_hand():
    """A->B 60 min at 5:00 and 5:30, B->C 60 min at 6:15 and 6:45, change 2 min."""
    region = tiny_region(
        {
            "1": line(("A", "5:00"), ("B", "6:00")),
            "2": line(("A", "5:30"), ("B", "6:30")),
            "3": line(("B", "6:15"), ("C", "7:15")),
            "4": line(("B", "6:45"), ("C", "7:45")),
        },
        change_time_s=120,
    )
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["C"], window=("05:00", "05:31"), percentiles=(100,))
    assert result.departures[0, 0] == 2
    assert result.first_arrival_s[0, 0] == seconds("7:15")
    assert result.last_arrival_s[0, 0] == seconds("7:45")
    assert result.fastest_s[0, 0] == 135 * 60
    leaving_5_01 = travel_time_matrix(timetable, ["A"], ["C"], window=("05:01", "05:02"), percentiles=(100,))
    assert leaving_5_01.travel_time_s[0, 0, 0] == seconds("7:45") - seconds("5:01")


def test_walks_at_both_ends_to_the_second():
    """Trip B 0:01, C 0:03, D 0:05; 30 s to B, 20 s from D: leave 0:00:30, arrive 0:05:20; later is late."""
    region = tiny_region({"R1": line(("B", "0:01"), ("C", "0:03"), ("D", "0:05"))}, dates=("2019-10-01", "2019-10-01"))
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
    stop = timetable.stops.position
    home = Places(("home",), np.array([0, 1], np.int32), np.array([stop("B")], np.int32), np.array([30], np.int32), "")
    work = Places(("work",), np.array([0, 1], np.int32), np.array([stop("D")], np.int32), np.array([20], np.int32), "")
    result = travel_time_matrix(timetable, home, work, window=("00:00", "00:01"), percentiles=(50, 51, 52))
    assert result.first_arrival_s[0, 0] == seconds("0:05:20")
    assert result.fastest_s[0, 0] == 290
    # 31 of the 60 seconds are early enough: 0:00:00 to 0:00:30, that is 51.67 %
    assert result.travel_time_s[:, 0, 0].tolist() == [319, 320, math.inf]


def test_a_footpath_and_a_change_to_the_second():
    """R1 B 0:02 -> C 0:03, 30 s footpath C->D and 30 s slack; R2 leaves D at 0:03:59 (missed) or 0:04:00."""
    for leaves, arrival in (("0:03:59", math.inf), ("0:04:00", seconds("0:05:20"))):
        region = tiny_region(
            {"R1": line(("B", "0:02"), ("C", "0:03")), "R2": line(("D", leaves), ("E", "0:05"))},
            walks=[("C", "D", 60)],
            dates=("2019-10-01", "2019-10-01"),
        )
        timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
        stop = timetable.stops.position
        one = np.array([0, 1], np.int32)
        home = Places(("home",), one, np.array([stop("B")], np.int32), np.array([30], np.int32), "")
        work = Places(("work",), one, np.array([stop("E")], np.int32), np.array([20], np.int32), "")
        result = travel_time_matrix(timetable, home, work, window=("00:01", "00:02"))
        assert result.first_arrival_s[0, 0] == arrival


def test_the_footpath_is_one_way():
    region = tiny_region(
        {"1": line(("A", "5:00"), ("C", "5:10")), "2": line(("D", "5:20"), ("E", "5:30"))}, walks=[("D", "C", 60)]
    )
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
    assert np.isinf(travel_time_matrix(timetable, ["A"], ["E"], window=("05:00", "05:01")).fastest_s[0, 0])


def test_trips_that_overtake():
    """Stops 0..50, 30 s a hop; the early train loses 20 min on the way, and waiting for the next is quicker."""
    names = [f"{i:02d}" for i in range(51)]

    def train(start, slow):
        at = seconds(start)
        calls = []
        for i, name in enumerate(names):
            calls.append((name, at, at))
            at += 600 if slow and i in {20, 21} else 30
        return calls

    region = tiny_region({"A": train("7:10", slow=True), "B": train("7:20", slow=False)})
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = travel_time_matrix(timetable, ["10"], ["42"], window=("07:00", "07:01"))
    assert result.first_arrival_s[0, 0] == seconds("7:41")


def desert():
    """Two lines that cross in the desert, every 20 min, 10 min rides, and 10 min to wait at the crossing, always."""
    west, south = {}, {}
    for k in range(72):
        start = k * 1200
        west[f"w{k}"] = [("W", start, start), ("X", start + 600, start + 600)]
        south[f"s{k}"] = [("X", start + 1200, start + 1200), ("S", start + 1800, start + 1800)]
    return tiny_region(west | south, change_time_s=60)


def test_a_perfect_grid_is_uniform():
    """Wait 0..20 min, ride 10, change 10, ride 10 and 1 min to board: uniform on 31..51 min."""
    timetable = Timetable.from_region(desert(), rules=PLAIN)
    stop = timetable.stops.position
    one = np.array([0, 1], np.int32)
    boarding = Places(("W",), one, np.array([stop("W")], np.int32), np.array([60], np.int32), "1 min to board")
    result = travel_time_matrix(timetable, boarding, ["S"], window=("06:00", "08:00"), percentiles=range(5, 101, 5))
    expected = [31 * 60 + share / 100 * 20 * 60 - 1 for share in result.percentiles]
    assert result.travel_time_s[:, 0, 0].tolist() == pytest.approx(expected, abs=1)
    assert result.fastest_s[0, 0] == 31 * 60
    assert result.departures[0, 0] == 6


def test_a_cap_on_changes_is_kept_and_named():
    timetable = Timetable.from_region(desert(), rules=PLAIN)
    direct = travel_time_matrix(timetable, ["W"], ["S"], max_rides=1)
    assert np.isinf(direct.fastest_s[0, 0])
    assert direct.provenance["max_rides"] == 1
    once = travel_time_matrix(timetable, ["W"], ["S"], max_rides=2)
    free = travel_time_matrix(timetable, ["W"], ["S"])
    assert once.travel_time_s.tobytes() == free.travel_time_s.tobytes()


def test_yesterdays_train_is_still_running():
    region = tiny_region(
        {
            "night": [
                ("A", seconds("20:00"), seconds("20:00")),
                ("B", seconds("30:00"), seconds("30:05")),
                ("C", seconds("32:00"), seconds("32:00")),
            ]
        }
    )
    timetable = Timetable.from_region(region, rules=PLAIN, date="2019-10-10")
    result = travel_time_matrix(timetable, ["B"], ["C"], window=("06:00", "06:10"))
    assert result.first_arrival_s[0, 0] == seconds("8:00")
    first_day = Timetable.from_region(region, rules=PLAIN, date="2019-10-01")
    assert "service_day_repeated" not in first_day.notices.counts
    # the train of 30 September is not known to have run, so the day asked for stands for it
    assert travel_time_matrix(first_day, ["B"], ["C"], window=("06:00", "06:10")).first_arrival_s[0, 0] == seconds(
        "8:00"
    )


def test_the_other_day_beyond_the_calendar_is_said():
    region = tiny_region({"1": line(("A", "5:00"), ("B", "6:00"))}, dates=("2019-10-01", "2019-10-01"))
    timetable = Timetable.from_region(region, rules=PLAIN)
    assert timetable.notices.counts["service_day_repeated"] == 2


def test_stations_where_one_may_not_board_or_alight():
    calls = {"1": line(("A", "5:00"), ("B", "6:00"), ("C", "7:00"))}
    closed = tiny_region(calls, flags={("1", 1): (False, False)})
    timetable = Timetable.from_region(closed, rules=PLAIN)
    result = travel_time_matrix(timetable, window=("04:00", "05:01"))
    reached = dict(
        zip(zip(result.table["from_id"], result.table["to_id"], strict=True), result.table["fastest_s"], strict=True)
    )
    assert reached["A", "C"] == 2 * 3600
    assert math.isinf(reached["A", "B"])
    assert math.isinf(reached["B", "C"])
    assert reached["B", "B"] == 0


def test_a_train_slower_than_the_walk_is_not_worth_waiting_for():
    for minutes, worth in ((15, 0), (11, 0), (10, 0), (5, 1)):
        region = tiny_region({"1": line(("A", "6:00"), ("B", f"6:{minutes:02d}"))}, walks=[("A", "B", 600)])
        timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=3600)
        result = travel_time_matrix(timetable, ["A"], ["B"], window=("05:30", "06:01"), percentiles=(100,))
        assert result.departures[0, 0] == worth
        assert result.fastest_s[0, 0] == min(minutes, 10) * 60
        assert result.travel_time_s[0, 0, 0] == 600


def test_a_walk_longer_than_the_longest_travel_time_does_not_count():
    region = tiny_region({"1": line(("A", "6:00"), ("B", "6:10"), ("C", "9:00"))}, walks=[("A", "C", 5000)])
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=1800)
    assert np.isinf(travel_time_matrix(timetable, ["A"], ["C"], window=("06:00", "06:01")).fastest_s[0, 0])


def test_percentiles_have_exact_ranks():
    """7 % of 3000 seconds is the 210th, though 0.07 x 3000 is a little more in binary."""
    region = tiny_region({"1": line(("A", "6:50"), ("B", "7:50"))}, dates=("2019-10-01", "2019-10-01"))
    timetable = Timetable.from_region(region, rules=PLAIN)
    result = travel_time_matrix(timetable, ["A"], ["B"], window=("06:00", "06:50"), percentiles=(7, 14, 55))
    assert result.travel_time_s[:, 0, 0].tolist() == [3600 + rank for rank in (210, 420, 1650)]


def test_longer_than_the_longest_travel_time_is_unreachable():
    """A train at 6:00 takes 60 min: with 70 min allowed, leaving from 5:50 on counts and nothing before."""
    region = tiny_region({"1": line(("A", "6:00"), ("B", "7:00"))}, dates=("2019-10-01", "2019-10-01"))
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=70 * 60)
    result = travel_time_matrix(timetable, ["A"], ["B"], window=("05:40", "06:00"), percentiles=(50, 51))
    assert result.fastest_s[0, 0] == 3601
    assert result.departures[0, 0] == 0
    assert np.isinf(result.first_arrival_s[0, 0])
    assert result.travel_time_s[:, 0, 0].tolist() == [70 * 60, math.inf]


def test_frequencies_of_both_kinds():
    """Exact departures stand at the start of their interval, typical ones in the middle of their share."""
    shape = {"p": [("A", 0, 0), ("B", 600, 600)]}
    for exact, first in ((True, "6:00"), (False, "6:10")):
        region = tiny_region(shape, frequencies=[("p", seconds("6:00"), seconds("7:00"), 1200, exact)])
        timetable = Timetable.from_region(region, rules=PLAIN)
        result = travel_time_matrix(timetable, ["A"], ["B"], window=("06:00", "07:00"))
        assert result.departures[0, 0] == 3
        assert result.first_arrival_s[0, 0] == seconds(first) + 600
        assert result.provenance["typical_departures"] is not exact


def test_cities_take_the_best_station_at_every_moment():
    region = tiny_region(
        {"near": line(("A1", "8:00"), ("B", "9:00")), "far": line(("A2", "8:30"), ("B", "9:00"))},
        stops={
            "A1": {"lon": 120.0, "lat": 30.0, "city_id": "a"},
            "A2": {"lon": 120.2, "lat": 30.0, "city_id": "a"},
            "B": {"lon": 121.0, "lat": 30.0, "city_id": "b"},
        },
    )
    cities = pd.DataFrame({"city_id": ["a", "b"], "lon": [120.0, 121.0], "lat": [30.0, 30.0]})
    timetable = Timetable.from_region(region, rules=PLAIN)
    # 19,265 m x 1.3 at 25 km/h = 3606.5 s, plus 600 s, is 70.1 min, rounded up
    places = Places.cities(timetable, cities, CityAccess(fixed_s=600))
    assert dict(zip(*places.of(0), strict=True)) == {0: 600, 1: 71 * 60}
    result = travel_time_matrix(timetable, places, places, window=("07:00", "08:00"))
    assert result.fastest_s[0, 1] == 600 + 3600 + 600
    assert result.departures[0, 1] == 1
    bare = Places.cities(timetable, cities, centre=False)
    assert travel_time_matrix(timetable, bare, bare, window=("07:00", "09:00")).fastest_s[0, 1] == 30 * 60


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window": ("22:00", "06:00")}, "is empty"),
        ({"window": ("6", "22:00")}, "expected a clock time such as 08:00"),
        ({"window": ("20:00", "25:00")}, "ends at 25:00; expected 24:00 or earlier"),
        ({"origins": "W"}, "origins is the text 'W'; expected places or a list"),
        ({"origins": ["W", "W"]}, "place 'W' is listed twice"),
        ({"percentiles": (0, 50)}, "above 0 and up to 100"),
        ({"percentiles": ()}, "above 0 and up to 100"),
        ({"max_rides": 0}, "from 1 to 16"),
        ({"origins": ["Z"]}, "stop 'Z' is not among the 3 known"),
    ],
)
def test_bad_questions_say_what_to_do(change, words):
    timetable = Timetable.from_region(desert(), rules=PLAIN)
    with pytest.raises(InputError, match=words):
        travel_time_matrix(timetable, **change)


def test_bad_dates_name_the_service_days():
    region = tiny_region({"1": line(("A", "5:00"), ("B", "6:00"))})
    with pytest.raises(InputError, match="go from 2019-10-01 to 2019-10-31, the busiest is 2019-10-01 with 1 trips"):
        Timetable.from_region(region, date="2020-01-01")
    with pytest.raises(InputError, match="has no timetable of 2012; it has t \\(2019\\)"):
        Timetable.from_region(region, year=2012)


# random timetables ----------------------------------------------------------------------------------------------------

STOPS = "ABCDE"
CALLS = st.lists(st.tuples(st.sampled_from(STOPS), st.integers(0, 60), st.integers(0, 20)), min_size=2, max_size=4)
TRIPS = st.lists(st.tuples(st.integers(0, 300), CALLS), min_size=1, max_size=7)
WALKS = st.lists(st.tuples(st.sampled_from(STOPS), st.sampled_from(STOPS), st.integers(1, 60)), max_size=4)
FLAGS = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 3)), st.tuples(st.booleans(), st.booleans()), max_size=3
)


@settings(max_examples=150, deadline=None)
@given(trips=TRIPS, walks=WALKS, change=st.integers(1, 40), flags=FLAGS)
def test_random_timetables_agree_with_brute_force(trips, walks, change, flags):
    """All pairs, every second of a window, with and without a cap, against rounds over whole trips."""
    calls = {}
    for number, (start, hops) in enumerate(trips):
        at, listed = start, []
        for stop, run, dwell in hops:
            listed.append((stop, at + run, at + run + dwell))
            at += run + dwell
        calls[f"t{number}"] = listed
    named = {(f"t{trip}", sequence): value for (trip, sequence), value in flags.items()}
    region = tiny_region(
        calls,
        walks=walks,
        change_time_s=change,
        flags=named,
        stops={stop: {} for stop in STOPS},
        dates=("2019-10-01", "2019-10-01"),
    )
    timetable = Timetable.from_region(region, rules=PLAIN, max_travel_time_s=1200)
    runs = [
        [(*call, *named.get((trip, i), (True, True))) for i, call in enumerate(listed)]
        for trip, listed in calls.items()
    ]
    reach = {}
    for stop in timetable.stops:
        to, time = timetable.walks.of(timetable.stops.position(stop))
        reach[stop] = [(timetable.stops[int(t)], int(s)) for t, s in zip(to, time, strict=True)]
    window = ("00:01", "00:03")
    start, end = 60, 180
    for max_rides in (None, 2):
        options = {"window": window, "percentiles": (10, 50, 90), "max_rides": max_rides}
        result = travel_time_matrix(timetable, **options)
        assert_same(rows_of(plan_matrix(timetable, **options), 3), result)
        for i, origin in enumerate(result.origin_ids):
            access = dict(reach[origin]) | {origin: 0}
            for j, target in enumerate(result.destination_ids):
                if i == j:
                    continue
                egress = {stop: dict(to)[target] for stop, to in reach.items() if target in dict(to)} | {target: 0}
                on_foot = dict(reach[origin]).get(target, math.inf)
                rides = max_rides or 9
                every = range(start, end + 1) if (i + j) % 4 == 0 else (start,)
                arrivals = [arrivals_by_rides(runs, reach, access, egress, t, rides)[-1] for t in every]
                times = [min(on_foot, arrival - t) for arrival, t in zip(arrivals, every, strict=True)]
                assert times[0] == result.first_arrival_s[i, j] - start
                if len(every) == 1:
                    continue
                taken = np.array(times[:-1])
                wanted = [np.sort(taken)[math.ceil(p / 100 * len(taken)) - 1] for p in (10, 50, 90)]
                assert result.travel_time_s[:, i, j].tolist() == wanted
                assert result.fastest_s[i, j] == taken.min()
                # a departure is worth waiting for if whoever leaves a second later arrives later
                useful = [
                    now
                    for now, later, t in zip(arrivals[:-1], arrivals[1:], every[:-1], strict=True)
                    if now < later and now - t < on_foot and now - t <= timetable.max_travel_time_s
                ]
                assert result.departures[i, j] == len(useful)
                assert result.last_arrival_s[i, j] == (useful[-1] if useful else math.inf)


VALUES = ("travel_time_s", "fastest_s", "departures", "first_arrival_s", "last_arrival_s")


def rows_of(plan, size):
    """The matrix in blocks of origins: the scans then run in reverse."""
    blocks = [plan.block(range(first, min(first + size, plan.n_origins))) for first in range(0, plan.n_origins, size)]
    return {
        name: np.concatenate([getattr(block, name) for block in blocks], axis=1 if name == "travel_time_s" else 0)
        for name in VALUES
    }


def assert_same(rows, result):
    for name in VALUES:
        assert rows[name].tobytes() == getattr(result, name).tobytes(), name
