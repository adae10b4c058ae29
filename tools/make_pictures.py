"""
Take the pictures of the README from the real atlas of the shipped region.

    python tools/make_pictures.py [FOLDER]

Needs Debian's chromium and Chinese fonts, as the browser tests do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from megaregion.cli.output import Output
from megaregion.cli.publishing import make_atlas
from megaregion.study.regions import open_region

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
PICTURES = {
    "atlas-en.png": ("#lang=en&q=everywhere&measure=typical_time&state=2019&city=310000", 1280, 800),
    "atlas-zh.png": ("#lang=zh&q=metro", 1280, 800),
    "atlas-phone.png": ("#lang=zh&q=story", 390, 800),
}
"""Hash of the page, width and height."""

WAIT_MS = 12_000
"""Software rendering takes some seconds until the map is idle."""


def main(folder: Path) -> None:
    """Write the atlas to a temporary folder and photograph it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        page_file = make_atlas(open_region("yrd"), Path(temporary) / "atlas", Output(quiet=True))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for name, (state, width, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(page_file.as_uri() + state)
            page.wait_for_timeout(WAIT_MS)
            page.screenshot(path=folder / name)
            page.close()
        browser.close()
    print(f"pictures: {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
