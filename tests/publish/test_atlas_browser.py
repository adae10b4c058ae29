"""The page in a real browser, opened from disk; software rendering is slow, so one page serves most tests."""

import io
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from megaregion.publish.atlas import write_atlas
from megaregion.publish.atlas_data import YearResult
from megaregion.publish.atlas_folder import ASSETS
from megaregion.publish.atlas_reach import REACH_FILE, Reach
from megaregion.region.model import Region

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--ignore-gpu-blocklist",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
DRAWN = "window.megaregionAtlas && window.megaregionAtlas.drawn()"
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def address(
    region: Region, results: dict[int, YearResult], reach: Reach, tmp_path_factory: pytest.TempPathFactory
) -> str:
    # a folder with spaces and Chinese in its name, as people have
    folder = tmp_path_factory.mktemp("atlas") / "我的 atlas #1"
    return write_atlas(region, results, folder, title=("Test region", "测试区"), reach=reach).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


class Sheet:
    """A page with what it complained about and asked for."""

    def __init__(self, browser: Any, address: str, width: int, height: int) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", locale="en-GB", offline=True
        )
        self.page = context.new_page()
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in {"error", "warning"} else None,
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, fragment: str = "") -> Any:
        self.page.goto("about:blank")
        self.page.goto(self.address + fragment)
        self.page.wait_for_function(DRAWN, timeout=PATIENCE_MS)
        return self.page

    def hash(self) -> str:
        found: str = self.page.evaluate("location.hash")
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("window.megaregionAtlas.state()")
        return found


@pytest.fixture(scope="module")
def desktop(browser: Any, address: str) -> Iterator[Sheet]:
    sheet = Sheet(browser, address, 1280, 800)
    yield sheet
    sheet.page.context.close()


def table_rows(page: Any, at: int) -> list[list[str]]:
    """Text of the cells of one of the two tables of the reach, its heading first."""
    table = page.locator(".reach-table").nth(at)
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tr").all()]
    # a number and its unit stay together on a line
    return [[cell.replace("\u00a0", " ") for cell in row] for row in rows]


def colour_at(page: Any, x: float, y: float) -> tuple[int, int, int]:
    """Colour of one pixel of the page."""
    shot = io.BytesIO(page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1}))
    shot.seek(8)
    packed = b""
    depth = 3
    while head := shot.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = shot.read(length)
        shot.read(4)
        if kind == b"IHDR":
            depth = {2: 3, 6: 4}[body[9]]
        if kind == b"IDAT":
            packed += body
    pixel = zlib.decompress(packed)[1 : 1 + depth]
    return pixel[0], pixel[1], pixel[2]


def test_the_page_opens_from_disk_without_a_word_or_a_request(desktop: Sheet, tmp_path: Path) -> None:
    page = desktop.open()
    page.screenshot(path=str(tmp_path / "desktop_en.png"))
    assert desktop.complaints == []
    assert {url.split(":")[0] for url in desktop.requests} <= {"file", "blob", "data", "about"}
    assert page.locator(".figure").inner_text() == "45 min"
    assert "45 min, 9 min less than in 2012 (54 min)" in page.locator(".sentence").inner_text()
    assert "not official boundaries" in page.locator(".legend").inner_text()
    assert "Illustrative data" in page.locator(".warning").inner_text()
    # open sea in the east of the sheet, and the made-up land in the west
    sea = page.evaluate("window.megaregionAtlas.project('330900')")
    assert colour_at(page, sea["x"], sea["y"] - 200) == (0xCF, 0xE3, 0xEE)


def test_year_measure_and_language_switch(desktop: Sheet) -> None:
    page = desktop.open()
    page.get_by_text("difference", exact=True).click()
    assert page.locator(".figure").inner_text() == "−9 min"
    page.get_by_text("Trains a day", exact=True).click()
    assert page.locator(".figure").inner_text() == "+88 trains"
    page.locator("label[for=year-2012]").click()
    page.get_by_role("button", name="切换为中文").click()
    assert page.locator(".figure").inner_text() == "75 列"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert desktop.state() | {"city": None} == {
        "year": 2012,
        "measure": "trains",
        "lang": "zh",
        "city": None,
        "to": None,
        "reach": None,
    }
    assert page.locator("[aria-live]").inner_text().startswith("75 列")
    assert desktop.complaints == []


def test_a_city_is_chosen_on_the_map_and_esc_clears(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    place = page.evaluate("window.megaregionAtlas.project('320100')")
    page.mouse.move(place["x"], place["y"])
    page.locator(".tip").wait_for()
    assert "Nanjing" in page.locator(".tip").inner_text()
    assert "2012" in page.locator(".tip").inner_text()
    page.mouse.click(place["x"], place["y"])
    assert "city=320100" in desktop.hash()
    assert page.locator(".of").inner_text().startswith("Nanjing: median")
    assert "from Nanjing" in page.locator("caption").inner_text()
    # 宿州 has a train from Nanjing in 2019 only: its cell is not dotted any more
    north = page.evaluate("window.megaregionAtlas.project('341300')")
    seen = []
    for year in ("2019", "2012"):
        page.locator(f"label[for=year-{year}]").click()
        page.wait_for_timeout(300)
        page.wait_for_function(DRAWN)
        seen.append(colour_at(page, north["x"] - 14, north["y"] - 14))
    assert seen[0] != seen[1]
    assert min(seen[1]) > 100
    page.locator("label[for=year-2019]").click()
    page.keyboard.press("Escape")
    assert "city=" not in desktop.hash()
    page.go_back()
    page.wait_for_function("window.megaregionAtlas.state().city !== null")
    assert page.locator(".of").inner_text().startswith("Nanjing")


def test_the_table_is_a_twin_for_the_keyboard(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&measure=typical")
    assert page.locator("tbody tr").count() == 6
    page.get_by_role("button", name="Hangzhou 杭州").press("Enter")
    assert "city=330100" in desktop.hash()
    assert page.locator("tbody tr").count() == 5
    page.get_by_role("button", name="2019", exact=False).first.click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("2019")
    first = page.locator("tbody button").first
    assert first.inner_text() == "Suzhou 苏州"
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "to=310000" in desktop.hash()
    assert page.locator("tr.chosen").get_attribute("data-city") is not None
    assert "Hangzhou–Shanghai" in page.locator(".of").inner_text()
    page.get_by_role("button", name="Other direction").click()
    assert desktop.hash().endswith("city=310000&to=330100")
    # a city without a train says so in words
    assert page.locator("tr", has_text="Zhoushan").locator("td").all_inner_texts() == ["–", "–", "–"]


def test_the_matrix_shows_and_chooses_a_pair(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    box = page.locator(".panel .matrix svg").bounding_box()
    order = page.evaluate("window.MEGAREGION_ATLAS.order")
    ids = page.evaluate("window.MEGAREGION_ATLAS.cities.map((city) => city.id)")
    row, column = order.index(ids.index("310000")), order.index(ids.index("320100"))
    step = (box["width"] - 8) / len(ids)
    x, y = box["x"] + 4 + step * (column + 0.5), box["y"] + 4 + step * (row + 0.5)
    page.mouse.move(x, y)
    assert "Shanghai → Nanjing" in page.locator(".tip").inner_text()
    assert "67 min" in page.locator(".tip").inner_text()
    page.mouse.click(x, y)
    assert "city=310000&to=320100" in desktop.hash()
    page.get_by_role("button", name="Enlarge").click()
    assert page.locator("dialog svg").get_by_text("Zhoushan").count() == 2
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert "city=310000" in desktop.hash()


def test_a_hash_opens_the_same_view_again(desktop: Sheet) -> None:
    fragment = "#year=difference&measure=typical&lang=zh&city=330100&to=320500"
    page = desktop.open(fragment)
    assert desktop.hash() == fragment
    assert page.locator(".figure").inner_text() != ""
    page.get_by_text("2012", exact=True).first.click()
    again = desktop.hash()
    shown = page.locator(".panel").inner_text()
    desktop.open(again)
    assert page.locator(".panel").inner_text() == shown


@pytest.mark.parametrize("fragment", ["#lang=en", "#lang=en&reach=90&year=difference"])
def test_the_page_can_be_read_without_a_mouse(desktop: Sheet, fragment: str) -> None:
    page = desktop.open(fragment)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the table"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "table"
    assert page.locator("canvas").get_attribute("aria-label").startswith("Map of cities")
    # text against its ground, WCAG 2.1 contrast
    worst = page.evaluate(
        """() => {
          const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3)
              .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (node) => {
            for (let at = node; at; at = at.parentElement) {
              const colour = getComputedStyle(at).backgroundColor;
              if (!/, 0\\)$|transparent/.test(colour)) return colour;
            }
            return 'rgb(255, 255, 255)';
          };
          const ratios = [...document.querySelectorAll('#atlas *')]
            .filter((node) => !node.closest('svg'))
            .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
            .filter((node) => node.checkVisibility())
            .map((node) => [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a))
            .map(([high, low]) => (high + 0.05) / (low + 0.05));
          return Math.min(...ratios);
        }"""
    )
    assert worst >= 4.5


def test_a_phone_shows_all_of_it_in_one_column(browser: Any, address: str, tmp_path: Path) -> None:
    sheet = Sheet(browser, address, 390, 800)
    page = sheet.open("#lang=zh&city=330100&year=difference")
    page.screenshot(path=str(tmp_path / "phone_zh.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tops = [page.locator(part).bounding_box()["y"] for part in (".map", ".legend", ".headline", ".matrix", "table")]
    assert tops == sorted(tops)
    for button in page.locator(".bar label, .bar button").all():
        box = button.bounding_box()
        assert box["height"] >= 28
        assert box["x"] + box["width"] <= 390
    assert sheet.complaints == []
    page.context.close()


def test_no_phone_scrolls_sideways_even_with_long_times(browser: Any, address: str) -> None:
    sheet = Sheet(browser, address, 412, 800)
    page = sheet.open("#lang=en&measure=typical&year=difference")
    # as long as any of the shipped region: Taizhou, hours of two digits
    page.evaluate(
        """() => {
          for (const cell of document.querySelectorAll("tbody td")) cell.textContent = "17 h 05 min";
          for (const name of document.querySelectorAll("tbody th button")) name.textContent = "Taizhou (Zhejiang) 台州";
        }"""
    )
    for width in (412, 390, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("document.querySelector('.matrix svg').getBoundingClientRect().right <= innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # nothing is cut off inside its box either
        assert page.evaluate("document.querySelector('table').getBoundingClientRect().right <= innerWidth")
    assert sheet.complaints == []
    page.context.close()


def test_a_click_on_the_map_brings_the_headline_back(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&city=310000")
    page.get_by_role("button", name="Zhoushan", exact=False).last.click()
    assert page.evaluate("document.querySelector('.panel').scrollTop") > 0
    place = page.evaluate("window.megaregionAtlas.project('320100')")
    page.mouse.click(place["x"], place["y"])
    assert "city=320100" in desktop.hash()
    assert page.evaluate("document.querySelector('.panel').scrollTop") == 0


def test_the_sheet_ends_in_a_margin_of_paper(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    for _ in range(4):
        page.get_by_role("button", name="Zoom out").click()
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(300)
    legend = page.locator(".legend").bounding_box()
    assert colour_at(page, legend["x"] + legend["width"] + 20, legend["y"] + legend["height"] - 5) == (0xFB, 0xFA, 0xF7)


def test_a_page_without_its_data_says_what_to_do(browser: Any, address: str, tmp_path: Path) -> None:
    written = Path(url2pathname(urlsplit(address).path)).parent
    for name in ASSETS:
        shutil.copy(written / name, tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    assert "data.js is missing" in page.locator("[role=alert]").inner_text()
    (tmp_path / "data.js").write_text("window.MEGAREGION_ATLAS = {format: 99};", encoding="ascii")
    page.reload()
    assert "format 99" in page.locator("[role=alert]").inner_text()
    page.close()


def test_a_bare_region_of_one_year_still_makes_a_page(
    browser: Any, region: Region, results: dict[int, YearResult], tmp_path: Path
) -> None:
    bare = region.with_tables({name: region.table(name).iloc[:0] for name in ("boundaries", "base_map", "city_facts")})
    page_file = write_atlas(bare, {2019: results[2019]}, tmp_path / "atlas")
    sheet = Sheet(browser, page_file.as_uri(), 1000, 700)
    page = sheet.open("#lang=en&measure=typical&year=difference")
    assert sheet.state()["year"] == 2019
    assert page.locator("input[name=year]").count() == 1
    place = page.evaluate("window.megaregionAtlas.project('320500')")
    page.mouse.click(place["x"], place["y"])
    assert sheet.hash().endswith("city=320500")
    assert "straight segments" in page.locator(".legend").inner_text()
    assert page.locator("thead th").all_inner_texts() == ["City▴", "2019"]
    assert sheet.complaints == []
    page.context.close()


def test_the_reach_of_a_station_is_loaded_when_it_is_switched_on(browser: Any, address: str) -> None:
    sheet = Sheet(browser, address, 1280, 800)
    page = sheet.open("#lang=en")
    assert not any(url.endswith(REACH_FILE) for url in sheet.requests)
    assert page.locator(".reach-table").count() == 0
    box = page.get_by_role("checkbox", name="Reach of Shanghai Hongqiao")
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_function("window.MEGAREGION_REACH")
    assert sum(url.endswith(REACH_FILE) for url in sheet.requests) == 1
    assert {url.split(":")[0] for url in sheet.requests} <= {"file", "blob", "data", "about"}
    # the focus stays on the box, and the choice of the cut-off comes next
    assert page.evaluate("document.activeElement.id") == "reach-on"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "reach-90"
    page.keyboard.press("ArrowRight")
    assert sheet.state()["reach"] == 120
    assert sheet.hash().endswith("&reach=120")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert sheet.state()["reach"] is None
    assert page.locator(".figure").inner_text() == "45 min"
    page.go_back()
    page.wait_for_function("window.megaregionAtlas.state().reach === 120")
    # switched on again, the last cut-off is taken
    page.locator("#reach-on").click()
    page.locator("#reach-on").click()
    assert sheet.state()["reach"] == 120
    assert sheet.complaints == []
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_reach_of_a_station_can_be_read_as_a_table(
    browser: Any, address: str, reach: Reach, tmp_path: Path, width: int
) -> None:
    sheet = Sheet(browser, address, width, 800)
    page = sheet.open("#lang=en&year=2019&reach=60")
    page.wait_for_function("window.MEGAREGION_REACH")
    known = page.evaluate("window.MEGAREGION_ATLAS.reach.parts")
    areas = {part: [f"{one['area_km2']:,.0f}" for one in values] for part, values in known.items()}
    assert page.locator(".reach-section .figure").inner_text() == f"{areas['2019'][0]} km²"
    assert (
        "the centre of 1 city with 24.9 million people (census 2020)"
        in page.locator(".reach-section .sentence").inner_text()
    )
    assert table_rows(page, 0)[0] == ["Within", "2012", "2019", "gained", "lost"]
    assert table_rows(page, 0)[3] == [
        "120 min",
        areas["2012"][2],
        areas["2019"][2],
        f"+{areas['gained'][2]}",
        f"−{areas['lost'][2]}",
    ]
    assert table_rows(page, 1)[3] == ["120 min", "37.6 (2)", "49.6 (3)", "+11.9 (1)", "0"]
    for words in ("06:00–22:00", reach.ground[0], "1 km apart", "about 200 m", "typical, not exact", "60 min at most"):
        assert words in page.locator(".legend").inner_text()
    # the rows of the table choose the cut-off
    page.locator("#reach-row-120").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "reach-row-120"
    assert page.locator(".reach-table tr.chosen th").all_inner_texts() == ["120\u00a0min"] * 2
    page.locator("label[for=year-difference]").click()
    assert "New inside: Hangzhou." in page.locator(".reach-section .sentence").inner_text()
    assert page.locator("[aria-live]").inner_text().endswith("New inside: Hangzhou.")
    page.screenshot(path=str(tmp_path / f"reach_{width}_en.png"))
    page.get_by_role("button", name="切换为中文").click()
    assert "新纳入的城市中心：杭州。" in page.locator(".reach-section .sentence").inner_text()
    assert table_rows(page, 0)[0] == ["时限", "2012", "2019", "新增", "减少"]
    assert table_rows(page, 1)[3] == ["120 分钟", "3,762 (2)", "4,956 (3)", "+1,194 (1)", "0"]
    for words in (reach.ground[1], "间距 1 公里", "2012年与2019年均可达", "新增：仅2019年可达", "减少：仅2012年可达"):
        assert words in page.locator(".legend").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(
        "[...document.querySelectorAll('.reach-table')].every((t) => t.getBoundingClientRect().right <= innerWidth)"
    )
    assert sheet.complaints == []
    page.context.close()


def test_the_map_draws_then_now_and_the_difference(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&year=2012&reach=120")
    page.wait_for_function("window.MEGAREGION_REACH")

    def drawn(year: str) -> list[str]:
        page.locator(f"label[for=year-{year}]").click()
        page.wait_for_timeout(300)
        page.wait_for_function(DRAWN)
        found: list[str] = page.evaluate("window.megaregionAtlas.reachDrawn()")
        return found

    # the files behind it are in the folder
    page.get_by_text("Sources and files").click()
    links = page.locator(".legend details a").evaluate_all("(all) => all.map((link) => link.href)")
    files = [Path(url2pathname(urlsplit(link).path)) for link in links]
    assert [path.name for path in files] == ["reach.csv", "provenance.json"]
    assert all(path.is_file() for path in files)
    assert drawn("2012") == ["then"]
    assert drawn("2019") == ["now"]
    assert drawn("difference") == ["gained", "kept", "lost"]
    # a city centre that is reached now and was not
    place = page.evaluate("window.megaregionAtlas.project('330100')")
    page.mouse.move(place["x"] + 1, place["y"])
    page.locator(".tip").wait_for()
    assert page.locator(".tip span").all_inner_texts() == [
        "2012: centre not within 120\u00a0min",
        "2019: centre within 120\u00a0min",
    ]
    assert desktop.complaints == []


def test_a_view_of_the_reach_opens_again_and_a_city_may_be_chosen_beside_it(desktop: Sheet) -> None:
    fragment = "#year=2012&measure=typical&lang=zh&reach=90&city=330100"
    page = desktop.open(fragment)
    assert desktop.hash() == fragment
    assert page.locator(".reach-section .of").inner_text() == "从上海虹桥出发，90\u00a0分钟内可达"
    assert page.locator(".headline .of").inner_text().startswith("杭州")
    page.keyboard.press("Escape")
    assert desktop.state()["reach"] == 90
    assert not page.locator(".headline").is_visible()


def test_outlines_that_are_missing_leave_the_table_and_say_so(browser: Any, address: str, tmp_path: Path) -> None:
    written = Path(url2pathname(urlsplit(address).path)).parent
    shutil.copytree(written, tmp_path / "atlas")
    (tmp_path / "atlas" / REACH_FILE).unlink()
    sheet = Sheet(browser, (tmp_path / "atlas" / "index.html").as_uri(), 1000, 700)
    page = sheet.open("#lang=en&reach=60")
    page.get_by_text("data/reach.js is missing beside this page; the table still holds.").wait_for()
    assert table_rows(page, 0)[1][0] == "60 min"
    # the way back is open
    page.locator("#reach-on").click()
    assert page.locator(".figure").inner_text() == "45 min"
    page.context.close()


def test_an_atlas_without_the_layer_has_no_switch(
    browser: Any, region: Region, results: dict[int, YearResult], tmp_path: Path
) -> None:
    page_file = write_atlas(region, results, tmp_path / "atlas")
    sheet = Sheet(browser, page_file.as_uri(), 1000, 700)
    page = sheet.open("#lang=en&reach=60")
    assert sheet.state()["reach"] is None
    assert page.locator("#reach-on").count() == 0
    assert sheet.complaints == []
    page.context.close()
