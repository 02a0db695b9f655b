import numpy as np
import pytest

from lmlab import data
from lmlab.models import choosing


def test_one_constant_is_the_log_odds():
    x = np.zeros((10, 2, 1))
    x[:, 1, 0] = 1
    chosen = np.array([1] * 8 + [0] * 2)
    w = choosing.fit_choice(x, chosen, ridge=1e-9)
    assert w[0] == pytest.approx(np.log(4), abs=1e-4)
    twice = choosing.fit_choice(x, chosen, weight=np.r_[np.ones(8), 2 * np.ones(2)], ridge=1e-9)
    assert twice[0] == pytest.approx(np.log(2), abs=1e-4)
    with pytest.raises(ValueError, match="`x` must be"):
        choosing.fit_choice(x, chosen[:3])


def test_planted_weights_are_found():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(20_000, 3, 2)), np.array([1.0, -0.5])
    chosen = (x @ w + rng.gumbel(size=(20_000, 3))).argmax(axis=1)
    assert choosing.fit_choice(x, chosen) == pytest.approx(w, abs=0.05)


def test_shares_by_hand_and_between_brands():
    w = np.array([0.0, -1.0, 0.0])  # one constant, price, feature
    assert choosing.shares(w, [5, 6], [5]) == pytest.approx([0.5, 1 / (1 + np.e)])


def test_halves_and_drawn_households_differ():
    bought = data.load_yogurt()
    ours, other = choosing.half_fits(bought, 0)
    assert ours.shape == other.shape == (5,) and not np.allclose(ours, other)
    one, two = choosing.resampled(bought, 2)
    assert not np.allclose(one, two) and one[3] < 0


def test_powers():
    assert choosing.powers([9, 12, 15], 2).tolist() == [[0, 0], [1, 1], [2, 4]]
    with pytest.raises(ValueError, match="`degree` must be 1 or more"):
        choosing.powers([9], 0)


def test_the_director_prefers_what_is_worth_more():
    pair, second = choosing.compared(np.full(2, 0.5), np.array([0.0, 1.0]), 20_000, 0)
    apart = pair[:, 0] != pair[:, 1]
    right = np.mean((pair[apart, 1] == 1) == second[apart])
    assert right == pytest.approx(1 / (1 + np.exp(-4)), abs=0.005)
    assert second[~apart].mean() == pytest.approx(0.5, abs=0.02)
