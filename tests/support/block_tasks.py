"""Tasks for blocks, in a module of their own so that other processes can import them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from megaregion.errors import InputError


@dataclass(frozen=True)
class Products:
    """A row times every column: `width` rows of the result for each row, ids as a dictionary that differs by block."""

    width: int = 7

    def __call__(self, rows: range) -> pa.Table:
        row = np.repeat(np.arange(rows.start, rows.stop), self.width)
        column = np.tile(np.arange(self.width), len(rows))
        ids = pa.array([f"o{number}" for number in row], pa.string()).dictionary_encode()
        product = np.where(column == 3, np.inf, row * column).astype(np.float32)
        return pa.table({"from_id": ids, "column": column.astype(np.int32), "product": product})


@dataclass(frozen=True)
class Chaos:
    """A task that goes wrong at one row the first `times` times: raises, drops, exits or is refused."""

    folder: str
    how: str
    at: int
    times: int = 1

    def __call__(self, rows: range) -> pa.Table:
        if self.at in rows and len(list(Path(self.folder).glob("wrong-*"))) < self.times:
            (Path(self.folder) / f"wrong-{time.monotonic_ns()}").touch()
            if self.how == "raise":
                msg = "out of luck"
                raise ValueError(msg)
            if self.how == "drop":
                return None
            if self.how == "exit":
                os._exit(3)
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            msg = "the window is empty"
            raise InputError(msg)
        return Products()(rows)


@dataclass(frozen=True)
class Slow:
    """A task that takes its time for each row."""

    seconds: float

    def __call__(self, rows: range) -> pa.Table:
        time.sleep(self.seconds * len(rows))
        return Products()(rows)
