"""The command market-access: how near markets are to each city, and what faster travel adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, open_region, output

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.study.city_markets import CityMarkets, MarketOptions

_UNITS = {"CNY": (1e12, "trillion CNY", "万亿元"), "person": (1e6, "million people", "百万人")}


@app.command("market-access")
def market_access(
    which: Annotated[
        str, typer.Argument(metavar="[REGION]", help="Region folder or example; without it, the shipped example.")
    ] = "yrd",
    until: Annotated[
        int | None, typer.Option("--to", "--year", metavar="YEAR", help="Timetable year; the newest by default.")
    ] = None,
    since: Annotated[
        int | None, typer.Option("--from", metavar="YEAR", help="Timetable year to compare with; none by default.")
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="A scenario, file or name, against its base instead.")
    ] = "",
    theta: Annotated[
        float | None, typer.Option("--theta", help="How steeply markets fall with hours; 1 = economic potential.")
    ] = None,
    own: Annotated[bool, typer.Option("--own/--no-own", help="A city is its own market too.")] = False,
    fixed_point: Annotated[
        str, typer.Option("--fixed-point", help="none (plain sum), output, or people (with --mass population_census).")
    ] = "none",
    mass: Annotated[str, typer.Option("--mass", help="What markets have: an indicator of city_facts.")] = "gdp",
    road: Annotated[float, typer.Option("--road-speed", min=0, help="Speed by road, km/h; 0 = trains only.")] = 60.0,
    top: Annotated[int, typer.Option("--top", min=0, help="Cities to print, best first; 0 = all.")] = 20,
    file: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write all cities: .csv, .parquet.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Sum what each city can reach, nearer markets counting more: in one timetable year, or what a change adds."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.study.city_markets import TIME_ELASTICITY, MarketOptions

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if file:
        check_suffix(Path(file))
    if fixed_point == "people" and mass.startswith("gdp"):
        msg = f"--fixed-point people needs people as markets, and --mass is {mass!r}; expected population_census."
        raise InputError(msg)
    options = MarketOptions(
        theta=TIME_ELASTICITY if theta is None else theta,
        own=own,
        fixed_point=None if fixed_point == "none" else fixed_point,
        mass=mass,
        road_kmh=road,
    )
    found, cities = _found(which, (since, until), scenario, options, out)
    out.notices(found.notices)
    table = cities.merge(found.table, on="city_id", how="right")
    table = table.sort_values(
        "change" if "change" in table else "market_access", ascending=False, kind="stable", na_position="last"
    )
    about = {"settings": dict(found.settings), "mass_year": found.mass_year}
    if file:
        path = write_table(table, Path(file), {"command": "market-access", **about})
        out.say(out.words(f"results: {path}", f"结果：{path}"))
    if out.json:
        out.data({**about, "rows": table.to_dict("records")})
    elif not file:
        _print(found, table, options, top, out)


def _found(
    which: str, years: tuple[int | None, int | None], scenario: str, options: MarketOptions, out: Output
) -> tuple[CityMarkets, pd.DataFrame]:
    """Give markets of a year, or of two sides, and the names of cities."""
    from megaregion.cli.sides import two_sides
    from megaregion.errors import InputError
    from megaregion.study.city_markets import city_markets, market_change
    from megaregion.study.shared_travel import timetable_year

    since, until = years
    if scenario and since is not None:
        msg = "--scenario and --from are both given; expected a scenario against its base, or a timetable year."
        raise InputError(msg)
    if scenario:
        before, after = two_sides("base", scenario, which, (until, None), out)
        if before is None:
            msg = "there is nothing to compare with; give --from or --scenario."
            raise InputError(msg)
        sides = [(side.region, timetable_year(side.region, side.year)) for side in (before, after)]
        found = market_change(sides[0], sides[1], options=options)
        return found, _names(after.region)
    region = open_region(which)
    now = timetable_year(region, until)
    if since is None:
        return city_markets(region, year=now, options=options), _names(region)
    then = timetable_year(region, since)
    if then == now:
        msg = f"--from is {then}, and so is the other side; give another year as --from or --to."
        raise InputError(msg)
    return market_change((region, then), (region, now), options=options), _names(region)


def _names(region: Any) -> pd.DataFrame:
    cities: pd.DataFrame = region.table("cities")[["city_id", "name", "name_en"]]
    return cities


def _print(found: CityMarkets, table: pd.DataFrame, options: MarketOptions, top: int, out: Output) -> None:
    import pandas as pd

    shown = table.head(top) if top else table
    name = shown["name"] if out.lang == "zh" else shown["name_en"].fillna(shown["name"])
    facts = found.basis["city_facts"]
    unit = str(facts["unit"].iloc[0]) if len(facts) else ""
    scale, unit_en, unit_zh = _UNITS.get(unit, (1.0, unit, unit))
    if options.fixed_point:
        # of a root of the unit only ratios mean something: the mean of all cities is 1
        scale, unit_en, unit_zh = float(table["market_access"].mean()), "mean = 1", "均值 = 1"
    columns: dict[str, Any] = {out.words("city", "城市"): name}
    here = out.words(f"market access, {unit_en}", f"市场可达性（{unit_zh}）")
    if "change" in table:
        columns[out.words("before", "此前")] = _numbers(shown["before"] / scale)
        columns[here] = _numbers(shown["market_access"] / scale)
        columns[out.words("change", "变化")] = [
            "" if value != value else f"{100 * value:+.1f} %"  # noqa: PLR0124 - NaN
            for value in shown["change"]
        ]
    else:
        columns[here] = _numbers(shown["market_access"] / scale)
        columns[out.words("from others to here", "由他市到本市")] = _numbers(shown["supplier_access"] / scale)
        if options.own:
            columns[out.words("of which itself", "其中本市")] = [f"{100 * value:.0f} %" for value in shown["own_share"]]
    out.table(pd.DataFrame(columns), right=list(columns)[1:])
    if len(shown) < len(table):
        left = len(table) - len(shown)
        out.text(out.words(f"... and {left} more cities: --top 0, -o FILE", f"……另有 {left} 个城市：--top 0、-o 文件"))
    settings = found.settings
    years = f"{settings['since']}, {settings['year']}" if "since" in settings else f"{settings['year']}"
    point, point_zh = options.fixed_point, {"people": "人口"}.get(options.fixed_point or "", "产出")
    solved = out.words(f"; fixed point of {point}", f"；{point_zh}不动点")
    road = out.words(f", or by road at {options.road_kmh:g} km/h", f"，公路 {options.road_kmh:g} 公里/小时更快时取公路")
    out.text(
        out.words(
            f"\n{options.mass} of {found.mass_year} by hours to the power -{options.theta:g}, as if all lay one hour "
            f"away; {'with' if options.own else 'without'} the city itself; median journeys by train of {years}"
            f"{road if options.road_kmh else ''}{solved if options.fixed_point else ''}",
            f"\n{found.mass_year} 年 {options.mass} 乘以小时数的 -{options.theta:g} 次方，折合为一小时距离；"
            f"{'含' if options.own else '不含'}本市；{years} 年列车行程时间中位数{road if options.road_kmh else ''}"
            f"{solved if options.fixed_point else ''}",
        )
    )


def _numbers(values: Any) -> list[str]:
    return ["" if value != value else f"{value:,.2f}" for value in values]  # noqa: PLR0124 - NaN
