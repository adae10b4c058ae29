"""Regions of every format ever released open for ever."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from megaregion.region.store import Store

REGIONS = Path(__file__).parents[1] / "data" / "regions"


@pytest.fixture
def old(tmp_path):
    # a copy, because reading must not depend on what git does to the folder, and writing is tried too
    shutil.copytree(REGIONS / "v1", tmp_path / "v1")
    return Store.open(tmp_path / "v1")


def test_f10_every_version_of_a_region_of_format_1_reads(old):
    assert list(old.check(deep=True)) == []
    assert old.versions() == [1, 2]
    assert list(old.read(1).tables) == ["cities"]
    region = old.read()
    cities = region.table("cities")
    assert cities["city_id"].tolist() == ["0012", "NA"]
    assert cities["name"].tolist() == ["甲", "乙"]
    assert cities["name_en"].isna().tolist() == [False, True]
    assert cities["lon"].tolist() == [120.5, 121.0]
    assert cities["land_area_km2"].isna().tolist() == [False, True]
    assert region.table("sources")["year"].isna().tolist() == [False, True]
    assert region.table("boundaries")["geometry"].iloc[0][:1] == b"\x01"
    assert old.get_result("0123456789abcdef")["travel_time_s"].tolist() == [np.inf]
    assert old.log()["message"].tolist() == ["shapes and sources", "two cities"]
    assert old.snapshot(1).sources[0]["licence"] == "CC0"


def test_f10_a_region_of_format_1_is_read_where_it_lies_and_can_be_written_to(old):
    assert Store.open(REGIONS / "v1").content_id() == old.content_id()
    changed = old.read(1).table("cities").assign(status="confirmed")
    assert old.commit(lambda region: region.with_table("cities", changed), message="new").changed == ("cities",)
    assert old.read(2).table("cities")["status"].isna().all()
    assert not old.check(deep=True).of("error")
