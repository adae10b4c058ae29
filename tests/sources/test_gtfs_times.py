import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.sources.gtfs_times import (
    BLANK,
    INVALID,
    fill_times,
    read_times,
    service_instant,
    suggest_time,
)

NAN = np.nan


@settings(deadline=None)
@given(st.lists(st.integers(0, 999 * 3600 + 3599), max_size=30), st.booleans())
def test_reading_a_written_time_gives_it_back(seconds, pad):
    width = 2 if pad else 1
    texts = [f"{s // 3600:0{width}d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]
    assert read_times(pd.Series(texts, dtype="str")).tolist() == seconds


def test_what_is_no_time():
    texts = ["24:99:00", "7.30", "7:30", "25:10:00", "", " 6:00:00 ", "７:30:00", "-1:00:00", "7:00:00 PM", None]
    read = read_times(pd.Series(texts, dtype="str")).tolist()
    assert read == [INVALID, INVALID, INVALID, 90_600, BLANK, 21_600, INVALID, INVALID, INVALID, BLANK]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("7.30", "write 7:30:00"),
        ("7:30", "write 7:30:00"),
        ("07：30：05", "write 7:30:05"),
        ("730", "write 7:30:00"),
        ("0730", "write 7:30:00"),
        ("7:3:5", "write 7:03:05"),
        ("24:99:00", "minutes and seconds run from 00 to 59; past midnight hours go on as 25:10:00"),
        ("soon", ""),
    ],
)
def test_the_advice_is_what_was_meant(text, advice):
    assert suggest_time(text) == advice


def filled(trip, times, *measures):
    arrival = np.array(times, dtype=np.int64)
    departure = arrival.copy()
    rows = fill_times(np.array(trip), arrival, departure, tuple(np.array(m, dtype=float) for m in measures))
    assert (arrival == departure).all()
    return arrival.tolist(), rows.tolist()


def test_a_gap_is_filled_by_the_best_measure_that_serves_it():
    times = [0, BLANK, BLANK, 90]
    assert filled([0] * 4, times)[0] == [0, 30, 60, 90]
    assert filled([0] * 4, times, [0, 10, 80, 90], [0, 1, 2, 9])[0] == [0, 10, 80, 90]
    for useless in ([NAN] * 4, [0, 10, NAN, 90], [0, 80, 10, 90], [5, 5, 5, 5]):
        assert filled([0] * 4, times, useless, [0, 1, 2, 9])[0] == [0, 10, 20, 90]
        assert filled([0] * 4, times, useless)[0] == [0, 30, 60, 90]


def test_each_gap_chooses_its_own_measure_and_trips_do_not_mix():
    trip = [0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
    times = [0, BLANK, 100, 500, BLANK, 600, BLANK, 700, BLANK, BLANK]
    shape = [0, 1, 4, NAN, NAN, 0, 9, 10, 0, 1]
    got, rows = filled(trip, times, shape)
    assert got == [0, 25, 100, 500, 550, 600, 690, 700, BLANK, BLANK]
    assert rows == [False, True, False, False, True, False, True, False, False, False]


def test_a_blank_edge_of_a_trip_stays_blank():
    got, rows = filled([0, 0, 0, 0, 1, 1], [BLANK, 10, BLANK, 30, 50, BLANK])
    assert got == [BLANK, 10, 20, 30, 50, BLANK]
    assert rows == [False, False, True, False, False, False]


def test_one_time_of_two_serves_for_both_and_dwell_is_kept():
    arrival = np.array([BLANK, BLANK, 100, BLANK, 300])
    departure = np.array([0, BLANK, 140, BLANK, BLANK])
    fill_times(np.zeros(5, dtype=np.int64), arrival, departure)
    assert arrival.tolist() == [0, 50, 100, 220, 300]
    assert departure.tolist() == [0, 50, 140, 220, 300]


@settings(deadline=None)
@given(st.data())
def test_filled_times_never_run_backwards(data):
    n = data.draw(st.integers(2, 12))
    times = sorted(data.draw(st.lists(st.integers(0, 10_000), min_size=n, max_size=n)))
    known = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    known[0] = known[-1] = True
    measure = data.draw(st.lists(st.floats(0, 100) | st.just(NAN), min_size=n, max_size=n))
    given_times = [t if k else BLANK for t, k in zip(times, known, strict=True)]
    got, rows = filled([0] * n, given_times, measure)
    assert (np.diff(got) >= 0).all()
    assert [t for t, k in zip(got, known, strict=True) if k] == [t for t, k in zip(times, known, strict=True) if k]
    assert rows == [not k for k in known]


@pytest.mark.parametrize(
    ("date", "time", "zone", "clock"),
    [
        ("2019-10-15", "08:00", "Asia/Shanghai", "2019-10-15T08:00:00+08:00"),
        ("2019-10-15", "25:10", "Asia/Shanghai", "2019-10-16T01:10:00+08:00"),
        # the clock goes forward at 02:00: noon minus 12 h is 23:00 of the day before
        ("2024-03-31", "00:00", "Europe/Berlin", "2024-03-30T23:00:00+01:00"),
        ("2024-03-31", "02:59", "Europe/Berlin", "2024-03-31T01:59:00+01:00"),
        ("2024-03-31", "03:00", "Europe/Berlin", "2024-03-31T03:00:00+02:00"),
        ("2024-03-31", "12:00", "Europe/Berlin", "2024-03-31T12:00:00+02:00"),
        # and back at 03:00: noon minus 12 h is 01:00
        ("2024-10-27", "00:00", "Europe/Berlin", "2024-10-27T01:00:00+02:00"),
        ("2024-10-27", "01:30", "Europe/Berlin", "2024-10-27T02:30:00+02:00"),
        ("2024-10-27", "02:30", "Europe/Berlin", "2024-10-27T02:30:00+01:00"),
        ("2024-10-27", "24:30", "Europe/Berlin", "2024-10-28T00:30:00+01:00"),
        # Shanghai kept summer time from 1986 to 1991
        ("1986-05-04", "00:00", "Asia/Shanghai", "1986-05-03T23:00:00+08:00"),
    ],
)
def test_golden_times_on_nights_when_the_clock_changes(date, time, zone, clock):
    hour, minute = map(int, time.split(":"))
    instant = service_instant(date, hour * 3600 + minute * 60, zone)
    assert instant.isoformat() == clock
    assert service_instant(dt.date.fromisoformat(date), hour * 3600 + minute * 60, zone) == instant
