"""
Measure how well a cluster of cities works as one, and simulate what a project would change.

Heavy parts load on first use, so that `import megaregion` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megaregion import economy as economy
    from megaregion import mobility as mobility
    from megaregion.errors import ConflictError as ConflictError
    from megaregion.errors import ConvergenceError as ConvergenceError
    from megaregion.errors import DamageError as DamageError
    from megaregion.errors import FormatError as FormatError
    from megaregion.errors import InputError as InputError
    from megaregion.errors import LimitError as LimitError
    from megaregion.errors import MegaregionError as MegaregionError
    from megaregion.errors import NoDataError as NoDataError
    from megaregion.errors import ScenarioError as ScenarioError
    from megaregion.errors import StorageError as StorageError
    from megaregion.publish.notebook import explore as explore
    from megaregion.region.model import Region as Region
    from megaregion.region.scenario import Scenario as Scenario
    from megaregion.study.compare import compare as compare
    from megaregion.study.evidence import evidence as evidence
    from megaregion.study.measures import measures as measures
    from megaregion.study.regions import demo as demo
    from megaregion.study.regions import new as new
    from megaregion.study.regions import open_region as open  # noqa: A004, F401
    from megaregion.study.run import run as run

__version__ = "0.1.0"

_FACE = {
    "ConflictError": "megaregion.errors",
    "ConvergenceError": "megaregion.errors",
    "DamageError": "megaregion.errors",
    "FormatError": "megaregion.errors",
    "InputError": "megaregion.errors",
    "LimitError": "megaregion.errors",
    "MegaregionError": "megaregion.errors",
    "NoDataError": "megaregion.errors",
    "Region": "megaregion.region.model",
    "Scenario": "megaregion.region.scenario",
    "ScenarioError": "megaregion.errors",
    "StorageError": "megaregion.errors",
    "compare": "megaregion.study.compare",
    "demo": "megaregion.study.regions",
    "economy": "",
    "evidence": "megaregion.study.evidence",
    "explore": "megaregion.publish.notebook",
    "measures": "megaregion.study.measures",
    "mobility": "",
    "new": "megaregion.study.regions",
    "open": "megaregion.study.regions",
    "run": "megaregion.study.run",
}
_RENAMED = {"open": "open_region"}

__all__ = sorted([*_FACE, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        msg = f"module 'megaregion' has no attribute {name!r}"
        raise AttributeError(msg)
    if not _FACE[name]:
        return import_module(f"megaregion.{name}")
    return getattr(import_module(_FACE[name]), _RENAMED.get(name, name))


def __dir__() -> list[str]:
    return list(__all__)
