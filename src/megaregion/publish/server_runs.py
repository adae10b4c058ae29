"""Runs: a queue of questions that take long, computed one at a time in a process that can be killed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from megaregion.publish.server_errors import MissingError, RefusedError, to_json
from megaregion.study.content_key import question_key
from megaregion.study.measures import measures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_WAITING = 8
"""Runs that may wait for their turn."""

MAX_KEPT = 32
"""Runs that are over and can still be asked for."""

LONGEST_S = 1_800.0
"""A run that takes longer is stopped."""

WORKER = (sys.executable, "-m", "megaregion.publish.server_worker")

OVER = ("done", "failed", "cancelled")


@dataclass(slots=True)
class Run:
    """
    One question and how far its answer is.

    Attributes
    ----------
    id
        Hash of all that is asked, so that the same question is the same run.
    request
        What the worker is given.
    state
        waiting, running, done, failed or cancelled.
    done, total
        Measures computed, of how many.
    measure
        The one at hand.
    result
        JSON of the result; empty until it is done.
    error
        What went wrong, in the shape of errors.
    changes
        Counts what happened, so that listeners see that something did.
    began, counting, ended
        When its turn came, the first measure began and it was over; s of a clock that only runs forward, 0 = not yet.
    """

    id: str
    request: Mapping[str, Any] = field(repr=False)
    state: str = "waiting"
    done: int = 0
    total: int = 0
    measure: str = ""
    result: bytes = field(default=b"", repr=False)
    error: dict[str, Any] | None = None
    changes: int = 0
    began: float = 0.0
    counting: float = 0.0
    ended: float = 0.0

    def about(self) -> dict[str, Any]:
        """Tell all but the result."""
        spent = (self.ended or time.monotonic()) - self.began if self.began else 0.0
        counted = time.monotonic() - self.counting if self.counting else 0.0
        left = counted / self.done * (self.total - self.done) if self.done and self.state == "running" else None
        title = measures()[self.measure].title if self.measure in measures() else None
        words = {"en": title.en, "zh": title.zh} if title else {"en": self.state, "zh": _STATES_ZH[self.state]}
        return {
            "id": self.id,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "eta_s": None if left is None else round(left, 1),
            "seconds": round(spent, 2),
            "message": words if self.state == "running" else {"en": self.state, "zh": _STATES_ZH[self.state]},
            "error": self.error,
        }

    def json(self) -> bytes:
        """Tell all, with the result, which is JSON already."""
        head = to_json(self.about())
        return head[:-1] + b',"result":' + (self.result or b"null") + b"}"


_STATES_ZH = {"waiting": "排队中", "running": "计算中", "done": "完成", "failed": "失败", "cancelled": "已取消"}


class Runs:
    """
    The queue and its worker.

    Parameters
    ----------
    command
        Command of the worker; tests give their own.
    max_waiting
        Runs that may wait.
    longest_s
        After how long a run is stopped.
    """

    def __init__(
        self, command: Sequence[str] = WORKER, *, max_waiting: int = MAX_WAITING, longest_s: float = LONGEST_S
    ) -> None:
        self._command, self._max_waiting, self._longest_s = list(command), max_waiting, longest_s
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._waiting: deque[Run] = deque()
        self._turn = threading.Condition()
        self._worker: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self.closing = False

    def submit(self, request: Mapping[str, Any], *, content: str) -> tuple[Run, bool]:
        """
        Ask a question.

        Parameters
        ----------
        request
            For `server_worker.answer`.
        content
            Hash of the region.

        Returns
        -------
        The run, and whether it was there already: being computed, or done.

        Raises
        ------
        RefusedError
            If too many wait.
        """
        run_id = question_key(content=content, **request)[:32]
        with self._turn:
            known = self._runs.get(run_id)
            if known is not None and known.state not in {"failed", "cancelled"}:
                self._runs.move_to_end(run_id)
                return known, True
            if len(self._waiting) >= self._max_waiting or self.closing:
                msg = f"{len(self._waiting)} runs are waiting already; try again in a minute, or cancel one."
                raise RefusedError(503, msg, {"Retry-After": "60"})
            run = self._runs[run_id] = Run(run_id, dict(request))
            self._waiting.append(run)
            over = [each for each in self._runs.values() if each.state in OVER]
            for each in over[: max(0, len(over) - MAX_KEPT)]:
                del self._runs[each.id]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
                self._thread.start()
            self._turn.notify_all()
        return run, False

    def get(self, run_id: str) -> Run:
        """
        Give a run by id.

        Raises
        ------
        MissingError
            If there is none.
        """
        run = self._runs.get(run_id)
        if run is None:
            msg = f"no run {run_id[:80]!r}; POST /api/runs makes one."
            raise MissingError(msg)
        return run

    def cancel(self, run_id: str) -> Run:
        """Stop a run: one that waits will not begin, and the worker of one that runs is killed."""
        run = self.get(run_id)
        with self._turn:
            if run.state == "waiting":
                self._waiting.remove(run)
                self._over(run, "cancelled")
            elif run.state == "running":
                self._over(run, "cancelled")
                self._kill()
        return run

    def close(self) -> None:
        """Cancel all and stop the worker; nothing can be asked after that."""
        with self._turn:
            self.closing = True
            for run in self._runs.values():
                if run.state not in OVER:
                    self._over(run, "cancelled")
            self._waiting.clear()
            self._kill()
            self._turn.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._worker is not None:
            _closed(self._worker)

    @property
    def worker_id(self) -> int | None:
        """Process number of the worker, None while there is none."""
        return self._worker.pid if self._worker is not None and self._worker.poll() is None else None

    def _over(self, run: Run, state: str) -> None:
        run.state, run.ended = state, time.monotonic()
        run.changes += 1

    def _kill(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()

    def _work(self) -> None:
        """Take one run after the other."""
        while True:
            with self._turn:
                while not self._waiting and not self.closing:
                    self._turn.wait()
                if self.closing:
                    return
                run = self._waiting.popleft()
                run.state, run.began = "running", time.monotonic()
                run.changes += 1
                worker = self._ready_worker()
            alarm = threading.Timer(self._longest_s, self._too_long, args=(run, worker))
            alarm.daemon = True
            alarm.start()
            try:
                self._listen(run, worker)
            finally:
                alarm.cancel()

    def _ready_worker(self) -> subprocess.Popen[str]:
        """Give the worker, a new one where there is none."""
        if self._worker is None or self._worker.poll() is not None:
            if self._worker is not None:
                _closed(self._worker)
            self._worker = subprocess.Popen(  # noqa: S603 - our own module
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        return self._worker

    def _listen(self, run: Run, worker: subprocess.Popen[str]) -> None:
        """Give a worker its question and hear it out."""
        if worker.stdin is None or worker.stdout is None:
            return
        with contextlib.suppress(OSError):
            worker.stdin.write(json.dumps(run.request, ensure_ascii=False) + "\n")
            worker.stdin.flush()
        for line in worker.stdout:
            if self._heard(run, json.loads(line)):
                return
        with self._turn:
            worker.wait()
            _closed(worker)
            if run.state == "running":
                msg = (
                    f"the process that computed this run ended with {worker.returncode}; it may have run out of memory."
                )
                run.error = {"ok": False, "error": msg, "status": 500, "notices": []}
                self._over(run, "failed")

    def _heard(self, run: Run, event: Mapping[str, Any]) -> bool:
        """Note an event of the worker; give whether it was the last."""
        with self._turn:
            if run.state != "running":
                # it was cancelled in the moment in which it was done: the worker has been killed
                return False
            if event["event"] == "progress":
                run.counting = run.counting or time.monotonic()
                run.done, run.total, run.measure = event["done"], event["total"], event["measure"]
                run.changes += 1
                return False
            if event["event"] == "done":
                run.result = to_json(event["result"])
                self._over(run, "done")
            else:
                run.error = dict(event["error"])
                self._over(run, "failed")
            return True

    def _too_long(self, run: Run, worker: subprocess.Popen[str]) -> None:
        with self._turn:
            if run.state == "running":
                msg = f"the run took longer than {self._longest_s:g} s and was stopped; ask for fewer measures."
                run.error = {"ok": False, "error": msg, "status": 503, "notices": []}
                self._over(run, "failed")
                worker.kill()


def _closed(worker: subprocess.Popen[str]) -> None:
    """Close the pipes of a worker that has ended."""
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
