"""What the doctor says of a machine, and that warm kernels stay warm."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from megaregion.cli.app import run
from megaregion.study import doctor

ROOT = Path(__file__).resolve().parents[2]


def names(requirements):
    return {text.split(">")[0].split("[")[0] for text in requirements}


def test_the_packages_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # what only some systems have, nothing needs
    assert set(doctor.NEEDED) == names(each for each in project["dependencies"] if ";" not in each)
    extras = project["optional-dependencies"]
    assert set(doctor.EXTRAS) == set(extras) - {"dev"}
    for extra, packages in doctor.EXTRAS.items():
        assert names(extras[extra]) <= set(packages)


def test_this_machine_is_well():
    found = doctor.examine()
    assert found["problems"] == []
    assert found["cores"] >= 1
    assert found["packages"]["numba"] is not None
    assert found["kernel_cache"]["writable"]


def test_a_missing_package_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "no-such-package"))
    assert doctor.examine()["problems"] == [
        "package no-such-package is not installed; run `pip install no-such-package`."
    ]


def test_a_cache_that_cannot_be_written_is_a_problem(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "kernel_cache", lambda: {"folder": "/ro", "writable": False, "bytes": 0})
    assert run(["doctor", "--json"]) == 1
    problem = json.loads(capsys.readouterr().out)["problems"][0]
    assert problem.startswith("compiled kernels cannot be kept in /ro: each run compiles them again.")
    assert "Set NUMBA_CACHE_DIR to a folder that you can write" in problem


@pytest.mark.parametrize(("lang", "words"), [("en", ("cores", "lacking  ")), ("zh", ("处理器核数", "缺少"))])
def test_both_languages(lang, words, capsys):
    assert run(["doctor", "--lang", lang]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in words)


USE = """
import megaregion.mobility as m
import pandas as pd
from megaregion.mobility.connection_scan import SCANS
from megaregion.region.removal import without
from megaregion.study.doctor import warm_up
from megaregion.study.regions import example
from pathlib import Path
import os
kept = lambda: sorted(path.name for path in Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))
warm_up()
warm = kept()
# marks are for many targets only
cold = [each for each, scan in SCANS.items() if not scan.signatures and not (each[0] == 1 and each[3])]
assert not cold, cold
region = example("yrd")
calls = region.table("stop_times")
calls = calls[calls["trip_id"].str.startswith("rail-2019")]
# all trains wait for one that comes to the busiest station
hub = calls["stop_id"].mode()[0]
waited = calls.loc[(calls["stop_id"] == hub) & (calls["stop_sequence"] > 1), "trip_id"].iloc[0]
rule = {"transfer_id": "waits", "from_stop_id": hub, "to_stop_id": hub, "kind": "guaranteed", "from_trip_id": waited}
rules = pd.DataFrame([rule])
last = calls["trip_id"].iloc[-1]
for each in (region, region.with_table("transfers", rules)):
    timetable = m.Timetable.from_region(each, year=2019)
    smaller = m.Timetable.from_region(each.with_tables(without(each, "trips", [last])), year=2019)
    assert (len(timetable.exceptions[0]) > 0) == (each is not region)
    stops = list(dict.fromkeys([hub, *timetable.stops]))[:12]
    for rides in (None, 3):
        for origins, destinations in ((stops, stops[:3]), (stops[:3], stops)):
            base = m.travel_time_matrix(smaller, origins, destinations, max_rides=rides)
            m.travel_time_matrix(timetable, origins, destinations, max_rides=rides)
            m.rerun_matrix(base, smaller, timetable, origins, destinations, max_rides=rides)
    m.journeys(timetable, stops[0], stops[5], depart="08:00")
    m.journeys(timetable, stops[0], stops[5], arrive_by="18:00")
    m.profile(timetable, stops[0], stops[5])
    m.earliest_arrivals(timetable, stops[0], "08:00")
assert len(warm) > 20, warm
assert kept() == warm, set(kept()) - set(warm)
"""


def test_real_use_compiles_nothing_after_warming_up(tmp_path):
    """In a cache of its own: what the small town compiles is all that a real timetable needs."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
