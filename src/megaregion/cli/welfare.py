"""The command counterfactual: who gains from faster trains, between two timetable years or by a scenario."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, output

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.cli.sides import Side
    from megaregion.study.welfare import Welfare

SHOWN = ("residents", "wage", "rent", "real_income")
"""Columns of the table that is printed; files hold all."""


@app.command()
def counterfactual(
    which: Annotated[
        str, typer.Argument(metavar="[REGION]", help="Region folder or example; without it, the shipped example.")
    ] = "yrd",
    since: Annotated[
        int | None, typer.Option("--from", metavar="YEAR", help="Timetable year before; the first by default.")
    ] = None,
    until: Annotated[
        int | None, typer.Option("--to", metavar="YEAR", help="Timetable year after; the newest by default.")
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="A scenario, file or name, against its base instead.")
    ] = "",
    year: Annotated[
        int | None, typer.Option("--year", help="Timetable year of --scenario; the newest by default.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", help="Draws of what is not known, 20 or more; 100 by default.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Where draws come from.")] = 0,
    preset: Annotated[
        str, typer.Option("--preset", help="Who moves: commuting, free (live where they work), fixed (nobody).")
    ] = "commuting",
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="FILE", help="Rows that replace those of table parameters, by name.")
    ] = "",
    road: Annotated[float, typer.Option("--road-speed", help="Speed by road where that is quicker, km/h.")] = 60.0,
    wages: Annotated[
        str, typer.Option("--wages", help="gdp (output a worker), or an indicator of city_facts.")
    ] = "gdp",
    top: Annotated[
        int, typer.Option("--top", min=0, help="Cities to print, largest gain of people first; 0 = all.")
    ] = 20,
    file: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write all cities: .csv, .parquet.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Solve for what faster travel does to welfare, people, wages and rents by city, with bands and a certificate."""
    from pathlib import Path

    from megaregion.publish.export import check_suffix, write_table
    from megaregion.study.welfare import DRAWS, WelfareOptions, read_parameter_file, welfare_change

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if file:
        check_suffix(Path(file))
    asked: dict[str, Any] = {"seed": seed, "mobility": preset, "road_kmh": road, "wages": wages}
    options = WelfareOptions(draws=DRAWS if draws is None else draws, **asked)
    given = read_parameter_file(parameters) if parameters else None
    before, after = _sides(which, (since, until), (scenario, year), out)
    with out.progress(out.words("draws", "抽样")) as progress:
        found = welfare_change(
            (before.region, before.year),
            (after.region, after.year),
            parameters=given,
            options=options,
            progress=progress,
        )
    out.notices(found.notices)
    table = _named(found.table, before.region.table("cities"))
    about = _about(found, (before.name, after.name))
    if file:
        path = write_table(table, Path(file), {"command": "counterfactual", **about})
        out.say(out.words(f"results: {path}", f"结果：{path}"))
    if out.json:
        out.data({**about, "rows": table.to_dict("records")})
    elif not file:
        _print(found, table, (before, after), top, out)


def _sides(
    region: str, years: tuple[int | None, int | None], asked: tuple[str, int | None], out: Output
) -> tuple[Side, Side]:
    """
    Give the sides, as `compare` takes them.

    Raises
    ------
    InputError
        If years and a scenario are both given, or a side cannot be meant.
    """
    from megaregion.cli.options import open_region
    from megaregion.cli.sides import two_sides
    from megaregion.errors import InputError
    from megaregion.study.city_travel import timetable_years
    from megaregion.study.shared_travel import timetable_year

    (since, until), (scenario, year) = years, asked
    if scenario and (since is not None or until is not None):
        msg = (
            "--scenario and --from or --to are both given; expected two timetable years, or a scenario against its "
            "base (its timetable is --year)."
        )
        raise InputError(msg)
    if scenario:
        before, after = two_sides("base", scenario, region, (year, None), out)
    else:
        if year is not None:
            msg = f"--year is {year}, but it is the timetable of a --scenario; give --from and --to."
            raise InputError(msg)
        opened = open_region(region)
        first = timetable_year(opened, since if since is not None else min(timetable_years(opened), default=None))
        before, after = two_sides(str(first), "", region, (timetable_year(opened, until), None), out)
    if before is None:
        msg = "there is nothing to compare with; give --from and --to, or --scenario."
        raise InputError(msg)
    return before, after


def _named(table: pd.DataFrame, cities: pd.DataFrame) -> pd.DataFrame:
    names = cities.set_index("city_id")[["name", "name_en"]]
    found = table.copy()
    found.insert(1, "name", found["city_id"].map(names["name"]))
    found.insert(2, "name_en", found["city_id"].map(names["name_en"]))
    return found


def _about(found: Welfare, names: tuple[str, str]) -> dict[str, Any]:
    low, middle, high = found.band
    return {
        "before": names[0],
        "after": names[1],
        "welfare": {"low": low, "median": middle, "high": high, "at_medians": found.central},
        "channels": found.channels.to_dict("records"),
        "roads": found.roads.to_dict("records"),
        "drivers": found.drivers.to_dict("records"),
        "certificate": dict(found.certificate),
        "settings": dict(found.settings),
        "status": found.status,
        "assumptions": [{"en": words.en, "zh": words.zh} for words in found.assumptions],
    }


def _print(found: Welfare, table: pd.DataFrame, sides: tuple[Side, Side], top: int, out: Output) -> None:
    import pandas as pd

    from megaregion.cli.sides import said
    from megaregion.study.status import status_words
    from megaregion.study.welfare_words import (
        CHANNELS,
        OUTCOMES,
        PARAMETERS,
        banded,
        certificate_lines,
        driver_words,
        percent,
    )

    lang = out.lang
    low, middle, high = found.band
    out.text(said(*sides, out))
    whole = banded(middle, low, high).of(lang)
    central = percent(found.central).of(lang)
    out.text(
        out.words(
            f"welfare of a resident: {whole}, 90 % of draws; {central} at median elasticities\n",
            f"居民福利：{whole}，90% 的抽样；取弹性中位数时 {central}\n",
        )
    )
    ordered = table.sort_values("residents", ascending=False, kind="stable", na_position="last")
    shown = ordered.head(top) if top else ordered
    name = shown["name"] if lang == "zh" else shown["name_en"].fillna(shown["name"])
    columns: dict[str, Any] = {out.words("city", "城市"): name}
    for outcome in SHOWN:
        parts = zip(*(shown[f"{outcome}{end}"] for end in ("", "_low", "_high")), strict=True)
        columns[OUTCOMES[outcome].of(lang)] = [banded(*each).of(lang) for each in parts]
    out.table(pd.DataFrame(columns), right=list(columns)[1:])
    if len(shown) < len(ordered):
        left = len(ordered) - len(shown)
        out.text(out.words(f"... and {left} more cities: --top 0, -o FILE", f"……另有 {left} 个城市：--top 0、-o 文件"))
    out.text("")
    rows = [
        (
            CHANNELS[row["channel"]].of(lang),
            PARAMETERS[row["parameter"]].of(lang),
            _elasticity(row, out),
            percent(row["welfare"]).of(lang),
        )
        for row in found.channels.to_dict("records")
    ]
    heads = [out.words(*each) for each in _HEADS]
    out.table(pd.DataFrame(rows, columns=heads), right=heads[2:])
    out.text("")
    roads = ", ".join(
        f"{row['road_kmh']:g} km/h {percent(row['welfare']).of(lang)}" for row in found.roads.to_dict("records")
    )
    out.text(
        out.words(f"by the speed of roads that trains are better than: {roads}", f"按列车所替代公路的速度：{roads}")
    )
    drivers = driver_words(found)
    if drivers is not None:
        out.text(drivers.of(lang))
    for words in certificate_lines(found, sides[0].region):
        out.text(words.of(lang))
    status = status_words(found.status)
    out.text(out.words(f"status: {status.en}", f"状态：{status.zh}"))
    for words in found.assumptions:
        out.text(out.words(f"assumed: {words.en}", f"假设：{words.zh}"))


_HEADS = (("channel", "途径"), ("how", "机制"), ("elasticity", "弹性"), ("welfare alone", "单独的福利变化"))


def _elasticity(row: Mapping[Any, Any], out: Output) -> str:
    low, high = f"{row['elasticity_low']:.3g}", f"{row['elasticity_high']:.3g}"
    if isnan(row["welfare"]):
        return out.words("not in this model", "模型不含")
    return (
        f"{row['elasticity']:.3g}"
        if low == high
        else out.words(f"{row['elasticity']:.3g} ({low} to {high})", f"{row['elasticity']:.3g}（{low} 至 {high}）")
    )
