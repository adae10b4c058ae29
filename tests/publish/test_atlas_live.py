"""The served page in a browser, against a server that answers as docs/server.md says."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from megaregion.publish.atlas import write_atlas
from megaregion.publish.atlas_measures import plain_measures
from megaregion.publish.atlas_states import AtlasStudy
from megaregion.region.model import Region
from megaregion.region.store import Store
from publish.test_atlas_browser import CHROMIUM, DRAWN, FLAGS, PATIENCE_MS, station_times
from publish.test_server_process import BEGINS_WITHIN_S, ask, serving, wait
from support.made_atlas import IDS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)"),
]

ABOUT = {
    "years": [2012, 2019],
    "scenarios": [{"name": "plan", "year": 2019, "stands_on": ""}],
    "capabilities": {"isochrone": True, "check": True, "runs": True, "save_scenarios": True},
}
SQUARE = [[[[120.9, 30.9], [121.9, 30.9], [121.9, 31.5], [120.9, 31.5], [120.9, 30.9]]]]
RUN = {"id": "r1", "state": "running", "done": 1, "total": 3, "eta_s": 2.0, "message": None, "error": None}


class Answers(SimpleHTTPRequestHandler):
    """Files of the atlas, and the live functions with made-up answers."""

    result: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[tuple[str, Any]]] = []

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def plain(self, value: Any, kind: str = "application/json") -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.asked.append((self.path, None))
        if self.path == "/api/about":
            self.plain(ABOUT)
        elif self.path.startswith("/api/isochrone"):
            compared = "against=" in self.path
            parts = ("after", "before", "kept", "gained", "lost") if compared else ("after",)
            features = [
                {
                    "type": "Feature",
                    "geometry": {"type": "MultiPolygon", "coordinates": SQUARE},
                    "properties": {"part": part, "cutoff_s": 3600, "area_km2": 1001.0 + at},
                }
                for at, part in enumerate(parts)
            ]
            cities = [{"part": part, "city_ids": ["310000"]} for part in parts[:2]]
            self.plain({"type": "FeatureCollection", "features": features, "cities": cities, "key": "k1"})
        elif self.path == "/api/runs/r1/events":
            lines = [("progress", RUN), ("done", {**RUN, "state": "done"})]
            said = "".join(f"event: {name}\ndata: {json.dumps(run)}\n\n" for name, run in lines)
            self.plain(said.encode(), "text/event-stream")
        elif self.path == "/api/runs/r1":
            self.plain({**RUN, "state": "done", "result": self.result})
        elif self.path.startswith("/api/notes"):
            self.plain({"notes": [], "kept": False})
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, body))
        row = {"to_id": "320100", "before_s": 9000, "after_s": 6000, "difference_s": -3000, "verdict": "faster"}
        check = {"from": "330100", "rows": [row], "counts": {"faster": 1, "same": 4}}
        kept = {"name": body.get("name")}
        self.plain({"/api/check": check, "/api/scenarios": kept}.get(self.path, RUN))


@pytest.fixture(scope="module")
def site(region: Region, study: AtlasStudy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served") / "atlas"
    write_atlas(region, study, folder, isochrones=station_times(region))
    # the result of a run has the form of data.js: the plan against its base
    sides = {"plan-base": "base", "plan": "scenario"}
    kept = {(name, choice, sides[at]): found for (name, choice, at), found in study.results.items() if at in sides}
    states = tuple(study.states[2:])
    renamed = tuple(replace(state, id=sides[state.id]) for state in states)
    Answers.result = {"cities": list(IDS), "measures": plain_measures(AtlasStudy(renamed, kept), list(IDS))}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page(browser: Any, site: str) -> Any:
    found = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-GB")
    found.complaints = []
    found.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.goto(f"{site}#lang=en")
    found.wait_for_function(DRAWN, timeout=PATIENCE_MS)
    return found


def test_a_line_is_drawn_checked_computed_and_shown(page: Any) -> None:
    page.locator("#draw").click()
    assert page.locator("#editor-run").is_disabled()
    for name in ("上海", "南京"):
        place = page.evaluate(
            "(name) => { const s = MEGAREGION_ATLAS.stations.find((one) => one[0] === name);"
            " return megaregionAtlas.place(s[2], s[3]); }",
            name,
        )
        page.mouse.click(place["x"], place["y"])
    assert page.locator(".stops li").all_inner_texts() == ["上海", "南京"]
    page.locator("#editor-headway").fill("15")
    page.locator("#editor-headway").press("Tab")
    assert page.locator("#editor-run").is_disabled()
    page.locator("#editor-check").click()
    page.get_by_text("Cities: 1 faster, 4 the same.").wait_for()
    asked = next(body for path, body in Answers.asked if path == "/api/check")
    edit = asked["scenario"]["edits"][0]
    assert (edit["kind"], edit["stops"], edit["headway_s"]) == ("add_line", ["rail:上海市", "rail:南京市"], 900)
    assert edit["feed_ids"] == ["rail-2019"]
    assert asked["year"] == 2019
    page.locator("#editor-keep").click()
    page.get_by_text("Kept in the folder of the region as scenarios/new-line.toml;").wait_for()
    sent = next(body for path, body in Answers.asked if path == "/api/scenarios")
    assert sent == {"name": "new-line", "scenario": asked["scenario"], "year": 2019}
    page.locator("#editor-run").click()
    page.wait_for_function("megaregionAtlas.state().state.startsWith('drawn-')", timeout=PATIENCE_MS)
    # the result is a state like one that ships, with a question of its own
    assert page.locator("#question option:checked").inner_text() == "What would “new line” change?"
    assert page.locator(".state label").all_inner_texts() == ["2012", "2019", "plan", "new line", "difference"]
    page.locator("label[for=measure-fastest_train]").click()
    assert page.locator(".headline .figure").inner_text().startswith("−14 min")
    assert page.complaints == []


def test_isochrones_are_those_of_the_server(page: Any) -> None:
    page.locator("#question").select_option("reach")
    page.locator("label[for=measure-isochrone]").click()
    page.locator(".legend", has_text="Computed by the server").wait_for(timeout=PATIENCE_MS)
    asked = [path for path, _ in Answers.asked if path.startswith("/api/isochrone")]
    assert "year=2019" in asked[-1]
    assert "cutoffs=60" in asked[-1]
    assert "percentile=50" in asked[-1]
    assert "against" not in asked[-1]
    assert page.locator(".zone-section .figure").inner_text().startswith("1,001\u00a0km²")
    # a difference is of two states of the server as well
    page.locator("label[for=state-difference]").click()
    words = "1,004\u00a0km² gained, 1,005\u00a0km² lost."
    page.locator(".sentence", has_text=words).wait_for(timeout=PATIENCE_MS)
    asked = [path for path, _ in Answers.asked if path.startswith("/api/isochrone")]
    assert "year=2019&against=2012" in asked[-1]
    page.locator(".zone-section .figure .info").click()
    assert "k1" in page.locator("dialog.sheet[open]").inner_text()
    page.keyboard.press("Escape")
    # and so are the two maps of a swipe
    page.locator("label[for=state-2019]").click()
    before = len(Answers.asked)
    page.get_by_role("button", name="Swipe", exact=True).click()
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS)
    page.locator(".legend", has_text="Computed by the server").wait_for(timeout=PATIENCE_MS)
    assert "against=2012" in next(path for path, _ in Answers.asked[before:] if path.startswith("/api/isochrone"))
    rows = page.locator(".zone-table tbody tr").all_inner_texts()
    assert [row.split("\t")[0].strip() for row in rows] == [
        f"{year}: reached within 60\u00a0min" for year in (2012, 2019)
    ]
    assert [row.split("\t")[1] for row in rows] == ["1,002\u00a0km²", "1,001\u00a0km²"]
    # the legend lies over both maps
    box = page.locator(".legend h2").bounding_box()
    assert page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.legend') !== null", [box["x"] + 5, box["y"] + 5]
    )
    # what the plan stands on is the other side of it
    page.locator("label[for=state-plan]").click()
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS)
    page.locator(".legend", has_text="Computed by the server").wait_for(timeout=PATIENCE_MS)
    asked = [path for path, _ in Answers.asked if path.startswith("/api/isochrone")]
    assert "scenario=plan&against=base" in asked[-1]
    assert page.complaints == []


def test_a_real_server_keeps_a_line_and_cancels_a_run(browser: Any, region: Region, tmp_path: Path) -> None:
    folder = tmp_path / "made.region"
    Store.create(folder, name="made").commit(lambda _: Region("made", region.tables), message="made up")
    kept = {**os.environ, "MEGAREGION_CACHE": str(tmp_path / "results")}
    line = "line=rail:上海市,rail:南京市&name=Fast%20one"
    with serving(folder, env=kept) as (_, url):
        wait(lambda: ask(url, "GET", "/")[0] == 200, within_s=BEGINS_WITHIN_S)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-GB")
        page.goto(f"{url}#lang=en&draw=1&{line}")
        # functions, not texts: the policy of the server lets no text become a script
        wait(lambda: page.evaluate("() => Boolean(window.megaregionAtlas && window.megaregionAtlas.drawn())"))
        if not page.locator(".stops").is_visible():
            page.locator("#draw").click()
        assert page.locator(".stops li").count() == 2
        page.locator("#editor-check").click()
        page.locator("#editor-keep").click()
        page.get_by_text("scenarios/fast-one.toml").wait_for(timeout=PATIENCE_MS)
        assert "rail:上海市" in (folder / "scenarios" / "fast-one.toml").read_text(encoding="utf-8")
        states = page.locator(".state label").all_inner_texts()
        page.locator("#editor-run").click()
        page.locator("#editor-cancel").click()
        page.get_by_text("Cancelled; nothing was added.").wait_for(timeout=PATIENCE_MS)
        assert page.locator(".state label").all_inner_texts() == states
        assert page.locator("#editor-run").is_enabled()
        page.close()
