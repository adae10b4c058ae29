"""Work in blocks: the same bytes whatever the blocks, the workers and what goes wrong with them."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, Future
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from megaregion.errors import ConflictError, InputError, MegaregionError, StorageError
from megaregion.study import blocks as module
from megaregion.study import content_key
from megaregion.study.block_parts import opened, parts_folder
from megaregion.study.blocks import ATTEMPTS, Blocks, run_blocks, write_parquet
from megaregion.study.content_key import question_key
from megaregion.study.worker_pools import answer
from support.block_tasks import Chaos, Products, Slow

TESTS = Path(__file__).parents[1]
N = 40


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(path, task=None, *, n=N, **options):
    return run_blocks(task or Products(), n, path, question={"n": n}, blocks=Blocks(**options))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Bytes of the result when computed as one block."""
    path = tmp_path_factory.mktemp("plain") / "od.parquet"
    run(path, size=N, workers=1)
    return digest(path)


def test_the_file_holds_the_rows_in_order(tmp_path):
    path = run(tmp_path / "od.parquet", size=3, workers=2).path
    table = pq.read_table(path)
    assert table.schema.field("from_id").type == pa.string()
    assert table["from_id"].to_pylist() == [f"o{row}" for row in range(N) for _ in range(7)]
    expected = np.outer(np.arange(N), np.arange(7)).astype(np.float32)
    expected[:, 3] = np.inf
    assert np.array_equal(table["product"].to_numpy().reshape(N, 7), expected)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["od.parquet"]


@pytest.mark.parametrize("size", [1, 3, 7, N, 1000])
@pytest.mark.parametrize("workers", [1, 3])
def test_neither_block_size_nor_workers_show_in_the_bytes(tmp_path, plain, size, workers):
    assert digest(run(tmp_path / "od.parquet", size=size, workers=workers).path) == plain


def test_row_groups_have_a_fixed_length_whatever_the_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROW_GROUP", 100)
    files = [run(tmp_path / f"{size}.parquet", size=size).path for size in (1, 5, N)]
    assert len({digest(path) for path in files}) == 1
    groups = pq.ParquetFile(files[0])
    lengths = [groups.metadata.row_group(group).num_rows for group in range(groups.num_row_groups)]
    assert lengths == [100, 100, 80]


def test_no_rows_give_an_empty_table_with_its_columns(tmp_path):
    table = pq.read_table(run(tmp_path / "od.parquet", n=0).path)
    assert len(table) == 0
    assert table.column_names == ["from_id", "column", "product"]


def test_progress_counts_rows(tmp_path):
    seen = []
    run(tmp_path / "od.parquet", size=10, workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(10, N), (20, N), (30, N), (40, N)]


@pytest.mark.parametrize("how", ["raise", "drop"])
@pytest.mark.parametrize("at", [0, 17, N - 1])
def test_a_block_that_fails_once_is_computed_again(tmp_path, plain, how, at):
    assert digest(run(tmp_path / "od.parquet", Chaos(str(tmp_path), how, at), size=4, workers=2).path) == plain


@pytest.mark.parametrize("how", ["exit", "kill", "raise"])
def test_a_process_that_dies_does_not_change_the_result(tmp_path, plain, how):
    task = Chaos(str(tmp_path), how, 17)
    done = run(tmp_path / "od.parquet", task, size=4, workers=2, backend="processes")
    assert digest(done.path) == plain
    assert [notice.code for notice in done.notices] == ([] if how == "raise" else ["worker_lost"])


def test_a_block_that_always_kills_its_process_is_named_and_the_others_are_kept(tmp_path, plain):
    task = Chaos(str(tmp_path), "exit", 17, times=1000)
    with pytest.raises(MegaregionError) as caught:
        run(tmp_path / "od.parquet", task, size=4, workers=2, backend="processes")
    text = str(caught.value)
    assert f"block of rows 16 to 19 failed {ATTEMPTS} times: its worker died" in text
    assert "are kept" in text
    assert not (tmp_path / "od.parquet").exists()
    done = run(tmp_path / "od.parquet", size=4)
    assert digest(done.path) == plain
    assert done.n_reused >= 16


def test_a_block_that_always_raises_is_named_with_the_reason(tmp_path):
    with pytest.raises(MegaregionError, match=r"rows 16 to 19 failed 3 times: ValueError: out of luck"):
        run(tmp_path / "od.parquet", Chaos(str(tmp_path), "raise", 17, times=1000), size=4)
    with pytest.raises(MegaregionError, match=r"rows 16 to 19 with NoneType; expected a table"):
        run(tmp_path / "b.parquet", Chaos(str(tmp_path), "drop", 17, times=2000), size=4)


def test_wrong_input_is_not_tried_again(tmp_path):
    with pytest.raises(InputError, match="the window is empty"):
        run(tmp_path / "od.parquet", Chaos(str(tmp_path), "refuse", 17, times=1000), size=4, workers=1)
    assert len(list(tmp_path.glob("wrong-*"))) == 1


class _Faulty:
    """Workers that forget the second block while the first is late, whose answer comes when it was given again."""

    def __init__(self, task):
        self.task, self.given, self.late = task, [], Future()

    def submit(self, rows):
        self.given.append(rows)
        if len(self.given) == 1:
            return self.late
        future = Future()
        if len(self.given) == 2:
            future.set_exception(CancelledError())
        else:
            future.set_result(answer(self.task, rows))
        return future

    def restart(self):
        self.late.set_result(answer(self.task, self.given[0]))

    def close(self):
        pass


def test_a_forgotten_block_and_a_second_answer_do_not_change_the_result(tmp_path, plain, monkeypatch):
    pool = _Faulty(Products())
    monkeypatch.setattr(module, "open_pool", lambda *_: pool)
    assert digest(run(tmp_path / "od.parquet", size=4, workers=1).path) == plain
    assert pool.given[:4] == [range(4), range(4, 8), range(4), range(4, 8)]
    assert len(pool.given) == N // 4 + 2


def test_a_part_that_is_answered_twice_counts_once(tmp_path):
    with opened(tmp_path / "od.parquet", 4, "k" * 16, {}) as parts:
        first = answer(Products(), range(4))
        parts.put(range(4), first)
        parts.put(range(4), answer(Products(width=2), range(4)))
        assert [len(table) for table in parts.tables()] == [28]


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_killed_run_goes_on_where_it_was(tmp_path, plain, backend):
    path = tmp_path / "od.parquet"
    command = [sys.executable, str(TESTS / "support" / "run_slow_blocks.py"), str(path), backend]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    process = subprocess.Popen(command, env=environment)
    folder = parts_folder(path, question_key(n=N))
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.arrow"))) < 3 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not path.exists()
    assert bool(workers) == (backend == "processes")
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    # nobody would take their answers
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    done = run(path, Slow(0.001), size=5, workers=2)
    assert digest(path) == plain
    assert done.n_reused >= 6
    assert done.n_computed == N - done.n_reused
    assert [notice.code for notice in done.notices] == ["parts_reused"]
    assert "finished by an earlier run" in done.notices.render()


def test_an_interrupt_leaves_finished_parts(tmp_path, plain):
    path = tmp_path / "od.parquet"
    path.write_bytes(b"old")

    def stop(done, total):
        del total
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, size=5, workers=1, progress=stop)
    assert path.read_bytes() == b"old"
    done = run(path, size=8)
    assert (done.n_reused, digest(path)) == (20, plain)


def test_a_damaged_part_is_computed_again(tmp_path, plain):
    path = tmp_path / "od.parquet"
    with opened(path, N, question_key(n=N), {}) as parts:
        for rows in (range(5), range(5, 12), range(20, 30)):
            parts.put(rows, answer(Products(), rows))
        (folder,) = tmp_path.iterdir()
        damaged = parts.found[range(5, 12)]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    (folder / ".tmp-1-abc").write_bytes(b"half")
    done = run(path, size=6)
    assert (done.n_reused, digest(path)) == (15, plain)
    assert {notice.code for notice in done.notices} == {"part_damaged", "parts_reused"}


def test_parts_of_another_question_are_left_alone_and_named(tmp_path, plain):
    path = tmp_path / "od.parquet"
    with opened(path, N, question_key(n=N, window="07:00-08:00"), {}) as parts:
        parts.put(range(5), answer(Products(width=2), range(5)))
    done = run(path)
    assert (done.n_reused, digest(path)) == (0, plain)
    assert [notice.code for notice in done.notices] == ["parts_of_another_question"]
    assert parts.folder.name in done.notices.render()
    assert parts.folder.exists()


def test_two_runs_of_one_question_do_not_meet(tmp_path):
    path = tmp_path / "od.parquet"
    with opened(path, N, question_key(n=N), {}), pytest.raises(ConflictError, match="another run is computing it"):
        run(path)


def test_columns_that_differ_between_blocks_are_named(tmp_path):
    with opened(tmp_path / "od.parquet", 2, "k" * 16, {}) as parts:
        parts.put(range(1), answer(lambda _: pa.table({"a": [1]}), range(1)))
        parts.put(range(1, 2), answer(lambda _: pa.table({"a": ["x"]}), range(1, 2)))
        with pytest.raises(MegaregionError, match=r"rows 1 to 1 has columns a \(string\), those before it a \(int64\)"):
            write_parquet(parts, tmp_path / "od.parquet")


def test_a_disk_that_refuses_says_that_parts_are_kept(tmp_path):
    path = tmp_path / "od.parquet"
    path.mkdir()
    with pytest.raises(StorageError, match=r"od\.parquet'.*Is a directory; choose another place.*arts are kept"):
        run(path)


def test_what_cannot_be_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "megaregion.study.dask_pool", None)
    with pytest.raises(InputError, match=r"backend 'dask' needs the package dask.*pip install 'megaregion\[dask\]'"):
        run(tmp_path / "od.parquet", backend="dask")
    with pytest.raises(InputError, match="backend is 'spark'; expected threads, processes, dask, or the address"):
        run(tmp_path / "od.parquet", backend="spark")
    with pytest.raises(InputError, match=r"cannot be sent to another process.*Use backend 'threads'"):
        run(tmp_path / "od.parquet", lambda rows: Products(len(rows))(rows), backend="processes")
    with pytest.raises(InputError, match="size of blocks is 0; expected a whole number of 1 or more"):
        Blocks(size=0)


def test_a_question_is_known_by_what_it_holds():
    first = question_key(ids=("a", "b"), seconds=np.arange(3), rules={"x": 1, "y": None})
    assert first == question_key(rules={"y": None, "x": 1}, seconds=np.arange(3), ids=("a", "b"))
    for other in (
        {"ids": ("ab", ""), "seconds": np.arange(3), "rules": {"x": 1, "y": None}},
        {"ids": ("a", "b"), "seconds": np.arange(3, dtype=np.int32), "rules": {"x": 1, "y": None}},
        {"ids": ("a", "b"), "seconds": np.arange(3), "rules": {"x": 1, "y": 0}},
    ):
        assert question_key(**other) != first


def test_another_program_is_another_question(monkeypatch):
    first = question_key(n=1)
    monkeypatch.setattr(content_key, "program_id", lambda: "0.1.0 another")
    assert question_key(n=1) != first
