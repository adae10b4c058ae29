"""Base map: the land, water and borders drawn under a map, from GeoJSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from shapely.geometry import shape

from megaregion.errors import InputError
from megaregion.region import schema as schemas
from megaregion.sources.reading import Reading

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

_FIELDS = tuple(field.name for field in schemas.schema("base_map").fields if field.type != "geometry")


def read_base_map(file: Path | Traversable) -> Reading:
    """
    Read a GeoJSON FeatureCollection in WGS84 as table `base_map`.

    Parameters
    ----------
    file
        GeoJSON; each feature has the properties feature_id and layer, and may have name, name_en and source_id.

    Raises
    ------
    InputError
        If the file is not such a collection or a feature does not pass the table's schema.
    """
    name = file.name
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        msg = f"{name}: not a GeoJSON file in UTF-8 ({problem}); expected a FeatureCollection. Export the layer again."
        raise InputError(msg) from problem
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        found = content.get("type") if isinstance(content, dict) else type(content).__name__
        msg = f"{name}: field 'type' is {found!r}; expected 'FeatureCollection'. Export the layer as GeoJSON."
        raise InputError(msg)
    rows = []
    for number, feature in enumerate(content.get("features", []), start=1):
        properties = feature.get("properties") or {}
        if not feature.get("geometry"):
            msg = (
                f"{name} feature {number}: field 'geometry' is blank; expected a shape. Draw it or remove the feature."
            )
            raise InputError(msg)
        geometry = shapely.to_wkb(shape(feature["geometry"]))
        rows.append({field: properties.get(field) for field in _FIELDS} | {"geometry": geometry})
    frame = schemas.conform("base_map", pd.DataFrame(rows, columns=[*_FIELDS, "geometry"]))
    notices = schemas.check_frame("base_map", frame, file=name)
    notices.raise_errors(f"cannot read {name}")
    return Reading(tables={"base_map": frame}, notices=notices)
