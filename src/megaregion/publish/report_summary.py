"""The table of the summary: headline figures of the first and the last year side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from megaregion.publish.report_findings import HUB_HOURS
from megaregion.publish.report_front import median_of, pairs_of
from megaregion.publish.report_reach import reach_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer
    from megaregion.study.run import Result

_PAIR_MEASURES = ("fastest_train", "typical_time", "fastest_journey", "direct_trains")
_CITY_MEASURES = ("time_to_all", "gdp_within", "people_within")


def write_then_and_now(writer: Writer, findings: Findings) -> None:
    """Write the table, where there are two years or more."""
    if findings.then is None:
        return
    rows = [*_pair_rows(writer, findings), *_city_rows(writer, findings), *_reach_rows(writer, findings)]
    if rows:
        writer.table(
            (
                writer.say("Figure", "指标"),
                str(findings.then),
                str(findings.now),
                writer.say("Change", "变化"),
                writer.say("Status", "状态"),
                writer.say("Source", "来源"),
            ),
            rows,
            writer.say(
                "Then and now. Medians are over all pairs that are known, or over all cities; none = more than half "
                "are "
                "not connected.",
                "前后对比。中位数取全部已知城市对或全部城市；“无”表示半数以上不连通。",
            ),
            right=(1, 2, 3),
        )


def _row(
    writer: Writer, name: str, values: tuple[float, float], unit: str, results: Sequence[Result | None]
) -> tuple[Markup | str, ...]:
    shown = [writer.value(each, unit) for each in values]
    return name, *shown, writer.change(*values, unit), writer.standing(*results), writer.cite_results(*results)


def _pair_rows(writer: Writer, findings: Findings) -> list[tuple[Markup | str, ...]]:
    rows = []
    for name in _PAIR_MEASURES:
        pairs, result = pairs_of(findings, name), findings.result(name)
        if pairs is None or pairs.then is None or result is None:
            continue
        sides = (findings.result(name, findings.then), result)
        title = f"{writer.of(result.measure.title)}{writer.say(', median of pairs', '，城市对中位数')}"
        unit = result.measure.unit
        rows.append(_row(writer, title, (median_of(pairs.then), median_of(pairs.now)), unit, sides))
        if name == "typical_time":
            for hours in (2, 4):
                shares = [float((m[~np.isnan(m)] <= hours * 3600).mean()) for m in (pairs.then, pairs.now)]
                within = writer.say(f"Pairs within {hours} h, typical journey", f"典型行程{hours}小时以内的城市对")
                rows.append(_row(writer, within, (shares[0], shares[1]), "share", sides))
    return rows


def _city_rows(writer: Writer, findings: Findings) -> list[tuple[Markup | str, ...]]:
    rows = []
    for name in _CITY_MEASURES:
        results = [findings.result(name, year) for year in (findings.then, findings.now)]
        values = []
        for result in results:
            known = result.table["value"].dropna().to_numpy("float64") if result is not None else np.empty(0)
            values.append(float(np.median(known)) if known.size else math.nan)
        after = results[1]
        if after is None or math.isnan(values[1]):
            continue
        minutes = after.parameters.get("minutes")
        within = writer.say(f" ({minutes:g} min by train)", f"（列车{minutes:g}分钟）") if minutes else ""
        title = f"{writer.of(after.measure.title)}{within}{writer.say(', median city', '，中位城市')}"
        rows.append(_row(writer, title, (values[0], values[1]), after.measure.unit, results))
    return rows


def _reach_rows(writer: Writer, findings: Findings) -> list[tuple[Markup | str, ...]]:
    rows = []
    hub = findings.hub
    if hub is not None and findings.then is not None and findings.now is not None:
        name = findings.names(writer)[hub.city_id]
        for hours in HUB_HOURS:
            then, now = hub.within[findings.then, hours], hub.within[findings.now, hours]
            title = writer.say(
                f"Cities within {hours} h of {name}, fastest train", f"距{name}{hours}小时以内的城市，最快列车"
            )
            rows.append(_row(writer, title, (then.value, now.value), "cities", (then, now)))
    reach = findings.reach
    if reach is not None and len(reach.years) > 1:
        station = writer.say(reach.figures["station"]["name_en"], reach.figures["station"]["name"])
        minutes = round(reach.figures["cutoffs_s"][-1] / 60)
        land = [float(reach.figures["parts"][str(year)][-1]["area_km2"]) for year in (reach.years[0], reach.years[-1])]
        english, chinese = reach_words(reach.figures)
        title = writer.say(
            f"Land within {minutes} min of {station}, {english}", f"{station}站{minutes}分钟可达土地（{chinese}）"
        )
        sides = [findings.result("typical_time", year) for year in (findings.then, findings.now)]
        rows.append(_row(writer, title, (land[0], land[1]), "km2", sides))
    return rows
