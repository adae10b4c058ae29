"""The command index: what it prints and refuses, and coupling of systems from a file."""

import json

import pytest

from megaregion.cli.app import run
from megaregion.study.integration import integration
from megaregion.study.regions import example

SYSTEMS = "id,economy,transport,environment\n甲,0.6,0.4,0.2\n乙,0.5,0.5,0.5\n丙,0.9,0.7,0.3\n"


def ask(capsys, *arguments):
    code = run(["index", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def systems(tmp_path):
    path = tmp_path / "systems.csv"
    path.write_text(SYSTEMS, encoding="utf-8-sig")
    return path


def test_the_index_is_printed_with_its_choices_in_both_languages(capsys):
    code, english, talk = ask(capsys)
    assert code == 0
    assert english.splitlines()[1].split()[:2] == ["2012", "100.0"]
    assert "share of pairs within 2 h" in english
    for words in ("2012 = 100; weights equal, geometric mean", "incomes of 28 cities", "band is of weights alone"):
        assert words in talk
    code, chinese, talk = ask(capsys, "--lang", "zh")
    assert code == 0
    assert "经济差距" in chinese
    for words in ("基期 2012 年 = 100；权重：等权，几何平均", "28 个城市", "区间仅反映权重"):
        assert words in talk


def test_json_holds_what_the_library_gives(capsys):
    code, out, _ = ask(
        capsys, "yrd", "--json", "--set", "base=2019", "--set", "weights=travel=0.5,access=0.3,economy=0.2"
    )
    assert code == 0
    told = json.loads(out)
    known = integration(example("yrd"), base=2019, weights="travel=0.5,access=0.3,economy=0.2")
    assert [row["index"] for row in told["index"]] == pytest.approx(known.index.table["index"].tolist())
    assert told["choices"] == known.index.choices
    assert told["weights"] == {"travel": 0.5, "access": 0.3, "economy": 0.2}
    assert told["indicators"][0] | {"year": 2012} == pytest.approx({"year": 2012, **known.figures.loc[2012]})


def test_systems_of_a_file_are_coupled(capsys, systems):
    code, english, talk = ask(capsys, "--coupling", systems)
    assert code == 0
    first = english.splitlines()[1].split()
    assert (first[0], first[1:4]) == ("甲", ["0.9086", "0.4000", "0.6028"])
    assert "primary coordination" in english.splitlines()[1]
    assert "variant standard, weights equal, normalisation none" in talk
    code, chinese, talk = ask(
        capsys, "--coupling", systems, "--lang", "zh", "--set", "variant=wang", "--set", "weights=entropy"
    )
    assert code == 0
    assert "等级" in chinese
    assert "变体 wang，权重 熵权，标准化 无" in talk


def test_json_of_coupling_names_the_choices(capsys, systems):
    code, out, _ = ask(
        capsys, "--coupling", systems, "--json", "--set", "weights=0.5，0.3，0.2", "--set", "normalisation=minmax"
    )
    assert code == 0
    told = json.loads(out)
    assert told["weights"] == {"economy": 0.5, "transport": 0.3, "environment": 0.2}
    assert told["choices"]["weights"] == "given (0.5, 0.3, 0.2)"
    assert told["choices"]["normalisation"] == "min-max over the 3 observations"
    row = told["rows"][0]
    assert row["id"] == "甲"
    assert row["low"] <= row["high"]


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (("--set", "year=2012"), "--set year: expected one of base, weights, mean", "应为 base, weights, mean 之一"),
        (("--set", "base=first"), "--set base=first: expected a timetable year", "应为时刻表年份"),
        (("--set", "base=1999"), "no timetable of 1999; it has those of 2012, 2019", "没有 1999 年的时刻表"),
        (
            ("--set", "weights=travel=0.5,access=0.5,economy=0.5"),
            "weights of the sub-indices add up to 1.5; expected 1",
            "之和为 1.5，应为 1",
        ),
        (("--set", "mean=harmonic"), "mean is 'harmonic'; expected geometric or arithmetic", "harmonic"),
        (("--coupling", "none.csv"), "there is no file none.csv; expected a CSV whose first", "没有文件 none.csv"),
    ],
    ids=["setting", "base", "year", "sum", "mean", "file"],
)
def test_what_cannot_be_meant_is_said(capsys, tmp_path, monkeypatch, arguments, english, chinese):
    monkeypatch.chdir(tmp_path)
    for lang, words in (("en", english), ("zh", chinese)):
        code, out, talk = ask(capsys, *arguments, "--lang", lang)
        assert (code, out) == (2, "")
        assert words in talk


@pytest.mark.parametrize(
    ("text", "settings", "words"),
    [
        ("id,a,b\nx,0.5,\n", (), "line 2: column 'b' is ''; expected a number"),
        ("id,a,b\nx,0.5,1.7\n", (), "the first is 1.7 of observation 'x', system 'b'; expected 0 to 1"),
        ("id,a\nx,0.5\n", (), "u has 1 systems"),
        ("id,a,b\nx,0.5,0.4\n", ("weights=0.9,0.9",), "add up to 1.8; expected 1"),
        ("id,a,b\nx,0.5,0.4\n", ("weights=half",), "weights is 'half'; expected equal, entropy, or numbers"),
        ("id,a,b\nx,0.5,0.4\n", ("variant=liu",), "variant is 'liu'"),
        ("id,a,b\nx,0.5,0.4\n", ("base=2012",), "--set base: expected one of variant, weights, normalisation"),
        ("", (), "cannot be read as CSV"),
    ],
    ids=["blank", "outside", "one", "sum", "word", "variant", "base", "empty"],
)
def test_files_that_cannot_be_used_name_the_place(capsys, tmp_path, text, settings, words):
    path = tmp_path / "systems.csv"
    path.write_text(text, encoding="utf-8")
    code, out, talk = ask(capsys, "--coupling", path, *(part for each in settings for part in ("--set", each)))
    assert (code, out) == (2, "")
    assert words in talk


def test_a_region_with_one_timetable_says_what_is_missing(capsys, tmp_path):
    assert run(["new", str(tmp_path / "empty.region")]) == 0
    capsys.readouterr()
    code, _, talk = ask(capsys, tmp_path / "empty.region")
    assert code == 2
    assert "import rail-timetable" in talk
