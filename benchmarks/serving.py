"""
Load on the server: 200 readers at once, each on a connection of its own that asks again as soon as it is answered.

The client is a raw HTTP/1.1 reader on asyncio, in this process; it shares the cores with the server, which is a
process of its own. Latency counts from sending a request to the last byte of its answer. The peer is Datasette with the
same table as JSON, driven by the same client in the same run; it asks SQLite each time and keeps nothing ready, as it
would by default. Where `datasette` is not on the path (or named by DATASETTE), that comparison is skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import uvloop

import megaregion as mr

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS = 200
SECONDS = 8.0
WARM_UP_S = 1.0
P95_WANTED_MS = 50.0
PAUSE_S = 0.2
"""Between two requests of a reader who looks at what came; 200 of them make 1,000 requests a second."""

PEER_ROWS = 100
MEGAREGION = [sys.executable, "-c", "from megaregion.cli import main; main()"]


@dataclass
class Load:
    """What the readers met: latency of every answer, s, bytes read, and what went wrong."""

    latency_s: list[float] = field(default_factory=list)
    size: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """Figures in one line."""
        p50, p95, p99 = (1000 * np.quantile(self.latency_s, share) for share in (0.5, 0.95, 0.99))
        rate = len(self.latency_s) / self.seconds
        each = self.size / max(len(self.latency_s), 1) / 1000
        return (
            f"{rate:7,.0f} requests/s, p50 {p50:5.1f} ms, p95 {p95:5.1f} ms, p99 {p99:5.1f} ms, {each:6.1f} kB each, "
            f"{len(self.errors)} errors"
        )


async def read_answer(stream: asyncio.StreamReader) -> int:
    """Read one answer to its last byte; give its size."""
    head = await stream.readuntil(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
        raise ValueError(head.split(b"\r\n")[0].decode())
    names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if names.get(b"transfer-encoding") == b"chunked":
        size = 0
        while length := int(await stream.readuntil(b"\r\n"), 16):
            size += len(await stream.readexactly(length + 2))
        await stream.readexactly(2)
        return size
    length = int(names.get(b"content-length", b"0"))
    await stream.readexactly(length)
    return length


async def reader(port: int, request: bytes, load: Load, until: float, pause_s: float) -> None:
    """Ask again and again on one connection."""
    try:
        stream, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    except OSError as problem:
        load.errors.append(str(problem))
        return
    with contextlib.closing(writer):
        while time.perf_counter() < until:
            start = time.perf_counter()
            writer.write(request)
            try:
                size = await read_answer(stream)
            except (OSError, ValueError, asyncio.IncompleteReadError) as problem:
                load.errors.append(str(problem))
                return
            load.latency_s.append(time.perf_counter() - start)
            load.size += size
            if pause_s:
                await asyncio.sleep(pause_s * (0.5 + (start * 1000) % 1))


async def read_at_once(port: int, path: str, readers: int, seconds: float, pause_s: float = 0.0) -> Load:
    """Let readers loose on one address."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    load = Load()
    start = time.perf_counter()
    await asyncio.gather(*(reader(port, request, load, start + seconds, pause_s) for _ in range(readers)))
    load.seconds = time.perf_counter() - start
    return load


def drive(port: int, path: str, pause_s: float = 0.0) -> Load:
    """Warm up, then measure."""
    uvloop.run(read_at_once(port, path, READERS, WARM_UP_S, pause_s))
    return uvloop.run(read_at_once(port, path, READERS, SECONDS, pause_s))


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, path: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server as a process until it answers, and stop it at the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
                break
            if process.poll() is not None:
                msg = f"{shlex.join(command)} ended with {process.returncode}"
                raise RuntimeError(msg)
            time.sleep(0.2)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time of a process so far, s."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    print(
        f"{READERS} readers, {SECONDS:g} s each, {os.cpu_count()} cores shared by server and client (asyncio, uvloop)"
    )
    port = free_port()
    worst = 0.0
    with running([*MEGAREGION, "serve", "--port", str(port)], port, "/") as process:
        for path in (
            "/measures/gdp_share.json",
            "/measures/time_to_all.json?year=2019",
            "/measures/typical_time.csv?year=2019",
            "/matrix/typical_time?year=2019&lang=zh",
            "/",
        ):
            before = cpu_s(process)
            load = drive(port, path)
            share = (cpu_s(process) - before) / (SECONDS + WARM_UP_S)
            worst = max(worst, 1000 * float(np.quantile(load.latency_s, 0.95)))
            print(f"{path:40} {load.line()}, server {share:.0%} of a core")
        path = "/measures/time_to_all.json?year=2019"
        calm = drive(port, path, PAUSE_S)
        print(f"{'the same, each pausing 0.1-0.3 s':40} {calm.line()}")
        ours = drive(port, f"/tables/stops.json?limit={PEER_ROWS}")
        print(f"{f'/tables/stops.json, {PEER_ROWS} rows':40} {ours.line()}")
    print(f"largest p95 of a cached view: {worst:.1f} ms (wanted: below {P95_WANTED_MS:g} ms)")
    peer(ours)


def peer(ours: Load) -> None:
    """Serve the same table with Datasette and print the ratio."""
    command = shlex.split(os.environ.get("DATASETTE", "datasette"))
    if not shutil.which(command[0]):
        print(
            "datasette: skipped, not on the path; `pip install datasette` in an environment of its own, DATASETTE=..."
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "yrd.db"
        stops = mr.open("yrd").table("stops")
        with contextlib.closing(sqlite3.connect(file)) as database:
            stops.to_sql("stops", database, index=False)
        port = free_port()
        path = f"/yrd/stops.json?_shape=array&_size={PEER_ROWS}&_nosuggest=1&_nofacet=1&_nocount=1"
        with running([*command, "serve", "-i", str(file), "--port", str(port)], port, path):
            page = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read())
            same = [row["stop_id"] for row in page] == stops["stop_id"].head(PEER_ROWS).tolist()
            theirs = drive(port, path)
    print(f"{'datasette, the same rows':40} {theirs.line()}")
    rates = [len(load.latency_s) / load.seconds for load in (ours, theirs)]
    print(f"ratio of requests/s {rates[0] / rates[1]:.1f}; rows agree: {same}")
    print("ours come from memory and compressed, Datasette's from SQLite each time")


if __name__ == "__main__":
    main()
