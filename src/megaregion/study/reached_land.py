"""Land that is reached from a place: the one definition of page, server, report and command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from megaregion.mobility.isochrone import Isochrones
    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region
    from megaregion.region.points import Points
    from megaregion.study.spread import Spread

    F64 = NDArray[np.float64]

WINDOW = ("06:00", "22:00")
"""Departures that count where nothing else is asked, of measures and of travel times as well."""

PERCENTILE = 50.0
"""Of the departure seconds of the window, where nothing else is asked."""

PAGE_TOLERANCE = 0.04
"""Share by which an area that the page works out itself may differ from that of the engine.

Nodes 1 km apart and whole minutes leave up to 3 %, and 2 % at 60 min. Of land gained or lost it is a share of the
larger of the two areas.
"""

LEFT_OUT = "left out"
"""What provenance says of water where the region has a base map."""

DEFINITION = (
    (
        "Land, on the ellipsoid, whose travel time from the start is within the cut-off. The start is a point: a city "
        "stands for its centre, a station for its position. Travel time is from door to door: over the ground to a "
        "stop, waiting, rides and changes, and over the ground from a stop; or over the ground alone. Of every place "
        "the percentile over all departure seconds of the window counts. Sea and lakes of the base map are no land."
    ),
    (
        "从出发点出发、旅行时间不超过时限的陆地面积（按椭球面计）。出发点为一个点：城市取其中心，车站取其位置。旅行时间为门到门："
        "经地面到车站、候车、乘车与换乘、出站后再经地面；或全程经地面。每个地点取时段内所有出发秒的相应分位数。"
        "底图中的海域与湖泊不计入陆地。"
    ),
)
"""What an area means, in English and Chinese."""


def land_within(base_map: pd.DataFrame) -> shapely.Geometry | None:
    """Give the land of table `base_map` without its lakes, WGS84; None where it has no land."""
    import shapely  # noqa: PLC0415 - help names the window without geometry

    from megaregion.region.nearest_centre import land_of  # noqa: PLC0415

    land = land_of(base_map)
    if land.is_empty:
        return None
    water = base_map.loc[base_map["layer"] == "water", "geometry"]
    return shapely.difference(land, shapely.union_all(shapely.from_wkb(water.to_numpy(dtype=object))))


def check_inside(region: Region, timetable: Timetable, points: Points) -> None:
    """
    Refuse points from which nothing of the region can be reached.

    Parameters
    ----------
    region, timetable
        Their cities and stops say where the region lies.
    points
        Starts of journeys, WGS84.

    Raises
    ------
    InputError
        If one lies farther than `OUTSIDE_KM` from every stop and every city.
    """
    import numpy as np  # noqa: PLC0415 - as above
    from scipy.spatial import KDTree  # noqa: PLC0415

    from megaregion.errors import InputError  # noqa: PLC0415
    from megaregion.mobility.places import OUTSIDE_KM  # noqa: PLC0415
    from megaregion.region.sphere import arc_m, unit_vectors_m  # noqa: PLC0415

    tables = (timetable.stop_table, region.table("cities"))
    places = np.concatenate([table[["lon", "lat"]].to_numpy(np.float64, na_value=np.nan) for table in tables])
    lon, lat = places[np.isfinite(places).all(axis=1)].T
    if not len(lon):
        return
    tree = KDTree(unit_vectors_m(lon, lat))

    def away_km(east: F64, north: F64) -> F64:
        found: F64 = arc_m(tree.query(unit_vectors_m(east, north))[0]) / 1000
        return found

    straight, exchanged = away_km(points.lon, points.lat), away_km(points.lat, points.lon)
    if not (straight > OUTSIDE_KM).any():
        return
    at = int(straight.argmax())
    here = f"{points.lon[at]:g},{points.lat[at]:g}"
    turned = f"{points.lat[at]:g},{points.lon[at]:g}"
    hint = f" With the two exchanged it lies inside: {turned}." if exchanged[at] <= OUTSIDE_KM else ""
    msg = (
        f"point {here} lies {straight[at]:,.0f} km from the nearest stop or city of {region.name!r}; expected LON,LAT "
        f"within {OUTSIDE_KM:g} km of one. They lie from {lon.min():.1f},{lat.min():.1f} to {lon.max():.1f},"
        f"{lat.max():.1f}.{hint}"
    )
    raise InputError(msg)


def reached_land(
    region: Region,
    timetable: Timetable,
    start: Points,
    spread: Spread,
    *,
    cutoffs_s: Sequence[float],
    window: tuple[str, str] = WINDOW,
    percentiles: Sequence[float] = (PERCENTILE,),
    cell_m: float | None = None,
    **options: Any,
) -> Isochrones:
    """
    Outline the land that is reached from a point: what `DEFINITION` says.

    Parameters
    ----------
    region
        Where the start must lie; its base map says what is land. Without one nothing is cut out.
    timetable
        Of a service day, with the region's edits if any.
    start
        Where journeys begin: one point or more.
    spread
        Over what one goes to and from stops.
    cutoffs_s
        Travel times, s.
    window, percentiles
        Departures that count, and the percentiles over them.
    cell_m
        Distance of nodes, m; that of the spread if None.
    **options
        Others of `mobility.isochrones`: `extent`, `max_rides`, `workers`, `progress`.

    Returns
    -------
    Isochrones
        Outlines and areas of land alone; `provenance` says what was cut out (`water`) and the definition.

    Raises
    ------
    InputError
        If the start lies outside the region, or an option cannot be used.
    """
    from megaregion.mobility import isochrones  # noqa: PLC0415 - as above

    check_inside(region, timetable, start)
    found = isochrones(
        timetable,
        start,
        cutoffs_s=cutoffs_s,
        window=window,
        percentiles=tuple(percentiles),
        streets=spread.ground,
        max_walk_time_s=spread.max_time_s,
        cell_m=cell_m or spread.cell_m,
        **options,
    )
    land = land_within(region.table("base_map"))
    cut = found if land is None else found.on_land(land)
    return cut.about(
        definition=DEFINITION[0],
        definition_zh=DEFINITION[1],
        ground_zh=spread.ground.rule_zh,
        water="counts as land: the region has no base map" if land is None else LEFT_OUT,
        start=[[float(lon), float(lat)] for lon, lat in zip(start.lon, start.lat, strict=True)],
    )
