"""The part of a report about what is within reach: isochrones, rankings and how evenly it is spread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.mobility.equity import gini
from megaregion.publish.charts import BOTH, CIVIDIS, NOW, THEN, Classes, Drawing, legend, nice_ticks, ramp
from megaregion.publish.charts_map import (
    Frame,
    Name,
    draw_base,
    draw_cells,
    draw_names,
    draw_scale,
    draw_water,
    place_outline,
)
from megaregion.publish.charts_rows import Axis, Row, ranked_bars, slopes
from megaregion.publish.report_findings import HUB_HOURS
from megaregion.publish.report_front import city_names, frame_of
from megaregion.publish.report_reach import reach_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_reach import StationReach
    from megaregion.publish.report_text import Writer
    from megaregion.study.run import Result

_SHADES = {"then": ("#2166ac", "#67a3cf", "#b9d6ea"), "now": ("#b2182b", "#e27b64", "#f7c9b4")}
"""Cut-offs from the shortest to the longest, in the colours of a year."""


def write_access(writer: Writer, findings: Findings) -> None:
    """Write the section's parts, as far as there are figures."""
    if findings.reach is not None:
        _isochrones(writer, findings, findings.reach)
    if findings.hub is not None:
        _hub(writer, findings)
    _map(writer, findings)
    output = findings.result("gdp_within") or findings.result("people_within")
    if output is not None and output.table["value"].notna().any():
        writer.part(writer.say("Ranking of the cities", "城市排名"), "access-ranking")
        _ranking(writer, findings, output)
        _evenness(writer, findings)
        if findings.then is not None:
            _ranks(writer, findings, output.measure.name)


def _isochrones(writer: Writer, findings: Findings, reach: StationReach) -> None:
    figures = reach.figures
    station = figures["station"]
    name = writer.say(station["name_en"], station["name"])
    writer.part(writer.say(f"Reach of {name}", f"{name}站的可达范围"), "access-isochrones")
    minutes = [round(each / 60) for each in figures["cutoffs_s"]]
    how = writer.say(*reach_words(figures))
    most = round(figures["by_year"][str(reach.years[-1])]["max_walk_time_s"] / 60)
    writer.paragraph(
        writer.say(
            f"Land reached from {name}: {how}. Waiting and changes count. To a station and on from one: "
            f"{figures['ground']['en']}, {most} min at most.",
            f"从{name}站出发可到达的土地：{how}。含候车与换乘。到车站及出站后：{figures['ground']['zh']}，至多{most}分钟。",
        )
    )
    if figures["bounds"] is not None:
        _isochrone_maps(writer, findings, reach, name)
    head, rows = _reach_rows(writer, {**figures, "with_cities": bool(reach.city_ids)}, minutes)
    caption = writer.say(f"Reach of {name}: land", f"{name}站的可达范围：土地")
    if reach.city_ids:
        caption += writer.say(
            ", cities whose centre lies inside, and all their people by the latest census",
            "、中心位于其内的城市及其全部人口（最近一次普查）",
        )
    caption += writer.say(f"; {how}.", f"；{how}。")
    writer.table(head, rows, caption, source=_rail(writer, findings), right=range(1, len(head)), narrow=True)


def _reach_rows(writer: Writer, figures: Mapping[str, Any], minutes: list[int]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of a station's reach; without cities it is of land alone."""
    with_cities = bool(figures["with_cities"])
    head = [writer.say("Part", "范围")]
    for each in minutes:
        head.append(writer.say(f"{each} min, km²", f"{each}分钟，平方公里"))
        head += [writer.say("cities", "城市"), writer.say("people", "人口")] if with_cities else []
    labels = {"gained": writer.say("gained", "新增"), "lost": writer.say("lost", "减少")}
    rows = []
    for part, values in figures["parts"].items():
        row = [labels.get(part, part)]
        for one in values:
            people = "–" if one["people"] is None else writer.big(float(one["people"]))
            row += [writer.number(one["area_km2"]), *([str(len(one["cities"])), people] if with_cities else [])]
        rows.append(row)
    return head, rows


def _rail(writer: Writer, findings: Findings) -> Any:
    named = [findings.result("typical_time", year) for year in findings.years]
    if any(each is not None for each in named):
        return writer.own(*named)
    feeds = findings.region.table("feeds")
    return writer.computed_from(writer.cite(*feeds["source_id"].dropna().tolist()))


def _isochrone_maps(writer: Writer, findings: Findings, reach: StationReach, name: str) -> None:
    """Draw then and now side by side, and the difference for the longest cut-off below."""
    figures = reach.figures
    west, south, east, north = figures["bounds"]
    aside, above = (east - west) * 0.08 + 0.02, (north - south) * 0.08 + 0.02
    bounds = (west - aside, south - above, east + aside, north + above)
    minutes = [round(each / 60) for each in figures["cutoffs_s"]]
    years = [reach.years[0], reach.years[-1]] if len(reach.years) > 1 else reach.years
    frame = Frame.around(bounds, width=322.0 if len(years) > 1 else 660.0, highest=420.0)
    drawing = Drawing(660, frame.height + 34)
    for at, year in enumerate(years):
        shades = _SHADES["then" if at == 0 and len(years) > 1 else "now"]
        part = Drawing(frame.width, frame.height)
        _ground(part, findings, frame)
        for cutoff in range(len(minutes))[::-1]:
            shape = reach.shapes[str(year)][cutoff]
            if shape:
                part.path(place_outline(frame, shape), shades[cutoff], opacity=0.85)
        _marks(writer, part, findings, frame, figures["station"])
        draw_scale(part, frame)
        drawing.inset(part, at * 338.0, 26)
        words = [writer.say(f"≤ {each} min", f"≤ {each}分钟") for each in minutes]
        legend(drawing, at * 338.0, 6, list(zip(shades, words, strict=False)), title=str(year))
    title = writer.say(f"Reach of {name}", f"{name}站可达范围")
    how = writer.say(*reach_words(figures))
    spoken = "; ".join(
        f"{year}: "
        + ", ".join(
            writer.say(f"{each} min ", f"{each}分钟") + writer.value(one["area_km2"], "km2")
            for each, one in zip(minutes, figures["parts"][str(year)], strict=True)
        )
        for year in years
    )
    caption = writer.say(
        f"{title} within {', '.join(map(str, minutes))} minutes, {' and '.join(map(str, years))}; {how}.",
        f"{title}：{'、'.join(map(str, minutes))}分钟以内，{'与'.join(f'{year}年' for year in years)}；{how}。",
    )
    writer.figure(drawing.svg(title, spoken), caption, _rail(writer, findings))
    if len(years) > 1:
        _difference_map(writer, findings, reach, bounds)


def _difference_map(
    writer: Writer, findings: Findings, reach: StationReach, bounds: tuple[float, float, float, float]
) -> None:
    figures = reach.figures
    frame = Frame.around(bounds, width=660.0, highest=330.0)
    drawing = Drawing(660, frame.height + 26)
    part = Drawing(frame.width, frame.height)
    _ground(part, findings, frame)
    last = len(figures["cutoffs_s"]) - 1
    minutes = round(figures["cutoffs_s"][last] / 60)
    gained, lost, now = (reach.shapes[name][last] for name in ("gained", "lost", str(reach.years[-1])))
    for shape, colour in ((now, BOTH), (gained, NOW), (lost, THEN)):
        if shape:
            part.path(place_outline(frame, shape), colour, opacity=0.75)
    _marks(writer, part, findings, frame, figures["station"])
    draw_scale(part, frame)
    drawing.inset(part, 0, 24)
    words = [
        (BOTH, writer.say("in both years", "两年均可达")),
        (NOW, writer.say(f"gained by {reach.years[-1]}", f"{reach.years[-1]}年新增")),
        (THEN, writer.say(f"lost since {reach.years[0]}", f"{reach.years[0]}年以来减少")),
    ]
    legend(drawing, 0, 5, words, title=writer.say(f"Within {minutes} min", f"{minutes}分钟以内"))
    areas = [figures["parts"][name][last]["area_km2"] for name in ("gained", "lost")]
    title = writer.say(f"Land gained and lost within {minutes} minutes", f"{minutes}分钟范围的得失")
    spoken = writer.say(
        f"{writer.number(areas[0])} km² gained, {writer.number(areas[1])} km² lost.",
        f"新增{writer.number(areas[0])}平方公里，减少{writer.number(areas[1])}平方公里。",
    )
    how = writer.say(f" {reach_words(figures)[0].capitalize()}.", f"{reach_words(figures)[1]}。")
    caption = f"{title}{writer.say(', ', '，')}{reach.years[0]}–{reach.years[-1]}{writer.say(': ', '：')}{spoken}{how}"
    writer.figure(drawing.svg(title, spoken), caption, _rail(writer, findings))


def _ground(drawing: Drawing, findings: Findings, frame: Frame) -> None:
    base = findings.layers.base if findings.layers is not None else []
    draw_base(drawing, frame, base)
    draw_water(drawing, frame, base)


def _marks(writer: Writer, drawing: Drawing, findings: Findings, frame: Frame, station: Mapping[str, Any]) -> None:
    for name in city_names(writer, findings):
        x, y = frame.at(name.lon, name.lat)
        if 0 < x < frame.width and 0 < y < frame.height:
            drawing.circle(x, y, 1.8, "#1f2933")
    draw_names(drawing, frame, city_names(writer, findings), size=9)
    drawing.circle(*frame.at(station["lon"], station["lat"]), 4.5, "#ffffff", stroke="#1f2933", stroke_width=2)


def _hub(writer: Writer, findings: Findings) -> None:
    hub = findings.hub
    assert hub is not None  # noqa: S101 - asked only where there is one
    name = findings.names(writer)[hub.city_id]
    head = [writer.say("Timetable", "时刻表"), *(writer.say(f"within {h} h", f"{h}小时内") for h in HUB_HOURS)]
    rows = [
        (str(year), *(writer.number(hub.within[year, hours].value) for hours in HUB_HOURS)) for year in findings.years
    ]
    writer.part(writer.say(f"The circles around {name}", f"以{name}为中心的圈层"), "access-hub")
    writer.table(
        head,
        rows,
        writer.say(
            f"Cities within some hours of {name} by fastest direct train between principal stations, {name} among "
            "them.",
            f"距{name}若干小时以内的城市数（含{name}），按主要车站间最快直达列车计。",
        ),
        source=writer.own(*(hub.within[year, HUB_HOURS[0]] for year in findings.years)),
        right=range(1, len(head)),
    )


def _ranking(writer: Writer, findings: Findings, now: Result) -> None:
    then = findings.result(now.measure.name, findings.then) if findings.then is not None else None
    unit, minutes = now.measure.unit, int(now.parameters["minutes"])
    values = now.table.set_index("city_id")["value"].to_dict()
    before = then.table.set_index("city_id")["value"].to_dict() if then is not None else {}
    rows = [
        Row(writer.city(row), values.get(row["city_id"], math.nan), before.get(row["city_id"], math.nan))
        for row in findings.rows
    ]
    rows.sort(key=lambda row: (-np.nan_to_num(row.now, nan=-1.0), row.label))
    title = writer.say(
        f"{now.measure.title.en} of {minutes} minutes by direct train", f"直达列车{minutes}分钟{now.measure.title.zh}"
    )
    axis = Axis(
        title=writer.of(now.measure.title),
        write=lambda value: writer.value(value, unit) if value else "0",
        names=(str(findings.then), str(findings.now)) if then is not None else ("", ""),
    )
    years = sorted({str(each["year"]) for each in now.provenance["inputs"] if each["table"] == "city_facts"})
    words = writer.say(
        f"First are {', '.join(row.label for row in rows[:3])}; the last is {rows[-1].label}.",
        f"前三位是{'、'.join(row.label for row in rows[:3])}，末位是{rows[-1].label}。",
    )
    note = writer.say(
        f" City figures of {', '.join(years)} in both years, so that the difference is that of the timetable.",
        f"两年均采用{'、'.join(years)}年城市数据，因此差异只来自时刻表。",
    )
    caption = title + writer.say(". ", "。") + words + (note if then is not None else "")
    writer.figure(ranked_bars(rows, axis, title=title, description=words), caption, writer.own(then, now))


def _ranks(writer: Writer, findings: Findings, name: str) -> None:
    results = [result for year in (findings.then, findings.now) if (result := findings.result(name, year)) is not None]
    if len(results) != 2:
        return
    ranks = [each.table.set_index("city_id")["value"].rank(ascending=False, method="min").to_dict() for each in results]
    rows = [
        Row(writer.city(row), ranks[1].get(row["city_id"], math.nan), ranks[0].get(row["city_id"], math.nan))
        for row in findings.rows
    ]
    moved = sorted(rows, key=lambda row: row.now - row.then)
    up, down = moved[0], moved[-1]
    words = writer.say(
        f"The largest rise is that of {up.label} (rank {up.then:.0f} to {up.now:.0f}), the largest fall that of "
        f"{down.label} ({down.then:.0f} to {down.now:.0f}).",
        f"上升最多的是{up.label}（第{up.then:.0f}位到第{up.now:.0f}位），下降最多的是{down.label}（第{down.then:.0f}位到第{down.now:.0f}位）。",
    )
    title = writer.say(
        f"Rank by {results[0].measure.title.en.lower().replace('gdp', 'GDP')}", f"按{results[0].measure.title.zh}的位次"
    )
    axis = Axis(title=title, write="{:.0f}".format, names=(str(findings.then), str(findings.now)))
    writer.figure(
        slopes(rows, axis, title=title, description=words),
        f"{title}{writer.say(', ', '，')}{findings.then}–{findings.now}{writer.say('. ', '。')}{words}",
        writer.own(*results),
    )


def _map(writer: Writer, findings: Findings) -> None:
    result = findings.result("people_within")
    if result is None or findings.layers is None or not findings.layers.cells:
        return
    minutes = int(result.parameters["minutes"])
    title = writer.say(
        f"People within {minutes} minutes by direct train, {findings.now}",
        f"直达列车{minutes}分钟可达人口，{findings.now}年",
    )
    draw_choropleth(writer, findings, result, title, highest=480.0)


def draw_choropleth(writer: Writer, findings: Findings, result: Result, title: str, *, highest: float = 520.0) -> None:
    """Place a map of a measure of cities, in classes of equal width; dark is much."""
    layers = findings.layers
    assert layers is not None  # noqa: S101 - asked only where there are maps
    values = result.table.set_index("city_id")["value"].reindex(findings.cities["city_id"]).to_numpy("float64")
    known = values[np.isfinite(values)]
    if not known.size:
        return
    ticks = nice_ticks(float(known.min()), float(known.max()), 6)
    inner = tuple(ticks[1:-1]) or (ticks[0],)
    unit = result.measure.unit
    write = [writer.value(each, unit) for each in inner]
    labels = (f"≤ {write[0]}", *(f"–{each}" for each in write[1:]), f"> {write[-1]}")
    classes = Classes(inner, tuple(ramp(CIVIDIS, 1 - 0.85 * at / len(inner)) for at in range(len(inner) + 1)), labels)
    frame = frame_of(findings, width=660.0, highest=highest)
    drawing = Drawing(660, frame.height + 26)
    part = Drawing(frame.width, frame.height)
    draw_base(part, frame, layers.base)
    draw_cells(part, frame, layers.cells, lambda at: classes.colour(values[at]) if np.isfinite(values[at]) else None)
    draw_water(part, frame, layers.base)
    names = [
        Name(name.text, name.lon, name.lat, name.weight, writer.value(value, unit) if np.isfinite(value) else "–")
        for name, value in zip(city_names(writer, findings), values.tolist(), strict=True)
    ]
    for name in names:
        part.circle(*frame.at(name.lon, name.lat), 2, "#ffffff", stroke="#1f2933", stroke_width=0.8)
    draw_names(part, frame, names, size=8.5)
    draw_scale(part, frame)
    drawing.inset(part, 0, 24)
    blank = [("hatch", writer.say("no data", "无数据"))] if len(known) < len(values) else []
    legend(drawing, 0, 5, [*zip(classes.colours, classes.labels, strict=True), *blank], size=9)
    cells = {cell["kind"] for cell in layers.cells}
    note = ""
    if cells == {"nearest_centre"}:
        note = writer.say(
            " Areas are cells of the nearest city centre, cut to land; they are not official boundaries.",
            "各区域为“最近城市中心”单元，按陆地裁切，并非官方边界。",
        )
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:3]
    best = ", ".join(f"{writer.city(findings.rows[int(at)])} {writer.value(float(values[at]), unit)}" for at in order)
    writer.figure(
        drawing.svg(title, writer.say(f"Largest: {best}.", f"最大：{best}。")),
        title + writer.say(".", "。") + note,
        writer.own(result),
    )


def _evenness(writer: Writer, findings: Findings) -> None:
    """Say how evenly people within reach is spread over people."""
    people = findings.facts.get("population")
    if people is None:
        return
    weight = people.table.set_index("city_id")["value"]
    said = []
    for year in findings.years:
        result = findings.result("people_within", year)
        if result is None:
            return
        table = pd.DataFrame({"value": result.table.set_index("city_id")["value"], "people": weight}).dropna()
        if table.empty:
            return
        said.append((year, gini(table["value"], table["people"])))
    text = writer.say(", ", "，").join(
        writer.say(f"{value:.2f} in {year}", f"{year}年为{value:.2f}") for year, value in said
    )
    writer.paragraph(
        writer.say(
            "How evenly reach is spread over people: the Gini coefficient of people within 90 minutes, each city "
            f"weighted by its people, is {text} (0 = all have the same).",
            f"可达机会在人群中的均衡程度：以各市人口加权的90分钟可达人口基尼系数{text}（0表示人人相同）。",
        )
    )
