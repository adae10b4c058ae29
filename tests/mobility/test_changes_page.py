"""The page about changes says what the program does."""

import re
from dataclasses import fields
from pathlib import Path

from megaregion.mobility.station_paths import PathwayRules
from megaregion.mobility.walks import TransferRules

PAGE = (Path(__file__).parents[2] / "docs" / "changes.md").read_text(encoding="utf-8")


def test_the_example_of_slack_comes_out_as_told():
    call = re.search(r"^TransferRules\(.*?\)$", PAGE, re.MULTILINE | re.DOTALL)[0]
    rules = eval(call, {"TransferRules": TransferRules})  # noqa: S307
    told = re.findall(r"of (\d+) s takes .*? = (\d+) s", PAGE.replace("\n", " "))
    assert told == [("120", "225"), ("45", "130")]
    assert rules.ready_s([int(seconds) for seconds, _ in told]).tolist() == [int(ready) for _, ready in told]


def test_settings_and_their_defaults_are_told():
    slack = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, re.MULTILINE))
    defaults = {field.name: field.default for field in fields(TransferRules)}
    assert set(slack) == {name for name in defaults if "slack" in name or name.endswith("change_time_s")} - {
        "change_time_s"
    } | {"change_time_factor"}
    assert {name: float(value) for name, value in slack.items()} == {name: defaults[name] for name in slack}
    told = re.findall(r"[\d.]+(?= (?:m a step|s \||m \(2010))|(?<=steeper than )[\d.]+", PAGE)
    assert {float(number) for number in told} >= {field.default for field in fields(PathwayRules)}
    assert f"up to {defaults['walk_time_s'] // 60} min (`walk_time_s`)" in PAGE
    assert f"up to {defaults['walk_distance_m']:g} m" in PAGE
