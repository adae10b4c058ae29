"""The views: measures, matrices, tables, evidence, scenarios, sources and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from megaregion.errors import InputError
from megaregion.publish.plain import plain
from megaregion.publish.server_errors import MissingError, notices_of
from megaregion.publish.server_notes import COLUMNS
from megaregion.publish.server_view import View
from megaregion.region.edit import edit_values
from megaregion.region.schema import schemas, suggest
from megaregion.study.evidence import evidence
from megaregion.study.measures import UNITS, Words, measures
from megaregion.study.run import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.publish.server_notes import Notes
    from megaregion.publish.server_query import Query
    from megaregion.publish.server_region import Served
    from megaregion.study.measures import Measure
    from megaregion.study.run import Result

PAGE = 100
MAX_PAGE = 1_000
"""Rows of a table on one page, by default and at most."""

MAX_OFFSET = 1_000_000_000

FILTERS = {"value": (), "city": ("city",), "pair": ("from", "to"), "zone": ()}
"""Filters of a measure by its shape."""


def list_measures(served: Served, query: Query) -> View:
    """List the measures."""
    del served
    query.finish()
    rows = [
        {
            "name": each.name,
            "title": each.title.en,
            "title_zh": each.title.zh,
            "unit": each.unit,
            "shape": each.shape,
            "question": each.question,
            "parameters": ", ".join(parameter.name for parameter in each.parameters),
            "formula": each.formula.en,
            "formula_zh": each.formula.zh,
        }
        for each in measures().values()
    ]
    return View(
        title=Words("Measures", "指标"),
        about=Words("What can be asked of this region.", "可查询的指标。"),
        columns=list(rows[0]),
        rows=rows,
        total=len(rows),
        links={"name": "/measures/{}"},
    )


def known_measure(name: str) -> Measure:
    """
    Give a measure that an address names.

    Raises
    ------
    MissingError
        If there is none.
    """
    known = measures()
    if name not in known:
        msg = f"no measure {name!r}; /measures lists them.{suggest(name, list(known))}"
        raise MissingError(msg)
    return known[name]


def show_measure(served: Served, query: Query, name: str, *, lang: str = "en") -> View:
    """
    Show the values of a measure.

    Raises
    ------
    InputError
        If a parameter or a filter cannot be used.
    """
    each = known_measure(name)
    wanted = {key: query.text(key) for key in FILTERS[each.shape]}
    result, lasting = _measured(served, each, query)
    table = result.table
    for key, text in wanted.items():
        if text:
            column = "city_id" if key == "city" else f"{key}_id"
            table = table[table[column] == str(served.region.city(text)["city_id"])]
    key = "zone_id" if each.shape == "zone" else "city_id"
    places = served.region.table("zones" if each.shape == "zone" else "cities").set_index(key)
    names = places["name"] if lang == "zh" else places["name_en"].fillna(places["name"])
    for column in each.keys:
        if column in table:
            table = table.copy()
            place = list(table.columns).index(column) + 1
            table.insert(place, column.removesuffix("_id"), table[column].map(names))
    return View.of(
        table,
        each.title,
        about=each.formula,
        facts=_facts(result),
        units={"value": each.unit} | {name: column.unit for name, column in each.columns.items() if column.unit},
        heads={name: column.title for name, column in each.columns.items()},
        links={"city_id": f"/measures/{name}?city={{}}", "from_id": f"/measures/{name}?from={{}}"},
        lasting=lasting,
    )


def show_matrix(served: Served, query: Query, name: str, *, lang: str = "en") -> View:
    """
    Show a measure of pairs as a matrix, origin by destination.

    Raises
    ------
    InputError
        If the measure is not one of pairs, or a parameter cannot be used.
    """
    each = known_measure(name)
    if each.shape != "pair":
        pairs = ", ".join(one.name for one in measures().values() if one.shape == "pair")
        msg = f"measure {name!r} has a value for each {each.shape}, not for pairs; matrices are {pairs}."
        raise InputError(msg)
    result, lasting = _measured(served, each, query)
    cities = served.region.table("cities").set_index("city_id")
    ids = sorted(set(result.table["from_id"]) | set(result.table["to_id"]))
    values = matrix_of(result, ids)
    frame = pd.DataFrame(values, columns=ids)
    frame.insert(0, "from_id", ids)
    names = cities["name"] if lang == "zh" else cities["name_en"].fillna(cities["name"])
    return View.of(
        frame,
        each.title,
        about=each.formula,
        facts={**_facts(result), "cities": {city: str(names.get(city, city)) for city in ids}},
        units=dict.fromkeys(ids, each.unit),
        heads={city: Words(str(names.get(city, city)), str(names.get(city, city))) for city in ids},
        links={"from_id": f"/measures/{name}?from={{}}"},
        lasting=lasting,
    )


def matrix_of(result: Result, ids: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n, n) float64 in the unit of a measure of pairs, origin by destination; nan = no data and on the diagonal."""
    at = {city: position for position, city in enumerate(ids)}
    known = result.table[result.table["from_id"].isin(at) & result.table["to_id"].isin(at)]
    values = np.full((len(ids), len(ids)), np.nan)
    values[known["from_id"].map(at).to_numpy(), known["to_id"].map(at).to_numpy()] = known["value"].to_numpy(float)
    np.fill_diagonal(values, np.nan)
    return values


def list_tables(served: Served, query: Query) -> View:
    """List the tables of the region that hold rows."""
    query.finish()
    rows = [{"table": name, "rows": len(served.region.table(name))} for name in sorted(served.region.tables)]
    rows = [row for row in rows if row["rows"]]
    return View(
        title=Words("Tables", "数据表"),
        about=Words("What the region holds.", "区域包含的数据。"),
        columns=("table", "rows"),
        rows=rows,
        total=len(rows),
        links={"table": "/tables/{}"},
    )


def show_table(served: Served, query: Query, name: str) -> View:
    """
    Show a page of a table.

    Raises
    ------
    MissingError
        If there is no such table.
    InputError
        If a parameter cannot be used.
    """
    if name not in served.region.tables and name not in schemas():
        msg = f"no table {name!r}; /tables lists them.{suggest(name, list(schemas()))}"
        raise MissingError(msg)
    offset = query.whole("offset", least=0, most=MAX_OFFSET, default=0)
    limit = query.whole("limit", least=1, most=MAX_PAGE, default=PAGE)
    query.finish()
    frame = served.region.table(name)
    page = frame.iloc[offset : offset + limit]
    if "geometry" in page:
        shapes = shapely.from_wkb(page["geometry"].to_numpy(dtype=object))
        page = page.assign(geometry=shapely.to_wkt(shapes, rounding_precision=5))
    return View.of(
        page,
        Words(f"Table {name}", f"数据表 {name}"),
        total=len(frame),
        facts={"table": name, "region": served.region.name, "version": served.region.version, "offset": offset},
        before=max(offset - limit, 0) if offset else None,
        next=offset + limit if offset + limit < len(frame) else None,
    )


def show_sources(served: Served, query: Query) -> View:
    """List where the figures come from."""
    query.finish()
    frame = served.region.table("sources")
    return View.of(frame, Words("Sources", "来源"), about=Words("Where the figures come from.", "数据出处。"))


def list_scenarios(served: Served, query: Query) -> View:
    """List the scenarios that can be looked at."""
    query.finish()
    rows = [offered.about() for offered in served.offered().values()]
    return View(
        title=Words("Scenarios", "方案"),
        about=Words(
            "What projects would change; add scenario=NAME to a measure.",
            "项目带来的变化；可在指标中加 scenario=名称。",
        ),
        columns=("name", "year", "stands_on", "kind", "edits", "comment", "id"),
        rows=rows,
        total=len(rows),
        links={"name": "/scenarios/{}"},
        lasting=False,
    )


def show_scenario(served: Served, query: Query, name: str) -> View:
    """
    List the edits of a scenario.

    Raises
    ------
    MissingError
        If there is none of that name.
    """
    query.finish()
    offered = served.scenario(name)
    scenario = offered.shipped.scenario
    rows = [
        {
            "number": number,
            "on": entry.on,
            "kind": entry.edit.kind,
            "comment": entry.comment,
            "fields": plain(edit_values(entry.edit)),
        }
        for number, entry in enumerate(scenario.entries, start=1)
    ]
    return View(
        title=Words(f"Scenario {name}", f"方案 {name}"),
        columns=("number", "on", "kind", "comment", "fields"),
        rows=rows,
        total=len(rows),
        facts={**offered.about(), "scenario": scenario.to_dict()},
        lasting=False,
    )


def show_evidence(served: Served, query: Query) -> View:
    """Show what data say about the claims."""
    query.finish()
    found = evidence(served.region)
    return View.of(
        found.table,
        Words("Evidence", "证据"),
        about=Words("What the data say about each claim.", "数据对各项说法的结论。"),
        facts=plain(found.to_dict()),
    )


def list_notes(notes: Notes, query: Query) -> View:
    """List the notes of readers."""
    query.finish()
    rows = notes.listed()
    return View(title=Words("Notes", "备注"), columns=COLUMNS, rows=rows, total=len(rows), lasting=False)


def _measured(served: Served, each: Measure, query: Query) -> tuple[Result, bool]:
    """Compute a measure with what is left of the parameters, and say whether its address will always give the same."""
    name = query.text("scenario")
    given = query.rest()
    each.read(given, served.region)
    offered = served.scenario(name) if name else None
    shipped = offered.shipped if offered else None
    result = run(served.region, shipped, measures=[each.name], parameters=given)[each.name]
    return result, offered is None or offered.kind != "kept"


def _facts(result: Result) -> Mapping[str, Any]:
    each = result.measure
    english, chinese = UNITS[each.unit]
    return {
        "measure": each.name,
        "unit": each.unit,
        "unit_words": {"en": english, "zh": chinese},
        "shape": each.shape,
        "parameters": plain(result.parameters),
        "provenance": plain(result.provenance),
        "notices": notices_of(result),
    }
