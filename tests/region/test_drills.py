"""Drills: what a region folder survives. Each promise of docs/storage.md is shown by one of them."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from megaregion.errors import DamageError, FormatError, InputError, StorageError
from megaregion.region import durable, objects, snapshot
from megaregion.region.store import Store

STAGE = Path(__file__).with_name("drill_stage.py")
KILLS = 80


def stage(drill, **arguments):
    """Run a drill on its stage and return what it reports."""
    command = [sys.executable, str(STAGE), drill, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cities(*keys):
    return pd.DataFrame({"city_id": list(keys), "name": ["NA"] * len(keys), "lon": 120.0, "lat": 30.0})


def put(store, *keys, disk=None):
    writer = Store.open(store.path, disk=disk) if disk else store
    return writer.commit(lambda region: region.with_table("cities", cities(*keys)), message=" ".join(keys))


def keys(store, version=None):
    return store.read(version).table("cities")["city_id"].tolist()


def errors(store):
    return [notice.render() for notice in store.check(deep=True).of("error")]


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "delta", name="delta")
    put(store, "0012")
    return store


class Death(BaseException):
    """The process is dead: nothing after this point happens."""


class FaultyDisk:
    """
    Disk whose n-th call fails.

    `number` is the call that fails, 0 for none. Kind "once" fails that call, "always" all calls from it on, "death" too
    but so that no clean-up code runs, and "lost reply" makes the call and then reports a failure.
    """

    def __init__(self, number=0, kind="once", code=errno.EIO, refuse=()):
        self.calls, self.number, self.kind, self.code, self.refuse = 0, number, kind, code, set(refuse)
        self.disk = durable.Disk()

    def __getattr__(self, name):
        call = getattr(self.disk, name)

        def counted(*arguments, **options):
            self.calls += 1
            due = self.calls == self.number if self.kind in {"once", "lost reply"} else self.calls >= self.number > 0
            if name == "close":
                # the kernel closes files of the dead as well
                call(*arguments, **options)
                if due and self.kind != "death":
                    raise OSError(self.code, os.strerror(self.code))
                return None
            if due and self.kind == "lost reply":
                call(*arguments, **options)
            if due and self.kind == "death":
                raise Death
            if due or name in self.refuse:
                raise OSError(self.code, os.strerror(self.code))
            return call(*arguments, **options)

        return counted


def test_f1_kill_9_in_eighty_random_places_tears_and_loses_nothing(tmp_path):
    store = Store.create(tmp_path / "delta", name="delta")
    report = stage("kills", folder=str(store.path), rounds=KILLS, seed=7)

    assert report["torn"] == []
    assert len(report["acknowledged"]) > KILLS / 4
    assert errors(store) == []
    assert store.versions() == list(range(1, store.head + 1))
    log = store.log().set_index("version")["message"]
    for line in report["acknowledged"]:
        version, key = line.split()
        assert log[int(version)] == key
    # each version adds one row, so the newest holds what every version before it said
    assert keys(store) == log.sort_index().tolist()
    put(store, "next")
    gone = store.gc(dry_run=False, min_age_s=0)
    # some kills came in the middle of a commit
    assert len(gone) > 0
    assert set(gone["kind"]) <= {"temporary", "object"}
    assert list(store.check(deep=True)) == []


def test_f2_the_kill_drill_bites_a_naive_writer(tmp_path):
    report = stage("naive", folder=str(tmp_path), rounds=12, longest_s=0.1, seed=7)
    assert report["kills"] == 12
    assert report["unreadable"] >= 1


def test_f3_a_file_size_limit_changes_nothing(store):
    report = stage("file_size_limit", folder=str(store.path), limit=20_000)
    assert report["error"] == "StorageError"
    assert "bytes needed" in report["message"]
    assert "ulimit -f" in report["message"]
    assert store.head == 1
    assert list((store.path / "tmp").glob(".tmp-*")) == []
    assert put(store, "next") == 2


def test_f3_a_full_disk_changes_nothing(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root only")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system could be mounted: {mounted.stderr.strip()}")
    try:
        store = Store.create(tmp_path / "delta", name="delta")
        put(store, "0012")
        large = [os.urandom(32).hex() for _ in range(60_000)]
        with pytest.raises(StorageError, match=r"bytes needed.*No space left.*bytes are free.*Free some space"):
            put(store, *large)
        assert store.head == 1
        assert list((store.path / "tmp").glob(".tmp-*")) == []
        assert put(store, "next") == 2
        assert errors(store) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def everything(folder, disk, said):
    """All that a store does, in order; `said` grows by the content of each version whose commit returned."""
    store = Store.open(folder, disk=disk)
    put(store, "0012", "0013")
    said.append(2)
    store.commit(lambda region: region.with_table("cities", cities("0014")), message="again")
    said.append(3)
    store.put_result("result-1", cities("0012"))
    store.get_result("result-1")
    assert keys(store) == ["0014"]
    store.gc(dry_run=False, keep_versions=2, min_age_s=0)
    store.log()


EXPECTED = {1: ["0012"], 2: ["0012", "0013"], 3: ["0014"]}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("once", errno.EIO),
        ("always", errno.ENOSPC),
        ("lost reply", errno.EIO),
        ("death", 0),
    ],
)
def test_f4_every_call_fails_in_its_turn(store, tmp_path, kind, code):
    template = tmp_path / "template"
    shutil.copytree(store.path, template)
    shutil.rmtree(store.path)
    failed = 0
    for number in range(1, 1_000):
        shutil.copytree(template, store.path)
        disk = FaultyDisk(number, kind, code)
        said = [1]
        finished, message = False, str(store.path)
        try:
            everything(store.path, disk, said)
            finished = True
        except StorageError as problem:
            failed += 1
            message = str(problem)
        except Death:
            failed += 1

        # an error of the disk names the file; any other exception fails the drill
        assert str(store.path) in message, f"call {number}"
        again = Store.open(store.path)
        assert errors(again) == [], f"call {number}"
        # a commit that reported failure may stand, one that returned must
        assert said[-1] <= again.head <= said[-1] + 1, f"call {number}"
        for version in again.versions():
            assert keys(again, version) == EXPECTED[version], f"call {number}"
        again.gc(dry_run=False, min_age_s=0)
        assert list(again.check(deep=True)) == [], f"call {number}"
        assert put(again, "next") == again.head
        shutil.rmtree(store.path)
        if finished and disk.calls < number:
            break
    assert finished
    assert disk.calls < number
    assert failed > 40


@pytest.mark.parametrize("kind", ["once", "lost reply", "death"])
def test_f4_a_creation_that_fails_anywhere_can_be_made_again(tmp_path, kind):
    for number in range(1, 100):
        path = tmp_path / f"delta{number}"
        disk = FaultyDisk(number, kind)
        try:
            Store.create(path, name="delta", disk=disk)
        except (StorageError, Death):
            finished = False
        else:
            finished = True
        made = (path / "megaregion.json").exists()
        assert made or not finished
        store = Store.open(path) if made else Store.create(path, name="delta")
        assert put(store, "0012") == 1
        assert errors(store) == []
        if disk.calls < number:
            break
    assert finished
    assert number > 10


def test_f4_file_systems_without_hard_links_or_locks_still_commit(store):
    without_links = FaultyDisk(code=errno.EOPNOTSUPP, refuse={"link"})
    assert put(store, "0013", disk=without_links) == 2
    without_locks = FaultyDisk(code=errno.EOPNOTSUPP, refuse={"lock"})
    assert put(store, "0014", disk=without_locks) == 3
    assert keys(store) == ["0014"]
    # with neither, nothing keeps two writers apart
    with pytest.raises(StorageError, match="cannot write"):
        put(store, "0015", disk=FaultyDisk(code=errno.EOPNOTSUPP, refuse={"link", "lock"}))
    assert store.head == 3
    assert errors(store) == []


def test_f5_a_read_only_region_is_read_and_says_so_when_changed(store):
    changing = {"make_folder", "create", "write", "link", "replace", "remove", "touch"}
    read_only = Store.open(store.path, disk=FaultyDisk(code=errno.EROFS, refuse=changing))
    assert keys(read_only) == ["0012"]
    assert len(read_only.log()) == 1
    assert len(read_only.check(deep=True)) == 0
    with pytest.raises(StorageError, match=r"cannot write.*region is read-only for this process.*Correct owner"):
        put(read_only, "0013")
    assert store.head == 1


def test_f6_six_writers_lose_nothing(tmp_path):
    store = Store.create(tmp_path / "delta", name="delta")
    report = stage("writers", folder=str(store.path), commits=25)
    assert report["codes"] == [0] * 6
    assert sorted(report["versions"]) == list(range(1, 151))
    assert store.versions() == list(range(1, 151))
    assert sorted(keys(store)) == sorted(f"{actor}-{number}" for actor in range(6) for number in range(25))
    assert keys(store) == store.log().sort_values("version")["message"].tolist()
    assert errors(store) == []


def test_f7_a_pinned_version_never_changes_while_others_commit(store):
    put(store, "0012", "pinned")
    pinned = store.read()
    before = {file: file.read_bytes() for file in (store.snapshot_file(2),)}
    command = [sys.executable, str(STAGE), "commits", json.dumps({"folder": str(store.path), "count": 100})]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        swept, reads = 0, 0
        while writer.poll() is None:
            assert keys(store, 2) == ["0012", "pinned"]
            newest = store.read()
            assert len(newest.table("cities")) == int(newest.version)
            del newest
            gone = store.gc(dry_run=False, keep_versions=2, min_age_s=0)
            swept += int((gone["action"] == "remove").sum())
            reads += 1
        assert writer.returncode == 0, writer.stderr.read()
    gone = store.gc(dry_run=False, keep_versions=2, min_age_s=0)
    swept += int((gone["action"] == "remove").sum())
    assert store.head == 102
    assert reads > 3
    # of 102 versions two are the newest and one is pinned; each has a table of its own
    assert swept >= 2 * 99
    # it was opened before all this and reads its table only now
    assert pinned.table("cities")["city_id"].tolist() == ["0012", "pinned"]
    assert all(file.read_bytes() == data for file, data in before.items())
    listed = store.gc(keep_versions=1, min_age_s=0)
    kept = listed[(listed["action"] == "keep") & (listed["kind"] == "snapshot")]
    assert kept["path"].tolist() == ["snapshots/00000002.json"]
    assert kept["why"].tolist() == ["somebody reads this version"]
    del pinned
    store.gc(dry_run=False, keep_versions=1, min_age_s=0)
    assert store.versions() == [102]
    assert errors(store) == []


def only_object(store):
    return objects.file_of(store, store.snapshot(store.head).tables["cities"].sha256)


def flip(file, position):
    data = bytearray(file.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("damage", ["cut", "empty", "flip"])
def test_f8_a_damaged_object_is_named_and_mended_by_the_same_data(store, damage):
    file = only_object(store)
    whole = file.read_bytes()
    if damage == "flip":
        flip(file, 60)
    else:
        file.write_bytes(whole[:-50] if damage == "cut" else b"")
    with pytest.raises(
        DamageError, match=r"table 'cities' of version 1 is damaged.*expected .* bytes.*Restore"
    ) as caught:
        keys(store)
    assert str(file) in str(caught.value)
    assert [notice.code for notice in store.check(deep=True)] == ["store_object_damaged"]
    # a flipped bit leaves the size as it was: only the deep check reads the bytes
    assert len(store.check()) == (0 if damage == "flip" else 1)
    assert put(store, "0012").changed == ()
    assert file.read_bytes() == whole
    assert keys(store) == ["0012"]


def test_f8_no_flipped_byte_goes_unseen(store):
    file = only_object(store)
    whole = file.read_bytes()
    for position in range(0, len(whole), 7):
        flip(file, position)
        with pytest.raises(DamageError):
            keys(store)
        file.write_bytes(whole)
    assert keys(store) == ["0012"]


def test_f8_control_parquet_alone_reads_wrong_numbers_in_silence(tmp_path):
    file = tmp_path / "plain.parquet"
    table = pa.table({"number": list(range(1_000, 2_000))})
    pq.write_table(table, file, compression="none", use_dictionary=False)
    # among the 8,000 bytes of the numbers
    flip(file, 4_000)
    read = pq.read_table(file)
    assert read.num_rows == table.num_rows
    assert not read.equals(table)


def test_f9_a_missing_object_is_named_with_the_version_that_needs_it(store):
    file = only_object(store)
    file.unlink()
    with pytest.raises(DamageError, match=r"table 'cities' of version 1 is missing.*Restore the file") as caught:
        keys(store)
    assert str(file) in str(caught.value)
    (notice,) = store.check()
    assert (notice.code, notice.file) == ("store_object_missing", file.relative_to(store.path).as_posix())
    assert "table 'cities' of version 1" in notice.message


def test_f9_a_change_elsewhere_does_not_hide_a_missing_object(store):
    only_object(store).unlink()
    frame = pd.DataFrame({"source_id": ["yearbook"], "title": ["Yearbook"]})
    with pytest.raises(DamageError, match="table 'cities' of version 1 is missing"):
        store.commit(lambda region: region.with_table("sources", frame), message="sources")
    assert store.head == 1


def test_f9_an_edited_snapshot_is_refused_and_older_versions_still_open(store):
    put(store, "0013")
    file = store.snapshot_file(2)
    file.write_text(file.read_text().replace('"rows": 1', '"rows": 2'))
    with pytest.raises(DamageError, match=r"00000002.json: the checksum does not fit.*Restore"):
        store.read()
    assert next(notice.code for notice in store.check()) == "store_snapshot_damaged"
    assert keys(store, 1) == ["0012"]
    with pytest.raises(DamageError):
        store.gc(dry_run=False, keep_versions=1, min_age_s=0)
    assert store.versions() == [1, 2]


@pytest.mark.parametrize("contents", [b"", b"[]", b"{", b'{"format": 1}', b'{"format": "one"}', b"\xff\xfe"])
def test_f9_a_snapshot_of_anything_is_refused_by_name(store, contents):
    store.snapshot_file(2).write_bytes(contents)
    with pytest.raises((DamageError, FormatError), match=r"00000002\.json"):
        store.read()
    assert keys(store, 1) == ["0012"]


@pytest.mark.parametrize("table", ["../../etc", "Cities"])
def test_f9_a_sealed_snapshot_with_an_unsafe_name_is_refused(store, table):
    contents = snapshot.unseal(store.snapshot_file(1).read_bytes(), where="")
    contents["tables"] = {table: contents["tables"]["cities"]}
    store.snapshot_file(1).write_bytes(snapshot.seal({"format": 1, **contents}))
    with pytest.raises(DamageError, match="not the snapshot of version 1: found table"):
        store.read()


def test_f9_a_sealed_snapshot_with_an_unsafe_hash_is_refused(store):
    contents = snapshot.unseal(store.snapshot_file(1).read_bytes(), where="")
    contents["tables"]["cities"]["sha256"] = "../../../etc/passwd"
    store.snapshot_file(1).write_bytes(snapshot.seal({"format": 1, **contents}))
    with pytest.raises(DamageError, match="is no SHA-256"):
        store.read()


@pytest.mark.parametrize("name", ["megaregion.json", "snapshots/00000001.json"])
def test_f9_a_newer_format_asks_for_an_upgrade(store, name):
    file = store.path / name
    contents = snapshot.unseal(file.read_bytes(), where="")
    contents["software"] = {"megaregion": "9.1.0"}
    file.write_bytes(snapshot.seal({"format": snapshot.FORMAT + 1, **contents}))
    with pytest.raises(
        FormatError, match=r"written by megaregion 9\.1\.0 as format 2.*up to format 1\. Upgrade"
    ) as caught:
        Store.open(store.path).read()
    assert str(file) in str(caught.value)


def test_f12_versions_count_up_whatever_the_clock_says(store, monkeypatch):
    monkeypatch.setattr("megaregion.region.store._now", lambda: "1999-12-31T23:59:59+00:00")
    assert put(store, "0013") == 2
    assert keys(store) == ["0013"]
    assert store.log()["version"].tolist() == [2, 1]


def test_f14_an_interrupt_leaves_whole_versions_and_no_temporary_file(tmp_path):
    store = Store.create(tmp_path / "delta", name="delta")
    report = stage("interrupts", folder=str(store.path), rounds=20, longest_s=0.1, seed=7)
    assert report["codes"] == [130] * 20
    assert report["left"] == []
    assert errors(store) == []
    assert len(keys(store)) == store.head


def test_a_version_that_does_not_exist_is_an_input_error(store):
    with pytest.raises(InputError, match="no version 7; the versions are 1 to 1"):
        store.read(7)
