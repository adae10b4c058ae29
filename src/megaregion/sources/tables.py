"""
A table of a region from a file: CSV, TSV, an Excel sheet or Parquet.

Whatever the format, keys stay text, numbers are never guessed, and every finding names file, line and field.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import Field, TableSchema, check_frame, check_keys, conform, schema, suggest
from megaregion.region.service_days import check_intervals
from megaregion.sources.cells import read_cells
from megaregion.sources.container import open_container
from megaregion.sources.coordinates import transform_to_wgs84
from megaregion.sources.delimited import MAX_ROWS, Delimited, read_delimited
from megaregion.sources.parquet import read_parquet
from megaregion.sources.reading import Reading
from megaregion.sources.workbook import read_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megaregion.region.model import Region

NEAR_DEGREES = 1.0
"""Points closer than this to 0 E 0 N or to a pole are reported, the rule of the canonical GTFS validator."""

_DELIMITERS = {".csv": ",", ".txt": ",", ".tsv": "\t", ".tab": "\t"}
_WORKBOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")
_NEED_ROWS = {"cities"}


def read_table(
    path: Path | str,
    name: str,
    *,
    encoding: str = "utf-8",
    sheet: str | None = None,
    delimiter: str | None = None,
    crs: str | None = None,
    region: Region | None = None,
    max_rows: int = MAX_ROWS,
) -> Reading:
    """
    Read one file into one table of the schema.

    Parameters
    ----------
    path
        A file ending in .csv, .tsv, .txt (also with .gz), .xlsx, .xlsm or .parquet.
    name
        Table of the schema, such as "cities".
    encoding
        Encoding of a text file.
    sheet
        Sheet of a workbook; by default the only one, or the one named like the table.
    delimiter
        Character between cells of a text file; by default a comma, for .tsv a tab.
    crs
        System of columns `lon` and `lat`: wgs84 (default), gcj02, bd09, or a code such as EPSG:4547, in which case
        they hold easting and northing.
    region
        Region that the table is meant for; with it, references to its tables are checked.
    max_rows
        Rows above which a file is refused.

    Returns
    -------
    Reading
        The table under its name, with warnings.

    Raises
    ------
    InputError
        With all errors found in the file.
    LimitError
        If there are too many rows.
    """
    path = Path(path)
    table = schema(name)
    notices = Notices()
    typed, file, lines, wrong = _load(path, table, notices, encoding, sheet, delimiter, max_rows)
    if not len(typed.columns):
        notices.raise_errors(f"{path.name} could not be read as table '{name}'")
    _check_columns(table, typed.columns, file, notices)
    if crs is not None and {"lon", "lat"} <= set(typed.columns):
        typed["lon"], typed["lat"] = transform_to_wgs84(crs, typed["lon"], typed["lat"])
    frame = _with_all_fields(table, typed)
    # a cell that could not be read, and a column that is not there, were reported as such and are not blank
    wrong |= {field.name: np.ones(len(frame), bool) for field in table.fields if field.name not in typed.columns}
    notices.extend(check_frame(name, frame, file=file, lines=lines, reported=wrong))
    notices.extend(check_points(frame, file=file, lines=lines))
    if name == "frequencies":
        notices.extend(check_intervals(frame, file=file, lines=lines))
    if region is not None:
        notices.extend(check_against(name, frame, region, file=file, lines=lines))
    if not len(frame) and not notices.of("error"):
        code = "required_table_without_rows" if name in _NEED_ROWS else "table_without_rows"
        notices.add(code, f"table '{name}' has a header and no rows; expected at least one row.", file=file, line=1)
    notices.raise_errors(f"{path.name} could not be read as table '{name}'")
    return Reading({name: conform(name, frame)}, notices)


def check_points(frame: pd.DataFrame, *, file: str, lines: NDArray[np.int64]) -> Notices:
    """
    Warn of points near 0 E 0 N or a pole, where a missing position often lands.

    Parameters
    ----------
    frame
        Rows; without columns `lon` and `lat` there is nothing to check.
    file, lines
        Where the rows stand; `lines` is (n_rows,) int.
    """
    notices = Notices()
    if not {"lon", "lat"} <= set(frame.columns):
        return notices
    lon, lat = (frame[axis].to_numpy(dtype=np.float64, na_value=np.nan) for axis in ("lon", "lat"))
    rules = (
        ("point_near_origin", "0 E 0 N", (np.abs(lon) <= NEAR_DEGREES) & (np.abs(lat) <= NEAR_DEGREES)),
        ("point_near_pole", "a pole", (np.abs(lat) >= 90.0 - NEAR_DEGREES) & (np.abs(lat) <= 90.0)),
    )
    for code, place, near in rules:
        for row in np.flatnonzero(near):
            message = (
                f"fields 'lon' and 'lat' are {lon[row]:g} and {lat[row]:g}, within {NEAR_DEGREES:g} degree of {place}."
            )
            notices.add(code, message, file=file, line=int(lines[row]), field="lat", value=f"{lon[row]:g} {lat[row]:g}")
    return notices


def check_against(name: str, frame: pd.DataFrame, region: Region, *, file: str, lines: NDArray[np.int64]) -> Notices:
    """
    Check that every key that the rows refer to exists in a region, or among the rows themselves.

    Parameters
    ----------
    name, frame
        Table and its rows.
    region
        Region that the rows are to be merged into.
    file, lines
        Where the rows stand; `lines` is (n_rows,) int.
    """
    notices = Notices()
    for field in schema(name).fields:
        if not field.refers_to:
            continue
        parent, parent_field = field.refers_to.split(".")
        known = set(region.table(parent)[parent_field].dropna())
        if parent == name:
            known |= set(frame[parent_field].dropna())
        what = f"field '{parent_field}' of table {parent} in region '{region.name}'"
        notices.extend(check_keys(frame[field.name], known, what=what, file=file, lines=lines))
    return notices


def _load(
    path: Path,
    table: TableSchema,
    notices: Notices,
    encoding: str,
    sheet: str | None,
    delimiter: str | None,
    max_rows: int,
) -> tuple[pd.DataFrame, str, NDArray[np.int64], dict[str, NDArray[np.bool_]]]:
    """Columns in the types of the schema, name for messages, lines, and which cells of each field were wrong."""
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    endings = [ending.casefold() for ending in path.suffixes]
    ending = endings[-1] if endings else ""
    packed = ending == ".gz"
    inner = endings[-2] if packed and len(endings) > 1 else ending
    if ending in _PARQUET:
        return read_parquet(path, table, notices, max_rows=max_rows)
    if ending in _WORKBOOKS:
        types = {field.name: field.type for field in table.fields}
        text = read_workbook(path, sheet=sheet, preferred=table.name, types=types, notices=notices)
    elif inner in _DELIMITERS:
        source: bytes | Path = path
        if packed:
            box = open_container(path)
            source = box.read(box.only())
        text = read_delimited(
            source,
            file=path.name,
            notices=notices,
            encoding=encoding,
            delimiter=delimiter or _DELIMITERS[inner],
            max_rows=max_rows,
            expected=table.required,
        )
        if delimiter is None:
            _hint_delimiter(text, _DELIMITERS[inner], notices)
    else:
        accepted = ", ".join([*_DELIMITERS, *_WORKBOOKS, *_PARQUET])
        msg = f"{path.name}: a table cannot be read from a file ending in '{ending}'; expected {accepted}."
        raise InputError(msg)
    columns, wrong = _typed(table, text, notices)
    return pd.DataFrame(columns, index=range(len(text.frame))), text.file, text.lines, wrong


def _hint_delimiter(text: Delimited, delimiter: str, notices: Notices) -> None:
    """Raise at once if a header is one cell that holds another delimiter; all other findings would be noise."""
    if len(text.frame.columns) != 1:
        return
    header = str(text.frame.columns[0])
    for other, shown in ((";", "';'"), ("\t", "a tab"), ("|", "'|'"), (",", "','")):
        if other != delimiter and other in header:
            notices.add(
                "missing_column",
                f"header is the one cell '{header}'; it looks like cells separated by {shown}.",
                file=text.file,
                line=1,
                value=header,
                fix=f"pass --delimiter {shown}",
            )
            notices.raise_errors(text.file)


def _typed(
    table: TableSchema, text: Delimited, notices: Notices
) -> tuple[dict[str, pd.Series], dict[str, NDArray[np.bool_]]]:
    fields = {field.name: field for field in table.fields}
    columns: dict[str, pd.Series] = {}
    wrong: dict[str, NDArray[np.bool_]] = {}
    for label in text.frame.columns:
        column = text.frame[label]
        if label in fields:
            columns[label], wrong[label] = read_cells(
                fields[label], column, file=text.file, lines=text.lines, notices=notices
            )
        else:
            columns[label] = column.mask(column == "")
    return columns, wrong


def _check_columns(table: TableSchema, found: Sequence[str] | pd.Index, file: str, notices: Notices) -> None:
    names = [field.name for field in table.fields]
    unknown = [label for label in found if label not in names]
    for label in unknown:
        notices.add(
            "unknown_column",
            f"column '{label}' is not part of table '{table.name}'; it is kept as text.{_closest(label, names)}",
            file=file,
            line=1,
            field=label,
        )
    for name in table.required:
        if name not in found:
            notices.add(
                "missing_column",
                f"column '{name}' is missing; found {', '.join(map(str, found))}.{_closest(name, unknown)} "
                f"Table '{table.name}' needs {', '.join(table.required)}.",
                file=file,
                line=1,
                field=name,
            )


def _closest(word: str, known: Sequence[str]) -> str:
    """Suggest a column, whatever the case of its letters."""
    folded = {name.casefold(): name for name in known}
    close = suggest(word.casefold(), list(folded))
    for plain, name in folded.items():
        close = close.replace(f"'{plain}'", f"'{name}'")
    return close


def _with_all_fields(table: TableSchema, typed: pd.DataFrame) -> pd.DataFrame:
    """Columns of the schema first, null where the file has none; an integer stays nullable until it is checked."""

    def column(field: Field) -> pd.Series:
        dtype: Any = "Int64" if field.type == "integer" else field.dtype
        if field.name in typed.columns:
            return typed[field.name].astype(dtype)
        return pd.Series([None] * len(typed), index=typed.index, dtype=dtype)

    columns = {field.name: column(field) for field in table.fields}
    columns |= {label: typed[label] for label in typed.columns if label not in columns}
    return pd.DataFrame(columns, index=typed.index)
