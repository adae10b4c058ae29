"""The command atlas: states, scenarios and where isochrones begin."""

import gzip
import json

import pytest

import megaregion as mr
from megaregion.cli.app import run

MAX_GZIP = 180_000
"""Data of the shipped region that every reader loads: a phone on a slow line has them in a second or two."""


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def data_of(folder):
    return json.loads((folder / "data.js").read_text(encoding="ascii").partition(" = ")[2].rstrip(";\n"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas") / "atlas"
    assert run(["atlas", str(folder), "--json", "-q"]) == 0
    return folder


def values(data, measure, state, variant=""):
    held = next(one for one in data["measures"] if one["name"] == measure)["values"][variant]
    return held[held[state]["same"]]["values"] if "same" in held[state] else held[state]["values"]


def test_the_atlas_of_the_delta_holds_what_the_measures_give(shipped):
    data = data_of(shipped)
    region = mr.open("yrd")
    ids = [city["id"] for city in data["cities"]]
    assert [state["id"] for state in data["states"] if state["kind"] == "year"] == [
        *("2010", "2012", "2019", "2020", "2021")
    ]
    known = mr.run(region, measures=["fastest_train"], parameters={"year": 2012})["fastest_train"]
    entry = values(data, "fastest_train", "2012")[ids.index("330100") * len(ids) + ids.index("310000")]
    assert entry == known.at(from_id="330100", to_id="310000") == 49 * 60
    gdp = mr.run(region, measures=["gdp"], parameters={"year": 2012})["gdp"].table.set_index("city_id")["value"]
    shown = values(data, "gdp", "2012")
    assert [one is None for one in shown] == gdp.reindex(ids).isna().tolist()
    assert shown[ids.index("310000")] == pytest.approx(gdp["310000"], rel=1e-5)
    assert {question["id"] for question in data["questions"]} >= {"everywhere", "reach", "metro", "weight"}
    assert len(data["claims"]) == len(mr.evidence(region).claims)
    assert data["isochrones"]["start"] == "rail:上海虹桥"
    assert len(gzip.compress((shipped / "data.js").read_bytes())) < MAX_GZIP


def test_the_shipped_scenario_is_compared_with_its_own_base(shipped):
    data = data_of(shipped)
    states = {state["id"]: state for state in data["states"]}
    assert states["metro-2026"]["before"] == "metro-2026-base"
    assert states["metro-2026-base"]["kind"] == "base"
    assert states["metro-2026"]["label"] == {"en": "new metro", "zh": "新地铁"}
    # new lines have no trains before; the metro that the scenario stands on has
    change = states["metro-2026"]["line_change"]
    assert 2 in {group for *_, group, before, after in change if after and not before}
    asked = next(one for one in data["questions"] if one["id"] == "metro")
    assert asked["opens"] == {"state": "metro-2026", "compare": "difference"}
    assert "new_metro_km" in asked["measures"]
    held = next(one for one in data["measures"] if one["name"] == "typical_time")["values"][""]
    assert held["metro-2026"]["status"] == "illustrative"
    assert held["metro-2026"]["scenario"] == "metro-2026"
    assert held["metro-2026-base"]["scenario"] is None


def test_years_only_or_a_scenario_of_ones_own(capsys, tmp_path):
    assert ask(capsys, "atlas", tmp_path / "a", "--no-scenario", "--no-isochrones")[0] == 0
    data = data_of(tmp_path / "a")
    assert {state["kind"] for state in data["states"]} == {"year"}
    assert data["isochrones"] is None
    assert not (tmp_path / "a" / "data" / "station_times.js").exists()
    fewer = tmp_path / "fewer.toml"
    fewer.write_text(
        'name = "fewer trains"\n[[edits]]\nkind = "remove_line"\nroute_ids = ["rail-2019:G"]\n', encoding="utf-8"
    )
    code, _, err = ask(capsys, "atlas", tmp_path / "b", "--scenario", fewer, "--isochrone-from", "南京南站")
    assert code == 0, err
    data = data_of(tmp_path / "b")
    state = next(one for one in data["states"] if one["kind"] == "scenario")
    assert (state["id"], state["before"], state["label"]["en"]) == ("fewer-trains", "2019", "fewer trains")
    asked = next(one for one in data["questions"] if one["id"] == "scenario-fewer-trains")
    assert asked["words"]["zh"] == "“fewer trains”会改变什么？"
    assert "typical_time" in asked["measures"]
    assert data["isochrones"]["start"] == "rail:南京南"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--isochrone-from", "杭州"), ("--isochrone-from is '杭州'", "expected a station (上海虹桥站) or a stop id")),
        (("--isochrone-from", "上海红桥站"), ("no city, station or stop '上海红桥站'", "上海虹桥", "Give a city")),
        # opened in 2013
        (("--isochrone-from", "杭州东站"), ("'杭州东站' in the timetable of 2012",)),
        (("--isochrone-from", "上海虹桥站", "--no-isochrones"), ("give one of", "not both")),
        (("--scenario", "metro-2026", "--no-scenario"), ("give one of --scenario and --no-scenario",)),
        (("--scenario", "none.toml"), ("none.toml",)),
    ],
)
def test_what_cannot_be_shown_is_refused_before_the_long_work(capsys, tmp_path, options, words):
    code, _, err = ask(capsys, "atlas", tmp_path / "atlas", *options)
    assert code != 0
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []
