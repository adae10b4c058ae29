"""A Parquet file in the types of a schema; other types are refused rather than turned into something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from megaregion.errors import InputError, LimitError
from megaregion.sources.cells import read_cells

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.notices import Notices
    from megaregion.region.schema import Field, TableSchema


def read_parquet(
    path: Path, table: TableSchema, notices: Notices, *, max_rows: int
) -> tuple[pd.DataFrame, str, NDArray[np.int64], dict[str, NDArray[np.bool_]]]:
    """
    Read a Parquet file.

    Parameters
    ----------
    path
        The file.
    table
        What is expected; columns of the file's own become text.
    notices
        Collection that findings are added to.
    max_rows
        Rows above which the file is refused.

    Returns
    -------
    tuple
        Columns, file name for messages, (n_rows,) int row numbers counted from 1, and which cells of a field were
        wrong.

    Raises
    ------
    InputError
        If the file is not Parquet or damaged.
    LimitError
        If there are more than `max_rows` rows.
    """
    file = path.name
    try:
        n_rows = pq.read_metadata(path).num_rows
        if n_rows > max_rows:
            msg = f"{file}: has {n_rows} rows; at most {max_rows} rows are accepted. Keep only the rows of the region."
            raise LimitError(msg)
        content = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as problem:
        msg = f"{file}: is not a Parquet file that can be read ({problem}). Write it again, or bring it as CSV."
        raise InputError(msg) from problem
    fields = {field.name: field for field in table.fields}
    lines = np.arange(1, n_rows + 1, dtype=np.int64)
    columns: dict[str, Any] = {}
    wrong: dict[str, NDArray[np.bool_]] = {}
    for position, name in enumerate(content.column_names):
        if name in columns:
            message = f"column '{name}' stands twice, again at position {position + 1}; expected each column once."
            notices.add("duplicate_column", message, file=file, field=name, value=name)
            continue
        if name.startswith("__index_level_"):
            continue
        values = content.column(position).combine_chunks()
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        field = fields.get(name)
        if _is_text(values.type) and _is_utf8(name, values, file, notices):
            text = pd.Series(values.to_pandas(), dtype="str").fillna("")
            if field:
                columns[name], wrong[name] = read_cells(field, text, file=file, lines=lines, notices=notices)
            else:
                columns[name] = text.mask(text == "")
            continue
        columns[name] = None if _is_text(values.type) else _convert(field, values)
        if columns[name] is None:
            wrong[name] = np.ones(n_rows, dtype=bool)
            accepted = field.accepted if field else "text"
            message = f"field '{name}' has the type {values.type}; expected {accepted}."
            notices.add("wrong_column_type", message, file=file, field=name, value=str(values.type))
        elif field and field.type == "id" and n_rows and not pa.types.is_null(values.type):
            first = next(iter(columns[name].dropna()), "")
            message = (
                f"field '{name}' has the type {values.type}, the first key is {first}; keys became text, "
                "and zeros that once led them are lost."
            )
            notices.add("id_from_number", message, file=file, field=name, value=first)
    blank = pd.Series([None] * n_rows, dtype="object")
    frame = pd.DataFrame({name: blank if column is None else column for name, column in columns.items()})
    return frame, file, lines, wrong


def _is_utf8(name: str, values: Any, file: str, notices: Notices) -> bool:
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as problem:
        notices.add("undecodable_bytes", f"field '{name}' is not UTF-8: {problem}.", file=file, field=name)
        return False
    return True


def _convert(field: Field | None, values: Any) -> pd.Series | None:
    """Column in the type of its field, or None if it has another type that is not plainly the same."""
    kind, types = field.type if field else "", pa.types
    number = types.is_integer(values.type) or types.is_floating(values.type) or types.is_decimal(values.type)
    day = types.is_date(values.type) or types.is_timestamp(values.type)
    column: pd.Series | None = None
    if types.is_null(values.type):
        column = pd.Series([None] * len(values), dtype="object")
    elif kind == "geometry" and (types.is_binary(values.type) or types.is_large_binary(values.type)):
        column = pd.Series(values.to_pandas(), dtype="object")
    elif kind == "number" and number:
        column = pd.Series(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    elif kind == "boolean" and types.is_boolean(values.type):
        column = pd.Series(values.to_pandas(), dtype="boolean")
    elif kind == "date" and day:
        column = pd.Series(values.cast(pa.date32(), safe=False).cast(pa.string()).to_pandas(), dtype="str")
    elif kind in {"integer", "id"} and number:
        whole = _whole(values)
        if whole is not None and kind == "integer":
            column = pd.Series(pd.array(whole.to_pylist(), dtype="Int64"))
        elif whole is not None:
            column = pd.Series(whole.cast(pa.string()).to_pandas(), dtype="str")
    elif field is None and (number or day or types.is_boolean(values.type)):
        column = pd.Series(values.cast(pa.string()).to_pandas(), dtype="str")
    return column


def _whole(values: Any) -> Any:
    """Whole numbers, NaN as null; None if one of them has a fraction."""
    if pa.types.is_floating(values.type):
        values = pa.array(values.to_numpy(zero_copy_only=False), from_pandas=True)
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
