"""Cities that an answer leaves out because they lack figures, named in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.notices import Notices
    from megaregion.region.model import Region

_NAMED = 6


def cities_left_out(region: Region, ids: Sequence[str], what: tuple[str, str], notices: Notices) -> None:
    """
    Say which cities lack figures.

    Parameters
    ----------
    region
        Holds the cities.
    ids
        Cities that are left out.
    what
        What they lack, in English and Chinese.
    notices
        Where it is said.
    """
    if not ids:
        return
    total = len(region.table("cities"))
    message = f"{len(ids)} of {total} cities have no {what[0]}: {listed_cities(region, ids, 'en')}."
    zh = f"{total} 个城市中 {len(ids)} 个没有{what[1]}：{listed_cities(region, ids, 'zh')}。"
    notices.add("cities_left_out", message, value=len(ids), message_zh=zh)


def names_of(region: Region, ids: Sequence[str], lang: str) -> list[str]:
    """
    Name cities; in English where that is known.

    Parameters
    ----------
    region
        Holds the cities.
    ids
        Cities.
    lang
        "en" or "zh".
    """
    cities = region.table("cities").set_index("city_id")
    names = cities["name"] if lang == "zh" else cities["name_en"].fillna(cities["name"])
    return [str(names[each]) for each in ids]


def listed_cities(region: Region, ids: Sequence[str], lang: str) -> str:
    """
    Name the first cities of several, and say how many there are.

    Parameters
    ----------
    region
        Holds the cities.
    ids
        Cities.
    lang
        "en" or "zh".
    """
    names = names_of(region, ids, lang)
    more = len(names) - _NAMED
    told = ("、" if lang == "zh" else ", ").join(names[:_NAMED])
    if more <= 0:
        return told
    return f"{told}等 {len(names)} 个" if lang == "zh" else f"{told} and {more} more"
