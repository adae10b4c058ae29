"""Travel times as a long table: our columns, and those of r5r and r5py."""

import math

import numpy as np
import pytest

from megaregion.errors import InputError
from megaregion.mobility.travel_time import TravelTimes
from megaregion.study.blocks import Blocks
from megaregion.study.od_matrix import OdTask, block_size, od_table

INF = math.inf


def travel_times(percentiles=(5, 50)):
    """Two origins, three destinations; 59, 60 and 61 s stand at the edge of a minute."""
    p05 = [[0, 59, 60], [7200, INF, 7259]]
    p50 = [[0, 61, 119], [7260, INF, INF]]
    values = {5: p05, 50: p50}
    fastest = np.array(p05, np.float32)
    return TravelTimes(
        origin_ids=("a", "b"),
        destination_ids=("a", "x", "y"),
        percentiles=percentiles,
        travel_time_s=np.array([values[p] for p in percentiles], np.float32),
        fastest_s=fastest,
        departures=np.arange(6, dtype=np.int32).reshape(2, 3),
        first_arrival_s=fastest + 25_200,
        last_arrival_s=fastest + 28_800,
        window_s=(25_200, 28_800),
        provenance={"date": "2019-10-01"},
    )


def rows(table):
    return [tuple(row.values()) for row in table.to_pylist()]


def test_our_columns_are_those_of_the_result_itself():
    times = travel_times()
    frame = od_table(times).to_pandas().astype({"from_id": "str", "to_id": "str"})
    expected = times.table
    assert list(frame) == list(expected)
    for column in expected:
        assert frame[column].equals(expected[column]), column
        assert frame[column].dtype == expected[column].dtype, column


def test_r5r_columns_hold_whole_minutes_rounded_down_and_no_row_for_what_is_not_reached():
    table = od_table(travel_times(), "r5r")
    assert table.column_names == ["from_id", "to_id", "travel_time_p05", "travel_time_p50"]
    assert [str(field.type) for field in table.schema][2:] == ["int32", "int32"]
    assert rows(table) == [
        ("a", "a", 0, 0),
        ("a", "x", 0, 1),
        ("a", "y", 1, 1),
        ("b", "a", 120, 121),
        ("b", "y", 120, None),
    ]


def test_what_takes_longer_than_the_longest_trip_is_not_reached():
    # 7,200 s are 120 min; 7,259 and 7,260 s are longer
    table = od_table(travel_times(), "r5r", max_trip_min=120)
    assert rows(table)[3:] == [("b", "a", 120, None)]
    assert len(od_table(travel_times(), "r5r", max_trip_min=119)) == 3


def test_r5py_columns_hold_every_pair():
    table = od_table(travel_times(), "r5py")
    assert table.column_names == ["from_id", "to_id", "travel_time_p5", "travel_time_p50"]
    assert rows(table)[3:] == [("b", "a", 120, 121), ("b", "x", None, None), ("b", "y", 120, None)]
    assert od_table(travel_times((50,)), "r5py").column_names == ["from_id", "to_id", "travel_time"]


def test_columns_that_nobody_has_are_refused():
    with pytest.raises(InputError, match="columns are 'otp'; expected si, r5r, r5py"):
        od_table(travel_times(), "otp")
    with pytest.raises(InputError, match="max_trip_min is 60 with columns 'si'; expected 1 or more, and columns r5r"):
        OdTask(None, "si", 60)
    with pytest.raises(InputError, match="max_trip_min is 0 with columns 'r5r'; expected 1 or more"):
        od_table(travel_times(), "r5r", max_trip_min=0)


class _Plan:
    n_origins = 1227
    provenance = {}  # noqa: RUF012

    def block(self, rows):
        del rows
        return travel_times()


def test_a_block_is_what_is_asked_for_or_a_fair_share_that_fills_the_lanes():
    assert block_size(_Plan(), Blocks(size=5)) == 5
    # 1227 origins on 2 workers in 8 blocks each are 77 origins a block
    assert block_size(_Plan(), Blocks(workers=2)) == 80
    wide = _Plan()
    wide.block = lambda _: type("Wide", (), {"destination_ids": range(1 << 18)})
    assert block_size(wide, Blocks(workers=2)) == 8
