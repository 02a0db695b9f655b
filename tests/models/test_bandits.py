import numpy as np
import pytest

from lmlab.models import bandits

CHANCE, MARGIN = np.array([[0.5, 0.2], [0.1, 0.4]]), np.array([1.0, 2.0])


def always_first(t, shown, bought, setting, known, rng):
    return np.array([[1.0, 0.0]] * len(shown))


def test_a_rule_that_never_learns_loses_the_same_each_time():
    lost = bandits.play(always_first, [0, 1], CHANCE, MARGIN, 10, marks=[5, 10])
    assert lost.shape == (2, 2, 2)
    assert lost[:, 0] == pytest.approx(np.array([[0, 3.5], [0, 7]]))  # 0.5 − 0.4; 0.8 − 0.1
    percent = bandits.percent_lost(always_first, [0], CHANCE, MARGIN, (5, 10))
    assert percent[1, 0] == pytest.approx([0, 87.5])


def test_one_price_for_all():
    assert bandits.lost_profit(np.array([0, 0]), CHANCE, MARGIN) == pytest.approx([0, 0.875])


def test_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="`margin` must be positive"):
        bandits.play(always_first, [0], CHANCE, np.array([0.0, 1.0]), 5)
    with pytest.raises(ValueError, match="`marks` must be at most 5"):
        bandits.play(always_first, [0], CHANCE, MARGIN, 5, marks=[6])


@pytest.mark.parametrize(
    ("rule", "setting"),
    [(bandits.greedy, 0.1), (bandits.test_first, 50), (bandits.with_history, 1)],
)
def test_each_rule_finds_the_better_price(rule, setting):
    lost = bandits.play(
        rule, [setting], CHANCE, MARGIN, 2_000, known=np.full((2, 2), 0.3), marks=[1_000, 2_000]
    )
    late = (lost[1] - lost[0]) / 1_000  # of 0.7 in the second world
    assert late.max() < 0.1


def test_the_average_hopes_where_nothing_was_seen():
    assert bandits.average(np.array([4, 0]), np.array([1, 0])).tolist() == [0.25, 1000]
