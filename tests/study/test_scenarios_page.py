"""The example of the page about scenarios runs on the shipped region and gives what the page says."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import megaregion as mr
from megaregion.cli.app import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def scenario() -> mr.Scenario:
    return mr.Scenario.from_toml(block("toml"))


def test_the_file_of_the_page_changes_the_shipped_region(scenario: mr.Scenario) -> None:
    base = mr.open("yrd")
    result = scenario.apply(base)
    touched = dict(result.touched)
    assert f"result.touched  # {touched}" in block("python").replace('"', "'")
    assert touched[1]["trips"] == (base.table("trips")["route_id"] == "rail-2019:G").sum()
    assert "new:舟山" in set(result.region.table("stops")["stop_id"])
    assert [note.code for note in result.notices] == ["figures_not_confirmed"]


def test_the_code_of_the_page_is_the_same_scenario(scenario: mr.Scenario) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102 - our own page
    assert names["links"].to_dict() == scenario.to_dict()


def test_faster_trains_gain_and_lose_what_the_page_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "faster.toml"
    file.write_text(block("toml"), encoding="utf-8")
    command = block("sh").strip()
    words = command.replace("faster.toml", str(file)).split()[1:]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    counted = {verdict: int(count) for count, verdict in re.findall(r"(\d+) ([a-z ]+)", block("text"))}
    assert counted == {verdict: count for verdict, count in found["counts"].items() if count}
    slower = {
        (row["from_en"], row["to_en"]): row["difference_s"] for row in found["rows"] if row["verdict"] == "slower"
    }
    assert max(slower, key=slower.__getitem__) == ("Yancheng", "Ningbo")
    assert max(slower.values()) == pytest.approx(2 * 3600, abs=600)
    assert f"{sum(loss < 1800 for loss in slower.values())} of the {len(slower)} lose less than half an hour" in PAGE


def test_the_commands_of_the_page_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in block("console").splitlines():
        program, *words = shlex.split(line)
        assert program == "megaregion"
        assert run(words) == 0, line
    capsys.readouterr()
    made = mr.open("faster.region")
    assert len(made.table("trips")) == len(mr.open("yrd").table("trips"))
    written = mr.Scenario.from_toml(Path("peak.toml").read_text(encoding="utf-8"))
    assert [(entry.edit.kind, entry.on) for entry in written.entries] == [
        ("change_speed", True),
        ("change_frequency", False),
    ]
    # every command that the page explains is there, and the other way round
    assert run(["scenario", "--help"]) == 0
    commands = set(re.findall(r"^  (\w+)  ", capsys.readouterr().out.partition("Commands:")[2], re.MULTILINE))
    explained = set(re.findall(r"`(\w+)(?: FILE[^`]*)?`", PAGE)) | set(re.findall(r"megaregion scenario (\w+)", PAGE))
    assert commands - explained == set()
