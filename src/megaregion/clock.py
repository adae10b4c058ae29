"""Clock times and durations as people write them, to seconds and back."""

from __future__ import annotations

import re

from megaregion.errors import InputError

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


def parse(text: str, *, what: str = "time") -> int:
    """
    Read a clock time H:MM or H:MM:SS as seconds; hours may pass 24.

    Raises
    ------
    InputError
        If the text is not a clock time.

    Examples
    --------
    >>> parse("08:00"), parse("25:10:30")
    (28800, 90630)
    """
    found = _CLOCK.fullmatch(str(text).strip())
    if found is None:
        msg = f"{what} is {text!r}; expected a clock time such as 08:00 or 25:10 (10 past 1 on the next day)."
        raise InputError(msg)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3_600 + minutes * 60 + seconds


def show(seconds: float) -> str:
    """
    Write seconds of a service day as a clock time, with the day where it is not the first.

    Examples
    --------
    >>> show(28800), show(90600), show(-600)
    ('08:00', '01:10+1', '23:50-1')
    """
    day, rest = divmod(round(seconds), 86_400)
    text = f"{rest // 3_600:02d}:{rest % 3_600 // 60:02d}"
    if rest % 60:
        text += f":{rest % 60:02d}"
    return f"{text}{day:+d}" if day else text


def duration(seconds: float, lang: str = "en") -> str:
    """
    Write a duration in hours and minutes, rounded to the minute; seconds only below one minute.

    In Chinese it has no spaces: it is set so in tables, on pages and in sentences alike.

    Examples
    --------
    >>> duration(2700), duration(4 * 3600), duration(5405), duration(30)
    ('45 min', '4 h', '1 h 30', '30 s')
    >>> duration(2700, "zh"), duration(4 * 3600, "zh"), duration(8340, "zh"), duration(30, "zh")
    ('45分钟', '4小时', '2小时19分', '30秒')
    """
    if seconds == float("inf"):
        return "不可达" if lang == "zh" else "unreachable"
    if 0 < round(seconds) < 60:
        return f"{round(seconds)}秒" if lang == "zh" else f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes}分钟" if lang == "zh" else f"{minutes} min"
    if lang == "zh":
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
