"""How to install what is only needed now and then: the extras of the package."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """
    Say how an extra is installed.

    Examples
    --------
    >>> how_to_install("elevation")
    "Install it: pip install 'megaregion[elevation]' (from a clone: pip install -e '.[elevation]')"
    """
    return f"Install it: pip install 'megaregion[{extra}]' (from a clone: pip install -e '.[{extra}]')"
