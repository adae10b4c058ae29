"""The ends of a journey as a traveller writes them: a city, a station, a stop id or a point."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from megaregion.errors import InputError
from megaregion.mobility.places import OUTSIDE_KM, Places
from megaregion.region.points import Points
from megaregion.region.schema import suggest
from megaregion.region.sphere import arc_m, great_circle_m, unit_vectors_m

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region
    from megaregion.study.walking import Walking

ONE_PLACE_M = 300.0
"""Stops of one name are one place where each lies within this of all others: the stops around a junction."""

START_DECIMALS = 4
"""Of the position of a city or station that isochrones begin at: about 10 m, as addresses of pages have it."""

SHOWN = 8
"""Stops that an error lists."""

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


def start_of(region: Region, timetable: Timetable, text: str) -> Points:
    """
    Find where isochrones begin: a point, the centre of a city, or where a station lies.

    All three are left over the ground, and named places lie where pages write them, so that a name and a mark on the
    map at the same place give the same land.

    Raises
    ------
    InputError
        If there is no such place, more than one, or it has no position.
    """
    point = point_of(text)
    if point is not None:
        return point
    place = find_place(region, timetable, text, access=True, arriving=False)
    cities = region.table("cities")
    where = cities[cities["city_id"] == place.ids[0]]
    if where.empty or place.ids[0] in timetable.stops:
        stop, access_s = place.of(0)
        where = timetable.stop_table.iloc[stop[access_s == access_s.min()]]
    # stops of one name are one place, which lies in their middle
    middle = where[["lon", "lat"]].astype("float64").dropna().mean().round(START_DECIMALS)
    if middle.isna().any():
        msg = f"{text!r} has no position in this region; give a point as LON,LAT instead."
        raise InputError(msg)
    return Points(place.ids, middle[["lon"]].to_numpy(np.float64), middle[["lat"]].to_numpy(np.float64))


def find_place(region: Region, timetable: Timetable, text: str, *, access: bool, arriving: bool) -> Places:
    """
    Find what a traveller means: a stop id, a city of the region, or a station by name.

    Stops of one name are one place, left from each of them, where they lie close together or in one parent station.
    """
    if text in timetable.stops:
        return Places.stations(timetable, [text], arriving=arriving)
    stops = timetable.stop_table
    plain = text.strip()
    if not plain.endswith("站"):
        cities = region.table("cities")
        city_id = _city_id(region, plain) if plain and len(cities) else None
        if city_id is not None:
            place = Places.cities(timetable, cities[cities["city_id"] == city_id], centre=access)
            if not len(place.stop):
                msg = f"city {plain!r} has no station in the timetable of {timetable.year}."
                raise InputError(msg)
            return place
    name = plain.removesuffix("站")
    english = stops["name_en"].fillna("").str.casefold()
    match = stops[(stops["name"] == name) | (stops["name"] == plain) | (english == plain.casefold())] if plain else None
    if match is None or match.empty:
        known = [*region.table("cities")["name"], *stops["name"].dropna().unique()]
        msg = (
            f"no city, station or stop {text!r} in the timetable of {timetable.year}.{suggest(name, known)} "
            f"{_example(region, timetable)}"
        )
        raise InputError(msg)
    _refuse_ambiguous(text, match)
    ids = match["stop_id"].tolist()
    if len(ids) == 1:
        return Places.stations(timetable, ids, arriving=arriving)
    return Places.group(timetable, plain, ids, arriving=arriving)


def _example(region: Region, timetable: Timetable) -> str:
    """Say what may be given, in names that this region has."""
    cities = region.table("cities")
    stops = timetable.stop_table
    forms = [f"a city ({cities['name'].iloc[0]})"] if len(cities) else []
    if len(stops):
        first = stops.iloc[0]
        forms += [f"a station ({first['name']})"] if isinstance(first["name"], str) and first["name"] else []
        forms.append(f"a stop id ({first['stop_id']})")
    return f"Give {', '.join([*forms, 'or a point as LON,LAT'])}."


def _refuse_ambiguous(text: str, match: pd.DataFrame) -> None:
    """Refuse stops that share a name but are not one place."""
    if len(match) == 1:
        return
    parents = match["parent_stop_id"].fillna("").astype("str").to_numpy()
    together = (parents[:, np.newaxis] == parents) & (parents != "")
    lon, lat = match["lon"].to_numpy(np.float64, na_value=np.nan), match["lat"].to_numpy(np.float64, na_value=np.nan)
    apart_m = great_circle_m(lon[:, np.newaxis], lat[:, np.newaxis], lon, lat)
    # one without a position may lie anywhere
    one_name = (match["name"] == match["name"].iloc[0]).all()
    if one_name and (together | (apart_m <= ONE_PLACE_M)).all():
        return
    shown = match.head(SHOWN)
    city = shown["city_id"].fillna("").astype("str")
    options = ", ".join(
        f"{stop} ({', '.join(part for part in (in_city, _position(east, north)) if part)})"
        for stop, in_city, east, north in zip(shown["stop_id"], city, lon, lat, strict=False)
    )
    more = f", and {len(match) - SHOWN} more" if len(match) > SHOWN else ""
    far = f" up to {np.nanmax(apart_m):,.0f} m apart" if np.isfinite(apart_m).any() else " apart"
    msg = (
        f"station {text!r} is ambiguous: {len(match)} stops of that name lie{far}: {options}{more}. Give the stop id, "
        f"a point as LON,LAT or the local name. Stops of one name are one place within {ONE_PLACE_M:g} m of each "
        "other, or in one parent station."
    )
    raise InputError(msg)


def _position(lon: float, lat: float) -> str:
    return f"{lon:.5f},{lat:.5f}" if np.isfinite(lon) and np.isfinite(lat) else "no position"


def check_not_swapped(points: Points, timetable: Timetable) -> None:
    """
    Refuse points that all lie far from any stop, but not with longitude and latitude exchanged.

    Raises
    ------
    InputError
        If they do: nothing could be reached.
    """
    stops = timetable.stop_table
    lon, lat = (stops[name].to_numpy(np.float64, na_value=np.nan) for name in ("lon", "lat"))
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any() or not len(points):
        return
    tree = KDTree(unit_vectors_m(lon[known], lat[known]))
    far_km, swapped_km = (
        float(arc_m(tree.query(unit_vectors_m(east, north))[0]).min()) / 1000
        for east, north in ((points.lon, points.lat), (points.lat, points.lon))
    )
    if far_km > OUTSIDE_KM and swapped_km <= OUTSIDE_KM:
        msg = (
            f"all {len(points)} points lie {far_km:,.0f} km or more from any stop; with longitude and latitude "
            f"exchanged the nearest lies {swapped_km:,.1f} km from one. Exchange the names of the two columns."
        )
        raise InputError(msg)


def _city_id(region: Region, text: str) -> str | None:
    """Id of the city of that name, or None; an ambiguous name is an error."""
    try:
        return str(region.city(text)["city_id"])
    except InputError as problem:
        if "ambiguous" in str(problem):
            raise
        return None
