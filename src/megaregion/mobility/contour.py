"""A square grid on an equal-area plane, and the outlines of what is reached on it within a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from contourpy import contour_generator
from pyproj import Geod, Transformer

from megaregion.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

MAX_NODES = 4_000_000
"""Nodes of a grid: 32 MB for each array over it."""

SLIVER_M2 = 1.0
"""What is smaller is rounding, not land."""

STEEP = 3.0
"""No way over the ground takes longer than this many times the usual: streets wind, but where they take longer than
this, a river or the longest walk lies between two nodes."""

_NEIGHBOURS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


@dataclass(frozen=True)
class Grid:
    """
    Nodes of a square grid on the Lambert azimuthal equal-area plane around a point, which is itself a node.

    Attributes
    ----------
    lon, lat
        The point, degrees, WGS84.
    cell_m
        Distance of two nodes on the plane, m.
    first_x, first_y
        Steps from the point to the first column and row; negative = west and south of it.
    n_x, n_y
        Columns and rows.
    """

    lon: float
    lat: float
    cell_m: float
    first_x: int
    first_y: int
    n_x: int
    n_y: int

    @classmethod
    def covering(cls, lon: float, lat: float, cell_m: float, bounds_m: tuple[float, float, float, float]) -> Grid:
        """
        Cover a rectangle of the plane around a point.

        Parameters
        ----------
        lon, lat
            The point, degrees.
        cell_m
            Distance of two nodes, m.
        bounds_m
            West, south, east, north on the plane, m from the point.

        Raises
        ------
        InputError
            If the cell has no size.
        LimitError
            If that takes more than `MAX_NODES` nodes.
        """
        if not 0 < cell_m < np.inf:
            msg = f"cell_m is {cell_m!r}; expected metres above 0."
            raise InputError(msg)
        west, south, east, north = bounds_m
        first_x, first_y = int(np.floor(west / cell_m)), int(np.floor(south / cell_m))
        n_x, n_y = int(np.ceil(east / cell_m)) - first_x + 1, int(np.ceil(north / cell_m)) - first_y + 1
        if n_x * n_y > MAX_NODES:
            msg = (
                f"a grid of {cell_m:g} m over {(east - west) / 1000:,.0f} x {(north - south) / 1000:,.0f} km has "
                f"{n_x * n_y:,} nodes; expected up to {MAX_NODES:,}. Choose larger cells, shorter times or an extent."
            )
            raise LimitError(msg)
        return cls(lon, lat, cell_m, first_x, first_y, n_x, n_y)

    @cached_property
    def _to_plane(self) -> Transformer:
        plane = f"+proj=laea +lon_0={self.lon!r} +lat_0={self.lat!r} +datum=WGS84 +units=m"
        return Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n_y, self.n_x

    @property
    def x_m(self) -> F64:
        """(n_x,) m east of the point."""
        return np.asarray((self.first_x + np.arange(self.n_x)) * self.cell_m, dtype=np.float64)

    @property
    def y_m(self) -> F64:
        """(n_y,) m north of the point, ascending."""
        return np.asarray((self.first_y + np.arange(self.n_y)) * self.cell_m, dtype=np.float64)

    def to_plane(self, lon: ArrayLike, lat: ArrayLike) -> tuple[F64, F64]:
        """Put points on the plane: m east and north; infinite for what lies beyond it."""
        x, y = self._to_plane.transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def to_degrees(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[F64, F64]:
        """Give longitudes and latitudes of points of the plane."""
        inverse: Any = "INVERSE"
        lon, lat = self._to_plane.transform(
            np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64), direction=inverse
        )
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    def discs(self, x_m: F64, y_m: F64, radius_m: F64) -> NDArray[np.bool_]:
        """(n_y, n_x) whether a node lies within the radius of one or more of some points of the plane."""
        inside = np.zeros(self.shape, bool)
        at_x, at_y = self.x_m, self.y_m
        for x, y, radius in zip(x_m, y_m, radius_m, strict=True):
            columns = slice(*np.searchsorted(at_x, [x - radius, x + radius]))
            rows = slice(*np.searchsorted(at_y, [y - radius, y + radius]))
            near = (at_x[columns] - x) ** 2 + ((at_y[rows] - y) ** 2)[:, np.newaxis] <= radius**2
            inside[rows, columns] |= near
        return inside


def contours(
    time_s: NDArray[np.floating], grid: Grid, cutoffs_s: Sequence[float], *, pace_s_m: float | None = None
) -> list[shapely.MultiPolygon]:
    """
    Outline what is reached within each cut-off, each as if it alone had been asked for.

    Travel time is linear on triangles between nodes, so a shorter cut-off lies within a longer one. Where the way ends
    between two nodes, the outline runs half-way at most, and nearer where time runs out before at the pace of the
    ground. The way ends before a node that is unreached, or takes longer than from its neighbours at `STEEP` times
    that pace: it is reached by other means, such as a later train to another station.

    Parameters
    ----------
    time_s
        (n_y, n_x) travel time at each node, s, inf = unreachable.
    grid
        Where the nodes lie.
    cutoffs_s
        Travel times, s.
    pace_s_m
        How long the way takes over the ground, s for each m in a straight line; by default the median of the surface.

    Returns
    -------
    One multipolygon a cut-off, EPSG:4326, shells anticlockwise; empty where no node is reached.

    Raises
    ------
    InputError
        If the times do not fit the grid.
    """
    if time_s.shape != grid.shape:
        msg = f"travel times have shape {time_s.shape}; expected that of the grid, {grid.shape}."
        raise InputError(msg)
    surface = time_s.astype(np.float64)
    if not np.isfinite(surface).any() or min(grid.shape) < 2:
        return [shapely.MultiPolygon() for _ in cutoffs_s]
    step_s = grid.cell_m * pace_s_m if pace_s_m is not None else _median_step(surface)
    extended = _extended(surface, step_s)
    ends = ~np.isfinite(surface) | (surface > _extended(surface, STEEP * step_s))
    outlines = []
    for cutoff in cutoffs_s:
        beyond = ends & (surface > cutoff)
        # one that is not reached stays above the cut-off, however near the way that ends before it may come
        level = np.where(beyond, np.fmax(extended, cutoff + 1.0), surface)
        outline = _filled(np.where(np.isfinite(level), level, cutoff + 1.0), grid, float(cutoff))
        if beyond.any() and not outline.is_empty:
            within = _filled(np.where(beyond, 1.0, 0.0), grid, 0.5)
            outline = _polygons(shapely.intersection(outline, within))
        outlines.append(_on_globe(outline, grid))
    return outlines


def area_km2(outline: shapely.Geometry) -> float:
    """
    Measure an outline on the WGS84 ellipsoid, km2; edges are geodesics.

    Examples
    --------
    >>> round(area_km2(shapely.box(121.0, 31.0, 121.1, 31.1)), 2)
    105.83
    """
    square_m, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(outline))
    return float(abs(square_m)) / 1e6


def _median_step(time_s: F64) -> float:
    """Find the median change of the time from node to node, s; 0 where it does not change."""
    with np.errstate(invalid="ignore"):  # between two unreached nodes: inf - inf
        steps = np.hypot(np.diff(time_s, axis=1)[:-1], np.diff(time_s, axis=0)[:, :-1])
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return float(np.median(steps)) if steps.size else 0.0


def _extended(time_s: F64, step_s: float) -> F64:
    """Give each node the time at which one comes from the nodes beside it, s; inf where none of them is reached."""
    padded = np.pad(time_s, 1, constant_values=np.inf)
    extended = np.full(time_s.shape, np.inf)
    n_y, n_x = time_s.shape
    for dy, dx in _NEIGHBOURS:
        beside = padded[1 + dy : 1 + dy + n_y, 1 + dx : 1 + dx + n_x]
        np.minimum(extended, beside + step_s * np.hypot(dy, dx), out=extended)
    return extended


def _filled(values: F64, grid: Grid, level: float) -> shapely.MultiPolygon:
    """Outline where values, none below 0, are up to a level, on the plane."""
    # on triangles the outlines of two levels never cross; on whole squares they could
    generator = contour_generator(grid.x_m, grid.y_m, values, name="serial", fill_type="OuterOffset", quad_as_tri=True)
    filled: Any = generator.filled(-1.0, level)
    points, offsets = filled
    shapes = []
    for line, ends in zip(points, offsets, strict=True):
        rings = [line[first:last] for first, last in pairwise(ends)]
        shapes.append(shapely.Polygon(rings[0], rings[1:]))
    return _polygons(shapely.MultiPolygon(shapes))


def _polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep what has an area of a valid shape; outlines touch themselves or collapse where a node has the very level."""
    if not shape.is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > SLIVER_M2])


def _on_globe(shape: shapely.MultiPolygon, grid: Grid) -> shapely.MultiPolygon:
    def to_degrees(xy: F64) -> F64:
        return np.column_stack(grid.to_degrees(xy[:, 0], xy[:, 1]))

    turned: shapely.MultiPolygon = shapely.orient_polygons(shapely.transform(shape, to_degrees))
    return turned
