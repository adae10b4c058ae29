import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.region.model import Region
from megaregion.region.schema import conform, schema
from megaregion.region.service_days import (
    WEEKDAYS,
    active_services,
    check_intervals,
    departures_of,
    service_dates,
    trips_per_date,
)

EMPTY = schema("calendar_dates").empty()


def calendar(*rows):
    """Rows (service, runs on these weekdays as digits 0-6, first, last)."""
    table = [
        {"service_id": service, "feed_id": "f", "start_date": first, "end_date": last}
        | {day: str(number) in days for number, day in enumerate(WEEKDAYS)}
        for service, days, first, last in rows
    ]
    return conform("calendar", pd.DataFrame(table)) if table else schema("calendar").empty()


def changes(*rows):
    table = [{"service_id": s, "date": d, "feed_id": "f", "exception": e} for s, d, e in rows]
    return conform("calendar_dates", pd.DataFrame(table)) if table else EMPTY


def trips(**services):
    table = [
        {"trip_id": trip, "feed_id": "f", "route_id": "r", "service_id": service} for trip, service in services.items()
    ]
    return conform("trips", pd.DataFrame(table))


def test_week_pattern_exceptions_and_dates_only_services():
    week = calendar(("work", "01234", "2019-10-01", "2019-10-31"), ("daily", "0123456", "2019-10-05", "2019-10-06"))
    changed = changes(
        ("work", "2019-10-01", "removed"),  # the national day
        ("work", "2019-10-12", "added"),  # a Saturday worked for it
        ("gala", "2019-10-12", "added"),  # stands in calendar_dates only
    )
    assert active_services(week, changed, "2019-10-01") == set()
    assert active_services(week, changed, "2019-10-02") == {"work"}
    assert active_services(week, changed, dt.date(2019, 10, 5)) == {"daily"}
    assert active_services(week, changed, dt.datetime(2019, 10, 12, 8)) == {"work", "gala"}  # noqa: DTZ001
    assert active_services(week, changed, "2019-11-01") == set()


def test_either_table_may_be_empty():
    assert active_services(schema("calendar").empty(), changes(("a", "2019-10-01", "added")), "2019-10-01") == {"a"}
    assert active_services(calendar(("a", "1", "2019-10-01", "2019-10-01")), EMPTY, "2019-10-01") == {"a"}


def test_a_date_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"date is '1 Oct 2019'; expected a date as YYYY-MM-DD") as problem:
        active_services(calendar(), EMPTY, "1 Oct 2019")
    assert "2019-10-15" in str(problem.value)


def test_trips_are_counted_by_date_and_departures_of_frequencies_count_each():
    week = calendar(("work", "4", "2019-10-04", "2019-10-13"))
    changed = changes(("work", "2019-10-11", "removed"), ("gala", "2019-10-11", "added"))
    every = conform(
        "frequencies",
        pd.DataFrame({"trip_id": ["b"], "start_s": [21_600], "end_s": [25_201], "headway_s": [600]}),
    )
    running = trips(a="work", b="work", c="gala", d="never")
    counted = trips_per_date(running, week, changed)
    assert counted.to_dict("list") == {"feed_id": ["f", "f"], "date": ["2019-10-04", "2019-10-11"], "trips": [2, 1]}
    # 06:00, 06:10 ... 07:00 is seven departures, and trip a
    counted = service_dates({"trips": running, "calendar": week, "calendar_dates": changed, "frequencies": every})
    assert counted["trips"].tolist() == [8, 1]


def frequencies(*rows):
    return conform("frequencies", pd.DataFrame(rows, columns=["trip_id", "start_s", "end_s", "headway_s"]))


INTERVAL = st.tuples(st.sampled_from("ab"), st.integers(0, 500), st.integers(0, 500), st.integers(1, 90))


@given(st.lists(INTERVAL, max_size=6))
def test_departures_are_those_before_the_end(rows):
    found = departures_of(frequencies(*rows))
    listed = {
        trip: sum(len(range(start, end, headway)) for key, start, end, headway in rows if key == trip)
        for trip in sorted({row[0] for row in rows})
    }
    assert found.to_dict() == listed
    assert found.dtype == "int64"


def test_an_interval_that_ends_before_it_begins_is_reported():
    table = frequencies(("day", 21_600, 25_200, 600), ("night", 79_200, 3_600, 900), ("none", 60, 60, 60))
    found = [notice for notice in Region("r", {"frequencies": table}).check() if notice.code == "empty_frequency"]
    assert [notice.line for notice in found] == [2, 3]
    assert found[0].message == (
        "trip 'night': field 'end_s' is 3600 and 'start_s' is 79200; expected end_s above start_s. "
        "The row gives no departures."
    )
    assert (found[0].file, found[0].field, found[0].value, found[0].severity) == (
        *("frequencies", "end_s", "3600", "warning"),
    )


def test_many_empty_intervals_are_counted_not_listed():
    many = check_intervals(frequencies(*((f"t{row}", 9, 9, 60) for row in range(1_200))))
    assert (len(many), many.counts["empty_frequency"]) == (1_000, 1_200)


def test_without_service_the_count_is_empty_with_its_columns():
    counted = service_dates({"trips": trips(a="never")})
    assert counted.empty
    assert list(counted.columns) == ["feed_id", "date", "trips"]


DAYS = st.dates(dt.date(2019, 12, 25), dt.date(2020, 1, 8)).map(dt.date.isoformat)


@settings(deadline=None)
@given(
    week=st.lists(
        st.tuples(st.sampled_from("xyz"), st.text("0123456", max_size=7), DAYS, DAYS),
        max_size=3,
        unique_by=lambda row: row[0],
    ),
    changed=st.lists(
        st.tuples(st.sampled_from("xyz"), DAYS, st.sampled_from(["added", "removed"])),
        max_size=8,
        unique_by=lambda row: row[:2],
    ),
)
def test_the_count_of_every_date_agrees_with_the_services_of_that_date(week, changed):
    week, changed = calendar(*week), changes(*changed)
    running = trips(a="x", b="y", c="y", d="z")
    counted = trips_per_date(running, week, changed).set_index("date")["trips"]
    for day in pd.date_range("2019-12-24", "2020-01-09").strftime("%Y-%m-%d"):
        services = active_services(week, changed, day)
        assert counted.get(day, 0) == running["service_id"].isin(services).sum()
