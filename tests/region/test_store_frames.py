"""Frames as Parquet bytes: they come back as they were, and their identity is that of the values."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import DamageError
from megaregion.region.parquet import decode, encode, identity

TEXT = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
ROW = st.tuples(
    TEXT,
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.none(), st.floats(allow_nan=False)),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.binary(max_size=6)),
    st.integers(0, 255),
)


def frame_of(rows):
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 6
    return pd.DataFrame(
        {
            "text": pd.Series(columns[0], dtype="str"),
            "whole": pd.array(columns[1], dtype="Int64"),
            "number": pd.Series([np.nan if value is None else value for value in columns[2]], dtype="float64"),
            "yes": pd.array(columns[3], dtype="boolean"),
            "shape": pd.Series(columns[4], dtype="object"),
            "small": np.array(columns[5], dtype="uint8"),
        }
    )


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, max_size=12), cut=st.integers(0, 12))
def test_a_frame_comes_back_as_it_was_and_chunks_leave_no_trace(rows, cut):
    frame = frame_of(rows)
    encoded = encode(frame, what="frame")
    pd.testing.assert_frame_equal(decode(encoded.data, where="bytes"), frame, check_index_type=False)
    assert identity(encoded.data, where="bytes") == (encoded.rows, encoded.content, encoded.schema)
    # joined text columns lie in chunks, with offsets that do not start at 0
    joined = pd.concat([frame.iloc[:cut], frame.iloc[cut:]], ignore_index=True).astype(frame.dtypes.to_dict())
    assert encode(joined, what="frame").content == encoded.content


def test_another_writer_gives_other_bytes_for_the_same_content():
    frame = frame_of([("0012", 1, 2.5, True, b"\x01", 7), (None, None, None, None, None, 8)])
    encoded = encode(frame, what="frame")
    with pq.ParquetFile(pa.BufferReader(encoded.data)) as file:
        table, metadata = file.read(), file.metadata.metadata
    sink = pa.BufferOutputStream()
    kept = {b"megaregion": metadata[b"megaregion"]}
    with pq.ParquetWriter(sink, table.schema, compression="none", use_dictionary=False, version="1.0") as writer:
        writer.add_key_value_metadata(kept)
        writer.write_table(table, row_group_size=1)
    data = sink.getvalue().to_pybytes()
    assert data != encoded.data
    assert identity(data, where="bytes") == (encoded.rows, encoded.content, encoded.schema)


@pytest.mark.parametrize(
    "other",
    [
        [("ab", 1, 0.5, True, b"x", 1), ("c", 2, 0.5, True, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), (None, 2, 0.5, True, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), ("", 2, 0.5, True, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), ("bc", None, 0.5, True, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), ("bc", 2, None, True, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), ("bc", 2, 0.5, None, b"x", 1)],
        [("a", 1, 0.5, True, b"x", 1), ("bc", 2, 0.5, True, None, 1)],
        [("bc", 2, 0.5, True, b"x", 1), ("a", 1, 0.5, True, b"x", 1)],
    ],
)
def test_any_other_value_order_or_blank_is_another_content(other):
    first = encode(frame_of([("a", 1, 0.5, True, b"x", 1), ("bc", 2, 0.5, True, b"x", 1)]), what="frame")
    second = encode(frame_of(other), what="frame")
    assert first.schema == second.schema
    assert first.content != second.content


def test_name_type_and_order_of_columns_are_part_of_the_content():
    frame = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
    others = [frame[["b", "a"]], frame.rename(columns={"a": "c"}), frame.astype({"a": "Int64"}), frame.astype("int32")]
    hashes = {encode(each, what="frame").content for each in [frame, *others]}
    assert len(hashes) == 5


def test_geoparquet_names_its_columns():
    frame = frame_of([("0012", 1, 2.5, True, b"\x01", 7)])
    with pq.ParquetFile(pa.BufferReader(encode(frame, what="frame", geometry=["shape", "text"]).data)) as file:
        geo = json.loads(file.metadata.metadata[b"geo"])
    assert geo["primary_column"] == "shape"
    assert list(geo["columns"]) == ["shape"]


def test_parquet_of_others_is_named():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), sink)
    for data in (sink.getvalue().to_pybytes(), b"", b"PAR1"):
        with pytest.raises(DamageError, match="here: not a table that megaregion wrote"):
            decode(data, where="here")
