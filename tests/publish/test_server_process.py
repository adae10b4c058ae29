"""The server as a process: what it serves, how it stops, and how many readers it bears."""

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

import megaregion as mr
from megaregion.cli.app import run
from support.served import LAKE_LINE

MEGAREGION = [sys.executable, "-c", "from megaregion.cli import main; main()"]
BEGINS_WITHIN_S = 120.0
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
READERS = 50
ASKS = 20
CALM_MS = 500.0
"""p95 that 50 readers may meet in a test, on a machine that does other things; `benchmarks/serving.py` measures it."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Environment in which all of these share one cache of results."""
    return {**os.environ, "MEGAREGION_CACHE": str(tmp_path_factory.mktemp("cache") / "results")}


@contextmanager
def serving(*arguments, env):
    """A server as a process, and its address once it listens."""
    command = [*MEGAREGION, "serve", *map(str, arguments), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    lines = queue.Queue()
    listener = threading.Thread(target=lambda: lines.put(_document(process.stdout)), daemon=True)
    listener.start()
    try:
        said = lines.get(timeout=BEGINS_WITHIN_S)
        assert said, process.stderr.read()
        yield process, said["url"]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        listener.join()
        process.stdout.close()
        process.stderr.close()


def _document(stream):
    """The JSON document that it prints when it listens."""
    text = ""
    for line in stream:
        text += line
        try:
            return json.loads(text)
        except ValueError:
            continue
    return None


def ask(url, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data else {}
        connection.request(method, path, data, {**sent, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def workers_of(process):
    """Processes that a server has begun and that live."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    found = {
        int(child) for task in children.parent.parent.iterdir() for child in (task / "children").read_text().split()
    }
    return {child for child in found if Path(f"/proc/{child}").exists()}


def alive(number):
    try:
        return "State:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


def wait(condition, within_s=60.0):
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def begin_run(url, process):
    status, _, text = ask(url, "POST", "/api/runs", {"name": "metro-2026"})
    assert status == 202, process.kill() or process.stderr.read()
    run_id = json.loads(text)["id"]
    wait(lambda: json.loads(ask(url, "GET", f"/api/runs/{run_id}")[2])["state"] == "running")
    wait(lambda: workers_of(process))
    return run_id


@pytest.fixture(scope="module")
def page(kept):
    """A server whose atlas is made, and its address."""
    with serving(env=kept) as (_, url):
        status, headers, content = ask(url, "GET", "/")
        assert (status, headers["retry-after"]) == (503, "2")
        assert b'http-equiv="refresh"' in content
        assert ask(url, "GET", "/data.js")[0] == 503
        wait(lambda: ask(url, "GET", "/")[0] == 200, within_s=BEGINS_WITHIN_S)
        yield url


def test_the_page_is_that_of_the_atlas(page, kept, tmp_path):
    made = subprocess.run([*MEGAREGION, "atlas", str(tmp_path / "atlas"), "--quiet"], env=kept, check=False)
    assert made.returncode == 0
    files = [each for each in (tmp_path / "atlas").rglob("*") if each.is_file()]
    assert len(files) > 10
    for file in files:
        path = f"/{file.relative_to(tmp_path / 'atlas').as_posix()}"
        status, headers, content = ask(page, "GET", path)
        if status == 307:
            _, headers, content = ask(page, "GET", headers["location"])
            assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert content == file.read_bytes(), path
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert ask(page, "GET", "/")[2] == (tmp_path / "atlas" / "index.html").read_bytes()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)")
def test_the_page_draws_under_the_policy_and_asks_this_server_only(page):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        sheet = browser.new_page()
        complaints, asked = [], []
        sheet.on("console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None)
        sheet.on("pageerror", lambda error: complaints.append(str(error)))
        sheet.on("request", lambda request: asked.append(request.url))
        sheet.goto(f"{page}#lang=en", wait_until="commit")
        # a function, not text: the policy lets no text become a script
        wait(lambda: sheet.evaluate("() => Boolean(window.megaregionAtlas && window.megaregionAtlas.drawn())"))
        about = sheet.evaluate("async () => (await (await fetch('api/about')).json()).region.name")
        assert about == "yrd"
        sheet.goto(f"{page}measures/time_to_all?lang=zh")
        assert sheet.locator("tbody tr").count() == 41
        assert sheet.locator("tbody td.number").first.inner_text().endswith(("分", "分钟", "小时"))
        browser.close()
    assert complaints == []
    assert {url.split("/")[2] for url in asked if not url.startswith(("blob:", "data:"))} == {urlsplit(page).netloc}


def test_many_read_at_once(page):
    _read_at_once(page)


def _read_at_once(url):
    """50 readers at once, each asking 20 times for one of four views."""
    paths = ("/measures/time_to_all.json", "/measures/gdp_share.csv", "/matrix/typical_time", "/")
    for path in paths:
        assert ask(url, "GET", path)[0] == 200
    taken, wrong = [], []

    def read(number):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        for count in range(ASKS):
            start = time.perf_counter()
            connection.request("GET", paths[(number + count) % len(paths)])
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            if answer.status != 200:
                wrong.append(answer.status)
        connection.close()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(taken) == READERS * ASKS
    assert 1000 * np.quantile(taken, 0.95) < CALM_MS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_all_that_it_began(kept, number):
    with serving(env=kept) as (process, url):
        run_id = begin_run(url, process)
        workers = workers_of(process)
        told = []
        # a reader who follows a run must not keep the server from stopping
        follower = threading.Thread(target=lambda: told.append(ask(url, "GET", f"/api/runs/{run_id}/events")))
        follower.start()
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        follower.join(timeout=10)
        assert not follower.is_alive()
        wait(lambda: not any(map(alive, workers)), within_s=5)
        assert "Traceback" not in process.stderr.read()


def test_killed_in_the_midst_it_leaves_a_whole_region_and_no_process(kept, tmp_path):
    folder = tmp_path / "yrd.region"
    mr.demo("yrd", folder)
    with serving(folder, env=kept) as (process, url):
        note = {"lon": 121, "lat": 31, "text": "kept"}
        assert ask(url, "POST", "/api/notes", note)[0] == 201
        assert ask(url, "POST", "/api/scenarios", {"name": "lake", "scenario": LAKE_LINE})[0] == 201
        begin_run(url, process)
        workers = workers_of(process)
        process.kill()
        process.wait()
        # the worker hears that nobody is there any more
        wait(lambda: not any(map(alive, workers)), within_s=10)
    assert mr.open(folder).check().of("error") == []
    with serving(folder, env=kept) as (_, url):
        assert [each["text"] for each in json.loads(ask(url, "GET", "/api/notes")[2])["notes"]] == ["kept"]
        assert ask(url, "GET", "/scenarios/lake.json")[0] == 200


def test_readers_are_answered_while_a_run_works(kept):
    with serving(env={**kept, "MEGAREGION_CACHE": "off"}) as (process, url):
        assert ask(url, "GET", "/measures/gdp.json")[0] == 200
        begin_run(url, process)
        slowest = 0.0
        for _ in range(30):
            start = time.perf_counter()
            assert ask(url, "GET", "/measures/gdp.json")[0] == 200
            slowest = max(slowest, time.perf_counter() - start)
        assert slowest < 1.0


def test_a_public_address_without_a_secret_is_refused(capsys):
    assert run(["serve", "--host", "0.0.0.0"]) == 2  # noqa: S104 - refused
    assert "--secret-file FILE" in capsys.readouterr().err


def test_a_port_in_use_is_refused_before_the_long_work(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        start = time.perf_counter()
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 2
        assert time.perf_counter() - start < 5
    assert "is in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.region"], 4, "no region here"),
        (["--scenario", "nowhere.toml"], 2, "no such scenario file"),
        (["--secret-file", "nowhere"], 2, "openssl rand"),
        (["--port", "70000"], 2, "65535"),
        (["--host", "not a host"], 2, "--secret-file"),
    ],
)
def test_what_cannot_be_served_is_said(arguments, code, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    extra = [] if "--port" in arguments else ["--port", "0"]
    assert run(["serve", *arguments, *extra]) == code
    assert words in capsys.readouterr().err


def test_serve_says_in_both_languages_where_it_is(kept, tmp_path):
    (tmp_path / "secret").write_text("0123456789abcdef")
    with serving("--secret-file", tmp_path / "secret", "--lang", "zh", env=kept) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert ask(url, "GET", "/api/about")[0] == 401
        assert ask(url, "GET", "/api/about", headers={"Authorization": "Bearer 0123456789abcdef"})[0] == 200
        assert ask(url, "GET", "/", headers={"Host": "evil.example"})[0] == 403
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert "已停止" in process.stderr.read()
