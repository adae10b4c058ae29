"""National rail timetables: a file worked by hand, each defect with its line, and the real files."""

import gzip
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.notices import Notice
from megaregion.region.schema import check_frame, check_references
from megaregion.sources.rail_timetable import read_rail_timetable
from megaregion.sources.reading import Reading

HEADER = "train,seq,station,arr,dep,day,km\n"

GOOD = (
    HEADER
    + "G1,1,甲,,08:00,1,0\n"
    + "G1,2,乙,08:30,08:32,1,100\n"
    + "G1,3,丙,09:00,,1,200\n"
    + "1461,1,甲,,23:50,1,0\n"
    + "1461,2,乙,23:59,00:04,1,12\n"
    + "1461,3,丙,02:00,02:10,2,90\n"
    + "1461,4,丁,01:00,,3,900\n"
)


def read(tmp_path: Path, text: str, **options: object) -> Reading:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_rail_timetable(path, year=2019, **options)  # type: ignore[arg-type]


def times(reading: Reading, trip_id: str) -> list[tuple[int, int]]:
    calls = reading.tables["stop_times"]
    calls = calls[calls["trip_id"] == trip_id]
    return list(zip(calls["arrival_s"], calls["departure_s"], strict=True))


def only(reading: Reading, code: str) -> Notice:
    found = [notice for notice in reading.notices if notice.code == code]
    assert len(found) == 1, reading.notices.render()
    return found[0]


def test_a_timetable_worked_by_hand(tmp_path: Path) -> None:
    reading = read(tmp_path, GOOD)
    tables = reading.tables
    assert tables["feeds"].iloc[0][["feed_id", "kind", "time_zone", "change_time_s"]].tolist() == [
        "rail-2019",
        "rail_timetable",
        "Asia/Shanghai",
        900,
    ]
    assert tables["stops"]["stop_id"].tolist() == ["rail:甲", "rail:乙", "rail:丙", "rail:丁"]
    assert tables["routes"]["class"].tolist() == ["G", "ordinary"]
    trips = tables["trips"]
    assert trips["trip_id"].tolist() == ["rail-2019:G1", "rail-2019:1461"]
    assert trips["number"].tolist() == ["G1", "1461"]
    assert trips["headsign"].tolist() == ["丙", "丁"]
    assert times(reading, "rail-2019:G1") == [(28800, 28800), (30600, 30720), (32400, 32400)]
    # 23:50 is 85 800 s; the stand passes midnight and the last call is on the third day, 2 * 86 400 + 3 600
    assert times(reading, "rail-2019:1461") == [(85800, 85800), (86340, 86640), (93600, 94200), (176400, 176400)]
    assert tables["stop_times"]["distance_m"].tolist() == [0, 1e5, 2e5, 0, 12e3, 9e4, 9e5]
    assert tables["calendar"].iloc[0][["start_date", "end_date", "sunday"]].tolist() == [
        "2019-01-01",
        "2019-12-31",
        True,
    ]
    assert reading.notices.counts == {}
    for name, frame in tables.items():
        assert len(check_frame(name, frame)) == 0, name
    assert len(check_references(tables, only=["routes", "trips", "stop_times", "calendar"])) == 0


def test_minutes_since_the_start_give_the_same_times_as_days(tmp_path: Path) -> None:
    elapsed = [0, 30, 60, 0, 9, 130, 1510]
    rows = GOOD.splitlines()[1:]
    text = "train,seq,station,arr,dep,elapsed_min_at_arrival,km\n" + "\n".join(
        ",".join([*row.split(",")[:5], str(minutes), row.split(",")[6]])
        for row, minutes in zip(rows, elapsed, strict=True)
    )
    by_minutes, by_day = read(tmp_path, text), read(tmp_path, GOOD)
    pd.testing.assert_frame_equal(by_minutes.tables["stop_times"], by_day.tables["stop_times"])
    assert by_minutes.notices.counts == {}


def test_names_that_other_tools_use_gzip_and_gb18030(tmp_path: Path) -> None:
    text = "车次,站序,站名,到时,发时,天数,里程\nG1,1,甲,----,08:00,1,0\nG1,2,乙,08:30,----,1,100\n"
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(text.encode("gb18030")))
    reading = read_rail_timetable(path, year=2012, encoding="gb18030", feed_id="x", dates=("2012-07-01", "2012-07-31"))
    assert times(reading, "x:G1") == [(28800, 28800), (30600, 30600)]
    assert reading.tables["feeds"]["last_date"].tolist() == ["2012-07-31"]


@given(
    start=st.integers(0, 1439),
    legs=st.lists(st.tuples(st.integers(1, 1439), st.integers(0, 700)), min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_clock_times_and_days_give_back_the_times_they_were_made_from(
    tmp_path_factory: pytest.TempPathFactory, start: int, legs: list[tuple[int, int]]
) -> None:
    calls, now = [(start, start)], start
    for run, stand in legs:
        calls.append((now + run, now + run + stand))
        now += run + stand
    calls[-1] = (calls[-1][0], calls[-1][0])
    rows = [
        f"K1,{n + 1},s{n},{clock(arrival) if n else ''},{clock(departure) if n < len(legs) else ''},"
        f"{arrival // 1440 + 1},"
        for n, (arrival, departure) in enumerate(calls)
    ]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    reading = read_rail_timetable(path, year=2019)
    assert times(reading, "rail-2019:K1") == [(60 * arrival, 60 * departure) for arrival, departure in calls]
    assert reading.notices.counts == {}


def clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def run(code: str, *, hour: str = "08", extra: str = "") -> str:
    return f"{code},1,甲,,{hour}:00,1,0{extra}\n{code},2,乙,{hour}:30,,1,50{extra}\n"


def test_two_codes_of_one_train_are_joined_where_their_parity_differs(tmp_path: Path) -> None:
    reading = read(tmp_path, HEADER + run("G7568") + run("G7565") + run("G7570") + run("G9", hour="09"))
    trips = reading.tables["trips"].set_index("trip_id")["number"].to_dict()
    assert trips == {"rail-2019:G7568": "G7568/G7565", "rail-2019:G7570": "G7570", "rail-2019:G9": "G9"}
    assert only(reading, "rail_repeated_code").line == 4
    assert "G7565 repeats all calls of G7568" in only(reading, "rail_repeated_code").message
    assert "G7568 and G7570 have the same calls" in only(reading, "rail_same_times").message


def test_a_code_that_names_two_codes_keeps_both(tmp_path: Path) -> None:
    trip = read(tmp_path, HEADER + run("K1249/K1252")).tables["trips"].iloc[0]
    assert (trip["trip_id"], trip["number"], trip["route_id"]) == (
        "rail-2019:K1249/K1252",
        "K1249/K1252",
        "rail-2019:K",
    )


def test_column_same_as_is_followed_where_the_calls_agree(tmp_path: Path) -> None:
    text = HEADER.replace("km", "km,same_as,stale")
    text += (
        run("G2", extra=",,0")
        + run("G34", extra=",G2,0")
        + run("G3", hour="10", extra=",G2,0")
        + run("G5", hour="11", extra=",G99,0")
    )
    reading = read(tmp_path, text)
    assert reading.tables["trips"]["number"].tolist() == ["G2/G34", "G3", "G5"]
    messages = [notice.message for notice in reading.notices if notice.code == "rail_same_as_unmatched"]
    assert messages == [
        "code G3 is said to repeat G2, which has other calls; kept as a train.",
        "code G5 is said to repeat G99, which is not in the file; kept as a train.",
    ]


def test_stale_trains_are_left_out(tmp_path: Path) -> None:
    reading = read(tmp_path, HEADER.replace("km", "km,same_as,stale") + run("G2", extra=",,1") + run("G4", extra=",,0"))
    assert reading.tables["trips"]["number"].tolist() == ["G4"]
    assert (only(reading, "rail_stale_train").line, only(reading, "rail_stale_train").field) == (2, "stale")


def test_rows_that_stand_twice_are_left_out_and_a_second_run_is_a_trip_of_its_own(tmp_path: Path) -> None:
    twice = "D7165,1,甲,,08:00,1,0\nD7165,2,乙,08:30,,1,50\nD7165,3,甲,,08:00,1,0\nD7165,4,乙,08:30,,1,50\n"
    other = "D8,1,甲,,09:00,1,0\nD8,2,乙,09:30,,1,50\nD8,3,丙,,10:00,1,0\nD8,4,丁,10:30,,1,50\n"
    reading = read(tmp_path, HEADER + twice + other)
    assert reading.tables["trips"]["trip_id"].tolist() == ["rail-2019:D7165", "rail-2019:D8", "rail-2019:D8#2"]
    assert times(reading, "rail-2019:D8#2") == [(36000, 36000), (37800, 37800)]
    assert "lines 4 to 5 repeat its calls from line 2" in only(reading, "rail_doubled_rows").message
    assert only(reading, "rail_second_start").line == 8


def test_the_same_call_twice_is_dropped_and_two_calls_of_one_sequence_are_an_error(tmp_path: Path) -> None:
    rows = run("G1").splitlines()
    reading = read(tmp_path, HEADER + "\n".join([*rows, rows[1]]))
    assert len(reading.tables["stop_times"]) == 2
    assert only(reading, "rail_doubled_rows").line == 4
    with pytest.raises(InputError, match=r"t.csv line 4: train G1 has call 2 on line 3 and again on line 4"):
        read(tmp_path, HEADER + "\n".join([*rows, "G1,2,丙,09:00,,1,60"]))


def test_a_row_that_stands_three_times_names_the_first(tmp_path: Path) -> None:
    rows = run("G1").splitlines()
    reading = read(tmp_path, HEADER + "\n".join([rows[0], *rows[1:2] * 3, run("G2", hour="09")]))
    found = [notice.message for notice in reading.notices if notice.code == "rail_doubled_rows"]
    assert [message.partition(",")[0] for message in found] == [
        "train G1 has call 2 on line 3 and again on line 4",
        "train G1 has call 2 on line 3 and again on line 5",
    ]
    assert len(reading.tables["stop_times"]) == 4


def test_a_doubled_file_takes_about_as_long_as_a_single_one(tmp_path: Path) -> None:
    once = "".join(run(f"G{number}").replace("甲", f"甲{number}") for number in range(1, 5_001))
    # every call stands twice in a row, so that no train seems to start again
    twice = "".join(line + "\n" + line + "\n" for line in once.splitlines())
    seconds = {}
    for name, text in (("once", once), ("twice", twice)):
        begin = time.perf_counter()
        reading = read(tmp_path, HEADER + text)
        seconds[name] = time.perf_counter() - begin
    assert reading.notices.counts["rail_doubled_rows"] == 10_000
    assert len(reading.tables["stop_times"]) == 10_000
    assert seconds["twice"] < 4 * seconds["once"] + 1


def test_a_zip_of_two_timetables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2012.csv", GOOD)
        archive.writestr("2019.csv", GOOD)
    with pytest.raises(InputError, match=r"t\.zip: holds 2 files \(2012\.csv, 2019\.csv\); expected one\. Give"):
        read_rail_timetable(path, year=2019)


def test_calls_of_a_train_are_sorted_by_their_sequence(tmp_path: Path) -> None:
    rows = GOOD.splitlines()
    mixed = read(tmp_path, "\n".join([rows[0], rows[3], rows[4], rows[1], rows[2], *rows[5:]]))
    expected = read(tmp_path, GOOD).tables["stop_times"]
    pd.testing.assert_frame_equal(mixed.tables["stop_times"], expected)


def test_a_day_that_contradicts_the_clock_is_not_followed(tmp_path: Path) -> None:
    # the stand passes midnight and the file counts the departure's day, so that the next arrival seems earlier
    text = HEADER + "D306,1,甲,,23:30,1,0\nD306,2,乙,23:59,00:02,2,60\nD306,3,丙,00:22,,2,90\n"
    reading = read(tmp_path, text)
    assert times(reading, "rail-2019:D306") == [(84600, 84600), (86340, 86520), (87720, 87720)]
    notice = only(reading, "rail_clock_contradiction")
    assert (notice.line, notice.field, notice.value) == (4, "day", "day 2")
    assert "clock time 00:22 contradict the call before; the clock is followed" in notice.message


def test_minutes_that_contradict_the_clock_are_not_followed(tmp_path: Path) -> None:
    text = "train,seq,station,arr,dep,elapsed_min_at_arrival\nK1,1,甲,,08:00,0\nK1,2,乙,08:30,,31\n"
    reading = read(tmp_path, text)
    assert times(reading, "rail-2019:K1")[1] == (30600, 30600)
    assert "31 min after the start and clock time 08:30 contradict each other" in reading.notices.render()


def test_a_departure_after_the_next_arrival_is_cut(tmp_path: Path) -> None:
    text = (
        HEADER
        + "K174,1,甲,,16:00,1,0\nK174,2,淄博,16:29,16:31,1,40\nK174,3,青州市,16:30,16:43,1,83\nK174,4,丁,17:26,,1,140\n"
    )
    reading = read(tmp_path, text)
    assert times(reading, "rail-2019:K174") == [(57600, 57600), (59340, 59400), (59400, 60180), (62760, 62760)]
    assert (
        "leaves 淄博 at 16:31, after its arrival at 青州市 at 16:30"
        in only(reading, "rail_clock_contradiction").message
    )


def test_a_stand_of_22_hours_is_a_departure_written_wrongly(tmp_path: Path) -> None:
    reading = read(
        tmp_path, HEADER + "K918,1,那曲,,12:20,1,0\nK918,2,安多,15:53,13:55,1,126\nK918,3,格尔木,22:15,,1,820\n"
    )
    assert times(reading, "rail-2019:K918")[1:] == [(57180, 57180), (80100, 80100)]
    assert only(reading, "rail_long_stand").line == 3


def test_days_that_start_at_zero_are_counted_from_the_first(tmp_path: Path) -> None:
    reading = read(tmp_path, HEADER + "G664,1,甲,,23:00,0,0\nG664,2,乙,01:00,,1,300\n")
    assert times(reading, "rail-2019:G664") == [(82800, 82800), (90000, 90000)]
    assert only(reading, "rail_day_zero").value == "0"


def test_a_hop_longer_than_a_day_is_believed_and_reported(tmp_path: Path) -> None:
    reading = read(tmp_path, HEADER + "K3,1,甲,,08:00,1,0\nK3,2,乙,09:00,,2,900\n")
    assert times(reading, "rail-2019:K3")[1] == (118800, 118800)
    assert "runs 25.0 h without a stop" in only(reading, "rail_long_hop").message


def test_missing_times_and_trains_with_one_call(tmp_path: Path) -> None:
    text = HEADER + "K1,1,甲,,08:00,1,0\nK1,2,乙,08:30,,1,9\nK1,3,丙,,,1,20\nK1,4,丁,09:30,,1,50\nK3,1,甲,,08:00,1,0\n"
    reading = read(tmp_path, text)
    assert times(reading, "rail-2019:K1") == [(28800, 28800), (30600, 30600), (34200, 34200)]
    assert reading.tables["stop_times"]["stop_sequence"].tolist() == [1, 2, 4]
    assert reading.notices.counts["rail_missing_time"] == 2
    assert "K3 calls at 甲 only" in only(reading, "rail_one_stop").message


def test_kilometres_that_fall_stand_still_or_ask_for_too_high_a_speed(tmp_path: Path) -> None:
    text = HEADER
    text += "G1,1,甲,,08:00,1,0\nG1,2,乙,08:30,08:32,1,100\nG1,3,丙,09:00,,1,90\n"
    text += "G3,1,甲,,09:00,1,0\nG3,2,乙,09:30,09:32,1,100\nG3,3,丙,10:00,,1,100\n"
    text += "G5,1,甲,,10:00,1,0\nG5,2,乙,10:30,,1,190\n"
    reading = read(tmp_path, text)
    assert "km fall from 100 to 90" in only(reading, "rail_km_decreasing").message
    assert only(reading, "rail_km_equal").line == 7
    assert "190 km in 30 min are 380 km/h; expected at most 360 km/h" in only(reading, "rail_speed_by_km").message
    distance = reading.tables["stop_times"].groupby("trip_id", sort=False)["distance_m"].agg(list)
    assert np.isnan(distance["rail-2019:G1"]).all()
    assert distance["rail-2019:G3"] == [0, 1e5, 1e5]
    assert np.isnan(distance["rail-2019:G5"]).all()
    assert read(tmp_path, text, max_speed_kmh=400).notices.counts["rail_speed_by_km"] == 0


def test_positions_that_ask_for_too_high_a_speed(tmp_path: Path) -> None:
    stations = pd.DataFrame({"station": ["甲", "乙", "丙"], "lon": [120.0, 123.0, 123.2], "lat": [30.0, 30.0, 30.0]})
    reading = read(
        tmp_path, HEADER + "G1,1,甲,,08:00,1,0\nG1,2,乙,08:30,08:32,1,9\nG1,3,丙,09:00,,1,20\n", stations=stations
    )
    # three degrees of longitude at 30 N are 289 km, 578 km/h
    assert "289 km as the crow flies in 30 min are 578 km/h" in only(reading, "rail_speed_by_position").message


def test_stations_that_are_missing_or_have_no_position_are_kept_blank(tmp_path: Path) -> None:
    stations = tmp_path / "s.csv"
    stations.write_text("station,lon,lat,city\n甲,120.1,30.1,330100\n乙,,,\n", encoding="utf-8")
    reading = read(tmp_path, GOOD, stations=stations, city_of={"甲": "别处", "乙": "义乌"})
    stops = reading.tables["stops"].set_index("name")
    assert stops.loc["甲", ["lon", "lat", "city_id"]].tolist() == [120.1, 30.1, "330100"]
    assert np.isnan(stops.loc[["乙", "丙"], "lon"]).all()
    assert stops.loc["乙", "city_id"] == "义乌"
    assert pd.isna(stops.loc["丙", "city_id"])
    assert "station 乙 (2 calls) has no position" in only(reading, "rail_station_without_position").message
    unknown = [(notice.line, notice.value) for notice in reading.notices if notice.code == "rail_station_unknown"]
    assert unknown == [(4, "丙"), (8, "丁")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train,seq,station,arr\nG1,1,甲,\n", r"t.csv line 1: column 'dep' is missing; found train, seq, station, arr"),
        (HEADER + "G1,1,甲,,7.30,1,0\n", r"t.csv line 2: field 'dep' is '7.30'; expected HH:MM, or blank"),
        (HEADER + "G1,1,甲,,25:10,1,0\n", r"line 2: field 'dep' is '25:10'; expected HH:MM"),
        (HEADER + "G1,x,甲,,07:30,1,0\n", r"line 2: field 'seq' is 'x'; expected a whole number"),
        (HEADER + "G1,1,甲,,07:30,1,一\n", r"line 2: field 'km' is '一'; expected kilometres since the first station"),
        (HEADER + "G1,1,,,07:30,1,0\n", r"line 2: field 'station' is blank; expected the name of the station"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read(tmp_path, text)


YEARS = {2012: "timetable_2012.csv.gz", 2019: "timetable_2019-10.csv.gz"}


@pytest.fixture(scope="module")
def national(shared_data: Path) -> dict[int, Reading]:
    folder = shared_data / "rail"
    return {
        year: read_rail_timetable(folder / name, year=year, stations=folder / "stations_wgs84_2026.csv")
        for year, name in YEARS.items()
    }


@pytest.mark.national
def test_the_national_timetables_hold_the_trains_that_run(national: dict[int, Reading]) -> None:
    assert len(national[2012].tables["trips"]) == 3_739
    # 7 722 codes are left by the columns stale and same_as; G7663 repeats G7662 once that train's doubled rows are gone
    assert len(national[2019].tables["trips"]) == 7_721
    assert "G7662/G7663" in set(national[2019].tables["trips"]["number"])


@pytest.mark.national
def test_the_defects_of_the_national_timetables_are_counted(national: dict[int, Reading]) -> None:
    assert national[2012].notices.counts == {
        "rail_same_times": 6,
        "rail_long_stand": 1,
        "rail_clock_contradiction": 1,
        "rail_km_equal": 3,
        "rail_speed_by_km": 26,
        "rail_speed_by_position": 16,
        "rail_station_unknown": 394,
    }
    assert national[2019].notices.counts == {
        "rail_stale_train": 396,
        "rail_doubled_rows": 5,
        "rail_repeated_code": 2_022,
        "rail_day_zero": 1,
        "rail_km_decreasing": 948,
        "rail_km_equal": 134,
        "rail_speed_by_km": 817,
        "rail_station_unknown": 106,
    }


@pytest.mark.national
def test_repeated_codes_are_found_without_the_column_that_lists_them(shared_data: Path, tmp_path: Path) -> None:
    raw = pd.read_csv(shared_data / "rail" / YEARS[2019], dtype="str")
    raw.drop(columns="same_as").to_csv(tmp_path / "t.csv", index=False)
    reading = read_rail_timetable(tmp_path / "t.csv", year=2019)
    # one pair of codes of like parity is joined by the column only
    assert len(reading.tables["trips"]) - 7_721 == reading.notices.counts["rail_same_times"] <= 3


@pytest.mark.national
def test_times_of_2012_are_the_minutes_that_the_file_states(shared_data: Path, national: dict[int, Reading]) -> None:
    raw = pd.read_csv(shared_data / "rail" / YEARS[2012], dtype={"train": "str"})
    calls = national[2012].tables["stop_times"]
    start = calls.groupby("trip_id", sort=False)["arrival_s"].transform("min")
    assert (calls["trip_id"].str.removeprefix("rail-2012:").to_numpy() == raw["train"].to_numpy()).all()
    assert ((calls["arrival_s"] - start).to_numpy() == 60 * raw["elapsed_min_at_arrival"].to_numpy()).all()


@pytest.mark.national
def test_a_national_timetable_is_read_in_seconds(shared_data: Path) -> None:
    folder = shared_data / "rail"
    began = time.perf_counter()
    read_rail_timetable(folder / YEARS[2019], year=2019, stations=folder / "stations_wgs84_2026.csv")
    assert time.perf_counter() - began < 10
