"""What a scenario changes for people: how many come nearer to other cities, by how many minutes, from which zones."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import NoDataError
from megaregion.region.fingerprint import content_hash
from megaregion.study.assumption import Assumption
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.shared_travel import timetable_year
from megaregion.study.zone_travel import GAINS_MIN, ZoneGains, zone_gains

if TYPE_CHECKING:
    from megaregion.region.model import Region

KEPT = 2
"""Gains kept in memory: all measures and minutes of one scenario rest on the same."""

_gains: OrderedDict[tuple[str, str, int], ZoneGains] = OrderedDict()


def people_gaining(before: Region, region: Region, *, minutes: int, year: int | None) -> Figures:
    """
    Count the people who come some minutes nearer to at least one zone of another city.

    Returns
    -------
    Figures
        One row: value, people; of_people, who live in all zones; zones; person_pair_share; mean_gain_s, over person
        pairs; losing, people who lose as much to some zone of another city.

    Raises
    ------
    NoDataError
        If the region has no zones, nobody lives in them, or there is no timetable of that year.
    """
    gains = _shared_gains(before, region, year)
    row, loss = _row(gains.people, minutes), _row(gains.losers, minutes)
    table = pd.DataFrame(
        {
            "value": [float(row["people"])],
            "of_people": [float(gains.zones["people"].sum())],
            "zones": [int(row["zones"])],
            "person_pair_share": [row["person_pair_share"]],
            "mean_gain_s": [gains.mean_gain_s],
            "losing": [float(loss["people"])],
            "minutes": [minutes],
        }
    )
    return _figures(region, gains, table)


def pairs_gaining(before: Region, region: Region, *, minutes: int, year: int | None) -> Figures:
    """
    Give the chance that two people, drawn one from each of two cities, come some minutes nearer to each other.

    Returns
    -------
    Figures
        One row: value, share; pairs of zones that gain as much; of_pairs, all pairs of zones of two cities;
        mean_gain_s, over person pairs; losing, share of person pairs that lose as much.

    Raises
    ------
    NoDataError
        As `people_gaining`.
    """
    gains = _shared_gains(before, region, year)
    row, loss = _row(gains.people, minutes), _row(gains.losers, minutes)
    table = pd.DataFrame(
        {
            "value": [float(row["person_pair_share"])],
            "pairs": [int(row["pairs"])],
            "of_pairs": [int(gains.across.sum())],
            "mean_gain_s": [gains.mean_gain_s],
            "losing": [float(loss["person_pair_share"])],
            "minutes": [minutes],
        }
    )
    return _figures(region, gains, table)


def gain_of_zones(before: Region, region: Region, *, year: int | None) -> Figures:
    """
    Give the mean gain of each zone to the people of other cities, s.

    Returns
    -------
    Figures
        zone_id; value; largest_gain_s, to one zone of another city; people of the zone.

    Raises
    ------
    NoDataError
        As `people_gaining`.
    """
    gains = _shared_gains(before, region, year)
    zones, across = gains.zones, gains.across
    weight = np.where(across, zones["people"].to_numpy(np.float64)[None, :], 0.0)
    total = weight.sum(axis=1)
    mean = np.divide((gains.gain_s * weight).sum(axis=1), total, out=np.full(len(zones), np.nan), where=total > 0)
    table = pd.DataFrame(
        {
            "zone_id": zones["zone_id"],
            "value": mean,
            "largest_gain_s": np.where(across, gains.gain_s, -np.inf).max(axis=1),
            "people": zones["people"].astype("float64"),
        }
    )
    return _figures(region, gains, table)


def _row(people: pd.DataFrame, minutes: int) -> pd.Series[Any]:
    return people.loc[people["minutes"] == minutes].iloc[0]


def _shared_gains(before: Region, region: Region, year: int | None) -> ZoneGains:
    """Gains between zones, computed once for all measures that read them."""
    zones = region.table("zones")
    if not _in_two_cities(zones):
        msg = f"region {region.name!r} has no zones with people in two cities."
        raise NoDataError(
            msg,
            f"区域 {region.name!r} 没有分属两市且有人口的分区。",
            needs=(
                "Bring them: megaregion import table zones FILE.",
                "请导入分区：megaregion import table zones FILE。",
            ),
        )
    chosen = timetable_year(region, year)
    key = (content_hash(before), content_hash(region), chosen)
    if key not in _gains:
        _gains[key] = zone_gains((before, chosen), (region, chosen))
        while len(_gains) > KEPT:
            _gains.popitem(last=False)
    return _gains[key]


def _in_two_cities(zones: pd.DataFrame) -> bool:
    return len(set(zones.loc[zones["people"] > 0, "city_id"])) > 1


def _figures(region: Region, gains: ZoneGains, table: pd.DataFrame) -> Figures:
    feeds, zones = region.table("feeds"), gains.zones
    about = gains.provenance
    most_min = about["max_access_s"] // 60
    names = {"people_source_id": "source_id", "people_status": "status"}
    people = zones[["year", "vintage", *names]].rename(columns=names).astype({"year": "Int64"})
    names = {"position_source_id": "source_id", "position_status": "status"}
    return Figures(
        table=table,
        basis={
            "feeds": feeds[feeds["year"] == about["years"][1]],
            "zones": pd.concat([people, zones[[*names]].rename(columns=names)], ignore_index=True),
        },
        settings={
            "year": about["years"][1],
            "window": about["window"],
            "access": f"{about['access']}, {most_min} min at most",
            "access_zh": f"{about['access_zh']}，至多 {most_min} 分钟",
        },
        notices=gains.notices,
    )


_YEAR = Parameter(
    name="year",
    kind="year",
    default=None,
    about=Words("timetable year; the newest by default", "时刻表年份；默认为最新"),
)
_MINUTES = Parameter(
    name="minutes",
    kind="number",
    default=20,
    about=Words("gain that counts, minutes", "计入的缩短时间，分钟"),
    choices=GAINS_MIN,
)
_TABLES = ("zones", "feeds", "stops", "trips", "stop_times", "frequencies", "calendar")
_NEEDS = Words("zones with people, a timetable, and a scenario", "有人口的分区、时刻表与情景")
_RULE = Words(
    "; from door to door, median over the departures of the window, by service or straight by road, whichever is less",
    "；按门到门、时段内各出发时刻的中位数，取公共交通与道路中较短者",
)
_ASSUMES = (
    Assumption(words=Words("a zone is one point, its centre", "分区以其中心一点代表")),
    Assumption(words=Words("ways to and from stations, and by road", "进出站与道路行程"), setting="access"),
)
_MEAN = Column(Words("mean gain over pairs of people", "人口对平均缩短"), "s")
_AT_LEAST = Column(Words("minutes", "分钟"))


def _change(name: str, title: Words, formula: Words, **more: Any) -> Measure:
    return Measure(
        name=name,
        title=title,
        formula=Words(formula.en + _RULE.en, formula.zh + _RULE.zh),
        inputs=_TABLES,
        needs=_NEEDS,
        question="metro",
        better="more",
        by_year=True,
        change=True,
        assumes=_ASSUMES,
        **more,
    )


MEASURES = (
    _change(
        "people_gaining",
        Words("People brought nearer", "受益人口"),
        Words(
            "people of the zones that come at least so many minutes nearer to some zone of another city",
            "到其他城市某一分区至少缩短若干分钟的分区人口",
        ),
        unit="person",
        shape="value",
        function=people_gaining,
        parameters=(_MINUTES, _YEAR),
        columns={
            "of_people": Column(Words("of", "总人口"), "person"),
            "zones": Column(Words("zones", "分区数")),
            "person_pair_share": Column(Words("pairs of people", "人口对占比"), "share"),
            "mean_gain_s": _MEAN,
            "losing": Column(Words("people who lose as much", "多花同样时间的人口"), "person"),
            "minutes": _AT_LEAST,
        },
    ),
    _change(
        "pairs_gaining",
        Words("Pairs of people brought nearer", "受益人口对"),
        Words(
            "chance that two people, drawn one from each of two cities, come at least so many minutes nearer",
            "从两座城市各抽一人，两人间行程至少缩短若干分钟的概率",
        ),
        unit="share",
        shape="value",
        function=pairs_gaining,
        parameters=(_MINUTES, _YEAR),
        columns={
            "pairs": Column(Words("pairs of zones", "分区对")),
            "of_pairs": Column(Words("all pairs of zones", "全部分区对")),
            "mean_gain_s": _MEAN,
            "losing": Column(Words("pairs of people that lose as much", "多花同样时间的人口对"), "share"),
            "minutes": _AT_LEAST,
        },
    ),
    _change(
        "zone_gains",
        Words("Minutes gained to other cities", "到其他城市缩短的时间"),
        Words(
            "mean over the people of all zones of other cities of the time that a zone's centre comes nearer to theirs",
            "分区中心到其他城市各分区中心所缩短时间，按对端人口加权平均",
        ),
        unit="s",
        shape="zone",
        function=gain_of_zones,
        parameters=(_YEAR,),
        columns={
            "largest_gain_s": Column(Words("largest gain", "最大缩短"), "s"),
            "people": Column(Words("people", "人口"), "person"),
        },
    ),
)
