"""Pinyin from English names."""

import pytest

import megaregion as mr
from megaregion.publish.atlas_search import build_search, spellings


@pytest.mark.parametrize(
    ("name", "name_en", "pinyin", "initials"),
    [
        ("上海市", "Shanghai", "shanghai", "sh"),
        ("上海虹桥", "Shanghai Hongqiao", "shanghaihongqiao", "shhq"),
        ("南京南", "Nanjing South", "nanjingnan", "njn"),
        # the number of characters tells these apart
        ("西安", "Xi'an", "xian", "xa"),
        ("先", "Xian", "xian", "x"),
        ("丹阳", "Danyang", "danyang", "dy"),
        ("方山", "Fangshan", "fangshan", "fs"),
        # not as a dictionary would read it
        ("六安市", "Lu'an", "luan", "la"),
        ("宿州市", "Suzhou (Anhui)", "suzhou", "sz"),
        ("吕梁", "Lüliang", "lvliang", "ll"),
        # 市 belongs to a name of two characters
        ("沙市", "Shashi", "shashi", "ss"),
        ("呼和浩特", "Hohhot", "", ""),
        ("苏州园区", "Suzhou Industrial Park", "", ""),
        ("甲", None, "", ""),
    ],
)
def test_names(name, name_en, pinyin, initials):
    assert spellings(name, name_en) == (pinyin, initials)


def test_the_shipped_region_is_found_in_pinyin():
    region = mr.open("yrd")
    cities = region.table("cities")[["name", "name_en"]].to_dict("records")
    stations = region.table("stops")[["name", "name_en"]].to_numpy().tolist()
    found = build_search(cities, stations)
    assert all(pinyin and initials for pinyin, initials in found["cities"])
    missing = [station[0] for station, (pinyin, _) in zip(stations, found["stations"], strict=True) if not pinyin]
    assert len(missing) <= 2, missing
    # one initial a character
    for station, (_, initials) in zip(stations, found["stations"], strict=True):
        assert not initials or len(initials) == len(station[0])
