"""
The states that the atlas looks at, and the results of every measure in each of them.

A state is a year, a scenario, or the base that a scenario is compared with. Measures come from the registry: what is
declared in `study/indicators` is in the atlas, and what has no data is listed with what would bring it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from megaregion.errors import NoDataError
from megaregion.study.city_travel import timetable_years
from megaregion.study.measures import Words, measures
from megaregion.study.regions import ShippedScenario, about_example
from megaregion.study.run import apply, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario
    from megaregion.study.measures import Measure, Parameter
    from megaregion.study.run import Result

ALWAYS = "always"
"""In the place of a state: the measure does not depend on a year or a scenario."""

NO_CHOICE = ""
"""Variant of a measure that has nothing to choose from."""

_TIMETABLE = "stop_times"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasState:
    """
    One state of the region.

    Attributes
    ----------
    id
        Its key in addresses and file names: the year as text, or a short name of the scenario.
    kind
        "year", "scenario", or "base": what a scenario stands on and is compared with.
    label
        What the switch calls it.
    year
        Year of its timetable, or of its figures.
    before
        State that it is compared with; None = none of its own.
    region
        The region in this state.
    timetable
        Whether trains run in it: a year may have figures only.
    comment
        What the scenario says of itself; blank = nothing.
    """

    id: str
    kind: Literal["year", "base", "scenario"]
    label: Words
    year: int
    before: str | None = None
    region: Region = field(repr=False)
    timetable: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AtlasStudy:
    """
    All that the atlas shows of measures.

    Attributes
    ----------
    states
        Years in order, then each scenario after its base.
    results
        By measure, variant (`NO_CHOICE`, or the value of the parameter that has choices) and state (or `ALWAYS`).
    missing
        Measures without any data, and what would bring them.
    """

    states: tuple[AtlasState, ...]
    results: Mapping[tuple[str, str, str], Result] = field(repr=False)
    missing: Mapping[str, NoDataError] = field(default_factory=dict)

    def state(self, state_id: str) -> AtlasState:
        """Give a state by its id."""
        return next(state for state in self.states if state.id == state_id)

    @property
    def timetables(self) -> tuple[AtlasState, ...]:
        """Years with a timetable, in order."""
        return tuple(state for state in self.states if state.kind == "year" and state.timetable)


def gather_study(
    region: Region,
    *,
    scenarios: Sequence[Scenario | ShippedScenario] = (),
    progress: Callable[[int, int], None] | None = None,
) -> AtlasStudy:
    """
    Compute every measure that the region has data for, in every year and scenario.

    Parameters
    ----------
    region
        Region to show.
    scenarios
        Each becomes a state; one that stands on more than the region brings its base as another.
    progress
        Called with the number of states done and their total.

    Raises
    ------
    InputError
        If a scenario cannot be applied.
    """
    states = [*_years(region), *(state for each in scenarios for state in _scenario_states(region, each))]
    results: dict[tuple[str, str, str], Result] = {}
    applied = dict(zip([state.id for state in states if state.kind == "scenario"], scenarios, strict=True))
    timeless, missing = _timeless(region)
    results |= {(name, _variant(each), ALWAYS): each for name, each in timeless.items()}
    for done, state in enumerate(states):
        asked = applied.get(state.id)
        base = region if asked is not None else state.region
        # one run for all defaults, and one for each further choice: a scenario is applied once a run
        every = run(base, asked, parameters={"year": state.year})
        missing = {**every.missing, **missing}
        for each in every.values():
            if _changes(each.measure) and _depends(each.measure, state):
                results[each.measure.name, _variant(each), state.id] = each
        for chosen, names in _choices(results, state.id).items():
            found = run(base, asked, measures=names, parameters={"year": state.year, **dict([chosen])})
            results |= {(name, _variant(found[name]), state.id): found[name] for name in names}
        if progress is not None:
            progress(done + 1, len(states))
    shown = {state for _, _, state in results}
    return AtlasStudy(
        states=tuple(state for state in states if state.timetable or state.id in shown),
        results=results,
        missing={name: problem for name, problem in missing.items() if not any(key[0] == name for key in results)},
    )


def choice_of(measure: Measure) -> Parameter | None:
    """
    Give the first numeric parameter that has choices.

    Examples
    --------
    >>> from megaregion.study.measures import measure
    >>> choice_of(measure("people_within")).choices
    (60, 90, 120)
    """
    return next((each for each in measure.parameters if each.kind == "number" and each.choices), None)


def _variant(result: Result) -> str:
    """Name what was chosen, as text."""
    chosen = choice_of(result.measure)
    return f"{result.parameters[chosen.name]:g}" if chosen else NO_CHOICE


def _choices(results: Mapping[tuple[str, str, str], Result], state: str) -> dict[tuple[str, Any], list[str]]:
    """List the choices that are still to be computed in a state, with the measures that have them."""
    found: dict[tuple[str, Any], list[str]] = {}
    for (name, variant, place), result in results.items():
        chosen = choice_of(result.measure)
        if place == state and chosen:
            for value in chosen.choices:
                if f"{value:g}" != variant:
                    found.setdefault((chosen.name, value), []).append(name)
    return found


def _timeless(region: Region) -> tuple[dict[str, Result], dict[str, NoDataError]]:
    """Compute what does not differ between states, each of the year that it chooses itself; and what lacks data."""
    found: dict[str, Result] = {}
    missing: dict[str, NoDataError] = {}
    for name, measure in measures().items():
        if measure.change or _changes(measure) or measure.asks:
            continue
        try:
            found[name] = run(region, measures=[name])[name]
        except NoDataError as problem:
            missing[name] = problem
    return found, missing


def _changes(measure: Measure) -> bool:
    """Tell whether a measure can differ between states."""
    return measure.by_year or _TIMETABLE in measure.inputs


def _depends(measure: Measure, state: AtlasState) -> bool:
    """Tell whether a measure is worth computing in a state; what compares two years is of years alone."""
    if any(each.name == "since" for each in measure.parameters) and state.kind != "year":
        return False
    if _TIMETABLE in measure.inputs:
        return state.timetable
    return state.kind == "year"


def _years(region: Region) -> list[AtlasState]:
    """Years with a timetable, and those that cities have figures of."""
    timed = set(timetable_years(region))
    known = timed | {int(year) for year in region.table("city_facts")["year"].dropna().unique()}
    first = str(min(timed)) if timed else None
    return [
        AtlasState(
            id=str(year),
            kind="year",
            label=Words(str(year), f"{year}年"),
            year=year,
            before=first if year in timed and str(year) != first else None,
            region=region,
            timetable=year in timed,
        )
        for year in sorted(known)
    ]


def _scenario_states(region: Region, scenario: Scenario | ShippedScenario) -> list[AtlasState]:
    plain = scenario.scenario if isinstance(scenario, ShippedScenario) else scenario
    year = scenario.year if isinstance(scenario, ShippedScenario) else max(timetable_years(region))
    words, without = _titles(scenario)
    name = re.sub(r"[^\w-]+", "-", plain.name)
    states = []
    before = str(year)
    if isinstance(scenario, ShippedScenario) and scenario.stands_on:
        before = f"{name}-base"
        states.append(AtlasState(id=before, kind="base", label=without, year=year, region=scenario.base(region)))
    changed = apply(region, scenario)[0]
    states.append(
        AtlasState(
            id=name,
            kind="scenario",
            label=words,
            year=year,
            before=before,
            region=changed,
            comment=plain.comment,
        )
    )
    return states


def _titles(scenario: Scenario | ShippedScenario) -> tuple[Words, Words]:
    """Say what a scenario is called, and what is there without it."""
    if isinstance(scenario, ShippedScenario):
        entries = about_example(scenario.example)["scenarios"]
        titles = next(each for each in entries if each["name"] == scenario.name)
        known = [titles.get(key) for key in ("title", "without")]
        if all(known):
            return Words(known[0]["en"], known[0]["zh"]), Words(known[1]["en"], known[1]["zh"])
    name = scenario.name
    return Words(name, name), Words(f"without {name}", f"无{name}")
