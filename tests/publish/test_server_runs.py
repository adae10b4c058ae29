"""Runs: queued, followed, cancelled and remembered."""

import json
import os
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import megaregion as mr
from megaregion.publish.plain import plain
from megaregion.publish.server_errors import RefusedError
from megaregion.publish.server_runs import MAX_KEPT, OVER, Runs
from megaregion.region.scenario import Scenario
from support.served import LAKE_LINE, opened

WITHIN_S = 60.0
"""Far beyond what any run of these takes, also on a busy machine."""

SLOW = """
    import json, sys, time
    for line in sys.stdin:
        asked = json.loads(line)
        for done in range(asked["steps"]):
            event = {"event": "progress", "done": done, "total": asked["steps"], "measure": "gdp"}
            print(json.dumps(event), flush=True)
            time.sleep(asked["each_s"])
        if asked.get("dies"):
            sys.exit(3)
        print(json.dumps({"event": "done", "result": {"asked": asked}}), flush=True)
"""
"""A worker that only waits."""


@pytest.fixture
def slow():
    runs = Runs([sys.executable, "-c", textwrap.dedent(SLOW)], max_waiting=2)
    yield runs
    runs.close()


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGAREGION_CACHE", str(tmp_path / "results"))
    with opened() as found:
        yield found


def wait(condition):
    until = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def events_of(client, run_id):
    answer = client.get(f"/api/runs/{run_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_run_gives_what_python_gives_and_a_repeat_is_instant(client):
    body = {"scenario": LAKE_LINE, "measures": ["typical_time", "gdp_within"], "parameters": {"minutes": 60}}
    asked = client.post("/api/runs", json=body)
    assert asked.status_code == 202
    run_id = asked.json()["id"]
    assert asked.headers["location"] == f"/api/runs/{run_id}"
    told = events_of(client, run_id)
    assert [event for event, _ in told][-1] == "done"
    assert {event for event, _ in told[:-1]} == {"progress"}
    done = [data["done"] for _, data in told]
    assert done == sorted(done)
    assert (told[-1][1]["done"], told[-1][1]["total"]) == (4, 4)
    document = client.get(f"/api/runs/{run_id}").json()
    result = document["result"]
    assert [state["id"] for state in result["states"]] == ["base", "scenario"]
    measures = {measure["name"]: measure for measure in result["measures"]}
    region, line = mr.open("yrd"), Scenario.from_dict(LAKE_LINE)
    parameters = {"year": 2019, "minutes": 60}
    for side, what in (("base", None), ("scenario", line)):
        within = mr.run(region, what, measures=["gdp_within"], parameters=parameters)["gdp_within"]
        values = dict(zip(result["cities"], measures["gdp_within"]["values"]["60"][side]["values"], strict=True))
        for city, value in values.items():
            # the page takes six significant figures
            assert value == pytest.approx(within.at(city_id=city), rel=1e-5)
    times = mr.run(region, line, measures=["typical_time"], parameters={"year": 2019})["typical_time"]
    flat = measures["typical_time"]["values"][""]["scenario"]["values"]
    cities = result["cities"]
    for row in times.table.itertuples():
        place = cities.index(row.from_id) * len(cities) + cities.index(row.to_id)
        if row.from_id != row.to_id:
            assert flat[place] == plain(row.value)
    # the same again, also worded otherwise, is the same run
    start = time.process_time()
    again = client.post("/api/runs", json={**body, "scenario": {**LAKE_LINE, "comment": "other words"}})
    assert client.post("/api/runs", json=body).json()["id"] == run_id
    assert client.post("/api/runs", json=body).status_code == 200
    assert client.get(f"/api/runs/{run_id}").json()["result"] == result
    assert time.process_time() - start < 1.0
    assert again.status_code in {200, 202}


def test_a_run_without_a_scenario_has_one_state(client):
    run_id = client.post("/api/runs", json={"measures": ["gdp_share"], "parameters": {"year": 2021}}).json()["id"]
    assert events_of(client, run_id)[-1][0] == "done"
    result = client.get(f"/api/runs/{run_id}").json()["result"]
    assert [state["id"] for state in result["states"]] == ["base"]
    assert result["scenario"] is None
    assert result["measures"][0]["values"][""]["base"]["values"] == [pytest.approx(0.24202, abs=1e-5)]


def test_missing_data_are_said_beside_what_was_found(client):
    body = {"measures": ["gdp_share", "typical_time"], "parameters": {"year": 2021}}
    run_id = client.post("/api/runs", json=body).json()["id"]
    assert events_of(client, run_id)[-1][0] == "done"
    measures = {each["name"]: each for each in client.get(f"/api/runs/{run_id}").json()["result"]["measures"]}
    assert measures["gdp_share"]["values"]
    assert "megaregion import" in measures["typical_time"]["needs"]["en"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"measures": []}, 400, "expected a list of names"),
        ({"measures": "gdp"}, 400, "expected a list of names"),
        ({"measures": [5]}, 400, "expected a list of names"),
        ({"measures": ["nothing"]}, 400, "no measure 'nothing'"),
        ({"measures": ["gdp"], "parameters": 5}, 400, "expected an object"),
        ({"measures": ["gdp"], "parameters": {"minutes": 60}}, 400, "no measure asked for has a parameter 'minutes'"),
        ({"measures": ["gdp_within"], "parameters": {"minutes": 61}}, 400, "'minutes' is 61"),
        ({"measures": ["train_time"]}, 400, "cannot be asked without parameter 'origin'"),
        ({"measures": ["gdp"], "name": "x"}, 404, "no scenario 'x'"),
        ({"scenario": {"edits": [{"kind": "x"}]}}, 422, "x"),
        ({"measure": ["gdp"]}, 400, "no field 'measure'"),
    ],
)
def test_what_cannot_be_run_is_said_at_once(client, body, status, words):
    answer = client.post("/api/runs", json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/runs/x", "/api/runs/x/events"])
def test_a_run_that_is_not_there_is_404(client, path):
    assert client.get(path).json()["status"] == 404
    assert client.delete("/api/runs/x").status_code == 404


def test_cancel_really_stops_the_work(slow):
    run, known = slow.submit({"steps": 100, "each_s": 0.05}, content="c")
    assert not known
    wait(lambda: run.done > 1)
    worker = slow.worker_id
    assert Path(f"/proc/{worker}").exists()
    start = time.monotonic()
    slow.cancel(run.id)
    assert run.state == "cancelled"
    assert time.monotonic() - start < 2
    assert not Path(f"/proc/{worker}").exists()
    done = run.done
    time.sleep(0.2)
    assert run.done == done
    # the same question may be asked again, and has a new worker
    again, known = slow.submit({"steps": 100, "each_s": 0.05}, content="c")
    assert not known
    assert again is not run
    wait(lambda: again.done > 1)
    assert slow.worker_id != worker


def test_one_runs_and_others_wait_up_to_a_number(slow):
    first, *others = [slow.submit({"steps": 100, "each_s": 0.05, "n": n}, content="c")[0] for n in range(2)]
    wait(lambda: first.state == "running")
    others.append(slow.submit({"steps": 1, "each_s": 0, "n": 3}, content="c")[0])
    with pytest.raises(RefusedError, match="2 runs are waiting already") as caught:
        slow.submit({"steps": 1, "each_s": 0, "n": 4}, content="c")
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "60")
    assert [run.state for run in others] == ["waiting", "waiting"]
    slow.cancel(others[0].id)
    slow.cancel(first.id)
    wait(lambda: others[1].state == "done")
    assert [first.state, others[0].state] == ["cancelled", "cancelled"]
    assert json.loads(others[1].result)["asked"]["n"] == 3


def test_the_same_question_at_once_is_one_run(slow):
    found = []
    askers = [
        threading.Thread(target=lambda: found.append(slow.submit({"steps": 2, "each_s": 0.05}, content="c")))
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len({run.id for run, _ in found}) == 1
    assert [known for _, known in found].count(False) == 1
    other, _ = slow.submit({"steps": 2, "each_s": 0.05}, content="another region")
    assert other.id != found[0][0].id


def test_a_worker_that_dies_fails_its_run_and_the_next_has_another(slow):
    run, _ = slow.submit({"steps": 1, "each_s": 0, "dies": True}, content="c")
    wait(lambda: run.state in OVER)
    assert run.state == "failed"
    assert "ended with 3" in run.error["error"]
    killed, _ = slow.submit({"steps": 100, "each_s": 0.05}, content="c")
    wait(lambda: killed.done > 0)
    os.kill(slow.worker_id, signal.SIGKILL)
    wait(lambda: killed.state == "failed")
    assert "ended with -9" in killed.error["error"]
    fine, _ = slow.submit({"steps": 1, "each_s": 0}, content="c")
    wait(lambda: fine.state == "done")


def test_a_run_that_takes_too_long_is_stopped():
    runs = Runs([sys.executable, "-c", textwrap.dedent(SLOW)], longest_s=0.5)
    run, _ = runs.submit({"steps": 1000, "each_s": 0.05}, content="c")
    wait(lambda: run.state in OVER)
    assert run.state == "failed"
    assert "longer than 0.5 s" in run.error["error"]
    wait(lambda: runs.worker_id is None)
    runs.close()


def test_close_cancels_all_and_leaves_no_process(slow):
    running, waiting = (slow.submit({"steps": 100, "each_s": 0.05, "n": n}, content="c")[0] for n in range(2))
    wait(lambda: running.done > 0)
    worker = slow.worker_id
    slow.close()
    assert [running.state, waiting.state] == ["cancelled", "cancelled"]
    assert not Path(f"/proc/{worker}").exists()
    with pytest.raises(RefusedError):
        slow.submit({"steps": 1, "each_s": 0}, content="c")


def test_old_runs_are_forgotten(slow):
    runs = []
    for number in range(MAX_KEPT + 3):
        run, _ = slow.submit({"steps": 0, "each_s": 0, "n": number}, content="c")
        wait(lambda run=run: run.state == "done")
        runs.append(run)
    assert slow.get(runs[-1].id).state == "done"
    with pytest.raises(mr.InputError, match="no run"):
        slow.get(runs[0].id)


def test_time_left_is_told_while_it_runs(slow):
    run, _ = slow.submit({"steps": 20, "each_s": 0.02}, content="c")
    wait(lambda: run.done >= 5)
    about = run.about()
    if about["state"] == "running":
        assert 0 < about["eta_s"] < 10
        assert about["message"] == {"en": "GDP", "zh": "地区生产总值"}
    wait(lambda: run.state == "done")
    assert run.about()["eta_s"] is None


def test_two_readers_follow_one_run(client):
    body = {"measures": ["gdp"], "parameters": {"year": 2020}}
    run_id = client.post("/api/runs", json=body).json()["id"]
    told = []
    readers = [threading.Thread(target=lambda: told.append(events_of(client, run_id))) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [events[-1][0] for events in told] == ["done", "done"]
    assert client.site.listeners == 0
