"""
Workers for blocks: threads, processes, or a Dask cluster, each with the same face.

The task goes to a worker once, not with every block. A worker answers with the bytes of a part.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from megaregion.errors import InputError, MegaregionError
from megaregion.study.block_parts import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import pyarrow as pa

BACKENDS = ("threads", "processes", "dask")

held: dict[str, Callable[[range], pa.Table]] = {}
"""Tasks that this process works on, by the key of their job."""


class Pool(Protocol):
    """Workers that answer blocks."""

    def submit(self, rows: range) -> Future[bytes]:
        """Have a block computed."""
        ...

    def restart(self) -> None:
        """Get new workers after one died."""
        ...

    def close(self) -> None:
        """Let the workers finish the block at hand and go."""
        ...


def open_pool(backend: str, task: Callable[[range], pa.Table], key: str, workers: int) -> Pool:
    """
    Start workers.

    Parameters
    ----------
    backend
        "threads", "processes", "dask" (a cluster on this machine), or the address of a Dask scheduler, "tcp://...".
    task
        Computes the rows of a range; for processes and Dask it must be possible to pickle it.
    key
        Name of the job, so that a cluster may work on several.
    workers
        How many; a cluster given by address has its own.

    Raises
    ------
    InputError
        If there is no such backend, or the task cannot be sent.
    """
    if backend == "threads":
        return _ThreadPool(task, workers)
    if backend not in {"processes", "dask"} and "://" not in backend:
        msg = (
            f"backend is {backend!r}; expected {', '.join(BACKENDS)}, or the address of a Dask scheduler such as "
            "tcp://10.0.0.1:8786."
        )
        raise InputError(msg)
    try:
        data = pickle.dumps(task, protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError) as problem:
        msg = (
            f"the task cannot be sent to another process: {problem}. Use backend 'threads', or a task made of "
            "functions at the top of a module and of plain values."
        )
        raise InputError(msg) from problem
    if backend == "processes":
        return _ProcessPool(data, key, workers)
    try:
        from megaregion.study.dask_pool import DaskPool  # noqa: PLC0415 - an extra
    except ImportError as problem:
        msg = f"backend {backend!r} needs the package dask[distributed]: pip install 'megaregion[dask]'."
        raise InputError(msg) from problem
    return DaskPool(data, key, workers, address=backend if "://" in backend else "")


def answer(task: Callable[[range], pa.Table], rows: range) -> bytes:
    """Compute a block and encode it; a task that answers with anything but a table is an error."""
    table = task(rows)
    if not hasattr(table, "schema"):
        msg = f"the task answered rows {rows.start} to {rows.stop - 1} with {type(table).__name__}; expected a table."
        raise MegaregionError(msg)
    return encode(table)


class _ThreadPool:
    """Threads of this process: for kernels that let go of the interpreter."""

    def __init__(self, task: Callable[[range], pa.Table], workers: int) -> None:
        self._task, self._threads = task, ThreadPoolExecutor(workers)

    def submit(self, rows: range) -> Future[bytes]:
        return self._threads.submit(answer, self._task, rows)

    def restart(self) -> None:
        """Threads do not die by themselves."""

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


class _ProcessPool:
    """Fresh processes: forking one that has threads and compiled kernels is not safe."""

    def __init__(self, data: bytes, key: str, workers: int) -> None:
        self._arguments, self._key, self._workers = (key, data), key, workers
        self._pool: Executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=_begin, initargs=self._arguments)

    def submit(self, rows: range) -> Future[bytes]:
        return self._pool.submit(answer_held, self._key, rows)

    def restart(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._start()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin(key: str, data: bytes) -> None:
    """Take the task in hand, once for each process."""
    # an interrupt at the keyboard reaches all processes; the one that gave the work decides what to do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    hold(key, data)


def _end_with_parent() -> None:
    """Wait until the process that gave the work is gone: nobody would take the answer."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def hold(key: str, data: bytes) -> None:
    """Take the task of a job in hand."""
    held[key] = pickle.loads(data)  # noqa: S301 - what this job itself sent


def answer_held(key: str, rows: range) -> bytes:
    """Compute a block of a task in hand and encode it."""
    return answer(held[key], rows)
