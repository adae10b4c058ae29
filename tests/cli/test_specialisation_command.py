"""The command specialisation: what it prints, writes and refuses."""

import json

import numpy as np
import pandas as pd
import pytest

from megaregion.cli.app import run

HEAD = "city_id,sector,year,value,unit\n"


def ask(capsys, *arguments):
    code = run(["specialisation", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def jobs(tmp_path):
    """Six cities by twelve sectors: a city does the sectors that are no harder than it is able."""
    rows = [
        f"c{city},s{sector:02},2020,{10 + (city * 7 + sector * 3) % 5},person\n"
        for city in range(6)
        for sector in range(12)
        if sector <= 2 * city + 1
    ]
    path = tmp_path / "jobs.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def test_cities_of_the_delta_in_both_languages(capsys):
    code, english, talk = ask(capsys, "yrd", "--top", 2)
    assert code == 0
    for words in ("specialisation", "location quotient", "Shanghai", "tertiary", "... and 26 more: --top 0, -o FILE"):
        assert words in english
    for words in ("13 of 41 cities have no sectors of 2021", "[values_from_shares]", "(Krugman)"):
        assert words in talk
    code, chinese, talk = ask(capsys, "--lang", "zh", "--top", 2)
    assert code == 0
    assert all(words in chinese for words in ("上海市", "第三产业", "区位商", "另有 26 行"))
    assert "克鲁格曼" in talk


def test_sectors_add_up_and_name_who_does_them(capsys):
    code, out, _ = ask(capsys, "--show", "sectors", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["year"], told["unit"], told["cities"], told["sectors"]) == (2021, "CNY", 28, 3)
    assert sum(row["share"] for row in told["rows"]) == pytest.approx(1)
    assert {row["sector"] for row in told["rows"]} == {"primary", "secondary", "tertiary"}


def test_pairs_stand_beside_chance(capsys, tmp_path):
    file = tmp_path / "pairs.csv"
    code, out, talk = ask(capsys, "--show", "pairs", "--draws", 199, "--seed", 3, "-o", file)
    assert (code, out) == (0, "")
    assert "rows:" in talk
    rows = pd.read_csv(file)
    assert len(rows) == 28 * 27 // 2
    assert rows["value"].is_monotonic_decreasing
    assert rows["value"].between(0, 2).all()
    assert set(rows["verdict"]) <= {"complementary", "alike", "as chance"}


def test_a_finer_table_orders_cities_by_what_they_can_do(capsys, jobs):
    code, out, _ = ask(capsys, jobs, "--show", "complexity", "--absent-is-zero", "--json")
    assert code == 0
    told = json.loads(out)
    by_city = {row["city_id"]: row["eci"] for row in told["rows"]}
    assert max(by_city, key=by_city.get) == "c5"
    assert np.mean(list(by_city.values())) == pytest.approx(0, abs=1e-9)
    # what only the ablest do is the most complex
    assert next(iter(told["sector_complexity"])) in {"s10", "s11"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--show", "pair"), "--show is 'pair'; expected cities, sectors, pairs or complexity. Did you mean 'pairs'?"),
        (("--show", "complexity"), "there are 3 sectors, and complexity takes at least 10"),
        (("none.csv",), "there is no file none.csv; give a table of sectors"),
        (("--year", "1999"), "fewer than two cities of region 'yrd' have sectors of 1999"),
        (("-o", "cities.shp"), "expected .csv or .parquet"),
        (("--show", "pairs", "--draws", "3"), "draws is 3; expected"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(capsys, arguments, said):
    code, _, err = ask(capsys, *arguments)
    assert code != 0
    assert said in err


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("a,x,2020,1,person\na,y,2020,2,CNY\nb,x,2020,1,person\nb,y,2020,2,person\n", "column 'unit' has CNY, person"),
        ("a,x,2019,1,\na,x,2020,1,\na,y,2020,1,\n", "year 2019 has no sector 'y'"),
        ("a,x,2020,1,\na,y,2020,2,\nb,x,2020,1,\n", "city 'b' has no value of sector 'y' in 2020"),
        ("a,x,2020,60,%\na,y,2020,30,%\nb,x,2020,50,%\nb,y,2020,50,%\n", "add up to 90; expected 100"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(capsys, tmp_path, lines, said):
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + lines, encoding="utf-8")
    code, out, err = ask(capsys, path)
    assert (code, out) == (2, "")
    assert said in err


def test_a_year_that_the_table_lacks_is_named(capsys, jobs):
    code, _, err = ask(capsys, jobs, "--year", 2012, "--absent-is-zero")
    assert code == 2
    assert "--year is 2012; table" in err
    assert "has 2020" in err
