"""Run blocks in a process of their own, which a test kills: arguments are the file and the backend."""

import sys
from pathlib import Path

from megaregion.study.blocks import Blocks, run_blocks
from support.block_tasks import Slow

if __name__ == "__main__":
    run_blocks(
        Slow(0.05), 40, Path(sys.argv[1]), question={"n": 40}, blocks=Blocks(size=2, workers=2, backend=sys.argv[2])
    )
