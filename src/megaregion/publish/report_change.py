"""The part of a report about a scenario: base, scenario, difference, bands, and who wins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from megaregion.publish.charts import CIVIDIS, NOW, Classes, Drawing, legend, ramp
from megaregion.publish.charts_map import Frame, Name, draw_base, draw_names, draw_scale, draw_water
from megaregion.publish.plain import text_or_none
from megaregion.publish.report_project import band_share
from megaregion.region.edit import edit_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_project import Project, Zones
    from megaregion.publish.report_text import Writer

TOP = 10


def write_change(writer: Writer, findings: Findings) -> None:
    """Write the section of the scenario that was asked for."""
    project = findings.project
    if project is None:
        return
    on = [each for each in project.scenario.entries if each.on]
    base = {
        "metro": writer.say(
            "The base is the rail timetable with the city metro lines of today and the main railways that have opened "
            "since; without these the links would be credited with what those did.",
            "基准为铁路时刻表加上现有城市地铁及此后开通的干线铁路；若无后者，其效果会被误记到这些联络线上。",
        )
    }.get(project.stands_on, writer.say("The base is the region as it is.", "基准为区域现状。"))
    writer.paragraph(
        writer.say(
            f"Scenario {project.scenario.name} makes {len(on)} changes in the timetable of {project.year}. {base}",
            f"方案 {project.scenario.name} 在{project.year}年时刻表上作{len(on)}项改动。{base}",
        )
    )
    _edits(writer, findings, project)
    if project.zones is not None:
        writer.part(writer.say("From door to door", "门到门"), "change-zones")
        _zone_rules(writer, project.zones)
        _gain_table(writer, findings, project.zones)
        _zone_map(writer, findings, project)
        _zone_table(writer, findings, project.zones)
        _zone_winners(writer, findings, project.zones)
    if not project.changed.empty or project.before:
        writer.part(writer.say("Between city centres", "市中心之间"), "change-cities")
        _measures(writer, findings, project)
        _changed(writer, findings, project)


def _edits(writer: Writer, findings: Findings, project: Project) -> None:
    rows = []
    for number, entry in enumerate(project.scenario.entries, start=1):
        values = edit_values(entry.edit)
        name = str(values.get("name") or ", ".join(map(str, values.get("route_ids", ()))) or "")
        known = _metro_line(writer, findings, str(values.get("line_id", "")))
        name, comment = known if known is not None else (name, entry.comment)
        state = writer.say("on", "启用") if entry.on else writer.say("off", "停用")
        rows.append((str(number), entry.edit.kind, name, state, comment))
    writer.table(
        (
            "#",
            writer.say("Change", "改动"),
            writer.say("Name", "名称"),
            writer.say("Counts", "状态"),
            writer.say("What is known, and how far it is checked", "已知情况及核实程度"),
        ),
        rows,
        writer.say(
            f"Changes of scenario {project.scenario.name}, id {project.scenario.id[:12]}. Confirmed = read at the "
            "source, unverified = recalled, illustrative = assumed.",
            f"方案 {project.scenario.name} 的改动，标识 {project.scenario.id[:12]}。已核实=在来源处核对，"
            "未核实=凭记忆，示意=假定。",
        ),
        narrow=True,
    )


def _metro_line(writer: Writer, findings: Findings, line_id: str) -> tuple[str, Markup] | None:
    """Name of a line of table `metro_lines`, and its state and figures; None if it is no such line."""
    lines = findings.region.table("metro_lines")
    facts = findings.region.table("metro_facts")
    match = lines[lines["line_id"] == line_id].to_dict("records")
    if not match:
        return None
    line = match[0]
    mine = facts[facts["line_id"] == line_id]
    own = {str(row["indicator"]): row for row in mine.to_dict("records")}
    states = {
        "operating": ("open", "已开通"),
        "under_construction": ("under construction", "在建"),
        "planned": ("planned", "规划"),
    }
    opened = text_or_none(line["opened"])
    said = [writer.say(*states.get(str(line["state"]), (str(line["state"]),) * 2)) + (f" {opened}" if opened else "")]
    if "length" in own:
        length = own["length"]
        said.append(f"{float(length['value']):g} km{writer.status(str(length['status']))}")
    else:
        said.append(writer.say("length not known", "长度未知"))
    for indicator, words in (("run_time", ("run time", "运行时间")), ("offpeak_headway", ("headway", "发车间隔"))):
        if indicator in own:
            minutes = float(own[indicator]["value"]) / 60
            shown = writer.say(f"{words[0]} {minutes:g} min", f"{words[1]}{minutes:g}分")
            said.append(shown + writer.status(str(own[indicator]["status"])))
    sources = writer.cite(text_or_none(line["source_id"]), *mine["source_id"].dropna().tolist())
    name = str(line["name"]) if writer.lang == "zh" else text_or_none(line["name_en"]) or str(line["name"])
    return name, Markup("{} {}").format(writer.say("; ", "；").join(said), sources)


def _zone_rules(writer: Writer, zones: Zones) -> None:
    settings = zones.settings
    text = writer.say(
        f"{zones.people[1]} zones with {writer.big(float(zones.people[0]))} people; median over departures "
        f"{'–'.join(settings['window'])} of the way from centre to centre, by service or straight by road, whichever "
        "is "
        f"less. Access: {settings['access']}.",
        f"{zones.people[1]}个分区，{writer.big(float(zones.people[0]))}人；出发时段 {'–'.join(settings['window'])} "
        "内分区中心之间"
        f"行程的中位数，取公共交通与道路中较短者。接驳：{settings['access_zh']}。",
    )
    if len(zones.mean_gain_s) > 1:
        run_time, headway = band_share()
        text += writer.say(
            f" Run times and headways that are assumed are varied together by {run_time:.0%} and {headway:.0%} either "
            "way, in base and scenario alike: that is the band.",
            f"假定的运行时间与发车间隔在基准与方案中同时上下变动{run_time:.0%}与{headway:.0%}，所得即为区间。",
        )
    writer.paragraph(text)


def weighted_pairs(findings: Findings, zones: Zones) -> pd.DataFrame:
    """Pairs of zones with the cities of both ends and the product of people at both ends as their weight."""
    table = findings.region.table("zones").set_index("zone_id")
    pairs = zones.pairs
    return pairs.assign(
        from_city=pairs["from_id"].map(table["city_id"]),
        to_city=pairs["to_id"].map(table["city_id"]),
        weight=pairs["from_id"].map(table["people"]).astype("float64")
        * pairs["to_id"].map(table["people"]).astype("float64"),
    )


def _zone_map(writer: Writer, findings: Findings, project: Project) -> None:
    """Draw the lines that are added and the mean gain of each zone."""
    zones = project.zones
    assert zones is not None  # noqa: S101 - asked only where there are zones
    table = findings.region.table("zones")
    pairs = weighted_pairs(findings, zones)
    there = pairs["to_id"].map(table.set_index("zone_id")["people"]).astype("float64")
    sums = pd.DataFrame({"zone": pairs["from_id"], "gain": pairs["gain_s"] * there, "people": there})
    total = sums.groupby("zone")[["gain", "people"]].sum()
    gain = (total["gain"] / total["people"] / 60).reindex(table["zone_id"]).to_numpy("float64")
    breaks = (1.0, 2.0, 5.0, 10.0, 15.0)
    colours = tuple(ramp(CIVIDIS[::-1], at / len(breaks)) for at in range(len(breaks) + 1))
    labels = ("≤ 1", "–2", "–5", "–10", "–15", "> 15")
    classes = Classes(breaks, colours, labels)
    lon, lat = table["lon"].to_numpy("float64"), table["lat"].to_numpy("float64")
    aside = 0.12
    west, east, south, north = float(lon.min()), float(lon.max()), float(lat.min()), float(lat.max())
    bounds = (west - aside, south - aside, east + aside, north + aside)
    frame = Frame.around(bounds, width=660.0, highest=470.0)
    part = Drawing(frame.width, frame.height)
    base = findings.layers.base if findings.layers is not None else []
    draw_base(part, frame, base)
    draw_water(part, frame, base)
    for line in _added_lines(findings, project):
        places = [frame.at(*place) for place in line]
        part.path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), stroke=NOW, stroke_width=2.2, opacity=0.8)
    most = float(table["people"].max())
    names = []
    for row, value in zip(table.to_dict("records"), gain.tolist(), strict=True):
        radius = 3 + 8 * math.sqrt(float(row["people"]) / most)
        fill = classes.colour(value) if math.isfinite(value) else "#ffffff"
        part.circle(*frame.at(row["lon"], row["lat"]), radius, fill, stroke="#1f2933", stroke_width=0.7)
        text = str(row["name"]) if writer.lang == "zh" else str(row["name_en"] or row["name"])
        names.append(Name(text, float(row["lon"]), float(row["lat"]), float(row["people"])))
    draw_names(part, frame, names, size=9)
    draw_scale(part, frame)
    drawing = Drawing(660, frame.height + 26)
    drawing.inset(part, 0, 24)
    title = writer.say("Mean gain to zones of other cities, min", "到其他城市分区的平均缩短，分钟")
    end = legend(drawing, 0, 5, list(zip(classes.colours, classes.labels, strict=True)), title=title, size=9)
    legend(drawing, end + 8, 5, [(NOW, writer.say("added line", "新增线路"))], size=9)
    best = table.assign(gain=gain).sort_values("gain", ascending=False).head(3)
    who = [
        f"{row['name'] if writer.lang == 'zh' else row['name_en']} {row['gain']:.0f}" for row in best.to_dict("records")
    ]
    spoken = writer.say(f"Largest mean gains, min: {', '.join(who)}.", f"平均缩短最多（分钟）：{'、'.join(who)}。")
    writer.figure(
        drawing.svg(title, spoken),
        writer.say(
            "Added lines and the mean gain of each zone, weighted by people at the other end; discs by people. "
            f"{spoken}",
            f"新增线路与各分区的平均缩短时间（按对端人口加权），圆面积表示人口。{spoken}",
        ),
        _sources(writer, findings),
    )


def _added_lines(findings: Findings, project: Project) -> list[list[tuple[float, float]]]:
    """Places of the calls of each added line, as far as they are known."""
    stations = findings.region.table("metro_stations")
    stops = findings.region.table("stops")
    known = {
        str(row[key]): (float(row["lon"]), float(row["lat"]))
        for frame, key in ((stops, "stop_id"), (stations, "station_id"))
        for row in frame.dropna(subset=["lon", "lat"]).to_dict("records")
    }
    lines = []
    for entry in project.scenario.entries:
        if not entry.on:
            continue
        places = []
        for stop in edit_values(entry.edit).get("stops", ()):
            if isinstance(stop, str):
                places.append(known.get(stop))
            elif isinstance(stop, dict) and "lon" in stop:
                places.append((float(stop["lon"]), float(stop["lat"])))
        found = [place for place in places if place is not None]
        if len(found) > 1:
            lines.append(found)
    return lines


def _zone_table(writer: Writer, findings: Findings, zones: Zones) -> None:
    pairs = weighted_pairs(findings, zones)
    names = findings.names(writer)
    rows: list[Sequence[str]] = []

    def row(label: str, part: pd.DataFrame, band: str) -> None:
        before, after = (float(np.average(part[name], weights=part["weight"])) for name in ("before_s", "after_s"))
        percent = writer.signed(100 * (after / before - 1)) + writer.say(" %", "%")
        minutes = [f"{each / 60:,.1f}" for each in (before, after)]
        rows.append((label, *minutes, writer.signed((after - before) / 60), percent, band))

    held, to = [each for name, each in zones.mean_gain_s.items() if name != "held"], writer.say("to", "至")
    band = f"{writer.signed(-min(held) / 60)} {to} {writer.signed(-max(held) / 60)}" if held else "–"
    row(writer.say("All pairs", "全部"), pairs, band)
    for (start, end), part in pairs.groupby(["from_city", "to_city"], sort=True):
        row(f"{names.get(str(start), start)} → {names.get(str(end), end)}", part, "–")
    writer.table(
        (
            writer.say("Mean between two people, min", "两人之间平均，分钟"),
            writer.say("Base", "基准"),
            writer.say("Scenario", "方案"),
            writer.say("Difference", "差"),
            "%",
            writer.say("Band", "区间"),
        ),
        rows,
        writer.say(
            "Base and scenario: mean journey between zones of two cities, weighted by people at one end times people "
            "at "
            "the other. Bands are computed for all pairs together. Differences are rounded from exact means and may "
            "differ by 0.1 from those shown.",
            "基准与方案：不同城市分区之间的平均行程，按两端人口之积加权。区间只对全部分区对计算。"
            "差按未取整的平均值计算后再取整，可能与表中两数之差相差 0.1。",
        ),
        source=_sources(writer, findings),
        right=range(1, 6),
    )


def _gain_table(writer: Writer, findings: Findings, zones: Zones) -> None:
    table, to = zones.by_gain, writer.say("to", "至")
    rows = []
    for minutes in dict.fromkeys(table["minutes"]):
        of = {row["variation"]: row for row in table[table["minutes"] == minutes].to_dict("records")}
        held = of["held"]
        people = writer.big(float(held["people"]))
        share = writer.share(float(held["person_pair_share"]))
        if len(of) > 1:
            people += f" ({writer.big(float(of['worst']['people']))} {to} {writer.big(float(of['best']['people']))})"
            ends = [writer.share(float(of[name]["person_pair_share"])) for name in ("worst", "best")]
            share += f" ({ends[0]} {to} {ends[1]})"
        rows.append((f"≥ {minutes}", str(held["zones"]), people, str(held["pairs"]), share))
    writer.table(
        (
            writer.say("Gain, min", "缩短，分钟"),
            writer.say("Zones", "分区"),
            writer.say("People, to some zone of another city", "人口（到其他城市某一分区）"),
            writer.say("Pairs of zones", "分区对"),
            writer.say("Person pairs", "人对比例"),
        ),
        rows,
        writer.say(
            "Who gains how much, in brackets with assumed figures at their worst and best. Person pairs: the chance "
            "that "
            "two people drawn one from each of two cities gain as much; it is the fairer figure.",
            "受益程度，括号内为假定数据取最差与最好时的结果。人对比例：从两个城市各抽一人，其行程缩短达到该值的概率，更为公允。",
        ),
        source=_sources(writer, findings),
        right=range(1, 5),
    )


def _zone_winners(writer: Writer, findings: Findings, zones: Zones) -> None:
    pairs = zones.pairs
    low = pairs[["from_id", "to_id"]].min(axis=1)
    high = pairs[["from_id", "to_id"]].max(axis=1)
    both = (
        pairs.assign(low=low, high=high).groupby(["low", "high"], sort=True)[["before_s", "after_s", "gain_s"]].mean()
    )
    table = findings.region.table("zones").set_index("zone_id")
    names = (table["name"] if writer.lang == "zh" else table["name_en"].fillna(table["name"])).to_dict()
    top = both.sort_values("gain_s", ascending=False, kind="stable").head(TOP).reset_index()
    rows = [
        (
            f"{names[row['low']]} – {names[row['high']]}",
            writer.time(row["before_s"]),
            writer.time(row["after_s"]),
            writer.change(row["before_s"], row["after_s"], "s"),
        )
        for row in top.to_dict("records")
    ]
    worst = float(both["gain_s"].min())
    losers = int((both["gain_s"] < -60).sum())
    writer.table(
        (
            writer.say("Zones", "分区"),
            writer.say("Base", "基准"),
            writer.say("Scenario", "方案"),
            writer.say("Change", "变化"),
        ),
        rows,
        writer.say("Pairs of zones that gain most, mean of both directions.", "缩短最多的分区对，两个方向的平均。"),
        source=_sources(writer, findings),
        right=(1, 2, 3),
    )
    writer.paragraph(
        writer.say(
            f"{losers} pairs lose more than a minute; the largest loss is {writer.time(-worst)}."
            if losers
            else "No pair loses more than a minute: added lines take nothing away.",
            f"{losers}个分区对变慢超过一分钟，最多{writer.time(-worst)}。"
            if losers
            else "没有分区对变慢超过一分钟：新增线路不减少原有服务。",
        )
    )


def _measures(writer: Writer, findings: Findings, project: Project) -> None:
    """Write the measures of which any value changes: base, scenario and difference of their medians."""
    rows = []
    for name, before in project.before.items():
        after, keys = project.after[name], list(before.measure.keys)
        sides = [each.table.sort_values(keys) if keys else each.table for each in (before, after)]
        if len(sides[0]) != len(sides[1]):
            continue
        one, other = (each["value"].to_numpy("float64") for each in sides)
        known = ~np.isnan(one) & ~np.isnan(other)
        changed = int((one[known] != other[known]).sum())
        if not changed:
            continue
        medians = [float(np.median(each[known])) for each in (one, other)]
        unit = before.measure.unit
        what = writer.of(before.measure.title)
        if keys:
            what += writer.say(", median", "，中位数")
        rows.append(
            (
                what,
                writer.value(medians[0], unit),
                writer.value(medians[1], unit),
                writer.change(medians[0], medians[1], unit),
                f"{changed:,} / {int(known.sum()):,}",
            )
        )
    if not rows:
        writer.paragraph(writer.say("No measure between city centres changes.", "市中心之间的指标均无变化。"))
        return
    writer.table(
        (
            writer.say("Measure", "指标"),
            writer.say("Base", "基准"),
            writer.say("Scenario", "方案"),
            writer.say("Difference", "差"),
            writer.say("Values that change", "有变化的值"),
        ),
        rows,
        writer.say(
            f"Measures between the {len(findings.cities)} city centres of which any value changes; no band, for they "
            "rest "
            "on the figures as held.",
            f"{len(findings.cities)}个市中心之间有变化的指标；按现有数据计算，未给区间。",
        ),
        source=_sources(writer, findings),
        right=range(1, 5),
    )


def _changed(writer: Writer, findings: Findings, project: Project) -> None:
    changed = project.changed
    names = findings.names(writer)
    faster = int(changed["verdict"].isin(["faster", "newly reachable"]).sum())
    writer.paragraph(
        writer.say(
            f"{faster} ordered pairs of city centres become faster or reachable by more than a minute and "
            f"{len(changed) - faster} slower or unreachable; most of what the scenario does lies within the cities' "
            "areas, which their centres do not see.",
            f"{faster}个有序城市对变快或变为可达（超过一分钟），{len(changed) - faster}个变慢或不再可达；"
            "方案的效果大多发生在市域之内，"
            "以市中心代表城市时看不到。",
        )
        if project.zones is not None
        else writer.say(
            f"{faster} ordered pairs of city centres become faster or reachable by more than a minute and "
            f"{len(changed) - faster} slower or unreachable.",
            f"{faster}个有序城市对变快或变为可达（超过一分钟），{len(changed) - faster}个变慢或不再可达。",
        )
    )
    if changed.empty:
        return
    rows = [
        (
            f"{names[row['from_id']]} → {names[row['to_id']]}",
            writer.time(row["before_s"]),
            writer.time(row["after_s"]),
            writer.change(row["before_s"], row["after_s"], "s")
            if math.isfinite(row["difference_s"])
            else _verdict(writer, row["verdict"]),
        )
        for row in changed.head(TOP).to_dict("records")
    ]
    writer.table(
        (
            writer.say("From – to", "出发—到达"),
            writer.say("Base", "基准"),
            writer.say("Scenario", "方案"),
            writer.say("Change", "变化"),
        ),
        rows,
        writer.say("City pairs whose typical journey changes most.", "典型行程变化最大的城市对。"),
        source=_sources(writer, findings),
        right=(1, 2, 3),
    )


def _verdict(writer: Writer, verdict: str) -> str:
    return {
        "newly reachable": writer.say("newly reachable", "新可达"),
        "no longer reachable": writer.say("no longer reachable", "不再可达"),
    }.get(verdict, verdict)


def _sources(writer: Writer, findings: Findings) -> Any:
    """Cite the tables that the scenario rests on."""
    region = findings.region
    ids: list[str] = []
    for name, column in (("feeds", "source_id"), ("metro_facts", "source_id"), ("zones", "people_source_id")):
        frame = region.table(name)
        if findings.project is not None and (findings.project.stands_on == "metro" or name != "metro_facts"):
            ids += sorted(frame[column].dropna().unique().tolist())
    after = findings.project.after.values() if findings.project is not None else ()
    return writer.computed_from(writer.cite(*ids), *after)
