"""A scenario's result as a region folder of its own, with where it comes from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from megaregion.region.fingerprint import content_hash
from megaregion.region.model import Region
from megaregion.region.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.region.scenario import ScenarioResult
    from megaregion.region.scenario_file import ScenarioFile


def store_applied(
    file: ScenarioFile, base: Region, result: ScenarioResult, target: str | Path, *, folder: str = ""
) -> int:
    """
    Store what a scenario makes of a region as a new region folder; the region itself is only read.

    Parameters
    ----------
    file
        The scenario and its text, which is kept word by word.
    base
        Region that it was applied to.
    result
        What it made of it.
    target
        Folder to make.
    folder
        Folder of the base, whose sources are listed with the new region; blank = a shipped example.

    Returns
    -------
    Version of the new folder.

    Raises
    ------
    StorageError
        If the folder holds something already, or the disk refuses.
    """
    scenario = file.scenario
    sources: list[dict[str, Any]] = []
    if folder and base.version.isdigit():
        known = Store.open(folder)
        for version in known.versions():
            if version <= int(base.version):
                sources += [dict(source) for source in known.snapshot(version).sources]
    made = {
        "kind": "scenario",
        "file": file.path.name,
        "sha256": hashlib.sha256(file.text.encode()).hexdigest(),
        "scenario": scenario.name,
        "scenario_id": scenario.id,
        "base_region": base.name,
        "base_version": base.version,
        "base_content": content_hash(base),
        "text": file.text,
    }
    store = Store.create(target, name=base.name)
    changed = Region(base.name, result.region.tables)
    message = f"scenario {scenario.name} on {base.name}, version {base.version}"
    return int(store.commit(lambda _: changed, message=message, sources=[*sources, made]))
