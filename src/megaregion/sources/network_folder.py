"""
A folder as r5r, r5py and OpenTripPlanner take it: GTFS feeds, one street extract and perhaps heights, side by side.

Feeds are told by what is in them, not by their names: a zip without any file of a feed, such as r5r's fares, is passed
over and named.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.sources.container import open_container
from megaregion.sources.gtfs import read_gtfs
from megaregion.sources.gtfs_files import REQUIRED_COLUMNS
from megaregion.sources.osm import read_osm
from megaregion.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TELLING = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
_HEIGHTS = (".tif", ".tiff")
_OF_PEERS = re.compile(r"network\.dat|network_settings\.json|.*\.mapdb(\.p)?|(build|router|otp)-config\.json|.*\.obj")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NetworkFolder:
    """
    What lies in a folder.

    Attributes
    ----------
    path
        The folder.
    feeds
        Zip or folder of each GTFS feed by its key (`feed_key`).
    streets
        OpenStreetMap extract; None = there is none.
    elevation
        Raster of heights; None = there is none.
    passed_over
        Files that are none of these, with the reason where one is due.
    """

    path: Path
    feeds: Mapping[str, Path]
    streets: Path | None = None
    elevation: Path | None = None
    passed_over: tuple[str, ...] = field(default=())

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is read, feeds first."""
        return (*self.feeds.values(), *(path for path in (self.streets, self.elevation) if path is not None))


def look_into(path: Path | str) -> NetworkFolder:
    """
    Find the feeds, the streets and the heights in a folder, reading listings only.

    Raises
    ------
    InputError
        If it is not a folder, holds neither a feed nor streets, or more than one extract or raster.
    """
    path = Path(path)
    if not path.is_dir():
        found = "a file" if path.exists() else "not there"
        msg = (
            f"{path}: is {found}; expected a folder with GTFS feeds (.zip) and a street extract (.osm.pbf). A single "
            "feed is brought by `import gtfs`, an extract by `import osm`."
        )
        raise InputError(msg)
    entries = _entries(path)
    extracts = [entry for entry in entries if entry.suffix == ".pbf"]
    heights = [entry for entry in entries if entry.suffix.lower() in _HEIGHTS]
    for what, several in (("street extracts", extracts), ("rasters of heights", heights)):
        if len(several) > 1:
            names = ", ".join(entry.name for entry in several)
            msg = (
                f"{path.name}: holds {len(several)} {what}: {names}; expected one. Move the others out of the folder, "
                f"or join them into one{' with osmium merge' if several is extracts else ''}."
            )
            raise InputError(msg)
    feeds, others = find_feeds(path)
    passed_over = [
        f"{entry.name}{reason}"
        for entry, reason in others.items()
        if entry not in extracts and entry not in heights and not _OF_PEERS.fullmatch(entry.name)
    ]
    if not feeds and not extracts:
        found = f"; it holds {', '.join(passed_over[:_SHOWN])}" if passed_over else ", it is empty"
        msg = f"{path.name}: holds neither a GTFS feed (.zip) nor a street extract (.osm.pbf){found}."
        raise InputError(msg)
    return NetworkFolder(
        path, feeds, extracts[0] if extracts else None, heights[0] if heights else None, tuple(passed_over)
    )


def find_feeds(folder: Path) -> tuple[dict[str, Path], dict[Path, str]]:
    """
    Find the GTFS feeds in a folder by what is in its files, reading listings only.

    Returns
    -------
    Feeds by their keys, and what is none with the reason, "" where none is due.

    Raises
    ------
    InputError
        If two feeds would have one key, or a zip cannot be read.
    """
    reasons = {entry: _not_a_feed(entry) for entry in _entries(folder)}
    feeds = feeds_by_key([entry for entry, reason in reasons.items() if reason is None])
    return feeds, {entry: reason for entry, reason in reasons.items() if reason is not None}


def feeds_by_key(feeds: Sequence[Path]) -> dict[str, Path]:
    """
    Give each feed its key, which ids begin with.

    Raises
    ------
    InputError
        If two would have one key.
    """
    keys: dict[str, Path] = {}
    for feed in feeds:
        key = feed_key(feed)
        if key in keys:
            msg = (
                f"{keys[key]} and {feed} would both be the feed {key!r}; expected names that differ without their "
                "endings. Give each feed once, and rename one of two files of one name."
            )
            raise InputError(msg)
        keys[key] = feed
    return keys


def feed_key(path: Path) -> str:
    """
    Name a feed after its file without the ending, or after its folder; blanks and colons become hyphens.

    Examples
    --------
    >>> feed_key(Path("blue line.zip"))
    'blue-line'
    """
    return re.sub(r"[\s:]+", "-", path.name if path.is_dir() else path.stem)


def is_feed(path: Path) -> bool:
    """Say whether a zip or a folder is a feed, by its listing."""
    return _not_a_feed(path) is None


def read_network_folder(
    folder: NetworkFolder | Path | str,
    *,
    year: int | None = None,
    change_time_s: int = 120,
    elevation: bool = True,
    region: Region | None = None,
) -> Reading:
    """
    Read all feeds of a folder and its streets, as one reading.

    Parameters
    ----------
    folder
        The folder, or what `look_into` found in it.
    year
        Year that the feeds stand for; by default that of the busiest day of each.
    change_time_s
        Change time at stops that state none of their own, seconds.
    elevation
        Whether slopes change walking times, if the folder holds heights.
    region
        Region that it is meant for; with it, stops and cities outside the streets are counted.

    Returns
    -------
    Reading
        The tables of `read_gtfs` for all feeds together, and `street_nodes` and `street_edges`.

    Raises
    ------
    InputError
        If a feed or the streets have errors; those of all files are reported together.
    """
    found = folder if isinstance(folder, NetworkFolder) else look_into(folder)
    notices = Notices()
    readings, problems = [], []
    for key, path in found.feeds.items():
        try:
            reading = read_gtfs(path, feed_id=key, year=year, change_time_s=change_time_s)
        except InputError as problem:
            problems.append(problem)
            continue
        readings.append(reading)
        notices.extend(_named(reading.notices, path.name))
    tables = _together(readings)
    if found.streets is not None:
        # stops that lie outside the streets are told as well when they come with them
        served = Reading(tables).into(region or Region(found.path.name)) if tables else region
        try:
            streets = read_osm(found.streets, elevation=found.elevation if elevation else None, region=served)
        except InputError as problem:
            problems.append(problem)
        else:
            tables |= streets.tables
            notices.extend(streets.notices)
    if problems:
        # what is wrong with an option is wrong for every feed
        told = dict.fromkeys(map(str, problems))
        raise InputError("\n".join(told), [notice for problem in problems for notice in problem.notices])
    _report_what_is_not_there(found, notices, elevation=elevation)
    return Reading(tables, notices)


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _not_a_feed(entry: Path) -> str | None:
    """Reason why a file or folder is no feed, to be shown after its name; None if it is one."""
    if entry.is_file() and entry.suffix.lower() != ".zip":
        return ""
    container = open_container(entry)
    below = [name for names in container.subfolders.values() for name in names] if entry.is_file() else []
    if any(name in _TELLING for name in (*container.files, *below)):
        return None
    if entry.is_dir():
        return "/"
    inside = [name for name in container.files if name not in REQUIRED_COLUMNS]
    shown = ", ".join(inside[:_SHOWN]) + (", ..." if len(inside) > _SHOWN else "")
    return f" (a zip without stops and trips: {shown or 'no files'})"


def _named(notices: Notices, name: str) -> Notices:
    """Notices that say in which of several feeds a file lies."""
    named = Notices(
        replace(notice, file=f"{name}/{notice.file}" if notice.file and notice.file != name else name)
        for notice in notices
    )
    named.counts = Counter(notices.counts)
    return named


def _report_what_is_not_there(found: NetworkFolder, notices: Notices, *, elevation: bool) -> None:
    name = found.path.name
    if found.passed_over:
        more = f" and {len(found.passed_over) - _SHOWN} more" if len(found.passed_over) > _SHOWN else ""
        shown = ", ".join(found.passed_over[:_SHOWN]) + more
        notices.add("network_passed_over", f"passed over, for it is no feed, extract or raster: {shown}.", file=name)
    if found.streets is None:
        notices.add(
            "network_without_streets", "holds no street extract (.osm.pbf): walks are straight lines.", file=name
        )
    if not found.feeds:
        notices.add("network_without_feeds", "holds no GTFS feed: streets only, no public transport.", file=name)
    if found.elevation is not None and (found.streets is None or not elevation):
        reason = "there are no streets" if found.streets is None else "not asked for"
        notices.add("network_heights_unused", f"heights in {found.elevation.name} are not used: {reason}.", file=name)


def _together(readings: list[Reading]) -> dict[str, pd.DataFrame]:
    """Tables of several feeds one after the other; their ids begin with the feed and do not meet."""
    tables = {}
    for name in dict.fromkeys(name for reading in readings for name in reading.tables):
        frames = [reading.tables[name] for reading in readings if name in reading.tables]
        filled = [frame for frame in frames if len(frame)]
        tables[name] = pd.concat(filled, ignore_index=True) if filled else frames[0]
    return tables
