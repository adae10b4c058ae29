"""Profiles and earliest arrivals on real timetables: the two searches agree in every cell that is compared."""

import numpy as np
import pytest

from megaregion.mobility import Places, Timetable, earliest_arrivals, profile, travel_time_matrix
from megaregion.region.model import Region
from megaregion.sources.rail_timetable import read_rail_timetable


@pytest.fixture(scope="module")
def porto_alegre(shared_data):
    path = shared_data / "gtfs-samples" / "r5r-porto-alegre" / "poa_eptc.zip"
    return Timetable.from_gtfs(path, max_travel_time_s=6 * 3_600)


@pytest.fixture(scope="module")
def national(shared_data):
    rail = shared_data / "rail"
    reading = read_rail_timetable(
        rail / "timetable_2019-10.csv.gz",
        year=2019,
        stations=rail / "stations_wgs84_2026.csv",
        city_of=rail / "station_city_2019.csv",
    )
    return Timetable.from_region(reading.into(Region("national")), year=2019)


def _arrivals_agree(timetable, n_origins, moments):
    """Arrivals everywhere, free and with one and three rides, from stops spread over the timetable."""
    stops = list(timetable.stops)
    compared = 0
    for origin in stops[:: len(stops) // n_origins][:n_origins]:
        for moment in moments:
            window = (moment, moment[:-1] + "1")
            rows = earliest_arrivals(timetable, origin, moment)
            for cap in (None, 1, 3):
                matrix = travel_time_matrix(timetable, [origin], stops, window=window, max_rides=cap)
                ours = rows[min(cap, len(rows) - 1) if cap else -1]
                assert np.array_equal(ours, matrix.first_arrival_s[0])
                compared += len(stops)
            for rides, capped in enumerate(earliest_arrivals(timetable, origin, moment, max_rides=2)):
                assert np.array_equal(capped, rows[min(rides, len(rows) - 1)])
    assert compared == n_origins * len(moments) * 3 * len(stops)


def _profiles_agree(timetable, n_pairs):
    """Departures worth taking and fastest times of a whole day are those of the matrix, with any cap."""
    stops = np.array(timetable.stops)
    rng = np.random.default_rng(11)
    origins = rng.choice(stops, n_pairs, replace=False)
    targets = rng.choice(stops, n_pairs, replace=False)
    for cap in (None, 2):
        matrix = travel_time_matrix(timetable, origins, targets, window=("06:00", "22:00"), max_rides=cap)
        for row, (origin, target) in enumerate(zip(origins, targets, strict=True)):
            if origin == target:
                continue
            # what leaves later counts with any number of rides, for the matrix knows arrivals only
            found = profile(timetable, str(origin), str(target), ("06:00", "24:00"), max_rides=cap)
            order = np.lexsort((found.arrive_s, -found.depart_s))
            depart, arrive = found.depart_s[order], found.arrive_s[order]
            night = earliest_arrivals(timetable, str(origin), "23:59", max_rides=cap)
            next_day = night[-1, timetable.stops.position(str(target))]
            earlier = arrive < np.r_[1 << 30, np.minimum.accumulate(arrive)[:-1]]
            earlier &= arrive < next_day
            within = depart < 22 * 3_600
            assert (earlier & within).sum() == matrix.departures[row, row]
            # who leaves in the last second of the window waits for what departs after it
            least = np.where(within, arrive - depart, arrive - 22 * 3_600 + 1).min(initial=1 << 30)
            if not within.all():
                assert min(least, found.walk_only_s) == matrix.fastest_s[row, row]


def test_arrivals_in_porto_alegre(porto_alegre):
    _arrivals_agree(porto_alegre, 6, ["13:00", "15:30"])


def test_profiles_in_porto_alegre(porto_alegre):
    _profiles_agree(porto_alegre, 40)


def test_the_number_of_rides_in_porto_alegre(porto_alegre):
    """A profile by number of rides is, cap by cap, that of the arrivals: every point is the best for its rides."""
    stops = list(porto_alegre.stops)
    checked = 0
    for origin, target in zip(stops[::400], stops[200::400], strict=False):
        found = profile(porto_alegre, origin, target, ("06:00", "22:00"))
        column = porto_alegre.stops.position(target)
        for depart, arrive, rides in list(zip(found.depart_s, found.arrive_s, found.rides, strict=True))[::7]:
            by_rides = earliest_arrivals(porto_alegre, Places.stations(porto_alegre, [origin]), int(depart))[:, column]
            assert by_rides[min(rides, len(by_rides) - 1)] == arrive
            assert by_rides[rides - 1] > arrive
            checked += 1
    assert checked > 20


@pytest.mark.national
def test_arrivals_across_the_country(national):
    _arrivals_agree(national, 3, ["07:00", "18:40"])


@pytest.mark.national
def test_profiles_across_the_country(national):
    _profiles_agree(national, 60)
