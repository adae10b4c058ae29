"""Stations: their file, and the city each belongs to by every rule and by real outlines."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import conform
from megaregion.sources.stations import assign_cities, read_city_of, read_stations

CITIES = conform(
    "cities",
    pd.DataFrame({"city_id": ["1", "2"], "name": ["东市", "西市"], "lon": [121.0, 120.0], "lat": [30.0, 30.0]}),
)


def stops(*rows: tuple[str, float, float, str | None]) -> pd.DataFrame:
    names, lon, lat, city = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {"stop_id": [f"rail:{n}" for n in names], "name": names, "lon": lon, "lat": lat, "city_id": city}
    )
    return conform("stops", frame)


def outlines(kind: str) -> pd.DataFrame:
    box = shapely.to_wkb(shapely.box(119.9, 29.9, 120.1, 30.1))
    return conform("boundaries", pd.DataFrame({"city_id": ["2"], "kind": [kind], "geometry": [box]}))


def test_each_rule_in_its_order() -> None:
    places = stops(
        ("given", 0.0, 0.0, "1"),
        ("boundary before name", 120.05, 30.0, "东"),
        ("name", 0.0, 0.0, "东市"),
        ("nearest", 121.2, 30.0, None),
        ("out of an official outline", 120.2, 30.0, None),
        ("text of another city", 121.2, 30.0, "别处"),
        ("far", 123.0, 30.0, None),
        ("no position", np.nan, np.nan, None),
    )
    city, how = assign_cities(places, CITIES, outlines("official"))
    assert how.tolist() == ["given", "boundary", "name", "nearest", "outside", "outside", "outside", "outside"]
    assert city.tolist() == ["1", "2", "1", "1", "", "别处", "", ""]


def test_outlines_made_of_nearest_centres_do_not_keep_a_near_stop_out() -> None:
    city, how = assign_cities(stops(("pier", 120.2, 30.0, None)), CITIES, outlines("nearest_centre"))
    assert (city.tolist(), how.tolist()) == (["2"], ["nearest"])


def test_a_name_is_believed_before_the_cell_of_the_nearest_centre() -> None:
    places = stops(("named", 120.05, 30.0, "东"), ("county", 120.05, 30.0, "某县"))
    city, how = assign_cities(places, CITIES, outlines("nearest_centre"))
    assert (city.tolist(), how.tolist()) == (["1", "某县"], ["name", "outside"])


def test_a_stop_that_is_read_again_keeps_the_city_it_had() -> None:
    before = stops(("s", 120.05, 30.0, "1"))
    again = stops(("s", 120.05, 30.0, "某县"), ("new", 120.05, 30.0, None))
    city, how = assign_cities(again, CITIES, outlines("nearest_centre"), known=before)
    assert (city.tolist(), how.tolist()) == (["1", "2"], ["known", "boundary"])
    assert assign_cities(again, CITIES, outlines("official"), known=before)[0].tolist() == ["2", "2"]


def test_the_limit_of_the_nearest_centre_is_a_great_circle() -> None:
    # 0.5 degrees of longitude at 30 N are 48.15 km
    place = stops(("p", 121.5, 30.0, None))
    assert assign_cities(place, CITIES, max_distance_km=48.2)[1].tolist() == ["nearest"]
    assert assign_cities(place, CITIES, max_distance_km=48.1)[1].tolist() == ["outside"]


def test_a_name_that_two_cities_bear_decides_nothing() -> None:
    twins = CITIES.assign(name="泰州市")
    assert assign_cities(stops(("p", 100.0, 10.0, "泰州")), twins)[1].tolist() == ["outside"]


def test_no_city_and_no_stop() -> None:
    city, how = assign_cities(stops(("p", 121.0, 30.0, "x")), CITIES.iloc[:0])
    assert (city.tolist(), how.tolist()) == (["x"], ["outside"])
    assert len(assign_cities(stops(("p", 0.0, 0.0, None)).iloc[:0], CITIES)[0]) == 0


def test_positions_of_chinese_web_maps_are_converted(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("站名,经度,纬度\n天安门,116.403963,39.915119\n", encoding="utf-8")
    found = read_stations(path, coordinates="gcj02", notices=Notices()).loc["天安门"]
    # the square's gate in OpenStreetMap, WGS84
    assert found["lon"] == pytest.approx(116.3977, abs=2e-4)
    assert found["lat"] == pytest.approx(39.9137, abs=2e-4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,lon\na,1\n", r"s.csv line 1: column 'lat' is missing; found name, lon. Accepted names: lat, latitude"),
        (
            "name,lon,lat\na,31.2,121.5\n",
            r"s.csv line 2: field 'lat' is '121.5'; expected degrees from -90 to 90. The columns",
        ),
        ("name,lon,lat\na,x,30\n", r"s.csv line 2: field 'lon' is 'x'; expected degrees from -180 to 180"),
    ],
)
def test_a_station_file_that_cannot_be_read(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        read_stations(tmp_path / "s.csv", notices=Notices())


def test_a_station_that_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("name,lon,lat\na,1,2\nb,3,4\na,1,2\nb,3,5\n", encoding="utf-8")
    notices = Notices()
    stations = read_stations(tmp_path / "s.csv", notices=notices)
    assert stations["lat"].to_dict() == {"a": 2, "b": 4}
    assert [(notice.code, notice.line, notice.value) for notice in notices] == [("station_twice", 5, "b")]


def test_the_city_of_each_station_from_a_file_or_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("sname,cname\n北京北,北京\n义乌,义乌\n", encoding="utf-8")
    from_file = read_city_of(tmp_path / "c.csv", notices=Notices())
    assert from_file.to_dict() == read_city_of({"北京北": "北京", "义乌": "义乌"}, notices=Notices()).to_dict()
    (tmp_path / "c.csv").write_text("sname,x\n北京北,北京\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"c.csv line 1: column 'city_id' is missing; found sname, x"):
        read_city_of(tmp_path / "c.csv", notices=Notices())


def test_the_379_stations_of_the_41_cities_by_their_outlines(shared_data: Path) -> None:
    expected = pd.read_csv(shared_data / "rail" / "yrd_stations_city.csv", dtype={"adcode": "str"}).set_index("station")
    areas = gpd.read_file(shared_data / "cities" / "yrd_city_boundaries.geojson")
    areas["city_id"] = areas["adcode"].astype("str")
    centre = areas.geometry.representative_point()
    cities = conform(
        "cities",
        pd.DataFrame({"city_id": areas["city_id"], "name": areas["name_zh"], "lon": centre.x, "lat": centre.y}),
    )
    boundaries = conform(
        "boundaries",
        pd.DataFrame({"city_id": areas["city_id"], "kind": "user", "geometry": areas.geometry.to_wkb()}),
    )
    stations = read_stations(shared_data / "rail" / "stations_wgs84_2026.csv", notices=Notices())
    places = stops(*((row.Index, row.lon, row.lat, None) for row in stations.itertuples()))
    city, how = assign_cities(places, cities, boundaries)
    found = pd.Series(city.to_numpy(), index=places["name"])
    inside = found[found != ""]
    assert len(expected) == 379
    assert inside.sort_index().to_dict() == expected["adcode"].sort_index().to_dict()
    assert set(how) == {"boundary", "outside"}
