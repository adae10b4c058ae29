"""Commands that write what other programs read: export omx, export gmns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, Region, app, open_region, output

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

export = typer.Typer(help="Write files that other programs read.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(export, name="export")


@export.command("omx")
def export_omx(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Pairs as .parquet or .csv: from_id, to_id, figures.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="Matrix file to write, .omx.")],
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write a table of pairs, such as `travel-times -o` writes, as an OMX matrix file."""
    from pathlib import Path

    from megaregion.errors import InputError
    from megaregion.publish.export import write_manifest
    from megaregion.publish.omx import check_omx, write_omx_table

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    target = Path(file)
    if target.suffix != ".omx":
        msg = f"output {file!r} ends in {target.suffix or 'nothing'!r}; expected .omx."
        raise InputError(msg)
    check_omx()
    pairs = _read_pairs(Path(table))
    write_omx_table(pairs, target)
    about = {"command": "export omx", "table": Path(table).name}
    write_manifest(target, rows=len(pairs), columns=list(map(str, pairs.columns)), about=about)
    if out.json:
        out.data({"file": str(target), "pairs": len(pairs)})
        return
    out.say(out.words(f"{len(pairs)} pairs: {target}", f"{len(pairs)} 对：{target}"))


@export.command("gmns")
def export_gmns(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder to write.")],
    region: Region = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Write the streets of a region as a GMNS network: node.csv, link.csv, config.csv, use_definition.csv."""
    from pathlib import Path

    from megaregion.publish.gmns import write_gmns

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    path = write_gmns(open_region(region), Path(folder))
    if out.json:
        out.data({"folder": str(path)})
        return
    out.say(out.words(f"network: {path}", f"路网：{path}"))


def _read_pairs(path: Path) -> pd.DataFrame:
    """Read a table of pairs with ids as text."""
    import pandas as pd
    import pyarrow as pa

    from megaregion.errors import InputError

    if path.suffix not in {".parquet", ".csv"} or not path.is_file():
        found = "is not there" if not path.exists() else f"ends in {path.suffix or 'nothing'!r}"
        msg = f"{path}: {found}; expected a table of pairs, .parquet or .csv, as `travel-times -o` writes it."
        raise InputError(msg)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"from_id": "str", "to_id": "str"})
    except (ValueError, OSError, pa.ArrowException) as problem:
        msg = f"{path.name}: cannot be read as a table: {problem}. Write it again with `megaregion travel-times -o`."
        raise InputError(msg) from problem
