"""
What blocks cost: the same made-up matrix written as one block and as many, by threads and by processes, and its memory.

The plan makes its travel times up in no time, so that what is measured is the blocks: parts, joining, Parquet.
"""

from __future__ import annotations

import hashlib
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.mobility.travel_time import TravelTimes
from megaregion.publish.od_files import write_travel_times
from megaregion.study.blocks import Blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

N_DESTINATIONS = 1_000


@dataclass(frozen=True)
class MadeUp:
    """Travel times by a formula of the origin and the destination."""

    n_origins: int

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What the numbers rest on."""
        return {"made_up": True}

    def block(self, origins: range) -> TravelTimes:
        """Make up the rows of some origins."""
        row = np.arange(origins.start, origins.stop, dtype=np.int64)[:, None]
        column = np.arange(N_DESTINATIONS, dtype=np.int64)[None, :]
        time_s = ((row * 2_654_435_761 + column * 40_503) % 7_200).astype(np.float32)
        departures = (time_s % 17 == 0).astype(np.int32)
        time_s[time_s > 7_000] = np.inf
        return TravelTimes(
            origin_ids=tuple(f"cell-{at:07d}" for at in origins),
            destination_ids=tuple(f"cell-{at:07d}" for at in range(N_DESTINATIONS)),
            percentiles=(5, 50, 95),
            travel_time_s=np.stack([time_s, time_s + 60, time_s + 600]),
            fastest_s=time_s,
            departures=departures,
            first_arrival_s=time_s + 25_200,
            last_arrival_s=time_s + 28_800,
            window_s=(25_200, 28_800),
            provenance=self.provenance,
        )


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    plan = MadeUp(2_000)
    n_pairs = plan.n_origins * N_DESTINATIONS
    print(f"{plan.n_origins:,} x {N_DESTINATIONS:,} = {n_pairs:,} pairs, 9 columns")
    start, used = time.perf_counter(), time.process_time()
    whole = plan.block(range(plan.n_origins)).table
    whole.to_parquet(folder / "whole.parquet", index=False)
    print(f"in memory and to Parquet by pandas: {_spent(start, used)}")
    digests = set()
    for blocks in (
        Blocks(size=plan.n_origins, workers=1),
        Blocks(size=64, workers=1),
        Blocks(size=8, workers=1),
        Blocks(size=8, workers=2),
        Blocks(size=64, workers=2, backend="processes"),
    ):
        n_blocks = -(-plan.n_origins // (blocks.size or 1))
        start, used = time.perf_counter(), time.process_time()
        path = write_travel_times(plan, folder / "od.parquet", blocks=blocks).path
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        print(f"{n_blocks:>4} blocks, {blocks.workers} {blocks.backend}: {_spent(start, used)}")
    print(f"different files among these: {len(digests) - 1}")
    same = whole.equals(pd.read_parquet(folder / "od.parquet"))
    print(f"the file holds what is in memory: {same}")


def memory() -> None:
    """Peak memory of a process that writes ever more origins; what it holds does not grow with them."""
    folder = Path(tempfile.mkdtemp())
    for n_origins in (1_000, 4_000, 16_000):
        write_travel_times(MadeUp(n_origins), folder / "od.parquet", blocks=Blocks(size=64, workers=2))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{n_origins * N_DESTINATIONS:>10,} pairs in blocks of 64 origins: peak memory {peak:.2f} GiB")


def _spent(start: float, used: float) -> str:
    return f"{time.perf_counter() - start:.1f} s wall, {time.process_time() - used:.1f} s of this process"


if __name__ == "__main__":
    # first, for a peak does not go down again
    memory()
    main()
