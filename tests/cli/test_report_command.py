"""The command report."""

import json

import pytest

from megaregion.cli.app import run


def test_it_writes_one_page_and_lists_what_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["import", "table", "cities", "none.csv", "--region", "r"]) != 0
    (tmp_path / "cities.csv").write_text("city_id,name,lon,lat\n1,纸城,120.0,30.0\n", encoding="utf-8")
    assert run(["new", "paper.region"]) == 0
    assert run(["import", "table", "cities", "cities.csv", "--region", "paper.region"]) == 0
    capsys.readouterr()
    assert run(["report", "-o", "r.html", "--region", "paper.region", "--lang", "zh", "--json"]) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert answer["report"] == "r.html"
    assert answer["missing"]
    assert "报告：r.html" in said.err
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in page
    assert "纸城" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "there.html"], "--overwrite"),
        (["-o", "r.txt"], "one of these endings"),
        (["--scenario", "metro-2062"], "no such scenario file"),
    ],
)
def test_what_it_cannot_do_is_said_and_nothing_is_written(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.html").write_text("mine")
    assert run(["new", "paper.region"]) == 0
    assert run(["report", "--region", "paper.region", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "there.html").read_text() == "mine"
    assert not (tmp_path / "report.html").exists()
