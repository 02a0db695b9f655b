"""The pictures of chapter 1.3 show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lmlab import patients
from lmlab.figures import BLUE, RED


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_impossible_answers_are_red():
    ax = patients.draw_answers(["0.8370", "0.8740"], [0.5, 0], [False, True], 500).axes[0]
    assert [line.get_color() for line in ax.lines] == [RED, BLUE]
    assert [text.get_text() for text in ax.texts] == ["418.50", "437.00"]
    assert ax.get_title() == "n = 500 samples: 1 of 2 are possible"


def test_recipe_shows_each_network_and_the_mean():
    ax = patients.draw_recipe([1, 2, 3], np.array([[0.4, 0.6], [0.6, 0.8]]), 0.62, "SGD").axes[0]
    assert len(ax.lines) == 4 and ax.lines[2].get_ydata().tolist() == [0.5, 0.7]
    assert ax.get_title() == "SGD: mean of 2 networks 0.70"


def test_border_keeps_the_classes_apart():
    x, y = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), np.array([1, 0, 1])
    ax = patients.draw_border(np.eye(4), x, y, ["bad", "good"], "t").axes[0]
    assert ax.lines[0].get_xydata().tolist() == [[0.3, 0.4]] and len(ax.lines[1].get_xdata()) == 2
    assert [text.get_text() for text in ax.get_legend().texts] == ["bad", "good"]


def test_luck_marks_all_that_are_ahead():
    scores = {"tree": [0.9, 0.95], "SVM": [0.92, 0.95], "net": [0.91, 0.93]}
    ax = patients.draw_luck(scores, 2).axes[0]
    assert [line.get_color() for line in ax.lines[1::2]] == [RED, RED, BLUE]
    assert ax.get_title() == "Split 2: tree, SVM ahead with 0.950"


def test_labels_go_as_far_as_the_rates():
    true = {name: [0.9, 0.8, 0.7] for name in ("network", "logistic", "full tree")}
    ax = patients.draw_labels([0, 0.1], true, [0.9, 0.85, 0.8]).axes[0]
    assert ax.lines[3].get_xydata().tolist() == [[0, 0.9], [0.1, 0.85]]
    assert ax.get_title() == "10 % of the labels wrong"
