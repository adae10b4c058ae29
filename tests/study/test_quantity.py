"""Values as people write them, in both languages."""

import pytest

from megaregion.study.quantity import difference, quantity


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (500, "person", "500 people", "500 人"),
        (1, "person", "1 person", "1 人"),
        (25_000, "person", "25,000 people", "2.50 万人"),
        (24_870_895, "person", "24.87 million people", "2,487.09 万人"),
        (235e6, "person", "235.00 million people", "2.35 亿人"),
        (5e6, "CNY", "5,000,000 CNY", "5,000,000 元"),
        (4.5e8, "CNY", "450,000,000 CNY", "4.50 亿元"),
        (4.5e9, "CNY", "4.50 bn CNY", "45.00 亿元"),
        (27.68e12, "CNY", "27.68 trillion CNY", "27.68 万亿元"),
        (float("inf"), "s", "not reachable", "无法到达"),
        (float("nan"), "km", "not known", "无数据"),
    ],
)
def test_an_amount_is_written_at_its_own_size(value, unit, en, zh):
    words = quantity(value, unit)
    assert (words.en, words.zh) == (en, zh)


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (12_345, "m", "12,340 m", "12,340 米"),
        (0.25, "h", "0.25 h", "0.25 小时"),
        (1234, "%", "1,234 percentage points", "1,234 个百分点"),
        (5, "万人", "50,000 people", "5.00 万人"),
        (2, "bn CNY", "2.00 bn CNY", "20.00 亿元"),
        (0, "min", "0 min", "0 分钟"),
    ],
)
def test_a_difference_has_no_exponent_and_one_language(value, unit, en, zh):
    words = difference(value, unit)
    assert (words.en, words.zh) == (en, zh)
