"""The commands gravity and market-access: what they print is what the study finds, and bad input is named."""

import json

import pandas as pd
import pytest

from megaregion.cli.app import run
from megaregion.study import result_cache
from megaregion.study.city_gravity import GravityOptions, city_gravity
from megaregion.study.city_markets import MarketOptions, city_markets, market_change
from megaregion.study.regions import example

NAMES = ("上海市", "Hangzhou", "320100", "Ningbo", "Wenzhou", "Xuzhou", "苏州市", "合肥")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    monkeypatch.setenv(result_cache.SETTING, "off")


@pytest.fixture(scope="module")
def yrd():
    return example("yrd")


def write_flows(path, **changed):
    """Flows that fall with the rank of cities, named as people name them."""
    rows = [
        {"from_id": one, "to_id": other, "flow": 100 // (1 + abs(i - j)) + i + 2 * j, "fare": 10 + 3 * abs(i - j) + i}
        for i, one in enumerate(NAMES)
        for j, other in enumerate(NAMES)
        if i != j
    ]
    frame = pd.DataFrame(rows).astype(str)
    for column, (row, value) in changed.items():
        frame.loc[row, column] = value
    frame.to_csv(path, index=False)
    return frame


def test_trains_are_the_flows_where_none_are_given(yrd, capsys):
    assert run(["gravity", "--year", "2019", "--cost", "distance", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    found = city_gravity(yrd, "trains", options=GravityOptions(year=2019, cost="distance"))
    assert data["border"]["times"] == pytest.approx(found.border[0])
    assert [row["term"] for row in data["coefficients"]] == ["log_cost", "border"]
    assert data["pairs"] == found.fit.n_pairs


def test_flows_of_a_file_with_names_of_cities(tmp_path, capsys):
    write_flows(tmp_path / "flows.csv")
    path = tmp_path / "fitted.csv"
    arguments = ["gravity", str(tmp_path / "flows.csv"), "--year", "2019", "--lang", "zh", "-o", str(path)]
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "弹性" in out
    assert "56 个城市对" in out
    fitted = pd.read_csv(path, dtype={"from_id": str})
    totals = fitted.groupby("from_id")[["flow", "fitted"]].sum()
    pd.testing.assert_series_equal(totals["flow"], totals["fitted"], check_names=False, check_dtype=False)
    assert "310000" in totals.index
    assert run(["gravity", str(tmp_path / "flows.csv"), "--cost", "fare", "--border", "none", "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert own["border"] is None
    assert own["settings"]["cost"] == "fare"


def test_a_pair_without_a_row_is_unknown_unless_it_is_none(tmp_path, capsys):
    frame = write_flows(tmp_path / "flows.csv")
    frame.drop(index=[3, 10]).to_csv(tmp_path / "flows.csv", index=False)
    for missing, pairs in (("unknown", 54), ("0", 56)):
        assert run(["gravity", str(tmp_path / "flows.csv"), "--missing", missing, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["pairs"] == pairs


@pytest.mark.parametrize(
    ("changed", "options", "said"),
    [
        ({"from_id": (3, "Atlantis")}, [], "row 4: no city 'Atlantis' in region 'yrd'"),
        ({"flow": (5, "many")}, [], "flows row 6: field 'flow' is 'many'; expected a number or blank"),
        ({"flow": (5, "-2")}, [], "the flow is -2; expected a number of at least 0"),
        ({"fare": (0, "")}, ["--cost", "fare"], "the cost is not known; expected the cost of every pair"),
        ({}, ["--cost", "price"], "cost is 'price'; expected time, train, distance, or a column of the flows: from_id"),
        ({}, ["--border", "county"], "border is 'county'; expected province or none"),
        ({}, ["--missing", "no"], "--missing is 'no'; expected unknown or 0"),
        ({}, ["--constraint", "triply"], "constraint is 'triply'; expected doubly"),
        ({}, ["-o", "fitted.xlsx"], "fitted.xlsx"),
    ],
)
def test_bad_input_is_named(tmp_path, capsys, changed, options, said):
    write_flows(tmp_path / "flows.csv", **changed)
    assert run(["gravity", str(tmp_path / "flows.csv"), *options]) == 2
    assert said in capsys.readouterr().err


def test_columns_and_files_that_are_not_there(tmp_path, capsys):
    assert run(["gravity", str(tmp_path / "no.csv")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert run(["gravity", "parcels"]) == 2
    assert "has no flows 'parcels'; it has trains" in capsys.readouterr().err
    (tmp_path / "flows.csv").write_text("from,to,flow\na,b,1\n", encoding="utf-8")
    assert run(["gravity", str(tmp_path / "flows.csv"), "--lang", "zh"]) == 2
    assert "流量缺少列 from_id, to_id" in capsys.readouterr().err


def test_markets_of_a_year(yrd, capsys):
    assert run(["market-access", "--to", "2019", "--theta", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    found = city_markets(yrd, year=2019, options=MarketOptions(theta=2)).table.set_index("city_id")
    assert len(data["rows"]) == 41
    first = data["rows"][0]
    assert first["market_access"] == pytest.approx(found["market_access"].max())
    assert run(["market-access", "--to", "2019", "--own", "--top", "3", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "上海市" in out
    assert "另有 38 个城市" in out
    assert "不动点" not in out
    asked = ["--fixed-point", "people", "--mass", "population_census", "--to", "2019", "--top", "1"]
    assert run(["market-access", *asked]) == 0
    assert "population_census of 2020" in (out := capsys.readouterr().out)
    assert "fixed point of people" in out


def test_markets_between_two_years_and_by_a_scenario(yrd, tmp_path, capsys):
    path = tmp_path / "markets.csv"
    assert run(["market-access", "--from", "2012", "--to", "2019", "--fixed-point", "output", "-o", str(path)]) == 0
    rows = pd.read_csv(path, dtype={"city_id": str}).set_index("city_id")
    options = MarketOptions(fixed_point="output")
    found = market_change((yrd, 2012), (yrd, 2019), options=options).table.set_index("city_id")
    pd.testing.assert_series_equal(rows["change"].sort_index(), found["change"].sort_index(), check_index_type=False)
    capsys.readouterr()
    assert run(["market-access", "--from", "2012", "--to", "2019", "--top", "2"]) == 0
    assert "Jinhua" in capsys.readouterr().out
    scenario = str(tmp_path / "faster.toml")
    assert run(["scenario", "new", scenario, "--name", "faster"]) == 0
    assert run(["scenario", "add", scenario, "change_speed", "route_ids=rail-2019:G", "factor=1.25"]) == 0
    capsys.readouterr()
    assert run(["market-access", "--scenario", scenario, "--to", "2019", "--json"]) == 0
    changes = [row["change"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0.05


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "2019", "--to", "2019"], "--from is 2019, and so is the other side"),
        (["--from", "2012", "--scenario", "metro-2026"], "--scenario and --from are both given"),
        (["--theta", "0"], "theta is 0.0; expected a finite number above 0"),
        (["--own", "--road-speed", "0"], "a city has no time to itself"),
        (["--mass", "gold"], "0 cities of region 'yrd' have gold"),
        (["--fixed-point", "jobs"], "fixed_point is 'jobs'; expected output or people"),
        (["--fixed-point", "people"], "--fixed-point people needs people as markets, and --mass is 'gdp'"),
        (["--to", "1999"], "no timetable of 1999"),
    ],
)
def test_bad_options_of_markets_are_named(capsys, options, said):
    assert run(["market-access", *options]) == 2
    assert said in capsys.readouterr().err
