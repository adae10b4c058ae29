"""
OMX, the open matrix format of transport modelling: an HDF5 file with a matrix for each figure and the ids of its zones.

Layout after the specification, version 0.2 (github.com/osPlanning/omx/wiki/Specification).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from megaregion.errors import InputError
from megaregion.extras import how_to_install
from megaregion.mobility.travel_time import percentile_name
from megaregion.publish.export import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from megaregion.mobility.travel_time import TravelTimes
    from megaregion.study.block_parts import Parts

    F64 = NDArray[np.float64]

OMX_VERSION = "0.2"
NOT_AVAILABLE = np.inf
"""What stands for a pair that cannot be reached or has no figure; each matrix says so in its attribute `NA`."""

_IDS = ("from_id", "to_id")
_CHUNK_CELLS = 1 << 17  # a mebibyte of float64
_MINUTES = re.compile(r"travel_time(_p[0-9.]+)?")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")


def write_omx(times: TravelTimes, path: Path) -> Path:
    """
    Write travel times as OMX: a matrix each of fastest_s, travel_time_p05_s ..., departures, first and last arrival.

    Parameters
    ----------
    times
        Travel times.
    path
        Target, ending in .omx.

    Raises
    ------
    InputError
        If the package h5py is not installed, or there is nothing to write.
    """
    names = ("fastest_s", "departures", "first_arrival_s", "last_arrival_s")
    matrices = {name: getattr(times, name) for name in names}
    for percentile, values in zip(times.percentiles, times.travel_time_s, strict=True):
        matrices[f"travel_time_{percentile_name(percentile)}_s"] = values
    ids = times.origin_ids, times.destination_ids
    whole = {name: np.asarray(each, np.float64) for name, each in matrices.items()}
    check_omx()
    replace_file(path, lambda target: _write(Path(target), ids, list(whole), iter([whole])))
    return path


def write_omx_table(table: pd.DataFrame, path: Path) -> Path:
    """
    Write a long table of pairs as OMX: a matrix for each column of numbers.

    Parameters
    ----------
    table
        Columns from_id and to_id, each pair once, and numbers; a pair without a row and a blank become +inf.
    path
        Target, ending in .omx.

    Raises
    ------
    InputError
        If a column is missing, a pair stands twice, or the package h5py is not installed.
    """
    missing = [name for name in ("from_id", "to_id") if name not in table]
    names = [
        str(name) for name in table.columns if table[name].dtype.kind in "iuf" and name not in {"from_id", "to_id"}
    ]
    if missing or not names:
        wanted = f"no column {missing[0]!r}" if missing else "no column of numbers"
        msg = (
            f"the table has {wanted}; it has {', '.join(map(str, table.columns))}. Expected from_id, to_id and figures "
            "such as travel_time_p50_s, as `megaregion travel-times -o` writes them."
        )
        raise InputError(msg)
    from_code, from_ids = table["from_id"].astype("str").factorize()
    to_code, to_ids = table["to_id"].astype("str").factorize()
    cell = from_code.astype(np.int64) * max(len(to_ids), 1) + to_code
    repeated = np.flatnonzero(table.assign(cell=cell)["cell"].duplicated().to_numpy())
    if len(repeated):
        row = table.iloc[int(repeated[0])]
        msg = (
            f"row {int(repeated[0]) + 1} gives the pair {row['from_id']!r} to {row['to_id']!r} a second time; expected "
            "each pair once. Keep one of the rows."
        )
        raise InputError(msg)
    matrices = {}
    for name in names:
        matrix = np.full(len(from_ids) * len(to_ids), NOT_AVAILABLE)
        matrix[cell] = table[name].to_numpy(np.float64, na_value=NOT_AVAILABLE)
        matrices[name] = np.nan_to_num(matrix, nan=NOT_AVAILABLE, posinf=NOT_AVAILABLE).reshape(len(from_ids), -1)
    check_omx()
    replace_file(path, lambda target: _write(Path(target), (list(from_ids), list(to_ids)), names, iter([matrices])))
    return path


def write_omx_parts(parts: Parts, path: Path) -> int:
    """Write the parts of a long table in which every origin has the same destinations as OMX, a few rows at a time."""
    names = [name for name in parts.schema.names if name not in _IDS]
    from_ids: list[str] = []
    to_ids: list[str] = []
    for table in parts.tables(columns=_IDS):
        if not to_ids:
            to_ids = pc.unique(table.column("to_id")).to_pylist()
        from_ids += table.column("from_id").take(np.arange(0, len(table), max(len(to_ids), 1))).to_pylist()
    n_d = len(to_ids)
    rows = _rows_of_chunk(n_d) * n_d
    blocks = (_matrices(table, names, n_d) for table in parts.tables(rows or None))
    _write(path, (from_ids, to_ids), names, blocks)
    return len(from_ids) * n_d


def _matrices(table: pa.Table, names: Sequence[str], n_d: int) -> dict[str, F64]:
    return {name: table.column(name).to_numpy().astype(np.float64).reshape(-1, n_d) for name in names}


def _write(
    path: Path, ids: tuple[Sequence[str], Sequence[str]], names: Sequence[str], blocks: Iterator[Mapping[str, F64]]
) -> None:
    """Write blocks of rows, in order; whole chunks at a time, so that the bytes do not depend on the blocks."""
    h5py = _hdf5()
    shape = len(ids[0]), len(ids[1])
    if not all(shape):
        msg = f"matrix of {shape[0]} origins and {shape[1]} destinations: there is nothing to write."
        raise InputError(msg)
    with h5py.File(path, "w", libver=("earliest", "v110")) as file:
        file.attrs["OMX_VERSION"] = np.bytes_(OMX_VERSION)
        file.attrs["SHAPE"] = np.array(shape, np.int32)
        lookup = file.create_group("lookup")
        for dimension, (name, entries) in enumerate(zip(_IDS, ids, strict=True)):
            lookup.create_dataset(name, data=_entries(entries)).attrs["DIM"] = np.int32(dimension)
        chunks = min(_rows_of_chunk(shape[1]), shape[0]), min(shape[1], _CHUNK_CELLS)
        data = file.create_group("data")
        for name in names:
            matrix = data.create_dataset(
                name, shape, np.float64, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True
            )
            matrix.attrs["NA"] = NOT_AVAILABLE
            matrix.attrs["unit"] = np.bytes_(_unit(name))
        row = 0
        for block in blocks:
            n = len(next(iter(block.values())))
            for name in names:
                data[name][row : row + n] = block[name]
            row += n


def check_omx() -> None:
    """Refuse to write OMX where the package for it is not installed; raises `InputError`."""
    _hdf5()


def _hdf5() -> Any:
    try:
        import h5py  # noqa: PLC0415 - an extra
    except ImportError as problem:
        msg = (
            f"OMX needs the package h5py, which is not installed. {how_to_install('exchange')}, or write .parquet or "
            ".csv."
        )
        raise InputError(msg) from problem
    return h5py


def _rows_of_chunk(n_destinations: int) -> int:
    return max(1, _CHUNK_CELLS // max(n_destinations, 1))


def _entries(ids: Sequence[str]) -> NDArray[Any]:
    """Ids of one side: whole numbers as such, which is what most programs look for, else UTF-8 of a fixed length."""
    if all(_WHOLE.fullmatch(entry) for entry in ids):
        return np.array([int(entry) for entry in ids], np.int64)
    return np.array([entry.encode() for entry in ids], np.bytes_)


def _unit(name: str) -> str:
    if name.endswith("_s"):
        return "s"
    return "min" if _MINUTES.fullmatch(name) else ""
