"""Effects that are known beforehand, and accuracy where there is nothing."""

import numpy as np
import pytest

from lmlab.models.effects import METHODS, adjusted_effect, folded_accuracy, ranked_gains


def confounded(n=4000, seed=0):
    """An effect of 2 on those treated, who are treated more often where z, worth 3, is high."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 1))
    treated = rng.random(n) < 1 / (1 + np.exp(-z[:, 0]))
    return treated, 2.0 * treated + 3 * z[:, 0] + 0.1 * rng.standard_normal(n), z


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_the_effect_if_the_column_is_known(method):
    treated, outcome, z = confounded()
    assert adjusted_effect(treated, outcome, z, method) == pytest.approx(2, abs=0.15)
    assert adjusted_effect(treated, outcome, z[:, :0], method) > 3.5


def test_equally_near_ones_share():
    treated, outcome = np.array([1, 1, 0, 0, 0, 0], bool), np.array([5.0, 5, 1, 3, 2, 2])
    z = np.array([[0.0], [1], [0], [0], [1], [1]])
    assert adjusted_effect(treated, outcome, z, "matching") == pytest.approx(3)


def test_an_unknown_method():
    with pytest.raises(ValueError, match=r"`method` must be one of .*, got 'magic'"):
        adjusted_effect(*confounded(20), "magic")


def test_uplift_finds_those_who_gain():
    rng = np.random.default_rng(0)
    x, treated = rng.standard_normal((4000, 2)), rng.random(4000) < 0.5
    good = rng.random(4000) < 0.3 + 0.4 * (treated & (x[:, 0] > 0)) + 0.2 * (x[:, 1] > 0)
    gains = ranked_gains(x, treated, good, share=0.5, seed=0)
    assert gains.shape == (3, 2)
    assert gains[1, 0] == pytest.approx(0.4, abs=0.06)
    assert gains[2, 0] == pytest.approx(0.2, abs=0.05)
    plain = good[treated].mean() - good[~treated].mean()
    assert gains[2, 0] == pytest.approx(plain)


def test_columns_are_chosen_without_the_test_rows():
    rng = np.random.default_rng(0)
    x, y, seen = rng.standard_normal((30, 4)), np.arange(30) % 2, []

    def choose(x_train, y_train):
        seen.append(len(x_train))
        return [0]

    chance = folded_accuracy(x, y, choose, seed=0, folds=5)
    assert seen == [24] * 5 and 0.2 < chance < 0.8
    x[:, 0] += 9 * y
    assert folded_accuracy(x, y, choose, seed=0, folds=5) == 1
