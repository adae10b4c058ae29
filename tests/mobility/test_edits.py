"""Transport edits on a world small enough to work by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from megaregion.errors import InputError, ScenarioError
from megaregion.mobility import Timetable, travel_time_matrix
from megaregion.region.edit import edit_kinds
from megaregion.region.fingerprint import content_hash
from megaregion.region.model import Region
from megaregion.region.scenario import Scenario
from megaregion.region.store import Store
from megaregion.sources.rail_timetable import read_rail_timetable
from support.paper_region import intervals, metro_line, paper, times, with_streets
from support.tiny_region import tiny_region

LINE_TABLES = (
    *("stops", "routes", "trips", "stop_times", "frequencies", "calendar", "calendar_dates", "transfers"),
    *("street_nodes", "street_edges"),
)


@pytest.fixture
def region():
    return paper()


def assert_same_tables(one, other, names=LINE_TABLES):
    for name in names:
        assert_frame_equal(one.table(name), other.table(name))


# add_line


def test_add_line_at_a_headway_gives_one_repeated_trip_a_direction(region):
    result = Scenario("s").add_line(**metro_line()).apply(region)
    changed = result.region
    assert changed.check().of("error") == []
    assert times(changed, "y:L1:0") == [("A", 0, 0), ("new:新站", 300, 330), ("C", 730, 730)]
    assert times(changed, "y:L1:1") == [("C", 0, 0), ("new:新站", 400, 430), ("A", 730, 730)]
    assert intervals(changed, "y:L1:0") == intervals(changed, "y:L1:1") == [(21_600, 79_200, 600)]
    station = changed.table("stops").set_index("stop_id").loc["new:新站"]
    assert (station["name"], station["lon"], station["city_id"], station["kind"]) == ("新站", 120.05, "A", "station")
    calendar = changed.table("calendar").set_index("service_id").loc["y:L1"]
    assert (calendar["start_date"], calendar["end_date"], calendar["sunday"]) == ("2019-10-01", "2019-10-31", True)
    assert result.touched == {1: {"routes": 1, "trips": 2, "stations": 1}}
    assert [notice.code for notice in result.notices] == ["figures_not_confirmed"]


def test_add_line_with_departures_gives_scheduled_trips(region):
    values = metro_line(headway_s=None, start=None, end=None, departures=["07:00", "08:30"], departures_back=["09:00"])
    changed = Scenario("s").add_line(**values).apply(region).region
    added = changed.table("trips").query("route_id == 'y:L1'")
    assert added["trip_id"].tolist() == ["y:L1:0:25200", "y:L1:0:30600", "y:L1:1:32400"]
    assert added["headsign"].tolist() == ["C", "C", "A"]
    assert times(changed, "y:L1:0:30600") == [
        ("A", 30_600, 30_600),
        ("new:新站", 30_900, 30_930),
        ("C", 31_330, 31_330),
    ]
    assert times(changed, "y:L1:1:32400")[-1] == ("A", 33_130, 33_130)
    assert len(changed.table("frequencies")) == len(region.table("frequencies"))


def test_add_line_with_a_speed_and_lengths_needs_no_positions(region):
    # 10 km and 20 km at 90 km/h are 400 s and 800 s
    values = metro_line(hop_times_s=None, speed_kmh=90, hop_distances_m=[10_000, 20_000], both_directions=False)
    changed = Scenario("s").add_line(**values).apply(region).region
    assert times(changed, "y:L1:0") == [("A", 0, 0), ("new:新站", 400, 430), ("C", 1_230, 1_230)]
    assert changed.table("stop_times").query("trip_id == 'y:L1:0'")["distance_m"].tolist() == [0.0, 10_000.0, 30_000.0]


def test_add_line_with_a_speed_alone_takes_straight_lines_and_says_so(region):
    values = metro_line(stops=["rail:A", "rail:B"], hop_times_s=None, speed_kmh=360)
    result = Scenario("s").add_line(**values).apply(region)
    # a tenth of a degree of longitude at 30 N on the sphere of mean radius: 2 R asin(cos 30 sin 0.05 deg) at 100 m/s
    metres = 2 * 6_371_008.8 * np.arcsin(np.cos(np.radians(30)) * np.sin(np.radians(0.05)))
    assert times(result.region, "y:L1:0")[-1][1] == round(metres / 100)
    assert "straight_line_distance" in {notice.code for notice in result.notices}


def test_add_line_with_a_speed_refuses_a_stop_without_position(region):
    stops = region.table("stops")
    blank = region.with_table("stops", stops.assign(lon=stops["lon"].where(stops["stop_id"] != "rail:B")))
    values = metro_line(stops=["rail:A", "rail:B"], hop_times_s=None, speed_kmh=100)
    with pytest.raises(ScenarioError, match=r"edit 1 'add_line'.*'rail:B' has no position.*give hop_times_s"):
        Scenario("s").add_line(**values).apply(blank)


@pytest.mark.parametrize(("hop_s", "speed"), [(25, "1386.7 km/h"), (9_000, "3.9 km/h")])
def test_add_line_says_that_minutes_are_not_seconds(region, hop_s, speed):
    # a tenth of a degree of longitude at 30 N is 9.63 km; no line between stops of unknown place is judged
    values = metro_line(stops=["rail:A", "rail:B"], hop_times_s=[hop_s])
    (notice, _) = Scenario("s").add_line(**values).apply(region).notices
    assert notice.code == "implausible_speed"
    assert f"takes {hop_s} s from 'rail:A' to 'rail:B', 9.6 km in a straight line: {speed}" in notice.message
    assert "give times in seconds" in notice.render()
    blank = region.with_table("stops", region.table("stops").assign(lon=np.nan))
    assert Scenario("s").add_line(**values).apply(blank).notices.counts["implausible_speed"] == 0


def test_add_line_does_not_share_days_or_trips_with_others(region):
    with pytest.raises(ScenarioError, match=r"adds 'y:all' to table calendar, which has it already"):
        Scenario("s").add_line(**metro_line(name="all")).apply(region)
    # a service that runs on single dates only has no row in table calendar
    dates = pd.DataFrame({"service_id": ["y:fair"], "feed_id": "y", "date": "2019-10-12", "exception": "added"})
    fair = region.with_table("calendar_dates", dates)
    with pytest.raises(ScenarioError, match=r"adds service 'y:fair', which table calendar_dates has already.*line_id"):
        Scenario("s").add_line(**metro_line(name="fair")).apply(fair)
    trips = region.table("trips")
    taken = region.with_table("trips", trips.assign(trip_id=trips["trip_id"].replace("y:G1", "y:L1:1")))
    with pytest.raises(ScenarioError, match=r"adds 'y:L1:1' to table trips, which has it already"):
        Scenario("s").add_line(**metro_line()).apply(taken)


@pytest.mark.parametrize("more", [{}, {"headway_s": None, "departures": ["06:00", "07:00"]}])
def test_a_line_that_was_removed_can_be_added_anew(region, more):
    line = metro_line(stops=["rail:A", "rail:B", "rail:C"], **more)
    once = Scenario("s").add_line(**line).apply(region).region
    again = Scenario("s").remove_line(route_ids=["y:L1"]).add_line(**line).apply(once).region
    assert_same_tables(again, once)


def test_add_line_joins_several_timetables(region):
    feeds = region.table("feeds")
    two = region.with_table("feeds", pd.concat([feeds, feeds.assign(feed_id="z", year=2012)], ignore_index=True))
    changed = Scenario("s").add_line(**metro_line(feed_ids=["y", "z"])).apply(two).region
    assert changed.table("routes").query("short_name == 'L1'")["route_id"].tolist() == ["y:L1", "z:L1"]
    assert changed.check().of("error") == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"hop_times_s": [300]}, r"'hop_times_s' has 1 numbers; expected 2"),
        ({"hop_times_s": None}, "either hop_times_s, or speed_kmh"),
        ({"speed_kmh": 80}, "either hop_times_s, or speed_kmh"),
        ({"hop_times_s": [300, 0]}, "'hop_times_s' is 0; expected a number above 0"),
        ({"headway_s": 0}, "'headway_s' is 0; expected a number above 0"),
        ({"headway_s": None}, "give one of: headway_s with start and end; headways; departures; timetable. Found none"),
        ({"start": "6am"}, "field 'start' is '6am'; expected a clock time such as 08:00"),
        ({"end": "05:00"}, "end is '05:00'; expected end after start"),
        ({"stops": ["rail:A"]}, "'stops' has 1; expected two or more"),
        ({"stops": ["rail:A", "rail:A", "rail:C"]}, "'rail:A' twice in a row"),
        ({"stops": ["rail:A", {"name": "x", "lon": 31.0, "lat": 121.0}, "rail:C"]}, "'lat' is 121.0; expected degrees"),
        (
            {"stops": ["rail:A", {"name": "x", "lon": 31.0}, "rail:C"]},
            "'lat' is missing; the required .* name, lon, lat",
        ),
        ({"dwell_s": -1}, "'dwell_s' is -1; expected a number of seconds"),
        ({"dwell_s": 1.5}, "'dwell_s' is 1.5; expected a whole number"),
        ({"status": "sure"}, "'status' is 'sure'; expected one of confirmed, unverified, illustrative"),
        ({"feed_ids": []}, "'feed_ids' is blank"),
    ],
)
def test_add_line_says_what_is_wrong(more, message):
    with pytest.raises(InputError, match=message):
        Scenario("s").add_line(**metro_line(**more))


# remove_line


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("departures", [(), ("07:00", "25:00")])
@pytest.mark.parametrize("condition", [{"route_ids": ["y:L1"]}, {"trip_numbers": ["L1"]}, {"classes": ["L"]}])
def test_removing_an_added_line_restores_the_tables(region, back, departures, condition):
    more = {"departures": departures, "headway_s": None, "start": None, "end": None} if departures else {}
    line = metro_line(service_class="L", both_directions=back, **more)
    result = Scenario("s").add_line(**line).remove_line(drop_stations=True, **condition).apply(region)
    assert_same_tables(result.region, region)
    assert result.touched[2] == {"routes": 1, "trips": (1 + back) * max(len(departures), 1), "stations": 1}


def test_remove_line_by_train_code_keeps_the_route_and_days_others_use(region):
    changed = Scenario("s").remove_line(trip_numbers=["G2"]).apply(region).region
    assert changed.table("trips")["number"].tolist() == ["G1", "G3", "M1", "B1"]
    assert "y:G2" not in set(changed.table("stop_times")["trip_id"])
    assert_same_tables(changed, region, ("stops", "routes", "calendar", "frequencies"))


def test_remove_line_by_predicates_drops_what_nothing_uses_any_more(region):
    changed = Scenario("s").remove_line(feed_ids=["y"], modes=[3]).apply(region).region
    assert "y:bus" not in set(changed.table("routes")["route_id"]) | set(changed.table("calendar")["service_id"])
    assert_frame_equal(changed.table("stops"), region.table("stops"))
    changed = Scenario("s").remove_line(classes=["metro"]).apply(region).region
    assert changed.table("frequencies").empty
    changed = Scenario("s").remove_line(modes=[3], drop_stations=True).apply(region).region
    assert changed.table("stops")["name"].tolist() == ["A", "B", "C"]


def test_remove_line_without_a_condition_is_refused():
    with pytest.raises(InputError, match=r"no trips are selected; give at least one of route_ids.*feed_ids = \[...\]"):
        Scenario("s").remove_line(drop_stations=True)


# change_speed


def test_change_speed_divides_run_times_and_keeps_dwell_and_first_departure(region):
    result = Scenario("s").change_speed(route_ids=["y:R"], factor=1.5).apply(region)
    # runs of 600 and 1200 s become 400 and 800 s; G2 has 700 / 1.5 = 466.67
    assert times(result.region, "y:G1") == [("A", 28_800, 28_800), ("B", 29_200, 29_260), ("C", 30_060, 30_060)]
    assert times(result.region, "y:G2") == [("A", 32_400, 32_400), ("B", 32_867, 32_927), ("C", 33_727, 33_727)]
    assert result.touched == {1: {"trips": 3}}
    kept = ~region.table("stop_times")["trip_id"].isin(["y:G1", "y:G2", "y:G3"])
    assert_frame_equal(result.region.table("stop_times")[kept], region.table("stop_times")[kept])


def test_either_code_of_a_train_that_bears_two_selects_it(region):
    trips = region.table("trips")
    joined = region.with_table("trips", trips.assign(number=trips["number"].replace({"G2": "G2/G5"})))
    for code in ("G2", "G5", "G2/G5"):
        result = Scenario("s").change_speed(trip_numbers=[code], factor=1.5).apply(joined)
        assert times(result.region, "y:G2")[1] == ("B", 32_867, 32_927)
        assert result.touched == {1: {"trips": 1}}
    with pytest.raises(ScenarioError, match=r"needs 'G4', which field 'number' of table trips does not have"):
        Scenario("s").change_speed(trip_numbers=["G4"], factor=1.5).apply(joined)
    twice = Scenario("s").remove_line(trip_numbers=["G2"]).change_speed(trip_numbers=["G5"], factor=2)
    with pytest.raises(ScenarioError, match=r"edit 2 'change_speed': needs 'G2/G5' of table trips, which edit 1"):
        twice.apply(joined)


def test_change_speed_treats_repeated_trips_alike(region):
    changed = Scenario("s").change_speed(trip_numbers=["M1"], factor=0.5).apply(region).region
    assert times(changed, "y:M") == [("C", 0, 0), ("B", 600, 630), ("A", 1_230, 1_230)]
    assert_frame_equal(changed.table("frequencies"), region.table("frequencies"))


def test_change_speed_between_two_stops_holds_in_both_directions(region):
    changed = Scenario("s").change_speed(between=["rail:C", "rail:B"], factor=2).apply(region).region
    assert times(changed, "y:G1") == [("A", 28_800, 28_800), ("B", 29_400, 29_460), ("C", 30_060, 30_060)]
    assert times(changed, "y:M") == [("C", 0, 0), ("B", 150, 180), ("A", 480, 480)]
    assert times(changed, "y:bus") == times(region, "y:bus")


def test_change_speed_by_one_changes_nothing_and_warns(region):
    result = Scenario("s").change_speed(feed_ids=["y"], factor=1).apply(region)
    assert_same_tables(result.region, region)
    (warning,) = result.notices
    assert warning.code == "edit_touched_nothing"
    assert warning.message == "edit 1 'change_speed' affected 0 trips."


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(0.05, 20), order=st.permutations(range(14)))
def test_change_speed_keeps_dwell_whatever_the_row_order(factor, order):
    base = paper()
    shuffled = base.with_table("stop_times", base.table("stop_times").iloc[list(order)])
    changed = Scenario("s").change_speed(feed_ids=["y"], factor=factor).apply(shuffled).region
    for trip in base.table("trips")["trip_id"]:
        old, new = times(base, trip), times(changed, trip)
        assert new[0] == old[0]
        assert [dep - arr for _, arr, dep in new] == [dep - arr for _, arr, dep in old]
        for (_, _, was), (_, then, _), (_, _, now), (_, later, _) in zip(old, old[1:], new, new[1:], strict=False):
            assert abs((later - now) - (then - was) / factor) <= 0.5


@pytest.mark.parametrize("factor", [0, -1])
def test_change_speed_refuses_a_factor_that_is_not_above_zero(factor):
    with pytest.raises(InputError, match=r"'factor' is .*; expected a number above 0. Write 1.25 for a quarter faster"):
        Scenario("s").change_speed(route_ids=["y:R"], factor=factor)


# change_dwell


def test_change_dwell_moves_what_comes_later(region):
    result = Scenario("s").change_dwell(stop_ids=["rail:B"], modes=[2], dwell_s=90).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_800, 28_800), ("B", 29_400, 29_490), ("C", 30_690, 30_690)]
    assert times(result.region, "y:M") == times(region, "y:M")
    assert result.touched == {1: {"trips": 3}}


def test_change_dwell_leaves_first_and_last_calls_alone(region):
    result = Scenario("s").change_dwell(stop_ids=["rail:A", "rail:C"], dwell_s=90).apply(region)
    assert_same_tables(result.region, region)
    assert result.notices.counts["edit_touched_nothing"] == 1


# change_frequency


def test_change_frequency_by_factor_halves_the_headway(region):
    result = Scenario("s").change_frequency(route_ids=["y:M"], factor=2).apply(region)
    assert intervals(result.region, "y:M") == [(21_600, 36_000, 300)]
    assert result.touched == {1: {"trips": 1}}
    assert_frame_equal(result.region.table("stop_times"), region.table("stop_times"))


def test_change_frequency_cuts_intervals_at_the_span(region):
    # 06:00-10:00 every 600 s; from 07:05 to 08:05 every 200 s; the next old departure after 08:05 is 08:10
    changed = Scenario("s").change_frequency(route_ids=["y:M"], headway_s=200, start="07:05", end="08:05").apply(region)
    assert intervals(changed.region, "y:M") == [(21_600, 25_500, 600), (25_500, 29_100, 200), (29_400, 36_000, 600)]
    assert changed.region.check().of("error") == []


def test_change_frequency_replaces_scheduled_trips_by_the_median_one(region):
    edit = {"route_ids": ["y:R"], "headway_s": 900, "start": "07:00", "end": "20:00"}
    result = Scenario("s").change_frequency(**edit).apply(region)
    # G2 is the middle one of three by total time: 700 s, 60 s, 1200 s
    assert result.region.table("trips")["number"].tolist() == ["G2", "M1", "B1"]
    assert times(result.region, "y:G2") == [("A", 0, 0), ("B", 700, 760), ("C", 1_960, 1_960)]
    assert intervals(result.region, "y:G2") == [(25_200, 72_000, 900)]
    assert result.touched == {1: {"trips": 3}}
    assert result.region.check().of("error") == []


def test_change_frequency_keeps_scheduled_trips_outside_the_span(region):
    edit = {"route_ids": ["y:R"], "headway_s": 900, "start": "07:00", "end": "12:00"}
    changed = Scenario("s").change_frequency(**edit).apply(region).region
    assert changed.table("trips")["number"].tolist() == ["G1", "G3", "M1", "B1"]
    assert times(changed, "y:G3") == times(region, "y:G3")
    assert intervals(changed, "y:G1") == [(25_200, 43_200, 900)]


def test_change_frequency_by_factor_spreads_scheduled_trips(region):
    # G1 08:00, G2 09:00 and G3 12:00; one more in the middle between every two, like the one before it
    result = Scenario("s").change_frequency(route_ids=["y:R"], factor=2).apply(region)
    trips = result.region.table("trips").query("route_id == 'y:R'")
    assert trips["trip_id"].tolist() == ["y:G1", "y:G2", "y:G3", "y:G1@30600", "y:G2@37800"]
    assert trips["number"].tolist() == ["G1", "G2", "G3", "G1", "G2"]
    assert times(result.region, "y:G2@37800") == [("A", 37_800, 37_800), ("B", 38_500, 38_560), ("C", 39_760, 39_760)]
    assert result.touched == {1: {"trips": 2}}
    assert result.region.check().of("error") == []
    kept = result.region.table("stop_times")["trip_id"].isin(region.table("trips")["trip_id"])
    assert_frame_equal(result.region.table("stop_times")[kept], region.table("stop_times"))
    # half as many keeps every other, the first among them
    half = Scenario("s").change_frequency(route_ids=["y:R"], factor=0.5).apply(region)
    assert half.region.table("trips")["number"].tolist() == ["G1", "G3", "M1", "B1"]
    assert half.touched == {1: {"trips": 1}}
    # twice as many of twice as many get keys of their own
    more = Scenario("s").change_frequency(route_ids=["y:R"], factor=2).change_frequency(route_ids=["y:R"], factor=3)
    assert more.apply(region).region.check().of("error") == []


def test_change_frequency_without_a_span_says_that_scheduled_trips_stay(region):
    result = Scenario("s").change_frequency(feed_ids=["y"], headway_s=300).apply(region)
    (notice,) = result.notices
    assert notice.code == "scheduled_trips_kept"
    assert notice.message.startswith("4 of 5 selected trips")
    assert_frame_equal(result.region.table("trips"), region.table("trips"))


def test_change_frequency_with_exact_times_keeps_slow_hours_slow(region):
    edit = {"route_ids": ["y:R"], "headway_s": 7_200, "start": "08:00", "end": "14:00", "exact_times": True}
    result = Scenario("s").change_frequency(**edit).apply(region)
    # 08:00 is G1 itself, 10:00 is nearest to G2, 12:00 is G3 itself; nothing is collapsed into one trip
    assert result.region.table("trips")["trip_id"].tolist() == ["y:G1", "y:G3", "y:M", "y:bus", "y:G2@36000"]
    assert times(result.region, "y:G2@36000")[1] == ("B", 36_700, 36_760)
    assert times(result.region, "y:G3") == times(region, "y:G3")
    assert len(result.region.table("frequencies")) == len(region.table("frequencies"))
    assert result.touched == {1: {"trips": 2}}
    with pytest.raises(InputError, match="exact_times goes with headway_s"):
        Scenario("s").change_frequency(route_ids=["y:R"], factor=2, exact_times=True)


def through_runs():
    """Trains x1 and x2 from A to B, an hour long, go on as y1 and y2 to C; others take ten minutes to change."""
    shape = {
        "x1": [("A", 28_800, 28_800), ("B", 32_400, 32_400)],
        "x2": [("A", 30_600, 30_600), ("B", 34_200, 34_200)],
        "y1": [("B", 32_400, 32_400), ("C", 33_000, 33_000)],
        "y2": [("B", 34_200, 34_200), ("C", 34_800, 34_800)],
    }
    region = tiny_region(shape, change_time_s=600)
    trips = region.table("trips")
    trips = trips.assign(
        route_id=trips["trip_id"].str[0], block_id=trips["trip_id"].str[1], number=trips["trip_id"], feed_id="t"
    )
    routes = pd.DataFrame([{"route_id": each, "feed_id": "t", "mode": 2} for each in "xy"])
    return region.with_tables({"routes": routes, "trips": trips})


def test_change_frequency_keeps_the_old_trips_going_on_as_others():
    region = through_runs()
    result = Scenario("s").change_frequency(route_ids=["x"], factor=3).apply(region)
    blocks = result.region.table("trips").set_index("trip_id")["block_id"].fillna("")
    assert blocks.to_dict() == {"x1": "1", "x2": "2", "y1": "1", "y2": "2", "x1@29400": "", "x1@30000": ""}
    assert result.notices.counts["through_run_lost"] == 0
    options = {"window": ("07:30", "08:30"), "percentiles": (50,)}
    before, after = (
        travel_time_matrix(Timetable.from_region(each, date="2019-10-10"), ["A"], ["C"], **options)
        for each in (region, result.region)
    )
    assert after.first_arrival_s[0, 0] == before.first_arrival_s[0, 0] == 33_000
    assert after.percentile_s(50)[0, 0] <= before.percentile_s(50)[0, 0]


def test_change_frequency_says_where_nobody_stays_seated_any_more():
    every = {"headway_s": 3_000, "start": "07:50", "end": "09:00"}
    found = Scenario("s").change_frequency(route_ids=["x"], exact_times=True, **every).apply(through_runs())
    (notice,) = found.notices.of("warning")
    assert notice.code == "through_run_lost"
    assert notice.message.startswith("2 trips that share a block or a rule 'in_seat' with others, such as 'x1', get")
    assert "leave these trips out of the edit" in notice.render()
    repeated = Scenario("s").change_frequency(route_ids=["x"], **every).apply(through_runs())
    assert repeated.notices.counts["through_run_lost"] == 1
    rules = pd.DataFrame(
        [{"transfer_id": "r", "from_stop_id": "B", "to_stop_id": "B", "kind": "in_seat"} | TWO_TRIPS], dtype="str"
    )
    unblocked = through_runs().table("trips").assign(block_id="")
    region = through_runs().with_tables({"trips": unblocked, "transfers": rules})
    (notice,) = (
        Scenario("s")
        .change_frequency(trip_ids=["y2"], exact_times=True, **every | {"start": "07:55", "end": "12:00"})
        .apply(region)
        .notices
    )
    assert notice.message.startswith("1 trips that share a block or a rule 'in_seat' with others, such as 'y2'")


TWO_TRIPS = {"from_trip_id": "x2", "to_trip_id": "y2"}


def test_change_frequency_wants_a_factor_or_a_headway():
    with pytest.raises(InputError, match="factor is None and headway_s is None; expected one of the two"):
        Scenario("s").change_frequency(route_ids=["y:M"])


# close_stop


def test_close_stop_keeps_all_other_times(region):
    result = Scenario("s").close_stop(stop_ids=["rail:B"]).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_800, 28_800), ("C", 30_660, 30_660)]
    assert times(result.region, "y:M") == [("C", 0, 0), ("A", 630, 630)]
    assert result.touched == {1: {"trips": 4, "calls": 4}}
    kept = region.table("stop_times").query("stop_id != 'rail:B'").reset_index(drop=True)
    assert_frame_equal(result.region.table("stop_times"), kept)


def test_close_stop_at_the_first_stop_begins_trips_at_the_next(region):
    changed = Scenario("s").close_stop(stop_ids=["rail:C"]).apply(region).region
    # the metro left C at 06:00 and B 330 s later; its relative times begin anew
    assert times(changed, "y:M") == [("B", 0, 0), ("A", 300, 300)]
    assert intervals(changed, "y:M") == [(21_930, 36_330, 600)]
    assert changed.table("stop_times").query("trip_id == 'y:M'")["distance_m"].tolist() == [0.0, 4_000.0]
    assert times(changed, "y:G1") == [("A", 28_800, 28_800), ("B", 29_400, 29_460)]


def test_close_stop_drops_trips_left_with_one_stop(region):
    result = Scenario("s").close_stop(stop_ids=["rail:D"]).apply(region)
    assert "y:bus" not in set(result.region.table("trips")["trip_id"]) | set(
        result.region.table("stop_times")["trip_id"]
    )
    (notice,) = result.notices
    assert notice.code == "trip_left_with_one_stop"
    assert notice.message == "1 trips have fewer than two stops left and are dropped: B1."
    both = Scenario("s").close_stop(stop_ids=["rail:A", "rail:C"]).apply(region).region
    assert both.table("trips").empty
    assert both.table("frequencies").empty


def test_close_stop_closes_the_platforms_of_a_station(region):
    stops = region.table("stops")
    platforms = stops.assign(parent_stop_id=stops["parent_stop_id"].mask(stops["stop_id"] == "rail:B", "rail:D"))
    changed = Scenario("s").close_stop(stop_ids=["rail:D"]).apply(region.with_table("stops", platforms)).region
    assert times(changed, "y:G1") == [("A", 28_800, 28_800), ("C", 30_660, 30_660)]


# reroute


def test_reroute_replaces_what_lies_between_and_moves_what_follows(region):
    new = {"name": "E", "lon": 120.9, "lat": 30.2}
    edit = {"from_stop_id": "rail:A", "to_stop_id": "rail:C", "via": ["rail:D", new], "hop_times_s": [100, 200, 300]}
    result = Scenario("s").reroute(feed_ids=["y"], dwell_s=20, **edit).apply(region)
    # 100 + 20 + 200 + 20 + 300 = 640 s in place of 600 + 60 + 1200
    assert times(result.region, "y:G1") == [
        ("A", 28_800, 28_800),
        ("D", 28_900, 28_920),
        ("new:E", 29_120, 29_140),
        ("C", 29_440, 29_440),
    ]
    assert times(result.region, "y:M") == [("C", 0, 0), ("new:E", 300, 320), ("D", 520, 540), ("A", 640, 640)]
    assert times(result.region, "y:bus") == times(region, "y:bus")
    assert result.touched == {1: {"trips": 4, "stations": 1}}
    assert result.region.check().of("error") == []
    sequence = result.region.table("stop_times").query("trip_id == 'y:G2'")["stop_sequence"]
    assert sequence.tolist() == [1, 2, 3, 4]


def test_reroute_in_the_middle_keeps_what_lies_before(region):
    edit = {"from_stop_id": "rail:B", "to_stop_id": "rail:C", "hop_times_s": [1_000]}
    result = Scenario("s").reroute(classes=["G"], **edit).apply(region)
    assert times(result.region, "y:G1") == [("A", 28_800, 28_800), ("B", 29_400, 29_460), ("C", 30_460, 30_460)]
    metres = result.region.table("stop_times").query("trip_id == 'y:G1'")["distance_m"]
    assert metres.iloc[:2].tolist() == [0.0, 40_000.0]
    assert np.isnan(metres.iloc[2])


def test_reroute_one_way_and_between_stops_no_trip_joins(region):
    edit = {"from_stop_id": "rail:A", "to_stop_id": "rail:C", "hop_times_s": [900], "both_directions": False}
    changed = Scenario("s").reroute(feed_ids=["y"], **edit).apply(region).region
    assert times(changed, "y:G1") == [("A", 28_800, 28_800), ("C", 29_700, 29_700)]
    assert times(changed, "y:M") == times(region, "y:M")
    result = (
        Scenario("s").reroute(feed_ids=["y"], **edit | {"to_stop_id": "rail:D", "from_stop_id": "rail:B"}).apply(region)
    )
    assert result.region is region
    assert result.notices.counts["edit_touched_nothing"] == 1


def test_reroute_counts_its_hops():
    with pytest.raises(InputError, match="'hop_times_s' has 1 numbers; expected 2, one more than stops in 'via'"):
        Scenario("s").reroute(feed_ids=["y"], from_stop_id="a", to_stop_id="b", via=["c"], hop_times_s=[1])
    with pytest.raises(InputError, match="the new way has 'a' twice in a row"):
        Scenario("s").reroute(feed_ids=["y"], from_stop_id="a", to_stop_id="b", via=["a"], hop_times_s=[1, 1])


# add_footpath


def test_add_footpath_goes_both_ways_and_replaces_the_rule_there(region):
    path = {"from_stop_id": "rail:A", "to_stop_id": "rail:D", "time_s": 240}
    once = Scenario("s").add_footpath(**path).apply(region)
    rows = once.region.table("transfers")
    assert rows[["from_stop_id", "to_stop_id", "kind", "min_transfer_time_s"]].to_numpy().tolist() == [
        ["rail:A", "rail:D", "minimum_time", 240],
        ["rail:D", "rail:A", "minimum_time", 240],
    ]
    assert once.touched == {1: {"footpaths": 2}}
    again = Scenario("s").add_footpath(**path | {"time_s": 200, "both_ways": False}).apply(once.region)
    found = again.region.table("transfers").set_index("transfer_id")["min_transfer_time_s"]
    assert found.to_dict() == {"footpath:rail:A>rail:D": 200, "footpath:rail:D>rail:A": 240}
    same = Scenario("s").add_footpath(**path).apply(once.region)
    assert same.notices.counts["edit_touched_nothing"] == 1


def test_add_footpath_refuses_a_stop_and_itself():
    with pytest.raises(InputError, match="both stops are 'rail:A'; expected two different stops"):
        Scenario("s").add_footpath(from_stop_id="rail:A", to_stop_id="rail:A", time_s=60)


# edits and each other


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "change_speed", "route_ids": ["y:bus"], "factor": 3},
        {"kind": "change_frequency", "route_ids": ["y:bus"], "headway_s": 60, "start": "00:00", "end": "24:00"},
        {"kind": "remove_line", "route_ids": ["y:bus"], "drop_stations": True},
        {"kind": "close_stop", "stop_ids": ["rail:D"]},
        {"kind": "add_line", **metro_line(stops=["rail:D", {"name": "E", "lon": 124, "lat": 30}], hop_times_s=[60])},
    ],
)
def test_an_edit_leaves_the_rows_of_other_lines_bit_for_bit(region, edit):
    changed = Scenario.from_dict({"name": "s", "edits": [edit]}).apply(region).region
    for name in ("trips", "stop_times", "frequencies"):
        others = [
            frame[frame["trip_id"].isin(["y:G1", "y:G2", "y:G3", "y:M"])]
            for frame in (region.table(name), changed.table(name))
        ]
        assert_frame_equal(others[0].reset_index(drop=True), others[1].reset_index(drop=True))


def test_no_kind_changes_the_baseline(region, tmp_path):
    way = {"from_stop_id": "rail:A", "to_stop_id": "rail:C"}
    edits = {
        "add_line": metro_line(),
        "add_footpath": way | {"time_s": 60},
        "add_station": {"station": {"name": "E", "lon": 120.05, "lat": 30}, "between": ["rail:A", "rail:B"]},
        "add_street": {"name": "bridge", "points": ["n:1", {"lon": 120.01, "lat": 30}]},
        "retime": {"feed_ids": ["y"], "shift_s": 60},
        "change_dwell": {"stop_ids": ["rail:B"], "dwell_s": 10},
        "change_frequency": {"feed_ids": ["y"], "headway_s": 90, "start": "07:00", "end": "09:00"},
        "change_speed": {"feed_ids": ["y"], "factor": 2},
        "close_stop": {"stop_ids": ["rail:A"]},
        "remove_line": {"modes": [1], "drop_stations": True},
        "reroute": way | {"feed_ids": ["y"], "via": ["rail:D"], "hop_times_s": [60, 60]},
    }
    region = with_streets(region)
    before = content_hash(region)
    copies = {name: region.table(name).copy(deep=True) for name in LINE_TABLES}
    store = Store.create(tmp_path / "paper.region", name="paper")
    store.commit(lambda _: region, message="base")
    stored = (store.head, store.content_id())
    for kind, values in edits.items():
        Scenario.from_dict({"name": "s", "edits": [{"kind": kind} | values]}).apply(store.read())
        assert (store.head, store.content_id()) == stored, kind
        assert len(store.check(deep=True)) == 0, kind
        result = Scenario.from_dict({"name": "s", "edits": [{"kind": kind} | values]}).apply(region)
        assert content_hash(result.region) != before, kind
        assert result.region.check().of("error") == [], kind
        assert content_hash(region) == before, kind
        for name in LINE_TABLES:
            assert_frame_equal(region.table(name), copies[name])
    # whoever adds a kind to transport adds it here
    assert set(edits) == {
        kind for kind, made in edit_kinds().items() if made.__module__.startswith("megaregion.mobility.")
    }


@pytest.mark.national
def test_edits_of_a_national_timetable_leave_a_sound_region(shared_data):
    rail = shared_data / "rail"
    reading = read_rail_timetable(
        rail / "timetable_2019-10.csv.gz", year=2019, stations=rail / "stations_wgs84_2026.csv"
    )
    nation = reading.into(Region("nation"))
    n_fast = int(nation.table("trips")["route_id"].eq("rail-2019:G").sum())
    result = (
        Scenario("s")
        .change_speed(classes=["G"], factor=1.25)
        .close_stop(stop_ids=["rail:嘉兴南"])
        .remove_line(trip_numbers=["G7663"])
        .change_frequency(classes=["C"], headway_s=1_800, start="06:00", end="22:00")
        .apply(nation)
    )
    assert result.region.check().of("error") == []
    # trains of one stop in the file have no run to shorten
    assert 0.99 * n_fast <= result.touched[1]["trips"] <= n_fast
    assert result.touched[3]["trips"] == 1
    calls = result.region.table("stop_times").sort_values(["trip_id", "stop_sequence"])
    same = calls["trip_id"].eq(calls["trip_id"].shift())
    assert (calls["arrival_s"] >= calls["departure_s"].shift())[same].all()
    ordinary = [
        frame[frame["trip_id"].str.startswith(("rail-2019:K", "rail-2019:T"))].reset_index(drop=True)
        for frame in (nation.table("stop_times"), result.region.table("stop_times"))
    ]
    assert len(ordinary[0]) > 10_000
    assert_frame_equal(*ordinary)


def test_adding_a_line_through_a_closed_stop_is_a_conflict(region):
    scenario = Scenario("s").close_stop(stop_ids=["rail:C"]).add_line(**metro_line())
    with pytest.raises(
        ScenarioError, match=r"edit 2 'add_line': needs 'rail:C' of table stops, which edit 1 'close_stop'"
    ):
        scenario.apply(region)


def test_an_edit_of_a_removed_train_is_a_conflict(region):
    scenario = Scenario("s").remove_line(route_ids=["y:R"]).change_speed(trip_numbers=["G1"], factor=2)
    with pytest.raises(
        ScenarioError, match=r"edit 2 'change_speed': needs 'G1' of table trips, which edit 1 'remove_line'"
    ):
        scenario.apply(region)


def test_a_trip_that_a_closed_stop_ends_is_a_conflict(region):
    scenario = Scenario("s").close_stop(stop_ids=["rail:D"]).retime(trip_ids=["y:bus"], shift_s=60)
    with pytest.raises(
        ScenarioError, match=r"edit 2 'retime': needs 'y:bus' of table trips, which edit 1 'close_stop'"
    ):
        scenario.apply(region)


def test_what_only_making_an_edit_shows_to_be_gone_is_a_conflict_too(region):
    # half as many trains: which of them go is found when it is done
    scenario = (
        Scenario("s")
        .change_dwell(route_ids=["y:R"], dwell_s=5)
        .change_frequency(route_ids=["y:R"], factor=0.5)
        .retime(trip_ids=["y:G2", "y:G1"], shift_s=60)
    )
    with pytest.raises(ScenarioError) as caught:
        scenario.apply(region)
    (notice,) = caught.value.notices
    assert notice.code == "edit_conflict"
    assert notice.file == "scenario 's' edit 3 'retime'"
    assert notice.message == "needs 'y:G2' of table trips, which edit 2 'change_frequency' removes or closes."


def test_later_edits_may_use_what_earlier_ones_add(region):
    scenario = (
        Scenario("s")
        .add_line(**metro_line())
        .change_speed(trip_numbers=["L1"], factor=2)
        .add_line(**metro_line(name="L2", stops=["new:新站", "rail:D"], hop_times_s=None, speed_kmh=200))
        .close_stop(stop_ids=["new:新站"])
    )
    result = scenario.apply(region)
    assert times(result.region, "y:L1:0") == [("A", 0, 0), ("C", 380, 380)]
    assert result.touched[4] == {"trips": 4, "calls": 4}
    assert result.notices.counts["straight_line_distance"] == 1
