"""Workers of a Dask cluster; the one module that needs the extra `dask`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import distributed

from megaregion.errors import InputError
from megaregion.study.worker_pools import answer_held, held, hold

if TYPE_CHECKING:
    from concurrent.futures import Future

_TIMEOUT = "30s"


class DaskPool:
    """A Dask cluster: one on this machine, or one that runs already."""

    def __init__(self, data: bytes, key: str, workers: int, *, address: str) -> None:
        self._name = f"megaregion-{key}"
        self._key = key
        self._cluster: Any = None
        if not address:
            self._cluster = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
            )
        try:
            self._client: Any = distributed.Client(address or self._cluster, timeout=_TIMEOUT)
        except OSError as problem:
            msg = (
                f"no Dask scheduler answers at {address}: {problem}. "
                "Check the address; `dask scheduler` and `dask worker` start a cluster."
            )
            raise InputError(msg) from problem
        self._client.register_plugin(_Holder(key, data), name=self._name)
        self._executor = self._client.get_executor(pure=False)

    def submit(self, rows: range) -> Future[bytes]:
        """Have a block computed."""
        future: Future[bytes] = self._executor.submit(answer_held, self._key, rows)
        return future

    def restart(self) -> None:
        """Do nothing: a cluster replaces its workers by itself."""

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        with suppress(OSError, ValueError):
            self._client.unregister_worker_plugin(self._name)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


class _Holder(distributed.WorkerPlugin):  # type: ignore[misc]
    """Gives each worker the task, also one that joins or restarts later."""

    def __init__(self, key: str, data: bytes) -> None:
        self.key, self.data = key, data

    def setup(self, worker: Any) -> None:
        """Take the task in hand."""
        del worker
        hold(self.key, self.data)

    def teardown(self, worker: Any) -> None:
        """Let go of it."""
        del worker
        held.pop(self.key, None)
