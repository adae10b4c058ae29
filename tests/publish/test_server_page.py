"""The page docs/server.md: every line that it shows is run, and every address that the server has stands in it."""

import json
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from megaregion.publish.server import PACES, build_app
from megaregion.publish.server_errors import STATUSES
from megaregion.publish.server_guard import BODY_WITHIN_S, MAX_BODY, SESSION_S
from megaregion.publish.server_runs import LONGEST_S, MAX_WAITING
from support.served import HOSTS, opened

PAGE = Path(__file__).resolve().parents[2] / "docs" / "server.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = re.findall(r"^curl .*$", TEXT, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEGAREGION_CACHE", str(tmp_path_factory.mktemp("cache") / "results"))
        with opened() as found:
            yield found


@pytest.fixture(scope="module")
def listening(client):
    """Address of that server on a socket, behind the HTTP parser that every reader meets."""
    app = build_app(client.site, hosts=HOSTS, secret="")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(16)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


def sent(address, line, known):
    """Run a line with curl: status and body."""
    words = [word.replace("MINE", address) for word in shlex.split(line)]
    for name, value in known.items():
        words = [word.replace(f"/{name}", f"/{value}") for word in words]
    done = subprocess.run([*words, "-s", "-w", "\n%{http_code}"], capture_output=True, check=True, timeout=120)
    text, _, status = done.stdout.decode("utf-8").rpartition("\n")
    return int(status), text


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_every_line_of_the_page_works(listening):
    known = {}
    assert len(LINES) > 15
    for line in LINES:
        status, text = sent(listening, line, known)
        assert status in {200, 201, 202, 204}, (line, text)
        if "/api/runs -H" in line:
            known["ID"] = json.loads(text)["id"]
        if line.endswith("/events"):
            assert text.rstrip().splitlines()[-2] == "event: done"
        if "/api/notes -H" in line:
            known["NOTE"] = json.loads(text)["id"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_raw_chinese_in_an_address_is_refused_as_the_page_says(listening):
    status, text = sent(listening, "curl 'MINE/measures/typical_time.csv?year=2019&from=杭州'", {})
    assert status == 400
    assert text == "Invalid HTTP request received."
    assert text in TEXT
    line = next(line for line in LINES if "typical_time.csv" in line)
    rows = sent(listening, line, {})[1].splitlines()[1:]
    assert rows
    assert {row.split(",")[0] for row in rows} == {"330100"}


def test_the_bodies_of_the_page_can_be_sent(client):
    bodies = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)]
    lake = next(body for body in bodies if "scenario" in body and "from" in body)
    answer = client.post("/api/check", json=lake)
    assert answer.status_code == 200
    # what the page shows of an answer is what an answer holds
    shown = next(body for body in bodies if body.get("statistic") == "typical_time")
    assert set(shown) == set(answer.json())
    assert set(shown["rows"][0]) == set(answer.json()["rows"][0])
    about = next(body for body in bodies if "capabilities" in body)
    told = client.get("/api/about").json()
    assert set(about) <= set(told)
    assert set(about["capabilities"]) == set(told["capabilities"])
    assert set(about["limits"]) - {"..."} <= set(told["limits"])
    isochrone = next(body for body in bodies if body.get("type") == "FeatureCollection")
    found = client.get("/api/isochrone?lon=121.32&lat=31.19").json()
    assert set(isochrone) == set(found)
    assert set(isochrone["features"][0]["properties"]) == set(found["features"][0]["properties"])
    error = next(body for body in bodies if body.get("ok") is False)
    assert client.get("/api/isochrone?lon=121.32&lat=31.19&year=1950").json()["error"].endswith("has 2012, 2019.")
    assert set(error) == {"ok", "error", "status", "notices"}


def test_a_run_is_told_as_the_page_tells_it(client):
    bodies = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)]
    run_id = client.post("/api/runs", json={"name": "metro-2026", "measures": ["time_to_all"]}).json()["id"]
    until = time.monotonic() + 60
    while (told := client.get(f"/api/runs/{run_id}").json())["state"] != "done":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert set(told) == set(next(body for body in bodies if "eta_s" in body))
    result = next(body for body in bodies if "states" in body)
    assert set(told["result"]) == set(result)
    for shown, found in zip(result["states"], told["result"]["states"], strict=True):
        assert set(shown) == set(found)


def test_every_address_stands_on_the_page(client):
    app = build_app(client.site, hosts=None)
    for route in app._app.routes:
        path = re.sub(r"\{(\w+_)?id\}", "{id}", route.path)
        assert path == "/{path:path}" or f"{path}" in TEXT, path


def test_the_page_names_the_statuses_and_limits_that_hold():
    for status in {status for _, status in STATUSES} - {500}:
        assert re.search(rf"\|.*\b{status}\b.*\|", TEXT), status
    for text in (
        f"{MAX_BODY // 1024} kB that arrive within {BODY_WITHIN_S:g} s",
        f"{PACES['post']} changes and {PACES['live']} isochrones or journeys",
        f"{MAX_WAITING} waiting runs of up to {LONGEST_S / 60:g} minutes",
        f"{SESSION_S // 3600} hours",
    ):
        assert text in TEXT, text
