"""How long it takes along a piece of street, on foot or by car."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megaregion.errors import InputError
from megaregion.mobility.ground import WALK_SPEED_M_S
from megaregion.mobility.street_search import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    I32 = NDArray[np.int32]
    F64 = NDArray[np.float64]

_MAX_EDGE_MS = 2**30


def edge_times_ms(
    edges: pd.DataFrame,
    mode: str,
    *,
    speed_m_s: float | None,
    congestion: Mapping[str, float] | None,
    road_speeds: pd.DataFrame | None,
) -> tuple[I32, I32, tuple[str, str]]:
    """
    Find times along and against each edge; options as for `StreetNetwork.from_tables`.

    Returns
    -------
    Two of (n_edges,) int32, ms, at least 1, `CLOSED` where not allowed; and the rule in English and Chinese.
    """
    if mode == "walk":
        if congestion is not None or road_speeds is not None:
            msg = "congestion and road_speeds are for mode 'drive'; leave them out or choose that mode."
            raise InputError(msg)
        speed, words = WALK_SPEED_M_S if speed_m_s is None else speed_m_s, _walk_words(edges, speed_m_s)
        if not 0 < speed < np.inf:
            msg = f"speed_m_s is {speed_m_s!r}; expected metres a second above 0, such as 1.0 (3.6 km/h)."
            raise InputError(msg)
        pace = edges["length_m"].to_numpy(np.float64) / speed
        times = [pace * edges[f"effort_{way}"].fillna(1.0).to_numpy(np.float64) for way in ("forward", "backward")]
    else:
        if speed_m_s is not None:
            msg = "speed_m_s is a walking speed; for mode 'drive' give congestion or road_speeds."
            raise InputError(msg)
        free = _drive_speeds(edges, congestion or {}, road_speeds)
        times = [edges["length_m"].to_numpy(np.float64) / free] * 2
        words = _drive_words(congestion, road_speeds)
    along, against = (
        _milliseconds(seconds, edges[f"{mode}_{way}"].fillna(mode == "walk").to_numpy(dtype=bool))
        for seconds, way in zip(times, ("forward", "backward"), strict=True)
    )
    return along, against, words


def _milliseconds(seconds: F64, is_open: NDArray[np.bool_]) -> I32:
    ms = np.clip(np.rint(seconds * 1000), 1, _MAX_EDGE_MS).astype(np.int32)
    return np.where(is_open, ms, np.int32(CLOSED)).astype(np.int32)


def _drive_speeds(edges: pd.DataFrame, congestion: Mapping[str, float], road_speeds: pd.DataFrame | None) -> F64:
    wrong = {name: factor for name, factor in congestion.items() if not 0 < factor < np.inf}
    if wrong:
        name, factor = next(iter(wrong.items()))
        msg = f"congestion of {name!r} is {factor!r}; expected speed over free speed, above 0: 0.8 is a fifth slower."
        raise InputError(msg)
    free = edges["drive_speed_m_s"].to_numpy(np.float64)
    speeds = free * edges["highway"].map(dict(congestion)).fillna(congestion.get("*", 1.0)).to_numpy(np.float64)
    if road_speeds is not None:
        given = road_speeds.drop_duplicates("way_id", keep="last").set_index("way_id")
        share = edges["way_id"].map(given["factor"]).to_numpy(np.float64)
        absolute = edges["way_id"].map(given["speed_m_s"]).to_numpy(np.float64)
        speeds = np.where(np.isnan(share), speeds, free * share)
        speeds = np.where(np.isnan(absolute), speeds, absolute)
    return np.asarray(speeds, dtype=np.float64)


def _walk_words(edges: pd.DataFrame, speed_m_s: float | None) -> tuple[str, str]:
    km_h = (WALK_SPEED_M_S if speed_m_s is None else speed_m_s) * 3.6
    if edges["effort_forward"].notna().any():
        return (
            f"on streets at {km_h:g} km/h on the flat, slopes by Tobler's hiking function",
            f"沿道路步行，平地{km_h:g}公里/小时，坡度按 Tobler 徒步函数",
        )
    return f"on streets at {km_h:g} km/h", f"沿道路步行，{km_h:g}公里/小时"


def _drive_words(congestion: Mapping[str, float] | None, road_speeds: pd.DataFrame | None) -> tuple[str, str]:
    english, chinese = (
        "by car on streets at their speed limit or the speed of their class",
        "驾车，按限速或道路等级速度",
    )
    if congestion:
        listed = ", ".join(f"{name} x {factor:g}" for name, factor in congestion.items())
        english, chinese = f"{english}, {listed}", f"{chinese}，{listed}"
    if road_speeds is not None:
        n = road_speeds["way_id"].nunique()
        english, chinese = f"{english}, {n} ways at speeds of their own", f"{chinese}，{n} 条道路采用单独速度"
    return english, chinese
