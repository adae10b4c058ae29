"""The metro of the shipped region: its tables, what its links add up to, and what they change from door to door."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError
from megaregion.region.model import Region
from megaregion.region.scenario import Scenario
from megaregion.region.schema import check_frame, check_references, conform
from megaregion.study import metro_links
from megaregion.study.metro_feed import FEED_ID, Variation, call_times_s, metro_base, metro_lines, metro_scenario
from megaregion.study.metro_gains import link_gains, stations_as_zones
from megaregion.study.regions import example, example_scenario, scenario_names
from megaregion.study.zone_travel import road_times_s

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "yrd-metro.md").read_text(encoding="utf-8")
CLAIMS = (ROOT / "src" / "megaregion" / "examples" / "yrd" / "claims.toml").read_text(encoding="utf-8")
_SPEC = importlib.util.spec_from_file_location("check_yrd_metro", ROOT / "tools" / "check_yrd_metro.py")
assert _SPEC is not None
assert _SPEC.loader is not None
check = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check)

WORST_RECALLED_KM = 4.0
"""docs/yrd-metro.md says so of recalled positions."""


def frame(table, columns, *rows):
    return conform(table, pd.DataFrame(rows, columns=columns.split()))


def world(*, length_km=30.0, run_status="illustrative", state="operating", opened="2024"):
    """Two zones 30 km apart on a meridian, a link between them, and a city line and a train that help nobody."""
    d = 30.0 / 111.195  # degrees of latitude
    source = ("s", "confirmed")
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), True)
    spans = {"start_date": "2019-10-01", "end_date": "2019-10-31"}
    facts = [
        ("link", "length", length_km, "km", *source),
        ("link", "run_time", 1200, "s", "s", run_status),
        ("link", "peak_headway", 600, "s", *source),
        ("link", "offpeak_headway", 600, "s", "s", "illustrative"),
        ("far", "run_time", 600, "s", *source),
        ("far", "peak_headway", 600, "s", *source),
        ("far", "offpeak_headway", 600, "s", *source),
    ]
    tables = {
        "feeds": frame(
            "feeds",
            "feed_id kind year time_zone first_date last_date change_time_s",
            ("rail-2019", "patterns", 2019, "Asia/Shanghai", "2019-10-01", "2019-10-31", 900),
        ),
        "calendar": conform("calendar", pd.DataFrame([{"service_id": "d", "feed_id": "rail-2019"} | days | spans])),
        "routes": frame("routes", "route_id feed_id mode", ("r", "rail-2019", 2)),
        "trips": frame("trips", "trip_id feed_id route_id service_id", ("t", "rail-2019", "r", "d")),
        "stop_times": frame(
            "stop_times",
            "trip_id stop_sequence stop_id arrival_s departure_s",
            ("t", 1, "rail:x", 30000, 30000),
            ("t", 2, "rail:y", 33600, 33600),
        ),
        "stops": frame("stops", "stop_id name lon lat", ("rail:x", "x", 100.0, 40.0), ("rail:y", "y", 101.0, 40.0)),
        "metro_lines": frame(
            "metro_lines",
            "line_id name cities role link state as_of opened mode",
            ("link", "the link", "1 2", "between_cities", "A-B", state, "2026-11-23", opened, 1),
            ("far", "far away", "3", "city", "", "operating", "2026-11-23", "2000", 1),
        ),
        "metro_facts": frame("metro_facts", "line_id indicator value unit source_id status", *facts),
        "metro_stations": frame(
            "metro_stations",
            "station_id name lon lat city_id source_id status",
            ("metro:a", "a", 120.0, 31.0, "1", *source),
            ("metro:m", "m", 120.0, 31.0 + d / 3, "1", *source),
            ("metro:b", "b", 120.0, 31.0 + d, "2", *source),
            ("metro:c", "c", 100.0, 41.0, "3", *source),
            ("metro:d", "d", 100.1, 41.0, "3", *source),
        ),
        "metro_calls": frame(
            "metro_calls",
            "line_id call_sequence station_id time_s",
            ("link", 1, "metro:a", None),
            ("link", 2, "metro:m", None),
            ("link", 3, "metro:b", None),
            ("far", 1, "metro:c", None),
            ("far", 2, "metro:d", None),
        ),
        "zones": frame(
            "zones",
            "zone_id city_id name lon lat people year people_source_id people_status "
            "position_source_id position_status",
            ("A", "1", "A", 120.0, 31.0, 1000, 2020, *source, *source),
            ("B", "2", "B", 120.0, 31.0 + d, 3000, 2020, *source, *source),
        ),
    }
    return Region("world").with_tables(tables)


def claimed(region, folder, km=380):
    """Give the verdict on the shipped claim of so many km."""
    (text,) = (part for part in CLAIMS.split("[[claims]]\n") if 'id = "metro-380-km"' in part)
    text = text.replace("value = 380\n", f"value = {km}\n").replace("near_km = 380,", f"near_km = {km},")
    file = folder / "claims.toml"
    file.write_text("[[claims]]\n" + text, encoding="utf-8")
    (claim,) = mr.evidence(region, file).claims
    return claim


def verdicts(claim):
    return {reading["verdict"] for reading in claim.variants}


def test_tables_pass_their_schemas_and_every_reference_resolves():
    tables = {name: check.read(name) for name in (*check.TABLES, *check.FOREIGN)}
    for name in check.TABLES:
        assert not len(check_frame(name, tables[name])), check_frame(name, tables[name]).render()
    assert not len(check_references(tables, only=check.TABLES)), check_references(tables, only=check.TABLES).render()


def test_an_assumed_figure_says_so_and_a_source_is_used():
    facts, lines, stations = check.read("metro_facts"), check.read("metro_lines"), check.read("metro_stations")
    assert ((facts["source_id"] == "metro-assumed") == (facts["status"] == "illustrative")).all()
    assert not ((stations["source_id"] == "metro-recalled") & (stations["status"] == "confirmed")).any()
    zones, calls = check.read("zones"), check.read("metro_calls")
    columns = [facts["source_id"], lines["source_id"], stations["source_id"], calls["source_id"]]
    used = set(pd.concat([*columns, zones["people_source_id"], zones["position_source_id"]]))
    held = pd.read_csv(check.FOLDER / "sources_metro.csv")
    assert set(held["source_id"]) <= used
    assert held[~held["source_id"].isin(["metro-recalled", "metro-assumed"])]["url"].str.startswith("http").all()


def test_people_of_the_zones_add_up_to_the_census_of_their_city():
    region = example("yrd")
    facts = region.table("city_facts").query("indicator == 'population_census' and year == 2020")
    census = facts.set_index("city_id")["value"]
    people = region.table("zones").groupby("city_id")["people"].sum()
    assert len(people) == 4
    assert (people == census[people.index]).all()


def test_every_call_is_later_than_the_one_before():
    region = example("yrd")
    lines = metro_lines(region)
    for line_id in lines[lines["modelled"]]["line_id"]:
        seconds = [time for _, time in call_times_s(region, line_id)]
        assert seconds[0] == 0
        assert (np.diff(seconds) > 0).all(), line_id


def test_time_is_shared_out_by_straight_lines_where_no_source_gives_it():
    assert call_times_s(world(), "link") == [("metro:a", 0), ("metro:m", 400), ("metro:b", 1200)]
    region = world()
    calls = region.table("metro_calls")
    calls.loc[1, "time_s"] = 900
    assert call_times_s(region.with_table("metro_calls", calls), "link")[1:] == [("metro:m", 900), ("metro:b", 1200)]


def test_only_assumed_figures_vary():
    slow = Variation(run_time_factor=1.5, headway_factor=2.0)
    assert call_times_s(world(), "link", slow)[-1] == ("metro:b", 1800)
    assert call_times_s(world(run_status="confirmed"), "link", slow)[-1] == ("metro:b", 1200)
    edit = metro_scenario(world(), variation=slow).entries[0].edit
    assert edit.headway_s == 1200
    with pytest.raises(InputError, match="headway_factor is 0; expected a number above 0"):
        Variation(headway_factor=0)


def test_gains_of_one_link_worked_by_hand():
    """600 s to the station, half a headway of 600 s, 1200 s of ride, 600 s from the station; by road 30 km x 1.3."""
    gains = link_gains(world(), window=("08:00", "09:00"))
    road = 600 + 30_000 * 1.3 / (25 / 3.6)
    assert gains.before_s[0, 1] == pytest.approx(road, abs=2)
    assert gains.after_s[0, 1] == pytest.approx(600 + 300 + 1200 + 600, abs=1)
    assert gains.before_s[0, 0] == gains.after_s[0, 0] == 0
    assert gains.pairs[["from_id", "to_id", "people"]].to_numpy().tolist() in (
        [["A", "B", 4000], ["B", "A", 4000]],
        [["B", "A", 4000], ["A", "B", 4000]],
    )
    by = gains.people.set_index("minutes")
    assert by.loc[30, ["zones", "people", "people_any", "pairs"]].tolist() == [2, 4000, 4000, 2]
    assert by.loc[30, "person_pair_share"] == 1
    assert by.loc[60, ["zones", "people", "pairs"]].tolist() == [0, 0, 0]
    assert gains.mean_gain_s == pytest.approx(gains.gain_s[[0, 1], [1, 0]].mean(), abs=2)
    assert gains.cities["gain_s"].tolist() == pytest.approx([gains.gain_s[0, 1], gains.gain_s[1, 0]])


def test_stations_can_stand_for_zones():
    region = example("yrd")
    zones = stations_as_zones(region)
    assert not len(check_frame("zones", zones))
    assert (region.table("metro_stations")["station_id"].str.startswith("metro:")).sum() == len(zones)


def test_no_link_no_gain():
    gains = link_gains(world(), Scenario("nothing"), window=("08:00", "09:00"))
    assert not gains.gain_s.any()
    assert (gains.before_s == road_times_s(gains.zones)).all()


def test_a_link_that_was_open_before_is_of_the_base():
    old = world(opened="2013-10-16")
    assert not metro_scenario(old).entries
    assert (metro_base(old).table("trips")["feed_id"] == FEED_ID).sum() == 4
    assert (metro_base(world()).table("trips")["feed_id"] == FEED_ID).sum() == 2


@pytest.mark.parametrize(
    ("length_km", "state", "verdicts", "verdict"),
    [
        (380.0, "operating", {"confirmed"}, "confirmed"),
        (395.0, "operating", {"confirmed"}, "confirmed"),
        (300.0, "operating", {"contradicted"}, "contradicted"),
        (np.nan, "operating", {"not decidable"}, "not decidable"),
        # read as open it is nothing, read as planned it fits
        (380.0, "planned", {"contradicted", "confirmed"}, "not decidable"),
    ],
)
def test_a_claim_is_tested(length_km, state, verdicts, verdict, tmp_path):
    region = world(length_km=length_km, state=state)
    facts = region.table("metro_facts")
    claim = claimed(region.with_table("metro_facts", facts[facts["value"].notna()]), tmp_path)
    assert {reading["verdict"] for reading in claim.variants if reading["measure"] == claim.measure} == verdicts
    assert claim.verdict == verdict


def test_a_claim_that_only_a_selection_fits_is_not_decidable(tmp_path):
    region = example("yrd")
    assert (verdicts(claimed(region, tmp_path)), claimed(region, tmp_path).verdict) == (
        {"contradicted", "confirmed"},
        "not decidable",
    )
    # less than any reading, and no selection of links gives it: but one of those of unknown length may
    assert verdicts(claimed(region, tmp_path, 20)) == {"contradicted", "not decidable"}
    assert claimed(region, tmp_path, 20).verdict == "not decidable"
    facts = region.table("metro_facts")
    lines = set(facts.loc[facts["indicator"].eq("length") & facts["value"].notna(), "line_id"])
    known = region.with_table("metro_lines", region.table("metro_lines").query("line_id in @lines"))
    known = known.with_table("metro_facts", facts[facts["line_id"].isin(lines)])
    assert claimed(known, tmp_path, 20).verdict == "contradicted"
    # links of unknown length could make it up
    assert claimed(region, tmp_path, 2000).verdict == "not decidable"


def test_kilometres_are_the_sum_of_the_lengths():
    region = example("yrd")
    sums = metro_links.link_kilometres(region)
    facts = region.table("metro_facts").query("indicator == 'length'").set_index("line_id")["value"]
    between = ["sz-11", "taicang-lead", "watertown", "suxichang", "suxi-express", "sz-12"]
    assert sums[sums["role"] == "between_cities"]["km"].sum() == pytest.approx(facts[between].sum())
    assert sums["without_length"].sum() == 5
    assert f"{sums[sums['role'] == 'between_cities']['km'].sum():.2f}" in PAGE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: metro_scenario(world(), states=["open"]),
            "state 'open' is not known; expected one or more of operating",
        ),
        (lambda: metro_lines(Region("bare")), "region 'bare' holds no metro lines; bring tables"),
        (
            lambda: metro_base(world(), beside="rail"),
            "no timetable 'rail' for the metro to stand beside; it has rail-2019",
        ),
        (
            lambda: link_gains(world().with_table("zones", world().table("zones").head(0))),
            "region 'world' has no zones; bring them with `megaregion import table zones FILE`",
        ),
        (
            lambda: example_scenario("metro-2025"),
            r"no scenario 'metro-2025' comes with the example 'yrd'; it has metro-2026. Did you mean 'metro-2026'\?",
        ),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_the_shipped_scenario_is_the_one_that_the_tables_make():
    region = example("yrd")
    shipped = example_scenario("metro-2026")
    assert scenario_names() == ("metro-2026",)
    assert shipped.scenario.to_toml() == metro_scenario(region).to_toml()
    result = shipped.apply(region)
    assert [touched["routes"] for touched in result.touched.values()] == [1] * len(shipped.scenario.entries)
    assert all(each.comment for each in shipped.scenario.entries)
    assert shipped.scenario.entries[0].edit.line_id == "sz-11"


def test_the_rail_timetables_stay_what_they_were():
    region = example("yrd")
    assert region.table("feeds")["feed_id"].tolist() == ["rail-2012", "rail-2019"]
    base = metro_base(region)
    old = region.table("trips")
    assert base.table("trips").head(len(old)).equals(old)
    assert metro_base(base) is base


def test_open_links_slow_nobody_and_the_page_tells_their_gains():
    gains = link_gains(example("yrd"), states=["operating"])
    assert (gains.gain_s >= 0).all()
    assert gains.gain_s.any()
    by = gains.people.set_index("minutes")
    assert f"| opened since 2020 | 10 min | {by.loc[10, 'people'] / 1e6:.1f} m |" in PAGE
    assert f"| opened since 2020 | mean over person pairs | {gains.mean_gain_s / 60:.1f} min |" in PAGE
    between = gains.cities.set_index(["from_id", "to_id"])["largest_gain_s"]
    # docs: line 11 of Suzhou saves no zone's centre a minute to Shanghai
    assert between["320500", "310000"] < 60


def test_the_page_tells_how_much_is_confirmed():
    counts = check.coverage()
    words = {
        "length": "length of a line",
        "state and opening": "state and opening",
        "run_time": "run time",
        "peak_headway": "peak headway",
        "offpeak_headway": "headway at other times",
        "station positions": "position of a station",
        "people of zones": "people of a zone",
        "centres of zones": "centre of a zone",
    }
    for name, title in words.items():
        assert f"| {title} | {' | '.join(map(str, counts.loc[name]))} |" in PAGE


def test_figures_agree_with_data_that_are_not_shipped(shared_data):
    lengths = check.length_differences(shared_data)
    assert len(lengths) == len(check.CHECK_LINES)
    assert lengths["ratio"].between(*check.LENGTH_RATIO).all()
    openings = check.opening_differences(shared_data)
    assert (openings["held"] == openings["check"]).all()
    positions = check.position_differences(shared_data)
    assert len(positions) > 70
    assert positions["distance_m"].max() / 1000 < WORST_RECALLED_KM + 0.05
    assert positions[positions["status"] == "confirmed"]["distance_m"].max() < 1000
