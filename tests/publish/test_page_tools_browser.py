"""Search, notes, exports and copied lines in a real browser, on a page of their own that opens from disk."""

import csv
import io
import json
import struct
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

import megaregion as mr
from megaregion.publish.atlas_layers import plain_shape
from megaregion.publish.atlas_stations import TimetableState, build_station_times
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from megaregion.study.walking import walking
from support.page_code import WEB, at_hand

CHROMIUM = Path("/usr/bin/chromium")
STEP_MS = 150
"""A step of a drag that the hand does not notice."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)"),
    pytest.mark.skipif(not at_hand(), reason="Node or web/node_modules are not at hand (npm ci)"),
]

CONTRAST = """() => {
  const channel = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.reduce((sum, one, at) => sum + channel(one / 255) * [0.2126, 0.7152, 0.0722][at], 0);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const poor = [];
  for (const one of document.querySelectorAll("#parts *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || one.closest("svg") || one.matches(".unseen, option, :disabled")) continue;
    let behind = one;
    while (behind && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const text = getComputedStyle(one).color;
    const ground = behind ? getComputedStyle(behind).backgroundColor : "rgb(255,255,255)";
    const [a, b] = [light(numbers(text).slice(0, 3)), light(numbers(ground).slice(0, 3))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([one.textContent, text, ground, ratio]);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("parts")
    subprocess.run(["node", "scripts/parts.mjs", str(folder)], cwd=WEB, check=True, capture_output=True)
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": 1000, "height": 800}, reduced_motion="reduce", locale="en-GB", accept_downloads=True
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(address)
    yield opened
    assert complaints == []
    context.close()


def logged(page: Any) -> list[Any]:
    found: list[Any] = page.evaluate("window.parts.log")
    return found


def saved(page: Any, button: str) -> tuple[str, bytes]:
    """Press a button that hands out a file; gives its name and contents."""
    with page.expect_download() as waiting:
        page.locator(button).click()
    file = waiting.value
    return file.suggested_filename, Path(file.path()).read_bytes()


def test_search_by_keyboard(page: Any) -> None:
    field = page.get_by_role("combobox", name="Search for a city or station")
    field.focus()
    page.keyboard.type("sh")
    assert field.get_attribute("aria-expanded") == "true"
    options = page.get_by_role("option")
    assert options.count() == 2
    assert options.nth(0).get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    assert options.nth(1).get_attribute("id") == active
    page.keyboard.press("Enter")
    assert logged(page)[-1] == ["station", "上海虹桥"]
    assert field.input_value() == "Shanghai Hongqiao"
    assert field.get_attribute("aria-expanded") == "false"
    field.fill("上海")
    page.keyboard.press("Enter")
    assert logged(page)[-1] == ["city", "上海市"]
    # Esc closes the list, then empties the field, and only then is the page's
    field.fill("shhq")
    for _ in range(2):
        page.keyboard.press("Escape")
    assert ["escape"] not in logged(page)
    assert field.input_value() == ""
    page.keyboard.press("Escape")
    assert logged(page)[-1] == ["escape"]


def test_what_is_not_found_is_said(page: Any) -> None:
    page.locator("#language").click()
    field = page.get_by_role("combobox", name="搜索城市或车站")
    field.fill("xyz")
    assert "没有找到" in page.get_by_role("status").first.inner_text()
    assert page.locator(".search-none").is_visible()
    page.keyboard.press("Enter")
    assert not any(entry[0] in {"city", "station"} for entry in logged(page))


def write_note(page: Any, text: str) -> None:
    page.locator("#notes-here").click()
    page.locator("#notes-text").fill(text)
    page.locator("#notes-keep").click()


MARKUP = "<img src=x onerror=\"document.title='taken'\"> 第一\n=2"


def test_notes_stay_and_are_text(page: Any) -> None:
    page.get_by_role("button", name="Notes").click()
    assert page.locator("#notes-keep").is_disabled()
    assert "this browser only" in page.locator(".notes").inner_text()
    write_note(page, MARKUP)
    assert page.locator(".notes-words").inner_text() == MARKUP
    assert page.locator(".notes-words img").count() == 0
    assert page.locator("#notes-text").input_value() == ""
    page.reload()
    assert page.get_by_role("button", name="Notes (1)").is_visible()
    page.get_by_role("button", name="Notes (1)").click()
    assert page.locator(".notes-words").inner_text() == MARKUP
    assert page.title() == "parts"
    # it goes out, is deleted after a question, and comes back
    name, content = saved(page, "#notes-out")
    assert name == "notes-test.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [(float(row["lon"]), float(row["lat"]), row["text"], row["view"]) for row in rows] == [
        (120.5, 30.5, MARKUP, "#q=everywhere")
    ]
    page.get_by_role("button", name="Delete 1").click()
    page.get_by_role("button", name="No", exact=True).click()
    assert page.locator(".notes-words").count() == 1
    page.get_by_role("button", name="Delete 1").click()
    page.get_by_role("button", name="Yes, delete").click()
    assert page.locator(".notes-words").count() == 0
    page.locator("#notes-file").set_input_files({"name": "notes.csv", "mimeType": "text/csv", "buffer": content})
    page.locator(".notes-words").wait_for()
    assert page.locator(".notes-words").inner_text() == MARKUP
    assert "1 notes brought back, 0 were there already" in page.locator(".notes-message").inner_text()
    page.get_by_role("button", name="Show view 1").click()
    assert logged(page)[-1] == ["show", "#q=everywhere"]


def test_a_note_that_cannot_be_kept_is_not_lost(page: Any) -> None:
    page.evaluate(
        "void (Storage.prototype.setItem = () => { throw new DOMException('no room', 'QuotaExceededError'); })"
    )
    page.get_by_role("button", name="Notes").click()
    write_note(page, "long thought")
    message = page.locator(".notes-message")
    assert "Not kept, your text is still here" in message.inner_text()
    assert "no room" in message.inner_text()
    assert page.locator("#notes-text").input_value() == "long thought"
    # another language, the sheet closed and opened: still there
    page.keyboard.press("Escape")
    assert ["escape"] not in logged(page)
    page.locator("#language").click()
    page.get_by_role("button", name="备注").click()
    assert page.locator("#notes-text").input_value() == "long thought"


def test_a_file_that_holds_no_notes_changes_nothing(page: Any) -> None:
    page.get_by_role("button", name="Notes").click()
    write_note(page, "kept")
    page.locator("#notes-file").set_input_files(
        {"name": "x.csv", "mimeType": "text/csv", "buffer": b"lon,lat,text\n120,30,fine\n120,95,beyond the pole\n"}
    )
    page.locator(".notes-message.wrong").wait_for()
    assert "line 3" in page.locator(".notes-message").inner_text()
    assert page.locator(".notes-words").all_inner_texts() == ["kept"]


def test_files_of_a_view(page: Any, tmp_path: Path) -> None:
    page.get_by_role("button", name="Export").click()
    name, content = saved(page, "#export-csv")
    assert name == "test-fastest-train-2019.csv"
    assert content.decode("utf-8-sig") == "city,min\r\n上海,45\r\n'=x,\r\n"
    name, content = saved(page, "#export-png")
    (tmp_path / name).write_bytes(content)
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    # as fine as the map is drawn, and higher by title and sources
    assert width == 1200
    assert 600 < height < 900
    name, content = saved(page, "#export-svg")
    chart = ET.fromstring(content)  # noqa: S314 - our own
    assert chart.find(".//{http://www.w3.org/2000/svg}pattern[@id='hatch']") is not None
    assert "45 min 分钟" in "".join(chart.itertext())
    name, content = saved(page, "#export-json")
    about = json.loads(content)
    assert about["view"] == "#q=everywhere"
    assert about["region"] == {"name": "test", "version": "1"}
    assert about["exported"].endswith("Z")
    link = page.get_by_role("link", name="All layers with styles (GeoPackage)")
    assert link.get_attribute("href") == "data/atlas.gpkg"


def test_lines_to_copy(page: Any) -> None:
    page.get_by_role("button", name="Copy as Python").click()
    blocks = page.locator(".code").all_inner_texts()
    assert blocks[1] == ("megaregion isochrone --year 2019 --window 06:00-22:00 --cutoffs 60 --percentiles 50 121,31")
    page.get_by_role("button", name="Copy: Command line").click()
    said = page.locator(".copied [role=status]")
    page.wait_for_function("document.querySelector('.copied [role=status]').textContent")
    assert said.inner_text() in {"Copied.", "Press Ctrl+C (⌘C) to copy."}


@pytest.mark.parametrize("tool", ["notes", "export", "copy"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_narrow_screens_and_contrast(page: Any, tool: str, lang: str, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    if lang == "zh":
        page.locator("#language").click()
    page.locator(".search-input").fill("s")
    assert page.evaluate(CONTRAST) == []
    page.locator(".search-input").fill("")
    page.locator(f"#tool-{tool}").click()
    if tool == "notes":
        write_note(page, "x" * 400)
    page.screenshot(path=str(tmp_path / f"{tool}-{lang}.png"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 600  # the made-up map is 600 wide
    sheet = page.locator(".tools-sheet")
    assert sheet.evaluate("(one) => one.scrollWidth - one.clientWidth") <= 0
    assert page.evaluate(CONTRAST) == []


def test_a_drag_is_smooth_on_the_shipped_region(page: Any) -> None:
    region = mr.open("yrd")
    walks = walking(region)
    states = [
        TimetableState(
            key=str(year), title=(str(year), str(year)), year=year, timetable=walks.timetable(region, year=year)
        )
        for year in (2012, 2019)
    ]
    found = build_station_times(region, states, ground=ROAD, max_time_s=MAX_ROAD_S)
    assert found is not None
    base = region.table("base_map")
    features = [
        {"layer": layer, "name": None, "name_en": None, "source_id": None, "geometry": plain_shape(shape)}
        for layer, shape in zip(base["layer"], shapely.from_wkb(base["geometry"].to_numpy()), strict=True)
    ]
    page.add_script_tag(content=found.script.decode("ascii"))
    result = page.evaluate(
        "([figures, base]) => window.parts.drag(figures, window.MEGAREGION_STATION_TIMES, base, 20)",
        [found.figures, features],
    )
    times = sorted(result["ms"])
    assert times[len(times) // 2] < STEP_MS, times
    # land is most of it, and the sea is not
    assert 0.5 < result["dry"] / result["area"] < 1
