"""The page docs/server.md: every line that it shows is run, and every address that the server has stands in it."""

import json
import re
import shlex
import time
from pathlib import Path

import pytest

from megaregion.publish.server import PACES, build_app
from megaregion.publish.server_errors import STATUSES
from megaregion.publish.server_guard import BODY_WITHIN_S, MAX_BODY, SESSION_S
from megaregion.publish.server_runs import LONGEST_S, MAX_WAITING
from support.served import ADDRESS, opened

PAGE = Path(__file__).resolve().parents[2] / "docs" / "server.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = re.findall(r"^curl .*$", TEXT, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEGAREGION_CACHE", str(tmp_path_factory.mktemp("cache") / "results"))
        with opened() as found:
            yield found


def asked(client, line, known):
    """Send what curl would send."""
    words = shlex.split(line)[1:]
    method, headers, data, address = "GET", {}, None, ""
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                method, data = "POST", words.pop(0).encode()
            case word:
                address = word.replace("MINE", ADDRESS)
    for name, value in known.items():
        address = address.replace(name, value)
    return client.request(method, address, headers=headers, content=data)


def test_every_line_of_the_page_works(client):
    known = {}
    assert len(LINES) > 15
    for line in LINES:
        answer = asked(client, line, known)
        assert answer.status_code in {200, 201, 202, 204}, (line, answer.text)
        if "/api/runs -H" in line:
            known["ID"] = answer.json()["id"]
        if line.endswith("/events"):
            assert answer.text.rstrip().splitlines()[-2] == "event: done"
        if "/api/notes -H" in line:
            known["NOTE"] = answer.json()["id"]


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
