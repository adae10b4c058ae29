"""
One sheet of an Excel workbook as text, with the row of every line.

Excel stores `0012` as the number 12, `2-1` as a date and a formula without its result if the program that wrote it did
not calculate. None of this can be undone, so it is reported.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.sources.container import open_container
from megaregion.sources.delimited import Delimited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from megaregion.notices import Notices

_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
_Kind = Literal["text", "number", "date", "error", "formula"]


def read_workbook(
    path: Path, *, sheet: str | None, preferred: str, types: Mapping[str, str], notices: Notices
) -> Delimited:
    """
    Read one sheet.

    Parameters
    ----------
    path
        File ending in .xlsx or .xlsm.
    sheet
        Name of the sheet; by default the only one, or the one called `preferred`.
    preferred
        Name of the table.
    types
        Types of the known columns, as in the schema; a number or a date in a column of type id is reported.
    notices
        Collection that findings are added to.

    Returns
    -------
    Delimited
        Cells as text; `lines` are rows of the sheet.

    Raises
    ------
    InputError
        If the file is no workbook, or it is not clear which sheet is meant.
    LimitError
        If it unpacks to more than a file may.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to import, and few need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        open_container(path)
        values = load_workbook(path, read_only=True, data_only=True)
        formulas = load_workbook(path, read_only=True, data_only=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as problem:
        msg = (
            f"{path.name}: is not a workbook that can be read ({problem}). Save it again as .xlsx, or as CSV in UTF-8."
        )
        raise InputError(msg) from problem
    try:
        title = _choose_sheet(path.name, values.sheetnames, sheet, preferred)
        file = f"{path.name}[{title}]"
        rows = zip(values[title].iter_rows(), formulas[title].iter_rows(), strict=False)
        return _read_rows(rows, file, types, notices)
    finally:
        values.close()
        formulas.close()


def _choose_sheet(file: str, sheets: Sequence[str], sheet: str | None, preferred: str) -> str:
    if sheet is None and len(sheets) == 1:
        return sheets[0]
    wanted = preferred if sheet is None else sheet
    if wanted in sheets:
        return wanted
    found = f"there is no sheet {wanted!r}" if sheet else f"has {len(sheets)} sheets and none is called {wanted!r}"
    msg = f"{file}: {found}; the sheets are {', '.join(sheets)}. Name one with --sheet."
    raise InputError(msg)


def _read_rows(rows: Any, file: str, types: Mapping[str, str], notices: Notices) -> Delimited:
    names: list[str] = []
    cells: list[list[str]] = []
    lines: list[int] = []
    numbers: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line, (shown, stored) in enumerate(rows, start=1):
        read = [_text(value.value, formula.value) for value, formula in zip(shown, stored, strict=False)]
        texts = [text for text, _ in read]
        if not any(texts) and all(kind == "text" for _, kind in read):
            continue
        if not names:
            names = _names(texts, line, file, notices)
            continue
        _check_kinds(read, names, types, (file, line), notices, numbers)
        extra = next((text for text in texts[len(names) :] if text), None)
        if extra is not None:
            message = f"row has {len(texts)} cells; expected {len(names)}, the first one too many is '{extra}'."
            notices.add("too_many_cells", message, file=file, line=line, value=extra, fix="name the column or clear it")
        cells.append([*texts[: len(names)], *[""] * (len(names) - len(texts))])
        lines.append(line)
    for name, found in numbers.items():
        line, value = found[0]
        notices.add(
            "id_from_number",
            f"field '{name}': {len(found)} keys are stored as numbers, the first is {value}; they became text, "
            "and zeros that once led them are lost.",
            file=file,
            line=line,
            field=name,
            value=value,
        )
    if not names:
        notices.add("empty_file", "sheet is empty; expected a first row of column names.", file=file)
    columns = {
        name: pd.Series([row[position] for row in cells], dtype="str") for position, name in enumerate(names) if name
    }
    return Delimited(file, pd.DataFrame(columns, index=range(len(cells))), np.array(lines, dtype=np.int64))


def _names(texts: list[str], line: int, file: str, notices: Notices) -> list[str]:
    names = [text.strip() for text in texts]
    while names and not names[-1]:
        names.pop()
    for position, name in enumerate(names, start=1):
        first = names.index(name) + 1
        if not name:
            message = f"column {position} has no name; expected a name for every column."
            notices.add("unnamed_column", message, file=file, line=line)
        elif first != position:
            message = f"column '{name}' stands at position {first} and again at position {position}; expected it once."
            notices.add("duplicate_column", message, file=file, line=line, field=name, value=name)
    return names


def _check_kinds(
    read: list[tuple[str, _Kind]],
    names: list[str],
    types: Mapping[str, str],
    place: tuple[str, int],
    notices: Notices,
    numbers: dict[str, list[tuple[int, str]]],
) -> None:
    """Report what Excel did to the cells of one row; numbers in columns of keys are gathered in `numbers`."""
    file, line = place
    for (text, kind), name in zip(read, names, strict=False):
        key = types.get(name) == "id"
        if kind == "number" and key:
            numbers[name].append((line, text))
        elif kind == "date" and key:
            message = f"field '{name}' is the date {text}; expected a key, kept as text. Excel may have made the date."
            notices.add("id_from_date", message, file=file, line=line, field=name, value=text)
        elif kind == "formula":
            message = f"field '{name}' is the formula {text} without a stored result; expected a value."
            notices.add("formula_without_value", message, file=file, line=line, field=name, value=text)
        elif kind == "error":
            message = f"field '{name}' is the error {text}; expected a value."
            notices.add("error_in_cell", message, file=file, line=line, field=name, value=text)


def _text(value: Any, formula: Any) -> tuple[str, _Kind]:
    """One cell as text, and what it was."""
    if value is None:
        formula = getattr(formula, "text", formula)
        return (formula, "formula") if isinstance(formula, str) and formula.startswith("=") else ("", "text")
    if isinstance(value, bool):
        return ("yes" if value else "no"), "text"
    if isinstance(value, int | float):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
        return (str(int(value)) if whole else repr(value)), "number"
    if isinstance(value, dt.datetime):
        whole_day = value.time() == dt.time()
        return (value.date().isoformat() if whole_day else value.isoformat(sep=" ")), "date"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat(), "date"
    text = str(value)
    return text, "error" if text in _ERRORS else "text"
