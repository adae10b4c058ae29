"""The command-line application: its commands, and how an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion import __version__
from megaregion.cli.output import Output
from megaregion.errors import MegaregionError

if TYPE_CHECKING:
    from collections.abc import Sequence

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

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""

_state: dict[str, Output] = {}


def output(*, as_json: bool = False, quiet: bool = False, lang: str = "en") -> Output:
    """Set how this run prints, for commands and for errors alike."""
    if lang not in {"en", "zh"}:
        msg = f"--lang is {lang!r}; expected en or zh."
        raise typer.BadParameter(msg)
    _state["out"] = Output(json=as_json, quiet=quiet, lang=lang)
    return _state["out"]


@app.callback(invoke_without_command=True)
def _version(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"megaregion {__version__}")
        raise typer.Exit
    del context


def run(arguments: Sequence[str]) -> int:
    """
    Run one command.

    Returns
    -------
    Exit code: 0 ok, 1 failed, 2 bad input, 3 conflict, 4 storage, 130 interrupted.
    """
    from typer import Abort

    from megaregion.cli import imports, publishing, regions, travel  # noqa: F401 - they register their commands

    _state["out"] = Output(json="--json" in arguments)
    code: Any = 0
    try:
        code = app(list(arguments), standalone_mode=False)
    except MegaregionError as problem:
        code = _report(problem)
    except (KeyboardInterrupt, Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough
        sys.stderr.close()
    except typer.Exit as stop:
        code = stop.exit_code
    except OSError as problem:
        print(f"megaregion: {problem}; free some space or choose another place.", file=sys.stderr)  # noqa: T201
        code = 4
    except Exception as problem:
        if not hasattr(problem, "format_message"):
            raise
        code = _report(problem)
    if code == INTERRUPTED:
        # the parser turns an interruption into this code, or raises it
        print("interrupted; nothing was changed.", file=sys.stderr)  # noqa: T201
    return code if isinstance(code, int) else 0


def _report(problem: Any) -> int:
    """Print an error as one message, or one JSON document; what a wrong option is told comes from the parser."""
    from_parser = hasattr(problem, "format_message")
    text = problem.format_message() if from_parser else str(problem)
    print(f"megaregion: {text}", file=sys.stderr)  # noqa: T201
    out = _state["out"]
    code = 2 if from_parser else int(problem.exit_code)
    if out.json:
        notices = [
            {
                "code": n.code,
                "severity": n.severity,
                "message": n.message,
                "file": n.file,
                "line": n.line,
                "field": n.field,
            }
            for n in getattr(problem, "notices", ())
        ]
        out.data({"ok": False, "error": text, "status": code, "notices": notices})
    return code
