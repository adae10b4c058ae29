"""The region that is served: its states, what is computed for each of them once, and the scenarios offered."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from megaregion.errors import InputError
from megaregion.publish.server_errors import MissingError
from megaregion.region.fingerprint import content_hash
from megaregion.region.scenario import Scenario
from megaregion.region.scenario_file import ScenarioFile
from megaregion.region.schema import suggest
from megaregion.region.toml_text import toml_text
from megaregion.study.city_travel import timetable_years
from megaregion.study.regions import ShippedScenario, example_scenario, examples, open_region, scenario_names
from megaregion.study.spread import Spread, spread_of
from megaregion.study.walking import Walking, walking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region
    from megaregion.region.scenario import ScenarioResult

FOLDER = "scenarios"
"""Folder within that of the region in which scenarios of readers are kept."""

MAX_EDITS = 200
"""Most edits of a scenario that a reader may send."""

KEPT_STATES = 8
"""Timetables that are kept in memory."""

Made = TypeVar("Made")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_STANDS_ON = ("", "metro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """
    A scenario that readers can choose, or have sent.

    Attributes
    ----------
    name
        Its name.
    kind
        shipped, given (with `--scenario`), kept (by a reader) or sent (with this request).
    shipped
        The scenario, what it stands on and its year.
    """

    name: str
    kind: str
    shipped: ShippedScenario

    def about(self) -> dict[str, Any]:
        """Describe it in a line."""
        return {
            "name": self.name,
            "year": self.shipped.year,
            "stands_on": self.shipped.stands_on,
            "id": self.shipped.scenario.id,
            "kind": self.kind,
            "comment": self.shipped.scenario.comment,
            "edits": len(self.shipped.scenario.entries),
        }


@dataclass(frozen=True, slots=True)
class State:
    """
    What is looked at: the region in a timetable year, with a scenario or without.

    Attributes
    ----------
    region
        With the edits made.
    year
        Timetable year.
    offered
        The scenario; None = the region as it is.
    result
        What the edits did.
    """

    region: Region
    year: int
    offered: Offered | None = None
    result: ScenarioResult | None = None

    def about(self) -> dict[str, Any]:
        """Name it."""
        return {"year": self.year, "scenario": self.offered.name if self.offered else None}


@dataclass(frozen=True, slots=True)
class Ways:
    """A timetable, how people walk, and over what one goes on from a stop."""

    timetable: Timetable
    walks: Walking
    spread: Spread


@dataclass(slots=True)
class Served:
    """
    A region opened to be served.

    Attributes
    ----------
    source
        Folder, or name of a shipped example.
    region
        As it was when the server began.
    folder
        Where it lies; None = a shipped example lies nowhere.
    given
        Scenarios of `--scenario`.
    read_only
        Whether nothing is kept.
    """

    source: str
    region: Region
    folder: Path | None
    given: Mapping[str, Offered] = field(default_factory=dict)
    read_only: bool = False
    content: str = ""
    _states: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict)
    _turn: Lock = field(default_factory=Lock)

    @classmethod
    def open(cls, source: str, *, scenarios: Sequence[str] = (), read_only: bool = False) -> Served:
        """
        Open a region and read the scenarios that are offered with it.

        Parameters
        ----------
        source
            Folder of a region, or the name of a shipped example; blank = the first example.
        scenarios
            Scenario files, or names of scenarios that ship.
        read_only
            Whether nothing is kept.

        Raises
        ------
        InputError
            If a scenario cannot be read.
        StorageError
            If there is no such region.
        """
        source = source or examples()[0]
        region = open_region(source)
        inside = source in examples() and not (Path(source) / "megaregion.json").exists()
        served = cls(source, region, None if inside else Path(source), read_only=read_only)
        served.content = content_hash(region)
        served.given = {each.name: each for each in map(served._from_file, scenarios)}
        return served

    @property
    def years(self) -> list[int]:
        """Timetable years, ascending."""
        return timetable_years(self.region)

    def offered(self) -> dict[str, Offered]:
        """Scenarios by name: those that ship, those given, those kept."""
        found: dict[str, Offered] = {}
        if self.region.name in examples():
            for name in scenario_names(self.region.name):
                found[name] = Offered(name=name, kind="shipped", shipped=example_scenario(name, self.region.name))
        found |= self.given
        for file in sorted((self.folder / FOLDER).glob("*.toml")) if self.folder else ():
            if file.stem not in found and _NAME.fullmatch(file.stem):
                found[file.stem] = self._kept(file)
        return found

    def scenario(self, name: str) -> Offered:
        """
        Give a scenario by name; a name is never taken for the path of a file.

        Raises
        ------
        MissingError
            If there is none of that name.
        """
        known = self.offered()
        if name not in known:
            msg = f"no scenario {name!r}; there are {', '.join(known) or 'none'}.{suggest(name, list(known))}"
            raise MissingError(msg)
        return known[name]

    def sent(self, body: Mapping[str, Any]) -> Offered:
        """
        Read the scenario of a request: an object, TOML text, or a name.

        Raises
        ------
        InputError
            If there is not just one, or it cannot be read.
        """
        ways = [key for key in ("scenario", "toml", "name") if body.get(key) is not None]
        if len(ways) != 1:
            found = " and ".join(ways) or "none"
            msg = f"give one of scenario (an object with edits), toml (text) and name; found {found}."
            raise InputError(msg)
        value = body[ways[0]]
        if ways == ["name"]:
            if not isinstance(value, str):
                msg = f"name is {value!r}; expected the name of a scenario."
                raise InputError(msg)
            return self.scenario(value)
        if ways == ["scenario"]:
            if not isinstance(value, dict):
                msg = f"scenario is {value!r}; expected an object, as {{'edits': [{{'kind': 'add_line', ...}}]}}."
                raise InputError(msg)
            scenario = Scenario.from_dict({"name": "unnamed", **value})
        else:
            if not isinstance(value, str):
                msg = f"toml is {value!r}; expected the text of a scenario file."
                raise InputError(msg)
            scenario = Scenario.from_toml(value)
        if len(scenario.entries) > MAX_EDITS:
            msg = f"the scenario has {len(scenario.entries)} edits; expected up to {MAX_EDITS}."
            raise InputError(msg)
        stands_on = body.get("stands_on") or ""
        if stands_on not in _STANDS_ON:
            msg = f"stands_on is {stands_on!r}; expected 'metro', or blank for the region as it is."
            raise InputError(msg)
        year = self.year(body.get("year"))
        name = scenario.name or "unnamed"
        shipped = ShippedScenario(
            name=name, example=self.region.name, scenario=scenario, stands_on=stands_on, year=year
        )
        return Offered(name=name, kind="sent", shipped=shipped)

    def year(self, given: Any) -> int:
        """
        Read a timetable year; None = the newest.

        Raises
        ------
        InputError
            If the region has no timetable of that year.
        """
        years = self.years
        if given is None and years:
            return years[-1]
        try:
            year = int(str(given))
        except ValueError:
            year = -1
        if year not in years or isinstance(given, bool):
            held = ", ".join(map(str, years)) or "no timetable; `megaregion import gtfs` brings one"
            msg = f"year is {given!r}; this region has {held}."
            raise InputError(msg)
        return year

    def state(self, year: Any = None, scenario: str | None = None) -> State:
        """
        Give what a year, or the name of a scenario, stands for.

        Raises
        ------
        InputError
            If both are given, or one of them is not known, or the scenario cannot be applied.
        """
        if scenario:
            offered = self.scenario(scenario)
            if year is not None and self.year(year) != offered.shipped.year:
                msg = f"scenario {scenario!r} is measured with {offered.shipped.year}; leave out year={year}."
                raise InputError(msg)
            return self.applied(offered)
        return State(self.region, self.year(year))

    def base(self, offered: Offered) -> State:
        """Give what a scenario is compared with."""
        shipped = offered.shipped
        if not shipped.stands_on:
            return State(self.region, shipped.year)

        def make() -> State:
            return State(shipped.base(self.region), shipped.year)

        return self._once(("base", shipped.stands_on, shipped.year), make)

    def applied(self, offered: Offered) -> State:
        """
        Make the edits of a scenario.

        Raises
        ------
        ScenarioError
            If they cannot be made; all problems together.
        """
        shipped = offered.shipped

        def make() -> State:
            result = shipped.scenario.apply(self.base(offered).region)
            return State(result.region, shipped.year, offered, result)

        return self._once(("applied", shipped.scenario.id, offered.name, shipped.stands_on, shipped.year), make)

    def ways(self, state: State) -> Ways:
        """Lay out the timetable of a state, or give the one laid out before."""

        def make() -> Ways:
            walks = walking(state.region)
            timetable = walks.timetable(state.region, year=state.year)
            return Ways(timetable, walks, spread_of([timetable], walks))

        return self._once(("ways", content_hash(state.region), state.year), make)

    def keep(self, offered: Offered, name: str) -> Path:
        """
        Keep a scenario with the region folder.

        Raises
        ------
        InputError
            If its name cannot be that of a file, or there is no folder.
        ConflictError
            If there is one of that name.
        StorageError
            If the disk refuses.
        """
        if not _NAME.fullmatch(name):
            msg = f"name is {name!r}; expected small letters, digits and dashes, up to 64, as in lake-line."
            raise InputError(msg)
        if self.folder is None:
            msg = (
                f"region {self.region.name!r} lies in no folder, so nothing can be kept with it. Write it to one and "
                f"serve that: megaregion demo {self.region.name} DIR, megaregion serve DIR."
            )
            raise InputError(msg)
        shipped = offered.shipped
        head = f"# stands_on = {shipped.stands_on!r}, year = {shipped.year}\n"
        document = {**shipped.scenario.to_dict(), "name": name}
        text = head + toml_text(document)
        path = self.folder / FOLDER / f"{name}.toml"
        ScenarioFile(path, text, Scenario.from_toml(text)).save()
        return path

    def _kept(self, file: Path) -> Offered:
        text = ScenarioFile.read(file)
        found = re.match(r"# stands_on = '(\w*)', year = (\d+)", text.text)
        stands_on, year = (found[1], int(found[2])) if found else ("", self.year(None))
        shipped = ShippedScenario(
            name=file.stem, example=self.region.name, scenario=text.scenario, stands_on=stands_on, year=year
        )
        return Offered(name=file.stem, kind="kept", shipped=shipped)

    def _from_file(self, name: str) -> Offered:
        known = self.offered()
        if name in known:
            return known[name]
        scenario = ScenarioFile.read(name).scenario
        shipped = ShippedScenario(
            name=scenario.name, example=self.region.name, scenario=scenario, stands_on="", year=self.year(None)
        )
        offered = Offered(name=scenario.name, kind="given", shipped=shipped)
        self.applied(offered)
        return offered

    def _once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        with self._turn:
            if key in self._states:
                self._states.move_to_end(key)
                known: Made = self._states[key]
                return known
        made = make()
        with self._turn:
            self._states[key] = made
            while len(self._states) > KEPT_STATES:
                self._states.popitem(last=False)
        return made
