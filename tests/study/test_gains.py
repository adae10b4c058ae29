"""What a scenario changes for people: measures of gains between zones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import NoDataError
from megaregion.publish.atlas_data import zone_places
from megaregion.region.model import Region
from megaregion.region.scenario import Scenario
from megaregion.region.schema import conform
from megaregion.study.indicators import gains as measured
from megaregion.study.measures import measures
from megaregion.study.regions import example, example_scenario
from megaregion.study.zone_travel import GAINS_MIN, zone_gains

PAGE = Path(__file__).resolve().parents[2] / "docs" / "yrd-metro.md"

KM_DEGREE = 111.195
"""Length of a degree of latitude, km."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MEASURED = ("people_gaining", "pairs_gaining", "zone_gains")


def table(name, columns, *rows):
    return conform(name, pd.DataFrame(rows, columns=columns.split()))


def world(people=(1000, 3000, 6000)):
    """Zones A and B 30 km apart in cities 1 and 2, and C 30 km further in city 2; a train that calls far from them."""
    d = 30.0 / KM_DEGREE
    source = ("s", "confirmed")
    zones = (("A", "1", "甲", "A", 31.0), ("B", "2", "乙", "B", 31.0 + d), ("C", "2", "丙", "C", 31.0 + 2 * d))
    span = {"service_id": "d", "feed_id": "f", "start_date": "2019-10-01", "end_date": "2019-10-31"}
    frames = {
        "feeds": table(
            "feeds",
            "feed_id kind year time_zone first_date last_date change_time_s source_id status",
            ("f", "patterns", 2019, "Asia/Shanghai", "2019-10-01", "2019-10-31", 300, *source),
        ),
        "calendar": conform("calendar", pd.DataFrame([span | dict.fromkeys(DAYS, True)])),
        "routes": table("routes", "route_id feed_id mode", ("r", "f", 2)),
        "trips": table("trips", "trip_id feed_id route_id service_id", ("t", "f", "r", "d")),
        "stop_times": table(
            "stop_times",
            "trip_id stop_sequence stop_id arrival_s departure_s",
            ("t", 1, "x", 30000, 30000),
            ("t", 2, "y", 33600, 33600),
        ),
        "stops": table("stops", "stop_id name lon lat", ("x", "x", 100.0, 40.0), ("y", "y", 101.0, 40.0)),
        "zones": table(
            "zones",
            "zone_id city_id name name_en lon lat people year people_source_id people_status position_source_id "
            "position_status",
            *(
                (*zone[:4], 120.0, zone[4], count, 2020, *source, *source)
                for zone, count in zip(zones, people, strict=True)
            ),
        ),
    }
    return Region("world").with_tables(frames)


def link():
    """A line from A to B: every 10 min, 20 min of ride."""
    d = 30.0 / KM_DEGREE
    stops = [
        {"stop_id": "m:a", "name": "a", "lon": 120.0, "lat": 31.0, "city_id": "1"},
        {"stop_id": "m:b", "name": "b", "lon": 120.0, "lat": 31.0 + d, "city_id": "2"},
    ]
    return Scenario("link").add_line(
        name="link", feed_ids=["f"], mode=1, stops=stops, hop_times_s=[1200], headway_s=600, start="05:00", end="23:59"
    )


def asked(region, scenario, **parameters):
    return mr.run(region, scenario, measures=list(MEASURED), parameters=parameters)


def test_gains_of_one_link_worked_by_hand():
    """
    A to B by road 600 s + 30 km x 1.3 at 25 km/h; by the link 600 s to the station, 300 s of wait, 1200 s, 600 s.

    A to C by road 600 s + 60 km x 1.3 at 25 km/h; the link saves nobody more, for from B it is another 30 km by road.
    """
    found = asked(world(), link(), minutes=30)
    gain = (600 + 30_000 * 1.3 / (25 / 3.6)) - (600 + 300 + 1200 + 600)
    further = (600 + 60_000 * 1.3 / (25 / 3.6)) - (600 + 300 + 1200 + 600 + 30_000 * 1.3 / (25 / 3.6))
    people = found["people_gaining"].table.iloc[0]
    # C is 94 min by road from the nearest station, further than anybody goes
    assert people["value"] == 1000 + 3000
    assert people["of_people"] == 10_000
    assert people["zones"] == 2
    assert people["losing"] == 0
    pairs = found["pairs_gaining"].table.iloc[0]
    assert pairs["value"] == pytest.approx(1000 * 3000 / (1000 * 3000 + 1000 * 6000))
    assert people["person_pair_share"] == pairs["value"]
    assert pairs[["pairs", "of_pairs"]].tolist() == [2, 4]
    zones = found["zone_gains"].table.set_index("zone_id")
    assert further > 0
    assert zones.loc["A", "value"] == pytest.approx(gain * 3000 / 9000, abs=2)
    assert zones.loc["B", "value"] == pytest.approx(gain, abs=2)
    assert zones.loc["C", "value"] == 0
    assert zones["largest_gain_s"].tolist() == pytest.approx([gain, gain, 0], abs=2)
    assert pairs["mean_gain_s"] == pytest.approx(gain / 3, abs=2)


def test_a_scenario_that_changes_nothing_brings_nobody_nearer():
    found = asked(world(), Scenario("nothing"))
    assert found["people_gaining"].value == found["pairs_gaining"].value == 0
    assert not found["zone_gains"].table["value"].any()


def test_the_same_change_backwards_loses_what_was_gained():
    before, after = world(), link().apply(world()).region
    there = measured.people_gaining(before, after, minutes=30, year=2019).table.iloc[0]
    back = measured.people_gaining(after, before, minutes=30, year=2019).table.iloc[0]
    assert (there["value"], there["losing"]) == (back["losing"], back["value"])
    assert there["mean_gain_s"] == -back["mean_gain_s"]


def test_results_of_two_bases_have_two_keys():
    """A link that one base has already: what the scenario gives is the same, and what it changes is not."""
    keys = {
        asked(region, link())["people_gaining"].provenance["key"] for region in (world(), world((1000, 3000, 5000)))
    }
    assert len(keys) == 2


def test_a_change_needs_a_scenario():
    with pytest.raises(
        NoDataError, match=r"measure 'zone_gains' is of what a scenario changes, and none is given\. Give"
    ):
        mr.run(world(), measures=["zone_gains"])
    everything = mr.run(world())
    assert set(MEASURED) <= set(everything.missing)
    assert {name for name, each in measures().items() if each.change and each.question == "metro"} == set(MEASURED)


@pytest.mark.parametrize("people", [(0, 3000, 6000), (0, 0, 0)])
def test_zones_without_people_in_two_cities_are_said(people):
    with pytest.raises(NoDataError, match=r"no zones with people in two cities\. Bring them: megaregion import table"):
        asked(world(people), link())


def test_an_atlas_of_zones_gives_them_as_its_cities():
    places = zone_places(world(), pd.DataFrame({"city_id": ["2", "1"]}))
    assert [(each["id"], each["city"], each["population"]) for each in places] == [
        ("A", 1, 1000),
        ("B", 0, 3000),
        ("C", 0, 6000),
    ]


def test_the_shipped_metro_gives_what_its_page_says_and_is_illustrative():
    """Against the pairs of zones themselves, counted here, and against the page."""
    region, shipped = example("yrd"), example_scenario("metro-2026")
    base = shipped.base(region)
    pairs = zone_gains((base, 2019), (shipped.apply(region).region, 2019)).pairs
    zones = region.table("zones").set_index("zone_id")
    weight = (pairs["from_id"].map(zones["people"]) * pairs["to_id"].map(zones["people"])).astype("float64")
    page = PAGE.read_text(encoding="utf-8")
    found = asked(region, "metro-2026", minutes=20)
    near = pairs["gain_s"] >= 20 * 60
    people = int(zones.loc[pairs.loc[near, "from_id"].unique(), "people"].sum())
    share = float(weight[near].sum() / weight.sum())
    assert found["people_gaining"].value == people
    assert found["pairs_gaining"].value == pytest.approx(share)
    row = found["people_gaining"].table.iloc[0]
    assert (
        f"| and planned | 20 min | {people / 1e6:.1f} m | {row['zones']:.0f} | {int(near.sum())} | {share:.1%} |"
        in page
    )
    assert f"| and planned | mean over person pairs | {row['mean_gain_s'] / 60:.1f} min |" in page
    by_zone = found["zone_gains"].table.set_index("zone_id")["value"]
    there = pairs["to_id"].map(zones["people"]).astype("float64")
    mean = (pairs["gain_s"] * there).groupby(pairs["from_id"]).sum() / there.groupby(pairs["from_id"]).sum()
    assert np.allclose(by_zone[mean.index], mean)
    assert {found[name].provenance["status"] for name in MEASURED} == {"illustrative"}
    assert measures()["people_gaining"].parameters[0].choices == GAINS_MIN
