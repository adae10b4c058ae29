"""
What the tables of a region hold, read from the CSV files in `tables/` of each package.

A package adds a table by adding `tables/<name>.csv`; nothing here changes.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import MAX_PER_CODE, Notices

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FieldType = Literal["id", "text", "integer", "number", "boolean", "date", "category", "geometry"]

_DTYPES: dict[str, Any] = {
    "id": "str",
    "text": "str",
    "category": "str",
    "date": "str",
    "number": "float64",
    "boolean": "boolean",
    "geometry": "object",
}
_SUGGEST_AMONG = 5_000  # among more keys, or for more values, the search takes longer than it helps
_SUGGEST_FOR = 5
_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: its type, unit and what is accepted in it."""

    name: str
    type: FieldType
    unit: str
    required: bool
    key: bool
    minimum: float
    maximum: float
    choices: tuple[str, ...]
    refers_to: str
    description: str

    @property
    def dtype(self) -> Any:
        """Type of the column in memory; an integer that may be blank is nullable."""
        if self.type == "integer":
            return "int64" if self.required else "Int64"
        return _DTYPES[self.type]

    @property
    def accepted(self) -> str:
        """What is accepted, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = {
            "id": "a key, kept as text",
            "text": "text",
            "integer": "a whole number",
            "number": "a number",
            "boolean": "yes or no",
            "date": "a date as YYYY-MM-DD",
            "geometry": "a shape",
            "category": "a word of the list",
        }[self.type]
        low, high = np.isfinite(self.minimum), np.isfinite(self.maximum)
        if low and high:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        elif low:
            words += f" of at least {self.minimum:g}"
        elif high:
            words += f" of at most {self.maximum:g}"
        return f"{words} in {self.unit}" if self.unit else words


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """One table: its name, the package that owns it and its fields in order."""

    name: str
    package: str
    fields: tuple[Field, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the fields that together identify a row."""
        return tuple(field.name for field in self.fields if field.key)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that may not be blank."""
        return tuple(field.name for field in self.fields if field.required)

    def field(self, name: str) -> Field:
        """
        Field by name.

        Raises
        ------
        InputError
            If the table has no such field.
        """
        for field in self.fields:
            if field.name == name:
                return field
        names = [field.name for field in self.fields]
        msg = f"table {self.name!r} has no field {name!r}; it has {', '.join(names)}.{suggest(name, names)}"
        raise InputError(msg)

    def empty(self) -> pd.DataFrame:
        """Frame with all fields and no rows."""
        return pd.DataFrame({field.name: pd.Series([], dtype=field.dtype) for field in self.fields})


def suggest(word: str, known: Sequence[str]) -> str:
    """Sentence ` Did you mean ...?` with the closest known word, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


@cache
def schemas() -> Mapping[str, TableSchema]:
    """All table schemas, by table name, of all packages of megaregion."""
    found: dict[str, TableSchema] = {}
    for package in sorted(files("megaregion").iterdir(), key=lambda entry: entry.name):
        folder = package / "tables" if package.is_dir() else None
        if folder is None or not folder.is_dir():
            continue
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if not entry.name.endswith(".csv"):
                continue
            name = entry.name.removesuffix(".csv")
            if name in found:
                msg = f"table {name!r} is defined by {found[name].package} and by {package.name}"
                raise ValueError(msg)
            with entry.open(encoding="utf-8") as lines:
                fields = tuple(_field(row) for row in csv.DictReader(lines))
            found[name] = TableSchema(name=name, package=package.name, fields=fields)
    return found


def schema(name: str) -> TableSchema:
    """
    Get the schema of one table.

    Raises
    ------
    InputError
        If there is no such table; the closest name is suggested.
    """
    known = schemas()
    if name not in known:
        msg = f"no table {name!r}; the tables are {', '.join(known)}.{suggest(name, list(known))}"
        raise InputError(msg)
    return known[name]


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """
    Give a frame the columns, order and types of its table; columns of its own are kept as they are, last.

    Raises
    ------
    InputError
        If a required field is missing or a column cannot have its type.
    """
    table = schema(name)
    missing = [field for field in table.required if field not in frame.columns]
    if missing:
        msg = (
            f"table {name!r}: field {missing[0]!r} is missing; found {', '.join(map(str, frame.columns)) or 'none'}. "
            f"The required fields are {', '.join(table.required)}."
        )
        raise InputError(msg)
    columns: dict[str, Any] = {}
    for field in table.fields:
        if field.name not in frame.columns:
            columns[field.name] = pd.Series([_missing(field)] * len(frame), index=frame.index, dtype=field.dtype)
            continue
        try:
            columns[field.name] = frame[field.name].astype(field.dtype)
        except (ValueError, TypeError) as problem:
            msg = f"table {name!r}: field {field.name!r} cannot be read as {field.accepted}: {problem}"
            raise InputError(msg) from problem
    known = {field.name for field in table.fields}
    columns |= {str(column): frame[column] for column in frame.columns if column not in known}
    return pd.DataFrame(columns).reset_index(drop=True)


def check_frame(
    name: str,
    frame: pd.DataFrame,
    *,
    file: str = "",
    lines: np.ndarray[Any, Any] | None = None,
    reported: Mapping[str, np.ndarray[Any, Any]] | None = None,
) -> Notices:
    """
    Check a conformed frame against its schema: blanks, ranges, choices, dates and duplicate keys.

    Parameters
    ----------
    name
        Table.
    frame
        Rows as `conform` returns them.
    file
        File that the rows came from, for the notices.
    lines
        (n_rows,) int, 1-based line of each row in that file; without it rows are counted from 1.
    reported
        (n_rows,) bool by field, cells that a reader has found wrong and reported itself; they are not checked again.
    """
    table = schema(name)
    notices = Notices()
    file = file or name
    where = np.arange(1, len(frame) + 1) if lines is None else lines

    def report(code: str, rows: Any, field: Field, message: str) -> None:
        found = np.flatnonzero(np.asarray(rows, dtype=bool))
        for row in found[:MAX_PER_CODE]:
            value = frame[field.name].iloc[row]
            notices.add(
                code,
                message.format(value=value, hint=_range_hint(field, frame, int(row))),
                file=file,
                line=int(where[row]),
                field=field.name,
                value="" if field.type == "geometry" or pd.isna(value) else value,
            )
        # more are counted but not kept, so their messages need not be written
        if len(found) > MAX_PER_CODE:
            notices.counts[code] += len(found) - MAX_PER_CODE

    for field in table.fields:
        column = frame[field.name]
        blank = np.asarray(column.isna())
        if field.type in {"id", "text", "category", "date"}:
            blank = blank | np.asarray(column.fillna("") == "")
        absent = blank & ~reported[field.name] if reported and field.name in reported else blank
        if field.required:
            report("missing_value", absent, field, f"field '{field.name}' is blank; expected {field.accepted}.")
        if field.type in {"integer", "number"}:
            values = column.to_numpy(dtype="float64", na_value=np.nan)
            outside = ~blank & ~((values >= field.minimum) & (values <= field.maximum) & np.isfinite(values))
            report(
                "out_of_range", outside, field, f"field '{field.name}' is {{value}}; expected {field.accepted}.{{hint}}"
            )
        elif field.choices:
            report(
                "unknown_choice",
                ~blank & ~np.asarray(column.isin(field.choices)),
                field,
                f"field '{field.name}' is '{{value}}'; expected {field.accepted}.",
            )
        elif field.type == "date":
            good = np.asarray(column.fillna("").str.fullmatch(_DATE).astype(bool))
            report(
                "invalid_date",
                ~blank & ~good,
                field,
                f"field '{field.name}' is '{{value}}'; expected {field.accepted}.",
            )
    notices.extend(_duplicate_keys(table, frame, file, where))
    return notices


def check_references(tables: Mapping[str, pd.DataFrame], *, only: Sequence[str] | None = None) -> Notices:
    """
    Check that every key that a table refers to exists.

    Parameters
    ----------
    tables
        Tables by name; a reference into a table that is not there counts as broken.
    only
        Tables whose references are checked; all of `tables` by default.
    """
    notices = Notices()
    for name in only or list(tables):
        for field in schema(name).fields:
            if not field.refers_to:
                continue
            parent, parent_field = field.refers_to.split(".")
            known = set(tables[parent][parent_field].dropna()) if parent in tables else set()
            notices.extend(
                check_keys(tables[name][field.name], known, what=f"field '{parent_field}' of table {parent}", file=name)
            )
    return notices


def check_keys(
    column: pd.Series, known: Collection[str], *, what: str, file: str, lines: np.ndarray[Any, Any] | None = None
) -> Notices:
    """
    Check that every key of a column is known; blank cells refer to nothing.

    Parameters
    ----------
    column
        Keys; its name is the field.
    known
        Keys that exist.
    what
        Where these stand, for the messages, as "field 'stop_id' of table stops".
    file
        File or table that the column is from.
    lines
        (n_rows,) int, 1-based line of each row in that file; without it rows are counted from 1.
    """
    notices = Notices()
    where = np.arange(1, len(column) + 1) if lines is None else lines
    broken = np.flatnonzero(np.asarray(column.notna() & (column != "") & ~column.isin(known), dtype=bool))
    candidates = sorted(map(str, known)) if len(broken) and len(known) <= _SUGGEST_AMONG else []
    closest: dict[str, str] = {}
    for row in broken[:MAX_PER_CODE]:
        value = str(column.iloc[row])
        if value not in closest:
            closest[value] = suggest(value, candidates) if len(closest) < _SUGGEST_FOR else ""
        notices.add(
            "foreign_key_violation",
            f"field '{column.name}' is '{value}', which {what} does not have.{closest[value]}",
            file=file,
            line=int(where[row]),
            field=str(column.name),
            value=value,
        )
    notices.counts["foreign_key_violation"] += max(len(broken) - MAX_PER_CODE, 0)
    return notices


def _duplicate_keys(table: TableSchema, frame: pd.DataFrame, file: str, where: np.ndarray[Any, Any]) -> Notices:
    notices = Notices()
    key = list(table.key)
    again = np.flatnonzero(np.asarray(frame.duplicated(key, keep="first"))) if key else np.empty(0, dtype=int)
    if not len(again):
        return notices
    first = frame.assign(_row=np.arange(len(frame))).groupby(key, dropna=False)["_row"].transform("min").to_numpy()
    kept = again[:MAX_PER_CODE]
    for row, parts in zip(kept, frame[key].iloc[kept].itertuples(index=False, name=None), strict=True):
        value = ", ".join(map(str, parts))
        notices.add(
            "duplicate_key",
            f"key {' + '.join(key)} '{value}' stands on line {where[first[row]]} and again on line {where[row]}.",
            file=file,
            line=int(where[row]),
            field=key[0],
            value=value,
        )
    notices.counts["duplicate_key"] += len(again) - len(kept)
    return notices


def _field(row: dict[str, str]) -> Field:
    numeric = row["type"] in {"integer", "number"}
    low, _, high = row["range"].partition("..") if numeric and row["range"] else ("", "", "")
    return Field(
        name=row["field"],
        type=row["type"],  # type: ignore[arg-type]
        unit=row["unit"],
        required=row["required"] == "yes",
        key=row["key"] == "yes",
        minimum=float(low or "-inf"),
        maximum=float(high or "inf"),
        choices=() if numeric or not row["range"] else tuple(row["range"].split("|")),
        refers_to=row["refers_to"],
        description=row["description"],
    )


def _missing(field: Field) -> Any:
    return pd.NA if field.type in {"integer", "boolean"} else np.nan if field.type == "number" else None


def _range_hint(field: Field, frame: pd.DataFrame, row: int) -> str:
    """Say what a number outside its range probably is: a percentage, swapped coordinates, or metres."""
    if field.type not in {"integer", "number"} or pd.isna(frame[field.name].iloc[row]):
        return ""
    value = float(frame[field.name].iloc[row])
    if field.minimum == 0 and field.maximum == 1:
        meant = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else "."
        return f" Shares are written from 0 to 1{meant}"
    if field.name in {"lon", "lat"} and {"lon", "lat"} <= set(frame.columns):
        lon, lat = float(frame["lon"].iloc[row]), float(frame["lat"].iloc[row])
        if abs(lon) <= 90 < abs(lat) <= 180:
            return f" The columns lon ({lon:g}) and lat ({lat:g}) look swapped."
        if abs(lon) > 180 or abs(lat) > 180:
            return " These are no degrees; pass --crs with the code of the projection, such as EPSG:4547."
    return ""
