"""Small tables in HTML, for notebooks: what is shown is escaped, and short."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

ROWS = 10
"""Rows that are shown; the rest is counted."""


def shown(
    title: str,
    facts: Mapping[str, Any],
    head: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
    *,
    more: int = 0,
) -> str:
    """
    Give a heading, a line of facts and a table.

    Parameters
    ----------
    title
        What it is.
    facts
        Names and values; blank ones are left out.
    head, rows
        The table.
    more
        Rows that are not shown.

    Examples
    --------
    >>> shown("A <b>", {"rows": 2})
    '<div><strong>A &lt;b&gt;</strong><br><small>rows: 2</small></div>'
    """
    said = " · ".join(
        f"{escape(name)}: {escape(_text(value))}" for name, value in facts.items() if value not in {None, ""}
    )
    parts = [f"<div><strong>{escape(title)}</strong>", f"<br><small>{said}</small>" if said else ""]
    if rows:
        heading = "".join(f"<th>{escape(name)}</th>" for name in head)
        body = "".join("<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        parts.append(f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>")
    if more > 0:
        parts.append(f"<small>and {more:,} more</small>")
    return "".join([*parts, "</div>"])


def shown_frame(title: str, facts: Mapping[str, Any], frame: pd.DataFrame) -> str:
    """Give a heading, a line of facts and the first rows of a frame."""
    head = [str(name) for name in frame.columns]
    rows = [list(row) for row in frame.head(ROWS).itertuples(index=False, name=None)]
    return shown(title, facts, head, rows, more=len(frame) - len(rows))


def _text(value: Any) -> str:
    """Write a cell: numbers short, missing blank."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:,.0f}" if math.isfinite(value) and abs(value) >= 100 else f"{value:g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return "" if value is None else str(value)
