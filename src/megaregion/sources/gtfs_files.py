"""The text files of a GTFS feed: which there are, their columns, and cells read with their line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.notices import MAX_PER_CODE
from megaregion.region.schema import suggest
from megaregion.region.service_days import WEEKDAYS
from megaregion.sources.delimited import read_delimited
from megaregion.sources.gtfs_times import INVALID, read_times, suggest_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from megaregion.notices import Notices
    from megaregion.sources.container import Container

REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "agency.txt": (),
    "stops.txt": ("stop_id",),
    "routes.txt": ("route_id", "route_type"),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar.txt": (
        "service_id",
        *WEEKDAYS,
        *("start_date", "end_date"),
    ),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
    "transfers.txt": ("from_stop_id", "to_stop_id"),
    "pathways.txt": ("pathway_id", "from_stop_id", "to_stop_id", "pathway_mode", "is_bidirectional"),
    "feed_info.txt": (),
    "translations.txt": (),
}
"""Files that are read, with the columns that each must have."""

REQUIRED_FILES = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
SERVICE_FILES = ("calendar.txt", "calendar_dates.txt")

_MAX_SUGGESTED_FROM = 20_000  # ids above which finding the closest takes too long
_MAX_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class GtfsFile:
    """
    One file of a feed; its readers report what they cannot read and go on.

    Attributes
    ----------
    name
        Name of the file, for messages.
    frame
        Cells as text, without spaces around them; a blank cell is "".
    lines
        (n_rows,) int64, 1-based line of each row.
    notices
        Collection that findings are added to.
    """

    name: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    notices: Notices

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: NDArray[np.int64]) -> GtfsFile:
        """Rows at these positions, in this order."""
        return GtfsFile(self.name, self.frame.iloc[rows].reset_index(drop=True), self.lines[rows], self.notices)

    def text(self, column: str) -> pd.Series:
        """Cells of a column; blank everywhere if the file has no such column."""
        if column in self.frame.columns:
            return self.frame[column]
        return pd.Series([""] * len(self), index=self.frame.index, dtype="str")

    def report(
        self,
        code: str,
        rows: NDArray[np.bool_],
        column: str,
        message: str | Callable[[int], str],
        fix: Callable[[str], str] = lambda _: "",
    ) -> None:
        """
        Add a finding for each of the chosen rows.

        Parameters
        ----------
        code
            Code of the catalogue.
        rows
            (n_rows,) bool.
        column
            Field that is at fault.
        message
            Text in which `{value}` stands for the cell, or a function of the row's position.
        fix
            Function of the cell; may return nothing.
        """
        cells = self.text(column)
        chosen = np.flatnonzero(rows)
        for row in chosen[:MAX_PER_CODE]:
            value = str(cells.iloc[row])
            text = message.replace("{value}", value) if isinstance(message, str) else message(int(row))
            self.notices.add(
                code, text, file=self.name, line=int(self.lines[row]), field=column, value=value, fix=fix(value)
            )
        # what a collection would not keep is only counted: a wrong file may have millions
        self.notices.counts[code] += max(len(chosen) - MAX_PER_CODE, 0)

    def key(self, *columns: str, optional: tuple[str, ...] = ()) -> NDArray[np.bool_]:
        """
        Check that the columns are filled in and together tell rows apart.

        Parameters
        ----------
        columns
            Fields of the key.
        optional
            Further fields of the key that may be blank.

        Returns
        -------
        (n_rows,) bool
            Rows that can be used: the first of each key.
        """
        good = np.ones(len(self), dtype=bool)
        for column in columns:
            blank = _mask(self.text(column) == "")
            self.report("missing_value", blank, column, f"field '{column}' is blank; expected a key.")
            good &= ~blank
        keys = pd.DataFrame({column: self.text(column) for column in (*columns, *optional)})
        again = _mask(keys.duplicated()) & good
        if again.any():
            backwards = zip(keys[::-1].itertuples(index=False, name=None), self.lines[::-1], strict=True)
            first = dict(backwards)  # the earliest line stays

            def twice(row: int) -> str:
                key = tuple(keys.iloc[row])
                filled = {name: str(cell) for name, cell in zip(keys.columns, key, strict=True) if cell != ""}
                return (
                    f"key {' + '.join(filled)} '{', '.join(filled.values())}' stands on line {first[key]} "
                    f"and again on line {self.lines[row]}."
                )

            self.report("duplicate_key", again, columns[0], twice)
        return good & ~again

    def refers_to(
        self, column: str, known: pd.Index, parent: str, *, parent_column: str = "", blank: bool = False
    ) -> NDArray[np.bool_]:
        """
        Check that the cells of a column are keys of another file.

        Parameters
        ----------
        column
            Field that refers.
        known
            Keys there are.
        parent, parent_column
            File and field that hold them; the field has the same name by default.
        blank
            A blank cell is accepted.

        Returns
        -------
        (n_rows,) bool
            Rows whose cell is known (or blank, where that is accepted).
        """
        cells = self.text(column)
        empty = _mask(cells == "")
        found = _mask(cells.isin(known))
        broken = ~found & ~empty
        if not blank:
            self.report("missing_value", empty, column, f"field '{column}' is blank; expected a key of {parent}.")
        closest: dict[str, str] = {}

        def unknown(row: int) -> str:
            value = str(cells.iloc[row])
            if value not in closest:
                few = len(closest) < _MAX_SUGGESTIONS and len(known) <= _MAX_SUGGESTED_FROM
                closest[value] = suggest(value, known.tolist()) if few else ""
            where = f"field '{parent_column or column}' of {parent}"
            return f"field '{column}' is '{value}', which {where} does not have.{closest[value]}"

        self.report("foreign_key_violation", broken, column, unknown)
        return found | (empty & blank)

    def choice(self, column: str, meanings: Mapping[str, Any]) -> list[Any]:
        """Read a column of few values; one that is not listed is reported and read as None."""
        cells = self.text(column)
        known = [value for value in meanings if value]
        or_blank = " or blank" if "" in meanings else ""
        self.report(
            "unknown_choice",
            ~_mask(cells.isin(list(meanings))),
            column,
            f"field '{column}' is '{{value}}'; expected one of {', '.join(known)}{or_blank}.",
        )
        return [meanings.get(value) for value in cells]

    def integer(self, column: str, *, minimum: int = 0, maximum: int = 2**31 - 1, blank: bool = False) -> pd.Series:
        """Read whole numbers, Int64; one that cannot be read is reported and read as missing."""
        cells = self.text(column)
        digits = _mask(cells.str.fullmatch(r"-?[0-9]{1,15}" if minimum < 0 else r"[0-9]{1,15}"))
        numbers = pd.Series(pd.NA, index=cells.index, dtype="Int64")
        numbers[digits] = cells[digits].astype("int64")
        inside = digits & _mask((numbers >= minimum) & (numbers <= maximum))
        wrong = ~inside & ~(_mask(cells == "") & blank)
        span = f" of at least {minimum}" if maximum == 2**31 - 1 else f" from {minimum} to {maximum}"
        expected = f"expected a whole number{'' if minimum < 0 else span}{' or blank' if blank else ''}."
        self.report("gtfs_invalid_number", wrong, column, f"field '{column}' is '{{value}}'; {expected}")
        return numbers.where(inside)

    def number(self, column: str, *, minimum: float = -np.inf) -> NDArray[np.float64]:
        """Read numbers, nan where blank; one that cannot be read is reported and read as nan."""
        cells = self.text(column)
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        wrong = ~_mask(cells == "") & ~(np.isfinite(numbers) & (numbers >= minimum))
        span = "" if np.isinf(minimum) else f" of at least {minimum:g}"
        expected = f"expected a number{span} with a decimal point, or blank."
        self.report("gtfs_invalid_number", wrong, column, f"field '{column}' is '{{value}}'; {expected}")
        return np.where(wrong, np.nan, numbers)

    def date(self, column: str) -> pd.Series:
        """Read dates as YYYY-MM-DD; one that cannot be read is reported and read as missing."""
        cells = self.text(column)
        eight = cells.where(_mask(cells.str.fullmatch(r"[0-9]{8}")))
        dates = pd.to_datetime(eight, format="%Y%m%d", errors="coerce")
        self.report(
            "gtfs_invalid_date",
            _mask(dates.isna()),
            column,
            f"field '{column}' is '{{value}}'; expected a date as YYYYMMDD.",
            _suggest_date,
        )
        return dates.dt.strftime("%Y-%m-%d").astype("str")

    def time(self, column: str) -> NDArray[np.int64]:
        """Read times of day in seconds, see `read_times`; one that cannot be read is reported."""
        seconds = read_times(self.text(column))
        self.report(
            "gtfs_invalid_time",
            seconds == INVALID,
            column,
            f"field '{column}' is '{{value}}'; expected H:MM:SS.",
            suggest_time,
        )
        return seconds


def read_files(container: Container, encoding: str, notices: Notices) -> dict[str, GtfsFile]:
    """
    Read the files of a feed as text and check that they and their columns are there.

    Parameters
    ----------
    container
        Folder or zip.
    encoding
        Encoding of the text.
    notices
        Collection that findings are added to.

    Returns
    -------
    dict
        By file name; files that are not there are left out.

    Raises
    ------
    InputError
        If a file or column is missing or a file is not a rectangle of text; all such findings together.
    """
    what = f"cannot read the GTFS feed {container.name}"
    _check_listing(container, notices)
    notices.raise_errors(what)
    files = {}
    for name in container.files:
        read = read_delimited(
            container.read(name), file=name, notices=notices, encoding=encoding, expected=REQUIRED_COLUMNS[name]
        )
        # feeds pad cells with spaces, some in one file and not in the other that refers to it
        frame = read.frame.apply(lambda cells: cells.str.strip()) if len(read.frame) else read.frame
        files[name] = _without_repeats(GtfsFile(name, frame, read.lines, notices))
        missing = [column for column in REQUIRED_COLUMNS[name] if column not in frame.columns]
        for column in missing if len(frame.columns) else []:
            found = [str(other) for other in frame.columns]
            notices.add(
                "gtfs_missing_column",
                f"column '{column}' is missing; found {', '.join(found)}.{suggest(column, found)}",
                file=name,
                line=1,
                field=column,
            )
    notices.raise_errors(what)
    return files


def _check_listing(container: Container, notices: Notices) -> None:
    for folder, names in sorted(container.subfolders.items()):
        inside = [name for name in names if name in REQUIRED_COLUMNS and name not in container]
        if inside and not any(name in container for name in REQUIRED_FILES):
            notices.add(
                "invalid_input_files_in_subfolder",
                f"{', '.join(inside)} lie in the subfolder '{folder}'; they are expected at the top.",
                file=container.name,
                value=folder,
                fix=f"zip the files of '{folder}' without the folder, or unpack it and give the folder '{folder}'",
            )
            return
    missing = [name for name in REQUIRED_FILES if name not in container]
    for name in missing:
        notices.add(
            "missing_required_file",
            f"file '{name}' is missing; found {', '.join(container.files) or 'no file of a GTFS feed'}.",
            file=container.name,
            value=name,
        )
    if not any(name in container for name in SERVICE_FILES):
        notices.add(
            "missing_required_file",
            f"both '{SERVICE_FILES[0]}' and '{SERVICE_FILES[1]}' are missing; at least one must say on which days "
            "trips run.",
            file=container.name,
            value=SERVICE_FILES[0],
        )


def _without_repeats(file: GtfsFile) -> GtfsFile:
    """Rows without those that repeat another word for word, as joining two exports leaves them."""
    again = file.frame.duplicated().to_numpy(dtype=bool)
    if again.any():
        file.notices.add(
            "gtfs_repeated_row",
            f"{int(again.sum()):,} rows repeat an earlier row word for word; they were left out.",
            file=file.name,
            line=int(file.lines[np.flatnonzero(again)[0]]),
        )
    return file.take(np.flatnonzero(~again)) if again.any() else file


def _suggest_date(text: str) -> str:
    digits = "".join(character for character in text if character.isascii() and character.isdigit())
    return f"write {digits}" if len(digits) == 8 and digits != text else ""


def _mask(cells: pd.Series) -> NDArray[np.bool_]:
    return cells.fillna(value=False).to_numpy(dtype=bool)
