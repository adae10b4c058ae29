"""What faster travel does to wages, people, rents and welfare: from two timetables to an equilibrium, with bands."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy.calibration import calibrate
from megaregion.economy.distributions import Distribution, read_parameters
from megaregion.economy.economy_data import EconomyData
from megaregion.economy.hat_algebra import Counterfactual, counterfactual
from megaregion.economy.spatial_model import MOBILITIES, SpatialModel
from megaregion.economy.time_costs import TimeCosts
from megaregion.economy.uncertainty import OF_COSTS, OF_MODEL, welfare_bands
from megaregion.errors import InputError
from megaregion.notices import Notice, Notices
from megaregion.region.fingerprint import content_hash
from megaregion.region.markup import shown_frame
from megaregion.study import result_cache
from megaregion.study.content_key import question_key
from megaregion.study.shared_travel import timetable_year
from megaregion.study.status import worst_status
from megaregion.study.welfare_inputs import (
    COMMUTING,
    OUTPUT,
    CityEconomy,
    city_economy,
    parameter_rows,
    project_by_road,
    read_parameter_file,
    train_times,
)
from megaregion.study.welfare_words import ASSUMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from megaregion.economy.spatial_model import Mobility
    from megaregion.economy.uncertainty import Project
    from megaregion.region.model import Region
    from megaregion.study.measures import Words

__all__ = ["Welfare", "WelfareOptions", "read_parameter_file", "welfare_change"]

OUTCOMES = {
    "wage": "wage_hat",
    "jobs": "employment_hat",
    "residents": "residents_hat",
    "rent": "rent_hat",
    "real_income": "real_income_hat",
}
"""What is told of each city, and the column of a counterfactual that it comes from."""

DRAWS = 100
"""Draws unless asked otherwise, about a second for 41 cities; a band for print takes 1,000."""

LEVEL = 0.9
"""Share of draws that a band holds."""

ROADS_KMH = (45.0, 60.0, 80.0)
"""Speeds by road that the result is tried with: what a train is better than decides much of what it is worth."""

KEPT = 8
"""Results kept in memory: all measures of one question rest on the same."""

_results: OrderedDict[str, Welfare] = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class WelfareOptions:
    """
    How a change is solved for.

    Attributes
    ----------
    draws
        Of elasticities, departures and errors, 20 or more.
    seed
        Where they come from.
    mobility
        "commuting": people choose home and work place (Monte, Redding and Rossi-Hansberg); "free": they live where they
        work and move (Allen and Arkolakis); "fixed": nobody moves (Armington).
    road_kmh
        Speed by road between and within cities, km/h: travel takes the train or the road, whichever is less.
    wages
        "gdp", output a worker, or an indicator of `city_facts`.
    """

    draws: int = DRAWS
    seed: int = 0
    mobility: Mobility = "commuting"
    road_kmh: float = 60.0
    wages: str = OUTPUT

    def __post_init__(self) -> None:
        """Refuse what no run can be made of."""
        if self.mobility not in MOBILITIES:
            msg = f"preset {self.mobility!r} of who moves: expected one of {', '.join(MOBILITIES)}."
            raise InputError(msg)
        if not 0 < self.road_kmh < math.inf:  # also catches NaN
            msg = f"speed by road is {self.road_kmh!r} km/h; expected a number above 0, such as 60."
            raise InputError(msg)
        if self.draws < 20:
            msg = f"draws is {self.draws!r}; expected 20 or more, 1,000 for a band in print."
            raise InputError(msg)
        if self.seed < 0:
            msg = f"seed is {self.seed!r}; expected a whole number of 0 or more."
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welfare:
    """
    What a change of travel times does to the cities; changes are shares, 0.01 = 1 % more than before.

    Attributes
    ----------
    band
        Change of welfare: low, median and high over the draws.
    central
        The same with every elasticity at its median.
    table
        One row a city of the region: city_id; of wage, jobs, residents, rent and real_income the median, and `_low` and
        `_high`; NaN = left out.
    channels
        One row a way that time takes into the economy ("commuting", "business", "goods", "all"): elasticity and its
        band, and what it is worth alone, at medians; NaN = not in the model.
    roads
        One row a speed by road: road_kmh, welfare at medians.
    drivers
        One row an input: share of the variance of welfare that it explains by itself.
    certificate
        draws, solved, unique and converged (shares of draws), largest_residual (log units), extrapolating (pairs of
        cities that become nearer than any two were), failures; spectral_radius and equilibria at medians; valid.
    settings
        years, figures, options: what was chosen.
    basis
        Rows of the region that it rests on, by table.
    notices
        What was found.
    """

    band: tuple[float, float, float]
    central: float
    table: pd.DataFrame = field(repr=False)
    channels: pd.DataFrame = field(repr=False)
    roads: pd.DataFrame = field(repr=False)
    drivers: pd.DataFrame = field(repr=False)
    certificate: Mapping[str, Any]
    settings: Mapping[str, Any] = field(repr=False)
    basis: Mapping[str, pd.DataFrame] = field(repr=False)
    notices: Notices = field(repr=False)

    @property
    def status(self) -> str:
        """How far it can be relied on: as the worst of its inputs, and modelled at best."""
        rows = [each["status"] for each in self.basis.values() if "status" in each]
        statuses = pd.concat(rows).unique().tolist() if rows else []
        return worst_status((each if isinstance(each, str) else None for each in statuses), modelled=True) or "modelled"

    @property
    def assumptions(self) -> tuple[Words, ...]:
        """What it takes for granted."""
        told = (each.told({}, self.settings) for each in ASSUMES)
        return tuple(words for words in told if words is not None)

    def _repr_html_(self) -> str:
        low, middle, high = (f"{100 * each:+.2f} %" for each in self.band)
        facts = {"welfare": f"{middle} ({low} to {high})", "valid": self.certificate["valid"]}
        return shown_frame("Welfare", facts, self.table)


def welfare_change(
    before: tuple[Region, int | None],
    after: tuple[Region, int | None],
    *,
    parameters: pd.DataFrame | None = None,
    options: WelfareOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Welfare:
    """
    Solve for what a change of travel times does to the cities, or give what was found before for exactly the same.

    The economy is calibrated to the figures of the region on the side before, with the travel times before.

    Parameters
    ----------
    before, after
        Regions, each with its timetable year; None = the newest. The first holds the figures.
    parameters
        Rows of table `parameters` that take the place of those of the region by name; None = only those of the region.
    options
        Number of draws and the like.
    progress
        Called with the number of draws done and their total.

    Raises
    ------
    NoDataError
        If a timetable, figures of two cities or the parameters are missing.
    InputError
        If a figure, a parameter or an option cannot be used.

    Examples
    --------
    >>> import megaregion as mr
    >>> region = mr.open("yrd")
    >>> found = welfare_change((region, 2012), (region, 2019), options=WelfareOptions(draws=20))
    >>> 0 < found.band[0] < found.central < found.band[2] < 0.05, found.certificate["converged"]
    (True, 1.0)
    """
    options = options or WelfareOptions()
    rows = parameter_rows(before[0], parameters)
    years = (timetable_year(*before), timetable_year(*after))
    content = content_hash(before[0])
    key = question_key(
        question="welfare",
        sides=[content, content if after[0] is before[0] else content_hash(after[0])],
        years=years,
        parameters=rows[["parameter", "distribution", "a", "b"]].reset_index(drop=True),
        options=options,
    )
    if key in _results:
        return _results[key]
    economy = city_economy(before[0], wages=options.wages)
    store = result_cache.store_of(before[0])
    kept = result_cache.kept(store, key)
    if kept is None:
        sides = ((before[0], years[0]), (after[0], years[1]))
        kept = _computed(economy, sides, read_parameters(rows), options, progress)
        result_cache.keep(store, key, *kept)
    table, about = kept
    found = Welfare(
        band=tuple(about["band"]),
        central=about["central"],
        table=_all_cities(before[0], table),
        channels=pd.DataFrame(about["channels"]),
        roads=pd.DataFrame(about["roads"]),
        drivers=pd.DataFrame(about["drivers"]),
        certificate=about["certificate"],
        settings=_settings(economy, years, options),
        basis={**economy.basis, "feeds": _feeds((before[0], years[0]), (after[0], years[1])), "parameters": rows},
        notices=Notices([*economy.notices, *(Notice(**each) for each in about["notices"])]),
    )
    _results[key] = found
    while len(_results) > KEPT:
        _results.popitem(last=False)
    return found


def _at_medians(parameters: Mapping[str, Distribution], mobility: Mobility) -> tuple[SpatialModel, TimeCosts]:
    """Give the model and the costs with every parameter at its median."""
    middle = {name: float(each.quantile(0.5)) for name, each in parameters.items()}
    commutes = mobility == "commuting"
    needed = ["trade_elasticity", *(["location_elasticity"] if commutes else [])]
    lacking = [name for name in needed if name not in middle]
    if commutes and not set(COMMUTING) & set(middle):
        lacking.append(COMMUTING[0])
    if lacking:
        msg = (
            f"table parameters lacks {', '.join(lacking)}; a model with mobility {mobility!r} takes them. Add rows "
            "with their distributions, or give a file of them."
        )
        raise InputError(msg)
    of_model: dict[str, Any] = {OF_MODEL[name]: value for name, value in middle.items() if name in OF_MODEL}
    of_costs: dict[str, Any] = {OF_COSTS[name]: value for name, value in middle.items() if name in OF_COSTS}
    if not set(COMMUTING) & set(middle):
        of_costs["commuting"] = 0.0
    return SpatialModel(**of_model, mobility=mobility), TimeCosts(**of_costs)


def _computed(
    economy: CityEconomy,
    sides: tuple[tuple[Region, int], tuple[Region, int]],
    parameters: Mapping[str, Distribution],
    options: WelfareOptions,
    progress: Callable[[int, int], None] | None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Give the table of the cities that are known, and all else as plain values."""
    model, costs = _at_medians(parameters, options.mobility)
    trains = train_times(economy, *sides)
    project = project_by_road(economy, trains, options.road_kmh)
    notices = Notices(trains.notices)
    central = _solved(project, model, costs)
    if np.array_equal(project.before_s, project.after_s):
        message = "no travel time between the cities differs before and after: all changes are 0."
        zh = "各城市间的出行时间前后完全相同：所有变化均为 0。"
        notices.add("welfare_nothing_changes", message, message_zh=zh)
    bands = welfare_bands(
        project,
        parameters,
        model=model,
        costs=costs,
        draws=options.draws,
        level=LEVEL,
        rng=np.random.default_rng(options.seed),
        progress=progress,
    )
    certificate = asdict(bands.certificate) | {
        "spectral_radius": central.uniqueness.spectral_radius,
        "unique_at_medians": central.unique,
        "equilibria_at_medians": central.equilibria,
        "valid": bands.certificate.valid and central.unique,
    }
    roads = [
        {
            "road_kmh": speed,
            "welfare": _solved(project_by_road(economy, trains, speed), model, costs).welfare - 1,
        }
        for speed in sorted({*ROADS_KMH, options.road_kmh})
    ]
    drivers = bands.drivers["welfare", ""].sort_values(ascending=False, kind="stable")
    columns = {
        f"{name}{end}": bands.table[f"{column}_{part}"] - 1
        for name, column in OUTCOMES.items()
        for part, end in (("median", ""), ("low", "_low"), ("high", "_high"))
    }
    found = [*notices, *central.notices, *bands.notices]
    about = {
        "band": [each - 1 for each in bands.welfare],
        "central": central.welfare - 1,
        "channels": _channels(project, model, costs, parameters),
        "roads": roads,
        "drivers": [{"input": str(name), "share": float(share)} for name, share in drivers.items()],
        "certificate": certificate,
        "notices": [asdict(each) for each in dict.fromkeys(found)],
    }
    table = pd.DataFrame(columns).rename_axis("city_id").reset_index()
    # what is kept is plain values: give the same whether it was computed or read
    return table, json.loads(json.dumps(about))


def _solved(project: Project, model: SpatialModel, costs: TimeCosts, *only: str) -> Counterfactual:
    """Solve at the median departure; `only` names the channels that change, none = all."""
    before, after = project.at(50.0)
    commutes = model.mobility == "commuting"
    data = EconomyData(
        ids=project.ids,
        employment=project.employment,
        wages=project.wages,
        residents=project.residents,
        trade_cost=costs.trade_cost(project.distance_m),
        commuting_cost=costs.commuting_cost(before) if commutes else None,
    )
    changing = costs
    if only:
        changing = replace(
            costs,
            business=costs.business if "business" in only else 0.0,
            goods_pass_through=costs.goods_pass_through if "goods" in only else 0.0,
        )
    goods, ways = changing.changes(before, after)
    commuting = ways if commutes and (not only or "commuting" in only) else None
    return counterfactual(calibrate(model, data), cost_hat=goods, commuting_hat=commuting)


def _channels(
    project: Project, model: SpatialModel, costs: TimeCosts, parameters: Mapping[str, Distribution]
) -> list[dict[str, Any]]:
    commuting = next((name for name in COMMUTING if name in parameters), COMMUTING[0])
    names = {"commuting": commuting, "business": "business_time_elasticity", "goods": "goods_pass_through"}
    rows = []
    for channel, parameter in names.items():
        low, middle, high = (
            (float(parameters[parameter].quantile(at)) for at in _ENDS) if parameter in parameters else _NONE
        )
        absent = channel == "commuting" and model.mobility != "commuting"
        worth = math.nan if absent else _solved(project, model, costs, channel).welfare - 1
        rows.append(
            {
                "channel": channel,
                "parameter": parameter,
                "elasticity_low": low,
                "elasticity": middle,
                "elasticity_high": high,
                "welfare": worth,
            }
        )
    return rows


_ENDS = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
_NONE = (0.0, 0.0, 0.0)


def _all_cities(region: Region, table: pd.DataFrame) -> pd.DataFrame:
    """One row for each city of the region; NaN where one was left out."""
    cities = region.table("cities")[["city_id"]].sort_values("city_id", kind="stable", ignore_index=True)
    return cities.merge(table, on="city_id", how="left")


def _feeds(*sides: tuple[Region, int]) -> pd.DataFrame:
    rows = []
    for region, year in sides:
        feeds = region.table("feeds")
        rows.append(feeds[feeds["year"] == year])
    return pd.concat(rows).drop_duplicates("feed_id", ignore_index=True)


def _settings(economy: CityEconomy, years: tuple[int, int], options: WelfareOptions) -> dict[str, Any]:
    road = f"{options.road_kmh:g} km/h"
    return {
        "since": years[0],
        "year": years[1],
        "wages": economy.wages.en,
        "wages_zh": economy.wages.zh,
        "jobs": economy.jobs.en,
        "jobs_zh": economy.jobs.zh,
        "jobs_assumed": not economy.jobs_known,
        "wages_assumed": options.wages == OUTPUT,
        "cities": len(economy.table),
        "mobility": options.mobility,
        "draws": options.draws,
        "seed": options.seed,
        "road": road,
        "road_zh": f"{options.road_kmh:g} 公里/小时",
        "level": LEVEL,
    }
