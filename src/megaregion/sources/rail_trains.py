"""
Rules that turn the calls of a rail timetable into trains: what is dropped, what is joined, what is one run.

The national timetables were collected from web pages train by train. What is wrong with them is reported call by call
and handled by one rule a defect; `docs/rail-timetable.md` lists them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.sources.rail_calls import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.notices import Notices

LONGEST_STAND_S = DAY_S // 2
"""A stand beyond half a day is a departure written wrongly: border stations hold trains for up to six hours."""

_LAST_DIGIT = re.compile(r"(\d)\D*$")


def split_runs(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """
    Give each row its `run`: 0, or 1, 2, ... after a second start of the same train; a copy of a run is dropped.

    A run starts where only the departure is given and the row before, of the same train, has none.
    """
    first = _first_rows(calls["train"])
    end_before = np.r_[False, calls["departure_clock_s"].isna().to_numpy()[:-1]]
    starts = (calls["arrival_clock_s"].isna() & calls["departure_clock_s"].notna()).to_numpy()
    second = starts & end_before & ~first
    if not second.any():
        return calls.assign(run=0)
    block = np.cumsum(first | second)
    train_block = np.maximum.accumulate(np.where(first, block, 0))
    calls = calls.assign(run=block - train_block)
    keep = np.ones(len(calls), dtype=bool)
    for train in calls.loc[second, "train"].unique():
        runs = dict(iter(calls[calls["train"] == train].groupby("run")))
        seen: dict[tuple[tuple[str, float, float], ...], int] = {}
        for run, rows in runs.items():
            copied = seen.setdefault(_times(rows), int(run))
            if run == 0:
                continue
            start, end = int(rows["line"].iloc[0]), int(rows["line"].iloc[-1])
            if copied != run:
                keep[rows.index] = False
                copy_of = runs[copied]["line"].iloc[0]
                message = f"train {train}: lines {start} to {end} repeat its calls from line {copy_of}; left out."
                notices.add("rail_doubled_rows", message, file=file, line=start, field="train", value=train)
            else:
                message = f"train {train} starts a second time at {rows['station'].iloc[0]}; kept as a trip of its own."
                notices.add("rail_second_start", message, file=file, line=start, field="train", value=train)
    return calls[keep].reset_index(drop=True)


def drop_stale(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """Drop the trains that the file itself marks as no longer running."""
    stale = calls["train"].isin(calls.loc[calls["stale"], "train"].unique())
    starts = calls[stale].drop_duplicates("train")
    for line, train in zip(starts["line"], starts["train"], strict=True):
        message = f"train {train} is marked as no longer running (column stale); left out."
        notices.add("rail_stale_train", message, file=file, line=int(line), field="stale", value=train)
    return calls[~stale].reset_index(drop=True)


def join_repeated(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """
    Join the codes of one train and give each row its `number`, the codes with a stroke between.

    A Chinese train changes its code where it changes direction towards or away from Beijing: the two codes differ in
    parity (even = towards). Collectors list such a train once for each code. A code is joined to an earlier one if
    column `same_as` says so and the calls agree, or, without the column, if all stations and clock times agree and
    the parity differs. Codes of like parity with the same calls are two trains, and reported.
    """
    starts = np.flatnonzero(_first_rows(calls["train"]))
    ends = np.r_[starts[1:], len(calls)]
    trains = calls["train"].to_numpy()[starts].astype(object)
    stated = calls["same_as"].to_numpy()[starts].astype(object)
    lines = calls["line"].to_numpy()[starts]
    contents = _contents(calls, starts, ends)
    position = {train: number for number, train in enumerate(trains)}
    joined: dict[int, int] = {}

    def join(repeat: int, kept: int) -> None:
        joined[repeat] = kept
        message = f"code {trains[repeat]} repeats all calls of {trains[kept]}; joined into one trip."
        place = {"file": file, "line": int(lines[repeat]), "field": "train", "value": trains[repeat]}
        notices.add("rail_repeated_code", message, **place)

    for repeat in map(int, np.flatnonzero(stated != "")):
        kept = position.get(stated[repeat])
        if kept is not None and kept not in joined and kept != repeat and contents[kept] == contents[repeat]:
            join(repeat, kept)
            continue
        why = "is not in the file" if kept is None else "has other calls"
        message = f"code {trains[repeat]} is said to repeat {stated[repeat]}, which {why}; kept as a train."
        place = {"file": file, "line": int(lines[repeat]), "field": "same_as", "value": stated[repeat]}
        notices.add("rail_same_as_unmatched", message, **place)

    equal: dict[bytes, list[int]] = {}
    for train, content in enumerate(contents):
        if train not in joined:
            equal.setdefault(content, []).append(train)
    for group in (group for group in equal.values() if len(group) > 1):
        free: dict[int, list[int]] = {0: [], 1: []}
        for train in group:
            parity = _parity(trains[train])
            partner = free[1 - parity].pop(0) if parity >= 0 and free[1 - parity] else None
            if partner is not None:
                join(train, partner)
                continue
            if parity >= 0:
                free[parity].append(train)
            if train != group[0]:
                message = f"codes {trains[group[0]]} and {trains[train]} have the same calls and times; both kept."
                place = {"file": file, "line": int(lines[train]), "field": "train", "value": trains[train]}
                notices.add("rail_same_times", message, **place)

    number = trains.copy()
    for repeat, kept in joined.items():
        number[kept] = f"{number[kept]}/{trains[repeat]}"
    of_row = np.repeat(np.arange(len(starts)), ends - starts)
    keep = ~np.isin(of_row, list(joined))
    numbered: pd.DataFrame = calls.assign(number=pd.Series(number[of_row], index=calls.index, dtype="str"))[keep]
    return numbered.reset_index(drop=True)


def fill_clocks(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """
    Make arrival and departure clock times complete.

    At the first call of a run the arrival is the departure, at the last the departure is the arrival, whatever the
    file shows there. In between, one missing time is taken from the other; a call without either is left out.
    """
    arrival, departure = calls["arrival_clock_s"].to_numpy().copy(), calls["departure_clock_s"].to_numpy().copy()
    no_arrival, no_departure = np.isnan(arrival), np.isnan(departure)
    first = first_of_run(calls)
    last = np.r_[first[1:], True]
    between = ~first & ~last
    for row in np.flatnonzero((no_arrival | no_departure) & between | (no_arrival & no_departure)):
        call = calls.iloc[row]
        lacks = "both times" if no_arrival[row] and no_departure[row] else "arrival" if no_arrival[row] else "departure"
        rule = "the call is left out" if lacks == "both times" else "arrival and departure are taken as equal"
        message = f"train {call['train']} at {call['station']} lacks {lacks}; {rule}."
        field = "dep" if lacks == "departure" else "arr"
        notices.add("rail_missing_time", message, file=file, line=int(call["line"]), field=field)
    filled_arrival = np.where(no_arrival | (first & ~no_departure), departure, arrival)
    filled_departure = np.where(no_departure | (last & ~no_arrival), arrival, departure)
    filled = calls.assign(arrival_clock_s=filled_arrival, departure_clock_s=filled_departure)
    known: pd.DataFrame = filled[~(no_arrival & no_departure)]
    return known.reset_index(drop=True)


def drop_single_calls(calls: pd.DataFrame, file: str, notices: Notices) -> pd.DataFrame:
    """Drop the runs that have one call: nobody can ride them."""
    first = first_of_run(calls)
    single: NDArray[np.bool_] = first & np.r_[first[1:], True]
    for row in np.flatnonzero(single):
        call = calls.iloc[row]
        message = f"train {call['train']} calls at {call['station']} only; left out."
        place = {"file": file, "line": int(call["line"]), "field": "train", "value": call["train"]}
        notices.add("rail_one_stop", message, **place)
    return calls[~single].reset_index(drop=True)


def first_of_run(calls: pd.DataFrame) -> NDArray[np.bool_]:
    """(n_rows,) bool, true at the first call of each run."""
    return _first_rows(calls["train"]) | _first_rows(calls["run"])


def _first_rows(column: pd.Series) -> NDArray[np.bool_]:
    return np.asarray(column != column.shift(), dtype=bool) if len(column) else np.zeros(0, dtype=bool)


def _parity(code: str) -> int:
    """0 or 1 of the number before any stroke, -1 if there is none."""
    match = _LAST_DIGIT.search(code.partition("/")[0])
    return int(match.group(1)) % 2 if match else -1


def _times(rows: pd.DataFrame) -> tuple[tuple[str, float, float], ...]:
    clocks = rows[["arrival_clock_s", "departure_clock_s"]].fillna(-1.0)
    return tuple(zip(rows["station"], clocks["arrival_clock_s"], clocks["departure_clock_s"], strict=True))


def _contents(calls: pd.DataFrame, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[bytes]:
    """Bytes of each train that are equal for equal stations and clock times."""
    rows = np.column_stack(
        [
            pd.factorize(calls["station"])[0].astype(np.float64),
            calls["arrival_clock_s"].fillna(-1).to_numpy(),
            calls["departure_clock_s"].fillna(-1).to_numpy(),
        ]
    )
    return [rows[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
