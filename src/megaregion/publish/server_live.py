"""The live functions: what the page asks about a point, a journey or a scenario."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility import journeys
from megaregion.mobility.places import Places
from megaregion.mobility.travel_time import travel_time_matrix
from megaregion.notices import Notices
from megaregion.publish.server_errors import notices_of
from megaregion.publish.server_guard import MAX_BODY
from megaregion.publish.server_isochrone import MAX_CUTOFF_MIN, MAX_CUTOFFS
from megaregion.publish.server_notes import LENGTHS, MAX_NOTES
from megaregion.publish.server_runs import LONGEST_S, MAX_WAITING
from megaregion.publish.server_view import FORMATS
from megaregion.study.city_travel import city_figure
from megaregion.study.compare import VERDICTS, judge
from megaregion.study.content_key import program_id
from megaregion.study.ends import end_of
from megaregion.study.measures import measures
from megaregion.study.reached_land import WINDOW
from megaregion.study.regions import titles
from megaregion.study.walking import Walking

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from megaregion.publish.server_query import Query
    from megaregion.publish.server_region import Offered, Served, State

_CHECKED = ("scenario", "toml", "name", "stands_on", "year", "from")
_RUN = ("scenario", "toml", "name", "stands_on", "year", "measures", "parameters")
_KEPT = ("scenario", "toml", "stands_on", "year", "name")


def about(served: Served, *, paces: Mapping[str, int]) -> dict[str, Any]:
    """Tell what is served and what can be asked."""
    english, chinese = titles(served.region)
    years = served.years
    timed = bool(years)
    kept = served.folder is not None and not served.read_only
    return {
        "region": {
            "name": served.region.name,
            "title": {"en": english, "zh": chinese},
            "version": served.region.version,
            "content": served.content,
            "folder": _folder(served),
        },
        "software": f"megaregion {program_id().split()[0]}",
        "years": years,
        "scenarios": [offered.about() for offered in served.offered().values()],
        "capabilities": {
            "isochrone": timed,
            "journey": timed,
            "check": timed,
            "runs": True,
            "save_scenarios": kept,
            "notes": "read-only" if served.read_only else "kept" if served.folder else "memory",
        },
        "read_only": served.read_only,
        "limits": {
            "body_bytes": MAX_BODY,
            "posts_per_minute": paces["post"],
            "isochrones_per_minute": paces["live"],
            "runs_waiting": MAX_WAITING,
            "run_seconds": LONGEST_S,
            "cutoff_min": MAX_CUTOFF_MIN,
            "cutoffs": MAX_CUTOFFS,
            "notes": MAX_NOTES,
            "note_characters": LENGTHS["text"],
        },
        "formats": [ending.removeprefix(".") or "html" for ending in FORMATS],
        "measures": list(measures()),
    }


def journey(served: Served, query: Query) -> dict[str, Any]:
    """
    Find journeys, leg by leg.

    Raises
    ------
    InputError
        If a parameter cannot be used.
    """
    start = query.needed("from", "杭州")
    goal = query.needed("to", "上海")
    depart, arrive_by = query.text("depart"), query.text("arrive")
    year, scenario = query.text("year"), query.text("scenario")
    query.finish()
    if depart and arrive_by:
        msg = "give one of depart (leave then or later) and arrive (be there by then), not both."
        raise InputError(msg)
    state = served.state(year, scenario)
    ways = served.ways(state)
    # a point is left over the ground that isochrones go over: where all is rail, nobody walks to a station
    ground = Walking(ways.spread.ground, ways.spread.max_time_s, ways.walks.rules)
    ends = [
        end_of(state.region, ways.timetable, text, ground, arriving=arriving)
        for text, arriving in ((start, False), (goal, True))
    ]
    found = []
    if ends[0].ids != ends[1].ids:
        found = journeys(ways.timetable, *ends, depart=depart or (None if arrive_by else "08:00"), arrive_by=arrive_by)
    return {
        "journeys": [each.to_dict() for each in found],
        "state": state.about(),
        "date": ways.timetable.date,
        "feeds": list(ways.timetable.feed_ids),
        "change_rule": ends[0].rule,
        "notices": notices_of(_Found(Notices(dict.fromkeys([*ends[0].notices, *ends[1].notices])))),
    }


def check(served: Served, body: Any) -> dict[str, Any]:
    """
    Make the edits of a scenario and compare travel times from one city: the cheap look before a run.

    Raises
    ------
    InputError
        If the body cannot be read, or the edits cannot be made.
    """
    given = _object(body, _CHECKED)
    offered = served.sent(given)
    origin = given.get("from")
    if origin is not None and not isinstance(origin, str):
        msg = f"from is {origin!r}; expected the id or name of a city."
        raise InputError(msg)
    before, after = served.base(offered), served.applied(offered)
    cities = served.region.table("cities").sort_values("city_id").reset_index(drop=True)
    if cities.empty:
        msg = f"region {served.region.name!r} has no cities; bring them with `megaregion import table cities FILE`."
        raise InputError(msg)
    chosen = str(served.region.city(origin)["city_id"]) if origin else _largest(served, cities, after.year)
    sides = [_times_from(served, state, cities, chosen) for state in (before, after)]
    rows = judge(cities[["city_id"]].assign(before_s=sides[0], after_s=sides[1]))
    rows = rows[rows["city_id"] != chosen].rename(columns={"city_id": "to_id"})
    counts = rows["verdict"].value_counts()
    scenario = offered.shipped.scenario
    result = after.result
    return {
        "ok": True,
        "name": offered.name,
        "scenario_id": scenario.id,
        "edits": [
            {
                "number": number,
                "kind": entry.edit.kind,
                "on": entry.on,
                "touched": dict(result.touched.get(number, {})) if result else {},
            }
            for number, entry in enumerate(scenario.entries, start=1)
        ],
        "from": chosen,
        "statistic": "typical_time",
        "rows": rows.to_dict("records"),
        "counts": {verdict: int(counts[verdict]) for verdict in VERDICTS if verdict in counts},
        "state": after.about(),
        "notices": notices_of(result),
    }


def run_request(served: Served, body: Any) -> dict[str, Any]:
    """
    Read what a run is asked for, so that what is wrong is said at once.

    Returns
    -------
    Request for `server_worker.answer`.

    Raises
    ------
    InputError
        If the body cannot be read, the edits cannot be made, or a measure or parameter is not known.
    """
    given = _object(body, _RUN)
    offered = served.sent(given) if any(given.get(key) is not None for key in ("scenario", "toml", "name")) else None
    if offered is not None:
        served.applied(offered)
    parameters = given.get("parameters") or {}
    if not isinstance(parameters, dict):
        msg = f"parameters is {parameters!r}; expected an object, as {{'minutes': 60}}."
        raise InputError(msg)
    names = given.get("measures")
    if names is None:
        names = [name for name, each in measures().items() if each.question and set(each.asks) <= set(parameters)]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        msg = f"measures is {names!r}; expected a list of names, as ['typical_time']."
        raise InputError(msg)
    known = measures()
    for name in names:
        if name not in known:
            msg = f"no measure {name[:80]!r}; there are {', '.join(known)}."
            raise InputError(msg)
    used = {parameter.name for name in names for parameter in known[name].parameters}
    for name in parameters:
        if name not in used:
            msg = f"no measure asked for has a parameter {name[:80]!r}; they have {', '.join(sorted(used)) or 'none'}."
            raise InputError(msg)
    for name in names:
        own = {parameter.name for parameter in known[name].parameters}
        known[name].read({key: value for key, value in parameters.items() if key in own}, served.region)
    return {
        "region": served.source,
        "version": served.region.version,
        "scenario": _document(offered) if offered else None,
        "measures": list(dict.fromkeys(names)),
        "parameters": parameters,
    }


def keep_scenario(served: Served, body: Any) -> dict[str, Any]:
    """
    Keep a scenario with the region folder.

    Raises
    ------
    InputError
        If the body cannot be read, or the edits cannot be made.
    ConflictError
        If there is one of that name.
    """
    given = _object(body, _KEPT)
    name = given.pop("name", None)
    if not isinstance(name, str):
        msg = f"name is {name!r}; expected the name to keep the scenario under, as lake-line."
        raise InputError(msg)
    offered = served.sent(given)
    served.applied(offered)
    served.keep(offered, name)
    return served.scenario(name).about()


def read_body(data: bytes) -> Any:
    """
    Read JSON.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError as problem:
        msg = "the body is nested too deeply; a scenario is a list of edits."
        raise InputError(msg) from problem
    except ValueError as problem:
        msg = f"the body is not JSON: {str(problem)[:200]}. Send UTF-8 text as {{...}}."
        raise InputError(msg) from problem


class _Found:
    """Holds notices, as results and errors do."""

    def __init__(self, notices: Notices) -> None:
        self.notices = notices


def _no_constant(text: str) -> float:
    msg = f"{text} is no number"
    raise ValueError(msg)


def _object(body: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(body, dict):
        msg = f"the body is {type(body).__name__}; expected an object with {', '.join(keys)}."
        raise InputError(msg)
    for key in body:
        if key not in keys:
            msg = f"the body has no field {key[:80]!r}; the fields are {', '.join(keys)}."
            raise InputError(msg)
    return dict(body)


def _document(offered: Offered) -> dict[str, Any]:
    shipped = offered.shipped
    return {
        "name": offered.name,
        "document": shipped.scenario.to_dict(),
        "stands_on": shipped.stands_on,
        "year": shipped.year,
    }


def _folder(served: Served) -> str | None:
    """Folder as the command named it; of an absolute path the last part, as a reader need not know the rest."""
    if served.folder is None:
        return None
    return served.folder.name if served.folder.is_absolute() else served.folder.as_posix()


def _largest(served: Served, cities: pd.DataFrame, year: int) -> str:
    people = city_figure(served.region, "population_census", year)
    return str(people.idxmax()) if len(people) else str(cities["city_id"].iloc[0])


def _times_from(served: Served, state: State, cities: pd.DataFrame, origin: str) -> np.ndarray[Any, Any]:
    """(n_cities,) float64, s: the median journey of the day from one city, as measure `typical_time`."""
    timetable = served.ways(state).timetable
    leaving = Places.cities(timetable, cities[cities["city_id"] == origin])
    times = travel_time_matrix(timetable, leaving, Places.cities(timetable, cities), window=WINDOW, percentiles=(50,))
    found: np.ndarray[Any, Any] = times.travel_time_s[0, 0].astype(np.float64)
    return found
