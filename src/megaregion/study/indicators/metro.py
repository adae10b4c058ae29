"""How long the new metro links are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from megaregion.errors import NoDataError
from megaregion.study.measures import Figures, Measure, Parameter, Words
from megaregion.study.metro_feed import LINKS, STATES
from megaregion.study.metro_links import link_kilometres

if TYPE_CHECKING:
    from megaregion.region.model import Region


def new_metro_km(region: Region, *, links: str, until: str) -> Figures:
    """
    Add up the lengths of new metro links in an area, up to a state of building.

    Raises
    ------
    NoDataError
        If the region has no metro lines.
    """
    if region.table("metro_lines").empty:
        msg = f"region {region.name!r} has no metro lines."
        raise NoDataError(
            msg,
            needs=(
                "Bring them: megaregion import table metro_lines FILE, and their lengths in metro_facts.",
                "请导入：megaregion import table metro_lines FILE，长度见 metro_facts。",
            ),
        )
    sums = link_kilometres(region)
    chosen = sums[sums["state"].isin(STATES[: STATES.index(until) + 1])]
    if links != "all":
        chosen = chosen[chosen["role"] == links]
    facts = region.table("metro_facts")
    table = pd.DataFrame(
        {
            "value": [float(chosen["km"].sum())],
            "confirmed_km": [float(chosen["confirmed_km"].sum())],
            "lines": [int(chosen["lines"].sum())],
            "without_length": [int(chosen["without_length"].sum())],
        }
    )
    basis = {"metro_facts": facts[facts["indicator"] == "length"]}
    return Figures(table=table, basis=basis, settings={"links": links, "until": until})


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
        question="metro",
        better="more",
    ),
)
