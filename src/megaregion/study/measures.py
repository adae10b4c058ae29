"""
The registry of measures: an indicator is one declaration, and all that is shown of it comes from there.

Each file in `study/indicators` declares measures and the functions that compute them; `measures()` finds them all.
Tables of the command line, layers of the atlas, sections of the report and verdicts about claims read the declaration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from megaregion.region.model import Region
    from megaregion.study.assumption import Assumption

KEYS = {"value": (), "city": ("city_id",), "pair": ("from_id", "to_id"), "zone": ("zone_id",)}
"""Key columns of a measure's table, by shape."""

UNITS = {
    "s": ("s", "秒"),
    "share": ("share", "比例"),
    "CNY": ("CNY", "元"),
    "CNY/person": ("CNY a person", "元/人"),
    "person": ("people", "人"),
    "km": ("km", "公里"),
    "km2": ("km²", "平方公里"),
    "trains/day": ("trains a day", "列/日"),
    "cities": ("cities", "个城市"),
    "trains": ("trains", "列"),
    "index": ("index", "指数"),
}
"""Units that values come in, in English and Chinese; a measure of another unit adds it here."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same text in English and Chinese."""

    en: str
    zh: str

    def of(self, lang: str) -> str:
        """Text in a language, "en" or "zh"."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    What can be asked of a measure.

    Attributes
    ----------
    name
        Its keyword.
    kind
        "year" and "number" are numbers, "city" is an id or a name of a city, "text" anything; None is always allowed
        where the default is None.
    default
        What holds if nothing is said.
    about
        What it means.
    choices
        The values that it can have; empty = any.
    required
        Whether there is no default: the measure cannot be asked without it.
    """

    name: str
    kind: Literal["year", "number", "city", "text"]
    default: Any
    about: Words
    choices: tuple[Any, ...] = ()
    required: bool = False

    def read(self, value: Any, region: Region) -> Any:
        """
        Check a value, given as itself or as text.

        Raises
        ------
        InputError
            If it cannot be meant.
        """
        if value is None and self.default is None:
            return None
        found = self._number(value) if self.kind in {"year", "number"} else value
        if self.kind == "city":
            found = str(region.city(str(value))["city_id"])
        if self.kind == "text" and not isinstance(value, str):
            found = None
        if found is None or (self.choices and found not in self.choices):
            accepted = ", ".join(map(str, self.choices)) or {"year": "a year, as 2019", "number": "a number"}.get(
                self.kind, "text"
            )
            msg = f"parameter {self.name!r} is {value!r}; expected {accepted}."
            raise InputError(msg)
        return found

    def _number(self, value: Any) -> float | int | None:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if isinstance(value, bool) or not math.isfinite(number):
            return None
        # 90, 90.0 and "90" are one value, with one key in the cache
        found = int(number) if number == int(number) else number
        return found if self.kind == "number" or (isinstance(found, int) and 1800 <= found <= 2200) else None


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a measure's table beside its keys and its value.

    Attributes
    ----------
    title
        What people call it.
    unit
        One of `UNITS`; blank = none.
    """

    title: Words
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What the function of a measure gives back.

    Attributes
    ----------
    table
        The key columns of the measure's shape, `value` in its unit (NaN = not known, inf = unreachable) and further
        columns that explain it.
    basis
        Rows of the region that the values rest on, by table: their columns source_id, year, vintage and status become
        the evidence of the result.
    settings
        What was chosen on the way: years, dates, departure windows, rules.
    notices
        What was found.
    """

    table: pd.DataFrame
    basis: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notices: Notices = field(default_factory=Notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    One indicator.

    Attributes
    ----------
    name
        What it is called in code and on the command line.
    title
        What people call it.
    unit
        Unit of `value`, one of `UNITS`.
    shape
        What a row is of: "value" (the region), "city", "pair" (an ordered pair of cities), "zone" (of table `zones`).
    formula
        How it is computed, in one sentence.
    inputs
        Tables that it reads.
    needs
        What brings the data where they are missing: file and command.
    function
        `function(region, **parameters) -> Figures`; raises `NoDataError` where the data are missing. Of a change,
        `function(before, region, **parameters)`.
    parameters
        What can be asked.
    columns
        What its table has beside keys and value, by name.
    question
        Question of the atlas that it answers, one of `study.questions`; blank = none.
    better
        "less" or "more" where one of them is better; blank = neither.
    palette
        Colours of a map: a sequential palette for amounts, "diverging" where values are changes, above or below zero;
        differences are always diverging.
    by_year
        Whether parameter `year` gives another value for each year that the region knows.
    direct
        Whether it is the time of direct trains: inf = there is none, yet with a change it may be reached.
    change
        Whether it measures what a scenario changes: without one there is nothing to measure.
    assumes
        What it takes for granted and no data say: a result that rests on any of it is at best modelled. A figure that
        is read off its data, counted or added up assumes nothing.
    """

    name: str
    title: Words
    unit: str
    shape: Literal["value", "city", "pair", "zone"]
    formula: Words
    inputs: tuple[str, ...]
    needs: Words
    function: Callable[..., Figures]
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    question: str = ""
    better: Literal["", "less", "more"] = ""
    palette: str = "cividis"
    by_year: bool = False
    direct: bool = False
    change: bool = False
    assumes: tuple[Assumption, ...] = ()

    def assumed(self, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Words, ...]:
        """Say what a result with these parameters and settings assumes."""
        told = (each.told(parameters, settings) for each in self.assumes)
        return tuple(words for words in told if words is not None)

    @property
    def asks(self) -> tuple[str, ...]:
        """Parameters that it cannot be asked without."""
        return tuple(parameter.name for parameter in self.parameters if parameter.required)

    @property
    def keys(self) -> tuple[str, ...]:
        """Key columns of its table."""
        return KEYS[self.shape]

    def read(self, given: Mapping[str, Any], region: Region) -> dict[str, Any]:
        """
        Give every parameter its value: those given, checked, and the defaults of the others.

        Raises
        ------
        InputError
            If a parameter is not one of the measure, or has a value that it cannot have.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                accepted = ", ".join(known) or "none"
                msg = f"measure {self.name!r} has no parameter {name!r}; it has {accepted}.{suggest(name, list(known))}"
                raise InputError(msg)
        for name, parameter in known.items():
            if parameter.required and given.get(name) is None:
                msg = f"measure {self.name!r} cannot be asked without parameter {name!r}: {parameter.about.en}."
                raise InputError(msg)
        try:
            return {
                name: parameter.read(given[name], region) if name in given else parameter.default
                for name, parameter in known.items()
            }
        except InputError as problem:
            msg = f"measure {self.name!r}: {problem}"
            raise InputError(msg) from problem


@cache
def measures() -> Mapping[str, Measure]:
    """
    Give all measures by name, in the order of their files and declarations.

    Examples
    --------
    >>> measures()["gdp_share"].unit
    'share'
    """
    package = import_module("megaregion.study.indicators")
    found: dict[str, Measure] = {}
    for module in sorted(iter_modules(package.__path__), key=lambda each: each.name):
        for measure in import_module(f"{package.__name__}.{module.name}").MEASURES:
            if measure.name in found or measure.unit not in UNITS:
                msg = f"study/indicators/{module.name}.py: measure {measure.name!r} exists already or its unit is new."
                raise ValueError(msg)
            found[measure.name] = measure
    return found


def measure(name: str) -> Measure:
    """
    Give one measure by name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = measures()
    if name not in known:
        msg = f"no measure {name!r}; `megaregion measures` lists them.{suggest(name, list(known))}"
        raise InputError(msg)
    return known[name]
