"""
GMNS, the General Modeling Network Specification: the streets of a region as the CSV files that transport models read.

After version 0.95 of the specification (github.com/zephyr-data-specs/GMNS): a folder with config.csv, node.csv,
link.csv and use_definition.csv. Each direction of a street that is open to anyone is a link of its own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from megaregion.errors import InputError
from megaregion.publish.export import replace_file, write_manifest
from megaregion.region.units import KMH_PER_M_S

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.region.model import Region

VERSION = 0.95
_REVERSE = "-reverse"
_USES = pd.DataFrame(
    {
        "use": ["walk", "auto"],
        "persons_per_vehicle": [1, 1],
        "pce": [0, 1],
        "description": ["people on foot", "cars; how many sit in one is not known to megaregion, 1 is the driver"],
    }
)


def write_gmns(region: Region, folder: Path) -> Path:
    """
    Write the streets of a region as a GMNS network.

    Units are kilometres, km/h, and metres for heights; coordinates are WGS84. Ids are those of the tables
    `street_nodes` and `street_edges`; a link against the direction of its street bears `-reverse`.

    Parameters
    ----------
    region
        Region with tables `street_nodes` and `street_edges`.
    folder
        Target; files of the same names are replaced, each whole.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        If the region has no streets.
    StorageError
        If the disk refuses.
    """
    edges = region.table("street_edges")
    if edges.empty:
        msg = (
            f"region {region.name!r} has no streets, and GMNS describes streets. "
            "Bring an extract with `megaregion import osm` or `megaregion import network`."
        )
        raise InputError(msg)
    config = pd.DataFrame(
        {
            "dataset_name": [region.name],
            "short_length": ["m"],
            "long_length": ["km"],
            "speed": ["km/h"],
            "crs": ["EPSG:4326"],
            "geometry_field_format": ["WKT"],
            "currency": [""],
            "version_number": [VERSION],
            "id_type": ["string"],
        }
    )
    links = _links(edges)
    tables = {"config": config, "node": _nodes(region.table("street_nodes")), "link": links, "use_definition": _USES}
    for name, table in tables.items():
        replace_file(folder / f"{name}.csv", partial(table.to_csv, index=False))
    write_manifest(
        folder / "link.csv",
        rows=len(links),
        columns=list(map(str, links.columns)),
        about={"command": "export gmns", "specification": f"GMNS {VERSION}", "region": region.name},
    )
    return folder


def _nodes(nodes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "node_id": nodes["node_id"],
            "x_coord": nodes["lon"],
            "y_coord": nodes["lat"],
            "z_coord": nodes["elevation_m"],
            "node_type": "intersection",
        }
    )


def _links(edges: pd.DataFrame) -> pd.DataFrame:
    """One row a direction that is open to anyone, streets in their order, forward first."""
    geometry = _well_known_text(edges["geometry"])
    climb_m = edges["climb_m"].to_numpy(np.float64) - edges["descent_m"].to_numpy(np.float64)
    length_m = edges["length_m"].to_numpy(np.float64)
    grade = np.divide(climb_m * 100, length_m, out=np.full(len(edges), np.nan), where=length_m > 0)
    sides = []
    for sign, suffix, way in ((1, "", "forward"), (-1, _REVERSE, "backward")):
        walk = edges[f"walk_{way}"].fillna(value=True).to_numpy(bool)
        known = edges["drive_speed_m_s"].notna().to_numpy()
        drive = edges[f"drive_{way}"].fillna(value=False).to_numpy(bool) & known
        ends = ("from_node_id", "to_node_id")[::sign]
        side = pd.DataFrame(
            {
                "link_id": edges["edge_id"] + suffix,
                "from_node_id": edges[ends[0]],
                "to_node_id": edges[ends[1]],
                "directed": "true",
                "geometry": geometry,
                "dir_flag": np.where(geometry == "", 0, sign),
                "length": (length_m / 1000).round(6),
                "grade": np.clip(sign * grade, -100, 100).round(3),
                "facility_type": edges["highway"],
                "free_speed": np.where(drive, (edges["drive_speed_m_s"] * KMH_PER_M_S).round(3), np.nan),
                "allowed_uses": np.select([walk & drive, walk, drive], ["walk,auto", "walk", "auto"], ""),
                "osm_way_id": edges["way_id"],
            }
        )
        sides.append(side[walk | drive])
    return pd.concat(sides).sort_index(kind="stable").reset_index(drop=True)


def _well_known_text(course: pd.Series) -> NDArray[np.object_]:
    lines = shapely.from_wkb(course.where(course.notna(), None).to_numpy(object))
    text: NDArray[np.object_] = shapely.to_wkt(lines, rounding_precision=7)
    return np.where(course.isna(), "", text)
