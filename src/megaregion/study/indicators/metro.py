"""How long the new metro links are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.measures import Column, Figures, Measure, Parameter, Words
from megaregion.study.metro_feed import LINKS, STATES, is_new_link, metro_lines
from megaregion.study.metro_links import selection_kilometres

if TYPE_CHECKING:
    from megaregion.region.model import Region


def new_metro_km(region: Region, *, links: str, until: str) -> Figures:
    """
    Add up the lengths of new metro links in an area, up to a state of building.

    Returns
    -------
    Figures
        One row: value, km; lowest and highest that it can be, for a line of unknown length counts 0 and may have any;
        confirmed_km, lines, without_length.

    Raises
    ------
    NoDataError
        If the region has no metro lines.
    """
    lines = _links(region)
    chosen = lines[lines["state"].isin(STATES[: STATES.index(until) + 1])]
    if links != "all":
        chosen = chosen[chosen["role"] == links]
    length_km = chosen["length"].fillna(0.0)
    total_km, unknown = float(length_km.sum()), int(chosen["length"].isna().sum())
    table = pd.DataFrame(
        {
            "value": [total_km],
            "lowest": [total_km],
            "highest": [np.inf if unknown else total_km],
            "confirmed_km": [float(length_km[chosen["length_status"] == "confirmed"].sum())],
            "lines": [len(chosen)],
            "without_length": [unknown],
        }
    )
    return Figures(table=table, basis=_basis(region, chosen), settings={"links": links, "until": until})


def nearest_metro_km(region: Region, *, near_km: float, within: float) -> Figures:
    """
    Find the selection of new links between cities whose lengths add up to nearest to a sum.

    Returns
    -------
    Figures
        One row: value, km; lowest and highest that it can be, for with links of unknown length another selection can
        be nearer; selections; fitting, how many of them come within the share.

    Raises
    ------
    NoDataError
        If no new link between cities has a known length.
    """
    lines = _links(region)
    links = lines[lines["role"] == "between_cities"]
    chosen = links[links["length"].notna()]
    if chosen.empty:
        raise _no_lines(region, "no new metro link between cities of known length", "长度已知的新增城际联络线")
    sums_km = selection_kilometres(region)
    distance_km = np.abs(sums_km - near_km)
    nearest_km, least_km = float(sums_km[distance_km.argmin()]), float(distance_km.min())
    unknown = len(chosen) < len(links)
    table = pd.DataFrame(
        {
            "value": [nearest_km],
            "lowest": [near_km - least_km if unknown else nearest_km],
            "highest": [near_km + least_km if unknown else nearest_km],
            "selections": [len(sums_km)],
            "fitting": [int((distance_km <= within * near_km).sum())],
        }
    )
    return Figures(table=table, basis=_basis(region, chosen), settings={"near_km": near_km, "within": within})


def _links(region: Region) -> pd.DataFrame:
    if region.table("metro_lines").empty:
        raise _no_lines(region, "no metro lines", "地铁线路")
    lines = metro_lines(region)
    return lines[is_new_link(lines)]


def _basis(region: Region, lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lengths of lines, and the lines themselves: their states and openings say which are new."""
    facts, held = region.table("metro_facts"), region.table("metro_lines")
    return {
        "metro_facts": facts[(facts["indicator"] == "length") & facts["line_id"].isin(lines["line_id"])],
        "metro_lines": held[held["line_id"].isin(lines["line_id"])],
    }


def _no_lines(region: Region, what: str, what_zh: str) -> NoDataError:
    msg = f"region {region.name!r} has {what}."
    return NoDataError(
        msg,
        f"区域 {region.name!r} 没有{what_zh}。",
        needs=(
            "Bring them: megaregion import table metro_lines FILE, and their lengths in metro_facts.",
            "请导入：megaregion import table metro_lines FILE，长度见 metro_facts。",
        ),
    )


_BOUNDS = {
    "lowest": Column(Words("at least", "至少"), "km"),
    "highest": Column(Words("at most", "至多"), "km"),
}

MEASURES = (
    Measure(
        name="new_metro_km",
        title=Words("New metro between the cities", "新增城际地铁里程"),
        unit="km",
        shape="value",
        formula=Words(
            "lengths of the lines that link cities and have opened since the year of the rail timetable, are being "
            "built or are planned, added up; a line of unknown length counts 0",
            "自铁路时刻表年份以来开通、在建或规划的城际联络线长度之和；长度未知者计 0",
        ),
        inputs=("metro_lines", "metro_facts"),
        needs=Words("metro lines with lengths and states", "含长度与建设状态的地铁线路"),
        function=new_metro_km,
        parameters=(
            Parameter(
                name="links",
                kind="text",
                default="between_cities",
                about=Words("lines between cities, within a city's area, or all", "城市之间、市域内或全部"),
                choices=(*LINKS, "all"),
            ),
            Parameter(
                name="until",
                kind="text",
                default="planned",
                about=Words("last state that counts: operating, under_construction or planned", "计入到哪一阶段"),
                choices=STATES,
            ),
        ),
        columns=_BOUNDS
        | {
            "confirmed_km": Column(Words("of which confirmed", "其中已核实"), "km"),
            "lines": Column(Words("lines", "线路数")),
            "without_length": Column(Words("lines of unknown length", "长度未知的线路数")),
        },
        question="metro",
        better="more",
    ),
    Measure(
        name="nearest_metro_km",
        title=Words("Selection of new metro links nearest to a length", "最接近某里程的地铁联络线组合"),
        unit="km",
        shape="value",
        formula=Words(
            "of all selections of new links between cities whose length is known, the sum nearest to the one asked for",
            "在长度已知的新增城际联络线的所有组合中，总长最接近所问里程者",
        ),
        inputs=("metro_lines", "metro_facts"),
        needs=Words("metro lines with lengths and states", "含长度与建设状态的地铁线路"),
        function=nearest_metro_km,
        parameters=(
            Parameter(
                name="near_km",
                kind="number",
                default=None,
                required=True,
                about=Words("length asked for, km", "所问里程，公里"),
            ),
            Parameter(
                name="within",
                kind="number",
                default=0.05,
                about=Words("share by which a selection that fits may differ", "视为相符的相对偏差"),
            ),
        ),
        columns=_BOUNDS
        | {
            "selections": Column(Words("selections", "组合数")),
            "fitting": Column(Words("selections that fit", "相符的组合数")),
        },
        question="metro",
    ),
)
