"""Values as JSON knows them: whole numbers, text, `None` for missing and "inf" for unreachable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plain_matrix(matrix: NDArray[np.float64]) -> list[int | float | str | None]:
    """Row-major numbers, `None` for no data, "inf" for unreachable; below 60 one decimal is kept where needed."""
    return [
        None if math.isnan(value) else "inf" if math.isinf(value) else short_number(value)
        for value in matrix.ravel().tolist()
    ]


def plain(value: Any) -> Any:
    """Turn mappings, sequences and numpy scalars into what JSON knows; anything else becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in value}
    if isinstance(value, AbstractSet):
        return [plain(item) for item in sorted(value, key=str)]
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    scalar = value.item() if isinstance(value, np.generic) else value
    if isinstance(scalar, float) and not math.isfinite(scalar):
        return None if math.isnan(scalar) else "inf"
    return scalar if scalar is None or isinstance(scalar, bool | int | float | str) else str(scalar)


def encode(data: Mapping[str, Any]) -> str:
    r"""
    JSON that is safe inside a script: ASCII only, no `<`, sorted keys, so the same region gives the same bytes.

    >>> encode({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def short_number(value: float) -> int | float:
    """Round to a whole number; keep one decimal of a small number that needs it."""
    return round(value) if abs(value) >= 60 or value == round(value) else round(value, 1)


def text_or_none(value: Any) -> str | None:
    """Text of a table cell, or None if it is missing or blank."""
    return None if value is None or value != value or str(value) == "" else str(value)  # noqa: PLR0124
