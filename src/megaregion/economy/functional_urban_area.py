"""Cities and their commuting zones by the rules of the EU and the OECD: from dense cells, zones and commuters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.ndimage import binary_fill_holes, convolve, label

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

DENSITY_PER_KM2 = 1_500.0
CENTRE_PEOPLE = 50_000.0
CITY_SHARE = 0.5
"""Share of a zone's people that live in a centre, above which the zone is part of the city."""

COMMUTING_SHARE = 0.15

_MAJORITY = 5
"""Of the eight cells around one: it then belongs to the centre that surrounds it."""


@dataclass(frozen=True, slots=True)
class FunctionalUrbanAreas:
    """
    Which zones belong to which functional urban area.

    Attributes
    ----------
    table
        One row a zone: zone_id, area (name of its functional urban area; missing = none), role ("city", "commuting",
        "enclave" = added because one area surrounds it), share (of its employed residents who work in the city).
    merged
        Cities that were joined to polycentric ones: name of the area and of its cities.
    dropped
        Zones that pass the threshold and were left out because they do not touch their area.
    threshold
        Share of commuters.
    """

    table: pd.DataFrame = field(repr=False)
    merged: dict[str, tuple[str, ...]]
    dropped: tuple[str, ...]
    threshold: float


def urban_centres(
    density: Any,
    *,
    cell_area_km2: float = 1.0,
    least_density: float = DENSITY_PER_KM2,
    least_people: float = CENTRE_PEOPLE,
) -> I32:
    """
    Find urban centres: touching dense cells with enough people, gaps filled.

    Parameters
    ----------
    density
        (rows, columns) people per km2 of equal cells; nan = water or not known, which is never a centre by itself.
    cell_area_km2
        Area of a cell.
    least_density
        People per km2 of a dense cell.
    least_people
        People of a centre, before gaps are filled.

    Returns
    -------
    (rows, columns) int32: 0 = none, 1.. = the centre, from the top left.

    Raises
    ------
    InputError
        If density is no grid or negative.

    References
    ----------
    Dijkstra, Poelman and Veneri (2019), The EU-OECD definition of a functional urban area, OECD Regional Development
    Working Papers 2019/11.

    Examples
    --------
    >>> urban_centres([[30_000, 30_000, 100], [100, 100, 2_000]]).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    grid = np.asarray(density, dtype=np.float64)
    if grid.ndim != 2 or (grid < 0).any() or not cell_area_km2 > 0:
        msg = f"density has shape {grid.shape}, lowest {np.nanmin(grid, initial=0):g}; expected a grid of at least 0."
        raise InputError(msg)
    grid = np.nan_to_num(grid)
    # cells touch by a side, not by a corner
    clusters, count = label(grid >= least_density)
    people = np.bincount(clusters.ravel(), (grid * cell_area_km2).ravel(), minlength=count + 1)
    found = np.zeros(grid.shape, dtype=np.int32)
    for place, cluster in enumerate((each for each in range(1, count + 1) if people[each] >= least_people), 1):
        filled = _smoothed(clusters == cluster)
        found[filled & (found == 0)] = place
    return found


def _smoothed(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes, and cells most of whose neighbours belong to the centre, until none is left."""
    around = np.ones((3, 3), dtype=np.int32)
    around[1, 1] = 0
    while True:
        grown = inside | (convolve(inside.astype(np.int32), around, mode="constant") >= _MAJORITY)
        grown = binary_fill_holes(grown)
        if (grown == inside).all():
            return np.asarray(grown)
        inside = grown


def city_zones(centres: I32, zone_of_cell: Any, people: Any) -> pd.Series:
    """
    Say which zones are part of a city: at least half of their people live in one centre.

    Parameters
    ----------
    centres
        (rows, columns), from `urban_centres`.
    zone_of_cell
        (rows, columns) id of the zone that a cell lies in; None or blank = outside.
    people
        (rows, columns) people of each cell.

    Returns
    -------
    Centre ("centre 1", ...) by zone_id; missing = in no city.

    Examples
    --------
    >>> city_zones(np.array([[1, 0]], dtype=np.int32), [["a", "b"]], [[60_000, 900]]).dropna().to_dict()
    {'a': 'centre 1'}
    """
    cells = pd.DataFrame(
        {
            "zone": np.asarray(zone_of_cell, dtype=object).ravel(),
            "centre": np.asarray(centres).ravel(),
            "people": np.nan_to_num(np.asarray(people, dtype=np.float64)).ravel(),
        }
    )
    cells = cells[cells["zone"].notna() & (cells["zone"] != "")]
    held = cells.pivot_table(index="zone", columns="centre", values="people", aggfunc="sum", fill_value=0.0)
    share = (
        held.div(held.sum(axis=1).where(lambda total: total > 0), axis=0).drop(columns=0, errors="ignore").fillna(0.0)
    )
    names = pd.Series(pd.NA, index=held.index, dtype="str", name="city")
    if not share.empty:
        best = share.idxmax(axis=1)
        inside = share.max(axis=1) >= CITY_SHARE
        names[inside] = [f"centre {each}" for each in best[inside]]
    return names


def functional_urban_areas(
    commuters: pd.DataFrame,
    city: pd.Series,
    touching: pd.DataFrame,
    *,
    edge: Sequence[str],
    threshold: float = COMMUTING_SHARE,
) -> FunctionalUrbanAreas:
    """
    Delineate functional urban areas.

    Cities are joined where enough of one's employed residents work in the other; a zone goes to the city in which most
    of its commuters work, if they are enough; zones that one area surrounds are added, those that do not touch it are
    left out.

    Parameters
    ----------
    commuters
        from_id, to_id, people: employed residents by zone of home and of work, with those who work at home's zone;
        people at least 0. Without those who stay, shares are too high.
    city
        City of each zone (index zone_id), missing = none; from `city_zones`, or given.
    touching
        from_id, to_id: zones that share a border, in one or both orders.
    edge
        Zones at the edge of what is known: what lies beyond is not known, so they are never surrounded. A coast is no
        edge.
    threshold
        Share of employed residents.

    Raises
    ------
    InputError
        If a column lacks, a zone is unknown, a number is missing or negative, the threshold is no share, or no zone is
        in a city.

    References
    ----------
    Dijkstra, Poelman and Veneri (2019), as in `urban_centres`.

    Examples
    --------
    >>> rows = [("a", "a", 90), ("b", "a", 30), ("b", "b", 70), ("c", "c", 95), ("c", "a", 5)]
    >>> commuters = pd.DataFrame(rows, columns=["from_id", "to_id", "people"])
    >>> border = pd.DataFrame([("a", "b"), ("b", "c")], columns=["from_id", "to_id"])
    >>> found = functional_urban_areas(commuters, pd.Series({"a": "A", "b": None, "c": None}), border, edge=["c"])
    >>> found.table["role"].fillna("").tolist()
    ['city', 'commuting', '']
    """
    if not 0 < threshold <= 1:
        msg = f"threshold is {threshold!r}; expected a share above 0 and up to 1, as 0.15."
        raise InputError(msg)
    zones = [str(each) for each in city.index]
    flow = _matrix(commuters, zones, "people")
    border = _matrix(touching.assign(people=1.0), zones, "people") > 0
    border |= border.T
    employed = flow.sum(axis=1)
    names = sorted({str(each) for each in city.dropna()})
    if not names:
        msg = "no zone is in a city; functional urban areas grow around cities. Lower the density or give cities."
        raise InputError(msg)
    in_city = np.array([names.index(str(each)) if pd.notna(each) else -1 for each in city])
    group = _joined(flow, employed, in_city, len(names), threshold)
    area = np.where(in_city >= 0, group[in_city], -1)
    work = np.column_stack([flow[:, area == each].sum(axis=1) for each in range(len(names))])
    share = np.divide(work, employed[:, None], out=np.zeros_like(work), where=employed[:, None] > 0)
    role = np.where(area >= 0, "city", "").astype(object)
    dropped = []
    commuting = (area < 0) & (share.max(axis=1) >= threshold)
    grown = np.where(commuting, share.argmax(axis=1), area)
    for each in sorted(set(grown[grown >= 0].tolist())):
        reached = _reached(border, area == each, grown == each)
        lost = (grown == each) & ~reached & (area < 0)
        dropped += [zones[index] for index in np.flatnonzero(lost)]
        grown[lost] = -1
    role[(grown >= 0) & (area < 0)] = "commuting"
    surrounded = np.where(np.isin(zones, list(edge)), -1, _surrounded(border, grown))
    role[surrounded >= 0] = "enclave"
    grown = np.where(surrounded >= 0, surrounded, grown)
    of_area = [np.flatnonzero(group == each) for each in range(len(names))]
    label_of = [" + ".join(names[index] for index in members) for members in of_area]
    table = pd.DataFrame(
        {
            "zone_id": zones,
            "area": pd.array([label_of[each] if each >= 0 else None for each in grown], dtype="str"),
            "role": pd.array([each or None for each in role], dtype="str"),
            "share": [row[each] if each >= 0 else row.max() for row, each in zip(share, grown, strict=True)],
        }
    )
    merged = {
        label_of[each]: tuple(names[i] for i in members) for each, members in enumerate(of_area) if len(members) > 1
    }
    return FunctionalUrbanAreas(table, merged, tuple(dropped), threshold)


def _matrix(rows: pd.DataFrame, zones: list[str], column: str) -> F64:
    absent = [name for name in ("from_id", "to_id", column) if name not in rows.columns]
    if absent:
        msg = f"columns {', '.join(absent)} lack; expected from_id, to_id and {column}."
        raise InputError(msg)
    place = {zone: index for index, zone in enumerate(zones)}
    ends = [rows[name].astype(str) for name in ("from_id", "to_id")]
    unknown = sorted({each for end in ends for each in end if each not in place})
    if unknown:
        listed = ", ".join(unknown[:5])
        msg = f"{len(unknown)} zones are not among the {len(zones)} of `city`, as {listed}; list every zone."
        raise InputError(msg)
    value = rows[column].to_numpy(np.float64, na_value=np.nan)
    if not (np.isfinite(value) & (value >= 0)).all():
        wrong = int(np.flatnonzero(~(np.isfinite(value) & (value >= 0)))[0])
        msg = f"{column} of row {wrong + 1} is {value[wrong]:g}; expected at least 0. Leave out what is not known."
        raise InputError(msg)
    matrix = np.zeros((len(zones), len(zones)))
    np.add.at(matrix, tuple(end.map(place).to_numpy() for end in ends), value)
    return matrix


def _joined(flow: F64, employed: F64, in_city: NDArray[Any], n: int, threshold: float) -> NDArray[np.int64]:
    """Give the number of the first city that each is joined to, by commuting either way."""
    members = np.array([in_city == each for each in range(n)], dtype=np.float64)
    between = members @ flow @ members.T
    residents = members @ employed
    share = np.divide(between, residents[:, None], out=np.zeros_like(between), where=residents[:, None] > 0)
    linked = share >= threshold
    group = np.arange(n)
    # a chain of cities becomes one
    for _ in range(n):
        for a, b in np.argwhere(linked | linked.T).tolist():
            group[a] = group[b] = min(group[a], group[b])
    return group


def _reached(border: NDArray[np.bool_], start: NDArray[np.bool_], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reached = start.copy()
    while True:
        grown = (reached | border[reached].any(axis=0)) & within
        if (grown == reached).all():
            return np.asarray(reached)
        reached = grown


def _surrounded(border: NDArray[np.bool_], grown: NDArray[Any]) -> NDArray[Any]:
    """Area whose zones are the only ones that a zone of no area touches, -1 = none."""
    found = np.full(len(grown), -1)
    for zone in np.flatnonzero(grown < 0):
        around = set(grown[border[zone]].tolist())
        if len(around) == 1 and around != {-1}:
            found[zone] = around.pop()
    return found
