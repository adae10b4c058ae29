"""The command travel-times: between cities, stations, or any points from door to door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import (
    IdField,
    Json,
    Lang,
    Layer,
    MaxWalk,
    PointEncoding,
    Quiet,
    Region,
    Streets,
    WalkSpeed,
    Workers,
    app,
    output,
    split_window,
)
from megaregion.cli.points import read_points_of
from megaregion.cli.sides import year_of
from megaregion.cli.travel import (
    Date,
    MaxRides,
    Percentiles,
    Scenario,
    Window,
    Year,
    choose_year,
    numbers,
    open_with_scenario,
)
from megaregion.study.walking import MAX_WALK_MIN, WALK_SPEED_KMH, walking

if TYPE_CHECKING:
    from megaregion.cli.output import Output
    from megaregion.mobility.timetable import Timetable
    from megaregion.mobility.travel_time import MatrixPlan
    from megaregion.region.model import Region as RegionData

MaxTime = Annotated[
    float | None,
    typer.Option("--max-time", min=1, max=2880, help="What takes longer is unreachable, min; 48 h by default."),
]

HEADWAYS = ("typical", "half_headway")
BETWEEN = ("cities", "cities-without-access", "stations")

MAX_PRINTED = 5_000_000
"""Pairs that are held in memory and printed; about 2 GB of text and tables. A file takes any number."""


@app.command("travel-times")
def travel_times(
    between: Annotated[
        str, typer.Option("--between", help="cities (by default), cities-without-access, or stations.")
    ] = "",
    origins: Annotated[str, typer.Option("--from", metavar="FILE", help="Points instead: id, lon, lat.")] = "",
    destinations: Annotated[str, typer.Option("--to", metavar="FILE", help="Points; those of --from by default.")] = "",
    crs: Annotated[
        str, typer.Option("--crs", help="Coordinate system of the points, if their file does not say.")
    ] = "",
    id_field: IdField = "",
    encoding: PointEncoding = "utf-8",
    layer: Layer = "",
    region: Region = "",
    year: Year = None,
    date: Date = None,
    window: Window = "06:00-22:00",
    percentiles: Percentiles = "5,50,95",
    max_rides: MaxRides = None,
    max_walk: MaxWalk = MAX_WALK_MIN,
    max_time: MaxTime = None,
    walk_speed: WalkSpeed = WALK_SPEED_KMH,
    streets: Streets = True,
    headways: Annotated[
        str, typer.Option("--headways", help="Wait for lines that only have a headway: typical or half_headway.")
    ] = "typical",
    draws: Annotated[
        int, typer.Option("--draws", min=0, max=1000, help="Draw lines that only have a headway so often.")
    ] = 0,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the draws; 0 by default.")] = None,
    scenario: Scenario = "",
    change_time_min: Annotated[
        float | None, typer.Option("--change-time", min=0, max=120, help="Change time, min; as in the data.")
    ] = None,
    wheelchair: Annotated[bool, typer.Option("--wheelchair", help="Only what wheelchairs can use.")] = False,
    bicycle: Annotated[bool, typer.Option("--bicycle", help="Only trips that take bicycles.")] = False,
    file: Annotated[str, typer.Option("-o", "--output", help="Write to FILE: .parquet, .csv or .omx.")] = "",
    columns: Annotated[str, typer.Option("--columns", help="si (seconds), r5r or r5py (whole minutes).")] = "si",
    block: Annotated[int | None, typer.Option("--block", min=1, help="Origins of a block.")] = None,
    backend: Annotated[str, typer.Option("--backend", help="threads, processes, dask, or a scheduler.")] = "threads",
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Travel times between all pairs of cities, stations or points over a departure window, exactly."""
    from pathlib import Path

    from megaregion.mobility.travel_time import plan_matrix
    from megaregion.publish.od_files import check_od_file, write_travel_times
    from megaregion.region.output_place import check_output_place
    from megaregion.study.blocks import Blocks
    from megaregion.study.od_matrix import check_columns, od_table

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    limit = round(max_time) if max_time is not None and columns != "si" else None
    check_columns(columns, limit)
    if file:
        check_od_file(Path(file), columns)
        check_output_place(file, (origins, destinations, scenario))
    _check_choices(between, headways, (origins, destinations), seed, draws)
    year = year_of(scenario, year)
    opened = open_with_scenario(region, scenario, out)
    walks = walking(opened, speed_kmh=walk_speed, max_min=max_walk, on_streets=streets, change_time_min=change_time_min)
    timetable = walks.timetable(
        opened,
        year=choose_year(opened, year, date),
        date=date,
        wheelchair=wheelchair,
        bicycle=bicycle,
        frequencies=headways,
    )
    form = {"crs": crs, "id_field": id_field, "encoding": encoding, "layer": layer}
    start, goal = _ends(opened, timetable, between or "cities", (origins, destinations), form, out)
    plan = plan_matrix(
        timetable,
        start,
        goal,
        streets=walks.ground,
        max_walk_time_s=walks.max_time_s,
        max_travel_time_s=None if max_time is None else round(max_time * 60),
        window=split_window(window),
        percentiles=numbers(percentiles),
        max_rides=max_rides,
        draws=draws,
        seed=seed or 0,
    )
    out.notices(plan.notices)
    if file:
        about = {"command": "travel-times", "region": opened.name, "scenario": scenario}
        with out.progress(out.words("travel times", "旅行时间")) as progress:
            blocks = Blocks(size=block, workers=workers, backend=backend, progress=progress)
            run = write_travel_times(
                plan,
                Path(file),
                columns=columns,  # type: ignore[arg-type]
                max_trip_min=limit,
                blocks=blocks,
                about=about,
            )
        out.notices(run.notices)
        out.say(out.words(f"results: {run.path}", f"结果：{run.path}"))
        return
    _check_size(plan)
    with out.progress(out.words("travel times", "旅行时间")) as progress:
        result = plan.all(workers, progress)
    table = od_table(result, columns, max_trip_min=limit).to_pandas()  # type: ignore[arg-type]
    if out.json:
        out.data({"provenance": result.provenance, "rows": table.to_dict("records")})
        return
    out.text(table.to_csv(index=False))


def _ends(
    region: RegionData, timetable: Timetable, between: str, files: tuple[str, str], form: dict[str, str], out: Output
) -> tuple[Any, Any]:
    """Origins and destinations as the options name them."""
    from megaregion.mobility import Places
    from megaregion.study.ends import check_not_swapped

    if any(files):
        readings = [read_points_of(file, form, out) for file in dict.fromkeys(filter(None, files))]
        for reading in readings:
            check_not_swapped(reading.points, timetable)
        return readings[0].points, readings[-1].points
    if between == "stations":
        return None, None
    places = Places.cities(timetable, region.table("cities"), centre=between == "cities")
    return places, places


def _check_choices(between: str, headways: str, files: tuple[str, str], seed: int | None, draws: int) -> None:
    """Refuse options that do not go together, before anything is read."""
    from megaregion.errors import InputError

    if headways not in HEADWAYS:
        msg = f"--headways is {headways!r}; expected {' or '.join(HEADWAYS)}."
        raise InputError(msg)
    if between and between not in BETWEEN:
        msg = f"--between is {between!r}; expected {', '.join(BETWEEN[:-1])} or {BETWEEN[-1]}."
        raise InputError(msg)
    if between and any(files):
        msg = f"--between {between} goes with places of the region, --from and --to with points of files; give one."
        raise InputError(msg)
    if files[1] and not files[0]:
        msg = "--to is given without --from; give the points that journeys begin at as well."
        raise InputError(msg)
    if seed is not None and not draws:
        msg = f"--seed is {seed}, but nothing is drawn; give --draws as well, as in --draws 100 --seed {seed}."
        raise InputError(msg)


def _check_size(plan: MatrixPlan) -> None:
    """Refuse to print more than fits into memory."""
    from megaregion.errors import LimitError

    n_origins, n_destinations = plan.n_origins, plan.n_destinations
    if n_origins * n_destinations > MAX_PRINTED:
        msg = (
            f"{n_origins:,} origins and {n_destinations:,} destinations make {n_origins * n_destinations:,} rows; "
            f"up to {MAX_PRINTED:,} are printed. Use -o FILE (.parquet), written block by block, or fewer places."
        )
        raise LimitError(msg)
