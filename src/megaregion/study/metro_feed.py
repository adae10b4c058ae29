"""Metro lines of a region as a timetable beside the railways, and the links between its cities as a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.region.scenario import Scenario
from megaregion.region.schema import conform
from megaregion.region.service_days import WEEKDAYS
from megaregion.region.sphere import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from megaregion.region.model import Region

FEED_ID = "metro-2026"
"""Timetable that the metro lines are put into."""

BESIDE = "rail-2019"
"""Timetable of the railways that the metro stands beside: its year and service days are taken over."""

NEW_SINCE = "2020"
"""Links that opened from this year on are new: the rail timetable beside them is of October 2019."""

STATES = ("operating", "under_construction", "planned")

LINKS = ("between_cities", "within_city")

CHANGE_TIME_S = 300
"""Change time at a metro station; what is expected at Huaqiao (source sz11-change-2023)."""

RAIL_CHANGE_TIME_S = 900
"""Change time at a railway station that only the metro timetable calls at; that of the rail timetable."""

HOUR_S = 3_600

SERVICE_S = (6 * HOUR_S, 22 * HOUR_S)
"""First and last departure from the ends of a line; assumed alike for all."""

PEAKS_S = ((7 * HOUR_S, 9 * HOUR_S), (17 * HOUR_S, 19 * HOUR_S))
"""Hours in which the peak headway holds; assumed alike for all."""

_STATUSES = ("confirmed", "unverified", "illustrative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """
    What assumed figures are multiplied with, to see how much hangs on them; figures with a source are left alone.

    Attributes
    ----------
    run_time_factor
        Assumed run times, dimensionless, above 0.
    headway_factor
        Assumed headways, dimensionless, above 0.
    """

    run_time_factor: float = 1.0
    headway_factor: float = 1.0

    def __post_init__(self) -> None:
        for name in ("run_time_factor", "headway_factor"):
            if not getattr(self, name) > 0:  # also catches NaN
                msg = f"variation: {name} is {getattr(self, name)!r}; expected a number above 0, such as 0.8."
                raise InputError(msg)


AS_HELD = Variation()


def metro_lines(region: Region) -> pd.DataFrame:
    """
    Join the lines with their figures.

    Returns
    -------
    DataFrame
        Table `metro_lines` and, for each indicator of table `metro_facts`, its value and `<indicator>_status`; NaN and
        blank where not known; `modelled`, whether the line has calls, a run time and headways.

    Raises
    ------
    InputError
        If the region holds no metro lines.
    """
    lines = region.table("metro_lines")
    if lines.empty:
        msg = f"region {region.name!r} holds no metro lines; bring tables metro_lines, metro_facts and metro_calls."
        raise InputError(msg)
    facts = region.table("metro_facts")
    for indicator in ("length", "stations", "run_time", "peak_headway", "offpeak_headway"):
        of_indicator = facts[facts["indicator"] == indicator].set_index("line_id")
        lines = lines.assign(
            **{
                indicator: lines["line_id"].map(of_indicator["value"]),
                f"{indicator}_status": lines["line_id"]
                .map(of_indicator["status"])
                .astype("object")
                .fillna("")
                .astype("str"),
            }
        )
    lines = lines.assign(opened=lines["opened"].fillna(""), note=lines["note"].fillna(""))
    called = lines["line_id"].isin(region.table("metro_calls")["line_id"])
    timed = lines[["run_time", "peak_headway", "offpeak_headway"]].notna().all(axis=1)
    return lines.assign(modelled=called & timed)


def is_new_link(lines: pd.DataFrame) -> pd.Series[bool]:
    """Which lines are links between places that were not open before the rail timetable of the base."""
    before = (lines["state"] == "operating") & (lines["opened"] < NEW_SINCE)
    return lines["role"].isin(LINKS) & ~before


def _is_base(lines: pd.DataFrame) -> pd.Series[bool]:
    """Which lines are open and no new links."""
    return lines["modelled"] & (lines["state"] == "operating") & ~is_new_link(lines)


def call_times_s(region: Region, line_id: str, variation: Variation = AS_HELD) -> list[tuple[str, int]]:
    """
    Give the calls of a line with seconds since the first, stops included.

    Times that a source gives are kept; between them, and up to the run time of the whole line, straight lines between
    stations share the time out.

    Examples
    --------
    >>> from megaregion.study.regions import example
    >>> call_times_s(example("yrd"), "sh-airport")[-1]
    ('metro:浦东机场', 2400)
    """
    calls = region.table("metro_calls")
    calls = calls[calls["line_id"] == line_id].sort_values("call_sequence")
    line = metro_lines(region).set_index("line_id").loc[line_id]
    places = region.table("metro_stations").set_index("station_id")[["lon", "lat"]].loc[calls["station_id"]].to_numpy()
    hops = great_circle_m(places[:-1, 0], places[:-1, 1], places[1:, 0], places[1:, 1])
    along = np.r_[0.0, np.cumsum(hops)]
    time = calls["time_s"].to_numpy(np.float64, na_value=np.nan)
    time[0] = 0.0
    if np.isnan(time[-1]):
        known = np.nanmax(time)
        scale = variation.run_time_factor if line["run_time_status"] == "illustrative" else 1.0
        time[-1] = known + (line["run_time"] - known) * scale
    given = np.isfinite(time)
    seconds = np.rint(np.interp(along, along[given], time[given])).astype(int)
    return list(zip(calls["station_id"], seconds.tolist(), strict=True))


def headway_s(line: pd.Series[Any], which: str, variation: Variation = AS_HELD) -> int:
    """Headway of a line of `metro_lines`, seconds; `which` is peak_headway or offpeak_headway."""
    scale = variation.headway_factor if line[f"{which}_status"] == "illustrative" else 1.0
    return max(round(float(line[which]) * scale), 1)


def metro_base(region: Region, *, beside: str = BESIDE, variation: Variation = AS_HELD) -> Region:
    """
    Put the lines that are open, without the new links, into a timetable beside that of the railways.

    Main lines that opened after the rail timetable (role `railway`) are among them, so that the links are not credited
    with what these do.

    Parameters
    ----------
    region
        Holds metro_lines, metro_facts, metro_calls and metro_stations, and the timetable named next.
    beside
        Timetable whose year and service days the new one takes over: both then count together.
    variation
        Of assumed figures.

    Raises
    ------
    InputError
        If the tables or the timetable are not there.
    """
    lines = metro_lines(region)
    feeds = region.table("feeds")
    if FEED_ID in set(feeds["feed_id"]):
        return region
    rail = feeds[feeds["feed_id"] == beside]
    if rail.empty:
        held = ", ".join(feeds["feed_id"]) or "none"
        msg = f"region {region.name!r} has no timetable {beside!r} for the metro to stand beside; it has {held}."
        raise InputError(msg)
    base = lines[_is_base(lines)]
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("routes", "trips", "stop_times", "frequencies", "stops")
    }
    days = f"{FEED_ID}:daily"
    for _, line in base.iterrows():
        _add_line(rows, line, call_times_s(region, line["line_id"], variation), variation)
    rows["stops"] = _stop_rows(region, {row["stop_id"] for row in rows["stop_times"]})
    feed: dict[str, Any] = {
        "year": int(rail["year"].iloc[0]),
        "time_zone": rail["time_zone"].iloc[0],
        "first_date": rail["first_date"].iloc[0],
        "last_date": rail["last_date"].iloc[0],
        "feed_id": FEED_ID,
        "kind": "patterns",
        "name": f"Metro lines and newer railways as of {base['as_of'].max()}, on the days of {beside}",
        "change_time_s": CHANGE_TIME_S,
        "source_id": "metro-assumed",
        "status": "illustrative",
    }
    rows["feeds"] = [feed]
    rows["calendar"] = [
        {"service_id": days, "feed_id": FEED_ID, "start_date": feed["first_date"], "end_date": feed["last_date"]}
        | dict.fromkeys(WEEKDAYS, True)
    ]
    return region.with_tables({name: _appended(region, name, new) for name, new in rows.items()})


def metro_scenario(
    region: Region,
    *,
    states: Collection[str] = STATES,
    name: str = "metro-2026",
    variation: Variation = AS_HELD,
) -> Scenario:
    """
    Make the scenario that adds the new links, one edit a link, to what `metro_base` gives.

    Parameters
    ----------
    region
        As for `metro_base`.
    states
        Which links: operating (opened since the base), under_construction, planned.
    name
        Name of the scenario.
    variation
        Of assumed figures.

    Raises
    ------
    InputError
        If a state is not one of these.
    """
    wrong = sorted(set(states) - set(STATES))
    if wrong:
        msg = f"state {wrong[0]!r} is not known; expected one or more of {', '.join(STATES)}."
        raise InputError(msg)
    lines = metro_lines(region)
    chosen = lines[lines["modelled"] & is_new_link(lines) & lines["state"].isin(list(states))]
    chosen = chosen.sort_values("state", key=lambda column: column.map(STATES.index), kind="stable")
    calls_of_base = region.table("metro_calls")["line_id"].isin(lines.loc[_is_base(lines), "line_id"])
    known = {*region.table("stops")["stop_id"], *region.table("metro_calls").loc[calls_of_base, "station_id"]}
    scenario = Scenario(name, comment="Links by state; every figure and its source stand in table metro_facts.")
    for _, line in chosen.iterrows():
        calls = call_times_s(region, line["line_id"], variation)
        scenario = scenario.add_line(
            name=line["name"],
            line_id=line["line_id"],
            feed_ids=[FEED_ID],
            mode=int(line["mode"]),
            stops=_stops(region, [station for station, _ in calls], known),
            hop_times_s=np.diff([seconds for _, seconds in calls]).tolist(),
            dwell_s=0,
            headway_s=headway_s(line, "offpeak_headway", variation),
            start="06:00",
            end="22:00",
            status=_weakest(line),
            comment=_comment(line),
        )
        known |= {station for station, _ in calls}
    return scenario


def _add_line(
    rows: dict[str, list[dict[str, Any]]], line: pd.Series[Any], calls: list[tuple[str, int]], variation: Variation
) -> None:
    """Add route, a trip each way, its calls and its headways."""
    route = f"{FEED_ID}:{line['line_id']}"
    shared = {"feed_id": FEED_ID, "route_id": route, "service_id": f"{FEED_ID}:daily", "number": line["name"]}
    rows["routes"].append({"route_id": route, "feed_id": FEED_ID, "short_name": line["name"], "mode": line["mode"]})
    total = calls[-1][1]
    there = [(station, seconds) for station, seconds in calls]
    back = [(station, total - seconds) for station, seconds in reversed(calls)]
    for direction, timed in enumerate((there, back)):
        trip = f"{route}:{direction}"
        end = timed[-1][0].partition(":")[2]
        rows["trips"].append(shared | {"trip_id": trip, "headsign": end, "direction": direction})
        rows["stop_times"] += [
            {"trip_id": trip, "stop_sequence": k, "stop_id": station, "arrival_s": seconds, "departure_s": seconds}
            for k, (station, seconds) in enumerate(timed, start=1)
        ]
        rows["frequencies"] += [
            {
                "trip_id": trip,
                "start_s": start,
                "end_s": end_s,
                "headway_s": headway_s(line, which, variation),
                "exact_times": False,
            }
            for start, end_s, which in _spans()
        ]


def _spans() -> list[tuple[int, int, str]]:
    """Parts of the service day, each with the headway that holds in it."""
    edges = sorted({*SERVICE_S, *(edge for peak in PEAKS_S for edge in peak)})
    return [
        (start, end, "peak_headway" if (start, end) in PEAKS_S else "offpeak_headway") for start, end in pairwise(edges)
    ]


def _stop_rows(region: Region, called: set[str]) -> list[dict[str, Any]]:
    """Rows of table `stops` for the stations called at that it does not have."""
    stations = region.table("metro_stations")
    new = stations[stations["station_id"].isin(called - set(region.table("stops")["stop_id"]))]
    return [_stop_row(row) for _, row in new.iterrows()]


def _stop_row(station: pd.Series[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"stop_id": station["station_id"], "kind": "station"}
    row |= {name: station[name] for name in ("name", "name_en", "lon", "lat", "city_id", "source_id")}
    return row | ({"change_time_s": RAIL_CHANGE_TIME_S} if row["stop_id"].startswith("rail:") else {})


def _stops(region: Region, calls: Iterable[str], known: set[str]) -> list[Any]:
    """List the stops of an edit: keys of those that are there, and new stations in full."""
    stations = region.table("metro_stations").set_index("station_id")
    given: list[Any] = []
    for key in calls:
        station = stations.loc[key]
        new = {name: station[name] for name in ("name", "lon", "lat", "city_id", "name_en") if pd.notna(station[name])}
        given.append(key if key in known else {"stop_id": key} | new)
    return given


def _weakest(line: pd.Series[Any]) -> str:
    """Weakest status of the figures that an edit rests on; none is unverified."""
    used = [line[name] for name in ("run_time_status", "offpeak_headway_status", "status")]
    return max((each if each in _STATUSES else "unverified" for each in used), key=_STATUSES.index)


def _comment(line: pd.Series[Any]) -> str:
    """Say of a link how far it is built, how far its figures are known, and where they are from."""
    opened = f", {line['opened']}" if line["opened"] else ""
    length = f"{line['length']:g} km ({line['length_status']})" if line["length"] > 0 else "length not known"
    figures = f"run time {line['run_time_status']}, headway {line['offpeak_headway_status']}"
    note = f"; {line['note']}" if line["note"] else ""
    return f"{line['name_en']}: {line['state']}{opened} ({line['source_id']}); {length}; {figures}{note}"


def _appended(region: Region, name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    if not rows:
        return region.table(name)
    old, new = region.table(name), conform(name, pd.DataFrame(rows))
    return pd.concat([old, new], ignore_index=True) if len(old) else new
