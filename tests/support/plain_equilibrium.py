"""The equations of a spatial economy in levels, looped over with damping: slow, and apart from our code."""

from dataclasses import dataclass

import numpy as np


@dataclass
class PlainEconomy:
    """What is given; matrices go from rows to columns: goods of i to j, homes n to work places i."""

    theta: float
    trade_cost: np.ndarray
    productivity: np.ndarray
    amenity: np.ndarray
    land: np.ndarray
    a: float = 0.0
    b: float = 0.0
    alpha: float = 1.0
    delta: float = 0.0
    epsilon: float = np.inf
    commuting_cost: np.ndarray | None = None
    work_amenity: np.ndarray | None = None
    people: float = 1.0

    def solve(self, *, damping=0.3, tolerance=1e-13, most=200_000):
        """Wages, jobs, residents, welfare; output adds up to 1."""
        n = len(self.productivity)
        wages, jobs = np.ones(n), np.full(n, self.people / n)
        for _ in range(most):
            # goods: everybody buys from everybody
            price = self.trade_cost * (wages / (self.productivity * jobs**self.a))[:, None]
            bought = price**-self.theta
            index = bought.sum(axis=0) ** (-1 / self.theta)
            share = bought / bought.sum(axis=0)
            wanted_jobs, income, residents, welfare = self.live(wages, jobs, index)
            wanted_output = share @ income
            new_wages = wanted_output / jobs
            new_wages /= (new_wages * jobs).sum()
            off = max(np.abs(np.log(new_wages / wages)).max(), np.abs(np.log(wanted_jobs / jobs)).max())
            wages = wages ** (1 - damping) * new_wages**damping
            jobs = jobs ** (1 - damping) * wanted_jobs**damping
            jobs *= self.people / jobs.sum()
            wages /= (wages * jobs).sum()
            if off < tolerance:
                return wages, jobs, residents, welfare
        msg = f"the plain loop is still off by {off}"
        raise RuntimeError(msg)

    def live(self, wages, jobs, index):
        """Where people work and live, what residents earn, and the utility they expect."""
        if self.commuting_cost is None:
            worth = self.worth(wages, jobs, wages * jobs, index)
            if np.isfinite(self.epsilon):
                drawn = worth**self.epsilon
                return self.people * drawn / drawn.sum(), wages * jobs, jobs, drawn.sum() ** (1 / self.epsilon)
            # people leave where it is worth less than on average, slowly
            mean = (worth * jobs).sum() / self.people
            moved = jobs * (worth / mean) ** 0.3
            return self.people * moved / moved.sum(), wages * jobs, jobs, mean
        residents = np.full(len(wages), self.people / len(wages))
        earned = residents * wages
        for _ in range(10_000):
            worth = self.worth(1.0, residents, earned, index)
            pull = worth[:, None] * (self.work_amenity * wages)[None, :] / self.commuting_cost
            flows = pull**self.epsilon
            welfare = flows.sum() ** (1 / self.epsilon)
            flows *= self.people / flows.sum()
            last, residents = residents, (residents * flows.sum(axis=1)) ** 0.5
            residents *= self.people / residents.sum()
            earned = (flows @ wages) / flows.sum(axis=1) * residents
            if np.abs(residents / last - 1).max() < 1e-15:
                break
        return flows.sum(axis=0), flows @ wages, flows.sum(axis=1), welfare

    def worth(self, wages, residents, spent, index):
        """Utility of living in each place: amenity, wages, prices of goods and of floor space."""
        rent = ((1 - self.alpha) * spent * index**self.delta / self.land) ** (1 / (1 + self.delta))
        crowd = residents**self.b
        return self.amenity * crowd * wages / (index**self.alpha * rent ** (1 - self.alpha))
