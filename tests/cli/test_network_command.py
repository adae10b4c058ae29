"""The command network: what it prints, writes and refuses."""

import json

import pandas as pd
import pytest

from megaregion.cli.app import run

COLUMNS = "firm_id,name,city_id,function,service_value\n"


def ask(capsys, *arguments):
    code = run(["network", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def register(tmp_path):
    """Twenty-four firms, each in the three cities of one of two groups."""
    rows = [
        f"f{firm:02},Firm {firm},{city},research,{1 + firm % 5}\n"
        for firm in range(24)
        for city in ("north", "middle", "south") * (firm < 12) + ("east", "centre", "west") * (firm >= 12)
    ]
    path = tmp_path / "sites.csv"
    path.write_text(COLUMNS + "".join(rows), encoding="utf-8")
    return path


def test_the_shipped_network_is_printed_in_both_languages(capsys):
    code, english, talk = ask(capsys, "yrd", "--top", 2)
    assert code == 0
    for words in ("Shanghai  Hangzhou ", "as chance", "eigenvector", "... and 7 more links: --top 0, -o FILE"):
        assert words in english
    for words in ("no sample of all firms", "[links_cannot_be_told]", "999 random networks, seed 20211"):
        assert words in talk
    code, chinese, talk = ask(capsys, "--lang", "zh", "--top", 1)
    assert code == 0
    for words in ("上海市", "杭州市", "与随机相当", "中介中心度", "另有 8 条联系"):
        assert words in chinese
    assert "并非企业抽样" in talk
    assert "随机期望：999 个随机网络，种子 20211" in talk


def test_a_register_tells_which_links_size_does_not_explain(capsys, register, tmp_path):
    code, out, _ = ask(capsys, register, "--json", "--draws", 199, "--seed", 3)
    assert code == 0
    told = json.loads(out)
    assert (told["firms"], told["draws"], told["seed"], told["can_tell"]) == (24, 199, 3, True)
    verdicts = {(row["from_id"], row["to_id"]): row["verdict"] for row in told["links"]}
    assert verdicts["middle", "north"] == verdicts["centre", "east"] == "more"
    assert len(told["links"]) == 15
    assert {row["city_id"] for row in told["cities"]} == {"north", "middle", "south", "east", "centre", "west"}
    code, out, talk = ask(capsys, register, "--draws", 199, "--seed", 3, "-o", tmp_path / "pairs.csv")
    assert (code, out) == (0, "")
    assert "pairs:" in talk
    written = pd.read_csv(tmp_path / "pairs.csv")
    assert written["value"].tolist() == [row["value"] for row in told["links"]]
    # pairs that no firm links stand there with 0
    assert (written["value"] == 0).sum() == 9


def test_sites_of_one_function_make_their_own_network(capsys):
    code, out, _ = ask(capsys, "yrd", "--function", "research", "--draws", 99, "--json")
    assert code == 0
    told = json.loads(out)
    link = next(row for row in told["links"] if {row["from_id"], row["to_id"]} == {"310000", "330100"})
    # Fosun 3 x 2 and Huawei 3 x 2; headquarters do not count
    assert (link["value"], link["firms"]) == (12, 2)
    assert told["function"] == "research"


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (("none.csv",), "there is no file none.csv; give a table of sites", "没有文件 none.csv"),
        (("--draws", "5"), "draws is 5; expected at least 99", "99"),
        (("--function", "shop"), "--function is 'shop', and no site does that; the table has headq", "没有这类站点"),
        (("-o", "pairs.doc"), "pairs.doc", "pairs.doc"),
    ],
    ids=["file", "draws", "function", "suffix"],
)
def test_what_cannot_be_meant_is_said(capsys, tmp_path, monkeypatch, arguments, english, chinese):
    monkeypatch.chdir(tmp_path)
    for lang, words in (("en", english), ("zh", chinese)):
        code, out, talk = ask(capsys, *arguments, "--lang", lang)
        assert code == 2
        assert out == ""
        assert words in talk


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("f,Firm,a,research,-1\nf,Firm,b,research,2\n", "-1"),
        ("f,Firm,a,research,many\nf,Firm,b,research,2\n", "many"),
        ("f,Firm,a,research,2\ng,Other,a,research,2\n", "1 cities have sites of 2 firms"),
        ("f,Firm,a,shop,2\nf,Firm,b,research,2\n", "shop"),
    ],
    ids=["negative", "text", "one-city", "function"],
)
def test_tables_that_cannot_be_used_name_the_row(capsys, tmp_path, rows, words):
    path = tmp_path / "sites.csv"
    path.write_text(COLUMNS + rows, encoding="utf-8")
    code, out, talk = ask(capsys, path, "--draws", 99)
    assert code == 2
    assert out == ""
    assert words in talk


def test_a_region_without_sites_says_what_brings_them(capsys, tmp_path):
    assert run(["new", str(tmp_path / "empty.region")]) == 0
    capsys.readouterr()
    code, _, talk = ask(capsys, tmp_path / "empty.region")
    assert code == 2
    assert "megaregion import table firm_sites FILE" in talk
