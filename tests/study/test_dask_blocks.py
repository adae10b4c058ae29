"""The same blocks on a Dask cluster."""

import hashlib

import pytest

from megaregion.errors import InputError, MegaregionError
from megaregion.study import blocks as module
from megaregion.study.blocks import Blocks, run_blocks
from support.block_tasks import Chaos, Products

distributed = pytest.importorskip("distributed")


def run(path, task, **options):
    return run_blocks(task, 40, path, question={"n": 40}, blocks=Blocks(size=4, workers=2, **options))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("how", ["", "raise", "exit"])
def test_a_cluster_gives_the_same_bytes_also_when_a_worker_dies(tmp_path, how):
    task = Chaos(str(tmp_path), how, 17) if how else Products()
    done = run(tmp_path / "dask.parquet", task, backend="dask")
    assert digest(done.path) == digest(run(tmp_path / "threads.parquet", Products()).path)
    assert len(list(tmp_path.glob("wrong-*"))) == bool(how)


def test_a_cluster_that_runs_already_is_left_as_it_was(tmp_path):
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        done = run(tmp_path / "dask.parquet", Products(), backend=cluster.scheduler_address)
        assert digest(done.path) == digest(run(tmp_path / "threads.parquet", Products()).path)
        with distributed.Client(cluster) as client:
            assert client.run(lambda dask_worker: [name for name in dask_worker.plugins if "megaregion" in name]) == {
                address: [] for address in client.scheduler_info()["workers"]
            }


def test_a_block_that_always_kills_its_worker_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    task = Chaos(str(tmp_path), "exit", 17, times=1000)
    # on a busy machine a block that waits beside it dies as often and is named in its place
    with pytest.raises(MegaregionError, match=r"rows \d+ to \d+ failed 1 times: KilledWorker"):
        run(tmp_path / "dask.parquet", task, backend="dask")


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("megaregion.study.dask_pool._TIMEOUT", "1s")
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9.*Check the address"):
        run(tmp_path / "dask.parquet", Products(), backend="tcp://127.0.0.1:9")
