"""The command journey: the ways to get there that are worth choosing between, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion import clock
from megaregion.cli.options import Json, Lang, MaxWalk, Quiet, Region, Streets, WalkSpeed, app, output
from megaregion.cli.travel import Date, MaxRides, Scenario, Year, choose_year, no_minutes, open_with_scenario
from megaregion.study.walking import MAX_WALK_MIN, WALK_SPEED_KMH, walking

if TYPE_CHECKING:
    from megaregion.cli.output import Output


@app.command()
def journey(
    origin: Annotated[
        str,
        typer.Argument(metavar="FROM", help="City, station (杭州站), stop id, or LON,LAT (-- before one below 0)."),
    ],
    destination: Annotated[str, typer.Argument(metavar="TO", help="City, station, stop id, or LON,LAT.")],
    at: Annotated[str, typer.Option("--at", help="Leave at this time or later.")] = "",
    by: Annotated[str, typer.Option("--by", help="Be there by this time.")] = "",
    region: Region = "",
    year: Year = None,
    date: Date = None,
    access: Annotated[bool, typer.Option("--access/--no-access", help="Count the way to a city's stations.")] = True,
    max_rides: MaxRides = None,
    max_walk: MaxWalk = MAX_WALK_MIN,
    walk_speed: WalkSpeed = WALK_SPEED_KMH,
    streets: Streets = True,
    scenario: Scenario = "",
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Find journeys that a person can read: each faster than all with fewer changes."""
    from megaregion.errors import InputError
    from megaregion.mobility import journeys
    from megaregion.notices import Notices
    from megaregion.study.ends import end_of, point_of

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    opened = open_with_scenario(region, scenario, out)
    if at and by:
        msg = "give one of --at (leave then or later) and --by (be there by then), not both."
        raise InputError(msg)
    walks = walking(opened, speed_kmh=walk_speed, max_min=max_walk, on_streets=streets)
    timetable = walks.timetable(opened, year=choose_year(opened, year, date), date=date)
    start = end_of(opened, timetable, origin, walks, access=access, arriving=False)
    goal = end_of(opened, timetable, destination, walks, access=access, arriving=True)
    out.notices(Notices(dict.fromkeys([*start.notices, *goal.notices])))
    if not len(opened.table("cities")) and not (point_of(origin) and point_of(destination)):
        out.say(
            out.words(
                "this region has no cities: names are taken as stations; `import table cities` brings cities.",
                "该区域没有城市表：名称按车站理解；可用 `import table cities` 导入城市。",
            )
        )
    if start.ids == goal.ids:
        out.text(
            out.words(f"{origin} and {destination} are the same place.", f"{origin} 与 {destination} 为同一地点。")
        )
        return
    found = journeys(
        timetable, start, goal, depart=at or (None if by else "08:00"), arrive_by=by or None, max_rides=max_rides
    )
    if out.json:
        about = {"year": timetable.year, "date": timetable.date, "feeds": timetable.feed_ids, "change_rule": start.rule}
        out.data({"journeys": [j.to_dict() for j in found], **about})
        return
    if not found:
        out.text(out.words(f"no journey from {origin} to {destination}.", f"没有从 {origin} 到 {destination} 的行程。"))
        return
    typical = any(leg.typical for j in found for leg in j.legs)
    day = f", {timetable.date}" if date else ""
    out.text(out.words(f"{timetable.year} timetable{day}", f"{timetable.year} 年时刻表{day}"))
    for j in found:
        out.text("")
        out.text(_summary(j, origin, destination, out))
        for leg in j.legs:
            out.text("  " + _leg(leg, j, origin, destination, out))
    if typical:
        out.say(f"~ {no_minutes(out)}")


def _summary(journey: Any, origin: str, destination: str, out: Output) -> str:
    changes = max(journey.rides - 1, 0)
    length = clock.duration(journey.arrival_s - journey.departure_s, out.lang)
    times = f"{clock.show(journey.departure_s)} → {clock.show(journey.arrival_s)}"
    english = f"{origin} → {destination}: {times}, {length}, {changes} change{'' if changes == 1 else 's'}"
    return out.words(english, f"{origin} → {destination}：{times}，{length}，换乘 {changes} 次")


def _leg(leg: Any, journey: Any, origin: str, destination: str, out: Output) -> str:
    start = journey.names.get(leg.from_stop, origin)
    end = journey.names.get(leg.to_stop, destination)
    mark = "~" if leg.typical else " "
    when = f"{mark}{clock.show(leg.departure_s):>7} {mark}{clock.show(leg.arrival_s):>7}"
    length = clock.duration(leg.arrival_s - leg.departure_s, out.lang)
    if leg.kind == "ride":
        name = leg.number or leg.service_class or out.words("train", "列车")
        calls = out.words(f", {len(leg.calls)} calls between", f"，经停 {len(leg.calls)} 站") if leg.calls else ""
        seated = out.words(", stay seated", "，不下车") if leg.stay_seated else ""
        return f"{when}  {start} → {end}  {name}  {length}{calls}{seated}"
    kinds = {
        "access": ("to the station", "前往车站"),
        "egress": ("from the station", "离开车站"),
        "change": ("change", "同站换乘"),
        "walk": ("between stations", "站间换乘"),
        "wait": ("wait", "候车"),
    }
    english, chinese = kinds[leg.kind]
    if not leg.from_stop and not leg.to_stop:
        english, chinese = "on foot", "步行"
    way = start if leg.kind in {"change", "wait"} else f"{start} → {end}"
    return f"{when}  {way}  {out.words(english, chinese)}  {length}"
