"""Commands about regions themselves: demo, new, check, log, gc, explain, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.options import Folder, Json, Lang, Quiet, Region, app, needed, open_region, output


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="Example region.")] = "yrd",
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder to write; NAME.region by default.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Use a folder that holds another region.")] = False,
    atlas: Annotated[
        bool, typer.Option("--atlas/--no-atlas", help="Also write its atlas, in a folder beside it.")
    ] = True,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write a shipped example as a region folder, with its atlas."""
    from pathlib import Path

    from megaregion.study.regions import demo as write_demo

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    target = Path(folder or f"{name}.region")
    beside = target.with_name(f"{target.name.removesuffix('.region')}-atlas")
    if atlas:
        from megaregion.publish.atlas_folder import check_folder

        check_folder(beside, overwrite=True)
    region = write_demo(name, target, overwrite=overwrite)
    found: dict[str, object] = {"region": str(target), "version": region.version}
    out.say(out.words(f"region: {target} (version {region.version})", f"区域：{target}（版本 {region.version}）"))
    if atlas:
        from megaregion.cli.publishing import make_atlas

        page = make_atlas(region, beside, out)
        found["atlas"] = str(page)
    if out.json:
        out.data(found)


@app.command()
def new(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder to make.")],
    name: Annotated[str, typer.Option("--name", help="Name of the region; that of the folder by default.")] = "",
    example: Annotated[str, typer.Option("--from", help="Take cities, facts and base map from this example.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Make an empty region folder."""
    from megaregion.region.store import Store
    from megaregion.study.regions import example as read_example
    from megaregion.study.regions import new as make

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    base = read_example(example) if example else None
    region = make(folder, name=name or None)
    version = region.version
    if base is not None:
        wanted = ("sources", "cities", "city_facts", "reference_facts", "base_map", "boundaries")
        tables = {table: base.table(table) for table in wanted if table in base}
        version = str(Store.open(folder).commit(lambda old: old.with_tables(tables), message=f"cities of {example}"))
    out.say(out.words(f"region: {folder}", f"区域：{folder}"))
    if out.json:
        out.data({"region": folder, "version": version})


@app.command()
def check(
    region: Region = "",
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every object of every version and compare hashes.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Check a region: its tables against their schema, and its folder for damage."""
    from megaregion.notices import Notices
    from megaregion.region.store import Store

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    notices = Notices(Store.open(region).check(deep=deep) if region else ())
    damaged = bool(notices.of("error"))
    if not damaged:
        notices.extend(open_region(region).check())
    if out.json:
        out.data({"ok": not notices.of("error"), "notices": notices.table().to_dict("records")})
    else:
        out.text(notices.render(lang=lang) if len(notices) else out.words("no problems found", "未发现问题"))
    if notices.of("error"):
        raise typer.Exit(4 if damaged else 2)


@app.command()
def log(region: Folder = "", as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """List the versions of a region folder."""
    from megaregion.region.store import Store

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    out.table(Store.open(needed(region)).log())


@app.command()
def gc(
    region: Folder = "",
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is listed; without it, only list.")] = False,
    keep_versions: Annotated[int | None, typer.Option("--keep-versions", min=1, help="Keep only the last N.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """List, and with --delete remove, what no version of a region folder needs."""
    from megaregion.region.store import Store

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    out.table(Store.open(needed(region)).gc(dry_run=not delete, keep_versions=keep_versions))
    if not delete:
        out.say(out.words("nothing was deleted; add --delete to do it.", "未删除任何内容；加 --delete 执行删除。"))


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="Code of a finding, as printed in [brackets].")] = "",
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Explain a finding: what it means and what to do. Without a code, list all."""
    from dataclasses import asdict

    import pandas as pd

    from megaregion.errors import InputError
    from megaregion.notices import SEVERITIES_ZH, catalogue
    from megaregion.region.schema import suggest

    out = output(as_json=as_json, lang=lang)
    known = catalogue()
    if not code:
        rows = [
            (
                c.code,
                c.severity if out.json else out.words(c.severity, SEVERITIES_ZH[c.severity]),
                out.words(c.summary_en, c.summary_zh),
            )
            for c in known.values()
        ]
        names = out.words("code severity meaning", "代码 级别 含义").split()
        out.table(pd.DataFrame(sorted(rows), columns=["code", "severity", "meaning"] if out.json else names))
        return
    wanted = code.strip("[]")
    if wanted not in known:
        msg = f"no code {wanted!r}.{suggest(wanted, list(known))} `megaregion explain` lists all."
        raise InputError(msg)
    found = known[wanted]
    if out.json:
        out.data(asdict(found))
        return
    out.text(out.words(f"{found.code} ({found.severity})", f"{found.code}（{SEVERITIES_ZH[found.severity]}）"))
    out.text(found.summary_zh if lang == "zh" else found.summary_en)
    out.text(out.words(f"fix: {found.fix_en}", f"处理：{found.fix_zh}"))
