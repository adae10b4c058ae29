"""
Long work in blocks of rows: on threads, processes or a Dask cluster, resumable, with the same bytes in the end.

What a block holds depends on its rows only; parts are joined in the order of the rows and cut anew into pieces of a
fixed length. So neither block size nor backend, number of workers, order of answers or an interruption can be seen in
the result.
"""

from __future__ import annotations

import math
import os
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from megaregion.errors import InputError, MegaregionError
from megaregion.notices import Notices
from megaregion.region.durable import temporary
from megaregion.study.block_parts import Parts, on_disk, opened
from megaregion.study.content_key import question_key
from megaregion.study.worker_pools import open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    import pyarrow as pa

    from megaregion.study.worker_pools import Pool

ROW_GROUP = 1 << 17
"""Rows of each row group of a Parquet file but the last."""

ATTEMPTS = 3
"""A block is given up when it has failed so often."""

_BLOCKS_PER_WORKER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """
    How long work is divided; the result does not depend on it.

    Attributes
    ----------
    size
        Rows of a block; by default an eighth of what each worker has to do.
    workers
        Threads or processes; the processor's cores by default.
    backend
        "threads", "processes", "dask" (a cluster on this machine), or the address of a Dask scheduler.
    progress
        Called with rows done and in all.
    """

    size: int | None = None
    workers: int | None = None
    backend: str = "threads"
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        for name in ("size", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                msg = f"{name} of blocks is {value}; expected a whole number of 1 or more, or None."
                raise InputError(msg)

    @property
    def n_workers(self) -> int:
        """Workers asked for, or the processor's cores."""
        return self.workers or os.cpu_count() or 1

    def size_for(self, n: int) -> int:
        """Rows of a block where there are `n` in all."""
        return self.size or max(1, math.ceil(n / (_BLOCKS_PER_WORKER * self.n_workers)))


@dataclass(frozen=True, slots=True)
class BlockRun:
    """
    What a run did.

    Attributes
    ----------
    path
        File written.
    columns, n_rows
        Columns and rows of the table in it.
    n_computed, n_reused
        Blocks' rows computed by this run, and taken from parts of an earlier one.
    notices
        Parts found, workers lost.
    """

    path: Path
    columns: tuple[str, ...]
    n_rows: int
    n_computed: int
    n_reused: int
    notices: Notices = field(default_factory=Notices)


def run_blocks(
    task: Callable[[range], pa.Table],
    n: int,
    path: Path,
    *,
    question: Mapping[str, Any],
    blocks: Blocks | None = None,
    write: Callable[[Parts, Path], int] | None = None,
) -> BlockRun:
    """
    Compute a table of `n` rows or groups of rows in blocks and write it to one file.

    Finished parts lie in a folder beside the file, named by the question, until the file is written: a run that was
    interrupted or killed takes them up again. The file is old or new, never half.

    Parameters
    ----------
    task
        Computes a range of rows; the same range gives the same table, on any worker. A row may stand for several of
        the table (an origin for all its destinations).
    n
        How many rows there are.
    path
        File to write.
    question
        Everything that the answer depends on, see `question_key`; parts of another question are left alone.
    blocks
        How to divide the work.
    write
        Writes the parts to a path and returns the rows of the table; by default as Parquet.

    Returns
    -------
    BlockRun

    Raises
    ------
    InputError
        If the backend is not known, or what the task itself raises.
    MegaregionError
        If a block fails three times; the message names its rows.
    ConflictError
        If another run computes the same.
    StorageError
        If the disk refuses.
    """
    blocks = blocks or Blocks()
    key = question_key(**question)
    with opened(path, n, key, {"file": path.name}) as parts:
        reused = sum(map(len, parts.found))
        missing = parts.missing(blocks.size_for(n))
        if not n and not parts.found:
            missing = [range(0)]  # it tells the columns
        if missing:
            _compute(task, parts, missing, key, blocks)
        # in the folder of the parts, where it is swept if this process is killed
        unfinished = temporary(parts.folder)
        with on_disk(path):
            n_rows = (write or write_parquet)(parts, unfinished)
            with unfinished.open("rb") as whole:
                os.fsync(whole.fileno())
            unfinished.replace(path)
        columns = tuple(parts.schema.names)
        parts.remove()
    return BlockRun(path, columns, n_rows, n - reused, reused, parts.notices)


def write_parquet(parts: Parts, path: Path) -> int:
    """Write parts as one Parquet file with row groups of a fixed length."""
    n_rows = 0
    with pq.ParquetWriter(path, parts.schema) as writer:
        for table in parts.tables(ROW_GROUP):
            writer.write_table(table, row_group_size=ROW_GROUP)
            n_rows += len(table)
    return n_rows


def _compute(task: Callable[[range], pa.Table], parts: Parts, missing: list[range], key: str, blocks: Blocks) -> None:
    """Have all missing blocks computed, each until it is answered once."""
    pool = open_pool(blocks.backend, task, key, min(blocks.n_workers, len(missing)))
    try:
        _Schedule(pool, parts, missing, blocks).run()
    finally:
        pool.close()


class _Schedule:
    """Which block is with the workers, which waits, and how often each has failed."""

    def __init__(self, pool: Pool, parts: Parts, missing: list[range], blocks: Blocks) -> None:
        self.pool, self.parts, self.progress = pool, parts, blocks.progress
        self.waiting = deque(missing)
        self.suspected: deque[range] = deque()
        self.running: dict[Future[bytes], range] = {}
        # one more than there are workers each: nobody waits for work, and answers do not pile up
        self.capacity = 2 * blocks.n_workers
        self.failures: Counter[range] = Counter()
        self.alone = False

    def run(self) -> None:
        """Work until every block is answered."""
        while self.waiting or self.suspected or self.running:
            self._give()
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            lost = [self.running[future] for future in done if not self._take(future)]
            if lost:
                self._lose(lost)

    def _give(self) -> None:
        """Hand out blocks; one that was with a worker that died goes alone, so that the guilty one is known."""
        while len(self.running) < self.capacity and not (self.running and (self.alone or self.suspected)):
            if not self.suspected and not self.waiting:
                return
            self.alone = bool(self.suspected)
            rows = self.suspected.popleft() if self.suspected else self.waiting.popleft()
            try:
                future = self.pool.submit(rows)
            except BrokenExecutor:
                # a worker died between two answers
                (self.suspected if self.alone else self.waiting).appendleft(rows)
                self.pool.restart()
                continue
            self.running[future] = rows

    def _take(self, future: Future[bytes]) -> bool:
        """Keep an answer; False if the block was lost with its worker."""
        rows = self.running[future]
        try:
            data = future.result()
        except (BrokenExecutor, CancelledError):
            return False
        except InputError:
            # it would fail again
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, the block is computed again and then named
            del self.running[future]
            self._fail(rows, problem)
            self.waiting.appendleft(rows)
            return True
        del self.running[future]
        self.parts.put(rows, data)
        if self.progress is not None:
            self.progress(sum(map(len, self.parts.found)), self.parts.n)
        return True

    def _lose(self, lost: list[range]) -> None:
        """Get new workers and suspect the blocks that were with the old ones."""
        gone = sorted({*lost, *self.running.values()}, key=lambda rows: rows.start)
        self.running.clear()
        self.pool.restart()
        self.parts.notices.add(
            "worker_lost",
            f"a worker died while {len(gone)} blocks were with the workers (rows {gone[0].start} to "
            f"{gone[-1].stop - 1}); they are computed again.",
        )
        if len(gone) == 1:
            self._fail(gone[0], None)
        self.suspected.extend(gone)

    def _fail(self, rows: range, problem: Exception | None) -> None:
        self.failures[rows] += 1
        if self.failures[rows] < ATTEMPTS:
            return
        what = f"{type(problem).__name__}: {problem}" if problem else "its worker died, perhaps for lack of memory"
        msg = (
            f"block of rows {rows.start} to {rows.stop - 1} failed {ATTEMPTS} times: {what}. Blocks that were finished "
            "are kept: run the same again to go on from there (if memory is short, with smaller blocks, fewer workers)."
        )
        raise MegaregionError(msg) from problem
