"""Journeys between stations for the page: by hand, against range RAPTOR, and the page's code against the engine."""

import gzip
import json
import shutil

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError
from megaregion.mobility import Timetable, TransferRules, isochrones, profile
from megaregion.mobility.ground import StraightLine
from megaregion.publish.atlas_stations import (
    MAX_STATIONS,
    STATION_FILE,
    TimetableState,
    build_station_times,
    station_journeys,
)
from megaregion.publish.station_pack import ALPHABET, Journeys, pack_states
from megaregion.region.points import Points
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from megaregion.study.walking import walking
from support.page_code import agreement, ask_page, at_hand
from support.tiny_region import seconds, tiny_region

TARGET_GZIP = 200_000
"""What the page may load for two timetables of the shipped region."""

SHARE = 0.9
"""Land in both outlines over land in either. A grid of 1 km leaves 0.92 to 0.98; docs/atlas.md has the figures."""


def calls(*pairs):
    return [(stop, seconds(text), seconds(text)) for stop, text in pairs]


def numbers(text):
    """Unpack characters as the page does."""
    found, carried, most = [], 0, len(ALPHABET) - 1
    for one in text:
        place = ALPHABET.index(one)
        carried += place
        if place < most:
            found.append(carried)
            carried = 0
    return found


def read(found):
    text = found.script.decode("ascii")
    assert text.startswith("window.MEGAREGION_STATION_TIMES = {")
    assert "<" not in text
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def state_of(region, key="2019"):
    timetable = Timetable.from_region(region, year=2019)
    return TimetableState(key=key, title=("2019 timetable", "2019年时刻表"), year=2019, timetable=timetable)


def with_city(region):
    city = {"city_id": ["1"], "name": ["甲"], "name_en": ["Alpha"], "lon": [120.5], "lat": [30.0]}
    return region.with_tables({"cities": pd.DataFrame(city)})


STOPS = {
    "a": {"lon": 120.0, "lat": 30.0, "name_en": "Alpha West", "city_id": "1"},
    "b": {"lon": 121.0, "lat": 30.0},
    "far": {"lon": 130.0, "lat": 30.0},
}


@pytest.fixture(scope="module")
def two_trains():
    trips = {
        "slow": calls(("a", "8:00"), ("b", "9:00"), ("far", "9:30")),
        "beaten": calls(("a", "8:10"), ("b", "9:30")),
        "quick": calls(("a", "8:10:30"), ("b", "8:40:30")),
        "late": calls(("a", "13:00"), ("b", "13:20")),
        "very slow": calls(("a", "14:00"), ("b", "17:00")),
    }
    return with_city(tiny_region(trips, stops=STOPS))


def test_journeys_worked_by_hand(two_trains):
    timetable = Timetable.from_region(two_trains, year=2019)
    found = station_journeys(timetable, ["a", "b", "nowhere"], 6 * 3600, 22 * 3600, longest_s=9600)
    # the quick train, from 8:10:30 to 8:40:30, in whole minutes from 8:10 to 8:41, beats both that leave no later
    assert found.count.tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 0]]
    assert found.depart_min.tolist() == [490, 780]
    assert found.duration_min.tolist() == [31, 20]


def test_what_the_page_gets(two_trains):
    found = build_station_times(two_trains, [state_of(two_trains)], ground=ROAD, max_time_s=MAX_ROAD_S)
    data = read(found)
    assert data["stations"] == [["a", "a", "Alpha West", 120.0, 30.0, "1"], ["b", "b", "b", 121.0, 30.0, None]]
    packed = data["states"]["2019"]
    assert data["first_min"] == 360
    assert packed["base"] is None
    assert numbers(packed["count"]) == [0, 3, 0, 0]
    # 8:10 is 130 min into the window, more than a character holds; the next train leaves 290 min on
    assert numbers(packed["gap_min"]) == [130, 290]
    assert numbers(packed["first_min"]) == [31]
    # from 8:41 to 13:20, less 1
    assert numbers(packed["arrival_gap_min"]) == [278]
    figures = found.figures
    assert figures["file"] == STATION_FILE
    assert figures["window_s"] == [21600, 79200]
    assert figures["ground"]["fixed_s"] == ROAD.fixed_s
    assert figures["ground"]["max_time_s"] == MAX_ROAD_S
    assert figures["states"][0]["title"] == {"en": "2019 timetable", "zh": "2019年时刻表"}
    assert figures["states"][0]["journeys"] == 2
    again = build_station_times(two_trains, [state_of(two_trains)], ground=ROAD, max_time_s=MAX_ROAD_S)
    assert again == found


def unpack(packed, first_min):
    """Read the journeys of each pair as (departure, arrival), min, as the page does."""
    found = {}
    for name, one in packed.items():
        streams = {key: iter(numbers(one[key])) for key in ("gap_min", "first_min", "arrival_gap_min")}
        counts = numbers(one["count"])
        n = int(len(counts) ** 0.5)
        pairs = list(found[one["base"]]) if one["base"] else [[]] * n * n
        for pair, count in enumerate(counts):
            if count:
                departs = np.cumsum([first_min, *(next(streams["gap_min"]) for _ in range(count - 1))])[1:].tolist()
                pairs[pair] = [[depart, depart] for depart in departs]
                if departs:
                    pairs[pair][0][1] += next(streams["first_min"])
        for pair in sorted(range(n * n), key=lambda one: (one % n, one)):
            for at in range(1, counts[pair] - 1):
                pairs[pair][at][1] = pairs[pair][at - 1][1] + next(streams["arrival_gap_min"]) + 1
        assert all(next(stream, None) is None for stream in streams.values())
        found[name] = pairs
    return found


def test_packed_journeys_come_back_whatever_they_are():
    rng = np.random.default_rng(5)
    n = 4
    drawn = []
    for _ in range(3):
        count = rng.integers(0, 4, (n, n))
        departs = [np.sort(rng.choice(np.arange(360, 1300), one, replace=False)) for one in count.ravel()]
        arrives = [depart + 20 + 3 * np.arange(len(depart)) for depart in departs]
        drawn.append((departs, arrives))
    # the last is as the first but for two pairs, one of which has journeys no more
    drawn[2] = (
        [*drawn[0][0][:-2], drawn[0][0][-2][:0], np.array([400])],
        [*drawn[0][1][:-2], drawn[0][1][-2][:0], np.array([700])],
    )
    states = {
        name: Journeys(
            count=np.array([len(one) for one in departs]).reshape(n, n),
            depart_min=np.concatenate(departs),
            duration_min=np.concatenate(arrives) - np.concatenate(departs),
        )
        for name, (departs, arrives) in zip("abc", drawn, strict=True)
    }
    packed = pack_states(states, 360)
    assert packed["a"]["base"] is None
    assert packed["c"]["base"] == "a"
    assert len(packed["c"]["gap_min"]) < 3
    expected = {
        name: [np.c_[one, other].tolist() for one, other in zip(*sides, strict=True)]
        for name, sides in zip("abc", drawn, strict=True)
    }
    assert unpack(packed, 360) == expected


def test_no_layer_where_the_page_cannot_do_it(two_trains, monkeypatch):
    state = state_of(two_trains)
    assert build_station_times(two_trains, [state], ground=object(), max_time_s=1200) is None
    bare = two_trains.with_tables({"cities": two_trains.table("cities").iloc[:0]})
    assert build_station_times(bare, [state], ground=ROAD, max_time_s=1200) is None
    monkeypatch.setattr("megaregion.publish.atlas_stations.MAX_STATIONS", 1)
    assert MAX_STATIONS > 1
    assert build_station_times(two_trains, [state], ground=ROAD, max_time_s=1200) is None


def test_what_cannot_be_asked(two_trains):
    state = state_of(two_trains)
    with pytest.raises(InputError, match="called \\['2019', '2019'\\]; expected one or more, each with its own key"):
        build_station_times(two_trains, [state, state], ground=ROAD, max_time_s=3600)
    with pytest.raises(InputError, match="called \\[\\]"):
        build_station_times(two_trains, [], ground=ROAD, max_time_s=3600)
    with pytest.raises(InputError, match="window is 22:00-06:00; expected a first time before the second"):
        build_station_times(two_trains, [state], ground=ROAD, max_time_s=3600, window=("22:00", "06:00"))


def test_against_range_raptor():
    # without walks between stations, which the page's ways over the ground stand for
    timetable = Timetable.from_region(
        mr.open("yrd"), year=2019, rules=TransferRules(city_links=False, walk_time_s=0, walk_distance_m=0.0)
    )
    ids = sorted(timetable.stops)
    found = station_journeys(timetable, ids, 6 * 3600, 22 * 3600, longest_s=9600)
    offset = np.concatenate([[0], np.cumsum(found.count.ravel())])
    rng = np.random.default_rng(4)
    often = np.argwhere(found.count > 3)
    compared = 0
    for origin, destination in often[rng.choice(len(often), 25, replace=False)]:
        pair = origin * len(ids) + destination
        part = slice(offset[pair], offset[pair + 1])
        mine = list(zip(found.depart_min[part].tolist(), found.duration_min[part].tolist(), strict=True))
        exact = profile(timetable, ids[origin], ids[destination], ("06:00", "22:00"))
        unbeaten, best = [], np.inf
        minutes = zip((exact.depart_s // 60).tolist(), (-(-exact.arrive_s // 60)).tolist(), strict=True)
        for leave, arrive in sorted(minutes, key=lambda one: (-one[0], one[1])):
            if arrive < best:
                best = arrive
                if arrive - leave <= 160:
                    unbeaten.append((leave, arrive - leave))
        # the last of the window may be beaten by one that leaves after it, which range RAPTOR does not list
        listed = [one for one in mine if one[0] < 22 * 60]
        assert set(listed) <= set(unbeaten)
        assert set(unbeaten) - set(listed) <= {unbeaten[0]}
        compared += len(listed)
    assert compared > 100


@pytest.fixture(scope="module")
def yrd():
    region = mr.open("yrd")
    walks = walking(region)
    timetables = {year: walks.timetable(region, year=year) for year in (2012, 2019)}
    states = [
        TimetableState(key=str(year), title=(str(year), str(year)), year=year, timetable=timetable)
        for year, timetable in timetables.items()
    ]
    return timetables, build_station_times(region, states, ground=ROAD, max_time_s=MAX_ROAD_S)


def test_the_shipped_region_stays_small(yrd):
    _, found = yrd
    assert found.figures["stations"] > 150
    assert len(gzip.compress(found.script)) < TARGET_GZIP


@pytest.mark.skipif(not at_hand(), reason="Node or web/node_modules are not at hand (npm ci)")
def test_the_page_agrees_with_the_engine(yrd):
    assert shutil.which("node")
    timetables, found = yrd
    points = [("Shanghai", 121.4737, 31.2304), ("between", 120.9, 31.6), ("Hangzhou", 120.1551, 30.2741)]
    cutoffs, percentiles = (60, 120, 180), (5, 50, 95)
    asked = [
        {"lon": lon, "lat": lat, "state": "2019", "percentile": percentile, "cutoffs_min": cutoffs}
        for _, lon, lat in points
        for percentile in percentiles
    ]
    answers = iter(ask_page(found.figures, found.script, asked))
    for name, lon, lat in points:
        exact = isochrones(
            timetables[2019],
            Points((name,), np.array([lon]), np.array([lat])),
            cutoffs_s=[60 * minutes for minutes in cutoffs],
            percentiles=percentiles,
            streets=ROAD,
            max_walk_time_s=MAX_ROAD_S,
            cell_m=1000.0,
            window=("06:00", "22:00"),
        ).table
        for percentile in percentiles:
            for minutes, shape in zip(cutoffs, next(answers)["outlines"], strict=True):
                row = exact[(exact["percentile"] == percentile) & (exact["cutoff_s"] == 60 * minutes)]
                ours, engine, both = agreement(shape_of(shape), row.geometry.iloc[0])
                assert both / (ours + engine - both) > SHARE, (name, percentile, minutes)


def shape_of(geojson):
    import shapely  # noqa: PLC0415

    found = shapely.from_geojson(json.dumps(geojson))
    assert found.is_valid
    return found


def test_straight_lines_are_what_is_written():
    # the page computes fixed + detour * distance / speed; so does the ground
    ground = StraightLine(speed_m_s=5.0, detour=1.5, fixed_s=120)
    here = ground.place(Points(("x",), np.array([120.0]), np.array([30.0])))
    there = ground.place(Points(("y",), np.array([120.0]), np.array([30.1])))
    assert ground.reach(here, there, 4000).time_s.tolist() == [int(np.ceil(120 + 11_119.5 * 1.5 / 5.0))]
