"""
The reference of all tables, printed from their schemas.

`python -m megaregion.region.schema_page > docs/table-reference.md` writes the page again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from megaregion.region.schema import schemas

if TYPE_CHECKING:
    from megaregion.region.schema import Field, TableSchema

_INTRODUCTION = """\
# Tables of a region

This page is printed from the schemas that the program itself checks files with; see [Bringing a table](tables.md) for
formats and messages. Fields marked *key* together identify a row. A field that is not required may be left out or
blank. Columns that are not listed are kept as text, with a warning.

| type | what is accepted |
| --- | --- |
| id | a key, kept as text exactly as written: `0012` and `NA` stay what they are |
| text | text |
| integer | a whole number in plain digits |
| number | a number in plain digits with a point: `1200.5` |
| boolean | `yes` or `no` (also `true`/`false`, `1`/`0`) |
| date | `YYYY-MM-DD` |
| category | one of the words listed |
| geometry | a shape in WGS84; it comes from GeoJSON, GeoPackage or Shapefile |
"""


def schema_page() -> str:
    """
    Print the reference of all tables as Markdown.

    Examples
    --------
    >>> "## cities" in schema_page()
    True
    """
    tables = [schemas()[name] for name in sorted(schemas())]
    return "\n".join([_INTRODUCTION, *(_table(table) for table in tables)])


def _table(table: TableSchema) -> str:
    rows = "\n".join(_row(field) for field in table.fields)
    return (
        f"## {table.name}\n\n| field | type | unit | required | accepted | refers to | description |\n"
        f"| --- | --- | --- | --- | --- | --- | --- |\n{rows}\n"
    )


def _row(field: Field) -> str:
    needed = ", ".join(word for word, holds in (("key", field.key), ("required", field.required)) if holds)
    cells = (f"`{field.name}`", field.type, field.unit, needed, _accepted(field), field.refers_to, field.description)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _accepted(field: Field) -> str:
    if field.choices:
        return ", ".join(f"`{choice}`" for choice in field.choices)
    low, high = np.isfinite(field.minimum), np.isfinite(field.maximum)
    if low and high:
        return f"{field.minimum:.15g} to {field.maximum:.15g}"
    if low:
        return f"at least {field.minimum:.15g}"
    return f"at most {field.maximum:.15g}" if high else ""


if __name__ == "__main__":
    sys.stdout.write(schema_page())
