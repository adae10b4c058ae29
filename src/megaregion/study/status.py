"""How far a figure can be relied on: the status of rows, and of results that rest on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from megaregion.study.measures import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUS_WORDS = {
    "confirmed": Words("confirmed", "已核实"),
    "modelled": Words("modelled", "模型估算"),
    "unverified": Words("unverified", "未核实"),
    "illustrative": Words("illustrative", "示意"),
}

STATUSES = tuple(STATUS_WORDS)
"""Best first. Rows of a region are confirmed, unverified or illustrative; only what is computed can be modelled."""


def worst_status(statuses: Iterable[str | None], *, modelled: bool = False) -> str | None:
    """
    Give the status of what rests on rows: that of the worst, and no better than modelled where more is assumed.

    Parameters
    ----------
    statuses
        Those of the rows; None = unverified.
    modelled
        Whether anything is assumed besides.

    Returns
    -------
    One of `STATUSES`; None where there are no rows.

    Examples
    --------
    >>> worst_status(["confirmed"], modelled=True), worst_status(["confirmed", None], modelled=True)
    ('modelled', 'unverified')
    """
    found = [each or "unverified" for each in statuses]
    if not found:
        return None
    return max([*found, *(["modelled"] if modelled else [])], key=STATUSES.index)


def status_words(status: str | None) -> Words:
    """Write a status; none is unverified."""
    return STATUS_WORDS[status or "unverified"]
