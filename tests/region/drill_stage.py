"""
Stage of the drills that kill processes: imports once, then forks its actors, so that eighty kills take seconds.

Run as `python drill_stage.py DRILL JSON`; prints what happened as JSON. The stage itself never calls Arrow, so that
it has no threads when it forks.
"""

import json
import os
import random
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

import pandas as pd

from megaregion.errors import MegaregionError
from megaregion.region import objects
from megaregion.region.store import Store

ACTORS = 6


def city(key):
    return pd.DataFrame({"city_id": [key], "name": ["NA"], "lon": [120.0], "lat": [30.0]})


def append(store, key):
    def change(region):
        cities = [frame for frame in (region.table("cities"), city(key)) if len(frame)]
        return region.with_table("cities", pd.concat(cities, ignore_index=True))

    return store.commit(change, message=key)


def forked(work):
    """Process that does the work and reports through a pipe: its id and the end to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        work(lambda line: os.write(writing, f"{line}\n".encode()))
        code = 0
    except KeyboardInterrupt:
        code = 130
    except Exception:  # noqa: BLE001  # the parent must hear of it, whatever it is
        traceback.print_exc()
    finally:
        os._exit(code)


def told(reading):
    with os.fdopen(reading) as lines:
        return lines.read().splitlines()


def commit_for_ever(folder, name):
    def work(tell):
        store = Store.open(folder)
        store.read().table("cities")
        tell("ready")
        done = 0
        while True:
            version = append(store, f"{name}-{done}")
            tell(f"{int(version)} {name}-{done}")
            done += 1

    return work


def commit_time(folder):
    """Seconds that a commit takes here and now, the slowest of some."""

    def work(tell):
        store = Store.open(folder)
        for number in range(4):
            start = time.monotonic()
            append(store, f"timed-{number}")
            tell(time.monotonic() - start)

    child, reading = forked(work)
    times = [float(line) for line in told(reading)]
    os.waitpid(child, 0)
    return max(times)


def kills(folder, rounds, seed):
    """Kill a writer at random moments; look at the newest version after each kill."""
    rng = random.Random(seed)  # noqa: S311
    acknowledged, torn = [], []
    longest_s = min(3 * commit_time(folder), 0.6)
    for number in range(rounds):
        child, reading = forked(commit_for_ever(folder, f"round{number}"))
        os.read(reading, len("ready\n"))
        time.sleep(rng.uniform(0, longest_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged += told(reading)
        try:
            store = Store.open(folder)
            if store.head:
                for entry in store.snapshot(store.head).tables.values():
                    objects.get(store, entry, what="newest")
        except MegaregionError as problem:
            torn.append(f"round {number}: {problem}")
    return {"acknowledged": acknowledged, "torn": torn, "longest_s": longest_s}


def naive(folder, rounds, longest_s, seed):
    """Overwrite a live Parquet file in place, kill, and count the files that cannot be read."""
    rng = random.Random(seed)  # noqa: S311
    live = Path(folder) / "live.parquet"
    frame = pd.DataFrame({"number": range(150_000), "text": pd.Series(range(150_000)).astype("str")})

    def overwrite(tell):
        while True:
            frame.to_parquet(live)
            tell("written")

    def read(_tell):
        pd.read_parquet(live)

    kills_after_a_write = unreadable = 0
    for _ in range(rounds):
        child, reading = forked(overwrite)
        # once it has been written the file is a good one: what is unreadable later was torn by the kill
        os.read(reading, 1)
        time.sleep(rng.uniform(0, longest_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        kills_after_a_write += 1
        reader, answer = forked(read)
        os.close(answer)
        unreadable += os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) != 0
    return {"kills": kills_after_a_write, "unreadable": unreadable}


def interrupts(folder, rounds, longest_s, seed):
    """Interrupt a writer as Ctrl-C does."""
    rng = random.Random(seed)  # noqa: S311
    codes, left = [], []
    for number in range(rounds):
        child, reading = forked(commit_for_ever(folder, f"round{number}"))
        os.read(reading, 1)
        time.sleep(rng.uniform(0, longest_s))
        done = 0
        while not done:
            # an interrupt that falls into a finaliser is dropped by Python
            os.kill(child, signal.SIGINT)
            deadline = time.monotonic() + 0.5
            while not done and time.monotonic() < deadline:
                time.sleep(0.005)
                done, status = os.waitpid(child, os.WNOHANG)
        codes.append(os.waitstatus_to_exitcode(status))
        os.close(reading)
        left += [entry.name for entry in (Path(folder) / "tmp").glob(".tmp-*")]
    return {"codes": codes, "left": left}


def writers(folder, commits):
    """Let six processes commit at the same time."""

    def work_of(actor):
        def work(tell):
            store = Store.open(folder)
            for number in range(commits):
                tell(int(append(store, f"{actor}-{number}")))

        return work

    running = [forked(work_of(actor)) for actor in range(ACTORS)]
    versions = [int(line) for _, reading in running for line in told(reading)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in running]
    return {"codes": codes, "versions": versions}


def commits(folder, count):
    """Commit a number of times."""
    store = Store.open(folder)
    return {"versions": [int(append(store, f"row-{number}")) for number in range(count)]}


def file_size_limit(folder, limit):
    """Commit a table that is larger than a file may be."""
    store = Store.open(folder)
    rng = random.Random(1)  # noqa: S311
    frame = pd.concat([city(rng.randbytes(200).hex()) for _ in range(300)], ignore_index=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        store.commit(lambda region: region.with_table("cities", frame), message="too large")
    except MegaregionError as problem:
        return {"error": type(problem).__name__, "message": str(problem)}
    return {"error": ""}


if __name__ == "__main__":
    drills = (kills, naive, interrupts, writers, commits, file_size_limit)
    drill = {each.__name__: each for each in drills}[sys.argv[1]]
    sys.stdout.write(json.dumps(drill(**json.loads(sys.argv[2]))))
