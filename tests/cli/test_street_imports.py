"""`megaregion import osm` as its user meets it."""

import json

import pytest

import megaregion as mr
from megaregion.cli.app import run
from megaregion.mobility.streets import StreetNetwork
from support.osm_files import street_grid


@pytest.fixture
def folder(tmp_path):
    mr.new(tmp_path / "town.region", name="town")
    return tmp_path / "town.region"


@pytest.fixture
def town(tmp_path):
    return street_grid(tmp_path / "town.osm.pbf", 5, 4)


def ask(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_streets_come_into_a_region_and_can_be_walked(capsys, folder, town):
    code, _, err = ask(capsys, "import", "osm", town, "--region", folder)
    assert (code, err.strip()) == (0, "read 20 street_nodes, 31 street_edges; now version 1")
    region = mr.open(folder)
    assert StreetNetwork.from_region(region).n_edges == StreetNetwork.from_region(region, "drive").n_edges == 31


def test_only_what_is_asked_for_comes_and_a_dry_run_changes_nothing(capsys, folder, town):
    code, out, _ = ask(capsys, "import", "osm", town, "--region", folder, "--mode", "walk", "--dry-run", "--json")
    assert (code, json.loads(out)["version"]) == (0, None)
    assert mr.open(folder).table("street_edges").empty
    assert ask(capsys, "import", "osm", town, "--region", folder, "--mode", "walk")[0] == 0
    assert not mr.open(folder).table("street_edges")["drive_forward"].any()


def test_the_talk_is_in_chinese_if_asked_for(capsys, folder, town):
    _, _, err = ask(capsys, "import", "osm", town, "--region", folder, "--lang", "zh")
    assert err.strip() == "读取 20 street_nodes, 31 street_edges；当前版本 1"


def test_a_file_that_is_no_extract_is_bad_input_and_changes_nothing(capsys, folder, tmp_path, town):
    assert ask(capsys, "import", "osm", town, "--region", folder)[0] == 0
    page = tmp_path / "page.osm.pbf"
    page.write_bytes(b"<!DOCTYPE html><html><title>404</title></html>" * 9)
    code, out, err = ask(capsys, "import", "osm", page, "--region", folder)
    assert (code, out) == (2, "")
    assert err.startswith("megaregion: page.osm.pbf: not an OSM PBF: it is a web page (HTML)")
    assert err.count("\n") == 1
    assert ask(capsys, "import", "osm", town, "--region", folder, "--mode", "fly")[0] == 2
    assert len(mr.open(folder).table("street_edges")) == 31
