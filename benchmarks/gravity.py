"""
Doubly constrained gravity with a border: made places, errors clustered by pair, beside pyfixest and dummies.

The peers are not among our requirements: `pip install pyfixest statsmodels` brings them, otherwise they are skipped.
pyfixest absorbs effects as we do; statsmodels has a column for each origin and destination. Processor time is what
other work disturbs least.
"""

from __future__ import annotations

import resource
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.economy import borders, fit_gravity

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

SIZES = (41, 300, 1_000)
DUMMIES_UP_TO = 100
"""Places up to which a column for each is tried: 300 take 0.4 GB and minutes."""


def made(n: int) -> tuple[F64, F64, F64]:
    """Flows, distances and borders of places on a plane of 500 km; as many flows are 0 as counts of people have."""
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 500, (n, 2))
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 5
    across = borders((at // 125).astype(int) @ [4, 1])
    size = rng.lognormal(4, 1, (2, n))
    mean = np.outer(*size) * km**-1.3 * np.where(across, 0.5, 1.0)
    return rng.poisson(mean).astype(np.float64), km, across


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def rows_of(flows: F64, km: F64, across: F64) -> pd.DataFrame:
    """One row a pair, as the peers take it."""
    n = len(flows)
    ids = [f"p{index}" for index in range(n)]
    i, j = np.nonzero(~np.eye(n, dtype=bool))
    pair = np.minimum(i, j) * n + np.maximum(i, j)
    return pd.DataFrame(
        {
            "flow": flows[i, j],
            "log_km": np.log(km[i, j]),
            "border": across[i, j],
            "origin": np.array(ids, dtype=object)[i],
            "destination": np.array(ids, dtype=object)[j],
            "pair": pair,
        }
    )


def by_pyfixest(rows: pd.DataFrame) -> tuple[float, float]:
    import pyfixest  # noqa: PLC0415 - a peer that may not be there

    fit = pyfixest.fepois("flow ~ log_km + border | origin + destination", rows, vcov={"CRV1": "pair"})
    return float(fit.coef()["log_km"]), float(fit.coef()["border"])


def by_dummies(rows: pd.DataFrame) -> tuple[float, float]:
    import statsmodels.formula.api as formulas  # noqa: PLC0415 - a peer that may not be there
    from statsmodels.api import families  # noqa: PLC0415

    model = formulas.glm("flow ~ log_km + border + origin + destination", rows, family=families.Poisson())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": rows["pair"]})
    return float(fit.params["log_km"]), float(fit.params["border"])


def main() -> None:
    peers = {"pyfixest": by_pyfixest, "statsmodels": by_dummies}
    for name in [name for name in peers if find_spec(name) is None]:
        print(f"{name} is skipped: pip install {name}")
        del peers[name]
    # what is imported and compiled on a first call is no part of the fit
    fit_gravity(*made(12)[:2], deterrence="power")
    for peer in peers.values():
        peer(rows_of(*made(12)))
    for n in [int(each) for each in sys.argv[1:]] or SIZES:
        flows, km, across = made(n)
        ours, spent = timed(
            lambda flows=flows, km=km, across=across: fit_gravity(
                flows, km, deterrence="power", covariates={"border": across}, cluster="pair"
            )
        )
        estimates = ours.coefficients["estimate"].to_numpy()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{n:,} places, {ours.n_pairs:,} pairs, {(flows == 0).mean():.0%} zeros: {spent:.2f} s, "
            f"totals met to {ours.residual:.0e}, peak so far {peak:.2f} GB"
        )
        rows = rows_of(flows, km, across)
        for name, peer in peers.items():
            if name == "statsmodels" and n > DUMMIES_UP_TO:
                continue
            theirs, slower = timed(lambda peer=peer, rows=rows: peer(rows))
            off = np.abs(estimates / theirs - 1).max()
            print(f"  {name}: {slower:.2f} s, {slower / spent:.1f} times as long; estimates differ by {off:.0e}")


if __name__ == "__main__":
    main()
