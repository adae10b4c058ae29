"""Evidence: verdicts worked by hand, the claims that ship, and that notes hold no figure of their own."""

import itertools
import json
import math
import re
import time
import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import megaregion as mr
from megaregion.errors import InputError
from megaregion.publish.evidence_file import sources
from megaregion.publish.plain import plain
from megaregion.region.store import Store
from megaregion.study import evidence as module
from megaregion.study import metro_links, result_cache
from megaregion.study.claim_rule import RELATIONS, Band, agreed
from megaregion.study.claims_file import PLACEHOLDER
from megaregion.study.evidence import evidence_of_example
from megaregion.study.metro_feed import STATES, is_new_link, metro_lines
from megaregion.study.quantity import WRITTEN, quantity, written_unit
from megaregion.study.regions import example

SHIPPED = tomllib.loads((files("megaregion") / "examples" / "yrd" / "claims.toml").read_text(encoding="utf-8"))

LAND = """
[[claims]]
id = "land"
statement = "It has 5 % of the land."
measure = "land_share"
value = 5
unit = "%"
"""


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Keep results of this file to itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(result_cache.SETTING, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def yrd():
    return mr.evidence(example("yrd"))


def paper(land_km2=(30.0, 10.0), status="confirmed"):
    """Two cities on paper in a country of 800 km2."""
    cities = pd.DataFrame(
        {
            "city_id": ["a", "b"],
            "name": ["甲市", "乙市"],
            "name_en": ["A", "B"],
            "lon": [0.0, 1.0],
            "lat": [0.0, 0.0],
            "land_area_km2": land_km2,
            "status": status,
        }
    )
    whole = {"area_id": "CHN", "indicator": "land_area", "year": 2008, "value": 800.0, "unit": "km2", "status": status}
    return mr.Region("paper").with_tables({"cities": cities, "reference_facts": pd.DataFrame([whole])})


def found_for(tmp_path, text, region=None):
    file = tmp_path / "claims.toml"
    file.write_text(text, encoding="utf-8")
    return mr.evidence(region or paper(), file)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("", "confirmed"),
        ("value = 5.1", "contradicted"),
        ("value = 5.1\ntolerance = { absolute = 0.1, reason = 'r' }", "confirmed"),
        ("value = 5.1\ntolerance = { share = 0.01, reason = 'r' }", "contradicted"),
        ("value = 5.1\ntolerance = { share = 0.02, reason = 'r' }", "confirmed"),
        ("value = 4\nrelation = 'at least'", "confirmed"),
        ("value = 4\nrelation = 'at most'", "contradicted"),
        ("value = 6\nrelation = 'at most'", "confirmed"),
    ],
)
def test_a_share_worked_by_hand(tmp_path, line, verdict):
    """40 of 800 km2 are 5 %."""
    (claim,) = found_for(tmp_path, LAND.replace("value = 5\n", "") + (line or "value = 5"))
    assert claim.verdict == verdict
    assert claim.value == pytest.approx(5)
    assert (claim.unit, claim.years, claim.status) == ("%", (2008,), "confirmed")
    assert claim.needs is None


def test_what_is_missing_is_not_decidable_and_says_what_it_needs(tmp_path):
    (claim,) = found_for(tmp_path, LAND, paper(land_km2=(30.0, np.nan)))
    assert (claim.verdict, claim.value, claim.sources) == ("not decidable", None, ())
    assert claim.needs.en.startswith("Fill land_area_km2 of table cities")
    assert claim.needs.zh.startswith("请补全")
    assert "1 of 2 cities have no land area" in claim.explanation.en
    named = LAND + 'needs = { en = "a survey", zh = "一次普查" }'
    (claim,) = found_for(tmp_path, named, paper(land_km2=(30.0, np.nan)))
    assert claim.needs.zh == "一次普查"


def test_assumed_figures_decide_nothing(tmp_path):
    (claim,) = found_for(tmp_path, LAND, paper(status="illustrative"))
    assert (claim.verdict, claim.status) == ("not decidable", "illustrative")
    assert claim.value == pytest.approx(5)
    assert "illustrative figures, which decide nothing" in claim.explanation.en
    (claim,) = found_for(tmp_path, LAND, paper(status="unverified"))
    assert claim.verdict == "confirmed"
    assert "of status unverified" in claim.explanation.en


def test_the_years_of_each_input_are_told(yrd):
    """The land of the cities is of other years than that of the country: one year would be wrong."""
    land = yrd["land-4-percent"]
    assert land.data_of.en == "cities: published 2011-2022; area compared with: 2008"
    assert land.data_of.zh in land.explanation.zh
    assert yrd["gdp-24-percent"].data_of.zh == "2021"
    assert {2008, 2022} <= set(land.years)


def test_sources_say_who_reprinted_them_and_how_far_they_are_known(yrd):
    """The office published it; what was read was a page of somebody else."""
    named = sources(yrd["gdp-24-percent"], "en")
    assert any(text.startswith("安徽省统计局, 安徽各市2021年GDP, 2022, as reprinted by 1689878.com") for text in named)
    assert all(text.endswith((" [confirmed]", " [unverified]")) for text in named)
    assert any("转引自 1689878.com" in text for text in sources(yrd["gdp-24-percent"], "zh"))


def test_readings_that_are_modelled_say_so(yrd):
    claim = yrd["hangzhou-shanghai-45-min"]
    assert claim.status == "confirmed"
    typical = next(each for each in claim.variants if each["measure"] == "typical_time")
    assert typical["status"] == "modelled"
    assert "2 h 21 (contradicted, modelled)" in claim.explanation.en
    assert "（不符，模型估算）" in claim.explanation.zh


def test_a_measure_that_no_domain_brings_yet(tmp_path):
    text = LAND.replace("land_share", "lake_share") + 'domain = { en = "environment", zh = "环境" }\nneeds = "lakes"'
    (claim,) = found_for(tmp_path, text)
    assert (claim.verdict, claim.needs.en) == ("not decidable", "lakes")
    assert "comes with the domain environment" in claim.explanation.en
    assert "“环境”领域" in claim.explanation.zh


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("value = 4\nrelation = 'at least'", False),
        ("value = 5.3\nrelation = 'at least'", True),
        ("value = 6\nrelation = 'at most'", False),
        ("value = 4.8\nrelation = 'at most'", True),
        ("value = 5.1", True),
    ],
)
def test_a_tolerance_is_told_where_it_was_needed(tmp_path, line, told):
    text = LAND.replace("value = 5\n", "") + line + "\ntolerance = { absolute = 0.5, reason = 'r' }"
    (claim,) = found_for(tmp_path, text)
    assert claim.verdict == "confirmed"
    assert ("within the tolerance" in claim.explanation.en) == ("在容差" in claim.explanation.zh) == told


def test_a_city_without_a_station_is_not_one_that_no_train_reaches(tmp_path):
    """No timetable of the delta serves 舟山: that a train takes an hour is not known to be wrong."""
    text = """
[[claims]]
id = "train"
statement = "A train takes an hour."
measure = "fastest_train"
value = 60
unit = "min"
tolerance = { absolute = 2.5, reason = "r" }
at = { from_id = "%s", to_id = "上海" }
%s
"""
    (claim,) = found_for(tmp_path, text % ("舟山", ""), example("yrd"))
    assert (claim.verdict, claim.value) == ("not decidable", math.inf)
    assert "no station of one of the cities" in claim.explanation.en
    assert "没有其中一市的车站" in claim.explanation.zh
    trains = mr.run(example("yrd"), measures=["fastest_train"])["fastest_train"].table
    apart = trains[np.isinf(trains["value"]) & (trains["to_id"] == "310000") & (trains["from_id"] != "330900")]
    # another city without a direct train to Shanghai
    (claim,) = found_for(tmp_path, text % (apart["from_id"].iloc[0], ""), example("yrd"))
    assert claim.verdict == "contradicted"
    assert "within the tolerance" not in claim.explanation.en
    (claim,) = found_for(tmp_path, text % (apart["from_id"].iloc[0], 'relation = "at least"'), example("yrd"))
    assert claim.verdict == "not decidable"
    assert claim.needs is not None


def test_a_selection_of_links_of_unknown_length_may_fit(tmp_path):
    text = """
[[claims]]
id = "metro"
statement = "So much metro."
measure = "nearest_metro_km"
parameters = { near_km = %d }
value = %d
unit = "km"
"""
    region = example("yrd")
    (claim,) = found_for(tmp_path, text % (2000, 2000), region)
    assert claim.verdict == "not decidable"
    facts = region.table("metro_facts")
    lines = set(facts.loc[(facts["indicator"] == "length") & facts["value"].notna(), "line_id"])
    known = region.with_table("metro_facts", facts[facts["line_id"].isin(lines)])
    known = known.with_table("metro_lines", region.table("metro_lines").query("line_id in @lines"))
    (claim,) = found_for(tmp_path, text % (2000, 2000), known)
    assert claim.verdict == "contradicted"


def test_both_languages_say_why_something_is_missing(tmp_path):
    (claim,) = found_for(tmp_path, LAND, paper(land_km2=(30.0, np.nan)))
    assert "1 of 2 cities have no land area" in claim.explanation.en
    assert "2 个城市中 1 个没有土地面积" in claim.explanation.zh
    (claim,) = found_for(tmp_path, LAND + READINGS)
    assert "of everything: no data (0 of 2 cities have no land area, and area 'ALL' has 0)" in claim.explanation.en
    assert "of everything：无数据（2 个城市中 0 个没有土地面积；'ALL' 有 0 个数据）" in claim.explanation.zh
    # what the explanation asks for is what the verdict needs
    assert claim.explanation.en.endswith(f"To decide it: {claim.needs.en}")


READINGS = """
decide = "all"
[[claims.variants]]
id = "count"
label = "of everything"
parameters = { area = "ALL" }
"""


@pytest.mark.parametrize(
    ("whole_km2", "verdict"), [(800.0, "confirmed"), (400.0, "not decidable"), (math.nan, "not decidable")]
)
def test_readings_decide_together_only_where_they_agree(tmp_path, whole_km2, verdict):
    region = paper()
    if not math.isnan(whole_km2):
        facts = region.table("reference_facts")
        other = facts.assign(area_id="ALL", value=whole_km2)
        region = region.with_table("reference_facts", pd.concat([facts, other], ignore_index=True))
    (claim,) = found_for(tmp_path, LAND + READINGS, region)
    assert claim.verdict == verdict
    (main,) = found_for(tmp_path, LAND + READINGS.replace('"all"', '"main"'), region)
    assert main.verdict == "confirmed"
    told = {400.0: "they do not agree: 1 confirmed, 1 contradicted", 800.0: "all are confirmed"}
    assert told.get(whole_km2, "and not all can be tested: 1 confirmed, 1 not decidable") in claim.explanation.en
    if verdict == "not decidable":
        assert claim.needs is not None


def test_notes_are_filled_from_what_was_computed(tmp_path):
    note = 'note = "It is {value} of {claimed}, {variant.all}, {variant.all.cities} cities of {years}, {row.cities}."\n'
    variant = '[[claims.variants]]\nid = "all"\nlabel = "all"\n'
    (claim,) = found_for(tmp_path, LAND + note + variant)
    assert claim.explanation.en.endswith("It is 5 % of 5 %, 5 %, 2 cities of 2008, 2.")
    assert claim.explanation.zh.endswith("It is 5% of 5%, 5%, 2 cities of 2008, 2.")


@given(
    claimed=st.floats(-1e6, 1e6),
    around=st.floats(0, 1e5),
    value=st.floats(-1e6, 1e6),
    more=st.floats(0, 1e6),
    relation=st.sampled_from(RELATIONS),
)
def test_a_value_between_bounds_is_judged_as_all_values_between_them(claimed, around, value, more, relation):
    band = Band.of(claimed, relation=relation, tolerance=around)
    verdict = band.verdict(value, value + more)
    ends = {band.verdict(each, each) for each in (value, value + more)}
    assert "not decidable" not in ends
    # a band can lie within the bounds, so that both ends are contradicted and what lies between is not
    assert verdict == agreed(ends) or (verdict == "not decidable" and ends == {"contradicted"})
    assert band.verdict(math.nan, math.nan) == "not decidable"


@given(st.sampled_from(sorted(WRITTEN)), st.floats(0.001, 1e6))
def test_units_are_converted_one_way(unit, value):
    written = written_unit(unit)
    assert Band.of(value).verdict(value, value) == "confirmed"
    words = quantity(value * written.factor, written.unit)
    assert words.en
    assert words.zh


def test_what_the_article_claims(yrd):
    verdicts = {claim.id: claim.verdict for claim in yrd}
    assert verdicts == {
        "hangzhou-shanghai-45-min": "confirmed",
        "hangzhou-shanghai-4-h-2010": "not decidable",
        "train-g7568": "confirmed",
        "35-cities": "contradicted",
        "gdp-24-percent": "confirmed",
        "land-4-percent": "confirmed",
        "metro-380-km": "not decidable",
    } | dict.fromkeys(
        [
            *("chips-47-percent", "components-95-percent", "parcels-32-percent", "research-two-sites"),
            *("algae-63-percent", "greenway-1200-km", "crafts-136", "artisans-six-cities"),
        ],
        "not decidable",
    )
    assert yrd["hangzhou-shanghai-45-min"].value == 45
    assert yrd["gdp-24-percent"].value == pytest.approx(24.2, abs=0.05)
    assert yrd["land-4-percent"].value == pytest.approx(3.70, abs=0.005)
    assert yrd["35-cities"].value == 41
    for claim in yrd:
        assert (claim.needs is not None) == (claim.verdict == "not decidable")
        assert bool(claim.sources) == (claim.value is not None)
        assert all(words.en and words.zh for words in (claim.statement, claim.explanation))


def test_the_chips_are_told_by_every_count_at_hand(yrd):
    claim = yrd["chips-47-percent"]
    told = {variant["id"]: (round(100 * variant["value"], 1), variant["verdict"]) for variant in claim.variants}
    # TrendForce: 458,500 and 501,000 of 925,000 wafers a month; 59.46 bn and 178.07 bn of 359.43 bn pieces
    assert told == {"lines": (49.6, None), "shaoxing": (54.2, None), "pieces": (16.5, None), "jiangsu": (49.5, None)}
    assert claim.value is None
    assert "neither is all capacity" in claim.explanation.en


def test_four_hours_in_2010_stands_beside_what_is_known(yrd):
    claim = yrd["hangzhou-shanghai-4-h-2010"]
    assert claim.value is None
    minutes = {variant["id"]: variant["value"] / 60 for variant in claim.variants}
    assert minutes["fastest-2012"] == 49
    assert minutes["slowest-2012"] == 212
    assert (minutes["press-new"], minutes["press-old"]) == (45, 78)
    assert "3 h 32" in claim.explanation.en
    assert "3小时32分" in claim.explanation.zh
    assert "has no timetable of 2010; it has those of 2012, 2019" in claim.explanation.en


def test_thirty_five_cities_are_no_list_and_no_round_time(yrd):
    claim = yrd["35-cities"]
    values = {variant["id"]: variant["value"] for variant in claim.variants}
    assert [values[name] for name in ("plan-2016", "outline-2019", "council-2018")] == [26, 27, 34]
    counts = [values[f"{by}-{hours}"] for by in ("train", "fastest", "median") for hours in (1, 2, 3)]
    assert 35 not in counts
    # a time that gives 35 exists by journeys, and is the least that does
    travel = mr.run(example("yrd"), measures=["fastest_journey"], parameters={"year": 2019})["fastest_journey"].table
    from_shanghai = np.sort(travel.loc[travel["from_id"] == "310000", "value"])
    assert values["time-fastest"] == from_shanghai[33]
    assert values["time-train"] == math.inf
    assert [variant["verdict"] for variant in claim.variants if variant["id"].startswith("time-")] == [None] * 3


def test_the_metro_claim_is_judged_by_lengths_added_up_otherwise(yrd):
    """Sums by the links of table metro_lines, and every selection of them written out."""
    claim, sums = yrd["metro-380-km"], metro_links.link_kilometres(example("yrd"))
    by_id = {variant["id"]: variant for variant in claim.variants}
    names = {"open": 1, "building": 2, None: 3, "all-open": 1, "all-building": 2, "all-planned": 3}
    for name, n_states in names.items():
        part = sums[sums["state"].isin(STATES[:n_states])]
        if "all" not in (name or ""):
            part = part[part["role"] == "between_cities"]
        value = claim.value if name is None else by_id[name]["value"]
        assert value == pytest.approx(part["km"].sum())
        assert name is None or by_id[name]["verdict"] == "contradicted"
    lines = metro_lines(example("yrd"))
    lengths = lines.loc[is_new_link(lines) & lines["role"].eq("between_cities"), "length"].dropna()
    selected = [sum(some) for n in range(1, len(lengths) + 1) for some in itertools.combinations(lengths, n)]
    fitting = sum(abs(km - 380) <= 0.05 * 380 for km in selected)
    assert f"Of {len(selected)} selections of links between cities {fitting} come within" in claim.explanation.en
    assert by_id["selection"]["value"] == pytest.approx(min(selected, key=lambda km: abs(km - 380)))
    assert (by_id["selection"]["verdict"], claim.verdict) == ("confirmed", "not decidable")


@pytest.mark.parametrize(
    ("until", "km", "verdict"), [("planned", 2000, "not decidable"), ("operating", 2000, "contradicted")]
)
def test_a_sum_with_unknown_parts_contradicts_only_what_lies_below_it(tmp_path, until, km, verdict):
    """Five planned links have no length and may have any; those in operation all have one."""
    text = f"""
[[claims]]
id = "metro"
statement = "So much metro."
measure = "new_metro_km"
parameters = {{ until = "{until}" }}
value = {km}
unit = "km"
"""
    (claim,) = found_for(tmp_path, text, example("yrd"))
    assert claim.verdict == verdict
    assert ("and an unknown amount" in claim.explanation.en) == (verdict == "not decidable")


def test_notes_of_the_shipped_claims_hold_no_figure_of_their_own():
    """Digits are those of the claim, of years that are parameters, or come in through placeholders."""
    for claim in SHIPPED["claims"]:
        years = {str(claim.get("parameters", {}).get("year"))}
        years |= {str(variant.get("parameters", {}).get("year")) for variant in claim.get("variants", ())}
        allowed = years | {f"{claim['value']:g}", "2010"} if "2010" in claim["id"] else years | {f"{claim['value']:g}"}
        for lang in ("en", "zh"):
            text = PLACEHOLDER.sub("", claim.get("note", {}).get(lang, ""))
            assert set(re.findall(r"\d+", text)) <= allowed, (claim["id"], lang)


def test_every_shipped_claim_names_years_by_parameter_and_both_languages():
    for claim in SHIPPED["claims"]:
        for words in (claim["statement"], claim.get("note"), claim.get("needs"), claim.get("domain")):
            assert words is None or set(words) == {"en", "zh"}
        assert claim.get("domain") or claim["measure"] in mr.measures()


def test_json_has_the_names_that_others_call(yrd):
    found = json.loads(json.dumps(plain(yrd.to_dict("zh")), ensure_ascii=False, allow_nan=False))
    for claim in found["claims"]:
        assert {"id", "statement", "verdict", "value", "unit", "sources", "needs"} <= set(claim)
        assert isinstance(claim["statement"], str)
        assert claim["statement"] == claim["statement_zh"] != claim["statement_en"]
        for source in claim["sources"]:
            assert {"table", "rows"} <= set(source)
    assert sum(found["counts"].values()) == len(found["claims"]) == len(yrd)
    first = found["claims"][0]
    assert first["sources"][0]["year"] == 2019


def test_a_table_has_a_row_a_claim(yrd):
    table = yrd.table.set_index("id")
    assert table.loc["land-4-percent", "verdict"] == "confirmed"
    assert math.isnan(table.loc["crafts-136", "value"])
    assert table["value"].dtype == np.float64


def test_what_was_found_before_is_given_again(tmp_path, monkeypatch):
    store = Store.create(tmp_path / "paper", name="paper")
    store.commit(lambda _: mr.Region("paper", paper().tables), message="first")
    (tmp_path / "paper" / "claims.toml").write_text(LAND, encoding="utf-8")
    calls = []
    original = module._test
    monkeypatch.setattr(module, "_test", lambda *given: calls.append(given) or original(*given))
    first, again = (mr.evidence(mr.open(tmp_path / "paper")) for _ in range(2))
    assert len(calls) == 1
    assert first.claims == again.claims
    # another claim, or other data, is tested anew
    (tmp_path / "paper" / "claims.toml").write_text(LAND.replace("5", "6"), encoding="utf-8")
    assert mr.evidence(mr.open(tmp_path / "paper")).counts["contradicted"] == 1
    store.commit(lambda _: mr.Region("paper", paper(land_km2=(38.0, 10.0)).tables), message="revised")
    assert mr.evidence(mr.open(tmp_path / "paper")).counts["confirmed"] == 1
    assert len(calls) == 3


def test_a_repeat_is_instant_and_the_same(yrd):
    shipped = evidence_of_example("yrd")
    start = time.perf_counter()
    again = evidence_of_example("yrd")
    # 0.06 s on an idle machine
    assert time.perf_counter() - start < 1
    assert again == shipped
    assert shipped.claims == yrd.claims


def test_progress_counts_claims(tmp_path):
    seen = []
    (tmp_path / "two.toml").write_text(LAND + LAND.replace('"land"', '"again"'), encoding="utf-8")
    mr.evidence(paper(), tmp_path / "two.toml", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_claims_can_be_written_before_there_are_any_data(tmp_path):
    """All claims about the delta, of an empty region: nothing is decided, and each says what it needs."""
    text = (files("megaregion") / "examples" / "yrd" / "claims.toml").read_text(encoding="utf-8")
    found = found_for(tmp_path, text, mr.Region("empty"))
    assert {claim.verdict for claim in found} == {"not decidable"}
    assert all(claim.needs is not None and claim.value is None for claim in found)
    assert "not all can be tested: 14 not decidable" in found["35-cities"].explanation.en


def test_a_region_without_claims_says_how_to_give_them():
    with pytest.raises(InputError, match=r"region 'paper' comes without claims; give a file: .* --template"):
        mr.evidence(paper())
