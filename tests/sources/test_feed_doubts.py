"""Feeds that are read well and yet doubtful: positions exchanged, one feed twice."""

import numpy as np
import pandas as pd
import pytest

from megaregion.region.model import Region
from megaregion.sources.feed_doubts import doubts
from megaregion.sources.reading import Reading

CITY = Region("r").with_tables(
    {"cities": pd.DataFrame({"city_id": ["1"], "name": ["A"], "lon": [-51.2], "lat": [-30.0]})}
)


def feed(key, lon, lat, n=20):
    ids = [f"{key}:{number}" for number in range(n)]
    spread = np.arange(n) / 1000
    return {
        "stops": pd.DataFrame({"stop_id": ids, "name": ids, "lon": lon + spread, "lat": lat + spread}),
        "trips": pd.DataFrame({"trip_id": ids}),
    }


def together(*feeds):
    return Reading({name: pd.concat([each[name] for each in feeds]) for name in ("stops", "trips")})


@pytest.mark.parametrize(("where", "counts"), [((-51.2, -30.0), {}), ((-30.0, -51.2), {"gtfs_positions_swapped": 1})])
def test_positions_exchanged_are_told_beside_what_the_region_holds(where, counts):
    found = doubts(Reading(feed("a", *where)), CITY)
    assert found.counts == counts
    # beside nothing, nobody can tell
    assert not doubts(Reading(feed("a", *where)), Region("r")).counts
    streets = {"street_nodes": pd.DataFrame({"lon": [-51.2], "lat": [-30.0]})}
    assert doubts(Reading(feed("a", *where) | streets), Region("r")).counts == counts


def test_far_away_both_ways_is_another_country():
    assert not doubts(Reading(feed("a", 10.0, 50.0)), CITY).counts


def test_one_feed_given_twice_is_told():
    one, copy, other = feed("a", -51.2, -30.0), feed("b", -51.2, -30.0), feed("c", -51.2, -30.0)
    other["trips"] = pd.DataFrame({"trip_id": [f"c:t{number}" for number in range(20)]})
    found = doubts(together(one, copy, other), CITY)
    assert found.counts == {"feed_given_twice": 1}
    assert "feeds 'a' and 'b' share 100% of their trips and 100% of their stops" in found.render()
