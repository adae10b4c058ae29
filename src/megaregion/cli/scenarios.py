"""Commands about scenario files: new, add, list, on, off, undo, check, rebase, kinds, apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, needed, open_region, output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.cli.output import Output
    from megaregion.region.scenario import Scenario

SHOWN = 70
"""Characters of the fields of an edit that a table shows; --json shows all."""

scenarios = typer.Typer(
    help="Write, check and apply scenarios: what a project would change.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(scenarios, name="scenario")

File = Annotated[str, typer.Argument(metavar="FILE", help="Scenario file (TOML).")]
Number = Annotated[int, typer.Argument(metavar="N", help="Number of the edit, as `list` shows it.")]


@scenarios.command()
def new(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File to write; must not exist.")],
    name: Annotated[str, typer.Option("--name", help="Name of the scenario; that of the file by default.")] = "",
    comment: Annotated[str, typer.Option("--comment", help="For people.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Make a scenario file without edits."""
    from pathlib import Path

    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    made = ScenarioFile.new(file, name or Path(file).stem, comment=comment)
    made.save()
    _report(out, file, made.scenario)


@scenarios.command()
def add(
    file: File,
    kind: Annotated[str, typer.Argument(help="Kind of edit; `scenario kinds` lists them.")],
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE...", help="Fields; lists as a,b or JSON. Also comment=... and on=false."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Add an edit at the end of a scenario file: `scenario add f.toml change_speed route_ids=metro:1 factor=1.25`."""
    from megaregion.region.edit_text import read_words
    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    changed = ScenarioFile.read(file).with_edit(kind, read_words(kind, values or []))
    changed.save()
    _report(out, file, changed.scenario)


@scenarios.command("list")
def list_edits(
    file: File,
    region: Annotated[
        str, typer.Option("--region", metavar="DIR", help="Also show what each edit touches in this region.")
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """List the edits of a scenario file: number, on or off, status, comment, and with --region what they touch."""
    from megaregion.errors import InputError
    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    scenario = ScenarioFile.read(file).scenario
    touched: Mapping[int, Mapping[str, int]] | None = None
    problem: InputError | None = None
    if region:
        try:
            result = scenario.apply(open_region(region))
        except InputError as found:
            # the list is shown all the same, to see which edit is which
            problem = found
        else:
            out.notices(result.notices)
            touched = result.touched
    rows = _rows(scenario, touched)
    if not out.json:
        short = scenario.id[:12]
        out.say(out.words(f"scenario {scenario.name}, id {short}", f"方案 {scenario.name}，编号 {short}"))
        _print_rows(out, rows)
    elif problem is None:
        out.data({"name": scenario.name, "id": scenario.id, "comment": scenario.comment, "edits": rows})
    if problem is not None:
        raise problem


@scenarios.command()
def off(file: File, number: Number, as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """Switch an edit off; it keeps its place and number."""
    _switch(file, number, output(as_json=as_json, quiet=quiet, lang=lang), on=False)


@scenarios.command("on")
def switch_on(file: File, number: Number, as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """Switch an edit on again."""
    _switch(file, number, output(as_json=as_json, quiet=quiet, lang=lang), on=True)


@scenarios.command()
def undo(file: File, as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """Take the last edit out of a scenario file; its text is printed, so that nothing is lost."""
    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    changed, removed = ScenarioFile.read(file).undone()
    changed.save()
    if out.json:
        out.data({"file": file, "removed": removed, "edits": len(changed.scenario.entries)})
        return
    out.text(removed.rstrip("\n"))
    _report(out, file, changed.scenario)


@scenarios.command()
def check(file: File, region: Region = "", as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """Resolve and apply a scenario to a region in memory: what each edit touches, and all that is wrong."""
    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    scenario = ScenarioFile.read(file).scenario
    base = open_region(region)
    result = scenario.apply(base)
    rows = _rows(scenario, result.touched)
    if out.json:
        notices = result.notices.table().to_dict("records")
        out.data({"ok": True, "id": scenario.id, "version": base.version, "edits": rows, "notices": notices})
        return
    _print_rows(out, rows)
    out.notices(result.notices)
    out.say(
        out.words(
            f"no errors on region {base.name}, version {base.version}",
            f"在区域 {base.name} 版本 {base.version} 上无错误",
        )
    )


@scenarios.command()
def rebase(file: File, region: Region = "", as_json: Json = False, quiet: Quiet = False, lang: Lang = "en") -> None:
    """Resolve a scenario anew on a region and tie it to that: on any other contents it is then refused."""
    from megaregion.region.scenario_file import ScenarioFile

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    changed = ScenarioFile.read(file).based_on(open_region(region))
    changed.save()
    if not out.json:
        based = changed.scenario
        out.say(
            out.words(
                f"tied to version {based.base_version}, content {based.base_hash}",
                f"已绑定版本 {based.base_version}，内容 {based.base_hash}",
            )
        )
    _report(out, file, changed.scenario)


@scenarios.command()
def kinds(
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="One kind, with all its fields.")] = "",
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """List the kinds of edits; of one kind its fields, what they accept and what they mean."""
    from dataclasses import asdict

    import pandas as pd

    from megaregion.region.edit import edit_kinds
    from megaregion.region.edit_text import field_notes, summary

    out = output(as_json=as_json, lang=lang)
    if not kind:
        out.table(pd.DataFrame([(each, summary(each)) for each in edit_kinds()], columns=["kind", "meaning"]))
        return
    notes = field_notes(kind)
    if out.json:
        out.data({"kind": kind, "meaning": summary(kind), "fields": [asdict(note) for note in notes]})
        return
    out.text(f"{kind}: {summary(kind)}")
    for note in notes:
        default = out.words(f"default {note.default}", f"默认 {note.default}") if note.default else ""
        needed_words = default or out.words("needed", "必填")
        out.text(f"\n{note.name} ({note.accepted}; {needed_words})\n  {note.meaning}")


@scenarios.command()
def apply(
    file: File,
    target: Annotated[str, typer.Option("--to", metavar="NEW", help="Folder to make; must not hold anything.")],
    region: Region = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Apply a scenario and store the result as a region folder of its own; the region itself stays as it is."""
    from pathlib import Path

    from megaregion.errors import StorageError
    from megaregion.region.scenario_file import ScenarioFile
    from megaregion.study.applied_scenario import store_applied

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    found = ScenarioFile.read(file)
    if Path(needed(target)).exists() and (not Path(target).is_dir() or any(Path(target).iterdir())):
        msg = f"--to {target} exists already and is not empty; expected a folder to make. Choose another name."
        raise StorageError(msg)
    base = open_region(region)
    result = found.scenario.apply(base)
    version = store_applied(found, base, result, needed(target), folder=region)
    rows = _rows(found.scenario, result.touched)
    out.notices(result.notices)
    if out.json:
        out.data({"region": target, "version": version, "id": found.scenario.id, "edits": rows})
        return
    _print_rows(out, rows)
    out.say(out.words(f"region: {target} (version {version})", f"区域：{target}（版本 {version}）"))


def _switch(file: str, number: int, out: Output, *, on: bool) -> None:
    from megaregion.region.scenario_file import ScenarioFile

    found = ScenarioFile.read(file)
    changed = found.switched(number, on=on)
    if changed.text != found.text:
        changed.save()
    _report(out, file, changed.scenario)


def _report(out: Output, file: str, scenario: Scenario) -> None:
    """Say what a file holds after a change."""
    if out.json:
        out.data({"file": file, "name": scenario.name, "id": scenario.id, "edits": len(scenario.entries)})
        return
    count = len(scenario.entries)
    out.say(
        out.words(f"{file}: scenario {scenario.name}, {count} edits", f"{file}：方案 {scenario.name}，{count} 项编辑")
    )


def _rows(scenario: Scenario, touched: Mapping[int, Mapping[str, int]] | None) -> list[dict[str, Any]]:
    """One row an edit; `touched` is None where no region was given."""
    from megaregion.region.edit import edit_values

    rows = []
    for number, entry in enumerate(scenario.entries, start=1):
        row: dict[str, Any] = {"number": number, "on": entry.on, "kind": entry.edit.kind}
        row["status"] = getattr(entry.edit, "status", "")
        row |= {} if touched is None else {"touched": dict(touched.get(number, {}))}
        rows.append(row | {"fields": edit_values(entry.edit), "comment": entry.comment})
    return rows


def _print_rows(out: Output, rows: list[dict[str, Any]]) -> None:
    import json

    import pandas as pd

    if not rows:
        out.say(
            out.words(
                "no edits yet; add one with `megaregion scenario add`.", "尚无编辑；用 `megaregion scenario add` 添加。"
            )
        )
        return
    words = {True: out.words("on", "开"), False: out.words("off", "关")}
    printed = []
    for row in rows:
        fields = json.dumps(row["fields"], ensure_ascii=False)
        plain = row | {"on": words[row["on"]], "fields": fields if len(fields) <= SHOWN else f"{fields[:SHOWN]}..."}
        if "touched" in row:
            plain["touched"] = ", ".join(f"{count} {noun}" for noun, count in row["touched"].items())
        printed.append(plain)
    out.table(pd.DataFrame(printed).rename(columns={"number": "#"}), right=["#"])
