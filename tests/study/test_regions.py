"""Regions at hand: examples, folders, and what imports do to them."""

import pandas as pd
import pytest

import megaregion as mr
from megaregion.errors import InputError, StorageError
from megaregion.region.store import Store
from megaregion.sources.boundaries import read_boundaries
from megaregion.sources.rail_timetable import read_rail_timetable
from megaregion.study.regions import import_reading


def test_the_example_is_opened_by_name_and_as_a_folder(tmp_path):
    region = mr.demo("yrd", tmp_path / "r")
    assert len(region.table("cities")) == 41
    assert len(mr.open("yrd").table("boundaries")) == 41
    again = mr.demo("yrd", tmp_path / "r")
    assert again.version == region.version


def test_the_example_passes_its_own_check():
    assert mr.open("yrd").check().of("error") == []


def test_an_example_does_not_overwrite_another_region(tmp_path):
    mr.new(tmp_path / "mine", name="mine")
    with pytest.raises(InputError, match="holds region 'mine', not the example 'yrd'"):
        mr.demo("yrd", tmp_path / "mine")
    with pytest.raises(InputError, match=r"no example 'yrdd'; the examples are yrd\. Did you mean 'yrd'"):
        mr.demo("yrdd", tmp_path / "other")
    with pytest.raises(StorageError, match="no region here"):
        mr.open(tmp_path / "nothing")


def test_what_a_caller_changes_stays_his_own():
    mine = mr.open("yrd").table("cities")
    mine["name"] = "changed"
    also = mr.open("yrd").tables["cities"]
    also.loc[0, "name"] = "changed"
    assert "changed" not in set(mr.open("yrd").table("cities")["name"])


@pytest.mark.national
def test_a_national_timetable_takes_the_place_of_the_patterns(shared_data, tmp_path):
    rail = shared_data / "rail"
    mr.demo("yrd", tmp_path / "r")
    store = Store.open(tmp_path / "r")
    reading = read_rail_timetable(
        rail / "timetable_2019-10.csv.gz", year=2019, stations=rail / "stations_wgs84_2026.csv"
    )
    import_reading(store, reading, message="import", source={"file": "timetable_2019-10.csv.gz"})
    region = store.read()
    feeds = region.table("feeds").set_index("feed_id")["kind"]
    assert feeds.to_dict() == {"rail-2012": "patterns", "rail-2019": "rail_timetable"}
    trips = region.table("trips")
    assert (trips["feed_id"] == "rail-2019").sum() == 7_721
    assert set(region.table("stop_times")["trip_id"]) == set(trips["trip_id"])
    assert region.check().of("error") == []


@pytest.mark.national
def test_official_outlines_put_stations_into_their_cities(shared_data, tmp_path):
    """By cells of the nearest centre some stations lie in the wrong city; outlines of the user mend that."""
    rail = shared_data / "rail"
    truth = pd.read_csv(rail / "yrd_stations_city.csv", dtype={"adcode": "str"}).set_index("station")["adcode"]
    store = Store.create(tmp_path / "r", name="r")
    example = mr.open("yrd")
    store.commit(
        lambda old: old.with_tables({name: example.table(name) for name in ("sources", "cities", "boundaries")}),
        message="cities",
    )
    stations = rail / "stations_wgs84_2026.csv"
    timetable = read_rail_timetable(rail / "timetable_2019-10.csv.gz", year=2019, stations=stations)
    import_reading(store, timetable, message="timetable", source={})

    def wrong():
        stops = store.read().table("stops").set_index("name")["city_id"]
        both = truth.index.intersection(stops.index)
        return int((stops[both] != truth[both]).sum())

    before = wrong()
    outlines = read_boundaries(
        shared_data / "cities" / "yrd_city_boundaries.geojson", region=store.read(), id_field="adcode"
    )
    import_reading(store, outlines, message="outlines", source={})
    assert before > 20
    assert wrong() == 0
