"""The command compare as its users meet it: between cities, and between zones."""

import json

import pytest

from megaregion.cli.app import run
from megaregion.study import zone_travel
from megaregion.study.regions import example

QUICK = ("--window", "08:00-08:05")
ZONES = ("compare", "2012", "2019", "--between", "zones", *QUICK)


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def rows_of(capsys, *arguments):
    code, out, _ = ask(capsys, *arguments, "--json")
    assert code == 0
    found = json.loads(out)
    return {(row["from_id"], row["to_id"]): row for row in found["rows"]}, found["provenance"]


def test_times_are_written_in_the_language_asked_for(capsys):
    code, out, _ = ask(capsys, "compare", "2012", "2019", *QUICK, "--top", "0", "--lang", "zh")
    assert code == 0
    lost = [line for line in out.splitlines() if "舟山" in line]
    assert len(lost) == 80
    assert all(line.split()[2:] == ["不可达"] * 3 for line in lost)
    for english in ("unreachable", " h ", " min"):
        assert english not in out
    _, out, _ = ask(capsys, "compare", "2012", "2019", "--time", "train", "--top", "0", "--lang", "zh")
    assert [line.split()[2:] for line in out.splitlines() if "舟山" in line] == [["无直达列车"] * 3] * 80


def test_every_option_counts_between_zones(capsys, monkeypatch):
    asked = []
    matrix = zone_travel.travel_time_matrix

    def noted(*places, **options):
        asked.append((options["workers"], options["max_rides"]))
        return matrix(*places, **options)

    monkeypatch.setattr(zone_travel, "travel_time_matrix", noted)
    free, about = rows_of(capsys, *ZONES, "--workers", "1")
    assert (about["max_rides"], about["statistic"]) == (None, "p50")
    direct, about = rows_of(capsys, *ZONES, "--max-rides", "1")
    assert (about["max_rides"], about["statistic"]) == (1, "p50")
    assert asked == [(1, None)] * 2 + [(None, 1)] * 2
    assert all(direct[pair]["after_s"] >= row["after_s"] for pair, row in free.items())
    assert any(direct[pair]["after_s"] > row["after_s"] for pair, row in free.items())
    fastest, about = rows_of(capsys, *ZONES, "--time", "fastest")
    assert about["statistic"] == "fastest"
    assert all(fastest[pair]["after_s"] <= row["after_s"] for pair, row in free.items())
    assert any(fastest[pair]["after_s"] < row["after_s"] for pair, row in free.items())


def test_what_is_found_on_the_way_is_told_once(capsys):
    code, out, err = ask(capsys, *ZONES, "--top", "1", "--time", "fastest")
    assert code == 0
    lonely = [line for line in err.splitlines() if "has no stop within 90 min" in line]
    assert len(lonely) == len(set(lonely)) > 0
    region = example("yrd")
    gains = zone_travel.zone_gains((region, 2019), (region, 2019), window=("08:00", "08:05"))
    assert sum(notice.value == "320413" for notice in gains.notices) == 1
    assert not gains.gain_s.any()
    assert "fastest within the window from door to door" in err
    assert "gain ≥ min" in out


def test_zones_lose_where_a_project_is_taken_away(capsys):
    """The other way round the same pairs change by the same, with the other sign; the largest come first."""
    found = {}
    for sides in (("base", "metro-2026"), ("metro-2026", "base")):
        assert run(["compare", *sides, "--between", "zones", *QUICK, "--json"]) == 0
        found[sides[0]] = json.loads(capsys.readouterr().out)
    built, gone = found["base"], found["metro-2026"]
    assert gone["losers"] == built["people"]
    assert gone["people"] == built["losers"]
    assert gone["losers"][0]["pairs"] > 0
    assert gone["rows"][0]["gain_s"] == -built["rows"][0]["gain_s"] < -600
    assert run(["compare", "metro-2026", "base", "--between", "zones", *QUICK, "--top", "1"]) == 0
    out = capsys.readouterr().out
    assert "loss ≥ min" in out
    assert "no pair of zones loses" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--between", "zones", "--time", "train"), "--time is 'train', but zones have no trains of their own"),
        (("--between", "towns"), "--between is 'towns'; expected cities or zones"),
        (("--between", "zones", "--time", "mean"), "--time is 'mean'; expected train, fastest or median"),
    ],
)
def test_what_zones_do_not_have_is_refused_before_the_long_work(capsys, arguments, words):
    code, _, err = ask(capsys, "compare", "2012", "2019", *arguments)
    assert code == 2
    assert words in err


def test_headings_in_both_languages(capsys):
    question = ("compare", "2012", "2019", "--time", "train", "--top", "1")
    code, out, _ = ask(capsys, *question)
    assert code == 0
    assert out.splitlines()[0].split() == ["from", "to", "2012", "2019", "difference", "verdict"]
    code, out, _ = ask(capsys, *question, "--lang", "zh")
    assert code == 0
    assert out.splitlines()[0].split() == ["起点", "终点", "之前：2012", "之后：2019", "差", "结论"]
    code, out, _ = ask(capsys, *ZONES, "--top", "1", "--lang", "zh")
    assert code == 0
    assert out.splitlines()[0].split() == ["起点", "终点", "之前", "之后", "节省"]


@pytest.mark.parametrize("name", ["fastest_train", "slowest_train"])
def test_a_pair_without_a_direct_train_may_still_be_reached(capsys, name):
    for lang, words, others in (
        ("en", ["newly direct", "no longer direct", "no direct train"], "reachable"),
        ("zh", ["新增直达", "不再直达", "无直达列车"], "可达"),
    ):
        code, out, _ = ask(capsys, "compare", "2012", "2019", "--measure", name, "--top", "0", "--lang", lang)
        assert code == 0
        assert [word for word in words if word not in out] == []
        assert others not in out


def test_a_city_without_a_station_is_said_in_the_language_of_the_reader(capsys):
    asked = ("compare", "2012", "2019", "--measure", "fastest_train", "--top", "1")
    code, _, err = ask(capsys, *asked, "--lang", "zh")
    assert code == 0
    assert "2012 年的时刻表中没有城市舟山市（330900）的车站。" in err
    assert "has no station" not in err
    assert "city 舟山市 (330900) has no station in the timetable of 2012." in ask(capsys, *asked)[2]


def test_two_of_one_name_are_told_apart(capsys):
    code, out, _ = ask(capsys, "compare", "base", "base", "--year", "2019", "--time", "train", "--lang", "zh", *QUICK)
    assert code == 0
    assert out.splitlines()[0].split()[2:5] == ["之前：现状", "之后：现状", "(2)"]
