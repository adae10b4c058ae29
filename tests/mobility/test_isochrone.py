"""Isochrones: circles around two stations, sets of them, files, and what is said about bad wishes."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError, LimitError
from megaregion.mobility import Isochrones, Places, Timetable, isochrones
from megaregion.mobility.contour import Grid, area_km2
from megaregion.mobility.ground import StraightLine
from megaregion.region.geometry_file import write_geometry_file
from megaregion.region.points import Points
from support.tiny_region import tiny_region

WALK = StraightLine(speed_m_s=1.0, detour=1.0)
GRID = 0.03
"""Relative: a limit of walking lies half-way between nodes, of which the circles have 12 and 9 to their radius."""

FAR = 0.3
"""Degrees of longitude between the two stations, some 29 km."""


def shuttle(*, hop_s=600, headway_s=600, change_time_s=0):
    """Trains from A to B, every ten minutes and ten minutes long unless said otherwise."""
    starts = range(6 * 3600, 12 * 3600, headway_s)
    trips = {f"t{start}": [("A", start, start), ("B", start + hop_s, start + hop_s)] for start in starts}
    stops = {"A": {"lon": 121.0, "lat": 31.0}, "B": {"lon": 121.0 + FAR, "lat": 31.0}}
    return Timetable.from_region(tiny_region(trips, stops=stops, change_time_s=change_time_s))


def ask(timetable, origins, **more):
    options = {"streets": WALK, "max_walk_time_s": 1200, "window": ("08:00", "09:00"), "cell_m": 100.0} | more
    return isochrones(timetable, origins, **options)


AT_A = Points(("home",), np.array([121.0]), np.array([31.0]))


def circles_km2(*radii_m):
    return sum(np.pi * (radius / 1000) ** 2 for radius in radii_m)


def test_two_circles_by_hand():
    """
    Waits are even on 0 .. 599 s, so B is reached in 900 s at the median, in 1,170 s at 95 %.

    Within 1,800 s one walks 1,200 s around A, the limit, and the rest of the time around B.
    """
    found = ask(shuttle(), ["A"], cutoffs_s=[600, 1800], percentiles=(50, 95)).table.set_index(
        ["percentile", "cutoff_s"]
    )
    area = found["area_km2"]
    assert area[50, 600] == pytest.approx(circles_km2(600), rel=GRID)
    assert area[50, 1800] == pytest.approx(circles_km2(1200, 900), rel=GRID)
    assert area[95, 600] == area[50, 600]
    assert area[95, 1800] == pytest.approx(circles_km2(1200, 630), rel=GRID)
    parts = found.geometry[50, 1800]
    assert len(parts.geoms) == 2
    assert parts.contains(shapely.points(121.0 + FAR, 31.0))


def test_a_point_is_left_on_foot_too():
    found = ask(shuttle(), AT_A, cutoffs_s=[1800]).table
    assert found["origin_id"].tolist() == ["home"]
    assert found["area_km2"].tolist() == pytest.approx([circles_km2(1200, 900)], rel=GRID)


def test_areas_are_those_of_the_ellipsoid_and_the_outlines_nested():
    found = ask(shuttle(), ["A"], cutoffs_s=[1800, 900, 1350, 900]).table
    assert found["cutoff_s"].tolist() == [900, 1350, 1800]
    assert found["area_km2"].tolist() == [area_km2(shape) for shape in found.geometry]
    for inner, outer in pairwise(found.geometry):
        assert inner.difference(outer).area < 1e-8  # square degrees: edges bend by millimetres


def test_a_quicker_train_gains_and_loses_nothing():
    before, after = (ask(shuttle(hop_s=hop), ["A"], cutoffs_s=[900, 1800]) for hop in (1200, 600))
    found = after.changes(before).set_index("cutoff_s")
    # 1,500 s to B before, 900 s now
    assert found["gained_km2"][1800] == pytest.approx(circles_km2(900) - circles_km2(300), rel=0.04)
    assert found["lost_km2"].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert (found["after_km2"] - found["before_km2"]).tolist() == pytest.approx(
        (found["gained_km2"] - found["lost_km2"]).tolist(), abs=1e-6
    )


def test_unions_and_intersections_add_up():
    both = ask(shuttle(), Places.stations(shuttle(), ["A", "B"]), cutoffs_s=[900, 1800])
    assert both.table["origin_id"].tolist() == ["A", "A", "B", "B"]
    any_, all_ = both.from_any().table, both.from_all().table
    sums = both.table.groupby("cutoff_s")["area_km2"].sum().to_numpy()
    assert (any_["area_km2"] + all_["area_km2"]).to_numpy() == pytest.approx(sums, rel=1e-6)
    # B has no train: from both one reaches the surroundings of B only
    assert all_["area_km2"].tolist() == pytest.approx([0, circles_km2(900)], rel=0.03, abs=0.01)
    assert any_["origin_id"].tolist() == ["any", "any"]
    same = both.union(both).table["area_km2"].to_numpy()
    assert same == pytest.approx(both.table["area_km2"].to_numpy(), rel=1e-9)
    assert both.difference(both).table["area_km2"].tolist() == [0, 0, 0, 0]
    assert both.intersection(both).table["area_km2"].to_numpy() == pytest.approx(same, rel=1e-9)


def test_results_that_answer_other_questions_are_not_combined():
    one, other = ask(shuttle(), ["A"], cutoffs_s=[900]), ask(shuttle(), ["A"], cutoffs_s=[1800])
    with pytest.raises(InputError) as caught:
        one.union(other)
    assert (
        "union of isochrones: rows differ in origin, percentile or cut-off, for example A at p50 within 900 s"
        in str(caught.value)
    )


def test_a_cutoff_gives_the_same_outline_whatever_else_is_asked():
    """Where walks from A end, land begins that only a train after three hours leads to: times jump there."""
    trips = {"once": [("A", 8 * 3600 + 1800, 8 * 3600 + 1800), ("B", 11 * 3600, 11 * 3600)]}
    stops = {"A": {"lon": 121.0, "lat": 31.0}, "B": {"lon": 121.021, "lat": 31.0}}
    timetable = Timetable.from_region(tiny_region(trips, stops=stops, change_time_s=0))
    asked = {"window": ("08:00", "08:01"), "max_walk_time_s": 1200}
    alone = {each: ask(timetable, ["A"], cutoffs_s=[each], **asked).table for each in (900, 1800, 3600, 12_000)}
    together = ask(timetable, ["A"], cutoffs_s=[900, 1800, 3600, 12_000], **asked).table
    for cutoff, area in zip(together["cutoff_s"], together["area_km2"], strict=True):
        assert area == pytest.approx(alone[cutoff]["area_km2"].iloc[0], rel=1e-12)
    # before the train arrives, it is the circle of the longest walk
    assert together["area_km2"].tolist()[1:3] == pytest.approx([circles_km2(1200)] * 2, rel=0.04)


def test_an_extent_cuts_and_says_so():
    extent = (120.995, 30.98, 121.02, 31.02)
    found = ask(shuttle(), ["A"], cutoffs_s=[1800], extent=extent)
    assert found.notices.counts == {"isochrone_cut_off": 1}
    west, _, east, _ = found.table.total_bounds
    near = 100 / 90_000  # a cell in degrees
    assert west >= extent[0] - near
    assert east <= extent[2] + near
    assert not ask(shuttle(), ["A"], cutoffs_s=[1800], extent=(120.9, 30.9, 121.5, 31.1)).notices.counts


def test_looking_only_near_stops_and_doors_loses_nothing(monkeypatch):
    """The same land is found when every node of a wide extent is computed."""
    extent = (120.9, 30.9, 121.4, 31.1)
    for origin in (["A"], AT_A):
        near = ask(shuttle(), origin, cutoffs_s=[600, 1800], cell_m=300.0, extent=extent)
        with monkeypatch.context() as patched:
            patched.setattr(Grid, "discs", lambda grid, *_: np.ones(grid.shape, bool))
            everywhere = ask(shuttle(), origin, cutoffs_s=[600, 1800], cell_m=300.0, extent=extent)
        assert everywhere.provenance["cells"] > 3 * near.provenance["cells"]
        assert near.table["area_km2"].tolist() == pytest.approx(everywhere.table["area_km2"].tolist(), rel=1e-9)
        assert near.difference(everywhere).table["area_km2"].tolist() == pytest.approx([0, 0], abs=1e-6)


def test_cells_too_coarse_are_noticed():
    found = ask(shuttle(), ["A"], cutoffs_s=[1800], cell_m=3_000)
    assert "isochrone_coarse" in found.notices.counts


def test_the_same_nodes_whatever_is_reached():
    """A slower train reaches less; where it reaches the same, the outlines are the same."""
    before, after = (ask(shuttle(hop_s=hop), ["A"], cutoffs_s=[900]) for hop in (3000, 600))
    assert before.difference(after).table["area_km2"].tolist() == [0]
    assert after.difference(before).table["area_km2"].tolist() == pytest.approx([0], abs=0.01)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_files_come_back(tmp_path, suffix):
    found = ask(shuttle(), ["A"], cutoffs_s=[900, 1800])
    path = tmp_path / f"iso{suffix}"
    found.to_file(path)
    back = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
    assert back.crs == "EPSG:4326"
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry")),
        pd.DataFrame(found.table.drop(columns="geometry")),
        check_dtype=False,
    )
    assert [area_km2(shape) for shape in back.geometry] == pytest.approx(found.table["area_km2"].tolist(), rel=1e-4)


def test_a_file_of_no_format_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"ends in '.shp'; expected .gpkg, .geojson or .parquet"):
        write_geometry_file(gpd.GeoDataFrame(geometry=[]), tmp_path / "iso.shp")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"origins": "A"}, "origins is the text 'A'; expected places, points or a list of stop ids, as in ['A']"),
        ({"cutoffs_s": []}, "cutoffs_s are []; expected one or more numbers of seconds above 0"),
        ({"cutoffs_s": [1800, -1]}, "cutoffs_s are [1800, -1]"),
        ({"cell_m": 0.0}, "cell_m is 0.0; expected metres above 0"),
        ({"extent": (31.0, 121.0, 32.0, 122.0)}, "extent is (31.0, 121.0, 32.0, 122.0); expected west, south"),
        ({"origins": ["C"]}, "stop 'C' is not among the 2 known"),
        ({"max_changes": 1}, "a travel-time matrix has no option 'max_changes'"),
    ],
)
def test_a_wish_that_cannot_be_met_is_said(wish, words):
    with pytest.raises(InputError) as caught:
        ask(shuttle(), **({"origins": ["A"]} | wish))
    assert words in str(caught.value)


def test_no_origin_is_refused():
    nowhere = Points((), np.empty(0), np.empty(0))
    for origins in ([], nowhere):
        with pytest.raises(InputError, match="origins are empty; give one place, point or stop id or more"):
            ask(shuttle(), origins, cutoffs_s=[600])


def test_too_many_cells_are_refused_before_they_are_made():
    with pytest.raises(LimitError, match="Choose larger cells, shorter times or an extent"):
        ask(shuttle(), ["A"], cutoffs_s=[1800], cell_m=1.0)


def test_the_result_says_what_it_rests_on():
    found = ask(shuttle(), ["A"], cutoffs_s=[900])
    assert isinstance(found, Isochrones)
    assert found.provenance["cell_m"] == 100
    assert found.provenance["cutoffs_s"] == [900]
    assert "1 x straight line" in found.provenance["destinations"]
