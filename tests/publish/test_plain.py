import datetime as dt
import json
import math
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.publish.plain import plain, plain_matrix, text_or_none


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, None),
        (np.float32("inf"), "inf"),
        (np.float64("-inf"), "-inf"),
        (np.float64("nan"), None),
        (np.float64(2.5), 2.5),
        (np.int64(7), 7),
        (np.bool_(1), True),
        (np.str_("杭州"), "杭州"),
        (np.datetime64("NaT"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (pd.Timestamp("2019-10-15"), "2019-10-15 00:00:00"),
        (dt.date(2019, 10, 15), "2019-10-15"),
        (Path("a") / "b.csv", str(Path("a") / "b.csv")),
        (np.array([[1.0, np.inf], [np.nan, -np.inf]]), [[1.0, "inf"], [None, "-inf"]]),
        (np.array(3), 3),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series(["a", None], dtype="str"), ["a", None]),
        # named: the order of a set of words, and so its text, changes from one process to the next
        pytest.param({"b", "a"}, ["a", "b"], id="set of words"),
        (frozenset({2, 1}), [1, 2]),
        ((1, [2.0, (None, True)]), [1, [2.0, [None, True]]]),
        (MappingProxyType({2019: {"x": np.inf}}), {"2019": {"x": "inf"}}),
    ],
    ids=repr,
)
def test_each_kind_of_value(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected
    assert json.loads(json.dumps(found, allow_nan=False)) == expected
    if not isinstance(found, dict | list):
        # no child of float or str is left, whose text might be another
        assert type(found) is type(expected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_json_knows_stays_as_it_is(value: Any) -> None:
    assert plain(value) == value


def test_a_matrix_in_row_major_order() -> None:
    assert plain_matrix(np.array([[np.nan, np.inf, 2700.0], [59.96, 59.5, 60.5]])) == [
        None,
        "inf",
        2700,
        60.0,
        59.5,
        60,
    ]


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), (math.nan, None), (pd.NA, None), ("", None), ("杭州", "杭州")]
)
def test_text_of_a_cell(value: Any, expected: str | None) -> None:
    assert text_or_none(value) == expected


def test_it_loads_neither_numpy_nor_pandas() -> None:
    code = "import sys, megaregion.publish.plain; print(sorted({'numpy', 'pandas', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
