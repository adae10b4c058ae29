"""The ends of a journey as a traveller writes them: a city, a station, a stop id or a point."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.places import Places
from megaregion.region.points import Points
from megaregion.region.schema import suggest

if TYPE_CHECKING:
    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region
    from megaregion.study.walking import Walking

_POINT = re.compile(r"\s*(-?\d+(?:\.\d*)?)\s*,\s*(-?\d+(?:\.\d*)?)\s*")


def point_of(text: str) -> Points | None:
    """Read a point as it is written, LON,LAT; None if it is none."""
    written = _POINT.fullmatch(text)
    if written is None:
        return None
    lon, lat = (np.array([float(part)]) for part in written.groups())
    return Points((text.replace(" ", ""),), lon, lat)


def end_of(
    region: Region, timetable: Timetable, text: str, walks: Walking, *, access: bool = True, arriving: bool
) -> Places:
    """
    Find a point with the stops around it, or what else a traveller means.

    Parameters
    ----------
    region, timetable
        Where it lies.
    text
        City, station, stop id or LON,LAT.
    walks
        How people walk to stops from a point.
    access
        Whether the way between the centre of a city and its stations counts.
    arriving
        Whether it is where the journey ends.

    Raises
    ------
    InputError
        If there is no such place, or more than one.
    """
    point = point_of(text)
    if point is None:
        return find_place(region, timetable, text, access=access, arriving=arriving)
    return Places.points(timetable, point, walks.ground, max_time_s=walks.max_time_s, arriving=arriving)


def origin_of(region: Region, timetable: Timetable, text: str) -> Places | Points:
    """Find a point, a station, or the centre of a city, which is left over the ground as any other point."""
    point = point_of(text)
    if point is not None:
        return point
    place = find_place(region, timetable, text, access=True, arriving=False)
    cities = region.table("cities")
    centre = cities[cities["city_id"] == place.ids[0]]
    if centre.empty or place.ids[0] in timetable.stops:
        return place
    return Points(place.ids, centre["lon"].to_numpy(np.float64), centre["lat"].to_numpy(np.float64))


def find_place(region: Region, timetable: Timetable, text: str, *, access: bool, arriving: bool) -> Places:
    """Find what a traveller means: a stop id, a city of the region, or a station by name."""
    if text in timetable.stops:
        return Places.stations(timetable, [text], arriving=arriving)
    stops = timetable.stop_table
    plain = text.strip()
    if not plain.endswith("站"):
        cities = region.table("cities")
        city_id = _city_id(region, plain) if len(cities) else None
        if city_id is not None:
            place = Places.cities(timetable, cities[cities["city_id"] == city_id], centre=access)
            if not len(place.stop):
                msg = f"city {plain!r} has no station in the timetable of {timetable.year}."
                raise InputError(msg)
            return place
    name = plain.removesuffix("站")
    english = stops["name_en"].fillna("").str.casefold()
    match = stops[(stops["name"] == name) | (stops["name"] == plain) | (english == plain.casefold())]
    if match.empty:
        known = [*region.table("cities")["name"], *stops["name"].dropna().unique()]
        msg = (
            f"no city, station or stop {text!r} in the timetable of {timetable.year}.{suggest(name, known)} "
            "Give a city (杭州), a station (杭州东) or a stop id (rail:杭州东)."
        )
        raise InputError(msg)
    if len(match["name"].unique()) > 1:
        options = ", ".join(f"{stop} ({city})" for stop, city in zip(match["stop_id"], match["city_id"], strict=True))
        msg = f"station {text!r} is ambiguous: {options}. Give the stop id or the local name."
        raise InputError(msg)
    return Places.stations(timetable, [match["stop_id"].iloc[0]], arriving=arriving)


def _city_id(region: Region, text: str) -> str | None:
    """Id of the city of that name, or None; an ambiguous name is an error."""
    try:
        return str(region.city(text)["city_id"])
    except InputError as problem:
        if "ambiguous" in str(problem):
            raise
        return None
