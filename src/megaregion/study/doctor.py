"""What this machine has, and whether the compiled kernels can be kept: for bug reports and for the first run."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megaregion import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from megaregion.mobility import StreetNetwork, Timetable
    from megaregion.region.model import Region

NEEDED = (
    "contourpy",
    "geopandas",
    "jinja2",
    "numba",
    "numpy",
    "openpyxl",
    "osmium",
    "pandas",
    "pyarrow",
    "pyogrio",
    "pyproj",
    "rich",
    "scipy",
    "shapely",
    "starlette",
    "typer",
    "tzdata",
    "uvicorn",
)
"""Packages that nothing works without."""

EXTRAS = {
    "dask": ("dask", "distributed"),
    "docs": ("griffelib", "mkdocs"),
    "elevation": ("rasterio",),
    "exchange": ("h5py",),
    "grids": ("h3",),
    "report": ("weasyprint",),
}
"""Packages of each extra: `pip install megaregion[dask]`."""


def examine() -> dict[str, Any]:
    """
    Find out what this machine has.

    Returns
    -------
    Versions of Python and of the packages (None = not installed), processor cores that may be used, memory in bytes,
    the folder that compiled kernels are kept in, whether it can be written, and problems in words.
    """
    packages = {name: _version(name) for name in NEEDED}
    extras = {extra: {name: _version(name) for name in names} for extra, names in EXTRAS.items()}
    cache = kernel_cache()
    problems = [
        f"package {name} is not installed; run `pip install {name}`." for name, held in packages.items() if held is None
    ]
    if not cache["writable"]:
        problems.append(
            f"compiled kernels cannot be kept in {cache['folder'] or 'any folder'}: each run compiles them again. "
            "Set NUMBA_CACHE_DIR to a folder that you can write."
        )
    return {
        "megaregion": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": _memory_bytes(),
        "packages": packages,
        "extras": extras,
        "kernel_cache": cache,
        "problems": problems,
    }


def kernel_cache() -> dict[str, Any]:
    """Folder that compiled kernels are kept in, "" where there is none, whether it can be written, and its bytes."""
    try:
        from megaregion.mobility.raptor import scan_window  # noqa: PLC0415 - numba takes a while
    except RuntimeError:  # numba found no folder at all
        return {"folder": "", "writable": False, "bytes": 0}
    folder = Path(scan_window.stats.cache_path or ".")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            writable = True
    except OSError:
        writable = False
    kept = [path.stat().st_size for pattern in ("*.nbi", "*.nbc") for path in folder.glob(pattern)]
    return {"folder": str(folder), "writable": writable, "bytes": sum(kept)}


def warm_up() -> dict[str, float]:
    """
    Compile all kernels into the cache, on a town of four stops and two lines.

    Scans are compiled by how many targets they have, whether rides are capped, whether a rule joins single trips and
    whether marks tell what was added: of these all that can be asked for are asked for.

    Returns
    -------
    Seconds that each kind of question took, by name; far below a second each once the kernels are in the cache.
    """
    import numpy as np  # noqa: PLC0415

    from megaregion import mobility  # noqa: PLC0415 - numba takes a while
    from megaregion.region.points import Points  # noqa: PLC0415

    spent: dict[str, float] = {}

    def ask(name: str, question: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        answer = question()
        spent[name] = round(time.perf_counter() - start, 3)
        return answer

    town = _town()
    ruled = town.with_table("transfers", _rule())
    streets: StreetNetwork = ask("streets", lambda: mobility.StreetNetwork.from_region(town))
    timetable: Timetable = ask("timetable", lambda: mobility.Timetable.from_region(town, streets=streets))
    timetables = (timetable, mobility.Timetable.from_region(ruled, streets=streets))
    smaller = tuple(mobility.Timetable.from_region(_without_last(each), streets=streets) for each in (town, ruled))
    stops = list(timetable.stops)
    doors = Points.from_table(town.table("stops")[["stop_id", "lon", "lat"]].rename(columns={"stop_id": "id"}))

    def matrices() -> None:
        for each, rides in product(timetables, (None, 2)):
            mobility.travel_time_matrix(each, stops, stops, max_rides=rides)
            mobility.travel_time_matrix(each, stops[:1], stops, max_rides=rides)

    def again() -> None:
        for (base, each), rides in product(zip(smaller, timetables, strict=True), (None, 2)):
            for origins in (stops, stops[:1]):
                before = mobility.travel_time_matrix(base, origins, stops, max_rides=rides)
                mobility.rerun_matrix(before, base, each, origins, stops, max_rides=rides)

    def by_doors() -> None:
        one = doors.take(np.arange(1))
        mobility.travel_time_matrix(timetable, doors, doors, streets=streets)
        mobility.travel_time_matrix(timetable, one, doors, streets=streets)
        mobility.travel_time_matrix(timetable, doors, doors)

    def pairs() -> None:
        for each in timetables:
            mobility.journeys(each, stops[0], stops[3], depart="08:00")
            mobility.journeys(each, stops[0], stops[3], arrive_by="09:00")

    def all_journeys() -> None:
        for each in timetables:
            mobility.profile(each, stops[0], stops[3])
            mobility.earliest_arrivals(each, stops[0], "08:00")

    ask("travel times between stops", matrices)
    ask("travel times between doors", by_doors)
    ask("travel times again", again)
    ask("journeys", pairs)
    ask("profiles", all_journeys)
    return spent


def _town() -> Region:
    """Four stops along a street, a bus, two trams that it meets, and the last bus."""
    import pandas as pd  # noqa: PLC0415

    from megaregion.region.model import Region  # noqa: PLC0415

    stops = [
        {"stop_id": f"s{at}", "name": f"s{at}", "lon": 121.0 + at / 100, "lat": 31.0, "change_time_s": 60}
        for at in range(4)
    ]
    calls = {"bus": (0, 1), "tram": (1, 2, 3), "late tram": (1, 2, 3), "last bus": (0, 1)}
    times = [
        {"trip_id": trip, "stop_sequence": place, "stop_id": f"s{stop}"}
        | {"arrival_s": start + 300 * place, "departure_s": start + 300 * place}
        for (trip, along), start in zip(calls.items(), (29_000, 29_330, 30_000, 31_000), strict=True)
        for place, stop in enumerate(along)
    ]
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), True)
    edges = [
        {"edge_id": f"e{at}", "from_node_id": f"n{at}", "to_node_id": f"n{at + 1}", "length_m": 955.0}
        for at in range(3)
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "feeds": [
            {"feed_id": "town", "kind": "gtfs", "year": 2030, "time_zone": "UTC", "change_time_s": 60}
            | {"first_date": "2030-01-01", "last_date": "2030-01-01"}
        ],
        "stops": stops,
        "routes": [{"route_id": "r", "feed_id": "town", "mode": 3}],
        "trips": [
            {"trip_id": trip, "feed_id": "town", "route_id": "r", "service_id": "day", "number": trip} for trip in calls
        ],
        "stop_times": times,
        "calendar": [
            {"service_id": "day", "feed_id": "town", "start_date": "2030-01-01", "end_date": "2030-01-01"} | week
        ],
        "street_nodes": [{"node_id": f"n{at}", "lon": 121.0 + at / 100, "lat": 31.0} for at in range(4)],
        "street_edges": edges,
    }
    return Region("town").with_tables({name: pd.DataFrame(rows) for name, rows in tables.items()})


def _rule() -> pd.DataFrame:
    """One rule for two trips: the tram waits for the bus, which comes too late for all others."""
    import pandas as pd  # noqa: PLC0415

    rule = {"from_stop_id": "s1", "to_stop_id": "s1", "kind": "guaranteed", "from_trip_id": "bus", "to_trip_id": "tram"}
    return pd.DataFrame([{"transfer_id": "waits", **rule}])


def _without_last(town: Region) -> Region:
    """Leave the last bus out: with it the town is one to which something was added."""
    from megaregion.region.removal import without  # noqa: PLC0415

    return town.with_tables(without(town, "trips", ["last bus"]))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
