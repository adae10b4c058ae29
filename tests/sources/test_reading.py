"""Merging a reading into a region: what of an earlier import stays and what goes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.region.model import Region
from megaregion.region.schema import conform, schema
from megaregion.sources.reading import Reading


def feed(feed_id, stops, *, namespace=None, called=None):
    """Tables of a feed with one trip that calls at the stops named, all of them by default."""
    space = namespace or feed_id
    calls = [f"{space}:{stop}" for stop in (stops if called is None else called)]
    seconds = [60 * place for place in range(len(calls))]
    rows = {
        "feeds": {"feed_id": [feed_id], "kind": "gtfs", "name": feed_id, "time_zone": "Asia/Shanghai"},
        "stops": {"stop_id": [f"{space}:{stop}" for stop in stops], "name": list(stops)},
        "routes": {"route_id": [f"{feed_id}:r"], "feed_id": feed_id, "mode": 3},
        "trips": {"trip_id": [f"{feed_id}:t"], "feed_id": feed_id, "route_id": f"{feed_id}:r", "service_id": "s"},
        "stop_times": {
            "trip_id": f"{feed_id}:t",
            "stop_sequence": range(len(calls)),
            "stop_id": calls,
            "arrival_s": seconds,
            "departure_s": seconds,
        },
    }
    for field in schema("feeds").required:
        rows["feeds"].setdefault(field, 2019 if schema("feeds").field(field).type == "integer" else "2019-10-01")
    return {name: conform(name, pd.DataFrame(columns)) for name, columns in rows.items()}


def stop_ids(region):
    return region.table("stops")["stop_id"].tolist()


def transfer(one, other):
    return conform(
        "transfers",
        pd.DataFrame({"transfer_id": ["x"], "from_stop_id": one, "to_stop_id": other, "kind": "recommended"}),
    )


def test_importing_a_feed_again_leaves_no_stop_of_the_old_one():
    region = Reading(feed("bus2", "Z")).into(Reading(feed("bus", "ABC")).into(Region("r")))
    again = Reading(feed("bus", "BD")).into(region)
    # bus2 is another feed, whatever its name begins with
    assert stop_ids(again) == ["bus2:Z", "bus:B", "bus:D"]


def test_an_old_stop_that_something_else_refers_to_stays_with_its_station():
    old = feed("bus", "ABCDEF", called="A")
    parents = {"bus:B": "bus:C", "bus:C": "bus:D"}
    old["stops"] = old["stops"].assign(parent_stop_id=old["stops"]["stop_id"].map(parents))
    region = Reading(old).into(Region("r")).with_table("transfers", transfer("metro:M", "bus:B"))
    other = feed("metro", "M")
    other["stop_times"] = other["stop_times"].assign(stop_id="bus:F")
    region = Reading(other).into(region)
    again = Reading(feed("bus", "N")).into(region)
    assert stop_ids(again) == ["bus:B", "bus:C", "bus:D", "bus:F", "metro:M", "bus:N"]
    assert not again.check().counts["foreign_key_violation"] - region.check().counts["foreign_key_violation"]


@pytest.mark.parametrize("feed_id", ["rail-2019", "rail"])
def test_stations_of_all_rail_timetables_stay(feed_id):
    region = Reading(feed(feed_id, "AB", namespace="rail")).into(Region("r"))
    again = Reading(feed(feed_id, "B", namespace="rail")).into(region)
    assert stop_ids(again) == ["rail:A", "rail:B"]


def test_a_feed_that_is_added_to_keeps_its_stops():
    region = Reading(feed("bus", "AB")).into(Region("r"))
    assert stop_ids(Reading(feed("bus", "C")).into(region, replace_feeds=False)) == ["bus:A", "bus:B", "bus:C"]


LETTERS = st.lists(st.sampled_from("ABCDEF"), min_size=1, unique=True)


@given(LETTERS, LETTERS)
def test_the_order_of_imports_before_does_not_matter(first, second):
    once = Reading(feed("bus", second)).into(Region("r"))
    twice = Reading(feed("bus", second)).into(Reading(feed("bus", first)).into(Region("r")))
    for name in ("stops", "trips", "stop_times"):
        key = list(schema(name).key)
        one, other = (region.table(name).sort_values(key, ignore_index=True) for region in (once, twice))
        pd.testing.assert_frame_equal(one, other)
