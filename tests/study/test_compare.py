"""Comparisons: differences and verdicts by hand, and refusals that name what differs."""

import dataclasses
import math

import pytest

import megaregion as mr
from megaregion.errors import InputError
from megaregion.mobility import Timetable, TransferRules, travel_time_matrix
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)


def result(arrival, rules=PLAIN, **options):
    trips = (
        {"1": [("A", seconds("8:00"), seconds("8:00")), ("B", seconds(arrival), seconds(arrival))]} if arrival else {}
    )
    trips |= {"back": [("B", seconds("8:00"), seconds("8:00")), ("A", seconds("9:00"), seconds("9:00"))]}
    if arrival:
        trips["1"] = [("A", seconds("8:00"), seconds("8:00")), ("B", seconds(arrival), seconds(arrival))]
    timetable = Timetable.from_region(tiny_region(trips), rules=rules)
    return travel_time_matrix(timetable, **({"window": ("07:30", "08:01")} | options))


def test_then_and_now():
    comparison = mr.compare(result("12:00"), result("8:45"), statistic="fastest")
    there, back = comparison.table.to_dict("records")
    assert (there["before_s"], there["after_s"], there["difference_s"]) == (4 * 3600, 2700, -11_700)
    assert (there["verdict"], back["verdict"]) == ("faster", "same")
    assert comparison.counts["faster"] == 1


def test_what_cannot_be_reached_any_more():
    comparison = mr.compare(result("8:45"), result(""), statistic="p50")
    assert comparison.table["verdict"].tolist() == ["no longer reachable", "same"]
    assert math.isnan(comparison.table["difference_s"].iloc[0])


def test_different_questions_are_not_compared():
    base = result("8:45")
    with pytest.raises(InputError, match="window_s differ"):
        mr.compare(base, result("8:45", window=("07:00", "08:01")))
    with pytest.raises(InputError, match="max_rides is None in one and 2 in the other"):
        mr.compare(base, result("8:45", max_rides=2))
    with pytest.raises(InputError, match="expected 'fastest' or a percentile"):
        mr.compare(base, base, statistic="mean")
    with pytest.raises(InputError, match="percentile 75 was not computed"):
        mr.compare(base, base, statistic="p75")
    with pytest.raises(InputError, match="transfer_rules is"):
        mr.compare(base, result("8:45", rules=TransferRules(change_time_s=0)))
    other = dataclasses.replace(base, origin_ids=("A", "C"))
    with pytest.raises(InputError, match="origin_ids differ"):
        mr.compare(base, other)
