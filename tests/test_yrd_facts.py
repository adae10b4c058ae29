"""The facts of the shipped region: complete, sourced, and in agreement with data that is not shipped."""

import importlib.util
import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.region import schema as schemas
from megaregion.region.nearest_centre import land_of, nearest_centre_cells
from megaregion.sources.base_map import read_base_map

ROOT = Path(__file__).resolve().parents[1]
YRD = ROOT / "src" / "megaregion" / "examples" / "yrd"
_SPEC = importlib.util.spec_from_file_location("check_yrd_facts", ROOT / "tools" / "check_yrd_facts.py")
assert _SPEC is not None
assert _SPEC.loader is not None
check = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check)

GDP_2021_BN_CNY = 27_680
"""CASES.md: GDP of the 41 cities in 2021."""

BASE_MAP_MAX_BYTES = 300_000


@pytest.fixture(scope="module")
def tables():
    return {name: check.read(name) for name in check.TABLES}


@pytest.fixture(scope="module")
def base_map():
    return read_base_map(YRD / "base_map.geojson").tables["base_map"]


def test_tables_pass_their_schemas_and_every_reference_resolves(tables):
    for name, frame in tables.items():
        assert not len(schemas.check_frame(name, frame)), schemas.check_frame(name, frame).render()
    assert not len(schemas.check_references(tables)), schemas.check_references(tables).render()


def test_the_41_cities_of_four_provinces(tables):
    cities = tables["cities"]
    assert cities.groupby("province_en").size().to_dict() == {"Shanghai": 1, "Jiangsu": 13, "Zhejiang": 11, "Anhui": 16}
    assert cities["city_id"].str.fullmatch(r"3[1-4]\d{4}").all()
    assert cities["name"].str.endswith("市").all()
    assert cities["name_en"].is_unique
    assert {"Suzhou (Jiangsu)", "Suzhou (Anhui)", "Taizhou (Jiangsu)", "Taizhou (Zhejiang)"} <= set(cities["name_en"])
    assert cities["centre_note"].notna().all()


def test_every_figure_has_a_source_a_status_and_a_unit(tables):
    for name in ("city_facts", "reference_facts"):
        frame = tables[name]
        assert frame[["source_id", "status", "unit"]].notna().all().all()
        assert set(frame["status"]) <= {"confirmed", "unverified"}
        assert (frame["value"] > 0).all()
    units = tables["city_facts"].groupby("indicator")["unit"].unique().map(list).to_dict()
    assert units == {
        "gdp": ["CNY"],
        "gdp_primary": ["CNY"],
        "gdp_secondary": ["CNY"],
        "gdp_tertiary": ["CNY"],
        "population_census": ["person"],
        "population_year_end": ["person"],
        "share_primary": ["%"],
        "share_secondary": ["%"],
        "share_tertiary": ["%"],
        "wage_urban_non_private": ["CNY/year"],
    }


def test_every_source_is_used_and_says_what_it_is(tables):
    sources = tables["sources"]
    used = pd.concat([tables[name]["source_id"] for name in ("cities", "city_facts", "reference_facts", "firm_sites")])
    notes = " ".join(tables["cities"]["centre_note"])
    unused = {key for key in sources["source_id"] if key not in set(used) and key not in notes}
    assert unused == {"natural-earth-10m"}  # the base map's
    assert sources[["title", "publisher", "licence", "retrieved"]].notna().all().all()
    # an office did not publish what was recalled, and who reprinted a figure stands in its own column
    recalled = sources[sources["title"].str.contains("Recalled")]
    assert set(recalled["publisher"]) == {"the megaregion authors"}
    assert not sources["title"].str.contains("reprinted by|restated in|restated by").any()
    assert (sources["reprinted_by"].notna()).sum() > len(sources) / 2


def test_census_2020_is_complete_and_sums_to_the_provinces(tables):
    facts = tables["city_facts"].query("indicator == 'population_census' and year == 2020")
    by_province = facts.assign(province=facts["city_id"].str[:2]).groupby("province")["value"].sum()
    # the communiques of the four statistical offices
    assert by_province.to_dict() == {"31": 24_870_895, "32": 84_748_016, "33": 64_567_588, "34": 61_027_171}


@pytest.mark.parametrize(("province", "cities", "people"), [("33", 11, 54_426_891), ("34", 16, 59_500_468)])
def test_census_2010_sums_to_the_province(tables, province, cities, people):
    """Anhui was redrawn after the census: only figures on one territory add up (Lu'an is the remainder)."""
    facts = tables["city_facts"].query("indicator == 'population_census' and year == 2010")
    of_province = facts[facts["city_id"].str.startswith(province)]
    assert len(of_province) == cities
    assert of_province["value"].sum() == people


def test_gdp_agrees_with_independent_data(shared_data):
    differences = check.gdp_differences(shared_data)
    assert len(differences) > 40
    assert (differences["difference"].abs() <= differences["tolerance"]).all(), differences
    loose = differences[differences["tolerance"] > check.GDP_TOLERANCE]
    assert set(zip(loose["city_id"], loose["year"], strict=True)) == set(check.EXPLAINED)
    # an exception that is not needed would hide a wrong figure
    assert (loose["difference"].abs() > check.GDP_TOLERANCE).all(), loose
    assert loose["vintage"].str.contains("first release|revised").all()


def test_census_2010_agrees_with_independent_data(shared_data):
    differences = check.census_differences(shared_data)
    assert len(differences) > 15
    assert (differences["difference"].abs() <= differences["tolerance"]).all(), differences


def test_gdp_2021_of_all_cities_sums_to_the_known_total(tables):
    facts = tables["city_facts"].query("indicator == 'gdp' and year == 2021")
    assert set(facts["city_id"]) == set(tables["cities"]["city_id"])
    assert facts.groupby("city_id")["value"].mean().sum() / 1e9 == pytest.approx(GDP_2021_BN_CNY, rel=0.0005)


def test_sectors_add_up_to_gdp(tables):
    """A figure under the wrong city, year or vintage would not add up; held GDP is the sum to its last digit."""
    sectors = check.sectors()
    assert len(sectors[sectors["year"] == 2021]) >= 25
    gdp = tables["city_facts"].query("indicator == 'gdp'")
    both = sectors.merge(gdp, on=["city_id", "year"])
    assert len(both) == len(sectors[sectors["year"] != 2020])  # GDP of 2020 is not held
    assert (both["total"] / both["value"] - 1).abs().max() < 1e-5, both


def test_shares_are_held_only_where_values_are_not(tables):
    """Shares rounded to a tenth are the poorer form: a city and year has either, and its shares add up to 100 %."""
    facts = tables["city_facts"]
    shares = facts[facts["indicator"].str.startswith("share_")]
    sums = shares.groupby(["city_id", "year"])["value"].agg(["count", "sum"])
    assert (sums["count"] == 3).all()
    assert sums["sum"].to_numpy() == pytest.approx(100, abs=0.11)
    assert not check.sector_shares().duplicated(["city_id", "year", "sector"]).any()


def test_shares_of_sectors_agree_with_independent_data(shared_data):
    differences = check.share_differences(shared_data)
    assert len(differences) >= 3 * 36
    assert (differences["difference"].abs() <= differences["tolerance"]).all(), differences


@pytest.mark.parametrize(("province", "held_at_least"), [("320000", 0.4), ("340000", 0.8)])
def test_sectors_of_cities_stay_within_the_province(tables, province, held_at_least):
    whole = tables["reference_facts"].query("area_id == @province and year == 2021").set_index("indicator")["value"]
    sectors = check.sectors().query("year == 2021")
    held = sectors[sectors["city_id"].str.startswith(province[:2])]
    for sector in check.SECTORS:
        assert held_at_least * whole[f"gdp_{sector}"] < held[sector].sum() < whole[f"gdp_{sector}"], sector


def test_people_at_the_end_of_2021_are_near_the_census_of_2020(tables):
    facts = tables["city_facts"].set_index(["city_id", "indicator", "year"])["value"]
    year_end = facts.xs(("population_year_end", 2021), level=("indicator", "year"))
    census = facts.xs(("population_census", 2020), level=("indicator", "year"))
    assert len(year_end) >= 20
    # 14 months apart; the widest is Jiaxing, which grew by 2.1 %
    assert (year_end / census - 1).dropna().abs().max() < 0.025


def test_wages_rise_and_lie_around_that_of_the_province(tables):
    wages = tables["city_facts"].query("indicator == 'wage_urban_non_private'")
    wide = wages.pivot_table(index="city_id", columns="year", values="value")
    for earlier, later in ((2012, 2019), (2019, 2021), (2020, 2021)):
        growth = (wide[later] / wide[earlier]).dropna()
        assert len(growth) >= 3
        assert growth.between(1.02, 2.5).all(), growth
    anhui = tables["reference_facts"].query("area_id == '340000' and indicator == 'wage_urban_non_private'")
    for mean in anhui.itertuples():
        of_cities = wages[wages["city_id"].str.startswith("34") & (wages["year"] == mean.year)]["value"]
        assert of_cities.min() < mean.value < of_cities.max(), mean


def test_chip_figures_bound_the_corridor(tables):
    """What can be said of 47 %: far less of all chips by count, about half of the 200 mm wafers (docs/yrd-data.md)."""
    facts = tables["reference_facts"].set_index(["indicator", "area_id"])["value"]
    assert facts["integrated_circuits", "Shanghai and Zhejiang"] / facts["integrated_circuits", "CHN"] < 0.17
    wafers = facts["wafer_capacity_200mm"]
    assert wafers["Shanghai, Hangzhou, Ningbo"] / wafers["CHN"] == pytest.approx(0.496, abs=0.001)
    assert wafers["Shanghai, Hangzhou, Shaoxing, Ningbo"] / wafers["CHN"] == pytest.approx(0.542, abs=0.001)


def test_firm_sites_link_cities(tables):
    sites = tables["firm_sites"]
    # a firm with sites in one city only would say nothing of links
    assert (sites.groupby("firm_id")["city_id"].nunique() >= 2).all()
    assert sites.groupby("firm_id")[["name", "name_zh"]].nunique().eq(1).all().all()
    assert sites[["service_value", "source_id", "status"]].notna().all().all()
    assert sites[sites["status"] == "unverified"]["source_id"].tolist() == ["stated-sites"]


def test_land_areas_sum_to_the_provinces(tables):
    """Coarse, for a wrong digit: city areas come from several surveys, and Jiangsu's total counts waters besides."""
    cities = tables["cities"].set_index("city_id")["land_area_km2"]
    by_province = cities.groupby(cities.index.str[:2]).sum()
    for province, area in {"31": 6_340.5, "32": 107_200, "33": 105_500, "34": 140_200}.items():
        assert by_province[province] == pytest.approx(area, rel=0.04), province


def test_gdp_grows_from_year_to_year(tables):
    """Current prices grew in every city: a figure under the wrong city or year would show as a fall."""
    gdp = tables["city_facts"].query("indicator == 'gdp'")
    of_year = {year: gdp[gdp["year"] == year].groupby("city_id")["value"].mean() for year in (2012, 2019, 2021)}
    for earlier, later, fell in ((2012, 2019, []), (2019, 2021, ["340300"]), (2012, 2021, [])):
        growth = (of_year[later] / of_year[earlier]).dropna()
        assert len(growth) > 15
        # the yearbook of 2022 put Bengbu below the figure of 2019, which was not revised with it
        assert growth.index[growth <= 1].tolist() == fell, growth


def test_centres_lie_in_their_city(tables, shared_data):
    collection = json.loads((shared_data / "cities" / "yrd_city_boundaries.geojson").read_text(encoding="utf-8"))
    shapes = {
        str(f["properties"]["adcode"]): shapely.from_geojson(json.dumps(f["geometry"])) for f in collection["features"]
    }
    for city in tables["cities"].itertuples():
        # the check outlines have gaps of some 100 m between counties
        assert shapes[city.city_id].distance(shapely.Point(city.lon, city.lat)) < 0.002, city


def test_base_map_shows_coast_river_and_lakes(base_map):
    assert (YRD / "base_map.geojson").stat().st_size < BASE_MAP_MAX_BYTES
    assert {"land", "water", "river"} == set(base_map["layer"])
    assert {"长江", "太湖", "洪泽湖", "高邮湖", "巢湖", "崇明岛"} <= set(base_map["name"].dropna())
    land = land_of(base_map)
    for name, lon, lat, on_land in (
        ("People's Square", 121.47, 31.23, True),
        ("Chongming", 121.50, 31.65, True),
        ("Dinghai, Zhoushan", 122.10, 30.03, True),
        ("south branch of the Yangtze mouth", 121.55, 31.48, False),
        ("Hangzhou Bay", 121.30, 30.50, False),
        ("Yellow Sea", 122.00, 33.50, False),
    ):
        assert land.contains(shapely.Point(lon, lat)) == on_land, name
    geometry = shapely.from_wkb(base_map["geometry"].to_numpy(dtype=object))
    taihu = geometry[np.flatnonzero(base_map["name"] == "太湖")[0]]
    assert taihu.contains(shapely.Point(120.15, 31.2))
    assert shapely.is_valid(geometry).all()


def test_cells_cover_the_cities_and_share_no_ground(tables, base_map):
    cells = nearest_centre_cells(tables["cities"], land_of(base_map))
    assert cells["city_id"].tolist() == tables["cities"]["city_id"].tolist()
    shapes = shapely.from_wkb(cells["geometry"].to_numpy(dtype=object))
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-3)


def test_region_file_names_tables_that_exist():
    region = tomllib.loads((YRD / "region.toml").read_text(encoding="utf-8"))
    assert region["name"] == "yrd"
    for entry in [*region["tables"], *region["computed"]]:
        assert schemas.schema(entry["table"]).name == entry["table"]
    files = [name for entry in region["tables"] for name in entry.get("files", [entry.get("file")])]
    assert [name for name in files if not (YRD / name).is_file()] == []
    for part in ("title", "description", "not_held"):
        assert set(region[part]) == {"en", "zh"}
