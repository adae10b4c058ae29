"""Flows, markets and what follows from them: gravity, market access, equilibria. Names load on first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FACE: dict[str, str] = {}

__all__ = sorted(_FACE)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        msg = f"module 'megaregion.economy' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"megaregion.economy.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
