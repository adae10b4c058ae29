"""The calls of a national rail timetable as they stand in its file: one row a call, with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.notices import MAX_PER_CODE
from megaregion.sources.container import open_container
from megaregion.sources.delimited import Delimited, read_delimited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from megaregion.notices import Notices

DAY_S = 86_400

COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "train": ("train", "train_code", "station_train_code", "train_no", "code", "车次"),
    "seq": ("seq", "sequence", "station_no", "stop_sequence", "no", "站序"),
    "station": ("station", "station_name", "stop_name", "站名", "车站"),
    "arr": ("arr", "arrival", "arrive_time", "arrival_time", "到达时间", "到时"),
    "dep": ("dep", "departure", "start_time", "depart_time", "departure_time", "出发时间", "开点", "发时"),
    "day": ("day", "days", "天数"),
    "elapsed": ("elapsed_min_at_arrival", "elapsed_min", "elapsed"),
    "km": ("km", "mileage", "distance_km", "里程"),
    "same_as": ("same_as",),
    "stale": ("stale",),
}
"""Names under which each column of a rail timetable is accepted; the first is the one we write."""

_REQUIRED = ("train", "seq", "station", "arr", "dep")
_NO_TIME = frozenset({"", "-", "--", "---", "----", "—", "——", "始发", "始发站", "终点", "终点站", "终到"})
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_TRUE = frozenset({"1", "yes", "true"})


def read_calls(path: Path | str, *, encoding: str, notices: Notices) -> tuple[str, pd.DataFrame]:
    """
    Read the rows of a rail timetable, sorted by train (in order of appearance) and sequence.

    Parameters
    ----------
    path
        CSV file; `.gz` and a zip of one file are unpacked.
    encoding
        Encoding of the text.
    notices
        Collection that findings are added to; the caller raises its errors.

    Returns
    -------
    file
        Name for messages.
    calls
        line (int64), train (str), seq (int64), station (str), arrival_clock_s and departure_clock_s (float64, seconds
        after midnight, NaN = blank), day (float64, NaN = not given), elapsed_s (float64, NaN = not given), km
        (float64, NaN = not given), same_as (str, "" = none), stale (bool).

    Raises
    ------
    InputError
        If the file or a column is missing, or a time or number cannot be read.
    """
    read = read_any_text(path, encoding=encoding, notices=notices, expected=_REQUIRED)
    file = read.file
    notices.raise_errors(f"reading {file}")
    columns = _find_columns(read.frame, file, notices)
    notices.raise_errors(f"reading {file}")

    def number(name: str) -> NDArray[np.float64]:
        return _parse(
            read, columns.get(name), _number, f"rail_invalid_number:{_NUMBERS.get(name, 'a number')}", notices
        )

    calls = pd.DataFrame(
        {
            "line": read.lines,
            "train": read.frame[columns["train"]].str.strip(),
            "seq": number("seq"),
            "station": read.frame[columns["station"]].str.strip(),
            "arrival_clock_s": _parse(read, columns["arr"], _clock_s, "rail_invalid_time:HH:MM, or blank", notices),
            "departure_clock_s": _parse(read, columns["dep"], _clock_s, "rail_invalid_time:HH:MM, or blank", notices),
            "day": number("day"),
            "elapsed_s": number("elapsed") * 60,
            "km": number("km"),
            "same_as": read.frame[columns["same_as"]].str.strip() if "same_as" in columns else "",
            "stale": read.frame[columns["stale"]].str.strip().str.lower().isin(_TRUE) if "stale" in columns else False,
        }
    )
    for name in ("train", "station", "seq"):
        blank = calls[name].isna() if name == "seq" else calls[name] == ""
        for line in calls.loc[blank, "line"]:
            message = f"field '{columns[name]}' is blank; expected {_BLANK[name]}."
            notices.add("missing_value", message, file=file, line=int(line), field=columns[name])
    notices.raise_errors(f"reading {file}")
    calls["seq"] = calls["seq"].astype("int64")
    return file, _in_order(calls, file, notices)


_NUMBERS = {
    "seq": "a whole number",
    "day": "a whole number, 1 for the first day",
    "elapsed": "minutes since the first departure",
    "km": "kilometres since the first station",
}
_BLANK = {"train": "the code of the train", "station": "the name of the station", "seq": "a whole number"}


def read_any_text(path: Path | str, *, encoding: str, notices: Notices, expected: Sequence[str] = ()) -> Delimited:
    """
    Read a CSV or TSV file, plain, gzipped or alone in a zip, as text with lines.

    Raises
    ------
    InputError
        If there is no such file, or a zip of none or several.
    """
    box = open_container(path)
    inner = box.only()
    tab = inner.lower().endswith((".tsv", ".tab"))
    return read_delimited(
        box.read(inner),
        file=Path(path).name,
        notices=notices,
        encoding=encoding,
        delimiter="\t" if tab else ",",
        expected=expected,
    )


def find_column(frame: pd.DataFrame, names: Sequence[str]) -> str | None:
    """First column of the frame that bears one of the names, without regard to case."""
    by_lower = {str(column).strip().lower(): str(column) for column in frame.columns}
    return next((by_lower[name] for name in names if name in by_lower), None)


def _find_columns(frame: pd.DataFrame, file: str, notices: Notices) -> dict[str, str]:
    found = {name: column for name, names in COLUMN_NAMES.items() if (column := find_column(frame, names))}
    for name in _REQUIRED:
        if name not in found:
            message = (
                f"column '{name}' is missing; found {', '.join(map(str, frame.columns))}. "
                f"Accepted names: {', '.join(COLUMN_NAMES[name])}."
            )
            notices.add("rail_missing_column", message, file=file, line=1, field=name)
    return found


def _parse(
    read: Delimited, column: str | None, parse: Any, code_and_accepted: str, notices: Notices
) -> NDArray[np.float64]:
    """Parse each different cell once; (n_rows,) float64, NaN = blank or no such column."""
    if column is None:
        return np.full(len(read.frame), np.nan)
    positions, cells = pd.factorize(read.frame[column])
    values = [parse(str(cell).strip()) for cell in cells]
    bad = np.array([value is None for value in values], dtype=bool)
    if bad.any():
        code, _, accepted = code_and_accepted.partition(":")
        for row in np.flatnonzero(bad[positions]):
            found = str(read.frame[column].iloc[row])
            message = f"field '{column}' is '{found}'; expected {accepted}."
            notices.add(code, message, file=read.file, line=int(read.lines[row]), field=column, value=found)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)[positions]


def _clock_s(cell: str) -> float | None:
    """Seconds after midnight, NaN if there is no time, None if it cannot be read."""
    if cell in _NO_TIME:
        return float("nan")
    match = _CLOCK.fullmatch(cell)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _number(cell: str) -> float | None:
    if cell in {"", "-"}:
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _in_order(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """Sort by train and sequence; a row that repeats the sequence of another is dropped or an error."""
    order = pd.factorize(calls["train"])[0]
    by_call = np.lexsort((np.arange(len(calls)), calls["seq"].to_numpy(), order))
    calls = calls.iloc[by_call].reset_index(drop=True)
    again = calls.duplicated(["train", "seq"])
    if not again.any():
        return calls
    copy = calls.duplicated(["train", "seq", "station", "arrival_clock_s", "departure_clock_s"])
    # rows of one call stand together, the first of them at the last row that repeats nothing
    first = calls["line"].to_numpy()[np.maximum.accumulate(np.where(again, 0, np.arange(len(calls))))]
    for code, chosen, words in (
        ("rail_doubled_rows", copy, ", with the same times; the second was left out."),
        ("duplicate_key", again & ~copy, "; expected each call of a train once."),
    ):
        rows = np.flatnonzero(chosen)
        for row in rows[:MAX_PER_CODE]:
            train, seq, line = calls["train"].iloc[row], calls["seq"].iloc[row], calls["line"].iloc[row]
            message = f"train {train} has call {seq} on line {first[row]} and again on line {line}{words}"
            notices.add(code, message, file=file, line=int(line), field="seq", value=seq)
        if len(rows) > MAX_PER_CODE:
            notices.counts[code] += len(rows) - MAX_PER_CODE
    notices.raise_errors(f"reading {file}")
    return calls[~again].reset_index(drop=True)
