"""What a scenario changes: measures of cities and pairs, and travel between zones with bands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from megaregion.errors import InputError
from megaregion.region.fingerprint import content_hash
from megaregion.region.results import result_key
from megaregion.region.scenario_file import ScenarioFile
from megaregion.study import result_cache
from megaregion.study.city_travel import timetable_years
from megaregion.study.compare import judge
from megaregion.study.content_key import program_id
from megaregion.study.metro_feed import AS_HELD, metro_scenario
from megaregion.study.metro_gains import BAND, link_gains
from megaregion.study.regions import ShippedScenario, example_scenario, scenario_names
from megaregion.study.run import run
from megaregion.study.zone_travel import GAINS_MIN, ZoneGains, zone_gains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario
    from megaregion.study.run import Result


@dataclass(frozen=True, slots=True)
class Zones:
    """
    What changes between zones, from door to door.

    Attributes
    ----------
    pairs
        One row an ordered pair of zones of two cities, largest gain first, as `ZoneGains.pairs`.
    by_gain
        One row for each of `GAINS_MIN` and variation of assumed figures: minutes, variation ("worst", "held", "best";
        only "held" where nothing is varied), people, pairs, person_pair_share.
    mean_gain_s
        Mean gain over person pairs by variation.
    people
        People of all zones, and their number.
    settings
        Rules, window and feeds.
    """

    pairs: pd.DataFrame = field(repr=False)
    by_gain: pd.DataFrame
    mean_gain_s: Mapping[str, float]
    people: tuple[int, int]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """
    What a scenario changes.

    Attributes
    ----------
    scenario
        The scenario.
    year
        Timetable year that it is measured in.
    stands_on
        What the base adds to the region; blank = nothing.
    before, after
        Results of the base and of the scenario by name of the measure.
    changed
        City pairs whose typical journey changes by more than a minute: from_id, to_id, before_s, after_s, difference_s,
        verdict; largest gain first.
    zones
        What changes between zones; None where the region has none.
    """

    scenario: Scenario
    year: int | None
    stands_on: str
    before: Mapping[str, Result]
    after: Mapping[str, Result]
    changed: pd.DataFrame = field(repr=False)
    zones: Zones | None


def measure_project(region: Region, name: str, wanted: Sequence[str]) -> Project:
    """
    Measure a region without and with a scenario.

    Parameters
    ----------
    region
        Base, or what the base stands on.
    name
        Name of a scenario that ships, or path of a scenario file.
    wanted
        Names of the measures.

    Raises
    ------
    InputError
        If there is no such scenario or it cannot be applied.
    """
    shipped = name in scenario_names() and not name.endswith(".toml")
    chosen: ShippedScenario | Scenario = example_scenario(name) if shipped else ScenarioFile.read(name).scenario
    scenario = chosen.scenario if isinstance(chosen, ShippedScenario) else chosen
    base = chosen.base(region) if isinstance(chosen, ShippedScenario) else region
    changed = scenario.apply(base).region
    years = timetable_years(base)
    year = chosen.year if isinstance(chosen, ShippedScenario) else (years[-1] if years else None)
    before, after = _measured(base, wanted, year), _measured(changed, wanted, year)
    common = before.keys() & after.keys()
    stands_on = chosen.stands_on if isinstance(chosen, ShippedScenario) else ""
    return Project(
        scenario=scenario,
        year=year,
        stands_on=stands_on,
        before={name: before[name] for name in before if name in common},
        after={name: after[name] for name in before if name in common},
        changed=_changed_pairs(before, after),
        zones=_zones(region, (base, changed), scenario, year, metro=stands_on == "metro"),
    )


def _measured(region: Region, wanted: Sequence[str], year: int | None) -> dict[str, Result]:
    try:
        results = run(region, parameters={} if year is None else {"year": year})
    except InputError:
        # what the base lacks is told where the region is measured without a scenario
        return {}
    return {name: results[name] for name in wanted if name in results.found}


def _changed_pairs(before: Mapping[str, Result], after: Mapping[str, Result]) -> pd.DataFrame:
    columns = ["from_id", "to_id", "before_s", "after_s", "difference_s", "verdict"]
    if "typical_time" not in before or "typical_time" not in after:
        return pd.DataFrame(columns=columns)
    one, other = (
        side["typical_time"].table.rename(columns={"value": name})
        for side, name in ((before, "before_s"), (after, "after_s"))
    )
    table = judge(one[columns[:3]].merge(other[["from_id", "to_id", "after_s"]], on=["from_id", "to_id"]))
    moved = table[~table["verdict"].isin(["same", "unreachable"])]
    return moved.sort_values(["difference_s", "from_id", "to_id"], na_position="first", ignore_index=True)[columns]


def _zones(
    region: Region, sides: tuple[Region, Region], scenario: Scenario, year: int | None, *, metro: bool
) -> Zones | None:
    if region.table("zones").empty or year is None:
        return None
    store = result_cache.store_of(region)
    key = result_key(
        region=content_hash(sides[0]),
        scenario=scenario.id,
        measure="report:zone-gains",
        parameters={"year": year, "metro": metro},
        software={"megaregion": program_id()},
    )
    before = result_cache.kept(store, key)
    if before is None:
        # assumed figures can be varied where the scenario is the one that the metro tables make
        varied = metro and metro_scenario(region).id == scenario.id
        # as held, base and scenario are there already
        gains = {
            name: zone_gains((sides[0], year), (sides[1], year))
            if variation == AS_HELD
            else link_gains(region, variation=variation)
            for name, variation in zip(("worst", "held", "best"), BAND, strict=True)
            if varied or variation == AS_HELD
        }
        about = _about(gains)
        result_cache.keep(store, key, gains["held"].pairs, about)
        before = (gains["held"].pairs, about)
    pairs, about = before
    return Zones(
        pairs=pairs,
        by_gain=pd.DataFrame(about["by_gain"]),
        mean_gain_s=about["mean_gain_s"],
        people=(about["people"], about["zones"]),
        settings=about["settings"],
    )


def _about(gains: Mapping[str, ZoneGains]) -> dict[str, Any]:
    held = gains["held"]
    rows = [
        {"variation": name, **{str(column): value for column, value in row.items()}}
        for name, each in gains.items()
        for row in each.people.to_dict("records")
    ]
    return {
        "by_gain": rows,
        "mean_gain_s": {name: each.mean_gain_s for name, each in gains.items()},
        "people": int(held.zones["people"].sum()),
        "zones": len(held.zones),
        "settings": {
            "window": list(held.provenance["window"]),
            "access": held.provenance["access"],
            "access_zh": held.provenance["access_zh"],
            "gains_min": list(GAINS_MIN),
        },
    }


def band_share() -> tuple[float, float]:
    """How far assumed run times and headways are varied, as shares of themselves."""
    return BAND[0].run_time_factor - 1, BAND[0].headway_factor - 1
