"""The command access: what can be reached from each city or point, and how evenly that is spread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import (
    IdField,
    Json,
    Lang,
    Layer,
    MaxWalk,
    PointEncoding,
    Quiet,
    Region,
    Streets,
    WalkSpeed,
    Workers,
    app,
    output,
    split_window,
)
from megaregion.cli.points import amounts_of, read_points_of
from megaregion.cli.sides import Against, said, two_sides
from megaregion.cli.travel import (
    WHOLE_DAY,
    Date,
    MaxRides,
    Out,
    Scenario,
    Window,
    Year,
    choose_year,
    no_minutes,
)
from megaregion.study.walking import MAX_WALK_MIN, WALK_SPEED_KMH, walking

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.mobility.decay import Decay
    from megaregion.study.access_table import AccessTable

MAX_CUTOFF_MIN = 2880
"""Two days: no longer travel times are computed."""

DEFAULT_CUTOFFS_MIN = "60,90,120"

KINDS = ("cumulative", "exponential", "logistic", "linear", "power")


@app.command()
def access(
    opportunities: Annotated[
        str, typer.Option("--opportunities", help="Figures of cities, or columns of --to, with commas between.")
    ] = "population_census,gdp",
    decay: Annotated[str, typer.Option("--decay", help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}.")] = "cumulative",
    cutoffs: Annotated[
        str, typer.Option("--cutoffs", help="Cut-offs, half-lives or medians, min; 60,90,120 by default.")
    ] = "",
    decay_value: Annotated[
        float | None, typer.Option("--decay-value", help="Standard deviation or width, min; exponent of power.")
    ] = None,
    origins: Annotated[str, typer.Option("--from", metavar="FILE", help="Points instead of cities.")] = "",
    destinations: Annotated[str, typer.Option("--to", metavar="FILE", help="Points with what there is.")] = "",
    weight: Annotated[str, typer.Option("--weight", help="Column of --from that holds people.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="Coordinate system of the points, if their file is silent.")] = "",
    id_field: IdField = "",
    encoding: PointEncoding = "utf-8",
    layer: Layer = "",
    missing: Annotated[
        str, typer.Option("--missing", help="Blank amounts of points: unknown (so are their sums), or 0.")
    ] = "unknown",
    max_walk: MaxWalk = MAX_WALK_MIN,
    walk_speed: WalkSpeed = WALK_SPEED_KMH,
    streets: Streets = True,
    region: Region = "",
    year: Year = None,
    date: Date = None,
    window: Window = WHOLE_DAY,
    percentile: Annotated[float, typer.Option("--percentile", help="Percentile of travel time, per cent.")] = 50,
    max_rides: MaxRides = None,
    scenario: Scenario = "",
    against: Against = "",
    top: Annotated[int, typer.Option("--top", min=0, help="Rows to print; 0 = all.")] = 0,
    file: Out = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Measure what can be reached from each city or point, weighted by travel time, and how evenly it is spread."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.region.output_place import check_output_place

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if file:
        check_suffix(Path(file))
        check_output_place(file, (origins, destinations, scenario, against))
    if not 0 < percentile <= 100:
        msg = f"--percentile is {percentile:g}; expected a number above 0 and up to 100."
        raise InputError(msg)
    if missing not in {"unknown", "0"}:
        msg = f"--missing is {missing!r}; expected unknown or 0."
        raise InputError(msg)
    question = _Question(
        columns=[name.strip() for name in opportunities.split(",") if name.strip()],
        decays=decays_of(decay, cutoffs, decay_value),
        files=(origins, destinations),
        form={"crs": crs, "id_field": id_field, "encoding": encoding, "layer": layer},
        missing=missing,
        weight=weight,
        percentile=percentile,
        options={
            "window": split_window(window),
            "max_rides": max_rides,
        },
        walks={"speed_kmh": walk_speed, "max_min": max_walk, "on_streets": streets},
        workers=workers,
    )
    before, after = two_sides(against, scenario, region, (year, date), out)
    result, named, year_of = question.answer(after.region, after.year, after.date, out)
    table, equity = result.table, result.equity()
    about = {"command": "access", "region": after.region.name, "scenario": scenario, **result.provenance}
    if before is not None:
        earlier, _, _ = question.answer(before.region, before.year, before.date, out, figures=year_of)
        table = _joined(table, earlier.table)
        equity = equity.join(earlier.equity().add_suffix("_before"))
        about |= {"before": {"what": before.name, **earlier.provenance}, "after": {"what": after.name}}
        if not out.json:
            out.text(said(before, after, out))
    if about["typical_departures"]:
        out.say(no_minutes(out))
    table = named.join(table) if named is not None else table
    table = table.sort_values(result.table.columns[0], ascending=False, kind="stable").reset_index()
    if file:
        path = write_table(table, Path(file), {**about, "equity": equity.reset_index().to_dict("records")})
        out.say(out.words(f"results: {path}", f"结果：{path}"))
    shown = table.head(top) if top else table
    if out.json:
        rows = {"rows": shown.to_dict("records"), "equity": equity.reset_index().to_dict("records")}
        out.data({"year": year_of, "provenance": about, **rows})
        return
    _print(shown, equity, result, out)


def decays_of(kind: str, cutoffs: str, value: float | None) -> list[Decay]:
    """
    Make the decays that the options name, minutes to seconds.

    Raises
    ------
    InputError
        If there is no such decay, or it lacks what it needs.
    """
    from megaregion.errors import InputError
    from megaregion.mobility import Cumulative, Exponential, Linear, Logistic, Power

    if kind not in KINDS:
        msg = f"--decay is {kind!r}; expected {', '.join(KINDS[:-1])} or {KINDS[-1]}."
        raise InputError(msg)
    needed = {
        "logistic": "the standard deviation, min",
        "linear": "the width of the fall, min",
        "power": "the exponent",
    }
    if kind in needed and value is None:
        msg = f"--decay {kind} needs --decay-value: {needed[kind]}."
        raise InputError(msg)
    if kind not in needed and value is not None:
        msg = f"--decay-value is {value:g}, but --decay {kind} takes none; its times go into --cutoffs."
        raise InputError(msg)
    if value is not None and not 0 < value < float("inf"):
        msg = f"--decay-value is {value:g}; expected a number above 0."
        raise InputError(msg)
    if kind == "power":
        if cutoffs:
            msg = f"--cutoffs is {cutoffs!r}, but --decay power has no cut-off; its exponent goes into --decay-value."
            raise InputError(msg)
        return [Power(value or 0.0)]
    spread = (value or 0.0) * 60
    seconds = [minutes * 60 for minutes in minutes_of(cutoffs or DEFAULT_CUTOFFS_MIN)]
    if kind == "cumulative":
        return [Cumulative(each) for each in seconds]
    if kind == "exponential":
        return [Exponential(each) for each in seconds]
    return [Logistic(each, spread) if kind == "logistic" else Linear(each, spread) for each in seconds]


def minutes_of(cutoffs: str) -> list[float]:
    """Read cut-offs as they are written, minutes with commas between; raises `InputError`."""
    from megaregion.errors import InputError

    msg = f"--cutoffs is {cutoffs!r}; expected minutes with commas between, above 0 and up to 2880, as in 30,60,90."
    try:
        minutes = [float(part) for part in cutoffs.split(",")]
    except ValueError as problem:
        raise InputError(msg) from problem
    if not all(0 < each <= MAX_CUTOFF_MIN for each in minutes):
        raise InputError(msg)
    return minutes


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, the same of both sides of a comparison."""

    columns: list[str]
    decays: list[Decay]
    files: tuple[str, str]
    form: dict[str, str]
    missing: str
    weight: str
    percentile: float
    options: dict[str, Any]
    walks: dict[str, Any]
    workers: int | None

    def answer(
        self, region: Any, year: int | None, date: str | None, out: Output, *, figures: int | None = None
    ) -> tuple[AccessTable, pd.DataFrame | None, int | None]:
        """Give accessibility, names of the places, and the year of the timetable."""
        from megaregion.study.access_table import access_of_cities, access_of_points
        from megaregion.study.ends import check_not_swapped

        ends = self._points(out) if any(self.files) else None
        walks = walking(region, **self.walks)
        timetable = walks.timetable(region, year=choose_year(region, year, date), date=date)
        if ends is None:
            with out.progress(out.words("travel times", "旅行时间")) as progress:
                result = access_of_cities(
                    region,
                    timetable,
                    self.columns,
                    self.decays,
                    percentile=self.percentile,
                    figures_of=figures,
                    workers=self.workers,
                    progress=progress,
                    max_walk_time_s=walks.max_time_s,
                    **self.options,
                )
            out.notices(result.notices)
            cities = region.table("cities").set_index("city_id")[["name", "name_en"]]
            return result, cities.loc[result.table.index].rename_axis("city_id"), timetable.year
        for points in ends[:2]:
            check_not_swapped(points, timetable)
        with out.progress(out.words("travel times", "旅行时间")) as progress:
            result = access_of_points(
                timetable,
                *ends[:3],
                self.decays,
                weights=ends[3],
                percentile=self.percentile,
                workers=self.workers,
                progress=progress,
                streets=walks.ground,
                max_walk_time_s=walks.max_time_s,
                **self.options,
            )
        out.notices(result.notices)
        return result, None, timetable.year

    def _points(self, out: Output) -> tuple[Any, Any, pd.DataFrame, pd.Series | None]:
        from megaregion.errors import InputError

        start, goal = self.files
        if not start:
            msg = "--to is given without --from; give the points that journeys begin at as well."
            raise InputError(msg)
        leaving = read_points_of(start, self.form, out)
        reaching = read_points_of(goal, self.form, out) if goal and goal != start else leaving
        amounts = amounts_of(reaching, self.columns, goal or start, "--opportunities")
        if self.missing == "0":
            amounts = amounts.fillna(0.0)
        weights = amounts_of(leaving, [self.weight], start, "--weight")[self.weight] if self.weight else None
        return leaving.points, reaching.points, amounts, weights


def _joined(after: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Each measure with what it was and by how much it changed."""
    columns: dict[str, Any] = {}
    for name in after:
        columns[str(name)] = after[name]
        columns[f"{name}_before"] = before[name].reindex(after.index)
        columns[f"{name}_change"] = after[name] - columns[f"{name}_before"]
    return after[[]].assign(**columns)


def _print(shown: pd.DataFrame, equity: pd.DataFrame, result: AccessTable, out: Output) -> None:
    about = result.provenance
    title = out.words(
        f"timetable of {about['date']}, {about['window'][0]}-{about['window'][1]}, p{about['percentile']:g}",
        f"{about['date']} 时刻表，{about['window'][0]}-{about['window'][1]}，p{about['percentile']:g}",
    )
    figures = about["figures"]
    if isinstance(figures, dict):
        title += "; " + ", ".join(f"{name} {year}" for name, year in figures.items())
    out.text(title)
    labels = ("name", "name_en") if "name" in shown else (str(shown.columns[0]),)
    printed = shown[list(labels)].copy()
    for measure in map(str, result.table):
        printed[_heading(measure)] = [short(value, out) for value in shown[measure]]
        if f"{measure}_change" in shown:
            printed[f"{_heading(measure)} +/-"] = [short(value, out) for value in shown[f"{measure}_change"]]
    out.table(printed, right=[str(column) for column in printed if column not in labels])
    one = out.words("place", "每地") if result.weights is None else out.words("person", "人均")
    for each, row in equity.iterrows():
        line = out.words(
            f"{_heading(str(each))}: {_spread(row, '', one, out)}",
            f"{_heading(str(each))}：{_spread(row, '', one, out)}",
        )
        if "gini_before" in row:
            before = _spread(row, "_before", one, out)
            line += out.words(f" (before: {before})", f"（此前：{before}）")
        out.text(line)


def _spread(row: pd.Series, side: str, one: str, out: Output) -> str:
    """Say how evenly a measure is spread, on one side of a comparison."""
    gini, palma, mean = (float(row[f"{name}{side}"]) for name in ("gini", "palma", "mean"))
    if gini != gini:  # noqa: PLR0124
        return out.words("not known: some places have no figure", "未知：部分地点缺少数据")
    return out.words(
        f"Gini {gini:.3f}, Palma {palma:.2f}, mean {short(mean, out)} a {one}",
        f"基尼系数 {gini:.3f}，帕尔马比 {palma:.2f}，{one}可达 {short(mean, out)}",
    )


def _heading(measure: str) -> str:
    """Name a measure for people: minutes where its name has seconds, and spaces."""
    plain = re.sub(r"(\d+(?:\.\d+)?)s\b|(\d+(?:\.\d+)?)s(?=_)", lambda m: f"{float(m[1] or m[2]) / 60:g} min", measure)
    return plain.replace("_", " ")


_UNITS = ((1e12, "tn", 1e12, "万亿"), (1e9, "bn", 1e8, "亿"), (1e6, "M", 1e4, "万"))


def short(value: float, out: Output) -> str:
    """Write a number so that it can be read: 27.7 tn, 83.3 M, 1,200; blank where it is not known."""
    if value != value:  # noqa: PLR0124
        return ""
    for above, unit, above_zh, unit_zh in _UNITS:
        least, name = (above_zh, unit_zh) if out.lang == "zh" else (above, unit)
        if abs(value) >= least:
            return f"{value / least:,.2f} {name}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
