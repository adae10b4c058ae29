"""Claims files: what is accepted, and what is said of everything else, all at once."""

import copy
import re
import tomllib
from importlib.resources import files

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import megaregion as mr
from megaregion.errors import InputError
from megaregion.study.claims_file import parse_claims, read_text, template
from megaregion.study.regions import example

GOOD = """
[source]
en = "The article"
zh = "文章"

[[claims]]
id = "land"
statement = { en = "It has 4 % of the land.", zh = "占4%的土地。" }
measure = "land_share"
value = 4
unit = "%"
tolerance = { absolute = 0.5, reason = "whole per cent" }
"""


@pytest.fixture(scope="module")
def region():
    cities = {
        "city_id": ["a", "b"],
        "name": ["甲市", "乙市"],
        "name_en": ["A", "B"],
        "lon": [0.0, 1.0],
        "lat": [0.0, 0.0],
    }
    return mr.Region("paper").with_tables({"cities": pd.DataFrame(cities)})


def test_a_claim_has_what_it_says_and_defaults(region):
    (claim,) = parse_claims(GOOD, region)
    assert (claim.id, claim.measure, claim.value, claim.unit) == ("land", "land_share", 4.0, "%")
    assert (claim.relation, claim.decide, claim.source.date) == ("equals", "main", "unknown")
    assert claim.statement.zh == "占4%的土地。"
    # one text stands for both languages
    assert claim.tolerance.reason.en == claim.tolerance.reason.zh == "whole per cent"
    assert (claim.band.low, claim.band.high) == pytest.approx((0.035, 0.045))


def test_a_variant_takes_over_what_it_does_not_say(region):
    text = GOOD.replace("land_share", "fastest_train").replace('"%"', '"min"')
    text += 'parameters = { year = 2019 }\nat = { from_id = "甲", to_id = "B" }\n'
    text += '[[claims.variants]]\nid = "then"\nlabel = "then"\nparameters = { year = 2012 }\n'
    text += '[[claims.variants]]\nid = "share"\nlabel = "share"\nmeasure = "gdp_share"\ncompare = false\n'
    (claim,) = parse_claims(text, region)
    then, share = claim.variants
    assert (then.measure, then.parameters, then.at) == ("fastest_train", {"year": 2012}, {"from_id": "a", "to_id": "b"})
    assert (share.parameters, share.at, share.compare) == ({}, {}, False)


def test_the_template_is_a_claims_file_for_any_region_with_cities(region):
    (claim,) = parse_claims(template(), region)
    assert claim.measure == "city_count"
    # what it explains in comments is what is accepted
    commented = re.sub(
        r"(?m)^# (?=(parameters|at|relation|decide|tolerance|needs|note|\[\[|id|label|measure|compare))", "", template()
    )
    commented = (
        commented.replace('"city_count"', '"typical_time"').replace('"cities"   ', '"min"   ').replace("杭州", "甲")
    )
    (claim,) = parse_claims(commented.replace("上海", "乙"), region)
    assert claim.variants[0].id == "typical"


def test_the_shipped_claims_are_read_from_any_copy_of_the_file(tmp_path):
    region = example("yrd")
    shipped = (files("megaregion") / "examples" / "yrd" / "claims.toml").read_text(encoding="utf-8")
    copy = tmp_path / "copy.toml"
    copy.write_bytes(b"\xef\xbb\xbf" + shipped.encode())
    assert parse_claims(read_text(copy), region) == parse_claims(shipped, region)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("value = 4", "value = '4'"), "claim land: field 'value' is '4'; expected a number"),
        (("value = 4", "value = nan"), "field 'value' is nan; expected a number"),
        (("value = 4\n", ""), "field 'value' is missing; expected a number"),
        (('unit = "%"', 'unit = "per cent"'), "field 'unit' is 'per cent'; expected one of min, h, %"),
        (
            ('unit = "%"', 'unit = "km"'),
            "line 11: claim land: field 'unit' is 'km', which measure 'land_share' has not: it is in 'share'",
        ),
        (("land_share", "land_shar"), r"'land_shar' is no measure; .* Did you mean 'land_share'\?"),
        (('"land_share"', '"lake_share"\ndomain = "environment"'), "field 'needs' missing; a claim whose measure"),
        (("value = 4", "valu = 4\nvalue = 4"), r"field 'valu' is no field of a claim; .* Did you mean 'value'\?"),
        (('id = "land"', 'id = "Land Share"'), "field 'id' is 'Land Share'; expected small letters, digits and dashes"),
        (("absolute = 0.5", "absolute = -1"), "field 'tolerance' absolute is -1.0; expected 0 or more"),
        (("absolute = 0.5", "absolute = 0.5, share = 0.1"), "field 'tolerance' expected one of absolute"),
        ((', reason = "whole per cent"', ""), "field 'tolerance' reason is missing"),
        (
            ("value = 4", 'value = 4\nrelation = "about"'),
            "field 'relation' is 'about'; expected equals, at least, at most",
        ),
        (("value = 4", 'value = 4\ndecide = "all"'), "field 'decide' 'all' without readings"),
        (("value = 4", "value = 4\nparameters = { yaer = 2019 }"), "has no parameter 'yaer'; it has area"),
        (
            ("value = 4", 'value = 4\nat = { city_id = "甲" }'),
            "field 'at' names city_id, but measure 'land_share' has one",
        ),
        (
            ("land_share", "gdp"),
            r"field 'at' names nothing, but measure 'gdp' has a value for each city; expected \{ city",
        ),
        (
            ('"land_share"', '"gdp"\nat = { city_id = "丙" }'),
            "field 'at' city_id: no city '丙' in region 'paper'",
        ),
        (
            ("value = 4", 'value = 4\nnote = "It is {velue}."'),
            r"has a placeholder \{velue\}; expected one of \{value\}",
        ),
        (('zh = "占4%的土地。"', 'zh = ""'), "field 'statement' is .*; expected text, or"),
        (('en = "The article"\n', ""), "field 'source' is .*; expected text, or"),
        (("[[claims]]", "[[claim]]"), "no claims; expected one or more sections"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_claim(region, change, message):
    assert change[0] in GOOD
    with pytest.raises(InputError, match=message):
        parse_claims(GOOD.replace(*change), region, where="claims.toml")


def test_all_problems_are_told_at_once_with_their_lines(region):
    other = GOOD[GOOD.index("[[claims]]") :].replace('"land"', '"other"').replace("value = 4", "value = []")
    text = GOOD.replace("value = 4", "value = true").replace('"%"', '"parts"') + other
    with pytest.raises(InputError) as caught:
        parse_claims(text, region, where="my.toml")
    told = str(caught.value).splitlines()
    assert told[0] == "claims file my.toml: 3 problems; nothing was changed."
    assert told[1].startswith("my.toml line 10: claim land: field 'value' is True; expected a number.")
    assert told[2].startswith("my.toml line 11: claim land: field 'unit' is 'parts'; expected one of min, h, %")
    assert told[3].startswith("my.toml line 17: claim other: field 'value' is []; expected a number.")
    assert all(line.endswith("[claim_unusable]") and "fix: correct it" in line for line in told[1:])
    assert len(caught.value.notices) == 3


def test_a_problem_of_a_variant_has_its_line(region):
    text = GOOD + '[[claims.variants]]\nid = "then"\n\nlabel = 7\n'
    with pytest.raises(InputError, match=r"line 16: claim land, variant then: field 'label' is 7; expected text"):
        parse_claims(text, region, where="my.toml")


def test_two_claims_of_one_id_are_refused(region):
    with pytest.raises(InputError, match="line 14: claim land: field 'id' 'land' is the id of another claim as well"):
        parse_claims(GOOD + GOOD[GOOD.index("[[claims]]") :], region, where="my.toml")


def test_files_that_are_none(tmp_path, region):
    with pytest.raises(
        InputError, match=r"no such claims file; `megaregion evidence --template > none.toml` makes one"
    ):
        read_text(tmp_path / "none.toml")
    with pytest.raises(InputError, match="no such claims file"):
        read_text(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"[[claims]]\nid = '\xe9'\n")
    with pytest.raises(InputError, match=r"latin.toml line 2: byte 17 is not UTF-8"):
        read_text(tmp_path / "latin.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * 2_000_001)
    with pytest.raises(InputError, match="more than 2,000,000 bytes"):
        read_text(tmp_path / "long.toml")
    with pytest.raises(InputError, match=r"my.toml: not TOML: .*line 1.*a claim begins with \[\[claims\]\]"):
        parse_claims("id = land", region, where="my.toml")


FULL = tomllib.loads(
    GOOD
    + """
parameters = { area = "CHN" }
at = {}
relation = "equals"
decide = "main"
needs = "a survey"
domain = "land"
note = "{value}"
source = { en = "x", zh = "y" }
[[claims.variants]]
id = "then"
label = "then"
measure = "gdp"
parameters = { year = 2012 }
at = { city_id = "甲" }
compare = false
"""
)
ODD = st.sampled_from(
    [None, True, -1, 2.5, "", "gdp", "{x}", [], [1], [{}], {}, {"en": 1}, {"year": "soon"}, {"a": []}]
)


@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_told(data):
    """Any field may hold anything: the file is read, or refused with findings; nothing else happens."""
    document = copy.deepcopy(FULL)
    places = [document, document["claims"][0], document["claims"][0]["variants"][0], document["claims"][0]["tolerance"]]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(ODD)
    cities = {"city_id": ["a"], "name": ["甲市"], "lon": [0.0], "lat": [0.0]}
    region = mr.Region("paper").with_tables({"cities": pd.DataFrame(cities)})
    with pytest.MonkeyPatch.context() as patch:
        # the document as a parser would give it, with values that TOML can hold and some that it cannot
        patch.setattr(tomllib, "loads", lambda _: document)
        try:
            claims = parse_claims("", region)
        except InputError as problem:
            found = problem.notices
        else:
            found = [claim.band for claim in claims]
    assert found
