"""Measures of a change in the data of the atlas: bands beside values, and states that they are asked of."""

import math
from types import SimpleNamespace

import pandas as pd

from megaregion.publish.atlas_measures import _about, _changed
from megaregion.publish.atlas_states import _depends
from megaregion.study.measures import measure
from megaregion.study.run import Result


def result(name, table):
    provenance = {"key": "k", "status": "illustrative", "settings": {}, "inputs": []}
    return Result(measure(name), {}, pd.DataFrame(table), provenance)


def test_ends_of_a_band_stand_in_the_order_of_the_cities():
    table = {"city_id": ["b", "a"], "value": [0.02, -0.01], "lowest": [0.01, -0.02], "highest": [0.03, 0.005]}
    about = _about(result("people_gain", table), ["a", "b", "c"])
    assert (about["low"], about["high"]) == ([-0.02, 0.01, None], [0.005, 0.03, None])


def test_one_value_has_the_ends_of_its_band():
    about = _about(result("welfare_gain", {"value": [0.008], "lowest": [0.001], "highest": [math.nan]}), [])
    assert (about["low"], about["high"]) == ([0.001], [None])
    assert about["details"]["lowest"] == 0.001


def test_a_value_without_a_band_has_no_ends():
    assert "low" not in _about(result("gdp", {"city_id": ["a"], "value": [1.0]}), ["a"])


def test_what_compares_two_years_is_asked_of_years_alone():
    for name, kinds in {
        "welfare_gain": ("year",),
        "welfare_by_scenario": ("year", "base", "scenario"),
        "fastest_train": ("year", "base", "scenario"),
    }.items():
        asked = [
            kind
            for kind in ("year", "base", "scenario")
            if _depends(measure(name), SimpleNamespace(kind=kind, timetable=True))
        ]
        assert asked == list(kinds), name


def test_a_scenario_opens_with_people_brought_nearer():
    shown = [
        {"name": name, "change": True, "question": measure(name).question, "values": {"": {"plan": {"values": []}}}}
        for name in ("welfare_by_scenario", "people_gaining")
    ]
    assert _changed(SimpleNamespace(id="plan", before="base"), shown) == ["people_gaining", "welfare_by_scenario"]
