"""GTFS feeds read straight from files, without a region that is kept."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.sources.gtfs import read_gtfs

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE_FEED = "gtfs"
"""Namespace of the ids if there is one feed only; several have the names of their files."""

_SIGN = "stop_times.txt"  # a zip with this file is meant as a feed


def read_feeds(paths: str | Path | Sequence[str | Path], *, change_time_s: int) -> tuple[Region, Notices]:
    """
    Read one GTFS feed or several into a region of their own.

    Parameters
    ----------
    paths
        Folder or zip of a feed, a folder of such zips, or several of these. Zips in a folder that are no feeds are
        passed over and reported.
    change_time_s
        Change time at stops that state none, s.

    Returns
    -------
    Region and what was found. Ids are `gtfs:id` for one feed and `file name:id` for several.

    Raises
    ------
    InputError
        If there is no feed, two have the same name, or one has errors.
    """
    notices = Notices()
    listed = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    if not listed:
        msg = "no GTFS feed is given; expected a folder, a zip, or a list of them."
        raise InputError(msg)
    feeds = [feed for path in listed for feed in _feeds_at(path, notices)]
    names = [re.sub(r"[\s:]+", "_", feed.stem if feed.suffix else feed.name) for feed in feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        both = " and ".join(str(feed) for feed, name in zip(feeds, names, strict=True) if name == twice[0])
        msg = f"{both} would both be called {twice[0]!r}; give each feed once, and rename one of two files of one name."
        raise InputError(msg)
    if len(feeds) == 1:
        names = [ONE_FEED]
    region = Region(listed[0].stem)
    for feed, name in zip(feeds, names, strict=True):
        reading = read_gtfs(feed, feed_id=name, change_time_s=change_time_s)
        region = reading.into(region)
        notices.extend(reading.notices)
    return region, notices


def _feeds_at(path: Path, notices: Notices) -> list[Path]:
    """List the feeds that a path stands for: itself, or the zips in a folder that is no feed."""
    if not path.is_dir() or any(path.rglob(_SIGN)):
        return [path]
    zips = sorted(path.glob("*.zip"))
    feeds = [each for each in zips if _is_feed(each)]
    for other in set(zips) - set(feeds) if feeds else ():
        notices.add("file_is_no_feed", f"{other.name} holds no {_SIGN}; it is passed over.", file=other.name)
    # the reader says what is wrong with a folder without feeds
    return feeds or [path]


def _is_feed(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == _SIGN for name in archive.namelist())
    except zipfile.BadZipFile:
        return False
