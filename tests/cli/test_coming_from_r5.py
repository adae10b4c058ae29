"""What the pages for users of other programs name, is there."""

import inspect
import re
from pathlib import Path

import pytest

from megaregion import mobility
from megaregion.cli.app import run
from megaregion.mobility.travel_time import MatrixOptions

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = (
    ["travel-times"],
    ["journey"],
    ["isochrone"],
    ["access"],
    ["import", "network"],
    ["export", "omx"],
    ["export", "gmns"],
)


@pytest.mark.parametrize("page", ["coming-from-r5.md", "blocks.md"])
def test_every_option_of_the_page_exists(page, capsys):
    for command in COMMANDS:
        assert run([*command, "--help"]) == 0
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    named = set(re.findall(r"--[a-z][a-z-]+", (DOCS / page).read_text(encoding="utf-8")))
    assert named - known == set()
    assert len(named) > 3


def test_every_function_and_argument_of_the_page_exists():
    text = (DOCS / "coming-from-r5.md").read_text(encoding="utf-8")
    ours = [cells.split("|")[3] for cells in text.split("## Other functions")[0].splitlines() if cells.count("|") == 6]
    arguments = set(re.findall(r"`([a-z_]+)=", " ".join(ours)))
    known = {*MatrixOptions.__annotations__, *inspect.signature(mobility.travel_time_matrix).parameters}
    assert arguments - known == set()
    assert len(arguments) > 8
    of_streets = set(inspect.signature(mobility.StreetNetwork.from_pbf).parameters)
    named = re.findall(r"StreetNetwork\.from_pbf\(([^)]*)\)", " ".join(ours))
    assert {name for each in named for name in re.findall(r"([a-z_]+)=", each)} <= of_streets
    for name in ("profile", "journeys", "isochrones", "accessibility"):
        assert f"`{name}(" in text
        assert callable(getattr(mobility, name))
