"""What the commands share: the application they register with, options, and how this run prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from megaregion import __version__
from megaregion.cli.output import Output

if TYPE_CHECKING:
    from megaregion.region import model as regions

app = typer.Typer(
    name="megaregion",
    help="Measure how well the cities of a region work as one, and simulate what a project would change.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bring = typer.Typer(help="Bring data into a region folder.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(bring, name="import")

Region = Annotated[str, typer.Option("--region", metavar="DIR", help="Region folder; without it, the shipped example.")]
Folder = Annotated[str, typer.Option("--region", metavar="DIR", help="Region folder; needed.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of what is printed: en or zh.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Threads; the processor's cores by default.")]
MaxWalk = Annotated[
    float, typer.Option("--max-walk", min=0, max=1440, help="Longest walk of a kind, min; 0 = no walks at all.")
]
IdField = Annotated[str, typer.Option("--id-field", help="Column that holds the id of points, if not id.")]
Layer = Annotated[str, typer.Option("--layer", help="Layer of files of points that hold several.")]
PointEncoding = Annotated[str, typer.Option("--encoding", help="Encoding of files of points, e.g. gb18030.")]
WalkSpeed = Annotated[float, typer.Option("--walk-speed", min=0.1, max=30, help="Walking speed, km/h.")]
Streets = Annotated[
    bool,
    typer.Option("--streets/--no-streets", help="Walk on the region's streets where it has any, or in straight lines."),
]

_current: dict[str, Output] = {}


def output(*, as_json: bool = False, quiet: bool = False, lang: str = "en") -> Output:
    """Set how this run prints, for commands and for errors alike."""
    if lang not in {"en", "zh"}:
        msg = f"--lang is {lang!r}; expected en or zh."
        raise typer.BadParameter(msg)
    _current["out"] = Output(json=as_json, quiet=quiet, lang=lang)
    return _current["out"]


def current() -> Output:
    """How the run at hand prints."""
    return _current["out"]


def needed(folder: str) -> str:
    """
    Refuse a command that works on a region folder without one.

    Raises
    ------
    InputError
        If no folder was given.
    """
    from megaregion.errors import InputError

    if not folder:
        msg = "this command works on a region folder: give --region DIR; `megaregion demo yrd DIR` makes one."
        raise InputError(msg)
    return folder


def open_region(path: str) -> regions.Region:
    """Open the region of `--region`; the shipped example without it."""
    from megaregion.study.regions import example
    from megaregion.study.regions import open_region as opened

    return opened(path) if path else example("yrd")


def split_window(text: str) -> tuple[str, str]:
    """Split a departure window as written, "06:00-22:00"."""
    from megaregion.errors import InputError

    start, dash, end = text.partition("-")
    if not dash:
        msg = f"--window is {text!r}; expected two clock times with a dash, as in 06:00-22:00."
        raise InputError(msg)
    return start.strip(), end.strip()


@app.callback(invoke_without_command=True)
def _version(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"megaregion {__version__}")
        raise typer.Exit
    del context
