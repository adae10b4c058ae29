"""Notes of readers: kept with the region, whoever writes and whatever fails."""

import csv
import io
import multiprocessing

import pytest

import megaregion as mr
from megaregion.errors import DamageError, InputError, LimitError, StorageError
from megaregion.publish.server_errors import MissingError
from megaregion.publish.server_notes import COLUMNS, FILE, MAX_NOTES, Notes
from megaregion.region.durable import Disk
from support.served import opened

NOTE = {"lon": 121.3, "lat": 31.2, "text": "新线从这里走\nline two", "author": "王", "view": "#year=2019"}


@pytest.fixture
def folder(tmp_path):
    mr.new(tmp_path / "delta")
    return tmp_path / "delta"


def write_many(folder, number):
    notes = Notes(folder)
    for count in range(10):
        notes.add({**NOTE, "text": f"{number}-{count}"})


def test_a_note_comes_back_as_it_was_written(folder):
    made = Notes(folder).add(NOTE)
    assert {name: made[name] for name in NOTE} == NOTE
    assert Notes(folder).listed() == [made]
    assert tuple(made) == tuple(sorted(made, key=COLUMNS.index))
    Notes(folder).remove(made["id"])
    assert Notes(folder).listed() == []


def test_notes_change_no_version_and_no_figure(folder):
    before = mr.open(folder).version
    Notes(folder).add(NOTE)
    assert mr.open(folder).version == before
    assert not [each for each in (folder / "tmp").iterdir() if each.name.startswith(".tmp-")]


def test_two_writers_lose_nothing(folder):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(folder, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    texts = {note["text"] for note in Notes(folder).listed()}
    assert texts == {f"{number}-{count}" for number in range(3) for count in range(10)}


class FailingDisk(Disk):
    """Fails at the n-th call that changes something."""

    def __init__(self, number):
        self.left = number

    def _count(self):
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    def create(self, path):
        self._count()
        return super().create(path)

    def write(self, descriptor, data):
        self._count()
        return super().write(descriptor, data)

    def sync(self, descriptor):
        self._count()
        super().sync(descriptor)

    def replace(self, source, target):
        self._count()
        super().replace(source, target)


def test_whatever_call_fails_the_notes_are_those_before(folder):
    first = Notes(folder).add(NOTE)
    for number in range(1, 5):
        with pytest.raises(StorageError, match="No space left"):
            Notes(folder, disk=FailingDisk(number)).add({**NOTE, "text": "second"})
        assert Notes(folder).listed() == [first]
    # the fifth call that changes something does not come
    Notes(folder, disk=FailingDisk(5)).add({**NOTE, "text": "second"})
    assert [note["text"] for note in Notes(folder).listed()] == [NOTE["text"], "second"]


def test_a_file_that_is_none_of_ours_is_named(folder):
    (folder / FILE).write_text("{}")
    with pytest.raises(DamageError, match=r"notes\.json: these are no notes"):
        Notes(folder).listed()
    with pytest.raises(DamageError):
        Notes(folder).add(NOTE)
    assert (folder / FILE).read_text() == "{}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "expected an object"),
        ({}, "lon is None"),
        ({**NOTE, "lon": "121"}, "lon is '121'; expected degrees"),
        ({**NOTE, "lon": True}, "lon is True"),
        ({**NOTE, "lon": 181}, "from -180 to 180"),
        ({**NOTE, "lat": float("nan")}, "lat is nan"),
        ({**NOTE, "lat": -90.1}, "from -90 to 90"),
        ({**NOTE, "text": "  "}, "text is blank"),
        ({**NOTE, "text": 5}, "text is 5"),
        ({**NOTE, "text": "a\x00b"}, "control characters"),
        ({**NOTE, "id": "x"}, "no field 'id'"),
    ],
)
def test_what_is_no_note_is_refused(given, words):
    notes = Notes(None)
    with pytest.raises(InputError, match=words):
        notes.add(given)
    assert notes.listed() == []


def test_a_note_may_not_be_a_book(monkeypatch):
    notes = Notes(None)
    with pytest.raises(LimitError, match="2,001 characters; expected up to 2,000"):
        notes.add({**NOTE, "text": "x" * 2_001})
    monkeypatch.setattr("megaregion.publish.server_notes.MAX_NOTES", 2)
    notes.add(NOTE)
    notes.add(NOTE)
    with pytest.raises(LimitError, match="Delete old ones"):
        notes.add(NOTE)
    assert MAX_NOTES == 5_000


def test_a_note_that_is_not_there_cannot_be_deleted():
    with pytest.raises(MissingError, match="no note 'x'"):
        Notes(None).remove("x")


def test_notes_through_the_server(folder):
    with opened(folder) as client:
        assert client.get("/api/about").json()["capabilities"]["notes"] == "kept"
        made = client.post("/api/notes", json={**NOTE, "text": '=HYPERLINK("http://evil.example")'})
        assert made.status_code == 201
        assert client.get("/api/notes").json() == {"notes": [made.json()], "kept": True}
        # what a spreadsheet would take for a formula is text there
        table = client.get("/notes.csv").content.decode("utf-8-sig")
        row = next(csv.DictReader(io.StringIO(table)))
        assert row["text"] == '\'=HYPERLINK("http://evil.example")'
        assert float(row["lon"]) == NOTE["lon"]
        assert client.get("/notes.json").json()["rows"][0]["text"].startswith("=HYPERLINK")
        page = client.post("/api/notes", json={**NOTE, "text": "<script>alert(1)</script>"})
        assert "<script>" not in client.get("/notes").text
        assert "&lt;script&gt;" in client.get("/notes").text
        for note in (made, page):
            assert client.delete(f"/api/notes/{note.json()['id']}").status_code == 204
        gone = client.delete(f"/api/notes/{made.json()['id']}")
        assert (gone.status_code, gone.json()["ok"]) == (404, False)
    assert Notes(folder).listed() == []


def test_an_example_keeps_notes_in_memory_and_says_so():
    with opened() as client:
        assert client.get("/api/about").json()["capabilities"]["notes"] == "memory"
        client.post("/api/notes", json=NOTE)
        assert client.get("/api/notes").json()["kept"] is False
    with opened() as client:
        assert client.get("/api/notes").json()["notes"] == []


def test_a_disk_that_refuses_is_503(folder, monkeypatch):
    with opened(folder) as client:
        monkeypatch.setattr(client.site.notes, "_disk", FailingDisk(1))
        answer = client.post("/api/notes", json=NOTE)
        assert (answer.status_code, answer.json()["ok"]) == (503, False)
        assert "No space left" in answer.json()["error"]
