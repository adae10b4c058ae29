import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError, LimitError
from megaregion.region.model import Region
from megaregion.region.schema import check_frame, check_references
from megaregion.sources.gtfs import read_gtfs
from megaregion.sources.gtfs_checks import namespace_collisions, speed_limit

# A line of three stops on a meridian, a tenth of a degree (11.12 km) apart.
BASE = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nBlue Line,https://blue.example,Asia/Shanghai\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,30.0,120.0\nB,Beta,30.1,120.0\nC,Gamma,30.2,120.0\n",
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nR,1,Blue,2\n",
    "trips.txt": "route_id,service_id,trip_id,trip_short_name\nR,work,T1,G1\nR,work,T2,G2\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,8:00:00,8:00:00,A,1\n"
        "T1,8:10:00,8:12:00,B,2\n"
        "T1,8:22:00,8:22:00,C,3\n"
        "T2,23:55:00,23:55:00,C,10\n"
        "T2,24:05:00,24:06:30,B,20\n"
        "T2,24:16:30,24:16:30,A,30\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "work,1,1,1,1,1,0,0,20191001,20191031\n"
    ),
}


def zipped(folder="", **changes):
    """Bytes of the feed with files replaced, added or (None) left out; keys are names without `.txt`."""
    files = BASE | {f"{name}.txt": text for name, text in changes.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            if text is not None:
                archive.writestr(folder + name, text)
    return buffer.getvalue()


def read(feed_id="f", **changes):
    reading = read_gtfs(zipped(**changes), feed_id=feed_id)
    for name, table in reading.tables.items():
        found = check_frame(name, table)
        assert not len(found), found.render()
    assert not len(check_references(reading.tables))
    return reading


def problems(**changes):
    """Findings of a feed that is refused."""
    with pytest.raises(InputError, match=r"cannot read the GTFS feed f: \d+ problems?; nothing was changed") as refused:
        read_gtfs(zipped(**changes), feed_id="f")
    assert refused.value.notices
    return [notice for notice in refused.value.notices if notice.severity == "error"]


def only(**changes):
    """Check that a refused feed has one problem and give its text."""
    found = problems(**changes)
    assert len(found) == 1, [notice.render() for notice in found]
    return found[0].render()


def warned(code, reading):
    return [notice.render() for notice in reading.notices if notice.code == code]


def altered(file, old, new):
    text = BASE[f"{file}.txt"]
    assert old in text
    return {file: text.replace(old, new)}


def test_a_small_feed_becomes_the_tables_of_a_region():
    tables = read().tables
    assert sorted(tables) == [
        "calendar",
        "calendar_dates",
        "feeds",
        "frequencies",
        "pathways",
        "routes",
        "stop_times",
        "stops",
        "transfers",
        "trips",
    ]
    feed = tables["feeds"].iloc[0]
    assert feed[["feed_id", "kind", "name", "year", "time_zone", "change_time_s"]].tolist() == [
        "f",
        "gtfs",
        "Blue Line",
        2019,
        "Asia/Shanghai",
        120,
    ]
    assert (feed["first_date"], feed["last_date"]) == ("2019-10-01", "2019-10-31")
    assert tables["stops"]["stop_id"].tolist() == ["f:A", "f:B", "f:C"]
    assert tables["stops"]["kind"].tolist() == ["stop"] * 3
    assert tables["stops"]["city_id"].isna().all()
    assert tables["trips"]["number"].tolist() == ["G1", "G2"]
    calls = tables["stop_times"]
    assert calls["trip_id"].tolist() == ["f:T1"] * 3 + ["f:T2"] * 3
    assert calls["stop_sequence"].tolist() == [1, 2, 3, 10, 20, 30]
    assert calls["arrival_s"].tolist() == [28_800, 29_400, 30_120, 86_100, 86_700, 87_390]
    assert calls["departure_s"].tolist() == [28_800, 29_520, 30_120, 86_100, 86_790, 87_390]
    assert calls["pickup"].all()
    assert calls["distance_m"].isna().all()


def test_folder_and_zip_give_the_same(tmp_path):
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        archive.extractall(tmp_path / "feed")
    (tmp_path / "feed.zip").write_bytes(zipped())
    expected = read().tables
    for source in (tmp_path / "feed", str(tmp_path / "feed.zip")):
        got = read_gtfs(source, feed_id="f").tables
        for name, table in expected.items():
            pd.testing.assert_frame_equal(got[name], table)


def test_options_year_change_time_cities_encoding_and_crs():
    asked = {}

    def city_of(lon, lat):
        asked["lon"], asked["lat"] = lon, lat
        return ["330100", None, ""]

    gb = zipped(stops=BASE["stops.txt"].replace("Alpha", "杭州东").encode("gb18030"))
    reading = read_gtfs(
        gb, feed_id="f", year=2012, change_time_s=900, encoding="gb18030", city_of=city_of, crs="GCJ-02"
    )
    assert reading.tables["feeds"][["year", "change_time_s"]].iloc[0].tolist() == [2012, 900]
    stops = reading.tables["stops"]
    assert stops["name"][0] == "杭州东"
    assert stops["city_id"].fillna("").tolist() == ["330100", "", ""]
    # the shift at 30 N 120 E is some hundred metres, and cities are asked of the shifted place
    moved = np.hypot((stops["lon"] - 120) * 96_300, (stops["lat"] - [30, 30.1, 30.2]) * 111_200)
    assert moved.between(200, 900).all()
    assert asked["lon"].tolist() == stops["lon"].tolist()
    with pytest.raises(InputError, match=r"crs is 'EPSG:4547'; expected WGS84, GCJ-02 or BD-09"):
        read_gtfs(gb, feed_id="f", crs="EPSG:4547")
    with pytest.raises(InputError, match=r"stops\.txt line 2: .* not utf-8.*--encoding gb18030"):
        read_gtfs(gb, feed_id="f")
    with pytest.raises(InputError, match=r"change_time_s is 9000; expected seconds from 0 to 7200"):
        read_gtfs(gb, feed_id="f", change_time_s=9_000)
    for bad in ("", "a:b", "a b"):
        with pytest.raises(InputError, match=r"feed_id is .* expected a short key without spaces and colons"):
            read_gtfs(zipped(), feed_id=bad)


# B1, B2


@pytest.mark.parametrize("name", ["stops", "trips", "stop_times", "routes", "agency"])
def test_b1_a_missing_file_is_named(name):
    text = only(**{name: None})
    assert f"file '{name}.txt' is missing; found " in text
    assert "[missing_required_file]" in text


def test_b1_all_missing_files_are_reported_together():
    found = problems(stops=None, trips=None, calendar=None)
    assert [notice.code for notice in found] == ["missing_required_file"] * 3
    assert "both 'calendar.txt' and 'calendar_dates.txt' are missing" in found[2].message


def test_b2_files_in_a_subfolder_are_said_to_lie_there():
    with pytest.raises(InputError) as refused:
        read_gtfs(zipped(folder="export/gtfs/"), feed_id="f")
    text = str(refused.value)
    assert "1 problem;" in text
    assert "lie in the subfolder 'export/gtfs'; they are expected at the top" in text
    assert "without the folder" in text
    assert "[invalid_input_files_in_subfolder]" in text


def test_missing_columns_are_named_with_what_was_found():
    text = only(trips="route_id,service,trip_id\nR,work,T1\n")
    assert text.startswith("trips.txt line 1: column 'service_id' is missing; found route_id, service, trip_id.")


def test_an_unsafe_zip_is_refused():
    with pytest.raises(LimitError, match=r"entry '\.\./agency\.txt' climbs out"):
        read_gtfs(zipped(folder="../"), feed_id="f")


# B3, B4


def test_b3_departure_before_arrival_names_trip_line_and_times():
    text = only(**altered("stop_times", "8:10:00,8:12:00", "8:10:00,8:02:00"))
    assert text.startswith(
        "stop_times.txt line 3: trip 'T1' at stop 'B' arrives 8:10:00 and departs 8:02:00; "
        "expected a departure at or after the arrival."
    )
    assert text.endswith("[stop_time_with_departure_before_arrival_time]")


def test_b3_times_that_run_backwards_name_both_lines():
    text = only(**altered("stop_times", "T2,24:05:00,24:06:30", "T2,0:05:00,0:06:30"))
    assert text.startswith(
        "stop_times.txt line 6: trip 'T2' at stop 'B' arrives 0:05:00, before it departs 23:55:00 from stop 'C' "
        "on line 5; expected times that grow."
    )
    assert "past midnight hours go on as 25:10:00" in text


@pytest.mark.parametrize(
    ("wrong", "fix"), [("24:99:00", "minutes and seconds run from 00 to 59"), ("8.10", "write 8:10:00")]
)
def test_b4_an_unreadable_time_is_shown_with_its_fix(wrong, fix):
    text = only(**altered("stop_times", "8:10:00", wrong))
    start = f"stop_times.txt line 3: field 'arrival_time' is '{wrong}'; expected H:MM:SS.   fix: {fix}"
    assert text.startswith(start)
    assert text.endswith("[gtfs_invalid_time]")


def test_b4_the_message_of_the_house():
    lines = "".join(f"T{n},8:00:00,8:00:00,A,1\n" for n in range(4_810))
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + lines + "T0,7.30,8:10:00,B,2\n"
    trips = "route_id,service_id,trip_id\n" + "".join(f"R,work,T{n}\n" for n in range(4_810))
    assert only(stop_times=times, trips=trips) == (
        "stop_times.txt line 4812: field 'arrival_time' is '7.30'; expected H:MM:SS.   "
        "fix: write 7:30:00   [gtfs_invalid_time]"
    )


def test_a_trip_without_time_at_an_end_is_an_error():
    text = only(**altered("stop_times", "T1,8:22:00,8:22:00", "T1,,"))
    assert "stop_times.txt line 4: trip 'T1' has no time at stop 'C', its first or last call" in text
    assert "[missing_trip_edge]" in text


# B5


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            altered("stop_times", "8:12:00,B", "8:12:00,Betta"),
            "stop_times.txt line 3: field 'stop_id' is 'Betta', which field 'stop_id' of stops.txt does not have.",
        ),
        (
            altered("stop_times", "T1,8:10:00", "T11,8:10:00"),
            (
                "stop_times.txt line 3: field 'trip_id' is 'T11', which field 'trip_id' of trips.txt does not have."
                " Did you mean 'T1'?"
            ),
        ),
        (
            altered("trips", "R,work,T2", "R2,work,T2"),
            "trips.txt line 3: field 'route_id' is 'R2', which field 'route_id' of routes.txt does not have.",
        ),
        (
            altered("trips", "R,work,T2", "R,wrok,T2"),
            (
                "trips.txt line 3: field 'service_id' is 'wrok', which field 'service_id' of calendar.txt and "
                "calendar_dates.txt does not have. Did you mean 'work'?"
            ),
        ),
        (
            {"stops": "stop_id,stop_name,stop_lat,stop_lon,parent_station\nA,,30,120,X\nB,,30.1,120,\nC,,30.2,120,\n"},
            "stops.txt line 2: field 'parent_station' is 'X', which field 'stop_id' of stops.txt does not have.",
        ),
        (
            {"transfers": "from_stop_id,to_stop_id,transfer_type\nA,Z,0\n"},
            "transfers.txt line 2: field 'to_stop_id' is 'Z', which field 'stop_id' of stops.txt does not have.",
        ),
        (
            {"frequencies": "trip_id,start_time,end_time,headway_secs\nTX,6:00:00,7:00:00,600\n"},
            "frequencies.txt line 2: field 'trip_id' is 'TX', which field 'trip_id' of trips.txt does not have.",
        ),
    ],
)
def test_b5_a_key_that_does_not_exist_is_named_with_both_files(changes, text):
    found = only(**changes)
    assert found.startswith(text)
    assert found.endswith("[foreign_key_violation]")


def test_b5_of_many_broken_keys_all_are_counted_and_some_are_kept():
    calls = "".join(f"T1,8:00:00,8:00:00,Z{n},{n}\n" for n in range(2_500))
    with pytest.raises(InputError, match=r"2500 problems; nothing was changed") as refused:
        read_gtfs(zipped(stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + calls), feed_id="f")
    assert len(refused.value.notices) == 1_000
    assert refused.value.notices[-1].line == 1_001


# B6


def test_b6_trips_that_nobody_can_ride_are_kept_with_a_warning():
    reading = read(
        trips=BASE["trips.txt"] + "R,work,T3,G3\nR,work,T4,G4\nR,never,T5,G5\n",
        stop_times=BASE["stop_times.txt"] + "T3,9:00:00,9:00:00,A,1\nT5,9:00:00,9:00:00,A,1\nT5,9:10:00,9:10:00,B,2\n",
        calendar_dates="service_id,date,exception_type\nnever,20191005,2\n",
    )
    assert [text.split("   ")[0] for text in warned("unusable_trip", reading)] == [
        "trips.txt line 4: trip 'T3' has one call; expected at least two.",
        "trips.txt line 5: trip 'T4' has no calls; expected at least two.",
        "trips.txt line 6: trip 'T5' runs on no date by service 'never'.",
    ]
    assert len(reading.tables["trips"]) == 5


def test_a_feed_that_never_runs_is_refused():
    assert "no trip of feed 'f' runs on any date" in only(**altered("calendar", "1,1,1,1,1,0,0", "0,0,0,0,0,0,0"))


# B7


def test_b7_a_hop_too_fast_is_reported_once_with_km_seconds_speed_and_limit():
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,8:00:10,8:00:10,A,1\nT1,8:00:55,8:00:55,B,2\nT1,8:10:00,8:10:00,C,3\n"
        "T2,9:00:10,9:00:10,A,1\nT2,9:00:55,9:00:55,B,2\nT2,9:10:00,9:10:00,C,3\n"
    )
    found = warned("fast_travel_between_consecutive_stops", read(stop_times=times))
    # 11.12 km in 45 s is 890 km/h
    assert len(found) == 1
    assert found[0].startswith(
        "stop_times.txt line 3: trip 'T1' (and 1 more) runs 11.1 km from stop 'A' to 'B' in 45 s, 890 km/h; "
        "at most 500 km/h is plausible for rail."
    )
    # the same time is too short for a bus between B and C too
    bus = read(stop_times=times, routes=BASE["routes.txt"].replace("Blue,2", "Blue,3"))
    assert "at most 150 km/h is plausible for bus" in warned("fast_travel_between_consecutive_stops", bus)[0]


def test_b7_no_time_at_all_between_stops_far_apart():
    same = BASE["stop_times.txt"].replace("T1,8:22:00,8:22:00", "T1,8:12:00,8:12:00")
    found = warned("fast_travel_between_consecutive_stops", read(stop_times=same))
    assert "runs 11.1 km from stop 'B' to 'C' in 0 s, no time at all; at most 500" in found[0]
    # stops 100 m apart in the same minute are what timetables in whole minutes give
    near = BASE["stops.txt"].replace("C,Gamma,30.2", "C,Gamma,30.101")
    assert not warned("fast_travel_between_consecutive_stops", read(stop_times=same, stops=near))


def test_every_mode_has_a_limit():
    assert [speed_limit(mode)[1] for mode in (0, 1, 2, 3, 4, 5, 6, 7, 11, 12)] == [
        *(100, 150, 500, 150, 80, 30, 50, 50, 150, 150)
    ]
    assert [speed_limit(mode)[0] for mode in (100, 109, 200, 401, 715, 900, 1000)] == [
        *("rail", "rail", "bus", "metro", "bus", "tram", "ferry")
    ]
    assert speed_limit(1100) == ("air", np.inf)


# B9, B10, B11


def test_b9_feeds_keep_apart_and_shared_ids_are_listed():
    renamed = {name: BASE[f"{name}.txt"].replace("T2", "T9") for name in ("trips", "stop_times")}
    first, second = read("metro"), read("rail", **renamed)
    region = first.into(Region("two"))
    found = {notice.field: notice.message for notice in namespace_collisions(second, region)}
    assert found == {
        "stop_id": "3 values of stop_id are used by feed 'rail' and by metro: A, B, C.",
        "route_id": "1 values of route_id are used by feed 'rail' and by metro: R.",
        "trip_id": "1 values of trip_id are used by feed 'rail' and by metro: T1.",
    }
    both = second.into(region)
    assert len(both.table("stops")) == 6
    assert len(both.table("stop_times")) == 12
    assert not len(both.check())
    # importing a feed again is no collision
    assert not len(namespace_collisions(first, region))


@pytest.mark.parametrize(
    ("agency", "text"),
    [
        (
            "agency_name,agency_timezone\nA,\n",
            "agency.txt line 2: field 'agency_timezone' is blank; expected an IANA name",
        ),
        ("agency_name\nA\n", "agency.txt line 2: field 'agency_timezone' is blank; expected an IANA name"),
        ("agency_name,agency_timezone\n", "agency.txt: file has no agency, so the time zone is missing"),
        (
            "agency_name,agency_timezone\nA,Asia/Shangai\n",
            (
                "agency.txt line 2: field 'agency_timezone' is 'Asia/Shangai'; expected an IANA name "
                "such as Asia/Shanghai.   fix: Did you mean 'Asia/Shanghai'?"
            ),
        ),
        (
            "agency_name,agency_timezone\nA,Asia/Shanghai\nB,Asia/Tokyo\n",
            (
                "agency.txt line 3: field 'agency_timezone' is 'Asia/Tokyo', but 'Asia/Shanghai' on line 2; "
                "expected one time zone for all agencies"
            ),
        ),
    ],
)
def test_b10_a_time_zone_that_is_missing_unknown_or_mixed_is_an_error(agency, text):
    assert only(agency=agency).startswith(text)


def test_b10_a_stop_in_another_zone_does_not_move_its_times():
    stops = "stop_id,stop_name,stop_lat,stop_lon,stop_timezone\nA,A,30,120,\nB,B,30.1,120,\nC,C,30.2,120,Asia/Tokyo\n"
    reading = read(stops=stops)
    assert "1 stops lie in Asia/Tokyo; all times are read in Asia/Shanghai" in warned("gtfs_stop_time_zone", reading)[0]
    pd.testing.assert_frame_equal(reading.tables["stop_times"], read().tables["stop_times"])


def test_b11_intervals_that_overlap_name_both_lines():
    rows = "T1,7:00:00,8:00:00,600\nT1,6:00:00,7:30:00,600\nT2,6:00:00,7:00:00,600\nT2,7:00:00,8:00:00,300\n"
    text = only(frequencies="trip_id,start_time,end_time,headway_secs\n" + rows)
    assert text.startswith(
        "frequencies.txt line 2: trip 'T1': the interval 7:00:00 to 8:00:00 overlaps the interval 6:00:00 to 7:30:00 "
        "on line 3; expected intervals that do not overlap."
    )
    assert text.endswith("[overlapping_frequency]")


def test_an_interval_without_length_or_headway_is_an_error():
    found = problems(
        frequencies="trip_id,start_time,end_time,headway_secs\nT1,7:00:00,7:00:00,600\nT2,6:00:00,7:00:00,0\n"
    )
    assert [(notice.code, notice.line) for notice in found] == [
        ("gtfs_invalid_frequency", 2),
        ("gtfs_invalid_number", 3),
    ]
    assert "repeated from 7:00:00 to 7:00:00; expected an end after the start" in found[0].message
    assert "field 'headway_secs' is '0'; expected a whole number of at least 1." in found[1].message


# what else a feed may hold


def test_frequencies_of_both_kinds_with_times_from_the_first_departure():
    tables = read(
        frequencies="trip_id,start_time,end_time,headway_secs,exact_times\n"
        "T2,25:00:00,26:00:00,1800,1\nT2,6:00:00,7:00:00,600,0\n"
    ).tables
    assert tables["frequencies"][["start_s", "end_s", "headway_s", "exact_times"]].to_numpy().tolist() == [
        [21_600, 25_200, 600, False],
        [90_000, 93_600, 1_800, True],
    ]
    calls = tables["stop_times"].set_index("trip_id")
    assert calls.loc["f:T2", "arrival_s"].tolist() == [0, 600, 1_290]
    assert calls.loc["f:T2", "departure_s"].tolist() == [0, 690, 1_290]
    assert calls.loc["f:T1", "departure_s"].tolist() == [28_800, 29_520, 30_120]


def test_a_feed_of_calendar_dates_only():
    reading = read(
        calendar=None,
        calendar_dates="service_id,date,exception_type\nwork,20191231,1\nwork,20200101,1\nwork,20191230,2\n",
    )
    assert reading.tables["calendar"].empty
    assert reading.tables["calendar_dates"].set_index("date")["exception"].to_dict() == {
        "2019-12-30": "removed",
        "2019-12-31": "added",
        "2020-01-01": "added",
    }
    assert reading.tables["feeds"][["first_date", "last_date"]].iloc[0].tolist() == ["2019-12-31", "2020-01-01"]
    assert "taken as 2019, the year of the busiest day" in warned("gtfs_year_assumed", reading)[0]


def test_blank_times_go_by_shape_distance_then_by_position_then_evenly():
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
        "T1,8:00:00,8:00:00,A,1,0\nT1,,,B,2,{}\nT1,8:22:00,8:22:00,C,3,{}\n"
        "T2,,23:55:00,C,10,\nT2,,,B,20,\nT2,24:16:30,,A,30,\n"
    )
    by_shape = read(stop_times=times.format(6, 24))
    assert by_shape.tables["stop_times"]["arrival_s"].tolist()[:3] == [28_800, 28_800 + 330, 30_120]
    far = BASE["stops.txt"].replace("B,Beta,30.1", "B,Beta,30.04")
    by_position = read(stop_times=times.format("", ""), stops=far).tables["stop_times"]
    assert by_position["arrival_s"].tolist() == [28_800, 28_800 + 264, 30_120, 86_100, 86_100 + 1_032, 87_390]
    assert by_position["departure_s"].tolist() == by_position["arrival_s"].tolist()
    nowhere = read(stop_times=times.format("", ""), stops=BASE["stops.txt"].replace("30.1,120.0", ","))
    assert nowhere.tables["stop_times"]["arrival_s"].tolist()[1::3] == [29_460, 86_745]
    assert warned("gtfs_stop_without_position", nowhere)
    assert warned("gtfs_times_filled", nowhere)[0].startswith("stop_times.txt: 2 of 6 calls (33%) have no time")


@pytest.mark.parametrize(
    ("unit", "metres"), [("metres", 1), ("kilometres", 1000), ("miles", 1609.344), ("feet", 0.3048)]
)
def test_the_unit_of_distances_is_found_by_comparing_with_straight_lines(unit, metres):
    step = 12_000 / metres  # 11.12 km in a straight line
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n" + "".join(
        f"T1,8:{n}0:00,8:{n}0:00,{stop},{n},{step * (n + 3):.6f}\n" for n, stop in enumerate("ABC", 1)
    )
    reading = read(stop_times=times)
    assert reading.tables["stop_times"]["distance_m"].tolist() == pytest.approx([0, 12_000, 24_000], abs=0.01)
    assert (
        f"unit of shape_dist_traveled: {unit}, with which lines are 1.08 times"
        in warned("gtfs_distance_unit", reading)[0]
    )


def test_distances_in_no_known_unit_are_left_blank():
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n" + "".join(
        f"T1,8:{n}0:00,8:{n}0:00,{stop},{n},{n / 2}\n" for n, stop in enumerate("ABC", 1)
    )
    reading = read(stop_times=times)
    assert reading.tables["stop_times"]["distance_m"].isna().all()
    assert "left blank" in warned("gtfs_distance_unit", reading)[0]


def test_transfers_of_all_types():
    reading = read(
        transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id\n"
        "A,A,2,180,,\nA,B,,,,\nB,A,1,,,\nB,C,3,,,\nA,A,4,,T1,T2\nB,B,5,,T1,T2\nC,C,2,60,T1,T2\n"
    )
    rules = reading.tables["transfers"]
    assert rules[["transfer_id", "from_stop_id", "to_stop_id", "kind"]].to_numpy().tolist() == [
        ["f:A>A", "f:A", "f:A", "minimum_time"],
        ["f:A>A trip T1>T2", "f:A", "f:A", "in_seat"],
        ["f:A>B", "f:A", "f:B", "recommended"],
        ["f:B>A", "f:B", "f:A", "guaranteed"],
        ["f:B>B trip T1>T2", "f:B", "f:B", "no_in_seat"],
        ["f:B>C", "f:B", "f:C", "forbidden"],
        ["f:C>C trip T1>T2", "f:C", "f:C", "minimum_time"],
    ]
    assert rules["min_transfer_time_s"].fillna(-1).tolist() == [180, -1, -1, -1, -1, -1, 60]
    assert rules["from_trip_id"].fillna("").tolist() == ["", "f:T1", "", "", "f:T1", "", "f:T1"]
    assert rules["to_trip_id"].fillna("").tolist() == ["", "f:T2", "", "", "f:T2", "", "f:T2"]
    # T1 ends and T2 begins at C, not at A
    assert [text.split("   ")[0] for text in warned("transfer_with_suspicious_mid_trip_in_seat", reading)] == [
        "transfers.txt line 6: trip 'T1' ends at stop 'C', not at 'A' where passengers stay seated.",
        "transfers.txt line 6: trip 'T2' begins at stop 'C', not at 'A' where passengers stay seated.",
    ]


def test_stations_entrances_boarding_and_translations():
    reading = read(
        stops="stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "A,甲,30,120,,S\nB,乙,30.1,120,0,\nC,丙,30.2,120,,\nS,甲站,30,120,1,\nE,,30,120,2,S\nN,,,,3,S\nP,,,,4,A\n",
        stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "T1,8:00:00,8:00:00,A,1,0,1\nT1,8:10:00,8:12:00,B,2,,2\nT1,8:22:00,8:22:00,C,3,1,\n",
        translations="table_name,field_name,language,translation,record_id,field_value\n"
        "stops,stop_name,en,Jia,A,\nstops,stop_name,zh-Latn-pinyin,jiǎ,A,\nstops,stop_name,en,Yi,,乙\n"
        "stops,stop_name,en,Jia2,,甲\nroutes,route_long_name,en,Blue,R,\n",
        feed_info="feed_publisher_name,feed_publisher_url,feed_lang\nThe Publisher,https://p.example,zh\n",
    )
    stops = reading.tables["stops"].set_index("stop_id")
    assert stops.loc[["f:A", "f:S", "f:E", "f:N", "f:P"], "kind"].tolist() == [
        *("stop", "station", "entrance", "node", "boarding_area")
    ]
    assert stops.loc[["f:A", "f:E", "f:P"], "parent_stop_id"].tolist() == ["f:S", "f:S", "f:A"]
    assert stops.loc["f:E", "name"] == "E"  # an entrance may be nameless
    assert stops["name_en"].dropna().to_dict() == {"f:A": "Jia", "f:B": "Yi"}
    assert not warned("gtfs_stop_without_position", reading)  # a node needs none
    calls = reading.tables["stop_times"]
    assert calls["pickup"].tolist() == [True, True, False]
    assert calls["drop_off"].tolist() == [False, True, True]
    assert "1 calls where passengers must phone" in warned("gtfs_arranged_boarding", reading)[0]
    assert reading.tables["feeds"]["name"].tolist() == ["The Publisher"]


def test_positions_that_cannot_be_right():
    found = problems(stops=BASE["stops.txt"].replace("30.0,120.0", "120.0,30.0").replace("30.1,120.0", "3O.1,120"))
    assert [notice.line for notice in found] == [3, 2]
    assert found[0].message == "field 'stop_lat' is '3O.1'; expected a number with a decimal point, or blank."
    assert found[1].message == (
        "position is lon 30, lat 120; expected lon -180..180 and lat -90..90. The columns look swapped."
    )
    origin = read(stops=BASE["stops.txt"].replace("30.0,120.0", "0,0"))
    assert "stops.txt line 2: stop lies at 0 N 0 E" in warned("gtfs_implausible_position", origin)[0]


def test_problems_of_all_files_are_reported_together():
    found = problems(
        **altered("calendar", "20191001", "2019-10-01"),
        **altered("routes", "Blue,2", "Blue,rail"),
        **altered("stop_times", "8:10:00", "soon"),
        trips=BASE["trips.txt"] + "R,work,T1,again\nR,work,,x\n",
        transfers="from_stop_id,to_stop_id,transfer_type\nA,B,9\n",
    )
    assert sorted((notice.file, notice.line, notice.code) for notice in found) == [
        ("calendar.txt", 2, "gtfs_invalid_date"),
        ("routes.txt", 2, "gtfs_invalid_number"),
        ("stop_times.txt", 3, "gtfs_invalid_time"),
        ("transfers.txt", 2, "unknown_choice"),
        ("trips.txt", 4, "duplicate_key"),
        ("trips.txt", 5, "missing_value"),
    ]
    by_file = {notice.file: notice.render() for notice in found}
    assert (
        "field 'start_date' is '2019-10-01'; expected a date as YYYYMMDD.   fix: write 20191001"
        in by_file["calendar.txt"]
    )
    assert "field 'transfer_type' is '9'; expected one of 0, 1, 2, 3, 4, 5 or blank." in by_file["transfers.txt"]


def test_a_key_that_stands_twice_names_both_lines_and_a_copied_row_is_left_out():
    twice = BASE["stop_times.txt"] + "T1,8:11:00,8:12:00,B,2\n"
    assert only(stop_times=twice).startswith(
        "stop_times.txt line 8: key trip_id + stop_sequence 'T1, 2' stands on line 3 and again on line 8."
    )
    copied = read(stop_times=BASE["stop_times.txt"] + "T1,8:10:00,8:12:00,B,2\n")
    assert "stop_times.txt line 8: 1 rows repeat an earlier row word for word" in warned("gtfs_repeated_row", copied)[0]
    pd.testing.assert_frame_equal(copied.tables["stop_times"], read().tables["stop_times"])


def test_spaces_around_cells_and_headers_are_not_part_of_ids():
    padded = read(trips="route_id, service_id ,trip_id, trip_short_name\nR ,work, T1,G1\n R,work,T2 ,G2\n")
    for name, table in read().tables.items():
        pd.testing.assert_frame_equal(padded.tables[name], table)


@pytest.mark.parametrize("file", [*BASE, "calendar_dates.txt", "frequencies.txt", "transfers.txt", "feed_info.txt"])
def test_a_file_of_a_header_only_is_read_or_refused_in_words(file):
    headers = {
        "calendar_dates.txt": "service_id,date,exception_type\n",
        "frequencies.txt": "trip_id,start_time,end_time,headway_secs\n",
        "transfers.txt": "from_stop_id,to_stop_id\n",
        "feed_info.txt": "feed_publisher_name\n",
    }
    header = headers.get(file) or BASE[file].split("\n", maxsplit=1)[0] + "\n"
    name = file.removesuffix(".txt")
    if file in headers:
        pd.testing.assert_frame_equal(read(**{name: header}).tables["stop_times"], read().tables["stop_times"])
    elif file == "stop_times.txt":
        assert len(warned("unusable_trip", read(stop_times=header))) == 2
    else:
        assert problems(**{name: header})


FULL = BASE | {
    "calendar_dates.txt": "service_id,date,exception_type\nwork,20191005,1\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\nT2,6:00:00,7:00:00,600,0\n",
    "transfers.txt": "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nA,B,2,60\n",
}
CELLS = [
    "",
    "NA",
    "-1",
    "1e9",
    "99999999999999999999",
    "24:99:00",
    "100:00:00",
    "20191332",
    "全线",
    "T1",
    "A",
    "2",
    "inf",
]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_one_wrong_cell_is_read_or_refused_with_its_file_and_line(data):
    file = data.draw(st.sampled_from(sorted(FULL)))
    rows = [line.split(",") for line in FULL[file].splitlines()]
    line = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    rows[line][column] = data.draw(st.sampled_from(CELLS) | st.text("0123456789:.- x", max_size=8))
    text = "\n".join(",".join(row) for row in rows) + "\n"
    files = {name.removesuffix(".txt"): text for name, text in FULL.items()} | {file.removesuffix(".txt"): text}
    try:
        reading = read_gtfs(zipped(**files), feed_id="f")
    except InputError as problem:
        errors = [notice for notice in problem.notices if notice.severity == "error"]
        assert errors
        assert all(notice.message and (notice.line or notice.code == "gtfs_no_service") for notice in errors)
    else:
        for name, table in reading.tables.items():
            assert not len(check_frame(name, table))
        assert not len(check_references(reading.tables))
