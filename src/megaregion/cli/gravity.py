"""The command gravity: what travel time, distance and borders of provinces take from flows between cities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output
    from megaregion.study.city_gravity import CityGravity

_TERMS = {
    "log_cost": ("elasticity", "弹性"),
    "cost": ("per unit of cost", "每单位费用"),
    "border": ("border of provinces", "省界"),
}
_COLUMNS = {
    "term": ("term", "变量"),
    "estimate": ("estimate", "估计值"),
    "se": ("std. error", "标准误"),
    "ci_low": ("95 % from", "95% 下限"),
    "ci_high": ("to", "上限"),
    "p_value": ("p", "p 值"),
}
_COSTS = {
    "time": ("hours by train, or by road if faster", "列车小时数，公路更快时取公路"),
    "train": ("hours by train", "列车小时数"),
    "distance": ("km by road", "公路公里数"),
}
_SIDES = {
    "doubly": ("origins and destinations", "起点与终点"),
    "production": ("origins", "起点"),
    "attraction": ("destinations", "终点"),
    "unconstrained": ("none", "无"),
}


@app.command()
def gravity(
    flows: Annotated[
        str,
        typer.Argument(
            metavar="[FLOWS]", help="CSV with from_id, to_id, flow, or a kind of table city_flows; trains without it."
        ),
    ] = "trains",
    region: Region = "",
    cost: Annotated[
        str, typer.Option("--cost", help="time (train or road, hours), train, distance (km), or a column of FLOWS.")
    ] = "time",
    constraint: Annotated[
        str, typer.Option("--constraint", help="doubly, production, attraction or unconstrained.")
    ] = "doubly",
    deterrence: Annotated[str, typer.Option("--deterrence", help="power, exponential or tanner.")] = "power",
    border: Annotated[str, typer.Option("--border", help="A term for pairs across a border: province or none.")] = (
        "province"
    ),
    cluster: Annotated[
        str, typer.Option("--cluster", help="Errors: origin_destination, pair, origin, destination or none.")
    ] = "origin_destination",
    missing: Annotated[
        str, typer.Option("--missing", help="A pair without a row: unknown, or 0 where FLOWS lists all that flows.")
    ] = "unknown",
    year: Annotated[int | None, typer.Option("--year", help="Timetable year; the newest by default.")] = None,
    road: Annotated[float, typer.Option("--road-speed", min=0, help="Speed by road, km/h; 0 = trains only.")] = 60.0,
    file: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write fitted flows: .csv, .parquet.")
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Estimate how flows between cities fall with travel time or distance, and what borders of provinces take."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.study.city_gravity import GravityOptions, city_gravity

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if missing not in {"unknown", "0"}:
        msg = f"--missing is {missing!r}; expected unknown or 0."
        raise InputError(msg)
    if file:
        check_suffix(Path(file))
    options = GravityOptions(
        cost=cost,
        constraint=constraint,
        deterrence=deterrence,
        cluster=None if cluster == "none" else cluster,
        border=border,
        missing_is_zero=missing == "0",
        year=year,
        road_kmh=road,
    )
    found = city_gravity(open_region(region), _read(flows), options=options)
    out.notices(found.notices)
    about = _about(found, flows)
    if file:
        path = write_table(found.fit.table, Path(file), {"command": "gravity", **about})
        out.say(out.words(f"fitted flows: {path}", f"拟合流量：{path}"))
    if out.json:
        out.data(about)
        return
    _print(found, options.cost, out)


def _read(flows: str) -> pd.DataFrame | str:
    """Read a file of flows; ids stay text."""
    from pathlib import Path

    import pandas as pd

    from megaregion.errors import InputError

    path = Path(flows)
    if not path.is_file() and not path.suffix:
        return flows
    if not path.is_file():
        msg = f"there is no file {flows}; expected a CSV with from_id, to_id and flow."
        raise InputError(msg)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    try:
        return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False, na_filter=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        msg = f"{flows} cannot be read as CSV in UTF-8: {problem}."
        raise InputError(msg) from problem


def _about(found: CityGravity, flows: str) -> dict[str, object]:
    fit = found.fit
    border = None if found.border is None else dict(zip(("times", "low", "high"), found.border, strict=True))
    return {
        "flows": flows,
        "settings": dict(found.settings),
        "coefficients": fit.coefficients.reset_index().to_dict("records"),
        "border": border,
        "pairs": fit.n_pairs,
        "deviance": fit.deviance,
        "explained": fit.pseudo_r2,
        "common_part": fit.cpc,
        "srmse": fit.srmse,
        "clusters": list(fit.clusters),
        "notices": [{"code": each.code, "message": each.message} for each in found.notices],
    }


def _print(found: CityGravity, cost: str, out: Output) -> None:
    fit = found.fit
    number = out.lang == "zh"
    table = fit.coefficients.reset_index()
    shown = table[list(_COLUMNS)].copy()
    shown["term"] = [_TERMS.get(term, (term, term))[number] for term in table["term"]]
    for name in list(_COLUMNS)[1:-1]:
        shown[name] = table[name].map("{:.3f}".format)
    shown["p_value"] = ["< 0.001" if value < 0.001 else f"{value:.3f}" for value in table["p_value"]]
    titles = {name: words[number] for name, words in _COLUMNS.items()}
    out.table(shown.rename(columns=titles), right=list(titles.values())[1:])
    what = _COSTS.get(cost, (cost, cost))
    sides = _SIDES[fit.constraint]
    out.text(
        out.words(
            f"\ncost: {what[0]}; totals kept: {sides[0]}; {fit.n_pairs:,} pairs; "
            f"{100 * fit.pseudo_r2:.0f} % of the deviance explained; {fit.standard_errors} errors",
            f"\n费用：{what[1]}；保持总量：{sides[1]}；{fit.n_pairs:,} 个城市对；"
            f"解释偏差的 {100 * fit.pseudo_r2:.0f}%；标准误：{_errors_zh(fit.standard_errors)}",
        )
    )
    if found.border is not None:
        times, low, high = found.border
        out.text(
            out.words(
                f"across a border of provinces: {times:.2f} times what flows within one, else alike ({low:.2f} to "
                f"{high:.2f})",
                f"跨省为同等条件下省内的 {times:.2f} 倍（{low:.2f} 至 {high:.2f}）",
            )
        )


def _errors_zh(words: str) -> str:
    by = words.removeprefix("clustered by ")
    names = {"origin": "起点", "destination": "终点", "pair": "城市对", "labels": "标签"}
    if by == words:
        return "稳健"
    return "按" + "与".join(names.get(each, each) for each in by.split(" and ")) + "聚类"
