"""Errors and findings say the same in Chinese, with the same values."""

from __future__ import annotations

import csv
import re

import pytest
from tests.support.source_texts import SOURCE, all_texts, said

from megaregion.chinese import in_chinese, messages, told
from megaregion.cli.app import run
from megaregion.errors import InputError
from megaregion.notices import Notice, Notices, catalogue

LEAST_SHARE = 0.95
"""A text may be reworded before its Chinese follows; more than this must not stay behind."""

HAN = re.compile("[\u4e00-\u9fff]")


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_nearly_all_errors_and_findings_have_chinese():
    """The texts are read from the source, filled with values, and asked for in Chinese."""
    texts = list(said())
    english = []
    for each in texts:
        filled = re.sub(r"(?<!\{)\{\d+\}", "7", each.template).replace("{{", "{").replace("}}", "}")
        # what follows a full stop at once is one more sentence, or nothing
        filled = re.sub(r"(?<=[.?])7", "", filled)
        if not HAN.search(in_chinese(filled)):
            english.append(f"{each.place}: {each.template}")
    assert len(texts) > 500
    assert len(english) <= (1 - LEAST_SHARE) * len(texts), "\n".join(english)


def test_nearly_all_of_the_listed_messages_stand_in_the_source():
    known = all_texts()
    listed = [row["en"] for path in sorted(SOURCE.glob("*/messages.csv")) for row in rows(path)]
    gone = [text for text in listed if text not in known]
    assert len(gone) <= (1 - LEAST_SHARE) * len(listed), "\n".join(gone)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("messages.csv")), ids=lambda path: path.parent.name)
def test_chinese_has_the_values_of_the_english(path):
    for row in rows(path):
        fields = [set(re.findall(r"(?<!\{)\{(\d+)\}", row[lang])) for lang in ("en", "zh")]
        assert fields[1] <= fields[0], row
        # a number agrees with its noun in English only
        assert len(fields[0] - fields[1]) <= 1, row
        assert HAN.search(row["zh"]), row


def test_every_notice_code_has_chinese():
    for known in catalogue().values():
        assert HAN.search(known.summary_zh), known
        assert HAN.search(known.fix_zh), known


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("--window is '6'; expected two clock times with a dash, as in 06:00-22:00.", "--window 为 '6'；"),
        ("field 'pop' is '1,2'; expected a number of at least 0 in person.", "应为不小于 0 的数，单位 person。"),
        ("no city 'Suzho' in region 'yrd'. Did you mean 'Suzhou'?", "区域 'yrd' 没有城市 'Suzho'。是否指 'Suzhou'？"),
        ("no city 'Suzho' in region 'yrd'.", "区域 'yrd' 没有城市 'Suzho'。"),
        # a full stop within a value is no end of the sentence
        ("no table 'a.b'; the tables are c.d, e.", "没有表 'a.b'；可用：c.d, e。"),
        ("{'a': 1} is 3; expected one of 1, 2.", "{'a': 1} 为 3；应为 1, 2 之一。"),
        ("上海虹桥 (rail:上海虹桥)", "上海虹桥 (rail:上海虹桥)"),
        ("", ""),
    ],
)
def test_a_message_keeps_its_values(english, chinese):
    assert in_chinese(english).endswith(chinese) or in_chinese(english).startswith(chinese)


def test_the_message_with_most_fixed_words_is_taken():
    lengths = [message.fixed for message in messages()]
    assert lengths == sorted(lengths, reverse=True)


def test_an_error_says_its_findings_in_chinese():
    notices = Notices()
    notices.add("missing_value", "field 'name' is blank; expected text.", file="cities.csv", line=3)
    notices.add("unknown_column", "column 'x' is not part of table 'cities'; it is kept as text.", file="cities.csv")
    with pytest.raises(InputError) as problem:
        notices.raise_errors("reading cities.csv")
    text = told(problem.value, "zh")
    head, finding = text.split("\n")
    assert head == "读取 cities.csv：1个问题；未作任何改动。"
    assert finding == "cities.csv 第3行：字段“name”为空；应为文本。   处理：填写该字段或删除该行   [missing_value]"
    assert told(problem.value, "en") == str(problem.value)


def test_a_finding_that_is_not_known_says_what_its_code_means():
    notice = Notice(code="missing_value", message="nobody wrote this", fix="nor this")
    assert notice.render("zh") == "必填字段为空（nobody wrote this）   处理：填写该字段或删除该行   [missing_value]"
    assert Notices([notice]).table()["message_zh"].tolist() == ["必填字段为空（nobody wrote this）"]


@pytest.mark.parametrize(
    ("arguments", "chinese"),
    [
        (
            ("measure", "typical_tim"),
            "`megaregion measures` 可列出全部。是否指 'typical_time'？",
        ),
        (("jouney",), "没有命令 jouney。是否指"),
        (("isochrone",), "缺少参数"),
        (("measures", "--nonsense"), "没有选项 --nonsense。"),
        (("measures", "more"), "多出参数 more。"),
        (("isochrone", "上海", "--workers", "x"), "--workers 为 'x'；应为整数"),
        (("isochrone", "上海", "--workers", "0"), "--workers 为 '0'；应为 不小于 1 的数"),
        (("isochrone", "上海", "--window", "7"), "--window 为 '7'；应为以短横线相连的两个时刻"),
        (("measure", "typical_time", "--scenario", "none.toml"), "没有这个方案文件"),
        (("explain", "missing_valu"), "没有代码 'missing_valu'。是否指 'missing_value'？"),
        (("demo", "nope", "x"), "没有示例 'nope'；可用：yrd。"),
        (("import", "table", "cities", "nowhere.csv", "--region", "nowhere"), "没有"),
    ],
)
def test_the_command_line_tells_errors_in_chinese(arguments, chinese, capsys):
    assert run([*arguments, "--lang", "zh"]) == 2
    assert chinese in capsys.readouterr().err
