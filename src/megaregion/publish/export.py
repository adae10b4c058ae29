"""Tables as files that other tools read, each with a manifest of what it rests on."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megaregion import __version__
from megaregion.errors import InputError, StorageError
from megaregion.publish.plain import plain
from megaregion.region.geometry_file import check_geometry_suffix, write_geometry_file
from megaregion.region.output_place import advice, check_output_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

SUFFIXES = (".csv", ".parquet")


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix names no format, or whose place is none; raises `InputError`."""
    if path.suffix not in SUFFIXES:
        msg = f"output {str(path)!r} ends in {path.suffix or 'nothing'!r}; expected {' or '.join(SUFFIXES)}."
        raise InputError(msg)
    check_output_place(path)


def write_table(table: pd.DataFrame, path: Path, about: Mapping[str, Any]) -> Path:
    """
    Write a table as CSV or Parquet and, beside it, `<name>.manifest.json`; either file is old or new, never half.

    Parameters
    ----------
    table
        Rows to write.
    path
        Target; its suffix chooses the format.
    about
        What the table rests on: command, parameters, sources.

    Raises
    ------
    InputError
        If the suffix is not known.
    StorageError
        If the disk refuses.
    """
    check_suffix(path)
    if path.suffix == ".csv":
        replace_file(path, lambda target: table.to_csv(target, index=False))
    else:
        replace_file(path, lambda target: table.to_parquet(target, index=False))
    write_manifest(path, rows=len(table), columns=list(map(str, table.columns)), about=about)
    return path


def write_geometries(table: gpd.GeoDataFrame, path: Path, about: Mapping[str, Any]) -> Path:
    """
    Write a frame with geometry as GeoPackage, GeoJSON or GeoParquet and its manifest, as `write_table` does.

    Raises
    ------
    InputError
        If the suffix is not known.
    StorageError
        If the disk refuses.
    """
    check_geometry_suffix(path)
    replace_file(path, lambda target: write_geometry_file(table, target, layer=path.stem))
    write_manifest(path, rows=len(table), columns=list(map(str, table.columns)), about=about)
    return path


def write_manifest(path: Path, *, rows: int, columns: Sequence[str], about: Mapping[str, Any]) -> Path:
    """Write `<name>.manifest.json` beside a file: what it holds and what it rests on."""
    manifest = {
        "file": path.name,
        "rows": rows,
        "columns": list(columns),
        "software": f"megaregion {__version__}",
        "about": dict(about),
    }
    text = json.dumps(plain(manifest), ensure_ascii=False, indent=1, allow_nan=False)
    beside = path.with_name(path.name + ".manifest.json")
    replace_file(beside, lambda target: Path(target).write_text(text, encoding="utf-8"))
    return beside


def replace_file(path: Path, write: Callable[[str], object]) -> None:
    """Have a file written under another name and given its own when it is whole; raises `StorageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}{path.suffix}")
        # not by tempfile, whose files only their owner may read: this one is to have the mode of any new file
        temporary.touch(exist_ok=False)
        try:
            write(str(temporary))
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as problem:
        msg = f"output '{path}': {problem.strerror or problem}; {advice(problem)}."
        raise StorageError(msg) from problem
