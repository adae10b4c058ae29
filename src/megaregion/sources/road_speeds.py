"""Speeds of cars on single streets, such as those of congestion: a table by OpenStreetMap way, as r5r reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import Field
from megaregion.sources.cells import read_cells
from megaregion.sources.delimited import read_delimited
from megaregion.sources.osm_tags import KM_H

_COLUMNS = ("osm_id", "max_speed", "speed_type")
_SCALE, _ABSOLUTE = {"scale"}, {"km/h", "kmh", "kph"}


def read_road_speeds(path: Path | str, *, encoding: str = "utf-8") -> pd.DataFrame:
    """
    Read speeds of streets.

    Parameters
    ----------
    path
        CSV with columns osm_id (key of the way), max_speed and speed_type: "scale" = times the speed of the street,
        "km/h" = that speed itself.
    encoding
        Encoding of the text.

    Returns
    -------
    One row a way: way_id, and either factor (dimensionless) or speed_m_s (m/s), the other blank.

    Raises
    ------
    InputError
        With all errors found in the file.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    notices = Notices()
    what = f"{path.name} could not be read as road speeds"
    text = read_delimited(path, file=path.name, notices=notices, encoding=encoding, expected=_COLUMNS)
    notices.raise_errors(what)
    missing = [name for name in _COLUMNS if name not in text.frame]
    for name in missing:
        message = (
            f"column '{name}' is missing; found {', '.join(map(str, text.frame))}; expected {', '.join(_COLUMNS)}."
        )
        notices.add("missing_column", message, file=path.name, line=1, field=name)
    notices.raise_errors(what)
    way_id = text.frame["osm_id"].str.strip()
    expected = Field(
        name="max_speed",
        type="number",
        unit="",
        required=True,
        key=False,
        minimum=0.0,
        maximum=np.inf,
        choices=(),
        refers_to="",
        description="",
    )
    numbers, wrong = read_cells(expected, text.frame["max_speed"], file=path.name, lines=text.lines, notices=notices)
    speed = numbers.to_numpy(np.float64)
    kind = text.frame["speed_type"].str.strip().str.casefold()
    for row in np.flatnonzero(~wrong & ~(speed > 0)):
        message = f"field 'max_speed' is '{text.frame['max_speed'].iloc[row]}'; expected a number above 0."
        notices.add("out_of_range", message, file=path.name, line=int(text.lines[row]), field="max_speed")
    for row in np.flatnonzero(~kind.isin(_SCALE | _ABSOLUTE).to_numpy()):
        message = f"field 'speed_type' is '{kind.iloc[row]}'; expected scale or km/h."
        notices.add("unknown_choice", message, file=path.name, line=int(text.lines[row]), field="speed_type")
    again = way_id.duplicated()
    for row in np.flatnonzero(again.to_numpy()):
        first = int(text.lines[np.flatnonzero((way_id == way_id.iloc[row]).to_numpy())[0]])
        message = f"key osm_id '{way_id.iloc[row]}' stands on line {first} and again on line {text.lines[row]}."
        notices.add("duplicate_key", message, file=path.name, line=int(text.lines[row]), field="osm_id")
    notices.raise_errors(what)
    scale = kind.isin(_SCALE).to_numpy()
    return pd.DataFrame(
        {
            "way_id": way_id.to_numpy(),
            "factor": np.where(scale, speed, np.nan),
            "speed_m_s": np.where(scale, np.nan, speed * KM_H),
        }
    ).astype({"way_id": "str"})
