"""
Values as JSON knows them: numbers, text, `None` for missing and "inf" for unreachable.

The one way in which the atlas, manifests and `--json` write values. It loads neither numpy nor pandas: their values are
known by what they can do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def plain(value: Any) -> Any:
    """
    Turn a value into what JSON knows.

    Parameters
    ----------
    value
        Mappings, sequences, sets (sorted by their text), arrays, series and scalars of numpy and pandas, to any depth;
        anything else, such as a path or a date, becomes its text.

    Returns
    -------
    The same in dict, list, str, int, float, bool and None. Missing (nan, NA, NaT) is None; +inf is "inf" and -inf is
    "-inf", so that unreachable and no data stay two things.

    Examples
    --------
    >>> plain({"time_s": (2700.0, math.inf, math.nan), 2019: {"b", "a"}})
    {'time_s': [2700.0, 'inf', None], '2019': ['a', 'b']}
    """
    # arrays, series and numpy's scalars have it; some of these scalars are floats or text as well
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, AbstractSet | list | tuple):
        return [plain(inner) for inner in (sorted(value, key=str) if isinstance(value, AbstractSet) else value)]
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None if value is None or _is_missing(value) else str(value)


def plain_matrix(matrix: NDArray[np.float64]) -> list[int | float | str | None]:
    """
    Flatten a matrix into short numbers.

    Parameters
    ----------
    matrix
        (n_origins, n_destinations) float64, seconds or trains a day; inf = unreachable, nan = no data.

    Returns
    -------
    (n_origins * n_destinations,) in row-major order and the unit of the matrix, as `short_number`; "inf" for
    unreachable and None for no data.
    """
    return [short_number(value) if math.isfinite(value) else plain(value) for value in matrix.ravel().tolist()]


def encode(data: Mapping[str, Any]) -> str:
    r"""
    JSON that is safe inside a script: ASCII only, no `<`, sorted keys, so the same region gives the same bytes.

    >>> encode({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def short_number(value: float) -> int | float:
    """Round to a whole number; keep one decimal of a number below 60 that needs it."""
    return round(value) if abs(value) >= 60 or value == round(value) else round(value, 1)


def text_or_none(value: Any) -> str | None:
    """Text of a table cell, or None if it is missing or blank."""
    return None if value is None or _is_missing(value) or str(value) == "" else str(value)


def _is_missing(value: Any) -> bool:
    try:
        return bool(value != value)  # noqa: PLR0124 - NaT is not equal to itself
    except TypeError:  # NA does not even say that
        return True
