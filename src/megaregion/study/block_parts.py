"""
Finished parts of a long piece of work: one file a block, in a folder beside the result.

A part is named by its rows and the hash of its bytes: one that was cut off or damaged is known, and computed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.ipc

from megaregion.errors import ConflictError, MegaregionError, StorageError
from megaregion.notices import Notices
from megaregion.region.durable import TEMPORARY, Disk, locked_soon, temporary
from megaregion.region.output_place import advice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NAME = re.compile(r"(\d{10})-(\d{10})-([0-9a-f]{32})\.arrow")
_QUESTION = "question.json"
_LOCK = "lock"
_SHOWN = 3


def parts_folder(target: Path, key: str) -> Path:
    """Folder of the parts of a result: beside it, named by the key of the question."""
    return target.with_name(f"{target.name}.parts-{key[:16]}")


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into a `StorageError` that says what to do."""
    try:
        yield
    except OSError as problem:
        msg = (
            f"output '{path}': {problem.strerror or problem}; {advice(problem)}. Finished parts are kept: run the same "
            "again to go on from there."
        )
        raise StorageError(msg) from problem


def encode(table: pa.Table) -> bytes:
    """Bytes of a part; the same table gives the same bytes."""
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue()


@dataclass(frozen=True, slots=True)
class Parts:
    """
    Finished parts of one question.

    Attributes
    ----------
    folder
        Where they lie.
    n
        Rows of the whole: parts cover ranges of 0 to n.
    found
        File of each finished part by its rows; no two overlap.
    notices
        What was found in the folder and beside it.
    """

    folder: Path
    n: int
    found: dict[range, Path] = field(default_factory=dict)
    notices: Notices = field(default_factory=Notices)

    def put(self, rows: range, data: bytes) -> None:
        """Keep a finished part; one that is there already stays, so that a block answered twice counts once."""
        if rows in self.found:
            return
        path = self.folder / f"{rows.start:010d}-{rows.stop:010d}-{_hash(data)}.arrow"
        unfinished = temporary(self.folder)
        with on_disk(path):
            try:
                unfinished.write_bytes(data)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        self.found[rows] = path

    def missing(self, size: int) -> list[range]:
        """Rows that no part covers, in blocks of at most `size`."""
        gaps: list[range] = []
        start = 0
        for rows in [*sorted(self.found, key=lambda rows: rows.start), range(self.n, self.n)]:
            gaps += [range(first, min(first + size, rows.start)) for first in range(start, rows.start, size)]
            start = rows.stop
        return gaps

    def tables(self, rows: int | None = None, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """
        Give the whole in order, at most a part and a piece in memory.

        Parameters
        ----------
        columns
            Columns to read; all by default.
        rows
            Length of each piece but the last; without it the pieces are the parts. Pieces have one chunk a column and
            no dictionaries, so they do not tell where parts began.
        """
        held: list[pa.Table] = []
        n_held = 0
        schema: pa.Schema | None = None
        for part in sorted(self.found, key=lambda part: part.start):
            table = _plain(_read(self.found[part], columns))
            schema = schema or table.schema
            if table.schema != schema:
                msg = (
                    f"block of rows {part.start} to {part.stop - 1} has columns {_columns(table.schema)}, those before "
                    f"it {_columns(schema)}; expected the same of all. This is a fault of the task that computed it."
                )
                raise MegaregionError(msg)
            if rows is None:
                yield table.combine_chunks()
                continue
            held.append(table)
            n_held += len(table)
            while n_held >= rows:
                whole = pa.concat_tables(held)
                yield whole.slice(0, rows).combine_chunks()
                held = [whole.slice(rows)]
                n_held -= rows
        if rows is not None and schema is not None and n_held:
            yield pa.concat_tables(held).combine_chunks()

    @property
    def schema(self) -> pa.Schema:
        """Columns of the result."""
        first = min(self.found, key=lambda part: part.start)
        return _plain(_read(self.found[first]).slice(0, 0)).schema

    def remove(self) -> None:
        """Remove the parts: the result is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def opened(target: Path, n: int, key: str, question: dict[str, Any]) -> Iterator[Parts]:
    """
    Open the folder of parts of a question, checking those that an earlier run left; nobody else may work in it.

    Raises
    ------
    ConflictError
        If another run works on the same question and result.
    StorageError
        If the disk refuses.
    """
    folder = parts_folder(target, key)
    with on_disk(folder):
        folder.mkdir(exist_ok=True)
    # the kernel frees the lock of a run that was killed
    with locked_soon(Disk(), folder / _LOCK, within_s=0.0, create=True) as alone:
        if not alone:
            msg = f"{target}: another run is computing it. Wait for that run, or choose another output."
            raise ConflictError(msg)
        parts = Parts(folder, n)
        with on_disk(folder):
            _sweep(parts)
        _look_beside(target, folder, parts.notices)
        text = json.dumps({"key": key, "rows": n, **question}, ensure_ascii=False, indent=1, sort_keys=True)
        with on_disk(folder / _QUESTION):
            (folder / _QUESTION).write_text(text, encoding="utf-8")
        try:
            yield parts
        except BaseException:
            if not parts.found:
                # nothing to go on from: the task was refused, or stopped before it had begun
                parts.remove()
            raise


def _sweep(parts: Parts) -> None:
    """Take over the intact parts of an earlier run; remove what is damaged, unfinished or overlaps another."""
    damaged, covered = [], 0
    for path in sorted(parts.folder.iterdir()):
        if path.name.startswith(TEMPORARY):
            path.unlink(missing_ok=True)
            continue
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        rows = range(int(match[1]), int(match[2]))
        intact = _hash(path.read_bytes()) == match[3]
        if not intact:
            damaged.append(rows)
        if not intact or rows.start < covered or rows.stop > parts.n:
            path.unlink()
            continue
        parts.found[rows] = path
        covered = rows.stop
    if damaged:
        parts.notices.add(
            "part_damaged",
            f"{len(damaged)} finished parts (rows {damaged[0].start} to {damaged[0].stop - 1}, ...) are not what was "
            "written; they are computed again.",
            file=parts.folder.name,
        )
    if parts.found:
        done = sum(map(len, parts.found))
        parts.notices.add(
            "parts_reused",
            f"{done:,} of {parts.n:,} rows were finished by an earlier run and are taken from it.",
            file=parts.folder.name,
        )


def _look_beside(target: Path, folder: Path, notices: Notices) -> None:
    others = sorted(path.name for path in target.parent.glob(f"{_escaped(target.name)}.parts-*") if path != folder)
    if others:
        shown = ", ".join(others[:_SHOWN])
        notices.add(
            "parts_of_another_question",
            f"{len(others)} folders beside it hold parts of other questions ({shown}); they do not fit this one, "
            "which is computed from its start.",
            file=target.name,
        )


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    with on_disk(path), pa.memory_map(str(path)) as data:
        fields = None
        if columns is not None:
            names = pa.ipc.open_file(data).schema.names
            fields = [names.index(column) for column in columns]
        return pa.ipc.open_file(data, options=pa.ipc.IpcReadOptions(included_fields=fields)).read_all()


def _plain(table: pa.Table) -> pa.Table:
    """Decode dictionaries, whose order depends on where a block begins."""
    for at, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            decoded = table.column(at).cast(column.type.value_type)
            table = table.set_column(at, column.name, decoded)
    return table


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{column.name} ({column.type})" for column in schema)
