"""Run one command, and turn an error into a message and an exit code."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer

from megaregion.cli.options import app, current, output
from megaregion.errors import MegaregionError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""


def run(arguments: Sequence[str]) -> int:
    """
    Run one command.

    Returns
    -------
    Exit code: 0 ok, 1 failed, 2 bad input, 3 conflict, 4 storage, 130 interrupted.
    """
    from typer import Abort

    from megaregion.cli import (  # noqa: F401 - they register their commands
        access,
        city_networks,
        doctor,
        evidence,
        exports,
        gravity,
        imports,
        indices,
        isochrones,
        journeys,
        markets,
        measures,
        network_import,
        publishing,
        regions,
        report,
        scenarios,
        sectors,
        serve,
        street_imports,
        travel,
        travel_times,
        welfare,
    )

    output(as_json="--json" in arguments, lang=_lang(arguments))
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
        from megaregion.chinese import in_chinese
        from megaregion.region.output_place import advice

        helps = advice(problem)
        words = current().words(f"{problem}; {helps}.", f"{problem}；{in_chinese(helps)}。")
        print(f"megaregion: {words}", file=sys.stderr)  # noqa: T201
        code = 4
    except Exception as problem:
        if not hasattr(problem, "format_message"):
            raise
        code = _report(problem)
    if code == INTERRUPTED:
        # the parser turns an interruption into this code, or raises it
        print(current().words("interrupted; nothing was changed.", "已中断；未作任何改动。"), file=sys.stderr)  # noqa: T201
    return code if isinstance(code, int) else 0


def _lang(arguments: Sequence[str]) -> str:
    """Language that was asked for, of which the parser is not sure where another option is wrong."""
    asked = "--lang=zh" in arguments or any(pair == ("--lang", "zh") for pair in pairwise(arguments))
    return "zh" if asked else "en"


def _told_by_parser(problem: Any) -> str:
    """Say what was found where the parser only says what it expected."""
    findings = getattr(problem.__cause__, "errors", None)
    if not callable(findings) or getattr(problem, "param", None) is None:
        return str(problem.format_message())
    name = max(problem.param.opts, key=len)
    return "; ".join(
        f"{name} is {found['input']!r}; expected {found['msg'].removeprefix('Input should be ')}."
        for found in findings()
    )


def _report(problem: Any) -> int:
    """Print an error as one message, or one JSON document; what a wrong option is told comes from the parser."""
    from megaregion.chinese import in_chinese, told

    out = current()
    from_parser = hasattr(problem, "format_message")
    if from_parser:
        english = _told_by_parser(problem)
        text = out.words(english, in_chinese(english))
    else:
        text = told(problem, out.lang)
    print(f"megaregion: {text}", file=sys.stderr)  # noqa: T201
    code = 2 if from_parser else int(problem.exit_code)
    if out.json:
        notices = [
            {
                "code": n.code,
                "severity": n.severity,
                "message": out.words(n.message, n.in_chinese()),
                "file": n.file,
                "line": n.line,
                "field": n.field,
            }
            for n in getattr(problem, "notices", ())
        ]
        out.data({"ok": False, "error": text, "status": code, "notices": notices})
    return code
