"""The command specialisation: what each city does more than others, which pairs complement each other, complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, open_region, output

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output

SEED = 20_211
"""Of the random tables: the same data give the same figures."""

SHOWN = ("cities", "sectors", "pairs", "complexity")

_TITLES = {
    "city_id": ("city", "城市"),
    "from_id": ("from", "起"),
    "to_id": ("to", "止"),
    "krugman": ("specialisation", "专业化指数"),
    "sector": ("sector", "部门"),
    "quotient": ("location quotient", "区位商"),
    "share": ("share", "占比"),
    "specialised": ("cities specialised", "专业化城市数"),
    "value": ("apart", "差异"),
    "expected": ("by chance", "随机期望"),
    "z": ("z", "z 值"),
    "p_adjusted": ("p", "p 值"),
    "cosine": ("cosine", "余弦"),
    "verdict": ("verdict", "判断"),
    "eci": ("complexity", "复杂度"),
    "diversity": ("sectors specialised in", "专业化部门数"),
}
_VERDICTS_ZH = {"complementary": "互补", "alike": "相似", "as chance": "与随机相当"}
_NOTES = {
    "cities": (
        "specialisation: shares less those of all other cities, 0 = the same, 2 = no sector in common (Krugman).",
        "专业化指数：与其余城市合计占比之差的绝对值之和，0 为相同，2 为毫无重合（克鲁格曼）。",
    ),
    "sectors": (
        "share: of all cities together; beside it the city with the largest location quotient.",
        "占比：占全部城市合计的比重；并列区位商最大的城市。",
    ),
    "pairs": (
        "apart: sum over sectors of how far two shares differ, 0 to 2; p holds over all pairs together.",
        "差异：两市各部门占比之差的绝对值之和，0 至 2；p 值对全部城市对校正。",
    ),
    "complexity": (
        "complexity: standard deviations from the mean city (Hidalgo and Hausmann); goes up with diversity.",
        "复杂度：与城市平均值相差的标准差数（Hidalgo 与 Hausmann），与多样性同向。",
    ),
}


@app.command()
def specialisation(
    which: Annotated[
        str,
        typer.Argument(
            metavar="[REGION|SECTORS]", help="Region folder, example, or a table of sectors; the example without it."
        ),
    ] = "yrd",
    show: Annotated[str, typer.Option("--show", help="cities, sectors, pairs or complexity.")] = "cities",
    year: Annotated[int | None, typer.Option("--year", help="The newest that most cities have, unless given.")] = None,
    absent_is_zero: Annotated[
        bool, typer.Option("--absent-is-zero", help="A city without a row of a sector has none of it.")
    ] = False,
    draws: Annotated[int, typer.Option("--draws", help="Random tables for pairs, at least 99.")] = 999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random tables.")] = SEED,
    top: Annotated[int, typer.Option("--top", min=0, help="Rows that are printed; 0 = all.")] = 20,
    file: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write all rows: .csv, .parquet.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Tell what each city does more than the others, which pairs complement each other, and economic complexity."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import check_suffix, write_table
    from megaregion.region.schema import suggest

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if show not in SHOWN:
        msg = f"--show is {show!r}; expected cities, sectors, pairs or complexity.{suggest(show, SHOWN)}"
        raise InputError(msg)
    if file:
        check_suffix(Path(file))
    table, names, about = _sectors(which, year, out, absent_is_zero=absent_is_zero)
    rows, more = _answer(show, table, draws, seed, out)
    about = {"show": show, **about, "cities": len(table), "sectors": len(table.columns), **more}
    if file:
        path = write_table(rows, Path(file), {"command": "specialisation", **about})
        out.say(out.words(f"rows: {path}", f"数据行：{path}"))
    if out.json:
        out.data({**about, "rows": rows.to_dict("records")})
    elif not file:
        _print(rows, names, top, out)
        out.say(out.words(*_NOTES[show]))


def _sectors(
    which: str, year: int | None, out: Output, *, absent_is_zero: bool
) -> tuple[pd.DataFrame, dict[str, str], dict[str, Any]]:
    """Places by sectors, names of the places, and what was taken; in a file ids are the names."""
    from pathlib import Path

    from megaregion.economy.sector_rows import NO_YEAR, sector_tables
    from megaregion.errors import InputError
    from megaregion.sources.tables import read_table
    from megaregion.study.left_out import names_of
    from megaregion.study.regions import example, examples
    from megaregion.study.sectors import region_sectors

    path = Path(which)
    if not path.suffix or path.is_dir():
        held = which in examples() and not (path / "megaregion.json").exists()
        region = example(which) if held else open_region(which)
        found = region_sectors(region, year, absent_is_zero=absent_is_zero)
        out.notices(found.notices)
        ids = [str(each) for each in found.table.index]
        about = {"year": found.year, "unit": found.unit, "from_shares": list(found.from_shares)}
        return found.table, dict(zip(ids, names_of(region, ids, out.lang), strict=True)), about
    if not path.is_file():
        msg = f"there is no file {which}; give a table of sectors (.csv, .xlsx, .parquet) or a region folder."
        raise InputError(msg)
    reading = read_table(path, "sector_facts")
    out.notices(reading.notices)
    rows = reading.tables["sector_facts"]
    tables = sector_tables(rows, absent_is_zero=absent_is_zero)
    chosen = max(tables) if year is None else year
    if chosen not in tables:
        held_years = ", ".join(str(each) for each in tables if each != NO_YEAR) or "no years"
        msg = f"--year is {chosen}; table {which} has {held_years}."
        raise InputError(msg)
    unit = rows["unit"].dropna()
    return (
        tables[chosen],
        {},
        {"year": chosen or None, "unit": str(unit.iloc[0]) if len(unit) else "", "from_shares": []},
    )


def _answer(show: str, table: pd.DataFrame, draws: int, seed: int, out: Output) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows of what is asked, and what they rest on."""
    if show == "cities":
        return _by_city(table), {}
    if show == "sectors":
        return _by_sector(table), {}
    if show == "pairs":
        return _pairs(table, draws, seed)
    return _complexity(table, out)


def _by_city(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from megaregion.economy import krugman_specialisation, location_quotient

    quotients = location_quotient(table)
    most = quotients.to_numpy().argmax(axis=1)
    share = table.div(table.sum(axis=1), axis=0).to_numpy()
    found = pd.DataFrame(
        {
            "city_id": table.index.astype(str),
            "krugman": krugman_specialisation(table).to_numpy(),
            "sector": table.columns[most],
            "quotient": quotients.max(axis=1).to_numpy(),
            "share": share[range(len(share)), most],
        }
    )
    return found.sort_values("krugman", ascending=False, kind="stable", ignore_index=True)


def _by_sector(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from megaregion.economy import location_quotient

    quotients = location_quotient(table)
    found = pd.DataFrame(
        {
            "sector": table.columns.astype(str),
            "share": (table.sum() / table.sum().sum()).to_numpy(),
            "specialised": (quotients >= 1).sum().to_numpy(),
            "city_id": quotients.idxmax().to_numpy(),
            "quotient": quotients.max().to_numpy(),
        }
    )
    return found.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _pairs(table: pd.DataFrame, draws: int, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    import numpy as np

    from megaregion.economy import complementarity, profile_cosine

    found = complementarity(table, rng=np.random.default_rng(seed), draws=draws)
    cosine = profile_cosine(table).to_numpy()
    rows = found.table[["from_id", "to_id", "value", "expected", "z", "p_adjusted", "verdict"]]
    rows = rows.assign(cosine=cosine[np.triu_indices(len(cosine), 1)])
    rows = rows.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    return rows, {"null": found.null, "draws": draws, "seed": seed, "verdicts": found.counts}


def _complexity(table: pd.DataFrame, out: Output) -> tuple[pd.DataFrame, dict[str, Any]]:
    import pandas as pd

    from megaregion.economy import complexity
    from megaregion.errors import InputError
    from megaregion.study.indicators.economy_specialisation import LEAST_SECTORS

    if len(table.columns) < LEAST_SECTORS:
        msg = (
            f"there are {len(table.columns)} sectors, and complexity takes at least {LEAST_SECTORS}; give a finer "
            "table, as a file or with: megaregion import table sector_facts FILE."
        )
        raise InputError(msg)
    found = complexity(table)
    out.notices(found.notices)
    rows = pd.DataFrame(
        {"city_id": found.eci.index.astype(str), "eci": found.eci.to_numpy(), "diversity": found.diversity.to_numpy()}
    )
    order = found.pci.sort_values(ascending=False)
    pci = {str(sector): float(value) for sector, value in order.items()}
    return rows.sort_values("eci", ascending=False, kind="stable", ignore_index=True), {"sector_complexity": pci}


def _print(rows: pd.DataFrame, names: dict[str, str], top: int, out: Output) -> None:
    first = rows.head(top) if top else rows
    shown = first.copy()
    for name in ("city_id", "from_id", "to_id"):
        if name in shown:
            shown[name] = shown[name].map(lambda each: names.get(each, each))
    if "share" in shown:
        shown["share"] = [out.words(f"{100 * each:.1f} %", f"{100 * each:.1f}%") for each in shown["share"]]
    for name, form in {"krugman": ".3f", "quotient": ".2f", "value": ".3f", "expected": ".3f", "z": ".1f"}.items():
        if name in shown:
            shown[name] = shown[name].map(f"{{:{form}}}".format)
    for name, form in {"p_adjusted": ".2g", "cosine": ".2f", "eci": "+.2f"}.items():
        if name in shown:
            shown[name] = shown[name].map(f"{{:{form}}}".format)
    if "verdict" in shown:
        shown["verdict"] = [out.words(each, _VERDICTS_ZH[each]) for each in shown["verdict"]]
    if "sector" in shown:
        shown["sector"] = [_sector(str(each), out) for each in shown["sector"]]
    texts = {"city_id", "from_id", "to_id", "sector", "verdict"}
    titles = {name: words[out.lang == "zh"] for name, words in _TITLES.items()}
    right = [titles[str(name)] for name in shown if name not in texts]
    out.table(shown.rename(columns=titles), right=right)
    if len(first) < len(rows):
        left = len(rows) - len(first)
        out.text(out.words(f"... and {left} more: --top 0, -o FILE", f"……另有 {left} 行：--top 0、-o 文件"))


def _sector(name: str, out: Output) -> str:
    from megaregion.study.indicators.economy_specialisation import SECTOR_ZH

    return out.words(name, SECTOR_ZH.get(name, name))
