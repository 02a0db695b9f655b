"""Ridge regression: against the primal form, and the error of leaving one out by hand."""

import numpy as np
import pytest

from lmlab.models.ridge import ridge


def test_it_is_the_primal_solution():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    weights, mean = ridge(x @ x.T, y, np.array([0.7]))
    primal = np.linalg.solve(x.T @ x + 0.7 * np.eye(3), x.T @ (y - y.mean()))
    assert np.allclose(x.T @ weights, primal) and mean == pytest.approx(y.mean())


def test_the_penalty_is_that_of_leaving_one_out():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((15, 4))
    y = x[:, 0] + rng.standard_normal(15)
    y -= y.mean()
    penalties, errors = np.array([0.01, 1.0, 100.0]), []
    for penalty in penalties:
        error = 0
        for i in range(15):
            rest = np.arange(15) != i
            gram = x[rest].T @ x[rest] + penalty * np.eye(4)
            error += (y[i] - x[i] @ np.linalg.solve(gram, x[rest].T @ y[rest])) ** 2
        errors.append(error)
    best = penalties[[np.argmin(errors)]]
    assert np.allclose(ridge(x @ x.T, y, penalties)[0], ridge(x @ x.T, y, best)[0])


def test_the_shapes_must_agree():
    with pytest.raises(ValueError, match=r"`gram` must have the shape \(2, 2\), got \(3, 3\)"):
        ridge(np.eye(3), np.zeros(2))
