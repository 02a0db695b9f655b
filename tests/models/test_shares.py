"""Shares: a mean moved by hand, its error in repeated draws, answers that explain nothing."""

import numpy as np
import pytest

from lmlab.models.shares import METHODS, corrected, index, matrix, month, moved, variance


def test_variance_by_hand():
    assert variance(0.5, 100) == pytest.approx(0.0025)
    assert variance(0.0, 100) == variance(1.0, 100) == pytest.approx(0.0099 / 100)


def test_corrected_by_hand():
    share, error = corrected(0.62, 100, 0.8, 0.2, 50)
    assert share == pytest.approx(0.7)
    parts = 0.62 * 0.38 / 100 + 0.7**2 * 0.16 / 50 + 0.3**2 * 0.16 / 50
    assert error == pytest.approx(np.sqrt(parts) / 0.6)
    assert corrected(0.3, 100, 1, 0, 10**9)[0] == pytest.approx(0.3)  # a reader without errors


def test_the_corrected_error_is_that_of_repeated_draws():
    rng, found = np.random.default_rng(0), []
    for _ in range(2000):
        h, f = rng.binomial(200, 0.8) / 200, rng.binomial(200, 0.3) / 200
        q = (rng.binomial(600, 0.8) + rng.binomial(400, 0.3)) / 1000
        found.append(corrected(q, 1000, h, f, 200))
    got, errors = np.array(found).T
    assert got.mean() == pytest.approx(0.6, abs=0.01)
    assert got.std() == pytest.approx(errors.mean(), rel=0.08)


def test_a_reader_that_says_nothing():
    with pytest.raises(ValueError) as error:
        corrected(0.4, 100, 0.4, 0.4, 50)
    assert str(error.value) == "`h` must differ from `f`, got 0.4 for both"


def test_moved_by_hand():
    answers = np.array([1, 1, 0, 0, 1, 1, 1, 1])  # of the labelled half, of all three quarters
    labels = np.array([1, 0, 0, 0])
    share, error = moved(answers, labels)
    # the slope of the labels on the answers is 1/2 - 0, so 1/4 + 1/2 · (3/4 - 1/2)
    assert share == pytest.approx(0.375)
    r2 = 1 / 3
    assert error == pytest.approx(np.sqrt(0.25 * 0.75 * ((1 - r2) / 4 + r2 / 8)))


def test_answers_that_explain_nothing():
    share, error = moved(np.ones(10), np.array([1, 0, 0, 0]))
    assert share == 0.25 and error == pytest.approx(np.sqrt(0.25 * 0.75 / 4))


def test_the_error_is_that_of_repeated_draws():
    rng, found = np.random.default_rng(0), []
    for _ in range(800):
        y = rng.random(3000) < 0.4
        said = np.where(rng.random(3000) < 0.15, ~y, y)
        found.append(moved(said, y[:200]))
    shares, errors = np.array(found).T
    assert shares.mean() == pytest.approx(0.4, abs=0.003)
    assert shares.std() == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.08)
    assert shares.std() < 0.8 * np.sqrt(0.24 / 200)


PERFECT = {"tea": [np.ones(3), np.zeros(3)], "cake": [np.ones(3), np.zeros(3)]}
BLUNT = {"tea": [np.array([1, 1, 1, 0]), np.array([0, 0, 0, 1])]}


def test_a_month_by_hand():
    said, truth = month(PERFECT["tea"], 1000, 0.3, np.random.default_rng(0))
    assert np.array_equal(said, truth) and truth.mean() == pytest.approx(0.3, abs=0.05)
    assert matrix(PERFECT["tea"], np.random.default_rng(0), 10) == (1, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_perfect_reader_finds_the_share(method):
    share, half = index(method, PERFECT, "tea", 4000, 0.3, np.random.default_rng(1))
    assert share == pytest.approx(0.3, abs=0.07) and 0 < half < 0.08


def test_only_the_count_is_biased():
    rng = np.random.default_rng(0)
    found = {
        method: np.mean([index(method, BLUNT, "tea", 2000, 0.2, rng)[0] for _ in range(100)])
        for method in METHODS
    }
    assert found.pop("counted") == pytest.approx(0.2 * 0.75 + 0.8 * 0.25, abs=0.01)
    assert all(share == pytest.approx(0.2, abs=0.02) for share in found.values())


def test_unknown_method():
    with pytest.raises(ValueError, match="`method` must be one of"):
        index("guessed", BLUNT, "tea", 10, 0.5, np.random.default_rng(0))
