"""The live functions: the engines' own answers, checked against them."""

import time

import numpy as np
import pytest
import shapely

import megaregion as mr
from megaregion.mobility import journeys
from megaregion.region.points import Points
from megaregion.region.scenario import Scenario
from megaregion.study.ends import find_place
from megaregion.study.reached_land import WINDOW, reached_land
from megaregion.study.spread import spread_of
from megaregion.study.walking import walking
from support.served import LAKE_LINE, opened

HONGQIAO = (121.32, 31.19)
CHECKED_WITHIN_S = 2.0
"""Processor time that a look before a run may take; what else the machine does is not counted."""


@pytest.fixture(scope="module")
def client():
    with opened() as found:
        yield found


def scenario(**changed):
    edit = {**LAKE_LINE["edits"][0], **changed}
    return {**LAKE_LINE, "edits": [{key: value for key, value in edit.items() if value is not None}]}


def test_about_says_what_can_be_asked(client):
    about = client.get("/api/about").json()
    assert about["region"]["name"] == "yrd"
    assert about["region"]["title"]["zh"]
    assert about["years"] == [2012, 2019]
    assert [each["name"] for each in about["scenarios"]] == ["metro-2026"]
    assert about["capabilities"] == {
        "isochrone": True,
        "journey": True,
        "check": True,
        "runs": True,
        "save_scenarios": False,
        "notes": "memory",
    }
    assert about["measures"] == list(mr.measures())


def test_an_isochrone_is_that_of_the_engine(client):
    lon, lat = HONGQIAO
    address = f"/api/isochrone?lon={lon}&lat={lat}&year=2019&cutoffs=60,30&percentile=50&window=07:00-10:00"
    answer = client.get(address)
    document = answer.json()
    region = mr.open("yrd")
    walks = walking(region)
    timetable = walks.timetable(region, year=2019)
    expected = reached_land(
        region,
        timetable,
        Points(("p",), np.array([lon]), np.array([lat])),
        spread_of([timetable], walks),
        cutoffs_s=[1800, 3600],
        window=("07:00", "10:00"),
    )
    assert [feature["properties"]["cutoff_s"] for feature in document["features"]] == [1800, 3600]
    for feature, row in zip(document["features"], expected.table.itertuples(), strict=True):
        assert feature["properties"]["area_km2"] == pytest.approx(row.area_km2, abs=5e-4)
        drawn = shapely.from_geojson(str(feature["geometry"]).replace("'", '"'))
        # coordinates have five decimals
        assert shapely.symmetric_difference(drawn, row.geometry).area < 1e-4 * row.geometry.area
    assert document["cities"][-1]["city_ids"] == ["310000"]
    assert document["state"] == {"year": 2019, "scenario": None}
    assert document["provenance"]["feeds"] or document["provenance"]["date"]
    again = client.get(address)
    assert again.headers["etag"] == answer.headers["etag"]
    other = client.get(address.replace("year=2019", "year=2012")).json()
    assert other["key"] != document["key"]


def test_a_larger_cutoff_reaches_more_and_a_scenario_no_less(client):
    lon, lat = HONGQIAO
    asked = f"/api/isochrone?lon={lon}&lat={lat}&cutoffs=30,60,90"
    before = client.get(f"{asked}&year=2019").json()["features"]
    after = client.get(f"{asked}&scenario=metro-2026").json()
    assert after["state"] == {"year": 2019, "scenario": "metro-2026"}
    areas = [feature["properties"]["area_km2"] for feature in before]
    assert areas == sorted(areas)
    assert all(
        feature["properties"]["area_km2"] >= area - 0.01 for feature, area in zip(after["features"], areas, strict=True)
    )


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 400, "'lon' is missing"),
        ("lon=121", 400, "'lat' is missing"),
        ("lon=x&lat=31", 400, "lon is 'x'; expected a number from -180 to 180"),
        ("lon=nan&lat=31", 400, "lon is 'nan'"),
        ("lon=121&lat=91", 400, "lat is '91'"),
        ("lon=121&lat=31&year=1950", 400, "year is '1950'; this region has 2012, 2019"),
        ("lon=121&lat=31&year=2012&scenario=metro-2026", 400, "leave out year=2012"),
        ("lon=121&lat=31&scenario=x", 404, "no scenario 'x'"),
        ("lon=121&lat=31&cutoffs=", 200, ""),
        ("lon=121&lat=31&cutoffs=0", 400, "cutoffs is '0'; expected a number from 1 to 240"),
        ("lon=121&lat=31&cutoffs=30,,60", 400, "cutoffs is ''"),
        ("lon=121&lat=31&cutoffs=1000000", 400, "cutoffs is '1000000'"),
        ("lon=121&lat=31&cutoffs=1,2,3,4,5,6,7,8,9", 413, "9 times; expected up to 8"),
        ("lon=121&lat=31&percentile=0", 400, "percentile is '0'"),
        ("lon=121&lat=31&percentile=101", 400, "percentile is '101'"),
        ("lon=121&lat=31&window=07:00", 400, "expected two clock times"),
        ("lon=121&lat=31&window=10:00-07:00", 400, "ends after it begins"),
        ("lon=121&lat=31&window=a-b", 400, "expected a clock time"),
        ("lon=121&lat=31&window=00:00-90:00", 400, "up to 24 hours"),
        ("lon=121&lat=31&cell=1", 400, "no parameter 'cell'"),
        ("lon=121&lat=31&against=1950", 400, "year is '1950'; this region has 2012, 2019"),
        ("lon=121&lat=31&against=base", 400, "against is 'base', but no scenario is named"),
        (
            "lon=0&lat=0",
            400,
            "point 0,0 lies 12,342 km from the nearest stop or city of 'yrd'; expected LON,LAT within",
        ),
        ("lon=-170&lat=-80&cutoffs=30", 400, "within 100 km of one. They lie from 115.4,27.5 to 122.2,34.6."),
    ],
)
def test_what_cannot_be_asked_of_isochrones_is_said(client, query, status, words):
    answer = client.get(f"/api/isochrone?{query}")
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["status"] == status
        assert words in answer.json()["error"]


def test_two_states_of_an_isochrone_and_what_lies_between(client):
    lon, lat = HONGQIAO
    asked = f"/api/isochrone?lon={lon}&lat={lat}&cutoffs=90"
    document = client.get(f"{asked}&year=2019&against=2012").json()
    area = {each["properties"]["part"]: each["properties"]["area_km2"] for each in document["features"]}
    alone = client.get(f"{asked}&year=2012").json()["features"][0]["properties"]
    assert set(area) == {"after", "before", "kept", "gained", "lost"}
    assert area["before"] == alone["area_km2"]
    assert area["kept"] + area["gained"] == pytest.approx(area["after"], rel=1e-4)
    assert area["kept"] + area["lost"] == pytest.approx(area["before"], rel=1e-4)
    assert min(area["gained"], area["lost"]) > 50
    assert (document["state"]["year"], document["before"]["year"]) == (2019, 2012)
    assert [row["part"] for row in document["cities"]] == ["after", "before"]
    # nothing else is asked: the definition's window
    assert tuple(document["provenance"]["window"]) == WINDOW
    assert document["provenance"]["water"] == "left out"
    scenario = client.get(f"{asked}&scenario=metro-2026&against=base&window=08:00-08:10").json()
    assert {each["properties"]["part"] for each in scenario["features"]} == set(area)
    assert scenario["before"] == {"year": 2019, "scenario": None}
    assert len({document["key"], scenario["key"], client.get(f"{asked}&year=2019").json()["key"]}) == 3


def test_a_point_with_no_stop_near_reaches_the_land_around_it(client):
    # in the hills of western Zhejiang
    document = client.get("/api/isochrone?lon=118.2&lat=28.95&cutoffs=30").json()
    assert 0 < document["features"][0]["properties"]["area_km2"] < 200
    assert document["cities"][0]["city_ids"] == []


def test_journeys_are_those_of_the_engine(client):
    document = client.get("/api/journey?from=杭州&to=上海&depart=08:00&year=2019").json()
    region = mr.open("yrd")
    timetable = walking(region).timetable(region, year=2019)
    ends = [
        find_place(region, timetable, text, access=True, arriving=arriving)
        for text, arriving in (("杭州", False), ("上海", True))
    ]
    assert document["journeys"] == [each.to_dict() for each in journeys(timetable, *ends, depart="08:00")]
    assert document["journeys"]
    by = client.get("/api/journey?from=杭州&to=上海&arrive=12:00").json()["journeys"]
    assert by
    assert all(each["arrival_s"] <= 12 * 3600 for each in by)
    points = client.get("/api/journey?from=120.2,30.28&to=121.47,31.23").json()
    assert points["journeys"][0]["legs"][0]["kind"] == "access"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("to=上海", "'from' is missing"),
        ("from=上海", "'to' is missing"),
        ("from=Atlantis&to=上海", "no city, station or stop 'Atlantis'"),
        ("from=杭州&to=上海&depart=25:99", "expected a clock time"),
        ("from=杭州&to=上海&depart=30:00", "expected 00:00 to 23:59"),
        ("from=杭州&to=上海&depart=08:00&arrive=09:00", "not both"),
        ("from=杭州&to=上海&via=苏州", "no parameter 'via'"),
    ],
)
def test_what_cannot_be_asked_of_journeys_is_said(client, query, words):
    answer = client.get(f"/api/journey?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_journey_to_where_one_is_has_no_legs(client):
    assert client.get("/api/journey?from=上海&to=上海").json()["journeys"] == []


def test_a_check_is_what_both_runs_would_say_of_one_city(client):
    region = mr.open("yrd")
    line = Scenario.from_dict(LAKE_LINE)
    client.post("/api/check", json={"scenario": LAKE_LINE, "from": "湖州"})
    start = time.process_time()
    # another line, so that nothing of it is known before
    found = client.post("/api/check", json={"scenario": LAKE_LINE, "from": "330500"}).json()
    assert time.process_time() - start < CHECKED_WITHIN_S
    assert found["from"] == "330500"
    assert found["edits"][0]["touched"] == {"routes": 1, "trips": 2, "stations": 1}
    assert found["scenario_id"] == line.id
    asked = {"measures": ["typical_time"], "parameters": {"year": 2019}}
    for side, what in (("before_s", None), ("after_s", line)):
        values = mr.run(region, what, **asked)["typical_time"]
        for row in found["rows"]:
            expected = values.at(from_id="330500", to_id=row["to_id"])
            assert row[side] == ("inf" if np.isinf(expected) else expected)
    suzhou = next(row for row in found["rows"] if row["to_id"] == "320500")
    assert suzhou["verdict"] == "faster"
    assert sum(found["counts"].values()) == len(found["rows"]) == 40
    codes = {notice["code"] for notice in found["notices"]}
    assert "straight_line_distance" in codes


def test_a_check_of_a_line_never_seen_takes_less_than_two_seconds(client):
    start = time.process_time()
    answer = client.post("/api/check", json={"scenario": scenario(headway_s=1_260)})
    assert answer.status_code == 200
    assert time.process_time() - start < CHECKED_WITHIN_S


def test_a_scenario_may_be_toml_or_a_name_and_stand_on_the_metro(client):
    text = Scenario.from_dict(LAKE_LINE).to_toml()
    assert client.post("/api/check", json={"toml": text, "from": "330500"}).json()["scenario_id"]
    named = client.post("/api/check", json={"name": "metro-2026", "from": "苏州"}).json()
    assert len(named["edits"]) == 9
    assert named["counts"].get("faster", 0) > 0
    metro = scenario(feed_ids=["metro-2026"], stops=["metro:东方之门", "metro:花桥"], mode=1)
    assert client.post("/api/check", json={"scenario": metro, "stands_on": "metro"}).status_code == 200
    assert client.post("/api/check", json={"scenario": metro}).status_code == 422


def test_all_that_is_wrong_with_edits_is_said_together(client):
    wrong = {
        "name": "w",
        "edits": [
            scenario(feed_ids=["rail-2091"])["edits"][0],
            {"kind": "change_speed", "route_ids": ["no such route"], "factor": 2},
        ],
    }
    answer = client.post("/api/check", json={"scenario": wrong})
    assert answer.status_code == answer.json()["status"] == 422
    codes = [notice["code"] for notice in answer.json()["notices"]]
    assert codes.count("unknown_edit_reference") == 2


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "give one of scenario"),
        ({"scenario": LAKE_LINE, "toml": ""}, 400, "found scenario and toml"),
        ({"scenario": "x"}, 400, "expected an object"),
        ({"scenario": {"edits": 5}}, 422, "expected a list"),
        ({"scenario": {"edits": [{"kind": "add_rail"}]}}, 422, "add_rail"),
        ({"scenario": {"edits": [5]}}, 422, "has no kind"),
        ({"scenario": {"edits": [LAKE_LINE["edits"][0]] * 201}}, 400, "201 edits; expected up to 200"),
        ({"scenario": scenario(speed_kmh=None)}, 422, "give either hop_times_s, or speed_kmh"),
        ({"scenario": scenario(headway_s=-5)}, 422, "headway_s"),
        ({"toml": "kind = "}, 422, "not TOML"),
        ({"toml": 5}, 400, "expected the text"),
        ({"name": "../../etc/passwd"}, 404, "no scenario"),
        ({"name": 5}, 400, "name is 5"),
        ({"scenario": LAKE_LINE, "stands_on": "moon"}, 400, "expected 'metro'"),
        ({"scenario": LAKE_LINE, "year": 1950}, 400, "year is 1950"),
        ({"scenario": LAKE_LINE, "year": True}, 400, "year is True"),
        ({"scenario": LAKE_LINE, "from": 5}, 400, "from is 5"),
        ({"scenario": LAKE_LINE, "from": "Atlantis"}, 400, "no city 'Atlantis'"),
        ({"scenario": LAKE_LINE, "form": "上海"}, 400, "no field 'form'"),
    ],
)
def test_what_cannot_be_checked_is_said(client, body, status, words):
    answer = client.post("/api/check", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]


def test_a_scenario_is_kept_with_the_folder_once(tmp_path):
    mr.demo("yrd", tmp_path / "yrd.region")
    with opened(tmp_path / "yrd.region") as client:
        body = {"name": "lake-line", "scenario": LAKE_LINE}
        answer = client.post("/api/scenarios", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == "/scenarios/lake-line"
        assert client.get("/scenarios/lake-line.json").json()["scenario"]["edits"] == LAKE_LINE["edits"]
        again = client.post("/api/scenarios", json=body)
        assert (again.status_code, again.json()["status"]) == (409, 409)
        for name in ("../x", "/etc/x", "Lake Line", "", "a" * 65, "x.toml"):
            assert client.post("/api/scenarios", json={**body, "name": name}).status_code == 400, name
        assert client.get("/measures/time_to_all.json?scenario=lake-line").status_code == 200
    # another server finds it, and the region itself is as it was
    with opened(tmp_path / "yrd.region") as client:
        assert "lake-line" in [each["name"] for each in client.get("/api/about").json()["scenarios"]]
    assert sorted(file.name for file in (tmp_path / "yrd.region" / "scenarios").iterdir()) == ["lake-line.toml"]
    assert mr.open(tmp_path / "yrd.region").version == "1"


def test_an_example_keeps_no_scenario_and_says_what_would(client):
    answer = client.post("/api/scenarios", json={"name": "x", "scenario": LAKE_LINE})
    assert answer.status_code == 400
    assert "megaregion demo yrd DIR" in answer.json()["error"]


def test_a_scenario_file_is_offered(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(Scenario.from_dict(LAKE_LINE).to_toml(), encoding="utf-8")
    with opened(scenarios=[str(file)]) as client:
        offered = client.get("/scenarios.json").json()["rows"]
        assert [(row["name"], row["kind"]) for row in offered] == [("metro-2026", "shipped"), ("lake line", "given")]
        assert client.get("/measures/time_to_all.json?scenario=lake%20line").status_code == 200
