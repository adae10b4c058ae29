"""Whole feeds: random ones written and read back, one of the shape of chinese-railway-gtfs, and real ones."""

import csv
import io
import itertools
import math
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.region.schema import check_frame, check_references
from megaregion.region.service_days import WEEKDAYS, service_dates
from megaregion.sources.gtfs import read_gtfs

SECONDS_FOR_EPTC = 6.0
"""Three times what is promised for one run at rest (2 s): tests share the machine."""


def clock(seconds):
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def zipped(files):
    """Bytes of a zip of name -> list of rows (dicts)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, rows in files.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(name, text.getvalue())
    return buffer.getvalue()


IDS = st.text("ABcd01-_ 杭é\"',", min_size=1, max_size=4).map(str.strip).filter(bool)
DATES = st.dates(pd.Timestamp("2019-01-01").date(), pd.Timestamp("2019-12-31").date())


@st.composite
def feeds(draw):
    """Random feed as tables of a region."""
    stop_ids = draw(st.lists(IDS, min_size=2, max_size=5, unique=True))
    trip_ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    stops = [
        {"stop_id": stop, "name": draw(IDS), "lon": 120 + n / 8, "lat": 30 + draw(st.integers(0, 8)) / 1024}
        for n, stop in enumerate(stop_ids)
    ]
    week = {day: draw(st.booleans()) for day in WEEKDAYS} | {"monday": True}
    calls, frequencies = [], []
    for trip in trip_ids:
        repeated = draw(st.booleans())
        now = 0 if repeated else draw(st.integers(0, 90_000))
        for sequence in sorted(draw(st.sets(st.integers(0, 99), min_size=2, max_size=6))):
            stand = draw(st.integers(0, 300))
            first = not calls or calls[-1]["trip_id"] != trip
            stand = 0 if first and repeated else stand
            call = {"trip_id": trip, "stop_sequence": sequence, "stop_id": draw(st.sampled_from(stop_ids))}
            calls.append(call | {"arrival_s": now, "departure_s": now + stand, "pickup": draw(st.booleans())})
            now += stand + draw(st.integers(0, 9_000))
        if repeated:
            start = draw(st.integers(0, 80_000))
            exact = draw(st.booleans())
            interval = {"start_s": start, "end_s": start + draw(st.integers(1, 9_999)), "exact_times": exact}
            frequencies.append({"trip_id": trip, **interval, "headway_s": draw(st.integers(1, 3_600))})
    return {
        "stops": stops,
        "trips": [{"trip_id": trip, "direction": draw(st.sampled_from([0, 1]))} for trip in trip_ids],
        "stop_times": calls,
        "calendar": [{"service_id": "work", **week, "start_date": "2019-01-01", "end_date": "2019-12-31"}],
        "calendar_dates": [
            {"service_id": "work", "date": date.isoformat(), "exception": draw(st.sampled_from(["added", "removed"]))}
            for date in draw(st.sets(DATES, max_size=3))
        ],
        "frequencies": frequencies,
        "transfers": [
            {
                "from_stop_id": a,
                "to_stop_id": b,
                "kind": "minimum_time",
                "min_transfer_time_s": draw(st.integers(0, 900)),
            }
            for a, b in draw(st.sets(st.tuples(st.sampled_from(stop_ids), st.sampled_from(stop_ids)), max_size=4))
        ],
    }


def as_gtfs(feed, shuffle):
    """Rows of the text files in a random order, which must not matter."""
    rows = {
        "agency.txt": [{"agency_name": "x", "agency_timezone": "Asia/Shanghai"}],
        "stops.txt": [
            {"stop_id": s["stop_id"], "stop_name": s["name"], "stop_lat": s["lat"], "stop_lon": s["lon"]}
            for s in feed["stops"]
        ],
        "routes.txt": [{"route_id": "r", "route_type": "2"}],
        "trips.txt": [
            {"route_id": "r", "service_id": "work", "trip_id": t["trip_id"], "direction_id": t["direction"]}
            for t in feed["trips"]
        ],
        "stop_times.txt": [
            {
                **{key: call[key] for key in ("trip_id", "stop_id", "stop_sequence")},
                "arrival_time": clock(call["arrival_s"] + (25_000 if call["trip_id"] in repeated(feed) else 0)),
                "departure_time": clock(call["departure_s"] + (25_000 if call["trip_id"] in repeated(feed) else 0)),
                "pickup_type": "0" if call["pickup"] else "1",
            }
            for call in feed["stop_times"]
        ],
        "calendar.txt": [
            {
                key: value if key == "service_id" else int(value) if key in WEEKDAYS else value.replace("-", "")
                for key, value in row.items()
            }
            for row in feed["calendar"]
        ],
        "calendar_dates.txt": [
            {
                "service_id": row["service_id"],
                "date": row["date"].replace("-", ""),
                "exception_type": {"added": 1, "removed": 2}[row["exception"]],
            }
            for row in feed["calendar_dates"]
        ],
        "frequencies.txt": [
            {
                "trip_id": row["trip_id"],
                "start_time": clock(row["start_s"]),
                "end_time": clock(row["end_s"]),
                "headway_secs": row["headway_s"],
                "exact_times": int(row["exact_times"]),
            }
            for row in feed["frequencies"]
        ],
        "transfers.txt": [
            {
                "from_stop_id": row["from_stop_id"],
                "to_stop_id": row["to_stop_id"],
                "transfer_type": 2,
                "min_transfer_time": row["min_transfer_time_s"],
            }
            for row in feed["transfers"]
        ],
    }
    rows = {name: table for name, table in rows.items() if table}
    for table in rows.values():
        shuffle.shuffle(table)
    return zipped(rows)


def repeated(feed):
    return {row["trip_id"] for row in feed["frequencies"]}


@settings(max_examples=40, deadline=None)
@given(feeds(), st.randoms(use_true_random=False))
def test_a_written_feed_reads_back_the_same_in_any_row_order(feed, shuffle):
    tables = read_gtfs(as_gtfs(feed, shuffle), feed_id="f").tables
    keys = {
        "stops": ["stop_id"],
        "trips": ["trip_id"],
        "stop_times": ["trip_id", "stop_sequence"],
        "calendar": ["service_id"],
        "calendar_dates": ["service_id", "date"],
        "frequencies": ["trip_id", "start_s"],
        "transfers": ["from_stop_id", "to_stop_id"],
    }
    for name, key in keys.items():
        got = tables[name]
        if not feed[name]:
            assert got.empty
            continue
        expected = pd.DataFrame(feed[name]).sort_values(key, ignore_index=True)
        for column in expected.columns:
            values = expected[column].tolist()
            if column.endswith("_id"):
                values = [f"f:{value}" for value in values]
            assert got[column].tolist() == values, (name, column)


def test_the_weekly_feed_of_chinese_railway_gtfs():
    """
    Shape of the project's releases: routes are classes of train, lines are pseudo-trips `<line> (全线)`.

    Later releases name routes by train number, keep run days in calendar_dates.txt only, give telegraph codes as
    stop ids and write midnight where a train has no arrival or departure.
    """
    names = {
        "HGH": ("杭州东", 120.2059, 30.2937),
        "AOH": ("上海虹桥", 121.3154, 31.1964),
        "JXN": ("嘉兴南", 120.7609, 30.6871),
    }
    line = "杭深线 (全线)"
    calls = [
        *(("G7502", "00:00:00", "07:00:00", "HGH"), ("G7502", "07:25:00", "07:27:00", "JXN")),
        ("G7502", "07:53:00", "00:00:00", "AOH"),
        *(
            ("K1", "23:10:00", "23:10:00", "AOH"),
            ("K1", "24:20:00", "24:26:00", "JXN"),
            ("K1", "25:40:00", "24:00:00", "HGH"),
        ),
        *((line, "00:00:00", "00:00:00", "HGH"), (line, "00:00:00", "00:00:00", "JXN"), (line, "", "", "AOH")),
        *(("沪昆线（全线）", "00:00:00", "00:00:00", "AOH"), ("沪昆线（全线）", "00:00:00", "00:00:00", "HGH")),
    ]
    files = {
        "agency.txt": [
            {
                "agency_id": "CR",
                "agency_name": "中国国家铁路集团有限公司",
                "agency_url": "u",
                "agency_timezone": "Asia/Shanghai",
            }
        ],
        "stops.txt": [
            {"stop_id": code, "stop_name": name, "stop_lat": lat, "stop_lon": lon, "location_type": 0}
            for code, (name, lon, lat) in names.items()
        ],
        "routes.txt": [
            {"route_id": name, "agency_id": "CR", "route_short_name": name, "route_type": 2}
            for name in ("高速", "新空调快速", "杭深线", "沪昆线 (全线)")
        ],
        "translations.txt": [
            {
                "table_name": "stops",
                "field_name": "stop_name",
                "language": language,
                "translation": "hangzhoudong",
                "record_id": "HGH",
            }
            for language in ("zh-Latn-pinyin", "en")
        ],
        "trips.txt": [
            {"route_id": route, "service_id": service, "trip_id": trip, "trip_short_name": trip, "trip_headsign": "x"}
            for route, service, trip in (
                ("高速", "S1", "G7502"),
                ("新空调快速", "S1", "K1"),
                ("杭深线", "all", line),
                ("沪昆线 (全线)", "all", "沪昆线（全线）"),
            )
        ],
        "stop_times.txt": [
            {"trip_id": trip, "arrival_time": a, "departure_time": d, "stop_id": stop, "stop_sequence": n}
            for n, (trip, a, d, stop) in enumerate(calls)
        ],
        "calendar_dates.txt": [
            {"service_id": "S1", "date": day, "exception_type": 1} for day in ("20260713", "20260714")
        ],
    }
    reading = read_gtfs(zipped(files), feed_id="cn")
    tables = reading.tables
    assert tables["trips"]["number"].tolist() == ["G7502", "K1"]
    assert tables["routes"]["short_name"].tolist() == ["新空调快速", "高速"]
    assert tables["stops"]["name_en"].dropna().to_dict() == {1: "hangzhoudong"}
    assert tables["feeds"][["year", "first_date", "last_date"]].iloc[0].tolist() == [2026, "2026-07-13", "2026-07-14"]
    arrivals = tables["stop_times"].groupby("trip_id")["arrival_s"].agg(list).to_dict()
    departures = tables["stop_times"].groupby("trip_id")["departure_s"].agg(list).to_dict()
    assert arrivals == {"cn:G7502": [25_200, 26_700, 28_380], "cn:K1": [83_400, 87_600, 92_400]}
    assert departures == {"cn:G7502": [25_200, 26_820, 28_380], "cn:K1": [83_400, 87_960, 92_400]}
    found = {notice.code: notice for notice in reading.notices}
    assert set(found) == {"gtfs_whole_line_trip", "gtfs_unused_time_at_trip_end"}
    assert found["gtfs_whole_line_trip"].message == (
        "2 of 4 trips stand for a whole line (杭深线 (全线), 沪昆线（全线）) and were left out."
    )


def test_a_bus_that_is_called_whole_line_is_kept():
    files = {
        "agency.txt": [{"agency_timezone": "Asia/Shanghai"}],
        "stops.txt": [{"stop_id": s, "stop_lat": 30 + n / 100, "stop_lon": 120} for n, s in enumerate("AB")],
        "routes.txt": [{"route_id": "1路(全线)", "route_type": 3}],
        "trips.txt": [{"route_id": "1路(全线)", "service_id": "S", "trip_id": "1"}],
        "stop_times.txt": [
            {"trip_id": "1", "arrival_time": t, "departure_time": t, "stop_id": s, "stop_sequence": s_n}
            for s_n, (s, t) in enumerate((("A", "8:00:00"), ("B", "8:05:00")))
        ],
        "calendar_dates.txt": [{"service_id": "S", "date": "20260713", "exception_type": 1}],
    }
    assert len(read_gtfs(zipped(files), feed_id="bus").tables["trips"]) == 1


# real feeds

SAMPLES = {
    "r5r-porto-alegre/poa_eptc.zip": {"gtfs_times_filled"},
    "r5r-porto-alegre/poa_trensurb.zip": set(),
    "r5r-sao-paulo/spo.zip": {"gtfs_repeated_row", "gtfs_year_assumed"},
    "gtfs_kit/cairns_gtfs.zip": {"gtfs_times_filled"},
    "gtfs_kit/nyc_subway_gtfs.zip": {"gtfs_year_assumed"},
    "otp/caltrain_gtfs.zip": {"gtfs_year_assumed"},
}


def raw_rows(path, name):
    """Rows of a file of the zip, without those that stand twice, by the standard library."""
    with zipfile.ZipFile(path) as archive:
        if f"{name}.txt" not in archive.namelist():
            return []
        with archive.open(f"{name}.txt") as stream:
            rows = list(csv.DictReader(io.TextIOWrapper(stream, "utf-8-sig"), skipinitialspace=True))
    return list({tuple(row.items()): row for row in rows}.values())


@pytest.mark.parametrize("sample", SAMPLES)
def test_real_feeds_keep_every_row(shared_data, sample):
    path = shared_data / "gtfs-samples" / sample
    reading = read_gtfs(path, feed_id="f")
    assert {notice.code for notice in reading.notices} == SAMPLES[sample]
    for name, table in reading.tables.items():
        if name != "feeds":
            assert len(table) == len(raw_rows(path, name)), name
        assert not len(check_frame(name, table))
    assert not len(check_references(reading.tables))
    raw = raw_rows(path, "stop_times")
    timed = sorted(
        (
            f"f:{row['trip_id']}",
            int(row["stop_sequence"]),
            f"f:{row['stop_id']}",
            row["departure_time"].strip().zfill(8),
        )
        for row in raw
        if row["departure_time"].strip()
    )
    calls = reading.tables["stop_times"]
    first = (
        calls.groupby("trip_id")["departure_s"]
        .transform("min")
        .where(calls["trip_id"].isin(reading.tables["frequencies"]["trip_id"]), 0)
    )
    assert (calls["departure_s"] - first >= 0).all()
    if reading.tables["frequencies"].empty:
        written = zip(
            calls["trip_id"], calls["stop_sequence"], calls["stop_id"], calls["departure_s"].map(clock), strict=True
        )
        known = {key[:2] for key in timed}
        got = sorted((*row[:3], row[3].zfill(8)) for row in written if row[:2] in known)
        assert got == timed


def test_cairns_agrees_with_the_trip_statistics_of_gtfs_kit(shared_data):
    folder = shared_data / "gtfs-samples" / "gtfs_kit"
    peer = pd.read_csv(folder / "cairns_trip_stats.csv", dtype={"start_stop_id": str, "end_stop_id": str})
    tables = read_gtfs(folder / "cairns_gtfs.zip", feed_id="f").tables
    stops = tables["stops"].set_index("stop_id")
    calls = tables["stop_times"]
    spot = {axis: np.radians(calls["stop_id"].map(stops[axis]).to_numpy()) for axis in ("lon", "lat")}
    step = pd.DataFrame(
        {
            "trip_id": calls["trip_id"],
            "x": np.cos(spot["lat"]) * np.cos(spot["lon"]),
            "y": np.cos(spot["lat"]) * np.sin(spot["lon"]),
            "z": np.sin(spot["lat"]),
        }
    )
    chord = np.sqrt((step.groupby("trip_id")[["x", "y", "z"]].diff() ** 2).sum(axis=1)) * 6371.0088
    ours = calls.groupby("trip_id").agg(
        num_stops=("stop_id", "size"),
        start=("departure_s", "first"),
        end=("departure_s", "last"),
        start_stop_id=("stop_id", "first"),
        end_stop_id=("stop_id", "last"),
    )
    ours["straight_km"] = chord.groupby(step["trip_id"]).sum()
    peer = peer.set_index("f:" + peer["trip_id"]).sort_index()
    assert peer.index.tolist() == ours.index.tolist()
    assert ours["num_stops"].tolist() == peer["num_stops"].tolist()
    assert ours["start"].map(clock).str.zfill(8).tolist() == peer["start_time"].tolist()
    assert ours["end"].map(clock).str.zfill(8).tolist() == peer["end_time"].tolist()
    for column in ("start_stop_id", "end_stop_id"):
        assert ours[column].tolist() == ("f:" + peer[column]).tolist()
    np.testing.assert_allclose((ours["end"] - ours["start"]) / 3600, peer["duration"], rtol=0, atol=1e-9)
    # their kilometres follow the street, ours the straight lines between stops
    ratio = ours["straight_km"] / peer["distance"]
    assert ratio.between(0.4, 1.001).all(), ratio.describe()
    assert ratio.median() > 0.8


def naive_times(rows, places):
    """Times of one trip, filled by a loop: linear in the straight distance between the timed calls."""

    def distance(a, b):
        (lon, lat), (lon2, lat2) = places[a], places[b]
        angle = math.sin(math.radians(lat2 - lat) / 2) ** 2
        angle += (
            math.cos(math.radians(lat)) * math.cos(math.radians(lat2)) * math.sin(math.radians(lon2 - lon) / 2) ** 2
        )
        return 2 * 6_371_008.8 * math.asin(math.sqrt(angle))

    along, times = [0.0], []
    for before, row in itertools.pairwise(rows):
        along.append(along[-1] + distance(before["stop_id"], row["stop_id"]))
    for row in rows:
        hour, minute, second = map(int, row["departure_time"].split(":")) if row["departure_time"] else (None, 0, 0)
        times.append(None if hour is None else hour * 3600 + minute * 60 + second)
    known = [n for n, moment in enumerate(times) if moment is not None]
    for low, high in itertools.pairwise(known):
        for n in range(low + 1, high):
            share = (along[n] - along[low]) / (along[high] - along[low])
            times[n] = times[low] + (times[high] - times[low]) * share
    return times


def test_porto_alegre_is_filled_as_a_plain_loop_fills_it(shared_data):
    path = shared_data / "gtfs-samples" / "r5r-porto-alegre" / "poa_eptc.zip"
    started = time.perf_counter()
    tables = read_gtfs(path, feed_id="f").tables
    assert time.perf_counter() - started < SECONDS_FOR_EPTC
    places = {row["stop_id"]: (float(row["stop_lon"]), float(row["stop_lat"])) for row in raw_rows(path, "stops")}
    by_trip = {}
    for row in raw_rows(path, "stop_times"):
        by_trip.setdefault(row["trip_id"], []).append(row)
    ours = tables["stop_times"].groupby("trip_id")["departure_s"].agg(list)
    for trip in sorted(by_trip)[::20]:
        rows = sorted(by_trip[trip], key=lambda row: int(row["stop_sequence"]))
        # half a second for the rounding
        np.testing.assert_allclose(ours[f"f:{trip}"], naive_times(rows, places), rtol=0, atol=0.5001)
    running = service_dates(tables)
    assert running["date"].min() == "2019-04-15"
    assert running["trips"].max() <= len(tables["trips"])
