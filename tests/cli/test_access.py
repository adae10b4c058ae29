"""The commands access and isochrone as their users meet them."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.cli.app import run


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def ask_json(capsys, *arguments):
    code, out, _ = ask(capsys, *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_access_of_cities_agrees_with_the_library(capsys):
    found = ask_json(capsys, "access", "--year", "2019", "--cutoffs", "60,120", "--opportunities", "gdp")
    region = mr.open("yrd")
    timetable = mr.mobility.Timetable.from_region(region, year=2019)
    places = mr.mobility.Places.cities(timetable, region.table("cities"))
    times = mr.mobility.travel_time_matrix(timetable, places, places, percentiles=(50,))
    facts = region.table("city_facts")
    facts = facts[(facts["indicator"] == "gdp") & (facts["year"] == found["provenance"]["figures"]["gdp"])]
    gdp = facts.sort_values("vintage", kind="stable", na_position="first").drop_duplicates("city_id", keep="last")
    gdp = gdp.set_index("city_id")["value"].reindex(list(times.destination_ids)).to_numpy(float)
    wanted = np.where(times.median_s <= 7200, gdp, 0).sum(axis=1)
    rows = pd.DataFrame(found["rows"]).set_index("city_id").loc[list(times.origin_ids)]
    assert rows["gdp_within_7200s"].tolist() == pytest.approx(wanted.tolist(), rel=1e-12)
    assert found["rows"][0]["gdp_within_3600s"] == rows["gdp_within_3600s"].max()
    equity = {row["measure"]: row for row in found["equity"]}
    assert equity.keys() == {"gdp_within_3600s", "gdp_within_7200s"}
    people = facts_of(region, "population_census").reindex(rows.index).to_numpy(float)
    assert equity["gdp_within_7200s"]["gini"] == pytest.approx(mr.mobility.gini(wanted, people))
    assert equity["gdp_within_7200s"]["mean"] == pytest.approx(np.average(wanted, weights=people))


def facts_of(region, indicator):
    facts = region.table("city_facts")
    return facts[(facts["indicator"] == indicator) & (facts["year"] == 2020)].set_index("city_id")["value"]


def test_then_and_now_hold_the_figures_and_change_the_timetable(capsys, tmp_path):
    file = tmp_path / "access.csv"
    question = ("--opportunities", "gdp", "--cutoffs", "120")
    code, out, _ = ask(capsys, "access", "--year", "2019", "--against", "2012", *question, "-o", file)
    assert code == 0
    assert "(before: " in out
    table = pd.read_csv(file, dtype={"city_id": str})
    before = "gdp_within_7200s_before"
    assert (table["gdp_within_7200s"] - table[before]).tolist() == table["gdp_within_7200s_change"].tolist()
    assert table["gdp_within_7200s_change"].abs().max() > 0
    manifest = json.loads((tmp_path / "access.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["about"]["before"]["figures"] == manifest["about"]["figures"]
    assert manifest["about"]["before"]["year"] == 2012
    assert manifest["about"]["equity"][0]["gini_before"] > 0


def test_access_in_chinese(capsys):
    code, out, _ = ask(capsys, "access", "--year", "2019", "--opportunities", "population_census", "--lang", "zh")
    assert code == 0
    assert "population census within 60 min：基尼系数" in out
    assert "万" in out


@pytest.mark.parametrize(
    "decay",
    [
        ("exponential", "--cutoffs", "45"),
        ("logistic", "--cutoffs", "60", "--decay-value", "20"),
        ("linear", "--cutoffs", "60", "--decay-value", "30"),
        ("power", "--decay-value", "1.5"),
    ],
)
def test_every_decay_has_its_option(capsys, decay):
    found = ask_json(capsys, "access", "--year", "2019", "--opportunities", "gdp", "--top", "3", "--decay", *decay)
    assert len(found["rows"]) == 3
    assert len(found["provenance"]["decay"]) == 1


def test_access_of_points_from_door_to_door(capsys, tmp_path):
    """Two doors at two stations; the numbers are those of the station to station matrix plus no walk at all."""
    region = mr.open("yrd")
    stops = region.table("stops").set_index("name")
    rows = pd.DataFrame(
        {
            "id": ["a", "b"],
            "lon": stops.loc[["上海虹桥", "苏州"], "lon"].tolist(),
            "lat": stops.loc[["上海虹桥", "苏州"], "lat"].tolist(),
            "people": [100, 300],
            "jobs": [10, 20],
        }
    )
    rows.to_csv(tmp_path / "doors.csv", index=False)
    found = ask_json(
        capsys, "access", "--year", "2019", "--from", tmp_path / "doors.csv", "--opportunities", "jobs",
        "--cutoffs", "1,120", "--weight", "people", "--window", "08:00-12:00",
    )  # fmt: skip
    by_id = {row["from_id"]: row for row in found["rows"]}
    assert [by_id[door]["jobs_within_60s"] for door in "ab"] == [10, 20]
    assert [by_id[door]["jobs_within_7200s"] for door in "ab"] == [30, 30]
    equity = {row["measure"]: row for row in found["equity"]}
    assert equity["jobs_within_60s"]["mean"] == 17.5


def test_places_without_people_count_one_each_and_the_unknown_is_said(capsys, tmp_path):
    stops = mr.open("yrd").table("stops").set_index("name")
    where = stops.loc[["上海虹桥", "苏州"], ["lon", "lat"]].assign(id=["a", "b"], jobs=[10, 20], beds=[5, None])
    where.to_csv(tmp_path / "doors.csv", index=False)
    code, out, err = ask(
        capsys, "access", "--year", "2019", "--from", tmp_path / "doors.csv", "--opportunities", "jobs,beds",
        "--cutoffs", "1",
    )  # fmt: skip
    assert code == 0
    assert "beds: 1 of 2 places have no figure, 'b' the first." in err
    assert "jobs:" not in err
    assert "jobs within 1 min: Gini 0.167, Palma 0.50, mean 15 a place" in out
    assert "beds within 1 min: not known: some places have no figure" in out


def test_isochrones_then_and_now_as_a_file(capsys, tmp_path):
    file = tmp_path / "hongqiao.gpkg"
    found = ask_json(
        capsys, "isochrone", "上海虹桥站", "--year", "2019", "--against", "2012",
        "--cutoffs", "30,90", "--cell", "3000", "-o", file,
    )  # fmt: skip
    assert [row["cutoff_s"] for row in found["rows"]] == [1800, 5400]
    for row in found["rows"]:
        change = row["gained_km2"] - row["lost_km2"]
        assert row["after_km2"] - row["before_km2"] == pytest.approx(change, abs=0.01)
    table = gpd.read_file(file)
    assert gpd.list_layers(file)["name"].tolist() == ["hongqiao"]
    assert sorted(set(table["part"])) == ["after", "before", "gained", "lost"]
    assert (tmp_path / "hongqiao.gpkg.manifest.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hongqiao.gpkg", "hongqiao.gpkg.manifest.json"]


def test_a_scenario_that_changes_nothing_gains_nothing(capsys, tmp_path):
    scenario = tmp_path / "nothing.toml"
    scenario.write_text('name = "nothing"\n', encoding="utf-8")
    found = ask_json(
        capsys, "isochrone", "上海虹桥站", "--year", "2019", "--scenario", scenario, "--against", "base",
        "--cutoffs", "60", "--cell", "3000",
    )  # fmt: skip
    assert [(row["gained_km2"], row["lost_km2"]) for row in found["rows"]] == [(0, 0)]


@pytest.mark.parametrize("sides", [("--against", "metro-2026"), ("--scenario", "metro-2026", "--against", "base")])
def test_a_project_is_what_comes_after(capsys, sides):
    """However it is asked, new lines gain land: the scenario is never taken as what was before."""
    question = ("isochrone", "苏州市", *sides, "--cutoffs", "60", "--cell", "3000")
    found = ask_json(capsys, *question)
    assert (found["provenance"]["before"]["what"], found["provenance"]["after"]["what"]) == ("base", "metro-2026")
    (row,) = found["rows"]
    assert row["gained_km2"] > 5 * row["lost_km2"]
    code, out, _ = ask(capsys, *question)
    assert code == 0
    assert "before: base; after: metro-2026" in out


def test_a_city_a_point_and_a_minute(capsys):
    code, out, _ = ask(capsys, "isochrone", "苏州市", "--year", "2019", "--cutoffs", "60", "--cell", "3000")
    assert code == 0
    assert "from 苏州市 (120.5954, 31.3041), timetable of 2019-10-01, departures 06:00-22:00;" in out
    assert "without sea and lakes" in out
    at_point = ask_json(
        capsys, "isochrone", "120.6,31.3", "--at", "08:59", "--year", "2019", "--cutoffs", "60", "--cell", "3000"
    )
    assert at_point["provenance"]["window"] == ["08:59", "09:00"]
    assert at_point["rows"][0]["origin_id"] == "120.6,31.3"
    # the walk alone: the rest of an hour after ten minutes, at 25 km/h and a detour of 1.3
    assert at_point["rows"][0]["area_km2"] > np.pi * (50 / 60 * 25 / 1.3) ** 2 * 0.95


def test_on_foot_less_is_reached(capsys):
    question = ("isochrone", "上海虹桥站", "--year", "2019", "--cutoffs", "30", "--cell", "500")
    road, walk = (ask_json(capsys, *question, "--ground", kind)["rows"][0]["area_km2"] for kind in ("road", "walk"))
    # 20 minutes at 3.6 km/h and a detour of 1.3, around the station
    assert walk == pytest.approx(np.pi * (1.2 / 1.3) ** 2, rel=0.2)
    assert road > 10 * walk


def test_isochrones_in_chinese(capsys):
    code, out, _ = ask(
        capsys, "isochrone", "上海虹桥站", "--year", "2019", "--cutoffs", "30", "--cell", "3000", "--lang", "zh"
    )
    assert code == 0
    assert "自上海虹桥站 (121.3162, 31.1960)出发，2019-10-01 时刻表，出发时段 06:00-22:00；网格3000米；" in out
    assert "至多60分钟；不计海域与湖泊" in out
    assert "面积（平方公里）" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("access", "--decay", "gravity"),
            "--decay is 'gravity'; expected cumulative, exponential, logistic, linear",
        ),
        (("access", "--decay", "logistic"), "--decay logistic needs --decay-value: the standard deviation, min"),
        (("access", "--decay-value", "3"), "--decay-value is 3, but --decay cumulative takes none"),
        (("access", "--decay", "power", "--decay-value", "2", "--cutoffs", "60"), "--decay power has no cut-off"),
        (("access", "--cutoffs", "an hour"), "--cutoffs is 'an hour'; expected minutes with commas between"),
        (("access", "--opportunities", "jobs"), "has no figure 'jobs' of cities; it has gdp, gdp_primary"),
        (("access", "--opportunities", "gpd"), "Did you mean 'gdp'?"),
        (("access", "--to", "jobs.csv"), "--to is given without --from"),
        (("access", "-o", "access.shp"), "expected .csv or .parquet"),
        (("access", "--against", "2015"), "has no timetable of 2015"),
        (("access", "--against", "base"), "--against is 'base', and so is the other side"),
        (("access", "--against", "metro-2026", "--year", "2012"), "metro-2026 stands on the timetable of 2019"),
        (("isochrone", "上海", "--scenario", "metro-2026", "--year", "2012", "--against", "base"), "stands on the"),
        (("compare", "base", "metro-2026", "--year", "2012"), "metro-2026 stands on the timetable of 2019; leave --ye"),
        (("measure", "--scenario", "metro-2026", "--year", "2012"), "metro-2026 stands on the timetable of 2019"),
        (
            ("measure", "typical_time", "--scenario", "metro-2026", "--set", "year=2012"),
            "stands on the timetable of 2019",
        ),
        (("travel-times", "--scenario", "metro-2026", "--year", "2012"), "metro-2026 stands on the timetable of 2019"),
        (
            ("isochrone", "0,0"),
            "point 0,0 lies 12,342 km from the nearest stop or city of 'yrd'; expected LON,LAT within",
        ),
        (("isochrone", "上海湾"), "no city, station or stop '上海湾'"),
        (("isochrone", "上海", "--at", "08:00", "--window", "08:00-09:00"), "give one of --window"),
        (("isochrone", "上海", "-o", "iso.shp"), "ends in '.shp'; expected .gpkg, .geojson or .parquet"),
        (("isochrone", "上海", "--ground", "water"), "--ground is 'water'; expected walk or road"),
        (("isochrone", "上海", "--extent", "1,2,3"), "--extent is '1,2,3'; expected west, south, east and north"),
        (("isochrone", "上海", "--cutoffs", "0"), "--cutoffs is '0'; expected minutes"),
        (("isochrone", "221.3,31.2"), "lies at lon 221.3, lat 31.2; expected degrees"),
    ],
)
def test_bad_input_is_exit_code_2_and_says_what_to_do(capsys, arguments, words):
    code, _, err = ask(capsys, *arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
