import numpy as np
import pandas as pd
import pytest

from lmlab.models import advertising


def test_a_day_is_as_stated():
    value, rival = advertising.day(0, rivals=3, n=20_000)
    assert np.median(value) == pytest.approx(10, rel=0.03)
    # the highest of three is above the median of one in seven of eight auctions
    assert np.mean(rival > 10) == pytest.approx(7 / 8, abs=0.01)


def logs():
    one = pd.DataFrame({"item": [0, 0, 1], "position": [0, 1, 0], "click": [1, 0, 0]})
    two = pd.DataFrame({"item": [2, 2], "position": [0, 1], "click": [1, 0]})
    return [one, two]


def test_planted_rates_by_hand():
    # five views, two clicks: mean 0.4; item 0 has 1 of 2, item 1 has 0 of 1, item 2 has 1 of 2
    rates = advertising.planted(logs(), prior=10)
    assert rates == pytest.approx([(1 + 4) / 12, 4 / 11, (1 + 4) / 12])
    assert advertising.planted(logs(), prior=0) == pytest.approx([0.5, 0, 0.5])


def test_shares_shown_by_hand():
    share = advertising.shown(logs()[0])
    assert share == pytest.approx(np.array([[0.5, 0.5], [1, 0]]))


@pytest.mark.parametrize("learner", advertising.LEARNERS)
def test_learners_stay_between_the_worst_and_the_best_item(learner):
    rates = np.array([0.02, 0.2])
    path = advertising.learned(rates, learner, seed=1, batches=20, batch=100)
    assert path.shape == (20,) and path.min() >= 200 - 1e-9 and path.max() <= 2000 + 1e-9
    assert np.array_equal(path, advertising.learned(rates, learner, 1, 20, 100))
    if learner == "random":
        assert path.mean() == pytest.approx(1100, abs=60)
    elif learner != "greedy":
        assert path[-5:].mean() > 1600


def test_a_lead_over_itself_is_zero_and_an_unknown_learner():
    rates = np.array([0.02, 0.2])
    assert not advertising.lead(rates, "random", "random", worlds=3).any()
    with pytest.raises(ValueError, match="`learner` must be one of"):
        advertising.learned(rates, "clever", 0)


def test_paths_are_standard_normal_without_a_lift_and_move_with_one():
    z = advertising.test_paths(0.1, 4000, 4, runs=4000)
    assert z.shape == (4000, 4)
    assert z.mean(axis=0) == pytest.approx(0, abs=0.06)
    assert z.std(axis=0) == pytest.approx(1, abs=0.05)
    # the looks share their data: correlation of the first of four with the last is 1/2
    assert np.corrcoef(z[:, 0], z[:, 3])[0, 1] == pytest.approx(0.5, abs=0.05)
    lift = advertising.test_paths(0.1, 4000, 4, lift=0.2, runs=4000)[:, -1].mean()
    assert lift == pytest.approx(0.02 / np.sqrt(2 * 0.11 * 0.89 / 4000), abs=0.1)
