"""Commands about travel between all pairs of cities: measure, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion import clock
from megaregion.cli.options import Json, Lang, Quiet, Region, Workers, app, open_region, output, split_window

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output

Year = Annotated[int | None, typer.Option("--year", help="Timetable year; the newest by default.")]
Date = Annotated[str | None, typer.Option("--date", help="Service day YYYY-MM-DD; the busiest by default.")]
Window = Annotated[str, typer.Option("--window", help="Departure window, e.g. 06:00-22:00.")]
MaxRides = Annotated[int | None, typer.Option("--max-rides", min=1, help="Cap on rides; none by default.")]
Percentiles = Annotated[str, typer.Option("--percentiles", help="Comma-separated, in per cent.")]
Out = Annotated[str, typer.Option("-o", "--output", help="Write to FILE (.csv or .parquet) and its manifest.")]
Statistic = Annotated[str, typer.Option("--time", help="Which travel time: train, fastest or median.")]
Scenario = Annotated[str, typer.Option("--scenario", help="Scenario file (TOML) to apply first.")]


@app.command()
def measure(
    region: Region = "",
    year: Year = None,
    date: Date = None,
    window: Window = "06:00-22:00",
    statistic: Statistic = "train",
    scenario: Scenario = "",
    top: Annotated[int, typer.Option("--top", min=0, help="Rows to print; 0 = all.")] = 0,
    file: Out = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Rank the cities: output and people within 60, 90 and 120 minutes, and the median time to all others."""
    from megaregion.study.city_travel import CUTOFFS_MIN, accessibility_table, city_figure, city_travel

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    _check_choices(statistic, file)
    opened = open_with_scenario(region, scenario, out)
    with out.progress(out.words("travel times", "旅行时间")) as progress:
        travel = city_travel(
            opened,
            year=choose_year(opened, year, date),
            date=date,
            window=split_window(window),
            workers=workers,
            progress=progress,
        )
    chosen = travel.year
    out.notices(travel.notices)
    table = accessibility_table(opened, travel, statistic=statistic)
    _write(table, file, out, {"command": "measure", "statistic": statistic, **travel.times.provenance})
    shown = table.head(top) if top else table
    if out.json:
        out.data(
            {
                "year": chosen,
                "statistic": statistic,
                "provenance": travel.times.provenance,
                "rows": shown.to_dict("records"),
            }
        )
        return
    people_year = city_figure(opened, "population_census", chosen).name
    output_year = city_figure(opened, "gdp", chosen).name
    printed = shown[["name", "name_en"]].assign(median=shown["median_to_all_s"].map(_minutes))
    for cutoff in CUTOFFS_MIN:
        printed[f"cities {cutoff}"] = shown[f"cities_{cutoff}min"]
        printed[f"people {cutoff}"] = (shown[f"people_{cutoff}min"] / 1e6).map("{:,.1f}".format, na_action="ignore")
        printed[f"GDP {cutoff}"] = (shown[f"gdp_{cutoff}min_cny"] / 1e12).map("{:,.2f}".format, na_action="ignore")
    if lang == "zh":
        printed = printed.rename(
            columns=lambda c: str(c).replace("people", "人口").replace("cities", "城市").replace("median", "中位时间")
        )
    printed.insert(0, "#", range(1, len(printed) + 1))
    rule = {
        "train": ("fastest direct train, station to station", "最快直达列车，站到站"),
        "fastest": ("fastest journey, centre to centre", "最快行程，市中心到市中心"),
        "median": ("median journey, centre to centre", "中位行程，市中心到市中心"),
    }[statistic]
    out.table(
        printed,
        title=out.words(
            f"{chosen} timetable; within 60, 90, 120 min ({rule[0]}), the city itself among them: "
            f"cities, people (million, census {people_year}), GDP (trillion CNY, {output_year})",
            f"{chosen} 年时刻表；60、90、120 分钟内（{rule[1]}，含本市）："
            f"城市数、人口（百万，{people_year} 年普查）、GDP（万亿元，{output_year} 年）",
        ),
        right=[column for column in printed.columns if column not in {"name", "name_en"}],
    )


@app.command()
def compare(
    before: Annotated[str, typer.Argument(help="A timetable year, 'base', or a scenario file.")],
    after: Annotated[str, typer.Argument(help="A timetable year, 'base', or a scenario file.")],
    region: Region = "",
    year: Year = None,
    window: Window = "06:00-22:00",
    statistic: Statistic = "median",
    max_rides: MaxRides = None,
    top: Annotated[int, typer.Option("--top", min=0, help="Pairs to print, largest change first; 0 = all.")] = 20,
    file: Out = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Compare two timetables, or a base and a scenario: both times, the difference and a verdict for each city pair."""
    from megaregion.study.city_travel import city_travel
    from megaregion.study.compare import VERDICTS, judge
    from megaregion.study.compare import compare as compared

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    _check_choices(statistic, file)
    sides = []
    for what in (before, after):
        is_year = what.isdigit()
        opened = open_with_scenario(region, "" if is_year or what == "base" else what, out)
        chosen = int(what) if is_year else choose_year(opened, year)
        with out.progress(out.words(f"travel times, {what}", f"旅行时间，{what}")) as progress:
            sides.append(
                city_travel(
                    opened,
                    year=chosen,
                    window=split_window(window),
                    max_rides=max_rides,
                    workers=workers,
                    progress=progress,
                )
            )
    first, second = sides
    for side in sides:
        out.notices(side.notices)
    if statistic != "train" and any(side.times.provenance["typical_departures"] for side in sides):
        out.say(no_minutes(out))
    if statistic == "train":
        pairs = first.times.table[["from_id", "to_id"]].assign(
            before_s=first.fastest_train_s().ravel(), after_s=second.fastest_train_s().ravel()
        )
        table = judge(pairs[pairs["from_id"] != pairs["to_id"]].reset_index(drop=True))
    else:
        table = compared(first.times, second.times, statistic={"median": "p50"}.get(statistic, statistic)).table
    names = opened.table("cities").set_index("city_id")
    for end in ("from", "to"):
        table.insert(2 if end == "from" else 3, end, table[f"{end}_id"].map(names["name"]))
        table[f"{end}_en"] = table[f"{end}_id"].map(names["name_en"])
    counts = {verdict: int((table["verdict"] == verdict).sum()) for verdict in VERDICTS}
    about = {
        "command": "compare",
        "statistic": statistic,
        "before": first.times.provenance,
        "after": second.times.provenance,
    }
    _write(table, file, out, about)
    gained = table["verdict"].isin(["newly reachable", "no longer reachable"])
    size = table["difference_s"].abs().fillna(-1).mask(gained, float("inf"))
    order = size.sort_values(ascending=False, kind="stable").index
    shown = table.loc[order] if not top else table.loc[order].head(top)
    if out.json:
        out.data({"counts": counts, "statistic": statistic, "provenance": about, "rows": table.to_dict("records")})
        return
    label = ("from", "to") if lang == "zh" else ("from_en", "to_en")
    printed = shown[list(label)].rename(columns={"from_en": "from", "to_en": "to"})
    printed[before] = shown["before_s"].map(_minutes)
    printed[after if after != before else f"{after} (2)"] = shown["after_s"].map(_minutes)
    printed["difference"] = shown["difference_s"].map(lambda s: "" if s != s else f"{s / 60:+.0f} min")  # noqa: PLR0124
    words = _verdicts(statistic, lang)
    printed["verdict"] = shown["verdict"].map(words)
    out.table(printed, right=[before, after, "difference"])
    out.say(", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count))


_VERDICTS_ZH = {
    "faster": "更快",
    "slower": "更慢",
    "same": "不变",
    "newly reachable": "新可达",
    "no longer reachable": "不再可达",
    "unreachable": "不可达",
}
_VERDICTS_OF_TRAINS = {
    "newly reachable": ("newly direct", "新增直达"),
    "no longer reachable": ("no longer direct", "不再直达"),
    "unreachable": ("no direct train", "无直达列车"),
}


def _verdicts(statistic: str, lang: str) -> dict[str, str]:
    """Give the word printed for each verdict; without a direct train a city may still be reached with a change."""
    words = _VERDICTS_ZH if lang == "zh" else {verdict: verdict for verdict in _VERDICTS_ZH}
    if statistic == "train":
        words = words | {verdict: both[lang == "zh"] for verdict, both in _VERDICTS_OF_TRAINS.items()}
    return words


def _check_choices(statistic: str, file: str) -> None:
    """Refuse what cannot be answered or written before anything is computed."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix

    if statistic not in {"train", "fastest", "median"}:
        msg = f"--time is {statistic!r}; expected train, fastest or median."
        raise InputError(msg)
    if file:
        check_suffix(Path(file))


def open_with_scenario(region: str, scenario: str, out: Output) -> Any:
    """Open a region and apply a scenario file to it, if one is given; its findings are printed."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.region.scenario import Scenario as Edits

    opened = open_region(region)
    if not scenario:
        return opened
    path = Path(scenario)
    if not path.is_file():
        msg = f"{scenario}: no such scenario file; expected a year, 'base', or the path of a TOML file."
        raise InputError(msg)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        msg = f"{scenario} line {line}: byte {problem.start} is not UTF-8; save the scenario file as UTF-8."
        raise InputError(msg) from problem
    try:
        edits = Edits.from_toml(text)
    except InputError as problem:
        msg = f"{scenario}: {problem}"
        raise type(problem)(msg, problem.notices) from problem
    result = edits.apply(opened)
    out.notices(result.notices)
    return result.region


def choose_year(region: Any, year: int | None, date: str | None = None) -> int | None:
    """Choose the newest timetable where neither a year nor a date says which."""
    from megaregion.errors import InputError
    from megaregion.study.city_travel import timetable_years

    years = timetable_years(region)
    if year is not None or date is not None:
        # a date alone says which timetable, unless several cover it
        return year
    if not years:
        msg = (
            f"region {region.name!r} holds no timetable. "
            "Bring one with `megaregion import rail-timetable` or `megaregion import gtfs`."
        )
        raise InputError(msg)
    return years[-1]


def numbers(text: str) -> list[float]:
    """Read numbers with commas between, as percentiles are written."""
    from megaregion.errors import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as problem:
        msg = f"--percentiles is {text!r}; expected numbers with commas between, as in 5,50,95."
        raise InputError(msg) from problem


def _write(table: pd.DataFrame, file: str, out: Output, about: dict[str, Any]) -> None:
    """Write a table and its manifest beside it; nothing without a file name."""
    if not file:
        return
    from pathlib import Path

    from megaregion.publish.export import write_table

    path = write_table(table, Path(file), about)
    out.say(out.words(f"results: {path}", f"结果：{path}"))


def _minutes(seconds: float) -> str:
    return "" if seconds != seconds else clock.duration(seconds)  # noqa: PLR0124


def no_minutes(out: Output) -> str:
    """Say what aggregated services do not know."""
    return out.words(
        "typical time: these services know how many trains leave in each hour, not the minute; "
        "single connections may come out better or worse, a few by an hour or two.",
        "为典型时刻：该服务只含每小时开行列数，不含具体分钟；个别换乘可能偏好或偏差，少数达一两小时。",
    )
