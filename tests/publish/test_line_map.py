import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.publish import line_map
from megaregion.region.model import Region
from megaregion.region.service_days import WEEKDAYS, active_services
from megaregion.region.sphere import great_circle_m


def stations(**places: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame([(name, *place) for name, place in places.items()], columns=["stop_id", "lon", "lat"])


def hops(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["from_id", "to_id", "group", "trains"])


def as_dict(segments: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    keys = zip(segments["from_id"], segments["to_id"], segments["group"], strict=True)
    return dict(zip(keys, segments["trains"], strict=True))


LINE = stations(a=(120.0, 31.0), b=(120.3, 31.02), c=(120.6, 31.0), d=(120.9, 31.01), x=(120.3, 31.6))


def test_a_train_that_skips_stations_runs_over_them() -> None:
    laid = line_map.lay_hops(
        hops(
            ("a", "b", "high_speed", 10.0),
            ("b", "c", "high_speed", 10.0),
            ("c", "d", "high_speed", 10.0),
            ("a", "d", "high_speed", 5.0),
        ),
        LINE,
    )
    assert as_dict(laid) == {
        ("a", "b", "high_speed"): 15.0,
        ("b", "c", "high_speed"): 15.0,
        ("c", "d", "high_speed"): 15.0,
    }


def test_a_hop_that_no_path_explains_is_a_line_of_its_own() -> None:
    laid = line_map.lay_hops(hops(("a", "b", "other", 1.0), ("a", "x", "other", 2.0), ("b", "c", "other", 1.0)), LINE)
    assert as_dict(laid) == {("a", "b", "other"): 1.0, ("a", "x", "other"): 2.0, ("b", "c", "other"): 1.0}


def test_a_loop_does_not_explain_a_straight_line() -> None:
    # over x it is several times as far
    laid = line_map.lay_hops(hops(("a", "c", "other", 3.0), ("a", "x", "other", 1.0), ("c", "x", "other", 1.0)), LINE)
    assert as_dict(laid)["a", "c", "other"] == 3.0


def test_a_fast_train_may_use_the_old_line_only_if_that_is_straight() -> None:
    rows = (("a", "b", "other", 1.0), ("b", "c", "other", 1.0), ("a", "c", "high_speed", 7.0))
    assert as_dict(line_map.lay_hops(hops(*rows), LINE)) == {
        ("a", "b", "high_speed"): 7.0,
        ("b", "c", "high_speed"): 7.0,
        ("a", "b", "other"): 1.0,
        ("b", "c", "other"): 1.0,
    }
    bent = stations(a=(120.0, 31.0), b=(120.3, 31.13), c=(120.6, 31.0))
    assert ("a", "c", "high_speed") in as_dict(line_map.lay_hops(hops(*rows), bent))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_laying_keeps_every_train_kilometre_within_the_detour(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"s{at}" for at in range(8)]
    places = pd.DataFrame({"stop_id": names, "lon": rng.uniform(120, 121, 8), "lat": rng.uniform(30, 31, 8)})
    pairs = [pair for pair in itertools.combinations(names, 2) if rng.random() < 0.5] or [("s0", "s1")]
    rows = hops(*((a, b, str(rng.choice(["high_speed", "other"])), float(rng.integers(1, 9))) for a, b in pairs))

    def train_km(segments: pd.DataFrame) -> float:
        at = places.set_index("stop_id")
        a, b = at.loc[segments["from_id"]], at.loc[segments["to_id"]]
        return float((great_circle_m(a["lon"], a["lat"], b["lon"], b["lat"]) * segments["trains"]).sum())

    laid = line_map.lay_hops(rows, places)
    assert train_km(rows) * (1 - 1e-9) <= train_km(laid) <= train_km(rows) * line_map.LONG_DETOUR * (1 + 1e-9)
    # whatever the order of the rows, the map is the same
    pd.testing.assert_frame_equal(laid, line_map.lay_hops(rows.sample(frac=1, random_state=seed), places))


def test_trains_a_day_of_repeated_trips(region: Region) -> None:
    trains = line_map.daily_trains(region, ["rail-2019"])
    assert trains["rail-2019:all-out"] == 90
    assert trains["rail-2019:through-back"] == 22
    assert not [trip for trip in trains.index if trip.startswith("rail-2012")]


def test_a_trip_of_working_days_counts_five_sevenths(region: Region) -> None:
    calendar = region.table("calendar").assign(saturday=False, sunday=False)
    feeds = region.table("feeds").assign(first_date="2019-10-07", last_date="2019-10-20")
    changed = region.with_tables({"calendar": calendar, "feeds": feeds})
    assert line_map.daily_trains(changed, ["rail-2019"])["rail-2019:all-out"] == pytest.approx(90 * 5 / 7)


def test_the_through_trains_are_led_over_the_stations_between(region: Region) -> None:
    found = as_dict(line_map.build_line_map(region, ["rail-2019"]).segments)
    # 90 trains each way stop everywhere, 22 each way run Shanghai to Nanjing without a stop
    assert found["rail:上海市", "rail:苏州市", "high_speed"] == 2 * (90 + 22)
    assert found["rail:南京市", "rail:苏州市", "high_speed"] == 2 * (90 + 22)
    assert ("rail:上海市", "rail:南京市", "high_speed") not in found


def test_a_new_station_is_no_new_line() -> None:
    def year(*rows: tuple[str, str, str, float]) -> line_map.LineMap:
        return line_map.LineMap(LINE.assign(name=""), hops(*rows))

    change = line_map.compare_lines(
        year(("a", "c", "other", 8.0)), year(("a", "b", "other", 9.0), ("b", "c", "other", 9.0))
    )
    assert change[["from_id", "to_id", "before", "after"]].to_numpy().tolist() == [["a", "b", 8, 9], ["b", "c", 8, 9]]


def test_metro_is_a_group_of_its_own(region: Region) -> None:
    metro = region.with_table("routes", region.table("routes").assign(mode=1))
    assert set(line_map.build_line_map(metro, ["rail-2019"]).segments["group"]) == {"metro"}
    bus = region.with_table("routes", region.table("routes").assign(mode=3))
    assert line_map.build_line_map(bus, ["rail-2019"]).segments.empty


@pytest.mark.parametrize("blank", [None, ""])
def test_a_stop_without_a_parent_is_its_own_station(region: Region, blank: str | None) -> None:
    plain = line_map.read_hops(region, ["rail-2019"])
    assert len(plain)
    stops = region.table("stops")
    stops["parent_stop_id"] = pd.array([blank] * len(stops), dtype="str")
    pd.testing.assert_frame_equal(line_map.read_hops(region.with_table("stops", stops), ["rail-2019"]), plain)


def test_a_platform_counts_as_its_station(region: Region) -> None:
    plain = line_map.read_hops(region, ["rail-2019"])
    stops = region.table("stops")
    platforms = stops.assign(stop_id=stops["stop_id"] + ":1", parent_stop_id=stops["stop_id"])
    calls = region.table("stop_times")
    tables = {
        "stops": pd.concat([stops.assign(parent_stop_id=""), platforms], ignore_index=True),
        "stop_times": calls.assign(stop_id=calls["stop_id"] + ":1"),
    }
    pd.testing.assert_frame_equal(line_map.read_hops(region.with_tables(tables), ["rail-2019"]), plain)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_share_of_days_agrees_with_asking_for_every_day(region: Region, data: st.DataObject) -> None:
    days = pd.date_range("2019-09-20", "2019-10-20", freq="D").strftime("%Y-%m-%d").tolist()
    first, last = sorted(data.draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
    calendar = region.table("calendar").assign(start_date="2019-09-28", end_date="2019-10-12")
    for day in WEEKDAYS:
        calendar[day] = data.draw(st.booleans())
    changed = data.draw(st.dictionaries(st.sampled_from(days), st.sampled_from(["added", "removed"])))
    exceptions = pd.DataFrame({"date": list(changed), "exception": list(changed.values())}, dtype="str")
    exceptions = exceptions.assign(service_id="rail-2019:daily", feed_id="rail-2019")
    feeds = region.table("feeds").assign(first_date=first, last_date=last)
    edited = region.with_tables({"calendar": calendar, "calendar_dates": exceptions, "feeds": feeds})
    asked = pd.date_range(first, last, freq="D")
    week = calendar[calendar["feed_id"] == "rail-2019"]
    share = sum("rail-2019:daily" in active_services(week, exceptions, day.date()) for day in asked) / len(asked)
    assert line_map.daily_trains(edited, ["rail-2019"])["rail-2019:all-out"] == pytest.approx(90 * share)


@pytest.mark.parametrize("blank", [None, ""])
def test_a_route_without_a_class_is_known_by_the_number_of_the_train(region: Region, blank: str | None) -> None:
    routes, trips = region.table("routes"), region.table("trips")
    routes["class"] = pd.array([blank] * len(routes), dtype="str")
    numbers = ["G7" if trip.endswith("all-out") else "K101" for trip in trips["trip_id"]]
    edited = region.with_tables({"routes": routes, "trips": trips.assign(number=numbers)})
    hops = as_dict(line_map.read_hops(edited, ["rail-2019"]))
    assert hops["rail:上海市", "rail:杭州市", "high_speed"] == 90
    assert hops["rail:上海市", "rail:杭州市", "other"] == 90


def test_an_empty_interval_takes_no_trains_away(region: Region) -> None:
    before = line_map.daily_trains(region, ["rail-2019"])
    backwards = pd.DataFrame({"trip_id": ["rail-2019:all-out"], "start_s": 7_200, "end_s": 0, "headway_s": 600})
    changed = region.with_table("frequencies", pd.concat([region.table("frequencies"), backwards]))
    pd.testing.assert_series_equal(line_map.daily_trains(changed, ["rail-2019"]), before)
