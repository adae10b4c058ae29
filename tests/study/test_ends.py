"""What a traveller writes at the ends of a journey: stops that share a name, and names that are none."""

from dataclasses import replace

import numpy as np
import pytest

from megaregion.errors import InputError
from megaregion.mobility import Timetable
from megaregion.region.points import Points
from megaregion.study.ends import ONE_PLACE_M, check_not_swapped, find_place
from support.tiny_region import tiny_region

STEP = ONE_PLACE_M / 111_195
"""Degrees of latitude: as far apart as stops of one place may lie."""


def asked(places, text="Main Street", parents=None):
    """Find a place by name where stops "a0", "a1" ... of one name lie at these latitudes."""
    names = [f"a{number}" for number in range(len(places))]
    stops = {
        name: {"name": "Main Street", "name_en": "Main Street", "lon": 121.0, "lat": lat}
        | ({"parent_stop_id": parents} if parents else {})
        for name, lat in zip(names, places, strict=True)
    }
    trips = {f"t{name}": [(name, 8 * 3600, 8 * 3600), ("end", 9 * 3600, 9 * 3600)] for name in names}
    extra = {parents: {"name": "Hub", "lon": 121.0, "lat": 31.0, "kind": "station"}} if parents else {}
    region = tiny_region(trips, stops=stops | {"end": {"name": "End", "lon": 122.0, "lat": 31.0}} | extra)
    timetable = Timetable.from_region(region)
    return timetable, find_place(region, timetable, text, access=True, arriving=False)


def test_stops_of_one_name_close_together_are_one_place():
    timetable, place = asked([31.0, 31.0 + 0.5 * STEP, 31.0 + 0.99 * STEP])
    assert place.ids == ("Main Street",)
    stop, access_s = place.of(0)
    at_once = {
        timetable.stop_table["stop_id"].iloc[each] for each, seconds in zip(stop, access_s, strict=True) if seconds == 0
    }
    assert at_once == {"a0", "a1", "a2"}


def test_stops_of_one_name_far_apart_are_listed():
    with pytest.raises(InputError) as caught:
        asked([31.0 + 0.6 * STEP * number for number in range(12)])
    message = str(caught.value)
    assert "station 'Main Street' is ambiguous: 12 stops of that name lie up to 1,980 m apart" in message
    assert "a0 (121.00000,31.00000), a1 (121.00000,31.00162)" in message
    assert ", and 4 more. Give the stop id, a point as LON,LAT" in message


def test_a_parent_station_makes_one_place_of_stops_far_apart():
    timetable, place = asked([31.0, 31.0 + 3 * STEP], parents="hub")
    assert sorted(timetable.stop_table["stop_id"].iloc[each] for each in place.of(0)[0]) == ["a0", "a1"]


def test_points_with_longitude_and_latitude_exchanged_are_refused():
    timetable, _ = asked([31.0])
    lon, lat = np.array([31.0, 31.1]), np.array([60.0, 60.1])
    moved = replace(timetable, stop_table=timetable.stop_table.assign(lon=60.0, lat=31.0))
    with pytest.raises(
        InputError, match=r"all 2 points lie 3,\d{3} km or more from any stop; with longitude and latit"
    ):
        check_not_swapped(Points(("a", "b"), lon, lat), moved)
    check_not_swapped(Points(("a", "b"), lat, lon), moved)
    # far away either way: that is another fault
    check_not_swapped(Points(("a",), np.array([10.0]), np.array([-20.0])), moved)


@pytest.mark.parametrize("text", ["", "  ", "Mian Street"])
def test_a_name_that_is_none_is_told_what_this_region_has(text):
    with pytest.raises(InputError) as caught:
        asked([31.0], text)
    assert f"no city, station or stop {text!r} in the timetable of 2019." in str(caught.value)
    assert "Give a station (Main Street), a stop id (a0), or a point as LON,LAT." in str(caught.value)
