"""The part of a report about times between all cities: matrix, change, winners and losers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from megaregion.publish.atlas_data import cluster_order
from megaregion.publish.charts import CIVIDIS, NOW, RDBU, THEN, Classes, ramp
from megaregion.publish.charts_matrix import heat_map
from megaregion.publish.charts_rows import Axis, Curve, Row, curves, dumbbells
from megaregion.publish.report_front import Pairs, pairs_of
from megaregion.study.compare import SAME_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megaregion.publish.report_findings import Findings
    from megaregion.publish.report_text import Writer

TOP = 10
"""Pairs that a table of winners or losers shows."""

_LADDER_MIN = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 1440)
_STEPS_MIN = (-120.0, -60.0, -30.0, -10.0, -1.0, 1.0, 10.0, 30.0, 60.0)


def write_times(writer: Writer, findings: Findings) -> None:
    """Write the section's parts, as far as there are travel times."""
    typical = pairs_of(findings, "typical_time")
    if typical is None:
        return
    result = findings.result("typical_time")
    settings = result.provenance["settings"] if result is not None else {}
    way, walk = (writer.say(str(settings.get(k)), str(settings.get(f"{k}_zh"))) for k in ("origins", "walks"))
    window = "–".join(settings.get("window") or ())
    writer.paragraph(
        writer.say(
            "The typical journey is the median over every second at which one may set out between "
            f"{window}: waiting, access, changes and egress count, so that a pair with one fast train a day is not "
            f"close. From centre to centre: {way}. Changes: {walk}.",
            f"典型行程取 {window} 内每一秒出发的行程时间的中位数，计入候车、进出站与换乘；"
            "因此每天只有一趟快车的城市对并不算近。"
            f"市中心到市中心：{way}。换乘：{walk}。",
        ),
        writer.say(" ", ""),
        writer.grounds(result),
    )
    writer.part(writer.say("The matrix of all pairs", "全部城市对矩阵"), "times-matrix")
    order = cluster_order(typical.now)
    names = [writer.city(findings.rows[at]) for at in order]
    _matrix(writer, findings, typical, (order, names))
    if typical.then is not None:
        writer.part(writer.say("What has changed", "变化"), "times-change")
        _spread(writer, findings, typical)
        _difference(writer, findings, typical, (order, names))
        _cities(writer, findings)
        writer.part(writer.say("Winners and losers", "受益与受损的城市对"), "times-winners")
        _winners(writer, findings, typical)
    _trains(writer, findings)


def classes_of(values: NDArray[np.float64]) -> Classes:
    """Classes of times, s, at round minutes; dark is near."""
    known = values[np.isfinite(values)] / 60
    low, high = (float(np.percentile(known, at)) for at in (1, 96)) if known.size else (30.0, 240.0)
    chosen = [each for each in _LADDER_MIN if low <= each <= high][-8:] or [60]
    write = [f"{each // 60}:{each % 60:02d}" if each >= 60 else f"0:{each:02d}" for each in chosen]
    labels = [f"≤ {write[0]}", *(f"–{each}" for each in write[1:]), f"> {write[-1]}"]
    colours = tuple(ramp(CIVIDIS, at / len(chosen)) for at in range(len(chosen) + 1))
    return Classes(tuple(60.0 * each for each in chosen), colours, tuple(labels))


def change_classes(writer: Writer) -> Classes:
    """Classes of differences in time, s, around no change; blue is shorter."""
    bounds = [f"{each:+.0f}".replace("-", "−") for each in _STEPS_MIN]
    labels = [
        writer.say(f"< {bounds[0]} or new", f"< {bounds[0]}或新增"),
        *(f"≤ {bounds[at]}" for at in range(1, 5)),
        "±1",
        *(f"≤ {bounds[at]}" for at in range(6, 9)),
        f"> {bounds[-1]}",
    ]
    colours = (*(ramp(RDBU, each) for each in (0.98, 0.88, 0.78, 0.68, 0.58)), "#f2f1ee")
    colours += tuple(ramp(RDBU, each) for each in (0.42, 0.32, 0.2, 0.08))
    return Classes(tuple(60.0 * each for each in _STEPS_MIN), colours, tuple(labels))


def _matrix(writer: Writer, findings: Findings, typical: Pairs, order: tuple[Sequence[int], Sequence[str]]) -> None:
    at, names = order
    writer.paragraph(_matrix_words(writer, findings, typical))
    values = typical.now[np.ix_(at, at)]
    title = writer.say(f"Typical journey between all cities, {findings.now}", f"各市之间的典型行程，{findings.now}年")
    svg = heat_map(
        names,
        values,
        classes_of(typical.now),
        title=title,
        description=_matrix_words(writer, findings, typical),
        key=writer.say("Typical journey, hours:minutes (dark = near)", "典型行程，时:分（深色为近）"),
        words=(writer.say("not reachable", "不可达"), writer.say("no data", "无数据")),
        write=lambda value: f"{value / 60:.0f}",
    )
    writer.figure(
        svg,
        writer.say(
            f"{title}: origin down, destination across. Cities that are near each other stand together (average "
            "linkage, optimal leaf order).",
            f"{title}：纵为出发，横为到达。相近的城市排在一起（平均连接聚类，最优叶序）。",
        ),
        writer.own(findings.result("typical_time")),
    )


def _matrix_words(writer: Writer, findings: Findings, typical: Pairs) -> str:
    now = typical.now
    known = ~np.isnan(now)
    reachable = np.isfinite(now)
    if not reachable.any():
        return writer.say("No pair of cities is connected.", "没有城市对相互连通。")
    near = np.unravel_index(int(np.where(reachable, now, np.inf).argmin()), now.shape)
    far = np.unravel_index(int(np.where(reachable, now, -np.inf).argmax()), now.shape)
    place = [writer.city(findings.rows[int(at)]) for at in (*near, *far)]
    within = float((now[known] <= 2 * 3600).mean())
    cut = [writer.city(row) for at, row in enumerate(findings.rows) if not reachable[at].any()]
    text = writer.say(
        f"The nearest pair is {place[0]} to {place[1]} with {writer.time(float(now[near]))}, the furthest that is "
        f"connected {place[2]} to {place[3]} with {writer.time(float(now[far]))}; {writer.share(within, 0)} of all "
        "pairs "
        "lie within two hours.",
        f"最近的城市对是{place[0]}到{place[1]}（{writer.time(float(now[near]))}），连通者中最远的是{place[2]}到{place[3]}"
        f"（{writer.time(float(now[far]))}）；{writer.share(within, 0)}的城市对在两小时以内。",
    )
    if cut:
        text += writer.say(f" Without any connection: {', '.join(cut)}.", f"完全没有连接的城市：{'、'.join(cut)}。")
    return text


def _spread(writer: Writer, findings: Findings, typical: Pairs) -> None:
    """Draw which share of the pairs lies within how long, then and now."""
    longest = 8 * 3600.0
    places = np.arange(0, longest + 1, 300)
    found = []
    assert typical.then is not None  # noqa: S101 - asked only where there are two years
    for name, matrix, colour in ((findings.then, typical.then, THEN), (findings.now, typical.now, NOW)):
        known = matrix[~np.isnan(matrix)]
        points = tuple((float(x), float((known <= x).mean())) for x in places)
        found.append(Curve(str(name), colour, points))
    axis = Axis(
        title=writer.say("Share of city pairs within the time", "行程在该时间以内的城市对比例"),
        write=lambda value: writer.share(value, 0),
    )
    title = writer.say("How many pairs lie within how long", "多长时间内覆盖多少城市对")
    within = [[float((m[~np.isnan(m)] <= h * 3600).mean()) for h in (2, 4)] for m in (typical.then, typical.now)]
    words = writer.say(
        f"Within two hours: {writer.share(within[0][0], 0)} of all pairs in {findings.then}, "
        f"{writer.share(within[1][0], 0)} in {findings.now}; within four hours {writer.share(within[0][1], 0)} and "
        f"{writer.share(within[1][1], 0)}.",
        f"两小时以内：{findings.then}年为{writer.share(within[0][0], 0)}，"
        f"{findings.now}年为{writer.share(within[1][0], 0)}；"
        f"四小时以内分别为{writer.share(within[0][1], 0)}和{writer.share(within[1][1], 0)}。",
    )
    across = [(h * 3600.0, writer.say(f"{h} h", f"{h}小时")) for h in range(9)]
    svg = curves(found, axis, across=across, title=title, description=words)
    writer.figure(
        svg,
        writer.say(
            f"{title}, typical journey, {findings.then} and {findings.now}.",
            f"{title}，典型行程，{findings.then}年与{findings.now}年。",
        ),
        writer.own(*(findings.result("typical_time", year) for year in (findings.then, findings.now))),
    )
    writer.paragraph(words)


def _difference(writer: Writer, findings: Findings, typical: Pairs, order: tuple[Sequence[int], Sequence[str]]) -> None:
    at, names = order
    title = writer.say(
        f"Change of the typical journey, {findings.then} to {findings.now}",
        f"典型行程的变化，{findings.then}年至{findings.now}年",
    )
    change = typical.difference
    words = writer.say(
        f"{int((change < -SAME_S).sum()):,} pairs shorter or newly reachable, {int((change > SAME_S).sum()):,} "
        "longer or "
        f"no longer reachable, {int((np.abs(change) <= SAME_S).sum()):,} the same within a minute.",
        f"{int((change < -SAME_S).sum()):,}对缩短或新可达，{int((change > SAME_S).sum()):,}对延长或不再可达，"
        f"{int((np.abs(change) <= SAME_S).sum()):,}对变化不超过一分钟。",
    )
    svg = heat_map(
        names,
        change[np.ix_(at, at)],
        change_classes(writer),
        title=title,
        description=words,
        key=writer.say("Change, minutes (blue = shorter)", "变化，分钟（蓝色为缩短）"),
        words=(writer.say("no longer", "不再可达"), writer.say("in neither year", "两年均不可达")),
        write=lambda value: writer.signed(value / 60, 0),
        # short names leave room for boxes that would be too tall for what is left of a page
        width=530.0 if writer.lang == "zh" else 580.0,
    )
    sources = [findings.result("typical_time", year) for year in (findings.then, findings.now)]
    writer.figure(svg, f"{title}{writer.say('. ', '。')}{words}", writer.own(*sources))


def _cities(writer: Writer, findings: Findings) -> None:
    before, after = (findings.result("time_to_all", year) for year in (findings.then, findings.now))
    if before is None or after is None:
        return
    values = [each.table.set_index("city_id")["value"].to_dict() for each in (before, after)]
    # in hours, so that the scale is round
    rows = [
        Row(writer.city(row), *(values[at].get(row["city_id"], math.nan) / 3600 for at in (1, 0)))
        for row in findings.rows
    ]
    rows.sort(key=lambda row: (row.now, row.label))
    title = writer.of(after.measure.title)
    axis = Axis(
        title=f"{title}{writer.say(', hours', '，小时')}",
        write="{:.1f}".format,
        names=(str(findings.then), str(findings.now)),
    )
    best, worst = rows[0], next((row for row in rows[::-1] if math.isfinite(row.now)), rows[-1])
    moved = [row for row in rows if math.isfinite(row.now) and math.isfinite(row.then)]
    gain = max(moved, key=lambda row: row.then - row.now) if moved else None
    words = writer.say(
        f"{best.label} is nearest to all others ({writer.time(3600 * best.now)}), {worst.label} furthest "
        f"({writer.time(3600 * worst.now)})",
        f"到其他各市最近的是{best.label}（{writer.time(3600 * best.now)}），"
        f"最远的是{worst.label}（{writer.time(3600 * worst.now)}）",
    )
    if gain is not None:
        words += writer.say(
            f"; the largest gain is that of {gain.label}: {writer.minutes_change(3600 * (gain.now - gain.then))}.",
            f"；改善最大的是{gain.label}：{writer.minutes_change(3600 * (gain.now - gain.then))}。",
        )
    writer.figure(
        dumbbells(rows, axis, title=title, description=words),
        f"{title}{writer.say('. ', '。')}{words}",
        writer.own(before, after),
    )


def both_ways(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n) mean of both directions; inf where either is unreachable."""
    return (matrix + matrix.T) / 2


def _winners(writer: Writer, findings: Findings, typical: Pairs) -> None:
    assert typical.then is not None  # noqa: S101 - asked only where there are two years
    then, now = both_ways(typical.then), both_ways(typical.now)
    first, second = np.triu_indices(len(now), 1)
    table = pd.DataFrame({"a": first, "b": second, "then": then[first, second], "now": now[first, second]})
    # in whole minutes, as they are shown, so that order and change are those of the table
    table[["then", "now"]] = 60 * (table[["then", "now"]] / 60).round()
    table["change"] = table["now"] - table["then"]
    moved = table[np.isfinite(table["change"])].sort_values(["change", "a", "b"], ignore_index=True)
    names = [writer.city(row) for row in findings.rows]
    sources = writer.own(*(findings.result("typical_time", year) for year in (findings.then, findings.now)))
    head = [writer.say("City pair", "城市对"), str(findings.then), str(findings.now), writer.say("Change", "变化")]
    head.append(writer.say("Change, %", "变化率"))
    for rows, caption in (
        (
            moved[moved["change"] < -SAME_S].head(TOP),
            writer.say(
                "Pairs that gained most: typical journey, mean of both directions.",
                "改善最大的城市对：典型行程，两个方向的平均。",
            ),
        ),
        (
            moved[moved["change"] > SAME_S][::-1].head(TOP),
            writer.say(
                "Pairs that lost most: typical journey, mean of both directions.",
                "变差最大的城市对：典型行程，两个方向的平均。",
            ),
        ),
    ):
        if rows.empty:
            continue
        writer.table(
            head,
            [
                (
                    f"{names[row['a']]} – {names[row['b']]}",
                    writer.time(row["then"]),
                    writer.time(row["now"]),
                    writer.minutes_change(row["change"]),
                    writer.signed(100 * row["change"] / row["then"], 0) + writer.say(" %", "%"),
                )
                for row in rows.to_dict("records")
            ],
            caption,
            source=sources,
            right=range(1, 5),
        )
    new = table[np.isinf(table["then"]) & np.isfinite(table["now"])]
    lost = table[np.isfinite(table["then"]) & np.isinf(table["now"])]
    counts = np.bincount(np.r_[new["a"], new["b"]].astype(int), minlength=len(names))
    cities = [names[at] for at in np.argsort(-counts, kind="stable")[:6] if counts[at]]
    if not len(new) and not len(lost):
        writer.paragraph(
            writer.say(
                "No pair became reachable within the window, and none ceased to be.",
                "时段内没有新增可达的城市对，也没有不再可达的。",
            )
        )
        return
    writer.paragraph(
        writer.say(
            f"{len(new)} pairs became reachable within the window and {len(lost)} are no longer"
            + (f"; most of the new ones are of {', '.join(cities)}." if cities else "."),
            f"{len(new)}个城市对在时段内变为可达，{len(lost)}个不再可达"
            + (f"；新增者多涉及{'、'.join(cities)}。" if cities else "。"),
        )
    )


def _trains(writer: Writer, findings: Findings) -> None:
    """List the pairs with most direct trains, with their fastest."""
    trains, fastest = pairs_of(findings, "direct_trains"), pairs_of(findings, "fastest_train")
    if trains is None or fastest is None or not np.nan_to_num(trains.now).any():
        return
    writer.part(writer.say("Direct trains", "直达列车"), "times-trains")
    names = [writer.city(row) for row in findings.rows]
    count = np.nan_to_num(trains.now)
    both = count + count.T
    first, second = np.triu_indices(len(both), 1)
    busiest = sorted(zip(first.tolist(), second.tolist(), strict=True), key=lambda pair: (-both[pair], pair))[:TOP]
    two = trains.then is not None and fastest.then is not None
    head = [writer.say("City pair", "城市对")]
    years = [findings.then, findings.now] if two else [findings.now]
    head += [writer.say(f"Trains {year}", f"{year}年列车") for year in years]
    head += [writer.say(f"Fastest {year}", f"{year}年最快") for year in years]
    rows = []
    for a, b in busiest:
        sides = [(trains.then, fastest.then), (trains.now, fastest.now)] if two else [(trains.now, fastest.now)]
        counts = [
            writer.number(float(np.nan_to_num(m[a, b]) + np.nan_to_num(m[b, a]))) for m, _ in sides if m is not None
        ]
        times = [writer.time(float(min(m[a, b], m[b, a]))) for _, m in sides if m is not None]
        rows.append((f"{names[a]} – {names[b]}", *counts, *times))
    writer.table(
        head,
        rows,
        writer.say(
            "Pairs with most direct trains a day, both directions added up, and the fastest ride between principal "
            "stations.",
            "每日直达列车最多的城市对（两方向合计）及主要车站间最快乘车时间。",
        ),
        source=writer.own(*(findings.result("direct_trains", year) for year in years)),
        right=range(1, len(head)),
    )
