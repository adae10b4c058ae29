"""Points of files as the travel commands read them, with amounts that stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.sources.points import PointReading

SHOWN = 5
"""Cells that an error lists."""


def read_points_of(file: str, form: Mapping[str, str], out: Output) -> PointReading:
    """Read points, say what was found; `form` holds crs, id_field, layer and encoding, blank as in the file."""
    from megaregion.sources.points import read_points

    reading = read_points(
        file,
        crs=form["crs"] or None,
        id_field=form["id_field"] or None,
        layer=form["layer"] or None,
        encoding=form["encoding"] or "utf-8",
    )
    out.notices(reading.notices)
    return reading


def amounts_of(reading: PointReading, wanted: Sequence[str], file: str, option: str) -> pd.DataFrame:
    """
    Give columns of a file of points as numbers, by id; NaN = blank.

    Raises
    ------
    InputError
        If there is no such column, or a cell holds what is no amount: file, line and column are told.
    """
    import numpy as np
    import pandas as pd

    from megaregion.errors import InputError
    from megaregion.region.schema import suggest

    held = [str(column) for column in reading.columns if column != "id"]
    columns: dict[str, Any] = {}
    problems = []
    for name in wanted:
        if name not in held:
            msg = f"{file} has no column {name!r} ({option}); it has {', '.join(held) or 'ids and coordinates only'}."
            raise InputError(msg + suggest(name, held))
        cells = reading.columns[name]
        text = cells.map(lambda cell: f"{cell:.15g}" if isinstance(cell, float) else str(cell)).fillna("").str.strip()
        blank = cells.isna() | (text == "")
        values = pd.to_numeric(cells.where(~blank), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        wrong = ~blank.to_numpy() & ~((values >= 0) & np.isfinite(values))
        problems += [
            f"{file} line {reading.lines[row]}: field {name!r} is {text.iloc[row]!r}; expected a number of 0 or more."
            for row in np.flatnonzero(wrong).tolist()
        ]
        columns[name] = values
    if problems:
        more = f"\n... and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        msg = "\n".join(problems[:SHOWN]) + f"{more}\nCorrect the cells; a blank one means not known."
        raise InputError(msg)
    return pd.DataFrame(columns, index=pd.Index(reading.columns["id"], name="id"))
