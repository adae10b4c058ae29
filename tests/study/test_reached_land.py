"""Land reached from a point: a circle over the ground, cut by a shore, and what lies outside the region."""

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError
from megaregion.mobility import Timetable
from megaregion.region.points import Points
from megaregion.study.ends import START_DECIMALS, start_of
from megaregion.study.reached_land import DEFINITION, LEFT_OUT, PERCENTILE, WINDOW, reached_land
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from megaregion.study.spread import Spread
from support.tiny_region import seconds, tiny_region

STOPS = {"a": {"lon": 120.000049, "lat": 30.0, "name": "甲"}, "b": {"lon": 121.5, "lat": 30.0}}
SPREAD = Spread(ROAD, MAX_ROAD_S, 500.0)
# half an hour, ten minutes of which do not depend on distance, at 25 km/h with a detour of 1.3
RADIUS_KM = 20 / 60 * 25 / 1.3
CIRCLE_KM2 = np.pi * RADIUS_KM**2


@pytest.fixture(scope="module")
def region():
    trip = [(stop, seconds(text), seconds(text)) for stop, text in (("a", "8:00"), ("b", "11:00"))]
    return tiny_region({"slow": trip}, stops=STOPS)


def base_map(*features):
    rows = [(f"{at}", layer, shapely.to_wkb(shape)) for at, (layer, shape) in enumerate(features)]
    return pd.DataFrame(rows, columns=["feature_id", "layer", "geometry"])


def found(region, start=None):
    timetable = Timetable.from_region(region, year=2019)
    here = start or Points(("here",), np.array([120.0]), np.array([30.0]))
    return reached_land(region, timetable, here, SPREAD, cutoffs_s=[1800])


def test_sea_and_lakes_are_no_land(region):
    whole = found(region)
    assert whole.table["area_km2"].iloc[0] == pytest.approx(CIRCLE_KM2, rel=0.02)
    assert whole.provenance["water"].startswith("counts as land")
    # the shore runs through the start; the lake takes a quarter of what is left
    shore, lake = shapely.box(120, 29, 121, 31), shapely.box(120, 30, 121, 31)
    half = found(region.with_table("base_map", base_map(("land", shore))))
    assert half.table["area_km2"].iloc[0] == pytest.approx(CIRCLE_KM2 / 2, rel=0.02)
    quarter = found(region.with_table("base_map", base_map(("land", shore), ("water", lake))))
    assert quarter.table["area_km2"].iloc[0] == pytest.approx(CIRCLE_KM2 / 4, rel=0.02)
    assert quarter.provenance["water"] == LEFT_OUT
    assert shapely.covers(shore, quarter.table.geometry.iloc[0].buffer(-1e-4))


def test_what_is_not_asked_is_that_of_the_definition(region):
    about = found(region).provenance
    assert tuple(about["window"]) == WINDOW
    assert (about["definition"], about["definition_zh"]) == DEFINITION
    assert about["start"] == [[120.0, 30.0]]
    assert found(region).table["percentile"].tolist() == [PERCENTILE]


def test_a_station_is_the_point_where_pages_write_it(region):
    timetable = Timetable.from_region(region, year=2019)
    start = start_of(region, timetable, "甲站")
    assert (start.lon[0], start.lat[0]) == (round(STOPS["a"]["lon"], START_DECIMALS), 30.0)
    by_name, by_point = found(region, start), found(region)
    assert by_name.table["area_km2"].tolist() == by_point.table["area_km2"].tolist()


def test_a_point_outside_the_region_is_refused(region):
    # a degree of longitude is 96 km here: the first lies 77 km from the nearest stop, the second 125 km
    assert found(region, Points(("corner",), np.array([119.2]), np.array([30.0]))).table["area_km2"].iloc[0] > 0
    with pytest.raises(
        InputError, match=r"point 118.7,30 lies 125 km from the nearest stop or city of .* within 100 km"
    ):
        found(region, Points(("far",), np.array([118.7]), np.array([30.0])))
    with pytest.raises(InputError, match=r"With the two exchanged it lies inside: 70,20\."):
        found(
            tiny_region(
                {"t": [("c", 0, 0), ("d", 60, 60)]}, stops={"c": {"lon": 70, "lat": 20}, "d": {"lon": 70.1, "lat": 20}}
            ),
            Points(("turned",), np.array([20.0]), np.array([70.0])),
        )
