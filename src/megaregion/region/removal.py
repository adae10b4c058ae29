"""Rows that go, and with them the rows of other tables that refer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from megaregion.region.schema import schema, schemas

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from megaregion.region.model import Region


def without(region: Region, table: str, keys: Collection[str]) -> dict[str, pd.DataFrame]:
    """
    Leave rows out of a table, and out of all other tables the rows that refer to them.

    Parameters
    ----------
    region
        Region, which stays as it is.
    table
        Table whose key is one field.
    keys
        Keys of the rows that go.

    Returns
    -------
    The tables that lose a row, by name, for `Region.with_tables`.

    Examples
    --------
    >>> import pandas as pd
    >>> from megaregion.region.model import Region
    >>> cities = pd.DataFrame({"city_id": ["a", "b"], "name": ["A", "B"], "lon": 120.0, "lat": 30.0})
    >>> without(Region("paper").with_table("cities", cities), "cities", ["a"])["cities"]["name"].tolist()
    ['B']
    """
    left: dict[str, pd.DataFrame] = {}
    waiting = [(table, set(keys))]
    while waiting:
        name, gone = waiting.pop()
        (key,) = schema(name).key
        referring = [(name, key)] + [
            (other, field.name)
            for other, known in schemas().items()
            for field in known.fields
            if field.refers_to == f"{name}.{key}" and other in region
        ]
        for other, field in referring:
            frame = left[other] if other in left else region.table(other)
            dropped = frame[field].isin(gone)
            if not dropped.any():
                continue
            own = schema(other).key
            if len(own) == 1 and other != name:
                waiting.append((other, set(frame.loc[dropped, own[0]])))
            left[other] = frame[~dropped]
    return left
