"""
Economic complexity of a made table of 226 places by 785 sectors, beside the package ecomplexity.

The peer is not among our requirements: `pip install ecomplexity` brings it, otherwise it is skipped. Both give ECI,
PCI, proximity and density; the peer computes outlook indices and a test of pairs as well, which are part of its time.
Its indices are scaled otherwise, so both are brought to mean 0 and standard deviation 1.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from importlib.util import find_spec

import numpy as np
import pandas as pd

from megaregion.economy import complexity

PLACES, SECTORS = 226, 785
ROUNDS = 5


def made(places: int, sectors: int) -> pd.DataFrame:
    """Places that can do much make what few others make; sizes are spread as those of cities are."""
    rng = np.random.default_rng(7)
    able, hard = rng.normal(size=places), rng.normal(size=sectors)
    odds = 1.5 * (able[:, None] - hard[None]) + rng.normal(size=(places, sectors))
    # every sector is made somewhere
    held = (odds > 0) | (able[:, None] == able.max())
    values = np.where(held, rng.lognormal(2, 1, odds.shape), 0.0) * rng.lognormal(0, 1, places)[:, None]
    names = [f"p{at:03}" for at in range(places)]
    return pd.DataFrame(values, index=names, columns=[f"s{at:03}" for at in range(sectors)])


def least(work, rounds: int = ROUNDS) -> float:  # noqa: ANN001
    """Shortest of some rounds, seconds of the clock."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def by_peer(rows: pd.DataFrame) -> pd.DataFrame:
    """Ask the package as its page shows."""
    from ecomplexity import ecomplexity, proximity  # noqa: PLC0415

    columns = {"time": "time", "loc": "place", "prod": "sector", "val": "value"}
    with contextlib.redirect_stdout(io.StringIO()):
        found = ecomplexity(rows, columns)
        proximity(rows, columns)
    return found


def scaled(values: pd.Series) -> pd.Series:
    return (values - values.mean()) / values.std(ddof=0)


def main() -> None:
    table = made(PLACES, SECTORS)
    ours = complexity(table)
    spent = least(lambda: complexity(table))
    print(f"{PLACES} places x {SECTORS} sectors: {spent:.3f} s with proximity and density")
    if find_spec("ecomplexity") is None:
        print("ecomplexity is skipped: pip install ecomplexity")
        return
    rows = table.rename_axis(index="place", columns="sector").stack()  # noqa: PD013
    rows = rows.rename("value").reset_index().assign(time=2020)
    theirs = by_peer(rows)
    slower = least(lambda: by_peer(rows), 2)
    eci = theirs.drop_duplicates("place").set_index("place")["eci"].reindex(table.index)
    pci = theirs.drop_duplicates("sector").set_index("sector")["pci"].reindex(table.columns)
    density = theirs.set_index(["place", "sector"])["density"].unstack().reindex(table.index)[table.columns]  # noqa: PD010
    off = {
        "eci": float((scaled(ours.eci) - scaled(eci)).abs().max()),
        "pci": float((scaled(ours.pci) - scaled(pci)).abs().max()),
        "density": float((ours.density - density).abs().max(axis=None)),
    }
    told = ", ".join(f"{name} {value:.0e}" for name, value in off.items())
    print(f"  ecomplexity: {slower:.2f} s, {slower / spent:.0f} times as long; largest differences: {told}")
    if max(off["eci"], off["pci"]) > 1e-6:
        sys.exit("the results do not agree")


if __name__ == "__main__":
    main()
