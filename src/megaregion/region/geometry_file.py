"""Frames with geometry as files that every geographic program reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.region.output_place import check_output_place

if TYPE_CHECKING:
    import geopandas as gpd

GEOMETRY_SUFFIXES = (".gpkg", ".geojson", ".parquet")
"""GeoPackage, GeoJSON (RFC 7946) and GeoParquet."""


def check_geometry_suffix(path: Path) -> None:
    """Refuse a file whose suffix names no format for geometry, or whose place is none; raises `InputError`."""
    if path.suffix not in GEOMETRY_SUFFIXES:
        known = f"{', '.join(GEOMETRY_SUFFIXES[:-1])} or {GEOMETRY_SUFFIXES[-1]}"
        msg = f"output {str(path)!r} ends in {path.suffix or 'nothing'!r}; expected {known}."
        raise InputError(msg)
    check_output_place(path)


def write_geometry_file(table: gpd.GeoDataFrame, path: str | Path, *, layer: str = "") -> None:
    """
    Write a frame with geometry; the suffix chooses the format, and `layer` names it within a GeoPackage.

    Raises
    ------
    InputError
        If the suffix is not known.
    """
    path = Path(path)
    check_geometry_suffix(path)
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".gpkg":
        table.to_file(path, driver="GPKG", layer=layer or path.stem, engine="pyogrio")
    else:
        table.to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
