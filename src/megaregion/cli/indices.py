"""The command index: how well the cities of a region work as one, base year = 100; coupling of systems from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.measures import Setting, settings_of
from megaregion.cli.options import Json, Lang, Quiet, app, open_region, output

if TYPE_CHECKING:
    from megaregion.cli.output import Output
    from megaregion.economy import CouplingCoordination
    from megaregion.study.integration import Integration

_SETTINGS = ("base", "weights", "mean")
_COUPLING_SETTINGS = ("variant", "weights", "normalisation")
SEED = 20_211
"""Of the drawn weights: the same data give the same band."""

_COLUMNS = {
    "year": ("year", "年份"),
    "index": ("index", "指数"),
    "low": ("5 % over weights", "权重抽样 5%"),
    "high": ("95 %", "95%"),
}
_COUPLING = {
    "id": ("of", "对象"),
    "coupling": ("C coupling", "耦合度 C"),
    "development": ("T development", "综合评价 T"),
    "coordination": ("D coordination", "协调度 D"),
    "low": ("5 % over weights", "权重抽样 5%"),
    "high": ("95 %", "95%"),
    "class": ("class", "等级"),
}


@app.command()
def index(
    which: Annotated[
        str, typer.Argument(metavar="[REGION]", help="Region folder or example; without it, the shipped example.")
    ] = "yrd",
    given: Setting = None,
    coupling: Annotated[
        str,
        typer.Option("--coupling", metavar="FILE", help="Coupling coordination degree of a CSV instead: id, systems."),
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Compute the integration index of a region, base year = 100, with sub-indices and a band over weights."""
    from megaregion.errors import InputError
    from megaregion.study.integration import integration
    from megaregion.study.regions import example, examples

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    known = _COUPLING_SETTINGS if coupling else _SETTINGS
    asked: dict[str, Any] = dict(settings_of(given))
    unknown = [name for name in asked if name not in known]
    if unknown:
        msg = f"--set {unknown[0]}: expected one of {', '.join(known)}."
        raise InputError(msg)
    if coupling:
        _print_coupling(_coupled(coupling, asked), out)
        return
    if "base" in asked:
        if not asked["base"].isdigit():
            msg = f"--set base={asked['base']}: expected a timetable year, as base=2012."
            raise InputError(msg)
        asked["base"] = int(asked["base"])
    region = example(which) if which in examples() else open_region(which)
    found = integration(region, **asked)
    out.notices(found.notices)
    _print(found, out)


def _print(found: Integration, out: Output) -> None:
    import pandas as pd

    from megaregion.study.integration import GROUPS, PARTS, shown_figure

    table = found.index.table.rename_axis("year").reset_index()
    if out.json:
        out.data(
            {
                "choices": found.index.choices,
                "weights": found.index.weights.to_dict(),
                "rows": found.rows,
                "missing": {str(year): list(names) for year, names in found.index.missing.items()},
                "index": table.to_dict("records"),
                "indicators": found.figures.rename_axis("year").reset_index().to_dict("records"),
            }
        )
        return
    shown = table.assign(**{name: table[name].map("{:.1f}".format) for name in table.columns if name != "year"})
    titles = _titles(out)
    shown = shown.rename(columns=titles | {name: words.of(out.lang) for name, words in GROUPS.items()})
    out.table(shown, right=list(shown.columns))
    out.text("")
    raw = pd.DataFrame(
        [
            {out.words("indicator", "指标"): each.title.of(out.lang)}
            | {str(year): shown_figure(each, value).of(out.lang) for year, value in found.figures[each.name].items()}
            for each in PARTS
        ]
    )
    out.table(raw, right=list(raw.columns)[1:])
    en, zh = found.index.choices, found.index.choices_zh
    cities = found.rows["theil_income"]
    out.say(
        out.words(
            f"\n{en['base']}; weights {en['weights']}, {en['mean']} mean; {en['normalisation']}; "
            f"incomes of {cities} cities. The band is of weights alone, not of the data.",
            f"\n基期 {zh['base']}；权重：{zh['weights']}，{zh['mean']}；{zh['normalisation']}；"
            f"收入数据含 {cities} 个城市。区间仅反映权重，不反映数据误差。",
        )
    )


def _titles(out: Output) -> dict[str, str]:
    return {name: words[out.lang == "zh"] for name, words in _COLUMNS.items()}


def _coupled(file: str, asked: dict[str, str]) -> CouplingCoordination:
    """Read systems by observation, and couple them; the first column names the observations."""
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from megaregion.economy import coupling_coordination
    from megaregion.errors import InputError
    from megaregion.study.indicators.economy_coordination import read_shares

    path = Path(file)
    if not path.is_file():
        msg = f"there is no file {file}; expected a CSV whose first column is an id and whose others are systems."
        raise InputError(msg)
    try:
        cells = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False, na_filter=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        msg = f"{file} cannot be read as CSV in UTF-8: {problem}."
        raise InputError(msg) from problem
    systems = pd.DataFrame(index=pd.Index(cells.iloc[:, 0], name="id"))
    for name in cells.columns[1:]:
        number = pd.to_numeric(cells[name], errors="coerce").to_numpy(np.float64)
        wrong = np.flatnonzero(np.isnan(number))
        if len(wrong):
            msg = (
                f"{file} line {wrong[0] + 2}: column {name!r} is {cells[name].iloc[wrong[0]]!r}; expected a number. "
                "Leave the line out if it is not known."
            )
            raise InputError(msg)
        systems[name] = number
    options: dict[str, Any] = {**asked, "weights": read_shares(asked.get("weights", "equal"))}
    return coupling_coordination(systems, rng=np.random.default_rng(SEED), **options)


def _print_coupling(found: CouplingCoordination, out: Output) -> None:
    if out.json:
        rows = found.table.rename_axis("id").reset_index().to_dict("records")
        out.data({"choices": found.choices, "weights": found.weights.to_dict(), "rows": rows})
        return
    table = found.table.rename_axis("id").reset_index()
    numbers = ["coupling", "development", "coordination", "low", "high"]
    shown = table[["id", *numbers]].assign(**{name: table[name].map("{:.4f}".format) for name in numbers})
    shown["class"] = table[f"class_{out.lang}"]
    titles = {name: words[out.lang == "zh"] for name, words in _COUPLING.items()}
    out.table(shown.rename(columns=titles), right=[titles[name] for name in numbers])
    out.notices(found.notices)
