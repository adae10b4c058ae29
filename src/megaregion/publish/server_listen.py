"""Where the server listens, and how it stops: at a signal, with nothing left behind."""

from __future__ import annotations

import errno
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from megaregion.errors import InputError
from megaregion.publish.server_guard import is_local

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

    from megaregion.publish.server_runs import Runs

MAX_CONNECTIONS = 2_000
"""Connections at the same time; a further one is told that the server is busy."""

BACKLOG = 2_048
KEEP_ALIVE_S = 15
STOP_WITHIN_S = 5
"""How long answers under way may take once the server is told to stop."""

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - named so that it can be refused without a secret


def check_address(host: str, *, secret: str) -> None:
    """
    Refuse an address that others reach, unless a secret keeps them out.

    Raises
    ------
    InputError
        If it is one.
    """
    if not secret and not is_local(host):
        msg = (
            f"--host is {host!r}, which other machines may reach; expected 127.0.0.1, ::1 or localhost. To let others "
            "in, give --secret-file FILE; to make one: openssl rand -hex 32 > FILE."
        )
        raise InputError(msg)


def names_of(host: str) -> frozenset[str] | None:
    """Names by which a server that listens there may be called; None = any, as it cannot know them."""
    if host.strip("[]") in _EVERYWHERE:
        return None
    return frozenset({"127.0.0.1", "localhost", "::1", host.strip("[]").lower()} if is_local(host) else {host.lower()})


def bind(host: str, port: int) -> socket.socket:
    """
    Take an address.

    Parameters
    ----------
    host, port
        Where; port 0 = any that is free.

    Raises
    ------
    InputError
        If it cannot be taken, with what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
    except (OSError, OverflowError, UnicodeError) as problem:
        msg = f"--host is {host!r} and --port {port}: there is no such address ({problem}); expected as 127.0.0.1."
        raise InputError(msg) from problem
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)
    except OSError as problem:
        taken.close()
        if problem.errno == errno.EADDRINUSE:
            msg = (
                f"port {port} of {host} is in use, perhaps by another megaregion. Stop that, or choose another port: "
                f"--port {port + 1}, or --port 0 for any that is free."
            )
        else:
            why = problem.strerror or str(problem)
            msg = (
                f"cannot listen at {host} port {port}: {why}; choose a --port above 1023 and a --host of this machine."
            )
        raise InputError(msg) from problem
    return taken


def url_of(taken: socket.socket) -> str:
    """Address of the page."""
    host, port = taken.getsockname()[:2]
    shown = "127.0.0.1" if host in _EVERYWHERE else host
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def listen(app: ASGIApp, taken: socket.socket, runs: Runs, *, ready: Callable[[], None]) -> None:
    """
    Answer requests until SIGTERM or Ctrl-C; then runs are cancelled and answers under way are finished.

    Parameters
    ----------
    app
        What answers.
    taken
        Where, as `bind` gives it.
    runs
        Cancelled at the end.
    ready
        Called once before the first request.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=BACKLOG,
        ws="none",
        lifespan="on",
        proxy_headers=False,
    )
    server = _Server(config, runs, ready)
    # the signal that stopped the server is raised again when it has stopped: by then there is nothing more to do
    before = {number: signal.signal(number, _heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[taken])
    finally:
        runs.close()
        taken.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _heard(number: int, frame: FrameType | None) -> None:
    del number, frame


class _Server(uvicorn.Server):
    """One that says when it listens, and ends what listens to runs as soon as it is told to stop."""

    def __init__(self, config: uvicorn.Config, runs: Runs, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._runs, self._ready = runs, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._runs.closing = True
        super().handle_exit(sig, frame)
