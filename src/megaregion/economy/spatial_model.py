"""Which spatial economy is solved: elasticities, and what people may choose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from megaregion.errors import InputError

Mobility = Literal["fixed", "free", "commuting"]
MOBILITIES: tuple[Mobility, ...] = ("fixed", "free", "commuting")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpatialModel:
    """
    A spatial economy with constant elasticities; the models of the literature are presets of it.

    Goods of place i cost tau_ij w_i / (A_i L_i^a) in place j and are bought in shares with the trade elasticity theta;
    a household that lives in n and works in i has B_ni w_i / (kappa_ni P_n^alpha Q_n^(1-alpha)) times its own taste for
    the pair, whose dispersion is 1 / epsilon; housing of n is built of goods, H_n (Q_n / P_n)^delta of it, and its rent
    is spent in n.

    Attributes
    ----------
    trade_elasticity
        theta = sigma - 1, above 0.
    agglomeration
        a: elasticity of productivity to employment; 1 / theta is love of variety (Krugman).
    amenity_spillover
        b: elasticity of amenity to residents; below 0 is congestion.
    goods_share
        alpha: share of spending on goods, the rest is housing; above 0, up to 1.
    housing_supply
        delta: elasticity of housing to its rent, 0 or more.
    location_elasticity
        epsilon of the taste for places (Frechet), above 0; inf = all are alike, so that all places are worth the same.
    mobility
        "fixed": nobody moves; "free": people live where they work and move; "commuting": they choose both.

    References
    ----------
    Allen and Arkolakis 2014, "Trade and the topography of the spatial economy", Quarterly Journal of Economics 129(3);
    Redding and Rossi-Hansberg 2017, "Quantitative spatial economics", Annual Review of Economics 9;
    Monte, Redding and Rossi-Hansberg 2018, "Commuting, migration, and local employment elasticities",
    American Economic Review 108(12).

    Examples
    --------
    >>> SpatialModel.monte_redding_rossi_hansberg(sigma=4, goods_share=0.7, location_elasticity=3.3).agglomeration
    0.3333333333333333
    """

    trade_elasticity: float
    agglomeration: float = 0.0
    amenity_spillover: float = 0.0
    goods_share: float = 1.0
    housing_supply: float = 0.0
    location_elasticity: float = math.inf
    mobility: Mobility = "free"

    def __post_init__(self) -> None:
        """Refuse what no economy can have."""
        finite = "a finite number"
        self._check("trade_elasticity", f"{finite} above 0", ok=0 < self.trade_elasticity < math.inf)
        self._check("agglomeration", finite, ok=math.isfinite(self.agglomeration))
        self._check("amenity_spillover", finite, ok=math.isfinite(self.amenity_spillover))
        self._check("goods_share", "a share above 0, up to 1", ok=0 < self.goods_share <= 1)
        self._check("housing_supply", f"{finite}, 0 or more", ok=0 <= self.housing_supply < math.inf)
        self._check("location_elasticity", "a number above 0, inf = all alike", ok=self.location_elasticity > 0)
        self._check("mobility", f"one of {', '.join(MOBILITIES)}", ok=self.mobility in MOBILITIES)
        if self.mobility == "commuting":
            wanted = "a finite number above 0 where people commute (Monte, Redding and Rossi-Hansberg: 3.3)"
            self._check("location_elasticity", wanted, ok=math.isfinite(self.location_elasticity))
            wanted = "below 1/location_elasticity + rent_exponent, or everybody would crowd into one place"
            self._check("amenity_spillover", f"a number {wanted}", ok=self.crowding > 0)

    @classmethod
    def allen_arkolakis(cls, *, alpha: float, beta: float, sigma: float) -> SpatialModel:
        """Goods and mobile labour, spillovers alpha on productivity and beta on amenity (Allen and Arkolakis 2014)."""
        return cls(trade_elasticity=_theta(sigma), agglomeration=alpha, amenity_spillover=beta)

    @classmethod
    def redding_rossi_hansberg(cls, *, sigma: float, goods_share: float) -> SpatialModel:
        """Varieties, mobile labour and land in fixed supply (Helpman; Redding and Rossi-Hansberg 2017)."""
        theta = _theta(sigma)
        return cls(trade_elasticity=theta, agglomeration=1 / theta, goods_share=goods_share)

    @classmethod
    def monte_redding_rossi_hansberg(
        cls,
        *,
        sigma: float,
        goods_share: float,
        location_elasticity: float,
        agglomeration: float | None = None,
        housing_supply: float = 0.0,
    ) -> SpatialModel:
        """Commuting, choice of residence, trade (Monte, Redding and Rossi-Hansberg 2018); spillover 1/theta if None."""
        theta = _theta(sigma)
        return cls(
            trade_elasticity=theta,
            agglomeration=1 / theta if agglomeration is None else agglomeration,
            goods_share=goods_share,
            housing_supply=housing_supply,
            location_elasticity=location_elasticity,
            mobility="commuting",
        )

    @classmethod
    def armington(cls, *, trade_elasticity: float) -> SpatialModel:
        """Trade alone, nobody moves: welfare follows from the own share (Arkolakis, Costinot, Rodriguez-Clare 2012)."""
        return cls(trade_elasticity=trade_elasticity, mobility="fixed")

    @property
    def rent_exponent(self) -> float:
        """h: by how much local income weighs on utility through rents, (1 - alpha) / (1 + delta)."""
        return (1 - self.goods_share) / (1 + self.housing_supply)

    @property
    def crowding(self) -> float:
        """q: by how much residents weigh on what a place is worth: rents, dispersion of tastes, less spillovers."""
        return self.rent_exponent + 1 / self.location_elasticity - self.amenity_spillover

    def _check(self, field: str, accepted: str, *, ok: bool) -> None:
        if not ok:
            msg = f"SpatialModel: field '{field}' is {getattr(self, field)!r}; expected {accepted}."
            raise InputError(msg)


def _theta(sigma: float) -> float:
    if not 1 < sigma < math.inf:  # also catches NaN
        msg = f"sigma is {sigma!r}; expected an elasticity of substitution above 1, such as 5 (theta = sigma - 1)."
        raise InputError(msg)
    return sigma - 1
