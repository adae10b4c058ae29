"""What distance, travel time and borders of provinces take from flows between the cities of a region."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import borders, fit_gravity
from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.study.city_costs import ROAD_KMH, city_hours
from megaregion.study.shared_travel import shared_travel
from megaregion.study.welfare_inputs import road_distances_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.economy import GravityFit
    from megaregion.region.model import Region

COSTS = ("time", "train", "distance")
BORDERS = ("province", "none")
TRAINS = "trains"
"""Flows that every region with a timetable has: direct trains a day."""
FLOWS = "city_flows"
"""Table of other flows, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GravityOptions:
    """
    The model.

    Attributes
    ----------
    cost
        "time" (hours by train, or by road if that is less), "train" (hours by train alone), "distance" (km by road), or
        a column of the flows.
    constraint, deterrence, cluster
        As in `economy.fit_gravity`.
    border
        "province": a term for pairs across a border of provinces; "none".
    missing_is_zero
        Whether a pair of listed cities without a row has no flow; otherwise its flow is not known.
    year, road_kmh
        Timetable year, and speed by road.
    """

    cost: str = "time"
    constraint: str = "doubly"
    deterrence: str = "power"
    cluster: str | None = "origin_destination"
    border: str = "province"
    missing_is_zero: bool = False
    year: int | None = None
    road_kmh: float = ROAD_KMH


@dataclass(frozen=True, slots=True, kw_only=True)
class CityGravity:
    """
    A fitted model, and what it says of borders.

    Attributes
    ----------
    fit
        The model.
    border
        Flows across a border over those within, else alike: estimate, low and high (95 %); None = no such term.
    settings
        What was asked, and which timetable stands behind it.
    basis
        Rows of the region, by table.
    notices
        What was left out and why.
    """

    fit: GravityFit
    border: tuple[float, float, float] | None
    settings: Mapping[str, Any]
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)


def city_gravity(region: Region, flows: pd.DataFrame | str, *, options: GravityOptions | None = None) -> CityGravity:
    """
    Fit a gravity model to flows between cities.

    Parameters
    ----------
    region
        Holds cities with provinces, and a timetable.
    flows
        One row a pair: from_id and to_id (ids or names of cities), flow, further columns; or "trains", or a kind of
        table `city_flows`, of the year nearest to that of the timetable.
    options
        The model.

    Raises
    ------
    InputError
        If the flows cannot be used, a place is no city, or the model has no estimate.
    NoDataError
        If there is no timetable that the model needs.
    """
    asked = options or GravityOptions()
    notices = Notices()
    basis: dict[str, pd.DataFrame] = {"cities": region.table("cities")}
    settings: dict[str, Any] = {"constraint": asked.constraint, "deterrence": asked.deterrence, "cost": asked.cost}
    if isinstance(flows, str) and flows == TRAINS:
        table = _trains(region, asked.year)
    elif isinstance(flows, str):
        basis[FLOWS], settings["flows_year"] = _of_region(region, flows, asked.year)
        table = basis[FLOWS][["from_id", "to_id"]].assign(flow=basis[FLOWS]["value"].astype(np.float64))
    else:
        table = _of_cities(region, flows, notices)
    if asked.missing_is_zero:
        table = _every_pair(table)
    ids = sorted(set(table["from_id"]) | set(table["to_id"]))
    cities = region.table("cities").set_index("city_id").loc[ids]
    pairs = table["from_id"].map(ids.index).to_numpy(), table["to_id"].map(ids.index).to_numpy()
    if asked.cost in table:
        cost = _numbers(table, asked.cost)
    elif asked.cost == "distance":
        cost = road_distances_m(cities.reset_index())[pairs] / 1000
    elif asked.cost in COSTS:
        found = city_hours(region, year=asked.year, road_kmh=asked.road_kmh if asked.cost == "time" else 0)
        chosen = [found.ids.index(city) for city in ids]
        cost = found.hours[np.ix_(chosen, chosen)][pairs]
        settings |= found.settings
        basis |= found.basis
        notices.extend(found.notices)
    else:
        msg = f"cost is {asked.cost!r}; expected {', '.join(COSTS)}, or a column of the flows: {_listed(table)}."
        raise InputError(msg)
    # what no train reaches says nothing of what trains are worth
    if asked.cost == "train":
        table = table.assign(flow=table["flow"].where(np.isfinite(cost)))
    terms = {}
    if asked.border == "province":
        terms["border"] = borders(_provinces(cities))[pairs]
    elif asked.border != "none":
        msg = f"border is {asked.border!r}; expected {' or '.join(BORDERS)}."
        raise InputError(msg)
    fit = fit_gravity(
        table,
        cost,
        constraint=asked.constraint,
        deterrence=asked.deterrence,
        covariates=terms,
        cluster=asked.cluster,
    )
    notices.extend(fit.notices)
    ratio = None
    if "border" in fit.coefficients.index:
        low, middle, high = (
            math.exp(fit.coefficients[name].loc["border"]) for name in ("ci_low", "estimate", "ci_high")
        )
        ratio = (middle, low, high)
    settings["errors"] = fit.standard_errors
    return CityGravity(fit=fit, border=ratio, settings=settings, basis=basis, notices=notices)


def _trains(region: Region, year: int | None) -> pd.DataFrame:
    """Direct trains a day, one row a pair of different cities."""
    travel = shared_travel(region, year=year)
    ids = np.asarray(travel.times.origin_ids, dtype=object)
    n = len(ids)
    rows = pd.DataFrame({"from_id": np.repeat(ids, n), "to_id": np.tile(ids, n), "flow": travel.trains().ravel()})
    return rows[rows["from_id"] != rows["to_id"]].astype({"from_id": "str", "to_id": "str"}).reset_index(drop=True)


def _of_region(region: Region, kind: str, year: int | None) -> tuple[pd.DataFrame, int]:
    """Rows of a kind of flow, of the year nearest to another, or of the newest."""
    flows = region.table(FLOWS)
    kinds = sorted(set(flows["kind"]))
    flows = flows[flows["kind"] == kind]
    if flows.empty:
        msg = (
            f"region {region.name!r} has no flows {kind!r}; it has {', '.join([TRAINS, *kinds])}. Bring them with "
            "`megaregion import table city_flows FILE`."
        )
        raise InputError(msg)
    years = sorted({int(each) for each in flows["year"]})
    chosen = years[-1] if year is None else min(years, key=lambda each: (abs(each - year), -each))
    return flows[flows["year"] == chosen].reset_index(drop=True), chosen


def _of_cities(region: Region, flows: pd.DataFrame, notices: Notices) -> pd.DataFrame:
    """Bring names of cities to ids, and flows to numbers."""
    lacking = [name for name in ("from_id", "to_id", "flow") if name not in flows]
    if lacking:
        msg = f"flows lack column {', '.join(lacking)}; expected from_id, to_id and flow; found {_listed(flows)}."
        raise InputError(msg)
    known: dict[str, str] = {}
    for name in sorted({*flows["from_id"].astype(str), *flows["to_id"].astype(str)}):
        try:
            known[name] = str(region.city(name)["city_id"])
        except InputError as problem:
            first = int(np.flatnonzero((flows[["from_id", "to_id"]].astype(str) == name).any(axis=1))[0])
            notices.add("gravity_no_city", f"row {first + 1}: {problem}", field="from_id", value=name)
    notices.raise_errors("flows")
    ids = {side: flows[side].astype(str).map(known).astype("str") for side in ("from_id", "to_id")}
    return flows.assign(**ids, flow=_numbers(flows, "flow")).reset_index(drop=True)


def _listed(table: pd.DataFrame) -> str:
    return ", ".join(map(str, table.columns))


def _numbers(table: pd.DataFrame, name: str) -> Any:
    """Read a column as numbers, blank = not known."""
    blank = table[name].isna() | (table[name].astype("str").str.strip() == "")
    numbers = pd.to_numeric(table[name].where(~blank), errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & ~blank)
    if len(wrong):
        at = int(wrong[0])
        msg = f"flows row {at + 1}: field {name!r} is {table[name].iloc[at]!r}; expected a number or blank."
        raise InputError(msg)
    return numbers.to_numpy(np.float64)


def _every_pair(table: pd.DataFrame) -> pd.DataFrame:
    """Add rows of flow 0 for pairs of listed origins and destinations."""
    both = pd.MultiIndex.from_product(
        [sorted(set(table["from_id"])), sorted(set(table["to_id"]))], names=["from_id", "to_id"]
    )
    every = both.to_frame(index=False)
    every = every[every["from_id"] != every["to_id"]].astype("str")
    absent = every.merge(table[["from_id", "to_id"]], how="left", indicator=True)
    absent = absent[absent["_merge"] == "left_only"][["from_id", "to_id"]].assign(flow=0.0)
    return pd.concat([table, absent], ignore_index=True)


def _provinces(cities: pd.DataFrame) -> Any:
    blank = cities.index[cities["province"].isna()]
    if len(blank):
        msg = (
            f"{len(blank)} cities have no province: {', '.join(blank[:5])}. Fill column province of table cities, or "
            "leave borders out (--border none)."
        )
        raise InputError(msg)
    return cities["province"].to_numpy(object)
