"""
Journeys between the stations of the sheet, from which the page draws isochrones of any point without a server.

For each timetable, and each ordered pair of stations, the file holds the journeys that no other beats (later departure,
earlier arrival; changes as the timetable has them). From these the page finds the travel times of a point over all
departure seconds of a window, as the engine does, for any percentile: ways over the ground are added at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion import clock
from megaregion.errors import InputError
from megaregion.mobility.connection_scan import LANES, NEVER
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.places import OUTSIDE_KM
from megaregion.mobility.scan_layout import lay_out
from megaregion.publish.atlas_layers import COORDINATE_DECIMALS, SHEET_MARGIN_DEG
from megaregion.publish.plain import encode, text_or_none
from megaregion.publish.station_pack import Journeys, pack_states
from megaregion.study.reached_land import DEFINITION, PAGE_TOLERANCE, PERCENTILE, WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region

    I64 = NDArray[np.int64]

STATION_FILE = "data/station_times.js"
"""A script, because a page opened from disk may load nothing else; the page asks for it when a point is chosen."""

FORMAT = 2

LONGEST_MIN = 180
"""Longest cut-off of the page, min; slower journeys are left out."""

CUTOFFS_MIN = (15, LONGEST_MIN)

PERCENTILES = (5, 50, 95)

MAX_STATIONS = 600
"""With more stations than this the file would outgrow the page; such a region is asked through the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableState:
    """
    One timetable that the page may draw isochrones of: of a year, or of a scenario.

    Attributes
    ----------
    key
        How the page names it: the year as text, or the id of a scenario.
    title
        In English and in Chinese.
    year
        Timetable year.
    timetable
        Of a service day.
    """

    key: str
    title: tuple[str, str]
    year: int
    timetable: Timetable = field(repr=False)


@dataclass(frozen=True, slots=True)
class StationTimes:
    """
    The layer as the page takes it.

    Attributes
    ----------
    figures
        Key `isochrones` of `data.js`: states, window, ground, cut-offs, percentiles.
    script
        Contents of `STATION_FILE`.
    """

    figures: dict[str, Any]
    script: bytes = field(repr=False)


def build_station_times(
    region: Region,
    states: Sequence[TimetableState],
    *,
    ground: Ground,
    max_time_s: int,
    window: tuple[str, str] = WINDOW,
) -> StationTimes | None:
    """
    Gather what the page needs to draw isochrones of any point.

    Parameters
    ----------
    region
        Its cities say how far the sheet reaches.
    states
        Timetables, in the order in which the page offers them.
    ground
        What lies between a point and a station.
    max_time_s
        Longest way between a point and a station, s.
    window
        Clock times between which one leaves.

    Returns
    -------
    None where the page cannot do it: no station has a position, there are more than `MAX_STATIONS`, or people walk on
    streets, which the page does not have.

    Raises
    ------
    InputError
        If there is no state, two have the same key, or the window cannot be used.
    """
    start, end = _window(window)
    keys = [state.key for state in states]
    if not keys or len(set(keys)) < len(keys):
        msg = f"isochrones of the atlas: the timetables are called {keys}; expected one or more, each with its own key."
        raise InputError(msg)
    if not isinstance(ground, StraightLine):
        return None
    stations = _stations(region, [state.timetable for state in states])
    if not 0 < len(stations) <= MAX_STATIONS:
        return None
    ids = [str(station[0]) for station in stations]
    found = {
        state.key: station_journeys(state.timetable, ids, start, end + max_time_s, longest_s=_longest_s(ground))
        for state in states
    }
    script = {
        "format": FORMAT,
        "first_min": start // 60,
        "stations": stations,
        "states": pack_states(found, start // 60),
    }
    figures = {
        "file": STATION_FILE,
        "cutoffs_min": list(CUTOFFS_MIN),
        "percentiles": list(PERCENTILES),
        "percentile": PERCENTILE,
        "window_s": [start, end],
        "outside_km": OUTSIDE_KM,
        "tolerance": PAGE_TOLERANCE,
        "definition": {"en": DEFINITION[0], "zh": DEFINITION[1]},
        "stations": len(stations),
        "ground": {
            "fixed_s": ground.fixed_s,
            "speed_m_s": ground.speed_m_s,
            "detour": ground.detour,
            "max_time_s": max_time_s,
            "en": ground.rule,
            "zh": ground.rule_zh,
        },
        "states": [_about(state, found[state.key]) for state in states],
    }
    content = f"window.MEGAREGION_STATION_TIMES = {encode(script)};\n".encode("ascii")
    return StationTimes(figures, content)


def station_journeys(
    timetable: Timetable, station_ids: Sequence[str], start_s: int, end_s: int, *, longest_s: int
) -> Journeys:
    """
    Find the journeys between stations that no other beats: leaving later, or arriving earlier.

    Parameters
    ----------
    timetable
        Of a service day; a station that it does not know has no journeys.
    station_ids
        Stops: journeys begin with a ride from one and end with a ride to another.
    start_s, end_s
        First second at which one is ready at a station, and the one after the last.
    longest_s
        Longer journeys are left out, s.

    Returns
    -------
    Journeys
    """
    n = len(station_ids)
    layout = lay_out(timetable, start_s, end_s + longest_s)
    stop = np.array([timetable.stops.position(one) if one in timetable.stops else -1 for one in station_ids])
    here = np.flatnonzero(stop >= 0).tolist()
    pairs: dict[tuple[int, int], tuple[I64, I64]] = {}
    rules = timetable.rules
    for first in range(0, len(here), LANES):
        targets = here[first : first + LANES]
        egress = np.full((len(timetable.stops), LANES), NEVER, np.int32)
        egress[stop[targets], np.arange(len(targets))] = rules.alighting_slack_s
        labels = layout.scan(egress, None)
        for origin in here:
            slots = slice(int(layout.slot_offset[stop[origin]]), int(layout.slot_offset[stop[origin] + 1]) - 1)
            depart = (layout.slot_departure_s[slots].astype(np.int64) - rules.boarding_slack_s) // 60
            for lane, target in enumerate(targets):
                if origin != target:
                    arrive = -(-labels[slots, lane].astype(np.int64) // 60)
                    pairs[origin, target] = _unbeaten(depart, arrive, start_s // 60, longest_s // 60)
    nothing = (np.empty(0, np.int64), np.empty(0, np.int64))
    rows = [pairs.get((origin, target), nothing) for origin in range(n) for target in range(n)]
    return Journeys(
        count=np.array([len(depart) for depart, _ in rows], np.int64).reshape(n, n),
        depart_min=np.concatenate([depart for depart, _ in rows]),
        duration_min=np.concatenate([duration for _, duration in rows]),
    )


def _unbeaten(depart: I64, arrive: I64, first: int, longest: int) -> tuple[I64, I64]:
    """
    Keep the departures, ascending, that arrive before all later ones, and of one minute the first to arrive.

    Those before the first minute, and journeys that take longer than the longest, are left out.
    """
    if not len(depart):
        return depart, arrive
    # what leaves later and is there as early beats; of equal departures the last one stands for the best of them
    best = np.minimum.accumulate(arrive[::-1])[::-1]
    later = np.append(best[1:], np.iinfo(np.int64).max)
    first_of_minute = np.r_[True, depart[1:] != depart[:-1]]
    starts = np.flatnonzero(first_of_minute)
    ends = np.append(starts[1:], len(depart)) - 1
    depart, arrive, later = depart[starts], best[starts], later[ends]
    kept = (arrive < later) & (arrive - depart <= longest) & (depart >= first)
    return depart[kept], (arrive - depart)[kept]


def _longest_s(ground: StraightLine) -> int:
    """Give what the longest cut-off leaves for the journey between the stations, s."""
    return LONGEST_MIN * 60 - 2 * ground.fixed_s


def _stations(region: Region, timetables: Sequence[Timetable]) -> list[list[Any]]:
    """Give id, names, longitude, latitude and city (or None) of the stations on the sheet, each beside the last one."""
    cities = region.table("cities")
    if cities.empty:
        return []
    known = set(cities["city_id"])
    found: dict[str, list[Any]] = {}
    for timetable in timetables:
        for row in _on_sheet(timetable.stop_table, cities).to_dict("records"):
            name = text_or_none(row["name"]) or str(row["stop_id"])
            city = text_or_none(row["city_id"])
            found[str(row["stop_id"])] = [
                str(row["stop_id"]),
                name,
                text_or_none(row["name_en"]) or name,
                round(float(row["lon"]), COORDINATE_DECIMALS),
                round(float(row["lat"]), COORDINATE_DECIMALS),
                city if city in known else None,
            ]
    return _side_by_side([found[stop_id] for stop_id in sorted(found)])


def _side_by_side(stations: list[list[Any]]) -> list[list[Any]]:
    """Order stations from the westernmost, each followed by the nearest that is left: neighbours share trains."""
    if not stations:
        return []
    place = np.array([station[3:5] for station in stations], np.float64)
    left = np.ones(len(stations), bool)
    order = [int(place[:, 0].argmin())]
    while len(order) < len(stations):
        left[order[-1]] = False
        away = ((place - place[order[-1]]) ** 2).sum(axis=1)
        order.append(int(np.where(left, away, np.inf).argmin()))
    return [stations[at] for at in order]


def _on_sheet(stops: pd.DataFrame, cities: pd.DataFrame) -> pd.DataFrame:
    margin = SHEET_MARGIN_DEG
    lon = stops["lon"].between(cities["lon"].min() - margin, cities["lon"].max() + margin)
    lat = stops["lat"].between(cities["lat"].min() - margin, cities["lat"].max() + margin)
    return stops[lon.fillna(value=False).astype(bool) & lat.fillna(value=False).astype(bool)]


def _about(state: TimetableState, journeys: Journeys) -> dict[str, Any]:
    timetable = state.timetable
    return {
        "key": state.key,
        "title": {"en": state.title[0], "zh": state.title[1]},
        "year": state.year,
        "date": timetable.date,
        "typical_departures": bool(timetable.trip_table["typical"].any()),
        "journeys": len(journeys.depart_min),
    }


def _window(window: tuple[str, str]) -> tuple[int, int]:
    start, end = (clock.parse(text, what="window") for text in window)
    if not start < end:
        msg = f"window is {window[0]}-{window[1]}; expected a first time before the second, as in 06:00-22:00."
        raise InputError(msg)
    return start // 60 * 60, end
