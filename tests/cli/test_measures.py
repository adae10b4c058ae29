"""The commands measures, measure NAME, compare --measure and evidence as their users meet them."""

import json
import re

import pandas as pd
import pytest

import megaregion as mr
from megaregion.cli.app import run
from megaregion.study import result_cache

CLAIM = """
[[claims]]
id = "cities"
statement = { en = "It has 35 cities.", zh = "有35座城市。" }
measure = "city_count"
value = 35
unit = "cities"
"""


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Keep results of this file to itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(result_cache.SETTING, str(tmp_path_factory.mktemp("cache")))
        yield


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_registry_is_listed(capsys):
    code, out, _ = ask(capsys, "measures")
    assert code == 0
    assert all(name in out for name in mr.measures())
    assert "minutes=90" in out
    assert "number!" in out
    _, chinese, _ = ask(capsys, "measures", "--lang", "zh")
    assert "最快直达列车" in chinese
    _, text, _ = ask(capsys, "measures", "--json")
    listed = json.loads(text)["measures"]
    assert [each["name"] for each in listed] == list(mr.measures())
    assert listed[0]["title"]["zh"]


def test_a_measure_is_printed_with_names_formula_and_sources(capsys):
    code, out, _ = ask(capsys, "measure", "fastest_train", "--set", "year=2012", "--top", "2")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Fastest direct train (fastest_train: year=2012)"
    assert "10 min" in lines[2]
    assert "... and 1,638 more rows" in out
    assert "formula: shortest ride of a direct train" in out
    assert "source: 2012: the megaregion authors; timetable collected from public enquiry pages, Aggregated" in out
    assert "status: confirmed" in out


def test_a_measure_in_chinese_by_a_city_of_its_name(capsys):
    asked = ("measure", "cities_within", "--set", "hub=上海", "--set", "hours=1", "--set", "year=2019", "--lang", "zh")
    code, out, _ = ask(capsys, *asked)
    assert code == 0
    assert out.splitlines()[1].strip() == "8个城市"
    assert "公式：" in out


@pytest.mark.parametrize(
    ("asked", "english", "chinese"),
    [
        (
            ("gdp_share", "--set", "year=2021"),
            ["all cities: 27.68 trillion CNY", "area compared with: 114.37 trillion CNY", "publication: first release"],
            ["各市合计：27.68万亿元", "比较对象：114.37万亿元", "发布版本：初步公布数"],
        ),
        (
            ("land_share",),
            ["all cities: 355,5", " km²", "  area compared with, year: 2008\n"],
            ["各市合计：355,5", "平方公里", "  比较对象年份：2008\n"],
        ),
        (
            ("new_metro_km",),
            ["at most: not known", "lines of unknown length: 5"],
            ["至多：未知", "长度未知的线路数：5"],
        ),
        (("gdp", "--top", "1"), ["CNY  confirmed  2021"], ["元  已核实  2021"]),
        (
            ("gdp_within", "--set", "year=2012", "--top", "1"),
            ["status: modelled", "assumed: GDP is that of one year for all: 2021", "cities within  GDP of"],
            ["状态：模型估算", "假设：各市生产总值取同一年份：2021", "阈值内城市数  生产总值年份"],
        ),
        (
            ("typical_time", "--top", "1"),
            ["95th percentile", "status: modelled", "assumed: changes and walks: ", "at 3.6 km/h"],
            ["第 95 百分位", "状态：模型估算", "假设：换乘与步行：", "3.6公里/小时"],
        ),
    ],
)
def test_what_stands_beside_a_value_is_for_people(capsys, asked, english, chinese):
    for lang, words in (("en", english), ("zh", chinese)):
        code, out, _ = ask(capsys, "measure", *asked, "--lang", lang)
        assert code == 0
        assert [word for word in words if word not in out] == []
        assert "e+" not in out
        if lang == "zh":
            names = [name for each in mr.measures().values() for name in (*each.columns, "typical_departures")]
            assert [name for name in names if re.search(rf"\b{name}[:：]", out)] == []


def test_settings_are_told_in_one_order_whether_computed_or_kept(capsys):
    asked = ("measure", "people_within", "--set", "minutes=120", "--set", "by=fastest", "--set", "year=2019")
    first, again = (ask(capsys, *asked)[1] for _ in range(2))
    assert first == again


def test_a_measure_as_json_and_as_a_file(capsys, tmp_path):
    _, text, _ = ask(capsys, "measure", "gdp_share", "land_share", "--json")
    share, land = json.loads(text)["measures"]
    assert (share["measure"], land["measure"]) == ("gdp_share", "land_share")
    assert share["rows"][0]["value"] == pytest.approx(0.242, abs=0.0005)
    assert share["provenance"]["inputs"][0]["source_id"]
    code, _, err = ask(capsys, "measure", "gdp", "-o", tmp_path / "gdp.csv")
    assert code == 0
    assert "results: " in err
    written = pd.read_csv(tmp_path / "gdp.csv", dtype={"city_id": "str"})
    assert written.loc[written["city_id"] == "310000", "name_en"].item() == "Shanghai"
    manifest = json.loads((tmp_path / "gdp.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["about"]["measure"] == "gdp"


def test_a_measure_of_a_scenario(capsys):
    asked = ("typical_time", "--set", "year=2019", "--json")
    _, with_metro, _ = ask(capsys, "measure", *asked, "--scenario", "metro-2026")
    _, without, _ = ask(capsys, "measure", *asked)
    there, here = (json.loads(text)["measures"][0] for text in (with_metro, without))
    assert there["provenance"]["scenario"] == "metro-2026"
    pairs = ({(row["from_id"], row["to_id"]): row["value"] for row in side["rows"]} for side in (here, there))
    before, after = pairs
    assert any(after[pair] != value for pair, value in before.items())


def test_the_ranking_stays(capsys):
    code, out, _ = ask(capsys, "measure", "--year", "2019", "--top", "1")
    assert code == 0
    assert "GDP 120" in out


def test_two_years_of_a_measure_side_by_side(capsys, tmp_path):
    code, out, err = ask(capsys, "compare", "2012", "2019", "--measure", "fastest_train", "--top", "3")
    assert code == 0
    assert out.splitlines()[0].strip() == "Fastest direct train (fastest_train)"
    assert "better" in err
    assert err.count("320413") <= 1
    _, text, _ = ask(capsys, "compare", "2012", "2019", "--measure", "fastest_train", "--json")
    rows = {(row["from_id"], row["to_id"]): row for row in json.loads(text)["rows"]}
    row = rows["330100", "310000"]
    assert (row["before"], row["after"], row["difference"], row["verdict"]) == (2940, 2700, -240, "better")
    code, _, _ = ask(capsys, "compare", "2012", "2019", "--measure", "gdp_within", "-o", tmp_path / "gdp.csv")
    assert code == 0
    assert {"city_id", "name_en", "before", "after", "ratio", "verdict"} <= set(
        pd.read_csv(tmp_path / "gdp.csv").columns
    )


def test_a_base_and_a_scenario_by_a_measure_agree_with_compare(capsys):
    """Two ways through the code: travel times of the sides, and results of the measure."""
    _, one, _ = ask(capsys, "compare", "base", "metro-2026", "--measure", "typical_time", "--json")
    _, other, _ = ask(capsys, "compare", "base", "metro-2026", "--json")
    by_measure = {(row["from_id"], row["to_id"]): row for row in json.loads(one)["rows"]}
    for row in json.loads(other)["rows"]:
        found = by_measure[row["from_id"], row["to_id"]]
        assert (found["before"], found["after"]) == (row["before_s"], row["after_s"])
    assert json.loads(one)["counts"]["better"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure", "gdpp"), "no measure 'gdpp'; `megaregion measures` lists them. Did you mean 'gdp'?"),
        (
            ("measure", "gdp", "--year", "2012"),
            "--year is not for measures by name, which take parameters with --set: ",
        ),
        (("measure", "gdp", "--window", "08:00-09:00"), "--window is not for measures by name"),
        (("measure", "--set", "year=2012"), "--set year=... is a parameter of a measure, but none is named"),
        (("measure", "gdp", "--set", "year"), "--set is 'year'; expected NAME=VALUE, as --set year=2012"),
        (("measure", "gdp", "--set", "year=2012", "--set", "year=2019"), "--set year is given twice"),
        (("measure", "gdp", "--set", "yaer=2012"), "no measure asked for has a parameter 'yaer'; they have year"),
        (("measure", "gdp", "--set", "year=soon"), "parameter 'year' is 'soon'; expected a year, as 2019"),
        (("measure", "gdp", "--set", "year=1999"), "no city has gdp of 1999; known: 2012, 2019, 2021. Bring gdp: "),
        (("measure", "gdp", "land_share", "-o", "x.csv"), "-o holds one table, but 2 measures are asked for"),
        (("measure", "gdp", "-o", "x.txt"), "ends in '.txt'"),
        (("measure", "gdp", "--scenario", "none.toml"), "none.toml: no such scenario file"),
        (("compare", "2012", "2019", "--measure", "land_share"), "2012: measure 'land_share' has no years"),
        (("compare", "2012", "2019", "--measure", "gdp", "--set", "year=2021"), "--set year=... and a year"),
        (("compare", "2012", "2019", "--measure", "gdp", "--time", "train"), "--time is not for measures by name"),
        (("compare", "2012", "2019", "--set", "minutes=60"), "--set minutes=... is a parameter of a measure"),
        (
            ("compare", "base", "none.toml", "--measure", "gdp"),
            "none.toml: no such scenario file; expected a year, 'base'",
        ),
        (
            ("compare", "2012", "2015", "--measure", "gdp_within"),
            "has no timetable of 2015; it has those of 2012, 2019",
        ),
        (("evidence", "nowhere"), "nowhere"),
        (("evidence", "--claims", "none.toml"), "none.toml: no such claims file; `megaregion evidence --template"),
        (("evidence", "-o", "x.pdf"), "ends in '.pdf'; expected .csv, .json, .md, .html"),
        (("evidence", "yrd", "--region", "other"), "two regions are given, 'yrd' and --region 'other'"),
    ],
)
def test_what_cannot_be_asked_is_said(capsys, monkeypatch, tmp_path, arguments, words):
    monkeypatch.chdir(tmp_path)
    code, out, err = ask(capsys, *arguments)
    assert code in {2, 4}
    assert words in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_evidence_is_printed_in_both_languages(capsys):
    code, out, err = ask(capsys, "evidence", "yrd")
    assert code == 0
    assert "Hangzhou is 45 minutes from Shanghai.  [hangzhou-shanghai-45-min]" in out
    assert "4 confirmed, 1 contradicted, 10 not decidable" in err
    assert all(len(line) <= 112 for line in out.splitlines()[17:])
    code, out, err = ask(capsys, "evidence", "--lang", "zh")
    assert code == 0
    assert "杭州到上海只需45分钟。" in out
    assert "4 条证实、1 条不符、10 条无法判定" in err


def test_evidence_as_json(capsys):
    code, out, err = ask(capsys, "evidence", "yrd", "--json")
    assert code == 0
    claims = {claim["id"]: claim for claim in json.loads(out)["claims"]}
    minutes = claims["hangzhou-shanghai-45-min"]
    assert (minutes["verdict"], minutes["value"], minutes["unit"], minutes["needs"]) == ("confirmed", 45, "min", None)
    assert minutes["sources"][0]["source_id"] == "rail-2019"
    assert claims["chips-47-percent"]["needs"].startswith("a table of the country's chip plants")
    assert "confirmed" not in err


def test_evidence_as_files(capsys, tmp_path):
    for suffix, needle in {
        "csv": "hangzhou-shanghai-45-min,",
        "json": '"claims": [',
        "md": "| Hangzhou is 45 minutes from Shanghai. | confirmed | 45 min | 45 min | confirmed | 2019 |",
        "html": "<h2 id=hangzhou-shanghai-45-min>Hangzhou is 45 minutes from Shanghai.</h2>",
    }.items():
        code, out, err = ask(capsys, "evidence", "-o", tmp_path / f"e.{suffix}")
        assert (code, out) == (0, "")
        assert f"evidence: {tmp_path / f'e.{suffix}'}" in err
        text = (tmp_path / f"e.{suffix}").read_text(encoding="utf-8")
        assert needle in text
        # the newspaper of 2010 is the source of a variant only
        assert suffix == "csv" or "paper.wenweipo.com" in text


def test_claims_of_ones_own_are_escaped_in_html(capsys, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(CLAIM.replace("It has 35 cities.", "<script>alert(1)</script>"), encoding="utf-8")
    code, _, _ = ask(capsys, "evidence", "--claims", file, "-o", tmp_path / "e.html")
    assert code == 0
    page = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_template_is_printed_and_runs(capsys, tmp_path):
    code, out, _ = ask(capsys, "evidence", "--template")
    assert code == 0
    (tmp_path / "mine.toml").write_text(out, encoding="utf-8")
    code, out, _ = ask(capsys, "evidence", "--claims", tmp_path / "mine.toml")
    assert code == 0
    assert "contradicted" in out


def test_a_broken_claims_file_is_one_error_with_all_its_findings(capsys, tmp_path):
    file = tmp_path / "broken.toml"
    file.write_text(CLAIM.replace("value = 35", "value = 'many'").replace('"cities"\n', '"towns"\n'), encoding="utf-8")
    code, out, _ = ask(capsys, "evidence", "--claims", file, "--json")
    assert code == 2
    found = json.loads(out)
    assert found["ok"] is False
    assert {(notice["code"], notice["line"]) for notice in found["notices"]} >= {("claim_unusable", 6)}


def test_a_region_folder_has_claims_of_its_own(capsys, tmp_path):
    mr.demo("yrd", tmp_path / "own.region")
    (tmp_path / "own.region" / "claims.toml").write_text(CLAIM, encoding="utf-8")
    code, out, _ = ask(capsys, "evidence", tmp_path / "own.region", "--json")
    assert code == 0
    (claim,) = json.loads(out)["claims"]
    assert (claim["verdict"], claim["value"]) == ("contradicted", 41)
