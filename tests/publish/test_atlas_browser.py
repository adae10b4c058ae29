"""The page in a real browser, opened from disk; software rendering is slow, so one page serves most tests."""

import csv
import io
import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from megaregion.mobility import Timetable
from megaregion.publish.atlas import write_atlas
from megaregion.publish.atlas_folder import ASSETS
from megaregion.publish.atlas_states import AtlasStudy, gather_study
from megaregion.publish.atlas_stations import STATION_FILE, TimetableState, build_station_times
from megaregion.region.model import Region
from megaregion.study.evidence import evidence
from megaregion.study.regions import example
from megaregion.study.road_access import MAX_ROAD_S, ROAD
from support.made_atlas import study_of

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--ignore-gpu-blocklist",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
# one that is confirmed, one contradicted, and one that nothing at hand decides
CLAIMS = """
[source]
en = "A made-up article"
zh = "一篇虚构的文章"
date = "unknown"

[[claims]]
id = "fastest"
statement = { en = "Hangzhou is 45 minutes from Shanghai.", zh = "杭州到上海只需45分钟。" }
measure = "fastest_train"
parameters = { year = 2019 }
at = { from_id = "杭州", to_id = "上海" }
value = 45
unit = "min"

[[claims]]
id = "count"
statement = { en = "The region has 35 cities.", zh = "该区域有35座城市。" }
measure = "city_count"
value = 35
unit = "cities"

[[claims]]
id = "chips"
statement = { en = "One corridor holds 47 % of the chips.", zh = "一条走廊集中了47%的芯片。" }
measure = "corridor_share"
domain = { en = "logistics", zh = "物流" }
value = 47
unit = "%"
needs = { en = "a table of the country's chip plants", zh = "全国芯片工厂表" }
"""
DRAWN = "window.megaregionAtlas && window.megaregionAtlas.drawn()"
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not at hand (apt-get install chromium)"),
]


def station_times(region: Region) -> Any:
    """Journeys of both years, and of a plan that is as 2019; the start is 上海."""
    states = [
        TimetableState(key=key, title=(key, key), year=year, timetable=Timetable.from_region(region, year=year))
        for key, year in (("2012", 2012), ("2019", 2019), ("plan-base", 2019), ("plan", 2019))
    ]
    found = build_station_times(region, states, ground=ROAD, max_time_s=MAX_ROAD_S)
    assert found is not None
    return replace(found, figures={**found.figures, "start": "rail:上海市"})


@pytest.fixture(scope="module")
def address(region: Region, study: AtlasStudy, tmp_path_factory: pytest.TempPathFactory) -> str:
    # a folder with spaces and Chinese in its name, as people have
    folder = tmp_path_factory.mktemp("atlas") / "我的 atlas #1"
    return write_atlas(
        region, study, folder, title=("Test region", "测试区"), isochrones=station_times(region)
    ).as_uri()


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


@pytest.fixture(scope="module")
def phone(browser: Any, address: str) -> Iterator[Sheet]:
    sheet = Sheet(browser, address, 390, 800)
    yield sheet
    sheet.page.context.close()


def at_rest(page: Any) -> None:
    page.wait_for_timeout(150)
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS)


def test_the_page_opens_from_disk_without_a_word_or_a_request(desktop: Sheet, tmp_path: Path) -> None:
    page = desktop.open("#lang=en")
    page.screenshot(path=str(tmp_path / "desktop_en.png"))
    assert desktop.complaints == []
    assert {url.split(":")[0] for url in desktop.requests} <= {"file", "blob", "data", "about"}
    assert not any(url.endswith(STATION_FILE) for url in desktop.requests)
    assert page.locator(".headline .figure").inner_text().startswith("45 min")
    assert "45 min, 9 min less than in 2012 (54 min)" in page.locator(".sentence").inner_text()
    assert "Illustrative data" in page.locator(".warning").inner_text()
    # open sea in the east of the sheet, and the made-up land in the west
    sea = page.evaluate("window.megaregionAtlas.project('330900')")
    assert colour_at(page, sea["x"] + 40, sea["y"] - 160) == (0xCF, 0xE3, 0xEE)


def test_then_now_scenario_difference_with_one_switch(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    figure = page.locator(".headline .figure")
    assert page.locator(".state label").all_inner_texts() == ["2012", "2019", "plan", "difference"]
    page.locator("label[for=state-2012]").click()
    assert figure.inner_text().startswith("54 min")
    page.locator("label[for=state-plan]").click()
    assert figure.inner_text().startswith("36 min")
    # assumed figures look it, in words as well
    assert page.locator(".headline .doubtful.illustrative").count() == 1
    assert "illustrative" in page.locator(".headline .status").inner_text()
    assert "than without plan (45 min)" in page.locator(".sentence").inner_text()
    page.locator("label[for=state-difference]").click()
    # no pair is chosen: of a scenario the one that it changes most
    assert figure.inner_text().startswith("−14 min")
    assert "the greatest change of any pair" in page.locator(".headline .of").inner_text()
    page.locator("#pair").select_option("2019")
    assert figure.inner_text().startswith("−9 min")
    assert "2012: 54 min · 2019: 45 min" in page.locator(".then").inner_text()
    assert "compare=difference" in desktop.hash()
    page.get_by_role("button", name="切换为中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.locator(".headline .figure").inner_text().startswith("−9分钟")
    assert page.locator("[aria-live]").first.inner_text().startswith("−9分钟")
    assert desktop.complaints == []


def test_questions_measures_and_choices(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    assert page.locator("#question option").all_inner_texts()[:3] == [
        "How long to everywhere?",
        "Who can be reached in time?",
        "What would the new metro change?",
    ]
    page.locator("#question").select_option("reach")
    page.locator("label[for=choice-60]").click()
    assert "choice=60" in desktop.hash()
    assert "People within reach, 2019 (60\u00a0min)" in page.locator(".legend h2").inner_text()
    page.locator("label[for=measure-cities_within]").click()
    assert page.locator(".headline .of").inner_text().endswith("from Shanghai, within 2 h")
    page.locator("#question").select_option("metro")
    assert desktop.state()["compare"] == "difference"
    assert desktop.state()["state"] == "plan"
    page.locator("#question").select_option("weight")
    assert desktop.state()["state"] == "2019"
    # one figure is not confirmed: it looks it and says it
    assert page.locator("td .doubtful").first.get_attribute("title") == "unverified"
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
    assert page.locator(".headline .of").inner_text().startswith("Nanjing: median")
    assert "from Nanjing" in page.locator(".table-section caption").inner_text()
    # its profile: figures with ranks, each with what it rests on
    profile = page.locator(".profile-section")
    assert "9.31 million people 4 of 5" in profile.inner_text().replace("\u00a0", " ").replace("\n", " ")
    profile.get_by_role("button").first.click()
    assert "Evidence: Population" in page.locator("dialog.sheet[open] h2").inner_text()
    page.keyboard.press("Escape")
    assert "city=320100" in desktop.hash()
    # 宿州 has a train from Nanjing in 2019 only: its cell is not dotted any more
    north = page.evaluate("window.megaregionAtlas.project('341300')")
    seen = []
    for year in ("2019", "2012"):
        page.locator(f"label[for=state-{year}]").click()
        at_rest(page)
        seen.append(colour_at(page, north["x"] - 14, north["y"] - 14))
    assert seen[0] != seen[1]
    page.locator("label[for=state-2019]").click()
    page.keyboard.press("Escape")
    assert "city=" not in desktop.hash()
    page.go_back()
    page.wait_for_function("window.megaregionAtlas.state().city !== null")
    assert page.locator(".headline .of").inner_text().startswith("Nanjing")


def test_map_chart_and_table_share_a_selection(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&measure=typical_time")
    assert page.locator(".chart circle[data-city]").count() == 0 or page.locator(".chart [data-city]").count() >= 4
    mark = page.locator(".chart [data-city]").first
    city = mark.get_attribute("data-city")
    mark.scroll_into_view_if_needed()
    mark.hover()
    assert page.locator(".table-section tr.hovered").get_attribute("data-city") == city
    mark.click()
    assert desktop.state()["city"] == int(city)
    assert page.locator(".profile-section h2").count() == 1


def test_the_table_is_a_twin_for_the_keyboard(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&measure=typical_time")
    rows = page.locator(".table-section tbody tr")
    assert rows.count() == 6
    page.get_by_role("button", name="Hangzhou 杭州").press("Enter")
    assert "city=330100" in desktop.hash()
    assert rows.count() == 5
    page.locator(".table-section thead").get_by_role("button", name="2019").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("2019")
    first = page.locator(".table-section tbody button").first
    assert first.inner_text() == "Suzhou 苏州"
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "to=310000" in desktop.hash()
    assert "Hangzhou–Shanghai" in page.locator(".headline .of").inner_text()
    page.get_by_role("button", name="Other direction").click()
    assert desktop.hash().endswith("city=310000&to=330100")
    # a city without a train says so in words
    lost = page.locator(".table-section tr", has_text="Zhoushan")
    assert lost.locator("td").all_inner_texts() == ["–", "–", "–"]


def test_every_number_opens_what_it_rests_on(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&state=plan&compare=difference")
    for place in (".headline .figure", ".legend h2", ".table-section caption"):
        page.locator(place).get_by_role("button", name="What this rests on").click()
        sheet = page.locator("dialog.sheet[open]")
        text = sheet.inner_text()
        for words in (
            "Formula",
            "shortest ride of a direct train",
            "key of fastest_train",
            "Made up for tests",
            "06:00",
        ):
            assert words in text
        # both sides of the difference
        assert sheet.locator("h3").all_inner_texts() == ["without plan", "plan"]
        page.keyboard.press("Escape")
        assert not page.locator("dialog.sheet.evidence").is_visible()
    assert desktop.state()["compare"] == "difference"


def test_the_matrix_shows_and_chooses_a_pair(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    page.locator(".panel .matrix svg").scroll_into_view_if_needed()
    box = page.locator(".panel .matrix svg").bounding_box()
    order = page.evaluate("window.MEGAREGION_ATLAS.order")
    ids = page.evaluate("window.MEGAREGION_ATLAS.cities.map((city) => city.id)")
    row, column = order.index(ids.index("310000")), order.index(ids.index("320100"))
    step = (box["width"] - 8) / len(ids)
    x, y = box["x"] + 4 + step * (column + 0.5), box["y"] + 4 + step * (row + 0.5)
    page.mouse.move(x, y)
    assert "Shanghai → Nanjing" in page.locator(".tip").inner_text()
    assert "1 h 07" in page.locator(".tip").inner_text()
    page.mouse.click(x, y)
    assert "city=310000&to=320100" in desktop.hash()
    page.get_by_role("button", name="Enlarge").click()
    assert page.locator("dialog svg").get_by_text("Zhoushan").count() == 2
    page.keyboard.press("Escape")
    assert not page.locator("dialog.matrix-sheet").is_visible()


def test_swipe_is_moved_with_the_keyboard_and_the_pointer(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    page.locator("#swipe").click()
    at_rest(page)
    handle = page.get_by_role("slider", name="Swipe: 2012 on the left, 2019 on the right")
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert desktop.state()["swipe"] == 52
    assert "swipe=52" in desktop.hash()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, 500)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 128, 500)
    page.mouse.up()
    assert desktop.state()["swipe"] == 42
    assert page.locator(".before-map").evaluate("(map) => map.style.clipPath") == "inset(0px 58% 0px 0px)"
    # both maps stand at the same place after one is moved
    page.get_by_role("button", name="Zoom in").click()
    at_rest(page)
    assert page.locator("canvas.maplibregl-canvas").count() == 2
    page.locator("#swipe").click()
    assert not page.locator(".before-map").is_visible()
    assert desktop.complaints == []


def test_hold_shows_before_with_key_and_button(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    figure = page.locator(".headline .figure")
    page.keyboard.down("b")
    assert figure.inner_text().startswith("54 min")
    page.keyboard.up("b")
    assert figure.inner_text().startswith("45 min")
    box = page.locator("#hold").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    assert figure.inner_text().startswith("54 min")
    page.mouse.up()
    assert figure.inner_text().startswith("45 min")


def test_flows_are_the_strongest_and_the_slider_says_how_many(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&measure=direct_trains")
    page.locator("#flows").click()
    at_rest(page)
    assert "the 3 strongest between cities" in page.locator(".flows-note").inner_text()
    assert page.evaluate("window.megaregionAtlas.shown().flows") == 3
    page.locator("#top").focus()
    page.keyboard.press("ArrowRight")
    assert "top=35" in desktop.hash()
    assert page.evaluate("document.activeElement.id") == "top"


def test_time_plays_through_the_states(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&state=2012")
    assert page.locator(".ticks span").all_inner_texts() == ["2012", "2019", "plan"]
    page.locator("#time").focus()
    page.keyboard.press("ArrowRight")
    assert desktop.state()["state"] == "2019"
    page.locator("#play").click()
    page.wait_for_function("window.megaregionAtlas.state().state === 'plan'")
    page.locator(".timeline #play").click()


def test_a_hash_opens_the_same_view_again(desktop: Sheet) -> None:
    fragment = (
        "#q=everywhere&measure=typical_time&state=plan&lang=zh&compare=difference&city=330100&to=320500&flows=1&top=40"
        "&map=6.50/120.1000/31.2000"
    )
    page = desktop.open(fragment)
    assert desktop.hash() == fragment
    shown = page.locator(".panel").inner_text()
    page.locator("label[for=state-2012]").click()
    assert page.locator(".panel").inner_text() != shown
    page.go_back()
    page.wait_for_function("window.megaregionAtlas.state().compare === 'difference'")
    assert page.locator(".panel").inner_text() == shown
    page.go_forward()
    page.wait_for_function("window.megaregionAtlas.state().state === '2012'")
    # what nobody knows falls back without a word
    desktop.open("#q=x&measure=y&state=z&city=0&lang=en&point=a,b&map=1&cutoff=1000&top=0&swipe=-1")
    assert desktop.state()["measure"] == "fastest_train"
    assert desktop.complaints == []


def test_isochrones_of_a_point_are_loaded_when_asked_for(desktop: Sheet, tmp_path: Path) -> None:
    page = desktop.open("#lang=en")
    page.locator("#question").select_option("reach")
    page.locator("label[for=measure-isochrone]").click()
    page.wait_for_function("window.MEGAREGION_STATION_TIMES")
    at_rest(page)
    section = page.locator(".zone-section")
    assert section.locator(".of").inner_text() == "reached from Shanghai (121.4000, 31.2000) within 60\u00a0min"
    how = "Median of all departures, 06:00–22:00, door to door; land only, without sea and lakes."
    assert how in section.inner_text()
    assert page.evaluate("window.megaregionAtlas.shown().zone") == ["now"]
    area = section.locator(".figure").inner_text()
    page.locator("#cutoff").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    at_rest(page)
    assert "cutoff=90" in desktop.hash()
    assert section.locator(".figure").inner_text() != area
    assert page.evaluate("document.activeElement.id") == "cutoff"
    page.locator("label[for=state-difference]").click()
    at_rest(page)
    assert "kept" in page.evaluate("window.megaregionAtlas.shown().zone")
    assert section.locator("tbody tr").count() == 3
    # what stands under names is a change, and the legend says so
    legend = page.locator(".legend").inner_text()
    assert "minutes to its centre, after less before" in legend
    assert "newly within 180\u00a0min" in legend
    assert "city centre inside, in 2019" in legend
    # a click sets out from elsewhere, and so do the arrow keys on the mark
    page.get_by_role("button", name="Whole region").click()
    at_rest(page)
    place = page.evaluate("window.megaregionAtlas.project('320500')")
    page.mouse.click(place["x"], place["y"] + 20)
    at_rest(page)
    assert desktop.state()["point"] == pytest.approx([120.6, 31.2], abs=0.15)
    before = desktop.hash()
    page.locator(".point-mark").focus()
    page.keyboard.press("ArrowLeft")
    assert desktop.hash() != before
    page.locator("label[for=percentile-95]").click()
    at_rest(page)
    assert "p=95" in desktop.hash()
    page.screenshot(path=str(tmp_path / "isochrone.png"))
    again = desktop.hash()
    shown = section.inner_text()
    desktop.open(again)
    assert page.locator(".zone-section").inner_text() == shown
    assert desktop.complaints == []


def test_figures_of_isochrones_open_their_evidence(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&q=reach&measure=isochrone&compare=difference&cutoff=90&point=120.6,31.3")
    for place in (".zone-section .figure", ".legend h2"):
        page.locator(f"{place} .info").click()
        text = page.locator("dialog.sheet[open]").inner_text()
        assert "Sea and lakes of the base map are no land." in text
        assert "06:00–22:00, Median of all departures" in text
        # both timetables with their months and what they come from
        assert text.count("Made up for tests") >= 2
        assert "2012-07-01–2012-08-31" in text
        assert "illustrative" in text
        assert "within 4 % of the engine" in text
        assert text.count("straight line") == 1
        page.keyboard.press("Escape")
    page.locator("#lang").click()
    page.locator(".zone-section .figure .info").click()
    assert "底图中的海域与湖泊不计入陆地。" in page.locator("dialog.sheet[open]").inner_text()
    page.keyboard.press("Escape")
    assert desktop.complaints == []


def test_an_isochrone_is_exported_as_its_land_and_as_times(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&q=reach&measure=isochrone&compare=difference&cutoff=90&point=120.6,31.3")
    page.get_by_role("button", name="Export").click()
    found = {}
    for kind in ("csv", "times"):
        with page.expect_download() as waiting:
            page.locator(f"dialog[open] #export-{kind}").click()
        lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
        found[kind] = list(csv.DictReader(lines))
    assert [row["land"] for row in found["csv"]] == ["kept", "gained", "lost"]
    assert {(row["state"], row["against"], row["cutoff_min"]) for row in found["csv"]} == {("2019", "2012", "90")}
    inside = {row["city_id"] for row in found["times"] if float(row["time_s"]) <= 90 * 60}
    assert inside == {city for row in found["csv"][:2] for city in row["city_ids"].split()}
    assert float(found["csv"][0]["area_km2"]) > 0
    page.keyboard.press("Escape")
    assert desktop.complaints == []


def test_a_picture_of_an_isochrone_names_where_it_begins(desktop: Sheet, tmp_path: Path) -> None:
    page = desktop.open("#lang=en&q=reach&measure=isochrone&cutoff=90&point=120.61,31.35")
    page.locator("#more").click()
    # the picture has the title and subtitle of what it rests on
    with page.expect_download() as waiting:
        page.locator("#export-json").click()
    about = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert about["title"].startswith("reached from a point ")
    assert "(120.6100, 31.3500) within 90\u00a0min · p50" in about["title"]
    assert "Median of all departures, 06:00–22:00" in about["settings"]["land"]
    with page.expect_download() as waiting:
        page.locator("#export-png").click()
    waiting.value.save_as(tmp_path / "isochrone.png")
    assert (tmp_path / "isochrone.png").read_bytes().startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    assert desktop.complaints == []


def test_a_point_outside_the_region_is_said(desktop: Sheet) -> None:
    page = desktop.open("#lang=en&q=reach&measure=isochrone&point=0,0")
    assert (
        "km from the nearest station or city; choose one within 100 km." in page.locator(".zone-section").inner_text()
    )
    assert page.locator(".zone-section .figure").count() == 0
    page.locator("#lang").click()
    at_rest(page)
    assert "请选择100公里以内的地点" in page.locator(".zone-section").inner_text()
    assert desktop.complaints == []


def test_search_export_and_copy_are_there(desktop: Sheet) -> None:
    page = desktop.open("#lang=en")
    page.locator("#search").fill("hz")
    page.keyboard.press("Enter")
    assert "city=330100" in desktop.hash()
    page.locator("#more").click()
    assert page.locator("dialog[open] #export-csv").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy as Python").click()
    assert "fastest_train" in page.locator("dialog[open]").inner_text()
    page.keyboard.press("Escape")
    assert desktop.complaints == []


@pytest.mark.parametrize(
    "fragment", ["#lang=en", "#lang=en&q=reach&measure=isochrone&compare=difference", "#lang=zh&q=weight"]
)
def test_the_page_can_be_read_without_a_mouse(desktop: Sheet, fragment: str) -> None:
    page = desktop.open(fragment)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('#table, .panel')")
    assert page.locator("canvas").first.get_attribute("aria-label")
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


@pytest.mark.parametrize(
    "fragment",
    [
        "#lang=zh&city=330100&compare=difference",
        "#lang=en&state=plan&compare=difference&flows=1",
        "#lang=en&q=reach&measure=isochrone&compare=difference",
        "#lang=en&q=weight&city=310000",
    ],
)
def test_no_phone_scrolls_sideways(phone: Sheet, tmp_path: Path, fragment: str) -> None:
    page = phone.open(fragment)
    page.screenshot(path=str(tmp_path / "phone.png"), full_page=True)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        at_rest(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # nothing is cut off inside its box either
        assert page.evaluate(
            "[...document.querySelectorAll('table, .chart svg, .bar *, .tools *, .panel section')]"
            ".filter((one) => one.checkVisibility() && !one.closest('.unseen, .search-list, .switch input'))"
            ".every((one) => one.getBoundingClientRect().right <= innerWidth + 1)"
        )
    for button in page.locator(".bar label, .bar button, .tools button").all():
        assert button.bounding_box()["height"] >= 28
    page.set_viewport_size({"width": 390, "height": 800})
    assert phone.complaints == []


def test_what_lies_over_the_map_of_a_phone_does_not_overlap(phone: Sheet) -> None:
    page = phone.open("#lang=en&flows=1")
    boxes = [page.locator(part).bounding_box() for part in (".zoom", ".tools", ".timeline")]
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"]
                or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"]
                or other["y"] + other["height"] <= one["y"]
            )
            assert apart


def test_a_page_without_its_data_says_what_to_do(browser: Any, address: str, tmp_path: Path) -> None:
    written = Path(url2pathname(urlsplit(address).path)).parent
    for name in ASSETS:
        shutil.copy(written / name, tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    assert "data.js is missing" in page.locator("[role=alert]").inner_text()
    (tmp_path / "data.js").write_text("window.MEGAREGION_ATLAS = {format: 1};", encoding="ascii")
    page.reload()
    assert "format 1" in page.locator("[role=alert]").inner_text()
    page.close()


def test_missing_journeys_say_so(browser: Any, address: str, tmp_path: Path) -> None:
    written = Path(url2pathname(urlsplit(address).path)).parent
    shutil.copytree(written, tmp_path / "atlas")
    (tmp_path / "atlas" / STATION_FILE).unlink()
    sheet = Sheet(browser, (tmp_path / "atlas" / "index.html").as_uri(), 1000, 700)
    page = sheet.open("#lang=en&q=reach&measure=isochrone")
    page.get_by_text("data/station_times.js is missing beside this page.").wait_for()
    # the way back is open
    page.locator("label[for=measure-people_within]").click()
    assert page.locator(".table-section tbody tr").count() == 6
    page.context.close()


def test_claims_open_their_computation_and_what_is_missing_says_what_it_needs(browser: Any, tmp_path: Path) -> None:
    region = example("yrd")
    lean = region.with_table("reference_facts", region.table("reference_facts").iloc[:0])
    study = gather_study(lean.with_table("stop_times", lean.table("stop_times").iloc[:0]))
    (tmp_path / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    found = evidence(region, tmp_path / "claims.toml")
    page_file = write_atlas(region, study, tmp_path / "atlas", evidence=found)
    sheet = Sheet(browser, page_file.as_uri(), 1280, 800)
    page = sheet.open("#lang=zh&q=story")
    assert page.locator(".claims .verdict").all_inner_texts() == ["✓ 证实", "✕ 不符", "? 无法判定"]
    page.locator("[data-claim=fastest] button").click()
    text = page.locator("dialog.sheet[open]").inner_text()
    assert "45分钟" in text
    assert "TrainCrawler" in text
    page.keyboard.press("Escape")
    page.locator("#lang").click()
    page.locator("[data-claim=chips] button").click()
    assert "a table of the country's chip plants" in page.locator("dialog.sheet[open]").inner_text()
    page.keyboard.press("Escape")
    page.locator("#question").select_option("weight")
    page.locator("label[for=measure-gdp_share]").click()
    assert "megaregion import table reference_facts FILE" in page.locator(".headline code").inner_text()
    assert sheet.complaints == []
    page.context.close()


def test_a_bare_region_of_one_year_still_makes_a_page(browser: Any, region: Region, tmp_path: Path) -> None:
    bare = region.with_tables({name: region.table(name).iloc[:0] for name in ("boundaries", "base_map", "city_facts")})
    page_file = write_atlas(bare, study_of(bare, 2019), tmp_path / "atlas")
    sheet = Sheet(browser, page_file.as_uri(), 1000, 700)
    page = sheet.open("#lang=en&measure=typical_time&compare=difference")
    assert page.locator("input[name=state]").count() == 0
    assert page.locator("#hold").count() == 0
    place = page.evaluate("window.megaregionAtlas.project('320500')")
    page.mouse.click(place["x"], place["y"])
    assert "city=320500" in sheet.hash()
    assert page.locator(".table-section thead th").all_inner_texts() == ["City▴", "2019"]
    assert sheet.complaints == []
    page.context.close()
