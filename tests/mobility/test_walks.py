"""Walks between two rides: rules of transfers, slack to the second, doors and streets, and what is closed."""

import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility.chains import shortest_chains
from megaregion.mobility.ground import Reach, StraightLine
from megaregion.mobility.station_paths import StationPaths
from megaregion.mobility.walks import TransferRules, build_walks
from megaregion.notices import Notices
from megaregion.region.schema import conform
from megaregion.region.sphere import great_circle_m
from megaregion.sources.gtfs import read_gtfs

SECONDS_FOR_EPTC = 1.0
"""What is promised for the walks of Porto Alegre; it takes a tenth of that at rest."""

PLAIN = TransferRules(walk_distance_m=0, city_links=False, walk_speed_m_s=1.3)
BRISK = TransferRules(walk_speed_m_s=1.3)
COLUMNS = ["from_stop_id", "to_stop_id", "kind", "min_transfer_time_s", "from_trip_id", "to_trip_id"]
COLUMNS += ["from_route_id", "to_route_id"]


def stops_of(places, *, change_time_s=120, parents=None, cities=None, rail=()):
    """Stops by id, each (lon, lat)."""
    return pd.DataFrame(
        [
            {
                "stop_id": name,
                "lon": lon,
                "lat": lat,
                "city_id": (cities or {}).get(name),
                "parent_stop_id": (parents or {}).get(name),
                "change_time_s": change_time_s,
                "is_rail": name in rail,
            }
            for name, (lon, lat) in places.items()
        ]
    ).astype({"city_id": "str", "parent_stop_id": "str"})


def rules_of(*rows):
    """Rows of table transfers: (from, to, kind, seconds or None[, from trip, to trip, from route, to route])."""
    frame = pd.DataFrame([dict(zip(COLUMNS, row, strict=False)) for row in rows], columns=COLUMNS)
    return conform("transfers", frame.assign(transfer_id=[str(number) for number in range(len(rows))]))


def walks_of(walks, stops):
    """Times by pair of stop ids."""
    ids = stops["stop_id"].tolist()
    return {
        (name, ids[there]): int(seconds)
        for here, name in enumerate(ids)
        for there, seconds in zip(*walks.of(here), strict=True)
    }


FAR = {"A": (0.0, 0.0), "B": (1.0, 0.0), "C": (2.0, 0.0), "D": (3.0, 0.0)}


# slack


def test_slack_to_the_second():
    """120 s at every stop, B is 45 s from A by the table: 10 + max(100, 1.5 t + 15) + 20."""
    rules = replace(
        PLAIN,
        boarding_slack_s=20,
        alighting_slack_s=10,
        min_change_time_s=100,
        change_time_factor=1.5,
        additional_change_time_s=15,
    )
    stops = stops_of(FAR)
    table = rules_of(
        ("A", "B", "minimum_time", 45),
        ("B", "A", "minimum_time", 57),
        ("C", "C", "minimum_time", 61),
        ("C", "D", "guaranteed", 45),
        ("D", "D", "forbidden", None),
    )
    assert walks_of(build_walks(stops, table, rules), stops) == {
        ("A", "A"): 225,
        ("A", "B"): 130,  # 67.5 + 15 = 82.5, less than the 100
        ("B", "B"): 225,
        ("B", "A"): 131,  # 85.5 + 15 = 100.5, rounded up
        ("C", "C"): 137,  # 91.5 + 15 = 106.5, rounded up
        ("C", "D"): 45,  # the vehicle waits
    }


@pytest.mark.parametrize(
    ("setting", "here", "there"),
    [
        ({"boarding_slack_s": 7}, 127, 52),
        ({"alighting_slack_s": 7}, 127, 52),
        ({"additional_change_time_s": 7}, 127, 52),
        ({"min_change_time_s": 60}, 120, 60),
        ({"change_time_factor": 0.1}, 12, 5),
        ({"change_time_factor": 1.1}, 132, 50),
    ],
)
def test_each_kind_of_slack_alone(setting, here, there):
    stops = stops_of({"A": (0, 0), "B": (1, 0)})
    table = rules_of(("A", "B", "minimum_time", 45))
    found = walks_of(build_walks(stops, table, replace(PLAIN, **setting)), stops)
    assert (found["A", "A"], found["A", "B"]) == (here, there)


def test_slack_comes_on_top_of_walks_too():
    # 0.004 degrees are 444.78 m: 444.78 s of walking, 565 with 120 s for the change
    stops = stops_of({"A": (0, 0), "B": (0.004, 0)})
    assert walks_of(build_walks(stops, rules_of(), BRISK), stops)["A", "B"] == 565
    slack = TransferRules(boarding_slack_s=30, change_time_factor=2.0, walk_speed_m_s=1.3)
    assert walks_of(build_walks(stops, rules_of(), slack), stops)["A", "B"] == 2 * 565 + 30


@given(
    seconds=st.integers(0, 5_000),
    slack=st.tuples(*[st.integers(0, 600)] * 4),
    factor=st.sampled_from([0.5, 1.0, 1.1, 1.15, 1.5, 3.0]),
)
def test_slack_never_shrinks_with_the_transfer_time_and_chains_stay_longer(seconds, slack, factor):
    names = ("boarding_slack_s", "alighting_slack_s", "min_change_time_s", "additional_change_time_s")
    rules = TransferRules(change_time_factor=factor, **dict(zip(names, slack, strict=True)))
    one, more, twice = rules.ready_s([seconds, seconds + 1, 2 * seconds]).tolist()
    assert 1 <= one <= more
    assert twice <= 2 * one


@pytest.mark.parametrize("name", ["boarding_slack_s", "alighting_slack_s", "min_change_time_s", "walk_time_s"])
@pytest.mark.parametrize("value", [-1, float("nan"), 86_401])
def test_seconds_that_are_none_are_refused(name, value):
    text = rf"transfer rule '{name}' is {value}; expected seconds of 0 or more, at most 86400"
    with pytest.raises(InputError, match=text):
        TransferRules(**{name: value})


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf")])
def test_a_factor_that_is_none_is_refused(value):
    with pytest.raises(InputError, match=r"transfer rule 'change_time_factor' is .*; expected a number above 0"):
        TransferRules(change_time_factor=value)


# rules of table transfers


def test_rules_of_trips_and_routes_and_seats_are_left_to_the_timetable():
    stops = stops_of(FAR)
    table = rules_of(
        ("A", "B", "minimum_time", 45, "T1"),
        ("A", "C", "minimum_time", 45, None, "T2"),
        ("B", "A", "forbidden", None, None, None, "R1"),
        ("B", "B", "forbidden", None, None, None, None, "R2"),
        ("C", "D", "in_seat", None, "T1", "T2"),
        ("D", "D", "no_in_seat", None, "T1", "T2"),
    )
    itself = {(name, name): 120 for name in FAR}
    assert walks_of(build_walks(stops, table, PLAIN), stops) == itself
    # a blank cell may be missing or empty text
    table = rules_of(("A", "B", "minimum_time", 45, "", "", "", ""))
    assert walks_of(build_walks(stops, table, PLAIN), stops) == itself | {("A", "B"): 45}


def test_a_rule_that_names_more_stops_outright_wins_and_a_forbidden_one_among_equals():
    places = dict.fromkeys(("P1", "P2", "Q1", "Q2"), (0.0, 0.0))
    stops = stops_of(places, parents={"P1": "P", "P2": "P", "Q1": "Q", "Q2": "Q"})
    table = rules_of(
        ("P1", "Q1", "minimum_time", 90),
        ("P", "Q", "minimum_time", 300),
        ("P", "Q2", "minimum_time", 200),
        ("P2", "Q", "forbidden", None),
        ("P2", "Q1", "minimum_time", 150),
    )
    found = walks_of(build_walks(stops, table, PLAIN), stops)
    # P1 to Q2 is 200 and P2 to Q2 is forbidden, which names as many stops as the rule of 200
    assert [found.get(pair) for pair in (("P1", "Q1"), ("P1", "Q2"), ("P2", "Q1"), ("P2", "Q2"))] == [
        *(90, 200, 150),
        None,
    ]


def test_a_rule_without_a_time_leaves_the_time_of_its_station():
    stops = stops_of({"P1": (0, 0), "Q1": (1, 0)}, parents={"P1": "P", "Q1": "Q"})
    table = rules_of(("P", "Q", "minimum_time", 300), ("P1", "Q1", "recommended", None))
    assert walks_of(build_walks(stops, table, PLAIN), stops)["P1", "Q1"] == 300
    # and it takes back what is forbidden for the stations
    table = rules_of(("P", "Q", "forbidden", None), ("P1", "Q1", "recommended", None))
    walk_s = 120 + great_circle_m(0, 0, 1, 0) * 1.3 / 1.3
    assert walks_of(build_walks(stops, table, PLAIN), stops)["P1", "Q1"] == math.ceil(walk_s)


def test_guaranteed_transfers_take_the_way_alone():
    stops = stops_of({"A": (0, 0), "B": (0.001, 0), "C": (1, 0)})
    table = rules_of(("A", "B", "guaranteed", None), ("C", "C", "guaranteed", None), ("B", "B", "guaranteed", 20))
    rules = replace(PLAIN, boarding_slack_s=60, min_change_time_s=300)
    found = walks_of(build_walks(stops, table, rules), stops)
    # 111.2 m at 1.3 x 1.3 m/s; others keep their change time
    assert found == {("A", "A"): 360, ("A", "B"): 112, ("B", "B"): 20, ("C", "C"): 1}


def naive_rule(table, here, there):
    """Kind and seconds that the docstring gives for two stops, each as (id, parent); None where no row is of them."""
    rows = []
    for order, row in enumerate(table.to_dict("records")):
        ends = ((row["from_stop_id"], here), (row["to_stop_id"], there))
        if all(named in stop for named, stop in ends):
            outright = sum(named == stop[0] for named, stop in ends)
            rows.append((outright, row["kind"] == "forbidden", order, row))
    rows = [each[3] for each in sorted(rows, key=lambda each: each[:3])]
    given = [row["min_transfer_time_s"] for row in rows if row["kind"] != "forbidden"]
    given = [int(seconds) for seconds in given if not pd.isna(seconds)]
    return rows[-1]["kind"] if rows else None, max(given[-1], 1) if given else None


def naive_walks(stops, table, change):
    """The rules of the docstring for platforms and transfers, pair by pair, closed by Floyd and Warshall."""
    parents = stops["parent_stop_id"].fillna("").tolist()
    ids = stops["stop_id"].tolist()
    pairs = list(itertools.product(range(len(ids)), repeat=2))
    rule = {(i, j): naive_rule(table, (ids[i], parents[i]), (ids[j], parents[j])) for i, j in pairs}
    own = [rule[i, i][1] if rule[i, i][1] and rule[i, i][0] != "forbidden" else change for i in range(len(ids))]
    links = dict.fromkeys(pairs, math.inf)
    for (i, j), (kind, seconds) in rule.items():
        # all stops lie in one point, so that a rule without a time asks for the change time
        if kind != "forbidden" and (kind is not None or (parents[i] and parents[i] == parents[j])):
            links[i, j] = seconds or own[j]
    for k, (i, j) in itertools.product(range(len(ids)), pairs):
        links[i, j] = min(links[i, j], links[i, k] + links[k, j])
    links |= {(i, i): own[i] for i in range(len(ids))}
    return {(ids[i], ids[j]): t for (i, j), t in links.items() if t < math.inf and rule[i, j][0] != "forbidden"}


NAMES = ("A1", "A2", "B1", "B2", "C")
ROWS = st.tuples(
    st.sampled_from([*NAMES, "A", "B", "X"]),
    st.sampled_from([*NAMES, "A", "B", "X"]),
    st.sampled_from(["minimum_time", "recommended", "forbidden"]),
    st.sampled_from([None, 0, 30, 200, 700]),
)


@given(rows=st.lists(ROWS, max_size=9), change=st.sampled_from([1, 120]))
@settings(max_examples=200)
def test_platforms_and_transfers_agree_with_a_plain_reading_of_the_rules(rows, change):
    parents = {"A1": "A", "A2": "A", "B1": "B", "B2": "B"}
    stops = stops_of(dict.fromkeys(NAMES, (0.0, 0.0)), parents=parents, change_time_s=change)
    table = rules_of(*rows)
    assert walks_of(build_walks(stops, table, PLAIN), stops) == naive_walks(stops, table, change)


# pieces of the graph


@given(
    links=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 50)), max_size=25),
    chosen=st.sets(st.integers(0, 9)),
)
def test_shortest_chains_agree_with_floyd_and_warshall(links, chosen):
    least = np.full((10, 10), np.inf)
    for i, j, cost in links:
        least[i, j] = min(least[i, j], cost)
    for k in range(10):
        least = np.minimum(least, least[:, k, None] + least[k])
    begin, end, cost = (np.array([link[k] for link in links], dtype=np.int64) for k in range(3))
    sources = np.isin(np.arange(10), list(chosen))
    got = shortest_chains(begin, end, cost.astype(float), 10, sources=sources)
    expected = {(i, j): least[i, j] for i in chosen for j in range(10) if i != j and np.isfinite(least[i, j])}
    assert dict(zip(zip(*(part.tolist() for part in got[:2]), strict=True), got[2].tolist(), strict=True)) == expected


def test_pieces_beyond_a_batch_are_found_and_larger_ones_than_asked_for_are_left():
    # 300 lines of 4 nodes, and one of 9
    chain = np.arange(1_209)
    begin = chain[(chain % 4 < 3) & (chain < 1_200) | (chain >= 1_200) & (chain < 1_208)]
    one, two, cost = shortest_chains(begin, begin + 1, np.ones(len(begin)), 1_209, largest=8)
    assert len(one) == 300 * 6 + 8
    assert (cost == two - one).all()
    whole = shortest_chains(begin, begin + 1, np.ones(len(begin)), 1_209)
    assert len(whole[0]) == 300 * 6 + 36


# the ground


class Given:
    """Ground that knows the seconds between places by id."""

    rule, rule_zh = "as given", "按给定"

    def __init__(self, seconds):
        self.seconds = seconds

    def place(self, points):
        found = Notices()
        found.add("stop_without_position", "said of the ground")
        placed = type("Placed", (), {})()
        placed.ids, placed.notices = points.ids, found
        return placed

    def reach(self, origins, destinations, max_time_s):
        rows = [
            [(j, self.seconds[a, b]) for j, b in enumerate(destinations.ids) if (a, b) in self.seconds]
            for a in origins.ids
        ]
        rows = [[(j, s) for j, s in row if s <= max_time_s] for row in rows]
        flat = [pair for row in rows for pair in row]
        return Reach(
            np.cumsum([0, *map(len, rows)]),
            np.array([j for j, _ in flat], dtype=np.int32),
            np.array([s for _, s in flat], dtype=np.int32),
        )


def test_streets_take_the_place_of_straight_lines_and_rules_still_win():
    stops = stops_of({name: (n / 1_000, 0) for n, name in enumerate("ABCD")}, rail=("D",))
    streets = Given({("A", "B"): 250, ("B", "A"): 300, ("A", "C"): 90, ("A", "D"): 80, ("B", "C"): 601, ("C", "A"): 5})
    table = rules_of(("A", "C", "minimum_time", 400), ("C", "A", "forbidden", None))
    walks = build_walks(stops, table, TransferRules(), ground=streets)
    assert walks_of(walks, stops) == {(name, name): 120 for name in "ABCD"} | {
        ("A", "B"): 370,
        ("B", "A"): 420,
        ("A", "D"): 200,  # streets lead to rail stations too
        ("A", "C"): 400,
    }
    assert "walks of up to 10 min between stops: as given" in walks.rule
    assert "站间步行不超过10分钟：按给定" in walks.rule_zh
    assert [notice.message for notice in walks.notices] == ["said of the ground"]
    longer = build_walks(stops, table, TransferRules(), ground=streets, max_walk_time_s=601)
    assert walks_of(longer, stops)["B", "C"] == 721
    none = build_walks(stops, rules_of(), TransferRules(walk_time_s=0), ground=streets)
    assert walks_of(none, stops) == {(name, name): 120 for name in "ABCD"}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=12, unique=True))
def test_a_ground_of_straight_lines_is_the_default(places):
    stops = stops_of({f"s{n}": (lon / 2_000, lat / 2_000) for n, (lon, lat) in enumerate(places)})
    default = build_walks(stops, rules_of(), TransferRules())
    on_ground = build_walks(stops, rules_of(), TransferRules(), ground=StraightLine(), max_walk_time_s=650)
    for name in ("offset", "stop", "time_s"):
        assert np.array_equal(getattr(default, name), getattr(on_ground, name))


def test_walks_begin_and_end_at_doors():
    """P lies 30 s behind entrance E (in) and 20 s (out); Q is a stop in the street, R shares the entrance."""
    places = pd.DataFrame({"stop_id": list("SPEQR"), "lon": [0.0, 0.0, 0.0, 0.001, 0.0], "lat": 0.0})
    places = conform("stops", places.assign(name="", kind=["station", "stop", "entrance", "stop", "stop"]))
    ways = pd.DataFrame(
        [("E", "P", "stairs", False, 30), ("P", "E", "escalator", False, 20), ("E", "R", "walkway", True, 40)],
        columns=["from_stop_id", "to_stop_id", "mode", "both_ways", "traversal_time_s"],
    )
    ways = conform("pathways", ways.assign(pathway_id=list("abc")))
    paths = StationPaths.from_tables(places, ways)
    stops = stops_of({"P": (0, 0), "Q": (0.001, 0), "R": (0, 0)}, parents={"P": "S", "R": "T"}, change_time_s=10)
    streets = Given({("E", "Q"): 100, ("Q", "E"): 110, ("E", "E"): 0})
    found = walks_of(build_walks(stops, rules_of(), TransferRules(), pathways=paths, ground=streets), stops)
    assert found == {(name, name): 10 for name in "PQR"} | {
        ("P", "Q"): 20 + 100 + 10,
        ("Q", "P"): 110 + 30 + 10,
        ("R", "Q"): 40 + 100 + 10,
        ("Q", "R"): 110 + 40 + 10,
        # by pathways, through the entrance: no change time on top
        ("P", "R"): 60,
        ("R", "P"): 70,
    }


def test_doors_are_told_with_the_walks():
    walks = build_walks(stops_of({"A": (0, 0), "B": (np.nan, np.nan)}), rules_of(), PLAIN)
    assert walks.doors.stop.tolist() == [0]
    assert walks.doors.places.ids == ("A",)
    assert walks.reversed().doors is walks.doors


# real feeds


def called_stops(tables):
    stops = tables["stops"]
    stops = stops[stops["stop_id"].isin(tables["stop_times"]["stop_id"])].reset_index(drop=True)
    return stops.assign(change_time_s=120, is_rail=False)


def test_walks_of_porto_alegre_are_built_quickly_and_agree_with_plain_distances(shared_data):
    tables = read_gtfs(shared_data / "gtfs-samples" / "r5r-porto-alegre" / "poa_eptc.zip", feed_id="f").tables
    stops = called_stops(tables)
    started = time.perf_counter()
    walks = build_walks(stops, tables["transfers"], BRISK)
    assert time.perf_counter() - started < SECONDS_FOR_EPTC
    assert len(stops) == len(walks.offset) - 1 == 3_986
    lon, lat = stops["lon"].to_numpy(), stops["lat"].to_numpy()
    for here in range(0, len(stops), 200):
        there, seconds = walks.of(here)
        distance = great_circle_m(lon[here], lat[here], lon, lat)
        # a millimetre at the rim: chords are a little shorter than arcs
        near = np.flatnonzero(distance <= 500 - 1e-3)
        assert set(near) <= set(there.tolist()) <= set(np.flatnonzero(distance <= 500 + 1e-3))
        expected = np.where(there == here, 120, np.ceil(120 + distance[there]))
        assert np.abs(seconds - expected).max() <= 1
        assert (seconds == expected).mean() > 0.99


@pytest.mark.parametrize("sample", ["otp/caltrain_gtfs.zip", "gtfs_kit/cairns_gtfs.zip", "r5r-sao-paulo/spo.zip"])
def test_feeds_without_stations_have_straight_walks_only(shared_data, sample):
    tables = read_gtfs(shared_data / "gtfs-samples" / sample, feed_id="f").tables
    stops = called_stops(tables)
    assert tables["transfers"].empty
    walks = build_walks(stops, tables["transfers"], BRISK)
    begin = np.repeat(np.arange(len(stops)), np.diff(walks.offset))
    other = begin != walks.stop
    distance = great_circle_m(*(stops[name].to_numpy()[at] for at in (begin, walks.stop) for name in ("lon", "lat")))
    parents = stops["parent_stop_id"].fillna("").to_numpy()
    one_station = (parents[begin] == parents[walks.stop]) & (parents[begin] != "")
    assert (distance[other & ~one_station] <= 500 + 1e-3).all()
    assert (walks.time_s[~other] == 120).all()


def test_stations_of_the_subway_of_new_york_are_linked_as_the_feed_says(shared_data):
    tables = read_gtfs(shared_data / "gtfs-samples" / "gtfs_kit" / "nyc_subway_gtfs.zip", feed_id="f").tables
    stops = called_stops(tables)
    times = walks_of(build_walks(stops, tables["transfers"], replace(PLAIN, change_time_s=1)), stops)
    children = stops.groupby("parent_stop_id")["stop_id"].agg(list).to_dict()
    told = 0
    for row in tables["transfers"].itertuples():
        for here in children.get(row.from_stop_id, []):
            for there in children.get(row.to_stop_id, []):
                # no more than written; less where a chain of written times is quicker
                assert times[here, there] <= max(row.min_transfer_time_s, 1)
                told += times[here, there] == row.min_transfer_time_s
    assert told > len(tables["transfers"])


@given(
    rows=st.lists(ROWS.filter(lambda row: row[2] != "forbidden"), min_size=1, max_size=9),
    slack=st.tuples(*[st.integers(0, 300)] * 4),
    factor=st.sampled_from([0.5, 1.0, 1.15, 3.0]),
)
def test_no_chain_of_walks_is_shorter_than_the_walk_with_any_slack(rows, slack, factor):
    names = ("boarding_slack_s", "alighting_slack_s", "min_change_time_s", "additional_change_time_s")
    rules = replace(PLAIN, change_time_factor=factor, **dict(zip(names, slack, strict=True)))
    stops = stops_of(dict.fromkeys(NAMES, (0.0, 0.0)), parents={"A1": "A", "A2": "A", "B1": "B", "B2": "B"})
    found = walks_of(build_walks(stops, rules_of(*rows), rules), stops)
    for (here, between), one in found.items():
        for (again, there), two in found.items():
            if between == again and len({here, between, there}) == 3:
                assert found[here, there] <= one + two
