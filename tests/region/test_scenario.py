"""Scenarios: what an edit must declare, what the scenario makes of it, and what a user is told."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import megaregion
from megaregion.errors import InputError, ScenarioError
from megaregion.notices import Notices
from megaregion.region import edit as edits
from megaregion.region.edit import Change, Ref, Resolution, edit_kind, edit_values, make_edit
from megaregion.region.fingerprint import content_hash
from megaregion.region.model import Region
from megaregion.region.scenario import Scenario
from megaregion.region.toml_text import toml_text

DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCity:
    """Move a city."""

    city_id: str
    lon: float
    marks: tuple[str | Mark, ...] = ()
    pair: tuple[str, int] | None = None
    way: Literal["fast", "slow"] = "fast"
    kind: ClassVar[str]

    def resolve(self, region):
        notices = Notices()
        here = region.table("cities").query(f"city_id == {self.city_id!r}")
        if (here["lon"] > self.lon).any():
            notices.add("out_of_range", "moves west.", field="lon", value=self.lon)
        return Resolution(needs=(Ref("cities", self.city_id),), notices=notices)

    def apply(self, region):
        cities = region.table("cities")
        at = cities["city_id"] == self.city_id
        moved = at & (cities["lon"] != self.lon)
        cities.loc[at, "lon"] = self.lon
        changed = region.with_table("cities", cities) if moved.any() else region
        return Change(region=changed, touched={"cities": int(moved.sum())})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCity:
    """Add a city."""

    city_id: str
    kind: ClassVar[str]

    def resolve(self, region):  # noqa: ARG002
        return Resolution(adds=(Ref("cities", self.city_id),))

    def apply(self, region):
        new = pd.DataFrame([{"city_id": self.city_id, "name": self.city_id, "lon": 0.0, "lat": 0.0}])
        joined = pd.concat([region.table("cities")[new.columns], new], ignore_index=True)
        return Change(region=region.with_table("cities", joined), touched={"cities": 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseCity:
    """Remove a city."""

    city_id: str
    kind: ClassVar[str]

    def resolve(self, region):  # noqa: ARG002
        ref = Ref("cities", self.city_id)
        return Resolution(needs=(ref,), removes=(ref,))

    def apply(self, region):
        cities = region.table("cities")
        gone = cities["city_id"] == self.city_id
        return Change(region=region.with_table("cities", cities[~gone]), touched={"cities": int(gone.sum())})


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Register the kinds of this file for one test at a time."""
    edits.edit_kinds()
    monkeypatch.setattr(edits, "_KINDS", dict(edits._KINDS))
    for name, made in (("move_city", MoveCity), ("found_city", FoundCity), ("lose_city", LoseCity)):
        edit_kind(name)(made)


@pytest.fixture
def region():
    cities = pd.DataFrame({"city_id": ["a", "b"], "name": ["A", "B"], "lon": [120.0, 121.0], "lat": [30.0, 31.0]})
    return Region("paper").with_table("cities", cities)


def lons(region):
    return dict(zip(region.table("cities")["city_id"], region.table("cities")["lon"], strict=True))


# apply


def test_edits_are_applied_in_order_and_the_baseline_stays(region):
    before = content_hash(region)
    kept = region.table("cities").copy(deep=True)
    result = Scenario("s").move_city(city_id="a", lon=125).move_city(city_id="a", lon=130).apply(region)
    assert lons(result.region) == {"a": 130.0, "b": 121.0}
    assert result.touched == {1: {"cities": 1}, 2: {"cities": 1}}
    assert_frame_equal(region.table("cities"), kept)
    assert content_hash(region) == before != content_hash(result.region)


def test_an_empty_scenario_is_the_baseline(region):
    assert Scenario("s").apply(region).region is region
    assert Scenario("s").move_city(city_id="nowhere", lon=1, on=False).apply(region).region is region


def test_all_problems_are_reported_together_and_first(region):
    scenario = (
        Scenario("s")
        .move_city(city_id="aa", lon=1)
        .move_city(city_id="a", lon=1)
        .move_city(city_id="b", lon=130)
        .found_city(city_id="b")
        .lose_city(city_id="zzz")
    )
    with pytest.raises(ScenarioError) as caught:
        scenario.apply(region)
    text = str(caught.value)
    assert text.startswith("scenario 's': 4 problems; nothing was changed.\n")
    assert "scenario 's' edit 1 'move_city': needs 'aa', which field 'city_id' of table cities does not have." in text
    assert "Did you mean 'a'?" in text
    assert "scenario 's' edit 2 'move_city': moves west." in text
    assert "scenario 's' edit 4 'found_city': adds 'b' to table cities, which has it already." in text
    assert "scenario 's' edit 5 'lose_city': needs 'zzz'" in text
    assert [(notice.code, notice.value) for notice in caught.value.notices] == [
        ("unknown_edit_reference", "aa"),
        ("out_of_range", "1.0"),
        ("edit_key_exists", "b"),
        ("unknown_edit_reference", "zzz"),
    ]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [("lose_city", {"city_id": "a"}), ("move_city", {"city_id": "a", "lon": 125})],
            "edit 2 'move_city': needs 'a' of table cities, which edit 1 'lose_city' removes or closes",
        ),
        (
            [("lose_city", {"city_id": "a"}), ("lose_city", {"city_id": "a"})],
            "edit 2 'lose_city': needs 'a' of table cities, which edit 1 'lose_city' removes or closes",
        ),
        (
            [("found_city", {"city_id": "c"}), ("found_city", {"city_id": "c"})],
            "edit 2 'found_city': adds 'c' to table cities, which edit 1 'found_city' adds too",
        ),
    ],
)
def test_edits_that_contradict_each_other_are_named_both(region, steps, message):
    scenario = Scenario("s")
    for kind, values in steps:
        scenario = getattr(scenario, kind)(**values)
    with pytest.raises(ScenarioError, match=re.escape(message)) as caught:
        scenario.apply(region)
    assert [notice.code for notice in caught.value.notices] == ["edit_conflict"]
    assert scenario.switched(1, on=False).apply(region).touched == {2: {"cities": 1}}


def test_a_later_edit_may_need_what_an_earlier_one_adds(region):
    scenario = Scenario("s").found_city(city_id="c").move_city(city_id="c", lon=10)
    assert lons(scenario.apply(region).region)["c"] == 10.0
    with pytest.raises(ScenarioError, match="edit 1 'move_city': needs 'c'"):
        Scenario("s").move_city(city_id="c", lon=10).found_city(city_id="c").apply(region)
    # what only the earlier edit's result can tell is told as well
    with pytest.raises(ScenarioError, match="edit 2 'move_city': moves west"):
        Scenario("s").found_city(city_id="c").move_city(city_id="c", lon=-5).apply(region)


def test_what_was_removed_may_be_added_anew(region):
    result = Scenario("s").lose_city(city_id="a").found_city(city_id="a").move_city(city_id="a", lon=7).apply(region)
    assert lons(result.region) == {"b": 121.0, "a": 7.0}


def test_an_edit_that_changes_nothing_is_said_with_its_number(region):
    scenario = Scenario("s").move_city(city_id="b", lon=122).found_city(city_id="x", on=False)
    result = scenario.move_city(city_id="a", lon=120).apply(region)
    (notice,) = result.notices
    assert (notice.code, notice.severity) == ("edit_touched_nothing", "warning")
    assert notice.message == "edit 3 'move_city' affected 0 cities."
    assert notice.file == "scenario 's' edit 3 'move_city'"


# identity


def test_the_id_is_the_content_of_the_edits_that_are_on():
    one = Scenario("s").move_city(city_id="a", lon=125)
    assert one.id == Scenario("other", comment="x").move_city(city_id="a", lon=125.0, comment="why").id
    assert one.id == one.found_city(city_id="c", on=False).id
    assert one.id == one.with_edit(MoveCity(city_id="b", lon=np.int64(1))).undo().id
    assert one.id == Scenario("s").with_edit(MoveCity(city_id="a", lon=np.int64(125))).id
    different = [
        Scenario("s"),
        one.switched(1, on=False).found_city(city_id="c"),
        Scenario("s").move_city(city_id="a", lon=126),
        one.move_city(city_id="b", lon=1),
        Scenario("s").move_city(city_id="b", lon=1).move_city(city_id="a", lon=125),
        Scenario("s").move_city(city_id="a", lon=125, marks=["m"]),
    ]
    assert len({each.id for each in [one, *different]}) == 7


def test_the_id_of_no_edits_is_the_hash_of_an_empty_list():
    # printf '[]' | sha256sum
    empty = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert Scenario("s").id == Scenario("t").move_city(city_id="a", lon=1, on=False).id == empty


def test_a_scenario_is_a_value(region):
    one = Scenario("s").move_city(city_id="a", lon=125)
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one  # noqa: S301
    assert one.switched(1, on=False).switched(1, on=True) == one
    assert one.found_city(city_id="c").without(1).entries[0].edit == FoundCity(city_id="c")
    assert one.found_city(city_id="c").undo() == one
    assert one.table()["kind"].tolist() == ["move_city"]
    assert one.apply(region).touched == one.apply(region).touched
    for number in (0, 2, -1):
        with pytest.raises(InputError, match=f"scenario 's' has no edit {number}; its edits are 1 to 1"):
            one.without(number)
    with pytest.raises(InputError, match="its edits are none, because it is empty"):
        Scenario("s").undo()


# base


def test_a_scenario_tied_to_other_contents_is_refused_with_both_hashes(region):
    scenario = Scenario("s").move_city(city_id="a", lon=125).based_on(region)
    assert scenario.apply(region).touched == {1: {"cities": 1}}
    assert scenario.id == scenario.rebase(region).id
    other = Scenario("t").move_city(city_id="b", lon=122).apply(region).region
    with pytest.raises(ScenarioError) as caught:
        scenario.apply(other)
    assert content_hash(region) in str(caught.value)
    assert content_hash(other) in str(caught.value)
    assert "rebase" in str(caught.value)
    assert lons(scenario.rebase(other).apply(other).region) == {"a": 125.0, "b": 122.0}
    lost = Scenario("t").lose_city(city_id="a").apply(region).region
    with pytest.raises(ScenarioError, match="edit 1 'move_city': needs 'a'"):
        scenario.rebase(lost)


def test_a_scenario_tied_to_a_version_alone_is_refused_on_another(region):
    scenario = Scenario("s", base_version="7")
    with pytest.raises(ScenarioError, match="made for version 7 of a region; region 'paper' is version unsaved"):
        scenario.apply(region)


def test_the_content_hash_is_of_rows_not_of_names(region):
    assert content_hash(Region("else", region.tables)) == content_hash(region)
    assert content_hash(region.with_table("stops", region.table("stops"))) == content_hash(region)
    turned = region.with_table("cities", region.table("cities").iloc[::-1])
    assert content_hash(turned) != content_hash(region)


# kinds and values


def test_an_unknown_kind_lists_the_kinds_and_suggests_one():
    with pytest.raises(
        ScenarioError, match=r"no edit kind 'add_rail'; the kinds are .*add_line.*move_city.*Did you mean"
    ):
        Scenario("s").add_rail(name="x")
    with pytest.raises(ScenarioError, match=r"no edit kind 'move_citty'.* Did you mean 'move_city'\?"):
        make_edit("move_citty", {})
    assert not hasattr(Scenario("s"), "add_rail")
    assert not hasattr(Scenario("s"), "_private")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"city_id": "a", "lon": 1, "speed": 2},
            r"edit 'move_city': no field 'speed'; the fields are city_id, lon, marks",
        ),
        ({"city_id": "a", "lonn": 1}, r"no field 'lonn'.*Did you mean 'lon'\?"),
        ({"city_id": "a"}, r"field 'lon' is missing; the required fields are city_id, lon"),
        ({"city_id": 7, "lon": 1}, r"field 'city_id' is 7; expected text"),
        ({"city_id": "a", "lon": "east"}, r"field 'lon' is 'east'; expected a finite number"),
        ({"city_id": "a", "lon": True}, r"field 'lon' is True; expected a finite number"),
        ({"city_id": "a", "lon": float("nan")}, r"field 'lon' is nan; expected a finite number"),
        (
            {"city_id": "a", "lon": 1, "marks": "m"},
            r"'marks' is 'm'; expected a list, each item text or a table with label",
        ),
        ({"city_id": "a", "lon": 1, "marks": [{"weight": 2}]}, r"field 'marks': field 'label' is missing"),
        ({"city_id": "a", "lon": 1, "pair": ["a"]}, r"'pair' is \['a'\]; expected a list of 2: text, a whole number"),
        ({"city_id": "a", "lon": 1, "pair": ["a", 1.5]}, r"expected a list of 2: text, a whole number"),
        ({"city_id": "a", "lon": 1, "way": "quick"}, r"field 'way' is 'quick'; expected one of fast, slow"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_accepted(values, message):
    with pytest.raises(InputError, match=message):
        make_edit("move_city", values)


def test_all_that_is_wrong_with_an_edit_is_told_at_once():
    with pytest.raises(InputError) as caught:
        make_edit("move_city", {"lonn": 1, "speed": 2, "city_id": 7, "marks": [{"weight": "x", "labl": "m"}]})
    assert [line.partition(";")[0] for line in str(caught.value).splitlines()] == [
        "edit 'move_city': no field 'lonn'",
        "edit 'move_city': no field 'speed'",
        "edit 'move_city': field 'lon' is missing",
        "edit 'move_city': field 'city_id' is 7",
        "edit 'move_city': field 'marks': no field 'labl'",
        "edit 'move_city': field 'marks': field 'label' is missing",
        "edit 'move_city': field 'marks': field 'weight' is 'x'",
    ]


def test_a_kind_is_registered_once(monkeypatch):
    monkeypatch.setattr(edits, "_KINDS", dict(edits._KINDS))
    with pytest.raises(
        ValueError, match=r"edit kind 'add_line' is defined by megaregion.mobility.edits.add_line and by"
    ):
        edit_kind("add_line")(FoundCity)

    @dataclass(frozen=True, kw_only=True)
    class Commented:
        comment: str

    with pytest.raises(ValueError, match="a field cannot be called 'comment'; reserved are kind, on, comment"):
        edit_kind("commented")(Commented)


def test_an_installed_package_may_bring_kinds(tmp_path, monkeypatch):
    (tmp_path / "reeds_edits.py").write_text(
        "from dataclasses import dataclass\n"
        "from megaregion.region.edit import edit_kind\n\n\n"
        '@edit_kind("cut_reeds")\n@dataclass(frozen=True, kw_only=True)\nclass CutReeds:\n    share: float\n',
        encoding="utf-8",
    )
    about = tmp_path / "reeds-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: reeds\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[megaregion.edits]\nreeds = reeds_edits\n", encoding="utf-8")
    assert "cut_reeds" not in edits.edit_kinds()
    monkeypatch.syspath_prepend(str(tmp_path))
    edits._discover.cache_clear()
    assert make_edit("cut_reeds", {"share": 1}).share == 1.0


# files


def rich():
    return (
        Scenario("metro-2026", comment='says "yes"', base_version="7")
        .move_city(city_id="南京\n\t\\", lon=1.5, marks=["m", {"label": "n", "weight": 2}], comment="why\x7f")
        .move_city(city_id="b", lon=1e-7, pair=["x", 3], way="slow", on=False)
    )


def test_a_scenario_survives_toml_and_plain_values():
    scenario = rich()
    again = Scenario.from_toml(scenario.to_toml())
    assert again == scenario == Scenario.from_dict(scenario.to_dict())
    assert again.id == scenario.id
    assert scenario.to_dict()["edits"][1] == {
        "kind": "move_city",
        "on": False,
        "city_id": "b",
        "lon": 1e-7,
        "pair": ["x", 3],
        "way": "slow",
    }
    assert edit_values(scenario.entries[0].edit)["marks"] == ["m", {"label": "n", "weight": 2.0}]


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])), st.lists, max_leaves=8)))  # fmt: skip
def test_toml_text_reads_back(document):
    assert tomllib.loads(toml_text(document)) == document


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = metro", r"this is not TOML: .*line 1.*Text stands in quotes"),
        ("nmae = 'x'", r"no field 'nmae'; the fields are name, comment.*Did you mean 'name'\?"),
        ("name = 3", r"field 'name' is 3; expected text"),
        ("name = 'x'\nedits = 'y'", r"field 'edits' is 'y'; expected a list"),
        ("name = 'x'\n[[edits]]\non = true", r"edit 1: .*has no kind; write one"),
        ("name = 'x'\n[[edits]]\nkind = 'move_city'\non = 'no'", r"'on' is 'no'.*expected true or false"),
    ],
)
def test_a_file_that_is_wrong_says_where(text, message):
    with pytest.raises(ScenarioError, match=message):
        Scenario.from_toml(text)


def test_all_wrong_edits_of_a_file_are_reported_together():
    bad = [
        {"kind": "add_rail"},
        {"kind": "move_city", "city_id": 1, "lon": "x"},
        {"kind": "found_city", "city_id": "c"},
    ]
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_dict({"name": "s", "edits": bad})
    text = str(caught.value)
    assert text.startswith("scenario 's': 3 problems")
    assert "scenario 's' edit 1: no edit kind 'add_rail'" in text
    assert "scenario 's' edit 2: edit 'move_city': field 'city_id' is 1; expected text." in text
    assert "scenario 's' edit 2: edit 'move_city': field 'lon' is 'x'; expected a finite number." in text


def test_problems_beyond_those_kept_are_counted():
    with pytest.raises(ScenarioError, match=r"^scenario 's': 1100 problems; nothing was changed\.\n") as caught:
        Scenario.from_dict({"name": "s", "edits": [{"kind": "add_rail"}] * 1_100})
    assert "... and 1095 more of [invalid_edit]" in str(caught.value)


# docs


def fenced(page):
    """Blocks of a page that name a file: {file: text}."""
    blocks = re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return dict(blocks)


def test_the_page_on_extending_runs_as_printed(tmp_path):
    blocks = fenced(DOCS / "extending.md")
    assert set(blocks) == {"tables/wetlands.csv", "notices.csv", "edits.py", "use.py", "printed.txt"}
    # the house with one more package in it: nothing that is there is touched
    house = tmp_path / "megaregion"
    house.mkdir()
    for entry in Path(megaregion.__file__).parent.iterdir():
        (house / entry.name).symlink_to(entry)
    package = house / "wetlands"
    (package / "tables").mkdir(parents=True)
    (package / "__init__.py").write_text('"""Wetlands."""\n', encoding="utf-8")
    for name in ("tables/wetlands.csv", "notices.csv", "edits.py"):
        (package / name).write_text(blocks[name], encoding="utf-8")
    (tmp_path / "use.py").write_text(blocks["use.py"], encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "use.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == blocks["printed.txt"]


def test_the_page_on_scenarios_shows_a_file_that_reads():
    page = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    scenario = Scenario.from_toml(text)
    assert [each.edit.kind for each in scenario.entries] == ["change_speed", "add_line"]
    assert Scenario.from_toml(scenario.to_toml()) == scenario
    own = {kind for kind in edits.edit_kinds() if edits.edit_class(kind).__module__.startswith("megaregion.mobility.")}
    assert own == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
