"""Which elasticities have one equilibrium: the published bounds, and the same told by counting."""

import numpy as np
import pytest

from megaregion.economy import SpatialModel, check_uniqueness
from megaregion.errors import InputError


@pytest.mark.parametrize(
    ("alpha", "beta", "sigma", "ratio", "unique"),
    [
        (0.1, -0.3, 5, 0.142857, True),
        (0.05, -0.1, 4, 0.72, True),
        (0.2, -0.1, 5, 2.2857, False),
        (0.3, -0.1, 5, 7.0, False),
    ],
)
def test_allen_and_arkolakis(alpha, beta, sigma, ratio, unique):
    found = check_uniqueness(SpatialModel.allen_arkolakis(alpha=alpha, beta=beta, sigma=sigma))
    assert found.ratio == pytest.approx(ratio, abs=5e-5)
    assert found.unique is unique
    assert ("one equilibrium at most" if unique else "more than one equilibrium cannot be excluded") in found.rule


@pytest.mark.parametrize("seed", range(40))
def test_the_ratio_is_that_of_the_published_formula(seed):
    """gamma1 = 1 - alpha (sigma - 1) - beta sigma, gamma2 = 1 + alpha sigma + (sigma - 1) beta."""
    rng = np.random.default_rng(seed)
    alpha, beta, sigma = rng.uniform(-0.3, 0.3), rng.uniform(-0.6, 0.0), rng.uniform(2, 9)
    first, second = 1 - alpha * (sigma - 1) - beta * sigma, 1 + alpha * sigma + (sigma - 1) * beta
    found = check_uniqueness(SpatialModel.allen_arkolakis(alpha=alpha, beta=beta, sigma=sigma))
    assert found.ratio == pytest.approx(abs(second / first))
    if abs(abs(second / first) - 1) > 1e-6:
        assert found.unique is bool(abs(second / first) < 1)


@pytest.mark.parametrize("sigma", [2.5, 4.0, 5.0, 9.0])
@pytest.mark.parametrize("beyond", [-0.01, 0.01])
def test_redding_and_rossi_hansberg(sigma, beyond):
    """Unique if sigma (1 - alpha) > 1."""
    goods_share = 1 - (1 + beyond) / sigma
    found = check_uniqueness(SpatialModel.redding_rossi_hansberg(sigma=sigma, goods_share=goods_share))
    assert found.unique is (beyond > 0)


def test_tastes_weigh_like_congestion():
    """A taste for places with elasticity epsilon is a congestion of 1/epsilon (Allen and Arkolakis 2014, appendix)."""
    taste = SpatialModel(trade_elasticity=4, agglomeration=0.1, location_elasticity=4)
    crowd = SpatialModel.allen_arkolakis(alpha=0.1, beta=-0.25, sigma=5)
    assert check_uniqueness(taste).ratio == pytest.approx(check_uniqueness(crowd).ratio)


def test_with_commuting_love_of_variety_is_beyond_the_bound_and_small_spillovers_are_within():
    elasticities = {"sigma": 5, "goods_share": 0.7, "location_elasticity": 4.6}
    full = check_uniqueness(SpatialModel.monte_redding_rossi_hansberg(**elasticities))
    small = check_uniqueness(SpatialModel.monte_redding_rossi_hansberg(**elasticities, agglomeration=0.05))
    assert not full.unique
    assert full.spectral_radius == pytest.approx(1.0621194401032785)
    assert small.unique
    assert small.ratio is None


def test_nobody_moves():
    assert check_uniqueness(SpatialModel.armington(trade_elasticity=4)).unique


def test_elasticities_that_decide_nothing_are_refused():
    """gamma1 = 0: 1 - 0.25 * 4 - 0 = 0."""
    with pytest.raises(InputError, match=r"wages and people undetermined \(gamma1 = 0\)"):
        check_uniqueness(SpatialModel.allen_arkolakis(alpha=0.25, beta=0.0, sigma=5))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: SpatialModel(trade_elasticity=0), "'trade_elasticity' is 0; expected a finite number above 0"),
        (lambda: SpatialModel.armington(trade_elasticity=np.nan), "'trade_elasticity' is nan"),
        (lambda: SpatialModel(trade_elasticity=4, goods_share=1.2), "'goods_share' is 1.2; expected a share above 0"),
        (lambda: SpatialModel(trade_elasticity=4, mobility="free-ish"), "expected one of fixed, free, commuting"),
        (
            lambda: SpatialModel(trade_elasticity=4, mobility="commuting"),
            "'location_elasticity' is inf; expected a finite",
        ),
        (lambda: SpatialModel.allen_arkolakis(alpha=0, beta=0, sigma=1), "sigma is 1; expected an elasticity of subst"),
        (
            lambda: SpatialModel(
                trade_elasticity=4, mobility="commuting", location_elasticity=4, amenity_spillover=0.3
            ),
            "'amenity_spillover' is 0.3; expected a number below .* everybody would crowd into one place",
        ),
    ],
    ids=["zero", "nan", "share", "mobility", "tastes", "sigma", "crowding"],
)
def test_elasticities_that_no_economy_has_are_refused(made, message):
    with pytest.raises(InputError, match=message):
        made()
