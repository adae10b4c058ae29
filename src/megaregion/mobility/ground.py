"""What lies between doors and stops: anything that says how long it takes from one point to another without a ride."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.spatial import KDTree

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region.sphere import arc_m, unit_vectors_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.region.model import Region
    from megaregion.region.points import Points

    I32 = NDArray[np.int32]
    I64 = NDArray[np.int64]


WALK_SPEED_M_S = 1.0
"""Walking speed on the flat, 3.6 km/h: the default of r5r and r5py."""


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Points that are reached from other points within a time.

    Attributes
    ----------
    offset
        (n_origins + 1,) int64.
    destination, time_s
        (n_pairs,) int32: position of the point reached, ascending for each origin, and whole seconds, rounded up.
    """

    offset: I64
    destination: I32
    time_s: I32


class Ground(Protocol):
    """What people walk or drive on. `place` finds the points on it once; `reach` may then be asked again and again."""

    @property
    def rule(self) -> str:
        """How times are found, in words, for the provenance of results."""
        ...

    @property
    def rule_zh(self) -> str:
        """The same in Chinese."""
        ...

    def place(self, points: Points) -> Any:
        """
        Find points on the ground.

        The result can be sliced; its attribute `notices` lists the points that lie off the ground.
        """
        ...

    def reach(self, origins: Any, destinations: Any, max_time_s: int) -> Reach:
        """Find what is reached from each origin within a time; both as `place` gives them."""
        ...


@dataclass(frozen=True)
class _InSpace:
    xyz_m: NDArray[np.float64]
    notices: Notices = field(default_factory=Notices)

    def __getitem__(self, part: slice) -> _InSpace:
        return _InSpace(self.xyz_m[part], self.notices)

    @cached_property
    def tree(self) -> KDTree:
        return KDTree(self.xyz_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightLine:
    """
    Straight lines with a detour factor, where no streets are given.

    Attributes
    ----------
    speed_m_s
        Speed, m/s.
    detour
        Way over straight line, dimensionless.
    fixed_s
        Time that does not depend on distance, s.
    """

    speed_m_s: float = WALK_SPEED_M_S
    detour: float = 1.3
    fixed_s: int = 0

    def __post_init__(self) -> None:
        if not (self.speed_m_s > 0 and self.detour > 0 and self.fixed_s >= 0):
            msg = f"straight lines are {self}; expected speed_m_s and detour above 0 and fixed_s of 0 or more."
            raise InputError(msg)

    @property
    def rule(self) -> str:
        """How times are found, in words."""
        fixed = f"{self.fixed_s / 60:g} min + " if self.fixed_s else ""
        return f"{fixed}{self.detour:g} x straight line at {self.speed_m_s * 3.6:g} km/h (no streets given)"

    @property
    def rule_zh(self) -> str:
        """The same in Chinese."""
        fixed = f"{self.fixed_s / 60:g}分钟 + " if self.fixed_s else ""
        return f"{fixed}{self.detour:g} × 直线距离 ÷ {self.speed_m_s * 3.6:g}公里/小时（未提供道路网）"

    def place(self, points: Points) -> _InSpace:
        """Find points in space."""
        return _InSpace(unit_vectors_m(points.lon, points.lat))

    def reach(self, origins: _InSpace, destinations: _InSpace, max_time_s: int) -> Reach:
        """Find what is reached from each origin within a time."""
        n = len(origins.xyz_m)
        radius = (max_time_s - self.fixed_s) * self.speed_m_s / self.detour
        if radius < 0 or not n or not len(destinations.xyz_m):
            return Reach(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
        # by chords, which are shorter than the arcs over ground: nothing is missed
        near = origins.tree.sparse_distance_matrix(destinations.tree, radius, output_type="ndarray")
        seconds = np.ceil(self.fixed_s + arc_m(near["v"]) * self.detour / self.speed_m_s)
        within = seconds <= max_time_s
        origin, there, seconds = near["i"][within], near["j"][within], seconds[within]
        order = np.lexsort((there, origin))
        offset = np.concatenate([[0], np.cumsum(np.bincount(origin, minlength=n))])
        return Reach(offset, there[order].astype(np.int32), seconds[order].astype(np.int32))


def ground_of(region: Region, *, speed_m_s: float, on_streets: bool = True) -> Ground:
    """
    Give the streets of a region to walk on, or straight lines where it has none.

    Parameters
    ----------
    region
        May hold streets.
    speed_m_s
        Walking speed on the flat, m/s.
    on_streets
        Take them if there are any.
    """
    from megaregion.mobility.streets import StreetNetwork  # noqa: PLC0415 - streets stand on this module

    if on_streets and len(region.table("street_edges")):
        return StreetNetwork.from_region(region, speed_m_s=speed_m_s)
    return StraightLine(speed_m_s=speed_m_s)
