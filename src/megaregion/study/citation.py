"""How a source is named: who published it, what, when, and where it was read if that was a reprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Mapping


def citation(source: Mapping[str, Any], *, year: str = "published") -> Words:
    """
    Name a source.

    Parameters
    ----------
    source
        title, publisher and reprinted_by, of which any may be missing, and the year of publication.
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
    by = source.get("reprinted_by")
    en = ", ".join([*parts, *([f"as reprinted by {by}"] if _known(by) else [])])
    return Words(en, "，".join([*parts, *([f"转引自 {by}"] if _known(by) else [])]))


def _known(value: Any) -> bool:
    return isinstance(value, (str, int)) and value != ""
