import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.region.schema import conform, schema
from megaregion.region.service_days import WEEKDAYS, active_services, service_dates, trips_per_date

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
