"""Anderson acceleration: exact on linear maps, and what happens where a step goes wrong."""

import numpy as np
import pytest

from megaregion.economy.anderson import solve_fixed_point


def linear(seed, n, radius):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, n))
    matrix *= radius / np.abs(np.linalg.eigvals(matrix)).max()
    return matrix, rng.normal(size=n)


def of(matrix, shift):
    return lambda x: (matrix @ x + shift, matrix @ x + shift - x)


@pytest.mark.parametrize("radius", [0.5, 0.99, 3.0])
def test_a_linear_map_of_few_dimensions_is_solved_in_about_as_many_steps(radius):
    """Type II is GMRES on a linear map (Walker and Ni 2011): n + 1 evaluations in exact arithmetic."""
    matrix, shift = linear(1, 6, radius)
    found = solve_fixed_point(of(matrix, shift), np.zeros(6), tolerance=1e-10)
    np.testing.assert_allclose(found.x, np.linalg.solve(np.eye(6) - matrix, shift), rtol=1e-7, atol=1e-9)
    assert found.iterations < 25


def test_without_memory_it_is_the_plain_loop():
    matrix, shift = np.diag([0.1, -0.3, 0.5, 0.6, 0.2]), np.arange(5.0) / 4
    found = solve_fixed_point(of(matrix, shift), np.zeros(5), tolerance=0, max_iterations=10, memory=0)
    x = np.zeros(5)
    for _ in range(9):
        x = matrix @ x + shift
    np.testing.assert_allclose(found.x, x)
    assert not found.converged


def test_no_unknown_moves_by_more_than_two_at_once():
    seen = []

    def step(x):
        seen.append(x)
        return np.array([100.0]), np.array([100.0]) - x

    assert solve_fixed_point(step, np.zeros(1), tolerance=1e-9, memory=0).x[0] == pytest.approx(100)
    assert np.diff(np.concatenate(seen)).max() == 2.0


def test_a_point_where_the_map_is_not_finite_is_left():
    def step(x):
        image = np.where(x < 0.1, 3.0, 1 + (x - 1) / 2)
        image[x > 1.5] = np.nan
        return image, image - x

    found = solve_fixed_point(step, np.zeros(1), tolerance=1e-12)
    assert found.x[0] == pytest.approx(1)


def test_a_map_that_is_never_finite_gives_no_number():
    found = solve_fixed_point(lambda x: (x * np.nan, x * np.nan), np.zeros(2), tolerance=1e-9)
    assert not found.converged
    assert found.residual == np.inf
