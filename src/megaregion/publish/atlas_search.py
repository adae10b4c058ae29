"""
Spellings under which the page finds cities and stations: pinyin in full and its initials.

No dictionary of characters is needed where names carry an English form: that is pinyin but for points of the compass
(上海南, Shanghai South) and words like 市. The number of characters says how it falls into syllables: 西安 is xi an, 先
is xian. A dictionary would read 六安 as liu'an; the English name, Lu'an, knows better. Names without one, or with one
that is no pinyin (Hohhot), are found in Chinese and in English only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COMPASS = {"east": "dong", "south": "nan", "west": "xi", "north": "bei", "airport": "jichang"}

_SUFFIXES = ("特别行政区", "自治州", "地区", "火车站", "市", "站", "盟")
"""What an English name leaves out."""

_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?"
    r"(?:iang|iong|uang|ueng|ang|eng|ing|ong|iao|ian|uai|uan|uei|uen|ai|ei|ao|ou|an|en|in|un|er|ia|ie|iu|ua|uo|ui|ue|ve|"
    r"a|o|e|i|u|v)"
)
_LONGEST = 6


def spellings(name: str, name_en: str | None) -> tuple[str, str]:
    """
    Spell a Chinese name in pinyin.

    Parameters
    ----------
    name
        In characters.
    name_en
        In English, as maps have it.

    Returns
    -------
    Pinyin without spaces and tones (ü is v), and the initials of its syllables; both blank where that cannot be told.

    Examples
    --------
    >>> spellings("上海南", "Shanghai South")
    ('shanghainan', 'shn')
    >>> spellings("六安市", "Lu'an")
    ('luan', 'la')
    >>> spellings("呼和浩特", "Hohhot")
    ('', '')
    """
    short = next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end) and len(name) > len(end) + 1), name)
    # Suzhou (Anhui) is told from the other one by what no one types
    words = re.findall(r"[a-z']+", re.sub(r"\(.*?\)", "", _plain_letters(name_en or "")))
    for characters, spelt in _readings(short, name, words):
        parts = _syllables("".join(spelt).replace("'", ""), characters)
        if parts:
            return "".join(parts), "".join(part[0] for part in parts)
    return "", ""


def build_search(cities: Iterable[Mapping[str, Any]], stations: Iterable[Iterable[Any]]) -> dict[str, list[list[str]]]:
    """
    Spell the cities and stations of the atlas.

    Parameters
    ----------
    cities
        As in `data.js`: name, name_en.
    stations
        As in `data.js`: name and English name first.

    Returns
    -------
    Key `search` of `data.js`: of each city and each station, in their order, pinyin and initials.
    """
    return {
        "cities": [list(spellings(str(city["name"]), city["name_en"])) for city in cities],
        "stations": [list(spellings(str(name), name_en)) for name, name_en, *_ in stations],
    }


def _readings(short: str, name: str, words: list[str]) -> list[tuple[int, list[str]]]:
    """Pair numbers of characters with the words that may spell them, points of the compass read as Chinese first."""
    compass = [_COMPASS.get(word, word) for word in words]
    return [(len(characters), spelt) for characters in dict.fromkeys((short, name)) for spelt in (compass, words)]


def _plain_letters(text: str) -> str:
    lowered = text.casefold().replace("ü", "v").replace("\u2019", "'")
    return "".join(letter for letter in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(letter))


@cache
def _syllables(text: str, count: int) -> tuple[str, ...]:
    """Cut letters into so many syllables, long ones first; nothing if they do not fall into so many."""
    if count == 0 or not text:
        return ()
    for length in range(min(_LONGEST, len(text)), 0, -1):
        head, rest = text[:length], text[length:]
        if _SYLLABLE.fullmatch(head):
            if count == 1 and not rest:
                return (head,)
            tail = _syllables(rest, count - 1)
            if tail:
                return (head, *tail)
    return ()
