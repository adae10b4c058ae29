"""The shipped service patterns: what city pairs see of the timetables, and nothing of the timetables' own rows."""

import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megaregion.mobility.direct_train import direct_trains
from megaregion.mobility.places import principal_stations
from megaregion.region.schema import check_frame, check_references, conform
from megaregion.region.service_days import departures_of

ROOT = Path(__file__).resolve().parents[1]
YRD = ROOT / "src" / "megaregion" / "examples" / "yrd"
sys.path.insert(0, str(ROOT / "tools"))

import compile_yrd_services as tool  # noqa: E402 - found through the line above
from service_patterns import Train, aggregate  # noqa: E402

TABLES = ("feeds", "stops", "routes", "trips", "stop_times", "frequencies", "calendar")
YEARS = {2012: ("timetable_2012.csv.gz", 959, 999), 2019: ("timetable_2019-10.csv.gz", 1_674, 1_128)}
YES_NO = {"yes": True, "no": False}
NUMBERS = {"lon", "lat", "year", "stop_sequence", "mode"}
MAX_BYTES = 1_500_000


def read(name: str) -> pd.DataFrame:
    frame = pd.read_csv(YRD / f"{name}.csv", dtype="str")
    for column in frame.columns:
        if frame[column].isin(YES_NO).all() and len(frame):
            frame[column] = frame[column].map(YES_NO)
        elif column.endswith(("_s", "_trains")) or column in NUMBERS:
            frame[column] = pd.to_numeric(frame[column])
    return frame


@pytest.fixture(scope="module")
def shipped() -> dict[str, pd.DataFrame]:
    return {name: conform(name, read(name)) for name in TABLES}


@pytest.fixture(scope="module")
def check() -> pd.DataFrame:
    return read("pattern_check")


def test_the_tables_keep_their_schemas(shipped: dict[str, pd.DataFrame]) -> None:
    for name, frame in shipped.items():
        assert len(check_frame(name, frame)) == 0, name
    sources = pd.concat([read("sources_rail"), read("sources")])
    tables = {
        **shipped,
        "sources": conform("sources", sources.drop_duplicates("source_id")),
        "cities": conform("cities", read("cities")),
    }
    assert check_references(tables).render() == ""
    assert set(shipped["stops"]["city_id"]) <= set(tables["cities"]["city_id"])
    assert shipped["stops"][["name_en", "lon", "lat", "source_id"]].notna().all(axis=None)
    assert set(shipped["stop_times"]["stop_id"]) == set(shipped["stops"]["stop_id"])


def test_no_train_codes_no_clock_minutes_and_a_small_size(shipped: dict[str, pd.DataFrame]) -> None:
    assert shipped["trips"]["number"].isna().all()
    assert shipped["trips"]["trip_id"].str.fullmatch(r"rail-20\d\d:p\d{4}").all()
    first = shipped["stop_times"].drop_duplicates("trip_id")
    assert (first["departure_s"] == 0).all()
    frequencies = shipped["frequencies"]
    assert (frequencies["start_s"] % 3600 == 0).all()
    assert (frequencies["end_s"] - frequencies["start_s"] == 3600).all()
    assert not frequencies["exact_times"].any()
    assert sum((YRD / f"{name}.csv").stat().st_size for name in (*TABLES, "pattern_check", "sources_rail")) < MAX_BYTES


@pytest.mark.parametrize("rule", ["any", "principal"])
@pytest.mark.parametrize("year", YEARS)
def test_the_check_table_says_what_the_patterns_give(
    shipped: dict[str, pd.DataFrame], check: pd.DataFrame, year: int, rule: str
) -> None:
    _, trains, pairs = YEARS[year]
    trips = shipped["trips"]
    trips = trips[trips["feed_id"] == f"rail-{year}"]
    calls = shipped["stop_times"][shipped["stop_times"]["trip_id"].isin(trips["trip_id"])]
    frequencies = shipped["frequencies"][shipped["frequencies"]["trip_id"].isin(trips["trip_id"])]
    assert departures_of(frequencies).sum() == trains
    stops = shipped["stops"]
    if rule == "principal":
        # of the stations of that year only
        stops = stops[stops["stop_id"].isin(calls["stop_id"])]
        stops = stops.assign(city_id=principal_stations(stops, conform("cities", read("cities"))))
    found = direct_trains(calls, stops, frequencies=frequencies).set_index(["from_id", "to_id"])
    stated = check[(check["year"] == year) & (check["stations"] == rule)].set_index(["from_id", "to_id"])
    assert len(stated) == pairs or rule == "principal"
    assert stated["shipped_trains"].to_dict() == found["trains"].to_dict()
    assert stated["shipped_fastest_s"].to_dict() == found["fastest_s"].to_dict()


@pytest.mark.parametrize(("year", "origin", "minutes"), [(2012, "杭州", 49), (2019, "杭州东", 45)])
def test_the_fastest_train_from_hangzhou_to_shanghai_hongqiao(
    shipped: dict[str, pd.DataFrame], year: int, origin: str, minutes: int
) -> None:
    calls = shipped["stop_times"][shipped["stop_times"]["trip_id"].str.startswith(f"rail-{year}:")]
    found = direct_trains(calls, shipped["stops"], by="station").set_index(["from_id", "to_id"])
    assert found.loc[(f"rail:{origin}", "rail:上海虹桥"), "fastest_s"] == 60 * minutes


def test_changzhou_and_wuxi_are_nearer_one_way_than_the_other(shipped: dict[str, pd.DataFrame]) -> None:
    """One train calls at Qishuyan and then at Huishan, and none the other way round."""
    calls = shipped["stop_times"][shipped["stop_times"]["trip_id"].str.startswith("rail-2019:")]
    stations = direct_trains(
        calls, shipped["stops"], shipped["trips"], frequencies=shipped["frequencies"], by="station"
    )
    found = stations.set_index(["from_id", "to_id"])
    near = found.loc[("rail:戚墅堰", "rail:惠山")]
    assert (near["trains"], near["fastest_s"]) == (1, 7 * 60)
    assert ("rail:惠山", "rail:戚墅堰") not in found.index
    assert found.loc[("rail:惠山", "rail:常州"), "fastest_s"] == 10 * 60
    main = [found.loc[ends, "fastest_s"] for ends in (("rail:常州", "rail:无锡"), ("rail:无锡", "rail:常州"))]
    assert main == [14 * 60, 14 * 60]


def test_the_page_says_how_many_pairs_differ_by_direction(check: pd.DataFrame) -> None:
    chosen = check[(check["year"] == 2019) & (check["stations"] == "principal") & (check["shipped_trains"] > 0)]
    there = chosen.set_index(["from_id", "to_id"])["shipped_fastest_s"]
    assert (there["320400", "320200"], there["320200", "320400"]) == (7 * 60, 10 * 60)
    back = there.swaplevel().reindex(there.index)
    differing = (there - back).abs()[back.notna() & (there != back)]
    page = " ".join((ROOT / "docs" / "travel-times.md").read_text(encoding="utf-8").split())
    pairs, others = int(back.notna().sum()) // 2, len(differing) // 2
    assert (
        f"Of the {pairs} pairs of cities with direct trains both ways {others} have "
        f"another fastest time there than back, half of these by {differing.median() / 60:.0f} min or less"
    ) in page


@pytest.mark.national
def test_the_timetable_itself_is_nearer_one_way(shared_data: Path) -> None:
    rows = pd.read_csv(shared_data / "rail" / "timetable_2019-10.csv.gz", dtype="str")
    calls = rows.assign(seq=rows["seq"].astype("int64"))
    ends = [calls[calls["station"] == name][["train", "seq", "dep", "arr"]] for name in ("戚墅堰", "惠山")]
    both = ends[0].merge(ends[1], on="train")
    # D3031 and D3034 are codes of one train
    assert both[["dep_x", "arr_y"]].drop_duplicates().to_numpy().tolist() == [["13:23", "13:30"]]
    assert (both["seq_x"] < both["seq_y"]).all()


def test_every_city_pair_is_inside_or_said_to_be_outside(check: pd.DataFrame) -> None:
    same_trains = (check["shipped_trains"] - check["source_trains"]).abs() <= 0.02 * check["source_trains"]
    same_time = (check["shipped_fastest_s"] - check["source_fastest_s"]).abs() <= 60
    assert (check["within"] == (same_trains & same_time).map({True: "inside", False: "outside"})).all()
    # a renamed station that the station file does not know is counted, and said
    assert (check.loc[check["note"].isna(), "within"] == "inside").all()
    assert set(check["note"].dropna()) == {"金华西 (now 金华) counted"}
    assert (check.loc[check["note"].notna(), "year"] == 2012).all()


@pytest.mark.national
def test_the_tool_gives_the_shipped_tables_again(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_data / "rail"
    for year, (name, *_) in YEARS.items():
        stations = str(folder / "yrd_stations_city.csv")
        assert tool.main([str(folder / name), stations, "--year", str(year), "--into", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    for name in (*TABLES, "pattern_check"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (YRD / f"{name}.csv").read_bytes(), name


@pytest.mark.national
def test_the_source_side_of_the_check_table_is_that_of_an_independent_count(
    shared_data: Path, check: pd.DataFrame
) -> None:
    rail = shared_data / "rail"
    english = (
        pd.read_csv(rail / "yrd_stations_city.csv", dtype="str")
        .drop_duplicates("adcode")
        .set_index("adcode")["city_en"]
    )
    theirs = pd.read_csv(rail / "check_yrd_direct_trains_2012_vs_2019.csv").set_index(["from", "to"])
    for year in YEARS:
        ours = check[(check["year"] == year) & (check["stations"] == "any")]
        pairs = pd.MultiIndex.from_arrays([ours["from_id"].map(english), ours["to_id"].map(english)])
        expected = theirs.loc[pairs]
        assert (ours["source_fastest_s"].to_numpy() == 60 * expected[f"fastest_min_{year}"].to_numpy()).all()
        # 64 pairs of 2019: one train, listed under both of its codes, counts twice there
        more = expected[f"trains_{year}"].to_numpy() - ours["source_trains"].to_numpy()
        assert Counter(more.tolist()) == ({0: 999} if year == 2012 else {0: 1_064, 1: 64})


def train(*calls: tuple[str, int, int], kind: str = "G") -> Train:
    return Train(kind, tuple((station, station[0], arrival, departure) for station, arrival, departure in calls))


def test_three_like_trains_become_one_pattern() -> None:
    trains = [
        train(("A1", 480, 480), ("B1", 500, 502), ("C1", 530, 530)),
        train(("A1", 490, 490), ("B1", 513, 515), ("C1", 545, 545)),
        train(("A2", 600, 600), ("B1", 624, 627), ("C1", 660, 660)),
    ]
    (pattern,) = aggregate(trains)
    # most call at A1; the fastest A to B is 20 min, B to C 28, A to C 50
    assert [station for station, _ in pattern.stops] == ["A1", "B1", "C1"]
    assert pattern.hours == {8: 2, 10: 1}
    (_, b, c), (_, leaves_b, _) = pattern.arrival, pattern.departure
    assert (b, c - leaves_b, c) == (20, 28, 50)


def test_a_lone_train_is_counted_with_alike_ones_only_within_the_tolerance() -> None:
    stopping = [
        train(("A1", 60 * h, 60 * h), ("B1", 60 * h + 20, 60 * h + 22), ("C1", 60 * h + 50, 60 * h + 50))
        for h in range(5, 15)
    ]
    lone = train(("A1", 1000, 1000), ("C1", 1055, 1055))
    apart = aggregate([*stopping, lone], tolerance=0.05)
    assert sorted(len(pattern.trains) for pattern in apart) == [1, 10]
    # 11 trains from A to C and 10 at B: one train at B more is a tenth, the ten that call there allow it
    together = aggregate([*stopping, lone], tolerance=0.1)
    assert [(len(pattern.trains), pattern.hours[16]) for pattern in together] == [(11, 1)]


places = st.sampled_from(["A1", "A2", "B1", "B2", "C1", "D1"])
paths = st.lists(
    st.tuples(places, st.integers(2, 60), st.integers(0, 9)), min_size=2, max_size=7, unique_by=lambda c: c[0]
)


@given(paths=st.lists(st.tuples(paths, st.integers(0, 1439), st.sampled_from("GK")), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_patterns_keep_the_trains_and_the_fastest_time_of_every_pair(paths: list) -> None:
    trains = []
    for path, start, kind in paths:
        now, calls = start, []
        for station, run, stand in path:
            now += run
            calls.append((station, now, now + stand))
            now += stand
        if len({station[0] for station, _, _ in calls}) > 1:
            trains.append(train(*calls, kind=kind))
    patterns = aggregate(trains, tolerance=0)
    stops = pd.DataFrame({"stop_id": ["A1", "A2", "B1", "B2", "C1", "D1"]})
    stops["city_id"] = stops["stop_id"].str[0]
    columns = ["trip_id", "stop_sequence", "stop_id", "arrival_s", "departure_s"]
    source = [(f"t{n}", k, s, 60 * a, 60 * d) for n, t in enumerate(trains) for k, (s, _, a, d) in enumerate(t.calls)]
    made = [
        (f"t{n}", k, s, 60 * a, 60 * d)
        for n, p in enumerate(patterns)
        for k, ((s, _), a, d) in enumerate(zip(p.stops, p.arrival, p.departure, strict=True))
    ]
    frequencies = pd.DataFrame(
        [
            (f"t{n}", 3600 * h, 3600 * (h + 1), -(-3600 // count))
            for n, p in enumerate(patterns)
            for h, count in p.hours.items()
        ],
        columns=["trip_id", "start_s", "end_s", "headway_s"],
    )
    expected = direct_trains(pd.DataFrame(source, columns=columns), stops).set_index(["from_id", "to_id"])
    found = direct_trains(pd.DataFrame(made, columns=columns), stops, frequencies=frequencies).set_index(
        ["from_id", "to_id"]
    )
    assert found["trains"].to_dict() == expected["trains"].to_dict()
    assert found["fastest_s"].to_dict() == expected["fastest_s"].to_dict()
