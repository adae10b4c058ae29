"""
The process in which runs are computed: one request a line on stdin, one event a line on stdout.

It lives as long as its server: when stdin ends, so does it, in the middle of a run if need be. Being a process of its
own it can be killed, and a kernel that takes long never stops a reader.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

from megaregion.errors import NoDataError
from megaregion.publish.atlas_measures import plain_measures
from megaregion.publish.atlas_states import NO_CHOICE, AtlasState, AtlasStudy, choice_of
from megaregion.publish.server_errors import error_shape, notices_of, to_json
from megaregion.region.scenario import Scenario
from megaregion.study.city_travel import timetable_years
from megaregion.study.measures import Words, measure
from megaregion.study.regions import ShippedScenario, open_region
from megaregion.study.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from megaregion.region.model import Region
    from megaregion.study.run import Result

BASE, SCENARIO = "base", "scenario"


def main() -> None:
    """Answer requests until there are no more."""
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    # what is printed by others must not be taken for an event
    events, sys.stdout = sys.stdout, sys.stderr

    def say(event: Mapping[str, Any]) -> None:
        events.write(to_json(event).decode("utf-8") + "\n")
        events.flush()

    opened: dict[tuple[str, str], Region] = {}
    while True:
        request = json.loads(requests.get())
        try:
            say({"event": "done", "result": answer(request, opened, say)})
        except Exception as problem:  # noqa: BLE001 - the server must hear of whatever happened
            shape = error_shape(problem)
            if shape["status"] == 500:
                print(f"run failed: {type(problem).__name__}: {problem}", file=sys.stderr)  # noqa: T201
            say({"event": "failed", "error": shape})


def answer(
    request: Mapping[str, Any], opened: dict[tuple[str, str], Region], say: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    """
    Compute the measures of a request on both sides.

    Parameters
    ----------
    request
        region (folder or example), version, scenario ({"name", "document", "stands_on", "year"} or None), measures,
        parameters.
    opened
        Regions opened before.
    say
        Called with progress.

    Returns
    -------
    The result of a run, see `docs/server.md`.
    """
    region = _opened(request, opened)
    given = request["scenario"]
    scenario = None
    if given:
        scenario = ShippedScenario(
            name=given["name"],
            example=region.name,
            scenario=Scenario.from_dict(given["document"]),
            stands_on=given["stands_on"],
            year=given["year"],
        )
    base = scenario.base(region) if scenario else region
    sides: dict[str, tuple[Region, ShippedScenario | None]] = {BASE: (base, None)}
    if scenario:
        sides[SCENARIO] = (region, scenario)
    names = list(request["measures"])
    results: dict[tuple[str, str, str], Result] = {}
    missing: dict[str, NoDataError] = {}
    done, total = 0, len(names) * len(sides)
    for name in names:
        each = measure(name)
        known = {parameter.name for parameter in each.parameters}
        asked = {key: value for key, value in request["parameters"].items() if key in known}
        if "year" in known and scenario:
            asked.setdefault("year", scenario.year)
        for side, (where, what) in sides.items():
            say({"event": "progress", "done": done, "total": total, "measure": name})
            try:
                found = run(where, what, measures=[name], parameters=asked)[name]
            except NoDataError as problem:
                missing[name] = problem
            else:
                results[name, _variant(found), side] = found
            done += 1
    say({"event": "progress", "done": done, "total": total, "measure": names[-1] if names else ""})
    years = timetable_years(region)
    year = scenario.year if scenario else int(request["parameters"].get("year") or years[-1] if years else 0)
    states = tuple(_state(side, scenario, year, where) for side, (where, _) in sides.items())
    cities = sorted(region.table("cities")["city_id"])
    study = AtlasStudy(states=states, results=results, missing=missing)
    about = {"name": scenario.name, "id": scenario.scenario.id, "stands_on": scenario.stands_on} if scenario else None
    return {
        "cities": cities,
        "scenario": about,
        "states": [
            {
                "id": each.id,
                "kind": each.kind,
                "label": {"en": each.label.en, "zh": each.label.zh},
                "year": each.year,
                "before": each.before,
            }
            for each in states
        ],
        "measures": plain_measures(study, cities, region.table("zones")["zone_id"].tolist()),
        "notices": _notices(results.values()),
    }


def _variant(result: Result) -> str:
    """Key of what was chosen where a measure has a choice, as in the data of the atlas."""
    choice = choice_of(result.measure)
    return NO_CHOICE if choice is None else f"{result.parameters[choice.name]:g}"


def _state(side: str, scenario: ShippedScenario | None, year: int, region: Region) -> AtlasState:
    """Describe a side as the atlas describes its states."""
    if side == SCENARIO and scenario is not None:
        label = Words(scenario.name, scenario.name)
        return AtlasState(
            id=side,
            kind="scenario",
            label=label,
            year=year,
            before=BASE,
            region=region,
            comment=scenario.scenario.comment,
        )
    if scenario is not None and scenario.stands_on:
        label = Words(f"without {scenario.name}", f"无{scenario.name}")
        return AtlasState(id=side, kind="base", label=label, year=year, region=region)
    return AtlasState(id=side, kind="year", label=Words(str(year), f"{year}年"), year=year, region=region)


def _notices(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Each finding once, though many measures rest on the same timetable."""
    found = [notice for result in results for notice in notices_of(result)]
    return list({(notice["code"], notice["message"]): notice for notice in found}.values())


def _opened(request: Mapping[str, Any], opened: dict[tuple[str, str], Region]) -> Region:
    key = (request["region"], request["version"])
    if key not in opened:
        version = int(request["version"]) if request["version"].isdigit() else None
        opened[key] = open_region(request["region"], version=version)
    return opened[key]


def _read(requests: queue.Queue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    # the server is gone: nobody waits for what is being computed
    os._exit(0)


if __name__ == "__main__":
    main()
