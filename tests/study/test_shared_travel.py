"""Travel that measures share: computed once, without keeping others waiting, and a failure is not kept."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from megaregion.errors import InputError, NoDataError
from megaregion.region.model import Region
from megaregion.study import shared_travel as module
from megaregion.study.regions import example
from megaregion.study.shared_travel import shared_travel

SOON_S = 30.0
"""Longer than any thread needs to get its turn on a busy machine."""


@pytest.fixture
def asked(monkeypatch):
    """Years that were computed; a computation of 2012 waits for `go`."""
    years, go, begun = [], threading.Event(), threading.Event()

    def slow(_, *, year, **__):
        years.append(year)
        if year == 2012:
            begun.set()
            assert go.wait(SOON_S)
        return f"travel of {year}"

    monkeypatch.setattr(module, "city_travel", slow)
    module._travels.clear()
    yield years, go, begun
    go.set()
    module._travels.clear()


def test_a_long_computation_keeps_only_those_waiting_who_ask_for_the_same(asked):
    years, go, begun = asked
    region = example("yrd")
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(shared_travel, region, year=2012) for _ in range(2)]
        assert begun.wait(SOON_S)
        assert pool.submit(shared_travel, region, year=2019).result(SOON_S) == "travel of 2019"
        assert not any(each.done() for each in waiting)
        go.set()
        assert {each.result(SOON_S) for each in waiting} == {"travel of 2012"}
    assert sorted(years) == [2012, 2019]


@pytest.mark.usefixtures("asked")
def test_a_failure_is_told_and_tried_again(monkeypatch):
    failing = [InputError("no."), None]

    def sometimes(*_, **__):
        problem = failing.pop(0)
        if problem is not None:
            raise problem
        return "travel"

    monkeypatch.setattr(module, "city_travel", sometimes)
    with pytest.raises(InputError, match="no"):
        shared_travel(example("yrd"), year=2019)
    assert shared_travel(example("yrd"), year=2019) == "travel"


@pytest.mark.usefixtures("asked")
def test_only_some_are_kept():
    region = example("yrd")
    for rides in range(1, module.KEPT + 3):
        shared_travel(region, year=2019, max_rides=rides)
    assert len(module._travels) == module.KEPT


def test_what_is_missing_is_said_in_both_languages():
    with pytest.raises(NoDataError) as caught:
        shared_travel(example("yrd"), year=2010)
    assert caught.value.what == (
        "region 'yrd' has no timetable of 2010; it has those of 2012, 2019.",
        "区域 'yrd' 没有 2010 年的时刻表；已有 2012, 2019。",
    )
    without_cities = Region("paper").with_table("feeds", example("yrd").table("feeds"))
    with pytest.raises(NoDataError, match="has no cities") as caught:
        shared_travel(without_cities)
    assert "没有城市" in caught.value.what[1]
