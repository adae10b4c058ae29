import json
from dataclasses import replace

import pytest
import shapely

from megaregion.errors import InputError
from megaregion.mobility.contour import area_km2
from megaregion.publish.atlas_data import build_atlas_data
from megaregion.publish.atlas_reach import Reach, build_reach
from megaregion.publish.atlas_states import AtlasStudy
from megaregion.region.model import Region

SHARE_CHANGED = 0.02
"""Simplifying to 200 m, a fifth of a cell, moves borders of boxes of tens of km by less than this share of them."""


@pytest.fixture(scope="module")
def cities(region: Region, study: AtlasStudy) -> list[dict[str, object]]:
    found: list[dict[str, object]] = build_atlas_data(region, study)["cities"]
    return found


def ids_of(cities, one):
    return [cities[at]["id"] for at in one["cities"]]


def test_areas_are_those_on_land(reach: Reach, cities) -> None:
    found = build_reach(reach, cities).figures
    # land of the made-up base map ends at 121.9 E; the box went on to 122.5
    dry = shapely.box(121.0, 31.0, 121.9, 31.4)
    assert found["parts"]["2012"][0]["area_km2"] == pytest.approx(area_km2(dry), rel=1e-3)
    assert found["on_land"] is True
    # a lake is no land either
    lake = shapely.Point(120.2, 31.2).buffer(0.3)
    widest = shapely.box(120.05, 30.1, 121.9, 31.5)
    assert found["parts"]["2019"][2]["area_km2"] == pytest.approx(area_km2(widest.difference(lake)), rel=1e-3)
    assert found["bounds"] == pytest.approx([120.05, 30.1, 121.9, 32.2], abs=1e-3)


def test_water_that_counts_is_said(reach: Reach, cities) -> None:
    wet = {year: found.about(water="counts as land") for year, found in reach.by_year.items()}
    assert build_reach(replace(reach, by_year=wet), cities).figures["on_land"] is False


def test_what_is_gained_less_what_is_lost_is_the_difference(reach: Reach, cities) -> None:
    parts = build_reach(reach, cities).figures["parts"]
    for at in range(3):
        then, now, gained, lost = (parts[name][at]["area_km2"] for name in ("2012", "2019", "gained", "lost"))
        # each is rounded to 0.1
        assert gained - lost == pytest.approx(now - then, abs=0.25)
    assert parts["gained"][0]["area_km2"] == 0
    assert parts["lost"][2]["area_km2"] == pytest.approx(area_km2(shapely.box(121.0, 32.0, 121.3, 32.2)), rel=1e-3)


def test_people_are_those_of_cities_whose_centre_lies_inside(reach: Reach, cities) -> None:
    parts = build_reach(reach, cities).figures["parts"]
    assert ids_of(cities, parts["2012"][0]) == ["310000"]
    assert parts["2012"][0]["people"] == 24_870_895
    assert ids_of(cities, parts["2012"][1]) == ["310000", "320500"]
    assert parts["2012"][1]["people"] == 24_870_895 + 12_748_262
    assert ids_of(cities, parts["gained"][2]) == ["330100"]
    assert parts["gained"][2]["people"] == 11_936_010
    assert parts["lost"][2] | {"area_km2": 0} == {"area_km2": 0, "cities": [], "people": 0}


def test_people_that_nobody_counted_are_not_known(reach: Reach, cities) -> None:
    unknown = [{**city, "population": None} if city["id"] == "320500" else city for city in cities]
    found = build_reach(reach, unknown)
    assert found.figures["parts"]["2019"][0]["people"] == 24_870_895
    assert found.figures["parts"]["2019"][1]["people"] is None
    assert ["2019", "90", found.rows[5][2], "", "310000;320500"] in found.rows


def test_outlines_are_simplified_and_fit_one_another(reach: Reach, cities) -> None:
    found = build_reach(reach, cities)
    drawn = {
        name: [shapely.from_geojson(json.dumps(one)) if one else shapely.MultiPolygon() for one in shapes]
        for name, shapes in found.shapes.items()
    }
    assert set(drawn) == {"2012", "2019", "gained", "lost"}
    for name, shapes in drawn.items():
        for shape, figure in zip(shapes, found.figures["parts"][name], strict=True):
            assert shape.is_valid
            assert area_km2(shape) == pytest.approx(figure["area_km2"], rel=SHARE_CHANGED, abs=0.1)
    for at in range(3):
        # nothing gained sticks out of what is reached now, but for rounding to 10 m
        out = drawn["gained"][at].difference(drawn["2019"][at].buffer(2e-4))
        assert out.is_empty
        assert drawn["lost"][at].intersection(drawn["2019"][at].buffer(-2e-4)).is_empty


def test_outlines_of_fine_cells_keep_their_detail(reach: Reach, cities) -> None:
    circle = shapely.MultiPolygon([shapely.Point(121.3, 31.2).buffer(0.01, quad_segs=64)])
    points = {}
    for cell_m in (100.0, 1000.0):
        made = reach.by_year[2019]
        made = replace(made, cell_m=cell_m, table=made.table.set_geometry([circle] * 3, crs="EPSG:4326"))
        found = build_reach(replace(reach, by_year={2019: made}), cities)
        assert found.figures["simplified_m"] == cell_m / 5
        points[cell_m] = len(found.shapes["2019"][0]["coordinates"][0][0])
    assert points[100.0] > 2 * points[1000.0]


def test_one_year_has_nothing_gained_or_lost(reach: Reach, cities) -> None:
    found = build_reach(replace(reach, by_year={2019: reach.by_year[2019]}), cities)
    assert set(found.figures["parts"]) == set(found.shapes) == {"2019"}
    assert len(found.rows) == 1 + 3


def test_a_year_between_is_shown_as_well(reach: Reach, cities) -> None:
    three = {2012: reach.by_year[2012], 2015: reach.by_year[2012], 2019: reach.by_year[2019]}
    found = build_reach(replace(reach, by_year=three), cities)
    assert set(found.figures["parts"]) == set(found.shapes) == {"2012", "2015", "2019", "gained", "lost"}
    assert found.figures["parts"]["2015"] == found.figures["parts"]["2012"]


def test_a_station_from_which_nothing_is_reached_is_no_failure(reach: Reach, cities) -> None:
    nothing = reach.by_year[2012]
    table = nothing.table.set_geometry([shapely.MultiPolygon()] * 3, crs="EPSG:4326").assign(area_km2=0.0)
    nothing = replace(nothing, table=table)
    found = build_reach(replace(reach, by_year={2012: nothing, 2019: nothing}), cities)
    assert found.figures["bounds"] is None
    assert found.shapes["gained"] == [None, None, None]
    assert found.figures["parts"]["2019"][2] == {"area_km2": 0.0, "cities": [], "people": 0}


def test_years_that_cannot_be_compared_are_refused(reach: Reach, cities) -> None:
    fewer = reach.by_year[2012]
    fewer = replace(fewer, table=fewer.table.iloc[:2])
    with pytest.raises(InputError, match=r"differ from year to year: .*5400.*Compute them from the same station"):
        build_reach(replace(reach, by_year={2012: fewer, 2019: reach.by_year[2019]}), cities)
    early = replace(fewer, table=fewer.table.assign(percentile=5.0))
    with pytest.raises(InputError, match=r"expected one origin with percentile 50 in every year. Compute them"):
        build_reach(replace(reach, by_year={2012: early}), cities)
