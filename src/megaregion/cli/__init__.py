"""The command line: `megaregion`. Commands import what they need when they run, so that help is quick."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit code is 0 ok, 1 failed, 2 bad input, 3 conflict, 4 storage, 130 interrupted."""
    from megaregion.cli.app import run

    sys.exit(run(sys.argv[1:]))
