"""
Write the pages of reference again: commands, notices, tables, glossary.

    python tools/make_reference.py

Python pages are made when the site is built and lie in no file.
"""

from __future__ import annotations

from docs_site import reference_pages


def main() -> None:
    """Write each page whose text is no longer that of the program."""
    for name, text in reference_pages.pages().items():
        page = reference_pages.DOCS / name
        current = page.is_file() and page.read_text(encoding="utf-8") == text
        if not current:
            page.write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/{name}: {'is current' if current else 'written'}")


if __name__ == "__main__":
    main()
