"""Isochrones: the land that is reached from a place within a time, for any percentile of a departure window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from megaregion.errors import InputError, LimitError
from megaregion.mobility.contour import STEEP, Grid, area_km2, contours
from megaregion.mobility.ground import WALK_SPEED_M_S, StraightLine
from megaregion.mobility.places import Places
from megaregion.mobility.travel_time import DEFAULT_MAX_WALK_TIME_S, MatrixOptions, travel_time_matrix
from megaregion.notices import Notices
from megaregion.region.geometry_file import write_geometry_file
from megaregion.region.points import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from megaregion.mobility.ground import Ground
    from megaregion.mobility.timetable import Timetable

    F64 = NDArray[np.float64]

MAX_TIMES = 40_000_000
"""Travel times from origins to cells that one call computes: about 1 GB with all that a matrix holds."""

_KEY = ["origin_id", "percentile", "cutoff_s"]

_FINE_DEG = 1e-5
"""Where outlines are cut at a shore, corners closer than about 1 m are one."""

DRIVE_M_S = 40.0
"""No drive is faster in a straight line, 144 km/h; it only bounds where one looks."""

SPARE_S = 3_600
"""Times are computed at least this far beyond the longest cut-off, so that outlines can be drawn between nodes."""

_MARGIN = 3
"""Nodes computed beyond the farthest that may be reached: outlines look at neighbours of neighbours."""


@dataclass(frozen=True, slots=True)
class Isochrones:
    """
    Outlines of what is reached.

    Attributes
    ----------
    table
        GeoDataFrame, EPSG:4326, one row an origin, percentile and cut-off: origin_id, percentile, cutoff_s, area_km2
        (on the ellipsoid), geometry (MultiPolygon, empty where nothing is reached).
    cell_m
        Distance of the nodes at which travel times were computed, m.
    provenance
        What the outlines rest on.
    notices
        What was found: outlines cut off, cells too coarse, places without a stop.
    """

    table: gpd.GeoDataFrame = field(repr=False)
    cell_m: float
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(default_factory=Notices, repr=False)

    def union(self, other: Isochrones) -> Isochrones:
        """Find what is reached in this or the other result, row by row; both of the same origins and cut-offs."""
        return self._with(other, "union", shapely.union)

    def intersection(self, other: Isochrones) -> Isochrones:
        """Find what is reached in both results."""
        return self._with(other, "intersection", shapely.intersection)

    def difference(self, other: Isochrones) -> Isochrones:
        """Find what is reached in this result and not in the other: land gained or lost, then and now."""
        return self._with(other, "difference", shapely.difference)

    def from_any(self) -> Isochrones:
        """Find what is reached from one origin or more; the origin of the result is "any"."""
        return self._over_origins("any", shapely.union_all)

    def from_all(self) -> Isochrones:
        """Find what is reached from every origin; the origin of the result is "all"."""
        return self._over_origins("all", shapely.intersection_all)

    def changes(self, before: Isochrones) -> pd.DataFrame:
        """
        Compare with an earlier result, or with that of a base.

        Returns
        -------
        DataFrame
            origin_id, percentile, cutoff_s, before_km2, after_km2, gained_km2, lost_km2.
        """
        gained, lost = self.difference(before), before.difference(self)
        return pd.DataFrame(self.table[_KEY]).assign(
            before_km2=before.table["area_km2"].to_numpy(),
            after_km2=self.table["area_km2"].to_numpy(),
            gained_km2=gained.table["area_km2"].to_numpy(),
            lost_km2=lost.table["area_km2"].to_numpy(),
        )

    def on_land(self, land: shapely.Geometry) -> Isochrones:
        """Keep what lies on land, WGS84; areas are those of what is kept."""
        shapes = shapely.intersection(self.table.geometry.array, land, grid_size=_FINE_DEG)
        return replace(self, table=_table(self.table[_KEY].to_dict("list"), list(shapes)))

    def about(self, **what: Any) -> Isochrones:
        """Add to the provenance."""
        return replace(self, provenance={**self.provenance, **what})

    def to_file(self, path: str | Path) -> None:
        """Write the table as GeoPackage, GeoJSON or GeoParquet, by suffix; raises `InputError` for others."""
        write_geometry_file(self.table, path)

    def _with(self, other: Isochrones, what: str, operation: Callable[..., Any]) -> Isochrones:
        mine, others = (pd.MultiIndex.from_frame(each.table[_KEY]) for each in (self, other))
        if not mine.equals(others):
            odd: list[Any] = list(mine.symmetric_difference(others))
            differs = "for example {} at p{:g} within {:g} s".format(*odd[0]) if odd else "their order"
            msg = (
                f"{what} of isochrones: rows differ in origin, percentile or cut-off, {differs}. Compute both for the "
                "same origins, percentiles and cut-offs."
            )
            raise InputError(msg)
        shapes = operation(self.table.geometry.array, other.table.geometry.array)
        table = _table(self.table[_KEY].to_dict("list"), list(shapes))
        about = {"operation": what, "first": dict(self.provenance), "second": dict(other.provenance)}
        return replace(self, table=table, provenance=about, notices=Notices([*self.notices, *other.notices]))

    def _over_origins(self, name: str, operation: Callable[[Any], Any]) -> Isochrones:
        groups = self.table.groupby(_KEY[1:], sort=True)
        keys = [key for key, _ in groups]
        shapes = [operation(part.geometry.array) for _, part in groups]
        columns = {
            "origin_id": [name] * len(keys),
            "percentile": [key[0] for key in keys],
            "cutoff_s": [key[1] for key in keys],
        }
        about = {**self.provenance, "from": f"{name} of the origins"}
        return replace(self, table=_table(columns, shapes), provenance=about)


def isochrones(
    timetable: Timetable,
    origins: Places | Points | Iterable[str],
    *,
    cutoffs_s: Sequence[float] = (1800, 3600, 5400),
    cell_m: float = 500.0,
    extent: tuple[float, float, float, float] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[MatrixOptions],
) -> Isochrones:
    """
    Outline the land that is reached from each origin within each cut-off.

    Travel times are computed from the origin to the nodes of a square grid, which has the (first) origin as a node, and
    outlined by `contours`. A node counts as reached over the ground from stops, or from an origin that is a point.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origins
        Places, points, or ids of stops.
    cutoffs_s
        Travel times, s, above 0.
    cell_m
        Distance of the nodes, m. What is smaller than a cell is lost; a third of the way that one goes on the ground
        is fine enough.
    extent
        West, south, east and north, degrees, to stay within; by default as far as anyone can get.
    workers, progress
        As for `travel_time_matrix`.
    **options
        `streets`, `max_walk_time_s`, `window`, `percentiles` (50 by default), `max_rides`, `draws`, `seed`: see
        `MatrixOptions`. Streets, or straight lines, are what leads from stops to cells.

    Returns
    -------
    Isochrones

    Raises
    ------
    InputError
        If a cut-off, the cells, the extent or an option cannot be used, or there is no origin.
    LimitError
        If that takes too many cells.
    """
    if isinstance(origins, str):
        msg = f"origins is the text {origins!r}; expected places, points or a list of stop ids, as in [{origins!r}]."
        raise InputError(msg)
    cutoffs = _cutoffs(cutoffs_s)
    leaving = origins if isinstance(origins, Places | Points) else Places.stations(timetable, origins)
    if not len(leaving):
        msg = "origins are empty; give one place, point or stop id or more."
        raise InputError(msg)
    options = {"percentiles": (50,), **options}
    pace_s_m = _pace_s_m(options.get("streets") or StraightLine())
    spare_s = max(SPARE_S, int(np.ceil(_MARGIN * STEEP * pace_s_m * cell_m)))
    options["max_travel_time_s"] = min(int(np.ceil(cutoffs[-1])) + spare_s, timetable.max_travel_time_s)
    search = _Search(timetable, leaving, cutoffs[-1], float(cell_m), options)
    grid, wanted = search.cells(extent)
    nodes = np.flatnonzero(wanted)
    if len(nodes) * len(leaving) > MAX_TIMES:
        msg = (
            f"{len(leaving)} origins and {len(nodes):,} cells of {cell_m:g} m make {len(leaving) * len(nodes):,} "
            f"travel times; expected up to {MAX_TIMES:,}. Ask for fewer origins at a time, larger cells or an extent."
        )
        raise LimitError(msg)
    lon, lat = grid.to_degrees(grid.x_m[nodes % grid.n_x], grid.y_m[nodes // grid.n_x])
    cells = Points(tuple(f"cell {node}" for node in nodes), lon, lat)
    times = travel_time_matrix(timetable, leaving, cells, workers=workers, progress=progress, **options)
    names = frozenset(cells.ids)
    # that cells lie off the streets or far from stops is what outlines show
    notices = Notices([notice for notice in times.notices if notice.value not in names])
    columns: dict[str, list[Any]] = {"origin_id": [], "percentile": [], "cutoff_s": []}
    shapes: list[shapely.Geometry] = []
    for row, origin in enumerate(times.origin_ids):
        for percentile, values in zip(times.percentiles, times.travel_time_s, strict=True):
            surface = np.full(grid.shape, np.inf)
            surface.ravel()[nodes] = values[row]
            shapes += contours(surface, grid, cutoffs, pace_s_m=pace_s_m)
            columns["origin_id"] += [origin] * len(cutoffs)
            columns["percentile"] += [percentile] * len(cutoffs)
            columns["cutoff_s"] += cutoffs
            _judge(surface <= cutoffs[-1], origin, grid, notices, cut=extent is not None)
    about = {
        **times.provenance,
        "cutoffs_s": cutoffs,
        "cell_m": float(cell_m),
        "cells": len(nodes),
        "grid_lon": grid.lon,
        "grid_lat": grid.lat,
        "extent": extent,
    }
    return Isochrones(_table(columns, shapes), float(cell_m), about, notices)


@dataclass(frozen=True, slots=True)
class _Search:
    """Where to look: the nodes near enough to stops that are reached in time."""

    timetable: Timetable
    origins: Places | Points
    cutoff_s: float
    cell_m: float
    options: MatrixOptions

    def cells(self, extent: tuple[float, float, float, float] | None) -> tuple[Grid, NDArray[np.bool_]]:
        """Give a grid and (n_y, n_x) which of its nodes may be reached, or lie beside such."""
        lon, lat, left_s = self._reached()
        ground = self.options.get("streets") or StraightLine()
        # those that are just too far away are needed as well, to draw between
        radius = _way_m(ground, left_s) + _MARGIN * self.cell_m
        around = Grid.covering(*self._anchor(), self.cell_m, (0.0, 0.0, 0.0, 0.0))
        x, y = around.to_plane(lon, lat)
        if extent is None:
            bounds = (
                min(0.0, float((x - radius).min(initial=0.0))),
                min(0.0, float((y - radius).min(initial=0.0))),
                max(0.0, float((x + radius).max(initial=0.0))),
                max(0.0, float((y + radius).max(initial=0.0))),
            )
        else:
            bounds = _bounds_m(around, extent)
        grid = Grid.covering(around.lon, around.lat, self.cell_m, bounds)
        return grid, grid.discs(x, y, radius)

    def _reached(self) -> tuple[F64, F64, F64]:
        """Give stops, and origins that are points, with the time that is left to go on from there."""
        max_walk_s = float(self.options.get("max_walk_time_s", DEFAULT_MAX_WALK_TIME_S))
        times = travel_time_matrix(self.timetable, self.origins, None, **self.options)
        best = times.fastest_s.min(axis=0, initial=np.inf).astype(np.float64)
        stops = self.timetable.stop_table
        lon, lat = (
            stops["lon"].to_numpy(np.float64, na_value=np.nan),
            stops["lat"].to_numpy(np.float64, na_value=np.nan),
        )
        if isinstance(self.origins, Points):
            lon, lat = np.concatenate([lon, self.origins.lon]), np.concatenate([lat, self.origins.lat])
            best = np.concatenate([best, np.zeros(len(self.origins))])
        near = (best <= self.cutoff_s) & np.isfinite(lon) & np.isfinite(lat)
        return lon[near], lat[near], np.minimum(self.cutoff_s - best[near], max_walk_s)

    def _anchor(self) -> tuple[float, float]:
        """Where the first origin lies, so that results of two timetables share their nodes."""
        if isinstance(self.origins, Points):
            return float(self.origins.lon[0]), float(self.origins.lat[0])
        stop, access = self.origins.of(0)
        where = self.timetable.stop_table[["lon", "lat"]].iloc[stop[np.argsort(access, kind="stable")]].dropna()
        if where.empty:
            msg = f"place {self.origins.ids[0]!r} has no stop with a position; give a point instead."
            raise InputError(msg)
        return float(where["lon"].iloc[0]), float(where["lat"].iloc[0])


def _way_m(ground: Ground, time_s: F64) -> F64:
    """Bound how far one gets over the ground in some time, m in a straight line."""
    if isinstance(ground, StraightLine):
        return np.maximum(time_s - ground.fixed_s, 0.0) * ground.speed_m_s / ground.detour
    if getattr(ground, "mode", "") == "walk":
        # downhill one walks a fifth faster than on the flat (Tobler); twice is beyond doubt
        return time_s * 2 * float(getattr(ground, "off_street_m_s", DRIVE_M_S / 2))
    return time_s * DRIVE_M_S


def _pace_s_m(ground: Ground) -> float:
    """Give the usual time for each metre in a straight line; by car or on streets with a usual detour."""
    if isinstance(ground, StraightLine):
        return ground.detour / ground.speed_m_s
    walked = float(getattr(ground, "off_street_m_s", WALK_SPEED_M_S))
    return StraightLine().detour / (walked if getattr(ground, "mode", "") == "walk" else DRIVE_M_S / 4)


def _bounds_m(grid: Grid, extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = extent
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        msg = f"extent is {extent}; expected west, south, east, north in degrees, as in (120.8, 30.7, 122.0, 31.9)."
        raise InputError(msg)
    # the sides of the rectangle bend on the plane
    side = np.linspace(0.0, 1.0, 65)
    lon = np.concatenate([west + side * (east - west)] * 2 + [np.full(65, west), np.full(65, east)])
    lat = np.concatenate([np.full(65, south), np.full(65, north)] + [south + side * (north - south)] * 2)
    x, y = grid.to_plane(lon, lat)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _judge(reached: NDArray[np.bool_], origin: str, grid: Grid, notices: Notices, *, cut: bool) -> None:
    """Note an outline that the extent cuts off, and cells so large that places fall between them."""
    border = reached[0].any() or reached[-1].any() or reached[:, 0].any() or reached[:, -1].any()
    if cut and border:
        notices.add("isochrone_cut_off", f"isochrone of {origin}: more is reached beyond the extent.", value=origin)
    padded = np.pad(reached, 1)
    beside = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    alone = int((reached & ~beside).sum())
    if alone > LONE_SHARE * reached.sum():
        message = (
            f"isochrone of {origin}: {alone} of {int(reached.sum())} cells that are reached stand alone; cells of "
            f"{grid.cell_m:g} m are too coarse."
        )
        notices.add("isochrone_coarse", message, value=f"{grid.cell_m:g}")


LONE_SHARE = 0.1
"""Where more of the reached cells than this have no reached cell beside them, the grid misses what it should show."""


def _table(columns: Mapping[str, Sequence[Any]], shapes: Sequence[shapely.Geometry]) -> gpd.GeoDataFrame:
    whole = [_multi(shape) for shape in shapes]
    frame = pd.DataFrame(columns).astype({"origin_id": "str", "percentile": "float64", "cutoff_s": "float64"})
    return gpd.GeoDataFrame(
        frame.assign(area_km2=[area_km2(shape) for shape in whole]), geometry=whole, crs="EPSG:4326"
    )


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep the polygons of what a set operation gives; shared edges come as lines."""
    parts = [part for each in shapely.get_parts(shape) for part in shapely.get_parts(each)]
    kept: shapely.MultiPolygon = shapely.orient_polygons(
        shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
    )
    return kept


def _cutoffs(cutoffs_s: Sequence[float]) -> list[float]:
    cutoffs = sorted({float(cutoff) for cutoff in cutoffs_s})
    if not cutoffs or not all(0 < cutoff < np.inf for cutoff in cutoffs):
        msg = f"cutoffs_s are {list(cutoffs_s)!r}; expected one or more numbers of seconds above 0, such as 1800, 3600."
        raise InputError(msg)
    return cutoffs
