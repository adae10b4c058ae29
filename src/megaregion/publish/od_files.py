"""Travel times of all pairs as a file, computed block by block: Parquet, CSV or OMX, with a manifest beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from megaregion.errors import InputError
from megaregion.publish.export import write_manifest
from megaregion.publish.omx import check_omx, write_omx_parts
from megaregion.region.output_place import check_output_place
from megaregion.study.blocks import ROW_GROUP, BlockRun, Blocks, run_blocks, write_parquet
from megaregion.study.od_matrix import OdTask, block_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from megaregion.mobility.travel_time import MatrixPlan
    from megaregion.study.block_parts import Parts
    from megaregion.study.od_matrix import Columns

SUFFIXES = (".csv", ".parquet", ".omx")


def check_od_file(path: Path, columns: str = "si") -> None:
    """Refuse a file that cannot be written before anything is computed; raises `InputError`."""
    if path.suffix not in SUFFIXES:
        found = path.suffix or "nothing"
        msg = f"output {str(path)!r} ends in {found!r}; expected {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        raise InputError(msg)
    check_output_place(path)
    if path.suffix != ".omx":
        return
    if columns != "si":
        msg = f"columns {columns!r} cannot be written to {path.name}; expected si: a matrix file holds seconds."
        raise InputError(msg)
    check_omx()


def write_travel_times(
    plan: MatrixPlan,
    path: Path,
    *,
    columns: Columns = "si",
    max_trip_min: int | None = None,
    blocks: Blocks | None = None,
    about: Mapping[str, Any] | None = None,
) -> BlockRun:
    """
    Compute a matrix of travel times and write it, never holding more than a few blocks of it.

    The file is old or new, never half. A run that was killed goes on where it was when the same is asked again.

    Parameters
    ----------
    plan
        What to compute, see `megaregion.mobility.plan_matrix`.
    path
        Target; its suffix chooses the format: .parquet, .csv, or .omx (needs the extra `exchange`).
    columns
        "si", "r5r" or "r5py", see `megaregion.study.od_matrix.od_table`.
    max_trip_min
        For the columns of r5r and r5py: pairs that take longer count as not reached, minutes; None = no limit.
    blocks
        How to divide the work; the bytes written do not depend on it.
    about
        What the manifest says besides what the plan knows.

    Returns
    -------
    BlockRun

    Raises
    ------
    InputError
        If the suffix or the columns are not known.
    StorageError
        If the disk refuses.
    """
    check_od_file(path, columns)
    task = OdTask(plan, columns, max_trip_min)
    blocks = blocks or Blocks()
    blocks = replace(blocks, size=block_size(plan, blocks))
    formats: dict[str, Callable[[Parts, Path], int]] = {
        ".parquet": write_parquet,
        ".csv": _write_csv,
        ".omx": write_omx_parts,
    }
    run = run_blocks(
        task,
        plan.n_origins,
        path,
        question={"plan": plan, "columns": columns, "max_trip_min": max_trip_min},
        blocks=blocks,
        write=formats[path.suffix],
    )
    told = {"columns": columns, "max_trip_min": max_trip_min} if columns != "si" else {}
    about = {**(about or {}), **told, **plan.provenance}
    write_manifest(path, rows=run.n_rows, columns=run.columns, about=about)
    return run


def _write_csv(parts: Parts, path: Path) -> int:
    """Write parts as CSV in the form of `write_table`."""
    n_rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        parts.schema.empty_table().to_pandas().to_csv(file, index=False)
        for table in parts.tables(ROW_GROUP):
            # a column of whole minutes with blanks stays one of whole numbers
            table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get).to_csv(file, index=False, header=False)
            n_rows += len(table)
    return n_rows
