"""Travel times over drawn timetables, against distributions known in theory."""

import numpy as np
import pytest

from megaregion.errors import InputError
from megaregion.mobility.timetable import Timetable
from megaregion.mobility.travel_time import plan_matrix, travel_time_matrix
from megaregion.mobility.walks import TransferRules
from support.tiny_region import tiny_region

RULES = TransferRules(change_time_s=0, city_links=False, walk_distance_m=0, boarding_slack_s=60)
QUANTILE_S = 60
"""400 draws of a wait of up to 20 min put a quantile of the sum off by half a minute or so; a minute is two of that."""


def crossing_lines(*, others=()):
    """Two lines that cross, every 20 min, 10 min to the crossing and 10 min on."""
    trips = {"west-east": [("W", 0, 0), ("X", 600, 600)], "south-north": [("X", 0, 0), ("N", 600, 600)]}
    trips |= dict(others)
    frequencies = [(trip, 5 * 3600, 23 * 3600, 1200, False) for trip in trips]
    return tiny_region(trips, frequencies=frequencies)


def triangular(share):
    """Quantile of 22 min and two waits of up to 20 min each, s."""
    wait = 20 * np.sqrt(2 * share) if share <= 0.5 else 40 - 20 * np.sqrt(2 * (1 - share))
    return 60 * (22 + wait)


def test_two_independent_waits_give_a_triangle():
    timetable = Timetable.from_region(crossing_lines(), rules=RULES)
    shares = (5, 25, 50, 75, 95)
    result = travel_time_matrix(
        timetable, ["W"], ["N"], window=("08:00", "09:00"), percentiles=shares, draws=400, seed=1
    )
    for share, seconds in zip(shares, result.travel_time_s[:, 0, 0], strict=True):
        assert seconds == pytest.approx(triangular(share / 100), abs=QUANTILE_S)
    assert result.fastest_s[0, 0] == pytest.approx(22 * 60, abs=QUANTILE_S)
    assert result.provenance["draws"] == 400
    assert not result.provenance["typical_departures"]


def test_one_line_waits_evenly_whatever_the_draw():
    timetable = Timetable.from_region(crossing_lines(), rules=RULES)
    result = travel_time_matrix(
        timetable, ["W"], ["X"], window=("08:00", "09:00"), percentiles=(5, 50, 100), draws=3, seed=1
    )
    # 1 min slack, up to 20 min of wait, 10 min on the way: a window of three headways holds every wait three times
    assert result.travel_time_s[:, 0, 0].tolist() == [11 * 60 + 59, 11 * 60 + 599, 11 * 60 + 1199]
    assert result.departures[0, 0] == 3


def test_the_same_seed_gives_the_same_bytes_and_another_line_changes_nothing():
    window = {"window": ("08:00", "09:00"), "draws": 5}
    base = Timetable.from_region(crossing_lines(), rules=RULES)
    more = Timetable.from_region(crossing_lines(others={"far": [("P", 0, 0), ("Q", 600, 600)]}), rules=RULES)
    one = travel_time_matrix(base, ["W"], ["N"], seed=7, **window)
    again = travel_time_matrix(more, ["W"], ["N"], seed=7, **window)
    other = travel_time_matrix(base, ["W"], ["N"], seed=8, **window)
    assert one.travel_time_s.tobytes() == again.travel_time_s.tobytes()
    assert one.travel_time_s.tobytes() != other.travel_time_s.tobytes()


def test_draws_give_the_same_by_origin_and_by_destination():
    timetable = Timetable.from_region(crossing_lines(), rules=RULES)
    options = {"window": ("08:00", "09:00"), "draws": 4, "seed": 3, "max_rides": 2}
    whole = travel_time_matrix(timetable, **options)
    plan = plan_matrix(timetable, **options)
    for row in range(plan.n_origins):
        block = plan.block(range(row, row + 1))
        assert block.travel_time_s[:, 0].tobytes() == whole.travel_time_s[:, row].tobytes()
        assert block.departures[0].tobytes() == whole.departures[row].tobytes()
        assert block.last_arrival_s[0].tobytes() == whole.last_arrival_s[row].tobytes()


@pytest.mark.parametrize(("change", "words"), [({"draws": -1}, "from 0 to 1000"), ({"draws": 1.5}, "from 0 to 1000")])
def test_bad_draws_say_what_is_expected(change, words):
    timetable = Timetable.from_region(crossing_lines(), rules=RULES)
    with pytest.raises(InputError, match=words):
        travel_time_matrix(timetable, ["W"], ["N"], **change)
