"""Measures on the command line: the command measures, and what `measure NAME` and `compare --measure` print."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, open_region, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.study.compare_results import ResultComparison
    from megaregion.study.measures import Column, Measure
    from megaregion.study.regions import ShippedScenario
    from megaregion.study.run import Result

PAIRS_SHOWN = 20
"""Rows of a table of pairs that are printed where --top does not say how many."""

SOURCES_SHOWN = 5
"""Sources that are printed; --json and -o tell all."""

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Parameter of a measure, as year=2012; can be repeated."),
]

_SHAPES = {
    "value": ("one value", "单值"),
    "city": ("each city", "各市"),
    "pair": ("each pair of cities", "各城市对"),
    "zone": ("each zone", "各分区"),
}
_COLUMNS = {
    "name": ("measure", "指标"),
    "title": ("what it is", "含义"),
    "unit": ("unit", "单位"),
    "shape": ("for", "对象"),
    "parameters": ("parameters", "参数"),
    "question": ("question", "问题"),
}
_VERDICTS_ZH = {
    "better": "更好",
    "worse": "更差",
    "more": "增加",
    "less": "减少",
    "same": "不变",
    "newly reachable": "新可达",
    "no longer reachable": "不再可达",
    "unreachable": "不可达",
    "no data": "无数据",
}
VERDICTS_OF_TRAINS = {
    "newly reachable": ("newly direct", "新增直达"),
    "no longer reachable": ("no longer direct", "不再直达"),
    "unreachable": ("no direct train", "无直达列车"),
}
"""What verdicts are called where only direct trains count: without one a city may still be reached."""


@app.command()
def measures(as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """List the measures: what they are, units, parameters; `measure NAME` computes one."""
    import pandas as pd

    from megaregion.study.measures import UNITS
    from megaregion.study.measures import measures as known
    from megaregion.study.questions import QUESTIONS

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if out.json:
        out.data({"measures": [_declaration(each) for each in known().values()]})
        return
    asked = {question.id: question.words.of(lang) for question in QUESTIONS}
    rows = [
        {
            "name": each.name,
            "title": each.title.of(lang),
            "unit": UNITS[each.unit][lang == "zh"],
            "shape": _SHAPES[each.shape][lang == "zh"],
            "parameters": " ".join(
                f"{p.name}!" if p.required else f"{p.name}={_shown(p.default)}" for p in each.parameters
            ),
            "question": asked.get(each.question, ""),
        }
        for each in known().values()
    ]
    frame = pd.DataFrame(rows)
    frame.columns = pd.Index([_COLUMNS[str(name)][lang == "zh"] for name in frame.columns])
    out.table(frame)
    out.say(
        out.words(
            "\nmegaregion measure NAME --set year=2012 computes one; a parameter with ! must be given.",
            "\nmegaregion measure 指标 --set year=2012 计算一项；带 ! 的参数必须给出。",
        )
    )


def _declaration(each: Measure) -> dict[str, Any]:
    from dataclasses import asdict

    words = {name: asdict(getattr(each, name)) for name in ("title", "formula", "needs")}
    parameters = [asdict(parameter) for parameter in each.parameters]
    columns = {name: asdict(column) for name, column in each.columns.items()}
    plain = {name: getattr(each, name) for name in ("name", "unit", "shape", "inputs", "question", "better", "by_year")}
    return {**plain, **words, "parameters": parameters, "columns": columns}


def settings_of(given: Sequence[str] | None) -> dict[str, str]:
    """
    Read `--set name=value`.

    Raises
    ------
    InputError
        If one has no "=", or a name is given twice.

    Examples
    --------
    >>> settings_of(["year=2012", "hub=上海"])
    {'year': '2012', 'hub': '上海'}
    """
    from megaregion.errors import InputError

    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name or name in found:
            why = "is given twice" if name in found else f"is {text!r}; expected NAME=VALUE, as --set year=2012"
            msg = f"--set {name if name in found else ''} {why}.".replace("  ", " ")
            raise InputError(msg)
        found[name] = value.strip()
    return found


def print_measures(
    names: Sequence[str],
    settings: dict[str, str],
    *,
    region: str,
    scenario: str,
    top: int | None,
    file: str,
    out: Output,
) -> None:
    """
    Compute measures and print, or write, their tables.

    Raises
    ------
    InputError
        If a measure or a parameter cannot be meant, data are missing, or the file cannot be written.
    """
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.study.run import run

    if file and len(names) > 1:
        msg = f"-o holds one table, but {len(names)} measures are asked for: {', '.join(names)}. Run them one by one."
        raise InputError(msg)
    if file:
        check_suffix(Path(file))
    opened = open_region(region)
    with out.progress(out.words("measures", "指标")) as progress:
        results = run(opened, scenario or None, measures=list(names), parameters=settings, progress=progress)
    cities, zones = opened.table("cities"), opened.table("zones")
    told = []
    for result in results.values():
        out.notices(result.notices)
        table = _named(result.table, cities, zones)
        if file:
            path = write_table(table, Path(file), {"command": "measure", **_about(result)})
            out.say(out.words(f"results: {path}", f"结果：{path}"))
        told.append({**_about(result), "rows": table.to_dict("records")})
        if not out.json and not file:
            _print_result(result, table, cities, top, out)
    if out.json:
        out.data({"measures": told})


def compare_measure(
    sides: tuple[str, str], name: str, settings: dict[str, str], *, region: str, top: int, file: str, out: Output
) -> None:
    """
    Print, or write, two results of a measure side by side.

    Raises
    ------
    InputError
        If a side cannot be meant, or the two cannot be compared.
    """
    from pathlib import Path

    from megaregion.notices import Notices
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.study.compare import compare
    from megaregion.study.regions import example_scenario, scenario_names

    if file:
        check_suffix(Path(file))
    opened = open_region(region)
    shipped = next((example_scenario(side) for side in sides if side in scenario_names()), None)
    base = shipped.base(opened) if shipped else opened
    with out.progress(out.words(name, name)) as progress:
        results = []
        for what in sides:
            results.append(_side(opened, base, what, name, settings, shipped))
            progress(len(results), 2)
    # both sides often find the same
    out.notices(Notices(dict.fromkeys(notice for result in results for notice in result.notices)))
    compared = compare(results[0], results[1])
    about = {"command": "compare", "sides": list(sides), **compared.provenance}
    table = _named(compared.table, opened.table("cities"), opened.table("zones"))
    if file:
        path = write_table(table, Path(file), about)
        out.say(out.words(f"results: {path}", f"结果：{path}"))
    if out.json:
        rows = table.to_dict("records")
        out.data({"measure": name, "counts": compared.counts, "provenance": about, "rows": rows})
    elif not file:
        _print_comparison(compared, table, sides, top, out)


def _side(
    opened: Any, base: Any, what: str, name: str, settings: dict[str, str], shipped: ShippedScenario | None
) -> Result:
    """Compute one side: a timetable year, `base` or a scenario; `base` is what a shipped scenario stands on."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.study.measures import measure
    from megaregion.study.regions import scenario_names
    from megaregion.study.run import run

    declared = measure(name)
    has_year = any(parameter.kind == "year" for parameter in declared.parameters)
    asked: dict[str, Any] = dict(settings)
    if what.isdigit():
        if not has_year or "year" in settings:
            why = (
                "--set year=... and a year to compare are both given" if has_year else f"measure {name!r} has no years"
            )
            msg = f"{what}: {why}; compare 'base' with a scenario, or two years of a measure that has them."
            raise InputError(msg)
        return run(opened, measures=[name], parameters=asked | {"year": what})[name]
    if shipped is not None and has_year and "feeds" in declared.inputs:
        asked.setdefault("year", shipped.year)
    if what == "base":
        return run(base, measures=[name], parameters=asked)[name]
    if shipped is not None and what == shipped.name:
        return run(base, shipped.scenario, measures=[name], parameters=asked)[name]
    if not Path(what).is_file():
        msg = (
            f"{what}: no such scenario file; expected a year, 'base', the path of a TOML file, or a scenario that "
            f"ships with megaregion: {', '.join(scenario_names())}."
        )
        raise InputError(msg)
    return run(opened, what, measures=[name], parameters=asked)[name]


def _about(result: Result) -> dict[str, Any]:
    return {
        "measure": result.measure.name,
        "title": result.measure.title.en,
        "title_zh": result.measure.title.zh,
        "unit": result.measure.unit,
        "shape": result.measure.shape,
        "parameters": dict(result.parameters),
        "provenance": dict(result.provenance),
    }


def _named(table: pd.DataFrame, cities: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Put the names of cities, or zones, beside their ids."""
    for key, ends in (("city_id", ""), ("from_id", "from_"), ("to_id", "to_"), ("zone_id", "")):
        if key in table:
            places = zones.set_index(key) if key == "zone_id" else cities.set_index("city_id")
            names = places[["name", "name_en"]]
            at = list(table.columns).index(key) + 1
            table = table.copy()
            table.insert(at, f"{ends}name", table[key].map(names["name"]))
            table.insert(at + 1, f"{ends}name_en", table[key].map(names["name_en"]))
    return table


def _city(cities: pd.DataFrame, city_id: str, lang: str) -> str:
    row = cities.set_index("city_id").loc[city_id]
    return str(row["name"] if lang == "zh" or not row["name_en"] else row["name_en"])


def _print_result(result: Result, table: pd.DataFrame, cities: pd.DataFrame, top: int | None, out: Output) -> None:
    from megaregion.study.measures import Column, Words
    from megaregion.study.quantity import quantity

    measure, lang = result.measure, out.lang
    asked = {name: value for name, value in result.parameters.items() if value is not None}
    places = {parameter.name for parameter in measure.parameters if parameter.kind == "city"}
    asked |= {name: _city(cities, str(asked[name]), lang) for name in places & set(asked)}
    set_to = ", ".join(f"{name}={_shown(value)}" for name, value in asked.items())
    out.text(f"{measure.title.of(lang)} ({measure.name}{': ' if set_to else ''}{set_to})")
    if not measure.keys:
        # one cell at a time: a row as a whole would turn years into fractions
        row = table.to_dict("records")[0]
        out.text(f"  {quantity(float(row.pop('value')), measure.unit).of(lang)}")
        for name, value in row.items():
            column = measure.columns.get(str(name), Column(Words(str(name), str(name))))
            shown_value = _city(cities, str(value), lang) if name in places else _cell(str(name), value, column, lang)
            if shown_value:
                out.text(f"  {column.title.of(lang)}{out.words(': ', '：')}{shown_value}")
    else:
        ordered = table.sort_values("value", ascending=measure.better == "less", kind="stable", na_position="last")
        limit = top if top is not None else (PAIRS_SHOWN if measure.shape == "pair" else 0)
        shown = ordered.head(limit) if limit else ordered
        printed, right = _printable(shown, measure, lang)
        out.table(printed, right=right)
        if len(shown) < len(ordered):
            left = len(ordered) - len(shown)
            out.text(
                out.words(f"... and {left:,} more rows: --top 0, -o FILE", f"……另有 {left:,} 行：--top 0、-o 文件")
            )
    provenance = result.provenance
    out.text(out.words(f"  formula: {provenance['formula']}", f"  公式：{provenance['formula_zh']}"))
    for line in _settings_and_sources(result, out):
        out.text(f"  {line}")
    out.text("")


def _settings_and_sources(result: Result, out: Output) -> list[str]:
    from megaregion.study.citation import citation
    from megaregion.study.parameter_names import name_zh, value_zh
    from megaregion.study.status import STATUS_WORDS, status_words

    lines = []
    settings = result.provenance["settings"] or {}
    told = {name: value for name, value in settings.items() if value is not None and not name.endswith("_zh")}
    if out.lang == "zh":
        told |= {name: settings[f"{name}_zh"] for name in told if f"{name}_zh" in settings}
    assumed = {each.setting for each in result.measure.assumes if each.told(result.parameters, settings) is not None}
    told = {name: value for name, value in told.items() if name not in assumed and result.parameters.get(name) != value}
    own = result.measure.columns if not result.measure.keys else {}
    for name, value in told.items():
        # what stands in the one row of the table was told with it
        if value is not False and name not in own:
            plain = name.replace("_", " ")
            label = out.words(plain, name_zh(name))
            chosen = out.words("yes", "是") if value is True else _shown(value_zh(value) if out.lang == "zh" else value)
            lines.append(f"{label}{out.words(': ', '：')}{chosen}")
    if result.provenance.get("scenario"):
        lines.append(out.words("scenario: ", "情景：") + str(result.provenance["scenario"]))
    sources: dict[str, list[str]] = {}
    for entry in result.provenance["inputs"]:
        status = status_words(entry.get("status")).of(out.lang)
        title = citation(entry).of(out.lang) or str(entry.get("source_id") or entry["table"])
        data = " ".join(_cell(name, entry[name], None, out.lang) for name in ("year", "vintage") if entry.get(name))
        sources.setdefault(f"{title} [{status}]", []).append(data)
    for title, vintages in list(sources.items())[:SOURCES_SHOWN]:
        dated = ", ".join(dict.fromkeys(vintage for vintage in vintages if vintage))
        lines.append(out.words("source: ", "来源：") + (f"{dated}: " if dated else "") + title)
    left = len(sources) - SOURCES_SHOWN
    if left > 0:
        lines.append(out.words(f"... and {left} more sources: --json", f"……另有 {left} 个来源：--json"))
    worst = STATUS_WORDS.get(str(result.provenance["status"]))
    if worst is not None:
        lines.append(out.words(f"status: {worst.en}", f"状态：{worst.zh}"))
    lines += [
        out.words(f"assumed: {words['en']}", f"假设：{words['zh']}") for words in result.provenance["assumptions"]
    ]
    return lines


def _printable(table: pd.DataFrame, measure: Measure, lang: str) -> tuple[pd.DataFrame, list[str]]:
    """Turn a table of cities or pairs into what people read: names in one language, values with their unit."""
    import pandas as pd

    zh = lang == "zh"
    own = ("zone", "分区") if measure.shape == "zone" else ("city", "城市")
    labels = {"": own, "from_": ("from", "起点"), "to_": ("to", "终点")}
    printed = pd.DataFrame({"#": range(1, len(table) + 1)}, index=table.index)
    for ends, label in labels.items():
        if f"{ends}name" in table:
            printed[label[zh]] = table[f"{ends}name" if zh else f"{ends}name_en"].fillna(table[f"{ends}name"])
    value = ("value", "值")[zh]
    printed[value] = [_value(each, measure, lang) for each in table["value"]]
    named = {f"{ends}{name}" for ends in labels for name in ("name", "name_en", "id")} | {"city_id", "zone_id", "value"}
    others = [str(name) for name in table.columns if name not in named]
    titles = {name: measure.columns[name].title.of(lang) if name in measure.columns else name for name in others}
    for name, title in titles.items():
        printed[title] = [_cell(name, each, measure.columns.get(name), lang) for each in table[name]]
    return printed, ["#", value, *titles.values()]


def _print_comparison(
    compared: ResultComparison, table: pd.DataFrame, sides: tuple[str, str], top: int, out: Output
) -> None:
    from megaregion.study.quantity import change

    measure, lang = compared.measure, out.lang
    size = table["difference"].abs().fillna(-1).mask(table["verdict"].str.endswith("longer reachable"), float("inf"))
    size = size.mask(table["verdict"] == "newly reachable", float("inf"))
    order = size.sort_values(ascending=False, kind="stable").index
    shown = table.loc[order].head(top) if top else table.loc[order]
    start = shown.rename(columns={"before": "value"}).drop(columns=["after", "difference", "ratio", "verdict"])
    printed, _ = _printable(start, measure, lang)
    heads = [out.words(side, "现状" if side == "base" else side) for side in sides]
    heads = heads if heads[0] != heads[1] else [heads[0], f"{heads[1]} (2)"]
    printed = printed.rename(columns={out.words("value", "值"): heads[0]}).drop(columns="#")
    printed[heads[1]] = [_value(each, measure, lang) for each in shown["after"]]
    difference, ratio = out.words("difference", "差"), out.words("ratio", "比")
    sides_shown = zip(shown["before"], shown["after"], strict=True)
    printed[difference] = [change(before, after, measure.unit).of(lang) for before, after in sides_shown]
    printed[ratio] = [f"{each:.2f}" if each == each else "" for each in shown["ratio"]]  # noqa: PLR0124
    words = {verdict: out.words(verdict, chinese) for verdict, chinese in _VERDICTS_ZH.items()}
    if measure.direct:
        words |= {verdict: out.words(*both) for verdict, both in VERDICTS_OF_TRAINS.items()}
    printed[out.words("verdict", "结论")] = [words[each] for each in shown["verdict"]]
    out.table(printed, title=f"{measure.title.of(lang)} ({measure.name})", right=[*heads, difference, ratio])
    counts = compared.counts
    out.say(", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items()))


def _value(value: float, measure: Measure, lang: str) -> str:
    from megaregion.study.quantity import quantity

    if measure.direct and isinf(value):
        return VERDICTS_OF_TRAINS["unreachable"][lang == "zh"]
    return quantity(value, measure.unit).of(lang)


def _cell(name: str, value: Any, column: Column | None, lang: str) -> str:
    from megaregion.study.quantity import quantity, vintage
    from megaregion.study.status import STATUS_WORDS

    if value is None or value != value:  # noqa: PLR0124 - not a number
        return ""
    if column is not None and column.unit and not (column.unit != "s" and isinf(value)):
        return quantity(float(value), column.unit).of(lang)
    if name == "status" and value in STATUS_WORDS:
        return STATUS_WORDS[value].of(lang)
    if name == "vintage":
        return vintage(str(value)).of(lang)
    if isinstance(value, float):
        return f"{value:,.10g}" if not isinf(value) else ("not known", "未知")[lang == "zh"]
    return str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "-".join(map(_shown, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
