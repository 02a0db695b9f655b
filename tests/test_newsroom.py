"""The pictures of the chapter on public opinion: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lmlab import newsroom
from lmlab.figures import BLUE, RED


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_kept():
    right = {"all": [0.6, 0.7], "few": [0.5, 0.4]}
    ax = newsroom.draw_kept(right, "few", 0.3).axes[0]
    line, dots, _ = ax.get_lines()
    assert list(line.get_ydata()) == [0.6, 0.7] and list(dots.get_ydata()) == [0.5, 0.4]
    assert newsroom.say_kept(right, "few") == "few: 0.450 right, mean of 2 splits"


def test_issues():
    held, rung = np.array([1, 9, 2]), np.array([False, True, False])
    ax = newsroom.draw_issues(held, rung, 4.9, "word").axes[0]
    assert [to_hex(p.get_facecolor()).upper() for p in ax.patches] == [BLUE, RED, BLUE]
    assert ax.get_title() == "word" and "4.9 alarms" in ax.get_xlabel()
    said = newsroom.say_issues(held, rung, 4.9)
    assert said == "most on day 2, alarms on day 2; all words: 4.9 alarms in 1,000"
    assert "day 2, no alarm;" in newsroom.say_issues(held, rung & False, 0.2)


def test_days():
    means, halves = [0.4, 0.9, 0.5], [0.2, 0.2, 0.2]
    ax = newsroom.draw_days(means, halves, 0.5, "goods").axes[0]
    assert ax.get_title() == "goods: 1 of 3 miss it"
    said = newsroom.say_days(means, halves, 0.5)
    assert said == "truth missed on 1 of 3 days; half an interval 0.20"


def test_fusion():
    ax = newsroom.draw_fusion(0.83, 0.88, 0.82, "sum").axes[0]
    assert [patch.get_width() for patch in ax.patches] == [0.83, 0.88]
    assert newsroom.say_fusion(0.83, 0.88) == "right 0.830, sure of 0.880"


def test_a_second_witness_counts_if_he_knows_and_not_if_he_errs():
    first, labels = np.log([[0.6, 0.4], [0.6, 0.4]]), np.array([0, 1])
    knows = np.log([[0.9, 0.1], [0.1, 0.9]])
    assert newsroom.weighed(first, knows, labels) == 1.0
    assert newsroom.weighed(first, -knows, labels) == 0.0
