"""Questions and measures as the atlas page takes them: words, values by state, and what every value rests on."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.publish.atlas_states import ALWAYS, NO_CHOICE, choice_of
from megaregion.publish.plain import plain
from megaregion.study.measures import UNITS, Words, measures
from megaregion.study.quantity import vintage
from megaregion.study.questions import QUESTIONS
from megaregion.study.reading import HIGHEST, LOWEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.publish.atlas_states import AtlasState, AtlasStudy
    from megaregion.study.measures import Measure
    from megaregion.study.run import Result

METRO = "metro"
"""Question that the shipped metro scenario answers; another scenario gets a question of its own."""

_OF_CITIES = {"cities", "city_facts"}
_SIGNIFICANT = 6
_INPUT = ("table", "source_id", "year", "vintage", "status", "rows")


def plain_measures(study: AtlasStudy, ids: Sequence[str], zone_ids: Sequence[str] = ()) -> list[dict[str, Any]]:
    """
    Give every measure that has a value or says what it needs, in the order of the registry.

    Parameters
    ----------
    study
        Results by measure, variant and state.
    ids
        City ids in the order in which the page counts them.
    zone_ids
        Ids of the zones in theirs.

    Returns
    -------
    Dictionaries as `docs/atlas.md` describes them: values stand in the order of `ids`, row-major for pairs, or in that
    of `zone_ids`; None = no data, "inf" = unreachable. Where a state has the values of one before it, `same` names
    that state.
    """
    found = []
    for name, measure in measures().items():
        held = {(variant, state): result for (held, variant, state), result in study.results.items() if held == name}
        if held or name in study.missing:
            found.append(_plain_measure(study, measure, held, zone_ids if measure.shape == "zone" else ids))
    return found


def plain_questions(study: AtlasStudy, shown: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """
    Give the questions in their order, each with its measures; a scenario asks one of its own.

    Parameters
    ----------
    study
        Its scenarios ask what they would change.
    shown
        Measures of the page.
    """
    # what a scenario changes answers the question of that scenario
    names = {measure["name"]: measure["question"] for measure in shown if not measure["change"]}
    changed = {state.id: _changed(state, shown) for state in study.states if state.kind == "scenario"}
    found = []
    metro = next((state for state in study.states if state.id in changed and _is_metro(study, state)), None)
    for question in QUESTIONS:
        own = [name for name, asked in names.items() if asked == question.id]
        if question.id == METRO and metro is not None:
            found.append(_question(question.id, question.words, [*changed.pop(metro.id), *own], metro))
        elif own:
            found.append(_question(question.id, question.words, own, None))
    for state in study.states:
        if state.id in changed:
            words = Words(f"What would “{state.label.en}” change?", f"“{state.label.zh}”会改变什么？")
            found.append(_question(f"scenario-{state.id}", words, changed[state.id], state))
    return found


def place_values(result: Result, ids: Sequence[str]) -> NDArray[np.float64]:
    """
    Bring the values of a result into the order of the cities, or of the zones where it has a value for each of these.

    Returns
    -------
    (1,) for the region, (n,) for cities and zones, (n, n) for pairs of cities; nan = no data, inf = unreachable.
    """
    table, shape = result.table, result.measure.shape
    values = table["value"].to_numpy(np.float64)
    if shape == "value":
        return values[:1]
    at = {city: position for position, city in enumerate(ids)}
    if shape in {"city", "zone"}:
        placed = np.full(len(ids), np.nan)
        rows = _positions(table[result.measure.keys[0]], at)
        placed[rows[rows >= 0]] = values[rows >= 0]
        return placed
    matrix = np.full((len(ids), len(ids)), np.nan)
    origin, destination = _positions(table["from_id"], at), _positions(table["to_id"], at)
    known = (origin >= 0) & (destination >= 0)
    matrix[origin[known], destination[known]] = values[known]
    np.fill_diagonal(matrix, np.nan)
    return matrix


def short(value: float, unit: str) -> Any:
    """
    Shorten a value for the page: whole seconds and counts, six significant figures of all else.

    Examples
    --------
    >>> short(2700.4, "s"), short(1234567890.0, "CNY"), short(math.inf, "s"), short(math.nan, "s")
    (2700, 1234570000, 'inf', None)
    """
    if not math.isfinite(value):
        return plain(value)
    if unit == "s":
        return round(value)
    rounded = float(f"{value:.{_SIGNIFICANT}g}")
    return int(rounded) if rounded == int(rounded) else rounded


def _positions(column: pd.Series, at: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([at.get(city, -1) for city in column.tolist()], dtype=np.int64)


def _plain_measure(
    study: AtlasStudy, measure: Measure, held: Mapping[tuple[str, str], Result], ids: Sequence[str]
) -> dict[str, Any]:
    chosen = choice_of(measure)
    order = [ALWAYS, *(state.id for state in study.states)]
    values: dict[str, dict[str, Any]] = {}
    for variant in dict.fromkeys(variant for variant, _ in held):
        seen: dict[str, list[Any]] = {}
        values[variant] = {}
        for state in order:
            if (variant, state) in held:
                row = [short(value, measure.unit) for value in place_values(held[variant, state], ids).ravel().tolist()]
                twin = next((known for known, other in seen.items() if other == row), None)
                seen[state] = row
                values[variant][state] = _about(held[variant, state], ids) | (
                    {"same": twin} if twin else {"values": row}
                )
    missing = None if held else study.missing.get(measure.name)
    return {
        "name": measure.name,
        "title": _words(measure.title),
        "unit": measure.unit,
        "unit_words": dict(zip(("en", "zh"), UNITS[measure.unit], strict=True)),
        "shape": measure.shape,
        "draw": _draw(measure),
        "formula": _words(measure.formula),
        "better": measure.better,
        "change": measure.change,
        "palette": measure.palette,
        "question": measure.question,
        "tables": list(measure.inputs),
        "choice": None
        if chosen is None
        else {"name": chosen.name, "about": _words(chosen.about), "values": list(chosen.choices)},
        "default": f"{chosen.default:g}" if chosen else NO_CHOICE,
        "values": values,
        "needs": None
        if missing is None
        else {"en": missing.needs[0], "zh": missing.needs[1], "what": _words(measure.needs)},
    }


def _draw(measure: Measure) -> str:
    """How a map shows it: an amount that a city has of itself is a circle, for areas would tell its size twice."""
    amount = measure.unit in {"CNY", "person", "km2"}
    return "circles" if measure.shape == "city" and amount and set(measure.inputs) <= _OF_CITIES else measure.shape


def _about(result: Result, ids: Sequence[str]) -> dict[str, Any]:
    """Give what the values of a state rest on."""
    known = result.provenance
    about: dict[str, Any] = {
        "key": known.get("key"),
        "status": known.get("status"),
        "scenario": known.get("scenario"),
        "parameters": {name: value for name, value in plain(result.parameters).items() if value is not None},
        "settings": {name: value for name, value in plain(known.get("settings", {})).items() if value is not None},
        "inputs": [
            {name: plain(entry[name]) for name in _INPUT if entry.get(name) is not None} | vintage_in_chinese(entry)
            for entry in known.get("inputs", ())
        ],
    }
    if known.get("assumptions"):
        about["assumptions"] = plain(known["assumptions"])
    if result.measure.shape in {"city", "value"} and {LOWEST, HIGHEST} <= set(result.table.columns):
        ends = {"low": LOWEST, "high": HIGHEST}
        about |= {end: _band(result, column, ids) for end, column in ends.items()}
    if result.measure.shape == "city" and "status" in result.table:
        at = {city: position for position, city in enumerate(ids)}
        doubtful = result.table[result.table["status"].isin(("unverified", "illustrative"))]
        flags = {
            str(status): sorted(at[city] for city in rows["city_id"].tolist() if city in at)
            for status, rows in doubtful.groupby("status")
        }
        if flags:
            about["flags"] = flags
    elif result.measure.shape == "value":
        row = result.table.drop(columns="value").iloc[0].to_dict()
        about["details"] = {str(name): plain(value) for name, value in row.items() if plain(value) is not None}
    return about


def _band(result: Result, column: str, ids: Sequence[str]) -> list[Any]:
    """Give an end of the band of each value, in the order of the values."""
    ends = replace(result, table=result.table.assign(value=result.table[column]))
    return [short(value, result.measure.unit) for value in place_values(ends, ids).tolist()]


def vintage_in_chinese(entry: Mapping[str, Any]) -> dict[str, str]:
    """Give the publication of a figure in Chinese, where it has one."""
    text = entry.get("vintage")
    return {"vintage_zh": vintage(text).zh} if isinstance(text, str) and text else {}


def _changed(state: AtlasState, shown: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the measures that a scenario changes: first those of the change itself, for people before all."""
    of_change = [each for each in shown if each["change"] and any(state.id in held for held in each["values"].values())]
    own = [each["name"] for each in sorted(of_change, key=lambda each: each["question"] != METRO)]
    return own + [
        measure["name"]
        for measure in shown
        if any(
            state.id in held
            and state.before in held
            and _resolved(held, state.id) != _resolved(held, str(state.before))
            for held in measure["values"].values()
        )
    ]


def _resolved(held: Mapping[str, Mapping[str, Any]], state: str) -> Any:
    about = held[state]
    return held[about["same"]]["values"] if "same" in about else about["values"]


def _is_metro(study: AtlasStudy, state: AtlasState) -> bool:
    """Tell whether a scenario is compared with the metro timetable of the example."""
    return any(other.kind == "base" and other.id == state.before for other in study.states)


def _question(name: str, words: Words, own: Sequence[str], state: AtlasState | None) -> dict[str, Any]:
    opens = {"state": state.id, "compare": "difference"} if state is not None else {}
    return {"id": name, "words": _words(words), "measures": list(dict.fromkeys(own)), "opens": opens}


def _words(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}
