"""The command report: everything that is known of a region as one document, to read or to print."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output


@app.command()
def report(
    file: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="File to write: .html, or .pdf to print.")
    ] = "report.html",
    region: Region = "",
    scenario: Annotated[
        str,
        typer.Option("--scenario", metavar="NAME", help="What a scenario changes: metro-2026, or a scenario file."),
    ] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there already.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write the in-depth report of a region: figures then and now, maps, methods, sources and what is missing."""
    from pathlib import Path

    from megaregion.publish.report import build_report, check_target, write_report

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    path = Path(file)
    # before the long work, not after it
    check_target(path, overwrite=overwrite)
    with out.progress(out.words("report", "报告")) as progress:
        made = build_report(open_region(region), lang=lang, scenario=scenario or None, progress=progress)
    write_report(made, path, overwrite=overwrite)
    missing = len(made.data["missing"])
    out.say(out.words(f"report: {path}", f"报告：{path}"))
    if missing:
        out.say(
            out.words(
                f"{missing} figures are missing; the report says what would bring them.",
                f"缺少 {missing} 项指标；报告附录说明如何补充。",
            )
        )
    if out.json:
        out.data({"report": str(path), "title": made.title, "missing": made.data["missing"]})
