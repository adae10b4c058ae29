"""GTFS feeds read straight from files, without a region that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.sources.gtfs import read_gtfs
from megaregion.sources.network_folder import feeds_by_key, find_feeds, is_feed

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_feeds(paths: str | Path | Sequence[str | Path], *, change_time_s: int) -> tuple[Region, Notices]:
    """
    Read one GTFS feed or several into a region of their own.

    Parameters
    ----------
    paths
        Folder or zip of a feed, a folder of such zips and folders, or several of these. Zips in a folder that are no
        feeds are passed over and reported.
    change_time_s
        Change time at stops that state none, s.

    Returns
    -------
    Region and what was found. Ids are `feed:id`, the feed as `feed_key` names it and as imports name it.

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
    region = Region(listed[0].stem)
    for key, feed in feeds_by_key([feed for path in listed for feed in _feeds_at(path, notices)]).items():
        reading = read_gtfs(feed, feed_id=key, change_time_s=change_time_s)
        region = reading.into(region)
        notices.extend(reading.notices)
    return region, notices


def _feeds_at(path: Path, notices: Notices) -> list[Path]:
    """List the feeds that a path stands for: itself, or those in a folder that is no feed."""
    if not path.is_dir() or is_feed(path):
        return [path]
    feeds, others = find_feeds(path)
    for other, reason in others.items() if feeds else ():
        if other.suffix.lower() == ".zip":
            notices.add("file_is_no_feed", f"{other.name}{reason} is passed over.", file=other.name)
    # the reader says what is wrong with a folder without feeds
    return list(feeds.values()) or [path]
