"""The command evidence: what claims about a region are worth."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output

if TYPE_CHECKING:
    from megaregion.cli.output import Output
    from megaregion.study.evidence import Evidence

WIDTH = 110
"""Columns that a paragraph is folded to, counting a Chinese character as two."""

_CHINESE = "\u2e7f"
"""Characters beyond this one are two columns wide."""


@app.command()
def evidence(
    which: Annotated[
        str, typer.Argument(metavar="[REGION]", help="Region folder or example; without it, the shipped example.")
    ] = "",
    region: Region = "",
    claims: Annotated[
        str, typer.Option("--claims", metavar="FILE", help="Claims file (TOML); that of the region by default.")
    ] = "",
    template: Annotated[bool, typer.Option("--template", help="Print a claims file to begin with.")] = False,
    file: Annotated[str, typer.Option("-o", "--output", help="Write to FILE (.csv, .json, .md or .html).")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Test claims about a region: confirmed, contradicted or not decidable, each with its figures and sources."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.study.claims_file import template as text_of_template
    from megaregion.study.evidence import evidence as tested
    from megaregion.study.evidence import evidence_of_example
    from megaregion.study.regions import examples

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    if template:
        out.text(text_of_template().rstrip("\n"))
        return
    if which and region and which != region:
        msg = f"two regions are given, {which!r} and --region {region!r}; give one of them."
        raise InputError(msg)
    if file:
        from megaregion.publish.evidence_file import check_evidence_suffix

        check_evidence_suffix(Path(file))
    named = which or region or "yrd"
    with out.progress(out.words("claims", "说法")) as progress:
        if named in examples() and not (Path(named) / "megaregion.json").exists():
            found = evidence_of_example(named, claims or None, progress=progress)
        else:
            found = tested(open_region(named), claims or None, progress=progress)
    if file:
        from megaregion.publish.evidence_file import write_evidence

        path = write_evidence(found, Path(file), lang=lang)
        out.say(out.words(f"evidence: {path}", f"证据：{path}"))
    if out.json:
        out.data(found.to_dict(lang))
    elif not file:
        _print(found, out)


def _print(found: Evidence, out: Output) -> None:
    import pandas as pd

    from megaregion.publish.evidence_file import HEADINGS, evidence_rows
    from megaregion.study.explanation import VERDICT_WORDS

    frame = pd.DataFrame(evidence_rows(found, out.lang))
    frame.columns = pd.Index([HEADINGS[str(name)].of(out.lang) for name in frame.columns])
    out.table(frame, right=[HEADINGS[name].of(out.lang) for name in ("value", "claimed")])
    for claim in found:
        out.text("")
        out.text(f"{claim.statement.of(out.lang)}  [{claim.id}]")
        for line in folded(claim.explanation.of(out.lang)):
            out.text(f"  {line}")
    counts = {VERDICT_WORDS[verdict]: count for verdict, count in found.counts.items() if count}
    told = out.words(", ", "、").join(
        out.words(f"{count} {words.en}", f"{count} 条{words.zh}") for words, count in counts.items()
    )
    out.say(out.words(f"\n{told}; sources: --json, -o FILE.html", f"\n{told}；来源见 --json、-o 文件.html"))


def folded(text: str) -> list[str]:
    """
    Fold a paragraph into lines; Chinese has no blanks to fold at and counts double.

    Examples
    --------
    >>> folded("说" * 60)[0] == "说" * 55
    True
    """
    if sum(character > _CHINESE for character in text) * 4 < len(text):
        return textwrap.wrap(text, WIDTH)
    lines = []
    line, width = "", 0
    for character in text:
        size = 2 if character > _CHINESE else 1
        if width + size > WIDTH:
            lines.append(line)
            line, width = "", 0
        line, width = line + character, width + size
    return [*lines, line]
