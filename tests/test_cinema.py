"""The pictures of the chapter on recommenders: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import cinema
from lmlab.models.recommend import Loop


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_errors_of_one_penalty():
    errors = {(k, lam): (0.5 * lam, 0.8 + k / 10) for k in (1, 2) for lam in (1, 2)}
    ax = cinema.draw_errors(errors, (0.7, 0.9), 2, 1).axes[0]
    assert ax.get_lines()[0].get_ydata().tolist() == [0.5, 0.5]
    assert ax.get_lines()[2].get_ydata().tolist() == pytest.approx([0.9, 1.0])
    assert ax.get_title() == "λ = 1: hidden 1.000"


def test_leads():
    leads = {"a": (0.02, 0.01), "b": (-0.05, 0.01)}
    ax = cinema.draw_leads(leads, "NDCG@10").axes[0]
    points = ax.containers[0].lines[0]
    assert points.get_xdata().tolist() == [0.02, -0.05]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert cinema.say_leads(leads, "NDCG@10") == "NDCG@10: a +0.020, b -0.050"


def test_loop():
    runs = [Loop(np.array([200.0, 60.0]), np.array([0.2, 0.4]), 23.0, (85.0, 0.8))] * 3
    left, right = cinema.draw_loop(runs, 0.1, "its own pages").axes
    assert [line.get_ydata()[-1] for line in left.get_lines()] == [60, 60, 60]
    assert right.get_lines()[0].get_ydata().tolist() == [0.2, 0.4]


def test_errors_and_loops_in_words():
    assert cinema.say_errors((0.5, 0.9), 4, 10) == (
        "Rank 4, λ 10: error 0.500 on the past, 0.900 hidden"
    )
    said = cinema.say_loop((63.4, 0.415, 23.2), 0.1, "its own pages")
    assert said == "10% at random, its own pages: variety 63, clicks 41.5%, 23 films in a log"
