"""The command network: cities linked by firms, and which links size does not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, open_region, output

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.cli.output import Output

SEED = 20_211
"""Of the random networks: the same data give the same figures."""

_CITY = {
    "city": ("city", "城市"),
    "firms": ("firms", "企业数"),
    "connectivity": ("connectivity", "连通度"),
    "share": ("share", "相对值"),
    "degree": ("links", "联系数"),
    "closeness": ("closeness", "接近中心度"),
    "betweenness": ("betweenness", "中介中心度"),
    "eigenvector": ("eigenvector", "特征向量中心度"),
}
_LINK = {
    "from": ("from", "起"),
    "to": ("to", "止"),
    "value": ("strength", "强度"),
    "firms": ("firms", "共有企业"),
    "expected": ("by chance", "随机期望"),
    "p_adjusted": ("p", "p 值"),
    "verdict": ("verdict", "判断"),
}
_VERDICTS_ZH = {"more": "多于随机", "fewer": "少于随机", "as chance": "与随机相当"}


@app.command()
def network(
    which: Annotated[
        str,
        typer.Argument(
            metavar="[REGION|SITES]", help="Region folder, example, or a table of sites; the example without it."
        ),
    ] = "yrd",
    function: Annotated[
        str, typer.Option("--function", help="Only sites that do this: headquarters, research, office or plant.")
    ] = "",
    draws: Annotated[int, typer.Option("--draws", help="Random networks, at least 99.")] = 999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random networks.")] = SEED,
    top: Annotated[int, typer.Option("--top", min=0, help="Links that are printed, strongest first; 0 = all.")] = 20,
    file: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write all pairs of cities: .csv, .parquet.")
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Link cities by the firms with sites in several (table firm_sites): connectivity, links, what size explains."""
    from pathlib import Path

    import numpy as np

    from megaregion.economy import interlocking_network, link_significance
    from megaregion.economy.city_network import NO_SAMPLE
    from megaregion.publish.export import check_suffix, write_table

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if file:
        check_suffix(Path(file))
    sites, names = _sites(which, out)
    if function:
        sites = _doing(function, sites)
    found = interlocking_network(sites)
    tested = link_significance(found, rng=np.random.default_rng(seed), draws=draws)
    if not tested.can_tell:
        message = f"the smallest p that {found.firms} firms with these sizes can have is {tested.least_p:.2g}."
        zh = f"以 {found.firms} 家企业的规模，p 值最小只能为 {tested.least_p:.2g}。"
        found.notices.add("links_cannot_be_told", message, value=f"{tested.least_p:.2g}", message_zh=zh)
    out.notices(found.notices)
    links = tested.table.merge(found.links[["from_id", "to_id", "value"]], on=["from_id", "to_id"], how="left")
    # both cities are listed, and no listed firm links them
    links = links.fillna({"value": 0.0}).sort_values("value", ascending=False, kind="stable", ignore_index=True)
    about = {
        "about": out.words(*NO_SAMPLE),
        "function": function or "any",
        "firms": found.firms,
        "draws": draws,
        "seed": seed,
        "least_p": tested.least_p,
        "can_tell": tested.can_tell,
    }
    if file:
        path = write_table(links, Path(file), {"command": "network", **about})
        out.say(out.words(f"pairs: {path}", f"城市对：{path}"))
    cities = found.table.sort_values("connectivity", ascending=False, kind="stable")
    if out.json:
        out.data({**about, "cities": cities.to_dict("records"), "links": links.to_dict("records")})
    elif not file:
        _print(cities, links[links["value"] > 0], names, top, out)
        said, said_zh = f"{draws} random networks, seed {seed}", f"{draws} 个随机网络，种子 {seed}"
        out.say(
            out.words(
                f"by chance: {said}, in which every firm and city keeps its size; p holds over all pairs together.",
                f"随机期望：{said_zh}，企业与城市规模均保持不变；p 值对全部城市对校正。",
            )
        )


def _sites(which: str, out: Output) -> tuple[pd.DataFrame, dict[str, str]]:
    """Sites and names of their cities: of a file, ids are the names."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.sources.tables import read_table
    from megaregion.study.left_out import names_of
    from megaregion.study.regions import example, examples

    path = Path(which)
    if path.suffix and not path.is_dir():
        if not path.is_file():
            msg = f"there is no file {which}; give a table of sites (.csv, .xlsx, .parquet) or a region folder."
            raise InputError(msg)
        reading = read_table(path, "firm_sites")
        out.notices(reading.notices)
        return reading.tables["firm_sites"], {}
    region = example(which) if which in examples() and not (path / "megaregion.json").exists() else open_region(which)
    sites = region.table("firm_sites")
    sites = sites[sites["city_id"].isin(region.table("cities")["city_id"])]
    if sites.empty:
        msg = f"region {region.name!r} has no table firm_sites; bring it: megaregion import table firm_sites FILE."
        raise InputError(msg)
    ids = sorted(set(sites["city_id"]))
    return sites, dict(zip(ids, names_of(region, ids, out.lang), strict=True))


def _doing(function: str, sites: pd.DataFrame) -> pd.DataFrame:
    """Keep the sites of one function."""
    from megaregion.errors import InputError

    kept = sites[sites["function"] == function]
    if kept.empty:
        held = ", ".join(sorted(set(sites["function"].dropna().astype(str))))
        msg = f"--function is {function!r}, and no site does that; the table has {held}."
        raise InputError(msg)
    return kept


def _print(cities: pd.DataFrame, links: pd.DataFrame, names: dict[str, str], top: int, out: Output) -> None:
    import pandas as pd

    shown = pd.DataFrame(
        {
            "city": cities["city_id"].map(lambda each: names.get(each, each)),
            "firms": cities["firms"],
            "connectivity": cities["connectivity"].map("{:g}".format),
            "share": cities["share"].map("{:.2f}".format),
            "degree": cities["degree"],
            **{name: cities[name].map("{:.2f}".format) for name in ("closeness", "betweenness", "eigenvector")},
        }
    )
    out.table(_named(shown, _CITY, out), right=[_CITY[name][out.lang == "zh"] for name in list(_CITY)[1:]])
    out.text("")
    first = links.head(top) if top else links
    shown = pd.DataFrame(
        {
            "from": first["from_id"].map(lambda each: names.get(each, each)),
            "to": first["to_id"].map(lambda each: names.get(each, each)),
            "value": first["value"].map("{:g}".format),
            "firms": first["firms"],
            "expected": first["expected"].map("{:.1f}".format),
            "p_adjusted": first["p_adjusted"].map("{:.2g}".format),
            "verdict": first["verdict"].map(lambda each: out.words(each, _VERDICTS_ZH[each])),
        }
    )
    out.table(_named(shown, _LINK, out), right=[_LINK[name][out.lang == "zh"] for name in list(_LINK)[2:6]])
    if len(first) < len(links):
        left = len(links) - len(first)
        out.text(out.words(f"... and {left} more links: --top 0, -o FILE", f"……另有 {left} 条联系：--top 0、-o 文件"))


def _named(frame: pd.DataFrame, titles: dict[str, tuple[str, str]], out: Output) -> pd.DataFrame:
    return frame.rename(columns={name: words[out.lang == "zh"] for name, words in titles.items()})
