"""The figures of the atlas as files: a matrix a state for measures of pairs, a table for each measure of cities."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from megaregion.publish.atlas_measures import place_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from megaregion.publish.atlas_states import AtlasStudy
    from megaregion.study.run import Result


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """
    One file.

    Attributes
    ----------
    path
        In the folder of the atlas.
    rows
        Text of its cells, the heading first.
    about
        Unit and meaning.
    """

    path: str
    rows: list[list[str]] = field(repr=False)
    about: Mapping[str, Any]


def measure_tables(study: AtlasStudy, ids: Sequence[str], zone_ids: Sequence[str] = ()) -> Iterator[MeasureTable]:
    """
    Give all figures as tables.

    Those of pairs are in `data/<state>_<measure>.csv`, of cities and zones in `data/<measure>.csv`, others in
    `data/values.csv`.

    Parameters
    ----------
    study
        Results by measure, variant and state.
    ids
        City ids in the order of the rows.
    zone_ids
        Ids of the zones in theirs.
    """
    single = [["measure", "choice", "state", "value", "unit"]]
    columns: dict[str, dict[str, Result]] = {}
    for (name, variant, state), result in study.results.items():
        if result.measure.shape == "pair":
            rows = [["from_id", *ids]]
            values = place_values(result, ids).tolist()
            rows += [[city, *map(cell, row)] for city, row in zip(ids, values, strict=True)]
            path = f"data/{state}_{name}{f'_{variant}' if variant else ''}.csv"
            yield MeasureTable(path, rows, {"state": state, **_about(result)})
        elif result.measure.shape in {"city", "zone"}:
            columns.setdefault(name, {})[f"{state} {variant}".strip()] = result
        else:
            single.append([name, variant, state, cell(float(place_values(result, ids)[0])), result.measure.unit])
    for name, held in columns.items():
        first = next(iter(held.values()))
        places = zone_ids if first.measure.shape == "zone" else ids
        placed = [place_values(result, places).tolist() for result in held.values()]
        rows = [[*first.measure.keys, *held]]
        rows += [[place, *(cell(column[at]) for column in placed)] for at, place in enumerate(places)]
        yield MeasureTable(f"data/{name}.csv", rows, _about(first))
    if len(single) > 1:
        yield MeasureTable("data/values.csv", single, {"meaning": "measures that have one value for the region"})


def cell(value: float) -> str:
    """
    Write a number: blank = no data, inf = unreachable, whole numbers without a point.

    Examples
    --------
    >>> cell(math.nan), cell(math.inf), cell(2700.0), cell(0.2434567)
    ('', 'inf', '2700', '0.243457')
    """
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if math.isinf(value) or value == round(value) else f"{value:.6g}"


def _about(result: Result) -> dict[str, str]:
    return {"measure": result.measure.name, "unit": result.measure.unit, "meaning": result.measure.formula.en}
