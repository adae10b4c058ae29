"""Scenario files changed piece by piece: what people wrote stays, and what cannot be kept is refused."""

from __future__ import annotations

import errno
import tomllib
from contextlib import suppress

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import ConflictError, InputError, ScenarioError, StorageError
from megaregion.region import durable
from megaregion.region.edit import edit_kinds, make_edit
from megaregion.region.edit_text import field_notes, read_words, summary
from megaregion.region.model import Region
from megaregion.region.scenario import Scenario
from megaregion.region.scenario_file import ScenarioFile

WRITTEN = '''\
# links of the delta, as of May
name = "metro"  # shown in reports

# first: faster trains
[[edits]]
kind = "change_speed" # a comment
comment = """
[[edits]]
on = false
"""
factor = 1.25
route_ids = [
  "r:1", # the main line
]

# second
[[ edits ]]   # spaced
on  =  false  # not yet
kind = 'close_stop'
stop_ids = ["s:1"]
# last words
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def test_an_edit_is_added_behind_what_stands_there(file):
    ScenarioFile.read(file).with_edit("close_stop", {"stop_ids": ["s:2"], "comment": 'why "so"', "on": False}).save()
    text = file.read_text(encoding="utf-8")
    assert (
        text == WRITTEN + '\n[[edits]]\nkind = "close_stop"\non = false\ncomment = "why \\"so\\""\nstop_ids = ["s:2"]\n'
    )
    again = ScenarioFile.read(file).scenario
    assert [each.on for each in again.entries] == [True, False, False]
    assert again.entries[2].comment == 'why "so"'


def test_switching_touches_one_line(file):
    read = ScenarioFile.read(file)
    assert read.switched(2, on=True).text == WRITTEN.replace("on  =  false  # not yet", "on  =  true  # not yet")
    off = read.switched(1, on=False)
    assert off.text == WRITTEN.replace(
        '[[edits]]\nkind = "change_speed"', '[[edits]]\non = false\nkind = "change_speed"'
    )
    assert off.switched(1, on=True).scenario == read.scenario
    assert read.switched(1, on=True) is read
    with pytest.raises(InputError, match="scenario 'metro' has no edit 3; its edits are 1 to 2"):
        read.switched(3, on=True)


def test_undo_gives_back_what_it_takes_out(file):
    undone, removed = ScenarioFile.read(file).undone()
    head, _, tail = WRITTEN.partition("[[ edits ]]")
    assert undone.text == head
    assert removed == f"[[ edits ]]{tail}"
    assert undone.scenario == ScenarioFile.read(file).scenario.undo()
    empty, _ = undone.undone()
    assert empty.text == WRITTEN.partition("[[edits]]")[0]
    with pytest.raises(InputError, match="its edits are none, because it is empty"):
        empty.undone()


def test_a_scenario_is_tied_to_a_region_in_its_file(tmp_path):
    cities = pd.DataFrame({"city_id": ["a"], "name": ["A"], "lon": [120.0], "lat": [30.0]})
    region = Region("paper").with_table("cities", cities)
    tied = ScenarioFile.new(tmp_path / "f.toml", "s").based_on(region)
    assert tied.scenario == Scenario("s").based_on(region)
    other = region.with_table("cities", cities.assign(lon=121.0))
    with pytest.raises(ScenarioError, match="was made for version unsaved"):
        tied.scenario.apply(other)
    again = tied.based_on(other)
    assert again.scenario == Scenario("s").based_on(other)
    assert again.text.count("base_hash") == 1


def test_line_ends_and_byte_order_marks_stay(tmp_path):
    file = tmp_path / "f.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WRITTEN.replace("\n", "\r\n").encode())
    ScenarioFile.read(file).with_edit("close_stop", {"stop_ids": ["s:2"]}).switched(2, on=True).save()
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# links")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert len(ScenarioFile.read(file).scenario.entries) == 3


def test_what_cannot_be_kept_is_refused_and_nothing_written(tmp_path):
    file = tmp_path / "f.toml"
    text = "name = 's'\nedits = [{ kind = 'close_stop', stop_ids = ['a'] }]\n"
    file.write_text(text, encoding="utf-8")
    read = ScenarioFile.read(file)
    changes = (
        lambda: read.with_edit("close_stop", {"stop_ids": ["b"]}),
        lambda: read.switched(1, on=False),
        read.undone,
    )
    for change in changes:
        with pytest.raises(InputError, match=r"f.toml: cannot be changed without touching .*section \[\[edits\]\]"):
            change()
    assert file.read_text(encoding="utf-8") == text


def test_two_writers_do_not_lose_each_others_work(file):
    one, other = ScenarioFile.read(file), ScenarioFile.read(file)
    one.with_edit("close_stop", {"stop_ids": ["s:2"]}).save()
    with pytest.raises(ConflictError, match=r"f.toml: the file was changed by somebody else"):
        other.with_edit("close_stop", {"stop_ids": ["s:3"]}).save()
    assert ScenarioFile.read(file).scenario.entries[-1].edit == make_edit("close_stop", {"stop_ids": ["s:2"]})
    with pytest.raises(ConflictError, match=r"f.toml: the file is there already"):
        ScenarioFile.new(file, "new").save()
    assert [each.name for each in file.parent.iterdir()] == ["f.toml"]


class FullDisk:
    """The n-th call to the file system finds no room."""

    def __init__(self, failing):
        self.left = failing

    def __getattr__(self, name):
        def call(*arguments, **more):
            self.left -= 1
            if not self.left:
                raise OSError(errno.ENOSPC, "no space left")
            return getattr(durable.Disk(), name)(*arguments, **more)

        return call


def test_a_file_is_old_or_new_whichever_call_fails(file):
    for failing in range(1, 30):
        disk = FullDisk(failing)
        before = ScenarioFile.read(file)
        after = before.with_edit("close_stop", {"stop_ids": [f"s:{failing}"]})
        with suppress(StorageError):
            after.save(disk=disk)
        assert file.read_text(encoding="utf-8") in {before.text, after.text}
        assert [each.name for each in file.parent.iterdir()] == ["f.toml"]
        if disk.left > 0:
            break
    assert failing > 5
    assert disk.left > 0


def test_a_file_that_is_none_says_where(tmp_path):
    with pytest.raises(InputError, match=r"none.toml: no such scenario file; `megaregion scenario new none.toml`"):
        ScenarioFile.read(tmp_path / "none.toml")
    file = tmp_path / "f.toml"
    file.write_bytes("name = 's'\ncomment = '苏州'".encode("gb18030"))
    with pytest.raises(InputError, match=r"f.toml line 2: byte 22 is not UTF-8"):
        ScenarioFile.read(file)
    file.write_text("name = 's'\n[[edits]]\nkind = 'add_rail'\n[[edits]]\nkind = 'close_stop'\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        ScenarioFile.read(file)
    assert "edit 1: no edit kind 'add_rail'; the kinds are" in str(caught.value)
    assert "edit 2: edit 'close_stop': field 'stop_ids' is missing" in str(caught.value)


@given(
    stops=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3),
    comment=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_text_survives_being_added_switched_and_undone(stops, comment):
    start = ScenarioFile.new("f.toml", "s")
    added = start.with_edit("close_stop", {"stop_ids": stops, "comment": comment})
    added = added.with_edit("close_stop", {"stop_ids": ["x"]})
    off = added.switched(1, on=False)
    assert tomllib.loads(off.text)["edits"][0]["stop_ids"] == stops
    assert off.undone()[0].undone()[0].text == start.text
    assert off.scenario.entries[0].comment == comment


# words


@pytest.mark.parametrize(
    ("kind", "words", "values"),
    [
        ("change_speed", ["factor=2", "between=a,b"], {"factor": 2, "between": ["a", "b"]}),
        ("retime", ["shift_s=-60", "modes=1,2"], {"shift_s": -60, "modes": [1, 2]}),
        ("close_stop", ["stop_ids=a", "stop_ids=b,c"], {"stop_ids": ["a", "b", "c"]}),
        ("close_stop", ['stop_ids=["a, b"]', "on=false", "comment=a = b"],
         {"stop_ids": ["a, b"], "on": False, "comment": "a = b"}),
        ("add_station", ['station={"name": "N", "lon": 1, "lat": 2}', "between=a,b"],
         {"station": {"name": "N", "lon": 1, "lat": 2}, "between": ["a", "b"]}),
        ("add_station", ["station=rail:B", "between=a,b"], {"station": "rail:B", "between": ["a", "b"]}),
        ("add_line", ["dwell_s=30", "exact_times=true", "speed_kmh=80"],
         {"dwell_s": 30, "exact_times": True, "speed_kmh": 80}),
        ("add_line", ["dwell_s=30,40", 'timetable=[["07:00", "07:10"]]'],
         {"dwell_s": [30, 40], "timetable": [["07:00", "07:10"]]}),
        ("add_line", ['headways={"headway_s": 300, "start": "07:00", "end": "09:00"}'],
         {"headways": [{"headway_s": 300, "start": "07:00", "end": "09:00"}]}),
    ],
)  # fmt: skip
def test_words_are_read_by_the_types_of_the_fields(kind, words, values):
    assert read_words(kind, words) == values


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["factor"], r"'factor' is no field; expected field=value, as in factor=1.25"),
        (["factor=1", "factor=2"], "field 'factor' is given twice and takes one value"),
        (["route_ids=[a"], r"field 'route_ids': this is not JSON: .*in single quotes for the shell"),
    ],
)
def test_words_that_cannot_be_read_say_why(words, message):
    with pytest.raises(InputError, match=message):
        read_words("change_speed", words)


def test_what_is_of_the_wrong_type_is_refused_in_the_words_of_the_edit():
    with pytest.raises(InputError, match="field 'factor' is 'fast'; expected a finite number"):
        make_edit("change_speed", read_words("change_speed", ["factor=fast"]))
    with pytest.raises(InputError, match=r"no field 'facto'; .*Did you mean 'factor'\?"):
        make_edit("change_speed", read_words("change_speed", ["facto=2"]))


def test_every_field_of_every_kind_says_what_it_means():
    for kind, made in edit_kinds().items():
        if made.__module__.startswith("megaregion."):
            assert summary(kind).endswith("."), kind
            assert [(kind, note.name) for note in field_notes(kind) if not note.meaning.endswith(".")] == []
    notes = {note.name: note for note in field_notes("add_line")}
    assert notes["stops.lon"].meaning == "Position, degrees, WGS84."
    assert notes["dwell_s"].accepted == "a whole number or a list, each item a whole number"
    assert (notes["name"].default, notes["exact_times"].default) == ("", "false")
    assert "below 0 = earlier" in {note.name: note for note in field_notes("retime")}["shift_s"].meaning
