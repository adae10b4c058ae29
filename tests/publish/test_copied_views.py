"""
The lines that the page offers for a view are run, and give the numbers of the view.

`copied_views.json` holds views and their lines; `web/test/copy_as.test.ts` holds the page to writing just these.
"""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import megaregion as mr
from megaregion.cli.app import run
from megaregion.publish.atlas_layers import build_layers
from megaregion.publish.atlas_states import AtlasState
from megaregion.publish.atlas_stations import TimetableState, build_station_times
from megaregion.publish.report_reach import station_reach
from megaregion.region.points import Points
from megaregion.study.city_travel import city_travel
from megaregion.study.measures import Words
from megaregion.study.reached_land import PAGE_TOLERANCE, reached_land
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from megaregion.study.spread import spread_of
from megaregion.study.walking import walking
from support.page_code import ask_page, at_hand

CASES = {
    case["name"]: case for case in json.loads(Path(__file__).with_name("copied_views.json").read_text(encoding="utf-8"))
}
HANGZHOU, SHANGHAI = "330100", "310000"


def printed(name, capsys):
    """Run the Python lines as a reader would; gives what they print and the names that they define."""
    names = {"__name__": "__main__"}
    exec(compile(CASES[name]["copied"]["python"], name, "exec"), names)  # noqa: S102 - that is what is tested
    return capsys.readouterr().out, names


@pytest.fixture(scope="module")
def region():
    return mr.open("yrd")


def travel(region, year):
    walks = walking(region)
    return city_travel(region, year=year, rules=walks.rules, streets=walks.streets)


def of_pair(matrix, ids, origin, destination):
    return matrix[ids.index(origin), ids.index(destination)]


def test_every_view_is_run_here():
    assert set(CASES) == {
        "a pair in one year",
        "a pair, the last year less the first",
        "typical journeys from a city",
        "a city with a parameter",
        "all cities",
        "one value",
        "outlines in one year",
        "outlines in two years",
        "a pair in a scenario, less what it stands on",
        "outlines in a scenario, and in what it stands on",
        "the claims",
    }


def test_a_pair(region, capsys):
    now, then = travel(region, 2019), travel(region, 2012)
    ids = now.times.origin_ids
    trains = [of_pair(each.fastest_train_s(), ids, HANGZHOU, SHANGHAI) for each in (now, then)]
    assert float(printed("a pair in one year", capsys)[0]) == trains[0]
    assert float(printed("a pair, the last year less the first", capsys)[0]) == trains[0] - trains[1]


def test_typical_journeys_and_their_command(region, capsys):
    times = travel(region, 2019).times
    median = times.travel_time_s[times.percentiles.index(50)]
    _, names = printed("typical journeys from a city", capsys)
    rows = names["rows"].set_index("to_id")["value"]
    assert len(rows) == len(times.origin_ids) - 1
    for city, value in rows.items():
        assert value == of_pair(median, times.origin_ids, HANGZHOU, city)
    command = shlex.split(CASES["typical journeys from a city"]["copied"]["shell"])
    assert run([*command[1:], "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["measures"]
    wanted = of_pair(median, times.origin_ids, HANGZHOU, SHANGHAI)
    assert [row["value"] for row in found["rows"] if (row["from_id"], row["to_id"]) == (HANGZHOU, SHANGHAI)] == [wanted]


def test_the_command_of_a_city(capsys):
    assert run([*shlex.split(CASES["a city with a parameter"]["copied"]["shell"])[1:], "--json"]) == 0
    (measure,) = json.loads(capsys.readouterr().out)["measures"]
    assert measure["parameters"]["minutes"] == 60


def test_the_claims_and_their_command(region, capsys):
    claims = mr.evidence(region).claims
    text = printed("the claims", capsys)[0]
    assert all(claim.id in text for claim in claims)
    assert run([*shlex.split(CASES["the claims"]["copied"]["shell"])[1:], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["claims"]
    assert [(one["id"], one["verdict"]) for one in shown] == [(claim.id, claim.verdict) for claim in claims]


def test_cities_and_values(region, capsys):
    whole = mr.run(region, measures=["people_within"], parameters={"year": 2019, "minutes": 60})["people_within"]
    assert float(printed("a city with a parameter", capsys)[0]) == whole.at(city_id=SHANGHAI)
    _, names = printed("all cities", capsys)
    facts = region.table("city_facts")
    gdp = facts[(facts["indicator"] == "gdp") & (facts["year"] == 2021) & (facts["city_id"] == SHANGHAI)]["value"]
    assert names["result"].at(city_id=SHANGHAI) in set(gdp)
    assert float(printed("one value", capsys)[0]) == len(region.table("cities"))


@pytest.mark.parametrize("name", ["outlines in one year", "outlines in two years"])
def test_outlines_and_their_command(name, region, capsys):
    view = CASES[name]["view"]
    walks = walking(region)
    timetable = walks.timetable(region, year=2019)
    exact = reached_land(
        region,
        timetable,
        Points(("x",), np.array([view["lon"]]), np.array([view["lat"]])),
        spread_of([timetable], walks),
        cutoffs_s=[60 * minutes for minutes in view["cutoffs_min"]],
        percentiles=(view["percentile"],),
    ).table["area_km2"]
    _, names = printed(name, capsys)
    assert names["after" if view["before"] else "found"].table["area_km2"].tolist() == exact.tolist()
    column = "after_km2" if view["before"] else "area_km2"
    assert [row[column] for row in command(CASES[name]["copied"]["shell"], capsys)] == pytest.approx(exact.tolist())


def command(line, capsys):
    """Run a copied command; gives its rows."""
    capsys.readouterr()
    assert run([*shlex.split(line)[1:], "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows
    return rows


@pytest.mark.skipif(not at_hand(), reason="Node or web/node_modules are not at hand (npm ci)")
def test_the_land_of_the_page_is_that_of_the_copied_command_and_of_the_report(region, capsys):
    walks = walking(region)
    timetables = {year: walks.timetable(region, year=year) for year in (2012, 2019)}
    states = [TimetableState(key=str(y), title=("", ""), year=y, timetable=one) for y, one in timetables.items()]
    found = build_station_times(region, states, ground=ROAD, max_time_s=MAX_ROAD_S)
    state = AtlasState(id="2019", kind="year", label=Words("2019", "2019"), year=2019, before=None, region=region)
    base = build_layers(region, [state]).base
    report = station_reach(region).figures
    start = {"lon": report["station"]["lon"], "lat": report["station"]["lat"], "percentile": 50}
    cutoffs = [round(each / 60) for each in report["cutoffs_s"]]
    two = CASES["outlines in two years"]["view"]
    asked = [
        {**start, "state": "2019", "before": "2012", "cutoffs_min": cutoffs},
        {**{key: two[key] for key in ("lon", "lat", "percentile", "cutoffs_min")}, "state": "2019", "before": "2012"},
    ]
    station, view = ask_page(found.figures, found.script, asked, base)
    # the command by name, the report, and the page at the mark of the station
    times = ",".join(map(str, cutoffs))
    rows = command(f"megaregion isochrone 上海虹桥站 --year 2019 --against 2012 --cutoffs {times}", capsys)
    parts = {"2012": "before_km2", "2019": "after_km2", "gained": "gained_km2", "lost": "lost_km2"}
    for part, column in parts.items():
        assert [one["area_km2"] for one in report["parts"][part]] == [round(row[column], 1) for row in rows], part
    # and the point that the page copies
    here = f"{start['lon']},{start['lat']}"
    again = command(f"megaregion isochrone {here} --year 2019 --against 2012 --cutoffs {times}", capsys)
    assert [{**row, "origin_id": ""} for row in again] == [{**row, "origin_id": ""} for row in rows]
    near(station, rows)
    near(view, command(CASES["outlines in two years"]["copied"]["shell"], capsys))


def near(page, rows):
    for land, changes, row in zip(page["land_km2"], page["changes"], rows, strict=True):
        assert land == pytest.approx(row["after_km2"], rel=PAGE_TOLERANCE)
        whole = max(row["after_km2"], row["before_km2"])
        assert changes["gained"] == pytest.approx(row["gained_km2"], abs=PAGE_TOLERANCE * whole)
        assert changes["lost"] == pytest.approx(row["lost_km2"], abs=PAGE_TOLERANCE * whole)


def test_a_scenario_and_what_it_stands_on(capsys):
    shown, names = printed("a pair in a scenario, less what it stands on", capsys)
    # a metro line makes nobody slower
    assert float(shown) <= 0
    assert names["after"].provenance["scenario"] == "metro-2026"
    name = "outlines in a scenario, and in what it stands on"
    _, names = printed(name, capsys)
    changes = names["after"].changes(names["before"])
    assert run([*shlex.split(CASES[name]["copied"]["shell"])[1:], "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    for column in ("before_km2", "after_km2", "gained_km2", "lost_km2"):
        assert row[column] == pytest.approx(changes[column].iloc[0]), column
