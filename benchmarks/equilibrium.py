"""
Counterfactual with commuting and trade: made places, a faster network, residual 1e-10, beside the loop of the toolkits.

The peer is ours: the published toolkits are in MATLAB, so their loop was written anew in numpy from the equations. It
iterates on the full matrix of commuting, recomputes all of trade in each round, moves by a quarter and stops when
nothing moves by more than 1e-4, as they do, and in a second run by 1e-10, to be as exact as ours. Processor time is
what other work disturbs least. `python -m benchmarks.equilibrium 10000` runs one size only.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import megaregion as mr
from megaregion.economy import (
    EconomyData,
    Project,
    Solver,
    SpatialModel,
    TimeCosts,
    calibrate,
    counterfactual,
    read_parameters,
    welfare_bands,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megaregion.economy import Calibrated, Counterfactual

    F64 = NDArray[np.float64]

SIZES = (41, 500, 2_000, 5_000)
SINGLE_FROM = 8_000
"""Places from which flows are kept in single precision: 10,000 of them take 0.4 GB a kernel instead of 0.8."""

PEER_SECONDS = 60.0
MODEL = SpatialModel.monte_redding_rossi_hansberg(sigma=5, goods_share=0.7, location_elasticity=4.6, agglomeration=0.05)
COSTS = TimeCosts(commuting=0.47, business=0.05, goods=0.33, return_trip=False)
BRIDGE_S = 2_400.0


@dataclass
class Made:
    """Places in clusters on a plane of 600 km, and travel times that differ by direction."""

    employment: F64
    residents: F64
    wages: F64
    before_s: NDArray[np.floating]
    after_s: NDArray[np.floating]


def make(n: int, dtype: type = np.float64) -> Made:
    """Make n places; a new line saves a third of the time between two halves of the plane, in one direction more."""
    rng = np.random.default_rng(n)
    centres = rng.uniform(0, 600, (max(3, n // 20), 2))
    x, y = (centres[rng.integers(len(centres), size=n)] + rng.normal(0, 25, (n, 2))).T
    employment = np.exp(rng.normal(0, 1, n))
    before = np.empty((n, n), dtype)
    after = np.empty((n, n), dtype)
    for row in range(n):
        before[row] = 600 + 45 * np.hypot(x - x[row], y - y[row]) * rng.uniform(1, 1.2, n)
        crossing = (x > 300) != (x[row] > 300)
        after[row] = np.where(
            crossing & (before[row] > BRIDGE_S), before[row] * (0.67 if x[row] > 300 else 0.7), before[row]
        )
    return Made(employment, employment * np.exp(rng.normal(0, 0.1, n)), np.exp(rng.normal(0, 0.2, n)), before, after)


def damped_loop(calibrated: Calibrated, goods: F64, ways: F64, least_move: float) -> tuple[int, float, F64, F64]:
    """Run the toolkits' loop on the matrix of commuting: rounds (0 = cut), welfare, changes of wages and residents."""
    theta, epsilon = MODEL.trade_elasticity, MODEL.location_elasticity
    alpha, a = MODEL.goods_share, MODEL.agglomeration
    bought = calibrated.shares.trade.dense()
    commute = calibrated.shares.commuting
    assert commute is not None  # noqa: S101
    share = commute.dense()
    jobs, homes, wage = share.sum(axis=0), share.sum(axis=1), calibrated.wages
    income = share @ wage
    wages, work, live = (np.ones(len(wage)) for _ in range(3))
    start, rounds, move = time.perf_counter(), 0, np.inf
    while move > least_move and time.perf_counter() - start < PEER_SECONDS:
        rounds += 1
        supply = work ** (a * theta) * wages**-theta
        pushed = bought * goods**-theta * supply[:, None]
        total = pushed.sum(axis=0)
        price = total ** (-1 / theta)
        drawn = share * (ways / wages) ** -epsilon
        flows = share * ways**-epsilon * wages**epsilon
        kept = flows / flows.sum(axis=1)[:, None]
        earned = (kept * (wages * wage)).sum(axis=1) / (income / homes)
        rent = earned * live
        flows = drawn * (price**alpha * rent ** (1 - alpha))[:, None] ** -epsilon
        size = flows.sum()
        flows = flows / size
        new_live, new_work = flows.sum(axis=1) / homes, flows.sum(axis=0) / jobs
        new_wages = ((pushed / total) @ (income * earned * live)) / (wage * jobs * work)
        new_wages /= (new_wages * wage * jobs * work).sum() / (wage * jobs).sum()
        move = max(np.abs(new / old - 1).max() for new, old in ((new_wages, wages), (new_live, live), (new_work, work)))
        wages, live, work = (
            0.75 * old + 0.25 * new for old, new in ((wages, new_wages), (live, new_live), (work, new_work))
        )
    return rounds if move <= least_move else 0, float(size ** (1 / epsilon)), wages, live


def gib() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(n: int) -> None:
    """Print what one size takes."""
    single = n >= SINGLE_FROM
    made = make(n, np.float32 if single else np.float64)
    trade_cost = made.before_s.astype(np.float64) ** COSTS.goods if not single else made.before_s ** np.float32(0.33)
    ways_cost = COSTS.commuting_cost(made.before_s) if not single else made.before_s ** np.float32(0.47)
    if single:
        ratio = made.after_s / made.before_s
        goods, ways = ratio ** np.float32(COSTS.business), ratio ** np.float32(0.47)
        del ratio
    else:
        goods, ways = COSTS.changes(made.before_s, made.after_s)
    data = EconomyData(
        employment=made.employment,
        residents=made.residents,
        wages=made.wages,
        trade_cost=trade_cost,
        commuting_cost=ways_cost,
    )
    del made, trade_cost, ways_cost
    cpu, wall = time.process_time(), time.perf_counter()
    calibrated = calibrate(MODEL, data, precision="float32" if single else "float64")
    print(
        f"{n:6,} places: calibrated in {time.process_time() - cpu:6.2f} s of processor time "
        f"({time.perf_counter() - wall:.2f} s), {calibrated.iterations} evaluations, residual "
        f"{calibrated.residual:.1g}, kernels {'float32' if single else 'float64'}"
    )
    del data
    repeats = 5 if n <= 500 else 1
    taken: list[tuple[float, float]] = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        found = counterfactual(calibrated, cost_hat=goods, commuting_hat=ways, solver=Solver(tolerance=1e-10))
        taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    ours_cpu, ours_wall = min(taken)
    print(
        f"               counterfactual {ours_cpu:8.4f} s of processor time ({ours_wall:.4f} s), {found.iterations} "
        f"evaluations, residual {found.residual:.1g}, peak {gib():.2f} GiB"
    )
    if n <= SIZES[2]:
        peer(calibrated, goods, ways, found, ours_cpu)


def peer(calibrated: Calibrated, goods: F64, ways: F64, found: Counterfactual, ours_cpu: float) -> None:
    """Run the toolkits' loop on the same and print the ratio."""
    for least_move in (1e-4, 1e-10):
        cpu = time.process_time()
        rounds, welfare, wages, live = damped_loop(calibrated, goods, ways, least_move)
        cpu = time.process_time() - cpu
        level = (wages / found.table["wage_hat"]).to_numpy()
        off = max(
            float(np.abs(level / level.mean() - 1).max()), float(np.abs(live / found.table["residents_hat"] - 1).max())
        )
        ended = f"{rounds} rounds to a move of {least_move:g}" if rounds else f"cut after {PEER_SECONDS:g} s"
        print(
            f"               damped N x N loop {cpu:7.3f} s, {ended}: {cpu / ours_cpu:,.1f} times as long; welfare "
            f"{welfare:.10f} (ours {found.welfare:.10f}), wages and residents agree to {off:.1g}"
        )


def bands(n: int, draws: int) -> None:
    """Print what draws of the elasticities of the delta take, each calibrated anew."""
    made = make(n)
    project = Project(
        ids=tuple(map(str, range(n))),
        employment=made.employment,
        wages=made.wages,
        residents=made.residents,
        distance_m=made.before_s,
        before_s=np.stack([made.before_s * late for late in (1, 1.2, 1.5)]),
        after_s=np.stack([made.after_s * late for late in (1, 1.2, 1.5)]),
        percentiles=(5, 50, 95),
    )
    parameters = read_parameters(mr.open("yrd").table("parameters"))
    cpu, wall = time.process_time(), time.perf_counter()
    found = welfare_bands(project, parameters, draws=draws)
    print(
        f"{draws:6,} draws at {n} places, calibrated anew: {time.process_time() - cpu:.1f} s of processor time "
        f"({time.perf_counter() - wall:.1f} s), {found.certificate.converged:.1%} solved"
    )


def main() -> None:
    for n in [int(argument) for argument in sys.argv[1:]] or SIZES:
        measure(n)
    if not sys.argv[1:]:
        bands(41, 1_000)


if __name__ == "__main__":
    main()
