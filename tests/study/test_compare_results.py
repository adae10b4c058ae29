"""Two results of one measure: verdicts by hand, and refusals that name what differs."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import megaregion as mr
from megaregion.errors import InputError
from megaregion.study import result_cache
from megaregion.study.compare import judge
from megaregion.study.measures import measure
from megaregion.study.regions import example
from megaregion.study.run import Result


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep results of a test to itself."""
    monkeypatch.setenv(result_cache.SETTING, str(tmp_path / "cache"))


def made(name, values, *, cities="abcdefgh", software="1", **parameters):
    """A result of a measure of cities, or of its one value."""
    known = measure(name)
    table = pd.DataFrame({"value": np.asarray(values, dtype=np.float64)})
    for key in known.keys:
        table.insert(0, key, list(cities[: len(values)]))
    given = {each.name: parameters.get(each.name, each.default) for each in known.parameters}
    return Result(known, given, table, {"software": software})


def test_more_is_better_where_the_measure_says_so():
    inf, nan = math.inf, math.nan
    before, after = [100, 100, 100, 0, nan, 0], [150, 50, 100, 7, 1, 0]
    compared = mr.compare(made("gdp", before, year=2012), made("gdp", after, year=2019))
    assert compared.table["verdict"].tolist() == ["better", "worse", "same", "better", "no data", "same"]
    assert compared.table["difference"].tolist()[:4] == [50, -50, 0, 7]
    assert compared.table["ratio"].tolist()[:3] == [1.5, 0.5, 1]
    # nothing is a multiple of nothing
    assert np.isnan(compared.table["ratio"].iloc[3])
    assert compared.counts == {"better": 2, "worse": 1, "same": 2, "no data": 1}
    times = mr.compare(
        made("time_to_all", [3600, 3600, 3600, inf, 60, inf]), made("time_to_all", [1800, 3650, 3700, 60, inf, inf])
    )
    assert times.table["verdict"].tolist() == [
        *("better", "same", "worse"),
        *("newly reachable", "no longer reachable", "unreachable"),
    ]
    assert times.table["difference"].isna().tolist() == [False, False, False, True, True, True]


def test_a_measure_that_knows_no_better_says_more_or_less():
    compared = mr.compare(made("population", [1, 2, 3]), made("population", [2, 1, 3]))
    assert compared.table["verdict"].tolist() == ["more", "less", "same"]


def test_one_value_is_compared_as_well():
    compared = mr.compare(made("gdp_share", [0.2], year=2019), made("gdp_share", [0.25], year=2021))
    assert compared.table[["before", "after"]].to_numpy().tolist() == [[0.2, 0.25]]
    assert compared.table["ratio"].iloc[0] == pytest.approx(1.25)


@given(st.lists(st.tuples(*[st.sampled_from([60.0, 90.0, 600.0, 7200.0, math.inf])] * 2), min_size=1, max_size=8))
def test_times_are_judged_by_one_rule_whatever_they_are_of(pairs):
    """Travel times and measures of times get the verdicts that the rule, told one pair at a time, gives."""
    reach = {(True, True): "unreachable", (True, False): "newly reachable", (False, True): "no longer reachable"}
    expected = [
        reach.get((math.isinf(one), math.isinf(other)))
        or ("same" if abs(one - other) <= 60 else "faster" if other < one else "slower")
        for one, other in pairs
    ]
    before, after = zip(*pairs, strict=True)
    assert judge(pd.DataFrame({"before_s": before, "after_s": after}))["verdict"].tolist() == expected
    words = {"faster": "better", "slower": "worse"}
    compared = mr.compare(made("time_to_all", before), made("time_to_all", after)).table
    assert compared["verdict"].tolist() == [words.get(word, word) for word in expected]


def test_rows_are_matched_by_their_keys_in_any_order():
    before = made("gdp", [1, 2], cities="ab")
    after = dataclasses.replace(before, table=before.table.assign(value=[10.0, 20.0]).iloc[::-1])
    assert mr.compare(before, after).table["difference"].tolist() == [9, 18]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (made("population", [1, 2]), "one is of measure 'gdp', the other of 'population'"),
        (made("gdp", [1, 2, 3]), "their cities differ: 0 only in the first, 1 only in the second, such as c"),
        (made("gdp", [1, 2], cities="ax"), "their cities differ: 1 only in the first, 1 only in the second"),
        (made("gdp", [1, 2], software="2"), "computed by two versions of megaregion"),
    ],
)
def test_different_questions_are_not_compared(after, message):
    with pytest.raises(InputError, match=f"the two results cannot be compared: .*{message}"):
        mr.compare(made("gdp", [1, 2]), after)


def test_other_parameters_than_the_year_are_named():
    one, other = (made("gdp_within", [1, 2], minutes=minutes) for minutes in (60, 90))
    with pytest.raises(InputError, match="parameter 'minutes' is 60 in one and 90 in the other"):
        mr.compare(one, other)


def test_a_result_is_not_compared_with_something_else():
    with pytest.raises(InputError, match=r"a Result cannot be compared; give two results of .*, or two of `run`"):
        mr.compare(made("gdp", [1]), None)


def test_then_and_now_of_the_delta():
    sides = [mr.run(example("yrd"), measures="fastest_train", parameters={"year": year}) for year in (2012, 2019)]
    compared = mr.compare(*(side["fastest_train"] for side in sides))
    row = compared.table.set_index(["from_id", "to_id"]).loc[("330100", "310000")]
    assert (row["before"], row["after"], row["verdict"]) == (49 * 60, 45 * 60, "better")
    assert compared.provenance["before"]["parameters"] == {"year": 2012}
    assert sum(compared.counts.values()) == 41 * 40
