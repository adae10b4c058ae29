"""
Delimited text (CSV, TSV, the files of a GTFS feed) read as text, with the line of every row.

Common readers repair damage in silence: they shift a row with a cell too many into the index, fill a short row with
blanks, rename a second column of the same name and turn `0012` or `NA` into something else. Here every cell stays the
text that it is, and whatever is not a rectangle of text is reported with its line.

A regular file goes through Arrow; any other goes through a parser of our own that says what is wrong. Both give the
same frame for the same regular file.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from megaregion.errors import InputError, LimitError
from megaregion.notices import MAX_PER_CODE, Notices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MAX_ROWS = 20_000_000
"""Rows of one file that are read; above it a file is refused before it fills the memory."""

_CHUNK_BYTES = 16 * 2**20
_CHUNK_SLACK = 100
_OTHER = {"utf-8": "gb18030", "ascii": "utf-8"}
_MAX_UNCLOSED = 20  # each one may scan to the end of the file
_LF, _CR, _QUOTE = 10, 13, 34
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')


@dataclass(frozen=True, slots=True)
class Delimited:
    """
    A delimited file as text.

    Attributes
    ----------
    file
        Name for messages.
    frame
        Every column `str`; a blank cell is "". Names are stripped of spaces, cells are as they stand.
    lines
        (n_rows,) int64, 1-based line on which each row starts; the header is on line 1. Lines inside quoted cells
        and blank lines are counted.
    """

    file: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]


def read_delimited(
    source: bytes | Path,
    *,
    file: str,
    notices: Notices,
    encoding: str = "utf-8",
    delimiter: str = ",",
    max_rows: int = MAX_ROWS,
    expected: Sequence[str] = (),
) -> Delimited:
    r"""
    Read delimited text without changing a cell.

    Blank lines are skipped. Problems of structure are added to `notices` with severity error, and the rows that have
    them are left out; the caller raises when it has seen all of its files.

    Parameters
    ----------
    source
        Contents, or the path of a file; compressed files are unpacked by the caller.
    file
        Name for messages.
    notices
        Collection that findings are added to.
    encoding
        Encoding of the text; it is never guessed. A byte order mark of UTF-8 is dropped.
    delimiter
        One character between cells.
    max_rows
        Rows above which the file is refused.
    expected
        Column names to mention if the file is empty.

    Raises
    ------
    LimitError
        If there are more than `max_rows` rows.
    InputError
        If the encoding is unknown or the delimiter is not one character.

    Examples
    --------
    >>> read = read_delimited(b"city_id,name\n0012,NA\n", file="cities.csv", notices=Notices())
    >>> read.frame.to_dict("records"), read.lines.tolist()
    ([{'city_id': '0012', 'name': 'NA'}], [2])
    """
    if len(delimiter) != 1 or delimiter in '"\r\n':
        msg = f"{file}: delimiter is {delimiter!r}; expected one character, such as ',' ';' or a tab."
        raise InputError(msg)
    if isinstance(source, Path):
        _refuse_long_file(source, file, max_rows)
        source = source.read_bytes()
    data = _utf8(source, file, encoding, notices)
    if data is None or not data or data.isspace():
        if data is not None:
            names = f" with {', '.join(expected)}" if expected else ""
            notices.add("empty_file", f"file is empty; expected a header line{names}.", file=file)
        return _nothing(file, expected)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    read = _read_regular(data, file, delimiter, max_rows)
    if read is None:
        read = _read_any(data.decode(), file, delimiter, notices, max_rows)
    return read


def _utf8(data: bytes, file: str, encoding: str, notices: Notices) -> bytes | None:
    """Return the contents in UTF-8 without byte order mark, or None with a notice where they cannot be decoded."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError as problem:
        msg = f"{file}: encoding {encoding!r} is not known; expected a name such as utf-8, gb18030, big5 or utf-16."
        raise InputError(msg) from problem
    if name in {"utf-8", "utf-8-sig", "ascii"} and data.isascii():
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        found = " ".join(f"{byte:02x}" for byte in data[problem.start : problem.start + 4])
        other = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else _OTHER.get(name, "utf-8")
        notices.add(
            "undecodable_bytes",
            f"byte offset {problem.start} holds {found}, which is not {encoding}; expected text in {encoding}.",
            file=file,
            line=data.count(b"\n", 0, problem.start) + 1,
            value=found,
            fix=f"pass --encoding {other} if the file is in that encoding, or save it as UTF-8",
        )
        return None
    if name in {"utf-8", "utf-8-sig"}:
        return data.removeprefix(codecs.BOM_UTF8)
    return text.removeprefix("\ufeff").encode()


def _refuse_long_file(path: Path, file: str, max_rows: int) -> None:
    """Count the lines of a file chunk by chunk, so that a file that is too long is refused before it is in memory."""
    ends = quotes = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if b'"' not in chunk and quotes % 2 == 0:
                ends += chunk.count(b"\n")
            else:
                marks = np.frombuffer(chunk, dtype=np.uint8)
                inside = (np.cumsum(marks == _QUOTE) + quotes) % 2
                ends += int(np.count_nonzero((marks == _LF) & (inside == 0)))
            quotes += chunk.count(b'"')
            # the header, and blank lines that a few files end with, are no rows
            if ends > max_rows + _CHUNK_SLACK:
                raise _too_many_rows(file, max_rows, ends)


def _too_many_rows(file: str, max_rows: int, line: int) -> LimitError:
    notices = Notices()
    notices.add(
        "too_many_rows",
        f"more than {max_rows} rows; reading stopped at line {line}. At most {max_rows} rows are accepted.",
        file=file,
        line=line,
        value=line,
    )
    return LimitError(notices.render(), notices)


def _nothing(file: str, names: Sequence[str] = ()) -> Delimited:
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in names})
    return Delimited(file, frame, np.empty(0, dtype=np.int64))


def _read_regular(data: bytes, file: str, delimiter: str, max_rows: int) -> Delimited | None:
    """Read a file that Arrow and we understand alike; None if it has anything that needs a closer look."""
    if not delimiter.isascii() or b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    marks = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(marks == _LF)
    rows = ends
    if b'"' in data:
        quotes = np.flatnonzero(marks == _QUOTE)
        if not _quotes_are_paired(marks, quotes, ord(delimiter)):
            return None
        rows = ends[np.searchsorted(quotes, ends) % 2 == 0]
    starts = np.concatenate(([0], rows + 1))
    stops = np.concatenate((rows, [len(data)]))
    stops = stops - ((stops > starts) & (marks[np.maximum(stops - 1, 0)] == _CR))
    filled = np.flatnonzero(stops > starts)
    first = int(filled[0])
    header = next(_records(data[: int(stops[first])].decode().lstrip("\r\n"), delimiter, [])).cells
    names = [name.strip() for name in header]
    if len(set(names)) != len(names) or "" in names:
        return None
    starts = starts[filled[1:]]
    if len(starts) > max_rows:
        raise _too_many_rows(file, max_rows, int(np.searchsorted(ends, starts[max_rows])) + 1)
    if not len(starts):
        return _nothing(file, names)
    many = len(rows) != len(ends)
    frame = _arrow_frame(memoryview(data)[int(starts[0]) :], names, delimiter, quoted=b'"' in data, quoted_lines=many)
    if frame is None or len(frame) != len(starts):
        return None
    lines = np.searchsorted(ends, starts).astype(np.int64) + 1
    return Delimited(file, frame, lines)


def _arrow_frame(
    body: memoryview, names: list[str], delimiter: str, *, quoted: bool, quoted_lines: bool
) -> pd.DataFrame | None:
    """Rows as text, or None if one of them has another width; our own parser says which."""
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_CHUNK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted_lines
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _quotes_are_paired(marks: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: int) -> bool:
    """Tell whether every quote opens a cell, closes one, or is doubled inside one."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, marks[np.maximum(opening - 1, 0)], _LF)
    after = np.where(closing < len(marks) - 1, marks[np.minimum(closing + 1, len(marks) - 1)], _LF)
    doubled = opening[1:] == closing[:-1] + 1
    opens = np.isin(before, (delimiter, _LF))
    closes = np.isin(after, (delimiter, _LF, _CR))
    opens[1:] |= doubled
    closes[:-1] |= doubled
    return bool(opens.all() and closes.all())


_Unclosed = tuple[int, int, int | None]


@dataclass(frozen=True, slots=True)
class _Record:
    """One row as cells, and the line on which it starts."""

    cells: list[str]
    line: int


def _records(text: str, delimiter: str, unclosed: list[_Unclosed]) -> Iterator[_Record]:
    """
    Yield the rows of any text; a quote that is not closed is put into `unclosed`: its line, column, next quote's line.

    Reading goes on with the line after the one in which the quote opened.
    """
    position, line = 0, 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        row = text[position:end].removesuffix("\r")
        if '"' not in row:
            if row:
                yield _Record(row.split(delimiter), line)
            position, line = end + 1, line + 1
            continue
        cells: list[str] = []
        here = position
        while True:
            if text.startswith('"', here):
                match = _QUOTED.match(text, here)
                stop = match.end() if match else len(text)
                closed = stop == len(text) or text.startswith((delimiter, "\n", "\r\n"), stop)
                if match is None or not closed:
                    opened = line + text.count("\n", position, here)
                    closes = opened + text.count("\n", here, stop) if match else None
                    unclosed.append((opened, len(cells), closes))
                    if len(unclosed) >= _MAX_UNCLOSED:
                        return
                    following = text.find("\n", here)
                    position = len(text) if following < 0 else following + 1
                    line = opened + 1
                    break
                cells.append(match[1].replace('""', '"'))
                here = stop
            else:
                line_end = text.find("\n", here)
                line_end = len(text) if line_end < 0 else line_end
                if text.startswith("\r", line_end - 1) and line_end > here:
                    line_end -= 1
                stop = text.find(delimiter, here, line_end)
                stop = line_end if stop < 0 else stop
                cells.append(text[here:stop])
                here = stop
            if text.startswith(delimiter, here):
                here += 1
                continue
            here += 2 if text.startswith("\r\n", here) else 1
            yield _Record(cells, line)
            line += text.count("\n", position, here)
            position = here
            break


def _read_any(text: str, file: str, delimiter: str, notices: Notices, max_rows: int) -> Delimited:
    """Read any text with our own parser and report whatever is not a rectangle of text."""
    unclosed: list[_Unclosed] = []
    nul = "\0" in text
    records = _records(text, delimiter, unclosed)
    header = next(records, None)
    names = [name.strip() for name in header.cells] if header else []
    _check_names(names, header.line if header else 1, file, notices)
    rows: list[list[str]] = []
    lines: list[int] = []
    for record in records:
        if len(lines) >= max_rows:
            raise _too_many_rows(file, max_rows, record.line)
        if (not nul and len(record.cells) == len(names)) or _check_row(record, names, file, notices):
            rows.append(record.cells)
            lines.append(record.line)
    for line, column, closes in unclosed:
        field = names[column] if column < len(names) else ""
        found = f"followed by one inside a cell on line {closes}" if closes else "never closed"
        notices.add(
            "unclosed_quote",
            f"field '{field}': the quote that opens here is {found}; expected a closing quote at the end of the cell.",
            file=file,
            line=line,
            field=field,
        )
    columns: dict[str, Any] = {}
    for position, name in enumerate(names):
        cells = [row[position] for row in rows]
        if name:
            columns.setdefault(name, pd.Series(cells, dtype="str"))
        else:
            _check_unnamed(cells, position, file, notices)
    return Delimited(file, pd.DataFrame(columns, index=range(len(rows))), np.array(lines, dtype=np.int64))


def _check_names(names: list[str], line: int, file: str, notices: Notices) -> None:
    for position, name in enumerate(names, start=1):
        first = names.index(name) + 1
        if name and first != position:
            notices.add(
                "duplicate_column",
                f"column '{name}' stands at position {first} and again at position {position}; "
                "expected each column once.",
                file=file,
                line=line,
                field=name,
                value=name,
            )
        if "\0" in name:
            notices.add(
                "nul_byte",
                f"the name of column {position} holds a NUL byte; expected text without NUL bytes.",
                file=file,
                line=line,
                field=name.replace("\0", "\\0"),
                value=name.replace("\0", "\\0"),
            )


def _check_row(record: _Record, names: list[str], file: str, notices: Notices) -> bool:
    """Tell whether a row has a cell for every column, and no NUL bytes; report it otherwise."""
    cells, good = record.cells, True
    code = "too_many_cells" if len(cells) > len(names) else "too_few_cells"
    if len(cells) != len(names) and notices.counts[code] >= MAX_PER_CODE:
        notices.counts[code] += 1  # counted but not kept, so its message need not be written
        return False
    if len(cells) > len(names):
        good = False
        notices.add(
            "too_many_cells",
            f"row has {len(cells)} cells; expected {len(names)}, the first one too many is '{cells[len(names)]}'.",
            file=file,
            line=record.line,
            value=cells[len(names)],
        )
    elif len(cells) < len(names):
        good = False
        missing = ", ".join(f"'{name}'" for name in names[len(cells) :])
        notices.add(
            "too_few_cells",
            f"row has {len(cells)} cells; expected {len(names)}, there is none for {missing}.",
            file=file,
            line=record.line,
            field=names[len(cells)],
        )
    for position, cell in enumerate(cells):
        if "\0" in cell:
            good = False
            field = names[position] if position < len(names) else ""
            shown = cell.replace("\0", "\\0")
            notices.add(
                "nul_byte",
                f"field '{field}' is '{shown}', which holds a NUL byte; expected text without NUL bytes.",
                file=file,
                line=record.line,
                field=field,
                value=shown,
            )
    return good


def _check_unnamed(cells: list[str], position: int, file: str, notices: Notices) -> None:
    held = next((cell for cell in cells if cell.strip()), None)
    if held is None:
        message = f"column {position + 1} has no name and no values; it is left out."
        notices.add("blank_column", message, file=file, line=1)
    else:
        message = f"column {position + 1} has no name, yet it holds '{held}'; expected a name for every column."
        notices.add("unnamed_column", message, file=file, line=1, value=held)
