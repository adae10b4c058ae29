"""The front of a report: headline figures, the summary in one paragraph, and the map of the title page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.publish.charts import NOW, Drawing
from megaregion.publish.charts_map import Frame, Name, draw_base, draw_names, draw_water, line_width
from megaregion.publish.report_findings import pair_matrix
from megaregion.publish.report_text import Card, Cards
from megaregion.study.city_travel import timetable_years
from megaregion.study.compare import SAME_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer

HEADLINE = ("330100", "310000")
"""The pair that the shipped example opens with: Hangzhou to Shanghai, the article's first claim."""

MARGIN = 0.06
"""Of the extent of the cities, left free around them on maps."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """
    A measure of pairs in two years.

    Attributes
    ----------
    then, now
        (n, n) float64 in the order of the cities; `then` is None where there is one year only.
    """

    then: NDArray[np.float64] | None
    now: NDArray[np.float64]

    @property
    def difference(self) -> NDArray[np.float64]:
        """(n, n) float64: now less then; -inf = reachable now only, inf = then only, nan = in neither year."""
        assert self.then is not None  # noqa: S101 - asked only where there are two years
        with np.errstate(invalid="ignore"):
            return self.now - self.then


def pairs_of(findings: Findings, name: str) -> Pairs | None:
    """Give a measure of pairs of the first and the last year; None where it could not be computed."""
    ids = findings.cities["city_id"].tolist()
    now = findings.result(name)
    then = findings.result(name, findings.then) if findings.then is not None else None
    if now is None or len(ids) < 2:
        return None
    return Pairs(pair_matrix(then, ids) if then is not None else None, pair_matrix(now, ids))


def median_of(matrix: NDArray[np.float64]) -> float:
    """Median over all pairs that are known; unreachable counts as endless."""
    known = matrix[~np.isnan(matrix)]
    return float(np.median(known)) if known.size else math.nan


def headline_pair(findings: Findings) -> tuple[int, int] | None:
    """Positions of the pair that is spoken of first: that of the example, else the one with most direct trains."""
    ids = findings.cities["city_id"].tolist()
    if set(HEADLINE) <= set(ids):
        return ids.index(HEADLINE[0]), ids.index(HEADLINE[1])
    trains = pairs_of(findings, "direct_trains")
    if trains is None or not np.nan_to_num(trains.now).any():
        return None
    row, column = np.unravel_index(int(np.nan_to_num(trains.now, nan=-1.0).argmax()), trains.now.shape)
    return int(row), int(column)


def write_cards(writer: Writer, findings: Findings) -> None:
    """Write the headline figures, those that there are."""
    cards = [*_time_cards(writer, findings), *_share_cards(writer, findings)]
    if cards:
        writer.blocks.append(Cards(cards))


def _time_cards(writer: Writer, findings: Findings) -> list[Card]:
    cards = []
    rows = findings.rows
    pair, train, typical = (
        headline_pair(findings),
        pairs_of(findings, "fastest_train"),
        pairs_of(findings, "typical_time"),
    )
    if pair and train is not None and np.isfinite(train.now[pair]):
        names = writer.say(" – ", "—").join(writer.city(rows[at]) for at in pair)
        title = writer.say(f"Fastest train {names}", f"{names}最快列车")
        first = float(train.then[pair]) if train.then is not None else math.nan
        cards.append(_card(writer, findings, title, (first, float(train.now[pair])), "s", "less", "fastest_train"))
    if typical is not None:
        then = median_of(typical.then) if typical.then is not None else math.nan
        title = writer.say("Typical journey, median of all pairs", "典型行程，全部城市对的中位数")
        cards.append(_card(writer, findings, title, (then, median_of(typical.now)), "s", "less", "typical_time"))
    trains = pairs_of(findings, "direct_trains")
    if trains is not None:
        then = float((trains.then > 0).sum()) if trains.then is not None else math.nan
        title = writer.say("City pairs with a direct train", "有直达列车的城市对")
        now = float((trains.now > 0).sum())
        cards.append(_card(writer, findings, title, (then, now), "", "more", "direct_trains"))
    people = [findings.result("people_within", year) for year in (findings.then, findings.now) if year is not None]
    if people and all(each is not None for each in people):
        values = [_median_city(each) for each in people]
        title = writer.say("People within 90 min by train, median city", "90分钟列车可达人口，中位城市")
        then = values[0] if len(values) > 1 else math.nan
        cards.append(_card(writer, findings, title, (then, values[-1]), "person", "more", "people_within"))
    return cards


def _median_city(result: Any) -> float:
    values = result.table["value"].to_numpy("float64")
    return float(np.median(values[~np.isnan(values)])) if (~np.isnan(values)).any() else math.nan


def _share_cards(writer: Writer, findings: Findings) -> list[Card]:
    cards = []
    for name in ("gdp_share", "population_share"):
        result = findings.facts.get(name)
        if result is not None:
            row = result.table.iloc[0]
            year = f" ({int(row['year'])})"
            cards.append(
                Card(
                    title=writer.of(result.measure.title) + year,
                    value=writer.share(result.value),
                    then=writer.say(f"{len(findings.cities)} cities together", f"{len(findings.cities)}个城市合计"),
                    source=writer.grounds(result),
                )
            )
    return cards


def _card(
    writer: Writer, findings: Findings, title: str, values: tuple[float, float], unit: str, better: str, name: str
) -> Card:
    before, after = values
    sources = writer.grounds(findings.result(name))
    if math.isnan(before):
        return Card(title=title, value=writer.value(after, unit), then=str(findings.now), source=sources)
    mood = ""
    if after != before:
        mood = "good" if (after < before) == (better == "less") else "bad"
    return Card(
        title=title,
        value=writer.value(after, unit),
        then=writer.say(
            f"{findings.now}; {writer.value(before, unit)} in {findings.then}",
            f"{findings.now}年；{findings.then}年为{writer.value(before, unit)}",
        ),
        change=writer.change(before, after, unit),
        mood=mood,
        source=sources,
    )


def write_lead(writer: Writer, findings: Findings) -> None:
    """Write the summary in one paragraph, from the numbers."""
    sentences = [*_lead_times(writer, findings), *_lead_reach(writer, findings), *_lead_rest(writer, findings)]
    if not sentences:
        region = findings.region
        feeds, trips, stops = (len(region.table(name)) for name in ("feeds", "trips", "stops"))
        writer.paragraph(
            writer.say(
                f"The region holds {len(findings.cities)} cities and {feeds} timetables with {trips:,} trips and "
                f"{stops:,} stops. What the measures between cities need beyond that is missing; the appendix on "
                "missing "
                "data says what would bring it.",
                f"本区域含{len(findings.cities)}个城市、{feeds}份时刻表（{trips:,}个车次，{stops:,}个站点）。"
                "城市间各指标所需的其他数据尚缺；附录“缺失数据”说明如何补充。",
            ),
            kind="lead",
        )
        return
    writer.paragraph(writer.say(" ", "").join(sentences), kind="lead")


def _lead_times(writer: Writer, findings: Findings) -> list[str]:
    rows = findings.rows
    said = []
    pair, train, typical = (
        headline_pair(findings),
        pairs_of(findings, "fastest_train"),
        pairs_of(findings, "typical_time"),
    )
    then, now = findings.then, findings.now
    if pair and train is not None and np.isfinite(train.now[pair]):
        start, end = (writer.city(rows[at]) for at in pair)
        took = writer.time(float(train.now[pair]))
        if train.then is not None and np.isfinite(train.then[pair]):
            earlier = writer.time(float(train.then[pair]))
            said.append(
                writer.say(
                    f"In the timetable of {now} the fastest direct train from {start} to {end} takes {took}; in {then} "
                    f"it took {earlier}.",
                    f"按{now}年时刻表，{start}到{end}最快的直达列车用时{took}，{then}年为{earlier}。",
                )
            )
        else:
            said.append(
                writer.say(
                    f"In the timetable of {now} the fastest direct train from {start} to {end} takes {took}.",
                    f"按{now}年时刻表，{start}到{end}最快的直达列车用时{took}。",
                )
            )
    if typical is not None:
        count = int((~np.isnan(typical.now)).sum())
        after = median_of(typical.now)
        if typical.then is not None:
            before, change = median_of(typical.then), typical.difference
            faster, slower = int((change < -SAME_S).sum()), int((change > SAME_S).sum())
            verb = ("fell", "降至") if after < before else ("rose", "升至") if after > before else ("stayed", "仍为")
            said.append(
                writer.say(
                    f"Over all {count:,} ordered pairs of the {len(rows)} cities the typical journey from centre to "
                    f"centre, with access, waiting and changes, {verb[0]} from {writer.time(before)} to "
                    f"{writer.time(after)} at the median: {faster:,} pairs became faster or reachable and {slower:,} "
                    "slower or unreachable.",
                    f"在{len(rows)}个城市的{count:,}个有序城市对中，含进出站、候车与换乘的典型行程中位数由"
                    f"{writer.time(before)}{verb[1]}{writer.time(after)}：{faster:,}对变快或变为可达，{slower:,}对变慢或不再可达。",
                )
            )
        else:
            said.append(
                writer.say(
                    f"Over all {count:,} ordered pairs of the {len(rows)} cities the typical journey from centre to "
                    f"centre, with access, waiting and changes, takes {writer.time(after)} at the median.",
                    f"在{len(rows)}个城市的{count:,}个有序城市对中，含进出站、候车与换乘的典型行程中位数为{writer.time(after)}。",
                )
            )
    return said


def _lead_reach(writer: Writer, findings: Findings) -> list[str]:
    said = []
    reached = findings.result("gdp_within")
    if reached is not None and reached.table["value"].notna().any():
        top = reached.table.iloc[int(np.nan_to_num(reached.table["value"].to_numpy("float64"), nan=-1.0).argmax())]
        names = findings.names(writer)
        amount = writer.value(float(top["value"]), "CNY")
        minutes = int(reached.parameters["minutes"])
        said.append(
            writer.say(
                f"{names[str(top['city_id'])]} reaches most output within {minutes} minutes by direct train: {amount}.",
                f"{minutes}分钟直达列车范围内可达生产总值最多的是{names[str(top['city_id'])]}：{amount}。",
            )
        )
    gains = findings.project.zones if findings.project is not None else None
    if gains is not None:
        mean = {name: value / 60 for name, value in gains.mean_gain_s.items()}
        low, high = min(mean.values()), max(mean.values())
        band = writer.say(f" ({low:.1f} to {high:.1f})", f"（{low:.1f}至{high:.1f}）") if len(mean) > 1 else ""
        project = findings.project
        assert project is not None  # noqa: S101 - it has gains
        standing = writer.standing(*project.after.values())
        how = writer.say(f" ({standing})", f"（{standing}）")
        said.append(
            writer.say(
                f"Scenario {project.scenario.name} would save {mean['held']:.1f}{band} minutes on the mean journey "
                f"between two people of different cities among {gains.people[1]} zones{how}.",
                f"方案 {project.scenario.name} 可使{gains.people[1]}个分区中不同城市两人之间的平均行程缩短"
                f"{mean['held']:.1f}{band}分钟{how}。",
            )
        )
    return said


def _lead_rest(writer: Writer, findings: Findings) -> list[str]:
    said = []
    shares = {name: findings.facts.get(name) for name in ("gdp_share", "population_share", "land_share")}
    if all(each is not None for each in shares.values()):
        output, people, land = (shares[name] for name in shares)
        assert output is not None  # noqa: S101 - all are there
        assert people is not None  # noqa: S101
        assert land is not None  # noqa: S101
        years = [int(each.table["year"].iloc[0]) for each in (output, people)]
        said.append(
            writer.say(
                f"On {writer.share(land.value)} of the nation's land the cities hold {writer.share(people.value)} of "
                "its "
                f"people ({years[1]}) and {writer.share(output.value)} of its GDP ({years[0]}).",
                f"各市以全国{writer.share(land.value)}的土地，承载全国{writer.share(people.value)}的人口（{years[1]}年）和"
                f"{writer.share(output.value)}的生产总值（{years[0]}年）。",
            )
        )
    if findings.evidence is not None:
        verdicts = [each.verdict for each in findings.evidence.claims]
        counts = [verdicts.count(name) for name in ("confirmed", "contradicted", "not decidable")]
        said.append(
            writer.say(
                f"Of {len(verdicts)} claims tested, {counts[0]} are confirmed, {counts[1]} contradicted and "
                f"{counts[2]} "
                "not decidable.",
                f"在检验的{len(verdicts)}条说法中，证实{counts[0]}条，不符{counts[1]}条，无法判定{counts[2]}条。",
            )
        )
    return said


def frame_of(findings: Findings, *, width: float, highest: float) -> Frame:
    """Fit a map around the cities, with their areas where there are any."""
    layers = findings.layers
    lon, lat = (findings.cities[name].to_numpy("float64") for name in ("lon", "lat"))
    places = [(float(x), float(y)) for x, y in zip(lon, lat, strict=True)]
    if layers is not None and not places:
        places = [(float(x), float(y)) for x, y in layers.lines[["x1", "y1"]].to_numpy("float64").tolist()]
    if layers is not None:
        for cell in layers.cells:
            west, south, east, north = cell["geometry"].bounds
            places += [(west, south), (east, north)]
    west, east = min(x for x, _ in places), max(x for x, _ in places)
    south, north = min(y for _, y in places), max(y for _, y in places)
    aside, above = max((east - west) * MARGIN, 0.05), max((north - south) * MARGIN, 0.05)
    known = [each["geometry"].bounds for each in layers.base if each["layer"] == "land"] if layers is not None else []
    within = (min(each[0] for each in known), max(each[2] for each in known)) if known else None
    bounds = (west - aside, south - above, east + aside, north + above)
    return Frame.around(bounds, width=width, highest=highest, within=within)


def city_names(writer: Writer, findings: Findings) -> list[Name]:
    """Names of the cities for a map, those with most people first."""
    result = findings.facts.get("population")
    people = result.table.set_index("city_id")["value"].to_dict() if result is not None else {}
    return [
        Name(
            writer.city(row),
            float(row["lon"]),
            float(row["lat"]),
            float(np.nan_to_num(people.get(row["city_id"], 0.0))),
        )
        for row in findings.rows
    ]


def draw_lines(drawing: Drawing, frame: Frame, lines: pd.DataFrame) -> None:
    """Draw lines as wide as the root of their trains a day; high-speed lines in red, on top."""
    most = float(lines["trains"].max()) if len(lines) else 0.0
    for line in lines.sort_values(["fast", "trains"]).to_dict("records"):
        start, end = frame.at(line["x1"], line["y1"]), frame.at(line["x2"], line["y2"])
        drawing.line(
            (*start, *end),
            NOW if line["fast"] else "#6b7780",
            stroke_width=f"{line_width(float(line['trains']), most):.1f}",
            stroke_linecap="round",
            opacity=0.8,
        )


def cover_map(writer: Writer, findings: Findings) -> str | None:
    """Draw the cities and the lines of the last year; None where there are neither cities nor their places."""
    layers, year = findings.layers, max(timetable_years(findings.region), default=None)
    if layers is None or (findings.cities.empty and layers.lines.empty):
        return None
    frame = frame_of(findings, width=660.0, highest=560.0)
    drawing = Drawing(frame.width, frame.height)
    draw_base(drawing, frame, layers.base)
    draw_water(drawing, frame, layers.base)
    draw_lines(drawing, frame, layers.lines)
    for name in city_names(writer, findings):
        drawing.circle(*frame.at(name.lon, name.lat), 2.6, "#ffffff", stroke="#1f2933", stroke_width=1)
    draw_names(drawing, frame, city_names(writer, findings))
    title = writer.of(findings.title)
    what = writer.say(
        f"Map of {title}: cities and rail lines of {year}, wider where more trains run.",
        f"{title}地图：城市与{year}年铁路线，线越宽列车越多。",
    )
    return drawing.svg(title, what)
