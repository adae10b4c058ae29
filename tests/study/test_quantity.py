"""Values as people write them, in both languages."""

import json
from pathlib import Path

import pytest

from megaregion.publish.report_text import Writer
from megaregion.study.quantity import difference, quantity


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (500, "person", "500 people", "500人"),
        (1, "person", "1 person", "1人"),
        (25_000, "person", "25,000 people", "2.50万人"),
        (24_870_895, "person", "24.87 million people", "2,487.09万人"),
        (235e6, "person", "235.00 million people", "2.35亿人"),
        (5e6, "CNY", "5,000,000 CNY", "5,000,000元"),
        (4.5e8, "CNY", "450,000,000 CNY", "4.50亿元"),
        (4.5e9, "CNY", "4.50 bn CNY", "45.00亿元"),
        (27.68e12, "CNY", "27.68 trillion CNY", "27.68万亿元"),
        (float("inf"), "s", "not reachable", "不可达"),
        (float("nan"), "km", "not known", "无数据"),
    ],
)
def test_an_amount_is_written_at_its_own_size(value, unit, en, zh):
    words = quantity(value, unit)
    assert (words.en, words.zh) == (en, zh)


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (12_345, "m", "12,340 m", "12,340米"),
        (0.25, "h", "0.25 h", "0.25小时"),
        (1234, "%", "1,234 percentage points", "1,234个百分点"),
        (5, "万人", "50,000 people", "5.00万人"),
        (2, "bn CNY", "2.00 bn CNY", "20.00亿元"),
        (0, "min", "0 min", "0分钟"),
    ],
)
def test_a_difference_has_no_exponent_and_one_language(value, unit, en, zh):
    words = difference(value, unit)
    assert (words.en, words.zh) == (en, zh)


@pytest.mark.parametrize(
    "row",
    json.loads(Path(__file__).with_name("written_values.json").read_text("utf-8")),
    ids=lambda row: f"{row['value']}-{row['unit']}",
)
def test_values_are_written_in_one_way_everywhere(row):
    """The page writes the same list (web/test/format.test.ts); the report differs in digits of amounts only."""
    words = quantity(row["value"], row["unit"])
    assert words.zh == row["zh"]
    assert words.en == row.get("en", words.en)
    if row["unit"] in {"s", "km", "km2"}:
        assert Writer("zh", {}).value(row["value"], row["unit"]) == row["zh"]
        assert Writer("en", {}).value(row["value"], row["unit"]) == row["en"]
