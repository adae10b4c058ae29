"""Cells of text turned into the types of a schema, without guessing what a number may have meant."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from megaregion.notices import MAX_PER_CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megaregion.notices import Notices
    from megaregion.region.schema import Field

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_INTEGER = r"[+-]?[0-9]{1,18}(?:\.0*)?"  # tables with blanks are often exported with 2020.0
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:\.\d+)?")
_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


def read_cells(
    field: Field, text: pd.Series, *, file: str, lines: NDArray[np.int64], notices: Notices
) -> tuple[pd.Series, NDArray[np.bool_]]:
    """
    Turn one column of text into the type of its field.

    Parameters
    ----------
    field
        What is expected.
    text
        (n_rows,) str; "" is blank.
    file, lines
        Where the rows stand, for messages.
    notices
        Collection that findings are added to.

    Returns
    -------
    tuple
        The column, null where blank or wrong (integers are `Int64` even if required), and (n_rows,) bool, whether the
        cell was wrong.
    """
    stripped = text.str.strip()
    blank = np.asarray(stripped == "", dtype=bool)

    def report(code: str, wrong: NDArray[np.bool_], fix: Callable[[str], str]) -> None:
        found = np.flatnonzero(wrong)
        for row in found[:MAX_PER_CODE]:
            value = str(text.iloc[row])
            advice = fix(value.strip())
            message = f"field '{field.name}' is '{value}'; expected {field.accepted}."
            notices.add(code, message, file=file, line=int(lines[row]), field=field.name, value=value, fix=advice)
        # more are counted but not kept, so their messages need not be written
        if len(found) > MAX_PER_CODE:
            notices.counts[code] += len(found) - MAX_PER_CODE

    if field.type in {"number", "integer"}:
        pattern = _NUMBER if field.type == "number" else _INTEGER
        good = np.asarray(stripped.str.fullmatch(pattern), dtype=bool)
        report("invalid_number", ~good & ~blank, lambda value: _number_advice(value, field))
        return _numbers(field, stripped, good), ~good & ~blank
    if field.type == "boolean":
        folded = stripped.str.casefold()
        yes, no = np.asarray(folded.isin(_YES), dtype=bool), np.asarray(folded.isin(_NO), dtype=bool)
        report("invalid_boolean", ~yes & ~no & ~blank, lambda _: "")
        column = pd.Series(yes, index=text.index).astype("boolean").mask(~yes & ~no)
        return column, ~yes & ~no & ~blank
    if field.type == "geometry":
        report("shape_in_table", ~blank, lambda _: "")
        return pd.Series([None] * len(text), index=text.index, dtype="object"), ~blank
    padded = np.flatnonzero(np.asarray(stripped != text, dtype=bool) & ~blank)
    if len(padded):
        value = text.iloc[padded[0]]
        noun = "cell has" if len(padded) == 1 else "cells have"
        notices.add(
            "surrounding_spaces",
            f"field '{field.name}': {len(padded)} {noun} spaces around the text, the first is '{value}'; "
            "they are removed.",
            file=file,
            line=int(lines[padded[0]]),
            field=field.name,
            value=value,
        )
    return stripped.mask(blank), np.zeros(len(text), dtype=bool)


def _numbers(field: Field, text: pd.Series, good: NDArray[np.bool_]) -> pd.Series:
    plain = text[good].str.removeprefix("+")
    if field.type == "integer":
        whole = pa.array(plain.str.replace(r"\..*", "", regex=True), pa.large_string()).cast(pa.int64())
        column = pd.Series(pd.NA, index=text.index, dtype="Int64")
        column[good] = whole.to_numpy(zero_copy_only=False)
        return column
    values = np.full(len(text), np.nan)
    values[good] = pa.array(plain, pa.large_string()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return pd.Series(values, index=text.index)


def _number_advice(value: str, field: Field) -> str:
    """Say how the number that was probably meant is written."""
    plain = unicodedata.normalize("NFKC", value).strip()
    if plain.casefold().lstrip("+-") in {"inf", "infinity", "nan", "na", "n/a", "null", "none", "#n/a", "-", ""}:
        return "write the number that it stands for" if field.required else "leave the cell blank if it is not known"
    if plain.endswith("%") and re.fullmatch(_NUMBER, plain[:-1].strip()):
        number = float(plain[:-1])
        return f"write {number / 100:g}" if (field.minimum, field.maximum) == (0, 1) else f"write {number:g}"
    if _THOUSANDS.fullmatch(plain):
        plain = re.sub("[,' \u00a0\u202f]", "", plain)
    elif re.fullmatch(r"[+-]?\d+,\d+", plain):
        plain = plain.replace(",", ".")
    pattern = _NUMBER if field.type == "number" else _INTEGER
    return f"write {plain}" if plain != value and re.fullmatch(pattern, plain) else ""
