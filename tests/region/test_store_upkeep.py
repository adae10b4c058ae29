"""Upkeep of a region folder: check says what is damaged, gc lists first and spares what is needed."""

import os
import time

import pandas as pd
import pytest

from megaregion.errors import ConflictError, DamageError, InputError
from megaregion.region import objects, upkeep
from megaregion.region.store import Store

DAY_S = 86_400


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "delta", name="delta")
    for key in ("a1", "a2", "a3"):
        frame = pd.DataFrame({"city_id": [key], "name": ["NA"], "lon": 120.0, "lat": 30.0})
        store.commit(lambda region, frame=frame: region.with_table("cities", frame), message=key)
    return store


def object_of(store, version):
    return objects.file_of(store, store.snapshot(version).tables["cities"].sha256)


def age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def leave_behind(store):
    """One temporary file and one object that nothing needs, both two days old."""
    temporary = store.path / "tmp" / ".tmp-1-dead"
    temporary.write_bytes(b"half")
    loose = store.path / "objects" / "ff" / f"{'f' * 64}.parquet"
    loose.parent.mkdir()
    loose.write_bytes(b"whole")
    for file in (temporary, loose):
        age(file, 2 * DAY_S)
    return temporary, loose


def test_a_sound_region_has_nothing_to_report(store):
    assert list(store.check()) == []
    assert list(store.check(deep=True)) == []
    assert store.gc().empty


def test_gc_lists_first_and_removes_only_what_it_listed(store):
    temporary, loose = leave_behind(store)
    assert store.check().counts == {"store_leftover": 1, "store_unreferenced": 1}
    listed = store.gc()
    assert listed["action"].tolist() == ["remove", "remove"]
    assert listed["path"].tolist() == [file.relative_to(store.path).as_posix() for file in (loose, temporary)]
    assert listed["bytes"].tolist() == [5, 4]
    assert temporary.exists()
    assert loose.exists()
    gone = store.gc(dry_run=False)
    assert gone["path"].tolist() == listed["path"].tolist()
    assert not temporary.exists()
    assert not loose.exists()
    assert list(store.check(deep=True)) == []


def test_gc_spares_what_is_young_and_what_bears_a_date_to_come(store):
    temporary, loose = leave_behind(store)
    age(temporary, 60)
    age(loose, -60)
    listed = store.gc(dry_run=False)
    assert listed["action"].tolist() == ["keep", "keep"]
    assert listed["why"].tolist() == ["younger than 86400 s"] * 2
    assert temporary.exists()
    assert loose.exists()


def test_gc_drops_old_versions_only_when_told_how_many_stay(store):
    kept = object_of(store, 3)
    assert store.gc(dry_run=False, min_age_s=0).empty
    gone = store.gc(dry_run=False, keep_versions=1, min_age_s=0)
    assert gone["kind"].tolist() == ["snapshot", "snapshot", "object", "object"]
    assert store.versions() == [3]
    assert kept.exists()
    assert store.read().table("cities")["city_id"].tolist() == ["a3"]
    assert store.log()["version"].tolist() == [3]
    with pytest.raises(InputError, match="expected at least 1"):
        store.gc(keep_versions=0)


def test_gc_keeps_results_and_what_they_need_unless_told(store):
    frame = pd.DataFrame({"city_id": ["a1"], "share": [0.5]})
    store.put_result("result-1", frame)
    store.gc(dry_run=False, min_age_s=0)
    pd.testing.assert_frame_equal(store.get_result("result-1"), frame)
    gone = store.gc(dry_run=False, min_age_s=0, keep_results=False)
    assert gone["kind"].tolist() == ["result", "object"]
    assert store.get_result("result-1") is None


def test_gc_waits_for_writers_and_gives_up(store, monkeypatch):
    monkeypatch.setattr(upkeep, "WAIT_S", 0.05)
    with store.writing(), pytest.raises(ConflictError, match=r"others wrote .* nothing was removed"):
        store.gc(dry_run=False)
    assert store.gc(dry_run=False).empty


def test_a_writer_makes_an_object_young_before_it_refers_to_it(store):
    file = object_of(store, 1)
    age(file, 2 * DAY_S)
    frame = store.read(1).table("cities")
    store.put_result("result-1", frame)
    assert time.time() - file.stat().st_mtime < DAY_S


def test_check_names_every_damage(store):
    store.put_result("result-1", pd.DataFrame({"share": [0.5]}))
    store.put_result("result-2", pd.DataFrame({"share": [0.7]}))
    pointer = store.path / "results" / "result-2.json"
    pointer.write_text(pointer.read_text().replace('"rows": 1', '"rows": 2'))
    result = objects.file_of(store, store.snapshot(3).tables["cities"].sha256)
    result.write_bytes(b"?" * result.stat().st_size)
    object_of(store, 2).unlink()
    store.snapshot_file(1).write_bytes(b"{}")
    notices = store.check(deep=True)
    assert notices.counts == {
        "store_snapshot_damaged": 1,
        "store_object_missing": 1,
        "store_object_damaged": 1,
        "store_result_damaged": 1,
        # what the damaged version and the damaged pointer need is no longer known
        "store_unreferenced": 2,
    }
    by_code = {notice.code: notice for notice in notices}
    assert by_code["store_snapshot_damaged"].file == "snapshots/00000001.json"
    assert "table 'cities' of version 2" in by_code["store_object_missing"].message
    assert "table 'cities' of version 3" in by_code["store_object_damaged"].message
    with pytest.raises(DamageError):
        store.gc(dry_run=False)


def test_check_sees_a_snapshot_that_lists_other_contents(store):
    other = store.snapshot(1).tables["cities"]
    mine = store.snapshot(2).tables["cities"]
    wrong = type(mine)(sha256=mine.sha256, bytes=mine.bytes, rows=2, content=other.content, schema=mine.schema)
    notices = upkeep.Notices()
    upkeep._check_object(store, wrong, ["table 'cities' of version 2"], notices, deep=True)
    assert [notice.code for notice in notices] == ["store_object_damaged"]
