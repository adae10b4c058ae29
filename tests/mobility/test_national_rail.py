"""The national timetables of 2012 and 2019, imported and measured as a user would."""

import numpy as np
import pytest

import megaregion as mr
from megaregion.mobility import Timetable, journeys, travel_time_matrix
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.sources.rail_timetable import read_rail_timetable
from megaregion.study.city_travel import city_travel
from megaregion.study.regions import _with_cities_of_stops, example

pytestmark = pytest.mark.national

FILES = {2012: "timetable_2012.csv.gz", 2019: "timetable_2019-10.csv.gz"}


@pytest.fixture(scope="module")
def national(shared_data):
    """Cities of the delta and both timetables of the whole country."""
    rail = shared_data / "rail"
    yrd = example("yrd")
    region = Region("national").with_tables({name: yrd.table(name) for name in ("cities", "city_facts", "boundaries")})
    for year, file in FILES.items():
        reading = read_rail_timetable(
            rail / file, year=year, stations=rail / "stations_wgs84_2026.csv", city_of=rail / "station_city_2019.csv"
        )
        region = reading.into(region)
    return _with_cities_of_stops(region, None, Notices())


@pytest.fixture(scope="module")
def service_day(national):
    return Timetable.from_region(national, year=2019)


@pytest.mark.parametrize(("year", "minutes", "nanjing"), [(2012, 49, 128), (2019, 45, 62)])
def test_hangzhou_to_shanghai(national, year, minutes, nanjing):
    """Between stations of the cities themselves; Hangzhou East was closed for rebuilding in 2012."""
    direct = city_travel(national, year=year).direct.set_index(["from_id", "to_id"])
    assert direct.loc[("330100", "310000"), "fastest_s"] == minutes * 60
    # any station of the city counts in the published 58 min of 2019, principal stations only in this table
    assert direct.loc[("320100", "330100"), "fastest_s"] == nanjing * 60


def test_the_slowest_train_of_2012(national):
    """In mid-2012 the slowest train from Hangzhou took 3 h 32, from Hangzhou South to Shanghai South."""
    times = national.table("stop_times")
    times = times[times["trip_id"].str.startswith("rail-2012:")]
    leave = times[times["stop_id"].isin(["rail:杭州", "rail:杭州南"])]
    reach = times[times["stop_id"].isin(["rail:上海", "rail:上海南", "rail:上海虹桥"])]
    rides = leave.merge(reach, on="trip_id")
    rides = rides[rides["stop_sequence_x"] < rides["stop_sequence_y"]]
    assert (rides["arrival_s_y"] - rides["departure_s_x"]).max() == (3 * 60 + 32) * 60


def test_a_named_train_ran_from_wenzhou_to_nanjing(national):
    trips = national.table("trips")
    train = trips[(trips["feed_id"] == "rail-2019") & trips["number"].str.contains("G7568")]["trip_id"]
    times = national.table("stop_times")
    calls = times[times["trip_id"].isin(train)].sort_values("stop_sequence")["stop_id"].tolist()
    assert calls[0] == "rail:温州南"
    assert calls[-1] == "rail:南京南"


def test_the_number_of_threads_changes_nothing(service_day):
    stops = list(service_day.stops)[::40]
    one = travel_time_matrix(service_day, stops, stops, workers=1)
    two = travel_time_matrix(service_day, stops, stops, workers=2)
    assert one.travel_time_s.tobytes() == two.travel_time_s.tobytes()
    assert one.departures.tobytes() == two.departures.tobytes()


def test_rows_do_not_depend_on_what_else_is_asked(service_day):
    """A pair has the same times whether it is asked alone or among others."""
    stops = list(service_day.stops)[::97]
    many = travel_time_matrix(service_day, stops, stops)
    few = travel_time_matrix(service_day, stops[3:5], stops[7:12])
    assert np.array_equal(many.travel_time_s[:, 3:5, 7:12], few.travel_time_s)


def test_journeys_across_the_country_agree_with_the_matrix(service_day):
    stations = ["rail:上海虹桥", "rail:乌鲁木齐", "rail:哈尔滨", "rail:昆明南", "rail:漠河", "rail:三亚", "rail:黄山北"]
    times = travel_time_matrix(service_day, stations, stations, window=("08:00", "08:01"))
    for i, origin in enumerate(stations):
        for j, target in enumerate(stations):
            if i != j:
                found = journeys(service_day, origin, target, depart="08:00")
                arrival = min((journey.arrival_s for journey in found), default=np.inf)
                assert arrival == times.first_arrival_s[i, j]


def test_a_scenario_that_touches_nothing_asked_changes_nothing(national):
    """Trains of the far north-west get slower; times within the delta stay as they are, bit for bit."""
    stations = ["rail:上海虹桥", "rail:杭州东", "rail:南京南"]
    scenario = mr.Scenario("west").close_stop(stop_ids=["rail:哈密"])
    before = travel_time_matrix(Timetable.from_region(national, year=2019), stations, stations)
    after = travel_time_matrix(Timetable.from_region(scenario.apply(national).region, year=2019), stations, stations)
    assert before.travel_time_s.tobytes() == after.travel_time_s.tobytes()
