"""The page about timetables says what the program does."""

import inspect
import re
from pathlib import Path
from typing import get_args

from megaregion.mobility import Timetable
from megaregion.mobility.frequency_draws import BOARDING_GRID_S, Frequencies
from megaregion.mobility.vehicles import BLOCK_DISTANCE_M
from megaregion.notices import catalogue
from megaregion.region.schema import schema

PAGE = (Path(__file__).parents[2] / "docs" / "timetables.md").read_text(encoding="utf-8")


def test_the_example_runs(shared_data):
    folder = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1].replace('"feeds"', repr(str(folder)))
    names = {}
    exec(code, names)  # noqa: S102
    assert names["timetable"].date == "2019-05-13"


def test_constants_are_those_of_the_program():
    assert f"at most {BLOCK_DISTANCE_M:g} m away" in PAGE
    assert f"a vehicle leaves every {BOARDING_GRID_S} s" in PAGE
    assert f"more than {BOARDING_GRID_S // 2} s\noff" in PAGE
    assert set(re.findall(r'`frequencies="(\w+)"`', PAGE)) == set(get_args(Frequencies))


def test_notices_and_kinds_are_in_their_catalogues():
    words = set(re.findall(r"`(\w+)`", PAGE))
    told = {word for word in words if word in catalogue()}
    assert told == {
        "bicycle_not_known",
        "block_trips_overlap",
        "feed_without_service",
        "file_is_no_feed",
        "in_seat_rule_unused",
        "wheelchair_not_known",
    }
    assert set(schema("transfers").field("kind").choices) <= words


def test_arrays_are_called_as_told():
    call = re.search(r"`Timetable\.from_arrays\((.*?)\)`", PAGE)[1]
    told = [name.strip().rstrip("=") for name in call.split(",")]
    assert set(told) < set(inspect.signature(Timetable.from_arrays).parameters)
