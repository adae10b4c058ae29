"""The command that looks at the machine: doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output

if TYPE_CHECKING:
    from megaregion.cli.output import Output


WANTED = ("cities", "feeds", "stops", "city_facts", "boundaries")
"""Tables without which a region says little."""


@app.command()
def doctor(
    region: Region = "",
    warm: Annotated[
        bool, typer.Option("--warm", help="Compile all kernels into the cache, so that no later call has to.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Say what this machine has, whether compiled kernels can be kept, and what a region lacks."""
    out = output(as_json=as_json, quiet=quiet, lang=lang)
    from megaregion.study.doctor import examine, warm_up

    found = examine()
    if warm and found["kernel_cache"]["folder"]:
        out.say(out.words("compiling; half a minute at most ...", "正在编译，至多半分钟……"))
        spent = warm_up()
        # the cache has grown
        found = examine() | {"warm_up_s": spent}
    opened = open_region(region)
    found["rows"] = {name: len(opened.table(name)) for name in sorted(opened.tables)}
    found["lacking"] = [name for name in WANTED if opened.table(name).empty]
    if out.json:
        out.data(found)
    else:
        _show(found, out)
    if found["problems"]:
        raise typer.Exit(1)


def _show(found: dict[str, Any], out: Output) -> None:
    """Print what was found, one line a thing."""
    from megaregion.extras import how_to_install

    missing = out.words("not installed", "未安装")
    memory = found["memory_bytes"]
    cache = found["kernel_cache"]
    writable = out.words("can be written", "可写") if cache["writable"] else out.words("cannot be written", "不可写")
    rows = [
        ("megaregion", found["megaregion"]),
        ("Python", found["python"]),
        (out.words("system", "系统"), found["system"]),
        (out.words("cores", "处理器核数"), found["cores"]),
        (out.words("memory", "内存"), "" if memory is None else f"{memory / (1 << 30):.1f} GiB"),
        *((name, version or missing) for name, version in found["packages"].items()),
        *(
            (f"{name} [{extra}]", version or f"{missing}. {how_to_install(extra)}")
            for extra, packages in found["extras"].items()
            for name, version in packages.items()
        ),
        (out.words("compiled kernels", "已编译内核"), f"{cache['folder']}, {writable}, {cache['bytes'] / 1e6:.1f} MB"),
    ]
    rows += [
        (out.words(f"compiled: {name}", f"编译：{name}"), f"{seconds:.1f} s")
        for name, seconds in found.get("warm_up_s", {}).items()
    ]
    rows += [(out.words(f"rows of {name}", f"{name} 行数"), count) for name, count in found["rows"].items()]
    rows.append((out.words("lacking", "缺少"), ", ".join(found["lacking"]) or out.words("nothing", "无")))
    width = max(len(str(name)) for name, _ in rows)
    out.text("\n".join(f"{name:<{width}}  {value}" for name, value in rows))
    for problem in found["problems"]:
        out.say(problem)
