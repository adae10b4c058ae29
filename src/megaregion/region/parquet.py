"""Frames as Parquet bytes, and the hash of their contents that does not depend on who wrote them."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from megaregion.errors import DamageError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMPY = {
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint8": pa.uint8(),
    "uint16": pa.uint16(),
    "uint32": pa.uint32(),
    "uint64": pa.uint64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}
_NULLABLE = {
    "boolean": pa.bool_(),
    **{name.replace("int", "Int").replace("uI", "UI"): kind for name, kind in _NUMPY.items() if "int" in name},
}
_ARROW = {**_NUMPY, **_NULLABLE, "str": pa.large_string(), "bytes": pa.large_binary()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """
    A frame as bytes.

    Attributes
    ----------
    data
        A Parquet file, page checksums included.
    rows
        Number of rows.
    sha256
        Hash of the file: its integrity.
    content
        Hash of column names, types and values: its identity, whichever version of the Parquet writer wrote it.
    schema
        Hash of column names and types.
    """

    data: bytes
    rows: int
    sha256: str
    content: str
    schema: str


def encode(frame: pd.DataFrame, *, what: str, geometry: Sequence[str] = ()) -> Encoded:
    """
    Write a frame as Parquet.

    Parameters
    ----------
    frame
        Columns of text, whole numbers, numbers, yes/no or bytes; rows numbered from 0.
    what
        What the frame is, for messages.
    geometry
        Columns of well-known binary in WGS84; with any, the file is GeoParquet.

    Raises
    ------
    InputError
        If a column has a name, an index or a type that would not come back as it was.
    """
    columns, dtypes = _columns(frame, what)
    metadata = {b"megaregion": json.dumps({"format": 1, "dtypes": dtypes}, ensure_ascii=False).encode()}
    shapes = [name for name in geometry if dtypes.get(name) == "bytes"]
    if shapes:
        metadata[b"geo"] = json.dumps(_geo(shapes), ensure_ascii=False).encode()
    table = pa.table(columns)
    sink = io.BytesIO()
    # the Arrow schema is left out: it holds nothing that the dtypes above do not, and its bytes vary by version
    with pq.ParquetWriter(
        sink, table.schema, compression="zstd", write_page_checksum=True, store_schema=False
    ) as writer:
        writer.add_key_value_metadata(metadata)
        writer.write_table(table)
    data = sink.getvalue()
    return Encoded(
        data=data,
        rows=len(frame),
        sha256=hashlib.sha256(data).hexdigest(),
        content=_content(columns, dtypes, len(frame)),
        schema=_schema(dtypes),
    )


def decode(data: bytes, *, where: str) -> pd.DataFrame:
    """
    Read a frame from Parquet bytes that `encode` wrote.

    Raises
    ------
    DamageError
        If the bytes are not such a file.
    """
    columns, dtypes, rows = _read(data, where)
    return pd.DataFrame({name: _series(columns[name], dtype) for name, dtype in dtypes.items()}, index=range(rows))


def identity(data: bytes, *, where: str) -> tuple[int, str, str]:
    """
    Rows, content hash and schema hash of Parquet bytes, from the values read back.

    Raises
    ------
    DamageError
        If the bytes are not a file that `encode` wrote.
    """
    columns, dtypes, rows = _read(data, where)
    return rows, _content(columns, dtypes, rows), _schema(dtypes)


def _read(data: bytes, where: str) -> tuple[dict[str, pa.ChunkedArray], dict[str, str], int]:
    try:
        with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True) as file:
            dtypes: dict[str, str] = json.loads(file.metadata.metadata[b"megaregion"])["dtypes"]
            table = file.read()
        columns = {name: table.column(name).cast(_ARROW[dtype]) for name, dtype in dtypes.items()}
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as problem:
        msg = f"{where}: not a table that megaregion wrote ({len(data):,} bytes): {problem}"
        raise DamageError(msg) from problem
    return columns, dtypes, table.num_rows


def _columns(frame: pd.DataFrame, what: str) -> tuple[dict[str, pa.ChunkedArray], dict[str, str]]:
    names = list(frame.columns)
    odd = [name for name in names if not isinstance(name, str)]
    if odd or not frame.columns.is_unique:
        found = f"{odd[0]!r}" if odd else f"{frame.columns[frame.columns.duplicated()][0]!r} twice"
        msg = f"{what}: found column {found}; names must be text and differ. Rename the columns."
        raise InputError(msg)
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        msg = f"{what}: the rows are labelled ({frame.index[:3].tolist()} ...); labels are not kept. Use reset_index()."
        raise InputError(msg)
    columns: dict[str, pa.ChunkedArray] = {}
    dtypes: dict[str, str] = {}
    for name in names:
        columns[name], dtypes[name] = _column(frame[name], f"{what}: column {name!r}")
    return columns, dtypes


def _column(column: pd.Series, what: str) -> tuple[pa.ChunkedArray, str]:
    dtype = str(column.dtype)
    if dtype == "object":
        dtype = {"string": "str", "bytes": "bytes", "empty": "bytes"}.get(
            pd.api.types.infer_dtype(column, skipna=True), "a mixture"
        )
    elif dtype == "string":
        dtype = "str"
    if dtype not in _ARROW:
        msg = f"{what} holds {dtype}; expected one of {', '.join(_ARROW)}. Convert it with astype, dates to text."
        raise InputError(msg)
    try:
        values = pa.array(column, type=_ARROW[dtype], from_pandas=True)
    except (pa.ArrowException, UnicodeError) as problem:
        msg = f"{what} cannot be stored as {dtype}: {problem}. Correct the values."
        raise InputError(msg) from problem
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values]), dtype


def _series(column: pa.ChunkedArray, dtype: str) -> Any:
    if dtype in _NULLABLE or dtype == "str":
        return pd.api.types.pandas_dtype(dtype).__from_arrow__(column)  # type: ignore[union-attr]
    # an array of our own: Arrow's memory is read-only
    return np.array(column.to_numpy(), dtype=object if dtype == "bytes" else dtype)


def _geo(columns: Sequence[str]) -> dict[str, Any]:
    # no crs means longitude and latitude in WGS84; no listed types means that any may occur
    described = {name: {"encoding": "WKB", "geometry_types": []} for name in columns}
    return {"version": "1.1.0", "primary_column": columns[0], "columns": described}


def _schema(dtypes: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(list(dtypes.items()), ensure_ascii=False).encode()).hexdigest()


def _content(columns: dict[str, pa.ChunkedArray], dtypes: dict[str, str], rows: int) -> str:
    whole = hashlib.sha256(f"megaregion-content-1 {rows} {_schema(dtypes)}".encode())
    for column in columns.values():
        for digest in _digests(column):
            whole.update(digest)
    return whole.hexdigest()


def _digests(column: pa.ChunkedArray) -> tuple[bytes, bytes, bytes]:
    """Hash blanks, lengths and values apart, so that borders between chunks leave no trace."""
    blanks, lengths, values = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    has_blanks = column.null_count > 0
    for chunk in column.chunks:
        if has_blanks:
            blanks.update(_bytes(chunk.is_null(), "uint8"))
        if pa.types.is_large_string(chunk.type) or pa.types.is_large_binary(chunk.type):
            lengths.update(_bytes(pc.fill_null(pc.binary_length(chunk), 0), "<i8"))
            # without the blanks the bytes of the texts lie one after the other
            filled = chunk.drop_null()
            offsets = np.frombuffer(filled.buffers()[1] or b"", dtype="<i8")[filled.offset :][: len(filled) + 1]
            if len(filled):
                values.update(memoryview(filled.buffers()[2] or b"")[int(offsets[0]) : int(offsets[-1])])
        elif pa.types.is_boolean(chunk.type):
            values.update(_bytes(pc.fill_null(chunk, False), "uint8"))  # noqa: FBT003
        else:
            filled = pc.fill_null(chunk, 0) if chunk.null_count else chunk
            values.update(_bytes(filled, np.dtype(filled.type.to_pandas_dtype()).newbyteorder("<").str))
    return blanks.digest(), lengths.digest(), values.digest()


def _bytes(values: pa.Array, dtype: str) -> memoryview:
    array: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(array.astype(dtype, copy=False)).data
