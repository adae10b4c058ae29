"""Ways through stations: from platform to platform, to the street, and in a wheelchair."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError
from megaregion.mobility.station_paths import Doors, PathwayRules, StationPaths, station_doors
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.walks import TransferRules, build_walks
from megaregion.region.model import Region
from megaregion.region.schema import conform, schema

SECONDS_FOR_A_LARGE_NETWORK = 3.0
"""500 stations of 40 places each; three times what it takes at rest."""


def places(rows):
    """Table stops of (id, kind, parent[, wheelchair[, lon]])."""
    columns = ["stop_id", "kind", "parent_stop_id", "wheelchair", "lon"]
    frame = pd.DataFrame([dict(zip(columns, row, strict=False)) for row in rows], columns=columns)
    return conform("stops", frame.assign(name="", lon=frame["lon"].fillna(0.0), lat=0.0))


def ways(rows):
    """Table pathways of (from, to, mode, both ways, other fields by name)."""
    return conform(
        "pathways",
        pd.DataFrame(
            [
                {"pathway_id": str(n), "from_stop_id": a, "to_stop_id": b, "mode": mode, "both_ways": both} | dict(more)
                for n, (a, b, mode, both, more) in enumerate(rows)
            ]
        ),
    )


def called(*names, change_time_s=1, lon=0.0):
    return pd.DataFrame(
        {
            "stop_id": names,
            "lon": lon,
            "lat": 0.0,
            "city_id": pd.Series([None] * len(names), dtype="str"),
            "parent_stop_id": pd.Series(["S" if name.startswith("P") else None for name in names], dtype="str"),
            "change_time_s": change_time_s,
            "is_rail": False,
        }
    )


def between(paths, *names):
    one, other, seconds = paths.between(pd.Series(names, dtype="str"))
    return {(names[i], names[j]): int(s) for i, j, s in zip(one, other, seconds, strict=True)}


def doors_of(stops, paths=None):
    doors = paths if isinstance(paths, Doors) else station_doors(stops, paths)
    ids = stops["stop_id"].tolist()
    return {
        (ids[stop], doors.places.ids[place]): (into, out)
        for stop, place, into, out in zip(doors.stop, doors.place, doors.to_stop_s, doors.from_stop_s, strict=True)
    }


STATION = places(
    [
        ("S", "station", None),
        ("P1", "stop", "S"),
        ("P2", "stop", "S"),
        ("H", "node", "S"),
        ("E1", "entrance", "S"),
        ("E2", "entrance", "S"),
        ("Q", "stop", None),
    ]
)
WAYS = ways(
    [
        ("E1", "H", "walkway", True, {"length_m": 26.0}),  # 20 s
        ("H", "P1", "stairs", True, {"stair_count": 39}),  # 39 x 0.4 m: 12 s
        ("H", "P1", "elevator", True, {"traversal_time_s": 60}),
        ("P2", "H", "escalator", False, {"traversal_time_s": 18}),
        ("H", "P2", "stairs", True, {"stair_count": -65}),  # 20 s
        ("E2", "P2", "walkway", True, {"length_m": 13.0, "max_slope": -0.1}),  # 10 s, steep
    ]
)


def test_ways_through_a_station_by_hand():
    paths = StationPaths.from_tables(STATION, WAYS)
    assert between(paths, "P1", "P2", "Q") == {("P1", "P2"): 32, ("P2", "P1"): 30}
    assert doors_of(called("P1", "P2", "Q"), paths) == {
        ("P1", "E1"): (32, 32),
        ("P1", "E2"): (40, 42),  # in by the escalator, out by the stairs
        ("P2", "E1"): (40, 38),
        ("P2", "E2"): (10, 10),
        ("Q", "Q"): (0, 0),
    }


def test_a_wheelchair_takes_elevators_and_no_stairs_escalators_and_steep_ways():
    paths = StationPaths.from_tables(STATION, WAYS, wheelchair=True)
    assert between(paths, "P1", "P2") == {}
    # P2 has entrances, but none that can be reached: it has no door, not even where it stands
    assert doors_of(called("P1", "P2", "Q"), paths) == {("P1", "E1"): (80, 80), ("Q", "Q"): (0, 0)}
    gentle = StationPaths.from_tables(STATION, WAYS, wheelchair=True, rules=PathwayRules(max_slope=0.1))
    assert doors_of(called("P2"), gentle) == {("P2", "E2"): (10, 10)}


@pytest.mark.parametrize(
    ("more", "passes"),
    [
        ({}, True),
        ({"min_width_m": 0.915, "max_slope": 0.083}, True),
        ({"min_width_m": 0.9}, False),
        ({"max_slope": 0.084}, False),
        ({"max_slope": -0.084}, False),
        ({"stair_count": -1}, False),
        ({"stair_count": 0}, True),
    ],
)
def test_limits_of_a_wheelchair(more, passes):
    paths = StationPaths.from_tables(STATION, ways([("P1", "P2", "walkway", True, more)]), wheelchair=True)
    assert (between(paths, "P1", "P2") != {}) == passes


def test_places_that_a_wheelchair_cannot_use_are_left_out():
    stops = places(
        [
            ("S", "station", None, True),
            ("P1", "stop", "S", True),
            ("P2", "stop", "S", False),
            ("E1", "entrance", "S", False),
            ("E2", "entrance", "S", True),
            ("Q", "stop", None, False),
        ]
    )
    table = ways([(entrance, stop, "walkway", True, {"traversal_time_s": 9}) for entrance, stop in ROUND])
    usual = StationPaths.from_tables(stops, table)
    assert set(doors_of(called("P1", "P2", "Q"), usual)) == {(stop, entrance) for entrance, stop in ROUND} | {
        ("Q", "Q")
    }
    paths = StationPaths.from_tables(stops, table, wheelchair=True)
    assert doors_of(called("P1", "P2", "Q"), paths) == {("P1", "E2"): (9, 9)}
    # without any pathway too
    bare = StationPaths.from_tables(stops, schema("pathways").empty(), wheelchair=True)
    assert set(doors_of(called("P1", "P2", "Q"), bare)) == {("P1", "P1")}


ROUND = [("E1", "P1"), ("E2", "P1"), ("E1", "P2"), ("E2", "P2")]


@pytest.mark.parametrize(
    ("mode", "more", "seconds"),
    [
        ("walkway", {"traversal_time_s": 7, "length_m": 130.0}, 7),
        ("walkway", {"length_m": 130.0}, 100),
        ("stairs", {"length_m": 13.0, "stair_count": 39}, 12),  # more than the 10 s of the length
        ("stairs", {"length_m": 26.0, "stair_count": -39}, 20),
        ("elevator", {}, 90),
        ("elevator", {"length_m": 2.6}, 2),
        ("fare_gate", {}, 0),
        ("exit_gate", {}, 0),
        ("walkway", {}, 86),  # 0.001 degrees at 1.3 m/s
        ("escalator", {}, 86),
    ],
)
def test_times_where_the_data_do_not_say(mode, more, seconds):
    stops = places([("P1", "stop", None), ("P2", "stop", None, None, 0.001)])
    paths = StationPaths.from_tables(stops, ways([("P1", "P2", mode, False, more)]))
    assert between(paths, "P1", "P2") == {("P1", "P2"): seconds}
    unknown = StationPaths.from_tables(stops.assign(lon=np.nan), ways([("P1", "P2", mode, False, more)]))
    assert between(unknown, "P1", "P2") == {("P1", "P2"): 30 if seconds == 86 else seconds}


def test_times_are_rounded_up_once_for_the_whole_way():
    # 4 m are 3.08 s: two are 6.15
    table = ways([("P1", "H", "walkway", True, {"length_m": 4.0}), ("H", "P2", "walkway", True, {"length_m": 4.0})])
    assert between(StationPaths.from_tables(STATION, table), "P1", "P2") == {("P1", "P2"): 7, ("P2", "P1"): 7}
    # 3 x 1.3 m are 3 s and not a billionth more
    table = ways([(a, b, "walkway", True, {"length_m": 1.3}) for a, b in (("P1", "H"), ("H", "E1"), ("E1", "P2"))])
    assert between(StationPaths.from_tables(STATION, table), "P1", "P2")["P1", "P2"] == 3


def test_boarding_areas_stand_for_their_platform():
    stops = places(
        [
            ("P1", "stop", "S"),
            ("B1", "boarding_area", "P1"),
            ("B2", "boarding_area", "P1"),
            ("E1", "entrance", "S"),
            ("S", "station", None),
        ]
    )
    table = ways(
        [
            ("E1", "B1", "walkway", True, {"traversal_time_s": 50}),
            ("E1", "B2", "walkway", False, {"traversal_time_s": 20}),
            ("S", "P1", "walkway", True, {"traversal_time_s": 1}),  # a station is no place to walk to
        ]
    )
    paths = StationPaths.from_tables(stops, table)
    assert doors_of(called("P1"), paths) == {("P1", "E1"): (20, 50)}


def test_a_platform_whose_ways_meet_no_entrance_lies_at_the_street():
    table = ways([("P1", "P2", "walkway", True, {"traversal_time_s": 5})])
    paths = StationPaths.from_tables(STATION, table)
    assert doors_of(called("P1", "P2"), paths) == {("P1", "P1"): (0, 0), ("P2", "P2"): (0, 0)}
    only_out = StationPaths.from_tables(STATION, ways([("P1", "E1", "exit_gate", False, {"traversal_time_s": 5})]))
    assert doors_of(called("P1"), only_out) == {("P1", "E1"): (np.inf, 5)}


def test_stops_without_a_position_have_no_door():
    stops = called("Q", "R", lon=[1.0, np.nan])
    assert doors_of(stops) == {("Q", "Q"): (0, 0)}
    doors = station_doors(stops)
    assert (len(doors.stop), doors.lon.tolist(), doors.lat.tolist()) == (1, [1.0], [0.0])


def test_a_region_without_pathways_has_none():
    paths = StationPaths.from_region(Region("r"))
    assert between(paths, "P1", "P2") == {}
    assert doors_of(called("P1"), paths) == {("P1", "P1"): (0, 0)}
    assert "ways through stations" not in build_walks(called("P1"), NO_RULES, PLAIN, pathways=paths).rule


@pytest.mark.parametrize("name", ["step_m", "elevator_s", "unknown_s", "max_slope", "min_width_m"])
def test_a_rule_that_is_no_number_is_refused(name):
    with pytest.raises(InputError, match=rf"pathway rule '{name}' is -1; expected a number of 0 or more"):
        PathwayRules(**{name: -1})


# walks


NO_RULES = schema("transfers").empty()
PLAIN = TransferRules(walk_distance_m=0, city_links=False)


def times(stops, **options):
    walks = build_walks(stops, options.pop("rules", NO_RULES), PLAIN, **options)
    ids = stops["stop_id"].tolist()
    return {(ids[i], ids[j]): int(s) for i in range(len(ids)) for j, s in zip(*walks.of(i), strict=True) if i != j}


def test_platforms_take_the_way_but_no_less_than_the_change_time():
    paths = StationPaths.from_tables(STATION, WAYS)
    assert times(called("P1", "P2", change_time_s=31), pathways=paths) == {("P1", "P2"): 32, ("P2", "P1"): 31}
    # a platform that no way leads to takes the change time, as do all without pathways
    found = times(called("P1", "P2", "P3", change_time_s=31), pathways=paths)
    assert found["P1", "P3"] == found["P3", "P2"] == 31
    assert times(called("P1", "P2", change_time_s=31)) == {("P1", "P2"): 31, ("P2", "P1"): 31}
    wheelchair = StationPaths.from_tables(STATION, WAYS, wheelchair=True)
    assert times(called("P1", "P2", change_time_s=31), pathways=wheelchair) == {}
    assert (
        "ways through stations for wheelchairs" in build_walks(called("P1"), NO_RULES, PLAIN, pathways=wheelchair).rule
    )


def test_a_written_transfer_wins_over_the_way():
    rule = {"transfer_id": "r", "from_stop_id": "P1", "to_stop_id": "P2", "kind": "minimum_time"}
    rules = conform("transfers", pd.DataFrame([rule | {"min_transfer_time_s": 300}]))
    paths = StationPaths.from_tables(STATION, WAYS)
    assert times(called("P1", "P2"), rules=rules, pathways=paths) == {("P1", "P2"): 300, ("P2", "P1"): 30}
    # what is guaranteed takes the way alone
    rules = conform("transfers", pd.DataFrame([rule | {"kind": "guaranteed"}]))
    assert times(called("P1", "P2", change_time_s=90), rules=rules, pathways=paths)["P1", "P2"] == 32


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(0, 40),
            st.booleans(),
            st.sampled_from(["stairs", "elevator"]),
        ),
        max_size=14,
    ),
    wheelchair=st.booleans(),
)
def test_doors_and_platforms_agree_with_floyd_and_warshall(rows, wheelchair):
    """Eight places: three platforms, two nodes, three entrances."""
    names = ["P0", "P1", "P2", "N3", "N4", "E5", "E6", "E7"]
    kinds = ["stop"] * 3 + ["node"] * 2 + ["entrance"] * 3
    stops = places([(name, kind, "S") for name, kind in zip(names, kinds, strict=True)] + [("S", "station", None)])
    table = [(names[a], names[b], mode, both, {"traversal_time_s": s}) for a, b, s, both, mode in rows]
    paths = StationPaths.from_tables(stops, ways(table) if table else schema("pathways").empty(), wheelchair=wheelchair)
    full, least = np.full((2, 8, 8), np.inf)
    for a, b, seconds, both, mode in rows:
        for i, j in ((a, b), (b, a))[: 1 + both]:
            full[i, j] = 0
            if mode == "elevator" or not wheelchair:
                least[i, j] = min(least[i, j], seconds)
    for graph in (full, least):
        graph[np.arange(8), np.arange(8)] = 0
        for k in range(8):
            np.minimum(graph, graph[:, k, None] + graph[k], out=graph)
    assert between(paths, *names[:3]) == {
        (names[i], names[j]): least[i, j] for i in range(3) for j in range(3) if i != j and np.isfinite(least[i, j])
    }
    expected = {}
    for i in range(3):
        if not (np.isfinite(full[i, 5:]) | np.isfinite(full[5:, i])).any():
            expected[names[i], names[i]] = (0, 0)
            continue
        for e in range(5, 8):
            if np.isfinite(least[e, i]) or np.isfinite(least[i, e]):
                expected[names[i], names[e]] = (least[e, i], least[i, e])
    assert doors_of(called(*names[:3]), paths) == expected


def test_a_network_of_many_stations_is_read_quickly():
    rng = np.random.default_rng(1)
    n, size = 500, 40
    rows = [
        (f"{s}-{k}", "stop" if k < 4 else "entrance" if k < 8 else "node", None) for s in range(n) for k in range(size)
    ]
    a, b = rng.integers(0, size, (2, n * 60))
    station = np.repeat(np.arange(n), 60)
    table = pd.DataFrame(
        {
            "pathway_id": np.arange(n * 60).astype(str),
            "from_stop_id": [f"{s}-{k}" for s, k in zip(station, a, strict=True)],
            "to_stop_id": [f"{s}-{k}" for s, k in zip(station, b, strict=True)],
            "mode": "walkway",
            "both_ways": True,
            "traversal_time_s": rng.integers(1, 60, n * 60),
        }
    )
    stops, table = places(rows), conform("pathways", table)
    platforms = called(*(f"{s}-{k}" for s in range(n) for k in range(4)))
    started = time.perf_counter()
    paths = StationPaths.from_tables(stops, table)
    doors = station_doors(platforms, paths)
    build_walks(platforms, NO_RULES, PLAIN, pathways=paths)
    assert time.perf_counter() - started < SECONDS_FOR_A_LARGE_NETWORK
    assert len(doors.stop) > 3 * len(platforms)


def test_a_feed_with_pathways_becomes_a_timetable_with_doors(tmp_path):
    files = {
        "agency": "agency_name,agency_url,agency_timezone\nA,https://a.example,Asia/Shanghai\n",
        "stops": (
            "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding\n"
            "S,Station,30.0,120.0,1,,1\nP1,One,30.0,120.0,0,S,\nP2,Two,30.0,120.0,0,S,\nE,Door,30.0,120.001,2,S,\n"
            "Q,Far,30.1,120.0,0,,1\n"
        ),
        "routes": "route_id,route_type\nR,1\n",
        "trips": "route_id,service_id,trip_id,wheelchair_accessible\nR,d,T1,1\nR,d,T2,1\n",
        "stop_times": (
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            "T1,8:00:00,8:00:00,Q,1\nT1,8:30:00,8:30:00,P1,2\nT2,8:40:00,8:40:00,P2,1\nT2,9:10:00,9:10:00,Q,2\n"
        ),
        "calendar_dates": "service_id,date,exception_type\nd,20191001,1\n",
        "pathways": (
            "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,traversal_time\n"
            "1,E,P1,1,1,45\n2,P1,P2,2,1,200\n3,P1,P2,5,1,250\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    for wheelchair, seconds in ((False, 200), (True, 250)):
        timetable = Timetable.from_gtfs(tmp_path, wheelchair=wheelchair)
        (feed,) = timetable.feed_ids
        one, two = (timetable.stops.position(f"{feed}:{name}") for name in ("P1", "P2"))
        there, time_s = timetable.walks.of(one)
        assert dict(zip(there.tolist(), time_s.tolist(), strict=True))[two] == seconds
        doors = timetable.walks.doors
        assert doors_of(timetable.stop_table, doors)[f"{feed}:P2", f"{feed}:E"] == (seconds + 45, seconds + 45)
        assert doors.places.ids == (f"{feed}:E", f"{feed}:Q")
