"""
Run what the pages of `docs/` show and write what it prints into them.

    python tools/run_examples.py [PAGE ...]

All pages with something to run, or those given.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from docs_site import page_examples

ROOT = Path(__file__).resolve().parents[1]


def main(chosen: list[str]) -> None:
    """Run the pages and write those again whose output is another."""
    pages = [Path(name) for name in chosen] or [*page_examples.pages(ROOT / "docs"), *ROOT.glob("README*.md")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            now = page_examples.played(text, Path(folder))
        if now != text:
            page.write_text(now, encoding="utf-8", newline="\n")
        print(f"{page}: {'is current' if now == text else 'written'}")


if __name__ == "__main__":
    main(sys.argv[1:])
