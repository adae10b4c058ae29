"""Results of measures, each under a key of everything it was computed from, so that nothing stale is shown as fresh."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError, NoDataError
from megaregion.notices import Notice, Notices
from megaregion.region.fingerprint import content_hash
from megaregion.region.markup import shown, shown_frame
from megaregion.region.results import result_key
from megaregion.study import result_cache
from megaregion.study.content_key import program_id
from megaregion.study.measures import Measure, measure, measures
from megaregion.study.regions import ShippedScenario, example_scenario, scenario_names
from megaregion.study.status import worst_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario

_SOURCE = ("title", "title_zh", "publisher", "reprinted_by", "url", "year", "licence")


@dataclass(frozen=True, slots=True)
class Result:
    """
    Values of one measure, and all that they rest on.

    Attributes
    ----------
    measure
        What was measured.
    parameters
        With which parameters, the defaults among them.
    table
        The key columns of the measure's shape, `value` in its unit and what explains it.
    provenance
        formula and formula_zh, region, version and content (a hash of all rows), scenario and scenario_id, software,
        key, settings, status (one of `study.status.STATUSES`), assumptions (en and zh of each), inputs: one entry for
        each table, source, year, vintage and status of the rows that the values rest on.
    notices
        What was found.
    """

    measure: Measure
    parameters: Mapping[str, Any]
    table: pd.DataFrame = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)

    def _repr_html_(self) -> str:
        title, about = self.measure.title, self.provenance
        asked = {name: value for name, value in self.parameters.items() if value is not None}
        facts = {"unit": self.measure.unit, **asked, "scenario": about["scenario"], "status": about["status"]}
        if about["assumptions"]:
            facts["assumed"] = "; ".join(words["en"] for words in about["assumptions"])
        facts |= {"version": about["version"], "formula": about["formula"]}
        return shown_frame(f"{title.en} · {title.zh}", facts, self.table)

    @property
    def value(self) -> float:
        """
        The one value of a measure of shape "value".

        Raises
        ------
        InputError
            If it has one for each city or pair.
        """
        if self.measure.shape != "value":
            msg = (
                f"measure {self.measure.name!r} has a value for each {self.measure.shape}; use `.table` or `.at(...)`."
            )
            raise InputError(msg)
        return float(self.table["value"].iloc[0])

    def at(self, **keys: str) -> float:
        """
        Value of one row.

        Parameters
        ----------
        keys
            Its key columns, as `at(city_id="310000")` or `at(from_id="330100", to_id="310000")`.

        Raises
        ------
        InputError
            If there is no such row.
        """
        if set(keys) != set(self.measure.keys):
            wanted = ", ".join(self.measure.keys) or "nothing"
            msg = f"measure {self.measure.name!r}: a row is named by {wanted}; found {', '.join(keys) or 'nothing'}."
            raise InputError(msg)
        chosen = np.ones(len(self.table), dtype=bool)
        for name, key in keys.items():
            chosen &= (self.table[name] == key).to_numpy()
        if not chosen.any():
            msg = f"measure {self.measure.name!r} has no row with {keys}."
            raise InputError(msg)
        return float(self.table.loc[chosen, "value"].iloc[0])


@dataclass(frozen=True, slots=True)
class Results(Mapping[str, Result]):
    """
    Results by name of the measure.

    Attributes
    ----------
    found
        Those that could be computed.
    missing
        Why others could not, where all measures were asked for.
    """

    found: Mapping[str, Result]
    missing: Mapping[str, NoDataError] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Result:
        if name in self.missing:
            raise self.missing[name]
        return self.found[name]

    def _repr_html_(self) -> str:
        rows = [(name, each.measure.title.en, each.measure.unit, len(each.table)) for name, each in self.found.items()]
        rows += [(name, str(problem), "", 0) for name, problem in self.missing.items()]
        facts = {"computed": len(self.found), "missing": len(self.missing)}
        return shown("Results", facts, ("measure", "what", "unit", "rows"), rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def run(
    region: Region,
    scenario: Scenario | ShippedScenario | str | None = None,
    *,
    measures: Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """
    Compute measures of a region, or take what was computed before from exactly the same.

    Parameters
    ----------
    region
        Region to measure.
    scenario
        What is changed first: a scenario, the name of one that ships, or a scenario file; None = nothing.
    measures
        Names of measures; all by default that need no parameter beside those given.
    parameters
        Parameters for those of the measures that have them; the others take their defaults.
    progress
        Called with the number of measures done and their total.

    Returns
    -------
    Results
        With all measures asked for, those whose data are missing are listed in `missing`.

    Raises
    ------
    NoDataError
        If data of a measure that was named are missing.
    InputError
        If a measure or a parameter is unknown or cannot be used, or the scenario cannot be applied.

    Examples
    --------
    >>> import megaregion as mr
    >>> results = mr.run(mr.open("yrd"), measures=["gdp_share"], parameters={"year": 2021})
    >>> round(results["gdp_share"].value, 2)
    0.24
    """
    given = dict(parameters or {})
    chosen = _chosen(measures, given)
    _check_used(given, chosen)
    scenario = _named(scenario)
    changed, about = apply(region, scenario)
    before = _base(region, scenario) if any(each.change for each in chosen) else None
    about |= {"region": region.name, "version": region.version, "content": content_hash(changed)}
    store = result_cache.store_of(region)
    found: dict[str, Result] = {}
    missing: dict[str, NoDataError] = {}
    for done, each in enumerate(chosen):
        names = {parameter.name for parameter in each.parameters}
        asked = each.read({name: value for name, value in given.items() if name in names}, changed)
        try:
            found[each.name] = _result(each, asked, (before if each.change else None, changed), about, store)
        except NoDataError as problem:
            if measures is not None:
                raise
            missing[each.name] = problem
        if progress is not None:
            progress(done + 1, len(chosen))
    return Results(found, missing)


def apply(region: Region, scenario: Scenario | ShippedScenario | str | None) -> tuple[Region, dict[str, Any]]:
    """
    Apply a scenario, given as such, by the name of one that ships or as a file.

    Returns
    -------
    The region changed, and the name and id of the scenario (None = none).

    Raises
    ------
    InputError
        If there is no such scenario or it cannot be applied.
    """
    scenario = _named(scenario)
    if scenario is None:
        return region, {"scenario": None, "scenario_id": None}
    plain = scenario.scenario if isinstance(scenario, ShippedScenario) else scenario
    return scenario.apply(region).region, {"scenario": plain.name, "scenario_id": plain.id}


def _named(scenario: Scenario | ShippedScenario | str | None) -> Scenario | ShippedScenario | None:
    """Read a scenario that is given by the name of one that ships, or as a file."""
    if not isinstance(scenario, str):
        return scenario
    if scenario in scenario_names():
        return example_scenario(scenario)
    from megaregion.region.scenario_file import ScenarioFile  # noqa: PLC0415

    return ScenarioFile.read(scenario).scenario


def _base(region: Region, scenario: Scenario | ShippedScenario | None) -> Region | None:
    """Region that a scenario is compared with; None without one."""
    return scenario.base(region) if isinstance(scenario, ShippedScenario) else region if scenario else None


def _chosen(names: Sequence[str] | str | None, given: Mapping[str, Any]) -> list[Measure]:
    if names is None:
        return [each for each in measures().values() if set(each.asks) <= set(given)]
    return [measure(name) for name in ([names] if isinstance(names, str) else names)]


def _check_used(given: Mapping[str, Any], chosen: Sequence[Measure]) -> None:
    """Refuse a parameter that none of the measures has."""
    known = {parameter.name for each in chosen for parameter in each.parameters}
    for name in given:
        if name not in known:
            msg = f"no measure asked for has a parameter {name!r}; they have {', '.join(sorted(known)) or 'none'}."
            raise InputError(msg)


def _result(
    each: Measure,
    parameters: dict[str, Any],
    sides: tuple[Region | None, Region],
    about: Mapping[str, Any],
    store: Any,
) -> Result:
    """Give one result; `sides` = the base, for a measure of a change, and the region that is measured."""
    before, region = sides
    if each.change and before is None:
        raise _no_scenario(each)
    software = {"megaregion": program_id()}
    key = result_key(
        region=str(about["content"]) if before is None else f"{content_hash(before)} {about['content']}",
        scenario=str(about["scenario_id"] or ""),
        measure=each.name,
        parameters=parameters,
        software=software,
    )
    kept = result_cache.kept(store, key)
    if kept is not None:
        table, description = kept
        notices = Notices(Notice(**notice) for notice in description.pop("notices"))
        return Result(each, parameters, table, {**description, **about, "key": key}, notices)
    figures = each.function(region, **parameters) if before is None else each.function(before, region, **parameters)
    table = figures.table.reset_index(drop=True)
    inputs, settings = _inputs(region, figures.basis), _plain(figures.settings)
    assumptions = each.assumed(parameters, settings)
    description = {
        "formula": each.formula.en,
        "formula_zh": each.formula.zh,
        "software": software["megaregion"],
        "settings": settings,
        "status": worst_status((entry.get("status") for entry in inputs), modelled=bool(assumptions)),
        "assumptions": [{"en": words.en, "zh": words.zh} for words in assumptions],
        "inputs": inputs,
    }
    result_cache.keep(store, key, table, {**description, "notices": [_plain_notice(n) for n in figures.notices]})
    return Result(each, parameters, table, {**description, **about, "key": key}, figures.notices)


def _no_scenario(each: Measure) -> NoDataError:
    return NoDataError(
        f"measure {each.name!r} is of what a scenario changes, and none is given.",
        f"指标 {each.name!r} 衡量情景带来的变化，但未给出情景。",
        needs=(
            f"Give one, a file or the name of one that ships: megaregion measure {each.name} --scenario FILE.",
            f"请给出情景（文件或内置情景名）：megaregion measure {each.name} --scenario 文件。",
        ),
    )


def _inputs(region: Region, basis: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """One entry for each table, source, year, vintage and status of the rows that values rest on."""
    sources = {str(row["source_id"]): row for row in region.table("sources").to_dict("records")}
    found: list[dict[str, Any]] = []
    for table, rows in basis.items():
        names = [name for name in ("source_id", "year", "vintage", "status") if name in rows.columns]
        if not names:
            found.append({"table": table, "rows": len(rows)})
            continue
        for values, group in rows.groupby(names, dropna=False, sort=True):
            entry = {"table": table, "rows": len(group)}
            entry |= {name: _scalar(value) for name, value in zip(names, values, strict=True)}
            source = sources.get(str(entry.get("source_id")), {})
            entry |= {"published" if name == "year" else name: _scalar(source[name]) for name in _SOURCE if source}
            found.append(entry)
    return found


def _scalar(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124 - not a number


def _plain(value: Any) -> Any:
    """Give plain JSON values: what is kept and read again must be the same as what was computed."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=str))


def _plain_notice(notice: Notice) -> dict[str, Any]:
    return {name: _plain(getattr(notice, name)) for name in notice.__slots__}
