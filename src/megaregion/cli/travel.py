"""Commands about travel between all pairs of cities: measure, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion import clock
from megaregion.cli.measures import VERDICTS_OF_TRAINS, Setting, compare_measure, print_measures, settings_of
from megaregion.cli.options import Json, Lang, Quiet, Region, Workers, app, open_region, output, split_window
from megaregion.cli.sides import check_year, year_of
from megaregion.study.reached_land import WINDOW
from megaregion.study.walking import walking

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output

Year = Annotated[int | None, typer.Option("--year", help="Timetable year; the newest by default.")]
Date = Annotated[str | None, typer.Option("--date", help="Service day YYYY-MM-DD; the busiest by default.")]
Window = Annotated[str, typer.Option("--window", help="Departure window, e.g. 06:00-22:00.")]
MaxRides = Annotated[int | None, typer.Option("--max-rides", min=1, max=16, help="Cap on rides; none by default.")]
Percentiles = Annotated[str, typer.Option("--percentiles", help="Comma-separated, in per cent.")]
Out = Annotated[str, typer.Option("-o", "--output", help="Write to FILE (.csv or .parquet) and its manifest.")]
Statistic = Annotated[str, typer.Option("--time", help="Which travel time: train, fastest or median.")]
Scenario = Annotated[str, typer.Option("--scenario", help="Scenario file (TOML) to apply first.")]

WHOLE_DAY = "-".join(WINDOW)

_RANKING = {"--year": None, "--date": None, "--window": WHOLE_DAY, "--time": "train", "--workers": None}
_TRAVEL = _RANKING | {"--time": "median", "--between": "cities", "--max-rides": None}
"""Options of the ranking and of the comparison of travel times, and what they are where nothing is said."""


@app.command()
def measure(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Measures, as `measures` lists them; without any, the ranking."),
    ] = None,
    settings: Setting = None,
    region: Region = "",
    year: Year = None,
    date: Date = None,
    window: Window = WHOLE_DAY,
    statistic: Statistic = "train",
    scenario: Scenario = "",
    top: Annotated[int | None, typer.Option("--top", min=0, help="Rows to print; 0 = all.")] = None,
    file: Out = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Compute measures by name; without any, rank the cities: output and people within reach, time to all others."""
    from megaregion.study.city_travel import CUTOFFS_MIN, accessibility_table, city_figure, city_travel

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    given = settings_of(settings)
    ranking = {"--year": year, "--date": date, "--window": window, "--time": statistic, "--workers": workers}
    if names:
        _of_ranking_only({name: value for name, value in ranking.items() if value != _RANKING[name]})
        year_of(scenario, int(given["year"]) if given.get("year", "").isdigit() else None)
        print_measures(names, given, region=region, scenario=scenario, top=top, file=file, out=out)
        return
    if given:
        _no_measure_for(given)
    _check_choices(statistic, file)
    year = year_of(scenario, year)
    opened = open_with_scenario(region, scenario, out)
    walks = walking(opened)
    with out.progress(out.words("travel times", "旅行时间")) as progress:
        travel = city_travel(
            opened,
            year=choose_year(opened, year, date),
            date=date,
            window=split_window(window),
            rules=walks.rules,
            streets=walks.streets,
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
    printed = shown[["name", "name_en"]].assign(
        median=[_minutes(seconds, out.lang) for seconds in shown["median_to_all_s"]]
    )
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
    before: Annotated[str, typer.Argument(help="A timetable year, 'base', or a scenario: file or name.")],
    after: Annotated[str, typer.Argument(help="A timetable year, 'base', or a scenario: file or name.")],
    region: Region = "",
    between: Annotated[str, typer.Option("--between", help="cities, or zones where the region has any.")] = "cities",
    year: Year = None,
    window: Window = WHOLE_DAY,
    statistic: Statistic = "median",
    max_rides: MaxRides = None,
    top: Annotated[int, typer.Option("--top", min=0, help="Rows to print, largest change first; 0 = all.")] = 20,
    name: Annotated[str, typer.Option("--measure", metavar="NAME", help="Compare this measure instead.")] = "",
    settings: Setting = None,
    file: Out = "",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Compare two timetables, or a base and a scenario: both times, the difference and a verdict for each city pair."""
    from megaregion.errors import InputError
    from megaregion.study.city_travel import city_travel
    from megaregion.study.compare import VERDICTS, judge
    from megaregion.study.compare import compare as compared

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    given = settings_of(settings)
    if name:
        travel = {"--year": year, "--window": window, "--time": statistic, "--workers": workers}
        travel |= {"--between": between, "--max-rides": max_rides}
        _of_ranking_only({each: value for each, value in travel.items() if value != _TRAVEL[each]})
        compare_measure((before, after), name, given, region=region, top=top, file=file, out=out)
        return
    if given:
        _no_measure_for(given)
    _check_choices(statistic, file)
    if between not in {"cities", "zones"}:
        msg = f"--between is {between!r}; expected cities or zones."
        raise InputError(msg)
    if between == "zones" and statistic == "train":
        msg = "--time is 'train', but zones have no trains of their own; expected median or fastest, from door to door."
        raise InputError(msg)
    opened = [_side(what, other, region, year, out) for what, other in ((before, after), (after, before))]
    if between == "zones":
        asked = {
            "window": split_window(window),
            "statistic": statistic,
            "max_rides": max_rides,
            "workers": workers,
        }
        _compare_zones(opened, (before, after), asked, top, file, out)
        return
    sides = []
    for what, (side, chosen) in zip((before, after), opened, strict=True):
        walks = walking(side)
        with out.progress(out.words(f"travel times, {what}", f"旅行时间，{what}")) as progress:
            sides.append(
                city_travel(
                    side,
                    year=chosen,
                    window=split_window(window),
                    max_rides=max_rides,
                    rules=walks.rules,
                    streets=walks.streets,
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
    names = opened[1][0].table("cities").set_index("city_id")
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
    if out.json:
        out.data({"counts": counts, "statistic": statistic, "provenance": about, "rows": table.to_dict("records")})
        return
    _print_pairs(table, (before, after), statistic, top, out)
    words = _verdicts(statistic, lang)
    out.say(", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count))


def _print_pairs(table: pd.DataFrame, sides: tuple[str, str], statistic: str, top: int, out: Output) -> None:
    """Print pairs of cities, largest change first, with those that lost or won any way at all before the others."""
    gained = table["verdict"].isin(["newly reachable", "no longer reachable"])
    size = table["difference_s"].abs().fillna(-1).mask(gained, float("inf"))
    order = size.sort_values(ascending=False, kind="stable").index
    shown = table.loc[order] if not top else table.loc[order].head(top)
    label = ("from", "to") if out.lang == "zh" else ("from_en", "to_en")
    difference = out.words("difference", "差")
    before, after = _headings(*sides, out)
    printed = shown[list(label)].set_axis([out.words("from", "起点"), out.words("to", "终点")], axis="columns")
    words = _verdicts(statistic, out.lang)
    for head, column in ((before, "before_s"), (after, "after_s")):
        # the same word as in the verdict: without a direct train a city may still be reached
        times = shown[column].to_list()
        printed[head] = [words["unreachable"] if time == float("inf") else _minutes(time, out.lang) for time in times]
    unit = out.words("min", "分钟")
    printed[difference] = shown["difference_s"].map(lambda s: "" if s != s else f"{s / 60:+.0f} {unit}")  # noqa: PLR0124
    printed[out.words("verdict", "结论")] = shown["verdict"].map(words)
    out.table(printed, right=[before, after, difference])


def _headings(before: str, after: str, out: Output) -> tuple[str, str]:
    """Name the two sides of a comparison as they were asked for, `base` in the language of this run."""
    one, other = (out.words(each, "现状" if each == "base" else each) for each in (before, after))
    one, other = (one, other) if one != other else (one, f"{other} (2)")
    return out.words(one, f"之前：{one}"), out.words(other, f"之后：{other}")


_VERDICTS_ZH = {
    "faster": "更快",
    "slower": "更慢",
    "same": "不变",
    "newly reachable": "新可达",
    "no longer reachable": "不再可达",
    "unreachable": "不可达",
}


def _verdicts(statistic: str, lang: str) -> dict[str, str]:
    """Give the word printed for each verdict; without a direct train a city may still be reached with a change."""
    words = _VERDICTS_ZH if lang == "zh" else {verdict: verdict for verdict in _VERDICTS_ZH}
    if statistic == "train":
        words = words | {verdict: both[lang == "zh"] for verdict, both in VERDICTS_OF_TRAINS.items()}
    return words


def _of_ranking_only(given: dict[str, Any]) -> None:
    """Refuse options that a measure by name does not take: its parameters are given with --set."""
    from megaregion.errors import InputError

    for option, value in given.items():
        advice = f"write --set year={value}" if option == "--year" else "`megaregion measures` lists their parameters"
        msg = f"{option} is not for measures by name, which take parameters with --set: {advice}."
        raise InputError(msg)


def _no_measure_for(given: dict[str, str]) -> None:
    """Refuse parameters without a measure to have them."""
    from megaregion.errors import InputError

    name = next(iter(given))
    msg = f"--set {name}=... is a parameter of a measure, but none is named; `megaregion measures` lists them."
    raise InputError(msg)


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


def _side(what: str, other: str, region: str, year: int | None, out: Output) -> tuple[Any, int | None]:
    """Give one side of a comparison, its region and timetable year; `base` is what the scenario beside it stands on."""
    from megaregion.study.regions import example_scenario, scenario_names

    named = next((name for name in (what, other) if name in scenario_names()), None)
    if what.isdigit():
        return open_region(region), int(what)
    if named is None or what not in {"base", named}:
        opened = open_with_scenario(region, "" if what == "base" else what, out)
        return opened, choose_year(opened, year)
    stands_on = check_year(named, year)
    if what == "base":
        return example_scenario(named).base(open_region(region)), stands_on
    return open_with_scenario(region, what, out), stands_on


def _compare_zones(
    sides: list[tuple[Any, int | None]],
    names: tuple[str, str],
    asked: dict[str, Any],
    top: int,
    file: str,
    out: Output,
) -> None:
    """Print, or write, what changes between zones, and how many people gain how much."""
    from megaregion.study.zone_travel import zone_gains

    with out.progress(out.words("travel times", "旅行时间")) as progress:
        gains = zone_gains(sides[0], sides[1], **asked, progress=progress)
    out.notices(gains.notices)
    about = {"command": "compare", "before": names[0], "after": names[1], **gains.provenance}
    pairs, people, losers = gains.pairs, gains.people, gains.losers
    # what was lost stands beside what was gained: the largest change comes first
    pairs = pairs.loc[pairs["gain_s"].abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
    _write(pairs, file, out, about)
    if out.json:
        counted = {"people": people.to_dict("records"), "losers": losers.to_dict("records")}
        out.data({"provenance": about, **counted, "rows": pairs.to_dict("records")})
        return
    shown = pairs.head(top) if top else pairs
    label = ("from", "to") if out.lang == "zh" else ("from_en", "to_en")
    printed = shown[list(label)].set_axis([out.words("from", "起点"), out.words("to", "终点")], axis="columns")
    for name in ("before", "after", "gain"):
        printed[out.words(name, {"before": "之前", "after": "之后", "gain": "节省"}[name])] = shown[f"{name}_s"].map(
            lambda s: f"-{_minutes(-s, out.lang)}" if s < 0 else _minutes(s, out.lang)
        )
    out.table(printed, right=list(printed.columns[2:]))
    for what, table in (("gain", people), ("loss", losers)):
        if what == "gain" or table["pairs"].any():
            _print_people(table, what, out)
    if not losers["pairs"].any():
        out.text(out.words("no pair of zones loses 5 min or more.", "没有区域对多花 5 分钟或以上。"))
    mean = gains.mean_gain_s / 60
    which = {
        "median": ("median over the window", "时段内门到门中位时间"),
        "fastest": ("fastest within the window", "时段内门到门最短时间"),
    }[asked["statistic"]]
    out.say(
        out.words(
            f"zones of different cities, {which[0]} from door to door; mean gain {mean:.1f} min by people "
            "at both ends. People: who gains, or loses, as much to some zone of another city.",
            f"不同城市区域之间，{which[1]}；按两端人口加权平均节省 {mean:.1f} 分钟。"
            "人口：到其他城市至少一个区域节省（或多花）达到该值者。",
        )
    )


def _print_people(people: pd.DataFrame, what: str, out: Output) -> None:
    """Print how many people gain, or lose, how much."""
    out.text("")
    counted = people.assign(
        people=(people["people"] / 1e6).map("{:,.1f}".format),
        person_pair_share=people["person_pair_share"].map("{:.1%}".format),
    )[["minutes", "zones", "people", "pairs", "person_pair_share"]]
    headings = (
        (f"{what} ≥ min", "zones", "people, million", "pairs", "pairs of people"),
        (
            "节省 ≥ 分钟" if what == "gain" else "多花 ≥ 分钟",
            "区域数",
            "人口（百万）",
            "区域对",
            "人口对占比",
        ),
    )
    counted = counted.set_axis(headings[out.lang == "zh"], axis="columns")
    out.table(counted, right=list(counted.columns))


def open_with_scenario(region: str, scenario: str, out: Output) -> Any:
    """Open a region and apply a scenario, a file or one that ships, if one is given; its findings are printed."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.region.scenario_file import ScenarioFile
    from megaregion.study.regions import example_scenario, scenario_names

    opened = open_region(region)
    if not scenario:
        return opened
    if scenario in scenario_names():
        shipped = example_scenario(scenario).apply(opened)
        out.notices(shipped.notices)
        return shipped.region
    if not Path(scenario).is_file():
        msg = (
            f"{scenario}: no such scenario file; expected a year, 'base', the path of a TOML file, or a scenario that "
            f"ships with megaregion: {', '.join(scenario_names())}."
        )
        raise InputError(msg)
    edits = ScenarioFile.read(scenario).scenario
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

    msg = f"--percentiles is {text!r}; expected numbers above 0 and up to 100 with commas between, as in 5,50,95."
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError as problem:
        raise InputError(msg) from problem
    if not all(0 < share <= 100 for share in shares):
        raise InputError(msg)
    return shares


def _write(table: pd.DataFrame, file: str, out: Output, about: dict[str, Any]) -> None:
    """Write a table and its manifest beside it; nothing without a file name."""
    if not file:
        return
    from pathlib import Path

    from megaregion.publish.export import write_table

    path = write_table(table, Path(file), about)
    out.say(out.words(f"results: {path}", f"结果：{path}"))


def _minutes(seconds: float, lang: str) -> str:
    if seconds != seconds:  # noqa: PLR0124 - not a number
        return ""
    return clock.duration(seconds, lang)


def no_minutes(out: Output) -> str:
    """Say what aggregated services do not know."""
    return out.words(
        "typical time: these services know how many trains leave in each hour, not the minute; "
        "single connections may come out better or worse, a few by an hour or two.",
        "为典型时刻：该服务只含每小时开行列数，不含具体分钟；个别换乘可能偏好或偏差，少数达一两小时。",
    )
