"""The commands about scenario files, from a new file to a region folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from megaregion.cli.app import run
from megaregion.region.fingerprint import content_hash
from megaregion.region.scenario import Scenario
from megaregion.region.scenario_file import ScenarioFile
from megaregion.region.store import Store
from support.paper_region import paper, times


@pytest.fixture
def base(tmp_path):
    store = Store.create(tmp_path / "paper.region", name="paper")
    source = {"file": "paper.zip", "licence": "CC0"}
    store.commit(lambda old: old.with_tables(paper().tables), message="import", sources=[source])
    return store


@pytest.fixture
def file(tmp_path, capsys):
    path = str(tmp_path / "f.toml")
    assert run(["scenario", "new", path, "--name", "faster", "--comment", "as of May"]) == 0
    assert run(["scenario", "add", path, "change_speed", "route_ids=y:R", "factor=2", "comment=all trains"]) == 0
    assert run(["scenario", "add", path, "retime", "trip_ids=y:bus", "shift_s=-600", "on=false"]) == 0
    capsys.readouterr()
    return path


def printed(capsys):
    found = capsys.readouterr()
    return json.loads(found.out), found.err


def test_a_scenario_is_written_word_by_word(file, capsys):
    scenario = ScenarioFile.read(file).scenario
    assert scenario == Scenario("faster", comment="as of May").change_speed(
        route_ids=["y:R"], factor=2, comment="all trains"
    ).retime(trip_ids=["y:bus"], shift_s=-600, on=False)
    assert run(["scenario", "list", file, "--json"]) == 0
    found, _ = printed(capsys)
    assert found["id"] == scenario.id
    assert [(row["number"], row["on"], row["kind"], row["comment"]) for row in found["edits"]] == [
        (1, True, "change_speed", "all trains"),
        (2, False, "retime", ""),
    ]
    assert "touched" not in found["edits"][0]


def test_a_list_shows_what_each_edit_touches(file, base, capsys):
    assert run(["scenario", "on", file, "2"]) == 0
    assert run(["scenario", "list", file, "--region", str(base.path)]) == 0
    found = capsys.readouterr()
    assert [line.split()[:3] for line in found.out.splitlines()[1:]] == [
        ["1", "on", "change_speed"],
        ["2", "on", "retime"],
    ]
    assert "3 trips" in found.out
    assert "1 trips" in found.out
    assert run(["scenario", "list", file, "--lang", "zh"]) == 0
    assert "开" in capsys.readouterr().out


def test_undo_prints_what_it_takes_out_and_off_leaves_it(file, capsys):
    before = ScenarioFile.read(file).scenario
    assert run(["scenario", "off", file, "1"]) == 0
    assert run(["scenario", "undo", file]) == 0
    assert 'kind = "retime"' in capsys.readouterr().out
    after = ScenarioFile.read(file).scenario
    assert after == before.switched(1, on=False).undo()
    assert run(["scenario", "off", file, "2"]) == 2
    assert "scenario 'faster' has no edit 2; its edits are 1 to 1" in capsys.readouterr().err


def test_check_says_what_is_touched_and_ends_with_2_on_errors(file, base, capsys):
    region = ["--region", str(base.path)]
    assert run(["scenario", "add", file, "change_dwell", "dwell_s=60", "stop_ids=rail:B", "modes=2"]) == 0
    assert run(["scenario", "check", file, *region, "--json"]) == 0
    found, _ = printed(capsys)
    assert [row["touched"] for row in found["edits"]] == [{"trips": 3}, {}, {"trips": 0}]
    assert [(each["code"], each["severity"]) for each in found["notices"]] == [("edit_touched_nothing", "warning")]
    for words in (["close_stop", "stop_ids=rail:Z"], ["remove_line", "trip_ids=y:G8"]):
        assert run(["scenario", "add", file, *words]) == 0
    capsys.readouterr()
    assert run(["scenario", "check", file, *region, "--json"]) == 2
    found, text = printed(capsys)
    assert [each["code"] for each in found["notices"]] == ["unknown_edit_reference"] * 2
    assert "edit 4 'close_stop': needs 'rail:Z'" in text
    assert "edit 5 'remove_line': needs 'y:G8'" in text
    # a list is shown all the same, to see which edit is which
    assert run(["scenario", "list", file, *region]) == 2
    listed = capsys.readouterr()
    assert len(listed.out.splitlines()) == 6
    assert "edit 4 'close_stop': needs 'rail:Z'" in listed.err


def test_wrong_words_write_nothing(file, capsys):
    before = Path(file).read_bytes()
    for words, message in (
        (["change_sped", "factor=2"], "no edit kind 'change_sped'"),
        (["change_speed", "factor=0", "route_ids=y:R"], "'factor' is 0.0; expected a number above 0"),
        (["change_speed", "2"], "'2' is no field; expected field=value"),
        (["close_stop", "stop_ids=a", "on=maybe"], "field 'on' is 'maybe'; expected true or false"),
    ):
        assert run(["scenario", "add", file, *words]) == 2
        assert message in capsys.readouterr().err
    assert Path(file).read_bytes() == before
    assert run(["scenario", "new", file]) == 3
    assert "is there already" in capsys.readouterr().err


def test_a_result_is_a_region_of_its_own_that_says_where_it_comes_from(file, base, tmp_path, capsys):
    head, content, files = base.head, base.content_id(), sorted(base.path.rglob("*"))
    target = tmp_path / "faster.region"
    command = ["scenario", "apply", file, "--region", str(base.path), "--to", str(target)]
    assert run([*command, "--json"]) == 0
    found, _ = printed(capsys)
    assert (found["region"], found["version"]) == (str(target), 1)
    made = Store.open(target)
    assert times(made.read(), "y:G1") == [("A", 28_800, 28_800), ("B", 29_100, 29_160), ("C", 29_760, 29_760)]
    imported, own = made.snapshot(1).sources
    assert imported["licence"] == "CC0"
    scenario = Scenario.from_toml(own["text"])
    assert content_hash(made.read()) == content_hash(scenario.apply(base.read()).region)
    assert (own["scenario_id"], own["base_region"], own["base_version"]) == (scenario.id, "paper", "1")
    assert own["base_content"] == content_hash(base.read())
    assert made.log()["message"].tolist() == ["scenario faster on paper, version 1"]
    # the baseline is what it was, file by file
    assert (base.head, base.content_id(), sorted(base.path.rglob("*"))) == (head, content, files)
    assert run(command) == 4
    assert "exists already and is not empty; expected a folder to make" in capsys.readouterr().err


def test_a_scenario_made_for_another_version_is_refused_until_rebased(file, base, capsys):
    region = ["--region", str(base.path)]
    assert run(["scenario", "rebase", file, *region]) == 0
    assert run(["scenario", "check", file, *region]) == 0
    base.commit(lambda old: old.with_table("trips", old.table("trips").assign(headsign="x")), message="other")
    capsys.readouterr()
    assert run(["scenario", "check", file, *region]) == 2
    assert "was made for version 1" in capsys.readouterr().err
    assert run(["scenario", "rebase", file, *region]) == 0
    assert run(["scenario", "check", file, *region]) == 0


def test_kinds_say_what_their_fields_mean(capsys):
    assert run(["scenario", "kinds"]) == 0
    assert "retime" in capsys.readouterr().out
    assert run(["scenario", "kinds", "retime"]) == 0
    assert "shift_s (a whole number; default null)\n  Seconds later; below 0 = earlier." in capsys.readouterr().out
    assert run(["scenario", "kinds", "close_stop", "--json"]) == 0
    found, _ = printed(capsys)
    assert found["fields"] == [
        {"name": "stop_ids", "accepted": "a list, each item text", "default": "", "meaning": "Stops or stations."}
    ]
    assert run(["scenario", "kinds", "retim"]) == 2
    assert "Did you mean 'retime'?" in capsys.readouterr().err
