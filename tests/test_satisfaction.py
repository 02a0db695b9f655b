"""The pictures of the chapter on sentiment: they draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import satisfaction

INDEX = {"books": (0.62, 0.02), "hotels": (0.44, 0.08)}
TRUTH = {"books": 0.3, "hotels": 0.5}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_leak():
    ax = satisfaction.draw_leak({"table": 0.9, "bayes": 0.8}, "80 %").axes[0]
    assert [patch.get_width() for patch in ax.patches] == [0.9, 0.8]
    assert ax.get_title() == "80 %"


def test_negations():
    ax = satisfaction.draw_negations([1, -1], [0, 0], ("very", "not"), "bag").axes[0]
    lines = [line for line in ax.get_lines() if line.get_linestyle() == "-"][:2]
    assert lines[0].get_color() != lines[1].get_color()  # one fell, one rose
    said = satisfaction.say_negations([1, -1], [0, 0])
    assert said == "mean log-odds 0.00 → 0.00; 1 of 2 fell"


def test_deleted():
    curves = {"own": np.array([0, 0.4, 0.6]), "random": np.array([0, 0.1, 0.1])}
    ax = satisfaction.draw_deleted(curves, 1).axes[0]
    assert ax.get_lines()[0].get_ydata().tolist() == [0, 0.4]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["own: 0.40", "random: 0.10"]


def test_index_in_picture_and_words():
    ax = satisfaction.draw_index(INDEX, TRUTH, "counted").axes[0]
    crosses = [line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "x"]
    assert crosses == [0.3, 0.5]
    assert [text.get_text() for text in ax.texts] == ["missed", ""]
    said = satisfaction.say_index(INDEX, TRUTH)
    assert said == "books 0.62 ± 0.02, hotels 0.44 ± 0.08; truth missed for books"
