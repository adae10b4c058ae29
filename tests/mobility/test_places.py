"""Which stations serve a city itself."""

import pandas as pd

from megaregion.mobility.places import principal_stations


def test_principal_stations_are_near_the_centre_or_the_nearest():
    """0.1 degree of longitude at 30 N is 9.6 km."""
    cities = pd.DataFrame({"city_id": ["a", "b"], "lon": [120.0, 130.0], "lat": [30.0, 30.0]})
    stops = pd.DataFrame(
        {
            "stop_id": ["a-near", "a-second", "a-far", "b-far", "b-farther", "outside", "unplaced"],
            "lon": [120.05, 120.2, 120.4, 130.5, 130.6, 125.0, float("nan")],
            "lat": [30.0] * 7,
            "city_id": ["a", "a", "a", "b", "b", "elsewhere", "a"],
        }
    )
    assert principal_stations(stops, cities).tolist() == ["a", "a", "", "b", "", "", ""]
