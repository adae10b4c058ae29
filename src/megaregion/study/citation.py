"""How a source is named: who published it, what, when, and where it was read if that was a reprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from megaregion.chinese import in_chinese
from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Mapping


def citation(source: Mapping[str, Any], *, year: str = "published") -> Words:
    """
    Name a source.

    Parameters
    ----------
    source
        title, title_zh, publisher and reprinted_by, of which any may be missing, and the year of publication.
    year
        What that year is called: "published" in entries of `provenance["inputs"]`, "year" in table `sources`.

    Examples
    --------
    >>> read = {"publisher": "统计局", "title": "公报", "published": 2022, "reprinted_by": "example.org"}
    >>> citation(read).en, citation(read).zh
    ('统计局, 公报, 2022, as reprinted by example.org', '统计局，公报，2022，转引自 example.org')
    """
    # what a table does not hold is not always None
    parts = [str(value) for name in ("publisher", "title", year) if _known(value := source.get(name))]
    local = source.get("title_zh")
    parts_zh = [str(local) if _known(local) and part == source.get("title") else in_chinese(part) for part in parts]
    by = source.get("reprinted_by")
    if _known(by):
        parts, parts_zh = [*parts, f"as reprinted by {by}"], [*parts_zh, f"转引自 {in_chinese(str(by))}"]
    return Words(", ".join(parts), "，".join(parts_zh))


def _known(value: Any) -> bool:
    return isinstance(value, (str, int)) and value != ""
